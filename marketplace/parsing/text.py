"""Text as it is typed or as a spreadsheet holds it: cleaned, on one line or on several, yes or no.

Lists of words in one text are taken apart in `lists.py`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from html import unescape
from typing import Any

from marketplace.parsing import ParseError
from matching.encoded_text import decode_text, is_coded
from matching.folding import drop_unseen
from matching.misread_text import is_garbled, is_illegible

# Characters of one text: below what an Excel cell can hold (32,767), so that every list can be exported.
MAX_TEXT = 20_000
MAX_LINE = 200

# Full-width letters, digits and signs to half-width, one to one: positions in the text stay the same.
HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    0x3000: 0x20,
    0xFFE5: 0xA5,
}
# Control characters, half surrogates, byte order marks and format characters nobody sees (U+202E turns a title round):
# most do not go into a workbook. What joins the characters of scripts and signs (ZWJ, ZWNJ) is dropped with them.
CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064"
    "\u2066-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)
# Vertical tab is Shift+Enter of Word, form feed its new page.
LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
# Signs of Symbol and Wingdings, which no other font draws. They are bullets where a line begins, elsewhere μ, ± …
BULLETS = re.compile("^([ \t\u3000]*)[\uf020-\uf0ff](?=\\s)", re.MULTILINE)
# What people write into a text to say that there is nothing; a prose may begin with 无, so words do not count there.
EMPTY_TEXT = {"", "-", "--", "—", "——", "–", "―", "/", "\\"}
EMPTY = EMPTY_TEXT | {
    "无",
    "暂无",
    "没有",
    "空",
    "n/a",
    "na",
    "null",
    "none",
    "nan",
    "未填写",
    "不详",
}
# A formula's error is no content: taken as text it would become the name of a listing. Programs write them in the
# language of the desk (#NAME?, #名称?, #NOM?, #WERT!, Err:502) and fill cells that are too narrow with ###.
ERROR_TEXT = re.compile(
    r"#[¡¿]?[^\W_][\w/.]{0,20}[!?]|#(?:n/?a|n/?d|nv|н/д|null|getting_data|calc|spill|error|err)|"
    r"#{2,}|(?:#?err(?:or)?|错误)\s*:?\s*\d{3}|[#＃]错误[!！]?",
    re.I,
)
# The formula of a picture, also without the sign of one, as other programs hand it on; a picture or its place as text.
PICTURE_TEXT = re.compile(
    r"[{@+'‘]{0,5}\s{0,9}[=@][\s@+]{0,9}(?:_xlfn\.)?(?:_xlws\.)?(?:DISPIMG|IMAGE|EMBED)\s*\(|"
    r"(?:_xlfn\.)?(?:DISPIMG|EMBED)\s*\(|data:image/|!\[[^\]]{0,80}\]\(|<(?:img|v:imagedata|v:shape)\s|blob:http|\ufffc+\s*$|"
    r"(?:file:/{1,3}|[a-z]:[\\/]|\\\\)[^\n]{0,240}\.(?:png|jpe?g|gif|bmp|tiff?|webp)\s*$",
    re.I,
)
# What stands in a cell whose content is elsewhere: [图片], 见图1, 详见附件《说明》, 同上.
_ELSEWHERE = re.compile(
    r"[\[(<]?(?:图片|照片|截图|插图|图像|image|picture|img)\s*\d*(?::[^\n]{0,60})?[\])>]?|"
    r"(?:内容|具体|详细)?(?:请|可)?(?:详见|参见|参看|请看|见|如|同|另附)(?:上|下|右|左|本|后|所)?(?:面|附|列|页)?"
    r"(?:图片?|附件|附图|附表|附录|附页|附|照片|截图|(?:word|excel|pdf|ppt)?(?:文档|文件)|word|excel|pdf|ppt)\s*[\d一二三四五六七八九十]*"
    r"(?:所示|示)?(?:[《(<][^\n]{0,60}[》)>])?(?:\.(?:docx?|xlsx?|pdf|pptx?|wps))?|图\s*\d*|图?略|"
    r"(?:附件|附图|附表|另附)\s*[\d一二三四五六七八九十]*|[\w一-鿿 -]{1,60}\.(?:png|jpe?g|gif|bmp|tiff?|webp)|"
    r"(?:内容)?(?:同上|同前|同左|同上一行|同上行|如上|[〃″])",
    re.I,
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z]{2,8});", re.I | re.A)
_TEXT_FORMULA = re.compile(r'="((?:[^"]|"")*)"')
# How a formula begins that a program wrote as text (a list saved with "show formulas"): a function, a cell, a sheet.
_FORMULA = re.compile(
    r"=[=@+\-(\s]{0,4}(?:(?:_xlfn\.|_xlws\.){0,2}[A-Z][A-Z0-9._]{0,30}\(|"
    r"(?:\[\d{1,3}\]|'[^'\n]{1,60}'!|[^!\s=(']{1,30}!)?\$?[A-Z]{1,3}\$?\d{1,7}(?![\w.])|\{)|"
    r"[+@-]\s?[A-Z][A-Z0-9._]{1,30}\([^\n]{0,200}\)$|[+-]\s?[A-Z]{1,3}\d{1,7}(?:[-+*/&][A-Z]{1,3}\d{1,7})+$|"
    r"[=+@-][^\s|]{1,40}\|[^\n]{0,120}![A-Z]",
    re.A | re.I,
)
_QUOTED = re.compile(r"\"[^\"]{0,2000}\"|'[^'\n]{1,60}'!|[^!\s,()]{1,30}!")
_HAN = re.compile("[\u3400-\u9fff]")
GARBLED = (
    "文字有乱码，原来的字已经读不出来。",
    "请从能看到文字的地方复制，或重新填写。",
)
# What a spreadsheet program takes for the beginning of a formula (see `escape_formula`).
# Programs that fold full-width signs take ＝ for = as well (security: CSV injection by full-width signs).
FORMULA_SIGNS = (
    *("=", "+", "-", "@", "\t", "\r", "\n", "'"),
    *("＝", "＋", "－", "＠", "﹢", "﹣", "﹦", "﹫", "−"),
)

# √ and × are what people tick on paper forms; 1 and 0 what programs export.
YES_WORDS = {"是", "有", "y", "yes", "true", "1", "√", "对"}
NO_WORDS = {"否", "不", "n", "no", "false", "0", "×"}


ELSEWHERE_SIGNS = 80  # characters; a longer text says something itself
_BRACKETS = str.maketrans("【】〔〕", "[][]")


@dataclass(frozen=True)
class UnreadableCell:
    """A cell that is not empty but holds no text that could be read: a picture, a formula without its result.

    Attributes:
        message: what it is, in Chinese.
        allowed: what to do.
    """

    message: str
    allowed: str

    def __str__(self) -> str:
        return self.message


def clean_text(text: str | None) -> str:
    """A typed text as it is stored: NFC, no control characters but line ends, no blanks at its ends."""
    # NFC: an accent typed apart and one typed together are the same name, and counted as one character.
    normal = unicodedata.normalize("NFC", text or "")
    return CONTROL.sub("", _plain_line_ends(normal)).strip()


def escape_formula(text: str) -> str:
    """A text as it is written to a cell: an apostrophe before what could be a formula; `cell_text` takes it off."""
    if _may_be_formula(text):
        return f"'{text}"
    return text


def is_escaped(text: str) -> bool:
    """Whether a text bears the apostrophe of `escape_formula`, which `cell_text` takes off."""
    return text.startswith("'") and _may_be_formula(text[1:])


def _may_be_formula(text: str) -> bool:
    """Whether a spreadsheet program may take a text for a formula; some drop blanks and unseen characters first."""
    return text.startswith(FORMULA_SIGNS) or drop_unseen(text).lstrip().startswith(
        FORMULA_SIGNS
    )


def half_width(text: str) -> str:
    """Full-width ASCII and blanks as half-width ones; the length stays the same."""
    return text.translate(HALF_WIDTH)


def cell_text(raw: Any) -> str:
    """The content of a cell as text, empty for an empty one.

    Args:
        raw: what a spreadsheet gives: text, number, date, truth value or None.

    Raises:
        ParseError: a formula's error value.
    """
    if raw is None:
        return ""
    if isinstance(raw, UnreadableCell):
        raise ParseError(raw.message, raw.allowed)
    if isinstance(raw, str):
        return _text_of_string(raw)
    # Before int and float: True is a whole number in Python.
    if isinstance(raw, bool):
        return "是" if raw else "否"
    if isinstance(raw, float):
        # A code whose noughts stand in the format of the cell alone (`number_formats.FormattedNumber`).
        shown: str = getattr(raw, "shown_digits", "")
        return shown or _text_of_float(raw)
    # A date cell comes as midnight; the time of day was not written by anybody.
    if isinstance(raw, datetime) and raw.time() == time():
        return raw.date().isoformat()
    return str(raw)


def unwrap_text(plain: str) -> str:
    """A text without what keeps a spreadsheet program from reading it as a number: ="0635-8230000" or '0635-8230000.

    Entities of HTML are decoded too, for lists are copied out of pages of the web: a&amp;b@qq.com is a&b@qq.com, and
    not the address b@qq.com behind a semicolon.
    """
    plain = _ENTITY.sub(lambda match: unescape(match[0]), plain)
    match = _TEXT_FORMULA.fullmatch(plain.strip())
    if match is not None:
        return match[1].replace('""', '"')
    return plain.removeprefix("'").removeprefix("‘")


def compact_text(raw: Any) -> str:
    """The content as half-width text without any blanks, empty where it only says that there is nothing."""
    plain = "".join(half_width(drop_unseen(unwrap_text(cell_text(raw)))).split())
    if plain.casefold() in EMPTY:
        return ""
    return plain


def folded_name(text: str) -> str:
    """A number or a name as it is compared with others: half-width, without blanks, in small letters.

    Stored keys are made of it: what it gives for a text must stay as it is.
    """
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


def says_nothing(text: str) -> bool:
    """Whether a text only says that there is none, in brackets or not."""
    return half_width(text).strip("()[]<>【】〔〕《》 .。").casefold() in EMPTY


def check_length(text: str, most: int) -> None:
    """Refuse a text of more than so many characters. Raises ParseError."""
    if len(text) > most:
        raise ParseError(f"有 {len(text)} 字，太长了。", f"最多 {most} 字。")


def too_long(text: str, most: int) -> str:
    """How long a text is and how long it may be, in words; empty where it fits."""
    try:
        check_length(text, most)
    except ParseError as error:
        return error.sentence
    return ""


def read_prose(raw: Any, most: int = MAX_TEXT) -> str | None:
    """A text of several lines, as written.

    Args:
        raw: cell or typed text.
        most: largest number of characters.

    Raises:
        ParseError: it is longer.
    """
    plain = cell_text(raw)
    if plain in EMPTY_TEXT:
        return None
    check_length(plain, most)
    return plain


def read_line(raw: Any, most: int = MAX_LINE) -> str | None:
    """A text on one line. Raises ParseError where it is longer than `most` characters."""
    # What is cut at 20,000 characters elsewhere is refused here with the bound of this line.
    plain = " ".join(cell_text(raw).split())
    if plain in EMPTY_TEXT:
        return None
    check_length(plain, most)
    return plain


def read_flag(raw: Any) -> bool | None:
    """是 or 否."""
    # To the question whether there is one, 无 is an answer and not an empty cell.
    if cell_text(raw).strip() in ("无", "没有"):
        return False
    plain = compact_text(raw).casefold()
    if not plain:
        return None
    if plain in YES_WORDS:
        return True
    if plain in NO_WORDS:
        return False
    raise ParseError(f"「{plain[:40]}」看不出是或否。", "填「是」或「否」。")


def _plain_line_ends(text: str) -> str:
    """A text whose lines all end in one sign, and whose bullets are of Unicode: Word has signs of its own for both."""
    return BULLETS.sub(r"\1•", LINE_ENDS.sub("\n", text))


def _text_of_string(raw: str) -> str:
    half = half_width(raw)
    # WPS and other readers of DISPIMG leave the formula of a picture as its text.
    if PICTURE_TEXT.match(half.lstrip()):
        raise ParseError("这一格放的是图片，读不出文字。", "请把图片里的内容写成文字。")
    # The apostrophe of `escape_formula`; one before any other text was meant.
    if is_escaped(raw):
        raw = raw[1:]
    elif _is_formula(half.strip()):
        raise ParseError(
            "这一格是公式，没有结果。",
            "请在 Excel 或 WPS 里打开、保存一次再导入，或直接填写内容。",
        )
    else:
        raw = _without_text_formula(raw)
    refuse_unreadable(raw)
    plain = CONTROL.sub("", _plain_line_ends(raw)).strip()
    bare = half_width(plain).rstrip("。.;")
    if ERROR_TEXT.fullmatch(bare):
        raise ParseError("这一格是公式算错的结果。", "改正公式，或直接填写内容。")
    if len(bare) <= ELSEWHERE_SIGNS and _is_elsewhere(bare.translate(_BRACKETS)):
        message = f"这一格只写了「{plain}」，没有内容。"
        raise ParseError(message, "把图片、附件或别处的内容写进这一格。")
    return plain


def decode_pasted(text: str) -> str:
    """A pasted text with the characters that its codes surely mean (\\u8f74, UTF-8 read as another encoding)."""
    return decode_text(text)


def refuse_illegible(text: str) -> None:
    """Refuse a pasted text that is garbled. Raises ParseError with what to do."""
    if is_illegible(text):
        raise ParseError(*GARBLED)


def refuse_unreadable(text: str) -> None:
    """Refuse a text whose characters were lost on their way, or came as codes. Raises ParseError with what to do."""
    if is_garbled(text):
        raise ParseError(
            "这一格有乱码，原来的字已经读不出来。",
            "请从原来的文件复制，或重新填写。",
        )
    if is_coded(text):
        raise ParseError(
            "这一格的字写成了编码（如 \\u8f74、&#36724;、%E8%BD%B4），不是文字。",
            "请从能看到文字的地方复制，或重新填写。",
        )


def _is_formula(half: str) -> bool:
    """Whether a half-width text is a formula and nothing else: =SUM(A1:A9), =A1&"型"; =“在线” is a text of a person."""
    if _FORMULA.match(half) is None:
        return False
    return _HAN.search(_QUOTED.sub("", half)) is None


def _without_text_formula(raw: str) -> str:
    match = _TEXT_FORMULA.fullmatch(raw.strip())
    return raw if match is None else match[1].replace('""', '"')


def _is_elsewhere(bare: str) -> bool:
    """Whether a text only says where the content is: 见附件, (图略), [图]."""
    inside = bare.strip("[]<>() ")
    return any(map(_ELSEWHERE.fullmatch, (bare, inside)))


def _text_of_float(raw: float) -> str:
    """A number without the point that a spreadsheet adds to whole ones; empty for infinite ones and no numbers."""
    # From 1e16 on a binary number no longer tells neighbouring whole numbers apart.
    if raw.is_integer() and abs(raw) < 1e16:
        return str(int(raw))
    if raw - raw == 0:
        return f"{Decimal(repr(raw)):f}"
    return ""
