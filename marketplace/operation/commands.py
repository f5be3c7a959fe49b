"""The commands that keep a site running: `flask jobs`, `flask backup`, `flask restore`. Each prints what was done."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

import search
from marketplace import contributions
from marketplace.audit import publishing
from marketplace.command_paths import FileToWrite, failures_named
from marketplace.contributions import Job
from marketplace.errors import MarketError
from marketplace.operation import background, backups, nightly, runs


@click.command("jobs")
@click.option("--once", metavar="JOB", help="Do one piece of work now and end.")
@click.option(
    "--backup",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write a backup here every night.",
)
@click.option(
    "--keep",
    default=background.BACKUPS_TO_KEEP,
    show_default=True,
    help="Backups to keep.",
)
@click.option(
    "--check", is_flag=True, help="Say whether the jobs of this host go well."
)
@click.option("--parent", type=int, hidden=True, help="End when this process has.")
@with_appcontext
def commands(
    once: str | None, backup: Path | None, keep: int, check: bool, parent: int | None
) -> None:
    """Do the work in the background until asked to end: index, expiry, comparison, matcher, backups.

    Run it on every host; what only one may do is done by the one that holds the lock.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    if check:
        _check_runs(app)
        return
    extra = []
    if backup is not None:
        make = partial(nightly.make_nightly, backup, keep)
        # 18:30 UTC is half past two at night in China.
        extra.append(Job("backup", make, {"hour": 18, "minute": 30}))
    if once:
        job = _get_job(once, extra)
        if not background.run_job(app, job.name, job.run):
            raise SystemExit(1)
        return
    background.serve_jobs(app, extra, parent=parent)


def _check_runs(app: Flask) -> None:
    """End with 1 where no job ended here for long, or the last run of one failed; for supervisors of containers."""
    found = runs.last_runs(app)
    age = min((time.time() - run.at for run in found.values()), default=None)
    failed = sorted(name for name, run in found.items() if not run.ok)
    if age is None or age > background.SILENT:
        raise click.ClickException("no job ended here for half an hour")
    if failed:
        raise click.ClickException(f"the last run failed of: {', '.join(failed)}")
    click.echo("The jobs of this host go well.")


def _get_job(name: str, extra: list[Job]) -> Job:
    """The job of that name.

    Args:
        name: as the log names it.
        extra: those that no room contributes.

    Raises:
        click.BadParameter: none here has that name.
    """
    jobs = {job.name: job for job in [*contributions.jobs(), *extra]}
    if name not in jobs:
        raise click.BadParameter(f"{name!r} is not one of {', '.join(jobs)}.")
    return jobs[name]


class BackupGroup(click.Group):
    """`flask backup FILE` makes one, as it always did; other deeds have names."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The named deed, or making one."""
        if args and args[0] not in self.commands:
            args = ["make", *args]
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Let the options of making one stand in front of its file."""
        options = ("--help", *self.commands)
        if args and args[0] not in options:
            args = ["make", *args]
        return super().parse_args(ctx, args)


@click.group("backup", cls=BackupGroup)
def backup_group() -> None:
    """Write database and uploaded files to a file (`flask backup FILE`), or verify one."""


@backup_group.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
def verify(file: Path) -> None:
    """Check the backup FILE without touching the site: its hashes, its key, its rows."""
    try:
        summary = backups.verify_backup(file)
    except MarketError as error:
        raise click.ClickException(f"{error.message} {error.advice}".strip()) from None
    _print_summary(summary)
    click.echo("Every hash agrees.")


@backup_group.command("make")
@click.argument("file", type=FileToWrite(renamed=True))
@click.option(
    "--with-secrets",
    is_flag=True,
    help="The signing secrets too; keep such a file as safe as them.",
)
@with_appcontext
def backup(file: Path, with_secrets: bool) -> None:
    """Write database and uploaded files to FILE (.tar.gz), while the site goes on."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    began = time.monotonic()
    try:
        with failures_named(file):
            summary = backups.make_backup(file, with_secrets=with_secrets)
    except MarketError as error:
        raise click.ClickException(f"{error.message} {error.advice}".strip()) from None
    seconds = round(time.monotonic() - began, 2)
    runs.record_run(app, "backup", ok=True, seconds=seconds)
    _print_summary(summary)
    if not with_secrets:
        click.echo(
            "SECRET_KEY and PASSWORD_SALT are not in it: without that salt no password opens a restored site."
        )


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--replace",
    is_flag=True,
    help="Also where the site is not empty; what it holds is lost.",
)
@with_appcontext
def restore(file: Path, replace: bool) -> None:
    """Put the backup FILE in the place of the site's database and files; index and matcher are rebuilt."""
    try:
        summary = backups.restore_backup(file, replace=replace)
    except MarketError as error:
        raise click.ClickException(f"{error.message} {error.advice}".strip()) from None
    except search.SearchError as error:
        raise click.ClickException(
            f"Everything is back but the index ({error}): run `flask index rebuild`."
        ) from None
    _print_summary(summary)
    click.echo(
        "Every hash agrees; search index and matcher were rebuilt. Restart the site if it runs."
    )
    _compare_audit()


def _compare_audit() -> None:
    """Say what to do where the restored audit is shorter than what was published: it has to be explained once."""
    report = publishing.verify()
    for one in report.broken:
        click.echo(
            f"The audit has {report.size} entries, {one.where} covers {one.checkpoint.size}. Until that is explained no"
            " checkpoint is signed: flask audit resume --reason 'why this backup was restored'"
        )


def init_app(app: Flask) -> None:
    """Add the commands other than `jobs`."""
    app.cli.add_command(backup_group)
    app.cli.add_command(restore)


def _print_summary(summary: backups.Summary) -> None:
    counts = []
    for name, count in summary.rows.items():
        if name in ("achievement", "demand"):
            counts.append(f"{count} {name}")
    total = sum(summary.rows.values())
    click.echo(f"Made at {summary.made_at}: {', '.join(counts)}, {total} rows in all")
    # Hashes of the files, to compare with those of another copy by hand.
    for name, value in summary.files.items():
        click.echo(f"  {value}  {name}")
