"""A small catalogue written for these tests, and hypothesis strategies for texts of the trade.
Not here: expected results; those stand beside each test.
"""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from matching import Document, Matcher

CATALOGUE = [
    Document(
        31,
        "轴承保持架兜孔缺陷在线视觉检测",
        "用线阵相机检测PA66保持架兜孔毛刺与缺料，节拍每分钟六十件。",
    ),
    Document(
        7,
        "7075铝合金厚板喷淬残余应力控制",
        "分区喷淬降低7075铝合金型材的残余应力，抗应力腐蚀。",
    ),
    Document(
        "b-2",
        "锂离子电池隔膜陶瓷涂覆",
        "纳米氧化铝浆料双面涂覆聚烯烃隔膜，高温热收缩率低。",
    ),
    Document(
        12,
        "印染废水臭氧催化氧化脱色回用",
        "臭氧催化氧化与膜生物反应器联用，印染废水深度脱色。",
    ),
    Document(
        "a-9", "阿胶低聚肽酶解制备", "驴皮胶原定向酶解得到低聚肽，脱苦脱腥，速溶。"
    ),
    Document(5, "需求合作", "我公司希望寻求合作，欢迎联系，电话面议。"),
    Document(6, "", ""),
]

WORDS = [
    "轴承",
    "保持架",
    "铝合金",
    "隔膜",
    "电池",
    "废水",
    "脱色",
    "酶解",
    "驴皮",
    "阿胶",
    "涂覆",
    "检测",
    "相机",
    "应力",
    "淬火",
    "催化",
    "陶瓷",
    "薄膜",
    "激光",
    "熔覆",
    "PA66",
    "7075",
    "GPT-4",
    "机器人",
    "玉米",
    "脱粒",
    "传感器",
    "网关",
    "石墨烯",
    "涂层",
    "钢球",
    "研磨",
    "公司",
    "合作",
    "需求",
    "的",
    "与",
    "一种",
]
texts = st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join)


def documents(prefix: str = "") -> st.SearchStrategy[list[Document]]:
    """Catalogues of up to nine documents with different ids, numbers and strings mixed."""
    bodies = st.lists(st.tuples(texts, texts, st.booleans()), max_size=9)
    return bodies.map(
        lambda found: [
            Document(f"{prefix}{i}" if named else i, title, text)
            for i, (title, text, named) in enumerate(found)
        ]
    )


@pytest.fixture
def catalogue() -> list[Document]:
    return list(CATALOGUE)


@pytest.fixture
def matcher() -> Matcher:
    return Matcher().fit(CATALOGUE)
