"""Every write of every session becomes entries of the audit, in the transaction of the write itself.

The one place where the house listens to sessions (decision 048): what must never be forgotten cannot depend on a deed's
remembering it. What of a column is written stands in `policy.py`, how an entry gets its place in `appending.py`.
"""

from __future__ import annotations

import hashlib
import re
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Engine, Table, event
from sqlalchemy.orm import (
    InstanceState,
    Mapper,
    Session,
    SessionTransaction,
    UOWTransaction,
)

from marketplace.audit.acting import Acting, now_acting
from marketplace.audit.appending import append_entries
from marketplace.audit.entries import Draft, Personal, plain_value
from marketplace.audit.policy import (
    SUBJECTS,
    TECHNICAL_COLUMNS,
    TECHNICAL_TABLES,
    is_technical,
    parent_column,
    treatment_of,
)
from marketplace.lifecycle import History

# What a transaction wrote without a flush, by the connection: statements over many rows, which no object shows.
BULK = "audit_bulk"
WRITE = re.compile(
    r"\s*(?P<verb>insert|update|delete|replace)\s+(?:or\s+\w+\s+)?(?:into\s+|from\s+|only\s+)?"
    r'"?(?P<table>\w+)"?',
    re.ASCII | re.IGNORECASE,
)
VERBS = ("INSERT", "UPDATE", "DELETE", "REPLAC")
SET = re.compile(r"\bset\s+(?P<sets>.*?)(?:\swhere\s|\sreturning\s|$)", re.I | re.S)
COLUMN = re.compile(r'(?:^|,)\s*"?(\w+)"?\s*=', re.ASCII)
THING_MOST = 80  # characters of a key; a longer one is named by its SHA-256
_flushes: ContextVar[bool] = ContextVar("flushes", default=False)

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
        if self.before is None or self.after is None:
            return False
        changed = self.before or self.after or self.personal_before
        return not (changed or self.personal_after or self.secret)

    def note(self, column: sa.Column[Any], old: Any, new: Any) -> None:
        """Note what a column was and is, as the policy says; where the row came or went, one of them only."""
        treatment = treatment_of(column)
        if treatment == "secret":
            self.secret.append(column.name)
        if treatment not in ("plain", "personal"):
            return
        before, after = self.before, self.after
        if treatment == "personal":
            before, after = self.personal_before, self.personal_after
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
        self.personal_after.update(later.personal_after)
        self.secret = sorted({*self.secret, *later.secret})


@dataclass
class Pending:
    """What a session will write to the audit with its commit.

    Attributes:
        items: row changes, History rows and recorded drafts, in their order.
        marks: savepoint → how many items there were when it began.
        unknown: values of columns as the database has them, of rows whose old values were never loaded.
        connection: the connection of the present transaction.
    """

    items: list[Change | History | Draft] = field(default_factory=list)
    marks: dict[SessionTransaction, int] = field(default_factory=dict)
    unknown: dict[InstanceState[Any], dict[str, Any]] = field(default_factory=dict)
    connection: sa.Connection | None = None


def pending_of(session: Session) -> Pending:
    """What waits for the commit of a session."""
    pending: Pending = session.info.setdefault("audit", Pending())
    return pending


# -- collecting --------------------------------------------------------------------------------------------------------


@event.listens_for(Session, "before_flush")
def _look_before(session: Session, _context: UOWTransaction, _rows: Any) -> None:
    """Read what is about to be overwritten where the session never read it: afterwards it is gone."""
    pending = pending_of(session)
    for thing in session.dirty:
        state = sa.inspect(thing)
        missing = _unread_columns(state)
        if missing:
            pending.unknown[state] = _stored_values(session, state, missing)
    for thing in session.deleted:
        state = sa.inspect(thing)
        if state.expired_attributes:
            session.refresh(thing)
    _flushes.set(True)


@cache
def _columns_of(mapper: Mapper[Any]) -> dict[sa.Column[Any], str]:
    """Column → name of its attribute, of a table's own columns."""
    columns: dict[sa.Column[Any], str] = {}
    for attribute in mapper.column_attrs:
        column = attribute.columns[0]
        if isinstance(column, sa.Column) and column.table is mapper.local_table:
            columns[column] = attribute.key
    return columns


def _unread_columns(state: InstanceState[Any]) -> list[sa.Column[Any]]:
    """Columns that were set without having been read."""
    missing = []
    for column, key in _columns_of(state.mapper).items():
        # What was never set is not in the row's own dictionary, and needs no look.
        if key not in state.dict or key not in state.committed_state:
            continue
        history = state.attrs[key].history
        if history.added and not history.deleted and not history.unchanged:
            missing.append(column)
    return missing


def _stored_values(
    session: Session, state: InstanceState[Any], columns: list[sa.Column[Any]]
) -> dict[str, Any]:
    """Column → value as the database has it now."""
    keys = state.mapper.primary_key
    wanted = sa.select(*columns).where(
        *(key == value for key, value in zip(keys, state.identity or (), strict=False))
    )
    row = session.connection().execute(wanted).first()
    if row is None:
        return {}
    return dict(zip((column.name for column in columns), row, strict=True))


@event.listens_for(Session, "after_flush")
def _collect(session: Session, context: UOWTransaction) -> None:
    """Note what the flush has written, while the old values are still known."""
    _flushes.set(False)
    pending = pending_of(session)
    for state, (is_delete, list_only) in context.states.items():
        thing = state.obj()
        if thing is None:
            continue
        if isinstance(thing, History):
            if state.key is None:
                pending.items.append(thing)
            continue
        _collect_links(pending, state, is_delete=is_delete)
        table = state.mapper.local_table
        if list_only or not isinstance(table, Table) or is_technical(table):
            continue
        change = _change_of(state, table, pending.unknown, is_delete=is_delete)
        if not change.is_empty:
            pending.items.append(change)
    pending.unknown.clear()


def _change_of(
    state: InstanceState[Any],
    table: Table,
    unknown: dict[InstanceState[Any], dict[str, Any]],
    *,
    is_delete: bool,
) -> Change:
    """What a flush did to one row."""
    values = state.dict
    by_column = _columns_of(state.mapper)
    row = (table.name, _key_of(by_column, values, table))
    change = Change(row, _root_of(table, row, by_column, values), {}, {})
    is_new = state.key is None
    if is_new:
        change.before = None
    if is_delete:
        change.after = None
    for column, key in by_column.items():
        if is_new or is_delete:
            value = values.get(key)
            # A column without a value says nothing of a row that comes or goes.
            if value is not None and value != "":
                change.note(column, value, value)
        elif key in state.committed_state:
            history = state.attrs[key].history
            old = _old_value(history, unknown.get(state, {}), column)
            new = history.added[0] if history.added else None
            if old != new:
                change.note(column, old, new)
    change.subject = _subject_of(table, values)
    organisation = values.get("organisation_id")
    if table.name == "organisation":
        organisation = values.get("id")
    change.organisation = organisation
    return change


def _old_value(history: Any, unknown: dict[str, Any], column: sa.Column[Any]) -> Any:
    if history.deleted:
        return history.deleted[0]
    return unknown.get(column.name)


def _collect_links(
    pending: Pending, state: InstanceState[Any], *, is_delete: bool
) -> None:
    """Note rows of a table between two others, such as the roles of a person: no object stands for them."""
    for link in state.mapper.relationships:
        between = link.secondary
        if between is None or not isinstance(between, Table) or is_technical(between):
            continue
        history = state.attrs[link.key].history
        gone = list(history.deleted)
        if is_delete:
            gone += list(history.unchanged)
        for others, came in ((gone, False), (history.added, True)):
            for other in others:
                pending.items.append(_link_change(between, state, other, came=came))


def _link_change(
    between: Table, state: InstanceState[Any], other: Any, *, came: bool
) -> Change:
    """The row that links one thing with another came, or went."""
    mine = _identity(state)
    theirs = _identity(sa.inspect(other))
    row = (between.name, f"{mine}/{theirs}")
    values = {_table_name(sa.inspect(other)): theirs}
    change = Change(row, (_table_name(state), mine))
    if came:
        change.after = values
    else:
        change.before = values
    return change


def _table_name(state: InstanceState[Any]) -> str:
    table = state.mapper.local_table
    return table.name if isinstance(table, Table) else ""


def _identity(state: InstanceState[Any]) -> str:
    keys = [
        state.mapper.get_property_by_column(key) for key in state.mapper.primary_key
    ]
    return "/".join(str(state.dict.get(key.key)) for key in keys)


def _key_of(
    by_column: dict[sa.Column[Any], str], values: dict[str, Any], table: Table
) -> str:
    return "/".join(
        str(values.get(by_column[column])) for column in table.primary_key.columns
    )


def _root_of(
    table: Table,
    row: Key,
    by_column: dict[sa.Column[Any], str],
    values: dict[str, Any],
) -> Key:
    """The row that a row belongs to."""
    column = parent_column(table)
    if column is None or values.get(by_column[column]) is None:
        return row
    parent = next(iter(column.foreign_keys)).column.table.name
    return (parent, str(values[by_column[column]]))


def _subject_of(table: Table, values: dict[str, Any]) -> int | None:
    if table.name == "person":
        own: int | None = values.get("id")
        return own
    for name in SUBJECTS:
        if values.get(name) is not None:
            subject: int = values[name]
            return subject
    return None


# -- statements over many rows -----------------------------------------------------------------------------------------


@event.listens_for(Engine, "begin")
def _forget_statements(connection: sa.Connection) -> None:
    connection.info.pop(BULK, None)


@event.listens_for(Engine, "before_cursor_execute")
def _note_statement(
    connection: sa.Connection,
    _cursor: Any,
    statement: str,
    parameters: Any,
    _context: Any,
    many: bool,
) -> None:
    """Note a statement that writes rows without a flush."""
    # Every query of the site passes here: the first letters decide.
    if statement[:6].upper() not in VERBS or _flushes.get():
        return
    match = WRITE.match(statement)
    if match is None or match["table"] in TECHNICAL_TABLES:
        return
    columns = []
    if sets := SET.search(statement):
        columns = sorted(set(COLUMN.findall(sets["sets"])) - TECHNICAL_COLUMNS)
        if not columns:
            return
    count = len(parameters) if many else 1
    note = (match["verb"].lower(), match["table"], tuple(columns), count)
    connection.info.setdefault(BULK, []).append(note)


@event.listens_for(Session, "after_begin")
def _note_connection(
    session: Session, _transaction: SessionTransaction, connection: sa.Connection
) -> None:
    pending_of(session).connection = connection


# -- committing and rolling back ---------------------------------------------------------------------------------------


@event.listens_for(Session, "before_commit")
def _write_entries(session: Session) -> None:
    """Append the entries of a transaction as the last thing it does: the lock is held for as short as can be."""
    # A savepoint that is released commits nothing yet.
    if session.in_nested_transaction():
        return
    session.flush()
    pending = pending_of(session)
    statements = []
    if pending.connection is not None and not pending.connection.closed:
        statements = pending.connection.info.pop(BULK, [])
    if not pending.items and not statements:
        return
    drafts = _drafts_of(pending.items, statements)
    pending.items.clear()
    append_entries(session.connection(), drafts)


@event.listens_for(Session, "after_transaction_create")
def _mark_savepoint(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        pending = pending_of(session)
        pending.marks[transaction] = len(pending.items)


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, transaction: SessionTransaction) -> None:
    """What was rolled back was not done."""
    _flushes.set(False)
    pending = pending_of(session)
    pending.unknown.clear()
    if transaction.nested:
        del pending.items[pending.marks.pop(transaction, 0) :]
    elif transaction.parent is None:
        pending.items.clear()


@event.listens_for(Session, "after_transaction_end")
def _forget_marks(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        pending = pending_of(session)
        pending.marks.clear()
        pending.connection = None


# -- from changes to entries -------------------------------------------------------------------------------------------


def _drafts_of(
    items: list[Change | History | Draft],
    statements: list[tuple[str, str, tuple[str, ...], int]],
) -> list[Draft]:
    """One draft for each thing that a transaction wrote, in the order in which it was first written."""
    acting = now_acting()
    changes: dict[Key, dict[Key, Change]] = {}
    lives: dict[Key, list[History]] = {}
    recorded: dict[Key, list[Draft]] = {}
    order: dict[Key, None] = {}
    for place, item in enumerate(items):
        if isinstance(item, Change):
            key = item.root
            rows = changes.setdefault(key, {})
            earlier = rows.get(item.row)
            if earlier is None:
                rows[item.row] = item
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
        drafts += recorded.get(key, [])
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
        draft.deed = f"{key[0]}.{lives[-1].deed}"
        draft.actor = lives[-1].by_id
        moves = []
        for life in lives:
            moves.append(
                {
                    "deed": life.deed,
                    "before": life.before,
                    "after": life.after,
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
    if draft.is_complete:
        return
    draft.is_complete = True
    if len(draft.thing) > THING_MOST:
        draft.thing = hashlib.sha256(draft.thing.encode()).hexdigest()
    if draft.actor is None:
        draft.actor = acting.actor
    if draft.organisation is None and draft.actor == acting.actor:
        draft.organisation = acting.organisation
    if acting.address:
        draft.personal.append(Personal(draft.actor, {"address": acting.address}))
