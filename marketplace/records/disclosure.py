"""Who may read and write what of a case, and the files of a decision on a price."""

from __future__ import annotations

from marketplace.brokerage.disclosure import standing_of
from marketplace.brokerage.models import BrokerageCase
from marketplace.permissions import Reader, may


def reads_all(case: BrokerageCase, reader: Reader) -> bool:
    """Whether somebody reads everything: an operator, and the broker once they have declared their interests."""
    return standing_of(case, reader, reader.broker_numbers).knows_all


def reads_shared(case: BrokerageCase, reader: Reader) -> bool:
    """Whether somebody reads what is shared: both sides too, once both know of each other."""
    if reads_all(case, reader):
        return True
    return case.introduction_id is not None and may(reader, "brokerage.read", case)
