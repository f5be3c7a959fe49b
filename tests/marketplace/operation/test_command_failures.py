"""A command whose database or search fails it ends with one sentence that says what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from config import Config
from marketplace import create_app
from marketplace.extensions import db

# Of several rooms; the last one reads the database only when it has begun with a file.
COMMANDS = (
    "matching fit",
    "people first-operator a@market.example --name 甲",
    "audit verify",
    "backup make {folder}/site.tar.gz",
    "listings import demo/demands.csv --kind demand --dry-run",
)


@pytest.mark.long
@pytest.mark.parametrize("words", COMMANDS)
def test_a_database_without_tables(
    empty_database: str, new_site: Callable[..., Flask], tmp_path: Path, words: str
) -> None:
    runner = new_site(empty_database, "another-folder").test_cli_runner()

    done = runner.invoke(args=words.format(folder=tmp_path).split())

    assert done.exit_code == 1
    assert isinstance(done.exception, SystemExit)
    assert "flask prepare" in done.output
    assert len(done.output.splitlines()) <= 3
    assert list(tmp_path.glob("*.tar.gz")) == []


def test_a_database_that_does_not_answer(tmp_path: Path) -> None:
    away = "postgresql://market:not-to-be-shown@127.0.0.1:1/market"
    site = create_app(
        Config.from_env(
            {"MARKET_ENV": "test", "DATA_DIR": str(tmp_path), "DATABASE_URL": away}
        )
    )

    done = site.test_cli_runner().invoke(args=["matching", "fit"])

    assert done.exit_code == 1
    assert "does not answer" in done.output
    assert "not-to-be-shown" not in done.output


def test_a_database_of_a_newer_version_is_not_prepared(site: Flask) -> None:
    with site.app_context():
        db.session.execute(db.text("update alembic_version set version_num = '9999'"))
        db.session.commit()

    done = site.test_cli_runner().invoke(args=["prepare", "--no-samples"])

    assert done.exit_code == 1
    assert "newer version of the site (to 9999)" in done.output
