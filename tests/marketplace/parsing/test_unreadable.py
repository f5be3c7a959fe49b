"""Cells that hold no text (errors of formulas in any language, pictures, 见附件), and levels in words."""

from __future__ import annotations

from typing import Any

import pytest

from marketplace.listings.schema import SCHEMAS
from marketplace.listings.schema.dictionaries import Dictionaries
from marketplace.listings.schema.terms import TRL_NAMES
from marketplace.parsing import ParseError
from marketplace.parsing.levels import read_level
from marketplace.parsing.text import (
    cell_text,
    compact_text,
    escape_formula,
    read_line,
    read_prose,
)

ERRORS = [
    "#REF!", "＃REF！", "＃ＲＥＦ！", "#ref!", " #REF!\n", "#N/A", "＃Ｎ／Ａ", "#NV", "#Н/Д", "#NAME?",
    "#名称?", "＃名称？",
    "#值!", "#引用!", "#数值!", "#除数/0!", "#DIV/0!", "＃DIV/0！", "#VALUE!", "#WERT!", "#BEZUG!", "#ZAHL!",
    "#NOM?",
    "#VALEUR!", "#¡VALOR!", "#¿NOMBRE?", "#¡DIV/0!", "#ЗНАЧ!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!", "#FIELD!",
    "#GETTING_DATA", "#BUSY!", "#PYTHON!", "#ERROR!", "#Err", "#错误!", "Err:502", "Err:509",
    "ＥＲＲ：５０２", "错误:502",
    "错误：504", "###", "#####", "＃＃＃＃＃", "##########",
]  # fmt: skip
PICTURES = [
    '=DISPIMG("ID_61A4",1)', '＝DISPIMG("ID_61A4",1)', "＝ＤＩＳＰＩＭＧ（“ID_61A4”，1）", '=_xlfn.DISPIMG("ID",1)',
    '=_xlfn._xlws.IMAGE("x")', '=@IMAGE("https://example.com/a.png")', "'=DISPIMG(\"ID\",1)", '=image("x")',
    '=EMBED("Word.Document.12","")', 'DISPIMG("ID_61A4",1)', '_xlfn.DISPIMG("ID_61A4",1)',
    "data:image/png;base64,iVBORw0KGgo=", "![图](a.png)", '<img src="a.png">', "file:///C:/a.png",
    "C:\\Users\\a\\图 1.png", "\\\\server\\a.jpg", "blob:http://example.com/1", "\ufffc", "\ufffc\ufffc",
]  # fmt: skip
ELSEWHERE = [
    "[图片]", "【图片】", "（图片）", "〔图片〕", "<图片>", "图片", "[图片1]", "[照片]", "[image]",
    "[Image: a.png]", "见图", "见图1",
    "见图片", "如图", "如图所示", "见下图", "见右图", "见附图2", "见附件", "请见附件", "详见附件",
    "详见附件1", "见附件。", "见附件《技术说明》",
    "见附件（技术方案.docx）", "附件", "附件二", "另附", "见附表", "参见附件", "同附件", "见文档",
    "见Word文档", "具体见附件", "image1.png",
    "微信图片_20261128.jpg", "同上", "同前", "〃", "（见图片）", "【图】", "（图略）", "略", "图 1", "（见附件）",
    "见附件1.docx",
]  # fmt: skip
TEXTS = [
    "见图像识别算法",
    "附件加工中心",
    "图片识别",
    "图片压缩技术",
    "照片级渲染",
    "附件齐全",
    "#1机组改造",
    "#1",
    "1#炉",
    "45#钢",
    "C#",
    "# 高炉",
    "##标题",
    "错误率",
    "见效快",
    "如图像质量差则重拍",
    "同上海交大合作",
    "同上，另加一项",
    "见附件1中的指标达到 0.1 mm",
    "略有变形",
    "图纸",
    "图 1 所示的接头断裂",
    "DISPIMG 函数的替代",
    "data:image 协议解析",
    "文件",
    "PDF",
    "错误：率",
    "=“在线检测”是要求",
    "=A1 级精度的轴承",
    "+5V 供电",
    "-40℃密封圈",
    "@某人",
    "=",
    "=1",
    "+A1(改进)",
    "-X",
    "=5 MPa",
    "C=A1/B2",
    "=SUM(A1:A9) 是求和",
    "≥A1",
    "-A1 型",
    "= 低噪声 =",
]
FORMULAS = [
    "=A1",
    "＝A1",
    "=SUM(A1:A9)",
    "=A1&B1",
    '=A1&"型轴承"',
    "=CONCATENATE(A1,B1)",
    "=VLOOKUP(A2,Sheet2!A:B,2,FALSE)",
    "=[1]Sheet1!$A$1",
    "=Sheet1!A1",
    "='清单 1'!A1",
    "=清单!B2",
    "={1,2}",
    '=IF(A1="","无",A1)',
    "=T(A2)",
    "=_xlfn.XLOOKUP(A1,B:B,C:C)",
    "=-A1",
    "=+A1",
    "=@A1",
    "+A1+B1",
    "@SUM(1,2)",
    "=cmd|' /C calc'!A0",
    " =A1 ",
    "=$A$1",
    "=(A1+B1)*2",
    "=AVERAGE(A1:A3)/2",
]
TEXT_FORMULAS = {'="轴承"': "轴承", '="说""明"': '说"明', ' ="0635" ': "0635", '=""': ""}  # fmt: skip


@pytest.mark.parametrize("raw", ERRORS)
@pytest.mark.parametrize("read", [cell_text, compact_text, read_line, read_prose])
def test_an_error_of_a_formula_is_no_text(raw: str, read: Any) -> None:
    with pytest.raises(ParseError, match="公式"):
        read(raw)


@pytest.mark.parametrize("raw", PICTURES)
def test_a_picture_is_no_text(raw: str) -> None:
    with pytest.raises(ParseError, match="图片"):
        cell_text(raw)


@pytest.mark.parametrize("raw", ELSEWHERE)
def test_words_for_somewhere_else_are_no_text(raw: str) -> None:
    with pytest.raises(ParseError, match="没有内容") as caught:
        cell_text(raw)

    assert caught.value.allowed


@pytest.mark.parametrize(
    "raw",
    [
        "N/A",
        "n/a",
        "（空）",
        "【无】",
        "(N/A)",
        "暂无。",
        "ＮＵＬＬ",
        "（暂无）",
        "—",
        "None",
    ],
)
def test_a_name_that_says_nothing_is_none(raw: str) -> None:
    for schema in SCHEMAS.values():
        assert schema["title"].read(raw) is None
    # In other columns a text may say so.
    assert read_prose("（空）") == "（空）"


GARBLED = [
    "轴承\ufffd\ufffd检测",
    "\ufffd",
    "锟斤拷锟斤拷",
    "è½´æ‰¿æ£€æµ‹",  # 轴承检测 in UTF-8, read as Windows-1252
    "轴承检测".encode().decode("latin-1"),
    "GCr15 " + "轴承".encode().decode("latin-1"),
    "标题：" + "轴承".encode().decode("latin-1"),
    "轴承检测".encode().decode("cp437"),
    "轴承检测".encode().decode("mac-roman"),
    "轴承检测".encode().decode("cp1251", "ignore"),
    "轴承".encode().decode("latin-1").encode().decode("latin-1"),
    "轴承检测".encode("gbk").decode("latin-1"),
    "轴承".encode().decode("gbk"),
    "套圈" + "轴承，".encode().decode("gbk", "ignore"),
    "烫烫烫烫烫烫",
    "屯屯屯屯",
]

CODED = [
    r"\u8f74\u627f",
    r"标题：\u8f74\u627f\u5f02\u97f3",
    "U+8F74 U+627F",
    "U+8F74, U+627F",
    "&#36724;&#25215;",
    "&amp;#36724;&amp;#25215;",
    "&#x8F74;&#x627f;",
    "&#36724&#25215",
    "%u8f74%u627f",
    "%E8%BD%B4%E6%89%BF",
    "轴承%E5%BC%82%E9%9F%B3",
    r"\xe8\xbd\xb4\xe6\x89\xbf",
    r"\350\275\264\346\211\277",
    "轴承=E5=BC=82=E9=9F=B3",
    "=?UTF-8?B?6L205om/?=",
]


@pytest.mark.parametrize("raw", CODED)
@pytest.mark.parametrize("read", [cell_text, read_line, read_prose])
def test_characters_written_as_codes_are_no_text(raw: str, read: Any) -> None:
    with pytest.raises(ParseError, match="编码") as refusal:
        read(raw)
    assert "从能看到文字的地方复制" in refusal.value.allowed


@pytest.mark.parametrize(
    "raw",
    [
        "见 https://example.com/s?wd=%E8%BD%B4%E6%89%BF&p=2",
        "下载：pan.example.cn/s/%E8%BD%B4%E6%89%BF.pdf，提取码 ab12",
        "字库覆盖 U+4E00–U+9FFF",
        "路径 C:\\u\\units，寄存器 0x8F74",
        "R&D、AT&T；5%20次；误差=EE=AB",
        "[一][二][三]，【是】【否】，（甲）（乙）",
        "杞县、承德；娴熟、锟钰、烫金烫花",
        "φ20±0.05 μm，-40℃～+85 ℃，≥99.5 %，½″",
        "Müller、Siméon、Ørsted、Łódź",
        "Россия, Дмитрий",
        "138××××0000，×÷±°，²³¹°，□□××",
        "──────────　■□■□　……——““””",
    ],
)
def test_addresses_and_rare_signs_are_text(raw: str) -> None:
    assert cell_text(raw) == raw


@pytest.mark.parametrize("raw", GARBLED)
@pytest.mark.parametrize("read", [cell_text, compact_text, read_line, read_prose])
def test_garbled_characters_are_no_text(raw: str, read: Any) -> None:
    with pytest.raises(ParseError, match="乱码"):
        read(raw)


@pytest.mark.parametrize(
    "raw", ["Société Générale", "São Paulo", "café–crème", "ä½", "5 µm ±2 ×3", "éàüß°C"]
)
def test_a_western_text_is_not_garbled(raw: str) -> None:
    assert cell_text(raw) == raw


@pytest.mark.parametrize("raw", TEXTS)
def test_a_text_that_only_begins_so_is_one(raw: str) -> None:
    assert cell_text(raw) == raw


@pytest.mark.parametrize(
    "raw",
    [
        "Ⅵ", "ⅵ", "VI", "ＶＩ", "TRL6", "TRL 6", "TRL-6", "TRL－6级", "TRLⅥ", "TRL：6", "6级", "６级",
        "6 级", "六级", "第6级",
        "第六级", "⑥", "6.0", "6.00", 6, 6.0, "TRL六级", "技术成熟度6级", "成熟度等级：6", "Level 6", "Ⅵ级",
        "6级（模拟环境演示）",
        "6 级 模拟环境演示", "模拟环境演示",
    ],
)  # fmt: skip
def test_level_six(raw: Any) -> None:
    assert read_level(raw, 1, 9, TRL_NAMES) == 6


@pytest.mark.parametrize(
    "raw",
    ["0", "10", "十", "Ⅹ", "≥6", "6-7", "6~7级", "VX", "五六级", "高", "TRL", -6, 6.5],
)
def test_what_is_no_level(raw: Any) -> None:
    with pytest.raises(ParseError, match="不在范围内"):
        read_level(raw, 1, 9, TRL_NAMES)


@pytest.mark.parametrize(
    ("raw", "stage", "level"),
    [
        ("Ⅵ", "pilot", 6),
        ("VI", "pilot", 6),
        ("TRL6", "pilot", 6),
        ("6级", "pilot", 6),
        ("六级", "pilot", 6),
        ("第6级", "pilot", 6),
        (9.0, "industrialised", 9),
        ("TRL Ⅳ级", "lab_scale", 4),
        ("中试", "pilot", None),
        ("中试（TRL6）", "pilot", 6),
        ("TRL6（中试）", "pilot", 6),
        ("小试/4级", "lab_scale", 4),
        ("—", None, None),
    ],
)
def test_a_stage_by_its_level(raw: Any, stage: str | None, level: int | None) -> None:
    found = SCHEMAS["achievement"]["stage"].read_cell(raw, Dictionaries())

    assert found == (None if stage is None else (stage, level))


@pytest.mark.parametrize("raw", FORMULAS)
@pytest.mark.parametrize("read", [cell_text, read_line, read_prose])
def test_a_formula_without_its_result_is_no_text(raw: str, read: Any) -> None:
    with pytest.raises(ParseError, match="公式"):
        read(raw)
    # What our own lists write before it says that it was meant as text.
    assert cell_text(escape_formula(raw)) == raw.strip()


@pytest.mark.parametrize(("raw", "expected"), TEXT_FORMULAS.items())
def test_a_formula_that_is_a_text_is_this_text(raw: str, expected: str) -> None:
    assert cell_text(raw) == expected
