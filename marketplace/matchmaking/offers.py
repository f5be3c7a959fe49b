"""One row of a page of matches, and what a reader is told about its score.

Which rows are offered, and in which order, is decided in `ranking.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from flask import current_app

import matching
from marketplace.listings.models import Row
from marketplace.matchmaking.facts import Fact
from marketplace.matchmaking.ranking import RankedRow, reads_confidential
from marketplace.permissions import Reader, may
from marketplace.verdicts.grading import ranker_version
from marketplace.verdicts.models import Verdict
from marketplace.verdicts.projections import holder_of
from marketplace.verdicts.ranked_lists import RankedItem, RankedList
from matching.explaining.naming import naming_spans
from matching.explaining.sentence import match_sentence
from matching.text import drop_unseen, plain_text, repair_text, spans

WORDS_IN_BAR = 5  # as many as have a pattern of their own in the style sheet
WORD_LENGTH = 32  # characters of one word: room for the name of a chemical, not for a text without breaks


@dataclass(frozen=True)
class BarSegment:
    """One word's part of the bar of a score.

    Attributes:
        word: as the text writes it.
        percent: of the score, as the sentence and the evidence have it too.
        start, width, end: per cent of the bar, with two places.
    """

    word: str
    percent: int
    start: str
    width: str
    end: str


@dataclass(frozen=True)
class Offer:
    """One row of a page of matches.

    Attributes:
        rank: place, from 1.
        row: the listing offered.
        holder: its organisation, or what is public in its place.
        grade: code of `matching.judging.grades`; None where the pair has none.
        score: 0…1, as the matcher gave it; `shares` (word as written, part of the score) and `rest` add up to it.
        segments: the bar of the largest shares.
        remains: per cent of the score that the bar does not name.
        facts: comparisons, known ones first.
        why: the one sentence why as (text, whether it is a shared word).
        verdict: what somebody thinks of the pair, where this reader may know it.
        patents: how the patents of the achievement stand where none is in force; a key of `terms.PATENT_STANDINGS`.
        gist: what it does, in its own first sentence; only where a page asks for it.
        conditions: stage, ways of cooperation and price as lists show them, in place of what the row says otherwise.
    """

    rank: int
    row: Row
    holder: str
    grade: str | None = None
    score: float = 0.0
    shares: tuple[tuple[str, float], ...] = ()
    rest: float = 0.0
    segments: tuple[BarSegment, ...] = ()
    remains: int = 0
    facts: tuple[Fact, ...] = ()
    why: tuple[tuple[str, bool], ...] = ()
    verdict: Verdict | None = None
    patents: str = ""
    gist: str = ""
    conditions: tuple[tuple[str, str] | str, ...] = ()


def brief_offer(rank: int, ranked: RankedRow) -> Offer:
    """A row of a side column: title, holder and grade, without reasons."""
    holder = holder_of(ranked.row)
    return Offer(
        rank, ranked.row, holder, ranked.grade, ranked.score, patents=ranked.patents
    )


def explained_offer(
    rank: int,
    row: Row,
    reasons: matching.Reasons,
    grade: str | None,
    spellings: Mapping[str, str],
    *,
    written: str = "",
    facts: tuple[Fact, ...] = (),
    verdict: Verdict | None = None,
    patents: str = "",
) -> Offer:
    """A row of a page of matches, with its reasons.

    Args:
        rank: place, from 1.
        row: the listing offered.
        reasons: why it has its score.
        grade: code of its grade.
        spellings: as `original_spellings` gives them for the text that was ranked.
        written: title and text of the achievement, to see whether it has a word that is cut otherwise there; read
            only where words are missing.
        facts: its conditions compared.
        verdict: what somebody thinks of the pair.
        patents: as of an offer.
    """
    if reasons.missing:
        # Single characters are no features, so 铝|液 is not known to be 铝液.
        norm = plain_text(written)
        missing = [word for word in reasons.missing if word not in norm]
        reasons = replace(reasons, missing=missing)
    why = []
    for piece in match_sentence(reasons).pieces:
        text = piece.text
        # Only words of the texts have a spelling of their own; the rest of the sentence is ours.
        if piece.is_word:
            text = spellings.get(text, text)
        why.append((text, piece.marked))
    shares = []
    for word, share in reasons.words:
        written = spellings.get(word, word)
        # Two words that count as one: the demand's, and the achievement's.
        if word in reasons.synonyms:
            written = f"{written}／{reasons.synonyms[word]}"
        shares.append((written, share))
    # Rounded together, so that bar, sentence and evidence show one figure of a word.
    percents = list(reasons.percents.values())
    return Offer(
        rank=rank,
        row=row,
        holder=holder_of(row),
        grade=grade,
        score=reasons.score,
        shares=tuple(shares),
        rest=reasons.residual,
        segments=bar_segments(shares, percents, reasons.residual),
        remains=100 - sum(percents[:WORDS_IN_BAR]),
        facts=facts,
        why=tuple(why),
        verdict=verdict,
        patents=patents,
    )


def bar_segments(
    shares: Sequence[tuple[str, float]], percents: Sequence[int], rest: float
) -> tuple[BarSegment, ...]:
    """The bar of the largest shares; none where the score is 0.

    It is worked out here and not in the template, where it took an eighth of a page of twenty rows.

    Args:
        shares: (word, part of the score), largest first.
        percents: of the same words.
        rest: part of the score that no word earned.
    """
    whole = sum(share for _, share in shares) + rest
    if whole <= 0:
        return ()
    segments = []
    position = 0.0
    # The percents are those of every word, the bar has the first few only.
    largest = zip(shares[:WORDS_IN_BAR], percents, strict=False)
    for (word, share), percent in largest:
        width = 100 * share / whole
        start = f"{position:.2f}"
        position += width
        segment = BarSegment(word, percent, start, f"{width:.2f}", f"{position:.2f}")
        segments.append(segment)
    return tuple(segments)


def original_spellings(document: matching.Document) -> dict[str, str]:
    """Word as it is compared → how the text writes it first: pa66 → PA66."""
    spellings: dict[str, str] = {}
    for text in (document.title, document.text):
        # Of the same length, without tags, blanks of scans and what nobody sees.
        repaired = repair_text(text)
        places = spans(text)
        norm = plain_text(text)
        # What a text names may be longer than what it is compared by: 漏檢率. Places of a repaired text are others.
        if len(norm) == len(text):
            places += naming_spans(norm)
        for span in places:
            # The first one counts: the title, where a word is in both.
            written = drop_unseen(repaired[span.start : span.end])
            spellings.setdefault(span.word, written)
    return spellings


def legible_words(
    words: Iterable[str], spellings: Mapping[str, str]
) -> tuple[str, ...]:
    """Words as written, each once, cut at WORD_LENGTH: a text without breaks is one word as long as itself."""
    legible: dict[
        str, None
    ] = {}  # a dict, for its order: each word once, heaviest first
    for word in words:
        written = spellings.get(word, word)
        if len(written) > WORD_LENGTH:
            written = f"{written[:WORD_LENGTH]}…"
        legible[written] = None
    return tuple(legible)


def ranked_list_of(
    subject: Row,
    offers: Iterable[Offer],
    by: Reader | None,
    *,
    judged: int = 0,
    surface: str = "matches",
) -> RankedList | None:
    """The offers as a verdict will bring them back; None for a reader who may not judge.

    Args:
        subject: the listing whose matches these are.
        offers: as they are on the page.
        by: the reader.
        judged: how many judgements the order took into account.
        surface: a key of `verdicts.models.SURFACES`.
    """
    if by is None or not may(by, "verdict.give", subject):
        return None
    items = []
    for offer in offers:
        row = offer.row
        # With its revision: a verdict on a text that has changed since is refused (decision 015).
        item = RankedItem(row.id, row.revision, offer.score, offer.grade, offer.rank)
        items.append(item)
    # Of the circle this reader ranks in: the two circles may have loaded different artefacts.
    generation = current_app.extensions["matchers"].generation(
        subject.counterpart, inner=reads_confidential(by)
    )
    return RankedList(
        side=subject.kind,
        subject_id=subject.id,
        revision=subject.revision,
        ranker=ranker_version(),
        items=tuple(items),
        generation=generation,
        judged=judged,
        surface=surface,
    )
