"""The pages of envelopes, claims and cohorts: from the estimate to the payment, whose they are, what they refuse."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.clock import today
from marketplace.contracts import filing_deeds
from marketplace.contracts.models import TechContract
from marketplace.envelopes import cohort_deeds, deeds, queries
from marketplace.envelopes.models import ClaimPaper, Envelope, FundClaim
from marketplace.extensions import db
from marketplace.files import storage, upkeep
from marketplace.files.scanning import HELD
from tests.factories import Factory
from tests.marketplace.envelopes.world import HITECH, NOTE, WAN, World, hand_papers
from tests.marketplace.files.samples import pdf_of

SignIn = Callable[..., FlaskClient]


@pytest.fixture
def world(make: Factory) -> World:
    return World(make)


def only(model: type) -> FundClaim:
    """The newest row."""
    row: FundClaim = db.session.scalars(
        db.select(model).order_by(model.id.desc())
    ).first()
    return row


def test_who_pays_reads_that_the_ledger_was_corrected(
    world: World, sign_in: SignIn
) -> None:
    year = today().year
    day = f"{year}-01-01"
    world.register((f"{year}370150000101", day, day, "外地厂", "2000"))
    row = world.approved("P-19b", figures={"kind": "firm"})
    contract = only(TechContract)
    desk = sign_in(world.other)

    def said() -> str:
        page = desk.get(f"/office/claims/{row.id}").get_data(as_text=True)
        found = re.search("今天重新算.*?。", page)
        return found[0] if found else ""

    assert said() == ""
    # More than was claimed for hinders nobody.
    for exempt, words in (
        (3000, ""),
        (100, "今天重新算是 15,000.00 元，比这笔的 300,000.00 元少。"),
    ):
        filing_deeds.amend_registration(
            contract,
            (3000 * WAN, 3000 * WAN, exempt * WAN),
            "登记机构更正",
            by=world.operator,
            seen=contract.revision,
        )
        assert said() == words
    filing_deeds.cancel_registration(
        contract, "合同解除", by=world.operator, seen=contract.revision
    )
    assert "已经算不出金额" in said()


def test_a_sum_that_others_made_smaller_is_said(world: World, sign_in: SignIn) -> None:
    line = f"李四,0001,中级,D-{{}},省技术市场协会（示例）,{today()}"
    rows = []
    for number in (1, 2):
        cohort = cohort_deeds.create_cohort(
            world.firm, f"第 {number} 期", today(), today(), by=world.person
        )
        # Both name one person; the second has somebody else as well.
        lines = [line.format(number), line.replace("李", "王").format(f"{number}0")]
        text = "\n".join(lines[:number])
        cohort_deeds.add_members(cohort, text, by=world.person, seen=cohort.revision)
        rows.append(world.complete("P-20a", cohort=cohort, figures=None))
    person = sign_in(world.person)
    answers = [
        person.post(
            f"/mine/claims/{row.id}/submit",
            data={"seen": row.revision},
            follow_redirects=True,
        ).get_data(as_text=True)
        for row in rows
    ]

    said = "原来 2,000.00 元，现在 1,000.00 元"
    assert [said in page for page in answers] == [False, True]
    assert "重新算过" not in answers[0]


def test_from_the_estimate_to_the_payment(world: World, sign_in: SignIn) -> None:
    person = sign_in(world.person)
    page = person.post(
        "/policies/estimates", data=HITECH, follow_redirects=True
    ).get_data(as_text=True)
    link = re.search(r'href="(/mine/claims/new\?[^"]+)"', page)
    assert link is not None, page
    address = link[1].replace("&amp;", "&")
    assert "高新技术企业" in person.get(address).get_data(as_text=True)
    data = dict(pair.split("=") for pair in address.partition("?")[2].split("&"))
    data |= {"envelope": str(world.envelope.id), "organisation": str(world.firm.id)}
    answer = person.post("/mine/claims/new", data=data)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    row = only(FundClaim)
    own = f"/mine/claims/{row.id}"

    refused = person.post(f"{own}/papers", data={"use": row.content["papers"][0]})
    assert refused.status_code == 422
    assert "选一个文件" in refused.get_data(as_text=True)
    for use in row.lacking_papers:
        file = (io.BytesIO(pdf_of(use)), "材料.pdf")
        person.post(f"{own}/papers", data={"use": use, "file": file})
    assert row.lacking_papers == []
    assert "提交申领" in person.get(own).get_data(as_text=True)
    person.post(f"{own}/submit", data={"seen": row.revision})
    assert row.state == "submitted"

    operator = sign_in(world.operator)
    assert row.number in operator.get("/office/review?tray=claims").get_data(as_text=True)  # fmt: skip
    desk = f"/office/claims/{row.id}"
    text = operator.get(desk).get_data(as_text=True)
    assert all(words in text for words in ("批准", "退回补充", "不予批准"))
    wrong = operator.post(f"{desk}/send_back", data={"seen": row.revision, "note": ""})
    assert wrong.status_code == 422
    wrong = operator.post(
        f"{desk}/approve", data={"seen": row.revision, "amount_fen": "x"}
    )
    assert wrong.status_code == 422
    operator.post(f"{desk}/approve", data={"seen": row.revision})
    assert row.state == "approved"
    text = operator.get(desk).get_data(as_text=True)
    assert "由另一位运营人员付款" in text
    assert "记录付款</button>" not in text
    paying = {"seen": row.revision, "paid_on": today().isoformat(), "voucher": "凭证 9"}
    assert operator.post(f"{desk}/pay", data=paying).status_code == 403
    other = sign_in(world.other)
    other.post(f"{desk}/pay", data=paying)
    assert row.state == "paid"
    assert "已付款" in person.get("/mine/claims").get_data(as_text=True)


def test_a_paper_is_for_its_two_sides(world: World, sign_in: SignIn) -> None:
    row = world.submitted()
    paper = db.session.scalars(db.select(ClaimPaper)).first()
    assert paper is not None
    address = f"/claim-papers/{paper.id}"
    for person, status in (
        (world.person, 200),
        (world.operator, 200),
        (world.stranger, 404),
    ):
        answer = sign_in(person).get(address, buffered=True)
        assert answer.status_code == status
        if status == 200:
            assert answer.data.startswith(b"%PDF")
            assert "attachment" in answer.headers["Content-Disposition"]
    # As of every file: a part of it, or nothing where the browser has it.
    browser = sign_in(world.operator)
    part = browser.get(address, headers={"Range": "bytes=0-3"}, buffered=True)
    assert (part.status_code, part.data) == (206, b"%PDF")
    etag = {"If-None-Match": part.headers["ETag"]}
    assert browser.get(address, headers=etag).status_code == 304
    # Two files that came under one name are told apart where they are saved.
    names = [one.name for one in row.present_papers]
    assert len(names) == len(set(names)) > 1
    assert paper.file is not None
    storage.remove_content(paper.file.sha256)
    assert sign_in(world.person).get(address).status_code == 404
    assert row.state == "submitted"


def test_a_paper_of_a_draft_is_for_its_own_side(world: World, sign_in: SignIn) -> None:
    row = world.complete()
    address = f"/claim-papers/{row.present_papers[0].id}"
    assert sign_in(world.operator).get(address).status_code == 404
    assert sign_in(world.person).get(address, buffered=True).status_code == 200
    deeds.submit_claim(row, by=world.person, seen=row.revision)
    assert sign_in(world.operator).get(address, buffered=True).status_code == 200


def test_a_paper_that_turns_out_to_be_infected_is_removed(
    app: Flask, world: World, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its content is looked at again where another file of the same content was held."""
    row = world.submitted()
    paper = db.session.scalars(db.select(ClaimPaper)).first()
    assert paper is not None
    assert paper.file is not None
    paper.file.scan = HELD
    db.session.commit()
    command = f"{sys.executable} -c 'raise SystemExit(1)'"
    monkeypatch.setitem(app.config, "SCAN_COMMAND", command)
    assert upkeep.scan_held() == 1
    db.session.expire_all()
    assert paper.file is None
    assert paper.removed_at is not None
    assert paper.use in row.lacking_papers
    assert sign_in(world.person).get(f"/claim-papers/{paper.id}").status_code == 404
    assert upkeep.scan_held() == 0


def test_other_people_see_nothing(
    world: World, sign_in: SignIn, client: FlaskClient
) -> None:
    row = world.submitted()
    stranger = sign_in(world.stranger)
    for address, status in (
        (f"/mine/claims/{row.id}", 404),
        (f"/office/claims/{row.id}", 403),
        ("/office/envelopes", 403),
        (f"/office/envelopes/{world.envelope.id}", 403),
        (f"/office/envelopes/{world.envelope.id}/claims.xlsx", 403),
        ("/office/training", 403),
        ("/mine/claims", 200),
        ("/mine/claims/999999", 404),
        ("/mine/claims/new?clause=P-1a&estimate=x", 404),
        ("/mine/claims/new?clause=X-1", 409),
    ):
        answer = stranger.get(address)
        assert answer.status_code == status, address
        assert row.number not in answer.get_data(as_text=True)
        assert client.get(address).status_code in (302, 401), address
    assert "资金与申领" not in client.get("/").get_data(as_text=True)
    # A draft is its writer's own: the operators do not know of it.
    draft = world.open_envelope(name="另一笔")
    row = world.draft(envelope=draft)
    assert sign_in(world.operator).get(f"/office/claims/{row.id}").status_code == 404


def test_operators_set_money_up_and_take_lists_out(
    world: World, sign_in: SignIn
) -> None:
    operator = sign_in(world.operator)
    wrong = operator.post("/office/envelopes/new", data={"name": "x"})
    assert wrong.status_code == 422
    assert "写资金来源" in wrong.get_data(as_text=True)
    values = {
        "name": "培训补助", "year": str(today().year), "source": "市级财政", "document": "草案一号",
        "in_force": "draft", "checked": "unverified", "clause_codes": ["P-20a"], "budget_fen": "30000",
    }  # fmt: skip
    assert operator.post("/office/envelopes/new", data=values).status_code == 303
    row = db.session.scalars(db.select(Envelope).filter_by(name="培训补助")).one()
    assert row.budget_fen == 3 * WAN
    address = f"/office/envelopes/{row.id}"
    assert "依据：征求意见稿" in operator.get(address).get_data(as_text=True)
    assert (
        operator.post(f"{address}/open", data={"seen": row.revision}).status_code == 409
    )
    wrong = operator.post(f"{address}/basis", data={"seen": row.revision})
    assert wrong.status_code == 422
    operator.post(
        f"{address}/basis", data={"seen": row.revision, "document": "聊政发〔2026〕9号"}
    )
    operator.post(f"{address}/open", data={"seen": row.revision})
    assert row.state == "open"
    data = {
        "seen": row.revision,
        "direction": "less",
        "amount_fen": "1万元",
        "reason": NOTE,
    }
    operator.post(f"{address}/budget", data=data)
    assert row.budget_fen == 2 * WAN
    wrong = operator.post(
        f"{address}/budget", data={**data, "seen": row.revision, "amount_fen": "多"}
    )
    assert wrong.status_code == 422
    for direction in ({"direction": "sideways"}, {"direction": ""}, {}):
        rest = {name: data[name] for name in ("amount_fen", "reason")}
        neither = operator.post(
            f"{address}/budget", data={**rest, **direction, "seen": row.revision}
        )
        assert neither.status_code == 422
        assert "选增加预算还是核减预算" in neither.get_data(as_text=True)
    assert row.budget_fen == 2 * WAN

    claim = world.paid()
    address = f"/office/envelopes/{world.envelope.id}"
    assert claim.number in operator.get(address).get_data(as_text=True)
    for name, expected in (
        ("claims", [claim.number, claim.claimant_name, world.firm.uscc]),
        ("statement", [claim.number, "付款", "100,000.00"]),
    ):
        content = operator.get(f"{address}/{name}.xlsx").data
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        assert sheet is not None
        cells = [cell.value for line in sheet.iter_rows() for cell in line]
        assert set(expected) <= set(cells)


def test_claims_and_movements_stand_on_pages_of_their_own(
    world: World, sign_in: SignIn, make: Factory
) -> None:
    envelope = world.open_envelope(300 * WAN, name="许多单位申领的资金")
    claimants = []
    for number in range(queries.SIZE + 1):
        firm = make.organisation(f"第 {number} 家申领单位（示例）")
        person = make.person("firm", firm)
        row = world.draft(envelope=envelope, organisation=firm, by=person)
        hand_papers(row, by=person)
        deeds.submit_claim(row, by=person, seen=row.revision)
        claimants.append(row.claimant_name)
    operator = sign_in(world.operator)
    place = f"/office/envelopes/{envelope.id}"

    first = operator.get(place).get_data(as_text=True)
    second = operator.get(f"{place}?claims=2&page=2").get_data(as_text=True)

    rows = 'data-label="申领人">'
    assert f"（{queries.SIZE + 1}）" in first
    assert (first.count(rows), second.count(rows)) == (queries.SIZE, 1)
    # The newest first; the budget and 21 reservations are 22 movements.
    assert f"{rows}{claimants[0]}" in second
    left = 'data-label="余额（元）"'
    assert (first.count(left), second.count(left)) == (queries.SIZE, 2)
    assert f"{place}?page=1&amp;claims=2#claims" in first
    assert f"{place}?page=2&amp;claims=1#statement" in first
    for odd in ("?claims=0", "?claims=x", "?claims=99999999999999999999"):
        assert operator.get(place + odd).status_code == 200


def test_a_cohort_in_the_browser(world: World, sign_in: SignIn) -> None:
    person = sign_in(world.person)
    wrong = person.post("/mine/cohorts/new", data={"organisation": str(world.firm.id)})
    assert wrong.status_code == 422
    data = {
        "organisation": str(world.firm.id), "name": "第一期", "began_on": "2026-01-04", "ended_on": "2026-01-09",
    }  # fmt: skip
    assert person.post("/mine/cohorts/new", data=data).status_code == 303
    (row,) = queries.own_cohorts(world.person)
    address = f"/mine/cohorts/{row.id}"
    wrong = person.post(
        f"{address}/members", data={"seen": row.revision, "members": "张三"}
    )
    assert wrong.status_code == 422
    assert "要有 6 列" in wrong.get_data(as_text=True)
    lines = "张三,123X,初级,C-1,协会,2026-01-09\n李四,1234,中级,C-2,协会,2026-01-09"
    person.post(f"{address}/members", data={"seen": row.revision, "members": lines})
    text = person.get(address).get_data(as_text=True)
    assert "2 人取得证书" in text
    assert "付给培养机构" in text
    db.session.refresh(row)
    person.post(f"/mine/cohort-members/{row.members[1].id}/remove")
    begin = person.get(f"/mine/claims/new?clause=P-20a&cohort={row.id}")
    assert "还没有申领过的证书" in begin.get_data(as_text=True)
    assert person.get(f"{address}/members.xlsx").status_code == 200
    assert sign_in(world.stranger).get(address).status_code == 404
    operator = sign_in(world.operator)
    assert "初级技术经纪人" in operator.get("/office/training").get_data(as_text=True)
    assert operator.get("/office/training/2026.xlsx").status_code == 200
    assert (
        operator.post(f"{address}/members", data={"members": lines}).status_code == 403
    )
