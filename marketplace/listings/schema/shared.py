"""The fields and columns that achievements and demands have in common; what differs is an argument."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from marketplace.listings.schema import headings, terms
from marketplace.listings.schema.choices import Code, Codes, Term
from marketplace.listings.schema.composites import (
    OwnerColumn,
    OwnerDistrict,
    OwnerKind,
    read_owner_kind,
    read_owner_uscc,
)
from marketplace.listings.schema.contacts import ContactName, Email, Phone
from marketplace.listings.schema.dictionaries import (
    CHAINS,
    DISTRICTS,
    FIELDS,
    INDUSTRIES,
)
from marketplace.listings.schema.field import Field, ListColumn, Rule, SeenBy
from marketplace.listings.schema.kinds import (
    Day,
    Line,
    Name,
    Number,
    Text,
    Title,
    Words,
)


class Owner(Field):
    """The organisation in whose name a listing is published; the form asks where the writer has several."""

    is_column: ClassVar[bool] = False
    is_short: ClassVar[bool] = True

    def describe(self, row: Any) -> str:
        return str(row.holder_name)


# No column of a list: an import finds the owner by its code or its name.
OWNER = Owner(
    name="organisation",
    label="所属单位",
    step="what",
    help="这一条以哪个单位的名义发布。",
    reviewed=False,
)


def title_field(label: str, aliases: tuple[str, ...], *, example: str) -> Title:
    """The name of a listing, with the other headers of its column."""
    return Title(
        # Identity of a row: a list that comes again updates the row of the same owner and title.
        name="title",
        label=label,
        most=200,
        step="what",
        aliases=(*aliases, *headings.TITLE),
        advice="4–100 字。同一单位同一名称再次导入时更新原来那一条。",
        example=example,
        starred=True,
        reviewed=False,
        seen_by=SeenBy.OPEN,
        list_place=10,
        width=36,
    )


def keywords_field(*, text_place: int, fact_place: int) -> Words:
    """The key words."""
    return Words(
        # 科技成果登记表 allows three; five leave room for the words that firms really search for.
        name="keywords",
        label="关键词",
        most=5,
        step="what",
        help="最多 5 个，用顿号隔开。写别人会拿来搜索的词，如「深沟球轴承、降噪」。",
        aliases=headings.KEYWORDS,
        advice="1–5 个，用「；」分开。",
        example="深沟球轴承；超精研磨；降噪",
        fact_place=fact_place,
        text_place=text_place,
        list_place=920,
    )


def field_codes(
    *,
    list_place: int,
    needed_if: Callable[[Any], bool] | None = None,
    asked_of: frozenset[str] = frozenset(),
) -> Codes:
    """The high-tech fields."""
    return Codes(
        # Statistics count the main field alone; the others only help to find it.
        name="field_codes",
        label="技术领域",
        dictionary=FIELDS,
        most=3,
        entry_labels=("主领域", "相关领域一", "相关领域二", "相关领域三"),
        most_note="：1 个主领域和 2 个相关领域",
        step="class",
        help="国家重点支持的高新技术领域；第一个是主领域，相关的最多再选两个。",
        aliases=headings.FIELDS,
        advice="国家重点支持的高新技术领域，主领域写在最前，最多 3 个。",
        example="先进制造工艺与装备",
        needed="选择技术领域。",
        needed_if=needed_if,
        asked_of=asked_of,
        starred=True,
        seen_by=SeenBy.OPEN,
        list_place=list_place,
    )


def industry_codes(*, list_place: int, fact_place: int) -> Codes:
    """The industries."""
    return Codes(
        # GB/T 4754-2017, divisions: finer classes nobody chooses rightly by heart.
        name="industry_codes",
        label="应用行业",
        dictionary=INDUSTRIES,
        most=3,
        entry_labels=tuple(f"行业{number}" for number in "一二三四五六七八九"),
        step="class",
        help="用在哪些行业，最多三个。",
        aliases=headings.INDUSTRIES,
        advice="国民经济行业大类，最多 3 个。",
        example="通用设备制造业",
        fact_place=fact_place,
        list_place=list_place,
    )


def chain_code(*, list_place: int) -> Code:
    """The industry chain."""
    return Code(
        # Operators keep this list while the site runs, so the code is a key of its table.
        name="chain_code",
        label="产业链",
        dictionary=CHAINS,
        key="chain.code",
        step="class",
        help="聊城重点产业链。名单暂由平台整理，非官方。",
        aliases=headings.CHAIN,
        advice="平台现用的产业链名称。",
        example="轴承",
        list_place=list_place,
    )


# What a page needs so that somebody can be reached.
# The desk rather than the inventor: people leave, and a desk is no personal data.
CONTACT: tuple[Field, ...] = (
    ContactName(
        name="contact_name",
        label="联系人",
        most=60,
        step="contact",
        help="写负责对接的部门或人，如「科技处成果转化科」。登录的人才能看到联系方式。",
        aliases=headings.CONTACT_NAME,
        advice="可以写部门。",
        example="成果转化科",
        needed="填写联系人或联系部门。",
        seen_by=SeenBy.CONTACT,
        half=True,
        list_place=930,
    ),
    Phone(
        # One of telephone and e-mail is enough; which one is the owner's choice.
        name="contact_phone",
        label="联系电话",
        most=30,
        step="contact",
        help="建议写办公电话。电话和邮箱至少填一个。",
        aliases=headings.CONTACT_PHONE,
        advice="电话和邮箱至少填一个；固定电话带区号。",
        example="0635-0000000",
        needed="电话和邮箱至少填一个。",
        needed_if=lambda row: not row.contact_email.strip(),
        starred=True,
        seen_by=SeenBy.CONTACT,
        list_place=940,
        verbatim=True,
    ),
    Email(
        name="contact_email",
        label="联系邮箱",
        most=254,
        step="contact",
        aliases=headings.CONTACT_EMAIL,
        example="office@demo.example",
        seen_by=SeenBy.CONTACT,
        list_place=950,
    ),
)
# Asked at the end, when the writer sees what would be public.
VISIBILITY = Term(
    name="visibility",
    label="公开范围",
    vocabulary=terms.VISIBILITIES,
    default="public",
    step="contact",
    aliases=headings.VISIBILITY,
    advice="部分公开只显示名称、领域、阶段和简介；留空就是公开。",
    example="公开",
    list_place=900,
)
VALID_YEARS = 5  # a validity beyond is more likely a slip of the hand
# A year by default: what nobody has looked at for longer is probably gone.
VALID_UNTIL = Day(
    name="valid_until",
    label="有效期至",
    years_ahead=VALID_YEARS,
    step="contact",
    help="不填则自发布起一年。如 2027-11-21",
    aliases=headings.VALID_UNTIL,
    advice="过了这一天自动下架；留空为一年。",
    list_place=910,
)
# Between the owner and the operators; it goes into no index, list or match.
NOTE = Text(
    name="note",
    label="备注",
    most=500,
    step="contact",
    help="只有本单位和平台运营方看得到。",
    aliases=headings.NOTE,
    seen_by=SeenBy.OWN,
    list_place=960,
)


def owner_columns(seen_by: SeenBy, *, district_needed: bool) -> tuple[ListColumn, ...]:
    """The columns of a list about the owner, next to its name.

    Args:
        seen_by: who sees its code and kind.
        district_needed: the blank form asks for the district.
    """
    return (
        OwnerColumn(
            # The one sure identity of an organisation; names are spelt in many ways.
            name="uscc",
            label="统一社会信用代码",
            aliases=headings.USCC,
            advice="营业执照或法人证书上的 18 位代码；没有可留空。",
            seen_by=seen_by,
            list_place=30,
            verbatim=True,
            read_raw=read_owner_uscc,
            take=lambda owner: owner.uscc,
        ),
        OwnerKind(
            # Rarely in lists; the name usually says it (大学, 有限公司).
            name="organisation_kind",
            label="单位类型",
            aliases=headings.ORGANISATION_KIND,
            advice="留空时按名称判断。",
            seen_by=seen_by,
            list_place=40,
            read_raw=read_owner_kind,
            take=lambda owner: terms.ORGANISATION_TERMS[owner.kind],
        ),
        OwnerDistrict(
            # Of the organisation, not of the listing: one of elsewhere has none.
            name="district",
            label="所属县市区",
            dictionary=DISTRICTS,
            aliases=headings.DISTRICT,
            advice="聊城市的县市区、开发区；外地单位留空。",
            example="东昌府区",
            starred=district_needed,
            list_place=50,
        ),
    )


# --- figures ---------------------------------------------------------------------------------------------------------


def _is_paired(values: Mapping[str, Any]) -> bool:
    return values.get("operator") in ("range", "pm")


def _second_without_pair(values: Mapping[str, Any]) -> bool:
    return values.get("value_max") is not None and not _is_paired(values)


def _range_is_open(values: Mapping[str, Any]) -> bool:
    return values.get("operator") == "range" and values.get("value_max") is None


def _range_is_reversed(values: Mapping[str, Any]) -> bool:
    low = values.get("value")
    high = values.get("value_max")
    if values.get("operator") != "range" or low is None or high is None:
        return False
    return bool(high < low)


METRIC_ROW: tuple[Field, ...] = (
    Name(name="name", label="指标", most=60, needed="写上是什么指标，如「抗拉强度」。"),
    Term(
        # ≥ is offered first, for most figures of an offer are at least what they say.
        name="operator",
        label="关系",
        vocabulary=terms.METRIC_OPERATORS,
        length=10,
        default="eq",
        first="ge",
    ),
    Number(
        name="value",
        label="数值",
        digits=15,
        places=6,
        below=10**9,
        required=True,
        needed="写上数值；说不出数值的写到文字里。",
    ),
    Number(name="value_max", label="到或±", digits=15, places=6, below=10**9),
    Line(name="unit", label="单位", most=30),
)
METRIC_RULES = (
    Rule(_second_without_pair, "value_max", "第二个数只在关系选「～」或「±」时填。"),
    Rule(_range_is_open, "value_max", "写上区间的上限。"),
    Rule(
        _range_is_reversed,
        "value_max",
        "上限不能小于下限。",
        sql=(
            "range",
            "operator <> 'range' or (value_max is not null and value_max >= value)",
        ),
    ),
)
