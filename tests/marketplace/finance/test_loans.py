"""Filed loans: what is computed by hand, who decides, one first filing a borrower, and the list that goes out."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from marketplace import clock
from marketplace.clock import Pace, today
from marketplace.errors import Invalid, NotAllowed, NotNow, Stale
from marketplace.extensions import db
from marketplace.finance import loan_deeds, loan_queries
from marketplace.finance.loan_models import FiledLoan
from marketplace.finance.loan_queries import computed
from marketplace.finance.subsidies import (
    KEYS,
    LoanRules,
    case_results,
    interest_subsidy,
    loss_share,
    read_cases,
    rules_of,
)
from marketplace.finance.workbooks import loans_workbook
from marketplace.lifecycle import history_of
from marketplace.rules import deeds as rule_deeds
from marketplace.rules.content import Value
from marketplace.rules.queries import values_on
from marketplace.rules.toml_lines import FaultyFileError
from tests.factories import Factory, new_uscc
from tests.marketplace.finance.world import World

SignIn = Callable[..., FlaskClient]
RULES = LoanRules(Decimal(50), Decimal(35), Decimal(50), "borrower")


@pytest.fixture
def world(make: Factory) -> World:
    return World(make)


def file_loan(world: World, **changes: Any) -> FiledLoan:
    by = changes.pop("by", world.banker)
    values = world.loan_values(**changes)
    return loan_deeds.file_loan(world.bank, values, by=by)


def press(world: World, loan: FiledLoan, deed: str) -> None:
    seen, office, bank = loan.revision, world.operator, world.banker
    if deed == "confirm":
        loan_deeds.confirm_loan(loan, by=office, seen=seen)
    elif deed == "repay":
        loan_deeds.repay_loan(loan, today(), by=bank, seen=seen)
    elif deed == "lose":
        loan_deeds.lose_principal(loan, 123_456_79, by=bank, seen=seen)
    elif deed == "return":
        loan_deeds.return_loan(loan, "补合同编号", by=office, seen=seen)
    elif deed == "withdraw":
        loan_deeds.withdraw_loan(loan, by=bank, seen=seen)
    elif deed == "refile":
        loan_deeds.refile_loan(loan, world.loan_values(), by=bank, seen=seen)
    elif deed == "reopen":
        loan_deeds.reopen_loan(loan, "日期写错了", by=office, seen=seen)
    else:
        loan_deeds.note_province(loan, 33_333_33, "省科技厅文件", by=office, seen=seen)


@pytest.mark.parametrize("case", read_cases(), ids=lambda case: case.says)
def test_worked_cases(case: Any, world: World) -> None:
    rules = rules_of(values_on(KEYS, today()))

    assert case_results(case, rules) == case.expected


def test_the_rules_as_they_are_shipped(world: World) -> None:
    assert rules_of(values_on(KEYS, today())) == RULES
    for value in values_on(KEYS, today()).values():
        assert value.checked == "unverified"
    # Before the document nothing is computed, and never 0.
    with pytest.raises(NotNow):
        values_on(KEYS, date(2022, 12, 31))


@given(
    fen=st.integers(0, 10**13),
    percent=st.decimals(min_value=0, max_value=100, places=2),
    city=st.decimals(min_value=0, max_value=100, places=2),
)
def test_shares_add_up_and_are_never_rounded_up(
    fen: int, percent: Decimal, city: Decimal
) -> None:
    rules = LoanRules(percent, percent, city, "borrower")

    share = loss_share(fen, rules)
    interest = interest_subsidy(fen, rules)

    exact = Fraction(fen) * Fraction(percent) / 100
    assert 0 <= exact - interest < 1
    assert share.shared == interest
    assert share.city + share.county == share.shared
    assert share.county >= 0
    assert 0 <= Fraction(share.shared) * Fraction(city) / 100 - share.city < 1


@pytest.mark.parametrize(
    "text",
    [
        '[[case]]\nsays = "x"\nprovince = "1.005"\ninterest = "0.50"\n',
        '[[case]]\nsays = "x"\nprovince = "1.00"\n',
        '[[case]]\nsays = "x"\nlost = "1.00"\ninterest = "0.50"\n',
    ],
)
def test_a_faulty_case_is_refused(text: str, written: Callable[..., Any]) -> None:
    with pytest.raises(FaultyFileError):
        read_cases(written("cases.toml", text))


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"borrower_name": ""}, "borrower_name"),
        ({"borrower_uscc": "123"}, "borrower_uscc"),
        ({"district": "110000"}, "district"),
        ({"contract_no": " "}, "contract_no"),
        ({"purpose": "x"}, "purpose"),
        ({"principal_fen": None}, "principal"),
        ({"principal_fen": 0}, "principal"),
        ({"rate": "三"}, "rate"),
        ({"rate": "0"}, "rate"),
        ({"rate": "3.45%"}, "rate"),
        ({"start_on": None}, "start_on"),
        ({"start_on": today() + timedelta(days=2)}, "start_on"),
        ({"end_on": today() - timedelta(days=300)}, "end_on"),
        ({"end_on": None}, "end_on"),
        ({"product_id": 0}, "product"),
        ({"product_id": 10**12}, "product"),
    ],
)
def test_what_is_refused(changes: dict[str, Any], wrong: str, world: World) -> None:
    with pytest.raises(Invalid) as refused:
        file_loan(world, **changes)

    assert wrong in refused.value.problems


def test_who_may_do_what(world: World) -> None:
    for person in (world.chief, world.investor, world.operator):
        with pytest.raises(NotAllowed):
            file_loan(world, by=person)
    loan = file_loan(world)
    assert loan.borrower_id == world.firm.id
    with pytest.raises(NotNow):
        file_loan(world)
    loan = db.session.scalars(sa.select(FiledLoan)).one()
    both = world.make.person("operator", world.bank)
    for person in (world.banker, world.chief, both):
        with pytest.raises(NotAllowed):
            loan_deeds.confirm_loan(loan, by=person, seen=loan.revision)
    with pytest.raises(Stale):
        loan_deeds.confirm_loan(loan, by=world.operator, seen=loan.revision - 1)
    with pytest.raises(Invalid):
        loan_deeds.return_loan(loan, "", by=world.operator, seen=loan.revision)
    with pytest.raises(NotNow):
        press(world, loan, "repay")


@pytest.mark.parametrize(
    ("deeds", "state"),
    [
        ((), "filed"),
        (("withdraw",), "withdrawn"),
        (("return",), "returned"),
        (("return", "refile"), "filed"),
        (("return", "withdraw"), "withdrawn"),
        (("confirm",), "confirmed"),
        (("confirm", "repay"), "repaid"),
        (("confirm", "repay", "note"), "repaid"),
        (("confirm", "repay", "note", "reopen"), "confirmed"),
        (("confirm", "lose"), "lost"),
        (("confirm", "lose", "reopen"), "confirmed"),
    ],
)
def test_the_life_of_a_loan(deeds: tuple[str, ...], state: str, world: World) -> None:
    loan = file_loan(world)
    for deed in deeds:
        press(world, loan, deed)

    assert loan.state == state
    assert [one.deed for one in history_of(loan)] == ["create", *deeds]
    if state == "confirmed":
        assert (loan.repaid_on, loan.lost_fen, loan.province_fen) == (None, None, None)
    if state == "withdrawn":
        # It may be filed again.
        assert file_loan(world).state == "filed"


def test_what_a_loan_comes_to(world: World) -> None:
    loan = file_loan(world)
    assert computed(loan).why == "按时还本付息以后才有"
    for deed in ("confirm", "repay"):
        press(world, loan, deed)
    assert (loan.is_first, computed(loan).why) == (True, "等省级贴息额")
    press(world, loan, "note")
    # 33,333.33 元: a half is 16,666.665.
    assert computed(loan).interest_fen == 16_666_66
    # The second one of the same borrower, by another bank, is not the first.
    other = loan_deeds.file_loan(
        world.fund, world.loan_values(contract_no="DC-1"), by=world.investor
    )
    for deed in ("confirm",):
        press(world, other, deed)
    loan_deeds.repay_loan(other, today(), by=world.investor, seen=other.revision)
    press(world, other, "note")
    assert (other.is_first, computed(other).interest_fen) == (False, None)
    assert computed(other).why == "不是这家企业首次备案的贷款"
    lost = file_loan(world, contract_no="LX-2026-002", borrower_uscc=new_uscc())
    for deed in ("confirm", "lose"):
        press(world, lost, deed)
    share = computed(lost).loss
    assert computed(lost).why == "本金有损失，不补贴利息"
    assert share is not None
    assert (share.shared, share.city, share.county) == (43_209_87, 21_604_93, 21_604_94)
    sums = loan_queries.sums_of([loan, other, lost])
    assert sums == {
        "count": 3,
        "principal": 900_000_000,
        "interest": 16_666_66,
        "open": 0,
        "city": 21_604_93,
        "county": 21_604_94,
    }


def test_loans_of_a_product(world: World) -> None:
    product = world.product()
    first = file_loan(world, product_id=product.id)
    other = file_loan(world, contract_no="LX-2026-002", borrower_uscc=new_uscc())
    for deed in ("confirm", "repay"):
        press(world, first, deed)
    # One that the bank took back counts nowhere.
    gone = file_loan(world, contract_no="LX-2026-003", product_id=product.id)
    press(world, gone, "withdraw")

    listed = loan_queries.all_loans(loan_queries.LoanFilters())
    sums = dict(loan_queries.sums_by_product(listed))

    assert set(sums) == {"鲁西示例银行：成果转化贷", "鲁西示例银行：没有登记的产品"}
    assert sums["鲁西示例银行：成果转化贷"]["open"] == 1
    assert loan_queries.loans_of_product(product.id)["count"] == 1
    # A product of another institution is none of this bank's.
    with pytest.raises(Invalid) as refused:
        loan_deeds.file_loan(
            world.fund,
            world.loan_values(contract_no="DC-2", product_id=product.id),
            by=world.investor,
        )
    assert "product" in refused.value.problems
    assert other.product_name == "没有登记的产品"


def test_an_estimate_knows_the_loans_of_its_firm(world: World, sign_in: SignIn) -> None:
    def figures(year: int = today().year) -> dict[str, Any]:
        day = date(year, 12, 31)
        return dict(loan_queries.figures_of_borrower(world.firm.id, day))

    loan = file_loan(world)
    assert figures() == {}
    press(world, loan, "confirm")
    # Whether a loan that still runs will be paid back in time, nobody knows.
    assert figures() == {"loan_filed": True}
    press(world, loan, "repay")
    assert figures() == {"loan_filed": True, "loan_repaid": True}
    press(world, loan, "note")
    assert figures()["interest_subsidy"] == Decimal("3.333333")
    # One that is not the borrower's first changes nothing, and the next year begins without.
    other = file_loan(world, contract_no="LX-2026-002")
    for deed in ("confirm", "repay", "note"):
        press(world, other, deed)
    assert figures()["interest_subsidy"] == Decimal("3.333333")
    assert figures(today().year + 1) == {}

    page = sign_in(world.chief).get("/policies/estimate").get_data(as_text=True)
    assert "取自银行申报、主管部门备案的贷款" in page
    assert 'value="3.333333"' in page
    stranger = sign_in(world.stranger).get("/policies/estimate")
    assert "备案的贷款" not in stranger.get_data(as_text=True)


@pytest.mark.parametrize(
    ("deeds", "answer"), [(("confirm", "lose"), False), (("confirm",), None)]
)
def test_a_loan_that_was_lost_was_not_paid_back(
    deeds: tuple[str, ...], answer: bool | None, world: World
) -> None:
    loan = file_loan(world)
    for deed in deeds:
        press(world, loan, deed)

    figures = dict(loan_queries.figures_of_borrower(world.firm.id, today()))

    assert figures.get("loan_repaid") == answer
    assert "interest_subsidy" not in figures


@pytest.mark.parametrize("end", ["repay", "lose"])
def test_what_the_office_wanted_goes_when_it_was_entered_again(
    end: str, world: World
) -> None:
    loan = file_loan(world)
    for deed in ("confirm", "repay", "reopen"):
        press(world, loan, deed)
    assert loan.note == "日期写错了"

    press(world, loan, end)

    assert loan.note == ""
    notes = [one.note for one in history_of(loan) if one.deed == "reopen"]
    assert notes == ["日期写错了"]


@pytest.mark.parametrize("number", ["ＬＸ－2026－001", "lx-2026-001", " LX-2026- 001"])
def test_one_contract_is_filed_once_however_its_number_is_typed(
    number: str, world: World, sign_in: SignIn
) -> None:
    first = file_loan(world, contract_no="LX-2026-001")
    other = file_loan(world, contract_no="LX-2026-002")
    with pytest.raises(NotNow, match="已经申报过"):
        file_loan(world, contract_no=number)

    # Sent back, it does not become the contract of another either; what was typed stays.
    loan_deeds.return_loan(other, "写明用途", by=world.operator, seen=other.revision)
    typed = vars(world.loan_values(contract_no=number))
    data = {**typed, "principal": "3000000", "seen": other.revision, "product": ""}
    answer = sign_in(world.banker).post(
        f"/mine/finance/loans/{other.id}/edit", data=data
    )
    assert answer.status_code == 409
    assert f"/mine/finance/loans/{first.id}" in answer.get_data(as_text=True)

    # Its own number may be written otherwise, and one that was withdrawn is free again.
    values = world.loan_values(contract_no="lx-2026-002")
    loan_deeds.refile_loan(other, values, by=world.banker, seen=other.revision)
    loan_deeds.withdraw_loan(first, by=world.banker, seen=first.revision)
    assert file_loan(world, contract_no=number).state == "filed"


def test_one_that_was_repaid_late_gets_nothing(world: World) -> None:
    loan = file_loan(world, end_on=today() - timedelta(days=1))
    for deed in ("confirm", "repay"):
        press(world, loan, deed)

    assert computed(loan).why == "没有按时还清"
    with pytest.raises(NotNow):
        press(world, loan, "note")


def test_the_split_is_a_setting_from_its_day_on(world: World) -> None:
    before = file_loan(world)
    change_rule(world, "loan.city_part", "30")
    after = file_loan(world, contract_no="LX-2026-002", borrower_uscc=new_uscc())
    for loan in (before, after):
        press(world, loan, "confirm")
        loan_deeds.lose_principal(loan, 300_000_00, by=world.banker, seen=loan.revision)

    shares = [computed(loan).loss for loan in (before, after)]

    # What was filed goes by the rules of its day.
    assert [(one.city, one.county) for one in shares if one] == [
        (52_500_00, 52_500_00),
        (31_500_00, 73_500_00),
    ]


def test_the_reading_of_first_filing_acts(world: World) -> None:
    change_rule(world, "loan.first_filing", "loan")
    for contract in ("一号", "二号"):
        loan = file_loan(world, contract_no=contract)
        for deed in ("confirm", "repay", "note"):
            press(world, loan, deed)
        assert computed(loan).interest_fen == 16_666_66


def change_rule(world: World, key: str, value: str) -> None:
    """A new version of a rule, from today on, as an operator types it."""
    rule_deeds.add_version(
        key,
        {
            "value": value,
            "document": "市县分担办法",
            "says": "改过的规则。",
            "in_force": "active",
            "checked": "unverified",
        },
        today(),
        by=world.operator,
        seen=1,
    )


def test_in_the_browser(world: World, sign_in: SignIn) -> None:
    bank, operator = sign_in(world.banker), sign_in(world.operator)
    data = {
        "borrower_name": "=cmd|' /C calc'!A0",
        "borrower_uscc": str(world.firm.uscc),
        "district": "371581",
        "contract_no": "LX-2026-009",
        "purpose": "中试线",
        "principal": "300万元",
        "rate": "3.45",
        "start_on": (today() - timedelta(days=90)).isoformat(),
        "end_on": (today() + timedelta(days=90)).isoformat(),
    }
    product = world.product()
    faulty = {**data, "principal": "很多", "start_on": "去年", "purpose": ""}
    wrong = bank.post("/mine/finance/loans/new", data=faulty)
    assert wrong.status_code == 422
    for said in ("「很多」", "「去年」", "写贷款用于转化哪一项成果。"):
        assert said in wrong.text
    odd = bank.post("/mine/finance/loans/new", data={**data, "product": "x"})
    assert "没有登记的产品" in odd.get_data(as_text=True)
    assert odd.status_code == 422
    data["product"] = str(product.id)
    assert bank.post("/mine/finance/loans/new", data=data).status_code == 303
    loan = db.session.scalars(sa.select(FiledLoan)).one()
    assert loan.principal_fen == 300_000_000
    # The same contract once more is led to the first one, and what was typed stays.
    again = bank.post("/mine/finance/loans/new", data={**data, "purpose": "再报一次"})
    assert again.status_code == 409
    assert f'href="/mine/finance/loans/{loan.id}"' in again.text
    assert "再报一次" in again.text
    place = f"/mine/finance/loans/{loan.id}"
    office = f"/office/finance/loans/{loan.id}"
    for person in (world.chief, world.investor):
        assert sign_in(person).get(place).status_code == 404
    assert bank.get("/office/finance/loans").status_code == 403
    assert bank.post(f"{office}/confirm", data={"seen": loan.revision}).status_code == 403  # fmt: skip
    assert "LX-2026-009" in operator.get("/office/review?tray=loans").get_data(as_text=True)  # fmt: skip
    operator.post(f"{office}/return", data={"seen": loan.revision, "note": "补用途"})
    again = bank.get(f"{place}/edit").get_data(as_text=True)
    assert "3000000.00" in again
    assert "补用途" in again
    bank.post(f"{place}/edit", data={**data, "seen": loan.revision})
    operator.post(f"{office}/confirm", data={"seen": loan.revision})
    late = bank.post(f"{place}/repay", data={"seen": loan.revision, "repaid_on": "x"})
    assert late.status_code == 422
    bank.post(
        f"{place}/repay",
        data={"seen": loan.revision, "repaid_on": today().isoformat()},
    )
    bad = operator.post(
        f"{office}/province",
        data={"seen": loan.revision, "province": "多", "document": "文件"},
    )
    assert bad.status_code == 422
    operator.post(
        f"{office}/province",
        data={"seen": loan.revision, "province": "10000", "document": "省里的文件"},
    )
    page = bank.get(place).get_data(as_text=True)
    assert "市级贴息预估 5,000.00 元" in page
    year = str(today().year)
    listed = operator.get(f"/office/finance/loans?year={year}&state=repaid")
    assert "1 笔" in listed.get_data(as_text=True)
    assert "不一致" not in listed.get_data(as_text=True)
    assert "0 笔" in operator.get("/office/finance/loans?year=2019").get_data(as_text=True)  # fmt: skip
    book = openpyxl.load_workbook(
        io.BytesIO(operator.get("/office/finance/loans/loans.xlsx").data)
    )
    header, row = book.active.iter_rows(values_only=True)
    cells = dict(zip(header, row, strict=True))
    assert cells["市级贴息（元）"] == "5,000.00"
    assert cells["产品"] == "成果转化贷"
    assert "鲁西示例银行：成果转化贷" in listed.get_data(as_text=True)
    office_page = bank.get(f"/mine/finance/products/{product.id}")
    assert "备案的贷款 1 笔，本金 3,000,000.00 元" in office_page.get_data(as_text=True)
    # A cell that begins as a formula does is a text.
    assert cells["借款企业"].startswith("'=cmd")


@pytest.mark.parametrize("is_rehearsal", [True, False])
def test_the_workbook_of_a_rehearsal_says_it(is_rehearsal: bool) -> None:
    clock.set_pace(Pace(1, None, rehearsed=is_rehearsal))
    try:
        content = loans_workbook([["鲁西示例银行"]])
    finally:
        clock.set_pace(Pace())

    book = openpyxl.load_workbook(io.BytesIO(content))

    assert ("演练" in book.sheetnames) == is_rehearsal


def test_values_without_a_version(world: World) -> None:
    values = values_on(KEYS, today())
    missing: dict[str, Value] = {key: values[key] for key in KEYS[:3]}
    with pytest.raises(KeyError):
        rules_of(missing)


@pytest.mark.parametrize(
    ("changes", "is_noticed"),
    [
        ({}, False),
        ({"borrower_name": "临清 振动轴承厂(示例)"}, False),
        ({"borrower_name": "另一家公司"}, True),
        ({"borrower_name": "另一家公司", "borrower_uscc": new_uscc()}, False),
    ],
)
def test_the_office_sees_a_name_that_is_not_of_the_code(
    changes: dict[str, Any], is_noticed: bool, world: World, sign_in: SignIn
) -> None:
    loan = file_loan(world, **changes)
    address = f"/mine/finance/loans/{loan.id}"

    seen = sign_in(world.operator).get(address).get_data(as_text=True)
    by_bank = sign_in(world.banker).get(address).get_data(as_text=True)
    assert ("名称和代码对不上" in seen) is is_noticed
    assert (f"在平台上是「{world.firm.name}」" in seen) is is_noticed
    # What the platform knows of a code is not a bank's to look up.
    assert "名称和代码对不上" not in by_bank

    press(world, loan, "confirm")
    after = sign_in(world.operator).get(address).get_data(as_text=True)
    assert "名称和代码对不上" not in after
