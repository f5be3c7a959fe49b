"""Every setting of the site, read from the environment once, with its default and its meaning.

No other module reads the environment; only `wsgi.py` (and the tests) import this one.
"""

from __future__ import annotations

import ipaddress
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from flask_security import uia_email_mapper

ENVIRONMENTS = ("demo", "live", "test")
ROOT = Path(__file__).resolve().parent
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


# What Flask-Security says where its own translation is missing or not in our words.
SIGN_IN_WORDS = {
    "GENERIC_AUTHN_FAILED": (
        "邮箱或密码不对。连续输错 5 次，15 分钟内不能再试。",
        "error",
    ),
    "UNAUTHENTICATED": ("请先登录。", "error"),
    "UNAUTHORIZED": ("您的账号不能做这件事。", "error"),
    "LOGIN": ("请先登录。", "info"),
    "REFRESH": ("请再输一次密码。", "info"),
    "REAUTHENTICATION_REQUIRED": ("请再输一次密码。", "error"),
    "REAUTHENTICATION_SUCCESSFUL": ("密码已确认。", "info"),
    "EMAIL_NOT_PROVIDED": ("请填写邮箱。", "error"),
    "INVALID_EMAIL_ADDRESS": ("邮箱写得不对，应像 name@example.com。", "error"),
    "PASSWORD_NOT_PROVIDED": ("请填写密码。", "error"),
    "INVALID_PASSWORD": ("现在的密码不对。", "error"),
    "PASSWORD_MISMATCH": ("两次填写的密码不一样。", "error"),
    "RETYPE_PASSWORD_MISMATCH": ("两次填写的密码不一样。", "error"),
    "PASSWORD_INVALID_LENGTH": ("密码至少 %(length)s 个字符。", "error"),
    "PASSWORD_IS_THE_SAME": ("新密码不能与现在的密码相同。", "error"),
    "PASSWORD_CHANGE": ("密码已修改。", "success"),
    "DISABLED_ACCOUNT": ("这个账号已停用，请联系平台运营方。", "error"),
    "INVALID_REDIRECT": ("不能跳转到别的网站。", "error"),
    "ANONYMOUS_USER_REQUIRED": ("您已经登录。", "info"),
}


# Hundreds of invented people sign up in the tests; their passwords need no strength.
_CHEAP_HASHES = {
    "argon2__time_cost": 1,
    "argon2__memory_cost": 8,
    "argon2__parallelism": 1,
}


class ConfigError(RuntimeError):
    """A setting is missing or wrong; the message says which and what to do."""


@dataclass(frozen=True)
class Site:
    """What the footer and the titles say of the site; empty fields are hidden, never invented.

    The statutory fields follow 互联网信息服务管理办法 and the 公安备案 rules; the ICP number stands on the home page.
    """

    name: str = "聊城科技大市场"
    organiser: str = ""  # 主办单位
    operator: str = ""  # 运营单位
    phone: str = ""
    email: str = ""
    icp: str = ""  # ICP备案号
    police: str = ""  # 公安备案号
    code: str = ""  # 网站标识码, only for a government site
    privacy_url: str = ""
    terms_url: str = ""


@dataclass(frozen=True)
class Config:
    """The settings of one running site.

    Attributes:
        environment: `demo` (embedded default, sample users), `live` (refuses to start without secrets) or `test`.
        data_dir: folder for everything the site writes: database, index, matcher, uploads, generated secrets.
        secret_key, password_salt: signing secrets; made once under `data_dir` in a demo, required when live.
        database_url: SQLAlchemy URL of the truth.
        search_url: URL of the search engine: `sqlite:///…` embedded, `http(s)://…` Elasticsearch.
        matching: `memory` (the catalogue in each process) or `candidates` (from Elasticsearch, re-ranked exactly).
        limiter_url: storage of the rate limits.
        jobs: gunicorn keeps a `flask jobs` beside it; off where another unit or container runs it, and in the tests.
        https: the site is served over HTTPS (secure cookies, HSTS, redirect).
        proxies: number of trusted reverse proxies in front of gunicorn.
        metrics_token: the word that opens /metrics to whoever bears it; empty: nobody.
        metrics_from: networks from which /metrics is open without it; this machine in a demo, none when live.
        site: footer and titles.
    """

    environment: str
    data_dir: Path
    secret_key: str
    password_salt: str
    database_url: str
    search_url: str
    matching: str = "memory"
    limiter_url: str = "memory://"
    jobs: bool = False
    https: bool = False
    proxies: int = 0
    metrics_token: str = ""
    metrics_from: tuple[Network, ...] = ()
    site: Site = field(default_factory=Site)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Config:
        """Read the settings.

        Args:
            environ: variable → text; default `os.environ`.

        Raises:
            ConfigError: unknown environment, a number that is none, or a live site without its secrets.
        """
        env = os.environ if environ is None else environ
        environment = env.get("MARKET_ENV", "demo")
        if environment not in ENVIRONMENTS:
            raise ConfigError(
                f"MARKET_ENV is {environment!r}; it must be one of {', '.join(ENVIRONMENTS)}"
            )
        data_dir = Path(env.get("DATA_DIR") or ROOT / "instance").resolve()
        live = environment == "live"
        given = {name: env.get(name, "") for name in ("SECRET_KEY", "PASSWORD_SALT")}
        if live and any(len(text) < 32 for text in given.values()):
            raise ConfigError(
                "A live site needs SECRET_KEY and PASSWORD_SALT of at least 32 characters each"
            )
        kept = (
            given
            if all(given.values())
            else _kept_secrets(data_dir) | {k: v for k, v in given.items() if v}
        )
        return cls(
            environment=environment,
            data_dir=data_dir,
            secret_key=kept["SECRET_KEY"],
            password_salt=kept["PASSWORD_SALT"],
            database_url=_psycopg(
                env.get("DATABASE_URL") or f"sqlite:///{data_dir / 'market.db'}"
            ),
            search_url=env.get("SEARCH_URL") or f"sqlite:///{data_dir / 'search.db'}",
            matching=_matching(env),
            limiter_url=env.get("REDIS_URL") or "memory://",
            jobs=_flag(env, "JOBS", environment != "test"),
            https=_flag(env, "HTTPS", live),
            proxies=_number(env, "TRUSTED_PROXIES", 0),
            metrics_token=_token(env, "METRICS_TOKEN"),
            metrics_from=_networks(
                env, "METRICS_FROM", "" if live else "127.0.0.0/8 ::1"
            ),
            site=Site(
                **{
                    f.name: env[key]
                    for f in fields(Site)
                    if (key := f"SITE_{f.name.upper()}") in env
                }
            ),
        )

    def flask_settings(self) -> dict[str, Any]:
        """What Flask and its extensions are told: upper-case setting → value."""
        return {
            "TESTING": self.environment == "test",
            "ENVIRONMENT": self.environment,
            "DATA_DIR": self.data_dir,
            "SITE": self.site,
            "SEARCH_URL": self.search_url,
            "MATCHING": self.matching,
            "JOBS": self.jobs,
            "TRUSTED_PROXIES": self.proxies,
            "SECRET_KEY": self.secret_key,
            "METRICS_TOKEN": self.metrics_token,
            "METRICS_FROM": self.metrics_from,
            "SQLALCHEMY_DATABASE_URI": self.database_url,
            "SQLALCHEMY_ENGINE_OPTIONS": _engine_options(self.database_url),
            "SESSION_COOKIE_SECURE": self.https,
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            "REMEMBER_COOKIE_SECURE": self.https,
            "REMEMBER_COOKIE_HTTPONLY": True,
            "REMEMBER_COOKIE_SAMESITE": "Lax",
            "PERMANENT_SESSION_LIFETIME": 8 * 3600,
            "MAX_CONTENT_LENGTH": 35 * 2**20,  # one attachment of 30 MB and its form
            "MAX_FORM_MEMORY_SIZE": 2 * 2**20,
            "HTTPS": self.https,
            "BOOTSTRAP_SERVE_LOCAL": True,
            "BABEL_DEFAULT_LOCALE": "zh_Hans_CN",
            "BABEL_DEFAULT_TIMEZONE": "Asia/Shanghai",
            "RATELIMIT_STORAGE_URI": self.limiter_url,
            "RATELIMIT_HEADERS_ENABLED": True,
            "RATELIMIT_ENABLED": self.environment != "test",
            "WTF_CSRF_TIME_LIMIT": None,  # as long as the session: a half-written form must not expire before it
            "WTF_CSRF_ENABLED": self.environment != "test",
            "SECURITY_PASSWORD_SALT": self.password_salt,
            "SECURITY_PASSWORD_HASH": "argon2",
            "SECURITY_USER_IDENTITY_ATTRIBUTES": [
                {"email": {"mapper": uia_email_mapper, "case_insensitive": True}}
            ],
            "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": _CHEAP_HASHES
            if self.environment == "test"
            else {},
            "SECURITY_PASSWORD_LENGTH_MIN": 10,
            "SECURITY_LOGIN_URL": "/login",
            "SECURITY_LOGOUT_URL": "/logout",
            "SECURITY_LOGOUT_METHODS": ["POST"],
            "SECURITY_POST_LOGIN_VIEW": "/mine",
            "SECURITY_POST_LOGOUT_VIEW": "/",
            "SECURITY_CHANGEABLE": True,
            "SECURITY_SEND_PASSWORD_CHANGE_EMAIL": False,
            "SECURITY_RETURN_GENERIC_RESPONSES": True,
            "SECURITY_I18N_DIRNAME": ["builtin"],
            "SECURITY_FLASH_MESSAGES": True,
            **{
                f"SECURITY_MSG_{name}": (text, category)
                for name, (text, category) in SIGN_IN_WORDS.items()
            },
        }


def _kept_secrets(data_dir: Path) -> dict[str, str]:
    """Secrets of a demo site, made at the first start and kept in a file only its owner reads."""
    names = ("SECRET_KEY", "PASSWORD_SALT")
    path = data_dir / "secrets"
    data_dir.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    else:
        with os.fdopen(descriptor, "w") as file:
            file.writelines(f"{name}={secrets.token_urlsafe(48)}\n" for name in names)
    kept = dict(
        line.split("=", 1) for line in path.read_text().splitlines() if "=" in line
    )
    if set(names) - set(kept):
        raise ConfigError(
            f"{path} is damaged; delete it (everybody must then sign in again) and start once more"
        )
    return kept


def _psycopg(url: str) -> str:
    """The usual `postgres://` and `postgresql://` URLs, spoken by psycopg 3."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def _engine_options(url: str) -> dict[str, Any]:
    """How connections are made. Errors never tell the values of a row: they end up in logs."""
    if not url.startswith("postgresql"):
        return {"hide_parameters": True}
    waits = "-c lock_timeout=5s -c statement_timeout=60s -c idle_in_transaction_session_timeout=300s"
    return {
        "hide_parameters": True,
        "pool_pre_ping": True,  # a server that was restarted costs nobody an error
        "pool_timeout": 5,
        "connect_args": {
            "connect_timeout": 3,
            "options": waits,
            "tcp_user_timeout": 10_000,
        },
    }


def _matching(env: Mapping[str, str]) -> str:
    chosen = env.get("MATCHING", "").strip() or "memory"
    if chosen not in ("memory", "candidates"):
        raise ConfigError(f"MATCHING is {chosen!r}; it must be memory or candidates")
    if chosen == "candidates" and not env.get("SEARCH_URL", "").startswith(
        ("http://", "https://")
    ):
        raise ConfigError(
            "MATCHING=candidates takes its candidates from Elasticsearch: set SEARCH_URL to http(s)://…"
        )
    return chosen


def _flag(env: Mapping[str, str], name: str, default: bool) -> bool:
    text = env.get(name, "").strip().lower()
    if text in ("", "1", "true", "yes", "on", "0", "false", "no", "off"):
        return default if not text else text in ("1", "true", "yes", "on")
    raise ConfigError(f"{name} is {text!r}; it must be 1 or 0")


def _number(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, "").strip()
    if text and not text.isdecimal():
        raise ConfigError(f"{name} is {text!r}; it must be a whole number")
    return int(text) if text else default


def _token(env: Mapping[str, str], name: str) -> str:
    text = env.get(name, "").strip()
    if text and len(text) < 16:
        raise ConfigError(f"{name} needs at least 16 characters")
    return text


def _networks(env: Mapping[str, str], name: str, default: str) -> tuple[Network, ...]:
    try:
        return tuple(
            ipaddress.ip_network(part)
            for part in env.get(name, default).replace(",", " ").split()
        )
    except ValueError as error:
        raise ConfigError(
            f"{name} must name networks like 10.0.0.0/8: {error}"
        ) from None
