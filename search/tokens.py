"""Words as tokens of the index, the same for a stored text and a query.
Not here: which words a text has (matching.text), how an engine writes a token (embedded, cluster).
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

from matching import text as words_of
from search.folding import fold_character, replace_unencodable

MAX_TOKEN = 64  # characters; longer ones are noise for ranking, the single characters still find them
# Private use: folded texts never contain it.
INNER_BLANK = "\ue020"


def index_tokens(text: str) -> list[str]:
    """The tokens of a stored text in reading order, stop words among them: a reader may look for any of them."""
    tokens = []
    for word in words_of.words(replace_unencodable(text), stop=False):
        token = index_token(word)
        if token and len(token) <= MAX_TOKEN:
            tokens.append(token)
    return tokens


# A catalogue repeats its words: 65,536 hold the vocabulary of a city's.
@lru_cache(maxsize=65_536)
def index_token(word: str) -> str:
    """A word as one token: the index cuts at blanks, so blanks inside a word become a sign no text contains."""
    pieces = [_drop_controls(piece) for piece in word.split()]
    return INNER_BLANK.join(filter(None, pieces))


def _drop_controls(piece: str) -> str:
    """A piece of a word without controls and private signs."""
    return "".join(character for character in piece if fold_character(character))


def character_pairs(folded: str) -> list[str]:
    """Each character of a folded text with the next, in reading order, each pair once: evidence that needs no words.

    Args:
        folded: by fold_text. Signs break it, and two Latin letters or figures are no pair: they are a piece of a word
            that is a token already, and would count it once more for each of its letters.
    """
    pairs: dict[str, None] = {}
    for first, second in pairwise(folded):
        pair = first + second
        if first.isalnum() and second.isalnum() and not pair.isascii():
            pairs.setdefault(pair)
    return list(pairs)
