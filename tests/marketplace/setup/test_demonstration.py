"""The demonstration: its people find something on their desks, and nothing of that is public."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marketplace.accounts import queries as account_queries
from marketplace.brokerage import ledger
from marketplace.brokerage import queries as brokerage_queries
from marketplace.brokerage.life import COLUMNS
from marketplace.clock import today
from marketplace.contracts.models import TechContract
from marketplace.deals.child_models import DealPublicity
from marketplace.deals.life import DEAL_LIFE, RUNNING
from marketplace.deals.models import Deal
from marketplace.deals.terms import chosen_end
from marketplace.extensions import db
from marketplace.files import review_queue as file_queue
from marketplace.finance import investor_queries, loan_queries, pack_queries
from marketplace.finance import queries as finance_queries
from marketplace.lifecycle import last_event
from marketplace.listings import readiness, rewritings
from marketplace.listings.models import LISTINGS
from marketplace.setup import demo_listings, demonstration, preparing

pytestmark = pytest.mark.long


def test_the_desks_of_the_demonstration_show_work(
    session: Session, client: FlaskClient, sign_in: Any
) -> None:
    expected = {
        "at_desk": 1,
        "submitted": 2,
        "returned": 1,
        "rejected": 1,
        "draft": 2,  # one of them in diagnosis
    }
    lines: list[str] = []
    preparing.add_first_rows()

    demonstration.load_demonstration(lines.append)

    found = [
        row
        for table in LISTINGS.values()
        for row in session.query(table).where(table.state != "published")
    ]
    assert {
        state: sum(row.state == state for row in found) for state in expected
    } == expected
    assert len(found) == sum(expected.values())
    assert [
        line for line in lines if "refused" in line and "0 refused" not in line
    ] == []
    assert "6 listings being written or reviewed" in lines
    handed_in = [row for row in found if row.state == "submitted"]
    assert [readiness.publication_problems(row) for row in handed_in] == [{}, {}]
    returned = next(row for row in found if row.state == "returned")
    sent_back = last_event(returned, "return")
    assert sent_back is not None
    assert sent_back.note.startswith(demo_listings.SENT_BACK)
    # An operator mended a word of it, and the firm has not said yet whether that is theirs.
    assert rewritings.open_rewriting(returned) is not None
    desk = account_queries.find_person("desk@demo.example")
    assert desk is not None
    assert len(file_queue.desk_files(desk)) == 1
    home = client.get("/").text
    assert not any(row.title in home for row in found)
    queue = (
        sign_in(account_queries.find_person("operator@demo.example"))
        .get("/office/review")
        .text
    )
    assert all(row.title in queue for row in handed_in)
    assert returned.title not in queue
    assert (
        demo_listings.SENT_BACK
        in sign_in(account_queries.find_person("firm@demo.example")).get("/mine").text
    )
    _expect_every_column()
    _expect_every_station()
    _expect_finance()


def _expect_finance() -> None:
    """Two products of the bank, one of the fund that waits, a pack that was looked at, and a loan with its subsidy."""
    day = today()
    bank = account_queries.find_person("bank@demo.example")
    names = [one.product.name for one in finance_queries.catalogue(day)]
    assert sorted(names) == ["专利质押贷（示例）", "成果转化贷（示例）"]
    assert int(finance_queries.submitted_count()) == 1
    (pack,) = pack_queries.received_by(bank)
    assert len(pack_queries.looks_at(pack)) == 1
    assert [one["group"] for one in pack.content["items"]][0] == "status"
    interest = [
        loan_queries.computed(one).interest_fen for one in loan_queries.loans_of(bank)
    ]
    assert interest == [None, 1_380_000]
    firm = account_queries.find_person("firm@demo.example")
    assert int(investor_queries.waiting_count(firm)) == 1


def _expect_every_station() -> None:
    """A deal at every station of the ruler; what runs waits for somebody until a day."""
    found = db.session.scalars(db.select(Deal.state).distinct())
    assert set(found) == set(DEAL_LIFE.states)
    running = db.session.scalars(db.select(Deal).where(Deal.state.in_(RUNNING)))
    for deal in running:
        assert deal.turn != "nobody"
        assert deal.due_on is not None
    # What is over lasted as long as its own words say.
    for publicity in db.session.scalars(db.select(DealPublicity)):
        deal = db.session.get(Deal, publicity.deal_id)
        assert deal is not None
        begun, days = publicity.started_on, publicity.days
        end = chosen_end(deal.rules, begun, days, publicity.day_kind)
        assert publicity.ends_on == end.day
    states = db.select(TechContract.state).where(TechContract.deal_id.is_not(None))
    expected = ["filed", "registered", "registered"]
    assert sorted(db.session.scalars(states)) == expected


def _expect_every_column() -> None:
    """The board of the broker, what waits for the operators, and what the firm is to confirm."""
    people = {
        name: account_queries.find_person(f"{name}@demo.example")
        for name in ("broker", "firm", "operator")
    }
    board = brokerage_queries.board(people["broker"], brokerage_queries.Filters())
    assert {column: count for column, (count, _) in board.items()} == {
        "waiting": 1,
        "contact": 2,
        "talks": 1,
        "intention": 1,
        "deal": 1,
    }
    cards = []
    for column in COLUMNS:
        cards += board[column][1]
    assert [card.case.state for card in cards if card.turn.is_late] == ["matching"]
    assert all(card.turn.due_on for card in cards)
    queue, _ = brokerage_queries.queue_page(1, people["operator"])
    assert [card.case.state for card in queue] == ["matching", "lead"]
    (waiting,) = brokerage_queries.waiting_for(people["firm"])
    assert "佣金" in waiting.turn.what
    assert int(ledger.dispute_count()) == 1
