"""Sites with a database of their own, whose commits are real: for migrations, concurrency, jobs and backups.

The database is of the same kind as that of the whole run: SQLite, or the server of TEST_DATABASE_URL.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy.engine import make_url

from config import Config
from marketplace import create_app
from marketplace.accounts import rules as accounts
from marketplace.dictionaries import rules as dictionaries
from marketplace.extensions import db
from tests.factories import Factory

SERVER = os.environ.get("TEST_DATABASE_URL", "")


@pytest.fixture
def empty_database(tmp_path: Path) -> Iterator[str]:
    """The address of a database without any table."""
    if not SERVER:
        yield f"sqlite:///{tmp_path / 'own.db'}"
        return
    url, name = make_url(Config.from_env({"DATABASE_URL": SERVER}).database_url), f"trial_{uuid4().hex[:12]}"
    server = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"create database {name}")
    yield url.set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.exec_driver_sql(f"drop database {name} with (force)")
    server.dispose()


@pytest.fixture
def new_site(tmp_path: Path) -> Iterator[Callable[..., Flask]]:
    """Builds applications: `new_site(database, "folder", SETTING="…")`; their connections are closed afterwards."""
    made: list[Flask] = []

    def build(database: str, folder: str = "site", **settings: str) -> Flask:
        environ = {"MARKET_ENV": "test", "DATA_DIR": str(tmp_path / folder), "DATABASE_URL": database, **settings}
        made.append(create_app(Config.from_env(environ)))
        return made[-1]

    yield build
    for app in made:
        app.extensions["search"].close()
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def site(empty_database: str, new_site: Callable[..., Flask]) -> Flask:
    """A migrated site with dictionaries and roles, and nothing else."""
    app = new_site(empty_database)
    with app.app_context():
        upgrade()
        dictionaries.seed()
        accounts.seed_roles()
        app.extensions["search"].rebuild([])
    return app


@pytest.fixture
def stock(site: Flask) -> Iterator[Factory]:
    """Makes committed rows on `site`, in an application context that stays open."""
    with site.app_context():
        yield Factory(db.session)
