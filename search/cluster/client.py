"""The connection to Elasticsearch 8: addresses, one client per process, its errors as ours.
Not here: what is sent to it (queries, mapping), which index is live (indices).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from elasticsearch import ApiError, Elasticsearch, NotFoundError, TransportError

from search.contract import NotBuilt, SearchError, SearchUnavailable

DEFAULT_ALIAS = "market-listings"
HTTP_PORT = 9200
HTTPS_PORT = 443

CLOSED = "index_closed_exception"

_Login = tuple[str, str]


class ClusterClient:
    """The official client, made at the first call in each process, so its owner survives fork."""

    def __init__(
        self,
        hosts: list[str],
        user: _Login | None,
    ) -> None:
        """Name the cluster; nothing is connected before the first call.

        Args:
            hosts: "http(s)://host:port" of every node.
            user: (name, password), None without.
        """
        self.hosts = hosts
        self.user = user
        self._held: tuple[int, Elasticsearch] | None = None

    def within(self, seconds: float) -> Elasticsearch:
        """This process's client with a limit for each request."""
        return self._connected().options(request_timeout=seconds)

    def _connected(self) -> Elasticsearch:
        held = self._held
        # A child must not speak through its parent's sockets.
        if held is not None and held[0] == os.getpid():
            return held[1]
        client = Elasticsearch(
            self.hosts,
            basic_auth=self.user,
            # A node that refuses is skipped at once; one that is silent is not worth a second wait (decision 022).
            max_retries=len(self.hosts) - 1,
            retry_on_timeout=False,
            retry_on_status=(),
            # A killed node is tried again within seconds, not minutes: it is back soon (decision 026).
            dead_node_backoff_factor=1.0,
            max_dead_node_backoff=5.0,
        )
        # Two threads may both come here once; one client is then dropped.
        self._held = (os.getpid(), client)
        return client

    def close(self) -> None:
        """Close the sockets of this process; the next call opens new ones."""
        held = self._held
        self._held = None
        if held is not None and held[0] == os.getpid():
            held[1].close()


def parse_address(url: str) -> tuple[list[str], _Login | None, str]:
    """(hosts, (user, password) or None, alias) of an address.

    Raises:
        ValueError: there is no host.
    """
    scheme, _, rest = url.partition("://")
    authority, _, path = rest.partition("/")
    login, at, hosts = authority.rpartition("@")
    if scheme not in ("http", "https") or not hosts:
        raise ValueError("SEARCH_URL is http(s)://[user:password@]host:port[/alias]")
    default_port = HTTPS_PORT if scheme == "https" else HTTP_PORT
    nodes = []
    for host in hosts.split(","):
        parts = urlsplit(f"{scheme}://{host}")
        nodes.append(f"{scheme}://{parts.hostname}:{parts.port or default_port}")
    user = None
    if at:
        name, _, password = login.partition(":")
        user = (unquote(name), unquote(password))
    return nodes, user, path.strip("/") or DEFAULT_ALIAS


@contextlib.contextmanager
def translate_errors() -> Iterator[None]:
    """Translate the client's errors to SearchUnavailable, NotBuilt and SearchError."""
    try:
        yield
    except NotFoundError as failure:
        raise NotBuilt("the search index has not been built") from failure
    except ApiError as failure:
        # Closed by hand: it answers nothing until it is rebuilt.
        if failure.error == CLOSED:
            raise NotBuilt("the search index is closed") from failure
        # 400 is a mistake of ours, which no waiting heals.
        if failure.meta.status == 400:
            raise SearchError(
                f"the search cluster did not understand: {failure}"
            ) from failure
        raise SearchUnavailable(f"search cluster: {failure}") from failure
    except TransportError as failure:
        raise SearchUnavailable(f"search cluster: {failure}") from failure
