"""Money of a contract: received and taken back by entries, shared by plan, public where leaders are rewarded."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pypdf
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.clock import today
from marketplace.contracts.models import TechContract, sha256_of
from marketplace.errors import Invalid, MarketError, NotAllowed, NotNow, Stale
from marketplace.extensions import db
from marketplace.organisations.models import Organisation
from marketplace.parsing import ParseError
from marketplace.parsing.exact_sums import read_per_cent
from marketplace.proceeds import deeds, queries, upkeep
from marketplace.proceeds.models import Distribution, Milestone, Receipt
from marketplace.proceeds.sharing import Bracket
from marketplace.proceeds.typed_plans import read_brackets, read_people
from marketplace.workdays import deeds as workday_deeds
from tests.factories import Factory
from tests.marketplace.contracts.cases import World
from tests.racing import at_once, committing_site

SignIn = Callable[..., FlaskClient]
PEOPLE = [("张三", Decimal("33.34"), False), ("李四", Decimal("66.66"), False)]


@pytest.fixture
def world(make: Factory) -> World:
    return World(make)


def receive(contract: TechContract, by: Person, fen: int) -> Receipt:
    return deeds.record_receipt(
        contract, fen, today(), "", by=by, seen=contract.revision
    )


def share(contract: TechContract, by: Person, **changes: Any) -> Distribution:
    values: dict[str, Any] = {
        "costs": [1_00],
        "source": "transfer",
        "brackets": [Bracket(0, None, Decimal(60), Decimal(40))],
        "people": PEOPLE,
        "institution": None,
        "agreed": None,
    }
    return deeds.plan_distribution(contract, by=by, **(values | changes))


def test_received_and_taken_back(world: World) -> None:
    contract = world.signed()
    for amount, day in (
        (0, today()),
        (None, today()),
        (5, None),
        (5, today() + timedelta(days=1)),
        (5, date(202, 11, 3)),
    ):
        with pytest.raises(Invalid):
            deeds.record_receipt(
                contract, amount, day, "", by=world.seller, seen=contract.revision
            )
    with pytest.raises(NotAllowed):
        receive(contract, world.buyer, 100)
    first = receive(contract, world.seller, 10_000_01)
    assert world.deal.state == "performing"
    receive(contract, world.seller, 5)
    with pytest.raises(Invalid):
        deeds.reverse_receipt(first, "", by=world.seller)
    against = deeds.reverse_receipt(first, "记错合同", by=world.seller)
    assert queries.received_fen(contract) == 5
    with pytest.raises(NotNow, match="已经冲销"):
        deeds.reverse_receipt(first, "再来一次", by=world.seller)
    with pytest.raises(NotNow, match="本身就是冲销"):
        deeds.reverse_receipt(against, "再来一次", by=world.seller)
    assert len(queries.receipts_of(contract)) == 3


def test_more_than_a_fixed_price_needs_a_word_why(world: World) -> None:
    contract = world.signed()
    assert contract.payment_method in ("lump_sum", "instalment")
    price = contract.total_fen
    assert price is not None
    receive(contract, world.seller, price - 1)

    with pytest.raises(Invalid) as refusal:
        receive(contract, world.seller, 2)
    assert "超过合同成交总额" in refusal.value.problems["note"][0]
    assert queries.received_fen(contract) == price - 1

    receive(contract, world.seller, 1)
    # A year too early is most often a slip of the keyboard.
    early = contract.deal.began_on - timedelta(days=1) if contract.deal else today()
    for note, seen in (("", contract.revision), ("定金", contract.revision)):
        values = (contract, 1, early, note)
        if note:
            deeds.record_receipt(*values, by=world.seller, seen=seen)
            continue
        with pytest.raises(Invalid) as refusal:
            deeds.record_receipt(*values, by=world.seller, seen=seen)
        assert "早于交易开始" in refusal.value.problems["note"][0]
    more = deeds.record_receipt(
        contract,
        10 * price,
        today(),
        "对方多付的利息",
        by=world.seller,
        seen=contract.revision,
    )
    assert more.note == "对方多付的利息"


@pytest.mark.parametrize(
    ("kind", "uscc_start", "nature", "owner"),
    [
        ("university", "12", None, "government_university"),
        ("university", "91", "022", "government_university"),
        ("institute", "12", None, "government_institute"),
        ("institute", "91", None, "other"),
        ("institute", "91", "021", "government_institute"),
        ("institute", "12", "150", "other"),
        ("firm", "91", None, "other"),
        ("firm", "12", None, "other"),
    ],
)
def test_type_of_a_seller_from_the_register(
    kind: str, uscc_start: str, nature: str | None, owner: str
) -> None:
    seller = Organisation(name="某单位", kind=kind, uscc=f"{uscc_start}3715004951")
    assert deeds.registered_owner_type(nature, seller) == owner
    assert deeds.registered_owner_type(nature, None) == (
        deeds.NATURE_OWNERS.get(nature or "", "other")
    )


def test_a_university_from_the_register_has_the_floor_of_universities(
    world: World, make: Factory
) -> None:
    school = make.organisation("鲁西轴承大学（示例）", kind="university")
    desk = make.person("desk", school)
    contract = TechContract(
        state="registered",
        title="保持器注塑工艺许可",
        contract_type="license",
        seller_id=school.id,
        seller_name=school.name,
        buyer_name="外地轴承厂",
        signed_on=date(2026, 2, 20),
        registered_on=date(2026, 3, 1),
        registry_no="2026370150000009",
        total_fen=1_000_000_00,
        tech_fen=1_000_000_00,
        source_name="登记簿.csv",
        rules={},
    )
    db.session.add(contract)
    db.session.flush()
    receive(contract, desk, 1_000_000_00)
    tenth = [Bracket(0, None, Decimal(10), Decimal(90))]
    row = share(contract, desk, costs=[], brackets=tenth)
    # 10 % were typed; 70 % of 1,000,000.00 are due.
    assert (row.inventors_fen, row.institution_fen) == (700_000_00, 300_000_00)
    assert row.floor_basis == "reward.institution.provincial.transfer"


def test_not_before_both_confirmed(world: World) -> None:
    contract = world.filled()
    with pytest.raises(NotNow, match="起草"):
        receive(contract, world.seller, 100)


def test_shared_by_the_floor_of_the_law(world: World) -> None:
    contract = world.signed()
    with pytest.raises(NotNow, match="没有可以分配"):
        share(contract, world.seller)
    receive(contract, world.seller, 11_00)
    with pytest.raises(NotAllowed):
        share(contract, world.buyer)
    row = share(contract, world.seller)
    # 60 % were typed, 70 % of 10.00 are due to an institution of the government: 7.00, to the cent between two.
    assert (row.inventors_fen, row.institution_fen, row.office_fen) == (700, 300, 0)
    assert row.floor_basis == "reward.institution.provincial.transfer"
    assert [one.amount_fen for one in row.shares] == [233, 467]
    with pytest.raises(NotNow, match="还有一个分配方案"):
        share(contract, world.seller)
    with pytest.raises(Stale):
        deeds.settle_distribution(row, by=world.seller, seen=row.revision - 1)
    deeds.settle_distribution(row, by=world.seller, seen=row.revision)
    # What is shared cannot be taken back; what comes later is shared alone.
    with pytest.raises(NotNow, match="已经分配"):
        deeds.reverse_receipt(
            queries.receipts_of(contract)[0], "记错合同", by=world.seller
        )
    receive(contract, world.seller, 1)
    later = share(contract, world.seller)
    assert (later.net_before_fen, later.net_after_fen) == (1000, 1001)
    assert later.inventors_fen == 1
    deeds.drop_distribution(later, by=world.seller, seen=later.revision)
    # A statement for each, which hashes to what is stored.
    assert upkeep.render_missing() == 2
    for one in row.shares:
        assert one.pdf is not None
        assert sha256_of(one.pdf) == one.sha256
        text = "".join(
            pypdf.PdfReader(io.BytesIO(one.pdf)).pages[0].extract_text().split()
        )
        assert one.name in text
        assert f"{one.amount_fen // 100}.{one.amount_fen % 100:02d}元" in text
        assert "山东省促进科技成果转化条例" in text
    assert upkeep.render_missing() == 0


def test_what_a_firm_agreed_stands(make: Factory) -> None:
    world = World(make, owner_type="firm")
    contract = world.signed()
    receive(contract, world.seller, 101_00)
    row = share(
        contract,
        world.seller,
        agreed=Decimal(20),
        brackets=[Bracket(0, None, Decimal(20), Decimal(80))],
    )
    assert (row.inventors_fen, row.floor_basis) == (20_00, "agreed")


def test_what_the_floor_adds_is_said(world: World, sign_in: SignIn) -> None:
    contract = world.signed()
    receive(contract, world.seller, 101_00)
    seller = sign_in(world.seller)
    page = f"/mine/contracts/{contract.id}/money"
    low = [Bracket(0, None, Decimal(30), Decimal(70))]
    row = share(contract, world.seller, brackets=low)
    assert (row.inventors_fen, queries.lift_of(row)) == (70_00, 40_00)
    shown = seller.get(page).text
    assert "已按下限计算，多出的 40.00 元由单位和技术转移机构承担" in shown
    # Another one would be refused, with all that was typed.
    assert "定下或作废以后，才能再提出" in shown
    assert 'name="brackets"' not in shown
    deeds.settle_distribution(row, by=world.seller, seen=row.revision)
    receive(contract, world.seller, 100_00)
    fair = [Bracket(0, None, Decimal(70), Decimal(30))]
    assert queries.lift_of(share(contract, world.seller, brackets=fair)) == 0


def test_leaders_are_public_first(world: World, client: FlaskClient) -> None:
    contract = world.signed()
    receive(contract, world.seller, 101_00)
    people = [("王院长", Decimal(10), True), ("李四", Decimal(90), False)]
    row = share(contract, world.seller, people=people)
    with pytest.raises(NotNow, match="先公示"):
        deeds.settle_distribution(row, by=world.seller, seen=row.revision)
    deeds.publicise_distribution(row, by=world.seller, seen=row.revision)
    assert row.ends_on is not None
    assert row.ends_on >= today() + timedelta(days=15)
    page = client.get("/distributions").text
    assert "王院长" in page
    assert "李四" not in page
    with pytest.raises(NotNow, match="才结束"):
        deeds.settle_distribution(row, by=world.seller, seen=row.revision)
    # Before any holiday: the day after a Sunday still belongs to it.
    row.ends_on = today() - timedelta(days=20)
    db.session.commit()
    deeds.settle_distribution(row, by=world.seller, seen=row.revision)
    assert row.state == "settled"
    assert "王院长" not in client.get("/distributions").text


def test_a_notice_of_days_off_moves_the_end_of_a_publicity(
    world: World, client: FlaskClient
) -> None:
    contract = world.signed()
    receive(contract, world.seller, 100_000)
    row = share(contract, world.seller, people=[("王院长", Decimal(100), True)])
    deeds.publicise_distribution(row, by=world.seller, seen=row.revision)
    row.ends_on = date(2027, 1, 1)
    db.session.commit()
    end = queries.end_of_publicity(row)
    assert end is not None
    assert (end.day, end.unannounced) == (date(2027, 1, 1), (2027,))
    assert "暂定：2027 年的放假安排还没有公布" in end.text

    workday_deeds.save_year(
        2027,
        status="announced",
        source="通知（示例）",
        off="2027-01-01 至 2027-01-03 元旦",
        working="",
        by=world.make.person("operator"),
        seen=None,
    )

    moved = queries.end_of_publicity(row)
    assert moved is not None
    assert (moved.day, moved.unannounced) == (date(2027, 1, 4), ())
    # On the day on which it would have ended, and until it does.
    for day in (date(2027, 1, 2), date(2027, 1, 4)):
        assert queries.publicised(day) == [(row, moved)]
    assert queries.publicised(date(2027, 1, 5)) == []


def test_milestones_and_the_end(world: World) -> None:
    contract = world.signed()
    for title, day, sum_ in (
        ("", today(), None),
        ("交付", None, None),
        ("交付", today(), 0),
        ("交付", date(202, 11, 3), None),
        ("交付", date(9999, 12, 31), None),
        ("交付", world.deal.began_on - timedelta(days=1), None),
        ("付款", today(), (contract.total_fen or 0) + 1),
    ):
        with pytest.raises(Invalid):
            deeds.plan_milestone(
                contract, title, day, sum_, by=world.seller, seen=contract.revision
            )
    one = deeds.plan_milestone(
        contract,
        "第一笔款",
        today() + timedelta(days=7),
        5,
        by=world.seller,
        seen=contract.revision,
    )
    # With that of the first one they come to more than the price.
    with pytest.raises(Invalid) as refusal:
        deeds.plan_milestone(
            contract, "第二笔款", today() + timedelta(days=40), (contract.total_fen or 0) - 4,
            by=world.seller, seen=contract.revision,
        )  # fmt: skip
    assert "超过合同成交总额" in refusal.value.problems["plan_fen"][0]
    assert upkeep.remind() == 2
    assert upkeep.remind() == 0
    with pytest.raises(NotNow, match="不在履约中"):
        deeds.finish_conversion(contract, by=world.seller)
    receive(contract, world.seller, 5)
    with pytest.raises(NotNow, match="还有节点"):
        deeds.finish_conversion(contract, by=world.seller)
    early = world.deal.began_on - timedelta(days=1)
    with pytest.raises(Invalid):
        deeds.finish_milestone(one, early, by=world.seller, seen=one.revision)
    deeds.finish_milestone(one, today(), by=world.seller, seen=one.revision)
    with pytest.raises(NotNow):
        deeds.finish_milestone(one, today(), by=world.seller, seen=one.revision)
    deeds.finish_conversion(contract, by=world.seller)
    assert world.deal.state == "converted"


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ("", "至少"),
        ("以上 70 30", "四项"),
        ("以上 70 20 0", "90%"),
        ("100 70 30 0", "不能封顶"),
        ("100 70 30 0\n50 70 30 0\n以上 70 30 0", "大于下限"),
        ("以上 一 30 0", "比例"),
    ],
)
def test_faulty_brackets(raw: str, says: str) -> None:
    with pytest.raises(ParseError) as caught:
        read_brackets(raw)
    assert says in caught.value.sentence


def test_typed_plans() -> None:
    assert read_brackets("100万元，80%，20，0\n以上 70 25 5") == [
        Bracket(0, 100_000_000, Decimal(80), Decimal(20), Decimal(0)),
        Bracket(100_000_000, None, Decimal(70), Decimal(25), Decimal(5)),
    ]
    # Thousands apart, also where commas part the columns.
    for raw in ("500,000 70 30 0", "500，000,70,30,0", "500000、70、30、0"):
        assert read_brackets(f"{raw}\n以上 70 30 0")[0].high == 50_000_000
    assert read_brackets("以上,0,100,0")[0].institution == 100
    assert read_people("张三 60\n\n李四、40、领导") == [
        ("张三", Decimal(60), False),
        ("李四", Decimal(40), True),
    ]
    for raw in ("", "张三 60", "张三 60 40 1", "张三 50\n张三 50", "张三 x"):
        with pytest.raises(ParseError):
            read_people(raw)
    assert read_per_cent("") is None
    with pytest.raises(ParseError):
        read_per_cent("101")


def test_pages(world: World, sign_in: SignIn) -> None:
    contract = world.signed()
    seller, buyer = sign_in(world.seller), sign_in(world.buyer)
    money = f"/mine/contracts/{contract.id}/money"
    assert money in seller.get(f"/mine/contracts/{contract.id}").text
    assert money in seller.get(f"/mine/deals/{contract.deal_id}").text
    day = today().isoformat()

    def press(path: str, **data: str) -> int:
        data = {"seen": str(contract.revision)} | data
        return seller.post(path, data=data).status_code

    assert press(f"{money}/milestones", title="交付工艺包", due_on=day) == 303
    assert press(f"{money}/milestones", title="") == 422
    one = db.session.scalars(sa.select(Milestone)).one()
    done = f"/mine/milestones/{one.id}/done"
    wrong = seller.post(done, data={"seen": str(one.revision), "done_on": "2026-02-30"})
    # On top of the page, and at the box of this milestone.
    assert wrong.status_code == 422
    assert f'href="#done-{one.id}"' in wrong.text
    assert wrong.text.index("error-summary") < wrong.text.index('id="milestones"')
    assert wrong.text.count("2026年2月没有 30 日。") == 2
    assert press(done, seen=str(one.revision), done_on=day) == 303
    assert (
        press(f"{money}/receipts", amount_fen="十万八千八百元八", received_on=day)
        == 422
    )
    # Of a day that is none its box says why, and once.
    for typed, said in (
        ("2026-02-30", "2026年2月没有 30 日。"),
        ("2026-13-01", "没有 13 月。"),
        ("2026年11月", "「2026年11月」不是一个日期。"),
        ("", "写今天或以前的日期。"),
    ):
        values = {"amount_fen": "1万元", "seen": str(contract.revision)}
        wrong = seller.post(f"{money}/receipts", data=values | {"received_on": typed})
        assert (wrong.status_code, said in wrong.text) == (422, True)
        assert ("写今天或以前的日期。" in wrong.text) is (typed == "")
    # All faults at once, and what cannot be read is not left out.
    for path, values, all_said in (
        (
            "receipts",
            {"amount_fen": "很多", "received_on": "昨天"},
            ("「很多」", "「昨天」"),
        ),
        (
            "milestones",
            {"title": "", "due_on": "2027-02-30", "plan_fen": "x"},
            ("写明交付什么", "2027年2月没有 30 日。", "「x」"),
        ),
        ("milestones", {"title": "付款", "due_on": day, "plan_fen": "x"}, ("「x」",)),
        ("milestones", {"title": "付款", "due_on": ""}, ("写日期，如 2026-11-28。",)),
        (
            "distributions",
            {
                "source": "transfer",
                "costs_fen": "",
                "brackets": "?",
                "people": "张三 90",
            },
            ("没有的写 0", "上限", "100"),
        ),
    ):
        sent = values | {"seen": str(contract.revision)}
        refused = seller.post(f"{money}/{path}", data=sent)
        assert refused.status_code == 422
        for said in all_said:
            assert said in refused.text
    assert len(db.session.scalars(sa.select(Milestone)).all()) == 1
    for _ in range(2):
        assert press(f"{money}/receipts", amount_fen="1万元", received_on=day) == 303
    assert "款项和节点都办完了，就可以完成" in seller.get(money).text
    receipt = queries.receipts_of(contract)[0]
    long = "记错了合同。" * 60
    wrong = seller.post(f"/mine/receipts/{receipt.id}/reverse", data={"note": long})
    assert wrong.status_code == 422
    assert f'href="#reverse-{receipt.id}"' in wrong.text
    assert f'value="{long}"' in wrong.text
    assert press(f"/mine/receipts/{receipt.id}/reverse", note="记错合同") == 303
    data = {
        "source": "transfer",
        "costs_fen": "0",
        "brackets": "以上 70 30 0",
        "people": "张三 100",
    }
    assert press(f"{money}/distributions", **(data | {"people": "张三 90"})) == 422
    assert press(f"{money}/distributions", **data) == 303
    row = db.session.scalars(sa.select(Distribution)).one()
    address = f"/mine/distributions/{row.id}"
    assert press(f"{address}/drop", seen=str(row.revision)) == 303
    assert press(f"{money}/distributions", **data) == 303
    row = queries.distributions_of(contract)[-1]
    address = f"/mine/distributions/{row.id}"
    assert press(f"{address}/publicise", seen=str(row.revision)) == 303
    row.ends_on = date(2026, 1, 1)
    db.session.commit()
    assert press(f"{address}/settle", seen=str(row.revision)) == 303
    statement = f"/mine/shares/{row.shares[0].id}/statement.pdf"
    assert seller.get(statement).status_code == 404
    upkeep.render_missing()
    assert seller.get(statement).data.startswith(b"%PDF")
    page = seller.get(money).text
    assert "张三的明细" in page
    # The other side sees what it paid, and not how it is shared.
    theirs = buyer.get(money).text
    assert "10,000.00" in theirs
    assert "张三" not in theirs
    assert buyer.get(statement).status_code == 404
    assert press(f"{money}/convert") == 303
    assert sign_in(world.stranger).get(money).status_code == 404


@pytest.fixture
def site(tmp_path: Any, migrated: str) -> Iterator[Flask]:
    """A site whose commits are real."""
    with committing_site(tmp_path, migrated) as app:
        yield app


def test_two_at_once(site: Flask) -> None:
    world = World(Factory(db.session))
    contract = world.signed()
    receipt = receive(contract, world.seller, 100)
    numbers = (contract.id, receipt.id, world.seller.id)
    receive(contract, world.seller, 100)
    db.session.remove()

    def begin() -> Person:
        if db.engine.dialect.name == "sqlite":
            persistence.begin_write()
        return db.session.get_one(Person, numbers[2])

    def reverse() -> None:
        by = begin()
        deeds.reverse_receipt(
            db.session.get_one(Receipt, numbers[1]), "记错合同", by=by
        )

    def plan() -> None:
        by = begin()
        share(db.session.get_one(TechContract, numbers[0]), by, costs=[0])

    for deed in (plan, reverse):
        outcomes = at_once(site, lambda deed=deed: deed, lambda deed=deed: deed)
        refused = [isinstance(one, MarketError) for one in outcomes]
        assert sorted(refused) == [False, True]
    assert len(db.session.scalars(sa.select(Distribution)).all()) == 1
    # The plan still counts what was taken back since: it is refused.
    row = db.session.scalars(sa.select(Distribution)).one()
    by = db.session.get_one(Person, numbers[2])
    with pytest.raises(NotNow, match="不再成立"):
        deeds.settle_distribution(row, by=by, seen=row.revision)
