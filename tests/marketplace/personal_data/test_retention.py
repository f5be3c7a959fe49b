"""The table of retention: what is older goes, what is younger stays, the audit keeps its entries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from marketplace import contributions
from marketplace.accounts.child_models import (
    AgreementText,
    Consent,
    HeldForm,
    PersonSession,
)
from marketplace.accounts.models import Person
from marketplace.alerts.models import Alerted
from marketplace.audit.models import Entry
from marketplace.clock import now
from marketplace.extensions import db
from marketplace.files.models import FileAccess
from marketplace.finance.investor_models import InvestorRequest
from marketplace.finance.models import FirmPack
from marketplace.listings.unsaved_models import UnsavedForm
from marketplace.memberships.models import Invitation, JoinRequest
from marketplace.notices.models import Notice
from marketplace.organisations.models import Organisation
from marketplace.personal_data.deeds import carry_out_retention
from marketplace.retention import PERIODS
from tests.factories import Factory
from tests.marketplace.files.samples import attach

Made = Callable[[datetime, str, Person, Organisation], Any]


def _held(at: datetime, mark: str, person: Person, _: Organisation) -> Any:
    until = at + timedelta(days=7)
    return HeldForm(
        token_digest=mark, person_id=person.id, reason="expired", path="/mine",
        fields=[["title", "轴承"]], held_at=at, until=until,
    )  # fmt: skip


def _session(at: datetime, mark: str, person: Person, _: Organisation) -> Any:
    return PersonSession(
        token_digest=mark, person_id=person.id, seen_at=at, idle_minutes=30
    )


def _notice(at: datetime, mark: str, person: Person, _: Organisation) -> Any:
    return Notice(
        kind="listing.returned", person_id=person.id, recipient=f"person:{person.id}",
        address=person.email, key=mark, subject="退回", happened="退回了。",
        state="suppressed", created_at=at,
    )  # fmt: skip


def _invitation(at: datetime, mark: str, _: Person, organisation: Organisation) -> Any:
    return Invitation(
        organisation_id=organisation.id, email=f"{mark}@demo.example", role="member",
        digest=mark, expires_at=at,
    )  # fmt: skip


def _request(at: datetime, _: str, person: Person, organisation: Organisation) -> Any:
    return JoinRequest(
        person_id=person.id, organisation_id=organisation.id, state="declined",
        created_at=at, decided_at=at,
    )  # fmt: skip


def _consent(at: datetime, _: str, person: Person, __: Organisation) -> Any:
    if db.session.get(AgreementText, "share-1") is None:
        db.session.add(AgreementText(version="share-1", kind="share_contact", text="…"))
        db.session.flush()
    return Consent(
        person_id=person.id, kind="share_contact", version="share-1",
        given_at=at - timedelta(days=1), withdrawn_at=at,
    )  # fmt: skip


def _alerted(at: datetime, mark: str, person: Person, __: Organisation) -> Any:
    return Alerted(
        person_id=person.id, for_kind="search", for_id=0, kind="demand",
        listing_id=len(mark), at=at,
    )  # fmt: skip


def _unsaved(at: datetime, mark: str, person: Person, __: Organisation) -> Any:
    return UnsavedForm(
        person_id=person.id, kind="demand", place=mark, fields={}, seen=0, updated_at=at,
    )  # fmt: skip


def _access(at: datetime, _: str, person: Person, organisation: Organisation) -> Any:
    listing = Factory(db.session).demand(owner=organisation)
    paper = attach(listing, name=f"图纸 {listing.id}.pdf", visibility="request")
    return FileAccess(
        attachment_id=paper.id, person_id=person.id, organisation_id=organisation.id,
        state="declined", reason="想看图纸", answer="不能给", decided_at=at,
    )  # fmt: skip


def _pack(at: datetime, _: str, __: Person, organisation: Organisation) -> Any:
    bank = Factory(db.session).organisation(kind="financial")
    return FirmPack(
        organisation_id=organisation.id, institution_id=bank.id, purpose="贷款", until=at.date(),
        content={}, sha256="0" * 64, consent="同意", state="withdrawn", ended_at=at,
    )  # fmt: skip


def _interest(at: datetime, _: str, person: Person, organisation: Organisation) -> Any:
    demand = Factory(db.session).demand(owner=organisation)
    return InvestorRequest(
        investor_id=organisation.id, demand_id=demand.id, message="想了解", teaser={},
        state="declined", by_id=person.id, decided_at=at,
    )  # fmt: skip


ROWS: dict[str, Made] = {
    "firm_pack": _pack,
    "investor_request": _interest,
    "file_request": _access,
    "unsaved_form": _unsaved,
    "alerted": _alerted,
    "held_form": _held,
    "session": _session,
    "notice": _notice,
    "invitation": _invitation,
    "join_request": _request,
    "withdrawn_consent": _consent,
}


@pytest.mark.parametrize("code", ROWS)
def test_older_rows_go_and_younger_stay(code: str, make: Factory) -> None:
    person, organisation = make.person("firm"), make.organisation()
    edge = now() - timedelta(days=PERIODS[code].days or 0)
    old = ROWS[code](edge - timedelta(minutes=5), "old", person, organisation)
    young = ROWS[code](edge + timedelta(minutes=5), "young", person, organisation)
    make.session.add_all([old, young])
    make.session.commit()
    table, key = type(old), young.id
    entries = db.session.scalar(sa.select(sa.func.count()).select_from(Entry)) or 0

    removed = carry_out_retention()

    assert removed[code] == 1
    assert db.session.scalars(sa.select(table.id)).all() == [key]
    # One entry more at least, and none less: a removal is recorded and removes no record.
    after = db.session.scalar(sa.select(sa.func.count()).select_from(Entry)) or 0
    assert after > entries
    recorded = sa.select(Entry.thing).where(Entry.deed == "retention.remove")
    assert code in db.session.scalars(recorded).all()
    assert carry_out_retention()[code] == 0


def test_the_letters_of_mails_go_and_the_notices_stay(make: Factory) -> None:
    person = make.person("firm")
    for mark, days in (("old", 31), ("young", 29)):
        row = _notice(now(), mark, person, None)  # type: ignore[arg-type]
        row.state, row.message = "sent", "全文"
        row.sent_at = now() - timedelta(days=days)
        make.session.add(row)
    make.session.commit()

    carry_out_retention()

    query = sa.select(Notice.key, Notice.message).order_by(Notice.key)
    rows = [tuple(row) for row in db.session.execute(query)]
    assert rows == [("old", ""), ("young", "全文")]


def test_old_failures_are_set_back(make: Factory) -> None:
    old, young = make.person("firm"), make.person("firm")
    for person, days in ((old, 31), (young, 29)):
        person.failed_count, person.failed_at = 3, now() - timedelta(days=days)
    make.session.commit()

    carry_out_retention()
    make.session.expire_all()

    assert (old.failed_count, young.failed_count) == (0, 3)


def test_values_of_the_audit_are_young_and_stay(make: Factory) -> None:
    make.person("firm")

    assert carry_out_retention()["audit_value"] == 0


def test_every_period_in_days_is_carried_out_by_a_room_and_no_other(
    make: Factory,
) -> None:
    dated = {code for code, period in PERIODS.items() if period.days is not None}

    assert set(contributions.removals()) == dated
    # Rows of imports are aged by their import: `imports/test_imports.py`.
    elsewhere = {"mail_text", "failed_sign_in", "audit_value", "staged_row"}
    # Of an objection only how to reach its author: `deals/test_changes.py`.
    elsewhere.add("objection_contact")
    # The rows stay, without their content: `verification/test_verification.py`.
    elsewhere.add("verification_file")
    # The complaint itself stays, without its reporter: `complaints/test_complaints.py`.
    elsewhere.add("complaint_reporter")
    assert set(ROWS) | elsewhere == dated


def test_the_page_says_how_long_and_why(client: FlaskClient) -> None:
    page = client.get("/retention").text

    for period in PERIODS.values():
        assert period.what in page
        assert period.why in page
    assert "填写之日起 7 天" in page
    assert "/retention" in client.get("/").text
