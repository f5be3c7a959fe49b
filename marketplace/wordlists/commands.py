"""`flask dictionaries …`: word lists and dictionaries for scripts, and the work that needs a process of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from marketplace.command_paths import FileToWrite, failures_named
from marketplace.errors import Invalid, MarketError
from marketplace.wordlists import deeds, queries, upkeep
from marketplace.wordlists.models import KINDS, WORD_KINDS

commands = AppGroup(
    "dictionaries",
    help="Synonyms, terms, stop words, industry chains, districts and fields.",
)
KIND = click.Choice(list(KINDS))


@commands.command("export")
@click.argument("path", type=FileToWrite())
def export_lists(path: Path) -> None:
    """Write what is in force to a JSON file: what each list adds and takes out, and all of its lines."""
    lists = {}
    whole = queries.lines_of_edition(queries.ids_in_force())
    for kind in KINDS:
        version = queries.version_in_force(kind)
        lists[kind] = {
            "version": version.number if version else 0,
            "added": version.added.splitlines() if version else [],
            "removed": version.removed.splitlines() if version else [],
        }
        if kind in WORD_KINDS:
            lists[kind]["lines"] = whole[kind]
    content = json.dumps({"word_lists": lists}, ensure_ascii=False, indent=1)
    with failures_named(path):
        path.write_text(f"{content}\n", encoding="utf-8")
    click.echo(f"{path}: {', '.join(KINDS)}")


@commands.command("import")
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--note", default="", help="Why, for those who look at it later.")
def import_lists(path: Path, note: str) -> None:
    """Make drafts of a JSON file as `export` writes it; each list that differs from what is in force gets one."""
    for kind, lines in _read_file(path).items():
        present = queries.version_in_force(kind)
        before = (present.added, present.removed) if present else ("", "")
        # As it was exported: an unchanged file makes no drafts.
        if before == (lines["added"], lines["removed"]):
            click.echo(f"{kind}: as it is in force")
            continue
        # A draft that somebody is writing must not be overwritten by a file.
        if queries.open_draft(kind, by=None) is not None:
            raise click.ClickException(
                f"{kind}: there is a draft already; finish it or withdraw it first"
            )
        draft = deeds.begin_draft(kind, by=None)
        try:
            deeds.save_draft(draft, **lines, note=note, by=None, seen=None)
        except Invalid as error:
            # Or the refused draft would be in the way of the next try.
            deeds.withdraw_draft(draft, by=None, seen=None)
            problems = "\n".join(map("\n".join, error.problems.values()))
            raise click.ClickException(f"{kind}:\n{problems}") from None
        click.echo(f"{kind}: draft of version {draft.number}")


@commands.command()
@click.argument("version_id", type=int)
def preview(version_id: int) -> None:
    """Compute what a draft would change, and store it with the draft (its number in the database)."""
    figures = upkeep.make_preview(version_id)
    for name in ("listings", "searches", "rankings"):
        tried = figures[name]
        click.echo(f"{name}: {tried['changed']} of {tried['tried']} change")


@commands.command()
@click.argument("kind", type=KIND)
def enable(kind: str) -> None:
    """Preview the draft of a list and put it in force; index and matchers are rebuilt in the background."""
    try:
        draft = queries.get_draft(kind, by=None)
        deeds.ask_preview(draft, by=None, seen=None)
        upkeep.make_preview(draft.id)
        edition = deeds.enable_draft(draft, by=None, seen=None)
    except MarketError as error:
        raise click.ClickException(f"{error.message}{error.advice}") from None
    click.echo(f"edition {edition.number} is to be built")


@commands.command()
def back() -> None:
    """Build what was in force before the present edition again; the work in the background puts it in force."""
    # Without anybody who looked at a page, what is in force at this moment counts as seen.
    present = queries.edition_in_state("in_force")
    try:
        edition = deeds.go_back(by=None, seen=present.number if present else None)
    except MarketError as error:
        raise click.ClickException(f"{error.message}{error.advice}") from None
    click.echo(f"edition {edition.number} is to be built: {edition.note}")


@commands.command()
@click.argument("number", type=int)
@click.option("--use", is_flag=True, help="And put it in force on this host.")
def build(number: int, use: bool) -> None:
    """Make index and matchers of an edition beside those that answer."""
    for name, count in upkeep.build_copies(number).items():
        click.echo(f"{name}: {count} documents")
    if use:
        click.echo(upkeep.use_edition(number))


def _read_file(path: Path) -> dict[str, dict[str, str]]:
    """Kind → `added` and `removed`, of the lists that a file has.

    Raises:
        ClickException: it is none of ours.
    """
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        lists = {}
        for kind, values in found["word_lists"].items():
            if kind not in KINDS:
                raise ValueError(f"no such list: {kind}")
            lists[kind] = {
                name: "\n".join(values.get(name, [])) for name in ("added", "removed")
            }
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise click.ClickException(
            f"{path} is no file of `flask dictionaries export`: {error!r}"
        ) from None
    return lists
