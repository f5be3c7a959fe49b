"""What a firm may put into a pack, and the frozen text of what it ticked, with its hash. Nothing is written here.

Of a contract the other party is left out: it has not agreed to anything. Of people nothing is taken.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from marketplace.audit.entries import canonical
from marketplace.contracts.models import TechContract
from marketplace.deals.life import CONTRACT_TYPES
from marketplace.extensions import db
from marketplace.files.models import Attachment
from marketplace.listings.child_models import IntellectualProperty
from marketplace.listings.models import LISTINGS, Achievement, Demand
from marketplace.listings.schema.terms import (
    FINANCING_MODES,
    FIRM_STAGES,
    IP_TYPES,
    LEGAL_STATUSES,
)
from marketplace.organisations.models import ORGANISATION_KINDS, Organisation
from marketplace.policies.models import PolicyEstimate
from marketplace.statuses.queries import standing_on
from marketplace.wording import UNKNOWN, money, yuan

GROUPS = {
    "status": "资质",
    "contract": "登记的技术合同",
    "ip": "知识产权",
    "demand": "资金需求",
    "estimate": "存下的政策测算",
    "file": "文件",
}
# Boxes on one page; the newest contracts, demands and estimates come first.
MAX_OF_GROUP = 200
# Part of what is hashed: a saved pack says by itself how it is to be read.
VERSION = 1


@dataclass(frozen=True)
class Item:
    """One thing that may be ticked.

    Attributes:
        code: as the form sends it, group and number.
        group: a key of `GROUPS`.
        name: what it is, in words.
        values: what goes into the pack of it: label → text.
        attachment_id, sha256: of a file.
    """

    code: str
    group: str
    name: str
    values: dict[str, str] = field(default_factory=dict)
    attachment_id: int | None = None
    sha256: str = ""

    def stored(self) -> dict[str, Any]:
        """As the pack holds it."""
        content: dict[str, Any] = {
            "group": self.group,
            "name": self.name,
            "values": self.values,
        }
        if self.attachment_id is not None:
            # The number finds the file, the hash says whether it is still the one that was ticked.
            content["attachment_id"] = self.attachment_id
            content["sha256"] = self.sha256
        return content


def items_of(organisation: Organisation, day: date) -> list[Item]:
    """Everything that an organisation may put into a pack today, by group.

    Args:
        organisation: the firm.
        day: today; a status that is over is not offered.
    """
    number = organisation.id
    return [
        *_statuses(number, day),
        *_contracts(number),
        *_rights(number),
        *_demands(number),
        *_estimates(number),
        *_files(number),
    ]


def frozen_content(
    organisation: Organisation, items: Iterable[Item], day: date
) -> dict[str, Any]:
    """What a pack holds: who it is about, the day, and what was ticked, in words of that day."""
    district = organisation.district
    return {
        "version": VERSION,
        "day": day.isoformat(),
        "organisation": {
            "单位名称": organisation.name,
            "统一社会信用代码": organisation.uscc or UNKNOWN,
            "单位类型": ORGANISATION_KINDS[organisation.kind],
            "所在地": district.name if district is not None else UNKNOWN,
        },
        "items": [item.stored() for item in items],
    }


def pack_text(content: dict[str, Any]) -> str:
    """The canonical JSON of a pack: the same content is the same text."""
    # By the encoder of the audit: sorted keys, no blanks, so that anybody can compute the hash again.
    return canonical(content)


def digest_of(content: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON in UTF-8, in hexadecimal."""
    return hashlib.sha256(pack_text(content).encode()).hexdigest()


def grouped_items(content: dict[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    """(name of a group, its items) of a stored pack; empty groups are left out."""
    found = []
    for group, name in GROUPS.items():
        # In the order of the groups now; a group that is no longer offered must stay in `GROUPS` for old packs.
        items = [one for one in content["items"] if one["group"] == group]
        if items:
            found.append((name, items))
    return found


def _statuses(number: int, day: date) -> Iterator[Item]:
    # Only what an operator has checked: a bank takes it for a fact.
    for row in standing_on([number], day):
        values = {
            "编号": row.number,
            "有效期": row.period,
            "平台核对": row.checked,
        }
        yield Item(f"status-{row.id}", "status", row.name, values)


def _contracts(number: int) -> Iterator[Item]:
    query = (
        db.select(TechContract)
        .where(
            # Whatever is not registered has no sums that anybody confirmed.
            TechContract.state == "registered",
            db.or_(TechContract.seller_id == number, TechContract.buyer_id == number),
        )
        .order_by(TechContract.registered_on.desc(), TechContract.id.desc())
        .limit(MAX_OF_GROUP)
    )
    for row in db.session.scalars(query):
        # Neither the other party nor its code: it has not agreed to be in a pack.
        sums = row.registered_sums
        values = {
            "登记编号": row.registry_no or UNKNOWN,
            "合同类型": CONTRACT_TYPES[row.contract_type],
            "本单位是": "卖方" if row.seller_id == number else "买方",
            "登记日期": str(row.registered_on),
            "成交额": f"{yuan(sums['total_fen'])} 元",
            "技术交易额": f"{yuan(sums['tech_fen'])} 元",
        }
        name = row.title or row.registry_no or UNKNOWN
        yield Item(f"contract-{row.id}", "contract", name, values)


def _rights(number: int) -> Iterator[Item]:
    query = (
        db.select(IntellectualProperty)
        .join(Achievement, Achievement.id == IntellectualProperty.achievement_id)
        .where(Achievement.organisation_id == number)
        .order_by(IntellectualProperty.id)
        .limit(MAX_OF_GROUP)
    )
    for row in db.session.scalars(query):
        status = LEGAL_STATUSES.names.get(row.legal_status or "", UNKNOWN)
        values = {
            "类型": IP_TYPES.names[row.ip_type],
            "号码": row.number or UNKNOWN,
            "法律状态": status,
            "核对日期": str(row.checked_on or UNKNOWN),
            "已质押": "是" if row.pledged else "否",
        }
        yield Item(f"ip-{row.id}", "ip", row.name or row.number, values)


def _demands(number: int) -> Iterator[Item]:
    query = (
        db.select(Demand)
        .where(
            Demand.organisation_id == number,
            Demand.need == "capital",
            Demand.state == "published",
        )
        .order_by(Demand.id.desc())
        .limit(MAX_OF_GROUP)
    )
    for row in db.session.scalars(query):
        modes = "、".join(FINANCING_MODES.names[code] for code in row.financing_modes)
        values = {
            "融资金额": money(row.capital_sought),
            "融资方式": modes or UNKNOWN,
            "企业发展阶段": FIRM_STAGES.names.get(row.firm_stage or "", UNKNOWN),
            "资金用途": row.capital_use or UNKNOWN,
            "担保或增信": row.security or UNKNOWN,
        }
        yield Item(f"demand-{row.id}", "demand", row.title, values)


def _estimates(number: int) -> Iterator[Item]:
    query = (
        db.select(PolicyEstimate)
        .where(PolicyEstimate.organisation_id == number)
        .order_by(PolicyEstimate.id.desc())
        .limit(MAX_OF_GROUP)
    )
    for row in db.session.scalars(query):
        total = row.content["total"]
        figures = dict(row.content["told"])
        sum_words = "没有算出"
        # A sum leaves the platform only with what it is worth (112).
        if total:
            sum_words = f"{total} 万元（叠加待核实，以主管部门审核为准）"
        values = {"预估上限": sum_words, **figures}
        yield Item(f"estimate-{row.id}", "estimate", f"按 {row.day} 的测算", values)


def _files(number: int) -> Iterator[Item]:
    for kind, table in LISTINGS.items():
        query = (
            db.select(Attachment, table.title)
            .join(table, table.id == Attachment.listing_id)
            .where(
                Attachment.listing_kind == kind,
                table.organisation_id == number,
                Attachment.file_id.is_not(None),
            )
            .order_by(Attachment.id)
            .limit(MAX_OF_GROUP)
        )
        for row, title in db.session.execute(query).tuples():
            # Nobody may have what the scanner has not passed, and a removed file has nothing to give.
            if row.file is None or row.is_held:
                continue
            values = {
                "用于": row.use_name,
                "所属": title,
                "大小": f"{row.file.size} 字节",
                "SHA-256": row.file.sha256,
            }
            yield Item(
                f"file-{row.id}", "file", row.name, values, row.id, row.file.sha256
            )
