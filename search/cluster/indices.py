"""The numbered indices behind an alias: which one is live, the next one of a rebuild, the swap.
Not here: what is in them (mapping), the rebuild's order of steps (engine).
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from elasticsearch import ApiError, Elasticsearch

from search.cluster.bulk import BULK_SECONDS, batched, send_actions, walk_documents
from search.cluster.client import ClusterClient
from search.cluster.mapping import index_action, index_body, utc_now
from search.contract import SearchError

ABANDONED_SECONDS = 3600.0  # after which a rebuild by another machine is taken for dead

_ALREADY_EXISTS = "resource_already_exists_exception"


class Indices:
    """The indices of one alias. Each is named after the alias and a number; a rebuild makes the next number."""

    def __init__(self, cluster: ClusterClient, alias: str) -> None:
        self.cluster = cluster
        self.alias = alias

    @property
    def _client(self) -> Elasticsearch:
        return self.cluster.within(BULK_SECONDS)

    def live(self, seconds: float) -> str:
        """The index the alias points at.

        Args:
            seconds: to wait for the answer; here a person may be waiting.

        Raises:
            NotFoundError: there is none.
        """
        client = self.cluster.within(seconds)
        (index,) = client.indices.get_alias(name=self.alias)
        return str(index)

    def ensure(self) -> None:
        """Make the first index; another process may do it at the same moment, so its name is always the same."""
        client = self._client
        if client.indices.exists_alias(name=self.alias):
            return
        body = _new_index_body()
        body["aliases"] = {self.alias: {}}
        with _allow_existing():
            client.indices.create(index=f"{self.alias}-0", body=body)

    def begin_next(self, live: str) -> str:
        """Make the next index. Its very name is the lock: any other rebuild wants the same one.

        Raises:
            SearchError: another rebuild is running. One that died is cleared away.
        """
        number = int(live.rpartition("-")[2])
        index = f"{self.alias}-{number + 1}"
        client = self._client
        # A second try after one that died was cleared away; a third would race somebody else's second.
        for _ in range(2):
            try:
                client.indices.create(index=index, body=_new_index_body())
            except ApiError as failure:
                if failure.error != _ALREADY_EXISTS:
                    raise
                mapping = client.indices.get_mapping(index=index)
                if not _owner_died(mapping[index]["mappings"]["_meta"]):
                    raise SearchError(
                        "the search index is being rebuilt already"
                    ) from failure
                self.drop(index)
            else:
                return index
        raise SearchError("the search index is being rebuilt already")

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

    def swap(self, live: str, target: str) -> None:
        """Move the alias in one step, after which everything in the target can be found."""
        client = self._client
        client.indices.refresh(index=target)
        # Both moves are one step of the cluster: no search finds the alias pointing nowhere.
        moves = [
            {"remove": {"index": live, "alias": self.alias}},
            {"add": {"index": target, "alias": self.alias}},
        ]
        client.indices.update_aliases(actions=moves)

    def count(self, index: str) -> int:
        """Documents that are not removed."""
        alive = {"term": {"deleted": False}}
        counted = self._client.count(index=index, query=alive)
        return int(counted["count"])

    def drop(self, index: str) -> None:
        """Delete an index, if it is there."""
        self._client.options(ignore_status=404).indices.delete(index=index)


def _new_index_body() -> dict[str, object]:
    owner = f"{socket.gethostname()} {os.getpid()}"
    return index_body({"built_at": utc_now(), "owner": owner})


def _owner_died(meta: Mapping[str, str]) -> bool:
    """Whether the process that began an index is gone, as far as one machine can know of another."""
    host, _, pid = meta["owner"].rpartition(" ")
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
