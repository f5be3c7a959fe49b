"""Money of the year for the demonstration: an envelope partly used, claims at several states, and a training cohort."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from marketplace.accounts.models import Person
from marketplace.clock import today
from marketplace.contracts import list_deeds
from marketplace.envelopes import cohort_deeds, deeds, envelope_deeds, review_deeds
from marketplace.envelopes.models import Envelope, FundClaim
from marketplace.envelopes.queries import list_envelopes
from marketplace.files import deeds as file_deeds
from marketplace.files import storage
from marketplace.policies.models import PolicyEstimate
from marketplace.setup.demo_ledger import BUYER, HEADER

SAMPLE = Path(__file__).resolve().parent.parent.parent / "demo" / "test-report.pdf"
MONEY = "科技创新政策资金（示例）"
PLANNED = "产学研合作专项（示例）"
CODES = ("P-1a", "P-4b", "P-10b", "P-19a", "P-19b", "P-20a")
BUDGET_FEN = 100_000_000  # 100 万元
PLANNED_FEN = 2_000_000_000  # 2,000 万元, of a draft
ISSUER = "某省技术市场协会（示例）"
# (name, last characters of a number, level, certificate) of invented people.
TRAINED = (
    ("示例学员甲", "0011", "初级", "SF-PX-0001"),
    ("示例学员乙", "002X", "初级", "SF-PX-0002"),
    ("示例学员丙", "0033", "中级", "SF-PX-0003"),
)


def add_envelopes(people: Mapping[str, Person], estimate: PolicyEstimate) -> int:
    """Set money up and claim from it; how many claims, 0 where they are there already.

    Args:
        people: by sign-in name, with `firm`, `institute`, `operator` and `operator2`.
        estimate: of the firm, with five clauses met.
    """
    # Once: the money of a year is there already.
    if list_envelopes():
        return 0
    operator = people["operator"]
    envelope = _envelope(
        MONEY, BUDGET_FEN, "聊政字〔2023〕11号", "active", CODES, operator
    )
    # Until it is opened nobody may claim from it.
    envelope_deeds.open_envelope(envelope, by=operator, seen=envelope.revision)
    # The city's draft names 2,000 万 a year: it may be prepared, and nobody claims from it.
    _envelope(
        PLANNED,
        PLANNED_FEN,
        "若干措施（征求意见稿）六（二）",
        "draft",
        ("P-13",),
        operator,
    )
    _register_contract(estimate, operator)
    firm, second = people["firm"], people["operator2"]
    given: dict[str, Any] = {
        "organisation": estimate.organisation,
        "estimate": estimate,
        "by": firm,
    }

    paid = _submitted(deeds.begin_claim(envelope, "P-1a", **given), firm)
    review_deeds.approve(paid, None, "", by=operator, seen=paid.revision)
    # By another operator than who approved: the same person does not approve and pay.
    review_deeds.pay(paid, today(), "示例凭证 1", by=second, seen=paid.revision)

    approved = _submitted(deeds.begin_claim(envelope, "P-19b", **given), firm)
    review_deeds.approve(approved, None, "", by=operator, seen=approved.revision)

    _submitted(deeds.begin_claim(envelope, "P-10b", **given), firm)

    returned = _submitted(deeds.begin_claim(envelope, "P-4b", **given), firm)
    review_deeds.send_back(
        returned, "批准文件缺盖章页，请补上。", by=operator, seen=returned.revision
    )
    # Begun and not handed in: it waits for its papers.
    deeds.begin_claim(envelope, "P-19a", **given)
    return 5 + _claim_for_training(envelope, people["institute"])


def _envelope(
    name: str,
    budget_fen: int,
    document: str,
    in_force: str,
    codes: tuple[str, ...],
    operator: Person,
) -> Envelope:
    return envelope_deeds.create_envelope(
        name=name,
        year=today().year,
        source="市级财政（示例）",
        document=document,
        in_force=in_force,
        checked="unverified",
        clause_codes=codes,
        budget_fen=budget_fen,
        by=operator,
    )


def _register_contract(estimate: PolicyEstimate, operator: Person) -> None:
    """A contract of this year that the firm has sold, so that it has something to claim by."""
    year = today().year
    row = (
        f"{year}371500009001,{year}-01-01,{year}-01-01,保持器注塑工艺转让,技术转让,"
        f"{estimate.organisation.name},371581,{BUYER},900万元,800万元,800万元,先进制造"
    )
    file = io.BytesIO(f"{HEADER}\n{row}".encode())
    list_deeds.import_register(file, "登记簿（示例，企业）.csv", by=operator)


def _claim_for_training(envelope: Envelope, trainer: Person) -> int:
    """A cohort of the institute and the claim for it, which waits for the operators."""
    organisation = trainer.organisations[0]
    cohort = cohort_deeds.create_cohort(
        organisation,
        f"{today().year} 年第一期（示例）",
        today().replace(month=1, day=1),
        today(),
        by=trainer,
    )
    lines = [
        f"{name},{tail},{level},{number},{ISSUER},{today()}"
        for name, tail, level, number in TRAINED
    ]
    cohort_deeds.add_members(cohort, "\n".join(lines), by=trainer, seen=cohort.revision)
    claim = deeds.begin_claim(
        envelope, "P-20a", organisation=organisation, cohort=cohort, by=trainer
    )
    _submitted(claim, trainer)
    return 1


def _submitted(claim: FundClaim, by: Person) -> FundClaim:
    """A claim with a sample for each paper, handed in."""
    for use in claim.lacking_papers:
        # Another content for each, for one content is one paper.
        content = SAMPLE.read_bytes() + f"\n% {claim.id} {use}\n".encode()
        with storage.incoming_file() as (file, path):
            taken = file_deeds.look_at(
                io.BytesIO(content), f"{use}（示例）.pdf", file, path
            )
            deeds.add_paper(claim, taken, use, by=by)
    deeds.submit_claim(claim, by=by, seen=claim.revision)
    return claim
