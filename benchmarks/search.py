"""Time of the search engine on made-up listings, against two peers on the same machine in the same run.

    .venv/bin/python -m benchmarks.search [--documents 13000] [--url http://127.0.0.1:9200/benchmark]
    .venv/bin/python -m benchmarks.search --texts A.tsv B.tsv --queries Q.tsv --url http://127.0.0.1:9200/benchmark

Peers: a LIKE scan of the same texts, and a plain FTS5 table with the trigram tokenizer (which cannot find two
characters and counts no facets). The texts are generated unless --texts names tab-separated files (columns title and
content or abstract). With --queries (column title) and --url both engines answer the same and the overlap of their
first ten is counted. The alias of --url is emptied and filled.
"""

from __future__ import annotations

import argparse
import csv
import random
import resource
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

from benchmarks.inputs import existing_path, require_columns
from search import Document, Engine, Query, open_engine
from search.cluster import ElasticEngine


def _words(text: str) -> list[str]:
    return text.split()


SUBJECTS = _words(
    "轴承 保持架 铝合金 锂离子电池 隔膜 阿胶 低分子肽 铜管 激光熔覆 秸秆 造纸废水 石墨烯 农机 温室 机器视觉"
)
DEEDS = _words(
    "制备 铸造 磨削 涂覆 提取 热处理 在线检测 故障诊断 清洁生产 轻量化 表面改性 智能控制 回收利用 结构优化"
)
WORDS = _words(
    "本 项目 针对 企业 生产 中 的 问题 提出 一种 新 方法 采用 工艺 参数 优化 后 产品 质量 稳定 强度 提高 成本 降低 "
    "能耗 减少 合格率 达到 指标 经 检测 符合 国家 标准 已 在 现场 试用 效果 良好 可 推广 适用于 材料 设备 系统 温度 "
    "压力 浓度 速度 精度 误差 小于 大于 以上 以下 纳米 复合 陶瓷 聚合物 合金 纤维 催化剂 传感器 模型 算法 数据 "
    "深度学习 图像 信号 振动 噪声 腐蚀 磨损 疲劳 寿命 污染 排放 循环 水处理 发酵 酶解 膜分离 干燥 粉碎 混合 成型 烧结"
)
DISTRICTS = [f"3715{n:02d}" for n in (2, 3, 21, 22, 24, 25, 26, 81)]
MODES = ["transfer", "license", "co_implement", "equity", "self_implement", "other"]
QUERIES = [
    Query("锂离子电池"),
    Query("轴承 故障诊断"),
    Query("铝合金 铸造 强度"),
    Query("膜分离", filters={"district": {"371502", "371581"}}),
    Query("方法"),
    Query("质量稳定", sort="newest"),
    Query("不存在的词 石墨烯"),
    Query("", filters={"stage": {"pilot"}, "mode": {"license"}}),
    Query(""),
    Query("轴承", page=20),
]


def generate_listings(count: int) -> Iterator[Document]:
    """Made-up listings of about 500 characters."""
    chance = random.Random(20261121)  # noqa: S311  not a secret
    for number in range(1, count + 1):
        subject, deed = chance.choice(SUBJECTS), chance.choice(DEEDS)
        words: list[str] = []
        length = 0
        while length < 480:
            word = (
                chance.choice(WORDS)
                if chance.random() < 0.97
                else chance.choice(SUBJECTS + DEEDS)
            )
            words.append(word + ("，" if chance.random() < 0.1 else ""))
            length += len(words[-1])
        yield Document(
            chance.choice(("achievement", "demand")),
            number,
            1,
            f"{subject}{chance.choice(SUBJECTS)}{deed}技术",
            "".join(words),
            holder=chance.choice(("聊城大学", "某新材料公司", "东昌府某机械厂")),
            district=chance.choice(DISTRICTS),
            field=f"{chance.randint(1, 8):02d}",
            stage=chance.choice(
                ("rnd", "lab_scale", "pilot", "small_batch", "industrialised")
            ),
            modes=tuple(chance.sample(MODES, chance.randint(1, 3))),
            year=chance.randint(2019, 2026),
            chain=chance.choice((None, "bearing", "copper", "aluminium")),
            published_at=datetime(2026, 1, 1) + timedelta(days=chance.randint(0, 300)),
            deadline=chance.choice(
                (None, date(2026, 12, 1) + timedelta(days=chance.randint(0, 300)))
            ),
        )


def time_calls(call: Callable[[], object], times: int) -> tuple[float, float]:
    """p50 and p95 of a call in milliseconds."""
    took = []
    for _ in range(times):
        begin = time.perf_counter()
        call()
        took.append((time.perf_counter() - begin) * 1000)
    return statistics.median(took), sorted(took)[int(len(took) * 0.95)]


def count_like(connection: sqlite3.Connection, text: str) -> int:
    """The first peer: every row is read."""
    words = text.split()
    where = " AND ".join("body LIKE ?" for _ in words) or "1"
    rows = connection.execute(
        f"SELECT id FROM plain WHERE {where}",  # noqa: S608  our own words
        [f"%{word}%" for word in words],
    ).fetchall()
    return len(rows)


def count_trigram(connection: sqlite3.Connection, text: str) -> int:
    """The second peer: FTS5's own tokenizer for languages without blanks."""
    query = " AND ".join(f'"{word}"' for word in text.split())
    if not query:
        return 0
    return len(
        connection.execute(
            "SELECT rowid, rank FROM grams WHERE grams MATCH ? ORDER BY rank", (query,)
        ).fetchall()
    )


def build_peers(folder: Path, documents: list[Document]) -> sqlite3.Connection:
    """Both peers in one file."""
    connection = sqlite3.connect(folder / "peers.db")
    connection.execute("CREATE TABLE plain (id INTEGER PRIMARY KEY, body TEXT)")
    connection.execute(
        "CREATE VIRTUAL TABLE grams USING fts5 (body, tokenize='trigram')"
    )
    rows = [(d.id, f"{d.title}\n{d.holder}\n{d.body}") for d in documents]
    with connection:
        connection.executemany("INSERT INTO plain VALUES (?, ?)", rows)
        connection.executemany("INSERT INTO grams (rowid, body) VALUES (?, ?)", rows)
    return connection


def read_texts(paths: list[Path]) -> Iterator[tuple[str, str]]:
    """(title, text) of tab-separated files."""
    csv.field_size_limit(10_000_000)
    for path in paths:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file, delimiter="\t")
            require_columns(path, rows, ["title"], ["content", "abstract"])
            for row in rows:
                yield (
                    row["title"] or "",
                    row.get("content") or row.get("abstract") or "",
                )


def print_agreement(first: Engine, second: Engine, queries: list[str]) -> None:
    """Print how far two engines give the same: totals, facets, the first ten."""
    overlaps: list[float] = []
    totals = 0
    facets = 0
    relaxed = 0
    for text in queries:
        one = first.find(Query(text, size=10))
        two = second.find(Query(text, size=10))
        left = {(hit.kind, hit.id) for hit in one.hits}
        right = {(hit.kind, hit.id) for hit in two.hits}
        # Two empty answers agree.
        overlap = 1.0
        if left or right:
            overlap = len(left & right) / max(len(left), len(right))
        overlaps.append(overlap)
        same_words = one.relaxed == two.relaxed and one.missing == two.missing
        totals += one.total == two.total and same_words
        facets += one.facets == two.facets
        relaxed += one.relaxed
    print(
        f"{len(queries)} queries ({relaxed} relaxed): overlap of the first ten {statistics.mean(overlaps):.3f} "
        f"(worst {min(overlaps):.1f}), equal totals {totals / len(queries):.3f}, "
        f"equal facets {facets / len(queries):.3f}"
    )


def print_timings(engine: Engine, plain: sqlite3.Connection, times: int) -> None:
    """Print the table of queries."""
    print(
        f"{'query':<28}{'found':>7}{'p50 ms':>9}{'p95 ms':>9}{'again':>8}{'LIKE':>9}{'trigram':>9}"
    )
    all_fresh: list[float] = []
    for query in QUERIES:
        took: list[float] = []
        for turn in range(times):
            # A write between the queries empties what the engine remembers: each is a first query.
            engine.put(
                [Document("demand", 10_000_000, time.time_ns(), "写入", f"第{turn}次")]
            )
            begin = time.perf_counter()
            total = engine.find(query).total
            took.append((time.perf_counter() - begin) * 1000)
        all_fresh += took
        again, _ = time_calls(partial(engine.find, query), times)
        scan, _ = time_calls(partial(count_like, plain, query.text), 3)
        grams, _ = time_calls(partial(count_trigram, plain, query.text), 3)
        label = query.text or "(all)"
        label += "".join(f" {name}" for name in query.filters) + (
            f" p{query.page}" if query.page > 1 else ""
        )
        p95 = sorted(took)[int(len(took) * 0.95)]
        print(
            f"{label:<24}{total:>7}{statistics.median(took):>9.2f}{p95:>9.2f}{again:>8.2f}{scan:>9.1f}{grams:>9.2f}"
        )
    all_fresh.sort()
    print(
        f"all, each after a write: p50 {statistics.median(all_fresh):.2f} ms, "
        f"p95 {all_fresh[int(len(all_fresh) * 0.95)]:.2f} ms"
    )


def put_one(engine: Engine) -> None:
    """Write one document, newer than any before."""
    engine.put([Document("demand", 10_000_001, time.time_ns(), "一条", "正文")])


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--documents", type=int, default=13_000)
    parser.add_argument("--texts", type=existing_path, nargs="+")
    parser.add_argument("--queries", type=existing_path, nargs="+")
    parser.add_argument("--url", default="")
    parser.add_argument("--times", type=int, default=15)
    args = parser.parse_args()
    documents = (
        [
            Document("achievement", n, 1, title, text)
            for n, (title, text) in enumerate(read_texts(args.texts), 1)
        ]
        if args.texts
        else list(generate_listings(args.documents))
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        engines: list[Engine] = [open_engine(f"sqlite:///{folder}/search.db")]
        if args.url:
            engines.append(ElasticEngine(args.url, find_seconds=60.0))
        plain = build_peers(folder, documents)
        for engine in engines:
            begin = time.perf_counter()
            engine.rebuild(documents)
            took = time.perf_counter() - begin
            print(
                f"{engine.state()['engine']}: {len(documents)} documents, rebuilt in {took:.1f} s"
            )
            begin = time.perf_counter()
            engine.find(QUERIES[0])
            print(
                f"first query of a process {1000 * (time.perf_counter() - begin):.1f} ms; state {engine.state()}"
            )
        if args.queries and args.url:
            print_agreement(
                engines[0], engines[1], [title for title, _ in read_texts(args.queries)]
            )
        for engine in engines:
            print(f"\n{engine.state()['engine']}")
            print_timings(engine, plain, args.times)
            pasted = "".join(document.body for document in documents[:12])[:5000]
            first, _ = time_calls(partial(engine.find, Query(pasted)), 1)
            one, _ = time_calls(partial(put_one, engine), 20)
            print(
                f"a pasted text of 5,000 characters {first:.1f} ms; one put {one:.2f} ms"
            )
            engine.close()
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"memory {most:.0f} MB at most, texts and peers included")
        plain.close()


if __name__ == "__main__":
    main()
