"""The site as gunicorn serves it when live: several workers, killed and replaced, figures of all, limits, JSON logs."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.served import LIVE_SETTINGS, free_port

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[3]
BIN = Path(sys.executable).parent
TOKEN = "a-token-of-some-length"


@dataclass
class Served:
    """A running site: where it listens, its master process and its log."""

    port: int
    master: subprocess.Popen[bytes]
    log: Path

    def ask(
        self, path: str, method: str = "GET", **headers: str
    ) -> tuple[int, dict[str, str], str]:
        """One request on a connection of its own: status, headers in small letters, text."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            # As the proxy in front would ask.
            connection.request(
                method,
                path,
                headers={
                    "X-Forwarded-Proto": "https",
                    "Connection": "close",
                    **headers,
                },
            )
            answer = connection.getresponse()
            return (
                answer.status,
                {k.lower(): v for k, v in answer.getheaders()},
                answer.read().decode(),
            )
        finally:
            connection.close()

    def ask_parts(self) -> dict[str, dict[str, Any]]:
        """What /readyz says of each part."""
        text = self.ask("/readyz", Authorization=f"Bearer {TOKEN}")[2]
        found: dict[str, dict[str, Any]] = json.loads(text)
        return found

    def workers(self) -> list[int]:
        """The workers that run now."""
        return [child for child in self.children() if not self.does_jobs(child)]

    def jobs(self) -> list[int]:
        """The processes that do the work in the background."""
        return [child for child in self.children() if self.does_jobs(child)]

    def children(self) -> list[int]:
        """The processes of the master, whichever of its threads began them."""
        tasks = Path(f"/proc/{self.master.pid}/task").glob("*/children")
        return sorted(int(pid) for task in tasks for pid in task.read_text().split())

    def does_jobs(self, pid: int) -> bool:
        """Whether a process is `flask jobs`."""
        try:
            return "jobs" in Path(f"/proc/{pid}/cmdline").read_text().split("\0")
        except OSError:
            return False

    def wait(self) -> None:
        """Until it answers."""
        for _ in range(1200):
            assert self.master.poll() is None, self.log.read_text()
            try:
                if self.ask("/healthz")[0] == 200:
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("no answer within two minutes")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A live site without listings."""
    folder = tmp_path_factory.mktemp("served")
    port = free_port()
    env = {
        **os.environ,
        "MARKET_ENV": "live",
        "SECRET_KEY": LIVE_SETTINGS["SECRET_KEY"],
        "PASSWORD_SALT": LIVE_SETTINGS["PASSWORD_SALT"],
        "AUDIT_KEY": LIVE_SETTINGS["AUDIT_KEY"],
        "SITE_HOST": "market.example",
        "MAIL_URL": LIVE_SETTINGS["MAIL_URL"],
        "DATA_DIR": str(folder),
        "PORT": str(port),
        "TRUSTED_PROXIES": "1",
        "METRICS_TOKEN": TOKEN,
        "WEB_WORKERS": "2",
        "JOBS": "1",
    }
    subprocess.run(
        [BIN / "flask", "prepare", "--no-samples"],
        cwd=ROOT,
        env=env,
        check=True,
        capture_output=True,
    )
    with (folder / "log").open("wb") as log:
        command = [BIN / "gunicorn", "--config", "gunicorn.conf.py", "wsgi:application"]
        master = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)
        site = Served(port, master, folder / "log")
        try:
            site.wait()
            yield site
        finally:
            jobs = site.jobs()
            master.terminate()
            master.wait(30)
    assert jobs
    assert not [pid for pid in jobs if Path(f"/proc/{pid}").exists()]
    roots = (folder / "metrics", Path(f"/dev/shm/market-metrics-{os.getuid()}"))  # noqa: S108  where it may be
    assert not [root for root in roots if (root / str(master.pid)).exists()]


def test_a_reload_refuses_nobody(served: Served) -> None:
    before, answers, ended = served.workers(), [], threading.Event()

    def read() -> None:
        while not ended.is_set():
            answers.append(served.ask("/")[0])

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    served.master.send_signal(signal.SIGHUP)
    for _ in range(200):
        if not set(served.workers()) & set(before) and len(served.workers()) == 2:
            break
        time.sleep(0.1)
    ended.set()
    for reader in readers:
        reader.join(30)

    assert not set(served.workers()) & set(before)
    assert len(answers) > 3
    assert set(answers) == {200}


def test_a_killed_worker_is_replaced(served: Served) -> None:
    killed = served.workers()[0]
    os.kill(killed, signal.SIGKILL)
    for _ in range(200):
        if killed not in served.workers() and len(served.workers()) == 2:
            break
        time.sleep(0.1)

    assert len(served.workers()) == 2
    assert [served.ask("/")[0] for _ in range(6)] == [200] * 6


def test_the_work_in_the_background_begins_again_when_it_is_killed(
    served: Served,
) -> None:
    waited(lambda: served.ask_parts()["jobs"]["leader"])
    (first,) = served.jobs()

    os.kill(first, signal.SIGKILL)
    waited(lambda: served.jobs() not in ([], [first]))

    assert waited(lambda: served.ask_parts()["jobs"]["leader"])
    assert len(served.jobs()) == 1


def waited(question: Callable[[], object]) -> bool:
    """Whether the answer to a question became true."""
    for _ in range(600):
        if question():
            return True
        time.sleep(0.1)
    return False


def test_figures_are_those_of_all_workers(served: Served) -> None:
    def counted() -> float:
        _, _, text = served.ask("/metrics", Authorization=f"Bearer {TOKEN}")
        lines = [
            line
            for line in text.splitlines()
            if line.startswith("market_http_request_total{")
        ]
        return sum(float(line.rpartition(" ")[2]) for line in lines)

    before = counted()
    for _ in range(20):
        served.ask("/")

    assert counted() == before + 20
    assert served.ask("/metrics")[0] == 404


@pytest.mark.parametrize(
    ("path", "headers", "expected"),
    [
        ("/search?q=" + "a" * 9000, {}, {400, 414}),
        ("/", {"X-Long": "a" * 9000}, {400, 431}),
        ("/", {f"X-{number}": "a" for number in range(70)}, {400, 431}),
    ],
    ids=["long line", "long header", "many headers"],
)
def test_limits(
    served: Served, path: str, headers: dict[str, str], expected: set[int]
) -> None:
    assert served.ask(path, **headers)[0] in expected
    assert served.ask("/")[0] == 200


def test_plain_http_is_led_to_https_but_a_probe_is_answered(served: Served) -> None:
    plain = {"X-Forwarded-Proto": "http"}

    assert [served.ask(path, **plain)[0] for path in ("/", "/healthz", "/readyz")] == [
        302,
        200,
        200,
    ]


def test_every_line_is_json_and_names_its_request(served: Served) -> None:
    name = "trial-0123456789"
    _, headers, _ = served.ask(
        "/search?q=%E6%9C%BA%E5%AF%86",
        **{"X-Request-ID": name, "X-Forwarded-For": "198.51.100.7"},
    )
    for _ in range(50):
        text = served.log.read_text()
        if name in text:
            break
        time.sleep(0.1)
    lines = [json.loads(line) for line in text.splitlines()]

    assert headers["x-request-id"] == name
    ours = [
        line
        for line in lines
        if line.get("request_id") == name and line["event"] == "request"
    ]
    assert [(line["path"], line["method"]) for line in ours] == [("/search", "GET")]
    assert "198.51.100.7" not in text
    assert "%E6" not in text
    assert "机密" not in text
