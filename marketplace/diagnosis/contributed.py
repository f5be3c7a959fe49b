"""What the room lays out for hubs and for the page of a demand: what waits for whom, and the way to a diagnosis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import url_for

from marketplace.contributions import Panel, Task, Tray
from marketplace.counting import Count
from marketplace.diagnosis import queries
from marketplace.diagnosis.life import DIAGNOSIS_LIFE
from marketplace.diagnosis.models import DiagnosisCase
from marketplace.permissions import Reader, may


def tasks(person: Reader) -> Iterator[Task]:
    """The diagnoses in which it is the firm's turn; for brokers, those that wait for them."""
    for case in queries.cases_of_firm(person):
        state = "改写等您确认" if case.state == "proposed" else "有问题等您回答"
        yield _task(case, state)
    for case in queries.cases_of_broker(person):
        # While the firm has to answer there is nothing for the broker to do.
        if not queries.firms_turn(case):
            yield _task(case, "等您诊断")


def task_count(person: Reader) -> Count | int:
    """How many they are."""
    # A broker has few open cases: the rows decide, and no statement says the same a second time.
    mine = [one for one in queries.cases_of_broker(person) if _waits(one)]
    return queries.firm_count(person) + len(mine)


def _waits(case: DiagnosisCase) -> bool:
    return not queries.firms_turn(case)


def _task(case: DiagnosisCase, state: str) -> Task:
    turn = queries.turn_of(case)
    return Task(
        kind_name="需求诊断",
        title=case.demand.title,
        url=url_for("diagnosis.case", number=case.id),
        state=state,
        since=case.since,
        dated=("期限", f"应在 {turn.deadline}前办"),
        note="已超过期限。" if turn.is_overdue else "",
        button="打开",
    )


def sections(person: Reader, filters: Mapping[str, str]) -> Iterator[Panel]:
    """What a broker diagnoses now; left out of a list that is narrowed."""
    cases = [] if filters else queries.cases_of_broker(person)
    if cases:
        lines = [(case, queries.turn_of(case)) for case in cases]
        yield Panel("diagnosis/_section.html", {"lines": lines}, position=1)


def trays(person: Reader, filters: Mapping[str, str]) -> Iterator[Tray]:
    """The diagnoses of the operators: those nobody has taken, those under way, those that wait for their firm."""
    # Brokers have theirs on 我的.
    if "operator" in person.role_names:
        yield Tray(
            "diagnosis",
            "需求诊断",
            count=queries.case_count,
            page=_tray_page,
            waits=True,
            position=1,
        )


def _tray_page(_page: int) -> Panel:
    lists = []
    for state in DIAGNOSIS_LIFE.phases["open"]:
        lines = []
        for case in queries.waiting_cases(state):
            lines.append((case, queries.turn_of(case)))
        lists.append((DIAGNOSIS_LIFE.names[state], lines))
    return Panel("diagnosis/_tray.html", {"lists": lists})


def panels(row: Any, reader: Reader) -> Iterator[Panel]:
    """From the page of a demand: the diagnosis under way, or the way to one; and what it was split from."""
    if getattr(row, "kind", "") != "demand":
        return
    mine = may(reader, "diagnosis.request", row)
    takes = may(reader, "diagnosis.take", row)
    if not (mine or takes):
        return
    case = queries.latest_case(row)
    # That a demand is being diagnosed is known to who may take it; what is in it is not.
    readable = case is not None and may(reader, "diagnosis.read", case)
    values = {
        "row": row,
        "case": case if readable else None,
        "busy": case is not None and case.is_open,
        "origin": queries.origin_of(row),
        "mine": mine,
        "takes": takes,
        "takeable": row.state in queries.TAKEABLE,
    }
    yield Panel("diagnosis/_beside_listing.html", values, position=1)


def review_links(row: Any, reader: Reader) -> Iterator[tuple[str, str]]:
    """From the review of a demand to its diagnosis."""
    if row.kind != "demand" or not may(reader, "diagnosis.take", row):
        return
    case = queries.open_case(row)
    # A request still waits for somebody to take it: the second link is the way to do so.
    if case is not None and case.state != "requested":
        yield "看它的需求诊断", url_for("diagnosis.case", number=case.id)
    elif row.state in queries.TAKEABLE:
        yield (
            "写得不清楚、几件事混在一起？转需求诊断",
            url_for("diagnosis.take", demand_id=row.id),
        )


def deed_names() -> Iterator[tuple[str, str]]:
    """What is done to diagnoses, and what the permission table calls it."""
    for deed, name in DIAGNOSIS_LIFE.deeds.items():
        yield f"diagnosis.{deed}", f"需求诊断：{name}"
    yield "diagnosis.request", "请诊断"
    yield "diagnosis.read", "查看需求诊断"
    yield "diagnosis.work", "诊断需求"
