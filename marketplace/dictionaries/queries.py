"""Reads the chain list for those who edit it. Names by code, which every page reads, are in `models.py`."""

from __future__ import annotations

from marketplace.dictionaries.models import Chain
from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.permissions import Reader, require


def list_chains(*, by: Reader | None) -> list[Chain]:
    """Every chain, retired ones too, in the order of lists.

    Args:
        by: the reader.

    Raises:
        NotAllowed: they do not look after the dictionaries.
    """
    require(by, "dictionary.edit")
    # The code decides between equal positions, so that two pages never show another order.
    query = db.select(Chain).order_by(Chain.position, Chain.code)
    return list(db.session.scalars(query))


def get_chain(code: str, *, by: Reader | None) -> Chain:
    """One chain, retired or not.

    Args:
        code: its code.
        by: the reader.

    Raises:
        NotAllowed: they do not look after the dictionaries.
        NotFound: there is none of that code.
    """
    require(by, "dictionary.edit")
    chain = db.session.get(Chain, code)
    if chain is None:
        raise NotFound("没有这条产业链。", "可以从产业链列表里找。")
    return chain
