"""Which roles and places go together: the one rule for whatever gives somebody either. Nothing is committed here.

Who may give them is decided where they are given: `person_deeds`, `deeds`, and the rooms staff, memberships, profiles.
"""

from __future__ import annotations

from collections.abc import Iterable

from marketplace.accounts.models import STAFF_ROLES, Membership, Person, Role
from marketplace.accounts.queries import (
    hold_people,
    hold_person,
    hold_sole_administrations,
    leaves_nobody,
    was_verified,
)
from marketplace.clock import now
from marketplace.errors import NotNow
from marketplace.extensions import db
from marketplace.organisations.changing import start
from marketplace.organisations.models import Organisation
from marketplace.permissions import Reader

OTHERWISE = "请换一个人，或先收回原来的角色。"


def require_compatible(roles: Iterable[str]) -> None:
    """Refuse roles that one person may not have at once.

    Args:
        roles: codes of `ROLES`, those they have and those they would be given.

    Raises:
        NotNow: who runs the site would audit it (GB/T 22239), or who audits it would act in it.
    """
    together = set(roles)
    if together >= STAFF_ROLES:
        raise NotNow("运营和审计要由不同的人担任。", OTHERWISE)
    if "auditor" in together and len(together) > 1:
        raise NotNow("审计人员不能同时有别的角色。", OTHERWISE)


def give_roles(person: Person, roles: Iterable[str]) -> list[str]:
    """Give somebody roles; those they have stay.

    Args:
        person: who gets them.
        roles: codes of `ROLES`.

    Returns:
        those that they did not have, by name.

    Raises:
        NotNow: they do not go together; as an auditor they would leave an organisation without an administrator.
    """
    read_under_hold(person)
    missing = set(roles) - person.role_names
    require_compatible(person.role_names | missing)
    if "auditor" in missing:
        _require_other_administrators(person)
    query = db.select(Role).where(Role.name.in_(missing)).order_by(Role.name)
    rows = list(db.session.scalars(query))
    # Only what is missing: a second row of the same person and role would break the key of the table.
    person.roles.extend(rows)
    return [row.name for row in rows]


def give_place(
    person: Person, organisation: Organisation, place: str, *, administers: bool
) -> Membership:
    """Give somebody a place in an organisation where they have none.

    Args:
        person: who gets it.
        organisation: where.
        place: a code of `PLACES`.
        administers: whether they look after its people.

    Raises:
        NotNow: they are an auditor.
    """
    read_under_hold(person)
    require_acting(person)
    membership = Membership(
        organisation=organisation, role=place, is_administrator=administers
    )
    person.memberships.append(membership)
    # An organisation that a list brought waits for nobody before it has people.
    if organisation.waiting_since is None:
        organisation.waiting_since = now()
    return membership


def require_acting(person: Person) -> None:
    """Refuse to give an auditor a place, or more of the one they had before (they keep it without acting by it, 072).

    Raises:
        NotNow: they are one.
    """
    if not person.acts:
        raise NotNow(
            f"「{person.name}」现在是平台审计人员，不能加入单位，也不能改换身份。",
            "请平台运营方先收回审计角色。",
        )


def read_under_hold(person: Person) -> None:
    """Read the roles of somebody as they are, and let nobody else change them or their places before this commit.

    Before the people of an organisation are held, as everywhere: nobody waits in a ring.
    """
    # A new person has no row yet.
    db.session.flush()
    hold_person(person.id)
    db.session.expire(person, ["roles"])


def let_act(person: Person, *, by: Reader | None) -> None:
    """Open an account that was stopped, if it was; what lacked only its owner comes back (no commit)."""
    person.active = True
    bring_back_organisations(person, by=by)


def bring_back_organisations(person: Person, *, by: Reader | None) -> None:
    """Let the organisations of somebody who can act once more come back, where they lacked nothing but people.

    No commit (decision 159).

    Args:
        person: whose account was opened, or who is no auditor any more.
        by: who let them.
    """
    if not person.acts:
        return
    for place in sorted(person.memberships, key=lambda one: one.organisation_id):
        hold_people(place.organisation_id)
        if place.organisation.is_forsaken:
            start(place.organisation, by=by)


def _require_other_administrators(person: Person) -> None:
    # An auditor looks on and acts for nobody: their organisation needs another administrator first.
    for place in hold_sole_administrations(person):
        # Nothing is lost with one that was never verified and has nobody else.
        if was_verified(place.organisation) or not leaves_nobody(place):
            raise NotNow(
                f"对方是「{place.organisation.name}」最后一位管理员，审计人员不能替单位办事。",
                "请对方先把管理员交给别人，或离开这个单位，或换一个人。",
            )
