"""What the room lays out for the operators: organisations to verify, and pairs that may be one body."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from marketplace.contributions import Panel, Tray
from marketplace.organisations import queries
from marketplace.permissions import Reader, may


def trays(person: Reader, filters: Mapping[str, str]) -> Iterator[Tray]:
    """The two queues."""
    if may(person, "organisation.verify"):
        yield Tray(
            "organisations",
            "待核验单位",
            count=queries.unverified_count,
            page=_unverified_panel,
            waits=True,
            position=1,
        )
    if may(person, "organisation.merge"):
        yield Tray(
            "twins",
            "疑似重复单位",
            count=lambda: len(queries.proposed_twins()),
            page=_twins_panel,
            position=1,
        )


def _unverified_panel(page: int) -> Panel:
    rows, number, pages = queries.unverified_page(page)
    values = {"rows": rows, "page": number, "pages": pages}
    return Panel("organisations/_unverified.html", values)


def _twins_panel(_page: int) -> Panel:
    return Panel("organisations/_twins.html", {"pairs": queries.proposed_twins()})
