"""Settings: read once, refused when wrong, secrets kept."""

from __future__ import annotations

import base64
import os
import runpy
import secrets
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from config import Config, ConfigError
from tests.forked import start_child, wait_for
from tests.served import BIN, LIVE_SETTINGS, ROOT, free_port


def test_a_demo_makes_its_secrets_once_and_keeps_them_for_its_owner_alone(
    tmp_path: Path,
) -> None:
    first = Config.from_env({"DATA_DIR": str(tmp_path)})
    second = Config.from_env({"DATA_DIR": str(tmp_path)})

    assert first.secret_key == second.secret_key != first.password_salt
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o600


def test_secrets_are_whole_whenever_a_second_start_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Another process starts while the first one makes its secrets.
    others = []
    make_one = secrets.token_urlsafe

    def slow(size: int) -> str:
        monkeypatch.setattr(secrets, "token_urlsafe", make_one)
        others.append(Config.from_env({"DATA_DIR": str(tmp_path)}).secret_key)
        return make_one(size)

    monkeypatch.setattr(secrets, "token_urlsafe", slow)
    first = Config.from_env({"DATA_DIR": str(tmp_path)})

    assert others == [first.secret_key]
    assert [one.name for one in tmp_path.glob("*secrets*")] == ["secrets"]


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


MAILS = [
    (
        "smtp://user:p%40ss@mail.example.cn:2525?from=noreply@example.cn",
        ("smtp", "mail.example.cn", 2525, "user", "p@ss", "noreply@example.cn", True),
    ),
    (
        "smtp://mail.example.cn?from=noreply@example.cn",
        ("smtp", "mail.example.cn", 587, "", "", "noreply@example.cn", True),
    ),
    (
        "smtps://u:s3cret@mail.example.cn?from=聊城科技大市场 <noreply@example.cn>",
        ("smtps", "mail.example.cn", 465, "u", "s3cret", "noreply@example.cn", True),
    ),
    (
        "smtp://u:s3cret@127.0.0.1:25?from=noreply@example.cn",
        ("smtp", "127.0.0.1", 25, "u", "s3cret", "noreply@example.cn", False),
    ),
    (
        "smtp://邮件.例子?from=noreply@example.cn&tls=off",
        ("smtp", "xn--5nq051n.xn--fsqu00a", 587, "", "", "noreply@example.cn", False),
    ),
]


@pytest.mark.parametrize(("url", "parts"), MAILS)
def test_mail_takes_the_way_of_its_address(
    tmp_path: Path, url: str, parts: tuple[object, ...]
) -> None:
    mail = Config.from_env({"DATA_DIR": str(tmp_path), "MAIL_URL": url}).mail

    found = (mail.scheme, mail.host, mail.port, mail.user, mail.password)
    assert (*found, mail.sender, mail.encrypted) == parts
    assert mail.password == "" or mail.password not in repr(mail)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mail.example.cn", "names no server"),
        ("http://mail.example.cn?from=a@example.cn", "names no server"),
        ("smtp://?from=a@example.cn", "names no server"),
        ("smtp://mail.example.cn", "from="),
        ("smtp://mail.example.cn?from=nobody", "from="),
        ("smtp://mail.example.cn:99999?from=a@example.cn", "MAIL_URL"),
        ("smtp://mail.example.cn:x?from=a@example.cn", "MAIL_URL"),
        # Names that have no ASCII form: an empty part, a part that is too long.
        ("smtp://mail..example.cn?from=a@example.cn", "MAIL_URL"),
        (f"smtp://{'邮' * 64}.cn?from=a@example.cn", "MAIL_URL"),
        ("smtp://u:p@mail.example.cn?from=a@example.cn&tls=off", "in the clear"),
        ("smtp://mail.example.cn?form=a@example.cn", "no option form"),
        ("file://folder", "three slashes"),
        ("file:///", "three slashes"),
    ],
)
def test_a_wrong_address_of_mail_says_what_is_right(
    tmp_path: Path, url: str, words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        Config.from_env({"DATA_DIR": str(tmp_path), "MAIL_URL": url})


def test_a_live_site_says_how_its_mail_goes_and_a_demo_writes_files(
    tmp_path: Path,
) -> None:
    folder = {"DATA_DIR": str(tmp_path)}
    settings = {"MARKET_ENV": "live", **folder, **LIVE_SETTINGS}
    for missing in ({"MAIL_URL": ""}, {"MAIL_URL": "  "}):
        with pytest.raises(ConfigError, match="MAIL_URL"):
            Config.from_env(settings | missing)
    demo = Config.from_env(folder).mail

    assert (demo.scheme, demo.folder) == ("file", tmp_path.resolve() / "mail")


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
        "MAIL_URL": LIVE_SETTINGS["MAIL_URL"],
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


COMMANDS = pytest.mark.parametrize(
    "command", [["flask", "prepare"], ["gunicorn", "wsgi"]]
)


@pytest.mark.long
@COMMANDS
def test_what_does_not_start_says_so_in_a_sentence(command: list[str]) -> None:
    settings, words = {"MARKET_ENV": "production"}, "must be one of"
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


@COMMANDS
@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"DATA_DIR": "/proc/none/of/ours"}, "cannot be made"),
        ({"DATA_DIR": "/etc/hostname"}, "cannot be made"),
        ({"MARKET_ENV": "live"}, "SECRET_KEY"),
    ],
)
def test_nor_does_it_with_other_settings(
    command: list[str],
    settings: dict[str, str],
    words: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def start() -> None:
        os.environ.update({"PORT": str(free_port()), **settings})
        os.chdir(ROOT)
        sys.argv = [str(BIN / command[0]), *command[1:]]
        runpy.run_path(sys.argv[0], run_name="__main__")

    status = wait_for(start_child(start))

    _, errors = capfd.readouterr()
    assert status != 0
    assert words in errors
    assert "Traceback" not in errors


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
