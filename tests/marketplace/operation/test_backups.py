"""A site in one file and back: a wiped site comes back with the same hashes, and a damaged file changes nothing."""

from __future__ import annotations

import gzip
import json
import shutil
import stat
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade

from config import MailRoute
from marketplace.accounts import deeds as account_deeds
from marketplace.accounts.models import Person
from marketplace.errors import Invalid, MarketError, NotNow
from marketplace.extensions import db
from marketplace.listings import background as listing_jobs
from marketplace.listings import deeds as listing_deeds
from marketplace.listings.models import Demand
from marketplace.notices import deeds, queries, sending
from marketplace.notices import upkeep as notices
from marketplace.notices.addresses import Recipient
from marketplace.notices.models import Notice
from marketplace.operation import backups, nightly
from search import Query
from tests.factories import Factory

pytestmark = pytest.mark.long


@pytest.fixture
def full(site: Flask, stock: Factory) -> Iterator[Flask]:
    """A site with listings of several lives, a person and two uploaded files."""
    stock.achievement(
        "轴承降噪工艺", metrics=[{"name": "振动值", "value": 36.5, "unit": "dB"}]
    )
    stock.demand("电池隔膜收缩", budget_negotiable=False, budget=12.5)
    stock.demand(state="draft")
    stock.person("operator", stock.organisation("平台（示例）", kind="operator"))
    uploads = Path(site.config["DATA_DIR"]) / "files" / "2026"
    uploads.mkdir(parents=True)
    (uploads / "检测报告.pdf").write_bytes(bytes(range(256)))
    (uploads / "manifest.json").write_text("{}")
    # No mail waits: those that do are held when a backup comes back, which writes to the database and its audit.
    db.session.execute(db.update(Notice).values(state="suppressed"))
    db.session.commit()
    return site


def rows_of() -> dict[str, Any]:
    """The contents of the database, without the version of the schema."""
    return {
        name: found
        for name, found in backups.hash_contents().items()
        if name != "alembic_version"
    }


def wipe(site: Flask) -> None:
    """As after a lost disk: no tables, no index, no artefacts, no files."""
    db.session.remove()
    downgrade(revision="base")
    db.session.remove()
    site.extensions["search"].close()
    folder = Path(site.config["DATA_DIR"])
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def files_of(site: Flask) -> dict[str, bytes]:
    folder = Path(site.config["DATA_DIR"]) / "files"
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_restored_backup_sends_no_old_mail(full: Flask, tmp_path: Path) -> None:
    (person,) = db.session.scalars(db.select(Person))
    folder = Path(full.config["DATA_DIR"]) / "mail"
    full.config["MAIL_ROUTE"] = MailRoute(
        "file", sender="noreply@demo.example", folder=folder
    )

    def notify(key: str) -> None:
        deeds.notify(
            "listing.decided", Recipient.of(person), key=key, subject=key, happened=key
        )
        db.session.commit()

    # No quiet hours, whenever this runs.
    deeds.choose_mail(by=person, quiet_from=0, quiet_until=0, daily=False, stopped=())
    notify("before")
    notices.claim_next()  # as of a sender at work while the backup is made
    notify("waiting")
    backups.make_backup(tmp_path / "site.tar.gz")
    notices.hold_restored()  # without a restore nothing is held
    sending.send_due()
    assert len(list(folder.glob("*.eml"))) == 1

    backups.restore_backup(tmp_path / "site.tar.gz", replace=True)
    assert queries.state_counts() | {"suppressed": 2} == queries.state_counts()
    sending.send_due()
    assert len(list(folder.glob("*.eml"))) == 1
    # What happens from now on goes out, and on the page everything is there.
    person = db.session.scalars(db.select(Person)).one()
    notify("after")
    sending.send_due()
    assert len(list(folder.glob("*.eml"))) == 2
    assert queries.unread_count(person) == 3


def test_a_restore_that_was_killed_on_the_way_sends_no_old_mail_either(
    full: Flask, tmp_path: Path
) -> None:
    (person,) = db.session.scalars(db.select(Person))
    deeds.notify(
        "listing.decided", Recipient.of(person), key="old", subject="x", happened="x"
    )
    db.session.commit()
    # What a process does first that is killed right after the database came back.
    notices.mark_restore()

    sending.send_due()

    assert queries.state_counts()["suppressed"] == 1


def test_a_backup_that_is_refused_holds_no_mail(full: Flask, tmp_path: Path) -> None:
    target = tmp_path / "site.tar.gz"
    backups.make_backup(target)
    target.write_bytes(target.read_bytes()[:-200])

    with pytest.raises(MarketError):
        backups.restore_backup(target, replace=True)

    assert not (Path(full.config["DATA_DIR"]) / notices.RESTORED).exists()


def test_a_wiped_site_comes_back_with_the_same_hashes(
    full: Flask, tmp_path: Path
) -> None:
    target = tmp_path / "elsewhere" / "site.tar.gz"
    before, files = rows_of(), files_of(full)

    made = backups.make_backup(target)
    wipe(full)
    with pytest.raises(Exception, match=r"(?i)demand"):
        db.session.scalar(db.select(Demand.id))
    db.session.rollback()
    came_back = backups.restore_backup(target)

    assert came_back == made
    assert rows_of() == before
    assert files_of(full) == files
    assert {name: found["sha256"] for name, found in before.items()} == made.tables
    assert full.extensions["search"].find(Query("降噪工艺")).total == 1
    assert listing_jobs.compare_index() == "no difference"
    assert {
        kind: state["behind"]
        for kind, state in full.extensions["matchers"].status().items()
    } == {
        "achievement": 0,
        "demand": 0,
    }


def test_a_restored_site_goes_on_counting(
    full: Flask, stock: Factory, tmp_path: Path
) -> None:
    backups.make_backup(tmp_path / "site.tar.gz")
    highest = db.session.scalar(db.select(db.func.max(Demand.id)))
    wipe(full)
    backups.restore_backup(tmp_path / "site.tar.gz")

    assert stock.demand().id > highest


def test_a_later_state_is_not_kept_and_the_index_forgets_it(
    full: Flask, stock: Factory, tmp_path: Path
) -> None:
    backups.make_backup(tmp_path / "site.tar.gz")
    before = rows_of()
    row = db.session.scalars(db.select(Demand).where(Demand.state == "published")).one()
    listing_deeds.withdraw(row, by=None, seen=row.revision)
    stock.demand("后来的需求")

    with pytest.raises(NotNow, match="不是空的"):
        backups.restore_backup(tmp_path / "site.tar.gz")
    backups.restore_backup(tmp_path / "site.tar.gz", replace=True)

    assert rows_of() == before
    assert listing_jobs.compare_index() == "no difference"
    assert full.extensions["search"].find(Query("隔膜")).total == 1


def test_only_its_owner_reads_it_and_secrets_are_in_it_only_where_asked_for(
    full: Flask, tmp_path: Path
) -> None:
    plain, whole = tmp_path / "plain.tar.gz", tmp_path / "whole.tar.gz"
    backups.make_backup(plain)
    backups.make_backup(whole, with_secrets=True)
    salt = full.config["SECURITY_PASSWORD_SALT"].encode()

    assert [stat.S_IMODE(path.stat().st_mode) for path in (plain, whole)] == [
        0o600,
        0o600,
    ]
    assert [salt in gzip.decompress(path.read_bytes()) for path in (plain, whole)] == [
        False,
        True,
    ]
    assert (
        sorted(path.name for path in tmp_path.iterdir() if path.name.startswith("."))
        == []
    )

    wipe(full)
    backups.restore_backup(whole)
    kept = Path(full.config["DATA_DIR"]) / "secrets"
    assert salt.decode() in kept.read_text()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def change_a_file(path: Path) -> None:
    folder = path.with_suffix(".d")
    with tarfile.open(path) as archive:
        archive.extractall(folder)  # noqa: S202  our own archive
    (folder / "files" / "2026" / "检测报告.pdf").write_bytes(b"other")
    with tarfile.open(path, "w:gz") as archive:
        archive.add(folder, "")


def change_the_manifest(path: Path, **changes: Any) -> None:
    folder = path.with_suffix(".d")
    with tarfile.open(path) as archive:
        archive.extractall(folder)  # noqa: S202  our own archive
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | changes))
    with tarfile.open(path, "w:gz") as archive:
        for part in folder.iterdir():
            archive.add(part, part.name)


def lead_out(path: Path) -> None:
    with tarfile.open(path, "w:gz") as archive:
        archive.add(__file__, "../outside.py")


def smuggle_a_link(path: Path) -> None:
    with tarfile.open(path, "w:gz") as archive:
        link = tarfile.TarInfo("files/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)


DAMAGE: dict[str, Callable[[Path], None]] = {
    "a path that leads out": lead_out,
    "a link": smuggle_a_link,
    "cut short": cut_short,
    "no archive": lambda path: path.write_bytes(b"PK"),
    "another file": change_a_file,
    "unknown format": lambda path: change_the_manifest(path, format=2),
    "a newer site": lambda path: change_the_manifest(path, migration="ffff"),
    "another database": lambda path: change_the_manifest(path, database="oracle"),
}


def test_a_damaged_backup_changes_nothing(
    full: Flask, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    whole = tmp_path / "whole.tar.gz"
    backups.make_backup(whole)
    before, files = rows_of(), files_of(full)
    # On one site: each of them leaves it as it was, or fails here.
    for number, (name, damage) in enumerate(DAMAGE.items()):
        with subtests.test(name):
            target = tmp_path / f"{number}.tar.gz"
            shutil.copy(whole, target)
            damage(target)

            with pytest.raises(Invalid) as refused:
                backups.restore_backup(target, replace=True)

            assert refused.value.message
            assert (rows_of(), files_of(full)) == (before, files)


def test_a_backup_is_of_one_moment_while_others_write(
    full: Flask, stock: Factory, tmp_path: Path
) -> None:
    """The hashes of the manifest are those of the copy, whatever is written meanwhile."""
    import threading

    ended = threading.Event()

    def write() -> None:
        with full.app_context():
            number = 0
            while not ended.is_set():
                number += 1
                account_deeds.add_person(
                    f"p{number}@demo.example",
                    name="写",
                    password="x" * 12,
                )
            db.session.remove()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        summaries = [
            backups.make_backup(tmp_path / f"{number}.tar.gz") for number in range(3)
        ]
    finally:
        ended.set()
        writer.join(30)
    wipe(full)

    came_back = backups.restore_backup(tmp_path / "1.tar.gz")

    assert came_back == summaries[1]
    assert rows_of()["person"]["rows"] == summaries[1].rows["person"]


def test_nightly_backups_are_kept_in_number(full: Flask, tmp_path: Path) -> None:
    for day in range(3):
        (tmp_path / f"market-2026010{day}T000000Z.tar.gz").write_bytes(b"")

    outcome = nightly.make_nightly(tmp_path, 2)

    assert outcome.endswith("2 old removed")
    assert len(list(tmp_path.glob("market-*.tar.gz"))) == 2


def test_the_commands(full: Flask, tmp_path: Path) -> None:
    runner, target = full.test_cli_runner(), str(tmp_path / "site.tar.gz")

    made = runner.invoke(args=["backup", target])
    refused = runner.invoke(args=["restore", target])
    restored = runner.invoke(args=["restore", target, "--replace"])
    nights = tmp_path / "nights"
    by_hand = runner.invoke(args=["jobs", "--backup", str(nights), "--once", "backup"])
    nowhere = runner.invoke(args=["jobs", "--once", "backup"])

    assert (by_hand.exit_code, nowhere.exit_code) == (0, 2)
    assert len(list(nights.glob("market-*Z.tar.gz"))) == 1
    assert (made.exit_code, refused.exit_code, restored.exit_code) == (0, 1, 0), (
        restored.output
    )
    assert "PASSWORD_SALT" in made.output
    assert "不是空的" in refused.output
    assert "Every hash agrees" in restored.output


def test_it_needs_no_migrated_database_to_come_back_to(
    full: Flask, tmp_path: Path, empty_database: str, new_site: Callable[..., Flask]
) -> None:
    backups.make_backup(tmp_path / "site.tar.gz")
    before = rows_of()
    wipe(full)
    db.session.remove()

    with new_site(empty_database, "another-machine").app_context():
        backups.restore_backup(tmp_path / "site.tar.gz")
        upgrade()
        assert rows_of() == before
        with pytest.raises(MarketError):
            backups.restore_backup(tmp_path / "site.tar.gz")
