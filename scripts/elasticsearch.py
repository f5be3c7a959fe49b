#!/usr/bin/env python3
"""A real Elasticsearch for development, tests and CI, on loopback, without Docker: `start`, `stop`, `status`.

    scripts/elasticsearch.py fetch                                         (only what `start` would fetch first)
    scripts/elasticsearch.py start [--nodes 3] [--port 9200] [--heap 512m] [--security] [--folder /var/tmp/...]
    scripts/elasticsearch.py stop
    scripts/elasticsearch.py kill 1 | pause 0 | resume 0 | revive 1        (one node, for trials under fire)

The server is Elastic's own 8.19, fetched from Maven Central as the distribution that its integration tests run:
everything but the optional modules (docs/decisions/021). Needs Java 17 and Maven (Debian: openjdk-17-jre-headless,
maven). It refuses to run as root; started by root it runs as nobody. For production use the official packages.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

VERSION = "8.19.5"
ARTIFACT = f"org.elasticsearch.distribution.integ-test-zip:elasticsearch:{VERSION}:zip"
FETCHER = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"
PROGRAM = Path("/var/tmp/market-elasticsearch")  # noqa: S108  unpacked once, readable by nobody, no secret inside
RUNNING = Path("/var/tmp/market-elasticsearch-running")  # noqa: S108  data of trials, not worth keeping
NOBODY = 65534
PATIENCE = 180  # seconds until the cluster must have answered
FAREWELL = 30  # seconds between asking a node to end and making it

LOGGING = """status = error
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d %p %c{1.} %m%n
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
"""


def print_line(text: str) -> None:
    """Print one line at the terminal."""
    sys.stdout.write(text + "\n")


def unpack_server() -> Path:
    """The server's folder, fetched and unpacked on the first call."""
    home = PROGRAM / f"elasticsearch-{VERSION}"
    if (home / "complete").exists():
        return home
    maven = shutil.which("mvn")
    if maven is None or shutil.which("java") is None:
        sys.exit(
            "Java and Maven are needed: apt-get install openjdk-17-jre-headless maven"
        )
    PROGRAM.mkdir(parents=True, exist_ok=True)
    print_line(f"fetching Elasticsearch {VERSION} (95 MB, once)")
    subprocess.run(  # noqa: S603  our own arguments
        [
            maven,
            "-q",
            "-B",
            FETCHER,
            f"-Dartifact={ARTIFACT}",
            f"-DoutputDirectory={PROGRAM}",
        ],
        check=True,
    )
    archive = PROGRAM / f"elasticsearch-{VERSION}.zip"
    shutil.rmtree(home, ignore_errors=True)
    shutil.unpack_archive(archive, PROGRAM)
    archive.unlink()
    (home / "plugins").mkdir(exist_ok=True)
    for path in home.rglob("*"):  # a zip forgets who may run and read
        path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
    home.chmod(0o755)
    PROGRAM.chmod(0o755)
    (home / "complete").touch()
    return home


def node_settings(folder: Path, node: int, plan: dict[str, Any]) -> str:
    """One node's elasticsearch.yml."""
    http = plan["port"] + node
    transport = http + 100
    nodes = range(plan["nodes"])
    seeds = json.dumps([f"127.0.0.1:{plan['port'] + 100 + other}" for other in nodes])
    masters = json.dumps([f"node-{other}" for other in nodes])
    discovery = "discovery.type: single-node"
    if plan["nodes"] > 1:
        discovery = (
            f"discovery.seed_hosts: {seeds}\ncluster.initial_master_nodes: {masters}"
        )
    return f"""cluster.name: market-trial-{plan["port"]}
node.name: node-{node}
network.host: 127.0.0.1
http.port: {http}
transport.port: {transport}
path.data: {folder}/data
path.logs: {folder}/logs
{discovery}
action.auto_create_index: false
cluster.routing.allocation.disk.threshold_enabled: false
node.store.allow_mmap: false
xpack.security.enabled: {str(plan["security"]).lower()}
"""


def prepare_node(home: Path, running: Path, node: int, plan: dict[str, Any]) -> Path:
    """A node's own folder with its configuration."""
    folder = running / f"node-{node}"
    for part in ("config", "data", "logs", "tmp"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    (folder / "config" / "elasticsearch.yml").write_text(
        node_settings(folder, node, plan)
    )
    heap = plan["heap"]
    (folder / "config" / "jvm.options").write_text(
        f"-Xms{heap}\n-Xmx{heap}\n-Djava.io.tmpdir={folder / 'tmp'}\n"
    )
    (folder / "config" / "log4j2.properties").write_text(LOGGING)
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
    if plan["security"]:
        keystore = str(home / "bin" / "elasticsearch-keystore")
        for arguments, answer in (
            (["create"], ""),
            (["add", "-x", "bootstrap.password"], plan["password"]),
        ):
            subprocess.run(  # noqa: S603  our own arguments
                [keystore, *arguments],
                env=server_environment(folder),
                input=answer,
                text=True,
                check=True,
                **user_options(),
            )
    return folder


def server_environment(folder: Path) -> dict[str, str]:
    """What the server's start script reads."""
    java = Path(shutil.which("java") or "/usr/bin/java").resolve().parents[1]
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "LANG": "C.UTF-8",
        "ES_JAVA_HOME": str(java),
        "ES_PATH_CONF": str(folder / "config"),
        "ES_TMPDIR": str(folder / "tmp"),
    }


def user_options() -> dict[str, Any]:
    """Options of `subprocess` for the user the server runs as: never root, which it refuses."""
    if os.geteuid() != 0:
        return {}
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []}


def launch_node(home: Path, folder: Path) -> None:
    """Start one node in a session of its own and note its process number."""
    with (folder / "out.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603  our own arguments
            [str(home / "bin" / "elasticsearch")],
            cwd=home,
            env=server_environment(folder),
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            **user_options(),
        )
    (folder / "pid").write_text(str(process.pid))


def running_pid(folder: Path) -> int | None:
    """The node's process, None when it is gone or the number belongs to somebody else by now."""
    try:
        pid = int((folder / "pid").read_text())
        config = Path(f"/proc/{pid}/environ").read_bytes()
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return None
    return (
        pid if f"ES_PATH_CONF={folder}/config".encode() in config.split(b"\0") else None
    )


def cluster_health(
    plan: dict[str, Any], node: int = 0, wait: str = ""
) -> dict[str, Any]:
    """What one node says of the cluster; {} when it does not answer."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{plan['port'] + node}/_cluster/health{wait}"
    )
    if plan["security"]:
        pair = base64.b64encode(f"elastic:{plan['password']}".encode()).decode()
        request.add_header("Authorization", f"Basic {pair}")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  loopback
            answered: dict[str, Any] = json.load(answer)
            return answered
    except (urllib.error.URLError, OSError, ValueError):
        return {}


def start(args: argparse.Namespace) -> None:
    """Start the nodes and wait for the cluster."""
    running: Path = args.folder
    if any(running_pid(folder) for folder in running.glob("node-*")):
        return status(args)
    if args.security and args.nodes > 1:
        sys.exit("passwords between several nodes need certificates; use one node")
    home = unpack_server()
    plan = {"nodes": args.nodes, "port": args.port, "heap": args.heap, "security": args.security,
            "password": secrets.token_urlsafe(12) if args.security else ""}  # fmt: skip
    shutil.rmtree(running, ignore_errors=True)
    running.mkdir(parents=True)
    running.chmod(0o755)
    note = running / "plan.json"
    note.touch(mode=0o600)
    note.write_text(json.dumps(plan))
    folders = [prepare_node(home, running, node, plan) for node in range(args.nodes)]
    for folder in folders:
        launch_node(home, folder)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        wait = f"?wait_for_nodes={args.nodes}&timeout=5s"
        answer = cluster_health(plan, wait=wait)
        if answer.get("number_of_nodes") == args.nodes:
            return status(args)
        for folder in folders:
            if running_pid(folder) is None:
                log = (folder / "out.log").read_text(errors="replace")[-3000:]
                stop(args)
                sys.exit(f"{folder.name} did not start:\n{log}")
        time.sleep(0.3)
    stop(args)
    sys.exit(f"no answer within {PATIENCE} s; see {running}/node-0/out.log")


def stop(args: argparse.Namespace) -> None:
    """End the nodes that `start` began, and no other process."""
    folders = sorted(args.folder.glob("node-*"))
    for number, patience in (
        (signal.SIGCONT, 0),
        (signal.SIGTERM, FAREWELL),
        (signal.SIGKILL, 5),
    ):
        for folder in folders:
            send_signal(folder, number)
        end = time.monotonic() + patience
        while time.monotonic() < end and any(running_pid(folder) for folder in folders):
            time.sleep(0.2)
    message = "nothing was running"
    if folders:
        message = f"stopped {len(folders)} node(s)"
    print_line(message)
    shutil.rmtree(args.folder, ignore_errors=True)


def send_signal(folder: Path, number: signal.Signals) -> bool:
    """Send a signal to a node; whether there was one."""
    pid = running_pid(folder)
    if pid is None:
        return False
    # The launcher hands a request to end on to the server itself; what cannot be caught must be sent to both.
    both = number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGCONT)
    processes: list[int] = []
    if both:
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            processes.extend(int(child) for child in task.read_text().split())
    # The launcher last: it goes with its children.
    for process in (*processes, pid):
        os.kill(process, number)
    return True


def control_node(args: argparse.Namespace) -> None:
    """kill, pause, resume or revive one node."""
    folder = args.folder / f"node-{args.node}"
    if args.deed == "revive":
        if running_pid(folder) is None:
            launch_node(unpack_server(), folder)
        return
    number = {
        "kill": signal.SIGKILL,
        "pause": signal.SIGSTOP,
        "resume": signal.SIGCONT,
    }[args.deed]
    if not send_signal(folder, number):
        sys.exit(f"{folder.name} is not running")


def status(args: argparse.Namespace) -> None:
    """Say what runs and where."""
    try:
        plan = json.loads((args.folder / "plan.json").read_text())
    except FileNotFoundError:
        print_line("nothing is running")
        sys.exit(1)
    answer = cluster_health(plan)
    print_line(
        f"http://127.0.0.1:{plan['port']} {answer.get('status', 'no answer')}, "
        f"{answer.get('number_of_nodes', 0)} node(s)"
    )
    if plan["security"]:
        print_line(f"user elastic, password {plan['password']}")
    if not answer:
        sys.exit(1)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "deed",
        choices=(
            "fetch",
            "start",
            "stop",
            "status",
            "kill",
            "pause",
            "resume",
            "revive",
        ),
    )
    parser.add_argument("node", nargs="?", type=int, default=0)
    parser.add_argument("--nodes", type=int, default=1)
    parser.add_argument("--port", type=int, default=9200)
    parser.add_argument("--heap", default="512m")
    parser.add_argument(
        "--security", action="store_true", help="ask for a password (it is printed)"
    )
    parser.add_argument("--folder", type=Path, default=RUNNING)
    args = parser.parse_args()
    args.folder = args.folder.resolve()
    if args.deed == "fetch":
        unpack_server()
        return
    {"start": start, "stop": stop, "status": status}.get(args.deed, control_node)(args)


if __name__ == "__main__":
    main()
