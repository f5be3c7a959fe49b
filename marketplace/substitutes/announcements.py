"""What people are notified of when a substitute is named, and when the time is over. Nothing is committed here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from marketplace.contributions import NoticeKind
from marketplace.notices.addresses import Recipient
from marketplace.notices.deeds import notify, path_of
from marketplace.substitutes.models import Substitution
from marketplace.substitutes.queries import Done, done_in
from marketplace.wording import day

NAMED = "substitutes.named"
OVER = "substitutes.over"


def notice_kinds() -> Iterator[NoticeKind]:
    """The kinds of notices of this room."""
    yield NoticeKind(
        NAMED,
        "请我代办，或替我指定了代办人",
        "您收到这封邮件，是因为您是代办人，或有人替您指定了代办人。",
    )
    yield NoticeKind(
        OVER,
        "代办结束，以及期间办了什么",
        "您收到这封邮件，是因为有人代您办理过，或您代别人办理过。",
    )


def announce_named(row: Substitution) -> None:
    """Notify the substitute, and the person who is away where somebody else has named one for them."""
    days = f"{day(row.first_day)} 到 {day(row.last_day)}"
    notify(
        NAMED,
        Recipient.of(row.substitute),
        key=f"substitution {row.id} named",
        subject=f"请您代办：{row.absent.name}（{row.seat_name}）",
        happened=f"{row.absent.name} 不在，{days} 由您代办「{row.seat_name}」的事情。",
        to_do="这些天照常办理，办的都会记成「您代对方」。不能代办的，请在页面上结束。",
        until=row.last_day,
        link=path_of("substitutes.own"),
    )
    # Who did it knows; who did not has to learn that somebody decides in their place.
    if row.named_by_id == row.absent_id:
        return
    named_by = row.named_by.name if row.named_by else "平台"
    notify(
        NAMED,
        Recipient.of(row.absent),
        key=f"substitution {row.id} named",
        subject=f"{row.substitute.name} 代您办理",
        happened=f"{named_by} 替您指定了代办人：{days} 由 {row.substitute.name} 代办「{row.seat_name}」的事情。",
        to_do="不需要代办的，可以随时结束。",
        link=path_of("substitutes.own"),
    )


def announce_over(row: Substitution) -> None:
    """Notify the person who was away of what happened meanwhile, and the substitute that it is over."""
    # Counted when it is over: what was done in another one's name is theirs to know in full.
    done = done_in(row)
    happened = f"{row.substitute.name} 代您办理「{row.seat_name}」已结束。"
    notify(
        OVER,
        Recipient.of(row.absent),
        key=f"substitution {row.id} over",
        subject=f"代办结束：期间代您办了 {len(done)} 件",
        happened=f"{happened}\n{_summary(done)}",
        to_do="打开链接看每一件。",
        link=path_of("substitutes.show", number=row.id),
    )
    notify(
        OVER,
        Recipient.of(row.substitute),
        key=f"substitution {row.id} over",
        subject=f"您代 {row.absent.name} 办理已结束",
        happened=f"您代 {row.absent.name} 办理「{row.seat_name}」已结束，共办了 {len(done)} 件。",
        link=path_of("substitutes.own"),
    )


def _summary(done: list[Done]) -> str:
    """How many of which deeds, in a line."""
    if not done:
        return "期间没有以代办名义办理的事情。"
    counts = Counter(one.name for one in done)
    return "，".join(f"{name} {count} 件" for name, count in counts.items()) + "。"
