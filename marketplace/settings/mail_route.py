"""The way that mail takes out of the site, read of MAIL_URL. Sending is in `marketplace/notices`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from email_validator import EmailNotValidError, validate_email

from marketplace.settings.reading import LOOPBACK, ConfigError

WRONG = "MAIL_URL must be like smtp://user:password@host:587?from=address, smtps://… or file:///folder: "


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


def read_mail(env: Mapping[str, str], data_dir: Path, *, is_live: bool) -> MailRoute:
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
    try:
        parts = urlsplit(text or (data_dir / "mail").as_uri())
        port = parts.port
        # Servers are looked up by the ASCII form of their name; one that has none is a ValueError too.
        host = (parts.hostname or "").encode("idna").decode("ascii")
    except ValueError as error:
        raise ConfigError(f"{WRONG}{error}") from None
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    # A misspelt `tls` would send in another way than somebody believes.
    if unknown := options.keys() - {"from", "tls", "ca"}:
        raise ConfigError(f"{WRONG}it has no option {', '.join(sorted(unknown))}")
    if parts.scheme == "file":
        if host or not parts.path.strip("/"):
            raise ConfigError(f"{WRONG}a folder has three slashes, file:///folder")
        sender = options.get("from") or _own_sender(env)
        folder = Path(unquote(parts.path))
        return MailRoute("file", sender=_read_sender(sender), folder=folder)
    if parts.scheme not in ("smtp", "smtps") or not host:
        raise ConfigError(f"{WRONG}it names no server")
    encrypted = _is_encrypted(host, options, has_user=bool(parts.username))
    return MailRoute(
        scheme=parts.scheme,
        host=host,
        port=port or {"smtp": 587, "smtps": 465}[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        sender=_read_sender(options.get("from", "")),
        encrypted=encrypted,
        authorities=options.get("ca", ""),
    )


def _is_encrypted(host: str, options: Mapping[str, str], *, has_user: bool) -> bool:
    """Whether STARTTLS is demanded.

    Raises:
        ConfigError: a password would go over the network in the clear.
    """
    # It is left out for a server on this machine, whose letters cross no network, and where that is written down.
    is_near = host in (*LOOPBACK, "::1")
    encrypted = not is_near
    if "tls" in options:
        encrypted = options["tls"] != "off"
    # Also with `tls=off`: whoever listens on the way would send mail in the name of the site.
    if has_user and not encrypted and not is_near:
        raise ConfigError(f"{WRONG}a password never goes over the network in the clear")
    return encrypted


def _own_sender(env: Mapping[str, str]) -> str:
    """The address of a site that writes its mails into a folder."""
    names = env.get("SITE_HOST", "").replace(",", " ").split()
    domain = "market.example"
    if names:
        # Without the port, which no address has.
        domain = names[0].partition(":")[0]
    return f"noreply@{domain}"


def _read_sender(text: str) -> str:
    """The address that mails come from, in the letters that every server takes.

    Raises:
        ConfigError: it is missing or none.
    """
    try:
        checked = validate_email(
            parseaddr(text)[1],
            # No look into the network: a site must start while its name server is away.
            check_deliverability=False,
            allow_smtputf8=False,
            globally_deliverable=False,
        )
    except EmailNotValidError as error:
        raise ConfigError(
            f"MAIL_URL needs from=, the address that mails come from: {error}"
        ) from None
    return str(checked.ascii_email)
