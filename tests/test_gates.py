"""The gates of the house refuse what they should, in a copy of it that breaks them; and a new room needs few places.

The rules themselves stand in pyproject (import-linter) and in `house.py`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import house
from tests.house import ROOT

COPIED = (
    "marketplace",
    "matching",
    "search",
    "templates",
    "config.py",
    "pyproject.toml",
)


def copy_of_the_house(folder: Path) -> Path:
    """The product without its tests; compiled modules come along, so that Python need not compile them again."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(
                source, folder / name, ignore=shutil.ignore_patterns("static")
            )
        else:
            shutil.copy2(source, folder / name)
    return folder


def run(folder: Path, *command: str) -> str:
    """What a program of this environment prints, run inside a copy."""
    environ = os.environ | {"COLUMNS": "200", "PYTHONPATH": str(folder)}
    done = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def lint_imports(folder: Path) -> str:
    """What import-linter says of a copy, in one line, without the colours and breaks of a terminal."""
    program = Path(sys.executable).with_name("lint-imports")
    printed = run(folder, str(program), "--no-cache")
    return " ".join(printed.split())


def add_line(path: Path, line: str) -> None:
    path.write_text(path.read_text() + f"\n{line}\n")


# (contract or rule, module that breaks it, what it imports)
FORBIDDEN = [
    (
        "a room imported upwards",
        "marketplace/listings/queries.py",
        "marketplace.setup.commands",
    ),
    (
        "a file imported upwards in its room",
        "marketplace/dictionaries/models.py",
        "marketplace.dictionaries.deeds",
    ),
    ("a page with SQL", "marketplace/listings/pages/public.py", "sqlalchemy"),
    (
        "a page with the index",
        "marketplace/listings/pages/own.py",
        "marketplace.listings.index",
    ),
    ("a page with the matcher", "marketplace/catalogue/pages.py", "matching.matcher"),
    ("search with the matcher", "search/contract.py", "matching.matcher"),
    ("matching that knows search", "matching/errors.py", "search.contract"),
]


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy that breaks every gate at once."""
    folder = copy_of_the_house(tmp_path_factory.mktemp("broken"))
    for _, file, imported in FORBIDDEN:
        add_line(folder / file, f"import {imported}")
    add_line(
        folder / "marketplace/listings/pages/review.py",
        "from marketplace.extensions import db",
    )
    (folder / "marketplace/listings/oddments.py").write_text('"""Odds and ends."""\n')
    add_line(folder / "marketplace/office/pages.py", "\n" * house.FILE_LIMIT)
    return folder


@pytest.fixture(scope="module")
def verdict(broken: Path) -> str:
    return lint_imports(broken)


@pytest.mark.parametrize(
    ("_what", "file", "imported"), FORBIDDEN, ids=[one[0] for one in FORBIDDEN]
)
def test_a_forbidden_import_is_refused(
    verdict: str, _what: str, file: str, imported: str
) -> None:
    importer = file.removesuffix(".py").replace("/", ".")

    assert f"{importer} -> {imported} (l." in verdict


def test_the_house_itself_passes_every_gate() -> None:
    printed = lint_imports(ROOT)

    assert " 0 broken." in printed


def test_rules_that_no_linter_knows_are_refused_too(broken: Path) -> None:
    assert "marketplace/listings/pages/review.py" in house.pages_with_database(broken)
    assert "marketplace/listings/oddments.py" in house.unexplained_files(broken)
    assert "marketplace/office/pages.py" in house.long_files(broken)


@pytest.fixture(scope="module")
def with_room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy with one room more, which nobody has declared yet."""
    folder = copy_of_the_house(tmp_path_factory.mktemp("with_room"))
    for name, text in SPARE_ROOM.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_an_undeclared_room_is_refused(with_room: Path) -> None:
    printed = lint_imports(with_room)
    hub = with_room / "marketplace/desk/pages.py"
    text = hub.read_text()
    add_line(hub, "from marketplace.sparerun import pages")
    known_to_hubs = house.hub_imports(with_room)
    hub.write_text(text)

    assert house.rooms_on_disk(with_room) - set(house.declared_rooms(with_room)) == {
        "sparerun"
    }
    assert known_to_hubs == {"desk -> sparerun"}
    assert "sparerun" in printed
    assert " 0 broken." not in printed


@pytest.mark.long
def test_a_new_room_of_two_files_needs_two_lines_elsewhere(with_room: Path) -> None:
    for name, line, added in SPARE_LINES:
        text = (with_room / name).read_text()
        (with_room / name).write_text(text.replace(line, line + added, 1))

    printed = run(with_room, sys.executable, "-c", VISIT)

    assert printed.splitlines()[-1] == (
        "desk: 1 header: 1 tray: 1 tab: 1 page: 200 permission: 1 deeds: 1 job: 0 unknown: 2 True"
    ), printed
    assert " 0 broken." in lint_imports(with_room)


# Elsewhere: (file, the line before, the line that a room needs there).
SPARE_LINES = [
    ("marketplace/__init__.py", '    "matchmaking",\n', '    "sparerun",\n'),
    ("pyproject.toml", '    "catalogue",\n', '    "sparerun",\n'),
]
SPARE_ROOM = {
    "marketplace/sparerun/__init__.py": '''"""Spare parts that firms lend each other: a room made up for this test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from flask import url_for

from marketplace.contributions import Job, Panel, Task, Tray
from marketplace.permissions import Deeds, Reader, may, operator, signed_in

DEEDS: Deeds = {"spare.read": (signed_in,), "spare.lend": (operator,)}


def tasks(person: Reader) -> Iterator[Task]:
    """One bearing that is to be given back."""
    if may(person, "spare.read"):
        yield Task("备件", "轴承六二零四", url_for("sparerun.shelf"), "待归还", button="归还")


def trays(person: Reader, filters: Mapping[str, str]) -> Iterator[Tray]:
    """Two parts that wait to be laid on the shelf."""
    if may(person, "spare.lend"):
        page = partial(Panel, "sparerun/_tray.html")
        yield Tray("spares", "待上架", count=lambda: 2, page=lambda number: page({"number": number}), waits=True)


def jobs() -> Iterator[Job]:
    """The shelf is counted."""
    yield Job("spares", run=lambda: "counted 2", schedule={"minutes": 10})
''',
    "marketplace/sparerun/pages.py": '''"""The shelf of spare parts."""

from flask import Blueprint

from marketplace.door import needs

blueprint = Blueprint("sparerun", __name__)


@blueprint.get("/spares")
@needs("spare.read")
def shelf() -> str:
    """What lies there."""
    return "轴承"
''',
    "templates/sparerun/_tray.html": "<p>备件第 {{ offered.number }} 页</p>\n",
}
# An operator looks at every place where the room should appear.
VISIT = """
import os, tempfile
from config import Config
from marketplace import create_app
from marketplace.accounts import deeds as account_deeds
from marketplace.extensions import db
from marketplace.permissions import TABLE

folder = tempfile.mkdtemp(dir=os.getcwd())
environ = {"MARKET_ENV": "test", "DATA_DIR": folder, "DATABASE_URL": f"sqlite:///{folder}/market.db"}
app = create_app(Config.from_env(environ))
with app.app_context():
    db.create_all()
    account_deeds.seed_roles()
    account_deeds.add_person(
        "one@demo.example", name="示例", password="a-long-enough-password", roles=["operator"]
    )
browser = app.test_client()
browser.post("/login", data={"email": "one@demo.example", "password": "a-long-enough-password"})
desk = browser.get("/mine").text
tray = browser.get("/office/review?tray=spares&page=3").text
shelf = browser.get("/spares")
runner = app.test_cli_runner()
printed = runner.invoke(args=["deeds"]).output
done = runner.invoke(args=["jobs", "--once", "spares"])
unknown = runner.invoke(args=["jobs", "--once", "nothing"])
print(
    "desk:", desk.count("待归还"),
    "header:", desk.count('count-needs">3<'),
    "tray:", desk.count("待上架 2 条"),
    "tab:", tray.count("备件第 3 页") and tray.count('tray=spares"'),
    "page:", shelf.status_code,
    "permission:", len(TABLE.get("spare.lend", ())),
    "deeds:", printed.count("spare.lend: operator"),
    "job:", done.exit_code, "unknown:", unknown.exit_code, "spares" in unknown.output,
)
"""
