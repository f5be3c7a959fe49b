"""The projections row → search document and row → matching document, and keeping the index in step with the database.

What engines do with a document lives in `search` and `matching`; who may see a row lives in `models.py`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import structlog
from flask import current_app
from sqlalchemy import bindparam

import matching
import search
from marketplace.clock import day_in_china
from marketplace.errors import Busy
from marketplace.extensions import db
from marketplace.listings import terms
from marketplace.listings.models import LISTINGS, Achievement, Demand, Listing
from marketplace.persistence import begin_write

log = structlog.get_logger(__name__)
UNNAMED = "单位未公开"
BATCH = 500  # rows read and written at a time
GLANCE = 1  # raised when glance() says something else or otherwise: copies made before are then not believed


def texts(row: Achievement | Demand) -> dict[str, str]:
    """The text sections of a listing that a reader of its public page sees: section name → text.

    The title is not among them. A partly public listing gives its summary (achievement) or problem (demand) only.
    """
    if isinstance(row, Achievement):
        sections = {"成果简介": row.summary}
        if row.visibility != "partial":
            sections |= {
                "创新点": row.innovation,
                "对比优势": row.baseline,
                "技术指标": "；".join(map(str, row.metrics)),
                "应用前景": row.prospects,
                "预期效益": row.benefits,
                "应用案例": row.cases,
                "转化说明": row.conversion_note,
                "知识产权": "；".join(ip.name for ip in row.ips if ip.name),
            }
    else:
        sections = {"主要问题": row.problem}
        if row.visibility != "partial":
            sections |= {
                "技术关键": row.key_technology,
                "预期目标": row.expected_goal,
                "技术指标": "；".join(map(str, row.metrics)),
                "现有基础": row.foundation,
            }
    if row.visibility != "partial":
        sections["关键词"] = "；".join(row.keywords)
    return {name: text for name, text in sections.items() if text}


def holder(row: Achievement | Demand) -> str:
    """Who stands on the public row: the organisation, or what stands for a firm that is not to be named.

    Of a partly public listing title, field, stage and summary are public, and so not the holder.
    """
    if row.visibility == "partial":
        return UNNAMED
    return (
        row.alias
        if isinstance(row, Demand) and row.anonymous
        else row.organisation.name
    )


def modes(row: Achievement | Demand) -> tuple[str, ...]:
    """Ways of cooperation, as the ways of conversion they ask for, so that both kinds share one facet."""
    if isinstance(row, Achievement):
        return tuple(row.conversion_modes)
    asked = set().union(
        *(terms.COOPERATION_TO_CONVERSION[mode] for mode in row.cooperation_modes)
    )
    return tuple(mode for mode in terms.CONVERSION_MODES if mode in asked)


def state_of(revision: int, changed: datetime, owner: str) -> str:
    """What a copy of a listing goes by: as long as this is the same, so is all that is public of the row.

    Args:
        revision, changed: of the row; the time tells apart rows of one id in databases of different origin (restored).
        owner: the name of its organisation. The digest does not tell it, for not every copy may.
    """
    return hashlib.blake2b(
        f"{GLANCE} {revision} {changed.isoformat()} {owner}".encode(), digest_size=12
    ).hexdigest()


def glance(row: Achievement | Demand) -> dict[str, Any]:
    """What a list shows of a listing: values as in the row, codes not words, beside what `state_of` says of it."""
    given: dict[str, Any]
    if row.visibility == "partial":
        given = {"modes": [], "money": None, "price_mode": None, "deadline": None}
    elif isinstance(row, Achievement):
        money = [row.price_min, row.price_max]
        given = {
            "modes": row.conversion_modes,
            "money": money,
            "price_mode": row.price_mode,
            "deadline": None,
        }
    else:
        mode = "negotiable" if row.budget_negotiable else None
        given = {
            "modes": row.cooperation_modes,
            "money": [row.budget],
            "price_mode": mode,
            "deadline": row.deadline,
        }
    return {
        "state": state_of(row.revision, row.updated_at, row.organisation.name),
        "updated_at": row.updated_at,
        "kind": row.kind,
        "id": row.id,
        "title": row.title,
        "text": " ".join(" ".join(texts(row).values()).split()),
        "holder": holder(row),
        "field": row.field_codes[0][:2] if row.field_codes else "",
        "stage": row.stage if isinstance(row, Achievement) else row.stage_wished,
        **given,
    }


def search_document(row: Achievement | Demand) -> search.Document:
    """THE projection of a listing to what the search index holds.

    Args:
        row: a listing, published or not; an empty `audience` says that nobody may find it.
    """
    partial = row.visibility == "partial"
    main = row.field_codes[0] if row.field_codes else None
    published_on = day_in_china(row.published_at) if row.published_at else None
    return search.Document(
        kind=row.kind,
        id=row.id,
        version=row.revision,
        title=row.title,
        body="\n".join(texts(row).values()),
        holder="" if partial else holder(row),
        audience=row.audience,
        district=None if partial else row.organisation.district_code,
        field=main[:2] if main else None,
        stage=row.stage if isinstance(row, Achievement) else row.stage_wished,
        modes=() if partial else modes(row),
        year=published_on.year if published_on else None,
        chain=None if partial else row.chain_code,
        published_on=published_on,
        deadline=row.deadline if isinstance(row, Demand) else row.valid_until,
        shown=json.dumps(glance(row), ensure_ascii=False, default=str),
    )


def matching_document(row: Achievement | Demand) -> matching.Document:
    """The projection of a listing to what the matcher compares: what its public page says, in words and codes."""
    low, high = (
        (row.price_min, row.price_max)
        if isinstance(row, Achievement)
        else (row.budget, row.budget)
    )
    return matching.Document(
        id=row.id,
        title=row.title,
        text="\n".join(texts(row).values()),
        field=row.field_codes[0][:2] if row.field_codes else None,
        chain=row.chain_code,
        stage=row.stage if isinstance(row, Achievement) else row.stage_wished,
        modes=frozenset(modes(row)),
        price_min=low,
        price_max=high,
        due=row.deadline if isinstance(row, Demand) else None,
    )


def published(kind: str) -> Iterator[Achievement | Demand]:
    """Every row of a kind that somebody may find, in order of id, read in batches."""
    table = LISTINGS[kind]
    last = 0
    while True:
        query = (
            db.select(table)
            .where(table.found_by(None), table.id > last)
            .order_by(table.id)
            .limit(BATCH)
        )
        rows = list(db.session.scalars(query))
        yield from rows
        if len(rows) < BATCH:
            return
        last = rows[-1].id
        db.session.expunge_all()


def dirty(kind: str, limit: int = BATCH) -> list[Achievement | Demand]:
    """Rows of a kind whose copy in the index is not of their revision, oldest change first."""
    table = LISTINGS[kind]
    query = (
        db.select(table)
        .where(table.revision != table.indexed_revision)
        .order_by(table.updated_at)
        .limit(limit)
    )
    return list(db.session.scalars(query))


def sync(rows: Iterable[Listing]) -> int:
    """Write rows to the index, or take them out of it, and note their revision as indexed (without commit).

    An index that is down costs one log line: the rows stay dirty and `flask index sync` finds them. The engine may
    have to wait; nobody's save waits for it meanwhile, for no transaction is open then.

    Args:
        rows: listings as committed.

    Returns:
        number of rows whose copy is now of their revision.
    """
    rows = list(rows)
    if not rows:
        return 0
    engine = current_app.extensions["search"]
    documents = [search_document(row) for row in rows]
    db.session.rollback()
    try:
        engine.put([d for d in documents if d.audience])
        engine.remove([(d.kind, d.id, d.version) for d in documents if not d.audience])
    except (
        search.SearchError
    ) as error:  # out of reach, or unwilling to take one of them
        log.warning("index_behind", rows=len(rows), reason=str(error))
        return 0
    try:
        begin_write()
    except Busy:
        log.warning("index_note_behind", rows=len(rows))
        return 0
    note_indexed((d.kind, d.id, d.version) for d in documents)
    return len(rows)


def note_indexed(written: Iterable[tuple[str, int, int]]) -> None:
    """Note (kind, id, revision) as indexed, without touching the rows' own revision or date and without commit."""
    by_kind: dict[str, list[dict[str, int]]] = {}
    for kind, row_id, revision in written:
        by_kind.setdefault(kind, []).append({"row_id": row_id, "seen": revision})
    for kind, rows in by_kind.items():
        table = LISTINGS[kind].__table__
        noted = (
            table.update()
            .where(
                table.c.id == bindparam("row_id"),
                table.c.indexed_revision < bindparam("seen"),
            )
            .values(indexed_revision=bindparam("seen"), updated_at=table.c.updated_at)
        )
        db.session.connection().execute(noted, rows)
