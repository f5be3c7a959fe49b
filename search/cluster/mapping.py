"""What the cluster's index holds: settings and mapping, and a document or tombstone as one action of a bulk request.
Not here: queries (queries), sending (bulk). Pure functions, but for the time of writing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from search.analysis import FIELD_BREAK, AnalyzedText
from search.completion import Completion
from search.contract import Document, Version
from search.schema import FIELDS, K1, B, index_version, microseconds
from search.tokens import character_pairs

WINDOW = 1_000_000  # how far into a result one can page

Body = dict[str, Any]
Action = tuple[Body, Body]  # what to do, with what

_TYPES: dict[str, Body] = {
    "keyword": {"type": "keyword"},
    "keywords": {"type": "keyword"},
    "integer": {"type": "long"},
    "date": {"type": "date", "format": "strict_date"},
    # Whole microseconds: a date of Elasticsearch ends at the millisecond.
    "instant": {"type": "long"},
}
# Tokens are cut by us and joined with blanks: the whitespace analyzer is in every Elasticsearch, without a plugin, and
# drops no sign (decision 022).
_WORDS: Body = {
    "type": "text",
    "analyzer": "whitespace",
    "index_options": "freqs",
    "similarity": "words",
}
# Norms are for BM25; characters only find.
_CHARACTERS: Body = {"type": "text", "analyzer": "whitespace", "norms": False}
# With k1 = 0 BM25 is the rarity alone, what the embedded engine adds for a pair (decision 087).
_PAIRS: Body = {
    "type": "text",
    "analyzer": "whitespace",
    "index_options": "docs",
    "norms": False,
    "similarity": "rarity",
}
# What is suggested and what is offered for mistyped words: strings of ours, counted by aggregations over the documents
# that the reader may find. A completion field counts nothing, and its weights are fixed (decision 046).
COMPLETIONS = "completions"
SPELLINGS = "spellings"


def index_body(meta: Mapping[str, str]) -> Body:
    """Settings and mapping of a new index.

    Args:
        meta: stored next to the mapping, with index_version(): when it was built and by which process.
    """
    properties: dict[str, Body] = {}
    for name, kind in FIELDS.items():
        if kind != "text":
            properties[name] = _TYPES[kind]
    properties |= {
        "words": _WORDS,
        "chars_title": _CHARACTERS,
        "chars_body": _CHARACTERS,
        "pairs": _PAIRS,
        "deleted": {"type": "boolean"},
        "written_at": {"type": "date"},
        COMPLETIONS: {"type": "keyword"},
        SPELLINGS: {"type": "keyword"},
    }
    return {
        "settings": {
            "number_of_shards": 1,  # one statistic for all documents; a catalogue of a province fits well
            "auto_expand_replicas": "0-1",
            "max_result_window": WINDOW,
            "similarity": {
                "words": {"type": "BM25", "k1": K1, "b": B},
                "rarity": {"type": "BM25", "k1": 0.0, "b": 0.0},
            },
        },
        "mappings": {
            # A field that the mapping does not name is a mistake of ours, not a new field.
            "dynamic": "strict",
            "_meta": {"version": index_version(), **meta},
            "properties": properties,
        },
    }


def completion_value(weight: int, entry: str) -> str:
    """A completion as it is stored: its weight is one figure before it."""
    return f"{weight}{entry}"


def put_action(document: Document, text: AnalyzedText) -> Action:
    """One document as an action of a bulk request."""
    body: Body = {}
    for name, kind in FIELDS.items():
        value = getattr(document, name)
        if kind == "text" or value in (None, "", ()):
            continue
        if isinstance(value, datetime):
            value = microseconds(value)
        elif isinstance(value, date):
            value = value.isoformat()
        elif kind == "keywords":
            value = list(value)
        body[name] = value
    body |= {
        "words": " ".join(text.words),
        "chars_title": " ".join(text.title),
        "chars_body": " ".join(text.body),
        # The break between two fields is no letter, so no pair runs across it.
        "pairs": " ".join(character_pairs(text.title + FIELD_BREAK + text.body)),
        COMPLETIONS: _completion_values(text.completions),
        SPELLINGS: list(text.spellings),
        "deleted": False,
        "written_at": utc_now(),
    }
    return index_action(document.kind, document.id, body)


def _completion_values(completions: Iterable[Completion]) -> list[str]:
    values = []
    for weight, entries in completions:
        values += [completion_value(weight, entry) for entry in entries]
    return values


def tombstone_action(version: Version) -> Action:
    """A removal as an action of a bulk request: Elasticsearch's own deletes are forgotten after a minute."""
    kind, ident, number = version
    body = {
        "kind": kind,
        "id": ident,
        "version": number,
        "deleted": True,
        "written_at": utc_now(),
    }
    return index_action(kind, ident, body)


def index_action(kind: str, ident: int, body: Body) -> Action:
    """The action that writes a body unless a higher version is stored."""
    key = {
        "_id": f"{kind}:{ident}",
        "version": body["version"],
        "version_type": "external_gte",
    }
    return {"index": key}, body


def utc_now() -> str:
    """The time as ISO text in UTC."""
    return datetime.now(UTC).isoformat()
