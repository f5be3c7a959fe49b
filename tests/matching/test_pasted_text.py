"""Texts of web pages, PDF files and scans: read as the same text typed plainly, every character in its place."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import Document, Matcher, text
from matching.pasted_text import repair_text
from tests.matching.conftest import CATALOGUE

PROSE = [
    "轴承保持架在高速下断裂，需要在线检测保持架缺陷的视觉方法，要求漏检率低，节拍每分钟六十件以上，希望高校攻关。",
    "我厂生产7075铝合金厚板，淬火后残余应力大，铣削时变形，需要分区喷淬并降低残余应力，抗应力腐蚀性能不能下降。",
    "锂离子电池隔膜在150℃下热收缩率偏大，采用GCr15辊涂覆纳米氧化铝浆料，PA66基材附着力差，转速3000r/min时掉粉。",
]


def wrapped(width: int, end: str = "\n") -> Callable[[str], str]:
    def wrap(written: str) -> str:
        starts = range(0, len(written), width)
        return end.join(written[start : start + width] for start in starts)

    return wrap


def windows_1252(byte: int) -> str:
    """The character that programs of Windows make of a byte, also where the encoding has none."""
    return bytes([byte]).decode("cp1252", "ignore") or chr(byte)


SPELLINGS: dict[str, Callable[[str], str]] = {
    "a blank between all characters": " ".join,
    "two blanks": "  ".join,
    "one blank and two": lambda t: "".join(
        c + " " * (1 + place % 2) for place, c in enumerate(t)
    ),
    "thin blanks": "\u2009".join,
    "struck out": "\u0336".join,
    "middle dots": "·".join,
    "dots with blanks": " · ".join,
    "full stops": ".".join,
    "two full stops": "..".join,
    "underscores": "_".join,
    "hyphens": "-".join,
    "bars": "|".join,
    "bars with blanks": " | ".join,
    "signs of a list": "、".join,
    "stars": "*".join,
    "pictures": "🔥".join,
    "pictures with a selector": "⚙\ufe0f".join,
    "blank Braille": "\u2800".join,
    "control characters": "\x07".join,
    "square brackets": lambda t: "".join(f"[{c}]" for c in t),
    "black brackets": lambda t: "".join(f"【{c}】" for c in t),
    "round brackets and blanks": lambda t: " ".join(f"（{c}）" for c in t),
    "marked up as bold": lambda t: "".join(f"**{c}**" for c in t),
    "a list of a program": lambda t: str([*t]),
    "pronunciations": lambda t: "".join(f"<ruby>{c}<rt>a</rt></ruby>" for c in t),
    "quotation marks": lambda t: "".join(f"“{c}”" for c in t),
    "every character marked up": lambda t: f"<b>{'</b><b>'.join(t)}</b>",
    "no-break blanks": "\u00a0".join,
    "ideographic blanks": "\u3000".join,
    "a blank after every second": wrapped(2, " "),
    "a blank after every third": wrapped(3, " "),
    "a blank after every fourth": wrapped(4, " "),
    "zero width": "\u200b".join,
    "word joiners": "\u2060".join,
    "soft hyphens": "\u00ad".join,
    "variation selectors": "\ufe0f".join,
    "lines of 5": wrapped(5),
    "lines of 7": wrapped(7),
    "lines of 10": wrapped(10),
    "lines of 13, Windows": wrapped(13, "\r\n"),
    "lines of 20, indented": wrapped(20, "\n    "),
    "lines of 30": wrapped(30),
    "lines of 12, spaced out": lambda t: " ".join(wrapped(12)(t)),
    "paragraph of a page": lambda t: f'<p style="margin:0">{t}</p>',
    "escaped page": lambda t: f"&lt;p&gt;{t}&lt;/p&gt;",
    "Word": lambda t: f"<o:p></o:p><span lang='EN-US'>{t}</span><o:p>&nbsp;</o:p>",
    "marked up inside": lambda t: t.replace("在", "<b>在</b>").replace(
        "需要", "需<font color=red>要</font>"
    ),
    "script and remark": lambda t: f"<script>轴承();</script><!-- 铝合金 -->{t}",
    "entities": lambda t: t.replace("℃", "&#8451;").replace("，", "&#xff0c;"),
}

# Of these no character of the text itself is left to bear a mark.
ENCODED: dict[str, Callable[[str], str]] = {
    "escapes of a program": lambda t: "".join(f"\\u{ord(c):04x}" for c in t),
    "escapes in braces": lambda t: "".join(f"\\u{{{ord(c):X}}}" for c in t),
    "escapes of an old program": lambda t: "".join(f"%u{ord(c):04X}" for c in t),
    "an address": quote,
    "an address encoded twice": lambda t: quote(quote(t)),
    "an address in small letters": lambda t: quote(t).lower(),
    "an address in GB18030": lambda t: quote(t.encode("gb18030")),
    "all bytes of an address": lambda t: "".join(f"%{b:02X}" for b in t.encode()),
    "bytes of a program": lambda t: "".join(f"\\x{b:02x}" for b in t.encode()),
    "bytes of a mail": lambda t: "".join(f"={b:02X}" for b in t.encode()),
    "every character an entity": lambda t: "".join(f"&#{ord(c)};" for c in t),
    "escaped twice": lambda t: "".join(f"\\\\u{ord(c):04x}" for c in t),
    "long escapes": lambda t: "".join(f"\\U{ord(c):08x}" for c in t),
    "escapes of Perl": lambda t: "".join(
        c if c.isascii() else f"\\x{{{ord(c):04x}}}" for c in t
    ),
    "octal bytes": lambda t: "".join(
        chr(b) if b < 128 else f"\\{b:03o}" for b in t.encode()
    ),
    "hexadecimal": lambda t: t.encode().hex(),
    "hexadecimal pairs": lambda t: t.encode().hex(" "),
    "pairs of a program": lambda t: " ".join(f"\\x{b:02x}" for b in t.encode()),
    "numbers of a program": lambda t: " ".join(f"0x{ord(c):04x}" for c in t),
    "escapes of style sheets": lambda t: "".join(f"\\{ord(c):04x} " for c in t),
    "escapes without their sign": lambda t: "".join(f"u{ord(c):04x}" for c in t),
    "base64": lambda t: b64encode(t.encode()).decode(),
    "code points": lambda t: " ".join(f"U+{ord(c):04X}" for c in t),
    "code points without blanks": lambda t: "".join(f"U+{ord(c):04X}" for c in t),
    "code points with commas": lambda t: ", ".join(f"U+{ord(c):04X}" for c in t),
    "a header of a mail": lambda t: f"=?UTF-8?B?{b64encode(t.encode()).decode()}?=",
    "a header of an old mail": lambda t: (
        f"=?gb2312?B?{b64encode(t.encode('gb18030')).decode()}?="
    ),
    "UTF-8 as Latin-1": lambda t: t.encode().decode("latin-1"),
    "UTF-8 as Latin-1, twice": lambda t: (
        t.encode().decode("latin-1").encode().decode("latin-1")
    ),
    "UTF-8 as Windows-1252": lambda t: "".join(map(windows_1252, t.encode())),
    "UTF-8 as a console shows it": lambda t: t.encode().decode("cp437"),
    "UTF-8 as an old Mac shows it": lambda t: t.encode().decode("mac-roman"),
    "every character a hexadecimal entity": lambda t: "".join(
        f"&#x{ord(c):x};" for c in t
    ),
}
ALL_SPELLINGS = SPELLINGS | ENCODED


@pytest.mark.parametrize("spelling", ALL_SPELLINGS.values(), ids=ALL_SPELLINGS.keys())
@pytest.mark.parametrize("prose", PROSE, ids=["轴承", "铝", "隔膜"])
def test_any_spelling_has_the_words_of_the_plain_text(
    spelling: Callable[[str], str], prose: str
) -> None:
    assert text.words(spelling(prose), stop=True) == text.words(prose, stop=True)


@pytest.mark.parametrize("spelling", ALL_SPELLINGS.values(), ids=ALL_SPELLINGS.keys())
def test_any_spelling_is_ranked_as_the_plain_text(
    spelling: Callable[[str], str],
) -> None:
    matcher = Matcher().fit(CATALOGUE)
    for prose in PROSE:
        plain = matcher.rank(Document(0, "", prose))
        spelled = matcher.rank(Document(0, "", spelling(prose)))

        assert [match.id for match in plain]
        assert [match.id for match in spelled] == [match.id for match in plain]
        for one, other in zip(spelled, plain, strict=True):
            assert one.score == pytest.approx(other.score, abs=0.02)
            assert one.reasons.unknown_words == other.reasons.unknown_words


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("采 用 PA66 保 持 架 材 料", "采用pa66保持架材料"),
        ("轴 承 钢", "轴承钢"),
        ("轴 承， 保 持 架", "轴承,保持架"),
        ("<b>轴</b>承", "轴承"),
        ("轴承<br>保持架", "轴承\n保持架"),
        ("R&amp;D &lt;5%", "r&d <5%"),
        ("&amp;nbsp;轴承", " 轴承"),
        ("0.5 &mu;m", "0.5μm"),
        ("顯著提高附著力與著色", "显著提高附着力与着色"),
        ("瞭解熱處理，憑藉經驗", "了解热处理,凭借经验"),
        # what stays
        ("轴承 保持架 铝合金", "轴承 保持架 铝合金"),
        ("张 三", "张 三"),
        ("A B C D 类", "a b c d 类"),
        ("a<b>c 的条件", "a<b>c 的条件"),
        ("若 p<5 且 q>6", "若 p<5 且 q>6"),
        ("<T> 与 <轴承>", "<t> 与 <轴承>"),
        ("AT&T; a&b;", "at&t; a&b;"),
        ("轴承\n齿轮\n电机", "轴承\n齿轮\n电机"),
        ("需求：\n轴承断裂\n材料：PA66", "需求:\n轴承断裂\n材料:pa66"),
        ("软件著作权，显著降低，专著两部", "软件著作权,显著降低,专著两部"),
    ],
)
def test_what_is_repaired_and_what_is_left(written: str, expected: str) -> None:
    assert text.plain_text(written) == expected


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_marks_stand_on_the_original(spelling: Callable[[str], str]) -> None:
    written = spelling(PROSE[0])
    for span in text.spans(written, stop=True):
        marked = written[span.start : span.end]

        # The first and the last character are those of the word itself.
        assert marked[0] == span.word[0]
        assert marked[-1] == span.word[-1]


ODD = st.text(
    st.one_of(
        st.sampled_from("轴承保持架著軸a1. \n\t\r<>/&;bp\u00a0\u200b，。"),
        st.characters(),
    ),
    max_size=60,
)


@given(ODD)
def test_every_character_stays_in_its_place(written: str) -> None:
    repaired = repair_text(written)

    assert len(repaired) == len(written)
    assert text.plain_text(written) == text.normalise(repaired)


@given(ODD, st.sampled_from(["<b>", "<br>", "&nbsp;", "<!--", "<script>", "\n"]))
def test_no_text_is_lost_to_what_looks_like_markup(written: str, sign: str) -> None:
    plain = "".join(c for c in written if c not in "<>&;")
    kept = text.normalise(repair_text(f"{plain}{sign}轴承"))

    for character in "轴承":
        assert character in kept
    assert len("".join(kept.split())) >= len("".join(text.normalise(plain).split()))


@pytest.mark.parametrize(
    "written",
    [
        "合金含铜、铝、铁、锌、镍、铬、锰、钼、钛、钒、硅、碳、硫、磷等元素",
        "铜,铝,铁,锌,镍,铬,锰,钼,钛,钒,硅,碳,硫,磷",
        "铁-铬-铝-钇合金丝，长*宽*高*厚为3*2*1*0.5",
        "镍/铬/钼/铜复合镀层",
        "含量为50%20次以上，误差=EE=AB",
        "编号%E8%BD、a=DEAD%20",
        "好！好！好！",
        "（一）（二）（三）",
        "[是][否]，【男】【女】",
        "从“人”“业”两面看",
        "U+4E00–U+9FFF",
        "编码为U+8F74的汉字，从U+4E00到U+9FFF",
        "[铜]、[铝]、[铁]，【好】、【乐】",
        "寄存器 0x8F74 0x627F，校验 e8bdb4e689bf",
        "d41d8cd98f00b204e9800998ecf8427e，91350100M000100Y43",
        "2018 2019 4500 6000 7075 8000 9000",
        "Größe, Łódź, naïve, ──────",
        "Россия",
    ],
)
def test_lists_and_figures_are_no_signs_between_characters(written: str) -> None:
    assert repair_text(written) == written


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("轴·承·异·音", "轴承异音"),
        ("轴 · 承 · 异 · 音", "轴承异音"),
        ("检测轴_承_保_持_架断裂", "检测轴承保持架断裂"),
        ("[轴][承]", "轴承"),
        ("【轴】 【承】断裂", "轴承断裂"),
        (r"\u8f74\u627f", "轴承"),
        ("U+8F74 U+627F", "轴承"),
        ("转载：U+8F74U+627F噪声大", "转载：轴承噪声大"),
        ("U+8F74承噪声，外U+5708滚道", "轴承噪声，外圈滚道"),
        ("&#36724&#25215", "轴承"),
        ("&amp;#36724;&amp;#25215;", "轴承"),
        ("GCr15 è½´æ‰¿ 异音", "GCr15 轴承 异音"),
        ("杞存壙", "轴承"),
        ("杞存壙妫€娴", "轴承检"),
        ("标题：杞存壙", "标题：轴承"),
        ("Öá³Ð", "轴承"),
        ("https://a.cn/s?wd=%E8%BD%B4%E6%89%BF&p=2", "https://a.cn/s?wd=轴承&p=2"),
        ("%E8%BD%B4%E6%89%BF%20%E5%BC%82%E9%9F%B3%E5", "轴承 异音"),
    ],
)
def test_short_texts_in_signs_and_bytes(written: str, read: str) -> None:
    assert repair_text(written).replace("\u200b", "") == read
    assert len(repair_text(written)) == len(written)
