"""Readers of one setting each: flags, numbers, tokens, networks and names of hosts. No setting has its default here.

What they refuse, they refuse by `ConfigError`, whose text says which setting it is and what to do.
"""

from __future__ import annotations

import ipaddress
import re
import shlex
from collections.abc import Mapping

# How a machine is called by itself: probes, tools besides the site, and a demo.
LOOPBACK = ("localhost", "127.0.0.1")
HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[1-9][0-9]{0,4})?", re.ASCII)
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class ConfigError(RuntimeError):
    """A setting is missing or wrong; the message says which and what to do."""


def read_flag(env: Mapping[str, str], name: str, default: bool) -> bool:
    text = env.get(name, "").strip().lower()
    if not text:
        return default
    if text in ("1", "true", "yes", "on"):
        return True
    if text in ("0", "false", "no", "off"):
        return False
    raise ConfigError(f"{name} is {text!r}; it must be 1 or 0")


def read_number(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, "").strip()
    # No sign and no fraction: none of these settings means anything below nought.
    if text and not text.isdecimal():
        raise ConfigError(f"{name} is {text!r}; it must be a whole number")
    if not text:
        return default
    return int(text)


def read_command(env: Mapping[str, str], name: str) -> str:
    """A command line with its arguments, which no shell reads; empty where it is not set.

    Raises:
        ConfigError: a quotation mark has no end.
    """
    text = env.get(name, "").strip()
    try:
        # Taken apart only to see whether it can be; it stays a text until it is run.
        shlex.split(text)
    except ValueError as error:
        raise ConfigError(f"{name} is no command line: {error}") from None
    return text


def read_token(env: Mapping[str, str], name: str) -> str:
    text = env.get(name, "").strip()
    # Shorter ones can be tried out; an empty one means that no token opens the page.
    if text and len(text) < 16:
        raise ConfigError(f"{name} needs at least 16 characters")
    return text


def read_networks(
    env: Mapping[str, str], name: str, default: str
) -> tuple[Network, ...]:
    parts = env.get(name, default).replace(",", " ").split()
    try:
        # Strict: 10.0.0.1/8 is a slip of somebody who meant one machine.
        return tuple(ipaddress.ip_network(part) for part in parts)
    except ValueError as error:
        raise ConfigError(
            f"{name} must name networks like 10.0.0.0/8: {error}"
        ) from None


def read_hosts(env: Mapping[str, str], *, is_live: bool) -> tuple[str, ...]:
    """The names of SITE_HOST, as browsers send them.

    Raises:
        ConfigError: one is no name of a host, or a live site has none.
    """
    hosts = []
    for text in env.get("SITE_HOST", "").replace(",", " ").split():
        try:
            name = text.lower().encode("idna").decode("ascii")
        except UnicodeError:
            name = ""
        if not HOST.fullmatch(name):
            raise ConfigError(
                f"SITE_HOST names {text!r}; it must be like market.example.cn or market.example.cn:8443"
            )
        hosts.append(name)
    # Else the sender of a request says how the site is called, in redirects, canonical addresses and the sitemap.
    if is_live and not hosts:
        raise ConfigError("A live site needs SITE_HOST, the name people reach it by")
    return tuple(hosts)


def read_matching(env: Mapping[str, str]) -> str:
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


def refuse_open_doors(env: Mapping[str, str], *, https: bool) -> None:
    """Refuse what no live site can want.

    Raises:
        ConfigError: the debugger is on, or HTTPS off without a reason.
    """
    debug = env.get("FLASK_DEBUG", "").strip().lower()
    # Whatever else Flask may take for yes is one too.
    if debug not in ("", "0", "false", "no", "off"):
        raise ConfigError(
            "A live site never runs with FLASK_DEBUG: anyone who sees an error could run commands"
        )
    if not https and len(env.get("HTTPS_OFF_REASON", "").strip()) < 8:
        raise ConfigError(
            "A live site is served over HTTPS. Set HTTPS=1, or say in HTTPS_OFF_REASON why cookies and passwords may"
            " go over the network in the clear"
        )
