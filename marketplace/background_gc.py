"""Runs Python's garbage collector in a thread of its own on Python 3.11 (docs/decisions/027).
Not here: what is garbage, and how much memory a process may take.

Python 3.11 may collect while it turns the attributes of an object into a dict. If what it frees has a weak reference
whose callback touches the same object, as the states of the ORM have, both end up with the same memory and the process
dies later, anywhere. From 3.12 on Python collects between two instructions only, so there nothing is changed.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
import time

# Garbage lives at most this much longer than with the automatic collector (decision 027).
PAUSE = 0.5  # seconds between two collections
FULL_EVERY = (
    60  # collections, of which one goes through all generations: every half minute
)

_started = threading.Lock()
# Held while collecting. Re-entrant, for what is freed may itself fork.
_collecting = threading.RLock()


def start() -> None:
    """Turn the automatic collector off and collect in a thread from now on, in forked processes too.

    Calling it again in the same process does nothing; from Python 3.12 on it never does anything.
    """
    if sys.version_info >= (3, 12):
        return
    # The lock is never released: it remembers that this process has started already.
    if not _started.acquire(blocking=False):
        return
    gc.disable()
    _start_thread()
    # Threads do not survive a fork, and gunicorn forks its workers after the application is built.
    # A process forked amid a collection would take it for unfinished for ever and never collect: forks wait for
    # its end.
    os.register_at_fork(
        before=_collecting.acquire,
        after_in_parent=_collecting.release,
        after_in_child=_start_in_child,
    )


def _start_in_child() -> None:
    _collecting.release()
    _start_thread()


def _start_thread() -> None:
    threading.Thread(target=_collect_forever, name="garbage", daemon=True).start()


def _collect_forever() -> None:
    collections = 0
    while True:
        time.sleep(PAUSE)
        collections += 1
        generation = 1
        if collections % FULL_EVERY == 0:
            generation = 2  # everything
        with _collecting:
            gc.collect(generation)
