"""What is done about alerts: saving a search, taking it away, and alerting people. The only file here that commits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.alerts import announcements, queries
from marketplace.alerts.models import (
    MAX_NAME,
    MAX_QUERY,
    Alerted,
    MatchScan,
    SavedSearch,
)
from marketplace.alerts.queries import NewFinding, NewMatch
from marketplace.catalogue.facets import facet_names
from marketplace.catalogue.search_state import SearchState
from marketplace.clock import now
from marketplace.errors import Invalid, NotNow
from marketplace.extensions import db
from marketplace.permissions import require

MAX_SEARCHES = 30  # of one person


def save_search(state: SearchState, *, by: Person) -> SavedSearch:
    """保存这次检索: be alerted to what is new in it.

    Args:
        state: what is searched.
        by: who wants to be alerted.

    Returns:
        the saved search; the one that is there already, where they have saved it before.

    Raises:
        NotAllowed.
        Invalid: it looks for nothing in particular.
        NotNow: they have saved as many as one may.
    """
    require(by, "alerts.save")
    message, advice = queries.why_not_savable(state)
    if message:
        raise Invalid(message, advice)
    # Without order and page, so that one search is saved once, however it was looked at.
    query = queries.canonical_query(state)
    if len(query) > MAX_QUERY:
        raise Invalid("选的筛选太多，没有保存。", "请去掉一些筛选再保存。")
    saved = queries.saved_as(state, by)
    if saved is not None:
        return saved
    # Each of them is carried out every morning.
    if queries.count_searches(by) >= MAX_SEARCHES:
        raise NotNow(f"最多保存 {MAX_SEARCHES} 个检索。", "请先删去不再需要的。")
    name = queries.describe_state(state, facet_names())[:MAX_NAME]
    search = SavedSearch(person_id=by.id, name=name, query=query)
    db.session.add(search)
    pressed_twice = NotNow("这次检索已经保存了。", "在「我的」里可以看到。")
    persistence.commit(duplicates={"uq_saved_search_query": pressed_twice})
    return search


def remove_search(search: SavedSearch, *, by: Person) -> None:
    """删去: be alerted no more. Raises NotAllowed."""
    require(by, "alerts.save")
    db.session.delete(search)
    persistence.commit()


def forget_person(person_id: int) -> None:
    """Remove what somebody has saved, whose account is closed (no commit)."""
    # Not only the searches: what somebody was alerted to says what they look for.
    for table in (SavedSearch, Alerted):
        db.session.execute(db.delete(table).where(table.person_id == person_id))


# -- work in the background --------------------------------------------------------------------------------------------


def alert_to_findings() -> int:
    """Notify everybody of what is new in the searches they have saved: one notice each, each listing once.

    Returns:
        number of notices.

    Raises:
        SearchUnavailable: the engine does not answer; the next run finds the same again.
    """
    count = 0
    names = facet_names()
    replaced = queries.read_replaced()
    for person in queries.searching_people():
        # Once for all searches of a person: what one of them finds is no news of the next.
        known = queries.alerted_to(person.id)
        findings = []
        # Read before the transaction that writes begins: on SQLite everybody who saves waits for that.
        for search in queries.saved_searches(person):
            finding = queries.new_findings(search, known, names, replaced)
            if finding.rows:
                findings.append(finding)
        if findings:
            count += _alert_of_findings(person.id, findings)
        # What was read of one person is let go before the next, so that no transaction lasts as long as the run.
        db.session.rollback()
    return count


def _alert_of_findings(person_id: int, findings: Sequence[NewFinding]) -> int:
    persistence.begin_write()
    # Read again: the account may have been closed while the searches were carried out.
    person = db.session.get_one(Person, person_id)
    keys = []
    for finding in findings:
        for row in finding.rows:
            keys.append((queries.SEARCHES, 0, row.kind, row.id))
    numbers = _note_alerted(person_id, keys)
    # Another host was quicker, or the account was closed meanwhile.
    if len(numbers) < len(keys) or not person.active:
        db.session.rollback()
        return 0
    announcements.announce_findings(person, findings, numbers[0])
    persistence.commit()
    return 1


def alert_to_matches() -> int:
    """Notify people of new listings that fit theirs: one notice each, each pair once.

    Returns:
        number of notices.

    Raises:
        SearchUnavailable: the matcher is being prepared; the next run finds the same again.
    """
    fresh = queries.unscanned_listings()
    if not fresh:
        return 0
    # The moments as they are now: what is published once more while this compares is looked at again.
    scans = queries.scan_values(fresh)
    # Sorted by person, as `groupby` needs it, and then as the notice lists them.
    found = sorted(queries.new_matches(fresh), key=_person_and_subject)
    # Loaded before the transaction that writes begins, which forgets what was read.
    by_person: list[tuple[int, list[NewMatch]]] = []
    for person_id, group in groupby(found, key=lambda one: one.person.id):
        by_person.append((person_id, list(group)))
    persistence.begin_write()
    count = 0
    for person_id, matches in by_person:
        count += _alert_of_matches(person_id, matches)
    _note_scanned(scans)
    # Noted with the notices in one commit: a run that is cut off begins again and forgets nobody.
    persistence.commit()
    return count


def _person_and_subject(match: NewMatch) -> tuple[int, str, int, int]:
    return match.person.id, match.subject.kind, match.subject.id, match.offer.rank


def _alert_of_matches(person_id: int, matches: Sequence[NewMatch]) -> int:
    left = []
    first = 0
    for match in matches:
        row = match.offer.row
        key = (match.subject.kind, match.subject.id, row.kind, row.id)
        numbers = _note_alerted(person_id, [key])
        if numbers:
            first = first or numbers[0]
            left.append(match)
    if not left:
        return 0
    announcements.announce_matches(left[0].person, left, first)
    return 1


def _note_alerted(
    person_id: int, keys: Iterable[tuple[str, int, str, int]]
) -> list[int]:
    """Note what somebody is alerted to (no commit).

    Returns:
        numbers of the rows that are new.
    """
    numbers = []
    for for_kind, for_id, kind, listing_id in keys:
        values = {
            "person_id": person_id,
            "for_kind": for_kind,
            "for_id": for_id,
            "kind": kind,
            "listing_id": listing_id,
            "at": now(),
        }
        # Two hosts may take turns as the leader in the middle of a run: neither may fail on what the other has noted.
        statement = persistence.insert_into(Alerted).values(**values)
        statement = statement.on_conflict_do_nothing()
        number = db.session.scalar(statement.returning(Alerted.id))
        if number is not None:
            numbers.append(number)
    return numbers


def _note_scanned(scans: Iterable[dict[str, Any]]) -> None:
    for values in scans:
        statement = persistence.insert_into(MatchScan).values(**values)
        # Published once more: the same row with the newer moment.
        statement = statement.on_conflict_do_update(
            index_elements=["kind", "listing_id"],
            set_={"published_at": values["published_at"]},
        )
        db.session.execute(statement)


def remove_alerted(before: datetime) -> int:
    """Remove what people were alerted to before a moment (no commit); how many rows.

    By then the listing is older than any that a search calls new (`queries.NEWS`), however often it was renewed.
    """
    return persistence.count_changed(db.delete(Alerted).where(Alerted.at < before))
