"""Scores given pairs from tab-separated files, for measuring against judgements: `python -m matching.evaluation`.
Not here: the judgements themselves; a scorer reads what is written here.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import defaultdict
from collections.abc import (
    Iterator,
    Sequence,
)
from pathlib import Path
from typing import TypeAlias

from matching.documents import Document
from matching.matcher import Matcher

TEXT_COLUMNS = ("id", "title", "content")
PAIR_COLUMNS = ("demand_id", "achievement_id")

# (demand, achievement) by id.
Pair: TypeAlias = tuple[str, str]


class BadFile(Exception):  # noqa: N818
    """A file that cannot be evaluated, with the place and what is wrong."""


def read_documents(path: Path) -> list[Document]:
    """The texts of a file with the columns id, title and content. Of rows with the same id the first counts.

    Raises:
        BadFile: a column or an id is missing, or the file is no such table.
    """
    documents: dict[str, Document] = {}
    for line, row in _rows(path, TEXT_COLUMNS):
        if not row["id"]:
            raise BadFile(f"{path}, line {line}: the id is empty")
        documents.setdefault(
            row["id"],
            Document(row["id"], row["title"], row["content"]),
        )
    return list(documents.values())


def read_pairs(path: Path) -> list[Pair]:
    """The pairs of a file with the columns demand_id and achievement_id, each once.

    Raises:
        BadFile: as read_documents().
    """
    rows = _rows(path, PAIR_COLUMNS)
    pairs = ((row["demand_id"], row["achievement_id"]) for _, row in rows)
    return list(dict.fromkeys(pairs))


def score_pairs(
    demands: Sequence[Document],
    achievements: Sequence[Document],
    pairs: Sequence[Pair],
    matcher: Matcher,
) -> list[float]:
    """The score of each pair, by a matcher that is fitted here on the achievements alone.

    Raises:
        BadFile: a pair names a text that is not there.
    """
    _check_pairs(demands, achievements, pairs)
    by_demand: defaultdict[str, list[str]] = defaultdict(list)
    for demand, achievement in pairs:
        by_demand[demand].append(achievement)
    demand_of = {document.id: document for document in demands}
    # On the achievements alone: how rare a word is in the catalogue must not depend on who asks.
    matcher.fit(achievements)
    score_of: dict[Pair, float] = {}
    for demand, others in by_demand.items():
        scores = matcher.score(demand_of[demand], others).tolist()
        for achievement, score in zip(others, scores, strict=True):
            score_of[demand, achievement] = score
    return [score_of[pair] for pair in pairs]


def _check_pairs(
    demands: Sequence[Document],
    achievements: Sequence[Document],
    pairs: Sequence[Pair],
) -> None:
    demand_ids = {document.id for document in demands}
    achievement_ids = {document.id for document in achievements}
    for demand, achievement in pairs:
        if demand not in demand_ids:
            raise BadFile(
                f"the pairs name the demand {demand!r}, which is not among the demands"
            )
        if achievement not in achievement_ids:
            raise BadFile(
                f"the pairs name the achievement {achievement!r}, which is not among the achievements"
            )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Returns the exit status: 0, or 2 when a file cannot be used."""
    given = _parser().parse_args(arguments)
    try:
        demands = read_documents(given.demands)
        achievements = read_documents(given.achievements)
        pairs = read_pairs(given.pairs)
        scores = score_pairs(demands, achievements, pairs, Matcher())
        _write_scores(given.output, pairs, scores)
    except (BadFile, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    texts = f"{len(demands)} demands and {len(achievements)} achievements"
    print(f"{len(pairs)} pairs of {texts} scored: {given.output}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m matching.evaluation",
        description=__doc__,
    )
    texts = "tab-separated texts: id, title, content"
    pairs = "tab-separated pairs: demand_id, achievement_id, others ignored"
    output = "where the scores go, tab-separated"
    parser.add_argument("demands", type=Path, help=texts)
    parser.add_argument("achievements", type=Path, help=texts)
    parser.add_argument("pairs", type=Path, help=pairs)
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        help=output,
    )
    return parser


def _write_scores(
    path: Path,
    pairs: Sequence[Pair],
    scores: Sequence[float],
) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write("demand_id\tachievement_id\tscore\n")
        for (demand, achievement), score in zip(pairs, scores, strict=True):
            # Nine places are all that a score has.
            file.write(f"{demand}\t{achievement}\t{score:.9f}\n")


def _rows(
    path: Path,
    columns: tuple[str, ...],
) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, row) of a tab-separated file with one header line and no quoting; a short row's last cells are empty."""
    try:
        text = path.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise BadFile(f"{path} is not UTF-8: byte {error.start}") from error
    # No quoting: texts hold quotation marks of their own.
    lines = csv.reader(
        text.split("\n"),
        delimiter="\t",
        quoting=csv.QUOTE_NONE,
    )
    header = [name.strip() for name in next(lines, [])]
    missing = [name for name in columns if name not in header]
    if missing:
        there = ", ".join(header) or "nothing"
        raise BadFile(
            f"{path} lacks the column {', '.join(missing)}; its first line has: {there}"
        )
    for line, cells in enumerate(lines, 2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(header):
            raise BadFile(
                f"{path}, line {line}: {len(cells)} cells under {len(header)} columns"
            )
        padded = cells + [""] * (len(header) - len(cells))
        yield line, dict(zip(header, padded, strict=True))


if __name__ == "__main__":
    sys.exit(main())
