"""`flask deals`: verifying packs of evidence."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup

from marketplace.evidence.checking import check_pack

commands = AppGroup("deals", help="Deals and the evidence that was made of them.")
A_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@commands.command("verify")
@click.argument("file", type=A_FILE)
@click.option(
    "--checkpoint",
    type=A_FILE,
    help="The checkpoint that was published; without it the one this site has stored.",
)
def verify(file: Path, checkpoint: Path | None) -> None:
    """Verify a pack of evidence (.pdf or .zip); ends with 1 where it is not what was packed, and says why."""
    published = None
    try:
        data = file.read_bytes()
        if checkpoint is not None:
            published = checkpoint.read_text(encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{error.filename}：打不开。") from None
    except UnicodeError:
        raise click.ClickException(f"{checkpoint}：不是检查点。") from None
    finding = check_pack(data, published)
    name = finding.title or file.name
    for line in finding.lines:
        click.echo(f"{name}：{line}。")
    for problem in finding.problems:
        click.echo(f"{name}：{problem}", err=True)
    # The exit code is for scripts: a change that is only printed would pass unnoticed.
    if not finding.is_sound:
        raise click.ClickException("这不是平台生成的原件。")
    click.echo(f"{name}：是平台生成的原件。")
