"""Commands of the lists: import, export, blank forms, expiry; `import` of organisations. Each prints what it did.

Nothing is read, decided or written to the database here.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from flask.cli import AppGroup

from marketplace.command_paths import FileToWrite, FolderToWrite, failures_named
from marketplace.errors import MarketError
from marketplace.exchange import (
    deeds,
    exporting,
    importing,
    organisation_lists,
    queries,
)
from marketplace.exchange.reports import Outcome, Problem, Progress, Report
from marketplace.listings import deeds as listing_deeds
from marketplace.listings import upkeep
from marketplace.listings.models import KIND_NAMES
from marketplace.organisations.commands import commands as organisation_commands
from marketplace.parsing.text import escape_formula
from marketplace.permissions import Guest, Reader

# Shorter lists are done before a bar would have been drawn.
LONG = 1_000  # rows from which a bar says how far the work has come
PRINTED = 10  # problems printed; all of them go to the file of --errors
ERROR_HEADERS = ("结果", "行", "列", "表头", "内容", "问题", "可以怎么填")

commands = AppGroup(
    "listings",
    help="Lists of achievements and demands, in from spreadsheets and out to them.",
)


errors_option = click.option(
    "--errors",
    type=FileToWrite(),
    help="Write every problem and notice to this .csv file.",
)
max_rows_option = click.option(
    "--max-rows",
    default=importing.MAX_ROWS,
    show_default=True,
    help="Refuse longer lists.",
)
kind_option = click.option(
    "--kind",
    required=True,
    type=click.Choice(list(KIND_NAMES)),
    help="What the list holds.",
)


@commands.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@kind_option
@click.option("--dry-run", is_flag=True, help="Check everything and change nothing.")
@click.option("--strict", is_flag=True, help="Take nothing if any row has a problem.")
@click.option(
    "--overwrite", is_flag=True, help="Also change what people changed on the site."
)
@click.option(
    "--publish",
    is_flag=True,
    help="Publish complete rows of verified organisations at once.",
)
@click.option(
    "--set",
    "defaults",
    multiple=True,
    metavar="HEADER=VALUE",
    help="Fill empty cells, or a missing column.",
)
@errors_option
@max_rows_option
def import_list(
    file: Path,
    kind: str,
    dry_run: bool,
    strict: bool,
    overwrite: bool,
    publish: bool,
    defaults: tuple[str, ...],
    errors: Path | None,
    max_rows: int,
) -> None:
    """Import a list (.xlsx, .csv, .tsv). A listing of the same organisation and title is changed, not doubled."""
    filled = dict(_split_default(text) for text in defaults)
    try:
        report = importing.parse_file(
            file, kind, defaults=filled, max_rows=max_rows, progress=_say_rows_read
        )
        with _progress_bar(len(report.entries)) as progress:
            outcome = deeds.import_rows(
                report,
                by=None,
                strict=strict,
                overwrite=overwrite,
                publish=publish,
                dry_run=dry_run,
                progress=progress,
            )
    except MarketError as error:
        click.echo(f"没有导入：{error.message}{error.advice}", err=True)
        raise SystemExit(1) from None
    # SQLite plans badly after many new rows until it has counted them (`upkeep.refresh_statistics`).
    if not dry_run:
        upkeep.refresh_statistics()
    _print_outcome(report, outcome, publish=publish)
    if errors is not None:
        _write_problems(errors, outcome)
        click.echo(f"全部问题和提示已写入 {errors}")
    _end_in_vain(outcome)


@commands.command()
@click.option(
    "--directory",
    default=".",
    type=FolderToWrite(),
    show_default=True,
)
def template(directory: Path) -> None:
    """Write both blank forms, with drop-downs and an example row."""
    for kind, name in KIND_NAMES.items():
        path = directory / f"{name}清单模板.xlsx"
        with failures_named(path):
            directory.mkdir(parents=True, exist_ok=True)
            path.write_bytes(exporting.blank_form(kind))
        click.echo(str(path))


@commands.command()
@click.argument("file", type=FileToWrite())
@kind_option
@click.option(
    "--all", "everything", is_flag=True, help="Drafts and ended listings too."
)
@click.option("--public", is_flag=True, help="Only what a guest may see.")
def export(file: Path, kind: str, everything: bool, public: bool) -> None:
    """Write the published listings of a kind to an .xlsx file."""
    # None is the site itself, which sees everything; a list that is handed on is taken as a guest sees it.
    reader: Reader | None = Guest() if public else None
    rows = queries.listings_to_export(kind, reader=reader, everything=everything)
    content = exporting.workbook(kind, rows, reader=reader)
    with failures_named(file):
        file.write_bytes(content)
    click.echo(str(file))


@commands.command()
def expire() -> None:
    """Take listings whose validity has ended out of the public."""
    click.echo(f"{listing_deeds.expire_due()} listings expired.")


@organisation_commands.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check everything and change nothing.")
@click.option("--strict", is_flag=True, help="Take nothing if any row has a problem.")
@errors_option
@max_rows_option
def import_organisations(
    file: Path, dry_run: bool, strict: bool, errors: Path | None, max_rows: int
) -> None:
    """Enter the organisations of a list (.xlsx, .csv, .tsv). Known ones are completed where they are empty; a list
    verifies nobody."""
    try:
        report = organisation_lists.parse_organisations(file, max_rows=max_rows)
        outcome = organisation_lists.enter_report(
            report, by=None, strict=strict, dry_run=dry_run
        )
    except MarketError as error:
        click.echo(f"没有导入：{error.message}{error.advice}", err=True)
        raise SystemExit(1) from None
    _print_outcome(report, outcome, publish=False)
    if errors is not None:
        _write_problems(errors, outcome)
        click.echo(f"全部问题和提示已写入 {errors}")
    _end_in_vain(outcome)


def _end_in_vain(outcome: Outcome) -> None:
    """End with an error where nothing came of a list, also where only the database refused its rows."""
    if outcome.stopped or not outcome.new + outcome.changed + outcome.unchanged:
        raise SystemExit(1)


def _split_default(text: str) -> tuple[str, str]:
    header, sign, value = text.partition("=")
    if not sign or not header.strip():
        raise click.BadParameter(f"{text!r} is not HEADER=VALUE", param_hint="--set")
    return header.strip(), value


def _say_rows_read(done: int, _total: int) -> None:
    """Say now and then how many rows are read; how many there are is not known yet."""
    if done and not done % LONG:
        click.echo(f"  已读取 {done} 行", err=True)


@contextmanager
def _progress_bar(total: int) -> Iterator[Progress | None]:
    """A progress bar where the list is long enough for one."""
    if total < LONG:
        yield None
        return
    with click.progressbar(
        length=total, label="写入", show_pos=True, file=sys.stderr
    ) as bar:
        yield lambda done, _total: bar.update(done - bar.pos)


def _print_outcome(report: Report, outcome: Outcome, *, publish: bool) -> None:
    sheet = f"「{report.sheet}」" if report.sheet else ""
    counted = f"条{KIND_NAMES.get(report.kind, '')}"
    if report.kind == organisation_lists.ORGANISATION:
        counted = "个单位"
    click.echo(
        f"{report.source}{sheet}：表头在第 {report.header_row} 行，读到 {report.rows} {counted}"
    )
    for remark in outcome.remarks:
        click.echo(f"  提示：{remark}")
    if outcome.stopped:
        click.echo(f"有 {outcome.refused} 行不能导入，按 --strict 整份没有写入。")
    else:
        click.echo(_counts(outcome, publish=publish))
    _print_problems("不能导入的原因", outcome.problems)
    _print_problems("存为草稿的原因", outcome.drafts)
    _print_problems("提示", outcome.notices)
    if outcome.dry:
        click.echo("这是试运行，没有改动任何内容。")


def _counts(outcome: Outcome, *, publish: bool) -> str:
    """How many rows had which fate; a dry run says 将 before what would be done."""
    # A dry run has taken everything back, so none of these has happened.
    will = "将" if outcome.dry else ""
    counts = [
        f"{will}新增 {outcome.new}",
        f"{will}更新 {outcome.changed}",
        f"没有变化 {outcome.unchanged}",
        f"不能导入 {outcome.refused}",
    ]
    published = f"；{will}发布 {outcome.published}" if publish else ""
    expired = f"；{will}转为已过期 {outcome.expired}" if outcome.expired else ""
    return f"{'，'.join(counts)}{published}{expired}"


def _print_problems(title: str, problems: Sequence[Problem]) -> None:
    if not problems:
        return
    click.echo(f"{title}（{len(problems)} 处）：")
    # A terminal scrolls: thousands of lines would push the sums out of sight.
    for problem in problems[:PRINTED]:
        click.echo(f"  {problem.place}：{problem.message}{problem.allowed}")
    if len(problems) > PRINTED:
        click.echo(f"  还有 {len(problems) - PRINTED} 处没有列出。")


def _write_problems(path: Path, outcome: Outcome) -> None:
    """Write every problem, draft and notice to a .csv file that Excel opens: with a byte order mark, no formulas."""
    groups = (
        ("没有导入", outcome.problems),
        ("存为草稿", outcome.drafts),
        ("提示", outcome.notices),
    )
    with (
        failures_named(path),
        path.open("w", encoding="utf-8-sig", newline="") as file,
    ):
        # Quoted, so that no other delimiter opens a cell in the middle of what strangers wrote.
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(ERROR_HEADERS)
        for result, problems in groups:
            for problem in problems:
                cells = (
                    result,
                    problem.row or "",
                    problem.column,
                    problem.header,
                    problem.value,
                    problem.message,
                    problem.allowed,
                )
                # The file is opened in a spreadsheet program, and its cells hold what strangers wrote.
                writer.writerow([escape_formula(str(cell)) for cell in cells])
