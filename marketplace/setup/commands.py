"""The commands that set up a site. Each calls rules and prints what they did."""

from __future__ import annotations

import os
import time

import click
from flask import current_app
from flask.cli import with_appcontext
from flask_migrate import upgrade

from marketplace.setup import rules


@click.command("prepare")
@click.option(
    "--samples/--no-samples",
    default=None,
    help="Load the sample lists of demo/ (a demo does while it is empty).",
)
@with_appcontext
def commands(samples: bool | None) -> None:
    """Make the site ready to serve: migrate, first rows, samples, index, matcher. Harmless to repeat."""
    began = time.monotonic()
    click.echo(
        f"Site of {current_app.config['SITE'].name} ({current_app.config['ENVIRONMENT']})"
    )
    click.echo(f"  data folder: {current_app.config['DATA_DIR']}")
    upgrade()
    click.echo(
        f"  database: at the newest migration, {rules.first_rows()} dictionary rows added"
    )
    demo = current_app.config["ENVIRONMENT"] == "demo"
    if samples or (samples is None and demo and rules.is_empty()):
        rules.index_in_step(_say)  # so that what is loaded can be written to it
        rules.demonstration(_say)
    rules.bring_in_step(_say)
    click.echo(f"  ready after {time.monotonic() - began:.1f} s")
    people = list(rules.demo_people()) if demo else []
    if people:
        click.echo(
            f"Sign in at /login with the password {rules.DEMO_PASSWORD} as one of"
        )
        for name, role in people:
            click.echo(f"  {name:28} {role}")
    click.echo(
        f"`make run` serves http://{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
    )


def _say(text: str) -> None:
    click.echo(f"  {text}")
