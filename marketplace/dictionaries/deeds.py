"""What is done to dictionaries: seeding them and editing the chain list. The only file here that commits.

Their tables, and their names by code, are in `models.py`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from marketplace import persistence
from marketplace.dictionaries.models import Chain, District, HitechField, Industry
from marketplace.errors import Invalid, NotFound, Stale
from marketplace.extensions import Model, db
from marketplace.permissions import Reader, reader_id, require

MAX_POSITION = 9999
SEED = Path(__file__).parent / "seed"
# File of seeds → its table and the columns that are read; a file may hold more, such as where a row comes from.
SEED_FILES: tuple[tuple[str, type[Model], tuple[str, ...]], ...] = (
    (
        "districts",
        District,
        ("code", "name", "kind", "parent", "valid_to", "successor"),
    ),
    ("fields", HitechField, ("code", "name", "level", "parent")),
    ("industries", Industry, ("code", "name", "level", "parent")),
    ("chains", Chain, ("code", "name", "position")),
)
# The level of a high-tech field is a number, that of an industry the word of the standard.
NUMBERS = {("fields", "level"), ("chains", "position")}


def _read_seed(name: str, columns: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """The rows of a file of seeds, as values of its table."""
    with (SEED / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            values: dict[str, Any] = {}
            for column in columns:
                # A short row has None in its last columns, which the tables do not.
                values[column] = row[column] or ""
                if (name, column) in NUMBERS:
                    values[column] = int(row[column])
            yield values


def seed_dictionaries() -> int:
    """Load the dictionaries from the seed files.

    Rows that are there stay as they are: the operators may have renamed or retired them.

    Returns:
        number of rows added.
    """
    added = 0
    persistence.begin_write()  # a running site may be saved to meanwhile
    for name, table, columns in SEED_FILES:
        for values in _read_seed(name, columns):
            # One query a row is quick enough for what runs at setup only.
            if db.session.get(table, values["code"]) is None:
                db.session.add(table(**values))
                added += 1
    db.session.commit()
    return added


def save_chain(
    code: str,
    *,
    name: str,
    position: int | None,
    official: bool,
    active: bool,
    by: Reader | None,
    seen: int | None,
) -> Chain:
    """Add a chain (no row of that code yet) or change one.

    Args:
        code: 2–30 lower-case letters, digits and hyphens; never changes afterwards.
        name: 1–40 characters, unique.
        position: place in lists, small first.
        official: confirmed by the industry bureau.
        active: offered for new listings.
        by: the acting person; None for the site itself.
        seen: revision the editor saw; None for a new chain.

    Raises:
        NotAllowed: they do not look after the dictionaries.
        NotFound: there is no chain of that code to change.
        Invalid: code or name is malformed or taken.
        Stale: somebody else saved the chain since the editor saw it.
    """
    require(by, "dictionary.edit")
    name = name.strip()
    problems: dict[str, list[str]] = {}
    # All that is wrong at once, so that nobody corrects a form field by field.
    if not re.fullmatch(r"[a-z0-9-]{2,30}", code):
        # It is part of addresses and of lists, where it must need no escaping and have one spelling.
        problems["code"] = ["代码用 2–30 个小写字母、数字或连字符。"]
    if not 1 <= len(name) <= 40:
        problems["name"] = ["名称 1–40 个字。"]
    elif db.session.scalar(
        db.select(Chain.code).where(Chain.name == name, Chain.code != code)
    ):
        problems["name"] = [f"已有名为「{name}」的产业链。"]
    if position is None or not 0 <= position <= MAX_POSITION:
        problems["position"] = [f"写 0 到 {MAX_POSITION} 的整数。"]
    chain = db.session.get(Chain, code)
    # A new chain of a code that is there would overwrite the other one.
    if seen is None and chain is not None:
        problems["code"] = [f"代码 {code} 已被「{chain.name}」使用。"]
    if problems or position is None:
        raise Invalid("产业链没有保存。", problems=problems)
    if seen is None:
        chain = Chain(code=code)
        db.session.add(chain)
    elif chain is None:
        raise NotFound("没有这条产业链。")
    # Compared here, for SQLAlchemy only notices a save between our reading and our writing.
    elif chain.revision != seen:
        raise Stale("这条产业链刚有改动。", "请刷新后再改。")
    chain.name = name
    chain.position = position
    chain.official = official
    chain.active = active
    chain.changed_by = reader_id(by)
    # The checks above give the usual answers; these are for somebody who saved between them and now.
    persistence.commit(
        stale=Stale("这条产业链刚有改动。", "请刷新后再改。"),
        duplicates={
            "pk_chain": _refusal("code", f"代码 {code} 刚被别人使用。"),
            "uq_chain_name": _refusal("name", f"已有名为「{name}」的产业链。"),
        },
    )
    return chain


def _refusal(field: str, problem: str) -> Invalid:
    return Invalid("产业链没有保存。", problems={field: [problem]})
