"""A new field of a listing is one entry of the schema and a migration: shown by adding one to a copy of the house."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
FOLDERS = ("marketplace", "matching", "search", "migrations", "templates")
TESTS = (
    "__init__.py",
    "conftest.py",
    "economies.py",
    "factories.py",
    "marketplace/__init__.py",
    "marketplace/desk/__init__.py",
    "marketplace/desk/pressing.py",
)
BEFORE = '    Text(\n        name="stage_evidence",'
ENTRY = """    Line(
        name="standard_no",
        label="执行标准",
        most=60,
        step="stage",
        aliases=("标准号",),
        fact_place=65,
        text_place=75,
        list_place=355,
    ),
"""
MIGRATION = """
import sqlalchemy as sa
from alembic import op

revision = 'throwaway'
down_revision = '{head}'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column(
        'achievement',
        sa.Column('standard_no', sa.String(60), nullable=False, server_default=''),
    )
"""


@pytest.mark.long
def test_a_field_added_to_the_schema_is_everywhere(tmp_path: Path) -> None:
    house = _copied_house(tmp_path / "house")
    schema = house / "marketplace/listings/schema/achievement.py"
    text = schema.read_text()
    assert text.count(BEFORE) == 1
    schema.write_text(text.replace(BEFORE, ENTRY + BEFORE))
    versions = house / "migrations/versions"
    head = max(path.name[:4] for path in versions.glob("0*.py"))
    (versions / "9999_throw_away.py").write_text(MIGRATION.format(head=head))

    # A run of its own: as a worker of this one it would take a database that another run has migrated.
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PYTEST_")
    }
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "tests/test_added.py"],
        cwd=house,
        env=inherited,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip

    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]


def _copied_house(house: Path) -> Path:
    """The product with the fixtures of its tests, and the checks of the new field as its only test."""
    # Compiled modules come along, so that Python and numba need not compile them again; not those half written.
    leave = shutil.ignore_patterns("*.pyc.*", "*.tmp.*")
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, house / folder, ignore=leave)
    for name in ("config.py", "pyproject.toml"):
        shutil.copy(ROOT / name, house / name)
    for name in TESTS:
        (house / "tests" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "tests" / name, house / "tests" / name)
    shutil.copy(Path(__file__).with_name("new_field.py"), house / "tests/test_added.py")
    return house
