"""Tables of organisations. What is done to them is in `deeds.py`; who belongs to them, in the room accounts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.clock import now
from marketplace.dictionaries.models import District
from marketplace.extensions import Model
from marketplace.parsing.names import name_key

ORGANISATION_KINDS = {
    "firm": "企业",
    "university": "高等院校",
    "institute": "科研院所",
    "service_body": "技术转移服务机构",
    "operator": "平台运营方",
}
# What spellings of one name share; organisations and listings are known by it.
key_of = name_key


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
