"""Commands for accounts: the first operator, further people, closing and resetting. Each prints what it did.

None takes a password: it would stand in the history of the shell. Each gives a link by which its owner sets one.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask import current_app
from flask.cli import AppGroup

from marketplace.accounts import deeds, person_deeds
from marketplace.accounts.models import ROLES, Person
from marketplace.errors import MarketError

commands = AppGroup("people", help="Accounts: the first operator, adding, closing.")


@commands.command("first-operator")
@click.argument("email")
@click.option("--name", default="平台运营人员", help="How the person is called.")
def first_operator(email: str, name: str) -> None:
    """Make the first operator and print a link by which they set their password, once."""
    with _refusals():
        deeds.seed_roles()
        person = person_deeds.add_first_operator(email, name=name)
        click.echo(f"{person.email} is the operator of this site.")
        _print_link(person)


@commands.command("add")
@click.argument("email")
@click.option("--name", required=True, help="How the person is called.")
@click.option("--role", "roles", multiple=True, type=click.Choice(list(ROLES)))
def add(email: str, name: str, roles: tuple[str, ...]) -> None:
    """Make an account, or give the one there is further roles; prints a link to set a password where it has none."""
    with _refusals():
        deeds.seed_roles()
        person = person_deeds.add_account(email, name=name, roles=roles)
        click.echo(
            f"{person.email}: {', '.join(sorted(person.role_names)) or 'no role'}"
        )
        if not person.password:
            _print_link(person)


@commands.command("deactivate")
@click.argument("email")
def deactivate(email: str) -> None:
    """Close an account: its owner is out at once."""
    with _refusals():
        person = person_deeds.get_account(email)
        person_deeds.close_account(person, by=None)
        click.echo(f"{person.email} is closed; every session of it has ended.")


@commands.command("reset")
@click.argument("email")
def reset(email: str) -> None:
    """Forget password, second factor, lock and sessions of an account; prints a link to set a new password."""
    with _refusals():
        person = person_deeds.get_account(email)
        person_deeds.reset_account(person, by=None)
        click.echo(f"{person.email}: password and second factor are forgotten.")
        _print_link(person)


def _print_link(person: Person) -> None:
    # A command knows its site by the settings only; a demonstration without a name by the port of gunicorn.conf.py.
    host = current_app.config["SERVER_NAME"]
    if not host:
        host = f"127.0.0.1:{os.environ.get('PORT', '8000')}"
    scheme = current_app.config["PREFERRED_URL_SCHEME"]
    with current_app.test_request_context(base_url=f"{scheme}://{host}"):
        link = person_deeds.make_link(person)
    hours = current_app.config["SECURITY_RESET_PASSWORD_WITHIN"].total_seconds() / 3600
    click.echo(f"To set a password, once and within {hours:g} h:\n  {link}")


@contextmanager
def _refusals() -> Iterator[None]:
    """What is refused, in its words, and an exit code that scripts see."""
    try:
        yield
    except MarketError as error:
        click.echo(f"{error.message}{error.advice}", err=True)
        sys.exit(1)
