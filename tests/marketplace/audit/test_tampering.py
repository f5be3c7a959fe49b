"""An attacker who may write everything in the database is found, against the last published checkpoint.

The attacker drops the triggers first, knows this program, computes every hash again where that helps, and has not the
key. Each attack is rolled back, so that all of them meet the same audit.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from config import Config
from marketplace import create_app
from marketplace.audit import publishing
from marketplace.audit.appending import append_entries
from marketplace.audit.branches import Branch, statement_text
from marketplace.audit.comparing import Published, Report
from marketplace.audit.entries import (
    Draft,
    Personal,
    canonical,
    digest_of,
    entry_leaf,
)
from marketplace.audit.models import Entry, StoredCheckpoint, Withheld
from marketplace.audit.notes import Checkpoint, Signer, open_checkpoint
from marketplace.audit.tree import root_of
from marketplace.audit.verifying import verify_audit
from marketplace.extensions import db
from tests.conftest import database

SIGNED = 120  # entries under the published checkpoint
TABLES = ("audit_entry", "audit_personal", "audit_checkpoint")
MORE = 30  # entries since
ATTACKS = 200


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, migrated: str) -> Iterator[Flask]:
    """A site with 120 signed entries and 30 since."""
    folder = tmp_path_factory.mktemp("tampered")
    with database(folder, like=migrated) as address:
        app = create_app(
            Config.from_env(
                {
                    "MARKET_ENV": "test",
                    "DATA_DIR": str(folder),
                    "DATABASE_URL": address,
                }
            )
        )
        with app.app_context():
            empty_audit()
            add_entries(SIGNED // 2)
            publishing.sign_checkpoint()
            add_entries(SIGNED // 2)
            publishing.sign_checkpoint()
            add_entries(MORE)
            db.session.rollback()
            yield app
            db.session.remove()
            db.engine.dispose()


def empty_audit() -> None:
    """Without the entries that setting the site up has left: each attack writes all of them again."""
    with db.engine.begin() as hand:
        postgresql = hand.dialect.name == "postgresql"
        guards = [] if postgresql else triggers_of(hand)
        drop_triggers(hand)
        for table in (Withheld, StoredCheckpoint, Entry):
            hand.execute(sa.delete(table))
        for guard in guards:
            hand.exec_driver_sql(guard)
        for table in TABLES if postgresql else ():
            hand.exec_driver_sql(f"alter table {table} enable trigger user")


def triggers_of(hand: sa.Connection) -> list[str]:
    query = sa.text("select sql from sqlite_master where type = 'trigger'")
    return list(hand.scalars(query))


def add_entries(count: int) -> None:
    drafts = []
    for number in range(count):
        personal = []
        if number % 3:
            personal.append(
                Personal(number % 7 + 1, {"address": f"203.0.113.{number}"})
            )
        after = {"state": "published", "title": f"轴承{number}"}
        row = {"row": ["demand", str(number)], "before": {"state": "draft"}}
        values = {"rows": [{**row, "after": after}]}
        drafts.append(
            Draft("demand.approve", "demand", str(number), 1 + number % 5, 3, values, personal)
        )  # fmt: skip
    with db.engine.begin() as connection:
        append_entries(connection, drafts)


# -- what the attacker does --------------------------------------------------------------------------------------------

Hand = sa.Connection


def rows_of(hand: Hand) -> list[dict[str, Any]]:
    query = sa.select(Entry.__table__).order_by(Entry.position)
    return [dict(row) for row in hand.execute(query).mappings()]


def write_again(hand: Hand, rows: list[dict[str, Any]]) -> None:
    """Put rows in the place of all entries, with positions, texts and hashes computed again."""
    hand.execute(sa.delete(Entry.__table__))
    for position, row in enumerate(rows):
        row["position"] = position
        content = json.loads(row["text"])
        content["position"] = position
        for name in ("actor", "at", "deed", "kind", "thing"):
            content[name] = row[name]
        content["for"] = row["organisation"]
        row["text"] = canonical(content)
        row["leaf"] = entry_leaf(row["text"])
    if rows:
        hand.execute(sa.insert(Entry.__table__), rows)


def edit_text(hand: Hand, dice: random.Random) -> int:
    position = dice.randrange(SIGNED)
    query = sa.select(Entry.text).where(Entry.position == position)
    text = hand.scalar(query).replace(
        "published", dice.choice(["draft", "closed", "public"])
    )
    hand.execute(sa.update(Entry).where(Entry.position == position).values(text=text))
    return position


def edit_text_and_hash(hand: Hand, dice: random.Random) -> int:
    position = edit_text(hand, dice)
    text = hand.scalar(sa.select(Entry.text).where(Entry.position == position))
    hand.execute(
        sa.update(Entry).where(Entry.position == position).values(leaf=entry_leaf(text))
    )
    return position


def edit_column(hand: Hand, dice: random.Random) -> int:
    position = dice.randrange(SIGNED)
    values = dice.choice(
        [
            {"actor": 99}, {"actor": None}, {"organisation": 9}, {"organisation": None}, {"deed": "demand.reject"},
            {"kind": "achievement"}, {"thing": "x"}, {"at": "2020-01-01T00:00:00.000000Z"}, {"leaf": bytes(32)},
        ]
    )  # fmt: skip
    hand.execute(sa.update(Entry).where(Entry.position == position).values(**values))
    return position


def edit_whole_row(hand: Hand, dice: random.Random) -> int:
    rows = rows_of(hand)
    position = dice.randrange(SIGNED)
    rows[position]["actor"] = 99
    write_again(hand, rows)
    return position


def remove_one(hand: Hand, dice: random.Random) -> int:
    position = dice.randrange(SIGNED)
    hand.execute(sa.delete(Entry).where(Entry.position == position))
    return -1


def remove_and_close_up(hand: Hand, dice: random.Random) -> int:
    rows = rows_of(hand)
    del rows[dice.randrange(SIGNED)]
    write_again(hand, rows)
    return -1


def insert_in_the_middle(hand: Hand, dice: random.Random) -> int:
    rows = rows_of(hand)
    position = dice.randrange(SIGNED)
    rows.insert(position, dict(rows[dice.randrange(SIGNED)]))
    write_again(hand, rows)
    return position


def swap_two(hand: Hand, dice: random.Random) -> int:
    rows = rows_of(hand)
    one, other = dice.sample(range(SIGNED), 2)
    rows[one], rows[other] = rows[other], rows[one]
    write_again(hand, rows)
    return -1


def cut_the_end(hand: Hand, dice: random.Random) -> int:
    size = dice.randrange(1, SIGNED)
    hand.execute(sa.delete(Entry).where(Entry.position >= size))
    return -1


def cut_and_grow(hand: Hand, dice: random.Random) -> int:
    cut_the_end(hand, dice)
    rows = rows_of(hand)
    while len(rows) < SIGNED + MORE:
        rows.append(dict(dice.choice(rows)))
    write_again(hand, rows)
    return -1


def empty_it(hand: Hand, dice: random.Random) -> int:
    hand.execute(sa.delete(Entry))
    return -1


def begin_again(hand: Hand, dice: random.Random) -> int:
    """Everything emptied and a new beginning, as if the site were new: no gap, no wrong hash, no checkpoint."""
    rows = rows_of(hand)[SIGNED:]
    write_again(hand, rows)
    hand.execute(sa.delete(StoredCheckpoint))
    return -1


def rewrite_all(hand: Hand, dice: random.Random) -> int:
    rows = rows_of(hand)
    for row in rows:
        row["actor"] = 1
        row["at"] = "2026-01-01T00:00:00.000000Z"
    write_again(hand, rows)
    # The attacker's own key signs what they made; the newest checkpoints are replaced by it.
    forger = Signer.generate(publishing.signer().name)
    leaves = [row["leaf"] for row in rows]
    forged = Checkpoint(forger.name, len(rows), root_of(leaves))
    hand.execute(sa.delete(StoredCheckpoint))
    hand.execute(
        sa.insert(StoredCheckpoint),
        [
            {
                "number": 0,
                "size": len(rows),
                "note": forger.sign_note(forged.text),
                "at": "x",
            }
        ],
    )
    return -1


def edit_withheld(hand: Hand, dice: random.Random) -> int:
    row = dice.choice(list(hand.execute(sa.select(Withheld.__table__)).mappings()))
    values: dict[str, Any] = dice.choice(
        [
            {"text": row["text"].replace("203.0", "198.51")},
            {"salt": "00" * 16},
            {"salt": "no digits"},
            {"subject": 99},
            {"subject": None},
            {"number": 5},
        ]
    )
    which = (Withheld.position == row["position"], Withheld.number == row["number"])
    hand.execute(sa.update(Withheld).where(*which).values(**values))
    return int(row["position"])


def remove_withheld(hand: Hand, dice: random.Random) -> int:
    positions = list(hand.scalars(sa.select(Withheld.position)))
    position = dice.choice(positions)
    hand.execute(sa.delete(Withheld).where(Withheld.position == position))
    return int(position)


def replace_withheld(hand: Hand, dice: random.Random) -> int:
    """The withheld value, its digest in the entry and the hash of the entry: consistent in itself."""
    positions = list(
        hand.scalars(sa.select(Withheld.position).where(Withheld.position < SIGNED))
    )
    position = dice.choice(positions)
    salt, text = "11" * 16, canonical({"subject": 1, "values": {"address": "::1"}})
    which = (Withheld.position == position, Withheld.number == 0)
    hand.execute(
        sa.update(Withheld).where(*which).values(salt=salt, text=text, subject=1)
    )
    content = json.loads(
        hand.scalar(sa.select(Entry.text).where(Entry.position == position))
    )
    content["withheld"] = [digest_of(salt, text)]
    changed = canonical(content)
    hand.execute(
        sa.update(Entry).where(Entry.position == position).values(text=changed, leaf=entry_leaf(changed))
    )  # fmt: skip
    return int(position)


def remove_the_newest_checkpoint(hand: Hand, dice: random.Random) -> int:
    """Back to the checkpoint before, and what it does not cover rewritten."""
    hand.execute(sa.delete(StoredCheckpoint).where(StoredCheckpoint.number == 1))
    rows = rows_of(hand)
    position = dice.randrange(SIGNED // 2, SIGNED)
    rows[position]["deed"] = "demand.reject"
    write_again(hand, rows)
    return position


def explain_it_away(hand: Hand, dice: random.Random) -> int:
    """A statement that gives the checkpoint up, signed by nobody, by another key, or taken from elsewhere."""
    rows = rows_of(hand)[: dice.randrange(5, SIGNED)]
    left = open_checkpoint(
        publishing.published_note() or "", publishing.signer().verifier
    )
    key = Signer.generate(publishing.signer().name)
    branch = Branch(len(rows), bytes(32), [left], "a backup was restored")
    statement = key.sign_note(statement_text(key.name, branch))
    last = dict(rows[-1])
    content = json.loads(last["text"])
    content["values"] = {"reason": "a backup was restored", "statement": statement}
    content["withheld"] = []
    last["text"] = canonical(content)
    last["deed"] = "audit.resume"
    write_again(hand, [*rows, last])
    return -1


ATTACKERS: list[Callable[[Hand, random.Random], int]] = [
    edit_text, edit_text_and_hash, edit_column, edit_whole_row, remove_one, remove_and_close_up, insert_in_the_middle,
    swap_two, cut_the_end, cut_and_grow, empty_it, begin_again, rewrite_all, edit_withheld, remove_withheld,
    replace_withheld, remove_the_newest_checkpoint, explain_it_away,
]  # fmt: skip


def drop_triggers(hand: Hand) -> None:
    """What an attacker with the rights of the owner does first; the keys between tables are no obstacle either."""
    if hand.dialect.name == "sqlite":
        hand.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        names = hand.scalars(
            sa.text("select name from sqlite_master where type = 'trigger'")
        )
        for name in list(names):
            hand.exec_driver_sql(f"drop trigger {name}")
        return
    for table in TABLES:
        hand.exec_driver_sql(f"alter table {table} disable trigger user")
    hand.exec_driver_sql(
        "alter table audit_personal drop constraint if exists fk_audit_personal_position_audit_entry"
    )


def stored_checkpoints(hand: Hand) -> list[Published]:
    """The checkpoints in the database that the key of the site has signed, as the site reads them."""
    key = publishing.signer().verifier
    published = []
    for note in hand.scalars(sa.select(StoredCheckpoint.note)):
        try:
            published.append(Published("stored", open_checkpoint(note, key)))
        except ValueError:
            continue
    return published


def verify_by_hand(hand: Hand, mailed: Published, copy: bytes) -> Report:
    key = publishing.signer().verifier
    return verify_audit(hand, [*stored_checkpoints(hand), mailed], key, copy)


# -- and what is found -------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_two_hundred_random_attacks_are_found(site: Flask) -> None:
    key = publishing.signer().verifier
    note = (publishing.folder() / "checkpoint").read_text()
    mailed = Published("the auditor's mail", open_checkpoint(note, key))
    copy = (publishing.folder() / "leaves").read_bytes()
    assert mailed.checkpoint.size == SIGNED
    found: Counter[str] = Counter()
    dice = random.Random(8)  # noqa: S311  the same attacks each time
    for number in range(ATTACKS):
        attack = ATTACKERS[number % len(ATTACKERS)]
        with db.engine.connect() as hand:
            assert verify_by_hand(hand, mailed, copy).is_sound or number
            drop_triggers(hand)
            position = attack(hand, dice)
            report = verify_by_hand(hand, mailed, copy)
            hand.rollback()
        assert not report.is_sound, attack.__name__
        # Which entry, where the attack was about one.
        if position >= 0:
            assert position in report.wrong, (attack.__name__, report.problems)
        found[attack.__name__] += 1
    assert sum(found.values()) == ATTACKS

    with db.engine.connect() as hand:
        assert verify_by_hand(hand, mailed, copy).is_sound


@pytest.mark.parametrize(
    "statement",
    [
        "update audit_entry set actor = 1 where position = 3",
        "delete from audit_entry where position = 3",
        "delete from audit_entry",
        "update audit_personal set text = '' where position = 1",
        "update audit_checkpoint set size = 1",
        "delete from audit_checkpoint",
        "insert into audit_entry (position, text, leaf, at, deed, kind, thing) values (999, '', '', '', '', '', '')",
        "insert into audit_entry (position, text, leaf, at, deed, kind, thing) values (3, '', '', '', '', '', '')",
        "insert into audit_checkpoint (number, size, note, at) values (9, 1, '', '')",
    ],
)
def test_the_database_refuses_changes(site: Flask, statement: str) -> None:
    with db.engine.connect() as hand:
        with pytest.raises(sa.exc.DBAPIError, match="append-only|audit_entry"):
            hand.exec_driver_sql(statement)
        hand.rollback()


COLUMNS = "(position, text, leaf, at, deed, kind, thing)"
ENTRY = f"audit_entry {COLUMNS} values (3, '', '', '', '', '', '')"
# Statements that only one of the databases knows, each a way round a trigger of updates or deletions.
ROUNDABOUT = {
    "sqlite": [
        "insert or replace into " + ENTRY,
        "replace into " + ENTRY,
        "insert or replace into audit_checkpoint values (0, 1, '', '')",
        "insert or replace into audit_personal values (1, 0, 1, '', '')",
        "insert into " + ENTRY + " on conflict do update set text = ''",
    ],
    "postgresql": [
        "truncate audit_entry cascade",
        "truncate audit_personal",
        "truncate audit_checkpoint",
        "insert into " + ENTRY + " on conflict do nothing",
    ],
}


def test_the_database_refuses_ways_round(site: Flask) -> None:
    db.session.rollback()  # on PostgreSQL TRUNCATE waits for whoever has read
    for statement in ROUNDABOUT[db.engine.dialect.name]:
        with db.engine.connect() as hand:
            with pytest.raises(sa.exc.DBAPIError, match="append-only|audit_entry"):
                hand.exec_driver_sql(statement)
            hand.rollback()


def test_a_copy_of_the_hashes_alone_does_not_make_an_audit_sound(
    site: Flask, tmp_path: Path
) -> None:
    """Who rewrites database and copy alike is still found by the checkpoint."""
    note = (publishing.folder() / "checkpoint").read_text()
    key = publishing.signer().verifier
    mailed = Published("mail", open_checkpoint(note, key))
    with db.engine.connect() as hand:
        drop_triggers(hand)
        edit_whole_row(hand, random.Random(1))  # noqa: S311
        copy = b"".join(row["leaf"] for row in rows_of(hand))
        report = verify_by_hand(hand, mailed, copy)
        hand.rollback()
    assert not report.is_sound
    assert "another root" in " ".join(report.problems)
