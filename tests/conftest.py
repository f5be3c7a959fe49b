"""Fixtures: an application on a real SQLite database built by the migrations, rolled back after each test.

Rows for the tests are made by `factories.py`; the served site for the browser by `test_journeys.py`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy.orm import Session

from config import Config
from marketplace import create_app
from marketplace.accounts import rules as accounts
from marketplace.dictionaries import rules as dictionaries
from marketplace.extensions import db
from tests.factories import Factory


class Browser(FlaskClient):
    """A browser of its own: inside the test's application context the reader of the last request is forgotten first."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        for name in list(g):
            g.pop(name)
        return super().open(*args, **kwargs)


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One application for the session: migrated, dictionaries and roles seeded, nothing else."""
    environ = {"MARKET_ENV": "test", "DATA_DIR": str(tmp_path_factory.mktemp("site"))}
    if url := os.environ.get("TEST_DATABASE_URL"):
        environ["DATABASE_URL"] = url
    application = create_app(Config.from_env(environ))
    application.test_client_class = Browser
    with application.app_context():
        upgrade()
        dictionaries.seed()
        accounts.seed_roles()
    yield application
    with application.app_context():
        db.engine.dispose()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """The database session inside one outer transaction that is rolled back, whatever the tested code commits.

    The search index and the matchers, which no transaction covers, are emptied.
    """
    with app.app_context():
        engines = db.engines  # Flask-SQLAlchemy asks these for a connection, whatever the session itself is bound to
        plain_engine, plain_session = engines[None], db.session
        connection = plain_engine.connect()
        transaction = connection.begin()
        engines[None] = connection  # type: ignore[assignment]
        db.session = db._make_scoped_session({"join_transaction_mode": "create_savepoint"})
        app.extensions["search"].rebuild([])
        if matchers := app.extensions.get("matchers"):
            matchers.reset()
        try:
            yield db.session
        finally:
            db.session.remove()
            db.session = plain_session
            engines[None] = plain_engine
            transaction.rollback()
            connection.close()


@pytest.fixture
def make(session: Session) -> Factory:
    """Makes organisations, people and listings."""
    return Factory(session)


@pytest.fixture
def client(app: Flask, session: Session) -> FlaskClient:
    """A guest's browser."""
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask, session: Session) -> Callable[..., FlaskClient]:
    """Gives a browser in which a person is signed in: `sign_in(person)`."""

    def browser(person: object) -> FlaskClient:
        guest = app.test_client()
        with guest.session_transaction() as cookie:
            cookie["_user_id"] = person.fs_uniquifier  # type: ignore[attr-defined]
            cookie["_fresh"] = True
        return guest

    return browser


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Writes a small file and gives its path: `written("list.csv", "…", encoding="gb18030")`."""

    def write(name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write
