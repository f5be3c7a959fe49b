"""Texts that change after people agreed to them: who is prompted, when, and what is noted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marketplace.accounts import agreements, person_deeds
from marketplace.accounts.child_models import Consent
from marketplace.accounts.models import Person
from marketplace.errors import Stale
from tests.factories import Factory

PASSWORD = "a-long-enough-password"
PAGE = "/account/agreements"


@pytest.fixture
def rewrite(app: Flask) -> Iterator[Callable[[str], None]]:
    """Writes the 隐私政策 of the site; it is the draft again afterwards."""
    file = Path(app.config["DATA_DIR"]) / "texts" / "隐私政策.txt"

    def write(text: str) -> None:
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")

    yield write
    file.unlink(missing_ok=True)
    file.parent.rmdir()


@pytest.fixture
def reader(make: Factory, rewrite: Any) -> Person:
    """Somebody who agreed to a policy of two paragraphs, which then got another second one."""
    rewrite("# 一、我们是谁\n\n示例中心。\n\n保存一年。")
    person = make.person("firm", make.organisation())
    agreements.note_consents(person)
    make.session.commit()
    rewrite("# 一、我们是谁\n\n示例中心。\n\n保存三年，并转给合作单位。")
    return person


def enter(browser: FlaskClient, person: Person) -> Any:
    return browser.post("/login", data={"email": person.email, "password": PASSWORD})


def seen_in(page: str) -> str:
    return re.search(r'name="seen"[^>]*value="([^"]*)"', page).group(1)  # type: ignore[union-attr]


def kinds_of(session: Session, person: Person) -> list[str]:
    rows = session.query(Consent).filter_by(person_id=person.id)
    return [row.kind for row in rows.order_by(Consent.id)]


def test_who_agreed_to_an_earlier_text_reads_what_changed_and_agrees(
    client: FlaskClient, session: Session, reader: Person
) -> None:
    enter(client, reader)
    led = client.get("/mine?kind=demand")
    page = client.get(led.location).text
    data = {"seen": seen_in(page)}
    refused = client.post(led.location, data=data)
    agreed = client.post(led.location, data=data | {"agreed": "y"})

    assert led.status_code == 302
    assert led.location.startswith(PAGE)
    assert "<ins>保存三年，并转给合作单位。</ins>" in page
    assert "<del>保存一年。</del>" in page
    # What is the same is not repeated, and the other text has not changed.
    assert "示例中心。" not in page
    assert "《用户协议》</h2>" not in page
    assert refused.status_code == 422
    assert "同意的请先勾选" in refused.text
    assert (agreed.status_code, agreed.location) == (303, "/mine?kind=demand")
    assert kinds_of(session, reader) == ["terms", "privacy", "privacy"]
    mine = client.get("/mine")
    assert mine.status_code == 200
    assert "用户协议、隐私政策改了" not in mine.text
    # Once is enough, for the next session too.
    client.post("/logout")
    enter(client, reader)
    assert client.get("/mine").status_code == 200


def test_who_decides_later_is_kept_from_nothing_and_reminded(
    client: FlaskClient, session: Session, reader: Person
) -> None:
    enter(client, reader)
    later = client.post(f"{PAGE}?next=/mine", data={"later": "1"})
    mine = client.get("/mine")

    assert later.location == "/mine"
    assert mine.status_code == 200
    assert "用户协议、隐私政策改了" in mine.text
    assert kinds_of(session, reader) == ["terms", "privacy"]
    client.post("/logout")
    enter(client, reader)
    assert client.get("/mine").location.startswith(PAGE)


def test_nobody_is_kept_from_leaving(client: FlaskClient, reader: Person) -> None:
    enter(client, reader)

    for path in ("/account/data", "/account/data.json", "/account/close", "/privacy"):
        assert client.get(path).status_code == 200, path


def test_a_text_that_changes_while_it_is_read_is_read_again(
    client: FlaskClient, session: Session, reader: Person, rewrite: Any
) -> None:
    enter(client, reader)
    seen = seen_in(client.get(PAGE).text)
    rewrite("# 一、我们是谁\n\n另一家中心。")
    answer = client.post(PAGE, data={"seen": seen, "agreed": "y"})

    assert answer.status_code == 409
    assert "文本刚刚又改了" in answer.text
    assert kinds_of(session, reader) == ["terms", "privacy"]
    with pytest.raises(Stale):
        person_deeds.agree_to_texts(reader, seen=seen.split())


def test_agreeing_twice_is_agreeing_once(
    client: FlaskClient, session: Session, reader: Person
) -> None:
    enter(client, reader)
    data = {"seen": seen_in(client.get(PAGE).text), "agreed": "y"}
    answers = [client.post(PAGE, data=data).status_code for _ in range(2)]

    assert answers == [303, 303]
    assert kinds_of(session, reader) == ["terms", "privacy", "privacy"]
    assert "没有要重新同意的" in client.get(PAGE).text


@pytest.mark.parametrize(("environment", "asks"), [("live", True), ("test", False)])
def test_who_was_added_by_a_command_agrees_on_a_live_site(
    app: Flask,
    make: Factory,
    client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    rewrite: Callable[[str], None],
    environment: str,
    asks: bool,
) -> None:
    # 用户协议 is still a draft: nobody agrees to what is not filled in.
    rewrite("# 一、我们是谁\n\n示例中心。")
    person = make.person("firm", make.organisation())
    monkeypatch.setitem(app.config, "ENVIRONMENT", environment)
    enter(client, person)
    answer = client.get("/mine")

    assert (answer.status_code == 302) is asks
    if asks:
        page = client.get(answer.location).text
        assert "还没有同意过" in page
        assert "《隐私政策》</h2>" in page
        assert "《用户协议》</h2>" not in page
