"""A list is taken while others work: it waits its turn, and it never undoes what they did."""

from __future__ import annotations

import io
import threading

import pytest
from flask import Flask

from marketplace.exchange import deeds, exporting, importing, queries
from marketplace.extensions import db
from marketplace.listings import deeds as listing_deeds
from marketplace.listings.models import Achievement
from search import open_engine
from tests.factories import Factory


def test_somebody_saves_between_reading_a_list_and_taking_it(
    site: Flask, stock: Factory
) -> None:
    row = stock.achievement("超精研磨降噪工艺之一", state="draft")
    listing_id, table = row.id, "achievement"
    rows = queries.listings_to_export(table, reader=None, everything=True)
    content = exporting.workbook(table, rows, reader=None)

    def save() -> None:
        with site.app_context():
            other = db.session.get(Achievement, listing_id)
            listing_deeds.save(
                other, {"innovation": "别人刚写的"}, by=None, seen=other.revision
            )

    report = importing.parse_file(
        io.BytesIO(content), table, defaults={"备注": "来自清单"}
    )
    worker = threading.Thread(target=save)
    worker.start()
    worker.join()
    outcome = deeds.import_rows(report, by=None)
    db.session.expire_all()
    now = db.session.get(Achievement, listing_id)

    assert (outcome.changed, outcome.problems) == (1, [])
    assert (now.note, now.innovation) == ("来自清单", "别人刚写的")


def test_rows_that_cannot_be_found_yet_are_told(
    site: Flask, stock: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine that is away ends the work without an error: what is left is looked at."""
    row = stock.achievement("超精研磨降噪工艺之三")
    rows = queries.listings_to_export("achievement", reader=None, everything=True)
    content = exporting.workbook("achievement", rows, reader=None)
    monkeypatch.setattr(deeds, "SYNC_PAUSES", (0.0, 0.1))
    away, here = open_engine("http://127.0.0.1:9/market"), site.extensions["search"]

    remarks = []
    for engine, note in ((away, "第一次"), (here, "第二次")):
        site.extensions["search"] = engine
        report = importing.parse_file(
            io.BytesIO(content), "achievement", defaults={"备注": note}
        )
        outcome = deeds.import_rows(report, by=None, overwrite=True)
        assert outcome.changed == 1
        remarks.append("".join(outcome.remarks))
    away.close()

    assert "检索稍后才能找到" in remarks[0]
    assert "检索稍后" not in remarks[1]
    db.session.expire_all()
    now = db.session.get(Achievement, row.id)
    assert now.indexed_revision == now.revision
