"""Every write becomes an entry in the transaction of the write: what it says, and what never becomes one."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from marketplace import persistence
from marketplace.accounts.models import Membership, Person, Role
from marketplace.audit import deeds, policy
from marketplace.audit.acting import work_named
from marketplace.audit.entries import Personal, digest_of
from marketplace.audit.models import Entry, Withheld
from marketplace.dictionaries import deeds as dictionary_deeds
from marketplace.dictionaries.models import Chain
from marketplace.extensions import db
from marketplace.lifecycle import History
from marketplace.listings import deeds as listing_deeds
from marketplace.listings.models import Demand
from marketplace.organisations.models import Organisation
from tests.conftest import WRITTEN
from tests.factories import Factory


def entries_since(position: int) -> list[Entry]:
    query = sa.select(Entry).where(Entry.position >= position)
    return list(db.session.scalars(query.order_by(Entry.position)))


def next_position() -> int:
    last = db.session.scalar(sa.select(sa.func.max(Entry.position)))
    return 0 if last is None else last + 1


def content_of(entry: Entry) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(entry.text)
    return content


def withheld_of(entry: Entry) -> list[dict[str, Any]]:
    query = sa.select(Withheld).where(Withheld.position == entry.position)
    rows = list(db.session.scalars(query.order_by(Withheld.number)))
    digests = content_of(entry)["withheld"]
    assert [digest_of(row.salt, row.text) for row in rows] == digests
    return [json.loads(row.text) for row in rows]


def test_a_deed_leaves_one_entry_with_what_was_and_what_is(make: Factory) -> None:
    firm = make.organisation()
    writer = make.person("firm", firm)
    demand = make.demand(state="draft", owner=firm)
    begin = next_position()

    listing_deeds.submit(demand, by=writer, seen=demand.revision)

    (entry,) = entries_since(begin)
    content = content_of(entry)
    assert (entry.deed, entry.kind, entry.thing) == (
        "demand.submit",
        "demand",
        str(demand.id),
    )
    assert entry.actor == writer.id
    assert content["values"]["life"][0]["before"] == "draft"
    (row,) = content["values"]["rows"]
    assert row["before"]["state"] == "draft"
    assert row["after"]["state"] == "submitted"
    assert "card" not in row["after"]


def test_people_stand_apart_and_secrets_nowhere(make: Factory) -> None:
    begin = next_position()
    person = make.person("operator")

    entry = entries_since(begin)[-1]
    assert (entry.kind, entry.thing) == ("person", str(person.id))
    assert person.email not in entry.text
    assert person.name not in entry.text
    everything = "".join(
        [one.text for one in entries_since(begin)]
        + [json.dumps(withheld_of(one)) for one in entries_since(begin)]
    )
    assert person.password not in everything
    assert person.fs_uniquifier not in everything
    rows = content_of(entry)["values"]["rows"]
    row, link = sorted(rows, key=lambda one: one["row"][0])
    assert "password" in row["secret"]
    assert link == {"row": ["person_role", f"{person.id}/{person.roles[0].id}"], "before": None,
                       "after": {"role": str(person.roles[0].id)}}  # fmt: skip
    (personal,) = withheld_of(entry)
    assert personal["subject"] == person.id
    assert personal["values"]["after"]["email"] == person.email


def test_links_and_children_belong_to_their_row(make: Factory) -> None:
    firm = make.organisation()
    person = make.person("broker", firm)
    operator = db.session.scalar(sa.select(Role).where(Role.name == "operator"))
    begin = next_position()

    person.roles = [operator]
    person.memberships[0].post = "总工程师"
    persistence.commit()

    (entry,) = entries_since(begin)
    assert (entry.kind, entry.thing) == ("person", str(person.id))
    rows = {tuple(row["row"]): row for row in content_of(entry)["values"]["rows"]}
    came = [
        row for key, row in rows.items() if key[0] == "person_role" and row["after"]
    ]
    gone = [
        row for key, row in rows.items() if key[0] == "person_role" and row["before"]
    ]
    assert len(came) == len(gone) == 1
    assert rows["membership", f"{person.id}/{firm.id}"]["after"] == {"post": "总工程师"}


def test_what_was_never_read_is_known_before_it_is_overwritten(make: Factory) -> None:
    firm = make.organisation()
    firm_id = firm.id
    db.session.expire(firm)
    begin = next_position()

    # Set without a look: SQLAlchemy itself does not know what it was.
    firm.address = "聊城市东昌府区新路 1 号"
    firm.kind = "institute"
    persistence.commit()

    (entry,) = entries_since(begin)
    (row,) = content_of(entry)["values"]["rows"]
    assert entry.thing == str(firm_id)
    assert row["before"] == {"address": "", "kind": "firm"}
    assert row["after"] == {"address": "聊城市东昌府区新路 1 号", "kind": "institute"}


def test_what_is_set_to_the_same_value_is_no_write(make: Factory) -> None:
    firm = make.organisation()
    db.session.expire(firm)
    begin = next_position()
    firm.kind = "firm"
    db.session.flush()
    WRITTEN.clear()  # a statement, and yet no write
    persistence.commit()

    assert entries_since(begin) == []


def test_a_removal_says_what_is_gone(make: Factory) -> None:
    chain = Chain(code="bamboo", name="竹编", position=9, official=False, active=True)
    db.session.add(chain)
    persistence.commit()
    begin = next_position()
    db.session.expire(chain)
    db.session.delete(chain)
    persistence.commit()

    (entry,) = entries_since(begin)
    (row,) = content_of(entry)["values"]["rows"]
    assert row["before"]["name"] == "竹编"
    assert row["after"] is None


def test_what_was_rolled_back_leaves_nothing(make: Factory) -> None:
    firm = make.organisation()
    begin = next_position()

    firm.address = "甲"
    db.session.flush()
    db.session.rollback()
    firm.address = "乙"
    db.session.flush()
    savepoint = db.session.begin_nested()
    firm.profile = "丙"
    db.session.flush()
    savepoint.rollback()
    with db.session.begin_nested():
        firm.supervisor = "丁"
    persistence.commit()

    (entry,) = entries_since(begin)
    (row,) = content_of(entry)["values"]["rows"]
    assert row["after"] == {"address": "乙", "supervisor": "丁"}


def test_a_refused_flush_leaves_nothing_and_stops_nothing(make: Factory) -> None:
    firm = make.organisation()
    other = make.organisation()
    begin = next_position()
    firm.name_key = other.name_key
    with pytest.raises(sa.exc.IntegrityError):
        persistence.commit()
    other.address = "东"
    persistence.commit()

    (entry,) = entries_since(begin)
    assert entry.thing == str(other.id)


def test_statements_over_many_rows_leave_an_entry_too(make: Factory) -> None:
    firm = make.organisation()
    begin = next_position()
    update = sa.update(Organisation).where(Organisation.id == firm.id)
    db.session.execute(update.values(address="西"))
    table = Organisation.__table__
    db.session.connection().execute(
        sa.update(table).values(size_band="large").where(table.c.id == sa.bindparam("one")),
        [{"one": firm.id}, {"one": firm.id}],
    )  # fmt: skip
    db.session.execute(sa.text("DELETE FROM verdict WHERE id = -1"))
    persistence.commit()

    entries = entries_since(begin)
    assert [(e.kind, content_of(e)["values"]) for e in entries] == [
        ("organisation", {"statement": "update", "columns": ["address"], "rows": 1}),
        ("organisation", {"statement": "update", "columns": ["size_band"], "rows": 2}),
        ("verdict", {"statement": "delete", "columns": [], "rows": 1}),
    ]


def test_notes_of_the_index_are_no_writes(make: Factory) -> None:
    demand = make.demand()
    begin = next_position()
    db.session.execute(sa.update(Demand).values(indexed_revision=0))
    persistence.commit()
    demand.indexed_revision = 1
    persistence.commit()

    assert entries_since(begin) == []


def test_a_named_deed_names_what_it_writes(make: Factory) -> None:
    firm = make.organisation()
    begin = next_position()
    firm.address = "南"
    deeds.record(
        "organisation.move",
        kind="organisation",
        thing=firm.id,
        values={"reason": "迁址"},
        personal=[Personal(7, {"phone": "0635-0000009"})],
    )
    deeds.record("organisation.visit", kind="organisation", thing=firm.id)
    persistence.commit()

    first, second = entries_since(begin)
    assert (first.deed, second.deed) == ("organisation.move", "organisation.visit")
    assert content_of(first)["values"]["reason"] == "迁址"
    assert content_of(first)["values"]["rows"][0]["after"] == {"address": "南"}
    assert withheld_of(first) == [{"subject": 7, "values": {"phone": "0635-0000009"}}]


def test_a_page_says_who_for_whom_and_from_where(make: Factory, sign_in: Any) -> None:
    operator = make.person("operator")
    browser = sign_in(operator)
    begin = next_position()
    done = browser.post(
        "/office/chains/new",
        data={"code": "bamboo", "name": "竹编", "position": "3"},
        environ_base={"REMOTE_ADDR": "203.0.113.9"},
    )

    assert done.status_code == 303
    (entry,) = entries_since(begin)
    assert (entry.deed, entry.kind, entry.thing) == (
        "dictionary.edit",
        "chain",
        "bamboo",
    )
    assert entry.actor == operator.id
    assert "203.0.113.9" not in entry.text
    assert {
        "subject": operator.id,
        "values": {"address": "203.0.113.9"},
    } in withheld_of(entry)


def test_somebody_of_one_organisation_acts_for_it(make: Factory, sign_in: Any) -> None:
    firm = make.organisation()
    writer = make.person("firm", firm)
    demand = make.demand(state="draft", owner=firm)
    begin = next_position()
    sign_in(writer).post(
        f"/mine/demand/{demand.id}/submit", data={"seen": demand.revision}
    )

    (entry,) = [one for one in entries_since(begin) if one.deed == "demand.submit"]
    assert (entry.actor, entry.organisation) == (writer.id, firm.id)


def test_somebody_of_several_acts_for_the_one_whose_row_it_is(
    make: Factory, sign_in: Any
) -> None:
    firms = [make.organisation(), make.organisation()]
    writer = make.person("firm", *firms)
    demand = make.demand(state="draft", owner=firms[1])
    begin = next_position()
    sign_in(writer).post(
        f"/mine/demand/{demand.id}/submit", data={"seen": demand.revision}
    )

    (entry,) = [one for one in entries_since(begin) if one.deed == "demand.submit"]
    assert (entry.actor, entry.organisation) == (writer.id, firms[1].id)


def test_work_in_the_background_names_itself(make: Factory) -> None:
    firm = make.organisation()
    begin = next_position()
    with work_named("job.expire"):
        firm.address = "北"
        persistence.commit()

    (entry,) = entries_since(begin)
    assert (entry.deed, entry.actor, entry.organisation) == ("job.expire", None, None)


# -- nothing is forgotten ----------------------------------------------------------------------------------------------


def test_every_table_is_recorded_or_says_why_not(app: Flask) -> None:
    technical = set()
    for table in db.metadata.sorted_tables:
        if policy.is_technical(table):
            technical.add(table.name)
    assert technical <= policy.TECHNICAL_TABLES.keys() | {
        table.name for table in db.metadata.sorted_tables if table.info.get("audit")
    }
    assert all(policy.TECHNICAL_TABLES.values())


def test_what_looks_personal_or_secret_is_treated_so(app: Flask) -> None:
    person = Person.__table__.c
    demand = Demand.__table__.c
    expected = {
        person.email: "personal",
        person.name: "personal",
        person.phone: "personal",
        person.password: "secret",
        person.fs_uniquifier: "technical",
        demand.contact_name: "personal",
        demand.contact_phone: "personal",
        demand.contact_email: "personal",
        demand.title: "plain",
        Organisation.__table__.c.legal_representative: "personal",
        Organisation.__table__.c.uscc: "plain",
        Membership.__table__.c.post: "plain",
        History.__table__.c.note: "technical",
    }
    for column, treatment in expected.items():
        assert policy.treatment_of(column) == treatment, column
    extra = sa.Table(
        "tokens",
        sa.MetaData(),
        sa.Column("tf_totp_secret", sa.String),
        sa.Column("mf_recovery_codes", sa.String),
        sa.Column("backup_email", sa.String),
        sa.Column("mobile", sa.String),
        sa.Column("label", sa.String, info={"audit": "personal"}),
        sa.Column("note", sa.String),
    )
    treated = [policy.treatment_of(column) for column in extra.c]
    assert treated == ["secret", "secret", "personal", "personal", "personal", "plain"]


def test_a_dictionary_deed_is_recorded(make: Factory, session: Session) -> None:
    begin = next_position()
    dictionary_deeds.save_chain(
        "bamboo", name="竹编", position=3, official=False, active=True, by=make.person("operator"), seen=None,
    )  # fmt: skip

    assert entries_since(begin)[-1].kind == "chain"
