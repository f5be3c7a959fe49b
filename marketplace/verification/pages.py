"""The pages on which an organisation and a broker supply what operators need to verify them, and their files."""

from __future__ import annotations

from contextlib import ExitStack
from itertools import chain

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.datastructures import FileStorage

from marketplace import persistence
from marketplace.clock import today
from marketplace.dictionaries.models import choosable_fields
from marketplace.door import needs
from marketplace.errors import Invalid, Stale
from marketplace.files import storage
from marketplace.files.deeds import Taken, look_at
from marketplace.files.recognising import ALLOWED
from marketplace.files.sending import NOTHING, open_stored, send_content
from marketplace.permissions import may
from marketplace.profiles.queries import own_broker
from marketplace.verification import deeds, queries
from marketplace.verification.forms import AnswerForm, CertificateForm

blueprint = Blueprint("verification", __name__)
BROKER = "/mine/broker"
SHOWN = "/mine/organisations/<int:organisation_id>/verification"


@blueprint.get(SHOWN)
@needs("verification.read", of_thing=True)
def show(organisation_id: int) -> ResponseReturnValue:
    """What operators asked for, what was supplied, and the form to supply more."""
    return _page(organisation_id)


# `writes=False`: looking at files takes seconds, in which others want to save.
@blueprint.post(SHOWN)
@needs("verification.answer", of_thing=True, writes=False, takes_files=True)
def answer(organisation_id: int) -> ResponseReturnValue:
    """Supply something."""
    # Who may not is refused before a file is looked at.
    queries.get_readable(organisation_id, by=current_user)
    form = AnswerForm()
    try:
        _supply(organisation_id, form)
    except Invalid as error:
        form.blame(error.problems, "files")
        form.blame(_lost_files())
        return _page(organisation_id, 422, form)
    # What was typed stays in the form; the reason comes on top.
    except Stale as refusal:
        form.blame(_lost_files())
        return _page(organisation_id, 409, form, refusal)
    flash("已提交，正等平台处理，有结果会通知您。", "success")
    return redirect(url_for("verification.show", organisation_id=organisation_id), 303)


@blueprint.get(BROKER)
@needs("broker.apply")
def certificate() -> ResponseReturnValue:
    """One's own profile as a broker, with the certificate."""
    return _certificate_page(_certificate_form())


@blueprint.post(BROKER)
@needs("broker.apply", writes=False, takes_files=True)
def supply_certificate() -> ResponseReturnValue:
    """Save it, with files of the certificate."""
    form = _certificate_form()
    try:
        # A day that is none would reach the deed as no day at all.
        with form.judged_whole(), ExitStack() as stack:
            taken = _looked_at(stack)
            persistence.turn_writer()
            profile = deeds.supply_certificate(
                form.values,
                # What is refused at its end anyway moves no bytes.
                [] if form.unread else taken,
                reply=form.reply.data or "",
                seen=form.seen_revision,
                by=current_user,
            )
    except Invalid as error:
        form.blame(error.problems, "files")
        form.blame(_lost_files())
        return _certificate_page(form, 422)
    except Stale as refusal:
        form.blame(_lost_files())
        return _certificate_page(form, 409, refusal)
    message = "资料已保存。"
    if profile.state == "waiting":
        message = "资料已保存，证书正在等平台核对。"
    flash(message, "success")
    return redirect(url_for("verification.certificate"), 303)


@blueprint.get("/mine/verification-files/<int:file_id>")
@needs("verification.read", of_thing=True, contained=NOTHING)
def content(file_id: int) -> ResponseReturnValue:
    """The content of a file."""
    row = queries.get_file(file_id, by=current_user)
    stored = row.file
    assert stored is not None  # noqa: S101  else none was found
    file, size = open_stored(stored, "可以请上传的人再补充一次。", thing_file=row.id)
    return send_content(file, size, stored, name=row.name, as_attachment=True)


def _supply(organisation_id: int, form: AnswerForm) -> None:
    """Look at the files that were sent, and store them with the note. Raises Invalid."""
    with ExitStack() as stack:
        taken = _looked_at(stack)
        persistence.turn_writer()
        # Read again: looking at the files took some time.
        row = queries.get_readable(organisation_id, by=current_user)
        deeds.answer_question(
            row, form.note.data or "", taken, by=current_user, seen=form.seen_revision
        )


def _looked_at(stack: ExitStack) -> list[Taken]:
    """The files that were sent. Raises Invalid."""
    taken = []
    for sent in request.files.getlist("files"):
        # Browsers send an empty box as a file without a name.
        if sent.filename:
            taken.append(_look_at(sent, stack))
    return taken


def _lost_files() -> dict[str, list[str]]:
    """No browser fills a box of files again: who mends another box is to know that theirs are not there."""
    if not any(sent.filename for sent in request.files.getlist("files")):
        return {}
    return {"files": ["刚才选的文件没有保存，请全部重新选。"]}


def _look_at(sent: FileStorage, stack: ExitStack) -> Taken:
    """One of several files. Raises Invalid, with its name: the writer is to know which one."""
    name = sent.filename or ""
    file, path = stack.enter_context(storage.incoming_file())
    try:
        return look_at(sent.stream, name, file, path)
    except Invalid as error:
        named = [f"「{name[:40]}」{text}" for text in chain(*error.problems.values())]
        raise Invalid(error.message, problems={"files": named}) from None


def _page(
    organisation_id: int,
    status: int = 200,
    form: AnswerForm | None = None,
    refusal: Stale | None = None,
) -> ResponseReturnValue:
    persistence.stop_writing()
    row = queries.get_readable(organisation_id, by=current_user)
    form = form or AnswerForm()
    if row.state == "suspended":
        form.note.label.text = "事实和理由"
    # Who sends it again after reading the refusal has seen the revision of now.
    if form.is_fresh or refusal is not None:
        form.seen.data = str(row.revision)
    page = render_template(
        "verification/show.html",
        organisation=row,
        form=form,
        turns=queries.turns_of(row),
        error=refusal,
        allowed=ALLOWED,
        answers=row.state in ("unverified", "suspended")
        and may(current_user, "verification.answer", row),
    )
    return page, status


def _certificate_form() -> CertificateForm:
    profile = own_broker(current_user)
    names = choosable_fields(1, profile.field_codes if profile else ())
    form = CertificateForm(names=names)
    if form.is_fresh:
        return CertificateForm.from_profile(profile, names)
    return form


def _certificate_page(
    form: CertificateForm, status: int = 200, refusal: Stale | None = None
) -> ResponseReturnValue:
    persistence.stop_writing()
    profile = own_broker(current_user)
    # Who sends it again after reading the refusal has seen the revision of now.
    if refusal is not None:
        form.seen.data = str(profile.revision if profile else 0)
    page = render_template(
        "verification/certificate.html",
        form=form,
        profile=profile,
        files=queries.certificate_files(current_user.id),
        certified=bool(profile and profile.is_certified(today())),
        is_broker="broker" in current_user.role_names,
        error=refusal,
        allowed=ALLOWED,
    )
    return page, status
