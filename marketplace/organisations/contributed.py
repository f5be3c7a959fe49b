"""What the room lays out for the operators: organisations to verify, and pairs that may be one body."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from marketplace.clock import today
from marketplace.contributions import Panel, Tray
from marketplace.organisations import queries
from marketplace.organisations.models import DEED_NAMES
from marketplace.organisations.twins import MAX_GROUP
from marketplace.permissions import Reader, may
from marketplace.persistence import Page
from marketplace.workdays.queries import load_calendar


def trays(person: Reader, filters: Mapping[str, str]) -> Iterator[Tray]:
    """The two queues."""
    if may(person, "organisation.verify"):
        yield Tray(
            "organisations",
            "待核验单位",
            count=queries.unverified_count,
            page=_unverified_panel,
            # An organisation that is not verified publishes nothing: this queue holds people up.
            waits=True,
            position=1,
        )
    if may(person, "organisation.merge"):
        yield Tray(
            # Without `waits`: nobody is held up by two rows of one body.
            "twins",
            "疑似重复单位",
            count=queries.proposed_count,
            page=_twins_panel,
            position=1,
        )


def _unverified_panel(page: int) -> Panel:
    rows, number, pages = queries.unverified_page(page)
    calendar = load_calendar()
    dues = {one.id: queries.verification_due(one, calendar) for one in rows}
    values = {
        "rows": rows,
        "dues": dues,
        "today": today(),
        "page": number,
        "pages": pages,
    }
    return Panel("organisations/_unverified.html", values)


def _twins_panel(page: int) -> Panel:
    arithmetic = Page(queries.proposed_count(), queries.PAGE)
    pairs = []
    for pair in queries.proposed_twins(page):
        pairs.append((pair, queries.merge_obstacle(pair.one, pair.other)))
    values = {
        "pairs": pairs,
        "crowds": queries.crowded_brands(),
        "group_most": MAX_GROUP,
        "page": arithmetic.clamp(page),
        "pages": arithmetic.pages,
    }
    return Panel("organisations/_twins.html", values)


def deed_names() -> Iterator[tuple[str, str]]:
    """What is done to organisations, as the audit names it."""
    for deed, name in DEED_NAMES.items():
        yield f"organisation.{deed}", name
    # Deeds that leave no History row of an organisation, so that the table of its moves does not name them.
    yield "organisation.read", "查看单位页面"
    yield "organisation.edit", "修改单位资料"
