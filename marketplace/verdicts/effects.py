"""What another grading would change: the first places of all public demands, graded by both.

Worked out when a grade model is made, so that an operator sees it before the model is put into force.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from flask import current_app

import matching
from marketplace.extensions import db
from marketplace.listings import index as listing_index
from marketplace.listings.models import Achievement, Row
from marketplace.verdicts.grading import Grading
from marketplace.verdicts.projections import common_conditions, common_document
from matching.explaining import facts

# Places of a list that are compared: what a reader sees of a page without turning it.
PLACES = 10
RANKED_AT_ONCE = 50  # bounds the memory of a run
EXAMPLES = 12
FITTING = ("high", "fair")


@dataclass
class _Tally:
    """What is counted while the lists are read."""

    demands: int = 0
    pairs: int = 0
    changes: Counter[tuple[str, str]] = field(default_factory=Counter)
    nothing: Counter[str] = field(default_factory=Counter)
    examples: list[dict[str, Any]] = field(default_factory=list)


def measure_effect(before: Grading, after: Grading) -> dict[str, Any]:
    """What changes when `after` grades instead of `before`, as JSON.

    Args:
        before, after: both gradings.

    Returns:
        `demands` and `pairs` compared; `changed` pairs; `changes`, (grade before, after, pairs), "" for none, most
        first; `nothing_before` and `nothing_after`, demands that have no fitting match by either; `examples`, ids and
        both grades of a few pairs, those that change most first.

    Raises:
        SearchUnavailable: the matcher is being prepared.
    """
    tally = _Tally()
    # One generator for all batches, so that the demands are never all in memory.
    demands = public_demands()
    while batch := list(islice(demands, RANKED_AT_ONCE)):
        _compare_batch([common_document(row) for row in batch], before, after, tally)
    # Most pairs first, then by name, so that the page is the same for the same figures.
    changes = sorted(tally.changes.items(), key=lambda item: (-item[1], item[0]))
    return {
        "demands": tally.demands,
        "pairs": tally.pairs,
        "changed": sum(tally.changes.values()),
        "changes": [[old, new, count] for (old, new), count in changes],
        "nothing_before": tally.nothing["before"],
        "nothing_after": tally.nothing["after"],
        "examples": _most_telling(tally.examples),
    }


def public_demands() -> Iterator[Row]:
    """The demands whose matches everybody may see."""
    for demand in listing_index.published("demand"):
        if demand.visibility != "confidential" and demand.is_matchable:
            yield demand


def first_places(
    documents: list[matching.Document],
    places: int,
) -> list[list[matching.Match]]:
    """The first places of each document's list, best first."""
    # The outer circle, as the public ranks; taken once for each batch, for readers rank in between.
    with current_app.extensions["matchers"].using("achievement") as matcher:
        ranked: list[list[matching.Match]] = matcher.rank_all(documents, top=places)
        return ranked


def offered_conditions(
    lists: list[list[matching.Match]],
) -> dict[int, matching.Document]:
    """Id → conditions of every achievement on some list, each projected once."""
    ids: set[int] = set()
    for matches in lists:
        ids.update(int(match.id) for match in matches)
    query = db.select(Achievement).where(Achievement.id.in_(ids))
    return {row.id: common_conditions(row) for row in db.session.scalars(query)}


def _compare_batch(
    documents: list[matching.Document],
    before: Grading,
    after: Grading,
    tally: _Tally,
) -> None:
    lists = first_places(documents, PLACES)
    conditions = offered_conditions(lists)
    for document, matches in zip(documents, lists, strict=True):
        given: dict[str, list[str | None]] = {"before": [], "after": []}
        for match in matches:
            offered_id = int(match.id)
            if offered_id not in conditions:
                continue
            compared = facts.compare_facts(document, conditions[offered_id])
            old, new = before(match, compared), after(match, compared)
            given["before"].append(old)
            given["after"].append(new)
            if old != new:
                # Empty for no grade: pairs with None among them could not be sorted.
                tally.changes[old or "", new or ""] += 1
                tally.examples.append(
                    {
                        "demand": int(document.id),
                        "achievement": offered_id,
                        "before": old or "",
                        "after": new or "",
                    }
                )
        tally.demands += 1
        tally.pairs += len(given["before"])
        for name, levels in given.items():
            # What has no better grade than the weakest is headed 暂无合适.
            tally.nothing[name] += not any(level in FITTING for level in levels)


def _most_telling(examples: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The pairs that change by most steps, one of each demand first."""
    steps = ["", "weak", "fair", "high"]

    def distance(one: dict[str, Any]) -> int:
        return -abs(steps.index(one["before"]) - steps.index(one["after"]))

    ordered = sorted(examples, key=distance)
    firsts: dict[int, dict[str, Any]] = {}
    others = []
    # One of each demand first, else all examples might come from one list that changes much.
    for one in ordered:
        if one["demand"] in firsts:
            others.append(one)
        else:
            firsts[one["demand"]] = one
    return [*firsts.values(), *others][:EXAMPLES]
