"""Worked examples of products: a version acts only where they are enough and come out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient

from marketplace.clock import today
from marketplace.errors import Invalid, NotAllowed, NotNow, Stale
from marketplace.extensions import db
from marketplace.finance import deeds
from marketplace.finance.content import ProductTerms, product_questions
from marketplace.finance.fitting import case_problems, worked_cases
from marketplace.finance.models import ProductVersion
from marketplace.policies.content import Figure
from marketplace.setup.demo_finance import CASES, EQUITY, LOAN, PLEDGE
from tests.factories import Factory
from tests.marketplace.finance.world import World, terms_of

SignIn = Callable[..., FlaskClient]
# What the product of `world.draft` gives: at most 500, for one of two statuses, in the city, without overdue loans.
MET: dict[str, Figure] = {
    "tech_sme": True,
    "is_local": True,
    "has_overdue": False,
    "capital_sought": Decimal(500),
}
PAST: dict[str, Figure] = MET | {"capital_sought": Decimal("500.01")}
UNKNOWN: dict[str, Figure] = {"tech_sme": True}


@pytest.fixture
def world(make: Factory) -> World:
    return World(make)


@pytest.fixture
def version(world: World) -> ProductVersion:
    return world.draft().versions[0]


def add(
    world: World, version: ProductVersion, figures: dict[str, Figure], expected: str
) -> None:
    deeds.add_case(version, figures, expected, by=world.banker, seen=version.revision)


@pytest.mark.parametrize(
    ("cases", "said"),
    [
        ([], ["至少写 3 个算例，现在 0 个。", "至少有一个算例条件都对得上。", "至少有一个算例有条件不符合。"]),
        ([(MET, "500"), (PAST, "not_met")], ["至少写 3 个算例，现在 2 个。"]),
        ([(MET, "500"), (UNKNOWN, "missing"), ({}, "missing")], ["至少有一个算例有条件不符合。"]),
        ([(PAST, "not_met"), (UNKNOWN, "missing"), ({}, "missing")], ["至少有一个算例条件都对得上。"]),
        (
            [(MET, "499"), (PAST, "not_met"), (UNKNOWN, "missing")],
            ["第 1 个算例应为「最高 499 万元」，算出「最高 500 万元」。"],
        ),
        (
            [(MET, "500"), (PAST, "500"), (UNKNOWN, "not_met")],
            [
                "第 2 个算例应为「最高 500 万元」，算出「有条件不符合」。",
                "第 3 个算例应为「有条件不符合」，算出「还缺资料」。",
            ],
        ),
        ([(MET, "500"), (PAST, "not_met"), (UNKNOWN, "missing")], []),
    ],
)  # fmt: skip
def test_a_version_is_handed_in_only_with_examples_that_come_out(
    cases: list[tuple[dict[str, Figure], str]],
    said: list[str],
    world: World,
    version: ProductVersion,
) -> None:
    for figures, expected in cases:
        add(world, version, figures, expected)

    assert case_problems(version) == said
    if said:
        with pytest.raises(NotNow) as refused:
            deeds.submit_version(version, by=world.banker, seen=version.revision)
        assert refused.value.advice == " ".join(said)
        assert version.state == "draft"
    else:
        deeds.submit_version(version, by=world.banker, seen=version.revision)
        assert version.state == "submitted"


def test_a_rule_that_looks_at_nothing_needs_no_examples(world: World) -> None:
    terms = terms_of(
        form="open", is_local="", has_overdue="", any_of=[], **{"capital_sought-high": ""}
    )  # fmt: skip
    assert terms.fields == []
    product = deeds.create_product(
        world.bank, "insurance", "科技保险", terms, today(), by=world.banker
    )
    version = product.versions[0]

    deeds.submit_version(version, by=world.banker, seen=version.revision)
    deeds.approve_version(version, by=world.operator, seen=version.revision)

    assert version.state == "approved"


def test_no_operator_lets_a_version_act_whose_examples_do_not_come_out(
    world: World, version: ProductVersion
) -> None:
    world.give_cases(version)
    deeds.submit_version(version, by=world.banker, seen=version.revision)
    # As one that was handed in before there were examples.
    stored = dict(version.content)
    del stored["cases"]
    version.content = stored
    db.session.flush()

    with pytest.raises(NotNow, match="没有公布"):
        deeds.approve_version(version, by=world.operator, seen=version.revision)
    deeds.return_version(version, "补算例", by=world.operator, seen=version.revision)
    assert version.state == "returned"


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        ({"years": Decimal(3)}, "missing"),
        (MET, "amount"),
        (MET, "draft"),
        (MET, ""),
        (MET, "五百"),
        (MET, "0"),
        (MET, "-5"),
        (MET, "5e2"),
        (MET, "NaN"),
        (MET, "99999999999"),
    ],
)
def test_examples_that_are_refused(
    figures: dict[str, Figure], expected: str, world: World, version: ProductVersion
) -> None:
    with pytest.raises(Invalid) as refused:
        add(world, version, figures, expected)

    assert refused.value.problems["expected"]
    assert version.cases == []


def test_who_writes_examples_and_when(world: World, version: ProductVersion) -> None:
    add(world, version, MET, "500")
    with pytest.raises(Invalid, match="没有保存"):
        add(world, version, MET, "missing")
    for person in (world.chief, world.investor, world.operator):
        with pytest.raises(NotAllowed):
            deeds.add_case(version, {}, "missing", by=person, seen=version.revision)
        with pytest.raises(NotAllowed):
            deeds.remove_case(version, 1, by=person, seen=version.revision)
    with pytest.raises(Stale):
        deeds.remove_case(version, 1, by=world.banker, seen=version.revision - 1)
    for number in (0, 2):
        with pytest.raises(Invalid):
            deeds.remove_case(version, number, by=world.banker, seen=version.revision)
    for number in range(deeds.MOST_CASES - 1):
        add(world, version, {"capital_sought": Decimal(number)}, "missing")
    with pytest.raises(Invalid):
        add(world, version, {}, "missing")
    deeds.remove_case(version, 1, by=world.banker, seen=version.revision)
    assert len(version.cases) == deeds.MOST_CASES - 1
    world.give_cases(version)
    deeds.submit_version(version, by=world.banker, seen=version.revision)
    with pytest.raises(NotNow):
        add(world, version, UNKNOWN, "missing")
    with pytest.raises(NotNow):
        deeds.remove_case(version, 1, by=world.banker, seen=version.revision)


def test_a_new_version_begins_with_the_examples_of_the_one_before(world: World) -> None:
    product = world.product()
    later = today() + timedelta(days=9)
    # A limit less, and another ceiling: what the rule no longer looks at leaves the examples.
    terms = terms_of(value="800", **{"capital_sought-high": ""})
    version = deeds.begin_version(product, terms, later, by=world.banker, seen=1)

    assert len(version.cases) == 3
    assert all("capital_sought" not in one.figures for one in version.cases)
    assert [one.given for one in worked_cases(version)][0] == "最高 800 万元"
    assert "第 1 个算例应为「最高 500 万元」，算出「最高 800 万元」。" in case_problems(version)  # fmt: skip
    # What was given up is nothing to begin with.
    deeds.drop_version(version, by=world.banker, seen=version.revision)
    version = deeds.begin_version(product, terms, later, by=world.banker, seen=2)
    assert len(version.cases) == 3
    deeds.remove_case(version, 1, by=world.banker, seen=version.revision)
    deeds.drop_version(version, by=world.banker, seen=version.revision)
    version = deeds.begin_version(product, terms, later, by=world.banker, seen=3)
    assert len(version.cases) == 3
    # Saving the draft again leaves them as they are.
    before = version.cases
    deeds.save_version(version, terms, later, by=world.banker, seen=version.revision)
    assert version.cases == before


@pytest.mark.parametrize(
    ("terms", "name"),
    [
        (LOAN, "成果转化贷（示例）"),
        (PLEDGE, "专利质押贷（示例）"),
        (EQUITY, "科创成长基金（示例）"),
    ],
)
def test_the_examples_of_the_demonstration(
    terms: ProductTerms, name: str, world: World
) -> None:
    product = deeds.create_product(
        world.bank, "loan", name, terms, today(), by=world.banker
    )
    version = product.versions[0]
    for figures, expected in CASES[name]:
        add(world, version, figures, expected)

    assert case_problems(version) == []


def test_a_bank_writes_examples_in_the_browser(
    world: World, version: ProductVersion, sign_in: SignIn, client: FlaskClient
) -> None:
    bank = sign_in(world.banker)
    office = f"/mine/finance/products/{version.product_id}"
    place = f"/mine/finance/versions/{version.id}/cases"
    page = bank.get(office).get_data(as_text=True)
    assert "写好才能送审" in page
    assert ">送审<" not in page
    typed = {
        "tech_sme": "yes", "is_local": "yes", "has_overdue": "no", "capital_sought": "500",
        "expected": "amount", "sum": "500", "years": "9",
    }  # fmt: skip
    label = product_questions()["capital_sought"].label
    for wrong, said in (
        ({"capital_sought": "很多"}, "capital_sought-error"),
        ({"capital_sought": "很多"}, f'<a href="#capital_sought">{label}：'),
        ({"sum": "很多"}, "sum-error"),
        ({"sum": ""}, "没有读出金额"),
        ({"expected": ""}, "选按规则应得什么"),
    ):
        answer = bank.post(place, data=typed | wrong | {"seen": version.revision})
        assert answer.status_code == 422
        assert said in answer.get_data(as_text=True)
        assert 'value="yes" selected' in answer.get_data(as_text=True)

    def post(**changes: Any) -> None:
        data = typed | changes | {"seen": version.revision}
        assert bank.post(place, data=data).status_code == 303

    post()
    post(capital_sought="500.01", expected="not_met")
    post(has_overdue="", expected="missing")
    assert bank.post(place, data=typed | {"seen": 1}).status_code == 409
    page = bank.get(office).get_data(as_text=True)
    assert page.count('data-label="按规则算出">一致') == 3
    assert ">送审<" in page
    removing = {"number": "3", "seen": version.revision}
    assert bank.post(f"{place}/remove", data=removing).status_code == 303
    assert bank.post(f"{place}/remove", data={"number": "x", "seen": version.revision}).status_code == 422  # fmt: skip
    post(has_overdue="", expected="missing")
    assert sign_in(world.chief).post(place, data=typed).status_code in (403, 404)

    deeds.submit_version(version, by=world.banker, seen=version.revision)
    assert "添加一个算例" not in bank.get(office).get_data(as_text=True)
    deeds.approve_version(version, by=world.operator, seen=version.revision)
    shown = client.get(f"/finance/products/{version.product_id}").get_data(as_text=True)
    assert "想融多少：500.01 万元" in shown
    assert "有条件不符合" in shown
