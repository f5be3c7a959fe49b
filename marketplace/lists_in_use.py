"""The word lists that the processes of this host use: read from one file, and exchanged while the site serves.

Who edits the lists, and when a host may use others, is decided in the room `wordlists`; what words are, in `matching`.

The file is a copy, as an index is: the database says which edition is in force, and the work in the background writes
the file once this host has the index and the matchers of that edition (decision 107). So no process needs the database
to know its words, and none ever cuts with words whose index is not there.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import structlog
from flask import Flask, current_app

from matching import lexicon
from matching import text as words_of

log = structlog.get_logger(__name__)

NAME = "words.json"
Follower = Callable[[Flask, int], None]


@dataclass(frozen=True)
class Edition:
    """One edition of the word lists, whole.

    Attributes:
        number: of the edition, from 1; 0 are the lists as they are shipped.
        since: when it came into force, as it is shown.
        terms, stop_words, synonyms: the lines of `matching.lexicon.WordLists`.
    """

    number: int
    since: str
    terms: Sequence[str]
    stop_words: Sequence[str]
    synonyms: Sequence[str]

    def lists(self) -> words_of.WordLists:
        """The lists as `matching` takes them."""
        return words_of.WordLists(
            self.terms,
            self.stop_words,
            self.synonyms,
            edition=self.number,
            since=self.since,
        )


class ListsInUse:
    """What this process uses, and what has to follow when that changes.

    Args:
        path: the file of this host.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.followers: list[Follower] = []
        # The file as it was when it was read last; None: never, or it was not there.
        self.identity: tuple[int, int, int] | None = None
        self.lock = threading.Lock()
        # Of the edition whose lines were compared with the database; within a process neither changes any more.
        self.verified = 0


def init_app(app: Flask) -> None:
    """Read the lists of this host, and look before each request whether there are others."""
    in_use = ListsInUse(Path(app.config["DATA_DIR"]) / NAME)
    app.extensions["lists_in_use"] = in_use
    in_use.identity = _identity_of(in_use.path)
    words_of.use_lists(_read_lists(in_use.path))
    app.before_request(lambda: keep_up(app))
    app.add_template_global(words_in_use)
    app.add_template_global(words_of_version)


def follow(app: Flask, follower: Follower) -> None:
    """Have something opened for the edition in use: now, and again whenever it changes.

    Args:
        app: the application.
        follower: is given it and the number of the edition.
    """
    app.extensions["lists_in_use"].followers.append(follower)
    follower(app, words_of.word_lists().edition)


def keep_up(app: Flask) -> None:
    """Use the lists of the file where they are others than before; two microseconds where they are not.

    The reader whose request comes first after a change waits half a second for the dictionary, once in each process;
    those who come meanwhile are answered with the former lists, their index and their matchers.
    """
    in_use: ListsInUse = app.extensions["lists_in_use"]
    if _identity_of(in_use.path) == in_use.identity:
        return
    if not in_use.lock.acquire(blocking=False):
        return
    try:
        identity = _identity_of(in_use.path)
        lists = _read_lists(in_use.path)
        if _is_other(lists, words_of.word_lists()):
            words_of.prepare_lists(lists)
            words_of.use_lists(lists)
            # After the words: whoever sees the new index cuts with its words.
            for follower in in_use.followers:
                follower(app, lists.edition)
            log.info("word_lists", edition=lists.edition, process=os.getpid())
        in_use.identity = identity
    finally:
        in_use.lock.release()


def write_file(edition: Edition) -> None:
    """Have every process of this host use an edition from its next request on; this one does at once."""
    path: Path = current_app.extensions["lists_in_use"].path
    content = json.dumps(asdict(edition), ensure_ascii=False, sort_keys=True)
    seal = sha256(content.encode()).hexdigest()
    fresh = path.with_suffix(f".{os.getpid()}")
    # In one step: a process reads the former lists or these.
    fresh.write_text(f"{seal}\n{content}", encoding="utf-8")
    fresh.replace(path)
    keep_up(current_app._get_current_object())  # type: ignore[attr-defined]  # followers take the application itself


def remove_file() -> None:
    """Have every process of this host use the lists as they are shipped, from its next request on."""
    current_app.extensions["lists_in_use"].path.unlink(missing_ok=True)
    keep_up(current_app._get_current_object())  # type: ignore[attr-defined]  # followers take the application itself


def words_in_use() -> str:
    """The edition that this process uses, for people: 词表第 3 版（2026-11-28 起）."""
    lists = words_of.word_lists()
    if not lists.edition:
        return "平台自带的词表"
    return f"词表第 {lists.edition} 版（{lists.since} 起）"


def words_of_version(version: str) -> str:
    """The edition that a version of the words names (`matching.text.words_version`), for people."""
    number = re.match(r"[0-9]+-[0-9a-f]+\+([0-9]+)", version)
    return f"词表第 {number[1]} 版" if number else "平台自带的词表"


def _is_other(lists: words_of.WordLists, before: words_of.WordLists) -> bool:
    is_same = (
        lists.edition == before.edition
        and lists.words_digest == before.words_digest
        and lists.groups_digest == before.groups_digest
    )
    return not is_same


def _read_lists(path: Path) -> words_of.WordLists:
    """The lists of the file; the shipped ones where there is none, or one that is damaged."""
    try:
        seal, _, content = path.read_text(encoding="utf-8").partition("\n")
        if seal != sha256(content.encode()).hexdigest():
            raise ValueError("it was cut or changed")
        values: dict[str, Any] = json.loads(content)
        return Edition(**values).lists()
    except FileNotFoundError:
        pass  # no edition was put in force yet
    except (OSError, ValueError, TypeError) as error:
        # The work in the background writes it again; until then everything of the shipped lists answers.
        log.error("word_lists_unreadable", path=str(path), reason=repr(error))
    return lexicon.shipped_lists()


def _identity_of(path: Path) -> tuple[int, int, int] | None:
    """What changes when the file is replaced; None where there is none."""
    with suppress(OSError):
        status = path.stat()
        return status.st_ino, status.st_size, status.st_mtime_ns
    return None
