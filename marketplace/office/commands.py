"""`flask deeds`: the joined permission table, read aloud. Who may do what stands in the `DEEDS` of the rooms."""

from __future__ import annotations

import click

from marketplace.permissions import read_aloud


@click.command("deeds")
def commands() -> None:
    """Print every deed of every room with who may do it."""
    for sentence in read_aloud():
        click.echo(sentence)
