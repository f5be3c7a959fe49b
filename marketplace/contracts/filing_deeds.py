"""What is recorded of the registration of a contract: the office decides, and its number is typed in, never made up."""

from __future__ import annotations

from datetime import date

from marketplace import persistence
from marketplace.clock import now, today
from marketplace.contracts import announcements
from marketplace.contracts.changing import perform_deal
from marketplace.contracts.deeds import CHANGED, require_seen
from marketplace.contracts.fields import NO_NUMBER, REGISTRY_NO
from marketplace.contracts.models import ContractEntry, TechContract
from marketplace.contracts.readiness import DECISION_DAYS, licence_until
from marketplace.errors import Invalid, NotNow
from marketplace.extensions import db
from marketplace.parsing.days import DAY_NEEDED
from marketplace.parsing.text import compact_text
from marketplace.permissions import Reader, reader_id, require
from marketplace.rules.queries import thawed
from marketplace.typed_texts import checked_text, gathered_text
from marketplace.wording import day, yuan
from marketplace.workdays.queries import load_calendar

MAX_REASON = 500
REASON_MISSING = f"写明原因，2–{MAX_REASON} 字。"
TAKEN = "这个编号已经登记在另一份合同上，请核对。"


def file_contract(
    contract: TechContract, filed_on: date | None, *, by: Reader, seen: int
) -> None:
    """提交登记: the day on which it was handed in. Raises NotAllowed, NotNow, Stale; Invalid: that day cannot be."""
    _begin(contract, "file", by, seen)
    first = contract.signed_on or contract.valid_from
    contract.filed_on = _checked_day("filed_on", filed_on, first, "双方确认")
    if contract.valid_to is not None and contract.filed_on > contract.valid_to:
        message = f"合同有效期到 {day(contract.valid_to)}，过了有效期不能登记。"
        raise Invalid(message, problems={"filed_on": [message]})
    contract.accepted_on = contract.decide_by = None
    contract.refusal = ""
    contract.life.move(contract, "file", by=by)
    _end(contract, f"{day(contract.filed_on)} 已向技术合同登记机构提交。")


def accept_filing(
    contract: TechContract, accepted_on: date | None, *, by: Reader, seen: int
) -> None:
    """受理: the office's term begins. Raises as `file_contract`."""
    _begin(contract, "accept", by, seen)
    accepted = _checked_day("accepted_on", accepted_on, contract.filed_on, "提交")
    days = thawed(contract.rules)[DECISION_DAYS].whole
    # Read before anything is written: of two who accept at once the second one is told when it commits.
    decide_by = load_calendar().after_days(accepted, days).day
    contract.accepted_on = accepted
    contract.decide_by = decide_by
    contract.life.move(contract, "accept", by=by)
    _end(
        contract,
        f"登记机构 {day(accepted)} 受理，应在 {day(contract.decide_by)} 前决定。",
    )


def register_contract(
    contract: TechContract,
    *,
    registry_no: str,
    registered_on: date | None,
    office: str,
    tech_fen: int | None,
    exempt_fen: int | None,
    by: Reader,
    seen: int,
) -> None:
    """登记, as the certificate says: the first entry of the ledger.

    Args:
        contract: filed or accepted.
        registry_no: as the office gave it: 14 to 20 digits.
        registered_on: the day on the certificate.
        office: the office's name.
        tech_fen: technology amount as the office settled it, 分; it may differ from what the contract says.
        exempt_fen: of it what is exempt from VAT, 分.
        by: somebody of the seller, or an operator.
        seen: the revision that was on the page.

    Raises:
        NotAllowed, NotNow, Stale.
        Invalid: a value is missing or cannot be.
    """
    _begin(contract, "register", by, seen)
    paper = contract.current_paper
    if paper is None or not paper.is_confirmed:
        raise NotNow(
            "双方确认的文本和合同现在的内容不一样。",
            "请重新生成文本，双方确认以后再登记。",
        )
    number = compact_text(registry_no)
    problems: dict[str, list[str]] = {}
    if not REGISTRY_NO.fullmatch(number):
        problems["registry_no"] = [NO_NUMBER]
    total = contract.total_fen or 0
    problems |= sum_problems(total, tech_fen, exempt_fen)
    if problem := _day_problem(registered_on, contract.filed_on, "提交"):
        problems["registered_on"] = [problem]
    office = gathered_text(problems, "office", office, 100)
    if problems:
        raise Invalid("登记没有保存。", problems=problems)
    contract.registered_on = registered_on
    contract.registry_no = number
    contract.registry_office = office
    contract.decide_by = None
    contract.life.move(contract, "register", by=by)
    db.session.add(
        ContractEntry(
            contract_id=contract.id,
            kind="registered",
            entered_on=today(),
            total_fen=total,
            tech_fen=tech_fen,
            exempt_fen=exempt_fen,
            counts=1,
            by_id=reader_id(by),
        )
    )
    _flush()
    perform_deal(contract, by=by)
    _end(contract, f"登记编号 {number}，登记日期 {day(contract.registered_on)}。")


def refuse_registration(
    contract: TechContract, reason: str, *, by: Reader, seen: int
) -> None:
    """未予登记, with the office's reason. Raises NotAllowed, NotNow, Stale, Invalid."""
    _begin(contract, "refuse", by, seen)
    contract.refusal = checked_text(
        "reason", reason, MAX_REASON, missing=REASON_MISSING
    )
    contract.decide_by = None
    contract.life.move(contract, "refuse", by=by, note=contract.refusal)
    _end(contract, f"登记机构没有登记。原因：{contract.refusal}", "改好后可以再提交。")


def amend_registration(
    contract: TechContract,
    sums: tuple[int | None, int | None, int | None],
    reason: str,
    *,
    by: Reader,
    seen: int,
) -> ContractEntry:
    """更正: the registered sums become others by an entry that says the difference.

    Args:
        contract: registered.
        sums: total, technology amount and exempt amount as they should be, 分.
        reason: why; both sides read it.
        by: an operator.
        seen: the revision that was on the page.

    Raises:
        NotAllowed, NotNow, Stale.
        Invalid: nothing would change, or the sums do not fit together.
    """
    require(by, "contract.correct", contract)
    require_seen(contract, seen)
    contract.life.permits(contract, "amend", by)
    total, tech, exempt = sums
    problems = sum_problems(total, tech, exempt)
    reason = gathered_text(
        problems, "reason", reason, MAX_REASON, missing=REASON_MISSING
    )
    if problems:
        raise Invalid("更正没有保存。", problems=problems)
    before = contract.registered_sums
    if before == {"total_fen": total, "tech_fen": tech, "exempt_fen": exempt}:
        message = "和现在登记的金额一样，没有要更正的。"
        raise Invalid(message, problems={"total_fen": [message]})
    entry = ContractEntry(
        contract_id=contract.id,
        kind="amended",
        entered_on=today(),
        total_fen=(total or 0) - before["total_fen"],
        tech_fen=(tech or 0) - before["tech_fen"],
        exempt_fen=(exempt or 0) - before["exempt_fen"],
        counts=0,
        reason=reason,
        by_id=reader_id(by),
    )
    _add_entry(contract, entry, "amend", by)
    _end(contract, f"登记金额更正。原因：{reason}")
    return entry


def cancel_registration(
    contract: TechContract, reason: str, *, by: Reader, seen: int
) -> ContractEntry:
    """撤销登记 by an entry that takes back what is left of all others. Raises as `amend_registration`."""
    require(by, "contract.correct", contract)
    require_seen(contract, seen)
    contract.life.permits(contract, "cancel", by)
    reason = checked_text("reason", reason, MAX_REASON, missing=REASON_MISSING)
    before = contract.registered_sums
    entry = ContractEntry(
        contract_id=contract.id,
        kind="cancelled",
        entered_on=today(),
        total_fen=-before["total_fen"],
        tech_fen=-before["tech_fen"],
        exempt_fen=-before["exempt_fen"],
        counts=-1,
        reason=reason,
        by_id=reader_id(by),
    )
    _add_entry(contract, entry, "cancel", by)
    _end(contract, f"登记已撤销。原因：{reason}")
    return entry


def note_licence_filing(
    contract: TechContract, filed_on: date | None, *, by: Reader, seen: int
) -> None:
    """记录备案 of a patent licence. Raises NotAllowed, Stale, Invalid; NotNow: it is no patent licence."""
    require(by, "contract.file", contract)
    require_seen(contract, seen)
    if licence_until(contract) is None:
        raise NotNow("这份合同不是已签订的专利实施许可，不用备案。", "")
    contract.licence_filed_on = _checked_day(
        "licence_on", filed_on, contract.signed_on, "双方确认"
    )
    persistence.commit(stale=CHANGED)


def sum_problems(
    total: int | None, tech: int | None, exempt: int | None
) -> dict[str, list[str]]:
    """What is wrong with registered sums: field → messages."""
    problems: dict[str, list[str]] = {}
    for name, value in (
        ("total_fen", total),
        ("tech_fen", tech),
        ("exempt_fen", exempt),
    ):
        if value is None:
            problems[name] = ["要写金额，没有的写 0。"]
    if total is not None and tech is not None and tech > total:
        problems["tech_fen"] = [f"技术交易额不能超过成交总额 {yuan(total)} 元。"]
    if tech is not None and exempt is not None and exempt > tech:
        problems["exempt_fen"] = [f"免税的不能超过技术交易额 {yuan(tech)} 元。"]
    return problems


def _begin(contract: TechContract, deed: str, by: Reader, seen: int) -> None:
    require(by, "contract.file", contract)
    contract.life.permits(contract, deed, by)
    require_seen(contract, seen)


def _flush() -> None:
    taken = Invalid(TAKEN, problems={"registry_no": [TAKEN]})
    with persistence.refusals(
        stale=CHANGED, duplicates={"uq_tech_contract_registry_no": taken}
    ):
        db.session.flush()


def _end(contract: TechContract, happened: str, to_do: str = "") -> None:
    _flush()
    announcements.announce_office(contract, happened, to_do)
    persistence.commit(stale=CHANGED)


def _add_entry(
    contract: TechContract, entry: ContractEntry, deed: str, by: Reader
) -> None:
    db.session.add(entry)
    contract.life.move(contract, deed, by=by, note=entry.reason)
    contract.changed_at = now()
    with persistence.refusals(stale=CHANGED):
        db.session.flush()


def _checked_day(name: str, value: date | None, first: date | None, after: str) -> date:
    message = _day_problem(value, first, after)
    if value is None or message:
        raise Invalid(message, problems={name: [message]})
    return value


def _day_problem(value: date | None, first: date | None, after: str) -> str:
    if value is None:
        return DAY_NEEDED
    if value > today():
        return "不能是以后的日期。"
    if first is not None and value < first:
        return f"不能早于{after}的日期 {day(first)}。"
    return ""
