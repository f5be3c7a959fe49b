"""科技成果: every field once. A new field is one entry here and a migration.

Entries are in the order of a review; `step` is the block of the form, the places are those on the other surfaces.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marketplace.clock import today
from marketplace.listings.schema import headings, shared, terms
from marketplace.listings.schema.choices import Secrecy, Stage, Term, Terms
from marketplace.listings.schema.composites import (
    Lead,
    Organisations,
    Period,
)
from marketplace.listings.schema.field import Field, ListColumn, Rule, SeenBy
from marketplace.listings.schema.kinds import (
    LENGTH_HINT,
    Day,
    Flag,
    Level,
    Line,
    Month,
    Name,
    Number,
    Registration,
    Text,
)
from marketplace.listings.schema.listing import ListingSchema, Step
from marketplace.listings.schema.price import (
    NEGOTIABLE,
    PRICE_RULES,
    Price,
    PriceColumn,
    PriceMode,
)
from marketplace.listings.schema.rights import Part, Rights, columns_of_rights
from marketplace.listings.schema.rows import (
    CoOwners,
    Metrics,
    People,
    Scores,
    add_up_shares,
)
from marketplace.parsing import ParseError
from marketplace.parsing.amounts import MONEY_FORMS
from marketplace.parsing.numbers import PATENT_FORMS

# An honest "nothing measured yet" passes review; an empty box would leave open whether it was forgotten.
NO_BASELINE = "尚无对比数据"
DAY_HINT = "如 2026-11-21"

# In the order in which a firm reads: what it is and how much better, before ownership and classes.
STEPS = (
    Step("what", "名称和简介"),
    Step("better", "好在哪里", "企业先看这一步：解决什么问题，比现有做法好多少。"),
    Step("stage", "做到哪一步"),
    Step("offer", "怎么合作、多少钱"),
    Step("class", "分类"),
    Step("people", "完成单位和完成人"),
    Step(
        "rights",
        "知识产权",
        "没有可以不填。法律状态以国家知识产权局公布的为准，请写上核对日期。",
    ),
    Step("source", "来源、登记和评价", "涉及国家秘密的成果不能在本平台填报。"),
    Step("contact", "联系和公开"),
)

BASELINE = Text(
    name="baseline",
    label="比现有做法好多少",
    most=500,
    step="better",
    help=f"写数字和比较的对象，如「振动值比现有工艺低 9 dB」。没有就写「{NO_BASELINE}」。",
    aliases=headings.BASELINE,
    advice="比现有做法好多少；填了技术指标可不填，都没有就写「尚无对比数据」。",
    example="振动值比现有工艺低 9 dB",
    needed=f"写明比现有做法好多少，或填技术指标；确实没有就写「{NO_BASELINE}」。",
    needed_if=lambda row: not row.metrics,
    text_place=30,
    list_place=210,
)

_TEXTS: tuple[Field, ...] = (
    Text(
        # Public even where the rest is not, for it is all by which a reader can ask for more.
        name="summary",
        label="成果简介",
        public=True,
        main=True,
        rows=7,
        step="what",
        help=f"给不熟悉这一行的人看：解决什么问题，怎么解决，效果如何。200–600 字最合适，{LENGTH_HINT}",
        aliases=headings.SUMMARY,
        advice="至少 20 字：解决什么问题、怎么做、做到什么程度。",
        example="针对深沟球轴承振动大的问题，改进滚道超精研磨工艺，振动值由 45 dB 降到 36 dB，已在两条线上试用。",
        starred=True,
        seen_by=SeenBy.OPEN,
        text_place=10,
        list_place=180,
        width=60,
    ),
    Text(
        # 科技成果评价 takes at most three points of 50 characters; more would only be cut there.
        name="innovation",
        label="创新点",
        public=True,
        step="better",
        help="一行写一个，最多三个，每个不超过 50 个字。",
        aliases=headings.INNOVATION,
        text_place=20,
        list_place=190,
    ),
    BASELINE,
    Metrics(
        name="metrics",
        label="技术指标",
        row=shared.METRIC_ROW,
        rules=shared.METRIC_RULES,
        always=frozenset({"operator"}),
        blank_rows=2,
        rest_to=BASELINE,
        step="better",
        help="一行一个指标。也可以把「抗拉强度 ≥ 350 MPa」整句写在第一格，保存时会自动拆开。",
        aliases=headings.METRICS,
        advice=f"写成「名称 比较符 数值 单位」，用「；」分开；没有数字的内容并入「{BASELINE.label}」。",
        example="圆度≤0.10 mm；硬度≥60 HRC",
        text_place=40,
        list_place=200,
        width=36,
    ),
    Text(
        # The next three are read by few and written by the owner about themselves: late in matching, last in lists.
        name="prospects",
        label="应用前景",
        public=True,
        step="better",
        help=LENGTH_HINT,
        aliases=headings.PROSPECTS,
        text_place=50,
        list_place=220,
    ),
    Text(
        name="benefits",
        label="预期效益",
        public=True,
        step="better",
        help=LENGTH_HINT,
        aliases=headings.BENEFITS,
        text_place=60,
        list_place=230,
    ),
    Text(
        name="cases",
        label="应用案例",
        public=True,
        step="better",
        help=f"在哪里用过，效果如何。{LENGTH_HINT}",
        aliases=headings.CASES,
        text_place=70,
        list_place=240,
    ),
    shared.keywords_field(text_place=100, fact_place=210),
)

_STAGE: tuple[Field, ...] = (
    Stage(
        name="stage",
        label="所处阶段",
        vocabulary=terms.STAGES,
        level="trl",
        step="stage",
        half=False,
        help="研制：正在研发或已有样品；小试：实验室通过；中试：接近生产的条件下通过；小批量：小范围生产使用；产业化：可以量产。",
        aliases=headings.STAGE,
        advice="也可写 TRL 级别，如 TRL6。",
        example="中试",
        needed="选择所处阶段。",
        seen_by=SeenBy.OPEN,
        list_place=330,
    ),
    # Not 技术成熟度 alone: lists in use write the stage under that name.
    Level(
        name="trl",
        label="技术成熟度等级",
        low=1,
        high=9,
        names=terms.TRL_NAMES,
        step="stage",
        help="1–9 级。7 级以上要在下面写明依据。",
        aliases=headings.TRL,
        advice="1–9。",
        list_place=340,
    ),
    Level(
        # Only where somebody has measured by that scale: it does not follow from TRL.
        name="readiness_13",
        label="十三级成熟度",
        low=1,
        high=13,
        names=terms.READINESS_NAMES,
        step="stage",
        help="按十三级量表评过的才填。",
        aliases=headings.READINESS_13,
        advice="1–13。",
        fact_place=70,
        list_place=350,
    ),
    # From level 7 on somebody has seen it work in its real surroundings, so there is a paper that says so.
    Text(
        name="stage_evidence",
        label="成熟度依据",
        most=300,
        step="stage",
        help="如检测报告、中试报告、用户使用证明的名称和日期。",
        aliases=("阶段依据",),
        advice="TRL 7 级以上要写明依据。",
        needed="成熟度 7 级以上要写明依据。",
        needed_if=lambda row: row.trl is not None and row.trl >= 7,
        list_place=360,
    ),
    Term(
        # Apart from the stage: something may be ready for mass production and used by nobody.
        name="application_status",
        label="应用状态",
        vocabulary=terms.APPLICATION_STATUSES,
        step="stage",
        aliases=headings.APPLICATION_STATUS,
        fact_place=40,
        list_place=370,
    ),
)

_OFFER: tuple[Field, ...] = (
    Terms(
        # At least one: without it a firm does not know what to ask for.
        name="conversion_modes",
        label="转化方式",
        vocabulary=terms.CONVERSION_MODES,
        step="offer",
        aliases=headings.CONVERSION_MODES,
        advice="几种用「、」分开。",
        example="许可、合作实施转化",
        needed="至少选择一种转化方式。",
        list_place=470,
    ),
    Term(
        # Left empty where nothing is licensed; an exclusive licence shuts out every other reader of the page.
        name="license_type",
        label="许可类型",
        vocabulary=terms.LICENSE_TYPES,
        step="offer",
        help="转化方式选了「许可」才填。",
        aliases=headings.LICENSE_TYPE,
        list_place=480,
    ),
    PriceMode(
        # Readers need to know whether a figure is asked, valued or open before they see it.
        name="price_mode",
        label="定价方式",
        vocabulary=terms.PRICE_MODES,
        step="offer",
        advice="留空时按价格判断。",
        needed="选择定价方式；没有定价就选「面议」。",
        starred=False,  # a list may leave it to the price
        list_place=490,
    ),
    Price(
        name="price_min",
        label="价格",
        unit="万元",
        step="offer",
        help="选「区间」时写最低价；选「面议」时不填。",
        needed="写上价格；没有定价就把定价方式改为「面议」。",
        needed_if=lambda row: row.price_mode not in (None, NEGOTIABLE),
    ),
    Price(
        name="price_max",
        label="最高价格",
        unit="万元",
        step="offer",
        help="只在选「区间」时填。",
        needed="写上最高价格。",
        needed_if=lambda row: row.price_mode == "range",
        reviewed=False,  # put in words together with the lower one
    ),
    Text(
        # What the owner still lacks is what a firm could bring in, so it is matched like the text.
        name="conversion_note",
        label="转化说明",
        most=500,
        step="offer",
        help="还缺什么（中试、资金、设备），对合作方有什么要求。",
        aliases=headings.CONVERSION_NOTE,
        text_place=80,
        list_place=510,
    ),
)

_CLASS: tuple[Field, ...] = (
    shared.field_codes(list_place=70),
    shared.industry_codes(list_place=80, fact_place=50),
    shared.chain_code(list_place=90),
    Term(
        name="sei_code",
        label="战略性新兴产业",
        vocabulary=terms.STRATEGIC_INDUSTRIES,
        length=4,
        checked=False,  # the national list is revised every few years
        step="class",
        fact_place=60,
        list_place=100,
    ),
    Term(
        # The class of the registration form; for the statistics of the bureau.
        name="achievement_type",
        label="成果类型",
        vocabulary=terms.ACHIEVEMENT_TYPES,
        length=30,
        step="class",
        aliases=headings.ACHIEVEMENT_TYPE,
        example="应用技术类",
        fact_place=10,
        list_place=110,
    ),
    Terms(
        # Several at once are usual: a new process comes with a new device.
        name="forms",
        label="体现形式",
        vocabulary=terms.FORMS,
        step="class",
        aliases=headings.FORMS,
        example="新工艺",
        fact_place=20,
        list_place=120,
    ),
    Term(
        # Asked by the registration form only, so nothing is required here.
        name="attribute",
        label="成果属性",
        vocabulary=terms.ATTRIBUTES,
        length=30,
        step="class",
        fact_place=30,
        list_place=130,
    ),
)

_PEOPLE: tuple[Field, ...] = (
    CoOwners(
        # Ordered: the first is who registers the achievement and answers for it.
        name="co_owners",
        label="完成单位",
        row=(Name(name="name", label="完成单位", most=120),),
        step="people",
        help="按排序填写，第一个是第一完成单位，名称与公章一致。",
    ),
    People(
        # Ordered by contribution as in 科技成果登记表; rewards are shared out in this order.
        name="contributors",
        label="完成人",
        row=(
            Name(name="name", label="姓名", most=60, needed="写上姓名。"),
            Line(name="title", label="职称", most=40),
            Line(name="role", label="承担的工作", most=60),
            Number(
                name="share",
                label="贡献比例",
                unit="%",
                digits=5,
                places=2,
                below=1000,
                suffix="%％",
            ),
        ),
        rules=(
            Rule(
                lambda row: (
                    row.get("share") is not None and not 0 < row["share"] <= 100
                ),
                "share",
                "比例应大于 0，不超过 100。",
                sql=("share", "share is null or (share > 0 and share <= 100)"),
            ),
        ),
        blank_rows=2,
        step="people",
        help="按贡献大小排序。",
        aliases=headings.CONTRIBUTORS,
        advice="按贡献排序，用「、」分开；可写 张三（教授；负责人；40%）。",
        example="张三、李四",
        needed="至少填写一位完成人。",
        list_place=60,
    ),
    Term(
        # 职务成果 belong to the institution, whose review comes first (促进科技成果转化法, art. 19).
        name="ownership",
        label="权属",
        vocabulary=terms.OWNERSHIPS,
        step="people",
        aliases=headings.OWNERSHIP,
        fact_place=140,
        list_place=320,
    ),
)


# Dates are typed from papers, and two columns side by side are often exchanged.
def _granted_before_applied(right: Mapping[str, Any]) -> bool:
    granted = right.get("granted_on")
    applied = right.get("applied_on")
    return bool(granted and applied and granted < applied)


def _checked_in_future(right: Mapping[str, Any]) -> bool:
    checked = right.get("checked_on")
    return bool(checked and checked > today())


# What a buyer checks first. The status is as of a day, for annual fees end a right silently.
RIGHTS = Rights(
    name="ips",
    label="知识产权",
    row=(
        Term(
            name="ip_type",
            label="类型",
            vocabulary=terms.IP_TYPES,
            length=30,
            required=True,
            needed="选一种类型。",
        ),
        Line(name="number", label="专利号或登记号", most=30),
        Line(name="name", label="名称", most=200),
        Term(
            name="legal_status",
            label="法律状态",
            vocabulary=terms.LEGAL_STATUSES,
        ),
        Day(name="checked_on", label="状态核对日期", help=DAY_HINT),
        # As the register names them: they need not be those who finished the achievement.
        Line(name="owners", label="权利人", most=300),
        Line(name="applicant", label="申请人", most=200),
        Day(name="applied_on", label="申请日", help=DAY_HINT),
        Day(name="granted_on", label="授权日", help=DAY_HINT),
        # A right ends early where its fee is not paid (专利法, art. 44).
        Day(name="fee_paid_until", label="年费缴至", help=DAY_HINT),
        # A pledged right cannot be sold without the creditor (民法典, art. 444).
        Flag(name="pledged", label="已质押"),
        Flag(name="licensed", label="已许可他人"),
    ),
    rules=(
        Rule(
            _granted_before_applied,
            "granted_on",
            "授权日不能早于申请日。",
            column="granted_on",
            cell=ParseError("授权日早于申请日。", "核对两列日期的顺序。"),
            sql=(
                "dates",
                "granted_on is null or applied_on is null or granted_on >= applied_on",
            ),
        ),
        Rule(_checked_in_future, "checked_on", "核对日期不能晚于今天。"),
    ),
    # Lists name the type once and then several numbers: they share it.
    same=("ip_type",),
    parts={
        # Lists keep a column for each part, with as many pieces in each cell as there are rights.
        "ip_type": Part(
            place=250,
            aliases=headings.IP_TYPE,
            advice="几项用「；」分开，与名称、编号、状态的顺序一致。",
            example="发明专利",
            prefixed=True,
            shared=True,
            loose=True,
        ),
        "number": Part(
            place=260,
            aliases=headings.IP_NUMBER,
            advice=f"{PATENT_FORMS}没有的一项写「—」。",
            verbatim=True,
            loose=True,
        ),
        "name": Part(
            place=270,
            aliases=headings.IP_NAME,
            example="一种轴承套圈超精研磨方法",
            prefixed=True,
        ),
        "owners": Part(place=280, aliases=("专利权人", "知识产权权利人"), shared=True),
        "applied_on": Part(place=290, aliases=("专利申请日",)),
        "granted_on": Part(place=300, aliases=("专利授权日",)),
        "legal_status": Part(
            place=310,
            aliases=headings.LEGAL_STATUS,
            example="已授权",
            shared=True,
            loose=True,
        ),
    },
    step="rights",
    text_place=90,
)
VALUE_SCORES = Scores(name="value_scores", label="五元价值评价")

_SOURCE: tuple[Field, ...] = (
    Term(
        # Who paid decides who must be asked before a transfer.
        name="funding_source",
        label="成果来源",
        vocabulary=terms.FUNDING_SOURCES,
        length=30,
        step="source",
        aliases=headings.FUNDING_SOURCE,
        fact_place=130,
        list_place=140,
    ),
    Flag(
        # Apart from the source: a firm's own project may have been supported too.
        name="fiscal_funded",
        label="财政资金支持",
        step="source",
        aliases=("是否财政资金支持", "由财政资金支持"),
        advice="填 是 或 否。",
        list_place=150,
    ),
    Secrecy(
        # First line of defence against state secrets; the other one reads the markings inside texts.
        name="secrecy",
        label="成果密级",
        vocabulary=terms.SECRECIES,
        default="open",
        step="source",
        help="国家秘密不得在互联网上填报、传输。",
        aliases=("密级",),
        advice="国家秘密不能在互联网上登记，不要填入本表。",
        list_place=160,
    ),
    Month(
        # Months, for nobody knows the day on which research began.
        name="rd_start",
        label="研究开始",
        step="source",
        help="年月，如 2023-03",
        fact_place=150,
    ),
    Month(
        name="rd_end",
        label="研究结束",
        step="source",
        help="年月，如 2026-06",
        fact_place=160,
    ),
    Registration(
        # Given by the office of registration and never made up here.
        name="registration_no",
        label="批准登记号",
        most=12,
        step="source",
        half=True,
        help="12 位：3 位部门或地方代码、4 位年份、字母 Y、4 位流水号。",
        unread="批准登记号是 12 位，如 3712026Y0001。",
        aliases=("成果登记号",),
        fact_place=170,
        list_place=430,
        verbatim=True,
    ),
    Line(
        name="registered_by",
        label="批准登记单位",
        most=120,
        step="source",
        half=True,
        aliases=("登记单位",),
        fact_place=180,
        list_place=440,
    ),
    Day(
        name="registered_on",
        label="批准登记日期",
        step="source",
        help=DAY_HINT,
        aliases=("登记日期",),
        fact_place=190,
        list_place=450,
    ),
    Line(
        # Tells whose it is where the owner is not named, so it is hidden with the owner.
        name="recommended_by",
        label="推荐单位",
        most=120,
        step="source",
        half=True,
        naming=True,
        fact_place=200,
        list_place=460,
    ),
    Term(
        # Without an evaluation a level is a boast: then the method is asked for.
        name="level",
        label="成果水平",
        vocabulary=terms.LEVELS,
        length=30,
        step="source",
        help="没有评价过请选「未评价」。",
        aliases=headings.LEVEL,
        advice="没有评价过填「未评价」。",
        fact_place=80,
        list_place=380,
    ),
    Term(
        name="evaluation_method",
        label="评价方式",
        vocabulary=terms.EVALUATION_METHODS,
        length=30,
        step="source",
        aliases=("成果评价方式", "鉴定方式"),
        advice="填了成果水平就要填。",
        needed="写了成果水平就要写评价方式；没有评价过请选「未评价」。",
        needed_if=lambda row: row.level not in (None, "not_evaluated"),
        fact_place=90,
        list_place=390,
    ),
    Line(
        name="evaluation_by",
        label="评价机构",
        most=120,
        step="source",
        half=True,
        aliases=("评价单位", "鉴定单位", "组织鉴定单位"),
        fact_place=100,
        list_place=400,
    ),
    Day(
        name="evaluated_on",
        label="评价日期",
        step="source",
        help=DAY_HINT,
        aliases=("鉴定日期",),
        fact_place=110,
        list_place=410,
    ),
    Line(
        name="evaluation_report",
        label="评价报告",
        most=200,
        step="source",
        half=True,
        help="报告名称或编号。",
        aliases=("鉴定报告", "评价报告编号"),
        fact_place=120,
        list_place=420,
    ),
)

COLUMNS: tuple[ListColumn, ...] = (
    # Written for readers of a list; an import takes the first of 完成单位, so that the two cannot disagree.
    Lead(
        name="lead",
        label="第一完成单位",
        aliases=headings.LEAD,
        seen_by=SeenBy.OPEN,
        holder=True,
        list_place=15,
    ),
    Organisations(
        name="organisations",
        label="完成单位",
        aliases=headings.ACHIEVEMENT_ORGANISATION,
        advice="与公章一致；几个单位用「；」分开，第一个为第一完成单位。",
        example="示例大学",
        starred=True,
        seen_by=SeenBy.OPEN,
        holder=True,
        list_place=20,
        width=28,
    ),
    *shared.owner_columns(SeenBy.FULL, district_needed=False),
    Period(
        # Lists write both months into one cell, the form into two fields.
        name="period",
        label="研究起止",
        first="rd_start",
        last="rd_end",
        aliases=headings.PERIOD,
        advice="写到月份。",
        example="2022.03-2024.10",
        list_place=170,
    ),
    *columns_of_rights(RIGHTS),
    PriceColumn(
        # One column for mode and figures: lists write 面议, 50 or 30-60 into the same cell.
        name="price",
        label="价格",
        unit="万元",
        aliases=headings.PRICE,
        advice=MONEY_FORMS,
        example="面议",
        starred=True,
        list_place=500,
    ),
)


def _ends_before_start(values: Mapping[str, Any]) -> bool:
    start = values.get("rd_start")
    end = values.get("rd_end")
    return bool(start and end and end < start)


def _starts_in_future(values: Mapping[str, Any]) -> bool:
    """Whether only the first month is in the future; the last one has a rule of its own."""
    return _is_future(values.get("rd_start")) and not _ends_in_future(values)


def _ends_in_future(values: Mapping[str, Any]) -> bool:
    return _is_future(values.get("rd_end"))


def _is_future(month: str | None) -> bool:
    if month is None:
        return False
    return month > f"{today():%Y-%m}"


# One cell holds both months, so both rules lead to this message.
_FUTURE_PERIOD = ParseError(
    "研究起止不能在将来。", "填已经发生的年月；还没结束就写 至今。"
)
RULES = (
    *PRICE_RULES,
    Rule(
        _ends_before_start,
        "rd_end",
        "研究结束不能早于研究开始。",
        sql=(
            "rd_period",
            "rd_start is null or rd_end is null or rd_end >= rd_start",
        ),
    ),
    Rule(
        _starts_in_future,
        "rd_start",
        "研究开始不能晚于本月。",
        column="period",
        cell=_FUTURE_PERIOD,
    ),
    Rule(
        _ends_in_future,
        "rd_end",
        "研究结束不能晚于本月。",
        column="period",
        cell=_FUTURE_PERIOD,
    ),
    Rule(
        # Less than 100 is allowed: the smaller shares are often left out.
        lambda values: add_up_shares(values.get("contributors") or ()) > 100,
        "contributors",
        "各人的贡献比例加起来不能超过 100%。",
        column="contributors",
        cell=ParseError("各人的贡献比例加起来超过 100%。", "核对括号里的百分比。"),
    ),
)

ACHIEVEMENT = ListingSchema(
    "achievement",
    main_text="summary",
    steps=STEPS,
    fields=(
        shared.OWNER,
        shared.title_field(
            "成果名称",
            headings.ACHIEVEMENT_TITLE,
            example="轴承套圈超精研磨降噪工艺",
        ),
        *_TEXTS,
        *_STAGE,
        *_OFFER,
        *_CLASS,
        *_PEOPLE,
        RIGHTS,
        VALUE_SCORES,
        *_SOURCE,
        *shared.CONTACT,
        shared.VISIBILITY,
        shared.VALID_UNTIL,
        shared.NOTE,
    ),
    columns=COLUMNS,
    rules=RULES,
)
