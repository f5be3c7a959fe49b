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
from marketplace.alerts.models import SavedSearch
from marketplace.extensions import Model, db
from marketplace.imports.models import ListImport
from marketplace.issues.models import Issue, IssueProof
from marketplace.listings.models import LISTINGS
from marketplace.memberships import deeds as membership_deeds
from marketplace.memberships.models import Invitation, JoinRequest
from marketplace.notices.models import Notice
from marketplace.organisations import deeds as organisation_deeds
from marketplace.organisations.models import Organisation, OrganisationMerge
from tests.factories import Factory, signed_in
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


def print_now(line: str) -> None:
    """Print a line at once: the walk takes minutes, and what it has come to is worth having if it is ended."""
    print(line, flush=True)


def ids_of(table: type[Model]) -> list[int]:
    """Numbers of the newest rows of a table, and one that it does not have."""
    number = table.__table__.c.id
    return [*db.session.scalars(db.select(number).order_by(number.desc()).limit(8)), 1]


def make_readers(make: Factory) -> None:
    """The readers of the permission matrix whom the demonstration does not have."""
    firm = make.organisation()
    stopped, sleeping = make.organisation(), make.organisation()
    kept = make.organisation(verified=False)
    make.person("firm")  # without an organisation
    make.person("firm", make.organisation(verified=False), administers=True)
    make.person("firm", firm, administers=True)
    make.person("firm", firm)
    make.person("researcher", make.organisation(kind="university"))
    make.person("firm", firm, stopped, administers=True)
    make.person("firm", sleeping, administers=True)
    make.broker(firm)
    membership_deeds.ask_to_join(firm, by=make.person("firm"))
    membership_deeds.invite_person(firm, "new@demo.example", place="member", by=None)
    for row in (stopped, sleeping):
        make.demand(owner=row)
        organisation_deeds.suspend_organisation(row, note="有投诉", by=None)
    organisation_deeds.merge_organisations(
        make.organisation(verified=False), kept, by=None
    )
    make.demand(owner=firm, state="draft")


def report(app: Any, count: int, seed: int) -> int:
    """Walk as a guest and as every person of the demonstration; 0 where all was well."""
    with app.app_context():
        make_readers(Factory(db.session))
        people = {
            one.email: signed_in(one) for one in db.session.scalars(db.select(Person))
        }
        codes = db.select(Organisation.uscc).where(Organisation.uscc.isnot(None))
        known: dict[str, list[Any]] = {
            "kind": list(LISTINGS),
            "code": ["bearing"],
            "filename": ["site.css"],
            "organisation_id": ids_of(Organisation),
            "person_id": ids_of(Person),
            "request_id": ids_of(JoinRequest),
            "invitation_id": ids_of(Invitation),
            "merge_id": ids_of(OrganisationMerge),
            "notice_id": ids_of(Notice),
            "issue_id": ids_of(Issue),
            "proof_id": ids_of(IssueProof),
            "import_id": ids_of(ListImport),
            "search_id": ids_of(SavedSearch),
            "number": [1, 2, 3, 2026],
            "format": ["pdf", "xlsx", "json"],
            "uscc": list(db.session.scalars(codes)),
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
    found = walk(app, browsers, known, count=count, seed=seed, report=print_now)
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
