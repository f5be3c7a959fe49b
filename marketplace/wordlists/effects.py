"""What other lists would change: listings cut or filed differently, searches and rankings with another answer.

Both lists are tried in this process one after the other, so this runs in a process of its own (`upkeep`) and never
in one that serves: meanwhile every text here is cut with the lists under trial.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import matching
import search
from marketplace.alerts.models import SavedSearch
from marketplace.extensions import db
from marketplace.listings import index as listing_index
from marketplace.listings.models import LISTINGS
from marketplace.verdicts.projections import common_document
from marketplace.wordlists.dictionary_lines import Entry, replaced_codes
from matching import text as words_of

# What is tried, so that a preview takes a minute and not an hour at 100,000 listings; the page says of how many.
LISTINGS_MOST = 3000  # of each kind, the newest
DEMANDS_MOST = 200
QUERIES_MOST = 200
TOP = 20  # places of a ranking or of an answer that are compared
MOVES_SHOWN = 20
WHY_SHOWN = 5  # words that explain a move
BEYOND = TOP + 1  # the place of what is not among the first

Key = tuple[str, int]
# Dictionary → the facet of documents that its codes are in.
FACETS = {"chains": "chain", "districts": "district", "fields": "field"}


@dataclass
class Sample:
    """What is tried.

    Attributes:
        documents: for the index.
        offered: achievements for the matcher.
        asked: demands that are ranked, newest first.
        texts: (kind, id) → title and text as they are cut and compared.
        titles: (kind, id) → title.
        field_codes: (kind, id) → high-tech fields of both levels.
        queries: searches.
    """

    documents: list[search.Document] = field(default_factory=list)
    offered: list[matching.Document] = field(default_factory=list)
    asked: list[matching.Document] = field(default_factory=list)
    texts: dict[Key, str] = field(default_factory=dict)
    titles: dict[Key, str] = field(default_factory=dict)
    field_codes: dict[Key, list[str]] = field(default_factory=dict)
    queries: list[str] = field(default_factory=list)

    def codes_of(self, dictionary: str) -> dict[Key, list[str]]:
        """(kind, id) → the codes of a dictionary that a listing is filed under, as everybody may know them."""
        if dictionary == "fields":
            return self.field_codes
        facet = FACETS[dictionary]
        codes = {}
        for document in self.documents:
            value = getattr(document, facet)
            codes[document.kind, document.id] = [value] if value else []
        return codes


@dataclass(frozen=True)
class Outcome:
    """What some lists make of a sample.

    Attributes:
        cuts: (kind, id) → fingerprint of the words of a text.
        answers: search → its first hits.
        rankings: id of a demand → ids of its first achievements.
    """

    cuts: Mapping[Key, bytes]
    answers: Mapping[str, Sequence[Key]]
    rankings: Mapping[Any, Sequence[Any]]


@contextmanager
def cutting_with(lists: words_of.WordLists) -> Iterator[None]:
    """Cut with other lists for a while, then with those from before. Only where nobody else cuts."""
    before = words_of.word_lists()
    words_of.use_lists(lists)
    try:
        yield
    finally:
        words_of.use_lists(before)


def compare_lists(
    before: words_of.WordLists, after: words_of.WordLists, changed: Sequence[str]
) -> dict[str, Any]:
    """What exchanging some lists for others would change on this site.

    Args:
        before, after: the lists.
        changed: the words in which they differ, normalised: what a move is explained by.

    Returns:
        `listings`, `searches` and `rankings`, each {"tried", "changed"}; `queries`, the searches that change; `moves`,
        the largest of (title of the demand, title of the achievement, place before and after, words).
    """
    sample = read_sample(changed)
    outcomes = []
    for lists in (before, after):
        with cutting_with(lists):
            outcomes.append(try_lists(sample))
    first, second = outcomes
    return _figures_of(sample, first, second, changed)


def compare_dictionaries(
    kind: str, before: Mapping[str, Entry], after: Mapping[str, Entry]
) -> dict[str, Any]:
    """What another version of a dictionary would change on this site; as `compare_lists`.

    A listing changes that would be filed under another code, or whose code would have another name; searches are those
    that are narrowed to one code, saved or not; a move is explained by the entries that the listings name.

    Args:
        kind: which dictionary.
        before, after: code → entry.
    """
    sample = read_sample(())
    shown: dict[str, str] = {}
    changed = []
    for code, entry in {**before, **after}.items():
        shown[code] = f"{entry.name}（{code}）"
        if before.get(code) != after.get(code):
            changed.append(entry.name)
    first = _try_entries(sample, kind, before, shown)
    second = _try_entries(sample, kind, after, shown)
    # What a listing is filed under takes the place of its words in explaining a move.
    names = {}
    for key, codes in sample.codes_of(kind).items():
        names[key] = " ".join(before[code].name for code in codes if code in before)
    return _figures_of(replace(sample, texts=names), first, second, changed)


def _figures_of(
    sample: Sample, first: Outcome, second: Outcome, changed: Sequence[str]
) -> dict[str, Any]:
    cut_otherwise = _differing(first.cuts, second.cuts)
    answered_otherwise = _differing(first.answers, second.answers)
    ranked_otherwise = _differing(first.rankings, second.rankings)
    return {
        "listings": {"tried": len(first.cuts), "changed": len(cut_otherwise)},
        "searches": {"tried": len(first.answers), "changed": len(answered_otherwise)},
        "rankings": {"tried": len(first.rankings), "changed": len(ranked_otherwise)},
        "queries": answered_otherwise[:MOVES_SHOWN],
        "moves": _largest_moves(sample, first, second, changed),
    }


def read_sample(changed: Sequence[str]) -> Sample:
    """The newest published listings, and searches: those that people saved, titles of demands, the changed words."""
    sample = Sample()
    for kind, table in LISTINGS.items():
        # What somebody may find: a draft is in no index and in no ranking.
        query = db.select(table).where(table.findable_by(None))
        newest = query.order_by(table.id.desc()).limit(LISTINGS_MOST)
        for row in db.session.scalars(newest):
            document = common_document(row)
            key = (kind, row.id)
            sample.documents.append(listing_index.search_document(row))
            sample.texts[key] = f"{document.title}\n{document.text}"
            sample.titles[key] = document.title
            sample.field_codes[key] = list(row.field_codes)
            if not row.is_matchable:
                continue
            if kind == "achievement":
                sample.offered.append(document)
            elif len(sample.asked) < DEMANDS_MOST:
                sample.asked.append(document)
    searches = [*_saved_texts(), *changed]
    searches += [document.title for document in sample.asked]
    # Saved searches and changed words come first, so that titles fill what is left.
    sample.queries = list(dict.fromkeys(filter(None, searches)))[:QUERIES_MOST]
    # All is read: a server ends transactions that lie idle while something is computed.
    db.session.rollback()
    return sample


def try_lists(sample: Sample) -> Outcome:
    """What the lists in use make of a sample."""
    cuts = {}
    for key, text in sample.texts.items():
        words = "\n".join(words_of.words(text))
        encoded = words.encode("utf-8", "surrogatepass")
        cuts[key] = blake2b(encoded, digest_size=8).digest()
    matcher = matching.Matcher().fit(sample.offered)
    rankings = {}
    ranked = matcher.rank_all(sample.asked, top=TOP)
    for document, matches in zip(sample.asked, ranked, strict=True):
        rankings[document.id] = [match.id for match in matches]
    return Outcome(cuts, _search_all(sample), rankings)


def _search_all(sample: Sample) -> dict[str, list[Key]]:
    """Search → (kind, id) of its first hits, in an index of its own that is thrown away."""
    # All audiences together: a preview is of the site, and no reader sees what it finds.
    readers: set[str] = set()
    for document in sample.documents:
        readers.update(document.audience)
    answers = {}
    # An index of its own, for that of the site is cut with the lists in force.
    with tempfile.TemporaryDirectory() as folder:
        engine = search.open_engine(f"sqlite:///{Path(folder) / 'trial.db'}")
        engine.rebuild(sample.documents)
        for text in sample.queries:
            query = search.Query(text, audiences=frozenset(readers), size=TOP)
            hits = engine.find(query).hits
            answers[text] = [(hit.kind, hit.id) for hit in hits]
        engine.close()
    return answers


def _try_entries(
    sample: Sample, kind: str, entries: Mapping[str, Entry], shown: Mapping[str, str]
) -> Outcome:
    """What a version of a dictionary makes of a sample.

    Args:
        shown: code → how it is called, of all codes of either version: each is searched for.
    """
    replaced = replaced_codes(entries)
    facet = FACETS[kind]
    cuts = {}
    for key, named in sample.codes_of(kind).items():
        filed = []
        for code in named:
            last = replaced.get(code, code)
            entry = entries.get(last)
            filed.append((last, entry and entry.name))
        cuts[key] = repr(filed).encode()

    def refiled(document: Any) -> Any:
        value = getattr(document, facet, None)
        if value not in replaced:
            return document
        return replace(document, **{facet: replaced[value]})

    matcher = matching.Matcher().fit([refiled(one) for one in sample.offered])
    asked = [refiled(one) for one in sample.asked]
    rankings = {}
    ranked = matcher.rank_all(asked, top=TOP)
    for document, matches in zip(asked, ranked, strict=True):
        rankings[document.id] = [match.id for match in matches]
    documents = [refiled(one) for one in sample.documents]
    narrowed = {}
    for code, name in shown.items():
        # Of level 1 only: nothing is narrowed to the other one.
        if kind != "fields" or len(code) == 2:
            narrowed[name] = {facet: [code]}
    return Outcome(cuts, _search_narrowed(documents, narrowed), rankings)


def _search_narrowed(
    documents: Sequence[search.Document], narrowed: Mapping[str, Mapping[str, Any]]
) -> dict[str, list[Key]]:
    """Search → its first hits, of searches that are narrowed to one code."""
    readers: set[str] = set()
    for document in documents:
        readers.update(document.audience)
    answers = {}
    with tempfile.TemporaryDirectory() as folder:
        engine = search.open_engine(f"sqlite:///{Path(folder) / 'trial.db'}")
        engine.rebuild(documents)
        for name, filters in narrowed.items():
            query = search.Query(
                filters=filters, audiences=frozenset(readers), size=TOP
            )
            hits = engine.find(query).hits
            answers[name] = [(hit.kind, hit.id) for hit in hits]
        engine.close()
    return answers


def _saved_texts() -> Iterator[str]:
    """The words of the searches that people saved, the most frequent first."""
    counts: dict[str, int] = {}
    for address in db.session.scalars(db.select(SavedSearch.query)):
        # Searches that are narrowed and have no words change by nothing here.
        for text in parse_qs(address).get("q", []):
            counts[text.strip()] = counts.get(text.strip(), 0) + 1
    yield from sorted(counts, key=lambda text: (-counts[text], text))


def _differing(before: Mapping[Any, Any], after: Mapping[Any, Any]) -> list[Any]:
    return [key for key, value in before.items() if after[key] != value]


def _largest_moves(
    sample: Sample, before: Outcome, after: Outcome, changed: Sequence[str]
) -> list[dict[str, Any]]:
    """The largest moves in the rankings, largest first; what left or entered the first places counts as below them."""
    moves = []
    for demand_id, first in before.rankings.items():
        second = after.rankings[demand_id]
        if first == second:
            continue
        places = {id_: place for place, id_ in enumerate(first, 1)}
        later = {id_: place for place, id_ in enumerate(second, 1)}
        for id_ in places | later:
            place = places.get(id_, BEYOND)
            new_place = later.get(id_, BEYOND)
            if place != new_place:
                size = abs(place - new_place)
                # The place as well, so that of two moves of one size the one further up is first.
                moves.append((-size, demand_id, min(place, new_place), id_))
    moves.sort()
    shown = []
    for _, demand_id, _, id_ in moves[:MOVES_SHOWN]:
        demand = ("demand", demand_id)
        achievement = ("achievement", id_)
        shown.append(
            {
                "demand": sample.titles[demand],
                "achievement": sample.titles[achievement],
                "ids": [demand_id, id_],
                "before": _place_of(id_, before.rankings[demand_id]),
                "after": _place_of(id_, after.rankings[demand_id]),
                "why": _words_in(
                    sample.texts[demand], sample.texts[achievement], changed
                ),
            }
        )
    return shown


def _place_of(id_: Any, ranking: Sequence[Any]) -> int | None:
    return ranking.index(id_) + 1 if id_ in ranking else None


def _words_in(demand: str, achievement: str, changed: Sequence[str]) -> dict[str, Any]:
    """The changed words that stand in either text; none where only the weights of other listings' words moved."""
    found = {}
    for side, text in (("demand", demand), ("achievement", achievement)):
        norm = words_of.plain_text(text)
        found[side] = [word for word in changed if word in norm][:WHY_SHOWN]
    return found
