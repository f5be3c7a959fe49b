"""The commands that set up a site. Each prints what was done."""

from __future__ import annotations

import os
import time
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from flask_migrate import upgrade

from marketplace.command_paths import FolderToWrite
from marketplace.errors import MarketError
from marketplace.settings.rehearsal import MAX_SPEED
from marketplace.setup import demonstration, preparing, rehearsing


@click.command("prepare")
@click.option(
    "--samples/--no-samples",
    default=None,
    help="Load the sample lists of demo/ (a demo does while it is empty).",
)
@with_appcontext
def commands(samples: bool | None) -> None:
    """Make the site ready to serve: migrate, first rows, samples, index, matcher. Harmless to repeat."""
    # Shown at the end: on a large site most of it is the matcher.
    began = time.monotonic()
    click.echo(
        f"Site of {current_app.config['SITE'].name} ({current_app.config['ENVIRONMENT']})"
    )
    click.echo(f"  data folder: {current_app.config['DATA_DIR']}")
    # First, for everything after it reads the tables.
    if version := preparing.newer_version():
        raise click.ClickException(
            f"the database was migrated by a newer version of the site (to {version}). Update the program, or restore"
            " the backup that was made before: flask restore FILE --replace"
        )
    upgrade()
    # Before any row is written: a rehearsal that is killed here leaves a database that no other site serves.
    rehearsing.mark_database()
    click.echo(
        f"  database: at the newest migration, {preparing.add_first_rows()} dictionary rows added"
    )
    is_demo = current_app.config["ENVIRONMENT"] == "demo"
    if is_demo:
        click.echo(
            "  audit key: made by this demonstration, audit.key in the data folder"
        )
    if samples is None:
        # A demo that holds anything is somebody's own by now and gets no samples unless they ask for them.
        samples = is_demo and preparing.is_empty()
    if samples:
        preparing.update_index(_print_step)  # so that what is loaded is written to it
        demonstration.load_demonstration(_print_step)
    # Last: what the samples changed is indexed and matched with the rest.
    preparing.bring_up_to_date(_print_step)
    click.echo(f"  ready after {time.monotonic() - began:.1f} s")
    if is_demo:
        _print_people()
    # The same defaults as in gunicorn.conf.py. A rehearsal and a service of the system prepare by this command too.
    host = os.environ.get("HOST", "127.0.0.1")
    port = os.environ.get("PORT", "8000")
    click.echo(f"Once it is served: http://{host}:{port}")


@click.command("rehearse")
@click.option(
    "--speed",
    type=click.IntRange(2, MAX_SPEED),
    default=1440,
    show_default=True,
    help="Seconds of the house in one second: 1440 is a day a minute, 43200 a day in two seconds.",
)
@click.option(
    "--database",
    default="",
    help="URL of an empty PostgreSQL database; else a file that is thrown away.",
)
@click.option(
    "--folder",
    type=FolderToWrite(),
    help="An empty folder that stays; else one that is thrown away.",
)
@with_appcontext
def rehearse(speed: int, database: str, folder: Path | None) -> None:
    """Serve a site of its own on which nothing is real and time runs faster, until Ctrl-C."""
    try:
        # Before a folder is made: the settings of a live site are never taken over (130).
        rehearsing.refuse_live(current_app.config["ENVIRONMENT"])
        with rehearsing.rehearsal_folder(folder) as place:
            # The whole path: the processes of the rehearsal run in another folder.
            env = rehearsing.child_environment(os.environ, place.resolve(), database)
            status = rehearsing.run_rehearsal(place.resolve(), speed, env)
    except MarketError as error:
        raise click.ClickException(str(error)) from None
    if folder is None:
        click.echo("演练已结束，它的文件夹已经删除。")
    if status:
        raise click.exceptions.Exit(status)


def init_app(app: Flask) -> None:
    """Add the command of rehearsals, and let each process look whose database it has."""
    app.cli.add_command(rehearse)
    rehearsing.guard_database(app)


def _print_people() -> None:
    people = list(demonstration.list_demo_people())
    if not people:
        click.echo(
            "Nobody of the demonstration has its password here: sign in with your own, or prepare an empty data folder"
        )
        return
    password = demonstration.DEMO_PASSWORD
    click.echo(f"Sign in at /login with the password {password} as one of")
    for name, role in people:
        click.echo(f"  {name:28} {role}")


def _print_step(text: str) -> None:
    click.echo(f"  {text}")
