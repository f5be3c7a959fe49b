"""Claims and cohorts of an organisation go over when it is merged into another, and come back (072)."""

from __future__ import annotations

from typing import Any

from marketplace.envelopes.child_models import TrainingCohort
from marketplace.envelopes.models import ClaimLine, FundClaim
from marketplace.errors import NotNow
from marketplace.extensions import db


def move_between(gone_id: int, kept_id: int) -> dict[str, list[int]]:
    """Let claims and cohorts belong to another organisation; table → ids of what was moved.

    Raises:
        NotNow: both have claimed by one clause for the same year or project, or have cohorts of one name.
    """
    lines = _lines_of(gone_id)
    claimed = {
        (one.clause_code, one.base_key) for one in _lines_of(kept_id) if one.standing
    }
    for line in lines:
        # Raised rather than left behind: both were promised money, and only people can say which one is right.
        if line.standing and (line.clause_code, line.base_key) in claimed:
            raise NotNow(
                f"两家单位都按同一条政策申领了「{line.label}」。",
                "先撤回或不予批准其中一笔，再合并。",
            )
    # The table takes a name once for each organisation.
    names = {one.name for one in _cohorts_of(kept_id)}
    cohorts = _cohorts_of(gone_id)
    for cohort in cohorts:
        if cohort.name in names:
            raise NotNow(f"两家单位都有培训班「{cohort.name}」。", "")
    claims = _claims_of(gone_id)
    moved: dict[str, list[int]] = {
        "claims": [one.id for one in claims],
        "lines": [one.id for one in lines],
        "cohorts": [one.id for one in cohorts],
    }
    _give([*claims, *cohorts], lines, kept_id)
    return moved


def move_back(gone_id: int, kept_id: int, moved: dict[str, list[int]]) -> None:
    """Let them belong to the former organisation again; those that were moved on since stay there."""
    claims = [one for one in _claims_of(kept_id) if one.id in moved["claims"]]
    lines = [one for one in _lines_of(kept_id) if one.id in moved["lines"]]
    cohorts = [one for one in _cohorts_of(kept_id) if one.id in moved["cohorts"]]
    _give([*claims, *cohorts], lines, gone_id)


def _give(rows: list[Any], lines: list[ClaimLine], organisation_id: int) -> None:
    for row in rows:
        row.organisation_id = organisation_id
    for line in lines:
        # Lines carry the key of their own: without it both could be claimed for again after the merger.
        line.subject_key = _key_of(organisation_id)
    db.session.flush()


def _key_of(organisation_id: int) -> str:
    """How `assessing.py` calls an organisation."""
    return f"organisation {organisation_id}"


def _claims_of(organisation_id: int) -> list[FundClaim]:
    query = db.select(FundClaim).filter_by(organisation_id=organisation_id)
    return list(db.session.scalars(query))


def _lines_of(organisation_id: int) -> list[ClaimLine]:
    query = db.select(ClaimLine).filter_by(subject_key=_key_of(organisation_id))
    return list(db.session.scalars(query))


def _cohorts_of(organisation_id: int) -> list[TrainingCohort]:
    query = db.select(TrainingCohort).filter_by(organisation_id=organisation_id)
    return list(db.session.scalars(query))
