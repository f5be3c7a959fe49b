"""The buttons of a deal, station by station: load, one deed, back to its page."""

from __future__ import annotations

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


@blueprint.post(f"{DEAL}/agree")
@needs("deal.act", of_thing=True)
def agree(deal_id: int) -> ResponseReturnValue:
    """Agree to begin."""
    row = _get(deal_id)
    deeds.agree_deal(row, by=current_user, seen=SeenForm().seen_revision)
    flash("已同意。", "success")
    return to_deal(row)


@blueprint.post(f"{DEAL}/refuse")
@needs("deal.act", of_thing=True)
def refuse(deal_id: int) -> ResponseReturnValue:
    """Refuse to begin, with the reason."""
    row, form = _get(deal_id), NoteForm()

    def deed() -> None:
        deeds.refuse_deal(
            row, note=form.note.data or "", by=current_user, seen=form.seen_revision
        )

    return do(row, deed, "已答复对方。", note=form)


@blueprint.post(f"{DEAL}/letters")
@needs("deal.act", of_thing=True)
def draft_letter(deal_id: int) -> ResponseReturnValue:
    """Draft a text that both sides confirm."""
    row, form = _get(deal_id), LetterForm()

    def deed() -> None:
        deeds.draft_letter(
            row,
            letter_kind=form.letter_kind.data or "",
            text=form.text.data or "",
            access_until=form.last_day,
            by=current_user,
            seen=form.seen_revision,
        )

    return do(row, deed, "已发给对方确认。", letter=form)


@blueprint.post(f"{DEAL}/letters/confirm")
@needs("deal.act", of_thing=True)
def confirm_letter(deal_id: int) -> ResponseReturnValue:
    """Confirm the text with that hash."""
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
    row, form = _get(deal_id), ItemForm()

    def deed() -> None:
        diligence_deeds.answer_item(
            row,
            code=form.code.data or "",
            has_finding=form.finding,
            note=form.note.data or "",
            by=current_user,
            seen=form.seen_revision,
        )

    return do(row, deed, "已记录。", item=form)


@blueprint.post(f"{DEAL}/diligence/finish")
@needs("deal.hold", of_thing=True)
def finish_diligence(deal_id: int) -> ResponseReturnValue:
    """Finish 尽调."""
    row = _get(deal_id)
    diligence_deeds.finish_diligence(
        row, by=current_user, seen=SeenForm().seen_revision
    )
    flash("尽调完成，进入定价。", "success")
    return to_deal(row)


@blueprint.post(f"{DEAL}/diligence/reopen")
@needs("deal.hold", of_thing=True)
def reopen_diligence(deal_id: int) -> ResponseReturnValue:
    """Go back to 尽调."""
    row, form = _get(deal_id), NoteForm()

    def deed() -> None:
        diligence_deeds.reopen_diligence(
            row, note=form.note.data or "", by=current_user, seen=form.seen_revision
        )

    return do(row, deed, "已退回尽调。", note=form)


@blueprint.post(f"{DEAL}/price")
@needs("deal.hold", of_thing=True)
def decide_price(deal_id: int) -> ResponseReturnValue:
    """Hand in a decision on the price."""
    row, form = _get(deal_id), PriceForm()

    def deed() -> None:
        pricing_deeds.decide_price(
            row, form.read(), by=current_user, seen=form.seen_revision
        )

    return do(row, deed, "定价已提交，等审批。", price=form)


@blueprint.post(f"{DEAL}/price/approve")
@needs("deal.approve", of_thing=True)
def approve_price(deal_id: int) -> ResponseReturnValue:
    """Approve it."""
    row = _get(deal_id)
    pricing_deeds.approve_price(row, by=current_user, seen=SeenForm().seen_revision)
    flash("已批准。", "success")
    return to_deal(row)


@blueprint.post(f"{DEAL}/price/reject")
@needs("deal.approve", of_thing=True)
def reject_price(deal_id: int) -> ResponseReturnValue:
    """Return it with the reason."""
    row, form = _get(deal_id), NoteForm()

    def deed() -> None:
        pricing_deeds.reject_price(
            row, note=form.note.data or "", by=current_user, seen=form.seen_revision
        )

    return do(row, deed, "已退回。", rejecting=form)


@blueprint.post(f"{DEAL}/revise")
@needs("deal.hold", of_thing=True)
def revise(deal_id: int) -> ResponseReturnValue:
    """Go back to the price; what was made public counts no more."""
    row, form = _get(deal_id), ReviseForm()

    def deed() -> None:
        pricing_deeds.revise_deal(
            row,
            **form.kinds,
            note=form.note.data or "",
            by=current_user,
            seen=form.seen_revision,
        )

    return do(row, deed, "已回到定价；需要公示的，定价后重新公示。", revise=form)


@blueprint.post(f"{DEAL}/publicity")
@needs("deal.hold", of_thing=True)
def publicise(deal_id: int) -> ResponseReturnValue:
    """Begin publicity."""
    row, form = _get(deal_id), PublicityForm()

    def deed() -> None:
        publicity_deeds.begin_publicity(
            row,
            days=form.count,
            day_kind=form.day_kind.data or "",
            places=form.places.data or "",
            objection_contact=form.objection_contact.data or "",
            procedure=form.procedure.data or "",
            by=current_user,
            seen=form.seen_revision,
        )

    return do(row, deed, "公示已开始。", publicity=form)


@blueprint.post(f"{DEAL}/publicity/pass")
@needs("deal.hold", of_thing=True)
def pass_publicity(deal_id: int) -> ResponseReturnValue:
    """Go on without publicity, where none is due."""
    row = _get(deal_id)
    publicity_deeds.pass_publicity(row, by=current_user, seen=SeenForm().seen_revision)
    flash("不用公示，可以准备签合同。", "success")
    return to_deal(row)


@blueprint.post(f"{DEAL}/objections/<int:objection_id>")
@needs("deal.approve", of_thing=True)
def answer_objection(deal_id: int, objection_id: int) -> ResponseReturnValue:
    """Answer an objection, in public."""
    row, form = _get(deal_id), AnswerForm()
    objection = queries.get_objection(row, objection_id)

    def deed() -> None:
        publicity_deeds.answer_objection(
            row,
            objection,
            is_sustained=form.sustained,
            answer_reason=form.answer_reason.data or "",
            answer=form.answer.data or "",
            by=current_user,
            seen=form.seen_revision,
        )

    return do(row, deed, "已答复，答复已公开。", **{f"answer-{objection.id}": form})


@blueprint.post(f"{DEAL}/priority")
@needs("deal.hold", of_thing=True)
def settle_priority(deal_id: int) -> ResponseReturnValue:
    """Record what became of the completers' priority."""
    row, form = _get(deal_id), PriorityForm()

    def deed() -> None:
        deeds.settle_priority(
            row,
            priority=form.priority.data or "",
            note=form.note.data or "",
            by=current_user,
            seen=form.seen_revision,
        )

    return do(row, deed, "已记录。", priority=form)


@blueprint.post(f"{DEAL}/terminate")
@needs("mine.read")
def terminate(deal_id: int) -> ResponseReturnValue:
    """End it with a reason."""
    row, form = _get(deal_id), TerminateForm()

    def deed() -> None:
        deeds.terminate_deal(
            row,
            reason=form.reason.data or "",
            note=form.note.data or "",
            by=current_user,
            seen=form.seen_revision,
        )

    return do(row, deed, "交易已终止。", ending=form)
