"""What a new field of achievements does of itself; `test_new_field` runs this in a copy of the house that has one."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from marketplace.listings.models import Achievement
from tests.factories import Factory
from tests.marketplace.desk.pressing import filled

NUMBER = "GB/T 307.3-2017"
HEADER = "成果名称,完成单位,成果简介,标准号"
SUMMARY = "针对深沟球轴承振动大的问题，改进滚道超精研磨工艺，振动值降低。"


def flask(app: Flask, *words: object) -> Any:
    return app.test_cli_runner().invoke(args=["listings", *map(str, words)])


def test_the_form_asks_for_it_and_stores_it(
    make: Factory, sign_in: Callable[..., FlaskClient], session: Any
) -> None:
    owner = make.organisation()
    writer = sign_in(make.person("firm", owner))
    page = writer.get("/mine/achievement/new").text

    answer = writer.post(
        "/mine/achievement/new",
        data=filled(page, title="轴承降噪", standard_no=NUMBER, deed="save"),
    )

    assert '<label class="field-label" for="standard_no">执行标准</label>' in page
    assert answer.status_code == 303
    assert session.query(Achievement).one().standard_no == NUMBER


def test_lists_bring_it_in_by_another_header_and_take_it_out_by_its_own(
    app: Flask, session: Any, written: Callable[..., Path], tmp_path: Path
) -> None:
    source = written(
        "list.csv", f"{HEADER}\n轴承降噪,鲁西大学（示例）,{SUMMARY},{NUMBER}\n"
    )
    target = tmp_path / "out.xlsx"

    taken = flask(app, "import", source, "--kind", "achievement")
    given = flask(app, "export", target, "--kind", "achievement", "--all")

    assert (taken.exit_code, given.exit_code) == (0, 0), taken.output + given.output
    assert session.query(Achievement).one().standard_no == NUMBER
    sheet = load_workbook(io.BytesIO(target.read_bytes())).active
    header, row = sheet.iter_rows(values_only=True)
    assert row[header.index("执行标准")] == NUMBER


def test_review_and_public_page_say_it_and_search_finds_it(
    make: Factory, sign_in: Callable[..., FlaskClient]
) -> None:
    row = make.achievement(standard_no=NUMBER)
    operator = sign_in(make.person("operator"))

    review = operator.get(f"/office/review/achievement/{row.id}").text
    page = operator.get(f"/achievements/{row.id}").text
    found = operator.get("/search", query_string={"q": "307.3"}).text

    assert NUMBER in review
    assert NUMBER in page
    assert "执行标准" in review
    assert "执行标准" in page
    assert row.title in found.replace("<mark>", "").replace("</mark>", "")


def test_a_partly_public_listing_does_not_say_it(
    make: Factory, sign_in: Callable[..., FlaskClient], client: FlaskClient
) -> None:
    row = make.achievement(standard_no=NUMBER, visibility="partial")

    assert NUMBER not in client.get(f"/achievements/{row.id}").text


def test_a_change_of_it_is_told_by_its_name(
    make: Factory, sign_in: Callable[..., FlaskClient]
) -> None:
    owner = make.organisation()
    row = make.achievement(owner=owner)
    writer = sign_in(make.person("firm", owner))
    address = f"/mine/achievement/{row.id}/edit"
    writer.post(
        address,
        data=filled(writer.get(address).text, standard_no=NUMBER, deed="save"),
    )

    review = sign_in(make.person("operator")).get(
        f"/office/review/achievement/{row.id}"
    )

    assert "改动：执行标准" in review.text
