"""What is done to dictionaries: seeding them and editing the chain list. The only file here that commits."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

from marketplace import persistence
from marketplace.dictionaries.models import Chain, District, HitechField, Industry
from marketplace.errors import Invalid, NotFound, Stale
from marketplace.extensions import db
from marketplace.permissions import require

SEED = Path(__file__).parent / "seed"


def _rows(name: str) -> list[dict[str, str]]:
    with (SEED / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        return [
            {k: v or "" for k, v in row.items()}
            for row in csv.DictReader(file, delimiter="\t")
        ]


def seed() -> int:
    """Load the dictionaries from the seed files; what is there already stays as it is.

    Returns:
        number of rows added.
    """
    added = 0
    persistence.begin_write()  # a running site may be saved to meanwhile

    def add(table: type, **values: Any) -> None:
        nonlocal added
        if db.session.get(table, values["code"]) is None:
            db.session.add(table(**values))
            added += 1

    for row in _rows("districts"):
        kept = {
            k: row[k]
            for k in ("code", "name", "kind", "parent", "valid_to", "successor")
        }
        add(District, **kept)
    for row in _rows("fields"):
        add(
            HitechField,
            code=row["code"],
            name=row["name"],
            level=int(row["level"]),
            parent=row["parent"],
        )
    for row in _rows("industries"):
        add(Industry, **{k: row[k] for k in ("code", "name", "level", "parent")})
    for row in _rows("chains"):
        add(Chain, code=row["code"], name=row["name"], position=int(row["position"]))
    db.session.commit()
    return added


def save_chain(
    code: str,
    *,
    name: str,
    position: int,
    official: bool,
    active: bool,
    by: Any,
    seen: int | None,
) -> Chain:
    """Add a chain (no row of that code yet) or change one.

    Args:
        code: 2–30 lower-case letters, digits and hyphens; never changes afterwards.
        name: 1–40 characters, unique.
        position: place in lists, small first.
        official: confirmed by the industry bureau.
        active: offered for new listings.
        by: the acting person.
        seen: revision the editor saw; None for a new chain.

    Raises:
        NotAllowed, NotFound, Invalid, Stale.
    """
    require(by, "dictionary.edit")
    name = name.strip()
    problems: dict[str, list[str]] = {}
    if not re.fullmatch(r"[a-z0-9-]{2,30}", code):
        problems["code"] = ["代码用 2–30 个小写字母、数字或连字符。"]
    if not 1 <= len(name) <= 40:
        problems["name"] = ["名称 1–40 个字。"]
    elif db.session.scalar(
        db.select(Chain.code).where(Chain.name == name, Chain.code != code)
    ):
        problems["name"] = [f"已有名为「{name}」的产业链。"]
    chain = db.session.get(Chain, code)
    if seen is None and chain is not None:
        problems["code"] = [f"代码 {code} 已被「{chain.name}」使用。"]
    if problems:
        raise Invalid("产业链没有保存。", problems=problems)
    if seen is None:
        chain = Chain(code=code)
        db.session.add(chain)
    elif chain is None:
        raise NotFound("没有这条产业链。")
    elif chain.revision != seen:
        raise Stale("这条产业链刚被别人改过。", "请刷新后再改。")
    chain.name, chain.position, chain.official, chain.active = (
        name,
        position,
        official,
        active,
    )
    chain.changed_by = getattr(by, "id", None)
    persistence.commit(
        stale=Stale("这条产业链刚被别人改过。", "请刷新后再改。"),
        duplicates={
            "pk_chain": _not_saved("code", f"代码 {code} 刚被别人使用。"),
            "uq_chain_name": _not_saved("name", f"已有名为「{name}」的产业链。"),
        },
    )
    return chain


def _not_saved(field: str, problem: str) -> Invalid:
    return Invalid("产业链没有保存。", problems={field: [problem]})
