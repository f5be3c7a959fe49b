"""Whether the files of the site are whole: the database and the search file are read through every night.

The artefacts of the matchers are read through whenever they are loaded, and checked by `health.py` once after each
change of them. What mends a damaged index is the job `index`; a damaged database needs a backup and a person.
"""

from __future__ import annotations

from typing import Any

from flask import current_app
from sqlalchemy import text

from marketplace.extensions import db
from marketplace.matchmaking.matchers import Matchers


class DamagedError(Exception):
    """A file that cannot be built again is damaged."""


def check_database() -> str:
    """Read every page of a database in a file; a server has tools of its own.

    Returns:
        what was done, in a few words for the log.

    Raises:
        DamagedError: what SQLite found; the job fails, and /readyz names it until it goes well.
    """
    if db.engine.dialect.name != "sqlite":
        return "a server"
    with db.engine.connect() as connection:
        problems = list(connection.scalars(text("PRAGMA quick_check(10)")))
        loose = connection.execute(text("PRAGMA foreign_key_check")).fetchmany(10)
    if problems != ["ok"]:
        raise DamagedError(f"the database is damaged, restore a backup: {problems}")
    if loose:
        raise DamagedError(f"rows of the database refer to nothing: {loose}")
    return "the database is whole"


def check_copies() -> str:
    """Read the search file and the artefacts of this host; what is damaged is built again.

    Returns:
        what was found, in a few words for the log.
    """
    problems = []
    engine: Any = current_app.extensions["search"]
    embedded = getattr(engine, "embedded", engine)
    if hasattr(embedded, "check"):
        problems.append("index whole" if embedded.check() else "index damaged")
    matchers: Matchers = current_app.extensions["matchers"]
    for kind, state in matchers.status().items():
        if state["generation"] == "none":
            problems.append(f"matcher of {kind}s to be built")
            matchers.fit((kind,))
    return ", ".join(problems) or "whole"
