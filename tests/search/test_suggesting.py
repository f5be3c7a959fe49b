"""What is suggested while somebody types, the same from every engine. Not here: the page's list (front)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search import Document, Engine, open_engine

PUBLIC = ("public",)
PLAIN = "7075 铝合金薄壁件低压铸造工艺"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("轴承", ["轴承保持架高速铣削颤振抑制"]),
        ("轴 承", ["轴承保持架高速铣削颤振抑制"]),
        ("7075", [PLAIN]),
        ("７０７５铝", [PLAIN]),
        ("7075l", [PLAIN]),
        ("7075lvhejin", [PLAIN]),
        ("ai", ["AI 质检人才需求 😀"]),
        ("EJIAO", ["阿胶低分子肽制备方法"]),
        ("ejdfzt", ["阿胶低分子肽制备方法"]),
        ("求解锂电池隔膜热收缩过大的问题", ["求解锂电池隔膜热收缩过大的问题"]),
        ("", []),
        ("  \n", []),
        ("没有这样的词", []),
        ("%", []),
        ("\x00\ud800", []),
        ("\x02", []),
    ],
)
def test_titles_begin_with_what_was_typed(
    filled: Engine, typed: str, expected: list[str]
) -> None:
    found = filled.suggest(typed, PUBLIC)

    assert [text for text in found if text in expected] == expected
    assert bool(found) == bool(expected)


@pytest.mark.parametrize(
    "typed", ["zhoucheng", "zc", "轴", "轴承", "ZHOU cheng", "ｚｃ"]
)
def test_words_come_before_titles(engine: Engine, typed: str) -> None:
    engine.put(
        [
            Document("demand", 1, 1, "轴承保持架铣削", ""),
            Document("demand", 2, 1, "轴承的异音", ""),
        ]
    )

    found = engine.suggest(typed, PUBLIC)

    assert found[0] == "轴承"
    assert found[-2:] == ["轴承保持架铣削", "轴承的异音"]


def test_nothing_is_suggested_that_the_reader_may_not_find(filled: Engine) -> None:
    assert filled.suggest("内部", PUBLIC) == []
    assert filled.suggest("nb", PUBLIC) == []
    assert filled.suggest("军用", PUBLIC) == []
    assert filled.suggest("内部", ()) == []
    assert "内部：军用轴承钢国产替代" in filled.suggest("nb", ("operator",))
    assert filled.suggest("AI 质检人才", ("operator", "public")) == [
        "AI 质检人才需求 😀"
    ]


def test_only_of_the_kinds_that_are_wanted(filled: Engine) -> None:
    assert "求解锂电池隔膜热收缩过大的问题" in filled.suggest(
        "求解", PUBLIC, ("demand",)
    )
    assert filled.suggest("求解", PUBLIC, ("achievement",)) == []
    both = filled.suggest("求解", PUBLIC, ("achievement", "demand"))
    assert both == filled.suggest("求解", PUBLIC)


def test_a_text_is_suggested_once_and_no_more_than_wanted(engine: Engine) -> None:
    engine.put([Document("demand", n, 1, "PVC 管材", "") for n in range(200)])
    engine.put(
        [Document("achievement", n, 1, f"PVC 管材挤出 {n:03}", "") for n in range(40)]
    )

    found = engine.suggest("pvc", PUBLIC)

    assert len(found) == len(set(found)) == 8
    assert len(engine.suggest("pvc", PUBLIC, size=3)) == 3
    assert engine.suggest("pvcgc", PUBLIC)[:2] == ["PVC 管材", "PVC 管材挤出 000"]


def test_what_changed_or_went_is_suggested_no_more(fresh: Callable[[], Engine]) -> None:
    engine = fresh()
    first = Document("demand", 1, 1, "低温烘焙", "")
    engine.put([first])
    engine.put([replace(first, version=2, title="恒温发酵")])
    engine.put([first])

    assert engine.suggest("低温", PUBLIC) == []
    assert engine.suggest("hwfj", PUBLIC) == ["恒温发酵"]

    engine.remove([("demand", 1, 3)])

    assert engine.suggest("hwfj", PUBLIC) == []
    engine.rebuild([replace(first, version=4)])
    assert "低温烘焙" in fresh().suggest("diwen", PUBLIC)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=30))
def test_whatever_is_typed_gets_an_answer(filled: Engine, text: str) -> None:
    assert len(filled.suggest(text, PUBLIC)) <= 8


@pytest.mark.server
@pytest.mark.parametrize("fresh", ["elasticsearch"], indirect=True)
def test_both_engines_suggest_the_same(
    engine: Engine, catalogue: list[Document], tmp_path: Path
) -> None:
    embedded = open_engine(f"sqlite:///{tmp_path}/other.db")
    rows = [
        *catalogue,
        *(
            Document("demand", 100 + n, 1, f"轴承{n}号 {'内外圈' * (n % 3)}磨削", "")
            for n in range(60)
        ),
    ]
    for one in (engine, embedded):
        one.put(rows)

    for typed in ["z", "zc", "轴承", "轴承1", "q", "7", "g", "ai", "l", "n"]:
        for who in (("public",), ("operator",), ("operator", "public")):
            assert engine.suggest(typed, who) == embedded.suggest(typed, who), (
                typed,
                who,
            )
    embedded.close()


def test_the_embedded_engine_suggests_while_the_cluster_is_away(tmp_path: Path) -> None:
    open_engine(f"sqlite:///{tmp_path}/search.db").put(
        [Document("demand", 1, 1, "恒温发酵", "")]
    )
    engine = open_engine(
        "http://127.0.0.1:1/nowhere", fallback=f"sqlite:///{tmp_path}/search.db"
    )

    texts = [engine.suggest("hwfj", PUBLIC) for _ in range(3)]

    assert texts == [["恒温发酵"]] * 3
    engine.close()
