"""What stands around names of organisations in a cell (labels, roles, seals) and how full names end.

One name is taken out of a text in `organisation_pieces.py`, several in `organisation_lists.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from marketplace.parsing.name_lists import any_of
from marketplace.parsing.organisations import (
    PLACE_WORDS,
    TRADES,
    WORDS,
    is_trade,
)
from matching.folding import fold_label

LEAD, PARTNER, NEUTRAL, FOREIGN = "lead", "partner", "neutral", "foreign"
_BODY = r"(?:单位|企业|高校|院校|学校|机构|公司|方|部门|人)"
_WORK = r"(?:申报|承担|完成|研发|研制|研究|建设|实施|攻关|开发|制定|起草|申请|持有)"
_NAME = r"(?:名称|全称|名)"
_WORKING = rf"{_WORK}?{_BODY}?{_NAME}?"
_PROJECT = r"(?:项目|成果|技术|课题|专利|需求)?"
_PERSON = (
    r"法定代表人?|法人(?:代表)?|负责人|联系人|对接人|经办人|填报人|填表人|审核人|联络人"
)
_ROLES = {
    LEAD: rf"{_PROJECT}(?:第一|首要|主要|首席)?(?:牵头|主持|主导|主办|主责|首席|第一){_WORKING}"
    rf"|(?:主要|主){_WORK}{_BODY}?|{_PROJECT}(?:负责|总体){_BODY}|排名第一|第[一1]名?|主|负责|总承担"
    r"|成果(?:第一)?(?:持有|权利)人|主体单位|主申请人",
    PARTNER: rf"{_PROJECT}(?:其他|其它|第[二三四五六七八九十2-9]|合作|参与|参加|协作|协同|协助|配合"
    rf"|支撑|协办|共建|参研|次要){{1,2}}{_WORKING}|排名第[二三四五六七八九十2-9]|产学研合作{_BODY}?|参|协",
    # 联合申报单位 names all of them, who leads among them too.
    NEUTRAL: rf"(?:联合|共同){_WORKING}"
    rf"|(?:单位|企业|公司|机构|院校|高校|学校|法人单位|组织){_NAME}?|名称|全称|单位[一二三四五1-9]"
    rf"|{_PROJECT}(?:{_WORK}|需求|发榜|出题|发布|所属|所在|报送|填报|依托|权利|权属|工作|提出|提供|征集|难题"
    rf"|需方|供方|拥有|归属)(?:{_BODY}|主体){_NAME}?"
    rf"|{_PROJECT}{_BODY}{_NAME}?|企业\(单位\)名称|单位\(企业\)名称",
    FOREIGN: r"(?:推荐|主管|归口|审核|审批|上级|管理|监理|见证|指导|评审|鉴定|评价|验收|监督)"
    r"(?:单位|机构|部门)?(?:意见)?(?:名称)?"
    rf"|(?:项目|单位|企业|业务|技术)?(?:{_PERSON})(?:姓名|电话|手机)?"
    r"|(?:联系)?(?:电话|手机号?码?|方式)|传真|邮箱|电子邮箱|e-?mail"
    r"|(?:单位|通讯|通信|注册|办公|详细)?(?:地址|住所)|邮编|邮政编码|网址|官网"
    r"|(?:统一)?(?:社会)?信用代码|组织机构代码|税号|(?:填报|申报|填表|成立|注册)?(?:日期|时间)|年月日"
    r"|备注|注|说明|(?:单位|企业)?(?:性质|类型|规模)|行业|注册资本|员工(?:人数)?",
}
_ROLE_PATTERNS = {role: re.compile(pattern) for role, pattern in _ROLES.items()}
# A seal, or the place for it: （盖章）, （公 章）, （签字、盖章）.
SEAL = re.compile(
    r".{0,6}(?:盖章|公章|签章|印章|用章|盖印|加章|签字|签名|签署|盖章处|盖章有效)(?:处|有效|确认|页|生效)?|章|印|签章处"
)
ORDER = re.compile(
    r"(?:排名|排序)?第?\s*(\d{1,2}|[一二三四五六七八九十])\s*(?:位|名)?(?:(?:完成|承担)?单位)?"
)
DATE = re.compile(
    r"\d{2,4}\s*[年./-]\s*\d{1,2}\s*(?:[月./-]\s*(?:\d{1,2}\s*日?)?)?|年\s*月\s*日?"
)
BRACKETS = re.compile(r"[(（\[【〔{]([^()（）\[\]【】〔〕{}]*)[)）\]】〕}]")
QUOTED = re.compile(r"[“\"「『《](?P<name>[^“”\"「」『』《》]+)[”\"」』》]")
# How full names end. What ends so and has a word before it stands by itself.
STRONG_END = re.compile(
    r"(?:大学|学院|公司|集团|研究院|研究所|科学院|设计院|医院|合作社|学校|中学|中专|实验室|研究中心|技术中心|工程中心|[厂局])$"
)
END = re.compile(
    r"(?:[院所厂局站校社会部队厅委馆场店行处室系台]|公司|集团|大学|中心|基地|联盟|总公司|协会|学会|工作室|课题组|孵化器|委员会|产业园|园区"
    r"|有限合伙|合伙企业|企业技术中心|合伙)$"
    r"|(?:\b(?:co|inc|llc|ltd|limited|corp|corporation|company|gmbh|ag|university|college|institute|academy|school|laboratory|lab|group|center|centre|hospital)\.?)$",
    re.I,
)
DEPARTMENT = re.compile(
    r"(?:学院|系|部|处|科|室|中心|实验室|课题组|团队|院|所|分公司|分厂|车间|校区|研究所)$"
)
_DISCIPLINES = re.compile(rf"(?:{any_of(WORDS['disciplines'] + TRADES)}){{0,12}}")


def is_remark(content: str) -> bool:
    """Whether the content of brackets is about a name and no part of it."""
    plain = fold_label(content)
    if SEAL.fullmatch(plain) or ORDER.fullmatch(plain):
        return True
    words = re.split(r"[,;、/|.]", plain)
    return all(role_of(word) or SEAL.fullmatch(word) for word in words)


def role_of(word: str) -> str:
    """What a label or a remark in brackets says of an organisation; "" for a word that says nothing known."""
    plain = fold_label(BRACKETS.sub(_without_seal, word)).strip(":*")
    for role, pattern in _ROLE_PATTERNS.items():
        if pattern.fullmatch(plain):
            return role
    return ""


def _without_seal(match: re.Match[str]) -> str:
    return "" if SEAL.fullmatch(fold_label(match[1])) else match[0]


def is_label(text: str) -> bool:
    return bool(role_of(text))


def may_end(text: str) -> bool:
    """Whether an organisation's name may end here, directly before a label."""
    return text[-1] in "）)】]”" or ends_like_name(text)


def with_colons(text: str) -> str:
    """A text in which labels without a colon have one: 【牵头单位】聊城大学, a line that is nothing but a label."""

    def with_colon(match: re.Match[str]) -> str:
        is_label = len(match[1]) > 2 and role_of(match[1]) in (LEAD, PARTNER, NEUTRAL)
        return f"\n{match[1]}：" if is_label else match[0]

    text = re.sub(r"[【\[]\s*([^【】\[\]]{2,12})\s*[】\]]\s*[:：]?", with_colon, text)
    lines = []
    for line in text.split("\n"):
        first, blank, rest = line.strip().partition(" ")
        if not first.endswith((":", "：")) and _is_bare_label(first):
            line = f"{first}：{rest}" if blank else f"{first}："
        lines.append(line)
    return "\n".join(lines)


def _is_bare_label(word: str) -> bool:
    """Whether a word by itself is a label and cannot be a name: 牵头单位, 单位名称（盖章）."""
    bare = fold_label(BRACKETS.sub("", word))
    if not re.search(r"(?:单位|名称|全称|企业|高校)$", bare):
        return False
    return role_of(word) in (LEAD, PARTNER, NEUTRAL)


def is_department(name: str) -> bool:
    """Whether a name is that of a part of an organisation: 机械与汽车工程学院; 齐鲁医药学院 may stand for itself."""
    match = DEPARTMENT.search(name)
    return match is not None and bool(_DISCIPLINES.fullmatch(name[: match.start()]))


def begins_with_place(name: str) -> bool:
    return name.startswith(PLACE_WORDS)


def are_places(names: Iterable[str]) -> bool:
    return all(name in PLACE_WORDS for name in names)


def without_last_bracket(name: str) -> str:
    return re.sub(r"\s*[(（][^()（）]*[)）]\s*$", "", name)


def ends_like_name(name: str) -> bool:
    return END.search(without_last_bracket(name).strip()) is not None


def stands_alone(name: str) -> bool:
    """Whether a text is a whole name: an ending, and before it a word that is no trade."""
    bare = without_last_bracket(name)
    rest = END.sub("", STRONG_END.sub("", bare))
    return rest != bare and len(rest) >= 2 and not is_trade(rest)


def is_quoted(name: str) -> bool:
    """Whether a text is a name in quotation marks and nothing else."""
    return QUOTED.fullmatch(name) is not None
