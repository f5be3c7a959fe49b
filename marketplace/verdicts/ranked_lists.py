"""Ranked lists as a reader has them on the page: signed when the page is made, verified when a verdict comes back.

Not here: storing a list, which happens with the first verdict on it (`deeds.py`), and how a list is ranked.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer

from marketplace.clock import now
from marketplace.errors import Stale
from marketplace.permissions import Reader


@dataclass(frozen=True)
class RankedItem:
    """One row of a ranked list.

    Attributes:
        offered_id: the listing.
        revision: its revision when it was ranked.
        score: 0…1, as the matcher gave it.
        grade: code of its grade; None where it had none.
        position: from 1.
    """

    offered_id: int
    revision: int
    score: float
    grade: str | None
    position: int


@dataclass(frozen=True)
class RankedList:
    """The matches of one listing in the order in which a reader has them; see `models.Impression` for the fields."""

    side: str
    subject_id: int
    revision: int
    ranker: str
    items: tuple[RankedItem, ...]
    generation: str = ""
    judged: int = 0
    surface: str = "matches"
    at: datetime = field(default_factory=now)  # when the page was made

    def item_of(self, offered_id: int) -> RankedItem | None:
        """The row of a listing; None where it is not on the list."""
        for item in self.items:
            if item.offered_id == offered_id:
                return item
        return None


def sign(ranked_list: RankedList, *, to: Reader) -> str:
    """A list signed for the one reader it is shown to, so that a verdict brings it back. Nothing is stored.

    Args:
        ranked_list: what the page shows.
        to: a signed-in reader.
    """
    # Seconds since 1970: JSON has no moments, and whole microseconds survive it.
    at = ranked_list.at.replace(tzinfo=UTC).timestamp()
    return _signer().dumps([to.id, {**asdict(ranked_list), "at": at}])


def verify(signed_list: str, *, by: Reader) -> RankedList:
    """The list that `sign` signed.

    Args:
        signed_list: as it came back with the form.
        by: the reader who sends it.

    Raises:
        Stale: it is damaged, another reader's, or of an older form.
    """
    # Whatever comes in may be forged, cut off or of last year's form; all of that is one error to the reader.
    try:
        to_id, values = _signer().loads(signed_list)
        at = datetime.fromtimestamp(values.pop("at"), UTC).replace(tzinfo=None)
        items = tuple(RankedItem(**item) for item in values.pop("items"))
        ranked_list = RankedList(**values, items=items, at=at)
    except (BadData, ValueError, TypeError, KeyError):
        raise outdated_list() from None
    # Signed for somebody else: two people at one computer, or a copied form.
    if to_id != by.id:
        raise outdated_list()
    return ranked_list


def outdated_list() -> Stale:
    """The error for a list that can no longer be judged on."""
    return Stale(
        "这份列表已经不是最新的。", "请重新打开匹配页面，看过现在的内容再评价。"
    )


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="ranked-list")
