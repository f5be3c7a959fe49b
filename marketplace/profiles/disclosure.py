"""What others may know of a person: the one place that decides it, for the page of one and for the directory.

What the directory looks for is decided here too, for a search that finds what a page hides has given it away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_
from sqlalchemy.orm import aliased

from marketplace.accounts.models import INSTITUTIONS, Membership, Person
from marketplace.dictionaries.models import HitechField
from marketplace.organisations.models import Organisation
from marketplace.profiles.models import (
    LEVELS,
    WILLINGNESS,
    BrokerProfile,
    ResearcherField,
    ResearcherProfile,
)


@dataclass(frozen=True)
class PublicResearcher:
    """What everybody may know of a researcher; what they do not agree to is empty."""

    person_id: int
    name: str
    institutions: tuple[tuple[int, str], ...]
    fields: tuple[str, ...] = ()
    title: str = ""
    discipline: str = ""
    offer: str = ""
    willingness: tuple[str, ...] = ()

    @property
    def has_anything(self) -> bool:
        """Whether there is anything but the name."""
        return any(
            (self.fields, self.title, self.discipline, self.offer, self.willingness)
        )


@dataclass(frozen=True)
class PublicBroker:
    """What everybody may know of a broker who agreed to be listed; of a certificate that is not valid, nothing."""

    person_id: int
    name: str
    organisations: tuple[tuple[int, str], ...]
    fields: tuple[str, ...]
    introduction: str
    load: int
    certified: bool
    level: str = ""
    issuer: str = ""
    number: str = ""
    valid_to: date | None = None


def researcher_view(
    profile: ResearcherProfile, names: Mapping[str, str]
) -> PublicResearcher:
    """What a researcher lets everybody know.

    Args:
        profile: the row.
        names: code → name of the fields of level 2.
    """
    person = profile.person
    willing: tuple[str, ...] = ()
    if profile.willingness_public:
        willing = tuple(
            name for code, name in WILLINGNESS.items() if getattr(profile, code)
        )
    fields: tuple[str, ...] = ()
    if profile.fields_public:
        fields = _named(profile.field_codes, names)
    return PublicResearcher(
        person_id=profile.person_id,
        name=person.name,
        # Verified ones only: anybody may enter a university that nobody has checked yet.
        institutions=verified_places(person, INSTITUTIONS),
        fields=fields,
        title=profile.title if profile.title_public else "",
        discipline=profile.discipline if profile.discipline_public else "",
        offer=profile.offer if profile.offer_public else "",
        willingness=willing,
    )


def broker_view(
    profile: BrokerProfile, names: Mapping[str, str], *, load: int, day: date
) -> PublicBroker:
    """What the list of brokers says of one.

    Args:
        profile: the row.
        names: code → name of the fields of level 1.
        load: how many listings they look after now.
        day: the day of which the badge is asked.
    """
    certified = profile.is_certified(day)
    certificate: dict[str, str | date | None] = {}
    # Nothing of one that waits, is over or was sent back: a number by itself looks like a badge.
    if certified:
        certificate = {
            "level": LEVELS[profile.level or ""],
            "issuer": profile.issuer,
            # A consent of its own, apart from that to the list.
            "number": profile.number if profile.number_public else "",
            "valid_to": profile.valid_to,
        }
    return PublicBroker(
        person_id=profile.person_id,
        name=profile.person.name,
        organisations=verified_places(profile.person),
        fields=_named(profile.field_codes, names),
        introduction=profile.introduction,
        # Part of what they agree to with the list (`forms.BrokerForm.listed`).
        load=load,
        certified=certified,
        **certificate,  # type: ignore[arg-type]
    )


def verified_places(
    person: Person, kinds: tuple[str, ...] = ()
) -> tuple[tuple[int, str], ...]:
    """(id, name) of the verified organisations somebody belongs to, by name; of these kinds, where any is given."""
    places = []
    for one in person.organisations:
        if one.is_verified and (not kinds or one.kind in kinds):
            places.append((one.id, one.name))
    return tuple(places)


def _named(codes: list[str], names: Mapping[str, str]) -> tuple[str, ...]:
    # A code that left the dictionary has no name, and a code says nothing to a reader.
    return tuple(names[code] for code in codes if code in names)


# -- the same as filters -----------------------------------------------------------------------------------------------


def is_listed() -> ColumnElement[bool]:
    """Filter of profiles: who stands in the directory. Joined with Person by the caller."""
    of_fields = exists().where(ResearcherField.person_id == ResearcherProfile.person_id)
    willing = or_(ResearcherProfile.deputy, ResearcherProfile.envoy)
    # Every one of these has its counterpart in `has_anything`; a tick at an empty field makes nothing public.
    anything = or_(
        and_(ResearcherProfile.fields_public, of_fields),
        and_(ResearcherProfile.title_public, ResearcherProfile.title != ""),
        and_(ResearcherProfile.discipline_public, ResearcherProfile.discipline != ""),
        and_(ResearcherProfile.offer_public, ResearcherProfile.offer != ""),
        and_(ResearcherProfile.willingness_public, willing),
    )
    return and_(Person.active, anything, at_institution())


def at_institution(organisation_id: int | None = None) -> ColumnElement[bool]:
    """Filter of people: they have a place at a verified university or institute, or at that one."""
    body, conditions = _verified_institution()
    if organisation_id is not None:
        conditions.append(body.id == organisation_id)
    return exists().where(*conditions)


def works_in(code: str) -> ColumnElement[bool]:
    """Filter of profiles: a field of level 1 or 2 in which somebody works, and says so publicly."""
    # The code of a field begins with that of the one it belongs to.
    of_field = exists().where(
        ResearcherField.person_id == ResearcherProfile.person_id,
        ResearcherField.field_code.startswith(code, autoescape=True),
    )
    return and_(ResearcherProfile.fields_public, of_field)


def is_willing(code: str) -> ColumnElement[bool]:
    """Filter of profiles: somebody is willing, by a code of WILLINGNESS, and says so publicly."""
    return and_(ResearcherProfile.willingness_public, getattr(ResearcherProfile, code))


def mentions(word: str) -> ColumnElement[bool]:
    """Filter of profiles: a word stands in what is public: name, institution, or a field that is shown."""
    named_field = exists().where(
        ResearcherField.person_id == ResearcherProfile.person_id,
        HitechField.code == ResearcherField.field_code,
        _contains(HitechField.name, word),
    )
    body, conditions = _verified_institution()
    named_place = exists().where(*conditions, _contains(body.name, word))
    alternatives = [
        # The name is public with whatever else is: who agrees to nothing is not in the directory at all.
        _contains(Person.name, word),
        named_place,
        and_(ResearcherProfile.fields_public, named_field),
    ]
    for name in ("title", "discipline", "offer"):
        column = getattr(ResearcherProfile, name)
        public = getattr(ResearcherProfile, f"{name}_public")
        alternatives.append(and_(public, _contains(column, word)))
    for code, text in WILLINGNESS.items():
        # The words themselves are in no column.
        if word in text:
            alternatives.append(is_willing(code))
    return or_(*alternatives)


def _verified_institution() -> tuple[Any, list[ColumnElement[bool]]]:
    """The institution of a person in a subquery, and what makes it one."""
    # Under names of their own: a query around it that joins the same tables would take them for its own.
    place, body = aliased(Membership), aliased(Organisation)
    return body, [
        place.person_id == Person.id,
        body.id == place.organisation_id,
        # A suspended one takes its people out of the directory with it.
        body.state == "verified",
        body.kind.in_(INSTITUTIONS),
    ]


def _contains(column: Any, word: str) -> ColumnElement[bool]:
    # LIKE minds the case on PostgreSQL and not on SQLite; a % that was typed is a character like any other.
    condition: ColumnElement[bool] = func.lower(column).contains(
        word.lower(), autoescape=True
    )
    return condition
