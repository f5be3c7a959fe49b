"""A bank with a product, a fund, a firm with a checked status and a demand for money, for the tests of this room."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from werkzeug.datastructures import MultiDict

from marketplace.accounts.models import Person
from marketplace.clock import today
from marketplace.finance import (
    deeds,
    investor_deeds,
    investor_queries,
    loan_deeds,
    pack_deeds,
)
from marketplace.finance.content import ProductTerms, product_questions
from marketplace.finance.investor_models import InvestorRequest
from marketplace.finance.loan_deeds import LoanValues
from marketplace.finance.loan_models import FiledLoan
from marketplace.finance.models import FinanceProduct, FirmPack, ProductVersion
from marketplace.finance.pack_content import items_of
from marketplace.finance.typed_terms import read_terms
from marketplace.listings.models import Demand
from marketplace.organisations.models import Organisation
from marketplace.policies.content import Figure
from marketplace.policies.evaluating import evaluate_clause
from marketplace.statuses import deeds as status_deeds
from marketplace.statuses.models import OrganisationStatus
from tests.factories import Factory, new_uscc

TYPED = {
    "summary": "给转化科技成果的企业的流动资金贷款。",
    "price": "年利率 3.45% 起",
    "term": "最长 3 年",
    "document": "示例银行科技成果转化贷管理办法",
    "papers": "营业执照\n技术合同登记证明",
    "form": "up_to",
    "value": "500",
    "is_local": "yes",
    "has_overdue": "no",
    "capital_sought-high": "500",
}
CAPITAL = {
    "need": "capital",
    "capital_sought": Decimal(300),
    "financing_modes": ["loan"],
    "firm_stage": "growth",
    "capital_use": "建中试线",
    "demand_type": "financing",
}


def terms_of(**changes: Any) -> ProductTerms:
    """Terms as a form gives them; a list stands for several boxes; None leaves a box out."""
    typed: MultiDict[str, str] = MultiDict()
    for name, value in (
        TYPED | {"any_of": ["tech_sme", "high_tech"]} | changes
    ).items():
        if value is not None:
            typed.setlist(name, value if isinstance(value, list) else [value])
    reading = read_terms(typed)
    assert reading.terms is not None, reading.problems
    return reading.terms


def figures_that_fit(terms: ProductTerms) -> dict[str, Figure]:
    """Figures for which every requirement of a product is just met, and its base is 500 万元."""
    figures: dict[str, Figure] = dict.fromkeys(terms.amount.bases, Decimal(500))
    for condition in terms.conditions:
        value = condition.value
        figures[condition.field] = value[0] if isinstance(value, tuple) else value
    return figures


def figures_that_do_not(terms: ProductTerms) -> dict[str, Figure]:
    """The same, with the last requirement that is no alternative not met."""
    figures = figures_that_fit(terms)
    (*_, last) = [one for one in terms.conditions if not one.path]
    value = figures[last.field]
    if isinstance(value, Decimal):
        past = {"at_least": Decimal("-0.01"), "at_most": Decimal("0.01")}
        figures[last.field] = value + past[last.operator]
    elif isinstance(value, bool):
        figures[last.field] = not value
    else:
        codes = product_questions()[last.field].choices
        (figures[last.field], *_) = [one for one in codes if one not in last.value]
    return figures


class World:
    """Those who take part, each with somebody who acts."""

    def __init__(
        self,
        make: Factory,
        firm: Organisation | None = None,
        chief: Person | None = None,
    ) -> None:
        self.make = make
        self.bank = make.organisation("鲁西示例银行", kind="financial")
        self.banker = make.person("firm", self.bank, administers=True)
        self.fund = make.organisation("东昌示例基金", kind="financial")
        self.investor = make.person("firm", self.fund, administers=True)
        self.firm = firm or make.organisation("临清振动轴承厂（示例）")
        self.chief = chief or make.person("firm", self.firm, administers=True)
        self.stranger = make.person("firm", make.organisation(), administers=True)
        self.operator = make.person("operator")

    def status(self, code: str = "high_tech", **changes: Any) -> OrganisationStatus:
        """A checked status of the firm."""
        values: dict[str, Any] = {
            "number": "GR202637000123",
            "valid_from": date(today().year - 1, 1, 1),
            "valid_to": date(today().year + 1, 12, 31),
        } | changes
        row = status_deeds.propose_status(self.firm, code, **values, by=self.chief)
        checked = "证书（扫描件或原件）"
        status_deeds.verify_status(row, checked, by=self.operator, seen=row.revision)
        return row

    def draft(self, name: str = "成果转化贷", **changes: Any) -> FinanceProduct:
        """A product with the draft of its first version."""
        return deeds.create_product(
            self.bank, "loan", name, terms_of(**changes), today(), by=self.banker
        )

    def product(self, name: str = "成果转化贷", **changes: Any) -> FinanceProduct:
        """A published product."""
        row = self.draft(name, **changes)
        self.publish(row)
        return row

    def give_cases(self, version: ProductVersion) -> None:
        """Worked examples of the rule of a draft in the place of those it has: met, not met, and nothing known."""
        acting = {"by": self.banker}
        for _ in version.cases:
            deeds.remove_case(version, 1, seen=version.revision, **acting)
        terms = version.terms
        fitting_figures = figures_that_fit(terms)
        sum_ = evaluate_clause(
            terms.clause("", "", today(), None), fitting_figures, today()
        ).short
        for figures, expected in (
            (fitting_figures, sum_),
            (figures_that_do_not(terms), "not_met"),
            ({}, "missing"),
        ):
            deeds.add_case(version, figures, expected, seen=version.revision, **acting)

    def publish(self, row: FinanceProduct) -> ProductVersion:
        """Hand the open version in and let it act."""
        version = row.open_version
        assert version is not None
        self.give_cases(version)
        deeds.submit_version(version, by=self.banker, seen=version.revision)
        deeds.approve_version(version, by=self.operator, seen=version.revision)
        return version

    def codes(self) -> list[str]:
        """What the firm may tick."""
        return [item.code for item in items_of(self.firm, today())]

    def pack(self, **changes: Any) -> FirmPack:
        """A pack that the bank may see."""
        values: dict[str, Any] = {
            "purpose": "申请成果转化贷 300 万元",
            "until": today() + timedelta(days=30),
            "agrees": True,
            "product": None,
            "by": self.chief,
        }
        codes = changes.pop("codes", None)
        if codes is None:
            codes = self.codes()
        institution: Organisation = changes.pop("institution", self.bank)
        return pack_deeds.grant_pack(
            self.firm, institution, codes, **(values | changes)
        )

    def people(self) -> dict[str, Person]:
        """Name → person."""
        names = ("banker", "investor", "chief", "stranger", "operator")
        return {name: getattr(self, name) for name in names}

    def loan(self, contract_no: str = "LX-2026-001", **changes: Any) -> FiledLoan:
        """A loan of the bank that waits for the office."""
        values = self.loan_values(contract_no=contract_no, **changes)
        return loan_deeds.file_loan(self.bank, values, by=self.banker)

    def loan_values(self, **changes: Any) -> LoanValues:
        """A loan as it is typed."""
        values: dict[str, Any] = {
            "borrower_name": self.firm.name,
            "borrower_uscc": self.firm.uscc,
            "district": "371581",
            "contract_no": "LX-2026-001",
            "purpose": "超精研磨工艺中试线",
            "principal_fen": 300_000_000,
            "rate": "3.45",
            "start_on": today() - timedelta(days=200),
            "end_on": today() + timedelta(days=165),
        }
        return LoanValues(**(values | changes))

    def interest(self, demand: Demand) -> InvestorRequest:
        """The fund wants to know whose a demand is."""
        preference = investor_queries.preference_of(self.fund)
        if preference is None:
            preference = investor_deeds.save_preference(
                self.fund,
                stages=[],
                chain_codes=[],
                ticket_low="100",
                ticket_high="500",
                by=self.investor,
                seen=0,
            )
        code = investor_queries.code_of(self.fund.id, demand.id)
        teaser = investor_queries.find_teaser(preference, code, by=self.investor)
        return investor_deeds.request_reveal(
            preference, teaser, "想看看中试线的订单。", by=self.investor
        )


def pages_of(world: World) -> dict[str, list[Any]]:
    """Names in addresses → rows at each station that has buttons of its own, for the walk of all pages."""
    world.status()
    waiting = status_deeds.propose_status(
        world.firm,
        "tech_sme",
        "202637150200001",
        today(),
        today() + timedelta(days=300),
        by=world.chief,
    )
    products = [world.product(), world.draft("还没送审的产品")]
    handed_in = world.draft("送审的产品")
    version = handed_in.versions[0]
    world.give_cases(version)
    deeds.submit_version(version, by=world.banker, seen=version.revision)
    loans = []
    for station in ("filed", "confirm", "return", "repay", "lose"):
        loan = world.loan(f"LX-{station}", borrower_uscc=new_uscc())
        if station in ("confirm", "repay", "lose"):
            loan_deeds.confirm_loan(loan, by=world.operator, seen=loan.revision)
        if station == "return":
            loan_deeds.return_loan(
                loan, "补合同", by=world.operator, seen=loan.revision
            )
        if station == "repay":
            loan_deeds.repay_loan(loan, today(), by=world.banker, seen=loan.revision)
        if station == "lose":
            loan_deeds.lose_principal(loan, 100, by=world.banker, seen=loan.revision)
        loans.append(loan.id)
    demands = []
    for title in ("中试线融资", "新厂房融资"):
        demands.append(world.make.demand(title, owner=world.firm, **CAPITAL))
    answered, open_one = (world.interest(demand) for demand in demands)
    investor_deeds.accept_request(
        answered, agrees=True, by=world.chief, seen=answered.revision
    )
    free = world.make.demand("周转融资", owner=world.firm, **CAPITAL)
    return {
        "status_id": [waiting.id],
        "product_id": [one.id for one in (*products, handed_in)],
        "version_id": [version.id],
        "pack_id": [world.pack().id],
        "loan_id": loans,
        "interest_id": [answered.id, open_one.id],
        "teaser": [investor_queries.code_of(world.fund.id, free.id)],
    }
