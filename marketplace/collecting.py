"""When Python looks for garbage: apart from the work, never in the middle of it.
Not here: what is garbage.

Python 3.11 may look for garbage while it makes the attributes of an object into a dict. If what it finds has a weak
reference whose callback touches the same object, as the ORM's states do, both end up with the same memory and the
process dies later, anywhere. From 3.12 on Python waits for the end of an instruction, so there nothing is changed.
docs/decisions/027.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
import time

PAUSE = 0.5  # seconds between two looks at what is young
FULL = 60  # looks after which one is at everything


def collect_apart() -> None:
    """Look for garbage in a thread of its own from now on, in forked processes too; once for each process is enough."""
    if sys.version_info < (3, 12) and _begun.acquire(blocking=False):
        gc.disable()
        _start()
        os.register_at_fork(after_in_child=_start)


_begun = threading.Lock()


def _start() -> None:
    threading.Thread(target=_look, name="garbage", daemon=True).start()


def _look() -> None:
    looks = 0
    while True:
        time.sleep(PAUSE)
        looks += 1
        gc.collect(2 if looks % FULL == 0 else 1)
