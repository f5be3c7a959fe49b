"""Contacts as they are compared and as texts name them: figures of telephones, parts of addresses, names of people.

How what people type is read and stored stands in `numbers.py` and `people.py`.
"""

from __future__ import annotations

import re

import phonenumbers

from marketplace.parsing.organisations import comparable
from marketplace.parsing.text import half_width
from matching.text import normalise

DIGITS = re.compile(r"\d{6,}")
# Figures as words; 幺 and 洞 are how they are said on the telephone.
_SPOKEN = str.maketrans(
    "零〇○洞一壹幺二贰两三叁四肆五伍六陆七柒拐八捌九玖", "0000111222334455667778899"
)
# Between two figures of one number stands no more than this.
_BETWEEN = re.compile(r"(?<=\d)[\s\-_.·•,，、/()（）\[\]+*#~]{1,4}(?=\d)")
_LONG_AREA = 4  # figures of an area code; of the largest cities three
MIN_LOCAL = 7  # figures of a number without its area code
MOBILE = re.compile(r"1[3-9]\d{9}")
# Hosts where everybody may have a mailbox: the host says nothing of whose it is.
PUBLIC_HOSTS = frozenset(
    {
        "qq.com",
        "vip.qq.com",
        "foxmail.com",
        "163.com",
        "126.com",
        "yeah.net",
        "vip.163.com",
        "139.com",
        "189.cn",
        "wo.cn",
        "sina.com",
        "sina.cn",
        "sohu.com",
        "aliyun.com",
        "21cn.com",
        "263.net",
        "gmail.com",
        "outlook.com",
        "hotmail.com",
        "live.com",
        "icloud.com",
        "yahoo.com",
    }
)
_TITLES = re.compile(
    r"(?:副?总经理|副?董事长|副?经理|总监|总工程师|总工|副?主任|副?部长|副?处长|副?科长|副?厂长|副?院长|副?所长|主管|工程师|高工"
    r"|老师|教授|博士|先生|女士|小姐|同志|[总工])$"
)
_MAIL_INSIDE = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.[A-Za-z]{2,}")
# The number of a Chinese patent, which has figures enough for a telephone; and years and measures, of which several in
# a row have as many.
_PATENT = re.compile(r"(?:19|20)\d{2}[1-9]\d{7}\.?[\dXx]?", re.ASCII)
_MEASURE = re.compile(r"(?<![\d.])\d{1,4}\.\d{1,4}(?![\d.])", re.ASCII)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)", re.ASCII)
# A desk, not a person.
_DESK = re.compile(
    r"[部处科室办组所院厂站台课局委]$|办公室|中心|公司|部门|前台|客服|总机|热线"
)


def phone_numbers(text: str) -> frozenset[str]:
    """The figures of the telephone numbers in a text, each also without country and area code.

    Args:
        text: one or several numbers as a contact has them.
    """
    numbers = set()
    for part in re.split(r"[;；,，、/\n]|\s{2,}|或", normalise(text)):
        # What follows is the extension.
        number = re.split(r"转|ext|分机", part)[0]
        digits = re.sub(r"\D", "", number)
        digits = re.sub(r"^(?:0086|86)(?=0?\d{10})", "", digits)
        if len(digits) >= MIN_LOCAL:
            numbers |= _lengths_of(digits)
    return frozenset(numbers)


def _lengths_of(digits: str) -> set[str]:
    """A number as it is written with and without its area code."""
    if MOBILE.match(digits):
        return {digits[:11]}
    if not digits.startswith("0"):
        return {digits}
    # 010 and 02x have two figures after the 0, all others three.
    area = _LONG_AREA - 1 if digits[1] in "12" else _LONG_AREA
    local = digits[area : area + MIN_LOCAL]
    if len(local) < MIN_LOCAL:
        return {digits}
    return {digits[: area + MIN_LOCAL], local}


def spelled_digits(text: str) -> list[str]:
    """The runs of figures of a text, written in figures or words, whatever stands between the figures of one number."""
    plain = normalise(text).translate(_SPOKEN)
    # Letters that pass for figures where they stand among them.
    plain = re.sub(r"(?<=\d)o(?=[\do])", "0", plain)
    return re.findall(r"\d{6,}", _BETWEEN.sub("", plain))


def mail_parts(address: str) -> tuple[str, str] | None:
    """The name of a mailbox and its host, the latter empty where everybody may have one there; None for no address."""
    name, sign, host = normalise(address).strip().rpartition("@")
    if not sign or not name or "." not in host:
        return None
    if host in PUBLIC_HOSTS:
        # Without the host the name alone is looked for.
        return comparable(name), ""
    return comparable(name), host


def person_name(text: str) -> str:
    """The name of a person without their title, as `comparable` writes it; empty for a desk (技术部)."""
    plain = comparable(text)
    if _DESK.search(plain):
        return ""
    name = _TITLES.sub("", plain)
    # 李经理: the surname alone says nothing, with the title it is how people are called.
    if len(name) < 2:
        name = plain
    return name if len(name) >= 2 else ""


def holds_contact(text: str) -> bool:
    """Whether a text names a telephone number or a mail address, also one in which the figures are written as words."""
    plain = _MEASURE.sub("；", _PATENT.sub("；", half_width(text)))
    if _MAIL_INSIDE.search(plain):
        return True
    if any(phonenumbers.PhoneNumberMatcher(plain, "CN")):
        return True
    # 一三九, and what blanks and signs keep apart: other figures make long runs too, so only mobile numbers count.
    runs = spelled_digits(_YEAR.sub("；", plain))
    return any(MOBILE.search(run) for run in runs)
