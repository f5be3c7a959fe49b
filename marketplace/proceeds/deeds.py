"""What is recorded of the money of a contract, and how it is shared: one function a button."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from marketplace import persistence
from marketplace.clock import now, today
from marketplace.contracts.models import TechContract
from marketplace.contracts.vocabulary import ROYALTY_METHODS
from marketplace.deals.writing import move_deal
from marketplace.errors import NOT_SAVED, Invalid, NotNow, Stale
from marketplace.extensions import db
from marketplace.organisations.models import Organisation
from marketplace.parsing.days import DAY_NEEDED
from marketplace.permissions import Reader, reader_id, require
from marketplace.proceeds import announcements, queries
from marketplace.proceeds.models import Distribution, InventorShare, Milestone, Receipt
from marketplace.proceeds.sharing import (
    SOURCES,
    Bracket,
    Floor,
    floor_keys,
    floor_of,
    net_income,
    share_more,
    split_exactly,
)
from marketplace.rules.queries import frozen, thawed
from marketplace.typed_texts import checked_text, gathered_text
from marketplace.wording import day, yuan
from marketplace.workdays.queries import load_calendar

PUBLICITY_DAYS = "publicity.days"
CHANGED = Stale("这份合同的款项刚有变化。", "请重新打开，看过再决定。")
MAX_NOTE = 300
# Natures of the register whose floors are those of institutions: 科研机构 and 高等院校, both 事业法人.
NATURE_OWNERS = {"021": "government_institute", "022": "government_university"}
# The law on promoting the conversion of achievements is of 1996; a year such as 0202 is a slip of the keyboard.
FIRST_DAY, LAST_DAY = date(1996, 10, 1), date(2099, 12, 31)


def plan_milestone(
    contract: TechContract,
    title: str,
    due_on: date | None,
    plan_fen: int | None,
    *,
    by: Reader,
    seen: int,
) -> Milestone:
    """计划节点: what is delivered or paid by a day. Raises NotAllowed, NotNow, Stale, Invalid."""
    # It holds the contract, so that the revision compared below is the present one.
    _require_signed(contract, by)
    _require_seen(contract, seen)
    problems: dict[str, list[str]] = {}
    missing = "写明交付什么或付哪一笔，2–200 字。"
    title = gathered_text(problems, "title", title, 200, missing=missing)
    if due_on is None:
        problems["due_on"] = [DAY_NEEDED]
    elif not _first_day(contract) <= due_on <= LAST_DAY:
        problems["due_on"] = [f"写 {_first_day(contract)} 到 {LAST_DAY} 之间的日期。"]
    if problem := _plan_problem(contract, plan_fen):
        problems["plan_fen"] = [problem]
    if problems:
        raise Invalid(*NOT_SAVED, problems=problems)
    row = Milestone(
        contract_id=contract.id, title=title, due_on=due_on, plan_fen=plan_fen
    )
    db.session.add(row)
    # A milestone is a row of its own: only by this has the contract another revision (131).
    contract.changed_at = now()
    persistence.commit(stale=CHANGED)
    return row


def finish_milestone(
    milestone: Milestone, done_on: date | None, *, by: Reader, seen: int
) -> None:
    """完成节点. Raises NotAllowed, NotNow, Stale, Invalid."""
    _require_signed(milestone.contract, by)
    _require_seen(milestone, seen)
    if milestone.done_on is not None:
        raise NotNow("这个节点已经完成。", "")
    if problem := _past_problem(done_on, _first_day(milestone.contract)):
        raise _wrong("done_on", problem)
    # The day is what people typed, the moment is what a release is dated by (141).
    milestone.done_on, milestone.done_at = done_on, now()
    persistence.commit(stale=CHANGED)


def record_receipt(
    contract: TechContract,
    amount_fen: int | None,
    received_on: date | None,
    note: str,
    *,
    by: Reader,
    seen: int,
) -> Receipt:
    """记录到款; it lets the deal perform where no registration has done so.

    Of two who record it at once the second one is to look again.

    Raises:
        NotAllowed, NotNow, Stale, Invalid.
    """
    _require_signed(contract, by)
    _require_seen(contract, seen)
    problems: dict[str, list[str]] = {}
    if amount_fen is None or amount_fen <= 0:
        problems["amount_fen"] = ["写到账的金额，单位元，要大于 0。"]
    # Money may have come before the deal: that needs a word why.
    if problem := _past_problem(received_on, FIRST_DAY):
        problems["received_on"] = [problem]
    note = gathered_text(problems, "note", note, MAX_NOTE)
    if amount_fen is None or problems:
        raise Invalid(*NOT_SAVED, problems=problems)
    _require_reason(contract, amount_fen, received_on, note)
    row = Receipt(
        contract_id=contract.id,
        amount_fen=amount_fen,
        received_on=received_on,
        note=note,
        by_id=reader_id(by),
    )
    db.session.add(row)
    # Money may come before any registration.
    deal = contract.deal
    if deal is not None and deal.state == "contracted":
        paid = f"到款 {yuan(amount_fen)} 元"
        move_deal(deal, "perform", by=by, note=paid, until=contract.valid_to)
    contract.changed_at = now()
    persistence.commit(stale=CHANGED)
    return row


def reverse_receipt(receipt: Receipt, note: str, *, by: Reader) -> Receipt:
    """冲销 a receipt by an entry against it. Raises NotAllowed, NotNow, Invalid."""
    _require_signed(receipt.contract, by)
    note = checked_text("note", note, MAX_NOTE, missing="写明为什么冲销，2–300 字。")
    if receipt.reverses_id is not None:
        raise NotNow("这一笔本身就是冲销。", "要改请再记一笔到款。")
    if queries.is_reversed(receipt):
        raise NotNow("这一笔已经冲销过。", "请重新打开这一页。")
    # What settled plans have shared must stay received, with the costs taken off before.
    left = queries.received_fen(receipt.contract) - receipt.amount_fen
    if left < queries.bound_fen(receipt.contract):
        raise NotNow("这笔款已经分配，不能冲销。", "多分的请在以后的分配里扣回。")
    row = Receipt(
        contract_id=receipt.contract_id,
        amount_fen=-receipt.amount_fen,
        # Dated today, so that the sums of days that are over stay as they were.
        received_on=today(),
        note=note,
        reverses_id=receipt.id,
        by_id=reader_id(by),
    )
    db.session.add(row)
    receipt.contract.changed_at = now()
    again = NotNow("这一笔已经冲销过。", "请重新打开这一页。")
    persistence.commit(
        stale=CHANGED, duplicates={"uq_contract_receipt_reverses": again}
    )
    return row


def plan_distribution(
    contract: TechContract,
    *,
    costs: Sequence[int],
    source: str,
    brackets: Sequence[Bracket],
    people: Sequence[tuple[str, Decimal, bool]],
    institution: Decimal | None,
    agreed: Decimal | None,
    by: Reader,
) -> Distribution:
    """提出分配方案 for what was received and not shared yet.

    Args:
        contract: with money received.
        costs: all direct costs of the contract so far, 分 each.
        source: a key of `SOURCES`.
        brackets: without a problem.
        people: (name, percent of the inventors' part, whether they hold a leading post); the shares sum to 100.
        institution, agreed: percent by the holder's own rule, and as agreed; None: there is none.
        by: somebody of the seller.

    Raises:
        NotAllowed.
        NotNow: nothing is left to share, another plan is open, or no rule is known of that day.
        Invalid: no such source.
    """
    _require_signed(contract, by)
    if source not in SOURCES:
        raise _wrong("source", "选收入的来源。")
    income = queries.received_fen(contract)
    # What is open or dropped has shared nothing.
    net, before = net_income(income, costs), queries.shared_before(contract)
    if net <= before:
        raise NotNow(
            f"已到款 {yuan(income)} 元，扣除成本和已分配的，没有可以分配的净收入。",
            "到款以后再提分配方案。",
        )
    # By the day the deal began: later law does not change it (110).
    began, owner = _terms_of(contract)
    keys = (*floor_keys(owner, source), PUBLICITY_DAYS)
    rules = frozen(keys, began)
    law = {key: thawed(rules)[key].number for key in floor_keys(owner, source)}
    floor: Floor = floor_of(owner, source, law, institution=institution, agreed=agreed)
    # Over all income so far, less what was shared: in how many payments it comes must not matter (121).
    pools = share_more(before, net, brackets, floor.percent)
    row = Distribution(
        contract_id=contract.id,
        income_fen=income,
        costs_fen=sum(costs),
        net_before_fen=before,
        net_after_fen=net,
        source=source,
        brackets=[_stored_bracket(one) for one in brackets],
        floor_percent=str(floor.percent),
        floor_basis=floor.basis,
        rules=rules,
        inventors_fen=pools.inventors,
        institution_fen=pools.institution,
        office_fen=pools.office,
        # A leader among those rewarded makes publicity due (reference §4.4).
        has_leader=any(is_leader for _, _, is_leader in people),
        planned_on=today(),
    )
    # In the order they were typed in: of equal remainders the first one gets the cent.
    amounts = split_exactly(pools.inventors, [share for _, share, _ in people])
    for (name, share, is_leader), amount in zip(people, amounts, strict=True):
        row.shares.append(
            InventorShare(
                name=name, percent=str(share), amount_fen=amount, is_leader=is_leader
            )
        )
    db.session.add(row)
    open_one = NotNow("还有一个分配方案没有定。", "请先定下或作废。")
    duplicates = {"uq_distribution_open": open_one}
    with persistence.refusals(duplicates=duplicates):
        db.session.flush()
    row.life.born(row, by=by)
    persistence.commit(duplicates=duplicates)
    return row


def publicise_distribution(row: Distribution, *, by: Reader, seen: int) -> None:
    """公示方案: the start day is not counted, a day off moves the last day. Raises NotAllowed, NotNow, Stale."""
    _begin(row, "publicise", by, seen)
    days = thawed(row.rules)[PUBLICITY_DAYS].whole
    row.ends_on = load_calendar().after_days(today(), days).day
    row.life.move(row, "publicise", by=by)
    persistence.commit(stale=CHANGED)


def settle_distribution(row: Distribution, *, by: Reader, seen: int) -> None:
    """定下方案, where leaders are rewarded only after it was public. Raises NotAllowed, NotNow, Stale."""
    _begin(row, "settle", by, seen)
    if row.has_leader and row.ends_on is None:
        raise NotNow("有担任领导的人获得奖励，要先公示。", "请先点「公示方案」。")
    end = queries.end_of_publicity(row)
    if end is not None:
        if now() < end.end:
            raise NotNow(f"公示到 {end.text} 才结束。", "公示结束以后再定。")
        # As statements say it.
        row.ends_on = end.day
    # Between plan and settling a receipt may have been taken back.
    if queries.received_fen(row.contract) - row.costs_fen < row.net_after_fen:
        raise NotNow("提出方案以后有到款冲销了，方案不再成立。", "请作废，重新提出。")
    row.settled_on = today()
    row.life.move(row, "settle", by=by)
    persistence.commit(stale=CHANGED)


def drop_distribution(row: Distribution, *, by: Reader, seen: int) -> None:
    """作废方案. Raises NotAllowed, NotNow, Stale."""
    _begin(row, "drop", by, seen)
    row.life.move(row, "drop", by=by)
    persistence.commit(stale=CHANGED)


def give_statement(
    share: InventorShare, person_id: int | None, *, by: Reader, seen: int
) -> None:
    """交给本人: an inventor gets their own statement; given to somebody else before, it is theirs no longer.

    Args:
        share: of a distribution that is settled.
        person_id: one of the people of the seller.
        by: somebody of the seller.
        seen: the revision of the contract on their page.

    Raises:
        NotAllowed, Stale.
        NotNow: the plan is not settled; they have it already.
        Invalid: nobody of the seller is chosen.
    """
    contract = share.distribution.contract
    require(by, "proceeds.share", contract)
    persistence.hold_row(contract)
    _require_seen(contract, seen)
    if share.distribution.state != "settled":
        raise NotNow("分配方案还没有定。", "定下方案以后再把明细交给本人。")
    # Only people of the seller: an inventor of another organisation gets it on paper (141).
    people = {one.id: one for one in queries.people_of_seller(contract)}
    person = people.get(person_id or 0)
    if person is None:
        raise _wrong("person", "从本单位的人里选一位；没有账号的，请他先加入本单位。")
    if share.person_id == person.id:
        raise NotNow(f"已经交给{person.name}。", "选错了人的，改选一位再交。")
    revision = contract.revision
    # Whoever had it by mistake learns that it is not theirs; a closed account learns nothing.
    if share.person is not None and share.person.active:
        announcements.announce_correction(share, share.person, revision)
    share.person_id = person.id
    announcements.announce_statement(share, person, revision)
    contract.changed_at = now()
    persistence.commit(stale=CHANGED)


def forget_person(person_id: int) -> None:
    """An account was closed: the statements stay with the holder, by name alone (no commit)."""
    for share in queries.shares_of(person_id):
        share.person_id = None


def finish_conversion(contract: TechContract, *, by: Reader) -> None:
    """完成转化: money came in, and nothing that was planned is open. Raises NotAllowed, NotNow."""
    _require_signed(contract, by)
    deal = contract.deal
    # A contract from the register has no deal to convert.
    if deal is None or deal.state != "performing":
        raise NotNow("这笔交易不在履约中。", "合同登记或有到款以后才能完成转化。")
    if queries.received_fen(contract) <= 0:
        raise NotNow("还没有到款。", "有到款以后才能完成转化。")
    if any(one.done_on is None for one in queries.milestones_of(contract)):
        raise NotNow("还有节点没有完成。", "请先记录每个节点完成的日期。")
    move_deal(deal, "convert", by=by)
    persistence.commit(stale=CHANGED)


def _begin(row: Distribution, deed: str, by: Reader, seen: int) -> None:
    require(by, "proceeds.share", row.contract)
    # No receipt is taken back or recorded while this plan is decided on.
    persistence.hold_row(row.contract)
    row.life.permits(row, deed, by)
    _require_seen(row, seen)


def _require_signed(contract: TechContract, by: Reader) -> None:
    require(by, "proceeds.record", contract)
    # What is received, taken back and shared is decided one after the other: each depends on the sums of the others.
    persistence.hold_row(contract)
    if contract.state not in queries.PAID_STATES:
        raise NotNow(
            f"这份合同现在是「{contract.state_name}」。", "双方确认以后才能记录款项。"
        )


def _past_problem(day_typed: date | None, first: date) -> str:
    """What is wrong with a day on which something was done; empty where nothing is."""
    if day_typed is None or day_typed > today():
        return "写今天或以前的日期。"
    if day_typed < first:
        return f"日期不能早于 {first}，请看年份是不是写对了。"
    return ""


def _first_day(contract: TechContract) -> date:
    """Before it nothing is due: the day its deal began; of a contract from the register that of the law."""
    return contract.deal.began_on if contract.deal is not None else FIRST_DAY


def _plan_problem(contract: TechContract, plan_fen: int | None) -> str:
    """What is wrong with the sum of a milestone; empty where nothing is."""
    if plan_fen is None:
        return ""
    if plan_fen <= 0:
        return "金额要大于 0；只有交付、没有付款的不写。"
    price = _fixed_price(contract)
    planned = queries.planned_fen(contract)
    # All together: each of them may be below the price.
    if price is None or planned + plan_fen <= price:
        return ""
    return (
        f"加上已有节点的 {yuan(planned)} 元，超过合同成交总额 {yuan(price)} 元，"
        f"最多还能写 {yuan(max(price - planned, 0))} 元。只有交付、没有付款的不写。"
    )


def _fixed_price(contract: TechContract) -> int | None:
    """The price of a contract in 分; None where there is none, or a royalty has no total that could be exceeded."""
    # A row of the register says nothing of how it is paid.
    if getattr(contract, "payment_method", None) in ROYALTY_METHODS:
        return None
    return contract.total_fen


def _require_reason(
    contract: TechContract, amount_fen: int, received_on: date | None, note: str
) -> None:
    """Refuse money before its deal, or more than its price, without a word why: most often a slip. Raises Invalid."""
    began = contract.deal.began_on if contract.deal is not None else None
    if (
        began is not None
        and received_on is not None
        and received_on < began
        and not note
    ):
        raise _wrong(
            "note",
            f"到账日期早于交易开始的 {day(began)}。请核对年份；确实更早收到的，在说明里写明原因。",
        )
    price = _fixed_price(contract)
    if price is None or note:
        return
    # All together: each of five payments may be below the price.
    whole = queries.received_fen(contract) + amount_fen
    if whole > price:
        raise _wrong(
            "note",
            f"加上这一笔共到账 {yuan(whole)} 元，超过合同成交总额 {yuan(price)} 元。"
            "请核对金额；确实多收的，在说明里写明原因。",
        )


def _require_seen(row: TechContract | Milestone | Distribution, seen: int) -> None:
    """Refuse what was decided on a page that is no longer true. Raises Stale."""
    if row.revision != seen:
        raise CHANGED


def _terms_of(contract: TechContract) -> tuple[date, str]:
    """(day whose rules hold, type of the holder): of the deal; of one from the register those of its signing."""
    if contract.deal is not None:
        return contract.deal.began_on, contract.deal.owner_type
    # A row of the register may lack either day.
    began = contract.signed_on or contract.registered_on or today()
    return began, registered_owner_type(contract.seller_nature, contract.seller)


def registered_owner_type(nature: str | None, seller: Organisation | None) -> str:
    """The type of a seller whose contract came from the register, which names no type of holder.

    The floors of institutions bind every university, and institutes that the government set up (reference §8.1).

    Args:
        nature: code of the register, a key of `PARTY_NATURES`; None: the row did not say.
        seller: as organisation of the platform; None: it is none.

    Returns:
        a key of `OWNER_TYPES`.
    """
    # What the register says of this contract goes before what the platform knows of the organisation.
    if nature:
        return NATURE_OWNERS.get(nature, "other")
    if seller is None:
        return "other"
    if seller.kind == "university":
        return "government_university"
    # 12: 事业单位, which the state sets up.
    if seller.kind == "institute" and (seller.uscc or "").startswith("12"):
        return "government_institute"
    return "other"


def _stored_bracket(one: Bracket) -> list[object]:
    return [one.high, str(one.inventors), str(one.institution), str(one.office)]


def _wrong(box: str, message: str) -> Invalid:
    return Invalid(message, problems={box: [message]})
