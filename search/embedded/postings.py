"""Posting lists: which documents have a word or a phrase, and how often, read from FTS5 and remembered.
Not here: what a list is worth (scoring), how tokens are written (encoding).
"""

from __future__ import annotations

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable

import numpy as np

from search.embedded.arrays import Int32s
from search.embedded.encoding import (
    TF_BITS,
    phrase_query,
    single_character,
    term_frequency_key,
    tf_bit_token,
    word_query,
)
from search.embedded.tables import Head

# Numbers remembered per process (32 MB): readers search with the same common words. At 100,000 documents a search takes
# 4.0 ms with these and 7.3 ms with a quarter of them (decision 021).
CACHE_LIMIT = 8_000_000
ENTRY_COST = 120  # what remembering an empty list costs, counted in numbers

# The state of the file, the table and the expression of MATCH, or what stands for it.
CacheKey = tuple[int, str, str]

# One row: SQLite works through all numbers without the interpreter's lock, at the same time as other readers.
_ROW_NUMBERS = "(SELECT group_concat(rowid) FROM {table} WHERE {table} MATCH ?)"


class PostingCache:
    """LRU cache of posting lists, bounded by total length."""

    def __init__(self) -> None:
        self._lists: OrderedDict[CacheKey, Int32s] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def get_or_load(self, key: CacheKey, load: Callable[[], Int32s]) -> Int32s:
        """The list under a key, loaded where it is not there. shape (k,), int32."""
        remembered = self.get(key)
        if remembered is not None:
            return remembered
        # Outside of the lock: two threads may load the same list once, but none waits for another's file.
        loaded = load()
        self.remember(key, loaded)
        return loaded

    def get(self, key: CacheKey) -> Int32s | None:
        """The list under a key, None where it is not remembered."""
        with self._lock:
            if key in self._lists:
                self._lists.move_to_end(key)
            return self._lists.get(key)

    def remember(self, key: CacheKey, loaded: Int32s) -> None:
        """Put a list under a key; the lists that nobody asked for longest give way."""
        with self._lock:
            if key not in self._lists:
                self._lists[key] = loaded
                self._size += ENTRY_COST + len(loaded)
            while self._size > CACHE_LIMIT:
                _, eldest = self._lists.popitem(last=False)
                self._size -= ENTRY_COST + len(eldest)


class PostingReader:
    """Reads posting lists in one transaction. Every list: row numbers, ascending, shape (k,), int32."""

    def __init__(
        self, connection: sqlite3.Connection, head: Head, cache: PostingCache
    ) -> None:
        self._connection = connection
        self._state = head.counter
        self._words = head.tables.sql("{words}")
        self._chars = head.tables.sql("{chars}")
        self._cache = cache

    def word(self, word: str) -> Int32s:
        """The documents with a token."""
        return self._match(self._words, word_query(word))

    def phrase(self, phrase: str, *, title: bool = False) -> Int32s:
        """The documents in whose text, or title, folded characters stand together."""
        # A single character is no bigram; it is a token of the word table.
        if len(phrase) == 1:
            return self.word(single_character(phrase, title=title))
        return self._match(self._chars, phrase_query(phrase, title=title))

    def pairs(self, pairs: Iterable[str]) -> list[Int32s]:
        """The documents of each pair of characters, in any order; in one statement what is not remembered."""
        lists: list[Int32s] = []
        unread: list[CacheKey] = []
        for pair in pairs:
            key = (self._state, self._chars, phrase_query(pair))
            remembered = self._cache.get(key)
            if remembered is None:
                unread.append(key)
            else:
                lists.append(remembered)
        # A statement for each pair made a search 10 % slower, one for all 4 to 6 (decision 087).
        if unread:
            expressions = [expression for _, _, expression in unread]
            read = self._read(self._chars, expressions)
            for key, rows in zip(unread, read, strict=True):
                self._cache.remember(key, rows)
            lists += read
        return lists

    def term_frequencies(self, word: str) -> Int32s:
        """How often each document of word() has the word, at most 2 ** TF_BITS. shape (k,), int32."""
        key = (self._state, self._words, term_frequency_key(word))
        return self._cache.get_or_load(key, lambda: self._count(word))

    def _count(self, word: str) -> Int32s:
        rows = self.word(word)
        # Most documents have a word once, so a bit's list is short where there is one at all.
        frequencies = np.ones(len(rows), dtype=np.int32)
        bits = [word_query(tf_bit_token(word, bit)) for bit in range(TF_BITS)]
        for bit, having in enumerate(self._read(self._words, bits)):
            # Every document with a bit has the word, so its place among them is exact.
            places = np.searchsorted(rows, having)
            frequencies[places] += 1 << bit
        return frequencies

    def _match(self, table: str, expression: str) -> Int32s:
        key = (self._state, table, expression)
        return self._cache.get_or_load(
            key,
            lambda: self._read(table, [expression])[0],
        )

    def _read(self, table: str, expressions: list[str]) -> list[Int32s]:
        """The documents of each expression of MATCH, in one statement."""
        one = _ROW_NUMBERS.format(table=table)
        columns = ", ".join([one] * len(expressions))
        listed = self._connection.execute(f"SELECT {columns}", expressions).fetchone()
        lists = []
        for numbers in listed:
            # NULL where nothing matches. FTS5 gives row numbers in ascending order.
            text = numbers or ""
            lists.append(np.fromstring(text, dtype=np.int32, sep=","))
        return lists
