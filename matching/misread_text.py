"""Texts that were decoded with another encoding than they were written in, and those that lost characters by it.
Not here: characters that are written as codes (encoded_text).

A run is decoded again only where its bytes are Chinese from end to end, and keeps its length: what is made a character
again stands where its first byte stood (decisions 038, 144).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping, Sequence

from matching.screening import Signs

# Folding drops it: it joins what stands on its sides.
FILLER = "\u200b"
IS_HAN = re.compile("[\u3400-\u9fff]")
# What a Chinese text consists of: Han characters, its signs, and those of figures and units.
_CHINESE = re.compile(
    "[\u4e00-\u9fff\u3000-\u3017\uff01-\uff5e\u2010-\u2026\u2030-\u2035\u2103\u2160-\u217f\u2190-\u21ff\u2200-\u22ff"
    "\u2460-\u2473\u03b1-\u03c9\u0391-\u03a9\u00a0-\u00f7\u0020-\u007e\\s]+"
)

# A run without ASCII and without East Asian characters.
_FOREIGN = "[^\x00-\x7f\u2e80-\uffff]"
_FOREIGN_RUN = re.compile(f"{_FOREIGN}{{4,}}")
_SHORT_RUN = re.compile(f"[^\x00-\x7f{FILLER}\u2e80-\uffff]{{2,}}")
_MIN_MISREAD = 2  # Han characters that a run must hold
# GB2312 orders the frequent characters first: bytes of one text are most of them of these rows.
_FREQUENT = range(0xB0, 0xD8)
_FREQUENT_SHARE = 0.8
# What programs leave of bytes that they cannot read, and of memory that nobody filled.
_LOST = re.compile("\ufffd|锟斤拷|烫{4,}|屯{4,}|\u00ef\u00bf\u00bd")
REPLACED = "\ufffd"
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
_CLASSES_OF_GBK = (
    _class_of_gbk(_STARTS, _GOES_ON),
    _class_of_gbk(_GOES_ON, _STARTS),
    _class_of_gbk(_GOES_ON, _GOES_ON),
)
_THREE_OF_GBK = "".join(_CLASSES_OF_GBK)
_GBK_RUN = re.compile(f"(?:{_THREE_OF_GBK})+")
_GBK_STRETCH = re.compile(f"{_THREE_OF_GBK}[^\x00-\x7f]*")

# What a text has that read_misread() changes.
SIGNS_OF_MISREAD = (Signs(_FOREIGN, _FOREIGN, _FOREIGN), Signs(*_CLASSES_OF_GBK))


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


def is_garbled(text: str) -> bool:
    """Whether characters of a text were lost, or would be read wrongly, because of its encoding."""
    if text.isascii():
        return False
    if _LOST.search(text) or read_misread(text) != text:
        return True
    if _WESTERN.search(text) is None or IS_HAN.search(text):
        return False
    coded = b"".join(map(_western_byte, text))
    return len(IS_HAN.findall(coded.decode("utf-8", "ignore"))) >= _MIN_MISREAD


def is_illegible(text: str) -> bool:
    """Whether a text is garbled in more than a few places: a pasted page may have lost a character."""
    lost = text.count(REPLACED)
    if lost * LEGIBLE >= len(text) > 0:
        return True
    return is_garbled(text.replace(REPLACED, " "))


def _western_byte(character: str) -> bytes:
    byte = _WESTERN_TABLES[1].get(character)
    return character.encode("ascii", "ignore") if byte is None else bytes([byte])


def decode_bytes(coded: bytes, encoding: str) -> str:
    """Bytes as a text, of which the last character may have been cut off; empty where they are none."""
    try:
        return codecs.getincrementaldecoder(encoding)().decode(coded)
    except UnicodeDecodeError:
        return ""


def is_chinese(text: str) -> bool:
    """Whether a text is Chinese, with its signs and figures, and nothing else."""
    han = len(IS_HAN.findall(text))
    return han >= _MIN_MISREAD and _CHINESE.fullmatch(text) is not None


def _read_foreign_run(match: re.Match[str]) -> str:
    run = match[0]
    places = [place for place, character in enumerate(run) if character != FILLER]
    plain = [run[place] for place in places]
    for table in _WESTERN_TABLES:
        if any(character not in table for character in plain):
            continue
        coded = bytes(table[character] for character in plain)
        read = decode_bytes(coded, "utf-8")
        if is_chinese(read) or _is_western_again(read):
            return _spread(read, "utf-8", run, places)
        # ×××× and ±°² are signs; of the bytes of a text some look like letters.
        letters = sum(map(str.isalpha, plain))
        if table in _LATIN and letters * 4 >= len(plain) and _is_gb2312(coded):
            return _spread(decode_bytes(coded, "gb2312"), "gb2312", run, places)
    return run


def _read_short_run(match: re.Match[str]) -> str:
    run = match[0]
    for table in _WESTERN_TABLES:
        if all(character in table for character in run):
            read = decode_bytes(bytes(table[character] for character in run), "utf-8")
            if _CHINESE.fullmatch(read):
                return _spread(read, "utf-8", run, range(len(run)))
    return run


def _is_western_again(text: str) -> bool:
    """Whether a text decoded once is one that was decoded wrongly twice."""
    if not text or _FOREIGN_RUN.fullmatch(text) is None:
        return False
    return IS_HAN.search(_FOREIGN_RUN.sub(_read_foreign_run, text)) is not None


def _is_gb2312(coded: bytes) -> bool:
    """Whether bytes are a text in GB2312: nothing but its pairs, and most of them frequent characters."""
    if not is_chinese(decode_bytes(coded, "gb2312")):
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
    read = decode_bytes(bytes(coded), "utf-8")
    return _spread(read, "utf-8", run, places) if is_chinese(read) else run


def _bytes_in_gbk(character: str) -> bytes:
    # The byte 80, of which browsers make €, is half of no pair.
    if character == "€":
        return b"\x80"
    try:
        return character.encode("gb18030")
    except UnicodeEncodeError:  # half a surrogate pair
        return b"\xff"
