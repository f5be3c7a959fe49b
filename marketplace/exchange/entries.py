"""From the cells of one row to the values of a listing and the organisation that holds it.

How one cell is understood is in `marketplace.parsing`; finding and writing rows of the database stands in `rules.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from marketplace.accounts.models import key_of
from marketplace.clock import today
from marketplace.exchange.vocabularies import CLOSED, Vocabulary
from marketplace.listings import terms
from marketplace.listings.models import LISTINGS
from marketplace.parsing import ParseError
from marketplace.parsing.days import read_day
from marketplace.parsing.numbers import read_ip_number
from marketplace.parsing.text import TEXT_MOST

SECRET_MARK = re.compile(
    r"(秘密|机密|绝密)\s*★"
)  # how 国家秘密 is marked on paper (保守国家秘密法实施条例)
KEYWORDS_KEPT = 5  # what a public listing may have


@dataclass(frozen=True)
class Holder:
    """The organisation a row names: what is needed to find or add it."""

    name: str
    key: str
    uscc: str | None
    kind: str
    district: str | None


Complain = Callable[[str, ParseError], None]
Remark = Callable[[str, str], None]


def holder(found: Mapping[str, Any]) -> Holder:
    """The organisation of a row; `found` has `lead` or `organisations`."""
    named = found.get("lead") or found["organisations"]
    name = named[0] if isinstance(named, list) else named
    kind = found.get("organisation_kind") or guessed_kind(name)
    return Holder(name, key_of(name), found.get("uscc"), kind, found.get("district"))


def guessed_kind(name: str) -> str:
    """The kind of an organisation that its name tells."""
    bare = re.sub(r"[（(][^（()）]*[)）]$", "", name.strip())
    if re.search(r"公司|集团|厂$|合作社", bare):
        return "firm"
    if re.search(r"大学|(?<!科)学院", bare):
        return "university"
    return "institute" if re.search(r"研究|([院所]|中心|实验室)$", bare) else "firm"


def values(
    kind: str, found: Mapping[str, Any], complain: Complain, remark: Remark
) -> dict[str, Any]:
    """The values of a listing from what the cells of its row say; what a row does not say is left out.

    Args:
        kind: `achievement` or `demand`.
        found: column key → value read, without the empty ones.
        complain: told the key and the error of what does not fit together.
        remark: told the key and, in Chinese, what was done with a cell that a reader would not expect.
    """
    parts = {
        "lead",
        "organisations",
        "uscc",
        "organisation_kind",
        "district",
        "period",
        "metrics",
        "price",
        "years",
    }
    given = {
        key: value
        for key, value in found.items()
        if key not in parts and not key.startswith("ip_")
    }
    table = LISTINGS[kind].__table__.c
    if (words := given.get("keywords")) and len(words) > KEYWORDS_KEPT:
        remark("keywords", f"有 {len(words)} 个关键词，取了前 {KEYWORDS_KEPT} 个。")
        given["keywords"] = words[:KEYWORDS_KEPT]
    if "metrics" in found:
        rows, rest = found["metrics"]
        if rows:
            given["metrics"] = rows
        if rest:
            place, label = (
                ("baseline", "对比优势")
                if kind == "achievement"
                else ("key_technology", "技术关键")
            )
            given[place] = "；".join(
                [*([given[place]] if place in given else []), *rest]
            )
            shown = rest[0] if len(rest[0]) <= 30 else f"{rest[0][:30]}…"
            count = f"等 {len(rest)} 处" if len(rest) > 1 else ""
            remark("metrics", f"「{shown}」{count}没有可比较的数字，并入了{label}。")
            most = getattr(table[place].type, "length", None) or TEXT_MOST
            if len(given[place]) > most:
                allowed = f"{label}连同指标里的文字最多 {most} 字；请把数字写成「名称 比较符 数值 单位」。"
                complain(
                    "metrics", ParseError("没有数字的内容太长，放不进去。", allowed)
                )
    _achievement_values(
        given, found, complain
    ) if kind == "achievement" else _demand_values(given, found, remark)
    return given


def _achievement_values(
    given: dict[str, Any], found: Mapping[str, Any], complain: Complain
) -> None:
    names = found.get("organisations") or []
    if len(names) > 1 or (
        names and found.get("lead") and key_of(names[0]) != key_of(found["lead"])
    ):
        given["co_owners"] = [{"name": name} for name in names]
    if "stage" in found:
        given["stage"], level = found["stage"]
        if level is not None:
            given.setdefault("trl", level)
    if "period" in found:
        start, end = found["period"]
        if max(start, end or start) > f"{today():%Y-%m}":
            complain(
                "period",
                ParseError(
                    "研究起止不能在将来。", "填已经发生的年月；还没结束就写 至今。"
                ),
            )
        given |= {"rd_start": start} | ({"rd_end": end} if end else {})
    if sum(person.get("share", 0) for person in given.get("contributors", ())) > 100:
        complain(
            "contributors",
            ParseError("各人的贡献比例加起来超过 100%。", "核对括号里的百分比。"),
        )
    _price_values(given, found, complain)
    if any(key.startswith("ip_") for key in found):
        given["ips"] = _ips(found, complain)


def _price_values(
    given: dict[str, Any], found: Mapping[str, Any], complain: Complain
) -> None:
    if "price" not in found:
        if given.get("price_mode") == "negotiable":
            given |= {"price_min": None, "price_max": None}
        return
    low, high = found["price"]
    mode = given.get("price_mode")
    fitting = "negotiable" if low is None else "fixed" if low == high else "range"
    if mode not in (None, fitting) and (mode, fitting) != ("appraised", "fixed"):
        said, meant = terms.PRICE_MODES[mode], terms.PRICE_MODES[fitting]
        message = f"定价方式写的是「{said}」，价格却是「{meant}」。"
        complain("price", ParseError(message, "两列改成一致，或把定价方式留空。"))
    given |= {
        "price_mode": mode or fitting,
        "price_min": low,
        "price_max": high if fitting == "range" else None,
    }


def _demand_values(
    given: dict[str, Any], found: Mapping[str, Any], remark: Remark
) -> None:
    if "need" not in given and "demand_type" in given:
        given["need"] = {"talent": "talent", "financing": "capital"}.get(
            given["demand_type"], "technology"
        )
    if "budget" in found:
        low, high = found["budget"]
        given |= {"budget": high, "budget_negotiable": high is None}
        if low != high:
            remark("budget", f"写的是一个区间，按上限 {high.normalize():f} 万元记录。")
    if "years" in found:
        given["start_year"], given["end_year"] = found["years"]


# Column of a right → name of the value, whether one item stands for all, header.
_IP_PARTS = {
    "ip_types": ("ip_type", True, "知识产权类型"),
    "ip_numbers": ("number", False, "专利号/登记号"),
    "ip_names": ("name", False, "知识产权名称"),
    "ip_owners": ("owners", True, "权利人"),
    "ip_applied": ("applied_on", False, "申请日"),
    "ip_granted": ("granted_on", False, "授权日"),
    "ip_statuses": ("legal_status", True, "法律状态"),
}
_IP_LENGTHS = {"number": 30, "name": 200, "owners": 300}
_TYPES = Vocabulary(*CLOSED["ip_type"])
_STATUSES = Vocabulary(*CLOSED["legal_status"])


def _ips(found: Mapping[str, Any], complain: Complain) -> list[dict[str, Any]]:
    """The rights of a row from columns whose items stand in the same order."""
    given = {key: found[key] for key in _IP_PARTS if key in found}
    count = max(map(len, given.values()))
    for key, items in given.items():
        if len(items) != count and not (len(items) == 1 and _IP_PARTS[key][1]):
            most = max(given, key=lambda other: len(given[other]))
            message = f"{_IP_PARTS[key][2]}有 {len(items)} 项，{_IP_PARTS[most][2]}有 {count} 项，对不上。"
            complain(
                key,
                ParseError(
                    message, "几列的项数和顺序要一致，用「；」分开；没有的一项写「—」。"
                ),
            )
            return []
    rights = []
    for place in range(count):
        right: dict[str, Any] = {}
        for key, items in given.items():
            if item := items[place] if len(items) == count else items[0]:
                try:
                    right[_IP_PARTS[key][0]] = _ip_part(_IP_PARTS[key][0], item)
                except ParseError as error:
                    complain(key, error)
        _number_right(right, complain)
        if (
            right.get("granted_on")
            and right.get("applied_on")
            and right["granted_on"] < right["applied_on"]
        ):
            complain(
                "ip_granted", ParseError("授权日早于申请日。", "核对两列日期的顺序。")
            )
        if right and "ip_type" not in right:
            message = f"第 {place + 1} 项知识产权没有写类型。"
            complain(
                "ip_types" if "ip_types" in given else next(iter(given)),
                ParseError(message, _TYPES.allowed()),
            )
        if right:
            rights.append(right)
    return rights


def _ip_part(name: str, item: str) -> Any:
    if name == "ip_type":
        return _TYPES.one(item)
    if name == "legal_status":
        return _STATUSES.one(item)
    if name in ("applied_on", "granted_on"):
        return read_day(item)
    if len(item) > _IP_LENGTHS[name]:
        raise ParseError(
            f"「{item[:20]}…」太长。",
            f"最多 {_IP_LENGTHS[name]} 字；几项之间用「；」分开。",
        )
    return item


def _number_right(right: dict[str, Any], complain: Complain) -> None:
    """Check the number of a right and learn its type from it where that is not written."""
    if "number" not in right:
        return
    try:
        right["number"], told = read_ip_number(right["number"], right.get("ip_type"))
    except ParseError as error:
        complain("ip_numbers", error)
        return
    known = right.setdefault("ip_type", told) if told else right.get("ip_type")
    if told and known != told:
        said, meant = terms.IP_TYPES[known], terms.IP_TYPES[told]
        message = f"「{right['number']}」是{meant}的号，类型写的是{said}。"
        complain("ip_numbers", ParseError(message, "核对类型和编号的顺序。"))


def is_secret(row: Iterable[Any]) -> bool:
    """Whether a cell of the row bears the mark of 国家秘密."""
    return any(
        isinstance(cell, str) and "★" in cell and SECRET_MARK.search(cell)
        for cell in row
    )
