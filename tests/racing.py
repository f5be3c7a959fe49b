"""People who do something at the same moment, each with their own session, on a site whose commits are real."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

from config import Config
from marketplace import create_app
from marketplace.extensions import db
from tests.conftest import database

# Seconds until a racer is taken for stuck; a busy machine takes long.
PATIENCE = 120
# Reads what somebody looks at, and returns what they do then.
Racer = Callable[[], Callable[[], object]]


@contextmanager
def committing_site(folder: Path, migrated: str) -> Iterator[Flask]:
    """A site on a copy of a migrated database, within its context."""
    with database(folder, like=migrated) as address:
        environ = {"MARKET_ENV": "test", "DATA_DIR": str(folder / "site")}
        app = create_app(Config.from_env(environ | {"DATABASE_URL": address}))
        with app.app_context():
            yield app
            db.session.remove()
            db.engine.dispose()


def at_once(site: Flask, *racers: Racer) -> list[object]:
    """Let each do in a thread of its own what they do, after all have read.

    Returns:
        for each `done`, or what it raised.
    """
    everybody_has_read = threading.Barrier(len(racers))
    outcomes: list[object] = [None] * len(racers)

    def race(place: int, racer: Racer) -> None:
        with site.app_context():
            deed = racer()
            everybody_has_read.wait(PATIENCE)
            try:
                deed()
                outcomes[place] = "done"
            except Exception as error:  # a thread has nobody else to tell
                db.session.rollback()
                outcomes[place] = error

    threads = [threading.Thread(target=race, args=pair) for pair in enumerate(racers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(2 * PATIENCE)
    return outcomes
