"""From a proof to an issue: what stands in it, its number, what nobody may change, and who may publish."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from marketplace.audit.models import Entry
from marketplace.clock import today
from marketplace.errors import Invalid, NotAllowed, NotFound, NotNow, Stale
from marketplace.extensions import db
from marketplace.issues import deeds, move_back, move_between, queries
from marketplace.issues.choosing import choose_lines
from marketplace.issues.columns import headers_of
from marketplace.issues.content import sha256_of
from marketplace.issues.models import Issue, IssueProof, IssueRow
from marketplace.listings import deeds as listing_deeds
from marketplace.organisations.models import Organisation
from tests.marketplace.issues.conftest import Desk


def titles(proof: IssueProof) -> list[str]:
    return [line.cells[0] for line in choose_lines(proof).lines]


def cell(issue: Issue, title: str, header: str) -> str:
    (row,) = [row for row in issue.as_read.rows if row[0] == title]
    return row[headers_of(issue.kind).index(header)]


def test_an_issue_says_what_a_guest_may_know(desk: Desk) -> None:
    issue = desk.publish()
    text = issue.content.decode()

    assert issue.as_read.rows
    assert desk.secret.title not in text
    assert cell(issue, desk.open.title, "企业名称") == desk.firm.name
    assert cell(issue, desk.open.title, "统一社会信用代码") == desk.firm.uscc
    # The firm by its facts, and nothing that leads to it.
    alias = cell(issue, desk.unnamed.title, "企业名称")
    assert alias == desk.unnamed.alias
    assert alias.endswith("企业")
    assert cell(issue, desk.unnamed.title, "统一社会信用代码") == ""
    assert cell(issue, desk.partial.title, "企业名称") == "单位未公开"
    assert cell(issue, desk.partial.title, "技术指标要求") == ""


def test_no_contact_of_a_person_is_ever_in_a_list(desk: Desk) -> None:
    for kind in ("achievement", "demand"):
        text = desk.publish(desk.proof(kind)).content.decode()
        for row in (desk.open, desk.work):
            for secret in (row.contact_name, row.contact_phone, row.contact_email):
                assert not secret or secret not in text
        assert "对接台" in text


def test_the_hash_is_that_of_the_canonical_text(desk: Desk) -> None:
    issue = desk.publish()

    assert issue.content_hash == sha256_of(issue.content)
    assert issue.as_read.as_bytes() == issue.content
    assert issue.as_read.address.endswith(f"/lists/{issue.id}")
    assert issue.row_count == len(issue.as_read.rows) == 3


def test_numbers_go_on_per_holder_and_kind(desk: Desk) -> None:
    numbers = []
    for kind in ("demand", "demand", "achievement", "demand"):
        numbers.append(desk.publish(desk.proof(kind)).number)
    own = desk.proof("achievement", organisation=desk.university, by=desk.desk)
    first = desk.publish(own, by=desk.desk)

    assert numbers == [1, 2, 1, 3]
    assert first.number == 1
    assert first.title == f"{desk.university.name}成果清单 第 1 期"
    assert first.holder == desk.university.name


def test_a_dropped_proof_takes_no_number(desk: Desk) -> None:
    proof = desk.proof()
    deeds.drop_proof(proof, seen=proof.revision, by=desk.operator)

    with pytest.raises(NotNow, match="作废"):
        desk.publish(proof)
    assert desk.publish().number == 1


def test_later_edits_never_change_an_issue(desk: Desk) -> None:
    issue = desk.publish()
    before = bytes(issue.content)
    listing_deeds.withdraw(
        desk.open, by=desk.chief, seen=desk.open.revision, note="不需要了"
    )
    desk.firm.name = "改了名的厂（示例）"
    db.session.commit()

    assert db.session.scalar(sa.select(Issue.content)) == before
    assert desk.open.title in before.decode()


@pytest.mark.parametrize(
    "statement",
    [
        "update issue set number = 9",
        "update issue set content_hash = 'x'",
        "delete from issue",
        "update issue_row set listing_id = 1",
        "delete from issue_row",
        "update issue_file set content = ''",
        "delete from issue_file",
        "update issue_correction set text = 'x'",
        "delete from issue_correction",
    ],
)
def test_the_database_refuses_to_change_what_is_published(
    statement: str, desk: Desk
) -> None:
    issue = desk.rendered()
    deeds.correct_issue(issue, "第 1 项应为铸铁。", by=desk.operator)

    with pytest.raises(sa.exc.DBAPIError, match="frozen"), db.session.begin_nested():
        db.session.execute(sa.text(statement))


def test_no_row_replaces_a_published_one(desk: Desk) -> None:
    desk.publish()
    if db.engine.dialect.name == "postgresql":
        pytest.skip("PostgreSQL has no INSERT OR REPLACE")
    columns = ", ".join(column.name for column in Issue.__table__.columns)
    copied = columns.replace("title", "'anders'")

    statement = f"replace into issue ({columns}) select {copied} from issue"  # noqa: S608

    with pytest.raises(sa.exc.DBAPIError, match="frozen"), db.session.begin_nested():
        db.session.execute(sa.text(statement))


class TestProof:
    """What a proof is chosen by, and what people do to it."""

    def test_its_days_are_those_of_china_and_both_count(self, desk: Desk) -> None:
        published = desk.open.published_at
        # Half past four in the afternoon in UTC is the next day in China.
        desk.open.published_at = published.replace(hour=16, minute=30) - timedelta(40)
        db.session.commit()
        day = desk.open.published_at.date() + timedelta(days=1)

        for shift, there in ((-1, False), (0, True), (1, False)):
            one = day + timedelta(days=shift)
            proof = desk.proof(since=one, until=one)
            assert (desk.open.title in titles(proof)) is there, shift

    def test_it_tells_nothing_by_what_it_is_narrowed_to(self, desk: Desk) -> None:
        code = desk.firm.district_code
        assert code
        narrowed = titles(desk.proof(district_code=code))

        assert desk.open.title in narrowed
        # Its district is not to be known: it would be, by standing in the list of that district.
        assert desk.partial.title not in narrowed
        if desk.unnamed.place_shown not in ("district", "both"):
            assert desk.unnamed.title not in narrowed

    def test_the_list_of_a_house_names_nobody_who_is_unnamed(self, desk: Desk) -> None:
        proof = desk.proof(organisation=desk.firm, by=desk.chief)

        assert titles(proof) == [desk.open.title]

    def test_taking_out_and_ordering(self, desk: Desk) -> None:
        proof = desk.proof()
        deeds.arrange_proof(
            proof,
            order=[desk.partial.id, desk.open.id],
            left_out=[desk.unnamed.id],
            seen=proof.revision,
            by=desk.operator,
        )

        assert titles(proof) == [desk.partial.title, desk.open.title]
        rows = desk.publish(proof).as_read.rows
        assert [row[0] for row in rows] == [desk.partial.title, desk.open.title]

    def test_what_is_published_meanwhile_comes_last(self, desk: Desk) -> None:
        proof = desk.proof()
        order = [desk.partial.id, desk.unnamed.id, desk.open.id]
        deeds.arrange_proof(
            proof, order=order, left_out=[], seen=proof.revision, by=desk.operator
        )
        later = desk.make.demand("后来发布的难题", owner=desk.firm)

        assert titles(proof)[-1] == later.title

    @pytest.mark.parametrize(
        ("changes", "problem"),
        [
            ({"since": None}, "since"),
            ({"since": date(1, 1, 1)}, "since"),
            ({"since": date(1999, 12, 31)}, "since"),
            ({"until": None}, "until"),
            ({"until": today() + timedelta(days=2)}, "until"),
            ({"since": today(), "until": today() - timedelta(days=1)}, "until"),
            ({"chain_code": "no such chain"}, "chain_code"),
            ({"field_code": "9' or 1=1"}, "field_code"),
            ({"district_code": "000000"}, "district_code"),
            ({"need": "everything"}, "need"),
        ],
    )
    def test_what_it_cannot_be_chosen_by(
        self, changes: dict[str, Any], problem: str, desk: Desk
    ) -> None:
        with pytest.raises(Invalid) as refused:
            desk.proof(**changes)
        assert problem in refused.value.problems

    def test_an_empty_list_is_not_published(self, desk: Desk) -> None:
        day = today() - timedelta(days=300)
        with pytest.raises(NotNow, match="空"):
            desk.publish(desk.proof(since=day, until=day))


class TestTwoAtOnce:
    """Somebody else was quicker."""

    def test_a_proof_is_published_once(self, desk: Desk) -> None:
        proof = desk.proof()
        desk.publish(proof)

        with pytest.raises(NotNow, match="已经发布"):
            desk.publish(proof, by=desk.second)
        assert db.session.scalar(sa.select(sa.func.count(Issue.id))) == 1

    def test_a_listing_that_changed_is_looked_at_again(self, desk: Desk) -> None:
        proof = desk.proof()
        seen = choose_lines(proof).fingerprint
        listing_deeds.withdraw(
            desk.open, by=desk.chief, seen=desk.open.revision, note="不需要了"
        )

        with pytest.raises(Stale, match="不一样"):
            deeds.publish_proof(
                proof, seen=proof.revision, fingerprint=seen, by=desk.operator
            )
        assert db.session.scalar(sa.select(sa.func.count(IssueRow.position))) == 0

    def test_a_proof_that_changed_is_looked_at_again(self, desk: Desk) -> None:
        proof = desk.proof()
        seen = proof.revision
        deeds.arrange_proof(proof, order=[], left_out=[1], seen=seen, by=desk.second)

        for press in (
            lambda: deeds.save_proof(proof, {}, seen=seen, by=desk.operator),
            lambda: deeds.drop_proof(proof, seen=seen, by=desk.operator),
            lambda: deeds.publish_proof(
                proof, seen=seen, fingerprint="", by=desk.operator
            ),
        ):
            with pytest.raises(Stale):
                press()


@pytest.mark.parametrize(
    ("holder", "allowed"),
    [
        ("city", {"operator", "second"}),
        ("firm", {"chief"}),
        ("university", {"desk"}),
    ],
)
def test_who_publishes_for_whom(holder: str, allowed: set[str], desk: Desk) -> None:
    organisation: Organisation | None = getattr(desk, holder, None)
    kind = "achievement" if holder == "university" else "demand"
    proof = desk.proof(kind, organisation=organisation, by=None)
    for name in ("operator", "second", "chief", "desk", "stranger"):
        person = getattr(desk, name)
        if name in allowed:
            assert queries.get_proof(proof.id, by=person) is proof
            continue
        with pytest.raises(NotFound):
            queries.get_proof(proof.id, by=person)
        with pytest.raises(NotAllowed):
            desk.publish(proof, by=person)
    issue = desk.publish(proof, by=getattr(desk, min(allowed)))
    assert issue.by_id == getattr(desk, min(allowed)).id


def test_an_unverified_house_publishes_nothing(desk: Desk) -> None:
    house = desk.make.organisation("没核验的厂（示例）", verified=False)
    chief = desk.make.person("firm", house, administers=True)

    with pytest.raises(NotAllowed):
        desk.proof(organisation=house, by=chief)


# What is done to the listing → what its line says.
FATES: dict[str, tuple[Callable[[Desk], Any], str, bool]] = {
    "nothing": (lambda desk: None, "仍在公开", False),
    "closed": (lambda desk: _state(desk, "closed"), "已结束", False),
    "expired": (lambda desk: _state(desk, "expired"), "已过期", False),
    "withdrawn": (lambda desk: _state(desk, "withdrawn"), "已撤回", True),
    "suspended": (lambda desk: _state(desk, "suspended"), "暂停公开", True),
    "archived": (lambda desk: _state(desk, "archived"), "已归档", True),
    "over today": (lambda desk: _end(desk), "已过期", False),
    "confidential": (lambda desk: _hide(desk), "不再公开", True),
}


def _state(desk: Desk, state: str) -> None:
    desk.open.state = state
    db.session.commit()


def _end(desk: Desk) -> None:
    desk.open.valid_until = today() - timedelta(days=1)
    db.session.commit()


def _hide(desk: Desk) -> None:
    desk.open.visibility = "confidential"
    db.session.commit()


@pytest.mark.parametrize("name", FATES)
def test_what_became_of_a_line_is_read_now(name: str, desk: Desk) -> None:
    change, text, withdrawn = FATES[name]
    issue = desk.publish()
    change(desk)

    page = queries.lines_page(issue, issue.as_read, 1)
    ((_, cells, fate),) = [line for line in page.lines if line[1][0] == desk.open.title]
    assert (fate.text, fate.is_withdrawn) == (text, withdrawn)
    assert cells[0] == desk.open.title


def test_a_page_is_not_tied_to_a_name_that_is_hidden_since(desk: Desk) -> None:
    issue = desk.publish()
    desk.open.anonymous = True
    db.session.commit()

    page = queries.lines_page(issue, issue.as_read, 1)
    links = {cells[0]: fate.listing for _, cells, fate in page.lines}
    assert links[desk.open.title] is None
    assert links[desk.unnamed.title] == ("demand", desk.unnamed.id)


def test_publishing_is_one_entry_with_the_hash(desk: Desk) -> None:
    issue = desk.publish()
    query = sa.select(Entry).where(Entry.kind == "issue")
    (entry,) = db.session.scalars(query)

    assert entry.deed == "issue.publish"
    # The SHA-256 of the content itself, and the column that says the same.
    assert entry.text.count(issue.content_hash) == 2


def test_corrections_are_added_and_refused_in_words(desk: Desk) -> None:
    issue = desk.publish()
    deeds.correct_issue(issue, "第 2 项的期限应为 2027 年。", by=desk.operator)
    db.session.refresh(issue)
    for text in ("", "  ", "错", "字" * 1001, "本件属于机密★3年"):
        with pytest.raises(Invalid) as refused:
            deeds.correct_issue(issue, text, by=desk.operator)
        assert "text" in refused.value.problems
    with pytest.raises(NotAllowed):
        deeds.correct_issue(issue, "我家的不该在里面", by=desk.chief)
    assert [one.text for one in issue.corrections] == ["第 2 项的期限应为 2027 年。"]


def test_proofs_follow_their_house_and_come_back(desk: Desk) -> None:
    open_one = desk.proof(organisation=desk.firm, by=desk.chief)
    # Of other days: one that is begun twice is one.
    since = today() - timedelta(days=300)
    done = desk.proof(organisation=desk.firm, by=desk.chief, since=since)
    desk.publish(done, by=desk.chief)

    moved = move_between(desk.firm.id, desk.university.id)
    assert open_one.organisation_id == desk.university.id
    assert done.organisation_id == desk.firm.id
    move_back(desk.firm.id, desk.university.id, moved)
    assert open_one.organisation_id == desk.firm.id
