"""Storing what is typed into the form of a listing while it is typed, and forgetting it once it has been saved.

Each of them commits. The listing itself is written in `deeds.py`; pages and forms are in `pages/writing.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import chain
from typing import Any

from sqlalchemy import bindparam, func

from marketplace import persistence
from marketplace.clock import now
from marketplace.counting import Count
from marketplace.errors import Invalid, NotFound, Stale
from marketplace.extensions import db
from marketplace.listings.models import Achievement, Demand
from marketplace.listings.unsaved_models import UnsavedForm
from marketplace.parsing.secrecy import REFUSAL, secret_mark
from marketplace.permissions import Reader

Pairs = Sequence[tuple[str, str]]
# Of one person: forms that were opened, typed in and forgotten are given up from the oldest on.
MAX_UNSAVED = 30
MAX_SIGNS = 200_000  # of one form: every text of it at its longest is far below
ELSEWHERE = (
    "这张表在另一个窗口或另一台电脑上又写过。",
    "两份都在：对照以后逐项选用，再保存。",
)


def find_unsaved(person: Reader, kind: str, place: str) -> UnsavedForm | None:
    """What a person has typed into one form and not saved; None where there is nothing."""
    # One form of one person: what colleagues type into the same listing is theirs.
    query = db.select(UnsavedForm).filter_by(
        person_id=person.id, kind=kind, place=place
    )
    row: UnsavedForm | None = db.session.scalar(query)
    return row


def list_all(person: Reader) -> list[UnsavedForm]:
    """All that a person has typed and not saved, latest first."""
    query = db.select(UnsavedForm).where(UnsavedForm.person_id == person.id)
    return list(db.session.scalars(query.order_by(UnsavedForm.updated_at.desc())))


def list_new(person: Reader, kind: str = "") -> list[UnsavedForm]:
    """What a person has begun of which no listing has been made yet, latest first."""
    rows = [row for row in list_all(person) if row.is_new]
    return [row for row in rows if kind in ("", row.kind)]


def count_new(person: Reader) -> Count:
    """How many of them there are."""
    return Count(_count_query(), {"person_id": person.id})


@cache
def _count_query() -> Any:
    """Built once: the header of every page asks, and building took longer than counting."""
    # A mark of a form has a hyphen; a number has none.
    is_new = UnsavedForm.place.contains("-")
    query = db.select(func.count()).select_from(UnsavedForm)
    return query.where(UnsavedForm.person_id == bindparam("person_id"), is_new)


def store_typed(
    person: Reader,
    kind: str,
    place: str,
    typed: Mapping[str, Pairs],
    *,
    seen: int,
    listing_seen: int = 0,
) -> UnsavedForm:
    """Store what is typed now. Commits.

    Args:
        person: who types.
        kind: kind of the listing.
        place: its number, or the mark of a new form.
        typed: step → what its controls would send; steps that are not named stay.
        seen: the revision of what was stored when the page was shown; 0 for nothing.
        listing_seen: the revision of the listing that the page shows; 0 for a new one.

    Raises:
        Stale: another window has stored something since.
        Invalid: it bears the mark of a state secret, or is longer than any form.
    """
    # Even what is only typed lies in the database, so a mark of a state secret is refused before it does.
    _refuse_unfit(typed)
    # Lists, since JSON has no tuples: what is read back compares equal to what was written.
    fields = {step: list(map(list, pairs)) for step, pairs in typed.items()}
    row = find_unsaved(person, kind, place)
    if row is None:
        # What was stored has been saved or dropped meanwhile, so this page is behind.
        if seen:
            raise Stale(*ELSEWHERE)
        return _store_first(person, kind, place, fields, listing_seen)
    # Step by step: a page sends the step it shows and must not empty the others.
    merged = {**row.fields, **fields}
    # In the statement: two windows may have read the same revision.
    statement = (
        db.update(UnsavedForm)
        .where(UnsavedForm.id == row.id, UnsavedForm.revision == seen)
        .values(fields=merged, revision=seen + 1, updated_at=now())
        .execution_options(synchronize_session=False)
    )
    if not persistence.count_changed(statement):
        raise Stale(*ELSEWHERE)
    persistence.commit()
    # The statement went past the session, whose copy would still have the old revision.
    db.session.refresh(row)
    return row


def _store_first(
    person: Reader,
    kind: str,
    place: str,
    fields: dict[str, list[list[str]]],
    listing_seen: int,
) -> UnsavedForm:
    _make_room(person)
    row = UnsavedForm(
        person_id=person.id,
        kind=kind,
        place=place,
        fields=fields,
        revision=1,
        seen=listing_seen,
        updated_at=now(),
    )
    db.session.add(row)
    # The first words of two windows may come at one moment.
    persistence.commit(duplicates={"uq_unsaved_form_place": Stale(*ELSEWHERE)})
    return row


def _make_room(person: Reader) -> None:
    """Forget the oldest forms of a person beyond what one may have (no commit)."""
    oldest = (
        db.select(UnsavedForm.id)
        .where(UnsavedForm.person_id == person.id)
        .order_by(UnsavedForm.updated_at.desc(), UnsavedForm.id.desc())
        .offset(MAX_UNSAVED - 1)
    )
    numbers = list(db.session.scalars(oldest))
    if numbers:
        db.session.execute(
            db.delete(UnsavedForm)
            .where(UnsavedForm.id.in_(numbers))
            .execution_options(synchronize_session=False)
        )


def _refuse_unfit(typed: Mapping[str, Pairs]) -> None:
    texts = [value for _, value in chain.from_iterable(typed.values())]
    if any(map(secret_mark, texts)):
        raise Invalid("没有保存：有国家秘密的标志。", REFUSAL)
    if sum(map(len, texts)) > MAX_SIGNS:
        raise Invalid(
            "写得太长，没有保存。", "请删去一部分，或把材料作为附件另外提供。"
        )


def forget_steps(
    person: Reader, kind: str, place: str, steps: Iterable[str] = ()
) -> None:
    """Forget what has been saved or thrown away. Commits.

    Args:
        steps: the steps that were saved; empty: all of it.
    """
    row = find_unsaved(person, kind, place)
    if row is None:
        return
    gone = set(steps)
    left = {step: pairs for step, pairs in row.fields.items() if step not in gone}
    if not gone or not left:
        db.session.delete(row)
    else:
        row.fields = left
        row.revision += 1
        # Retention counts from here, so that what is left has its full time again.
        row.updated_at = now()
    persistence.commit()


def move_to_listing(
    person: Reader, mark: str, row: Achievement | Demand, saved_steps: Iterable[str]
) -> None:
    """What a new form held of other steps belongs to the listing that was made of it. Commits."""
    unsaved = find_unsaved(person, row.kind, mark)
    if unsaved is None:
        return
    gone = set(saved_steps)
    left = {step: pairs for step, pairs in unsaved.fields.items() if step not in gone}
    if left:
        unsaved.fields = left
        # The number takes the place of the mark, so that the form of the listing finds what is left.
        unsaved.place = str(row.id)
        # What is left was typed over the listing as it was saved just now; an older number would report a conflict.
        unsaved.seen = row.revision
        unsaved.revision += 1
    else:
        db.session.delete(unsaved)
    persistence.commit()


def drop_new(person: Reader, number: int) -> UnsavedForm:
    """删除: throw away what was begun; what it was. Commits.

    Raises:
        NotFound: it is somebody else's, or saved by now.
    """
    row = persistence.find_row(UnsavedForm, number)
    # One answer for both: whether a number is somebody else's is not to be found out.
    if row is None or row.person_id != person.id:
        raise NotFound("没有这份写到一半的内容。", "它可能已经保存，或已经删除。")
    db.session.delete(row)
    persistence.commit()
    return row


def forget_person(person_id: int) -> None:
    """Throw away all that somebody typed who closes their account (no commit)."""
    db.session.execute(
        db.delete(UnsavedForm)
        .where(UnsavedForm.person_id == person_id)
        .execution_options(synchronize_session=False)
    )


def remove_unsaved(before: datetime) -> int:
    """Remove what was typed before a moment; how many forms there were (no commit)."""
    return persistence.count_changed(
        db.delete(UnsavedForm).where(UnsavedForm.updated_at < before)
    )
