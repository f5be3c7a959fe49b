"""A good list of achievements, row by row, for the tests of reading and importing."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func

from marketplace.exchange.deeds import import_rows
from marketplace.exchange.importing import parse_file
from marketplace.exchange.reports import Outcome, Report
from marketplace.extensions import db
from marketplace.listings.models import Achievement
from marketplace.organisations.deeds import add_organisation
from marketplace.organisations.models import Organisation
from tests.factories import new_uscc
from tests.marketplace.exchange.files import xlsx

HEADER = [
    "成果名称",
    "完成单位",
    "完成人",
    "技术领域",
    "成果简介",
    "主要技术指标",
    "所处阶段",
    "转化方式",
    "预期价格",
    "关键词",
    "联系人",
    "联系电话",
]
ROW = [
    "轴承套圈超精研磨降噪工艺",
    "聊城大学（示例）",
    "张三、李四",
    "先进制造工艺与装备",
    "针对深沟球轴承振动大的问题，改进滚道超精研磨工艺，已在两条线上试用。",
    "圆度≤0.10 mm；硬度≥60 HRC",
    "中试",
    "许可、转让",
    "30-60万",
    "轴承；降噪",
    "科技处",
    "0635-0000001",
]


def row(**changed: Any) -> list[Any]:
    """The good row with some cells changed, by header."""
    return [changed.get(name, cell) for name, cell in zip(HEADER, ROW, strict=True)]


def parse(
    rows: Sequence[Sequence[Any]],
    kind: str = "achievement",
    header: Sequence[str] = HEADER,
    **more: Any,
) -> Report:
    return parse_file(io.BytesIO(xlsx([header, *rows])), kind, name="list.xlsx", **more)


def import_list(rows: Sequence[Sequence[Any]], **more: Any) -> Outcome:
    header = more.pop("header", HEADER)
    return import_rows(parse(rows, header=header), by=None, **more)


def verify_holder(
    name: str = ROW[1], *, kind: str = "university", uscc: str = ""
) -> Organisation:
    """The organisation of the good row, verified as an operator does it: no import does, and drafts stay drafts."""
    return add_organisation(
        name, kind=kind, uscc=uscc or new_uscc(), checked="营业执照", by=None
    )


def verify_holders(report: Report) -> None:
    """Verify everybody whose listings a list holds."""
    for owner in dict.fromkeys(entry.owner for entry in report.entries):
        verify_holder(owner.name, kind=owner.kind, uscc=owner.uscc or "")


def one(title: str = ROW[0], table: type = Achievement) -> Any:
    return db.session.scalar(db.select(table).where(table.title == title))


def count(table: type = Achievement) -> int:
    return db.session.scalar(db.select(func.count()).select_from(table))
