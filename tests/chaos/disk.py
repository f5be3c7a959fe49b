"""The trial of the full disk: the data folder, then /dev/shm, filled to the last block under a served site, and freed.

    python -m tests.chaos.disk          part of `make chaos`

In a mount namespace of its own, so that no other disk of this machine is touched and nothing stays mounted. Ends with 1
where a page is not answered, a worker dies, a save is refused in other words than its own, /readyz says nothing of it,
or an acknowledged draft is gone afterwards.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from marketplace.setup.demonstration import DEMO_PASSWORD
from tests.chaos.browser import Answers, Broken, Browser, Forms
from tests.served import BIN, ROOT, free_port

INSIDE = "MARKET_DISK_TRIAL"
SIZE = "40m"
SHARED = "8m"
PASSWORD = DEMO_PASSWORD
PAGES = (
    "/",
    "/search?q=轴承",
    "/search?kind=demand&sort=deadline",
    "/suggest?q=轴承",
    "/achievements/1",
    "/demands/1",
    "/demands/1/matches",
    "/trial",
    "/algorithm",
    "/sitemap.xml",
    "/robots.txt",
    "/healthz",
)
OWN_PAGES = ("/mine", "/mine/demand/new", *PAGES)
CANNOT_SAVE = "现在不能保存，可以看"


class Trial:
    """One site on a small disk, and what was found wrong with it.

    Args:
        folder: where the small disk is mounted.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.log = Path(tempfile.gettempdir()) / f"disk-trial-{os.getpid()}.log"
        self.env = {
            **os.environ,
            "MARKET_ENV": "demo",
            "DATA_DIR": str(folder),
            "PORT": str(self.port),
            "JOBS": "0",
            "WEB_WORKERS": "2",
            "LIMITS": "0",
        }
        self.server: subprocess.Popen[bytes] | None = None
        self.wrong: list[str] = []
        self.drafts: list[str] = []
        self.answers = Answers()
        self.firm = Browser(self.port, "127.0.0.1", self.answers)
        self.guest = Browser(self.port, "127.0.0.1", self.answers)

    def expect(self, right: bool, text: str) -> None:
        """Note what went wrong and go on."""
        if not right:
            self.wrong.append(text)
            print(f"   WRONG: {text}", flush=True)

    def start(self) -> None:
        """Serve, and wait for the first answer and for all workers."""
        with self.log.open("ab") as log:
            self.server = subprocess.Popen(
                [BIN / "gunicorn", "--config", "gunicorn.conf.py", "wsgi:application"],
                cwd=ROOT,
                env=self.env,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        for _ in range(600):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz")
                self._wait_for_workers()
                return
            if self.server.poll() is not None:
                break
            time.sleep(0.1)
        raise RuntimeError(f"the site did not start:\n{self.log.read_text()[-3000:]}")

    def _wait_for_workers(self) -> None:
        """They begin one after the other, and the first of them answers before the last one is there."""
        former: set[str] = set()
        workers = self.workers()
        while workers != former:
            time.sleep(1)
            former, workers = workers, self.workers()

    def stop(self) -> None:
        """End it in order."""
        if self.server is not None:
            self.server.terminate()
            self.server.wait(40)

    def workers(self) -> set[str]:
        """The process numbers of its workers."""
        assert self.server is not None
        number = self.server.pid
        return set(Path(f"/proc/{number}/task/{number}/children").read_text().split())

    def read_pages(self, when: str) -> None:
        """Every page, several times over, so that each worker answers some."""
        for reader, pages in ((self.guest, PAGES), (self.firm, OWN_PAGES)):
            # Who has signed in is led on from there.
            more = ("/login",) if reader is self.guest else ()
            for path in (*pages, *more) * 3:
                try:
                    status, _ = reader.get("page", urllib.parse.quote(path, "/?=&"))
                except Broken:
                    status = 0
                self.expect(status == 200, f"{when}: {path} answered {status}")
        try:
            _, form = self.guest.get("trial", "/trial")
            fields = Forms(form).with_field("text") | {
                "text": [
                    "轴承保持架在高速下断裂，需要在线检测保持架缺陷的视觉方法，漏检率不超过百分之一。"
                ]
            }
            status, _, _ = self.guest.post("trial", "/trial", fields)
        except Broken:
            status = 0
        self.expect(status == 200, f"{when}: a trial match answered {status}")

    def save(self, title: str) -> tuple[int, str]:
        """Save a new draft; status and text."""
        try:
            _, page = self.firm.get("form", "/mine/demand/new")
            fields = Forms(page).with_field("title") | {
                "title": [title],
                "problem": ["试验用的需求，磁盘满的时候也要说清楚。" * 20],
                "deed": ["save"],
            }
            status, _, text = self.firm.post("save", "/mine/demand/new", fields)
        except Broken:
            return 0, ""
        if status in (302, 303):
            self.drafts.append(title)
        return status, text

    def readiness(self) -> dict[str, dict[str, object]]:
        """What /readyz says, once its last check is forgotten."""
        time.sleep(5.2)
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz") as answer:
            found: dict[str, dict[str, object]] = json.load(answer)
        return found


def fill(folder: Path) -> None:
    """Fill a file system to the last block, in large pieces and then in single bytes."""
    for size in (1 << 20, 4096, 512, 1):
        with (
            (folder / "filling").open("ab", buffering=0) as file,
            contextlib.suppress(OSError),
        ):
            while file.write(b"x" * size) == size:
                pass


def kept_drafts(folder: Path) -> set[str]:
    """Titles in the database, and nothing wrong with it."""
    with contextlib.closing(sqlite3.connect(folder / "market.db")) as database:
        (verdict,) = database.execute("PRAGMA integrity_check").fetchone()
        if verdict != "ok":
            raise RuntimeError(f"the database is damaged: {verdict}")
        return {title for (title,) in database.execute("SELECT title FROM demand")}


def go_through(folder: Path) -> list[str]:
    """The whole trial; what was wrong."""
    trial = Trial(folder)
    subprocess.run(
        [BIN / "flask", "prepare"],
        cwd=ROOT,
        env=trial.env,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    trial.start()
    try:
        trial.firm.sign_in("firm@demo.example", PASSWORD)
        for number in range(3):
            trial.save(f"满盘以前的需求 {number}")
        trial.expect(len(trial.drafts) == 3, "a draft could not be saved before")
        workers = trial.workers()

        print("== the data folder is full", flush=True)
        fill(folder)
        trial.read_pages("full")
        seen_full = False
        for number in range(12):
            status, text = trial.save(f"满盘时的需求 {number}")
            if status == 503:
                seen_full = True
                trial.expect(CANNOT_SAVE in text, f"a refused save says {text[:300]}")
            else:
                trial.expect(status in (302, 303), f"a save answered {status}")
        trial.expect(seen_full, "no save was refused on a full disk")
        ready = trial.readiness()
        trial.expect(ready["disk"]["state"] == "full", f"/readyz says {ready}")
        with urllib.request.urlopen(f"http://127.0.0.1:{trial.port}/metrics") as answer:
            figures = answer.read().decode()
        trial.expect("market_disk_free_bytes" in figures, "no figure of the room")
        trial.expect("market_http_request_total" in figures, "no figures of requests")
        trial.read_pages("full, after saving")
        trial.expect(trial.workers() == workers, "a worker died on the full disk")

        print("== the site starts on the full disk", flush=True)
        trial.stop()
        fill(folder)
        trial.start()
        workers = trial.workers()
        trial.read_pages("started full")
        trial.expect(trial.workers() == workers, "a worker died after the start")

        print("== there is room again", flush=True)
        (folder / "filling").unlink()
        trial.read_pages("free")
        for number in range(4):
            status, _ = trial.save(f"腾出以后的需求 {number}")
            trial.expect(
                status in (302, 303), f"with room again a save answered {status}"
            )
        ready = trial.readiness()
        trial.expect(ready["disk"]["state"] in ("low", "ok"), f"/readyz says {ready}")
        trial.expect(ready["database"]["state"] == "ok", f"/readyz says {ready}")

        print("== /dev/shm is full", flush=True)
        fill(Path("/dev/shm"))  # noqa: S108  one of our own, mounted below
        trial.read_pages("shared memory full")
        trial.expect(trial.workers() == workers, "a worker died with /dev/shm full")
        trial.stop()
        fill(Path("/dev/shm"))  # noqa: S108
        trial.start()
        workers = trial.workers()
        trial.read_pages("started with /dev/shm full")
        status, _ = trial.save("共享内存满时的需求")
        trial.expect(
            status in (302, 303), f"with /dev/shm full a save answered {status}"
        )
        trial.expect(trial.workers() == workers, "a worker died with /dev/shm full")
    finally:
        trial.stop()
    lost = set(trial.drafts) - kept_drafts(folder)
    trial.expect(not lost, f"acknowledged and lost: {sorted(lost)}")
    pages = sum(trial.answers.statuses.values())
    print(
        f"== {pages} requests, {len(trial.drafts)} drafts acknowledged, {len(lost)} lost"
    )
    if trial.wrong:
        print(trial.log.read_text()[-3000:])
    trial.log.unlink(missing_ok=True)
    return trial.wrong


@contextlib.contextmanager
def small_disk(place: Path) -> Iterator[None]:
    """A small disk in memory at a folder, and another at /dev/shm, seen by this process and its children alone."""
    place.mkdir(exist_ok=True)
    for target, size in ((str(place), SIZE), ("/dev/shm", SHARED)):  # noqa: S108
        command = [
            "mount",
            "-t",
            "tmpfs",
            "-o",
            f"size={size},mode=0755",
            "market-trial",
            target,
        ]
        subprocess.run(command, check=True)
    yield


def main() -> int:
    """Go into a namespace of our own, then through the trial."""
    if INSIDE not in os.environ:
        unshare = shutil.which("unshare")
        if unshare is None:
            print("== SKIPPED, not installed: unshare (apt-get install util-linux)")
            return 0
        command = [unshare, "--mount", "--propagation", "private"]
        if os.getuid() != 0:
            command += ["--map-root-user"]
        allowed = subprocess.run([*command, "true"], check=False, capture_output=True)
        if allowed.returncode:
            print(f"== SKIPPED, no mount of our own: {allowed.stderr.decode().strip()}")
            return 0
        command += [sys.executable, "-m", "tests.chaos.disk"]
        return subprocess.run(
            command, env={**os.environ, INSIDE: "1"}, check=False, cwd=ROOT
        ).returncode
    with (
        tempfile.TemporaryDirectory(prefix="market-disk-") as name,
        small_disk(Path(name)),
    ):
        wrong = go_through(Path(name))
        subprocess.run(["umount", name], check=False)  # noqa: S607
    print(f"== the full disk: {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
