"""Pages of requests for a broker: the firm's, the requested broker's, and the buttons of the operators' queue."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import persistence
from marketplace.accounts.queries import people_by_id
from marketplace.door import needs
from marketplace.errors import Invalid, NotFound
from marketplace.lifecycle import acting_for
from marketplace.mediation import deeds, queries
from marketplace.mediation.forms import ReasonForm, RequestForm
from marketplace.wording import in_quotes

blueprint = Blueprint("mediation", __name__)
KIND = "<any(achievement, demand):kind>"
REQUEST = "<int:request_id>"


@blueprint.route(f"/mine/{KIND}/<int:listing_id>/broker", methods=["GET", "POST"])
@needs("mediation.request", of_thing=True)
def own(kind: str, listing_id: int) -> ResponseReturnValue:
    """Request a broker for one's own listing, and see what became of it."""
    row = queries.get_requestable(kind, listing_id, by=current_user)
    form = RequestForm(brokers=queries.choosable_brokers(row))
    if not form.is_submitted():
        return _own_page(row, form)
    if not form.validate():
        return _own_page(row, form, 422)
    try:
        made = deeds.request_broker(
            row, form.broker_id, note=form.note.data or "", by=current_user
        )
    except Invalid as error:
        form.blame(error.problems, "broker")
        return _own_page(row, form, 422)
    message = "已交给平台安排，安排后通知您。"
    if made.broker is not None:
        message = f"已请「{made.broker.name}」，对方答复后通知您。"
    flash(message, "success")
    return _to_own(made)


@blueprint.post(f"/mine/broker-requests/{REQUEST}/withdraw")
@needs("mediation.withdraw", of_thing=True)
def withdraw(request_id: int) -> ResponseReturnValue:
    """Take a request back."""
    row = queries.get_request(request_id, by=current_user, deed="mediation.withdraw")
    deeds.withdraw_request(row, by=current_user)
    flash("已撤回，可以另请一位。", "success")
    return _to_own(row)


@blueprint.get(f"/mine/broker-requests/{REQUEST}")
@needs("mediation.answer", of_thing=True)
def request_page(request_id: int) -> ResponseReturnValue:
    """What a broker reads before they answer."""
    row = queries.get_request(request_id, by=current_user, deed="mediation.answer")
    return _answer_page(row, ReasonForm(formdata=None))


@blueprint.post(f"/mine/broker-requests/{REQUEST}/accept")
@needs("mediation.answer", of_thing=True)
def accept(request_id: int) -> ResponseReturnValue:
    """Look after the listing."""
    row = queries.get_request(request_id, by=current_user, deed="mediation.answer")
    with acting_for(_represented(row)):
        deeds.accept_request(row, by=current_user)
    flash("已接手，现在看得到全部内容。", "success")
    page = url_for(f"listings.{row.listing_kind}", listing_id=row.listing_id)
    return redirect(page, 303)


@blueprint.post(f"/mine/broker-requests/{REQUEST}/decline")
@needs("mediation.answer", of_thing=True)
def decline(request_id: int) -> ResponseReturnValue:
    """Decline, with the reason."""
    row = queries.get_request(request_id, by=current_user, deed="mediation.answer")
    form = ReasonForm()
    try:
        with acting_for(_represented(row)):
            deeds.decline_request(row, reason=form.reason.data or "", by=current_user)
    except Invalid as error:
        form.blame(error.problems)
        return _answer_page(row, form, 422)
    flash("已谢绝，原因已转告对方。", "success")
    return redirect(url_for("desk.mine"), 303)


@blueprint.post(f"/office/broker-requests/{REQUEST}/assign")
@needs("mediation.assign")
def assign(request_id: int) -> ResponseReturnValue:
    """Give the listing to a broker."""
    row = queries.get_request(request_id, by=current_user, deed="mediation.assign")
    # Named by the request, for a page shows several forms.
    name = f"b{row.id}-broker"
    number = request.form.get(name, type=persistence.row_number) or 0
    broker = people_by_id([number]).get(number)
    if broker is None:
        raise NotFound("没有这位技术经理人。", "请在列表里选一位。")
    deeds.assign_request(row, broker, by=current_user)
    flash(
        f"{in_quotes(row.listing.title)}已交给技术经理人「{broker.name}」。", "success"
    )
    return _to_queue()


@blueprint.post(f"/office/broker-requests/{REQUEST}/refuse")
@needs("mediation.assign")
def refuse(request_id: int) -> ResponseReturnValue:
    """Assign nobody, with the reason."""
    row = queries.get_request(request_id, by=current_user, deed="mediation.assign")
    form = ReasonForm(prefix=f"b{row.id}-")
    try:
        deeds.refuse_request(row, reason=form.reason.data or "", by=current_user)
    except Invalid as error:
        # The queue is a page of a hub: what is wrong is shown with what was typed, on a page of its own.
        form.blame(error.problems)
        persistence.stop_writing()
        values = {"request_row": row, "form": form}
        return render_template("mediation/refusing.html", **values), 422
    flash("已告知单位没有安排，原因已转告。", "success")
    return _to_queue()


def _represented(row: Any) -> int | None:
    """Whom the reader stands in for, where somebody else is requested."""
    number: int | None = row.broker_id
    # A substitute answers for the broker who was requested (decision 097).
    return None if number == current_user.id else number


def _own_page(row: Any, form: RequestForm, status: int = 200) -> ResponseReturnValue:
    persistence.stop_writing()
    page = render_template(
        "mediation/own.html",
        row=row,
        form=form,
        latest=queries.latest_request(row),
        given=list(people_by_id(row.broker_ids).values()),
    )
    return page, status


def _answer_page(row: Any, form: ReasonForm, status: int = 200) -> ResponseReturnValue:
    persistence.stop_writing()
    page = render_template(
        "mediation/request.html",
        request_row=row,
        what=queries.described(row.listing, current_user),
        is_open=queries.is_visible(row.listing, current_user),
        form=form,
    )
    return page, status


def _to_own(row: Any) -> ResponseReturnValue:
    address = url_for("mediation.own", kind=row.listing_kind, listing_id=row.listing_id)
    return redirect(address, 303)


def _to_queue() -> ResponseReturnValue:
    return redirect(url_for("office.queue", tray="mediation"), 303)
