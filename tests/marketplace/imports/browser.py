"""A browser in which a list is uploaded, for the tests of imports."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from marketplace.extensions import db
from marketplace.imports.models import ListImport, StagedRow
from tests.marketplace.exchange.files import xlsx
from tests.marketplace.exchange.lists import HEADER, row

NAME = "聊城大学（示例）"


def send_file(
    browser: FlaskClient, content: bytes, name: str = "清单.xlsx", **fields: Any
) -> TestResponse:
    """Upload a file by the form; fields as the form has them."""
    data = {"kind": "achievement", "source": "list", **fields}
    data["file"] = (io.BytesIO(content), name)
    return browser.post("/mine/imports", data=data)


def upload(
    browser: FlaskClient,
    rows: Sequence[Sequence[Any]],
    organisation_id: int,
    **more: Any,
) -> ListImport:
    """Upload a good file, and the import that it became."""
    header = more.pop("header", HEADER)
    answer = send_file(
        browser, xlsx([header, *rows]), organisation=str(organisation_id), **more
    )
    assert answer.status_code == 303, answer.text
    return latest()


def latest() -> ListImport:
    """The newest import."""
    query = db.select(ListImport).order_by(ListImport.id.desc()).limit(1)
    found: ListImport = db.session.scalars(query).one()
    return found


def staged(row: ListImport) -> list[StagedRow]:
    """Its rows, by number."""
    query = db.select(StagedRow).filter_by(import_id=row.id)
    return list(db.session.scalars(query.order_by(StagedRow.number)))


def states(row: ListImport) -> list[str]:
    """What its rows are, or have become."""
    db.session.expire_all()
    return [one.deed or one.state for one in staged(row)]


def press(
    browser: FlaskClient, row: ListImport, what: str, **data: Any
) -> TestResponse:
    """Press a button of an import."""
    return browser.post(f"/mine/imports/{row.id}/{what}", data=data)


def good(number: int, **changed: Any) -> list[Any]:
    """A good row of its own title."""
    named = {"成果名称": f"轴承套圈超精研磨降噪工艺{number}号"}
    return row(**(named | changed))
