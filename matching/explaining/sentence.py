"""One Chinese sentence a person would say about a pair, made from its reasons and facts and from nothing else.
Not here: how the pieces look on a page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matching.explaining.facts import (
    Fact,
    Name,
)
from matching.explaining.reasons import Reasons

# Words named at most, shared ones and missing ones.
MAX_WORDS = 3
MAX_MISSING = 3

_AGREE: dict[Name, str] = {
    "field": "技术领域相同",
    "chain": "属于同一条产业链",
    "stage": "成熟程度达到要求",
    "mode": "合作方式合得上",
    "money": "价格在预算之内",
    "due": "时间来得及",
}
_DIFFER: dict[Name, str] = {
    "field": "技术领域不同",
    "chain": "不在同一条产业链",
    "stage": "成熟程度还不够",
    "mode": "合作方式不同",
    "money": "价格超出预算",
    "due": "时间来不及",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of the sentence; `marked` when it is a word of both texts, `is_word` when it is one of any text."""

    text: str
    marked: bool = False
    is_word: bool = False


@dataclass(frozen=True, slots=True)
class Sentence:
    """The sentence in pieces, and what it was made from.

    Attributes:
        pieces: one after the other.
        words: those that are named, specific ones first, then by share.
        percent: of the score that they earned, 0…100.
        agreeing, differing: names of facts.
        missing: words of the demand that are named as missing.
    """

    pieces: tuple[Piece, ...]
    words: tuple[str, ...]
    percent: int
    agreeing: tuple[Name, ...]
    differing: tuple[Name, ...]
    missing: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "".join(piece.text for piece in self.pieces)


def match_sentence(
    reasons: Reasons,
    facts: Sequence[Fact] = (),
) -> Sentence:
    """Why a pair matches: the words that earned most, specific ones first, what is missing, what agrees, what differs.

    Unknown facts are not mentioned. Without shared words the sentence says that.

    Args:
        reasons: of the demand's text against the achievement's.
        facts: of the pair.
    """
    # A specific word says more to a reader than a frequent one with a larger share.
    by_use = sorted(
        reasons.words,
        key=lambda pair: (pair[0] not in reasons.specific, -pair[1]),
    )
    named = tuple(word for word, _ in by_use[:MAX_WORDS])
    # Rounded with all other parts, so that this page and the evidence page give the same numbers.
    percents = reasons.percents
    percent = sum(percents[word] for word in named)
    agreeing = tuple(fact.name for fact in facts if fact.verdict == "agree")
    differing = tuple(fact.name for fact in facts if fact.verdict == "differ")
    missing = tuple(reasons.missing[:MAX_MISSING])
    pieces = _word_pieces(named, percent, reasons.synonyms) + _missing_pieces(missing)
    pieces += _fact_pieces(agreeing, differing)
    pieces.append(Piece("。"))
    return Sentence(
        tuple(pieces),
        named,
        percent,
        agreeing,
        differing,
        missing,
    )


def _missing_pieces(missing: Sequence[str]) -> list[Piece]:
    """Of the demand's weightiest words those that the achievement lacks: half of the truth about a pair."""
    if not missing:
        return []
    pieces = [Piece("；成果没有提到：")]
    for index, word in enumerate(missing):
        if index:
            pieces.append(Piece("、"))
        pieces.append(Piece(word, is_word=True))
    return pieces


def _word_pieces(
    named: Sequence[str],
    percent: int,
    synonyms: Mapping[str, str],
) -> list[Piece]:
    if not named:
        return [Piece("两边没有共同的专门用语")]
    pieces = [Piece("两边都提到")]
    for index, word in enumerate(named):
        if index:
            pieces.append(Piece("、"))
        pieces.append(Piece(word, marked=True, is_word=True))
        if word in synonyms:
            # The demand's word does not stand there, so the achievement's is named too.
            pieces.append(Piece(f"（成果写作{synonyms[word]}）"))
    # Rounded to nothing it would read as if the words had not counted.
    if percent > 0:
        pieces.append(Piece(f"，占得分的 {percent}%"))
    return pieces


def _fact_pieces(
    agreeing: Sequence[Name],
    differing: Sequence[Name],
) -> list[Piece]:
    pieces: list[Piece] = []
    if agreeing:
        pieces.append(Piece("；" + "，".join(_AGREE[name] for name in agreeing)))
    if differing:
        # 但 only where there was something to contrast with.
        but = "；但" if agreeing else "；"
        pieces.append(Piece(but + "，".join(_DIFFER[name] for name in differing)))
    return pieces
