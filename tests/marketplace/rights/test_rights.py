"""Co-owners agree before an achievement is public, by account or by link; patents remind before they end."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from marketplace.clock import now, today
from marketplace.errors import Invalid, NotFound, NotNow
from marketplace.extensions import db
from marketplace.listings import deeds as listing_deeds
from marketplace.listings.child_models import IntellectualProperty
from marketplace.notices.models import Notice
from marketplace.rights import deeds, queries, upkeep
from marketplace.rights.announcements import endings_of
from marketplace.rights.contributed import publication_blocks
from marketplace.rights.models import CoOwnerConsent
from tests.factories import GOOD, Factory

Browser = Callable[..., FlaskClient]
SIGNED = "示例甲，科技处处长"


def ask(
    row: Any, named: str, email: str = "", by: Any = None
) -> tuple[CoOwnerConsent, str]:
    return deeds.ask_co_owner(row, named=named, email=email, by=by)


def answer(consent: CoOwnerConsent, agrees: bool, reason: str = "") -> None:
    deeds.answer_consent(
        consent,
        agrees=agrees,
        answered_as=SIGNED,
        reason=reason,
        seen=consent.terms,
        by=None,
        by_link=True,
    )


def links_in(browser: FlaskClient, address: str) -> list[str]:
    return re.findall(r"/co-owner/[\w.\-]+", browser.get(address).text)


@pytest.fixture
def owner(make: Factory) -> Any:
    return make.person("firm", make.organisation())


def test_nothing_is_published_while_a_co_owner_has_not_agreed(
    make: Factory, owner: Any
) -> None:
    firm = owner.organisations[0]
    row = make.achievement(state="draft", owner=firm)
    consent, _ = ask(row, "张三", "zhang@partner.example", by=owner)
    listing_deeds.submit(row, by=owner, seen=row.revision)
    operator = make.person("operator")

    def refusal() -> str:
        with pytest.raises(Invalid) as caught:
            listing_deeds.approve(row, by=operator, seen=row.revision, scores=GOOD)
        return "".join(caught.value.problems["co_owners"])

    assert "还没有答复" in refusal()
    answer(consent, agrees=False, reason="收益分配没有谈好")
    assert "收益分配没有谈好" in refusal()
    answer(consent, agrees=True)
    # What they agreed to is what is published, and nothing else.
    listing_deeds.send_back(row, by=operator, seen=row.revision, note="请核对")
    listing_deeds.save(
        row, {"conversion_modes": ["transfer"]}, by=owner, seen=row.revision
    )
    with pytest.raises(Invalid) as caught:
        listing_deeds.submit(row, by=owner, seen=row.revision)
    assert "重新征求" in caught.value.problems["co_owners"][0]
    consent.asked_at = now() - timedelta(hours=1)
    deeds.ask_again(consent, by=owner)
    assert (consent.state, consent.answered_at) == ("requested", None)
    answer(consent, agrees=True)
    assert consent.text_version == "2026-11"
    assert consent.answered_at is not None
    listing_deeds.submit(row, by=owner, seen=row.revision)
    listing_deeds.approve(row, by=operator, seen=row.revision, scores=GOOD)
    assert row.state == "published"
    # What is public is not stopped by a click.
    with pytest.raises(NotNow):
        answer(consent, agrees=False, reason="后悔了")
    # A change of what was agreed to is refused as well, until they have been asked once more.
    with pytest.raises(Invalid):
        listing_deeds.save(
            row, {"conversion_modes": ["equity"]}, by=owner, seen=row.revision
        )


def test_who_is_named_as_joint_owner_has_to_be_asked(make: Factory, owner: Any) -> None:
    firm = owner.organisations[0]
    co_owners = [{"name": firm.name}, {"name": "鲁西 大学（示例）"}]
    row = make.achievement(
        state="draft", owner=firm, ownership="joint", co_owners=co_owners
    )
    with pytest.raises(Invalid) as caught:
        listing_deeds.submit(row, by=owner, seen=row.revision)
    assert "鲁西 大学" in caught.value.problems["co_owners"][0]
    # The same name, spelt otherwise.
    ask(row, "鲁西大学(示例)", "a@lx.example", by=owner)
    listing_deeds.submit(row, by=owner, seen=row.revision)
    # Who is named as an owner of a patent has to be asked too, whatever 权属 says; the holder and a lapsed one not.
    for status, refused in (("granted", True), ("lapsed", False)):
        right = patent(owners=f"{firm.name}；鲁西 大学（示例）", legal_status=status)
        shared = make.achievement(state="draft", owner=firm, ips=[right])
        assert bool(dict(publication_blocks(shared, "submit"))) is refused
    # Nor is it shown again where they came into it while it was hidden.
    hidden = make.achievement(state="suspended", owner=firm)
    listing_deeds.save(
        hidden,
        {"ownership": "joint", "co_owners": co_owners},
        by=owner,
        seen=hidden.revision,
    )
    operator = make.person("operator")
    with pytest.raises(Invalid, match="还不能恢复公开"):
        listing_deeds.resume(hidden, by=operator, seen=hidden.revision)
    own = make.achievement(state="draft", owner=firm, ips=[patent(owners=firm.name)])
    assert not dict(publication_blocks(own, "submit"))
    alone = make.achievement(state="draft", owner=firm, ownership="joint")
    with pytest.raises(Invalid, match="还不能送审"):
        listing_deeds.submit(alone, by=owner, seen=alone.revision)


def test_by_account_and_by_link(
    make: Factory, sign_in: Browser, client: FlaskClient, owner: Any
) -> None:
    partner = make.organisation("鲁西研究院（示例）", kind="institute")
    chief = make.person("desk", partner)
    row = make.achievement(state="draft", owner=owner.organisations[0])
    asking, page = sign_in(owner), f"/mine/achievement/{row.id}/co-owners"
    # By its code, as typed.
    made = asking.post(
        page, data={"named": f" {partner.uscc.lower()} ", "email": "legal@lx.example"}
    )
    link = re.search(r"/co-owner/[\w.\-]+", made.text)
    assert made.status_code == 200
    assert link is not None
    assert partner.name in made.text
    assert links_in(asking, page) == []  # shown once
    consent = queries.consents_for(row.id)[0]
    sent = {one.kind for one in db.session.scalars(db.select(Notice))}
    assert {"rights.asked", "rights.link"} <= sent
    assert "去答复" in sign_in(chief).get("/mine").text
    again = asking.post(page, data={"named": partner.name, "email": ""})
    assert again.status_code == 409

    # Who may not: another firm by account, a guest, a wrong or cut link.
    own_page = f"/mine/co-owners/{consent.id}"
    assert (
        sign_in(make.person("firm", make.organisation())).get(own_page).status_code
        == 404
    )
    assert sign_in(owner).get(own_page).status_code == 404
    assert client.get(own_page).status_code == 302
    for wrong in (link[0][:-2], link[0] + "x", "/co-owner/nothing"):
        assert client.get(wrong).status_code == 404

    shown = client.get(link[0]).text
    assert row.title in shown
    assert "版本 2026-11" in shown
    data = {"terms": consent.terms, "answered_as": SIGNED}
    assert client.post(link[0], data={**data, "deed": "refuse"}).status_code == 422
    assert (
        client.post(
            link[0], data={**data, "answered_as": " ", "deed": "agree"}
        ).status_code
        == 422
    )
    assert (
        client.post(
            link[0], data={**data, "terms": "转化方式：转让", "deed": "agree"}
        ).status_code
        == 409
    )
    refusing = {**data, "deed": "refuse", "reason": "专利份额没有谈好"}
    assert client.post(link[0], data=refusing).status_code == 303
    assert "专利份额没有谈好" in asking.get(page).text
    # Won over, and by their account this time.
    assert (
        sign_in(chief).post(own_page, data={**data, "deed": "agree"}).status_code == 303
    )
    db.session.expire_all()
    assert (consent.state, consent.answered_by_id, consent.reason) == (
        "agreed",
        chief.id,
        "",
    )

    # Asked again, the old link opens nothing; withdrawn, the new one neither.
    fresh = deeds.ask_again(consent, by=owner)
    with pytest.raises(NotNow):
        deeds.ask_again(consent, by=owner)
    assert client.get(link[0]).status_code == 404
    assert client.get(f"/co-owner/{fresh}").status_code == 200
    consent.asked_at = now() - timedelta(days=61)
    with pytest.raises(NotFound):
        deeds.opened_consent(fresh)
    consent.asked_at = now()
    db.session.commit()
    assert asking.post(f"{own_page}/withdraw").status_code == 303
    assert client.get(f"/co-owner/{fresh}").status_code == 404


def test_nobody_is_asked_who_cannot_be_reached(make: Factory, owner: Any) -> None:
    firm = owner.organisations[0]
    row = make.achievement(state="draft", owner=firm)
    empty = make.organisation("没有人的院（示例）")
    for named, email, field in (
        ("", "a@b.example", "named"),
        (firm.name, "a@b.example", "named"),
        (empty.name, "", "email"),
        ("张三", "", "email"),
        ("张三", "no address", "email"),
        ("91371500MA3C0RQX70", "", "named"),
    ):
        with pytest.raises(Invalid) as caught:
            ask(row, named, email, by=owner)
        assert field in caught.value.problems
    assert queries.consents_for(row.id) == []


# -- patents -----------------------------------------------------------------------------------------------------------


def patent(**values: Any) -> dict[str, Any]:
    return {
        "ip_type": "invention",
        "name": "一种磨削方法",
        "legal_status": "granted",
    } | values


def in_days(days: int) -> date:
    return today() + timedelta(days=days)


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        (patent(fee_paid_until=in_days(50)), {"fee"}),
        (patent(fee_paid_until=in_days(50), applied_on=in_days(-365)), {"fee", "term"}),
        # Nobody wrote until when it is paid: the next anniversary of its application.
        (patent(applied_on=in_days(-400)), {"fee", "term"}),
        (patent(applied_on=date(2024, 2, 29)), {"fee", "term"}),
        (patent(legal_status="pending", applied_on=in_days(-400)), {"term"}),
        (patent(legal_status="lapsed", fee_paid_until=in_days(50)), set()),
        (patent(fee_paid_until=in_days(-400)), set()),
        (patent(ip_type="software_copyright", applied_on=in_days(-400)), set()),
        (patent(), set()),
    ],
)
def test_the_days_on_which_a_patent_may_end(
    values: dict[str, Any], codes: set[str]
) -> None:
    right = IntellectualProperty(**values)
    endings = {one.code: one.day for one in endings_of(right)}
    assert endings.keys() == codes
    if "fee" in codes and right.fee_paid_until is None:
        assert right.applied_on is not None
        assert today() <= endings["fee"] < in_days(367)
        assert endings["fee"].month == right.applied_on.month


def test_reminders_come_once_for_each_stage(make: Factory, owner: Any) -> None:
    firm = owner.organisations[0]
    right = patent(fee_paid_until=in_days(91))
    row = make.achievement(owner=firm, ips=[right])
    make.achievement(owner=firm, state="draft", ips=[patent(fee_paid_until=in_days(5))])
    row.owner_id = owner.id
    db.session.commit()
    sent = []
    for left in (91, 90, 89, 31, 30, 8, 7, 0):
        row.ips[0].fee_paid_until = in_days(left)
        db.session.commit()
        sent.append(upkeep.remind())
        assert upkeep.remind() == 0
    # A day that was put off is another day: each of these is.
    assert sent == [0, 1, 1, 1, 1, 1, 1, 1]
    query = db.select(Notice.subject).where(Notice.kind == "rights.ending")
    assert all("一种磨削方法" in subject for subject in db.session.scalars(query))


def test_both_sides_are_reminded_of_a_silent_co_owner(
    make: Factory, owner: Any
) -> None:
    partner = make.organisation("鲁西研究院（示例）", kind="institute")
    make.person("desk", partner)
    row = make.achievement(state="draft", owner=owner.organisations[0])
    row.owner_id = owner.id
    asked, _ = ask(row, partner.name, by=owner)
    by_link, _ = ask(row, "张三", "zhang@partner.example", by=owner)
    # Who answers and who asked, of both that wait; each of these days is another asking.
    sent = {}
    for days in (0, 6, 7, 45):
        asked.asked_at = by_link.asked_at = now() - timedelta(days=days)
        db.session.commit()
        sent[days] = upkeep.remind()
        assert upkeep.remind() == 0
    assert sent == {0: 0, 6: 0, 7: 3, 45: 3}
    answer(asked, agrees=True)
    row.state = "archived"
    asked.asked_at = by_link.asked_at = now() - timedelta(days=8)
    db.session.commit()
    assert upkeep.remind() == 0
