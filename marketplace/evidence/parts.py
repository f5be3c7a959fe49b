"""Which files a pack holds, and which entries of the audit it proves. What stays out, and why, is decision 126.

Contents are read in `upkeep.py`; what is said of a deal in words is in `record.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from marketplace.audit.models import Entry
from marketplace.contracts.models import TechContract
from marketplace.deals.models import Deal
from marketplace.extensions import db
from marketplace.files.models import Attachment
from marketplace.files.queries import attachments_of
from marketplace.proceeds import queries as proceeds

# Bytes of all contents of a pack; what would go beyond goes in by its hash.
# The pack is stored in the database and printed in memory.
MAX_CONTENT = 50_000_000


@dataclass(frozen=True)
class Part:
    """A file of a pack.

    Attributes:
        name: its path in the pack.
        title: what it is.
        sha256: of the content.
        size: bytes; 0 where nobody knows before it is read.
        source: kind of row and its number, from which the content is read.
        why: why its content is left out; empty where it is in.
    """

    name: str
    title: str
    sha256: str
    size: int
    source: str
    why: str = ""


def parts_of(deal: Deal, contract: TechContract | None) -> list[Part]:
    """The files of a pack: confirmed texts and public files with their content, the others by their hash."""
    parts = [*_letters(deal), *_papers(contract), *_statements(contract)]
    for row in (deal.achievement, deal.demand):
        if row is not None:
            parts += [_attachment(one) for one in attachments_of(row)]
    total = 0
    found = []
    for part in parts:
        # A later, smaller file may still fit: the order of the parts stays, and none is lost without a word.
        if not part.why and total + part.size > MAX_CONTENT:
            part = Part(**{**asdict(part), "why": "文件太大，只附指纹"})
        if not part.why:
            total += part.size
        found.append(part)
    return found


def _letters(deal: Deal) -> Iterator[Part]:
    for letter in deal.letters:
        size = len(letter.text.encode())
        # A draft may hold what one side never agreed to hand out.
        why = "" if letter.is_settled else "没有经双方确认"
        yield Part(
            name=f"files/letter-{letter.id}.txt",
            title=letter.kind_name,
            sha256=letter.sha256,
            size=size,
            source=f"deal_letter {letter.id}",
            why=why,
        )


def _papers(contract: TechContract | None) -> Iterator[Part]:
    papers = contract.papers if contract is not None else []
    for paper in papers:
        if paper.sha256 is None or paper.pdf is None:
            continue
        yield Part(
            name=f"files/contract-{paper.number}.pdf",
            title=f"合同第 {paper.number} 稿",
            sha256=paper.sha256,
            size=len(paper.pdf),
            source=f"contract_paper {paper.id}",
            why="" if paper.is_confirmed else "不是双方确认的那一稿",
        )


def _statements(contract: TechContract | None) -> Iterator[Part]:
    if contract is None:
        return
    for distribution in proceeds.distributions_of(contract):
        for share in distribution.shares:
            if share.sha256 is not None:
                yield Part(
                    name=f"files/statement-{share.id}.pdf",
                    title="完成人的分配明细",
                    sha256=share.sha256,
                    # Never read here, so its size counts for nothing against the limit.
                    size=0,
                    source=f"inventor_share {share.id}",
                    why="个人收入，只附指纹",
                )


def _attachment(one: Attachment) -> Part:
    assert one.file is not None  # noqa: S101  of one that was not removed
    why = ""
    if one.approved_at is None or one.is_held:
        why = "还没有审核"
    elif one.visibility != "public":
        # Opened by an NDA to named people up to a day: a copy in a pack would go round it.
        why = "按申请提供的资料，只附指纹"
    # The name in the pack is ours: a typed one may climb out of a directory or hold signs no system takes.
    ending = one.name.rpartition(".")[2].lower()
    if not (ending.isalnum() and ending.isascii()) or len(ending) > 5:
        ending = "bin"
    return Part(
        name=f"files/attachment-{one.id}.{ending}",
        # Without its content the file has no name either: a name may say as much as the file.
        title=f"{one.use_name}" if why else f"{one.use_name}：{one.name}",
        sha256=one.file.sha256,
        size=one.file.size,
        source=f"attachment {one.id}",
        why=why,
    )


def entries_of(deal: Deal, contract: TechContract | None) -> tuple[list[int], int]:
    """(Positions of the entries of the audit about a deal, how many are left out for who wrote them objected)."""
    # An entry names its actor: it would tell the deciders who objected (decision 126).
    objectors = {one.by_id for one in deal.objections if one.by_id is not None}
    positions = []
    left_out = 0
    for kind, numbers in _things(deal, contract):
        query = db.select(Entry.position, Entry.actor).where(
            Entry.kind == kind, Entry.thing.in_([str(one) for one in numbers])
        )
        for position, actor in db.session.execute(query).tuples():
            if actor in objectors:
                # Their number is in the pack, so that a gap cannot be taken for a removal.
                left_out += 1
            else:
                positions.append(position)
    # In the order of the log: the manifest of the same entries is the same text.
    return sorted(positions), left_out


def _things(
    deal: Deal, contract: TechContract | None
) -> Iterator[tuple[str, Sequence[int]]]:
    """What a pack proves: kinds of rows and their numbers. Objections and shares of persons are in none."""
    yield "deal", [deal.id]
    for kind, rows in (
        ("deal_letter", deal.letters),
        ("deal_item", deal.items),
        ("deal_decision", deal.decisions),
        ("deal_publicity", deal.publicities),
    ):
        yield kind, [one.id for one in rows]
    approvals = []
    for decision in deal.decisions:
        approvals += [one.id for one in decision.approvals]
    yield "deal_approval", approvals
    if contract is None:
        return
    yield "tech_contract", [contract.id]
    yield "contract_paper", [one.id for one in contract.papers]
    confirmations = []
    for paper in contract.papers:
        confirmations += [one.id for one in paper.confirmations]
    yield "contract_confirmation", confirmations
    yield "contract_entry", [one.id for one in contract.entries]
    yield "contract_milestone", [one.id for one in proceeds.milestones_of(contract)]
    yield "contract_receipt", [one.id for one in proceeds.receipts_of(contract)]
    yield "distribution", [one.id for one in proceeds.distributions_of(contract)]
