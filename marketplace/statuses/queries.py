"""What is read of dated statuses: those of an organisation, what stands on a day, what waits for the operators."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement

from marketplace.counting import as_count
from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.organisations.models import Organisation
from marketplace.permissions import Reader, may
from marketplace.persistence import Page, find_row
from marketplace.statuses.models import OrganisationStatus

SIZE = 20
NOT_FOUND = ("没有找到这一项资质。", "请从「我的单位」进入。")


def get_organisation(number: int, *, by: Reader) -> Organisation:
    """The organisation whose statuses this reader writes or checks. Raises NotFound."""
    row = find_row(Organisation, number)
    # Not found for both: whose statuses wait or were refused is nobody else's business.
    if row is None or not may(
        by, "statuses.read", OrganisationStatus(organisation_id=number)
    ):
        raise NotFound("没有找到这个单位。", "请从「我的单位」进入。")
    return row


def get_status(number: int, *, by: Reader) -> OrganisationStatus:
    """A status that this reader may read. Raises NotFound."""
    row = find_row(OrganisationStatus, number)
    if row is None or not may(by, "statuses.read", row):
        raise NotFound(*NOT_FOUND)
    return row


def list_statuses(organisation_id: int) -> list[OrganisationStatus]:
    """Every status of an organisation, the newest first."""
    query = (
        db.select(OrganisationStatus)
        .where(OrganisationStatus.organisation_id == organisation_id)
        .order_by(OrganisationStatus.valid_from.desc(), OrganisationStatus.id.desc())
    )
    return list(db.session.scalars(query))


def standing_on(
    organisation_ids: Collection[int], day: date
) -> list[OrganisationStatus]:
    """The checked statuses that count on a day."""
    query = db.select(OrganisationStatus).where(
        OrganisationStatus.organisation_id.in_(organisation_ids), *_stands_on(day)
    )
    return list(db.session.scalars(query.order_by(OrganisationStatus.id)))


def codes_on(organisation_id: int, day: date) -> frozenset[str]:
    """Codes of the statuses of an organisation that count on a day; what is not here is not known to be missing."""
    return frozenset(row.code for row in standing_on([organisation_id], day))


def earlier_verified(organisation_id: int, code: str, before: date) -> bool:
    """Whether an organisation had a checked status of that kind that began before a day."""
    query = db.select(OrganisationStatus.id).where(
        OrganisationStatus.organisation_id == organisation_id,
        OrganisationStatus.code == code,
        # What was revoked was never theirs: the next one is their first.
        OrganisationStatus.state == "verified",
        OrganisationStatus.valid_from < before,
    )
    return db.session.scalar(query.limit(1)) is not None


@as_count()
def waiting_count() -> Any:
    """How many wait for the operators."""
    return db.select(db.func.count(OrganisationStatus.id)).where(
        OrganisationStatus.state == "waiting"
    )


def waiting_page(page: int) -> tuple[list[OrganisationStatus], Page]:
    """A page of those, the oldest first, and the arithmetic of the pages."""
    arithmetic = Page(int(waiting_count()), SIZE)
    query = (
        db.select(OrganisationStatus)
        .where(OrganisationStatus.state == "waiting")
        .order_by(OrganisationStatus.id)
        .offset(arithmetic.offset(page))
        .limit(SIZE)
    )
    return list(db.session.scalars(query)), arithmetic


def _stands_on(day: date) -> tuple[ColumnElement[bool], ...]:
    return (
        OrganisationStatus.state == "verified",
        OrganisationStatus.valid_from <= day,
        # By the day, without a job: a status is over at midnight whatever runs or not.
        OrganisationStatus.valid_to >= day,
    )
