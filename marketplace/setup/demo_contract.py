"""Contracts of the demonstration: one that waits at the office, one with money shared, one that is done."""

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
from marketplace.proceeds.models import Distribution, Milestone
from marketplace.proceeds.sharing import Bracket

TERMS = "按双方谈定的办理，详见附件（示例）。"
CHOSEN = {
    "payment_method": "instalment",
    "ip_category": "invention",
    "tech_field": "advanced_manufacturing",
    "goal": "industry",
    "plan_source": "none",
}
# Station → a number of the form that offices give; invented, of a district that does not exist.
REGISTRY_NUMBERS = {
    "performing": "2026999999000001",
    "converted": "2026999999000002",
}
OFFICE = "示例技术合同登记站"
# Of the price: equipment, which is no technology.
EQUIPMENT_FEN = 6_000_000
FIRST_PAYMENT_FEN = 50_000_000
COSTS_FEN = 2_000_000
INVENTORS = (("示例科研人员", Decimal(60), False), ("示例完成人乙", Decimal(40), False))
DAYS_OF_A_CONTRACT = 730
DAYS_TO_LAST_PAYMENT = 60


def add_contract(deal: Deal, station: str, people: Mapping[str, Person]) -> None:
    """Bring an approved deal to a contract that is filed, to one with money received and shared, or to its end.

    Args:
        deal: approved, its completers' priority waived, its price above `FIRST_PAYMENT_FEN`.
        station: `contracted`, `performing` or `converted`.
        people: sign-in name → person: firm, desk, operator, researcher, who is one of the inventors.
    """
    firm, desk, operator = people["firm"], people["desk"], people["operator"]
    contract = deeds.begin_contract(deal, by=desk)
    deeds.save_contract(contract, _values_of(deal), by=desk, seen=contract.revision)
    deeds.issue_paper(contract, by=desk, seen=contract.revision)
    # As the work in the background would within seconds.
    upkeep.render_missing()
    # Both confirm the hash of the same file (119), each for their side.
    _confirm(contract, desk)
    _confirm(contract, firm)
    filing_deeds.file_contract(contract, today(), by=desk, seen=contract.revision)
    if station == "contracted":
        return
    # Equipment and material are no part of the technology amount of the register.
    technology = (deal.price_fen or 0) - EQUIPMENT_FEN
    filing_deeds.register_contract(
        contract,
        registry_no=REGISTRY_NUMBERS[station],
        registered_on=today(),
        office=OFFICE,
        tech_fen=technology,
        # Wholly exempt, so that the subsidy for contracts has something to be computed from.
        exempt_fen=technology,
        by=operator,
        seen=contract.revision,
    )
    plan = _pay(contract, station == "converted", desk)
    (first, *_) = plan.shares
    inventor = people["researcher"]
    # The statement is given to the inventor who has an account; the other one has none (141).
    proceeds_deeds.give_statement(first, inventor.id, by=desk, seen=contract.revision)


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
    # None only where the paper is not rendered yet; the rendering above has run.
    deeds.confirm_paper(contract, paper.sha256 or "", by=by)


def _pay(contract: TechContract, is_whole: bool, desk: Person) -> Distribution:
    """Two payments are planned; the first has come, and what came is shared. The second one comes where it is whole."""
    total = contract.total_fen or 0
    first, second = FIRST_PAYMENT_FEN, total - FIRST_PAYMENT_FEN
    days_to_second = 0 if is_whole else DAYS_TO_LAST_PAYMENT
    for title, days, amount in (
        ("第一笔款", 0, first),
        ("第二笔款", days_to_second, second),
    ):
        due_on = today() + timedelta(days=days)
        milestone = proceeds_deeds.plan_milestone(
            contract, title, due_on, amount, by=desk, seen=contract.revision
        )
        if is_whole or amount == first:
            _receive(contract, milestone, desk)
    plan = proceeds_deeds.plan_distribution(
        contract,
        costs=[COSTS_FEN],
        source="transfer",
        # 70 of 100 to the people, the floor of 山东省促进科技成果转化条例 for institutions of the government.
        brackets=[Bracket(0, None, Decimal(70), Decimal(30))],
        people=INVENTORS,
        institution=Decimal(70),
        agreed=None,
        by=desk,
    )
    proceeds_deeds.settle_distribution(plan, by=desk, seen=plan.revision)
    # Every milestone is done: only then may the conversion be finished.
    if is_whole:
        proceeds_deeds.finish_conversion(contract, by=desk)
    return plan


def _receive(contract: TechContract, milestone: Milestone, desk: Person) -> None:
    proceeds_deeds.finish_milestone(
        milestone, today(), by=desk, seen=milestone.revision
    )
    assert milestone.plan_fen is not None  # noqa: S101  both are payments
    proceeds_deeds.record_receipt(
        contract,
        milestone.plan_fen,
        today(),
        milestone.title,
        by=desk,
        seen=contract.revision,
    )
