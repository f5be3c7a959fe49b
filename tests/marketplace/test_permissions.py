"""The permission table: closed by default, read for every role."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from flask import Flask

from marketplace.errors import NotAllowed
from marketplace.permissions import (
    HOUSE_DEEDS,
    TABLE,
    Guest,
    anyone,
    audiences,
    join_deeds,
    may,
    operator,
    read_aloud,
    require,
)
from tests.readers import SomeReader

# The table is joined when an application is built.
pytestmark = pytest.mark.usefixtures("app")


OWN = SimpleNamespace(
    id=31,
    organisation_id=7,
    owner_id=5,
    visibility="confidential",
    anonymous=True,
    broker_ids={6, 67},
    broker_id=6,
    holder_organisation_id=7,
    holder_person_id=5,
    receiver_organisation_id=3,
    receiver_person_id=2,
    # To which a firm has granted a pack.
    institution_id=9,
)
PEOPLE = {
    "guest": Guest(),
    "nowhere": SomeReader(1),  # signed in, of no organisation
    "unverified": SomeReader(2, organisation_ids=(3,), is_verified=False),
    "stranger": SomeReader(3, organisation_ids=(8,)),
    "handler": SomeReader(4, organisation_ids=(7,)),  # of the firm, or of the desk
    "writer": SomeReader(5, organisation_ids=(7,), handles=False),
    "colleague": SomeReader(55, organisation_ids=(7,), handles=False),
    "assigned": SomeReader(6, role_names=("broker",), organisation_ids=(9,)),
    "broker": SomeReader(66, role_names=("broker",), organisation_ids=(9,)),
    # Given the listing as well, but their certificate is over.
    "lapsed": SomeReader(67, role_names=("broker",), is_lapsed=True),
    "operator": SomeReader(8, role_names=("operator",), is_verified=False),
    "auditor": SomeReader(9, role_names=("auditor",)),
}
SIGNED_IN = PEOPLE.keys() - {"guest"}
OWNERS = {"handler", "writer", "operator"}
CLAIMANTS = {"handler", "writer", "colleague"}
VERIFIED = {"stranger", "handler", "writer", "colleague", "assigned", "broker"}


@pytest.mark.parametrize(
    ("deed", "who"),
    [
        ("public.read", PEOPLE.keys()),
        ("mine.read", SIGNED_IN),
        ("listing.create", SIGNED_IN - {"auditor"}),
        ("listing.read_contact", VERIFIED | {"operator"}),
        ("listing.read_full", OWNERS | {"colleague", "assigned"}),
        ("demand.read_firm", OWNERS | {"colleague", "assigned"}),
        ("verdict.read", OWNERS | {"assigned", "broker"}),
        ("verdict.give", OWNERS | {"assigned", "broker"}),
        ("verdict.grade", {"assigned", "broker", "operator"}),
        ("verdict.read_reasons", OWNERS),
        ("quality.read", {"operator"}),
        ("quality.decide", {"operator"}),
        ("listing.edit", OWNERS),
        ("listing.confirm", OWNERS - {"operator"}),
        ("listing.submit", OWNERS),
        ("listing.withdraw", OWNERS),
        ("listing.close", OWNERS),
        ("listing.archive", OWNERS),
        ("listing.history", OWNERS),
        ("listing.versions", OWNERS),
        ("listing.desk_review", {"handler"}),
        ("listing.endorse", {"handler"}),
        ("listing.review", {"operator"}),
        ("listing.approve", {"operator"}),
        ("listing.suspend", {"operator"}),
        ("listing.assign", {"operator"}),
        ("organisation.verify", {"operator"}),
        # Of an organisation its administrators too, whom its own tests know.
        ("verification.read", {"operator"}),
        ("verification.answer", set()),
        ("profile.read", PEOPLE.keys()),
        ("profile.edit", SIGNED_IN - {"auditor"}),
        ("broker.read", PEOPLE.keys()),
        ("broker.apply", SIGNED_IN - {"auditor"}),
        ("broker.check", {"operator"}),
        ("imports.begin", SIGNED_IN - {"auditor"}),
        ("imports.read", OWNERS),
        ("imports.read_all", {"operator"}),
        ("imports.write", OWNERS),
        ("complaint.file", PEOPLE.keys()),
        ("complaint.read", {"operator"}),
        ("complaint.rule", {"operator"}),
        ("complaint.answer", OWNERS - {"operator"}),
        ("mediation.request", OWNERS - {"operator"}),
        ("mediation.withdraw", OWNERS - {"operator"}),
        ("mediation.answer", {"assigned"}),
        ("mediation.assign", {"operator"}),
        ("rights.ask", OWNERS - {"operator"}),
        ("rights.answer", set()),
        ("files.read", PEOPLE.keys()),
        ("files.write", OWNERS),
        ("files.grant", OWNERS - {"operator"}),
        ("files.request", VERIFIED),
        ("files.withdraw", set()),
        ("files.desk_review", {"handler"}),
        ("files.endorse", {"handler"}),
        ("files.review", {"operator"}),
        ("diagnosis.request", OWNERS - {"operator"}),
        ("diagnosis.take", {"assigned", "operator"}),
        # Of a broker only the one who has taken it, which no listing says.
        ("diagnosis.read", OWNERS),
        ("diagnosis.work", {"operator"}),
        ("diagnosis.answer", OWNERS - {"operator"}),
        ("staff.read", {"operator"}),
        ("staff.change", {"operator"}),
        ("substitutes.name", SIGNED_IN - {"auditor"}),
        ("substitutes.end", SIGNED_IN - {"auditor"}),
        # Of an organisation its own people do, of the city (no organisation) the operators.
        ("issue.prepare", {"handler"}),
        ("issue.publish", {"handler"}),
        ("issue.correct", {"handler"}),
        ("issue.publish_city", {"operator"}),
        ("alerts.save", SIGNED_IN - {"auditor"}),
        ("duplicates.settle", {"handler", "operator"}),
        ("introduction.request", VERIFIED),
        ("introduction.answer", {"handler", "writer", "assigned"}),
        ("introduction.withdraw", {"handler", "writer"}),
        ("introduction.follow_up", {"operator"}),
        ("deal.propose", VERIFIED),
        ("deal.read", {"handler", "writer", "unverified", "assigned", "operator"}),
        ("deal.act", {"handler", "writer", "unverified"}),
        ("deal.hold", {"handler", "writer"}),
        ("deal.approve", {"handler"}),
        ("deal.follow_up", {"operator"}),
        # Of a contract its two sides do, which the deal behind it names.
        ("contract.read", {"operator"}),
        ("contract.write", set()),
        ("contract.confirm", set()),
        ("contract.file", {"operator"}),
        ("contract.correct", {"operator"}),
        ("proceeds.read", {"operator"}),
        ("proceeds.record", set()),
        ("proceeds.share", set()),
        # Of a share its inventor and its holder, whom its own tests know.
        ("proceeds.statement", set()),
        ("evidence.make", {"handler", "operator", "auditor"}),
        ("evidence.list", {"operator", "auditor"}),
        # Of an organisation its desk and its administrators, whom its own tests know.
        ("report.list", {"operator", "auditor"}),
        ("ledger.export", {"operator", "auditor"}),
        # Of a certificate its holder too, whom its own tests know.
        ("certificate.request", VERIFIED),
        ("certificate.read", {"handler", "operator"}),
        ("certificate.cancel", set()),
        ("certificate.confirm", {"handler", "operator"}),
        ("certificate.withdraw", {"handler", "operator"}),
        ("record.decision", {"handler", "writer", "operator"}),
        ("rating.read", {"operator"}),
        ("rating.give", set()),
        ("rating.reply", set()),
        ("story.read", {"operator"}),
        ("story.write", {"operator"}),
        ("story.agree", set()),
        ("ledger.read", {"operator"}),
        ("ledger.import", {"operator"}),
        ("brokerage.propose", VERIFIED | {"operator"}),
        # Of a case, whose sides and broker its own tests know.
        ("brokerage.read", {"operator", "assigned"}),
        ("brokerage.carry", {"assigned"}),
        ("brokerage.answer", set()),
        ("brokerage.direct", {"operator"}),
        ("brokerage.end", {"operator", "assigned"}),
        ("brokerage.desk", {"broker", "assigned", "operator"}),
        ("brokerage.dispute", {"broker", "assigned"}),
        ("brokerage.rule", {"operator"}),
        ("dictionary.edit", {"operator"}),
        ("workdays.edit", {"operator"}),
        ("rules.edit", {"operator"}),
        ("policies.edit", {"operator"}),
        ("envelope.read", {"operator"}),
        ("envelope.edit", {"operator"}),
        # Of a claim its claimant does, and operators whom it does not concern; its own tests know both.
        ("claim.read", CLAIMANTS | {"operator"}),
        ("claim.write", CLAIMANTS),
        ("claim.review", {"operator"}),
        ("claim.pay", {"operator"}),
        ("cohort.read", CLAIMANTS | {"operator"}),
        ("cohort.write", CLAIMANTS),
        ("statuses.read", {"handler", "operator"}),
        ("statuses.propose", {"handler"}),
        ("statuses.verify", {"operator"}),
        # Of what belongs to a bank or a fund: who handles its affairs, and nobody's own thing lets them through.
        ("finance.offer", {"handler"}),
        ("finance.review", {"operator"}),
        ("finance.read_all", {"operator"}),
        ("finance.file_loan", {"handler"}),
        ("finance.read_loan", {"handler", "operator"}),
        ("finance.decide_loan", {"operator"}),
        ("finance.invest", {"handler"}),
        # Of a pack its firm grants it, and only its bank reads it: no operator does.
        ("finance.grant", {"handler"}),
        ("finance.read_pack", {"assigned", "broker"}),
        ("finance.answer", {"handler", "writer"}),
        ("wordlists.edit", {"operator"}),
        ("retention.read", PEOPLE.keys()),
        ("office.read", {"operator"}),
        ("no such deed", set()),
    ],
)
def test_who_may(deed: str, who: set[str]) -> None:
    allowed = {name for name, somebody in PEOPLE.items() if may(somebody, deed, OWN)}

    assert allowed == set(who)


def test_the_site_itself_may_do_what_is_listed_and_nothing_else() -> None:
    assert all(may(None, deed) for deed in TABLE)
    assert not may(None, "no such deed")


def test_require_says_what_to_do() -> None:
    with pytest.raises(NotAllowed) as refused:
        require(PEOPLE["stranger"], "listing.edit", OWN)

    assert "登录" in refused.value.advice


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("guest", {"public"}),
        ("nowhere", {"public"}),
        ("handler", {"public", "org:7"}),
        ("colleague", {"public", "org:7"}),
        ("broker", {"public", "broker:66", "org:9"}),
        ("lapsed", {"public"}),
        ("operator", {"public", "operator"}),
        ("auditor", {"public"}),
    ],
)
def test_audiences(name: str, expected: set[str]) -> None:
    assert audiences(PEOPLE[name]) == expected


def test_a_deed_declared_twice_refuses_at_the_start() -> None:
    before = dict(TABLE)

    with pytest.raises(
        ValueError, match="'deal.sign' is declared by deals and by finance"
    ):
        join_deeds(
            [
                ("deals", {"deal.sign": (operator,)}),
                ("finance", {"deal.sign": (anyone,)}),
            ]
        )
    with pytest.raises(
        ValueError, match="'mine.read' is declared by the house and by deals"
    ):
        join_deeds([("deals", {"mine.read": (anyone,)})])
    with pytest.raises(ValueError, match="names nobody"):
        join_deeds([("deals", {"deal.sign": ()})])

    assert before == TABLE
    assert HOUSE_DEEDS.items() <= TABLE.items()


def test_the_table_is_read_aloud(app: Flask) -> None:
    printed = app.test_cli_runner().invoke(args=["deeds"]).output.splitlines()

    assert printed == read_aloud()
    assert len(printed) == len(TABLE)
    assert (
        "demand.read_firm: named or member or writer or assigned broker or operator"
        in (printed)
    )
