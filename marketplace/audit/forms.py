"""The filters of the auditor's page as they stand in an address, with what is wrong in them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from marketplace.audit.queries import Filters, find_actors
from marketplace.parsing import ParseError
from marketplace.parsing.days import read_single_day
from marketplace.parsing.text import half_width

MAX_NUMBER = 10**9
MAX_TEXT = 80  # characters


@dataclass(frozen=True)
class FilterForm:
    """The filters of an address.

    Attributes:
        filters: what narrows the list; what could not be read narrows nothing.
        page: number of the page, from 1.
        typed: name → what was typed, as the form shows it again.
        problems: name → what is wrong and what to do.
    """

    filters: Filters
    page: int
    typed: Mapping[str, str]
    problems: Mapping[str, str]


def read_filters(args: Mapping[str, str]) -> FilterForm:
    """Read the filters of an address; what is wrong is said, and narrows nothing."""
    problems: dict[str, str] = {}
    typed = {
        name: args.get(name, "").strip()[:MAX_TEXT]
        for name in ("person", "deed", "kind", "thing", "since", "until")
    }
    person = _person(typed["person"], problems)
    since = _day(typed, "since", problems)
    until = _day(typed, "until", problems)
    if since and until and since > until:
        problems["until"] = "结束日期早于开始日期，请对调。"
    filters = Filters(
        person, typed["deed"], typed["kind"], typed["thing"], since, until
    )
    return FilterForm(filters, _number(args.get("page", "")) or 1, typed, problems)


def _person(text: str, problems: dict[str, str]) -> int | None:
    """Id of the person of a number, a name or an address; None, with what is wrong, where there is not one."""
    # A number first, for nobody's name is one.
    number = _number(text)
    if number is not None or not text:
        return number  # of somebody who closed their account there is the number only
    found = find_actors(text)
    if len(found) == 1:
        return found[0]
    if found:
        numbers = "、".join(map(str, found))
        problems["person"] = f"有 {len(found)} 位，请写编号：{numbers}。"
    else:
        problems["person"] = "没有这个人。请写姓名、邮箱的全部，或人员编号，例如 12。"
    return None


def _number(text: str) -> int | None:
    """A number from 1 on; None where there is none. Full-width digits are understood."""
    text = half_width(text)
    # Nine digits fit into the column of both databases.
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        return None
    number = int(text)
    return number if 0 < number < MAX_NUMBER else None


def _day(typed: Mapping[str, str], name: str, problems: dict[str, str]) -> date | None:
    """A day; None, with what is wrong, where there is none."""
    if not typed[name]:
        return None
    day = None
    # An address may name any year; what people type is read as in every other box.
    for read in (read_single_day, date.fromisoformat):
        with suppress(ValueError, ParseError):
            day = read(half_width(typed[name]))
    # The first and last years of a calendar have no midnight in another zone.
    if day is None or not 1900 <= day.year <= 2999:
        problems[name] = "日期写成 2026-11-28 这样。"
        return None
    return day
