"""Lists that go out: to whom with what in it, back in without a change, and the blank forms."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy.orm import Session

from marketplace.errors import Invalid
from marketplace.exchange.deeds import import_rows
from marketplace.exchange.exporting import blank_form, workbook
from marketplace.exchange.importing import parse_file
from marketplace.exchange.queries import listings_to_export
from marketplace.extensions import db
from marketplace.listings import deeds as listing_deeds
from marketplace.listings.models import LISTINGS
from marketplace.listings.schema import SCHEMAS
from marketplace.listings.schema.dictionaries import Dictionaries
from marketplace.parsing import ParseError
from marketplace.parsing.text import escape_formula
from marketplace.permissions import Guest, Reader
from tests.factories import Factory
from tests.marketplace.exchange.lists import verify_holders


def export(
    kind: str, reader: Reader | None = None, *, everything: bool = False
) -> bytes:
    rows = listings_to_export(kind, reader=reader, everything=everything)
    return workbook(kind, rows, reader=reader)


def sheet_of(content: bytes) -> list[dict[str, Any]]:
    rows = list(
        load_workbook(io.BytesIO(content), read_only=True)
        .worksheets[0]
        .iter_rows(values_only=True)
    )
    return [dict(zip(rows[0], line, strict=True)) for line in rows[1:]]


FULL = {
    "achievement": {
        "innovation": "=1+1 的创新",
        "metrics": [
            {
                "name": "线膨胀系数α1",
                "operator": "range",
                "value": Decimal(7),
                "value_max": Decimal(8),
                "unit": "ppm/K",
            },
            {
                "name": "尺寸",
                "operator": "pm",
                "value": Decimal("12.5"),
                "value_max": Decimal("0.5"),
                "unit": "mm",
            },
            {
                "name": "热稳定性(120℃,15min)",
                "operator": "ge",
                "value": Decimal(48),
                "unit": "%",
            },
        ],
        "contributors": [
            {"name": "张三", "title": "教授", "role": "负责人", "share": Decimal(40)},
            {"name": "李四", "role": "成员"},
        ],
        "co_owners": [
            {"name": "甲院、水利部北研究所"},
            {"name": "聊城大学（示例）"},
        ],
        "ips": [
            {
                "ip_type": "invention",
                "number": "ZL201710601862.3",
                "name": "甲",
                "legal_status": "granted",
                "pledged": True,
            },
            {"ip_type": "know_how", "name": "乙、丙", "applied_on": date(2020, 5, 1)},
        ],
        "price_mode": "range",
        "price_min": Decimal("0.5"),
        "price_max": Decimal(60),
        "stage": "small_batch",
        "trl": 8,
        "stage_evidence": "两家用户报告",
        "rd_start": "2022-03",
        "rd_end": "2024-10",
        "keywords": ["Al-Zn-Mg 合金"],
        "level": "domestic_leading",
        "evaluation_method": "review",
        "evaluated_on": date(2025, 1, 9),
        "registration_no": "3712026Y0001",
        "fiscal_funded": True,
        "secrecy": "internal",
        "note": "'@备注",
    },
    "demand": {
        "metrics": [
            {
                "name": "异音率",
                "operator": "le",
                "value": Decimal("0.5"),
                "unit": "%",
                "current": "6 %",
                "test_method": "目测",
            }
        ],
        "budget": Decimal("80.5"),
        "budget_negotiable": False,
        "start_year": 2026,
        "end_year": 2028,
        "deadline": date(2028, 9, 30),
        "expected_goal": "-降低一半",
        "anonymous": True,
        "need": "technology",
        "stage_wished": "pilot",
    },
}


def cells_of(kind: str, row: Any) -> dict[str, Any]:
    """Column → cell of a listing, as the site itself knows it."""
    known = Dictionaries()
    return {
        column.name: column.write_cell(row, known)
        for column in SCHEMAS[kind].list_columns
    }


# What `FULL` leaves open, so that a whole row has a cell in every column.
MORE: dict[str, dict[str, Any]] = {
    "achievement": {
        "industry_codes": ["C34", "C35"],
        "chain_code": "bearing",
        "sei_code": "2",
        "achievement_type": "applied_technology",
        "forms": ["new_process", "agri_variety"],
        "attribute": "original",
        "funding_source": "self",
        "prospects": "适合换线的厂",
        "benefits": "废品率降一半",
        "cases": "两家用户\n三条线",
        "ownership": "joint",
        "readiness_13": 9,
        "application_status": "small_scale",
        "evaluation_by": "某学会",
        "evaluation_report": "某报告（2025）1号",
        "registered_by": "某局",
        "registered_on": date(2025, 2, 1),
        "recommended_by": "某厅",
        "license_type": "exclusive",
        "conversion_note": "还缺中试",
        "valid_until": date(2028, 1, 1),
        "contact_email": "office@demo.example",
        "ips": [
            {
                "ip_type": "invention",
                "number": "ZL201710601862.3",
                "name": "甲",
                "owners": "聊城大学（示例）",
                "applied_on": date(2017, 7, 21),
                "granted_on": date(2020, 5, 1),
                "legal_status": "granted",
            },
            {"ip_type": "know_how", "name": "乙、丙", "owners": "某某轴承厂"},
        ],
    },
    "demand": {
        "industry_codes": ["C34"],
        "chain_code": "bearing",
        "foundation": "已有产线",
        "solution_mode": "cooperative",
        "intended_partner": "某大学",
        "activity_type": "basic_research",
        "discipline": "摩擦学",
        "bounty": True,
        "solver_requirements": "有同类业绩",
        "ip_terms": "归需求方",
        "benefit_terms": "五五分成",
        "valid_until": date(2028, 1, 1),
        "contact_email": "office@demo.example",
        "note": "=备注",
        "talent_role": "超精工艺工程师",
        "headcount": 2,
        "education": "college",
        "qualification": "五年以上经验",
        "engagement_modes": ["full_time", "flexible"],
        "pay": "年薪 20 万元起",
        "capital_sought": Decimal(500),
        "financing_modes": ["equity", "loan"],
        "capital_use": "买超精研磨设备",
        "firm_stage": "seed",
        "security": "厂房抵押",
    },
}


class Unexpected:
    """Takes what is said of a row of which nothing is to be said."""

    def report_error(self, key: str, error: ParseError) -> None:
        raise AssertionError(f"{key}: {error.sentence}")

    def report_notice(self, key: str, message: str) -> None:
        raise AssertionError(f"{key}: {message}")


@pytest.mark.parametrize("kind", LISTINGS)
def test_a_whole_row_that_is_written_reads_as_the_same_values(
    make: Factory, kind: str
) -> None:
    row = getattr(make, kind)(state="draft", **(FULL[kind] | MORE[kind]))
    row.organisation.uscc = "91350100M000100Y43"
    db.session.commit()
    db.session.expire_all()
    written = cells_of(kind, row)
    empty = {name for name, cell in written.items() if cell in (None, "")}

    known = Dictionaries()
    read = {}
    for column in SCHEMAS[kind].list_columns:
        cell = written[column.name]
        if isinstance(cell, str):
            cell = escape_formula(cell)  # as it is in the file
        value = column.read_cell(cell, known)
        if value is not None:
            read[column.name] = value
    values = SCHEMAS[kind].values_of_cells(read, Unexpected())
    fresh = listing_deeds.create(
        kind,
        values | {"title": "另一个名称"},
        organisation=row.organisation,
        by=None,
    )

    assert empty == set()
    assert cells_of(kind, fresh) == written | {"title": "另一个名称"}


@pytest.mark.parametrize("kind", LISTINGS)
@pytest.mark.parametrize("state", ["draft", "published"])
def test_importing_what_was_exported_changes_nothing(
    make: Factory, kind: str, state: str
) -> None:
    getattr(make, kind)(state=state, **FULL[kind])
    getattr(make, kind)("只有必填内容的一条", state=state)
    db.session.expire_all()

    content = export(kind, everything=True)
    report = parse_file(io.BytesIO(content), kind)
    outcome = import_rows(report, by=None)

    assert report.problems == []
    assert (outcome.unchanged, outcome.changed, outcome.new, outcome.problems) == (
        2,
        0,
        0,
        [],
    )


def test_cells_that_look_like_formulas_are_escaped(make: Factory) -> None:
    make.achievement(
        innovation="=cmd|'/c calc'!A1",
        prospects="@SUM(A1)",
        cases="正常文字",
        benefits="+86 与 -5",
    )

    (cells,) = sheet_of(export("achievement"))

    assert (
        cells["创新点"],
        cells["应用前景"],
        cells["应用案例"],
        cells["预期效益"],
    ) == (
        "'=cmd|'/c calc'!A1",
        "'@SUM(A1)",
        "正常文字",
        "'+86 与 -5",
    )


def test_a_guest_gets_no_more_than_the_pages_show(make: Factory) -> None:
    firm = make.organisation("隐名轴承厂（示例）", district="371581")
    make.demand(
        "不愿署名的一项需求", owner=firm, anonymous=True, intended_partner="某大学"
    )
    make.demand(
        "部分公开的一项需求",
        owner=firm,
        visibility="partial",
        key_technology="关键在这里",
        budget_negotiable=True,
    )
    make.demand("保密的一项需求要素", owner=firm, visibility="confidential")
    make.demand("还是草稿的一项需求", owner=firm, state="draft")
    guest = Guest()

    content = export("demand", guest)
    unnamed, partly = sheet_of(content)
    text = str([list(cells.values()) for cells in (unnamed, partly)])

    assert [unnamed["需求名称"], partly["需求名称"]] == [
        "不愿署名的一项需求",
        "部分公开的一项需求",
    ]
    assert unnamed["所属单位"] == "聊城市某企业"
    assert partly["主要问题"]
    assert partly["拟投入资金(万元)"] is None
    for secret in ("隐名轴承厂", "0635-0000002", "技术部", "关键在这里", "某大学"):
        assert (secret, secret in text) == (secret, False)


def test_the_owner_gets_their_own_in_full(make: Factory) -> None:
    firm = make.organisation("隐名轴承厂（示例）", district="371581")
    make.demand("不愿署名的一项需求", owner=firm, anonymous=True, visibility="partial")
    member = make.person("firm", firm)

    (cells,) = sheet_of(export("demand", member))

    assert (cells["所属单位"], cells["联系人"], cells["技术关键"]) == (
        "隐名轴承厂（示例）",
        "技术部",
        "滚道超精研磨参数与振动的关系。",
    )


def test_a_long_text_is_cut_with_a_mark(make: Factory) -> None:
    make.achievement(state="draft", prospects="长" * 40_000)

    (cells,) = sheet_of(export("achievement", everything=True))

    assert (len(cells["应用前景"]), cells["应用前景"][-2:]) == (32_767, "长…")


@pytest.mark.parametrize("kind", LISTINGS)
def test_the_form_offers_what_the_importer_takes(session: Session, kind: str) -> None:
    book = load_workbook(io.BytesIO(blank_form(kind)))
    sheet = book.worksheets[0]
    header = [cell.value for cell in sheet[1]]
    offered = {cell.column: cell.value for cell in sheet[2]}

    assert book.sheetnames == [sheet.title, "可选值", "填写说明"]
    assert header[0] == "序号"
    assert sum(str(name).endswith("*") for name in header) >= 9
    assert offered[1] == "示例"
    drop_downs = {
        str(rule.sqref).split(":")[0]: rule
        for rule in sheet.data_validations.dataValidation
    }
    stage = header.index("所处阶段*" if kind == "achievement" else "希望的成果阶段") + 1
    rule = drop_downs[f"{sheet.cell(2, stage).coordinate}"]
    area = book["可选值"][rule.formula1.split("!")[1].replace("$", "")]
    assert [cells[0].value for cells in area] == [
        "研制",
        "小试",
        "中试",
        "小批量",
        "产业化",
    ]
    assert sheet.cell(1, 2).comment is not None


@pytest.mark.parametrize("kind", LISTINGS)
def test_the_example_row_is_not_read_and_is_itself_good(
    session: Session, kind: str
) -> None:
    content = blank_form(kind)
    with pytest.raises(Invalid, match="没有数据行"):
        parse_file(io.BytesIO(content), kind)

    book = load_workbook(io.BytesIO(content))
    book.worksheets[0]["A2"] = 1
    out = io.BytesIO()
    book.save(out)
    report = parse_file(out, kind)
    verify_holders(report)
    outcome = import_rows(report, by=None, publish=True)

    assert (outcome.new, outcome.published, outcome.problems, outcome.drafts) == (
        1,
        1,
        [],
        [],
    )


@pytest.mark.parametrize("kind", LISTINGS)
def test_a_form_has_every_closed_list_once_under_a_header(
    session: Session, kind: str
) -> None:
    known = Dictionaries()
    expected: dict[str, list[str]] = {}
    for column in SCHEMAS[kind].list_columns:
        vocabulary = column.options(known)
        if vocabulary is not None:
            expected[column.header] = list(vocabulary.values())

    book = load_workbook(io.BytesIO(blank_form(kind)), read_only=True)
    offered = {}
    for cells in zip(*book["可选值"].iter_rows(values_only=True), strict=True):
        offered[cells[0]] = [name for name in cells[1:] if name is not None]

    assert offered == expected


@pytest.mark.parametrize("kind", LISTINGS)
def test_a_blank_form_prints_all_columns_on_one_page(
    kind: str, session: Session
) -> None:
    book = load_workbook(io.BytesIO(blank_form(kind)))

    for sheet in book.worksheets:
        assert sheet.page_setup.orientation == "landscape"
        assert str(sheet.page_setup.paperSize) == "9"
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.page_setup.fitToWidth in (1, None)  # one is the default
        assert sheet.page_setup.fitToHeight == 0
        assert sheet.print_title_rows == "$1:$1"


@pytest.mark.parametrize("kind", LISTINGS)
def test_columns_of_codes_keep_every_figure(session: Session, kind: str) -> None:
    sheet = load_workbook(io.BytesIO(blank_form(kind))).worksheets[0]
    formats = {}
    for cell in sheet[1]:
        header = str(cell.value).rstrip("*")
        formats[header] = sheet.column_dimensions[cell.column_letter].number_format

    # A spreadsheet program takes 06358230000 for a number otherwise, and drops its zero.
    assert formats["联系电话"] == formats["统一社会信用代码"] == "@"
    assert formats["备注"] == "General"
    codes = {one.header for one in SCHEMAS[kind].list_columns if one.verbatim}
    assert {header for header, number in formats.items() if number == "@"} == codes
    if kind == "achievement":
        assert {"批准登记号", "专利号或登记号"} <= codes
