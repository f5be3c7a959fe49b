"""Pages of the money of a contract: milestones, receipts, distributions and statements; what is public of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import persistence
from marketplace.clock import now, today
from marketplace.contracts.models import TechContract
from marketplace.door import needs
from marketplace.downloads import as_download
from marketplace.errors import Invalid, NotFound
from marketplace.forms import SeenForm
from marketplace.parsing.exact_sums import read_fen
from marketplace.permissions import may
from marketplace.proceeds import deeds, queries
from marketplace.proceeds.forms import (
    DoneForm,
    GiveForm,
    MilestoneForm,
    PlanForm,
    ReceiptForm,
    ReverseForm,
)
from marketplace.proceeds.models import Distribution

blueprint = Blueprint("proceeds", __name__)
MONEY = "/mine/contracts/<int:contract_id>/money"


@blueprint.get(MONEY)
@needs("proceeds.read", of_thing=True)
def money(contract_id: int) -> ResponseReturnValue:
    """What was planned, received and shared."""
    return _page(_get(contract_id))


@blueprint.post(f"{MONEY}/milestones")
@needs("proceeds.record", of_thing=True)
def plan(contract_id: int) -> ResponseReturnValue:
    """Plan a milestone."""
    row, form = _get(contract_id), MilestoneForm()

    def deed() -> None:
        deeds.plan_milestone(
            row,
            form["title"].data or "",
            form.due_on.data,
            form.read_box("plan_fen", read_fen),
            by=current_user,
            seen=form.seen_revision,
        )

    return _do(row, deed, "已加入计划。", planning=form)


@blueprint.post("/mine/milestones/<int:milestone_id>/done")
@needs("proceeds.record", of_thing=True)
def done(milestone_id: int) -> ResponseReturnValue:
    """It was done."""
    one, form = queries.get_milestone(milestone_id, by=current_user), DoneForm()
    # Every milestone has such a box: what was refused is shown at this one.
    form.done_on.id = f"done-{milestone_id}"

    def deed() -> None:
        deeds.finish_milestone(
            one, form.done_on.data, by=current_user, seen=form.seen_revision
        )

    return _do(one.contract, deed, "已记录完成的日期。", finishing=form)


@blueprint.post(f"{MONEY}/receipts")
@needs("proceeds.record", of_thing=True)
def receive(contract_id: int) -> ResponseReturnValue:
    """Money came in."""
    row, form = _get(contract_id), ReceiptForm()

    def deed() -> None:
        deeds.record_receipt(
            row,
            form.read_box("amount_fen", read_fen),
            form.received_on.data,
            form.note.data or "",
            by=current_user,
            seen=form.seen_revision,
        )

    return _do(row, deed, "已记录到款。", receiving=form)


@blueprint.post("/mine/receipts/<int:receipt_id>/reverse")
@needs("proceeds.record", of_thing=True)
def reverse(receipt_id: int) -> ResponseReturnValue:
    """Take a receipt back by an entry against it."""
    one, form = queries.get_receipt(receipt_id, by=current_user), ReverseForm()
    form.note.id = f"reverse-{receipt_id}"

    def deed() -> None:
        deeds.reverse_receipt(one, form.note.data or "", by=current_user)

    return _do(one.contract, deed, "已冲销，原来的一笔仍然留着。", reversing=form)


@blueprint.post(f"{MONEY}/convert")
@needs("proceeds.record", of_thing=True)
def convert(contract_id: int) -> ResponseReturnValue:
    """The deal is done."""
    row = _get(contract_id)
    deeds.finish_conversion(row, by=current_user)
    flash("已记录完成转化。", "success")
    return _to(row)


@blueprint.post(f"{MONEY}/distributions")
@needs("proceeds.share", of_thing=True)
def share(contract_id: int) -> ResponseReturnValue:
    """Plan how it is shared."""
    row, form = _get(contract_id), PlanForm()

    def deed() -> None:
        plan = form.read()
        # What cannot be read is not shared; all of it is said.
        if not form.unread:
            deeds.plan_distribution(row, **plan, by=current_user)

    return _do(row, deed, "已提出分配方案。", sharing=form)


@blueprint.post("/mine/distributions/<int:distribution_id>/publicise")
@needs("proceeds.share", of_thing=True)
def publicise(distribution_id: int) -> ResponseReturnValue:
    """Make it public."""
    return _decide(distribution_id, deeds.publicise_distribution, "已开始公示。")


@blueprint.post("/mine/distributions/<int:distribution_id>/settle")
@needs("proceeds.share", of_thing=True)
def settle(distribution_id: int) -> ResponseReturnValue:
    """Settle it."""
    words = "方案已定，正在生成每个人的明细。"
    return _decide(distribution_id, deeds.settle_distribution, words)


@blueprint.post("/mine/distributions/<int:distribution_id>/drop")
@needs("proceeds.share", of_thing=True)
def drop(distribution_id: int) -> ResponseReturnValue:
    """Drop it."""
    return _decide(distribution_id, deeds.drop_distribution, "方案已作废。")


@blueprint.post("/mine/shares/<int:share_id>/give")
@needs("proceeds.statement", of_thing=True)
def give(share_id: int) -> ResponseReturnValue:
    """Give somebody their statement."""
    one = queries.get_share(share_id, by=current_user)
    # The page has this form once for each share: without a prefix their boxes would share one name.
    form = GiveForm(prefix=_prefix(share_id))

    def deed() -> None:
        deeds.give_statement(
            one, form.person_id, by=current_user, seen=form.seen_revision
        )

    words = f"已把{one.name}的明细交给本人，本人会收到通知。"
    return _do(one.distribution.contract, deed, words, giving=form)


@blueprint.get("/mine/statements")
@needs("mine.read")
def own() -> ResponseReturnValue:
    """What one got oneself, contract by contract."""
    rows = queries.shares_of(current_user.id)
    return render_template("proceeds/own.html", rows=rows)


@blueprint.get("/mine/shares/<int:share_id>/statement.pdf")
@needs("proceeds.statement", of_thing=True)
def statement(share_id: int) -> ResponseReturnValue:
    """The statement of one person."""
    one = queries.get_share(share_id, by=current_user)
    if one.pdf is None:
        raise NotFound("明细还没有生成。", "方案定下以后一分钟内生成，请过一会儿刷新。")
    return as_download(one.pdf, f"statement-{one.id}.pdf")


@blueprint.get("/distributions")
@needs("public.read")
def public() -> ResponseReturnValue:
    """The distributions that are public now."""
    return render_template("proceeds/public.html", rows=queries.publicised(today()))


def _prefix(share_id: int) -> str:
    return f"s{share_id}"


def _giving_forms(
    row: TechContract, distributions: Sequence[Distribution]
) -> dict[int, GiveForm]:
    """Number of a share → the form that gives it to its person; each has boxes of its own."""
    settled = [one for one in distributions if one.state == "settled"]
    # Nobody of the seller is loaded while there is nothing to give.
    people = queries.people_of_seller(row) if settled else ()
    forms = {}
    for distribution in settled:
        for share in distribution.shares:
            forms[share.id] = GiveForm(
                formdata=None, prefix=_prefix(share.id), people=people, name=share.name
            )
    return forms


def _get(contract_id: int) -> TechContract:
    return queries.get_contract(contract_id, by=current_user)


def _to(row: TechContract) -> ResponseReturnValue:
    return redirect(url_for("proceeds.money", contract_id=row.id), 303)


def _decide(
    number: int, deed: Callable[..., None], message: str
) -> ResponseReturnValue:
    row = queries.get_distribution(number, by=current_user)
    deed(row, by=current_user, seen=SeenForm().seen_revision)
    flash(message, "success")
    return _to(row.contract)


def _do(
    row: TechContract, deed: Callable[[], None], message: str, **forms: Any
) -> ResponseReturnValue:
    """Do one thing; what was refused stands beside its form."""
    # A refusal rolls back, and the row is loaded again by its number.
    number = row.id
    (form,) = forms.values()
    try:
        with form.judged_whole():
            deed()
    except Invalid as error:
        form.blame(error.problems, next(iter(error.problems), ""))
        return _page(_get(number), 422, **forms)
    flash(message, "success")
    return _to(row)


def _page(row: TechContract, status: int = 200, **forms: Any) -> ResponseReturnValue:
    persistence.stop_writing()
    shares = may(current_user, "proceeds.share", row)
    # Without `formdata=None` every form of the page would take in what was sent by one of them.
    given = {
        "planning": MilestoneForm(formdata=None),
        "finishing": DoneForm(formdata=None),
        "receiving": ReceiptForm(formdata=None),
        "reversing": ReverseForm(formdata=None),
        "sharing": PlanForm(formdata=None),
        "giving": None,
    } | forms
    # The buyer reads this page too, and how the seller shares is not theirs to know.
    distributions = queries.distributions_of(row) if shares else ()
    receipts = queries.receipts_of(row)
    page = render_template(
        "proceeds/money.html",
        row=row,
        milestones=queries.milestones_of(row),
        receipts=receipts,
        reversed_ids={one.reverses_id for one in receipts},
        received=queries.received_fen(row),
        shared=queries.shared_before(row),
        distributions=distributions,
        ends={one.id: queries.end_of_publicity(one) for one in distributions},
        lifts={one.id: queries.lift_of(one) for one in distributions},
        has_open=any(one.is_open for one in distributions),
        giving_forms=_giving_forms(row, distributions),
        records=may(current_user, "proceeds.record", row),
        shares=shares,
        now=now(),
        today=today(),
        **given,
    )
    return page, status
