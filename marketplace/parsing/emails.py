"""Mail addresses as people write them, checked by email-validator, and what stands beside them.

What an account is known by, and where mail goes, is read by `read_address` alone. Telephones are read in telephones.py.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from marketplace.parsing import ParseError
from marketplace.parsing.telephones import Contact
from marketplace.parsing.text import (
    EMPTY,
    cell_text,
    check_length,
    half_width,
    unwrap_text,
)
from matching.folding import drop_unseen

MAX_EMAIL = 254  # RFC 5321
# The one sentence for every address that is none: people read what to write, and need not know which rule it broke.
NO_ADDRESS = "邮箱写得不对。"
HOW_TO_WRITE = "应像 name@example.com，只填一个，@ 前面只用英文字母、数字和符号。"
_MAIL_PARTS = re.compile(r"[;,、/|\n]+|\s+和\s+")
_MASKED_MAIL = re.compile(r"[*●•…]|x{3,}@|@x{3,}", re.I)
# 张三 a@lcu.edu.cn, 张三<a@lcu.edu.cn>, <a@lcu.edu.cn>
_NAMED_MAIL = re.compile(
    r"([\u4e00-\u9fff·]{1,12})?\s*[:：]?\s*<?([^\s<>@\u4e00-\u9fff]+@[^\s<>@]+)>?"
)
_MAILTO = re.compile(r"(?:^|(?<=[<(]))mailto:", re.I)
# a@lcu.edu.cn<mailto:a@lcu.edu.cn> and [a@lcu.edu.cn](mailto:a@lcu.edu.cn): a text and where it leads.
_WRITTEN_TWICE = re.compile(
    r"\[?([^\s<>\[\]()@]{1,64}@[^\s<>\[\]()@]{1,255})\]?\s?[<(]\1[>)]"
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
    # "张三" <a@lcu.edu.cn>, as mail programs write it.
    bare = re.sub(r"[\"“”]([^\"“”@]*)[\"“”]\s*(?=<)", r"\1", bare)
    bare = _MAILTO.sub("", bare)
    bare = _WRITTEN_TWICE.sub(r"\1", bare).strip(" 。.;,")
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
    """One mail address, as a form takes it; what stands beside it is dropped, which the form says.

    Raises:
        ParseError: it is no address, or several.
    """
    found = read_emails(raw)
    if found is None:
        return None
    if "个邮箱" in found.remark:
        raise ParseError("写了几个邮箱。", "如 name@lcu.edu.cn，只填一个。")
    return found.text


def read_address(text: str) -> str:
    """The address of an account, an invitation or a command, as it is stored and compared: in small letters.

    A name server is never asked: a site inside a government network has none, and an address is proved by the mail
    that arrives. What can only be read by guessing is refused: somebody else would get the mail.

    Args:
        text: as typed or pasted; `mailto:`, a label and brackets around the address are passed over.

    Returns:
        the address; of a Chinese domain, its Chinese spelling. Read again it stays the same.

    Raises:
        ParseError: it is no address, several, or one that hides signs; always in the same words.
    """
    try:
        # As it stands first: a sign that parts addresses in a cell may belong to a mailbox.
        return plain_address(text).lower()
    except ParseError:
        pass
    try:
        found = read_emails(text)
    except ParseError:
        found = None
    # A remark says that something was left out, which nobody would see here.
    if found is None or found.remark:
        raise ParseError(NO_ADDRESS, HOW_TO_WRITE)
    return plain_address(found.text).lower()


def plain_address(text: str) -> str:
    """An address and nothing else, its domain in small letters. Raises ParseError, as `read_address`."""
    plain = unicodedata.normalize("NFKC", drop_unseen(text)).strip()
    # A * is allowed in a mailbox by RFC 5321 and borne by none; people hide figures with it.
    if "*" in plain:
        raise ParseError(NO_ADDRESS, HOW_TO_WRITE)
    try:
        checked = _validated(plain)
        address = str(checked.normalized)
        # Lengths are those of the network: a Chinese domain is longer there.
        too_long = max(len(address), len(str(checked.ascii_email))) > MAX_EMAIL
    except EmailNotValidError:
        raise ParseError(NO_ADDRESS, HOW_TO_WRITE) from None
    if too_long:
        raise ParseError(NO_ADDRESS, HOW_TO_WRITE)
    return address


def ascii_address(address: str) -> str:
    """An address that was read here, in the letters of the network (a Chinese domain in Punycode)."""
    return str(_validated(address).ascii_email)


def _validated(text: str) -> ValidatedEmail:
    return validate_email(
        text,
        check_deliverability=False,
        # Many servers take no mailbox in Chinese letters.
        allow_smtputf8=False,
        # 64 characters before the @, beyond which servers refuse (RFC 5321).
        strict=True,
    )


def _checked_address(text: str, plain: str) -> str:
    try:
        checked = str(_validated(text).normalized)
    except EmailNotValidError:
        message = f"「{plain[:40]}」不是邮箱地址。"
        raise ParseError(message, "如 name@lcu.edu.cn，只填一个。") from None
    check_length(checked, MAX_EMAIL)
    return checked
