"""Who must act in a case now, what they do and by when: one line for every running case, from its row alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from marketplace.brokerage.child_models import SIDE_NAMES
from marketplace.brokerage.models import BrokerageCase
from marketplace.clock import today
from marketplace.workdays.calendar import Deadline

BROKER, OPERATOR = "broker", "operator"
ACTOR_NAMES = {BROKER: "技术经理人", OPERATOR: "平台运营人员", **SIDE_NAMES}


@dataclass(frozen=True)
class Turn:
    """What must be done next.

    Attributes:
        actors: `broker`, `operator`, `holder`, `receiver`: any of the first two, or each of the sides named.
        what: what they do, in words.
        due_on: the last day, until 24:00 in China; None where a room above keeps the clock and names none.
        note: what follows where it is late, or why it waits; mostly empty.
    """

    actors: tuple[str, ...]
    what: str
    due_on: date | None
    note: str = ""

    @property
    def is_late(self) -> bool:
        """Whether the last day is past."""
        return self.due_on is not None and self.due_on < today()

    @property
    def until(self) -> str:
        """The end, as pages and letters write it; empty where there is none."""
        return "" if self.due_on is None else Deadline(self.due_on).text

    def who(self, names: Mapping[str, str]) -> str:
        """Who must act, in words.

        Args:
            names: actor → the name a reader may know; for others the word of the actor stands.
        """
        return "和".join(names.get(one) or ACTOR_NAMES[one] for one in self.actors)


def turn_of(case: BrokerageCase) -> Turn | None:
    """Who must act, what, by when. None of a case that ended without a deal; of a deal a room above says more."""
    if case.state == "terminated":
        return None
    # Used only where the room of deals names nobody (`contributions.deal_lines`).
    if case.state == "deal":
        actor = BROKER if case.broker_id is not None else "receiver"
        return Turn((actor,), f"跟进交易 {case.deal_number}", None)
    if case.state == "lead":
        return Turn((OPERATOR,), "研判这条线索，通过或结束", case.due_on)
    if case.state == "qualified":
        return Turn((OPERATOR,), "派给技术经理人", case.due_on)
    if case.state == "dispatched":
        return _of_dispatched(case)
    if case.state == "matching":
        return _of_matching(case)
    if case.state == "on_hold":
        return Turn((BROKER,), "恢复，或写明原因结束", case.due_on, case.note)
    step = case.next_step
    if case.state == "meeting":
        return Turn((BROKER,), step or "促成双方谈出意向，记下进展", case.due_on)
    return Turn((BROKER,), step or "帮双方开始交易，记下进展", case.due_on)


def _of_dispatched(case: BrokerageCase) -> Turn:
    # With the consent open the broker can do nothing: it is the turn of the sides.
    lacking = tuple(one.side for one in case.lacking_consent)
    if lacking:
        return Turn(lacking, "答复是否同意由一位技术经理人服务双方", case.due_on)
    return Turn(
        (BROKER,),
        "申报利益关系并接单，或写明原因不接",
        case.due_on,
        "到期没有接单的由平台另派",
    )


def _of_matching(case: BrokerageCase) -> Turn:
    if case.is_accepted_by_both:
        return Turn(
            (BROKER,), "和双方作首次联系，记下开始洽谈", case.due_on, "超期由平台跟进"
        )
    if case.asked_at is None:
        return Turn((BROKER,), "向双方提出对接", case.due_on, "超期由平台跟进")
    # One that has answered already is not late with the other.
    waiting = tuple(one.side for one in case.waiting_sides)
    what = "答复是否愿意对接"
    agreement = case.agreement
    if agreement is not None and not set(waiting).isdisjoint(agreement.unsigned):
        what = "看佣金约定，确认后答复是否愿意对接"
    return Turn(waiting, what, case.due_on, "超期由平台跟进")
