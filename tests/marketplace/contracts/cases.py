"""Deals at the point where a contract may be signed, and contracts made of them, for the tests of this room."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from marketplace.accounts.models import Person
from marketplace.clock import now, today
from marketplace.contracts import deeds, filing_deeds, upkeep
from marketplace.contracts.fields import fields_of
from marketplace.contracts.models import TechContract
from marketplace.deals.models import Deal
from marketplace.deals.terms import rules_on
from marketplace.extensions import db
from marketplace.introductions.models import Introduction
from marketplace.organisations.models import Organisation
from tests.factories import Factory

PRICE = 50_000_000  # 分
BEGAN_ON = date(2026, 9, 1)
REGISTRY_NO = "2026370150000123"
TERM = "按双方谈定的办理，详见附件。"
# What nobody can guess of a field from its kind.
GIVEN = {
    "payment_method": "instalment",
    "ip_category": "invention",
    "tech_field": "new_materials",
    "goal": "industry",
    "plan_source": "none",
    "total_fen": PRICE,
    "tech_fen": 40_000_000,
    "industry_code": "C34",
    "is_hightech": True,
    "title": "高强铜合金 900℃ 热处理工艺",
}


class World:
    """An institute that holds an achievement, a firm that wants it, and their deal, approved."""

    def __init__(
        self,
        make: Factory,
        lab: Organisation | None = None,
        firm: Organisation | None = None,
        **changes: Any,
    ) -> None:
        self.make = make
        self.lab = lab or make.organisation("鲁西摩擦研究所（示例）", kind="institute")
        self.firm = firm or make.organisation("临清振动轴承厂（示例）")
        self.seller = make.person("desk", self.lab)
        self.buyer = make.person("firm", self.firm, administers=True)
        self.stranger = make.person("firm", make.organisation(), administers=True)
        self.operator = make.person("operator")
        self.achievement = make.achievement("高强铜合金热处理", owner=self.lab)
        self.deal = self.approved_deal(**changes)

    def approved_deal(self, **changes: Any) -> Deal:
        """One more deal of both, with publicity closed and the completers' priority settled."""
        wanted = self.make.achievement(owner=self.lab)
        case = Introduction(
            wanted_kind="achievement",
            wanted_id=wanted.id,
            asking_organisation_id=self.firm.id,
            asked_by_id=self.buyer.id,
            state="accepted",
            due_on=today(),
            decided_at=now(),
        )
        db.session.add(case)
        db.session.flush()
        values: dict[str, Any] = {
            "introduction_id": case.id,
            "achievement_id": wanted.id,
            "title": "高强铜合金热处理",
            "holder_organisation_id": self.lab.id,
            "receiver_organisation_id": self.firm.id,
            "holder_person_id": self.seller.id,
            "receiver_person_id": self.buyer.id,
            "proposed_by_side": "receiver",
            "proposed_by_id": self.buyer.id,
            "agreed_sides": ["holder", "receiver"],
            "owner_type": "government_institute",
            "contract_type": "license",
            "contract_subtype": "patent",
            "conversion_mode": "license",
            "pricing_method": "negotiated",
            "price_fen": PRICE,
            "related_party": False,
            "publicity_closed_on": today(),
            "priority": "waived",
            "state": "approved",
            "began_on": BEGAN_ON,
            "rules": rules_on(BEGAN_ON),
        }
        deal = Deal(**(values | changes))
        db.session.add(deal)
        db.session.commit()
        return deal

    def filled(self, deal: Deal | None = None) -> TechContract:
        """A contract with every field of its type."""
        contract = deeds.begin_contract(deal or self.deal, by=self.seller)
        deeds.save_contract(
            contract,
            values_for(contract.contract_type),
            by=self.seller,
            seen=contract.revision,
        )
        return contract

    def issued(self, deal: Deal | None = None) -> TechContract:
        """One with a paper that is printed."""
        contract = self.filled(deal)
        deeds.issue_paper(contract, by=self.buyer, seen=contract.revision)
        assert upkeep.render_missing() == 1
        return contract

    def confirm(self, contract: TechContract, by: Person) -> None:
        """Confirm what is on the page now."""
        paper = contract.current_paper
        assert paper is not None
        deeds.confirm_paper(contract, paper.sha256 or "", by=by)

    def signed(self, deal: Deal | None = None) -> TechContract:
        """One that both have confirmed."""
        contract = self.issued(deal)
        self.confirm(contract, self.seller)
        self.confirm(contract, self.buyer)
        return contract

    def filed(self, deal: Deal | None = None) -> TechContract:
        """One that was handed in."""
        contract = self.signed(deal)
        filing_deeds.file_contract(
            contract, today(), by=self.seller, seen=contract.revision
        )
        return contract

    def registered(
        self, deal: Deal | None = None, number: str = REGISTRY_NO
    ) -> TechContract:
        """One that is registered with 40 of 50 万, 30 of them exempt."""
        contract = self.filed(deal)
        filing_deeds.register_contract(
            contract,
            registry_no=number,
            registered_on=today(),
            office="聊城市技术合同登记站（示例）",
            tech_fen=40_000_000,
            exempt_fen=30_000_000,
            by=self.operator,
            seen=contract.revision,
        )
        return contract


def values_for(contract_type: str) -> dict[str, Any]:
    """Something for every field of a type that the deal does not give."""
    found: dict[str, Any] = {}
    for one in fields_of(contract_type):
        if one.kind == "prose":
            found[one.name] = f"{one.label}：{TERM}"
    for name, value in GIVEN.items():
        found[name] = value
    found["valid_from"] = today()
    found["valid_to"] = today() + timedelta(days=365)
    return found
