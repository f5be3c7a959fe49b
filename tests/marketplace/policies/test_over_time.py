"""What a date changes: versions that begin, drafts that come into force, official texts that are loaded."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marketplace.accounts.models import Person
from marketplace.clock import today
from marketplace.extensions import db
from marketplace.policies import deeds, queries
from marketplace.policies.content import Figure
from marketplace.policies.estimating import estimate, outcome_of
from marketplace.policies.evaluating import evaluate_clause
from marketplace.policies.models import PolicyText
from marketplace.setup.demonstration import FIGURES_OF_FIRM
from tests.conftest import undone
from tests.factories import Factory
from tests.marketplace.envelopes.test_claims import set_rule
from tests.marketplace.envelopes.world import World

SignIn = Callable[..., FlaskClient]
S004 = "聊政字〔2023〕11号"
TEXT = "18. 甲中心获批的，给予支持。\n19. 乙合同登记的，按额给予补助。\n"
FIRM: dict[str, Figure] = {
    "kind": "firm",
    "above_scale": True,
    "first_report": True,
    "rd_spend": Decimal(100),
    "rd_growth": Decimal(0),
}
# 规上企业, as the draft would have it if it were issued.
ISSUED_CASES = """[[clause.case]]
day = {before}
figures = {{ kind = "firm", above_scale = true, first_report = true, rd_spend = "100" }}
expected = "not_yet"
[[clause.case]]
day = {first}
figures = {{ kind = "firm", above_scale = true, first_report = true, rd_spend = "100" }}
expected = "5"
[[clause.case]]
day = 2035-06-30
figures = {{ kind = "firm", above_scale = true, first_report = true, rd_spend = "99.99", rd_growth = "0" }}
expected = "not_met"
"""


@pytest.fixture
def operator(make: Factory) -> Person:
    return make.person("operator")


def issued(first: date) -> str:
    """The draft D-5d as a clause in force from a day on."""
    text = queries.list_versions("D-5d")[-1].row.text.split("[[clause.case]]")[0]
    text = text.replace('in_force = "draft"', 'in_force = "active"')
    text = text.replace("valid_from = 2024-01-01", f"valid_from = {first}")
    return text + ISSUED_CASES.format(before=first - timedelta(days=1), first=first)


def outcome_on(day: date) -> str:
    (clause,) = [one for one in queries.clauses_on(day) if one.code == "D-5d"]
    return evaluate_clause(clause, FIRM, day).short


def test_a_draft_that_is_issued_gives_sums_from_its_day_only(
    session: Session, operator: Person, client: FlaskClient
) -> None:
    before = {code: one[-1] for code, one in queries.list_clauses().items()}
    page = client.get("/policies/D-5d").get_data(as_text=True)
    assert "征求意见稿" in page

    deeds.add_version("D-5d", issued(date(2030, 3, 1)), by=operator, seen=1)

    days = (date(2026, 6, 30), date(2030, 2, 28), date(2030, 3, 1), date(2031, 1, 1))
    assert [outcome_on(day) for day in days] == ["draft", "draft", "5", "5"]
    after = {code: one[-1] for code, one in queries.list_clauses().items()}
    changed = {code for code in after if after[code] != before[code]}
    assert changed == {"D-5d"}
    # The page shows what stands today, and says what will.
    page = client.get("/policies/D-5d").get_data(as_text=True)
    assert "征求意见稿" in page
    assert "第 2 版从 2030-03-01 起代替这一版" in page
    told = {"kind": "firm", "above_scale": "yes", "first_report": "yes", "rd_spend": "100"}  # fmt: skip
    for day, shown in (("2030-02-28", "征求意见稿里的"), ("2030-03-01", "预估上限 5 万元")):  # fmt: skip
        text = client.post("/policies/estimate", data=told | {"day": day})
        assert shown in text.get_data(as_text=True)


def test_a_version_changes_results_from_its_day_on_only(session: Session) -> None:
    lot = random.Random(29)  # noqa: S311  the same every time
    seen = set()
    for _ in range(40):
        first = date(2023, 6, 1) + timedelta(days=lot.randrange(4_000))
        day = first + timedelta(days=lot.choice((-900, -1, 0, 1, 900)))
        base = Decimal(lot.randrange(1, 500_000)).scaleb(-lot.randrange(3))
        figures: dict[str, Figure] = {"kind": "firm", "tax_free_amount": base}
        before = results_on(day, figures)
        with undone():
            deeds.add_version("P-19b", doubled(first), by=None, seen=1)
            after = results_on(day, figures)
        changed = {code for code in after if after[code] != before[code]}
        seen.add(day >= first)
        assert changed == ({"P-19b"} if day >= first else set())
        if changed:
            assert after["P-19b"] == in_words(min(base * 3 / 100, Decimal(100)))
    assert seen == {True, False}


def test_a_stored_clause_that_is_refused_now_takes_no_other_page_with_it(
    session: Session, operator: Person, client: FlaskClient, sign_in: SignIn
) -> None:
    """An earlier release stored it; only its own verdict goes, and an operator mends it in the browser."""
    row = queries.version_rows("P-19b")[0]
    text = row.text
    row.text = text.replace('rate = "1.5"', 'rate = "15e-1"')
    session.commit()

    for address in ("/policies", "/policies/estimate", "/policies/P-19a"):
        page = client.get(address)
        assert page.status_code == 200, address
        assert "P-19b" not in page.get_data(as_text=True)
    assert client.get("/policies/P-19b").status_code == 404
    assert queries.clause_on("P-19b", today()) is None
    assert "P-19b" not in queries.list_clauses()
    office = sign_in(operator)
    page = office.get("/policies").get_data(as_text=True)
    assert "P-19b 存下的文字读不出来" in page
    assert "15e-1" in page
    form = office.get("/policies/P-19b/new").get_data(as_text=True)
    assert "15e-1" in form
    deeds.add_version("P-19b", text, by=operator, seen=row.number)
    assert client.get("/policies/P-19b").status_code == 200
    assert queries.unreadable_clauses() == []


def test_a_version_of_a_newer_release_ends_the_one_before(session: Session) -> None:
    stored = queries.list_versions("P-19b")[0]
    text = doubled(first := date(2030, 1, 1))
    seed = {
        "P-19b": [(stored.clause, stored.row.text), (queries.read_clause(text), text)]
    }

    assert deeds.seed_policies(seed) == 1

    newest, former = queries.list_versions("P-19b")
    assert (newest.row.number, newest.clause.valid_to) == (2, None)
    assert former.clause.valid_to == first - timedelta(days=1)
    assert former.period == "2023-01-01 至 2029-12-31"


def results_on(day: date, figures: dict[str, Figure]) -> dict[str, str]:
    found = {}
    for clause in queries.clauses_on(day):
        found[clause.code] = outcome_of(evaluate_clause(clause, figures, day))
    return found


def in_words(amount: Decimal) -> str:
    return f"预估上限 {amount.normalize():f} 万元"


def doubled(first: date) -> str:
    """P-19b with twice the rate and twice the cap from a day on."""
    text = queries.list_versions("P-19b")[-1].row.text.split("[[clause.case]]")[0]
    text = text.replace('rate = "1.5"', 'rate = "3"').replace('"50"', '"100"')
    text = text.replace("valid_from = 2023-01-01", f"valid_from = {first}")
    before, later = first - timedelta(days=1), first + timedelta(days=400)
    for day, expected in ((before, "not_yet"), (first, "60"), (later, "60")):
        figures = '{ kind = "firm", tax_free_amount = "2000" }'
        text += f'[[clause.case]]\nday = {day}\nfigures = {figures}\nexpected = "{expected}"\n'  # fmt: skip
    return text


def test_the_firm_of_the_demonstration_meets_five_and_has_three_open(
    session: Session,
) -> None:
    read = deeds.read_figures(FIGURES_OF_FIRM, queries.known_questions())
    assert read.problems == {}
    result = estimate(
        queries.clauses_on(today()),
        read.figures,
        today(),
        questions=queries.known_questions(),
    )
    groups = {code: lines for code, _, lines in result.groups}

    assert len(groups["amount"]) >= 5
    assert len(groups["near"]) >= 3
    for line in groups["amount"]:
        assert line.clause.number
        assert line.clause.clause
        assert line.trace
        assert any(one.startswith("单位性质：企业") for one in line.inputs)
    for line in groups["draft"]:
        assert line.verdict.amount is None
        assert "万元" not in line.outcome


def loaded() -> list[PolicyText]:
    query = db.select(PolicyText).where(PolicyText.replaced_at.is_(None))
    return list(db.session.scalars(query.order_by(PolicyText.position)))


def test_an_operator_pastes_an_official_text_or_sends_it_as_a_file(
    session: Session, sign_in: SignIn, operator: Person, client: FlaskClient
) -> None:
    browser = sign_in(operator)
    assert "还没有载入" in browser.get("/policies/texts").get_data(as_text=True)
    pasted = browser.post("/policies/texts", data={"document": S004, "text": TEXT})
    assert (pasted.status_code, pasted.location) == (303, "/policies/texts")
    assert [row.clause for row in loaded()] == ["第18条", "第19条"]
    page = browser.get("/policies/texts").get_data(as_text=True)
    assert "2 条：第18条、第19条" in page
    assert "高新技术企业首次认定" in page.split("没有找到原文的")[1]

    file = (io.BytesIO(TEXT.replace("乙合同", "丁合同").encode()), "文件.txt")
    sent = browser.post("/policies/texts", data={"document": S004, "file": file})
    assert sent.status_code == 303
    page = client.get("/policies/P-19b").get_data(as_text=True)
    assert "丁合同登记的" in page
    assert db.session.scalar(db.select(db.func.count(PolicyText.id))) == 4


@pytest.mark.parametrize(
    ("given_data", "said"),
    [
        ({"document": S004}, "贴上文件全文"),
        ({"document": "", "text": TEXT}, "选这是哪一份文件"),
        ({"document": "别的文号", "text": TEXT}, "没有这份文件"),
        ({"document": S004, "text": "没有一条的话。"}, "没有找到条款"),
        ({"document": S004, "file": b""}, "文件是空的"),
        ({"document": S004, "file": b"\x00\x01\x02 nonsense"}, "field-errors"),
        ({"document": S004, "text": TEXT, "file": b"19. x"}, "只用一样"),
    ],
)
def test_an_official_text_that_cannot_be_taken_is_refused_with_a_reason(
    session: Session,
    sign_in: SignIn,
    operator: Person,
    given_data: dict[str, Any],
    said: str,
) -> None:
    data = dict(given_data)
    if "file" in data:
        data["file"] = (io.BytesIO(data["file"]), "文件.txt")
    answer = sign_in(operator).post("/policies/texts", data=data)

    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    assert loaded() == []


def test_nobody_but_operators_loads_texts(
    session: Session, sign_in: SignIn, make: Factory
) -> None:
    browser = sign_in(make.person("firm", make.organisation()))
    answer = browser.post("/policies/texts", data={"document": S004, "text": TEXT})

    assert answer.status_code == 403
    assert loaded() == []


@pytest.mark.parametrize(
    ("readings", "outcome", "other"),
    [
        (["contract"], "100", "100"),
        (["contract", "organisation_year"], "100", "50"),
        (["organisation_year", "contract"], "50", "100"),
    ],
)
def test_contracts_with_a_cap_each_keep_it_whatever_is_compared(
    readings: list[str],
    outcome: str,
    other: str,
    session: Session,
    make: Factory,
    sign_in: SignIn,
) -> None:
    world = World(make)
    year, other_day = today().year, today() + timedelta(days=40)
    contracts = []
    for number in (101, 102):
        day = f"{year}-01-10"
        contracts.append((f"{year}370150000{number}", day, day, "买方（示例）", "5000"))
    world.register(*contracts)
    for reading, first in zip(readings, (date(2023, 1, 1), other_day), strict=False):
        set_rule("tech_contract.cap_holder", reading, world=world, first=first)

    told = {"kind": "firm", "tax_free_amount": "10000", "more": "1000"}
    told["other_day"] = other_day.isoformat()
    answer = sign_in(world.person).post("/policies/estimate", data=told)

    text = answer.get_data(as_text=True)
    brings = {"100": "多 15 万元", "50": "不会多拿"}[outcome]
    assert f"预估上限 {outcome} 万元" in text
    assert f"的合同，{brings}" in text
    change = "两天的结果一样" if other == outcome else f">预估上限 {other} 万元</td>"
    assert change in text
    # The same question about the other day alone is read by the cap of that day.
    later = sign_in(world.person).post(
        "/policies/estimate", data=told | {"day": other_day.isoformat()}
    )
    assert f"预估上限 {other} 万元" in later.get_data(as_text=True)
