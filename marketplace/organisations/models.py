"""Tables of organisations. What is done to them is in `deeds.py`; who belongs to them, in the room accounts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.clock import now, today
from marketplace.dictionaries.models import District
from marketplace.extensions import Model, db
from marketplace.parsing.names import name_key

ORGANISATION_KINDS = {
    "firm": "企业",
    "university": "高等院校",
    "institute": "科研院所",
    "service_body": "技术转移服务机构",
    # Banks, guarantors, insurers, funds; its people act for it as those of a firm do.
    "financial": "金融机构",
    "operator": "平台运营方",
}
# 未核验: its people write and see matches, and publish nothing. 已合并: it was a twin of the one it names.
STATES = {
    "unverified": "未核验",
    "verified": "已核验",
    "suspended": "已暂停",
    "merged": "已合并",
}
# Why one is suspended whose last person has gone; by it the next person brings it back (decision 159).
FORSAKEN = "单位里已没有人员，有人加入后恢复"
# Its people and operators write to each other, about its verification or its suspension (153, 158).
WRITING = ("unverified", "suspended")
NAME_KINDS = {"former": "曾用名", "alias": "简称或别名"}
# Deed of a History row of an organisation → its Chinese name, whichever room did it.
DEED_NAMES = {
    "found": "登记",
    "verify": "核验",
    "ask": "要求补充",
    "answer": "补充核验材料",
    "suspend": "暂停",
    "resume": "恢复",
    "rename": "改名称或代码",
    "seat": "改所在地",
    "alias": "加别名",
    "merge": "合并",
    "unmerge": "撤销合并",
    "apart": "不是重复",
    "accept": "同意加入",
    "decline": "不同意加入",
    "place": "调整身份",
    "remove": "移出人员",
    "leave": "离开",
    "invite": "邀请",
    "revoke": "撤销邀请",
    "take": "接受邀请",
    "import": "从名单导入",
}
# What spellings of one name share; organisations and listings are known by it.
key_of = name_key


def released_key(organisation_id: int) -> str:
    """The key of a merged row whose name was given on: unique as the column demands, and that of no name."""
    # `key_of` leaves | out of every name shorter than the column.
    return f"|{organisation_id}"


class Organisation(Model):
    """A firm, university, institute, service body or the operator; known by its 统一社会信用代码 where it has given it.

    The six division digits of the code tell where the body was first registered, so they are never compared with
    `district_code`, which tells where it is seated today (GB 32100-2015).
    """

    __tablename__ = "organisation"
    __table_args__ = (
        CheckConstraint(
            "kind in ('firm', 'university', 'institute', 'service_body', 'financial', 'operator')",
            name="kind",
        ),
        # Its check character is looked at when it is typed; a database without our code sees to the length.
        CheckConstraint("uscc is null or length(uscc) = 18", name="uscc"),
        CheckConstraint(
            "state in ('unverified', 'verified', 'suspended', 'merged')", name="state"
        ),
        # Verified is who has shown a code: a name alone belongs to anybody.
        CheckConstraint(
            "state <> 'verified' or (uscc is not null and verified_at is not null)",
            name="verified",
        ),
        CheckConstraint(
            "(state = 'merged') = (merged_into_id is not null)", name="merged"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    # Unique: two rows of one name could not be told apart by a list.
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
    state: Mapped[str] = mapped_column(
        String(12), default="unverified", server_default="unverified", index=True
    )
    verified_at: Mapped[datetime | None]
    # Since when operators have had everything they need to verify it; None while nobody belongs to it.
    waiting_since: Mapped[datetime | None]
    # Why it is suspended, or what an operator asks it to send before it is verified.
    state_note: Mapped[str] = mapped_column(String(500), default="", server_default="")
    # The row stays for good: addresses, histories and lists still name it.
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    # Two operators, or an operator and its own people, may change it at the same moment.
    revision: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": revision}

    # Joined: pages that name an organisation name its district too.
    district: Mapped[District | None] = relationship(lazy="joined")
    names: Mapped[list[OrganisationName]] = relationship(
        order_by="OrganisationName.id", cascade="all, delete-orphan"
    )
    seats: Mapped[list[OrganisationSeat]] = relationship(
        order_by="(OrganisationSeat.since, OrganisationSeat.id)",
        cascade="all, delete-orphan",
    )

    @property
    def is_verified(self) -> bool:
        """Whether an operator has checked who it is, and nothing has happened since."""
        return self.state == "verified"

    @property
    def is_active(self) -> bool:
        """Whether its people may act for it."""
        return self.state in ("unverified", "verified")

    @property
    def is_forsaken(self) -> bool:
        """Whether it is suspended for nothing but that nobody is left who acts for it."""
        return self.state == "suspended" and self.state_note == FORSAKEN

    @property
    def is_joinable(self) -> bool:
        """Whether somebody may come into it: it acts, or somebody who comes is all that it lacks."""
        return self.is_active or self.is_forsaken

    @property
    def is_asked(self) -> bool:
        """Whether its own people have to supply something before operators go on verifying it."""
        return self.state == "unverified" and bool(self.state_note)

    @property
    def has_appealed(self) -> bool:
        """Whether it is suspended, and its people have said something that no operator has answered."""
        return self.state == "suspended" and not self.state_note

    @property
    def state_name(self) -> str:
        """The state in Chinese."""
        return STATES[self.state]


class OrganisationName(Model):
    """Another name by which an organisation is found: one it had, or one people use."""

    __tablename__ = "organisation_name"
    __table_args__ = (
        CheckConstraint("kind in ('former', 'alias')", name="kind"),
        db.UniqueConstraint("organisation_id", "name_key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str] = mapped_column(String(120))
    # Not unique: two bodies may have had one name, one after the other.
    name_key: Mapped[str] = mapped_column(String(200), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    until: Mapped[date | None]  # of a former name: the day it was given up


class OrganisationSeat(Model):
    """Where an organisation was seated from a day on; the last row is where it is today."""

    __tablename__ = "organisation_seat"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id", ondelete="CASCADE"), index=True
    )
    district_code: Mapped[str] = mapped_column(ForeignKey("district.code"))
    # A day and not a moment: licences are changed on days.
    since: Mapped[date] = mapped_column(default=today)


class OrganisationMerge(Model):
    """Two rows of one body made one, with what was moved, so that one button can undo it."""

    __tablename__ = "organisation_merge"

    id: Mapped[int] = mapped_column(primary_key=True)
    gone_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    kept_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=now)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    # State and code of both before, and what each room moved: its name → its own notes.
    moved: Mapped[dict[str, Any]] = mapped_column(db.JSON)
    # The row of an undone merge stays: who merged two bodies by mistake is a question for later.
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    gone: Mapped[Organisation] = relationship(foreign_keys=[gone_id])
    kept: Mapped[Organisation] = relationship(foreign_keys=[kept_id])


class TwinPair(Model):
    """Two organisations that may be one body, and what a person found; the smaller id stands first."""

    __tablename__ = "twin_pair"
    __table_args__ = (
        CheckConstraint("one_id < other_id", name="order"),
        CheckConstraint("state in ('proposed', 'apart', 'merged')", name="state"),
    )

    one_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id", ondelete="CASCADE"), primary_key=True
    )
    other_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id", ondelete="CASCADE"), primary_key=True
    )
    state: Mapped[str] = mapped_column(String(10), default="proposed", index=True)
    # Code or name agree; the others are merely near, and come last.
    is_sure: Mapped[bool] = mapped_column(default=False, server_default=false())
    reason: Mapped[str] = mapped_column(String(200), default="")
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(default=now)

    one: Mapped[Organisation] = relationship(foreign_keys=[one_id])
    other: Mapped[Organisation] = relationship(foreign_keys=[other_id])


class TwinCrowd(Model):
    """A brand that more organisations bear than are compared with each other; counted again each night."""

    __tablename__ = "twin_crowd"
    __table_args__ = {"info": {"audit": "technical"}}

    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    bearers: Mapped[int]
    examples: Mapped[str] = mapped_column(String(400), default="")
