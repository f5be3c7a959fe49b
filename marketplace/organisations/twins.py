"""Which organisations may be one body, by codes and names. Deciding is a deed; comparing names is in `parsing`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

from marketplace.extensions import db
from marketplace.organisations.models import Organisation, OrganisationName
from marketplace.parsing.organisation_names import candidate_keys
from marketplace.parsing.same_bodies import same_body

# A brand of so many names is a common word (聊城, 山东): comparing all of them would tell nobody anything.
MAX_GROUP = 60


def find_pairs() -> Iterator[tuple[int, int, str]]:
    """Pairs that may be one body.

    Yields:
        the smaller id, the larger one, and why.
    """
    columns = (Organisation.id, Organisation.name, Organisation.uscc)
    query = db.select(*columns).where(Organisation.state != "merged")
    rows = {row.id: row for row in db.session.execute(query)}
    others = db.select(OrganisationName.organisation_id, OrganisationName.name)
    groups: dict[str, set[int]] = defaultdict(set)
    for row in rows.values():
        for key in candidate_keys(row.name):
            groups[key].add(row.id)
    for number, name in db.session.execute(others).tuples():
        for key in candidate_keys(name):
            if number in rows:
                groups[key].add(number)
    seen = set()
    for group in groups.values():
        if len(group) > MAX_GROUP:
            continue
        for one_id, other_id in combinations(sorted(group), 2):
            if (one_id, other_id) in seen:
                continue
            seen.add((one_id, other_id))
            one, other = rows[one_id], rows[other_id]
            verdict = same_body(
                one.name, other.name, one_code=one.uscc, other_code=other.uscc
            )
            if verdict.is_same or verdict.is_near:
                yield one_id, other_id, verdict.reason
