"""`flask matching …`: building the matchers' artefacts and telling how they stand and how good they are.

The work stands in `indexing.py` and in the rules of verdicts.
"""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup

from marketplace.listings.models import KIND_NAMES
from marketplace.verdicts import rules as verdicts
from matching.judging.quality import TooFew

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


@commands.command()
def quality() -> None:
    """Measure how good matching is by the verdicts so far, print it, and keep it for the operators' page."""
    row = verdicts.measure(by=None)
    found = row.figures
    click.echo(f"{row.at:%Y-%m-%d %H:%M} UTC, ranking {row.ranker}")
    click.echo(f"judged: {found['demands']} demands, {found['pairs']} pairs")
    if found["quality"] is None:
        click.echo(
            f"no figures: {found['demands']} judged demands, {found['needed']} needed"
        )
    for name, key in (
        (("P@5", "precision"), ("NDCG@10", "gain")) if found["quality"] else ()
    ):
        value = found["quality"][key]
        said = (
            f"not told from {value['n']}"
            if value["mean"] is None
            else f"{value['mean']:.3f} ± {value['error']:.3f}"
        )
        click.echo(f"{name}: {said} (n = {value['n']} demands)")
    for band in found["bands"] or ():
        click.echo(
            f"grade {band['grade'] or 'none'}: {band['pairs']} pairs, {band['finds']:.0%} finds"
        )
    shown = found["exposure"]
    if shown["demands"] < found["needed"]:
        click.echo(
            f"no exposure: {shown['demands']} public demands, {found['needed']} needed"
        )
        return
    click.echo(
        f"first five of {shown['demands']} demands: {shown['places']} places, {shown['nothing']} without a match"
    )
    for key in ("institutions", "districts"):
        for name, places, offered in shown[key]:
            click.echo(f"  {key[:-1]} {name}: {places} places, {offered} achievements")


@commands.command()
def calibrate() -> None:
    """Learn the grades from the verdicts so far; they come into force where they do better than the cut points."""
    try:
        row = verdicts.calibrate(by=None)
    except TooFew as error:
        raise click.ClickException(
            f"{error.judged} judged demands, {error.needed} needed; the cut points hold"
        ) from None
    click.echo(
        f"learned from {row.demands} demands, {row.verdicts} pairs; in force: {'yes' if row.better else 'no'}"
    )
