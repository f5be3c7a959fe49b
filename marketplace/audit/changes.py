"""What a transaction did to rows, and the entries that come of it: one for each thing that was written.

How changes are noticed stands in `collecting.py`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from marketplace.audit.acting import Acting, now_acting
from marketplace.audit.entries import Draft, Personal, plain_value
from marketplace.audit.policy import treatment_of
from marketplace.lifecycle import History

MAX_THING = 80  # characters of a key; a longer one is named by its SHA-256

Key = tuple[str, str]  # name of a table, key of a row as text


@dataclass
class Change:
    """What happened to one row.

    Attributes:
        row: the row.
        root: the row it belongs to; itself where it stands for itself.
        before, after: column → value, of what changed; None where there was, or is, no row.
        personal_before, personal_after: the same, of what belongs to a person.
        secret: columns that changed and whose values are never written.
        subject: id of the person the personal values belong to.
        organisation: id of the organisation the row belongs to.
    """

    row: Key
    root: Key
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    personal_before: dict[str, Any] = field(default_factory=dict)
    personal_after: dict[str, Any] = field(default_factory=dict)
    secret: list[str] = field(default_factory=list)
    subject: int | None = None
    organisation: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing worth an entry changed in a row that stays."""
        # That a row came or went is worth an entry by itself, with no value left to say.
        if self.before is None or self.after is None:
            return False
        changed = self.before or self.after or self.personal_before
        return not (changed or self.personal_after or self.secret)

    def note(self, column: sa.Column[Any], old: Any, new: Any) -> None:
        """Note what a column was and is, as the policy says; where the row came or went, one of them only."""
        treatment = treatment_of(column)
        if treatment == "secret":
            # That a password changed is worth an entry; no hash of it is.
            self.secret.append(column.name)
        # Technical columns say nothing of what people did.
        if treatment not in ("plain", "personal"):
            return
        before, after = self.before, self.after
        if treatment == "personal":
            before, after = self.personal_before, self.personal_after
        # A row that is new has no before, not even an empty one.
        if self.before is not None and before is not None:
            before[column.name] = plain_value(old)
        if self.after is not None and after is not None:
            after[column.name] = plain_value(new)

    def follow(self, later: Change) -> None:
        """Take in what happened to the same row later in the same transaction."""
        for mine, others in (
            (self.before, later.before),
            (self.personal_before, later.personal_before),
        ):
            if mine is not None:
                # What it was before the first change stays.
                mine.update({**(others or {}), **mine})
        if self.after is not None:
            self.after.update(later.after or {})
        # The last value wins; what was between was never committed.
        self.personal_after.update(later.personal_after)
        self.secret = sorted({*self.secret, *later.secret})


def drafts_of(
    items: list[Change | History | Draft],
    statements: list[tuple[str, str, tuple[str, ...], int]],
) -> list[Draft]:
    """One draft for each thing that a transaction wrote, in the order in which it was first written."""
    acting = now_acting()
    # Root → its rows: what belongs to one listing is one entry.
    changes: dict[Key, dict[Key, Change]] = {}
    lives: dict[Key, list[History]] = {}
    recorded: dict[Key, list[Draft]] = {}
    # A dict and no set: it remembers the order in which things were written.
    order: dict[Key, None] = {}
    for place, item in enumerate(items):
        if isinstance(item, Change):
            key = item.root
            rows = changes.setdefault(key, {})
            # Several flushes of one transaction write the same row; the audit tells what was committed.
            earlier = rows.get(item.row)
            if earlier is None:
                rows[item.row] = item
            # Deleted and made again under one key: two rows, which one number tells apart.
            elif earlier.after is None or item.after is None:
                rows[(item.row[0], f"{item.row[1]}#{place}")] = item
            else:
                earlier.follow(item)
        elif isinstance(item, History):
            key = (item.kind, str(item.thing_id))
            lives.setdefault(key, []).append(item)
        else:
            key = (item.kind, item.thing)
            recorded.setdefault(key, []).append(item)
        order.setdefault(key)
    drafts = []
    for key in order:
        written = list(changes.get(key, {}).values())
        if written or key in lives:
            draft = _draft_of(key, written, lives.get(key, []), acting)
            # A deed that was recorded by name is the deed of what it wrote to the same thing.
            if named := recorded.get(key):
                first = named.pop(0)
                draft.deed = first.deed
                draft.values.update(first.values)
                draft.personal += first.personal
            drafts.append(draft)
        # Recorded deeds that wrote no row, or more of them than one entry can bear.
        drafts += recorded.get(key, [])
    # Statements over many rows have no old values; their count says how much they changed.
    for verb, table, columns, count in statements:
        values = {"statement": verb, "columns": list(columns), "rows": count}
        drafts.append(Draft(acting.deed, table, values=values))
    for draft in drafts:
        complete_draft(draft, acting)
    return drafts


def _draft_of(
    key: Key, changes: list[Change], lives: list[History], acting: Acting
) -> Draft:
    """The entry about one thing."""
    draft = Draft(acting.deed, *key)
    if changes:
        draft.values["rows"] = [_row_values(change) for change in changes]
    for change in changes:
        if change.personal_before or change.personal_after:
            values = {"row": list(change.row), "before": change.personal_before}
            values["after"] = change.personal_after
            draft.personal.append(Personal(change.subject, values))
        # Who belongs to several and chose none acts for the one whose row it is.
        if acting.organisation is None and change.organisation in acting.organisations:
            draft.organisation = change.organisation
    if lives:
        # Of one flush they come in no order of their own; their numbers are the order in which they were made.
        lives = sorted(lives, key=lambda life: life.id)
        # Of several moves in one transaction the last one is what was pressed.
        draft.deed = f"{key[0]}.{lives[-1].deed}"
        # A job moves for somebody else, or for nobody; the History row knows.
        draft.actor = lives[-1].by_id
        moves = []
        for life in lives:
            moves.append(
                {
                    "deed": life.deed,
                    "before": life.before,
                    "after": life.after,
                    # Notes name people by number (086), so that they may be hashed for good.
                    "note": life.note or "",
                    "changed": life.changed or [],
                }
            )
        draft.values["life"] = moves
    return draft


def _row_values(change: Change) -> dict[str, Any]:
    values: dict[str, Any] = {"row": list(change.row)}
    values["before"] = change.before
    values["after"] = change.after
    if change.secret:
        values["secret"] = change.secret
    return values


def complete_draft(draft: Draft, acting: Acting) -> None:
    """Fill in who acts, for whom and from where, as far as the draft does not say."""
    # Filled in when it was recorded: what is stored later knows another request, or none.
    if draft.is_complete:
        return
    draft.is_complete = True
    # Keys of several columns may be longer than the indexed column.
    if len(draft.thing) > MAX_THING:
        draft.thing = hashlib.sha256(draft.thing.encode()).hexdigest()
    if draft.actor is None:
        draft.actor = acting.actor
    # For whom the present person acts says nothing of another actor.
    if draft.organisation is None and draft.actor == acting.actor:
        draft.organisation = acting.organisation
    if acting.represented is not None:
        draft.values["in_place_of"] = acting.represented
    # Behind a digest with the actor as its owner: an address is personal and is erased with them.
    if acting.address:
        draft.personal.append(Personal(draft.actor, {"address": acting.address}))
