"""Cases of an organisation go over when it is merged into another, and come back. The ledger stays as it was."""

from __future__ import annotations

from sqlalchemy import or_

from marketplace.brokerage import settling
from marketplace.brokerage.models import BrokerageCase
from marketplace.extensions import db


def move_between(gone_id: int, kept_id: int) -> list[int]:
    """Let cases belong to another organisation; the ids of those that were moved."""
    taken = set()
    for case in _of_organisation(kept_id):
        if case.state != "terminated":
            taken.add(case.pair_key)
    moved = []
    for case in _of_organisation(gone_id):
        # Looked at first: a constraint refuses a case whose two sides are one organisation.
        other = {case.holder_organisation_id, case.receiver_organisation_id} - {gone_id}
        if kept_id in other:
            # Both sides are one organisation now: there is nothing left to bring together.
            if case.is_running:
                note = "双方已合并为一个单位"
                settling.end(case, "terminate", "other", note, by=None)
            continue
        before = case.pair_key
        _change(case, gone_id, kept_id)
        # Two of one pair may not go on: the one of the organisation that goes ends, under its former name.
        if case.state != "terminated" and case.pair_key in taken:
            _change(case, kept_id, gone_id)
            case.pair_key = before
            if case.is_running:
                note = "单位合并后与另一件相同"
                settling.end(case, "terminate", "duplicate", note, by=None)
            continue
        moved.append(case.id)
        db.session.flush()
    db.session.flush()
    return moved


def move_back(gone_id: int, kept_id: int, moved: list[int]) -> None:
    """Let them belong to the former organisation again."""
    for case in _of_organisation(kept_id):
        # Those that were moved on by another merge since stay there.
        if case.id in moved:
            _change(case, kept_id, gone_id)
    db.session.flush()


def _change(case: BrokerageCase, former_id: int, next_id: int) -> None:
    # Side and key go together: a flush in between would store a key of another pair.
    with db.session.no_autoflush:
        if case.holder_organisation_id == former_id:
            case.holder_organisation_id = next_id
        else:
            case.receiver_organisation_id = next_id
        case.pair_key = settling.key_of(case)


def _of_organisation(number: int) -> list[BrokerageCase]:
    query = db.select(BrokerageCase).where(
        or_(
            BrokerageCase.holder_organisation_id == number,
            BrokerageCase.receiver_organisation_id == number,
        )
    )
    return list(db.session.scalars(query.order_by(BrokerageCase.id)))
