"""What the two sides do with a contract: one function a button. What the office decides is in `filing_deeds.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marketplace import persistence
from marketplace.clock import now, today
from marketplace.contracts import announcements, queries
from marketplace.contracts.changing import decided_by, write_fields
from marketplace.contracts.fields import OF_DEAL, fields_of, missing_of
from marketplace.contracts.models import (
    ContractConfirmation,
    ContractPaper,
    TechContract,
    canonical_text,
)
from marketplace.contracts.readiness import KEYS, file_until
from marketplace.deals.disclosure import side_of
from marketplace.deals.models import Deal
from marketplace.deals.writing import move_deal
from marketplace.errors import Invalid, NotAllowed, NotNow, Stale
from marketplace.extensions import db
from marketplace.permissions import Reader, require
from marketplace.rules.queries import frozen
from marketplace.typed_texts import checked_text
from marketplace.wording import yuan

MAX_WHY = 500
WHY_MISSING = f"写明为什么改，2–{MAX_WHY} 字，双方会看到。"
# Codes of the register's list of parties (022 高等院校, 021 科研机构); of a firm its kind says too little.
NATURES = {"university": "022", "institute": "021"}
CHANGED = Stale("这份合同刚有变化。", "请重新打开，看过再决定。")


def begin_contract(deal: Deal, *, by: Reader) -> TechContract:
    """起草合同: prefilled with what the deal has settled.

    Args:
        deal: approved, with publicity closed where it was due and the completers' priority settled.
        by: somebody of either side.

    Raises:
        NotAllowed.
        NotNow: the deal is not there yet, or has a contract.
    """
    require(by, "deal.act", deal)
    _require_approved(deal)
    if queries.contract_of(deal) is not None:
        raise _has_one()
    contract = TechContract(
        deal_id=deal.id,
        seller_id=deal.holder_organisation_id,
        buyer_id=deal.receiver_organisation_id,
        # Of the first day of its deal, so that the office's term and that of a licence do not change under way.
        rules=frozen(KEYS, deal.began_on),
        title=deal.title,
        # Empty where the price is in words alone: then the total is typed.
        total_fen=deal.price_fen,
        **decided_by(deal),
        **_party("seller", deal.holder),
        **_party("buyer", deal.receiver),
    )
    db.session.add(contract)
    # Of two who press at once one meets the other here.
    duplicates = {"uq_tech_contract_deal": _has_one()}
    with persistence.refusals(duplicates=duplicates):
        db.session.flush()
    contract.life.born(contract, by=by)
    persistence.commit(duplicates=duplicates)
    return contract


def save_contract(
    contract: TechContract, values: Mapping[str, Any], *, by: Reader, seen: int
) -> list[str]:
    """保存: what was typed; where both have confirmed, both must confirm again, and are told.

    Returns:
        labels of what was changed.

    Raises:
        NotAllowed, NotNow, Stale.
        Invalid: the values do not fit together.
    """
    require(by, "contract.write", contract)
    require_seen(contract, seen)
    kept = _writable(contract, values)
    labels = write_fields(contract, kept, by=by, why="由交易的一方修改。")
    persistence.commit(stale=CHANGED)
    return labels


def correct_contract(
    contract: TechContract,
    values: Mapping[str, Any],
    *,
    why: str,
    by: Reader,
    seen: int,
) -> list[str]:
    """运营方更正 of a draft or a confirmed text, with the reason, which both sides read. Raises as `save_contract`."""
    require(by, "contract.correct", contract)
    require_seen(contract, seen)
    why = checked_text("why", why, MAX_WHY, missing=WHY_MISSING)
    kept = _writable(contract, values)
    labels = write_fields(contract, kept, by=by, why=f"运营方更正：{why}")
    persistence.commit(stale=CHANGED)
    return labels


def issue_paper(contract: TechContract, *, by: Reader, seen: int) -> ContractPaper:
    """生成合同文本: what both sides will confirm is frozen, and printed in the background.

    Raises:
        NotAllowed, Stale.
        NotNow: not from here, or the deal is no longer approved.
        Invalid: fields are missing, or the price is not the one that was settled.
    """
    require(by, "contract.write", contract)
    require_seen(contract, seen)
    contract.life.permits(contract, "issue", by)
    # Nobody gets a text to confirm before publicity is over.
    _require_deal(contract)
    problems = {}
    for one in missing_of(contract.values):
        problems[one.name] = [f"「{one.label}」还没有填。"]
    problems |= _price_problems(contract)
    if problems:
        raise Invalid("还不能生成合同文本。", problems=problems)
    paper = ContractPaper(
        contract_id=contract.id,
        number=len(contract.papers) + 1,
        # Frozen: the printer reads this text alone, whatever the contract says when its turn comes.
        content=canonical_text(contract.printed_values),
        issued_on=today(),
    )
    db.session.add(paper)
    # A new paper alone would not change the row of the contract, nor its revision.
    contract.changed_at = now()
    contract.life.move(contract, "issue", by=by)
    persistence.commit(stale=CHANGED, duplicates={"uq_contract_paper_number": CHANGED})
    return paper


def confirm_paper(contract: TechContract, sha256: str, *, by: Reader) -> None:
    """确认文本 by the SHA-256 of the file; the second side's confirmation signs the contract.

    No revision is compared: the hash says what was read, and the other side may confirm the same file meanwhile.

    Args:
        contract: waits for confirmations.
        sha256: of the file that was on the page.
        by: somebody of one of the sides.

    Raises:
        NotAllowed.
        NotNow: not from here, not printed yet, confirmed already, or the deal is no longer approved.
        Stale: the file is another one by now.
    """
    require(by, "contract.confirm", contract)
    # Who presses second sees what the first one did.
    persistence.hold_row(contract)
    contract.life.permits(contract, "confirm", by)
    # The second confirmation moves the deal, which somebody else may be about to terminate.
    if contract.deal is not None:
        persistence.hold_row(contract.deal)
    deal = _require_deal(contract)
    side = side_of(by, deal)
    if side is None or by.id is None:
        raise NotAllowed("您不属于这份合同的任何一方。", "请用一方的账号登录。")
    paper = contract.current_paper
    if paper is None or paper.sha256 is None:
        raise NotNow("合同文本还在生成。", "请过一会儿刷新页面。")
    # It may have been loaded before the contract was held.
    db.session.expire(paper, ["confirmations"])
    if side in paper.standing:
        raise NotNow("贵方已经确认过这一稿。", "等对方确认。")
    # Another file, or this file of a contract that was changed behind the back of the deeds (119).
    if sha256 != paper.sha256 or not paper.is_true:
        raise Stale("合同文本已经换了一稿。", "请重新打开，看过新的文本再确认。")
    db.session.add(
        ContractConfirmation(
            paper_id=paper.id, side=side, by_id=by.id, sha256=paper.sha256, at=now()
        )
    )
    duplicates = {"uq_contract_confirmation_side": CHANGED}
    contract.changed_at = now()
    contract.life.move(contract, "confirm", by=by, note=f"{side} {paper.sha256}")
    # Written and read again, for the rows say whether both sides have confirmed.
    with persistence.refusals(stale=CHANGED, duplicates=duplicates):
        db.session.flush()
    db.session.expire(paper, ["confirmations"])
    if paper.is_confirmed:
        contract.life.move(contract, "sign", by=by)
        # The second confirmation signs the contract, on the day it is given.
        contract.signed_on = today()
        note = f"合同 {contract.number}"
        move_deal(deal, "contract", by=by, note=note, until=file_until(contract))
        announcements.announce_signed(paper)
    persistence.commit(stale=CHANGED, duplicates=duplicates)


def require_seen(contract: TechContract, seen: int) -> None:
    """Hold the contract, and refuse what was decided on a page that is no longer true. Raises Stale."""
    persistence.hold_row(contract)
    if contract.revision != seen:
        raise CHANGED


def _writable(contract: TechContract, values: Mapping[str, Any]) -> dict[str, Any]:
    """Of the values those that contracts of this type have, and that the deal does not decide."""
    kept = {}
    for one in fields_of(contract.contract_type):
        # What the deal has settled is changed there, with pricing and publicity, and not here.
        decided = contract.deal_id is not None and one.name in OF_DEAL
        if one.name in values and not decided:
            kept[one.name] = values[one.name]
    return kept


def _require_deal(contract: TechContract) -> Deal:
    deal = contract.deal
    if deal is None:
        raise NotNow("这份合同从登记簿导入，没有要确认的文本。", "")
    _require_approved(deal)
    return deal


def _require_approved(deal: Deal) -> None:
    if deal.state != "approved":
        raise NotNow(
            f"这笔交易现在是「{deal.state_name}」，还不能签合同。",
            "定价、公示都完成以后才能签。",
        )
    # The completers come first under the same conditions (民法典 art. 847).
    if deal.priority == "":
        raise NotNow("完成人优先权还没有记录。", "请先在交易里记录完成人优先权。")


def _price_problems(contract: TechContract) -> dict[str, list[str]]:
    """What was made public is what is signed: another price begins publicity anew."""
    deal = contract.deal
    # A price in words alone binds no total.
    if deal is None or deal.price_fen is None:
        return {}
    if contract.total_fen == deal.price_fen:
        return {}
    message = (
        f"要等于已确定的价格 {yuan(deal.price_fen)} 元；价格变了要重新定价、公示。"
    )
    return {"total_fen": [message]}


def _party(side: str, organisation: Any) -> dict[str, Any]:
    return {
        # Text from now on: a later rename does not change what is signed.
        f"{side}_name": organisation.name,
        f"{side}_country": "中国",
        f"{side}_district": organisation.district_code,
        f"{side}_nature": NATURES.get(organisation.kind),
    }


def _has_one() -> NotNow:
    return NotNow("这笔交易已经有合同了。", "请在「我的」→「合同」里打开。")
