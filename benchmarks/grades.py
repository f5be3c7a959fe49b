"""What a grade means, by pairs that people read: the share of good ones under each grade, and false headings.
Not here: the order (ladder), the grades themselves (matching.judging.grades).

usage: DATA_DIR=FOLDER python -m benchmarks.grades [--half working|closed]
FOLDER is a site with the sample lists (`make prepare`). demo/judgements.tsv has the ten best of each sample demand and
of the problems in demo/problems.tsv, marked 1…4 by two readings, and by one where the second column is empty. A pair
that is among the ten best now and was never judged is counted apart. The closed half is for looking at once, after
something was chosen on the working one.
"""

from __future__ import annotations

import argparse
import csv
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import inspect

from marketplace.extensions import db
from marketplace.listings.models import Achievement, Demand
from marketplace.verdicts.projections import common_document
from matching import Document, Matcher
from matching.judging.grades import NAMES, fixed_grade
from wsgi import application

FOLDER = Path(__file__).parents[1] / "demo"
GOOD = 3  # marks from here on are good
FIRST = 3  # rows that a reader looks at first
GRADES = ("high", "fair", "weak", None)
UNPREPARED = (
    "the site in DATA_DIR {}: name one with the sample lists, "
    "or make it (DATA_DIR=FOLDER make prepare)"
)
Z = 1.96  # of a normal distribution, for intervals of 95 %


def read_table(name: str) -> list[dict[str, str]]:
    """The rows of a file of demo/, tab-separated, with one header line."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def wilson_interval(good: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927); 0…1 for none."""
    if not n:
        return 0.0, 1.0
    share = good / n
    centre = share + Z * Z / (2 * n)
    spread = Z * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    scale = 1 + Z * Z / n
    return (centre - spread) / scale, (centre + spread) / scale


def load_samples() -> tuple[list[Document], dict[str, Document]]:
    """The sample achievements, and what is asked: title of a sample demand or id of a problem → its document.

    Raises:
        SystemExit: the site is not prepared, or lacks some of the samples.
    """
    with application.app_context():
        if not inspect(db.engine).has_table(Achievement.__tablename__):
            raise SystemExit(UNPREPARED.format("is not prepared"))
        published = db.select(Achievement).where(Achievement.state == "published")
        titles = {row["achievement"] for row in read_table("judgements.tsv")}
        achievements = [
            common_document(row)
            for row in db.session.scalars(published.order_by(Achievement.id))
        ]
        demands = db.select(Demand).where(Demand.state == "published")
        asked = {}
        for row in db.session.scalars(demands.order_by(Demand.id)):
            # Demands for money and people are never matched with achievements.
            if row.is_matchable:
                asked[row.title] = common_document(row)
    missing = titles - {document.title for document in achievements}
    if missing:
        lacks = f"lacks {len(missing)} of the judged achievements"
        raise SystemExit(UNPREPARED.format(lacks))
    for row in read_table("problems.tsv"):
        asked[row["id"]] = Document(0, "", row["text"])
    return achievements, asked


def grade_all(half: str) -> Iterator[tuple[str, list[tuple[str | None, int | None]]]]:
    """(what is asked, grade and mark of its ten best) for each demand and problem of a half."""
    marks = {}
    halves = {}
    for row in read_table("judgements.tsv"):
        marks[row["asked"], row["achievement"]] = int(row["mark"])
        halves[row["asked"]] = row["half"]
    achievements, asked = load_samples()
    title_of = {document.id: document.title for document in achievements}
    matcher = Matcher().fit(achievements)
    for name, document in asked.items():
        if halves.get(name) == half:
            ten = []
            for match in matcher.rank(document, top=10):
                mark = marks.get((name, title_of[match.id]))
                ten.append((fixed_grade(match.reasons), mark))
            yield name, ten


def print_half(half: str) -> None:
    """Print both tables of one half."""
    counts: Counter[tuple[str | None, bool]] = Counter()
    unjudged = good = withheld = unclaimed = none_good = claimed = 0
    for _, ten in grade_all(half):
        unjudged += sum(mark is None for _, mark in ten)
        judged = [(grade, mark) for grade, mark in ten if mark is not None]
        counts.update((grade, mark >= GOOD) for grade, mark in judged)
        claims = any(grade in ("high", "fair") for grade, _ in ten)
        if any(mark is not None and mark >= GOOD for _, mark in ten[:FIRST]):
            good += 1
            unclaimed += not claims
            withheld += all(grade is None for grade, _ in ten)
        elif not any(mark >= GOOD for _, mark in judged):
            none_good += 1
            claimed += claims
    print(f"{half} half")
    for grade in GRADES:
        right, wrong = counts[grade, True], counts[grade, False]
        low, high = wilson_interval(right, right + wrong)
        name = NAMES[grade] if grade else "none"
        share = right / max(1, right + wrong)
        print(
            f"  {name}: {right} of {right + wrong} good, {share:.2f} ({low:.2f}–{high:.2f})"
        )
    print(f"  暂无合适 over a good answer in the first {FIRST}: {withheld} of {good}")
    print(
        f"  no 高度匹配 or 较匹配 for one that has such an answer: {unclaimed} of {good}"
    )
    print(f"  one for what has no good answer among ten: {claimed} of {none_good}")
    print(f"  never judged: {unjudged} pairs")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.grades")
    parser.add_argument("--half", choices=("working", "closed"), default="working")
    print_half(parser.parse_args().half)


if __name__ == "__main__":
    main()
