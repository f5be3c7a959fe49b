"""Every deed that an entry of the audit can bear has a Chinese name, of whichever room it is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import click
import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace import contributions, door
from marketplace.audit.signals import GUARDED, NAMED
from marketplace.listings.models import LISTINGS
from marketplace.permissions import TABLE
from marketplace.verdicts.models import LIFE
from tests import house
from tests.factories import Factory

# Function that leaves a History row → place of the deed among its arguments; the thing follows from the room.
HISTORY = {"move": 1, "_note": 1, "_add_history": 2, "_end_place": 1}
KINDS = {
    "organisations": "organisation",
    "memberships": "organisation",
    "accounts": "person",
}
# Commands that write nothing to the database.
READING = {
    "audit.verify", "audit.prove", "audit.key", "audit.public-key", "audit.grants", "index.check",
    "index.status", "listings.template", "matching.status", "deeds", "backup.verify",
    "dictionaries.export",
}  # fmt: skip


def written_deeds() -> Iterator[str]:
    """The deeds that the code names to the audit, read from the code itself."""
    for path in house.modules(house.ROOT):
        room = house.room_of(path, house.ROOT)
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func).rpartition(".")[2]
            texts = [
                str(argument.value)
                for argument in node.args
                if isinstance(argument, ast.Constant)
            ]
            if name in ("record", "record_reading", "_record_safely") and texts:
                yield texts[0]
            elif name == "_add_history":
                yield f"{texts[0]}.{texts[1]}"
            elif name in HISTORY and room in KINDS and texts:
                yield f"{KINDS[room]}.{texts[0]}"


def command_deeds(app: Flask) -> Iterator[str]:
    for name, command in app.cli.commands.items():
        names = [name]
        if isinstance(command, click.Group):
            names = [f"{name}.{one}" for one in command.commands]
        for one in names:
            # `flask db` migrates, before anything is listened to.
            if one not in READING and name != "db":
                yield f"command.{one}"


def test_every_deed_has_a_chinese_name(app: Flask, make: Factory) -> None:
    deeds = {*TABLE, *written_deeds(), *GUARDED.values(), *NAMED.values()}
    deeds |= set(command_deeds(app))
    deeds |= {f"job.{job.name}" for job in contributions.jobs()}
    deeds |= {f"verdict.{deed}" for deed in LIFE.deeds}
    deeds.add("organisation.import")
    for kind, table in LISTINGS.items():
        deeds |= {f"{kind}.{deed}" for deed in table.life.deeds}
    for rule in app.url_map.iter_rules():
        # The deed of many pages: an entry of one of these bears the name of its page.
        if "POST" in (rule.methods or ()) and (
            door.deed_of(app, rule.endpoint) == "public.read"
        ):
            deeds.add(rule.endpoint)
    names = contributions.deed_names()

    assert len(deeds) > 100
    assert {deed for deed in deeds if deed not in names} == set()
    assert [
        name for name in names.values() if not re.search("[\u4e00-\u9fff]", name)
    ] == []


def test_no_two_rooms_name_one_deed(app: Flask, make: Factory) -> None:
    collected = app.extensions["contributions"]
    offered = [deed for deed, _ in collected.offered("deed_names")]

    assert sorted(offered) == sorted(set(offered))


@pytest.mark.parametrize("name", ["核验", "审计日志"])
def test_the_log_says_it_in_chinese(name: str, make: Factory, sign_in: object) -> None:
    from marketplace.organisations import deeds

    row = make.organisation("莘县甲光电厂", verified=False)
    deeds.verify_organisation(
        row, uscc="91350100M000100Y43", checked="营业执照", by=make.person("operator")
    )
    auditor: FlaskClient = sign_in(make.person("auditor"))  # type: ignore[operator]

    page = auditor.get("/audit").text

    assert name in page
    assert "organisation.verify</div>" not in page
