"""Checkpoints are signed and published, a restored backup is explained, erasing personal values is recorded."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from config import Config
from marketplace import create_app, persistence
from marketplace.audit import deeds, publishing, queries
from marketplace.audit.appending import append_entries
from marketplace.audit.entries import Draft, Personal
from marketplace.audit.models import Entry, StoredCheckpoint, Withheld
from marketplace.audit.notes import Signer, open_checkpoint
from marketplace.errors import Invalid, NotNow
from marketplace.extensions import db
from marketplace.operation import background
from tests.conftest import database
from tests.served import ROOT

SCRIPT = ROOT / "scripts" / "verify_audit.py"


@pytest.fixture
def site(tmp_path: Path, migrated: str) -> Iterator[Flask]:
    """A site of its own, with committed transactions."""
    with database(tmp_path, like=migrated) as address:
        environ = {
            "MARKET_ENV": "test",
            "DATA_DIR": str(tmp_path / "data"),
            "DATABASE_URL": address,
        }
        (tmp_path / "data").mkdir()
        app = create_app(Config.from_env(environ))
        with app.app_context():
            yield app
            db.session.remove()
            db.engine.dispose()


def add_entries(count: int, *, subject: int = 5) -> range:
    drafts = []
    for number in range(count):
        personal = [Personal(subject, {"address": f"203.0.113.{number}"})]
        drafts.append(
            Draft("demand.submit", "demand", str(number), subject, personal=personal)
        )
    with db.engine.begin() as connection:
        return append_entries(connection, drafts)


def run(site: Flask, *words: str) -> Any:
    db.session.remove()
    return site.test_cli_runner().invoke(args=["audit", *words])


def cut_back(size: int) -> None:
    """As after a backup was restored: what came later is gone, from every table alike."""
    with db.engine.begin() as hand:
        if hand.dialect.name == "sqlite":
            guards = list(
                hand.scalars(
                    sa.text("select sql from sqlite_master where type = 'trigger'")
                )
            )
            for name in hand.scalars(
                sa.text("select name from sqlite_master where type = 'trigger'")
            ).all():
                hand.exec_driver_sql(f"drop trigger {name}")
        else:
            for table in ("audit_entry", "audit_personal", "audit_checkpoint"):
                hand.exec_driver_sql(f"alter table {table} disable trigger user")
        hand.execute(sa.delete(Withheld).where(Withheld.position >= size))
        hand.execute(sa.delete(Entry).where(Entry.position >= size))
        hand.execute(sa.delete(StoredCheckpoint).where(StoredCheckpoint.size > size))
        if hand.dialect.name == "sqlite":
            for guard in guards:
                hand.exec_driver_sql(guard)
        else:
            for table in ("audit_entry", "audit_personal", "audit_checkpoint"):
                hand.exec_driver_sql(f"alter table {table} enable trigger user")


def test_a_checkpoint_is_signed_stored_laid_down_and_public(site: Flask) -> None:
    reader = site.test_client()
    assert reader.get("/checkpoint").status_code == 404
    add_entries(3)
    assert background.run_job(site, "checkpoint", publishing.sign_checkpoint)

    answer = reader.get("/checkpoint")

    note = answer.text
    checkpoint = open_checkpoint(note, publishing.signer().verifier)
    assert answer.mimetype == "text/plain"
    assert checkpoint.origin == "demo"
    last = db.session.scalar(sa.select(sa.func.max(Entry.position)))
    assert checkpoint.size == last + 1
    assert (publishing.folder() / "checkpoint").read_text() == note
    assert db.session.scalar(sa.select(StoredCheckpoint.note)) == note
    # Nothing new, nothing signed.
    assert "nothing new" in publishing.sign_checkpoint()
    assert (
        db.session.scalar(sa.select(sa.func.count()).select_from(StoredCheckpoint)) == 1
    )


def test_rooms_above_take_the_checkpoint_with_them(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = []
    room = site.extensions["contributions"].rooms[-1]
    monkeypatch.setattr(
        room, "checkpoint_signed", lambda note: [sent.append(note)], raising=False
    )
    add_entries(1)
    publishing.sign_checkpoint()

    assert sent == [publishing.published_note()]


def test_what_was_rewritten_is_never_signed(site: Flask) -> None:
    end = add_entries(5).stop
    publishing.sign_checkpoint()
    cut_back(end - 2)
    add_entries(9)

    with pytest.raises(publishing.AuditBrokenError, match="another root"):
        publishing.sign_checkpoint()
    assert not background.run_job(site, "checkpoint", publishing.sign_checkpoint)
    # The page goes on showing what was published, from the file, though the database has lost it.
    checkpoint = open_checkpoint(
        publishing.published_note() or "", publishing.signer().verifier
    )
    assert checkpoint.size == end


def test_an_emptied_audit_does_not_begin_anew_unnoticed(site: Flask) -> None:
    add_entries(5)
    publishing.sign_checkpoint()
    cut_back(0)
    add_entries(50)

    done = run(site, "verify")
    assert done.exit_code == 1
    assert "are gone" in done.output or "were rewritten" in done.output
    with pytest.raises(publishing.AuditBrokenError):
        publishing.sign_checkpoint()


def test_a_restored_backup_is_explained_once_and_for_ever(
    site: Flask, tmp_path: Path
) -> None:
    begin = add_entries(5).stop
    publishing.sign_checkpoint()
    end = add_entries(10).stop
    publishing.sign_checkpoint()
    mailed = tmp_path / "mailed"
    mailed.write_text(publishing.published_note() or "")
    cut_back(begin + 2)

    refused = run(site, "verify")
    assert refused.exit_code == 1
    assert f"entries {begin + 2} to {end - 1} are gone" in refused.output
    assert "flask audit resume" in refused.output
    assert run(site, "resume", "--reason", "短").exit_code == 1
    done = run(site, "resume", "--reason", "磁盘损坏，恢复了昨夜的备份")
    assert done.exit_code == 0, done.output
    add_entries(4)
    publishing.sign_checkpoint()

    checked = run(site, "verify", "--checkpoint", str(mailed))
    assert checked.exit_code == 0, checked.output
    assert "恢复了昨夜的备份" in checked.output
    with pytest.raises(NotNow):
        publishing.resume("再来一次，其实没有必要")
    # What it says is part of the log itself.
    entry = db.session.scalar(sa.select(Entry).where(Entry.deed == "audit.resume"))
    assert json.loads(entry.text)["values"]["reason"] == "磁盘损坏，恢复了昨夜的备份"
    assert entry.position == begin + 2


def test_a_checkpoint_of_another_key_is_refused(site: Flask, tmp_path: Path) -> None:
    add_entries(2)
    publishing.sign_checkpoint()
    note = (publishing.published_note() or "").replace("demo", "other")
    (tmp_path / "note").write_text(note)
    with pytest.raises(Invalid):
        publishing.verify([tmp_path / "note"])
    assert run(site, "verify", "--checkpoint", str(tmp_path / "note")).exit_code == 1


DAMAGED = ("emptied", "cut", "no text", "changed", "more")


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_checkpoint_hides_nothing_and_is_named(
    damage: str, site: Flask, tmp_path: Path
) -> None:
    add_entries(4)
    publishing.sign_checkpoint()
    file = publishing.folder() / publishing.NOTE_FILE
    sound = file.read_bytes()
    name, size, *rest = sound.split(b"\n")
    contents = {
        "emptied": b"",
        "cut": sound[:40],
        "no text": bytes(range(256)),
        "changed": b"\n".join((name, size + b"0", *rest)),
        "more": sound + b"x",
    }
    file.write_bytes(contents[damage])
    done = run(site, "verify")
    given = tmp_path / "given"
    given.write_bytes(contents[damage])

    # The entries were compared with what the database has, and the damage alone is wrong.
    assert done.exit_code == 1
    assert "agrees with checkpoint 0 in the database" in done.output
    assert done.output.count("WRONG") == 1
    assert f"WRONG  {file}: no checkpoint of this site" in done.output
    with pytest.raises(publishing.AuditBrokenError):
        publishing.sign_checkpoint()
    # One that somebody names is their mistake, or what they wanted to know.
    file.write_bytes(sound)
    refused = run(site, "verify", "--checkpoint", str(given))
    assert refused.exit_code == 1
    assert "不是本站签过的检查点" in refused.output
    assert "flask audit public-key" in refused.output
    assert run(site, "verify").exit_code == 0
    file.unlink()
    missing = run(site, "verify")
    assert (missing.exit_code, f"{file} is missing" in missing.output) == (0, True)


def test_a_checkpoint_that_another_key_signed_is_wrong_in_the_database_too(
    site: Flask,
) -> None:
    add_entries(2)
    publishing.sign_checkpoint()
    site.config["AUDIT_KEY"] = str(Signer.generate("demo"))
    done = run(site, "verify")

    assert done.exit_code == 1
    assert "WRONG  checkpoint 0 in the database" in done.output
    with pytest.raises(publishing.AuditBrokenError):
        publishing.sign_checkpoint()


def test_personal_values_are_erased_and_that_is_recorded(site: Flask) -> None:
    add_entries(4, subject=5)
    kept = add_entries(2, subject=6)
    publishing.sign_checkpoint()

    persistence.begin_write()
    count = deeds.erase_personal(subject=5)
    persistence.commit()

    assert count == 4
    assert (
        db.session.scalar(sa.select(sa.func.count()).where(Withheld.subject == 5)) == 0
    )
    assert db.session.scalar(
        sa.select(sa.func.count()).where(Withheld.subject == 6)
    ) == len(kept)
    entry = db.session.scalar(sa.select(Entry).where(Entry.deed == "audit.erase"))
    assert len(json.loads(entry.text)["values"]["erased"]) == 4
    assert publishing.verify().is_sound
    assert run(site, "verify").exit_code == 0
    publishing.sign_checkpoint()
    # What is erased without saying so is found.
    with db.engine.begin() as hand:
        hand.execute(sa.delete(Withheld).where(Withheld.position == kept.start))
    report = publishing.verify()
    assert report.wrong == [kept.start]


def test_retention_ends_what_is_old(site: Flask) -> None:
    old = add_entries(3)
    new = add_entries(2)
    query = sa.select(Entry.at).where(Entry.position == new.start)
    moment = db.session.scalar(query)
    persistence.begin_write()
    deeds.erase_personal(before=moment)
    persistence.commit()

    positions = set(db.session.scalars(sa.select(Withheld.position)))
    assert positions.isdisjoint(old)
    assert positions.issuperset(new)
    assert publishing.verify().is_sound
    with pytest.raises(ValueError, match="say whose"):
        deeds.erase_personal()


# -- without our code --------------------------------------------------------------------------------------------------


def offline(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", str(SCRIPT), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_script_checks_an_export_and_a_proof_without_this_project(
    site: Flask, tmp_path: Path
) -> None:
    add_entries(9)
    publishing.sign_checkpoint()
    entries, note, key = tmp_path / "entries", tmp_path / "checkpoint", tmp_path / "key"
    assert run(site, "export", str(entries)).exit_code == 0
    note.write_text(publishing.published_note() or "")
    key = run(site, "public-key").output.strip()
    assert run(site, "prove", "3", str(tmp_path / "proof")).exit_code == 0
    assert run(site, "prove", "99999999", str(tmp_path / "none")).exit_code == 1

    assert offline("entries", entries, note, "--key", key).returncode == 0
    assert offline("proof", tmp_path / "proof", "--key", key).returncode == 0

    lines = entries.read_text().splitlines()
    tampered = tmp_path / "tampered"
    for changed in (
        lines[:3] + lines[4:],
        [*lines[:3], lines[3].replace('"deed":"', '"deed":"x'), *lines[4:]],
        lines[:5],
    ):
        tampered.write_text("\n".join(changed) + "\n")
        assert offline("entries", tampered, note, "--key", key).returncode == 1
    proof = json.loads((tmp_path / "proof").read_text())
    proof["entry"] = proof["entry"].replace("null", "1")
    tampered.write_text(json.dumps(proof))
    assert offline("proof", tampered, "--key", key).returncode == 1
    other = run(site, "key", "demo").output
    assert "PRIVATE+KEY+demo+" in other


def test_two_checkpoints_are_consistent_or_not(site: Flask, tmp_path: Path) -> None:
    add_entries(4)
    publishing.sign_checkpoint()
    (tmp_path / "old").write_text(publishing.published_note() or "")
    add_entries(4)
    publishing.sign_checkpoint()
    (tmp_path / "new").write_text(publishing.published_note() or "")
    entries = tmp_path / "entries"
    run(site, "export", str(entries))
    key = run(site, "public-key").output.strip()

    both = (tmp_path / "old", tmp_path / "new")
    assert offline("entries", entries, *both, "--key", key).returncode == 0


def test_the_grants_name_what_a_role_may(site: Flask) -> None:
    printed = run(site, "grants", "market_site").output
    assert "grant select, insert on audit_entry to market_site;" in printed
    assert "update" not in printed
    with pytest.raises(Invalid):
        queries.grants_for("x; drop table person")
