"""Ticks across the pages of a list: carried in the address, shown with their titles, decided together."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient

from marketplace.listings import ticks
from tests.factories import Factory

SignIn = Callable[..., FlaskClient]


def test_ticks_are_packed_and_unpacked() -> None:
    values = ["demand-12-3", "achievement-5-1", "demand-12-3", "x-1-1", "demand-1"]
    packed = ticks.pack_ticks(values)
    assert packed == "d12-3.a5-1"
    assert ticks.unpack_ticks(packed) == ["demand-12-3", "achievement-5-1"]
    assert ticks.unpack_ticks("d1-1.<b>.d9999999999-1.") == ["demand-1-1"]
    many = [f"achievement-{number}-10" for number in range(1_000_000, 1_000_300)]
    packed = ticks.pack_ticks(many)
    assert len(ticks.unpack_ticks(packed)) == ticks.MAX_TICKS
    # gunicorn takes 4,094 characters of a request line.
    assert len(packed) < 3800


def test_an_own_list_is_ticked_over_two_pages(make: Factory, sign_in: SignIn) -> None:
    owner = make.organisation()
    rows = [make.demand(state="draft", owner=owner) for _ in range(52)]
    browser = sign_in(make.person("firm", owner))
    first = browser.get("/mine?state=draft").text
    assert "保留勾选，看下一页" in first
    values = re.findall(r'name="row" value="([\w-]+)"', first)
    sent = {"row": values[:2], "place": "mine", "turn": "2", "at_state": "draft"}
    turned = browser.post("/mine/ticks", data=sent)
    assert turned.status_code == 303
    second = browser.get(turned.headers["Location"]).text
    assert "其他页勾选的 2 条" in second
    assert "保留勾选，看上一页" in second
    boxes = _boxes(second)
    assert [value for value, checked in boxes.items() if checked] == values[:2]
    here = [value for value, checked in boxes.items() if not checked]
    assert len(here) == 2
    # Back again the boxes of the first page are ticked, and the third one waits on the second.
    sent = {"row": [*values[:2], here[0]], "place": "mine", "turn": "1"}
    back = browser.post("/mine/ticks", data={**sent, "at_state": "draft"})
    boxes = _boxes(browser.get(back.headers["Location"]).text)
    assert {value for value, checked in boxes.items() if checked} == set(sent["row"])
    done = {"deed": "withdraw", "row": sent["row"], "confirmed": "1"}
    browser.post("/mine/several", data=done)
    assert sum(row.state == "withdrawn" for row in rows) == 3


def test_titles_of_others_are_not_told(make: Factory, sign_in: SignIn) -> None:
    theirs = make.demand(
        "别人不公开的难题", visibility="confidential", state="published"
    )
    owner = make.organisation()
    make.demand(owner=owner)
    packed = ticks.pack_ticks([f"demand-{theirs.id}-1", "achievement-999999-1"])
    page = sign_in(make.person("firm", owner)).get(f"/mine?ticked={packed}").text
    assert theirs.title not in page
    assert "其他页勾选" not in page


def test_the_queue_is_ticked_over_two_pages(make: Factory, sign_in: SignIn) -> None:
    owner = make.organisation()
    for _ in range(51):
        make.demand(state="submitted", owner=owner)
    browser = sign_in(make.person("operator"))
    first = browser.get("/office/review").text
    value = re.findall(r'name="row" value="([\w-]+)"', first)[0]
    sent: dict[str, Any] = {"row": value, "place": "office", "turn": "2"}
    turned = browser.post("/mine/ticks", data={**sent, "at_tray": "waiting"})
    second = browser.get(turned.headers["Location"]).text
    boxes = _boxes(second)
    assert (boxes.pop(value), list(boxes.values())) == (True, [False])
    both = [value, *boxes]
    batch = browser.post(
        "/office/review/batch", data={"decision": "return", "row": both}
    )
    assert batch.status_code == 200
    assert all(f'value="{one}"' in batch.text for one in both)


def _boxes(page: str) -> dict[str, bool]:
    """Value of each box of a list → whether it is ticked."""
    found = {}
    for tag in re.findall(r"<input[^>]*type=\"checkbox\"[^>]*>", page):
        value = re.search(r'name="row" value="([\w-]+)"', tag)
        if value:
            found[value[1]] = " checked" in tag
    return found
