"""Tables of people and organisations. What is done to them is in `deeds.py`."""

from __future__ import annotations

from datetime import datetime

from flask import current_app
from flask_security import AsaList, RoleMixin, UserMixin
from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, String, Table, Text
from sqlalchemy.ext.mutable import MutableList
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.clock import now
from marketplace.dictionaries.models import District
from marketplace.extensions import Model, db
from marketplace.parsing.names import name_key

ORGANISATION_KINDS = {
    "firm": "企业",
    "university": "高等院校",
    "institute": "科研院所",
    "service_body": "技术转移服务机构",
    "operator": "平台运营方",
}
# A person may have several; what each may do is in the `DEEDS` of the rooms.
ROLES = {
    "researcher": "科研人员",
    "firm": "企业用户",
    "desk": "机构成果转化岗",
    "broker": "技术经理人",
    "operator": "平台运营人员",
    "auditor": "安全审计人员",
}
# Who runs or watches over the site: shorter sessions, passwords that end.
STAFF_ROLES = frozenset({"operator", "auditor"})
# Who needs a second factor on a live site.
GUARDED_ROLES = STAFF_ROLES | {"desk"}
# What spellings of one name share; organisations and listings are known by it.
key_of = name_key


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


class Organisation(Model):
    """A firm, university, institute, service body or the operator; known by its 统一社会信用代码 where it has given it.

    The six division digits of the code tell where the body was first registered, so they are never compared with
    `district_code`, which tells where it is seated today (GB 32100-2015).
    """

    __tablename__ = "organisation"
    __table_args__ = (
        CheckConstraint(
            "kind in ('firm', 'university', 'institute', 'service_body', 'operator')",
            name="kind",
        ),
        CheckConstraint("uscc is null or length(uscc) = 18", name="uscc"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    name_key: Mapped[str] = mapped_column(String(200), unique=True)
    # Unique where it is known: NULLs never equal each other, on neither database.
    uscc: Mapped[str | None] = mapped_column(String(18), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    district_code: Mapped[str | None] = mapped_column(ForeignKey("district.code"))
    address: Mapped[str] = mapped_column(String(200), default="")
    legal_representative: Mapped[str] = mapped_column(String(40), default="")
    supervisor: Mapped[str] = mapped_column(String(80), default="")  # 归口管理部门
    profile: Mapped[str] = mapped_column(String(500), default="")
    size_band: Mapped[str] = mapped_column(String(20), default="")
    verified_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)

    # Joined: pages that name an organisation name its district too.
    district: Mapped[District | None] = relationship(lazy="joined")


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
    active: Mapped[bool] = mapped_column(default=True)
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
        MutableList.as_mutable(AsaList())
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
        lazy="selectin", cascade="all, delete-orphan"
    )

    @property
    def role_names(self) -> frozenset[str]:
        """Codes of the person's roles."""
        return frozenset(role.name for role in self.roles)

    @property
    def is_staff(self) -> bool:
        """Whether they run or audit the site."""
        return bool(self.role_names & STAFF_ROLES)

    @property
    def is_guarded(self) -> bool:
        """Whether a live site asks them for a second factor."""
        return bool(self.role_names & GUARDED_ROLES)

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
