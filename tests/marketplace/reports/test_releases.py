"""Releases: an independent program merges them to what the database says, whatever was done; faults are refused."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import ocdsmerge
import pytest
from flask import Flask

from marketplace.clock import now, today
from marketplace.contracts import filing_deeds
from marketplace.deals.models import Deal
from marketplace.extensions import db
from marketplace.introductions.models import Introduction
from marketplace.proceeds import deeds as proceeds_deeds
from marketplace.proceeds.queries import milestones_of, receipts_of
from marketplace.reports import queries
from marketplace.reports.releases import (
    Process,
    current_document,
    package_of,
    package_text,
    problems_of,
    releases_of,
)
from tests.factories import Factory
from tests.marketplace.contracts.cases import World as ContractWorld
from tests.marketplace.contracts.test_ledger import ROWS, bring
from tests.marketplace.deals.walking import Walk
from tests.marketplace.deals.world import World, let_go


def process_of(deal: Deal) -> Process:
    """The process of one deal."""
    return next(one for one in queries.processes() if one.deal is deal)


# How the release schema of OCDS 1.1.5 merges the fields we use; all others by key, and lists of objects by their `id`.
RULES = {
    ("id",): "omitWhenMerged",
    ("date",): "omitWhenMerged",
    ("tag",): "omitWhenMerged",
    ("parties", "roles"): "wholeListMerge",
    ("tender", "additionalProcurementCategories"): "wholeListMerge",
}


def merged(releases: list[dict[str, Any]]) -> dict[str, Any]:
    document = ocdsmerge.Merger(merge_rules=RULES).create_compiled_release(releases)
    for name in ("id", "date", "tag"):
        document.pop(name)
    return dict(document)


def check(process: Process) -> None:
    """The releases as a stranger reads them from the file, merged by somebody else's program."""
    package = package_of([process], address="/x", publisher="市场", at=now())
    read = json.loads(package_text(package), parse_float=Decimal, parse_int=Decimal)
    wanted = json.loads(
        package_text(current_document(process)), parse_float=Decimal, parse_int=Decimal
    )
    assert merged(read["releases"]) == wanted


@pytest.mark.long
def test_the_merge_of_a_random_walk_is_the_database(make: Factory) -> None:
    world = World(make)
    case = world.introduced()
    count = 0
    for seed in range(12):
        walk = Walk(world, case, seed)
        number = walk.deal.id
        walk.run()
        deal = db.session.get_one(Deal, number)
        process = process_of(deal)
        check(process)
        count += len(deal.releases)
        # Each release of a deal is one; those of its contract and its money stand next to them.
        of_deal = [one for one in releases_of(process) if "-deal-" in one["id"]]
        assert len(of_deal) == len(deal.releases)
        if deal.state == "converted":
            case = world.introduced()
        case_id = case.id
        let_go(world)
        case = db.session.get_one(Introduction, case_id)
    assert count > 60


def test_contracts_amendments_and_money(make: Factory) -> None:
    world = ContractWorld(make)
    contract = world.registered()
    deal = contract.deal
    assert deal is not None
    check(process_of(deal))
    before = releases_of(process_of(deal))
    filing_deeds.amend_registration(
        contract,
        (45_000_001, 40_000_000, 30_000_000),
        "登记机构更正",
        by=world.operator,
        seen=contract.revision,
    )
    first = proceeds_deeds.record_receipt(
        contract, 10_000_01, today(), "", by=world.seller, seen=contract.revision
    )
    proceeds_deeds.reverse_receipt(first, "记错合同", by=world.seller)
    day = today() + timedelta(days=30)
    for title, fen in (("第二笔款", 5_000_00), ("交付工艺包", None)):
        proceeds_deeds.plan_milestone(
            contract, title, day, fen, by=world.seller, seen=contract.revision
        )
    process = process_of(deal)
    check(process)
    planned = releases_of(process)
    milestone = milestones_of(contract)[0]
    proceeds_deeds.finish_milestone(
        milestone, today(), by=world.seller, seen=milestone.revision
    )
    process = process_of(deal)
    check(process)
    after = releases_of(process)
    # What was released stays as it was: it is done by a release of its own.
    assert after[: len(planned)] == planned
    assert after[: len(before)] == before
    document = merged(after)
    (one,) = document["contracts"]
    assert [
        (each["title"], each["type"], each["status"], "dateMet" in each)
        for each in one["milestones"]
    ] == [
        ("第二笔款", "financing", "met", True),
        ("交付工艺包", "delivery", "scheduled", False),
    ]
    assert one["milestones"][0]["plannedValue"]["amount"] == 5_000
    assert one["value"]["amount"] * 100 == 45_000_001
    paid = one["implementation"]["transactions"]
    assert sum(each["value"]["amount"] for each in paid) == 0
    assert len(paid) == len(receipts_of(contract)) == 2
    filing_deeds.cancel_registration(
        contract, "登记机构撤销", by=world.operator, seen=contract.revision
    )
    process = process_of(deal)
    check(process)
    assert merged(releases_of(process))["contracts"][0]["status"] == "terminated"


def test_the_whole_ledger_and_one_year(
    make: Factory, app: Flask, tmp_path: Path
) -> None:
    world = ContractWorld(make)
    bring(world, *ROWS)
    world.registered()
    found = list(queries.processes())
    assert len(found) == 4
    for process in found:
        check(process)
    assert [one.number for one in queries.processes(2025)] == [
        one.number for one in found if one.year == 2025
    ]
    path = tmp_path / "ocds.json"
    outcome = app.test_cli_runner().invoke(args=["contracts", "export-ocds", str(path)])
    assert outcome.exit_code == 0, outcome.output
    package = json.loads(path.read_text(encoding="utf-8"))
    assert len({one["ocid"] for one in package["releases"]}) == 4
    # Sums to the cent, as they stand in the list: 300,000.50.
    assert '"amount": 300000.5' in path.read_text(encoding="utf-8")


def test_nobody_is_named(make: Factory) -> None:
    world = World(make)
    deal = world.bring_to("in_publicity")
    world.object_to(deal, "x", contact="13806351234")
    text = package_text(current_document(process_of(deal)))
    text += json.dumps(releases_of(process_of(deal)), default=str)
    for person in (world.chief, world.desk, world.dean):
        assert person.name not in text
    assert "13806351234" not in text
    assert "张三" not in text


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda one: one.update(id="unregistered-JY1-deal-0"), "is not of"),
        (lambda one: one.update(date="2026-01-01"), "has no date"),
        (lambda one: one.update(date="2020-01-01T00:00:00.000000Z"), "is older"),
        (lambda one: one.update(tag=["contracting"]), "has the tags"),
        (lambda one: one.update(tag=[]), "has the tags"),
    ],
)
def test_what_is_wrong_is_found(change: Any, problem: str, make: Factory) -> None:
    process = process_of(World(make).bring_to("open"))
    package = package_of([process], address="/x", publisher="市场", at=now())
    assert problems_of(package) == []
    change(package["releases"][-1])
    assert any(problem in one for one in problems_of(package))


def test_one_id_twice_is_found(make: Factory) -> None:
    process = process_of(World(make).bring_to("open"))
    with pytest.raises(ValueError, match="stands twice"):
        package_of([process, process], address="/x", publisher="市场", at=now())
