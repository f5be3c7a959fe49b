"""Dated values: files read strictly, values of a day, values kept by a deal, and versions that operators add."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

import marketplace
from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.errors import Invalid, NotAllowed, NotFound, Stale
from marketplace.extensions import db
from marketplace.rules import deeds, queries
from marketplace.rules.content import REFERENCE_ONLY, Value, frozen_values, thawed
from marketplace.rules.models import RuleValue
from marketplace.rules.queries import NoValueError, value_on
from marketplace.rules.seed_files import read_values
from marketplace.rules.toml_lines import FaultyFileError
from tests.factories import Factory
from tests.racing import at_once, committing_site

SignIn = Callable[..., FlaskClient]

GOOD = """\
# A comment.
[[rule]]
key = "publicity.days"
kind = "int"
unit = "自然日"
says = "公示的天数。"
[[rule.version]]
value = "15"
valid_from = 2018-01-01
valid_to = 2026-12-31
document = "条例"
in_force = "active"
checked = "unverified"
[[rule.version]]
value = "20"
valid_from = 2027-01-01
document = "新的条例"
in_force = "active"
checked = "verified"
"""
GIVEN: dict[str, str | None] = {
    "value": "20",
    "document": "新的条例",
    "clause": "第九条",
    "says": "公示不少于二十日。",
    "in_force": "active",
    "checked": "verified",
    "note": "",
}


@pytest.fixture
def operator(make: Factory) -> Person:
    return make.person("operator")


def read(folder: Path, text: str) -> dict[str, list[Value]]:
    (folder / "values.toml").write_text(text, encoding="utf-8")
    return read_values(folder)


def test_a_good_file_is_read(tmp_path: Path) -> None:
    first, second = read(tmp_path, GOOD)["publicity.days"]

    assert (first.whole, first.valid_to) == (15, date(2026, 12, 31))
    assert (second.whole, second.valid_to) == (20, None)
    assert first.source == "依据：条例 · 有效 · 待核实"
    assert second.shown == "20 自然日"


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ('unit = "自然日"', 'unit = "自然日"\ncolour = "red"', 6, "不认识的项"),
        ('unit = "自然日"\n', "", 2, "缺少 unit"),
        ('unit = "自然日"', 'unit = ""', 5, "unit 是空的"),
        ('unit = "自然日"', 'unit = "—"', 5, "no unit of a int"),
        ('document = "条例"\n', "", 7, "缺少 document"),
        ('document = "条例"', 'document = ""', 11, "document 是空的"),
        ('document = "条例"', "document = 3", 11, "must be a text"),
        ('kind = "int"', 'kind = "float"', 4, "unknown kind"),
        ('value = "15"', 'value = "15.5"', 8, "整数"),
        ('value = "15"', 'value = "十五"', 8, "整数"),
        ('value = "15"', "value = 15", 8, "must be a text"),
        ("valid_from = 2018-01-01", 'valid_from = "2018"', 9, "no day"),
        ("valid_from = 2018-01-01", "valid_from = 2018-01-01T00:00:00", 9, "no day"),
        ("valid_to = 2026-12-31", "valid_to = 2017-12-31", 10, "before valid_from"),
        ("valid_to = 2026-12-31", "valid_to = 2026-12-30", 16, "a gap"),
        ("valid_to = 2026-12-31", "valid_to = 2027-01-01", 14, "overlaps"),
        ("valid_to = 2026-12-31\n", "", 13, "overlaps"),
        ('in_force = "active"', 'in_force = "yes"', 12, "unknown in_force"),
        ('checked = "unverified"', 'checked = "maybe"', 13, "unknown checked"),
        ('key = "publicity.days"', 'key = "days"', 3, "is no key"),
        ("# A comment.", "[other]", 1, "不认识的表"),
        ('says = "公示的天数。"', f'says = "{"长" * 301}"', 6, "too long"),
        (GOOD, GOOD + GOOD[13:], 21, "given twice"),
        (GOOD, GOOD.split("[[rule.version]]")[0], 2, "no version"),
    ],
)
def test_a_faulty_file_is_refused_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, said: str
) -> None:
    with pytest.raises(FaultyFileError, match=f"values.toml:{line}: .*{said}"):
        read(tmp_path, GOOD.replace(old, new, 1))


def test_what_is_no_toml_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(FaultyFileError, match=r"values\.toml:5: 写法不对"):
        read(tmp_path, GOOD.replace('unit = "自然日"', "unit = 自然日"))


@pytest.mark.parametrize(
    ("key", "value", "checked"),
    [
        ("publicity.days", "15", "unverified"),
        ("reward.institution.provincial.transfer", "70", "unverified"),
        ("reward.institution.national.profit", "5", "verified"),
        ("reward.firm.default.transfer", "50", "verified"),
        ("tech_contract.rate", "1.5", "unverified"),
        ("tech_contract.cap", "50", "unverified"),
        ("patent_reward.invention", "4000", "verified"),
        ("broker.reassign_days", "90", "unverified"),
    ],
)
def test_the_values_of_the_platform(
    session: Session, key: str, value: str, checked: str
) -> None:
    found = value_on(key, date(2026, 11, 20))

    assert (found.number, found.checked) == (Decimal(value), checked)


def test_seeding_twice_adds_nothing(session: Session) -> None:
    assert deeds.seed_rules() == 0
    count = db.session.scalar(db.select(db.func.count(RuleValue.id)))
    assert count == sum(map(len, read_values().values()))


def test_a_newer_file_adds_its_versions_and_leaves_those_of_operators(
    session: Session, operator: Person, tmp_path: Path
) -> None:
    newer = read(tmp_path, GOOD)
    assert deeds.seed_rules(newer) == 1
    assert value_on("publicity.days", date(2026, 12, 31)).whole == 15
    assert value_on("publicity.days", date(2027, 1, 1)).whole == 20
    deeds.add_version(
        "tto.bonus", {**GIVEN, "value": "15"}, date(2027, 1, 1), by=operator, seen=1
    )
    text = GOOD.replace("publicity.days", "tto.bonus").replace('"int"', '"decimal"')
    assert deeds.seed_rules(read(tmp_path, text)) == 0


def test_the_newest_version_ends_whatever_row_was_written_to_last(
    session: Session, tmp_path: Path
) -> None:
    deeds.seed_rules(read(tmp_path, GOOD))
    queries.list_versions("publicity.days")[-1].note = "已核对"
    session.commit()
    third = GOOD[GOOD.rindex("[[rule.version]]") :].replace('"20"', '"25"')
    ended = GOOD.replace("valid_from = 2027-01-01", "valid_from = 2027-01-01\nvalid_to = 2028-12-31")  # fmt: skip
    text = ended + third.replace("2027-01-01", "2029-01-01")

    assert deeds.seed_rules(read(tmp_path, text)) == 1

    rows = queries.list_versions("publicity.days")
    last_days = [None, date(2028, 12, 31), date(2026, 12, 31)]
    assert [row.valid_to for row in rows] == last_days


def test_before_the_first_day_there_is_no_value(session: Session) -> None:
    with pytest.raises(NoValueError, match="2018-01-01 起才有记录"):
        value_on("publicity.days", date(2017, 12, 31))
    assert value_on("publicity.days", date(2018, 1, 1)).whole == 15
    assert queries.find_value("publicity.days", date(2017, 12, 31)) is None


def test_an_unknown_name_is_a_mistake_of_the_program(session: Session) -> None:
    with pytest.raises(LookupError, match="no rule is called"):
        value_on("publicity.hours", date(2026, 1, 1))


@pytest.mark.parametrize("status", ["draft", "lapsed"])
def test_drafts_and_what_has_lapsed_are_no_values(
    session: Session, operator: Person, status: str
) -> None:
    first = date(2027, 1, 1)
    deeds.add_version(
        "publicity.days", {**GIVEN, "in_force": status}, first, by=operator, seen=1
    )

    with pytest.raises(NoValueError, match="不能据此办理"):
        value_on("publicity.days", first)
    assert queries.find_value("publicity.days", first) is None
    assert value_on("publicity.days", date(2026, 12, 31)).whole == 15


def test_a_deal_keeps_the_rules_of_its_first_day(
    session: Session, operator: Person
) -> None:
    keys = ["publicity.days", "publicity.start_counted", "tax.vat", "tto.bonus"]
    day = date(2026, 11, 20)
    kept = json.loads(json.dumps(queries.frozen(keys, day)))
    deeds.add_version("publicity.days", GIVEN, date(2026, 1, 1), by=operator, seen=1)

    values = thawed(kept)
    assert set(values) == set(keys)
    assert values["publicity.days"].whole == 15
    assert values["publicity.start_counted"].flag is False
    assert "第十四条 · 有效 · 待核实" in values["publicity.days"].source
    assert value_on("publicity.days", day).whole == 20
    assert frozen_values(values) == kept


@pytest.mark.parametrize(
    "change", [{"valid_from": "2018"}, {"value": "x"}, {"more": 1}]
)
def test_what_was_not_kept_here_is_refused(
    session: Session, change: dict[str, str]
) -> None:
    kept = queries.frozen(["publicity.days"], date(2026, 1, 1))
    kept["publicity.days"].update(change)
    with pytest.raises(ValueError, match="not kept"):
        thawed(kept)


def test_a_value_is_read_as_what_it_is(session: Session) -> None:
    values = queries.values_on(["tax.vat", "publicity.start_counted"], date(2026, 1, 1))
    for value in values.values():
        with pytest.raises(ValueError, match="no number"):
            _ = value.number
        with pytest.raises(ValueError, match="no whole number"):
            _ = value.whole
    with pytest.raises(ValueError, match="not yes or no"):
        _ = values["tax.vat"].flag


def test_versions_are_kept_and_those_that_begin_later_are_replaced(
    session: Session, operator: Person
) -> None:
    days = [date(2028, 1, 1), date(2027, 1, 1), date(2018, 1, 1)]
    for number, day in enumerate(days, 1):
        deeds.add_version(
            "publicity.days", {**GIVEN, "value": str(20 + number)}, day, by=operator, seen=number
        )  # fmt: skip
        assert value_on("publicity.days", date(2030, 1, 1)).whole == 20 + number

    rows = queries.list_versions("publicity.days")
    assert [row.number for row in rows] == [4, 3, 2, 1]
    assert [row.replaced_at is None for row in rows] == [True, False, False, False]
    assert rows[0].made_by == operator.id
    (present,) = [
        row for row in queries.list_present(days[0]) if row.key == rows[0].key
    ]
    assert present.number == 4


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("value", "", "整数"),
        ("value", "十五", "整数"),
        ("value", "15 天", "整数"),
        ("document", "", "依据的文件"),
        ("says", " ", "一句自己的话"),
        ("document", "长" * 201, "200"),
        ("in_force", "maybe", "请从列出的"),
        ("checked", None, "请从列出的"),
    ],
)
def test_a_wrong_version_is_refused_in_words(
    session: Session, operator: Person, field: str, text: str | None, said: str
) -> None:
    given = {**GIVEN, field: text}
    with pytest.raises(Invalid) as caught:
        deeds.add_version(
            "publicity.days", given, date(2027, 1, 1), by=operator, seen=1
        )
    assert said in caught.value.problems[field][0]
    assert len(queries.list_versions("publicity.days")) == 1


@pytest.mark.parametrize("day", [None, date(1900, 1, 1), date(2100, 1, 1)])
def test_a_version_needs_a_first_day(
    session: Session, operator: Person, day: date | None
) -> None:
    with pytest.raises(Invalid) as caught:
        deeds.add_version("publicity.days", GIVEN, day, by=operator, seen=1)
    assert list(caught.value.problems) == ["valid_from"]


def test_only_operators_add_versions(session: Session, make: Factory) -> None:
    with pytest.raises(NotAllowed):
        deeds.add_version(
            "publicity.days", GIVEN, date(2027, 1, 1), by=make.person("firm"), seen=1
        )
    with pytest.raises(NotFound):
        queries.list_versions("no.such")


def test_a_version_is_added_in_the_browser(
    client: FlaskClient, sign_in: SignIn, operator: Person
) -> None:
    browser = sign_in(operator)
    page = browser.get("/rules/publicity.days/new").get_data(as_text=True)
    assert "公示不少于十五日" in page
    values = {key: text for key, text in GIVEN.items() if text}
    sent = {**values, "seen": "1", "valid_from": "2027-01-01"}
    answer = browser.post("/rules/publicity.days/new", data={**sent, "document": ""})
    assert (answer.status_code, "要写依据的文件" in answer.get_data(as_text=True)) == (422, True)  # fmt: skip
    answer = browser.post("/rules/publicity.days/new", data=sent)
    assert (answer.status_code, answer.location) == (303, "/rules/publicity.days")
    page = client.get("/rules/publicity.days").get_data(as_text=True)
    assert "依据" in page
    assert "新的条例 第九条 · 有效 · 已核" in page
    assert "还没有开始" in page
    assert "添加新版本" not in page
    answer = browser.post("/rules/publicity.days/new", data=sent)
    assert (answer.status_code, "刚被别人加了新版本" in answer.get_data(as_text=True)) == (409, True)  # fmt: skip
    assert "没有这一条" in browser.get("/rules/no.such").get_data(as_text=True)


def test_everybody_reads_the_table(client: FlaskClient) -> None:
    page = client.get("/rules").get_data(as_text=True)

    assert "山东省促进科技成果转化条例（2017年） 第十四条 · 有效 · 待核实" in page
    assert "以税务机关为准" in page


def test_the_source_stands_on_pages(app: Flask, session: Session) -> None:
    with app.test_request_context():
        text = render_template_string(
            '{% import "_macros.html" as ui %}{{ ui.rule_source(value) }}',
            value=value_on("publicity.days", date(2026, 1, 1)),
        )
    assert "依据：山东省促进科技成果转化条例（2017年） 第十四条 · 有效 · 待核实" in text


@pytest.fixture
def site(tmp_path: Path, migrated: str) -> Iterator[Flask]:
    """A site whose commits are real."""
    with committing_site(tmp_path, migrated) as app:
        yield app


def test_of_two_who_add_a_version_at_once_one_looks_again(site: Flask) -> None:
    def add(value: str) -> None:
        if db.engine.dialect.name == "sqlite":
            persistence.begin_write()  # as a request that writes does
        given = {**GIVEN, "value": value}
        deeds.add_version("publicity.days", given, date(2027, 1, 1), by=None, seen=1)

    outcomes = at_once(site, lambda: lambda: add("20"), lambda: lambda: add("21"))

    refused = [one for one in outcomes if isinstance(one, Stale)]
    assert len(refused) == 1
    assert len(queries.list_versions("publicity.days")) == 2


def test_no_page_shows_the_code_of_a_reading(client: FlaskClient) -> None:
    deeds.seed_rules()
    page = client.get("/rules").get_data(as_text=True)
    cells = re.findall(r'<td data-label="值">([^<]*)</td>', page)
    assert "每个单位、每个年度一次" in cells
    assert [one for one in cells if re.fullmatch(r"[a-z_]+", one)] == []
    notes = re.findall(r'<p class="field-help">([^<]*)</p>', page)
    assert "登记日期；签订日期。" in notes
    assert [one for one in notes if re.search(r"[a-z_]{4,}", one)] == []


def test_every_value_is_read_or_said_to_be_for_reference() -> None:
    """The page says what nothing is computed with: no value is listed that acts on nothing and does not say so."""
    code = ""
    for path in Path(marketplace.__file__).parent.rglob("*.py"):
        if path.name != "content.py":
            code += path.read_text(encoding="utf-8")
    for key in read_values():
        # Taxes are read by their prefix, rewards by owner and source.
        stem = key
        if key.startswith("reward.") and key.count(".") > 1:
            stem = key.rpartition(".")[0]
        is_hint = key.startswith("tax.") and key not in REFERENCE_ONLY
        is_read = f'"{stem}' in code or is_hint
        assert is_read != (key in REFERENCE_ONLY), key
    assert set(read_values()) >= REFERENCE_ONLY
