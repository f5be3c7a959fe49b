"""A bank with a product, a fund, a firm with a checked status and a demand for money, for the tests of this room."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from werkzeug.datastructures import MultiDict

from marketplace.accounts.models import Person
from marketplace.clock import today
from marketplace.finance import deeds, pack_deeds
from marketplace.finance.content import ProductTerms
from marketplace.finance.models import FinanceProduct, FirmPack, ProductVersion
from marketplace.finance.pack_content import items_of
from marketplace.finance.typed_terms import read_terms
from marketplace.organisations.models import Organisation
from marketplace.statuses import deeds as status_deeds
from marketplace.statuses.models import OrganisationStatus
from tests.factories import Factory

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


class World:
    """Those who take part, each with somebody who acts."""

    def __init__(self, make: Factory) -> None:
        self.make = make
        self.bank = make.organisation("鲁西示例银行", kind="financial")
        self.banker = make.person("desk", self.bank)
        self.fund = make.organisation("东昌示例基金", kind="financial")
        self.investor = make.person("desk", self.fund)
        self.firm = make.organisation("临清振动轴承厂（示例）")
        self.chief = make.person("firm", self.firm, administers=True)
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

    def publish(self, row: FinanceProduct) -> ProductVersion:
        """Hand the open version in and let it act."""
        version = row.open_version
        assert version is not None
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
