"""Substitutes: who may be named, what they then see and do, what is noted of it, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from marketplace.accounts.models import Person
from marketplace.audit.models import Entry
from marketplace.clock import today
from marketplace.errors import Busy, Invalid, NotAllowed, NotFound, NotNow, Stale
from marketplace.extensions import db
from marketplace.lifecycle import history_of, last_event
from marketplace.listings.models import Assignment, Demand
from marketplace.listings.queries import get_visible
from marketplace.mediation import deeds as mediation_deeds
from marketplace.mediation import queries as mediation_queries
from marketplace.notices.models import Notice
from marketplace.permissions import may
from marketplace.substitutes import deeds, queries
from marketplace.substitutes.models import Substitution
from marketplace.substitutes.queries import HeldSeat
from tests.factories import Factory
from tests.racing import Racer, at_once, committing_site

SignIn = Callable[..., FlaskClient]
DAY = timedelta(days=1)


class World:
    """A university with two people at its desk, a service body with two brokers, operators and strangers."""

    def __init__(self, make: Factory) -> None:
        self.make = make
        self.university = make.organisation("东昌理工（示例）", kind="university")
        self.absent = make.person("desk", self.university)
        self.colleague = make.person("desk", self.university)
        self.chief = make.person("researcher", self.university, administers=True)
        self.stranger = make.person(
            "desk", make.organisation("别的大学", kind="university")
        )
        self.body = make.organisation("聊城技术服务所", kind="service_body")
        self.broker = make.broker(self.body)
        self.other_broker = make.broker(self.body)
        self.alone = make.broker(make.organisation("另一家", kind="service_body"))
        self.operator = make.person("operator")
        self.second_operator = make.person("operator")
        self.row = make.demand(
            "不公开的保持架难题", owner=make.organisation(), visibility="confidential"
        )

    def seat(self, person: Any) -> HeldSeat:
        return queries.seats_of(person)[0]

    def name(
        self,
        absent: Any,
        substitute: Any,
        by: Any = "self",
        first: int = 0,
        last: int = 7,
    ) -> Substitution:
        return deeds.name_substitute(
            self.seat(absent),
            substitute,
            first_day=today() + first * DAY,
            last_day=today() + last * DAY,
            by=absent if by == "self" else by,
        )


@pytest.fixture
def world(make: Factory) -> World:
    return World(make)


def test_who_may_be_named_by_whom(world: World, subtests: Any) -> None:
    w = world
    cases: list[tuple[str, tuple[Any, ...], type[Exception] | None]] = [
        ("a colleague at the desk", (w.absent, w.colleague), None),
        ("the administrator, for who fell ill", (w.absent, w.colleague, w.chief), None),
        ("an operator for operators", (w.operator, w.second_operator), None),
        ("a broker of the same body", (w.broker, w.other_broker), None),
        ("an operator for a broker", (w.broker, w.other_broker, w.operator), None),
        ("a desk of elsewhere", (w.absent, w.stranger), Invalid),
        ("no reviewer at all", (w.absent, w.chief), Invalid),
        ("a broker of elsewhere", (w.broker, w.alone), Invalid),
        ("oneself", (w.absent, w.absent), Invalid),
        (
            "somebody who is nothing to them",
            (w.absent, w.colleague, w.alone),
            NotAllowed,
        ),
        ("an operator for a desk", (w.absent, w.colleague, w.operator), NotAllowed),
        (
            "oneself in another's place",
            (w.absent, w.colleague, w.colleague),
            NotAllowed,
        ),
    ]
    for name, people, refused in cases:
        with subtests.test(name):
            if refused is None:
                row = w.name(*people)
                assert row.is_running
                db.session.delete(row)
                db.session.commit()
            else:
                with pytest.raises(refused):
                    w.name(*people)
                db.session.rollback()


def test_days(world: World, subtests: Any) -> None:
    w = world
    for name, first, last, wrong in [
        ("one day", 0, 0, ""),
        ("yesterday", -1, 3, "first_day"),
        ("ends before it begins", 3, 2, "last_day"),
        ("longer than half a year", 0, 180, "last_day"),
    ]:
        with subtests.test(name):
            if not wrong:
                row = w.name(w.absent, w.colleague, first=first, last=last)
                deeds.end_substitution(row, by=w.absent)
                continue
            with pytest.raises(Invalid) as refused:
                w.name(w.absent, w.colleague, first=first, last=last)
            assert list(refused.value.problems) == [wrong]
    third = w.make.person("desk", w.university)
    w.name(w.absent, w.colleague, first=2, last=5)
    with pytest.raises(NotNow, match="代办"):
        w.name(w.absent, third, first=5, last=9)
    # Who is away on these days stands in for nobody, and a day after it they do.
    with pytest.raises(Invalid, match="自己也不在"):
        w.name(third, w.absent, first=5, last=9)
    assert w.name(third, w.absent, first=6, last=9).state_name == "未开始"


def test_a_broker_reads_what_the_other_was_given(world: World) -> None:
    w = world
    db.session.add(
        Assignment(kind="demand", listing_id=w.row.id, broker_id=w.broker.id)
    )
    db.session.commit()
    with pytest.raises(NotFound):
        get_visible("demand", w.row.id, by=w.other_broker)
    row = w.name(w.broker, w.other_broker)
    assert get_visible("demand", w.row.id, by=w.other_broker) is w.row
    assert may(w.other_broker, "listing.read_full", w.row)
    assert mediation_queries.given_to(w.other_broker) == [w.row]
    assert db.session.scalars(
        db.select(Demand.id).where(Demand.findable_by(w.other_broker))
    ).all() == [w.row.id]
    # It ends with its last day, whether a job has run or not.
    row.first_day = row.last_day = today() - DAY
    db.session.commit()
    assert not may(w.other_broker, "listing.read_full", w.row)
    row.last_day = today()
    db.session.commit()
    assert may(w.other_broker, "listing.read_full", w.row)
    # Who has left the body reads nothing in its name.
    w.other_broker.memberships.clear()
    db.session.commit()
    assert not may(w.other_broker, "listing.read_full", w.row)


def test_a_request_is_answered_for_the_other(world: World, sign_in: SignIn) -> None:
    w = world
    chief = w.make.person("firm", w.row.organisation)
    request = mediation_deeds.request_broker(w.row, w.broker.id, note="请看", by=chief)
    page = f"/mine/broker-requests/{request.id}"
    client = sign_in(w.other_broker)
    assert client.get(page).status_code == 404
    w.name(w.broker, w.other_broker)
    assert client.get(page).status_code == 200
    assert client.post(f"{page}/accept").status_code == 303
    assert w.row.broker_ids == {w.broker.id}
    event = last_event(request, "accept")
    assert event is not None
    assert (event.by_id, event.for_id) == (w.other_broker.id, w.broker.id)


def test_a_desk_decides_in_the_others_place(world: World, sign_in: SignIn) -> None:
    w = world
    first = w.make.achievement("可降解薄膜", owner=w.university, state="at_desk")
    own = w.make.achievement("耐磨涂层", owner=w.university, state="at_desk")
    own.owner_id = w.absent.id
    db.session.commit()
    substitution = w.name(w.absent, w.colleague)
    client = sign_in(w.colleague)
    assert f"代办 {w.absent.name}" in client.get("/mine").text
    for row in (first, own):
        page = f"/mine/review/achievement/{row.id}"
        shown = client.get(page).text
        assert (f"您代 {w.absent.name} 审核" in shown) == (row is first)
        sent = client.post(
            f"{page}/return", data={"seen": row.revision, "note": "补上指标"}
        )
        assert sent.status_code == 303
    # What the one who is away wrote is decided on by the colleague in their own right.
    noted = [history_of(row)[-1] for row in (first, own)]
    assert [one.for_id for one in noted] == [w.absent.id, None]
    entry = db.session.scalars(
        db.select(Entry)
        .where(Entry.kind == "achievement", Entry.thing == str(first.id))
        .order_by(Entry.position.desc())
    ).first()
    assert entry is not None
    assert entry.actor == w.colleague.id
    assert json.loads(entry.text)["values"]["in_place_of"] == w.absent.id
    done = queries.done_in(substitution)
    assert [(one.title, one.name) for one in done] == [
        ("成果「可降解薄膜」", "机构退回修改")
    ]
    deeds.end_substitution(substitution, by=w.colleague)
    told = db.session.scalars(
        db.select(Notice).where(
            Notice.kind == "substitutes.over", Notice.person_id == w.absent.id
        )
    ).one()
    assert "机构退回修改 1 件" in told.happened
    with pytest.raises(NotNow):
        deeds.end_substitution(substitution, by=w.absent)


def test_who_wrote_it_may_not_let_it_through_as_a_substitute(world: World) -> None:
    w = world
    row = w.make.achievement("耐磨涂层", owner=w.university, state="at_desk")
    row.owner_id = w.colleague.id
    db.session.commit()
    w.name(w.absent, w.colleague)
    assert not may(w.colleague, "listing.endorse", row)
    assert may(w.absent, "listing.endorse", row)


def test_the_report_comes_once_by_itself(world: World) -> None:
    w = world
    row = w.name(w.operator, w.second_operator)
    assert deeds.report_over() == 0
    row.first_day = row.last_day = date(2026, 11, 2)
    db.session.commit()
    assert [deeds.report_over(), deeds.report_over()] == [1, 0]
    kinds = db.session.scalars(
        db.select(Notice.person_id).where(Notice.kind == "substitutes.over")
    ).all()
    assert set(kinds) == {w.operator.id, w.second_operator.id}


def test_pages(world: World, sign_in: SignIn, subtests: Any) -> None:
    w = world
    client = sign_in(w.absent)
    code = w.seat(w.absent).code
    assert "我自己" in client.get("/mine/substitutes").text
    for name, sent, status in [
        ("nobody", {"substitute": "", "first_day": today()}, 422),
        ("no such person", {"substitute": "999999"}, 422),
        ("no day", {"substitute": w.colleague.id}, 422),
        ("no date", {"substitute": w.colleague.id, "first_day": "明天"}, 422),
        ("another's seat", {}, 404),
        ("all right", {"substitute": w.colleague.id, "first_day": today()}, 303),
        ("once more", {"substitute": w.colleague.id, "first_day": today()}, 409),
    ]:
        with subtests.test(name):
            of = w.seat(w.stranger).code if status == 404 else code
            last = {"last_day": today() + DAY} if "first_day" in sent else {}
            answer = client.post(f"/mine/substitutes/new/{of}", data={**sent, **last})
            assert answer.status_code == status
    row = db.session.scalars(db.select(Substitution)).one()
    assert client.get(f"/mine/substitutes/{row.id}").status_code == 200
    assert sign_in(w.stranger).get(f"/mine/substitutes/{row.id}").status_code == 404
    assert (
        sign_in(w.stranger).post(f"/mine/substitutes/{row.id}/end").status_code == 404
    )
    assert (
        sign_in(w.colleague).post(f"/mine/substitutes/{row.id}/end").status_code == 303
    )


def test_two_who_name_a_substitute_at_once_name_one(
    tmp_path: Path, migrated: str
) -> None:
    with committing_site(tmp_path, migrated) as site:
        w = World(Factory(db.session))
        absent, colleague, chief = w.absent.id, w.colleague.id, w.chief.id
        db.session.commit()
        db.session.remove()

        def naming(by_id: int) -> Racer:
            def race() -> Callable[[], object]:
                person = db.session.get(Person, absent)
                substitute = db.session.get(Person, colleague)
                by = db.session.get(Person, by_id)
                assert person is not None
                assert substitute is not None
                seat = queries.seats_of(person)[0]
                return lambda: deeds.name_substitute(
                    seat, substitute, first_day=today(), last_day=today() + DAY, by=by
                )

            return race

        outcomes = at_once(site, naming(absent), naming(chief))

        assert outcomes.count("done") == 1
        assert sum(isinstance(one, (Stale, NotNow, Busy)) for one in outcomes) == 1
        assert len(db.session.scalars(db.select(Substitution)).all()) == 1
