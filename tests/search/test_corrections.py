"""您要找的是不是: what may have been meant by a mistyped text, the same from every engine. Not here: the page."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search import Document, Engine, open_engine

PUBLIC = ("public",)
TITLES = [
    "轴承保持架高速铣削颤振抑制",
    "深沟球轴承降噪磨削工艺",
    "风电齿轮箱齿轮修形",
    "齿轮渗碳淬火变形控制",
    "商标注册代理系统",
    "阿胶低分子肽制备方法",
    "锂离子电池隔膜涂覆",
    "Bearing 密封圈与 MES 系统对接",
    "工业机器人减速器",
    "表面粗糙度在线检测",
]


def filled_with(engine: Engine) -> Engine:
    engine.put(
        [Document("demand", n, 1, title, "正文") for n, title in enumerate(TITLES, 1)]
    )
    engine.put(
        [
            Document("demand", 90, 1, "潜艇螺旋桨降噪", "", audience=("operator",)),
            Document("demand", 91, 1, "Torpedo 推进器", "", audience=("operator",)),
        ]
    )
    return engine


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        # pinyin, initials, and both mixed with characters
        ("zhoucheng", "轴承"),
        ("ZhouCheng", "轴承"),
        ("ｚｈｏｕｃｈｅｎｇ", "轴承"),
        ("zc", "轴承"),
        ("zhouc", "轴承"),
        ("轴cheng", "轴承"),
        ("zhou承", "轴承"),
        ("轴c", "轴承"),
        ("chilun", "齿轮"),
        ("baochijia", "保持架"),
        ("bcj", "保持架"),
        ("ejiao", "阿胶"),
        ("zhouchengbaochijia", "轴承保持架"),
        ("zhoucheng baochijia", "轴承 保持架"),
        ("jianceq", "检测"),
        # pinyin as it is slurred or mistyped
        ("zoucheng", "轴承"),
        ("zhouchen", "轴承"),
        ("zhoucehng", "轴承"),
        # one wrong character: of the same sound, of another
        ("轴成", "轴承"),
        ("周承", "轴承"),
        ("袖承", "轴承"),
        ("齿伦", "齿轮"),
        ("持轮", "齿轮"),
        ("齿论箱", "齿轮箱"),
        ("保特架", "保持架"),
        ("粗造度", "粗糙度"),
        ("减素器", "减速器"),
        # one too few, one too many
        ("保架", "保持架"),
        ("轴承保架", "轴承保持架"),
        # in the middle of what is right
        ("高速轴成", "高速轴承"),
        ("轴成 检测", "轴承 检测"),
        ("轴成，磨削", "轴承，磨削"),
        # Latin
        ("bering", "Bearing"),
        ("bearign", "Bearing"),
        ("beearing", "Bearing"),
        ("bearin", "Bearing"),
        ("BERING", "Bearing"),
        # what is right, what is no word, what says nothing
        ("轴承", None),
        ("齿轮 磨削", None),
        ("MES", None),
        ("bearing", None),
        ("光伏", None),
        ("量子纠缠", None),
        ("qqqqqqqq", None),
        ("7075", None),
        ("%", None),
        ("", None),
        ("的", None),
        ("x" * 300, None),
    ],
)
def test_what_was_meant(engine: Engine, typed: str, meant: str | None) -> None:
    offered = filled_with(engine).corrections(typed, PUBLIC)

    assert offered[:1] == ([] if meant is None else [meant])
    assert typed not in offered


def test_of_several_words_the_more_frequent_comes_first(engine: Engine) -> None:
    assert filled_with(engine).corrections("zc", PUBLIC)[:2] == ["轴承", "注册"]
    assert filled_with(engine).corrections("zc", PUBLIC, 1) == ["轴承"]


@pytest.mark.parametrize(
    ("typed", "secret"),
    [
        ("qianting", "潜艇"),
        ("qt", "潜艇"),
        ("浅艇", "潜艇"),
        ("luoxuanjiang", "螺旋桨"),
        ("torpdo", "Torpedo"),
    ],
)
def test_words_of_what_the_reader_may_not_find_are_never_offered(
    engine: Engine, typed: str, secret: str
) -> None:
    filled_with(engine)

    assert engine.corrections(typed, PUBLIC) == []
    assert engine.corrections(typed, ()) == []
    assert engine.corrections(typed, ("operator", "public"))[:1] == [secret]


def test_a_word_that_nobody_says_any_more_is_not_offered(engine: Engine) -> None:
    engine.put([Document("demand", 1, 1, "恒温发酵", "")])
    assert engine.corrections("hengwen", PUBLIC) == ["恒温"]

    engine.put([Document("demand", 1, 2, "低温烘焙", "")])
    assert engine.corrections("hengwen", PUBLIC) == []

    engine.remove([("demand", 1, 3)])
    assert engine.corrections("diwen", PUBLIC) == []


def test_a_term_of_the_trade_that_stands_in_a_body_alone(engine: Engine) -> None:
    engine.put([Document("demand", 1, 1, "异音问题", "装在电机里的滚动体有异音")])

    assert engine.corrections("gundongti", PUBLIC) == ["滚动体"]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=40) | st.text("轴承齿轮zhouceng ", max_size=40))
def test_whatever_is_typed_gets_an_answer(filled: Engine, text: str) -> None:
    assert len(filled.corrections(text, PUBLIC)) <= 3


@pytest.mark.server
@pytest.mark.parametrize("fresh", ["elasticsearch"], indirect=True)
def test_both_engines_offer_the_same(engine: Engine, tmp_path: Path) -> None:
    embedded = filled_with(open_engine(f"sqlite:///{tmp_path}/other.db"))
    filled_with(engine)

    for typed in ["zc", "zhouc", "轴成", "齿伦", "bering", "z", "cl", "qt", "轴c 检测"]:
        for who in (PUBLIC, ("operator",), ("operator", "public")):
            assert engine.corrections(typed, who) == embedded.corrections(typed, who), (
                typed,
                who,
            )
    embedded.close()
