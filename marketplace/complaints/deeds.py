"""What is done to complaints: one function a button. The only file of this room that commits."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import or_

from marketplace import persistence
from marketplace.clock import now, today
from marketplace.complaints import announcements, queries
from marketplace.complaints.life import ENDED, REASONS
from marketplace.complaints.models import Complaint
from marketplace.complaints.subjects import Subject, check_public
from marketplace.errors import Invalid, NotNow, Stale
from marketplace.extensions import db
from marketplace.listings import deeds as listing_deeds
from marketplace.listings import versions
from marketplace.listings.readiness import publication_problems
from marketplace.lookup_codes import code_of, hash_of
from marketplace.parsing import ParseError
from marketplace.parsing.text import read_prose, too_long
from marketplace.permissions import Reader, reader_id, require

MAX_TEXT = 2000
MAX_RULING = 500
MAX_LINK = 500
MAX_CONTACT = 200
LOOK_AGAIN = "请重新打开，看过新的情况再决定。"


def file_complaint(
    subject: Subject,
    *,
    nonce: str,
    reason: str,
    text: str,
    link: str = "",
    contact: str = "",
    by: Reader,
) -> tuple[Complaint, str]:
    """举报: anybody may.

    Args:
        subject: what, as `subjects.py` reads it.
        nonce: of the form, which two presses share, as does who goes back and presses once more.
        reason: a key of `REASONS`.
        text: what is wrong.
        link: where the proof stands, if anywhere.
        contact: how to reach who reports; empty: not at all.
        by: who reports, also a guest.

    Returns:
        the complaint and its code, which nobody can read later; of a second press those of the first.

    Raises:
        NotFound: the thing is not public.
        Invalid: something lacks or is too long.
    """
    require(by, "complaint.file")
    thing = f"{subject.kind} {subject.number} {subject.part}"
    code = code_of("complaint", nonce, thing, reason, text, link, contact)
    # First of all: at the second press the thing may be hidden by now, and the code is still wanted.
    before = queries.complaint_of(code)
    if before is not None:
        return before, code
    # Again here: between the form and the press it may have been hidden, and the form may name any number.
    check_public(subject.kind, subject.number, subject.part)
    problems: dict[str, list[str]] = {}
    if reason not in REASONS:
        problems["reason"] = ["选一项举报的原因。"]
    words = _read_text("text", text, 10, MAX_TEXT, problems)
    link = link.strip()
    if problem := too_long(link, MAX_LINK):
        problems["link"] = [problem]
    elif link and not link.startswith(("https://", "http://")):
        problems["link"] = ["写 http:// 或 https:// 开头的网址。"]
    contact = contact.strip()
    if problem := too_long(contact, MAX_CONTACT):
        problems["contact"] = [problem]
    if problems:
        raise Invalid("举报没有提交。", "请改好标出的几处。", problems=problems)
    row = Complaint(
        # Until it has its number: unique, and never seen.
        number=secrets.token_hex(12),
        code_hash=hash_of(code),
        thing_kind=subject.kind,
        thing_id=subject.number,
        part=subject.part,
        # Copied: a later title would make nonsense of what was reported.
        title=subject.title[:250],
        path=subject.path,
        reason=reason,
        text=words,
        link=link,
        contact_reply=contact,
        reporter_id=reader_id(by),
        state="received",
    )
    db.session.add(row)
    twice = NotNow("这份举报刚才已经收到。", "请重新打开这一页再看。")
    with persistence.refusals(duplicates={"uq_complaint_code_hash": twice}):
        db.session.flush()
    # After the flush, for it carries the number of the row; the day is one of China.
    row.number = f"JB{today():%Y%m%d}-{row.id:05d}"
    row.life.born(row, by=by)
    persistence.commit()
    return row, code


def hold(row: Complaint, *, seen: int, note: str, by: Reader) -> None:
    """暂停展示: hide the thing while it is looked into, with the reason its owner reads.

    Raises NotAllowed, NotNow, Stale, Invalid.
    """
    _rule(row, "hold", seen=seen, note=note, by=by)


def uphold(row: Complaint, *, seen: int, note: str, by: Reader) -> None:
    """裁定成立: the thing stays hidden, and is taken down once its owner has answered or not. Raises as `hold`."""
    _rule(row, "uphold", seen=seen, note=note, by=by)


def dismiss(row: Complaint, *, seen: int, note: str, by: Reader) -> None:
    """裁定不成立: what was hidden is public again. Raises as `hold`."""
    _rule(row, "dismiss", seen=seen, note=note, by=by)


def confirm(row: Complaint, *, seen: int, note: str, by: Reader) -> None:
    """维持下架, after the answer of its owner. Raises as `hold`."""
    _rule(row, "confirm", seen=seen, note=note, by=by)


def overturn(row: Complaint, *, seen: int, note: str, by: Reader) -> None:
    """申诉成立: what was hidden is public again. Raises as `hold`."""
    _rule(row, "overturn", seen=seen, note=note, by=by)


def appeal(row: Complaint, *, seen: int, text: str, by: Reader) -> None:
    """申诉: who it concerns answers, once: while it is hidden, or after the ruling.

    Raises NotAllowed, NotNow, Stale, Invalid.
    """
    require(by, "complaint.answer", row)
    # First: who presses twice has said it already, and nobody else was quicker.
    if not row.may_be_answered:
        raise NotNow("已经说明过一次，或现在不能申诉。", "结果会通知您。")
    _check_seen(row, seen)
    problems: dict[str, list[str]] = {}
    words = _read_text("text", text, 2, MAX_TEXT, problems)
    if problems:
        raise Invalid("没有提交。", problems=problems)
    row.appeal = words
    row.appealed_at = now()
    row.appealed_by_id = reader_id(by)
    # While it is only hidden the operators still rule, and read the answer then.
    if row.state == "upheld":
        row.life.move(row, "appeal", by=by)
    persistence.commit()


def settle_unanswered() -> int:
    """Take down what nobody has answered for in time.

    Returns:
        number of complaints.
    """
    persistence.begin_write()
    rows = queries.unanswered()
    for row in rows:
        row.life.move(row, "settle", by=None)
        # Commits where there is a listing; each complaint is whole by then.
        _act(row, "confirm", by=None)
    db.session.commit()
    return len(rows)


def forget_person(person_id: int) -> None:
    """An account was closed: what it reported stays, how it wanted to be reached goes (no commit)."""
    for row in queries.reported_by(person_id):
        # The way to its reporter goes with the account; the complaint itself still has to be explained.
        row.contact_reply = ""


def remove_reporters(before: datetime) -> int:
    """Remove who reported, and how to reach them, from complaints whose last ruling is older (no commit).

    The complaint and its ruling stay: what was taken down must be explained for as long as it is down.

    Returns:
        number of complaints.
    """
    over = (
        db.update(Complaint)
        .where(
            Complaint.state.in_(ENDED),
            # From the last ruling on, and only where nothing follows: until then they may be needed as a witness.
            Complaint.ruled_at < before,
            or_(Complaint.contact_reply != "", Complaint.reporter_id.is_not(None)),
        )
        .values(contact_reply="", reporter_id=None)
    )
    return persistence.count_changed(over)


def _rule(row: Complaint, deed: str, *, seen: int, note: str, by: Reader) -> None:
    """A decision of the operators: the complaint, its thing and the notices in one commit."""
    # Nobody rules on their own organisation, on themselves or on what they reported.
    require(by, "complaint.rule", row)
    _check_seen(row, seen)
    row.life.permits(row, deed, by)
    problems: dict[str, list[str]] = {}
    words = _read_text("note", note, 2, MAX_RULING, problems)
    if problems:
        raise Invalid("写明理由，双方都会看到。", problems=problems)
    row.ruling = words
    row.ruled_by_id = reader_id(by)
    row.ruled_at = now()
    row.life.move(row, deed, by=by, note=words)
    # Two who rule at once meet here, before anything is hidden.
    with persistence.refusals(stale=Stale("这份举报刚有人处理过。", LOOK_AGAIN)):
        db.session.flush()
    # Before the listing, whose deed commits: the letters go with the ruling or not at all.
    announcements.announce_ruling(row, deed)
    _act(row, deed, by=by)
    persistence.commit()


def _act(row: Complaint, deed: str, *, by: Reader | None) -> None:
    """Hide, take down or show a listing, which commits; other things are hidden by the complaint itself."""
    listing = row.subject.listing
    if listing is None:
        return
    # Of this moment: the operator decides on the complaint, and has seen no page of the listing.
    seen = listing.revision
    note = f"举报 {row.number}：{row.ruling}"[:MAX_RULING]
    shown = listing.life.can(listing.state, "suspend")
    if deed in ("hold", "uphold") and shown:
        listing_deeds.suspend(listing, by=by, seen=seen, note=note)
    # Withdrawn is for good, so it comes last; until then a listing is only suspended.
    elif deed == "confirm" and listing.life.can(listing.state, "withdraw"):
        listing_deeds.withdraw(listing, by=by, seen=seen, note=note)
    elif deed in ("dismiss", "overturn") and listing.state == "suspended":
        # What lacks something now, says what nobody approved, or is of a suspended organisation waits in the operators'
        # tray of what is suspended.
        fit = listing.owner_acts and versions.is_approved(listing)
        fit = fit and not publication_problems(listing)
        # Another complaint about it may still be open: what it hides stays hidden.
        if fit and not queries.others_hiding(row):
            listing_deeds.resume(listing, by=by, seen=seen)


def _check_seen(row: Complaint, seen: int) -> None:
    # The table's revision then refuses two who have seen the same one.
    if row.revision != seen:
        raise Stale(f"这份举报刚有人处理过，现在是「{row.state_name}」。", LOOK_AGAIN)


def _read_text(
    name: str, text: str, least: int, most: int, problems: dict[str, list[str]]
) -> str:
    try:
        words = read_prose(text, most) or ""
    except ParseError as error:
        problems[name] = [error.sentence]
        return ""
    if len(words) < least:
        problems[name] = [f"写 {least}–{most} 字，现在 {len(words)} 字。"]
    return words


__all__ = [
    "appeal",
    "confirm",
    "dismiss",
    "file_complaint",
    "forget_person",
    "hold",
    "overturn",
    "remove_reporters",
    "settle_unanswered",
    "uphold",
]
