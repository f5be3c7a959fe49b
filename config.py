"""Every setting of the site, read from the environment once, with its default and its meaning.

No other module reads the environment; only `wsgi.py` (and the tests) import this one. How a setting is checked stands
in `marketplace/settings/`.
"""

from __future__ import annotations

import hmac
import os
import socket
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask_security import uia_email_mapper

from marketplace.settings.audit_key import read_audit_key
from marketplace.settings.data_folder import (
    MARKER,
    close_to_others,
    counters_url,
    make_folder,
)
from marketplace.settings.database import engine_options, psycopg_url
from marketplace.settings.file_store import FileStore, read_file_store
from marketplace.settings.mail_route import MailRoute, read_mail
from marketplace.settings.reading import (
    LOOPBACK,
    ConfigError,
    Network,
    read_command,
    read_flag,
    read_hosts,
    read_matching,
    read_networks,
    read_number,
    read_token,
    refuse_open_doors,
)
from marketplace.settings.rehearsal import Rehearsal, read_rehearsal
from marketplace.settings.secret_keys import read_backup_key, read_signing_secrets
from marketplace.settings.site import Site, read_site

# Who builds a site by hand, as the tests do, needs these three and no module of the settings.
__all__ = ["Config", "ConfigError", "MailRoute"]

ENVIRONMENTS = ("demo", "live", "test")
ROOT = Path(__file__).resolve().parent


# Hundreds of invented people sign up in the tests; their passwords need no strength.
CHEAP_HASHES = {
    "argon2__time_cost": 1,
    "argon2__memory_cost": 8,
    "argon2__parallelism": 1,
}
# What Flask-Security does on every site (071); what differs from site to site is `Config._sign_in_settings`.
SIGN_IN: dict[str, Any] = {
    "SECURITY_PASSWORD_HASH": "argon2",
    "SECURITY_USER_IDENTITY_ATTRIBUTES": [
        {"email": {"mapper": uia_email_mapper, "case_insensitive": True}}
    ],
    # What links are made of is random or signed: the library's own choice takes 0.3 s for each of them.
    "SECURITY_HASHING_SCHEMES": ["hex_sha256"],
    "SECURITY_PASSWORD_LENGTH_MIN": 10,
    "SECURITY_PASSWORD_COMPLEXITY_CHECKER": "zxcvbn",
    "SECURITY_ZXCVBN_MINIMUM_SCORE": 3,
    # Asking the name servers would hold a thread for seconds; the mail that confirms an address proves more.
    "SECURITY_EMAIL_VALIDATOR_ARGS": {"check_deliverability": False},
    "SECURITY_EMAIL_HTML": False,
    "SECURITY_LOGIN_URL": "/login",
    "SECURITY_LOGOUT_URL": "/logout",
    # A link on another page must not sign anybody out.
    "SECURITY_LOGOUT_METHODS": ["POST"],
    "SECURITY_POST_LOGIN_VIEW": "/mine",
    "SECURITY_POST_LOGOUT_VIEW": "/",
    "SECURITY_POST_REGISTER_VIEW": "/login",
    "SECURITY_POST_CHANGE_VIEW": "/account",
    "SECURITY_POST_CHANGE_EMAIL_VIEW": "/account",
    "SECURITY_REGISTERABLE": True,
    "SECURITY_CONFIRMABLE": True,
    "SECURITY_CONFIRM_EMAIL_WITHIN": timedelta(days=2),
    "SECURITY_RECOVERABLE": True,
    "SECURITY_RESET_PASSWORD_WITHIN": timedelta(hours=1),
    "SECURITY_CHANGEABLE": True,
    "SECURITY_CHANGE_EMAIL": True,
    "SECURITY_CHANGE_EMAIL_WITHIN": timedelta(hours=2),
    # Else the forms answer whether an address has an account.
    "SECURITY_RETURN_GENERIC_RESPONSES": True,
    "SECURITY_FRESHNESS": timedelta(minutes=30),
    "SECURITY_FRESHNESS_GRACE_PERIOD": timedelta(minutes=10),
    "SECURITY_API_ENABLED_METHODS": ["session"],
    "SECURITY_TWO_FACTOR": True,
    "SECURITY_TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
    # Who reads the mail of an operator could else pass by the second factor; spare codes take its place.
    "SECURITY_TWO_FACTOR_RESCUE_EMAIL": False,
    "SECURITY_TWO_FACTOR_POST_SETUP_VIEW": "/account",
    "SECURITY_MULTI_FACTOR_RECOVERY_CODES": True,
    "SECURITY_MULTI_FACTOR_RECOVERY_CODES_N": 8,
    # The commands of the library know neither our audit nor our roles.
    "SECURITY_CLI_USERS_NAME": None,
    "SECURITY_CLI_ROLES_NAME": None,
    "SECURITY_PHONE_REGION_DEFAULT": "CN",
    "SECURITY_I18N_DIRNAME": ["builtin"],
    "SECURITY_FLASH_MESSAGES": True,
}


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
        jobs: gunicorn runs a `flask jobs` next to it; off where another unit or container runs it, and in the tests.
        limits: how often one reader may do what costs much is limited; always on a live site, off for trials of load.
        https: the site is served over HTTPS (secure cookies, HSTS, redirect).
        hosts: names under which the site is reached, the first of them in every address the site writes; none in a demo
            that answers to this machine only.
        proxies: number of trusted reverse proxies in front of gunicorn.
        metrics_token: bearer token of /metrics; empty: no token opens it.
        metrics_from: networks from which /metrics is open without it; this machine in a demo, none when live.
        backup_key: what encrypts backups; empty: they are not encrypted.
        backup_copy: folder of the second place of nightly backups; empty: none.
        backup_command: program that gets the path of each nightly backup; empty: none.
        mail: how mail leaves the site; files below `data_dir` in a demo, required when live.
        port: gunicorn's, for the addresses in mails of a site that has no name.
        second_factor: operators, auditors and desks need a second factor; on a live site unless it says otherwise.
        password_days: after so many days operators and auditors set a new password; 0: never.
        file_bytes: how large a file of a listing may be.
        files_per_listing: how many of them one listing may have.
        scan_command: program that looks through each of them for malware; empty: none.
        file_store: the S3-compatible store that files lie in; none: in `data_dir`.
        audit_key: what signs the checkpoints of the audit; outside database and backups.
        site: footer and titles.
        rehearsal: how fast time runs where the folder is that of a rehearsal; None: as everywhere.
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
    limits: bool = True
    https: bool = False
    hosts: tuple[str, ...] = ()
    proxies: int = 0
    metrics_token: str = ""
    metrics_from: tuple[Network, ...] = ()
    backup_key: str = ""
    backup_copy: str = ""
    backup_command: str = ""
    mail: MailRoute = field(default_factory=lambda: MailRoute("file"))
    port: int = 8000
    second_factor: bool = False
    password_days: int = 90
    file_bytes: int = 30 << 20
    files_per_listing: int = 10
    scan_command: str = ""
    file_store: FileStore | None = None
    audit_key: str = ""
    site: Site = field(default_factory=Site)
    rehearsal: Rehearsal | None = None

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Config:
        """Read the settings.

        Args:
            environ: variable → text; default `os.environ`.

        Returns:
            the settings, every one checked.

        Raises:
            ConfigError: unknown environment, a number that is none, or a live site without its secrets.
        """
        env = environ
        if env is None:
            env = os.environ
        environment = env.get("MARKET_ENV", "demo")
        if environment not in ENVIRONMENTS:
            raise ConfigError(
                f"MARKET_ENV is {environment!r}; it must be one of {', '.join(ENVIRONMENTS)}"
            )
        data_dir = Path(env.get("DATA_DIR") or ROOT / "instance").resolve()
        is_live = environment == "live"
        if not is_live and os.path.lexists(data_dir / MARKER):
            raise ConfigError(
                f"{data_dir} belongs to a live site; a {environment} site must not touch it. Set MARKET_ENV=live and"
                " the settings of that site (systemd: /etc/market.env), or another DATA_DIR"
            )
        rehearsal = read_rehearsal(data_dir)
        if rehearsal is not None and is_live:
            raise ConfigError(
                f"{data_dir} belongs to a rehearsal, which never becomes a live site: name an empty DATA_DIR"
            )
        https = read_flag(env, "HTTPS", is_live)
        if is_live:
            refuse_open_doors(env, https=https)
        signing = read_signing_secrets(env, data_dir, is_live=is_live)
        database_url = env.get("DATABASE_URL") or f"sqlite:///{data_dir / 'market.db'}"
        # A demo runs on one machine, whose own tools may read the figures; a live site opens nothing by itself.
        collectors = "127.0.0.0/8 ::1"
        if is_live:
            collectors = ""
        config = cls(
            environment=environment,
            data_dir=data_dir,
            secret_key=signing["SECRET_KEY"],
            password_salt=signing["PASSWORD_SALT"],
            database_url=psycopg_url(database_url),
            search_url=env.get("SEARCH_URL") or f"sqlite:///{data_dir / 'search.db'}",
            matching=read_matching(env),
            limiter_url=env.get("REDIS_URL")
            or counters_url(data_dir, is_test=environment == "test"),
            jobs=read_flag(env, "JOBS", environment != "test"),
            limits=is_live or read_flag(env, "LIMITS", environment != "test"),
            https=https,
            hosts=read_hosts(env, is_live=is_live),
            proxies=read_number(env, "TRUSTED_PROXIES", 0),
            metrics_token=read_token(env, "METRICS_TOKEN"),
            metrics_from=read_networks(env, "METRICS_FROM", collectors),
            backup_key=read_backup_key(env),
            backup_copy=env.get("BACKUP_COPY", "").strip(),
            backup_command=env.get("BACKUP_COMMAND", "").strip(),
            mail=read_mail(env, data_dir, is_live=is_live),
            port=read_number(env, "PORT", 8000),
            second_factor=read_flag(env, "SECOND_FACTOR", is_live),
            password_days=read_number(env, "PASSWORD_DAYS", 90),
            file_bytes=read_number(env, "FILE_MEGABYTES", 30) << 20,
            files_per_listing=read_number(env, "FILES_PER_LISTING", 10),
            scan_command=read_command(env, "SCAN_COMMAND"),
            file_store=read_file_store(env),
            audit_key=read_audit_key(env, data_dir, is_live=is_live),
            site=read_site(env),
        )
        return config if rehearsal is None else config.rehearsed(rehearsal)

    def rehearsed(self, rehearsal: Rehearsal) -> Config:
        """The same site as a rehearsal: its name says so, its mail stays in its folder, and it copies nothing away."""
        return replace(
            self,
            rehearsal=rehearsal,
            site=replace(self.site, name=f"演练·{self.site.name}"),
            mail=read_mail({}, self.data_dir, is_live=False),
            file_store=None,
            backup_copy="",
            backup_command="",
            # In days of the house, which pass within seconds.
            password_days=0,
        )

    @property
    def server_name(self) -> str | None:
        """The host of every address the site writes of itself; None for that of the request."""
        return self.hosts[0] if self.hosts else None

    @property
    def address(self) -> str:
        """What the links in mails begin with; that of this machine where the site has no name."""
        scheme = "https" if self.https else "http"
        return f"{scheme}://{self.server_name or f'127.0.0.1:{self.port}'}"

    @property
    def trusted_hosts(self) -> list[str]:
        """The names a request may call the site by: its own, and this machine's for probes and a demo."""
        names = [host.partition(":")[0] for host in self.hosts]
        return [*names, *LOOPBACK, socket.gethostname().lower()]

    @property
    def cookie_prefix(self) -> str:
        """What the names of cookies begin with."""
        return "__Host-" if self.https else ""

    def take_folder(self) -> None:
        """Make the data folder ready for this process: there, writable, closed to others, and marked where it is live.

        Raises:
            ConfigError: it cannot be made or written to; the message says what to do.
        """
        # What is made from now on; looser modes of what is there already are mended below.
        os.umask(os.umask(0o077) | 0o027)
        folder = self.data_dir
        make_folder(folder)
        if not os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
            raise ConfigError(
                f"{folder} cannot be written to by the user of this process (number {os.geteuid()}): give the folder to"
                " that user (chown), or check whether its disk is mounted read-only"
            )
        close_to_others(folder)
        if self.environment == "live":
            # Full disk: the marker is there since the first start, or comes with the next one.
            with suppress(OSError):
                (folder / MARKER).touch()

    def _derive_key(self, purpose: str) -> bytes:
        """A key for one purpose, 32 bytes, from which neither SECRET_KEY nor another one can be found."""
        return hmac.digest(self.secret_key.encode(), purpose.encode(), "sha256")

    def flask_settings(self) -> dict[str, Any]:
        """The configuration of Flask and its extensions: upper-case setting → value."""
        is_test = self.environment == "test"
        return {
            "TESTING": is_test,
            "ENVIRONMENT": self.environment,
            "REHEARSAL": self.rehearsal,
            "DATA_DIR": self.data_dir,
            "SITE": self.site,
            "SEARCH_URL": self.search_url,
            "MATCHING": self.matching,
            "JOBS": self.jobs,
            "TRUSTED_PROXIES": self.proxies,
            "SECRET_KEY": self.secret_key,
            "SITE_ADDRESS": self.address,
            "MAIL_ROUTE": self.mail,
            "BACKUP_KEY": self.backup_key,
            "AUDIT_KEY": self.audit_key,
            "FILE_BYTES": self.file_bytes,
            "FILES_PER_LISTING": self.files_per_listing,
            "SCAN_COMMAND": self.scan_command,
            "FILE_STORE": self.file_store,
            "BACKUP_COPY": self.backup_copy,
            "BACKUP_COMMAND": self.backup_command,
            "METRICS_TOKEN": self.metrics_token,
            "METRICS_FROM": self.metrics_from,
            "SQLALCHEMY_DATABASE_URI": self.database_url,
            "SQLALCHEMY_ENGINE_OPTIONS": engine_options(self.database_url),
            "SERVER_NAME": self.server_name,
            "TRUSTED_HOSTS": self.trusted_hosts,
            **self._cookie_settings(),
            # The form around a file, and the largest list that is imported (35 MB) where files are smaller.
            "MAX_CONTENT_LENGTH": max(self.file_bytes + (5 << 20), 35 << 20),
            "MAX_FORM_MEMORY_SIZE": 2 * 2**20,
            "HTTPS": self.https,
            # Of links in mails and of those that commands print.
            "PREFERRED_URL_SCHEME": "https" if self.https else "http",
            "BOOTSTRAP_SERVE_LOCAL": True,
            "BABEL_DEFAULT_LOCALE": "zh_Hans_CN",
            "BABEL_DEFAULT_TIMEZONE": "Asia/Shanghai",
            "RATELIMIT_STORAGE_URI": self.limiter_url,
            "RATELIMIT_HEADERS_ENABLED": True,
            # A storage that fails must not stop the site: each process counts by itself until it is back.
            "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": True,
            "RATELIMIT_ENABLED": self.limits,
            "WTF_CSRF_TIME_LIMIT": None,  # as long as the session: a half-written form must not expire before it
            "WTF_CSRF_ENABLED": not is_test,
            **SIGN_IN,
            **self._sign_in_settings(is_test=is_test),
            "SECOND_FACTOR": self.second_factor,
            "PASSWORD_DAYS": self.password_days,
        }

    def _cookie_settings(self) -> dict[str, Any]:
        """How the cookies of a session and of "remember me" are made, all of them alike."""
        return {
            # A browser takes a cookie of this prefix over HTTPS only, from this host itself and for all of it.
            "SESSION_COOKIE_NAME": f"{self.cookie_prefix}session",
            "REMEMBER_COOKIE_NAME": f"{self.cookie_prefix}remember",
            "SESSION_COOKIE_PATH": "/",
            "REMEMBER_COOKIE_PATH": "/",
            "SESSION_COOKIE_SECURE": self.https,
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            "REMEMBER_COOKIE_SECURE": self.https,
            "REMEMBER_COOKIE_HTTPONLY": True,
            "REMEMBER_COOKIE_SAMESITE": "Lax",
            # The cookie names a session, whose end is decided in the database: so long it can be said whose it was, and
            # what is sent too late is held for them.
            "PERMANENT_SESSION_LIFETIME": timedelta(days=31),
        }

    def _sign_in_settings(self, *, is_test: bool) -> dict[str, Any]:
        """What Flask-Security needs to know of this one site, besides `SIGN_IN`."""
        hash_options: dict[str, int] = {}
        if is_test:
            hash_options = CHEAP_HASHES
        return {
            "SECURITY_PASSWORD_SALT": self.password_salt,
            "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": hash_options,
            "SECURITY_TOTP_ISSUER": self.site.name,
            "SECURITY_TOTP_SECRETS": {"1": self._derive_key("second factor").hex()},
            "SECURITY_MULTI_FACTOR_RECOVERY_CODES_KEYS": [
                urlsafe_b64encode(self._derive_key("recovery codes"))
            ],
        }
