"""`flask audit`: verify, sign, resume, export, prove, a new key, grants. Each prints what it did."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from marketplace.audit import publishing, queries
from marketplace.audit.key import print_key
from marketplace.command_paths import FileToWrite, failures_named
from marketplace.errors import MarketError

A_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("audit")
def commands() -> None:
    """The audit of the site: who did what, in a tree whose head is signed each night."""


@commands.command("verify")
@click.option(
    "--checkpoint",
    "given",
    type=A_FILE,
    multiple=True,
    help="A checkpoint that was published or mailed, too.",
)
@with_appcontext
def verify(given: tuple[Path, ...]) -> None:
    """Compute everything again and compare it with every hash and checkpoint; ends with 1 where something is wrong."""
    try:
        report = publishing.verify(given)
    except MarketError as error:
        raise click.ClickException(f"{error.message}{error.advice}") from None
    click.echo(f"{report.size} entries, root {report.root.hex()}")
    for line in report.matched:
        click.echo(f"  agrees with {line}")
    for line in report.explained:
        click.echo(f"  {line}")
    if report.is_sound:
        # Without a published head the tree only agrees with itself, as a rewritten one would.
        if not report.matched:
            click.echo(
                "  no checkpoint yet: nothing is proved of what was there before"
            )
        click.echo("The audit is as it was written.")
        return
    for problem in report.problems:
        click.echo(f"WRONG  {problem}", err=True)
    if report.more:
        click.echo(f"WRONG  {report.more} more", err=True)
    # The exit code is what a script of the auditor reads.
    raise click.ClickException("The audit is not what was written.")


@commands.command("sign")
@with_appcontext
def sign() -> None:
    """Sign a checkpoint now; the jobs do it each night."""
    try:
        click.echo(publishing.sign_checkpoint())
    except publishing.AuditBrokenError as error:
        raise click.ClickException(f"nothing was signed: {error}") from None


@commands.command("resume")
@click.option("--reason", required=True, help="Why the tree does not continue.")
@click.option(
    "--checkpoint",
    "given",
    type=A_FILE,
    multiple=True,
    help="A published checkpoint that is not in the data folder.",
)
@with_appcontext
def resume(reason: str, given: tuple[Path, ...]) -> None:
    """Go on after a backup was restored: say for ever why the tree is shorter than what was published."""
    try:
        click.echo(publishing.resume(reason, given=given))
    except MarketError as error:
        raise click.ClickException(f"{error.message}{error.advice}") from None
    except publishing.AuditBrokenError as error:
        raise click.ClickException(
            f"the reason is recorded, and nothing was signed: {error}"
        ) from None


@commands.command("export")
@click.argument("file", type=FileToWrite())
@with_appcontext
def export(file: Path) -> None:
    """Write the text of every entry to a file, one a line, for scripts/verify_audit.py; withheld values stay here."""
    # Line ends as they are on every system, or the texts would have other hashes.
    with (
        failures_named(file),
        file.open("w", encoding="utf-8", newline="\n") as out,
        closing(queries.entry_texts()) as texts,
    ):
        count = 0
        for text in texts:
            out.write(f"{text}\n")
            count += 1
    click.echo(f"{count} entries to {file}")


@commands.command("prove")
@click.argument("position", type=click.IntRange(min=0))
@click.argument("file", type=FileToWrite())
@with_appcontext
def prove(position: int, file: Path) -> None:
    """Write the proof that an entry is in the published tree, for somebody who has nothing but a checkpoint."""
    try:
        proof = publishing.proof_of(position)
    except MarketError as error:
        raise click.ClickException(f"{error.message}{error.advice}") from None
    with failures_named(file):
        file.write_text(proof, encoding="utf-8")
    click.echo(f"proof of entry {position} to {file}")


@commands.command("key")
@click.argument("name", required=False)
@with_appcontext
def key(name: str | None) -> None:
    """Print a new key for AUDIT_KEY; the public one goes to standard error."""
    print_key(name or current_app.config["SERVER_NAME"] or "demo")


@commands.command("public-key")
@with_appcontext
def public_key() -> None:
    """Print the public key, with which anybody checks checkpoints."""
    click.echo(str(publishing.signer().verifier))


@commands.command("grants")
@click.argument("role")
def grants(role: str) -> None:
    """Print the SQL that lets a PostgreSQL role of the site add to the audit and do nothing else to it."""
    for statement in queries.grants_for(role):
        click.echo(statement)
