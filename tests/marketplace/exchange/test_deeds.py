"""Lists imported into the database: what is added, changed, published, refused, and by whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from marketplace.clock import today
from marketplace.errors import NotAllowed
from marketplace.exchange.deeds import import_rows
from marketplace.exchange.importing import parse_file
from marketplace.extensions import db
from marketplace.lifecycle import history_of
from marketplace.listings import deeds as listing_deeds
from marketplace.listings import upkeep
from marketplace.listings.models import Demand
from marketplace.listings.review_models import Scores
from marketplace.listings.versions import list_versions
from marketplace.organisations.models import (
    Organisation,
    OrganisationName,
    key_of,
)
from tests.factories import Factory
from tests.marketplace.exchange.lists import (
    HEADER,
    ROW,
    count,
    import_list,
    one,
    parse,
    row,
    verify_holder,
)


def test_a_good_row_becomes_a_listing(session: Session) -> None:
    outcome = import_list([ROW])
    found = one()

    assert (outcome.new, outcome.refused, outcome.problems) == (1, 0, [])
    assert (found.state, found.stage, found.field_codes, found.conversion_modes) == (
        "draft",
        "pilot",
        ["804"],
        ["license", "transfer"],
    )
    assert (found.price_mode, found.price_min, found.price_max) == (
        "range",
        Decimal(30),
        Decimal(60),
    )
    assert [person.name for person in found.contributors] == ["张三", "李四"]
    assert [str(metric) for metric in found.metrics] == ["圆度≤0.1 mm", "硬度≥60 HRC"]
    assert (found.organisation.name, found.organisation.kind) == (
        "聊城大学（示例）",
        "university",
    )
    assert found.organisation.verified_at is None
    assert [deed.deed for deed in history_of(found)] == ["create"]


def test_a_dry_run_counts_what_would_be_and_changes_nothing(session: Session) -> None:
    verify_holder()
    outcome = import_list(
        [ROW, row(成果名称="另一个成果名称")], dry_run=True, publish=True
    )

    assert (outcome.new, outcome.published, outcome.dry) == (2, 2, True)
    assert (count(), count(Organisation)) == (0, 1)


def test_the_same_list_again_changes_nothing(session: Session) -> None:
    import_list([ROW])
    before = one().revision

    outcome = import_list([ROW])

    assert (outcome.new, outcome.changed, outcome.unchanged, outcome.refused) == (
        0,
        0,
        1,
        0,
    )
    assert (count(), one().revision) == (1, before)


def test_titles_are_the_same_whatever_their_punctuation_and_width(
    session: Session,
) -> None:
    import_list([row(成果名称="PA66 保持架（注塑）技术")])

    outcome = import_list([row(成果名称="ＰＡ66保持架(注塑)技术")])

    assert (outcome.new, outcome.changed, count()) == (0, 1, 1)


@pytest.mark.parametrize("publish", [False, True])
def test_a_changed_row_changes_the_listing_with_a_history_row(
    session: Session, publish: bool
) -> None:
    verify_holder()
    import_list([ROW], publish=publish)

    outcome = import_list([row(预期价格="面议", 主要技术指标="圆度≤0.05 mm")])
    found = one()

    assert (outcome.changed, outcome.new) == (1, 0)
    assert (found.price_mode, found.price_min, found.price_max) == (
        "negotiable",
        None,
        None,
    )
    assert [str(metric) for metric in found.metrics] == ["圆度≤0.05 mm"]
    edit = history_of(found)[-1]
    assert (edit.deed, edit.after) == ("edit", "published" if publish else "draft")
    assert set(edit.changed) == {"price_mode", "price_min", "price_max", "metrics"}


def test_an_empty_cell_leaves_what_is_there(session: Session) -> None:
    import_list([ROW])

    outcome = import_list([row(预期价格="", 关键词=None)])

    assert outcome.unchanged == 1
    assert (one().price_min, one().keywords) == (Decimal(30), ["轴承", "降噪"])


def test_what_a_list_has_no_column_for_stays(session: Session) -> None:
    import_list([ROW])
    found = one()
    people = [{"name": "张三", "title": "教授"}, {"name": "李四"}]
    listing_deeds.save(found, {"contributors": people}, by=None, seen=found.revision)

    outcome = import_list([ROW])

    assert outcome.unchanged == 1
    assert one().contributors[0].title == "教授"


def test_a_published_listing_is_not_made_incomplete(session: Session) -> None:
    verify_holder()
    import_list([ROW], publish=True)

    outcome = import_list([row(成果简介="太短")])

    assert (outcome.changed, outcome.refused) == (0, 1)
    assert "至少写 20 个字" in outcome.problems[0].allowed
    assert one().summary == ROW[4]
    assert one().state == "published"


@pytest.mark.parametrize("state", ["submitted", "expired"])
def test_a_listing_that_cannot_be_edited_is_refused_only_where_it_would_change(
    make: Factory, state: str
) -> None:
    owner = make.organisation("聊城大学（示例）", kind="university")
    make.achievement(ROW[0], state=state, owner=owner)

    changed = import_list([ROW])
    same = import_list([[ROW[0], ROW[1]]], header=HEADER[:2])

    assert (changed.refused, same.unchanged) == (1, 1)
    assert "现在不能修改" in changed.problems[0].message


def test_an_ended_listing_may_be_written_again(make: Factory) -> None:
    owner = make.organisation("聊城大学（示例）", kind="university")
    make.achievement(ROW[0], state="withdrawn", owner=owner)

    assert import_list([ROW]).new == 1


def test_publishing_publishes_what_is_complete_and_says_what_the_rest_lacks(
    session: Session,
) -> None:
    verify_holder()
    outcome = import_list(
        [ROW, row(成果名称="没有联系人的一项成果", 联系人="")], publish=True
    )

    assert (outcome.new, outcome.published, outcome.refused) == (2, 1, 0)
    assert [(draft.row, draft.allowed) for draft in outcome.drafts] == [
        (3, "填写联系人或联系部门。")
    ]
    assert (one().state, one("没有联系人的一项成果").state) == ("published", "draft")
    assert [deed.deed for deed in history_of(one())] == [
        "create",
        "submit",
        "take",
        "approve",
    ]


# Columns of a list → what keeps its row a draft, though an operator publishes the list.
BLOCKED = [
    ({"技术成熟度等级": "8", "成熟度依据": "第三方检测报告三份"}, "证明文件"),
    ({"权属": "共有", "共有单位": "东昌府区轴承厂（示例）"}, "共有"),
    ({"技术成熟度等级": "2"}, "技术成熟度改对"),
]


@pytest.mark.parametrize(("columns", "words"), BLOCKED)
def test_an_operator_publishes_nothing_by_a_list_that_no_review_would_let_through(
    session: Session, columns: dict[str, str], words: str
) -> None:
    verify_holder()
    header = [*HEADER, *columns]

    outcome = import_list([[*ROW, *columns.values()]], header=header, publish=True)

    assert (outcome.new, outcome.published, one().state) == (1, 0, "draft")
    (draft,) = outcome.drafts
    assert words in draft.allowed


def test_a_demand_that_was_reopened_is_published_by_a_list_as_its_next_version(
    make: Factory,
) -> None:
    firm, operator = make.organisation(), make.person("operator")
    writer = make.person("firm", firm)
    found = make.demand(state="submitted", owner=firm)
    scores = Scores(4, 4, 4, 4)
    listing_deeds.approve(found, by=operator, seen=found.revision, scores=scores)
    listing_deeds.close(found, by=writer, seen=found.revision, outcome="dropped")
    listing_deeds.reopen(found, by=writer, seen=found.revision)
    found.title = "改过的题目，轴承保持架降噪"

    listing_deeds.publish_imported(found, by=operator)
    db.session.flush()

    assert found.state == "published"
    numbers = [one.number for one in list_versions(found, by=operator)]
    assert sorted(numbers) == [1, 2]


@pytest.mark.parametrize("uscc", [None, "91350100M000100Y43"])
def test_an_import_verifies_nobody(session: Session, uscc: str | None) -> None:
    header = [*HEADER, "统一社会信用代码"]

    outcome = import_list([[*ROW, uscc]], header=header, publish=True)
    found = one()

    assert (outcome.new, outcome.published, found.state) == (1, 0, "draft")
    assert (found.organisation.state, found.organisation.verified_at) == (
        "unverified",
        None,
    )
    (draft,) = outcome.drafts
    assert "没有核验" in draft.message
    assert "核验该单位" in draft.allowed
    verify_holder(uscc="91350100M000100Y43")
    again = import_list([[*ROW, uscc]], header=header, publish=True)
    assert (again.published, one().state) == (1, "published")


def test_what_was_written_in_a_form_is_not_overwritten(
    session: Session, make: Factory
) -> None:
    holder = verify_holder()
    member = make.person("member", holder)
    by_hand = "科研人员自己在网页上写的简介，没有再改过，二十个字以上。"
    found = listing_deeds.create(
        "achievement",
        {"title": ROW[0], "summary": by_hand, "price_mode": "negotiable"},
        organisation=holder,
        by=member,
    )

    outcome = import_list([ROW], publish=True)
    summary = found.summary

    assert (outcome.new, outcome.changed, outcome.published) == (0, 1, 0)
    assert (summary, found.price_mode, found.price_min) == (by_hand, "negotiable", None)
    # What nobody had written is filled in, and said.
    assert found.stage == "pilot"
    (kept,) = [one for one in outcome.notices if "没有覆盖" in one.message]
    assert "「成果简介」" in kept.message
    assert "--overwrite" in kept.allowed
    overwritten = import_list([ROW], publish=True, overwrite=True)
    assert (overwritten.changed, overwritten.published) == (1, 1)
    assert found.summary == ROW[4]
    assert by_hand in "".join(entry.note for entry in history_of(found))


def test_what_an_operator_imported_is_no_handwriting(
    session: Session, make: Factory
) -> None:
    operator = make.person("operator")
    import_rows(parse([ROW]), by=operator)

    outcome = import_rows(parse([row(联系人="成果科")]), by=operator)

    assert (outcome.changed, one().contact_name) == (1, "成果科")


def test_a_draft_is_published_once_its_row_is_complete(session: Session) -> None:
    verify_holder()
    import_list([row(联系人="")], publish=True)

    outcome = import_list([ROW], publish=True)

    assert (outcome.changed, outcome.published, one().state) == (1, 1, "published")


def test_the_index_is_in_step_afterwards(session: Session, app: Any) -> None:
    verify_holder()
    import_list([ROW, row(成果名称="没有联系人的一项成果", 联系人="")], publish=True)

    found = {
        (kind, listing_id)
        for kind, listing_id, _ in app.extensions["search"].versions()
    }
    assert found == {("achievement", one().id)}
    assert upkeep.index_check() == {"missing": [], "stale": [], "extra": []}


def test_good_rows_are_imported_and_strict_imports_none(session: Session) -> None:
    rows = [
        ROW,
        row(成果名称="另一个成果名称", 预期价格="许多"),
        row(成果名称="第三个成果名称", 所处阶段="概念"),
    ]

    strict = import_list(rows, strict=True)
    assert (strict.stopped, strict.new, strict.refused, count()) == (True, 0, 2, 0)

    # What cannot be understood and is not needed is left out, and the row stays a draft.
    plain = import_list(rows)
    assert (plain.stopped, plain.new, plain.refused, count()) == (False, 2, 1, 2)
    assert [problem.header for problem in plain.drafts] == ["预期价格"]


def test_strict_imports_none_where_only_the_database_knows_of_a_problem(
    session: Session,
) -> None:
    verify_holder()
    import_list([ROW], publish=True)

    outcome = import_list(
        [row(成果名称="另一个成果名称"), row(成果简介="太短")], strict=True
    )

    assert (outcome.stopped, outcome.new, outcome.refused, count()) == (True, 0, 1, 1)


def test_twins_under_two_names_of_one_code_are_reported(session: Session) -> None:
    header = [*HEADER, "统一社会信用代码"]
    rows = [
        [*ROW, "91350100M000100Y43"],
        [*row(完成单位="聊城大学新名"), "91350100M000100Y43"],
    ]

    outcome = import_list(rows, header=header)

    assert (outcome.new, outcome.refused, count(Organisation)) == (1, 1, 1)
    assert "统一社会信用代码相同" in outcome.problems[0].message


def test_a_code_that_contradicts_the_known_one_is_refused(session: Session) -> None:
    header = [*HEADER, "统一社会信用代码"]
    import_list([[*ROW, "91350100M000100Y43"]], header=header)

    outcome = import_list(
        [[*row(成果名称="另一个成果名称"), "914403001922038216"]], header=header
    )

    assert (outcome.new, outcome.refused) == (0, 1)
    assert "与 914403001922038216 不同" in outcome.problems[0].message


def test_an_organisation_is_found_by_its_code_and_completed(make: Factory) -> None:
    owner = make.organisation("聊城大学（示例）", kind="university", verified=False)
    owner.district_code = None
    db.session.commit()

    import_list(
        [[*ROW, "91350100M000100Y43", "茌平县"]],
        header=[*HEADER, "统一社会信用代码", "所属县市区"],
    )

    assert (owner.uscc, owner.district_code, count(Organisation)) == (
        "91350100M000100Y43",
        "371503",
        1,
    )


def test_a_code_that_was_copied_down_gives_no_listing_to_another_body(
    make: Factory,
) -> None:
    """Code and name of two known organisations: only a person can tell which one is meant."""
    code = "91350100M000100Y43"
    firm = make.organisation("砺石轴承厂（示例）", kind="firm")
    firm.uscc = code
    other = make.organisation("聊城大学（示例）", kind="university")
    db.session.commit()

    outcome = import_list([[*ROW, code]], header=[*HEADER, "统一社会信用代码"])

    assert (outcome.new, outcome.refused, count(Organisation)) == (0, 1, 2)
    said = outcome.problems[0].message
    assert f"登记给「{firm.name}」，名称却是「{other.name}」的" in said


@pytest.mark.parametrize("kind", ["former", "alias"])
def test_a_code_is_not_given_to_who_once_bore_the_name(
    make: Factory, kind: str
) -> None:
    known = make.organisation("山东今名大学（示例）", kind="university", verified=False)
    db.session.add(
        OrganisationName(
            organisation_id=known.id, name=ROW[1], name_key=key_of(ROW[1]), kind=kind
        )
    )
    db.session.commit()

    outcome = import_list(
        [[*ROW, "91350100M000100Y43"]], header=[*HEADER, "统一社会信用代码"]
    )

    assert (outcome.new, outcome.refused, known.uscc) == (0, 1, None)
    assert "曾用名或别名" in outcome.problems[0].message


def test_who_is_known_by_code_under_another_name_is_named(session: Session) -> None:
    code = "91350100M000100Y43"
    rows = [
        [*ROW, code],
        [*row(成果名称="另一个成果名称", 完成单位="山东另名研究院（示例）"), code],
        [*row(成果名称="第三个成果名称", 完成单位="山东另名研究院（示例）"), code],
    ]

    outcome = import_list(rows, header=[*HEADER, "统一社会信用代码"])

    (notice,) = [one for one in outcome.notices if "名下" in one.message]
    assert (outcome.new, notice.row) == (3, 3)
    assert "「山东另名研究院（示例）」" in notice.message
    assert f"记在「{ROW[1]}」名下（共 2 行）" in notice.message


def test_demands_are_imported_with_all_that_is_theirs(
    session: Session, written: Callable[..., Path]
) -> None:
    verify_holder("砺石轴承厂（示例）", kind="firm", uscc="91350100M000100Y43")
    header = "需求名称 企业名称 统一社会信用代码 所属县市区 需求类型 技术领域 主要问题 技术指标要求 拟投入资金 合作方式"
    more = "完成期限 是否揭榜 匿名 公开程度 联系人 联系电话"
    problem = "电机用轴承振动值离散，客户投诉有异音，废品率百分之六。"
    owner = "砺石轴承厂（示例） 91350100M000100Y43 临清"
    cells = f"深沟球轴承异音攻关 {owner} 技术攻关 804 {problem} 振动≤34dB；要求现场服务"
    rest = "0.015亿 合作开发、委托开发 2027年9月 否 是 部分公开 技术部 13812345678"
    text = f"{header} {more}\n{cells} {rest}\n".replace(" ", ",")
    path = written("demands.csv", text, encoding="gb18030")

    outcome = import_rows(parse_file(path, "demand"), by=None, publish=True)
    found = one("深沟球轴承异音攻关", Demand)

    assert (outcome.new, outcome.published, outcome.problems) == (1, 1, [])
    assert (found.need, found.demand_type, found.budget) == (
        "technology",
        "tech_breakthrough",
        Decimal(150),
    )
    assert (found.deadline, found.anonymous, found.visibility) == (
        date(2027, 9, 30),
        True,
        "partial",
    )
    assert found.key_technology == "要求现场服务"
    assert found.cooperation_modes == ["cooperative_dev", "commissioned_dev"]
    assert (found.organisation.kind, found.organisation.district_code) == (
        "firm",
        "371581",
    )


def test_only_operators_import_lists(make: Factory) -> None:
    verify_holder()
    report = parse([ROW])

    with pytest.raises(NotAllowed):
        import_rows(report, by=make.person("desk", make.organisation()))

    operator = make.person("operator")
    assert import_rows(report, by=operator, publish=True).published == 1
    assert one().owner_id == operator.id


@pytest.mark.long
def test_many_rows_need_few_queries(session: Session) -> None:
    verify_holder()
    rows = [row(成果名称=f"第{number}种超精研磨降噪工艺") for number in range(1200)]
    report = parse(rows)
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        outcome = import_rows(report, by=None, publish=True, dry_run=True)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)

    assert (outcome.new, outcome.published) == (1200, 1200)
    assert sum(statement.startswith("SELECT") for statement in statements) < 20


def test_a_validity_that_is_over_is_not_published(session: Session) -> None:
    verify_holder()
    header = [*HEADER, "有效期至"]
    rows = [[*ROW, "2020-01-31"], [*row(成果名称="另一个成果名称"), ""]]

    outcome = import_list(rows, header=header, publish=True)

    assert (outcome.new, outcome.published) == (2, 1)
    assert one().state == "draft"
    assert "已过" in outcome.drafts[0].message


def test_a_published_listing_expires_by_what_a_list_says(session: Session) -> None:
    verify_holder()
    header = [*HEADER, "有效期至"]
    import_list([[*ROW, "2099-01-31"]], header=header, publish=True)
    found = one()
    assert found.state == "published"

    outcome = import_list([[*ROW, "2020-01-31"]], header=header)

    assert (outcome.changed, outcome.expired, found.state) == (1, 1, "expired")
    assert "expire" in {step.deed for step in history_of(found)}
    (said,) = [one for one in outcome.notices if "2020-01-31 已过" in one.message]
    assert "已过期" in said.message
    assert "续期" in said.allowed
    # Once more: nothing is left to change, and it does not come back.
    again = import_list([[*ROW, "2020-01-31"]], header=header, publish=True)
    assert (again.changed, again.expired, found.state) == (0, 0, "expired")


@pytest.mark.parametrize("day", ["2020-01-31", "2020年1月", "2020.1.31"])
def test_a_new_listing_that_is_over_gets_a_notice(session: Session, day: str) -> None:
    header = [*HEADER, "有效期至"]

    outcome = import_list([[*ROW, day]], header=header)

    assert (outcome.new, outcome.drafts, one().state) == (1, [], "draft")
    assert ["2020-01-31 已过" in one.message for one in outcome.notices] == [True]


def test_a_validity_until_today_is_not_over(session: Session) -> None:
    verify_holder()
    header = [*HEADER, "有效期至"]

    outcome = import_list([[*ROW, today().isoformat()]], header=header, publish=True)

    assert (outcome.published, outcome.notices, one().state) == (1, [], "published")


def test_a_dry_run_says_what_would_expire(session: Session) -> None:
    verify_holder()
    header = [*HEADER, "有效期至"]
    import_list([[*ROW, "2099-01-31"]], header=header, publish=True)

    outcome = import_list([[*ROW, "2020-01-31"]], header=header, dry_run=True)

    assert (outcome.expired, one().state) == (1, "published")


def test_what_people_changed_stays_unless_told_otherwise(
    session: Session, make: Factory
) -> None:
    import_list([ROW])
    found = one()
    member = make.person("member", found.organisation)
    by_hand = "这一段是科研人员在网页上改过的简介，写得比清单里的更清楚。"
    listing_deeds.save(found, {"summary": by_hand}, by=member, seen=found.revision)
    changed = row(
        成果简介="清单里的新简介，说的是另一件事，二十个字以上。", 联系人="成果科"
    )

    kept = import_list([changed])
    summary, contact = found.summary, found.contact_name
    overwritten = import_list([changed], overwrite=True)

    assert (kept.changed, summary, contact) == (1, by_hand, "成果科")
    assert any("没有覆盖" in notice.message for notice in kept.notices)
    assert overwritten.changed == 1
    assert found.summary.startswith("清单里的新简介")
    # Nothing is lost: the old words stand in the history of the listing.
    assert by_hand in history_of(found)[-1].note
