"""What surrounds a name where it is written: labels, numbers of a list, brackets with former names, places and notes.

The name itself is taken apart in `organisation_names.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from marketplace.parsing.chinese_numbers import read_chinese_number
from marketplace.parsing.organisations import VARIANTS, longest_first, read_words
from marketplace.parsing.place_names import Place, take_places
from matching.folding import EITHER, drop_unseen, normalise

WORDS = read_words("organisation_name_words.txt")
# What may stand inline or in brackets: 时风（集团）有限公司, 某某合伙企业（有限合伙）.
_INLINE = frozenset(
    WORDS["groups"]
    + WORDS["holdings"]
    + WORDS["partnerships"]
    + WORDS["limited"]
    + WORDS["stock"]
)
_BRACKETS = str.maketrans("[{【〔〖<《「『]}】〕〗>》」』", "(((((((((" + ")))))))))")
_LABEL = re.compile(rf"^(?:{'|'.join(WORDS['labels'])})(?:\([^()]*\))?[^:]{{0,3}}:\s*")
_LIST_NUMBER = re.compile(r"^\s*\(?\d{1,2}\s*[.、)](?!\d)\s*")
_FORMER_WORDS = [word for word in WORDS["former"] if len(word) > 1]
# 某某有限公司，原名某某厂: what stands in brackets elsewhere.
_BARE_FORMER = re.compile(
    rf"^([^()]{{4,}}?)[\s,;、]*((?:{'|'.join(_FORMER_WORDS)})[^()]{{4,}}|(?<=[,;、])原[^()]{{4,}})$"
)
# （2019年更名，原聊城轴承厂）: two things in one bracket.
_SECOND_NAME = re.compile(
    rf"[,;。]\s*((?:{'|'.join(WORDS['former'] + WORDS['aliases'])}).+)$"
)
_NO_LETTERS = re.compile(r"[\W_]+")
_ORDINAL = re.compile(r"第([零一二三四五六七八九十百两\d]+)")
# （2019年更名，原聊城轴承厂）: two things in one bracket.
_SECOND_NAME = re.compile(
    rf"[,;。]\s*((?:{'|'.join(WORDS['former'] + WORDS['aliases'])}).+)$"
)
_PART_ORDINAL = re.compile(
    r"(?<![第\d一二三四五六七八九十])([一二三四五六七八九十]{1,2}|\d{1,2})(?=分公司|分厂|分院|分校|车间|事业部|项目部|厂$)"
)
_AROUND = " :-“”‘’\"'"
_NAMES_APART = re.compile(r"[、,;/|]|以及|(?<=公司)[和及与]|(?<=大学)[和及与]")
_NOTE = re.compile(
    r"\d{4}年|更名|股票|证券|代码|电话|手机|联系|传真|邮编|以下|注册|成立|法人|地址|详见|盖章|公章|[0-9a-z]{6,18}$"
)
# Ends of names behind which a bracket tells a part or a seat: 山东大学（威海）.
SEATED = ("大学", "学院", "科学院")
_FIRM_END = re.compile(r"(公司|厂|合作社|企业|集团|股份|研究院|医院|大学|学院|银行)$")


_FORM_START = re.compile("有限|股份|责任|公司|控股")


@dataclass
class Written:
    """A name as it was written, its brackets read.

    Attributes:
        inline: letters and figures of the name itself, folded.
        locals: places in brackets inside the name: 华祥（聊城）轴承有限公司.
        seats: places in brackets behind a whole name: 华祥轴承有限公司（聊城）.
        former, aliases: other names of the body, as written in brackets.
        rest: other brackets, folded.
    """

    inline: str = ""
    locals: tuple[Place, ...] = ()
    seats: tuple[Place, ...] = ()
    former: list[str] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    rest: list[str] = field(default_factory=list)


def read_brackets(name: str) -> Written:
    """A name as written → the name itself, and what its brackets say."""
    written = Written()
    groups = list(_groups(_prepare(name)))
    for index, (text, depth) in enumerate(groups):
        if not depth:
            written.inline += letters_of(text)
        elif letters_of(text):
            after = [plain for plain, at in groups[index + 1 :] if not at]
            _read_bracket(written, text, letters_of("".join(after)))
    # 第（二）: an ordinal may begin in a bracket.
    if len(groups) > 1:
        written.inline = letters_of(written.inline)
    # Nothing but a bracket: 【聊城大学】.
    if not written.inline and written.rest:
        written.inline = written.rest.pop(0)
    return written


def letters_of(text: str) -> str:
    """Letters and figures of a folded text, one spelling of ordinals."""
    letters = _NO_LETTERS.sub("", text)
    letters = _ORDINAL.sub(lambda match: f"第{_figure(match[1])}", letters)
    return _PART_ORDINAL.sub(lambda match: f"第{_figure(match[1])}", letters)


def _figure(text: str) -> str:
    if text.isdigit():
        return text.lstrip("0") or "0"
    number = read_chinese_number(text)
    return text if number is None else f"{number:f}"


def _prepare(name: str) -> str:
    """A name folded, brackets of one kind, without label and number of a list."""
    folded = normalise(drop_unseen(name).translate(VARIANTS)).translate(VARIANTS)
    folded = folded.translate(EITHER).translate(_BRACKETS)
    folded = _LIST_NUMBER.sub("", folded).strip()
    # 《…》 and 【…】 around the whole name.
    folded = _LABEL.sub("", folded)
    return _BARE_FORMER.sub(r"\1(\2)", folded)


def _groups(text: str) -> Iterator[tuple[str, int]]:
    """Pieces of a text, outermost brackets apart: (piece, 1) for what stands in one; with 2 for one never closed."""
    depth = 0
    piece = ""
    for character in text:
        if character == "(":
            if depth == 0:
                yield piece, 0
                piece = ""
            else:
                piece += character
            depth += 1
        elif character == ")" and depth:
            depth -= 1
            if depth == 0:
                yield piece, 1
                piece = ""
            else:
                piece += character
        else:
            piece += character
    if depth:
        yield from _unclosed(piece)
        return
    yield piece, 0


def _unclosed(piece: str) -> Iterator[tuple[str, int]]:
    """A bracket that was never closed ends where its place or its word ends."""
    letters = letters_of(piece)
    places, rest = take_places(letters)
    if places and rest:
        yield letters.removesuffix(rest), 1
        yield rest, 0
        return
    for word in longest_first(_INLINE):
        if letters.startswith(word) and letters != word:
            yield word, 1
            yield letters.removeprefix(word), 0
            return
    yield piece, 1


def _read_bracket(written: Written, text: str, following: str) -> None:
    """Put what one bracket says where it belongs."""
    second = _SECOND_NAME.search(text)
    if second:
        _read_bracket(written, text[: second.start()], following)
        text = second[1]
    letters = letters_of(text)
    if _read_other_name(written, text, letters):
        return
    if letters in _INLINE:
        # 某某事务所（普通合伙）: the bracket is no form of its own, but that of 某某合伙企业 is.
        is_extra = letters in WORDS["partnerships"]
        if not is_extra or written.inline.endswith("企业"):
            written.inline += letters
        return
    if _is_note(letters):
        return
    places, rest = take_places(letters)
    if places and not rest:
        _read_place(written, letters, places, following)
    elif letters.endswith(WORDS["branches"]) and _FIRM_END.search(written.inline):
        written.inline += letters
    elif _is_short_form(letters, written.inline):
        written.aliases.append(letters)
    elif _is_second_name(written.inline, letters, bool(places)):
        # 齐鲁工业大学（山东省科学院）能源研究所: the part belongs to both names.
        written.aliases.append(letters + following)
    elif written.inline.endswith(SEATED) or following:
        written.inline += letters
    else:
        written.rest.append(letters)


def _is_short_form(letters: str, inline: str) -> bool:
    """Whether a bracket is the name before it with characters left out: 青岛科技大学（青科大）."""
    rest = iter(inline)
    is_within = all(character in rest for character in letters)
    return len(letters) > 1 and is_within and _FIRM_END.search(inline) is not None


def _is_second_name(inline: str, letters: str, has_place: bool) -> bool:
    """Whether a public body has a second name in brackets; a firm there is rather its parent, and needs 又名."""
    for ending in ("医院", "学院"):
        if inline.endswith(ending):
            return letters.endswith(ending)
    return has_place and inline.endswith(SEATED) and letters.endswith(SEATED)


def _read_place(
    written: Written, letters: str, places: tuple[Place, ...], following: str
) -> None:
    is_whole = _FIRM_END.search(written.inline) is not None
    is_part = following.startswith("分")
    # 华祥集团（聊城）有限公司: the name goes on.
    if is_whole and following and not _FORM_START.match(following):
        is_part = True
    if not written.inline or is_part or written.inline.endswith(SEATED):
        written.inline += letters
    elif is_whole and not written.inline.endswith(("集团", "研究院", "医院")):
        written.seats = places
    else:
        written.locals = places


def _read_other_name(written: Written, text: str, letters: str) -> bool:
    """Whether a bracket tells another name of the body: 原名…, 简称…."""
    for words, names in (
        (WORDS["former"], written.former),
        (WORDS["aliases"], written.aliases),
    ):
        word = next((word for word in words if letters.startswith(word)), "")
        # （原料药） is no former name.
        if word and len(letters) - len(word) >= (4 if len(word) == 1 else 2):
            # The word may stand with blanks in it; its letters are counted off.
            pattern = r"[\W_]*".join(map(re.escape, word))
            others = _NAMES_APART.split(re.sub(rf"^[\W_]*{pattern}", "", text))
            named = (other.strip(_AROUND) for other in others)
            names.extend(name for name in named if len(letters_of(name)) > 1)
            return True
    return False


def _is_note(letters: str) -> bool:
    if letters in WORDS["notes"] + WORDS["former"] + WORDS["aliases"]:
        return True
    # English names stand behind the Chinese one.
    return letters.isascii() or _NOTE.search(letters) is not None
