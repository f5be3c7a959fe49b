"""Texts as they come from web pages, PDF files, scans and traditional writers, made plain for comparing.
Not here: single characters (folding), words (text).

Every repair keeps the length: what goes is replaced by a sign that folding drops, so each character stays in its place
and a mark set by a place stands in the original (decision 038). Each step first looks whether there is anything to do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise

from matching.encoded_text import STEPS_OF_CODES
from matching.folding import taiwan_to_simplified, traditional_characters
from matching.markup import (
    SIGNS_OF_ENTITIES,
    SIGNS_OF_MARKUP,
    drop_markup,
    read_entities,
)
from matching.misread_text import FILLER, SIGNS_OF_MISREAD, read_misread
from matching.screening import Run, Screen, Signs, Step

_HAN = "\u3400-\u9fff"
_IS_HAN = re.compile(f"[{_HAN}]")

# Controls and the lines that chat programs lay over letters: fillers before units are read, for folding comes later.
_OVERLAY = "[\x00-\x08\x0e-\x1b\x7f\u0305\u0332\u0333\u0335-\u0337\u20d0-\u20ff]"
_OVERLAID = re.compile(_OVERLAY)

# A text that was cut after every second character, or third, or fourth: so many pieces of one length in a row.
_MIN_PIECES = 7  # after the first
_PIECES = re.compile(rf"(?<!\S)\S{{2,4}}(?: \S{{1,4}}){{{_MIN_PIECES},}}(?!\S)")
# What tells it from a list of words: a sign inside a sentence, or a word of grammar cut from what it belongs to.
_INSIDE_SENTENCE = re.compile(
    r"[，、。；：！？,;](?=\S)|(?<=\S)[，、。；：！？,;]|[的了在](?! )(?=\S)|(?<=\S)[的了在](?= )"
)

# Signs that some write between all characters; no list is parted by them, so four characters are enough.
_ORNAMENTS = "[·•・‧∙⋅●○◦◆◇■□★☆…._．^#@\u2800\u2190-\u21ff\u2600-\u27bf\ufe0f\u200d\U0001f000-\U0001faff]"
_MIN_ORNATE = 4
# Signs that part words of lists (铜、铝、铁) or formulas: a sentence so written is long and has words of grammar.
_SEPARATORS = r"[、，,;；:：/|\\\-—–~～+*=。!！?？&]"
_MIN_SEPARATED = 12
_GRAMMAR = frozenset("的了在是和能要有不")
# The same sign between single characters, or Latin words, all along.
_PARTED = re.compile(
    rf"[{_HAN}](?P<sign> ?(?:{_ORNAMENTS}{{1,3}}|{_SEPARATORS}|[*~]{{2,4}}) ?)"
    r"(?:(?:[A-Za-z0-9]++|\S)(?P=sign)){2,}(?:[A-Za-z0-9]++|\S)"
)
# Before that is tried: one character between two of the same sign.
_ONE_PARTED = re.compile(
    rf"({_ORNAMENTS}|{_SEPARATORS}) ?[{_HAN}] ?{_ORNAMENTS}{{0,2}}\1"
)
_IS_ORNAMENT = re.compile(_ORNAMENTS)

# A bracket around each character: [轴][承], 【轴】【承】. Where they offer something or count, [是][否], they stay.
_OPENING = "[【(（「『〔〖《〈<{［“‘\"'"
_CLOSING = "]】)）」』〕〗》〉>}］”’\"'"
_INSIDE = rf"(?:[{_HAN}]|[A-Za-z0-9.]{{1,12}}|[，。、；：！？,;:%℃°/+*~-])"


def _in_pair(opening: str, closing: str) -> str:
    one = re.escape(opening) + _INSIDE + re.escape(closing)
    return f"{one}(?:[,，、]? ?{one})+"


_BRACKETED = re.compile("|".join(map(_in_pair, _OPENING, _CLOSING)))
_IN_BRACKETS = re.compile(f"[{re.escape(_OPENING)}]({_INSIDE})[{re.escape(_CLOSING)}]")
_OFFERED = frozenset(
    "一二三四五六七八九十甲乙丙丁戊己庚辛上中下左右前后大小男女是否有无开关真假优良差"
)
# Authors quote characters: “人”“业”.
_PARTED_BY = re.compile(f"[{re.escape(_CLOSING)}] ?[,，、]")
_QUOTES = frozenset("“‘\"'")
_MIN_QUOTED = 4

# A character that stands alone, or a Latin word, with the signs next to it.
_UNIT = r"[（(【《“\"]?(?:[A-Za-z0-9][\w.\-+/%℃°]*|[^\sA-Za-z0-9])[，。、；：！？,;:!?）)】》”\"]?"
_SPACED = re.compile(rf"(?<!\S){_UNIT}(?:[^\S\r\n]{{1,6}}{_UNIT}(?!\S))+")
# Before that is tried: the middle one of three.
_ALONE = re.compile(rf"\s[{_HAN}]\s")
# Single Han characters that make a run of characters with blanks between them: two may be a name.
_MIN_SPACED = 3

# Share of the gaps of a run up to which wider ones are blanks of the text itself.
MAX_WIDE = 0.3

# A line that is not the first and has text; begun with a single sign, it is found at no cost.
_NEXT_LINE = re.compile(r"\n[^\S\n]*\w")
# Columns (a Han character takes two) below which lines may be a list, unless many end at the same column.
_WRAP_WIDTH = 24
# A page across has 55 Han characters in a line.
_PAPER_WIDTH = 110
_WRAP_ENDS = 3
_WRAP_SHARE = 0.75
# Columns by which lines broken by width may differ: a word, or a sign that must not begin a line.
_RAGGED = 4
# Words with which writers begin to speak of themselves: joined to the line before, which is left without a full stop,
# such a sentence takes the trouble along (surroundings). To leave the lines apart harms nothing where words end.
_OPENS = re.compile(
    "我[司厂们]|我(?:公司|单位)|本(?:公司|厂|单位)|公司|单位|企业|联系|电话|手机|微信|邮箱|地址|谢谢|感谢|各位|欢迎|期待|盼|有意"
)

# What a traditional text writes for other characters by the words it stands in: 附著力, but 顯著. Texts in simplified
# characters write 显著 as well, so only what is traditional elsewhere too is read so: one character in twenty.
_BY_PHRASE = ("著", "瞭", "藉")
_TRADITIONAL_SHARE = 0.05


def repair_text(text: str) -> str:
    """A text without markup, blanks between its characters and line ends inside its sentences.

    Args:
        text: as pasted or stored.

    Returns:
        of the same length; what is left of it stands where it stood.
    """
    for step, _ in _steps():
        text = step(text)
    return text


def repair_texts(texts: Sequence[str]) -> list[str]:
    """What repair_text() gives for each text: only the steps of whose signs a text has one are tried."""
    repaired = list(texts)
    steps = _steps()
    for place, numbers in _screen().find(texts):
        text = texts[place]
        # What one step has changed, another may go on with.
        if any(steps[number][0](text) != text for number in numbers):
            repaired[place] = repair_text(text)
    return repaired


def _drop_overlays(text: str) -> str:
    return _OVERLAID.sub(FILLER, text) if _OVERLAID.search(text) else text


def _join_all_parted(text: str) -> str:
    return _PARTED.sub(_join_parted, text) if _ONE_PARTED.search(text) else text


def _open_all_brackets(text: str) -> str:
    return _BRACKETED.sub(_open_brackets, text) if _BRACKETED.search(text) else text


def _join_all_spaced(text: str) -> str:
    if _ALONE.search(text) and any(map(_is_spaced, _SPACED.findall(text))):
        return _SPACED.sub(_join_spaced, text)
    return text


def _join_all_pieces(text: str) -> str:
    return _PIECES.sub(_join_pieces, text) if text.count(" ") >= _MIN_PIECES else text


def _join_all_lines(text: str) -> str:
    return "".join(_join_wrapped(text)) if _NEXT_LINE.search(text) else text


def _join_parted(match: re.Match[str]) -> str:
    """A run without the sign between all its characters, where no list of words has it."""
    run = match[0]
    sign = match["sign"]
    units = run.split(sign)
    han = [unit for unit in units if len(unit) == 1 and _IS_HAN.match(unit)]
    # **轴****承** is marked up.
    is_ornate = _IS_ORNAMENT.match(sign.strip()) is not None or len(sign.strip()) > 1
    least = _MIN_ORNATE if is_ornate else _MIN_SEPARATED
    if len(han) < least or len(han) * 2 < len(units):
        return run
    if not is_ornate and _GRAMMAR.isdisjoint(han):
        return run
    return (FILLER * len(sign)).join(units)


def _open_brackets(match: re.Match[str]) -> str:
    """A run without the brackets around its characters, where these are no labels."""
    run = match[0]
    han = _IS_HAN.findall(run)
    units = list(_IN_BRACKETS.finditer(run))
    least = _MIN_QUOTED if run[0] in _QUOTES else 2
    # ['轴', '承'] is a text taken apart where it is long, 【铜】、【铝】 are things.
    if _PARTED_BY.search(run):
        least = _MIN_SEPARATED
        if _GRAMMAR.isdisjoint(han):
            return run
    if len(han) < least or len(han) * 2 < len(units) or _OFFERED.issuperset(han):
        return run
    opened = list(FILLER * len(run))
    for unit in units:
        opened[unit.start(1) : unit.end(1)] = unit[1]
    return "".join(opened)


def _join_pieces(match: re.Match[str]) -> str:
    """A run of pieces of one length without its blanks, where it is a sentence and no list of words."""
    run = match.group()
    pieces = run.split(" ")
    lengths = {len(piece) for piece in pieces[:-1]}
    if len(lengths) > 1 or len(pieces[-1]) > max(lengths):
        return run
    han = sum(map(len, map(_IS_HAN.findall, pieces)))
    if han < sum(map(len, pieces)) / 2 or len(_INSIDE_SENTENCE.findall(run)) < 2:
        return run
    return run.replace(" ", FILLER)


def _is_spaced(run: str) -> bool:
    """Whether the blanks of a run stand between its characters, as scans have them, and not between words."""
    tokens = run.split()
    alone = _single_characters(tokens)
    han = sum(_IS_HAN.match(token) is not None for token in alone)
    return han >= _MIN_SPACED and len(alone) * 2 >= len(tokens)


def _single_characters(tokens: list[str]) -> list[str]:
    return [token for token in tokens if len(token.strip("，。、；：！？,;:!?")) <= 1]


def _join_spaced(match: re.Match[str]) -> str:
    """A run without its blanks, in a text that has runs which surely are spaced."""
    run = match.group()
    tokens = run.split()
    alone = _single_characters(tokens)
    # The rest of a line may be a unit: r / m i n.
    if len(alone) < len(tokens) and not _is_spaced(run):
        return run
    pieces = re.split(r"(\s+)", run)
    # Every second piece is a gap; a wider one than most was a blank of the text itself.
    gaps = [len(gap) for gap in pieces[1::2]]
    narrow = min(gaps)
    # Scans that spread their lines have gaps of every width, which say nothing.
    if sum(gap > narrow for gap in gaps) > MAX_WIDE * len(gaps):
        narrow = max(gaps)
    has_words = len(alone) < len(tokens)
    for place in range(1, len(pieces), 2):
        gap = pieces[place]
        sides = pieces[place - 1][-1] + pieces[place + 1][0]
        # Beside whole words, G C r 1 5 cannot be meant: Latin words are parted by their blanks.
        is_word_gap = has_words and sides.isascii() and sides.isalnum()
        if len(gap) <= narrow and not is_word_gap:
            pieces[place] = FILLER * len(gap)
    return "".join(pieces)


def _join_wrapped(text: str) -> Iterator[str]:
    """The pieces of a text whose lines were broken by width and not by meaning."""
    paragraph: list[str] = []
    for line in text.splitlines(keepends=True):
        if not line.strip():
            yield from _join_lines(paragraph)
            yield line
            paragraph = []
        else:
            paragraph.append(line)
    yield from _join_lines(paragraph)


def _join_lines(lines: list[str]) -> Iterator[str]:
    plain = [line.replace(FILLER, "").strip() for line in lines]
    widths = [_width(line) for line in plain]
    lengths = [len(line) for line in plain]
    widest = max(widths, default=0)
    # Broken at a column, or after a number of characters.
    is_full = [
        width >= widest - _RAGGED or length >= max(lengths) - 1
        for width, length in zip(widths, lengths, strict=True)
    ]
    ends = is_full[:-1]
    is_even = sum(ends) >= max(_WRAP_ENDS, _WRAP_SHARE * len(ends))
    # Lines of one length exactly are cut by it, also inside Latin words.
    is_exact = is_even and len(set(lengths[:-1])) == 1
    # Of few lines the widest tells: narrower ones may be a list, wider ones than paper are paragraphs.
    if not (is_even or _WRAP_WIDTH <= widest <= _PAPER_WIDTH):
        yield from lines
        return
    indent = ""
    for (line, following), full in zip(pairwise([*lines, ""]), is_full, strict=True):
        line = indent + line[len(indent) :]
        indent = ""
        end = line.rstrip()
        start = following.lstrip()
        goes_on = full and start and _continues(end[-1], start[0], is_exact)
        if goes_on and not _OPENS.match(start):
            line = end.ljust(len(line), FILLER)
            indent = FILLER * (len(following) - len(start))
        yield line


def _continues(left: str, right: str, is_exact: bool) -> bool:
    """Whether a sentence may go on from the end of one line to the beginning of the next."""
    if left.isascii() and right.isascii():
        return is_exact
    return left not in "。！？；!?;:："


def _width(line: str) -> int:
    """Columns that a line takes: a Han character or a wide sign two."""
    return len(line) + sum(character >= "\u2e80" for character in line)


@cache
def _traditional_pattern() -> re.Pattern[str]:
    return re.compile(f"[{''.join(sorted(traditional_characters()))}]")


def _by_phrase(text: str) -> str:
    if not any(character in text for character in _BY_PHRASE):
        return text
    # A pattern looks through a text ten times as fast as a set does.
    if not _traditional_pattern().search(text):
        return text
    traditional = traditional_characters()
    if sum(map(traditional.__contains__, text)) < _TRADITIONAL_SHARE * len(text):
        return text
    try:
        plain = taiwan_to_simplified().convert(text)
    except UnicodeEncodeError:  # half a surrogate pair, pasted from a damaged file
        return text
    # Places must stay; the phrases keep their lengths, but nothing promises it.
    return plain if len(plain) == len(text) else text


@cache
def _steps() -> tuple[Step, ...]:
    """The repairs in their order, each with what a text has that it changes."""
    sign = f"(?:{_ORNAMENTS}|{_SEPARATORS})"
    han = f"[{_HAN}]"
    opening = f"[{re.escape(_OPENING)}]"
    closing = f"[{re.escape(_CLOSING)}]"
    return (
        (_drop_overlays, [Signs(_OVERLAY)]),
        *STEPS_OF_CODES,
        (read_entities, SIGNS_OF_ENTITIES),
        (read_misread, SIGNS_OF_MISREAD),
        (drop_markup, SIGNS_OF_MARKUP),
        (
            _join_all_parted,
            [Signs(sign, han, sign), Signs(sign, han, " "), Signs(sign, " ", han)],
        ),
        (
            _open_all_brackets,
            [
                Signs(closing, opening),
                Signs(closing, "[,，、 ]", opening),
                Signs(closing, "[,，、]", " "),
            ],
        ),
        (_join_all_spaced, [Signs(r"\s", han, r"\s")]),
        # Pieces of up to four.
        (_join_all_pieces, [Run(" ", _MIN_PIECES, within=5)]),
        (_join_all_lines, [Signs(r"\n", r"(?:[^\S\n]|\w)")]),
        (_by_phrase, [Signs(f"[{''.join(_BY_PHRASE)}]")]),
    )


@cache
def _screen() -> Screen:
    """What finds the texts that a step changes, by the number of the step."""
    return Screen(*(signs for _, signs in _steps()))
