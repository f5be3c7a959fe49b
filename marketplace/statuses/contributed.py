"""What the room lays out for the hubs and for the page of an organisation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from marketplace.clock import today
from marketplace.contributions import Panel, Tray
from marketplace.organisations.models import Organisation
from marketplace.permissions import Reader, may
from marketplace.statuses import queries
from marketplace.statuses.life import STATUS_LIFE
from marketplace.statuses.models import OrganisationStatus


def trays(person: Reader, filters: Mapping[str, str]) -> Iterator[Tray]:
    """What waits to be compared with its source."""
    if may(person, "statuses.verify"):
        yield Tray(
            "statuses",
            "待核对资质",
            count=queries.waiting_count,
            page=_tray_page,
            waits=True,
            position=2,
        )


def _tray_page(page: int) -> Panel:
    rows, arithmetic = queries.waiting_page(page)
    values = {
        "rows": rows,
        "page": arithmetic.clamp(page),
        "pages": arithmetic.pages,
    }
    return Panel("statuses/_tray.html", values)


def organisation_panels(organisation: Organisation, reader: Reader) -> Iterator[Panel]:
    """On the page of an organisation: the statuses that count today, which its certifying bodies publish too."""
    # Only what counts: whose status waits or was refused is not for the public.
    rows = queries.standing_on([organisation.id], today())
    # A row that is not stored: the permission table asks whose it would be.
    own = OrganisationStatus(organisation_id=organisation.id)
    manages = may(reader, "statuses.propose", own)
    if rows or manages:
        values = {"rows": rows, "organisation": organisation, "manages": manages}
        yield Panel("statuses/_public.html", values, position=-1)


def deed_names() -> Iterator[tuple[str, str]]:
    """What is done to statuses, and what the permission table calls it."""
    for deed, name in STATUS_LIFE.deeds.items():
        yield f"organisation_status.{deed}", f"资质：{name}"
    yield "statuses.read", "看单位资质"
    yield "statuses.propose", "填报单位资质"
    yield "statuses.verify", "核对单位资质"
