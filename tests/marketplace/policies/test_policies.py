"""Pages and deeds of policies: the estimate, what is kept, new versions, official texts, the panel of listings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marketplace import contributions, persistence
from marketplace.accounts.models import Person
from marketplace.clock import today
from marketplace.errors import Invalid, NotAllowed, NotFound, Stale
from marketplace.extensions import db
from marketplace.policies import deeds, queries
from marketplace.policies.content import Question
from marketplace.policies.estimating import Line, estimate
from marketplace.policies.models import PolicyClause, PolicyEstimate
from marketplace.policies.moving import move_back, move_between
from marketplace.policies.official_texts import clause_name, split_text
from marketplace.policies.typed_figures import read_figures
from marketplace.rules import deeds as rule_deeds
from tests.factories import Factory
from tests.racing import at_once, committing_site

SignIn = Callable[..., FlaskClient]
DAY = date(2026, 11, 20)
FIRM = {"kind": "firm", "tax_free_amount": "2000", "day": "2026-11-20"}
S004 = "聊政字〔2023〕11号"
DOCUMENT = """关于若干政策的通知

一、总则
（一）本通知所说的企业，指注册在本市的企业。
18. 甲中心获批的，给予支持。
19. 乙合同登记的，按额给予补助。
具体办法另行制定。
第二十条 丙人员培养的，给予补助。
"""


class Contract(NamedTuple):
    """A registered contract as the room of contracts offers it."""

    number: str
    title: str
    is_paid: bool
    tax_free_amount: Decimal | None


@pytest.fixture
def operator(make: Factory) -> Person:
    return make.person("operator")


@pytest.fixture
def member(make: Factory) -> Person:
    return make.person("firm", make.organisation("测算的厂（示例）"))


def next_version(rate: str, first: str, before: str) -> str:
    """P-19b with another rate from a day on, its cases changed with it."""
    text = queries.list_versions("P-19b")[-1].row.text
    text = text.replace('rate = "1.5"', f'rate = "{rate}"')
    text = text.replace("valid_from = 2023-01-01", f"valid_from = {first}")
    text = text.replace("day = 2022-12-31", f"day = {before}")
    text = text.replace("day = 2023-01-01", f"day = {first}")
    head, *cases = text.split("[[clause.case]]")
    kept = "[[clause.case]]".join([head, *cases[:3]])
    kept = kept.replace("day = 2026-06-30", "day = 2028-06-30")
    return kept.replace('expected = "30"', f'expected = "{20 * Decimal(rate):f}"')


def test_a_guest_sees_what_they_can_get_and_nothing_is_kept(
    session: Session, client: FlaskClient
) -> None:
    text = client.post("/policies/estimate", data=FIRM).get_data(as_text=True)

    assert "预估上限 30 万元" in text
    assert "叠加待核实 · 以主管部门审核为准" in text
    assert "看了您的：单位性质：企业；年度免税技术交易额：2000 万元" in text
    assert "您填的数 → 2000；按比例 × 1.5% → 30" in text
    assert "没有保存" in text
    assert db.session.scalar(db.select(db.func.count(PolicyEstimate.id))) == 0


def test_the_groups_of_a_firm(session: Session) -> None:
    figures: dict[str, Any] = {
        "kind": "firm",
        "tax_free_amount": Decimal(5000),
        "hitech_event": "first",
        "talent_project": True,
        "talent_national": Decimal(100),
        "talent_provincial": Decimal(60),
        "first_set": True,
        "talent_level": "provincial",
        "platform": "provincial_lab",
    }
    lines = groups_of(figures)
    codes = {code: [one.clause.code for one in rows] for code, rows in lines.items()}

    assert codes["amount"] == ["P-10a", "P-19b", "P-4b", "P-1a", "P-10b"]
    assert codes["open"] == ["P-9"]
    assert "P-1b" in codes["not_met"]
    assert "P-22b" in codes["not_met"]
    assert len(codes["near"]) >= 3
    assert {code[0] for code in codes["draft"]} == {"D", "Q"}


def groups_of(figures: dict[str, Any], **more: Any) -> dict[str, tuple[Line, ...]]:
    result = estimate(
        queries.clauses_on(DAY), figures, DAY, questions=queries.known_questions(), **more
    )  # fmt: skip
    return {code: lines for code, _, lines in result.groups}


def test_two_payees_are_never_one_sum(session: Session) -> None:
    figures: dict[str, Any] = {
        "kind": "firm", "tax_free_amount": Decimal(2000), "talent_project": True,
        "talent_national": Decimal(100), "talent_provincial": Decimal(60),
    }  # fmt: skip
    result = estimate(
        queries.clauses_on(DAY), figures, DAY, questions=queries.known_questions()
    )

    assert result.total == 30
    assert result.others == (("领军人才", Decimal(100)),)


def test_without_a_sum_there_is_no_total_of_0(
    session: Session, client: FlaskClient
) -> None:
    answer = client.post("/policies/estimate", data={"kind": "firm"})
    text = answer.get_data(as_text=True)

    assert "现在还算不出金额" in text
    assert "预估上限 0 万元" not in text


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"tax_free_amount": "0"}, "计算的基数是 0"),
        (
            {
                "tax_free_amount": "",
                "provincial_major": "yes",
                "grant_last_year": "100",
                "paid_for_project": "9000",
            },
            "封顶额已经用完",
        ),
    ],
)
def test_a_sum_of_0_is_no_sum(
    told: dict[str, str],
    reason: str,
    session: Session,
    sign_in: SignIn,
    member: Person,
) -> None:
    browser = sign_in(member)
    data = FIRM | told | {"more": "1000"}
    text = browser.post("/policies/estimate", data=data).get_data(as_text=True)

    assert "没有可领的金额<span" in text
    assert "符合，但" not in text
    assert f"没有可领的金额：{reason}" in text
    assert "按现在填的，您没有可领的金额" in text
    # One more contract would bring something.
    assert ("多 15 万元" in text) == (told["tax_free_amount"] == "0")
    assert "预估上限 0 万元" not in text
    address = browser.post("/policies/estimates", data=FIRM | told).location
    stored = browser.get(address).get_data(as_text=True)
    assert "没有算出金额" in stored
    assert "预估上限 0 万元" not in stored


def test_the_question_with_most_effect_is_asked_first(session: Session) -> None:
    near = groups_of({"kind": "firm"})["near"]

    asked = [line.asks[0].field for line in near if line.shows_box]
    assert asked[0] in ("platform", "international_base")
    assert len(asked) == len(set(asked))
    assert "kind" not in asked
    weights = [line.clause.amount.ceiling for line in near]
    assert weights == sorted(weights, reverse=True)


def test_one_more_contract_brings_only_what_the_cap_leaves(
    session: Session, client: FlaskClient
) -> None:
    told = FIRM | {"tax_free_amount": "3000", "more": "1000"}
    text = client.post("/policies/estimate", data=told).get_data(as_text=True)

    assert "再多一份免税技术交易额 1000 万元的合同，多 5 万元" in text


def test_two_days_across_a_change_are_compared(
    session: Session, client: FlaskClient, operator: Person
) -> None:
    deeds.add_version("P-19b", next_version("2", "2027-01-01", "2026-12-31"), by=operator, seen=1)  # fmt: skip

    told = FIRM | {"other_day": "2027-01-01"}
    text = client.post("/policies/estimate", data=told).get_data(as_text=True)
    assert "2026-11-20 和 2027-01-01 的不同" in text
    assert '<td data-label="2026-11-20">预估上限 30 万元</td>' in text
    assert '<td data-label="2027-01-01">预估上限 40 万元</td>' in text
    same = client.post("/policies/estimate", data=FIRM | {"other_day": "2026-12-31"})
    assert "两天的结果一样" in same.get_data(as_text=True)
    early = client.post("/policies/estimate", data=FIRM | {"day": "2022-12-31"})
    assert "预估上限" not in early.get_data(as_text=True).split("</header>")[-1].split("<form")[-1]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "figure"),
    [
        ("９", "9"),
        ("９家", "9"),
        ("1 2", "12"),
        ("1\u200b2", "12"),
        ("\u2060", None),
        ("\u3000", None),
    ],
)
def test_a_count_is_read_as_people_type_it(typed: str, figure: str | None) -> None:
    question = Question("nurtured", "count", "几家", unit="家")

    read = read_figures({"nurtured": typed}, {"nurtured": question})

    assert read.problems == {}
    assert read.figures.get("nurtured") == (figure and Decimal(figure))


def test_the_list_of_what_is_wrong_names_each_box(client: FlaskClient) -> None:
    answer = client.post("/policies/estimate", data=FIRM | {"nurtured": "九"})

    label = queries.known_questions()["nurtured"].label
    assert f'<a href="#nurtured">{label}：要写整数。' in answer.text


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"kind": "ship"}, "没有这一项"),
        ({"tax_free_amount": "很多"}, "tax_free_amount-error"),
        ({"tax_free_amount": "-5"}, "tax_free_amount-error"),
        ({"tax_free_amount": "99999999999"}, "tax_free_amount-error"),
        ({"nurtured": "1.5"}, "要写整数"),
        ({"nurtured": "九"}, "要写整数"),
        ({"runs_incubator": "maybe"}, "没有这一项"),
        ({"day": "去年"}, "没有看懂这一天"),
        ({"other_day": "1900-01-01"}, "写 2010-01-01 到 2099-12-31 之间的日期"),
        ({"tax_free_amount": "面议"}, "不能写「面议」"),
        ({"tax_free_amount": "30-60万"}, "不能写区间"),
        ({"more": "x"}, "more-error"),
    ],
)
def test_what_cannot_be_read_is_told_and_stays(
    session: Session, client: FlaskClient, told: dict[str, str], said: str
) -> None:
    answer = client.post("/policies/estimate", data=FIRM | told)
    text = answer.get_data(as_text=True)

    assert answer.status_code == 422
    assert said in text
    assert "叠加待核实" not in text
    (value,) = told.values()
    assert value in text or told.keys() & {"kind", "runs_incubator"}


def test_an_organisation_keeps_an_estimate_that_stays_as_it_was(
    session: Session, sign_in: SignIn, member: Person, make: Factory, operator: Person
) -> None:
    browser = sign_in(member)
    page = browser.get("/policies/estimate").get_data(as_text=True)
    assert '<option value="firm" selected>' in page
    answer = browser.post("/policies/estimates", data=FIRM | {"hitech_event": "first"})
    assert answer.status_code == 303
    deeds.add_version("P-19b", next_version("2", "2024-01-01", "2023-12-31"), by=operator, seen=1)  # fmt: skip

    text = browser.get(answer.location).get_data(as_text=True)
    assert "预估上限 40 万元" in text
    assert "按比例 × 1.5% → 30" in text
    assert "首次认定通过" in text
    for stranger in (make.person("firm", make.organisation()), operator):
        assert sign_in(stranger).get(answer.location).status_code == 404
    refused = browser.post("/policies/estimates", data=FIRM | {"kind": "ship"})
    assert refused.status_code == 422
    assert answer.location in browser.get("/policies/estimate").get_data(as_text=True)


def test_who_belongs_to_nothing_keeps_nothing(
    session: Session, sign_in: SignIn, make: Factory
) -> None:
    person = make.person("researcher")
    assert sign_in(person).post("/policies/estimates", data=FIRM).status_code == 403
    with pytest.raises(NotAllowed):
        deeds.keep_estimate(None, FIRM, DAY, by=person)


def test_figures_are_taken_from_registered_contracts(
    session: Session, sign_in: SignIn, member: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a room above gives is asked for by organisation and year."""
    asked = []

    def contracts(organisation_id: int, year: int) -> Iterator[Contract]:
        asked.append((organisation_id, year))
        for amount, is_paid in ((800, True), (None, True), (1200, True), (9, False)):
            number = None if amount is None else Decimal(amount)
            yield Contract("2026-1", "合同", is_paid, number)

    room = contributions._current().rooms[0]
    monkeypatch.setattr(room, "registered_contracts", contracts, raising=False)
    text = sign_in(member).get("/policies/estimate").get_data(as_text=True)

    (organisation_id,) = member.organisation_ids
    assert asked == [(organisation_id, today().year)]
    assert "取自您单位今年的 2 份已登记技术合同" in text
    assert "预估上限 30 万元" in text


def test_a_version_acts_from_its_day_and_all_stay(
    session: Session, operator: Person, client: FlaskClient
) -> None:
    deeds.add_version("P-19b", next_version("2", "2027-01-01", "2026-12-31"), by=operator, seen=1)  # fmt: skip
    deeds.add_version("P-19b", next_version("1", "2026-12-01", "2026-11-30"), by=operator, seen=2)  # fmt: skip

    versions = queries.list_versions("P-19b")
    assert [one.row.number for one in versions] == [3, 2, 1]
    assert [one.row.replaced_at is None for one in versions] == [True, False, True]
    assert versions[2].clause.valid_to == date(2026, 11, 30)
    text = client.get("/policies/P-19b").get_data(as_text=True)
    assert "第 2 版" in text
    assert deeds.seed_policies() == 0


def test_a_version_whose_cases_do_not_come_out_is_refused(
    session: Session, operator: Person, sign_in: SignIn
) -> None:
    text = next_version("2", "2027-01-01", "2026-12-31")
    wrong = text.replace('expected = "40"', 'expected = "41"')
    browser = sign_in(operator)
    page = browser.get("/policies/P-19b/new").get_data(as_text=True)
    assert "[[clause.case]]" in page
    answer = browser.post("/policies/P-19b/new", data={"seen": "1", "text": wrong})
    assert answer.status_code == 422
    assert "应为 41，算出 40" in answer.get_data(as_text=True)
    answer = browser.post("/policies/P-19b/new", data={"seen": "1", "text": text})
    assert (answer.status_code, answer.location) == (303, "/policies/P-19b")
    answer = browser.post("/policies/P-19b/new", data={"seen": "1", "text": text})
    assert answer.status_code == 409


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('code = "P-19b"', 'code = "P-1a"', "code 要和原来一样"),
        ('rate = "2"', "rate = 2.0", "第 "),
        ("[[clause]]", "[[clauses]]", "不认识的表"),
        ('title = "', f'title = "{"长" * 501}', "最多 500 字"),
        ('title = "', f'# {"长" * 20_000}\ntitle = "', "太长了。最多 20000 字。"),
    ],
)
def test_a_wrong_text_is_refused_with_its_line(
    session: Session, operator: Person, old: str, new: str, said: str
) -> None:
    text = next_version("2", "2027-01-01", "2026-12-31").replace(old, new, 1)
    with pytest.raises(Invalid) as caught:
        deeds.add_version("P-19b", text, by=operator, seen=1)
    (problem,) = caught.value.problems["text"]
    assert said in problem
    assert "条款:" not in problem


def test_a_new_clause_is_added_once(
    session: Session, operator: Person, sign_in: SignIn, make: Factory
) -> None:
    text = next_version("2", "2027-01-01", "2026-12-31")
    text = text.replace('code = "P-19b"', 'code = "N-1"')
    browser = sign_in(operator)
    answer = browser.post("/policies/new", data={"seen": "0", "text": text})
    assert (answer.status_code, answer.location) == (303, "/policies/N-1")
    answer = browser.post("/policies/new", data={"seen": "0", "text": text})
    assert "已经有 N-1 这一条" in answer.get_data(as_text=True)
    two = text.replace("N-1", "N-2")
    with pytest.raises(Invalid, match="没有保存"):
        deeds.add_version(None, two + two, by=operator, seen=0)
    with pytest.raises(NotAllowed):
        deeds.add_version(None, two, by=make.person("firm"), seen=0)


def test_the_library_shows_documents_with_their_state(client: FlaskClient) -> None:
    text = client.get("/policies").get_data(as_text=True)

    assert S004 in text
    assert "征求意见稿" in text
    assert "添加一条政策" not in text
    page = client.get("/policies/P-8b").get_data(as_text=True)
    assert "读法：" in page
    assert "还没有载入原文" in page
    assert client.get("/policies/P-0").status_code == 404


def test_a_document_is_cut_into_its_clauses() -> None:
    pieces = dict(split_text(DOCUMENT))

    assert list(pieces) == ["一", "一(一)", "第18条", "第19条", "第20条"]
    assert pieces["第19条"].endswith("具体办法另行制定。")
    names = [clause_name(one) for one in ("第十九条", "第19条", "19", "五（三）")]
    assert names == ["第19条", "第19条", "第19条", "五(三)"]


def test_the_official_text_stands_beside_the_rule(
    app: Flask, session: Session, client: FlaskClient, tmp_path: Path
) -> None:
    file = tmp_path / "document.txt"
    file.write_text(DOCUMENT, encoding="utf-8")
    arguments = ["policies", "text", str(file), "--document", S004]
    result = app.test_cli_runner().invoke(args=arguments)
    assert result.exit_code == 0, result.output
    assert f"{S004}: 5" in result.output

    page = client.get("/policies/P-19b").get_data(as_text=True)
    assert "乙合同登记的，按额给予补助。" in page
    assert "SHA-256" in page
    page = client.post("/policies/estimate", data=FIRM).get_data(as_text=True)
    assert "乙合同登记的，按额给予补助。" in page
    deeds.load_text(S004, DOCUMENT.replace("乙合同", "丁合同").encode(), by=None)
    page = client.get("/policies/P-19b").get_data(as_text=True)
    assert "丁合同登记的" in page
    assert "乙合同登记的" not in page


@pytest.mark.parametrize(
    ("document", "content", "error", "said"),
    [
        ("没有这个文号", DOCUMENT, NotFound, "没有条款出自"),
        (S004, "一段没有条款的话。", Invalid, "没有找到条款"),
        (S004, "", Invalid, "空"),
        (S004, "19. 很长" + "长" * 40_000, Invalid, "超过"),
    ],
)
def test_a_text_that_does_not_fit_is_refused(
    session: Session, document: str, content: str, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        deeds.load_text(document, content.encode(), by=None)


def test_policies_and_taxes_stand_beside_a_public_listing(
    session: Session, client: FlaskClient, make: Factory, operator: Person
) -> None:
    row = make.demand()
    page = client.get(f"/demands/{row.id}").get_data(as_text=True)
    assert "技术合同补助" in page
    assert "税收提示（以税务机关为准）" in page
    assert "增值税法 2026-01-01 起施行" in page
    given = {
        "value": "停用", "document": "财政部公告", "says": "免税不再延续。",
        "in_force": "lapsed", "checked": "verified",
    }  # fmt: skip
    rule_deeds.add_version("tax.vat", given, date(2026, 1, 1), by=operator, seen=1)
    page = client.get(f"/demands/{row.id}").get_data(as_text=True)
    assert "增值税法 2026-01-01 起施行" not in page
    assert "印花税" in page or "0.3‰" in page


def test_kept_estimates_go_over_with_a_merged_organisation(
    session: Session, member: Person, make: Factory
) -> None:
    (number,) = member.organisation_ids
    other = make.organisation()
    row = deeds.keep_estimate(number, FIRM, DAY, by=member)

    moved = move_between(number, other.id)
    assert (moved, row.organisation_id) == ([row.id], other.id)
    move_back(number, other.id, moved)
    assert row.organisation_id == number


@pytest.fixture
def site(tmp_path: Path, migrated: str) -> Iterator[Flask]:
    """A site whose commits are real."""
    with committing_site(tmp_path, migrated) as app:
        yield app


def test_of_two_who_add_a_version_at_once_one_looks_again(site: Flask) -> None:
    texts = [next_version(rate, "2027-01-01", "2026-12-31") for rate in ("2", "1")]

    db.session.rollback()  # what this thread has read is older than what the two write

    def add(text: str) -> None:
        if db.engine.dialect.name == "sqlite":
            persistence.begin_write()  # as a request that writes does
        deeds.add_version("P-19b", text, by=None, seen=1)

    outcomes = at_once(site, *(lambda text=text: lambda: add(text) for text in texts))

    refused = [one for one in outcomes if isinstance(one, Stale)]
    assert len(refused) == 1
    rows = db.select(db.func.count(PolicyClause.id)).where(PolicyClause.code == "P-19b")
    assert db.session.scalar(rows) == 2


def test_a_day_that_was_understood_but_is_too_early_is_called_that(
    session: Session, client: FlaskClient
) -> None:
    answer = client.post("/policies/estimate", data=FIRM | {"day": "2009-12-31"})

    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "写 2010-01-01 到 2099-12-31 之间的日期。" in text
    assert "没有看懂这一天" not in text


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ({"day": "２０２７－０１－０１"}, "按 2027-01-01 的规则"),
        ({"day": "2027 年 1 月 1 日"}, "按 2027-01-01 的规则"),
        ({"day": "二〇二七年一月一日"}, "按 2027-01-01 的规则"),
        ({"tax_free_amount": "800,000"}, "800000 万元（80亿元）"),
        ({"tax_free_amount": "８００"}, "年度免税技术交易额：800 万元"),
    ],
)
def test_what_is_typed_is_read_and_shown_as_it_was_read(
    session: Session, client: FlaskClient, typed: dict[str, str], shown: str
) -> None:
    answer = client.post("/policies/estimate", data=FIRM | typed)

    assert answer.status_code == 200
    assert shown in answer.get_data(as_text=True)


def test_a_version_that_changes_nothing_is_refused(
    session: Session, operator: Person
) -> None:
    newest = queries.version_rows("P-19b")[0]
    for text in (newest.text, newest.text.replace("\n", "\r\n") + "\n\n"):
        with pytest.raises(Invalid) as refused:
            deeds.add_version("P-19b", text, by=operator, seen=newest.number)
        assert "一个字不差" in str(refused.value.problems["text"])

    assert queries.version_rows("P-19b")[0].number == newest.number
    changed = newest.text.replace("最高 50 万元", "至多 50 万元")
    added = deeds.add_version("P-19b", changed, by=operator, seen=newest.number)
    assert added.number == newest.number + 1
