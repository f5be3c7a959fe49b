"""The numbered indices behind an alias: which one is live, the next one of a rebuild, the swap.
Not here: what is in them (mapping), the rebuild's order of steps (engine).
"""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from elasticsearch import ApiError, Elasticsearch, NotFoundError

from search.cluster.bulk import BULK_SECONDS, batched, send_actions, walk_documents
from search.cluster.client import ClusterClient
from search.cluster.live import (
    LiveIndex,
    describe_index,
    number_of,
    read_live,
    require_sound,
)
from search.cluster.mapping import index_action, index_body, utc_now
from search.contract import NotBuilt, SearchError

ABANDONED_SECONDS = 3600.0  # after which a rebuild by another machine is taken for dead
# An index that was found sound is looked at again: a request of 5 kB, where each search would otherwise find nothing in
# an index that was exchanged behind our back, and call that an answer.
CHECK_SECONDS = 5.0
FILLED = "filled"  # noted in an index that is whole: one without may be somebody's unfinished rebuild

_ALREADY_EXISTS = "resource_already_exists_exception"


class Indices:
    """The indices of one alias. Each is named after the alias and a number; a rebuild makes the next number."""

    def __init__(self, cluster: ClusterClient, alias: str) -> None:
        self.cluster = cluster
        self.alias = alias
        self._checked: tuple[float, LiveIndex] | None = None

    @property
    def _client(self) -> Elasticsearch:
        return self.cluster.within(BULK_SECONDS)

    def live(self, seconds: float) -> str:
        """The index the alias points at.

        Args:
            seconds: to wait for the answer; here a person may be waiting.

        Raises:
            NotFoundError: there is none.
            NotBuilt, SearchUnavailable: it is none that can be searched.
        """
        return self.sound(seconds).name

    def sound(self, seconds: float) -> LiveIndex:
        """What the alias points at, once it is known to be a sound index of ours. Arguments and errors as `live`."""
        live = read_live(self.cluster.within(seconds), self.alias)
        require_sound(live)
        self._checked = (time.monotonic(), live)
        return live

    def check(self, seconds: float) -> LiveIndex:
        """As `sound`, asked again only when the last look is older than `CHECK_SECONDS`."""
        checked = self._checked
        if checked is not None and time.monotonic() - checked[0] < CHECK_SECONDS:
            return checked[1]
        return self.sound(seconds)

    def forget_check(self) -> None:
        """Look again before the next search: what was found sound has failed."""
        self._checked = None

    def ensure(self) -> None:
        """Make the first index; another process may do it at the same moment, so its name is the same for both."""
        client = self._client
        if client.indices.exists_alias(name=self.alias):
            return
        # Whole as it is: into the first one nothing has to be filled, so nobody takes it for unfinished.
        body = _new_index_body({FILLED: utc_now()})
        body["aliases"] = {self.alias: {}}
        with _allow_existing():
            client.indices.create(index=self._next_name(), body=body)

    def usable_live(self, seconds: float) -> str | None:
        """The index whose later writes a rebuild carries over; None where nothing can be carried over from it.

        Raises:
            SearchUnavailable: somebody else's index stands in its place, or the cluster does not answer.
        """
        try:
            live = self.sound(seconds)
        except (NotFoundError, NotBuilt):
            return None
        # One whose shards are gone gives nothing either, and would be waited for.
        health = self._client.cluster.health(index=live.name, level="indices")
        return None if health["status"] == "red" else live.name

    def begin_next(self) -> str:
        """Make the next index. Its very name is the lock: any other rebuild wants the same one.

        Raises:
            SearchError: another rebuild is running. One that died is cleared away.
        """
        for index in self._unfinished():
            self.drop(index)
        index = self._next_name()
        try:
            self._client.indices.create(index=index, body=_new_index_body({}))
        except ApiError as failure:
            if failure.error != _ALREADY_EXISTS:
                raise
            raise SearchError("the search index is being rebuilt already") from failure
        return index

    def left_behind(self) -> bool:
        """Whether a rebuild died and left something; not while one is running."""
        try:
            return bool(self._unfinished())
        except SearchError:
            return False

    def _own_indices(self) -> dict[str, LiveIndex]:
        """Every index of ours, by name: also those that no alias points at."""
        # Closed ones too, for their numbers are taken.
        described = self._client.indices.get(
            index=f"{self.alias}-*", expand_wildcards="all"
        )
        own = {}
        for name, one in described.items():
            if number_of(self.alias, name) is not None:
                own[name] = describe_index(self.alias, name, one)
        return own

    def _next_name(self) -> str:
        numbers = [-1]
        for name in self._own_indices():
            numbers.append(number_of(self.alias, name) or 0)
        return f"{self.alias}-{max(numbers) + 1}"

    def _behind_alias(self) -> set[str]:
        """The indices the alias points at; mostly one."""
        try:
            return set(self._client.indices.get_alias(name=self.alias))
        except NotFoundError:
            return set()

    def _unfinished(self) -> list[str]:
        """Indices that a rebuild began and did not bring to its end.

        Raises:
            SearchError: the rebuild of one of them is running.
        """
        live = self._behind_alias()
        begun = []
        for name, one in self._own_indices().items():
            # Without our notes it is somebody else's, whatever its name.
            if name in live or FILLED in one.meta or not one.meta:
                continue
            if not _owner_died(one.meta):
                raise SearchError("the search index is being rebuilt already")
            begun.append(name)
        return begun

    def last_write(self, index: str) -> int:
        """The sequence number of the last write of an index."""
        stats = self._client.indices.stats(index=index, level="shards")
        copies = stats["indices"][index]["shards"]["0"]
        # A copy may lag behind; the highest number is the primary's.
        return max(int(copy["seq_no"]["max_seq_no"]) for copy in copies)

    def replay_writes(self, live: str, target: str, since: int) -> int:
        """Copy what was written after a write, tombstones too. Returns the number of the last write seen before."""
        client = self._client
        last = self.last_write(live)
        # Only what was refreshed can be searched for.
        client.indices.refresh(index=live)
        later = {"range": {"_seq_no": {"gt": since}}}
        order = [{"kind": "asc"}, {"id": "asc"}]
        hits = walk_documents(client, live, later, order, source=True)
        for batch in batched(hits):
            actions = []
            for hit in batch:
                body = hit["_source"]
                actions.append(index_action(body["kind"], body["id"], body))
            send_actions(self.cluster, target, actions)
        return last

    def block_writes(self, index: str, *, blocked: bool) -> None:
        """Close an index to writes, or open it; writers that meet it closed try again within moments."""
        client = self._client
        if blocked:
            # Returns when the writes under way are done.
            client.indices.add_block(index=index, block="write")
        else:
            client.indices.put_settings(
                index=index, settings={"index.blocks.write": None}
            )

    def swap(self, target: str) -> None:
        """Move the alias in one step, after which everything in the target can be found."""
        client = self._client
        client.indices.refresh(index=target)
        meta = client.indices.get_mapping(index=target)[target]["mappings"]["_meta"]
        client.indices.put_mapping(index=target, meta={**meta, FILLED: utc_now()})
        # All moves are one step of the cluster: no search finds the alias pointing nowhere.
        moves: list[dict[str, object]] = []
        for name in self._behind_alias():
            moves.append({"remove": {"index": name, "alias": self.alias}})
        moves.append({"add": {"index": target, "alias": self.alias}})
        client.indices.update_aliases(actions=moves)
        self.forget_check()

    def drop_older(self, target: str) -> None:
        """Delete every index of ours but the one that was just filled; what somebody else made stays."""
        for name, one in self._own_indices().items():
            # Not newer ones: another rebuild may have begun one.
            older = (number_of(self.alias, name) or 0) < (
                number_of(self.alias, target) or 0
            )
            if older and one.meta:
                self.drop(name)

    def drop_all(self) -> None:
        """Delete every index of ours, the live one too; what somebody else made stays."""
        for name, one in self._own_indices().items():
            if one.meta:
                self.drop(name)

    def count(self, index: str) -> int:
        """Documents that are not removed."""
        alive = {"term": {"deleted": False}}
        counted = self._client.count(index=index, query=alive)
        return int(counted["count"])

    def drop(self, index: str) -> None:
        """Delete an index, if it is there."""
        self._client.options(ignore_status=404).indices.delete(index=index)


def _new_index_body(noted: Mapping[str, str]) -> dict[str, object]:
    owner = f"{socket.gethostname()} {os.getpid()}"
    return index_body({"built_at": utc_now(), "owner": owner, **noted})


def _owner_died(meta: Mapping[str, str]) -> bool:
    """Whether the process that began an index is gone, as far as one machine can know of another."""
    host, _, pid = meta.get("owner", "nobody 0").rpartition(" ")
    if host != socket.gethostname():
        age = datetime.now(UTC) - datetime.fromisoformat(meta["built_at"])
        return age.total_seconds() > ABANDONED_SECONDS
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        # Somebody else's process: it is there.
        return False
    return False


@contextlib.contextmanager
def _allow_existing() -> Iterator[None]:
    try:
        yield
    except ApiError as failure:
        if failure.error != _ALREADY_EXISTS:
            raise
