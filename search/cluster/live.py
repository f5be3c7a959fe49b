"""The index behind the alias: whether it is one of ours, whole, of this version, and open to writes.
Not here: making, filling and swapping indices (indices), what they hold (mapping).
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from elasticsearch import Elasticsearch

from search.cluster.mapping import index_body
from search.contract import NotBuilt, SearchUnavailable
from search.schema import index_version

# Which block of an index says what. The first is set by the cluster itself while its disks are nearly full, and taken
# away again by it; the others are set by hand, or by a rebuild of ours for the moment of its swap.
DISK_BLOCK = "read_only_allow_delete"
HAND_BLOCKS = ("write", "read_only")

# A cluster whose node is restarting is red for a minute or two; one that stays so has lost the index for good, unless
# somebody brings the disk back. It is a copy: rebuilding it costs minutes of a processor and nothing else.
RED_SECONDS = 300.0


class ShardWatch:
    """Knows since when the shards of an index have been out of reach; one per process."""

    def __init__(self) -> None:
        self._red_since: float | None = None

    def note_health(self, status: str) -> None:
        """Remember the health of the index.

        Raises:
            NotBuilt: its shards have been gone for so long that they will not come back.
        """
        if status != "red":
            self._red_since = None
            return
        moment = time.monotonic()
        if self._red_since is None:
            self._red_since = moment
        if moment - self._red_since >= RED_SECONDS:
            raise NotBuilt("the shards of the search index are lost")


@dataclass(frozen=True)
class LiveIndex:
    """One index as the cluster describes it.

    Attributes:
        name: of the index itself.
        meta: what we noted beside its mapping; empty where it is none of ours.
        block: why it takes no writes: `disk`, `hand` or "".
        fault: what makes it useless, in words; "" where nothing does.
    """

    name: str
    meta: Mapping[str, str]
    block: str = ""
    fault: str = ""

    @property
    def is_current(self) -> bool:
        """Whether it was made by this version of the program."""
        return self.meta.get("version") == index_version()


def read_live(client: Elasticsearch, alias: str) -> LiveIndex:
    """The index behind an alias, whatever state it is in.

    Args:
        client: with its time limit.
        alias: the alias.

    Raises:
        NotFoundError: there is no such alias.
        SearchUnavailable: an index of somebody else bears the name of the alias.
        NotBuilt: the alias points at several indices.
    """
    described = client.indices.get(index=alias)
    if alias in described:
        # Made by hand, or by the first write of a program that wants no alias. It may hold what somebody else needs, so
        # that only a person may take it away; until then another engine answers.
        raise SearchUnavailable(
            f"an index is called {alias}, which has to be an alias: delete it, or name another one in SEARCH_URL"
        )
    if len(described) != 1:
        names = ", ".join(sorted(described))
        raise NotBuilt(f"the alias {alias} points at several indices: {names}")
    (name,) = described
    return describe_index(alias, name, described[name])


def require_sound(live: LiveIndex) -> None:
    """Refuse an index that nothing can be found in.

    Raises:
        NotBuilt: it is closed, or none of ours.
    """
    if live.fault:
        raise NotBuilt(f"the index {live.name} is of no use: {live.fault}")


def describe_index(alias: str, name: str, described: Mapping[str, Any]) -> LiveIndex:
    """An index as `indices.get` describes it."""
    settings = described["settings"]["index"]
    meta = described["mappings"].get("_meta") or {}
    return LiveIndex(
        name,
        meta if is_ours(alias, name, meta) else {},
        block=_block_of(settings.get("blocks", {})),
        fault=_fault_of(alias, name, described),
    )


def is_ours(alias: str, name: str, meta: Mapping[str, str]) -> bool:
    """Whether we made an index: by its name, and by what we note in each."""
    return number_of(alias, name) is not None and {"version", "built_at"} <= meta.keys()


def number_of(alias: str, name: str) -> int | None:
    """The number in the name of one of our indices; None where it is none."""
    matched = re.fullmatch(re.escape(alias) + r"-(\d{1,9})", name)
    return int(matched[1]) if matched else None


def _block_of(blocks: Mapping[str, str]) -> str:
    if blocks.get(DISK_BLOCK) == "true":
        return "disk"
    if any(blocks.get(name) == "true" for name in HAND_BLOCKS):
        return "hand"
    return ""


def _fault_of(alias: str, name: str, described: Mapping[str, Any]) -> str:
    """What makes an index useless: a search over other fields finds nothing and is no error."""
    if described["settings"]["index"].get("verified_before_close") == "true":
        return "it is closed"
    meta = described["mappings"].get("_meta") or {}
    if not is_ours(alias, name, meta):
        return "it was not made by this site"
    # One of an older version goes on answering until it is rebuilt.
    if (
        meta["version"] == index_version()
        and _types_of(described["mappings"]) != OUR_TYPES
    ):
        return "its fields are not those of this site"
    return ""


def _types_of(mapping: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Field → its type and, of a text, how it is cut."""
    types = {}
    for name, field in mapping.get("properties", {}).items():
        types[name] = (field.get("type", ""), field.get("analyzer", ""))
    return types


OUR_TYPES = _types_of(index_body({})["mappings"])
