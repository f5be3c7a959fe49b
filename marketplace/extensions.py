"""The extensions, made here and connected in `create_app`. No table, rule or page lives here."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from flask_babel import Babel
from flask_bootstrap import Bootstrap5
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_talisman import Talisman
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import Engine, MetaData, event, exc
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import Pool

from search.sqlite import FrozenConnection, connect_file

# Named constraints, so that a migration can drop what another one made, on every database.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Declarative base of every table."""

    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base)
# Tables derive from `Model`. At run time that is the class of the extension, which knows its metadata and names tables;
# it is made while the program runs, so that a type checker cannot see it and is given the base instead.
if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model
migrate = Migrate(render_as_batch=True, compare_type=True)
csrf = CSRFProtect()
limiter = Limiter(key_func=get_remote_address)
talisman = Talisman()
babel = Babel()
bootstrap = Bootstrap5()


@event.listens_for(Engine, "do_connect")
def _open_sqlite(dialect: Any, _record: Any, cargs: Any, cparams: Any) -> Any:
    """Open a file of SQLite in our way; any other database in the way of its driver."""
    if dialect.name != "sqlite" or not cargs or cargs[0] == ":memory:":
        return None
    return connect_file(cargs[0], create=True, **cparams)


@event.listens_for(Engine, "connect")
def _set_sqlite_pragmas(connection: Any, _record: Any) -> None:
    """SQLite as a server's database: WAL, foreign keys, patience, and transactions that `persistence` begins."""
    if not isinstance(connection, sqlite3.Connection):
        return
    # pysqlite must not begin or commit on its own: savepoints would break.
    connection.isolation_level = None
    cursor = connection.cursor()
    # Where it is WAL already it is not asked for again: on a file that may only be read, asking is refused.
    (journal,) = cursor.execute("PRAGMA journal_mode").fetchone()
    if journal != "wal" and not isinstance(connection, FrozenConnection):
        with suppress(sqlite3.OperationalError):
            cursor.execute("PRAGMA journal_mode=WAL")
    # NORMAL is safe in WAL mode: a crash of the machine may lose the last commits, but never the file. Large sorts stay
    # in memory: a reader must not need room on a disk.
    # A long list is one transaction: those who save meanwhile rather wait for it than be refused.
    for pragma in (
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "busy_timeout=20000",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@event.listens_for(Pool, "checkout")
def _leave_frozen(connection: Any, record: Any, _proxy: Any) -> None:
    """Use a connection that takes no part in the locks once: the next reader tries to open the file properly."""
    if not isinstance(connection, FrozenConnection):
        return
    if record.info.get("was_used"):
        raise exc.DisconnectionError
    record.info["was_used"] = True
