"""The yearly report: its sums are those of the ledgers to the cent, and only those who may read it do."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import openpyxl
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from marketplace.audit.models import Entry
from marketplace.clock import today
from marketplace.contracts import filing_deeds, ledger
from marketplace.contracts.ledger import Filters
from marketplace.contracts.rollup import total_of
from marketplace.extensions import db
from marketplace.proceeds import deeds as proceeds_deeds
from marketplace.proceeds.models import Receipt
from marketplace.proceeds.queries import received_fen
from marketplace.proceeds.sharing import Bracket
from marketplace.reports.workbooks import workbook_of
from marketplace.reports.yearly import SUMS, report_of, years_of
from tests.factories import Factory
from tests.marketplace.contracts.cases import World
from tests.marketplace.contracts.test_ledger import ROWS, bring

SignIn = Callable[..., FlaskClient]


@pytest.fixture
def world(make: Factory) -> World:
    """An institute with a registered contract, money and two distributions, one of them dropped."""
    made = World(make)
    contract = made.registered()
    wrong = proceeds_deeds.record_receipt(
        contract, 1_11, today(), "", by=made.seller, seen=contract.revision
    )
    proceeds_deeds.reverse_receipt(wrong, "记错合同", by=made.seller)
    proceeds_deeds.record_receipt(
        contract, 10_000_01, today(), "", by=made.seller, seen=contract.revision
    )
    earlier = date(today().year - 1, 12, 31)
    proceeds_deeds.record_receipt(
        contract,
        500_00,
        earlier,
        "上一年已到账，补记",
        by=made.seller,
        seen=contract.revision,
    )
    for settles in (True, False):
        plan = proceeds_deeds.plan_distribution(
            contract,
            costs=[100_00],
            source="transfer",
            brackets=[Bracket(0, None, Decimal(60), Decimal(30), Decimal(10))],
            people=[("张三", Decimal(100), False)],
            institution=None,
            agreed=None,
            by=made.seller,
        )
        if settles:
            proceeds_deeds.settle_distribution(plan, by=made.seller, seen=plan.revision)
            proceeds_deeds.record_receipt(
                contract, 7, today(), "", by=made.seller, seen=contract.revision
            )
        else:
            proceeds_deeds.drop_distribution(plan, by=made.seller, seen=plan.revision)
    return made


def test_sums_are_those_of_the_ledgers(world: World) -> None:
    year = today().year
    bring(world, *ROWS)
    report = report_of(world.lab, year, today())
    assert report.total.count == 1
    assert report.total.total_fen == 50_000_000
    # Less what was taken back, without what came the year before.
    assert report.total.received_fen == 10_000_01 + 7
    before = report_of(world.lab, year - 1, today())
    assert before.total.received_fen == 500_00
    contract = report.signed[0]
    years = [report_of(world.lab, one, today()) for one in years_of(world.lab, today())]
    assert sum(one.total.received_fen for one in years) == received_fen(contract)
    # 10,500.01 received, 100.00 of costs.
    assert report.total.net_fen == 10_400_01
    pools = (
        report.total.inventors_fen,
        report.total.institution_fen,
        report.total.office_fen,
    )
    assert sum(pools) == report.total.net_fen
    assert (report.people, report.has_leader) == (1, False)
    # Each year of the ledger of this seller, as the ledger itself adds it up.
    for one in years:
        filters = Filters(year=str(one.year), organisation=str(world.lab.id))
        rows = ledger.matching(ledger.all_rows(), filters)
        sums = total_of(row.line for row in rows)
        assert one.registered == {
            "count": sums.count,
            "total_fen": sums.total,
            "tech_fen": sums.tech,
            "exempt_fen": sums.exempt,
        }
    assert [one.registered["count"] for one in years] == [1, 1, 1]
    # The ways of conversion add up to the last row.
    for name in SUMS:
        assert sum(getattr(one, name) for one in report.modes) == getattr(
            report.total, name
        )


def test_one_of_the_register_without_a_day_of_signing_counts_by_its_registration(
    world: World,
) -> None:
    year = today().year
    (contract,) = report_of(world.lab, year, today()).signed
    contract.signed_on = None
    contract.registered_on = today()
    db.session.commit()
    assert report_of(world.lab, year, today()).signed == [contract]
    assert report_of(world.lab, year - 1, today()).signed == []


def test_a_correction_moves_the_year_it_was_registered_in(world: World) -> None:
    contract = report_of(world.lab, today().year, today()).signed[0]
    filing_deeds.cancel_registration(
        contract, "登记机构撤销", by=world.operator, seen=contract.revision
    )
    report = report_of(world.lab, today().year, today())
    assert report.registered == dict.fromkeys(report.registered, 0)
    # It stays signed, and what came in stays received.
    assert report.total.count == 1
    assert report.total.received_fen == 10_000_01 + 7


def test_the_buyer_sold_nothing(world: World) -> None:
    report = report_of(world.firm, today().year, today())
    assert (report.signed, report.receipts, report.modes) == ([], [], [])


def test_the_workbook_says_the_same(world: World) -> None:
    report = report_of(world.lab, today().year, today())
    book = openpyxl.load_workbook(io.BytesIO(workbook_of(report)))
    assert book.sheetnames == ["说明", "汇总", "签订的合同", "登记台账", "到款", "分配"]
    total = [cell.value for cell in list(book["汇总"].rows)[-1]]
    assert total == list(report.total.cells)
    assert total[:4] == ["合计", "1", "500,000.00", "10,000.08"]
    said = dict(book["说明"].iter_rows(values_only=True))
    assert said["数据截至"] == today().isoformat()
    assert said["来源"]
    query = sa.select(sa.func.count(Receipt.id)).where(
        Receipt.received_on.between(date(today().year, 1, 1), today())
    )
    assert book["到款"].max_row - 1 == db.session.scalar(query)


def test_who_reads_it(world: World, sign_in: SignIn, make: Factory) -> None:
    page = f"/reports/organisations/{world.lab.id}/{today().year}"
    chief = make.person("desk", world.lab, administers=True)
    for person in (world.seller, chief, world.operator, make.person("auditor")):
        browser = sign_in(person)
        answer = browser.get(page)
        assert answer.status_code == 200
        assert "10,000.08" in answer.text
        assert "数据截至" in answer.text
        assert browser.get(f"{page}.xlsx").status_code == 200
        assert world.lab.name in browser.get("/reports").text
    for person in (world.buyer, world.stranger, make.person("researcher", world.lab)):
        browser = sign_in(person)
        assert browser.get(page).status_code == 404
        assert browser.get(f"{page}.xlsx").status_code == 404
        assert world.lab.name not in browser.get("/reports").text
        assert browser.get("/reports/ocds.json").status_code == 403
    for year in (1, today().year + 1, 99999):
        wrong = f"/reports/organisations/{world.lab.id}/{year}"
        assert sign_in(world.seller).get(wrong).status_code == 404


def test_open_data_is_handed_out_and_recorded(
    world: World, sign_in: SignIn, make: Factory
) -> None:
    browser = sign_in(make.person("auditor"))
    answer = browser.get(f"/reports/ocds.json?year={world.deal.began_on.year}")
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["releases"]
    earlier = (world.deal.began_on - timedelta(days=400)).year
    other = browser.get(f"/reports/ocds.json?year={earlier}").json
    assert other is not None
    assert other["releases"] == []
    query = sa.select(sa.func.count(Entry.position)).filter_by(deed="ledger.export")
    assert db.session.scalar(query) == 2
