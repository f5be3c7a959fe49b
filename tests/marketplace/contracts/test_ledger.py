"""The ledger: sums lead to rows, filters, lists in and out, readings of the clause, what everybody may see."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from marketplace.clock import today
from marketplace.contracts import filing_deeds, ledger, list_deeds, queries
from marketplace.contracts.columns import COLUMNS
from marketplace.contracts.ledger import Filters
from marketplace.contracts.models import TechContract
from marketplace.contracts.rollup import total_of
from marketplace.errors import Invalid, NotAllowed
from marketplace.extensions import db
from tests.factories import Factory
from tests.marketplace.contracts.cases import REGISTRY_NO, World

SignIn = Callable[..., FlaskClient]
HEADER = (
    "合同登记编号,登记日期,签订日期,项目名称,技术合同类型,卖方名称,卖方行政区划,"
    "买方名称,合同成交总额,技术交易额,免税技术交易额,技术领域"
)
ROWS = (
    "2025370150000001,2025-03-01,2025-02-20,轴承工艺转让,技术转让,鲁西摩擦研究所（示例）,371502,外地轴承厂,100万元,80万元,80万元,先进制造",
    "2025370150000002,2025-12-31,2025-12-01,水处理,技术服务,外地研究院,370102,临清振动轴承厂（示例）,300000.50,200000,0,环境保护与资源综合利用",
    "2024370150000003,2024-01-01,,旧合同,技术开发,鲁西摩擦研究所（示例）,371502,外地轴承厂,10000000,9000000,9000000,新材料及其应用",
)


@pytest.fixture
def world(make: Factory) -> World:
    return World(make)


def bring(world: World, *rows: str, header: str = HEADER) -> list_deeds.Outcome:
    text = "\n".join((header, *rows))
    return list_deeds.import_register(
        io.BytesIO(text.encode("utf-8-sig")), "登记簿.csv", by=world.operator
    )


def test_list_in_and_out(world: World) -> None:
    with pytest.raises(NotAllowed):
        list_deeds.import_register(io.BytesIO(b"x"), "x.csv", by=world.seller)
    outcome = bring(world, *ROWS)
    assert (outcome.added, outcome.known) == (3, 0)
    # Harmless to repeat.
    assert bring(world, *ROWS).known == 3
    first = db.session.scalars(
        sa.select(TechContract).filter_by(registry_no="2025370150000001")
    ).one()
    assert (first.seller_id, first.buyer_id) == (world.lab.id, None)
    assert first.registered_sums["exempt_fen"] == 80_000_000
    assert first.state == "registered"
    # What goes out comes in again, and says the same.
    numbers = list(
        db.session.scalars(sa.select(TechContract.id).order_by(TechContract.id))
    )
    file = list_deeds.export_register(queries.by_number(numbers))
    sheet = openpyxl.load_workbook(io.BytesIO(file)).active
    headers = [cell.value for cell in sheet[1]]
    assert headers == [one.header for one in COLUMNS]
    cells = dict(zip(headers, [cell.value for cell in sheet[3]], strict=True))
    assert cells["合同成交总额"] == "300000.50"
    assert cells["技术合同类型"] == "技术服务"
    again = list_deeds.import_register(io.BytesIO(file), "a.xlsx", by=world.operator)
    assert (again.added, again.known) == (0, 3)


def test_the_page_of_one_from_the_register(world: World, sign_in: SignIn) -> None:
    bring(world, ROWS[0])
    number = db.session.scalars(sa.select(TechContract.id)).one()
    page = sign_in(world.seller).get(f"/mine/contracts/{number}").get_data(as_text=True)
    # Nobody drafted or confirmed it here.
    assert "从登记簿导入" in page
    assert "起草合同" not in page
    assert "签订日期" in page
    assert "双方确认" not in page


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (ROWS[0].replace("2025370150000001", "123"), "14–20 位"),
        (ROWS[0].replace("2025-03-01", "2099-03-01"), "以后的日期"),
        (ROWS[0].replace("100万元", ""), "合同成交总额没有填"),
        (ROWS[0].replace(",80万元,80万元", ",180万元,80万元"), "不能超过"),
        (ROWS[0].replace("技术转让", "买卖"), "没有这一项"),
        (ROWS[0].replace("100万元", "面议"), "确定的数"),
    ],
)
def test_one_faulty_row_stops_all(world: World, row: str, says: str) -> None:
    with pytest.raises(Invalid) as caught:
        bring(world, ROWS[1], row)
    assert "第 3 行" in caught.value.problems["file"][0]
    assert says in caught.value.problems["file"][0]
    assert db.session.scalars(sa.select(TechContract)).all() == []


def test_headers(world: World) -> None:
    with pytest.raises(Invalid) as caught:
        bring(world, "1,2", header="合同登记编号,登记日期")
    assert "缺少列" in caught.value.problems["file"][0]
    with pytest.raises(Invalid):
        bring(world)
    with pytest.raises(Invalid) as caught:
        bring(world, "张三,李四", header="姓名,电话")
    assert "要有这些列：合同登记编号" in caught.value.problems["file"][0]


@pytest.mark.parametrize(
    ("above", "yuan"), [("单位：万元", 10_000), ("单位：元", 1), ("登记簿", 1)]
)
def test_the_unit_above_the_register_counts(
    above: str, yuan: int, world: World
) -> None:
    row = ROWS[2].replace("10000000,9000000,9000000", "30,20,10")

    bring(world, row, header=f"{above}\n{HEADER}")

    (contract,) = db.session.scalars(sa.select(TechContract)).all()
    assert contract.registered_sums["total_fen"] == 30 * yuan * 100


def test_what_is_registered_is_not_overwritten(world: World) -> None:
    bring(world, *ROWS)
    with pytest.raises(Invalid) as caught:
        bring(world, ROWS[0].replace("80万元,80万元", "70万元,70万元"))
    assert "更正" in caught.value.problems["file"][0]


def test_a_row_registers_what_both_confirmed(world: World) -> None:
    contract = world.filled()
    from marketplace.contracts import deeds, upkeep

    deeds.save_contract(
        contract, {"contract_no": "LX-1"}, by=world.seller, seen=contract.revision
    )
    deeds.issue_paper(contract, by=world.seller, seen=contract.revision)
    upkeep.render_missing()
    world.confirm(contract, world.seller)
    world.confirm(contract, world.buyer)
    header = "合同登记编号,登记日期,合同编号,项目名称,技术合同类型,卖方名称,买方名称,合同成交总额,技术交易额,免税额"
    row = (
        f"{REGISTRY_NO},{today()},LX-1,{contract.title},技术许可,{contract.seller_name},"
        f"{contract.buyer_name},500000,400000,300000"
    )
    with pytest.raises(Invalid) as caught:
        bring(world, row, header=header)
    assert "没有提交登记" in caught.value.problems["file"][0]
    filing_deeds.file_contract(
        contract, today(), by=world.seller, seen=contract.revision
    )
    assert bring(world, row, header=header).registered == 1
    assert (contract.state, contract.registry_no) == ("registered", REGISTRY_NO)
    assert contract.current_paper is not None
    assert contract.current_paper.is_confirmed


def test_groups_add_up_to_the_whole(world: World) -> None:
    bring(world, *ROWS)
    contract = world.registered()
    filing_deeds.amend_registration(
        contract, (60_000_000, 10, 5), "登记证明更正", by=world.operator, seen=contract.revision
    )  # fmt: skip
    rows = ledger.all_rows()
    whole = total_of(row.line for row in rows)
    assert whole.count == 4
    for name in ("year", "organisation", "type", "field", "district"):
        groups = ledger.grouped(rows, name, Filters())
        assert sum(group.sums.total for group in groups) == whole.total
        assert sum(group.sums.count for group in groups) == whole.count
        for group in groups:
            # Each number leads to its rows.
            behind = ledger.matching(rows, Filters(**group.address))
            assert total_of(row.line for row in behind) == group.sums
            assert group.name
    own = [row.line for row in rows if row.line.contract == contract.id]
    assert total_of(own).total == 60_000_000


def test_subsidy_and_its_readings(world: World) -> None:
    bring(world, *ROWS)
    reading, lines = ledger.reading_on(today())
    assert reading is not None
    assert (str(reading.rate), reading.cap) == ("1.5", 50_000_000)
    assert sum("读法" in line for line in lines) == 3
    assert all("依据" in line for line in lines)
    found = {}
    for one in ledger.subsidies(ledger.all_rows(), reading, Filters()):
        found[one.name, one.year] = (one.sums.subsidy, one.doubt)
    assert found["鲁西摩擦研究所（示例）", 2025] == (1_200_000, "")
    assert found["鲁西摩擦研究所（示例）", 2024] == (13_500_000, "")
    assert found["外地研究院", 2025] == (0, "单位类型待核实")
    # Before the clause was in force nothing is estimated.
    assert ledger.reading_on(date(2020, 1, 1)) == (None, [])
    assert "待核实" in ledger.doubt_of("university")


@pytest.mark.parametrize(
    ("fen", "words"),
    [(0, "0"), (1_000_000, "1"), (123_456_789_00, "12,345.6789"), (-50_000, "-0.05"), (1, "0.000001")],
)  # fmt: skip
def test_ten_thousands(fen: int, words: str) -> None:
    assert ledger.wan(fen) == words


def test_pages(world: World, sign_in: SignIn, client: FlaskClient) -> None:
    operator, seller = sign_in(world.operator), sign_in(world.seller)
    assert seller.get("/office/contracts").status_code == 403
    assert "还没有登记的合同" in client.get("/contracts").text
    assert "没有登记的合同" in operator.get("/office/contracts").text
    data: dict[str, Any] = {
        "file": (io.BytesIO("\n".join((HEADER, *ROWS)).encode()), "登记簿.csv")
    }
    assert operator.post("/office/contracts/import", data=data).status_code == 303
    assert operator.post("/office/contracts/import").status_code == 422
    page = operator.get("/office/contracts").text
    assert "登记 3 份，成交 1,130.00005 万元" in page
    addresses = set(re.findall(r'href="(/office/contracts\?[^"]+)"', page))
    assert len(addresses) >= 10
    for address in addresses:
        assert operator.get(address.replace("&amp;", "&")).status_code == 200
    narrowed = operator.get("/office/contracts?year=2025").text
    assert "登记 2 份" in narrowed
    assert "旧合同" not in narrowed
    file = operator.get("/office/contracts/register.xlsx?year=2025")
    sheet = openpyxl.load_workbook(io.BytesIO(file.data)).active
    assert sheet.max_row == 3
    # Everybody sees sums, and nobody's name.
    public = client.get("/contracts").text
    assert "1,000" in public
    assert "鲁西" not in public


def test_sentence_is_of_the_year(world: World) -> None:
    contract = world.registered()
    words = ledger.sentence(ledger.all_rows(), today().year)
    assert "登记技术合同 1 份，成交 50 万元" in words
    filing_deeds.cancel_registration(
        contract, "双方解除合同", by=world.operator, seen=contract.revision
    )
    assert "登记技术合同 0 份，成交 0 万元" in ledger.sentence(
        ledger.all_rows(), today().year
    )


def test_the_policies_read_what_an_organisation_has_registered(world: World) -> None:
    contract = world.registered()
    assert contract.registered_on is not None
    year = contract.registered_on.year
    exempt = Decimal(contract.registered_sums["exempt_fen"]) / 1_000_000
    for organisation, is_paid in ((world.lab, True), (world.firm, False)):
        (read,) = ledger.registered_contracts(organisation.id, year)
        assert (read.is_paid, read.tax_free_amount) == (is_paid, exempt)
        assert not list(ledger.registered_contracts(organisation.id, year - 1))
