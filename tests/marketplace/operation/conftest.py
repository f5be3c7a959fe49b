"""Sites with a database of their own, whose commits are real: for migrations, concurrency, jobs and backups."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from config import Config
from marketplace import create_app
from marketplace.extensions import db
from tests.conftest import database
from tests.economies import TemplatesInMemory
from tests.factories import Factory


@pytest.fixture
def empty_database(tmp_path: Path) -> Iterator[str]:
    """The address of a database without any table."""
    with database(tmp_path) as address:
        yield address


@pytest.fixture
def own_database(tmp_path: Path, migrated: str) -> Iterator[str]:
    """The address of a migrated database with dictionaries and roles, and nothing else."""
    with database(tmp_path, like=migrated) as address:
        yield address


@pytest.fixture
def new_site(tmp_path: Path) -> Iterator[Callable[..., Flask]]:
    """Builds applications: `new_site(database, "folder", SETTING="…")`; their connections are closed afterwards."""
    made: list[Flask] = []

    def build(database: str, folder: str = "site", **settings: str) -> Flask:
        environ = {
            "MARKET_ENV": "test",
            "DATA_DIR": str(tmp_path / folder),
            "DATABASE_URL": database,
            **settings,
        }
        made.append(create_app(Config.from_env(environ)))
        made[-1].jinja_env.bytecode_cache = TemplatesInMemory()
        return made[-1]

    yield build
    for app in made:
        app.extensions["search"].close()
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def site(own_database: str, new_site: Callable[..., Flask]) -> Flask:
    """A site on `own_database`."""
    app = new_site(own_database)
    app.extensions["search"].rebuild([])
    return app


@pytest.fixture
def stock(site: Flask) -> Iterator[Factory]:
    """Makes committed rows on `site`, in an application context that stays open."""
    with site.app_context():
        yield Factory(db.session)
