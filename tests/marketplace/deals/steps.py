"""Every step of a deal, from its proposal to the shared money, by name, and what it must have left behind.

Two who press at once (`test_steps_at_once.py`) and a process that is killed within a step (`tests/chaos/deals.py`) go
along the same table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from marketplace.accounts.models import Person
from marketplace.clock import today
from marketplace.contracts import deeds as contract_deeds
from marketplace.contracts import filing_deeds, upkeep
from marketplace.contracts import queries as contract_queries
from marketplace.contracts.models import TechContract
from marketplace.deals import (
    deeds,
    diligence_deeds,
    pricing_deeds,
    publicity_deeds,
    writing,
)
from marketplace.deals.life import DILIGENCE
from marketplace.deals.models import Deal
from marketplace.extensions import db
from marketplace.introductions.models import Introduction
from marketplace.lifecycle import history_of
from marketplace.permissions import Guest
from marketplace.proceeds import deeds as proceeds_deeds
from marketplace.proceeds import queries as proceeds_queries
from marketplace.proceeds.models import Distribution, Milestone, Receipt
from marketplace.proceeds.sharing import Bracket
from tests.marketplace.contracts.cases import values_for
from tests.marketplace.deals.walking import contract_holds, holds
from tests.marketplace.deals.world import NOTE, World

PRICE = 120_000_000  # 分
TECH = 100_000_000
PEOPLE_OF_A_DEAL = ("chief", "desk", "dean", "rector", "operator")
EARLIER = timedelta(days=1)


@dataclass(frozen=True)
class Sight:
    """What somebody has on their page: numbers and revisions, which another session can load.

    Attributes:
        case_id: the introduction the deal comes from.
        people: name → number of a person.
        seen: table of `_ROWS` → (number, revision) of its newest row, where there is one.
    """

    case_id: int
    people: Mapping[str, int]
    seen: Mapping[str, tuple[int, int]] = field(default_factory=dict)


class At:
    """The rows somebody presses on, loaded in their own session."""

    def __init__(self, sight: Sight) -> None:
        self.sight = sight

    def person(self, name: str) -> Person:
        return db.session.get_one(Person, self.sight.people[name])

    def __getattr__(self, name: str) -> Any:
        if name in PEOPLE_OF_A_DEAL:
            return self.person(name)
        if name in _ROWS:
            return db.session.get_one(_ROWS[name], self.sight.seen[name][0])
        raise AttributeError(name)

    @property
    def case(self) -> Introduction:
        return db.session.get_one(Introduction, self.sight.case_id)

    def seen(self, name: str) -> int:
        """The revision that was on the page."""
        return self.sight.seen[name][1]


_ROWS: dict[str, type[Any]] = {
    "deal": Deal,
    "contract": TechContract,
    "milestone": Milestone,
    "receipt": Receipt,
    "distribution": Distribution,
}


def look(case_id: int, people: Mapping[str, int]) -> Sight:
    """What is on the page of everybody now."""
    seen: dict[str, tuple[int, int]] = {}
    deal = deal_of(case_id)
    if deal is None:
        return Sight(case_id, people)
    seen["deal"] = (deal.id, deal.revision)
    contract = contract_queries.contract_of(deal)
    if contract is not None:
        seen["contract"] = (contract.id, contract.revision)
        for name in ("milestone", "receipt", "distribution"):
            table = _ROWS[name]
            query = sa.select(table).filter_by(contract_id=contract.id)
            row = db.session.scalars(query.order_by(table.id.desc()).limit(1)).first()
            if row is not None:
                seen[name] = (row.id, getattr(row, "revision", 0))
    return Sight(case_id, people, seen)


def deal_of(case_id: int) -> Deal | None:
    """The deal of an introduction."""
    query = sa.select(Deal).filter_by(introduction_id=case_id)
    return db.session.scalars(query.order_by(Deal.id.desc()).limit(1)).first()


def shape_of(case_id: int) -> dict[str, object]:
    """What a deal has left behind so far: states, sums, and how many of everything. Two presses must not leave more.

    Raises AssertionError where what is stored does not hold by itself: state, History, releases and sums.
    """
    deal = deal_of(case_id)
    if deal is None:
        return {"deal": ""}
    holds(deal)
    shape: dict[str, object] = {
        "deal": deal.state,
        "priority": deal.priority,
        "moves": len(history_of(deal)),
        "approvals": sum(len(one.approvals) for one in deal.decisions),
        "objections": [one.state for one in deal.objections],
        "publicities": [one.state for one in deal.publicities],
    }
    for name in ("letters", "items", "decisions", "releases"):
        shape[name] = len(getattr(deal, name))
    contract = contract_queries.contract_of(deal)
    if contract is not None:
        shape |= _shape_of_contract(contract)
    return shape


def _shape_of_contract(contract: TechContract) -> dict[str, object]:
    contract_holds(contract)
    distributions = []
    for row in proceeds_queries.distributions_of(contract):
        shares = sum(one.amount_fen for one in row.shares)
        assert shares == row.inventors_fen
        distributions.append((row.state, row.inventors_fen, len(history_of(row))))
    return {
        "contract": contract.state,
        "contract moves": len(history_of(contract)),
        "papers": [one.sha256 is not None for one in contract.papers],
        "confirmations": sum(len(one.confirmations) for one in contract.papers),
        "ledger": [(one.kind, one.total_fen, one.tech_fen) for one in contract.entries],
        "milestones": [
            one.done_on is not None for one in proceeds_queries.milestones_of(contract)
        ],
        "receipts": [one.amount_fen for one in proceeds_queries.receipts_of(contract)],
        "distributions": distributions,
    }


@dataclass(frozen=True)
class Step:
    """One step of a deal.

    Attributes:
        name: as it is reported.
        press: does it.
        passes: lets days pass before it, where it needs them.
        both: of two who press at once both are told that it is done, for it is done once all the same.
        colleague: in whose place another one of the same seat may press: (name, their name).
    """

    name: str
    press: Callable[[At], object]
    passes: Callable[[At], None] | None = None
    both: bool = False
    colleague: tuple[str, str] | None = None


def _propose(at: At) -> None:
    deeds.propose_deal(
        at.case,
        title="轴承超精研磨降噪专利转让",
        owner_type="government_university",
        contract_type="transfer",
        contract_subtype="patent_right",
        conversion_mode="transfer",
        by=at.chief,
    )


def _draft(at: At) -> None:
    deeds.draft_letter(
        at.deal,
        letter_kind="intention",
        text="甲乙双方拟就轴承技术转让进行洽谈。",
        access_until=None,
        by=at.chief,
        seen=at.seen("deal"),
    )


def _confirm_letter(at: At) -> None:
    letter = at.deal.letter_of("intention")
    deeds.confirm_letter(
        at.deal,
        letter_kind="intention",
        sha256=letter.sha256,
        by=at.desk,
        seen=at.seen("deal"),
    )


def _answer(code: str) -> Callable[[At], None]:
    def press(at: At) -> None:
        diligence_deeds.answer_item(
            at.deal,
            code=code,
            has_finding=False,
            note="",
            by=at.desk,
            seen=at.seen("deal"),
        )

    return press


def _decide(at: At) -> None:
    pricing_deeds.decide_price(at.deal, World.price(), by=at.desk, seen=at.seen("deal"))


def _publicise(at: At) -> None:
    publicity_deeds.begin_publicity(
        at.deal,
        days=None,
        day_kind="natural",
        places="本单位网站",
        objection_contact="科技处",
        procedure="五个工作日内核查",
        by=at.desk,
        seen=at.seen("deal"),
    )


def _object(at: At) -> None:
    publicity_deeds.file_objection(
        at.deal.running_publicity,
        nonce=f"step {at.sight.case_id}",
        reason="price",
        text="价格明显偏低，请核查。",
        evidence="",
        remedy="reprice",
        contact="",
        by=Guest(),
    )


def _reply(at: At) -> None:
    publicity_deeds.answer_objection(
        at.deal,
        at.deal.objections[0],
        is_sustained=False,
        answer_reason="facts_unfounded",
        answer="经核查，情况说明如下。",
        by=at.dean,
        seen=at.seen("deal"),
    )


def _publicity_passes(at: At) -> None:
    publicity = at.deal.running_publicity
    publicity.started_on = today() - timedelta(days=30)
    publicity.ends_on = today() - EARLIER
    publicity.unannounced = []
    # What is stored and what is released agree at every moment, also where days were made to pass.
    writing.write_release(at.deal, "days", by=None)
    db.session.commit()


def _fill(at: At) -> None:
    values = values_for("transfer") | {"total_fen": PRICE, "tech_fen": TECH}
    contract_deeds.save_contract(
        at.contract, values, by=at.desk, seen=at.seen("contract")
    )


def _confirm_by(name: str) -> Callable[[At], None]:
    def press(at: At) -> None:
        paper = at.contract.current_paper
        contract_deeds.confirm_paper(
            at.contract, paper.sha256 or "", by=at.person(name)
        )

    return press


def _register(at: At) -> None:
    filing_deeds.register_contract(
        at.contract,
        registry_no=f"20263701{at.contract.id:08d}",
        registered_on=today(),
        office="聊城市技术合同登记站（示例）",
        tech_fen=TECH,
        exempt_fen=TECH,
        by=at.operator,
        seen=at.seen("contract"),
    )


def _amend(at: At) -> None:
    filing_deeds.amend_registration(
        at.contract,
        (PRICE, TECH - 100, TECH - 100),
        "设备费多算了",
        by=at.operator,
        seen=at.seen("contract"),
    )


def _plan(at: At) -> None:
    proceeds_deeds.plan_milestone(
        at.contract,
        "第一笔款",
        today() + timedelta(days=7),
        PRICE,
        by=at.desk,
        seen=at.seen("contract"),
    )


def _receive(amount: int) -> Callable[[At], None]:
    def press(at: At) -> None:
        proceeds_deeds.record_receipt(
            at.contract,
            amount,
            today(),
            "分期到账",
            by=at.desk,
            seen=at.seen("contract"),
        )

    return press


def _share(at: At) -> None:
    proceeds_deeds.plan_distribution(
        at.contract,
        costs=[100],
        source="transfer",
        brackets=[Bracket(0, None, Decimal(70), Decimal(30))],
        people=[("张三", Decimal("33.34"), True), ("李四", Decimal("66.66"), False)],
        institution=None,
        agreed=None,
        by=at.desk,
    )


def _distribution_passes(at: At) -> None:
    # A Sunday lasts until Monday; no holidays are as long as this.
    at.distribution.ends_on = today() - 20 * EARLIER
    db.session.commit()


def _decided(deed: Callable[..., None]) -> Callable[[At], None]:
    def press(at: At) -> None:
        deed(at.distribution, by=at.desk, seen=at.seen("distribution"))

    return press


DEAN = ("desk", "dean")
STEPS: tuple[Step, ...] = (
    Step("propose", _propose),
    Step("agree", lambda at: deeds.agree_deal(at.deal, by=at.desk, seen=at.seen("deal"))),
    Step("draft letter", _draft),
    Step("confirm letter", _confirm_letter),
    *(Step(f"answer {code}", _answer(code)) for code in DILIGENCE),
    Step(
        "finish diligence",
        lambda at: diligence_deeds.finish_diligence(at.deal, by=at.desk, seen=at.seen("deal")),
    ),
    Step("decide price", _decide),
    Step(
        "approve price",
        lambda at: pricing_deeds.approve_price(at.deal, by=at.dean, seen=at.seen("deal")),
        colleague=("dean", "rector"),
    ),
    Step("publicise", _publicise),
    # The same form sent twice is one objection, and both are given its number.
    Step("object", _object, both=True),
    Step("answer objection", _reply, colleague=("dean", "rector")),
    Step("close publicity", lambda at: publicity_deeds.close_due(), _publicity_passes, both=True),
    Step(
        "settle priority",
        lambda at: deeds.settle_priority(
            at.deal, priority="waived", note=NOTE, by=at.desk, seen=at.seen("deal")
        ),
    ),
    Step("begin contract", lambda at: contract_deeds.begin_contract(at.deal, by=at.desk), colleague=DEAN),
    Step("fill contract", _fill, colleague=DEAN),
    Step(
        "issue paper",
        lambda at: contract_deeds.issue_paper(at.contract, by=at.chief, seen=at.seen("contract")),
    ),
    Step("print paper", lambda at: upkeep.render_missing(), both=True),
    Step("confirm by seller", _confirm_by("desk"), colleague=DEAN),
    Step("confirm by buyer", _confirm_by("chief")),
    Step("plan milestone", _plan, colleague=DEAN),
    Step(
        "file contract",
        lambda at: filing_deeds.file_contract(at.contract, today(), by=at.desk, seen=at.seen("contract")),
        colleague=DEAN,
    ),
    Step(
        "accept filing",
        lambda at: filing_deeds.accept_filing(at.contract, today(), by=at.operator, seen=at.seen("contract")),
    ),
    Step("register contract", _register),
    Step("amend registration", _amend),
    Step("receive the first", _receive(PRICE), colleague=DEAN),
    Step("receive another", _receive(7), colleague=DEAN),
    Step(
        "take back",
        lambda at: proceeds_deeds.reverse_receipt(at.receipt, "记错合同", by=at.desk),
        colleague=DEAN,
    ),
    Step(
        "finish milestone",
        lambda at: proceeds_deeds.finish_milestone(at.milestone, today(), by=at.desk, seen=at.seen("milestone")),
        colleague=DEAN,
    ),
    Step("plan distribution", _share, colleague=DEAN),
    Step("drop distribution", _decided(proceeds_deeds.drop_distribution), colleague=DEAN),
    Step("plan distribution again", _share, colleague=DEAN),
    Step("publicise distribution", _decided(proceeds_deeds.publicise_distribution), colleague=DEAN),
    Step(
        "settle distribution",
        _decided(proceeds_deeds.settle_distribution),
        _distribution_passes,
        colleague=DEAN,
    ),
    Step(
        "finish conversion",
        lambda at: proceeds_deeds.finish_conversion(at.contract, by=at.desk),
        colleague=DEAN,
    ),
)  # fmt: skip


def people_of(world: World) -> dict[str, int]:
    """Name → number of everybody who presses."""
    return {name: getattr(world, name).id for name in PEOPLE_OF_A_DEAL}


def in_place_of(step: Step, people: Mapping[str, int]) -> dict[str, int]:
    """The people as the second of two sees them: a colleague of the same seat presses, where one may."""
    if step.colleague is None:
        return dict(people)
    name, other = step.colleague
    return {**people, name: people[other]}


def let_days_pass(step: Step, sight: Sight) -> None:
    """Let the days pass that a step needs."""
    if step.passes is not None:
        step.passes(At(sight))


def models_of(case_id: int, people: Mapping[str, int]) -> list[dict[str, object]]:
    """What the deal of an introduction looks like before each step and after the last, where each is pressed once."""
    shapes = [shape_of(case_id)]
    for step in STEPS:
        let_days_pass(step, look(case_id, people))
        step.press(At(look(case_id, people)))
        db.session.expire_all()
        shapes.append(shape_of(case_id))
    return shapes
