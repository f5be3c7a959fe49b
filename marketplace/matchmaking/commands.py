"""`flask matching …`: building the matchers' artefacts and telling how they stand. The work stands in `indexing.py`."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup

from marketplace.listings.models import KIND_NAMES

commands = AppGroup("matching", help="The matchers behind 匹配 and 试配.")


@commands.command()
def fit() -> None:
    """Build both matchers from the database and swap them in; running sites notice by themselves."""
    for kind, count in current_app.extensions["matchers"].fit().items():
        click.echo(f"{KIND_NAMES[kind]}: {count} documents")


@commands.command()
def status() -> None:
    """Tell which artefact is current and how far the database has moved on since."""
    for kind, state in current_app.extensions["matchers"].status().items():
        built = f", built {state['built']:%Y-%m-%d %H:%M}" if state["built"] else ""
        click.echo(
            f"{KIND_NAMES[kind]}: artefact {state['generation']}{built}, {state['documents']} documents; "
            f"{state['findable']} findable, {state['behind']} to catch up"
        )
