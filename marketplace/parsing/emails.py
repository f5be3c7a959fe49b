"""Mail addresses as people write them, checked by email-validator, and what stands beside them.

Telephones are read in telephones.py.
"""

from __future__ import annotations

import re
from typing import Any

from email_validator import EmailNotValidError, validate_email

from marketplace.parsing import ParseError
from marketplace.parsing.telephones import Contact
from marketplace.parsing.text import EMPTY, cell_text, half_width, unwrap_text
from matching.folding import drop_unseen

MAX_EMAIL = 254  # RFC 5321
_MAIL_PARTS = re.compile(r"[;,、/|\n]+|\s+和\s+")
_MASKED_MAIL = re.compile(r"[*●•…]|x{3,}@|@x{3,}", re.I)
# 张三 a@lcu.edu.cn, 张三<a@lcu.edu.cn>, <a@lcu.edu.cn>
_NAMED_MAIL = re.compile(
    r"([\u4e00-\u9fff·]{1,12})?\s*[:：]?\s*<?([^\s<>@\u4e00-\u9fff]+@[^\s<>@]+)>?"
)


def read_emails(raw: Any) -> Contact | None:
    """The first mail address of a cell, with its domain in lower case; further ones are put into the remark.

    Raises:
        ParseError: the first is no address.
    """
    plain = half_width(drop_unseen(unwrap_text(cell_text(raw)))).strip()
    if plain.casefold() in EMPTY:
        return None
    if _MASKED_MAIL.search(plain):
        message = f"「{plain[:40]}」隐去了几个字符。"
        raise ParseError(message, "如 name@lcu.edu.cn，填写完整的地址。")
    beside = [mark for mark in re.findall(r"\([^()]*\)", plain) if "@" not in mark]
    bare = re.sub(r"\([^()@]*\)", "", plain)
    bare = re.sub(
        r"^\s*(?:电子)?(?:邮箱|邮件|信箱|e-?mail|mail)\s*[:：]\s*", "", bare, flags=re.I
    )
    bare = re.sub(r"^mailto:", "", bare, flags=re.I).strip(" 。.;,")
    parts = [part.strip() for part in _MAIL_PARTS.split(bare) if part.strip()]
    if len(parts) == 1 and bare.count("@") > 1:
        parts = bare.split()
    return _contact_of(parts, beside, plain)


def _contact_of(parts: list[str], beside: list[str], plain: str) -> Contact:
    """The first address of the parts of a cell, and what else stands there.

    Raises:
        ParseError: the first that might be an address is none. What comes after a good one is only said.
    """
    addresses: list[str] = []
    left_out = list(beside)
    for part in parts:
        named = _NAMED_MAIL.fullmatch(part)
        try:
            address = _checked_address(named[2] if named else part, plain)
        except ParseError:
            if "@" in part and not addresses:
                raise
            left_out.append(part)
            continue
        addresses.append(address)
        if named and named[1]:
            left_out.append(named[1])
    if not addresses:
        raise ParseError(f"「{plain[:40]}」不是邮箱地址。", "如 name@lcu.edu.cn。")
    remarks = []
    if rest := "；".join(addresses[1:]):
        remarks.append(f"有 {len(addresses)} 个邮箱，只取第一个，没有记录：{rest}。")
    if left_out:
        remarks.append(f"邮箱旁边的「{'、'.join(left_out)}」没有记录。")
    return Contact(addresses[0], remark="".join(remarks))


def read_email(raw: Any) -> str | None:
    """One mail address, as a form takes it; what stands beside it is dropped, which `Email.remark_on` says.

    Raises:
        ParseError: it is no address, or several.
    """
    found = read_emails(raw)
    if found is None:
        return None
    if "个邮箱" in found.remark:
        raise ParseError("写了几个邮箱。", "如 name@lcu.edu.cn，只填一个。")
    return found.text


def _checked_address(text: str, plain: str) -> str:
    try:
        checked = validate_email(
            text, check_deliverability=False, allow_smtputf8=False
        ).normalized
    except EmailNotValidError:
        message = f"「{plain[:40]}」不是邮箱地址。"
        raise ParseError(message, "如 name@lcu.edu.cn，只填一个。") from None
    if len(checked) > MAX_EMAIL:
        raise ParseError("邮箱地址太长。", f"最多 {MAX_EMAIL} 个字符。")
    return checked
