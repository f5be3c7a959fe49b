"""Text as the tokens of the two FTS5 tables, and as the expressions that match them.
Not here: how text is cut (analysis), the tables themselves (tables), reading posting lists (postings).
"""

from __future__ import annotations

import string
from collections import Counter
from itertools import pairwise

from search.analysis import FIELD_BREAK, AnalyzedText

# The tokenizer cuts at every ASCII sign, so signs travel as private characters, and a text can hold no quote.
_SIGNS = {ord(sign): chr(0xE000 + ord(sign)) for sign in string.punctuation}
# Private characters that begin what is no word of the word table, or end a word.
_SINGLE = "\ue080"
_SINGLE_IN_TITLE = "\ue081"
_TF_BIT = "\ue082"
TF_BITS = (
    8  # binary digits of a term frequency beyond one; 256 times are as good as any more
)


def word_query(word: str) -> str:
    """One token for MATCH on the word table."""
    return f'"{word.translate(_SIGNS)}"'


def phrase_query(phrase: str, *, title: bool = False) -> str:
    """Two and more characters that stand together, for MATCH on the character table; title: in the title only."""
    quoted = f'"{char_bigrams(phrase)}"'
    if title:
        return f"title : {quoted}"
    return quoted


def single_character(character: str, *, title: bool = False) -> str:
    """The token of the documents that have a character, or have it in the title, in the word table."""
    return (_SINGLE_IN_TITLE if title else _SINGLE) + character


def char_bigrams(characters: str) -> str:
    """Characters as the tokens of the character table: each with the next one, as rare as words mostly are."""
    bigrams = map("".join, pairwise(characters))
    return " ".join(bigrams).translate(_SIGNS)


def tf_bit_token(word: str, bit: int) -> str:
    """The token of the documents whose term frequency of a word, less one, has this binary digit set."""
    return f"{word}{_TF_BIT}{bit}"


def term_frequency_key(word: str) -> str:
    """What the term frequencies of a word are remembered under; no expression for MATCH is like it."""
    return _TF_BIT + word


def word_field_tokens(text: AnalyzedText) -> str:
    """A document as the tokens of the word table, each once.

    The table has detail=none, which keeps neither places nor counts and is a fraction of the size (decision 021). So
    the term frequencies are tokens too, one for each binary digit; single characters are tokens because the bigrams of
    the character table cannot find them.
    """
    tokens: list[str] = []
    for word, frequency in Counter(text.words).items():
        tokens.append(word)
        beyond_one = min(frequency, 1 << TF_BITS) - 1
        for bit in range(TF_BITS):
            if beyond_one >> bit & 1:
                tokens.append(tf_bit_token(word, bit))
    # Once each: the table tells whether a document has a character, not how often.
    in_title = {*text.title} - {FIELD_BREAK}
    everywhere = {*text.title, *text.body} - {FIELD_BREAK}
    tokens += [single_character(character) for character in sorted(everywhere)]
    tokens += [
        single_character(character, title=True) for character in sorted(in_title)
    ]
    return " ".join(tokens).translate(_SIGNS)
