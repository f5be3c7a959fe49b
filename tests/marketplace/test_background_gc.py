"""Garbage is collected in a thread of its own; the fault of Python 3.11 that this is for does not strike."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import time
import weakref

import pytest

from tests.forked import start_child, wait_for
from tests.served import ROOT

SINCE = pytest.mark.skipif(
    sys.version_info >= (3, 12), reason="Python itself collects between instructions"
)

# States whose owners are garbage while their attributes become a dict: dies without background_gc.start().
FAULT = """
import gc, weakref
import background_gc

class Owner: pass

class State:
    def __init__(self, owner):
        self.a, self.b = 1, 2
        self.owner = weakref.ref(owner, self.gone)
    def gone(self, _):
        self.__dict__
        self.c = 3

def one():
    owner = Owner()
    owner.itself = owner
    state = State(owner)
    gc.set_threshold(1)
    del owner
    attributes = state.__dict__
    gc.set_threshold(700)
    attributes["d"] = state.e = 4
    return state

background_gc.start()
for _ in range(50):
    for state in [one() for _ in range(100)]:
        state.__dict__.clear()
"""


class Circle:
    def __init__(self) -> None:
        self.itself = self


class SlowToFree(Circle):
    """Garbage whose end takes a while, in which other threads run."""

    begun = threading.Event()

    def __del__(self) -> None:
        self.begun.set()
        time.sleep(0.5)


def lasts(reference: weakref.ref[Circle], seconds: float = 10) -> bool:
    until = time.monotonic() + seconds
    while reference() is not None and time.monotonic() < until:
        time.sleep(0.05)
    return reference() is not None


@SINCE
def test_the_fault_does_not_strike() -> None:
    # By itself, for it needs nothing of the site.
    folder = str(ROOT / "marketplace")
    environment = {**os.environ, "PYTHONMALLOC": "debug", "PYTHONPATH": folder}
    done = subprocess.run(
        [sys.executable, "-c", FAULT],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


@SINCE
@pytest.mark.usefixtures("app")
def test_an_application_never_collects_by_itself() -> None:
    assert not gc.isenabled()


@pytest.mark.usefixtures("app")
def test_garbage_is_collected() -> None:
    circle = weakref.ref(Circle())

    assert not lasts(circle)


@SINCE
@pytest.mark.usefixtures("app")
def test_in_a_forked_process_too() -> None:
    child = start_child(lambda: sys.exit(lasts(weakref.ref(Circle()))))

    assert wait_for(child) == 0


@SINCE
@pytest.mark.usefixtures("app")
def test_in_a_process_forked_amid_a_collection() -> None:
    SlowToFree()
    assert SlowToFree.begun.wait(10)

    child = start_child(lambda: sys.exit(lasts(weakref.ref(Circle()))))

    assert wait_for(child) == 0
