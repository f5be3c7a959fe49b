"""Commands of the lists: import, export, blank forms, expiry. Each calls rules and prints what they did."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask.cli import AppGroup

from marketplace.errors import MarketError
from marketplace.exchange import rules
from marketplace.listings import deeds as listing_deeds
from marketplace.listings import upkeep
from marketplace.listings.models import KIND_NAMES
from marketplace.parsing.text import escape_formula

LONG = 1_000  # rows from which a bar tells how far the work has come
SHOWN = 10  # problems printed; all of them go to the file of --errors

commands = AppGroup(
    "listings",
    help="Lists of achievements and demands, in from spreadsheets and out to them.",
)
kind_option = click.option(
    "--kind",
    required=True,
    type=click.Choice(list(KIND_NAMES)),
    help="What the list holds.",
)
a_file = click.Path(dir_okay=False, path_type=Path)


class Guest:
    """Somebody who is not signed in, as the public pages see him."""


@commands.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@kind_option
@click.option("--dry-run", is_flag=True, help="Check everything and change nothing.")
@click.option("--strict", is_flag=True, help="Take nothing if any row has a problem.")
@click.option(
    "--publish",
    is_flag=True,
    help="Publish complete rows at once and vouch for their organisations.",
)
@click.option(
    "--set",
    "defaults",
    multiple=True,
    metavar="HEADER=VALUE",
    help="Fill empty cells, or a missing column.",
)
@click.option(
    "--errors", type=a_file, help="Write every problem and notice to this .csv file."
)
@click.option(
    "--max-rows", default=rules.MAX_ROWS, show_default=True, help="Refuse longer lists."
)
def take_list(
    file: Path,
    kind: str,
    dry_run: bool,
    strict: bool,
    publish: bool,
    defaults: tuple[str, ...],
    errors: Path | None,
    max_rows: int,
) -> None:
    """Import a list (.xlsx, .csv, .tsv). A listing of the same organisation and title is changed, not doubled."""
    filled = dict(_pair(text) for text in defaults)
    try:
        report = rules.read(
            file, kind, defaults=filled, max_rows=max_rows, progress=_counter()
        )
        with _bar(len(report.entries)) as progress:
            outcome = rules.take(
                report,
                by=None,
                strict=strict,
                publish=publish,
                dry_run=dry_run,
                progress=progress,
            )
    except MarketError as error:
        click.echo(f"没有导入：{error.message}{error.advice}", err=True)
        raise SystemExit(1) from None
    if not dry_run:
        upkeep.refresh_statistics()
    _tell(report, outcome, publish=publish)
    if errors is not None:
        _write_problems(errors, outcome)
        click.echo(f"全部问题和提示已写入 {errors}")
    if outcome.stopped or not report.entries:
        raise SystemExit(1)


@commands.command()
@click.option(
    "--directory",
    default=".",
    type=click.Path(file_okay=False, path_type=Path),
    show_default=True,
)
def template(directory: Path) -> None:
    """Write both blank forms, with drop-downs and an example row."""
    directory.mkdir(parents=True, exist_ok=True)
    for kind, name in KIND_NAMES.items():
        path = directory / f"{name}清单模板.xlsx"
        path.write_bytes(rules.template(kind))
        click.echo(str(path))


@commands.command()
@click.argument("file", type=a_file)
@kind_option
@click.option(
    "--all", "everything", is_flag=True, help="Drafts and ended listings too."
)
@click.option("--public", is_flag=True, help="Only what a guest may see.")
def export(file: Path, kind: str, everything: bool, public: bool) -> None:
    """Write the published listings of a kind to an .xlsx file."""
    reader = Guest() if public else None
    file.write_bytes(
        rules.workbook(
            kind, rules.for_export(kind, by=reader, everything=everything), by=reader
        )
    )
    click.echo(str(file))


@commands.command()
def expire() -> None:
    """Take listings whose validity has ended out of the public."""
    click.echo(f"{listing_deeds.expire_due()} listings expired.")


def _pair(text: str) -> tuple[str, str]:
    header, sign, value = text.partition("=")
    if not sign or not header.strip():
        raise click.BadParameter(f"{text!r} is not HEADER=VALUE", param_hint="--set")
    return header.strip(), value


def _counter() -> Callable[[int, int], None]:
    """Says now and then how many rows are read; how many there are is not known yet."""

    def told(done: int, _total: int) -> None:
        if done and not done % LONG:
            click.echo(f"  已读取 {done} 行", err=True)

    return told


@contextmanager
def _bar(total: int) -> Iterator[Callable[[int, int], None] | None]:
    """A progress bar where the list is long enough for one."""
    if total < LONG:
        yield None
        return
    with click.progressbar(
        length=total, label="写入", show_pos=True, file=sys.stderr
    ) as bar:
        yield lambda done, _total: bar.update(done - bar.pos)


def _tell(report: rules.Report, outcome: rules.Outcome, *, publish: bool) -> None:
    sheet = f"「{report.sheet}」" if report.sheet else ""
    click.echo(
        f"{report.source}{sheet}：表头在第 {report.header_row} 行，读到 {report.rows} 条{KIND_NAMES[report.kind]}"
    )
    for remark in outcome.remarks:
        click.echo(f"  提示：{remark}")
    if outcome.stopped:
        click.echo(f"有 {outcome.refused} 行不能导入，按 --strict 整份没有写入。")
    else:
        done = "将" if outcome.dry else ""
        counts = [
            f"{done}新增 {outcome.new}",
            f"{done}更新 {outcome.changed}",
            f"没有变化 {outcome.unchanged}",
        ]
        counts.append(f"不能导入 {outcome.refused}")
        click.echo(
            "，".join(counts) + (f"；{done}发布 {outcome.published}" if publish else "")
        )
    _list("不能导入的原因", outcome.problems)
    _list("存为草稿的原因", outcome.drafts)
    _list("提示", outcome.notices)
    if outcome.dry:
        click.echo("这是试运行，没有改动任何内容。")


def _list(title: str, problems: list[rules.Problem]) -> None:
    if not problems:
        return
    click.echo(f"{title}（{len(problems)} 处）：")
    for problem in problems[:SHOWN]:
        click.echo(f"  {problem.place}：{problem.message}{problem.allowed}")
    if len(problems) > SHOWN:
        click.echo(f"  还有 {len(problems) - SHOWN} 处没有列出。")


def _write_problems(path: Path, outcome: rules.Outcome) -> None:
    sorts: Iterable[tuple[str, list[rules.Problem]]] = (
        ("没有导入", outcome.problems),
        ("存为草稿", outcome.drafts),
        ("提示", outcome.notices),
    )
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("结果", "行", "列", "表头", "内容", "问题", "可以怎么填"))
        for sort, problems in sorts:
            for one in problems:
                row = (
                    sort,
                    one.row or "",
                    one.column,
                    one.header,
                    one.value,
                    one.message,
                    one.allowed,
                )
                writer.writerow([escape_formula(str(cell)) for cell in row])
