"""The long form of the fuzz, on a site of its own with the sample lists.

    python -m tests.fuzz --requests 2000 --seed 7 [--database postgresql://…]

Ends with 1 where an answer was a 5xx or the database holds what it must not.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from config import Config
from marketplace import create_app
from marketplace.accounts.models import Person
from marketplace.extensions import db
from tests.factories import Factory, signed_in
from tests.fuzz.rows import known_values, make_readers
from tests.fuzz.walking import unsound_texts, walk
from tests.served import prepare


class Open(Config):
    """The settings of a demonstration without limits and CSRF tokens, which would answer before the pages do."""

    def flask_settings(self) -> dict[str, Any]:
        """As of the demonstration, both switched off."""
        off = {"RATELIMIT_ENABLED": False, "WTF_CSRF_ENABLED": False}
        return super().flask_settings() | off


def main() -> int:
    """Prepare, walk, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=2000, help="of each reader")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--only", default="", help="readers, a part of 0/3, 1/3 …")
    parser.add_argument("--database", help="address of an empty database")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="market-fuzz-") as name:
        environ = {**os.environ, "MARKET_ENV": "demo", "DATA_DIR": name, "JOBS": "0"}
        if args.database:
            environ["DATABASE_URL"] = args.database
        prepare(Path(name), environ)
        app = create_app(Open.from_env(environ))
        return report(app, args.requests, args.seed, args.only)


def print_now(line: str) -> None:
    """Print a line at once: the walk takes minutes, and what it has come to is worth having if it is ended."""
    print(line, flush=True)


def report(app: Any, count: int, seed: int, only: str = "") -> int:
    """Walk as a guest and as every person of the demonstration; 0 where all was well.

    Args:
        app: the site.
        count: requests of each reader.
        seed: of the dice.
        only: which part of the readers, such as 0/3: many requests are sent in portions; empty for all.
    """
    with app.app_context():
        make_readers(Factory(db.session))
        people = {one.email: one.id for one in db.session.scalars(db.select(Person))}
        known = known_values()
        db.session.remove()
    browsers = {name: app.test_client() for name in ("guest", *people)}
    if only:
        part, parts = map(int, only.split("/"))
        browsers = dict([*browsers.items()][part::parts])

    def enter(name: str) -> None:
        if name not in people:
            return
        with app.app_context():
            session = signed_in(db.session.get_one(Person, people[name]))
            db.session.remove()
        with browsers[name].session_transaction() as cookie:
            cookie.update(session)

    found = walk(
        app, browsers, known, count=count, seed=seed, enter=enter, report=print_now
    )
    total: Counter[str] = Counter()
    for statuses in found.statuses.values():
        total.update(statuses)
    with app.app_context():
        unsound = unsound_texts()
        db.engine.dispose()
    print(
        f"all: {sum(total.values())} requests {dict(sorted(total.items()))}; 5xx: {total['5xx']}"
    )
    for text in [*found.wrong, *unsound][:40]:
        print(f"  {text}")
    return 1 if found.wrong or unsound else 0


if __name__ == "__main__":
    sys.exit(main())
