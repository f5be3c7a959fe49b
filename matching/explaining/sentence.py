"""One Chinese sentence a person would say about a pair, made from its reasons and facts and from nothing else.
Not here: how the pieces look on a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matching.explaining.facts import Fact, Name
from matching.explaining.reasons import Reasons

TOLD = 3  # words named

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
    """A run of the sentence; marked when it is a word that stands in both texts."""

    text: str
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Sentence:
    """The sentence in pieces, and what it was made from.

    words named, largest share first; percent of the score they earned, 0…100; agreeing and differing facts by name.
    """

    pieces: tuple[Piece, ...]
    words: tuple[str, ...]
    percent: int
    agreeing: tuple[Name, ...]
    differing: tuple[Name, ...]

    def __str__(self) -> str:
        return "".join(piece.text for piece in self.pieces)


def sentence(reasons: Reasons, facts: Sequence[Fact] = ()) -> Sentence:
    """Say why: the words that earned most, specific ones first, then what agrees, then what differs.

    Unknown facts are not spoken of. Without shared words the sentence says that.
    """
    named = sorted(
        reasons.words, key=lambda pair: (pair[0] not in reasons.specific, -pair[1])
    )[:TOLD]
    percents = reasons.percents
    percent = sum(percents[word] for word, _ in named)
    pieces: list[Piece] = []
    if named:
        pieces.append(Piece("两边都提到"))
        for index, (word, _) in enumerate(named):
            if index:
                pieces.append(Piece("、"))
            pieces.append(Piece(word, marked=True))
        if percent > 0:
            pieces.append(Piece(f"，占得分的 {percent}%"))
    else:
        pieces.append(Piece("两边没有共同的专门用语"))
    agreeing = tuple(fact.name for fact in facts if fact.verdict == "agree")
    differing = tuple(fact.name for fact in facts if fact.verdict == "differ")
    if agreeing:
        pieces.append(Piece("；" + "，".join(_AGREE[name] for name in agreeing)))
    if differing:
        said = "，".join(_DIFFER[name] for name in differing)
        pieces.append(Piece(("；但" if agreeing else "；") + said))
    pieces.append(Piece("。"))
    return Sentence(
        tuple(pieces), tuple(word for word, _ in named), percent, agreeing, differing
    )
