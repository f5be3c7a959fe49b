"""ONE table: deed → who may. Closed by default: a deed that is not in the table is nobody's.

Read it aloud. Nothing of Flask's request is known here; a person is anything with roles and organisations.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from marketplace.errors import NotAllowed

Who = Callable[[Any, Any], bool]


def roles_of(person: Any) -> frozenset[str]:
    """Role codes of a person; empty for a guest."""
    return frozenset(getattr(person, "role_names", ()))


def organisations_of(person: Any) -> frozenset[int]:
    """Ids of the organisations a person belongs to; empty for a guest."""
    return frozenset(getattr(person, "organisation_ids", ()))


def anyone(_person: Any, _thing: Any) -> bool:
    return True


def signed_in(person: Any, _thing: Any) -> bool:
    return bool(getattr(person, "is_authenticated", False))


def operator(person: Any, _thing: Any) -> bool:
    return "operator" in roles_of(person)


def broker(person: Any, _thing: Any) -> bool:
    return "broker" in roles_of(person)


def member(person: Any, thing: Any) -> bool:
    """Somebody of the organisation that owns the thing."""
    return getattr(thing, "organisation_id", None) in organisations_of(person)


def belongs_somewhere(person: Any, _thing: Any) -> bool:
    """Somebody who can own a listing: a member of at least one organisation."""
    return bool(organisations_of(person))


def openly_shown(_person: Any, thing: Any) -> bool:
    """A listing whose whole text is public."""
    return getattr(thing, "visibility", None) == "public"


def named(_person: Any, thing: Any) -> bool:
    """A listing whose owner does not ask to stay unnamed."""
    return not getattr(thing, "anonymous", False)


TABLE: dict[str, tuple[Who, ...]] = {
    # reading
    "public.read": (anyone,),
    "trial.run": (anyone,),
    "listing.read": (anyone,),  # which rows: listings.models.visible_to
    "listing.read_full": (openly_shown, member, broker, operator),
    "listing.read_contact": (signed_in,),
    "demand.read_firm": (named, member, operator),
    "match.read": (anyone,),
    # verdicts: the thing is the listing on whose matches the verdict is given
    "verdict.read": (member, broker, operator),
    "verdict.give": (member, broker, operator),
    "verdict.grade": (broker, operator),
    "verdict.read_reasons": (
        member,
        operator,
    ),  # why others passed an achievement, added up
    # one's own things
    "mine.read": (signed_in,),
    "listing.create": (belongs_somewhere, operator),
    "listing.edit": (member, operator),
    "listing.submit": (member, operator),
    "listing.withdraw": (member, operator),
    "listing.close": (member, operator),
    "listing.archive": (member, operator),
    "listing.history": (member, operator),
    "trial.save": (belongs_somewhere,),
    # the office
    "office.read": (operator,),
    "quality.read": (operator,),
    "listing.review": (operator,),
    "listing.suspend": (operator,),
    "organisation.verify": (operator,),
    "dictionary.edit": (operator,),
    "listing.import": (operator,),
    "listing.export": (anyone,),  # the same rows as the page it stands on
}


def may(person: Any, deed: str, thing: Any = None) -> bool:
    """Whether `person` may do `deed` to `thing`.

    Args:
        person: a Person, a guest, or None for the site itself acting from the command line (may do everything listed).
        deed: a deed of `TABLE`.
        thing: the row concerned, or None where the deed has none yet.
    """
    if deed not in TABLE:
        return False
    return person is None or any(who(person, thing) for who in TABLE[deed])


def require(person: Any, deed: str, thing: Any = None) -> None:
    """Like `may`, as a demand.

    Raises:
        NotAllowed: this person may not do it.
    """
    if not may(person, deed, thing):
        raise NotAllowed(
            "您的账号不能做这件事。", "请用有权限的账号登录，或联系平台运营方。"
        )


def audiences(person: Any) -> frozenset[str]:
    """The audiences a reader belongs to, as the search index and `visible_to` name them.

    Returns:
        `public` always; `broker`, `operator` by role; `org:ID` for each organisation.
    """
    roles = roles_of(person) & {"broker", "operator"}
    return frozenset(
        {"public", *roles, *(f"org:{i}" for i in organisations_of(person))}
    )
