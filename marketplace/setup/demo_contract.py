"""A contract of the demonstration: signed by both, registered, paid, and what was paid is shared."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from marketplace.accounts.models import Person
from marketplace.clock import today
from marketplace.contracts import deeds, filing_deeds, upkeep
from marketplace.contracts.fields import fields_of
from marketplace.contracts.models import TechContract
from marketplace.deals.models import Deal
from marketplace.proceeds import deeds as proceeds_deeds
from marketplace.proceeds.sharing import Bracket

TERMS = "按双方谈定的办理，详见附件（示例）。"
CHOSEN = {
    "payment_method": "instalment",
    "ip_category": "invention",
    "tech_field": "advanced_manufacturing",
    "goal": "industry",
    "plan_source": "none",
}
# A number of the form that offices give; invented, of a district that does not exist.
REGISTRY_NO = "2026999999000001"
OFFICE = "示例技术合同登记站"
# Of the price: equipment, which is no technology.
EQUIPMENT_FEN = 6_000_000
FIRST_PAYMENT_FEN = 50_000_000
COSTS_FEN = 2_000_000
INVENTORS = (("示例完成人甲", Decimal(60), False), ("示例完成人乙", Decimal(40), False))
DAYS_OF_A_CONTRACT = 730
DAYS_TO_LAST_PAYMENT = 60


def add_contract(deal: Deal, people: Mapping[str, Person]) -> None:
    """Bring an approved deal to a registered contract with money received and shared.

    Args:
        deal: approved, its completers' priority waived, its price above `FIRST_PAYMENT_FEN`.
        people: sign-in name → person: firm, desk, operator.
    """
    firm, desk, operator = people["firm"], people["desk"], people["operator"]
    contract = deeds.begin_contract(deal, by=desk)
    deeds.save_contract(contract, _values_of(deal), by=desk, seen=contract.revision)
    deeds.issue_paper(contract, by=desk, seen=contract.revision)
    # As the work in the background would within seconds.
    upkeep.render_missing()
    _confirm(contract, desk)
    _confirm(contract, firm)
    filing_deeds.file_contract(contract, today(), by=desk, seen=contract.revision)
    technology = (deal.price_fen or 0) - EQUIPMENT_FEN
    filing_deeds.register_contract(
        contract,
        registry_no=REGISTRY_NO,
        registered_on=today(),
        office=OFFICE,
        tech_fen=technology,
        exempt_fen=technology,
        by=operator,
        seen=contract.revision,
    )
    _pay(contract, desk)


def _values_of(deal: Deal) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for one in fields_of(deal.contract_type):
        if one.kind == "prose":
            values[one.name] = f"{one.label}：{TERMS}"
    values |= CHOSEN
    values["tech_fen"] = (deal.price_fen or 0) - EQUIPMENT_FEN
    values["valid_from"] = today()
    values["valid_to"] = today() + timedelta(days=DAYS_OF_A_CONTRACT)
    return values


def _confirm(contract: TechContract, by: Person) -> None:
    paper = contract.current_paper
    assert paper is not None  # noqa: S101  it has just been issued
    deeds.confirm_paper(contract, paper.sha256 or "", by=by)


def _pay(contract: TechContract, desk: Person) -> None:
    """Two payments are planned, the first has come and is shared; the second one is still to come."""
    total = contract.total_fen or 0
    for title, days, amount in (
        ("第一笔款", 0, FIRST_PAYMENT_FEN),
        ("第二笔款", DAYS_TO_LAST_PAYMENT, total - FIRST_PAYMENT_FEN),
    ):
        due_on = today() + timedelta(days=days)
        milestone = proceeds_deeds.plan_milestone(
            contract, title, due_on, amount, by=desk, seen=contract.revision
        )
        if amount == FIRST_PAYMENT_FEN:
            proceeds_deeds.finish_milestone(
                milestone, today(), by=desk, seen=milestone.revision
            )
    proceeds_deeds.record_receipt(
        contract,
        FIRST_PAYMENT_FEN,
        today(),
        "第一笔款",
        by=desk,
        seen=contract.revision,
    )
    plan = proceeds_deeds.plan_distribution(
        contract,
        costs=[COSTS_FEN],
        source="transfer",
        brackets=[Bracket(0, None, Decimal(70), Decimal(30))],
        people=INVENTORS,
        institution=Decimal(70),
        agreed=None,
        by=desk,
    )
    proceeds_deeds.settle_distribution(plan, by=desk, seen=plan.revision)
