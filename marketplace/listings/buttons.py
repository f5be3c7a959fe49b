"""What may be pressed next on a listing: in a list of one's own, on its page, in its review. Words and order are data.

What is possible and permitted is decided by `lifecycle.next_deeds` alone; what a deed does stands in `deeds.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from flask import url_for

from marketplace.lifecycle import next_deeds
from marketplace.listings.life import ENDED
from marketplace.listings.models import KIND_NAMES, Achievement, Demand
from marketplace.permissions import Reader, may, member

Row = Achievement | Demand


@dataclass(frozen=True)
class Button:
    """A deed, or a page to go on with, as one place of the site offers it.

    Attributes:
        text: what it says.
        url: where it leads, or what it posts to.
        posts: it is done at once, by a form with the revision that was seen; otherwise a page follows.
        look: primary, outline-primary, outline-danger or link.
        noted: a note may be written with it.
        passes: it lets something through, which nobody does with their own.
    """

    text: str
    url: str
    posts: bool = False
    look: str = "outline-primary"
    noted: bool = False
    passes: bool = False


@dataclass(frozen=True)
class Offer:
    """How one place of the site offers a deed.

    Attributes:
        deed: its code in the life table.
        text: what it says; empty for its name in the life table.
        in_state: what it says in a state, where that differs.
        only_in: the states in which this place offers it; empty for every state that allows it.
        posts, look, noted: as of a button.
    """

    deed: str
    text: str = ""
    in_state: Mapping[str, str] = field(default_factory=dict)
    only_in: tuple[str, ...] = ()
    posts: bool = False
    look: str = "outline-primary"
    noted: bool = False


LIST_OFFERS = (
    Offer("edit", "修改", in_state={"draft": "继续填写"}),
    Offer("recall", "撤回送审", posts=True, look="link"),
    Offer("renew", "仍然有效，续期一年", posts=True),
    Offer("reopen", posts=True, look="link"),
    Offer("close"),
    # An owner speaks of what they do not want any more; nothing was public that could be withdrawn.
    Offer("withdraw", in_state={"draft": "不要了", "returned": "不要了"}),
    Offer("copy", posts=True, look="link"),
    Offer("archive"),
)
# What a list says where the owner has nothing to do but wait, or nothing any more.
LIST_REMARKS = {
    "at_desk": "等本单位审核",
    "in_review": "等审核结果",
    "suspended": "由平台暂停",
    **dict.fromkeys(ENDED, "已结束"),
    # Over `ENDED`: a refused listing is not over, its owner may mend it.
    "rejected": "没有通过",
}
PAGE_OFFERS = (
    Offer(
        "edit",
        "编辑",
        in_state={
            "draft": "继续填写",
            "returned": "按退回意见修改",
            "rejected": "按原因修改",
            "suspended": "按暂停原因修改",
        },
        look="primary",
    ),
    # A returned listing is handed in from its form, once it is mended.
    Offer("submit", "送审", only_in=("draft",), posts=True),
    Offer("renew", "仍然有效，续期一年", posts=True, look="primary"),
    Offer("reopen", posts=True),
    Offer("copy", posts=True, look="primary"),
)
PAGE_ENDINGS = (Offer("close"), Offer("archive"))
REVIEW_OFFERS = (
    Offer("approve", "通过并发布", look="primary", noted=True),
    Offer("return", "退回修改", noted=True),
    Offer("reject", "不予通过", look="outline-danger", noted=True),
    Offer("suspend", "暂停公开", look="outline-danger", noted=True),
    Offer("resume", "恢复公开", look="primary"),
)
DESK_OFFERS = (
    Offer("endorse", "通过，送平台审核", look="primary", noted=True),
    Offer("desk_return", "退回修改", noted=True),
    Offer("desk_reject", "不予通过", look="outline-danger", noted=True),
)
# A change of what is published: (code of the view, text, look), by the station at which it waits.
CHANGE_OFFERS = {
    "operator": (
        ("approve", "修改通过并公开", "primary"),
        ("send_back", "退回修改", "outline-primary"),
        ("reject", "不采用这次修改", "outline-danger"),
    ),
    "desk": (
        ("endorse", "通过，送平台审核", "primary"),
        ("desk_return", "退回修改", "outline-primary"),
        ("desk_reject", "不采用这次修改", "outline-danger"),
    ),
}
# Who may not let it through is offered the other decisions only (092).
PASSING = frozenset({"approve", "endorse", "resume"})
# Views whose name is not that of their deed: `return` is a word of Python.
VIEWS = {"return": "send_back"}


def list_remark(row: Row) -> str:
    """What a list says of an own listing that has no deed of its owner first; empty where there is one."""
    return LIST_REMARKS.get(row.state, "")


def list_buttons(row: Row, reader: Reader | None) -> list[Button]:
    """What stands next to a listing in a list of one's own."""
    buttons = list(_offered(LIST_OFFERS, row, reader))
    if row.state == "published" and row.is_matchable:
        url = url_for("matchmaking.matches", kind=row.kind, listing_id=row.id)
        buttons.insert(0, Button("看匹配", url))
    return buttons


def page_buttons(row: Row, reader: Reader) -> list[Button]:
    """What stands under 下一步 on the page of a listing: one thing first, then its endings, then the review.

    The buttons of the owner are offered to the owner's people alone: an operator, who may press them too, acts from
    the page of the review.
    """
    reviewer = may(reader, "listing.review", row)
    waits = row.state in row.life.phases["waiting"]
    review = url_for("listings.review", kind=row.kind, listing_id=row.id)
    owner = member(reader, row)
    buttons = []
    if reviewer and waits:
        buttons.append(Button("审核", review, look="primary"))
    elif owner:
        buttons += _offered(PAGE_OFFERS, row, reader)
    # A page without a next step leaves its reader at a dead end.
    if not buttons:
        buttons.append(_way_on(row, owner=owner))
    if owner:
        buttons += _offered(PAGE_ENDINGS, row, reader, after=row.kind_name)
    # What does not wait can be suspended or resumed from there.
    if reviewer and not waits:
        buttons.append(Button("在审核台打开", review))
    return buttons


def review_buttons(
    row: Row, reader: Reader | None, *, only: str | None = None
) -> list[Button]:
    """The decisions that the operators may take on a listing; `only` is the kind the queue is narrowed to."""
    return list(_offered(REVIEW_OFFERS, row, reader, only=only))


def station_buttons(
    row: Row,
    reader: Reader | None,
    station: str,
    change: object | None,
    *,
    only: str | None = None,
) -> list[Button]:
    """The decisions that may be taken at a station.

    Args:
        row: the listing.
        reader: who decides.
        station: `desk` or `operator`.
        change: what waits of a published listing; None where the listing itself does.
        only: the kind the queue is narrowed to.
    """
    offered = []
    if change is not None:
        for view, text, look in CHANGE_OFFERS[station]:
            url = url_for(
                f"listings.{view}", kind=row.kind, listing_id=row.id, only=only
            )
            offered.append(Button(text, url, False, look, True, view in PASSING))
    if station == "operator":
        offered += review_buttons(row, reader, only=only)
    else:
        offered += _offered(DESK_OFFERS, row, reader, only=only)
    return offered


def _way_on(row: Row, *, owner: bool) -> Button:
    """Where a reader goes on who has nothing to press."""
    if owner:
        return Button("在「我的」里看进度", url_for("desk.mine"), look="primary")
    if row.in_matching and not row.is_matchable:
        # A page of matches would only say that achievements do not meet such a need.
        url = url_for(f"listings.{row.kind}", listing_id=row.id, _anchor="side-contact")
        return Button("看怎么联系", url, look="primary")
    if row.in_matching:
        other_name = KIND_NAMES[row.counterpart]
        url = url_for("matchmaking.matches", kind=row.kind, listing_id=row.id)
        return Button(f"查看匹配的{other_name}", url, look="primary")
    url = url_for("catalogue.search", kind=row.kind)
    return Button(f"找其他{row.kind_name}", url, look="primary")


def _offered(
    offers: tuple[Offer, ...],
    row: Row,
    reader: Reader | None,
    *,
    after: str = "",
    only: str | None = None,
) -> Iterator[Button]:
    """The offers of a place that the row allows and the reader may take; `after` follows the text of each."""
    granted = next_deeds(row, reader)
    for offer in offers:
        # A state allows 续期 all year; the days in which it does something are the row's to know.
        if offer.deed not in granted or not row.in_time(offer.deed):
            continue
        if offer.only_in and row.state not in offer.only_in:
            continue
        text = offer.text or row.life.deeds[offer.deed]
        text = offer.in_state.get(row.state, text)
        view = VIEWS.get(offer.deed, offer.deed)
        url = url_for(f"listings.{view}", kind=row.kind, listing_id=row.id, only=only)
        passes = offer.deed in PASSING
        yield Button(text + after, url, offer.posts, offer.look, offer.noted, passes)
