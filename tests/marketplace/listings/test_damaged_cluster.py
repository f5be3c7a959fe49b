"""A site whose index in Elasticsearch is damaged: pages answer, /readyz says it, the job rebuilds it.

Each kind of damage, and what the engine makes of it, is in tests/search/test_cluster_damage.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from flask_migrate import upgrade

from config import Config
from marketplace import create_app
from marketplace.dictionaries import deeds as dictionary_deeds
from marketplace.extensions import db
from marketplace.listings import background, upkeep
from marketplace.listings.models import Demand
from marketplace.operation import health
from tests.factories import Factory
from tests.search.conftest import URL, required
from tests.search.test_cluster_damage import DAMAGES, Damage, open_blocks

pytestmark = pytest.mark.server
SIMPLIFIED = "简化检索"
PAGES = ("/", "/search?q=轴承", "/search?kind=demand&sort=newest", "/suggest?q=轴承")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """A site of its own on a real cluster."""
    required()
    monkeypatch.setattr(health, "CACHE_SECONDS", -1.0)
    environ = {
        "MARKET_ENV": "test",
        "DATA_DIR": str(tmp_path),
        "SEARCH_URL": f"{URL}/test-{uuid4().hex}",
    }
    application = create_app(Config.from_env(environ))
    with application.app_context():
        upgrade()
        dictionary_deeds.seed_dictionaries()
        upkeep.index_rebuild()
        yield application
        primary = application.extensions["search"].primary
        client = primary.cluster.within(20)
        for index in client.indices.get(
            index=f"{primary.alias}*", expand_wildcards="all"
        ):
            open_blocks(client, index)
            client.indices.delete(index=index)
        primary.close()
        db.session.remove()
        db.engine.dispose()


def search_part(site: Flask) -> dict[str, str]:
    answer = site.test_client().get("/readyz")
    assert answer.status_code == 200
    part: dict[str, str] = answer.json["search"]
    return part


@pytest.mark.parametrize("damage", DAMAGES)
def test_no_page_fails_and_nobody_has_to_help(site: Flask, damage: Damage) -> None:
    row = Factory(db.session).demand("深沟球轴承振动值离散")
    row_id = row.id
    background.sync_index()
    primary = site.extensions["search"].primary
    damage(primary.cluster.within(20), primary.alias, primary.state()["index"])

    browser = site.test_client()
    for page in PAGES:
        assert browser.get(page).status_code == 200, page
    assert SIMPLIFIED in browser.get("/search?q=轴承").text
    part = search_part(site)
    assert part["state"] == "degraded"
    assert part["trouble"]
    # Saving goes on, and what was saved waits.
    Factory(db.session).demand("圆锥滚子轴承降噪")
    assert db.session.get(Demand, row_id) is not None

    assert background.sync_index().startswith("rebuilt")

    text = browser.get("/search?q=轴承").text
    assert SIMPLIFIED not in text
    assert "圆锥滚子" in text
    assert "深沟球" in text
    assert search_part(site)["state"] == "ok"
    assert not any(upkeep.index_check().values())


def test_a_full_disk_of_the_cluster_is_said_and_waits(site: Flask) -> None:
    primary = site.extensions["search"].primary
    client, index = primary.cluster.within(20), primary.state()["index"]
    client.indices.put_settings(
        index=index, settings={"index.blocks.read_only_allow_delete": True}
    )
    Factory(db.session).demand("深沟球轴承振动值离散")
    background.sync_index()

    part = search_part(site)
    assert (part["state"], "nearly full" in part["trouble"]) == ("readonly", True)
    assert site.test_client().get("/search?q=轴承").status_code == 200

    open_blocks(client, index)
    background.sync_index()
    assert search_part(site)["state"] == "ok"
    assert "深沟球" in site.test_client().get("/search?q=轴承").text


def test_an_index_of_somebody_else_stays_and_is_named(site: Flask) -> None:
    primary = site.extensions["search"].primary
    client = primary.cluster.within(20)
    client.indices.delete(index=primary.state()["index"])
    client.indices.create(index=primary.alias)
    for page in PAGES:
        assert site.test_client().get(page).status_code == 200, page
    background.sync_index()
    part = search_part(site)
    assert part["state"] == "degraded"
    assert "delete it" in part["trouble"]
    assert client.indices.exists(index=primary.alias)
