"""The contract both sides confirm: five types, one SHA-256, and every way of changing it afterwards."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import docx
import pypdf
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import DBAPIError

from marketplace.clock import today
from marketplace.contracts import (
    contributed,
    deeds,
    filing_deeds,
    list_deeds,
    queries,
    upkeep,
)
from marketplace.contracts.columns import COLUMNS
from marketplace.contracts.fields import BY_NAME, FIELDS, PRINTED, fields_of
from marketplace.contracts.life import CONTRACT_LIFE
from marketplace.contracts.models import (
    ContractConfirmation,
    ContractPaper,
    TechContract,
    sha256_of,
)
from marketplace.contracts.printing import ROLES, render_copy
from marketplace.contracts.readiness import (
    file_until,
    licence_until,
    months_after,
    turn_of,
)
from marketplace.deals.life import CONTRACT_TYPES
from marketplace.deals.readiness import ruler_of
from marketplace.errors import Invalid, NotAllowed, NotFound, NotNow, Stale
from marketplace.extensions import db
from marketplace.notices.models import Notice
from marketplace.proceeds.deeds import finish_conversion, record_receipt
from tests.factories import Factory
from tests.marketplace.contracts.cases import PRICE, REGISTRY_NO, World, values_for
from tests.marketplace.deals.world import World as DealWorld

SignIn = Callable[..., FlaskClient]


@pytest.fixture
def world(make: Factory) -> World:
    return World(make)


def notices(kind: str) -> list[Notice]:
    return list(db.session.scalars(sa.select(Notice).filter_by(kind=kind)))


def text_of(pdf: bytes) -> str:
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    words = "".join(page.extract_text() for page in reader.pages)
    return "".join(words.split())


def test_every_field_has_a_column_and_a_place() -> None:
    columns = set(TechContract.__table__.columns.keys())
    assert {one.name for one in FIELDS} <= columns
    headers = [one.header for one in COLUMNS]
    assert len(headers) == len(set(headers))
    assert set(ROLES) == set(CONTRACT_TYPES)
    assert all(one.choices for one in FIELDS if one.kind == "choice")


def test_what_the_header_counts_is_what_one_s_page_lists(
    world: World, app: Flask
) -> None:
    """At every station and for either side: the header counts without loading contracts, where the state says it."""
    both = world.make.person("desk", world.lab, world.firm)
    people = (world.seller, world.buyer, both, world.stranger, world.operator)
    world.filled(world.approved_deal())
    issued = world.filled(world.approved_deal())
    deeds.issue_paper(issued, by=world.buyer, seen=issued.revision)
    found = []

    def compare() -> None:
        with app.test_request_context():
            for person in people:
                listed = len(list(contributed.tasks(person)))
                assert int(contributed.task_count(person)) == listed
                found.append(listed)

    compare()
    upkeep.render_missing()
    compare()
    half = world.issued(world.approved_deal())
    world.confirm(half, world.seller)
    compare()
    world.signed(world.approved_deal())
    world.filed(world.approved_deal())
    compare()
    world.registered(world.approved_deal())
    compare()
    # Each begins with the approved deal of the world; a printed paper waits for both, half a one for one of them.
    assert [found[place :: len(people)] for place in range(3)] == [
        [2, 3, 3, 5, 5],
        [2, 3, 4, 4, 4],
        [2, 3, 3, 5, 5],
    ]
    assert set(found[3 :: len(people)] + found[4 :: len(people)]) == {0}


@pytest.mark.parametrize("contract_type", CONTRACT_TYPES)
def test_paper_of_each_type(make: Factory, contract_type: str) -> None:
    world = World(make, contract_type=contract_type, contract_subtype="")
    contract = world.issued()
    paper = contract.current_paper
    assert paper is not None
    assert paper.pdf is not None
    assert sha256_of(paper.pdf) == paper.sha256
    words = text_of(paper.pdf)
    assert f"{CONTRACT_TYPES[contract_type]}合同" in words
    # Every printed field stands in the paper as the database has it, and none of another type.
    for one in PRINTED:
        value = one.shown(getattr(contract, one.name))
        if one.belongs_to(contract_type):
            assert "".join(one.label.split()) in words
            assert "".join(value.split()) in words
    foreign = [one for one in FIELDS if not one.belongs_to(contract_type)]
    assert not any(one.name in dict(json.loads(paper.content)) for one in foreign)
    assert "900℃" in words
    # Printed again it is the same file.
    paper.pdf = paper.sha256 = None
    db.session.commit()
    upkeep.render_missing()
    again = db.session.get_one(ContractPaper, paper.id)
    assert sha256_of(again.pdf or b"") == again.sha256
    document = docx.Document(
        io.BytesIO(render_copy(paper.content, number="HT1", version=1, sha256="a" * 64))
    )
    assert "副本" in document.sections[0].header.paragraphs[0].text
    cells = {
        row.cells[0].text: row.cells[1].text
        for table in document.tables
        for row in table.rows
    }
    assert cells["合同成交总额"] == "500,000.00 元"


def test_from_draft_to_signed(world: World) -> None:
    with pytest.raises(NotAllowed):
        deeds.begin_contract(world.deal, by=world.stranger)
    contract = deeds.begin_contract(world.deal, by=world.buyer)
    assert (contract.seller_name, contract.total_fen) == (world.lab.name, PRICE)
    with pytest.raises(NotNow, match="已经有合同"):
        deeds.begin_contract(world.deal, by=world.seller)
    with pytest.raises(Invalid) as caught:
        deeds.issue_paper(contract, by=world.seller, seen=contract.revision)
    assert {"scope", "patents", "license_scope", "tech_field"} <= set(
        caught.value.problems
    )
    deeds.save_contract(
        contract, values_for("license"), by=world.seller, seen=contract.revision
    )
    deeds.issue_paper(contract, by=world.seller, seen=contract.revision)
    with pytest.raises(NotNow, match="还在生成"):
        deeds.confirm_paper(contract, "", by=world.seller)
    upkeep.render_missing()
    # Both are told once that there is a text.
    assert len(notices("contract.paper")) == 2
    assert turn_of(contract).sides == ("holder", "receiver")
    with pytest.raises(Stale):
        deeds.confirm_paper(contract, "b" * 64, by=world.seller)
    with pytest.raises(NotAllowed):
        world.confirm(contract, world.operator)
    world.confirm(contract, world.seller)
    assert (contract.state, turn_of(contract).sides) == ("confirming", ("receiver",))
    with pytest.raises(NotNow, match="已经确认过"):
        world.confirm(contract, world.seller)
    world.confirm(contract, world.buyer)
    assert (contract.state, contract.signed_on) == ("signed", today())
    assert (world.deal.state, world.deal.due_on) == ("contracted", file_until(contract))
    assert licence_until(contract) == months_after(today(), 3)


@pytest.mark.parametrize("stands", ["filled", "issued", "half"])
def test_a_deal_that_is_priced_again_takes_its_contract_along(
    make: Factory, stands: str
) -> None:
    """A text of the former price was signed by the second side, or met the constraint on the priority."""
    of_deals = DealWorld(make)
    deal = of_deals.bring_to("approved")
    of_deals.settle(deal)
    contract = deeds.begin_contract(deal, by=of_deals.desk)
    values = values_for(contract.contract_type) | {"total_fen": deal.price_fen}
    deeds.save_contract(contract, values, by=of_deals.desk, seen=contract.revision)
    sha256 = ""
    if stands != "filled":
        deeds.issue_paper(contract, by=of_deals.desk, seen=contract.revision)
        upkeep.render_missing()
        assert contract.current_paper is not None
        sha256 = contract.current_paper.sha256 or ""
    if stands == "half":
        deeds.confirm_paper(contract, sha256, by=of_deals.desk)
    other_type = "transfer" if deal.contract_type != "transfer" else "license"

    of_deals.revise(
        deal,
        contract_type=other_type,
        contract_subtype="",
        conversion_mode=other_type,
    )

    assert (contract.state, contract.contract_type) == ("drafting", other_type)
    assert not any(paper.standing for paper in contract.papers)
    assert (len(notices("contract.voided")) == 2) is (stands != "filled")
    with pytest.raises(NotNow):
        deeds.confirm_paper(contract, sha256, by=of_deals.chief)
    # Priced and made public again, it waits for the completers again.
    for _, press in of_deals.way(deal)[5:]:
        press()
    assert (deal.state, deal.priority) == ("approved", "")
    with pytest.raises(NotNow, match="优先权"):
        deeds.issue_paper(contract, by=of_deals.desk, seen=contract.revision)
    of_deals.settle(deal)
    # The new type asks for other fields.
    with pytest.raises(Invalid):
        deeds.issue_paper(contract, by=of_deals.desk, seen=contract.revision)
    values = values_for(other_type) | {"total_fen": deal.price_fen}
    deeds.save_contract(contract, values, by=of_deals.desk, seen=contract.revision)
    deeds.issue_paper(contract, by=of_deals.desk, seen=contract.revision)


def test_only_after_publicity(make: Factory) -> None:
    world = World(make)
    for state in ("in_publicity", "objection", "pricing"):
        deal = world.approved_deal(state=state, publicity_closed_on=None)
        with pytest.raises(NotNow, match="还不能签合同"):
            deeds.begin_contract(deal, by=world.seller)
    unsettled = world.approved_deal(priority="")
    with pytest.raises(NotNow, match="优先权"):
        deeds.begin_contract(unsettled, by=world.seller)
    issued = world.issued(world.approved_deal())
    assert issued.deal is not None
    issued.deal.priority = ""
    db.session.commit()
    with pytest.raises(NotNow, match="优先权"):
        world.confirm(issued, world.seller)
    contract = world.filled()
    # The price that was made public is the one that is signed.
    values = {"total_fen": PRICE + 1}
    deeds.save_contract(contract, values, by=world.seller, seen=contract.revision)
    with pytest.raises(Invalid) as caught:
        deeds.issue_paper(contract, by=world.seller, seen=contract.revision)
    assert "500,000.00" in caught.value.problems["total_fen"][0]
    values = {"total_fen": PRICE}
    deeds.save_contract(contract, values, by=world.seller, seen=contract.revision)
    # An objection that comes in the meantime stops it.
    world.deal.state = "in_publicity"
    db.session.commit()
    with pytest.raises(NotNow):
        deeds.issue_paper(contract, by=world.seller, seen=contract.revision)


def change_by_form(world: World, contract: TechContract) -> None:
    values = {**contract.values, "breach": "另有约定。"}
    deeds.save_contract(contract, values, by=world.buyer, seen=contract.revision)


def change_by_operator(world: World, contract: TechContract) -> None:
    values = {"title": "更正后的名称"}
    with pytest.raises(Invalid):
        deeds.correct_contract(
            contract, values, why="", by=world.operator, seen=contract.revision
        )
    deeds.correct_contract(
        contract,
        values,
        why="名称写错",
        by=world.operator,
        seen=contract.revision,
    )


def change_by_list(world: World, contract: TechContract) -> None:
    text = (
        "合同登记编号,登记日期,合同编号,项目名称,技术合同类型,卖方名称,买方名称,合同成交总额,技术交易额\n"
        f"{REGISTRY_NO},{today()},LX-1,另一个名称,技术许可,{contract.seller_name},"
        f"{contract.buyer_name},500000,400000\n"
    )
    outcome = list_deeds.import_register(
        io.BytesIO(text.encode()), "登记簿.csv", by=world.operator
    )
    assert outcome.voided == ["另一个名称"]


@pytest.mark.parametrize("change", [change_by_form, change_by_operator, change_by_list])
@pytest.mark.parametrize("state", ["confirming", "signed", "filed"])
def test_no_change_is_silent(
    world: World, change: Callable[[World, TechContract], None], state: str
) -> None:
    world.deal.title = "高强铜合金热处理"
    contract = world.filled()
    values = {"contract_no": "LX-1"}
    deeds.save_contract(contract, values, by=world.seller, seen=contract.revision)
    deeds.issue_paper(contract, by=world.seller, seen=contract.revision)
    upkeep.render_missing()
    world.confirm(contract, world.seller)
    if state != "confirming":
        world.confirm(contract, world.buyer)
    if state == "filed":
        filing_deeds.file_contract(
            contract, today(), by=world.seller, seen=contract.revision
        )
    paper = contract.current_paper
    assert paper is not None
    before, file = paper.sha256, paper.pdf
    change(world, contract)
    db.session.expire_all()
    assert contract.state == "drafting"
    assert world.deal.state == "approved"
    assert contract.signed_on is contract.filed_on is None
    assert paper.standing == {}
    assert not paper.is_true
    voided = list(db.session.scalars(sa.select(ContractConfirmation)))
    assert voided
    assert all(one.void_reason and one.voided_at for one in voided)
    told = {one.person_id for one in notices("contract.voided")}
    assert told == {world.seller.id, world.buyer.id}
    # What they had confirmed is still there, byte for byte.
    assert (paper.sha256, sha256_of(paper.pdf or b"")) == (before, before)
    assert file == paper.pdf
    # The next paper is another one, and needs both again.
    deeds.issue_paper(contract, by=world.seller, seen=contract.revision)
    upkeep.render_missing()
    world.confirm(contract, world.buyer)
    world.confirm(contract, world.seller)
    assert contract.state == "signed"
    assert contract.current_paper is not paper


def test_behind_the_back_of_every_deed(world: World) -> None:
    contract = world.filed()
    # Somebody with the database in hand: no deed runs, and still nothing passes for confirmed.
    db.session.execute(sa.update(TechContract).values(breach="无"))
    db.session.commit()
    db.session.expire_all()
    paper = contract.current_paper
    assert paper is not None
    assert not paper.is_confirmed
    with pytest.raises(NotNow, match="不一样"):
        filing_deeds.register_contract(
            contract, registry_no=REGISTRY_NO, registered_on=today(), office="", tech_fen=1,
            exempt_fen=0, by=world.seller, seen=contract.revision,
        )  # fmt: skip


def test_registered_contracts_are_not_edited(world: World) -> None:
    contract = world.registered()
    with pytest.raises(NotNow, match="已登记"):
        change_by_form(world, contract)
    with pytest.raises(NotNow):
        deeds.correct_contract(
            contract, {"title": "别的"}, why="写错", by=world.operator, seen=contract.revision
        )  # fmt: skip
    assert contract.current_paper is not None
    assert contract.current_paper.is_confirmed


def test_once_money_moves_nothing_is_voided(world: World) -> None:
    contract = world.signed()
    world.deal.state = "performing"
    db.session.commit()
    with pytest.raises(NotNow, match="履约中"):
        change_by_form(world, contract)
    assert contract.state == "signed"


def test_faulty_values(world: World) -> None:
    contract = world.filled()
    cases: list[tuple[dict[str, Any], str]] = [
        ({"tech_fen": PRICE + 1}, "tech_fen"),
        ({"valid_to": today() - timedelta(days=1)}, "valid_to"),
    ]
    for values, name in cases:
        with pytest.raises(Invalid) as caught:
            deeds.save_contract(
                contract, values, by=world.seller, seen=contract.revision
            )
        assert name in caught.value.problems
    with pytest.raises(Stale):
        deeds.save_contract(contract, {}, by=world.seller, seen=contract.revision - 1)
    with pytest.raises(NotAllowed):
        deeds.save_contract(contract, {}, by=world.stranger, seen=contract.revision)
    # What the deal decides is not typed.
    deeds.save_contract(
        contract, {"contract_type": "service"}, by=world.seller, seen=contract.revision
    )
    assert contract.contract_type == "license"


@pytest.mark.parametrize(
    ("name", "raw", "stored"),
    [
        ("total_fen", "500000", PRICE),
        ("total_fen", "50万元", PRICE),
        ("total_fen", "0.01", 1),
        ("total_fen", "1,234.56", 123_456),
        ("valid_to", "2026年12月31日", date(2026, 12, 31)),
        ("tech_field", "新材料及其应用", "new_materials"),
        ("is_hightech", "是", True),
        ("is_hightech", "no", False),
        ("seller_district", "371502", "371502"),
        ("contract_subtype", "技术秘密转让", "transfer.know_how"),
        ("contract_subtype", "技术秘密使用许可", "license.know_how"),
        ("title", "  ", None),
    ],
)
def test_values_as_people_write_them(name: str, raw: str, stored: Any) -> None:
    one = BY_NAME[name]
    assert one.read(raw) == stored
    if stored is not None:
        assert one.read(one.typed(stored)) == stored


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("total_fen", "0.001"),
        ("total_fen", "面议"),
        ("total_fen", "30-60万"),
        ("total_fen", "-5"),
        ("tech_field", "考古"),
        ("seller_district", "37150"),
        ("industry_code", "Z99"),
        ("title", "长" * 201),
    ],
)
def test_values_that_are_none(name: str, raw: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - ParseError is one
        BY_NAME[name].read(raw)
    assert "。" in str(getattr(caught.value, "sentence", ""))


def test_pages(world: World, sign_in: SignIn) -> None:
    seller, buyer = sign_in(world.seller), sign_in(world.buyer)
    address = f"/mine/deals/{world.deal.id}/contract"
    assert address in buyer.get("/mine").text
    assert "起草合同" in seller.get(address).text
    made = seller.post(address)
    assert made.status_code == 303
    contract = db.session.scalars(sa.select(TechContract)).one()
    form = {
        one.name: one.typed(values_for("license").get(one.name))
        for one in fields_of("license")
    }
    form |= {"seen": str(contract.revision), "total_fen": "50万多"}
    address = f"/mine/contracts/{contract.id}"
    refused = seller.post(f"{address}/edit", data=form | {"tech_field": "考古"})
    assert refused.status_code == 422
    assert "没有这一项" in refused.text
    form |= {
        "total_fen": "500000",
        "seller_name": world.lab.name,
        "buyer_name": world.firm.name,
    }
    assert buyer.post(f"{address}/edit", data=form).status_code == 303
    # Somebody saved meanwhile: what was typed is not saved, and not lost.
    late = seller.post(f"{address}/edit", data=form | {"payment_terms": "另一种付法"})
    assert late.status_code == 409
    shown = late.get_data(as_text=True)
    assert "另一种付法" in shown
    assert "还没有保存" in shown
    # A sum is in 元 here, and what is said of a wrong one says so.
    db.session.refresh(contract)
    form["seen"] = str(contract.revision)
    faulty = form | {"total_fen": "很多", "tech_fen": "不少"}
    wrong = buyer.post(f"{address}/edit", data=faulty)
    assert wrong.status_code == 422
    assert "不写单位就是万元" not in wrong.get_data(as_text=True)
    for typed in ("很多", "不少"):
        assert f"「{typed}」" in wrong.text
    assert "单位元，如 500000" in wrong.get_data(as_text=True)
    db.session.refresh(contract)
    assert contract.scope.startswith("标的的内容")
    seen = {"seen": str(contract.revision)}
    assert seller.post(f"{address}/issue", data=seen).status_code == 303
    assert "正在生成" in buyer.get(address).text
    upkeep.render_missing()
    page = buyer.get(address).text
    db.session.refresh(contract)
    paper = contract.current_paper
    assert paper is not None
    assert f"确认第 {paper.number} 稿" in page
    assert paper.sha256 is not None
    assert paper.sha256 in page
    file = buyer.get(f"{address}/papers/1.pdf")
    assert sha256_of(file.data) == paper.sha256
    assert buyer.get(f"{address}/papers/1.docx").status_code == 200
    assert buyer.get(f"{address}/papers/2.pdf").status_code == 404
    for client in (buyer, seller):
        db.session.refresh(contract)
        data = {"seen": str(contract.revision), "sha256": paper.sha256}
        assert client.post(f"{address}/confirm", data=data).status_code == 303
    assert "双方已确认" in seller.get(address).text
    # While it may still be changed its form opens; later it would only refuse what was typed.
    assert seller.get(f"{address}/edit").status_code == 200
    assert f"{address}/edit" in seller.get(address).text
    assert contract.deal is not None
    contract.deal.state = "performing"
    db.session.commit()
    assert seller.get(f"{address}/edit").status_code == 409
    assert f"{address}/edit" not in seller.get(address).text
    stranger = sign_in(world.stranger)
    assert stranger.get(address).status_code == 404
    assert stranger.get(f"{address}/papers/1.pdf").status_code == 404
    with pytest.raises(NotFound):
        queries.get_contract(contract.id, by=world.stranger)
    assert "合同" in seller.get("/mine/contracts").text


def test_life_has_no_dead_end() -> None:
    reached = {CONTRACT_LIFE.initial}
    for _ in CONTRACT_LIFE.moves:
        reached |= {
            after
            for (state, _), after in CONTRACT_LIFE.moves.items()
            if state in reached
        }
    assert reached == set(CONTRACT_LIFE.states)


def test_the_second_side_confirms_the_page_it_has_open(
    world: World, sign_in: SignIn
) -> None:
    contract = world.issued()
    address = f"/mine/contracts/{contract.id}"
    browsers = [sign_in(world.seller), sign_in(world.buyer)]
    # Both have the page open before either presses.
    for browser in browsers:
        assert "确认第 1 稿" in browser.get(address).get_data(as_text=True)
    paper = contract.current_paper
    assert paper is not None
    for browser in browsers:
        sent = {"sha256": paper.sha256}
        assert browser.post(f"{address}/confirm", data=sent).status_code == 303
    db.session.expire_all()
    assert contract.state == "signed"


def test_a_registered_contract_leaves_the_station_of_registration(
    world: World,
) -> None:
    contract = world.filed()
    assert world.deal.state == "contracted"
    filing_deeds.register_contract(
        contract,
        registry_no=REGISTRY_NO,
        registered_on=today(),
        office="",
        tech_fen=1,
        exempt_fen=0,
        by=world.operator,
        seen=contract.revision,
    )
    assert (contract.state, world.deal.state) == ("registered", "performing")
    assert [one.name for one in ruler_of(world.deal) if one.status == "current"] == ["到款"]  # fmt: skip
    # Registered is not paid.
    with pytest.raises(NotNow, match="还没有到款"):
        finish_conversion(contract, by=world.seller)


@pytest.mark.parametrize("table", ["contract_entry", "contract_receipt"])
def test_what_was_entered_is_never_changed_whoever_asks(
    world: World, table: str
) -> None:
    contract = world.registered()
    record_receipt(contract, 5, today(), "", by=world.seller, seen=contract.revision)
    statements = [
        f"update {table} set contract_id = contract_id",  # noqa: S608
        f"delete from {table}",  # noqa: S608
    ]
    if db.engine.dialect.name == "sqlite":
        statements.append(f"insert or replace into {table} select * from {table}")  # noqa: S608
    for statement in statements:
        with (
            pytest.raises(DBAPIError, match="never changed"),
            db.session.begin_nested(),
        ):
            db.session.execute(sa.text(statement))
