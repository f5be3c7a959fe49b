"""House rules no linter knows: every route declares its deed, only rules commit, rooms keep to their files."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from flask import Flask

from marketplace import ROOMS, door
from marketplace.permissions import TABLE

ROOT = Path(__file__).resolve().parent.parent
MARKETPLACE = ROOT / "marketplace"
MODULES = sorted(
    p
    for folder in ("marketplace", "matching", "search")
    for p in (ROOT / folder).rglob("*.py")
)
# What a room may be made of; a folder `pages/` takes the place of `pages.py` where a room has many views.
ROOM_FILES = {
    "__init__",
    "models",
    "deeds",
    "queries",
    "rules",
    "forms",
    "pages",
    "index",
    "indexing",
    "disclosure",
    "readiness",
    "commands",
}
# Rooms that need a file more, with the reason in the line above it.
MORE_FILES = {
    # files and their two kinds, header rows, what is said about a list, lists that come in and that go out
    "exchange": {
        "sheets",
        "rows",
        "xlsx",
        "delimited",
        "headers",
        "reports",
        "importing",
        "exporting",
    },
    # enumerations and names of fields; what lists, the page of one, work lists and the review queue show; the upkeep of
    # the index; the kinds of fields of a form; what is asked of a reviewer
    "listings": {
        "terms",
        "labels",
        "cards",
        "detail",
        "worklists",
        "review_queue",
        "upkeep",
        "widgets",
        "decision_forms",
    },
    # what stands beside a listing's page and form
    "matchmaking": {"panels"},
    # what is written down, when what runs, what is carried off
    "operation": {"logs", "background", "backups"},
    # what verdicts teach is read and worked out, not done to anything
    "verdicts": {"measuring"},
}
# The files that commit: what people do, and what the site does by itself to stay in step.
COMMITTING = {"deeds.py", "upkeep.py", "rules.py"}


def names(path: Path) -> str:
    return str(path.relative_to(ROOT))


def calls(tree: ast.AST) -> list[str]:
    """The dotted names of everything a module calls."""
    return [
        ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)
    ]


def test_every_route_declares_a_deed_of_the_table(app: Flask) -> None:
    undeclared = {
        r.endpoint
        for r in app.url_map.iter_rules()
        if door.deed_of(app, r.endpoint) not in TABLE
    }

    assert undeclared == set()


def test_an_undeclared_view_is_refused(app: Flask) -> None:
    with app.test_request_context("/healthz"):
        from flask import request

        assert request.endpoint == "operation.healthz"
        declared = app.view_functions["operation.healthz"]
        try:
            app.view_functions["operation.healthz"] = lambda: "open"
            with pytest.raises(Exception, match="不能做这件事"):
                door.check()
        finally:
            app.view_functions["operation.healthz"] = declared


@pytest.mark.parametrize("path", MODULES, ids=names)
def test_only_deeds_commit(path: Path) -> None:
    commits = [
        name
        for name in calls(ast.parse(path.read_text()))
        if name.endswith("session.commit")
    ]

    assert not commits or path.name in COMMITTING, f"{names(path)} commits"


@pytest.mark.parametrize("path", MODULES, ids=names)
def test_pages_hold_no_query_and_rules_no_request(path: Path) -> None:
    tree = ast.parse(path.read_text())
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "flask"
        for alias in node.names
    }
    if path.name in ("pages.py", "commands.py") or path.parent.name == "pages":
        queries = [name for name in calls(tree) if name.startswith("db.")]
        assert queries == []
    if path.name in (
        *COMMITTING,
        "queries.py",
        "models.py",
        "permissions.py",
        "lifecycle.py",
    ):
        assert (
            imported
            & {"request", "session", "g", "abort", "redirect", "render_template"}
            == set()
        )


@pytest.mark.parametrize("path", MODULES, ids=names)
def test_a_module_opens_with_what_lives_here(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text())), (
        f"{names(path)} has no docstring"
    )


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_has_only_the_files_of_a_room(room: str) -> None:
    files = {p.stem for p in (MARKETPLACE / room).glob("*.py")}

    assert files <= ROOM_FILES | MORE_FILES.get(room, set())


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_has_one_name_in_three_places(room: str) -> None:
    folder = MARKETPLACE / room
    has_pages = (folder / "pages.py").exists() or (folder / "pages").is_dir()
    has_templates = (ROOT / "templates" / room).is_dir()

    assert has_templates <= has_pages
    assert (ROOT / "tests" / "marketplace" / room).is_dir()


def test_no_utils_helpers_or_managers() -> None:
    banned = {
        "utils",
        "helpers",
        "helper",
        "manager",
        "handler",
        "info",
        "data",
        "misc",
        "common",
    }

    assert [names(path) for path in MODULES if path.stem in banned] == []
