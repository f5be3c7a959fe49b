"""Lists uploaded in the browser: what each row is, corrected, chosen, written once, taken back."""

from __future__ import annotations

import io
from collections.abc import Callable
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy.orm import Session

from marketplace.exchange.importing import parse_file
from marketplace.extensions import db
from marketplace.imports import deeds, queries, staging, upkeep
from marketplace.imports.models import ListImport, StagedRow
from marketplace.lifecycle import history_of
from marketplace.listings import deeds as listing_deeds
from marketplace.listings.changes_waiting import open_change
from marketplace.listings.models import Achievement
from marketplace.notices.models import Notice
from marketplace.organisations.models import Organisation
from tests.factories import Factory
from tests.marketplace.exchange.files import xlsx
from tests.marketplace.exchange.lists import (
    HEADER,
    count,
    import_list,
    one,
    row,
    verify_holder,
)
from tests.marketplace.imports.browser import (
    NAME,
    good,
    latest,
    press,
    send_file,
    staged,
    states,
    upload,
)

SignIn = Callable[..., FlaskClient]


def test_rows_are_shown_before_anything_is_written(
    desk: FlaskClient, owner: Organisation
) -> None:
    made = upload(desk, [good(1), good(2, 所处阶段="大概中试吧"), row()], owner.id)

    assert states(made) == ["new", "faulty", "new"]
    assert count() == 0
    page = desk.get(f"/mine/imports/{made.id}").text
    assert "<p>会新增 2 条，1 行有错误。有错误和没选好的行不影响其他行。</p>" in page
    assert "写入 2 条" in page
    press(desk, made, "commit")
    page = desk.get(f"/mine/imports/{made.id}").text
    assert '<p role="status">新增 2 条，1 行有错误，没有写入。' in page


def test_a_commit_makes_drafts_once(desk: FlaskClient, owner: Organisation) -> None:
    made = upload(desk, [good(1), good(2)], owner.id)
    for _ in range(2):
        press(desk, made, "commit")

    assert states(made) == ["new", "new"]
    assert {draft.state for draft in db.session.scalars(db.select(Achievement))} == {
        "draft"
    }
    assert count() == 2
    again = upload(desk, [good(1), good(2)], owner.id)
    assert again.id != made.id
    assert states(again) == ["same", "same"]
    press(desk, again, "commit")
    page = desk.get(f"/mine/imports/{again.id}").text
    assert '<p role="status">2 条没有变化。</p>' in page
    assert count() == 2


def test_one_file_pressed_twice_is_one_import(
    desk: FlaskClient, owner: Organisation
) -> None:
    content = xlsx([HEADER, good(1)])
    for _ in range(2):
        send_file(desk, content, organisation=str(owner.id))

    assert len(queries.all_rows(latest())) == 1
    assert latest().id == queries.imports_of(latest().owner)[0][0].id
    assert queries.imports_of(latest().owner)[1].total == 1


def test_one_file_to_be_published_is_another_import(
    make: Factory, owner: Organisation, sign_in: SignIn
) -> None:
    browser = sign_in(make.person("operator"))
    drafts = upload(browser, [good(1)], owner.id)

    published = upload(browser, [good(1)], owner.id, publish="y")

    assert (drafts.publish, published.publish) == (False, True)
    assert "写入并发布 1 条" in browser.get(f"/mine/imports/{published.id}").text


def test_a_faulty_row_is_corrected_in_place(
    desk: FlaskClient, owner: Organisation
) -> None:
    made = upload(desk, [good(1), good(2, 成果名称="")], owner.id)
    assert states(made) == ["new", "faulty"]
    faulty = staged(made)[1]
    page = desk.get(f"/mine/imports/{made.id}/rows/{faulty.number}").text
    assert "没有填写名称" in page

    fields = {"cell-title": "轴承保持架冲压工艺", "seen": faulty.revision}
    desk.post(f"/mine/imports/{made.id}/rows/{faulty.number}", data=fields)

    assert states(made) == ["new", "new"]
    press(desk, made, "commit")
    titles = set(db.session.scalars(db.select(Achievement.title)))
    assert titles == {"轴承套圈超精研磨降噪工艺1号", "轴承保持架冲压工艺"}


def test_a_corrected_row_frees_its_twin(desk: FlaskClient, owner: Organisation) -> None:
    made = upload(desk, [good(1), good(1), good(2)], owner.id)
    assert states(made) == ["new", "faulty", "new"]
    first = staged(made)[0]

    fields = {"cell-title": "另一项轴承工艺", "seen": first.revision}
    desk.post(f"/mine/imports/{made.id}/rows/{first.number}", data=fields)
    assert states(made) == ["new", "new", "new"]

    db.session.expire_all()
    last = staged(made)[2]
    fields = {"cell-title": "另一项轴承工艺", "seen": last.revision}
    desk.post(f"/mine/imports/{made.id}/rows/{last.number}", data=fields)
    assert states(made) == ["new", "new", "faulty"]


def test_the_file_of_faults_comes_back_corrected(
    desk: FlaskClient, owner: Organisation
) -> None:
    header = ["预期价格(元)" if name == "预期价格" else name for name in HEADER]
    made = upload(
        desk,
        [good(1), good(2, 完成单位="山东大学（示例）", 预期价格=500000)],
        owner.id,
        header=header,
    )
    assert states(made) == ["new", "faulty"]
    content = desk.get(f"/mine/imports/{made.id}/faults.xlsx").data
    book = load_workbook(io.BytesIO(content))
    sheet = book.active
    titles = [cell.value for cell in sheet[1]]
    assert titles[:2] == ["导入行号", "需要改的地方"]
    assert "不是「聊城大学（示例）」" in sheet.cell(2, 2).value
    sheet.cell(2, titles.index("完成单位") + 1).value = NAME
    out = io.BytesIO()
    book.save(out)

    answer = desk.post(
        f"/mine/imports/{made.id}/corrections",
        data={"file": (io.BytesIO(out.getvalue()), "faults.xlsx")},
    )

    assert answer.status_code == 303, answer.text
    assert states(made) == ["new", "new"]
    press(desk, made, "commit")
    priced = db.session.scalars(
        db.select(Achievement).filter(Achievement.title.endswith("2号"))
    ).one()
    assert priced.price_min == 50


@pytest.mark.parametrize(
    "header", ["预期价格(万美元)", "预期价格(元/吨)", "价格(元/万元)"]
)
def test_a_sum_of_another_kind_does_not_come_back_as_yuan(
    desk: FlaskClient, owner: Organisation, header: str
) -> None:
    headers = [header if name == "预期价格" else name for name in HEADER]
    made = upload(
        desk,
        [good(1, 完成单位="山东大学（示例）", 预期价格=50)],
        owner.id,
        header=headers,
    )

    send_corrected(desk, made, NAME)

    (only,) = staged(made)
    press(desk, made, "commit")
    listing = db.session.scalars(db.select(Achievement)).one()
    assert any("没有导入" in one["message"] for one in only.findings)
    assert listing.price_min is None


def _book_with_price(value: float | str, number_format: str) -> bytes:
    """A list of one faulty row whose price shows its unit in the format of its cell alone."""
    book = load_workbook(
        io.BytesIO(xlsx([HEADER, good(1, 完成单位="山东大学（示例）")]))
    )
    cell = book.active.cell(2, HEADER.index("预期价格") + 1)
    cell.value = value
    cell.number_format = number_format
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("value", "number_format", "in_wan"),
    [
        (500_000, '#,##0"元"', 50),
        (0.5, '0.0"亿元"', 5000),
        (500_000, '"¥"#,##0.00', 50),
        ("￥500,000.00", "General", 50),
        (0.1 + 0.2, "General", Decimal("0.3")),
        (50, '"$"0', None),
        (0.5, "0%", None),
    ],
)
def test_a_sum_comes_back_with_the_unit_that_its_cell_shows(
    desk: FlaskClient,
    owner: Organisation,
    value: float | str,
    number_format: str,
    in_wan: Decimal | int | None,
) -> None:
    content = _book_with_price(value, number_format)
    assert send_file(desk, content, organisation=str(owner.id)).status_code == 303
    made = latest()

    send_corrected(desk, made, NAME)

    press(desk, made, "commit")
    assert db.session.scalars(db.select(Achievement)).one().price_min == in_wan


def test_of_a_state_secret_nothing_is_stored(
    desk: FlaskClient, owner: Organisation
) -> None:
    marked = good(2, 成果简介="机密★10年 某装备的关键参数如下")
    classed = good(3, 成果简介="另一装备的关键参数如下")
    made = upload(
        desk,
        [[*good(1), "非密"], [*marked, ""], [*classed, "国家秘密"]],
        owner.id,
        header=[*HEADER, "密级"],
    )
    page = desk.get(f"/mine/imports/{made.id}").text
    (only,) = staged(made)

    typed = desk.post(
        f"/mine/imports/{made.id}/rows/{only.number}",
        data={
            "cell-summary": "秘密★5年 关键参数",
            "author": "李老师",
            "seen": only.revision,
        },
    )

    assert "第 3、4 行：国家秘密不能在互联网上传输" in page
    assert "国家秘密的标志" in typed.text
    assert 'value="李老师"' in typed.text
    db.session.expire_all()
    assert "★" not in str([one.cells for one in staged(made)])


def test_corrections_make_no_import_longer_than_an_upload(
    desk: FlaskClient, owner: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = upload(desk, [good(1), good(2)], owner.id)
    monkeypatch.setattr(staging, "MAX_ROWS", 3)

    answer = desk.post(
        f"/mine/imports/{made.id}/corrections",
        data={"file": (io.BytesIO(xlsx([HEADER, good(3), good(4)])), "more.xlsx")},
    )

    assert answer.status_code == 422
    assert "这次导入有 4 行没有写入，最多 3 行" in answer.text
    assert len(staged(made)) == 2


# What a spreadsheet program would compute, each the name of a listing.
FORMULAS = (
    "'=1+1 型轴承装置", "+5℃ 冷库轴承", "-40℃ 密封轴承", "@某某轴承测试台", "＝号轴承工艺",
    "－60℃ 低温轴承", "'=带撇号的轴承",
)  # fmt: skip


def test_names_that_look_like_formulas_come_back_from_the_file_of_faults(
    desk: FlaskClient, owner: Organisation
) -> None:
    rows = []
    for number, title in enumerate(FORMULAS):
        rows.append(good(number, 成果名称=title, 完成单位="山东大学（示例）"))
    made = upload(desk, rows, owner.id)
    before = [one.title for one in staged(made)]
    assert states(made) == ["faulty"] * len(FORMULAS)
    # Twice: what is guarded already is not guarded again.
    for name in ("山西大学（示例）", NAME):
        send_corrected(desk, made, name)
        assert [one.title for one in staged(made)] == before
    assert states(made) == ["new"] * len(FORMULAS)
    press(desk, made, "commit")
    titles = db.session.scalars(db.select(Achievement.title).order_by(Achievement.id))
    assert list(titles) == before


def send_corrected(desk: FlaskClient, made: ListImport, name: str) -> None:
    """Take the file of faults, write the holder into each row, and send it again."""
    book = load_workbook(
        io.BytesIO(desk.get(f"/mine/imports/{made.id}/faults.xlsx").data)
    )
    sheet = book.active
    places = {cell.value: cell.column for cell in sheet[1]}
    for line in sheet.iter_rows(min_row=2):
        # As a CSV, which is how such files travel on, no cell would be computed either.
        for cell in line:
            assert cell.data_type != "f"
            assert not str(cell.value or "").lstrip().startswith(("=", "+", "-", "@"))
        line[places["完成单位"] - 1].value = name
    out = io.BytesIO()
    book.save(out)
    answer = desk.post(
        f"/mine/imports/{made.id}/corrections",
        data={"file": (io.BytesIO(out.getvalue()), "faults.xlsx")},
    )

    assert answer.status_code == 303, answer.text


def test_hand_edits_are_chosen_by_a_person(
    desk: FlaskClient, owner: Organisation, make: Factory
) -> None:
    import_list([row()])
    listing = one()
    editor = make.person("desk", owner)
    listing_deeds.save(
        listing,
        {"summary": "有人在网页上重写了的简介，比清单里的更长一些，说得更清楚。"},
        by=editor,
        seen=listing.revision,
    )
    changed = row(成果简介="清单里后来又改了的简介，针对轴承振动大的问题。")
    made = upload(desk, [good(1), changed], owner.id)
    assert states(made) == ["new", "conflict"]
    page = desk.get(f"/mine/imports/{made.id}").text
    assert page.index("有人在网页上重写了的简介") < page.index("1号")

    # Nobody has chosen: the others are written, this one waits.
    press(desk, made, "commit")
    assert states(made) == ["new", "conflict"]
    waiting = staged(made)[1]
    where = f"/mine/imports/{made.id}/rows/{waiting.number}/choose"
    assert desk.post(where, data={"seen": waiting.revision}).status_code == 422
    answer = desk.post(where, data={"seen": waiting.revision, "choice-summary": "list"})
    assert answer.status_code == 303
    assert states(made) == ["new", "changed"]
    press(desk, made, "commit")
    db.session.expire_all()
    assert one_titled(row()[0]).summary.startswith("清单里后来又改了")


def test_what_is_chosen_to_stay_stays(
    desk: FlaskClient, owner: Organisation, make: Factory
) -> None:
    import_list([row()])
    listing = one()
    words = "有人在网页上重写了的简介，比清单里的更长一些，说得更清楚。"
    listing_deeds.save(
        listing,
        {"summary": words},
        by=make.person("desk", owner),
        seen=listing.revision,
    )
    changed = row(成果简介="清单里后来又改了的简介，针对轴承振动大。", 关键词="新词")
    made = upload(desk, [changed], owner.id)
    press(desk, made, "choose-all", which="theirs")
    assert states(made) == ["changed"]
    press(desk, made, "commit")

    db.session.expire_all()
    assert (one().summary, one().keywords) == (words, ["新词"])


def test_a_choice_counts_only_for_the_words_it_was_made_of(
    desk: FlaskClient, owner: Organisation, make: Factory
) -> None:
    import_list([row()])
    listing = one()
    editor = make.person("desk", owner)
    first = "有人在网页上重写了的简介，比清单里的更长一些，说得更清楚。"
    listing_deeds.save(listing, {"summary": first}, by=editor, seen=listing.revision)
    made = upload(
        desk, [row(成果简介="清单里的简介，又是另一种写法，二十个字以上。")], owner.id
    )
    press(desk, made, "choose-all", which="list")
    second = "选过以后别人又重写的简介，谁也没有看见过它与清单的不同。"
    listing_deeds.save(listing, {"summary": second}, by=editor, seen=listing.revision)

    press(desk, made, "commit")

    db.session.expire_all()
    assert one().summary == second
    assert states(made) == ["conflict"]


def test_a_whole_import_is_taken_back(desk: FlaskClient, owner: Organisation) -> None:
    import_list([row()])
    before = (one().summary, one().price_min, [str(each) for each in one().metrics])
    changed = row(
        成果简介="清单里后来又改了的简介，针对轴承振动大的问题。",
        预期价格="90万",
        主要技术指标="圆度≤0.05 mm",
    )
    made = upload(desk, [good(1), changed], owner.id)
    press(desk, made, "commit")
    assert states(made) == ["new", "changed"]

    press(desk, made, "take-back")

    db.session.expire_all()
    assert made.state == "taken_back"
    assert states(made) == ["undone", "undone"]
    listing = one_titled(row()[0])
    assert (
        listing.summary,
        listing.price_min,
        [str(each) for each in listing.metrics],
    ) == before
    assert one_titled(good(1)[0]).state == "archived"
    # The former list again is the same as what is there: nobody wrote anything by hand.
    again = upload(desk, [changed], owner.id)
    assert states(again) == ["changed"]


def test_a_change_that_waits_for_review_outlasts_a_list_and_its_taking_back(
    desk: FlaskClient, make: Factory, owner: Organisation
) -> None:
    verify_holder(NAME, uscc=owner.uscc or "")
    import_list([row()], publish=True)
    listing = one()
    words = "有人在网页上重写了的简介，比清单里的更长一些，说得更清楚。"
    listing_deeds.save(
        listing,
        {"summary": words},
        by=make.person("desk", owner),
        seen=listing.revision,
    )

    made = upload(desk, [row(关键词="新词")], owner.id)
    press(desk, made, "commit")

    change = open_change(one())
    assert change is not None
    assert change.content == {"summary": words, "keywords": ["新词"]}
    press(desk, made, "take-back")
    assert states(made) == ["undone"]
    db.session.expire_all()
    assert (change.state, change.content) == ("submitted", {"summary": words})


def test_nothing_is_taken_back_where_somebody_has_dealt_with_a_row(
    desk: FlaskClient, owner: Organisation, make: Factory
) -> None:
    made = upload(desk, [good(1), good(2)], owner.id)
    press(desk, made, "commit")
    edited = one_titled(good(2)[0])
    listing_deeds.save(
        edited,
        {"note": "改过"},
        by=make.person("desk", owner),
        seen=edited.revision,
    )

    answer = press(desk, made, "take-back")

    assert answer.location.endswith("state=stuck")
    assert states(made) == ["new", "new"]
    assert [bool(each.reason) for each in staged(made)] == [False, True]
    assert one_titled(good(1)[0]).state == "draft"
    page = desk.get(answer.location).text
    assert "又有过「修改」" in page


@pytest.mark.long
def test_long_imports_go_on_in_the_background_and_after_a_kill(
    desk: FlaskClient,
    owner: Organisation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deeds, "AT_ONCE", 1)
    monkeypatch.setattr(upkeep, "BATCH", 2)
    made = upload(desk, [good(number) for number in range(5)], owner.id)
    press(desk, made, "commit")
    assert made.state == "writing"
    answer = desk.get(f"/mine/imports/{made.id}")
    assert answer.headers["Refresh"] == "5"
    by = made.owner
    # A process that is killed after its first batch, then two that go on.
    assert upkeep._write_batch(made.id, by=by, announce=True)
    assert count() == 2
    for _ in range(2):
        upkeep.go_on()

    db.session.expire_all()
    assert (made.state, count()) == ("done", 5)
    assert states(made) == ["new"] * 5
    notices = db.session.scalars(db.select(Notice).filter_by(kind="imports.ended"))
    assert [notice.person_id for notice in notices] == [by.id]
    monkeypatch.setattr(deeds, "AT_ONCE", 1)
    press(desk, made, "take-back")
    assert made.state == "undoing"
    upkeep.go_on()
    db.session.expire_all()
    assert made.state == "taken_back"


def test_an_import_says_why_it_was_stopped(
    desk: FlaskClient,
    owner: Organisation,
    make: Factory,
    sign_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deeds, "AT_ONCE", 1)
    monkeypatch.setattr(upkeep, "BATCH", 2)
    made = upload(desk, [good(number) for number in range(5)], owner.id)
    press(desk, made, "commit")
    upkeep._write_batch(made.id, by=made.owner, announce=True)
    made.committed_by.active = False
    db.session.commit()
    upkeep.go_on()

    db.session.expire_all()
    assert (made.state, count()) == ("done", 2)
    page = sign_in(make.person("operator")).get(f"/mine/imports/{made.id}").text
    assert "没有写完" in page
    assert "写入它的人的账号已停用或注销。" in page
    assert "您的账号不能做这件事" not in page


def test_authors_are_named_by_the_list(
    desk: FlaskClient, owner: Organisation, make: Factory
) -> None:
    author = make.person("researcher", owner)
    stranger = make.person("researcher", make.organisation(kind="university"))
    stopped = make.person("researcher", owner)
    stopped.active = False
    db.session.commit()
    header = [*HEADER, "填报人"]
    made = upload(
        desk,
        [
            [*good(1), author.email.upper()],
            [*good(2), author.name],
            [*good(3), stranger.email],
            [*good(4), ""],
            [*good(5), stopped.email],
        ],
        owner.id,
        header=header,
    )
    press(desk, made, "commit")

    owners = [one_titled(good(number)[0]).owner_id for number in range(1, 6)]
    assert owners == [author.id, author.id, *[made.owner_id] * 3]
    assert "不是本单位在平台上的人员" in staged(made)[2].findings[0]["message"]


def test_the_desk_of_an_operators_list_is_that_of_the_organisation(
    make: Factory, owner: Organisation, sign_in: SignIn
) -> None:
    stopped = make.person("desk", owner)
    stopped.active = False
    desk = make.person("desk", owner)
    browser = sign_in(make.person("operator"))
    made = upload(browser, [good(1)], owner.id)
    press(browser, made, "commit")
    assert one_titled(good(1)[0]).owner_id == desk.id

    several = upload(browser, [good(2), good(3, 完成单位="东阿阿胶研究院（示例）")], 0)
    press(browser, several, "commit")
    assert count() == 3


def test_an_operator_publishes_what_is_complete(
    make: Factory, owner: Organisation, sign_in: SignIn
) -> None:
    browser = sign_in(make.person("operator"))
    made = upload(browser, [good(1), good(2, 成果简介="")], owner.id, publish="y")
    press(browser, made, "commit")
    assert one_titled(good(1)[0]).state == "published"
    assert one_titled(good(2)[0]).state == "draft"
    press(browser, made, "take-back")
    db.session.expire_all()
    assert one_titled(good(1)[0]).state == "archived"


def test_a_researcher_writes_their_own_and_no_one_elses(
    make: Factory, owner: Organisation, sign_in: SignIn
) -> None:
    import_list([row()])
    browser = sign_in(make.person("researcher", owner))
    made = upload(browser, [good(1), row(关键词="别的词")], owner.id)

    assert states(made) == ["new", "faulty"]
    assert "别人填报的" in staged(made)[1].findings[0]["message"]
    press(browser, made, "commit")
    assert one_titled(good(1)[0]).owner_id == made.owner_id


def test_others_see_nothing_and_auditors_neither(
    desk: FlaskClient, make: Factory, owner: Organisation, sign_in: SignIn
) -> None:
    made = upload(desk, [good(1, 联系电话="13800000017")], owner.id)
    where = f"/mine/imports/{made.id}"
    number = staged(made)[0].number
    other = sign_in(make.person("desk", make.organisation(kind="university")))
    auditor = sign_in(make.person("auditor"))

    for reader in (other, auditor):
        for page in (where, f"{where}/rows/{number}", f"{where}/faults.xlsx"):
            assert reader.get(page).status_code == 404
        assert reader.post(f"{where}/commit").status_code == 404
    assert "13800000017" in desk.get(f"{where}/rows/{number}").text
    stranger = sign_in(make.person("firm", make.organisation()))
    answer = send_file(stranger, xlsx([HEADER, good(2)]), organisation=str(owner.id))
    assert answer.status_code == 403


def test_a_row_is_left_out_and_taken_in_again(
    desk: FlaskClient, owner: Organisation
) -> None:
    made = upload(desk, [good(1)], owner.id)
    for expected in ("left_out", "new"):
        db.session.expire_all()
        number, seen = staged(made)[0].number, staged(made)[0].revision
        desk.post(
            f"/mine/imports/{made.id}/rows/{number}/leave-out", data={"seen": seen}
        )
        assert states(made) == [expected]
    stale = desk.post(
        f"/mine/imports/{made.id}/rows/{number}/leave-out", data={"seen": seen}
    )
    assert stale.status_code == 409


def test_what_is_thrown_away_leaves_no_rows(
    desk: FlaskClient, owner: Organisation
) -> None:
    made = upload(desk, [good(1), good(2)], owner.id)
    other = upload(desk, [good(3)], owner.id)

    assert press(desk, made, "discard").location == "/mine/imports"

    assert (states(made), states(other)) == ([], ["new"])
    assert made.state == "discarded"
    assert count() == 0


def test_rows_are_removed_after_their_time(
    desk: FlaskClient, owner: Organisation
) -> None:
    made = upload(desk, [good(1)], owner.id)
    assert upkeep.remove_rows(made.created_at) == 0
    later = made.created_at.replace(year=made.created_at.year + 1)
    assert upkeep.remove_rows(later) == 1
    db.session.commit()
    db.session.expire_all()
    assert made.state == "discarded"
    assert "每一行的内容已经删除" in desk.get(f"/mine/imports/{made.id}").text


def test_the_history_says_that_an_import_wrote_it(
    desk: FlaskClient, owner: Organisation
) -> None:
    made = upload(desk, [good(1)], owner.id)
    press(desk, made, "commit")
    events = history_of(one_titled(good(1)[0]))
    assert [event.note for event in events] == ["批量导入"]
    made = latest()
    assert [event.deed for event in history_of(made)] == ["create", "commit", "finish"]
    press(desk, made, "take-back")
    assert history_of(one_titled(good(1)[0]))[-1].note.startswith("撤回导入：第")


def test_the_template_is_read_by_the_reader(desk: FlaskClient) -> None:
    for kind in ("achievement", "demand"):
        content = desk.get(f"/mine/imports/template/{kind}.xlsx").data
        with pytest.raises(Exception, match="只有表头"):
            parse_file(io.BytesIO(content), kind)


def one_titled(title: str) -> Achievement:
    """The achievement of a title."""
    query = db.select(Achievement).filter_by(title=title)
    found: Achievement = db.session.scalars(query).one()
    return found


def test_staged_rows_hold_what_was_read(
    desk: FlaskClient, owner: Organisation, session: Session
) -> None:
    made = upload(desk, [good(1)], owner.id)
    cells = (
        session.scalars(db.select(StagedRow).filter_by(import_id=made.id)).one().cells
    )
    assert cells["contributors"] == "张三、李四"


def test_a_title_that_nobody_sees_is_listed_as_none(
    desk: FlaskClient, owner: Organisation
) -> None:
    found = upload(desk, [good(1), good(2, 成果名称="\u200b\u200b\u2060")], owner.id)

    page = desk.get(f"/mine/imports/{found.id}").text
    assert staged(found)[1].title == ""
    assert "（没有名称）" in page
    assert "没有填写名称" in page
