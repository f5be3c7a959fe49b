"""Which stretches of a text speak of a matter, judged by sentences that were not learned from."""

from __future__ import annotations

from pathlib import Path

import pytest

import matching.lexicon
from benchmarks.sentences import grams_of, learn_weights, lines_of, read_examples
from matching.lexicon import read_lines
from matching.sentence_kinds import WEIGHTS
from matching.surroundings import core_of, cores_of
from matching.text import plain_text, plain_texts

FOLDER = Path(__file__).parent
MATTER = "彩涂板弯折处掉漆。"


def share_surrounding(name: str) -> float:
    sentences = plain_texts(read_lines(FOLDER / name))
    cores = cores_of([f"{MATTER}{sentence}" for sentence in sentences])
    return sum(core.strip("\n") == MATTER for core in cores) / len(cores)


def test_sentences_never_seen_are_told_apart() -> None:
    assert share_surrounding("padding.txt") >= 0.94
    assert share_surrounding("padding-2.txt") >= 0.94
    assert share_surrounding("matter.txt") <= 0.04


def test_the_weights_are_those_of_the_examples() -> None:
    """Else somebody changed an example, the sample lists or how names are found, and did not learn again."""
    examples, kinds = read_examples()
    path = Path(matching.lexicon.__file__).with_name(WEIGHTS)

    written = path.read_text(encoding="utf-8").splitlines()
    assert written == lines_of(learn_weights(examples, kinds)), (
        "python -m benchmarks.sentences --write"
    )


def test_no_sentence_is_judged_by_itself() -> None:
    examples, _ = read_examples()
    own = set()
    for name in ("padding.txt", "padding-2.txt", "matter.txt"):
        own |= {plain_text(line) for line in read_lines(FOLDER / name)}

    assert own.isdisjoint(examples)


@pytest.mark.parametrize(
    ("stretch", "grams"),
    [
        ("轴承", {"轴", "承", "_轴", "轴承", "承_"}),
        # Figures are one 0, a Latin word is one unit, and that there is one is a gram.
        ("长120mm", {"长", "0", "mm", "_长", "长0", "0mm", "mm_", "a"}),
        ("热,冷", {"热", "_", "冷", "_热", "热_", "_冷", "冷_"}),
        ("50%", {"0", "%", "_0", "0%", "%_"}),
        ("，。", set()),
        ("", set()),
    ],
)
def test_grams_of_a_stretch(stretch: str, grams: set[str]) -> None:
    assert grams_of(stretch) == grams


@pytest.mark.parametrize("stretch", ["", "\n\n", "，。", "\U0001f600", "ᠮᠣᠩ"])
def test_what_was_never_seen_stays(stretch: str) -> None:
    assert core_of(f"{MATTER}{stretch}") == f"{MATTER}{stretch}"
