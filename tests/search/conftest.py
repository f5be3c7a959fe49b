"""The engines every search test runs over, and the small catalogue the tables are written against.
Not here: expected results; each test has its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import cache
from pathlib import Path
from uuid import uuid4

import pytest
from elasticsearch import ApiError, Elasticsearch, TransportError

from search import Document, Engine, open_engine
from search.cluster import ElasticEngine

URL = os.environ.get("SEARCH_TEST_URL", "http://127.0.0.1:9200")
PATIENT = 20.0  # seconds: a busy test machine is no reason for a wrong answer
ENGINES = ["embedded", pytest.param("elasticsearch", marks=pytest.mark.server)]


@cache
def absence() -> str:
    """Why there is no cluster to test on; "" when there is one."""
    client = Elasticsearch(URL, request_timeout=5, max_retries=0)
    try:
        client.cluster.health()
    except (ApiError, TransportError) as failure:
        return f"no Elasticsearch at {URL} (scripts/elasticsearch.py start): {type(failure).__name__}"
    finally:
        client.close()
    return ""


def required() -> None:
    """Leave a test out where there is no cluster to run it on."""
    if absence():
        # Named on purpose it has to be there; a test that skips itself in the servers' own run proves nothing.
        (pytest.fail if "SEARCH_TEST_URL" in os.environ else pytest.skip)(absence())


@pytest.fixture(params=ENGINES)
def fresh(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[], Engine]]:
    """Opens engines over one and the same empty index, as several processes would."""
    cluster = request.param == "elasticsearch"
    if cluster:
        required()
    alias = f"test-{uuid4().hex}"
    opened: list[Engine] = []

    def opener() -> Engine:
        engine: Engine
        if cluster:
            engine = ElasticEngine(
                f"{URL}/{alias}", find_seconds=PATIENT, deed_seconds=PATIENT
            )
        else:
            engine = open_engine(f"sqlite:///{tmp_path}/search.db")
        opened.append(engine)
        return engine

    yield opener
    for engine in opened:
        engine.close()
    if cluster:
        client = Elasticsearch(URL, request_timeout=PATIENT)
        for index in client.options(ignore_status=404).indices.get(index=f"{alias}-*"):
            client.indices.delete(index=index)
        client.close()


@pytest.fixture
def engine(fresh: Callable[[], Engine]) -> Engine:
    """An empty index."""
    engine = fresh()
    engine.put([])
    return engine


CATALOGUE = [
    Document(
        "achievement",
        11,
        3,
        "高安全锂离子电池隔膜涂覆技术",
        "针对动力电池热失控，采用纳米氧化铝陶瓷浆料在聚烯烃隔膜上双面涂覆，150℃热收缩率低于 2%。",
        holder="聊城大学",
        institution="7",
        district="371502",
        field="new_energy",
        stage="pilot",
        modes=("transfer", "license"),
        year=2025,
        chain="battery",
        published_at=datetime(2026, 3, 1),
    ),
    Document(
        "achievement",
        12,
        1,
        "7075 铝合金薄壁件低压铸造工艺",
        "面向轻量化的 Al-Zn-Mg 合金铸造，抗拉强度 ≥ 520 MPa；用 C++ 编写的控制软件，可与 MES 对接。",
        holder="鲁西铝材研究院",
        institution="8",
        achievement_type="applied_technology",
        district="371523",
        field="new_materials",
        stage="industrialised",
        modes=("license",),
        year=2024,
        chain="aluminium",
        published_at=datetime(2026, 3, 1),
    ),
    Document(
        "achievement",
        13,
        7,
        "阿胶低分子肽制备方法",
        "以驴皮为原料，经酶解、膜分离得到低分子肽，<b>无苦味</b> & 易溶；适用于口服液。",
        holder="东阿阿胶研究所",
        achievement_type="basic_theory",
        district="371524",
        field="biomedicine",
        stage="lab_scale",
        modes=("equity", "co_implement"),
        year=2025,
        chain=None,
        published_at=datetime(2025, 12, 31),
    ),
    Document(
        "achievement",
        14,
        1,
        "保持架轴承振动人工智能诊断系统",
        "采集临清轴承企业的振动信号，使用深度学习判断早期故障，准确率 97.5%。",
        holder="聊城大学",
        institution="7",
        district="371581",
        field="it",
        stage="small_batch",
        modes=(),
        year=None,
        chain="bearing",
        published_at=None,
    ),
    Document(
        "demand",
        11,
        2,
        "求解锂电池隔膜热收缩过大的问题",
        "我公司生产动力电池，现有隔膜在 130℃ 下收缩率达 8%，希望合作开发陶瓷涂层。",
        holder="聊城某新能源公司",
        district="371502",
        field="new_energy",
        modes=("co_implement",),
        year=2026,
        chain="battery",
        published_at=datetime(2026, 5, 20),
        deadline=date(2027, 1, 31),
    ),
    Document(
        "demand",
        21,
        1,
        "轴承保持架高速铣削颤振抑制",
        "加工 PA66 尼龙保持架时颤振严重，表面粗糙度 Ｒａ 须小于 0.8 μm。",
        holder="临清某轴承公司",
        need="technology",
        district="371581",
        field="new_materials",
        modes=("co_implement", "license"),
        year=2026,
        chain="bearing",
        published_at=datetime(2026, 6, 1),
        deadline=date(2026, 12, 31),
    ),
    Document(
        "demand",
        22,
        1,
        "内部：军用轴承钢国产替代",
        "只供经办人查看的轴承钢需求，涉及稀土微合金化。",
        holder="保密单位",
        institution="9",
        need="technology",
        audience=("operator",),
        district="371502",
        field="new_materials",
        year=2026,
        chain="bearing",
        published_at=datetime(2026, 6, 2),
        deadline=date(2026, 11, 30),
    ),
    Document(
        "demand",
        23,
        1,
        "AI 质检人才需求 😀",
        "招引计算机视觉工程师 2 名，年薪 30 万元；C# 或 Python 均可。",
        holder="高唐某纸业公司",
        institution="31",
        need="talent",
        audience=("public", "operator"),
        district="371526",
        field="it",
        year=2026,
        published_at=datetime(2026, 6, 2),
        deadline=date(2026, 12, 31),
    ),
]


@pytest.fixture
def catalogue() -> list[Document]:
    """The documents of `filled`."""
    return CATALOGUE


@pytest.fixture
def filled(engine: Engine) -> Engine:
    """An index with the catalogue."""
    engine.put(CATALOGUE)
    return engine
