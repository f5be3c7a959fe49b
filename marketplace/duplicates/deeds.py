"""What is done to pairs: one function a button, and what the background proposes. The only file here that commits."""

from __future__ import annotations

from datetime import datetime

from marketplace import persistence
from marketplace.clock import now, today
from marketplace.duplicates import finding, queries
from marketplace.duplicates.finding import Resemblance
from marketplace.duplicates.models import ListingPair
from marketplace.errors import NotNow, Stale
from marketplace.extensions import db
from marketplace.listings import change_deeds, ownership
from marketplace.listings.announcements import announce_decision
from marketplace.listings.models import LISTINGS, Row
from marketplace.listings.settling import commit_listing, settle_others, sync_index
from marketplace.permissions import Reader, reader_id, require
from marketplace.wording import in_quotes

BATCH = 200  # listings that are compared before what was found is written


def merge_pair(
    pair: ListingPair, kept_id: int, *, by: Reader | None, seen: int
) -> tuple[Row, Row]:
    """保留一条: the other one is withdrawn, and its address leads to the one that stays.

    Args:
        pair: both belong to one organisation.
        kept_id: number of the listing that stays.
        by: an operator, or the desk of that organisation.
        seen: the revision of the pair that was looked at.

    Returns:
        what stayed, and what went.

    Raises:
        NotAllowed.
        NotNow: it is decided already; the two belong to two organisations; what shall stay is not public.
        Stale: somebody decided at the same moment.
    """
    require(by, "duplicates.settle", pair)
    pair.life.permits(pair, "merge", by)
    _require_seen(pair, seen)
    one, other = pair.rows
    # What stays is not written, so nothing else would notice that its owner withdraws it at this moment, and both would
    # be gone. The smaller number first: of two merges that share a listing neither waits for the other for ever.
    persistence.hold_row(one)
    persistence.hold_row(other)
    # The page lets only these two numbers through.
    kept, gone = (one, other) if kept_id == one.id else (other, one)
    # By the owners of today: one organisation may have been merged into the other since it was proposed.
    if not pair.of_one_owner:
        raise NotNow(
            "两条属于不同的单位，不能合并。",
            "不同单位可以各有一条；确属误发的，请联系单位撤回，或暂停公开。",
        )
    # What is over may go, but not stay: its address would lead readers to what they cannot use.
    if kept.state != "published":
        raise NotNow(
            f"要保留的一条现在是「{kept.state_name}」。", "请保留公开发布的一条。"
        )
    # Else a change of it would wait for a review of what is public no more.
    change_deeds.drop_change(gone)
    # With the state, as the CHECK wants it.
    pair.gone_id = gone.id
    note = f"与{in_quotes(kept.title)}重复，保留那一条"
    gone.life.move(gone, "merge", by=by, note=note)
    # The matchers look for rows that changed lately.
    gone.updated_at = now()
    _settle(pair, "merge", by=by, note=f"保留{in_quotes(kept.title)}")
    # A firm fewer in a place: of unnamed demands there another part of it may have to be named.
    others = settle_others(gone)
    announce_decision(gone, "merge", by=by, note=note)
    commit_listing()
    sync_index(gone, kept, *others)
    return kept, gone


def keep_apart(pair: ListingPair, *, by: Reader | None, seen: int) -> None:
    """不是重复: remembered, so that nobody is asked again. Raises NotAllowed, NotNow, Stale."""
    require(by, "duplicates.settle", pair)
    pair.life.permits(pair, "keep_apart", by)
    _require_seen(pair, seen)
    _settle(pair, "keep_apart", by=by)
    persistence.commit()


def undo_decision(pair: ListingPair, *, by: Reader | None, seen: int) -> None:
    """撤销: what was merged is as it was before, and the pair is proposed again.

    Raises:
        NotAllowed.
        NotNow: nothing is decided, or what went has been put away for good.
        Invalid: its organisation has another listing of that title by now.
        Stale: somebody decided at the same moment.
    """
    require(by, "duplicates.settle", pair)
    pair.life.permits(pair, "undo", by)
    _require_seen(pair, seen)
    back: list[Row] = []
    if pair.state == "merged":
        one, other = pair.rows
        gone = one if pair.gone_id == one.id else other
        # First: what was put away for good since refuses the undo.
        gone.life.move(gone, "unmerge", by=by)
        # It was expired before, or its time ran out meanwhile.
        if gone.valid_until is not None and gone.valid_until < today():
            gone.life.move(gone, "expire", by=None)
        # Its organisation was suspended meanwhile: it comes back with it.
        elif not gone.owner_acts:
            ownership.hide_with_owner(gone, by=by)
        gone.updated_at = now()
        back = [gone, *settle_others(gone)]
        announce_decision(gone, "unmerge", by=by, note="")
    pair.gone_id = None
    _settle(pair, "undo", by=by)
    commit_listing()
    sync_index(*back)


def propose_pairs(since: datetime | None = None) -> int:
    """Look for listings that resemble one another, for the background; what people have decided stays.

    Args:
        since: look at what changed since then, UTC; None at everything.

    Returns:
        how many pairs are new.

    Raises:
        SearchUnavailable: the matcher is being prepared; the next run finds the same.
    """
    new = 0
    for kind in LISTINGS:
        after = 0
        while rows := queries.offered_batch(kind, after, BATCH, since):
            after = rows[-1].id
            # Before the rollback below, after which each row would be read again by itself.
            numbers = [row.id for row in rows]
            found = _resembling_both_ways(kind, rows)
            # Ranked before the transaction that writes begins: on SQLite everybody who saves waits for that.
            db.session.rollback()
            new += _propose(kind, numbers, found)
    return new


def _resembling_both_ways(kind: str, rows: list[Row]) -> list[Resemblance]:
    """The pairs of which one is among the rows, as either of the two finds the other.

    A list of matches ends after a few (`finding.MOST`), so one of a pair may find the other and not be found by it.
    """
    found = finding.resembling(kind, rows)
    numbers = {row.id for row in rows}
    others: set[int] = set()
    for pair in found:
        others |= {pair.one_id, pair.other_id} - numbers
    # Proposed already: what only the other one finds must not be forgotten.
    for proposed in queries.proposed_pairs(kind, sorted(numbers)):
        others |= {proposed.one_id, proposed.other_id} - numbers
    both = {(pair.one_id, pair.other_id): pair for pair in found}
    for pair in finding.resembling(kind, queries.offered_rows(kind, sorted(others))):
        place = (pair.one_id, pair.other_id)
        # Of pairs among the others neither was to be looked at.
        if numbers.isdisjoint(place):
            continue
        if place not in both or both[place].score < pair.score:
            both[place] = pair
    return [both[place] for place in sorted(both)]


def _propose(kind: str, numbers: list[int], found: list[Resemblance]) -> int:
    """Note the pairs of a batch; those that no longer resemble one another are forgotten."""
    # Nothing to note and nothing to forget, as nearly always: then nobody waits for a writer.
    if not found and not queries.proposed_pairs(kind, numbers):
        return 0
    persistence.begin_write()
    current = {(one.one_id, one.other_id): one.score for one in found}
    for pair in queries.proposed_pairs(kind, numbers):
        score = current.pop((pair.one_id, pair.other_id), None)
        if score is None:
            db.session.delete(pair)
        # Less is noise of the weights, and a new revision would make an open page stale.
        elif abs(score - pair.score) > 0.01:
            pair.score = score
    new = 0
    for (one_id, other_id), score in current.items():
        statement = persistence.insert_into(ListingPair).values(
            listing_kind=kind,
            one_id=one_id,
            other_id=other_id,
            score=score,
            state="proposed",
            found_at=now(),
        )
        # Decided already, or noted by another host.
        new += persistence.count_changed(statement.on_conflict_do_nothing())
    persistence.commit()
    return new


def _require_seen(pair: ListingPair, seen: int) -> None:
    if pair.revision != seen:
        raise Stale("这一对刚有人处理过。", "请重新打开，看过再决定。")


def _settle(pair: ListingPair, deed: str, *, by: Reader | None, note: str = "") -> None:
    pair.life.move(pair, deed, by=by, note=note)
    open_again = pair.state == "proposed"
    pair.settled_at = None if open_again else now()
    pair.settled_by_id = None if open_again else reader_id(by)
