"""What is read of verdicts: those on one list, one's own, why firms declined an achievement, the newest measurement.

Nothing is written here. What verdicts say of pairs is worked out in `judgements.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, false, func
from sqlalchemy.orm import joinedload

from marketplace.accounts.models import Person
from marketplace.counting import as_count
from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.lifecycle import History
from marketplace.listings.models import Achievement, Demand, Row
from marketplace.permissions import Reader, may, require
from marketplace.verdicts.grading import obstacle_of
from marketplace.verdicts.judgements import resolve_verdicts
from marketplace.verdicts.models import (
    DEMAND_REASONS,
    REASONS,
    GradeModel,
    Measurement,
    Verdict,
)

# So many firms must have declined an achievement before its owner is told why: with fewer a firm could be guessed.
MIN_FIRMS = 3


@dataclass(frozen=True)
class ListVerdicts:
    """The verdicts on a listing's matches, as one reader may use them.

    Attributes:
        settled: offered id → the verdict by which it is no longer to be judged: the reader's own or the owner's
            people's, interested ones first, the newest first.
        opinions: offered id → what others (brokers, operators) think of what is still to be judged.
        levels: offered id → relevance level 1–4, of every judged pair.
    """

    settled: Mapping[int, Verdict] = field(default_factory=dict)
    opinions: Mapping[int, Verdict] = field(default_factory=dict)
    levels: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class DeclineReasons:
    """Why firms declined an achievement.

    Attributes:
        achievement: the row.
        firms: how many firms did.
        reasons: (reason in Chinese, how many of them gave it), most first.
    """

    achievement: Achievement
    firms: int
    reasons: tuple[tuple[str, int], ...]


def verdicts_on(subject: Row, *, by: Reader | None) -> ListVerdicts:
    """The verdicts on a listing's matches; none for readers who may not know of them, nor for the site itself."""
    if by is None or not may(by, "verdict.read", subject):
        return ListVerdicts()
    pairs: dict[int, list[Verdict]] = {}
    # Oldest change first, so that the last of each pair is the newest.
    for row in _current_verdicts(subject):
        pairs.setdefault(row.offered_id, []).append(row)
    settled = {}
    opinions = {}
    levels = {}
    for offered_id, rows in pairs.items():
        decided = _settling_verdict(rows, by)
        if decided is None:
            opinions[offered_id] = resolve_verdicts(rows)
        else:
            settled[offered_id] = decided
        # Of every judged pair, settled or not: all of them teach the order of the rest.
        levels[offered_id] = resolve_verdicts(rows).relevance_level

    def interested_and_new(offered_id: int) -> tuple[bool, float, int]:
        verdict = settled[offered_id]
        # False sorts before True: the interested come first.
        refused = verdict.state != "interested"
        return refused, -verdict.changed_at.timestamp(), offered_id

    order = sorted(settled, key=interested_and_new)
    return ListVerdicts({i: settled[i] for i in order}, opinions, levels)


def own_verdict(
    subject: Row, offered_id: int, *, by: Reader | None, retracted: bool = False
) -> Verdict | None:
    """What this person thinks of a pair.

    Args:
        subject: the listing on whose matches the verdict was given.
        offered_id: the other listing.
        by: the person; a guest and the site itself have none.
        retracted: whether one that was taken back counts too.
    """
    if by is None or by.id is None:
        return None
    demand_id, achievement_id = pair_ids(subject, offered_id)
    query = db.select(Verdict).where(
        Verdict.side == subject.kind,
        Verdict.demand_id == demand_id,
        Verdict.achievement_id == achievement_id,
        Verdict.by_id == by.id,
    )
    row: Verdict | None = db.session.scalar(query)
    # One that was taken back stays as a row, so that there is one per person and pair, with one history.
    if row is None or (row.state == "open" and not retracted):
        return None
    return row


def pair_ids(subject: Row, offered_id: int) -> tuple[int, int]:
    """The ids of a pair's demand and achievement, whichever of both the list belongs to."""
    if isinstance(subject, Demand):
        return subject.id, offered_id
    return offered_id, subject.id


def decline_reasons(
    achievement: Achievement, *, by: Reader | None
) -> DeclineReasons | None:
    """Why firms declined an achievement; None while fewer than MIN_FIRMS firms did.

    What is added up are firms, not verdicts, so that three colleagues do not unveil their own firm; notes are never
    passed on. Each firm counts once for each of its reasons.

    Raises:
        NotAllowed: `by` is neither of the owner's people nor an operator.
    """
    require(by, "verdict.read_reasons", achievement)
    reasons = _decline_reasons([achievement])
    return reasons[0] if reasons else None


def feedback(*, by: Reader | None) -> list[DeclineReasons]:
    """What `decline_reasons` gives for every achievement of the reader's organisations, newest listing first.

    Raises:
        NotAllowed: `by` has not signed in.
    """
    require(by, "mine.read")
    query = (
        db.select(Achievement)
        .where(_own_achievements(by))
        .order_by(Achievement.id.desc())
    )
    return _decline_reasons(db.session.scalars(query))


def _own_achievements(by: Reader | None) -> ColumnElement[bool]:
    """Filter: those of the reader's desk; of the site itself none."""
    return false() if by is None else Achievement.looked_after_by(by)


def newest_measurement(*, by: Reader | None) -> Measurement | None:
    """The newest measurement of how good matching is.

    Raises:
        NotAllowed: `by` is no operator.
    """
    require(by, "quality.read")
    query = db.select(Measurement).order_by(Measurement.id.desc()).limit(1)
    newest: Measurement | None = db.session.scalar(query)
    return newest


@dataclass(frozen=True)
class GradeExample:
    """A pair whose grade a model would change; both grades are codes, "" for none."""

    demand: Demand
    achievement: Achievement
    before: str
    after: str


def grade_model(model_id: int, *, by: Reader | None) -> GradeModel:
    """A grade model by its number.

    Raises:
        NotAllowed: `by` is no operator.
        NotFound: there is none.
    """
    require(by, "quality.decide")
    row: GradeModel | None = db.session.get(GradeModel, model_id)
    if row is None:
        raise NotFound("没有这个档位模型。", "请回到「匹配质量」看现在的。")
    return row


def grade_candidate(*, by: Reader | None) -> GradeModel | None:
    """The model that waits for a decision.

    Raises:
        NotAllowed: `by` is no operator.
    """
    require(by, "quality.read")
    query = db.select(GradeModel).where(GradeModel.state == "candidate")
    row: GradeModel | None = db.session.scalar(query)
    return row


@as_count()
def candidate_count() -> Any:
    """How many wait for a decision."""
    return db.select(func.count()).where(GradeModel.state == "candidate")


def former_grades(*, by: Reader | None) -> list[GradeModel]:
    """Models that were in force before, the last one first; only those that may be again.

    Raises:
        NotAllowed: `by` is no operator.
    """
    require(by, "quality.read")
    query = (
        db.select(GradeModel)
        .where(GradeModel.state == "former")
        .order_by(GradeModel.used_at.desc(), GradeModel.id.desc())
    )
    return [row for row in db.session.scalars(query) if not obstacle_of(row)]


def grade_moves(*, by: Reader | None, most: int = 10) -> list[tuple[History, str]]:
    """(what was done to a grade model, the name of who did it), newest first; what the site did by itself is left out.

    Raises:
        NotAllowed: `by` is no operator.
    """
    require(by, "quality.read")
    query = (
        # The join leaves out what the site did by itself, which has no person.
        db.select(History, Person.name)
        .join(Person, Person.id == History.by_id)
        .where(History.kind == GradeModel.kind)
        .order_by(History.id.desc())
        .limit(most)
    )
    return [(row, name) for row, name in db.session.execute(query)]


def grade_examples(row: GradeModel) -> list[GradeExample]:
    """The pairs of a model's effect that are still published and not confidential."""
    stored = row.effect.get("examples", ())
    demands = _public_rows(Demand, [one["demand"] for one in stored])
    achievements = _public_rows(Achievement, [one["achievement"] for one in stored])
    found = []
    for one in stored:
        demand = demands.get(one["demand"])
        achievement = achievements.get(one["achievement"])
        if demand is not None and achievement is not None:
            found.append(GradeExample(demand, achievement, one["before"], one["after"]))
    return found


def _public_rows(kind: type[Any], ids: list[int]) -> dict[int, Any]:
    """Id → row of those that everybody may find."""
    query = db.select(kind).where(
        kind.id.in_(ids), kind.findable_by(None), kind.visibility != "confidential"
    )
    return {row.id: row for row in db.session.scalars(query)}


def reason_names(side: str) -> dict[str, str]:
    """Code → name of the reasons, as they are worded on the list of a demand or of an achievement."""
    return REASONS if side == "demand" else DEMAND_REASONS


def _current_verdicts(subject: Row) -> list[Verdict]:
    """Every verdict on a listing's matches that was not taken back, oldest change first."""
    # A pair may be judged on both sides' lists; each list has its own verdicts.
    of_subject = Verdict.achievement_id == subject.id
    if isinstance(subject, Demand):
        of_subject = Verdict.demand_id == subject.id
    query = (
        db.select(Verdict)
        .where(Verdict.side == subject.kind, of_subject, Verdict.state != "open")
        .order_by(Verdict.changed_at, Verdict.id)
        .options(joinedload(Verdict.by))
    )
    return list(db.session.scalars(query))


def _settling_verdict(rows: list[Verdict], by: Reader) -> Verdict | None:
    """The verdict by which a pair is no longer to be judged by a reader; a grade leaves it open.

    Args:
        rows: the verdicts on the pair, oldest change first.
        by: the reader; their own verdict goes before those of the owner's people.
    """
    decided = [row for row in rows if row.by_id == by.id]
    if not decided:
        decided = [row for row in rows if row.by_role == "owner"]
    # A grade is a statement about the pair, no decision about it: the pair is still to be judged.
    if not decided or decided[-1].state == "graded":
        return None
    return decided[-1]


def _decline_reasons(achievements: Iterable[Achievement]) -> list[DeclineReasons]:
    rows = {row.id: row for row in achievements}
    # Of the owner's people only: brokers and operators judge for the market, not for a firm.
    query = (
        db.select(Verdict.achievement_id, Demand.organisation_id, Verdict.reason)
        .join(Demand, Demand.id == Verdict.demand_id)
        .where(
            # On the lists of demands, where a firm judges the achievement; on the others its owner judges the firm.
            Verdict.side == "demand",
            Verdict.by_role == "owner",
            Verdict.state == "unsuitable",
            Verdict.achievement_id.in_(rows),
        )
        .distinct()  # three colleagues with one reason are one firm
    )
    firms: dict[int, set[int]] = {}
    counts: dict[int, Counter[str]] = {}
    for achievement_id, firm_id, reason in db.session.execute(query):
        firms.setdefault(achievement_id, set()).add(firm_id)
        counts.setdefault(achievement_id, Counter())[reason] += 1
    results = []
    for achievement_id, row in rows.items():
        # Counted over all reasons: a firm that gave two is still one firm.
        declined_by = len(firms.get(achievement_id, ()))
        if declined_by >= MIN_FIRMS:
            reasons = _most_given_first(counts[achievement_id])
            results.append(DeclineReasons(row, declined_by, reasons))
    return results


def _most_given_first(counts: Counter[str]) -> tuple[tuple[str, int], ...]:
    """(reason in Chinese, firms); equal numbers in the order of REASONS."""
    order = list(REASONS)
    codes = sorted(counts, key=lambda code: (-counts[code], order.index(code)))
    return tuple((REASONS[code], counts[code]) for code in codes)
