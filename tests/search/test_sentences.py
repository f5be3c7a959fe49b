"""The lines a list shows of a text: whole sentences of one field, cut at punctuation where they are too long."""

from __future__ import annotations

import pytest
from markupsafe import Markup

from search.sentences import snippets
from search.terms import parse_query

SUMMARY = (
    "针对高速轴承保持架颤振，提出变齿距铣刀。已在三家企业试用，表面粗糙度 Ra 0.8 μm。"
)
LONG = (
    "第一句讲背景。第二句讲设备的来历。第三句说明轴承保持架的颤振抑制方法，"
    "它从刀具的齿距、主轴的转速、夹具的刚度三方面入手，效果良好，成本不高。第四句讲推广。"
)
UNBROKEN = "甲" * 50 + "轴承" + "乙" * 50


@pytest.mark.parametrize(
    ("fields", "query", "length", "expected"),
    [
        # a whole sentence, then those after it while they fit
        (
            [SUMMARY],
            "颤振",
            30,
            "针对高速轴承保持架<mark>颤振</mark>，提出变齿距铣刀。",
        ),
        (
            [SUMMARY],
            "试用",
            30,
            "已在三家企业<mark>试用</mark>，表面粗糙度 Ra 0.8 μm。",
        ),
        (
            [SUMMARY],
            "颤振",
            60,
            "针对高速轴承保持架<mark>颤振</mark>，提出变齿距铣刀。已在三家企业试用，表面粗糙度 Ra 0.8 μm。",
        ),
        # the summary before keywords; the field that says more before one that says less
        (["轴承降噪。", "轴承；保持架"], "轴承", 40, "<mark>轴承</mark>降噪。"),
        (
            ["轴承降噪。", "保持架和轴承一起降噪。"],
            "轴承 保持架",
            40,
            "<mark>保持架</mark>和<mark>轴承</mark>一起降噪。",
        ),
        (["无关的简介。", "保持架"], "保持架", 40, "<mark>保持架</mark>"),
        # fields are never glued, lines end sentences
        (["没有句号的简介", "轴承"], "", 40, "没有句号的简介"),
        (["一、降噪\n二、轴承减振\n三、其他"], "减振", 8, "二、轴承<mark>减振</mark>"),
        # a point inside a figure or a name ends nothing
        (
            ["用 node.js 写，误差 0.5 mm。后面一句。"],
            "误差",
            26,
            "用 node.js 写，<mark>误差</mark> 0.5 mm。",
        ),
        # a long sentence is cut at its commas
        (
            [LONG],
            "夹具",
            30,
            "…<mark>夹具</mark>的刚度三方面入手，效果良好，成本不高。",
        ),
        ([LONG], "颤振", 24, "第三句说明轴承保持架的<mark>颤振</mark>抑制方法…"),
        # nothing of the query: the beginning
        ([LONG], "量子", 12, "第一句讲背景。"),
        ([LONG], "", 18, "第一句讲背景。第二句讲设备的来历。"),
        # no punctuation at all
        (["&" * 50], "无", 5, "&amp;&amp;&amp;&amp;&amp;…"),
        ([], "轴承", 20, ""),
        (["", " \n "], "轴承", 20, ""),
        (["短  文\n\n字"], "文", 10, "短 <mark>文</mark> 字"),
    ],
)
def test_snippet(fields: list[str], query: str, length: int, expected: str) -> None:
    [cut] = snippets([fields], parse_query(query), length)

    assert isinstance(cut, Markup)
    assert cut == expected


def test_a_word_far_inside_a_text_without_punctuation_is_seen() -> None:
    [cut] = snippets([[UNBROKEN]], parse_query("轴承"), 20)

    assert "<mark>轴承</mark>" in cut
    assert cut.startswith("…")
    assert cut.endswith("…")
    assert len(cut.striptags()) <= 22


def test_no_accent_is_cut_from_its_letter() -> None:
    text = "轴承" + "e\u0301" * 40 + "保持架" + "e\u0301" * 40
    for length in range(8, 60):
        [marked] = snippets([[text]], parse_query("保持架"), length)
        shown = marked.striptags().strip("…")

        assert not shown.startswith("\u0301")
        assert f"{shown}\u0301" not in text


def test_no_latin_word_is_cut_in_two() -> None:
    text = "采用 GCr15SiMn 渗碳钢和 TiAlN 涂层刀具以及高压冷却的联合工艺路线"
    for length in range(5, 40):
        [cut] = snippets([[text]], parse_query("涂层"), length)
        for word in ("GCr15SiMn", "TiAlN"):
            pieces = {word[:n] for n in range(1, len(word))}
            assert not any(
                cut.striptags().strip("…").endswith(piece) for piece in pieces
            ), cut
