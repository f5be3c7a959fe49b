"""The trial of writers: two, then eight people save without a pause on a served site on SQLite; nobody may be refused.

    python -m tests.chaos.writers          part of `make chaos`; --seconds 60 for the long form

A list is imported from the command line meanwhile, and the work in the background goes on beside it. Ends with 1 where
a save is refused or lost, a page fails, or what was published cannot be found afterwards.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from marketplace.setup.demonstration import DEMO_PASSWORD
from tests.chaos.browser import Answers, Broken, Browser, Forms
from tests.served import BIN, ROOT, site

PEOPLE = (
    "firm",
    "desk",
    "colleague",
    "institute",
    "researcher",
    "newcomer",
    "joiner",
    "operator",
)
KINDS = {"desk": "achievement", "institute": "achievement", "researcher": "achievement"}
IMPORTED = 300  # rows of the list that comes in meanwhile
IN_STEP = 60.0  # seconds the index has after the last save
LONG_TEXT = {"demand": "problem", "achievement": "summary"}


@dataclass
class Outcome:
    """What came of the saves of some writers.

    Attributes:
        saved: title → how many saves of it were acknowledged.
        answers: every answer, with its time.
        refused: answers to saves that were no redirect: "status title".
        lost: what was acknowledged and is not in the database.
        behind: published rows the index did not hold `IN_STEP` seconds after the last save.
        imported: what the command of the list printed, and its exit code.
    """

    saved: Counter[str] = field(default_factory=Counter)
    answers: Answers = field(default_factory=Answers)
    refused: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    behind: int = 0
    imported: tuple[int, str] = (0, "")

    @property
    def problems(self) -> list[str]:
        """What was promised and not done, in words."""
        wrong = [f"refused: {text}" for text in self.refused]
        wrong += [f"lost: {text}" for text in self.lost]
        wrong += self.answers.wrong
        if self.behind:
            wrong.append(f"{self.behind} published rows cannot be found")
        code, printed = self.imported
        if code:
            wrong.append(f"the import ended with {code}: {printed}")
        return wrong


def write_on(
    number: int, name: str, port: int, outcome: Outcome, ended: threading.Event
) -> None:
    """One person: a new draft, saved twice more, handed to nobody; then the next."""
    browser = Browser(port, f"10.3.{number}.1", outcome.answers)
    browser.sign_in(f"{name}@demo.example", DEMO_PASSWORD)
    kind = KINDS.get(name, "demand")
    count = 0
    while not ended.is_set():
        count += 1
        title = f"同时保存试验{number}号第{count}条"
        # A writer that was refused, or cut off, goes on with the next: each save counts for itself.
        with contextlib.suppress(Broken):
            _save(browser, f"/mine/{kind}/new", title, outcome, kind)
            place = _listing_id(browser, kind, title)
            for _ in range(2):
                _save(browser, f"/mine/{kind}/{place}/edit", title, outcome, kind)


def _listing_id(browser: Browser, kind: str, title: str) -> str:
    """The number of one's own draft, as the list of one's own says it."""
    _, page = browser.get("own list", "/mine")
    before, found, _ = page.partition(title)
    if not found:
        raise Broken(f"{title} does not stand in the list of its writer")
    # The title is the text of the link that leads to it.
    return before.rpartition(f"/{kind}s/")[2].partition('"')[0]


def _save(browser: Browser, path: str, title: str, outcome: Outcome, kind: str) -> None:
    text = LONG_TEXT[kind]
    status, page = browser.get("form", path)
    form = Forms(page).with_field(text)
    if status != 200 or not form:
        outcome.refused.append(f"no form at {path}: {status}")
        raise Broken(path)
    fields = form | {
        "title": [title],
        text: [f"许多人同时保存，谁都不应被拒绝。第 {time.monotonic()} 次。"],
        "deed": ["save"],
    }
    status, _, answer = browser.post("save", path, fields)
    if status in (302, 303):
        outcome.saved[title] += 1
        return
    outcome.refused.append(f"{status} {title}: {_reason(answer)}")
    raise Broken(title)


def _reason(page: str) -> str:
    """The heading of a page, to be read by who looks into a failure."""
    return page.partition("<h1")[2].partition(">")[2].partition("</h1>")[0].strip()


def run_trial(
    address: str, folder: Path, writers: int, seconds: float, *, with_list: bool = True
) -> Outcome:
    """Let some people save for a while, import a list meanwhile, and look for what was acknowledged.

    Args:
        address: of a served site with its own SQLite in `folder`.
        folder: its data.
        writers: how many people, each in their own browser.
        seconds: how long they go on.
        with_list: whether a list is imported meanwhile.
    """
    port = int(address.rpartition(":")[2])
    outcome = Outcome()
    ended = threading.Event()
    threads = []
    for number in range(writers):
        name = PEOPLE[number % len(PEOPLE)]
        work = (number + 100 * writers, name, port, outcome, ended)
        threads.append(threading.Thread(target=write_on, args=work))
    for thread in threads:
        thread.start()
    began = time.monotonic()
    try:
        if with_list:
            outcome.imported = import_list(folder, f"{writers}人")
        time.sleep(max(0.0, seconds - (time.monotonic() - began)))
    finally:
        ended.set()
        for thread in threads:
            thread.join(60)
    outcome.lost = lost_saves(folder, outcome.saved)
    outcome.behind = rows_behind(folder)
    return outcome


def import_list(folder: Path, mark: str) -> tuple[int, str]:
    """Import and publish a list from the command line; (exit code, what it printed)."""
    path = folder / f"清单-{mark}.csv"
    header = "需求名称,企业名称,需求类型,技术领域,主要问题,拟投入资金（万元）,合作方式,联系人,联系电话,所属县市区"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(header.split(","))
        for number in range(IMPORTED):
            title = f"{mark}同时保存时导入的第{number}条轴承需求"
            problem = "深沟球轴承振动值离散，现有超精研磨工艺调整多次仍达不到客户要求。"
            firm = "聊城市砺合轴承保持器有限公司（示例）"
            rest = ("技术攻关", "新材料", problem, 50, "合作开发", "张三")
            rows.writerow((title, firm, *rest, "13800000000", "临清市"))
    command = [BIN / "flask", "listings", "import", path, "--kind", "demand"]
    settings = {**os.environ, "MARKET_ENV": "demo", "DATA_DIR": str(folder)}
    ran = subprocess.run(
        [*command, "--publish"],
        cwd=ROOT,
        env=settings,
        check=False,
        capture_output=True,
        text=True,
    )
    return ran.returncode, (ran.stdout + ran.stderr)[-1500:]


def lost_saves(folder: Path, saved: Counter[str]) -> list[str]:
    """Titles whose acknowledged saves are not all in the database."""
    query = """SELECT title, revision FROM demand UNION ALL
        SELECT title, revision FROM achievement"""
    with contextlib.closing(sqlite3.connect(folder / "market.db")) as database:
        held = dict(database.execute(query))
    return [title for title, saves in saved.items() if held.get(title, 0) < saves]


def rows_behind(folder: Path) -> int:
    """Published rows whose copy in the index is not of their revision, once the index has had its time."""
    query = """SELECT count(*) FROM demand
        WHERE state = 'published' AND revision != indexed_revision"""
    ends = time.monotonic() + IN_STEP
    while True:
        with contextlib.closing(sqlite3.connect(folder / "market.db")) as database:
            (behind,) = database.execute(query).fetchone()
        if not behind or time.monotonic() > ends:
            return int(behind)
        time.sleep(1)


def say_outcome(writers: int, seconds: float, outcome: Outcome) -> None:
    """Print the counts of one trial."""
    times = sorted(outcome.answers.seconds["save"]) or [0.0]
    cuts = statistics.quantiles(times, n=100) if len(times) > 1 else times * 99
    counts = Counter(
        {
            status: count
            for (what, status), count in outcome.answers.statuses.items()
            if what == "save"
        }
    )
    print(
        f"== {writers} writers, {seconds:.0f} s: {outcome.saved.total()} saved,"
        f" {len(outcome.refused)} refused, {len(outcome.lost)} lost;"
        f" answers {json.dumps(counts)}, p50 {cuts[49]:.2f} p95 {cuts[94]:.2f}"
        f" most {times[-1]:.2f} s; {outcome.behind} published rows behind",
        flush=True,
    )


def main() -> int:
    """Serve a site, and try it with two and with eight."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--writers", type=int, nargs="*", default=[2, 8])
    parser.add_argument("--no-list", action="store_true", help="import none meanwhile")
    args = parser.parse_args()
    wrong: list[str] = []
    with tempfile.TemporaryDirectory(prefix="market-writers-") as name:
        folder = Path(name)
        settings = {"JOBS": "1", "LIMITS": "0", "WEB_WORKERS": "2"}
        with site(folder, TRUSTED_PROXIES="1", **settings) as address:
            for writers in args.writers:
                outcome = run_trial(
                    address,
                    folder,
                    writers,
                    args.seconds,
                    with_list=not args.no_list,
                )
                say_outcome(writers, args.seconds, outcome)
                wrong += outcome.problems
    for text in wrong[:20]:
        print(f"   WRONG: {text}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
