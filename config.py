"""Every setting of the site, read from the environment once, with its default and its meaning.

No other module reads the environment; only `wsgi.py` (and the tests) import this one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ipaddress
import itertools
import os
import re
import secrets
import socket
import stat
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from email_validator import EmailNotValidError, validate_email
from flask_security import uia_email_mapper

SECRET_NAMES = ("SECRET_KEY", "PASSWORD_SALT")
ENVIRONMENTS = ("demo", "live", "test")
MAKE_ONE = (
    "Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
)
# Hexadecimal digits have 16 different characters, of which 32 random ones hold fewer than 9 in one of 20,000 cases.
LEAST_VARIETY = 9
MAKE_AUDIT_KEY = "Make one with: python -m marketplace.audit.key NAME-OF-THE-SITE (see docs/deployment.md)"
LEAST_DISTINCT = 0.7  # of the pieces of four characters
PLACEHOLDERS = (
    "changeme",
    "change-me",
    "change_me",
    "password",
    "secret",
    "example",
    "placeholder",
    "qwerty",
    "12345678",
    "liaocheng",
)
MARKER = "live-site"
# Of everything below DATA_DIR: nobody but the owner and its group.
FOLDER_MODE = 0o750
FILE_MODE = 0o640
ROOT = Path(__file__).resolve().parent
MEMORY = Path("/dev/shm")  # noqa: S108  a file system in memory, where there is one
# How a machine is called by itself: probes, tools beside the site, and a demo.
LOOPBACK = ("localhost", "127.0.0.1")
HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[1-9][0-9]{0,4})?", re.ASCII)
AUDIT_NAME = re.compile(r"[A-Za-z0-9._:/-]{1,100}", re.ASCII)
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


# Hundreds of invented people sign up in the tests; their passwords need no strength.
CHEAP_HASHES = {
    "argon2__time_cost": 1,
    "argon2__memory_cost": 8,
    "argon2__parallelism": 1,
}


class ConfigError(RuntimeError):
    """A setting is missing or wrong; the message says which and what to do."""


@dataclass(frozen=True)
class Site:
    """What the footer and the titles write about the site; empty fields are hidden, never invented.

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
class MailRoute:
    """The way that mail takes out of the site, of MAIL_URL.

    Attributes:
        scheme: `smtp` (STARTTLS), `smtps` (TLS from the first byte) or `file` (one .eml file each in `folder`).
        host, port: of the server.
        user, password: what it wants to know; empty: nothing.
        sender: address that the mails come from.
        encrypted: STARTTLS is demanded of a server of `smtp`; off for one on this machine, or by `tls=off`.
        authorities: file of certificates to trust beyond those of the system; empty: none.
        folder: where files go.
    """

    scheme: str
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = field(default="", repr=False)
    sender: str = ""
    encrypted: bool = True
    authorities: str = ""
    folder: Path = Path()


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
        jobs: gunicorn runs a `flask jobs` beside it; off where another unit or container runs it, and in the tests.
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
        audit_key: what signs the checkpoints of the audit; outside database and backups.
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
    audit_key: str = ""
    site: Site = field(default_factory=Site)

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
        https = _read_flag(env, "HTTPS", is_live)
        if is_live:
            _refuse_open_doors(env, https=https)
        signing = _signing_secrets(env, data_dir, is_live=is_live)
        database_url = env.get("DATABASE_URL") or f"sqlite:///{data_dir / 'market.db'}"
        # A demo runs on one machine, whose own tools may read the figures; a live site opens nothing by itself.
        collectors = "127.0.0.0/8 ::1"
        if is_live:
            collectors = ""
        return cls(
            environment=environment,
            data_dir=data_dir,
            secret_key=signing["SECRET_KEY"],
            password_salt=signing["PASSWORD_SALT"],
            database_url=_psycopg_url(database_url),
            search_url=env.get("SEARCH_URL") or f"sqlite:///{data_dir / 'search.db'}",
            matching=_matching_mode(env),
            limiter_url=env.get("REDIS_URL")
            or _counters_url(data_dir, is_test=environment == "test"),
            jobs=_read_flag(env, "JOBS", environment != "test"),
            limits=is_live or _read_flag(env, "LIMITS", environment != "test"),
            https=https,
            hosts=_read_hosts(env, is_live=is_live),
            proxies=_read_number(env, "TRUSTED_PROXIES", 0),
            metrics_token=_read_token(env, "METRICS_TOKEN"),
            metrics_from=_read_networks(env, "METRICS_FROM", collectors),
            backup_key=_read_backup_key(env),
            backup_copy=env.get("BACKUP_COPY", "").strip(),
            backup_command=env.get("BACKUP_COMMAND", "").strip(),
            mail=_read_mail(env, data_dir, is_live=is_live),
            port=_read_number(env, "PORT", 8000),
            second_factor=_read_flag(env, "SECOND_FACTOR", is_live),
            password_days=_read_number(env, "PASSWORD_DAYS", 90),
            audit_key=_read_audit_key(env, data_dir, is_live=is_live),
            site=_read_site(env),
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
        _make_folder(folder)
        if not os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
            raise ConfigError(
                f"{folder} cannot be written to by the user of this process (number {os.geteuid()}): give the folder to"
                " that user (chown), or check whether its disk is mounted read-only"
            )
        _close_to_others(folder)
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
        hash_options: dict[str, int] = {}
        if is_test:
            hash_options = CHEAP_HASHES
        return {
            "TESTING": is_test,
            "ENVIRONMENT": self.environment,
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
            "BACKUP_COPY": self.backup_copy,
            "BACKUP_COMMAND": self.backup_command,
            "METRICS_TOKEN": self.metrics_token,
            "METRICS_FROM": self.metrics_from,
            "SQLALCHEMY_DATABASE_URI": self.database_url,
            "SQLALCHEMY_ENGINE_OPTIONS": _engine_options(self.database_url),
            "SERVER_NAME": self.server_name,
            "TRUSTED_HOSTS": self.trusted_hosts,
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
            "MAX_CONTENT_LENGTH": 35 * 2**20,  # one attachment of 30 MB and its form
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
            "SECURITY_PASSWORD_SALT": self.password_salt,
            "SECURITY_PASSWORD_HASH": "argon2",
            "SECURITY_USER_IDENTITY_ATTRIBUTES": [
                {"email": {"mapper": uia_email_mapper, "case_insensitive": True}}
            ],
            "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": hash_options,
            # What links are made of is random or signed: the library's own choice takes 0.3 s for each of them.
            "SECURITY_HASHING_SCHEMES": ["hex_sha256"],
            "SECURITY_PASSWORD_LENGTH_MIN": 10,
            "SECURITY_PASSWORD_COMPLEXITY_CHECKER": "zxcvbn",
            "SECURITY_ZXCVBN_MINIMUM_SCORE": 3,
            "SECURITY_EMAIL_VALIDATOR_ARGS": {"check_deliverability": False},
            "SECURITY_EMAIL_HTML": False,
            "SECURITY_LOGIN_URL": "/login",
            "SECURITY_LOGOUT_URL": "/logout",
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
            "SECURITY_RETURN_GENERIC_RESPONSES": True,
            "SECURITY_FRESHNESS": timedelta(minutes=30),
            "SECURITY_FRESHNESS_GRACE_PERIOD": timedelta(minutes=10),
            "SECURITY_API_ENABLED_METHODS": ["session"],
            "SECURITY_TWO_FACTOR": True,
            "SECURITY_TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
            "SECURITY_TWO_FACTOR_RESCUE_EMAIL": False,
            "SECURITY_TWO_FACTOR_POST_SETUP_VIEW": "/account",
            "SECURITY_TOTP_ISSUER": self.site.name,
            "SECURITY_TOTP_SECRETS": {"1": self._derive_key("second factor").hex()},
            "SECURITY_MULTI_FACTOR_RECOVERY_CODES": True,
            "SECURITY_MULTI_FACTOR_RECOVERY_CODES_N": 8,
            "SECURITY_MULTI_FACTOR_RECOVERY_CODES_KEYS": [
                urlsafe_b64encode(self._derive_key("recovery codes"))
            ],
            "SECURITY_CLI_USERS_NAME": None,
            "SECURITY_CLI_ROLES_NAME": None,
            "SECURITY_PHONE_REGION_DEFAULT": "CN",
            "SECURITY_I18N_DIRNAME": ["builtin"],
            "SECURITY_FLASH_MESSAGES": True,
            "SECOND_FACTOR": self.second_factor,
            "PASSWORD_DAYS": self.password_days,
        }


def _refuse_open_doors(env: Mapping[str, str], *, https: bool) -> None:
    """Refuse what no live site can want.

    Raises:
        ConfigError: the debugger is on, or HTTPS off without a reason.
    """
    debug = env.get("FLASK_DEBUG", "").strip().lower()
    if debug not in ("", "0", "false", "no", "off"):
        raise ConfigError(
            "A live site never runs with FLASK_DEBUG: whoever sees an error could run commands"
        )
    if not https and len(env.get("HTTPS_OFF_REASON", "").strip()) < 8:
        raise ConfigError(
            "A live site is served over HTTPS. Set HTTPS=1, or say in HTTPS_OFF_REASON why cookies and passwords may"
            " go over the network in the clear"
        )


def _make_folder(folder: Path) -> None:
    """Make a folder and those above it, for its owner and the group alone.

    Raises:
        ConfigError: that is not possible, or it is no folder.
    """
    try:
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"DATA_DIR {folder} cannot be made ({error.strerror}): make the folder and give it to the user of this"
            " process, or name another one"
        ) from None


def _close_to_others(folder: Path) -> None:
    """Take from others what they may do with the folder and the databases in it, as far as they are ours."""
    for path in (folder, *folder.glob("*.db*")):
        with suppress(OSError):
            status = path.lstat()
            wanted = FOLDER_MODE if stat.S_ISDIR(status.st_mode) else FILE_MODE
            mode = stat.S_IMODE(status.st_mode)
            is_ours = status.st_uid == os.geteuid() and not path.is_symlink()
            if is_ours and mode & ~wanted:
                path.chmod(mode & wanted)


def _signing_secrets(
    env: Mapping[str, str], data_dir: Path, *, is_live: bool
) -> dict[str, str]:
    """The signing secrets by name: from the environment, in a demo else from its own file.

    Raises:
        ConfigError: a live site has none or short ones.
    """
    given = {name: env.get(name, "") for name in SECRET_NAMES}
    # 32 random characters are beyond guessing; a live site never makes its own, for several hosts must share them.
    if is_live and any(len(text) < 32 for text in given.values()):
        raise ConfigError(
            "A live site needs SECRET_KEY and PASSWORD_SALT of at least 32 characters each"
        )
    if is_live:
        for name, text in given.items():
            if _is_guessable(text):
                raise ConfigError(f"{name} can be guessed. {MAKE_ONE}")
        # Who learns one of them must not have the other.
        if given["SECRET_KEY"].casefold() == given["PASSWORD_SALT"].casefold():
            raise ConfigError(
                f"SECRET_KEY and PASSWORD_SALT must not be the same. {MAKE_ONE}"
            )
    if all(given.values()):
        return given
    stored = _stored_secrets(data_dir)
    for name, text in given.items():
        if text:
            stored[name] = text
    return stored


def _is_guessable(text: str) -> bool:
    """Whether a long text is a short one in disguise: few characters, a repetition, a run, or a placeholder."""
    if len(set(text)) < LEAST_VARIETY:
        return True
    # A text that repeats a part of itself is found in its own double before its end.
    if (text + text).find(text, 1) < len(text):
        return True
    # abcdef…, 2468…, 97531…: the same step from nearly every character to the next.
    steps = Counter(
        ord(after) - ord(before) for before, after in itertools.pairwise(text)
    )
    if steps.most_common(1)[0][1] > len(text) / 2:
        return True
    # Parts of it said again, as in abc…xyzabc…xyz1: four characters in a row hardly ever come twice in a random text.
    pieces = [text[start : start + 4] for start in range(len(text) - 3)]
    if len(set(pieces)) < len(pieces) * LEAST_DISTINCT:
        return True
    folded = text.casefold()
    return any(word in folded for word in PLACEHOLDERS)


def _stored_secrets(data_dir: Path) -> dict[str, str]:
    """Secrets of a demo site, made at the first start and stored in a file that only its owner reads.

    Raises:
        ConfigError: the file lacks one of them.
    """
    path = data_dir / "secrets"
    _make_folder(data_dir)
    try:
        # Exclusive: of two processes that start together one makes the secrets and both read them.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    except OSError as error:
        raise ConfigError(
            f"{data_dir} cannot be written to ({error.strerror}): give the folder to the user of this process, make"
            " room, or check whether its disk is mounted read-only"
        ) from None
    else:
        with os.fdopen(descriptor, "w") as file:
            file.writelines(
                f"{name}={secrets.token_urlsafe(48)}\n" for name in SECRET_NAMES
            )
    stored = {}
    try:
        lines = path.read_text().splitlines()
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{path} cannot be read: {error}. Give it to the user of this process"
        ) from None
    for line in lines:
        name, equals, text = line.partition("=")
        if equals:
            stored[name] = text
    if set(SECRET_NAMES) - stored.keys():
        raise ConfigError(
            f"{path} is damaged; delete it (everybody must then sign in again) and start once more"
        )
    return stored


def _psycopg_url(url: str) -> str:
    """The usual `postgres://` and `postgresql://` URLs, spoken by psycopg 3."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def _engine_options(url: str) -> dict[str, Any]:
    """How connections are made. Errors never contain the values of a row: they end up in logs."""
    if not url.startswith("postgresql"):
        return {"hide_parameters": True}
    # A statement that waits or runs for longer holds a thread of the server that somebody else needs.
    waits = "-c lock_timeout=5s -c statement_timeout=60s -c idle_in_transaction_session_timeout=300s"
    return {
        "hide_parameters": True,
        "pool_pre_ping": True,  # or the first request after a restart of the server would fail
        "pool_timeout": 5,
        "connect_args": {
            "connect_timeout": 3,
            "options": waits,
            "tcp_user_timeout": 10_000,  # milliseconds; without it a lost host blocks for a quarter of an hour
        },
    }


def _read_site(env: Mapping[str, str]) -> Site:
    """Footer and titles: SITE_NAME, SITE_ORGANISER and so on, each with the default of its field."""
    given = {}
    for one in fields(Site):
        variable = f"SITE_{one.name.upper()}"
        if variable in env:
            given[one.name] = env[variable]
    return Site(**given)


def _matching_mode(env: Mapping[str, str]) -> str:
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


def _counters_url(data_dir: Path, *, is_test: bool) -> str:
    """Where the rate limits are counted for all workers of this machine: in memory, else beside the data."""
    folder = data_dir
    # In memory counting goes on when the disk is full. A test's counters end with its folder.
    if not is_test and MEMORY.is_mount() and os.access(MEMORY, os.W_OK):
        folder = MEMORY / f"market-limits-{os.getuid()}"
    # Two sites of one user count apart, and one goes on counting when it is restarted.
    site = hashlib.sha256(str(data_dir).encode()).hexdigest()[:16]
    return f"shared://{folder / f'limits-{site}.db'}"


def _read_hosts(env: Mapping[str, str], *, is_live: bool) -> tuple[str, ...]:
    """The names of SITE_HOST, as browsers send them.

    Raises:
        ConfigError: one is no name of a host, or a live site has none.
    """
    found = []
    for text in env.get("SITE_HOST", "").replace(",", " ").split():
        try:
            name = text.lower().encode("idna").decode("ascii")
        except UnicodeError:
            name = ""
        if not HOST.fullmatch(name):
            raise ConfigError(
                f"SITE_HOST names {text!r}; it must be like market.example.cn or market.example.cn:8443"
            )
        found.append(name)
    # Else whoever sends a request says how the site is called, in redirects, canonical addresses and the sitemap.
    if is_live and not found:
        raise ConfigError("A live site needs SITE_HOST, the name people reach it by")
    return tuple(found)


def _read_mail(env: Mapping[str, str], data_dir: Path, *, is_live: bool) -> MailRoute:
    """The way of MAIL_URL: smtp://user:password@host:587?from=address, smtps://…, or file:///folder.

    Raises:
        ConfigError: it is none of these, or a live site has none.
    """
    text = env.get("MAIL_URL", "").strip()
    if not text and is_live:
        raise ConfigError(
            "A live site needs MAIL_URL, or nobody could confirm an address or get a new password:"
            " MAIL_URL=smtp://user:password@host:587?from=address, smtps://… or file:///folder"
        )
    wrong = "MAIL_URL must be like smtp://user:password@host:587?from=address, smtps://… or file:///folder: "
    try:
        parts = urlsplit(text or (data_dir / "mail").as_uri())
        port = parts.port
    except ValueError as error:
        raise ConfigError(f"{wrong}{error}") from None
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if unknown := options.keys() - {"from", "tls", "ca"}:
        raise ConfigError(f"{wrong}it has no option {', '.join(sorted(unknown))}")
    host = (parts.hostname or "").encode("idna").decode("ascii")
    sender = options.get("from", "")
    if parts.scheme == "file":
        if host or not parts.path.strip("/"):
            raise ConfigError(f"{wrong}a folder has three slashes, file:///folder")
        names = env.get("SITE_HOST", "").replace(",", " ").split()
        domain = names[0].partition(":")[0] if names else "market.example"
        sender = _read_sender(sender or f"noreply@{domain}")
        return MailRoute("file", sender=sender, folder=Path(unquote(parts.path)))
    if parts.scheme not in ("smtp", "smtps") or not host:
        raise ConfigError(f"{wrong}it names no server")
    # STARTTLS is left out for a server on this machine, whose letters cross no network, and where that is written down.
    encrypted = host not in (*LOOPBACK, "::1")
    if "tls" in options:
        encrypted = options["tls"] != "off"
    if parts.username and not encrypted and host not in (*LOOPBACK, "::1"):
        raise ConfigError(f"{wrong}a password never goes over the network in the clear")
    return MailRoute(
        scheme=parts.scheme,
        host=host,
        port=port or {"smtp": 587, "smtps": 465}[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        sender=_read_sender(sender),
        encrypted=encrypted,
        authorities=options.get("ca", ""),
    )


def _read_sender(text: str) -> str:
    """The address that mails come from, in the letters that every server takes.

    Raises:
        ConfigError: it is missing or none.
    """
    try:
        checked = validate_email(
            parseaddr(text)[1],
            check_deliverability=False,
            allow_smtputf8=False,
            globally_deliverable=False,
        )
    except EmailNotValidError as error:
        raise ConfigError(
            f"MAIL_URL needs from=, the address that mails come from: {error}"
        ) from None
    return str(checked.ascii_email)


def _read_flag(env: Mapping[str, str], name: str, default: bool) -> bool:
    text = env.get(name, "").strip().lower()
    if not text:
        return default
    if text in ("1", "true", "yes", "on"):
        return True
    if text in ("0", "false", "no", "off"):
        return False
    raise ConfigError(f"{name} is {text!r}; it must be 1 or 0")


def _read_number(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, "").strip()
    if text and not text.isdecimal():
        raise ConfigError(f"{name} is {text!r}; it must be a whole number")
    if not text:
        return default
    return int(text)


def _read_token(env: Mapping[str, str], name: str) -> str:
    text = env.get(name, "").strip()
    # Shorter ones can be tried out; an empty one means that no token opens the page.
    if text and len(text) < 16:
        raise ConfigError(f"{name} needs at least 16 characters")
    return text


def _read_backup_key(env: Mapping[str, str]) -> str:
    """The key of backups; never one of the signing secrets, which must not lie where backups are read.

    Raises:
        ConfigError: it is short, can be guessed, or is one of the other secrets.
    """
    text = env.get("BACKUP_KEY", "").strip()
    if not text:
        return ""
    if len(text) < 32 or _is_guessable(text):
        raise ConfigError(f"BACKUP_KEY can be guessed. {MAKE_ONE}")
    if text in (env.get(name, "").strip() for name in SECRET_NAMES):
        raise ConfigError(f"BACKUP_KEY must be a key of its own. {MAKE_ONE}")
    return text


def _read_audit_key(env: Mapping[str, str], data_dir: Path, *, is_live: bool) -> str:
    """The key that signs the audit: AUDIT_KEY, or the file that AUDIT_KEY_FILE names; a demo makes its own.

    Raises:
        ConfigError: a live site has none, or one that lies in its data folder, or it is no such key.
    """
    text = env.get("AUDIT_KEY", "").strip()
    named = env.get("AUDIT_KEY_FILE", "").strip()
    if text and named:
        raise ConfigError("Set AUDIT_KEY or AUDIT_KEY_FILE, not both")
    if named:
        path = Path(named).resolve()
        # The data folder is what is copied and restored: whoever has it must not be able to sign.
        if is_live and path.is_relative_to(data_dir):
            raise ConfigError(
                f"AUDIT_KEY_FILE must not lie in DATA_DIR ({data_dir}): put it elsewhere, readable by the site only"
            )
        try:
            text = path.read_text().strip()
        except (OSError, UnicodeError) as error:
            raise ConfigError(f"AUDIT_KEY_FILE cannot be read: {error}") from None
    if not text and is_live:
        raise ConfigError(
            f"A live site needs AUDIT_KEY or AUDIT_KEY_FILE, which signs its audit. {MAKE_AUDIT_KEY}"
        )
    if not text:
        text = _own_audit_key(data_dir)
    if not _is_audit_key(text):
        raise ConfigError(f"The audit key is none, or mistyped. {MAKE_AUDIT_KEY}")
    return text


def _own_audit_key(data_dir: Path) -> str:
    """The key of a demo site, made at the first start in a file that only its owner reads.

    Raises:
        ConfigError: it cannot be written or read.
    """
    path = data_dir / "audit.key"
    _make_folder(data_dir)
    try:
        # As for the other secrets: of two processes that start together one makes it. It is written apart and linked
        # in one step, so that the other one never reads half of it.
        if not path.exists():
            fresh = path.with_name(f".audit.key.{os.getpid()}")
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(f"{_audit_key('demo', secrets.token_bytes(32))}\n")
            with suppress(FileExistsError):
                os.link(fresh, path)
            fresh.unlink()
        return path.read_text().strip()
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"{path} cannot be written or read: {error}") from None


def _audit_key(name: str, seed: bytes) -> str:
    """A private key as C2SP signed-note writes it: PRIVATE+KEY+name+number+seed; see `marketplace/audit/notes.py`."""
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    number = hashlib.sha256(f"{name}\n".encode() + b"\x01" + public).hexdigest()[:8]
    encoded = base64.b64encode(b"\x01" + seed).decode()
    return f"PRIVATE+KEY+{name}+{number}+{encoded}"


def _is_audit_key(text: str) -> bool:
    """Whether a text is a private key whose number is right, which a mistyped one has not."""
    private, word, name, *rest = [*text.split("+", 4), "", "", ""][:5]
    try:
        content = base64.b64decode(rest[-1], validate=True)
    except (binascii.Error, ValueError):
        return False
    if (private, word) != ("PRIVATE", "KEY") or len(content) != 33:
        return False
    return bool(AUDIT_NAME.fullmatch(name)) and _audit_key(name, content[1:]) == text


def _read_networks(
    env: Mapping[str, str], name: str, default: str
) -> tuple[Network, ...]:
    parts = env.get(name, default).replace(",", " ").split()
    try:
        return tuple(ipaddress.ip_network(part) for part in parts)
    except ValueError as error:
        raise ConfigError(
            f"{name} must name networks like 10.0.0.0/8: {error}"
        ) from None
