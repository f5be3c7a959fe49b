"""A firm, an institute, two brokers and an operator, and what each of them presses in a case."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from marketplace.brokerage import agreement_deeds, deeds, settling
from marketplace.brokerage.agreement_deeds import CommissionTerms
from marketplace.brokerage.models import BrokerageCase
from marketplace.clock import today
from marketplace.workdays.calendar import ONE_DAY
from tests.factories import Factory

CLEAR = dict.fromkeys(("equity", "kinship", "employment", "dual_agency"), False)
PERCENT = CommissionTerms("receiver", "percent", "technology_amount", "received")


class World:
    """Two sides whose listings fit, and those who bring them together."""

    def __init__(self, make: Factory, *, anonymous: bool = False) -> None:
        self.make = make
        self.firm = make.organisation("临清振动轴承厂（示例）")
        self.chief = make.person("firm", self.firm, administers=True)
        self.lab = make.organisation("鲁西摩擦研究所（示例）", kind="institute")
        self.desk = make.person("desk", self.lab)
        with make.together():
            self.demand = make.demand(
                "轴承异音攻关", owner=self.firm, anonymous=anonymous
            )
            self.achievement = make.achievement(
                "轴承超精研磨降噪", owner=self.lab, contact_phone="0635-8239001"
            )
        self.operator = make.person("operator")
        body = make.organisation(kind="service_body")
        self.broker = make.broker(body)
        self.other_broker = make.broker(body)
        self.scout = make.person("firm", make.organisation())
        self.pairs = 1

    def take_another_pair(self) -> None:
        """Of the same two organisations."""
        self.pairs += 1
        title = f"轴承异音攻关之{self.pairs}"
        self.demand = self.make.demand(title, owner=self.firm)
        title = f"轴承超精研磨降噪之{self.pairs}"
        self.achievement = self.make.achievement(title, owner=self.lab)

    def propose(self, by: Any = None, **values: Any) -> BrokerageCase:
        return deeds.propose_pair(
            self.achievement,
            self.demand,
            by=by or self.broker,
            **{"message": "工艺正好对上。"} | values,
        )

    def press(self, case: BrokerageCase, deed: str, **changes: Any) -> None:
        """Press a button as the person whose it is; the revision is that of the page."""
        carrier = case.broker or self.broker
        seen = {"seen": changes.pop("seen", case.revision)}
        note = {"note": "已经当面谈过。"} | seen
        by_broker: dict[str, Any] = {"by": carrier} | changes
        by_operator: dict[str, Any] = {"by": self.operator} | changes
        later = {"day": today() + ONE_DAY * 20}
        pressed: dict[str, Any] = {
            "qualify": lambda: deeds.qualify_case(case, **note, **by_operator),
            "dispatch": lambda: deeds.dispatch_case(
                case, self.other_broker.id, **seen, **by_operator
            ),
            "dispatch_to_broker": lambda: deeds.dispatch_case(
                case, self.broker.id, **seen, **by_operator
            ),
            "terminate_lead": lambda: deeds.terminate_case(
                case, reason="tech_unfit", **note, **by_operator
            ),
            "accept": lambda: deeds.accept_dispatch(
                case,
                **{"interests": CLEAR, "details": ""} | seen | by_broker,
            ),
            "accept_dual": lambda: deeds.accept_dispatch(
                case,
                interests=CLEAR | {"dual_agency": True},
                details="双方都委托了我",
                **seen,
                **by_broker,
            ),
            "consent_holder": lambda: deeds.consent_to_dual(
                case, agrees=True, reason="", by=self.desk, **seen
            ),
            "consent_receiver": lambda: deeds.consent_to_dual(
                case, agrees=True, reason="", by=self.chief, **seen
            ),
            "dissent_receiver": lambda: deeds.consent_to_dual(
                case, agrees=False, reason="要独立的", by=self.chief, **seen
            ),
            "decline": lambda: deeds.decline_dispatch(
                case, reason="手头太满", **seen, **by_broker
            ),
            "introduce": lambda: deeds.introduce_sides(case, **seen, **by_broker),
            "yes_holder": lambda: self._yes(case, self.desk, seen),
            "yes_receiver": lambda: self._yes(case, self.chief, seen),
            "no_receiver": lambda: deeds.answer_no(
                case, reason="price", note="", by=self.chief, **seen
            ),
            "no_holder": lambda: deeds.answer_no(
                case, reason="price", note="", by=self.desk, **seen
            ),
            "confirm": lambda: deeds.confirm_pair(case, **note, **by_operator),
            "meet": lambda: deeds.begin_talks(case, **note, **by_broker),
            "intend": lambda: deeds.note_intention(case, **note, **by_broker),
            "plan": lambda: deeds.plan_step(
                case, step="约现场试用", **later, **seen, **by_broker
            ),
            "hold": lambda: deeds.hold_case(case, **later, **note, **by_broker),
            "resume": lambda: deeds.resume_case(case, **seen, **by_broker),
            "remind": lambda: deeds.remind_late(case, **seen, **by_operator),
            "reclaim": lambda: deeds.reclaim_case(case, **note, **by_operator),
            "terminate": lambda: deeds.terminate_case(
                case, reason="budget", **note, **by_broker
            ),
            "commission": lambda: agreement_deeds.propose_commission(
                case, self.terms(), **seen, **by_broker
            ),
            "sign": lambda: self._sign(case, seen),
            "withdraw_commission": lambda: agreement_deeds.withdraw_commission(
                case, **seen, **by_broker
            ),
            "begin_deal": lambda: settling.deal_begun(
                case.introduction, "JY202600001", self.chief
            ),
        }
        pressed[deed]()

    def bring_to(self, *pressed: str, **values: Any) -> BrokerageCase:
        case = self.propose(**values)
        for deed in pressed:
            self.press(case, deed)
        return case

    def terms(self, **changes: Any) -> CommissionTerms:

        return replace(PERCENT, **{"rate": Decimal("2.5")} | changes)

    def _yes(self, case: BrokerageCase, by: Any, seen: dict[str, int]) -> None:
        deeds.answer_yes(case, agrees=True, opens_firm=True, by=by, **seen)

    def _sign(self, case: BrokerageCase, seen: dict[str, int]) -> None:
        agreement = case.agreement
        text_hash = "" if agreement is None else agreement.text_hash
        agreement_deeds.sign_commission(
            case, text_hash=text_hash, by=self.chief, **seen
        )


TALKS = ("accept", "introduce", "yes_holder", "yes_receiver")
