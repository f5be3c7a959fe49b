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
from marketplace.listings.models import LISTINGS
from tests.factories import signed_in
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
    parser.add_argument("--database", help="address of an empty database")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="market-fuzz-") as name:
        environ = {**os.environ, "MARKET_ENV": "demo", "DATA_DIR": name, "JOBS": "0"}
        if args.database:
            environ["DATABASE_URL"] = args.database
        prepare(Path(name), environ)
        app = create_app(Open.from_env(environ))
        return report(app, args.requests, args.seed)


def report(app: Any, count: int, seed: int) -> int:
    """Walk as a guest and as every person of the demonstration; 0 where all was well."""
    with app.app_context():
        people = {
            one.email: signed_in(one) for one in db.session.scalars(db.select(Person))
        }
        known: dict[str, list[Any]] = {
            "kind": list(LISTINGS),
            "code": ["bearing"],
            "filename": ["site.css"],
        }
        for table in LISTINGS.values():
            ids = list(
                db.session.scalars(
                    db.select(table.id).order_by(table.id.desc()).limit(12)
                )
            )
            known.setdefault("listing_id", []).extend(ids)
            known.setdefault("other_id", []).extend(ids)
        db.session.remove()
    browsers = {"guest": app.test_client()}
    for email, session in people.items():
        browsers[email] = app.test_client()
        with browsers[email].session_transaction() as cookie:
            cookie.update(session)
    found = walk(app, browsers, known, count=count, seed=seed)
    total: Counter[str] = Counter()
    for reader, statuses in found.statuses.items():
        total.update(statuses)
        print(f"{reader:32} {dict(sorted(statuses.items()))}")
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
