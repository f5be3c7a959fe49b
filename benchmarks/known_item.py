"""Known item search: the title of a text is the question, its body the one right answer; how often, and how fast.
Not here: how good the matcher is (ladder), time under many kinds of queries (search).

    .venv/bin/python -m benchmarks.known_item TEXTS.tsv [--titles 1000] [--offset 0] [--url http://127.0.0.1:9200/known]

TEXTS.tsv is tab-separated without quoting, with a header line (title, and abstract or content). All bodies are indexed
without their titles; the titles asked are drawn evenly from the file, beginning at --offset. CPU time is that of this
process: all there is of SQLite's, while the work of Elasticsearch shows in the clock alone. An index that is there
already is used again. --short writes the first ten of 100 queries of one or two words, to compare them before and after
a change. Figures are in known_item.md.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.inputs import existing_path, require_columns
from matching import text as words_of
from search import Document, Engine, Query, SearchError, open_engine
from search.cluster import ElasticEngine

TEN = 10  # hits that count
Z = 1.96  # of a normal distribution, for intervals of 95 %


@dataclass(frozen=True, slots=True)
class Answer:
    """How one title was answered.

    Attributes:
        rank: of the right body, 0 when it is not among the first ten.
        relaxed: no body had all the words.
        cpu, clock: milliseconds.
    """

    rank: int
    relaxed: bool
    cpu: float
    clock: float

    @property
    def reciprocal(self) -> float:
        """1 over the rank, 0 when it is not among the first ten."""
        if not self.rank:
            return 0.0
        return 1 / self.rank


def read_titles(path: Path) -> list[tuple[str, str]]:
    """(title, body) of each row of a table without quoting: a quote in a title is a letter of it."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        require_columns(path, rows, ["title"], ["abstract", "content"])
        return [
            (row["title"], row.get("abstract") or row.get("content") or "")
            for row in rows
        ]


def fill_engine(engine: Engine, documents: Sequence[Document]) -> None:
    """Build the index, unless it was built before (--folder, --url)."""
    built = 0
    with suppress(SearchError):
        built = engine.state()["count"]
    if built != len(documents):
        engine.rebuild(documents)


def ask_title(engine: Engine, title: str, right: int) -> Answer:
    """Search a title. right: the number of its own body."""
    cpu, clock = time.process_time(), time.perf_counter()
    result = engine.find(Query(title, size=TEN))
    cpu, clock = time.process_time() - cpu, time.perf_counter() - clock
    numbers = [hit.id for hit in result.hits]
    rank = 0
    if right in numbers:
        rank = numbers.index(right) + 1
    return Answer(rank, result.relaxed, 1000 * cpu, 1000 * clock)


def percentile(times: Sequence[float], share: float) -> float:
    """The time that a share of the times stays within."""
    return sorted(times)[int(len(times) * share)]


def print_answers(name: str, answers: Sequence[Answer]) -> None:
    """Print one line of figures."""
    values = [answer.reciprocal for answer in answers]
    error = statistics.stdev(values) / len(values) ** 0.5
    cpu = [answer.cpu for answer in answers]
    clock = [answer.clock for answer in answers]
    first = sum(answer.rank == 1 for answer in answers)
    lost = sum(answer.rank == 0 for answer in answers)
    relaxed = sum(answer.relaxed for answer in answers)
    print(
        f"{name}: n {len(answers)}, MRR@10 {statistics.mean(values):.4f} (± {Z * error:.4f}), first {first}, "
        f"not among ten {lost}, some words enough {relaxed}"
    )
    for kind, times in (("CPU", cpu), ("clock", clock)):
        half, most = percentile(times, 0.5), percentile(times, 0.95)
        print(f"  {kind} p50 {half:.2f} ms, p95 {most:.2f} ms")


def write_short(engine: Engine, texts: Sequence[str], count: int, path: Path) -> None:
    """Write the first ten of queries of one and two words of the texts, a line each."""
    lines = []
    for text in texts[:: max(1, len(texts) // count)][:count]:
        words = [word for word in words_of.words(text) if len(word) > 1]
        query = " ".join(words[: 1 + len(lines) % 2])
        hits = engine.find(Query(query, size=TEN)).hits
        numbers = " ".join(str(hit.id) for hit in hits)
        lines.append(f"{query}\t{numbers}\n")
    path.write_text("".join(lines), encoding="utf-8")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("texts", type=existing_path)
    parser.add_argument("--titles", type=int, default=1000)
    parser.add_argument("--offset", type=int, default=0)
    parser.add_argument("--url", default="")
    parser.add_argument("--folder", type=Path, help="keep SQLite's index here")
    parser.add_argument("--short", type=Path)
    args = parser.parse_args()
    texts = read_titles(args.texts)
    documents = [
        Document("achievement", number, 1, "", body)
        for number, (_, body) in enumerate(texts, 1)
    ]
    step = len(texts) / args.titles
    asked = [(int(n * step) + args.offset) % len(texts) for n in range(args.titles)]
    with tempfile.TemporaryDirectory() as name:
        folder = args.folder or Path(name)
        engines: list[Engine] = [open_engine(f"sqlite:///{folder}/search.db")]
        if args.url:
            engines.append(ElasticEngine(args.url, find_seconds=60.0))
        for engine in engines:
            fill_engine(engine, documents)
            # The first search reads the columns, or opens the connection.
            engine.find(Query("方法"))
            answers = [ask_title(engine, texts[n][0], n + 1) for n in asked]
            engine_name = str(engine.state()["engine"])
            print_answers(engine_name, answers)
            if args.short:
                path = args.short.with_suffix(f".{engine_name}.tsv")
                write_short(engine, [title for title, _ in texts], 100, path)
            engine.close()


if __name__ == "__main__":
    main()
