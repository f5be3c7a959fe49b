"""Tables of people and of their places in organisations. What is done to them is in `deeds.py`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import current_app
from flask_security import AsaList, RoleMixin, UserMixin
from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    false,
)
from sqlalchemy.ext.mutable import MutableList
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace import contributions
from marketplace.clock import now
from marketplace.extensions import Model, db
from marketplace.organisations.models import Organisation
from marketplace.read_once import read_once

# Roles of the site as a whole. What somebody may do for an organisation is in their membership.
ROLES = {
    "broker": "技术经理人",
    "operator": "平台运营人员",
    "auditor": "审计人员",
}
# Places in an organisation. Of a firm everybody is a member; of a university or institute researchers write their own
# achievements, and its desk handles all of them.
PLACES = {
    "member": "单位人员",
    "researcher": "科研人员",
    "desk": "成果转化岗",
}
# Places whose people handle every listing of the organisation.
HANDLING = ("member", "desk")
# Their achievements pass their own desk first; a firm has none.
INSTITUTIONS = ("university", "institute")
# Who runs or watches over the site: shorter sessions, passwords that end.
STAFF_ROLES = frozenset({"operator", "auditor"})
# RFC 2606: no domain, so no living account has such an address.
ERASED_DOMAIN = "@closed.invalid"


class SpareCodeList(AsaList):
    """The list of the library, which has no parameters: statements with it may be remembered."""

    cache_ok = True


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


def place_name(role: str, *, administers: bool) -> str:
    """A place in Chinese, and whether it is that of somebody who looks after the people."""
    return f"{PLACES[role]}、单位管理员" if administers else PLACES[role]


class Membership(Model):
    """A person's place in an organisation; one person may have several."""

    __tablename__ = "membership"
    __table_args__ = (
        CheckConstraint("role in ('member', 'researcher', 'desk')", name="role"),
    )

    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    # No cascade: an organisation with people is merged or suspended, never deleted.
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id"), primary_key=True
    )
    role: Mapped[str] = mapped_column(
        String(12), default="member", server_default="member"
    )
    # Who lets people in, names their places and lets them go; an organisation never loses its last one.
    is_administrator: Mapped[bool] = mapped_column(
        default=False, server_default=false()
    )
    post: Mapped[str] = mapped_column(String(40), default="")
    since: Mapped[datetime] = mapped_column(default=now)

    organisation: Mapped[Organisation] = relationship(lazy="joined")
    person: Mapped[Person] = relationship(back_populates="memberships")

    @property
    def role_name(self) -> str:
        """The place in Chinese, and whether they look after the people."""
        return place_name(self.role, administers=self.is_administrator)


class Person(UserMixin, Model):
    """A person with an account.

    What becomes of a failed try is in `locking.py`, what is made of a session in `sessions.py`.
    """

    __tablename__ = "person"
    __table_args__ = (Index("uq_person_mobile", "mobile", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    # 254 is the longest address that mail can be sent to (RFC 5321).
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(40))
    phone: Mapped[str] = mapped_column(String(30), default="")
    # A second sign-in name, where the person wants one: E.164, as +8613800138000. Nobody has checked whose it is.
    mobile: Mapped[str | None] = mapped_column(String(20))
    # None until the person has set one by a link that was given to them.
    password: Mapped[str | None] = mapped_column(String(255))
    password_set_at: Mapped[datetime | None] = mapped_column(default=now)
    # Closed accounts stay, for deeds, listings and the audit name them by number.
    active: Mapped[bool] = mapped_column(default=True)
    # Whether they agree now that the contacts they type are shown to people of verified organisations; each consent
    # and each withdrawal is a row of `Consent`.
    publishes_contact: Mapped[bool] = mapped_column(
        default=False, server_default=false()
    )
    # When the link in the mail to their address was followed.
    confirmed_at: Mapped[datetime | None]
    # Failed tries in a row, when the last one was, and until when nobody gets in.
    failed_count: Mapped[int] = mapped_column(default=0)
    failed_at: Mapped[datetime | None]
    locked_until: Mapped[datetime | None]
    # The second factor, encrypted; `tf_counter` is the last code that was used, which opens nothing twice.
    tf_primary_method: Mapped[str | None] = mapped_column(String(20))
    tf_totp_secret: Mapped[str | None] = mapped_column(Text)
    tf_counter: Mapped[int | None]
    mf_recovery_codes: Mapped[list[str] | None] = mapped_column(
        MutableList.as_mutable(SpareCodeList())
    )
    # What the session of this person holds; a new one signs them out everywhere.
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)

    # Typed as Flask-Security declares it; a list of `Role` would be another type than a list of its base.
    # Loaded with the person, in one query for all: every request checks them.
    roles: Mapped[list[RoleMixin]] = relationship(
        Role, secondary=person_role, lazy="selectin"
    )
    memberships: Mapped[list[Membership]] = relationship(
        lazy="selectin", cascade="all, delete-orphan", back_populates="person"
    )

    @property
    def role_names(self) -> frozenset[str]:
        """Codes of the person's roles."""
        return frozenset(role.name for role in self.roles)

    @property
    def mediates(self) -> bool:
        """Whether they are a broker whose certificate, where they had one, is not over today.

        Asked of the day, so that nobody reads on until a job has run.
        """
        # Earlier releases let an auditor be a broker too.
        if "broker" not in self.role_names or not self.acts:
            return False
        return read_once(("mediates", self.id), self._is_certified)

    def _is_certified(self) -> bool:
        return not contributions.lapsed_brokers([self.id])

    @property
    def broker_numbers(self) -> frozenset[int]:
        """Numbers of the brokers whose listings they read today: their own, and those they stand in for."""
        return read_once(("broker_numbers", self.id), self._read_broker_numbers)

    def _read_broker_numbers(self) -> frozenset[int]:
        # Also nobody's whom they stand in for: a lapsed certificate ends every reading.
        if not self.mediates:
            return frozenset()
        seats = contributions.standing_in(self.id)
        others = {seat.absent_id for seat in seats if seat.role == "broker"}
        return frozenset({self.id, *others})

    @property
    def is_erased(self) -> bool:
        """Whether they closed the account for good: nothing personal is left in the row."""
        return self.email.endswith(ERASED_DOMAIN)

    @property
    def is_staff(self) -> bool:
        """Whether they run or audit the site."""
        return bool(self.role_names & STAFF_ROLES)

    @property
    def is_guarded(self) -> bool:
        """Whether a live site asks them for a second factor: its staff, and the desk of an institution."""
        places = {place.role for place in self.memberships}
        return self.is_staff or "desk" in places

    @property
    def organisations(self) -> list[Organisation]:
        """The organisations the person belongs to, by name."""
        organisations = [membership.organisation for membership in self.memberships]
        return sorted(organisations, key=lambda organisation: organisation.name)

    @property
    def organisation_ids(self) -> frozenset[int]:
        """Ids of those organisations."""
        return frozenset(membership.organisation_id for membership in self.memberships)

    @property
    def needs_second_factor(self) -> bool:
        """Whether this site asks them for a second factor, set up already or not."""
        return bool(current_app.config["SECOND_FACTOR"] and self.is_guarded)

    # The next two are what Flask-Security asks of its users.
    def check_tf_required(
        self, tf_setup_methods: list[tuple[str, str]], tf_fresh: bool
    ) -> tuple[bool, list[tuple[str, str]]]:
        """Whether signing in takes a second factor: it was set up, or this site asks it of them."""
        return bool(tf_setup_methods) or self.needs_second_factor, tf_setup_methods

    def check_tf_required_setup(self) -> bool:
        """Whether they may not go without one."""
        return self.needs_second_factor

    @property
    def acts(self) -> bool:
        """Whether they may do anything in their organisations; an auditor looks on."""
        return "auditor" not in self.role_names

    @property
    def handled_ids(self) -> frozenset[int]:
        """Ids of the organisations all of whose listings the person handles."""
        # An auditor may have had a place before; they keep it and act by it no longer.
        return self._ids_where(lambda place: place.role in HANDLING and self.acts)

    @property
    def administered_ids(self) -> frozenset[int]:
        """Ids of the organisations whose people the person looks after."""
        return self._ids_where(lambda place: place.is_administrator and self.acts)

    @property
    def stopped_ids(self) -> frozenset[int]:
        """Ids of the suspended organisations for which the person may still say something."""
        stopped = []
        for place in self.memberships:
            suspended = place.organisation.state == "suspended"
            if suspended and place.is_administrator and self.acts:
                stopped.append(place.organisation_id)
        return frozenset(stopped)

    @property
    def active_ids(self) -> frozenset[int]:
        """Ids of the organisations the person may act for: those that are not suspended."""
        return self._ids_where(lambda place: True)

    @property
    def verified_ids(self) -> frozenset[int]:
        """Ids of the person's organisations that have been verified."""
        return self._ids_where(lambda place: place.organisation.is_verified)

    def place_in(self, organisation_id: int) -> Membership | None:
        """The person's place in an organisation."""
        for membership in self.memberships:
            if membership.organisation_id == organisation_id:
                return membership
        return None

    def _ids_where(self, wanted: Callable[[Membership], bool]) -> frozenset[int]:
        # Nobody acts for an organisation that is suspended.
        return frozenset(
            place.organisation_id
            for place in self.memberships
            if place.organisation.is_active and wanted(place)
        )
