"""Whether two names of organisations are one body: equal codes, or one brand and nothing that disagrees.

How a name is taken apart is in `organisation_names.py`. Character similarity is no measure here: two spellings of one
firm were as alike (80) as two bearing firms of one town (82), measured with RapidFuzz.

Two registered names of one authority are 相同 where brand and trade are, in whatever order and with whichever place or
form (企业名称相同相近比对规则 of 2017, 第二条); a form or a place that says otherwise is told, and left to a person.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from marketplace.parsing.name_brackets import WORDS
from marketplace.parsing.name_words import COMPANIES
from marketplace.parsing.organisation_names import (
    OrganisationName,
    names_of,
)
from marketplace.parsing.sounds import sound_alike

# Forms of one kind are one: 有限公司 is short for 有限责任公司. Of other kinds the word itself counts.
_LENIENT = COMPANIES | {"cooperatives", "partnerships", "enterprises"}
# Bodies that are nobody without their place: 人民医院, 企业家协会.
_PLACED = frozenset(
    {
        "universities",
        "colleges",
        "schools",
        "hospitals",
        "academies",
        "institutes",
        "associations",
        "governments",
        "parks",
        "banks",
    }
)
_GENERAL = frozenset(WORDS["general"])
_AND = re.compile(r"(?<=..)[和与及暨](?=..)")
# A brand of so many characters names a body by itself, though its trade be left out.
LONG_BRAND = 4


@dataclass(frozen=True)
class Verdict:
    """What is said of two names.

    Attributes:
        is_same: they are one body, as far as names can tell; a person confirms.
        reason: why or why not, in Chinese, for the page that asks.
        is_near: not the same, but worth a look: one character of the brand, another form, a place less.
    """

    is_same: bool
    reason: str
    is_near: bool = False


def same_body(
    one: str,
    other: str,
    *,
    one_code: str | None = None,
    other_code: str | None = None,
) -> Verdict:
    """Whether two names are one body.

    Args:
        one, other: names as written, in either order.
        one_code, other_code: their 统一社会信用代码 where known; equal ones decide, and so do different ones.

    >>> same_body("鲁西化工", "鲁西化工集团股份有限公司").is_same
    True
    >>> same_body("聊城大学", "聊城大学东昌学院").reason
    '一个是整个单位，一个是其中的「东昌学院」。'
    >>> same_body("聊城华祥轴承有限公司", "聊城华翔轴承有限公司")
    Verdict(is_same=False, reason='字号「华祥」「华翔」同音或只差一个字，请核对。', is_near=True)
    """
    codes = _compared_code(one_code), _compared_code(other_code)
    if all(codes):
        if codes[0] == codes[1]:
            return Verdict(True, "统一社会信用代码相同。")
        return Verdict(False, "统一社会信用代码不同。")
    # In one order, so that the answer does not depend on who comes first.
    first, second = sorted((one, other))
    ours, theirs = names_of(first), names_of(second)
    verdict = _compare(ours[0], theirs[0])
    if verdict.is_same:
        return verdict
    pairs = [(ours[0], their) for their in theirs[1:]]
    pairs += [(our, theirs[0]) for our in ours[1:]]
    for our, their in pairs:
        if _compare(our, their).is_same:
            return Verdict(
                True, f"括号里的名称「{(our, their)[our is ours[0]].whole}」相同。"
            )
    return verdict


def _compared_code(code: str | None) -> str:
    folded = unicodedata.normalize("NFKC", code or "").upper()
    return re.sub(r"[\W_]", "", folded)


def _compare(one: OrganisationName, other: OrganisationName) -> Verdict:
    if not one.whole or not other.whole:
        return Verdict(False, "名称里没有文字。")
    if _is_written_alike(one, other):
        return Verdict(True, "名称相同，只是写法不同。")
    slip = _slip_verdict(one, other)
    if slip is not None:
        return slip
    if one.brand != other.brand and _core(one) != _core(other):
        return _other_brand(one, other)
    for refuse in (_refuse_part, _refuse_form, _refuse_place, _refuse_rest):
        refusal = refuse(one, other)
        if refusal is not None:
            return refusal
    return _compare_cores(one, other)


def _is_written_alike(one: OrganisationName, other: OrganisationName) -> bool:
    return (one.whole, one.locals, one.rest) == (other.whole, other.locals, other.rest)


def _core(name: OrganisationName) -> str:
    return _AND.sub("", name.core)


def _refuse_part(one: OrganisationName, other: OrganisationName) -> Verdict | None:
    if _AND.sub("", one.branch) == _AND.sub("", other.branch):
        return None
    if one.branch and other.branch:
        return Verdict(
            False, f"「{one.branch}」与「{other.branch}」不是同一个部门或分支。"
        )
    return Verdict(
        False, f"一个是整个单位，一个是其中的「{one.branch or other.branch}」。"
    )


def _refuse_form(one: OrganisationName, other: OrganisationName) -> Verdict | None:
    short, full = sorted((one, other), key=_fullness)
    # 鲁西化工: nothing is said of its form.
    if not short.kind and not short.group:
        if full.group == "控股" or full.kind in _PLACED:
            return _other_form(one, other)
        return None
    if one.group != other.group:
        return Verdict(False, "一个是集团（控股）公司，一个不是。", is_near=True)
    if not short.kind or one.form == other.form:
        return None
    kinds = {one.kind, other.kind}
    if len(kinds) == 1 and one.kind in _LENIENT:
        return None
    # 中通客车公司: 公司 is what people write for either.
    if "company" in kinds and kinds <= COMPANIES:
        return None
    return _other_form(one, other)


def _fullness(name: OrganisationName) -> tuple[bool, bool, str]:
    return bool(name.kind), bool(name.group), name.whole


def _other_form(one: OrganisationName, other: OrganisationName) -> Verdict:
    forms = [name.group + name.form or "无" for name in (one, other)]
    return Verdict(False, f"组织形式不同：「{forms[0]}」「{forms[1]}」。", is_near=True)


def _refuse_place(one: OrganisationName, other: OrganisationName) -> Verdict | None:
    ours, theirs = (
        set(one.places) | set(one.locals),
        set(other.places) | set(other.locals),
    )
    if ours == theirs:
        return None
    reason = f"所在地不同：「{_place_words(one)}」「{_place_words(other)}」。"
    # 华祥（聊城）轴承有限公司 is what 华祥 has in 聊城.
    if set(one.locals) - theirs or set(other.locals) - ours:
        return Verdict(False, reason, is_near=True)
    has_both = bool(one.locals or other.locals) and one.places != other.places
    if has_both and one.places and other.places:
        return Verdict(False, reason, is_near=True)
    is_placed = bool(_PLACED & {one.kind, other.kind})
    if is_placed and _is_other_seat(one, other):
        return Verdict(False, reason, is_near=True)
    if ours <= theirs or theirs <= ours:
        return None
    return Verdict(False, reason, is_near=True)


def _is_other_seat(one: OrganisationName, other: OrganisationName) -> bool:
    """Whether the narrowest place of two public bodies differs; where it is the brand, only what lies around it may."""
    return not one.is_place and one.places[-1:] != other.places[-1:]


def _place_words(name: OrganisationName) -> str:
    return "".join((*name.places, *name.locals)) or "未写"


def _refuse_rest(one: OrganisationName, other: OrganisationName) -> Verdict | None:
    if set(one.rest) == set(other.rest):
        return None
    words = "、".join((*one.rest, *other.rest))
    return Verdict(False, f"括号里的「{words}」只有一方有。", is_near=True)


def _compare_cores(one: OrganisationName, other: OrganisationName) -> Verdict:
    if _core(one) == _core(other):
        return Verdict(True, "字号、行业、组织形式和所在地都不矛盾。")
    short, full = sorted((one, other), key=lambda name: len(_core(name)))
    left_out = _trades_left_out(short, full)
    if left_out is None or short.kind or short.branch:
        return Verdict(
            False,
            f"字号相同，行业不同：「{''.join(one.trades)}」「{''.join(other.trades)}」。",
            is_near=not short.kind,
        )
    # 华祥轴承 for 华祥轴承制造有限公司, 阳谷祥光 for 阳谷祥光铜业有限公司.
    is_general = _GENERAL.issuperset(left_out)
    names_itself = bool(short.trades) or len(short.core) >= LONG_BRAND
    if not short.group and is_general and names_itself:
        return Verdict(True, f"「{short.whole}」是「{full.whole}」的简称。")
    has_place = bool(set(short.places) & set(full.places))
    if not short.group and not short.trades and has_place:
        return Verdict(True, f"「{short.whole}」是「{full.whole}」的简称。")
    return Verdict(
        False, f"「{short.whole}」可能是「{full.whole}」的简称，请核对。", is_near=True
    )


def _trades_left_out(
    short: OrganisationName, full: OrganisationName
) -> tuple[str, ...] | None:
    """The trades at the end of a full name that a short one lacks; None where they differ otherwise."""
    core = full.brand
    for index in range(len(full.trades) + 1):
        if core == short.core:
            return full.trades[index:]
        core += "".join(full.trades[index : index + 1])
    return None


def _other_brand(one: OrganisationName, other: OrganisationName) -> Verdict:
    return Verdict(False, f"字号不同：「{one.brand}」「{other.brand}」。")


def _segments(name: OrganisationName) -> str:
    """A letter for each character of `_line`: whether it stands in a word that is known (k) or in the brand (b)."""
    known = "".join(name.places)
    brand = "b" * len(name.brand)
    if name.is_place:
        brand = "k" * len(name.brand)
    after = "".join(name.trades) + name.group + _form_word(name) + name.branch
    return "k" * len(known) + brand + "k" * len(after)


def _form_word(name: OrganisationName) -> str:
    return "有限公司" if name.kind == "limited" else name.form


def _line(name: OrganisationName) -> str:
    return "".join(
        (
            *name.places,
            name.brand,
            *name.trades,
            name.group,
            _form_word(name),
            name.branch,
        )
    )


def _slip_verdict(one: OrganisationName, other: OrganisationName) -> Verdict | None:
    """What is said of two names that differ by one slip of the keyboard; None where they do not."""
    ours, theirs = _line(one), _line(other)
    if ours == theirs or one.locals != other.locals or one.rest != other.rest:
        return None
    span = _slip_span(ours, theirs)
    if span is None:
        return None
    begin, end = span
    roles = [_segments(name)[begin:end] for name in (one, other)]
    # Two known words that differ are two words: 机械 and 机电, 聊城 and 临清.
    if "b" not in roles[0] + roles[1]:
        return None
    # A character of a known word that the other name has wrong: 轴承 and 轴成, 聊城 and 聊成.
    if "b" not in roles[0] or "b" not in roles[1]:
        right, wrong = (one, other) if "b" not in roles[0] else (other, one)
        if _keeps_brand(right, wrong, begin):
            return Verdict(True, f"「{_line(wrong)}」像是「{_line(right)}」的笔误。")
    brands = f"「{one.brand}」「{other.brand}」"
    return Verdict(False, f"字号{brands}同音或只差一个字，请核对。", is_near=True)


def _keeps_brand(right: OrganisationName, wrong: OrganisationName, begin: int) -> bool:
    """Whether the brand stands in both names, the slip aside: where it is a place, there is none that would."""
    return len(right.brand) > 1 and right.brand in _line(wrong) or right.is_place


def _slip_span(ours: str, theirs: str) -> tuple[int, int] | None:
    """Where two lines of equal length differ by a character of the same sound or two in the wrong order."""
    if len(ours) != len(theirs):
        return None
    wrong = [i for i in range(len(ours)) if ours[i] != theirs[i]]
    if len(wrong) == 1 and sound_alike(ours[wrong[0]], theirs[wrong[0]]):
        return wrong[0], wrong[0] + 1
    if len(wrong) == 2 and wrong[1] - wrong[0] == 1:
        first, second = wrong
        if ours[first] == theirs[second] and ours[second] == theirs[first]:
            return first, second + 1
    return None
