"""What people typed into profiles, read and checked. What is stored of it is up to `deeds.py`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date

from marketplace.dictionaries.models import choosable_fields
from marketplace.errors import Invalid
from marketplace.parsing import ParseError
from marketplace.parsing.contacts import holds_contact
from marketplace.parsing.text import half_width, read_line, read_prose
from marketplace.profiles.models import LEVELS, RESEARCHER_FIELDS
from marketplace.typed_texts import NO_CONTACT

# With more of them a directory by field would list everybody everywhere.
MAX_FIELDS = 3
# Characters, as the columns hold them.
MAX_TITLE = 40
MAX_DISCIPLINE = 60
MAX_PROSE = 500
MAX_NUMBER = 40
MAX_ISSUER = 80


@dataclass(frozen=True)
class ResearcherValues:
    """What a researcher typed; `public` are the names of RESEARCHER_FIELDS that everybody may read."""

    field_codes: tuple[str, ...] = ()
    title: str = ""
    discipline: str = ""
    offer: str = ""
    deputy: bool = False
    envoy: bool = False
    public: frozenset[str] = frozenset()
    desk_public: bool = False


@dataclass(frozen=True)
class BrokerValues:
    """What a broker typed; `unlimited` says that the certificate names no end."""

    number: str = ""
    level: str = ""
    issuer: str = ""
    valid_to: date | None = None
    unlimited: bool = False
    field_codes: tuple[str, ...] = ()
    introduction: str = ""
    listed: bool = False
    number_public: bool = False


def read_researcher(
    typed: ResearcherValues, held: Collection[str] = ()
) -> ResearcherValues:
    """What a researcher typed, as it is stored.

    Args:
        typed: what they typed.
        held: codes of the fields they have already, which may stay though they are retired.

    Raises:
        Invalid: something is too long, unknown, or a way to reach somebody privately.
    """
    problems: dict[str, list[str]] = {}
    read = replace(
        typed,
        title=_line("title", typed.title, MAX_TITLE, problems),
        discipline=_line("discipline", typed.discipline, MAX_DISCIPLINE, problems),
        offer=_prose("offer", typed.offer, problems),
        # Level 2 says what somebody works in; brokers mediate in whole areas, level 1.
        field_codes=_codes(typed.field_codes, 2, held, problems),
    )
    if len(read.field_codes) > MAX_FIELDS:
        problems["fields"] = [f"最多选 {MAX_FIELDS} 个技术领域。"]
    # An old page may name what no longer exists: nothing is published that was not meant.
    if typed.public - RESEARCHER_FIELDS.keys():
        problems["fields"] = ["公开的项目不在列表中，请重新打开这一页，再填写。"]
    _raise_problems(problems)
    return read


def read_broker(typed: BrokerValues, held: Collection[str] = ()) -> BrokerValues:
    """What a broker typed, as it is stored. Arguments as `read_researcher`.

    Raises:
        Invalid: something is missing, too long or unknown.
    """
    problems: dict[str, list[str]] = {}
    introduction = _prose("introduction", typed.introduction, problems)
    codes = _codes(typed.field_codes, 1, held, problems)
    number = _line("number", half_width(typed.number), MAX_NUMBER, problems)
    # Blanks and case are ways of copying it, and one certificate has one number.
    number = re.sub(r"\s", "", number).upper()
    issuer = _line("issuer", typed.issuer, MAX_ISSUER, problems)
    read = replace(
        typed,
        introduction=introduction,
        field_codes=codes,
        number=number,
        issuer=issuer,
    )
    # A certificate is whole or not there: half of one could not be checked.
    if number or issuer or typed.level or typed.valid_to or typed.unlimited:
        _check_certificate(read, problems)
    _raise_problems(problems)
    return read


def _check_certificate(read: BrokerValues, problems: dict[str, list[str]]) -> None:
    """A certificate is whole; what is wrong with it is put among the problems."""
    if not read.number:
        # `setdefault`: what is wrong with what was typed says more than that it is missing.
        problems.setdefault(
            "number",
            ["填写证书编号；没有证书的，把等级、发证单位和有效期也空着。"],
        )
    if read.level not in LEVELS:
        problems["level"] = ["选证书上的等级。"]
    if not read.issuer:
        problems.setdefault("issuer", ["照证书填写发证单位。"])
    if read.unlimited and read.valid_to is not None:
        problems["valid_to"] = ["写了有效期，就不要勾「证书上没有有效期」。"]
    # Nothing is guessed: no end at all has to be said.
    elif not read.unlimited and read.valid_to is None:
        problems["valid_to"] = [
            "填写有效期，如 2028-06-30；证书上没有的，勾「证书上没有有效期」。"
        ]


def _codes(
    typed: Iterable[str],
    level: int,
    held: Collection[str],
    problems: dict[str, list[str]],
) -> tuple[str, ...]:
    # In one order and once each, so that an unchanged list is no change.
    codes = tuple(sorted({code for code in typed if code}))
    known = choosable_fields(level, held)
    # An old page may offer what a new edition of the dictionary has not.
    if any(code not in known for code in codes):
        problems["fields"] = ["技术领域不在列表中，请在列表里选。"]
    return codes


def _line(name: str, raw: str, most: int, problems: dict[str, list[str]]) -> str:
    """A text on one line; what is wrong is put among the problems."""
    try:
        plain = read_line(raw, most) or ""
    except ParseError as error:
        problems[name] = [f"{error.message}{error.allowed}"]
        # Refused as a whole below, so that the empty text is never stored.
        return ""
    _refuse_contacts(name, plain, problems)
    return plain


def _prose(name: str, raw: str, problems: dict[str, list[str]]) -> str:
    try:
        plain = read_prose(raw, MAX_PROSE) or ""
    except ParseError as error:
        problems[name] = [f"{error.message}{error.allowed}"]
        return ""
    _refuse_contacts(name, plain, problems)
    return plain


def _refuse_contacts(name: str, plain: str, problems: dict[str, list[str]]) -> None:
    """No private number and no mail address stands on a public page, whatever field it is typed into."""
    # Numbers of certificates look like telephone numbers.
    if name == "number":
        return
    if holds_contact(plain):
        problems[name] = [f"{NO_CONTACT}对接由平台安排。"]


def _raise_problems(problems: dict[str, list[str]]) -> None:
    if problems:
        raise Invalid("有几处要改。", problems=problems)
