"""What a command says where the database or the search fails it: one sentence with what to do, and no traceback.

How a page says the same stands in the table of errors of the package; paths of commands are in `command_paths`.
"""

from __future__ import annotations

import copy
import sqlite3
from typing import Any

import click
from flask import Flask
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError, ProgrammingError

from marketplace.persistence import is_locked, why_unwritable
from search import SearchUnavailable

# SQLSTATE of PostgreSQL: no such table, no such column.
OTHER_SCHEMA = ("42P01", "42703")
UNWRITABLE = {
    "full": "There is no room left on the disk. Make room, then run the command again",
    # What a full disk looks like to SQLite depends on how much is left of it.
    "readonly": (
        "It may only be read: by this user, who should be the one of the site, or because the disk is full"
    ),
}


def init_app(app: Flask) -> None:
    """Let every command of the application end so. After the rooms have added theirs."""
    url = make_url(app.config["SQLALCHEMY_DATABASE_URI"])
    database = url.render_as_string(hide_password=True)
    for name, command in app.cli.commands.items():
        app.cli.commands[name] = _name_failures(command, database)


def _name_failures(command: click.Command, database: str) -> click.Command:
    """The command, ending with one sentence where the database is another one, is away or takes nothing, or search is.

    Args:
        command: a command or group of a room; it stays as it is, for other applications of this process.
        database: the address of the database, without its password.

    Returns:
        a copy of it.
    """
    named = copy.copy(command)

    def invoke(ctx: click.Context) -> Any:
        try:
            return command.invoke(ctx)
        except (OperationalError, ProgrammingError) as error:
            reason = _reason(error)
            if not reason:
                raise
            raise click.ClickException(f"{database}: {reason}.") from None
        except (OSError, sqlite3.OperationalError) as error:
            why = why_unwritable(error)
            if not why:
                raise
            raise click.ClickException(f"{UNWRITABLE[why]} ({error}).") from None
        except SearchUnavailable as error:
            raise click.ClickException(
                f"SEARCH_URL: no answer, or a refusal ({error})."
            ) from None

    named.invoke = invoke  # type: ignore[method-assign]
    return named


def _reason(error: OperationalError | ProgrammingError) -> str:
    """What is wrong and what to do; "" where the error is a fault of the program."""
    state = getattr(error.orig, "sqlstate", None)
    text = str(error.orig)
    if state in OTHER_SCHEMA or text.startswith(("no such table", "no such column")):
        return (
            "this database is empty or of another version. Are DATA_DIR and DATABASE_URL those of the site (systemd:"
            " the command `market` knows them)? If they are: flask prepare"
        )
    if is_locked(error):
        return "somebody else is saving for long. Run the command again in a while"
    if why := why_unwritable(error):
        return UNWRITABLE[why]
    is_away = state is None or state.startswith(("08", "28", "57P", "3D"))
    if isinstance(error, OperationalError) and is_away:
        return f"it does not answer ({' '.join(text.split())})"
    return ""
