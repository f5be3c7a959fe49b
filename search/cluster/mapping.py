"""What the cluster's index holds: settings and mapping, and a document or tombstone as one action of a bulk request.
Not here: queries (queries), sending (bulk). Pure functions, but for the time of writing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from search.analysis import AnalyzedText
from search.completion import MAX_KEY, MAX_TITLE, MAX_TITLE_WORDS, Completion
from search.contract import Document, Version
from search.schema import FIELDS, K1, VERSION, B

WINDOW = 1_000_000  # how far into a result one can page

Body = dict[str, Any]
Action = tuple[Body, Body]  # what to do, with what

_TYPES: dict[str, Body] = {
    "keyword": {"type": "keyword"},
    "keywords": {"type": "keyword"},
    "integer": {"type": "long"},
    "date": {"type": "date", "format": "strict_date"},
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
# A completion field answers with one text per document, so each text of a document has a field of its own.
COMPLETION_FIELDS = tuple(f"completion_{n}" for n in range(1 + MAX_TITLE_WORDS))
# One context for both questions, who and what kind: Elasticsearch takes any of several contexts, never all of them.
CONTEXT = "reader"
_COMPLETION: Body = {
    "type": "completion",
    "analyzer": "keyword",
    # Counted in UTF-16 units, of which a rare character has two.
    "max_input_length": MAX_KEY + 1 + 2 * MAX_TITLE,
    "contexts": [{"name": CONTEXT, "type": "category"}],
}


def index_body(meta: Mapping[str, str]) -> Body:
    """Settings and mapping of a new index.

    Args:
        meta: stored beside the mapping, with VERSION: when it was built and by which process.
    """
    properties: dict[str, Body] = {}
    for name, kind in FIELDS.items():
        if kind != "text":
            properties[name] = _TYPES[kind]
    properties |= {
        "words": _WORDS,
        "chars_title": _CHARACTERS,
        "chars_body": _CHARACTERS,
        "deleted": {"type": "boolean"},
        "written_at": {"type": "date"},
        **dict.fromkeys(COMPLETION_FIELDS, _COMPLETION),
    }
    return {
        "settings": {
            "number_of_shards": 1,  # one statistic for all documents; a catalogue of a province fits well
            "auto_expand_replicas": "0-1",
            "max_result_window": WINDOW,
            "similarity": {
                "words": {"type": "BM25", "k1": K1, "b": B},
            },
        },
        "mappings": {
            # A field that the mapping does not name is a mistake of ours, not a new field.
            "dynamic": "strict",
            "_meta": {"version": VERSION, **meta},
            "properties": properties,
        },
    }


def reader_context(audience: str, kind: str = "") -> str:
    """The context of completions for a group of readers, of one kind or ("") of all."""
    return f"{audience}|{kind}"


def completion_body(document: Document, completions: Sequence[Completion]) -> Body:
    """A document's completion fields; none for a document that no audience may find."""
    if not document.audience:
        return {}
    contexts = []
    for audience in document.audience:
        contexts.append(reader_context(audience))
        contexts.append(reader_context(audience, document.kind))
    contexts.sort()
    body: Body = {}
    for name, completion in zip(COMPLETION_FIELDS, completions, strict=False):
        body[name] = {
            "input": list(completion.entries),
            "weight": completion.weight,
            "contexts": {CONTEXT: contexts},
        }
    return body


def put_action(document: Document, text: AnalyzedText) -> Action:
    """One document as an action of a bulk request."""
    body: Body = {}
    for name, kind in FIELDS.items():
        value = getattr(document, name)
        if kind == "text" or value in (None, "", ()):
            continue
        if isinstance(value, date):
            value = value.isoformat()
        elif kind == "keywords":
            value = list(value)
        body[name] = value
    body |= {
        "words": " ".join(text.words),
        "chars_title": " ".join(text.title),
        "chars_body": " ".join(text.body),
        **completion_body(document, text.completions),
        "deleted": False,
        "written_at": utc_now(),
    }
    return index_action(document.kind, document.id, body)


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
