"""Products: their rule is evaluated as a clause is, an operator lets each version act, and nothing promises a loan."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

import marketplace.finance
from marketplace.clock import today
from marketplace.errors import Invalid, NotAllowed, NotFound, NotNow, Stale
from marketplace.extensions import db
from marketplace.finance import deeds, queries
from marketplace.finance.content import condition_on, stored_terms
from marketplace.finance.content import terms_of as read_stored
from marketplace.finance.fitting import fit_of, fits_of
from marketplace.finance.models import FinanceProduct
from marketplace.finance.typed_terms import read_terms, typed_terms
from marketplace.listings.models import Demand
from marketplace.policies.content import Figure
from tests.factories import Factory
from tests.marketplace.finance.world import CAPITAL, TYPED, World, terms_of

SignIn = Callable[..., FlaskClient]
FITS: dict[str, Figure] = {
    "high_tech": True,
    "is_local": True,
    "has_overdue": False,
    "capital_sought": Decimal(300),
}


@pytest.fixture
def world(make: Factory) -> World:
    return World(make)


@pytest.mark.parametrize(
    ("changes", "group", "amount"),
    [
        ({}, "fits", Decimal(500)),
        # One of the statuses is enough, and a missing one asks.
        ({"high_tech": None, "tech_sme": True}, "fits", Decimal(500)),
        ({"high_tech": None}, "near", None),
        ({"high_tech": False}, "near", None),
        ({"high_tech": False, "tech_sme": False}, "not_met", None),
        # 不超过 includes the number itself.
        ({"capital_sought": Decimal(500)}, "fits", Decimal(500)),
        ({"capital_sought": Decimal("500.01")}, "not_met", None),
        ({"capital_sought": None}, "near", None),
        ({"has_overdue": True}, "not_met", None),
        ({"has_overdue": None, "is_local": False}, "not_met", None),
    ],
)
def test_why_a_product_fits_and_what_is_missing(
    changes: dict[str, Any], group: str, amount: Decimal | None, world: World
) -> None:
    version = world.publish(world.draft())
    figures = {k: v for k, v in (FITS | changes).items() if v is not None}

    fit = fit_of(version, figures, today())

    assert fit is not None
    assert (fit.group, fit.verdict.amount) == (group, amount)
    states = {check.state for check in fit.checks}
    assert ("not_met" in states) == (group == "not_met")
    assert bool(fit.asks) == (group == "near")
    if group == "fits":
        assert states == {"amount"}
        assert fit.outcome.endswith("不代表审批")


@pytest.mark.parametrize(
    ("changes", "figures", "outcome"),
    [
        (
            {"form": "rate", "base": "patent_value", "percent": "60", "cap": "100"},
            {"patent_value": Decimal("33.333333")},
            "条件对得上，最高 20 万元，不代表审批",
        ),
        (
            {"form": "rate", "base": "patent_value", "percent": "60", "cap": "100"},
            {"patent_value": Decimal(500)},
            "条件对得上，最高 100 万元，不代表审批",
        ),
        (
            {"form": "rate", "base": "revenue", "percent": "10"},
            {"revenue": Decimal(500)},
            "条件对得上，最高 50 万元，不代表审批",
        ),
        (
            {"form": "rate", "base": "revenue", "percent": "10"},
            {"revenue": Decimal(0)},
            "没有可贷的金额：计算的基数是 0",
        ),
        ({"form": "open"}, {}, "条件对得上，金额由机构逐户商定，不代表审批"),
        (
            {"form": "rate", "base": "patent_value", "percent": "60"},
            {},
            "还缺资料",
        ),
    ],
)
def test_how_much(
    changes: dict[str, str],
    figures: dict[str, Figure],
    outcome: str,
    world: World,
) -> None:
    version = world.publish(world.draft(**changes))

    fit = fit_of(version, FITS | figures, today())

    assert fit is not None
    assert fit.outcome == outcome


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"summary": ""}, "summary"),
        ({"price": "x"}, "price"),
        ({"document": None}, "document"),
        ({"papers": " \n "}, "papers"),
        ({"papers": "\n".join(f"材料{n}" for n in range(21))}, "papers"),
        ({"form": "gift"}, "form"),
        ({"value": "很多"}, "value"),
        ({"value": "0"}, "value"),
        ({"value": "-5"}, "value"),
        ({"form": "rate", "base": "patent_value", "percent": "101"}, "percent"),
        ({"form": "rate", "base": "years", "percent": "10"}, "base"),
        ({"form": "rate", "base": "revenue", "percent": "1", "cap": "无"}, "cap"),
        ({"years-low": "一年"}, "years-low"),
        ({"years-low": "5", "years-high": "3"}, "years-high"),
        ({"firm_stage": ["growth", "old"]}, "firm_stage"),
        ({"any_of": ["tech_sme"]}, "any_of"),
        ({"high_tech": "yes"}, "high_tech"),
        ({"summary": "机密★5年，某产品"}, "summary"),
    ],
)
def test_terms_that_are_refused(changes: dict[str, Any], wrong: str) -> None:
    typed: MultiDict[str, str] = MultiDict()
    whole: dict[str, Any] = TYPED | {"any_of": ["tech_sme", "high_tech"]} | changes
    for name, value in whole.items():
        if value is not None:
            typed.setlist(name, value if isinstance(value, list) else [value])

    reading = read_terms(typed)

    assert reading.terms is None
    assert wrong in reading.problems


SUMS = st.decimals(min_value="0.0001", max_value=9999, places=4).map(str)


@given(
    value=SUMS,
    low=st.integers(0, 99),
    more=st.integers(0, 99),
    stages=st.sets(st.sampled_from(["seed", "growth"])),
    local=st.sampled_from(["", "yes", "no"]),
)
def test_what_is_typed_is_stored_and_typed_again(
    value: str, low: int, more: int, stages: set[str], local: str
) -> None:
    terms = terms_of(
        value=value,
        is_local=local,
        firm_stage=sorted(stages),
        **{"years-low": str(low), "years-high": str(low + more)},
    )

    stored = read_stored(stored_terms(terms))

    assert stored == terms
    again = {name: one for name, one in typed_terms(stored).items() if one != ""}
    unset = dict.fromkeys(TYPED)
    assert terms_of(**(unset | {"any_of": []} | again)) == terms


def test_no_float_computes(make: Factory) -> None:
    assert isinstance(condition_on("years", "at_least", Decimal(3)).value, Decimal)
    folder = Path(marketplace.finance.__file__).parent
    files = sorted(folder.rglob("*.py"))
    assert len(files) > 10
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not (
                isinstance(node, ast.Constant) and isinstance(node.value, float)
            ), path
            assert not (isinstance(node, ast.Name) and node.id in ("float", "eval")), (
                path
            )


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("科技贷款", ["loan"]),
        ("鲁科担", ["guarantee"]),
        ("科技保险", ["insurance"]),
        ("专利质押贷", ["loan", "ip_pledge"]),
        ("股权融资", ["loan", "fund"]),
        ("保持器注塑", []),
        ("轴承", []),
        ("", []),
    ],
)
def test_what_a_search_asks_for(text: str, kinds: list[str]) -> None:
    assert queries.wanted_kinds(text) == kinds


def test_a_search_for_a_loan_finds_the_products(
    world: World, client: FlaskClient
) -> None:
    product = world.product()
    address = f"/finance/products/{product.id}"

    assert address in client.get("/search?q=贷款").get_data(as_text=True)
    for other in ("/search?q=轴承", "/search?q=担保", "/search"):
        assert address not in client.get(other).get_data(as_text=True)
    said = client.get("/search?q=担保&kind=demand").get_data(as_text=True)
    assert "这一类现在没有公布的" in said
    header = client.get("/").get_data(as_text=True).split("</header>")[0]
    assert 'href="/finance"' in header
    header = client.get(address).get_data(as_text=True).split("</header>")[0]
    assert 'href="/finance" aria-current="true"' in header


def test_two_versions_on_their_days(
    world: World, stop_clock: Callable[..., None]
) -> None:
    product = world.product()
    first = product.versions[0]
    later = today() + timedelta(days=10)
    deeds.begin_version(product, terms_of(value="800"), later, by=world.banker, seen=1)
    second = world.publish(product)

    assert (first.valid_to, second.valid_from) == (later - timedelta(days=1), later)
    assert queries.get_listed(product.id, later - timedelta(days=1)) == first
    assert queries.get_listed(product.id, later) == second
    # One more that begins earlier: what had not begun never will.
    soon = today() + timedelta(days=5)
    deeds.begin_version(product, terms_of(value="600"), soon, by=world.banker, seen=2)
    third = world.publish(product)
    assert second.replaced_at is not None
    assert queries.get_listed(product.id, later) == third


def test_nobody_lets_their_own_through(world: World) -> None:
    product = world.draft()
    version = product.versions[0]
    # An operator who belongs to the bank.
    both = world.make.person("operator", world.bank)
    world.give_cases(version)
    deeds.submit_version(version, by=world.banker, seen=version.revision)

    for person in (world.banker, world.chief, both):
        with pytest.raises(NotAllowed):
            deeds.approve_version(version, by=person, seen=version.revision)
    with pytest.raises(NotFound):
        queries.get_listed(product.id, today())
    with pytest.raises(Invalid):
        deeds.return_version(version, " ", by=world.operator, seen=version.revision)
    deeds.return_version(version, "写明费率", by=world.operator, seen=version.revision)
    assert (version.state, version.note) == ("returned", "写明费率")
    deeds.save_version(
        version, terms_of(), today(), by=world.banker, seen=version.revision
    )
    deeds.submit_version(version, by=world.banker, seen=version.revision)
    with pytest.raises(NotNow):
        deeds.save_version(
            version, terms_of(), today(), by=world.banker, seen=version.revision
        )
    with pytest.raises(Stale):
        deeds.approve_version(version, by=world.operator, seen=version.revision - 1)
    deeds.approve_version(version, by=world.operator, seen=version.revision)
    assert (product.state, version.state) == ("listed", "approved")


def test_only_verified_institutions_offer(world: World) -> None:
    terms = terms_of()
    with pytest.raises(NotAllowed):
        deeds.create_product(world.bank, "loan", "某贷", terms, today(), by=world.chief)
    with pytest.raises(NotNow):
        deeds.create_product(world.firm, "loan", "某贷", terms, today(), by=world.chief)
    fresh = world.make.organisation(kind="financial", verified=False)
    person = world.make.person("desk", fresh)
    with pytest.raises(NotAllowed):
        deeds.create_product(fresh, "loan", "某贷", terms, today(), by=person)
    world.draft()
    for name, kind, day in (
        ("成果转化贷", "loan", today()),
        ("", "loan", today()),
        ("某贷", "gift", today()),
        ("某贷", "loan", None),
        ("某贷", "loan", today() - timedelta(days=1)),
    ):
        with pytest.raises(Invalid):
            deeds.create_product(world.bank, kind, name, terms, day, by=world.banker)


def test_what_is_ended_is_in_no_catalogue(world: World) -> None:
    product = world.product()
    deeds.begin_version(product, terms_of(), today(), by=world.banker, seen=1)
    version = product.open_version
    assert version is not None
    world.give_cases(version)
    deeds.submit_version(version, by=world.banker, seen=version.revision)

    deeds.end_product(product, by=world.banker, seen=product.revision)

    assert (product.state, version.state) == ("ended", "dropped")
    assert queries.catalogue(today()) == []
    with pytest.raises(NotNow):
        deeds.begin_version(product, terms_of(), today(), by=world.banker, seen=2)


def test_a_suspended_bank_is_in_no_catalogue(world: World) -> None:
    product = world.product()
    world.bank.state = "suspended"
    db.session.commit()

    with pytest.raises(NotFound):
        queries.get_listed(product.id, today())


def test_what_the_platform_knows_of_a_firm(world: World) -> None:
    world.status("high_tech")
    world.status("little_giant")
    world.make.achievement(
        owner=world.firm,
        ips=[
            {
                "ip_type": "invention",
                "name": "一种轴承",
                "number": "ZL202310123456.8",
                "legal_status": "granted",
            }
        ],
    )

    figures = queries.figures_of_firm(world.firm, today())

    assert figures == {
        "high_tech": True,
        "specialised": True,
        "is_local": True,
        "patents": Decimal(1),
    }
    # On a day after the end of a status it is not known; nobody says that it is missing.
    after = date(today().year + 2, 1, 1)
    assert "high_tech" not in queries.figures_of_firm(world.firm, after)


@pytest.mark.parametrize(
    ("modes", "expected"),
    [(["loan"], 1), (["equity"], 0), (["any"], 1), ([], 1), (["ip_pledge", "loan"], 1)],
)
def test_products_serve_ways_of_financing(
    modes: list[str], expected: int, world: World
) -> None:
    world.product()
    demand = world.make.demand(owner=world.firm, **CAPITAL | {"financing_modes": modes})

    found = queries.serving(queries.catalogue(today()), demand, world.chief)

    assert len(found) == expected


def test_the_page_of_a_demand_for_money(
    world: World, sign_in: SignIn, client: FlaskClient
) -> None:
    world.product()
    world.status()
    demand = world.make.demand("中试线融资", owner=world.firm, **CAPITAL)
    technology = world.make.demand("轴承异音攻关", owner=world.firm)
    place = f"/demands/{demand.id}"

    guest = client.get(place).get_data(as_text=True)
    own = sign_in(world.chief).get(place).get_data(as_text=True)

    # What is checked of the firm is for its own people only.
    assert "可能用得上的金融产品" in guest
    assert "只按这条需求公开的内容比较" in guest
    assert "符合：满足一项即可" not in guest
    assert "符合：满足一项即可" in own
    assert "不代表审批" in guest
    other = client.get(f"/demands/{technology.id}").get_data(as_text=True)
    assert "可能用得上的金融产品" not in other
    hidden = world.make.demand(
        "保密的融资", owner=world.firm, visibility="partial", **CAPITAL
    )
    page = client.get(f"/demands/{hidden.id}").get_data(as_text=True)
    assert "300 万元" not in page


def test_the_bank_writes_and_the_operator_publishes_in_the_browser(
    world: World, sign_in: SignIn, client: FlaskClient
) -> None:
    bank, operator = sign_in(world.banker), sign_in(world.operator)
    first = {**TYPED, "any_of": ["tech_sme", "high_tech"], "kind": "loan"}
    data = {**first, "name": "科创贷", "valid_from": today().isoformat()}
    faulty = {**data, "value": "很多", "name": "", "valid_from": "明年"}
    wrong = bank.post("/mine/finance/products/new", data=faulty)
    assert wrong.status_code == 422
    for said in ("「很多」", "写产品的名称。", "「明年」"):
        assert said in wrong.text
    text = wrong.get_data(as_text=True)
    assert "给转化科技成果的企业的流动资金贷款" in text
    assert 'value="high_tech" checked' in text
    assert sign_in(world.chief).get("/mine/finance/products/new").status_code == 404

    made = bank.post("/mine/finance/products/new", data=data)

    assert made.status_code == 303
    product = db.session.scalars(db.select(FinanceProduct)).one()
    version = product.versions[0]
    place = f"/mine/finance/products/{product.id}"
    form = bank.get(f"{place}/edit").get_data(as_text=True)
    assert "示例银行科技成果转化贷管理办法" in form
    bank.post(
        f"{place}/edit", data={**data, "price": "年利率 3.1%", "seen": version.revision}
    )
    assert version.terms.price == "年利率 3.1%"
    late = bank.post(f"{place}/edit", data={**data, "seen": version.revision - 1})
    assert late.status_code == 409
    seen = {"seen": version.revision}
    submit = f"/mine/finance/versions/{version.id}/submit"
    early = bank.post(submit, data=seen)
    assert early.status_code == 409
    assert "至少写 3 个算例，现在 0 个" in early.get_data(as_text=True)
    world.give_cases(version)
    assert bank.post(submit, data={"seen": version.revision}).status_code == 303
    assert "科创贷" in operator.get("/office/review?tray=products").get_data(as_text=True)  # fmt: skip
    seen = {"seen": version.revision}
    office = f"/office/finance/versions/{version.id}"
    assert bank.post(f"{office}/approve", data=seen).status_code == 403
    assert operator.get(place).status_code == 200
    assert operator.get(f"{place}/edit").status_code == 403
    assert client.get(f"/finance/products/{product.id}").status_code == 404
    refused = operator.post(f"{office}/return", data={**seen, "note": ""})
    assert refused.status_code == 422
    assert operator.post(f"{office}/approve", data=seen).status_code == 303
    public = client.get(f"/finance/products/{product.id}").get_data(as_text=True)
    assert "最高 500 万元" in public
    assert "不代表审批" in public
    listed = client.get("/finance").get_data(as_text=True)
    assert "科创贷" in listed


def test_who_begins_a_version_overwrites_no_draft(
    world: World, sign_in: SignIn
) -> None:
    product = world.product()
    bank = sign_in(world.banker)
    place = f"/mine/finance/products/{product.id}/edit"
    page = bank.get(place).get_data(as_text=True)
    hidden = dict(
        re.findall(r'name="(seen|follows)" type="hidden" value="(\d*)"', page)
    )
    typed = {**TYPED, "valid_from": today().isoformat(), "price": "年利率 2.9%"}
    # A colleague has begun one since; its revision is the number of the version that both saw.
    deeds.begin_version(product, terms_of(), today(), by=world.banker, seen=1)
    draft = product.open_version
    assert draft is not None
    assert draft.revision == product.versions[-1].number

    answer = bank.post(place, data={**typed, **hidden})

    assert hidden == {"seen": "", "follows": "1"}
    assert answer.status_code == 409
    assert draft.terms.price == TYPED["price"]
    # The form of a draft that was deleted begins no other one.
    deeds.drop_version(draft, by=world.banker, seen=draft.revision)
    late = bank.post(place, data={**typed, "seen": "2"})
    assert late.status_code == 409
    assert bank.post(place, data={**typed, "follows": "2"}).status_code == 303


def test_guests_try_figures_that_are_not_stored(
    world: World, client: FlaskClient, sign_in: SignIn
) -> None:
    world.product()
    typed = {"high_tech": "yes", "is_local": "yes", "has_overdue": "no"}

    fits = client.post("/finance", data={**typed, "capital_sought": "300"})
    near = client.post("/finance", data=typed)
    wrong = client.post("/finance", data={**typed, "capital_sought": "很多"})

    assert "条件对得上，最高 500 万元，不代表审批" in fits.get_data(as_text=True)
    assert "还要知道：想融多少" in near.get_data(as_text=True)
    assert wrong.status_code == 422
    assert '<a href="#capital_sought">想融多少' in wrong.get_data(as_text=True)
    world.status()
    own = sign_in(world.chief).get("/finance").get_data(as_text=True)
    assert "还缺资料" in own
    assert "符合：满足一项即可" in own


def test_groups_in_their_order(world: World) -> None:
    for name, changes in (
        ("甲贷", {}),
        ("乙贷", {"is_local": "no"}),
        ("丙贷", {"years-low": "1"}),
    ):
        world.product(name, **changes)
    versions = queries.catalogue(today())

    groups = fits_of(versions, FITS, today())

    found = [(code, [fit.version.product.name for fit in fits]) for code, _, fits in groups]  # fmt: skip
    assert found == [("fits", ["甲贷"]), ("near", ["丙贷"]), ("not_met", ["乙贷"])]
    tomorrow = [fit_of(version, FITS, today() - timedelta(days=1)) for version in versions]  # fmt: skip
    assert tomorrow == [None, None, None]


def test_demands_are_rows_of_the_listing_room(world: World) -> None:
    demand = world.make.demand(owner=world.firm, **CAPITAL)

    figures = queries.figures_of_demand(demand, world.stranger)

    assert isinstance(demand, Demand)
    assert figures == {"capital_sought": Decimal(300), "firm_stage": "growth"}
