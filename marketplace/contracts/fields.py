"""The fields of a technology contract, each once: column, label, header, check, choices, where printed.

Source: the fields of the register (reference §3.2) and of contracts of the five types (民法典 book 3 ch. 20). No web
and no database; the table is made from these in `models.py`, forms, papers and lists in the files above.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

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
from marketplace.parsing import ParseError
from marketplace.parsing.days import read_day
from marketplace.parsing.money import NEGOTIABLE, read_money
from marketplace.parsing.text import cell_text, compact_text, read_flag, read_prose
from marketplace.wording import yuan

# 分 of 1 万元, which sums are read in, and of 1 元, in which contracts write them.
FEN_OF_WAN = 1_000_000
FEN_OF_YUAN = 100
MOST_FEN = 10**15  # what no contract of a city comes near
MAX_PROSE = 4000
_PLAIN_SUM = re.compile(r"\d{1,13}(\.\d{1,2})?", re.ASCII)
REGISTRY_NO = re.compile(r"[0-9]{14,20}", re.ASCII)


@dataclass(frozen=True)
class Field:
    """One field of a contract.

    Attributes:
        name: of its column.
        label: on forms and papers.
        kind: `text`, `prose`, `day`, `money` (stored in 分), `choice`, `flag`, `code`.
        block: a key of `BLOCKS`.
        header: in the register; empty: it is no column of it.
        types: contract types that have it; empty: all.
        printed: whether it stands in the paper that both sides confirm.
        needed: whether a paper can be made without it.
        choices: code → words.
        most: characters.
        help: what its writer should know.
        pattern: what a `code` must look like, and what is said of one that does not.
    """

    name: str
    label: str
    kind: str = "text"
    block: str = "basics"
    header: str = ""
    types: tuple[str, ...] = ()
    printed: bool = True
    needed: bool = False
    choices: Mapping[str, str] = field(default_factory=dict)
    most: int = 200
    help: str = ""
    pattern: tuple[str, str] = ("", "")

    def belongs_to(self, contract_type: str) -> bool:
        """Whether contracts of a type have it."""
        return not self.types or contract_type in self.types

    def read(self, raw: Any) -> Any:
        """The value that was typed, or stands in a cell; None where nothing does.

        Raises:
            ParseError: it is no value of this field; says in Chinese what to do.
        """
        return _READERS[self.kind](self, raw)

    def shown(self, value: Any) -> str:
        """A stored value in words; empty where there is none."""
        if value is None or value == "":
            return ""
        if self.kind == "choice":
            return self.choices.get(value, str(value))
        if self.kind == "money":
            return f"{yuan(value)} 元"
        if self.kind == "flag":
            return "是" if value else "否"
        if isinstance(value, date):
            return value.isoformat()
        return str(value)

    def typed(self, value: Any) -> str:
        """A stored value as its writer would type it again."""
        if value is None:
            return ""
        if self.kind == "money":
            return yuan(value).replace(",", "")
        if self.kind == "flag":
            return "yes" if value else "no"
        return value.isoformat() if isinstance(value, date) else str(value)


def read_fen(raw: Any) -> int | None:
    """A sum in 元 as whole 分; a unit that is written (万元, 亿) counts.

    Raises:
        ParseError: no sum, a range, or less than a cent.
    """
    # To the cent: what prices of listings are rounded to is too coarse for a contract.
    plain = compact_text(raw).replace(",", "").removeprefix("¥").removesuffix("元")
    if _PLAIN_SUM.fullmatch(plain):
        return int(Decimal(plain) * FEN_OF_YUAN)
    money = read_money(raw, Decimal(FEN_OF_YUAN) / FEN_OF_WAN)
    if money is None:
        return None
    if money.low is None or money.low != money.high:
        raise ParseError("合同里要写一个确定的数。", "单位元，如 500000 或 50万元。")
    fen = money.low * FEN_OF_WAN
    if fen != fen.to_integral_value() or not 0 <= fen <= MOST_FEN:
        raise ParseError("金额最多两位小数，不能是负数。", "单位元，如 500000.00。")
    return int(fen)


def _read_text(one: Field, raw: Any) -> str | None:
    text = " ".join(cell_text(raw).split())
    if len(text) > one.most:
        raise ParseError(f"最多 {one.most} 字。", "请写短一些。")
    return text or None


def _read_prose(one: Field, raw: Any) -> str | None:
    return read_prose(raw, one.most)


def _read_day(_one: Field, raw: Any) -> date | None:
    return read_day(raw)


def _read_money(_one: Field, raw: Any) -> int | None:
    if compact_text(raw) in NEGOTIABLE:
        raise ParseError("合同里要写一个确定的数。", "单位元，如 500000 或 50万元。")
    return read_fen(raw)


def _read_choice(one: Field, raw: Any) -> str | None:
    text = compact_text(raw)
    if not text:
        return None
    if text in one.choices:
        return text
    for code, words in one.choices.items():
        if compact_text(words) == text:
            return code
    raise ParseError("没有这一项。", f"可以填：{'、'.join(one.choices.values())}。")


def _read_flag(_one: Field, raw: Any) -> bool | None:
    text = compact_text(raw)
    if text in ("yes", "no"):
        return text == "yes"
    return read_flag(raw)


def _read_code(one: Field, raw: Any) -> str | None:
    text = compact_text(raw).upper()
    pattern, advice = one.pattern
    if text and not re.fullmatch(pattern, text, re.ASCII):
        raise ParseError(f"「{text[:30]}」不是{one.label}。", advice)
    return text or None


_READERS = {
    "text": _read_text,
    "prose": _read_prose,
    "day": _read_day,
    "money": _read_money,
    "choice": _read_choice,
    "flag": _read_flag,
    "code": _read_code,
}
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
