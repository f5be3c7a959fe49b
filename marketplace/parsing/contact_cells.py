"""Whom a cell of contacts names: a person as they are called, or a desk, perhaps with a number next to the name.

Contacts are compared in `contacts.py`, telephones are read in `telephones.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from marketplace.parsing import ParseError
from marketplace.parsing import person_names as names
from marketplace.parsing.lists import list_text
from marketplace.parsing.name_lists import split_labels
from marketplace.parsing.telephones import split_masked
from marketplace.parsing.unnamed import is_unnamed_person
from matching.folding import drop_unseen, fold_label

MAX_CONTACT = 200  # characters of a cell with a name, a number and an address
_IS_CONTACT = re.compile(r"联系(?!电话|方式)|对接|联络")
_IS_NUMBER = re.compile(r"(?:联系)?(?:电话|手机号?码?|方式|tel)|(?:电子)?邮箱|e-?mail")


@dataclass(frozen=True)
class NamedContact:
    """Whom a cell of contacts names.

    Attributes:
        name: the person or desk, as they are called.
        number: a telephone number or address that stands next to the name; empty where none does.
        remarks: what was not taken as it stood, in Chinese.
    """

    name: str
    number: str = ""
    remarks: tuple[str, ...] = ()


def read_contact(raw: Any) -> NamedContact | None:
    """Whom a cell of contacts names: a person, as they are called (李先生), or a desk (技术部).

    Raises:
        ParseError: a hidden name, or several people of whom none is called the contact.
    """
    plain = names.fold_dots(drop_unseen(list_text(raw))).strip()
    if not plain:
        return None
    if len(plain) > MAX_CONTACT:
        raise ParseError(f"「{plain[:20]}…」太长，不像联系人。", "写部门或人名。")
    parts = split_labels(plain, _is_contact_label, names.may_end)
    place = _contact_place(parts, plain)
    label, text = parts[place]
    remarks: list[str] = []
    if label and not _IS_CONTACT.search(label):
        remarks.append(f"「{label}：{text[:20]}」记为联系人，请核对。")
    # Of a hidden number nothing is taken, of who stands beside it everything.
    text, masked = split_masked(text)
    numbers = names.NUMBER.findall(text)
    for other in [*range(place), *range(place + 1, len(parts))]:
        label, words = parts[other]
        # A number belongs to whom it stands behind: that of the legal representative is not the contact's.
        if other == place + 1 and _IS_NUMBER.fullmatch(fold_label(label)):
            numbers += names.NUMBER.findall(words)
        elif words:
            remarks.append(
                f"「{label}：{words[:20]}」没有记为联系人。".replace("「：", "「")
            )
    number = numbers[0].strip() if numbers else ""
    remarks += [f"「{one.strip()}」没有记录。" for one in [*masked, *numbers[1:]]]
    return _contact_of(text, number, remarks)


def _contact_place(parts: list[tuple[str, str]], plain: str) -> int:
    """Which part of a cell names the contact: the one labelled so, the one without a label, or the only one."""
    for is_it in (_is_contact, _is_no_label, _is_person):
        places = [place for place, (label, _) in enumerate(parts) if is_it(label)]
        # Of several that are called contact the first; of others nobody knows.
        if len(places) == 1 or (places and is_it is _is_contact):
            return places[0]
        if places:
            raise ParseError(f"看不出「{plain[:40]}」里谁是联系人。", "只写联系人。")
    raise ParseError(f"「{plain[:40]}」里没有联系人。", "写负责对接的部门或人。")


def _is_contact(label: str) -> bool:
    return _IS_CONTACT.search(label) is not None


def _is_no_label(label: str) -> bool:
    return not label


def _is_person(label: str) -> bool:
    return names.FOREIGN.fullmatch(fold_label(label)) is None


def _contact_of(text: str, number: str, remarks: list[str]) -> NamedContact | None:
    plain = text
    text = names.NUMBER.sub(" ", text)
    for content in names.BRACKETS.findall(text):
        if names.is_personal(content) or names.SEAL.fullmatch(fold_label(content)):
            text = re.sub(rf"\s*[（(\[【]{re.escape(content)}[)）\]】]", "", text)
            remarks.append(f"「{content}」没有记录。")
    text = re.sub(r"[（(]\s*[)）]", "", text)
    text = re.sub(
        r"[（(]?\s*(?:电话|手机|微信|tel)\s*[:：]?\s*[)）]?$", "", text, flags=re.I
    )
    text = re.sub(r"^(?:\d{1,2}[.、]|[①-⑳])\s*", "", text)
    name = " ".join(text.split()).strip(" ；;、，,。/|:：-")
    if re.fullmatch(rf"[{names.HAN}] [{names.HAN}]{{1,2}}", name):
        name = name.replace(" ", "")
    if not name:
        if number:
            raise ParseError(f"「{plain[:40]}」里没有联系人的姓名。", "写部门或人名。")
        return None
    if is_unnamed_person(name):
        raise ParseError(f"「{name[:30]}」没有写出联系人。", "写负责对接的部门或人。")
    return NamedContact(name, number, tuple(remarks))


def _is_contact_label(text: str) -> bool:
    plain = fold_label(text)
    return names.is_label(plain) or bool(
        re.fullmatch(
            r".{0,6}(?:联系人|对接人|联络人|法人|代表人|负责人|经办人|填报人|填表人)(?:姓名)?",
            plain,
        )
    )
