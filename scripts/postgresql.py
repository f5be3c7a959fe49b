#!/usr/bin/env python3
"""A real PostgreSQL for development, tests and CI, on loopback: `start`, `fresh NAME`, `status`, `stop`.

    scripts/postgresql.py start [--port 5433] [--folder /var/tmp/...]
    scripts/postgresql.py fresh market      an empty database of that name (an old one is dropped); prints its address
    scripts/postgresql.py restart | kill    for trials under fire: end quickly and start again, or end like a crash
    scripts/postgresql.py stop

It is a cluster of its own in a folder of its own, made with Debian's programs (`apt-get install postgresql`), so that
nobody's databases are touched. PostgreSQL refuses to run as root; started by root it runs as the user `postgres`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

RUNNING = Path("/var/tmp/market-postgresql-running")  # noqa: S108  data of trials, not worth keeping
ROLE = "market"
ROOT_RUNS_AS = "postgres"
# For trials: nothing waits for the disk. What a killed process had written lies with the system and is there when it
# starts again; only a machine that loses power would lose it. Tests copy whole databases, and the log of what is
# written stays short, for the folder may be in memory.
SETTINGS = """
fsync = off
full_page_writes = off
max_wal_size = 256MB
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{folder}'
logging_collector = off
"""


def print_line(text: str) -> None:
    """Print one line at the terminal."""
    sys.stdout.write(text + "\n")


def find_programs() -> Path | None:
    """The folder of PostgreSQL's programs: of the newest version that is installed; None when none is."""
    # Debian puts them outside PATH, one folder a version.
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: int(path.parent.parent.name),
    )
    if installed:
        return installed[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        return None
    return Path(on_path).parent


def user_options() -> dict[str, Any]:
    """Options of `subprocess` for the user the server runs as: never root, which it refuses."""
    if os.geteuid() != 0:
        return {}
    return {"user": ROOT_RUNS_AS, "group": ROOT_RUNS_AS, "extra_groups": []}


def run_program(
    name: str, *arguments: str, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs."""
    place = find_programs()
    if place is None:
        sys.exit("PostgreSQL is needed: apt-get install postgresql")
    settings: dict[str, Any] = {
        "check": True,
        "text": True,
        "cwd": "/",
        **user_options(),
        **options,
    }
    return subprocess.run([str(place / name), *arguments], **settings)  # noqa: S603  our own arguments


def run_pg_ctl(
    folder: Path, *arguments: str, **options: Any
) -> subprocess.CompletedProcess[str]:
    """pg_ctl on the cluster of a folder."""
    return run_program(
        "pg_ctl",
        "-D",
        str(folder / "data"),
        "-l",
        str(folder / "log"),
        *arguments,
        **options,
    )


def is_running(folder: Path) -> bool:
    """Whether the server of a folder is up."""
    if not (folder / "data").is_dir():
        return False
    done = run_pg_ctl(folder, "status", check=False, stdout=subprocess.DEVNULL)
    return done.returncode == 0


def plan_of(folder: Path) -> dict[str, Any]:
    """Port and password of the cluster of a folder."""
    try:
        plan: dict[str, Any] = json.loads((folder / "plan.json").read_text())
    except FileNotFoundError:
        sys.exit("nothing is running")
    return plan


def database_url(plan: dict[str, Any], database: str) -> str:
    """The address of a database, as DATABASE_URL takes it."""
    return f"postgresql://{ROLE}:{plan['password']}@127.0.0.1:{plan['port']}/{database}"


def start(args: argparse.Namespace) -> None:
    """Make the cluster where there is none and start its server."""
    folder: Path = args.folder
    if is_running(folder):
        return
    if not (folder / "data" / "PG_VERSION").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o755)
        plan = {"port": args.port, "password": secrets.token_urlsafe(16)}
        # Readable by their owner alone before anything is in them.
        for name, text in (
            ("plan.json", json.dumps(plan)),
            ("password", plan["password"]),
        ):
            (folder / name).touch(mode=0o600)
            (folder / name).write_text(text)
        if os.geteuid() == 0:
            for path in (folder, folder / "password"):
                shutil.chown(path, ROOT_RUNS_AS, ROOT_RUNS_AS)
        how = (
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--auth=scram-sha-256",
            f"--username={ROLE}",
        )
        run_program(
            "initdb",
            "-D",
            str(folder / "data"),
            *how,
            f"--pwfile={folder / 'password'}",
            stdout=subprocess.DEVNULL,
        )
        (folder / "password").unlink()  # the plan has it too
        with (folder / "data" / "postgresql.conf").open("a") as file:
            file.write(SETTINGS.format(port=args.port, folder=folder))
    run_pg_ctl(folder, "start", "-w", "-s")


def fresh(args: argparse.Namespace) -> None:
    """An empty database, and its address on the last line."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", args.name):
        sys.exit("a name of small letters, digits and _ is needed")
    start(args)
    plan = plan_of(args.folder)
    for text in (
        f"drop database if exists {args.name} with (force)",
        f"create database {args.name}",
    ):
        run_program("psql", "-q", "-X", "-v", "ON_ERROR_STOP=1", "-c", text, database_url(plan, "postgres"),
            env={**os.environ, "PGOPTIONS": "-c client_min_messages=warning"})  # fmt: skip
    print_line(database_url(plan, args.name))


def status(args: argparse.Namespace) -> None:
    """Say what runs and where."""
    if not is_running(args.folder):
        sys.exit("nothing is running")
    print_line(database_url(plan_of(args.folder), "postgres"))


def stop(args: argparse.Namespace) -> None:
    """End the server of the folder and throw its data away."""
    if is_running(args.folder):
        run_pg_ctl(args.folder, "stop", "-m", "fast", "-w", "-s")
        print_line("stopped")
    else:
        print_line("nothing was running")
    if (args.folder / "plan.json").exists():
        shutil.rmtree(args.folder)


def restart(args: argparse.Namespace) -> None:
    """End the server without waiting for its clients, and start it again."""
    run_pg_ctl(args.folder, "restart", "-m", "fast", "-w", "-s")


def kill(args: argparse.Namespace) -> None:
    """End the server like a crash (`start` begins it again and recovers)."""
    run_pg_ctl(args.folder, "stop", "-m", "immediate", "-w", "-s")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    deeds = {
        "start": start,
        "fresh": fresh,
        "status": status,
        "stop": stop,
        "restart": restart,
        "kill": kill,
    }
    parser.add_argument("deed", choices=(*deeds, "installed"))
    parser.add_argument("name", nargs="?", default="market")
    parser.add_argument("--port", type=int, default=5433)
    parser.add_argument("--folder", type=Path, default=RUNNING)
    args = parser.parse_args()
    if args.deed == "installed":
        if find_programs() is None:
            sys.exit("PostgreSQL is not installed: apt-get install postgresql")
        sys.exit(0)
    args.folder = args.folder.resolve()
    deeds[args.deed](args)


if __name__ == "__main__":
    main()
