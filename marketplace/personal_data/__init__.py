"""我的数据: what the site holds of a person, a copy of it, who looked at their contacts, consents, closing the account.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

from flask import url_for

from marketplace.contributions import Link
from marketplace.permissions import Deeds, Reader, may, signed_in
from marketplace.personal_data.background import jobs as jobs

DEEDS: Deeds = {
    # One's own only: no page takes a number of a person.
    "personal_data.read": (signed_in,),
    "personal_data.change": (signed_in,),
}


def nav(reader: Reader) -> Iterator[Link]:
    """The way to one's own data, in the footer of every page."""
    if may(reader, "personal_data.read"):
        yield Link("我的数据", url_for("personal_data.own"), "footer")
