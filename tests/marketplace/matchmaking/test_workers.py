"""Workers of one served site share an artefact and take over the next one beneath their readers, whole.

What one process does with its artefacts stands in `test_keeping.py`; how gunicorn serves, in the tests of operation.
"""

from __future__ import annotations

import http.client
import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask

from config import Config
from marketplace import create_app
from marketplace.extensions import db
from marketplace.listings import deeds as listing_deeds
from marketplace.listings.models import Achievement
from marketplace.matchmaking import background
from tests.factories import Factory
from tests.served import site

pytestmark = pytest.mark.long

STAYING = 6
TEXT = "铼铱合金推力室喷管化学气相沉积，{} ℃ 下累计工作 500 小时，涂层不剥落。"


@dataclass
class Served:
    """A served site, the same site in this process, and a demand with the achievements that always fit it."""

    port: int
    folder: Path
    app: Flask
    demand_id: int
    staying: frozenset[int]

    def matches(self) -> set[int]:
        """Ask for the matches of the demand on a connection of its own; the ids of a whole page."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(
                "GET",
                f"/demands/{self.demand_id}/matches",
                headers={"Connection": "close"},
            )
            answer = connection.getresponse()
            page = answer.read().decode()
        finally:
            connection.close()
        assert (answer.status, page.rstrip()[-7:]) == (200, "</html>")
        return {int(number) for number in re.findall(r'/matches/(\d+)"', page)}

    def newest(self) -> str:
        """The current generation on disk."""
        return (self.folder / "matcher" / "achievement" / "current").read_text()

    def held(self) -> dict[str, str]:
        """Worker → the generation of achievements that it has loaded last."""
        line = re.compile(r"matcher_loaded.*")
        found = {}
        for text in line.findall(self.log()):
            facts = dict(re.findall(r"(\w+)=(\S+)", text))
            if facts["kind"] == "achievement":
                found[facts["process"]] = facts["generation"]
        master = int((self.folder / "pid").read_text())
        workers = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        return {worker: found.get(worker, "") for worker in workers}

    def log(self) -> str:
        """What the workers have written down."""
        return (self.folder / "gunicorn.log").read_text()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, filled: Path) -> Iterator[Served]:
    """The site with its samples, two workers, one demand and what fits it."""
    folder = tmp_path_factory.mktemp("workers")
    pid = f"--pid {folder / 'pid'}"
    settings = {"LIMITS": "0", "GUNICORN_CMD_ARGS": pid}
    with site(folder, like=filled, WEB_WORKERS="2", **settings) as address:
        app = create_app(
            Config.from_env({"MARKET_ENV": "demo", "DATA_DIR": str(folder)})
        )
        with app.app_context():
            make = Factory(db.session)
            demand = make.demand(
                "铼铱合金推力室喷管沉积",
                problem=TEXT.format(1900),
                key_technology="",
                keywords=[],
            )
            rows = [achievement(make, number) for number in range(STAYING)]
            ids = frozenset(row.id for row in rows)
            yield Served(int(address.rpartition(":")[2]), folder, app, demand.id, ids)
            db.session.remove()
            db.engine.dispose()


def achievement(make: Factory, number: int) -> Achievement:
    """One more that fits the demand."""
    return make.achievement(
        f"铼铱合金推力室喷管沉积工艺{number}号",
        summary=TEXT.format(1800 + number),
        keywords=["铼铱合金"],
    )


def until(true: Callable[[], bool]) -> bool:
    """Whether it comes true within a minute and a half, which a busy machine may need."""
    ends = time.monotonic() + 90
    while not true():
        if time.monotonic() > ends:
            return False
    return True


def all_hold_the_newest(served: Served) -> bool:
    """Ask, and look whether every worker has loaded the newest generation."""
    served.matches()
    return list(served.held().values()) == [served.newest()] * 2


def test_new_generations_are_taken_over_beneath_the_readers(served: Served) -> None:
    written = len(served.log())
    faults: list[object] = []
    answers, ended = [], threading.Event()

    def read() -> None:
        while not ended.is_set():
            try:
                answers.append(served.matches())
                time.sleep(0.02)  # leaves the processors to what is tested
            except Exception as error:  # a thread has nobody else to tell
                faults.append(error)

    def fit() -> None:
        # As `flask matching fit` does it, in a process that is none of the workers.
        with served.app.app_context():
            for _ in range(4):
                served.app.extensions["matchers"].fit()
                generations.append(served.newest())

    generations = [served.newest()]
    readers, fitting = (
        [threading.Thread(target=read) for _ in range(3)],
        threading.Thread(target=fit),
    )
    for thread in (*readers, fitting):
        thread.start()
    make, number, seen = Factory(db.session), STAYING, []
    while fitting.is_alive() or len(seen) < 4:
        row = achievement(make, number)
        seen.append([row.id in served.matches() for _ in range(4)])
        listing_deeds.withdraw(row, by=None, seen=row.revision)
        seen.append([row.id not in served.matches() for _ in range(4)])
        number += 1
    ended.set()
    for thread in (*readers, fitting):
        thread.join(30)

    assert faults == []
    assert len(answers) > 20
    assert [found for found in answers if not found >= served.staying] == []
    assert len(set(generations)) == 5
    # Published: with the next request of any worker; withdrawn: gone with it.
    assert all(all(one) for one in seen)
    assert until(lambda: all_hold_the_newest(served))
    assert "matcher_artefact_unusable" not in served.log()[written:]


@pytest.mark.parametrize("how", ["truncated", "foreign"])
def test_a_spoilt_artefact_put_in_place_is_told_once_by_each_worker_and_rebuilt(
    served: Served, how: str
) -> None:
    folder, name = served.folder / "matcher" / "achievement", f"20990101000000-{how}"
    shutil.copytree(folder / served.newest(), folder / name)
    for path in (path for path in (folder / name).rglob("*") if path.is_file()):
        content = path.read_bytes()
        path.write_bytes(
            content[: len(content) // 2] if how == "truncated" else b"PK\x03\x04 other"
        )
    (folder / "next").write_text(name)
    os.replace(folder / "next", folder / "current")

    def told() -> int:
        return sum(
            "matcher_artefact_unusable" in line and name in line
            for line in served.log().splitlines()
        )

    # Whoever meets it first has it built anew, so that the other worker may never see it.
    assert until(lambda: served.matches() >= served.staying and served.newest() != name)
    assert all(served.matches() >= served.staying for _ in range(12))
    assert until(lambda: all_hold_the_newest(served))
    assert 1 <= told() <= 2
    assert background.fit_matchers() == "fresh enough"
