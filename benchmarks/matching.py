"""Speed of the matcher compared with its peers, as ratios in one run. The peers are installed for this alone.
Not here: quality (benchmarks.ladder), the texts (benchmarks.texts).

usage: python -m benchmarks.matching [--documents N] [--texts FILE …] [--only NAME …]
Texts are a user's own tables (title, and abstract, content or 成果简介), in BENCH_DATA or by --texts; without any, the
sample lists. Times are CPU seconds of the process for one thread's work, so that other work on the machine does not
count, and seconds by the clock where several threads or processes work together.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import itertools
import logging
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from benchmarks import texts
from benchmarks.inputs import existing_path
from matching import Document, Matcher
from matching import text as words_of
from matching.batch import QueryBatch
from matching.features import FEATURE_KINDS, FeatureCounts
from matching.index import kernels
from matching.index.feature_index import FeatureIndex
from matching.index.postings import posting_counts, posting_numbers
from matching.index.reading import read_catalogue, read_features
from matching.index.segment import build_segment
from matching.index.weighting import SUBLINEAR, SUBLINEAR_32, scaled_idf

TOP = 20
PEER_TEXTS = 10_000  # texts a slow peer builds from; its time is scaled up to the catalogue, in proportion
QUESTIONS = 200
PEER_QUESTIONS = 20


@dataclass(frozen=True)
class Line:
    """One line of the table: what was done, ours and the peer's time in the unit, and what the aim is."""

    work: str
    peer: str
    ours: float
    theirs: float
    unit: str
    aim: str = ""

    def print_row(self) -> None:
        ratio = " " * 9
        if self.theirs and self.ours:
            ratio = f"{self.theirs / self.ours:8.1f}×"
        theirs = " " * 12
        if self.theirs:
            theirs = f"{self.theirs:12.2f}"
        print(
            f"| {self.work:58} | {self.ours:10.2f} | {theirs} | {self.unit:6} | {ratio} | {self.peer:34} | {self.aim}"
        )


def measure_cpu(work: Callable[[], Any]) -> tuple[float, Any]:
    """(CPU seconds, result) of some work."""
    begun = time.process_time()
    result = work()
    return time.process_time() - begun, result


def measure_wall_time(work: Callable[[], Any]) -> tuple[float, Any]:
    """(seconds by the clock, result) of some work."""
    begun = time.perf_counter()
    result = work()
    return time.perf_counter() - begun, result


def measure_both(work: Callable[[], Any]) -> tuple[tuple[float, float], Any]:
    """((seconds by the clock, CPU seconds), result) of some work."""
    begun = time.process_time()
    seconds, result = measure_wall_time(work)
    return (seconds, time.process_time() - begun), result


def _warm_up() -> None:
    """Read our dictionary: the peers' is read before they are timed."""
    words_of.words("预热")


def time_each(work: Callable[[Any], Any], questions: list[Any]) -> np.ndarray:
    """CPU milliseconds of the work for each question, after two to warm up."""
    for question in questions[:2]:
        work(question)
    return np.array([measure_cpu(lambda q=q: work(q))[0] for q in questions]) * 1000


class Run:
    """One catalogue, its matcher and the questions; the lines are methods."""

    def __init__(self, sources: list[texts.Text], size: int) -> None:
        self.sources, self.size = sources, size
        self.questions = texts.draw_demands(sources, 2_000)
        self.documents = (
            list(texts.generate_catalogue(sources, size)) if size <= 200_000 else []
        )
        built = self.documents or texts.generate_catalogue(sources, size)
        _warm_up()
        seconds, self.matcher = measure_both(lambda: Matcher().fit(built))
        self.build_clock, self.build_seconds = seconds
        self.peer_texts = list(texts.generate_catalogue(sources, min(size, PEER_TEXTS)))

    # one question

    def latency(self) -> Iterator[Line]:
        """All features, tokenising included, scores and top 20."""
        ours = time_each(
            lambda q: self.matcher.rank(q, top=TOP), self.questions[:QUESTIONS]
        )
        aim = "p95 ≤ 10 ms at 100k, ≤ 60 ms at 1M"
        yield Line(
            "one demand, all features, p50", "", float(np.percentile(ours, 50)), 0, "ms"
        )
        yield Line(
            "one demand, all features, p95",
            "",
            float(np.percentile(ours, 95)),
            0,
            "ms",
            aim,
        )
        latencies = time_each(
            lambda q: [m.reasons for m in self.matcher.rank(q, top=TOP)],
            self.questions[:QUESTIONS],
        )
        yield Line(
            "… with the reasons of all 20, p95",
            "",
            float(np.percentile(latencies, 95)),
            0,
            "ms",
        )
        if self.size <= 100_000:
            yield from self._latency_beside_sklearn(float(np.percentile(ours, 50)))

    def _latency_beside_sklearn(self, ours: float) -> Iterator[Line]:
        from sklearn.metrics.pairwise import cosine_similarity

        matrix = self._matrix()

        def ask(question: Document) -> np.ndarray:
            return np.argsort(
                -cosine_similarity(self._vector(question, matrix.shape[1]), matrix)[0]
            )[:TOP]

        theirs = time_each(ask, self.questions[:PEER_QUESTIONS])
        name = "sklearn cosine_similarity + argsort"
        yield Line(
            "one demand, the same features, p50",
            name,
            ours,
            float(np.median(theirs)),
            "ms",
            "≥ 20×",
        )

    def words(self) -> Iterator[Line]:
        """Plain words: scores and top 20 from tokens, beside engines that do just that on the very same tokens."""
        import bm25s
        import tantivy

        index = self.matcher.catalogue_.indexes["words"]
        main = index.main
        names = [str(term) for term in range(len(main.keys))]
        queries = [read_features(q).words for q in self.questions[:QUESTIONS]]
        known = [
            [names[term] for term in main.find(one.keys).tolist() if term >= 0]
            for one in queries
        ]
        inverse = index.inverse_norms(self.size)
        is_ranked = self.matcher.catalogue_.is_ranked

        def ask(one: FeatureCounts) -> np.ndarray:
            sums = index.dot(index.weigh(one, self.size))
            scores = sums * inverse
            found = kernels.top_candidates(scores, is_ranked, TOP, kernels.NEAR)
            return found[np.argsort(-scores[found])][:TOP]

        ours = float(np.median(time_each(ask, queries)))
        numbers = list(range(len(names)))
        engine = bm25s.BM25(backend="numba")
        corpus = [[numbers[term] for term in terms] for terms in self._word_numbers()]
        engine.index(
            (corpus, dict(zip(names, numbers, strict=True))), show_progress=False
        )
        del corpus

        def retrieve(tokens: list[str]) -> Any:
            return engine.retrieve([tokens], k=TOP, show_progress=False, n_threads=0)

        theirs = time_each(retrieve, known)
        yield Line(
            "plain words, from tokens, p50",
            "bm25s (numba)",
            ours,
            float(np.median(theirs)),
            "ms",
            "≥ 1×",
        )

        builder = tantivy.SchemaBuilder()
        builder.add_text_field(
            "body", stored=False, tokenizer_name="whitespace", index_option="freq"
        )
        schema = builder.build()
        index = tantivy.Index(schema)
        writer = index.writer(256_000_000, 1)
        for terms in self._word_numbers():
            writer.add_document(
                tantivy.Document(body=" ".join([names[term] for term in terms]))
            )
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        searcher = index.searcher()

        def search(tokens: list[str]) -> Any:
            terms = [
                (
                    tantivy.Occur.Should,
                    tantivy.Query.term_query(schema, "body", t, "freq"),
                )
                for t in tokens
            ]
            return searcher.search(
                tantivy.Query.boolean_query(terms), limit=TOP, count=False
            ).hits

        theirs = time_each(search, known)
        yield Line(
            "plain words, from tokens, p50",
            "tantivy",
            ours,
            float(np.median(theirs)),
            "ms",
            "≥ 1×",
        )

    def _word_numbers(self) -> Iterator[list[int]]:
        """The words of each document by number, each as often as it counts."""
        main = self.matcher.catalogue_.indexes["words"].main
        for start, stop in itertools.pairwise(main.document_ends.tolist()):
            packed = main.by_document[start:stop]
            terms = posting_numbers(packed)
            yield np.repeat(terms, posting_counts(packed)).tolist()

    # building

    def build(self) -> Iterator[Line]:
        """From raw text; and again from what was cut once."""
        from sklearn.feature_extraction.text import TfidfVectorizer

        scale = self.size / len(self.peer_texts)
        raw = [f"{d.title}\n{d.text}" for d in self.peer_texts]
        jieba = _jieba()
        jieba.lcut("预热")
        (clock, seconds), _ = measure_both(
            lambda: TfidfVectorizer(
                tokenizer=jieba.lcut, token_pattern=None, sublinear_tf=True
            ).fit_transform(raw)
        )
        name = "TfidfVectorizer(jieba.lcut)" + (
            f", from {len(raw)}" if scale > 1 else ""
        )
        for kind, ours, theirs in (
            ("CPU", self.build_seconds, seconds),
            ("by the clock", self.build_clock, clock),
        ):
            work = f"build from raw text, all features, {kind}"
            yield Line(work, name, ours, theirs * scale, "s", "≥ 9×")
        alone, _ = measure_cpu(
            lambda: Matcher(grams=0, titles=0, words=1, vectors=0).fit(self.documents)
        )
        yield Line(
            "build from raw text, words alone",
            name,
            alone,
            seconds * scale,
            "s",
            "≥ 8×",
        )
        tokens = [words_of.words(text, stop=True) for text in raw]
        seconds, _ = measure_cpu(
            lambda: TfidfVectorizer(analyzer=_itself, sublinear_tf=True).fit_transform(
                tokens
            )
        )
        main = self.matcher.catalogue_.indexes["words"].main
        terms = posting_numbers(main.by_document)
        counts = posting_counts(main.by_document)
        ours, _ = measure_cpu(
            lambda: FeatureIndex(
                build_segment(np.asarray(main.keys), terms, counts, main.document_ends)
            )
        )
        name = "TfidfVectorizer, words cut before" + (
            f", from {len(raw)}" if scale > 1 else ""
        )
        yield Line(
            "reindex words from cached numbers",
            name,
            ours,
            seconds * scale,
            "s",
            "≥ 10×",
        )

    def start(self) -> Iterator[Line]:
        """A new process, from nothing to the first answer."""
        import joblib
        from sklearn.feature_extraction.text import TfidfVectorizer

        with tempfile.TemporaryDirectory() as folder:
            self.matcher.save(Path(folder, "ours"))
            tokens = [
                " ".join(words_of.words(f"{d.title} {d.text}", stop=True))
                for d in self.documents
            ]
            vectorizer = TfidfVectorizer(
                analyzer="word",
                tokenizer=str.split,
                token_pattern=None,
                sublinear_tf=True,
            )
            matrix = vectorizer.fit_transform(tokens)
            joblib.dump((vectorizer, matrix), Path(folder, "theirs"))
            question = self.questions[0]
            Path(folder, "question").write_text(
                f"{question.title}\n{question.text}", encoding="utf-8"
            )
            ours = min(_fresh(OUR_START, folder) for _ in range(3))
            theirs = min(_fresh(THEIR_START, folder) for _ in range(3))
            yield Line(
                "cold start to the first answer",
                "joblib (TfidfVectorizer) + jieba",
                ours,
                theirs,
                "s",
                "≥ 5×",
            )
            yield from self._shared(folder)

    def _shared(self, folder: str) -> Iterator[Line]:
        """Memory of the artefact in each of four processes that answer from it."""
        command = [sys.executable, "-c", SHARING, folder]
        with contextlib.ExitStack() as stack:
            processes = [
                stack.enter_context(
                    subprocess.Popen(  # noqa: S603  (this program, a folder of our own)
                        command,
                        stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE,
                        text=True,
                    )
                )
                for _ in range(4)
            ]
            for process in processes:
                assert process.stdout is not None
                process.stdout.readline()
            megabytes = [_mapped(process.pid, folder) for process in processes]
            for process in processes:
                process.communicate("")
        size = sum(p.stat().st_size for p in Path(folder, "ours").rglob("*.npy")) / 1e6
        yield Line(
            f"artefact on disk {size:.0f} MB, its pages per process, of 4",
            "",
            float(np.mean(megabytes)),
            0,
            "MB",
        )

    # changes

    def change(self) -> Iterator[Line]:
        """One document in, and what a thousand additions leave behind."""
        again = list(texts.generate_catalogue(self.sources, self.size + 1_100))[
            self.size :
        ]
        many, few = again[:1_000], again[1_000:]
        questions = itertools.cycle(self.questions)  # none is cut twice in a row

        def one(document: Document) -> None:
            self.matcher.put([document])
            self.matcher.rank(next(questions), top=TOP)

        took = time_each(one, few)
        yield Line(
            "one document in, and the next answer, p95",
            "",
            float(np.percentile(took, 95)),
            0,
            "ms",
            "≤ 20 ms",
        )
        gone = time_each(
            lambda d: (
                self.matcher.remove([d.id]),
                self.matcher.rank(next(questions), top=TOP),
            ),
            few,
        )
        yield Line(
            "one document out, and the next answer, p95",
            "",
            float(np.percentile(gone, 95)),
            0,
            "ms",
            "≤ 20 ms",
        )
        self.matcher.put(many)
        whole = Matcher().fit([*self.documents, *many])
        queries = self.questions[:QUESTIONS]
        differing = sum(
            [(m.id, m.score) for m in self.matcher.rank(q)]
            != [(m.id, m.score) for m in whole.rank(q)]
            for q in queries
        )
        yield Line(
            f"answers of {len(queries)} that differ from a refit",
            "",
            float(differing),
            0,
            "",
            "0",
        )
        slower = time_each(lambda q: self.matcher.rank(q, top=TOP), queries)
        yield Line(
            "one demand while 1,000 are not yet merged, p95",
            "",
            float(np.percentile(slower, 95)),
            0,
            "ms",
        )
        self.matcher.remove([d.id for d in many]).merge()

    # many questions

    def batch(self) -> Iterator[Line]:
        """The whole list of demands, a thread for each processor on both sides; and what all threads took together.

        The peer starts from vectors, and its matrix is turned before: so are ours once, and once they start from text.
        """
        from sparse_dot_topn import sp_matmul_topn

        queries = self.questions
        matcher = self.matcher
        read = read_catalogue(queries)
        # The token table is warm, as it is for the second list that a process ranks.
        vectors, _ = measure_both(
            lambda: QueryBatch(matcher.catalogue_, matcher.weights, queries, read).rank(
                TOP
            )
        )
        text, _ = measure_both(lambda: matcher.rank_all(queries, top=TOP))
        matrix = self._matrix()
        rows = sp.vstack([self._vector(q, matrix.shape[1]) for q in queries]).tocsr()
        turned = matrix.T.tocsr()
        theirs, _ = measure_both(
            lambda: sp_matmul_topn(
                rows, turned, top_n=TOP, n_threads=os.cpu_count(), sort=True
            )
        )
        peer = "sparse_dot_topn, same matrix"
        aim = "≥ 3× at 100k, ≥ 1× at 10k"
        for start, ours in (("vectors", vectors), ("text", text)):
            work = f"{len(queries)} demands, from {start}"
            yield Line(f"{work}, by the clock", peer, ours[0], theirs[0], "s", aim)
            yield Line(f"{work}, CPU", peer, ours[1], theirs[1], "s", aim)

    # the same features as one matrix, for peers

    def _matrix(self) -> sp.csr_matrix:
        """The channels side by side, each scaled so that a product of rows is the score. shape (n, all features)."""
        parts = []
        for name in FEATURE_KINDS:
            index = self.matcher.catalogue_.indexes[name]
            main = index.main
            idf = scaled_idf(main.frequencies, self.size)
            terms = posting_numbers(main.by_document)
            values = SUBLINEAR[posting_counts(main.by_document)] * idf[terms]
            rows = sp.csr_matrix(
                (values.astype(np.float32), terms.astype(np.int32), main.document_ends)
            )
            rows.resize(main.size, len(main.keys))
            factors = index.inverse_norms(self.size) * self._share(name) ** 0.5
            parts.append(sp.diags(factors.astype(np.float32)) @ rows)
        return sp.hstack(parts, format="csr")

    def _vector(self, question: Document, width: int) -> sp.csr_matrix:
        read = read_features(question)
        offset = 0
        columns = []
        values = []
        for name in FEATURE_KINDS:
            index = self.matcher.catalogue_.indexes[name]
            counted = getattr(read, name)
            terms = index.main.find(counted.keys)
            weights = SUBLINEAR_32[counted.counts] * index.idf(counted.keys, self.size)
            length = float(np.linalg.norm(weights))
            known = terms >= 0
            columns.append(terms[known] + offset)
            values.append(weights[known] / (length or 1.0) * self._share(name) ** 0.5)
            offset += len(index.main.keys)
        column, value = (
            np.concatenate(columns),
            np.concatenate(values).astype(np.float32),
        )
        return sp.csr_matrix(
            (value, (np.zeros(len(column), dtype=np.int32), column)), shape=(1, width)
        )

    def _share(self, name: str) -> float:
        weights = {kind: getattr(self.matcher, kind) for kind in FEATURE_KINDS}
        return float(weights[name] / sum(weights.values()))


OUR_START = """
import sys
from pathlib import Path
from matching import Document, Matcher
title, _, text = Path(sys.argv[1], "question").read_text(encoding="utf-8").partition("\\n")
assert Matcher.load(Path(sys.argv[1], "ours")).rank(Document("q", title, text))
"""
THEIR_START = """
import sys
from pathlib import Path
import jieba, joblib, logging
jieba.setLogLevel(logging.CRITICAL)
vectorizer, matrix = joblib.load(Path(sys.argv[1], "theirs"))
row = vectorizer.transform([" ".join(jieba.lcut(Path(sys.argv[1], "question").read_text(encoding="utf-8")))])
assert len((-(matrix @ row.T).toarray().ravel()).argsort()[:20])
"""
SHARING = """
import sys
from pathlib import Path
from matching import Document, Matcher
title, _, text = Path(sys.argv[1], "question").read_text(encoding="utf-8").partition("\\n")
matcher = Matcher.load(Path(sys.argv[1], "ours"))
matcher.rank(Document("q", title, text))
print("ready", flush=True)
sys.stdin.read()
"""


def _fresh(program: str, folder: str) -> float:
    """CPU seconds of a new process that runs a program."""
    before = os.times()
    subprocess.run(  # noqa: S603  (this program, a folder of our own)
        [sys.executable, "-c", program, folder], check=True, capture_output=True
    )
    after = os.times()
    return (
        after.children_user
        + after.children_system
        - before.children_user
        - before.children_system
    )


def _mapped(pid: int, folder: str) -> float:
    """Megabytes of a folder's files in a process, pages shared with others counted in part."""
    kilobytes, ours = 0, False
    for line in Path(f"/proc/{pid}/smaps").read_text(encoding="utf-8").splitlines():
        if "-" in line.split(" ")[0]:
            ours = folder in line
        elif ours and line.startswith("Pss:"):
            kilobytes += int(line.split()[1])
    return kilobytes / 1000


def _itself(tokens: list[str]) -> list[str]:
    return tokens


def _jieba() -> Any:
    import jieba

    jieba.setLogLevel(logging.CRITICAL)
    tokenizer = jieba.Tokenizer()
    tokenizer.tmp_dir = tempfile.mkdtemp()
    return tokenizer


LINES = ("latency", "words", "build", "start", "change", "batch")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.matching", description=__doc__
    )
    parser.add_argument(
        "--documents", "--n", type=int, default=100_000, help="size of the catalogue"
    )
    parser.add_argument(
        "--texts",
        type=existing_path,
        nargs="*",
        default=[],
        help="tables to draw the catalogue from",
    )
    parser.add_argument(
        "--only", nargs="*", choices=LINES, default=LINES, help="some lines only"
    )
    given = parser.parse_args()
    paths = given.texts
    if not paths and os.environ.get("BENCH_DATA"):
        paths = sorted(Path(os.environ["BENCH_DATA"]).glob("*.tsv"))
        if not paths:
            parser.error(f"BENCH_DATA={os.environ['BENCH_DATA']} has no .tsv files")
    sources = [
        text for path in paths for text in texts.read_table(path)
    ] or texts.read_samples()
    length = np.mean([len(title) + len(body) for title, body in sources])
    print(
        f"{given.documents} documents drawn from {len(sources)} texts of {length:.0f} characters on average,"
    )
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}"
    )
    run = Run(sources, given.documents)
    print(
        f"built in {run.build_seconds:.1f} s of CPU, {run.build_clock:.1f} s by the clock"
    )
    print(
        f"| {'work':58} | {'ours':>10} | {'peer':>12} | unit   | {'ratio':>9} | {'peer is':34} | aim"
    )
    for name in given.only:
        try:
            for line in _quietly(getattr(run, name)):
                line.print_row()
                sys.stdout.flush()
        except ModuleNotFoundError as missing:
            raise SystemExit(
                f"{missing}: pip install --require-hashes -r requirements-bench.txt"
            ) from None


def _quietly(lines: Callable[[], Iterator[Line]]) -> Iterator[Line]:
    with contextlib.redirect_stderr(io.StringIO()):
        yield from lines()


if __name__ == "__main__":
    main()
