"""What is done to ratings: one function a button. Nothing that was said is changed later."""

from __future__ import annotations

from datetime import date

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.clock import now, today
from marketplace.contracts.disclosure import required_side
from marketplace.contracts.models import TechContract
from marketplace.errors import NOT_SAVED, Invalid, NotNow
from marketplace.extensions import db
from marketplace.permissions import require
from marketplace.ratings import announcements, queries
from marketplace.ratings.models import MAX_TEXT, SCORES, Rating
from marketplace.typed_texts import checked_text, gathered_text
from marketplace.workdays.queries import load_calendar

TERM_DAYS = 14  # for the other side, after the first rating; rule of the platform
TWICE = NotNow("贵方已经评价过这份合同。", "每份合同每方评价一次，提交后不能改。")


def give_rating(
    contract: TechContract, score: int | None, text: str, *, by: Person
) -> Rating:
    """评价合作方: hidden from both until both have rated, or the term of the second one is over.

    Args:
        contract: registered, of the side of `by`.
        score: a key of `SCORES`; None: nothing was chosen.
        text: what is said of it; may be empty.

    Raises:
        NotAllowed: they act for neither side.
        NotNow: it is not registered, the side has rated, or the term is over.
        Invalid: no score, or the text is too long.
    """
    require(by, "rating.give", contract)
    side = required_side(by, contract)
    # Who presses second sees what the first one did, and reveals both.
    persistence.hold_row(contract)
    # After the row is held: the registration may just have been cancelled.
    if contract.state != "registered":
        raise NotNow(
            f"这份合同现在是「{contract.state_name}」，不能评价。",
            "合同登记以后双方才能互相评价。",
        )
    problems: dict[str, list[str]] = {}
    text = gathered_text(problems, "text", text, MAX_TEXT)
    if score not in SCORES:
        problems["score"] = ["选 1 到 5 分。"]
    if problems:
        raise Invalid(*NOT_SAVED, problems=problems)
    before = queries.ratings_of(contract)
    if side in before:
        raise TWICE
    # Who writes with the other's words in view is no independent witness (129).
    if queries.are_revealed(before):
        raise NotNow("评价的期限已过，对方的评价已经公开。", "可以答复对方的评价。")
    first = next(iter(before.values()), None)
    # The second one has the term that the first one began.
    reveal_on = first.reveal_on if first is not None else _last_day()
    row = Rating(
        contract_id=contract.id,
        side=side,
        by_id=by.id,
        score=score,
        text=text,
        reveal_on=reveal_on,
    )
    db.session.add(row)
    duplicates = {"uq_rating_side": TWICE}
    with persistence.refusals(duplicates=duplicates):
        db.session.flush()
    if first is None:
        announcements.announce_given(row)
    else:
        # Else the job would announce them once more.
        first.announced_at = row.announced_at = now()
        announcements.announce_revealed(contract)
    persistence.commit(duplicates=duplicates)
    return row


def reply_to(contract: TechContract, text: str, *, by: Person) -> Rating:
    """答复 what the other side said, once, when it is revealed.

    Raises:
        NotAllowed: they act for neither side.
        NotNow: nothing is revealed, the other side has not rated, or a reply is there.
        Invalid: no text.
    """
    require(by, "rating.reply", contract)
    side = required_side(by, contract)
    persistence.hold_row(contract)
    ratings = queries.ratings_of(contract)
    row = ratings.get(announcements.other_side(side))
    if row is None or not queries.are_revealed(ratings):
        raise NotNow("对方的评价还没有公开。", "公开以后可以答复。")
    # Read again: two people of one side may reply at once.
    db.session.refresh(row)
    if row.reply:
        raise NotNow("贵方已经答复过。", "每个评价答复一次，不能改。")
    missing = f"写答复，2–{MAX_TEXT} 字。"
    row.reply = checked_text("reply", text, MAX_TEXT, missing=missing)
    row.reply_by_id, row.replied_at = by.id, now()
    announcements.announce_reply(row)
    persistence.commit()
    return row


def _last_day() -> date:
    # A day off moves it to the next working day (129).
    return load_calendar().after_days(today(), TERM_DAYS).day
