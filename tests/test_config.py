"""Settings: read once, refused when wrong, secrets kept."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from config import Config, ConfigError


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
        "SECRET_KEY": "k" * 32,
        "PASSWORD_SALT": "s" * 32,
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
