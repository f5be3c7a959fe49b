"""Text files in every encoding that programs write: read rightly, or refused with one clear sentence."""

from __future__ import annotations

import codecs
import io

import pytest

from marketplace.errors import Invalid
from marketplace.exchange import sheets
from marketplace.exchange.headers import Headers
from marketplace.listings.schema import SCHEMAS

HEADERS = Headers(SCHEMAS["demand"])
SIMPLE = "需求名称,企业名称,主要问题\n轴承套圈磨削烧伤在线检测,临清试样轴承有限公司,磨削烧伤靠人工抽检，漏检率高。\n"
TRADITIONAL = (
    "需求名稱,企業名稱,主要問題\n"
    "軸承套圈磨削燒傷線上檢測,臨清試樣軸承有限公司,磨削燒傷靠人工抽檢，漏檢率高。\n"
)
ENGLISH = "title,assignee,content\nBearing noise,Example Ltd,The noise is too high.\n"
RARE = "需求名称,企业名称,主要问题\n㙦镕喆轴承检测,𠮷林轴承有限公司,磨削烧伤靠人工抽检，漏检率高。\n"
GB_MARK = b"\x84\x31\x95\x33"
UTF8_MARK = codecs.BOM_UTF8


def read(content: bytes, name: str = "list.csv") -> list[tuple]:
    with sheets.open_sheet(io.BytesIO(content), HEADERS, name=name) as sheet:
        return [row.cells for row in sheet.rows]


READABLE = {
    "UTF-8": (SIMPLE, SIMPLE.encode()),
    "UTF-8 with a mark": (SIMPLE, SIMPLE.encode("utf-8-sig")),
    "UTF-8 with two marks": (SIMPLE, UTF8_MARK * 2 + SIMPLE.encode()),
    "UTF-8 with three marks": (SIMPLE, UTF8_MARK * 3 + SIMPLE.encode()),
    "GBK": (SIMPLE, SIMPLE.encode("gbk")),
    "GB18030": (RARE, RARE.encode("gb18030")),
    "GB18030 with a mark": (RARE, GB_MARK + RARE.encode("gb18030")),
    "GB18030 with two marks": (SIMPLE, GB_MARK * 2 + SIMPLE.encode("gb18030")),
    "GB18030 behind a mark of UTF-8": (SIMPLE, UTF8_MARK + SIMPLE.encode("gb18030")),
    "UTF-8 behind a mark of GB18030": (SIMPLE, GB_MARK + SIMPLE.encode()),
    "UTF-16 LE with a mark": (SIMPLE, codecs.BOM_UTF16_LE + SIMPLE.encode("utf-16-le")),
    "UTF-16 BE with a mark": (SIMPLE, codecs.BOM_UTF16_BE + SIMPLE.encode("utf-16-be")),
    "UTF-16 LE with two marks": (
        SIMPLE,
        codecs.BOM_UTF16_LE * 2 + SIMPLE.encode("utf-16-le"),
    ),
    "UTF-16 LE": (SIMPLE, SIMPLE.encode("utf-16-le")),
    "UTF-16 BE": (SIMPLE, SIMPLE.encode("utf-16-be")),
    "UTF-16 LE, rare": (RARE, RARE.encode("utf-16-le")),
    "UTF-32 LE": (SIMPLE, codecs.BOM_UTF32_LE + SIMPLE.encode("utf-32-le")),
    "UTF-32 BE": (SIMPLE, codecs.BOM_UTF32_BE + SIMPLE.encode("utf-32-be")),
    "Big5": (TRADITIONAL, TRADITIONAL.encode("big5")),
    "Big5 of Hong Kong": (TRADITIONAL, TRADITIONAL.encode("big5hkscs")),
    "traditional in UTF-8": (TRADITIONAL, TRADITIONAL.encode()),
    "traditional in GBK": (TRADITIONAL, TRADITIONAL.encode("gbk")),
    "English": (ENGLISH, ENGLISH.encode()),
    "English with UTF-16": (ENGLISH, ENGLISH.encode("utf-16")),
    "English header over GBK": (
        "title,assignee\n轴承检测,临清轴承有限公司\n",
        "title,assignee\n轴承检测,临清轴承有限公司\n".encode("gbk"),
    ),
    "English header over Big5": (
        "title,assignee\n軸承線上檢測系統,臨清軸承有限公司\n",
        "title,assignee\n軸承線上檢測系統,臨清軸承有限公司\n".encode("big5"),
    ),
}


@pytest.mark.parametrize("case", READABLE)
def test_a_text_is_read_as_it_was_written(case: str) -> None:
    text, content = READABLE[case]
    rows = [tuple(line.split(",")) for line in text.splitlines()[1:]]

    assert read(content) == rows


@pytest.mark.parametrize("sign", ["\t", ";", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16", "utf-16-be"])
def test_other_delimiters_in_other_encodings(sign: str, encoding: str) -> None:
    content = SIMPLE.replace(",", sign).encode(encoding)

    assert read(content)[0][1] == "临清试样轴承有限公司"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"sep=;\r\n" + SIMPLE.replace(",", ";").encode("gbk"), "list.csv"),
        (SIMPLE.replace("\n", "\r").encode(), "list.csv"),
        (SIMPLE.replace("\n", "\r\n").encode("utf-16"), "list.csv"),
        (SIMPLE.replace(",", "\t").encode("utf-16"), "list.txt"),
        (SIMPLE.replace(",", "\t").encode("gbk"), "list.tsv"),
        (SIMPLE.encode(), "list.tsv"),
        (SIMPLE.replace(",", ";").encode(), "list.TSV"),
        (SIMPLE.encode() + UTF8_MARK, "list.csv"),
        (SIMPLE.encode() + b"\x1a", "list.csv"),
        # More of them than calls may be nested.
        (SIMPLE.encode() + b"\x1a\n" * 3000, "list.csv"),
        (SIMPLE.rstrip("\n").encode("gbk") + b"\x1a\x1a", "list.csv"),
        (SIMPLE.encode() + b"\x00" * 700, "list.csv"),
        (SIMPLE.rstrip("\n").encode("utf-16") + b"\x00\x00", "list.csv"),
    ],
)
def test_texts_of_other_programs(content: bytes, name: str) -> None:
    row = read(content, name)[0]
    assert row[1] == "临清试样轴承有限公司"
    for other in read(content, name):
        assert not any(set("\x00\x1a") & set(str(cell)) for cell in other)


def spoil(content: bytes, after: bytes, broken: bytes) -> bytes:
    place = content.index(after) + len(after)
    return content[:place] + broken + content[place + len(broken) :]


DAMAGED = {
    "GBK with a wrong byte": spoil(
        SIMPLE.encode("gbk"), "临清试".encode("gbk"), b"\xff"
    ),
    "UTF-8 with a wrong byte": spoil(SIMPLE.encode(), "临清试".encode(), b"\xff"),
    "UTF-8 with half a character": SIMPLE.encode().replace("样".encode(), b"\xe6\xa0"),
    "UTF-8 cut off": (SIMPLE * 20).encode()[:-2],
    "Big5 with a wrong byte": spoil(
        TRADITIONAL.encode("big5"), "臨清試".encode("big5"), b"\xff"
    ),
    "UTF-8 with a mark and a wrong byte": spoil(
        SIMPLE.encode("utf-8-sig"), "轴承".encode(), b"\xfe"
    ),
    "GBK with a mark of GB18030 and a wrong byte": spoil(
        GB_MARK + SIMPLE.encode("gbk"), "轴承".encode("gbk"), b"\xff"
    ),
    "English header, UTF-8 with a wrong byte": spoil(
        ("title,assignee\n" + SIMPLE).encode(), "临清试".encode(), b"\xff"
    ),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_text_is_refused_with_the_place(case: str) -> None:
    with pytest.raises(Invalid) as caught:
        read(DAMAGED[case])

    assert "读不出来的字节" in caught.value.message
    assert caught.value.message.startswith("第 ")
    assert "另存为" in caught.value.advice


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe" + SIMPLE.encode("utf-16-le")[:-1],
        bytes(range(128, 256)) * 20,
        SIMPLE.encode() + b"\x00" * 9 + SIMPLE.encode(),
        SIMPLE.encode("utf-16-le") + b"\x00\xd8\x00\xd8",
        "軸受の需要,会社\n軸受,ベアリング\n".encode("euc_jp") * 3,
    ],
)
def test_what_is_no_text_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid) as caught:
        read(content)

    assert caught.value.advice or "表头" in caught.value.message
