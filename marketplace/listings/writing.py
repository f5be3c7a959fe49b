"""Putting values into a listing: drafts, what a change changes, the revision that was seen, titles that are taken.

Nothing is committed here: the deeds call these and commit once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from marketplace.accounts.queries import hold_person
from marketplace.errors import Invalid, Stale
from marketplace.extensions import db
from marketplace.lifecycle import last_event
from marketplace.listings.cards import card_of
from marketplace.listings.life import ENDED, HANDED_IN
from marketplace.listings.models import (
    CHILDREN,
    KIND_NAMES,
    LISTINGS,
    Achievement,
    Demand,
    Listing,
)
from marketplace.listings.schema import SCHEMAS
from marketplace.listings.schema.choices import Terms
from marketplace.organisations.models import Organisation, key_of
from marketplace.parsing import ParseError
from marketplace.parsing.secrecy import REFUSAL, secret_mark
from marketplace.parsing.text import refuse_unreadable
from marketplace.permissions import Reader, require
from marketplace.wording import in_quotes

# Of a child row these say where it stands, not what it says.
PLACE_COLUMNS = {"id", "achievement_id", "demand_id", "position"}


class DuplicateTitle(Invalid):
    """The organisation has a listing of that title already.

    Args:
        existing_id: id of the listing that has it.
    """

    def __init__(self, message: str, advice: str, *, existing_id: int) -> None:
        super().__init__(message, advice, problems={"title": [message]})
        self.existing_id = existing_id


class AlreadySaved(Invalid):
    """The form of a new listing was sent twice, as by a double click.

    Args:
        title: of the listing that it was saved as.
        existing_id: id of that listing.
    """

    def __init__(self, title: str, existing_id: int) -> None:
        message = f"这张表已经存成{in_quotes(title)}，这次没有再存一条。"
        advice = "要改那一条，请打开它修改；要另外再建一条，请再按一次保存。"
        # Of no field: it is said above the form.
        super().__init__(message, advice, problems={"form": [advice]})
        self.existing_id = existing_id


def new_draft(
    kind: str,
    values: Mapping[str, Any],
    organisation: Organisation | None,
    by: Reader | None,
) -> Achievement | Demand:
    """A draft of an organisation that is not in the session yet.

    Args:
        kind: `achievement` or `demand`.
        values: column → value; child rows as lists of column → value.
        organisation: the owner; None for the draft of somebody who has none yet.
        by: the writer; None for the site itself.

    Raises:
        NotAllowed: `by` does not belong to the organisation.
        Invalid: no title.
    """
    require(by, "listing.create")
    # Empty lists of children are given, so that no query looks for them later.
    children: dict[str, list[Any]] = {name: [] for name in CHILDREN[kind]}
    row = LISTINGS[kind](
        organisation=organisation,
        organisation_id=None if organisation is None else organisation.id,
        owner_id=None if by is None else by.id,
        state="draft",
        # Given, though empty: what is not given is read from the database when it is set, one statement a row.
        submitted_at=None,
        published_at=None,
        valid_until=None,
        **children,
    )
    # Once more with the owner set: who may write drafts may not write them for every organisation.
    require(by, "listing.edit", row)
    set_values(row, values)
    return row


def set_values(row: Achievement | Demand, values: Mapping[str, Any]) -> list[str]:
    """Set columns and child rows, and with them the title's key and the card.

    Args:
        row: the listing.
        values: column → value; child rows as lists of column → value; what is not named stays.

    Returns:
        names of what changed.

    Raises:
        Invalid: no title is left, or a text bears the mark of a state secret.
    """
    # Every way into a listing passes here: forms, trials, lists.
    refuse_secrets(row.kind, values)
    changed = changed_values(row, values)
    # Only what differs is set: a value set to itself would count as a change and raise the revision.
    for name, value in changed.items():
        setattr(row, name, value)
    row.title = (row.title or "").strip()
    # Made from the title each time, since the unique index of titles is on the key.
    row.title_key = key_of(row.title)
    if not row.title_key:
        raise Invalid(
            f"先给{KIND_NAMES[row.kind]}起个名称。",
            problems={"title": ["名称不能为空，也不能只有标点。"]},
        )
    # In the same commit as the values, or lists would show the words of before (034).
    row.card = card_of(row)
    return list(changed)


def refuse_secrets(kind: str, values: Mapping[str, Any]) -> None:
    """Raises Invalid where `secret_problems` finds any; arguments as there."""
    if problems := secret_problems(kind, values):
        raise Invalid("没有保存：有国家秘密的标志。", problems=problems)


def secret_problems(kind: str, values: Mapping[str, Any]) -> dict[str, list[str]]:
    """Field → what to do, for every field of which a text bears the mark of a state secret; arguments as `create`."""
    schema = SCHEMAS[kind]
    problems = {}
    for name, value in values.items():
        # Columns that are no fields hold codes and numbers of the site, never words of people.
        if name in schema and any(map(secret_mark, _texts_of(value))):
            problems[name] = [REFUSAL]
    return problems


def unreadable_problems(kind: str, values: Mapping[str, Any]) -> dict[str, list[str]]:
    """Field → what to do, for every field of which a text is garbled or written in codes; arguments as `create`."""
    schema = SCHEMAS[kind]
    problems = {}
    for name, value in values.items():
        if name not in schema:
            continue
        try:
            for text in _texts_of(value):
                refuse_unreadable(text)
        except ParseError as error:
            problems[name] = [error.sentence]
    return problems


def _texts_of(value: Any) -> Iterator[str]:
    """Every text in a value: a text, key words, the columns of child rows."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts_of(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts_of(part)
        # 绝 and 密 as two key words are one mark.
        words = [part for part in value if isinstance(part, str)]
        yield " ".join(words)


def changed_names(row: Achievement | Demand, values: Mapping[str, Any]) -> list[str]:
    """The names of what `values`, written for the owner of a listing, would change; arguments as `changed_values`.

    Raises:
        Invalid: no title would be left.
    """
    # An empty title is refused before anything is compared: the owner could not take such a rewriting over.
    if not str(values.get("title", row.title) or "").strip():
        message = "名称不能为空。"
        raise Invalid(message, problems={"title": [message]})
    # What is compared is not sent to the database.
    with db.session.no_autoflush:
        return list(changed_values(row, values))


def changed_values(
    row: Achievement | Demand, values: Mapping[str, Any]
) -> dict[str, Any]:
    """What `values` would change, without changing it.

    Args:
        row: the listing, which stays as it is.
        values: column → value; child rows as lists of column → value.

    Returns:
        column → value, child rows as fresh rows.
    """
    children = CHILDREN[row.kind]
    changed: dict[str, Any] = {}
    for name, value in values.items():
        if name not in children:
            if not _says_the_same(row.kind, name, getattr(row, name), value):
                changed[name] = value
            continue
        fresh = []
        # The position is part of the row and not of its values, since the order of people and figures is meant.
        for position, columns in enumerate(value):
            fresh.append(children[name](position=position, **columns))
        # Child rows are replaced as a whole, so equal ones must be found before: a replaced row is a new revision.
        if _contents(getattr(row, name)) != _contents(fresh):
            changed[name] = fresh
    return changed


def _says_the_same(kind: str, name: str, stored: Any, value: Any) -> bool:
    """Whether a value is that which is stored; of what is ticked the order says nothing, and forms have their own."""
    if stored == value:
        return True
    schema = SCHEMAS[kind]
    if name not in schema or not isinstance(schema[name], Terms):
        return False
    # A field that was never ticked may be None in one and an empty list in the other.
    return sorted(stored or ()) == sorted(value or ())


def values_of(row: Achievement | Demand) -> dict[str, Any]:
    """What a listing says, as `set_values` takes it: column → value, child rows as lists of column → value."""
    values = {}
    for field in SCHEMAS[row.kind].stored:
        value = getattr(row, field.name)
        # A list of its own: two rows that share one would change together.
        values[field.name] = list(value) if isinstance(value, list) else value
    for name in CHILDREN[row.kind]:
        # Child rows as plain values: those of another listing must not be moved over to this one.
        values[name] = _contents(getattr(row, name))
    return values


def _contents(children: list[Any]) -> list[dict[str, Any]]:
    """What child rows say; an empty value and one that is missing are the same."""
    contents = []
    for child in children:
        values = {}
        for column in child.__table__.columns:
            value = getattr(child, column.key)
            # What a form leaves empty and what an old row never had are no difference that somebody made.
            if column.key not in PLACE_COLUMNS and value not in (None, "", False):
                values[column.key] = value
        contents.append(values)
    return contents


def reject_duplicate_title(row: Achievement | Demand) -> None:
    """Refuse a title that another living listing of the organisation has.

    Raises:
        DuplicateTitle.
    """
    # A row that is not stored yet has no number, and no row has 0.
    place = (row.organisation_id, row.holder_name, row.id or 0)
    if taken := taken_title(row.kind, row.title_key, *place, owner_id=row.owner_id):
        raise taken


def taken_title(
    kind: str,
    key: str,
    organisation_id: int | None,
    holder: str,
    listing_id: int,
    owner_id: int | None = None,
) -> DuplicateTitle | None:
    """What is said of a title that another living listing of the organisation has.

    Args:
        kind: of the listing.
        key: of its title.
        organisation_id, holder: the organisation and its name.
        listing_id: of the listing itself; 0 of one that is not stored yet.
        owner_id: of a draft without an organisation, which has nothing in common with those of other people.
    """
    table = LISTINGS[kind]
    query = db.select(table.id).where(
        table.organisation_id == organisation_id,
        table.title_key == key,
        # What has ended gives its title free; the unique index has the same states.
        table.state.not_in(ENDED),
        table.id != listing_id,
    )
    if organisation_id is None:
        query = query.where(table.owner_id == owner_id)
    # Without a flush: the row itself must not be written before it is known to be right.
    with db.session.no_autoflush:
        existing: int | None = db.session.scalar(query)
    if existing is None:
        return None
    message = f"「{holder}」已有同名{KIND_NAMES[kind]}（编号 {existing}）。"
    advice = "请修改原来那一条，或换一个名称。"
    return DuplicateTitle(message, advice, existing_id=existing)


def reject_second_press(
    row: Achievement | Demand, by: Reader, opened: datetime
) -> None:
    """Refuse a new listing that the same person has saved under that title since they opened its form.

    Two presses may reach two workers at one moment: on PostgreSQL the second waits for the row of the person, on SQLite
    it has waited already to begin as a writer. A draft without an organisation has no constraint of its own.

    Args:
        row: the new draft, not yet stored.
        by: the acting person.
        opened: when the form was shown, UTC.

    Raises:
        AlreadySaved.
    """
    table = type(row)
    query = db.select(table.id).where(
        table.owner_id == by.id,
        table.title_key == row.title_key,
        # Two drafts without an organisation have no owner in common; comparing NULL by = would find no twin at all.
        table.organisation_id.is_not_distinct_from(row.organisation_id),
        table.created_at >= opened,
        # A draft that was withdrawn since the form was opened may be written once more.
        table.state.not_in(ENDED),
    )
    with db.session.no_autoflush:
        hold_person(by.id)
        existing: int | None = db.session.scalar(query)
    if existing is not None:
        raise AlreadySaved(row.title, existing)


def handed_in_by(row: Listing) -> set[int | None]:
    """Who handed a listing in the last time, and who handed in the last change of it; None is the site itself."""
    # The last one of each only: what was handed in earlier has been decided on.
    events = (last_event(row, *HANDED_IN), last_event(row, "propose"))
    return {event.by_id for event in events if event is not None}


def check_revision(row: Listing, seen: int) -> None:
    """Refuse a deed of somebody who saw an older revision.

    Raises:
        Stale.
    """
    if row.revision != seen:
        raise Stale(
            "这一条在您打开之后被改过。",
            "请重新打开，看过新的内容再决定。您刚写的内容可以先复制下来。",
        )
