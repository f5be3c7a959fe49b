"""The Chinese name of every field of a listing, and how its stored value is said in words. For forms, reviews, history.

The enumerations themselves stand in `terms.py`; how a public page is laid out stands in the templates.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from marketplace.dictionaries.models import Chain, HitechField, Industry, names
from marketplace.listings import terms
from marketplace.listings.models import Achievement, Demand
from marketplace.wording import UNKNOWN, day, money

TRL_NAMES = {
    1: "基本原理",
    2: "概念或方案",
    3: "关键功能实验室验证",
    4: "实验室样机验证",
    5: "相关环境验证",
    6: "模拟环境演示",
    7: "真实环境演示",
    8: "定型试验",
    9: "运行与评估",
}
READINESS_NAMES = {
    1: "报告级",
    2: "方案级",
    3: "仿真级",
    4: "功能级",
    5: "初样级",
    6: "正样级",
    7: "环境级",
    8: "产品级",
    9: "系统级",
    10: "销售级",
    11: "盈亏级",
    12: "利润级",
    13: "回报级",
}
# In the order in which a reviewer reads them.
LABELS: dict[str, dict[str, str]] = {
    "achievement": {
        "title": "成果名称",
        "organisation": "所属单位",
        "summary": "成果简介",
        "innovation": "创新点",
        "baseline": "比现有做法好多少",
        "metrics": "技术指标",
        "prospects": "应用前景",
        "benefits": "预期效益",
        "cases": "应用案例",
        "keywords": "关键词",
        "stage": "所处阶段",
        "trl": "技术成熟度",
        "readiness_13": "十三级成熟度",
        "stage_evidence": "成熟度依据",
        "application_status": "应用状态",
        "conversion_modes": "转化方式",
        "license_type": "许可类型",
        "price_mode": "定价方式",
        "price_min": "价格",
        "price_max": "最高价格",
        "conversion_note": "转化说明",
        "field_codes": "技术领域",
        "industry_codes": "应用行业",
        "chain_code": "产业链",
        "sei_code": "战略性新兴产业",
        "achievement_type": "成果类型",
        "forms": "体现形式",
        "attribute": "成果属性",
        "co_owners": "完成单位",
        "contributors": "完成人",
        "ownership": "权属",
        "ips": "知识产权",
        "value_scores": "五元价值评价",
        "funding_source": "成果来源",
        "fiscal_funded": "财政资金支持",
        "secrecy": "成果密级",
        "rd_start": "研究开始",
        "rd_end": "研究结束",
        "registration_no": "批准登记号",
        "registered_by": "批准登记单位",
        "registered_on": "批准登记日期",
        "recommended_by": "推荐单位",
        "level": "成果水平",
        "evaluation_method": "评价方式",
        "evaluation_by": "评价机构",
        "evaluated_on": "评价日期",
        "evaluation_report": "评价报告",
        "contact_name": "联系人",
        "contact_phone": "联系电话",
        "contact_email": "联系邮箱",
        "visibility": "公开范围",
        "valid_until": "有效期至",
        "note": "备注",
    },
    "demand": {
        "title": "需求名称",
        "organisation": "所属单位",
        "need": "需求类别",
        "demand_type": "需求类型",
        "problem": "主要问题",
        "key_technology": "技术关键",
        "expected_goal": "预期目标",
        "metrics": "技术指标",
        "foundation": "现有基础",
        "keywords": "关键词",
        "cooperation_modes": "合作方式",
        "solution_mode": "解决方式",
        "intended_partner": "合作意向单位",
        "stage_wished": "希望的成果阶段",
        "budget": "拟投入资金",
        "budget_negotiable": "资金面议",
        "deadline": "完成期限",
        "start_year": "起始年",
        "end_year": "截止年",
        "field_codes": "技术领域",
        "industry_codes": "应用行业",
        "chain_code": "产业链",
        "activity_type": "科技活动类型",
        "discipline": "学科分类",
        "bounty": "揭榜挂帅",
        "solver_requirements": "对揭榜方要求",
        "ip_terms": "产权归属",
        "benefit_terms": "利益分配",
        "contact_name": "联系人",
        "contact_phone": "联系电话",
        "contact_email": "联系邮箱",
        "visibility": "公开范围",
        "anonymous": "不公开单位名称",
        "valid_until": "有效期至",
        "note": "备注",
    },
}
_TERMS = {
    "visibility": terms.VISIBILITIES,
    "achievement_type": terms.ACHIEVEMENT_TYPES,
    "forms": terms.FORMS,
    "attribute": terms.ATTRIBUTES,
    "sei_code": terms.STRATEGIC_INDUSTRIES,
    "stage": terms.STAGES,
    "stage_wished": terms.STAGES,
    "application_status": terms.APPLICATION_STATUSES,
    "funding_source": terms.FUNDING_SOURCES,
    "secrecy": terms.SECRECIES,
    "level": terms.LEVELS,
    "evaluation_method": terms.EVALUATION_METHODS,
    "ownership": terms.OWNERSHIPS,
    "conversion_modes": terms.CONVERSION_MODES,
    "license_type": terms.LICENSE_TYPES,
    "price_mode": terms.PRICE_MODES,
    "need": terms.NEEDS,
    "demand_type": terms.DEMAND_TYPES,
    "activity_type": terms.ACTIVITY_TYPES,
    "cooperation_modes": terms.COOPERATION_MODES,
    "solution_mode": terms.SOLUTION_MODES,
}
_DICTIONARIES = {
    "field_codes": HitechField,
    "industry_codes": Industry,
    "chain_code": Chain,
}


def label(kind: str, name: str) -> str:
    """The Chinese name of a field; a name nobody labelled stands for itself."""
    return LABELS[kind].get(name, name)


def cost(figures: Sequence[Decimal | None], mode: str | None) -> str:
    """A price or budget in words, and whether it was appraised.

    Args:
        figures: 万元, one or the lower and the upper one; None where it is not filled in.
        mode: the way of pricing, a code of `terms.PRICE_MODES`; that of a budget is `negotiable` or None.
    """
    appraised = mode == "appraised" and figures[0] is not None
    return money(*figures, negotiable=mode == "negotiable") + (
        "（评估参考价）" if appraised else ""
    )


def said(row: Achievement | Demand, name: str) -> str:
    """The value of one field in words; 「未填写」 where there is none.

    Args:
        row: a listing.
        name: a column or a list of child rows.
    """
    value = getattr(row, name)
    if name == "price_min":
        return cost((value, row.price_max), row.price_mode)
    if name == "budget":
        return cost((value,), "negotiable" if row.budget_negotiable else None)
    if isinstance(value, bool):
        return "是" if value else "否"
    if value in (None, "", []):
        return UNKNOWN
    if name in ("trl", "readiness_13"):
        return f"{value} 级 {(TRL_NAMES if name == 'trl' else READINESS_NAMES)[value]}"
    if name in _DICTIONARIES or name in _TERMS:
        known = names(_DICTIONARIES[name]) if name in _DICTIONARIES else _TERMS[name]
        return "、".join(
            known.get(code, code)
            for code in (value if isinstance(value, list) else [value])
        )
    if isinstance(value, list):
        return _listed(name, value)
    return day(value) if hasattr(value, "isoformat") else str(value)


def _listed(name: str, rows: Iterable[Any]) -> str:
    """Child rows or plain words, one after the other."""
    if name == "contributors":
        return "；".join(
            " ".join(filter(None, (one.name, one.title, one.role))) for one in rows
        )
    if name == "co_owners":
        return "；".join(one.name for one in rows)
    if name == "ips":
        return "；".join(
            " ".join(
                filter(
                    None,
                    (
                        terms.IP_TYPES[one.ip_type],
                        one.number,
                        one.name,
                        terms.LEGAL_STATUSES.get(one.legal_status or ""),
                        f"{day(one.checked_on)} 核对" if one.checked_on else "",
                    ),
                )
            )
            for one in rows
        )
    if name == "value_scores":
        return "；".join(
            f"{terms.VALUE_AXES[one.axis]} {one.score}（{one.evaluator}）"
            for one in rows
        )
    return "；".join(map(str, rows))
