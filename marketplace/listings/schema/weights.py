"""How much each question counts for how complete a listing is: data, by kind of listing and kind of need.

How it is added up is in `listings/completeness.py`; what the public needs is said by the fields themselves.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """A part of what makes a listing complete.

    Attributes:
        weight: points of the whole.
        names: the fields of which any one will do.
        enough: characters of a text, or entries of a list, with which it counts in full; fewer count in part.
    """

    weight: int
    names: tuple[str, ...]
    enough: int = 1


# The whole of each is fixed beforehand. Were a question to count only where another answer calls for it (揭榜), then
# writing that answer would make the listing less complete.
_BEGIN = (Part(10, ("title",), 4),)
_END = (
    Part(5, ("contact_name",)),
    Part(5, ("contact_phone", "contact_email")),
)

ACHIEVEMENT_PARTS = (
    *_BEGIN,
    # 200 to 600 characters suit best, says the form; a reader sees what it is from about 200.
    Part(20, ("summary",), 200),
    Part(5, ("innovation",), 20),
    Part(15, ("metrics", "baseline")),
    Part(5, ("metrics",), 3),
    Part(3, ("keywords",), 3),
    Part(8, ("stage",)),
    Part(3, ("trl",)),
    Part(3, ("application_status",)),
    Part(3, ("prospects", "benefits", "cases"), 20),
    Part(6, ("conversion_modes",)),
    Part(5, ("price_mode",)),
    Part(6, ("field_codes",)),
    Part(3, ("industry_codes", "chain_code")),
    Part(5, ("contributors",)),
    Part(5, ("ips",)),
    *_END,
)

_TECHNOLOGY_PARTS = (
    *_BEGIN,
    Part(4, ("demand_type",)),
    Part(22, ("problem",), 150),
    Part(6, ("key_technology",), 30),
    Part(8, ("expected_goal",), 30),
    # What is matched best, and what a solver is measured by.
    Part(12, ("metrics",), 2),
    Part(5, ("foundation",), 20),
    Part(3, ("keywords",), 3),
    Part(6, ("cooperation_modes",)),
    Part(3, ("stage_wished",)),
    Part(7, ("budget", "budget_negotiable")),
    Part(3, ("deadline", "end_year")),
    Part(6, ("field_codes",)),
    Part(5, ("industry_codes", "chain_code")),
    *_END,
)
_TALENT_PARTS = (
    *_BEGIN,
    Part(4, ("demand_type",)),
    Part(16, ("problem",), 100),
    Part(12, ("talent_role",), 4),
    Part(6, ("headcount",)),
    Part(6, ("education",)),
    Part(6, ("qualification",), 6),
    Part(8, ("engagement_modes",)),
    Part(7, ("pay",), 4),
    Part(5, ("expected_goal",), 20),
    Part(4, ("foundation",), 20),
    Part(6, ("budget", "budget_negotiable")),
    Part(4, ("field_codes",)),
    Part(3, ("industry_codes", "chain_code")),
    Part(3, ("keywords",), 3),
    *_END,
)
_CAPITAL_PARTS = (
    *_BEGIN,
    Part(4, ("demand_type",)),
    Part(18, ("problem",), 100),
    Part(14, ("capital_sought",)),
    Part(12, ("capital_use",), 20),
    Part(10, ("financing_modes",)),
    Part(6, ("firm_stage",)),
    Part(8, ("security",)),
    Part(5, ("expected_goal",), 20),
    Part(4, ("foundation",), 20),
    Part(4, ("deadline",)),
    Part(5, ("industry_codes", "chain_code")),
    *_END,
)
# Need of a demand → its parts.
DEMAND_PARTS = {
    "technology": _TECHNOLOGY_PARTS,
    "talent": _TALENT_PARTS,
    "capital": _CAPITAL_PARTS,
}
