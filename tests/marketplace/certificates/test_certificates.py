"""Certificates: what they add up, who confirms them, and what a verification says, and says not."""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pypdf
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.certificates import deeds, pages, queries, upkeep
from marketplace.certificates.models import ConversionCertificate
from marketplace.contracts import filing_deeds
from marketplace.contracts.models import TechContract
from marketplace.errors import Invalid, MarketError, NotAllowed, NotFound, NotNow, Stale
from marketplace.extensions import db
from marketplace.memberships.queries import desk_of
from marketplace.notices.models import Notice
from marketplace.permissions import Guest
from tests.factories import Factory
from tests.marketplace.contracts.cases import REGISTRY_NO, World
from tests.racing import at_once, committing_site

SignIn = Callable[..., FlaskClient]
PURPOSE = "申报高级职称"


class Certified:
    """Two registered contracts of an institute, the first one of an achievement that names a researcher."""

    def __init__(self, make: Factory) -> None:
        self.world = World(make)
        self.researcher = make.person("researcher", self.world.lab)
        achievement = self.world.deal.achievement
        assert achievement is not None
        names = ["别的完成人", self.researcher.name]
        achievement.contributors = [
            type(achievement).contributors.property.mapper.class_(
                name=name, position=place
            )
            for place, name in enumerate(names)
        ]
        self.world.make.session.commit()
        self.named = self.world.registered()
        self.other = self.world.registered(
            self.world.approved_deal(), number="2026370150000999"
        )

    def request(self, **changes: Any) -> ConversionCertificate:
        values: dict[str, Any] = {
            "numbers": [self.named.id],
            "registry_numbers": "",
            "purpose": PURPOSE,
            "by": self.researcher,
        } | changes
        return deeds.request_certificate(self.world.lab, **values)

    def issued(self, **changes: Any) -> ConversionCertificate:
        row = self.request(**changes)
        deeds.issue_certificate(row, by=self.world.seller, seen=row.revision)
        return row

    def amend(self, contract: TechContract, total: int) -> None:
        filing_deeds.amend_registration(
            contract,
            (total, 40_000_000, 30_000_000),
            "登记时多写了",
            by=self.world.operator,
            seen=contract.revision,
        )


@pytest.fixture
def certified(make: Factory) -> Certified:
    return Certified(make)


def test_contracts_that_name_somebody_are_offered(certified: Certified) -> None:
    lab, name = certified.world.lab.id, certified.researcher.name

    offered = queries.candidates_of(name, lab)

    assert [(one.contract.id, one.part) for one in offered] == [
        (certified.named.id, "第 2 完成人")
    ]
    assert queries.candidates_of("没有这个人", lab) == []
    assert queries.candidates_of(name, certified.world.firm.id) == []


def test_operators_find_requests_that_nobody_else_may_confirm(
    certified: Certified, sign_in: SignIn
) -> None:
    world = certified.world
    row = certified.request()
    assert queries.waiting_for(world.operator) == []
    assert int(queries.waiting_count(world.operator)) == 0
    for one in desk_of(world.lab.id):
        one.active = False
    db.session.commit()
    assert queries.waiting_for(world.operator) == [row]
    assert int(queries.waiting_count(world.operator)) == 1
    assert queries.waiting_for(certified.researcher) == []
    assert queries.waiting_for(world.buyer) == []
    page = sign_in(world.operator).get("/mine").get_data(as_text=True)
    assert f"（{row.number}）" in page
    deeds.issue_certificate(row, by=world.operator, seen=row.revision)
    assert int(queries.waiting_count(world.operator)) == 0


def test_totals_are_those_of_the_ledger_with_its_corrections(
    certified: Certified,
) -> None:
    certified.amend(certified.named, 45_000_000)
    row = certified.issued(registry_numbers=f"2026370150000999，{REGISTRY_NO}")

    content = json.loads(row.content)

    contracts = (certified.named, certified.other)
    for name in queries.SUMS:
        registered = sum(one.registered_sums[name] for one in contracts)
        assert content[name] == registered
        assert sum(one[name] for one in content["rows"]) == registered
    assert content["total_fen"] == 95_000_000
    assert content["count"] == 2
    assert [one["part"] for one in content["rows"]] == ["第 2 完成人", "参加人（由单位确认）"]  # fmt: skip
    assert queries.answer_to(row.code or "") == "valid"


def test_a_correction_of_the_ledger_shows(certified: Certified) -> None:
    row = certified.issued()
    code = row.code or ""
    assert queries.answer_to(code) == "valid"
    certified.amend(certified.named, 45_000_000)
    assert queries.answer_to(code) == "corrected"
    assert upkeep.announce_corrections() == 1
    # The same sums again are the truth again.
    certified.amend(certified.named, 50_000_000)
    assert queries.answer_to(code) == "valid"
    assert upkeep.announce_corrections() == 0
    filing_deeds.cancel_registration(
        certified.named,
        "双方解除合同",
        by=certified.world.operator,
        seen=certified.named.revision,
    )
    assert queries.answer_to(code) == "corrected"
    assert upkeep.announce_corrections() == 1
    assert upkeep.announce_corrections() == 0
    notified = db.session.scalars(
        sa.select(Notice.person_id).filter_by(kind="certificate.corrected")
    )
    # Of both corrections, for in between the certificate was right.
    assert notified.all() == [certified.researcher.id] * 2


def test_what_cannot_be_requested(certified: Certified, make: Factory) -> None:
    nobody = make.person("researcher")
    with pytest.raises(NotAllowed):
        certified.request(by=nobody)
    with pytest.raises(NotNow, match="不在这个单位"):
        certified.request(by=certified.world.buyer)
    unregistered = certified.world.filed(certified.world.approved_deal())
    for changes in (
        {"numbers": []},
        {"numbers": [unregistered.id]},
        {"registry_numbers": "2026370150000555"},
        {"registry_numbers": "第一号"},
        {"purpose": "职"},
    ):
        with pytest.raises(Invalid):
            certified.request(**changes)
    first = certified.request()
    with pytest.raises(NotNow, match="还没有确认"):
        certified.request()
    deeds.cancel_request(first, by=certified.researcher, seen=first.revision)
    assert certified.request().state == "requested"


def test_nobody_confirms_their_own(certified: Certified) -> None:
    seller = certified.world.seller
    row = certified.request(by=seller)
    with pytest.raises(NotAllowed):
        deeds.issue_certificate(row, by=seller, seen=row.revision)
    for stranger in (certified.world.buyer, certified.researcher, Guest()):
        with pytest.raises(NotAllowed):
            deeds.issue_certificate(row, by=stranger, seen=row.revision)
        with pytest.raises(NotFound):
            queries.get_certificate(row.id, by=stranger)
    deeds.issue_certificate(row, by=certified.world.operator, seen=row.revision)
    assert row.state == "issued"


def test_declined_and_withdrawn_with_reasons(certified: Certified) -> None:
    row = certified.request()
    with pytest.raises(Invalid):
        deeds.decline_certificate(row, "", by=certified.world.seller, seen=row.revision)
    deeds.decline_certificate(
        row, "没有参加这个项目", by=certified.world.seller, seen=row.revision
    )
    assert row.code is None
    issued = certified.issued()
    code = issued.code or ""
    with pytest.raises(NotAllowed):
        deeds.withdraw_certificate(
            issued, "不该签发", by=certified.world.buyer, seen=issued.revision
        )
    deeds.withdraw_certificate(
        issued, "发现不是完成人", by=certified.world.seller, seen=issued.revision
    )
    assert queries.answer_to(code) == "withdrawn"
    with pytest.raises(NotNow):
        deeds.issue_certificate(issued, by=certified.world.seller, seen=issued.revision)


def test_a_contract_that_was_cancelled_meanwhile_is_not_certified(
    certified: Certified,
) -> None:
    row = certified.request()
    filing_deeds.cancel_registration(
        certified.named,
        "双方解除合同",
        by=certified.world.operator,
        seen=certified.named.revision,
    )
    with pytest.raises(NotNow, match="登记已撤销"):
        deeds.issue_certificate(row, by=certified.world.seller, seen=row.revision)


def test_the_file_says_what_was_certified(certified: Certified) -> None:
    row = certified.issued()
    assert upkeep.render_missing() == 1
    assert upkeep.render_missing() == 0
    assert row.pdf is not None
    pages_of = pypdf.PdfReader(io.BytesIO(row.pdf)).pages
    text = "".join(page.extract_text() for page in pages_of)
    plain = re.sub(r"\s", "", text)
    for expected in (
        certified.researcher.name,
        REGISTRY_NO,
        "500,000.00",
        PURPOSE,
        row.number,
        pages.grouped_code(row.code or ""),
    ):
        assert re.sub(r"\s", "", expected) in plain
    code = row.code or ""
    assert queries.answer_to(code, row.sha256 or "") == "valid"
    assert queries.answer_to(code, "0" * 64) == "invalid"


def test_a_closed_account_leaves_no_name(certified: Certified) -> None:
    row = certified.issued()
    upkeep.render_missing()
    code = row.code or ""
    deeds.forget_person(certified.researcher.id)
    db.session.commit()
    assert (row.content, row.pdf, row.state) == ("", None, "withdrawn")
    assert upkeep.render_missing() == 0
    assert queries.answer_to(code) == "withdrawn"


# -- verification ------------------------------------------------------------------------------------------------------


def test_a_verification_says_one_word_and_nothing_personal(
    certified: Certified, client: FlaskClient
) -> None:
    row = certified.issued()
    upkeep.render_missing()
    code = row.code or ""
    withdrawn = certified.issued()
    deeds.withdraw_certificate(
        withdrawn, "重复", by=certified.researcher, seen=withdrawn.revision
    )
    cases = [
        (code, "有效"),
        (pages.grouped_code(code).lower(), "有效"),
        # As paper is misread: the code has none of these figures.
        (code.translate(str.maketrans("OIB", "018")), "有效"),
        ("".join(chr(ord(one) + 0xFEE0) for one in code), "有效"),
        (withdrawn.code or "", "已撤回"),
        ("A" * 16, "无效"),
        ("' or 1=1 --", "无效"),
        ("码" * 300, "无效"),
    ]
    secrets = [
        certified.researcher.name,
        certified.world.lab.name,
        row.number,
        REGISTRY_NO,
        "500,000",
        PURPOSE,
        str(certified.named.title),
    ]
    for typed, expected in cases:
        answer = client.post("/certificates/verify", data={"code": typed})
        assert answer.status_code == 200
        page = answer.get_data(as_text=True)
        assert f'<h2 id="answer">{expected}</h2>' in page
        for secret in secrets:
            assert secret not in page
    short = client.post("/certificates/verify", data={"code": code[1:]})
    assert "现在有 15 位" in short.get_data(as_text=True)
    scanned = client.get(f"/certificates/verify/{code}").get_data(as_text=True)
    assert '<h2 id="answer">有效</h2>' in scanned
    assert client.post("/certificates/verify", data={"code": " "}).status_code == 422


def test_the_file_is_compared_where_it_is_sent(
    certified: Certified, client: FlaskClient
) -> None:
    row = certified.issued()
    upkeep.render_missing()
    pdf = row.pdf or b""
    for content, expected in ((pdf, "有效"), (pdf + b"\n", "无效")):
        data = {"code": row.code, "file": (io.BytesIO(content), "证明.pdf")}
        page = client.post("/certificates/verify", data=data).get_data(as_text=True)
        assert f'<h2 id="answer">{expected}</h2>' in page


def test_every_answer_asks_the_same_and_takes_as_long(
    certified: Certified, client: FlaskClient
) -> None:
    row = certified.issued()
    certified.amend(certified.named, 45_000_000)
    other = certified.issued(numbers=[certified.other.id])
    withdrawn = certified.issued(numbers=[certified.other.id])
    deeds.withdraw_certificate(
        withdrawn, "重复", by=certified.researcher, seen=withdrawn.revision
    )
    codes = {
        "corrected": row.code,
        "valid": other.code,
        "withdrawn": withdrawn.code,
        "invalid": "B" * 16,
    }
    executed = {}

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        for expected, code in codes.items():
            statements: list[str] = []
            assert queries.answer_to(code or "") == expected
            executed[expected] = statements
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    assert executed["valid"]
    assert all(one == executed["valid"] for one in executed.values())
    for code in codes.values():
        began = time.monotonic()
        client.get(f"/certificates/verify/{code}")
        assert time.monotonic() - began >= pages.ANSWER_SECONDS


@pytest.mark.long
def test_codes_are_not_guessed_by_trying(
    build_site: Callable[..., Flask], tmp_path: Path, limiter_restored: None
) -> None:
    site = build_site(tmp_path, LIMITS="1")
    browser = site.test_client()
    answers = []
    for place in range(22):
        # By both pages, which share one budget; the empty form costs nothing.
        assert browser.get("/certificates/verify").status_code == 200
        if place % 2:
            answers.append(
                browser.get(f"/certificates/verify/GUESS{place}").status_code
            )
        else:
            answers.append(
                browser.post(
                    "/certificates/verify", data={"code": f"GUESS{place}"}
                ).status_code
            )
    assert answers[:20] == [200] * 20
    assert answers[20:] == [429] * 2


# -- pages -------------------------------------------------------------------------------------------------------------


def test_requested_confirmed_and_fetched_in_the_browser(
    certified: Certified, sign_in: SignIn
) -> None:
    holder = sign_in(certified.researcher)
    page = holder.get("/mine/certificates/new").get_data(as_text=True)
    assert "第 2 完成人" in page
    bad = {"organisation": str(certified.world.lab.id), "purpose": PURPOSE}
    assert holder.post("/mine/certificates/new", data=bad).status_code == 422
    good = bad | {"contracts": str(certified.named.id)}
    answer = holder.post("/mine/certificates/new", data=good)
    assert answer.status_code == 303
    address = answer.headers["Location"]
    row = db.session.scalars(sa.select(ConversionCertificate)).one()
    desk = sign_in(certified.world.seller)
    assert f"（{row.number}）" in desk.get("/mine").get_data(as_text=True)
    refused = holder.post(f"{address}/issue", data={"seen": str(row.revision)})
    assert refused.status_code == 403
    stale = desk.post(f"{address}/issue", data={"seen": "99"})
    assert stale.status_code == 409
    issued = desk.post(f"{address}/issue", data={"seen": str(row.revision)})
    assert issued.status_code == 303
    upkeep.render_missing()
    paper = holder.get(f"{address}/certificate.pdf")
    assert paper.mimetype == "application/pdf"
    for stranger in (certified.world.buyer, certified.world.stranger):
        other = sign_in(stranger)
        assert other.get(address).status_code == 404
        assert other.get(f"{address}/certificate.pdf").status_code == 404


def test_what_is_written_is_of_ones_own_organisation(
    certified: Certified, sign_in: SignIn
) -> None:
    data = {
        "organisation": str(certified.world.lab.id),
        "contracts": str(certified.named.id),
        "purpose": PURPOSE,
    }
    firm = sign_in(certified.world.buyer)
    # Nothing to choose: what is missing is said at the box that is there.
    empty = firm.post("/mine/certificates/new", data={"purpose": PURPOSE})
    assert empty.status_code == 422
    assert 'href="#registry_numbers"' in empty.get_data(as_text=True)
    # The number of another organisation is not theirs to choose: their own one has no such contract.
    assert firm.post("/mine/certificates/new", data=data).status_code == 422


# -- two at once -------------------------------------------------------------------------------------------------------


@pytest.fixture
def races(tmp_path_factory: pytest.TempPathFactory, migrated: str) -> Iterator[Flask]:
    with committing_site(tmp_path_factory.mktemp("certificates"), migrated) as site:
        yield site


def test_of_two_who_decide_at_once_one_wins(races: Flask) -> None:
    certified = Certified(Factory(db.session))
    row = certified.request()
    number = row.id
    clerk = certified.world.make.person("desk", certified.world.lab)
    people = (certified.world.seller.id, clerk.id)
    db.session.commit()

    def decide(person_id: int, is_issued: bool) -> Callable[[], Callable[[], object]]:
        def look() -> Callable[[], object]:
            person = db.session.get_one(Person, person_id)
            mine = queries.get_certificate(number, by=person)
            seen = mine.revision
            persistence.expect_writing()
            db.session.rollback()

            def deed() -> None:
                if is_issued:
                    deeds.issue_certificate(mine, by=person, seen=seen)
                else:
                    deeds.decline_certificate(mine, "没有参加", by=person, seen=seen)

            return deed

        return look

    outcomes = at_once(races, decide(people[0], True), decide(people[1], False))

    assert outcomes.count("done") == 1
    (refusal,) = [one for one in outcomes if one != "done"]
    assert isinstance(refusal, (Stale, NotNow)), refusal
    assert isinstance(refusal, MarketError)
    db.session.rollback()
    row = db.session.get_one(ConversionCertificate, number)
    assert (row.state == "issued") == (outcomes[0] == "done")
