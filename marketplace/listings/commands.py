"""Commands of the search index, which is a copy of the listings. Each calls a rule and prints what it did."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup

from marketplace.listings import upkeep
from marketplace.listings.models import KIND_NAMES

commands = AppGroup(
    "index",
    help="The search index, a copy of the listings that can always be rebuilt.",
)


@commands.command()
def sync() -> None:
    """Write to the index what has changed since it was last written."""
    click.echo(f"{upkeep.index_sync()} listings brought in step.")


@commands.command()
def rebuild() -> None:
    """Fill a new index from the database and swap it in; searches go on meanwhile."""
    click.echo(f"{upkeep.index_rebuild()} listings in the new index.")


@commands.command()
@click.option("--repair", is_flag=True, help="Mend what is found.")
def check(repair: bool) -> None:
    """Compare database and index in both directions; exits with 1 where they differ and nothing is mended."""
    differences = upkeep.index_check()
    for name, keys in differences.items():
        click.echo(f"{name}: {len(keys)}")
        for kind, listing_id in keys[:10]:
            click.echo(f"  {KIND_NAMES[kind]} {listing_id}")
    # An exit code, so that a job of the host can raise an alarm.
    if any(differences.values()) and not repair:
        raise SystemExit(1)
    if repair:
        upkeep.index_repair(differences)


@commands.command()
def status() -> None:
    """Say what the engine says of itself."""
    for name, value in current_app.extensions["search"].state().items():
        click.echo(f"{name}: {value}")
