"""Commands of published lists: checking files against what was published, and rendering what is missing."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup

from marketplace.errors import Invalid
from marketplace.issues import upkeep
from marketplace.issues.checking import (
    MAX_FILE,
    Finding,
    check_file,
    digest_words,
    verdict_words,
)

commands = AppGroup("issues", help="Published lists of achievements and demands.")


@commands.command("verify")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(dir_okay=False, path_type=Path)
)
def verify(files: tuple[Path, ...]) -> None:
    """Compare files (.xlsx, .pdf, .json) with what was published; ends with 1 unless all are what was published."""
    is_sound = True
    for path in files:
        try:
            with path.open("rb") as file:
                # One byte more than an issue may have, so that a larger file is refused and not read to its end.
                finding = check_file(file.read(MAX_FILE + 1))
        except OSError as error:
            click.echo(f"{path}：打不开（{error.strerror}）。", err=True)
            is_sound = False
            continue
        except Invalid as error:
            click.echo(f"{path}：{error.message}{error.advice}", err=True)
            is_sound = False
            continue
        _print_finding(path, finding)
        is_sound = is_sound and finding.is_ours
    # All of them are looked at before it ends; the status says whether all are sound.
    raise SystemExit(0 if is_sound else 1)


def _print_finding(path: Path, finding: Finding) -> None:
    click.echo(f"{path}：{verdict_words(finding)}")
    click.echo(f"  SHA-256 {digest_words(finding)}")
    for one in finding.differences:
        click.echo(f"  {one.where}：发布时「{one.ours}」，文件里「{one.theirs}」")
    if finding.more:
        click.echo(f"  还有 {finding.more} 处不同")


@commands.command("render")
def render() -> None:
    """Render the files that published issues do not have yet; the background does so by itself."""
    click.echo(f"{upkeep.render_missing()} files rendered")
