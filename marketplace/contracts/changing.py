"""Values into a contract, from wherever they come: the one place where confirmations fall. Nothing is committed.

Forms, corrections of operators and lists all write through here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.exc import OperationalError

from marketplace import persistence
from marketplace.clock import now
from marketplace.contracts import announcements
from marketplace.contracts.fields import BY_NAME, problems_of
from marketplace.contracts.life import CHANGEABLE
from marketplace.contracts.models import TechContract
from marketplace.contracts.queries import contract_of
from marketplace.deals.models import Deal
from marketplace.deals.writing import move_deal
from marketplace.errors import Invalid, NotNow, Stale
from marketplace.extensions import db
from marketplace.permissions import Reader


def write_fields(
    contract: TechContract, values: Mapping[str, Any], *, by: Reader | None, why: str
) -> list[str]:
    """Write values; where a paper no longer says what the contract says, every confirmation of it falls, aloud.

    Args:
        contract: loaded in this session.
        values: field → what is to be stored; fields that are left out stay.
        by: the acting person; None: the site itself.
        why: what both sides read, where confirmations fall.

    Returns:
        the labels of what was changed; empty where nothing was.

    Raises:
        NotNow: it is registered, or money has begun to move: corrections are entries of their own.
        Invalid: the values do not fit together.
    """
    changed = []
    for name, value in values.items():
        # Unknown names are a fault of the caller, and found here.
        if getattr(contract, BY_NAME[name].name) != value:
            changed.append(name)
    # Saving what is there already is no change: confirmations stay, also of a registered contract.
    if not changed:
        return []
    if refusal := refusal_of(contract):
        raise refusal
    # With what stays as well: a sum may contradict a field that nobody typed now.
    problems = problems_of({**contract.values, **values})
    if problems:
        raise Invalid("合同没有保存。", problems=problems)
    for name in changed:
        setattr(contract, name, values[name])
    labels = [BY_NAME[name].label for name in changed]
    # While it is drafted no confirmation counts, so that none can fall.
    if contract.state == "drafting":
        contract.life.move(contract, "save", by=by, changed=changed)
    else:
        _let_fall(contract, labels, changed, by=by, why=why)
    with persistence.refusals():
        db.session.flush()
    return labels


def follow_deal(deal: Deal, reason: str) -> None:
    """Let a contract be that of its deal again, whose price or publicity begins anew: what was confirmed falls.

    Of what the deal decides the types are taken over; its price is compared before a text is made (no commit).

    Args:
        deal: held by the caller, and moved already.
        reason: what both sides read.

    Raises:
        Stale: somebody is deciding about the contract at this moment.
    """
    contract = contract_of(deal)
    if contract is None:
        return
    # Whoever confirms holds the contract first and then waits for the deal.
    _hold_at_once(contract)
    if contract.state not in CHANGEABLE:
        return
    changed = []
    for name, value in decided_by(deal).items():
        if getattr(contract, name) != value:
            setattr(contract, name, value)
            changed.append(name)
    if contract.state != "drafting":
        why = f"交易重新定价、公示：{reason}"[:500]
        _let_fall(contract, ["交易的价格或公示"], changed, by=None, why=why)
    elif changed:
        contract.life.move(contract, "save", by=None, changed=changed)


def _hold_at_once(contract: TechContract) -> None:
    """Hold a contract, or refuse: of two that wait for each other the database would end one."""
    try:
        locking = {"of": TechContract, "nowait": True}
        db.session.refresh(contract, with_for_update=locking)
    except OperationalError as error:
        if not persistence.is_locked(error):
            raise
        raise Stale("合同刚好有别人在办。", "请过一会儿刷新页面再试。") from error


def decided_by(deal: Deal) -> dict[str, str | None]:
    """Field of a contract → its value, of those that its deal decides (`OF_DEAL`)."""
    subtype = None
    if deal.contract_subtype:
        subtype = f"{deal.contract_type}.{deal.contract_subtype}"
    return {"contract_type": deal.contract_type, "contract_subtype": subtype}


def perform_deal(contract: TechContract, *, by: Reader | None) -> None:
    """A registered contract is carried out from now on: its deal leaves the station of registration (no commit)."""
    deal = contract.deal
    if deal is not None and deal.state == "contracted":
        note = f"登记编号 {contract.registry_no}"
        move_deal(deal, "perform", by=by, note=note, until=contract.valid_to)


def refusal_of(contract: TechContract) -> NotNow | None:
    """Why the fields of a contract can no longer be changed; None where they can."""
    if contract.state not in CHANGEABLE:
        return NotNow(
            f"这份合同{contract.state_name}，条款不能再改。",
            "登记金额有误的，由运营方更正；条款变更请另签补充协议。",
        )
    # From `performing` on money has come in: what it was paid for cannot become another contract.
    deal = contract.deal
    if deal is not None and deal.state not in ("approved", "contracted"):
        return NotNow(
            f"这笔交易现在是「{deal.state_name}」，合同不能再改。",
            "条款变更请另签补充协议。",
        )
    return None


def _let_fall(
    contract: TechContract,
    labels: list[str],
    changed: list[str],
    *,
    by: Reader | None,
    why: str,
) -> None:
    paper = contract.current_paper
    assert paper is not None  # noqa: S101  every state after the first has one
    moment = now()
    # Void and not removed: the old paper still says who had confirmed it (119).
    for confirmation in paper.standing.values():
        confirmation.voided_at = moment
        confirmation.void_reason = f"合同改过：{'、'.join(labels)}"[:500]
    # A contract that says something else has been neither signed nor handed in.
    contract.signed_on = contract.filed_on = contract.accepted_on = None
    contract.decide_by = None
    contract.refusal = ""
    contract.life.move(contract, "change", by=by, note=why, changed=changed)
    # Only where both had confirmed has the deal moved on.
    if contract.deal is not None and contract.deal.state == "contracted":
        move_deal(contract.deal, "void_contract", by=by, note=why)
    # Flushed first, for the key of the notice holds the new revision.
    with persistence.refusals():
        db.session.flush()
    announcements.announce_voided(contract, paper, labels, why)
