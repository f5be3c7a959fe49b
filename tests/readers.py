"""Readers for tests of rules that ask who somebody is and touch no database."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class SomeReader:
    """A signed-in reader; of the organisations they belong to they handle the listings, unless said otherwise."""

    id: int = 1
    role_names: Collection[str] = ()
    organisation_ids: Collection[int] = ()
    handles: bool = True
    administers: bool = False
    is_verified: bool = True
    is_authenticated: bool = True
    is_lapsed: bool = False

    @property
    def mediates(self) -> bool:
        """Whether they are a broker whose certificate is not over."""
        return "broker" in self.role_names and not self.is_lapsed

    @property
    def broker_numbers(self) -> Collection[int]:
        """Their own, where they mediate."""
        return (self.id,) if self.mediates else ()

    @property
    def active_ids(self) -> Collection[int]:
        """All of theirs."""
        return self.organisation_ids

    @property
    def handled_ids(self) -> Collection[int]:
        """All of theirs, or none."""
        return self.organisation_ids if self.handles else ()

    @property
    def administered_ids(self) -> Collection[int]:
        """All of theirs, or none."""
        return self.organisation_ids if self.administers else ()

    @property
    def stopped_ids(self) -> Collection[int]:
        """None: none of theirs is suspended."""
        return ()

    @property
    def verified_ids(self) -> Collection[int]:
        """All of theirs, or none."""
        return self.organisation_ids if self.is_verified else ()
