"""Child processes that begin as a copy of this one. No test lives here.

A new Python that imports the site costs four seconds of processor before it does anything; a copy has all of it already
and is a process of its own all the same.
"""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from collections.abc import Callable


def start_child(work: Callable[[], object]) -> int:
    """Do something in a copy of this process, which ends with it; returns the number of the process."""
    with warnings.catch_warnings():
        # Python 3.12 warns where the process has threads; the child neither waits for one nor takes its locks.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child:
        return child
    status = 1
    try:
        work()
        status = 0
    except SystemExit as ended:
        status = _status_of(ended)
    except BaseException:  # nothing of the child may return into the test
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def wait_for(child: int) -> int:
    """The status with which a child ended; negative where a signal ended it."""
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _status_of(ended: SystemExit) -> int:
    """What Python makes of `sys.exit(…)`: words go to stderr and mean 1."""
    if ended.code is None or isinstance(ended.code, int):
        return ended.code or 0
    os.write(2, f"{ended.code}\n".encode())
    return 1
