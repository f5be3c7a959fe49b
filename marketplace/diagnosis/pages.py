"""Pages of diagnoses: beginning one, the case as both sides see it, rewriting, splitting. Deeds are in `deeds.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import persistence
from marketplace.accounts.queries import people_by_id
from marketplace.diagnosis import answers, deeds, queries
from marketplace.diagnosis.forms import (
    CaseForm,
    ReasonForm,
    read_answers,
    read_parts,
)
from marketplace.diagnosis.models import DiagnosisCase
from marketplace.door import needs
from marketplace.errors import Invalid, MarketError, NotNow, Stale
from marketplace.lifecycle import acting_for, history_of
from marketplace.listings.forms import FORMS
from marketplace.listings.models import Demand
from marketplace.listings.queries import get_visible
from marketplace.listings.snapshots import proposed_row
from marketplace.permissions import may, require

blueprint = Blueprint("diagnosis", __name__)
CASE = "/mine/diagnosis/<int:number>"


@blueprint.route("/mine/demand/<int:demand_id>/diagnosis", methods=["GET", "POST"])
@needs("diagnosis.request", of_thing=True)
def ask(demand_id: int) -> ResponseReturnValue:
    """A firm asks for a diagnosis of its demand."""
    row: Any = get_visible("demand", demand_id, by=current_user)
    require(current_user, "diagnosis.request", row)
    return _begin(row, deeds.request_diagnosis, "diagnosis.ask", "请诊断")


@blueprint.route("/mine/demand/<int:demand_id>/diagnosis/take", methods=["GET", "POST"])
@needs("diagnosis.take", of_thing=True)
def take(demand_id: int) -> ResponseReturnValue:
    """An operator or the broker of a demand takes it for diagnosis."""
    row = queries.get_takeable(demand_id, by=current_user)
    return _begin(row, deeds.take_demand, "diagnosis.take", "接手诊断")


def _begin(
    row: Demand, deed: Callable[..., DiagnosisCase], view: str, name: str
) -> ResponseReturnValue:
    form = ReasonForm()
    error: MarketError | None = None
    if form.is_submitted():
        try:
            case = deed(row, reason=form.reason.data or "", by=current_user)
        except Invalid as wrong:
            form.blame(wrong.problems, "reason")
        except NotNow as refused:
            error = refused
        else:
            flash(
                "已开始诊断。" if case.taken_by_id else "已申请，接手后通知您。",
                "success",
            )
            return _to_case(case)
    persistence.stop_writing()
    page = render_template(
        "diagnosis/begin.html",
        row=row,
        form=form,
        name=name,
        action=url_for(view, demand_id=row.id),
        case=queries.open_case(row),
        waits=row.state in ("submitted", "in_review"),
        error=error,
    )
    status = 409 if error is not None else 422 if form.errors else 200
    return page, status


@blueprint.get(CASE)
@needs("diagnosis.read", of_thing=True)
def case(number: int) -> ResponseReturnValue:
    """A diagnosis as its firm and who diagnoses it see it."""
    row = queries.get_case(number, by=current_user)
    return _case_page(row, CaseForm(formdata=None))


@blueprint.post(f"{CASE}/inquire")
@needs("diagnosis.work", of_thing=True)
def inquire(number: int) -> ResponseReturnValue:
    """Ask the firm about one field."""

    def act(row: DiagnosisCase, form: CaseForm) -> str:
        words = (form.field.data or "", form.question.data or "")
        deeds.inquire(row, *words, by=current_user, seen=form.seen_revision)
        return "问题已发给企业。"

    return _carry_out(number, "diagnosis.work", act)


@blueprint.post(f"{CASE}/answer")
@needs("diagnosis.answer", of_thing=True)
def answer(number: int) -> ResponseReturnValue:
    """Answer some of the questions."""

    def act(row: DiagnosisCase, form: CaseForm) -> str:
        typed = read_answers(request.form)
        seen = form.seen_revision
        count = answers.answer_questions(row, typed, by=current_user, seen=seen)
        return f"已回答 {count} 个问题。"

    return _carry_out(number, "diagnosis.answer", act)


@blueprint.post(f"{CASE}/confirm")
@needs("diagnosis.answer", of_thing=True)
def confirm(number: int) -> ResponseReturnValue:
    """Take a rewriting over, whole or of some fields, and hand the demand in."""

    def act(row: DiagnosisCase, form: CaseForm) -> str:
        chosen = request.form.getlist("take")
        seen = form.seen_revision
        handed_in = answers.confirm_rewriting(row, chosen, by=current_user, seen=seen)
        if handed_in:
            return "已按确认的改写送审，审核通过后公开。"
        return "改写已写进需求；送审前还有几处要补齐，请打开需求补上再送审。"

    return _carry_out(number, "diagnosis.answer", act)


@blueprint.post(f"{CASE}/confirm-split")
@needs("diagnosis.answer", of_thing=True)
def confirm_split(number: int) -> ResponseReturnValue:
    """Make drafts of the chosen parts."""

    def act(row: DiagnosisCase, form: CaseForm) -> str:
        # A number of five thousand figures is none of a part, and int() refuses it.
        places = set(request.form.getlist("take", type=persistence.row_number))
        seen = form.seen_revision
        drafts = answers.confirm_split(row, places, by=current_user, seen=seen)
        return f"已拆成 {len(drafts)} 条草稿，补齐后分别送审；原来的一条没有动。"

    return _carry_out(number, "diagnosis.answer", act)


@blueprint.post(f"{CASE}/ask-changes")
@needs("diagnosis.answer", of_thing=True)
def ask_changes(number: int) -> ResponseReturnValue:
    """Ask for another wording."""
    return _say(number, "diagnosis.answer", answers.ask_changes, "已请对方再改。")


@blueprint.post(f"{CASE}/decline")
@needs("diagnosis.answer", of_thing=True)
def decline(number: int) -> ResponseReturnValue:
    """Take nothing over."""
    done = "没有采用，需求没有变动。"
    return _say(number, "diagnosis.answer", answers.decline_proposal, done)


@blueprint.post(f"{CASE}/stop")
@needs("diagnosis.work", of_thing=True)
def stop(number: int) -> ResponseReturnValue:
    """End a diagnosis without an exit."""
    return _say(
        number, "diagnosis.work", deeds.stop_diagnosis, "诊断已停止，已告知企业。"
    )


@blueprint.post(f"{CASE}/advise")
@needs("diagnosis.work", of_thing=True)
def advise(number: int) -> ResponseReturnValue:
    """Conclude what a demand is now, with the reason and what its firm may do next."""

    def act(row: DiagnosisCase, form: CaseForm) -> str:
        deeds.advise_firm(
            row,
            conclusion=form.conclusion.data or "",
            advice=form.advice.data or "",
            by=current_user,
            seen=form.seen_revision,
        )
        return f"结论「{row.conclusion_name}」已告知企业。"

    return _carry_out(number, "diagnosis.work", act)


@blueprint.post(f"{CASE}/withdraw")
@needs("diagnosis.answer", of_thing=True)
def withdraw(number: int) -> ResponseReturnValue:
    """Take a request back."""

    def act(row: DiagnosisCase, form: CaseForm) -> str:
        answers.withdraw_request(row, by=current_user, seen=form.seen_revision)
        return "申请已撤回。"

    return _carry_out(number, "diagnosis.answer", act)


@blueprint.route(f"{CASE}/rewrite", methods=["GET", "POST"])
@needs("diagnosis.work", of_thing=True)
def rewrite(number: int) -> ResponseReturnValue:
    """Write another wording, beside the original."""
    row = queries.get_case(number, by=current_user, deed="diagnosis.work")
    # Before the form: nobody should write for an hour what can no longer be proposed.
    row.life.permits(row, "propose", current_user)
    # Who goes on with a proposal begins with it, not with the original.
    form = FORMS["demand"](row=proposed_row(row.demand, row.content))
    if form.is_fresh:
        form.seen.data = str(row.revision)
    if not form.is_submitted():
        return _rewriting_page(row, form)
    if "add" in request.form:
        return _rewriting_page(row, form, focus=form.more(request.form["add"]))
    form.validate()
    # Of a form that shows a part of the fields the others are not looked at.
    if any(name in queries.PROPOSED for name in form.errors):
        return _rewriting_page(row, form, 422)
    try:
        with acting_for(queries.represented_by(row, current_user)):
            deeds.propose_rewriting(
                row, form.values(), by=current_user, seen=form.seen_revision
            )
    except Invalid as error:
        form.blame(error.problems)
        return _rewriting_page(row, form, 422, error=error)
    except Stale as error:
        return _rewriting_page(row, form, 409, error=error)
    flash("改写已提出，等企业确认。", "success")
    return _to_case(row)


@blueprint.route(f"{CASE}/split", methods=["GET", "POST"])
@needs("diagnosis.work", of_thing=True)
def split(number: int) -> ResponseReturnValue:
    """Propose several drafts in the place of one demand."""
    row = queries.get_case(number, by=current_user, deed="diagnosis.work")
    row.life.permits(row, "propose_split", current_user)
    form = CaseForm()
    if not form.is_submitted():
        form.seen.data = str(row.revision)
        return _split_page(row, form, list(row.parts))
    parts = read_parts(request.form)
    try:
        with acting_for(queries.represented_by(row, current_user)):
            deeds.propose_split(row, parts, by=current_user, seen=form.seen_revision)
    except Invalid as error:
        return _split_page(row, form, parts, 422, error=error)
    except Stale as error:
        return _split_page(row, form, parts, 409, error=error)
    flash("拆分已提出，等企业确认。", "success")
    return _to_case(row)


def _say(
    number: int, permission: str, deed: Callable[..., None], done: str
) -> ResponseReturnValue:
    """Carry out a deed that takes a remark."""

    def act(row: DiagnosisCase, form: CaseForm) -> str:
        words = form.remark.data or ""
        deed(row, remark=words, by=current_user, seen=form.seen_revision)
        return done

    return _carry_out(number, permission, act)


def _carry_out(
    number: int, permission: str, act: Callable[[DiagnosisCase, CaseForm], str]
) -> ResponseReturnValue:
    """Do one deed to a case; where it is refused, the page says why and keeps what was typed."""
    row = queries.get_case(number, by=current_user, deed=permission)
    form = CaseForm()
    try:
        with acting_for(queries.represented_by(row, current_user)):
            message = act(row, form)
    except Invalid as error:
        form.conclusion.errors = list(error.problems.get("conclusion", []))
        return _case_page(row, form, 422, error=error)
    # With the page as it is now and what was typed: it need not be written a second time.
    except (Stale, NotNow) as error:
        return _case_page(row, form, 409, error=error)
    flash(message, "success")
    return _to_case(row)


def _case_page(
    row: DiagnosisCase,
    form: CaseForm,
    status: int = 200,
    *,
    error: MarketError | None = None,
) -> ResponseReturnValue:
    persistence.stop_writing()
    # Read again: a refusal has given up what was loaded, and somebody else may be the reason for it.
    row = queries.get_case(row.id, by=current_user)
    form.seen.data = str(row.revision)
    events = history_of(row)
    numbers = {one.by_id for one in events} | {one.for_id for one in events}
    numbers |= {one.by_id for one in row.questions}
    numbers |= {one.answered_by_id for one in row.questions}
    page = render_template(
        "diagnosis/case.html",
        case=row,
        row=row.demand,
        form=form,
        error=error,
        problems=getattr(error, "problems", {}) or {},
        typed=request.form,
        works=may(current_user, "diagnosis.work", row),
        answers=may(current_user, "diagnosis.answer", row),
        wrote=row.proposed_by_id == current_user.id,
        texts=queries.texts_of(row.demand),
        labels=queries.LABELS,
        turn=queries.turn_of(row) if row.is_open else None,
        differences=queries.differences_of(row),
        moved=queries.moved_labels(row),
        events=list(reversed(events)),
        people=people_by_id(numbers),
        stands_for=people_by_id([queries.represented_by(row, current_user)]),
    )
    return page, status


def _rewriting_page(
    row: DiagnosisCase,
    form: Any,
    status: int = 200,
    *,
    focus: str = "",
    error: MarketError | None = None,
) -> ResponseReturnValue:
    persistence.stop_writing()
    form.leave_room()
    page = render_template(
        "diagnosis/rewrite.html",
        case=row,
        row=row.demand,
        form=form,
        names=queries.PROPOSED,
        faults=_shown_faults(form),
        focus=focus,
        error=error,
    )
    return page, status


def _shown_faults(form: Any) -> list[Any]:
    """What is wrong with the questions that are on the page: those of the firm itself were not sent."""
    shown = []
    for fault in form.faults():
        if fault.id.split("-")[0] in queries.PROPOSED:
            shown.append(fault)
    return shown


def _split_page(
    row: DiagnosisCase,
    form: CaseForm,
    parts: list[dict[str, str]],
    status: int = 200,
    *,
    error: MarketError | None = None,
) -> ResponseReturnValue:
    persistence.stop_writing()
    parts = parts + [{}] * (deeds.MAX_PARTS - len(parts))
    page = render_template(
        "diagnosis/split.html",
        case=row,
        row=row.demand,
        form=form,
        parts=parts,
        labels=queries.LABELS,
        problems=getattr(error, "problems", {}) or {},
        error=error,
    )
    return page, status


def _to_case(row: DiagnosisCase) -> ResponseReturnValue:
    return redirect(url_for("diagnosis.case", number=row.id), 303)
