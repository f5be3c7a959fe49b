"""What is said to Elasticsearch, as pure functions: the mapping, one query per question. No client here.
Not here: what a text asks for (terms), weights (schema), sending and errors (elastic).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from search.contract import FACETS, Document, Query, Value
from search.schema import (
    FACET_FIELDS,
    FIELDS,
    K1,
    SHARE_SCORE,
    SYNONYM_WEIGHT,
    TERM_SCORE,
    TERM_TITLE_SCORE,
    VERSION,
    WHOLE_SCORE,
    WHOLE_TITLE_SCORE,
    B,
)
from search.suggesting import KEYS_OF_ONE, MAX_KEY, MAX_TITLE, MAX_WORDS, Offer
from search.terms import Asked, Term, title_counts

Body = dict[str, Any]

FACET_VALUES = 1_000  # values of one facet that are counted; the largest dictionary has about a hundred
WINDOW = 1_000_000  # how far into a result one can page
ALL = "all"  # names of counts in an answer
_TYPES: dict[str, Body] = {
    "keyword": {"type": "keyword"},
    "keywords": {"type": "keyword"},
    "integer": {"type": "long"},
    "date": {"type": "date", "format": "strict_date"},
    "kept": {"type": "keyword", "index": False, "doc_values": False},
}
# Tokens are cut by us and joined with blanks: the whitespace analyzer is in every Elasticsearch, without a plugin.
_WORDS: Body = {
    "type": "text",
    "analyzer": "whitespace",
    "index_options": "freqs",
    "similarity": "words",
}
_CHARACTERS: Body = {"type": "text", "analyzer": "whitespace", "norms": False}
# A completion field answers with one text per document, so each text of a document has a field of its own.
OFFER_FIELDS = tuple(f"offer_{place}" for place in range(1 + MAX_WORDS))
# One context for both questions, who and what kind: Elasticsearch takes any of several contexts, never all of them.
_OFFERS: Body = {
    "type": "completion",
    "analyzer": "keyword",
    "max_input_length": MAX_KEY + 1 + 2 * MAX_TITLE,  # counted in halves of characters
    "contexts": [{"name": "reader", "type": "category"}],
}


def index_body(meta: Mapping[str, str]) -> Body:
    """Settings and mapping of a new index. meta: kept beside the mapping (version, when it was built, by whom)."""
    properties: dict[str, Body] = {
        name: _TYPES[kind] for name, kind in FIELDS.items() if kind != "text"
    }
    properties |= {
        "words": _WORDS,
        "chars_title": _CHARACTERS,
        "chars_body": _CHARACTERS,
        "deleted": {"type": "boolean"},
        "written_at": {"type": "date"},
        **dict.fromkeys(OFFER_FIELDS, _OFFERS),
    }
    return {
        "settings": {
            "number_of_shards": 1,  # one statistic for all documents; a catalogue of a province fits well
            "auto_expand_replicas": "0-1",
            "max_result_window": WINDOW,
            "similarity": {"words": {"type": "BM25", "k1": K1, "b": B}},
        },
        "mappings": {
            "dynamic": "strict",
            "_meta": {"version": VERSION, **meta},
            "properties": properties,
        },
    }


def visible(audiences: Iterable[str]) -> list[Body]:
    """The filter that is in every question: not removed, open to one of these groups."""
    return [{"term": {"deleted": False}}, {"terms": {"audience": sorted(audiences)}}]


def reader(audience: str, kind: str = "") -> str:
    """The context of suggestions to a group of readers, of one kind or ("") of all."""
    return f"{audience}|{kind}"


def offered(document: Document, offers: Sequence[Offer]) -> Body:
    """What a document suggests: field → input of the completion field."""
    contexts = {
        "reader": sorted(
            reader(a, kind) for a in document.audience for kind in ("", document.kind)
        )
    }
    if not document.audience:
        return {}
    return {
        name: {
            "input": list(offer.entries),
            "weight": offer.weight,
            "contexts": contexts,
        }
        for name, offer in zip(OFFER_FIELDS, offers, strict=False)
    }


def suggestions(
    prefix: str, audiences: Iterable[str], kinds: Iterable[str], size: int
) -> Body:
    """The entries that begin with a prefix, under the names of the fields in the answer."""
    contexts = sorted(
        {reader(a, kind) for a in audiences for kind in (tuple(kinds) or ("",))}
    )
    completion = {
        "size": size * KEYS_OF_ONE,
        "skip_duplicates": True,
        "contexts": {"reader": contexts},
    }
    asked = {
        name: {"prefix": prefix, "completion": {"field": name, **completion}}
        for name in OFFER_FIELDS
    }
    return {"suggest": asked, "_source": False}


def phrase(
    characters: str, fields: Sequence[str] = ("chars_title", "chars_body")
) -> Body:
    """Characters that stand together in one of the fields."""
    asked: list[Body] = [
        {"match_phrase": {name: " ".join(characters)}} for name in fields
    ]
    return (
        asked[0]
        if len(asked) == 1
        else {"bool": {"should": asked, "minimum_should_match": 1}}
    )


def having(term: Term) -> Body:
    """Which documents have a term, without a score. A word that stands in a text also stands there as characters."""
    ways = [phrase(term.phrase)]
    for other in term.alternatives:
        ways.append(
            {"term": {"words": other.word}} if other.whole else phrase(other.phrase)
        )
    return {"bool": {"should": ways, "minimum_should_match": 1}}


def scored(term: Term, name: str = "") -> Body:
    """A term with what it is worth. name: under which a hit says that it has the term."""
    ways = _said(term.word, term.phrase, 1.0)
    for other in term.alternatives:
        ways += _said(other.word, "" if other.whole else other.phrase, SYNONYM_WEIGHT)
    body: Body = {"filter": [having(term)], "should": ways}
    return {"bool": {**body, "_name": name} if name else body}


def _said(word: str, characters: str, weight: float) -> list[Body]:
    ways: list[Body] = []
    if word:
        ways.append({"term": {"words": {"value": word, "boost": weight}}})
    if characters:
        ways.append(_constant(phrase(characters), weight * TERM_SCORE))
        if title_counts(characters):
            ways.append(
                _constant(
                    phrase(characters, ("chars_title",)), weight * TERM_TITLE_SCORE
                )
            )
    return ways


def _whole(asked: Asked) -> list[Body]:
    if not asked.whole:
        return []
    return [
        _constant(phrase(asked.whole), WHOLE_SCORE),
        _constant(phrase(asked.whole, ("chars_title",)), WHOLE_TITLE_SCORE),
    ]


def _constant(body: Body, boost: float) -> Body:
    return {"constant_score": {"filter": body, "boost": boost}}


def together(asked: Asked, audiences: Iterable[str]) -> Body:
    """Documents with every term."""
    must = [scored(term) for term in asked.terms]
    return {
        "bool": {"filter": visible(audiences), "must": must, "should": _whole(asked)}
    }


def some(
    asked: Asked,
    terms: Sequence[Term],
    shares: Sequence[float],
    audiences: Iterable[str],
) -> Body:
    """Documents with any of the terms. shares: what each term is of the whole question; they sum to 1."""
    should = [scored(term, name=str(place)) for place, term in enumerate(terms)]
    should += [
        _constant(having(term), SHARE_SCORE * share)
        for term, share in zip(terms, shares, strict=True)
    ]
    # The whole phrase may only add, never let in: it is a bonus outside of the alternatives.
    inner: Body = {"bool": {"should": should, "minimum_should_match": 1}}
    return {
        "bool": {"filter": visible(audiences), "must": [inner], "should": _whole(asked)}
    }


def counts(terms: Sequence[Term], audiences: Iterable[str]) -> Body:
    """How many visible documents have each term; the answer's aggregations bear the terms' places as names."""
    aggs: dict[str, Body] = {
        str(place): {"filter": having(term)} for place, term in enumerate(terms)
    }
    return {
        "size": 0,
        "track_total_hits": True,
        "query": {"bool": {"filter": visible(audiences)}},
        "aggs": aggs,
    }


def page(found: Body, query: Query, *, browse: bool) -> Body:
    """One page of what a query finds, with every facet counted under all filters but its own.

    found: together() or some(); browse: there is no text, so relevance means newest.
    """
    narrowed = query.narrowed()
    first = (query.page - 1) * query.size
    size = query.size if first + query.size <= WINDOW else 0
    return {
        "query": found,
        "post_filter": {"bool": {"filter": _accepted(narrowed)}},
        "aggs": {
            ALL: {"filter": {"match_all": {}}},
            **{facet: _facet(facet, narrowed) for facet in FACETS},
        },
        "from": first if size else 0,
        "size": size,
        "sort": _order(
            "newest" if browse and query.sort == "relevance" else query.sort
        ),
        "track_total_hits": True,
        "track_scores": not browse,
        "_source": ["kind", "id", "shown"],
    }


def _accepted(narrowed: Mapping[str, frozenset[Value]], but: str = "") -> list[Body]:
    return [
        {"terms": {FACET_FIELDS[facet]: sorted(values, key=str)}}
        for facet, values in sorted(narrowed.items())
        if facet != but
    ]


def _facet(facet: str, narrowed: Mapping[str, frozenset[Value]]) -> Body:
    values = {"terms": {"field": FACET_FIELDS[facet], "size": FACET_VALUES}}
    return {
        "filter": {"bool": {"filter": _accepted(narrowed, but=facet)}},
        "aggs": {"values": values},
    }


def _order(sort: str) -> list[Body]:
    main: dict[str, Body] = {
        "relevance": {"_score": {"order": "desc"}},
        "newest": {"published_on": {"order": "desc", "missing": "_last"}},
        "deadline": {"deadline": {"order": "asc", "missing": "_last"}},
    }
    return [main[sort], {"id": {"order": "asc"}}, {"kind": {"order": "asc"}}]
