"""The matchers of a process keep in step with the database and take over artefacts. Not here: test_ranking."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from marketplace.errors import SearchUnavailable
from marketplace.extensions import db
from marketplace.listings import deeds as listing_deeds
from marketplace.listings.models import Achievement
from marketplace.matchmaking import matchers as keeping
from marketplace.matchmaking.matchers import Matchers
from matching import Document
from matching.index import storage
from tests.factories import Factory

QUERY = Document(0, "深沟球轴承振动大", "轴承超精研磨以后振动值仍有 45 dB")


@pytest.fixture
def matchers(app: Flask, session: Session) -> Matchers:
    """The matchers of the test's site, empty."""
    return app.extensions["matchers"]


@pytest.fixture
def site(tmp_path: Path, build_site: Callable[..., Flask]) -> Iterator[Flask]:
    """A site of its own whose rows stay, for what other threads and processes are to see."""
    application = build_site(tmp_path)
    with application.app_context():
        yield application
        db.session.remove()
        db.engine.dispose()


def found(
    matchers: Matchers, kind: str = "achievement", *, inner: bool = False
) -> list[int]:
    """Ids that the matcher ranks for QUERY, in order of id."""
    with matchers.using(kind, inner=inner) as matcher:
        return sorted(match.id for match in matcher.rank(QUERY, top=100))


def another_process(app: Flask) -> Matchers:
    """Matchers over the same folder and database, as another worker would hold them."""
    return Matchers(app.extensions["matchers"].folder)


def test_a_publication_is_found_by_the_next_use_and_a_withdrawal_gone_at_once(
    matchers: Matchers, make: Factory
) -> None:
    assert found(matchers) == []
    row = make.achievement()
    assert found(matchers) == [row.id]

    listing_deeds.withdraw(row, by=None, seen=row.revision)

    assert found(matchers) == []


def test_an_edit_is_ranked_by_its_new_text(matchers: Matchers, make: Factory) -> None:
    row = make.achievement()
    assert found(matchers) == [row.id]
    elsewhere = (
        "猕猴桃果酒低温发酵，酒精度 12 度，果香保留率比常温发酵高三成，两家酒庄试用。"
    )

    listing_deeds.save(
        row,
        {
            "title": "猕猴桃果酒酿造",
            "summary": elsewhere,
            "baseline": "",
            "keywords": ["果酒"],
            "metrics": [
                {"name": "酒精度", "operator": "eq", "value": 12, "unit": "度"}
            ],
        },
        by=None,
        seen=row.revision,
    )

    with matchers.using("achievement") as matcher:
        new, old = (
            matcher.analyze(Document(0, word)).unknown for word in ("猕猴桃", "振动")
        )
    assert new == []
    assert old == ["振动"]


@pytest.mark.parametrize(
    "state",
    ["draft", "submitted", "returned", "rejected", "suspended", "withdrawn", "expired"],
)
def test_only_published_rows_are_held(
    matchers: Matchers, make: Factory, state: str
) -> None:
    make.achievement(state=state)

    assert found(matchers) == []


def test_talent_and_capital_demands_are_never_held(
    matchers: Matchers, make: Factory
) -> None:
    make.demand(need="talent")
    make.demand(need="capital")
    wanted = make.demand()

    assert found(matchers, "demand") == [wanted.id]


def test_confidential_rows_are_held_in_the_inner_circle_only(
    matchers: Matchers, make: Factory
) -> None:
    shown, hidden = make.achievement(), make.achievement(visibility="confidential")

    assert found(matchers) == [shown.id]
    assert found(matchers, inner=True) == [shown.id, hidden.id]


def test_no_word_of_a_confidential_row_is_known_outside(
    matchers: Matchers, make: Factory
) -> None:
    make.achievement()
    make.achievement(
        "铼铱合金喷管",
        visibility="confidential",
        summary="铼铱合金喷管化学气相沉积，1800 ℃ 下工作 500 小时。",
    )
    question = Document(0, "铼铱合金")

    with matchers.using("achievement") as outer:
        unknown = outer.analyze(question).unknown
    with matchers.using("achievement", inner=True) as inner:
        known = inner.analyze(question).unknown

    assert unknown
    assert not known


def test_a_row_that_turns_confidential_leaves_the_outer_circle(
    matchers: Matchers, make: Factory
) -> None:
    row = make.achievement()
    assert found(matchers) == [row.id]

    listing_deeds.save(row, {"visibility": "confidential"}, by=None, seen=row.revision)

    assert found(matchers) == []
    assert found(matchers, inner=True) == [row.id]


def test_a_row_dated_long_before_its_commit_is_found_by_the_audit(
    matchers: Matchers, make: Factory, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert found(matchers) == []
    row = make.achievement()
    long_ago = row.updated_at - 2 * keeping.MARGIN
    session.execute(db.update(Achievement).values(updated_at=long_ago))
    session.commit()
    assert found(matchers) == []

    monkeypatch.setattr(keeping, "AUDIT", timedelta(0))

    assert found(matchers) == [row.id]


def test_a_row_past_its_day_goes_with_the_audit_though_nobody_touched_it(
    matchers: Matchers, make: Factory, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = make.achievement()
    assert found(matchers) == [row.id]
    session.execute(
        db.update(Achievement).values(
            updated_at=Achievement.updated_at,
            valid_until=row.published_at.date() - timedelta(days=1),
        )
    )
    session.commit()

    monkeypatch.setattr(keeping, "AUDIT", timedelta(0))

    assert found(matchers) == []


def test_a_fitted_artefact_is_taken_over_by_a_running_process(
    app: Flask, matchers: Matchers, make: Factory
) -> None:
    other = another_process(app)
    row = make.achievement()
    assert found(other) == [row.id]

    counts = matchers.fit()

    assert counts == {"achievement": 1, "demand": 0}
    assert found(other) == [row.id]
    assert other._catalogues["achievement", False].usable


def test_what_changed_after_the_fit_is_caught_up(
    app: Flask, matchers: Matchers, make: Factory
) -> None:
    kept, changed, gone = make.achievement(), make.achievement(), make.achievement()
    matchers.fit(("achievement",))
    listing_deeds.withdraw(gone, by=None, seen=gone.revision)
    listing_deeds.save(
        changed, {"prospects": "适合电机厂配套。"}, by=None, seen=changed.revision
    )
    new = make.achievement()
    state = matchers.status()["achievement"]

    expected = [kept.id, changed.id, new.id]

    assert (state["documents"], state["findable"], state["behind"]) == (3, 3, 3)
    assert found(another_process(app)) == expected


def test_an_artefact_holds_nothing_confidential(
    app: Flask, matchers: Matchers, make: Factory
) -> None:
    make.achievement(visibility="confidential")

    assert matchers.fit(("achievement",)) == {"achievement": 0}


def test_older_generations_are_cleared_away_but_one(
    matchers: Matchers, make: Factory
) -> None:
    make.achievement()
    for _ in range(4):
        matchers.fit(("achievement",))

    kept = [
        path for path in (matchers.folder / "achievement").iterdir() if path.is_dir()
    ]

    assert len(kept) == 2


def damage(folder: Path, how: str) -> None:
    """Spoil the current artefact in one of the ways files get spoilt."""
    current = folder / (folder / "current").read_text()
    if how == "missing":
        (folder / "current").write_text("20200101000000-nowhere")
    elif how == "no stamps":
        (current / "stamps").unlink()
    elif how == "foreign name":
        (folder / "current").write_bytes(b"\xff\xfe\x00../..")
    else:
        files = sorted(path for path in current.rglob("*") if path.is_file())
        for path in files:
            content = path.read_bytes()
            path.write_bytes(
                {
                    "truncated": content[: len(content) // 2],
                    "foreign": b"PK\x03\x04 other",
                }[how]
            )


@pytest.mark.parametrize(
    "how", ["missing", "truncated", "foreign", "no stamps", "foreign name"]
)
def test_an_unusable_artefact_costs_a_log_line_and_no_answer(
    site: Flask, how: str
) -> None:
    row = Factory(db.session).achievement()
    matchers = site.extensions["matchers"]
    matchers.fit(("achievement",))
    damage(matchers.folder / "achievement", how)
    other = another_process(site)

    with capture_logs() as logs:
        answers = [found(other), found(other)]
    wait_for_builds(other)

    said = [line for line in logs if line["event"] == "matcher_artefact_unusable"]
    assert answers == [[row.id], [row.id]]
    assert len(said) == (0 if how == "foreign name" else 1)
    # Built again by whoever met it; without a name it is the work of the night, or of the next ten minutes.
    is_built = other.status()["achievement"]["generation"] != "none"
    assert is_built == (how != "foreign name")


def test_an_artefact_spoilt_twice_within_a_minute_is_built_again_later(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = Factory(db.session).achievement()
    site.extensions["matchers"].fit(("achievement",))
    folder = site.extensions["matchers"].folder / "achievement"
    other = another_process(site)
    damage(folder, "truncated")
    assert found(other) == [row.id]
    wait_for_builds(other)
    damage(folder, "foreign")
    assert found(other) == [row.id]
    wait_for_builds(other)
    # So soon after a build there is none, and every use goes without the artefact.
    assert other.status()["achievement"]["generation"] == "none"

    monkeypatch.setattr("marketplace.matchmaking.matchers.RETRY", 0.0)
    assert found(other) == [row.id]
    wait_for_builds(other)
    assert other.status()["achievement"]["generation"] != "none"


def wait_for_builds(matchers: Matchers) -> None:
    """Wait until what is built in the background has been built."""
    for thread in list(matchers._builds.values()):
        thread.join(timeout=60)


def overwrite(path: Path) -> None:
    """Write other numbers over a file while it may be mapped: it stays the same file and as long as it was."""
    with path.open("r+b") as file:
        size = path.stat().st_size
        file.seek(min(128, size))  # the head of an array stays
        file.write(b"\xfe" * max(0, size - 128))


@pytest.mark.parametrize("mapped", [False, True], ids=["copied", "mapped"])
@pytest.mark.parametrize("how", ["overwritten", "gone"])
def test_files_that_are_damaged_under_a_matcher_never_fail_a_reader(
    site: Flask, monkeypatch: pytest.MonkeyPatch, how: str, mapped: bool
) -> None:
    monkeypatch.setattr(keeping, "LOOK", 0.0)
    if mapped:
        monkeypatch.setattr(keeping, "COPIED", -1)
        monkeypatch.setattr(storage, "COPIED", -1)
    make = Factory(db.session)
    rows = [make.achievement().id for _ in range(4)]
    matchers = site.extensions["matchers"]
    matchers.fit(("achievement",))
    assert found(matchers) == rows
    first = matchers.generation("achievement")
    folder = matchers.folder / "achievement"

    for path in sorted((folder / first).rglob("*.npy")):
        if how == "overwritten":
            overwrite(path)
        else:
            path.unlink()
    answers = [found(matchers) for _ in range(3)]
    wait_for_builds(matchers)

    assert answers == [rows] * 3
    assert found(matchers) == rows
    assert matchers.generation("achievement") not in ("", first)


def test_an_error_from_changed_files_is_no_error_of_the_page(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "COPIED", -1)
    monkeypatch.setattr(storage, "COPIED", -1)
    make = Factory(db.session)
    rows = [make.achievement().id for _ in range(4)]
    matchers = site.extensions["matchers"]
    matchers.fit(("achievement",))
    found(matchers)
    folder = matchers.folder / "achievement" / matchers.generation("achievement")

    def rank_badly() -> None:
        # In the very moment in which somebody ranks.
        with matchers.using("achievement"):
            overwrite(next(folder.rglob("words-by_document.npy")))
            raise IndexError("index 67108863 is out of bounds")

    with pytest.raises(SearchUnavailable, match="正在准备"):
        rank_badly()
    wait_for_builds(matchers)

    assert found(matchers) == rows
    with pytest.raises(IndexError), matchers.using("achievement"):
        raise IndexError("a fault of our own stays one")


def test_many_rows_without_an_artefact_are_built_in_the_background(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = Factory(db.session)
    rows = [make.achievement().id for _ in range(4)]
    make.achievement(visibility="confidential")
    monkeypatch.setattr(keeping, "CHANGES_AT_ONCE", 3)
    matchers = site.extensions["matchers"]

    with pytest.raises(SearchUnavailable, match="正在准备"):
        found(matchers)
    with pytest.raises(SearchUnavailable, match="正在准备"):
        found(matchers)
    for thread in matchers._builds.values():
        thread.join(timeout=60)

    assert found(matchers) == rows
    assert len(found(matchers, inner=True)) == len(rows) + 1


def test_readers_and_changes_in_many_threads_end_in_the_state_of_the_database(
    site: Flask,
) -> None:
    make = Factory(db.session)
    rows = [make.achievement() for _ in range(6)]
    matchers, failures = site.extensions["matchers"], []

    def read() -> None:
        with site.app_context():
            for _ in range(15):
                try:
                    found(matchers)
                except Exception as error:
                    failures.append(error)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for row in rows[:3]:
        listing_deeds.withdraw(row, by=None, seen=row.revision)
    for thread in threads:
        thread.join()

    assert failures == []
    assert found(matchers) == [row.id for row in rows[3:]]


def test_reset_forgets_rows_and_artefacts(matchers: Matchers, make: Factory) -> None:
    make.achievement()
    matchers.fit()

    matchers.reset()

    assert not matchers.folder.exists()
    assert matchers.status()["achievement"]["generation"] == "none"


def test_the_commands_fit_and_tell(app: Flask, session: Session, make: Factory) -> None:
    make.achievement()
    runner = app.test_cli_runner()

    before = runner.invoke(args=["matching", "status"]).output
    fitted = runner.invoke(args=["matching", "fit"]).output
    after = runner.invoke(args=["matching", "status"]).output

    assert "成果: artefact none, 0 documents; 1 findable, 1 to catch up" in before
    assert "成果: 1 documents" in fitted
    assert "1 documents; 1 findable, 0 to catch up" in after
