"""A share is what the word is worth: with an unknown word in its place, equally heavy, the score falls by the share.
Not here: which words are shown and how they are worded (test_reasons, test_naming).

Equally heavy unknown words are made: each word of A has a counterpart in B of as many characters, and each document a
counterpart with the words of B. So both occur equally often, and no document of A has any of B.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from matching import Document, Matcher, Reasons
from matching import text as words_of
from matching.features import title_and_text
from tests.matching.test_surroundings import read_samples

# No character occurs in two of them, and each is one token.
A = ("隔膜", "酶解", "淬火", "玉米", "废水", "齿轮", "注塑", "电弧")
B = ("阿胶", "研磨", "饲料", "驴皮", "陶瓷", "光伏", "焊枪", "钢板")
COUNTERPARTS = dict(zip(A, B, strict=True))
# None of them makes a gram with its neighbours; "" does.
APART = ("，", "。", " ", "的", "与", "、")
# As a share of a score: postings are of 32 bits.
EXACT = 2e-5
# The first of a block of Han characters that no sample has.
UNHEARD = 0x9B00


class Side(NamedTuple):
    """A title or text: words, and what follows each."""

    words: tuple[str, ...]
    between: tuple[str, ...]

    def written(self, other: dict[str, str]) -> str:
        """The text, with other words in the place of some."""
        pieces = zip(self.words, self.between, strict=True)
        return "".join(other.get(word, word) + gap for word, gap in pieces)


def sides(between: tuple[str, ...], most: int) -> st.SearchStrategy[Side]:
    """Titles and texts of up to `most` words."""
    drawn = st.lists(
        st.tuples(st.sampled_from(A), st.sampled_from(between)), max_size=most
    )
    return drawn.map(lambda pairs: Side(*(tuple(zip(*pairs, strict=True)) or ((), ()))))


def pairs_of_sides(between: tuple[str, ...]) -> st.SearchStrategy[tuple[Side, Side]]:
    """A title and a text."""
    return st.tuples(sides(between, 4), sides(between, 10))


def write(
    id_: object, both: tuple[Side, Side], other: dict[str, str] | None = None
) -> Document:
    title, text = both
    return Document(str(id_), title.written(other or {}), text.written(other or {}))


def catalogue_of(bodies: list[tuple[Side, Side]]) -> Matcher:
    """A catalogue of documents and their counterparts."""
    written = [write(f"a{i}", body) for i, body in enumerate(bodies)]
    counterparts = [write(f"b{i}", body, COUNTERPARTS) for i, body in enumerate(bodies)]
    return Matcher().fit(written + counterparts)


def shown(reasons: Reasons) -> float:
    return sum(share for _, share in reasons.words)


@settings(max_examples=120)
@given(st.lists(pairs_of_sides(APART), min_size=1, max_size=5), pairs_of_sides(APART))
def test_the_score_falls_by_the_shares_of_the_words(
    bodies: list[tuple[Side, Side]], asked: tuple[Side, Side]
) -> None:
    matcher = catalogue_of(bodies)
    for match in matcher.rank(write("q", asked)):
        if not str(match.id).startswith("a"):
            continue
        for word, share in match.reasons.words:
            without = write("q", asked, {word: COUNTERPARTS[word]})

            assert matcher.score(without, [match.id])[0] == pytest.approx(
                match.score - share, abs=EXACT
            )
        every = {word: COUNTERPARTS[word] for word, _ in match.reasons.words}
        without = write("q", asked, every)

        assert matcher.score(without, [match.id])[0] == pytest.approx(
            match.reasons.residual, abs=EXACT
        )


@settings(max_examples=120)
@given(
    st.lists(pairs_of_sides((*APART, "")), min_size=1, max_size=5),
    pairs_of_sides((*APART, "", "")),
)
def test_in_running_text_it_falls_by_the_shares_and_by_what_hangs_on_the_words(
    bodies: list[tuple[Side, Side]], asked: tuple[Side, Side]
) -> None:
    # Where the cutter divides a text and its counterpart otherwise, they are no counterparts.
    for body in [*bodies, asked]:
        for side in body:
            ours = words_of.tokens(side.written({}))
            theirs = words_of.tokens(side.written(COUNTERPARTS))
            assume([t.start for t in ours] == [t.start for t in theirs])
    matcher = catalogue_of(bodies)
    for match in matcher.rank(write("q", asked)):
        reasons = match.reasons
        every = {w: COUNTERPARTS[w] for w, _ in reasons.words if w in COUNTERPARTS}
        if not str(match.id).startswith("a") or len(every) < len(reasons.words):
            continue
        score = matcher.score(write("q", asked, every), [match.id])[0]

        # Grams that reach from a shown word into the next one belong to no word, and go with it.
        assert -EXACT <= score <= match.score - shown(reasons) + EXACT


SAMPLES = read_samples("demands", "需求名称", "主要问题", "技术关键")[::3]


COLUMNS = ("成果名称", "成果简介", "创新点", "主要技术指标", "关键词")
OFFERED = [
    *read_samples("achievements-1", *COLUMNS),
    *read_samples("achievements-2", *COLUMNS),
]


@pytest.fixture(scope="module")
def samples() -> Matcher:
    return Matcher(vectors=0).fit(OFFERED)


@pytest.fixture(scope="module")
def achievements() -> dict[object, str]:
    return {d.id: "，".join(title_and_text(d)) for d in OFFERED}


def covered(text: str, words: frozenset[str], others: dict[str, str]) -> str:
    """A text with an unheard character for each character of some words; `others` remembers which."""
    places = list(text)
    for span in words_of.spans(text):
        if span.word in words:
            for offset, place in enumerate(range(span.start, span.end)):
                unheard = chr(UNHEARD + len(others))
                places[place] = others.setdefault(f"{span.word}{offset}", unheard)
    return "".join(places)


@pytest.mark.parametrize("demand", SAMPLES, ids=lambda d: str(d.id))
def test_on_samples_it_falls_by_the_shares_at_least(
    samples: Matcher, demand: Document
) -> None:
    for match in samples.rank(demand, top=3):
        words = match.reasons.marked_words
        others: dict[str, str] = {}
        without = replace(
            demand,
            title=covered(demand.title, words, others),
            text=covered(demand.text, words, others),
        )
        score = samples.score(without, [match.id])[0]

        # Unheard characters are heavier than the word's own, but make no word: what is left earns a little more for it.
        assert score <= match.reasons.residual + 0.1 * match.score


@pytest.mark.parametrize("demand", SAMPLES, ids=lambda d: str(d.id))
def test_what_is_missing_stands_nowhere_in_the_achievement(
    samples: Matcher, achievements: dict[object, str], demand: Document
) -> None:
    for match in samples.rank(demand, top=10):
        for word in match.reasons.missing:
            assert word not in achievements[match.id]
