"""The loop that sends what is due: claim, commit, send, commit. At most one mail is between two commits.

So a sender that is killed has at most one mail sent twice, and none lost. How a server is spoken to: `delivery.py`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from flask import Flask, current_app

from marketplace.errors import Busy
from marketplace.extensions import db
from marketplace.notices import upkeep
from marketplace.notices.delivery import Away, Carrier, Deferred, Refused, open_carrier

log = structlog.get_logger(__name__)

ONE_RUN = 240.0  # seconds, so that /readyz sees a run end now and then
FIRST_REST = (
    15.0  # seconds without a try after a server was away, doubled each time up to
)
LONGEST_REST = 900.0  # a wrong password tried four times a minute closes an account at its provider
MAX_NOTING = 60.0  # seconds for writing down that a mail went out, while others save


class MailAway(RuntimeError):  # noqa: N818  named by what happened
    """No mail goes out; the job failed, and /readyz says so."""


@dataclass
class Rest:
    """How long this process leaves a server alone that was away.

    Attributes:
        until: `time.monotonic` before which it is not tried.
        failures: in a row.
        reason: what it answered last.
    """

    until: float = 0.0
    failures: int = 0
    reason: str = ""
    clock: Callable[[], float] = field(default=time.monotonic)

    def lengthen(self, reason: str) -> None:
        """After a failure: rest twice as long as after the one before."""
        pause = min(FIRST_REST * 2**self.failures, LONGEST_REST)
        self.failures = min(self.failures + 1, 20)
        self.until = self.clock() + pause
        self.reason = reason

    def end(self) -> None:
        """After a success."""
        self.until = 0.0
        self.failures = 0
        self.reason = ""


def rest_of(app: Flask) -> Rest:
    """The rest of this process."""
    rest: Rest = app.extensions.setdefault("mail_rest", Rest())
    return rest


def send_due() -> str:
    """Send what is due.

    Returns:
        what was done, in a few words for the log.

    Raises:
        MailAway: no mail goes out; everything waits, and is tried again by itself.
    """
    upkeep.hold_restored()
    rest = rest_of(current_app._get_current_object())  # type: ignore[attr-defined]
    # Only where something is due: a server that is away troubles nobody who sends nothing.
    if rest.clock() < rest.until and upkeep.due_count():
        raise MailAway(rest.reason)
    ends = time.monotonic() + ONE_RUN
    counts = {"sent": 0, "refused": 0, "put off": 0}
    with open_carrier(current_app.config["MAIL_ROUTE"]) as carrier:
        while time.monotonic() < ends:
            claimed = upkeep.claim_next()
            if claimed is None:
                break
            try:
                outcome = send_claimed(carrier, claimed)
            except Away as error:
                rest.lengthen(str(error))
                raise MailAway(str(error)) from None
            # Also after a refusal: a server that refuses one mail is there.
            rest.end()
            counts[outcome] += 1
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def send_claimed(carrier: Carrier, claimed: upkeep.Claimed) -> str:
    """Send one mail and write down what became of it.

    Returns:
        `sent`, `refused` or `put off`.

    Raises:
        Away: no mail goes out; this one was put off too.
    """
    # Nothing of the database is open while a server is spoken to.
    db.session.rollback()
    try:
        carrier.send(claimed.message, name=claimed.name, address=claimed.address)
    except Refused as error:
        _note(upkeep.note_refused, claimed, str(error))
        log.warning("mail_refused", notice=claimed.id, reason=str(error))
        return "refused"
    except Deferred as error:
        _note(upkeep.note_deferred, claimed, str(error))
        return "put off"
    except Away as error:
        _note(upkeep.note_deferred, claimed, str(error))
        log.warning("mail_away", notice=claimed.id, reason=str(error))
        raise
    _note(upkeep.note_sent, claimed)
    return "sent"


def _note(write: Callable[..., bool], *values: object) -> None:
    """Write down what became of a mail, again and again while others save: one not written down is sent twice."""
    ends = time.monotonic() + MAX_NOTING
    while True:
        try:
            write(*values)
            return
        except Busy:
            if time.monotonic() > ends:
                raise
