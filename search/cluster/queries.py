"""Searches as Elasticsearch takes them: one pure function for each request. No client here.
Not here: what a text asks for (terms), weights (schema), mapping and documents (mapping), sending (engine).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from search.cluster.mapping import (
    COMPLETIONS,
    SPELLINGS,
    WINDOW,
    Body,
    completion_value,
)
from search.completion import CANDIDATES, SEPARATOR, WEIGHTS
from search.contract import FACET_VALUES, FACETS, Query, Value
from search.schema import (
    FACET_FIELDS,
    PAIR_WEIGHT,
    SHARE_SCORE,
    SYNONYM_WEIGHT,
    TERM_SCORE,
    TERM_TITLE_SCORE,
    WHOLE_SCORE,
    WHOLE_TITLE_SCORE,
)
from search.terms import ParsedQuery, Term, scores_in_title

# Words under the keys of one expression: a character may be in hundreds.
SPELLINGS_READ = 2_000
EXPRESSION_LIMIT = 800  # characters; Elasticsearch takes 1,000 (index.max_regex_length)
VALUES, ACCEPTED = "values", "accepted"  # names of the counts of a facet
ALL_HITS = "all"  # name of the count before filters in an answer

_ANYWHERE = ("chars_title", "chars_body")
_IN_TITLE = ("chars_title",)

_Filters = Mapping[str, frozenset[Value]]


def visible_filter(audiences: Iterable[str]) -> list[Body]:
    """The filter of every search: not removed, open to one of these groups."""
    # Sorted, so that equal searches are equal requests, which the cluster may answer from its cache.
    groups = sorted(audiences)
    return [
        {"term": {"deleted": False}},
        {"terms": {"audience": groups}},
    ]


def phrase_query(characters: str, fields: Sequence[str] = _ANYWHERE) -> Body:
    """Characters that stand together in one of the fields."""
    phrases: list[Body] = []
    for name in fields:
        phrases.append({"match_phrase": {name: " ".join(characters)}})
    if len(phrases) == 1:
        return phrases[0]
    return _any_of(phrases)


def term_query(term: Term) -> Body:
    """Which documents have a term, without a score.

    A word that stands in a text also stands there as characters, unless it is spelled otherwise.
    """
    ways: list[Body] = [{"term": {"words": word}} for word in term.spellings]
    if not term.whole:
        ways.append(phrase_query(term.phrase))
    for other in term.alternatives:
        if other.whole:
            ways.append({"term": {"words": other.word}})
        else:
            ways.append(phrase_query(other.phrase))
    return _any_of(ways)


def scored_term_query(term: Term, name: str = "") -> Body:
    """A term with what it is worth. name: under which a hit reports that it has the term."""
    ways = _form_queries(term.word, "" if term.whole else term.phrase, 1.0)
    for other in term.alternatives:
        phrase = "" if other.whole else other.phrase
        ways += _form_queries(other.word, phrase, SYNONYM_WEIGHT)
    # The filter decides which documents have the term, the rest only what it is worth in them.
    body: Body = {"filter": [term_query(term)], "should": ways}
    if name:
        body["_name"] = name
    return {"bool": body}


def _form_queries(word: str, characters: str, weight: float) -> list[Body]:
    """What one way to say a term is worth; "" for a word or phrase leaves it out."""
    ways: list[Body] = []
    if word:
        # BM25, by the similarity of the mapping.
        scored = {"value": word, "boost": weight}
        ways.append({"term": {"words": scored}})
    if characters:
        anywhere = phrase_query(characters)
        ways.append(_constant_score(anywhere, weight * TERM_SCORE))
        if scores_in_title(characters):
            in_title = phrase_query(characters, _IN_TITLE)
            ways.append(_constant_score(in_title, weight * TERM_TITLE_SCORE))
    return ways


def _whole_phrase_queries(query: ParsedQuery) -> list[Body]:
    """What the query as one phrase is worth."""
    if not query.whole:
        return []
    in_title = phrase_query(query.whole, _IN_TITLE)
    return [
        _constant_score(phrase_query(query.whole), WHOLE_SCORE),
        _constant_score(in_title, WHOLE_TITLE_SCORE),
    ]


def _pair_queries(query: ParsedQuery) -> list[Body]:
    """What the pairs of a long text are worth: their rarity, by the similarity of the mapping."""
    ways: list[Body] = []
    for pair in query.pairs:
        ways.append({"term": {"pairs": {"value": pair, "boost": PAIR_WEIGHT}}})
    return ways


def _constant_score(body: Body, boost: float) -> Body:
    return {"constant_score": {"filter": body, "boost": boost}}


def _any_of(should: list[Body]) -> Body:
    return {"bool": {"should": should, "minimum_should_match": 1}}


def all_terms_query(query: ParsedQuery, audiences: Iterable[str]) -> Body:
    """Documents with every term; none for signs alone."""
    if query.signs_only:
        return {"match_none": {}}
    return {
        "bool": {
            "filter": visible_filter(audiences),
            "must": [scored_term_query(term) for term in query.terms],
            "should": _whole_phrase_queries(query),
        }
    }


def any_term_query(
    query: ParsedQuery,
    terms: Sequence[Term],
    shares: Sequence[float],
    audiences: Iterable[str],
) -> Body:
    """Documents with any of the terms.

    Args:
        query: for its whole phrase and its pairs.
        terms: what to look for; a hit reports the places of those it has in `matched_queries`.
        shares: how much of the whole query each term is; they sum to 1.
        audiences: the groups the reader belongs to.
    """
    should = []
    for place, term in enumerate(terms):
        should.append(scored_term_query(term, name=str(place)))
    # The pairs of a long text say more of how much was found than the share, and who has the text as one phrase has
    # all its terms (decision 087).
    added = _pair_queries(query)
    if not query.pairs:
        added = _whole_phrase_queries(query)
        for term, share in zip(terms, shares, strict=True):
            should.append(_constant_score(term_query(term), SHARE_SCORE * share))
    # The whole phrase and the pairs may only add, never let in: a bonus outside of the alternatives.
    return {
        "bool": {
            "filter": visible_filter(audiences),
            "must": [_any_of(should)],
            "should": added,
        }
    }


def count_request(terms: Sequence[Term], audiences: Iterable[str]) -> Body:
    """How many visible documents have each term; the answer's aggregations have the terms' places as names."""
    aggregations: dict[str, Body] = {}
    for place, term in enumerate(terms):
        aggregations[str(place)] = {"filter": term_query(term)}
    return {
        "size": 0,
        "track_total_hits": True,
        "query": {"bool": {"filter": visible_filter(audiences)}},
        "aggs": aggregations,
    }


def page_request(matching: Body, query: Query, *, browse: bool) -> Body:
    """One page of what a query finds, with every facet counted under all filters but its own.

    Args:
        matching: all_terms_query() or any_term_query().
        query: filters, order and page.
        browse: there is no text, so relevance means newest.
    """
    filters = query.active_filters()
    first = (query.page - 1) * query.size
    size = query.size
    # Elasticsearch refuses a page beyond its window; ours is empty.
    if first + size > WINDOW:
        size = 0
    sort = query.sort
    if browse and sort == "relevance":
        sort = "newest"
    facets = {facet: _facet_counts(facet, filters) for facet in FACETS}
    return {
        "query": matching,
        # After the aggregations, so that each of them sees all that was found.
        "post_filter": {"bool": {"filter": _filter_queries(filters)}},
        "aggs": {
            # Whether anything was found before the filters decides what is searched next.
            ALL_HITS: {"filter": {"match_all": {}}},
            **facets,
        },
        "from": first if size else 0,
        "size": size,
        "sort": _sort_order(sort),
        # Without it the count ends at 10,000, and the last pages could not be reached.
        "track_total_hits": True,
        "track_scores": not browse,
        # The index says which, the database says what.
        "_source": ["kind", "id"],
    }


def _filter_queries(filters: _Filters, exclude: str = "") -> list[Body]:
    """A query for each filter. exclude: a facet to leave out."""
    queries: list[Body] = []
    for facet, values in sorted(filters.items()):
        if facet != exclude:
            accepted = sorted(values, key=str)
            queries.append({"terms": {FACET_FIELDS[facet]: accepted}})
    return queries


def _facet_counts(facet: str, filters: _Filters) -> Body:
    name = FACET_FIELDS[facet]
    # Exact, and ties in the order of the contract: one shard has all documents.
    counts: dict[str, Body] = {VALUES: {"terms": {"field": name, "size": FACET_VALUES}}}
    if facet in filters:
        accepted = sorted(filters[facet], key=str)
        # These are counted wherever they stand, or a page would say 0 of what it shows.
        counts[ACCEPTED] = {
            "terms": {"field": name, "include": accepted, "size": len(accepted)}
        }
    return {
        "filter": {"bool": {"filter": _filter_queries(filters, exclude=facet)}},
        "aggs": counts,
    }


def _sort_order(sort: str) -> list[Body]:
    """An order of the contract, ties by id (of the newest the larger one first), then kind."""
    main: dict[str, Body] = {
        "relevance": {"_score": {"order": "desc"}},
        "newest": {"published_at": {"order": "desc", "missing": "_last"}},
        "deadline": {"deadline": {"order": "asc", "missing": "_last"}},
    }
    return [
        main[sort],
        {"id": {"order": "desc" if sort == "newest" else "asc"}},
        {"kind": {"order": "asc"}},
    ]


def completion_request(
    prefix: str, audiences: Iterable[str], kinds: Iterable[str]
) -> Body:
    """The entries that begin with a prefix and their counts, under the weights as names in the answer."""
    filters = visible_filter(audiences)
    wanted = sorted(kinds)
    if wanted:
        filters.append({"terms": {"kind": wanted}})
    begins: list[Body] = []
    aggregations: dict[str, Body] = {}
    # One request for all weights: somebody is waiting between two keys.
    for weight in WEIGHTS:
        value = completion_value(weight, prefix)
        begins.append({"prefix": {COMPLETIONS: value}})
        aggregations[str(weight)] = {
            "terms": {
                "field": COMPLETIONS,
                "include": _quoted(value) + ".*",
                # In the order of their keys, so that one letter has the same candidates in every engine.
                "order": {"_key": "asc"},
                "size": CANDIDATES,
            }
        }
    filters.append(_any_of(begins))
    return {"size": 0, "query": {"bool": {"filter": filters}}, "aggs": aggregations}


def spelling_request(keys: Sequence[str], audiences: Iterable[str]) -> Body:
    """The words under some keys that visible documents have."""
    aggregations: dict[str, Body] = {}
    for number, some in enumerate(_in_expressions(keys)):
        aggregations[str(number)] = {
            "terms": {"field": SPELLINGS, "include": some, "size": SPELLINGS_READ}
        }
    return {
        "size": 0,
        "query": {"bool": {"filter": visible_filter(audiences)}},
        "aggs": aggregations,
    }


def _in_expressions(keys: Sequence[str]) -> list[str]:
    """Keys as regular expressions, each within what Elasticsearch takes for one."""
    expressions: list[str] = []
    some: list[str] = []
    length = 0
    for key in keys:
        quoted = _quoted(key)
        if some and length + len(quoted) > EXPRESSION_LIMIT:
            expressions.append(f"({'|'.join(some)}){SEPARATOR}.*")
            some, length = [], 0
        some.append(quoted)
        length += len(quoted) + 1
    if some:
        expressions.append(f"({'|'.join(some)}){SEPARATOR}.*")
    return expressions


def _quoted(text: str) -> str:
    """Text for a regular expression of Lucene: a backslash before every sign; before a letter it would mean a class."""
    return "".join(map(_quoted_character, text))


def _quoted_character(character: str) -> str:
    return character if character.isalnum() else f"\\{character}"
