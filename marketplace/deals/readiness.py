"""What a deal still lacks at its station, whom it waits for, and what they have to do: for pages, desk and moves.

Until when stands in the row (`due_on`). Nothing is written here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from marketplace.deals.life import (
    DILIGENCE,
    DILIGENCE_NAMES,
    GOVERNMENT_OWNED,
    publicity_due,
)
from marketplace.deals.models import SIDE_NAMES, SIDES, Deal

Status = Literal["done", "current", "ahead", "skipped"]
# The ruler of the page: name of a station → the states in which it is open.
RULER = (
    ("洽谈", ("proposed", "open")),
    ("意向", ("intention",)),
    ("尽调", ("due_diligence",)),
    ("定价", ("pricing", "price_determined")),
    ("公示", ("in_publicity", "objection")),
    ("合同", ("approved",)),
    ("登记", ("contracted",)),
    ("到款", ("performing", "converted")),
)


@dataclass(frozen=True)
class Station:
    """One station of the ruler: its name, and whether it is behind, open, ahead or not passed at all."""

    name: str
    status: Status


@dataclass(frozen=True)
class Lack:
    """One thing that a station asks for, and whether it is there."""

    text: str
    is_done: bool


@dataclass(frozen=True)
class Turn:
    """Whom a deal waits for, and what they have to do.

    Attributes:
        who: a key of `TURNS`.
        what: what has to be done, as a sentence without its end.
    """

    who: str
    what: str


def ruler_of(deal: Deal) -> list[Station]:
    """The stations of a deal, as its page draws them. Of one that is terminated all are shown as ahead."""
    # A terminated deal is at no station.
    place = -1
    for number, (_, states) in enumerate(RULER):
        if deal.state in states:
            place = number
    # The price is settled: what it waits for is to be made public, where that is due.
    if deal.state == "price_determined" and is_publicity_due(deal):
        place += 1
    stations = []
    for number, (name, _) in enumerate(RULER):
        stations.append(Station(name, _status_of(deal, name, number, place)))
    return stations


def _status_of(deal: Deal, name: str, number: int, place: int) -> Status:
    # A converted deal has every station behind it.
    if deal.state == "converted":
        place = len(RULER)
    if name == "公示" and not is_publicity_due(deal):
        return "skipped"
    if place < 0 or number > place:
        return "ahead"
    return "current" if number == place else "done"


def is_publicity_due(deal: Deal) -> bool:
    """Whether its price must be made public, as far as is known now."""
    return publicity_due(
        owner_type=deal.owner_type,
        contract_type=deal.contract_type,
        conversion_mode=deal.conversion_mode,
        pricing_method=deal.pricing_method,
        related_party=deal.related_party,
    )


def approvals_needed(deal: Deal) -> int:
    """How many of the holder approve a price: two different ones where the parties are related."""
    return 2 if deal.related_party else 1


def approves_own(deal: Deal) -> bool:
    """Whether who decides on a price may approve it: a firm does as it likes with what is its own."""
    return deal.owner_type not in GOVERNMENT_OWNED and not deal.related_party


def may_approve_pending(deal: Deal, person_id: int) -> bool:
    """Whether the decision that waits may still be approved by this one of the holder's approvers.

    Args:
        deal: any deal; one without such a decision is approved by nobody.
        person_id: who looks.
    """
    decision = deal.pending_decision
    if decision is None or person_id in decision.approver_ids:
        return False
    return decision.decided_by_id != person_id or approves_own(deal)


def turn_for(deal: Deal, person_id: int | None) -> str:
    """What a deal waits for, to one of those whose turn it is: who may not approve is not asked to."""
    what = turn_of(deal).what
    if deal.state != "pricing" or deal.pending_decision is None or person_id is None:
        return what
    if may_approve_pending(deal, person_id):
        return what
    return "等本单位另一位审批人批准；要改价格的，先退回"


def unanswered_items(deal: Deal) -> list[str]:
    """The items of 尽调 without an answer, by code."""
    return [code for code in DILIGENCE if deal.item_of(code) is None]


def turn_of(deal: Deal) -> Turn:
    """Whom a deal waits for now; of an ended one nobody."""
    state = deal.state
    if state == "proposed":
        return Turn(_sides_left(deal, deal.agreed_sides), "同意或不同意开始这笔交易")
    if state == "open":
        return Turn("both", "谈好以后起草意向书；需要先看限制文件的，先签保密协议")
    if state == "intention":
        return _letter_turn(deal)
    if state == "due_diligence":
        count = len(unanswered_items(deal))
        if count:
            return Turn("holder", f"逐项答复尽调，还有 {count} 项")
        return Turn("holder", "核对尽调的答复，完成尽调")
    if state == "pricing":
        if deal.pending_decision is not None:
            return Turn("approver", "批准或退回定价")
        return Turn("holder", "提交定价和依据")
    if state == "price_determined":
        if is_publicity_due(deal):
            return Turn("holder", "填写公示内容，开始公示")
        return Turn("holder", "确认不用公示，进入签约")
    if state == "in_publicity":
        return Turn("holder", "等公示期满，收到异议要答复；期满没有异议自动结束")
    if state == "objection":
        # Not merely who carries it: the desk and the administrators answer objections.
        return Turn("approver", "核查并答复异议，答复前交易锁定")
    if state == "approved":
        # Before the contract, which the database refuses while the priority is open.
        if not deal.priority:
            return Turn("holder", "记录完成人的优先受让权是放弃还是行使")
        return Turn("both", "签订技术合同")
    if state == "contracted":
        return Turn("both", "按合同履行，由成果持有方办理登记")
    if state == "performing":
        return Turn("both", "按合同履行和付款，办完后由成果持有方在「款项」里完成转化")
    return Turn("nobody", "")


def _letter_turn(deal: Deal) -> Turn:
    waiting = []
    # An NDA and a 意向书 may wait for confirmation at the same time.
    for letter_kind in ("nda", "intention"):
        letter = deal.letter_of(letter_kind)
        if letter is not None and not letter.is_settled:
            waiting.append(letter)
    if not waiting:
        return Turn("both", "起草意向书")
    left = set()
    for letter in waiting:
        for side in SIDES:
            if not letter.is_confirmed_by(side):
                left.add(side)
    names = "和".join(letter.kind_name for letter in waiting)
    done = [side for side in SIDES if side not in left]
    return Turn(_sides_left(deal, done), f"看过{names}，确认或改写")


def _sides_left(deal: Deal, done: Collection[str]) -> str:
    left = [side for side in SIDES if side not in done]
    return left[0] if len(left) == 1 else "both"


def lacks_of(deal: Deal) -> list[Lack]:
    """What the present station asks for, each with whether it is there."""
    state = deal.state
    if state == "proposed":
        return [
            Lack(f"{SIDE_NAMES[side]}同意", side in deal.agreed_sides) for side in SIDES
        ]
    if state in ("open", "intention"):
        return _letter_lacks(deal)
    if state == "due_diligence":
        return [
            Lack(f"{DILIGENCE_NAMES[code]}已答复", deal.item_of(code) is not None)
            for code in DILIGENCE
        ]
    if state == "pricing":
        decision = deal.pending_decision
        there = len(decision.approvals) if decision is not None else 0
        needed = approvals_needed(deal)
        return [
            Lack("定价决定和依据", decision is not None),
            Lack(f"审批 {there} / {needed} 人", there >= needed),
        ]
    if state in ("price_determined", "in_publicity", "objection"):
        return _publicity_lacks(deal)
    if state == "approved":
        return [
            Lack("完成人优先受让权已记录", deal.priority != ""),
            # Never done here: once both have confirmed, the deal is at the next station.
            Lack("双方确认合同", False),
        ]
    return []


def _letter_lacks(deal: Deal) -> list[Lack]:
    # Only the 意向书 is needed to go on; an NDA is optional.
    letter = deal.letter_of("intention")
    lacks = [Lack("意向书已起草", letter is not None)]
    for side in SIDES:
        there = letter is not None and letter.is_confirmed_by(side)
        lacks.append(Lack(f"{SIDE_NAMES[side]}确认意向书", there))
    return lacks


def _publicity_lacks(deal: Deal) -> list[Lack]:
    if not is_publicity_due(deal):
        return [Lack("不用公示", True)]
    running = deal.running_publicity
    answered = running is not None and not running.open_objections
    return [
        Lack("公示已开始", running is not None),
        Lack("没有未答复的异议", answered),
        # Never done here: when the term ends, the deal is at the next station.
        Lack("公示期满", False),
    ]
