"""Numbers of rights as people write them, in their stored form. Codes of organisations stand in `accounts.rules`."""

from __future__ import annotations

import re
import unicodedata

_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
_PATENT = re.compile(r"(ZL)?(\d{12}|\d{8})(?:\.?([\dX]))?")
_PUBLICATION = re.compile(r"CN\d{7,9}[A-Z]\d?")
_SOFTWARE = re.compile(r"(\d{4}SR\d{6,7})")
PATENTS = ("invention", "utility_model", "design")


def patent_check(digits: str) -> str:
    """The check character of a Chinese application number: Σ digit·weight mod 11, 10 as X (weights 2…9, 2…5).

    Args:
        digits: the twelve digits used since October 2003, or the eight of before.
    """
    rest = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=False)) % 11
    return "X" if rest == 10 else str(rest)


def right_number(text: str, ip_type: str | None) -> str:
    """The number of a patent or another right in its stored form.

    Args:
        text: as typed; full-width characters, blanks and a missing dot are understood.
        ip_type: a code of `terms.IP_TYPES`.

    Returns:
        `ZL201710601862.3`, `201710601862.3` (an application), `CN107123456A` (a publication), `2020SR0123456`, or what
        was typed where the type has no fixed form.

    Raises:
        ValueError: the number cannot be one of that type; the message says why, in Chinese.
    """
    compact = "".join(unicodedata.normalize("NFKC", text).upper().split())
    if ip_type == "software_copyright" and (found := _SOFTWARE.search(compact)):
        return found[1]
    if not compact or ip_type not in PATENTS:
        return text.strip()
    if _PUBLICATION.fullmatch(compact):
        return compact
    found = _PATENT.fullmatch(compact)
    if found is None:
        raise ValueError("专利号看不懂，应像 ZL201710601862.3；还没有授权的写申请号，不带 ZL。")
    prefix, digits, check = found[1] or "", found[2], found[3]
    right = f"{prefix}{digits}.{patent_check(digits)}"
    if check is None:
        raise ValueError(f"专利号缺最后的校验位。如果前面没有写错，应是 {right}。")
    if check != right[-1]:
        raise ValueError(f"专利号 {prefix}{digits}.{check} 的校验位不对，请对照证书检查是否输错一位。")
    return right
