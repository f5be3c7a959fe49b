"""What another grading would change: the first places of all public demands, graded by both.

Worked out when a grade model is made, so that an operator sees it before the model is put into force.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, repeat
from typing import Any, TypeAlias

from flask import current_app

import matching
from marketplace.extensions import db
from marketplace.listings import index as listing_index
from marketplace.listings.disclosure import is_own
from marketplace.listings.models import Achievement, Row
from marketplace.permissions import Guest
from marketplace.verdicts.grading import Grading
from marketplace.verdicts.projections import common_conditions, common_document
from matching.explaining import facts

# Places of a list that are compared: what a reader sees of a page without turning it.
PLACES = 10
SPARE = 5  # ranked beyond these: some are the demand's own or no longer offered
DEEPER = 4  # how many times as many are ranked when those were not enough
RANKED_AT_ONCE = 50  # bounds the memory of a run
EXAMPLES = 12
FITTING = ("high", "fair")
GUEST = Guest()

# matches with the conditions of their achievements, best first
PublicList: TypeAlias = list[tuple[matching.Match, matching.Document]]


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
        _compare_batch(batch, before, after, tally)
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


def public_lists(
    demands: Sequence[Row], places: int
) -> Iterator[tuple[matching.Document, PublicList]]:
    """The first places of each demand's list as everybody sees it, best first.

    Args:
        demands: some of `public_demands`.
        places: of each list, at most.

    Yields:
        the document of a demand, and its offers: (match, conditions of the achievement). What is no longer offered is
        left out, and so is what belongs to the demand's own organisation, as far as a guest may know.
    """
    documents = [common_document(row) for row in demands]
    depth = places + SPARE
    while True:
        # The outer circle, as the public ranks; taken once for each batch, for readers rank in between.
        with current_app.extensions["matchers"].using("achievement") as matcher:
            ranked = matcher.rank_all(documents, top=depth)
        offered = _offered_achievements(ranked)
        lists = []
        for demand, matches in zip(demands, ranked, strict=True):
            lists.append(_public_matches(demand, matches, offered))
        if all(map(_is_enough, lists, ranked, repeat(places), repeat(depth))):
            break
        # Of a firm with many achievements of its own the first places may all be its own.
        depth *= DEEPER
    conditions: dict[int, matching.Document] = {}
    for document, matches in zip(documents, lists, strict=True):
        places_of_list = []
        for match in matches[:places]:
            number = int(match.id)
            # Each projected once: many lists have the same first places.
            if number not in conditions:
                conditions[number] = common_conditions(offered[number])
            places_of_list.append((match, conditions[number]))
        yield document, places_of_list


def _is_enough(
    found: Sequence[matching.Match],
    ranked: Sequence[matching.Match],
    places: int,
    depth: int,
) -> bool:
    """Whether a list is full, or nothing more is ranked for it."""
    return len(found) >= places or len(ranked) < depth


def _offered_achievements(
    lists: Iterable[Sequence[matching.Match]],
) -> dict[int, Achievement]:
    """Id → every achievement on some list."""
    ids: set[int] = set()
    for matches in lists:
        ids.update(int(match.id) for match in matches)
    query = db.select(Achievement).where(Achievement.id.in_(ids))
    return {row.id: row for row in db.session.scalars(query)}


def _public_matches(
    demand: Row,
    matches: Iterable[matching.Match],
    offered: Mapping[int, Achievement],
) -> list[matching.Match]:
    found = []
    for match in matches:
        row = offered.get(int(match.id))
        if row is not None and not is_own(demand, row, GUEST):
            found.append(match)
    return found


def _compare_batch(
    demands: Sequence[Row],
    before: Grading,
    after: Grading,
    tally: _Tally,
) -> None:
    for document, offers in public_lists(demands, PLACES):
        given: dict[str, list[str | None]] = {"before": [], "after": []}
        for match, conditions in offers:
            compared = facts.compare_facts(document, conditions)
            old, new = before(match, compared), after(match, compared)
            given["before"].append(old)
            given["after"].append(new)
            if old != new:
                # Empty for no grade: pairs with None among them could not be sorted.
                tally.changes[old or "", new or ""] += 1
                tally.examples.append(
                    {
                        "demand": int(document.id),
                        "achievement": int(match.id),
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
