"""What verdicts say about pairs: the level of a pair, the judgements that reorder a list, all judged pairs.

Not here: grades learned from them (`grading.py`), how good matching is by them (`quality.py`), who may read them
(`queries.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from flask import current_app
from sqlalchemy.orm import joinedload

import matching
from marketplace.accounts.models import Person
from marketplace.extensions import db
from marketplace.listings import queries as listing_queries
from marketplace.listings.models import Achievement, Demand
from marketplace.permissions import Reader
from marketplace.verdicts.models import Verdict
from marketplace.verdicts.projections import common_document
from matching.judging import calibration, reordering

REORDERED = 200  # of what is not judged yet, so many of the best are reordered
MIN_JUDGEMENTS = reordering.MIN_VERDICTS  # judgements below which nothing is reordered


@dataclass(frozen=True)
class Judgement:
    """A judged listing and how relevant it is to the subject of its list, 1–4."""

    document: matching.Document
    level: int


@dataclass(frozen=True)
class JudgedPair:
    """A judged pair of a demand's list.

    Attributes:
        demand, achievement: both rows.
        verdict: the one that counts for the pair.
        text: key of the demand's text; a text posted twice has one key.
    """

    demand: Demand
    achievement: Achievement
    verdict: Verdict
    text: str


@dataclass(frozen=True)
class Voices:
    """Whose verdicts there are on the lists of demands.

    Attributes:
        people, organisations: how many gave some; people of no organisation count for none.
        largest: the share of the one who gave most, 0…1.
    """

    people: int = 0
    organisations: int = 0
    largest: float = 0.0


def count_voices() -> Voices:
    """Whose verdicts there are now."""
    query = (
        db.select(Verdict.by_id, db.func.count())
        .where(Verdict.side == "demand", Verdict.state != "open")
        .group_by(Verdict.by_id)
    )
    given = {int(person): int(count) for person, count in db.session.execute(query)}
    if not given:
        return Voices()
    organisations: set[int] = set()
    people = db.session.scalars(db.select(Person).where(Person.id.in_(given)))
    for person in people:
        organisations.update(person.organisation_ids)
    largest = max(given.values()) / sum(given.values())
    return Voices(len(given), len(organisations), largest)


def resolve_verdicts(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict that counts for a pair: a grade before others, the owner's before others', newer before older.

    Source: docs/decisions/015.

    Raises:
        ValueError: there is none.
    """

    def precedence(verdict: Verdict) -> tuple[object, ...]:
        graded = verdict.state == "graded"
        return graded, verdict.by_role == "owner", verdict.changed_at, verdict.id

    return max(verdicts, key=precedence)


def judgements_on(
    sought: str, levels: Mapping[int, int], *, by: Reader | None
) -> list[Judgement]:
    """The judgements of a list that may reorder the rest; empty where they are too few or refusals alone.

    Args:
        sought: kind of what was judged.
        levels: id → level 1–4, as `queries.ListVerdicts` has it.
        by: the reader; what they may no longer find is left out.
    """
    # Looked at first, so that a list that cannot be reordered costs no query.
    if not reordering.can_reorder(list(levels.values())):
        return []
    # In full: their whole texts are compared, and child rows would otherwise be loaded one listing at a time.
    rows = listing_queries.get_findable(sought, levels, by=by, in_full=True)
    judgements = []
    # In order of id: sums of floating-point numbers depend on their order.
    for listing_id in sorted(rows):
        document = common_document(rows[listing_id])
        judgements.append(Judgement(document, levels[listing_id]))
    # Once more: some of what was judged is gone.
    if not reordering.can_reorder([judgement.level for judgement in judgements]):
        return []
    return judgements


def reorder_matches(
    ranked: Sequence[matching.Match],
    judgements: Sequence[Judgement],
    matcher: matching.Matcher,
) -> list[matching.Match]:
    """Ranked matches in the order that judgements on the same list suggest; scores stay what they are."""
    ids = [match.id for match in ranked]
    # shape (judged, ranked): how near each judged listing is to each ranked one
    near = [matcher.score(judgement.document, ids) for judgement in judgements]
    # One row for each ranked match, as reorder() takes them: shape (ranked, judged)
    similarities = []
    for place in range(len(ids)):
        similarities.append([float(scores[place]) for scores in near])
    order = reordering.reorder(
        [match.score for match in ranked],
        similarities,
        [judgement.level for judgement in judgements],
    )
    return [ranked[place] for place in order]


def judged_pairs() -> list[JudgedPair]:
    """Every pair judged on a demand's list, with the verdict that counts, in order of ids."""
    query = (
        db.select(Verdict)
        .where(Verdict.side == "demand", Verdict.state != "open")
        .order_by(Verdict.demand_id, Verdict.achievement_id, Verdict.id)
        .options(joinedload(Verdict.demand), joinedload(Verdict.achievement))
    )
    # The order of ids makes what is fitted on these the same on every machine.
    by_pair: dict[tuple[int, int], list[Verdict]] = defaultdict(list)
    for verdict in db.session.scalars(query):
        by_pair[verdict.demand_id, verdict.achievement_id].append(verdict)
    texts: dict[int, str] = {}
    pairs = []
    for verdicts in by_pair.values():
        verdict = resolve_verdicts(verdicts)
        demand = verdict.demand
        if demand.id not in texts:
            texts[demand.id] = calibration.text_key(common_document(demand))
        pairs.append(JudgedPair(demand, verdict.achievement, verdict, texts[demand.id]))
    return pairs


def explain_pairs(pairs: Sequence[JudgedPair]) -> list[matching.Reasons]:
    """Why each pair has its score today; achievements no longer on offer are weighed as if they were.

    Raises:
        SearchUnavailable: the matcher is being prepared.
    """
    documents = []
    # Projected before the matcher is taken: rows may still have to load their figures and rights.
    for pair in pairs:
        achievement = common_document(pair.achievement)
        documents.append((common_document(pair.demand), achievement))
    explained = []
    with current_app.extensions["matchers"].using("achievement", inner=True) as matcher:
        for demand, achievement in documents:
            # One that is in the catalogue is explained as it was ranked, from the features stored there.
            other = achievement.id if achievement.id in matcher else achievement
            explained.append(matcher.explain(demand, other))
    return explained
