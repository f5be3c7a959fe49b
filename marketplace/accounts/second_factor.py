"""The second factor: codes of an app (TOTP, RFC 6238), each of which opens once, and codes for a lost telephone."""

from __future__ import annotations

from typing import Any, cast

from flask import current_app
from flask_security import UserMixin
from flask_security.recovery_codes import MfRecoveryCodesUtil
from flask_security.totp import Totp
from passlib.totp import TotpMatch

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.extensions import db

CODES = 8  # for a lost telephone


class Codes(Totp):
    """Flask-Security's codes with a memory: one that was looked at over a shoulder opens nothing a second time."""

    def get_last_counter(self, user: UserMixin) -> int | None:
        """The number of the last code that was used, as the database has it now."""
        # From the database, not from the row in memory: another worker may have taken the same code just now.
        query = db.select(Person.tf_counter).where(Person.id == user.id)
        # Of one code in two browsers at the same moment the second waits here, and finds it used.
        counter: int | None = db.session.scalar(query.with_for_update())
        return counter

    def set_last_counter(self, user: UserMixin, tmatch: TotpMatch) -> None:
        """Note that a code was used; the view commits it."""
        user.tf_counter = tmatch.counter  # type: ignore[attr-defined]


class SpareCodes(MfRecoveryCodesUtil):
    """Flask-Security's codes for a lost telephone, stored before they are shown, each of which opens once."""

    def check_recovery_code(self, user: UserMixin, code: str) -> bool:
        """Whether a code is one of those that are left; nobody else uses one before this commit."""
        persistence.hold_row(cast("Person", user))
        left: bool = super().check_recovery_code(user, code)
        return left

    def create_recovery_codes(self, user: UserMixin) -> list[str]:
        """New codes in place of the old ones. Commits: the page that shows them ends the transaction."""
        codes: list[str] = super().create_recovery_codes(user)
        persistence.commit()
        return codes


def lacks_factor(person: Person) -> bool:
    """Whether a person must set up a second factor before anything else."""
    # The method and not the secret: one that was begun and never confirmed has a secret already.
    return person.needs_second_factor and not person.tf_primary_method


def lacks_codes(person: Person) -> bool:
    """Whether a person with a second factor has no code left for a lost telephone."""
    return bool(person.tf_primary_method) and not person.mf_recovery_codes


def reset_factor(person: Person) -> None:
    """Forget the second factor of a person; no commit. They set up a new one when they next sign in."""
    # By the library, which knows all columns of its own.
    datastore: Any = current_app.extensions["security"].datastore
    datastore.tf_reset(person)
    datastore.mf_set_recovery_codes(person, None)
    # Of the former secret: the first code of a new one may fall into the same half minute, and would count as used.
    person.tf_counter = None
