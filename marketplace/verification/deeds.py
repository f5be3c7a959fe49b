"""What the people of an organisation do for its verification. The only file of this room that commits."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.errors import Stale
from marketplace.files.deeds import Taken
from marketplace.files.taking import add_file
from marketplace.organisations.deeds import draft_answer
from marketplace.organisations.models import Organisation
from marketplace.permissions import require
from marketplace.typed_texts import LEAST, checked_text
from marketplace.verification import announcements, queries

MAX_NOTE = 500
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
