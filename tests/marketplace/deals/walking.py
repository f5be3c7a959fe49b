"""Random deeds on a deal, and what must hold after each of them. No test stands here."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa

from marketplace.clock import today
from marketplace.contracts import queries as contract_queries
from marketplace.contracts.models import TechContract
from marketplace.deals import (
    deeds,
    diligence_deeds,
    pricing_deeds,
    publicity_deeds,
    writing,
)
from marketplace.deals.child_models import DealRelease
from marketplace.deals.life import (
    APPROVED,
    CONTRACT_TYPES,
    CONVERSION_MODES,
    DILIGENCE,
    OWNER_TYPES_OF,
    contradict_each_other,
)
from marketplace.deals.models import Deal
from marketplace.deals.readiness import is_publicity_due, turn_of
from marketplace.errors import MarketError
from marketplace.extensions import db
from marketplace.introductions.models import Introduction
from marketplace.lifecycle import history_of
from marketplace.memberships.queries import desk_of
from marketplace.proceeds import queries as proceeds_queries
from tests.marketplace.deals.papers import PaperWalk
from tests.marketplace.deals.world import NOTE, World

DEEDS_OF_A_WALK = 45
FULL_LOOK = 0.25  # of the deeds: a third of the time of a walk was spent on reading all that there was


class Walk:
    """One deal, carried on by whoever happens to press something, whether it makes sense or not.

    Args:
        world: whose deal.
        case: the introduction it comes from; walks that follow one another share it.
        seed: the same seed is the same walk.
        also: what else must hold after each deed.
    """

    def __init__(
        self,
        world: World,
        case: Introduction,
        seed: int,
        also: Callable[[], object] = lambda: None,
    ) -> None:
        self.world = world
        self.also = also
        self.chance = random.Random(seed)  # noqa: S311
        self.nonce = f"walk {seed}"
        kind = self.chance.choice(list(CONTRACT_TYPES))
        self.deal = deeds.propose_deal(
            case,
            title=f"第 {seed} 次走查的交易",
            owner_type=self.chance.choice(OWNER_TYPES_OF[world.lab.kind]),
            contract_type=kind,
            contract_subtype="",
            # A licence is no transfer: 许可 and 转让 are refused in each other's contracts.
            conversion_mode=self.chance.choice(
                [m for m in CONVERSION_MODES if not contradict_each_other(kind, m)]
            ),
            by=self.chance.choice([world.chief, world.desk]),
        )
        self.refused = 0

    def run(self) -> None:
        """Press, look, press; then end it, so that the next walk may begin."""
        self.look()
        number = self.deal.id
        for step in range(DEEDS_OF_A_WALK):
            before = self.deal.state
            revision = self.deal.revision
            try:
                # Half of the time what leads on, else anything at all.
                presses = (
                    self.sensible()
                    if self.chance.random() < 0.7
                    else self.anything(step)
                )
                self.chance.choice(presses)()
            except MarketError:
                db.session.rollback()
                self.deal = db.session.get_one(Deal, number)
                self.refused += 1
                assert (self.deal.state, self.deal.revision) == (before, revision)
                # What was rolled back has changed nothing that held before.
                continue
            self.look()
            if not self.deal.is_running:
                return
        if self.deal.state == "proposed":
            deeds.agree_deal(self.deal, by=self.other(), seen=self.deal.revision)
        self.world.terminate(self.deal)
        self.look()

    def look(self) -> None:
        """See that everything holds; what is only ever added to is read in full now and then, and at the end."""
        holds(self.deal)
        if self.chance.random() < FULL_LOOK or not self.deal.is_running:
            nothing_lost(self.deal)
        self.also()

    def other(self) -> object:
        return (
            self.world.desk
            if "holder" not in self.deal.agreed_sides
            else self.world.chief
        )

    def sensible(self) -> list[Callable[[], object]]:
        """What leads on from here."""
        world, deal = self.world, self.deal
        state = deal.state
        if state == "proposed":
            return [lambda: deeds.agree_deal(deal, by=self.other(), seen=deal.revision)]
        if state == "open":
            return [lambda: world.draft(deal)]
        if state == "intention":
            return [
                lambda: world.confirm(deal),
                lambda: world.confirm(deal, by=world.chief),
            ]
        if state == "due_diligence":
            left = [code for code in DILIGENCE if deal.item_of(code) is None]
            if left:
                related = left[0] == "related_party" and self.chance.random() < 0.3
                return [lambda: world.answer(deal, left[0], finding=related)]
            return [
                lambda: diligence_deeds.finish_diligence(
                    deal, by=world.desk, seen=deal.revision
                )
            ]
        if state == "pricing":
            if deal.pending_decision is None:
                method = self.chance.choice(["negotiated", "listing", "auction"])
                return [
                    lambda: world.decide(
                        deal, method=method, price_fen=self.chance.randint(1, 10**12)
                    )
                ]
            return [
                lambda: world.approve(deal),
                lambda: world.approve(deal, world.rector),
            ]
        if state == "price_determined":
            if is_publicity_due(deal):
                return [lambda: world.publicise(deal)]
            return [
                lambda: publicity_deeds.pass_publicity(
                    deal, by=world.desk, seen=deal.revision
                )
            ]
        if state == "in_publicity":
            return [lambda: world.let_end(deal)]
        if state == "objection":
            return [lambda: world.reply(deal, sustained=self.chance.random() < 0.4)]
        if state == "approved" and not deal.priority:
            return [lambda: world.settle(deal)]
        return PaperWalk(world, deal, self.chance).sensible()

    def anything(self, step: int) -> list[Callable[[], object]]:
        """What somebody may press out of turn, or without the right to."""
        world, deal = self.world, self.deal
        chance = self.chance
        person = chance.choice(
            [world.chief, world.desk, world.dean, world.rector, world.operator]
        )
        code = chance.choice(list(DILIGENCE))
        until = today() + timedelta(days=chance.randint(-5, 60))
        presses: list[Callable[[], object]] = [
            lambda: deeds.agree_deal(deal, by=person, seen=deal.revision),
            lambda: world.draft(deal, by=person, text=f"第 {step} 稿，条件另议。"),
            lambda: world.draft(deal, "nda", by=person, access_until=until),
            lambda: world.confirm(deal, "nda", by=person),
            lambda: world.answer(deal, code, finding=chance.random() < 0.3, by=person),
            lambda: diligence_deeds.finish_diligence(
                deal, by=person, seen=deal.revision
            ),
            lambda: diligence_deeds.reopen_diligence(
                deal, note=NOTE, by=person, seen=deal.revision
            ),
            lambda: world.approve(deal, person),
            lambda: pricing_deeds.reject_price(
                deal, note=NOTE, by=person, seen=deal.revision
            ),
            lambda: world.revise(
                deal,
                by=person,
                contract_type=chance.choice(list(CONTRACT_TYPES)),
                contract_subtype="",
            ),
            lambda: publicity_deeds.pass_publicity(deal, by=person, seen=deal.revision),
            lambda: world.settle(
                deal, chance.choice(["waived", "none", "used", "perhaps"])
            ),
            lambda: publicity_deeds.close_due(),
            *PaperWalk(world, deal, chance).anything(person),
        ]
        if deal.running_publicity is not None:
            presses += 4 * [lambda: world.object_to(deal, f"{self.nonce} {step}")]
        if step > DEEDS_OF_A_WALK // 2:
            presses.append(lambda: world.terminate(deal, person))
        return presses


def holds(deal: Deal) -> None:
    """What must be true of a deal after every deed."""
    if deal.state in APPROVED and deal.publicity_due:
        closed = [one for one in deal.publicities if one.state == "closed"]
        assert deal.publicity_closed_on is not None
        assert closed
        assert not any(one.state == "received" for one in deal.objections)
        assert closed[-1].price_fen == deal.price_fen
        assert closed[-1].conversion_mode == deal.conversion_mode
        assert closed[-1].receiver_name == deal.receiver.name
    if deal.state in APPROVED:
        assert deal.publicity_due == is_publicity_due(deal)
        assert deal.approved_decision is not None
        assert len(deal.approved_decision.approvals) >= (2 if deal.related_party else 1)
    if deal.state in ("contracted", "performing", "converted"):
        assert deal.priority in ("waived", "none")
    turn = turn_of(deal)
    assert deal.turn == turn.who
    if deal.is_running:
        assert turn.what
        assert deal.due_on is not None
        side = "receiver" if turn.who == "receiver" else "holder"
        assert getattr(deal, f"{side}_person") is not None or desk_of(
            deal.organisation_of(side)
        )
    else:
        assert turn.who == "nobody"
        assert deal.running_publicity is None
    contract = contract_queries.contract_of(deal)
    if contract is not None:
        contract_holds(contract)
        # What both confirmed is what was decided and made public last.
        assert contract.contract_type == deal.contract_type
        if deal.state == "contracted" and deal.price_fen is not None:
            assert contract.total_fen == deal.price_fen


def nothing_lost(deal: Deal) -> None:
    """What is rebuilt of its releases is what is stored, and its History is a way through the life table."""
    query = (
        sa.select(DealRelease).filter_by(deal_id=deal.id).order_by(DealRelease.number)
    )
    releases = list(db.session.scalars(query))
    assert writing.broken_release(releases) is None
    assert writing.merge_releases(releases) == writing.snapshot_of(deal)
    place = ""
    for event in history_of(deal):
        assert event.before == place
        if place:
            assert deal.life.moves[place, event.deed] == event.after
        place = event.after
    assert place == deal.state


def contract_holds(contract: TechContract) -> None:
    """State, History and ledger of a contract agree, and its deal's state with it."""
    place = ""
    for event in history_of(contract):
        assert event.before == place
        place = event.after
    assert place == contract.state
    sums = contract.registered_sums
    counted = sum(one.counts for one in contract.entries)
    assert counted == (contract.state == "registered")
    if contract.state == "cancelled":
        assert not any(sums.values())
    deal = contract.deal
    assert deal is not None
    confirmed = contract.life.phases["confirmed"]
    # A registration that is cancelled leaves the contract signed.
    if contract.state in (*confirmed, "cancelled"):
        assert deal.state in ("contracted", "performing", "converted", "terminated")
    else:
        # What is not signed any more, or not yet, leaves the deal where it may be revised.
        assert deal.state not in ("contracted", "performing", "converted")
    receipts = proceeds_queries.receipts_of(contract)
    if deal.state == "converted":
        assert receipts
    elif deal.state == "performing":
        assert contract.state in ("registered", "cancelled") or receipts
    received = proceeds_queries.received_fen(contract)
    assert received >= proceeds_queries.bound_fen(contract)
