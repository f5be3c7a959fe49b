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

from benchmarks.inputs import existing_path, require_columns
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


def measure_demand(levels: Floats, scores: Floats) -> tuple[float, float]:
    """NDCG@10 (gain level - 1) and average precision (level ≥ 3) of one demand, nan where undefined; ties by place."""
    order = np.argsort(-scores, kind="stable")
    gains = levels[order] - 1
    hits = levels[order] >= 3
    best = np.sort(gains)[::-1][:10]
    discounts = 1 / np.log2(np.arange(2, len(best) + 2))
    ndcg = math.nan
    if best.any():
        ndcg = float(gains[:10] @ discounts / (best @ discounts))
    precision = math.nan
    if hits.any():
        at_hits = np.cumsum(hits)[hits] / (np.flatnonzero(hits) + 1)
        precision = float(at_hits.mean())
    return ndcg, precision


def print_judged_ladder(folder: Path) -> None:
    """Print the ladder over judged pairs."""
    demands = evaluation.read_documents(folder / "demands.tsv")
    achievements = evaluation.read_documents(folder / "achievements.tsv")
    with (folder / "judgements.tsv").open(encoding="utf-8", newline="") as file:
        level = {}
        for row in csv.DictReader(file, delimiter="\t"):
            level[row["demand_id"], row["achievement_id"]] = float(row["level"])
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
        table = np.array(
            [measure_demand(levels[p], scores[p]) for p in places.values()]
        )
        print_measures(name, table, before, ("NDCG@10", "MAP"))
        before = table


def print_classed_ladder(path: Path) -> None:
    """Print the ladder over texts with classes: of the five nearest, how many are of the same class."""
    with path.open(encoding="utf-8", newline="") as file:
        table = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        require_columns(path, table, ["title"], ["abstract"], ["label_id"])
        rows = list(table)
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
            # One more than wanted, for a text is nearest to itself.
            matches = matcher.rank(documents[number], top=6, only=trusted)
            nearest = [match.id for match in matches if match.id != number][:5]
            same = sum(label[int(other)] == label[number] for other in nearest)
            table[place] = same / 5
        print_measures(name, table, before, ("P@5",))
        before = table


def print_measures(
    name: str, table: Floats, before: Floats | None, measures: tuple[str, ...]
) -> None:
    """One line: each measure, and its difference to the line before with the paired standard error."""
    parts = []
    for column, measure in enumerate(measures):
        text = f"{measure} {np.nanmean(table[:, column]):.4f}"
        if before is not None:
            difference = table[:, column] - before[:, column]
            count = int((~np.isnan(difference)).sum())
            # Paired: both orders are measured on the same demands, so what makes a demand hard drops out.
            error = np.nanstd(difference, ddof=1) / math.sqrt(count)
            text += f" ({np.nanmean(difference):+.4f} ± {error:.4f})"
        parts.append(text)
    print(f"  {name:42}", "   ".join(parts), flush=True)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.ladder", description=__doc__
    )
    parser.add_argument("--judged", type=existing_path, help="folder of judged pairs")
    parser.add_argument(
        "--classed", type=existing_path, help="table of texts with classes"
    )
    given = parser.parse_args()
    if not given.judged and not given.classed:
        parser.error("give --judged FOLDER or --classed FILE.tsv, see --help")
    for name in ("demands.tsv", "achievements.tsv", "judgements.tsv"):
        if given.judged and not (given.judged / name).exists():
            parser.error(f"{given.judged} has no {name}")
    if given.judged:
        print_judged_ladder(given.judged)
    if given.classed:
        print_classed_ladder(given.classed)


if __name__ == "__main__":
    main()
