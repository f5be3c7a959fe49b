"""Whose telephone and mailbox the columns of a list hold: the contact's, somebody else's, or nobody says.
Not here: which headers mean a telephone (listings.schema), how several rows make one header (headers).

A list names many people: the legal representative, who filled it in, who is responsible. A number of theirs that is
published as that of the contact cannot be taken back, so a column counts only where its header or its place says
that it is the contact's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

# People who are no contact. They are looked for first: 负责人联系电话 is not that of a 联系人.
_OTHER_PERSON = re.compile(
    r"法人(?!单位|类型|性质|机构|证|资格|代码)|法定|代表人?(?:姓名|电话|手机|联系|邮箱|$)|负责(?!单位|部门)|经办(?!单位|部门)|"
    r"填[表报写](?!单位|日期|时间|说明|要求)|制表|审[核批查](?!意见|日期|时间|单位|状态)|复核|录入|统计员|领导|财务|会计|"
    r"经理|董事|院长|校长|所长|厂长|处长|科长|局长|主任|书记|总工|副总|秘书|股东|特派员|教授|导师|顾问|带头|首席|主持|"
    r"专家(?!意见|评审)|团队(?:成员|联系|电话|手机|$)|成员|姓名|名字|"
    # Any other person: 推荐人, 委托人, 紧急联络人 is a contact; 机器人 and 人才 are no people of a list.
    r"(?<!联系)(?<!对接)(?<!联络)(?<!咨询)(?<!机器)人员?(?:姓名|电话|手机|联系|邮箱|号码|信息|微信|$)"
)
# Roles by their last character, for headers that name no column: 总监, 专员, 组长. 时长 and 会员 are none.
_ROLE = re.compile(
    r"^(?:.{0,5}(?:[^增时周特波]长|[^会动]员|[^大]师|总监|主管|书记|院士|博士|总裁|老板)|ceo|cto)$"
)
_CONTACT = re.compile(r"联系[人部处科]|联系姓名|对接|联络|咨询[人处]|contact")
# 联系人, 对接人姓名, 联系人电话: the contact of the list, and nobody else's.
PLAIN_CONTACT = re.compile(
    r"^(?:联系人|对接人|联络人|联络员)(?:姓名|名称|名字|员)?(?:$|及|和|与|、|/|电话|手机|联系|固|座机|办公|移动|邮箱|电子|信箱)"
)
_CONTACT_ENDS = ("联系人", "对接人", "联络人")
# Contacts of others than who wants or offers something.
_NOT_OF_LISTING = re.compile(
    r"填[表报写]|审[核批]|法人|法定|财务|推荐|领导|紧急|备用|科技局|主管|部门|县[区市]?|市|政府|街道|乡镇|平台|机构|归口|管理|银行|服务"
)
# What is asked of a person, between their name and their telephone.
PERSONAL = re.compile(
    r"^(?:性别|年龄|民族|出生(?:年月|日期)|学历|学位|职务|职称|职务/?职称|职称/?职务|岗位|部门|所在部门|所属部门|科室|处室|工作单位|"
    r"身份证号?码?|微信号?|qq号?码?|传真|传真号码?|邮编|邮政编码|地址|通[讯信]地址|联系地址|办公地址|单位地址)$"
)
# Columns about who made a thing, which stand at the start of a list: the telephone at its end is not theirs.
_MAKERS = re.compile(r"完成人|发明人|权利人|设计人|团队|参与人|成员|申请人|专家|教授")


class Owner(Enum):
    """Whose a telephone or a mailbox is."""

    CONTACT = auto()
    OTHER = auto()
    NOBODY = auto()  # no person stands near
    UNSURE = auto()  # it depends on how the row is read


@dataclass(frozen=True)
class Label:
    """A header as it matters here.

    Attributes:
        key: what spellings of it share, without its groups.
        text: the header as it is in the sheet, with its groups.
        reaches: it is a telephone or a mailbox.
        owner: whose it is by its own words or by the group over it; None where it does not say.
    """

    key: str
    text: str
    reaches: bool
    owner: Owner | None = None


@dataclass(frozen=True)
class Reached:
    """Whose a telephone or mailbox is.

    Attributes:
        owner: whose.
        rank: 0 where the header says so itself, 1 directly after the person, 2 elsewhere.
        neighbour: the header of the person, where it is not the contact.
    """

    owner: Owner
    rank: int = 2
    neighbour: str = ""


def person_of(key: str) -> Owner | None:
    """Whether a header names a contact, another person, or nobody (None).

    Which of several contacts is that of the listing, only the whole row says (`Headers`).

    Args:
        key: the key of the header (`headers.header_key`).
    """
    if PLAIN_CONTACT.match(key):
        return Owner.CONTACT
    before = _CONTACT.split(key, maxsplit=1)[0]
    is_contact = _CONTACT.search(key) is not None
    # 技术负责联系人 and 项目负责人/联系人 are contacts; 填表联系人, 法人联系人, 紧急联系人 are somebody else's.
    if is_contact and not _NOT_OF_LISTING.search(before) and _OTHER_PERSON.search(key):
        return Owner.CONTACT if key.endswith(_CONTACT_ENDS) else Owner.OTHER
    if _OTHER_PERSON.search(key) or _NOT_OF_LISTING.search(before) and is_contact:
        return Owner.OTHER
    if is_contact:
        return Owner.CONTACT
    return Owner.OTHER if _ROLE.match(key) else None


def owners_of(labels: Sequence[Label | None]) -> dict[int, Reached]:
    """Whose each telephone and mailbox of a header row is.

    People are followed by what reaches them (联系人, 电话, 邮箱), or it stands before them (电话, 联系人). Where both
    readings are possible and give different people, nothing is sure.

    Args:
        labels: the headers of the row; None for empty cells.

    Returns:
        index → whose it is, of the columns that reach somebody.
    """
    owners = {}
    for index, label in enumerate(labels):
        if label is None or not label.reaches:
            continue
        if label.owner is not None:
            owners[index] = Reached(label.owner, 0, label.text)
            continue
        owners[index] = _owner_at(labels, index)
    return owners


def _owner_at(labels: Sequence[Label | None], index: int) -> Reached:
    before = _person_before(labels, index)
    after = _person_after(labels, index)
    if after is None:
        return before
    if before.owner is Owner.NOBODY:
        # 电话, 联系人: of the contact or of the firm, which is the same to who calls.
        if after.owner is Owner.CONTACT:
            return Reached(Owner.NOBODY)
        return Reached(Owner.UNSURE, 2, after.neighbour)
    if before.owner is after.owner:
        return before
    return Reached(Owner.UNSURE, 2, before.neighbour or after.neighbour)


def _person_before(labels: Sequence[Label | None], index: int) -> Reached:
    """The person that comes last before a column."""
    rank = 1
    for place in range(index - 1, -1, -1):
        label = labels[place]
        if label is None:
            continue
        if label.owner is None:
            if not label.reaches and not PERSONAL.match(label.key):
                rank = 2
            continue
        if rank == 2 and _MAKERS.search(label.key):
            continue
        return Reached(label.owner, rank, _neighbour_header(label))
    return Reached(Owner.NOBODY)


def _person_after(labels: Sequence[Label | None], index: int) -> Reached | None:
    """The person that comes next, in a row of columns that may be read backwards: it opens with what reaches somebody
    and closes with a person."""
    first = index
    while first > 0 and _is_of_people(labels[first - 1]):
        first -= 1
    last = index
    while last + 1 < len(labels) and _is_of_people(labels[last + 1]):
        last += 1
    opening = labels[first]
    closing = labels[last]
    if opening is None or opening.owner is not None:
        return None
    if closing is None or closing.owner is None or closing.reaches:
        return None
    for place in range(index + 1, last + 1):
        label = labels[place]
        if label is not None and label.owner is not None:
            return Reached(label.owner, 1, _neighbour_header(label))
    return None


def _is_of_people(label: Label | None) -> bool:
    """Whether a column names a person or says something of one."""
    if label is None:
        return False
    return (
        label.owner is not None
        or label.reaches
        or PERSONAL.match(label.key) is not None
    )


def _neighbour_header(label: Label) -> str:
    if label.owner is Owner.CONTACT:
        return ""
    return label.text
