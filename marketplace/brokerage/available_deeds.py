"""Which deeds of a case a reader may do now: what they may do at all, and what the case has come to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from marketplace.brokerage.child_models import SideName
from marketplace.brokerage.disclosure import sides_held
from marketplace.brokerage.models import BrokerageCase
from marketplace.permissions import Reader, may


@dataclass(frozen=True)
class Rights:
    """What a reader may do in a case at all, read from the permission table once a page.

    Attributes:
        carries: they work on it as its broker.
        directs: they follow it up as an operator.
        ends: they may end it.
        held: the sides for which they answer.
    """

    carries: bool
    directs: bool
    ends: bool
    held: frozenset[SideName]


def rights_of(case: BrokerageCase, reader: Reader) -> Rights:
    """What a reader may do in a case at all."""
    return Rights(
        may(reader, "brokerage.carry", case),
        may(reader, "brokerage.direct", case),
        may(reader, "brokerage.end", case),
        frozenset(sides_held(case, reader)),
    )


def _directs(case: BrokerageCase, rights: Rights, deed: str) -> bool:
    return rights.directs and case.life.can(case.state, deed)


def _answers(case: BrokerageCase, rights: Rights) -> bool:
    """Whether a side must say whether it wants to talk."""
    if case.state != "matching" or case.asked_at is None:
        return False
    return any(one.side in rights.held for one in case.waiting_sides)


def _signs(case: BrokerageCase, rights: Rights) -> bool:
    agreement = case.agreement
    if agreement is None or case.state != "matching" or case.asked_at is None:
        return False
    return not rights.held.isdisjoint(agreement.unsigned)


def _consents(case: BrokerageCase, rights: Rights) -> bool:
    if case.state != "dispatched":
        return False
    return any(one.side in rights.held for one in case.lacking_consent)


def _not_asked(case: BrokerageCase, rights: Rights) -> bool:
    fresh = case.state == "matching" and case.asked_at is None
    return fresh and not case.is_accepted_by_both and rights.carries


def _in_talks(case: BrokerageCase, rights: Rights) -> bool:
    return case.state in ("meeting", "intention") and rights.carries


def _waits_for_broker(case: BrokerageCase, rights: Rights) -> bool:
    waits = case.state == "dispatched" and not case.lacking_consent
    return waits and rights.carries


# Deed, as its address ends → whether it may be done now.
# The deeds check the same once more under a lock: this only decides what a page offers.
AVAILABLE: dict[str, Callable[[BrokerageCase, Rights], bool]] = {
    "qualify": lambda case, rights: _directs(case, rights, "qualify"),
    "dispatch": lambda case, rights: _directs(case, rights, "dispatch"),
    "accept": _waits_for_broker,
    "decline": _waits_for_broker,
    "consent": _consents,
    "introduce": _not_asked,
    "commission": lambda case, rights: (
        _not_asked(case, rights) and case.agreement is None
    ),
    "withdraw_commission": lambda case, rights: (
        rights.carries
        and case.agreement is not None
        and case.agreement.state == "proposed"
        and case.is_running
    ),
    "sign": _signs,
    # A payer confirms the commission before they answer, so one of the two is offered at a time.
    "yes": lambda case, rights: _answers(case, rights) and not _signs(case, rights),
    "no": _answers,
    "confirm": lambda case, rights: (
        # Where both accepted the ledger has its row already.
        _directs(case, rights, "confirm") and not case.is_accepted_by_both
    ),
    "meet": lambda case, rights: (
        case.state == "matching" and case.is_accepted_by_both and rights.carries
    ),
    "intend": lambda case, rights: case.state == "meeting" and rights.carries,
    "plan": _in_talks,
    "hold": lambda case, rights: case.life.can(case.state, "hold") and rights.carries,
    "resume": lambda case, rights: case.state == "on_hold" and rights.carries,
    "remind": lambda case, rights: _directs(case, rights, "remind"),
    "reclaim": lambda case, rights: _directs(case, rights, "reclaim"),
    "terminate": lambda case, rights: (
        case.life.can(case.state, "terminate") and rights.ends
    ),
}
