"""What verdicts teach: the order of what is left, the grade model, how good matching is and whom it shows.

Read from the database and the matchers; what is to be kept is committed in `rules.py`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any, TypeAlias

import structlog
from flask import current_app
from sqlalchemy.orm import joinedload

import matching
from marketplace.accounts.models import Organisation
from marketplace.dictionaries.models import Chain, District, names
from marketplace.extensions import db
from marketplace.listings import index as listing_index
from marketplace.listings import queries as listing_queries
from marketplace.listings.disclosure import common_view
from marketplace.listings.models import Achievement, Demand
from marketplace.verdicts.models import GradeModel, Verdict, decisive
from matching import calibration, facts, grades, quality
from matching import verdicts as neighbours
from matching.text import VERSION

log = structlog.get_logger(__name__)

Lesson: TypeAlias = tuple[matching.Document, int]  # what was judged, and its level 1–4
Grading: TypeAlias = Callable[
    [matching.Reasons, Sequence[facts.Fact]], grades.Grade | None
]

EXPOSED = 5  # first places of a list that count as being shown
TOGETHER = 50  # demands ranked at a time
NAMED = 10  # institutions told by name
CONSIDERED = 200  # of what is left, the best so many are put in order by verdicts


@dataclass(frozen=True)
class Force:
    """What grades pairs now.

    Attributes:
        grade: reasons and facts → grade.
        since: when the model came into force; None while the fixed cut points hold.
        demands, verdicts: what it was learned from.
        table: how its probabilities did on unseen texts: (from, to, pairs, said, found) of each fifth.
    """

    grade: Grading
    since: datetime | None = None
    demands: int = 0
    verdicts: int = 0
    table: tuple[tuple[float, float, int, float, float], ...] = ()


@dataclass(frozen=True)
class Pair:
    """A judged pair of a demand's list: both rows, the decisive verdict, and the demand's text as a key."""

    demand: Demand
    achievement: Achievement
    verdict: Verdict
    text: str


def ranker() -> str:
    """The version of the ranking: the words it reads and the weights of its parts."""
    weights = " ".join(
        f"{name}={value:g}" for name, value in sorted(vars(matching.Matcher()).items())
    )
    return f"{VERSION} {weights}"[:60]


def in_force() -> Force:
    """What grades pairs now: the newest model of the present ranking if it did better than the fixed cut points."""
    newest = (
        db.select(GradeModel)
        .where(GradeModel.ranker == ranker())
        .order_by(GradeModel.id.desc())
        .limit(1)
    )
    row = db.session.scalar(newest)
    learned = _learned(row.parameters) if row is not None and row.better else None
    if row is None or learned is None:
        return Force(fixed)
    table = tuple(tuple(band) for band in learned.figures_["table"])
    return Force(learned.grade, row.at, row.demands, row.verdicts, table)


def fixed(
    reasons: matching.Reasons, _facts: Sequence[facts.Fact]
) -> grades.Grade | None:
    """The grade by the fixed cut points, which ask for no facts."""
    return grades.grade(reasons.score, reasons)


def lessons(sought: str, worths: Mapping[int, int], *, by: Any) -> list[Lesson]:
    """What of a list's verdicts may put the rest in another order; empty where they are too few or refusals alone.

    Args:
        sought: kind of what was judged.
        worths: id → level 1–4, as `rules.Judged` has it.
        by: the reader; what he may no longer find teaches nothing.
    """
    if not neighbours.enough(list(worths.values())):
        return []
    rows = listing_queries.get_findable(sought, worths, by=by)
    found = [
        (listing_index.matching_document(common_view(rows[i])), worths[i])
        for i in sorted(rows)
    ]
    return found if neighbours.enough([level for _, level in found]) else []


def reordered(
    ranked: Sequence[matching.Match],
    taught: Sequence[Lesson],
    matcher: matching.Matcher,
) -> list[Any]:
    """Ranked matches in the order that verdicts on the same list suggest; scores stay what they are."""
    ids = [match.id for match in ranked]
    near = [matcher.score(document, ids) for document, _ in taught]
    similarities = [[float(one[place]) for one in near] for place in range(len(ids))]
    order = neighbours.reordered(
        [match.score for match in ranked], similarities, [level for _, level in taught]
    )
    return [ranked[place] for place in order]


def compared(demand: Demand, achievement: Achievement) -> list[facts.Fact]:
    """The facts of a pair as the public may know them, so that a grade is the same for everybody."""
    return facts.compare(public_document(demand), public_document(achievement))


def public_document(row: Achievement | Demand) -> matching.Document:
    """What every reader who may find a row may know: of a partly public one only field and stage with its text."""
    return listing_index.matching_document(common_view(row))


def pairs() -> list[Pair]:
    """Every pair judged on a demand's list, with the verdict that stands for it, in order of ids."""
    query = (
        db.select(Verdict)
        .where(Verdict.side == "demand", Verdict.state != "open")
        .order_by(Verdict.demand_id, Verdict.achievement_id, Verdict.id)
        .options(joinedload(Verdict.demand), joinedload(Verdict.achievement))
    )
    found: dict[tuple[int, int], list[Verdict]] = defaultdict(list)
    for row in db.session.scalars(query):
        found[row.demand_id, row.achievement_id].append(row)
    verdicts = [decisive(rows) for rows in found.values()]
    keys = {
        v.demand_id: calibration.text_key(
            listing_index.matching_document(common_view(v.demand))
        )
        for v in verdicts
    }
    return [Pair(v.demand, v.achievement, v, keys[v.demand_id]) for v in verdicts]


def learn() -> calibration.Calibration:
    """A grade model of all judged pairs, tested on demand texts it had not seen.

    Raises:
        matching.quality.TooFew: fewer than 50 demand texts were judged.
    """
    judged = pairs()
    if (texts := len({pair.text for pair in judged})) < calibration.LEAST:
        raise quality.TooFew(texts, calibration.LEAST)
    why = _reasons(judged)
    return calibration.Calibration().fit(
        [
            calibration.features(r, compared(p.demand, p.achievement))
            for p, r in zip(judged, why, strict=True)
        ],
        [pair.verdict.worth for pair in judged],
        [pair.text for pair in judged],
        [calibration.LEVEL[fixed(reasons, ())] for reasons in why],
    )


def figures() -> dict[str, Any]:
    """How good matching is and whom it shows, as JSON; nothing is told from fewer than 20 judged demands.

    Returns:
        `demands`, `pairs` judged; `needed`; `quality` and `bands` as `matching.quality` gives them, or None;
        `chains` of at least 20 judged demands; `exposure`, see `_exposure`.
    """
    exposure = (
        _exposure()
    )  # first: it reads the demands in batches and forgets what it has read
    judged = pairs()
    lists = _lists(judged)
    found: dict[str, Any] = {
        "demands": len(lists),
        "pairs": len(judged),
        "needed": quality.LEAST,
        "quality": None,
        "bands": None,
        "chains": [],
        "exposure": exposure,
    }
    try:
        found["quality"] = asdict(quality.measure(lists.values()))
        bands = quality.bands(
            [(_known(p.verdict.grade), p.verdict.worth) for p in judged], len(lists)
        )
        found["bands"] = [asdict(band) for band in bands]
    except quality.TooFew:
        return found
    chains = names(Chain)
    for code in sorted(
        {pair.demand.chain_code for pair in judged if pair.demand.chain_code}
    ):
        own = {p.text for p in judged if p.demand.chain_code == code}
        try:
            one = quality.measure([lists[key] for key in own])
        except quality.TooFew:
            continue
        found["chains"].append({"name": chains.get(code, code), **asdict(one)})
    return found


def _known(grade: str | None) -> str | None:
    return grade if grade in grades.NAMES else None


def _lists(judged: Sequence[Pair]) -> dict[str, list[float]]:
    """Demand text → levels of its judged pairs in the order of the present ranking."""
    scored: dict[str, dict[int, list[tuple[float, int]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for pair, reasons in zip(judged, _reasons(judged), strict=True):
        scored[pair.text][pair.achievement.id].append(
            (reasons.score, pair.verdict.worth)
        )
    found = {}
    for key, others in scored.items():
        means = [
            (-max(s for s, _ in both), i, sum(w for _, w in both) / len(both))
            for i, both in others.items()
        ]
        found[key] = [level for _, _, level in sorted(means)]
    return found


def _reasons(judged: Sequence[Pair]) -> list[matching.Reasons]:
    """Why each pair has its score today, those no longer on offer weighed as if they were."""
    with current_app.extensions["matchers"].using("achievement", inner=True) as matcher:
        return [
            matcher.explain(
                listing_index.matching_document(common_view(pair.demand)),
                pair.achievement.id
                if pair.achievement.id in matcher
                else listing_index.matching_document(common_view(pair.achievement)),
            )
            for pair in judged
        ]


def _exposure() -> dict[str, Any]:
    """Whom the first places of the lists of all published demands show, as the public sees them.

    Returns:
        `demands` ranked, of which `nothing` had no fitting match; `places` in all; `institutions` (the NAMED most
        shown) and `districts`, each (name, places, listings on offer).
    """
    grade = in_force().grade
    demands, nothing = 0, 0
    shown: list[int] = []
    published = listing_index.published("demand")
    open_ones = (
        row
        for row in published
        if row.visibility != "confidential" and row.need == "technology"
    )
    while some := list(islice(open_ones, TOGETHER)):
        demands += len(some)
        with current_app.extensions["matchers"].using("achievement") as matcher:
            ranked = matcher.rank_all(
                [listing_index.matching_document(common_view(row)) for row in some],
                top=EXPOSED,
            )
            lists = [[(match.id, match.reasons) for match in best] for best in ranked]
        ids = {one for best in lists for one, _ in best}
        rows = {
            row.id: row
            for row in db.session.scalars(
                db.select(Achievement).where(Achievement.id.in_(ids))
            )
        }
        for row, best in zip(some, lists, strict=True):
            given = [
                (one, grade(why, compared(row, rows[one])))
                for one, why in best
                if one in rows
            ]
            if any(level in ("high", "fair") for _, level in given):
                shown += [
                    offered_id for offered_id, level in given if level is not None
                ]
            else:
                nothing += 1
    return {
        "demands": demands,
        "nothing": nothing,
        "places": len(shown),
        **_shares(shown),
    }


def _shares(shown: Sequence[int]) -> dict[str, list[tuple[str, int, int]]]:
    query = (
        db.select(Achievement.id, Organisation.name, District.name)
        .join(Organisation, Organisation.id == Achievement.organisation_id)
        .join(District, District.code == Organisation.district_code, isouter=True)
        .where(Achievement.found_by(None), Achievement.visibility != "confidential")
    )
    rows = {
        i: (institution, district or "未填写")
        for i, institution, district in db.session.execute(query)
    }
    found = {}
    for place, name in enumerate(("institutions", "districts")):
        offered = Counter(row[place] for row in rows.values())
        places = Counter(rows[i][place] for i in shown if i in rows)
        order = sorted(offered, key=lambda one: (-places[one], -offered[one], one))
        found[name] = [
            (one, places[one], offered[one])
            for one in (order[:NAMED] if name == "institutions" else order)
        ]
    return found


@lru_cache(maxsize=4)
def _learned(parameters: str) -> calibration.Calibration | None:
    try:
        return calibration.Calibration.from_json(parameters)
    except matching.UnusableArtefact as error:  # the fixed cut points take over
        log.error("grade_model_unusable", reason=str(error))
        return None
