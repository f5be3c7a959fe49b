"""Tables of people and of their places in organisations. What is done to them is in `deeds.py`."""

from __future__ import annotations

from datetime import datetime

from flask_security import RoleMixin, UserMixin
from sqlalchemy import Column, ForeignKey, String, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.clock import now
from marketplace.extensions import Model, db
from marketplace.organisations.models import Organisation

# A person may have several; what each may do is in the `DEEDS` of the rooms.
ROLES = {
    "researcher": "科研人员",
    "firm": "企业用户",
    "desk": "机构成果转化岗",
    "broker": "技术经理人",
    "operator": "平台运营人员",
    "auditor": "审计人员",
}


class Role(RoleMixin, Model):
    """A role of `ROLES`."""

    __tablename__ = "role"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20), unique=True)
    description: Mapped[str] = mapped_column(String(60), default="")


person_role = Table(
    "person_role",
    db.metadata,
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
    Column("role_id", ForeignKey("role.id", ondelete="CASCADE"), primary_key=True),
)


class Membership(Model):
    """A person's place in an organisation; one person may have several."""

    __tablename__ = "membership"

    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id"), primary_key=True
    )
    post: Mapped[str] = mapped_column(String(40), default="")
    since: Mapped[datetime] = mapped_column(default=now)

    organisation: Mapped[Organisation] = relationship(lazy="joined")


class Person(UserMixin, Model):
    """A signed-in person."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    # 254 is the longest address that mail can be sent to (RFC 5321).
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(40))
    phone: Mapped[str] = mapped_column(String(30), default="")
    password: Mapped[str | None] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(default=True)
    # What the session of this person holds; a new one signs them out everywhere.
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)

    # Typed as Flask-Security declares it; a list of `Role` would be another type than a list of its base.
    # Loaded with the person, in one query for all: every request checks them.
    roles: Mapped[list[RoleMixin]] = relationship(
        Role, secondary=person_role, lazy="selectin"
    )
    memberships: Mapped[list[Membership]] = relationship(
        lazy="selectin", cascade="all, delete-orphan"
    )

    @property
    def role_names(self) -> frozenset[str]:
        """Codes of the person's roles."""
        return frozenset(role.name for role in self.roles)

    @property
    def organisations(self) -> list[Organisation]:
        """The organisations the person belongs to, by name."""
        organisations = [membership.organisation for membership in self.memberships]
        return sorted(organisations, key=lambda organisation: organisation.name)

    @property
    def organisation_ids(self) -> frozenset[int]:
        """Ids of those organisations."""
        # Without loading the organisations: every permission check asks for these.
        return frozenset(membership.organisation_id for membership in self.memberships)
