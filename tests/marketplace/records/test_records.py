"""Notes, minutes and files of a case: who writes, who reads what; files of decisions on a price."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.brokerage.models import BrokerageCase
from marketplace.clock import today
from marketplace.errors import Invalid, NotAllowed, NotFound, NotNow, Stale
from marketplace.extensions import db
from marketplace.files import storage, upkeep
from marketplace.files.deeds import look_at
from marketplace.files.models import StoredFile, ThingFile
from marketplace.notices.models import Notice
from marketplace.records import deeds, queries
from marketplace.records.models import CaseNote
from tests.factories import Factory
from tests.marketplace.brokerage.world import TALKS, World
from tests.marketplace.deals.world import World as DealWorld
from tests.marketplace.files.samples import attach, pdf_of
from tests.marketplace.introductions.test_introductions import (
    World as IntroductionWorld,
)
from tests.racing import at_once, committing_site

SignIn = Callable[..., FlaskClient]
PRIVATE, SHARED = "对方要价偏高，先不说。", "双方同意先做中试。"


@pytest.fixture
def world(make: Factory) -> World:
    return World(make)


def write(case: BrokerageCase, by: Any, **changes: Any) -> CaseNote:
    values: dict[str, Any] = {
        "note_kind": "note",
        "text": PRIVATE,
        "met_on": None,
        "attendees": "",
        "seen": case.revision,
    } | changes
    return deeds.write_note(case, by=by, **values)


def add(case: BrokerageCase, by: Any, content: bytes = b"", **changes: Any) -> ThingFile:  # fmt: skip
    with storage.incoming_file() as (file, path):
        sent = io.BytesIO(content or pdf_of("纪要"))
        taken = look_at(sent, "会谈纪要.pdf", file, path)
        return deeds.add_case_file(case, taken, **({"shared": False, "by": by} | changes))  # fmt: skip


MINUTES = {"note_kind": "shared_minutes", "text": SHARED, "met_on": today(), "attendees": "双方经办人"}  # fmt: skip


def test_who_writes_what_and_when(world: World) -> None:
    case = world.propose()
    with pytest.raises(NotNow, match="还没有接单"):
        write(case, world.broker)
    world.press(case, "accept")
    for person in (world.chief, world.desk, world.operator, world.other_broker):
        with pytest.raises(NotAllowed):
            write(case, person)
    with pytest.raises(Stale):
        write(case, world.broker, seen=1)
    for changes in (
        {"note_kind": "letter"},
        {"text": ""},
        {"note_kind": "minutes", "attendees": "经办人"},
        {"note_kind": "minutes", "attendees": "", "met_on": today()},
        {
            "note_kind": "minutes",
            "attendees": "经办人",
            "met_on": today() + timedelta(days=1),
        },
        MINUTES | {"note_kind": "minutes", "met_on": today() - timedelta(days=800)},
    ):
        with pytest.raises(Invalid):
            write(case, world.broker, **changes)
    with pytest.raises(NotNow, match="都愿意对接"):
        write(case, world.broker, **MINUTES)
    before = case.touched_at
    write(case, world.broker)
    # It is an update: who writes is not reminded of silence.
    assert case.touched_at > before


def test_sides_read_what_is_shared_and_nothing_else(
    world: World, sign_in: SignIn
) -> None:
    case = world.bring_to(*TALKS)
    write(case, world.broker)
    write(case, world.broker, **MINUTES)
    private = add(case, world.broker)
    shared = add(case, world.broker, pdf_of("给双方"), shared=True)
    address = f"/mine/brokerage/{case.id}/records"
    everybody = {
        world.broker: (True, True),
        world.operator: (True, True),
        world.chief: (False, True),
        world.desk: (False, True),
    }
    for person, (sees_private, sees_shared) in everybody.items():
        browser = sign_in(person)
        page = browser.get(address).get_data(as_text=True)
        assert (PRIVATE in page) == sees_private
        assert (SHARED in page) == sees_shared
        for row, sees in ((private, sees_private), (shared, sees_shared)):
            answer = browser.get(f"/mine/record-files/{row.id}")
            answer.close()
            assert answer.status_code == (200 if sees else 404)
            if sees:
                assert answer.mimetype == "application/pdf"
                assert answer.headers["Cache-Control"] == "no-store"
    for person in (world.other_broker, world.scout):
        browser = sign_in(person)
        assert browser.get(address).status_code == 404
        assert browser.get(f"/mine/record-files/{shared.id}").status_code == 404
    notified = sa.select(Notice.person_id).filter_by(kind="record.minutes")
    assert set(db.session.scalars(notified)) == {world.chief.id, world.desk.id}


def test_minutes_go_to_no_one_who_has_left(world: World) -> None:
    case = world.bring_to(*TALKS)
    assert world.chief in (one.answered_by for one in case.sides)
    for place in list(world.chief.memberships):
        db.session.delete(place)
    db.session.commit()
    write(case, world.broker, **MINUTES)
    notified = sa.select(Notice.person_id).filter_by(kind="record.minutes")
    assert world.chief.id not in set(db.session.scalars(notified))


def test_sides_read_nothing_before_both_want_to_talk(
    world: World, sign_in: SignIn
) -> None:
    case = world.bring_to("accept", "introduce")
    write(case, world.broker)
    assert sign_in(world.chief).get(f"/mine/brokerage/{case.id}/records").status_code == 404  # fmt: skip
    with pytest.raises(NotNow):
        add(case, world.broker, shared=True)


def test_a_file_is_removed_by_who_added_it_and_its_bytes_go(world: World) -> None:
    case = world.bring_to(*TALKS)
    content = pdf_of("只此一份")
    row = add(case, world.broker, content, shared=True)
    with pytest.raises(Invalid, match="已经在附件里"):
        add(case, world.broker, content)
    stored = row.file
    assert stored is not None
    sha256 = stored.sha256
    # What a case bears is no orphan, whatever else is swept.
    upkeep.sweep()
    opened = storage.open_content(sha256)
    assert opened is not None
    opened[0].close()
    assert queries.get_file(row.id, by=world.chief) is row
    with pytest.raises(NotNow, match="只有上传的人"):
        deeds.remove_file(row, by=world.chief)
    deeds.remove_file(row, by=world.broker)
    assert row.removed_at is not None
    assert db.session.scalar(sa.select(StoredFile.id).filter_by(sha256=sha256)) is None
    with pytest.raises(NotFound):
        queries.get_file(row.id, by=world.broker)


def test_bytes_that_a_listing_bears_too_stay(world: World) -> None:
    case = world.bring_to(*TALKS)
    content = pdf_of("两处都有")
    row = add(case, world.broker, content)
    paper = attach(world.achievement, content)
    deeds.remove_file(row, by=world.broker)
    assert paper.file is not None
    opened = storage.open_content(paper.file.sha256)
    assert opened is not None
    opened[0].close()


def test_in_the_browser(world: World, sign_in: SignIn) -> None:
    case = world.bring_to(*TALKS)
    address = f"/mine/brokerage/{case.id}/records"
    broker = sign_in(world.broker)
    assert address in broker.get(f"/mine/brokerage/{case.id}").get_data(as_text=True)
    good = {"note_kind": "note", "text": PRIVATE, "seen": str(case.revision)}
    assert broker.post(f"{address}/notes", data=good | {"text": ""}).status_code == 422
    assert broker.post(f"{address}/notes", data=good).status_code == 303
    # The same form pressed again is refused: one note.
    assert broker.post(f"{address}/notes", data=good).status_code == 409
    assert broker.post(f"{address}/files", data={}).status_code == 422
    sent = {"file": (io.BytesIO(pdf_of("甲")), "甲.pdf"), "shared": "y"}
    assert broker.post(f"{address}/files", data=sent).status_code == 303
    (row,) = queries.case_files(case, world.chief)
    assert sign_in(world.chief).post(f"{address}/notes", data=good).status_code == 403
    gone = broker.post(f"/mine/record-files/{row.id}/remove", data={})
    assert gone.status_code == 303


def test_files_of_a_decision_are_the_holders(make: Factory, sign_in: SignIn) -> None:
    world = DealWorld(make)
    deal = world.bring_to("pricing")
    address = f"/mine/deals/{deal.id}/price/files"
    desk = sign_in(world.desk)
    sent = {"file": (io.BytesIO(pdf_of("评估")), "评估报告.pdf")}
    assert desk.post(address, data=sent).status_code == 409
    world.decide(deal)
    sent = {"file": (io.BytesIO(pdf_of("评估")), "评估报告.pdf")}
    assert desk.post(address, data=sent).status_code == 303
    row = db.session.scalars(sa.select(ThingFile)).one()
    page = desk.get(address).get_data(as_text=True)
    assert "评估报告.pdf" in page
    assert address in desk.get(f"/mine/deals/{deal.id}").get_data(as_text=True)
    for person, status in (
        (world.dean, 200),
        (world.operator, 200),
        (world.chief, 404),
    ):
        browser = sign_in(person)
        assert browser.get(address).status_code == status
        answer = browser.get(f"/mine/record-files/{row.id}")
        answer.close()
        assert answer.status_code == status
    refused = sign_in(world.chief).post(address, data={})
    assert refused.status_code in (403, 404)


def test_both_sides_of_an_introduction_have_files_for_each_other(
    make: Factory, sign_in: SignIn
) -> None:
    sides = IntroductionWorld(make, anonymous=True)
    case = sides.ask()
    address = f"/mine/introductions/{case.id}/files"
    firm, desk = sign_in(sides.chief), sign_in(sides.desk)

    def send(browser: FlaskClient, content: bytes) -> int:
        sent = {"file": (io.BytesIO(content), "振动数据.pdf")}
        return browser.post(address, data=sent).status_code

    # Nothing before the other side has accepted.
    assert send(firm, pdf_of("早")) == 404
    sides.press(case, "accept")
    assert send(firm, b"nothing") == 422
    assert send(firm, pdf_of("一")) == 303
    assert send(firm, pdf_of("一")) in (409, 422)
    row = db.session.scalars(sa.select(ThingFile)).one()
    query = sa.select(Notice.person_id).where(Notice.subject.contains("新文件"))
    assert list(db.session.scalars(query)) == [sides.desk.id]
    page = desk.get(address).text
    assert "振动数据.pdf" in page
    assert "想对接的一方" in page
    # Its firm has not opened its name: nothing here does.
    assert sides.firm.name not in page
    assert sides.chief.name not in page
    assert f"{address}" in desk.get(f"/mine/introductions/{case.id}").text
    content = f"/mine/record-files/{row.id}"
    stranger = sign_in(make.person("firm", make.organisation(), administers=True))
    for browser, status in ((desk, 200), (firm, 200), (sign_in(sides.operator), 200), (stranger, 404)):  # fmt: skip
        answer = browser.get(content)
        answer.close()
        assert answer.status_code == status
    assert send(sign_in(sides.operator), pdf_of("二")) == 404
    assert send(stranger, pdf_of("二")) == 404
    assert desk.post(f"{content}/remove").status_code == 409
    assert firm.post(f"{content}/remove").status_code == 303
    assert "还没有文件" in desk.get(address).text


def test_who_uploaded_an_infected_file_learns_that_it_is_gone(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = world.bring_to(*TALKS)
    row = add(case, world.broker, pdf_of("EVIL"))
    assert row.file is not None
    row.file.scan = "held"
    db.session.commit()
    command = f"{sys.executable} -c 'raise SystemExit(1)'"
    monkeypatch.setitem(app.config, "SCAN_COMMAND", command)
    assert upkeep.scan_held() == 1
    db.session.expire_all()
    assert row.file is None
    query = sa.select(Notice).where(Notice.subject.contains("会谈纪要.pdf"))
    (notice,) = db.session.scalars(query)
    assert notice.person_id == world.broker.id
    assert "恶意程序" in notice.subject
    assert "传一份干净的" in notice.to_do


# -- two at once -------------------------------------------------------------------------------------------------------


@pytest.fixture
def races(tmp_path_factory: pytest.TempPathFactory, migrated: str) -> Iterator[Flask]:
    with committing_site(tmp_path_factory.mktemp("records"), migrated) as site:
        yield site


def test_two_presses_at_once_are_one_note(races: Flask) -> None:
    world = World(Factory(db.session))
    case = world.bring_to(*TALKS)
    number, person_id = case.id, world.broker.id
    db.session.commit()

    def look() -> Callable[[], object]:
        person = db.session.get_one(Person, person_id)
        mine = queries.get_readable_case(number, by=person)
        seen = mine.revision
        persistence.expect_writing()
        db.session.rollback()
        return lambda: write(mine, person, seen=seen)

    outcomes = at_once(races, look, look)

    assert outcomes.count("done") == 1, outcomes
    (refused,) = [one for one in outcomes if one != "done"]
    assert isinstance(refused, Stale)
    db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.count(CaseNote.id))) == 1


def test_two_presses_at_once_remove_a_file_once(races: Flask) -> None:
    world = World(Factory(db.session))
    case = world.bring_to(*TALKS)
    number, person_id = add(case, world.broker).id, world.broker.id
    db.session.commit()

    def look() -> Callable[[], object]:
        person = db.session.get_one(Person, person_id)
        row = queries.get_file(number, by=person)
        persistence.expect_writing()
        db.session.rollback()
        return lambda: deeds.remove_file(row, by=person)

    outcomes = at_once(races, look, look)

    assert outcomes.count("done") == 1, outcomes
    (refused,) = [one for one in outcomes if one != "done"]
    assert isinstance(refused, NotNow)
    db.session.rollback()
    assert db.session.get_one(ThingFile, number).file_id is None
