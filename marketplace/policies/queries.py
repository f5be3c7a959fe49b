"""What is read of policies: clauses as they stand, their versions, official texts, kept estimates. No writing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, lru_cache
from typing import Any

import structlog
from sqlalchemy import bindparam

from marketplace import persistence
from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.permissions import Reader, require
from marketplace.policies.clause_files import parse_clauses, read_questions
from marketplace.policies.content import Clause, Question
from marketplace.policies.models import PolicyClause, PolicyEstimate, PolicyText
from marketplace.policies.official_texts import clause_name
from marketplace.rules.content import IN_FORCE
from marketplace.rules.toml_lines import FaultyFileError

log = structlog.get_logger(__name__)
TYPED = "条款"  # stands for the file of a clause that was typed


@dataclass(frozen=True)
class Version:
    """A stored version of a clause with what it says."""

    row: PolicyClause
    clause: Clause

    @property
    def period(self) -> str:
        """From when until when it stands."""
        if self.clause.valid_to is None:
            return f"{self.clause.valid_from} 起"
        return f"{self.clause.valid_from} 至 {self.clause.valid_to}"


@dataclass(frozen=True)
class LoadedDocument:
    """A document of the library, and what of its official text was loaded.

    Attributes:
        number: of the document, as clauses have it.
        pieces: the clauses of its text, in their order; empty where none was loaded.
        lacking: clauses of the library to which no piece of a loaded text belongs.
    """

    number: str
    pieces: tuple[PolicyText, ...]
    lacking: tuple[Clause, ...]


@cache
def known_questions() -> Mapping[str, Question]:
    """Field → question: they come with the platform and do not change while it runs."""
    return read_questions()


@lru_cache(maxsize=500)
def read_clause(text: str) -> Clause:
    """The clause of a stored text, which was checked before it was stored; the same text is read once a process."""
    (clause,) = parse_clauses(text, TYPED, known_questions())
    return clause


def list_clauses() -> dict[str, list[Clause]]:
    """Code → the versions that stand, the earliest first."""
    found: dict[str, list[Clause]] = {}
    query = (
        db.select(PolicyClause)
        .where(PolicyClause.replaced_at.is_(None))
        .order_by(PolicyClause.id)
    )
    # A stable sort: clauses that begin on one day stay in the order in which they were added.
    rows = sorted(db.session.scalars(query), key=lambda row: row.valid_from)
    for row in rows:
        clause = _clause_of(row)
        if clause is not None:
            found.setdefault(row.code, []).append(clause)
    return found


def fault_words(error: FaultyFileError) -> str:
    """What is wrong in a clause that was typed: the line, without the name that stands for its file."""
    return re.sub(rf"^{TYPED}:(\d+): ", r"第 \1 行：", str(error))


def unreadable_clauses() -> list[tuple[str, str]]:
    """(code, what is wrong) of the stored versions that this release does not read; they take no part in anything."""
    query = db.select(PolicyClause).where(PolicyClause.replaced_at.is_(None))
    found = []
    for row in db.session.scalars(query.order_by(PolicyClause.id)):
        try:
            read_clause(row.text)
        except FaultyFileError as error:
            found.append((row.code, fault_words(error)))
    return found


def clauses_on(day: date) -> list[Clause]:
    """Of each clause the version of a day: the last that has begun, else the first that will."""
    present = []
    for versions in list_clauses().values():
        # One that is over is still the version of the day: the page says so rather than nothing.
        begun = [one for one in versions if one.valid_from <= day]
        present.append(begun[-1] if begun else versions[0])
    return present


def clause_on(code: str, day: date) -> Clause | None:
    """The version of one clause that stands on a day; None where none does."""
    query = (
        db.select(PolicyClause)
        .where(
            PolicyClause.code == code,
            PolicyClause.replaced_at.is_(None),
            PolicyClause.valid_from <= day,
        )
        .order_by(PolicyClause.valid_from.desc())
        .limit(1)
    )
    row: PolicyClause | None = db.session.scalar(query)
    return None if row is None else _clause_of(row)


def clauses_beside(kind: str, day: date) -> list[Clause]:
    """The clauses in force on a day that concern a kind of listing."""
    found = []
    for row in db.session.scalars(_beside_query(), {"day": day}):
        clause = _clause_of(row)
        if clause is None:
            continue
        is_over = clause.valid_to is not None and clause.valid_to < day
        if kind in clause.beside and clause.in_force == "active" and not is_over:
            found.append(clause)
    return found


@cache
def _beside_query() -> Any:
    """Built once: every public listing asks. Only those are loaded that name a kind of listing at all."""
    # A parameter: the statement is built once and the day changes.
    begun = PolicyClause.valid_from <= bindparam("day")
    return (
        db.select(PolicyClause)
        .where(
            PolicyClause.replaced_at.is_(None),
            begun,
            # Only to read fewer rows: what the clause says is looked at after it is read.
            PolicyClause.text.contains("beside = "),
        )
        .order_by(PolicyClause.id)
    )


def library(day: date) -> list[tuple[str, str, list[Clause]]]:
    """(document, its state, its clauses in their order) for every document."""
    documents: dict[str, list[Clause]] = {}
    for clause in clauses_on(day):
        documents.setdefault(clause.number, []).append(clause)
    return [
        (number, IN_FORCE[clauses[0].in_force], clauses)
        for number, clauses in documents.items()
    ]


def version_rows(code: str) -> list[PolicyClause]:
    """Every stored version of a clause, the newest first, whether it can be read or not. Raises NotFound."""
    query = (
        db.select(PolicyClause)
        .where(PolicyClause.code == code)
        .order_by(PolicyClause.number.desc())
    )
    rows = list(db.session.scalars(query))
    if not rows:
        raise NotFound("没有这一条政策。", "可以从「政策库」里打开。")
    return rows


def list_versions(code: str) -> list[Version]:
    """Every version of a clause that can be read, the newest first. Raises NotFound: none of those that stand can."""
    versions = []
    for row in version_rows(code):
        clause = _clause_of(row)
        if clause is not None:
            versions.append(Version(row, clause))
    # What was replaced may be readable and is no rule: it must not stand in for one.
    if not any(one.row.replaced_at is None for one in versions):
        raise NotFound(
            "这一条政策存下的文字读不出来。", "请联系平台运营，写一个新版本就恢复。"
        )
    return versions


def version_on(versions: list[Version], day: date) -> Version:
    """Of the versions of a clause the one that stands on a day; before the first has begun, the one that will.

    Args:
        versions: of `list_versions`, the newest first.
        day: whose version is wanted.
    """
    standing = [one for one in versions if one.row.replaced_at is None]
    standing.sort(key=lambda one: one.row.valid_from)
    begun = [one for one in standing if one.row.valid_from <= day]
    return begun[-1] if begun else standing[0]


def literal_words(day: date) -> dict[tuple[str, str], str]:
    """(number of the document, clause as our rules write it) → its literal text, where one was loaded."""
    query = db.select(PolicyText).where(PolicyText.replaced_at.is_(None))
    texts = {(row.document, row.clause): row.text for row in db.session.scalars(query)}
    found = {}
    # Without any loaded text, which is how a site begins, no clause is read for this.
    for clause in clauses_on(day) if texts else ():
        text = texts.get((clause.number, clause_name(clause.clause)))
        if text is not None:
            found[clause.number, clause.clause] = text
    return found


def loaded_documents(day: date) -> list[LoadedDocument]:
    """Every document of the library with what was loaded of it."""
    query = (
        db.select(PolicyText)
        .where(PolicyText.replaced_at.is_(None))
        .order_by(PolicyText.document, PolicyText.position)
    )
    pieces: dict[str, list[PolicyText]] = {}
    for row in db.session.scalars(query):
        pieces.setdefault(row.document, []).append(row)
    found = []
    for number, _, clauses in library(day):
        loaded = pieces.get(number, [])
        names = {row.clause for row in loaded}
        # Of a document without any text nothing is lacking: nobody has begun to load it.
        lacking = []
        for clause in clauses:
            if loaded and clause_name(clause.clause) not in names:
                lacking.append(clause)
        found.append(LoadedDocument(number, tuple(loaded), tuple(lacking)))
    return found


def literal_of(clause: Clause) -> PolicyText | None:
    """The literal text that stands beside a clause; None where none was loaded."""
    query = db.select(PolicyText).where(
        PolicyText.replaced_at.is_(None),
        PolicyText.document == clause.number,
        PolicyText.clause == clause_name(clause.clause),
    )
    row: PolicyText | None = db.session.scalar(query)
    return row


def list_kept(*, by: Reader) -> list[PolicyEstimate]:
    """The estimates that the reader's organisations have kept, the newest first."""
    query = (
        db.select(PolicyEstimate)
        .where(PolicyEstimate.organisation_id.in_(by.organisation_ids))
        .order_by(PolicyEstimate.id.desc())
        .limit(100)
    )
    return list(db.session.scalars(query))


def latest_figures(organisation_id: int) -> Mapping[str, str]:
    """The figures of the newest stored estimate of an organisation, as a form sends them; empty where there is none."""
    query = (
        db.select(PolicyEstimate)
        .where(PolicyEstimate.organisation_id == organisation_id)
        .order_by(PolicyEstimate.id.desc())
        .limit(1)
    )
    row: PolicyEstimate | None = db.session.scalar(query)
    if row is None:
        return {}
    # Estimates of the first releases stored words only.
    figures: Mapping[str, str] = row.content.get("figures", {})
    return figures


def get_kept(number: int, *, by: Reader) -> PolicyEstimate:
    """A kept estimate.

    Raises:
        NotFound: there is none, or it is of somebody else.
    """
    row = persistence.find_row(PolicyEstimate, number)
    # Of others it is not found: that a firm has computed something is its own affair.
    if row is None or row.organisation_id not in by.organisation_ids:
        raise NotFound("没有这份测算。", "可以从「我能拿多少」里打开您单位存下的测算。")
    require(by, "policies.keep", row)
    return row


def _clause_of(row: PolicyClause) -> Clause | None:
    """A stored version as a clause; None where an earlier release stored what this one refuses.

    One such version must not take the pages of all others with it. Operators see it in the library.
    """
    try:
        clause = read_clause(row.text)
    except FaultyFileError as error:
        log.error("clause_unreadable", code=row.code, number=row.number, why=str(error))
        return None
    # The row's last day, not the text's: the version after it has ended it.
    return replace(clause, valid_to=row.valid_to)
