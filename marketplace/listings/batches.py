"""One decision of a desk or the operators on several listings: what was ticked, and what would become of each.

Nothing is written here: `batch_deeds.py` does it, row by row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from marketplace import contributions
from marketplace.errors import Invalid, MarketError, NotFound
from marketplace.extensions import db
from marketplace.listings import changes_waiting, queries, readiness, review_claims
from marketplace.listings.models import Achievement, Demand
from marketplace.listings.review_deeds import (
    OTHERS,
    OWN_LISTING,
    Station,
    checked_scores,
    checked_todos,
    holder_problems,
    may_pass,
)
from marketplace.listings.review_models import (
    CRITERIA,
    MAX_SCORE,
    ReviewBatch,
    Scores,
)
from marketplace.listings.schema import SCHEMAS
from marketplace.listings.ticks import MAX_TICKS, Ticked, read_ticks
from marketplace.permissions import Reader, require
from marketplace.persistence import find_row

Row = Achievement | Demand
DECISIONS = {"pass": "通过", "return": "退回", "reject": "不予通过"}
# Which states wait at a station; a published listing waits by its change.
WAITING: Mapping[str, tuple[str, ...]] = {
    "desk": ("at_desk",),
    "operator": ("submitted", "in_review"),
}
_SCORE = re.compile(rf"[0-{MAX_SCORE}]", re.ASCII)


@dataclass(frozen=True)
class Order:
    """What was decided on the ticked listings.

    Attributes:
        station: whose decision it is.
        decision: a key of `DECISIONS`.
        ticked: the listings.
        note: the reason or comment for all.
        todos: field → what is to be done there, in every listing that has the field.
        each: whether each listing has a score of its own.
        scores: criterion → digit for all; empty where nothing was chosen.
        own_scores: place among the ticked → criterion → digit.
        own_notes: place → comment.
    """

    station: Station
    decision: str
    ticked: tuple[Ticked, ...]
    note: str = ""
    todos: Mapping[str, str] = field(default_factory=dict)
    each: bool = False
    scores: Mapping[str, str] = field(default_factory=dict)
    own_scores: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    own_notes: Mapping[int, str] = field(default_factory=dict)

    @property
    def is_scored(self) -> bool:
        """Whether it takes a score: only operators score, and only what they let through."""
        return self.station == "operator" and self.decision == "pass"

    def note_of(self, place: int) -> str:
        """The comment on one listing: its own, else that for all."""
        return self.own_notes.get(place, "").strip() or self.note

    def scores_of(self, place: int) -> Scores | None:
        """The score of one listing.

        Returns:
            None where the batch takes none.

        Raises:
            Invalid: a criterion has none, by name.
        """
        if not self.is_scored:
            return None
        # In a batch with scores of their own none falls back on the score for all: nobody scored it.
        typed = self.own_scores.get(place, {}) if self.each else self.scores
        missing = []
        values = {}
        for code, (name, _) in CRITERIA.items():
            digit = typed.get(code, "")
            if _SCORE.fullmatch(digit):
                values[code] = int(digit)
            else:
                missing.append(name)
        if missing:
            raise Invalid(f"没有打分：{'、'.join(missing)}。")
        return Scores(**values)

    def todos_of(self, kind: str) -> dict[str, str]:
        """What is to be done in the fields that a kind of listings has."""
        schema = SCHEMAS[kind]
        return {name: text for name, text in self.todos.items() if name in schema}


@dataclass(frozen=True)
class Foreseen:
    """What would become of one listing.

    Attributes:
        place: its place among the ticked, from 0.
        ticked: which.
        row: the listing; None where the reader may not know of it.
        trouble: why it would not be done; empty where all is well.
    """

    place: int
    ticked: Ticked
    row: Row | None
    trouble: str = ""


def read_ticked(values: Iterable[str]) -> list[Ticked]:
    """The listings that a form names, each once.

    Raises:
        Invalid: none, or too many; nothing is cut off in silence.
    """
    ticked = read_ticks(values)
    if not ticked:
        raise Invalid("没有勾选要处理的条目。", "回到列表，先勾选，再选要做的事。")
    if len(ticked) > MAX_TICKS:
        raise Invalid(
            f"一次最多 {MAX_TICKS} 条，现在勾了 {len(ticked)} 条。", "请分几次处理。"
        )
    return ticked


def foresee(order: Order, *, by: Reader, scored: bool = True) -> list[Foreseen]:
    """What would become of each listing, without doing anything.

    Args:
        order: what was decided.
        by: who decides.
        scored: whether scores and reasons are looked at; not before anybody could fill them in.
    """
    foreseen = []
    for place, ticked in enumerate(order.ticked):
        row = None
        trouble = ""
        try:
            row = queries.get_visible(ticked.kind, ticked.listing_id, by=by)
            check_row(order, row, ticked, by=by)
            if scored:
                check_words(order, row, place, by=by)
        # One text for what is missing and what is hidden: a ticked number must not be a probe.
        except NotFound:
            trouble = "没有找到，或您看不到它。"
        except MarketError as error:
            trouble = trouble_words(error)
        foreseen.append(Foreseen(place, ticked, row, trouble))
    return foreseen


def check_row(order: Order, row: Row, ticked: Ticked, *, by: Reader) -> None:
    """Refuse a listing that cannot be decided on in a batch. Raises Invalid with the reason."""
    deed = "listing.desk_review" if order.station == "desk" else "listing.review"
    require(by, deed, row)
    change = changes_waiting.waiting_change(row, order.station)
    if change is None and row.state not in WAITING[order.station]:
        raise Invalid(f"现在的状态是「{row.state_name}」，不在等您审核。")
    if row.revision != ticked.seen:
        raise Invalid("您勾选以后它被改过，请打开看过再决定。")
    # A hint and no lock, but in a batch nobody sees that a colleague is reading it.
    others = review_claims.other_readers(row, by)
    if others:
        names = "、".join(person.name for person in others)
        raise Invalid(f"{names} 正打开着这一条，请单独处理。")
    # To return or refuse it needs no fitness and no other pair of eyes.
    if order.decision != "pass":
        return
    # Here as well as in the deed, so that the confirmation names it before anything is done.
    if not may_pass(row, by, order.station, change=change):
        raise Invalid(f"{OWN_LISTING}{OTHERS[order.station]}")
    judged = changes_waiting.with_change(row, change)
    problems = readiness.publication_problems(judged)
    # Of a change the firm was verified when its listing became public.
    if order.station == "operator" and change is None:
        problems |= holder_problems(row)
    # As the deed looks at it: another room may have something against it.
    deed = "submit" if order.station == "desk" else "approve"
    problems |= contributions.publication_blocks(judged, deed)
    if problems:
        raise Invalid("内容还不齐，可以退回。", problems=problems)


def check_words(order: Order, row: Row, place: int, *, by: Reader) -> None:
    """Refuse a listing whose score or reason does not do. Raises Invalid."""
    if order.decision == "pass":
        scores = order.scores_of(place)
        if scores is not None:
            checked_scores(scores, order.note_of(place), by=by)
    elif order.decision == "return":
        # What the return asks of a field that this kind lacks is left out before it is checked.
        checked_todos(row, order.note_of(place), order.todos_of(row.kind))
    else:
        checked_todos(row, order.note_of(place), None)


def trouble_words(error: MarketError) -> str:
    """Why a listing was refused, in a line."""
    words = [error.message]
    if isinstance(error, Invalid):
        for texts in error.problems.values():
            words += texts
    return " ".join(dict.fromkeys(word for word in words if word))


def find_batch(number: int, station: Station, *, by: Reader) -> ReviewBatch:
    """A batch that somebody has decided. Raises NotFound: there is none of theirs."""
    batch = find_row(ReviewBatch, number)
    if batch is None or batch.by_id != by.id or batch.station != station:
        raise NotFound("没有找到这一批。", "请从待审核的列表进入。")
    return batch


def batch_of_form(form: str, *, by: Reader) -> ReviewBatch | None:
    """The batch that a form began already."""
    query = db.select(ReviewBatch).where(
        ReviewBatch.by_id == by.id, ReviewBatch.form == form
    )
    batch: ReviewBatch | None = db.session.scalar(query)
    return batch
