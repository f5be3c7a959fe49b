"""Commands of organisations, for scripts. A whole list is read in the room exchange, which adds `import` to these."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from marketplace.errors import MarketError
from marketplace.organisations import deeds
from marketplace.organisations.models import ORGANISATION_KINDS

commands = AppGroup("organisations", help="Organisations, and which may be twins.")


@commands.command("add")
@click.argument("name")
@click.option("--uscc", required=True, help="Its 统一社会信用代码.")
@click.option(
    "--kind",
    default="firm",
    show_default=True,
    type=click.Choice(list(ORGANISATION_KINDS)),
)
@click.option("--district", help="Code of the district it is seated in.")
@click.option(
    "--checked",
    default="",
    help="What its identity was checked against; verifies it.",
)
def add(name: str, uscc: str, kind: str, district: str | None, checked: str) -> None:
    """Enter an organisation, or complete the one of that code or name."""
    try:
        row = deeds.add_organisation(
            name,
            kind=kind,
            uscc=uscc,
            district_code=district,
            checked=checked,
            # Who reaches the command line is the site itself; History names nobody.
            by=None,
        )
    except MarketError as error:
        click.echo(f"没有登记：{error.message}{error.advice}", err=True)
        # A script that enters a list has to notice the row that was refused.
        raise SystemExit(1) from None
    click.echo(f"「{row.name}」，{row.uscc}，{row.state_name}，编号 {row.id}")


@commands.command("twins")
def twins() -> None:
    """Look for organisations that may be one body, as every night; the operators decide in the browser."""
    click.echo(
        f"{deeds.propose_twins()} 对新的疑似重复单位，在「疑似重复单位」里处理。"
    )
