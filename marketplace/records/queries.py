"""What is read of notes, minutes and files, each as a reader may know it."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.brokerage.models import BrokerageCase
from marketplace.brokerage.queries import get_case
from marketplace.deals.child_models import DealDecision
from marketplace.deals.models import Deal
from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.files.models import ThingFile
from marketplace.files.queries import files_of
from marketplace.introductions.disclosure import asks
from marketplace.introductions.models import Introduction
from marketplace.introductions.queries import get_case as get_introduced
from marketplace.introductions.queries import may_read
from marketplace.permissions import Reader, may
from marketplace.persistence import find_row
from marketplace.records.disclosure import reads_all, reads_shared
from marketplace.records.models import CaseNote

CASE, DECISION, INTRODUCTION = "brokerage_case", "deal_decision", "introduction"
NO_FILE = ("没有找到这个文件。", "可能已经删除，请回到上一页刷新后再看。")


def get_readable_case(case_id: int, *, by: Reader) -> BrokerageCase:
    """A case whose records this reader may read. Raises NotFound."""
    case = get_case(case_id, by=by)
    if not reads_shared(case, by):
        raise NotFound("现在还没有给您看的记录。", "双方都愿意对接以后可以看。")
    return case


def get_introduction(introduction_id: int, *, by: Reader) -> Introduction:
    """An introduction that both sides accepted, the files of which this reader may have. Raises NotFound."""
    row = get_introduced(introduction_id, by=by)
    if row.state != "accepted":
        raise NotFound(
            "这次对接现在没有双方的文件。", "对方接受以后，双方可以互传文件。"
        )
    return row


def introduction_files(row: Introduction) -> list[tuple[ThingFile, bool]]:
    """Each file that a side has uploaded for both, oldest first, with whether it was the side that wants to talk."""
    found = []
    for one in files_of(INTRODUCTION, row.id):
        # An uploader who has left both sides by now counts as one of the side that answered.
        by_asking_side = one.uploader is not None and asks(row, one.uploader)
        found.append((one, by_asking_side))
    return found


def get_deal(deal_id: int, *, by: Reader) -> Deal:
    """A deal the files of whose decisions this reader may have. Raises NotFound."""
    deal = find_row(Deal, deal_id)
    if deal is None or not may(by, "record.decision", deal):
        raise NotFound("没有找到这笔交易。", "可以从「我的」进入。")
    return deal


def notes_of(case: BrokerageCase, reader: Reader) -> list[CaseNote]:
    """The notes and minutes of a case that a reader may read, the newest first."""
    query = db.select(CaseNote).filter_by(case_id=case.id)
    if not reads_all(case, reader):
        # Notes and internal minutes are the broker's own.
        query = query.filter_by(note_kind="shared_minutes")
    return list(db.session.scalars(query.order_by(CaseNote.id.desc())))


def case_files(case: BrokerageCase, reader: Reader) -> list[ThingFile]:
    """The files of a case that a reader may have."""
    sees_all = reads_all(case, reader)
    return [one for one in files_of(CASE, case.id) if sees_all or one.shared]


def decision_of(deal: Deal) -> DealDecision | None:
    """The decision on the price to which a file may be added: the one that waits, else the one in force."""
    return deal.pending_decision or deal.approved_decision


def decision_files(deal: Deal) -> list[tuple[DealDecision, list[ThingFile]]]:
    """Each decision on the price of a deal with its files, the newest first."""
    found = []
    for decision in reversed(deal.decisions):
        found.append((decision, files_of(DECISION, decision.id)))
    return found


def get_file(file_id: int, *, by: Reader) -> ThingFile:
    """A file that a reader may have now. Raises NotFound: also while it waits for the scanner."""
    row = find_row(ThingFile, file_id)
    if row is None or row.file is None or not may_have(row, by):
        raise NotFound(*NO_FILE)
    if row.is_held:
        raise NotFound("这个文件还没有查毒，现在打不开。", "请过一会儿再试。")
    return row


def may_have(row: ThingFile, reader: Reader) -> bool:
    """Whether a reader may have a file of this room."""
    if row.thing_kind == CASE:
        case = find_row(BrokerageCase, row.thing_id)
        if case is None or not may(reader, "brokerage.read", case):
            return False
        return reads_all(case, reader) or (row.shared and reads_shared(case, reader))
    if row.thing_kind == INTRODUCTION:
        introduction = find_row(Introduction, row.thing_id)
        return introduction is not None and may_read(introduction, reader)
    decision = find_row(DealDecision, row.thing_id)
    # Files of things of other rooms are not for this one to hand out.
    if decision is None or row.thing_kind != DECISION:
        return False
    return may(reader, "record.decision", find_row(Deal, decision.deal_id))


def written_by(person_id: int) -> Iterator[CaseNote]:
    """What a person wrote of cases, oldest first."""
    query = db.select(CaseNote).filter_by(by_id=person_id)
    yield from db.session.scalars(query.order_by(CaseNote.id))
