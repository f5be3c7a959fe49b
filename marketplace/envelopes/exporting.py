"""Lists of claims, of certificates and of movements as workbooks, in the columns of the office (rules `*.columns`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from marketplace.clock import today
from marketplace.envelopes import queries
from marketplace.envelopes.child_models import CohortMember
from marketplace.envelopes.models import Envelope, FundClaim
from marketplace.parsing.exact_sums import FEN_OF_WAN
from marketplace.policies.content import plain
from marketplace.policies.queries import clause_on
from marketplace.rules.queries import value_on
from marketplace.wording import amount, day, yuan
from marketplace.workbooks import table_workbook

CLAIM_COLUMNS = "claims.columns"
TRAINING_COLUMNS = "training.columns"
STATEMENT_COLUMNS = (
    "日期", "动作", "金额（元）", "申领编号", "申领人", "说明", "余额（元）", "经办人", "记录时间",
)  # fmt: skip
TRAINING_CLAUSE = "P-20a"


def columns_of(key: str) -> list[str]:
    """The columns of a list, in their order, as the rule of today has them. Raises NoValueError."""
    # A rule, not code: the first official form of the office is a change of this text (136).
    value = value_on(key, today()).value
    return [one.strip() for one in value.split("、") if one.strip()]


def export_claims(envelope: Envelope) -> bytes:
    """The claims of an envelope as a workbook; a column that the platform knows nothing of is left to the office."""
    rows = []
    for number, row in enumerate(queries.claims_of(envelope), 1):
        rows.append(_claim_cells(number, row))
    return _book("申领清单", columns_of(CLAIM_COLUMNS), rows)


def export_training(members: Iterable[CohortMember]) -> bytes:
    """Trained people with their certificates as a workbook, in the columns of the claim.

    A certificate that nobody can claim for has no sum, and the reason in the last column.
    """
    listed = list(members)
    standings = queries.standings_of(listed)
    clause = clause_on(TRAINING_CLAUSE, today())
    each = ""
    if clause is not None and clause.amount.value is not None:
        each = amount(clause.amount.value)
    rows = []
    for number, one in enumerate(listed, 1):
        standing = standings[one.id]
        claim = standing.claim
        cohort = one.cohort
        rows.append(
            {
                "序号": str(number),
                "姓名": one.name,
                "证件号码后四位": one.id_tail,
                "证书级别": one.level_name,
                "证书编号": one.certificate_no,
                "发证机构": one.issuer,
                "发证日期": day(one.issued_on),
                "培养机构": cohort.organisation.name,
                "培训班": cohort.name,
                "培训起止": f"{day(cohort.began_on)} 至 {day(cohort.ended_on)}",
                "补助标准（万元）": each if not standing.why_not else "",
                "申领编号": claim.number if claim is not None else "",
                "备注": standing.why_not,
            }
        )
    return _book("培训取证申领表", columns_of(TRAINING_COLUMNS), rows)


def export_statement(envelope: Envelope) -> bytes:
    """Every movement of an envelope, oldest first."""
    rows = []
    for one in queries.all_movements(envelope):
        claim = one.claim
        rows.append(
            {
                "日期": day(one.moved_on),
                "动作": one.kind_name,
                "金额（元）": yuan(one.amount_fen),
                "申领编号": claim.number if claim is not None else "",
                "申领人": claim.claimant_name if claim is not None else "",
                "说明": one.reason,
                "余额（元）": yuan(one.left_fen),
                "经办人": one.by.name if one.by is not None else "平台",
                "记录时间": one.at.isoformat(sep=" ", timespec="seconds"),
            }
        )
    return _book("资金明细", STATEMENT_COLUMNS, rows)


def _claim_cells(number: int, row: FundClaim) -> dict[str, str]:
    organisation = row.organisation
    district = ""
    uscc = ""
    # A person who claims for a certificate of their own has neither a code nor a district here.
    if organisation is not None:
        if organisation.district is not None:
            district = organisation.district.name
        uscc = organisation.uscc or ""
    approved = ""
    if row.approved_fen is not None:
        approved = _wan(row.approved_fen)
    return {
        "序号": str(number),
        "申领编号": row.number,
        "单位名称": row.claimant_name,
        "统一社会信用代码": uscc,
        "所属县市区": district,
        "政策": row.content["title"],
        "依据条款": row.content["source"],
        "申领事项": "；".join(line.label for line in row.lines),
        "申领金额（万元）": _wan(row.requested_fen),
        "核定金额（万元）": approved,
        "状态": row.state_name,
        "提交日期": day(row.submitted_at),
        "付款日期": day(row.paid_on) if row.paid_on is not None else "",
        "付款凭证号": row.voucher,
        "联系人": row.by.name if row.by is not None else "",
        "备注": row.note,
    }


def _wan(fen: int) -> str:
    """分 in 万元 to the cent: a way of showing it, never of computing."""
    return plain(Decimal(fen) / FEN_OF_WAN)


def _book(
    name: str, columns: Sequence[str], rows: Iterable[Mapping[str, str]]
) -> bytes:
    table = []
    for row in rows:
        # A column nobody knows here stays empty, for the office to fill in: a bank account, for example.
        table.append([row.get(column, "") for column in columns])
    return table_workbook(name, columns, table)
