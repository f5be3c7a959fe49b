"""`flask files …`: for whoever looks after the site and moves its files to another place."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from marketplace.errors import MarketError
from marketplace.files import storage

commands = AppGroup("files", help="The contents of files that belong to listings.")


@commands.command("move-to-store")
def move_to_store() -> None:
    """Copy every file of the data folder to the store of FILES_URL; the folder stays as it is."""
    if storage.object_store() is None:
        raise click.ClickException("FILES_URL is not set: files lie in the data folder")
    try:
        count = storage.put_contents(storage.files_folder())
    except MarketError as error:
        raise click.ClickException(f"{error.message}{error.advice}") from None
    click.echo(f"{count} files are in the store")
