"""Pages of notes, minutes and files of cases, of files of introductions and of decisions on prices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import persistence
from marketplace.brokerage.models import BrokerageCase
from marketplace.brokerage.queries import represented_by
from marketplace.deals.models import Deal
from marketplace.door import needs
from marketplace.errors import Invalid
from marketplace.files import storage
from marketplace.files.deeds import Taken, look_at
from marketplace.files.recognising import ALLOWED, refused
from marketplace.files.sending import NOTHING, open_stored, send_content
from marketplace.forms import PageForm
from marketplace.introductions.disclosure import answers, asks
from marketplace.introductions.models import Introduction
from marketplace.lifecycle import acting_for
from marketplace.permissions import may
from marketplace.records import deeds, queries
from marketplace.records.forms import CaseFileForm, CaseNoteForm, FileForm

blueprint = Blueprint("records", __name__)
RECORDS = "/mine/brokerage/<int:case_id>/records"
INTRODUCED = "/mine/introductions/<int:introduction_id>/files"
DECISIONS = "/mine/deals/<int:deal_id>/price/files"


@blueprint.get(RECORDS)
@needs("mine.read")
def case(case_id: int) -> ResponseReturnValue:
    """Notes, minutes and files of a case, as a reader may know them."""
    return _case_page(queries.get_readable_case(case_id, by=current_user))


@blueprint.post(f"{RECORDS}/notes")
@needs("brokerage.carry", of_thing=True)
def write(case_id: int) -> ResponseReturnValue:
    """Write a note or minutes."""
    row = queries.get_readable_case(case_id, by=current_user)
    form = CaseNoteForm()
    try:
        # A substitute writes in the broker's place, and the History says in whose.
        with acting_for(represented_by(row, current_user)):
            deeds.write_note(
                row,
                note_kind=form.note_kind.data or "",
                text=form.text.data or "",
                met_on=form.met_on.data,
                attendees=form.attendees.data or "",
                by=current_user,
                seen=form.seen_revision,
            )
    except Invalid as error:
        form.blame(error.problems, "text")
        return _case_page(
            queries.get_readable_case(case_id, by=current_user), 422, noting=form
        )
    flash("已记下。", "success")
    return redirect(url_for("records.case", case_id=case_id), 303)


# `writes=False`: looking at a file takes seconds, in which others want to save.
@blueprint.post(f"{RECORDS}/files")
@needs("brokerage.carry", of_thing=True, writes=False, takes_files=True)
def upload(case_id: int) -> ResponseReturnValue:
    """Add a file to a case."""
    # Whoever may not is refused before the file is looked at.
    queries.get_readable_case(case_id, by=current_user)
    form = CaseFileForm()

    def add(taken: Taken) -> None:
        row = queries.get_readable_case(case_id, by=current_user)
        with acting_for(represented_by(row, current_user)):
            deeds.add_case_file(
                row, taken, shared=bool(form.shared.data), by=current_user
            )

    def again() -> ResponseReturnValue:
        row = queries.get_readable_case(case_id, by=current_user)
        return _case_page(row, 422, adding=form)

    return _receive(form, add, again, "已加文件。", to=_page_of(queries.CASE, case_id))


@blueprint.get(INTRODUCED)
@needs("mine.read")
def introduction(introduction_id: int) -> ResponseReturnValue:
    """The files that the two sides of an introduction have for each other."""
    row = queries.get_introduction(introduction_id, by=current_user)
    return _introduction_page(row)


@blueprint.post(INTRODUCED)
@needs("mine.read", writes=False, takes_files=True)
def hand_over(introduction_id: int) -> ResponseReturnValue:
    """Upload a file for the other side."""
    queries.get_introduction(introduction_id, by=current_user)
    form = FileForm()

    def add(taken: Taken) -> None:
        row = queries.get_introduction(introduction_id, by=current_user)
        deeds.add_introduction_file(row, taken, by=current_user)

    def again() -> ResponseReturnValue:
        row = queries.get_introduction(introduction_id, by=current_user)
        return _introduction_page(row, 422, form)

    address = _page_of(queries.INTRODUCTION, introduction_id)
    return _receive(form, add, again, "已传文件，对方会收到通知。", to=address)


@blueprint.get(DECISIONS)
@needs("record.decision", of_thing=True)
def decision(deal_id: int) -> ResponseReturnValue:
    """The files of the decisions on the price of a deal."""
    return _decision_page(queries.get_deal(deal_id, by=current_user))


@blueprint.post(DECISIONS)
@needs("deal.hold", of_thing=True, writes=False, takes_files=True)
def attach(deal_id: int) -> ResponseReturnValue:
    """Add a file to the decision on a price."""
    queries.get_deal(deal_id, by=current_user)
    form = FileForm()

    def add(taken: Taken) -> None:
        deal = queries.get_deal(deal_id, by=current_user)
        deeds.add_decision_file(deal, taken, by=current_user)

    def again() -> ResponseReturnValue:
        return _decision_page(queries.get_deal(deal_id, by=current_user), 422, form)

    address = url_for("records.decision", deal_id=deal_id)
    return _receive(form, add, again, "已加附件。", to=address)


@blueprint.post("/mine/record-files/<int:file_id>/remove")
@needs("mine.read")
def remove(file_id: int) -> ResponseReturnValue:
    """Remove a file that one has uploaded."""
    row = queries.get_file(file_id, by=current_user)
    back = _page_of(row.thing_kind, row.thing_id)
    deeds.remove_file(row, by=current_user)
    flash("已删除文件。", "success")
    return redirect(back, 303)


@blueprint.get("/mine/record-files/<int:file_id>")
@needs("mine.read", contained=NOTHING)
def content(file_id: int) -> ResponseReturnValue:
    """The content of a file."""
    row = queries.get_file(file_id, by=current_user)
    stored = row.file
    assert stored is not None  # noqa: S101  else none was found
    file, size = open_stored(stored, "可以请上传的人再传一次。", thing_file=row.id)
    return send_content(file, size, stored, name=row.name, as_attachment=True)


def _receive(
    form: PageForm,
    add: Callable[[Taken], None],
    again: Callable[[], ResponseReturnValue],
    message: str,
    *,
    to: str,
) -> ResponseReturnValue:
    """Add the file that was sent, and go on.

    Args:
        form: of the file; what is wrong is put next to its box.
        add: stores the file; reads its row again, since looking at the file took some time.
        again: the page with the form, where the file was refused.
        message: what is said of a file that was added.
        to: the address to go on to then.
    """
    try:
        _take(add)
    except Invalid as error:
        form.blame(error.problems, "file")
        return again()
    flash(message, "success")
    return redirect(to, 303)


def _take(add: Callable[[Taken], None]) -> None:
    """Look at the file that was sent, and add it. Raises Invalid."""
    sent = request.files.get("file")
    # Browsers send an empty box as a file without a name.
    if sent is None or not sent.filename:
        raise refused("没有选文件。", ALLOWED)
    with storage.incoming_file() as (file, path):
        # Some seconds for a large one with a scanner, in which others save.
        taken = look_at(sent.stream, sent.filename, file, path)
        persistence.turn_writer()
        add(taken)


def _page_of(kind: str, number: int) -> str:
    if kind == queries.CASE:
        return url_for("records.case", case_id=number)
    if kind == queries.INTRODUCTION:
        return url_for("records.introduction", introduction_id=number)
    return url_for("deals.own")


def _case_page(
    row: BrokerageCase, status: int = 200, **forms: Any
) -> ResponseReturnValue:
    persistence.stop_writing()
    noting = CaseNoteForm(formdata=None)
    noting.seen.data = str(row.revision)
    given = {"noting": noting, "adding": CaseFileForm(formdata=None)} | forms
    carries = may(current_user, "brokerage.carry", row)
    page = render_template(
        "records/case.html",
        row=row,
        notes=queries.notes_of(row, current_user),
        files=queries.case_files(row, current_user),
        writes=carries
        and row.state != "dispatched"
        and row.life.can(row.state, "record"),
        allowed=ALLOWED,
        **given,
    )
    return page, status


def _introduction_page(
    row: Introduction, status: int = 200, form: FileForm | None = None
) -> ResponseReturnValue:
    persistence.stop_writing()
    page = render_template(
        "records/introduction.html",
        row=row,
        files=queries.introduction_files(row),
        adds=asks(row, current_user) or answers(row, current_user),
        form=form or FileForm(formdata=None),
        allowed=ALLOWED,
    )
    return page, status


def _decision_page(
    deal: Deal, status: int = 200, form: FileForm | None = None
) -> ResponseReturnValue:
    persistence.stop_writing()
    page = render_template(
        "records/decision.html",
        deal=deal,
        decisions=queries.decision_files(deal),
        form=form or FileForm(formdata=None),
        adds=may(current_user, "deal.hold", deal)
        and deal.is_running
        and queries.decision_of(deal) is not None,
        allowed=ALLOWED,
    )
    return page, status
