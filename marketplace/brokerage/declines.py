"""Why others declined a listing, added up over introductions, cases and verdicts: never why one firm alone did."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from marketplace.brokerage.child_models import CaseSide
from marketplace.brokerage.models import BrokerageCase
from marketplace.extensions import db
from marketplace.introductions.models import Introduction
from marketplace.introductions.queries import with_rows
from marketplace.listings.models import Achievement, Demand
from marketplace.verdicts.models import Verdict
from marketplace.verdicts.queries import reason_names

# Organisations, not answers; the same number guards the means of ratings.
LEAST_DECLINES = 3  # fewer would tell who it was


@dataclass(frozen=True)
class AddedUp:
    """Why a listing was declined.

    Attributes:
        organisations: how many organisations declined it.
        reasons: (reason, how many named it), the most frequent first.
    """

    organisations: int
    reasons: tuple[tuple[str, int], ...]


def added_up(row: Achievement | Demand) -> AddedUp | None:
    """Why others declined a listing: in introductions that its people requested, in cases, and in their lists.

    Returns:
        None until LEAST_DECLINES organisations have declined it.
    """
    # A dict as a set in order: an organisation that gave one reason twice counts once.
    reasons: dict[tuple[int, str], None] = {}
    # What was requested in the name of this listing, and declined by the other side.
    requested = db.select(Introduction).where(
        Introduction.own_kind == row.kind,
        Introduction.own_id == row.id,
        Introduction.state == "declined",
    )
    for introduction in with_rows(db.session.scalars(requested).all()):
        organisation = introduction.wanted.organisation_id
        if organisation is not None:
            reasons[organisation, introduction.reason] = None
    for organisation, reason in _of_cases(row) + _of_verdicts(row):
        reasons[organisation, reason] = None
    organisations = {organisation for organisation, _ in reasons}
    # Nothing at all, not even the number: two answers and a guess would name both.
    if len(organisations) < LEAST_DECLINES:
        return None
    # The codes are of the other side's list, on which this one was offered.
    names = reason_names(row.counterpart)
    counts = Counter(names.get(reason, "其他") for _, reason in reasons)
    # By name where two are named equally often, so that the page reads the same each time.
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return AddedUp(len(organisations), tuple(ordered))


def _of_cases(row: Achievement | Demand) -> list[tuple[int, str]]:
    """(organisation, reason) of the sides that a broker asked."""
    holds = row.kind == "achievement"
    column = BrokerageCase.achievement_id if holds else BrokerageCase.demand_id
    other = BrokerageCase.receiver_organisation_id
    if not holds:
        other = BrokerageCase.holder_organisation_id
    query = (
        db.select(other, CaseSide.reason)
        .join(CaseSide, CaseSide.case_id == BrokerageCase.id)
        .where(
            column == row.id,
            CaseSide.side == ("receiver" if holds else "holder"),
            CaseSide.answer == "declined",
        )
    )
    return list(db.session.execute(query).tuples())


def _of_verdicts(row: Achievement | Demand) -> list[tuple[int, str]]:
    """(organisation, reason) of what the other side's own people marked as unsuitable in their list."""
    holds = row.kind == "achievement"
    other: type[Achievement | Demand] = Demand if holds else Achievement
    mine = Verdict.achievement_id if holds else Verdict.demand_id
    theirs = Verdict.demand_id if holds else Verdict.achievement_id
    query = (
        db.select(other.organisation_id, Verdict.reason)
        .join(other, other.id == theirs)
        .where(
            mine == row.id,
            Verdict.side == other.kind,
            Verdict.state == "unsuitable",
            # What brokers and operators mark in somebody's list is not what the other side decided.
            Verdict.by_role == "owner",
            other.organisation_id.is_not(None),
        )
    )
    found = []
    for number, reason in db.session.execute(query).tuples():
        if number is not None and reason is not None:
            found.append((number, reason))
    return found
