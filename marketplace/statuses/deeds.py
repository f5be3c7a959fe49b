"""What is done to dated statuses: one function a button. The only file that commits what people do."""

from __future__ import annotations

from datetime import date

from marketplace import persistence
from marketplace.clock import now
from marketplace.errors import Invalid, NotNow, Stale
from marketplace.extensions import db
from marketplace.organisations.models import Organisation
from marketplace.permissions import Reader, reader_id, require
from marketplace.statuses import announcements
from marketplace.statuses.life import CHECKED_AGAINST, STATUSES
from marketplace.statuses.models import MAX_NOTE, MAX_NUMBER, OrganisationStatus
from marketplace.typed_texts import LEAST, checked_text, gathered_text

NOT_SAVED = "资质没有保存。"
FIRST_DAY, LAST_DAY = date(2008, 1, 1), date(2099, 12, 31)
MAX_YEARS = 5  # no status of `STATUSES` is given for longer
WHY = f"写明原因，{LEAST}–{MAX_NOTE} 字。"


def propose_status(
    organisation: Organisation,
    code: str,
    number: str,
    valid_from: date | None,
    valid_to: date | None,
    *,
    by: Reader | None,
) -> OrganisationStatus:
    """填报资质: it counts once an operator has compared it with its source.

    Args:
        organisation: whose it is.
        code: a key of `STATUSES`.
        number: of the certificate or of the register.
        valid_from, valid_to: first and last day; None where they could not be read.
        by: who looks after the organisation or its listings; None for the site itself.

    Raises:
        NotAllowed.
        Invalid: a value is missing or makes no sense.
        NotNow: the same one is there already.
    """
    row = OrganisationStatus(organisation_id=organisation.id, code=code)
    require(by, "statuses.propose", row)
    problems: dict[str, list[str]] = {}
    if code not in STATUSES:
        problems["code"] = ["选一种资质。"]
    if valid_from is None or not FIRST_DAY <= valid_from <= LAST_DAY:
        problems["valid_from"] = ["写证书上的起始日期，如 2026-01-01。"]
    # It may be over: an earlier 高企 decides whether a later one is 首次 or 再次认定.
    if valid_to is None or valid_to < (valid_from or valid_to):
        problems["valid_to"] = ["写证书上的截止日期，不早于起始日期。"]
    elif valid_from and valid_to.year - valid_from.year > MAX_YEARS:
        problems["valid_to"] = [f"有效期不超过 {MAX_YEARS} 年，请核对证书。"]
    row.number = gathered_text(problems, "number", number, MAX_NUMBER)
    if not row.number:
        problems.setdefault("number", ["写证书编号或入库登记编号。"])
    if problems:
        raise Invalid(NOT_SAVED, problems=problems)
    assert valid_from is not None  # noqa: S101
    assert valid_to is not None  # noqa: S101
    row.valid_from, row.valid_to = valid_from, valid_to
    row.by_id = reader_id(by)
    db.session.add(row)
    known = NotNow("这一项资质已经填报过。", "在「资质」里看它到哪一步。")
    with persistence.refusals(duplicates={"uq_organisation_status_current": known}):
        # History needs its number.
        db.session.flush()
    row.life.born(row, by=by)
    persistence.commit(duplicates={"uq_organisation_status_current": known})
    return row


def verify_status(
    row: OrganisationStatus, checked: str, *, by: Reader | None, seen: int
) -> None:
    """核对通过: it counts from its first to its last day.

    Raises NotAllowed, NotNow, Stale; Invalid without a source.
    """
    require(by, "statuses.verify", row)
    _begin(row, "verify", by, seen)
    if checked not in CHECKED_AGAINST:
        message = "选核对了什么。"
        raise Invalid(message, problems={"checked": [message]})
    row.checked = checked
    # With what it was compared with, so that History says how it came to count.
    _decide(row, "verify", by=by, note=checked)


def refuse_status(
    row: OrganisationStatus, note: str, *, by: Reader | None, seen: int
) -> None:
    """不通过, with the reason, which its people read. Raises NotAllowed, NotNow, Stale, Invalid."""
    require(by, "statuses.verify", row)
    _end(row, "refuse", note, by, seen)


def revoke_status(
    row: OrganisationStatus, note: str, *, by: Reader | None, seen: int
) -> None:
    """作废: it counts no more, as where it was withdrawn by who gave it. Raises as `refuse_status`."""
    require(by, "statuses.verify", row)
    _end(row, "revoke", note, by, seen)


def withdraw_status(row: OrganisationStatus, *, by: Reader | None, seen: int) -> None:
    """撤回, before anybody has checked it. Raises NotAllowed, NotNow, Stale."""
    require(by, "statuses.propose", row)
    _begin(row, "withdraw", by, seen)
    # Nobody is notified: who withdraws is one of those who would be.
    row.life.move(row, "withdraw", by=by)
    row.decided_at, row.decided_by_id = now(), reader_id(by)
    persistence.commit()


def _end(
    row: OrganisationStatus, deed: str, note: str, by: Reader | None, seen: int
) -> None:
    _begin(row, deed, by, seen)
    row.note = checked_text("note", note, MAX_NOTE, missing=WHY)
    _decide(row, deed, by=by, note=row.note)


def _begin(row: OrganisationStatus, deed: str, by: Reader | None, seen: int) -> None:
    persistence.hold_row(row)
    # State before revision: what is not possible any more is the better answer than look again.
    row.life.permits(row, deed, by)
    if row.revision != seen:
        raise Stale(*persistence.CHANGED_MEANWHILE)


def _decide(
    row: OrganisationStatus, deed: str, *, by: Reader | None, note: str
) -> None:
    row.life.move(row, deed, by=by, note=note)
    row.decided_at, row.decided_by_id = now(), reader_id(by)
    announcements.announce_decision(row)
    persistence.commit()
