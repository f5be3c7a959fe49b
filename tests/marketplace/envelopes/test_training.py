"""Cohorts and certificates: each level is claimed for once, by whom the reading names, in the office's columns."""

from __future__ import annotations

import io
from collections.abc import Callable

import openpyxl
import pytest
from flask.testing import FlaskClient

from marketplace.clock import today
from marketplace.envelopes import cohort_deeds, deeds, exporting, queries
from marketplace.envelopes.child_models import TrainingCohort
from marketplace.envelopes.models import FundClaim
from marketplace.errors import Invalid, NotAllowed, NotNow, Stale
from marketplace.extensions import db
from marketplace.profiles import deeds as profile_deeds
from marketplace.profiles.writing import BrokerValues
from tests.factories import Factory
from tests.marketplace.envelopes.test_claims import set_rule
from tests.marketplace.envelopes.world import WAN, World, hand_papers

SignIn = Callable[..., FlaskClient]
YEAR = today().year
ISSUER = "省技术市场协会（示例）"
LINES = f"""姓名	证件号码后四位	证书级别	证书编号	发证机构	发证日期
张三	123X	初级	C-001	{ISSUER}	{YEAR}-01-05
张三	4567	初级	C-002	{ISSUER}	{YEAR}-01-05
李四,0001,中级技术经纪人,C-003,{ISSUER},{YEAR - 1}年12月31日
"""


@pytest.fixture
def world(make: Factory) -> World:
    return World(make)


def cohort_of(world: World, name: str = "第一期", lines: str = LINES) -> TrainingCohort:
    row = cohort_deeds.create_cohort(
        world.firm, name, today(), today(), by=world.person
    )
    cohort_deeds.add_members(row, lines, by=world.person, seen=row.revision)
    db.session.refresh(row)
    return row


def cells_of(content: bytes) -> list[list[str]]:
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    return [[str(cell.value or "") for cell in row] for row in sheet.iter_rows()]


def test_a_cohort_is_claimed_for_once(world: World) -> None:
    cohort = cohort_of(world)
    row = world.draft("P-20a", cohort=cohort, figures=None)
    assert row.requested_fen == 3 * WAN // 10
    assert "待核实" in row.content["note"]
    hand_papers(row, by=world.person)
    deeds.submit_claim(row, by=world.person, seen=row.revision)
    with pytest.raises(NotNow, match="没有还可以申领的"):
        world.draft("P-20a", cohort=cohort, figures=None)
    # The same certificate elsewhere, the same person at the same level: not again. A higher level: once.
    second = cohort_of(
        world,
        "第二期",
        f"王五,9999,初级,c－001,{ISSUER},{YEAR}-02-01\n"
        f"李四,0001,中级,C-903,{ISSUER},{YEAR}-02-01\n"
        f"李四,0001,高级,C-904,{ISSUER},{YEAR}-02-01\n",
    )
    row = world.draft("P-20a", cohort=second, figures=None)
    assert [line.base_key for line in row.lines] == ["level senior"]
    assert row.requested_fen == WAN // 10


def test_of_one_person_in_two_cohorts_the_later_is_refused(world: World) -> None:
    line = f"李四,0001,中级,{{}},{ISSUER},{YEAR}-02-01"
    rows = []
    for number in (1, 2):
        cohort = cohort_of(world, f"第 {number} 期", line.format(f"D-{number}"))
        rows.append(world.complete("P-20a", cohort=cohort, figures=None))
    deeds.submit_claim(rows[0], by=world.person, seen=rows[0].revision)
    with pytest.raises(NotNow, match="没有还可以申领的"):
        deeds.submit_claim(rows[1], by=world.person, seen=rows[1].revision)


def test_who_is_paid_is_a_reading(world: World, make: Factory) -> None:
    cohort = cohort_of(world)
    broker = make.person("broker")
    values = BrokerValues(number="C-001", level="junior", issuer=ISSUER, unlimited=True)
    profile = profile_deeds.save_broker(values, seen=0, by=broker)
    with pytest.raises(NotNow, match="培养机构"):
        world.draft("P-20a", organisation=None, figures=None, by=broker)
    set_rule("training.payee", "holder", world=world)
    with pytest.raises(NotNow, match="持证人"):
        world.draft("P-20a", cohort=cohort, figures=None)
    with pytest.raises(NotNow, match="核对以后"):
        world.draft("P-20a", organisation=None, figures=None, by=broker)
    profile_deeds.check_certificate(
        profile, checked="协会的名单", seen=profile.revision, by=world.operator
    )
    row = world.submitted("P-20a", organisation=None, figures=None, by=broker)
    assert (row.requested_fen, row.claimant_name) == (WAN // 10, broker.name)
    # Read the other way again, the trainer gets nothing for the certificate that was claimed for.
    set_rule("training.payee", "trainer", world=world)
    row = world.draft("P-20a", cohort=cohort, figures=None)
    assert len(row.lines) == 2


@pytest.mark.parametrize("claimant", ["person", "other"])
def test_nobody_claims_by_what_is_of_another_organisation(
    claimant: str, world: World, sign_in: SignIn
) -> None:
    # Somebody of two organisations reads what is of either.
    other = world.make.organisation("另一家培养机构（示例）")
    both = world.make.person("firm", world.firm, other)
    cohort, estimate = cohort_of(world), world.estimate()
    organisation = {"person": None, "other": other}[claimant]

    for code, given in (
        ("P-20a", {"cohort": cohort}),
        ("P-1a", {"estimate": estimate}),
    ):
        with pytest.raises(Invalid, match="只能由这个单位申领"):
            world.draft(code, organisation=organisation, figures=None, by=both, **given)
    data = {"clause": "P-20a", "cohort": cohort.id, "envelope": world.envelope.id}
    posted = {**data, "organisation": "0" if organisation is None else other.id}
    answer = sign_in(both).post("/mine/claims/new", data=posted)

    assert answer.status_code == 422
    assert "请从列出的里面选为谁申领" in answer.get_data(as_text=True)
    assert db.session.scalar(db.select(db.func.count(FundClaim.id))) == 0
    # What was begun this way before is not handed in either.
    row = world.complete("P-20a", cohort=cohort, figures=None)
    row.organisation = other
    db.session.commit()
    with pytest.raises(Invalid, match="只能由这个单位申领"):
        deeds.submit_claim(row, by=both, seen=row.revision)


def test_years_count_by_level_and_leave_as_the_office_wants(world: World) -> None:
    cohort = cohort_of(world)
    twice = f"张三,123X,初级,C-001,{ISSUER},{YEAR}-01-05"
    cohort_of(world, "第二期", f"{twice}\n=王五,0005,高级,C-005,{ISSUER},{YEAR}-01-05")
    counts = {year: dict(levels) for year, levels in queries.trained_by_year()}
    assert counts == {YEAR: {"junior": 2, "senior": 1}, YEAR - 1: {"intermediate": 1}}

    row = world.submitted("P-20a", cohort=cohort, figures=None)
    cells = cells_of(exporting.export_training(queries.trained_in(YEAR)))
    assert cells[0][:5] == ["序号", "姓名", "证件号码后四位", "证书级别", "证书编号"]
    assert cells[1][1:5] == ["张三", "123X", "初级技术经纪人", "C-001"]
    assert (cells[1][10], cells[1][11]) == ("0.1", row.number)
    # Nothing that a spreadsheet would compute.
    assert cells[3][1] == "'=王五"

    set_rule("training.columns", "证书编号、开户银行、姓名", world=world)
    cells = cells_of(exporting.export_training(queries.trained_in(YEAR - 1)))
    assert cells == [["证书编号", "开户银行", "姓名"], ["C-003", "", "李四"]]


def test_a_person_counts_once_at_a_level_in_the_year_of_the_first_certificate(
    world: World,
) -> None:
    cohort_of(world)
    later = f"""张三,123X,初级,C-801,{ISSUER},{YEAR}-03-01
李四,0001,中级,C-802,{ISSUER},{YEAR}-03-01
李四,0001,高级,C-803,{ISSUER},{YEAR}-03-01
"""
    cohort_of(world, "第二期", later)

    counts = {year: dict(levels) for year, levels in queries.trained_by_year()}
    listed = {
        year: [one.certificate_no for one in queries.trained_in(year)]
        for year in (YEAR, YEAR - 1, YEAR - 2)
    }

    assert counts == {YEAR: {"junior": 2, "senior": 1}, YEAR - 1: {"intermediate": 1}}
    assert listed == {
        YEAR: ["C-001", "C-002", "C-803"],
        YEAR - 1: ["C-003"],
        YEAR - 2: [],
    }


def test_the_certificate_that_was_claimed_for_is_the_one_that_counts(
    world: World, sign_in: SignIn
) -> None:
    claimed = cohort_of(world)
    row = world.submitted("P-20a", cohort=claimed, figures=None)
    # An older certificate of the same person and level, entered later, and a person named twice.
    older = f"""张三,123X,初级,D-801,{ISSUER},{YEAR - 1}-03-01
张三,123X,高级,D-802,{ISSUER},{YEAR}-01-05
张三,123X,高级,D-803,{ISSUER},{YEAR}-01-06
"""
    other = cohort_of(world, "第二期", older)

    counts = {year: dict(levels) for year, levels in queries.trained_by_year()}
    of_office = cells_of(exporting.export_training(queries.trained_in(YEAR)))
    of_trainer = cells_of(exporting.export_training(other.members))
    page = sign_in(world.person).get(f"/mine/cohorts/{other.id}").get_data(as_text=True)

    assert counts == {YEAR: {"junior": 2, "senior": 1}, YEAR - 1: {"intermediate": 1}}
    assert [(line[4], line[11]) for line in of_office[1:]] == [
        ("C-001", row.number),
        ("C-002", row.number),
        ("D-802", ""),
    ]
    # Number of the certificate, sum, remark.
    assert [(line[4], line[10], line[12]) for line in of_trainer[1:]] == [
        ("D-801", "", f"同一人同一级别已经申领（{row.number}）"),
        ("D-802", "0.1", ""),
        ("D-803", "", "同一人同一级别只计一次，前面已有一行"),
    ]
    assert page.count("还没有申领") == 1


def test_a_list_that_comes_second_stays_in_its_box(
    world: World, sign_in: SignIn
) -> None:
    row = cohort_of(world)
    seen = str(row.revision)
    more = f"赵六,1234,初级,E-1,{ISSUER},{YEAR}-01-05"
    cohort_deeds.add_members(row, more, by=world.person, seen=row.revision)

    typed = more.replace("E-1", "E-2")
    answer = sign_in(world.person).post(
        f"/mine/cohorts/{row.id}/members", data={"seen": seen, "members": typed}
    )

    assert answer.status_code == 409
    assert typed in answer.get_data(as_text=True)


def test_lines_are_read_all_or_none(world: World) -> None:
    row = cohort_of(world)
    for text, words in (
        ("", "至少写一行"),
        ("张三,123X,初级", "要有 6 列"),
        (f"张三,12X3,初级,C-9,{ISSUER},{YEAR}-01-05", "后四位"),
        (f"张三,1234,特级,C-9,{ISSUER},{YEAR}-01-05", "级别"),
        (f"张三,1234,初级,C-9,{ISSUER},2999-01-05", "没有看懂"),
        (f"张三,1234,初级,C-9,{ISSUER},{YEAR + 1}-12-31", "不在 2010-01-01 到今天之间"),
        (f"张三,1234,初级,,{ISSUER},{YEAR}-01-05", "证书编号"),
        (
            f"赵六,1234,初级,C-001,{ISSUER},{YEAR}-01-05",
            "第 1 行：证书 C-001 已经登记过",
        ),
    ):
        with pytest.raises(Invalid) as refusal:
            cohort_deeds.add_members(row, text, by=world.person, seen=row.revision)
        assert words in str(refusal.value.problems["members"])
    assert len(row.members) == 3
    with pytest.raises(Stale):
        cohort_deeds.add_members(row, LINES, by=world.person, seen=99)
    with pytest.raises(NotAllowed):
        cohort_deeds.add_members(row, LINES, by=world.stranger, seen=row.revision)
    with pytest.raises(NotNow, match="同名"):
        cohort_of(world)


def test_who_was_claimed_for_stays(world: World) -> None:
    row = cohort_of(world)
    world.submitted("P-20a", cohort=row, figures=None)
    with pytest.raises(NotNow, match="已经用于申领"):
        cohort_deeds.remove_member(row.members[0], by=world.person)
    other = cohort_of(world, "第二期", f"钱七,1234,初级,C-777,{ISSUER},{YEAR}-01-05")
    cohort_deeds.remove_member(other.members[0], by=world.person)
    db.session.refresh(other)
    assert other.members == []
