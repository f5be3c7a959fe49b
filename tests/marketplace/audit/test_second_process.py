"""Two processes verify the audit as one does: what they find is the same to the word."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from config import Config
from marketplace import create_app
from marketplace.audit import publishing, second_process
from marketplace.audit.appending import append_entries
from marketplace.audit.comparing import Published, Report
from marketplace.audit.entries import Draft, Personal, entry_leaf, head_of, tail_of
from marketplace.audit.models import Entry, Withheld
from marketplace.audit.notes import open_checkpoint
from marketplace.audit.second_process import SecondProcess
from marketplace.audit.spans import NOTHING_WITHHELD, SOUND, check_span
from marketplace.audit.verifying import ERASE, STATEMENT, verify_audit
from marketplace.extensions import db
from tests.conftest import database
from tests.marketplace.audit.test_tampering import drop_triggers, empty_audit

BATCH, SPAN = 8, 16
ENTRIES = 150  # nine spans and a part of one
SIGNED = 83  # in the middle of a batch of a span that the other process takes
Attack = Callable[[sa.Connection], None]


@pytest.fixture
def site(tmp_path: Path, migrated: str) -> Iterator[Flask]:
    """A site whose entries are committed: another process sees them. Some withhold something, one is erased."""
    with database(tmp_path, like=migrated) as address:
        environ = {"MARKET_ENV": "test", "DATA_DIR": str(tmp_path)}
        environ["DATABASE_URL"] = address
        app = create_app(Config.from_env(environ))
        with app.app_context():
            empty_audit()
            begin = add_entries(SIGNED)
            assert begin == 0
            publishing.sign_checkpoint()
            add_entries(ENTRIES - SIGNED - 1)
            erase_value(5)
            db.session.remove()
            yield app
            db.session.remove()
            db.engine.dispose()


def add_entries(count: int) -> int:
    """Append entries; the place of the first."""
    drafts = []
    for number in range(count):
        personal = [
            Personal(part or None, {"address": f"203.0.113.{number}"})
            for part in range(number % 3)
        ]
        drafts.append(
            Draft("demand.approve", "demand", str(number), number % 5 or None, 3, {"no": number}, personal)
        )  # fmt: skip
    with db.engine.begin() as connection:
        return append_entries(connection, drafts).start


def erase_value(position: int) -> None:
    """Erase a withheld value of an entry as the site does."""
    with db.engine.begin() as hand:
        drop_triggers(hand)
        hand.execute(sa.delete(Withheld).where(Withheld.position == position))
        values = {"erased": [[position, 0], [position, 1]]}
        append_entries(hand, [Draft(ERASE, values=values)])


def verified(**sizes: int) -> Report:
    note = (publishing.folder() / "checkpoint").read_text()
    key = publishing.signer().verifier
    mailed = Published("mailed", open_checkpoint(note, key))
    copy = (publishing.folder() / "leaves").read_bytes()
    with db.engine.connect() as connection:
        return verify_audit(connection, [mailed], key, copy, **sizes)


def change_text(hand: sa.Connection) -> None:
    text = hand.scalar(sa.select(Entry.text).where(Entry.position == 101))
    text = text.replace("demand", "damned")
    hand.execute(sa.update(Entry).where(Entry.position == 101).values(text=text))


def rewrite_signed(hand: sa.Connection) -> None:
    text = hand.scalar(sa.select(Entry.text).where(Entry.position == 70))
    text = text.replace('"no":70', '"no":71')
    values = {"text": text, "leaf": entry_leaf(text)}
    hand.execute(sa.update(Entry).where(Entry.position == 70).values(**values))


def remove_one(hand: sa.Connection) -> None:
    # An entry that withholds nothing: the database itself keeps the others.
    hand.execute(sa.delete(Entry).where(Entry.position == 60))


def remove_a_span(hand: sa.Connection) -> None:
    gone = Entry.position.between(96, 127)
    hand.execute(sa.delete(Withheld).where(Withheld.position.between(96, 127)))
    hand.execute(sa.delete(Entry).where(gone))


def change_withheld(hand: sa.Connection) -> None:
    where = Withheld.position == 64
    hand.execute(sa.update(Withheld).where(where).values(salt="00" * 16))


def make_no_salt(hand: sa.Connection) -> None:
    hand.execute(
        sa.update(Withheld).where(Withheld.position == 64).values(salt="zz" * 16)
    )


def remove_withheld(hand: sa.Connection) -> None:
    hand.execute(sa.delete(Withheld).where(Withheld.position == 118))


def add_far_away(hand: sa.Connection) -> None:
    for position in (-7, 2**40):
        row = dict(hand.execute(sa.select(Entry.__table__)).mappings().first() or {})
        hand.execute(sa.insert(Entry.__table__), [row | {"position": position}])


def change_nothing(hand: sa.Connection) -> None:
    assert hand.scalar(sa.select(sa.func.count(Entry.position))) == ENTRIES


ATTACKS: dict[Attack, bool] = {
    change_nothing: True,
    change_text: False,
    rewrite_signed: False,
    remove_one: False,
    remove_a_span: False,
    change_withheld: False,
    make_no_salt: False,
    remove_withheld: False,
    add_far_away: False,
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_two_processes_find_what_one_finds(site: Flask, attack: Attack) -> None:
    with db.engine.begin() as hand:
        drop_triggers(hand)
        attack(hand)
    alone = verified()

    shared = verified(batch=BATCH, span=SPAN, large=0)

    assert alone.is_sound is ATTACKS[attack]
    assert shared == alone


def test_the_other_process_takes_what_is_left(site: Flask) -> None:
    spans = [(begin, begin + SPAN) for begin in range(0, 144, SPAN)]
    with db.engine.connect() as connection:
        other = SecondProcess(connection, spans, BATCH, [ERASE, STATEMENT])
        checked = other.checked()

    assert other.take_next() is None
    assert [*checked] == [begin for begin, _ in reversed(spans)]
    unsound = []
    for begin, batches in checked.items():
        unsound += [(begin, place) for place, one in enumerate(batches) if one is None]
    # The batch whose value was erased; the entry that says so stands after the last whole span.
    assert unsound == [(0, 0)]


@pytest.mark.parametrize("ends", ["at once", "in the middle"])
def test_a_process_that_ends_costs_time_only(
    site: Flask, tmp_path: Path, ends: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "ending.py"
    words = "import sys\nsys.stdin.readline()\n"
    if ends == "in the middle":
        words += f"sys.stdout.buffer.write({SOUND!r} + bytes(40))\n"
    program.write_text(words)
    monkeypatch.setattr(second_process, "PROGRAM", program)

    report = verified(batch=BATCH, span=SPAN, large=0)

    assert report == verified()
    assert report.is_sound


def test_without_room_for_a_process_everything_is_read_here(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nothing/is/here")

    report = verified(batch=BATCH, span=SPAN, large=0)

    assert report == verified()
    assert report.is_sound


def test_what_is_written_twice_is_the_same() -> None:
    assert tail_of([]) == NOTHING_WITHHELD
    for actor in (None, 7):
        text = f"{head_of(actor, 'at', 'd', actor, 'k', 0, 't')}{{}}{tail_of([])}"
        row = (0, text, entry_leaf(text), actor, "at", "d", actor, "k", "t")

        def read(query: str, row: Any = row) -> Iterator[list[Any]]:
            yield [row] if "audit_entry" in query else []

        answer = b"".join(check_span(read, 0, 1, 1, frozenset()))
        assert answer == SOUND + row[2] * 2
