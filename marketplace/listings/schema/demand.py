"""技术需求: every field once. A new field is one entry here and a migration.

Entries are in the order of a review; `step` is the block of the form, the places are those on the other surfaces.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marketplace.listings.schema import headings, shared, terms
from marketplace.listings.schema.choices import DemandType, Term, Terms
from marketplace.listings.schema.composites import (
    OwnerName,
    Years,
)
from marketplace.listings.schema.field import Field, ListColumn, Rule, SeenBy
from marketplace.listings.schema.kinds import LENGTH_HINT, Day, Flag, Line, Text, Whole
from marketplace.listings.schema.listing import ListingSchema, Step
from marketplace.listings.schema.price import BUDGET_RULES, Amount, Budget
from marketplace.listings.schema.rows import Metrics
from marketplace.parsing.amounts import MONEY_FORMS
from marketplace.parsing.points_in_time import DAY_FORMS, FIRST_YEAR, LAST_YEAR

STEPS = (
    Step("what", "要解决什么"),
    Step("talent", "要什么样的人"),
    Step("capital", "要多少钱、怎么融"),
    Step("target", "做到什么程度", "指标写得越具体，匹配越准。"),
    Step("terms", "怎么合作、多少钱、多久"),
    Step("class", "分类"),
    Step("bounty", "揭榜", "不揭榜的需求跳过这一步。"),
    Step("contact", "联系和公开"),
)

# What the three needs ask in common stays without a mark; the rest is asked of those that it concerns.
TECHNOLOGY = frozenset({"technology"})
TALENT = frozenset({"talent"})
CAPITAL = frozenset({"capital"})


def _seeks_technology(row: Any) -> bool:
    return bool(row.need == "technology")


def _seeks_capital(row: Any) -> bool:
    return bool(row.need == "capital")


def _needs_budget(row: Any) -> bool:
    """Who seeks money says how much in a field of its own."""
    return not row.budget_negotiable and not _seeks_capital(row)


def _needs_field(row: Any) -> bool:
    """Basic research names its discipline instead of fields of technology."""
    is_basic = row.activity_type == "basic_research" and row.discipline
    return _seeks_technology(row) and not is_basic


def _is_bounty(row: Any) -> bool:
    return bool(row.bounty)


# Decides what the demand is matched with, so lists without the column get it from the type of the demand.
NEED = Term(
    name="need",
    label="需求类别",
    vocabulary=terms.NEEDS,
    default=terms.DEFAULT_NEED,
    step="what",
    aliases=headings.NEED,
    advice="留空时按需求类型判断。",
    example="技术",
    fact_place=10,
    list_place=80,
)
# In the firm's words; the bureau counts by it.
DEMAND_TYPE = DemandType(
    name="demand_type",
    label="需求类型",
    vocabulary=terms.DEMAND_TYPES,
    length=30,
    step="what",
    aliases=headings.DEMAND_TYPE,
    example="技术攻关",
    needed="选择需求类型。",
    fact_place=20,
    list_place=90,
)
# Often unknown to a firm: it knows that a bearing is loud, not why. So nothing is required here.
KEY_TECHNOLOGY = Text(
    name="key_technology",
    label="技术关键",
    public=True,
    step="target",
    asked_of=TECHNOLOGY,
    help=f"您认为卡在哪项技术上；说不准可以不填。建议 500 字以内，{LENGTH_HINT}",
    aliases=headings.KEY_TECHNOLOGY,
    text_place=20,
    list_place=120,
)

_TEXTS: tuple[Field, ...] = (
    Text(
        # The one text that every firm can write. It is open even where the rest is not:
        # without it nobody could help.
        name="problem",
        label="主要问题",
        public=True,
        main=True,
        rows=7,
        step="what",
        help=f"说清楚现在怎么做、哪里不行、试过什么办法。不用写公文，像跟同行讲一样。建议 500 字以内，{LENGTH_HINT}",
        aliases=headings.PROBLEM,
        advice="至少 20 字：现在怎么做、差在哪里。",
        example="电机用深沟球轴承振动值离散，客户投诉有异音，调整超精参数多次仍达不到要求，废品率约百分之六。",
        starred=True,
        seen_by=SeenBy.OPEN,
        text_place=10,
        list_place=110,
        width=60,
    ),
    KEY_TECHNOLOGY,
    Text(
        # The official form asks for goal and benefit together; matching reads it after the problem.
        name="expected_goal",
        label="预期目标",
        public=True,
        step="target",
        help=f"解决以后要达到的效果和效益。建议 500 字以内，{LENGTH_HINT}",
        aliases=headings.EXPECTED_GOAL,
        text_place=30,
        list_place=130,
    ),
    Metrics(
        name="metrics",
        label="技术指标",
        row=(
            *shared.METRIC_ROW,
            Line(name="current", label="现在达到", most=60),
            Line(name="test_method", label="怎么检验", most=120),
        ),
        rules=shared.METRIC_RULES,
        always=frozenset({"operator"}),
        blank_rows=2,
        rest_to=KEY_TECHNOLOGY,
        step="target",
        asked_of=TECHNOLOGY,
        help="一行一个可以验收的指标。也可以把「抗拉强度 ≥ 350 MPa」整句写在第一格，保存时会自动拆开。",
        aliases=headings.DEMAND_METRICS,
        advice=f"写成「名称 比较符 数值 单位」，用「；」分开；没有数字的内容并入「{KEY_TECHNOLOGY.label}」。",
        example="振动加速度级≤34 dB；一次合格率≥92 %",
        needed="揭榜需求至少要有一项可验收的量化指标。",
        needed_if=_is_bounty,
        text_place=40,
        list_place=140,
        width=36,
    ),
    Text(
        # What a partner finds there: a firm with a line and data is helped sooner.
        name="foundation",
        label="现有基础",
        public=True,
        step="target",
        help=f"已有的产线、样品、数据、设备。{LENGTH_HINT}",
        aliases=headings.FOUNDATION,
        text_place=50,
        list_place=150,
    ),
    shared.keywords_field(text_place=100, fact_place=100),
)

_TERMS: tuple[Field, ...] = (
    Terms(
        # Compared with the ways in which an achievement is offered; 不限 agrees with all of them.
        name="cooperation_modes",
        label="合作方式",
        vocabulary=terms.COOPERATION_MODES,
        step="terms",
        asked_of=TECHNOLOGY,
        aliases=headings.COOPERATION_MODES,
        advice="几种用「、」分开；都可以就填「不限/面议」。",
        example="合作开发、委托开发",
        needed="至少选择一种合作方式；都可以就选「不限/面议」。",
        needed_if=_seeks_technology,
        starred=True,
        list_place=180,
    ),
    Term(
        # Asked by the official form; says nothing that cooperation does not, so it is not compared.
        name="solution_mode",
        label="解决方式",
        vocabulary=terms.SOLUTION_MODES,
        step="terms",
        asked_of=TECHNOLOGY,
        aliases=headings.SOLUTION_MODE,
        fact_place=60,
        list_place=170,
    ),
    Line(
        # A named partner tells whose demand it is, and hiding the firm hides it too.
        name="intended_partner",
        label="合作意向单位",
        most=200,
        step="terms",
        asked_of=TECHNOLOGY,
        help="已有意向的单位；没有就不填。",
        aliases=headings.INTENDED_PARTNER,
        naming=True,
        fact_place=70,
        list_place=190,
    ),
    Term(
        # What is compared with the stage of an achievement; none is as good as any.
        name="stage_wished",
        label="希望的成果阶段",
        vocabulary=terms.STAGES,
        step="terms",
        asked_of=TECHNOLOGY,
        aliases=headings.STAGE_WISHED,
        seen_by=SeenBy.OPEN,
        list_place=200,
    ),
    Budget(
        # A plan, not an offer: shown with its unit and compared with prices, but never part of a score.
        name="budget",
        label="拟投入资金",
        unit="万元",
        step="terms",
        asked_of=TECHNOLOGY | TALENT,
        help="没有定下来就不填，勾选下面的「面议」。",
        aliases=headings.BUDGET,
        advice=MONEY_FORMS,
        example="50万",
        needed="填写拟投入资金，或选「面议」。",
        needed_if=_needs_budget,
        starred=True,
        list_place=160,
    ),
    Flag(
        name="budget_negotiable",
        label="资金面议",
        step="terms",
        asked_of=TECHNOLOGY | TALENT,
    ),
    Day(
        # The day by which the firm needs it, apart from the day until which the demand is valid.
        name="deadline",
        label="完成期限",
        is_ahead=True,
        years_ahead=10,
        step="terms",
        help="希望哪天之前解决，如 2027-06-30",
        aliases=headings.DEADLINE,
        advice=DAY_FORMS,
        example="2027年9月",
        list_place=240,
    ),
    Whole(
        # The official form asks for years; firms that think in days write the deadline.
        name="start_year",
        label="起始年",
        low=FIRST_YEAR,
        high=LAST_YEAR,
        step="terms",
        asked_of=TECHNOLOGY,
        help="如 2026",
        fact_place=80,
    ),
    Whole(
        name="end_year",
        label="截止年",
        low=FIRST_YEAR,
        high=LAST_YEAR,
        step="terms",
        asked_of=TECHNOLOGY,
        help="如 2028",
        fact_place=90,
    ),
)

# People are sought for a place, money for a purpose: neither is said by figures of a technology. None is required:
# lists that firms have sent for years hold none of these columns, and what is missing counts in how complete it is.
_TALENT: tuple[Field, ...] = (
    Line(
        name="talent_role",
        label="岗位或研究方向",
        most=120,
        step="talent",
        asked_of=TALENT,
        help="要来做什么，如「轴承超精工艺工程师」「食品微生物方向博士」。",
        advice="人才需求填写。",
        fact_place=22,
        text_place=32,
        list_place=285,
    ),
    Whole(
        name="headcount",
        label="需要几人",
        low=1,
        high=9999,
        step="talent",
        asked_of=TALENT,
        help="如 2",
        advice="人才需求填写。",
        fact_place=23,
        list_place=286,
    ),
    Term(
        name="education",
        label="学历要求",
        vocabulary=terms.EDUCATIONS,
        step="talent",
        asked_of=TALENT,
        fact_place=24,
        list_place=287,
    ),
    Line(
        name="qualification",
        label="职称、经验或资格要求",
        most=200,
        step="talent",
        asked_of=TALENT,
        fact_place=25,
        list_place=288,
    ),
    Terms(
        # 柔性引进 is what most firms of a county can have: somebody who comes for some days a month.
        name="engagement_modes",
        label="引进方式",
        vocabulary=terms.ENGAGEMENT_MODES,
        step="talent",
        asked_of=TALENT,
        advice="几种用「、」分开。",
        fact_place=26,
        list_place=289,
    ),
    Line(
        name="pay",
        label="待遇和条件",
        most=200,
        step="talent",
        asked_of=TALENT,
        help="如「年薪 20 万元起，提供人才公寓」；可以写面议。",
        fact_place=27,
        list_place=290,
    ),
)

_CAPITAL: tuple[Field, ...] = (
    Amount(
        name="capital_sought",
        label="融资金额",
        unit="万元",
        step="capital",
        asked_of=CAPITAL,
        help="想融多少，如 500；大概的数也可以。",
        advice=MONEY_FORMS,
        fact_place=28,
        list_place=291,
    ),
    Terms(
        name="financing_modes",
        label="融资方式",
        vocabulary=terms.FINANCING_MODES,
        step="capital",
        asked_of=CAPITAL,
        advice="几种用「、」分开。",
        fact_place=29,
        list_place=292,
    ),
    Text(
        name="capital_use",
        label="资金用途",
        most=500,
        step="capital",
        asked_of=CAPITAL,
        help="钱用在哪里：研发、设备、厂房还是周转。",
        advice="资金需求填写。",
        text_place=34,
        list_place=293,
    ),
    Term(
        name="firm_stage",
        label="企业发展阶段",
        vocabulary=terms.FIRM_STAGES,
        step="capital",
        asked_of=CAPITAL,
        fact_place=31,
        list_place=294,
    ),
    Line(
        # What a lender asks first.
        name="security",
        label="能提供的担保或增信",
        most=200,
        step="capital",
        asked_of=CAPITAL,
        help="如房产、设备、专利质押、担保公司；没有就写「没有」。",
        fact_place=33,
        list_place=295,
    ),
)

_CLASS: tuple[Field, ...] = (
    shared.field_codes(
        list_place=100,
        needed_if=_needs_field,
        asked_of=TECHNOLOGY | TALENT,
    ),
    shared.industry_codes(list_place=60, fact_place=50),
    shared.chain_code(list_place=70),
    Term(
        # Of the statistics of research; basic research names a discipline instead of a field of technology.
        name="activity_type",
        label="科技活动类型",
        vocabulary=terms.ACTIVITY_TYPES,
        length=30,
        step="class",
        asked_of=TECHNOLOGY,
        fact_place=30,
        list_place=210,
    ),
    Line(
        name="discipline",
        label="学科分类",
        most=60,
        step="class",
        asked_of=TECHNOLOGY,
        half=True,
        help="科技活动类型是「基础研究」时填，代替技术领域。",
        aliases=("学科",),
        fact_place=40,
        list_place=220,
    ),
)

# The three texts that a call for solvers has in practice.
_BOUNTY: tuple[Field, ...] = (
    Flag(
        # 揭榜挂帅: the solver is paid, so what counts as solved must be written down before.
        name="bounty",
        label="揭榜挂帅",
        step="bounty",
        asked_of=TECHNOLOGY,
        help="揭榜需求要有可验收的指标，并写明下面三项。",
        aliases=headings.BOUNTY,
        advice="填 是 或 否。",
        list_place=250,
    ),
    Text(
        name="solver_requirements",
        label="对揭榜方要求",
        step="bounty",
        asked_of=TECHNOLOGY,
        aliases=headings.SOLVER_REQUIREMENTS,
        needed="揭榜需求要写明对揭榜方要求。",
        needed_if=_is_bounty,
        list_place=260,
    ),
    Text(
        name="ip_terms",
        label="产权归属",
        step="bounty",
        asked_of=TECHNOLOGY,
        aliases=headings.IP_TERMS,
        needed="揭榜需求要写明产权归属。",
        needed_if=_is_bounty,
        list_place=270,
    ),
    Text(
        name="benefit_terms",
        label="利益分配",
        step="bounty",
        asked_of=TECHNOLOGY,
        aliases=headings.BENEFIT_TERMS,
        needed="揭榜需求要写明利益分配。",
        needed_if=_is_bounty,
        list_place=280,
    ),
)

# Firms hide that they have a problem. What else could tell their name is hidden with it (`disclosure.py`).
ANONYMOUS = Flag(
    name="anonymous",
    label="不公开单位名称",
    step="contact",
    help="公开页面上只写「某县某产业企业」；同县同产业公开的不足三家，只写「聊城市某企业」。",
    aliases=headings.ANONYMOUS,
    advice="填 是 时公开页面只显示「某县某企业」。",
    example="否",
    list_place=905,
)

COLUMNS: tuple[ListColumn, ...] = (
    # One column for the owner: a demand has one firm, an achievement a row of institutions.
    OwnerName(
        name="organisations",
        label=shared.OWNER.label,
        aliases=headings.DEMAND_ORGANISATION,
        advice=f"与营业执照一致；不想公开可在「{ANONYMOUS.label}」列填 是。",
        example="示例轴承有限公司",
        starred=True,
        seen_by=SeenBy.FIRM,
        holder=True,
        list_place=20,
        width=28,
    ),
    *shared.owner_columns(SeenBy.FIRM, district_needed=True),
    Years(
        # Lists write both years into one cell.
        name="years",
        label="需求时限",
        first="start_year",
        last="end_year",
        aliases=headings.YEARS,
        advice="如 2026-2028。",
        list_place=230,
    ),
)


def _ends_before_start(values: Mapping[str, Any]) -> bool:
    start = values.get("start_year")
    end = values.get("end_year")
    return bool(start and end and end < start)


RULES = (
    *BUDGET_RULES,
    Rule(
        _ends_before_start,
        "end_year",
        "截止年不能早于起始年。",
        sql=(
            "years",
            "end_year is null or start_year is null or end_year >= start_year",
        ),
    ),
)

DEMAND = ListingSchema(
    "demand",
    main_text="problem",
    steps=STEPS,
    fields=(
        shared.OWNER,
        NEED,
        DEMAND_TYPE,
        shared.title_field(
            "需求名称",
            headings.DEMAND_TITLE,
            example="深沟球轴承异音攻关",
        ),
        *_TEXTS,
        *_TALENT,
        *_CAPITAL,
        *_TERMS,
        *_CLASS,
        *_BOUNTY,
        *shared.CONTACT,
        shared.VISIBILITY,
        ANONYMOUS,
        shared.VALID_UNTIL,
        shared.NOTE,
    ),
    columns=COLUMNS,
    rules=RULES,
)
