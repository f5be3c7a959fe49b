"""Files and rewritings of the demonstration: at every station of review, at a desk, on request, and before a firm.

Whose desks they lie on: `demo_people.py`. Nothing is done where it is there already.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from marketplace.accounts.models import Person
from marketplace.extensions import db
from marketplace.files import (
    access_deeds,
    deeds,
    disclosure,
    queries,
    review_deeds,
    storage,
)
from marketplace.files.models import Attachment
from marketplace.listings import deeds as listing_deeds
from marketplace.listings import rewritings
from marketplace.listings.models import LISTINGS, Achievement, Demand

SAMPLES = Path(__file__).resolve().parent.parent.parent / "demo"
# (sample, name, use, visibility) of the files of one achievement.
DEMO_FILES = (
    ("test-report.pdf", "检测报告（示例）.pdf", "test_report", "public"),
    ("drawing.pdf", "装配图（示例）.pdf", "drawing", "request"),
)
WHY_DRAWING = "想看能不能装在我们的清洗线旁，只看外形尺寸。"


def attach_published(people: Mapping[str, Person]) -> None:
    """A report for everybody and a drawing on request, of what the university published last; a firm asks for it."""
    desk, firm = people["desk"], people["firm"]
    row = _published_of(desk, newest=True)
    if row is None or queries.attachments_of(row):
        return
    for sample in DEMO_FILES:
        one = _attach(row, sample, desk)
        # By an operator of another organisation: nobody approves what is their own.
        review_deeds.approve_attachment(one, by=people["operator"], seen=one.revision)
    # The last of the two, which is handed out on request.
    if row.in_matching and disclosure.acting_ids(firm):
        access_deeds.request_access(
            one, reason=WHY_DRAWING, organisation_id=None, by=firm
        )


def attach_at_desk(people: Mapping[str, Person]) -> None:
    """A report that was added to what is public: the desk of the university reads it first."""
    row = _published_of(people["desk"], newest=False)
    if row is not None:
        # Somebody outside the desk: what the desk itself adds does not wait for it (140).
        attach_report(row, people["operator2"])


def attach_report(row: Achievement | Demand, by: Person) -> None:
    """A report of a listing, wherever it stands, unless it has one."""
    if not queries.attachments_of(row):
        _attach(row, DEMO_FILES[0], by)


def write_for_firm(people: Mapping[str, Person]) -> None:
    """An operator wrote in a returned demand of the firm, which has not said yet whether it takes that over."""
    table = LISTINGS["demand"]
    query = db.select(table).where(
        table.organisation_id.in_(people["firm"].organisation_ids),
        table.state == "returned",
    )
    row = db.session.scalars(query.order_by(table.id).limit(1)).first()
    # One at a time waits for its owner; a second run continues none.
    if row is not None and rewritings.open_rewriting(row) is None:
        values = {"title": f"{row.title}的原因与模具寿命"}
        listing_deeds.save(row, values, by=people["operator"], seen=row.revision)


def _published_of(desk: Person, *, newest: bool) -> Achievement | Demand | None:
    table = LISTINGS["achievement"]
    query = db.select(table).where(
        table.organisation_id.in_(desk.organisation_ids),
        table.state == "published",
        table.visibility == "public",
    )
    order = table.id.desc() if newest else table.id
    return db.session.scalars(query.order_by(order).limit(1)).first()


def _attach(
    row: Achievement | Demand, sample: tuple[str, str, str, str], by: Person
) -> Attachment:
    file_name, name, use, visibility = sample
    with (SAMPLES / file_name).open("rb") as upload, storage.incoming_file() as place:
        taken = deeds.look_at(upload, name, *place)
        return deeds.attach_file(row, taken, use=use, visibility=visibility, by=by)
