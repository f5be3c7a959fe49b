"""Senders of mail are killed (-9) at every step of what they say to the server; nothing may be lost or sent much twice.

Run by hand: `python -m tests.chaos.mail [--messages 1000] [--kills 25] [--database postgresql://…]`; a short one is in
`tests/marketplace/notices/test_killed.py`. Ends with 1 where a promise was broken.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask
from flask_migrate import upgrade

from config import Config
from marketplace import create_app
from marketplace.contributions import Contributions, NoticeKind
from marketplace.extensions import db
from marketplace.notices import deeds, queries, sending, upkeep
from marketplace.notices.addresses import Recipient
from tests.chaos.__main__ import say
from tests.post_office import PostOffice, post_office
from tests.served import ROOT

SENDERS = 2  # at once, though one leader sends on a site: whoever claims must not need the leader
# Where the sender is killed: it has claimed a mail and sent nothing; has said more and more; the server has the mail
# and has not answered; it was answered and may or may not have written that down; anywhere.
STEPS = ("EHLO", "MAIL", "RCPT", "DATA", "taken", "answered", "anywhere")
TAKEN = ("taken", "answered", "anywhere")  # where one mail may go out twice
PATIENCE = 1800.0  # seconds for the whole


class UrgentRoom:
    """A room whose notices go out at any hour."""

    @staticmethod
    def notice_kinds() -> Iterator[NoticeKind]:
        """One kind."""
        yield NoticeKind("chaos.urgent", "急件", "这是一次试验。", urgent=True)


def make_app(environ: dict[str, str]) -> Flask:
    """The site of the trial."""
    app = create_app(Config.from_env(environ))
    collected: Contributions = app.extensions["contributions"]
    collected.rooms = (*collected.rooms, UrgentRoom)  # type: ignore[assignment]
    return app


@dataclass
class Executioner(PostOffice):
    """A server that kills who speaks to it.

    Attributes:
        sentences: steps at which somebody is still to be killed.
        killed: step → how many were.
        pid_of: finds the process of a connection by its port.
    """

    sentences: Counter[str] = field(default_factory=Counter)
    killed: Counter[str] = field(default_factory=Counter)
    alive: set[int] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def strike(self, step: str, session: Session) -> bool:
        """Kill the sender of this connection, if one is to be killed at this step."""
        with self.lock:
            if self.sentences[step] <= 0:
                return False
            pid = pid_at(session.peer[1], self.alive)
            if pid is None:
                return False
            self.sentences[step] -= 1
            self.killed[step] += 1
            os.kill(pid, signal.SIGKILL)
            return True

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, r: Any
    ) -> list[str]:
        self.strike("EHLO", session)
        return await super().handle_EHLO(server, session, envelope, hostname, r)

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, _o: Any
    ) -> str:
        self.strike("MAIL", session)
        return await super().handle_MAIL(server, session, envelope, address, _o)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, _o: Any
    ) -> str:
        self.strike("RCPT", session)
        return await super().handle_RCPT(server, session, envelope, address, _o)

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        # As a server that dies with the connection: it was not taken.
        if self.strike("DATA", session):
            return "451 gone"
        answer = await super().handle_DATA(server, session, envelope)
        if not self.strike("taken", session):
            # A moment later: the answer is on its way, and what it leads to.
            later = threading.Timer(0.002, self.strike, ("answered", session))
            later.daemon = True
            later.start()
        return answer


def pid_at(port: int, among: set[int]) -> int | None:
    """Which of some processes holds the local end of a connection on this machine, by /proc."""
    inode = ""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        parts = line.split()
        if int(parts[1].rpartition(":")[2], 16) == port:
            inode = parts[9]
    if not inode or inode == "0":
        return None
    for pid in among:
        with contextlib.suppress(OSError):
            for handle in Path(f"/proc/{pid}/fd").iterdir():
                with contextlib.suppress(OSError):
                    if os.readlink(handle) == f"socket:[{inode}]":
                        return pid
    return None


def breed(lease: float) -> None:
    """Fork a sender for each line of standard input, so that a new one costs no import; prints its number."""
    app = make_app(dict(os.environ))
    upkeep.LEASE = timedelta(seconds=lease)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            send_for_ever(app)
        print(pid, flush=True)


def send_for_ever(app: Flask) -> None:
    """A sender, until it is killed."""
    with app.app_context():
        while True:
            # What the work in the background does with whatever goes wrong: it is tried again.
            try:
                sending.send_due()
            except Exception:
                db.session.rollback()
                sending.rest_of(app).end()
            time.sleep(0.05)


@dataclass(frozen=True)
class Outcome:
    """What became of the mails of a trial.

    Attributes:
        lost: mails that no server got.
        doubled: mails that it got more often than once, each counted as often as that was too much.
        allowed: how many doubles the kills explain.
        unsent: notices that are not written down as sent.
        killed: step → kills.
        seconds: how long it took.
    """

    lost: int
    doubled: int
    allowed: int
    unsent: int
    killed: Counter[str]
    seconds: float

    @property
    def is_good(self) -> bool:
        """Whether every promise was kept."""
        return not self.lost and not self.unsent and self.doubled <= self.allowed


def trial(
    environ: dict[str, str], *, messages: int, kills: int, lease: float
) -> Outcome:
    """Write notices, and send them with senders that are killed.

    Args:
        environ: settings of the site, whose database is there and has no notices.
        messages: how many.
        kills: at each step.
        lease: seconds after which a mail of a killed sender is sent by another.
    """
    began = time.monotonic()
    app = make_app(environ)
    office = Executioner(sentences=Counter(dict.fromkeys(STEPS, kills)))
    with app.app_context(), _disposed_engine():
        for number in range(messages):
            deeds.notify(
                "chaos.urgent",
                Recipient(f"reader{number}@demo.example"),
                key=f"chaos {number}",
                subject=f"第 {number} 件",
                happened="试验。",
            )
        db.session.commit()
        with post_office(office):
            settings = {
                **os.environ,
                **environ,
                "MAIL_URL": f"smtp://127.0.0.1:{office.port}?from=noreply@demo.example",
            }
            unsent = _send_and_kill(office, settings, lease)
    got = Counter(office.uids)
    doubled = sum(got.values()) - len(got)
    return Outcome(
        lost=messages - len(got),
        doubled=doubled,
        allowed=sum(office.killed[step] for step in TAKEN),
        unsent=unsent,
        killed=office.killed,
        seconds=time.monotonic() - began,
    )


@contextlib.contextmanager
def _disposed_engine() -> Iterator[None]:
    """Close the connections to the database afterwards: a driver complains of those that are collected open."""
    try:
        yield
    finally:
        db.session.remove()
        db.engine.dispose()


def _send_and_kill(office: Executioner, settings: dict[str, str], lease: float) -> int:
    """Keep senders alive until nothing is left to send; how many notices are unsent then."""
    command = [sys.executable, "-m", "tests.chaos.mail", "--breed", str(lease)]
    breeder = subprocess.Popen(
        command,
        cwd=ROOT,
        env=settings,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert breeder.stdin is not None
    assert breeder.stdout is not None
    ends = time.monotonic() + PATIENCE
    unsent = -1
    try:
        while unsent and time.monotonic() < ends:
            _bury(office)
            while len(office.alive) < SENDERS:
                print("one more", file=breeder.stdin, flush=True)
                born = int(breeder.stdout.readline())
                with office.lock:
                    office.alive.add(born)
            time.sleep(0.1)
            _strike_anywhere(office)
            counts = queries.state_counts()
            unsent = counts["queued"] + counts["sending"]
            db.session.rollback()
    finally:
        for pid in office.alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        breeder.stdin.close()
        breeder.wait(30)
        breeder.stdout.close()
    counts = queries.state_counts()
    db.session.rollback()
    return sum(counts.values()) - counts["sent"]


def _bury(office: Executioner) -> None:
    with office.lock:
        gone = {pid for pid in office.alive if not Path(f"/proc/{pid}").exists()}
        office.alive -= gone


def _strike_anywhere(office: Executioner) -> None:
    """Kill one at whatever it does now, once some mail was sent."""
    with office.lock:
        if office.taken and office.alive and office.sentences["anywhere"] > 0:
            office.sentences["anywhere"] -= 1
            office.killed["anywhere"] += 1
            with contextlib.suppress(ProcessLookupError):
                os.kill(next(iter(office.alive)), signal.SIGKILL)


def main() -> None:
    """A trial in a folder of its own."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=25, help="at each step")
    parser.add_argument("--lease", type=float, default=20.0)
    parser.add_argument("--database", default="", help="an empty one on PostgreSQL")
    parser.add_argument("--breed", type=float, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.breed:
        breed(args.breed)
        return
    with tempfile.TemporaryDirectory(prefix="market-mail-") as name:
        database = args.database or f"sqlite:///{name}/market.db"
        environ = {"MARKET_ENV": "test", "DATA_DIR": name, "DATABASE_URL": database}
        with make_app(environ).app_context(), _disposed_engine():
            upgrade()
        outcome = trial(
            environ, messages=args.messages, kills=args.kills, lease=args.lease
        )
    say(
        f"{args.messages} mails, {outcome.killed.total()} kills: {dict(outcome.killed)}"
    )
    say(
        f"lost {outcome.lost}, sent twice {outcome.doubled} (allowed {outcome.allowed}),"
        f" not written down {outcome.unsent}, {outcome.seconds:.0f} s"
    )
    sys.exit(0 if outcome.is_good else 1)


if __name__ == "__main__":
    main()
