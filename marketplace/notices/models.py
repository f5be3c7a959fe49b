"""Tables of notices, of what people chose to get by mail, and of what they stopped. What is done to them: `deeds.py`.

Of people this room knows numbers and addresses only.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.clock import now
from marketplace.extensions import Model

# State of the mail of a notice → its name for operators.
STATES = {
    "queued": "等待发送",
    "held": "等待每日汇总",
    "sending": "正在发送",
    "sent": "已发出",
    "gathered": "已并入每日汇总",
    "failed": "没有发出",
    "suppressed": "不发邮件",
}
# States that still lead to a mail.
UNSENT = ("queued", "held", "sending")
QUIET_FROM, QUIET_UNTIL = 22, 7  # hours in China, unless somebody chose others
MAX_SUBJECT = 120  # characters; more is cut off by most readers of mail anyway
MAX_ERROR = 500


def new_uid() -> str:
    """A number no other notice has; the Message-ID is made of it, so that every try bears the same one."""
    return uuid.uuid4().hex


class Notice(Model):
    """One event for one recipient: what stands on their page of notices, and the mail about it."""

    __tablename__ = "notice"
    __table_args__ = (
        # One event is notified to one recipient once, however often it is done.
        UniqueConstraint("recipient", "key", name="uq_notice_recipient_key"),
        CheckConstraint(
            "state in ('queued', 'held', 'sending', 'sent', 'gathered', 'failed', 'suppressed')",
            name="state",
        ),
        # Nothing is under way without somebody who has it, and nobody has what is not under way.
        CheckConstraint("(state = 'sending') = (lease <> '')", name="leased"),
        CheckConstraint("state <> 'sending' or message <> ''", name="written"),
        CheckConstraint("(state = 'sent') = (sent_at is not null)", name="sent"),
        # What the sender reads every ten seconds.
        Index("ix_notice_due", "state", "not_before"),
        Index("ix_notice_person", "person_id", "in_app", "read_at"),
        # What counts the mails of an hour before each one (`upkeep._end_of_flood`).
        Index("ix_notice_address", "address", "sent_at"),
        Index("ix_notice_about", "about_kind", "about_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True, default=new_uid)
    kind: Mapped[str] = mapped_column(String(40))
    # None: only an address is known, as of somebody who is invited.
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    recipient: Mapped[str] = mapped_column(String(270))
    # As it was when it happened; a later address of the person gets later mails.
    address: Mapped[str] = mapped_column(String(254))
    key: Mapped[str] = mapped_column(String(200))
    subject: Mapped[str] = mapped_column(String(MAX_SUBJECT))
    happened: Mapped[str] = mapped_column(Text)
    to_do: Mapped[str] = mapped_column(Text, default="")
    until: Mapped[str] = mapped_column(String(40), default="")
    # Text: a link with a signed token has no length that could be named.
    link: Mapped[str] = mapped_column(Text, default="")
    # The thing it is about, for the log on the page of that thing.
    about_kind: Mapped[str] = mapped_column(String(30), default="")
    about_id: Mapped[int | None]
    urgent: Mapped[bool] = mapped_column(default=False, server_default=false())
    in_app: Mapped[bool] = mapped_column(default=True)

    state: Mapped[str] = mapped_column(String(10), default="queued")
    not_before: Mapped[datetime] = mapped_column(default=now)
    attempts: Mapped[int] = mapped_column(default=0)
    # Who is sending it, and until when nobody else may.
    lease: Mapped[str] = mapped_column(String(32), default="")
    lease_until: Mapped[datetime | None]
    # The mail as it goes out, stored before the first try: every further try sends the same letters.
    message: Mapped[str] = mapped_column(Text, default="")
    error: Mapped[str] = mapped_column(String(MAX_ERROR), default="")
    digest_id: Mapped[int | None] = mapped_column(ForeignKey("notice.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    sent_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]

    @property
    def state_name(self) -> str:
        """The state of its mail in Chinese."""
        return STATES[self.state]


class NoticeSetting(Model):
    """When a person wants mail; without a row, the usual quiet hours and each notice by itself."""

    __tablename__ = "notice_setting"
    __table_args__ = (
        CheckConstraint("quiet_from between 0 and 23", name="quiet_from"),
        CheckConstraint("quiet_until between 0 and 23", name="quiet_until"),
    )

    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    # Hours in China; both the same: no quiet hours.
    quiet_from: Mapped[int] = mapped_column(default=QUIET_FROM)
    quiet_until: Mapped[int] = mapped_column(default=QUIET_UNTIL)
    daily: Mapped[bool] = mapped_column(default=False)


class NoticeStop(Model):
    """A kind of notice that a recipient no longer wants by mail."""

    __tablename__ = "notice_stop"

    # As of notices and no foreign key: an address without an account may stop a kind too.
    recipient: Mapped[str] = mapped_column(String(270), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)
