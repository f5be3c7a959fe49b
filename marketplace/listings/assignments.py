"""Who looks after a listing as its broker: given, taken back, ended. Nothing is committed here.

Which brokers are requested for which listing stands in the room `mediation`.
"""

from __future__ import annotations

from marketplace import contributions
from marketplace.accounts.models import Person
from marketplace.clock import now
from marketplace.errors import Invalid, NotNow
from marketplace.extensions import db
from marketplace.lifecycle import History
from marketplace.listings.models import Achievement, Assignment, Demand
from marketplace.listings.queries import load_row
from marketplace.permissions import Reader, reader_id

Row = Achievement | Demand


def give_listing(row: Row, broker: Person, *, by: Reader | None) -> None:
    """Let a broker look after a listing, and let the rooms above know.

    Raises:
        Invalid: the person is no broker, may not sign in, or their certificate is over.
        NotNow: they have it already.
    """
    if "broker" not in broker.role_names or not broker.active:
        message = f"「{broker.name}」不是技术经理人，或账号已停用。"
        raise Invalid(message, problems={"broker": [message]})
    # By the day: the certificate may have run out since the page offered them.
    if not broker.mediates:
        message = f"「{broker.name}」的技术经理人证书已到期，换证核对后才能接手。"
        raise Invalid(message, problems={"broker": [message]})
    if broker.id in row.broker_ids:
        raise NotNow(f"这一条已经交给「{broker.name}」。", "不用再交。")
    db.session.add(
        Assignment(
            kind=row.kind, listing_id=row.id, broker_id=broker.id, by_id=reader_id(by)
        )
    )
    _note_change(row, "assign", broker.name, by)
    contributions.broker_given(row, broker, by)


def take_back(row: Row, broker: Person, *, by: Reader | None) -> None:
    """End what one broker has of a listing. Raises NotNow where they do not have it."""
    query = db.select(Assignment).where(*Assignment.of_row(row))
    held = db.session.scalar(query.where(Assignment.broker_id == broker.id))
    if held is None:
        raise NotNow(f"这一条没有交给「{broker.name}」。", "请刷新后再看。")
    # Ended and not deleted: who had looked after it when stays to be read.
    held.ended_at = now()
    _note_change(row, "unassign", broker.name, by)


def end_all(broker: Person, reason: str, *, by: Reader | None) -> list[Row]:
    """End everything somebody looks after.

    Args:
        broker: who it is, whether they still are a broker or not.
        reason: why, as the History of each listing says it.
        by: who brought it about; None for the site itself.

    Returns:
        the listings they had, by kind and number.
    """
    query = db.select(Assignment).where(
        Assignment.broker_id == broker.id, Assignment.ended_at.is_(None)
    )
    rows: list[Row] = []
    order = (Assignment.kind, Assignment.listing_id)
    # All at once, since the rows are changed while they are walked through.
    for held in db.session.scalars(query.order_by(*order)).all():
        held.ended_at = now()
        row = load_row(held.kind, held.listing_id)
        # The number has no foreign key, as it may be of either kind.
        if row is not None:
            _note_change(row, "unassign", f"{broker.name}（{reason}）", by)
            rows.append(row)
    return rows


def holders() -> set[int]:
    """The numbers of everybody who looks after any listing, whether they still may or not."""
    query = db.select(Assignment.broker_id).where(Assignment.ended_at.is_(None))
    return set(db.session.scalars(query.distinct()))


def _note_change(row: Row, deed: str, note: str, by: Reader | None) -> None:
    """Note who was given a listing, or is rid of it."""
    # Written directly: being given to a broker moves no state, and may happen in every one.
    db.session.add(
        History(
            kind=row.kind,
            thing_id=row.id,
            deed=deed,
            before=row.state,
            after=row.state,
            note=note,
            by_id=reader_id(by),
        )
    )
    # The revision rises with it, so that the index takes the new audience.
    row.updated_at = now()
