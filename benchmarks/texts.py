"""Texts to measure with: read from a user's own tables, and any number more in the same words and lengths.
Not here: what is measured with them.
"""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from benchmarks.inputs import require_columns
from matching import Document

SAMPLES = Path(__file__).resolve().parent.parent / "demo"
TITLES = ("title", "成果名称", "需求名称")
BODIES = ("content", "abstract", "text", "成果简介", "主要问题")
SEED = 7

Text = tuple[str, str]


def read_table(path: Path) -> list[Text]:
    """(title, text) of each row of a table, tab- or comma-separated, with one header line."""
    # In our tab-separated tables a quotation mark is a character like any other.
    delimiter = ","
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL
    if path.suffix == ".tsv":
        delimiter = "\t"
        quoting = csv.QUOTE_NONE
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file, delimiter=delimiter, quoting=quoting)
        require_columns(path, rows, TITLES, BODIES)
        columns = rows.fieldnames or ()
        title = next(name for name in TITLES if name in columns)
        bodies = [name for name in BODIES if name in columns]
        texts = []
        for row in rows:
            parts = [row[body] or "" for body in bodies]
            texts.append((row[title], "\n".join(parts)))
        return texts


def read_samples() -> list[Text]:
    """The texts of the sample lists that come with the platform."""
    texts = []
    for path in sorted(SAMPLES.glob("achievements*.csv")):
        texts.extend(read_table(path))
    return texts


def generate_catalogue(texts: list[Text], size: int) -> Iterator[Document]:
    """As many documents as wanted: the texts, then texts of the same lengths drawn clause by clause from all of them.

    Words keep the frequencies they have in the texts, so common words have long posting lists at every size.

    Args:
        texts: the texts to draw from.
        size: number of documents.

    Returns:
        documents numbered from 0; the same ones for the same arguments.
    """
    draw = random.Random(SEED)  # noqa: S311  (a catalogue, no secret)
    clauses: list[str] = []
    for _, body in texts:
        clauses.extend(re.findall(r"[^，。；]+[，。；]?", body))
    for number in range(size):
        if number < len(texts):
            title, body = texts[number]
        else:
            title, body = texts[draw.randrange(len(texts))]
            body = _draw_body(draw, clauses, len(body))
        yield Document(number, title, body)


def _draw_body(draw: random.Random, clauses: list[str], wanted: int) -> str:
    """Clauses drawn at random, of at least the wanted number of characters together."""
    drawn = []
    length = 0
    while length < wanted:
        clause = clauses[draw.randrange(len(clauses))]
        drawn.append(clause)
        length += len(clause)
    return "".join(drawn)


def draw_demands(texts: list[Text], size: int) -> list[Document]:
    """Queries of the kind the catalogue answers: a title, and half of a text.

    Args:
        texts: the texts to draw from.
        size: number of queries.
    """
    # Another seed than that of the catalogue, or its first documents and the queries would be the same draws.
    draw = random.Random(SEED + 1)  # noqa: S311  (queries, no secret)
    queries = []
    for number in range(size):
        title, _ = texts[draw.randrange(len(texts))]
        _, body = texts[draw.randrange(len(texts))]
        half = body[: max(60, len(body) // 2)]
        queries.append(Document(f"q{number}", title, half))
    return queries
