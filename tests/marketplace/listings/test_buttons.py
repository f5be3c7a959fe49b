"""What may be pressed on a listing, state by state and reader by reader, against a table written down by hand.

The table was read off the pages before `next_deeds` took the place of the ladders in three templates.
"""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from marketplace.lifecycle import next_deeds
from marketplace.listings import buttons
from marketplace.listings.models import KIND_NAMES, LISTINGS
from marketplace.permissions import Guest
from tests.readers import SomeReader

ORGANISATION = 7
STATES = LISTINGS["demand"].life.states
READERS = {
    "guest": Guest(),
    "broker": SomeReader(1, role_names=("broker",), organisation_ids=(9,)),
    "member": SomeReader(2, organisation_ids=(ORGANISATION,)),
    "operator": SomeReader(3, role_names=("operator",)),
    "both": SomeReader(4, role_names=("operator",), organisation_ids=(ORGANISATION,)),
}
# State → what a list of one's own says and offers. Of an achievement the words with 关闭 are missing.
IN_LIST = {
    "draft": ["继续填写", "不要了"],
    "at_desk": ["(等本单位审核)", "撤回送审"],
    "submitted": ["撤回送审"],
    "in_review": ["(等审核结果)"],
    "returned": ["修改", "不要了"],
    "rejected": ["(没有通过)", "修改", "复制为新草稿", "归档"],
    "published": ["看匹配", "修改", "关闭", "撤回"],
    "suspended": ["(由平台暂停)", "修改", "撤回"],
    "expired": ["仍然有效，续期一年", "关闭", "归档"],
    "withdrawn": ["(已结束)", "复制为新草稿", "归档"],
    "archived": ["(已结束)", "复制为新草稿"],
    "closed": ["(已结束)", "复制为新草稿", "归档"],
}
# State → what the page offers the owner. 「X」 stands for the kind, 「Y」 for the other one.
TO_OWNER = {
    "draft": ["继续填写", "送审"],
    "at_desk": ["在「我的」里看进度"],
    "submitted": ["在「我的」里看进度"],
    "in_review": ["在「我的」里看进度"],
    "returned": ["按退回意见修改"],
    "rejected": ["按原因修改", "复制为新草稿", "归档X"],
    "published": ["编辑", "关闭X"],
    "suspended": ["按暂停原因修改"],
    "expired": ["仍然有效，续期一年", "关闭X", "归档X"],
    "withdrawn": ["复制为新草稿", "归档X"],
    "archived": ["复制为新草稿"],
    "closed": ["复制为新草稿", "归档X"],
}
IN_REVIEW = {
    "submitted": ["通过并发布", "退回修改", "不予通过"],
    "in_review": ["通过并发布", "退回修改", "不予通过"],
    "published": ["暂停公开"],
    "suspended": ["恢复公开"],
    # Still to be read by everybody, and so to be hidden after a complaint.
    "expired": ["暂停公开"],
    "closed": ["暂停公开"],
}
WAITING = ("submitted", "in_review")


def listing(kind: str, state: str) -> Any:
    """A listing that is in no database."""
    row = LISTINGS[kind](id=5, state=state, organisation_id=ORGANISATION, revision=3)
    if kind == "demand":
        row.need = "technology"
    return row


def expected_on_page(kind: str, state: str, reader: str) -> list[str]:
    """What the page offered this reader before."""
    to_others = "查看匹配的Y" if state == "published" else "找其他X"
    owner = reader in ("member", "both")
    operator = reader in ("operator", "both")
    if operator and state in WAITING:
        expected = ["审核"]
    elif owner:
        expected = TO_OWNER[state]
    else:
        expected = [to_others]
    if operator and state not in WAITING:
        expected = [*expected, "在审核台打开"]
    other = "demand" if kind == "achievement" else "achievement"
    words = [
        text.replace("X", KIND_NAMES[kind]).replace("Y", KIND_NAMES[other])
        for text in expected
    ]
    if kind == "achievement":
        words = [text for text in words if "关闭" not in text]
    return words


def cases() -> list[tuple[str, str]]:
    found = []
    for kind, table in LISTINGS.items():
        for state in table.life.states:
            found.append((kind, state))
    return found


@pytest.mark.parametrize(("kind", "state"), cases())
@pytest.mark.parametrize("reader", READERS)
def test_the_page_offers_what_it_offered(
    app: Flask, kind: str, state: str, reader: str
) -> None:
    expected = expected_on_page(kind, state, reader)

    with app.test_request_context():
        offered = buttons.page_buttons(listing(kind, state), READERS[reader])

    assert [button.text for button in offered] == expected
    assert offered[0].look == "primary"


@pytest.mark.parametrize(("kind", "state"), cases())
def test_a_list_of_ones_own_offers_what_it_offered(
    app: Flask, kind: str, state: str
) -> None:
    expected = IN_LIST[state]
    if kind == "achievement":
        expected = [text for text in expected if text != "关闭"]
    row = listing(kind, state)

    with app.test_request_context():
        offered = [
            button.text for button in buttons.list_buttons(row, READERS["member"])
        ]
    remark = buttons.list_remark(row)

    assert ([f"({remark})"] if remark else []) + offered == expected


@pytest.mark.parametrize(("kind", "state"), cases())
@pytest.mark.parametrize("reader", READERS)
def test_the_review_offers_decisions_to_operators_only(
    app: Flask, kind: str, state: str, reader: str
) -> None:
    expected = IN_REVIEW.get(state, []) if reader in ("operator", "both") else []

    with app.test_request_context():
        offered = buttons.review_buttons(listing(kind, state), READERS[reader])

    assert [button.text for button in offered] == expected


@pytest.mark.parametrize(("kind", "state"), cases())
@pytest.mark.parametrize("reader", READERS)
def test_what_may_be_pressed_is_what_the_life_and_the_permissions_allow(
    app: Flask, kind: str, state: str, reader: str
) -> None:
    row = listing(kind, state)
    life = row.life
    taken_up = life.moves.get((state, "take"), state)

    deeds = next_deeds(row, READERS[reader])

    assert all(life.can(state, deed) or life.can(taken_up, deed) for deed in deeds)
    assert not {"take", "expire", "create"} & set(deeds)
    assert bool(deeds) <= (reader in ("member", "operator", "both"))


def test_a_button_leads_where_its_deed_is_done(app: Flask) -> None:
    with app.test_request_context():
        approve, send_back, _ = buttons.review_buttons(
            listing("demand", "submitted"), None, only="demand"
        )
        close = buttons.list_buttons(listing("demand", "expired"), None)[1]

    assert (approve.url, send_back.url, close.url) == (
        "/office/review/demand/5/approve?only=demand",
        "/office/review/demand/5/return?only=demand",
        "/mine/demand/5/close",
    )
