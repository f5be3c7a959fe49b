"""What deeds of this room share: holding an envelope and a claim, and a movement as it is written. No commit."""

from __future__ import annotations

from datetime import date

from marketplace import persistence
from marketplace.clock import today
from marketplace.envelopes.models import Envelope, EnvelopeMovement, FundClaim
from marketplace.errors import NotNow, Stale
from marketplace.extensions import db
from marketplace.permissions import Reader, reader_id
from marketplace.wording import in_quotes, yuan

CHANGED = Stale("这笔申领刚有变化。", "请重新打开，看过再决定。")
# Kind → what it adds to budget, to what is reserved and to what is paid, as multiples of its amount.
EFFECTS = {
    "raise": (1, 0, 0),
    "lower": (-1, 0, 0),
    "reserve": (0, 1, 0),
    "release": (0, -1, 0),
    "pay": (0, -1, 1),
    "recover": (0, 0, -1),
}


def hold_envelope(envelope: Envelope) -> None:
    """Let nobody else move this envelope before the commit; the claims of it are held after it, never before."""
    persistence.hold_row(envelope)


def hold_claim(row: FundClaim, seen: int) -> None:
    """Hold the envelope and the claim, in this order everywhere. Raises Stale: somebody has changed it since."""
    hold_envelope(row.envelope)
    # The claim second: two who took them in different orders would wait for each other for ever.
    persistence.hold_row(row)
    # After the waiting: what somebody else did meanwhile is seen here.
    if row.revision != seen:
        raise CHANGED


def move_money(
    envelope: Envelope,
    kind: str,
    amount_fen: int,
    *,
    by: Reader | None,
    claim: FundClaim | None = None,
    reason: str = "",
    moved_on: date | None = None,
) -> None:
    """Add a movement to an envelope that is held: its row and the sums of the envelope, checked by the database.

    Args:
        envelope: held with `hold_envelope`.
        kind: a key of `life.MOVEMENTS`.
        amount_fen: 分, more than 0.
        by: who does it; None for the site itself.
        claim: whose money it is; None for a change of the budget.
        reason: why, of a change of the budget.
        moved_on: the day of a payment; None: today.

    Raises:
        NotNow: there is not enough.
    """
    budget, reserved, paid = EFFECTS[kind]
    budget_fen = envelope.budget_fen + budget * amount_fen
    reserved_fen = envelope.reserved_fen + reserved * amount_fen
    paid_fen = envelope.paid_fen + paid * amount_fen
    left_fen = budget_fen - reserved_fen - paid_fen
    # What is more than there is comes back as the CHECK of the table too, whatever wrote it.
    if left_fen < 0:
        raise NotNow(
            f"{in_quotes(envelope.title)}还剩 {yuan(envelope.left_fen)} 元，不够 {yuan(amount_fen)} 元。",
            "等预算增加或有预留释放以后再办。",
        )
    envelope.budget_fen = budget_fen
    envelope.reserved_fen = reserved_fen
    envelope.paid_fen = paid_fen
    row = EnvelopeMovement(
        envelope_id=envelope.id,
        kind=kind,
        amount_fen=amount_fen,
        claim_id=claim.id if claim is not None else None,
        reason=reason,
        moved_on=moved_on or today(),
        left_fen=left_fen,
        by_id=reader_id(by),
    )
    db.session.add(row)
