"""`flask policies …`: the official text of a document beside its clauses."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup

from marketplace.errors import MarketError
from marketplace.policies import deeds

commands = AppGroup("policies", help="Policies and their official texts.")


@commands.command("text")
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--document", required=True, help="Its number, as clauses have it.")
def load_text(path: Path, document: str) -> None:
    """Load the official text of a document: it is split by clause and stands beside each rule with its hash."""
    try:
        # Nobody is signed in here: who may run commands on the host may load texts.
        rows = deeds.load_text(document, path.read_bytes(), by=None)
    except MarketError as error:
        raise click.ClickException(f"{error.message}{error.advice}") from None
    for row in rows:
        click.echo(f"{row.clause}  {len(row.text)}  {row.sha256[:16]}")
    click.echo(f"{document}: {len(rows)}")
