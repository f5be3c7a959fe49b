"""Characters that programs wrote as codes or bytes, or read in another encoding than they were written in.
Not here: markup, blanks and signs between characters (pasted_text), single characters (folding).

What is made a character again keeps its place: each repair is as long as what it replaces (decision 038). Only what is
sure is read: codes of Han characters, and runs whose bytes are Chinese from end to end (decision 144).
"""

from __future__ import annotations

import codecs
import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from email.errors import HeaderParseError
from email.header import decode_header

# Folding drops it: it joins what stands on its sides.
FILLER = "\u200b"
_IS_HAN = re.compile("[\u3400-\u9fff]")
# What a Chinese text consists of: Han characters, its signs, and those of figures and units.
_CHINESE = re.compile(
    "[\u4e00-\u9fff\u3000-\u3017\uff01-\uff5e\u2010-\u2026\u2030-\u2035\u2103\u2160-\u217f\u2190-\u21ff\u2200-\u22ff"
    "\u2460-\u2473\u03b1-\u03c9\u0391-\u03a9\u00a0-\u00f7\u0020-\u007e\\s]+"
)

# Characters that a program wrote as escapes: \u8f74, \\u8f74, \u{8f74}, \U00008f74, \x{8f74}, %u8f74.
_ESCAPE = re.compile(
    r"(?:\\{1,4}|%(?:25){0,2})u(?:([0-9a-f]{4})|\{([0-9a-f]{1,5})\})|\\{1,4}x\{([0-9a-f]{4,5})\}",
    re.I,
)
_LONG_ESCAPE = re.compile(r"\\{1,4}U000([0-9a-fA-F]{5})")
_LINE_SIGNS = (0x09, 0x0A, 0x0D)
_MIN_ESCAPES = 2  # that are Han characters, or one more of any kind
# What the standard calls them, one after the other: U+8F74 U+627F. U+4E00–U+9FFF names a range and no text.
_NAME = r"U\+[0-9A-F]{4,5}"
_NAMES = re.compile(rf"(?<![\w]){_NAME}(?:[ ,，、]{{0,2}}{_NAME})+(?!\w)", re.I)
_ONE_NAME = re.compile(r"U\+([0-9A-F]{4,5})[ ,，、]{0,2}", re.I)
# Entities, with or without their semicolons: one alone may be a sign, several are a text.
_ENTITIES = re.compile(r"(?:&(?:amp;){0,3}#(?:\d{5}|x[0-9a-f]{4})(?!\w);? ?){2,}", re.I)
_ONE_ENTITY = re.compile(r"&(?:amp;){0,3}#(?:(\d{5})|x([0-9a-f]{4}));? ?", re.I)
# Their bytes, as addresses (%E8%BD%B4, %25E8 encoded twice), programs (\xe8, \350) and mails (=E8) write them.
_BYTES = re.compile(
    r"(?:(?:%(?:25)*|\\{1,4}x|=)[0-9a-f]{2}|\\{1,4}[23][0-7]{2})+", re.I
)
_BYTE = re.compile(r"(?:%(?:25)*|\\{1,4}x|=)([0-9a-f]{2})|\\{1,4}([23][0-7]{2})", re.I)
_MIN_GBK = 3  # Han characters that make a run of bytes a text in GB18030: in UTF-8 nothing else looks like one
# The same without signs that say so: e8bdb4, e8 bd b4, \\xe8 \\xbd; 0x8f74 0x627f, \\8f74 \\627f, u8f74u627f; 6L205om/.
_HEXADECIMAL = re.compile(
    r"(?<!\w)(?:(?:\\x|0x)?[0-9a-f]{2}[ ,:]{0,2}){12,8000}(?!\w)", re.I
)
_PAIR = re.compile(r"(?:\\x|0x)?([0-9a-f]{2})[ ,:]{0,2}", re.I)
_UNITS = re.compile(r"(?<!\w)(?:(?:0x|\\|u)[0-9a-f]{4}[ ,;]{0,2}){4,8000}(?!\w)", re.I)
_ONE_UNIT = re.compile(r"(?:0x|\\|u)([0-9a-f]{4})[ ,;]{0,2}", re.I)
_BASE64 = re.compile(r"(?<![\w+/=])[A-Za-z0-9+/]{16,20000}={0,2}(?![\w+/=])")
_LONG_RUN = re.compile(r"[0-9A-Za-z+/\\:,; ]{16}")
_MIN_SURE = 4  # Han characters of which such a run must consist, with signs and figures
# =?UTF-8?B?6L205om/?=: the header of a mail.
_MAIL_WORD = re.compile(r"=\?[\w-]{3,20}\?[bq]\?[^?\s]{4,800}\?=", re.I)
# In an address codes are as they should be.
_ADDRESS = re.compile(
    r"(?:https?://|ftp://|www\.)[^\s\u3000-\u9fff\uff00-\uffef]{1,2000}", re.I
)

# A run without ASCII and without East Asian characters.
_FOREIGN_RUN = re.compile("[^\x00-\x7f\u2e80-\uffff]{4,}")
_SHORT_RUN = re.compile(f"[^\x00-\x7f{FILLER}\u2e80-\uffff]{{2,}}")
_MIN_MISREAD = 2  # Han characters that a run must hold
# GB2312 orders the frequent characters first: bytes of one text are most of them of these rows.
_FREQUENT = range(0xB0, 0xD8)
_FREQUENT_SHARE = 0.8
# What programs leave of bytes that they cannot read, and of memory that nobody filled.
_LOST = re.compile("\ufffd|锟斤拷|烫{4,}|屯{4,}|\u00ef\u00bf\u00bd")
_REPLACED = "\ufffd"
LEGIBLE = 5  # characters to each lost one in a text that is still read
# è½´æ‰¿ with some of its bytes lost.
_WESTERN = re.compile("[\xe3-\xe9][\x80-\u2122]")


def _bytes_of(encoding: str) -> Mapping[str, int]:
    """Character → byte, of the bytes above 7F of an encoding."""
    table = {}
    for byte in range(0x80, 0x100):
        character = bytes([byte]).decode(encoding, "ignore")
        # Of its gaps programs make the control character of the same number.
        table[character or chr(byte)] = byte
    return table


_LATIN = [_bytes_of("latin-1"), _bytes_of("cp1252")]
# Consoles of Windows, and old Macs.
_WESTERN_TABLES = [*_LATIN, *map(_bytes_of, ("cp437", "cp850", "mac-roman", "cp1251"))]


def _class_of_gbk(leads: Sequence[int], trails: Sequence[int]) -> str:
    """A class of a pattern: the characters that GBK makes of two such bytes."""
    found = set()
    for lead in leads:
        for trail in trails:
            found.add(bytes([lead, trail]).decode("gbk", "ignore"))
    return f"[{re.escape(''.join(sorted(found)))}]"


# 轴承 in UTF-8 has six bytes, which GBK takes for three characters: 杞存壙. The first bytes are those of Han characters
# and of full-width signs; no other text has such threes one after the other.
_STARTS = (0xE3, *range(0xE4, 0xEA), 0xEF)
_GOES_ON = range(0x80, 0xC0)
_THREE_OF_GBK = (
    _class_of_gbk(_STARTS, _GOES_ON)
    + _class_of_gbk(_GOES_ON, _STARTS)
    + _class_of_gbk(_GOES_ON, _GOES_ON)
)
_GBK_RUN = re.compile(f"(?:{_THREE_OF_GBK})+")
_GBK_STRETCH = re.compile(f"{_THREE_OF_GBK}[^\x00-\x7f]*")


def read_codes(text: str) -> str:
    """A text whose characters were written as codes or as bytes.

    Args:
        text: as pasted or stored.

    Returns:
        of the same length; each character stands where its code began.
    """
    # Looking for a character costs next to nothing, a pattern about as much as folding does.
    if "=?" in text:
        text = _MAIL_WORD.sub(_read_mail_word, text)
    if "%" in text or "=" in text or "\\" in text:
        text = _read_bytes(text)
    if "%" in text or "\\" in text:
        text = _read_escapes(text)
    if "U+" in text or "u+" in text:
        text = _NAMES.sub(_read_names, text)
    if _LONG_RUN.search(text):
        text = _HEXADECIMAL.sub(_read_hexadecimal, text)
        text = _UNITS.sub(_read_units, text)
        text = _BASE64.sub(_read_base64, text)
    if "&" in text and "#" in text:
        text = _ENTITIES.sub(_read_entities, text)
    return text


def read_misread(text: str) -> str:
    """A text of which runs were decoded with the wrong encoding, these decoded with the right one.

    Args:
        text: as pasted or stored.

    Returns:
        of the same length; what cannot be read from end to end is left as it is.
    """
    if text.isascii():
        return text
    # Some are decoded wrongly twice.
    for _ in range(2):
        read = _FOREIGN_RUN.sub(_read_foreign_run, text)
        if read == text:
            break
        # In such a text single signs were misread as well: ã\x80\x82 is a full stop.
        text = _SHORT_RUN.sub(_read_short_run, read)
    # To the end of a stretch, and where something else follows, what is surely such.
    text = _GBK_STRETCH.sub(_read_gbk_run, text)
    return _GBK_RUN.sub(_read_gbk_run, text)


def decode_text(text: str) -> str:
    """A text with the characters that its codes and its bytes surely mean, as it is shown to its writer.

    Args:
        text: as typed or pasted.
    """
    coded = read_codes(text)
    read = read_misread(coded)
    # Where bytes were lost as well, not all of it can be read.
    if read != coded and _REPLACED in read:
        return text
    return text if read == text else read.replace(FILLER, "")


def is_garbled(text: str) -> bool:
    """Whether characters of a text were lost, or would be read wrongly, because of its encoding."""
    if text.isascii():
        return False
    if _LOST.search(text) or read_misread(text) != text:
        return True
    if _WESTERN.search(text) is None or _IS_HAN.search(text):
        return False
    coded = b"".join(map(_western_byte, text))
    return len(_IS_HAN.findall(coded.decode("utf-8", "ignore"))) >= _MIN_MISREAD


def is_illegible(text: str) -> bool:
    """Whether a text is garbled in more than a few places: a pasted page may have lost a character."""
    lost = text.count(_REPLACED)
    if lost * LEGIBLE >= len(text) > 0:
        return True
    return is_garbled(text.replace(_REPLACED, " "))


def is_coded(text: str) -> bool:
    """Whether Han characters of a text are written as codes, outside of addresses of the web."""
    outside = _ADDRESS.sub(" ", text)
    return read_codes(outside) != outside


def _western_byte(character: str) -> bytes:
    byte = _WESTERN_TABLES[1].get(character)
    return character.encode("ascii", "ignore") if byte is None else bytes([byte])


# --- codes -----------------------------------------------------------------------------------------------------------


def _read_mail_word(match: re.Match[str]) -> str:
    try:
        [(coded, encoding)] = decode_header(match[0])
        read = coded if isinstance(coded, str) else coded.decode(encoding or "ascii")
    except (HeaderParseError, LookupError, ValueError):
        return match[0]
    is_sound = len(read) <= len(match[0]) and _IS_HAN.search(read)
    return read.ljust(len(match[0]), FILLER) if is_sound else match[0]


def _read_escapes(text: str) -> str:
    found = [*_ESCAPE.findall(text), *_LONG_ESCAPE.findall(text)]
    if len(found) < _MIN_ESCAPES:
        return text
    if len(found) == _MIN_ESCAPES:
        escaped = [_escaped(match) for match in _ESCAPE.finditer(text)]
        if len(_IS_HAN.findall("".join(escaped))) < _MIN_ESCAPES:
            return text
    text = _ESCAPE.sub(_read_escape, text)
    return _LONG_ESCAPE.sub(_read_escape, text)


def _escaped(match: re.Match[str]) -> str:
    """The character of an escape; empty where it is none."""
    code = int(next(filter(None, match.groups())), 16)
    # Halves of a pair are two escapes; what is rarer than that is no word.
    is_sound = code in _LINE_SIGNS or 0x20 <= code < 0xD800 or 0xE000 <= code < 0x110000
    return chr(code) if is_sound else ""


def _read_escape(match: re.Match[str]) -> str:
    character = _escaped(match)
    return character.ljust(len(match[0]), FILLER) if character else match[0]


def _read_hexadecimal(match: re.Match[str]) -> str:
    coded = bytes.fromhex("".join(_PAIR.findall(match[0])))
    return _if_sure(_decoded(coded, "utf-8"), match[0])


def _read_units(match: re.Match[str]) -> str:
    codes = [int(code, 16) for code in _ONE_UNIT.findall(match[0])]
    return _if_sure("".join(map(chr, codes)), match[0])


def _read_base64(match: re.Match[str]) -> str:
    try:
        coded = b64decode(match[0], validate=True)
    except ValueError:
        return match[0]
    return _if_sure(_decoded(coded, "utf-8"), match[0])


def _if_sure(read: str, run: str) -> str:
    is_sure = _is_chinese(read) and len(_IS_HAN.findall(read)) >= _MIN_SURE
    return read.ljust(len(run), FILLER) if is_sure else run


def _read_names(match: re.Match[str]) -> str:
    return _read_each(match[0], _ONE_NAME)


def _read_entities(match: re.Match[str]) -> str:
    return _read_each(match[0], _ONE_ENTITY)


def _read_each(run: str, one: re.Pattern[str]) -> str:
    """A run of numbers of characters as these, where all of them are Chinese."""
    read = ""
    for match in one.finditer(run):
        base = 16 if match.lastindex == match.re.groups else 10
        character = chr(int(match[match.lastindex or 1], base))
        read += character.ljust(len(match[0]), FILLER)
    is_sure = len(read) == len(run) and _is_chinese(read.replace(FILLER, ""))
    return read if is_sure else run


def _read_bytes(text: str) -> str:
    """A text whose characters were written as bytes; %20 and %2C are read only where Han characters are."""
    read = _BYTES.sub(_read_han_bytes, text)
    return text if read == text else _BYTES.sub(_read_ascii_bytes, read)


def _coded_bytes(run: str) -> bytes:
    coded = bytearray()
    for hexadecimal, octal in _BYTE.findall(run):
        coded.append(int(hexadecimal, 16) if hexadecimal else int(octal, 8))
    return bytes(coded)


def _read_han_bytes(match: re.Match[str]) -> str:
    coded = _coded_bytes(match[0])
    for encoding, least in (("utf-8", 1), ("gb18030", _MIN_GBK)):
        read = _decoded(coded, encoding)
        if len(_IS_HAN.findall(read)) >= least:
            return read.ljust(len(match[0]), FILLER)
    return match[0]


def _decoded(coded: bytes, encoding: str) -> str:
    """Bytes as a text, of which the last character may have been cut off; empty where they are none."""
    try:
        return codecs.getincrementaldecoder(encoding)().decode(coded)
    except UnicodeDecodeError:
        return ""


def _read_ascii_bytes(match: re.Match[str]) -> str:
    read = _coded_bytes(match[0]).decode("ascii", "replace")
    return read.ljust(len(match[0]), FILLER) if read.isprintable() else match[0]


# --- the wrong encoding ----------------------------------------------------------------------------------------------


def _is_chinese(text: str) -> bool:
    han = len(_IS_HAN.findall(text))
    return han >= _MIN_MISREAD and _CHINESE.fullmatch(text) is not None


def _read_foreign_run(match: re.Match[str]) -> str:
    run = match[0]
    places = [place for place, character in enumerate(run) if character != FILLER]
    plain = [run[place] for place in places]
    for table in _WESTERN_TABLES:
        if any(character not in table for character in plain):
            continue
        coded = bytes(table[character] for character in plain)
        read = _decoded(coded, "utf-8")
        if _is_chinese(read) or _is_western_again(read):
            return _spread(read, "utf-8", run, places)
        # ×××× and ±°² are signs; of bytes of a text most look like letters.
        letters = sum(map(str.isalpha, plain))
        if table in _LATIN and letters * 2 >= len(plain) and _is_gb2312(coded):
            return _spread(_decoded(coded, "gb2312"), "gb2312", run, places)
    return run


def _read_short_run(match: re.Match[str]) -> str:
    run = match[0]
    for table in _WESTERN_TABLES:
        if all(character in table for character in run):
            read = _decoded(bytes(table[character] for character in run), "utf-8")
            if _CHINESE.fullmatch(read):
                return _spread(read, "utf-8", run, range(len(run)))
    return run


def _is_western_again(text: str) -> bool:
    """Whether a text decoded once is one that was decoded wrongly twice."""
    if not text or _FOREIGN_RUN.fullmatch(text) is None:
        return False
    return _IS_HAN.search(_FOREIGN_RUN.sub(_read_foreign_run, text)) is not None


def _is_gb2312(coded: bytes) -> bool:
    """Whether bytes are a text in GB2312: nothing but its pairs, and most of them frequent characters."""
    if not _is_chinese(_decoded(coded, "gb2312")):
        return False
    rows = [row for row in coded[::2] if row >= _FREQUENT.start]
    frequent = sum(row in _FREQUENT for row in rows)
    return frequent >= _FREQUENT_SHARE * len(rows)


def _spread(read: str, encoding: str, run: str, places: Sequence[int]) -> str:
    """A run with each character read at the place of its first byte."""
    spread = [FILLER] * len(run)
    at = 0
    for character in read:
        spread[places[at]] = character
        at += len(character.encode(encoding))
    return "".join(spread)


def _read_gbk_run(match: re.Match[str]) -> str:
    run = match[0]
    coded = bytearray()
    places: list[int] = []
    for place, character in enumerate(run):
        pair = _bytes_in_gbk(character)
        coded += pair
        places += [place] * len(pair)
    read = _decoded(bytes(coded), "utf-8")
    return _spread(read, "utf-8", run, places) if _is_chinese(read) else run


def _bytes_in_gbk(character: str) -> bytes:
    # The byte 80, of which browsers make €, is half of no pair.
    if character == "€":
        return b"\x80"
    try:
        return character.encode("gb18030")
    except UnicodeEncodeError:  # half a surrogate pair
        return b"\xff"
