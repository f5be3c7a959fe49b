"""What the room shows on the pages of cases, introductions and deals, and for the copy of somebody's data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from marketplace.accounts.models import Person
from marketplace.brokerage.models import BrokerageCase
from marketplace.contributions import Panel
from marketplace.deals.models import Deal
from marketplace.files.queries import files_of
from marketplace.introductions.models import Introduction
from marketplace.permissions import Reader, may
from marketplace.records import queries
from marketplace.records.disclosure import reads_shared


def case_panels(row: Any, reader: Reader) -> Iterator[Panel]:
    """On the page of a case its notes and files, of an introduction the files of both, of a deal those on its price."""
    if isinstance(row, Introduction) and row.state == "accepted":
        count = len(files_of(queries.INTRODUCTION, row.id))
        values = {"introduction": row, "count": count}
        yield Panel("records/_of_introduction.html", values)
    if isinstance(row, BrokerageCase) and reads_shared(row, reader):
        values = {
            "case": row,
            "notes": len(queries.notes_of(row, reader)),
            "files": len(queries.case_files(row, reader)),
        }
        yield Panel("records/_of_case.html", values)
    if isinstance(row, Deal) and row.decisions and may(reader, "record.decision", row):
        yield Panel("records/_of_deal.html", {"deal": row})


def personal_copy(person: Person) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """What a person wrote of cases, for the copy of their data."""
    rows = []
    for row in queries.written_by(person.id):
        rows.append(
            {"种类": row.kind_name, "内容": row.text, "时间": row.at.isoformat()}
        )
    yield "撮合的记录", rows


def deed_names() -> Iterator[tuple[str, str]]:
    """What the permission table calls it."""
    yield "record.decision", "看定价决定的附件"
