"""What people supply so that their organisation or certificate is verified. Only this file of the room commits."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.errors import Invalid, Stale
from marketplace.files.deeds import Taken
from marketplace.files.taking import add_file
from marketplace.organisations.deeds import draft_answer
from marketplace.organisations.models import Organisation
from marketplace.permissions import require
from marketplace.profiles.deeds import commit_profile, draft_broker
from marketplace.profiles.models import BrokerProfile
from marketplace.profiles.writing import BrokerValues
from marketplace.typed_texts import LEAST, checked_text
from marketplace.verification import announcements, queries

MAX_NOTE = 500
NOTHING_TO_CHECK = "没有等核对的证书，不用传文件：先填写证书，或改成新的证书。"
NO_REASON = f"写明事实和理由，{LEAST}–{MAX_NOTE} 字。"
MISSING = f"写明补充了什么，{LEAST}–{MAX_NOTE} 字。"


def answer_question(
    organisation: Organisation,
    note: str,
    files: Sequence[Taken],
    *,
    by: Person,
    seen: int,
) -> None:
    """补充核验材料, or 申诉 of a suspended one: it waits for the operators again, with their whole period.

    Args:
        organisation: not verified, and its people may supply something before they are asked too; or suspended.
        note: what is supplied.
        files: what `look_at` gave, each of another content.
        by: who looks after its people.
        seen: the revision that was on the page: of two presses the second is refused.

    Raises:
        NotAllowed, NotNow, Stale.
        Invalid: nothing was written, or there are too many files.
        CannotSave: the disk is full.
    """
    require(by, "verification.answer", organisation)
    # No row of the page is compared before: looking at the files took a while.
    persistence.hold_row(organisation)
    if organisation.revision != seen:
        raise Stale(*persistence.CHANGED_MEANWHILE)
    missing = MISSING if organisation.state == "unverified" else NO_REASON
    note = checked_text("note", note, MAX_NOTE, missing=missing)
    # One that nobody asked supplies something by itself.
    question = None
    if organisation.is_asked or organisation.state == "suspended":
        question = queries.last_question(organisation)
    answer = draft_answer(organisation, note, by=by)
    for taken in files:
        add_file(queries.ANSWER, answer.id, taken, shared=True, by=by)
    # Who has left the operators since is not notified: the tray shows it to the others.
    asked_by = persistence.find_row(Person, (question and question.by_id) or 0)
    if asked_by is not None and asked_by.active and "operator" in asked_by.role_names:
        announcements.announce_answer(organisation, answer, asked_by)
    persistence.commit()


def supply_certificate(
    values: BrokerValues, files: Sequence[Taken], *, reply: str, seen: int, by: Person
) -> BrokerProfile:
    """保存: what a broker says of themselves, with files of the certificate that is to be checked.

    Args:
        values, reply, seen, by: as for `draft_broker`.
        files: what `look_at` gave, each of another content.

    Raises:
        NotAllowed, Stale.
        Invalid: something is missing, too long or unknown; no certificate waits that the files could show.
        CannotSave: the disk is full.
    """
    profile, saved = draft_broker(values, reply=reply, seen=seen, by=by)
    # A scan of what nobody compares is a copy of a paper too much.
    if files and profile.state != "waiting":
        raise Invalid(NOTHING_TO_CHECK, problems={"files": [NOTHING_TO_CHECK]})
    for taken in files:
        add_file(queries.CERTIFICATE, saved.id, taken, shared=True, by=by)
    commit_profile()
    return profile
