"""Giving, changing and taking back a verdict, and what verdicts say: what stands apart, why things were passed.

The only file of this room that commits. Figures and grades learned from verdicts are worked out in `measuring.py`.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.exc import StaleDataError

from marketplace.errors import Invalid, NotFound, Stale
from marketplace.extensions import db
from marketplace.lifecycle import now
from marketplace.listings import rules as listings
from marketplace.listings.models import Achievement, Demand
from marketplace.permissions import may, organisations_of, require, roles_of
from marketplace.verdicts import measuring
from marketplace.verdicts.models import (
    LEVELS,
    LIFE,
    NOTE_LEAST,
    NOTE_MOST,
    REASONS,
    REASONS_OF_DEMANDS,
    GradeModel,
    Measurement,
    Place,
    Shown,
    Verdict,
    decisive,
)
from matching.judging import reordering as neighbours

Row: TypeAlias = Achievement | Demand

OFFERED = {"demand": "achievement", "achievement": "demand"}
LESSONS_LEAST = neighbours.MIN_VERDICTS
FIRMS_LEAST = (
    3  # so many firms must have passed an achievement before its owner is told why
)


@dataclass(frozen=True)
class Seat:
    """One row of a list: the listing, its revision, the score and grade it had, its position from 1."""

    offered_id: int
    revision: int
    score: float
    grade: str | None
    position: int


@dataclass(frozen=True)
class List:
    """A list of matches as somebody has it before him; see `models.Shown` for the fields."""

    side: str
    subject_id: int
    revision: int
    ranker: str
    seats: tuple[Seat, ...]
    generation: str = ""
    judged: int = 0
    surface: str = "matches"
    at: datetime = field(default_factory=now)


@dataclass(frozen=True)
class Judged:
    """The verdicts on a listing's matches, as one reader may use them.

    Attributes:
        apart: offered id → the verdict for which it no longer stands among what is to be judged: the owner's people's
            or the reader's own, the interested first, the newest first.
        beside: offered id → what others (brokers, operators) think of what still stands there.
        worths: offered id → level 1–4, of every judged pair; a grade counts before a verdict, the owner's verdict
            before others', the newer before the older.
    """

    apart: Mapping[int, Verdict] = field(default_factory=dict)
    beside: Mapping[int, Verdict] = field(default_factory=dict)
    worths: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Passed:
    """Why firms passed an achievement: how many firms did, and (reason, how many of them gave it), most first."""

    achievement: Achievement
    firms: int
    reasons: tuple[tuple[str, int], ...]


def ticket(shown: List, *, to: Any) -> str:
    """A list signed for the one person it is shown to: his verdict brings it back. Nothing is stored."""
    return _signer().dumps(
        [to.id, {**asdict(shown), "at": shown.at.replace(tzinfo=UTC).timestamp()}]
    )


def listed(text: str, *, by: Any) -> List:
    """The list of a ticket.

    Raises:
        Stale: the ticket is damaged, another person's, or of an older form.
    """
    try:
        to_id, values = _signer().loads(text)
        at = datetime.fromtimestamp(values.pop("at"), UTC).replace(tzinfo=None)
        shown = List(
            **values
            | {"at": at, "seats": tuple(Seat(**seat) for seat in values["seats"])}
        )
    except (BadData, ValueError, TypeError, KeyError):
        raise _old() from None
    if to_id != by.id:
        raise _old()
    return shown


def like(subject: Row, offered_id: int, *, by: Any, shown: List) -> Verdict:
    """感兴趣.

    Args:
        subject: the listing on whose matches the verdict is given.
        offered_id: the listing judged, of the other kind.
        by: the signed-in person.
        shown: the list he had before him.

    Raises:
        NotAllowed: he is neither of the owner's people nor a broker or operator.
        NotFound: what he judges is no longer to be found.
        Stale: one of both has changed since, or it does not stand on that list.
    """
    return _give("like", subject, offered_id, by=by, shown=shown)


def decline(
    subject: Row, offered_id: int, *, reason: str, note: str = "", by: Any, shown: List
) -> Verdict:
    """不合适, with a reason of `models.REASONS`; `other` needs a note. Raises as `like`, and Invalid."""
    problems = {}
    if reason not in REASONS:
        problems["reason"] = ["选一个原因。"]
    note = _note(note, problems, required=reason == "other")
    if problems:
        raise Invalid("还没有记下，有一处要补。", problems=problems)
    return _give(
        "decline", subject, offered_id, by=by, shown=shown, reason=reason, note=note
    )


def grade(
    subject: Row, offered_id: int, *, level: int | None, note: str, by: Any, shown: List
) -> Verdict:
    """评定: a broker's or operator's own level, 1–4, with a note. It stands beside the machine's score.

    Raises as `like`, and Invalid.
    """
    require(by, "verdict.grade", subject)
    problems = {}
    if level not in LEVELS:
        problems["level"] = ["选一个级别。"]
    note = _note(note, problems, required=True)
    if problems:
        raise Invalid("还没有记下，有一处要补。", problems=problems)
    return _give(
        "grade", subject, offered_id, by=by, shown=shown, level=level, note=note
    )


def retract(subject: Row, offered_id: int, *, by: Any) -> Verdict:
    """收回: take one's own verdict back; its history stays.

    Raises:
        NotAllowed, NotFound (he has given none), NotNow (it is taken back already).
    """
    require(by, "verdict.give", subject)
    row = _own(subject, offered_id, by)
    if row is None:
        raise NotFound(
            "没有找到您的这条评价。", "它可能已经收回。可以回到匹配列表看看。"
        )
    _move(row, "retract", by=by)
    _commit()
    return row


def judged(subject: Row, *, by: Any) -> Judged:
    """The verdicts on a listing's matches; none for readers who may not know of them, nor for the site itself."""
    if by is None or not may(by, "verdict.read", subject):
        return Judged()
    pairs: dict[int, list[Verdict]] = {}
    for row in _of(subject):
        pairs.setdefault(row.offered_id, []).append(row)
    apart, beside = {}, {}
    for offered_id, rows in pairs.items():
        own = [row for row in rows if row.by_id == by.id] or [
            row for row in rows if row.by_role == "owner"
        ]
        if own and own[-1].state != "graded":
            apart[offered_id] = own[-1]
        else:
            beside[offered_id] = decisive(rows)
    order = sorted(
        apart,
        key=lambda i: (
            apart[i].state != "interested",
            -apart[i].changed_at.timestamp(),
            i,
        ),
    )
    return Judged(
        apart={i: apart[i] for i in order},
        beside=beside,
        worths={offered_id: decisive(rows).worth for offered_id, rows in pairs.items()},
    )


def own_verdict(subject: Row, offered_id: int, *, by: Any) -> Verdict | None:
    """What this person thinks of a pair, if he has said so and not taken it back."""
    row = _own(subject, offered_id, by)
    return row if row is not None and row.state != "open" else None


def passed(achievement: Achievement, *, by: Any) -> Passed | None:
    """Why firms passed an achievement; None while fewer than FIRMS_LEAST firms did.

    What is added up are firms, not verdicts, so that three colleagues do not unveil their own firm; notes are never
    told. Each firm gives each of its reasons once.

    Raises:
        NotAllowed: `by` is neither of the owner's people nor an operator.
    """
    require(by, "verdict.read_reasons", achievement)
    return next(iter(_passed([achievement])), None)


def feedback(*, by: Any) -> list[Passed]:
    """What `passed` tells of every achievement of the reader's organisations, newest listing first."""
    require(by, "mine.read")
    own = db.select(Achievement).where(
        Achievement.organisation_id.in_(organisations_of(by))
    )
    return _passed(db.session.scalars(own.order_by(Achievement.id.desc())))


def calibrate(*, by: Any) -> GradeModel:
    """Learn the grades from all verdicts; they come into force where they did better than the fixed cut points.

    Raises:
        NotAllowed.
        matching.judging.quality.TooFew: fewer than 50 demand texts were judged.
    """
    require(by, "quality.read")
    learned = measuring.learn()
    row = GradeModel(
        ranker=measuring.ranker(),
        demands=learned.demands_,
        verdicts=learned.pairs_,
        parameters=learned.to_json(),
        better=learned.is_better,
    )
    db.session.add(row)
    _commit()
    return row


def taught() -> bool:
    """Whether the newest grade model of the present ranking knows every verdict, or there are none."""
    known = db.session.scalar(
        db.select(db.func.max(GradeModel.at)).where(
            GradeModel.ranker == measuring.ranker()
        )
    )
    newest = db.session.scalar(db.select(db.func.max(Verdict.changed_at)))
    return newest is None or (known is not None and newest <= known)


def measure(*, by: Any) -> Measurement:
    """Measure how good matching is today and keep it for the operators' page. Raises NotAllowed."""
    require(by, "quality.read")
    row = Measurement(ranker=measuring.ranker(), figures=measuring.figures())
    db.session.add(row)
    _commit()
    return row


def measured(*, by: Any) -> Measurement | None:
    """The newest measurement. Raises NotAllowed."""
    require(by, "quality.read")
    return db.session.scalar(
        db.select(Measurement).order_by(Measurement.id.desc()).limit(1)
    )


def reasons(side: str) -> dict[str, str]:
    """Code → name of the reasons, as they read on the list of a demand or of an achievement."""
    return REASONS if side == "demand" else REASONS_OF_DEMANDS


def _passed(achievements: Iterable[Achievement]) -> list[Passed]:
    rows = {row.id: row for row in achievements}
    query = (
        db.select(Verdict.achievement_id, Demand.organisation_id, Verdict.reason)
        .join(Demand, Demand.id == Verdict.demand_id)
        .where(
            Verdict.side == "demand",
            Verdict.by_role == "owner",
            Verdict.state == "unsuitable",
            Verdict.achievement_id.in_(rows),
        )
        .distinct()
    )
    firms: dict[int, set[int]] = {}
    counts: dict[int, Counter[str]] = {}
    for achievement_id, firm, reason in db.session.execute(query):
        firms.setdefault(achievement_id, set()).add(firm)
        counts.setdefault(achievement_id, Counter())[reason] += 1
    order = list(REASONS)
    return [
        Passed(
            row,
            len(firms[i]),
            tuple(
                (REASONS[code], n)
                for code, n in sorted(
                    counts[i].items(), key=lambda c: (-c[1], order.index(c[0]))
                )
            ),
        )
        for i, row in rows.items()
        if len(firms.get(i, ())) >= FIRMS_LEAST
    ]


def _give(
    deed: str, subject: Row, offered_id: int, *, by: Any, shown: List, **said: Any
) -> Verdict:
    require(by, "verdict.give", subject)
    offered = listings.many(OFFERED[subject.kind], [offered_id], by=by).get(offered_id)
    if offered is None:
        raise NotFound(
            "这一条现在找不到了。", "它可能刚被撤回或过期。可以回到匹配列表看看。"
        )
    seat = next((seat for seat in shown.seats if seat.offered_id == offered_id), None)
    if (shown.side, shown.subject_id) != (subject.kind, subject.id) or seat is None:
        raise _old()
    if (shown.revision, seat.revision) != (subject.revision, offered.revision):
        raise Stale(
            "其中一条在您打开之后被改过。", "请重新打开匹配页面，看过新的内容再评价。"
        )
    row = _own(subject, offered_id, by)
    values = {"reason": None, "level": None, "note": "", **said}
    if row is None:
        demand, achievement = (
            (subject, offered) if isinstance(subject, Demand) else (offered, subject)
        )
        row = Verdict(
            side=subject.kind,
            demand_id=demand.id,
            achievement_id=achievement.id,
            by_id=by.id,
            by_role=_role(subject, by),
            score=seat.score,
            grade=seat.grade,
            shown=_kept(shown, by),
        )
        db.session.add(row)
        _flush()  # its History needs the id
    elif row.state == LIFE.moves[row.state, deed] and all(
        getattr(row, name) == v for name, v in values.items()
    ):
        return row  # pressed twice
    with db.session.no_autoflush:  # state, reason and level belong together
        row.shown, row.score, row.grade = _kept(shown, by), seat.score, seat.grade
        for name, value in values.items():
            setattr(row, name, value)
        _move(row, deed, by=by)
    _commit()
    return row


def _move(row: Verdict, deed: str, *, by: Any) -> None:
    if deed == "retract":
        row.reason, row.level, row.note = None, None, ""
    said = REASONS.get(row.reason or "") or LEVELS.get(row.level or 0, "")
    LIFE.move(row, deed, by=by, note="：".join(filter(None, (said, row.note))))


def _role(subject: Row, by: Any) -> str:
    """In which quality somebody judges: for his own firm first."""
    if subject.organisation_id in organisations_of(by):
        return "owner"
    return "operator" if "operator" in roles_of(by) else "broker"


def _own(subject: Row, offered_id: int, by: Any) -> Verdict | None:
    demand_id, achievement_id = (
        (subject.id, offered_id)
        if subject.kind == "demand"
        else (offered_id, subject.id)
    )
    query = db.select(Verdict).where(
        Verdict.side == subject.kind,
        Verdict.demand_id == demand_id,
        Verdict.achievement_id == achievement_id,
        Verdict.by_id == getattr(by, "id", None),
    )
    return db.session.scalar(query)


def _of(subject: Row) -> list[Verdict]:
    """Every standing verdict on a listing's matches, oldest change first."""
    column = Verdict.demand_id if subject.kind == "demand" else Verdict.achievement_id
    query = db.select(Verdict).where(
        Verdict.side == subject.kind, column == subject.id, Verdict.state != "open"
    )
    return list(
        db.session.scalars(
            query.order_by(Verdict.changed_at, Verdict.id).options(
                joinedload(Verdict.by)
            )
        )
    )


def _kept(shown: List, by: Any) -> Shown:
    """The list as a row: the one there is, or a new one."""
    content = json.dumps({**asdict(shown), "at": None}, sort_keys=True)
    digest = hashlib.sha256(content.encode()).hexdigest()
    row = db.session.scalar(
        db.select(Shown).where(Shown.to_id == by.id, Shown.digest == digest)
    )
    if row is None:
        values = {
            name: value for name, value in asdict(shown).items() if name != "seats"
        }
        row = Shown(
            **values,
            digest=digest,
            to_id=by.id,
            places=[Place(**asdict(seat)) for seat in shown.seats],
        )
        db.session.add(row)
    return row


def _note(note: str, problems: dict[str, list[str]], *, required: bool) -> str:
    note = note.replace("\r\n", "\n").strip()
    if len(note) > NOTE_MOST or (required and len(note) < NOTE_LEAST):
        problems["note"] = [
            f"写明情况，{NOTE_LEAST}–{NOTE_MOST} 个字。"
            if required
            else f"最多 {NOTE_MOST} 个字。"
        ]
    return note


def _old() -> Stale:
    return Stale(
        "这份列表已经不是最新的。", "请重新打开匹配页面，看过现在的内容再评价。"
    )


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="shown-list")


def _flush() -> None:
    """Give a new row its id; somebody may have been quicker."""
    try:
        db.session.flush()
    except (IntegrityError, OperationalError) as error:
        _refused(error)


def _commit() -> None:
    try:
        db.session.commit()
    except (StaleDataError, IntegrityError, OperationalError) as error:
        _refused(error)


def _refused(error: Exception) -> None:
    db.session.rollback()
    if isinstance(error, OperationalError) and "locked" not in str(error.orig):
        raise error
    raise Stale("同一时刻有别的操作在保存，这一次没有记上。", "请再点一次。") from None
