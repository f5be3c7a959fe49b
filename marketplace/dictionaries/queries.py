"""What is read of the dictionaries beside their names by code (see `models.py`). Nothing is written here."""

from __future__ import annotations

from marketplace.dictionaries.models import Chain
from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.permissions import Reader, require


def chains(*, by: Reader | None) -> list[Chain]:
    """Every chain, in the order of lists.

    Raises:
        NotAllowed.
    """
    require(by, "dictionary.edit")
    return list(
        db.session.scalars(db.select(Chain).order_by(Chain.position, Chain.code))
    )


def chain(code: str, *, by: Reader | None) -> Chain:
    """One chain.

    Raises:
        NotAllowed, NotFound.
    """
    require(by, "dictionary.edit")
    found = db.session.get(Chain, code)
    if found is None:
        raise NotFound("没有这条产业链。", "可以从产业链列表里找。")
    return found
