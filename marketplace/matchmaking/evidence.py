"""One pair side by side: both texts with the shared words marked, and what each part of the score came from.

How a score comes about is decided in `matching`.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from flask import current_app
from markupsafe import Markup

import matching
from marketplace.errors import NotFound
from marketplace.listings import index as listing_index
from marketplace.listings import queries as listing_queries
from marketplace.listings.disclosure import common_view, is_own
from marketplace.listings.models import LISTINGS, Row
from marketplace.matchmaking.answers import blocked_reason
from marketplace.matchmaking.facts import Comparison, TextComparison
from marketplace.matchmaking.matchers import Matchers
from marketplace.matchmaking.offers import (
    Offer,
    explained_offer,
    original_spellings,
    ranked_list_of,
)
from marketplace.matchmaking.ranking import (
    capped_grade,
    patents_of,
    reads_confidential,
    weigh_pair,
)
from marketplace.matchmaking.trial import trial_document
from marketplace.permissions import Reader
from marketplace.verdicts import queries as verdict_queries
from marketplace.verdicts.grading import active_grader
from marketplace.verdicts.projections import common_document
from marketplace.verdicts.ranked_lists import RankedList
from matching.explaining import facts
from matching.text import spans
from search.marking import mark_spans

REST = "字面相近（单字与双字片段、标题）"  # what no shared word earned
ALIKE = "用词相近（两边的词常在库里一起出现）"  # and no shared piece of text either
POINTS = 1000  # a score of 1 in the points of the table

Section = tuple[str, Markup]  # name, text with the shared words marked


@dataclass(frozen=True)
class Evidence:
    """One pair side by side.

    Attributes:
        offer: the other listing with all its facts.
        parts: (word, REST or ALIKE; points of a thousand; per cent of the score): both columns add up as they are
            shown.
        own, other: the sections of both texts.
        own_title, other_title: likewise marked.
        ranked_list: the pair as a verdict brings it back; None for readers who may not judge.
    """

    offer: Offer
    parts: tuple[tuple[str, int, int], ...]
    own: tuple[Section, ...]
    other: tuple[Section, ...]
    own_title: Markup
    other_title: Markup
    ranked_list: RankedList | None = None


def evidence_for(row: Row, other_id: int, *, by: Reader | None) -> Evidence:
    """One pair with its reasons, whatever its grade.

    Args:
        row: the listing whose page it is.
        other_id: the listing it is compared with.
        by: the reader; None is the site itself.

    Raises:
        NotFound: the other listing is not one this reader may find, or the pair is one that is never matched.
        SearchUnavailable: the matcher is being prepared.
    """
    other = _get_counterpart(row, other_id, by)
    # By what everybody may know of both: the score of a pair is one for all readers.
    document = common_document(row)
    other_document = common_document(other)
    demand, achievement = _demand_first(document, other_document, row.kind)
    pair = _find_pair(demand, achievement, by)
    reasons = pair.reasons
    grade = active_grader().grade(pair, facts.compare_facts(demand, achievement))
    # A demand has none: whichever page is open, it is the achievement whose patents count.
    patents = patents_of(row if row.kind == "achievement" else other)
    offer = explained_offer(
        1,
        other,
        reasons,
        capped_grade(grade, patents),
        original_spellings(document),
        written=f"{achievement.title}\n{achievement.text}",
        facts=Comparison(row, by).facts_with(other),
        verdict=verdict_queries.own_verdict(row, other.id, by=by),
        patents=patents,
    )
    # What is marked are the words that earned something, so that marks and table tell the same.
    words = reasons.marked_words
    return Evidence(
        offer,
        parts=_parts_of(offer, reasons),
        own=_marked_sections(row, words),
        other=_marked_sections(other, words),
        own_title=mark_words(row.title, words),
        other_title=mark_words(other.title, words),
        ranked_list=ranked_list_of(row, [offer], by, surface="evidence"),
    )


def evidence_of_text(
    text: str, kind: str, other_id: int, *, by: Reader | None
) -> Evidence:
    """A pasted text beside one listing, whatever the grade; nothing of the text is stored.

    Args:
        text: as `trial.checked_text` gave it.
        kind: what the text is.
        other_id: the listing it is compared with.
        by: the reader; None is the site itself.

    Raises:
        NotFound: the listing is not one this reader may find, or is never matched.
        SearchUnavailable: the matcher is being prepared.
    """
    sought = LISTINGS[kind].counterpart
    other = listing_queries.get_findable(sought, [other_id], by=by).get(other_id)
    if other is None or blocked_reason(other):
        raise _no_such_pair()
    document = trial_document(text)
    demand, achievement = _demand_first(document, common_document(other), kind)
    pair = _find_pair(demand, achievement, by)
    reasons = pair.reasons
    # As on its list: conditions are not read from a pasted text, so its grade rests on the words alone.
    grade = active_grader().grade(pair, ())
    # A pasted text has no patents.
    patents = patents_of(other) if kind == "demand" else ""
    offer = explained_offer(
        1,
        other,
        reasons,
        capped_grade(grade, patents),
        original_spellings(document),
        written=f"{achievement.title}\n{achievement.text}",
        facts=TextComparison(text, kind, by).facts_with(other),
        patents=patents,
    )
    words = reasons.marked_words
    return Evidence(
        offer,
        parts=_parts_of(offer, reasons),
        own=(("原文", _mark_read(text, document.text, words)),),
        other=_marked_sections(other, words),
        own_title=Markup("您贴的文字"),
        other_title=mark_words(other.title, words),
    )


def _mark_read(text: str, read: str, words: Set[str]) -> Markup:
    """A pasted text marked where the text that it was read as has the words: 热处里 as 热处理."""
    if len(read) != len(text):
        return mark_words(text, words)
    places = [(span.start, span.end) for span in spans(read) if span.word in words]
    return mark_spans(text, places, join_touching=False)


def mark_words(text: str, words: Set[str]) -> Markup:
    """A text made safe for a page, with the given words inside <mark>; words that touch stay two marks."""
    places = [(span.start, span.end) for span in spans(text) if span.word in words]
    return mark_spans(text, places, join_touching=False)


def _get_counterpart(row: Row, other_id: int, by: Reader | None) -> Row:
    counterpart = listing_queries.get_findable(row.counterpart, [other_id], by=by)
    other = counterpart.get(other_id)
    # One answer for all of these: it must not tell a secret listing from a missing one.
    if other is None or blocked_reason(row) or blocked_reason(other):
        raise _no_such_pair()
    if is_own(row, other, by):
        raise _no_such_pair()
    return other


def _no_such_pair() -> NotFound:
    return NotFound(
        "没有找到这一对匹配。", "其中一条可能已经撤回或过期。可以回到匹配列表看看。"
    )


def _demand_first(
    own: matching.Document, other: matching.Document, kind: str
) -> tuple[matching.Document, matching.Document]:
    """Demand and achievement of a pair, whichever of the two has its page open; `kind` is that of `own`."""
    return (own, other) if kind == "demand" else (other, own)


def _find_pair(
    demand: matching.Document, achievement: matching.Document, by: Reader | None
) -> matching.Pair:
    matchers: Matchers = current_app.extensions["matchers"]
    with matchers.using("achievement", inner=reads_confidential(by)) as matcher:
        return weigh_pair(matcher, demand, achievement)


def _parts_of(
    offer: Offer, reasons: matching.Reasons
) -> tuple[tuple[str, int, int], ...]:
    """What the score is made of, rounded together so that both columns add up (largest remainder)."""
    names = [word for word, _ in offer.shares]
    names.append(REST)
    if reasons.vector_share > 0:
        names.append(ALIKE)
    # In the table 0.123 + 0.045 must make 0.168, so points and per cents are rounded together, each as a whole.
    points = reasons.rounded_parts(round(offer.score * POINTS))
    percents = reasons.rounded_parts(100)
    # Without ALIKE there is one name less than parts; its part is then 0.
    return tuple(zip(names, points, percents, strict=False))


def _marked_sections(row: Row, words: Set[str]) -> tuple[Section, ...]:
    sections = []
    for name, text in listing_index.texts(common_view(row)).items():
        sections.append((name, mark_words(text, words)))
    return tuple(sections)
