"""Whose telephone stands where: reader × surface, for the contact desk of a listing that everybody may find.

Only the page of a listing and the export show it whole, and only to readers of a verified organisation, who look after
the listing, or operators. A surface or a reader that is added needs its row here.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from werkzeug.datastructures import MultiDict

from marketplace.accounts import contact_consents, person_deeds
from marketplace.accounts.models import Person
from marketplace.alerts import deeds as alert_deeds
from marketplace.catalogue.facets import facet_names
from marketplace.catalogue.search_state import SearchState
from marketplace.clock import now, today
from marketplace.extensions import db
from marketplace.issues import deeds as issue_deeds
from marketplace.issues.choosing import choose_lines
from marketplace.issues.content import read_content
from marketplace.issues.workbooks import render_workbook
from marketplace.listings import deeds as listing_deeds
from marketplace.notices.models import Notice
from marketplace.organisations import deeds as organisation_deeds
from tests.factories import Factory

SignIn = Callable[..., FlaskClient]
Pages = dict[str, str]

WORD = "磁流变"
DESK = ("孟启帆", "13800001234", "meng.qf@demo.example")
CONTACT = dict(
    zip(("contact_name", "contact_phone", "contact_email"), DESK, strict=True)
)
# Who reads the contact desk whole, on the page and in the export; all others read it masked.
WHOLE = {
    "firm",
    "colleague",
    "desk",
    "writer",
    "other desk",
    "broker",
    "assigned",
    "operator",
}
MASKED = {"guest", "nobody", "unverified", "auditor", "auditor of the owner", "suspended",
          "of a suspended firm", "broker alone", "assigned alone"}  # fmt: skip
# Who looks at the surfaces that show nobody anything: the others read the very same there, and a page takes its time.
EVERYWHERE = {
    "guest",
    "nobody",
    "firm",
    "writer",
    "desk",
    "assigned",
    "operator",
    "auditor of the owner",
}
SHOWING = {"achievement", "demand", "export of achievements", "export of demands"}


class Stage:
    """An achievement and a demand that fit, their people, and one reader of each kind."""

    def __init__(self, make: Factory) -> None:
        self.owner = make.organisation("聊城接点研究所（示例）", kind="institute")
        other = make.organisation("临清接点轴承厂（示例）")
        stopped = make.organisation("东阿接点机械厂（示例）")
        self.people: dict[str, Person] = {
            "nobody": make.person("firm"),
            "unverified": make.person("firm", make.organisation(verified=False)),
            "firm": make.person("firm", make.organisation()),
            "colleague": make.person("researcher", self.owner),
            "writer": make.person("researcher", self.owner),
            "desk": make.person("desk", self.owner),
            "other desk": make.person("desk", make.organisation(kind="university")),
            "broker": make.broker(make.organisation()),
            "broker alone": make.broker(),
            "assigned": make.broker(make.organisation()),
            "assigned alone": make.broker(),
            "operator": make.person("operator"),
            "auditor": make.person("auditor"),
            "auditor of the owner": make.person("auditor", self.owner),
            "suspended": make.person("firm", make.organisation()),
            "of a suspended firm": make.person("firm", stopped),
        }
        text = f"{WORD}减振器用于深沟球轴承的振动控制，{WORD}液配方稳定。"
        self.work = make.achievement(
            f"{WORD}减振器", owner=self.owner, summary=text * 2, **CONTACT
        )
        self.need = make.demand(
            f"{WORD}减振器振动难题", owner=other, problem=text * 2, **CONTACT
        )
        writer = self.people["writer"]
        person_deeds.set_consent(writer, contact_consents.PUBLISH, given=True)
        self.work.owner_id = writer.id
        for row in (self.work, self.need):
            for name in ("assigned", "assigned alone"):
                listing_deeds.assign_broker(
                    row, self.people[name], by=self.people["operator"]
                )
        self.people["suspended"].active = False
        organisation_deeds.suspend_organisation(
            stopped, note="正在核查这个单位。", by=None
        )
        db.session.commit()


def sheet_text(content: bytes) -> str:
    cells = []
    for sheet in load_workbook(io.BytesIO(content)).worksheets:
        for row in sheet.iter_rows(values_only=True):
            cells.extend(map(str, row))
    return "\n".join(cells)


def pages_of(stage: Stage, browser: FlaskClient, *, all_of_them: bool) -> Pages:
    """Surface → what it says to the reader of a browser; of those that show it, or all of them."""
    work, need = stage.work.id, stage.need.id
    paths = {
        "home": "/",
        "achievement": f"/achievements/{work}",
        "demand": f"/demands/{need}",
        "list": f"/search?q={WORD}",
        "list by name": f"/search?q={DESK[0]}",
        "suggestions": f"/suggest?q={DESK[0][:1]}",
        "matches of an achievement": f"/achievements/{work}/matches",
        "matches of a demand": f"/demands/{need}/matches",
        "evidence of an achievement": f"/achievements/{work}/matches/{need}",
        "evidence of a demand": f"/demands/{need}/matches/{work}",
        "own": "/mine",
        "notices": "/mine/notices",
        "copy": "/account/data.json",
        "organisation": f"/organisations/{stage.owner.id}",
    }
    pages = {}
    for name, path in paths.items():
        if name not in SHOWING and not all_of_them:
            continue
        answer = browser.get(path)
        pages[name] = answer.text
        if answer.is_json:
            pages[name] = json.dumps(answer.json, ensure_ascii=False)
        # Of a query that is repeated to the reader nothing is learnt.
        if name == "list by name":
            assert WORD not in answer.text
            pages[name] = answer.text.replace(DESK[0], "")
    for kind in ("achievement", "demand"):
        answer = browser.get(f"/search.xlsx?kind={kind}&q={WORD}")
        pages[f"export of {kind}s"] = sheet_text(answer.data)
    if not all_of_them:
        return pages
    tried = {"kind": "demand", "text": f"{WORD}减振器振动大，轴承振动难以控制"}
    pages["trial"] = browser.post("/trial", data=tried).text
    return pages


def whole_in(text: str) -> set[str]:
    """Which of the three values stand in a text, however a telephone is grouped."""
    bare = re.sub(r"(?<=\d)[\s-]+(?=\d)", "", text)
    return {value for value in DESK if value in bare or value in text}


@pytest.mark.long
def test_each_reader_sees_contacts_where_they_may(
    make: Factory, sign_in: SignIn, client: FlaskClient
) -> None:
    stage = Stage(make)
    browsers = {"guest": client}
    for name, person in stage.people.items():
        browsers[name] = sign_in(person)
    assert set(browsers) == WHOLE | MASKED
    wrong = []
    for reader, browser in browsers.items():
        pages = pages_of(stage, browser, all_of_them=reader in EVERYWHERE)
        for surface, text in pages.items():
            shown = whole_in(text)
            expected: set[str] = set()
            if surface in SHOWING and reader in WHOLE:
                expected = set(DESK)
            # The copy of one's data holds what one has typed oneself.
            if surface == "copy" and reader == "writer":
                expected = set(DESK)
            if shown != expected:
                wrong.append((reader, surface, sorted(shown)))
            # A surface that answers nothing shows nothing wrong either.
            if surface in SHOWING and WORD not in text:
                wrong.append((reader, surface, "not there"))
    assert wrong == [], wrong


def test_a_consent_that_is_withdrawn_masks_them_for_strangers(
    make: Factory, sign_in: SignIn
) -> None:
    stage = Stage(make)
    person_deeds.set_consent(
        stage.people["writer"], contact_consents.PUBLISH, given=False
    )
    own = {"desk", "writer", "operator"}
    for reader in sorted(WHOLE):
        browser = sign_in(stage.people[reader])
        page = browser.get(f"/achievements/{stage.work.id}").text
        export = browser.get(f"/search.xlsx?kind=achievement&q={WORD}").data
        expected = set(DESK) if reader in own else set()
        assert (whole_in(page), whole_in(sheet_text(export))) == (expected, expected), (
            reader
        )


def test_no_notice_and_no_published_list_holds_them(app: Flask, make: Factory) -> None:
    stage = Stage(make)
    with app.test_request_context():
        state = SearchState.from_address(MultiDict([("q", WORD)]), facet_names())
        for name in ("firm", "operator", "desk", "assigned"):
            saved = alert_deeds.save_search(state, by=stage.people[name])
            saved.created_at = now() - timedelta(hours=1)
    db.session.commit()
    assert alert_deeds.alert_to_findings() == 4
    operator = stage.people["operator"]
    for kind in ("achievement", "demand"):
        days: dict[str, Any] = {"since": today() - timedelta(days=30), "until": today()}
        proof = issue_deeds.begin_proof(kind, None, days, by=operator)
        lines = choose_lines(proof).fingerprint
        issue = issue_deeds.publish_proof(
            proof, seen=proof.revision, fingerprint=lines, by=operator
        )
        content = (
            issue.content
            if isinstance(issue.content, bytes)
            else issue.content.encode()
        )
        sheet = sheet_text(render_workbook(read_content(content)))
        for text in (content.decode(), sheet):
            assert WORD in text
            assert whole_in(text) == set()
    notices = list(db.session.scalars(db.select(Notice)))
    assert any(WORD in notice.happened for notice in notices)
    for notice in notices:
        everything = " ".join(map(str, (notice.subject, notice.happened, notice.to_do)))
        assert whole_in(everything) == set(), notice.kind
