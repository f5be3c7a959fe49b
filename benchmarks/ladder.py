"""What each ingredient of the order brings, on a user's own judged pairs and classed texts.
Not here: the ingredients (matching), speed (benchmarks.matching).

usage: python -m benchmarks.ladder --judged FOLDER --classed FILE.tsv
FOLDER holds demands.tsv, achievements.tsv (id, title, content) and judgements.tsv (demand_id, achievement_id, level
1…4); FILE.tsv has title, abstract, label_id and, if not all labels are to be trusted, label_source "official".
"""

from __future__ import annotations

import argparse
import csv
import math
from pathlib import Path

import numpy as np
import numpy.typing as npt

from matching import Document, Matcher, evaluation

Floats = npt.NDArray[np.float64]
STEPS: list[tuple[str, dict[str, float]]] = [
    ("words alone", {"grams": 0.0, "titles": 0.0, "words": 1.0, "vectors": 0.0}),
    ("grams of one and two", {"titles": 0.0, "words": 0.0, "vectors": 0.0}),
    ("+ title units 0.5", {"words": 0.0, "vectors": 0.0}),
    ("+ words 0.25", {"vectors": 0.0}),
    ("+ word vectors 0.2", {"vectors": 0.2}),
    ("+ word vectors 0.4 (what ranks by default)", {}),
    ("+ word vectors 0.6", {"vectors": 0.6}),
]


def per_demand(levels: Floats, scores: Floats) -> tuple[float, float]:
    """NDCG@10 (gain level - 1) and average precision (level ≥ 3) of one demand, nan where undefined; ties by place."""
    order = np.argsort(-scores, kind="stable")
    gains, hits = levels[order] - 1, levels[order] >= 3
    best = np.sort(gains)[::-1][:10]
    discounts = 1 / np.log2(np.arange(2, len(best) + 2))
    gain = (
        float(gains[:10] @ discounts / (best @ discounts)) if best.any() else math.nan
    )
    precision = (
        float((np.cumsum(hits)[hits] / (np.flatnonzero(hits) + 1)).mean())
        if hits.any()
        else math.nan
    )
    return gain, precision


def judged(folder: Path) -> None:
    """Print the ladder over judged pairs."""
    demands, achievements = (
        evaluation.read_documents(folder / f"{n}.tsv")
        for n in ("demands", "achievements")
    )
    with (folder / "judgements.tsv").open(encoding="utf-8", newline="") as file:
        level = {
            (r["demand_id"], r["achievement_id"]): float(r["level"])
            for r in csv.DictReader(file, delimiter="\t")
        }
    pairs = list(level)
    places: dict[str, list[int]] = {}
    for number, (demand, _) in enumerate(pairs):
        places.setdefault(demand, []).append(number)
    levels = np.array([level[pair] for pair in pairs])
    print(f"{len(pairs)} judged pairs of {len(places)} demands")
    before: Floats | None = None
    for name, weights in STEPS:
        scores = np.array(
            evaluation.score_pairs(demands, achievements, pairs, Matcher(**weights))
        )
        table = np.array([per_demand(levels[p], scores[p]) for p in places.values()])
        show(name, table, before, ("NDCG@10", "MAP"))
        before = table


def classed(path: Path) -> None:
    """Print the ladder over texts with classes: of the five nearest, how many are of the same class."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    trusted = [
        n
        for n, row in enumerate(rows)
        if row.get("label_source", "official") == "official"
    ]
    documents = [
        Document(n, row["title"], row["abstract"]) for n, row in enumerate(rows)
    ]
    label = [row["label_id"] for row in rows]
    print(f"{len(trusted)} texts with a trusted class in a catalogue of {len(rows)}")
    before: Floats | None = None
    for name, weights in STEPS:
        matcher = Matcher(**weights).fit(documents)
        table = np.zeros((len(trusted), 1))
        for place, number in enumerate(trusted):
            found = matcher.rank(documents[number], top=6, only=trusted)
            nearest = [match.id for match in found if match.id != number][:5]
            table[place] = (
                sum(label[int(other)] == label[number] for other in nearest) / 5
            )
        show(name, table, before, ("P@5",))
        before = table


def show(
    name: str, table: Floats, before: Floats | None, measures: tuple[str, ...]
) -> None:
    """One line: each measure, and its difference to the line before with the paired standard error."""
    parts = []
    for column, measure in enumerate(measures):
        text = f"{measure} {np.nanmean(table[:, column]):.4f}"
        if before is not None:
            difference = table[:, column] - before[:, column]
            count = int((~np.isnan(difference)).sum())
            text += f" ({np.nanmean(difference):+.4f} ± {np.nanstd(difference, ddof=1) / math.sqrt(count):.4f})"
        parts.append(text)
    print(f"  {name:42}", "   ".join(parts), flush=True)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.ladder", description=__doc__
    )
    parser.add_argument("--judged", type=Path, help="folder of judged pairs")
    parser.add_argument("--classed", type=Path, help="table of texts with classes")
    given = parser.parse_args()
    if given.judged:
        judged(given.judged)
    if given.classed:
        classed(given.classed)


if __name__ == "__main__":
    main()
