"""`flask contracts`: the ledger as open contracting data."""

from __future__ import annotations

from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from marketplace.clock import now
from marketplace.command_paths import FileToWrite, failures_named
from marketplace.notices.deeds import path_of
from marketplace.reports import queries
from marketplace.reports.releases import package_of, package_text

commands = AppGroup("contracts", help="The ledger of technology contracts.")


@commands.command("export-ocds")
@click.argument("file", type=FileToWrite())
@click.option("--year", type=int, help="Only what began in that year.")
def export(file: Path, year: int | None) -> None:
    """Write deals and contracts as a release package of the Open Contracting Data Standard."""
    address = f"{current_app.config['SITE_ADDRESS']}{path_of('reports.ocds')}"
    try:
        package = package_of(
            queries.processes(year),
            address=address,
            publisher=current_app.config["SITE"].name,
            at=now(),
        )
    except ValueError as error:
        raise click.ClickException(f"nothing was written: {error}") from None
    # Only once the package is whole: a file that is half written would be taken for the ledger.
    text = package_text(package)
    with failures_named(file):
        file.write_text(text, encoding="utf-8")
    click.echo(f"{len(package['releases'])} releases to {file}")
