"""What is lost, and what it takes, when candidates come from Elasticsearch instead of from memory.
Not here: the speed of the matcher in memory (benchmarks.matching), the texts (benchmarks.texts).

usage: python -m benchmarks.candidates [FOLDER] [--url http://127.0.0.1:9200] [--documents 100000]
FOLDER (or BENCH_DATA) holds a user's own tables (title, and abstract or content): those whose name begins with
"demands" are asked, "achievements" and "judgements" aside all others are the catalogue. Without one: the samples.
Recall is of the exact best 20 among the candidates; times are of the whole answer by the clock, after a warm-up.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
import uuid
from pathlib import Path

import numpy as np

from benchmarks import texts
from matching import Document, Matcher
from matching.remote import CANDIDATES, TERMS, CandidateMatcher
from search.cluster.candidates import CandidateIndex

TOP = 20
CURVE = (16, 32, 48, 64, 96, 128, 192)


def gathered(
    folder: Path | None, questions: int
) -> tuple[list[texts.Text], list[Document]]:
    """(texts of the catalogue, questions) of a folder, or of the samples."""
    if folder is None:
        found = texts.samples()
        return found, texts.demands(found, questions)
    tables = sorted(folder.rglob("*.tsv")) + sorted(folder.rglob("*.csv"))
    asked = [
        text
        for path in tables
        if path.stem.startswith("demands")
        for text in texts.read(path)
    ]
    left_out = ("demands", "achievements", "judgements")
    found = [
        text
        for path in tables
        if not path.stem.startswith(left_out)
        for text in texts.read(path)
    ]
    return found, [
        Document(f"q{n}", title, body)
        for n, (title, body) in enumerate(dict.fromkeys(asked))
    ][:questions]


def measured(
    documents: list[Document],
    asked: list[Document],
    url: str,
    terms: tuple[int, ...],
    recall: bool,
) -> None:
    """Build both, ask both, print a line for each number of terms."""
    pool = CandidateIndex(url, f"bench-{uuid.uuid4().hex[:8]}")
    try:
        with tempfile.TemporaryDirectory() as folder:
            begun = time.perf_counter()
            CandidateMatcher.build(documents, folder, pool)
            print(
                f"{len(documents)} documents filled in {time.perf_counter() - begun:.0f} s"
            )
            exact = Matcher().fit(documents) if recall else None
            best = (
                [{match.id for match in exact.rank(q, TOP)} for q in asked]
                if exact
                else []
            )
            for number in terms:
                matcher = CandidateMatcher.open(
                    folder, pool, terms=number, candidates=CANDIDATES
                )
                for question in asked[:20]:
                    matcher.rank(question, TOP)
                took, found = [], []
                for place, question in enumerate(asked):
                    begun = time.perf_counter()
                    ranked = matcher.rank(question, TOP)
                    took.append((time.perf_counter() - begun) * 1000)
                    if exact and best[place]:
                        found.append(
                            len(best[place] & {match.id for match in ranked})
                            / len(best[place])
                        )
                line = (
                    f"recall {np.mean(found):.4f}  worst {min(found):.2f}  "
                    if found
                    else ""
                )
                print(
                    f"{number:4} terms  {line}p50 {np.median(took):.0f} ms  p95 {np.percentile(took, 95):.0f} ms"
                )
    finally:
        pool.drop()
        pool.close()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "folder", nargs="?", type=Path, default=os.environ.get("BENCH_DATA")
    )
    parser.add_argument("--url", default="http://127.0.0.1:9200")
    parser.add_argument(
        "--documents",
        type=int,
        default=100_000,
        help="size of the generated catalogue; 0: none",
    )
    parser.add_argument("--questions", type=int, default=269)
    args = parser.parse_args()
    found, asked = gathered(Path(args.folder) if args.folder else None, args.questions)
    url = f"{args.url}/candidates-trial"
    measured(
        [Document(n, *text) for n, text in enumerate(found)],
        asked,
        url,
        CURVE,
        recall=True,
    )
    if args.documents:
        measured(
            list(texts.catalogue(found, args.documents)),
            asked,
            url,
            (TERMS,),
            recall=True,
        )


if __name__ == "__main__":
    main()
