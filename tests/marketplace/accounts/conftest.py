"""Fixtures of the tests about accounts: a mailbox, and sites with limits or checks of forms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from config import Config
from marketplace import create_app
from marketplace.extensions import db, limiter
from tests.conftest import Browser, database
from tests.economies import TemplatesInMemory
from tests.marketplace.accounts.mailbox import Mailbox


@pytest.fixture
def mailbox(app: Flask) -> Mailbox:
    """The mails of the test's application."""
    return Mailbox(app)


@pytest.fixture
def new_site(
    tmp_path: Path, migrated: str, limiter_restored: None
) -> Iterator[Callable[..., Flask]]:
    """Gives sites on one database and folder: `new_site(WTF_CSRF_ENABLED=True)`. Their limits are off unless wanted."""
    made = []
    with ExitStack() as stack:
        address = stack.enter_context(database(tmp_path, like=migrated))
        environ = {
            "MARKET_ENV": "test",
            "DATA_DIR": str(tmp_path),
            "DATABASE_URL": address,
        }
        config = Config.from_env(environ)

        def make(**settings: Any) -> Flask:
            class Changed:
                def flask_settings(self) -> dict[str, Any]:
                    return config.flask_settings() | settings

            if settings.get("RATELIMIT_ENABLED"):
                limiter.enabled = True
            site = create_app(Changed())
            site.test_client_class = Browser
            site.jinja_env.bytecode_cache = TemplatesInMemory()
            made.append(site)
            return site

        yield make
        for site in made:
            with site.app_context():
                db.session.remove()
                db.engine.dispose()
