"""What a password must be: length, classes, what is guessed, what is known of its owner, history, its age."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marketplace.accounts.child_models import PastPassword
from marketplace.accounts.passwords import MAX_LENGTH, REASONS
from marketplace.clock import now
from marketplace.setup.demonstration import DEMO_PASSWORD, DEMO_PEOPLE
from tests.factories import Factory

SignIn = Callable[..., FlaskClient]
PASSWORD = "a-long-enough-password"
OWN = {
    "email": "wangxiaoming@luxi-bearing.example",
    "name": "王小明",
    "mobile": "+8613800138000",
}


def judge(password: str, **known: Any) -> str:
    """What is wrong with a password, as a form says it."""
    util = current_app.extensions["security"].password_util
    problems, _ = util.validate(password, "user" not in known, **known)
    return " ".join(problems or ())


@pytest.mark.parametrize(
    ("password", "words"),
    [
        # length
        ("", "至少 10 个字符，现在有 0 个"),
        ("Ab1+", "现在有 4 个"),
        ("Yunhe+68x", "现在有 9 个"),
        ("Yunhe+68xk", ""),
        ("Yunhe+68xk" * 12 + "q7", ""),
        ("Ab1+" * 33, "最多 128 个字符"),
        # classes
        ("1234567890", "现在只有 1 类"),
        ("aaaaaaaaaa", "现在只有 1 类"),
        ("          ", "空格"),
        (" Yunhe+68xk", "空格"),
        ("zhongguoyunhe", "现在只有 1 类"),
        ("Zhongguoyunhe", "现在只有 2 类"),
        ("聊城聊城聊城聊城聊城", "现在只有 1 类"),
        ("zhong+guo+yunhe", "现在只有 2 类"),
        ("ZHONG7guoyunhe", ""),
        ("zhong7guo+yunhe", ""),
        ("古运河畔的Gulou7", ""),
        # what is guessed
        ("Password123!", "很快能被猜出来"),
        ("P@ssw0rd2026", "很快能被猜出来"),
        ("Qwerty12345!", "很快能被猜出来"),
        ("Abcd1234567!", "很快能被猜出来"),
        ("Aa1!Aa1!Aa1!", "很快能被猜出来"),
        ("1q2w3e4r5T", "很快能被猜出来"),
        ("Liaocheng2026", "很快能被猜出来"),
        ("Woaini1314!", "很快能被猜出来"),
        # its owner
        ("Wangxiaoming+77", "不能有自己的邮箱"),
        ("xWANGXIAOMING-9k", "不能有自己的邮箱"),
        ("Luxi-bearing+4711", "不能有自己的邮箱"),
        ("王小明Zq7+Hgkrt", "不能有自己的姓名"),
        ("Zq+13800138000x", "不能有自己的手机号"),
        ("Zq+rT00138000x", "不能有自己的手机号"),
    ],
)
def test_a_password_is_judged(password: str, words: str, session: Session) -> None:
    judged = judge(password, **OWN)

    assert words in judged
    assert bool(words) == bool(judged)


def test_no_reason_is_english(session: Session) -> None:
    for password in (
        "Zxcvbnm123!",
        "Asdfghjkl1!",
        "Abcabcabc1!",
        "Summer2024!",
        "Monkey123456!",
        "John-Smith1",
    ):
        judged = judge(password, **OWN)
        assert judged == "" or not any(
            word in judged for word in ("easy", "common", "This", "are ")
        )
    assert all(not reason.isascii() for reason in REASONS.values())


def test_the_longest_are_no_error(session: Session) -> None:
    # zxcvbn itself takes 72 characters only.
    assert "很快能被猜出来" in judge("Ab1+" * 32, **OWN)
    assert (
        judge(
            "Ab1+" + "".join(chr(97 + n * 7 % 26) for n in range(MAX_LENGTH - 4)),
            **OWN,
        )
        == ""
    )


def test_the_password_of_the_demonstration_follows_the_rules(session: Session) -> None:
    for name, person in DEMO_PEOPLE.items():
        assert (
            judge(DEMO_PASSWORD, email=f"{name}@demo.example", name=person.name) == ""
        )


def change(browser: FlaskClient, before: str, after: str) -> Any:
    return browser.post(
        "/change",
        data={"password": before, "new_password": after, "new_password_confirm": after},
    )


def test_none_of_the_last_five_comes_back(
    make: Factory, sign_in: SignIn, session: Session
) -> None:
    person = make.person("firm", make.organisation())
    browser = sign_in(person)
    used = [PASSWORD, *(f"Gulou+{number}xkQwz" for number in "13579")]
    for before, after in zip(used, used[1:], strict=False):
        assert change(browser, before, after).status_code == 302, after

    again = [change(browser, used[-1], earlier) for earlier in used[2:5]]
    present = change(browser, used[-1], used[-1])
    sixth = change(browser, used[-1], used[1])
    # The first one has no three classes, but nothing else is wrong with the one after it: five others were used since.

    assert [answer.status_code for answer in again] == [200, 200, 200]
    assert all("最近 5 个密码" in answer.text for answer in again)
    assert "不能与现在的密码相同" in present.text
    assert sixth.status_code == 200
    assert change(browser, used[-1], "Gulou+0xkQwz").status_code == 302
    assert change(browser, "Gulou+0xkQwz", used[1]).status_code == 302
    assert session.query(PastPassword).filter_by(person_id=person.id).count() == 4


@pytest.mark.parametrize(
    ("role", "days", "set_before", "led"),
    [
        ("operator", 90, 91, True),
        ("operator", 90, 90, True),
        ("operator", 90, 89, False),
        ("operator", 0, 999, False),
        ("operator", 30, 31, True),
        ("auditor", 90, 91, True),
        ("desk", 90, 999, False),
        ("firm", 90, 999, False),
    ],
)
def test_who_runs_the_site_changes_it_in_time(
    role: str,
    days: int,
    set_before: int,
    led: bool,
    app: Flask,
    make: Factory,
    sign_in: SignIn,
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(app.config, "PASSWORD_DAYS", days)
    person = make.person(role, make.organisation())
    person.password_set_at = now() - timedelta(days=set_before)
    session.commit()
    browser = sign_in(person)

    answer = browser.get("/mine")

    if not led:
        assert answer.status_code == 200
        return
    assert answer.location.startswith("/change")
    assert "换一次密码" in browser.get("/change").text
    assert browser.get("/search").status_code == 200
    assert change(browser, PASSWORD, "Gulou+7xkQwz").status_code == 302
    assert browser.get("/mine").status_code == 200
