"""The organisations that a cell of a list names: which ones, in which order, who leads, and what else stood there.

Who they are in the database is not known here; the parts of one name are in `organisations.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from marketplace.parsing import ParseError
from marketplace.parsing.lists import list_text, split_pieces
from marketplace.parsing.name_lists import Remarked, split_labels, split_numbered
from marketplace.parsing.organisation_marks import (
    BRACKETS,
    DATE,
    FOREIGN,
    LEAD,
    PARTNER,
    SEAL,
    STRONG_END,
    are_places,
    begins_with_place,
    ends_like_name,
    is_department,
    is_label,
    is_quoted,
    is_remark,
    may_end,
    role_of,
    stands_alone,
    with_colons,
    without_last_bracket,
)
from marketplace.parsing.organisation_pieces import Piece, bare_name, read_piece
from marketplace.parsing.organisations import FORMS, is_trade, without_form
from matching.folding import drop_unseen, fold_label

MAX_ORGANISATION = 120  # characters of a name, as the columns hold it

_IN_NAME_OF_LATIN = re.compile(
    r"[,，]\s*(?=(?:Ltd|Inc|LLC|Corp|Co|Limited|L\.?P|S\.?A|GmbH|PLC|Pte|Pty|B\.?V|N\.?V)\b)"
    r"|(?<=[A-Za-z0-9])[/&+](?=[A-Za-z0-9])|(?<=[A-Za-z])\s+&\s+(?=[A-Za-z])",
    re.I,
)
_WEAK = "、，,/／+＋＆&"
_CONJUNCTION = re.compile(r"以及|联合|携手|会同|协同|[和与及暨]|\s*[-—–－·•~～]+\s*")
_TOGETHER = re.compile(r"共建|合作|联合|共同|协同|合资|产学研")
# Ornaments of a list; a star directly before a name may hide its first character.
_BULLET = re.compile(r"^(?:[●◆■▲•·▪➤*]\s+|[◆▪•➤])")
_MANY = "几个单位用「；」分开，第一个为第一完成单位；一个单位的名称里有分隔符号时，把名称写在“”里。"


def read_organisations(raw: Any) -> Remarked[str] | None:
    """The organisations that a cell names, the first or leading one first.

    Names are parted by ；, line ends, numbers or labels; where there is none of these, by 、，/ and 和, if both sides
    end as names do. A name in quotation marks is one name whatever it holds.

    Args:
        raw: the cell.

    Returns:
        their names, and what was not taken as it stood; None where nothing is filled in.

    Raises:
        ParseError: it cannot be known which organisations are meant, or one is too long.
    """
    plain = drop_unseen(list_text(raw)).strip()
    if not plain:
        return None
    names, remarks = _read_names(plain)
    return Remarked(names, remarks) if names else None


# A list of 50,000 rows names the same few hundred organisations again and again.
@lru_cache(4000)
def _read_names(plain: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names in a text and what was not taken; no name where nobody filled in the place. Raises ParseError."""
    pieces: list[Piece] = []
    remarks: list[str] = []
    was_foreign = False
    for label, content in split_labels(with_colons(plain), is_label, may_end):
        role = role_of(label) if label else ""
        if role == FOREIGN:
            was_foreign = True
            if content:
                remarks.append(f"「{label}：{content[:30]}」不是单位名称，没有记录。")
            continue
        for piece in _read_pieces(content):
            if role in (LEAD, PARTNER):
                piece.role = piece.role or role
            pieces.append(piece)
    if not pieces:
        # A label alone is a place that nobody filled in.
        if not was_foreign and not remarks:
            return (), ()
        raise ParseError(f"「{plain[:30]}」里没有单位名称。", "填写单位的全称。")
    ordered = _in_order(pieces, remarks)
    for piece in ordered:
        remarks += piece.remarks
        _check_name(piece.name)
    return tuple(dict.fromkeys(piece.name for piece in ordered)), tuple(remarks)


def write_organisations(names: Iterable[str]) -> str:
    """Names as one cell that `read_organisations` reads as the same names."""
    return "；".join(map(_quote_where_needed, names))


def _quote_where_needed(name: str) -> str:
    try:
        names = read_organisations(name)
    except ParseError:
        names = None
    if names == [name] and not names.remarks:
        return name
    return f"“{name}”"


def _read_pieces(content: str) -> list[Piece]:
    """The organisations of a text without labels."""
    pieces = []
    for text in _split_names(_parted_at_roles(content)):
        piece = read_piece(text)
        if piece is not None:
            pieces.append(piece)
    return pieces


def _parted_at_roles(text: str) -> str:
    """A text with ；after a remark that closes a name: 聊城大学（牵头）山东大学（参与）, 聊城大学①山东大学②."""
    if not re.match(r"\s*[\u2460-\u2473]", text):
        text = re.sub(
            "[\u2460-\u2473]", lambda match: f"（{ord(match[0]) - 0x245F}）", text
        )

    def close(match: re.Match[str]) -> str:
        before = text[: match.start()].rstrip(" \t\n；;、，,/|")
        closes = bool(before) and before[-1] not in "：:" and is_remark(match[1])
        # At the beginning of a name the remark is about what follows it.
        if not closes or text[match.start() - 1] in "；;、，,/|\n ":
            return match[0]
        follows = text[match.end() :].lstrip()
        # Another remark (牵头)(盖章) belongs to the same name.
        if not follows or follows[0] in "；;、，,/|（([【和与及":
            return match[0]
        return f"{match[0]}；"

    return BRACKETS.sub(close, text)


def _split_names(content: str) -> list[str]:
    """The names of a text, one by one."""
    names = []
    for item in split_numbered(content):
        lines = [_BULLET.sub("", line) for line in split_pieces(item, "\n")]
        for line in _join_wrapped([line for line in lines if line]):
            for part in split_pieces(line, "；;|\t"):
                names += _split_weakly(part)
    return names


def _join_wrapped(lines: list[str]) -> list[str]:
    """Lines of a cell, those joined that a narrow column cut in two: 山东砺石轴承 / 有限公司."""
    joined: list[str] = []
    for line in lines:
        goes_on = line[0] in "（([" and not is_remark(line[1:].rstrip("）)]"))
        # 聊城大学 / 机械学院: without the one above it nobody would know whose it is.
        is_part = bool(joined) and ends_like_name(joined[-1]) and is_department(line)
        if joined and (goes_on or is_part or _is_rest_of_name(line)):
            joined[-1] += line
        else:
            joined.append(line)
    return joined


def _is_rest_of_name(text: str) -> bool:
    """Whether a text is the end of a name and no name: 有限公司, 轴承有限公司, 研究院."""
    bare = BRACKETS.sub("", text).strip()
    if not bare or not ends_like_name(bare):
        return False
    return bare in FORMS or is_trade(without_form(bare))


def _split_weakly(text: str) -> list[str]:
    """Names between signs that also stand in names; refused where it cannot be known which is meant."""
    if is_quoted(text):
        return [text]
    guarded = _IN_NAME_OF_LATIN.sub(lambda match: "\ue000" * len(match[0]), text)
    parts = []
    start = 0
    # Cut by place, for what was guarded comes back as it was.
    for part in split_pieces(guarded, _WEAK):
        start = guarded.index(part, start)
        parts.append(text[start : start + len(part)])
        start += len(part)
    if len(parts) > 1:
        bare = [bare_name(part) for part in parts]
        if not any(ends_like_name(name) for name in bare[:-1]):
            if stands_alone(bare[-1]) or not ends_like_name(bare[-1]):
                raise ParseError(f"看不出「{text[:40]}」是一个单位还是几个。", _MANY)
            parts = [text]
    names = []
    for part in parts:
        for name in _split_at_conjunction(part):
            names += _split_at_blanks(name)
    return names


def _split_at_conjunction(text: str) -> list[str]:
    """聊城大学和山东大学 in two; 和 in a name (机械与汽车工程学院) parts nothing."""
    for match in _CONJUNCTION.finditer(text):
        left, right = text[: match.start()].strip(), text[match.end() :].strip()
        if len(left) > MAX_ORGANISATION:
            break
        # The short side first: with every 和 tried on every rest a long text takes forever.
        if not right or not _is_whole_name(left) or not _is_whole_name(right):
            continue
        if not _TOGETHER.search(bare_name(right)):
            return [left, *_split_at_conjunction(right)]
    return [text]


def _is_name_or_part(name: str) -> bool:
    """Whether a text ends as a name does and is more than the rest of one, or is a department."""
    if not ends_like_name(name):
        return False
    return is_department(name) or not _is_rest_of_name(name)


def _is_whole_name(text: str) -> bool:
    name = bare_name(text)
    return bool(STRONG_END.search(without_last_bracket(name))) and stands_alone(name)


def _split_at_blanks(text: str) -> list[str]:
    """聊城大学 山东大学 in two; blanks within a name (山东 砺石 有限公司) part nothing."""
    parts = [part for part in split_pieces(text, " \u3000") if part]
    if len(parts) < 2 or is_quoted(text) or not re.search("[\u3400-\u9fff]", text):
        return [text]
    # A remark belongs to the name before it, a label or a number to the one after it.
    grouped: list[str] = []
    for part in parts:
        match = BRACKETS.fullmatch(part)
        if grouped and (
            (match and is_remark(match[1]))
            or SEAL.fullmatch(fold_label(part))
            or DATE.fullmatch(part)
        ):
            grouped[-1] += f" {part}"
        elif grouped and match:
            # Whatever it holds, a bracket is read as if no blank stood before it: （原聊城轴承厂）, （高新技术企业）.
            grouped[-1] += part
        else:
            grouped.append(part)
    if len(grouped) < 2:
        return [text]
    bare = [bare_name(part) for part in grouped]
    ends = [_is_name_or_part(name) for name in bare]
    if all(ends):
        names: list[str] = []
        for part, name in zip(grouped, bare, strict=True):
            if names and is_department(name):
                names[-1] += part
            else:
                names.append(part)
        return names
    if any(ends[:-1]):
        # 聊城大学 张三: what stands behind a full name is not known.
        if len(bare) == 2 and _is_rest_of_name(bare[-1]):
            return [text]
        raise ParseError(f"看不出「{text[:40]}」是一个单位还是几个。", _MANY)
    follows_words = ends[-1] and not are_places(bare[:-1])
    if follows_words and stands_alone(bare[-1]) and begins_with_place(bare[-1]):
        raise ParseError(f"看不出「{text[:40]}」是一个单位还是几个。", _MANY)
    return [text]


def _check_name(name: str) -> None:
    if len(name) > MAX_ORGANISATION:
        raise ParseError(
            f"单位名称「{name[:20]}…」太长。",
            f"最多 {MAX_ORGANISATION} 字；几个单位用「；」分开。",
        )
    if re.search(r"\d{7,}|\d{3,4}-\d{7}", name):
        raise ParseError(f"单位名称「{name[:30]}」里有号码。", "这一格只填单位的全称。")


def _in_order(pieces: list[Piece], remarks: list[str]) -> list[Piece]:
    """The organisations in the order that the cell gives them, who leads first.

    Raises:
        ParseError: several lead, or only partners are named.
    """
    numbers = [piece.order for piece in pieces]
    # （2） behind one name and （1） behind the other is their order; a single one may be anything.
    if len(pieces) > 1 and sorted(numbers) == list(range(1, len(pieces) + 1)):
        pieces = sorted(pieces, key=lambda piece: piece.order)
    leads = [piece for piece in pieces if piece.role == LEAD]
    if len({piece.name for piece in leads}) > 1:
        names = "、".join(piece.name for piece in leads)
        raise ParseError(
            f"写明牵头的不止一个单位：{names[:60]}。", "只留一个牵头单位。"
        )
    others = [piece for piece in pieces if piece.role != PARTNER]
    if not others:
        raise ParseError(
            "只写了参与或合作的单位，没有写牵头的单位。",
            "先写牵头单位，几个单位用「；」分开。",
        )
    first = leads[0] if leads else others[0]
    if first is not pieces[0]:
        remarks.append(f"按「{first.name[:40]}」为第一单位记录。")
    return [first, *(piece for piece in pieces if piece is not first)]
