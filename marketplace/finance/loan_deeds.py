"""What is done to filed loans: a bank files and settles, the office confirms and notes. One function a button."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from marketplace import persistence
from marketplace.clock import now, today
from marketplace.dictionaries.models import current_districts
from marketplace.errors import Invalid, MarketError, NotNow, Stale
from marketplace.extensions import db
from marketplace.finance import announcements, loan_queries
from marketplace.finance.deeds import hold_for, require_institution
from marketplace.finance.life import MAX_NOTE
from marketplace.finance.loan_models import FiledLoan
from marketplace.finance.models import FinanceProduct
from marketplace.finance.subsidies import KEYS
from marketplace.organisations.identity import checked_uscc
from marketplace.organisations.models import Organisation
from marketplace.organisations.queries import find_organisation
from marketplace.permissions import Reader, reader_id, require
from marketplace.rules.queries import frozen
from marketplace.typed_texts import LEAST, checked_text, gathered_text
from marketplace.wording import yuan

NOT_SAVED = "贷款没有保存。"
FIRST_DAY = date(2015, 1, 1)
MOST_FEN = 10**13  # a thousand 亿 元 in 分
# As many digits as the column has.
MOST_YEARS = 30
# What the boxes advise is what they take.
PRINCIPAL = "写贷款本金，单位元，大于 0，不超过 1000 亿元，如 3000000 或 300万元。"
INTEREST = "写年利率，百分之几，大于 0、小于 100，小数最多四位，如 3.45。"
RATE = re.compile(r"\d{1,2}(\.\d{1,4})?", re.ASCII)
WHY = f"写明要补正什么，{LEAST}–{MAX_NOTE} 字。"
TWICE = NotNow("贵机构已经申报过这份合同。", "在「贷款备案」里打开它，补正或登记还款。")
BOTH_FIRST = Stale("刚刚备案了这家企业的另一笔贷款。", "请重新打开这一页再办。")


@dataclass(frozen=True)
class LoanValues:
    """A loan as it is typed: None and empty texts where nothing could be read.

    Attributes:
        product_id: number of a product of the institution; None: of none that is listed here.
        principal_fen: 分.
        rate: per cent a year, as typed.
    """

    borrower_name: str
    borrower_uscc: str
    district: str
    contract_no: str
    purpose: str
    principal_fen: int | None
    rate: str
    start_on: date | None
    end_on: date | None
    product_id: int | None = None


def file_loan(
    institution: Organisation, values: LoanValues, *, by: Reader | None
) -> FiledLoan:
    """申报备案: with the dated rules of today, by which it is computed whatever they become.

    Args:
        institution: the bank.
        values: as typed.
        by: who acts for the bank; None for the site itself.

    Raises:
        NotAllowed; NotNow: no verified institution, or the contract was filed already; Invalid.
    """
    loan = FiledLoan(institution_id=institution.id)
    require(by, "finance.file_loan", loan)
    require_institution(institution)
    _write(loan, values)
    loan.filed_on = today()
    # Not settled here: a loan that is never confirmed must not take the place of the first.
    loan.is_first = False
    # Copied, not looked up later: a version from tomorrow on must not change what this loan comes to (134).
    loan.rules = frozen(KEYS, today())
    loan.owner_id = reader_id(by)
    db.session.add(loan)
    with persistence.refusals(duplicates={"uq_filed_loan_contract": TWICE}):
        db.session.flush()
    loan.life.born(loan, by=by)
    persistence.commit(duplicates={"uq_filed_loan_contract": TWICE})
    return loan


def refile_loan(
    loan: FiledLoan, values: LoanValues, *, by: Reader | None, seen: int
) -> None:
    """补正后再报. Raises NotAllowed, NotNow, Stale, Invalid."""
    require(by, "finance.file_loan", loan)
    hold_for(loan, "refile", by, seen)
    # Looking the borrower up would write the new contract number at once, outside of `commit` with its words for two.
    with db.session.no_autoflush:
        _write(loan, values)
    loan.life.move(loan, "refile", by=by)
    loan.note = ""
    loan.owner_id = reader_id(by)
    persistence.commit(duplicates={"uq_filed_loan_contract": TWICE})


def withdraw_loan(loan: FiledLoan, *, by: Reader | None, seen: int) -> None:
    """撤回 what the office has not confirmed. Raises NotAllowed, NotNow, Stale."""
    require(by, "finance.file_loan", loan)
    hold_for(loan, "withdraw", by, seen)
    loan.life.move(loan, "withdraw", by=by)
    persistence.commit()


def confirm_loan(loan: FiledLoan, *, by: Reader | None, seen: int) -> None:
    """准予备案; whether it is the borrower's first is settled here. Raises NotAllowed, NotNow, Stale."""
    require(by, "finance.decide_loan", loan)
    hold_for(loan, "confirm", by, seen)
    # Of all banks, and by the code: a borrower may be no organisation of the platform.
    earlier = db.select(FiledLoan.id).where(
        FiledLoan.borrower_uscc == loan.borrower_uscc, FiledLoan.is_first
    )
    loan.is_first = db.session.scalar(earlier.limit(1)) is None
    loan.life.move(loan, "confirm", by=by)
    loan.decided_at = now()
    # On PostgreSQL two loans of one borrower may be confirmed at once: one meets the other here.
    with persistence.refusals(duplicates={"uq_filed_loan_first": BOTH_FIRST}):
        db.session.flush()
    announcements.announce_loan(loan)
    persistence.commit(duplicates={"uq_filed_loan_first": BOTH_FIRST})


def return_loan(loan: FiledLoan, note: str, *, by: Reader | None, seen: int) -> None:
    """退回补正, with what is missing. Raises NotAllowed, NotNow, Stale, Invalid."""
    require(by, "finance.decide_loan", loan)
    hold_for(loan, "return", by, seen)
    loan.note = checked_text("note", note, MAX_NOTE, missing=WHY)
    loan.life.move(loan, "return", by=by, note=loan.note)
    loan.decided_at = now()
    announcements.announce_loan(loan)
    persistence.commit()


def repay_loan(
    loan: FiledLoan, repaid_on: date | None, *, by: Reader | None, seen: int
) -> None:
    """登记还清: principal and interest were paid back on a day. Raises NotAllowed, NotNow, Stale, Invalid."""
    require(by, "finance.file_loan", loan)
    hold_for(loan, "repay", by, seen)
    # Later than the last day is true as well: it is recorded, and no interest is paid for it.
    if repaid_on is None or not loan.start_on <= repaid_on <= today():
        raise _wrong("repaid_on", "写还清的日子，在放款日和今天之间。")
    loan.repaid_on = repaid_on
    # What the office wanted entered again has been.
    loan.note = ""
    loan.life.move(loan, "repay", by=by)
    persistence.commit()


def lose_principal(
    loan: FiledLoan, lost_fen: int | None, *, by: Reader | None, seen: int
) -> None:
    """登记本金损失. Raises NotAllowed, NotNow, Stale, Invalid."""
    require(by, "finance.file_loan", loan)
    hold_for(loan, "lose", by, seen)
    # Of the principal only: art. 22 shares neither interest nor penalties.
    if lost_fen is None or not 0 < lost_fen <= loan.principal_fen:
        raise _wrong("lost", "写损失的本金，大于 0，不超过贷款本金。")
    loan.lost_fen = lost_fen
    loan.note = ""
    loan.life.move(loan, "lose", by=by)
    persistence.commit()


def note_province(
    loan: FiledLoan,
    province_fen: int | None,
    document: str,
    *,
    by: Reader | None,
    seen: int,
) -> None:
    """记省级贴息额 of a loan that was repaid in time; noted again where it was wrong.

    Raises NotAllowed, NotNow, Stale; Invalid: no sum or no document.
    """
    require(by, "finance.decide_loan", loan)
    hold_for(loan, "note", by, seen)
    # Art. 22 pays for loans that were repaid in time only.
    if not loan.is_in_time:
        raise NotNow(
            "没有按时还清的贷款，不补贴利息。",
            "还清日期登记错的，用「退回更正」请银行重新登记。",
        )
    problems: dict[str, list[str]] = {}
    if province_fen is None or not 0 < province_fen <= loan.principal_fen:
        most = yuan(loan.principal_fen)
        problems["province"] = [
            f"写省级贴息额，单位元，大于 0，不超过贷款本金 {most} 元。"
        ]
    missing = "写下达贴息的文件。"
    name = gathered_text(problems, "document", document, 200, missing=missing)
    if problems:
        raise Invalid(NOT_SAVED, problems=problems)
    loan.province_fen, loan.province_document = province_fen, name
    loan.life.move(loan, "note", by=by, note=f"{name}：{province_fen} 分")
    persistence.commit()


def reopen_loan(loan: FiledLoan, note: str, *, by: Reader | None, seen: int) -> None:
    """退回更正: what was entered wrongly is entered again. Raises NotAllowed, NotNow, Stale, Invalid."""
    require(by, "finance.decide_loan", loan)
    hold_for(loan, "reopen", by, seen)
    loan.note = checked_text("note", note, MAX_NOTE, missing=WHY)
    loan.life.move(loan, "reopen", by=by, note=loan.note)
    # The table ties each of them to its state: nothing of the wrong entry stays behind.
    loan.repaid_on, loan.lost_fen = None, None
    loan.province_fen, loan.province_document = None, ""
    announcements.announce_loan(loan)
    persistence.commit()


def _write(loan: FiledLoan, values: LoanValues) -> None:
    """Put values into a loan. Raises Invalid: with everything that is wrong."""
    problems: dict[str, list[str]] = {}
    texts = (
        ("borrower_name", values.borrower_name, 120, "写借款企业的全称。"),
        ("contract_no", values.contract_no, 60, "写借款合同编号。"),
        ("purpose", values.purpose, MAX_NOTE, "写贷款用于转化哪一项成果。"),
    )
    read: dict[str, Any] = {}
    for name, raw, most, missing in texts:
        read[name] = gathered_text(problems, name, raw, most, missing=missing)
    try:
        read["borrower_uscc"] = checked_uscc(values.borrower_uscc)
    except Invalid as error:
        problems["borrower_uscc"] = [error.message]
    if values.product_id is not None:
        product = persistence.find_row(FinanceProduct, values.product_id)
        # The number comes from the form and could be anybody's.
        if product is None or product.organisation_id != loan.institution_id:
            problems["product"] = ["选贵机构的产品，或选「没有登记的产品」。"]
    if values.district not in current_districts():
        problems["district"] = ["选企业所在的县市区。"]
    if values.principal_fen is None or not 0 < values.principal_fen <= MOST_FEN:
        problems["principal"] = [PRINCIPAL]
    if not RATE.fullmatch(values.rate.strip()) or not Decimal(values.rate) > 0:
        problems["rate"] = [INTEREST]
    problems.update(_day_problems(values))
    if problems:
        raise Invalid(NOT_SAVED, problems=problems)
    # The index compares letter by letter: a number that is spaced, wide or cased otherwise is the same contract.
    number = read["contract_no"]
    if loan_queries.filed_as(loan.institution_id, number, other_than=loan) is not None:
        raise TWICE
    for name, text in read.items():
        setattr(loan, name, text)
    loan.product_id = values.product_id
    loan.district_code = values.district
    loan.principal_fen = values.principal_fen or 0
    loan.rate = Decimal(values.rate.strip())
    assert values.start_on is not None  # noqa: S101
    assert values.end_on is not None  # noqa: S101
    loan.start_on, loan.end_on = values.start_on, values.end_on
    # By the code alone: two firms may have one name, and a firm changes its name.
    borrower = find_organisation("", loan.borrower_uscc)
    loan.borrower_id = borrower.id if borrower is not None else None


def _day_problems(values: LoanValues) -> dict[str, list[str]]:
    start, end = values.start_on, values.end_on
    problems: dict[str, list[str]] = {}
    if start is None or not FIRST_DAY <= start <= today():
        problems["start_on"] = [f"写放款日，{FIRST_DAY} 到今天之间。"]
        start = None
    first = start or FIRST_DAY
    if end is None or end <= first or (start and end.year - start.year > MOST_YEARS):
        problems["end_on"] = [f"写到期日，在放款日以后，{MOST_YEARS} 年以内。"]
    return problems


def _wrong(name: str, message: str) -> MarketError:
    return Invalid(message, problems={name: [message]})
