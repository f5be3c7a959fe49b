"""What happens to cases without anybody pressing anything: dispatches lapse, quiet cases are named and given on."""

from __future__ import annotations

from datetime import timedelta

from marketplace import persistence
from marketplace.brokerage import announcements, overdue, settling
from marketplace.brokerage.life import REASSIGN_DAYS
from marketplace.brokerage.writing import term_days
from marketplace.clock import day_in_china, now, today
from marketplace.workdays.calendar import Deadline


def keep_clocks() -> tuple[int, int, int]:
    """Let everything happen whose day has come.

    Returns:
        how many dispatches lapsed, how many brokers were reminded, how many cases went back to the operators.
    """
    # Most runs find nothing, and whoever begins as a writer on SQLite keeps all others waiting.
    if not (overdue.unaccepted(today()) or overdue.abandoned() or overdue.quiet()):
        return 0, 0, 0
    persistence.begin_write()
    reassign_days = term_days(REASSIGN_DAYS)
    # Read once more: between the look and the turn to write a broker may have taken it up.
    lapsed = overdue.unaccepted(today())
    for case in lapsed:
        settling.take_from(case, "lapse", by=None, note="到期没有接单")
    given_on = overdue.abandoned()
    for case in given_on:
        note = f"{reassign_days} 天没有更新"
        settling.take_from(case, "reclaim", by=None, note=note)
    # After those that went back, which are touched now and get no reminder on top.
    reminded = overdue.quiet()
    for case in reminded:
        case.reminded_at = now()
        # From the last update and not from today: reminding gives no further days.
        last = day_in_china(case.touched_at) + timedelta(days=reassign_days)
        announcements.announce_quiet(case, Deadline(last).text)
    persistence.commit()
    return len(lapsed), len(reminded), len(given_on)
