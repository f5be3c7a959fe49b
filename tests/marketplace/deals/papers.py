"""Random deeds on the contract of a deal and on its money, for the walks of `walking.py`. No test stands here."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from marketplace.clock import today
from marketplace.contracts import deeds, filing_deeds
from marketplace.contracts import queries as contract_queries
from marketplace.contracts.fields import missing_of
from marketplace.contracts.models import TechContract, sha256_of
from marketplace.deals.models import Deal
from marketplace.errors import NotNow
from marketplace.extensions import db
from marketplace.proceeds import deeds as proceeds_deeds
from marketplace.proceeds import queries as proceeds_queries
from marketplace.proceeds.models import Distribution
from marketplace.proceeds.sharing import Bracket
from tests.marketplace.contracts.cases import values_for
from tests.marketplace.deals.world import NOTE, World

Press = Callable[[], object]
PEOPLE = [("张三", Decimal(60), False), ("李四", Decimal(40), True)]


class PaperWalk:
    """What may be pressed on the contract of one deal.

    Args:
        world: whose deal.
        deal: at any station.
        chance: of the walk.
    """

    def __init__(self, world: World, deal: Deal, chance: random.Random) -> None:
        self.world, self.deal, self.chance = world, deal, chance
        self.contract = contract_queries.contract_of(deal)

    def sensible(self) -> list[Press]:
        """What leads on from here: to a signed contract, its registration, its money, the end."""
        contract = self.contract
        if contract is None:
            return [partial(deeds.begin_contract, self.deal, by=self.world.desk)]
        if contract.state == "drafting":
            if missing_of(contract.values):
                return [partial(self.fill, self.world.desk)]
            return [self.on(deeds.issue_paper, self.world.desk)]
        if contract.state == "confirming":
            return [
                self.print_paper,
                partial(self.confirm, self.world.desk),
                partial(self.confirm, self.world.chief),
            ]
        return [*self.filing(contract), *self.money(contract)]

    def filing(self, contract: TechContract) -> list[Press]:
        """What leads on at the office."""
        if contract.state in ("signed", "not_registered"):
            return [self.on(filing_deeds.file_contract, self.world.desk, today())]
        if contract.state == "filed":
            return [self.on(filing_deeds.accept_filing, self.world.operator, today())]
        if contract.state == "accepted":
            return [partial(self.register, self.world.operator)]
        return []

    def money(self, contract: TechContract) -> list[Press]:
        """What leads on with the money."""
        presses: list[Press] = [partial(self.receive, self.world.desk)]
        for milestone in proceeds_queries.milestones_of(contract):
            if milestone.done_on is None:
                presses.append(
                    partial(
                        proceeds_deeds.finish_milestone,
                        milestone,
                        today(),
                        by=self.world.desk,
                        seen=milestone.revision,
                    )
                )
        if self.deal.state == "performing":
            presses.append(partial(self.share, self.world.desk))
            presses.append(
                partial(proceeds_deeds.finish_conversion, contract, by=self.world.desk)
            )
        for row in proceeds_queries.distributions_of(contract):
            presses += [partial(self.decide, row, deed) for deed in self.next_of(row)]
        return presses

    def next_of(self, row: Distribution) -> list[Callable[..., None]]:
        """What may become of a plan."""
        if row.state == "planned":
            return [proceeds_deeds.publicise_distribution]
        if row.state == "in_publicity":
            return [
                proceeds_deeds.settle_distribution,
                proceeds_deeds.drop_distribution,
            ]
        return []

    def anything(self, person: Any) -> list[Press]:
        """What somebody may press out of turn, or without the right to."""
        contract, chance = self.contract, self.chance
        presses: list[Press] = [partial(deeds.begin_contract, self.deal, by=person)]
        if contract is None:
            return presses
        total = contract.total_fen or 0
        less = chance.randint(0, total)
        presses += [
            self.on(deeds.save_contract, person, {"breach": f"写法 {less}。"}),
            self.on(deeds.issue_paper, person),
            partial(self.confirm, person),
            self.on(filing_deeds.file_contract, person, today()),
            partial(self.register, person),
            self.on(filing_deeds.refuse_registration, person, NOTE),
            self.on(filing_deeds.amend_registration, person, (total, less, 0), NOTE),
            self.on(filing_deeds.cancel_registration, person, NOTE),
            partial(self.receive, person),
            partial(self.share, person),
            self.on(
                proceeds_deeds.plan_milestone,
                person,
                "第二笔款",
                today() + timedelta(days=chance.randint(0, 90)),
                None,
            ),
        ]
        for receipt in proceeds_queries.receipts_of(contract):
            presses.append(
                partial(proceeds_deeds.reverse_receipt, receipt, NOTE, by=person)
            )
        return presses

    def on(self, deed: Callable[..., object], by: Any, *values: Any) -> Press:
        """A deed on the contract as it is now."""
        contract = self.contract
        assert contract is not None
        return partial(deed, contract, *values, by=by, seen=contract.revision)

    def fill(self, by: Any) -> None:
        price = self.deal.price_fen
        values = values_for(self.deal.contract_type)
        values |= {"total_fen": price, "tech_fen": price}
        self.on(deeds.save_contract, by, values)()

    def print_paper(self) -> None:
        """As the work in the background does; what is in the file is of no importance here, its hash is."""
        contract = self.contract
        assert contract is not None
        paper = contract.current_paper
        if paper is None or paper.sha256 is not None:
            raise NotNow("已经生成过。")
        paper.pdf = f"{contract.number} {paper.number}".encode()
        paper.sha256 = sha256_of(paper.pdf)
        db.session.commit()

    def confirm(self, by: Any) -> None:
        contract = self.contract
        assert contract is not None
        paper = contract.current_paper
        sha256 = paper.sha256 if paper is not None else ""
        deeds.confirm_paper(contract, sha256 or "", by=by)

    def register(self, by: Any) -> None:
        contract = self.contract
        assert contract is not None
        total = contract.total_fen or 0
        tech = self.chance.randint(0, total)
        filing_deeds.register_contract(
            contract,
            registry_no=f"20263701{contract.id:010d}",
            registered_on=today(),
            office="示例登记站",
            tech_fen=tech,
            exempt_fen=self.chance.randint(0, tech),
            by=by,
            seen=contract.revision,
        )

    def receive(self, by: Any) -> None:
        amount = self.chance.randint(1, 10**9)
        self.on(proceeds_deeds.record_receipt, by, amount, today(), "分期到账")()

    def share(self, by: Any) -> None:
        proceeds_deeds.plan_distribution(
            self.contract,
            costs=[self.chance.randint(0, 10**6)],
            source="transfer",
            brackets=[Bracket(0, None, Decimal(70), Decimal(30))],
            people=PEOPLE,
            institution=None,
            agreed=None,
            by=by,
        )

    def decide(self, row: Distribution, deed: Callable[..., None]) -> None:
        """Settle or drop a plan, as if the days of its publicity were over."""
        if row.state == "in_publicity":
            # A Sunday lasts until Monday; no holidays are as long as this.
            row.ends_on = today() - timedelta(days=20)
            db.session.commit()
        deed(row, by=self.world.desk, seen=row.revision)
