"""Which organisations may be one body, by codes and names. Deciding is a deed; comparing names is in `parsing`.

Nothing is committed here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from marketplace.clock import now
from marketplace.extensions import db
from marketplace.organisations.models import (
    Organisation,
    OrganisationName,
    TwinCrowd,
    TwinPair,
)
from marketplace.parsing.organisation_names import candidate_keys, split_name
from marketplace.parsing.same_bodies import same_body
from marketplace.permissions import Reader, reader_id
from marketplace.persistence import hold_row

# A brand of so many names is a common word (聊城, 山东): comparing all of them would say nothing to anybody.
MAX_GROUP = 60
EXAMPLES = 3  # names by which a crowd is recognised
# Characters 9 to 17 of a code are the 主体标识码, which a body keeps for life (GB 32100-2015).
SUBJECT = slice(8, 17)
SAME_SUBJECT = "代码里的主体标识码相同，可能是换发前后的两个代码，请核对。"


@dataclass(frozen=True)
class TwinCandidate:
    """Two organisations that may be one body.

    Attributes:
        one_id, other_id: the smaller id first.
        is_sure: code or name agree; else they are merely near.
        reason: why, in Chinese.
    """

    one_id: int
    other_id: int
    is_sure: bool
    reason: str


@dataclass(frozen=True)
class Crowd:
    """Organisations that share a brand and are too many to be compared with each other.

    Attributes:
        key: how the brand begins, by its sound.
        bearers: how many they are.
        examples: the first of their names.
    """

    key: str
    bearers: int
    examples: tuple[str, ...]


@dataclass
class Findings:
    """What a look at all organisations gave.

    Attributes:
        pairs: those that may be one body.
        crowds: the brands that too many organisations bear to be compared, each once.
    """

    pairs: list[TwinCandidate] = field(default_factory=list)
    crowds: list[Crowd] = field(default_factory=list)


def find_pairs() -> Findings:
    """Look at every organisation in use for pairs that may be one body."""
    # Columns and no rows of the model: thousands of bodies are read each night.
    columns = (Organisation.id, Organisation.name, Organisation.uscc)
    query = db.select(*columns).where(Organisation.state != "merged")
    rows = {row.id: row for row in db.session.execute(query)}
    findings = Findings()
    seen: set[tuple[int, int]] = set()
    # First: a pair with one subject is sure, whatever its names.
    for one_id, other_id in _pairs_by_code(rows.values()):
        seen.add((one_id, other_id))
        findings.pairs.append(TwinCandidate(one_id, other_id, True, SAME_SUBJECT))
    for key, group in _groups_by_brand(rows).items():
        for pair in _pairs_within(key, group, rows, findings):
            # Names share several keys, so a pair comes up once for each.
            if pair in seen:
                continue
            seen.add(pair)
            candidate = _compare_rows(rows[pair[0]], rows[pair[1]])
            if candidate is not None:
                findings.pairs.append(candidate)
    findings.crowds.sort(key=lambda crowd: (-crowd.bearers, crowd.key))
    return findings


def propose_pairs() -> list[TwinCandidate]:
    """Note the pairs that may be one body and the brands that too many bear; the pairs that are new (no commit)."""
    known = {
        (pair.one_id, pair.other_id): pair
        for pair in db.session.scalars(db.select(TwinPair))
    }
    findings = find_pairs()
    new = []
    for candidate in findings.pairs:
        pair = known.get((candidate.one_id, candidate.other_id))
        if pair is None:
            pair = TwinPair(one_id=candidate.one_id, other_id=candidate.other_id)
            db.session.add(pair)
            new.append(candidate)
        # Of a pair nobody has decided on: a name or a code may have changed since.
        if pair.state in (None, "proposed"):
            pair.is_sure, pair.reason = candidate.is_sure, candidate.reason[:200]
    db.session.execute(db.delete(TwinCrowd))
    for crowd in findings.crowds:
        examples = "、".join(crowd.examples)[:400]
        row = TwinCrowd(key=crowd.key[:200], bearers=crowd.bearers, examples=examples)
        db.session.add(row)
    db.session.flush()
    return new


def hold_both(one: Organisation, other: Organisation) -> None:
    """Let nobody else decide about two organisations before this commit."""
    # In order of their numbers, so that of two who do so neither waits for the other for ever.
    for row in sorted((one, other), key=lambda row: row.id):
        hold_row(row)


def settle_pair(
    one: Organisation, other: Organisation, state: str, by: Reader | None
) -> None:
    """Note what somebody found of a pair (no commit); `state` is one of `TwinPair.state`."""
    # A pair has one row: the smaller number comes first, as a CHECK demands.
    first, second = sorted((one.id, other.id))
    pair = db.session.get(TwinPair, (first, second))
    if pair is None:
        pair = TwinPair(one_id=first, other_id=second)
        db.session.add(pair)
    pair.state, pair.by_id, pair.at = state, reader_id(by), now()


def _pairs_within(
    key: str, group: set[int], rows: dict[int, Any], findings: Findings
) -> Iterable[tuple[int, int]]:
    """The pairs of a group to compare; of a crowd only those that share brand and trade, and the crowd is noted."""
    if len(group) <= MAX_GROUP:
        # Sorted: a pair has one row, with the smaller number first.
        return combinations(sorted(group), 2)
    names = sorted(rows[number].name for number in group)
    findings.crowds.append(Crowd(key, len(group), tuple(names[:EXAMPLES])))
    nearer: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number in sorted(group):
        parts = split_name(rows[number].name)
        # Brand and trade agree among the surest twins, which a crowd must not hide.
        nearer[parts.brand, "".join(parts.trades)].append(number)
    pairs: list[tuple[int, int]] = []
    for numbers in nearer.values():
        if len(numbers) <= MAX_GROUP:
            pairs += combinations(numbers, 2)
    return pairs


def _pairs_by_code(rows: Iterable[Any]) -> Iterable[tuple[int, int]]:
    by_subject: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        if row.uscc:
            by_subject[row.uscc[SUBJECT]].append(row.id)
    for numbers in by_subject.values():
        yield from combinations(sorted(numbers), 2)


def _groups_by_brand(rows: dict[int, Any]) -> dict[str, set[int]]:
    """Brand → the organisations that bear it, in their name or in one they had."""
    groups: dict[str, set[int]] = defaultdict(set)
    for row in rows.values():
        for key in candidate_keys(row.name):
            groups[key].add(row.id)
    others = db.select(OrganisationName.organisation_id, OrganisationName.name)
    for number, name in db.session.execute(others).tuples():
        # A merged row is compared no more, by none of its names.
        if number not in rows:
            continue
        for key in candidate_keys(name):
            groups[key].add(number)
    return groups


def _compare_rows(one: Any, other: Any) -> TwinCandidate | None:
    verdict = same_body(one.name, other.name, one_code=one.uscc, other_code=other.uscc)
    if not (verdict.is_same or verdict.is_near):
        return None
    return TwinCandidate(one.id, other.id, verdict.is_same, verdict.reason)
