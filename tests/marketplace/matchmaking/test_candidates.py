"""Matchers whose documents lie in a real Elasticsearch keep in step as those in memory do.

That scores and reasons are the same is tested in tests/search.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from flask_migrate import upgrade

import search
from config import Config
from marketplace import create_app
from marketplace.dictionaries import deeds as dictionary_deeds
from marketplace.extensions import db
from marketplace.listings import deeds as listing_deeds
from marketplace.listings import upkeep
from marketplace.matchmaking import matchers as keeping
from marketplace.matchmaking.matchers import Matchers
from matching import Document
from matching.remote import CandidateMatcher
from tests.factories import Factory
from tests.search.conftest import URL, required

pytestmark = pytest.mark.server
QUERY = Document(0, "深沟球轴承振动大", "轴承超精研磨以后振动值仍有 45 dB")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Flask]:
    """A site of its own that takes its candidates from the cluster."""
    required()
    environ = {
        "MARKET_ENV": "test",
        "DATA_DIR": str(tmp_path),
        "MATCHING": "candidates",
    }
    application = create_app(
        Config.from_env({**environ, "SEARCH_URL": f"{URL}/test-{uuid4().hex}"})
    )
    with application.app_context():
        upgrade()
        dictionary_deeds.seed_dictionaries()
        upkeep.index_rebuild()
        yield application
        application.extensions["matchers"].reset()
        engine = application.extensions["search"].primary
        engine.indices.drop(engine.indices.live(20))
        engine.close()
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def make(site: Flask) -> Factory:
    return Factory(db.session)


def found(matchers: Matchers, *, inner: bool = False) -> list[tuple[int, float]]:
    """Ids and scores of what is ranked for QUERY, best first."""
    with matchers.using("achievement", inner=inner) as matcher:
        assert isinstance(matcher, CandidateMatcher) == bool(matchers.generations.pools)
        return [(match.id, match.score) for match in matcher.rank(QUERY, top=100)]


def in_memory(site: Flask, tmp_path: Path) -> Matchers:
    return Matchers(tmp_path / "in-memory")


def test_fitted_and_changed_rows_are_ranked_as_in_memory(
    site: Flask, make: Factory, tmp_path: Path
) -> None:
    rows = [make.achievement(title=f"深沟球轴承超精研磨工艺 {n}") for n in range(5)]
    matchers = site.extensions["matchers"]
    matchers.fit(("achievement",))
    memory = in_memory(site, tmp_path)

    assert found(matchers) == found(memory)
    assert {id_ for id_, _ in found(matchers)} == {row.id for row in rows}

    hidden = make.achievement(title="深沟球轴承的保密工艺", visibility="confidential")
    later = make.achievement(title="深沟球轴承振动值测量")
    listing_deeds.withdraw(rows[0], by=None, seen=rows[0].revision)

    assert found(matchers) == found(memory)
    assert found(matchers, inner=True) == found(memory, inner=True)
    assert later.id in dict(found(matchers))
    assert rows[0].id not in dict(found(matchers))
    assert hidden.id in dict(found(matchers, inner=True))
    assert hidden.id not in dict(found(matchers))


def test_older_generations_leave_the_cluster(site: Flask, make: Factory) -> None:
    make.achievement(title="深沟球轴承超精研磨工艺")
    matchers = site.extensions["matchers"]
    for _ in range(3):
        matchers.fit(("achievement",))
    kept = [
        path for path in (matchers.folder / "achievement").iterdir() if path.is_dir()
    ]

    assert len(kept) == 2
    assert all(
        matchers.generations.candidate_pool("achievement", path.name).exists()
        for path in kept
    )


def test_lost_candidates_are_noticed_and_made_good(site: Flask, make: Factory) -> None:
    row = make.achievement(title="深沟球轴承超精研磨工艺")
    matchers = site.extensions["matchers"]
    matchers.fit(("achievement",))
    assert [id_ for id_, _ in found(matchers)] == [row.id]
    matchers.generations.candidate_pool(
        "achievement", matchers.generations.current("achievement")
    ).drop()

    with pytest.raises(search.SearchUnavailable):
        found(matchers)
    assert [id_ for id_, _ in found(matchers)] == [row.id]


def test_a_cluster_that_is_away_is_said_and_the_artefact_kept(
    site: Flask, make: Factory
) -> None:
    row = make.achievement(title="深沟球轴承超精研磨工艺")
    matchers = site.extensions["matchers"]
    matchers.fit(("achievement",))
    away = Matchers(matchers.folder, "http://127.0.0.1:1/nowhere")

    for _ in range(2):
        with pytest.raises(search.SearchUnavailable), away.using("achievement"):
            pass
    away.generations.pools = matchers.generations.pools

    assert [id_ for id_, _ in found(away)] == [row.id]
    assert away._catalogues["achievement", False].usable
    assert keeping.CHANGES_AT_ONCE > 1
