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
from marketplace.parsing.name_words import COMPANIES, Endings
from marketplace.parsing.organisation_names import (
    OrganisationName,
    names_of,
)
from marketplace.parsing.place_names import place_by_sound
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
_GENERAL = Endings(WORDS["general"])
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
    if _is_place_only(one) or _is_place_only(other):
        return Verdict(False, "只写了地名，看不出是哪个单位。")
    if one.brand != other.brand and _core(one) != _core(other):
        return _other_brand(one, other)
    for refuse in (_refuse_part, _refuse_form, _refuse_place, _refuse_rest):
        refusal = refuse(one, other)
        if refusal is not None:
            return refusal
    return _compare_cores(one, other)


def _is_written_alike(one: OrganisationName, other: OrganisationName) -> bool:
    return (one.whole, one.locals, one.rest) == (other.whole, other.locals, other.rest)


def _is_place_only(name: OrganisationName) -> bool:
    """Whether nothing but a place is written: 山东阳谷 is no short name of 山东阳谷电缆集团."""
    return name.is_place and not (name.trades or name.kind or name.group)


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
        return Verdict(False, "一个是集团（控股）公司，一个不是。", True)
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
    forms = [name.group + name.form for name in (one, other)]
    return Verdict(False, f"组织形式不同：{_quoted(*forms)}。", True)


def _refuse_place(one: OrganisationName, other: OrganisationName) -> Verdict | None:
    if _places_agree(one, other):
        return None
    places = ["".join((*name.places, *name.locals)) for name in (one, other)]
    return Verdict(False, f"所在地不同：{_quoted(*places)}。", True)


def _places_agree(one: OrganisationName, other: OrganisationName) -> bool:
    ours, theirs = (*one.places, *one.locals), (*other.places, *other.locals)
    if set(ours) == set(theirs):
        return True
    # 华祥（聊城）轴承有限公司 is what 华祥 has in 聊城, and what 山东华祥 has there is not 聊城华祥.
    if not set(one.locals) <= set(theirs) or not set(other.locals) <= set(ours):
        return False
    if (one.locals or other.locals) and one.places and other.places:
        return False
    # Of a public body the narrowest place says which it is, unless that is its brand.
    if _PLACED & {one.kind, other.kind} and not one.is_place:
        return ours[-1:] == theirs[-1:]
    # One may leave its place out, or say where in the other's place it sits: 茌平, 聊城市茌平区, 山东省茌平县.
    return not ours or not theirs or ours[-1] in theirs or theirs[-1] in ours


def _quoted(*words: str) -> str:
    return "".join(f"「{word or '未写'}」" for word in words)


def _refuse_rest(one: OrganisationName, other: OrganisationName) -> Verdict | None:
    if set(one.rest) == set(other.rest):
        return None
    words = "、".join((*one.rest, *other.rest))
    return Verdict(False, f"括号里的「{words}」只有一方有。", True)


def _compare_cores(one: OrganisationName, other: OrganisationName) -> Verdict:
    if _core(one) == _core(other):
        return Verdict(True, "字号、行业、组织形式和所在地都不矛盾。")
    short, full = sorted((one, other), key=lambda name: len(name.core))
    is_short = not short.kind and not short.group
    if not is_short or not full.core.startswith(short.core):
        trades = ["".join(name.trades) for name in (one, other)]
        return Verdict(False, f"字号相同，行业不同：{_quoted(*trades)}。", is_short)
    reason = f"「{short.whole}」是「{full.whole}」的简称"
    # 华祥轴承 for 华祥轴承制造有限公司; 华祥轴承物流 is another firm.
    names_itself = short.core != full.brand or len(short.core) >= LONG_BRAND
    if names_itself and _is_general(full.core.removeprefix(short.core)):
        return Verdict(True, f"{reason}。")
    # 阳谷祥光 for 阳谷祥光铜业有限公司.
    if short.core == full.brand and set(short.places) & set(full.places):
        return Verdict(True, f"{reason}。")
    return Verdict(False, f"可能{reason}，请核对。", True)


def _is_general(words: str) -> bool:
    """Whether a text is made of words that short names leave out: 制造, 科技发展."""
    while words:
        word = _GENERAL.of(words)
        if not word:
            return False
        words = words.removesuffix(word)
    return True


def _other_brand(one: OrganisationName, other: OrganisationName) -> Verdict:
    brands = _quoted(one.brand, other.brand)
    short, full = sorted((one, other), key=lambda name: len(name.brand))
    # 雪檐 for 雪檐冰雪运动: the list of trades may lack a word.
    is_short = not short.kind and not short.trades and not short.group
    if is_short and len(short.brand) > 1 and full.brand.startswith(short.brand):
        return Verdict(False, f"字号{brands}，一个可能是另一个的简称，请核对。", True)
    is_alike = one.branch == other.branch and one.trades == other.trades != ()
    if is_alike and len(full.brand) > 2 and _is_one_edit(one.brand, other.brand):
        return Verdict(False, f"字号{brands}只差一个字，请核对。", True)
    return Verdict(False, f"字号不同：{brands}。")


def _is_one_edit(one: str, other: str) -> bool:
    """Whether two words differ by one character wrong, missing or too much."""
    short, full = sorted((one, other), key=len)
    if len(short) == len(full):
        return sum(a != b for a, b in zip(short, full, strict=True)) == 1
    if len(full) - len(short) > 1:
        return False
    return any(full[:i] + full[i + 1 :] == short for i in range(len(full)))


def _parts(name: OrganisationName) -> list[tuple[str, str]]:
    """The parts of a name in their order, each with where it stands: p(lace), b(rand), w(ord that is known)."""
    form = "有限公司" if name.kind == "limited" else name.form
    parts = [(place, "p") for place in name.places]
    parts.append((name.brand, "p" if name.is_place else "b"))
    parts += [(word, "w") for word in (*name.trades, name.group, form, name.branch)]
    return parts


def _line(name: OrganisationName) -> str:
    return "".join(text for text, _ in _parts(name))


def _part_at(name: OrganisationName, index: int) -> tuple[int, str, str]:
    """Where the part at a character of `_line` begins, the part, and what it is."""
    begin = 0
    for text, sign in _parts(name):
        if index < begin + len(text):
            return begin, text, sign
        begin += len(text)
    raise IndexError(index)


def _slip_verdict(one: OrganisationName, other: OrganisationName) -> Verdict | None:
    """What is said of two names that differ by one slip of the keyboard; None where they do not."""
    if one.locals != other.locals or one.rest != other.rest:
        return None
    index = _slip_index(_line(one), _line(other))
    if index is None:
        return None
    signs = [_part_at(name, index)[2] for name in (one, other)]
    # Two known words that differ are two words: 机械 and 机电, 聊城 and 临清.
    if "b" not in signs:
        return None
    right, wrong = one, other
    if signs[0] == "b":
        right, wrong = other, one
    if signs != ["b", "b"] and _is_plain_slip(right, wrong, index):
        return Verdict(True, f"「{wrong.whole}」像是「{right.whole}」的笔误。")
    brands = _quoted(one.brand, other.brand)
    return Verdict(False, f"字号{brands}同音或只差一个字，请核对。", True)


def _is_plain_slip(right: OrganisationName, wrong: OrganisationName, at: int) -> bool:
    """Whether a slip leaves no doubt: 聊成 for 聊城, 轴成 for 轴承; but 竹业 for 铸业 may be another trade."""
    begin, word, sign = _part_at(right, at)
    written = _line(wrong)[begin : begin + len(word)]
    if sign == "p" and place_by_sound(written) is None:
        return False
    is_of_two = len(word) == 2 and word.endswith("业")
    return not is_of_two and (right.is_place or right.brand in _line(wrong))


def _slip_index(ours: str, theirs: str) -> int | None:
    """Where two lines differ by a character of the same sound, two in the wrong order, or one written twice."""
    if len(ours) != len(theirs):
        return _index_of_double(*sorted((ours, theirs), key=len))
    wrong = [i for i in range(len(ours)) if ours[i] != theirs[i]]
    if len(wrong) == 1 and sound_alike(ours[wrong[0]], theirs[wrong[0]]):
        return wrong[0]
    if len(wrong) == 2 and wrong[1] - wrong[0] == 1:
        first, second = wrong
        if ours[first] == theirs[second] and ours[second] == theirs[first]:
            return first
    return None


def _index_of_double(short: str, full: str) -> int | None:
    """Where the longer line has a character twice that the other has once: 轴承承."""
    if len(full) - len(short) != 1:
        return None
    for index in range(1, len(full)):
        is_double = full[index] == full[index - 1]
        if is_double and full[:index] + full[index + 1 :] == short:
            return index - 1
    return None
