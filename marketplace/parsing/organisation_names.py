"""Names of organisations taken apart: places, brand, trades, legal form, branch, and what their brackets say.

Whether two names are one body is decided in `same_bodies.py`; where a text names one in `listings/naming.py`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache, lru_cache

from marketplace.parsing.name_brackets import WORDS, Written, read_brackets
from marketplace.parsing.name_words import (
    BRANCHES,
    COMPANIES,
    FORM_ENDINGS,
    FORMS,
    GROUPS,
    PARTS,
    TRADES,
    full_name,
    without_front,
)
from marketplace.parsing.organisations import MIN_BRAND
from marketplace.parsing.place_names import (
    Place,
    is_place_name,
    place_at_end,
    place_by_sound,
    take_places,
)
from marketplace.parsing.sounds import sounds_of

KEY_CHARACTERS = 2  # of the brand: what a database of names is narrowed by
# Behind these whatever follows is a part of the body, or another body that is named after it: 聊城大学东昌学院.
_HEADS = re.compile(
    "|".join(
        sorted(
            (
                *WORDS["limited"],
                *WORDS["stock"][:-1],
                r"(?<![分子])公司",
                "总公司",
                "大学(?![生城路])",
                *WORDS["academies"],
                *WORDS["unions"],
                *WORDS["cooperatives"],
                "合伙企业(?!有限|普通|特殊)",
            ),
            key=len,
            reverse=True,
        )
    )
)
# Behind these only what ends like a part: 时风集团技术中心, but not 华祥轴承厂房租赁.
_WEAK_HEADS = re.compile(
    "集团|总厂|厂|医院|学院|设计院|研究总院|研究院|研究所|银行|学校|协会|商会|总会|监测站|信用社|联合社"
)
_FORM_START = re.compile("有限|股份|责任|集团|控股|公司|总公司|总厂|路|科技有限")
_ORDINAL_END = re.compile(r"第\d+$")
_CAMPUS = frozenset({"", "校区", "分校", "校园", "分部"})
# What slips of the keyboard make of the three commonest forms; a name that ends with none of the forms is held to them.
_LONG_FORMS = ("有限责任公司", "股份有限公司", "有限公司")


@dataclass(frozen=True)
class OrganisationName:
    """The parts of a name, folded.

    Attributes:
        whole: letters and figures of the name, without brackets that say something of it.
        places: at its beginning or behind it, the widest first: 山东, 聊城.
        locals: the place in brackets inside it; tells the firm of a group that sits there: 华祥（聊城）有限公司.
        brand: what stands before trades and form; a place where nothing else does (聊城大学, 东阿阿胶).
        is_place: whether the brand is such a place.
        trades: the words after it, in their order.
        form: the legal form as written, "" for a short name; kind: which list of forms it is of.
        group: 集团 or 控股 where the name has it.
        branch: the part that is meant, "" for the body itself: 临清分公司, 东昌学院.
        former, aliases: other names of the body in brackets, as written.
        rest: brackets that are none of these, folded.
    """

    whole: str
    places: tuple[str, ...] = ()
    locals: tuple[str, ...] = ()
    brand: str = ""
    is_place: bool = False
    trades: tuple[str, ...] = ()
    form: str = ""
    kind: str = ""
    group: str = ""
    branch: str = ""
    former: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()

    @property
    def core(self) -> str:
        """Brand and trades: what the body is called between place and form."""
        return self.brand + "".join(self.trades)


@lru_cache(20_000)
def split_name(name: str) -> OrganisationName:
    """Take the name of an organisation apart.

    Args:
        name: as written, with labels, brackets, former names and branches as they come.

    >>> split_name("山东省聊城市鑫达精密轴承有限责任公司（原名：聊城轴承二厂）").brand
    '鑫达'
    >>> split_name("鑫达（聊城）轴承有限公司").locals
    ('聊城',)
    >>> split_name("山东时风（集团）有限责任公司临清第二分公司").branch
    '临清第2分公司'
    >>> split_name("聊城大学东昌学院").branch
    '东昌学院'
    """
    written = read_brackets(name)
    return _split_written(written)


def names_of(name: str) -> tuple[OrganisationName, ...]:
    """A name taken apart, and each former or short name that its brackets give; the name itself first."""
    first = split_name(name)
    others = [split_name(other) for other in (*first.aliases, *first.former)]
    return (first, *others)


def brand_of(name: str) -> str:
    """The brand that is left when places, trades, form and branch are stripped.

    >>> brand_of("聊城市鑫达精密轴承有限公司")
    '鑫达'
    >>> brand_of("聊城大学"), brand_of("东阿阿胶股份有限公司")
    ('聊城', '东阿')
    """
    return split_name(name).brand


def candidate_key(name: str) -> str:
    """What a database of names is narrowed by: how the brand begins, by its sound; of a part also how the part begins.

    A place alone would be the brand of hundreds, so one more character counts behind it: 聊城大 is not 聊城轴.

    >>> candidate_key("聊城鑫达轴承有限公司") == candidate_key("山东新达轴承厂")
    True
    >>> candidate_key("聊城大学"), candidate_key("聊城市人民医院东院区")
    ('liao cheng da', 'liao cheng ren / dong yuan')
    """
    return next(iter(candidate_keys(name)), "")


def candidate_keys(name: str) -> tuple[str, ...]:
    """The keys of a name and of the former and short names in its brackets, each once.

    Names that `same_body` calls one share at least one of them; so do those it proposes for their sound.
    """
    keys: list[str] = []
    for parts in names_of(name):
        part = ""
        if parts.branch:
            part = f" / {sounds_of(parts.branch[:KEY_CHARACTERS])}"
        keys.extend(f"{beginning}{part}" for beginning in _beginnings_of(parts))
    return tuple(dict.fromkeys(key for key in keys if key))


def _beginnings_of(parts: OrganisationName) -> list[str]:
    """How the brand begins, by its sound, in each way that a slip may have hidden."""
    brand = (parts.core or parts.whole)[:KEY_CHARACTERS]
    sound = sounds_of(brand)
    form = ""
    if parts.kind not in COMPANIES:
        form = parts.form
    after = "".join((*parts.trades, parts.group, form))[:1]
    beginnings = []
    if not parts.is_place:
        beginnings.append(sound)
    # 聊成大学 is 聊城大学; and 金华 is a brand in 聊城金华机械, a place in 金华机械.
    if parts.is_place or is_place_name(parts.brand) or place_by_sound(parts.brand):
        beginnings.append(f"{sound} {sounds_of(after)}".strip())
    # 聊成鑫达轴承: a slip in the place hides the brand.
    if len(parts.brand) > 3 and place_by_sound(brand):
        beginnings.append(sounds_of(parts.brand[2 : 2 + KEY_CHARACTERS]))
    # 阳谷电览: a slip in the trade makes it the brand where the place was.
    if parts.places and sounds_of(parts.brand) in _trade_sounds():
        place = parts.places[-1][:KEY_CHARACTERS]
        beginnings.append(sounds_of(place + parts.brand[0]))
    return beginnings


@cache
def _trade_sounds() -> frozenset[str]:
    return frozenset(map(sounds_of, TRADES.words | set(FORMS)))


def _split_written(written: Written) -> OrganisationName:
    whole = _without_once(without_front(full_name(written.inline)))
    places, body = take_places(whole)
    body = without_front(body)
    head, tail = _split_branch(body)
    stem, form = _split_form(head)
    stem, inner = _split_inner_place(stem, form)
    stem, group = _split_group(stem, form)
    brand, trades = _split_trades(stem)
    front = [*written.seats, *places]
    is_place = not brand and bool(front)
    if is_place:
        brand = front.pop().name
    elif not brand and trades:
        brand, trades = trades[0], trades[1:]
    kind = FORMS.get(form, "")
    return OrganisationName(
        whole=whole,
        places=_names(front),
        locals=_names([*written.locals, *inner]),
        brand=brand,
        is_place=is_place,
        trades=trades,
        form=form,
        kind=kind,
        group=group,
        branch=_compared_branch(tail, kind),
        former=tuple(written.former),
        aliases=tuple(written.aliases),
        rest=tuple(written.rest),
    )


def _without_once(name: str) -> str:
    """A name without 原 (once) before its place: 原聊城轴承厂, but not 原野轴承厂."""
    later = name.removeprefix("原")
    if later != name and take_places(later)[0]:
        return later
    return name


def _names(places: Collection[Place]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(place.name for place in places))


def _split_branch(body: str) -> tuple[str, str]:
    """The name of a body without its places → the body, and the part of it that is meant."""
    match = _HEADS.search(body)
    while match and match.end() < len(body):
        tail = body[match.end() :]
        if not _FORM_START.match(tail):
            return body[: match.end()], tail
        match = _HEADS.search(body, match.end())
    for match in _WEAK_HEADS.finditer(body):
        tail = body[match.end() :]
        # 医院管理有限公司 is a firm of its own, and so is 集团（聊城）有限公司.
        form = _split_form(tail)[1] or tail
        is_firm = FORMS.get(form) in COMPANIES and not BRANCHES.of(tail)
        if PARTS.of(tail) and not is_firm:
            return body[: match.end()], tail
    branch = BRANCHES.of(body)
    if branch:
        head = body.removesuffix(branch)
        head = _ORDINAL_END.sub("", head)
        place = place_at_end(head)
        if place:
            head = head.removesuffix(place.spelling)
        return head, body.removeprefix(head)
    return body, ""


def _compared_branch(tail: str, kind: str) -> str:
    """A part of a body as it is compared: 聊城市分公司 and 聊城分公司 are one, 威海 and 威海校区 too."""
    if not tail:
        return ""
    places, rest = take_places(tail)
    # 东昌学院 begins with no place; 高新区 alone is one.
    name = places[-1].name if places else ""
    stem, form = _split_form(rest)
    if FORMS.get(form) == "limited":
        rest = f"{stem}有限公司"
    # 中科院过程所 is how the 研究所 of an academy are called.
    if kind == "academies" and rest.endswith("所") and not rest.endswith("研究所"):
        rest = rest.removesuffix("所") + "研究所"
    if kind in ("universities", "colleges") and name and rest in _CAMPUS:
        rest = "校区"
    return name + rest


def _split_form(head: str) -> tuple[str, str]:
    """A body's name without its legal form, and the form; slips of the keyboard in the commonest ones are mended."""
    exact = next((form for form in _LONG_FORMS if head.endswith(form)), "")
    if exact and head != exact:
        # 股份有限公司 with a slip before 有限公司 stands among the forms.
        form = FORM_ENDINGS.of(head)
        # 有限有限公司
        return head.removesuffix(form).removesuffix("有限"), form
    # 有限公司公司
    again = next((form for form in _LONG_FORMS if head.endswith(f"{form}公司")), "")
    if again:
        return head.removesuffix(f"{again}公司"), again
    for form in _LONG_FORMS:
        for length in (len(form), len(form) - 1, len(form) + 1):
            ending = head[-length:]
            is_slip = len(head) - length >= MIN_BRAND and _is_slip_of(ending, form)
            if is_slip:
                return head[:-length], form
    form = FORM_ENDINGS.of(head)
    # 某某事务所普通合伙: what stands before is the form.
    if FORMS.get(form) == "partnerships":
        before = FORM_ENDINGS.of(head.removesuffix(form))
        if before:
            head, form = head.removesuffix(form), before
    if form and (len(head) > len(form) or FORMS[form] not in COMPANIES):
        return head.removesuffix(form), form
    return head, ""


def _is_slip_of(text: str, form: str) -> bool:
    """Whether a text is a long form with one character wrong, missing, doubled, or two in the wrong order."""
    # 有色公司 is no 有限公司.
    if text == form or text in FORMS or text[:-2] in TRADES.words:
        return False
    if len(text) == len(form):
        wrong = [i for i in range(len(form)) if text[i] != form[i]]
        if len(wrong) == 2 and wrong[1] - wrong[0] == 1:
            first, second = wrong
            return text[first] == form[second] and text[second] == form[first]
        return len(wrong) == 1
    longer, shorter = sorted((text, form), key=len, reverse=True)
    return any(longer[:i] + longer[i + 1 :] == shorter for i in range(len(longer)))


def _split_group(stem: str, form: str) -> tuple[str, str]:
    """A name without 集团 or 控股 at its end, and which of them it had."""
    kind = FORMS.get(form, "")
    if kind and kind not in COMPANIES:
        return stem, ""
    for group, words in GROUPS.items():
        word = words.of(stem)
        if word and stem != word:
            return stem.removesuffix(word), group
    return stem, ""


def _split_inner_place(stem: str, form: str) -> tuple[str, tuple[Place, ...]]:
    """A firm's name without a place before its form, and the place: 国药健康聊城有限公司 is one of several."""
    place = place_at_end(stem)
    if place is None or FORMS.get(form) not in COMPANIES:
        return stem, ()
    left = stem.removesuffix(place.spelling)
    if len(left) <= MIN_BRAND or place.level == 0:
        return stem, ()
    return left, (place,)


def _split_trades(stem: str) -> tuple[str, tuple[str, ...]]:
    """What stands before the trades at the end of a name, "" where there are only trades; and the trades."""
    trades: list[str] = []
    rest = stem
    while rest:
        ordinal = _ORDINAL_END.search(rest)
        trade = ordinal[0] if ordinal else TRADES.of(rest)
        # 激光与光电检测: what joins two trades.
        if not trade and trades and rest[-1] in "与和及" and TRADES.of(rest[:-1]):
            trade = rest[-1]
        # One character is a part of the word behind it: 鑫轴承.
        if not trade or len(rest) - len(trade) == 1:
            break
        trades.insert(0, trade)
        rest = rest.removesuffix(trade)
    return rest, tuple(trades)
