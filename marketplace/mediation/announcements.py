"""What firms and brokers are notified of when a broker is requested, answers, is given a listing or is gone.

Nothing is committed here.
"""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.accounts.models import Person
from marketplace.contributions import NoticeKind
from marketplace.extensions import db
from marketplace.lifecycle import History
from marketplace.listings.announcements import people_of
from marketplace.listings.models import Achievement, Demand
from marketplace.mediation.models import BrokerRequest
from marketplace.mediation.queries import described
from marketplace.notices.addresses import Recipient
from marketplace.notices.deeds import notify, path_of
from marketplace.permissions import Reader
from marketplace.wording import in_quotes

Row = Achievement | Demand
REQUESTED = "mediation.requested"
ANSWERED = "mediation.answered"
# Deed → what happened to a request, and what its firm may do.
ANSWERS = {
    "accept": ("{broker} 接手了", "对方会与您联系；不再需要时请联系平台运营方。"),
    "decline": ("{broker} 谢绝了", "可以另请一位，或交给平台安排。"),
    "assign": ("平台安排了 {broker}", "对方会与您联系；不再需要时请联系平台运营方。"),
    "refuse": ("平台没有安排技术经理人", "可以从名录里另请一位。"),
    "release": ("{broker} 已不能接手，转给平台安排", "不用再做什么，安排后通知您。"),
}


def notice_kinds() -> Iterator[NoticeKind]:
    """The kinds of notices of this room."""
    yield NoticeKind(
        REQUESTED,
        "有人请我做技术经理人，或平台交给我一条",
        "您收到这封邮件，是因为您是平台的技术经理人。",
    )
    yield NoticeKind(
        ANSWERED,
        "请技术经理人的答复和安排",
        "您收到这封邮件，是因为您填报或送审了这一条，或您是它所属单位的管理员。",
    )


def announce_request(request: BrokerRequest, broker: Person) -> None:
    """Notify a broker that they are requested by name."""
    row = request.listing
    what = described(row, broker)
    # The firm decides what it writes here; nothing else of a confidential listing goes out.
    note = f"\n附言：{request.note}" if request.note else ""
    notify(
        REQUESTED,
        Recipient.of(broker),
        key=f"broker request {request.id}",
        subject=f"请您做技术经理人：{what}",
        happened=f"有单位请您做技术经理人：{what}。{note}",
        to_do="打开链接，接手，或写明原因谢绝。不公开的内容接手后才看得到。",
        link=path_of("mediation.request_page", request_id=request.id),
        about=(row.kind, row.id),
    )


def announce_given(
    row: Row, broker: Person, history: History, *, by: Reader | None
) -> None:
    """Notify a broker that a listing was given to them; not of what they did themselves."""
    if by is not None and by.id == broker.id:
        return
    # What they may know of it now; at the moment of an assignment they are not yet among its brokers.
    what = f"{row.kind_word}{in_quotes(row.title)}"
    notify(
        REQUESTED,
        Recipient.of(broker),
        # By the assignment and not by the listing: given, taken and given again are two letters.
        key=f"given {history.id}",
        subject=f"平台交给您一条：{what}",
        happened=f"平台把{what}（{row.holder_name}）交给您对接。",
        to_do="打开链接看全部内容，与单位联系。不能接手的，请告诉平台运营方。",
        link=path_of(f"listings.{row.kind}", listing_id=row.id),
        about=(row.kind, row.id),
    )


def announce_answer(
    request: BrokerRequest, deed: str, broker: Person | None, *, by: Reader | None
) -> None:
    """Notify the people of a listing of what became of their request.

    Args:
        request: it has been moved.
        deed: a key of `ANSWERS`.
        broker: who is meant; None where the operators refuse.
        by: who decided, who is not notified.
    """
    row = request.listing
    words, to_do = ANSWERS[deed]
    happened = words.format(broker=broker.name if broker else "")
    # Who is refused learns why; other answers need no reason.
    reason = f"\n原因：{request.reason}" if request.reason else ""
    for person in people_of(row, by):
        notify(
            ANSWERED,
            Recipient.of(person),
            key=f"broker request {request.id} {deed}",
            subject=f"{row.kind_word}{in_quotes(row.title)}：{happened}",
            happened=f"您为{row.kind_word}{in_quotes(row.title)}请技术经理人，{happened}。{reason}",
            to_do=to_do,
            link=path_of("mediation.own", kind=row.kind, listing_id=row.id),
            about=(row.kind, row.id),
        )


def announce_vacancy(request: BrokerRequest, broker: Person) -> None:
    """Notify the people of a listing that its broker is gone; why is between the broker and the operators."""
    row = request.listing
    db.session.flush()  # for its number
    for person in people_of(row, None):
        notify(
            ANSWERED,
            Recipient.of(person),
            key=f"broker request {request.id} vacancy",
            subject=f"{row.kind_word}{in_quotes(row.title)}的技术经理人不再办理",
            happened=f"{broker.name} 不再是{row.kind_word}{in_quotes(row.title)}的技术经理人，平台会另行安排。",
            to_do="不用再做什么，安排后通知您；也可以从名录里另请一位。",
            link=path_of("mediation.own", kind=row.kind, listing_id=row.id),
            about=(row.kind, row.id),
        )
