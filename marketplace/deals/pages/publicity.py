"""Public pages: what is made public, objecting to it, and what became of an objection."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from marketplace import persistence
from marketplace.clock import today
from marketplace.deals import life, publicity_deeds, queries
from marketplace.deals.child_models import DealPublicity
from marketplace.deals.forms import ObjectionForm, StatusForm
from marketplace.deals.pages.blueprint import blueprint
from marketplace.door import OPEN_PAGE, current_reader, needs
from marketplace.errors import Invalid, NotFound
from marketplace.extensions import limiter
from marketplace.limits import reader_key

# A person objects a few times a day; a program is slowed down. The address stops who throws cookies away.
FILED = "6/hour;20/day"
FILED_OF_ADDRESS = "30/hour;100/day"
# A code has 60 bits: at this pace nobody guesses one.
ASKED = "20/minute;200/day"


@blueprint.get("/publicity")
@needs("public.read", stored=OPEN_PAGE)
def publicities() -> ResponseReturnValue:
    """公示: what runs, then what is over."""
    page = request.args.get("page", 1, type=persistence.row_number) or 1
    rows, arithmetic = queries.public_page(page)
    return render_template(
        "deals/publicities.html",
        rows=[(row, queries.deadline_of(row)) for row in rows],
        today=today(),
        page=arithmetic.clamp(page),
        pages=arithmetic.pages,
    )


@blueprint.get("/publicity/<int:publicity_id>")
@needs("public.read", stored=OPEN_PAGE)
def publicity(publicity_id: int) -> ResponseReturnValue:
    """One publicity with everything that has to be public, and what became of objections."""
    return _page(queries.get_publicity(publicity_id))


@blueprint.route("/publicity/<int:publicity_id>/objection", methods=["GET", "POST"])
@needs("deal.object")
@limiter.limit(FILED_OF_ADDRESS, methods=["POST"])
@limiter.limit(FILED, key_func=reader_key, methods=["POST"])
def object_to(publicity_id: int) -> ResponseReturnValue:
    """提出异议, signed in or not."""
    row = queries.get_publicity(publicity_id)
    form = ObjectionForm()
    if not form.is_submitted():
        form.begin(row.id)
        return _object_page(row, form)
    try:
        objection, code = publicity_deeds.file_objection(
            row,
            nonce=form.nonce.data or "",
            reason=form.reason.data or "",
            text=form.text.data or "",
            evidence=form.evidence.data or "",
            remedy=form.remedy.data or "",
            contact=form.contact.data or "",
            by=current_reader(),
        )
    except Invalid as error:
        form.blame(error.problems, "text")
        return _object_page(row, form, 422)
    # Flashed and not put into the address, which ends up in logs and histories.
    message = (
        f"异议已受理。受理编号 {objection.number}，查询码 {code}，请记下来："
        f"查询码只显示这一次。最晚 {objection.due_on} 24:00（北京时间）答复。"
    )
    flash(message, "success")
    return redirect(url_for("deals.objection_status"), 303)


# By POST although it only reads: a code does not belong in an address.
@blueprint.route("/publicity/objections", methods=["GET", "POST"])
@needs("deal.object", writes=False)
@limiter.limit(ASKED, methods=["POST"])
def objection_status() -> ResponseReturnValue:
    """What became of an objection, for who knows its number and code."""
    form = StatusForm()
    row = None
    answer = 200
    if form.is_submitted():
        try:
            row = queries.objection_by_number(
                form.number.data or "", form.code.data or ""
            )
        except NotFound as error:
            form.blame({"number": [f"{error.message}{error.advice}"]})
            answer = 422
    return render_template("deals/objection.html", form=form, row=row), answer


def _page(row: DealPublicity) -> ResponseReturnValue:
    deadline = queries.deadline_of(row)
    return render_template(
        "deals/publicity.html",
        row=row,
        deadline=deadline,
        days_left=(row.ends_on - today()).days,
        takes_objections=queries.takes_objections(row),
        rule=queries.rule_of(row),
        life=life,
    )


def _object_page(
    row: DealPublicity, form: ObjectionForm, status: int = 200
) -> ResponseReturnValue:
    persistence.stop_writing()
    page = render_template(
        "deals/object.html",
        row=row,
        form=form,
        deadline=queries.deadline_of(row),
        takes_objections=queries.takes_objections(row),
    )
    return page, status
