"""Two people at one listing at the same moment, each with their own session: one wins, the other looks again.

And many people who save different things: each waits their turn. What the database refuses is said in our words.
"""

from __future__ import annotations

import io
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from marketplace import persistence
from marketplace.dictionaries.models import Chain
from marketplace.errors import Busy, Invalid, Stale
from marketplace.extensions import db
from marketplace.imports.models import ListImport
from marketplace.lifecycle import history_of
from marketplace.listings import change_deeds, changes_waiting, versions
from marketplace.listings import deeds as listing_deeds
from marketplace.listings.models import LISTINGS
from marketplace.workdays import deeds as workday_deeds
from marketplace.workdays.models import HolidayYear
from tests.factories import GOOD_FORM, Factory, signed_in
from tests.marketplace.desk.pressing import filled
from tests.marketplace.imports.browser import HEADER, good, send_file, xlsx
from tests.racing import Racer, at_once

Deed = Callable[[Any, int], object]

DEEDS: dict[str, Deed] = {
    "edit": lambda row, seen: listing_deeds.save(
        row, {"keywords": ["第一"]}, by=None, seen=seen
    ),
    "edit otherwise": lambda row, seen: listing_deeds.save(
        row, {"metrics": []}, by=None, seen=seen
    ),
    "withdraw": lambda row, seen: listing_deeds.withdraw(row, by=None, seen=seen),
    "close": lambda row, seen: listing_deeds.close(row, by=None, seen=seen),
    "suspend": lambda row, seen: listing_deeds.suspend(
        row, by=None, seen=seen, note="权属有争议"
    ),
    "endorse": lambda row, seen: listing_deeds.endorse(row, by=None, seen=seen),
    "approve": lambda row, seen: listing_deeds.approve(row, by=None, seen=seen),
    "send back": lambda row, seen: listing_deeds.send_back(
        row, by=None, seen=seen, note="请补充指标"
    ),
    "reject": lambda row, seen: listing_deeds.reject(
        row, by=None, seen=seen, note="不属于成果"
    ),
    "recall": lambda row, seen: listing_deeds.recall(row, by=None, seen=seen),
    "submit": lambda row, seen: listing_deeds.submit(row, by=None, seen=seen),
}
RACES = [
    ("achievement", "published", "edit", "edit otherwise"),
    ("achievement", "published", "edit", "withdraw"),
    ("demand", "published", "withdraw", "withdraw"),
    ("demand", "published", "suspend", "edit"),
    ("demand", "published", "close", "edit"),
    ("achievement", "at_desk", "endorse", "endorse"),
    ("achievement", "at_desk", "endorse", "recall"),
    ("achievement", "submitted", "approve", "approve"),
    ("achievement", "submitted", "approve", "recall"),
    ("demand", "submitted", "approve", "send back"),
    ("demand", "submitted", "reject", "recall"),
    ("demand", "draft", "submit", "edit"),
]


def on_row(kind: str, listing_id: int, deed: Deed) -> Racer:
    """A deed on a row, once everybody has read it."""

    def read() -> Callable[[], object]:
        row = db.session.get(LISTINGS[kind], listing_id)
        seen = row.revision
        return lambda: deed(row, seen)

    return read


@pytest.mark.parametrize(("kind", "state", "first", "second"), RACES)
def test_one_wins_and_the_other_is_stale(
    site: Flask, stock: Factory, kind: str, state: str, first: str, second: str
) -> None:
    row = getattr(stock, kind)(
        state=state, keywords=["轴承"], metrics=[{"name": "振动值", "value": 36}]
    )
    seen, told, listing_id = row.revision, len(history_of(row)), row.id
    db.session.remove()

    outcomes = at_once(
        site, *(on_row(kind, listing_id, DEEDS[name]) for name in (first, second))
    )

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Stale", "str"], (
        outcomes
    )
    loser = next(outcome for outcome in outcomes if isinstance(outcome, Stale))
    assert loser.advice
    row = db.session.get(LISTINGS[kind], listing_id)
    assert row.revision == seen + 1
    deeds_told = (
        {"take", "approve"}
        if "approve" in (history_of(row)[-1].deed,)
        else {history_of(row)[-1].deed}
    )
    assert {entry.deed for entry in history_of(row)[told:]} - {"take"} == deeds_told - {
        "take"
    }


def test_of_two_who_decide_on_a_change_one_is_stale(
    site: Flask, stock: Factory
) -> None:
    row = stock.achievement(stage="pilot")
    change_deeds.propose_change(row, {"stage": "small_batch"}, by=None)
    db.session.commit()
    listing_id = row.id
    db.session.remove()

    def approve(row: Any, seen: int) -> None:
        change_deeds.approve_change(row, by=None, seen=seen)

    def send_back(row: Any, seen: int) -> None:
        change_deeds.return_change(row, by=None, seen=seen, note="请补检测报告")

    outcomes = at_once(
        site,
        *(on_row("achievement", listing_id, deed) for deed in (approve, send_back)),
    )

    assert sorted(type(one).__name__ for one in outcomes) == ["Stale", "str"], outcomes
    row = db.session.get(LISTINGS["achievement"], listing_id)
    approved = outcomes[0] == "done"
    assert row.stage == ("small_batch" if approved else "pilot")
    assert (changes_waiting.open_change(row) is None) == approved
    assert len(versions.list_versions(row, by=None)) == (2 if approved else 1)


@pytest.mark.long
def test_many_editors_lose_no_edit_that_was_acknowledged(
    site: Flask, stock: Factory
) -> None:
    row = stock.demand(keywords=["零"])
    listing_id, start = row.id, row.revision
    db.session.remove()
    acknowledged: list[str] = []

    def persistent(name: str) -> None:
        with site.app_context():
            for number in range(5):
                while True:
                    db.session.remove()
                    row = db.session.get(LISTINGS["demand"], listing_id)
                    word = f"{name}{number}"
                    try:
                        listing_deeds.save(
                            row,
                            {"note": row.note + f" {word}"},
                            by=None,
                            seen=row.revision,
                        )
                    except Stale:
                        continue
                    acknowledged.append(word)
                    break
            db.session.remove()

    with ThreadPoolExecutor() as people:
        list(people.map(persistent, "甲乙丙"))  # raises what one of them met

    row = db.session.get(LISTINGS["demand"], listing_id)
    assert sorted(row.note.split()) == sorted(acknowledged)
    assert len(acknowledged) == 15
    assert row.revision == start + 15


# -- requests --------------------------------------------------------------------------------------------------------
# Since a request that writes begins as a writer, the second waits its turn instead of being refused at once.

FILE = pytest.mark.skipif(
    bool(os.environ.get("TEST_DATABASE_URL")), reason="SQLite: one writer at a time"
)


class Elsewhere(FlaskClient):
    """A browser whose requests run in a thread of their own, outside of the test's application context and session."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(super().open, *args, **kwargs).result()


def browser_of(site: Flask, person: Any = None) -> FlaskClient:
    """A browser in which a person, committed by this, is signed in; a guest's without one."""
    client = Elsewhere(site, site.response_class)
    if person is None:
        return client
    db.session.commit()
    with client.session_transaction() as cookie:
        cookie.update(signed_in(person))
    return client


def save(browser: FlaskClient, place: str, **changes: object) -> TestResponse:
    """Open a form, change some of it and save."""
    form = filled(browser.get(place).text, deed="save", **changes)
    return browser.post(place, data=form)


@contextmanager
def somebody_writing(database: str) -> Iterator[threading.Event]:
    """Somebody else who begins to write to the file and lets go when the event is set, at the latest at the end."""
    begun, ended = threading.Event(), threading.Event()

    def hold() -> None:
        path = database.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            begun.set()
            ended.wait(60)
            connection.execute("ROLLBACK")

    holder = threading.Thread(target=hold)
    holder.start()
    begun.wait(10)
    try:
        yield ended
    finally:
        ended.set()
        holder.join()


def patience(site: Flask, milliseconds: int) -> None:
    """Let the connections of a site wait so long for a lock."""
    with site.app_context():
        db.engine.dispose()

        @event.listens_for(db.engine, "connect")
        def set_patience(connection: Any, _record: Any) -> None:
            connection.execute(f"PRAGMA busy_timeout={milliseconds}")


@pytest.mark.long
@pytest.mark.parametrize("writers", [2, 8])
def test_people_who_save_new_drafts_at_once_are_all_saved(
    site: Flask, stock: Factory, writers: int
) -> None:
    people = [stock.person("firm", stock.organisation()) for _ in range(writers)]
    browsers = [browser_of(site, person) for person in people]
    db.session.remove()
    together = threading.Barrier(writers)

    def work(number: int) -> list[int]:
        together.wait(30)
        titles = [f"轴承套圈车削毛刺{number}之{turn}" for turn in range(6)]
        browser = browsers[number]
        answers = [save(browser, "/mine/demand/new", title=title) for title in titles]
        return [answer.status_code for answer in answers]

    with ThreadPoolExecutor(writers) as pool:
        statuses = sum(pool.map(work, range(writers)), [])

    assert statuses == [303] * 6 * writers
    count = db.select(db.func.count()).select_from(LISTINGS["demand"])
    assert db.session.scalar(count) == 6 * writers


@pytest.mark.long
@pytest.mark.parametrize("writers", [2, 8])
def test_people_who_change_different_drafts_at_once_are_all_saved(
    site: Flask, stock: Factory, writers: int
) -> None:
    owners = [stock.organisation() for _ in range(writers)]
    rows = [stock.demand(owner=owner, state="draft") for owner in owners]
    browsers = [browser_of(site, stock.person("firm", owner)) for owner in owners]
    starts = {row.id: row.revision for row in rows}
    ids = list(starts)
    db.session.remove()
    together = threading.Barrier(writers)

    def work(number: int) -> list[int]:
        together.wait(30)
        place = f"/mine/demand/{ids[number]}/edit"
        notes = [f"第{turn}次" for turn in range(5)]
        answers = [save(browsers[number], place, note=note) for note in notes]
        return [answer.status_code for answer in answers]

    with ThreadPoolExecutor(writers) as pool:
        statuses = sum(pool.map(work, range(writers)), [])

    assert statuses == [303] * 5 * writers
    stored = [db.session.get(LISTINGS["demand"], row_id) for row_id in ids]
    assert {row.id: row.revision - 5 for row in stored} == starts


@pytest.mark.parametrize("writers", [2, 8])
def test_of_those_who_change_one_draft_one_is_saved_and_the_others_look_again(
    site: Flask, stock: Factory, writers: int
) -> None:
    owner = stock.organisation()
    row = stock.demand(owner=owner, state="draft")
    browsers = [browser_of(site, stock.person("firm", owner)) for _ in range(writers)]
    place = f"/mine/demand/{row.id}/edit"
    form = filled(browsers[0].get(place).text, deed="save")
    db.session.remove()
    together = threading.Barrier(writers)

    def work(number: int) -> int:
        data = form | {"note": [f"第{number}人"]}
        together.wait(30)
        return browsers[number].post(place, data=data).status_code

    with ThreadPoolExecutor(writers) as pool:
        statuses = list(pool.map(work, range(writers)))

    assert sorted(statuses) == [303] + [409] * (writers - 1)


def test_of_copies_of_one_new_draft_one_is_saved_and_the_others_hear_of_it(
    site: Flask, stock: Factory
) -> None:
    owner = stock.organisation()
    browsers = [browser_of(site, stock.person("firm", owner)) for _ in range(6)]
    place = "/mine/demand/new"
    form = filled(browsers[0].get(place).text, deed="save", title="轴承套圈车削毛刺")
    db.session.remove()
    together = threading.Barrier(6)

    def work(browser: FlaskClient) -> tuple[int, bool]:
        together.wait(30)
        answer = browser.post(place, data=form)
        return answer.status_code, "已有同名" in answer.text

    with ThreadPoolExecutor(6) as pool:
        outcomes = sorted(pool.map(work, browsers))

    assert outcomes == [(303, False)] + [(422, True)] * 5


@pytest.mark.long
@FILE
def test_a_save_waits_for_somebody_who_is_writing_and_reading_goes_on(
    site: Flask, stock: Factory, own_database: str
) -> None:
    browser = browser_of(site, stock.person("firm", stock.organisation()))
    guest = browser_of(site)
    db.session.remove()

    with somebody_writing(own_database) as ended, ThreadPoolExecutor(1) as pool:
        reading = [
            guest.get("/").status_code,
            browser.get("/mine").status_code,
            guest.post("/trial", data={"text": "短"}).status_code,
        ]
        answer = pool.submit(save, browser, "/mine/demand/new", title="套圈车削毛刺")
        time.sleep(2)
        waits = not answer.done()
        ended.set()

    # Signing in is no reading: a session is written, or a failure is counted before it is told.
    assert reading == [200, 200, 422]
    assert waits
    assert answer.result().status_code == 303


@FILE
def test_who_waits_in_vain_hears_that_somebody_else_is_saving(
    site: Flask, stock: Factory, own_database: str
) -> None:
    browser = browser_of(site, stock.person("firm", stock.organisation()))
    db.session.remove()
    patience(site, 200)

    with somebody_writing(own_database):
        answer = save(browser, "/mine/demand/new", title="轴承套圈车削毛刺")
        with site.app_context(), pytest.raises(Busy):
            persistence.begin_write()
    again = save(browser, "/mine/demand/new", title="轴承套圈车削毛刺")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "有别人正在保存" in answer.text
    assert "轴承套圈车削毛刺</p>" in answer.text
    assert "数据库正在重启" not in answer.text
    assert again.status_code == 303


@FILE
def test_what_follows_a_commit_keeps_nobody_waiting(
    site: Flask, stock: Factory, own_database: str
) -> None:
    """The index may be slow: no transaction is open while it is written to."""
    free: list[bool] = []
    engine = site.extensions["search"]
    put = engine.put

    def slow(documents: Any) -> None:
        path = own_database.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as other:
            other.execute("BEGIN IMMEDIATE")
            other.execute("ROLLBACK")
            free.append(True)
        put(documents)

    browser = browser_of(site, stock.person("operator"))
    row = stock.demand(state="submitted")
    place, seen = f"/office/review/demand/{row.id}/approve", row.revision
    db.session.remove()
    engine.put = slow
    try:
        answer = browser.post(place, data={"seen": seen, **GOOD_FORM})
    finally:
        del engine.put

    assert (answer.status_code, free) == (303, [True])
    row = db.session.get(LISTINGS["demand"], row.id)
    assert (row.state, row.indexed_revision) == ("published", row.revision)


@FILE
def test_a_slow_body_keeps_nobody_waiting(
    own_database: str, new_site: Callable[..., Flask]
) -> None:
    """The body is read, for its CSRF token, before the first query begins."""
    site = new_site(own_database, "guarded")
    site.config["WTF_CSRF_ENABLED"] = True
    with site.app_context():
        make = Factory(db.session)
        browser = browser_of(site, make.person("firm", make.organisation()))
        db.session.remove()
    free: list[bool] = []

    class Body(io.BytesIO):
        def readinto(self, buffer: Any) -> int:
            path = own_database.removeprefix("sqlite:///")
            with closing(
                sqlite3.connect(path, isolation_level=None, timeout=0)
            ) as other:
                other.execute("BEGIN IMMEDIATE")
                other.execute("ROLLBACK")
            free.append(True)
            return super().readinto(buffer)

    answer = browser.post(
        "/mine/demand/new",
        input_stream=Body(b"deed=save&title=abc"),
        content_length=19,
        content_type="application/x-www-form-urlencoded",
    )

    assert free
    assert answer.status_code in (400, 422)


@pytest.mark.long
def test_pages_that_are_only_read_write_nothing(site: Flask, stock: Factory) -> None:
    """A request that begins as a reader must not write: SQLite would refuse it as soon as two do."""
    owner = stock.organisation()
    people = [stock.person(role, owner) for role in ("firm", "broker", "operator")]
    demand = stock.demand(owner=owner)
    achievement, draft = stock.achievement(), stock.demand(owner=owner, state="draft")
    arguments = {
        "demand": {"listing_id": demand.id, "other_id": achievement.id},
        "achievement": {"listing_id": achievement.id, "other_id": demand.id},
    }
    with site.test_request_context():
        places = {
            url_for(rule.endpoint, **values)
            for rule in site.url_map.iter_rules()
            if "GET" in (rule.methods or ()) and not rule.endpoint.endswith("static")
            for kind, given in arguments.items()
            if (values := _values(rule, kind, given)) is not None
        }
    places |= {f"/mine/demand/{draft.id}/edit", "/search?q=轴承", "/suggest?q=轴承"}
    browsers = [browser_of(site), *(browser_of(site, person) for person in people)]
    db.session.remove()
    written: list[str] = []

    @event.listens_for(db.engine, "before_cursor_execute")
    def watch(_c: Any, _k: Any, statement: str, *_rest: Any) -> None:
        # What the audit notes of a look is stored in a transaction of its own, which begins as a writer.
        # So is the last use of a session, where the walk takes longer than a minute (`sessions.NOTED_EVERY`).
        # So is who has something open for a decision (`review_claims.note_reading`).
        apart = ("audit_", "person_session SET seen_at", "INTO review_claim")
        is_apart = any(words in statement for words in apart)
        if statement.startswith(("INSERT", "UPDATE", "DELETE")) and not is_apart:
            written.append(statement)

    answers = [browser.get(place) for browser in browsers for place in sorted(places)]

    assert not written
    assert not [answer.request.path for answer in answers if answer.status_code >= 500]
    assert sum(answer.status_code == 200 for answer in answers) > len(places)


NUMBERS = (
    "organisation_id",
    "person_id",
    "request_id",
    "invitation_id",
    "merge_id",
    "issue_id",
    "proof_id",
    "import_id",
    "pair_id",
    "introduction_id",
    "deal_id",
    "pack_id",
    "contract_id",
    "certificate_id",
    "file_id",
    "story_id",
    "milestone_id",
    "receipt_id",
    "distribution_id",
    "share_id",
    "publicity_id",
    "objection_id",
    "case_id",
    "attribution_id",
    "dispute_id",
    "attachment_id",
    "consent_id",
    "estimate_id",
    "status_id",
    "product_id",
    "version_id",
    "evidence_id",
    "loan_id",
    "interest_id",
    "demand_id",
    "complaint_id",
    "envelope_id",
    "claim_id",
    "paper_id",
    "cohort_id",
    "member_id",
    "year",
)


def _values(rule: Rule, kind: str, given: dict[str, int]) -> dict[str, Any] | None:
    """Values for the arguments of an address; None where the address is of the other kind."""
    if "kind" in (rule.defaults or {}) and rule.defaults["kind"] != kind:
        return None
    known = {"kind": kind, "code": "bearing", **given}
    # Things that are not there: what is shown for them is read all the same.
    known |= {
        "number": 1,
        "size": 1,
        "format": "pdf",
        "token": "nothing",
        "uscc": "913715020000000000",
        "word_list": "synonyms",
        "key": "publicity.days",
        "clause_code": "P-19b",
        "teaser": "nothing",
    }
    known |= dict.fromkeys(NUMBERS, 1)
    return {name: known[name] for name in rule.arguments}


# -- what the database refuses ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            "insert into chain (code, name, position, official, active, revision)"
            " select code, 'x', 1, official, active, 1 from chain",
            "pk_chain",
        ),
        ("update chain set name = (select min(name) from chain)", "uq_chain_name"),
        ("update chain set revision = 0", "ck_chain_revision"),
    ],
)
def test_a_violated_constraint_is_known_by_its_name(
    site: Flask, stock: Factory, statement: str, expected: str
) -> None:
    with pytest.raises(IntegrityError) as refused:
        db.session.execute(db.text(statement))

    assert persistence.violated_constraint(refused.value) == expected


def test_a_commit_says_what_was_refused_in_our_words(
    site: Flask, stock: Factory
) -> None:
    taken = Invalid("已有。")
    name = db.session.scalar(db.select(db.func.min(Chain.name)))
    db.session.add(Chain(code="second", name=name))

    with pytest.raises(Invalid) as refused:
        persistence.commit(duplicates={"uq_chain_name": taken})
    assert refused.value is taken
    db.session.add(Chain(code="second", name=name))
    with pytest.raises(IntegrityError):
        persistence.commit(duplicates={"uq_chain_code": taken})
    assert db.session.get(Chain, "second") is None


@pytest.mark.parametrize(
    ("total", "number", "pages", "page", "offset"),
    [
        (0, 1, 1, 1, 0),
        (1, 1, 1, 1, 0),
        (20, 2, 1, 1, 0),
        (21, 2, 2, 2, 20),
        (21, 99, 2, 2, 20),
        (41, 0, 3, 1, 0),
        (41, -5, 3, 1, 0),
    ],
)
def test_the_arithmetic_of_pages(
    total: int, number: int, pages: int, page: int, offset: int
) -> None:
    paging = persistence.Page(total, 20)

    assert (paging.pages, paging.clamp(number)) == (pages, page)
    assert paging.offset(number) == offset


@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, []), (1, [[0]]), (3, [[0, 1, 2]]), (4, [[0, 1, 2], [3]])],
)
def test_chunks_are_in_order_and_none_is_empty(
    count: int, expected: list[list[int]]
) -> None:
    assert list(persistence.chunked(iter(range(count)), 3)) == expected


def test_of_two_who_save_one_year_of_workdays_one_looks_again(
    site: Flask, stock: Factory
) -> None:
    year = {"status": "announced", "source": "国办发明电〔2026〕1号", "working": ""}
    first = workday_deeds.save_year(
        2027, **year, off="2027-01-01 至 2027-01-03 元旦", by=None, seen=None
    )
    seen = first.revision
    db.session.remove()
    together = threading.Barrier(2)

    def work(day: int) -> str:
        off = f"2027-01-0{day} 元旦"
        with site.app_context():
            db.session.get(HolidayYear, 2027)
            together.wait(30)
            try:
                workday_deeds.save_year(2027, **year, off=off, by=None, seen=seen)
            except Stale:
                return "Stale"
            return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(work, (1, 2))) == ["Stale", "done"]
    assert db.session.get_one(HolidayYear, 2027).revision == seen + 1


def test_one_file_that_is_sent_twice_at_once_is_one_import(
    site: Flask, stock: Factory
) -> None:
    university = stock.organisation(kind="university")
    desk = stock.person("desk", university)
    browsers = [browser_of(site, desk) for _ in range(3)]
    content = xlsx([HEADER, good(1)])
    organisation = str(university.id)
    db.session.remove()
    together = threading.Barrier(len(browsers))

    def work(browser: FlaskClient) -> str:
        together.wait(30)
        return send_file(browser, content, organisation=organisation).location

    with ThreadPoolExecutor(len(browsers)) as pool:
        assert len(set(pool.map(work, browsers))) == 1
    assert db.session.scalar(db.select(db.func.count()).select_from(ListImport)) == 1
