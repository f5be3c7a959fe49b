"""Both engines side by side on one catalogue: the same documents, counts and words, nearly the same order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from search import Document, Engine, Query, open_engine

SUBJECTS = [
    "轴承",
    "轴承钢",
    "保持架",
    "铝合金",
    "锂离子电池",
    "锂电池",
    "隔膜",
    "阿胶",
    "石墨烯",
    "PA66",
    "7075",
]
DEEDS = [
    "磨削",
    "热处理",
    "涂覆",
    "提取",
    "制备方法",
    "在线检测",
    "低压铸造",
    "回收利用",
]
QUERIES = [
    "轴承",
    "轴承钢 热处理",
    "锂离子电池隔膜涂覆",
    "阿胶提取的研究",
    "铝合金 石墨烯 保持架 回收利用",
    "量子 轴承",
    "PA66",
    "A6",
    "7075铝合金低压铸造",
    "如何在线检测保持架",
    "石墨烯隔膜涂覆与量子轴承钢热处理",
    "7075铝合金低压铸造颤振抑制的回收利用",
    "的",
    "",
]


def made_up(count: int) -> list[Document]:
    """Texts that differ in words, lengths and repetitions, by arithmetic instead of chance."""
    documents = []
    for n in range(count):
        subjects = [SUBJECTS[(n * k + k) % len(SUBJECTS)] for k in (1, 3, 5)]
        deeds = [DEEDS[(n * k + n // 7) % len(DEEDS)] for k in (1, 2)]
        body = "，".join(
            f"{s}的{d}研究" for s in subjects * (1 + n % 3) for d in deeds
        ) + "填充" * (n % 23)
        audience = ("public",) if n % 5 else ("operator",)
        documents.append(
            Document(
                "demand" if n % 3 else "achievement",
                n,
                1,
                f"{subjects[0]}{deeds[0]}技术",
                body,
                audience=audience,
            )
        )
    return documents


@pytest.mark.parametrize(
    "fresh",
    [pytest.param("elasticsearch", marks=pytest.mark.server)],
    indirect=True,
    ids=["both"],
)
def test_both_engines_agree(fresh: Callable[[], Engine], tmp_path: Path) -> None:
    cluster, embedded = fresh(), open_engine(f"sqlite:///{tmp_path}/embedded.db")
    for engine in (cluster, embedded):
        engine.put(made_up(200))
    overlaps = []
    for text in QUERIES:
        one, two = (
            engine.find(Query(text, size=200)) for engine in (cluster, embedded)
        )
        assert {(hit.kind, hit.id) for hit in one.hits} == {
            (hit.kind, hit.id) for hit in two.hits
        }, text
        assert (one.total, one.relaxed, one.missing) == (
            two.total,
            two.relaxed,
            two.missing,
        ), text
        assert one.facets == two.facets, text
        shares = {(hit.kind, hit.id): hit.matched_share for hit in two.hits}
        for hit in one.hits:
            assert hit.matched_share == pytest.approx(shares[hit.kind, hit.id]), text
        tops = [
            {(hit.kind, hit.id) for hit in result.hits[:10]} for result in (one, two)
        ]
        overlaps.append(len(tops[0] & tops[1]) / max(len(tops[0]), 1))
    embedded.close()
    least = 0.9
    assert sum(overlaps) / len(overlaps) >= least
