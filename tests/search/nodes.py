"""A trial on three nodes: documents are written and looked for while one node after the other is killed with -9.
Not a test that pytest collects; `python -m tests.search.nodes`, also in `make chaos`, ends with 1 if a promise breaks.

An acknowledged document is never lost, and no question goes without an answer for more than two seconds.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from uuid import uuid4

from search import Document, Engine, Query, SearchError, SearchUnavailable, open_engine
from search.cluster import ElasticEngine

FOLDER = Path("/var/tmp/market-nodes-trial")  # noqa: S108  data of trials, not worth keeping
SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "elasticsearch.py"
NODES = 3
LONGEST = 2.0  # seconds a question may wait for its answer
PATIENCE = 120.0  # seconds until a killed node is back with all copies


def say(text: str) -> None:
    """Print for the person at the terminal, with the time."""
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


class Trial:
    """Writers and readers over one index, and the book of what was acknowledged."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.embedded = f"sqlite:///{folder}/search.db"
        self.over = threading.Event()
        self.book: dict[int, int] = {}  # id → the highest version that was acknowledged
        self.removed: dict[int, int] = {}
        self.refused = 0
        self.waits: list[float] = []
        self.simpler = 0
        self.troubles: list[str] = []

    def engine(self) -> Engine:
        """The engines as another process of the site would have them."""
        return open_engine(self.url, fallback=self.embedded)

    def begin(self) -> None:
        """Make both indices, empty."""
        ElasticEngine(self.url, deed_seconds=PATIENCE).put([])
        open_engine(self.embedded).rebuild([])

    def write(self, first: int) -> None:
        """Put, change and remove documents of one's own, each until it is acknowledged."""
        engine, step = self.engine(), 0
        while not self.over.is_set():
            ident, version = first + step % 400, 1 + step // 400
            gone = step % 10 == 9
            try:
                if gone:
                    engine.remove([("demand", ident, version)])
                else:
                    engine.put(
                        [
                            Document(
                                "demand",
                                ident,
                                version,
                                f"轴承保持架 {ident}",
                                f"第 {version} 版",
                            )
                        ]
                    )
            except SearchUnavailable:
                self.refused += (
                    1  # not acknowledged: the row would stay dirty and is written again
                )
                time.sleep(0.1)
                continue
            except SearchError as error:
                self.troubles.append(repr(error))
            self.book[ident] = version
            if gone:
                self.removed[ident] = version
            step += 1
        engine.close()

    def read(self) -> None:
        """Ask, and note how long the answer took and whether the embedded index gave it."""
        engine = self.engine()
        while not self.over.is_set():
            begun = time.monotonic()
            try:
                self.simpler += engine.find(Query("轴承")).degraded
            except SearchUnavailable as error:
                self.troubles.append(repr(error))
            self.waits.append(time.monotonic() - begun)
            time.sleep(0.05)  # leaves the processors to the nodes
        engine.close()

    def find_losses(self) -> list[str]:
        """What of the acknowledged is not there as it should be."""
        there = {
            ident: version for _, ident, version in ElasticEngine(self.url).versions()
        }
        lost = []
        for ident, version in self.book.items():
            gone = self.removed.get(ident) == version
            if gone and there.get(ident, -1) == version:
                lost.append(f"{ident} is back")
            elif (
                not gone
                and there.get(ident, -1) < version
                and self.removed.get(ident, -1) <= version
            ):
                lost.append(
                    f"{ident} is of version {there.get(ident)}, {version} was acknowledged"
                )
        return lost


def health(port: int) -> dict[str, object]:
    """What any node that answers says of the cluster."""
    for node in range(NODES):
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{port + node}/_cluster/health", timeout=5
            ) as answer:
                found: dict[str, object] = json.load(answer)
                return found
        except OSError:
            continue
    return {}


def whole(port: int) -> bool:
    """Wait until every node is there and every copy in step."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        state = health(port)
        if state.get("status") == "green" and state.get("number_of_nodes") == NODES:
            return True
        time.sleep(0.5)
    return False


def main() -> int:
    """Start the nodes, kill each in turn, count what is lost, end the nodes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, default=9320)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument(
        "--seconds",
        type=float,
        default=8.0,
        help="before the first kill and after each",
    )
    args = parser.parse_args()
    if shutil.which("java") is None or shutil.which("mvn") is None:
        say(
            "SKIPPED: Elasticsearch needs Java and Maven (apt-get install openjdk-17-jre-headless maven)"
        )
        return 0

    def nodes(*deed: str) -> None:
        command = [
            sys.executable,
            str(SCRIPT),
            *deed,
            "--port",
            str(args.port),
            "--folder",
            str(args.folder),
        ]
        subprocess.run(command, check=True)

    nodes("start", "--nodes", str(NODES), "--heap", "400m")
    try:
        hosts = ",".join(f"127.0.0.1:{args.port + node}" for node in range(NODES))
        whole(args.port)
        trial = Trial(f"http://{hosts}/nodes-{uuid4().hex[:8]}", args.folder)
        trial.begin()
        threads = [
            threading.Thread(target=trial.write, args=(n * 1_000,)) for n in (1, 2)
        ]
        threads += [threading.Thread(target=trial.read) for _ in range(3)]
        for thread in threads:
            thread.start()
        healed = True
        time.sleep(args.seconds)
        for node in range(NODES):
            say(
                f"kill -9 node {node}; {len(trial.book)} documents acknowledged, {len(trial.waits)} answers"
            )
            nodes("kill", str(node))
            time.sleep(args.seconds)
            nodes("revive", str(node))
            healed = whole(args.port) and healed
        time.sleep(args.seconds / 2)
        trial.over.set()
        for thread in threads:
            thread.join()
        lost, longest = trial.find_losses(), max(trial.waits)
        say(
            f"{len(trial.book)} documents acknowledged, {len(trial.removed)} of them removals, "
            f"{trial.refused} writes refused and repeated; {len(trial.waits)} answers, "
            f"{trial.simpler} from the embedded index, longest wait {longest:.2f} s; lost: {len(lost)}"
        )
        problems = [*lost[:10], *trial.troubles[:10]]
        problems += [f"an answer took {longest:.2f} s"] if longest > LONGEST else []
        problems += [] if healed else [f"not green within {PATIENCE:.0f} s"]
        for problem in problems:
            say(f"BROKEN: {problem}")
        return 1 if problems else 0
    finally:
        nodes("stop")


if __name__ == "__main__":
    sys.exit(main())
