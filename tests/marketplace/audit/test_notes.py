"""Keys, signed notes and checkpoints: as C2SP writes them, and what is refused."""

from __future__ import annotations

import pytest

from config import Config, ConfigError
from marketplace.audit import notes
from marketplace.audit.notes import Checkpoint, NoteError, Signer, Verifier
from tests.served import LIVE_SETTINGS

# The key and note of golang.org/x/mod/sumdb/note, which C2SP signed-note was taken from.
PUBLIC = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PRIVATE = (
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
)
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
NOTE = (
    TEXT + "\n\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZIn"
    "NIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_keys_and_notes_are_those_of_the_reference_implementation() -> None:
    signer = Signer.from_text(PRIVATE)

    assert str(signer.verifier) == PUBLIC
    assert str(signer) == PRIVATE
    assert signer.sign_note(TEXT) == NOTE
    assert Verifier.from_text(PUBLIC).open_note(NOTE) == TEXT


@pytest.mark.parametrize(
    ("what", "note"),
    [
        ("a changed word", NOTE.replace("answer", "Answer")),
        ("a changed signature", NOTE.replace("x08go/ZJ", "x08go/ZK")),
        ("another key", NOTE.replace("x08go/ZJ", "y08go/ZJ")),
        ("another name", NOTE.replace("\u2014 PeterNeumann", "\u2014 Peter")),
        ("no signature", TEXT),
        ("no last line end", NOTE.rstrip("\n")),
        ("a minus in the place of the dash", NOTE.replace("\u2014", "-")),
        ("nothing", ""),
    ],
)
def test_what_was_changed_is_refused(what: str, note: str) -> None:
    with pytest.raises(NoteError):
        Verifier.from_text(PUBLIC).open_note(note)


def test_a_checkpoint_is_read_back_and_another_log_refused() -> None:
    signer = Signer.generate("market.example/audit")
    checkpoint = Checkpoint(signer.name, 7, bytes(range(32)))
    note = signer.sign_note(checkpoint.text)

    assert note.startswith("market.example/audit\n7\nAAECAw")
    assert notes.open_checkpoint(note, signer.verifier) == checkpoint
    other = signer.sign_note(Checkpoint("elsewhere", 7, bytes(32)).text)
    with pytest.raises(NoteError, match="another log"):
        notes.open_checkpoint(other, signer.verifier)
    for text in ("x\n07\nAAAA\n", "x\n-1\nAAAA\n", "x\n7\nAAAA\n", "x\n7\n"):
        with pytest.raises(NoteError):
            Checkpoint.from_text(text)


@pytest.mark.parametrize(
    "text",
    ["", "x", PUBLIC, PRIVATE[:-4], PRIVATE.replace("Peter", "Petra"), PRIVATE.replace("AYEK", "AYEL")],
)  # fmt: skip
def test_a_mistyped_key_is_refused_and_never_repeated(text: str) -> None:
    with pytest.raises(NoteError) as refusal:
        Signer.from_text(text)
    assert PRIVATE[-20:] not in str(refusal.value)


LIVE = {
    "MARKET_ENV": "live",
    "SECRET_KEY": "kH3vQ9xT2mW7bN4cZ8pL1sD6fG0jR5yAuE-iO_qX",
    "PASSWORD_SALT": "pT8nB2vM6cX0zL4kJ9hG3fD7sA1qW5eRyU-iO_mK",
    "METRICS_TOKEN": "b7Qm2Zx9Lc4Vn8Ks",
    "SITE_HOST": "market.example.cn",
    "TRUSTED_PROXIES": "1",
    "BACKUP_KEY": "",
}


def live(tmp_path, **more: str):
    mail = {"MAIL_URL": LIVE_SETTINGS["MAIL_URL"]}
    return Config.from_env({**LIVE, **mail, "DATA_DIR": str(tmp_path / "data"), **more})


def test_a_live_site_needs_its_key_and_a_demonstration_makes_one(tmp_path) -> None:
    with pytest.raises(ConfigError, match=r"AUDIT_KEY.*marketplace\.audit\.key"):
        live(tmp_path)
    for wrong in (PUBLIC, PRIVATE[:-4], PRIVATE.replace("Peter", "Petra")):
        with pytest.raises(ConfigError, match="mistyped") as refusal:
            live(tmp_path, AUDIT_KEY=wrong)
        assert wrong not in str(refusal.value)
    assert live(tmp_path, AUDIT_KEY=PRIVATE).audit_key == PRIVATE

    demo = Config.from_env({"DATA_DIR": str(tmp_path / "demo")})
    again = Config.from_env({"DATA_DIR": str(tmp_path / "demo")})
    file = tmp_path / "demo" / "audit.key"
    assert demo.audit_key == again.audit_key == file.read_text().strip()
    assert file.stat().st_mode & 0o777 == 0o600
    assert Signer.from_text(demo.audit_key).name == "demo"
    for damaged in (b"", b"garbage", PRIVATE[:40].encode(), bytes(range(256))):
        file.write_bytes(damaged)
        with pytest.raises(ConfigError, match=r"audit\.key"):
            Config.from_env({"DATA_DIR": str(tmp_path / "demo")})
        assert file.read_bytes() == damaged
    # What was signed is not begun anew by another key because a file went missing.
    file.unlink()
    (tmp_path / "demo" / "audit").mkdir()
    (tmp_path / "demo" / "audit" / "checkpoint").touch()
    with pytest.raises(ConfigError, match="put it back"):
        Config.from_env({"DATA_DIR": str(tmp_path / "demo")})
    assert not file.exists()


def test_the_key_may_lie_in_a_file_but_not_where_backups_are_made(tmp_path) -> None:
    (tmp_path / "data").mkdir()
    outside, inside = tmp_path / "key", tmp_path / "data" / "key"
    for path in (outside, inside):
        path.write_text(PRIVATE + "\n")

    assert live(tmp_path, AUDIT_KEY_FILE=str(outside)).audit_key == PRIVATE
    with pytest.raises(ConfigError, match="DATA_DIR"):
        live(tmp_path, AUDIT_KEY_FILE=str(inside))
    with pytest.raises(ConfigError, match="cannot be read"):
        live(tmp_path, AUDIT_KEY_FILE=str(tmp_path / "none"))
    with pytest.raises(ConfigError, match="not both"):
        live(tmp_path, AUDIT_KEY_FILE=str(outside), AUDIT_KEY=PRIVATE)
