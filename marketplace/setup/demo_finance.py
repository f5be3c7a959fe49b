"""A bank with two products and a pack granted to it, a filed loan, a fund that looks for firms: all invented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.audit.looks import record_reading
from marketplace.clock import today
from marketplace.extensions import db
from marketplace.finance import (
    deeds,
    investor_deeds,
    investor_queries,
    loan_deeds,
    pack_deeds,
)
from marketplace.finance.content import ProductTerms, condition_on
from marketplace.finance.loan_deeds import LoanValues
from marketplace.finance.models import FinanceProduct
from marketplace.finance.pack_content import items_of
from marketplace.finance.pack_queries import LOOKED
from marketplace.listings import deeds as listing_deeds
from marketplace.listings.models import Demand
from marketplace.listings.review_models import Scores
from marketplace.organisations.models import Organisation
from marketplace.policies.content import Amount, Figure
from marketplace.statuses import deeds as status_deeds

ANY_STATUS = tuple(
    condition_on(field, "is", True, any_of=True)
    for field in ("tech_sme", "high_tech", "specialised")
)
PAPERS = ("营业执照", "技术合同登记证明", "近两年财务报表")
LOAN = ProductTerms(
    summary="给转化科技成果的企业的流动资金和设备贷款，可以信用方式，也可以用专利质押增信。",
    price="年利率 3.45% 起（示例）",
    term="最长 3 年",
    document="示例银行科技成果转化贷管理办法（示例）",
    papers=PAPERS,
    amount=Amount("up_to", value=Decimal(1000)),
    conditions=(
        *ANY_STATUS,
        condition_on("is_local", "is", True),
        condition_on("capital_sought", "at_most", Decimal(1000)),
        condition_on("has_overdue", "is", False),
    ),
)
PLEDGE = ProductTerms(
    summary="以授权发明专利质押的贷款，额度按评估价值计算。",
    price="年利率 3.85% 起（示例）",
    term="最长 2 年",
    document="示例银行专利质押贷款管理办法（示例）",
    papers=(*PAPERS, "专利评估报告"),
    amount=Amount(
        "rate",
        rate=Decimal(60),
        bases=("patent_value",),
        cap=Decimal(500),
        cap_period="holder",
    ),
    conditions=(
        condition_on("patents", "at_least", Decimal(1)),
        condition_on("years", "at_least", Decimal(2)),
        condition_on("has_overdue", "is", False),
    ),
)
EQUITY = ProductTerms(
    summary="投向成长期科技企业的股权投资，优先支持成果落地聊城的项目。",
    price="按投资协议",
    term="5 至 7 年",
    document="示例科创基金投资管理办法（示例）",
    papers=("商业计划书", "近两年财务报表"),
    amount=Amount("open"),
    conditions=(
        condition_on("firm_stage", "in", ("start_up", "growth")),
        condition_on("capital_sought", "at_least", Decimal(100)),
    ),
)
# Worked by hand: (figures, what the rule must give), at a limit, past it, and with something unknown.
LOCAL = {"is_local": True, "has_overdue": False}
CASES: dict[str, list[tuple[dict[str, Figure], str]]] = {
    "成果转化贷（示例）": [
        ({**LOCAL, "high_tech": True, "capital_sought": Decimal(1000)}, "1000"),
        ({**LOCAL, "high_tech": True, "capital_sought": Decimal(1001)}, "not_met"),
        ({**LOCAL, "tech_sme": True}, "missing"),
    ],
    "专利质押贷（示例）": [
        (
            {
                "patents": Decimal(1),
                "years": Decimal(2),
                "patent_value": Decimal(833),
                "has_overdue": False,
            },
            "499.8",
        ),
        (
            {
                "patents": Decimal(1),
                "years": Decimal(2),
                "patent_value": Decimal(834),
                "has_overdue": False,
            },
            "500",
        ),
        ({"patents": Decimal(1), "years": Decimal(1)}, "not_met"),
    ],
    "科创成长基金（示例）": [
        ({"firm_stage": "growth", "capital_sought": Decimal(100)}, "open"),
        ({"firm_stage": "growth", "capital_sought": Decimal(99)}, "not_met"),
        ({"firm_stage": "start_up"}, "missing"),
    ],
}
CAPITAL = {
    "title": "保持器精密冲压中试线建设融资",
    "problem": "与高校合作的保持器精密冲压工艺已经完成小试，要建一条中试线，设备和厂房改造缺口约 600 万元。",
    "need": "capital",
    "capital_sought": Decimal(600),
    "financing_modes": ["loan", "ip_pledge", "equity"],
    "firm_stage": "growth",
    "capital_use": "购置精密冲床和在线检测设备，改造一间厂房。",
    "security": "可以质押两件发明专利。",
    "demand_type": "financing",
    "chain_code": "bearing",
    "visibility": "public",
    "keywords": ["保持器", "中试"],
    "contact_name": "财务部",
    "contact_phone": "0635-0000009",
}
GOOD = Scores(4, 4, 4, 4)


def add_finance(people: Mapping[str, Person]) -> int:
    """Products, a pack, loans and a fund, where there are none yet; how many products.

    Args:
        people: sign-in name → person: bank, fund, firm, operator, operator2.
    """
    if db.session.scalar(db.select(FinanceProduct.id).limit(1)) is not None:
        return 0
    (bank,), (fund,) = people["bank"].organisations, people["fund"].organisations
    firm = people["firm"].organisations[0]
    loan = _publish(bank, "loan", "成果转化贷（示例）", LOAN, people["bank"], people)
    _publish(bank, "ip_pledge", "专利质押贷（示例）", PLEDGE, people["bank"], people)
    # One that an operator has still to look at.
    waiting = deeds.create_product(
        fund, "fund", "科创成长基金（示例）", EQUITY, today(), by=people["fund"]
    )
    _submit(waiting, people["fund"])
    _add_statuses(firm, people)
    demand = _publish_demand(firm, people)
    # Of what the firm has: the status and the demand, not the files.
    codes = [one.code for one in items_of(firm, today()) if one.group != "file"]
    pack = pack_deeds.grant_pack(
        firm,
        bank,
        codes,
        purpose="申请成果转化贷，用于建保持器中试线",
        until=today() + timedelta(days=60),
        agrees=True,
        product=loan,
        by=people["firm"],
    )
    # The bank has looked once, which the firm sees.
    record_reading(LOOKED, kind=pack.kind, thing=pack.id, by=people["bank"])
    # The look was stored by a connection of its own: nothing can be saved on what was read before it.
    persistence.commit()
    _file_loans(bank, firm, loan, people)
    preference = investor_deeds.save_preference(
        fund,
        stages=["start_up", "growth"],
        chain_codes=[],
        ticket_low="100",
        ticket_high="5000",
        by=people["fund"],
        seen=0,
    )
    # Teasers bear a code and no name until the firm opens itself (134).
    code = investor_queries.code_of(fund.id, demand.id)
    teaser = investor_queries.find_teaser(preference, code, by=people["fund"])
    investor_deeds.request_reveal(
        preference,
        teaser,
        "我们投过两家轴承企业，想了解中试线的订单。",
        by=people["fund"],
    )
    return 3


def _publish(
    bank: Organisation,
    kind: str,
    name: str,
    terms: ProductTerms,
    writer: Person,
    people: Mapping[str, Person],
) -> FinanceProduct:
    product = deeds.create_product(bank, kind, name, terms, today(), by=writer)
    _submit(product, writer)
    version = product.versions[0]
    deeds.approve_version(version, by=people["operator"], seen=version.revision)
    return product


def _submit(product: FinanceProduct, writer: Person) -> None:
    version = product.versions[0]
    for figures, expected in CASES[product.name]:
        deeds.add_case(version, figures, expected, by=writer, seen=version.revision)
    deeds.submit_version(version, by=writer, seen=version.revision)


def _add_statuses(firm: Organisation, people: Mapping[str, Person]) -> None:
    """One that was checked, and one that waits for an operator."""
    year = today().year
    checked = status_deeds.propose_status(
        firm,
        "high_tech",
        "GR000000000000（示例）",
        date(year - 1, 12, 1),
        date(year + 2, 11, 30),
        by=people["firm"],
    )
    status_deeds.verify_status(
        checked,
        "高新技术企业认定管理工作网",
        by=people["operator"],
        seen=checked.revision,
    )
    status_deeds.propose_status(
        firm,
        "tech_sme",
        "000000000000000000（示例）",
        date(year, 1, 1),
        date(year, 12, 31),
        by=people["firm"],
    )


def _publish_demand(firm: Organisation, people: Mapping[str, Person]) -> Demand:
    row = listing_deeds.create("demand", CAPITAL, organisation=firm, by=people["firm"])
    listing_deeds.submit(row, by=people["firm"], seen=row.revision)
    listing_deeds.approve(row, by=people["operator"], seen=row.revision, scores=GOOD)
    assert isinstance(row, Demand)  # noqa: S101
    return row


def _file_loans(
    bank: Organisation,
    firm: Organisation,
    product: FinanceProduct,
    people: Mapping[str, Person],
) -> None:
    """One that was repaid in time, with what the province paid, and one that waits for the office."""
    values = LoanValues(
        borrower_name=firm.name,
        borrower_uscc=firm.uscc or "",
        district=firm.district_code or "371502",
        contract_no="SLYH-示例-001",
        purpose="保持器注塑模具改进成果的试制",
        principal_fen=200_000_000,
        rate="3.45",
        # Over and repaid before its end, which is what the subsidy asks for.
        start_on=today() - timedelta(days=400),
        end_on=today() - timedelta(days=35),
        product_id=product.id,
    )
    banker, operator = people["bank"], people["operator"]
    loan = loan_deeds.file_loan(bank, values, by=banker)
    loan_deeds.confirm_loan(loan, by=operator, seen=loan.revision)
    repaid_on = today() - timedelta(days=40)
    loan_deeds.repay_loan(loan, repaid_on, by=banker, seen=loan.revision)
    loan_deeds.note_province(
        loan, 2_760_000, "省级贴息下达文件（示例）", by=operator, seen=loan.revision
    )
    # Another contract: of one number a bank files one loan.
    other = replace(
        values,
        contract_no="SLYH-示例-002",
        purpose="保持器精密冲压中试线",
        start_on=today() - timedelta(days=20),
        end_on=today() + timedelta(days=700),
    )
    loan_deeds.file_loan(bank, other, by=banker)
