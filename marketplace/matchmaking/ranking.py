"""Which listings are offered for a text, in which order and with which grade.

Nothing here depends on the reader but this: what they may not find, their own organisation's listings, and what the
people of a listing have judged are left out. How a score comes about is decided in `matching`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from flask import current_app

import matching
from marketplace.listings import queries as listing_queries
from marketplace.listings.child_models import standing_of_patents
from marketplace.listings.disclosure import common_view, is_own
from marketplace.listings.models import Demand, Row
from marketplace.matchmaking.catalogues import stamp_of
from marketplace.matchmaking.generations import Stamp
from marketplace.matchmaking.matchers import Matchers
from marketplace.permissions import Reader, audiences
from marketplace.verdicts.grading import ActiveGrader, active_grader
from marketplace.verdicts.judgements import REORDERED, Judgement, reorder_matches
from marketplace.verdicts.projections import common_conditions, common_document
from matching.explaining import facts
from matching.judging.grades import may_have_grade

SPARE = 5  # ranked beyond what is asked for: some rows are the reader's own or no longer to be found
DEEPER = 4  # how many times as many are ranked when those were not enough
NEAREST_GRADED = 5  # rows offered when nothing fits, if any of them has a grade
NEAREST_UNGRADED = 3  # else
# Score below which a row is not even called near: half of what the lowest grade asks for. Frozen semen for a demand on
# carved gourds costs more trust than an empty list.
MIN_NEAREST = 0.05


@dataclass(frozen=True)
class RankingRequest:
    """What is to be ranked for whom.

    Attributes:
        document: the text for which offers are sought.
        sought: kind of what is ranked.
        reader: who will see the offers; None is the site itself.
        top: offers at most.
        subject: the listing of that text; None for a pasted text.
        excluded: ids that are not to be offered.
        judgements: what reorders the best REORDERED.
    """

    document: matching.Document
    sought: str
    reader: Reader | None
    top: int
    subject: Row | None = None
    excluded: frozenset[int] = frozenset()
    judgements: Sequence[Judgement] = ()


@dataclass(frozen=True)
class RankedRow:
    """A listing that is offered: its pair with the text, its grade if it has one.

    Attributes:
        pair: its score, and why it has it; worked out when it is read.
        patents: how the patents of the achievement of the pair stand where none is in force, else empty.
    """

    row: Row
    pair: matching.Pair
    grade: str | None
    patents: str = ""

    @property
    def score(self) -> float:
        """0…1."""
        return self.pair.score

    @property
    def reasons(self) -> matching.Reasons:
        """Why the pair has its score."""
        return self.pair.reasons


class Analysed(Protocol):
    """What knows how a text was read: a match of its ranking works it out, which costs as much as ten reasons."""

    @property
    def analysis(self) -> matching.QueryAnalysis:
        """What the text was taken to say."""


@dataclass(frozen=True)
class AnalysedText:
    """A text that was read and has no match."""

    analysis: matching.QueryAnalysis


@dataclass(frozen=True)
class Ranking:
    """What is offered for a text.

    Attributes:
        rows: best first.
        fitting: whether any of them deserves to be called a match; if not, they are the nearest few.
        read: what knows how the text was read.
        catalogue: how many documents were ranked.
    """

    rows: tuple[RankedRow, ...]
    fitting: bool
    read: Analysed
    catalogue: int

    @property
    def analysis(self) -> matching.QueryAnalysis:
        """What the text was taken to say; worked out when it is read, and the column of a listing reads none."""
        return self.read.analysis


@dataclass(frozen=True)
class _Selection:
    """The first matches that may be offered, with their rows, and what knows how the text was read.

    Attributes:
        features: id → what a demand is ranked by, of those whose text is still the one that was ranked.
    """

    matches: tuple[tuple[matching.Pair, Row], ...]
    read: Analysed
    catalogue: int
    features: Mapping[int, matching.Features]


def rank_listings(request: RankingRequest) -> Ranking:
    """The best listings for a text, graded, with the reasons of those that are offered and of no others.

    Raises:
        SearchUnavailable: the matcher is being prepared.
    """
    selection = _select(request)
    if request.sought == "demand":
        selection = replace(selection, matches=_seen_from_demands(request, selection))
    grader = active_grader()
    compared = _compare_all(request, selection, grader)
    # Reasons cost as much as the ranking, so they are worked out for what is offered alone. Matches have taken along
    # all that explains them, so the matcher belongs to other readers again.
    graded = _grade_rows(selection, grader, compared)
    fitting = any(ranked.grade != "weak" for ranked in graded)
    rows = graded
    # Nothing fits: the page says so first, and then gives the nearest few with what is missing.
    if not fitting:
        near = [one for one in graded if _shares_something(one.pair)]
        rows = near[:NEAREST_GRADED] or _nearest_ungraded(selection)
    rows = _with_patents(request, rows)
    return Ranking(tuple(rows), fitting, selection.read, selection.catalogue)


def reads_confidential(reader: Reader | None) -> bool:
    """Whether a reader may find confidential listings of others; None, the site itself, may."""
    if reader is None or "operator" in audiences(reader):
        return True
    # A broker who was given none must not learn of their words by the weights of others.
    return reader.mediates and listing_queries.was_given_any(reader)


def _select(request: RankingRequest) -> _Selection:
    """Rank, and go deeper until there are enough rows that may be offered, or none are left."""
    matchers: Matchers = current_app.extensions["matchers"]
    inner = reads_confidential(request.reader)
    own = None
    if request.subject is not None:
        own = matchers.features_of(request.subject, inner=inner)
    wanted = request.top + SPARE
    while True:
        # What is excluded is ranked too and dropped afterwards, so it must not use up places.
        depth = wanted + len(request.excluded)
        if request.judgements:
            depth = max(depth, REORDERED)
        with matchers.using(request.sought, inner=inner) as matcher:
            catalogue = len(matcher)
            best = matcher.rank(request.document, top=depth, read=own)
            left = [match for match in best if match.id not in request.excluded]
            if request.judgements:
                left = reorder_matches(left, request.judgements, matcher)
            read = _analysed(request.document, best, matcher)
            # With the lock: afterwards the matcher may have other texts than these matches.
            stamps = matchers.stamps_of(
                request.sought, [int(match.id) for match in left], inner=inner
            )
        # Rows are loaded without the lock: other readers rank meanwhile.
        offered = _offered_rows(request, left[:wanted])
        # Deeper ranking helps only where this one was cut off.
        exhausted = len(best) < depth and len(left) <= wanted
        if len(offered) == request.top or exhausted:
            features: dict[int, matching.Features] = {}
            if request.sought == "demand":
                features = stored_features(offered, stamps)
            return _Selection(tuple(offered), read, catalogue, features)
        wanted *= DEEPER


def _analysed(
    document: matching.Document,
    best: Sequence[matching.Match],
    matcher: matching.Matcher,
) -> Analysed:
    """What knows how a text was read: a ranking has read it, and without one the page says how it was read."""
    if best:
        return best[0]
    return AnalysedText(matcher.analyze(document))


def stored_features(
    offered: Sequence[tuple[matching.Match, Row]], stamps: Mapping[int, Stamp]
) -> dict[int, matching.Features]:
    """Id → what a row is ranked by, without those that were changed between the ranking and their loading."""
    features = {}
    for match, row in offered:
        if stamps.get(row.id) == stamp_of(row.revision, row.updated_at):
            features[row.id] = match.features
    return features


def _offered_rows(
    request: RankingRequest, ranked: Sequence[matching.Match]
) -> list[tuple[matching.Match, Row]]:
    """The first `top` matches that the reader may find and that are not the owner's own, with their rows."""
    ids = [int(match.id) for match in ranked]
    rows = listing_queries.get_findable(request.sought, ids, by=request.reader)
    offered = []
    for match in ranked:
        row = rows.get(int(match.id))
        if row is None:  # withdrawn a moment ago, or not for this reader
            continue
        if request.subject is not None and is_own(request.subject, row, request.reader):
            continue
        offered.append((match, row))
    return offered[: request.top]


def _seen_from_demands(
    request: RankingRequest, selection: _Selection
) -> tuple[tuple[matching.Pair, Row], ...]:
    """The pairs as each demand's own page has them, best first: a pair has one score, one grade and one set of reasons.

    Words are as rare as the achievements make them, whichever page is open (decision 080). What is too far away by
    the words of the demands to be offered stays away.
    """
    near = [(pair, row) for pair, row in selection.matches if _is_near(pair)]
    if not near:
        return ()
    # A document has the figures too: in one statement, and not one a demand.
    listing_queries.load_figures("demand", [row for _, row in near])
    matchers: Matchers = current_app.extensions["matchers"]
    inner = reads_confidential(request.reader)
    pairs: list[tuple[matching.Pair, Row]] = []
    with matchers.using("achievement", inner=inner) as matcher:
        for _, row in near:
            pair = weigh_pair(
                matcher,
                common_document(row),
                request.document,
                read=selection.features.get(row.id),
            )
            pairs.append((pair, row))
    return tuple(sorted(pairs, key=lambda one: (-one[0].score, one[1].id)))


def weigh_pair(
    matcher: matching.Matcher,
    demand: matching.Document,
    achievement: matching.Document,
    *,
    read: matching.Features | None = None,
) -> matching.Pair:
    """A pair with its score and why it has it, the same from both of its pages.

    Args:
        matcher: of the achievements.
        demand, achievement: the pair; one that is not in the catalogue, as a draft and a pasted text (number 0), is
            weighed as if it were.
        read: the features of the demand where they are known.
    """
    # By id where it can be, from the features stored there.
    is_stored = achievement.id in matcher
    other = achievement.id if is_stored else achievement
    return matcher.pair(demand, other, read)


def _is_near(pair: matching.Pair) -> bool:
    """Whether a pair may still have a grade, or be among the nearest, once its words are weighed as on the other side.

    Between the two sides the scores of a pair differed by less than half on the sample lists.
    """
    return pair.score * 2 >= MIN_NEAREST


def _compare_all(
    request: RankingRequest, selection: _Selection, grader: ActiveGrader
) -> dict[int, Sequence[facts.Fact]]:
    """Id → the facts of the pair, each row projected once; nothing where grades need no facts.

    Facts are those that everybody may know of both, so that a grade is the same for all readers.
    """
    # The cut points need none, and comparing twenty rows would project each of them.
    if not grader.needs_facts or request.subject is None:
        return {}
    subject = request.document
    compared: dict[int, Sequence[facts.Fact]] = {}
    for _, row in selection.matches:
        other = common_conditions(row)
        if isinstance(row, Demand):
            compared[row.id] = facts.compare_facts(other, subject)
        else:
            compared[row.id] = facts.compare_facts(subject, other)
    return compared


def _grade_rows(
    selection: _Selection,
    grader: ActiveGrader,
    compared: dict[int, Sequence[facts.Fact]],
) -> list[RankedRow]:
    """The rows that have a grade, in order. Only those that can have one are explained."""
    graded = []
    for match, row in selection.matches:
        # Neither grader gives one below the lowest cut point (decision 015), so such a row is not explained.
        if may_have_grade(match.score, match.length_ratio):
            grade = grader.grade(match, compared.get(row.id, ()))
            if grade is not None:
                graded.append(RankedRow(row, match, grade))
    return graded


def _with_patents(
    request: RankingRequest, rows: Sequence[RankedRow]
) -> list[RankedRow]:
    """The rows with how the patents of the achievement stand, and no grade that promises more than is left of them."""
    if request.sought == "achievement":
        standings = listing_queries.patent_standings(one.row.id for one in rows)
    elif request.subject is not None:
        standing = patents_of(request.subject)
        standings = {one.row.id: standing for one in rows if standing}
    else:
        standings = {}  # a pasted text has no patents
    marked = []
    for one in rows:
        standing = standings.get(one.row.id, "")
        grade = capped_grade(one.grade, standing)
        marked.append(replace(one, grade=grade, patents=standing))
    return marked


def patents_of(achievement: Row) -> str:
    """How the patents of an achievement stand, as far as everybody may know it; empty where one is in force."""
    return standing_of_patents(common_view(achievement).ips)


def capped_grade(grade: str | None, patents: str) -> str | None:
    """A grade, at most `fair` where no patent is in force: it stays useful, but not as it is offered (047)."""
    return "fair" if grade == "high" and patents else grade


def _nearest_ungraded(selection: _Selection) -> list[RankedRow]:
    """The first few rows that share a word with the text that says something, and not too little besides."""
    nearest: list[RankedRow] = []
    for match, row in selection.matches:
        if len(nearest) == NEAREST_UNGRADED:
            break
        if match.score < MIN_NEAREST:
            break
        if _shares_something(match):
            nearest.append(RankedRow(row, match, None))
    return nearest


def _shares_something(pair: matching.Pair) -> bool:
    """Whether a pair shares a word that few have: one with what many say alone would be explained by nothing."""
    evidence = pair.evidence
    return any(word in evidence.specific for word, _ in evidence.words)
