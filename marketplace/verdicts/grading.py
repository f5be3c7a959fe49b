"""What grades pairs: the fixed cut points, or a model fitted on judged pairs that an operator has put into force.

Not here: storing a model (`deeds.py`), the arithmetic of both (`matching`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, TypeAlias

import structlog

import matching
from marketplace.extensions import db
from marketplace.verdicts.judgements import (
    Voices,
    count_voices,
    explain_pairs,
    judged_pairs,
)
from marketplace.verdicts.models import GradeModel, Verdict
from marketplace.verdicts.projections import common_document
from matching.explaining import facts
from matching.judging import calibration, grades, quality
from matching.text import words_version

log = structlog.get_logger(__name__)

Grading: TypeAlias = Callable[
    [matching.Pair, Sequence[facts.Fact]], grades.Grade | None
]
# from, to, pairs, mean probability, share of relevant pairs
Fifth: TypeAlias = tuple[float, float, int, float, float]

FITTED_FROM = (
    calibration.MIN_TEXTS
)  # judged demand texts below which no model is fitted
# People and organisations whose verdicts a model rests on, at least.
MIN_PEOPLE = 3
MIN_ORGANISATIONS = 2
# What the score is made of, in the words of 算法说明.
PARTS = {
    "grams": "字和双字片段",
    "titles": "名称",
    "words": "词",
    "vectors": "用词相近",
}
RANKER_LENGTH = 60  # characters of the column that stores the version of a ranking


class TooOneSided(Exception):  # noqa: N818
    """Fewer people or organisations judged than a model needs; `voices` says how many did."""

    def __init__(self, voices: Voices) -> None:
        super().__init__(
            f"judged by {voices.people} people of {voices.organisations} organisations, "
            f"{MIN_PEOPLE} of {MIN_ORGANISATIONS} needed"
        )
        self.voices = voices


@dataclass(frozen=True)
class ActiveGrader:
    """What grades pairs now.

    Attributes:
        grade: pair and facts → grade.
        since: when the model was put into force; None while the fixed cut points grade.
        demands, verdicts: how many demand texts and pairs it was fitted on.
        table: how its probabilities did on texts it was not fitted on, by fifths.
    """

    grade: Grading
    since: datetime | None = None
    demands: int = 0
    verdicts: int = 0
    table: tuple[Fifth, ...] = ()

    @property
    def needs_facts(self) -> bool:
        """Whether the facts of a pair change its grade: those of the fixed cut points come from its reasons alone."""
        return self.since is not None


def ranker_version() -> str:
    """The version of the ranking: the words it reads and the weights of its parts."""
    weights = vars(matching.Matcher())
    # In order of name: the version must not change with the order of arguments.
    parts = [f"{name}={weights[name]:g}" for name in sorted(weights)]
    return f"{words_version()} {' '.join(parts)}"[:RANKER_LENGTH]


def ranker_in_words(version: str) -> str:
    """A version of the ranking for people: what is weighed, and by how much. The hash of its words says nothing."""
    parts = dict(part.split("=", 1) for part in version.split() if "=" in part)
    named = [f"{name} {parts[code]}" for code, name in PARTS.items() if code in parts]
    return "、".join(named) or "旧版"


def active_grader() -> ActiveGrader:
    """What grades pairs now: the model that an operator put into force, while it knows the present ranking."""
    row = active_model()
    if row is None or row.ranker != ranker_version():
        return ActiveGrader(grade_by_cut_points)
    model = load_model(row.parameters)
    # One that cannot be read was logged; pages must not fail for it.
    if model is None:
        return ActiveGrader(grade_by_cut_points)
    # JSON has lists only; a grader is compared as a value in tests.
    table = tuple(tuple(fifth) for fifth in model.figures_["table"])
    return ActiveGrader(model.grade, row.used_at, row.demands, row.verdicts, table)


def active_model() -> GradeModel | None:
    """The model in force, of whichever ranking."""
    row: GradeModel | None = db.session.scalar(_active_query())
    return row


@cache
def _active_query() -> Any:
    """Built once: every ranking asks."""
    return db.select(GradeModel).where(GradeModel.state == "active")


def lacking_consent(
    people: int,
    organisations: int,
    demands: int,
) -> str:
    """What a model lacks to be put into force, in Chinese; empty where it may be.

    One person's clicks must not change everybody's grades (decision 083).
    """
    lacking = []
    if people < MIN_PEOPLE:
        lacking.append(f"至少 {MIN_PEOPLE} 个人评价（现在 {people} 个）")
    if organisations < MIN_ORGANISATIONS:
        lacking.append(
            f"评价的人来自至少 {MIN_ORGANISATIONS} 家单位（现在 {organisations} 家）"
        )
    if demands < FITTED_FROM:
        lacking.append(f"至少 {FITTED_FROM} 条需求被评价（现在 {demands} 条）")
    return "、".join(lacking)


def figures_of(row: GradeModel) -> dict[str, Any]:
    """The figures of a model on texts it was not fitted on; empty where it cannot be read."""
    model = load_model(row.parameters)
    return {} if model is None else model.figures_


def obstacle_of(row: GradeModel) -> str:
    """Why a model may not be put into force, in Chinese; empty where it may."""
    if row.ranker != ranker_version():
        return "它是按以前的排序学的"
    lacking = lacking_consent(row.people, row.organisations, row.demands)
    if lacking:
        return f"还要{lacking}"
    if not row.better:
        return "在没有见过的需求上，它没有比固定界线准"
    if load_model(row.parameters) is None:
        return "它的数据已经损坏"
    return ""


def grade_by_cut_points(
    pair: matching.Pair, _facts: Sequence[facts.Fact]
) -> grades.Grade | None:
    """The grade by the fixed cut points, which need no facts."""
    return grades.grade_of_pair(pair)


def grades_are_current() -> bool:
    """Whether the newest grade model of the present ranking knows every verdict, or there are no verdicts."""
    # By the last change, so that a changed or retracted verdict counts as news too.
    newest_verdict = db.session.scalar(db.select(db.func.max(Verdict.changed_at)))
    if newest_verdict is None:
        return True
    newest_model = db.session.scalar(
        db.select(db.func.max(GradeModel.at)).where(
            GradeModel.ranker == ranker_version(),
            # Of those from before nobody knows whose verdicts they rest on.
            GradeModel.people > 0,
        )
    )
    return newest_model is not None and newest_verdict <= newest_model


def fit_grades() -> calibration.Calibration:
    """A grade model of all judged pairs, tested on demand texts it was not fitted on.

    Raises:
        TooOneSided: too few people or organisations judged.
        matching.judging.quality.TooFew: fewer than FITTED_FROM demand texts were judged.
        SearchUnavailable: the matcher is being prepared.
    """
    pairs = judged_pairs()
    texts = len({pair.text for pair in pairs})
    if texts < FITTED_FROM:
        raise quality.TooFew(texts, FITTED_FROM)
    voices = count_voices()
    # Before anything is learned: the night must not offer what may not be used.
    if lacking_consent(voices.people, voices.organisations, texts):
        raise TooOneSided(voices)
    features = []
    # What the cut points would have said, so that the model can be held against them on the same pairs.
    fixed_levels = []
    for pair, reasons in zip(pairs, explain_pairs(pairs), strict=True):
        demand = common_document(pair.demand)
        compared = facts.compare_facts(demand, common_document(pair.achievement))
        features.append(calibration.pair_features(reasons, compared))
        fixed_levels.append(calibration.GRADE_LEVELS[grades.fixed_grade(reasons)])
    return calibration.Calibration().fit(
        features,
        [pair.verdict.relevance_level for pair in pairs],
        [pair.text for pair in pairs],
        fixed_levels,
    )


@lru_cache(maxsize=4)  # reading the JSON of a model takes longer than a page may
def load_model(parameters: str) -> calibration.Calibration | None:
    """The model of a row; None where it cannot be read, and then the fixed cut points grade."""
    try:
        return calibration.Calibration.from_json(parameters)
    except matching.UnusableArtefact as error:
        log.error("grade_model_unusable", reason=str(error))
        return None
