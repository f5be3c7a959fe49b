"""Where the words of a listing tell whose it is: names, contacts and codes of its owner in what everybody may read.

How a name is taken apart stands in `parsing/organisations.py`; what follows for publication in `readiness.py`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from marketplace.listings.disclosure import common_view
from marketplace.listings.models import Achievement, Demand
from marketplace.listings.schema import SCHEMAS
from marketplace.parsing.contacts import (
    DIGITS,
    mail_parts,
    person_name,
    phone_numbers,
    spelled_digits,
)
from marketplace.parsing.organisations import (
    comparable,
    is_ordinary,
    parts_of_name,
    stands_alone,
)
from matching.text import normalise, repair_text

NAMES = ("单位名称", "单位简称")  # what a trace is that is the name itself
SURE_LENGTH = 4  # characters from which a name is not met by chance across two words
MIN_ADDRESS = 6  # characters of an address below which it is a place where many are
MIN_MAIL_NAME = 5  # characters of the name of a mailbox below which it is a word
# What looks like somebody's name or a way to reach them, no matter who it is; a reviewer decides.
LIKELY = {
    "像是单位名称": re.compile(
        r"[\u4e00-\u9fff]{2,20}(?:有限责任公司|有限公司|股份公司|集团公司)"
    ),
    "像是电话": re.compile(
        r"(?<!\d)(?:1[3-9]\d{9}|0\d{2,3}[-\s]?\d{7,8}|400[-\s]?\d{3}[-\s]?\d{4})(?!\d)"
    ),
    "像是邮箱": re.compile(r"[\w.+-]+\s?@\s?[\w-]+(?:\.[\w-]+)+"),
    "像是网址": re.compile(
        r"(?:https?://|www\.)\S+|(?<![\w@.])[a-z0-9-]+\.(?:com|cn|net|org|top|vip)\b"
    ),
    "像是微信或 QQ": re.compile(r"(?:微信|qq|vx)\s*(?:号|群)?\s*[:：]?\s*[\w-]{5,}"),
    "像是联系人": re.compile(r"联系人\s*[:：]?\s*[\u4e00-\u9fff]{2,4}"),
}
NEAR_A_PERSON = ("联系人", "联系", "负责人", "姓名", "找")
AFTER_A_PERSON = ("经理", "主任", "先生", "女士", "老师", "电话", "手机", "工程师")


@dataclass(frozen=True)
class Trace:
    """Something in a field that tells, or may tell, whose the listing is.

    Attributes:
        field: name of the field.
        words: what was met, in plain letters.
        what: what it is, in Chinese.
        certain: whether it is the owner's beyond doubt; else a reviewer looks at it.
    """

    field: str
    words: str
    what: str
    certain: bool


def traces_in(row: Achievement | Demand) -> list[Trace]:
    """What in the public words of a listing tells whose it is, by field, certain ones first.

    Looked through are the fields that readers may know who may not know the owner.
    """
    marks = _marks_of(row)
    traces = []
    view = common_view(row)
    for field in SCHEMAS[row.kind]:
        if not view.shows(field.name):
            continue
        text = field.own_words(row)
        if text:
            traces += _traces_in_text(field.name, text, marks)
    return traces


@dataclass(frozen=True)
class _Marks:
    """What to look for: words → what they are; `certain` beyond doubt, `short` to be judged where they stand.

    Attributes:
        certain, short: in letters and figures only, as `comparable` writes them.
        people: names of people, likewise.
        mails: (name of the mailbox, host), likewise.
        phones: figures of telephone numbers, in every length in which they are written.
    """

    certain: dict[str, str]
    short: dict[str, str]
    people: frozenset[str]
    mails: frozenset[tuple[str, str]]
    phones: frozenset[str]


def _marks_of(row: Achievement | Demand) -> _Marks:
    certain: dict[str, str] = {}
    short: dict[str, str] = {}
    organisation = row.organisation
    people = {row.contact_name or ""}
    mails = {row.contact_email or ""}
    phones = set(phone_numbers(row.contact_phone or ""))
    if organisation is not None:
        parts = parts_of_name(organisation.name)
        certain |= dict.fromkeys(parts.spellings, "单位名称")
        short |= dict.fromkeys(parts.short_names, "单位简称")
        short |= dict.fromkeys(sorted(parts.phrases - certain.keys()), "单位名称")
        if organisation.uscc:
            certain[comparable(organisation.uscc)] = "统一社会信用代码"
            # Its nine characters before the last are the former 组织机构代码.
            certain[comparable(organisation.uscc[8:17])] = "组织机构代码"
        address = comparable(organisation.address or "")
        if len(address) >= MIN_ADDRESS:
            certain[address] = "单位地址"
        people.add(organisation.legal_representative or "")
    if row.owner is not None:
        people.add(row.owner.name)
        mails.add(row.owner.email)
        phones |= phone_numbers(row.owner.phone or "")
    return _Marks(
        certain,
        short,
        frozenset(name for name in map(person_name, people) if name),
        frozenset(parts for parts in map(mail_parts, mails) if parts),
        frozenset(phones),
    )


def _traces_in_text(field: str, text: str, marks: _Marks) -> list[Trace]:
    """The traces in one text, certain ones first."""
    # Markup and entities between the letters of a name hide it from nobody who reads the page.
    text = repair_text(text)
    plain = comparable(text)
    by_text: dict[str, Trace] = {}
    traces = [
        *_names_in(field, plain, marks),
        *_people_in(field, plain, marks),
        *_contacts_in(field, text, plain, marks),
        *_pinyin_in(field, plain, marks),
        *_likely_in(field, text),
    ]
    for trace in traces:
        by_text.setdefault(trace.words, trace)
    return sorted(by_text.values(), key=lambda trace: not trace.certain)


def _names_in(field: str, plain: str, marks: _Marks) -> Iterator[Trace]:
    for words, what in marks.certain.items():
        # 冠洲厂 is looked at word by word, 高唐幽冥己机械 is not met by chance.
        if len(words) >= SURE_LENGTH and words in plain or stands_alone(words, plain):
            yield Trace(field, words, what, certain=True)
            return
    for words, what in marks.short.items():
        if words not in plain:
            continue
        alone = stands_alone(words, plain)
        # A phrase is among these only where its brand is an ordinary word.
        rare = what == "单位简称" and not is_ordinary(words)
        # 创新 or 东方 may be anything; 砺石 can only be the firm, unless it lies across two words.
        if rare and (alone or len(words) >= SURE_LENGTH - 1):
            yield Trace(field, words, what, certain=True)
        elif alone or what == "单位名称":
            yield Trace(field, words, what, certain=False)


def _people_in(field: str, plain: str, marks: _Marks) -> Iterator[Trace]:
    for name in marks.people:
        if name not in plain:
            continue
        beside = [word + name for word in NEAR_A_PERSON]
        beside += [name + word for word in AFTER_A_PERSON]
        certain = any(words in plain for words in beside)
        if len(name) > 2 and not is_ordinary(name):
            certain = True
        # 高强 is a name, and in 高强度 it is none.
        if certain or stands_alone(name, plain):
            yield Trace(field, name, "联系人姓名", certain)


def _contacts_in(field: str, text: str, plain: str, marks: _Marks) -> Iterator[Trace]:
    figures = spelled_digits(text)
    for number in sorted(marks.phones):
        if any(number in run for run in figures):
            yield Trace(field, number, "联系电话", certain=True)
            break
    for name, host in sorted(marks.mails):
        # The sign itself is no letter; people write it as a word so that machines do not see it.
        whole = re.compile(f"{re.escape(name)}(?:at|艾特|圈a)?{_spelled_host(host)}")
        if whole.search(plain):
            yield Trace(field, f"{name}@{host}", "联系邮箱", certain=True)
        elif host and re.search(_spelled_host(host), plain):
            yield Trace(field, host, "单位网址", certain=True)
        elif len(name) >= MIN_MAIL_NAME and name in plain:
            # The figures of a mailbox at QQ or 163 reach its owner by other ways too.
            figures_only = DIGITS.fullmatch(name) is not None
            yield Trace(field, name, "邮箱名", certain=figures_only)


def _spelled_host(host: str) -> str:
    """A pattern of the host of a mail address as letters only, with its points written as words or left out."""
    parts = [re.escape(comparable(part)) for part in host.split(".")]
    return "(?:dot|点)?".join(parts)


@lru_cache(500)
def _pinyin(word: str) -> str:
    # Loaded when the first unnamed listing is looked at: its tables take a fifth of a second.
    from pypinyin import lazy_pinyin

    return "".join(lazy_pinyin(word))


def _pinyin_in(field: str, plain: str, marks: _Marks) -> Iterator[Trace]:
    """The short name in Latin letters, as addresses and brands write it."""
    # Without the tones: yōu míng jǐ.
    plain = re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFD", plain))
    for words in marks.short:
        letters = _pinyin(words)
        if not words.isascii() and len(letters) > MIN_MAIL_NAME and letters in plain:
            yield Trace(field, letters, "单位简称的拼音", certain=False)


def _likely_in(field: str, text: str) -> Iterator[Trace]:
    folded = normalise(text)
    for what, pattern in LIKELY.items():
        match = pattern.search(folded)
        if match:
            yield Trace(field, match.group(), what, certain=False)
