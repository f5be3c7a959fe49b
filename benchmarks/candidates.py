"""What is lost, and what it takes, when candidates come from Elasticsearch instead of from memory.
Not here: the speed of the matcher in memory (benchmarks.matching), the texts (benchmarks.texts).

usage: python -m benchmarks.candidates [FOLDER] [--url http://127.0.0.1:9200] [--documents 100000]
FOLDER (or BENCH_DATA) holds a user's own tables (title, and abstract or content): those whose name begins with
"demands" are the queries, all others but "achievements" and "judgements" the catalogue. Without one: the samples.
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
from benchmarks.inputs import existing_path
from matching import Document, Matcher
from matching.remote import CANDIDATES, TERMS, CandidateMatcher
from search.cluster.candidates import CandidateIndex

TOP = 20
CURVE = (16, 32, 48, 64, 96, 128, 192)


def load_texts(
    folder: Path | None, questions: int
) -> tuple[list[texts.Text], list[Document]]:
    """(texts of the catalogue, queries) of a folder, or of the samples."""
    if folder is None:
        samples = texts.read_samples()
        return samples, texts.draw_demands(samples, questions)
    asking: list[texts.Text] = []
    catalogue: list[texts.Text] = []
    for path in sorted(folder.rglob("*.tsv")) + sorted(folder.rglob("*.csv")):
        if path.stem.startswith("demands"):
            asking.extend(texts.read_table(path))
        elif not path.stem.startswith(("achievements", "judgements")):
            catalogue.extend(texts.read_table(path))
    queries = []
    # Every text once, in its first place.
    for number, (title, body) in enumerate(dict.fromkeys(asking)):
        queries.append(Document(f"q{number}", title, body))
    return catalogue, queries[:questions]


def compare_with_memory(
    documents: list[Document],
    queries: list[Document],
    url: str,
    terms: tuple[int, ...],
    recall: bool,
) -> None:
    """Build both matchers, run the queries on both, print a line for each number of terms."""
    pool = CandidateIndex(url, f"bench-{uuid.uuid4().hex[:8]}")
    try:
        with tempfile.TemporaryDirectory() as folder:
            begun = time.perf_counter()
            CandidateMatcher.build(documents, folder, pool)
            seconds = time.perf_counter() - begun
            print(f"{len(documents)} documents filled in {seconds:.0f} s")
            best: list[set[object]] = []
            if recall:
                exact = Matcher().fit(documents)
                for query in queries:
                    best.append({match.id for match in exact.rank(query, TOP)})
            for number in terms:
                matcher = CandidateMatcher.open(
                    folder, pool, terms=number, candidates=CANDIDATES
                )
                _print_line(number, matcher, queries, best)
    finally:
        pool.drop()
        pool.close()


def _print_line(
    number: int,
    matcher: CandidateMatcher,
    queries: list[Document],
    best: list[set[object]],
) -> None:
    """Recall and times of one number of terms."""
    # Caches of the server and of the connection fill with the first ones.
    for query in queries[:20]:
        matcher.rank(query, TOP)
    took = []
    recalls = []
    for place, query in enumerate(queries):
        begun = time.perf_counter()
        ranked = matcher.rank(query, TOP)
        took.append((time.perf_counter() - begun) * 1000)
        if best and best[place]:
            common = best[place] & {match.id for match in ranked}
            recalls.append(len(common) / len(best[place]))
    line = ""
    if recalls:
        line = f"recall {np.mean(recalls):.4f}  worst {min(recalls):.2f}  "
    p50 = np.median(took)
    p95 = np.percentile(took, 95)
    print(f"{number:4} terms  {line}p50 {p50:.0f} ms  p95 {p95:.0f} ms")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "folder", nargs="?", type=existing_path, default=os.environ.get("BENCH_DATA")
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
    folder = None
    if args.folder:
        folder = Path(args.folder)
    catalogue, queries = load_texts(folder, args.questions)
    url = f"{args.url}/candidates-trial"
    compare_with_memory(
        [Document(number, *text) for number, text in enumerate(catalogue)],
        queries,
        url,
        CURVE,
        recall=True,
    )
    if args.documents:
        compare_with_memory(
            list(texts.generate_catalogue(catalogue, args.documents)),
            queries,
            url,
            (TERMS,),
            recall=True,
        )


if __name__ == "__main__":
    main()
