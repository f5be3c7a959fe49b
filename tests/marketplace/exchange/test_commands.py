"""The commands as somebody at a terminal uses them, and the sample lists of the repository."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import func
from sqlalchemy.orm import Session

from marketplace.exchange.deeds import import_rows
from marketplace.exchange.importing import parse_file
from marketplace.extensions import db
from marketplace.listings.models import Achievement
from tests.factories import Factory
from tests.marketplace.exchange.lists import verify_holder, verify_holders

DEMO = Path(__file__).resolve().parents[3] / "demo"
SAMPLES = {
    "achievements-1": "achievement",
    "achievements-2": "achievement",
    "demands": "demand",
}
HEADER = "成果名称,完成单位,成果简介,预期价格\n"
GOOD = "超精研磨降噪工艺,甲校,针对深沟球轴承振动大的问题改进滚道超精研磨工艺。,50万\n"
BAD = "另一个成果名称,甲校,=危险的简介,许多\n"

Run = Callable[..., Any]


@pytest.fixture
def run(app: Flask, session: Session) -> Run:
    """Runs `flask listings …` and gives its result."""

    def runner(*words: object) -> Any:
        return app.test_cli_runner().invoke(args=["listings", *map(str, words)])

    return runner


def count() -> int:
    return db.session.scalar(db.select(func.count()).select_from(Achievement))


def test_import_says_what_it_did(run: Run, written: Callable[..., Path]) -> None:
    path = written("list.csv", HEADER + GOOD + BAD)

    result = run("import", path, "--kind", "achievement")

    assert result.exit_code == 0
    assert "list.csv：表头在第 1 行，读到 2 条成果" in result.output
    # A cell that nobody needs costs its row nothing but being published.
    assert "新增 2，更新 0，没有变化 0，不能导入 0" in result.output
    assert (
        "第 3 行 D 列「预期价格」：「许多」不是能识别的金额。这一格没有导入。"
        in result.output
    )
    assert count() == 2


def test_a_dry_run_says_that_it_was_one(run: Run, written: Callable[..., Path]) -> None:
    result = run(
        "import",
        written("list.csv", HEADER + GOOD),
        "--kind",
        "achievement",
        "--dry-run",
    )

    assert result.exit_code == 0
    assert "将新增 1" in result.output
    assert "这是试运行，没有改动任何内容。" in result.output
    assert count() == 0


def test_strict_stops_and_says_so_by_its_exit_code(
    run: Run, written: Callable[..., Path]
) -> None:
    result = run(
        "import",
        written("list.csv", HEADER + GOOD + BAD),
        "--kind",
        "achievement",
        "--strict",
    )

    assert result.exit_code == 1
    assert "有 1 行不能导入，按 --strict 整份没有写入。" in result.output
    assert count() == 0


@pytest.mark.parametrize(
    "content", ["", "x\ny\n", HEADER, HEADER + "，,甲校,=危险的简介,5\n"]
)
def test_nothing_to_take_is_a_failure(
    run: Run, written: Callable[..., Path], content: str
) -> None:
    result = run("import", written("list.csv", content), "--kind", "achievement")

    assert result.exit_code == 1
    assert "Traceback" not in result.output


def test_every_problem_goes_to_the_file_of_errors(
    run: Run, written: Callable[..., Path], tmp_path: Path
) -> None:
    errors = tmp_path / "errors.csv"

    run(
        "import",
        written("list.csv", HEADER + BAD),
        "--kind",
        "achievement",
        "--errors",
        errors,
    )
    with errors.open(encoding="utf-8-sig", newline="") as file:
        head, problem = list(csv.reader(file))

    assert head == ["结果", "行", "列", "表头", "内容", "问题", "可以怎么填"]
    assert problem[:5] == ["存为草稿", "2", "D", "预期价格", "许多"]


def test_the_file_of_errors_holds_no_formula(
    run: Run, written: Callable[..., Path], tmp_path: Path
) -> None:
    errors = tmp_path / "errors.csv"

    run(
        "import",
        written("list.csv", HEADER + "甲乙丙丁,甲校,简介,=1+1\n"),
        "--kind",
        "achievement",
        "--errors",
        errors,
    )

    assert "'=1+1" in errors.read_text("utf-8-sig")


FORMULAS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "  =1+1",
    "\u00a0=1+1",
    "\t=1+1",
    "\u3000@SUM(A1)",
    "\u200b=1+1",
    "\ufeff+1+1",
    "＝1+1",
    "'=1+1",
    "=HYPERLINK(A1)",
    "-2+3+cmd|' /C calc'!A0",
]


def test_no_cell_of_the_file_of_errors_is_a_formula(
    run: Run, tmp_path: Path, written: Callable[..., Path]
) -> None:
    errors = tmp_path / "errors.csv"
    rows = [f'"题目{n}的名称",某校,简介,"{text}"' for n, text in enumerate(FORMULAS)]

    run(
        "import",
        written("list.csv", HEADER + "\n".join(rows) + "\n"),
        "--kind",
        "achievement",
        "--errors",
        errors,
    )
    with errors.open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row if cell]

    assert sum(1 for cell in cells if cell.startswith("'")) >= len(FORMULAS)
    for cell in cells:
        bare = cell.replace("\u200b", "").replace("\ufeff", "").lstrip()
        assert not bare.startswith(("=", "+", "-", "@", "＝")), cell


def test_set_fills_columns_and_publish_publishes(
    run: Run, written: Callable[..., Path]
) -> None:
    filled = {
        "完成人": "示例",
        "技术领域": "新材料",
        "所处阶段": "小试",
        "转化方式": "许可",
        "对比优势": "尚无对比数据",
        "联系人": "示例",
        "联系电话": "0635-0000001",
    }
    options = [
        word
        for header, value in filled.items()
        for word in ("--set", f"{header}={value}")
    ]

    verify_holder("甲校")
    result = run(
        "import",
        written("list.csv", HEADER + GOOD),
        "--kind",
        "achievement",
        "--publish",
        *options,
    )

    assert "新增 1，更新 0，没有变化 0，不能导入 0；发布 1" in result.output
    assert db.session.scalars(db.select(Achievement)).one().stage == "lab_scale"


def test_set_without_a_value_or_column_is_refused(
    run: Run, written: Callable[..., Path]
) -> None:
    path = written("list.csv", HEADER + GOOD)

    assert (
        run("import", path, "--kind", "achievement", "--set", "所处阶段").exit_code == 2
    )
    assert (
        "没有名为「阶段段」的列"
        in run("import", path, "--kind", "achievement", "--set", "阶段段=小试").output
    )


def test_a_long_list_shows_how_far_it_is(
    run: Run, written: Callable[..., Path]
) -> None:
    rows = "".join(
        f"第{number}种超精研磨降噪工艺,甲校,简介,50万\n" for number in range(1001)
    )

    result = run(
        "import",
        written("list.csv", HEADER + rows),
        "--kind",
        "achievement",
        "--dry-run",
    )

    assert "已读取 1000 行" in result.output
    assert "将新增 1001" in result.output


def test_export_and_import_again(run: Run, make: Factory, tmp_path: Path) -> None:
    make.achievement("超精研磨降噪工艺之一")
    make.achievement("还是草稿的一项", state="draft")
    path = tmp_path / "out.xlsx"

    assert run("export", path, "--kind", "achievement").exit_code == 0
    assert "没有变化 1" in run("import", path, "--kind", "achievement").output

    run("export", path, "--kind", "achievement", "--all")
    assert "没有变化 2" in run("import", path, "--kind", "achievement").output


def test_public_export_is_what_a_guest_sees(
    run: Run, make: Factory, tmp_path: Path
) -> None:
    make.achievement("超精研磨降噪工艺之一")
    make.achievement("保密的一项成果", visibility="confidential")
    path = tmp_path / "out.xlsx"

    run("export", path, "--kind", "achievement", "--public")
    rows = list(load_workbook(path).worksheets[0].iter_rows(values_only=True))

    assert [line[1] for line in rows[1:]] == ["超精研磨降噪工艺之一"]
    assert "0635-0000001" not in str(rows)


def test_template_writes_both_forms(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "forms"

    assert run("template", "--directory", folder).exit_code == 0
    assert sorted(path.name for path in folder.iterdir()) == [
        "成果清单模板.xlsx",
        "需求清单模板.xlsx",
    ]


def test_expire(run: Run) -> None:
    assert "0 listings expired." in run("expire").output


# --- the sample lists ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_is_complete_enough_to_be_public(
    session: Session, name: str
) -> None:
    report = parse_file(DEMO / f"{name}.csv", SAMPLES[name])
    verify_holders(report)
    outcome = import_rows(report, by=None, publish=True, dry_run=True)

    assert [
        problem.place + problem.message
        for problem in (*outcome.problems, *outcome.drafts)
    ] == []
    assert outcome.published == outcome.new == report.rows


@pytest.mark.parametrize("name", SAMPLES)
def test_the_samples_are_the_same_in_both_forms(session: Session, name: str) -> None:
    text, workbook = (
        parse_file(DEMO / f"{name}{suffix}", SAMPLES[name])
        for suffix in (".csv", ".xlsx")
    )

    assert [(e.owner, e.values) for e in workbook.entries] == [
        (e.owner, e.values) for e in text.entries
    ]
    assert workbook.problems == text.problems == []


def test_a_file_that_cannot_be_written_is_refused_before_the_import(
    run: Run, written: Callable[..., Path], tmp_path: Path
) -> None:
    path = written("list.csv", HEADER + GOOD)
    nowhere = tmp_path / "no such folder" / "errors.csv"

    result = run("import", path, "--kind", "achievement", "--errors", nowhere)

    assert result.exit_code == 2
    assert f"{str(nowhere)!r} cannot be written: " in result.output
    assert count() == 0


def test_a_list_of_which_the_database_takes_nothing_ends_with_an_error(
    run: Run, written: Callable[..., Path]
) -> None:
    verify_holder("甲校", uscc="91350100M000100Y43")
    header = HEADER.strip() + ",统一社会信用代码\n"
    path = written("list.csv", header + GOOD.strip() + ",914403001922038216\n")

    result = run("import", path, "--kind", "achievement")

    assert "新增 0，更新 0，没有变化 0，不能导入 1" in result.output
    assert result.exit_code == 1
