"""Pages of complaints: reporting, what became of it, the operators' ruling, the answer of whom it concerns."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import persistence
from marketplace.complaints import deeds, queries
from marketplace.complaints.forms import (
    AnswerForm,
    ComplaintForm,
    RulingForm,
    StatusForm,
)
from marketplace.complaints.life import APPEAL_DAYS, RULE_DAYS, RULES
from marketplace.complaints.subjects import Subject, load_subject, subject_at
from marketplace.door import current_reader, needs
from marketplace.errors import Invalid, NotFound
from marketplace.extensions import limiter
from marketplace.lifecycle import history_of, next_deeds
from marketplace.limits import reader_key
from marketplace.listings.review_claims import note_reading, other_readers
from marketplace.profiles.queries import listed_brokers

blueprint = Blueprint("complaints", __name__)
OFFICE = "/office/complaints/<int:complaint_id>"
# A person reports a few things a day; a program is slowed down. The address stops who throws cookies away.
FILED = "6/hour;20/day"
FILED_OF_ADDRESS = "30/hour;100/day"
# A code has 60 bits: at this pace nobody guesses one.
ASKED = "20/minute;200/day"
RULING_DEEDS = ("hold", "uphold", "dismiss", "confirm", "overturn")
BROKERS = "/brokers"


@blueprint.route("/complaints/new", methods=["GET", "POST"])
@needs("complaint.file")
@limiter.limit(FILED_OF_ADDRESS, methods=["POST"])
@limiter.limit(FILED, key_func=reader_key, methods=["POST"])
def new() -> ResponseReturnValue:
    """举报 a public page, signed in or not."""
    subject = subject_at(request.values.get("page", ""))
    form = ComplaintForm()
    # Only the directory names several people at one address.
    form.narrow(subject.kind, listed_brokers() if subject.path == BROKERS else ())
    if not form.is_submitted():
        form.begin(subject.path)
        return _new_page(subject, form)
    try:
        row, code = deeds.file_complaint(
            _chosen(subject, form),
            nonce=form.nonce.data or "",
            reason=form.reason.data or "",
            text=form.text.data or "",
            link=form.link.data or "",
            contact=form.contact.data or "",
            by=current_reader(),
        )
    except Invalid as error:
        form.blame(error.problems, "text")
        return _new_page(subject, form, 422)
    message = f"举报已受理。受理编号 {row.number}，查询码 {code}，请记下来：查询码只显示这一次。"
    message += f"平台裁定的期限：{queries.clock_of(row).deadline}。"
    flash(message, "success")
    # The message is the only place the code is ever read from.
    return redirect(url_for("complaints.status"), 303)


@blueprint.route("/complaints/status", methods=["GET", "POST"])
@needs("complaint.file", writes=False)
@limiter.limit(ASKED, methods=["POST"])
def status() -> ResponseReturnValue:
    """What became of a complaint, for who knows its number and code."""
    form = StatusForm()
    row = None
    answer = 200
    if form.is_submitted():
        try:
            row = queries.by_number(form.number.data or "", form.code.data or "")
        except NotFound as error:
            # At one box, whichever was wrong: the other one must not be confirmed.
            form.blame({"number": [f"{error.message}{error.advice}"]})
            answer = 422
    page = render_template(
        "complaints/status.html",
        form=form,
        row=row,
        events=history_of(row) if row else (),
        clock=queries.clock_of(row) if row else None,
    )
    return page, answer


@blueprint.get(OFFICE)
@needs("complaint.read")
def office(complaint_id: int) -> ResponseReturnValue:
    """One complaint, for the operators; the others learn that somebody has it open."""
    queries.get_complaint(complaint_id, by=current_user)  # noted of what is there
    note_reading("complaint", complaint_id, current_user)
    # Read once more: noting it has given up what was loaded.
    row = queries.get_complaint(complaint_id, by=current_user)
    form = RulingForm(formdata=None)
    form.seen.data = str(row.revision)
    return _office_page(row, form)


@blueprint.post(f"{OFFICE}/<any(hold, uphold, dismiss, confirm, overturn):deed>")
@needs("complaint.rule", of_thing=True)
def rule(complaint_id: int, deed: str) -> ResponseReturnValue:
    """A decision of the operators."""
    row = queries.get_complaint(complaint_id, by=current_user)
    form = RulingForm()
    try:
        decide = getattr(deeds, deed)
        decide(row, seen=form.seen_revision, note=form.note.data or "", by=current_user)
    except Invalid as error:
        form.blame(error.problems, "note")
        return _office_page(row, form, 422)
    flash(f"举报 {row.number}：{row.state_name}。双方已通知。", "success")
    return redirect(url_for("office.queue", tray="complaints"), 303)


@blueprint.route("/mine/complaints/<int:complaint_id>", methods=["GET", "POST"])
@needs("complaint.answer", of_thing=True)
def answer(complaint_id: int) -> ResponseReturnValue:
    """What was reported of one's own, why it was hidden, and one answer."""
    row = queries.get_concerning(complaint_id, by=current_user)
    form = AnswerForm()
    if form.is_fresh:
        form.seen.data = str(row.revision)
    if not form.is_submitted():
        return _answer_page(row, form)
    try:
        text = form.text.data or ""
        deeds.appeal(row, seen=form.seen_revision, text=text, by=current_user)
    except Invalid as error:
        form.blame(error.problems, "text")
        return _answer_page(row, form, 422)
    flash("说明已提交，平台核查后通知您结果。", "success")
    return redirect(url_for("complaints.answer", complaint_id=row.id), 303)


def _chosen(subject: Subject, form: ComplaintForm) -> Subject:
    """What the form narrows the page to: a line of a list, or one of the brokers."""
    line = (form.line.data or "").strip() if "line" in form else ""
    broker = form.broker.data if "broker" in form else ""
    if line:
        # isdigit() also takes figures of other scripts, which int() reads, and signs like ² that it does not.
        number = int(line) if line.isascii() and line.isdigit() and len(line) < 6 else 0
        chosen = replace(subject, kind="issue_line", part=number)
    elif broker:
        try:
            number = persistence.row_number(broker)
        except ValueError:
            # No number of ours: refused below with the others that name nobody.
            number = 0
        chosen = replace(subject, kind="broker", number=number)
    else:
        return subject
    try:
        return load_subject(chosen.kind, chosen.number, chosen.part, chosen.path)
    except NotFound as error:
        name = "line" if line else "broker"
        raise Invalid(error.message, problems={name: [error.message]}) from None


def _new_page(
    subject: Subject, form: ComplaintForm, answer: int = 200
) -> ResponseReturnValue:
    persistence.stop_writing()
    values = {"rules": RULES, "rule_days": RULE_DAYS, "appeal_days": APPEAL_DAYS}
    page = render_template("complaints/new.html", subject=subject, form=form, **values)
    return page, answer


def _office_page(row: Any, form: RulingForm, answer: int = 200) -> ResponseReturnValue:
    persistence.stop_writing()
    granted = next_deeds(row, current_user)
    page = render_template(
        "complaints/office.html",
        row=row,
        form=form,
        clock=queries.clock_of(row),
        events=history_of(row),
        others=other_readers(row, current_user),
        deeds=[
            (deed, row.life.deeds[deed]) for deed in RULING_DEEDS if deed in granted
        ],
    )
    return page, answer


def _answer_page(row: Any, form: AnswerForm, answer: int = 200) -> ResponseReturnValue:
    persistence.stop_writing()
    return render_template("complaints/answer.html", row=row, form=form), answer
