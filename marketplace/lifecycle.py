"""The engine of life tables: (state, deed) → state or NotNow, with one History row for each move.

The tables themselves are in the rooms, and so is who may do a deed (`DEEDS`); `next_deeds` joins both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.clock import now
from marketplace.errors import NotNow
from marketplace.extensions import Model, db
from marketplace.permissions import Reader, may, reader_id

# Of one context: other threads serve other people at the same moment.
_represented: ContextVar[int | None] = ContextVar("represented", default=None)


@contextmanager
def acting_for(person_id: int | None) -> Iterator[None]:
    """What is done inside is done in place of somebody who is away: History and the audit say so.

    Args:
        person_id: who is away; None: people act for themselves.
    """
    before = _represented.set(person_id)
    try:
        yield
    finally:
        _represented.reset(before)


def represented() -> int | None:
    """In whose place something is done now; None where people act for themselves."""
    return _represented.get()


class Living(Protocol):
    """A row that has a life: an `id`, a `state` and the name of its kind."""

    id: Any
    state: Any

    @property
    def kind(self) -> str:
        """Name of the kind; read only, for it belongs to the class."""


class History(Model):
    """One deed done to one thing: who, when, from which state to which, and what was noted or changed.

    Rows are written and never changed; 网络安全法 art. 21 asks for at least six months of them.
    """

    __tablename__ = "history"
    __table_args__ = (Index("ix_history_thing", "kind", "thing_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(30))
    # No foreign key: things of every kind have their log here.
    thing_id: Mapped[int]
    deed: Mapped[str] = mapped_column(String(30))
    before: Mapped[str] = mapped_column(String(30))
    after: Mapped[str] = mapped_column(String(30))
    note: Mapped[str] = mapped_column(Text, default="")
    changed: Mapped[list[str]] = mapped_column(db.JSON, default=list)
    # None is the site itself: the command line and the work in the background.
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    # In whose place it was done, where somebody stood in for them.
    # Filled in by itself, so that no deed can forget for whom it was done.
    for_id: Mapped[int | None] = mapped_column(
        ForeignKey("person.id"), default=represented, index=True
    )
    at: Mapped[datetime] = mapped_column(default=now)


# Rows are added to the session and committed by the deed that moves them: both are stored, or neither.
class Life:
    """A life table.

    Args:
        initial: the state a thing is born in.
        moves: (state, deed) → next state. A deed that leads back to its own state is an event without a change.
        names: state → Chinese name, for every state.
        deeds: deed → Chinese name, for every deed.
        permissions: deed → deed of the permission table that it takes; a deed without one has no button.
        passing: deeds without a button that another one carries out on its way: what may follow them may be pressed at
            once, as an approval takes a listing up first where nobody has yet.
        phases: name → states that belong together, such as those that wait for the operators.

    Raises:
        ValueError: a state or deed of `moves` has no name, or a phase or permission names one that is not there.
    """

    def __init__(
        self,
        *,
        initial: str,
        moves: Mapping[tuple[str, str], str],
        names: Mapping[str, str],
        deeds: Mapping[str, str],
        permissions: Mapping[str, str] | None = None,
        passing: Iterable[str] = (),
        phases: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        self.permissions = dict(permissions or {})
        self.passing = frozenset(passing)
        self.phases = dict(phases or {})
        # Checked once at the start: a state without a name would come to light on somebody's page.
        used_states = {initial, *moves.values()}
        used_deeds = {*self.permissions, *self.passing}
        for state, deed in moves:
            used_states.add(state)
            used_deeds.add(deed)
        for states in self.phases.values():
            used_states.update(states)
        if used_states - names.keys() or used_deeds - deeds.keys():
            raise ValueError("every state and every deed of a life table needs a name")
        self.initial = initial
        self.moves = dict(moves)
        self.names = dict(names)
        self.deeds = dict(deeds)

    @property
    def states(self) -> tuple[str, ...]:
        """Every state, in the order of the names."""
        return tuple(self.names)

    def can(self, state: str, deed: str) -> bool:
        """Whether `deed` leads anywhere from `state`."""
        return (state, deed) in self.moves

    def buttons(self, state: str) -> list[str]:
        """The deeds that somebody may press in `state`, in the order of the names of the deeds."""
        # Those that another deed reaches on its way count too: an approval takes a listing up first.
        states = [state]
        for deed in self.passing:
            if self.can(state, deed):
                states.append(self.moves[state, deed])
        possible = []
        for deed in self.deeds:
            if deed in self.permissions and any(self.can(one, deed) for one in states):
                possible.append(deed)
        return possible

    def move(
        self,
        thing: Living,
        deed: str,
        *,
        by: Reader | None,
        note: str = "",
        changed: list[str] | None = None,
    ) -> History:
        """Carry out `deed` on `thing`: set its state and add a History row to the session (no commit).

        Args:
            thing: a row with a state of this table.
            deed: the deed's code.
            by: the acting person, or None for the site itself.
            note: a remark, for the History row.
            changed: names of the fields an edit changed.

        Raises:
            NotNow: the table has no such move.
        """
        after = self.moves.get((thing.state, deed))
        if after is None:
            raise self._refusal(thing, deed, by)
        row = History(
            kind=thing.kind,
            thing_id=thing.id,
            deed=deed,
            before=thing.state,
            after=after,
            note=note,
            changed=changed or [],
            by_id=reader_id(by),
        )
        # The row takes the old state, so it is made before the state changes.
        thing.state = after
        db.session.add(row)
        return row

    def permits(self, thing: Living, deed: str, by: Reader | None) -> None:
        """Refuse a deed that the table does not have from here, before anything is written for it. Raises NotNow."""
        if not self.can(thing.state, deed):
            raise self._refusal(thing, deed, by)

    def _refusal(self, thing: Living, deed: str, by: Reader | None) -> NotNow:
        """Why a deed leads nowhere from a state, and what the person who tried it may do instead."""
        possible = []
        for one in next_deeds(thing, by):
            # Editing is possible nearly always, and no answer to a refused decision.
            if one != "edit":
                possible.append(self.deeds[one])
        advice = "请重新打开这一页，看现在的状态。"
        if possible:
            advice = f"现在您可以：{'、'.join(possible)}。"
        state_name = self.names.get(thing.state, thing.state)
        name = self.deeds.get(deed, deed)
        return NotNow(f"现在的状态是「{state_name}」，不能「{name}」。", advice)

    def born(self, thing: Living, *, by: Reader | None) -> History:
        """Add the first History row of a thing that has just been given its id (no commit)."""
        row = History(
            kind=thing.kind,
            thing_id=thing.id,
            deed="create",
            before="",
            after=thing.state,
            by_id=reader_id(by),
        )
        db.session.add(row)
        return row


def next_deeds(row: Any, reader: Reader | None) -> list[str]:
    """What this reader may press now: the deeds that the life of the row allows and the permission table grants them.

    Args:
        row: a row that bears its life table as `life`.
        reader: a Person, a guest, or None for the site itself.

    Returns:
        codes of deeds, in the order of the names of the deeds. How a page calls them is its own affair.
    """
    life: Life = row.life
    granted = []
    for deed in life.buttons(row.state):
        if may(reader, life.permissions[deed], row):
            granted.append(deed)
    return granted


def history_of(thing: Living) -> list[History]:
    """The History rows of a thing, oldest first."""
    query = (
        db.select(History)
        .where(History.kind == thing.kind, History.thing_id == thing.id)
        .order_by(History.id)
    )
    return list(db.session.scalars(query))


def last_event(thing: Living, *deeds: str) -> History | None:
    """The last time that one of some deeds was done to a thing; None where none was."""
    query = (
        db.select(History)
        .where(History.kind == thing.kind, History.thing_id == thing.id)
        .where(History.deed.in_(deeds))
        .order_by(History.id.desc())
        .limit(1)
    )
    event: History | None = db.session.scalar(query)
    return event
