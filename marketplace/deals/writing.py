"""A move of a deal as it is written: the state, what follows from it, its History and its release. No commit.

Every move of a deal goes through here, also those of the rooms above (contract, perform, convert).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from marketplace import contributions, persistence
from marketplace.clock import now
from marketplace.deals import terms
from marketplace.deals.child_models import DealRelease
from marketplace.deals.life import ENDED, REOPENING
from marketplace.deals.models import Deal
from marketplace.deals.readiness import turn_of
from marketplace.errors import Stale
from marketplace.extensions import db
from marketplace.permissions import Reader, reader_id

# What follows from the rest, or changes with every deed.
NOT_RELEASED = frozenset({"id", "revision", "changed_at", "turn", "rules"})
# Parts of a deal: name of the relationship → columns that tell its rows apart, and columns that are released. How to
# reach who objects, and whole letters, are in no release: the hash of a letter is.
PARTS = {
    "letters": ("id", ("letter_kind", "sha256", "access_until", "holder_at", "receiver_at")),
    "items": ("code", ("has_finding", "note")),
    "decisions": (
        "id",
        (
            "method", "price_fen", "price_text", "basis", "evaluation", "evaluation_note", "empowerment", "minutes",
            "met_on", "attendees", "approvals_needed", "state", "rejected_note", "decided_by_id",
        ),
    ),
    "publicities": (
        "round",
        (
            "title", "holder_name", "receiver_name", "price_fen", "price_text", "method", "basis", "conversion_mode",
            "completers", "related_party", "related_note", "places", "objection_contact", "procedure", "days",
            "day_kind", "started_on", "ends_on", "unannounced", "state", "result",
        ),
    ),
    "objections": (
        "number",
        ("reason", "text", "evidence", "remedy", "due_on", "state", "answer_reason", "answer"),
    ),
}  # fmt: skip


# The deed of a release that names another party, where no move went with it.
PARTY_MOVED = "move"


def party_has_moved(deal: Deal, since: datetime) -> bool:
    """Whether a side of a deal became another organisation without a move, since a moment (UTC)."""
    query = db.select(DealRelease.id).where(
        DealRelease.deal_id == deal.id,
        DealRelease.deed == PARTY_MOVED,
        DealRelease.at >= since,
    )
    return db.session.scalar(query.limit(1)) is not None


def require_seen(deal: Deal, seen: int) -> None:
    """Refuse what was decided on a page that is no longer true, and let nobody else decide before this commit.

    Of two who press at once the second waits here on PostgreSQL, and then is told. Raises Stale.
    """
    # Held before it is compared: else both of two presses would find the revision they saw.
    persistence.hold_row(deal)
    if deal.revision != seen:
        raise Stale("这笔交易刚有变化。", "请重新打开，看过再决定。")


def move_deal(
    deal: Deal,
    deed: str,
    *,
    by: Reader | None,
    note: str = "",
    until: date | None = None,
) -> None:
    """Carry out a deed of the life table and write it, with what was changed in the row and its parts (no commit).

    Args:
        deal: loaded in this session.
        deed: a deed of `DEAL_LIFE`.
        by: the acting person; None: the site itself.
        note: a remark, for the History row.
        until: the last day of the station it comes to, where its contract says one; None: by the rules of the deal.

    Raises:
        NotNow: the table has no such move.
        Stale: somebody else was quicker.
    """
    deal.life.permits(deal, deed, by)
    deal.changed_at = now()
    before = deal.state
    # In the same flush as the state, as the constraint `ended_at` wants it.
    if deal.life.moves[before, deed] in ENDED:
        deal.ended_at = deal.changed_at
    deal.life.move(deal, deed, by=by, note=note)
    deal.turn = turn_of(deal).who
    # What leaves a deal at its station leaves its term: an answer to one item buys no thirty days more.
    if deal.state != before or deal.due_on is None:
        deal.due_on = until or terms.due_on(deal)
    with persistence.refusals():
        db.session.flush()
    # Parts that were added are in the lists of the row only once these are read again.
    for name in PARTS:
        db.session.expire(deal, [name])
    # Once more, for a part that was just written may pass the turn on.
    deal.turn = turn_of(deal).who
    write_release(deal, deed, by=by)
    if deed in REOPENING:
        # After the move, for whoever follows flushes.
        contributions.deal_reopened(deal, note)


def begin_anew(deal: Deal, reason: str) -> None:
    """Let what was decided and made public count no more (no commit)."""
    # Read first: a query flushes what is only half changed.
    decision = deal.approved_decision
    void_publicity(deal, reason)
    if decision is not None:
        decision.state = "replaced"


def void_publicity(deal: Deal, reason: str) -> None:
    """Let what was made public count no more; the price stands (no commit)."""
    running = deal.running_publicity
    if running is not None:
        running.state = "void"
        running.ended_at = now()
        running.result = f"公示内容有变化，本次公示作废，重新公示。原因：{reason}"
    # The publicity that closed was of another price or another text.
    deal.publicity_closed_on = None
    # The priority is one under the same conditions: under others the completers decide again (民法典 art. 847).
    deal.priority = ""
    deal.priority_note = ""


def write_release(deal: Deal, deed: str, *, by: Reader | None) -> None:
    """Add the release of what a deed has changed (flushed, not committed)."""
    releases = list(
        db.session.scalars(
            db.select(DealRelease)
            .where(DealRelease.deal_id == deal.id)
            .order_by(DealRelease.number)
        )
    )
    before = merge_releases(releases)
    changes = {}
    # Parts are never removed, so that a merge need not know how to forget one.
    for name, value in snapshot_of(deal).items():
        if name not in before or before[name] != value:
            changes[name] = value
    moment = now()
    previous = releases[-1].sha256 if releases else ""
    # Moment and author are hashed as well: neither can be exchanged in the columns.
    content = {
        "at": moment.isoformat(),
        "by": reader_id(by),
        "changes": changes,
        "deed": deed,
    }
    body = canonical(content)
    release = DealRelease(
        deal_id=deal.id,
        number=len(releases),
        deed=deed,
        body=body,
        sha256=hash_of(previous, body),
        previous_sha256=previous,
        by_id=reader_id(by),
        at=moment,
    )
    db.session.add(release)
    # Two writers saw the same last release: the second is refused, for the chain must not fork.
    twice = Stale("这笔交易刚有变化。", "请重新打开，看过再决定。")
    with persistence.refusals(duplicates={"uq_deal_release_deal_id_number": twice}):
        db.session.flush()
    db.session.expire(deal, ["releases"])


def snapshot_of(deal: Deal) -> dict[str, Any]:
    """A deal and its parts as plain values: `state`, `items.ownership`, `publicities.1` …; what releases add up to."""
    values = {}
    for column in Deal.__table__.columns:
        if column.name not in NOT_RELEASED:
            values[column.name] = _plain(getattr(deal, column.name))
    for name, (key, columns) in PARTS.items():
        for row in getattr(deal, name):
            part = {column: _plain(getattr(row, column)) for column in columns}
            if name == "decisions":
                part["approved_by_ids"] = sorted(row.approver_ids)
            values[f"{name}.{getattr(row, key)}"] = part
    return values


def merge_releases(releases: Iterable[DealRelease]) -> dict[str, Any]:
    """What some releases of one deal, the oldest first, add up to."""
    values: dict[str, Any] = {}
    for release in releases:
        values.update(release.changes)
    return values


def broken_release(releases: Iterable[DealRelease]) -> int | None:
    """The number of the first release that does not follow from the one before; None: all of them hold."""
    previous = ""
    for number, release in enumerate(releases):
        holds = release.number == number and release.previous_sha256 == previous
        if not holds or release.sha256 != hash_of(previous, release.body):
            return number
        previous = release.sha256
    return None


def canonical(content: dict[str, Any]) -> str:
    """JSON in its one form: sorted, without blanks, characters as they are."""
    return json.dumps(
        content, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )


def hash_of(previous: str, body: str) -> str:
    """The hash of a release: SHA-256 of the hash before it, a line end, and its body in UTF-8."""
    return hashlib.sha256(f"{previous}\n{body}".encode()).hexdigest()


def text_hash(text: str) -> str:
    """The SHA-256 by which both sides confirm a letter."""
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value
