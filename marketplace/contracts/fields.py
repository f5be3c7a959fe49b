"""The fields of a technology contract, each once: column, label, header, check, choices, where printed.

Source: the fields of the register (reference §3.2) and of contracts of the five types (民法典 book 3 ch. 20). No web
and no database; the table is made from these in `models.py`, forms, papers and lists in the files above.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from marketplace.contracts.field import Field
from marketplace.contracts.vocabulary import (
    GOALS,
    IP_CATEGORIES,
    PARTY_NATURES,
    PAYMENT_METHODS,
    PLAN_SOURCES,
    ROYALTY_BASES,
    ROYALTY_METHODS,
    SUBTYPES,
    TECH_FIELDS,
)
from marketplace.deals.life import CONTRACT_TYPES

MAX_PROSE = 4000
REGISTRY_NO = re.compile(r"[0-9]{14,20}", re.ASCII)
NO_NUMBER = "登记编号是登记机构给的 14–20 位数字，照登记证明填写。"
_DISTRICT = (r"\d{6}", "写六位行政区划代码，如 371502。")
_INDUSTRY = (r"[A-T](\d{2,4})?", "写门类字母加大类，如 C34。")
_RIGHTS = ("transfer", "license")

FIELDS: tuple[Field, ...] = (
    Field(
        "contract_no",
        "合同编号",
        header="合同编号",
        most=40,
        help="双方自己的编号，可以不写。",
    ),
    Field("title", "项目名称", header="项目名称", needed=True),
    Field(
        "contract_type",
        "合同类型",
        "choice",
        header="技术合同类型",
        choices=CONTRACT_TYPES,
        needed=True,
    ),
    Field(
        "contract_subtype", "合同类别", "choice", header="合同类别", choices=SUBTYPES
    ),
    Field("valid_from", "有效期起", "day", header="合同有效期起", needed=True),
    Field(
        "valid_to",
        "有效期止",
        "day",
        header="合同有效期止",
        needed=True,
        help="登记要在有效期内办。",
    ),
    Field("signed_place", "签订地点", most=80),
    Field(
        "seller_name",
        "卖方名称",
        block="parties",
        header="卖方名称",
        needed=True,
        help="开发人、让与人、许可人或受托人。",
    ),
    Field("seller_country", "卖方国别", block="parties", header="卖方国别", most=40),
    Field(
        "seller_district",
        "卖方行政区划",
        "code",
        block="parties",
        header="卖方行政区划",
        pattern=_DISTRICT,
        most=6,
    ),
    Field(
        "seller_nature",
        "卖方性质",
        "choice",
        block="parties",
        header="卖方性质",
        choices=PARTY_NATURES,
    ),
    Field("buyer_name", "买方名称", block="parties", header="买方名称", needed=True),
    Field("buyer_country", "买方国别", block="parties", header="买方国别", most=40),
    Field(
        "buyer_district",
        "买方行政区划",
        "code",
        block="parties",
        header="买方行政区划",
        pattern=_DISTRICT,
        most=6,
    ),
    Field(
        "buyer_nature",
        "买方性质",
        "choice",
        block="parties",
        header="买方性质",
        choices=PARTY_NATURES,
    ),
    Field(
        "total_fen",
        "合同成交总额",
        "money",
        block="money",
        header="合同成交总额",
        needed=True,
        help="单位元。",
    ),
    Field(
        "tech_fen",
        "其中技术交易额",
        "money",
        block="money",
        header="技术交易额",
        needed=True,
        help="不含设备费、材料费，不超过总额。",
    ),
    Field(
        "payment_method",
        "支付方式",
        "choice",
        block="money",
        header="支付方式",
        choices=PAYMENT_METHODS,
        needed=True,
    ),
    Field(
        "payment_terms",
        "支付时间和条件",
        "prose",
        block="money",
        most=MAX_PROSE,
        needed=True,
    ),
    Field(
        "royalty_base",
        "提成基数",
        "choice",
        block="money",
        header="提成基数",
        choices=ROYALTY_BASES,
        help="提成支付的要写。",
    ),
    Field(
        "royalty_rate",
        "提成比例",
        block="money",
        header="提成比例",
        most=80,
        help="固定、逐年递增或递减，如：每年 3%，三年。",
    ),
    Field("audit_right", "卖方可以查账", "flag", block="money"),
    Field(
        "ip_category",
        "知识产权类别",
        "choice",
        block="register",
        header="知识产权类别",
        choices=IP_CATEGORIES,
        needed=True,
    ),
    Field(
        "tech_field",
        "技术领域",
        "choice",
        block="register",
        header="技术领域",
        choices=TECH_FIELDS,
        needed=True,
    ),
    Field(
        "goal",
        "社会经济目标",
        "choice",
        block="register",
        header="社会经济目标",
        choices=GOALS,
    ),
    Field(
        "plan_source",
        "计划来源",
        "choice",
        block="register",
        header="计划来源",
        choices=PLAN_SOURCES,
    ),
    Field(
        "industry_code",
        "服务的国民经济行业",
        "code",
        block="register",
        header="服务的国民经济行业",
        pattern=_INDUSTRY,
        most=5,
    ),
    Field("is_hightech", "涉及高新技术", "flag", block="register", header="是否涉高新"),
    Field(
        "more_investment_fen",
        "预计新增投入",
        "money",
        block="register",
        header="预计新增投入",
        types=_RIGHTS,
    ),
    Field(
        "more_output_fen",
        "预计新增产值",
        "money",
        block="register",
        header="预计新增产值",
        types=_RIGHTS,
    ),
    Field(
        "scope",
        "标的的内容、范围和要求",
        "prose",
        block="terms",
        most=MAX_PROSE,
        needed=True,
    ),
    Field(
        "plan",
        "研究开发计划和进度",
        "prose",
        block="terms",
        types=("development",),
        most=MAX_PROSE,
        needed=True,
    ),
    Field(
        "patents",
        "专利或技术秘密",
        "prose",
        block="terms",
        types=_RIGHTS,
        most=MAX_PROSE,
        needed=True,
        help="专利要写名称、申请人或专利权人、申请日、申请号、专利号和有效期限。",
    ),
    Field(
        "license_scope",
        "许可方式、范围和期限",
        "prose",
        block="terms",
        types=("license",),
        most=MAX_PROSE,
        needed=True,
        help="独占、排他或普通；许可期不能超过专利有效期。",
    ),
    Field(
        "report_form",
        "咨询报告的形式和期限",
        "prose",
        block="terms",
        types=("consulting",),
        most=MAX_PROSE,
        needed=True,
    ),
    Field(
        "work_conditions",
        "委托人提供的工作条件和协作",
        "prose",
        block="terms",
        types=("service",),
        most=MAX_PROSE,
        needed=True,
    ),
    Field(
        "acceptance",
        "验收标准和方法",
        "prose",
        block="terms",
        most=MAX_PROSE,
        needed=True,
    ),
    Field(
        "result_rights",
        "技术成果的归属和分享",
        "prose",
        block="terms",
        types=("development", "consulting", "service"),
        most=MAX_PROSE,
        needed=True,
    ),
    Field(
        "improvements",
        "后续改进成果的归属",
        "prose",
        block="terms",
        types=_RIGHTS,
        most=MAX_PROSE,
    ),
    Field(
        "risk",
        "风险责任的承担",
        "prose",
        block="terms",
        types=("development",),
        most=MAX_PROSE,
        needed=True,
    ),
    Field(
        "confidentiality",
        "保密义务",
        "prose",
        block="terms",
        most=MAX_PROSE,
        needed=True,
    ),
    Field("breach", "违约责任", "prose", block="terms", most=MAX_PROSE, needed=True),
    Field(
        "disputes", "争议的解决", "prose", block="terms", most=MAX_PROSE, needed=True
    ),
)
BY_NAME = {one.name: one for one in FIELDS}
PRINTED = tuple(one for one in FIELDS if one.printed)
# What the deal decides, and no form of the contract.
OF_DEAL = ("contract_type", "contract_subtype")


def fields_of(contract_type: str) -> list[Field]:
    """The fields of contracts of a type, in their order."""
    return [one for one in FIELDS if one.belongs_to(contract_type)]


def problems_of(values: Mapping[str, Any]) -> dict[str, list[str]]:
    """What does not fit together among values: field → messages. Holes are no problem here."""
    problems: dict[str, list[str]] = {}
    total, tech = values.get("total_fen"), values.get("tech_fen")
    if total is not None and tech is not None and tech > total:
        problems["tech_fen"] = ["技术交易额不能超过合同成交总额。"]
    begins, ends = values.get("valid_from"), values.get("valid_to")
    if begins is not None and ends is not None and ends < begins:
        problems["valid_to"] = ["有效期止不能早于有效期起。"]
    return problems


def missing_of(values: Mapping[str, Any]) -> list[Field]:
    """The fields a paper cannot be made without, and that have no value."""
    missing = []
    is_royalty = values.get("payment_method") in ROYALTY_METHODS
    for one in fields_of(values["contract_type"]):
        needed = one.needed or (
            is_royalty and one.name in ("royalty_base", "royalty_rate")
        )
        if needed and values.get(one.name) in (None, ""):
            missing.append(one)
    return missing
