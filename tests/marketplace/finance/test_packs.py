"""Packs: only what was ticked, frozen and hashed; looks are recorded; withdrawal and the last day close at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from marketplace.clock import today
from marketplace.errors import Invalid, NotAllowed, NotFound, NotNow, Stale
from marketplace.extensions import db
from marketplace.finance import pack_deeds, pack_queries, personal_copy
from marketplace.finance.models import FirmPack
from marketplace.finance.pack_content import digest_of, items_of
from marketplace.lifecycle import history_of
from marketplace.notices.models import Notice
from marketplace.organisations.deeds import suspend_organisation
from tests.factories import Factory
from tests.marketplace.files.samples import attach
from tests.marketplace.finance.world import CAPITAL, World

SignIn = Callable[..., FlaskClient]
PATENT = {
    "ip_type": "invention",
    "name": "一种超精研磨方法",
    "number": "ZL202310123456.8",
    "legal_status": "granted",
}


@pytest.fixture
def world(make: Factory) -> World:
    world = World(make)
    world.status()
    achievement = make.achievement("自有工艺", owner=world.firm, ips=[PATENT])
    attach(achievement, name="检测报告.pdf", by=world.chief)
    make.demand("中试线融资", owner=world.firm, **CAPITAL)
    return world


def test_what_may_be_ticked(world: World) -> None:
    items = items_of(world.firm, today())

    assert [(one.group, one.name) for one in items] == [
        ("status", "高新技术企业"),
        ("ip", "一种超精研磨方法"),
        ("demand", "中试线融资"),
        ("file", "检测报告.pdf"),
    ]
    # Nothing of anybody else.
    assert items_of(world.bank, today()) == []


def test_only_what_was_ticked_goes_in(world: World) -> None:
    (ip,) = [code for code in world.codes() if code.startswith("ip-")]

    pack = world.pack(codes=[ip])

    assert [one["name"] for one in pack.content["items"]] == ["一种超精研磨方法"]
    assert "高新技术企业" not in json.dumps(pack.content, ensure_ascii=False)
    assert pack.sha256 == digest_of(pack.content)
    assert pack.consent == pack_deeds.CONSENT
    assert pack.consented_by_id == world.chief.id


def test_it_stays_as_it_was(world: World) -> None:
    pack = world.pack()
    number, digest = pack.id, pack.sha256
    world.firm.name = "改了名的厂"
    db.session.commit()
    db.session.expire_all()

    pack = db.session.get_one(FirmPack, number)

    assert pack.content["organisation"]["单位名称"] == "临清振动轴承厂（示例）"
    assert digest_of(pack.content) == digest
    pack.content["items"][0]["name"] = "别的"
    assert digest_of(pack.content) != digest


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"agrees": False}, "agrees"),
        ({"codes": []}, "items"),
        ({"codes": ["status-999999"]}, "items"),
        ({"until": None}, "until"),
        ({"until": today() - timedelta(days=1)}, "until"),
        ({"until": today() + timedelta(days=400)}, "until"),
        ({"purpose": ""}, "purpose"),
    ],
)
def test_no_consent_no_row(
    changes: dict[str, object], wrong: str, world: World
) -> None:
    with pytest.raises(Invalid) as refused:
        world.pack(**changes)

    assert wrong in refused.value.problems
    db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.count(FirmPack.id))) == 0


def test_an_item_of_another_firm_is_refused(world: World) -> None:
    other = world.make.achievement(owner=world.make.organisation(), ips=[PATENT])
    code = f"ip-{other.ips[0].id}"
    own = world.codes()[0]

    with pytest.raises(Invalid):
        world.pack(codes=[own, code])


def test_who_may_grant(world: World) -> None:
    for person in (world.banker, world.stranger, world.operator):
        with pytest.raises(NotAllowed):
            world.pack(by=person)
    with pytest.raises(NotNow):
        world.pack(institution=world.make.organisation())
    unverified = world.make.organisation(kind="financial", verified=False)
    with pytest.raises(NotNow):
        world.pack(institution=unverified)
    product = world.product()
    with pytest.raises(NotNow):
        world.pack(institution=world.fund, product=product)
    assert world.pack(product=product).product == product


def test_one_pack_at_a_time(world: World) -> None:
    first = world.pack()
    with pytest.raises(NotNow):
        world.pack()
    assert world.pack(institution=world.fund).state == "granted"
    first = db.session.scalars(sa.select(FirmPack).order_by(FirmPack.id)).first()
    with pytest.raises(Stale):
        pack_deeds.withdraw_pack(first, by=world.chief, seen=first.revision + 1)
    pack_deeds.withdraw_pack(first, by=world.chief, seen=first.revision)
    with pytest.raises(NotNow):
        pack_deeds.withdraw_pack(first, by=world.chief, seen=first.revision)
    assert world.pack().state == "granted"
    assert [one.deed for one in history_of(first)] == ["create", "withdraw"]


def test_the_bank_before_and_after_withdrawal(world: World, sign_in: SignIn) -> None:
    pack = world.pack()
    bank, firm = sign_in(world.banker), sign_in(world.chief)
    place = f"/mine/finance/packs/{pack.id}"
    file = next(one for one in pack.content["items"] if one["group"] == "file")
    addresses = {
        place: "看了资料包",
        f"{place}/pack.json": "下载了资料包",
        f"{place}/files/{file['attachment_id']}": "下载了文件",
    }

    assert "对方还没有打开过" in firm.get(place).get_data(as_text=True)
    for address in addresses:
        with bank.get(address) as answer:
            assert answer.status_code == 200
    page = bank.get(place).get_data(as_text=True)
    assert pack.sha256 in page
    assert "一种超精研磨方法" in page
    assert "撤回同意" not in page
    copy = bank.get(f"{place}/pack.json").get_data()
    assert hashlib.sha256(copy).hexdigest() == pack.sha256
    # Each look is shown to the firm; its own are none.
    looks = [look.what for look in pack_queries.looks_at(pack)]
    assert looks == [
        "下载了资料包",
        "看了资料包",
        "下载了文件",
        "下载了资料包",
        "看了资料包",
    ]
    seen = firm.get(place).get_data(as_text=True)
    for words in addresses.values():
        assert words in seen
    assert len(pack_queries.looks_at(pack)) == len(looks)
    listed = bank.get("/mine/finance/received").get_data(as_text=True)
    assert place in listed

    answer = firm.post(f"{place}/withdraw", data={"seen": pack.revision})

    assert answer.status_code == 303
    for address in addresses:
        assert bank.get(address).status_code == 403
    assert place not in bank.get("/mine/finance/received").get_data(as_text=True)
    assert len(pack_queries.looks_at(pack)) == len(looks)
    # The firm still sees what it had granted.
    assert "已撤回" in firm.get(place).get_data(as_text=True)


def test_the_last_day(
    world: World, sign_in: SignIn, stop_clock: Callable[[datetime], None]
) -> None:
    until = today() + timedelta(days=3)
    pack = world.pack(until=until)
    place = f"/mine/finance/packs/{pack.id}"
    # 24:00 in China is 16:00 UTC.
    stop_clock(datetime(until.year, until.month, until.day, 15, 59))
    bank = sign_in(world.banker)
    assert bank.get(place).status_code == 200
    stop_clock(datetime(until.year, until.month, until.day, 16, 1))
    assert bank.get(place).status_code == 403
    assert pack.state_name == "已到期"
    # A new one need not wait for the job.
    again = world.pack(until=today() + timedelta(days=1))
    assert pack.state == "expired"
    stop_clock(datetime(until.year, until.month, until.day, 16, 1) + timedelta(days=2))
    assert pack_deeds.expire_packs() == 1
    assert pack_deeds.expire_packs() == 0
    assert again.state == "expired"
    kinds = sa.select(Notice.subject).where(Notice.person_id == world.chief.id)
    assert f"提供给 {world.bank.name} 的资料包已到期" in db.session.scalars(kinds).all()


def test_nobody_else_sees_it(world: World, sign_in: SignIn) -> None:
    pack = world.pack()
    place = f"/mine/finance/packs/{pack.id}"

    for person in (world.investor, world.stranger, world.operator):
        assert sign_in(person).get(place).status_code == 404
    auditor = world.make.person("auditor", world.bank)
    assert sign_in(auditor).get(place).status_code == 404
    world.bank.state = "suspended"
    db.session.commit()
    assert sign_in(world.banker).get(place).status_code == 404


def test_a_file_that_was_removed_is_gone(world: World, sign_in: SignIn) -> None:
    pack = world.pack()
    item = next(one for one in pack.content["items"] if one["group"] == "file")
    number = item["attachment_id"]
    attachment = pack_queries.file_of(pack, number)
    with pytest.raises(NotFound):
        pack_queries.file_of(pack, number + 1)
    attachment.file_id, attachment.removed_at = None, attachment.created_at
    db.session.commit()
    db.session.refresh(attachment)

    place = f"/mine/finance/packs/{pack.id}/files/{number}"

    assert sign_in(world.banker).get(place).status_code == 404


def test_the_firm_grants_in_the_browser(world: World, sign_in: SignIn) -> None:
    product = world.product()
    firm = sign_in(world.chief)
    page = firm.get(f"/mine/finance/packs/new?product={product.id}")
    assert "成果转化贷" in page.get_data(as_text=True)
    code = world.codes()[0]
    data = {
        "institution": str(world.bank.id),
        "product": str(product.id),
        "items": [code],
        "purpose": "申请贷款",
        "until": (today() + timedelta(days=9)).isoformat(),
    }
    refused = firm.post("/mine/finance/packs/new", data=data)
    assert refused.status_code == 422
    text = refused.get_data(as_text=True)
    assert "不勾选同意，什么都不会提供出去" in text
    assert f'value="{code}" checked' in text
    nowhere = firm.post("/mine/finance/packs/new", data={**data, "institution": "x"})
    assert nowhere.status_code == 422

    made = firm.post("/mine/finance/packs/new", data={**data, "agrees": "y"})

    pack = db.session.scalars(sa.select(FirmPack)).one()
    assert made.location == f"/mine/finance/packs/{pack.id}"
    assert pack.product == product
    assert len(pack.content["items"]) == 1
    # A second one to the same bank is refused with the way to the first, and nothing typed is lost.
    again = firm.post("/mine/finance/packs/new", data={**data, "agrees": "y"})
    assert again.status_code == 409
    text = again.get_data(as_text=True)
    assert f'href="/mine/finance/packs/{pack.id}"' in text
    assert f'value="{code}" checked' in text
    assert "申请贷款" in text
    assert "成果转化贷" in sign_in(world.banker).get("/mine/finance/received").get_data(as_text=True)  # fmt: skip
    assert sign_in(world.banker).get("/mine/finance/packs/new").status_code == 404


def test_the_copy_of_one_s_data_says_what_one_agreed_to(world: World) -> None:
    pack = world.pack()

    copy = dict(personal_copy(world.chief))

    assert [row["SHA-256"] for row in copy["融资资料包"]] == [pack.sha256]
    assert dict(personal_copy(world.banker)) == {"融资资料包": []}


def test_a_suspended_firm_shows_nothing(world: World, sign_in: SignIn) -> None:
    pack = world.pack()

    suspend_organisation(world.firm, by=world.operator, note="资料不实，正在核查")

    assert pack.state == "withdrawn"
    answer = sign_in(world.banker).get(f"/mine/finance/packs/{pack.id}")
    assert answer.status_code == 403
