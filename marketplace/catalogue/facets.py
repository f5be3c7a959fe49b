"""The facets of a search: which values there are, how they are called, and how many listings each would leave.

What a search finds is read in `queries.py`; nothing of an address is known here but its state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import current_app

import search
from marketplace.catalogue.search_state import SearchState
from marketplace.dictionaries.models import read_facet_names
from marketplace.listings import cards
from marketplace.listings.schema import terms
from marketplace.organisations.queries import names_in_use
from marketplace.permissions import Reader, audiences

# Without an order of their own, and longer than a page shows at once: their options are sorted by count.
SORTED_BY_COUNT = ("field", "chain", "institution", "district")
MAX_OPTIONS = 40  # values of one facet that are offered, the most frequent ones; a list of all holders helps nobody
UNNAMED_HOLDER = (
    "所选单位"  # a chosen organisation that has nothing under the other filters
)
FacetNames = Mapping[str, Mapping[str, str]]  # facet → code → name


@dataclass(frozen=True)
class Option:
    """One value of a facet.

    Attributes:
        code, name: the value.
        count: how many listings it would leave under the other filters.
        chosen: whether it is a filter now.
        official: False for an industry chain that nobody has confirmed yet.
    """

    code: str
    name: str
    count: int
    chosen: bool
    official: bool = True


def facet_names() -> dict[str, Mapping[str, str]]:
    """Facet → code → name of every value a listing may have; `unofficial` lists the chains that nobody confirmed.

    Years are their own names and are not listed; organisations are named for one result, see `name_institutions`.
    """
    return {
        **read_facet_names(),
        "stage": terms.STAGES,
        # Both kinds in one facet: what is the same in both has one code and the name of the achievements.
        "mode": {**terms.COOPERATION_MODES, **terms.CONVERSION_MODES},
        "need": need_names(),
        "achievement_type": terms.ACHIEVEMENT_TYPES,
        "year": {},
        "institution": {},
    }


def need_names() -> dict[str, str]:
    """Code → kind of need as lists say it: 技术需求."""
    return {code: cards.kind_name_of("demand", code) for code in terms.NEEDS}


def name_institutions(
    names: FacetNames, result: search.Result, state: SearchState
) -> FacetNames:
    """The names of facets with those of the organisations that a result counts, and of no other."""
    # Only those that are counted: a list of all would tell which organisations there are.
    counted = facet_counts(result, "institution")
    known = names_in_use(map(int, counted))
    for code in state.filters.get("institution", ()):
        known.setdefault(code, UNNAMED_HOLDER)
    return {**names, "institution": known}


def run_search(state: SearchState, reader: Reader, size: int) -> search.Result:
    """One page of hits, with the counts of all facets.

    Args:
        state: what is searched.
        reader: who searches; hits and counts are what they may find.
        size: hits on a page; 0 asks for counts only.

    Raises:
        search.SearchUnavailable: the engine does not answer.
    """
    if state.is_unsearchable:
        return search.Result(total=0, hits=[], facets={})
    engine: search.Engine = current_app.extensions["search"]
    return engine.find(state.query(audiences(reader), size=size))


def facet_counts(result: search.Result, facet: str) -> dict[str, int]:
    """Code → count of the values of a facet that leave anything."""
    return {str(value): count for value, count in result.facets.get(facet, [])}


def facet_options(
    facet: str, result: search.Result, names: FacetNames, state: SearchState
) -> list[Option]:
    """The options of a facet: those that leave anything and those that are chosen.

    Args:
        facet: a key of `search_state.FACETS`.
        result: what the engine answered.
        names: as `facet_names` gives them.
        state: what was searched.

    Returns:
        options in the order of the dictionary, years latest first, the facets of SORTED_BY_COUNT by count.
    """
    counts = facet_counts(result, facet)
    if facet == "mode" and state.kind:
        # One kind is shown, and is spoken of in its own words: 技术转让, not 转让.
        names = {**names, facet: {**names[facet], **cards.MODE_NAMES[state.kind]}}
    chosen = state.filters.get(facet, ())
    unofficial = names["unofficial"] if facet == "chain" else {}
    # Chosen ones stay even at 0, else a filter could not be taken off again.
    options = []
    for code, name in _names_of(facet, names, {*counts, *chosen}).items():
        if code in counts or code in chosen:
            count = counts.get(code, 0)
            official = code not in unofficial
            options.append(Option(code, name, count, code in chosen, official))
    if facet in SORTED_BY_COUNT:
        # Stable: equal counts stay in the order of the dictionary.
        options.sort(key=lambda option: -option.count)
        rest = [option for option in options[MAX_OPTIONS:] if option.chosen]
        options = options[:MAX_OPTIONS] + rest
    return options


def _names_of(facet: str, names: FacetNames, years: set[str]) -> Mapping[str, str]:
    if facet != "year":
        return names[facet]
    return {year: f"{year} 年" for year in sorted(years, reverse=True)}
