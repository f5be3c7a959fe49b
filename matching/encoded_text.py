"""Characters that programs wrote as codes or as bytes.
Not here: texts in the wrong encoding (misread_text), markup and signs between characters (pasted_text).

What is made a character again keeps its place: each repair is as long as what it replaces (decision 038). Only what is
sure is read: codes of Han characters, and runs that are Chinese from end to end (decision 144).
"""

from __future__ import annotations

import re
from base64 import b64decode
from email.errors import HeaderParseError
from email.header import decode_header

from matching.misread_text import (
    FILLER,
    IS_HAN,
    REPLACED,
    decode_bytes,
    is_chinese,
    read_misread,
)
from matching.screening import Run, Signs, Step

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
# One alone is read where it stands in a word: U+8F74承.
_NAMES = re.compile(
    rf"(?<![0-9a-z]){_NAME}(?:[ ,，、]{{0,2}}{_NAME})+(?![0-9a-z])"
    rf"|(?<=[\u4e00-\u9fff]){_NAME}(?=[\u4e00-\u9fff])|(?<![0-9a-z]){_NAME}(?=[\u4e00-\u9fff]{{2}})",
    re.I,
)
# In a text about them they stay: 编码为 U+8F74 的汉字.
_OF_CODES = re.compile("码|unicode|字符|字库|字体", re.I)
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
    r"(?:https?://|ftp://|www\.|(?<![\w.-])(?:[\w-]{1,63}\.){1,4}[a-z]{2,10}[/?])[^\s\u3000-\u9fff\uff00-\uffef]{1,2000}",
    re.I,
)


def read_codes(text: str) -> str:
    """A text whose characters were written as codes or as bytes.

    Args:
        text: as pasted or stored.

    Returns:
        of the same length; each character stands where its code began.
    """
    for step, _ in STEPS_OF_CODES:
        text = step(text)
    return text


def decode_text(text: str) -> str:
    """A text with the characters that its codes and its bytes surely mean, as it is shown to its writer.

    Args:
        text: as typed or pasted.
    """
    coded = read_codes(text)
    read = read_misread(coded)
    # Where bytes were lost as well, not all of it can be read.
    if read != coded and REPLACED in read:
        return text
    return text if read == text else read.replace(FILLER, "")


def is_coded(text: str) -> bool:
    """Whether Han characters of a text are written as codes, outside of addresses of the web."""
    outside = _ADDRESS.sub(" ", text)
    return read_codes(outside) != outside


# Looking for a character costs next to nothing, a pattern about as much as folding does.
def _read_mail_words(text: str) -> str:
    return _MAIL_WORD.sub(_read_mail_word, text) if "=?" in text else text


def _read_all_names(text: str) -> str:
    if ("U+" in text or "u+" in text) and not _OF_CODES.search(text):
        return _NAMES.sub(_read_names, text)
    return text


def _read_all_hexadecimal(text: str) -> str:
    if not _LONG_RUN.search(text):
        return text
    return _UNITS.sub(_read_units, _HEXADECIMAL.sub(_read_hexadecimal, text))


def _read_all_base64(text: str) -> str:
    return _BASE64.sub(_read_base64, text) if _LONG_RUN.search(text) else text


def _read_all_entities(text: str) -> str:
    return _ENTITIES.sub(_read_entities, text) if "&" in text and "#" in text else text


def _read_mail_word(match: re.Match[str]) -> str:
    try:
        [(coded, encoding)] = decode_header(match[0])
        read = coded if isinstance(coded, str) else coded.decode(encoding or "ascii")
    except (HeaderParseError, LookupError, ValueError):
        return match[0]
    is_sound = len(read) <= len(match[0]) and IS_HAN.search(read)
    return read.ljust(len(match[0]), FILLER) if is_sound else match[0]


def _read_escapes(text: str) -> str:
    if "%" not in text and "\\" not in text:
        return text
    found = [*_ESCAPE.findall(text), *_LONG_ESCAPE.findall(text)]
    if len(found) < _MIN_ESCAPES:
        return text
    if len(found) == _MIN_ESCAPES:
        escaped = [_escaped(match) for match in _ESCAPE.finditer(text)]
        if len(IS_HAN.findall("".join(escaped))) < _MIN_ESCAPES:
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
    return _if_sure(decode_bytes(coded, "utf-8"), match[0])


def _read_units(match: re.Match[str]) -> str:
    codes = [int(code, 16) for code in _ONE_UNIT.findall(match[0])]
    return _if_sure("".join(map(chr, codes)), match[0])


def _read_base64(match: re.Match[str]) -> str:
    try:
        coded = b64decode(match[0], validate=True)
    except ValueError:
        return match[0]
    return _if_sure(decode_bytes(coded, "utf-8"), match[0])


def _if_sure(read: str, run: str) -> str:
    is_sure = is_chinese(read) and len(IS_HAN.findall(read)) >= _MIN_SURE
    return read.ljust(len(run), FILLER) if is_sure else run


def _read_names(match: re.Match[str]) -> str:
    run = match[0]
    code = _ONE_NAME.fullmatch(run)
    if code is None:
        return _read_each(run, _ONE_NAME)
    character = chr(int(code[1], 16))
    return character.ljust(len(run), FILLER) if IS_HAN.match(character) else run


def _read_entities(match: re.Match[str]) -> str:
    return _read_each(match[0], _ONE_ENTITY)


def _read_each(run: str, one: re.Pattern[str]) -> str:
    """A run of numbers of characters as these, where all of them are Chinese."""
    read = ""
    for match in one.finditer(run):
        base = 16 if match.lastindex == match.re.groups else 10
        character = chr(int(match[match.lastindex or 1], base))
        read += character.ljust(len(match[0]), FILLER)
    is_sure = len(read) == len(run) and is_chinese(read.replace(FILLER, ""))
    return read if is_sure else run


def _read_bytes(text: str) -> str:
    """A text whose characters were written as bytes; %20 and %2C are read only where Han characters are."""
    if "%" not in text and "=" not in text and "\\" not in text:
        return text
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
        read = decode_bytes(coded, encoding)
        if len(IS_HAN.findall(read)) >= least:
            return read.ljust(len(match[0]), FILLER)
    return match[0]


def _read_ascii_bytes(match: re.Match[str]) -> str:
    read = _coded_bytes(match[0]).decode("ascii", "replace")
    return read.ljust(len(match[0]), FILLER) if read.isprintable() else match[0]


_HEX = "[0-9a-fA-F]"
# Of a byte of a Han character.
_HIGH = "[89a-fA-F]"
# In this order; each with what a text has that it changes.
STEPS_OF_CODES: tuple[Step, ...] = (
    (_read_mail_words, [Signs("=", r"\?")]),
    (
        _read_bytes,
        [
            Signs("[%=]", _HIGH, _HEX),
            Signs(r"\\", "[xX]", _HIGH),
            Signs(r"\\", "[23]", "[0-7]"),
            Signs("%", "2", "5"),
        ],
    ),
    (
        _read_escapes,
        [
            Signs(r"[\\%]", "[uU]", r"[0-9a-fA-F{]"),
            Signs(r"\\", "[xX]", r"\{"),
            Signs("%", "2", "5"),
        ],
    ),
    (_read_all_names, [Signs("[uU]", r"\+", _HEX)]),
    (_read_all_hexadecimal, [Run(r"[0-9a-fA-FxXuU\\ ,;:]", 20)]),
    (_read_all_base64, [Run("[A-Za-z0-9+/]", 16)]),
    (_read_all_entities, [Signs("&", "[#aA]")]),
)
