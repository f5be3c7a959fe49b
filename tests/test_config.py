"""Settings: read once, refused when wrong, secrets kept."""

from __future__ import annotations

import base64
import os
import secrets
import stat
import subprocess
from pathlib import Path

import pytest

from config import Config, ConfigError
from tests.served import BIN, LIVE_SETTINGS, ROOT, free_port


def test_a_demo_makes_its_secrets_once_and_keeps_them_for_its_owner_alone(
    tmp_path: Path,
) -> None:
    first = Config.from_env({"DATA_DIR": str(tmp_path)})
    second = Config.from_env({"DATA_DIR": str(tmp_path)})

    assert first.secret_key == second.secret_key != first.password_salt
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o600


def test_two_sites_have_different_secrets(tmp_path: Path) -> None:
    keys = {
        Config.from_env({"DATA_DIR": str(tmp_path / name)}).secret_key
        for name in ("a", "b")
    }

    assert len(keys) == 2


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"MARKET_ENV": "live"}, "SECRET_KEY"),
        (
            {"MARKET_ENV": "live", "SECRET_KEY": "x" * 32, "PASSWORD_SALT": "short"},
            "32 characters",
        ),
        ({"MARKET_ENV": "production"}, "must be one of"),
        ({"HTTPS": "maybe"}, "HTTPS"),
        ({"TRUSTED_PROXIES": "one"}, "whole number"),
        ({"MATCHING": "fast"}, "memory or candidates"),
        ({"MATCHING": "candidates"}, "SEARCH_URL"),
        (
            {"MATCHING": "candidates", "SEARCH_URL": "sqlite:///search.db"},
            "Elasticsearch",
        ),
    ],
)
def test_wrong_settings_say_which_and_what(
    tmp_path: Path, environ: dict[str, str], words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        Config.from_env({"DATA_DIR": str(tmp_path), **environ})


def test_a_damaged_secrets_file_is_never_trusted(tmp_path: Path) -> None:
    (tmp_path / "secrets").write_text("SECRET_KEY=only\n")

    with pytest.raises(ConfigError, match="damaged"):
        Config.from_env({"DATA_DIR": str(tmp_path)})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("postgres://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgresql://h/d", "postgresql+psycopg://h/d"),
        ("postgresql+psycopg://h/d", "postgresql+psycopg://h/d"),
        ("sqlite:///x.db", "sqlite:///x.db"),
    ],
)
def test_postgresql_is_spoken_by_psycopg_3(
    tmp_path: Path, given: str, expected: str
) -> None:
    assert (
        Config.from_env({"DATA_DIR": str(tmp_path), "DATABASE_URL": given}).database_url
        == expected
    )


def test_live_cookies_are_secure_and_the_footer_holds_only_what_was_given(
    tmp_path: Path,
) -> None:
    environ = {
        "MARKET_ENV": "live",
        "DATA_DIR": str(tmp_path),
        "SECRET_KEY": LIVE_SETTINGS["SECRET_KEY"],
        "PASSWORD_SALT": LIVE_SETTINGS["PASSWORD_SALT"],
        "AUDIT_KEY": LIVE_SETTINGS["AUDIT_KEY"],
        "SITE_HOST": "market.example",
        "SITE_ICP": "鲁ICP备00000000号",
    }
    config = Config.from_env(environ)
    settings = config.flask_settings()

    assert (
        settings["SESSION_COOKIE_SECURE"] is settings["REMEMBER_COOKIE_SECURE"] is True
    )
    assert (config.site.icp, config.site.police) == ("鲁ICP备00000000号", "")
    assert not (tmp_path / "secrets").exists()


GOOD = LIVE_SETTINGS["SECRET_KEY"]


@pytest.mark.parametrize(
    "secret",
    [
        "a" * 40,
        "ab" * 20,
        "abcdefgh" * 5,
        "abcdefghijklmnopqrstuvwxyz0123456789",
        "zyxwvutsrqponmlkjihgfedcba9876543210",
        "02468ACEGIKMOQSUWYacegikmoqsuwy02468",
        "correct horse battery correct horse battery",
        f"{GOOD[:20]}{GOOD[:20]}1",
        "changeme-" + GOOD,
        "my-Secret-" + GOOD,
        "1234567890" * 4,
        "x" * 39 + "y",
    ],
)
@pytest.mark.parametrize("name", ["SECRET_KEY", "PASSWORD_SALT"])
def test_a_live_site_refuses_secrets_that_can_be_guessed(
    tmp_path: Path, name: str, secret: str
) -> None:
    environ = {"MARKET_ENV": "live", "DATA_DIR": str(tmp_path), **LIVE_SETTINGS}

    with pytest.raises(ConfigError, match=f"{name} can be guessed.*token_urlsafe"):
        Config.from_env(environ | {name: secret})


def test_random_secrets_of_every_usual_kind_are_taken(tmp_path: Path) -> None:
    environ = {"MARKET_ENV": "live", "DATA_DIR": str(tmp_path), **LIVE_SETTINGS}
    for _ in range(200):
        for make in (
            lambda: secrets.token_urlsafe(48),
            lambda: secrets.token_hex(32),
            lambda: secrets.token_hex(16),
            lambda: base64.b64encode(secrets.token_bytes(32)).decode(),
        ):
            Config.from_env(environ | {"SECRET_KEY": make(), "PASSWORD_SALT": make()})


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"PASSWORD_SALT": GOOD}, "must not be the same"),
        ({"PASSWORD_SALT": GOOD.swapcase()}, "must not be the same"),
        ({"FLASK_DEBUG": "1"}, "FLASK_DEBUG"),
        ({"FLASK_DEBUG": "true"}, "FLASK_DEBUG"),
        ({"HTTPS": "0"}, "HTTPS_OFF_REASON"),
        ({"HTTPS": "off", "HTTPS_OFF_REASON": "why"}, "HTTPS_OFF_REASON"),
    ],
)
def test_a_live_site_opens_no_door_by_mistake(
    tmp_path: Path, settings: dict[str, str], words: str
) -> None:
    environ = {"MARKET_ENV": "live", "DATA_DIR": str(tmp_path), **LIVE_SETTINGS}

    with pytest.raises(ConfigError, match=words):
        Config.from_env(environ | settings)
    assert Config.from_env(environ | {"FLASK_DEBUG": "0"}).https
    reason = {"HTTPS": "0", "HTTPS_OFF_REASON": "a tunnel ends on this machine"}
    assert not Config.from_env(environ | reason).https


def test_a_folder_that_was_made_live_stays_live(tmp_path: Path) -> None:
    live = {"MARKET_ENV": "live", "DATA_DIR": str(tmp_path), **LIVE_SETTINGS}
    Config.from_env(live).take_folder()

    for environment in ({}, {"MARKET_ENV": "demo"}, {"MARKET_ENV": "test"}):
        with pytest.raises(ConfigError, match="belongs to a live site"):
            Config.from_env({"DATA_DIR": str(tmp_path), **environment})
    Config.from_env(live).take_folder()


def test_the_folder_is_closed_to_others(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    for name, mode in (("market.db", 0o644), ("market.db-wal", 0o666)):
        (folder / name).touch()
        (folder / name).chmod(mode)
    before = os.umask(0o022)
    try:
        Config.from_env({"DATA_DIR": str(folder)}).take_folder()
        (folder / "later").touch()
    finally:
        os.umask(before)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o750
    assert modes == {
        "market.db": 0o640,
        "market.db-wal": 0o640,
        "later": 0o640,
        "secrets": 0o600,
        "audit.key": 0o600,
    }


@pytest.mark.parametrize("command", [["flask", "prepare"], ["gunicorn", "wsgi"]])
@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"DATA_DIR": "/proc/none/of/ours"}, "cannot be made"),
        ({"DATA_DIR": "/etc/hostname"}, "cannot be made"),
        ({"MARKET_ENV": "live"}, "SECRET_KEY"),
        ({"MARKET_ENV": "production"}, "must be one of"),
    ],
)
def test_what_does_not_start_says_so_in_a_sentence(
    command: list[str], settings: dict[str, str], words: str
) -> None:
    environ = {**os.environ, "PORT": str(free_port()), **settings}

    done = subprocess.run(
        [BIN / command[0], *command[1:]],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode != 0
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_the_environment_of_tests_is_never_served(tmp_path: Path) -> None:
    environ = {**os.environ, "MARKET_ENV": "test", "DATA_DIR": str(tmp_path)}

    done = subprocess.run(
        [BIN / "gunicorn", "--config", "gunicorn.conf.py", "wsgi:application"],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode != 0
    assert "never served" in done.stderr
