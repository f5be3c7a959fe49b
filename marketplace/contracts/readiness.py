"""What a contract still waits for: who must act, what, by when, and the ends that are announced."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from marketplace.contracts.life import AT_OFFICE
from marketplace.contracts.models import TechContract
from marketplace.deals.models import SIDE_NAMES, SIDES
from marketplace.rules.queries import thawed

DECISION_DAYS = "contract.filing_days"
LICENCE_MONTHS = "patent_licence.filing_months"
KEYS = (DECISION_DAYS, LICENCE_MONTHS)
# Days before the end of a contract by which it should be filed: registration is only within its validity.
FILE_BEFORE = 30


@dataclass(frozen=True)
class Turn:
    """Who must act now.

    Attributes:
        sides: the sides whose turn it is; empty: nobody's on the platform.
        who, what: in words.
        until: the last day; None where there is none.
    """

    sides: tuple[str, ...]
    who: str
    what: str
    until: date | None = None


@dataclass(frozen=True)
class End:
    """A day on which something ends unless it is done."""

    code: str
    words: str
    day: date
    to_do: str


def turn_of(contract: TechContract) -> Turn:
    """Who must act now, what, by when."""
    if contract.state == "drafting":
        return Turn(SIDES, "双方", "把合同填完，生成文本。")
    if contract.state == "confirming":
        return _turn_of_paper(contract)
    if contract.state in ("signed", "not_registered"):
        what = "到技术合同登记机构提交登记。"
        if contract.state == "not_registered":
            what = "按登记机构说的原因改好，再提交登记；或不再登记。"
        return Turn(("holder",), SIDE_NAMES["holder"], what, file_until(contract))
    if contract.state in AT_OFFICE:
        what = "等登记机构决定；有结果时由卖方或运营方录入。"
        return Turn(("holder",), "登记机构", what, contract.decide_by)
    return Turn((), "", "")


def _turn_of_paper(contract: TechContract) -> Turn:
    paper = contract.current_paper
    if paper is None or paper.sha256 is None:
        return Turn((), "平台", "正在生成合同文本，通常不到一分钟。")
    missing = tuple(side for side in SIDES if side not in paper.standing)
    names = "、".join(SIDE_NAMES[side] for side in missing)
    return Turn(missing, names, "看过合同文本，确认。")


def file_until(contract: TechContract) -> date | None:
    """The day by which it should be filed."""
    if contract.valid_to is None:
        return None
    last = contract.valid_to - timedelta(days=FILE_BEFORE)
    # One that is valid for less can be filed until it ends: a day before it was signed is nobody's last day.
    if last < (contract.signed_on or contract.valid_from or last):
        return contract.valid_to
    return last


def licence_until(contract: TechContract) -> date | None:
    """The last day for filing a patent licence with the patent office; None for any other contract.

    Source: 专利法实施细则, months after the contract takes effect, as the contract's rules have them.
    """
    # Before both have confirmed it nothing takes effect.
    if contract.contract_type != "license" or contract.signed_on is None:
        return None
    if contract.contract_subtype != "license.patent":
        return None
    # It may take effect after it was signed, never before.
    began = max(contract.signed_on, contract.valid_from or contract.signed_on)
    return months_after(began, thawed(contract.rules)[LICENCE_MONTHS].whole)


def ends_of(contract: TechContract) -> Iterator[End]:
    """The ends of a contract that are announced."""
    if contract.state in ("signed", "not_registered"):
        last = file_until(contract)
        if last is not None:
            yield End(
                "filing",
                "应办理登记",
                last,
                "由卖方到技术合同登记机构提交登记；有效期过了不能登记。",
            )
    if contract.state in AT_OFFICE and contract.decide_by is not None:
        yield End(
            "decision",
            "登记机构应作出决定",
            contract.decide_by,
            "由卖方向登记机构问结果，录入平台。",
        )
    # In any state: the patent office and the register know nothing of each other.
    last = licence_until(contract)
    if last is not None and contract.licence_filed_on is None:
        yield End(
            "licence",
            "专利实施许可应备案",
            last,
            "到国家知识产权局办理备案，办好后在合同页记录日期。",
        )


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last one of that month (民法典 art. 202)."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    # The day before the next month begins is the last one of this month.
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last = (following - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))
