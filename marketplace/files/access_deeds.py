"""Seeing a file on request: asking, answering, and what ends it. One function a button.

What is done to the files themselves is in `deeds.py`; who may have one is decided in `disclosure.py`.
"""

from __future__ import annotations

from datetime import date, timedelta

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.clock import now, today
from marketplace.errors import Invalid, NotAllowed, NotNow
from marketplace.extensions import db
from marketplace.files import announcements, disclosure, queries
from marketplace.files.models import MAX_REASON, Attachment, FileAccess
from marketplace.permissions import Reader, require
from marketplace.typed_texts import checked_text, gathered_text

MAX_DAYS = 366  # days for which somebody may see a file without asking once more


def request_access(
    attachment: Attachment, *, reason: str, organisation_id: int | None, by: Person
) -> FileAccess:
    """申请查看: ask the owner of a file to see it.

    Args:
        attachment: the file; `by` may know of it.
        reason: what for, which the owner reads.
        organisation_id: for whom; None: the only or first one they act for.
        by: somebody of a verified organisation.

    Raises:
        NotAllowed: they act for no verified organisation.
        NotNow: they may read it anyway, have asked already, or the listing is over.
        Invalid: no reason.
    """
    require(by, "files.request", attachment.listing)
    acting = sorted(disclosure.acting_ids(by))
    if organisation_id is None:
        organisation_id = acting[0]
    if organisation_id not in acting:
        raise NotAllowed("您不能代表这个单位申请。", "请选您所在的、已核验的单位。")
    # Of what is not found any more nobody new may learn that there are files.
    if not attachment.listing.in_matching:
        raise NotNow("这一条现在没有公开发布，不能申请。")
    sight = disclosure.sight_of(attachment.listing, by)
    if disclosure.may_have(attachment, sight, by):
        raise NotNow("这个文件您现在就能打开。", "不用申请。")
    access = FileAccess(
        attachment=attachment,
        person_id=by.id,
        organisation_id=organisation_id,
        state="requested",
        reason=checked_reason(reason),
    )
    db.session.add(access)
    # Of two presses at the same moment one meets the other here.
    with persistence.refusals(duplicates=_duplicates()):
        db.session.flush()
    access.life.born(access, by=by)
    announcements.announce_request(access, by=by)
    persistence.commit(duplicates=_duplicates())
    return access


def withdraw_access(access: FileAccess, *, by: Reader) -> None:
    """撤回申请. Raises NotAllowed, NotNow, Stale."""
    require(by, "files.withdraw", access)
    _decide(access, "withdraw", by=by)
    with persistence.refusals():
        announcements.announce_withdrawal(access, by=by)
    persistence.commit()


def grant_access(
    access: FileAccess, *, until: date | None, answer: str = "", by: Reader | None
) -> None:
    """同意查看, until the end of a day. Raises NotAllowed, NotNow, Stale; Invalid where the day is none."""
    require(by, "files.grant", access.attachment.listing)
    latest = today() + timedelta(days=MAX_DAYS)
    problems: dict[str, list[str]] = {}
    if until is None or not today() <= until <= latest:
        problems["until"] = [f"写明可以看到哪一天：今天到 {latest} 之间。"]
    answer = gathered_text(problems, "answer", answer, MAX_REASON)
    if problems:
        raise Invalid("没有同意查看。", "请改好标出的几处。", problems=problems)
    # In the same flush as the state: a CHECK wants a last day of what is granted.
    access.until = until
    access.answer = answer
    _decide(access, "grant", by=by, note=f"到 {until}")
    _announce_answer(access, "grant")
    persistence.commit()


def decline_access(access: FileAccess, *, reason: str, by: Reader | None) -> None:
    """谢绝, with the reason, which whoever asked reads. Raises NotAllowed, NotNow, Stale, Invalid."""
    require(by, "files.grant", access.attachment.listing)
    access.answer = checked_reason(reason, "answer")
    _decide(access, "decline", by=by, note=access.answer)
    _announce_answer(access, "decline")
    persistence.commit()


def revoke_access(access: FileAccess, *, by: Reader | None) -> None:
    """收回: they may not see it any more from now on. Raises NotAllowed, NotNow, Stale."""
    require(by, "files.grant", access.attachment.listing)
    # What was written with the grant is no reason for ending it.
    access.answer = ""
    _decide(access, "revoke", by=by)
    _announce_answer(access, "revoke")
    persistence.commit()


def end_requests(attachment: Attachment, note: str) -> None:
    """End what lets others see a file that is gone, and notify them (no commit)."""
    for access in queries.open_requests_to(attachment):
        # Named before the move: afterwards nothing is granted any more, and the name might be one they may not know.
        name = _name_for(access)
        access.life.move(access, "end", by=None, note=note)
        access.decided_at = now()
        access.answer = ""
        announcements.announce_answer(access, "end", name=name)


def _decide(
    access: FileAccess, deed: str, *, by: Reader | None, note: str = ""
) -> None:
    access.life.move(access, deed, by=by, note=note)
    access.decided_at = now()


def _announce_answer(access: FileAccess, deed: str) -> None:
    # Flushing it meets who has decided at the same moment, and says so in words.
    with persistence.refusals():
        announcements.announce_answer(access, deed, name=_name_for(access))


def _name_for(access: FileAccess) -> str:
    """The name of a file as who asked for it may know it; who lets somebody see it tells them its name."""
    row = access.attachment.listing
    if access.state == "granted":
        return access.attachment.name
    return disclosure.shown_name(
        access.attachment, disclosure.sight_of(row, access.person)
    )


def checked_reason(reason: str, name: str = "reason") -> str:
    """A reason as it is stored. Raises Invalid where there is none, for the box `name`."""
    missing = f"写明原因（2–{MAX_REASON} 字），对方才知道怎么办。"
    return checked_text(name, reason, MAX_REASON, missing=missing)


def _duplicates() -> dict[str, NotNow]:
    twice = NotNow("您已经申请过，正在等答复。", "可以先撤回再申请。")
    return {"uq_file_access_open": twice}
