"""The two consents about contacts: given once however often it is pressed, and withdrawn as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from marketplace import persistence
from marketplace.accounts import contact_consents, person_deeds
from marketplace.accounts.child_models import Consent
from marketplace.accounts.models import Person
from marketplace.extensions import db
from tests.factories import Factory
from tests.racing import at_once, committing_site


@pytest.fixture
def site(tmp_path: Any, migrated: str) -> Iterator[Flask]:
    """A site whose commits are real."""
    with committing_site(tmp_path, migrated) as app:
        yield app


def test_two_presses_at_once_are_one_consent(site: Flask) -> None:
    make = Factory(db.session)
    number = make.person("firm").id
    # The text is there: else the key of its table would let the second one wait already.
    person_deeds.set_consent(make.person("firm"), contact_consents.SHARE, given=True)
    db.session.remove()

    def read() -> Any:
        person = db.session.get(Person, number)

        def press() -> None:
            # On SQLite who has read cannot write any more: a request begins as a writer, which this imitates.
            if db.engine.dialect.name == "sqlite":
                persistence.begin_write()
            person_deeds.set_consent(person, contact_consents.SHARE, given=True)

        return press

    outcomes = at_once(site, read, read)

    assert outcomes == ["done", "done"]
    rows = db.session.query(Consent).filter_by(person_id=number)
    assert rows.filter(Consent.withdrawn_at.is_(None)).count() == 1


def test_one_withdrawal_ends_every_consent(make: Factory, session: Session) -> None:
    person, other = make.person("firm"), make.person("firm")
    for one in (person, other):
        person_deeds.set_consent(one, contact_consents.SHARE, given=True)
    first = contact_consents.current_consent(person, contact_consents.SHARE)
    assert first is not None
    # As two presses at once have left them before there was a hold.
    session.add(Consent(person_id=person.id, kind=first.kind, version=first.version))
    session.commit()

    person_deeds.set_consent(person, contact_consents.SHARE, given=False)

    assert contact_consents.current_consent(person, contact_consents.SHARE) is None
    assert contact_consents.current_consent(other, contact_consents.SHARE)
