"""Every write of every session becomes entries of the audit, in the transaction of the write itself.

The one place where the house listens to sessions (decision 048): what must never be forgotten cannot depend on a deed's
remembering it. What of a column is written stands in `policy.py`, what becomes of changes in `changes.py`.
"""

from __future__ import annotations

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

from marketplace.audit.appending import append_entries
from marketplace.audit.changes import Change, Key, drafts_of
from marketplace.audit.entries import Draft
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
# Six letters each, as they are cut off below.
VERBS = ("INSERT", "UPDATE", "DELETE", "REPLAC")
SET = re.compile(r"\bset\s+(?P<sets>.*?)(?:\swhere\s|\sreturning\s|$)", re.I | re.S)
COLUMN = re.compile(r'(?:^|,)\s*"?(\w+)"?\s*=', re.ASCII)
# Whether the statements of this moment come from a flush.
_flushes: ContextVar[bool] = ContextVar("flushes", default=False)


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
    # On the session itself: two sessions of one thread (`looks._store_drafts`) must not mix.
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
        # A row that goes leaves its last values in the entry.
        if state.expired_attributes:
            session.refresh(thing)
    # What the flush itself sends is seen row by row, so its statements are not counted again.
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
        if treatment_of(column) not in ("plain", "personal"):
            continue  # its value is written nowhere
        history = state.attrs[key].history
        # SQLAlchemy knows a new value and no old one.
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
    # On the connection: a query of the session would flush first, and there would be nothing old to read.
    row = session.connection().execute(wanted).first()
    # Deleted by somebody else meanwhile: the flush will say so.
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
        # The object was collected; its row was written by another state.
        if thing is None:
            continue
        if isinstance(thing, History):
            # Only new ones: a History row never changes.
            if state.key is None:
                pending.items.append(thing)
            continue
        # Before rows without changes of their own are passed over: a role comes without any column of its person.
        _collect_links(pending, state, is_delete=is_delete)
        table = state.mapper.local_table
        # `list_only`: only a collection of it changed, and its own row was not written.
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
            # A column that was set without being read may have had the same value already.
            if old != new:
                change.note(column, old, new)
    change.subject = _subject_of(table, values)
    organisation = values.get("organisation_id")
    # Its own row names it by its key.
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
            # A row that goes takes its links along, also those that nobody touched.
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
    # A person's own row names them by its key.
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
    # A connection comes from a pool: statements of a transaction that was rolled back were not done.
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
    # Sessions, counters and the audit itself are no deeds of people.
    if match is None or match["table"] in TECHNICAL_TABLES:
        return
    columns = []
    if sets := SET.search(statement):
        columns = sorted(set(COLUMN.findall(sets["sets"])) - TECHNICAL_COLUMNS)
        if not columns:
            return
    # Statements, not rows: how many rows one of them met is known only afterwards.
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
    # What is not flushed yet has no entry yet; the flush of the commit itself would come after this.
    session.flush()
    pending = pending_of(session)
    statements = []
    if pending.connection is not None and not pending.connection.closed:
        statements = pending.connection.info.pop(BULK, [])
    if not pending.items and not statements:
        return
    drafts = drafts_of(pending.items, statements)
    # Before they are appended: what that writes must not find them once more.
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
        # Only what came since the savepoint; what was before it may still be committed.
        del pending.items[pending.marks.pop(transaction, 0) :]
    elif transaction.parent is None:
        pending.items.clear()


@event.listens_for(Session, "after_transaction_end")
def _forget_marks(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        pending = pending_of(session)
        pending.marks.clear()
        pending.connection = None
