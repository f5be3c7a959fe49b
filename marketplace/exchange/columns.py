"""The columns of both lists: their names and other names, how each is read and written, and who may see it.

How one cell is understood is in `marketplace.parsing`; files are opened in `sheets.py` and written in `workbooks.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from marketplace.accounts.models import key_of
from marketplace.exchange.vocabularies import TRL_STAGES, Vocabulary, word_key
from marketplace.listings.models import LISTINGS, Achievement, Demand
from marketplace.parsing import ParseError
from marketplace.parsing.days import DAY_FORMS, read_day, read_months, read_years
from marketplace.parsing.figures import read_metrics, read_whole
from marketplace.parsing.lists import read_aligned, read_keywords
from marketplace.parsing.money import MONEY_FORMS, Money, read_money
from marketplace.parsing.numbers import PATENT_FORMS, read_email, read_phone, read_uscc
from marketplace.parsing.people import read_organisations, read_people
from marketplace.parsing.text import (
    cell_text,
    compact_text,
    half_width,
    read_flag,
    read_line,
    read_prose,
)

# What a column may be seen with; the deed is asked of `permissions` for each row.
OPEN, FULL, CONTACT, FIRM = (
    "",
    "listing.read_full",
    "listing.read_contact",
    "demand.read_firm",
)
OWN = "listing.edit"
SECRET_WORDS = {"国家秘密", "秘密", "机密", "绝密", "国家机密", "涉密", "国家级秘密"}
SECRET = ParseError(
    "国家秘密不能在互联网上传输，也不能在这里登记；这一行没有读取。",
    "请立即停止传送这份文件，并联系本单位保密部门。公开的成果填 非密、内部 或 商业秘密。",
)
EXAMPLE_MARK = (
    "示例"  # in the running number of the form's example row, which is not read
)
NO_NUMBER = (
    "—"  # an empty place among items that stand in the order of their neighbours
)


@dataclass(frozen=True)
class Column:
    """One column of a list.

    Attributes:
        name: the header we write.
        key: what it fills: a column of the table, or a part from which `values` builds some.
        read: cell → value; None for an empty cell; raises ParseError.
        write: row → cell: text, Decimal, int, day or None.
        aliases: other headers that mean it.
        needed: a listing is not public without it.
        deed: who sees it on a list that goes out (`OPEN`, or a deed of `permissions`).
        words: name of the vocabulary offered as a drop-down.
        several: takes several of these words.
        money: a header such as 预期价格(元) sets the unit.
        advice: what to fill in, in Chinese.
        example: what the form's example row says.
    """

    name: str
    key: str
    read: Callable[..., Any]
    write: Callable[[Any], Any]
    aliases: tuple[str, ...] = ()
    needed: bool = False
    deed: str = FULL
    words: str = ""
    several: bool = False
    money: bool = False
    advice: str = ""
    example: str = ""


@dataclass(frozen=True)
class Placed:
    """A column found in a sheet: where, under which header, and how its cells are read."""

    index: int
    header: str
    column: Column
    read: Callable[[Any], Any]


# --- the columns -----------------------------------------------------------------------------------------------------


def _kept(name: str) -> Callable[[Any], Any]:
    return lambda row: getattr(row, name)


def _named(words: Vocabulary, name: str) -> Callable[[Any], Any]:
    # A term that is no longer in use (an industry chain) is left out: the importer would not know it.
    return lambda row: words.names.get(getattr(row, name) or "")


def _listed(words: Vocabulary, name: str) -> Callable[[Any], Any]:
    return lambda row: "；".join(
        words.names.get(code, code) for code in getattr(row, name)
    )


def _yes(name: str) -> Callable[[Any], Any]:
    return lambda row: "是" if getattr(row, name) else "否"


def _text(kind: str, name: str) -> Callable[[Any], str | None]:
    """Reads a text of as many characters as its column holds: on one line where that is short."""
    most = getattr(LISTINGS[kind].__table__.c[name].type, "length", None)
    if most is None:
        return read_prose
    return partial(read_prose if most >= 300 else read_line, most=most)


def _stage(words: Vocabulary, raw: Any) -> tuple[str, int | None] | None:
    """A stage by its word, or by a TRL level from which it follows."""
    if words.find(cell_text(raw)) is None and re.fullmatch(
        r"(?i)(trl)?第?[1-9]级?", compact_text(raw), re.ASCII
    ):
        level = int(re.sub(r"\D", "", compact_text(raw)))
        return TRL_STAGES[level], level
    code = words.one(raw)
    return (code, None) if code else None


def _secrecy(words: Vocabulary, raw: Any) -> str | None:
    if compact_text(raw) in SECRET_WORDS:
        raise SECRET
    return words.one(raw)


def _one_organisation(raw: Any) -> str | None:
    return read_line(raw, 120)


def _sum(raw: Any, unit: Decimal = Decimal(1)) -> Money | None:
    return read_money(raw, unit)


def _registration(raw: Any) -> str | None:
    plain = compact_text(raw)
    if plain and not re.fullmatch(
        r"[0-9A-Z]{3}(19|20)\d{2}Y\d{4}", plain.upper(), re.ASCII
    ):
        raise ParseError(
            f"「{plain[:40]}」不是批准登记号。",
            "12 位：3 位代码、4 位年份、Y、4 位流水号。",
        )
    return plain.upper() or None


def _period(row: Achievement) -> str | None:
    if row.rd_start is None:
        return None
    return "-".join(
        month.replace("-", ".") for month in (row.rd_start, row.rd_end) if month
    )


def _price(low: Decimal | None, high: Decimal | None, negotiable: bool) -> Any:
    if negotiable:
        return "面议"
    if low is not None and high is not None and low != high:
        return f"{low.normalize():f}-{high.normalize():f}"
    return low if low is not None else high


def _people(row: Achievement) -> str:
    def one(person: Any) -> str:
        more = (
            [person.title, person.role]
            if person.role
            else [person.title]
            if person.title
            else []
        )
        if person.share is not None:
            more.append(f"{person.share.normalize():f}%")
        return f"{person.name}（{'；'.join(more)}）" if more else person.name

    return "、".join(map(one, row.contributors))


def _organisations(row: Achievement) -> str:
    names = [owner.name for owner in row.co_owners] or [row.organisation.name]
    joined = "；".join(names)
    return joined if read_organisations(joined) == names else f"{joined}；"


def _lead(row: Achievement) -> str | None:
    first = row.co_owners[0].name if row.co_owners else row.organisation.name
    return (
        row.organisation.name
        if key_of(first) != key_of(row.organisation.name)
        else None
    )


def _keywords(row: Any) -> str:
    joined = "；".join(row.keywords)
    return (
        f"{joined}；" if read_keywords(joined) not in (row.keywords, None) else joined
    )


def _of_ips(name: str, words: Vocabulary | None = None) -> Callable[[Any], str]:
    def write(row: Achievement) -> str:
        places = [getattr(ip, name) or "" for ip in row.ips]
        if not any(places):
            return ""
        shown = (
            words.names.get(place, place) if words else str(place) for place in places
        )
        return "；".join(place or NO_NUMBER for place in shown)

    return write


def columns(kind: str, words: Mapping[str, Vocabulary]) -> list[Column]:
    """The columns of a kind of list, in the order they are written.

    Args:
        kind: `achievement` or `demand`.
        words: what `vocabularies` gives.
    """
    return _achievement(words) if kind == "achievement" else _demand(words)


def _term(
    words: Mapping[str, Vocabulary],
    name: str,
    key: str,
    vocabulary: str = "",
    **more: Any,
) -> Column:
    """A column of one term."""
    known = words[vocabulary or key]
    return Column(
        name, key, known.one, _named(known, key), words=vocabulary or key, **more
    )


def _terms(
    words: Mapping[str, Vocabulary],
    name: str,
    key: str,
    vocabulary: str = "",
    most: int = 0,
    **more: Any,
) -> Column:
    """A column of several terms."""
    known = words[vocabulary or key]
    read = partial(known.many, most=most)
    return Column(
        name,
        key,
        read,
        _listed(known, key),
        words=vocabulary or key,
        several=True,
        **more,
    )


def _prose(kind: str, name: str, key: str, *aliases: str, **more: Any) -> Column:
    """A column of text."""
    return Column(name, key, _text(kind, key), _kept(key), aliases=aliases, **more)


def _shared(kind: str, words: Mapping[str, Vocabulary]) -> dict[str, Column]:
    """The columns both lists have, by key."""
    found = (
        Column(
            "统一社会信用代码",
            "uscc",
            read_uscc,
            lambda row: row.organisation.uscc,
            ("信用代码", "社会信用代码", "组织机构代码"),
            deed=FIRM if kind == "demand" else FULL,
            advice="营业执照或法人证书上的 18 位代码；没有可留空。",
        ),
        Column(
            "单位类型",
            "organisation_kind",
            partial(_lenient_one, words["organisation_kind"]),
            lambda row: words["organisation_kind"].names[row.organisation.kind],
            ("单位性质", "机构属性", "企业性质"),
            deed=FIRM if kind == "demand" else FULL,
            words="organisation_kind",
            advice="留空时按名称判断。",
        ),
        Column(
            "所属县市区",
            "district",
            words["district"].one,
            lambda row: words["district"].names.get(
                row.organisation.district_code or ""
            ),
            (
                "所属区域",
                "所属地区",
                "所在地域",
                "所在地区",
                "所属区县",
                "县市区",
                "区县",
                "所在县市区",
                "地区",
            ),
            needed=kind == "demand",
            words="district",
            advice="聊城市的县市区、开发区；外地单位留空。",
            example="东昌府区",
        ),
        _terms(
            words,
            "技术领域",
            "field_codes",
            "fields",
            3,
            deed=OPEN,
            needed=True,
            aliases=(
                "所属高新技术领域",
                "高新技术领域",
                "所属高新技术类别",
                "需求技术所属领域",
                "所属技术领域",
                "技术所属领域",
                "领域",
            ),
            advice="国家重点支持的高新技术领域，主领域写在最前，最多 3 个。",
            example="先进制造工艺与装备",
        ),
        _terms(
            words,
            "所属行业" if kind == "demand" else "应用行业",
            "industry_codes",
            "industries",
            3,
            aliases=(
                "应用行业",
                "所属行业",
                "成果应用行业",
                "行业",
                "服务的国民经济行业",
            ),
            advice="国民经济行业大类，最多 3 个。",
            example="通用设备制造业",
        ),
        _term(
            words,
            "产业链",
            "chain_code",
            "chain",
            aliases=("所属产业链",),
            advice="平台现用的产业链名称。",
            example="轴承",
        ),
        _term(
            words,
            "公开程度" if kind == "demand" else "公开范围",
            "visibility",
            aliases=("公开程度", "公开范围", "是否公开", "保密要求"),
            advice="部分公开只显示名称、领域、阶段和简介；留空就是公开。",
            example="公开",
        ),
        Column(
            "有效期",
            "valid_until",
            read_day,
            _kept("valid_until"),
            ("有效期至", "有效期限", "发布截止"),
            advice="过了这一天自动下架；留空为一年。",
        ),
        Column(
            "关键词",
            "keywords",
            read_keywords,
            _keywords,
            ("关键字", "成果关键字", "成果关键词", "技术关键词", "keywords"),
            advice="1–5 个，用「；」分开。",
            example="深沟球轴承；超精研磨；降噪",
        ),
        _prose(
            kind,
            "联系人",
            "contact_name",
            "联系人姓名",
            "联系部门",
            "contact",
            needed=True,
            deed=CONTACT,
            advice="可以写部门。",
            example="成果转化科",
        ),
        Column(
            "联系电话",
            "contact_phone",
            read_phone,
            _kept("contact_phone"),
            (
                "电话",
                "手机",
                "联系方式",
                "手机号",
                "手机号码",
                "联系人电话",
                "固定电话",
                "固话",
                "phone",
            ),
            needed=True,
            deed=CONTACT,
            advice="电话和邮箱至少填一个；固定电话带区号。",
            example="0635-0000000",
        ),
        Column(
            "邮箱",
            "contact_email",
            read_email,
            _kept("contact_email"),
            ("电子邮箱", "电子邮件", "信箱", "联系邮箱", "邮箱地址", "email", "e-mail"),
            deed=CONTACT,
            example="office@demo.example",
        ),
        _prose(
            kind, "备注", "note", "说明", "note", deed=OWN
        ),  # between the owner and the operator
    )
    return {column.key: column for column in found}


def _lenient_one(words: Vocabulary, raw: Any) -> str | None:
    """The kind of an organisation where the word is known; lists say all sorts of things here (股份制, 其他)."""
    return words.find(cell_text(raw))


ORGANISATION_HEADERS = (
    "单位名称",
    "所属单位",
    "企业名称",
    "所属单位或公司名称",
    "成果所属单位",
    "机构全称",
    "机构名称",
    "申报单位",
    "assignee",
)
TITLE_HEADERS = ("title", "标题", "名称")


def _achievement(words: Mapping[str, Vocabulary]) -> list[Column]:
    kind = "achievement"
    shared = _shared(kind, words)
    return [
        _prose(
            kind,
            "成果名称",
            "title",
            "项目名称",
            "技术名称",
            "专利名称",
            "科技成果名称",
            *TITLE_HEADERS,
            needed=True,
            deed=OPEN,
            advice="4–100 字。同一单位同一名称再次导入时更新原来那一条。",
            example="轴承套圈超精研磨降噪工艺",
        ),
        Column(
            "第一完成单位",
            "lead",
            _one_organisation,
            _lead,
            ("第一完成人单位", "牵头单位"),
            deed=OPEN,
        ),
        Column(
            "完成单位",
            "organisations",
            read_organisations,
            _organisations,
            (*ORGANISATION_HEADERS, "成果单位", "权利单位"),
            needed=True,
            deed=OPEN,
            advice="与公章一致；几个单位用「；」分开，第一个为第一完成单位。",
            example="示例大学",
        ),
        shared["uscc"],
        shared["organisation_kind"],
        shared["district"],
        Column(
            "完成人",
            "contributors",
            read_people,
            _people,
            ("负责人", "发明人", "主要完成人", "成果完成人", "项目负责人"),
            needed=True,
            advice="按贡献排序，用「、」分开；可写 张三（教授；负责人；40%）。",
            example="张三、李四",
        ),
        shared["field_codes"],
        shared["industry_codes"],
        shared["chain_code"],
        _term(words, "战略性新兴产业", "sei_code"),
        _term(
            words,
            "成果类型",
            "achievement_type",
            aliases=("成果类别", "类别"),
            example="应用技术类",
        ),
        _terms(words, "体现形式", "forms", aliases=("成果体现形式",), example="新工艺"),
        _term(words, "成果属性", "attribute"),
        _term(
            words,
            "成果来源",
            "funding_source",
            aliases=("课题来源", "项目来源", "经费来源"),
        ),
        Column(
            "财政资金支持",
            "fiscal_funded",
            read_flag,
            _yes("fiscal_funded"),
            ("是否财政资金支持",),
            advice="填 是 或 否。",
        ),
        Column(
            "成果密级",
            "secrecy",
            partial(_secrecy, words["secrecy"]),
            _named(words["secrecy"], "secrecy"),
            ("密级",),
            words="secrecy",
            advice="国家秘密不能在互联网上登记，不要填入本表。",
        ),
        Column(
            "研究起止",
            "period",
            read_months,
            _period,
            ("研究起止时间", "起止时间", "研发起止"),
            advice="写到月份。",
            example="2022.03-2024.10",
        ),
        _prose(
            kind,
            "成果简介",
            "summary",
            "简介",
            "摘要",
            "成果摘要",
            "成果介绍",
            "成果描述",
            "技术简介",
            "内容简介",
            "abstract",
            "content",
            needed=True,
            deed=OPEN,
            advice="至少 20 字：解决什么问题、怎么做、做到什么程度。",
            example="针对深沟球轴承振动大的问题，改进滚道超精研磨工艺，振动值由 45 dB 降到 36 dB，已在两条线上试用。",
        ),
        _prose(kind, "创新点", "innovation", "技术创新点", "主要创新点"),
        Column(
            "主要技术指标",
            "metrics",
            read_metrics,
            lambda row: "；".join(map(str, row.metrics)),
            ("技术指标", "主要指标", "技术指标要求"),
            advice="写成「名称 比较符 数值 单位」，用「；」分开；没有数字的内容并入对比优势。",
            example="圆度≤0.10 mm；硬度≥60 HRC",
        ),
        _prose(
            kind,
            "对比优势",
            "baseline",
            "比现有做法好多少",
            "与现有技术比较",
            "对比情况",
            "先进性",
            advice="比现有做法好多少；填了技术指标可不填，都没有就写「尚无对比数据」。",
            example="振动值比现有工艺低 9 dB",
        ),
        _prose(kind, "应用前景", "prospects", "市场前景", "推广前景", "应用前景分析"),
        _prose(kind, "预期效益", "benefits", "效益分析", "经济效益", "社会经济效益"),
        _prose(kind, "应用案例", "cases", "案例", "应用情况", "典型案例"),
        Column(
            "知识产权类型",
            "ip_types",
            partial(read_aligned, loose=True),
            _of_ips("ip_type", words["ip_type"]),
            ("专利类型", "知识产权类别"),
            words="ip_type",
            several=True,
            advice="几项用「；」分开，与名称、编号、状态的顺序一致。",
            example="发明专利",
        ),
        Column(
            "专利号/登记号",
            "ip_numbers",
            partial(read_aligned, loose=True),
            _of_ips("number"),
            (
                "专利号",
                "专利编号",
                "核心专利",
                "登记号",
                "专利申请号",
                "申请号",
                "知识产权编号",
                "专利号或登记号",
            ),
            advice=PATENT_FORMS + "没有的一项写「—」。",
        ),
        Column(
            "知识产权名称",
            "ip_names",
            partial(read_aligned, loose=False),
            _of_ips("name"),
            ("专利名称", "专利标题"),
            example="一种轴承套圈超精研磨方法",
        ),
        Column(
            "权利人",
            "ip_owners",
            partial(read_aligned, loose=False),
            _of_ips("owners"),
            ("专利权人", "知识产权权利人"),
        ),
        Column(
            "申请日",
            "ip_applied",
            partial(read_aligned, loose=False),
            _of_ips("applied_on"),
            ("专利申请日",),
        ),
        Column(
            "授权日",
            "ip_granted",
            partial(read_aligned, loose=False),
            _of_ips("granted_on"),
            ("专利授权日",),
        ),
        Column(
            "法律状态",
            "ip_statuses",
            partial(read_aligned, loose=True),
            _of_ips("legal_status", words["legal_status"]),
            ("专利状态", "知识产权状态", "专利法律状态"),
            words="legal_status",
            several=True,
            example="已授权",
        ),
        _term(words, "权属", "ownership", aliases=("成果权属", "权属性质")),
        Column(
            "所处阶段",
            "stage",
            partial(_stage, words["stage"]),
            _named(words["stage"], "stage"),
            (
                "成熟度",
                "技术成熟度",
                "成果成熟度",
                "成果所处阶段",
                "研发阶段",
                "技术阶段",
                "成果阶段",
                "阶段",
            ),
            needed=True,
            deed=OPEN,
            words="stage",
            advice="也可写 TRL 级别，如 TRL6。",
            example="中试",
        ),
        Column(
            "TRL",
            "trl",
            lambda raw: read_whole(raw, 1, 9),
            _kept("trl"),
            ("技术成熟度等级", "成熟度等级", "trl等级"),
            advice="1–9。",
        ),
        Column(
            "13级成熟度",
            "readiness_13",
            lambda raw: read_whole(raw, 1, 13),
            _kept("readiness_13"),
            advice="1–13。",
        ),
        _prose(
            kind,
            "阶段依据",
            "stage_evidence",
            "成熟度依据",
            advice="TRL 7 级以上要写明依据。",
        ),
        _term(
            words,
            "应用状态",
            "application_status",
            aliases=("应用状况", "成果应用状态"),
        ),
        _term(
            words,
            "成果水平",
            "level",
            aliases=("技术水平", "成果技术水平"),
            advice="没有评价过填「未评价」。",
        ),
        _term(
            words,
            "评价方式",
            "evaluation_method",
            aliases=("成果评价方式", "鉴定方式"),
            advice="填了成果水平就要填。",
        ),
        _prose(
            kind, "评价机构", "evaluation_by", "评价单位", "鉴定单位", "组织鉴定单位"
        ),
        Column(
            "评价日期", "evaluated_on", read_day, _kept("evaluated_on"), ("鉴定日期",)
        ),
        _prose(kind, "评价报告", "evaluation_report", "鉴定报告", "评价报告编号"),
        Column(
            "批准登记号",
            "registration_no",
            _registration,
            _kept("registration_no"),
            ("成果登记号",),
        ),
        _prose(kind, "批准登记单位", "registered_by", "登记单位"),
        Column(
            "登记日期",
            "registered_on",
            read_day,
            _kept("registered_on"),
            ("批准登记日期",),
        ),
        _prose(kind, "推荐单位", "recommended_by"),
        _terms(
            words,
            "转化方式",
            "conversion_modes",
            needed=True,
            aliases=(
                "拟采取的转化方式",
                "拟转化方式",
                "转让方式",
                "合作方式",
                "交易方式",
                "拟合作方式",
            ),
            advice="几种用「、」分开。",
            example="许可、合作实施转化",
        ),
        _term(words, "许可类型", "license_type", aliases=("许可方式",)),
        _term(words, "定价方式", "price_mode", advice="留空时按预期价格判断。"),
        Column(
            "预期价格",
            "price",
            _sum,
            lambda row: _price(
                row.price_min, row.price_max, row.price_mode == "negotiable"
            ),
            (
                "转让价格",
                "拟转化价格",
                "价格",
                "意向价格",
                "报价",
                "交易价格",
                "拟转让价格",
            ),
            needed=True,
            money=True,
            advice=MONEY_FORMS,
            example="面议",
        ),
        _prose(kind, "转化说明", "conversion_note", "合作说明", "转让说明"),
        shared["visibility"],
        shared["valid_until"],
        shared["keywords"],
        shared["contact_name"],
        shared["contact_phone"],
        shared["contact_email"],
        shared["note"],
    ]


def _demand(words: Mapping[str, Vocabulary]) -> list[Column]:
    kind = "demand"
    shared = _shared(kind, words)
    return [
        _prose(
            kind,
            "需求名称",
            "title",
            "技术需求名称",
            "难题名称",
            "榜单标题",
            "需求标题",
            "技术难题名称",
            "项目需求名称",
            *TITLE_HEADERS,
            needed=True,
            deed=OPEN,
            advice="4–100 字。同一单位同一名称再次导入时更新原来那一条。",
            example="深沟球轴承异音攻关",
        ),
        Column(
            "企业名称",
            "organisations",
            _one_organisation,
            lambda row: row.organisation.name,
            (*ORGANISATION_HEADERS, "需求单位", "需求企业", "发榜单位"),
            needed=True,
            deed=FIRM,
            advice="与营业执照一致；不想公开可在「匿名」列填 是。",
            example="示例轴承有限公司",
        ),
        shared["uscc"],
        shared["organisation_kind"],
        shared["district"],
        shared["industry_codes"],
        shared["chain_code"],
        _term(
            words,
            "需求类别",
            "need",
            aliases=("需求大类",),
            advice="留空时按需求类型判断。",
            example="技术",
        ),
        _term(
            words,
            "需求类型",
            "demand_type",
            aliases=("技术需求类型",),
            needed=True,
            example="技术攻关",
        ),
        shared["field_codes"],
        _prose(
            kind,
            "主要问题",
            "problem",
            "需求详情",
            "需求概述",
            "需求内容",
            "需求描述",
            "主要技术问题",
            "问题描述",
            "拟解决的技术难题",
            "content",
            "abstract",
            needed=True,
            deed=OPEN,
            advice="至少 20 字：现在怎么做、差在哪里。",
            example="电机用深沟球轴承振动值离散，客户投诉有异音，调整超精参数多次仍达不到要求，废品率约百分之六。",
        ),
        _prose(
            kind,
            "技术关键",
            "key_technology",
            "关键技术",
            "拟解决的技术难题",
            "主要技术内容",
        ),
        _prose(kind, "预期目标", "expected_goal", "预期效果", "目标", "拟达到的目标"),
        Column(
            "技术指标要求",
            "metrics",
            read_metrics,
            lambda row: "；".join(map(str, row.metrics)),
            ("技术指标", "主要技术指标", "主要指标", "指标要求"),
            advice="写成「名称 比较符 数值 单位」，用「；」分开；没有数字的内容并入技术关键。",
            example="振动加速度级≤34 dB；一次合格率≥92 %",
        ),
        _prose(kind, "现有基础", "foundation", "现有基础条件", "已有基础", "工作基础"),
        Column(
            "拟投入资金",
            "budget",
            _sum,
            lambda row: _price(row.budget, row.budget, row.budget_negotiable),
            (
                "预算",
                "资金需求",
                "预算金额",
                "意向金额",
                "拟投入资金总额",
                "拟投入经费",
                "投入资金",
                "经费预算",
                "拟投资金额",
            ),
            needed=True,
            money=True,
            advice=MONEY_FORMS,
            example="50万",
        ),
        _term(
            words,
            "解决方式",
            "solution_mode",
            aliases=("技术需求解决方式", "需求解决方式"),
        ),
        _terms(
            words,
            "合作方式",
            "cooperation_modes",
            aliases=("拟合作方式", "意向合作方式", "合作模式"),
            needed=True,
            advice="几种用「、」分开；都可以就填「不限/面议」。",
            example="合作开发、委托开发",
        ),
        _prose(kind, "意向合作单位", "intended_partner", "合作意向单位", "拟合作单位"),
        _term(
            words,
            "希望成果阶段",
            "stage_wished",
            "stage",
            deed=OPEN,
            aliases=("希望的成果阶段", "希望成熟度", "所需成果阶段"),
        ),
        _term(words, "科技活动类型", "activity_type"),
        _prose(kind, "学科", "discipline", "学科分类"),
        Column(
            "需求时限",
            "years",
            read_years,
            _years,
            ("起止年限", "需求起止年", "实施年限"),
            advice="如 2026-2028。",
        ),
        Column(
            "完成期限",
            "deadline",
            read_day,
            _kept("deadline"),
            ("截止日期", "完成时间", "期限", "完成时限", "要求完成时间"),
            advice=DAY_FORMS,
            example="2027年9月",
        ),
        Column(
            "是否揭榜",
            "bounty",
            read_flag,
            _yes("bounty"),
            ("揭榜挂帅", "是否揭榜挂帅", "揭榜"),
            advice="填 是 或 否。",
        ),
        _prose(kind, "对揭榜方要求", "solver_requirements", "揭榜方要求"),
        _prose(kind, "产权归属", "ip_terms", "知识产权归属"),
        _prose(kind, "利益分配", "benefit_terms"),
        shared["visibility"],
        Column(
            "匿名",
            "anonymous",
            read_flag,
            _yes("anonymous"),
            ("是否匿名", "不公开单位名称", "隐去企业名称"),
            advice="填 是 时公开页面只显示「某县某企业」。",
            example="否",
        ),
        shared["valid_until"],
        shared["keywords"],
        shared["contact_name"],
        shared["contact_phone"],
        shared["contact_email"],
        shared["note"],
    ]


def _years(row: Demand) -> str | None:
    known = [str(year) for year in (row.start_year, row.end_year) if year]
    return "-".join(dict.fromkeys(known)) or None


# --- headers ---------------------------------------------------------------------------------------------------------

NUMBER_HEADERS = {"序号", "编号", "id", "no", "no."}
# Of no use to a listing: left out without a word. Everything else that is left out is told.
LEFT_OUT = {
    *NUMBER_HEADERS,
    "更新时间",
    "成果封面",
    "成果附件",
    "封面",
    "附件",
    "成果年份",
    "年份",
    "label_id",
    "label_source",
}
_UNITS = {
    "元": Decimal("0.0001"),
    "千元": Decimal("0.1"),
    "万元": Decimal(1),
    "亿元": Decimal(10_000),
}


def header_key(cell: Any) -> str:
    """What spellings of one column name share: half-width, no blanks, stars or remarks in brackets."""
    plain = word_key(half_width(str(cell)) if isinstance(cell, str) else "").strip(
        "*:#"
    )
    bare = re.sub(r"\([^()]*\)|\[[^\[\]]*\]", "", plain).strip("*:#")
    return bare or plain


class Headers:
    """The headers of a kind of list.

    Args:
        kind: `achievement` or `demand`.
        words: what `vocabularies` gives.
    """

    def __init__(self, kind: str, words: Mapping[str, Vocabulary]) -> None:
        self.kind = kind
        self.columns = columns(kind, words)
        self.meanings: dict[str, list[Column]] = {}
        for column in self.columns:
            for name in (column.name, *column.aliases):
                self.meanings.setdefault(header_key(name), []).append(column)

    def recognise(self, row: Sequence[Any]) -> int:
        """How many columns a row names; 0 where it cannot be a header: no title, or nothing besides."""
        placed, _ = self.place(row)
        keys = {one.column.key for one in placed}
        return len(keys) if "title" in keys and len(keys) > 1 else 0

    def place(self, row: Sequence[Any]) -> tuple[list[Placed], list[tuple[int, str]]]:
        """Which cell of a header row stands for which column.

        A header with several meanings (负责人, 专利名称) takes the first that no other header of the row has.

        Returns:
            the columns found, and index and text of the headers that mean nothing to us.
        """
        headers = [
            (index, str(cell).strip(), header_key(cell))
            for index, cell in enumerate(row)
            if header_key(cell)
        ]
        headers.sort(key=lambda one: len(self.meanings.get(one[2], ())))
        taken: dict[str, Placed] = {}
        unknown = []
        for index, text, key in headers:
            column = next(
                (c for c in self.meanings.get(key, ()) if c.key not in taken), None
            )
            if column is not None:
                taken[column.key] = Placed(
                    index, text, column, self._reader(column, text)
                )
            elif key not in LEFT_OUT:
                unknown.append((index, text))
        return sorted(taken.values(), key=lambda one: one.index), sorted(unknown)

    def find(self, header: str) -> Column | None:
        """The column a single header means first of all, or None."""
        return next(iter(self.meanings.get(header_key(header), ())), None)

    def _reader(self, column: Column, header: str) -> Callable[[Any], Any]:
        unit = re.search(
            r"\(单?位?[::]?(亿元|万元|千元|元)",
            half_width(header).replace("（", "("),
        )
        return (
            partial(column.read, unit=_UNITS[unit[1]])
            if column.money and unit
            else column.read
        )


def number_index(row: Sequence[Any]) -> int | None:
    """Where the running number stands; the form's example row is marked there."""
    return next(
        (i for i, cell in enumerate(row) if header_key(cell) in NUMBER_HEADERS), None
    )
