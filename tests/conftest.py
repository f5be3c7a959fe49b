"""Fixtures: an application on a real SQLite database built by the migrations, rolled back after each test.

Rows for the tests are made by `factories.py`; the served site for the browser by `browser/conftest.py`.
"""

from __future__ import annotations

import fcntl
import gc
import os
import re
import shutil
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any
from uuid import uuid4
from weakref import WeakKeyDictionary

import pytest
import sqlalchemy
from flask import Flask, g, has_app_context
from flask.testing import FlaskClient
from flask_migrate import upgrade
from hypothesis import settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants
from sqlalchemy import Engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from config import Config
from marketplace import clock, create_app
from marketplace.accounts import deeds as account_deeds
from marketplace.audit import policy
from marketplace.dictionaries import deeds as dictionary_deeds
from marketplace.extensions import db, limiter
from marketplace.policies import deeds as policy_deeds
from marketplace.rules import deeds as rule_deeds
from marketplace.workdays import deeds as workday_deeds
from search import SearchError
from tests.economies import TemplatesInMemory, hasten_savepoints, share_addresses
from tests.factories import Factory, signed_in

# The same examples in every run, so that a change is never refused for a text it has nothing to do with; new ones are
# looked for by `make properties`. No deadline: workers share two processors.
settings.register_profile("same", deadline=None, derandomize=True, database=None)
settings.register_profile("search", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
if settings.get_current_profile_name() == "same":
    # Otherwise one of twenty drawn values is a constant of the modules that are loaded by then: other ones for each
    # worker, each choice of tests and each change of the code. There is no setting for it (tests/test_examples.py).
    providers._get_local_constants = Constants  # type: ignore[assignment]
share_addresses()


class Browser(FlaskClient):
    """A browser of its own: inside the test's application context the reader of the last request is forgotten first."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        if has_app_context():
            for name in list(g):
                g.pop(name)
        return super().open(*args, **kwargs)


# Fixtures of the database that TEST_DATABASE_URL names.
DATABASES = {"migrated", "app", "session", "empty_database", "stage"}


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """What takes longest first, and another worker goes through the rest meanwhile: the browser, the walk of pages.

    At the end of a run the tests are short, so that no worker waits for the other.

    On servers only what meets one of them: the other tests run in `make check`, and would say the same again.
    """
    if {"TEST_DATABASE_URL", "SEARCH_TEST_URL"} & os.environ.keys():
        others = [item for item in items if not _meets_server(item)]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if _meets_server(item)]
    first = {"browser", "test_every_page.py", "test_never.py", "test_versions.py"}

    def place(item: pytest.Item) -> tuple[bool, bool]:
        is_first = bool({item.path.parent.name, item.path.name} & first)
        return not is_first, item.get_closest_marker("long") is None

    items.sort(key=place)


# Left out on servers, files and single tests, for they would try the statements of other tests once more, for minutes.
NOT_ON_SERVERS = {
    # Long walks over readers, states and pages, and what the web process does before a statement is made.
    "test_buttons.py",
    "test_contacts.py",
    "test_counting.py",
    "test_deed_names.py",
    "test_destinations.py",
    "test_door.py",
    "test_every_write.py",
    "test_forms.py",
    "test_life.py",
    "test_permissions.py",
    "test_serving.py",
    "test_slow_bodies.py",
    "test_visibility.py",
    "test_walks.py",
    "test_whose.py",
    # Such walks in files that otherwise meet the database.
    "test_an_unanswered_item_blocks",
    "test_every_decision_in_every_state_by_every_reader",
    "test_every_pair_either_moves_with_history_or_is_refused_with_advice",
    "test_every_rule_follows_the_life_table",
    "test_fewer_than_three_firms_are_never_told_however_many_verdicts",
    "test_many_rows_need_few_queries",
    "test_no_reader_meets_them_on_any_surface",
    "test_of_two_that_are_merged_one_is_named_and_found_by_both_names",
    "test_one_that_is_suspended_is_named_nowhere",
    "test_pages_that_are_only_read_write_nothing",
    "test_random_deeds_never_leave_a_case_without_somebody_who_must_act",
    "test_the_merge_of_a_random_walk_is_the_database",
    "test_the_page_at_every_station",
    "test_who_is_silent_depends_on_who_reads",
    "test_who_may_have_a_file",
    "test_who_may_open_the_matches_of_a_listing",
    # What is decided about texts and values in memory. These were chosen by recording the statements of every test
    # file that meets a server: those that are still there make all of theirs, but for the number of all demands.
    "test_awkward.py",
    "test_checking.py",
    "test_completeness.py",
    "test_contact_columns.py",
    "test_contacts_of_lists.py",
    "test_contradictions.py",
    "test_effort.py",
    "test_encryption.py",
    "test_headers.py",
    "test_hidden_values.py",
    "test_measuring.py",
    "test_names_in_lists.py",
    "test_proposals.py",
    "test_row_kinds.py",
    "test_schema.py",
    "test_secrecy.py",
    "test_terms.py",
    "test_truth.py",
    "test_typed_values.py",
    "test_writing.py",
    # Likewise single tests, chosen by recording the statements of each: what others make, and no value of it is the
    # database's to judge, as lengths, numbers, moments and the order of texts are.
    "test_a_fault_is_told_and_nothing_is_read_for_it",
    "test_a_grade_needs_its_level_and_a_note",
    "test_a_stranger_verifies_it_offline",
    "test_a_wrong_token_does_nothing_and_only_our_own_pages_are_held",
    "test_every_change_is_found",
    "test_every_sample_is_complete_enough_to_be_public",
    "test_every_way_of_cooperation_against_every_way_of_conversion",
    "test_what_was_stopped_reaches_its_owner_with_the_reason",
}


def _meets_server(item: pytest.Item) -> bool:
    if {item.path.name, getattr(item, "originalname", "")} & NOT_ON_SERVERS:
        return False
    fixtures = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("server") is not None or bool(fixtures & DATABASES)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is in memory after it stays: the collector need not go through a million objects of it again and again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()


# -- no commit without an entry of the audit ---------------------------------------------------------------------------

WRITING = re.compile(r'\s*(insert into|update|delete from) "?(\w+)"?(.*)', re.I | re.S)
# Tables that the transaction of a session has written: by what the statements say, not by what the audit has seen.
WRITTEN: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()
_connections: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()


@event.listens_for(Session, "after_begin")
def _watch(session: Session, _transaction: Any, connection: Any) -> None:
    _connections[connection] = weakref.ref(session)


@event.listens_for(Engine, "after_cursor_execute")
def _note_writing(connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
    match = WRITING.match(statement)
    if match is None:
        return
    session = _connections[connection]() if connection in _connections else None
    if session is None:
        return
    verb, table, rest = match.groups()
    if verb.lower() == "update":
        sets = re.split(r"\bwhere\b", rest, maxsplit=1, flags=re.I)[0]
        columns = set(re.findall(r"(\w+)\s*=", sets)) - policy.TECHNICAL_COLUMNS
        if not columns:
            return
    WRITTEN.setdefault(session, set()).add(table)


@event.listens_for(Session, "after_commit")
def _compare_with_audit(session: Session) -> None:
    """Refuse a commit of any test that wrote rows and left no entry."""
    if session.in_nested_transaction():
        return
    tables = WRITTEN.pop(session, set())
    audited = tables - policy.TECHNICAL_TABLES.keys()
    assert not audited or "audit_entry" in tables, f"no entry for {sorted(audited)}"


@event.listens_for(Session, "after_soft_rollback")
def _forget_written(session: Session, transaction: Any) -> None:
    if not transaction.nested:
        WRITTEN.pop(session, None)


@contextmanager
def database(folder: Path, like: str = "") -> Iterator[str]:
    """The address of a database of one's own, so that workers (`-n`) never meet.

    Args:
        folder: where it lies, unless TEST_DATABASE_URL names a server: then it is made beside the one named there.
        like: the address of a database nobody is connected to, to begin as its copy; else it is empty.
    """
    name, server = f"trial_{uuid4().hex[:12]}", os.environ.get("TEST_DATABASE_URL")
    if not server:
        if like:
            shutil.copy(like.removeprefix("sqlite:///"), folder / f"{name}.db")
        yield f"sqlite:///{folder / name}.db"
        return
    url = make_url(Config.from_env({"DATABASE_URL": server}).database_url)
    template = make_url(like).database if like else "template1"
    engine = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"create database {name} template {template}")
    yield url.set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"drop database {name} with (force)")
    engine.dispose()


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the prepared folder of the demonstration stands for all workers of this run, for `served.site(like=…)`."""
    return _shared_folder(tmp_path_factory) / "filled"


def _shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this run have."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    return folder


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a migrated database with dictionaries and roles and nothing else, for `database(like=…)`."""
    folder = tmp_path_factory.mktemp("migrated")
    if "TEST_DATABASE_URL" in os.environ:
        with database(folder) as address:
            _migrate(folder, address)
            yield address
        return
    # One worker migrates a file for all of them: it costs seven seconds of processor.
    shared = _shared_folder(tmp_path_factory) / "migrated.db"
    with shared.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # let go when it is closed
        if not shared.exists():
            fresh = folder / "market.db"
            _migrate(folder, f"sqlite:///{fresh}")
            fresh.rename(shared)
    yield f"sqlite:///{shared}"


def _migrate(folder: Path, address: str) -> None:
    """Tables, dictionaries and roles for an empty database."""
    environ = {"MARKET_ENV": "test", "DATA_DIR": str(folder), "DATABASE_URL": address}
    with create_app(Config.from_env(environ)).app_context():
        upgrade()
        dictionary_deeds.seed_dictionaries()
        workday_deeds.seed_workdays()
        rule_deeds.seed_rules()
        policy_deeds.seed_policies()
        account_deeds.seed_roles()
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="session")
def build_site(
    tmp_path_factory: pytest.TempPathFactory, migrated: str
) -> Callable[..., Flask]:
    """Builds sites on a migrated file of their own: `build_site(folder, SETTING="…")`; who builds one closes it."""
    file = Path(migrated.removeprefix("sqlite:///"))
    if not migrated.startswith("sqlite:"):
        # The others are on a server here; these look at their own file.
        file = tmp_path_factory.mktemp("file") / "market.db"
        _migrate(file.parent, f"sqlite:///{file}")

    def build(folder: Path, kind: type[Config] = Config, **settings: str) -> Flask:
        shutil.copy(file, folder / "market.db")
        environ = {"MARKET_ENV": "test", "DATA_DIR": str(folder), **settings}
        site = create_app(kind.from_env(environ))
        site.jinja_env.bytecode_cache = TemplatesInMemory()
        return site

    return build


@pytest.fixture
def limiter_restored() -> Iterator[None]:
    """The one limiter of all sites is as before after a test that builds a site with limits."""
    names = ("enabled", "initialized", "_storage", "_limiter", "_storage_dead")
    before = {name: getattr(limiter, name) for name in names}
    yield
    for name, value in before.items():
        setattr(limiter, name, value)


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory, migrated: str) -> Iterator[Flask]:
    """One application for the session: migrated, dictionaries and roles seeded, nothing else."""
    folder = tmp_path_factory.mktemp("site")
    with database(folder, like=migrated) as address:
        environ = {
            "MARKET_ENV": "test",
            "DATA_DIR": str(folder),
            "DATABASE_URL": address,
        }
        application = create_app(Config.from_env(environ))
        application.test_client_class = Browser
        application.jinja_env.bytecode_cache = TemplatesInMemory()
        application.config["HASHES"] = application.extensions["security"].pwd_context
        with application.app_context():
            hasten_savepoints(db.engine)
        yield application
        with application.app_context():
            db.engine.dispose()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """The database session inside one outer transaction that is rolled back, whatever the tested code commits.

    The search index and the matchers, which no transaction covers, are emptied.
    """
    # Flask-Security hashes for all applications of a process as the last one that was built wants it: behind a live
    # one of another test each person would cost a quarter of a second.
    app.extensions["security"].pwd_context = app.config["HASHES"]
    with app.app_context():
        engines = db.engines  # Flask-SQLAlchemy asks these for a connection, whatever the session itself is bound to
        plain_engine, plain_session = engines[None], db.session
        connection = plain_engine.connect()
        transaction = connection.begin()
        engines[None] = connection  # type: ignore[assignment]
        db.session = db._make_scoped_session(
            {"join_transaction_mode": "create_savepoint"}
        )
        _empty_index(app)
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


@contextmanager
def undone() -> Iterator[None]:
    """Roll back what a part of a test commits: for many trials on rows that were made once.

    Rows of the session are detached afterwards; hold their ids.
    """
    db.session.rollback()
    # The one connection of the test (see `session`).
    savepoint = db.engine.begin_nested()  # type: ignore[attr-defined]
    try:
        yield
    finally:
        db.session.remove()
        savepoint.rollback()


# How the index of an application looked when it was emptied last; every write to it leaves another time.
_EMPTIED: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()


def _index_state(index: Any) -> dict[str, Any]:
    """What the index says of itself, without what passes by itself; nothing where it is damaged."""
    try:
        return {key: value for key, value in index.state().items() if key != "age"}
    except SearchError:
        return {}


def _empty_index(app: Flask) -> None:
    """Rebuild the index without a document, unless nothing was written since that was done: two of three tests."""
    index = app.extensions["search"]
    state = _index_state(index)
    is_embedded = state.get("engine") == "sqlite"
    if is_embedded and state == _EMPTIED.get(index):
        return
    index.rebuild([])
    _EMPTIED[index] = _index_state(index)


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
            cookie.update(signed_in(person))
        return guest

    return browser


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Writes a small file and gives its path: `written("list.csv", "…", encoding="gb18030")`."""

    def write(name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(
            content if isinstance(content, bytes) else content.encode(encoding)
        )
        return path

    return write


@pytest.fixture
def stop_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Stops the clock of the house at a moment in UTC: `stop_clock(datetime(2026, 11, 27, 22, 31))`."""

    def stop(moment: datetime) -> None:
        class Stopped(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:
                return moment.replace(tzinfo=UTC).astimezone(tz)

        monkeypatch.setattr(clock, "datetime", Stopped)

    return stop
