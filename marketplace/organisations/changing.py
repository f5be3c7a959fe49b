"""What a deed sets of an organisation: its state, the row of History and what follows. Nothing is committed here."""

from __future__ import annotations

from marketplace import contributions, persistence
from marketplace.clock import now
from marketplace.errors import MarketError, NotNow, Stale
from marketplace.extensions import db
from marketplace.lifecycle import History
from marketplace.organisations.models import FORSAKEN, Organisation
from marketplace.permissions import Reader, reader_id


def move(
    organisation: Organisation,
    deed: str,
    state: str,
    *,
    by: Reader | None,
    note: str = "",
) -> History:
    """Set the state of an organisation and leave a History row (no commit)."""
    # The period of the operators begins with what they have to look at.
    if deed in ("rename", "answer"):
        organisation.waiting_since = now()
    row = History(
        kind="organisation",
        thing_id=organisation.id,
        deed=deed,
        before=organisation.state,
        after=state,
        note=note,
        by_id=reader_id(by),
    )
    organisation.state = state
    db.session.add(row)
    # Its number is part of what people are notified of.
    with persistence.refusals(stale=quicker(), duplicates=duplicates()):
        db.session.flush()
    contributions.announce_organisation(organisation, deed, note, row.id)
    return row


def stop(organisation: Organisation, *, note: str, by: Reader | None) -> None:
    """Let nobody act for an organisation, and hide what it has published (no commit)."""
    organisation.state_note = note
    move(organisation, "suspend", "suspended", by=by, note=note)
    # The rooms above hide what is theirs in the same transaction; none of them is known here.
    contributions.stop_organisation(organisation.id, by)


def start(organisation: Organisation, *, by: Reader | None) -> None:
    """Let its people act for a suspended organisation again (no commit)."""
    organisation.state_note = ""
    # Suspending left `verified_at` as it was, so it says which state to come back to.
    state = "verified" if organisation.verified_at else "unverified"
    move(organisation, "resume", state, by=by)
    contributions.start_organisation(organisation.id, by)


def forsake(organisation: Organisation, *, verified: bool, by: Reader | None) -> None:
    """What follows when the last of its people has gone (no commit, decision 159).

    Args:
        organisation: nobody who can act for it is left.
        verified: whether it was ever verified, and may have published something.
        by: who went.
    """
    # Nobody waits for its verification any more.
    organisation.waiting_since = None
    # What operators have suspended for a reason of theirs does not come back with the next person.
    if verified and organisation.is_active:
        stop(organisation, note=FORSAKEN, by=by)


def require_state(organisation: Organisation, deed: str, *states: str) -> None:
    """Refuse a deed of other states. Raises NotNow."""
    if organisation.state not in states:
        raise wrong_state(organisation, deed)


def wrong_state(organisation: Organisation, deed: str) -> NotNow:
    """What is raised where its state does not let it."""
    return NotNow(
        f"「{organisation.name}」现在的状态是「{organisation.state_name}」，不能{deed}。",
        "请刷新后再看。",
    )


def quicker() -> Stale:
    """What is raised where somebody else was quicker."""
    return Stale("同一时刻有别人改了这个单位，或登记了这个代码。", "请刷新后再看。")


def duplicates() -> dict[str, MarketError]:
    """What is raised where two took one code or name at the same moment: constraint → error."""
    names = ("uq_organisation_uscc", "uq_organisation_name_key")
    return dict.fromkeys(names, quicker())
