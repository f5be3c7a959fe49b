"""House rules no linter knows: every route declares its deed, only deeds commit, rooms keep to their files."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import grimp
import pytest
from flask import Flask

from marketplace import ROOMS, door
from marketplace.permissions import TABLE
from tests import house
from tests.house import ROOT

MARKETPLACE = ROOT / "marketplace"
MODULES = list(house.modules(ROOT))
# The files that commit: what people do, and what the site does by itself to stay in step.
COMMITTING = {"deeds.py", "settling.py", "upkeep.py", "persistence.py"}


# Comprehensions with a second `for`, a ternary or another comprehension in them, by room. Each number only falls; a
# room that is not named has none.
DENSE_BUDGET = {}


def names(path: Path) -> str:
    return house.name_of(path, ROOT)


@cache
def parsed(path: Path) -> ast.Module:
    """The tree of a module, which several rules read."""
    return ast.parse(path.read_text())


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
                door.check_request()
        finally:
            app.view_functions["operation.healthz"] = declared


# One test each for all modules: a row of its own for each of five hundred costs more than what is looked at.
def test_only_deeds_commit() -> None:
    committing = []
    for path in MODULES:
        commits = any(name.endswith("session.commit") for name in calls(parsed(path)))
        if commits and path.name not in COMMITTING:
            committing.append(names(path))

    assert committing == []


def test_deeds_and_queries_know_no_request() -> None:
    of_request = {"request", "session", "g", "abort", "redirect", "render_template"}
    without = {*COMMITTING, "queries.py", "models.py", "permissions.py", "lifecycle.py"}
    knowing = {}
    for path in MODULES:
        if path.name in without:
            found = flask_names(parsed(path)) & of_request
            if found:
                knowing[names(path)] = found

    assert knowing == {}


def flask_names(tree: ast.Module) -> set[str]:
    """What a module imports from Flask by name."""
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "flask":
            imported.update(alias.name for alias in node.names)
    return imported


def test_a_module_opens_with_what_lives_here() -> None:
    without = [names(path) for path in MODULES if not ast.get_docstring(parsed(path))]

    assert without == []


def test_every_folder_is_a_declared_room() -> None:
    assert house.declared_rooms(ROOT) == ROOMS
    assert house.rooms_on_disk(ROOT) == set(ROOMS)


def test_a_room_has_only_the_files_of_a_room_or_a_reason() -> None:
    assert house.unexplained_files(ROOT) == set()


def test_no_file_is_too_long() -> None:
    assert house.long_files(ROOT) == set()


def test_pages_do_not_ask_the_database() -> None:
    assert house.pages_with_database(ROOT) == set()


def test_every_workbook_is_one_that_a_rehearsal_marks() -> None:
    plain = set()
    for path in MODULES:
        for node in ast.walk(parsed(path)):
            if _makes_plain_workbook(node):
                plain.add(names(path))

    assert plain == set()


def _makes_plain_workbook(node: ast.AST) -> bool:
    """Whether a node calls the class of a library: `xlsxwriter.Workbook(…)`."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    return node.func.attr == "Workbook"


def test_dense_lines_become_fewer() -> None:
    found = house.dense_comprehensions(ROOT)
    above = {
        room: count
        for room, count in found.items()
        if count > DENSE_BUDGET.get(room, 0)
    }

    assert above == {}


def test_no_module_imports_itself_by_a_way_round() -> None:
    graph = grimp.build_graph(*house.PARTS, cache_dir=None)
    left = set(graph.modules)
    while True:  # what nobody imports or what imports nothing is on no circle
        ends = set()
        for module in left:
            imported = graph.find_modules_directly_imported_by(module) & left
            importing = graph.find_modules_that_directly_import(module) & left
            if not imported or not importing:
                ends.add(module)
        if not ends:
            break
        left -= ends

    assert left == set()


@pytest.mark.parametrize("room", sorted(house.rooms_on_disk(ROOT)))
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


def test_hubs_import_no_room() -> None:
    assert house.hub_imports(ROOT) == set()


def test_sums_stand_at_the_right() -> None:
    """Down a column people compare the lengths of sums before their digits."""
    cell = re.compile(r'<t[dh][^>]*data-label="[^"]*（万?元）"[^>]*>')
    found = 0
    for path in (ROOT / "templates").rglob("*.html"):
        for tag in cell.findall(path.read_text(encoding="utf-8")):
            found += 1
            assert 'class="number"' in tag, f"{path}: {tag}"
    assert found > 20


def test_titles_are_quoted_in_one_way() -> None:
    """A title, or what is searched for, may have marks of its own: `in_quotes` makes those the inner ones."""
    by_hand = re.compile(
        r"[「《]\{[^{}\n]*\btitle\b[^{}\n]*\}|[「《]\{\{[^{}\n]*\btitle\b[^{}\n]*\}\}"
        r"|[「《](?:\{\{|\" ~)[^{}\n~]*\btext\|"
    )
    # Whose titles nobody types, and a title typed with marks.
    others = {
        "templates/accounts/agree.html",
        "marketplace/exchange/xlsx.py",
    }
    others |= {"marketplace/setup/demo_deals.py"}
    found = set()
    for folder, kind in (("templates", "*.html"), ("marketplace", "*.py")):
        for path in (ROOT / folder).rglob(kind):
            if by_hand.search(path.read_text(encoding="utf-8")):
                found.add(str(path.relative_to(ROOT)))
    assert found == others
