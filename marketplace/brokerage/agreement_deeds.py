"""What is done to commissions and to the ledger: proposed, confirmed, withdrawn; disputed and ruled."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import Decimal

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.brokerage import announcements
from marketplace.brokerage.child_models import (
    Attribution,
    AttributionDispute,
    CommissionAgreement,
    CommissionSignature,
    SideName,
)
from marketplace.brokerage.disclosure import sides_held
from marketplace.brokerage.life import BASES, MODES, PAYERS, TRIGGERS
from marketplace.brokerage.models import BrokerageCase
from marketplace.brokerage.writing import require_seen
from marketplace.clock import now
from marketplace.errors import NOT_SAVED, Invalid, NotNow, Stale
from marketplace.extensions import db
from marketplace.permissions import Reader, require
from marketplace.typed_texts import checked_text, gathered_text
from marketplace.wording import yuan

MAX_TIERS = 500
MAX_CLAIM = 1000
MAX_RULING = 500
# Far below what a BigInteger takes; a longer figure is a slip of the finger.
MAX_FEN = 10**13  # 1000 亿元


@dataclass(frozen=True)
class CommissionTerms:
    """What a broker proposes; what a mode does not need stays None or empty.

    Attributes:
        payer: key of `PAYERS`.
        mode: key of `MODES`.
        base: key of `BASES`.
        trigger: key of `TRIGGERS`.
        rate: per cent.
        amount_fen: a fixed sum, or what is paid first, in 分.
        cap_fen: at most so much, in 分.
        tiers: rates by parts of the base, in words.
    """

    payer: str
    mode: str
    base: str
    trigger: str
    rate: Decimal | None = None
    amount_fen: int | None = None
    cap_fen: int | None = None
    tiers: str = ""


def propose_commission(
    case: BrokerageCase, terms: CommissionTerms, *, by: Person, seen: int
) -> CommissionAgreement:
    """提出佣金约定, before the two sides are asked: names are disclosed once every payer has confirmed it.

    Raises:
        NotAllowed, Stale.
        NotNow: the sides were asked already; there is one.
        Invalid: something that the mode needs is missing, or is none.
    """
    require(by, "brokerage.carry", case)
    require_seen(case, seen)
    if case.state != "matching" or case.asked_at is not None:
        raise NotNow(
            "佣金要在接单以后、向双方提出对接以前约定。",
            "已经提出对接的，另行签订中介合同。",
        )
    # Names are known: holding them back until the commission is confirmed would be no use (decision 115).
    if case.introduction_id is not None:
        raise NotNow(
            "双方已经知道对方是谁，这里不能再约定佣金。", "请另行签订中介合同。"
        )
    if case.agreement is not None:
        raise NotNow("这件撮合已经有佣金约定。", "可以先撤回，再另提一份。")
    # Before the text is made: only what the mode needs may get into what is confirmed.
    terms = _checked(terms)
    assert case.broker is not None  # noqa: S101  a constraint of the table
    text = agreement_text(case, terms)
    agreement = CommissionAgreement(
        case_id=case.id,
        broker_id=case.broker.id,
        payer=terms.payer,
        mode=terms.mode,
        base=terms.base,
        trigger=terms.trigger,
        rate=terms.rate,
        amount_fen=terms.amount_fen,
        cap_fen=terms.cap_fen,
        tiers=terms.tiers,
        text=text,
        text_hash=hash_of(text),
    )
    db.session.add(agreement)
    _touch(case)
    with persistence.refusals(duplicates=_duplicates()):
        db.session.flush()
    # After the flush, for the History row names the agreement by its number.
    agreement.life.born(agreement, by=by)
    persistence.commit(duplicates=_duplicates())
    return agreement


def sign_commission(
    case: BrokerageCase, *, text_hash: str, by: Person, seen: int
) -> CommissionAgreement:
    """确认佣金约定: a payer confirms the text by its hash, as it stood on their page.

    Raises:
        NotAllowed, Stale.
        NotNow: there is none to confirm, or not for this side; it is confirmed.
    """
    require(by, "brokerage.answer", case)
    require_seen(case, seen)
    agreement = case.agreement
    sides: list[SideName] = []
    if agreement is not None and agreement.state == "proposed":
        held = sides_held(case, by)
        sides = [side for side in agreement.unsigned if side in held]
    # Until the sides are addressed they do not know of the case, let alone of its commission.
    if agreement is None or not sides or case.asked_at is None:
        raise NotNow(
            "本方现在没有要确认的佣金约定。", "请重新打开这一页，看现在的状态。"
        )
    # Another text may have been proposed since: a consent is one to the words that were read.
    if text_hash != agreement.text_hash:
        raise Stale("佣金约定的文字刚有变化。", "请重新打开，看过再确认。")
    # One side a press, also for somebody who acts for both: each side confirms as a payer of its own.
    signature = CommissionSignature(side=sides[0], by_id=by.id, text_hash=text_hash)
    agreement.signatures.append(signature)
    agreement.life.move(agreement, "sign", by=by, note=text_hash)
    _touch(case)
    with persistence.refusals(duplicates=_duplicates()):
        db.session.flush()
    if not agreement.unsigned:
        agreement.settled_at = now()
        agreement.life.move(agreement, "settle", by=by)
        announcements.announce_agreement(case, agreement, by=by)
    persistence.commit(duplicates=_duplicates())
    return agreement


def withdraw_commission(case: BrokerageCase, *, by: Reader, seen: int) -> None:
    """撤回 what is not in force yet. Raises NotAllowed, NotNow, Stale."""
    require(by, "brokerage.carry", case)
    require_seen(case, seen)
    agreement = case.agreement
    if agreement is None:
        raise NotNow("没有可以撤回的佣金约定。", "请重新打开这一页，看现在的状态。")
    # One that every payer has confirmed is in force, and nobody takes it back alone.
    agreement.life.permits(agreement, "withdraw", by)
    agreement.settled_at = now()
    agreement.life.move(agreement, "withdraw", by=by)
    _touch(case)
    persistence.commit()


def agreement_text(case: BrokerageCase, terms: CommissionTerms) -> str:
    """The text that is confirmed: the same terms of the same case give the same text, character by character."""
    assert case.broker is not None  # noqa: S101
    lines = [
        "技术中介佣金约定",
        f"撮合编号：{case.id}",
        f"技术经理人：{case.broker.name}（平台编号 {case.broker.id}）",
        f"付款方：{PAYERS[terms.payer]}",
        f"方式：{MODES[terms.mode]}",
        f"计算基数：{BASES[terms.base]}",
    ]
    if terms.amount_fen is not None:
        lines.append(f"金额：{_plain_yuan(terms.amount_fen)} 元")
    if terms.rate is not None:
        # 3 and 3.00 give one text; without `f` a hundred would read 1E+2.
        lines.append(f"比例：{terms.rate.normalize():f}%")
    if terms.tiers:
        lines.append(f"分段：{terms.tiers}")
    if terms.cap_fen is not None:
        lines.append(f"上限：{_plain_yuan(terms.cap_fen)} 元")
    lines.append(f"付款时间：{TRIGGERS[terms.trigger]}")
    if case.referrer_id is not None and case.referral_share is not None:
        # The payers read what the broker gives away of it: a share in secret would be a hidden interest.
        share = f"{case.referral_share.normalize():f}"
        lines.append(f"佣金中的 {share}% 由技术经理人付给推荐人。")
    return "\n".join(lines)


def _plain_yuan(fen: int) -> str:
    """A sum in 元 without thousands: texts that are confirmed by their hash keep one form."""
    return yuan(fen).replace(",", "")


def hash_of(text: str) -> str:
    """SHA-256 of a text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def dispute_attribution(
    row: Attribution, text: str, *, by: Person
) -> AttributionDispute:
    """提出异议: a broker says that they brought the two together.

    Raises:
        NotAllowed.
        NotNow: it is theirs already; they disputed it and wait.
        Invalid: no reasons.
    """
    require(by, "brokerage.dispute", row)
    # Compared with the newest ruling: to whom it was credited at first may dispute it again.
    if row.holds_for is not None and row.holds_for.id == by.id:
        raise NotNow("这条归属已经记在您名下。")
    missing = f"写明您何时、怎样介绍双方，有什么证明，2–{MAX_CLAIM} 字。"
    text = checked_text("text", text, MAX_CLAIM, missing=missing)
    dispute = AttributionDispute(attribution_id=row.id, claimed_by_id=by.id, text=text)
    db.session.add(dispute)
    with persistence.refusals(duplicates=_duplicates()):
        db.session.flush()
    dispute.life.born(dispute, by=by)
    persistence.commit(duplicates=_duplicates())
    return dispute


def rule_dispute(
    dispute: AttributionDispute,
    *,
    upholds: bool | None,
    ruling: str,
    by: Reader,
    seen: int,
) -> None:
    """裁定, with reasons: the first record stays as it is, the ruling is shown below it. Raises NotAllowed, NotNow,
    Stale; Invalid: no reasons, or neither of the two is chosen.
    """
    require(by, "brokerage.rule", dispute)
    # Either may follow an open dispute, so the table refuses one that is ruled before the form is read.
    deed = "uphold" if upholds else "reject"
    dispute.life.permits(dispute, deed, by)
    persistence.hold_row(dispute)
    if dispute.revision != seen:
        raise Stale("这份异议刚有变化。", "请重新打开，看过再裁定。")
    problems: dict[str, list[str]] = {}
    missing = f"写明裁定的理由，2–{MAX_RULING} 字。"
    ruling = gathered_text(problems, "ruling", ruling, MAX_RULING, missing=missing)
    if upholds is None:
        problems["result"] = ["选「异议成立」或「异议不成立」。"]
    if problems:
        raise Invalid(*NOT_SAVED, problems=problems)
    dispute.ruling = ruling
    dispute.ruled_by_id, dispute.ruled_at = by.id, now()
    dispute.life.move(dispute, deed, by=by, note=dispute.ruling)
    with persistence.refusals():
        db.session.flush()
    # After the flush: whom it is credited to now is read from the dispute that was ruled.
    announcements.announce_ruling(dispute)
    persistence.commit()


def _checked(terms: CommissionTerms) -> CommissionTerms:
    """What the mode needs is there, and what it does not need is left out. Raises Invalid."""
    problems: dict[str, list[str]] = {}
    for name, choices in CHOICES.items():
        if getattr(terms, name) not in choices:
            problems[name] = ["从列出的里面选一项。"]
    if terms.mode in ("fixed", "success"):
        _check_sum("amount", terms.amount_fen, problems)
    if terms.mode in ("percent", "success"):
        _check_rate(terms.rate, problems)
    if terms.cap_fen is not None:
        _check_sum("cap", terms.cap_fen, problems)
    tiers = ""
    if terms.mode == "tier":
        missing = f"写清每一段的范围和比例，2–{MAX_TIERS} 字。"
        tiers = gathered_text(
            problems, "tiers", terms.tiers, MAX_TIERS, missing=missing
        )
    if problems:
        raise Invalid("佣金约定还不完整。", problems=problems)
    # A box left over from another mode is dropped: it would be in the text and mean nothing.
    return CommissionTerms(
        terms.payer,
        terms.mode,
        terms.base,
        terms.trigger,
        terms.rate if terms.mode in ("percent", "success") else None,
        terms.amount_fen if terms.mode in ("fixed", "success") else None,
        terms.cap_fen if terms.mode != "fixed" else None,
        tiers,
    )


CHOICES = {"payer": PAYERS, "mode": MODES, "base": BASES, "trigger": TRIGGERS}


def _check_sum(name: str, fen: int | None, problems: dict[str, list[str]]) -> None:
    if fen is None or not 0 < fen <= MAX_FEN:
        problems[name] = ["写金额，单位元，大于 0，最多两位小数，例如 20000。"]


def _check_rate(rate: Decimal | None, problems: dict[str, list[str]]) -> None:
    # The column has two decimals: a third one would be in the text and not in the row.
    if rate is None or not 0 < rate <= 100 or rate != round(rate, 2):
        problems["rate"] = ["写百分数，大于 0、不超过 100，最多两位小数，例如 3。"]


def _touch(case: BrokerageCase) -> None:
    """What is done to a commission is done to its case: who saw the page before is refused."""
    # An update of the case takes its revision on, though nothing else of it changes.
    case.touched_at = now()


def _duplicates() -> dict[str, NotNow]:
    return {
        "uq_commission_agreement_current": NotNow(
            "刚有了一份佣金约定。", "请重新打开。"
        ),
        "uq_commission_signature_agreement_id_side": NotNow(
            "本方刚确认过。", "请重新打开。"
        ),
        "uq_attribution_dispute_open": NotNow("您已经提出过异议，正在等裁定。"),
    }
