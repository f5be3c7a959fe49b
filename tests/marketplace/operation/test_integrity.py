"""Files that are read through at night, and an index that is built again once it is known to be damaged."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from config import Config
from marketplace import create_app
from marketplace.extensions import db
from marketplace.listings import background as listing_jobs
from marketplace.listings.models import Demand
from marketplace.operation import background, integrity
from tests.conftest import database
from tests.factories import Factory
from tests.search.test_damage import DAMAGE, middle_random

pytestmark = pytest.mark.skipif(
    "TEST_DATABASE_URL" in os.environ, reason="files of this host"
)


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory, migrated: str) -> Iterator[str]:
    """The address of a database with thirty demands, for copies: to make them costs two seconds."""
    folder = tmp_path_factory.mktemp("stocked")
    with database(folder, like=migrated) as address:
        environ = {
            "MARKET_ENV": "test",
            "DATA_DIR": str(folder),
            "DATABASE_URL": address,
        }
        app = create_app(Config.from_env(environ))
        app.extensions["search"].rebuild([])
        with app.app_context():
            make = Factory(db.session)
            for _ in range(30):
                make.demand()
            db.session.remove()
            # The last connection takes what stands in the WAL with it.
            db.engine.dispose()
        app.extensions["search"].close()
        yield address


@pytest.mark.long
@pytest.mark.parametrize("damage", DAMAGE, ids=lambda one: one.__name__)
def test_a_damaged_index_never_fails_a_page_and_is_built_again(
    stocked: str,
    tmp_path: Path,
    new_site: Callable[..., Flask],
    damage: Callable[[Path], None],
) -> None:
    with database(tmp_path, like=stocked) as address:
        site = new_site(address)
        with site.app_context():
            _damage_and_mend(site, damage)


def _damage_and_mend(site: Flask, damage: Callable[[Path], None]) -> None:
    """Damage the index of a site under its readers, and let the night find it."""
    rows = list(db.session.scalars(db.select(Demand)))
    assert len(rows) == 30
    site.extensions["search"].rebuild([])
    listing_jobs.compare_index()
    reader = site.test_client()
    path = Path(site.config["DATA_DIR"]) / "search.db"
    assert reader.get("/search?q=轴承").status_code == 200
    with site.extensions["search"].file.writing() as (connection, _):
        pass
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    damage(path)
    pages = ("/", "/search?q=轴承", "/suggest?q=深沟", f"/demands/{rows[0].id}")
    answers = {reader.get(page).status_code for page in pages * 3}
    integrity.check_copies()
    assert background.run_job(site, "index", listing_jobs.sync_index)

    assert answers <= {200, 503}
    assert {reader.get(page).status_code for page in pages} == {200}
    assert site.extensions["search"].state()["count"] == 30
    assert not [found for found in listing_jobs.upkeep.index_check().values() if found]


def test_a_rebuild_by_hand_ends_in_a_sentence_whatever_the_file_is(
    site: Flask, stock: Factory
) -> None:
    stock.demand()
    path = Path(site.config["DATA_DIR"]) / "search.db"
    site.extensions["search"].close()
    middle_random(path)

    done = site.test_cli_runner().invoke(args=["index", "rebuild"])

    assert (done.exit_code, done.exception) == (0, None), done.output


def test_a_whole_database_is_whole_and_a_damaged_one_fails_its_job(
    site: Flask, stock: Factory
) -> None:
    for _ in range(20):
        stock.demand()
    assert integrity.check_database() == "the database is whole"
    path = Path(db.engine.url.database or "")
    db.session.connection().exec_driver_sql("PRAGMA foreign_keys").close()
    db.session.commit()
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        root = connection.exec_driver_sql(
            "SELECT rootpage FROM sqlite_master WHERE name = 'demand'"
        ).scalar()
    db.session.remove()
    db.engine.dispose()

    with path.open("r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(b"\\xff" * 4096)

    assert not background.run_job(site, "integrity", integrity.check_database)
    assert "integrity" in site.test_client().get("/readyz").json["jobs"]["failed"]
