"""Tables of what people say of themselves: researchers, and brokers with their certificates.

Who somebody is and where they belong stands in accounts; what of it others may read, in `disclosure.py`.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    and_,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Person
from marketplace.clock import now
from marketplace.extensions import Model

# The grades of the syllabus of 2020 for brokers (火炬中心《国家技术转移专业人员能力等级培养大纲》).
LEVELS = {
    "junior": "初级技术经纪人",
    "intermediate": "中级技术经纪人",
    "senior": "高级技术经理人",
}
# Of a certificate. 未填写: somebody may mediate without one, and has no badge.
CERTIFICATE_STATES = {
    "none": "没有填写证书",
    "waiting": "等平台核对",
    "checked": "平台已核对",
    "returned": "要补充",
}
# Why somebody no longer looks after what they were given, as History says it.
LOST_ROLE = "已不是技术经理人"
LAPSED = "技术经理人证书到期"
# The codes are names of columns of the profile, which filters read by them (`disclosure.is_willing`).
WILLINGNESS = {"deputy": "科技副总", "envoy": "科技特派员"}
PERSONAL = {"audit": "personal"}
# What a researcher decides on one by one: name → how the form and the pages call it.
RESEARCHER_FIELDS = {
    "fields": "技术领域",
    "title": "职称",
    "discipline": "学科专业",
    "offer": "能提供什么",
    "willingness": "任职意愿",
}


class ResearcherProfile(Model):
    """What a researcher says of themselves, each field public only where they agree.

    `desk_public`: somebody of a 成果转化岗 agrees to be named on the page of their organisation.
    """

    __tablename__ = "researcher_profile"

    person_id: Mapped[int] = mapped_column(
        # One profile of a kind for each person: the key is theirs.
        ForeignKey("person.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    # What can be erased stands apart from the audit.
    title: Mapped[str] = mapped_column(String(40), default="", info=PERSONAL)
    discipline: Mapped[str] = mapped_column(String(60), default="", info=PERSONAL)
    offer: Mapped[str] = mapped_column(Text, default="", info=PERSONAL)
    deputy: Mapped[bool] = mapped_column(default=False, server_default=false())
    envoy: Mapped[bool] = mapped_column(default=False, server_default=false())
    # One column each and no list in one: the directory may look for nothing that is not public, on either database.
    fields_public: Mapped[bool] = mapped_column(default=False, server_default=false())
    title_public: Mapped[bool] = mapped_column(default=False, server_default=false())
    discipline_public: Mapped[bool] = mapped_column(
        default=False, server_default=false()
    )
    offer_public: Mapped[bool] = mapped_column(default=False, server_default=false())
    willingness_public: Mapped[bool] = mapped_column(
        default=False, server_default=false()
    )
    desk_public: Mapped[bool] = mapped_column(default=False, server_default=false())
    changed_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)
    # Two tabs of one person, or an old page that was left open.
    revision: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": revision}

    person: Mapped[Person] = relationship(lazy="joined")
    fields: Mapped[list[ResearcherField]] = relationship(
        lazy="selectin",
        order_by="ResearcherField.field_code",
        cascade="all, delete-orphan",
    )

    @property
    def field_codes(self) -> list[str]:
        """Codes of their fields, in the order of the dictionary."""
        return [one.field_code for one in self.fields]


class ResearcherField(Model):
    """A field of level 2 in which a researcher works."""

    __tablename__ = "researcher_field"

    person_id: Mapped[int] = mapped_column(
        ForeignKey("researcher_profile.person_id", ondelete="CASCADE"),
        primary_key=True,
    )
    field_code: Mapped[str] = mapped_column(
        ForeignKey("hitech_field.code"), primary_key=True, index=True
    )


class BrokerProfile(Model):
    """What a broker says of themselves, and the certificate they have shown.

    Whether it is valid is asked of the day and stored nowhere: a badge that has to be taken away is one day too late.
    """

    __tablename__ = "broker_profile"
    __table_args__ = (
        CheckConstraint(
            "state in ('none', 'waiting', 'checked', 'returned')", name="state"
        ),
        CheckConstraint(
            "level is null or level in ('junior', 'intermediate', 'senior')",
            name="level",
        ),
        # A state of a certificate needs one.
        CheckConstraint("(state = 'none') = (number = '')", name="number"),
        CheckConstraint(
            "number = '' or (level is not null and issuer <> '')", name="certificate"
        ),
        CheckConstraint(
            "(state = 'checked') = (checked_at is not null)", name="checked_at"
        ),
        # One certificate is one person's: two operators may look at two copies of it at the same moment.
        Index(
            "uq_broker_profile_number",
            "number",
            unique=True,
            sqlite_where=text("state = 'checked'"),
            postgresql_where=text("state = 'checked'"),
        ),
    )

    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    number: Mapped[str] = mapped_column(String(40), default="", info=PERSONAL)
    level: Mapped[str | None] = mapped_column(String(12))
    issuer: Mapped[str] = mapped_column(String(80), default="")
    # None where the certificate names no end.
    valid_to: Mapped[date | None]
    introduction: Mapped[str] = mapped_column(Text, default="", info=PERSONAL)
    # An agreement of its own: one leaves the list and goes on mediating (`deeds.hide_broker`).
    listed: Mapped[bool] = mapped_column(default=False, server_default=false())
    number_public: Mapped[bool] = mapped_column(default=False, server_default=false())
    state: Mapped[str] = mapped_column(
        String(10), default="none", server_default="none", index=True
    )
    # What an operator compared it with; or what they ask for.
    checked: Mapped[str] = mapped_column(String(60), default="")
    # The moment of the latest check, by which the reminders of one certificate are known (`announcements`).
    checked_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(String(500), default="")
    # Who waits longest is looked at first; saving the introduction must not put them at the end.
    waiting_since: Mapped[datetime | None]
    changed_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)
    revision: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": revision}

    person: Mapped[Person] = relationship(lazy="joined")
    fields: Mapped[list[BrokerField]] = relationship(
        lazy="selectin", order_by="BrokerField.field_code", cascade="all, delete-orphan"
    )

    @property
    def owner_id(self) -> int:
        """Whose it is, as the permission table asks: nobody checks their own."""
        return self.person_id

    @property
    def field_codes(self) -> list[str]:
        """Codes of their fields, in the order of the dictionary."""
        return [one.field_code for one in self.fields]

    @property
    def state_name(self) -> str:
        """The state of the certificate in Chinese."""
        return CERTIFICATE_STATES[self.state]

    def is_certified(self, day: date) -> bool:
        """Whether they hold, on a day, a certificate that an operator has checked; on the last day they still do."""
        if self.state != "checked":
            return False
        return self.valid_to is None or self.valid_to >= day

    def is_lapsed(self, day: date) -> bool:
        """Whether the certificate they were let in with is over on a day. `lapsed_on` says the same in SQL."""
        over = self.valid_to is not None and self.valid_to < day
        return self.state == "checked" and over

    @classmethod
    def lapsed_on(cls, day: Any) -> ColumnElement[bool]:
        """Filter: whose certificate is over on a day; who never had one mediates without."""
        return and_(cls.state == "checked", cls.valid_to < day)


class BrokerField(Model):
    """A field of level 1 in which a broker mediates."""

    __tablename__ = "broker_field"

    person_id: Mapped[int] = mapped_column(
        ForeignKey("broker_profile.person_id", ondelete="CASCADE"), primary_key=True
    )
    field_code: Mapped[str] = mapped_column(
        ForeignKey("hitech_field.code"), primary_key=True, index=True
    )
