"""The whole site under load: gunicorn as deployed, many clients with no time to think, every page requested for real.

    .venv/bin/python -m benchmarks.web --folder FOLDER                        SQLite and its index
    DATABASE_URL=… SEARCH_URL=… .venv/bin/python -m benchmarks.web --folder FOLDER    PostgreSQL and Elasticsearch

Fills a site of its own with made-up listings (nine achievements to one demand), serves it with two workers and asks for
search, detail and matches, each for a while, from a process of its own. Everything is on this machine's loopback. A
folder filled by an earlier run is used again; both servers must be empty at the first. `--texts` names tables of your
own (see README.md) to draw the listings and the questions from, instead of the sample lists.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import io
import itertools
import os
import pstats
import random
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask_migrate import upgrade

from benchmarks import texts
from benchmarks.inputs import existing_path
from config import Config
from marketplace import create_app
from marketplace.accounts import deeds as account_deeds
from marketplace.clock import now
from marketplace.dictionaries import deeds as dictionary_deeds
from marketplace.extensions import db
from marketplace.listings import upkeep
from marketplace.listings.models import LISTINGS
from marketplace.listings.schema import terms
from marketplace.organisations.models import Organisation, key_of
from matching import text as words_of
from tests.served import BIN, ROOT, free_port

DISTRICTS = (
    "371502",
    "371503",
    "371521",
    "371522",
    "371524",
    "371525",
    "371526",
    "371581",
)
CHAINS = ("bearing", "copper", "aluminium", None)
FIELDS = ("804", "401", "301", "101", "501")
OWNERS = 200
BATCH = 1000
SIMPLIFIED = "简化检索".encode()
ADDRESSES = 20_000  # each requested at most once in a minute, so that nothing is answered from memory


def fill_site(app: Flask, count: int, sources: list[texts.Text]) -> dict[str, float]:
    """Write the listings, the index and the artefacts; seconds of each."""
    took: dict[str, float] = {}

    def timed(name: str, began: float) -> None:
        took[name] = time.monotonic() - began
        print(f"  {name}: {took[name]:.0f} s", flush=True)

    with app.app_context():
        upgrade()
        dictionary_deeds.seed_dictionaries()
        account_deeds.seed_roles()
        began, draw = time.monotonic(), random.Random(1)  # noqa: S311  made-up rows
        owners = [
            Organisation(
                name=f"第{n}号示例单位",
                name_key=key_of(f"第{n}号示例单位"),
                kind="firm",
                district_code=draw.choice(DISTRICTS),
                state="verified",
                uscc=f"91371502X{n:08d}Y",
                verified_at=now(),
            )
            for n in range(OWNERS)
        ]
        db.session.add_all(owners)
        db.session.commit()
        ids = [owner.id for owner in owners]
        batch: dict[str, list[dict[str, Any]]] = {kind: [] for kind in LISTINGS}
        for number, document in enumerate(texts.generate_catalogue(sources, count)):
            kind = "demand" if number % 10 == 0 else "achievement"
            batch[kind].append(
                _row(kind, number, document.title, document.text, draw, ids)
            )
            if len(batch[kind]) == BATCH:
                db.session.execute(db.insert(LISTINGS[kind].__table__), batch[kind])
                batch[kind] = []
        for kind, rows in batch.items():
            if rows:
                db.session.execute(db.insert(LISTINGS[kind].__table__), rows)
        db.session.commit()
        # Rows inserted by the table have no cards yet, as after a migration.
        upkeep.write_cards()
        upkeep.refresh_statistics()
        timed("rows", began)
        began = time.monotonic()
        upkeep.index_rebuild()
        timed("index", began)
        began = time.monotonic()
        app.extensions["matchers"].fit()
        timed("matcher", began)
    return took


def _row(
    kind: str,
    number: int,
    title: str,
    body: str,
    draw: random.Random,
    owners: list[int],
) -> dict[str, Any]:
    moment = now() - timedelta(minutes=number)
    title = f"{title[:80]}（{number}）"
    row: dict[str, Any] = {
        "title": title,
        "title_key": key_of(title),
        "state": "published",
        "visibility": "public",
        "organisation_id": draw.choice(owners),
        "chain_code": draw.choice(CHAINS),
        "field_codes": [draw.choice(FIELDS)],
        "keywords": [],
        "industry_codes": [],
        "valid_until": (moment + timedelta(days=700)).date(),
        "submitted_at": moment,
        "published_at": moment,
        "created_at": moment,
        "updated_at": moment,
        "revision": 1,
    }
    if kind == "achievement":
        shown = {
            "summary": body,
            "stage": draw.choice(list(terms.STAGES)),
            "price_mode": "negotiable",
        }
        return row | shown | {"forms": [], "conversion_modes": ["license"]}
    return row | {
        "problem": body,
        "budget_negotiable": True,
        "cooperation_modes": ["cooperative_dev"],
    }


def collect_addresses(app: Flask, sources: list[texts.Text]) -> dict[str, list[str]]:
    """What is requested: page → addresses, each list in an order of its own."""
    draw = random.Random(2)  # noqa: S311  made-up questions
    with app.app_context():
        ids = {
            k: list(db.session.scalars(db.select(t.id).order_by(t.id)))
            for k, t in LISTINGS.items()
        }
    details = [f"/{kind}s/{i}" for kind in LISTINGS for i in ids[kind]]
    matches = [f"/demands/{i}/matches" for i in ids["demand"]]
    draw.shuffle(details)
    draw.shuffle(matches)
    return {
        "search": _searches(sources, draw),
        "detail": details[:ADDRESSES],
        "matches": matches[:ADDRESSES],
    }


def _searches(sources: list[texts.Text], draw: random.Random) -> list[str]:
    """Different searches: one to three words of one title, now and then of two titles that have nothing in common."""
    titles = [
        words
        for title, _ in sources
        if (words := [w for w in words_of.words(title, stop=True) if len(w) > 1])
    ]
    found: dict[str, None] = {}
    for _ in range(3 * ADDRESSES):
        first, second = draw.choice(titles), draw.choice(titles)
        words = draw.sample(first, min(draw.choice((1, 1, 2, 2, 3)), len(first)))
        if draw.random() < 0.1:
            words = [words[0], draw.choice(second)]
        query = {"q": " ".join(words)}
        if draw.random() < 0.3:
            query["district"] = draw.choice(DISTRICTS)
        found["/search?" + urllib.parse.urlencode(query)] = None
    return list(found)[:ADDRESSES]


async def _client(
    port: int,
    paths: list[str],
    end: float,
    seconds: list[float],
    statuses: Counter[str],
) -> None:
    """Page after page, each over a connection of its own, as the proxy of deploy/nginx.conf does."""
    for path in itertools.cycle(paths):
        began = time.monotonic()
        if began > end:
            return
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\nConnection: close\r\n\r\n"
            writer.write(request.encode())
            head, _, page = (await reader.read()).partition(b"\r\n\r\n")
            writer.close()
            status = head.split(b" ", 2)[1].decode()
            whole = int(
                head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            ) == len(page)
        except (OSError, IndexError, ValueError):
            whole = False
        if not whole:
            statuses["broken"] += 1
            continue
        seconds.append(time.monotonic() - began)
        statuses[status] += 1
        # Answered by the embedded engine because the cluster did not.
        statuses["simplified"] += SIMPLIFIED in page


def apply_load(
    port: int, paths: list[str], clients: int, duration: float
) -> tuple[list[float], Counter[str]]:
    """Ask without pause from so many clients for so long; seconds of each answer and their statuses."""
    seconds: list[float] = []
    statuses: Counter[str] = Counter()

    async def everybody() -> None:
        end = time.monotonic() + duration
        step = max(1, len(paths) // clients)
        await asyncio.gather(
            *(
                _client(
                    port, paths[n * step :] + paths[: n * step], end, seconds, statuses
                )
                for n in range(clients)
            )
        )

    asyncio.run(everybody())
    return seconds, statuses


def profile_pages(app: Flask, paths: list[str], count: int = 200) -> str:
    """Where the time of one page goes: our functions and the heaviest of the libraries."""
    client, watch, text = app.test_client(), cProfile.Profile(), io.StringIO()
    for path in paths[:20]:
        client.get(path)
    watch.enable()
    for path in paths[20 : 20 + count]:
        client.get(path)
    watch.disable()
    pstats.Stats(watch, stream=text).sort_stats("cumulative").print_stats(45)
    lines = [
        line for line in text.getvalue().splitlines() if "/" in line or "{" in line
    ]
    return "\n".join(
        f"    {line.strip().replace(str(ROOT) + '/', '')}" for line in lines
    )


def main() -> None:
    """Fill, serve, ask, print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--listings", type=int, default=100_000)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--threads", default="4")
    parser.add_argument(
        "--folder",
        type=Path,
        help="a site filled by an earlier run, or where to keep this one",
    )
    parser.add_argument(
        "--texts",
        type=existing_path,
        nargs="+",
        help="tables to draw from, instead of the sample lists",
    )
    parser.add_argument("--pages", nargs="+", default=["search", "detail", "matches"])
    parser.add_argument("--profile", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="market-load-") as name:
        folder = args.folder or Path(name)
        port = free_port()
        env = {
            **os.environ,
            "MARKET_ENV": "demo",
            "LIMITS": "0",
            "JOBS": "0",
            "DATA_DIR": str(folder),
            "PORT": str(port),
            "WEB_WORKERS": "2",
        }
        env["WEB_THREADS"] = args.threads
        sources = [
            text for path in args.texts or () for text in texts.read_table(path)
        ] or texts.read_samples()
        app = create_app(Config.from_env(env))
        print(
            f"{args.listings} listings, {args.clients} clients, {args.seconds:.0f} s each",
            flush=True,
        )
        if not (folder / "filled").exists():
            fill_site(app, args.listings, sources)
            (folder / "filled").touch()
        requested = {}
        for page, paths in collect_addresses(app, sources).items():
            if page in args.pages:
                requested[page] = paths
        if args.profile:
            for page, paths in requested.items():
                print(f"{page}\n{profile_pages(app, paths)}")
            return
        serve_site(app, env, requested, port, args)


def serve_site(
    app: Flask,
    env: dict[str, str],
    requested: dict[str, list[str]],
    port: int,
    args: argparse.Namespace,
) -> None:
    """Serve the site and measure each page."""
    app.extensions["search"].close()
    with app.app_context():
        db.engine.dispose()
    command = [BIN / "gunicorn", "--config", "gunicorn.conf.py", "wsgi:application"]
    with (Path(env["DATA_DIR"]) / "gunicorn.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=env, stderr=log)  # noqa: S603  our own command
    try:
        for _ in range(120):
            if apply_load(port, ["/healthz"], 1, 0.01)[0]:
                break
            time.sleep(0.5)
        print(
            "| page | req/s | p50 ms | p95 ms | p99 ms | CPU ms | busy | errors |\n|---|---|---|---|---|---|---|---|"
        )
        for page, paths in requested.items():
            apply_load(
                port, paths[::-1], args.clients, min(5.0, args.seconds)
            )  # every worker has seen the page
            began, worked, busy = time.monotonic(), _worked(server.pid), _busy()
            seconds, statuses = apply_load(port, paths, args.clients, args.seconds)
            rate = len(seconds) / (time.monotonic() - began)
            each = 1000 * (_worked(server.pid) - worked) / len(seconds)
            cuts = [1000 * cut for cut in statistics.quantiles(seconds, n=100)]
            errors = {
                status: number
                for status, number in statuses.items()
                if status != "200" and number
            }
            shown = " | ".join(
                f"{cut:.0f}" for cut in (rate, cuts[49], cuts[94], cuts[98], each)
            )
            print(
                f"| {page} | {shown} | {_busy() - busy:.0f} s | {errors or 0} |",
                flush=True,
            )
    finally:
        server.terminate()
        server.wait(60)


def _busy() -> float:
    """Seconds of processor time of everybody on this machine, to see who else was at work."""
    times = [
        int(field)
        for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    ]
    return (sum(times) - times[3] - times[4]) / os.sysconf("SC_CLK_TCK")


def _worked(pid: int) -> float:
    """Seconds of processor time of a process and its children: the web alone, without servers behind it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    fields = [
        Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        for one in (pid, *children)
    ]
    return sum(int(field[11]) + int(field[12]) for field in fields) / os.sysconf(
        "SC_CLK_TCK"
    )


if __name__ == "__main__":
    sys.exit(main())
