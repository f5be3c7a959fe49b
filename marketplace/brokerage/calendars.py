"""Last days as an iCalendar file (RFC 5545): one entry of a whole day for everything that waits."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from marketplace.brokerage.queries import Card
from marketplace.clock import now

LINE = 75  # octets of a line, without its end (RFC 5545, 3.1)


def calendar_of(cards: Iterable[Card], host: str) -> str:
    """A calendar of the last days of cases.

    Args:
        cards: what waits for one person; those without a last day are left out.
        host: of the site, for the names of the entries: a calendar that reads the file again changes them.

    Returns:
        the file, its lines ended by CR LF and none longer than 75 octets.
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//brokerage//zh-CN//",
        "CALSCALE:GREGORIAN",
    ]
    for card in cards:
        turn = card.turn
        if turn is None or turn.due_on is None:
            continue
        names = f"{card.sides[0].name} 与 {card.sides[1].name}"
        # DTEND is the first day after (RFC 5545, 3.6.1).
        after = turn.due_on + timedelta(days=1)
        # A whole day has no zone: it is the same day in every calendar.
        lines += [
            "BEGIN:VEVENT",
            f"UID:brokerage-{card.case.id}@{host}",
            f"DTSTAMP:{now():%Y%m%dT%H%M%SZ}",
            # Grows with every deed, so that a calendar takes a moved day for the newer one.
            f"SEQUENCE:{card.case.revision}",
            f"DTSTART;VALUE=DATE:{turn.due_on:%Y%m%d}",
            f"DTEND;VALUE=DATE:{after:%Y%m%d}",
            f"SUMMARY:{_escaped(f'撮合：{turn.what}')}",
            f"DESCRIPTION:{_escaped(f'{names}。最晚 {turn.until}')}",
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            f"DESCRIPTION:{_escaped(turn.what)}",
            # A day before the beginning of the last day, as long as there is time to do it.
            "TRIGGER:-P1D",
            "END:VALARM",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _escaped(text: str) -> str:
    """A text as a value (RFC 5545, 3.3.11)."""
    # The backslash first, or those that the others bring would be doubled.
    for mark in ("\\", ";", ","):
        text = text.replace(mark, f"\\{mark}")
    return text.replace("\r\n", "\n").replace("\n", "\\n")


def _folded(line: str) -> str:
    """A line in pieces of at most 75 octets, never within a character."""
    pieces = [""]
    size = 0
    for character in line:
        octets = len(character.encode())
        if size + octets > LINE:
            # What goes on begins with a space, which counts.
            pieces.append(" ")
            size = 1
        pieces[-1] += character
        size += octets
    return "\r\n".join(pieces)
