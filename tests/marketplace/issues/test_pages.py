"""Pages of lists: what everybody sees and downloads, checking, and the proof that is worked on in the browser."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.http import parse_options_header

from marketplace.audit.models import Entry
from marketplace.extensions import db
from marketplace.issues import deeds, upkeep
from marketplace.issues.choosing import choose_lines
from marketplace.issues.content import grouped
from marketplace.issues.models import Issue, IssueProof
from tests.factories import Factory
from tests.marketplace.issues.conftest import Desk

SignIn = Callable[..., FlaskClient]


def text_of(answer: Any) -> str:
    return unescape(answer.get_data(as_text=True))


def latest(table: Any) -> Any:
    return db.session.scalars(sa.select(table).order_by(table.id.desc())).first()


@pytest.fixture
def browser(desk: Desk, sign_in: SignIn) -> FlaskClient:
    return sign_in(desk.operator)


def test_from_nothing_to_an_issue_in_the_browser(
    desk: Desk, browser: FlaskClient
) -> None:
    assert browser.get("/mine/lists/new?kind=demand").status_code == 200
    answer = browser.post(
        "/mine/lists/new",
        data={
            "kind": "demand",
            "holder": "city",
            "since": "2020-01-01",
            "until": desk.proof().until.isoformat(),
        },
    )
    assert answer.status_code == 303
    proof = latest(IssueProof)
    page = text_of(browser.get(answer.location))
    assert desk.open.title in page
    assert desk.secret.title not in page

    order = [desk.partial.id, desk.unnamed.id, desk.open.id]
    answer = browser.post(
        f"/mine/lists/{proof.id}/arrange",
        data={
            "seen": str(proof.revision),
            "row": [desk.open.id, desk.unnamed.id, desk.partial.id],
            "place": ["3", "2", "1"],
        },
    )
    assert answer.status_code == 303
    assert [line.listing_id for line in choose_lines(proof).lines] == order
    page = text_of(browser.get(f"/mine/lists/{proof.id}"))
    hidden = dict(re.findall(r'name="(seen|fingerprint)" value="([^"]+)"', page))
    answer = browser.post(f"/mine/lists/{proof.id}/publish", data=hidden)
    assert answer.status_code == 303
    issue = latest(Issue)
    assert issue.by_id == desk.operator.id
    entry = db.session.scalars(sa.select(Entry).where(Entry.kind == "issue")).one()
    assert (entry.deed, entry.actor) == ("issue.publish", desk.operator.id)
    # A second press, or the back button.
    again = browser.post(f"/mine/lists/{proof.id}/publish", data=hidden)
    assert again.status_code == 409
    assert db.session.scalar(sa.select(sa.func.count(Issue.id))) == 1
    # The back button leads to the proof, and on to what became of it.
    page = text_of(browser.get(f"/mine/lists/{proof.id}"))
    assert f'href="/lists/{issue.id}"' in page
    assert "没有条目" not in page


def test_everybody_reads_an_issue_and_takes_its_files(
    desk: Desk, client: FlaskClient
) -> None:
    issue = desk.publish()
    before = text_of(client.get(f"/lists/{issue.id}"))
    assert "正在生成" in before
    assert client.get(f"/lists/{issue.id}/pdf").status_code == 404
    upkeep.render_missing()
    db.session.expire_all()

    page = text_of(client.get(f"/lists/{issue.id}"))
    assert grouped(issue.content_hash) in page
    for one in issue.files:
        assert grouped(one.file_hash) in page
        answer = client.get(f"/lists/{issue.id}/{one.format}")
        assert answer.data == one.content
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        disposition = answer.headers["Content-Disposition"]
        # gunicorn answers 500 to any other header.
        assert disposition.isascii()
        assert parse_options_header(disposition) == (
            "attachment",
            {"filename": f"{issue.title}.{one.format}"},
        )
        tag = {"If-None-Match": answer.headers["ETag"]}
        assert (
            client.get(f"/lists/{issue.id}/{one.format}", headers=tag).status_code
            == 304
        )
    answer = client.get(f"/lists/{issue.id}/json")
    assert answer.data == issue.content
    assert json.loads(answer.data)["number"] == 1


def test_a_withdrawn_line_stays_with_a_mark(desk: Desk, client: FlaskClient) -> None:
    issue = desk.publish()
    desk.open.state = "withdrawn"
    db.session.commit()
    page = text_of(client.get(f"/lists/{issue.id}"))
    assert f"<s>{desk.open.title}</s>" in page
    assert "已撤回" in page


def test_the_archive_is_narrowed_by_its_address(
    desk: Desk, client: FlaskClient
) -> None:
    desk.publish()
    own = desk.proof("achievement", organisation=desk.university, by=desk.desk)
    desk.publish(own, by=desk.desk)
    year = own.until.year

    city, house = "需求清单 第 1 期", f"{desk.university.name}成果清单 第 1 期"
    for address, first, second in (
        ("", True, True),
        ("?kind=demand", True, False),
        ("?holder=city", True, False),
        (f"?holder={desk.university.id}", False, True),
        (f"?year={year}", True, True),
        (f"?year={year - 3}", False, False),
        # What no address of ours says narrows nothing.
        ("?kind=x&year=12&holder=x", True, True),
        ("?holder=99999999999&page=-4", True, True),
        ("?kind=demand&page=7", True, False),
    ):
        answer = client.get(f"/lists{address}")
        page = text_of(answer)
        assert answer.status_code == 200, address
        assert (city in page) is first, address
        assert (house in page) is second, address


@pytest.mark.parametrize(
    "address",
    ["/lists/0", "/lists/999", "/lists/99999999999", "/lists/1/exe", "/lists/x"],
)
def test_there_is_no_such_issue(address: str, desk: Desk, client: FlaskClient) -> None:
    desk.publish()
    assert client.get(address).status_code == 404


def test_everybody_checks_a_file(desk: Desk, client: FlaskClient) -> None:
    issue = desk.rendered()
    changed = json.loads(issue.content)
    changed["rows"][0][0] = "<script>alert(1)</script>"
    other = dict(changed, title="别的 第 9 期")

    def sent(content: bytes, name: str = "a.json") -> Any:
        return client.post("/lists/check", data={"file": (io.BytesIO(content), name)})

    for content, status, words in (
        (issue.content, 200, "一致"),
        (json.dumps(changed).encode(), 200, "已被改动"),
        (json.dumps(other).encode(), 200, "没有这样的一期"),
        (b"\0\1\2", 422, "这不是清单"),
        (b"", 422, "空的"),
    ):
        answer = sent(content)
        assert answer.status_code == status, words
        assert words in text_of(answer)
        assert "<script>alert" not in answer.get_data(as_text=True)
    assert client.post("/lists/check", data={}).status_code == 422
    assert client.post("/lists/check", data={"file": "text"}).status_code == 422
    answer = client.post("/lists/check", data={"digest": grouped(issue.content_hash)})
    assert "一致" in text_of(answer)
    assert client.post("/lists/check", data={"digest": "abc"}).status_code == 422
    assert sent(issue.content, "a\u0000b").status_code == 422


@pytest.mark.parametrize("who", ["stranger", "chief"])
def test_the_proof_of_another_holder_is_not_there(
    who: str, desk: Desk, sign_in: SignIn
) -> None:
    proof = desk.proof()
    browser = sign_in(getattr(desk, who))
    for deed in ("choose", "arrange", "publish", "drop"):
        data = {"seen": str(proof.revision)}
        answer = browser.post(f"/mine/lists/{proof.id}/{deed}", data=data)
        assert answer.status_code == 404, deed
    answer = browser.get(f"/mine/lists/{proof.id}")
    assert answer.status_code == 404
    assert "可以从「发布清单」里重新打开" in text_of(answer)
    assert db.session.get(IssueProof, proof.id).is_open


def test_who_publishes_nothing_is_refused(desk: Desk, sign_in: SignIn) -> None:
    browser = sign_in(desk.make.person("researcher", desk.university))
    assert browser.get("/mine/lists").status_code == 403
    assert browser.get("/mine/lists/new").status_code == 403


def test_nobody_begins_a_list_of_somebody_else(desk: Desk, sign_in: SignIn) -> None:
    browser = sign_in(desk.chief)
    day = desk.proof().until.isoformat()
    before = db.session.scalar(sa.select(sa.func.count(IssueProof.id)))
    for holder in ("city", str(desk.university.id), "", "x", "-1"):
        data = {"kind": "demand", "holder": holder, "since": day, "until": day}
        answer = browser.post("/mine/lists/new", data=data)
        assert answer.status_code == 422, holder
    assert db.session.scalar(sa.select(sa.func.count(IssueProof.id))) == before


def test_places_that_somebody_types(desk: Desk, browser: FlaskClient) -> None:
    one, two, three = desk.open.id, desk.unnamed.id, desk.partial.id
    for places, expected in (
        (["1", "2", "3"], [one, two, three]),
        (["1", "2", "1"], [three, one, two]),
        (["3", "2", "3"], [two, three, one]),
        (["", "x", "1"], [three, one, two]),
        (["99999", "2", "3"], [two, three, one]),
        (["-1", "2", "１"], [one, two, three]),
        (["2"], [two, one, three]),
        (["0", "0", "0"], [one, two, three]),
    ):
        proof = desk.proof()
        data = {"seen": str(proof.revision), "row": [one, two, three], "place": places}
        assert (
            browser.post(f"/mine/lists/{proof.id}/arrange", data=data).status_code
            == 303
        )
        found = [line.listing_id for line in choose_lines(proof).lines]
        assert found == expected, places


def test_fields_that_no_page_of_ours_sends(desk: Desk, browser: FlaskClient) -> None:
    proof = desk.proof()
    address = f"/mine/lists/{proof.id}"
    for deed, data, status in (
        ("arrange", {"seen": "x"}, 409),
        (
            "arrange",
            {"seen": "{seen}", "row": ["x", "9" * 30], "out": ["y", "-1"]},
            303,
        ),
        ("publish", {"seen": "9"}, 409),
        ("publish", {}, 409),
        ("choose", {"seen": "{seen}", "since": "2026-13-01", "until": "gestern"}, 422),
        (
            "choose",
            {"seen": "{seen}", "since": "0001-01-01", "until": "9999-12-31"},
            422,
        ),
    ):
        typed = data | {"seen": data.get("seen", "").format(seen=proof.revision)}
        answer = browser.post(f"{address}/{deed}", data=typed)
        assert answer.status_code == status, (deed, data)


def test_where_lists_are_met(
    desk: Desk, browser: FlaskClient, client: FlaskClient, sign_in: SignIn
) -> None:
    issue = desk.publish()
    desk.proof("achievement", organisation=desk.university, by=desk.desk)
    desk.proof()
    home = text_of(client.get("/"))
    assert issue.title in home
    assert 'href="/lists"' in home
    assert issue.title in text_of(client.get(f"/demands/{desk.open.id}"))
    # Its page must not tell more of an unnamed firm than it did.
    assert issue.title not in text_of(client.get(f"/demands/{desk.unnamed.id}"))
    assert "需求清单校样" in text_of(browser.get("/office/review?tray=issues"))
    mine = text_of(sign_in(desk.desk).get("/mine"))
    assert "成果清单校样" in mine
    assert "需求清单校样" not in mine


def test_an_auditor_publishes_nothing(
    desk: Desk, sign_in: SignIn, make: Factory
) -> None:
    browser = sign_in(make.person("auditor", desk.firm))
    assert browser.get("/mine/lists").status_code == 403
    values = {"kind": "demand", "holder": str(desk.firm.id)}
    days = {"since": "2026-01-01", "until": "2026-01-02"}
    assert browser.post("/mine/lists/new", data=values | days).status_code == 403
    assert db.session.scalar(sa.select(sa.func.count(IssueProof.id))) == 0


def test_a_correction_is_shown_and_a_bad_one_is_refused(
    desk: Desk, browser: FlaskClient, client: FlaskClient
) -> None:
    issue = desk.publish()
    bad = browser.post(f"/lists/{issue.id}/correct", data={"text": ""})
    assert bad.status_code == 422
    good = browser.post(
        f"/lists/{issue.id}/correct", data={"text": "第 1 项应为铸铁。"}
    )
    assert good.status_code == 303
    # Pressed twice it stands there once: nobody can take it back.
    again = browser.post(
        f"/lists/{issue.id}/correct", data={"text": "第 1 项应为铸铁。"}
    )
    assert again.status_code == 303
    assert text_of(client.get(f"/lists/{issue.id}")).count("第 1 项应为铸铁。") == 1
    assert (
        client.post(f"/lists/{issue.id}/correct", data={"text": "x"}).status_code == 302
    )


def test_too_many_lines_for_one_issue(
    desk: Desk, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marketplace.issues.choosing.MAX_ROWS", 2)
    proof = desk.proof()
    assert "条目太多" in text_of(browser.get(f"/mine/lists/{proof.id}"))
    choice = choose_lines(proof)
    data = {"seen": str(proof.revision), "fingerprint": choice.fingerprint}
    assert browser.post(f"/mine/lists/{proof.id}/publish", data=data).status_code == 422
    assert deeds.MAX_ROWS == 1_500
