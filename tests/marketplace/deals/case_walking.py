"""Random deeds on the case of a broker and on its deal, and what must hold after each of them. No tests here."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from marketplace import contributions
from marketplace.brokerage import ledger, queries, upkeep
from marketplace.brokerage.announcements import people_of_side
from marketplace.brokerage.child_models import Attribution
from marketplace.brokerage.disclosure import side_for, standing_of
from marketplace.brokerage.life import COLUMN_OF
from marketplace.brokerage.models import BrokerageCase
from marketplace.brokerage.turns import OPERATOR
from marketplace.clock import now, today
from marketplace.deals.queries import deal_of
from marketplace.errors import MarketError
from marketplace.extensions import db
from marketplace.introductions import deeds as introduction_deeds
from marketplace.introductions import queries as introduction_queries
from marketplace.introductions.models import Introduction
from marketplace.lifecycle import history_of
from tests.marketplace.brokerage.world import World
from tests.marketplace.deals.walking import FULL_LOOK, Walk
from tests.marketplace.deals.world import World as DealWorld

DEEDS_OF_A_CASE = 30
# State of a case → what leads on from there.
LEADING = {
    "lead": ["qualify"],
    "qualified": ["dispatch", "dispatch_to_broker"],
    "dispatched": ["accept"],
    "consenting": ["consent_holder", "consent_receiver"],
    "matching": ["commission", "introduce", "introduce"],
    "answering": ["sign", "yes_holder", "yes_receiver"],
    "together": ["meet"],
    "meeting": ["plan", "intend"],
    "intention": ["plan"],
    "on_hold": ["resume"],
}
ANY = [
    "qualify",
    "dispatch",
    "accept_dual",
    "decline",
    "dissent_receiver",
    "no_holder",
    "no_receiver",
    "confirm",
    "meet",
    "intend",
    "plan",
    "hold",
    "resume",
    "remind",
    "reclaim",
    "terminate",
    "withdraw_commission",
    "introduce",
]


class CaseWalk:
    """One case, whoever happens to press something; where two sides came together, often a deal.

    Args:
        world: whose pair; walks that follow one another share it.
        deals: the same two sides, as those who carry deals.
        seed: the same seed is the same walk.
    """

    def __init__(self, world: World, deals: DealWorld, seed: int) -> None:
        self.world, self.deals, self.seed = world, deals, seed
        self.chance = random.Random(seed)  # noqa: S311
        self.refused = 0
        self.deal_state = ""
        self.credited: dict[str, tuple[Any, ...]] = {}
        by = self.chance.choice([world.broker, world.operator, world.desk, world.scout])
        self.case = world.propose(by)
        self.number = self.case.id

    def run(self) -> None:
        """Press, look, press; then end it, so that the next walk may begin."""
        self.holds()
        for _ in range(DEEDS_OF_A_CASE):
            before = (self.case.state, self.case.revision)
            try:
                self.press()
            except MarketError:
                db.session.rollback()
                self.case = db.session.get_one(BrokerageCase, self.number)
                self.refused += 1
                assert (self.case.state, self.case.revision) == before
                continue
            self.holds()
            if not self.case.is_running:
                break
            if self.case.introduction is not None and self.chance.random() < 0.4:
                self.carry_deal(self.case.introduction)
                break
        if self.case.is_running:
            deed = "terminate" if self.case.broker is not None else "terminate_lead"
            self.world.press(self.case, deed)
            self.holds()

    def press(self) -> None:
        """What leads on most of the time, else anything at all, by the clock too."""
        drawn = self.chance.random()
        if drawn < 0.8:
            self.world.press(self.case, self.chance.choice(self.leading()))
        elif drawn < 0.9:
            self.world.press(self.case, self.chance.choice(ANY))
        elif drawn < 0.94:
            stranger = self.chance.choice(
                [self.world.other_broker, self.world.scout, self.world.chief]
            )
            self.world.press(self.case, self.chance.choice(ANY), by=stranger)
        else:
            self.chance.choice([self.pass_days, self.lose_broker, self.meet_directly])()

    def leading(self) -> list[str]:
        """What leads on from here."""
        case = self.case
        station = case.state
        if case.lacking_consent and station == "dispatched":
            station = "consenting"
        elif case.is_accepted_by_both and station == "matching":
            station = "together"
        elif case.asked_at is not None and station == "matching":
            station = "answering"
        return LEADING[station]

    def pass_days(self) -> None:
        """As if so many days had passed; then what happens by itself happens."""
        days = timedelta(days=self.chance.choice([4, 35, 100]))
        if self.case.due_on is not None:
            self.case.due_on -= days
        self.case.touched_at -= days
        db.session.commit()
        upkeep.keep_clocks()

    def lose_broker(self) -> None:
        """Its broker is one no longer."""
        if self.case.broker is not None:
            contributions.stop_broker(self.case.broker.id, "证书到期", None)
            db.session.commit()

    def meet_directly(self) -> None:
        """The two sides find each other without the broker."""
        world = self.world
        row = world.achievement
        names = introduction_queries.names_for(row, world.chief)
        introduction = introduction_deeds.request_introduction(
            row,
            self.chance.choice(list(names)),
            message="想直接谈。",
            agrees=True,
            opens_firm=True,
            by=world.chief,
        )
        introduction_deeds.accept_introduction(
            introduction,
            agrees=True,
            opens_firm=True,
            by=world.desk,
            seen=introduction.revision,
        )

    def carry_deal(self, introduction: Introduction) -> None:
        """A deal of the two sides, to its end."""
        if deal_of(introduction) is not None:
            return
        walk = Walk(self.deals, introduction, self.seed, also=self.holds)
        walk.run()
        self.deal_state = walk.deal.state
        self.refused += walk.refused

    def holds(self) -> None:
        """What must be true of a case after every deed."""
        case = db.session.get_one(BrokerageCase, self.number)
        self.case = case
        (card,) = queries.cards_of([case], self.world.operator)
        turn = card.turn
        if case.state == "terminated":
            assert case.reason_name
            assert turn is None
        else:
            assert turn is not None
            assert turn.what
            assert turn.actors
        if case.is_running:
            self.has_owner(turn)
            assert COLUMN_OF[case.held_from or case.state]
        if case.state == "deal":
            self.follows_deal(turn)
        self.names_wait()
        if case.is_running and self.chance.random() > FULL_LOOK:
            return
        self.first_stays()
        place = ""
        for event in history_of(case):
            assert event.before == place
            if place:
                assert case.life.moves[place, event.deed] == event.after
            place = event.after
        assert place == case.state

    def has_owner(self, turn: Any) -> None:
        """Somebody who exists must act by a day, and finds it among what waits for them."""
        case, world = self.case, self.world
        assert turn.due_on is not None
        # It is the only one that runs.
        is_queued = int(queries.queue_count()) == 1
        if turn.actors == (OPERATOR,):
            assert is_queued
            for person in (world.broker, world.other_broker, world.chief, world.desk):
                assert int(queries.waiting_count(person)) == 0
            return
        assert is_queued == (turn.due_on < today())
        if "broker" in turn.actors:
            assert case.broker is not None
            assert case.broker.mediates
            assert int(queries.waiting_count(case.broker)) == 1
        if "holder" in turn.actors:
            assert people_of_side(case, "holder")
            assert int(queries.waiting_count(world.desk)) == 1
        if "receiver" in turn.actors:
            assert people_of_side(case, "receiver")
            assert int(queries.waiting_count(world.chief)) == 1

    def follows_deal(self, turn: Any) -> None:
        """Its line is that of the deal."""
        assert self.case.introduction is not None
        deal = deal_of(self.case.introduction)
        assert deal is not None
        assert deal.number == self.case.deal_number
        if deal.is_running:
            assert turn.due_on == deal.due_on

    def names_wait(self) -> None:
        """No side learns who the other one is before the commission is signed by those who pay."""
        case = self.case
        for person, other in (
            (self.world.chief, "holder"),
            (self.world.desk, "receiver"),
        ):
            standing = standing_of(case, person, person.broker_numbers)
            side = side_for(case, other, standing, opens=True)
            if side.is_named:
                agreement = case.agreement
                assert case.asked_at is not None or case.introduction_id is not None
                assert (
                    agreement is None
                    or agreement.state == "signed"
                    or case.introduction_id is not None
                )
            if side.contacts:
                assert case.is_accepted_by_both

    def first_stays(self) -> None:
        """Who was credited first is credited for ever."""
        for row in db.session.scalars(sa.select(Attribution)):
            values = (row.id, row.broker_id, row.introduced_by_id, row.basis, row.note)
            assert self.credited.setdefault(row.pair_key, values) == values
        if self.case.is_accepted_by_both:
            assert ledger.attribution_of(self.case.pair_key) is not None


def longer_ago() -> None:
    """An organisation begins only so many introductions within a day: those before were begun some days ago."""
    earlier = now() - timedelta(days=2)
    db.session.execute(sa.update(Introduction).values(created_at=earlier))
    db.session.commit()
