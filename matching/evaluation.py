"""Scores given pairs from tab-separated files, for measuring against judgements: `python -m matching.evaluation`.
Not here: the judgement itself; a scorer reads what is written here.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from matching.documents import Document
from matching.matcher import Matcher

TEXT_COLUMNS = ("id", "title", "content")
PAIR_COLUMNS = ("demand_id", "achievement_id")


class BadFile(Exception):  # noqa: N818
    """A file that cannot be evaluated, with the place and what is wrong."""


def documents(path: Path) -> list[Document]:
    """The texts of a file with the columns id, title and content. Of rows with the same id the first counts.

    Raises BadFile.
    """
    found: dict[str, Document] = {}
    for line, row in _rows(path, TEXT_COLUMNS):
        if not row["id"]:
            raise BadFile(f"{path}, line {line}: the id is empty")
        found.setdefault(row["id"], Document(row["id"], row["title"], row["content"]))
    return list(found.values())


def pairs(path: Path) -> list[tuple[str, str]]:
    """The pairs of a file with the columns demand_id and achievement_id, each once. Raises BadFile."""
    return list(
        dict.fromkeys(
            (row["demand_id"], row["achievement_id"])
            for _, row in _rows(path, PAIR_COLUMNS)
        )
    )


def scores(
    demands: Sequence[Document],
    achievements: Sequence[Document],
    wanted: Sequence[tuple[str, str]],
    matcher: Matcher,
) -> list[float]:
    """The score of each pair, by a matcher that is fitted here on the achievements alone.

    Raises BadFile when a pair names a text that is not there.
    """
    asked: dict[str, list[str]] = {}
    for demand, achievement in wanted:
        asked.setdefault(demand, []).append(achievement)
    by_id = {document.id: document for document in demands}
    there = {document.id for document in achievements}
    for demand, achievement in wanted:
        if demand not in by_id:
            raise BadFile(
                f"the pairs name the demand {demand!r}, which is not among the demands"
            )
        if achievement not in there:
            raise BadFile(
                f"the pairs name the achievement {achievement!r}, which is not among the achievements"
            )
    matcher.fit(achievements)
    found = {
        (demand, achievement): float(score)
        for demand, others in asked.items()
        for achievement, score in zip(
            others, matcher.score(by_id[demand], others), strict=True
        )
    }
    return [found[pair] for pair in wanted]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Returns the exit status: 0, or 2 when a file cannot be used."""
    parser = argparse.ArgumentParser(
        prog="python -m matching.evaluation", description=__doc__
    )
    parser.add_argument(
        "demands", type=Path, help="tab-separated texts: id, title, content"
    )
    parser.add_argument(
        "achievements", type=Path, help="tab-separated texts: id, title, content"
    )
    parser.add_argument(
        "pairs",
        type=Path,
        help="tab-separated pairs: demand_id, achievement_id, others ignored",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        help="where the scores go, tab-separated",
    )
    given = parser.parse_args(arguments)
    try:
        demands, achievements, wanted = (
            documents(given.demands),
            documents(given.achievements),
            pairs(given.pairs),
        )
        found = scores(demands, achievements, wanted, Matcher())
        _write(given.output, wanted, found)
    except (BadFile, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(
        f"{len(wanted)} pairs of {len(demands)} demands and {len(achievements)} achievements scored: {given.output}"
    )
    return 0


def _write(
    path: Path, wanted: Sequence[tuple[str, str]], found: Sequence[float]
) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write("demand_id\tachievement_id\tscore\n")
        for (demand, achievement), score in zip(wanted, found, strict=True):
            file.write(f"{demand}\t{achievement}\t{score:.9f}\n")


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, row) of a tab-separated file with one header line and no quoting; a short row's last cells are empty."""
    try:
        text = path.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise BadFile(f"{path} is not UTF-8: byte {error.start}") from error
    lines = csv.reader(text.split("\n"), delimiter="\t", quoting=csv.QUOTE_NONE)
    header = [name.strip() for name in next(lines, [])]
    missing = [name for name in columns if name not in header]
    if missing:
        raise BadFile(
            f"{path} lacks the column {', '.join(missing)}; its first line has: {', '.join(header) or 'nothing'}"
        )
    for line, cells in enumerate(lines, 2):
        if any(cell.strip() for cell in cells):
            if len(cells) > len(header):
                raise BadFile(
                    f"{path}, line {line}: {len(cells)} cells under {len(header)} columns"
                )
            padded = cells + [""] * (len(header) - len(cells))
            yield line, dict(zip(header, padded, strict=True))


if __name__ == "__main__":
    sys.exit(main())
