"""What is read of certificates: contracts that may be certified, one's own, those that wait, and verification."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Select,
    Subquery,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import selectinload

from marketplace import persistence
from marketplace.accounts.models import Membership, Person
from marketplace.certificates.models import SUMS, CertificateLine, ConversionCertificate
from marketplace.contracts.models import ContractEntry, TechContract
from marketplace.counting import Count
from marketplace.deals.models import Deal
from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.listings.models import Achievement
from marketplace.memberships.queries import looks_after
from marketplace.parsing.text import half_width
from marketplace.permissions import Reader, may, operator

NOT_FOUND = ("没有找到这份证明。", "可以从「我的」→「转化业绩证明」进入。")
CODE_LENGTH = 16
MISREAD = str.maketrans("018", "OIB")
SHOWN = 50  # certificates on one page


@dataclass(frozen=True)
class Candidate:
    """A registered contract that names somebody among those who made its achievement.

    Attributes:
        contract: registered, of an organisation they act for.
        part: their place, as the achievement says it.
    """

    contract: TechContract
    part: str


def get_certificate(number: int, *, by: Reader) -> ConversionCertificate:
    """A certificate that this reader may read. Raises NotFound."""
    row = persistence.find_row(ConversionCertificate, number)
    # Not found for both: that somebody has one is personal.
    if row is None or not may(by, "certificate.read", row):
        raise NotFound(*NOT_FOUND)
    return row


def candidates_of(name: str, organisation_id: int) -> list[Candidate]:
    """The registered contracts of an organisation whose achievement names somebody, the newest first.

    Args:
        name: of the person, as achievements write it.
        organisation_id: the seller.
    """
    found = []
    for contract in _registered_of(organisation_id):
        part = part_in(contract, name)
        if part:
            found.append(Candidate(contract, part))
    return found


def part_in(contract: TechContract, name: str) -> str:
    """The place of somebody among those who made what a contract is about, in words; empty: it names them nowhere."""
    achievement: Achievement | None = None
    if contract.deal is not None:
        achievement = contract.deal.achievement
    if achievement is None:
        return ""
    # By the name in words, which is not unique: it only offers, and the organisation confirms (128).
    for place, one in enumerate(achievement.contributors, 1):
        if one.name.strip() == name.strip():
            return f"第 {place} 完成人"
    return ""


def registered_by_number(registry_no: str, organisation_id: int) -> TechContract | None:
    """The registered contract of a seller with that number of the register."""
    # The seller is the side that made the achievement; the buyer's people have no part in it.
    query = db.select(TechContract).filter_by(
        registry_no=registry_no, seller_id=organisation_id, state="registered"
    )
    row: TechContract | None = db.session.scalar(query)
    return row


def registered_of(organisation_id: int, numbers: Sequence[int]) -> list[TechContract]:
    """Of these contracts the ones that are registered now, with that seller."""
    query = db.select(TechContract).where(
        TechContract.id.in_(numbers),
        TechContract.seller_id == organisation_id,
        TechContract.state == "registered",
    )
    return list(db.session.scalars(query.order_by(TechContract.registered_on)))


def own_rows(person: Reader) -> list[ConversionCertificate]:
    """Somebody's certificates, the newest first."""
    query = db.select(ConversionCertificate).filter_by(person_id=person.id)
    ordered = query.order_by(ConversionCertificate.id.desc()).limit(SHOWN)
    return list(db.session.scalars(ordered))


def waiting_for(person: Reader) -> list[ConversionCertificate]:
    """The requests that somebody may confirm for their organisation, the oldest first.

    Operators have those of organisations where nobody else may.
    """
    query = db.select(ConversionCertificate).where(_waits())
    ordered = query.order_by(ConversionCertificate.id)
    return list(db.session.scalars(ordered, _numbers_of(person)))


def waiting_count(person: Reader) -> Count | int:
    """How many they are: the header of every page asks."""
    values = _numbers_of(person)
    # Most readers: nothing is counted for them at all.
    if not (values["organisations"] or values["is_operator"]):
        return 0
    return Count(_waiting_count(), values)


@cache
def _waiting_count() -> Select[tuple[int]]:
    return select(func.count(ConversionCertificate.id)).where(_waits())


def _waits() -> ColumnElement[bool]:
    """Filter: the requests for the person whose numbers are given (`_numbers_of`)."""
    confirmers = (
        select(Membership.person_id)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Membership.organisation_id == ConversionCertificate.organisation_id,
            # The holder does not count: alone at the desk, they would wait for themselves for ever.
            Membership.person_id != ConversionCertificate.person_id,
            looks_after(),
        )
    )
    own = ConversionCertificate.organisation_id.in_(
        bindparam("organisations", expanding=True)
    )
    left = and_(bindparam("is_operator", type_=Boolean), ~confirmers.exists())
    return and_(
        ConversionCertificate.state == "requested",
        # Nobody confirms their own, operators included.
        ConversionCertificate.person_id != bindparam("reader"),
        or_(own, left),
    )


def _numbers_of(person: Reader) -> dict[str, Any]:
    return {
        "organisations": sorted({*person.handled_ids, *person.administered_ids}),
        "is_operator": operator(person, None),
        "reader": person.id,
    }


def unprinted() -> list[int]:
    """Numbers of the issued certificates without a file, oldest first."""
    query = db.select(ConversionCertificate.id).where(
        ConversionCertificate.state == "issued",
        ConversionCertificate.sha256.is_(None),
        # Not those of closed accounts: their text is gone for good.
        ConversionCertificate.content != "",
    )
    return list(db.session.scalars(query.order_by(ConversionCertificate.id)))


def unannounced_corrections() -> list[ConversionCertificate]:
    """The issued certificates whose numbers are no longer those of the ledger, and whose holders do not know yet."""
    query = db.select(ConversionCertificate).where(
        ConversionCertificate.state == "issued",
        ConversionCertificate.corrected_at.is_(None),
        ConversionCertificate.id.in_(select(_drifted().c.certificate_id)),
    )
    return list(db.session.scalars(query.order_by(ConversionCertificate.id)))


def announced_and_restored() -> list[ConversionCertificate]:
    """The issued certificates whose holders know of a correction that has led back to the same numbers since."""
    query = db.select(ConversionCertificate).where(
        ConversionCertificate.state == "issued",
        ConversionCertificate.corrected_at.is_not(None),
        ConversionCertificate.id.not_in(select(_drifted().c.certificate_id)),
    )
    return list(db.session.scalars(query.order_by(ConversionCertificate.id)))


def sums_of(row: ConversionCertificate) -> dict[str, int]:
    """What its lines come to, in 分."""
    sums = dict.fromkeys(SUMS, 0)
    for line in row.lines:
        for name, fen in line.sums.items():
            sums[name] += fen
    return sums


def of_person(person_id: int) -> Iterator[ConversionCertificate]:
    """Every certificate of a person, oldest first."""
    query = db.select(ConversionCertificate).filter_by(person_id=person_id)
    yield from db.session.scalars(query.order_by(ConversionCertificate.id))


def plain_code(code: str) -> str:
    """A code as it is issued. Letters are read in either case, with blanks or hyphens, and full-width."""
    # Printed in groups of four and typed from paper. Base 32 (RFC 4648) has no 0, 1 and 8: they are letters misread.
    plain = "".join(half_width(code).split()).replace("-", "").upper()
    return plain.translate(MISREAD)


def hash_of(code: str) -> str:
    """How a code is looked up."""
    return hashlib.sha256(plain_code(code).encode()).hexdigest()


def answer_to(code: str, file_hash: str = "") -> str:
    """Whether a certificate with that code stands; the same statements are carried out whatever the answer is.

    Args:
        code: as it was typed.
        file_hash: SHA-256 of the file that was sent with it; empty: none was.

    Returns:
        a key of `ANSWERS`. What is said of one that was never issued and of one whose file is another is the same.
    """
    # By the hash: comparing the code itself would take a little longer for each letter that is right.
    query = select(
        ConversionCertificate.id,
        ConversionCertificate.state,
        ConversionCertificate.sha256,
    ).where(ConversionCertificate.code_hash == hash_of(code))
    row = db.session.execute(query).first()
    number, state, sha256 = (
        (0, "", "") if row is None else (row.id, row.state, row.sha256)
    )
    # For number 0 as well, which is nobody's: an unknown code costs the same two statements (128).
    has_drifted = is_corrected(number)
    # One word for both: which of them it is would tell a stranger that the code exists.
    if not state or file_hash not in ("", sha256):
        return "invalid"
    if state == "withdrawn":
        return "withdrawn"
    return "corrected" if has_drifted else "valid"


def is_corrected(number: int) -> bool:
    """Whether the ledger says something else by now than a certificate does."""
    drifted = _drifted()
    query = select(literal(1)).where(drifted.c.certificate_id == number)
    return db.session.execute(query.limit(1)).first() is not None


def _drifted() -> Subquery:
    """Certificates with a line whose contract is no longer registered, or with other sums than the line has."""
    now_there = (
        select(
            ContractEntry.contract_id,
            *(func.sum(getattr(ContractEntry, name)).label(name) for name in SUMS),
        )
        .group_by(ContractEntry.contract_id)
        .subquery()
    )
    differs = [
        getattr(CertificateLine, name) != getattr(now_there.c, name) for name in SUMS
    ]
    return (
        select(CertificateLine.certificate_id)
        .join(TechContract, TechContract.id == CertificateLine.contract_id)
        .join(now_there, now_there.c.contract_id == CertificateLine.contract_id)
        .where(or_(TechContract.state != "registered", *differs))
        .subquery()
    )


def _registered_of(organisation_id: int) -> Sequence[TechContract]:
    query = (
        db.select(TechContract)
        .filter_by(seller_id=organisation_id, state="registered")
        .options(
            selectinload(TechContract.deal)
            .selectinload(Deal.achievement)
            .selectinload(Achievement.contributors),
            selectinload(TechContract.entries),
        )
        .order_by(TechContract.registered_on.desc(), TechContract.id.desc())
    )
    return db.session.scalars(query).all()
