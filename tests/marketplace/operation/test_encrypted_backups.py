"""Backups that only the holder of the key can read, and their second place."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from config import Config, ConfigError
from marketplace.errors import Invalid
from marketplace.extensions import db
from marketplace.listings.models import Demand
from marketplace.operation import backups, encryption, nightly
from tests.factories import Factory
from tests.served import LIVE_SETTINGS

KEY = "Tq7-xLw2_BvN9zRk4mYc8HdPf3sGaJ6e"
OTHER = "Hk5_wRz8-QmT2vXb7nJc4LpDf9sGyA3u"


@pytest.mark.long
@pytest.mark.parametrize(
    "size",
    [
        0,
        1,
        encryption.PIECE - 1,
        encryption.PIECE,
        encryption.PIECE + 1,
        3 * encryption.PIECE,
    ],
)
def test_what_was_encrypted_comes_back(tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    (tmp_path / "plain").write_bytes(content)

    encryption.encrypt_file(tmp_path / "plain", tmp_path / "packed", KEY)
    encryption.decrypt_file(tmp_path / "packed", tmp_path / "back", KEY)

    assert (tmp_path / "back").read_bytes() == content
    assert encryption.is_encrypted(tmp_path / "packed")
    assert not encryption.is_encrypted(tmp_path / "plain")
    assert (tmp_path / "packed").stat().st_mode & 0o077 == 0


def spoilt(content: bytes, how: str) -> bytes:
    """An encrypted file of three pieces, damaged."""
    head = (
        len(encryption.MAGIC) + encryption.SALT + encryption.PREFIX + encryption.CHECK
    )
    size = encryption.PIECE + encryption.TAG
    pieces = [content[head + k * size : head + (k + 1) * size] for k in range(3)]
    return {
        "a bit": content[:-40] + bytes([content[-40] ^ 1]) + content[-39:],
        "cut within": content[:-40],
        "last piece gone": content[:head] + pieces[0] + pieces[1],
        "pieces changed": content[:head] + pieces[1] + pieces[0] + pieces[2],
        "piece doubled": content[:head] + pieces[0] + pieces[0] + pieces[2],
        "more behind": content + b"more",
    }[how]


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A sound encrypted file of three pieces."""
    folder = tmp_path_factory.mktemp("packed")
    (folder / "plain").write_bytes(os.urandom(2 * encryption.PIECE + 500))
    encryption.encrypt_file(folder / "plain", folder / "packed", KEY)
    return (folder / "packed").read_bytes()


@pytest.mark.parametrize(
    "how",
    [
        "a bit",
        "cut within",
        "last piece gone",
        "pieces changed",
        "piece doubled",
        "more behind",
    ],
)
def test_a_damaged_file_is_told(tmp_path: Path, packed: bytes, how: str) -> None:
    (tmp_path / "packed").write_bytes(spoilt(packed, how))

    with pytest.raises(Invalid, match="损坏或者不完整"):
        encryption.decrypt_file(tmp_path / "packed", tmp_path / "back", KEY)


@pytest.mark.long
def test_a_backup_with_a_key_is_restored_with_it_alone(
    own_database: str, new_site: Callable[..., Flask], tmp_path: Path
) -> None:
    site = new_site(own_database, BACKUP_KEY=KEY)
    site.extensions["search"].rebuild([])
    with site.app_context():
        title = Factory(db.session).demand().title
        backups.make_backup(tmp_path / "b.enc")
        restored = backups.verify_backup(tmp_path / "b.enc")
        assert restored.rows["demand"] == 1
        for key, words in ((OTHER, "不是加密这份备份的那一把"), ("", "是加密的")):
            site.config["BACKUP_KEY"] = key
            with pytest.raises(Invalid, match=words):
                backups.restore_backup(tmp_path / "b.enc", replace=True)
        site.config["BACKUP_KEY"] = KEY
        db.session.execute(db.delete(Demand))
        db.session.commit()

        backups.restore_backup(tmp_path / "b.enc", replace=True)

        assert db.session.scalar(db.select(Demand.title)) == title
        assert not list(Path(site.config["DATA_DIR"]).glob(".restore-*"))
    assert title.encode() not in (tmp_path / "b.enc").read_bytes()
    assert not tarfile.is_tarfile(tmp_path / "b.enc")


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full by the time an encrypted file is to be kept."""

    def refuse(_file: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", refuse)


@pytest.mark.usefixtures("full_disk")
def test_a_backup_that_cannot_be_encrypted_leaves_no_plain_one(
    own_database: str, new_site: Callable[..., Flask], tmp_path: Path
) -> None:
    target = tmp_path / "backups" / "b.enc"
    with new_site(own_database, BACKUP_KEY=KEY).app_context():
        with pytest.raises(OSError, match="No space left"):
            backups.make_backup(target)

        assert list(target.parent.iterdir()) == []


@pytest.mark.long
@pytest.mark.parametrize("key", ["", KEY])
def test_the_nightly_backup_has_a_second_place_and_no_secrets(
    own_database: str, new_site: Callable[..., Flask], tmp_path: Path, key: str
) -> None:
    second = tmp_path / "second"
    settings = {"BACKUP_KEY": key, "BACKUP_COPY": str(second)}
    settings["BACKUP_COMMAND"] = f"cp -t {tmp_path}"
    site = new_site(own_database, **settings)
    with site.app_context():
        with pytest.raises(Invalid, match="没有复制到第二处"):
            nightly.make_nightly(tmp_path / "first", 7)
        second.mkdir()
        words = nightly.make_nightly(tmp_path / "first", 1)
        copies = list(second.iterdir())
        first = list((tmp_path / "first").iterdir())

        assert "copied to" in words
        assert [path.name for path in copies] == [path.name for path in first]
        assert copies[0].read_bytes() == first[0].read_bytes()
        assert copies[0].stat().st_mode & 0o077 == 0
        assert (tmp_path / first[0].name).exists()
        assert encryption.is_encrypted(copies[0]) == bool(key)
        backups.verify_backup(copies[0])
        with backups._unpack_checked(copies[0]) as (folder, _):
            assert not (folder / "secrets").exists()


def test_a_copy_that_fails_was_never_readable_and_leaves_nothing(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup, second = tmp_path / "market-20260101T000000Z.tar.gz", tmp_path / "second"
    backup.write_bytes(b"all of it")
    second.mkdir()
    # Of a process that was killed while it copied, and of one that copies now.
    left, running = second / ".copy-abcd1234", second / ".copy-running_"
    for folder in (left, running):
        folder.mkdir()
        (folder / "market-20251231T000000Z.tar.gz").write_bytes(b"half of it")
    held = os.open(running, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    modes = []

    def refuse(*_: object) -> None:
        assert not left.exists()
        for path in set(second.rglob("*")) - {running, *running.rglob("*")}:
            modes.append(path.stat().st_mode & 0o777)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    # However the bytes are carried over.
    monkeypatch.setattr(shutil, "copyfileobj", refuse)
    monkeypatch.setattr(os, "sendfile", refuse)
    monkeypatch.setitem(app.config, "BACKUP_COPY", str(second))
    mask = os.umask(0)
    try:
        with app.app_context(), pytest.raises(Invalid, match="No space left"):
            nightly._copy_elsewhere(backup, 7)
    finally:
        os.umask(mask)
        os.close(held)

    assert sorted(modes) == [0o600, 0o700]
    assert list(second.iterdir()) == [running]
    assert len(list(running.iterdir())) == 1


def test_verifying_by_hand(site: Flask, stock: Factory, tmp_path: Path) -> None:
    stock.demand()
    run = site.test_cli_runner().invoke
    made = run(args=["backup", str(tmp_path / "b.tar.gz")])
    good = run(args=["backup", "verify", str(tmp_path / "b.tar.gz")])
    content = (tmp_path / "b.tar.gz").read_bytes()
    (tmp_path / "b.tar.gz").write_bytes(content[: len(content) // 2])
    bad = run(args=["backup", "verify", str(tmp_path / "b.tar.gz")])

    assert (made.exit_code, good.exit_code, bad.exit_code) == (0, 0, 1), made.output
    assert "1 demand" in good.output
    assert "读不了这份备份" in bad.output


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("short", "can be guessed"),
        ("a" * 40, "can be guessed"),
        (LIVE_SETTINGS["SECRET_KEY"], "of its own"),
    ],
)
def test_a_key_that_is_none(tmp_path: Path, key: str, words: str) -> None:
    environ = {"DATA_DIR": str(tmp_path), **LIVE_SETTINGS, "BACKUP_KEY": key}

    with pytest.raises(ConfigError, match=words):
        Config.from_env(environ)
