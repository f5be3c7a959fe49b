"""What is read of profiles. Nothing is written here; what may be read of one is decided in `disclosure.py`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, func, or_

from marketplace import contributions
from marketplace.accounts import queries as account_queries
from marketplace.accounts.models import INSTITUTIONS, Membership, Person, Role
from marketplace.clock import today
from marketplace.counting import Count, as_count
from marketplace.dictionaries.models import fields_of_level
from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.lifecycle import History
from marketplace.organisations.models import Organisation
from marketplace.permissions import Reader
from marketplace.persistence import MAX_ID, Page, find_row
from marketplace.profiles import disclosure
from marketplace.profiles.disclosure import PublicBroker, PublicResearcher
from marketplace.profiles.models import BrokerProfile, ResearcherProfile

# People on a page of the directory.
PAGE = 20
# Each word is a condition of its own in the query; a pasted page must not become hundreds.
MAX_WORDS = 8
# Rows of the tray, which has one page: the oldest come first, so that the others move up.
MAX_WAITING = 100
# Days: long enough to get a new certificate and have it checked.
EXPIRING_DAYS = 30


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for in the directory of researchers; what is empty narrows nothing."""

    text: str = ""
    field: str = ""
    willing: str = ""
    institution: int = 0


@dataclass(frozen=True)
class People:
    """A page of the directory."""

    rows: list[PublicResearcher]
    total: int
    page: int
    pages: int


@dataclass(frozen=True)
class Brokers:
    """A page of the list of brokers."""

    rows: list[PublicBroker]
    total: int
    page: int
    pages: int


def find_people(wanted: Wanted, page: int) -> People:
    """The researchers of whom something is public, by name.

    Args:
        wanted: what narrows them: every word of the text has to stand in something that is public.
        page: number of the page, from 1.
    """
    # The database counts and pages, so hidden people leave no gap and no trace in the total.
    conditions = [disclosure.is_listed(), _is_shown()]
    for word in wanted.text.split()[:MAX_WORDS]:
        conditions.append(disclosure.mentions(word))
    if wanted.field:
        conditions.append(disclosure.works_in(wanted.field))
    if wanted.willing:
        conditions.append(disclosure.is_willing(wanted.willing))
    if wanted.institution:
        conditions.append(disclosure.at_institution(wanted.institution))
    joined = ResearcherProfile.person
    counted = db.select(func.count()).select_from(ResearcherProfile).join(joined)
    total = db.session.scalar(counted.where(*conditions)) or 0
    arithmetic = Page(total, PAGE)
    query = (
        db.select(ResearcherProfile)
        .join(joined)
        .where(*conditions)
        .order_by(Person.name, Person.id)
        .limit(PAGE)
        .offset(arithmetic.offset(page))
    )
    names = fields_of_level(2)
    rows = []
    for profile in db.session.scalars(query):
        rows.append(disclosure.researcher_view(profile, names))
    return People(rows, total, arithmetic.clamp(page), arithmetic.pages)


def _is_shown() -> ColumnElement[bool]:
    """Filter of people: nobody hides their profile for now."""
    return Person.id.not_in(contributions.held_ids("profile"))


def institutions_listed() -> dict[int, str]:
    """Id → name of the verified institutions of people in the directory, by name."""
    query = (
        db.select(Organisation.id, Organisation.name)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .join(Person, Person.id == Membership.person_id)
        .join(ResearcherProfile, ResearcherProfile.person_id == Person.id)
        .where(
            Organisation.state == "verified",
            Organisation.kind.in_(INSTITUTIONS),
            disclosure.is_listed(),
            _is_shown(),
        )
        .distinct()
        .order_by(Organisation.name, Organisation.id)
    )
    return {row.id: row.name for row in db.session.execute(query)}


def public_researcher(person_id: int) -> PublicResearcher:
    """What everybody may know of one researcher.

    Raises:
        NotFound: there is none, or nothing of them is public: one answer for both.
    """
    profile = None
    # A larger number in an address would be an error of the database, and no answer.
    if person_id <= MAX_ID:
        query = db.select(ResearcherProfile).join(ResearcherProfile.person)
        profile = db.session.scalar(
            # By the filters of the directory: a page that is not listed is no page either.
            query.where(Person.id == person_id, disclosure.is_listed(), _is_shown())
        )
    if profile is None:
        raise NotFound("没有找到这个人的公开资料。", "可以在科研人员名录里找找看。")
    return disclosure.researcher_view(profile, fields_of_level(2))


def find_brokers(field: str, certified: bool, page: int) -> Brokers:
    """The brokers who agreed to be listed: who has least to look after first, then by name.

    Args:
        field: code of a field of level 1 they mediate in; empty for all.
        certified: only those who hold a valid certificate today.
        page: number of the page, from 1.
    """
    rows = listed_brokers(field, certified=certified)
    arithmetic = Page(len(rows), PAGE)
    start = arithmetic.offset(page)
    return Brokers(
        rows[start : start + PAGE],
        len(rows),
        arithmetic.clamp(page),
        arithmetic.pages,
    )


def listed_brokers(field: str = "", *, certified: bool = False) -> list[PublicBroker]:
    """All of them, in that order. Arguments as `find_brokers`."""
    query = (
        db.select(BrokerProfile)
        .join(BrokerProfile.person)
        .join(Person.roles.of_type(Role))
        # By role: who lost it keeps the profile and is not listed.
        .where(Role.name == "broker", account_queries.can_act(), BrokerProfile.listed)
    )
    # Hidden by a complaint (096), until it is decided.
    held = contributions.held_ids("broker")
    profiles = []
    for profile in db.session.scalars(query):
        person = profile.person
        if person.id in held:
            continue
        # Who belongs only to organisations that are suspended acts for nobody.
        if person.memberships and not person.active_ids:
            continue
        if field and field not in profile.field_codes:
            continue
        profiles.append(profile)
    # The load comes from rooms above: sorted here and not by the database. A city has dozens of brokers, not thousands.
    loads = contributions.broker_loads(one.person_id for one in profiles)
    names, day = fields_of_level(1), today()
    rows = []
    for profile in profiles:
        load = loads[profile.person_id]
        view = disclosure.broker_view(profile, names, load=load, day=day)
        # Valid today, which the view decides, so that badge and filter cannot differ.
        if view.certified or not certified:
            rows.append(view)
    # Who has least to look after first, so that demands are spread.
    rows.sort(key=lambda one: (one.load, one.name, one.person_id))
    return rows


def desk_names(organisation_id: int) -> list[str]:
    """The names of the people of a desk who agreed to stand on the page of their organisation, by name."""
    query = (
        db.select(Person.name)
        .join(Membership, Membership.person_id == Person.id)
        .join(ResearcherProfile, ResearcherProfile.person_id == Person.id)
        .where(
            Membership.organisation_id == organisation_id,
            # Whose place changed is named no longer, whatever they once agreed to.
            Membership.role == "desk",
            Person.active,
            ResearcherProfile.desk_public,
            _is_shown(),
        )
        .order_by(Person.name, Person.id)
    )
    return list(db.session.scalars(query))


def researchers_of(organisation_id: int) -> int:
    """How many people of an organisation stand in the directory."""
    query = (
        db.select(func.count())
        .select_from(ResearcherProfile)
        .join(ResearcherProfile.person)
        .where(
            disclosure.is_listed(),
            _is_shown(),
            disclosure.at_institution(organisation_id),
        )
    )
    return db.session.scalar(query) or 0


def own_researcher(person: Person) -> ResearcherProfile | None:
    """One's own profile as a researcher."""
    return db.session.get(ResearcherProfile, person.id)


def own_broker(person: Person) -> BrokerProfile | None:
    """One's own profile as a broker."""
    return db.session.get(BrokerProfile, person.id)


def get_candidate(person_id: int) -> tuple[Person, BrokerProfile | None]:
    """Somebody who is a broker or wants to be one, with their profile.

    Raises:
        NotFound: there is nobody, or they are neither.
    """
    person = find_row(Person, person_id)
    profile = db.session.get(BrokerProfile, person_id) if person else None
    if person is None or (profile is None and "broker" not in person.role_names):
        raise NotFound("没有找到这位技术经理人。", "请从「技术经理人证书」进入。")
    return person, profile


def waiting_certificates() -> list[BrokerProfile]:
    """The certificates that wait to be checked, oldest first."""
    query = (
        db.select(BrokerProfile)
        .where(BrokerProfile.state == "waiting")
        .order_by(BrokerProfile.waiting_since, BrokerProfile.person_id)
        .limit(MAX_WAITING)
    )
    return list(db.session.scalars(query))


@as_count()
def waiting_count() -> Any:
    """How many they are."""
    return db.select(func.count()).where(BrokerProfile.state == "waiting")


def profiles_of(people: Iterable[Person]) -> dict[int, BrokerProfile]:
    """The profiles of these brokers, by the number of the person."""
    # One query for all rows of a list.
    ids = [person.id for person in people]
    query = db.select(BrokerProfile).where(BrokerProfile.person_id.in_(ids))
    return {one.person_id: one for one in db.session.scalars(query)}


def acting_brokers() -> list[Person]:
    """The brokers whom a listing may be given to, by name: those whose certificate is over are left out."""
    people = account_queries.brokers()
    lapsed = set(lapsed_brokers(person.id for person in people))
    return [person for person in people if person.id not in lapsed]


def lapsed_brokers(ids: Iterable[int]) -> Iterator[int]:
    """Those of these people whose certificate is over today."""
    # The day as a value of a statement that is built once: built into it, it would stay yesterday.
    values = {"ids": list(ids), "today": today()}
    yield from db.session.scalars(_lapsed_query(), values)


@cache
def _lapsed_query() -> Any:
    """Built once: every page of a broker asks several times, and building took longer than asking."""
    return db.select(BrokerProfile.person_id).where(
        BrokerProfile.person_id.in_(bindparam("ids", expanding=True)),
        BrokerProfile.lapsed_on(bindparam("today")),
    )


def same_number(profile: BrokerProfile) -> list[Person]:
    """The other people who say that a certificate of this number is theirs."""
    if not profile.number:
        return []
    query = db.select(BrokerProfile).where(
        BrokerProfile.number == profile.number,
        # Whatever their state: of two who claim one number the operator has to know before deciding.
        BrokerProfile.person_id != profile.person_id,
    )
    return [one.person for one in db.session.scalars(query)]


def history_of_broker(person_id: int) -> list[History]:
    """What was done to the profile of a broker, newest first; at most 100."""
    query = db.select(History).where(
        History.kind == "broker", History.thing_id == person_id
    )
    return list(db.session.scalars(query.order_by(History.id.desc()).limit(100)))


def troubled_certificate(person: Reader) -> BrokerProfile | None:
    """The profile of a person whose certificate was sent back, or ends soon; None where all is well."""
    if person.id is None:
        return None
    query = db.select(BrokerProfile).where(_is_troubled())
    profile: BrokerProfile | None = db.session.scalar(query, _trouble_of(person))
    return profile


def troubled_count(person: Reader) -> Count | int:
    """1 where there is one, else 0."""
    if person.id is None:
        return 0
    return Count(_troubled_count(), _trouble_of(person))


def _trouble_of(person: Reader) -> dict[str, Any]:
    soon = today() + timedelta(days=EXPIRING_DAYS)
    return {"person_id": person.id, "today": today(), "soon": soon}


@cache
def _troubled_count() -> Any:
    """Built once: the header of every page asks, and building took longer than asking."""
    return db.select(func.count()).select_from(BrokerProfile).where(_is_troubled())


def _is_troubled() -> ColumnElement[bool]:
    # Over already: the page of the certificate says so, and nothing waits until a day that is past.
    ending = and_(
        BrokerProfile.state == "checked",
        BrokerProfile.valid_to.between(bindparam("today"), bindparam("soon")),
    )
    return and_(
        BrokerProfile.person_id == bindparam("person_id"),
        or_(BrokerProfile.state == "returned", ending),
    )
