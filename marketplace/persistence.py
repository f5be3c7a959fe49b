"""How the house writes to its database: beginning as a writer, committing once, refusals in our words, pages of rows.

What is written stands in the rooms; which requests write is declared at the door.
"""

from __future__ import annotations

import errno
import random
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar, cast

from sqlalchemy import (
    CursorResult,
    Engine,
    Executable,
    Index,
    Table,
    UniqueConstraint,
    event,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.schema import ColumnCollectionConstraint

from marketplace.errors import NOT_SAVED, Busy, Invalid, MarketError, Stale
from marketplace.extensions import Model, db

MAX_ID = 2**31 - 1  # a number in an address may be larger than any database takes
Row = TypeVar("Row", bound=Model)
Item = TypeVar("Item")

_begins_as_writer: ContextVar[bool] = ContextVar("begins_as_writer", default=False)
# Milliseconds that a writer waits for another one; None is as long as `busy_timeout` says.
_patience: ContextVar[int | None] = ContextVar("patience", default=None)

# What the form of the present deed could not read (`forms.PageForm.judged_whole`).
unread_boxes: ContextVar[Mapping[str, list[str]]] = ContextVar("unread_boxes")

CHANGED_MEANWHILE = ("这一条刚有改动。", "请重新打开，看过新的内容再决定。")
PAUSE = 0.005  # seconds between two tries to begin as a writer; a save holds the database for some 20 ms
# A writer who has waited for t seconds tries (1 + AGEING · t) times as often as one who comes now. Who is next is drawn
# by lot, and the lot forgets how long somebody has waited: of eight writers who each held the database for 60 ms the
# unluckiest waited 2.4 to 3.2 s with even pauses and 1.7 so.
AGEING = 2.0

# SQLSTATE of PostgreSQL: a lock was not to be had in time, two transactions waited for each other, or read what the
# other one wrote. Each says that somebody else is saving.
WAITED_IN_VAIN = ("55P03", "40P01", "40001")

# Codes that say that nothing can be written, and why. An error of input or output while writing (SQLITE_IOERR_WRITE and
# its like) is a full disk as a rule: SQLite tells FULL only where the system told it ENOSPC.
UNWRITABLE_SQLITE = {
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_IOERR_WRITE: "full",
    sqlite3.SQLITE_IOERR_SHMSIZE: "full",
    sqlite3.SQLITE_IOERR_SHMMAP: "full",
    sqlite3.SQLITE_IOERR_FSYNC: "full",
    sqlite3.SQLITE_IOERR_TRUNCATE: "full",
    sqlite3.SQLITE_READONLY: "readonly",
}
UNWRITABLE_FILE = {
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EROFS: "readonly",
}
# disk_full, read_only_sql_transaction
UNWRITABLE_POSTGRESQL = {"53100": "full", "25006": "readonly"}


# -- beginning ---------------------------------------------------------------------------------------------------------


def expect_writing(yes: bool = True) -> None:
    """Begin every further transaction of this thread as a writer, or as a reader again.

    SQLite never lets a transaction that has read become a writer once somebody else has saved: it refuses at once,
    whatever `busy_timeout` says. One that begins as a writer waits its turn. Without this, 352 of 725 saves of two
    people were refused. On PostgreSQL, where writers wait by themselves, nothing changes.
    """
    _begins_as_writer.set(yes)


def writes() -> bool:
    """Whether transactions of this thread begin as writers now."""
    return _begins_as_writer.get()


def stop_writing() -> None:
    """Let go of the database: what was not committed is lost, and what follows in this request only reads.

    For a request that began as a writer and now only shows something: rendering a page or ranking for it takes longer
    than most saves, and on SQLite everybody who saves waits for it.
    """
    if _begins_as_writer.get():
        db.session.rollback()
        expect_writing(False)


def turn_writer() -> None:
    """Begin as a writer with the next query of this request, after something long that only read.

    What was not committed is lost, and rows that were loaded are read again when they are next looked at. Unlike
    `begin_write` nothing is waited for yet: what is still computed before that query holds nobody up.
    """
    db.session.rollback()
    expect_writing()


def try_write(statement: Executable) -> bool:
    """Carry out one statement and commit it, unless somebody else is writing: for what may as well be done later.

    What was not committed before is lost. Nothing is waited for on SQLite, and a database that takes nothing (a full
    disk, a file that may only be read) is no error here.

    Returns:
        whether it was carried out.
    """
    db.session.rollback()
    before = _begins_as_writer.set(True)
    patience = _patience.set(0)
    try:
        db.session.execute(statement)
        db.session.commit()
    except OperationalError as error:
        db.session.rollback()
        if not is_locked(error) and not why_unwritable(error):
            raise
        return False
    finally:
        _patience.reset(patience)
        _begins_as_writer.reset(before)
    return True


def count_changed(statement: Executable) -> int:
    """Carry out a statement that changes or removes rows, and count them; no commit."""
    result = cast("CursorResult[Any]", db.session.execute(statement))
    return result.rowcount


def begin_write() -> None:
    """End the present transaction and begin a new one as a writer, for jobs, commands and what follows a long reading.

    What was not committed is lost, and rows that were loaded are read again when they are next looked at.

    Raises:
        Busy: somebody else went on writing for longer than `busy_timeout`.
    """
    db.session.rollback()
    before = _begins_as_writer.set(True)
    try:
        db.session.connection()  # begins
    except OperationalError as error:
        db.session.rollback()
        if is_locked(error):
            raise Busy from None
        raise
    finally:
        _begins_as_writer.reset(before)


@event.listens_for(Engine, "begin")
def _begin_on_sqlite(connection: Any) -> None:
    """Begin for the driver, which does not (see `extensions`): as a writer where one is expected."""
    if connection.dialect.name != "sqlite":
        return
    if _begins_as_writer.get():
        _begin_in_turn(connection)
    else:
        connection.exec_driver_sql("BEGIN")


def _begin_in_turn(connection: Any) -> None:
    """Begin as a writer, trying again at ever shorter pauses for as long as `busy_timeout` says.

    SQLite's own waiting sleeps ever longer, so that who has waited longest comes last: with eight people who saved
    without a pause one save in a hundred took 4.3 s and the slowest 8.6; with even pauses 1.6 and 2.3.
    """
    driver = connection.connection.driver_connection
    (usual,) = driver.execute("PRAGMA busy_timeout").fetchone()  # milliseconds
    patience = _patience.get()
    if patience is None:
        patience = usual
    driver.execute("PRAGMA busy_timeout = 0")
    began = time.monotonic()
    end = began + patience / 1000
    try:
        while True:
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                return
            except OperationalError as error:
                if not is_locked(error) or time.monotonic() > end:
                    raise
            # Spread, so that those who were refused together do not come back together.
            spread = random.uniform(0.5, 1.5)  # noqa: S311  no secret
            waited = time.monotonic() - began
            time.sleep(PAUSE * spread / (1 + AGEING * waited))
    finally:
        driver.execute(f"PRAGMA busy_timeout = {usual}")


# -- committing --------------------------------------------------------------------------------------------------------


def commit(
    *, stale: Stale | None = None, duplicates: Mapping[str, MarketError] | None = None
) -> None:
    """Commit the session; what the database refuses is rolled back and raised in our words.

    Args:
        stale: raised where a row was changed since it was read, or somebody else was quicker; default general words.
        duplicates: name of a constraint → what to raise where it is violated; other violations pass as they are.

    Raises:
        Stale, Busy, and what `duplicates` names.
        Invalid: the form of this deed could not be read wholly.
    """
    if unread := unread_boxes.get({}):
        db.session.rollback()
        raise Invalid(*NOT_SAVED, problems=unread)
    with refusals(stale=stale, duplicates=duplicates):
        db.session.commit()


@contextmanager
def refusals(
    *, stale: Stale | None = None, duplicates: Mapping[str, MarketError] | None = None
) -> Iterator[None]:
    """What `commit` does, around any other writing: a flush that needs an id, a whole list. Arguments as there."""
    try:
        yield
    except StaleDataError:
        db.session.rollback()
        raise stale or Stale(*CHANGED_MEANWHILE) from None
    except IntegrityError as error:
        db.session.rollback()
        refusal = (duplicates or {}).get(violated_constraint(error) or "")
        if refusal is None:
            raise
        raise refusal from None
    except OperationalError as error:
        db.session.rollback()
        if not is_locked(error):
            raise
        # On SQLite only a transaction that began as a reader is refused here: somebody saved since it read.
        if isinstance(error.orig, sqlite3.Error):
            raise stale or Stale(
                "同一时刻有别人在保存，这一次没有存上。", "请再保存一次。"
            ) from None
        raise Busy from None


def row_number(text: str) -> int:
    """A number of a row from an address or a form, for `type=`. Raises ValueError: no database takes such a number."""
    number = int(text)
    if abs(number) > MAX_ID:
        raise ValueError(text[:20])
    return number


def find_row(model: type[Row], number: int) -> Row | None:
    """The row of a number that an address gave; None where there is none, or no database takes such a number."""
    if number > MAX_ID:
        return None
    row: Row | None = db.session.get(model, number)
    return row


def add_once(row: Row) -> None:
    """Add a row that somebody else may be adding at this moment: then theirs stands (no commit).

    For what is the same whoever adds it, as a text that people agree to.
    """
    with suppress(IntegrityError), db.session.begin_nested():
        db.session.add(row)


def insert_into(table: type[Row]) -> Any:
    """An INSERT that may say what happens where the row is there already, in the words of this database.

    For what two write at the same moment without seeing each other: the database decides, by what follows
    (`on_conflict_do_nothing`, `on_conflict_do_update`).
    """
    dialect = db.session.get_bind().dialect.name
    insert: Any = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(table.__table__)


def hold_row(row: Row) -> None:
    """Let nobody else decide about a row before this commit, and read it again as it is at this moment.

    Of two people who decide at once the second waits here and then sees what the first has done. SQLite lets one
    request write at a time; PostgreSQL would let both read "waiting", and the later word would silently win.
    """
    db.session.refresh(row, with_for_update={"of": type(row)})


def is_locked(error: BaseException) -> bool:
    """Whether an error of the database says that somebody else is writing, not that the database is away."""
    original = getattr(error, "orig", None)
    if isinstance(original, sqlite3.Error):
        # The low byte is the kind: SQLITE_BUSY_SNAPSHOT (517) is a SQLITE_BUSY (5) too.
        return original.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
    return getattr(original, "sqlstate", None) in WAITED_IN_VAIN


def why_unwritable(error: BaseException | None) -> str:
    """Why nothing can be written, where that is what an error of the database or of a file says.

    Returns:
        `full` (no room left), `readonly` (may be read and not written) or "" (something else is wrong).
    """
    original = getattr(error, "orig", None) or error
    if isinstance(original, sqlite3.Error):
        code = getattr(original, "sqlite_errorcode", 0)
        return UNWRITABLE_SQLITE.get(code) or UNWRITABLE_SQLITE.get(code & 0xFF, "")
    if isinstance(original, OSError):
        return UNWRITABLE_FILE.get(original.errno or 0, "")
    return UNWRITABLE_POSTGRESQL.get(getattr(original, "sqlstate", None) or "", "")


def violated_constraint(error: IntegrityError) -> str | None:
    """The name of the constraint or unique index that a write broke; None where it cannot be known.

    PostgreSQL names it. SQLite names a CHECK, but of a uniqueness only the columns: those are looked up.
    """
    diagnosis = getattr(error.orig, "diag", None)
    if diagnosis is not None:
        name: str | None = diagnosis.constraint_name
        return name
    kind, _, named = str(error.orig).partition(" constraint failed: ")
    if kind == "CHECK":
        return named
    if kind != "UNIQUE":
        return None
    columns = [part.rpartition(".") for part in named.split(", ")]
    table = db.metadata.tables.get(columns[0][0])
    if table is None:
        return None
    return _unique_names(table).get(frozenset(name for _, _, name in columns))


def _unique_names(table: Table) -> dict[frozenset[str], str]:
    """Columns → name of the constraint or index that lets no two rows share them."""
    rules: list[UniqueConstraint | Index] = [
        rule for rule in table.constraints if isinstance(rule, UniqueConstraint)
    ]
    rules += [index for index in table.indexes if index.unique]
    names = {_column_names(rule): str(rule.name) for rule in rules}
    names[_column_names(table.primary_key)] = str(table.primary_key.name)
    return names


def _column_names(rule: ColumnCollectionConstraint | Index) -> frozenset[str]:
    return frozenset(column.name for column in rule.columns)


# -- pages and batches -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Page:
    """The arithmetic of a list in pages, counted from 1.

    Attributes:
        total: rows in all.
        size: rows on a page, at least 1.
    """

    total: int
    size: int

    @property
    def pages(self) -> int:
        """How many pages there are; an empty list has one."""
        return max(1, -(-self.total // self.size))

    def clamp(self, number: int) -> int:
        """The nearest page there is."""
        return min(max(1, number), self.pages)

    def offset(self, number: int) -> int:
        """Rows before a page, the nearest one there is."""
        return (self.clamp(number) - 1) * self.size


def chunked(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Lists of at most `size` items, in order; none of them is empty."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
