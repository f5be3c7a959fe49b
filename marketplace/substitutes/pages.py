"""Pages of substitutes: one's own list, naming one, and what was done meanwhile. What is done is in `deeds.py`."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import persistence
from marketplace.clock import today
from marketplace.door import needs
from marketplace.errors import Invalid, MarketError, NotFound, NotNow
from marketplace.substitutes import deeds, queries
from marketplace.substitutes.forms import SubstituteForm, seat_label
from marketplace.substitutes.queries import HeldSeat

blueprint = Blueprint("substitutes", __name__)


@blueprint.get("/mine/substitutes")
@needs("substitutes.name")
def own() -> ResponseReturnValue:
    """Who stands in for whom, and for whom somebody may be named."""
    seats = queries.nameable_seats(current_user)
    return render_template(
        "substitutes/own.html",
        rows=queries.listed_for(current_user),
        seats=[(seat, seat_label(seat, current_user.id)) for seat in seats],
        holds_one=bool(queries.seats_of(current_user)),
    )


@blueprint.route("/mine/substitutes/new/<code>", methods=["GET", "POST"])
@needs("substitutes.name")
def name(code: str) -> ResponseReturnValue:
    """Name somebody for a seat."""
    seat = _seat_of(code)
    people = queries.colleagues_at(seat)
    form = SubstituteForm(people=people)
    if form.is_fresh:
        form.first_day.data = today()
    if not form.is_submitted():
        return _form_page(seat, form)
    chosen = [one for one in people if str(one.id) == form.substitute.data]
    # Both are said at once: the days, and that nobody is chosen.
    if not form.validate() or not chosen:
        if not chosen:
            form.blame({"substitute": ["选一位同一岗位的同事。"]})
        return _form_page(seat, form, 422)
    try:
        row = deeds.name_substitute(
            seat,
            chosen[0],
            first_day=form.first_day.data,
            last_day=form.last_day.data,
            by=current_user,
        )
    except Invalid as error:
        form.blame(error.problems)
        return _form_page(seat, form, 422)
    # On the form, so that days and person stay typed; the reason is one of these two.
    except NotNow as error:
        return _form_page(seat, form, 409, error=error)
    flash(f"已指定「{row.substitute.name}」代办，已通知对方。", "success")
    return redirect(url_for("substitutes.own"), 303)


@blueprint.get("/mine/substitutes/<int:number>")
@needs("substitutes.name")
def show(number: int) -> ResponseReturnValue:
    """What was done in somebody's place."""
    row = queries.get_substitution(number, by=current_user)
    done = queries.done_in(row)
    return render_template("substitutes/show.html", row=row, done=done)


@blueprint.post("/mine/substitutes/<int:number>/end")
@needs("substitutes.end")
def end(number: int) -> ResponseReturnValue:
    """End it before its last day."""
    row = queries.get_substitution(number, by=current_user)
    deeds.end_substitution(row, by=current_user)
    flash("代办已结束，期间办了什么已通知本人。", "success")
    return redirect(url_for("substitutes.own"), 303)


def _seat_of(code: str) -> HeldSeat:
    """The seat that the address names, if this reader may name somebody for it. Raises NotFound."""
    # Looked for among those of this reader: a code that is made up finds nothing.
    for seat in queries.nameable_seats(current_user):
        if seat.code == code:
            return seat
    raise NotFound("没有找到这个岗位。", "请从「代办」页面进入。")


def _form_page(
    seat: HeldSeat,
    form: SubstituteForm,
    status: int = 200,
    *,
    error: MarketError | None = None,
) -> ResponseReturnValue:
    persistence.stop_writing()
    label = seat_label(seat, current_user.id)
    page = render_template(
        "substitutes/name.html",
        seat=seat,
        label=label,
        form=form,
        error=error,
        has_colleagues=len(form.substitute.choices) > 1,
    )
    return page, status
