"""How good matching is by what people judged, and which listings the first places of all lists go to.

Worked out at night from the database and the matchers; `deeds.measure` stores the figures, which are JSON.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import islice
from typing import Any

from marketplace.dictionaries.models import Chain, District, names_by_code
from marketplace.extensions import db
from marketplace.listings.models import Achievement
from marketplace.organisations.models import Organisation
from marketplace.verdicts.effects import public_demands, public_lists
from marketplace.verdicts.grading import active_grader
from marketplace.verdicts.judgements import JudgedPair, explain_pairs, judged_pairs
from matching.explaining import facts
from matching.judging import grades, quality
from matching.judging.reordering import RELEVANT

FIRST_PLACES = 5  # places of a list that count as exposure
DEMANDS_RANKED_AT_ONCE = 50  # bounds the memory of a run
INSTITUTIONS_NAMED = 10
NO_DISTRICT = "未填写"

# name, places its listings have, listings it has on offer
Exposure = tuple[str, int, int]


def measure_quality() -> dict[str, Any]:
    """How good matching is and whom it shows, as JSON; nothing is worked out from fewer than 20 judged demands.

    Returns:
        `demands` and `pairs` judged; `needed`, the demands that figures need; `quality` and `bands` as
        `matching.judging.quality` gives them, or None; `chains` of at least 20 judged demands; `by_chain` and
        `by_institution`, see `_found_good`; `exposure`, see `_measure_exposure`.

    Raises:
        SearchUnavailable: the matcher is being prepared.
    """
    # First: it reads the demands in batches and expunges what it has read.
    exposure = _measure_exposure()
    pairs = judged_pairs()
    levels = _levels_in_order(pairs)
    figures: dict[str, Any] = {
        "demands": len(levels),
        "pairs": len(pairs),
        "needed": quality.MIN_DEMANDS,
        "quality": None,
        "bands": None,
        "chains": [],
        "by_chain": None,
        "by_institution": None,
        "exposure": exposure,
    }
    # From less the figures would mislead; the page says how many are still needed.
    if len(levels) < quality.MIN_DEMANDS:
        return figures
    figures["quality"] = asdict(quality.measure_quality(levels.values()))
    graded = []
    # By the grade each pair had on its day: what is measured is what people were promised.
    for pair in pairs:
        graded.append((_known_grade(pair), pair.verdict.relevance_level))
    figures["bands"] = [
        asdict(band) for band in quality.measure_bands(graded, len(levels))
    ]
    figures["chains"] = _measure_chains(pairs, levels)
    names = names_by_code(Chain)
    figures["by_chain"] = _found_good(
        (names.get(pair.demand.chain_code or "", ""), pair) for pair in pairs
    )
    figures["by_institution"] = _found_good(
        (_holder_name(pair.achievement), pair) for pair in pairs
    )
    return figures


def _holder_name(achievement: Achievement) -> str:
    """The organisation of an achievement; empty where it has none yet."""
    holder = achievement.organisation
    return "" if holder is None else holder.name


def _found_good(named: Iterable[tuple[str, JudgedPair]]) -> dict[str, Any]:
    """How many pairs were judged under each name, and how many of them were found good.

    Args:
        named: (name, pair); pairs without a name are passed over.

    Returns:
        `rows`, (name, demands, pairs, good pairs), most demands first; `few`, how many names had fewer than
        MIN_DEMANDS judged demands and are not shown.
    """
    texts: dict[str, set[str]] = defaultdict(set)
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for name, pair in named:
        if not name:
            continue
        texts[name].add(pair.text)
        counts[name][0] += 1
        counts[name][1] += pair.verdict.relevance_level >= RELEVANT
    # For each name too: no figure is given from fewer than 20 judged demands (015).
    enough = [name for name in texts if len(texts[name]) >= quality.MIN_DEMANDS]
    enough.sort(key=lambda name: (-len(texts[name]), name))
    rows = [[name, len(texts[name]), *counts[name]] for name in enough]
    return {"rows": rows, "few": len(texts) - len(rows)}


def _known_grade(pair: JudgedPair) -> str | None:
    """The grade the pair had when it was judged; None also for one that no longer exists."""
    # Old verdicts keep the grade of their day, whatever became of its name.
    grade = pair.verdict.grade
    return grade if grade in grades.NAMES else None


def _levels_in_order(pairs: Sequence[JudgedPair]) -> dict[str, list[float]]:
    """Demand text → levels of its judged pairs in the order of the present ranking, equal scores by id.

    A text that was posted twice is one demand: a pair judged under both ids has its best score and its mean level.
    """
    judged: dict[str, dict[int, list[tuple[float, int]]]] = {}
    for pair, reasons in zip(pairs, explain_pairs(pairs), strict=True):
        of_text = judged.setdefault(pair.text, defaultdict(list))
        scored = (reasons.score, pair.verdict.relevance_level)
        of_text[pair.achievement.id].append(scored)
    ordered = {}
    for text, achievements in judged.items():
        ranked = []
        for achievement_id, scored_levels in achievements.items():
            # By its best score, as the better of both postings would have shown it.
            best = max(score for score, _ in scored_levels)
            level = sum(level for _, level in scored_levels) / len(scored_levels)
            ranked.append((-best, achievement_id, level))
        ordered[text] = [level for _, _, level in sorted(ranked)]
    return ordered


def _measure_chains(
    pairs: Sequence[JudgedPair], levels: dict[str, list[float]]
) -> list[dict[str, Any]]:
    """The quality over the demands of each industry chain that has enough of them, in order of code."""
    texts_by_chain: dict[str, set[str]] = defaultdict(set)
    for pair in pairs:
        if pair.demand.chain_code:
            texts_by_chain[pair.demand.chain_code].add(pair.text)
    chain_names = names_by_code(Chain)
    # In order of code, so that the page is the same every day.
    measured = []
    for code in sorted(texts_by_chain):
        texts = texts_by_chain[code]
        if len(texts) < quality.MIN_DEMANDS:
            continue
        figures = quality.measure_quality([levels[text] for text in texts])
        measured.append({"name": chain_names.get(code, code), **asdict(figures)})
    return measured


def _measure_exposure() -> dict[str, Any]:
    """Which achievements the first places of the lists of all published demands go to, as the public sees them.

    Returns:
        `demands` ranked, of which `nothing` had no fitting match; `places` in all; `institutions` (those with most
        places) and `districts`, each (name, places, listings on offer).
    """
    grade = active_grader().grade
    demands = public_demands()
    ranked_demands = 0
    without_match = 0
    placed: list[int] = []
    # Read together, since rank_all ranks a batch on all processors.
    while batch := list(islice(demands, DEMANDS_RANKED_AT_ONCE)):
        ranked_demands += len(batch)
        for document, offers in public_lists(batch, FIRST_PLACES):
            given = []
            for match, conditions in offers:
                compared = facts.compare_facts(document, conditions)
                given.append((int(match.id), grade(match, compared)))
            # A list whose first places are weak is shown as "nothing fits", so it gives nobody exposure.
            if any(level in ("high", "fair") for _, level in given):
                placed += [listing_id for listing_id, level in given if level]
            else:
                without_match += 1
    return {
        "demands": ranked_demands,
        "nothing": without_match,
        "places": len(placed),
        **_exposure_by_owner(placed),
    }


def _exposure_by_owner(placed: Sequence[int]) -> dict[str, list[Exposure]]:
    """`institutions` and `districts`, those with most places first.

    Args:
        placed: ids of achievements, once for each place they have.
    """
    query = (
        db.select(Achievement.id, Organisation.name, District.name)
        .join(Organisation, Organisation.id == Achievement.organisation_id)
        .join(District, District.code == Organisation.district_code, isouter=True)
        .where(Achievement.findable_by(None), Achievement.visibility != "confidential")
    )
    institutions = {}
    districts = {}
    # What is on offer, not what is published: the same circle that the lists were ranked for.
    for listing_id, institution, district in db.session.execute(query):
        institutions[listing_id] = institution
        districts[listing_id] = district or NO_DISTRICT
    return {
        "institutions": _count_exposure(institutions, placed)[:INSTITUTIONS_NAMED],
        "districts": _count_exposure(districts, placed),
    }


def _count_exposure(owners: dict[int, str], placed: Sequence[int]) -> list[Exposure]:
    """Of each owner the places and listings on offer; most places first, then most listings, then by name.

    Args:
        owners: id of each listing on offer → name of its owner.
        placed: as in `_exposure_by_owner`; one that is no longer on offer is passed over.
    """
    offered = Counter(owners.values())
    places = Counter(
        owners[listing_id] for listing_id in placed if listing_id in owners
    )
    # The name last, so that equal owners do not change places from night to night.
    order = sorted(offered, key=lambda name: (-places[name], -offered[name], name))
    return [(name, places[name], offered[name]) for name in order]
