"""Headers of several rows: a group stands over 姓名 and 电话 and says whose they are.
Not here: which columns headers mean (headers), which rows make one header (rows), whose a telephone is
(contact_columns).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from marketplace.exchange.contact_columns import Owner, person_of
from marketplace.exchange.header_keys import header_key
from marketplace.parsing.text import half_width

MAX_GROUP = 14  # characters of a label over several columns
# What is asked of a person or an organisation: which one, only the group above it says.
ATTRIBUTES = re.compile(
    r"^(姓名|名字|名称|全称|职务|职称|电话|手机|联系电话|手机号码?|电话号码|联系方式|固定电话|固话|座机|办公电话|移动电话|联系手机|"
    r"邮箱|电子邮箱|电子邮件|e-?mail|邮箱地址|联系邮箱|phone|tel|mobile|微信号?|qq|传真|部门|单位|工作单位|地址|性质|类型|"
    r"统一社会信用代码|信用代码|身份证号码?)$"
)
NAMES = frozenset({"姓名", "名字", "名称", "全称"})
# Groups of these words name what the columns are about and nobody in particular.
NEUTRAL_GROUP = re.compile(r"(信息|情况|内容|资料|要求|概况|栏|数据|部分|一栏)$")
# What stands above a table and is no group: its title, its date, its unit.
_NO_GROUP = re.compile(r"(?<!代)表$|清单$|汇总|附件|日期|\d{4}|:")


class GroupedHeader(str):
    """A header of several levels: a label, and the groups over it that say whose it is.

    Args:
        groups: the labels of the upper rows, the highest first.
        label: that of the lowest row.
    """

    groups: tuple[str, ...]
    label: str

    def __new__(cls, groups: tuple[str, ...], label: str) -> GroupedHeader:
        text = super().__new__(cls, "/".join((*groups, label)))
        text.groups = groups
        text.label = label
        return text


def join_rows(
    upper: Sequence[Any], lower: Sequence[Any], is_known: Callable[[Any], bool]
) -> tuple[Any, ...] | None:
    """The header that a row of groups makes with the row of labels below it; None where they are none.

    A label of the lower row belongs to the last label of the upper row at or left of its column; where the two are
    equal (cells merged downwards) or one of them is empty there is one level only.

    Args:
        upper, lower: the cells of two rows one below the other.
        is_known: whether a cell is a header that means something to us.
    """
    width = max(len(upper), len(lower))
    above = [_label_at(upper, index) for index in range(width)]
    below = [_label_at(lower, index) for index in range(width)]
    if not _may_be_groups(above, below, is_known):
        return None
    combined: list[Any] = []
    group = ""
    grouped = 0
    for over, label in zip(above, below, strict=True):
        group = over or group
        if not label or _top_of(label) == over:
            combined.append(label or over or None)
            # A header of its own ends the group next to it.
            group = "" if over else group
        elif group and (over or _is_attribute(label)):
            combined.append(_put_under(group, label))
            grouped += 1
        else:
            combined.append(label)
    return tuple(combined) if grouped else None


def _label_at(row: Sequence[Any], index: int) -> str:
    """The text of a cell of a header row; empty where it has none."""
    cell = row[index] if index < len(row) else None
    if isinstance(cell, GroupedHeader):
        return cell
    if isinstance(cell, str):
        return cell.strip()
    return ""


def _may_be_groups(
    above: Sequence[str], below: Sequence[str], is_known: Callable[[Any], bool]
) -> bool:
    """Whether two rows have the form of groups and labels: short texts, and below only what can be a header."""
    differing = [
        (over, label)
        for over, label in zip(above, below, strict=True)
        if label and _top_of(label) != over
    ]
    filled = [text for text in above if text]
    # One text alone at the left is the title of the sheet.
    if not differing or not filled or (len(set(filled)) == 1 and above[0]):
        return False
    over_them = {over for over, _ in differing if over}
    if any(_NO_GROUP.search(half_width(text)) for text in over_them):
        return False
    # Without its remarks: 联系人信息（用于对接，请如实填写）.
    if any(not 0 < len(header_key(text)) <= MAX_GROUP for text in over_them):
        return False
    if any(_is_content_over(above, below, place) for place in range(len(above))):
        return False
    # A column without a meaning may stand among the labels; a row of contents has none of ours.
    known = sum(1 for _, label in differing if _may_be_label(label, is_known))
    return known * 2 > len(differing)


def _is_content_over(above: Sequence[str], below: Sequence[str], place: int) -> bool:
    """Whether a cell stands over a header of its own as the last row of one table over the header of the next.

    A group reaches over several columns, stands over labels that need one, or says what its columns are about.
    """
    over = above[place]
    label = below[place]
    if not over or not label or _top_of(label) == over or _is_attribute(label):
        return False
    if NEUTRAL_GROUP.search(header_key(over)):
        return False
    neighbours = [above[i] for i in (place - 1, place + 1) if 0 <= i < len(above)]
    reaches_on = place + 1 < len(above) and not above[place + 1]
    return over not in neighbours and not (reaches_on and below[place + 1])


def _may_be_label(text: str, is_known: Callable[[Any], bool]) -> bool:
    return is_known(text) or _is_attribute(text)


def _is_attribute(text: str) -> bool:
    """Whether a label needs a group to say whose it is."""
    if isinstance(text, GroupedHeader):
        return True
    return ATTRIBUTES.match(header_key(text)) is not None


def _top_of(label: str) -> str:
    """The label of the highest row of a header."""
    if isinstance(label, GroupedHeader):
        return label.groups[0]
    return label


def _put_under(group: str, label: str) -> GroupedHeader:
    if isinstance(label, GroupedHeader):
        return GroupedHeader((group, *label.groups), label.label)
    return GroupedHeader((group,), label)


def person_over(cell: GroupedHeader) -> Owner | None:
    """Whom the groups over a label name; the nearest one counts."""
    for group in reversed(cell.groups):
        key = header_key(group)
        # 联系方式 and 联系信息 over 电话 are the contact's.
        whose = person_of(key) or (Owner.CONTACT if key.startswith("联系") else None)
        if whose is not None:
            return whose
    return None
