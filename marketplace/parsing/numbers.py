"""Numbers of the trade, checked and in their stored form: 统一社会信用代码, patents, registrations.

Plain numbers and technical figures are read in `figures.py`, telephones and mail addresses in `telephones.py`.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from stdnum.cn import uscc as uscc_number
from stdnum.exceptions import InvalidChecksum, InvalidLength, ValidationError

from marketplace.parsing import ParseError
from marketplace.parsing.text import compact_text, half_width
from matching.folding import drop_unseen

USCC_FORMS = "填营业执照或法人证书上的 18 位代码。"
PATENT_FORMS = (
    "填申请号 201710601862.3 或专利号 ZL201710601862.3；软件著作权填 2024SR0123456。"
)
# Third digit group of an application number: its kind; 8 and 9 are PCT applications that entered China.
PATENT_KINDS = {
    "1": "invention",
    "2": "utility_model",
    "3": "design",
    "8": "invention",
    "9": "utility_model",
}
PATENT_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9)
MAX_IP_NUMBER = 30  # characters, as the columns hold it

# 科技成果登记: the letter Y parts year and running number.
_REGISTRATION = re.compile(r"[0-9A-Z]{3}(19|20)\d{2}Y\d{4}", re.ASCII)
_SOFTWARE = re.compile(r"\d{4}SR\d{6,7}", re.ASCII)
# What people write around a code: 统一社会信用代码：…, …（三证合一）.
_AROUND_USCC = re.compile(
    r"^[^\dA-Z:(]{2,12}:|^\([^\dA-Z()]{1,20}\)|\([^\dA-Z()]{1,20}\)$", re.A
)
_PATENT = re.compile(r"(ZL|CN)?(\d{12}|\d{8})\.?([\dX])?", re.ASCII)
_PUBLICATION = re.compile(r"CN\d{7,9}[A-Z]\d?", re.ASCII)
_LIKE_PATENT = re.compile(r"(ZL|CN)\d|\d{8}", re.ASCII)


# 9.13715E+17: a list saved as text shows a long number so.
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?e\+\d{1,2}", re.I | re.A)


def read_uscc(raw: Any) -> str | None:
    """A 统一社会信用代码 of a cell, as `check_uscc` has it."""
    plain = compact_text(raw)
    if not plain:
        return None
    # A spreadsheet stores numbers with 15 digits; the rest of a longer one is lost before we see it.
    is_cut = isinstance(raw, int | float) and len(plain) > 15
    if is_cut or _SCIENTIFIC.fullmatch(plain):
        raise ParseError(
            "这一格是数字格式，末几位已经丢失。",
            "把单元格设成文本格式，再填 18 位代码。",
        )
    return check_uscc(plain)


def check_uscc(text: str) -> str:
    """A 统一社会信用代码 in its stored form.

    Args:
        text: as typed: full-width, lower case, blanks, hyphens, a label and a remark in brackets are understood.

    Returns:
        18 upper-case characters.

    Raises:
        ParseError: wrong length, alphabet or check character (GB 32100-2015), with what is wrong.
    """
    normal = unicodedata.normalize("NFKC", text).upper()
    compact = "".join(drop_unseen(normal).split()).replace("-", "")
    compact = _AROUND_USCC.sub("", compact)
    try:
        return str(uscc_number.validate(compact))
    except InvalidLength:
        old = ""
        if len(compact) == 15:
            old = "；15 位的是旧工商注册号，请换成营业执照上的 18 位代码"
        message = f"统一社会信用代码应为 18 位，这里是 {len(compact)} 位{old}。"
    except InvalidChecksum:
        message = (
            f"统一社会信用代码 {compact} 的校验位不对，请对照营业执照检查是否输错一位。"
        )
    except ValidationError:
        message = f"统一社会信用代码 {compact} 含有不允许的字符（只用数字和大写字母，不用 I、O、S、V、Z）。"
    raise ParseError(message, USCC_FORMS)


def read_registration(raw: Any) -> str | None:
    """A 批准登记号 of 12 characters: three of the body that registered, year, Y, four of the running number."""
    plain = compact_text(raw)
    if not plain:
        return None
    if not _REGISTRATION.fullmatch(plain.upper()):
        raise ParseError(
            f"「{plain[:40]}」不是批准登记号。",
            "12 位：3 位代码、4 位年份、Y、4 位流水号。",
        )
    return plain.upper()


def is_patent_number(stored: str) -> bool:
    """Whether a number in its stored form is that of a patent or of the application for one."""
    return _PATENT.fullmatch(stored) is not None


def read_ip_number(plain: str, ip_type: str | None = None) -> tuple[str, str | None]:
    """A number of a right in its stored form, and the kind of right that follows from it.

    Args:
        plain: as written.
        ip_type: the kind of right where it is known; only patents and software copyrights have numbers to check.

    Returns:
        the number, and a code of `terms.IP_TYPES` or None where the number does not say.

    Raises:
        ParseError: it looks like a patent number and is none.
    """
    bare = re.sub(r"[\s\-－—]|^专利号|^申请号|^登记号|^[:：]", "", half_width(plain))
    bare = bare.upper().lstrip(":：")
    if _SOFTWARE.fullmatch(bare):
        return bare, "software_copyright"
    if len(plain) > MAX_IP_NUMBER:
        raise ParseError(f"「{plain[:20]}…」太长，不像编号。", PATENT_FORMS)
    # Numbers of other rights (plant varieties, layouts) have no form that could be checked.
    if ip_type not in (None, *PATENT_KINDS.values()):
        return plain.strip(), ip_type
    match = _PATENT.fullmatch(bare)
    if match is None:
        _refuse_near_patent(plain, bare)
        return plain.strip(), None
    prefix, digits, check = match.groups()
    kind_digit = digits[4] if len(digits) == 12 else digits[2]
    kind = PATENT_KINDS.get(kind_digit)
    if check is None:
        raise ParseError(f"「{plain[:40]}」少了校验位。", PATENT_FORMS)
    if check != patent_check_digit(digits) or kind is None:
        raise ParseError(
            f"专利号「{plain[:40]}」的校验位对不上，可能输错了一位。", PATENT_FORMS
        )
    # ZL says that it was granted; CN is an address of the office and not part of the number.
    if prefix == "ZL":
        return f"ZL{digits}.{check}", kind
    return f"{digits}.{check}", kind


def patent_check_digit(digits: str) -> str:
    """The check digit of an application number: Σ digit·weight mod 11, 10 written X (国家知识产权局 专利申请号标准)."""
    total = 0
    for place, digit in enumerate(digits):
        total += int(digit) * PATENT_WEIGHTS[place % len(PATENT_WEIGHTS)]
    return "0123456789X"[total % 11]


def _refuse_near_patent(plain: str, bare: str) -> None:
    """Raise for what begins like a patent number and is none; other numbers are taken as they are."""
    if not _LIKE_PATENT.match(bare):
        return
    published = ""
    if _PUBLICATION.fullmatch(bare):
        published = "，像是公开（公告）号"
    raise ParseError(f"「{plain[:40]}」不是专利申请号{published}。", PATENT_FORMS)
