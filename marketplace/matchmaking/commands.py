"""`flask matching …`: building the matchers' artefacts, their state, and how good they are.

The work is done in `matchers.py` and by the deeds of verdicts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup

from marketplace.listings.models import KIND_NAMES
from marketplace.verdicts import deeds as verdict_deeds
from marketplace.verdicts import grading
from matching.judging import grades
from matching.judging.quality import TooFew

commands = AppGroup("matching", help="The matchers behind 匹配 and 试配.")


@commands.command()
def fit() -> None:
    """Build both matchers from the database and swap them in; running sites notice by themselves."""
    for kind, count in current_app.extensions["matchers"].fit().items():
        click.echo(f"{KIND_NAMES[kind]}: {count} documents")


@commands.command()
def status() -> None:
    """Print which artefact is current and how far the database has moved on since."""
    for kind, state in current_app.extensions["matchers"].status().items():
        built = ""
        if state["built"]:
            built = f", built {state['built']:%Y-%m-%d %H:%M}"
        click.echo(
            f"{KIND_NAMES[kind]}: artefact {state['generation']}{built}, {state['documents']} documents; "
            f"{state['findable']} findable, {state['behind']} to catch up"
        )


@commands.command()
def quality() -> None:
    """Measure how good matching is by the verdicts so far, print it, and store it for the operators' page."""
    row = verdict_deeds.measure(by=None)
    figures = row.figures
    ranker = grading.ranker_in_words(row.ranker)
    click.echo(f"{row.at:%Y-%m-%d %H:%M} UTC, weights of the ranking: {ranker}")
    click.echo(f"judged: {figures['demands']} demands, {figures['pairs']} pairs")
    if figures["quality"] is None:
        click.echo(
            f"no figures: {figures['demands']} judged demands, {figures['needed']} needed"
        )
    else:
        _print_mean("P@5", figures["quality"]["precision"])
        _print_mean("NDCG@10", figures["quality"]["gain"])
    for band in figures["bands"] or ():
        # None: the pair was judged without having a grade.
        grade = grades.NAMES.get(band["grade"], "够不上匹配")
        click.echo(f"{grade}: {band['pairs']} pairs, {band['finds']:.0%} finds")
    _print_exposure(figures["exposure"], figures["needed"])


@commands.command()
def calibrate() -> None:
    """Fit the grades on the verdicts so far: a candidate, which an operator puts into force on the page of quality."""
    try:
        row = verdict_deeds.calibrate(by=None)
    except TooFew as error:
        raise click.ClickException(
            f"{error.judged} judged demands, {error.needed} needed; the cut points hold"
        ) from None
    except grading.TooOneSided as error:
        raise click.ClickException(f"{error}; the grades stay as they are") from None
    outcome = "no better than the cut points, not offered"
    # It changes no grade by itself: that takes the button of an operator (083).
    if row.state == "candidate":
        outcome = "a candidate, waiting for an operator on the page of quality"
    click.echo(f"learned from {row.demands} demands, {row.verdicts} pairs: {outcome}")


def _print_mean(name: str, value: Mapping[str, Any]) -> None:
    figure = "too few to say"
    if value["mean"] is not None:
        figure = f"{value['mean']:.3f} ± {value['error']:.3f}"
    click.echo(f"{name}: {figure} (n = {value['n']} demands)")


def _print_exposure(exposure: Mapping[str, Any], needed: int) -> None:
    # No figure from fewer than 20 demands (015).
    if exposure["demands"] < needed:
        click.echo(
            f"no exposure: {exposure['demands']} public demands, {needed} needed"
        )
        return
    click.echo(
        f"first five of {exposure['demands']} demands: {exposure['places']} places, "
        f"{exposure['nothing']} without a match"
    )
    for key, label in (("institutions", "institution"), ("districts", "district")):
        for name, places, offered in exposure[key]:
            click.echo(f"  {label} {name}: {places} places, {offered} achievements")
