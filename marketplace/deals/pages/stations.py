"""The buttons of a deal, station by station: load, one deed, back to its page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace.deals import (
    deeds,
    diligence_deeds,
    pricing_deeds,
    publicity_deeds,
    queries,
)
from marketplace.deals.forms import (
    AnswerForm,
    ConfirmForm,
    ItemForm,
    LetterForm,
    NoteForm,
    PriceForm,
    PriorityForm,
    PublicityForm,
    ReviseForm,
    TerminateForm,
)
from marketplace.deals.models import Deal
from marketplace.deals.pages.blueprint import blueprint
from marketplace.deals.pages.own import do, to_deal
from marketplace.door import needs
from marketplace.forms import SeenForm

DEAL = "/mine/deals/<int:deal_id>"


def _get(deal_id: int) -> Deal:
    return queries.get_deal(deal_id, by=current_user)


def _press(
    deal_id: int,
    deed: Callable[..., object],
    form: SeenForm,
    name: str,
    message: str,
    read: Callable[[], dict[str, Any]],
) -> ResponseReturnValue:
    """One deed with what its form says; what was refused is shown at its form.

    Args:
        deal_id: of the deal.
        deed: takes the deal, `by`, `seen` and what was read.
        form: as it was sent.
        name: of the form on the page.
        message: what is said when it is done.
        read: what the deed is given; called inside, for reading a box may refuse it too.
    """
    row = _get(deal_id)

    def press() -> None:
        deed(row, by=current_user, seen=form.seen_revision, **read())

    return do(row, press, message, **{name: form})


def _press_alone(
    deal_id: int, deed: Callable[..., object], message: str
) -> ResponseReturnValue:
    """One deed that needs no input. Arguments as `_press`."""
    row = _get(deal_id)
    deed(row, by=current_user, seen=SeenForm().seen_revision)
    flash(message, "success")
    return to_deal(row)


@blueprint.post(f"{DEAL}/agree")
@needs("deal.act", of_thing=True)
def agree(deal_id: int) -> ResponseReturnValue:
    """Agree to begin."""
    return _press_alone(deal_id, deeds.agree_deal, "已同意。")


@blueprint.post(f"{DEAL}/refuse")
@needs("deal.act", of_thing=True)
def refuse(deal_id: int) -> ResponseReturnValue:
    """Refuse to begin, with the reason."""
    form = NoteForm()
    return _press(
        deal_id,
        deeds.refuse_deal,
        form,
        "note",
        "已答复对方。",
        lambda: {"note": form.note.data or ""},
    )


@blueprint.post(f"{DEAL}/letters")
@needs("deal.act", of_thing=True)
def draft_letter(deal_id: int) -> ResponseReturnValue:
    """Draft a text that both sides confirm."""
    form = LetterForm()
    return _press(
        deal_id,
        deeds.draft_letter,
        form,
        "letter",
        "已发给对方确认。",
        lambda: {
            "letter_kind": form.letter_kind.data or "",
            "text": form.text.data or "",
            "access_until": form.last_day,
        },
    )


@blueprint.post(f"{DEAL}/letters/confirm")
@needs("deal.act", of_thing=True)
def confirm_letter(deal_id: int) -> ResponseReturnValue:
    """Confirm the text with that hash."""
    # Nothing is typed here that could be wrong: a refusal is a page of its own.
    row, form = _get(deal_id), ConfirmForm()
    deeds.confirm_letter(
        row,
        letter_kind=form.letter_kind.data or "",
        sha256=form.sha256.data or "",
        by=current_user,
        seen=form.seen_revision,
    )
    flash("已确认。", "success")
    return to_deal(row)


@blueprint.post(f"{DEAL}/items")
@needs("deal.hold", of_thing=True)
def answer_item(deal_id: int) -> ResponseReturnValue:
    """Answer one item of 尽调."""
    form = ItemForm()
    return _press(
        deal_id,
        diligence_deeds.answer_item,
        form,
        "item",
        "已记录。",
        lambda: {
            "code": form.code.data or "",
            "has_finding": form.finding,
            "note": form.note.data or "",
        },
    )


@blueprint.post(f"{DEAL}/diligence/finish")
@needs("deal.hold", of_thing=True)
def finish_diligence(deal_id: int) -> ResponseReturnValue:
    """Finish 尽调."""
    return _press_alone(
        deal_id, diligence_deeds.finish_diligence, "尽调完成，进入定价。"
    )


@blueprint.post(f"{DEAL}/diligence/reopen")
@needs("deal.hold", of_thing=True)
def reopen_diligence(deal_id: int) -> ResponseReturnValue:
    """Go back to 尽调."""
    form = NoteForm()
    return _press(
        deal_id,
        diligence_deeds.reopen_diligence,
        form,
        "note",
        "已退回尽调。",
        lambda: {"note": form.note.data or ""},
    )


@blueprint.post(f"{DEAL}/price")
@needs("deal.hold", of_thing=True)
def decide_price(deal_id: int) -> ResponseReturnValue:
    """Hand in a decision on the price."""
    form = PriceForm()
    return _press(
        deal_id,
        pricing_deeds.decide_price,
        form,
        "price",
        "定价已提交，等审批。",
        lambda: {"price": form.read()},
    )


@blueprint.post(f"{DEAL}/price/approve")
@needs("deal.approve", of_thing=True)
def approve_price(deal_id: int) -> ResponseReturnValue:
    """Approve it."""
    return _press_alone(deal_id, pricing_deeds.approve_price, "已批准。")


@blueprint.post(f"{DEAL}/price/reject")
@needs("deal.approve", of_thing=True)
def reject_price(deal_id: int) -> ResponseReturnValue:
    """Return it with the reason."""
    form = NoteForm()
    return _press(
        deal_id,
        pricing_deeds.reject_price,
        form,
        "rejecting",
        "已退回。",
        lambda: {"note": form.note.data or ""},
    )


@blueprint.post(f"{DEAL}/revise")
@needs("deal.hold", of_thing=True)
def revise(deal_id: int) -> ResponseReturnValue:
    """Go back to the price; what was made public counts no more."""
    form = ReviseForm()
    return _press(
        deal_id,
        pricing_deeds.revise_deal,
        form,
        "revise",
        "已回到定价；需要公示的，定价后重新公示。",
        lambda: {**form.kinds, "note": form.note.data or ""},
    )


@blueprint.post(f"{DEAL}/publicity")
@needs("deal.hold", of_thing=True)
def publicise(deal_id: int) -> ResponseReturnValue:
    """Begin publicity."""
    form = PublicityForm()
    return _press(
        deal_id,
        publicity_deeds.begin_publicity,
        form,
        "publicity",
        "公示已开始。",
        lambda: {
            "days": form.count,
            "day_kind": form.day_kind.data or "",
            "places": form.places.data or "",
            "objection_contact": form.objection_contact.data or "",
            "procedure": form.procedure.data or "",
        },
    )


@blueprint.post(f"{DEAL}/publicity/pass")
@needs("deal.hold", of_thing=True)
def pass_publicity(deal_id: int) -> ResponseReturnValue:
    """Go on without publicity, where none is due."""
    return _press_alone(
        deal_id, publicity_deeds.pass_publicity, "不用公示，可以准备签合同。"
    )


@blueprint.post(f"{DEAL}/objections/<int:objection_id>")
@needs("deal.approve", of_thing=True)
def answer_objection(deal_id: int, objection_id: int) -> ResponseReturnValue:
    """Answer an objection, in public."""
    form = AnswerForm()
    objection = queries.get_objection(_get(deal_id), objection_id)
    return _press(
        deal_id,
        publicity_deeds.answer_objection,
        form,
        # Several objections may be open: what was refused comes back in the form of this one.
        f"answer-{objection.id}",
        "已答复，答复已公开。",
        lambda: {
            "objection": objection,
            "is_sustained": form.sustained,
            "answer_reason": form.answer_reason.data or "",
            "answer": form.answer.data or "",
        },
    )


@blueprint.post(f"{DEAL}/priority")
@needs("deal.hold", of_thing=True)
def settle_priority(deal_id: int) -> ResponseReturnValue:
    """Record what became of the completers' priority."""
    form = PriorityForm()
    return _press(
        deal_id,
        deeds.settle_priority,
        form,
        "priority",
        "已记录。",
        lambda: {
            "priority": form.priority.data or "",
            "note": form.note.data or "",
        },
    )


# Not `deal.act`: an operator may end it as well, which the deed decides.
@blueprint.post(f"{DEAL}/terminate")
@needs("mine.read")
def terminate(deal_id: int) -> ResponseReturnValue:
    """End it with a reason."""
    form = TerminateForm()
    return _press(
        deal_id,
        deeds.terminate_deal,
        form,
        "ending",
        "交易已终止。",
        lambda: {"reason": form.reason.data or "", "note": form.note.data or ""},
    )
