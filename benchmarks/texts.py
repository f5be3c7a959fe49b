"""Texts to measure with: read from a user's own tables, and as many more as wanted in the same words and lengths.
Not here: what is measured with them.
"""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Iterator
from pathlib import Path

from matching import Document

SAMPLES = Path(__file__).resolve().parent.parent / "demo"
TITLES = ("title", "成果名称", "需求名称")
BODIES = ("content", "abstract", "text", "成果简介", "主要问题")
SEED = 7

Text = tuple[str, str]


def read(path: Path) -> list[Text]:
    """(title, text) of each row of a table, tab- or comma-separated, with one header line."""
    plain = path.suffix == ".tsv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(
            file,
            delimiter="\t" if plain else ",",
            quoting=csv.QUOTE_NONE if plain else csv.QUOTE_MINIMAL,
        )
        title = next(name for name in TITLES if name in (rows.fieldnames or ()))
        bodies = [name for name in BODIES if name in (rows.fieldnames or ())]
        return [(row[title], "\n".join(row[b] or "" for b in bodies)) for row in rows]


def samples() -> list[Text]:
    """The texts of the sample lists that come with the platform."""
    return [
        text
        for path in sorted(SAMPLES.glob("achievements*.csv"))
        for text in read(path)
    ]


def catalogue(texts: list[Text], size: int) -> Iterator[Document]:
    """As many documents as wanted: the texts, then texts of the same lengths drawn clause by clause from all of them.

    Words keep the frequencies they have in the texts, so common words have long posting lists at every size.
    """
    draw = random.Random(SEED)  # noqa: S311  (a catalogue, no secret)
    clauses = [
        clause
        for _, body in texts
        for clause in re.findall(r"[^，。；]+[，。；]?", body)
    ]
    for number in range(size):
        title, body = (
            texts[number] if number < len(texts) else texts[draw.randrange(len(texts))]
        )
        if number >= len(texts):
            wanted, drawn, length = len(body), [], 0
            while length < wanted:
                drawn.append(clauses[draw.randrange(len(clauses))])
                length += len(drawn[-1])
            body = "".join(drawn)
        yield Document(number, title, body)


def demands(texts: list[Text], size: int) -> list[Document]:
    """Questions of the kind the catalogue answers: a title, and half of a text."""
    draw = random.Random(SEED + 1)  # noqa: S311  (questions, no secret)
    found = []
    for number in range(size):
        title, _ = texts[draw.randrange(len(texts))]
        _, body = texts[draw.randrange(len(texts))]
        found.append(Document(f"q{number}", title, body[: max(60, len(body) // 2)]))
    return found
