"""What is read of envelopes, claims and cohorts. No writing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_
from sqlalchemy.orm import joinedload, selectinload

from marketplace import persistence
from marketplace.clock import today
from marketplace.counting import Count, as_count
from marketplace.envelopes.child_models import CohortMember, TrainingCohort
from marketplace.envelopes.life import STANDING, WAITING
from marketplace.envelopes.models import (
    ClaimLine,
    ClaimPaper,
    Envelope,
    EnvelopeMovement,
    FundClaim,
)
from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.listings.worklists import SOMEBODY, own_numbers
from marketplace.permissions import Reader, may
from marketplace.persistence import Page
from marketplace.policies.content import Clause
from marketplace.policies.queries import clauses_on

SIZE = 20
NO_CLAIM = ("没有找到这笔申领。", "可以从「我的」→「资金申领」进入。")
NO_COHORT = ("没有找到这个培训班。", "可以从「我的」→「资金申领」→「培训班」进入。")


# -- envelopes ---------------------------------------------------------------------------------------------------------


def list_envelopes() -> list[Envelope]:
    """Every envelope, the newest year first."""
    query = db.select(Envelope).order_by(Envelope.year.desc(), Envelope.id)
    return list(db.session.scalars(query))


def open_envelopes(code: str = "") -> list[Envelope]:
    """The envelopes that take claims, the newest year first; of one clause where a code is given."""
    query = (
        db.select(Envelope)
        .where(Envelope.state == "open")
        .order_by(Envelope.year.desc(), Envelope.id)
    )
    found = []
    for row in db.session.scalars(query):
        if not code or code in row.clause_codes:
            found.append(row)
    return found


def open_titles() -> dict[str, str]:
    """Code of a clause → title of the money from which it can be claimed now."""
    titles: dict[str, str] = {}
    for envelope in open_envelopes():
        titles |= dict.fromkeys(envelope.clause_codes, envelope.title)
    return titles


def open_clauses() -> list[tuple[Clause, str]]:
    """(clause, title of the money) of what can be claimed now, by document and clause."""
    titles = open_titles()
    found = []
    for clause in clauses_on(today()):
        if clause.code in titles:
            found.append((clause, titles[clause.code]))
    return found


def get_envelope(number: int) -> Envelope:
    """An envelope. Raises NotFound."""
    row = persistence.find_row(Envelope, number)
    if row is None:
        raise NotFound("没有这笔资金。", "可以从「资金与申领」里打开。")
    return row


def movements_page(
    envelope: Envelope, page: int
) -> tuple[list[EnvelopeMovement], Page]:
    """A page of the statement, the newest first."""
    query = db.select(EnvelopeMovement).filter_by(envelope_id=envelope.id)
    total = _count(query)
    arithmetic = Page(total, SIZE)
    rows = db.session.scalars(
        query.options(
            joinedload(EnvelopeMovement.claim).joinedload(FundClaim.organisation),
            joinedload(EnvelopeMovement.claim).joinedload(FundClaim.person),
            joinedload(EnvelopeMovement.by),
        )
        .order_by(EnvelopeMovement.id.desc())
        .limit(SIZE)
        .offset(arithmetic.offset(page))
    )
    return list(rows), arithmetic


def all_movements(envelope: Envelope) -> list[EnvelopeMovement]:
    """Every movement, oldest first."""
    query = (
        db.select(EnvelopeMovement)
        .filter_by(envelope_id=envelope.id)
        .options(joinedload(EnvelopeMovement.claim), joinedload(EnvelopeMovement.by))
    )
    return list(db.session.scalars(query.order_by(EnvelopeMovement.id)))


def claims_of(envelope: Envelope) -> list[FundClaim]:
    """Every claim on an envelope that was handed in, oldest first, with all that a list of them shows."""
    query = _submitted_to(envelope).options(*_shown())
    return list(db.session.scalars(query.order_by(FundClaim.id)))


def claims_page(envelope: Envelope, page: int) -> tuple[list[FundClaim], Page]:
    """A page of those, the newest first, and the arithmetic of the pages."""
    return _newest_page(_submitted_to(envelope), page)


def _submitted_to(envelope: Envelope) -> Select[tuple[FundClaim]]:
    query: Select[tuple[FundClaim]] = db.select(FundClaim).where(
        FundClaim.envelope_id == envelope.id, FundClaim.submitted_at.is_not(None)
    )
    return query


def _newest_page(
    query: Select[tuple[FundClaim]], page: int
) -> tuple[list[FundClaim], Page]:
    arithmetic = Page(_count(query), SIZE)
    rows = db.session.scalars(
        query.options(*_shown())
        .order_by(FundClaim.id.desc())
        .limit(SIZE)
        .offset(arithmetic.offset(page))
    )
    return list(rows), arithmetic


def claims_by_state(envelope: Envelope) -> list[tuple[str, int, int]]:
    """(state, how many claims, what they come to in 分) of an envelope, without drafts."""
    granted = func.coalesce(FundClaim.approved_fen, FundClaim.requested_fen)
    query = (
        db.select(FundClaim.state, func.count(), func.sum(granted))
        .where(
            FundClaim.envelope_id == envelope.id, FundClaim.submitted_at.is_not(None)
        )
        .group_by(FundClaim.state)
    )
    found = {state: (count, total) for state, count, total in db.session.execute(query)}
    rows = []
    for state in FundClaim.life.names:
        if state in found:
            count, total = found[state]
            rows.append((state, count, int(total)))
    return rows


# -- claims ------------------------------------------------------------------------------------------------------------


def get_claim(number: int, *, by: Reader) -> FundClaim:
    """A claim that this reader may read. Raises NotFound."""
    row = persistence.find_row(FundClaim, number)
    if row is None or not may(by, "claim.read", row):
        raise NotFound(*NO_CLAIM)
    return row


def get_own_claim(number: int, *, by: Reader) -> FundClaim:
    """A claim of this reader's own side. Raises NotFound."""
    row = persistence.find_row(FundClaim, number)
    if row is None or not may(by, "claim.write", row):
        raise NotFound(*NO_CLAIM)
    return row


def get_submitted(number: int, *, by: Reader) -> FundClaim:
    """A claim for the operators: drafts are their writers' own. Raises NotFound."""
    row = get_claim(number, by=by)
    if row.submitted_at is None:
        raise NotFound("没有找到这笔申领。", "申领人提交以后才能看到。")
    return row


def get_paper(number: int, *, by: Reader) -> ClaimPaper:
    """A paper of a claim that this reader may read; of a draft, for its own side only. Raises NotFound."""
    paper = persistence.find_row(ClaimPaper, number)
    if paper is None or paper.file is None or not _reads_papers(by, paper.claim):
        raise NotFound("没有这份材料。", "可能已经删除；申领页上列出了现有的材料。")
    return paper


def _reads_papers(reader: Reader, row: FundClaim) -> bool:
    # A draft is read by nobody else: people try things out in it.
    if row.submitted_at is None:
        return may(reader, "claim.write", row)
    return may(reader, "claim.read", row)


def own_page(person: Reader, page: int) -> tuple[list[FundClaim], Page]:
    """The claims of one's own side, newest first."""
    return _newest_page(db.select(FundClaim).where(_of_person(person)), page)


def own_count(person: Reader) -> int:
    """How many they are."""
    return _count(db.select(FundClaim).where(_of_person(person)))


def returned_claims(person: Reader) -> list[FundClaim]:
    """Those of one's own side that were sent back."""
    query = db.select(FundClaim).where(
        FundClaim.state == "returned", _of_person(person)
    )
    return list(db.session.scalars(query.order_by(FundClaim.id)))


def returned_count(person: Reader) -> Count | int:
    """How many those are: the header of every page asks."""
    if person.id is None:
        return 0
    return Count(_returned_query(), own_numbers(person))


@cache
def _returned_query() -> Any:
    return (
        db.select(func.count())
        .select_from(FundClaim)
        .where(FundClaim.state == "returned", _of_person(SOMEBODY))
    )


def waiting_page(page: int) -> tuple[list[FundClaim], Page]:
    """Those the operators have to decide about, the oldest first."""
    arithmetic = Page(int(waiting_count()), SIZE)
    query = (
        db.select(FundClaim)
        .where(FundClaim.state.in_(WAITING))
        .options(*_shown())
        .order_by(FundClaim.submitted_at, FundClaim.id)
        .limit(SIZE)
        .offset(arithmetic.offset(page))
    )
    return list(db.session.scalars(query)), arithmetic


@as_count()
def waiting_count() -> Any:
    """How many they are."""
    return db.select(func.count(FundClaim.id)).where(FundClaim.state.in_(WAITING))


def unanswered_ids(day: date) -> list[int]:
    """Numbers of the claims that were sent back, and not handed in again until the day before this one."""
    # The last day itself is theirs to its end.
    query = db.select(FundClaim.id).where(
        FundClaim.state == "returned", FundClaim.answer_by < day
    )
    return list(db.session.scalars(query.order_by(FundClaim.id)))


def standing_bases(code: str, claim: FundClaim) -> set[str]:
    """Keys of what has been claimed for by a clause, by anybody, without this claim."""
    query = db.select(ClaimLine.base_key).where(
        ClaimLine.clause_code == code,
        ClaimLine.standing,
        ClaimLine.claim_id != (claim.id or 0),
    )
    return set(db.session.scalars(query))


def standing_certificates(code: str, claim: FundClaim) -> set[str]:
    """Certificates, and people with their level, for whom has been claimed by a clause, without this claim."""
    query = db.select(
        ClaimLine.once_key, ClaimLine.subject_key, ClaimLine.base_key
    ).where(
        ClaimLine.clause_code == code,
        ClaimLine.standing,
        ClaimLine.claim_id != (claim.id or 0),
    )
    found = set()
    for once_key, subject_key, base_key in db.session.execute(query).tuples():
        if once_key is not None:
            found.add(once_key)
        # Person and level, too: a second certificate of the same level is nobody's second sum (136).
        found.add(f"{subject_key} {base_key}")
    return found


def granted_before(claim: FundClaim) -> int:
    """What the same organisation has claimed by the same clause for the same year, without this claim, in 分."""
    granted = func.coalesce(FundClaim.approved_fen, FundClaim.requested_fen)
    query = (
        db.select(func.sum(granted))
        .join(Envelope, Envelope.id == FundClaim.envelope_id)
        .where(
            FundClaim.organisation_id == claim.organisation_id,
            FundClaim.clause_code == claim.clause_code,
            # What came back or was refused takes nothing off the cap.
            FundClaim.state.in_(STANDING),
            FundClaim.id != (claim.id or 0),
            Envelope.year == claim.envelope.year,
        )
    )
    return int(db.session.scalar(query) or 0)


def claimed_by(person: Reader) -> list[FundClaim]:
    """What a person has begun or claims for themselves."""
    query = db.select(FundClaim).where(
        or_(FundClaim.by_id == person.id, FundClaim.person_id == person.id)
    )
    return list(db.session.scalars(query.options(*_shown()).order_by(FundClaim.id)))


# -- cohorts -----------------------------------------------------------------------------------------------------------


def own_cohorts(person: Reader) -> list[TrainingCohort]:
    """The cohorts of one's organisations, newest first."""
    query = (
        db.select(TrainingCohort)
        .where(TrainingCohort.organisation_id.in_(sorted(person.active_ids)))
        .options(
            selectinload(TrainingCohort.members),
            joinedload(TrainingCohort.organisation),
        )
        .order_by(TrainingCohort.began_on.desc(), TrainingCohort.id.desc())
        .limit(100)
    )
    return list(db.session.scalars(query))


def get_cohort(number: int, *, by: Reader) -> TrainingCohort:
    """A cohort that this reader may read. Raises NotFound."""
    row = persistence.find_row(TrainingCohort, number)
    if row is None or not may(by, "cohort.read", row):
        raise NotFound(*NO_COHORT)
    return row


def get_member(number: int, *, by: Reader) -> CohortMember:
    """Somebody of a cohort of this reader's. Raises NotFound."""
    row = persistence.find_row(CohortMember, number)
    if row is None or not may(by, "cohort.write", row.cohort):
        raise NotFound("没有这名学员。", "可能已经删除，请回到上一页刷新后再看。")
    return row


def is_claimed(member: CohortMember) -> bool:
    """Whether some claim names this member, whatever became of it."""
    query = db.select(func.count(ClaimLine.id)).where(ClaimLine.member_id == member.id)
    return bool(db.session.scalar(query))


def trained_by_year() -> list[tuple[int, Counter[str]]]:
    """(year of the certificate, level → how many were trained) of all cohorts, the newest year first.

    As they are claimed for: a certificate that two cohorts name counts once, and so does a person at one level, in the
    year of the certificate that was claimed for; of several for which nobody has claimed, of the earlier one.
    """
    years: dict[int, Counter[str]] = {}
    for one in _counted_members():
        years.setdefault(one.issued_on.year, Counter())[one.level] += 1
    return sorted(years.items(), reverse=True)


def trained_in(year: int) -> list[CohortMember]:
    """The people who count for a year (`trained_by_year`), in the order of cohorts."""
    rows = [one for one in _counted_members() if one.issued_on.year == year]
    return sorted(rows, key=lambda one: (one.cohort_id, one.id))


def _counted_members() -> list[CohortMember]:
    """Each certificate once, and each person once at a level: what was claimed for, else what was issued first."""
    query = (
        db.select(CohortMember)
        .options(
            joinedload(CohortMember.cohort).joinedload(TrainingCohort.organisation)
        )
        .order_by(CohortMember.issued_on, CohortMember.id)
    )
    members = db.session.scalars(query).all()
    claims = claims_of_certificates(members)
    counted = []
    seen: set[object] = set()
    # The list goes with the money: another certificate of the same level may be older and was paid for by nobody.
    for one in sorted(members, key=lambda one: one.certificate_key not in claims):
        # Either of them: the same certificate under two names counts once, and so do two of one level.
        keys = {one.certificate_key, (one.person_key, one.level)}
        if not keys & seen:
            counted.append(one)
        seen |= keys
    return counted


@dataclass(frozen=True)
class Standing:
    """Whether a certificate is claimed for.

    Attributes:
        claim: the claim that stands for it; None where there is none.
        why_not: why nobody can claim for it, in words; empty where somebody has or can.
    """

    claim: FundClaim | None = None
    why_not: str = ""


def standings_of(members: Iterable[CohortMember]) -> dict[int, Standing]:
    """Number of a member → whether their certificate is claimed for, or why it cannot be.

    Args:
        members: those of one list, in its order: of two that nobody has claimed for the first one counts.
    """
    listed = list(members)
    claims = claims_of_certificates(listed)
    claimed_levels = _claimed_levels(listed)
    found: dict[int, Standing] = {}
    seen: set[object] = set()
    for one in listed:
        level = (one.person_key, one.level)
        keys = {one.certificate_key, level}
        if one.certificate_key in claims:
            standing = Standing(claims[one.certificate_key])
        elif level in claimed_levels:
            number = claimed_levels[level]
            standing = Standing(why_not=f"同一人同一级别已经申领（{number}）")
        elif keys & seen:
            standing = Standing(why_not="同一人同一级别只计一次，前面已有一行")
        else:
            standing = Standing()
            seen |= keys
        found[one.id] = standing
    return found


def _claimed_levels(members: Iterable[CohortMember]) -> dict[tuple[str, str], str]:
    """(person, level) → number of the claim that stands for them, whatever the certificate."""
    keys = [f"person {one.person_key}" for one in members]
    found = {}
    for line in _standing_lines(ClaimLine.subject_key, keys):
        person = line.subject_key.removeprefix("person ")
        level = line.base_key.removeprefix("level ")
        found[person, level] = line.claim.number
    return found


def claims_of_certificates(members: Iterable[CohortMember]) -> dict[str, FundClaim]:
    """Key of a certificate → the claim that stands for it, of any claimant."""
    keys = [f"certificate {one.certificate_key}" for one in members]
    found = {}
    for line in _standing_lines(ClaimLine.once_key, keys):
        found[(line.once_key or "").removeprefix("certificate ")] = line.claim
    return found


def _standing_lines(column: Any, keys: Sequence[str]) -> Iterator[ClaimLine]:
    """The lines of claims that stand, whose column has one of the keys, with their claims."""
    # A database takes only so many values in one statement, and a year may have thousands.
    for part in persistence.chunked(keys, 500):
        query = (
            db.select(ClaimLine)
            .where(ClaimLine.standing, column.in_(part))
            .options(joinedload(ClaimLine.claim))
        )
        yield from db.session.scalars(query)


def _of_person(person: Reader) -> ColumnElement[bool]:
    return or_(
        FundClaim.person_id == person.id,
        FundClaim.organisation_id.in_(person.active_ids),
    )


def _shown() -> tuple[Any, ...]:
    return (
        joinedload(FundClaim.organisation),
        joinedload(FundClaim.person),
        joinedload(FundClaim.envelope),
        joinedload(FundClaim.by),
        selectinload(FundClaim.lines),
    )


def _count(query: Any) -> int:
    # An order inside of a count costs a sort for nothing.
    counted = db.select(func.count()).select_from(query.order_by(None).subquery())
    return db.session.scalar(counted) or 0
