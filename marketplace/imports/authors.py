"""Who is the author of an imported listing: whom its row names among the people of the organisation, else its desk."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from marketplace.accounts.models import Membership, Person
from marketplace.extensions import db
from marketplace.permissions import Reader

# Who looks after what nobody else does: the desk, then an administrator; of several, who has been there longest.
_ORDER = {"desk": 0, "member": 1, "researcher": 2}


class People:
    """The people of one organisation, by address and by name.

    Args:
        organisation_id: the organisation; None of a list of several, whose rows name nobody.
    """

    def __init__(self, organisation_id: int | None) -> None:
        self.organisation_id = organisation_id

    @cached_property
    def places(self) -> Sequence[Membership]:
        """Their places, read when the first row names somebody."""
        if self.organisation_id is None:
            return ()
        query = (
            db.select(Membership)
            .join(Membership.person)
            # Whose account is stopped keeps the place, and could not look after a listing.
            .where(
                Membership.organisation_id == self.organisation_id,
                Person.active.is_(True),
            )
            .order_by(Membership.since, Membership.person_id)
        )
        return list(db.session.scalars(query))

    def find(self, text: str) -> Person | None:
        """The one person whom a row names: by their address, or by a name that nobody else there has."""
        wanted = text.strip().casefold()
        if not wanted:
            return None
        named = []
        for place in self.places:
            # An address names one account; a name may be that of several.
            if wanted in (place.person.email.casefold(), place.person.name.casefold()):
                named.append(place.person)
        # Two people of one name: nothing is guessed.
        return named[0] if len(named) == 1 else None

    def remark_on(self, text: str) -> str:
        """What is said of a row whose author cannot be found; empty where there is nothing to say."""
        if not text.strip() or self.find(text) is not None:
            return ""
        # A list of several organisations would find namesakes in all of them.
        if self.organisation_id is None:
            return f"填报人「{text[:40]}」没有对应到账号：清单里有几个单位时不按人分。"
        return f"填报人「{text[:40]}」不是本单位在平台上的人员，或者有同名的，归到上传人或成果转化岗名下。"

    def author_of(self, text: str, by: Reader | None) -> int | None:
        """The number of the author of a new listing; None: who imports.

        Args:
            text: whom the row names.
            by: who imports.
        """
        person = self.find(text)
        if person is not None:
            return person.id
        if by is not None and self.organisation_id in by.organisation_ids:
            return None
        # Imported by the site's operators: the organisation's own desk writes on.
        places = sorted(self.places, key=lambda one: _ORDER[one.role])
        for place in places:
            if place.role in ("desk", "member"):
                return place.person_id
        return None
