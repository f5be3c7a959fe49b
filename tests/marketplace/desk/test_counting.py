"""The number in the header of every page is how many things one's own page lists, room by room, whoever reads."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
from flask import Flask

from marketplace.accounts.models import Person
from marketplace.complaints.deeds import hold
from marketplace.complaints.models import Complaint
from marketplace.diagnosis.deeds import inquire
from marketplace.diagnosis.models import DiagnosisCase
from marketplace.extensions import db
from tests.factories import Factory
from tests.test_every_page import firm as firm
from tests.test_every_page import houses as houses
from tests.test_every_page import university as university

pytestmark = pytest.mark.long
BARE_DAY = re.compile(r"\d{4}-\d\d-\d\d(?: 24:00.*)?")


def test_the_header_counts_what_one_s_own_page_lists(
    app: Flask, make: Factory, houses: dict[str, Any]
) -> None:
    """Rooms count with statements of their own, for every page asks; the desk reads the rows."""
    operator = make.person("operator")
    complaint = db.session.scalars(db.select(Complaint)).one()
    hold(complaint, seen=complaint.revision, note="先停下来核对。", by=operator)
    case = db.session.scalars(db.select(DiagnosisCase)).one()
    asker = db.session.get(Person, case.taken_by_id)
    assert asker is not None
    inquire(case, "problem", "现在多少分贝？", by=asker, seen=case.revision)
    rooms = app.extensions["contributions"].rooms
    counting = [room for room in rooms if hasattr(room, "task_count")]
    listed: Counter[str] = Counter()

    with app.test_request_context():
        for person in db.session.scalars(db.select(Person)).all():
            for room in counting:
                tasks = list(room.tasks(person))
                listed[room.__name__.rpartition(".")[2]] += len(tasks)
                assert int(room.task_count(person)) == len(tasks), (room, person)
                # The name of the day is read aloud only: what is seen says what happens then.
                bare = [one for one in tasks if BARE_DAY.fullmatch(one.dated[1])]
                assert bare == []

    # Else nothing was compared.
    assert {"complaints", "diagnosis", "files", "rights"} <= (+listed).keys(), listed
