"""The trial: gunicorn, `flask jobs`, PostgreSQL and Elasticsearch under fire, then the reckoning.

    make chaos            a minute and a half of fire, for CI          make chaos LONG=1     a quarter of an hour

Ends with 1 where an acknowledged write is lost, the index does not equal the database within 60 s, searches do not
return to Elasticsearch within 60 s of its rise from a blow, an answer was a 5xx other than 503 with Retry-After, or a
search found what had been withdrawn and taken out before it began.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from uuid import uuid4

import sqlalchemy
from flask import Flask

from config import Config
from marketplace import create_app
from marketplace.extensions import db
from marketplace.listings import upkeep
from tests.chaos.browser import Answers
from tests.chaos.people import IN_FULL, Book, read, reckon, watch, write
from tests.served import BIN, ROOT, free_port

WRITERS, READERS = 4, 8
FROZEN = 20.0  # seconds Elasticsearch is stopped
BETWEEN = (3.0, 8.0)  # seconds of calm after each blow
BEGIN = 60.0  # seconds the site may take to begin
IN_STEP = 60.0  # seconds the index has after the fire
RISE = 180.0  # seconds Elasticsearch itself may take to rise from a blow, on processors busy with the site
BACK = 60.0  # seconds searches have to return to it from then on,
BACK_ANSWERS = 20  # which is when so many more were answered in full


def say(text: str) -> None:
    """Tell the person at the terminal, with the time."""
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


class Site:
    """The processes of the site, each begun again when it dies, as systemd would do."""

    def __init__(self, env: dict[str, str], folder: Path) -> None:
        self.env, self.folder = env, folder
        self.ended = threading.Event()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.starts: Counter[str] = Counter()
        self.commands = {
            "web": [
                BIN / "gunicorn",
                "--config",
                "gunicorn.conf.py",
                "wsgi:application",
            ],
            "jobs": [BIN / "flask", "jobs"],
        }

    def start(self) -> None:
        """Begin both and watch over them."""
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while not self.ended.is_set():
            for name, command in self.commands.items():
                process = self.processes.get(name)
                if process is None or process.poll() is not None:
                    with (self.folder / f"{name}.log").open("ab") as log:
                        self.processes[name] = subprocess.Popen(
                            command, cwd=ROOT, env=self.env, stdout=log, stderr=log
                        )
                    self.starts[name] += 1
            self.ended.wait(2)

    def wait(self, port: int) -> None:
        """Until the site answers."""
        if (
            waited(partial(answers_at, f"http://127.0.0.1:{port}/healthz"), BEGIN)
            >= BEGIN
        ):
            raise RuntimeError("the site did not begin")

    def workers(self) -> list[int]:
        """The workers of gunicorn."""
        pid = self.processes["web"].pid
        return list(
            map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        )

    def stop(self) -> dict[str, int]:
        """End both politely; name → exit status."""
        self.ended.set()
        time.sleep(0.1)
        for process in self.processes.values():
            process.terminate()
        return {name: process.wait(90) for name, process in self.processes.items()}


def blows(site: Site, args: argparse.Namespace) -> dict[str, Callable[[], object]]:
    """Name → what is done to the servers."""

    def script(name: str, *words: str) -> None:
        folder = (
            args.postgresql_folder
            if name == "postgresql"
            else args.elasticsearch_folder
        )
        command = [
            sys.executable,
            str(ROOT / "scripts" / f"{name}.py"),
            "--folder",
            folder,
            *words,
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    def freeze() -> None:
        script("elasticsearch", "pause", "0")
        time.sleep(FROZEN)
        script("elasticsearch", "resume", "0")

    def kill_search() -> None:
        script("elasticsearch", "kill", "0")
        time.sleep(5)
        script("elasticsearch", "revive", "0")

    def crash_database() -> None:
        script("postgresql", "kill")
        time.sleep(2)
        script("postgresql", "start")

    return {
        "kill -9 a web worker": lambda: os.kill(
            random.choice(site.workers()),  # noqa: S311  any worker will do
            signal.SIGKILL,
        ),
        "kill -9 flask jobs": lambda: site.processes["jobs"].kill(),
        "freeze Elasticsearch for 20 s": freeze,
        "kill -9 Elasticsearch, start it again": kill_search,
        "restart PostgreSQL": lambda: script("postgresql", "restart"),
        "crash PostgreSQL, start it again": crash_database,
    }


def answers_at(address: str) -> bool:
    """Whether one of our own servers answers with a good status."""
    with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5):  # noqa: S310  our own server
        return True
    return False


def waited(done: Callable[[], bool], most: float) -> float:
    """Seconds until something is done, `most` where it is not by then."""
    began = time.monotonic()
    while time.monotonic() - began < most:
        if done():
            return time.monotonic() - began
        time.sleep(0.2)
    return most


def returned(search: str, answers: Answers) -> tuple[float, float]:
    """Seconds until Elasticsearch has risen, and from then on until searches are answered in full again.

    `RISE` and `BACK` where it has not come to that by then.
    """
    rose = waited(
        partial(
            answers_at, f"{search}/_cluster/health?wait_for_status=yellow&timeout=1s"
        ),
        RISE,
    )
    enough = answers.statuses[IN_FULL, "200"] + BACK_ANSWERS
    return rose, waited(lambda: answers.statuses[IN_FULL, "200"] >= enough, BACK)


def settle(app: Flask) -> tuple[float, dict[str, int]]:
    """Seconds until the index equals the database, and what differed at last."""
    found: dict[str, int] = {}

    def equal() -> bool:
        nonlocal found
        try:
            with app.app_context():
                found = {name: len(keys) for name, keys in upkeep.index_check().items()}
                state = app.extensions["search"].state()
                db.session.rollback()
        except Exception as error:  # a server that is still on its way
            found = {repr(error)[:200]: 1}
            return False
        return not any(found.values()) and not state["degraded"]

    return waited(equal, IN_STEP), found


def report(answers: Answers, book: Book, struck: Counter[str], site: Site) -> None:
    """Print the counts."""
    say("blows: " + ", ".join(f"{count} × {name}" for name, count in struck.items()))
    say(
        "begun: "
        + ", ".join(f"{name} {count} times" for name, count in site.starts.items())
    )
    say(
        "acknowledged: "
        + ", ".join(f"{count} {name}" for name, count in book.acknowledged.items())
    )
    for what in sorted(answers.seconds):
        seconds = sorted(answers.seconds[what])
        counts = {
            status: count
            for (kind, status), count in sorted(answers.statuses.items())
            if kind == what
        }
        cuts = (
            statistics.quantiles(seconds, n=100) if len(seconds) > 1 else seconds * 99
        )
        spread = f"p50 {cuts[49]:.3f} p95 {cuts[94]:.3f} p99 {cuts[98]:.3f} most {seconds[-1]:.3f} s"
        say(
            f"  {what:20} {spread}  "
            + ", ".join(f"{status}: {count}" for status, count in counts.items())
        )


def main() -> None:
    """Prepare, fire, reckon."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--database", required=True, help="address of an empty PostgreSQL database"
    )
    parser.add_argument("--search", required=True, help="address of an Elasticsearch")
    parser.add_argument(
        "--postgresql-folder", required=True, help="where scripts/postgresql.py runs it"
    )
    parser.add_argument(
        "--elasticsearch-folder",
        required=True,
        help="where scripts/elasticsearch.py runs it",
    )
    parser.add_argument(
        "--long", action="store_true", help="900 seconds of fire instead of 45"
    )
    parser.add_argument("--seconds", type=float)
    parser.add_argument(
        "--only", default="", help="only the blows with this word in their name"
    )
    parser.add_argument("--logs", type=Path, help="keep the logs here")
    args = parser.parse_args()
    seconds = args.seconds or (900.0 if args.long else 45.0)
    with tempfile.TemporaryDirectory(prefix="market-chaos-") as name:
        folder, port = Path(name), free_port()
        env = {
            **os.environ,
            "MARKET_ENV": "demo",
            "LIMITS": "0",
            "JOBS": "0",  # a process of its own, which is killed too
            "DATA_DIR": name,
            "PORT": str(port),
            "DATABASE_URL": args.database,
            "SEARCH_URL": f"{args.search}/chaos-{uuid4().hex[:8]}",
            "TRUSTED_PROXIES": "1",
            "WEB_WORKERS": "2",
            "WEB_THREADS": "8",
        }
        subprocess.run(
            [BIN / "flask", "prepare"],
            cwd=ROOT,
            env=env,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        sys.exit(trial(args, env, folder, port, seconds))


def trial(
    args: argparse.Namespace,
    env: dict[str, str],
    folder: Path,
    port: int,
    seconds: float,
) -> int:
    """The fire and the reckoning; 0 when every promise was kept."""
    engine = sqlalchemy.create_engine(
        Config.from_env(env).database_url, pool_pre_ping=True
    )
    app = create_app(Config.from_env(env))
    site, answers, book = Site(env, folder), Answers(), Book()
    site.start()
    try:
        site.wait(port)
        weapons = {
            name: blow for name, blow in blows(site, args).items() if args.only in name
        }
        struck = burn(
            weapons, people(port, answers, book, engine), args.search, answers, seconds
        )
        took, left = settle(app)
        lost = reckon(book, engine)
    finally:
        statuses = site.stop()
        engine.dispose()
    if args.logs:
        args.logs.mkdir(parents=True, exist_ok=True)
        for log in folder.glob("*.log"):
            shutil.copy(log, args.logs)
    report(answers, book, struck, site)
    wrong = [*answers.wrong, *lost]
    if any(left.values()):
        wrong.append(
            f"the index did not equal the database within {IN_STEP:.0f} s: {left}"
        )
    say(f"the index equalled the database after {took:.1f} s; ended with {statuses}")
    say(f"broken promises: {len(wrong)}")
    for text in wrong[:30]:
        say(f"  {text}")
    if wrong:
        for log in sorted(folder.glob("*.log")):
            lines = [
                line
                for line in log.read_text(errors="replace").splitlines()
                if "error" in line.lower()
            ]
            say(
                f"-- {log.name}: the last of {len(lines)} errors\n"
                + "\n".join(lines[-15:])
            )
    return 1 if wrong else 0


def people(
    port: int, answers: Answers, book: Book, engine: sqlalchemy.Engine
) -> list[Callable[[threading.Event], None]]:
    """Everybody who takes part; each goes on until the event is set."""
    return [
        partial(watch, engine, book),
        *(
            partial(write, number, port, answers, book, engine)
            for number in range(WRITERS)
        ),
        *(partial(read, number, port, answers, book) for number in range(READERS)),
    ]


def burn(
    weapons: dict[str, Callable[[], object]],
    everybody: list[Callable[[threading.Event], None]],
    search: str,
    answers: Answers,
    seconds: float,
) -> Counter[str]:
    """Strike in a random order, every weapon as often as the others, while everybody goes on; what was struck.

    After a blow to Elasticsearch the next one waits until searches have returned to it.
    """
    ended = threading.Event()
    threads = [threading.Thread(target=one, args=(ended,)) for one in everybody]
    struck: Counter[str] = Counter()
    dice, order = random.Random(), list[str]()  # noqa: S311  dice
    for thread in threads:
        thread.start()
    try:
        time.sleep(8)  # everybody signs in
        say(f"{WRITERS} writers and {READERS} readers, {seconds:.0f} s of fire")
        began = time.monotonic()
        while time.monotonic() - began < seconds or order:
            order = order or dice.sample(list(weapons), len(weapons))
            blow = order.pop()
            say(blow)
            try:
                weapons[blow]()
                struck[blow] += 1
                if "Elasticsearch" in blow:
                    rose, took = returned(search, answers)
                    say(
                        f"  risen after {rose:.1f} s, searches in full again {took:.1f} s later"
                    )
                    if took >= BACK:
                        answers.wrong.append(
                            f"{blow}: searches did not return to it within {BACK:.0f} s"
                        )
            except (ProcessLookupError, IndexError, FileNotFoundError):
                say("  nobody there at this moment")
            time.sleep(dice.uniform(*BETWEEN))
    finally:
        ended.set()
        for thread in threads:
            thread.join(60)
    say("the fire is out")
    return struck


if __name__ == "__main__":
    main()
