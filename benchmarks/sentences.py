"""Learn which sentences speak of a matter from written examples, and measure how well on examples left out.
Not here: what is done with what was learned (matching.sentence_kinds, matching.surroundings).

usage: python -m benchmarks.sentences [--write]
Examples are `demo/sentences/around.txt` (what surrounds a matter), `demo/sentences/matter.txt` and the sentences of the
sample lists. Prints what five parts learned from the other four say of them; with --write the weights learned from all
go into `matching/lexicon/grams.txt`.
"""

from __future__ import annotations

import argparse
import csv
import re
import textwrap
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import MultinomialNB

import matching.lexicon
from benchmarks.texts import SAMPLES
from matching.arrays import Float64s, Int64s
from matching.lexicon import TERMS, lexicon_lines
from matching.names import without_names
from matching.sentence_kinds import WEIGHTS, GramWeights
from matching.text import plain_texts

EXAMPLES = SAMPLES / "sentences"
AROUND, MATTER = 0, 1
# Added to each count: rare grams say little. Of .1 to 1 the value matters little.
SMOOTHING = 0.3
LINE = 120
COLUMNS = ("名称", "简介", "问题", "关键", "应用", "要求", "优势", "内容")
HEADER = (
    "Characters and pairs of them by how much more often sentences that speak of a matter have them than those that",
    "surround one: rounded natural logarithms. Written by `python -m benchmarks.sentences --write`, never by hand.",
)

_AROUND = ' \n\t，,、。！？；!?;:“”"'
_FIGURES = re.compile(r"\d+")
# What stands for everything that is neither Han character nor letter nor figure, and around a stretch; units stay.
_GAP = "_"
_GAPS = re.compile("[^\u3400-\u9fffa-z0%°μ]+")
_UNITS = re.compile("[a-z]+|.")
_LATIN_WORD = re.compile("[a-z]")


def grams_of(stretch: str) -> set[str]:
    """The grams of a stretch, as GramWeights has them: characters and pairs of neighbours.

    Args:
        stretch: of a normalised text, blanks in place of names.
    """
    units = _UNITS.findall(_GAPS.sub(_GAP, _FIGURES.sub("0", stretch.strip(_AROUND))))
    if not units:
        return set()
    around = [_GAP, *units, _GAP]
    grams = {*units, *map("".join, zip(around, around[1:], strict=False))}
    if any(map(_LATIN_WORD.match, units)):
        grams.add("a")
    return grams


def read_lines(path: Path) -> list[str]:
    """The lines of a file of examples, without comments."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def read_sample_sentences() -> list[str]:
    """The sentences of the sample lists, each once, in their order."""
    sentences: dict[str, None] = {}
    for path in sorted(SAMPLES.glob("[ad]*.csv")):
        for cell in _read_cells(path):
            sentences.update(dict.fromkeys(re.findall("[^。！？；\n]{4,}", cell)))
    return list(sentences)


def _read_cells(path: Path) -> Iterator[str]:
    """The cells of a sample list that hold texts of a matter, row by row."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            for column, cell in row.items():
                if any(name in column for name in COLUMNS):
                    yield cell or ""


def read_examples() -> tuple[list[str], Int64s]:
    """The examples as they are read, and which of them speak of a matter, shape (n,)."""
    around = read_lines(EXAMPLES / "around.txt")
    terms = [line.split(" ")[0] for line in lexicon_lines(TERMS)]
    matter = [
        *read_lines(EXAMPLES / "matter.txt"),
        *read_sample_sentences(),
        *terms,
    ]
    kinds = np.repeat([AROUND, MATTER], [len(around), len(matter)])
    return without_names(plain_texts([*around, *matter])), kinds


def learn_weights(examples: list[str], kinds: Int64s) -> dict[str, int]:
    """The weight of each gram that says something.

    Args:
        examples: normalised, blanks in place of names.
        kinds: of each, shape (n,).
    """
    vectorizer = CountVectorizer(analyzer=grams_of, binary=True)
    counts = vectorizer.fit_transform(examples)
    model = MultinomialNB(alpha=SMOOTHING).fit(counts, kinds)
    logarithms: Float64s = model.feature_log_prob_
    rounded = np.rint(logarithms[MATTER] - logarithms[AROUND]).astype(int)
    weights = dict(
        zip(vectorizer.get_feature_names_out(), rounded.tolist(), strict=True)
    )
    return {gram: weight for gram, weight in weights.items() if weight}


def lines_of(weights: dict[str, int]) -> list[str]:
    """The lines of the file of weights."""
    by_weight: dict[int, list[str]] = defaultdict(list)
    for gram in sorted(weights):
        by_weight[weights[gram]].append(gram)
    lines = [f"# {line}" for line in HEADER]
    for weight, grams in sorted(by_weight.items()):
        filled = textwrap.wrap(
            " ".join(grams), LINE, break_long_words=False, break_on_hyphens=False
        )
        lines.extend(f"{weight} {line}" for line in filled)
    return lines


def measure(examples: list[str], kinds: Int64s) -> None:
    """Print how many examples of each kind fall below some bounds, learned from the other four fifths.

    Args:
        examples, kinds: as read_examples() gives them.
    """
    scores = np.zeros(len(examples))
    parts = StratifiedKFold(5, shuffle=True, random_state=7)
    for learned, left_out in parts.split(examples, kinds):
        own = [examples[place] for place in learned]
        weights = GramWeights(learn_weights(own, kinds[learned]))
        for place in left_out:
            scores[place] = weights.matter_of(examples[place])
    print(
        f"{(kinds == AROUND).sum()} examples of surroundings, {(kinds == MATTER).sum()} of matter"
    )
    for bound in (-3, -2, -1, 0, 1):
        below = scores < bound
        around, matter = below[kinds == AROUND].mean(), below[kinds == MATTER].mean()
        print(f"below {bound:2}: {around:.3f} of surroundings, {matter:.4f} of matter")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    examples, kinds = read_examples()
    measure(examples, kinds)
    if arguments.write:
        folder = Path(matching.lexicon.__file__).parent
        text = "\n".join(lines_of(learn_weights(examples, kinds)))
        (folder / WEIGHTS).write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
