"""What is read of stories: those that are public, one, those that wait for somebody's consent."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, func, or_, select
from sqlalchemy.orm import contains_eager, selectinload

from marketplace import persistence
from marketplace.contracts.disclosure import side_in
from marketplace.contracts.models import TechContract
from marketplace.counting import Count
from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.permissions import Reader, may
from marketplace.persistence import Page
from marketplace.stories.models import Story, StoryConsent, StoryText

SIZE = 20
NOT_FOUND = ("没有找到这个案例。", "可能已经撤下，看看其他案例。")


def get_contract(number: int, *, by: Reader) -> TechContract:
    """A contract of which this reader may write a story. Raises NotFound."""
    row = persistence.find_row(TechContract, number)
    if row is None or not may(by, "story.write", row):
        raise NotFound("没有找到这份合同。", "可以从「我的」→「合同」进入。")
    return row


def get_story(number: int, *, by: Reader) -> Story:
    """A story that this reader takes part in. Raises NotFound."""
    row = persistence.find_row(Story, number)
    if row is None or not may(by, "story.read", row):
        raise NotFound(*NOT_FOUND)
    return row


def public_story(number: int) -> Story:
    """A story that is public now. Raises NotFound: whatever the row says, only with both consents to its text.

    Nor where the registration of its contract was cancelled: it tells of registered ones.
    """
    row = persistence.find_row(Story, number)
    if row is None or row.state != "published" or not row.text.is_agreed:
        raise NotFound(*NOT_FOUND)
    if row.contract.state != "registered":
        raise NotFound(*NOT_FOUND)
    return row


def public_page(page: int) -> tuple[list[Story], Page]:
    """A page of what is public, the newest first."""
    # By the state alone: a row that was changed past the deeds is counted and left out below.
    is_public = (Story.state == "published") & (TechContract.state == "registered")
    total = db.session.scalar(
        db.select(func.count(Story.id)).join(Story.contract).where(is_public)
    )
    arithmetic = Page(total or 0, SIZE)
    query = (
        db.select(Story)
        .join(Story.contract)
        .where(is_public)
        # Both are needed to see whether a row is public: two statements a page and not two a story.
        .options(selectinload(Story.texts).selectinload(StoryText.consents))
        .order_by(Story.published_at.desc(), Story.id.desc())
        .limit(SIZE)
        .offset(arithmetic.offset(page))
    )
    rows = []
    for row in db.session.scalars(query):
        if row.text.is_agreed:
            rows.append(row)
    return rows, arithmetic


def story_of(contract: TechContract) -> Story | None:
    """The story of a contract that is written or public."""
    query = db.select(Story).where(
        Story.contract_id == contract.id, Story.state != "ended"
    )
    row: Story | None = db.session.scalar(query)
    return row


def waiting_for(person: Reader) -> Iterator[Story]:
    """Stories that wait for the consent of somebody's side, oldest first."""
    numbers = sorted(person.active_ids)
    if not numbers:
        return
    for row in db.session.scalars(_waiting(), {"organisations": numbers}):
        side = side_in(person, row.contract)
        # A side that has agreed waits for the other one and has nothing to do.
        if side is not None and side not in row.text.standing:
            yield row


def waiting_count(person: Reader) -> Count | int:
    """How many those are."""
    numbers = sorted(person.active_ids)
    if not numbers:
        return 0
    values = {"organisations": numbers}
    # `side_in` decides on the rows, where there are any.
    return Count(_waiting_count(), values, lambda: sum(1 for _ in waiting_for(person)))


@cache
def _waiting_count() -> Select[tuple[int]]:
    # Built once (109): the header of every page counts, and building took longer than asking.
    return _narrowed(select(func.count(Story.id)))


@cache
def _waiting() -> Select[tuple[Story]]:
    loaded = (
        contains_eager(Story.contract).joinedload(TechContract.deal),
        selectinload(Story.texts).selectinload(StoryText.consents),
    )
    return _narrowed(select(Story)).options(*loaded).order_by(Story.id)


def _narrowed(query: Select[Any]) -> Select[Any]:
    """Stories of contracts of some organisations that wait for a consent."""
    # A name and no value, for the statement is built once and serves every reader.
    organisations: BindParameter[list[int]] = bindparam("organisations", expanding=True)
    return query.join(TechContract, TechContract.id == Story.contract_id).where(
        Story.state == "waiting",
        or_(
            TechContract.seller_id.in_(organisations),
            TechContract.buyer_id.in_(organisations),
        ),
    )


def consents_of(person_id: int) -> Iterator[StoryConsent]:
    """What a person agreed to for a side, oldest first."""
    query = db.select(StoryConsent).filter_by(by_id=person_id)
    yield from db.session.scalars(query.order_by(StoryConsent.id))
