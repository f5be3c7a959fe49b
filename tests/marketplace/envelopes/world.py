"""Money with claims on it, for the tests of this room."""

from __future__ import annotations

import io
from typing import Any

import sqlalchemy as sa

from marketplace.clock import today
from marketplace.contracts import list_deeds
from marketplace.envelopes import deeds, envelope_deeds, review_deeds
from marketplace.envelopes.models import Envelope, EnvelopeMovement, FundClaim
from marketplace.envelopes.writing import EFFECTS
from marketplace.extensions import db
from marketplace.files import deeds as file_deeds
from marketplace.files import storage
from marketplace.policies.deeds import keep_estimate
from tests.factories import Factory
from tests.marketplace.files.samples import pdf_of

HITECH = {"kind": "firm", "hitech_event": "first"}
WAN = 1_000_000  # 分
NOTE = "对照原件看过。"
REGISTER = (
    "合同登记编号,登记日期,签订日期,项目名称,技术合同类型,卖方名称,卖方行政区划,"
    "买方名称,合同成交总额,技术交易额,免税技术交易额,技术领域"
)


class World:
    """A firm that claims, two operators, and an envelope that is open."""

    def __init__(self, make: Factory) -> None:
        self.make = make
        self.firm = make.organisation("申领轴承厂（示例）")
        self.person = make.person("firm", self.firm, administers=True)
        self.stranger = make.person("firm", make.organisation(), administers=True)
        self.operator = make.person("operator")
        self.other = make.person("operator")
        self.envelope = self.open_envelope()

    def open_envelope(self, budget_fen: int = 100 * WAN, **more: Any) -> Envelope:
        """An envelope for several clauses."""
        values = {
            "name": "科技专项资金",
            "year": today().year,
            "source": "市级财政",
            "document": "聊政字〔2023〕11号",
            "in_force": "active",
            "checked": "unverified",
            "clause_codes": ["P-1a", "P-19b", "P-20a", "P-7b"],
        }
        row = envelope_deeds.create_envelope(
            **{**values, **more}, budget_fen=budget_fen, by=self.operator
        )
        if row.in_force == "active":
            envelope_deeds.open_envelope(row, by=self.operator, seen=row.revision)
        return row

    def draft(self, code: str = "P-1a", **more: Any) -> FundClaim:
        """A draft of the firm."""
        values = {"organisation": self.firm, "figures": HITECH, "by": self.person}
        return deeds.begin_claim(
            more.pop("envelope", self.envelope), code, **{**values, **more}
        )

    def complete(self, code: str = "P-1a", **more: Any) -> FundClaim:
        """One with all its papers."""
        row = self.draft(code, **more)
        hand_papers(row, by=more.get("by", self.person))
        return row

    def submitted(self, code: str = "P-1a", **more: Any) -> FundClaim:
        """One that was handed in."""
        row = self.complete(code, **more)
        deeds.submit_claim(row, by=more.get("by", self.person), seen=row.revision)
        return row

    def approved(self, code: str = "P-1a", **more: Any) -> FundClaim:
        """One that was approved."""
        row = self.submitted(code, **more)
        review_deeds.approve(row, None, "", by=self.operator, seen=row.revision)
        return row

    def paid(self, code: str = "P-1a", **more: Any) -> FundClaim:
        """One that was paid."""
        row = self.approved(code, **more)
        review_deeds.pay(row, today(), "凭证 7", by=self.other, seen=row.revision)
        return row

    def estimate(self, **figures: str) -> Any:
        """An estimate of the firm."""
        (number,) = self.person.organisation_ids
        return keep_estimate(number, {**HITECH, **figures}, today(), by=self.person)

    def register(self, *contracts: tuple[str, str, str, str, str]) -> None:
        """Bring contracts in: (number, registered on, signed on, buyer, tax-free amount in 万元)."""
        rows = [REGISTER]
        for number, registered_on, signed_on, buyer, amount in contracts:
            rows.append(
                f"{number},{registered_on},{signed_on},技术 {number},技术转让,{self.firm.name},371502,"
                f"{buyer},{amount}万元,{amount}万元,{amount}万元,先进制造"
            )
        file = io.BytesIO("\n".join(rows).encode())
        list_deeds.import_register(file, "登记簿.csv", by=self.operator)


def hand_papers(row: FundClaim, *, by: Any) -> None:
    """Hand in every paper that is lacking."""
    for use in row.lacking_papers:
        hand_paper(row, use, pdf_of(f"{row.id} {use}"), by=by)


def hand_paper(row: FundClaim, use: str, content: bytes, *, by: Any) -> Any:
    """Hand in one paper, as a form uploads it."""
    with storage.incoming_file() as (file, path):
        taken = file_deeds.look_at(io.BytesIO(content), "材料.pdf", file, path)
        return deeds.add_paper(row, taken, use, by=by)


def sums_of(envelope: Envelope) -> tuple[int, int, int]:
    """Budget, reserved and paid, in 分, as the movements alone say."""
    budget = reserved = paid = 0
    query = sa.select(EnvelopeMovement).filter_by(envelope_id=envelope.id)
    for one in db.session.scalars(query):
        more = EFFECTS[one.kind]
        budget += more[0] * one.amount_fen
        reserved += more[1] * one.amount_fen
        paid += more[2] * one.amount_fen
    return budget, reserved, paid


def stored_sums(envelope: Envelope) -> tuple[int, int, int]:
    """The same as the envelope stores them."""
    return envelope.budget_fen, envelope.reserved_fen, envelope.paid_fen
