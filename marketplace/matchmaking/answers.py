"""The matches of a listing, ranked or in plain order, as its page and its side column show them.

Which listings are offered is decided in `ranking.py`; for those who may judge them, what is judged is set apart and
enough judgements reorder the rest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from flask import current_app

import matching
import search
from marketplace.listings import index as listing_index
from marketplace.listings import queries as listing_queries
from marketplace.listings.disclosure import common_view, is_own
from marketplace.listings.models import KIND_NAMES, Row
from marketplace.matchmaking import queries
from marketplace.matchmaking.facts import (
    Comparison,
    Fact,
    TextComparison,
    most_telling,
)
from marketplace.matchmaking.offers import (
    Offer,
    brief_offer,
    explained_offer,
    legible_words,
    original_spellings,
    ranked_list_of,
)
from marketplace.matchmaking.ranking import (
    Ranking,
    RankingRequest,
    rank_listings,
)
from marketplace.permissions import Reader, audiences
from marketplace.verdicts import judgements as verdict_judgements
from marketplace.verdicts import queries as verdict_queries
from marketplace.verdicts.models import Verdict
from marketplace.verdicts.projections import common_document, holder_of
from marketplace.verdicts.queries import ListVerdicts
from marketplace.verdicts.ranked_lists import RankedList
from matching.misread_text import IS_HAN
from search.terms import parse_query

TOP = 20  # offers of a page, so many as a page of the search
TOP_AT_LISTING = 5  # offers next to the page of a listing
SHORT_TEXT = 60  # characters below which a text has too few words to be compared by
FOREIGN_WORD = re.compile(r"[^\W\d_㐀-鿿]{3,}")
OPENING = 110  # characters of the beginning of a text
UNKNOWN_NAMED = (
    20  # words that are looked for before they are called unknown; pages name fifteen
)
# States in which a listing looks for a match: its own people see matches of a draft, so that they can mend the text.
LOOKING_STATES = ("draft", "returned", "submitted", "in_review", "published")


@dataclass(frozen=True)
class Answer:
    """What a page of matches shows.

    Attributes:
        sought: kind of the rows offered.
        offers: best first (or newest first in plain order).
        fitting: whether anything deserves to be called a match; if not, `offers` are the nearest few.
        weighed: words of the text that were weighed, heaviest first.
        unknown: words of the text that name a thing and occur nowhere among what is sought.
        gaps: what the text lacks: `short`, `numbers`, `chinese`.
        catalogue: how many documents were ranked.
        blocked: why there is no ranking at all: `need`, `ended`, `empty`, `boilerplate`, or None.
        judged: what the listing's people or the reader have judged: no longer among the offers.
        judgements: how many judgements could reorder the offers.
        reordered: whether they did.
        ranked_list: the list as a verdict brings it back; None for readers who may not judge.
    """

    sought: str
    offers: tuple[Offer, ...] = ()
    fitting: bool = False
    weighed: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    catalogue: int = 0
    blocked: str | None = None
    judged: tuple[Offer, ...] = ()
    judgements: int = 0
    reordered: bool = False
    ranked_list: RankedList | None = None

    @property
    def sought_name(self) -> str:
        """The kind of the rows offered, in Chinese."""
        return KIND_NAMES[self.sought]

    @property
    def chosen(self) -> tuple[Offer, ...]:
        """What the listing's people or the reader are interested in: it stands before what is ranked."""
        return tuple(offer for offer in self.judged if _is_chosen(offer))

    @property
    def refused(self) -> tuple[Offer, ...]:
        """The rest of what is judged: it stands last."""
        return tuple(offer for offer in self.judged if not _is_chosen(offer))


def matches_for(
    row: Row, *, by: Reader | None, top: int = TOP, reorder: bool = True
) -> Answer:
    """The best of the other kind for a listing, ranked by text alone: the same for every reader who may find them.

    Args:
        row: the listing, as opened by `listings.queries.get_visible`.
        by: the reader; what they may not find is left out. None is the site itself.
        top: offers at most.
        reorder: False for the order without judgements.

    Raises:
        SearchUnavailable: the matcher is being prepared.
    """
    blocked = blocked_reason(row)
    if blocked is not None:
        return Answer(row.counterpart, blocked=blocked)
    verdicts = verdict_queries.verdicts_on(row, by=by)
    judgements = _judgements_on(row, verdicts, by)
    # Without `reorder` what is judged is still set apart: only the order of the rest is the public one.
    used = judgements if reorder else []
    request = _request_for(row, verdicts, used, by, top)
    answer = explained_answer(
        request,
        rank_listings(request),
        comparison=Comparison(row, by),
        opinions=verdicts.opinions,
    )
    return replace(
        answer,
        judged=_judged_offers(row, verdicts, by),
        judgements=len(judgements),
        reordered=bool(used),
        ranked_list=ranked_list_of(row, answer.offers, by, judged=len(used)),
    )


def top_matches(row: Row, by: Reader | None, top: int = TOP_AT_LISTING) -> Answer:
    """The first few matches for the side column of a listing's own page, without reasons; none where none fit.

    Raises:
        SearchUnavailable: the matcher is being prepared.
    """
    blocked = blocked_reason(row)
    if blocked is not None:
        return Answer(row.counterpart, blocked=blocked)
    verdicts = verdict_queries.verdicts_on(row, by=by)
    judgements = _judgements_on(row, verdicts, by)
    ranking = rank_listings(_request_for(row, verdicts, judgements, by, top))
    # The nearest few that do not fit are for the page of matches, which says why they do not.
    offers = []
    if ranking.fitting:
        for rank, ranked in enumerate(ranking.rows, start=1):
            offers.append(brief_offer(rank, ranked))
    return Answer(
        row.counterpart,
        tuple(offers),
        fitting=ranking.fitting,
        judged=_judged_offers(row, verdicts, by),
    )


def newest_for(
    row: Row, *, by: Reader | None, page: int = 1
) -> tuple[Answer, int, int]:
    """The plain order: all that could be offered, newest first, without any ranking.

    Args:
        row: the listing, as opened by `listings.queries.get_visible`.
        by: the reader; None is the site itself.
        page: from 1; beyond the end the last one is given.

    Returns:
        the answer (offers without grade and reasons), the page it has and the number of pages, at least 1.
    """
    blocked = blocked_reason(row)
    if blocked is not None:
        return Answer(row.counterpart, blocked=blocked), 1, 1
    newest = queries.newest_matchable(row.counterpart, by=by, page=page)
    comparison = Comparison(row, by)
    comparison.prepare_rows(newest.rows)
    offers = []
    # Own listings leave gaps in the ranks, as places in the whole order stay what they are for everybody.
    for rank, other in enumerate(newest.rows, start=newest.first_rank):
        if not is_own(row, other, by):
            facts = most_telling(comparison.facts_with(other))
            holder = holder_of(other)
            offers.append(Offer(rank, other, holder, facts=facts))
    answer = Answer(row.counterpart, tuple(offers), fitting=True)
    return answer, newest.page, newest.pages


def explained_answer(
    request: RankingRequest,
    ranking: Ranking,
    *,
    comparison: Comparison | TextComparison | None = None,
    opinions: Mapping[int, Verdict] | None = None,
) -> Answer:
    """A ranking in the words of the text that was ranked.

    Args:
        request: what was ranked for whom.
        ranking: what `rank_listings` gave.
        comparison: of conditions and figures, of a pasted text its figures only.
        opinions: offered id → what somebody thinks of the pair.
    """
    document = request.document
    spellings = original_spellings(document)
    known_words = [word for word, _ in ranking.analysis.weighed]
    # An empty catalogue knows no word at all, which says nothing about the text.
    unknown_things = ranking.analysis.unknown if ranking.catalogue else []
    unknown_things = _written_nowhere(unknown_things, request)
    if comparison is not None:
        comparison.prepare_rows(ranked.row for ranked in ranking.rows)
    offers = []
    offers_demands = request.sought == "demand"
    for rank, ranked in enumerate(ranking.rows, start=1):
        facts: tuple[Fact, ...] = ()
        if comparison is not None:
            facts = most_telling(comparison.facts_with(ranked.row))
        written = ""
        # All that was compared, title and rows of figures too, or a word that is there is called missing.
        if ranked.reasons.missing:
            achievement = document if offers_demands else common_document(ranked.row)
            written = f"{achievement.title}\n{achievement.text}"
        offer = explained_offer(
            rank,
            ranked.row,
            ranked.reasons,
            ranked.grade,
            spellings,
            written=written,
            facts=facts,
            verdict=(opinions or {}).get(ranked.row.id),
            patents=ranked.patents,
        )
        offers.append(offer)
    return Answer(
        request.sought,
        tuple(offers),
        fitting=ranking.fitting,
        weighed=legible_words(known_words, spellings),
        unknown=legible_words(unknown_things, spellings),
        gaps=_gaps_of(document),
        catalogue=ranking.catalogue,
        blocked=ranking.analysis.empty_reason,
    )


def _written_nowhere(words: Sequence[str], request: RankingRequest) -> list[str]:
    """Those of some unknown words that no text has: 气|相色谱 is cut so that the matcher knows no 气相, and has it.

    Args:
        words: heaviest first; those that no page has room for are left out.
        request: what was ranked for whom.
    """
    words = words[:UNKNOWN_NAMED]
    if not words or request.reader is None:
        return list(words)
    try:
        # One search says which words no listing has; those of listings of the other kind are searched one by one.
        nowhere = set(_search_words(" ".join(words), request).missing)
        return [w for w in words if nowhere & _terms_of(w) or not _is_found(w, request)]
    except search.SearchUnavailable:
        # The matcher is rarely wrong, and nothing else can be said.
        return list(words)


def _is_found(word: str, request: RankingRequest) -> bool:
    result = _search_words(word, request)
    return result.total > 0 and not result.relaxed


def _search_words(text: str, request: RankingRequest) -> search.Result:
    engine: search.Engine = current_app.extensions["search"]
    readers = audiences(request.reader) if request.reader else frozenset[str]()
    query = search.Query(text=text, kinds=(request.sought,), audiences=readers, size=0)
    return engine.find(query)


def _terms_of(word: str) -> set[str]:
    """A word, or what a search cuts it into."""
    return {term.surface for term in parse_query(word).terms}


def blocked_reason(row: Row) -> str | None:
    """Why a listing is never matched: `need`, `ended`, or None where it is."""
    if not row.is_matchable:
        return "need"
    if row.state not in LOOKING_STATES:
        return "ended"
    # Past its day, but not yet moved to 已过期 by the nightly work.
    if row.state == "published" and not row.in_matching:
        return "ended"
    return None


def opening_line(row: Row, length: int = OPENING) -> str:
    """The beginning of what a listing says, on one line.

    Args:
        row: the listing.
        length: characters at most, an ellipsis not counted.
    """
    texts = listing_index.texts(common_view(row)).values()
    # The first section is the summary or the problem, where there is one.
    text = " ".join(next(iter(texts), "").split())
    if len(text) <= length:
        return text
    # No ellipsis after a comma.
    return text[:length].rstrip("，、；：,;: ") + "…"


def _request_for(
    row: Row,
    verdicts: ListVerdicts,
    judgements: list[verdict_judgements.Judgement],
    by: Reader | None,
    top: int,
) -> RankingRequest:
    return RankingRequest(
        # Of what everybody may know, also for the listing's own people: a pair has one score (080).
        document=common_document(row),
        sought=row.counterpart,
        reader=by,
        top=top,
        subject=row,
        # What is judged has a place of its own on the page and is not offered a second time.
        excluded=frozenset(verdicts.settled),
        judgements=judgements,
    )


def _judgements_on(
    row: Row, verdicts: ListVerdicts, by: Reader | None
) -> list[verdict_judgements.Judgement]:
    return verdict_judgements.judgements_on(row.counterpart, verdicts.levels, by=by)


def _is_chosen(offer: Offer) -> bool:
    return offer.verdict is not None and offer.verdict.state == "interested"


def _judged_offers(
    row: Row, verdicts: ListVerdicts, by: Reader | None
) -> tuple[Offer, ...]:
    """What is judged, with the score and grade it had then; what the reader may no longer find is left out."""
    settled = verdicts.settled
    if not settled:
        return ()
    rows = listing_queries.get_findable(row.counterpart, settled, by=by)
    offers = []
    for place, (offered_id, verdict) in enumerate(settled.items(), start=1):
        if offered_id in rows:
            # Score and grade as they were when it was judged: the verdict was given on those.
            other = rows[offered_id]
            offer = Offer(
                place,
                other,
                holder_of(other),
                verdict.grade,
                verdict.score,
                verdict=verdict,
            )
            offers.append(offer)
    return tuple(offers)


def _gaps_of(document: matching.Document) -> tuple[str, ...]:
    """What a text lacks to be compared well: `short`, `numbers`, `chinese`."""
    # Title and text together: a firm may put its figures into either.
    text = f"{document.title}\n{document.text}"
    gaps = []
    if len(text) < SHORT_TEXT:
        gaps.append("short")
    if not re.search(r"\d", text):
        gaps.append("numbers")
    # Listings are Chinese: a text of foreign words shares none with them, whatever it says.
    if len(FOREIGN_WORD.findall(text)) > len(IS_HAN.findall(text)):
        gaps.append("chinese")
    return tuple(gaps)
