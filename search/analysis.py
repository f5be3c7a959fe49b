"""A document's text as the index takes it: tokens for ranking, characters for finding, completions for suggesting.
Not here: what a query asks for (terms), how an engine stores it (embedded, cluster).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from search.completion import Completion, completions
from search.contract import Document
from search.folding import fold_text
from search.tokens import index_tokens
from search.word_keys import spelling_entries

# Private use, so that no folded text contains it: no phrase runs from one field into the next.
FIELD_BREAK = "\uf8ff"

# A word of the title counts as often as it is repeated in the one word field: one field, one statistic, the same
# formula in every engine (BM25 summed over several fields rewards a word for standing in each of them).
TITLE_REPEATS = 3


@dataclass(frozen=True, slots=True)
class AnalyzedText:
    """A document's text as it is searched: words rank, characters find (decision 020).

    Attributes:
        words: tokens for BM25, those of the title repeated.
        title, body: folded characters for phrases; the body begins with the holder.
        completions: what is suggested by it.
        spellings: the words of it that may be offered for mistyped ones, under their keys.
    """

    words: tuple[str, ...]
    title: str
    body: str
    completions: tuple[Completion, ...] = ()
    spellings: tuple[str, ...] = ()


def analyze(document: Document) -> AnalyzedText:
    """Cut a document's text for the index; the most expensive step of writing, so do it outside any lock."""
    title = index_tokens(document.title)
    rest = index_tokens(document.holder) + index_tokens(document.body)
    body = fold_text(document.holder) + FIELD_BREAK + fold_text(document.body)
    return AnalyzedText(
        words=tuple(title * TITLE_REPEATS + rest),
        title=fold_text(document.title),
        body=body,
        completions=tuple(completions(document.title)),
        spellings=spelling_entries(document.title, document.body),
    )


def analyze_all(documents: Iterable[Document]) -> list[tuple[Document, AnalyzedText]]:
    """Documents, each with its analyzed text."""
    return [(document, analyze(document)) for document in documents]
