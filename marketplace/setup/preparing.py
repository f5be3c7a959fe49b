"""What every site needs before it serves: dictionaries, roles, an up-to-date index, matchers. Harmless to repeat.

Sample lists and people are in `demonstration.py`. Nothing here commits on its own.
"""

from __future__ import annotations

from collections.abc import Callable

from alembic.migration import MigrationContext
from flask import current_app

import search
from marketplace.accounts import deeds as account_deeds
from marketplace.dictionaries import deeds as dictionary_deeds
from marketplace.extensions import db
from marketplace.listings import deeds as listing_deeds
from marketplace.listings import upkeep
from marketplace.listings.models import LISTINGS
from marketplace.matchmaking.matchers import Matchers
from marketplace.operation.backups import known_migrations
from marketplace.policies import deeds as policy_deeds
from marketplace.rules import deeds as rule_deeds
from marketplace.workdays import deeds as workday_deeds


def newer_version() -> str:
    """The version of the schema that a newer program than this one has given the database; empty where none has."""
    with db.engine.connect() as connection:
        version = MigrationContext.configure(connection).get_current_revision()
    return version if version and version not in known_migrations() else ""


def add_first_rows() -> int:
    """Load dictionaries and roles where they are not there yet.

    Returns:
        number of dictionary rows added.
    """
    # Roles first: the people of later steps are given them.
    account_deeds.seed_roles()
    workday_deeds.seed_workdays()
    rule_deeds.seed_rules()
    policy_deeds.seed_policies()
    return dictionary_deeds.seed_dictionaries()


def is_empty() -> bool:
    """Whether the site has no listing yet."""
    return all(
        db.session.scalar(db.select(table.id).limit(1)) is None
        for table in LISTINGS.values()
    )


def bring_up_to_date(report: Callable[[str], None]) -> None:
    """Expire listings that are due, and rebuild statistics, index and matchers where they are missing or old.

    Args:
        report: called with one line about each step.
    """
    # First of all, so that what has expired is neither indexed nor matched.
    listing_deeds.expire_due()
    # Cards are stored with the row; a new version of the site may write them in another way.
    written = upkeep.write_cards()
    if written > 0:
        report(f"lists: {written} cards written")
    # After everything that writes many rows: the database plans by what it counts here.
    upkeep.refresh_statistics()
    upkeep.settle_places()
    update_index(report)
    matchers: Matchers = current_app.extensions["matchers"]
    # Only what has never been fitted: a matcher that is there is refitted in the background, not while people wait.
    missing = []
    for kind, state in matchers.status().items():
        if state["generation"] == "none":
            missing.append(kind)
    if missing:
        for kind, count in matchers.fit(tuple(missing)).items():
            report(f"matcher: fitted on {count} {kind}s")


def update_index(report: Callable[[str], None]) -> None:
    """Write to the index what waits to be written, or build it where it is missing or of an older mapping.

    Args:
        report: called with one line about what was done.
    """
    engine = current_app.extensions["search"]
    try:
        is_current = bool(engine.state()["current"])
    except search.SearchUnavailable:
        # Missing or away: building it tells which, for away raises.
        is_current = False
    if not is_current:
        report(f"search index: built with {upkeep.index_rebuild()} listings")
        return
    synced = upkeep.index_sync()
    report(
        f"search index: {synced} listings brought in step, {engine.state()['count']} in all"
    )
