"""What is read of the rights in a listing: who has to agree, what keeps it from the public. Nothing is written here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, or_

from marketplace.counting import Count
from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.listings.models import Achievement
from marketplace.listings.queries import get_visible
from marketplace.listings.schema import terms
from marketplace.organisations.models import key_of
from marketplace.organisations.queries import find_organisation
from marketplace.parsing import ParseError
from marketplace.parsing.organisation_lists import read_organisations
from marketplace.permissions import Reader, may, require
from marketplace.persistence import find_row
from marketplace.rights.models import CoOwnerConsent

MAX_ROWS = 100


def of_co_owner(person: Reader, thing: object) -> bool:
    """Somebody who answers for the co-owner: of its desk, or who looks after its people."""
    number = getattr(thing, "co_owner_id", None)
    # None is in no set: a co-owner without an organisation here answers by the link.
    return number in {*person.handled_ids, *person.administered_ids}


def get_asking(listing_id: int, *, by: Reader) -> Achievement:
    """An achievement for which somebody may ask co-owners. Raises NotFound, NotAllowed."""
    row = get_visible("achievement", listing_id, by=by)
    require(by, "rights.ask", row)
    assert isinstance(row, Achievement)  # noqa: S101  by its kind
    return row


def get_consent(consent_id: int, *, by: Reader, deed: str) -> CoOwnerConsent:
    """A consent to which somebody may do a deed.

    Raises:
        NotFound: there is none, or they may not: one answer for both.
    """
    consent = find_row(CoOwnerConsent, consent_id)
    if consent is None or consent.state == "withdrawn" or not may(by, deed, consent):
        raise NotFound("没有找到这份征求。", "它可能已被撤回，请从「我的」进入。")
    return consent


def consents_for(achievement_id: int) -> list[CoOwnerConsent]:
    """What co-owners of an achievement were asked, but for what was withdrawn, in the order of asking."""
    return list(db.session.scalars(_consents_query(), {"id": achievement_id}))


@cache
def _consents_query() -> Any:
    """Built once: each row of a list that is published asks."""
    query = db.select(CoOwnerConsent).where(
        CoOwnerConsent.achievement_id == bindparam("id"),
        CoOwnerConsent.state != "withdrawn",
    )
    return query.order_by(CoOwnerConsent.id)


def waiting_for(person: Reader) -> list[CoOwnerConsent]:
    """What a person may answer for their organisations, oldest first."""
    ids = _answers_for(person)
    if not ids:
        return []
    query = db.select(CoOwnerConsent).where(*_waits_for(ids))
    return list(db.session.scalars(query.order_by(CoOwnerConsent.id).limit(MAX_ROWS)))


def waiting_count(person: Reader) -> Count | int:
    """How many those are: the header of every page asks."""
    ids = _answers_for(person)
    if not ids:
        return 0
    return Count(_waiting_query(), {"ids": sorted(ids)})


@cache
def _waiting_query() -> Any:
    """Built once: building took longer than counting."""
    query = db.select(func.count()).select_from(CoOwnerConsent)
    return query.where(*_waits_for(bindparam("ids", expanding=True)))


def _answers_for(person: Reader) -> set[int]:
    """Numbers of the organisations for which a person answers as a co-owner."""
    return {*person.handled_ids, *person.administered_ids}


def _waits_for(ids: Any) -> tuple[ColumnElement[bool], ...]:
    """Filter: what these organisations have not answered."""
    return (
        CoOwnerConsent.state == "requested",
        CoOwnerConsent.co_owner_id.in_(ids),
    )


def terms_of(row: Achievement) -> str:
    """How an achievement is to be converted, in words: what a co-owner agrees to, and what makes their word stale."""
    modes = "、".join(
        terms.CONVERSION_MODES[mode] for mode in row.conversion_modes or ()
    )
    words = f"转化方式：{modes or '未填写'}"
    if row.license_type:
        words += f"；许可类型：{terms.LICENSE_TYPES[row.license_type]}"
    return words


def unasked_owners(row: Achievement) -> list[str]:
    """The names of co-owners whom the achievement names and nobody has asked.

    Those are the owners of its patents (专利法 art. 14), and of what is owned jointly who completed it.
    """
    asked = set()
    for one in consents_for(row.id):
        asked.add(one.name_key)
        # Under both names: as it was typed, and as the platform calls it.
        if one.co_owner is not None:
            asked.add(one.co_owner.name_key)
    unasked = []
    for name in named_owners(row):
        if key_of(name) not in asked and name not in unasked:
            unasked.append(name)
    return unasked


def named_owners(row: Achievement) -> list[str]:
    """The other owners that an achievement names, as it writes them."""
    names = []
    if row.ownership == "joint":
        names = [owner.name for owner in row.co_owners]
    for right in row.ips:
        # What has lapsed is owned by nobody, and marks and programs are not shared by this article.
        if right.standing in ("", "fee_due"):
            names += _split_owners(right.owners)
    return [name for name in names if _is_other(row, name)]


def _split_owners(written: str | None) -> list[str]:
    """The owners of a patent, one by one; as they are written where they cannot be told apart."""
    text = written or ""
    try:
        return list(read_organisations(text) or ())
    except ParseError:
        # 张三、李四: people.
        return [name for name in re.split(r"[、,，;；/\s]+", text) if name]


def problems_of(row: Achievement, *, deed: str) -> Iterator[str]:
    """What of its co-owners keeps an achievement from being handed in (`submit`) or published (`approve`)."""
    # Ten thousand new rows of a list that name no co-owner ask nothing: nobody was asked for what nobody has touched.
    if row.ownership != "joint" and row.revision == 1 and not row.ips:
        return
    consents = consents_for(row.id)
    for name in unasked_owners(row):
        yield (
            f"还没有向共有人「{name}」征求同意。"
            "在成果页的「共有人」里征求（专利法第十四条，条文待核实）。"
        )
    if row.ownership == "joint" and not consents and not named_owners(row):
        yield "权属是「共有」，没有写共有人是谁。在成果页的「共有人」里写明并征求同意。"
    words = terms_of(row)
    for one in consents:
        if one.state == "refused":
            yield f"共有人「{one.name}」不同意：{one.reason}。谈妥后在「共有人」里重新征求。"
        # The way of conversion is another one by now, and their word was not about that (100).
        elif one.state == "agreed" and one.terms != words:
            yield (
                f"共有人「{one.name}」同意的是「{one.terms}」，现在改为「{words}」，"
                "请在「共有人」里重新征求。"
            )
        # While they think it over it may be handed in, but not published.
        elif one.state == "requested" and deed == "approve":
            yield f"共有人「{one.name}」还没有答复，答复以前不能发布。"


def _is_other(row: Achievement, name: str) -> bool:
    """Whether a name is not that of who holds the achievement, under any of the names it had."""
    holder = row.organisation
    if holder is None:
        return True
    if key_of(name) == holder.name_key:
        return False
    known = find_organisation(name)
    return known is None or known.id != holder.id


def consents_answered_by(person_id: int) -> list[CoOwnerConsent]:
    """What somebody has answered for a co-owner."""
    answered = CoOwnerConsent.answered_by_id == person_id
    asked = CoOwnerConsent.by_id == person_id
    query = db.select(CoOwnerConsent).where(or_(answered, asked))
    return list(db.session.scalars(query.order_by(CoOwnerConsent.id)))
