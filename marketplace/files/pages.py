"""Pages of files: those of one's own listing, sending one, asking to see one, the buttons of desks and operators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import (
    Blueprint,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import persistence
from marketplace.audit.looks import was_recorded
from marketplace.door import OPEN_PAGE, current_reader, needs
from marketplace.errors import Busy, Invalid, NotFound
from marketplace.files import (
    access_deeds,
    deeds,
    disclosure,
    queries,
    review_deeds,
    review_queue,
    storage,
)
from marketplace.files.forms import AccessForm, AnswerForm, ReturnForm, UploadForm
from marketplace.files.models import Attachment, FileAccess
from marketplace.files.recognising import ALLOWED, refused
from marketplace.files.sending import NOTHING, open_stored, send_content
from marketplace.listings.models import Row
from marketplace.listings.queries import get_visible
from marketplace.permissions import may, require
from marketplace.wording import in_quotes

blueprint = Blueprint("files", __name__)
KIND = "<any(achievement, demand):kind>"
FILE = "<int:attachment_id>"
ACCESS = "<int:access_id>"


# -- one's own ---------------------------------------------------------------------------------------------------------


@blueprint.get(f"/mine/{KIND}/<int:listing_id>/files")
@needs("files.write", of_thing=True)
def own(kind: str, listing_id: int) -> ResponseReturnValue:
    """The files of one's own listing, who wants to see them, and who has."""
    return _own_page(_own_row(kind, listing_id), UploadForm(formdata=None))


@blueprint.post(f"/mine/{KIND}/<int:listing_id>/files")
@needs("files.write", of_thing=True, writes=False, takes_files=True)
def upload(kind: str, listing_id: int) -> ResponseReturnValue:
    """Attach a file."""
    row = _own_row(kind, listing_id)
    form = UploadForm()
    sent = request.files.get("file")
    try:
        if sent is None or not sent.filename:
            raise refused("没有选文件。", ALLOWED)
        row.life.permits(row, "attach", current_user)
        with storage.incoming_file() as (file, path):
            # Some seconds for a large one with a scanner, in which others save.
            taken = deeds.look_at(sent.stream, sent.filename, file, path)
            persistence.turn_writer()
            made = deeds.attach_file(
                row,
                taken,
                use=str(form.use.data),
                visibility=str(form.visibility.data),
                by=current_user,
            )
    except Invalid as error:
        form.blame(error.problems)
        return _own_page(_own_row(kind, listing_id), form, 422, error)
    flash(_uploaded_words(made, renamed=taken.renamed), "success")
    return _to_own(row)


@blueprint.post(f"/mine/files/{FILE}/remove")
@needs("files.write", of_thing=True)
def remove(attachment_id: int) -> ResponseReturnValue:
    """Remove a file for good."""
    attachment = queries.get_own(attachment_id, by=current_user)
    row, name = attachment.listing, attachment.name
    deeds.remove_attachment(attachment, by=current_user, seen=_seen())
    flash(f"已删除附件「{name}」。", "success")
    return _to_own(row)


@blueprint.post(f"/mine/files/{FILE}/visibility")
@needs("files.write", of_thing=True)
def visibility(attachment_id: int) -> ResponseReturnValue:
    """Open a file to everybody, or to those whom one lets."""
    attachment = queries.get_own(attachment_id, by=current_user)
    wanted = request.form.get("visibility", "")
    deeds.change_visibility(attachment, wanted, by=current_user, seen=_seen())
    text = f"附件{in_quotes(attachment.name)}已改为{attachment.visibility_name}。"
    if review_queue.waits_at_desk(attachment):
        text += "本单位审核、再由平台审核以后别人才看得到。"
    elif attachment.approved_at is None and wanted == "public":
        text += "平台审核以后别人才看得到。"
    flash(text, "success")
    return _to_own(attachment.listing)


@blueprint.post(f"/mine/file-requests/{ACCESS}/grant")
@needs("files.grant", of_thing=True)
def grant(access_id: int) -> ResponseReturnValue:
    """Let somebody see a file until a day."""
    access = queries.get_access(access_id, by=current_user, deed="files.grant")
    form = AnswerForm(prefix=f"a{access_id}-")
    try:
        access_deeds.grant_access(
            access,
            until=form.last_day,
            answer=form.answer.data or "",
            by=current_user,
        )
    except Invalid as error:
        return _answered_wrong(access_id, form, error)
    flash("已同意，对方收到通知。", "success")
    return _to_own(access.attachment.listing)


@blueprint.post(f"/mine/file-requests/{ACCESS}/decline")
@needs("files.grant", of_thing=True)
def decline(access_id: int) -> ResponseReturnValue:
    """Refuse to let somebody see a file, with the reason."""
    access = queries.get_access(access_id, by=current_user, deed="files.grant")
    form = AnswerForm(prefix=f"a{access_id}-")
    try:
        access_deeds.decline_access(
            access, reason=form.answer.data or "", by=current_user
        )
    except Invalid as error:
        return _answered_wrong(access_id, form, error)
    flash("已谢绝，原因已转告对方。", "success")
    return _to_own(access.attachment.listing)


@blueprint.post(f"/mine/file-requests/{ACCESS}/revoke")
@needs("files.grant", of_thing=True)
def revoke(access_id: int) -> ResponseReturnValue:
    """Let somebody see a file no longer."""
    access = queries.get_access(access_id, by=current_user, deed="files.grant")
    access_deeds.revoke_access(access, by=current_user)
    flash("已收回，对方不能再打开，已通知对方。", "success")
    return _to_own(access.attachment.listing)


# -- others ------------------------------------------------------------------------------------------------------------


@blueprint.get(f"/files/{FILE}")
@needs("files.read", stored=OPEN_PAGE, contained=NOTHING)
def content(attachment_id: int) -> ResponseReturnValue:
    """The content of a file, whole or in ranges; who of others has it sent is recorded first."""
    reader = current_reader()
    attachment, sight = queries.get_readable(attachment_id, by=reader)
    stored = attachment.file
    if stored is None:
        raise NotFound(*queries.NO_FILE)
    file, size = open_stored(
        stored, "可以请上传的人再传一次。", attachment=attachment.id
    )
    # Of their own people no look is recorded: they work with these files.
    outside = not (sight.inside or sight.member)
    # Every part of one that is read in ranges, for who begins at the second byte has nearly all of it. What is not
    # recorded is not handed out.
    if (
        outside
        # HEAD sends no content, so nobody has had it.
        and request.method == "GET"
        and not was_recorded("files.read", kind="attachment", thing=attachment.id)
    ):
        # Opened already, and nobody will read it now.
        file.close()
        raise Busy("现在记不下这次下载，没有发出文件。", "请过几秒再试。")
    kind = attachment.file_type
    return send_content(
        file,
        size,
        stored,
        name=disclosure.shown_name(attachment, sight),
        as_attachment=not (kind.is_picture and "view" in request.args),
    )


@blueprint.route(f"/files/{FILE}/request", methods=["GET", "POST"])
@needs("files.request")
def ask(attachment_id: int) -> ResponseReturnValue:
    """Ask to see a file."""
    attachment, sight = queries.get_attachment(attachment_id, by=current_user)
    acting = disclosure.acting_ids(current_user)
    own = [one for one in current_user.organisations if one.id in acting]
    form = AccessForm(organisations=own)
    status = 200
    if form.is_submitted():
        try:
            access_deeds.request_access(
                attachment,
                reason=form.reason.data or "",
                organisation_id=form.organisation_id,
                by=current_user,
            )
        except Invalid as error:
            form.blame(error.problems, "reason")
            status = 422
        else:
            flash("已申请，持有方答复后通知您。", "success")
            return _to_listing(attachment)
    persistence.stop_writing()
    name = disclosure.shown_name(attachment, sight)
    row = attachment.listing
    page = render_template(
        "files/ask.html", row=row, name=name, one=attachment, form=form
    )
    return page, status


@blueprint.post(f"/mine/file-requests/{ACCESS}/withdraw")
@needs("files.withdraw", of_thing=True)
def withdraw(access_id: int) -> ResponseReturnValue:
    """Take a request back."""
    access = queries.get_access(access_id, by=current_user, deed="files.withdraw")
    access_deeds.withdraw_access(access, by=current_user)
    flash("已撤回申请。", "success")
    return _to_listing(access.attachment)


# -- the operators -----------------------------------------------------------------------------------------------------


@blueprint.post(f"/office/files/{FILE}/approve")
@needs("files.review", of_thing=True)
def approve(attachment_id: int) -> ResponseReturnValue:
    """Let others see a file of a listing that is public already."""
    attachment = queries.get_own(attachment_id, by=current_user, deed="files.review")
    review_deeds.approve_attachment(attachment, by=current_user, seen=_seen())
    flash(f"附件{in_quotes(attachment.name)}已通过。", "success")
    return _to_queue()


@blueprint.post(f"/office/files/{FILE}/return")
@needs("files.review", of_thing=True)
def send_back(attachment_id: int) -> ResponseReturnValue:
    """Approve a file not, with the reason."""
    attachment = queries.get_own(attachment_id, by=current_user, deed="files.review")
    answer = _return(attachment, review_deeds.return_attachment, "files.send_back")
    return answer or _to_queue()


# -- the desk of an institution ----------------------------------------------------------------------------------------


@blueprint.post(f"/mine/files/{FILE}/endorse")
@needs("files.endorse", of_thing=True)
def endorse(attachment_id: int) -> ResponseReturnValue:
    """Let a file go on from its institution to the operators."""
    attachment = queries.get_own(attachment_id, by=current_user, deed="files.endorse")
    review_deeds.endorse_attachment(attachment, by=current_user, seen=_seen())
    flash(f"附件{in_quotes(attachment.name)}已通过，送平台审核。", "success")
    return _to_own(attachment.listing)


@blueprint.post(f"/mine/files/{FILE}/return")
@needs("files.desk_review", of_thing=True)
def desk_return(attachment_id: int) -> ResponseReturnValue:
    """Return a file at the desk, with the reason."""
    attachment = queries.get_own(
        attachment_id, by=current_user, deed="files.desk_review"
    )
    answer = _return(
        attachment, review_deeds.desk_return_attachment, "files.desk_return"
    )
    return answer or _to_own(attachment.listing)


# -- what they share ---------------------------------------------------------------------------------------------------


def _return(
    attachment: Attachment, deed: Callable[..., None], view: str
) -> ResponseReturnValue | None:
    """Return a file; None where it is done, else the page that says what is wrong, with what was typed."""
    form = ReturnForm(prefix=f"f{attachment.id}-")
    try:
        deed(attachment, reason=form.reason.data or "", by=current_user, seen=_seen())
    except Invalid as error:
        form.blame(error.problems)
        persistence.stop_writing()
        page = render_template(
            "files/returning.html", one=attachment, form=form, view=view
        )
        return page, 422
    flash(f"附件{in_quotes(attachment.name)}已退回，原因已转告。", "success")
    return None


def _own_row(kind: str, listing_id: int) -> Row:
    row = get_visible(kind, listing_id, by=current_user)
    require(current_user, "files.write", row)
    return row


def _own_page(
    row: Row,
    form: UploadForm,
    status: int = 200,
    error: Invalid | None = None,
    answered: tuple[int, AnswerForm] | None = None,
) -> ResponseReturnValue:
    persistence.stop_writing()
    requests: list[tuple[FileAccess, AnswerForm | None]] = []
    grants = may(current_user, "files.grant", row)
    for access in queries.requests_for(row):
        answering = None
        if grants and access.state == "requested":
            answering = AnswerForm.empty(access.id)
        if answered is not None and answered[0] == access.id:
            answering = answered[1]
        requests.append((access, answering))
    page = render_template(
        "files/own.html",
        row=row,
        form=form,
        error=error,
        answered=answered,
        files=_lines(row),
        requests=requests,
        grants=grants,
        looks=queries.looks_at(row),
        takes=row.life.can(row.state, "attach"),
        gives=row.life.can(row.state, "detach"),
        most=current_app.config["FILES_PER_LISTING"],
        largest=deeds.size_words(current_app.config["FILE_BYTES"]),
        allowed=ALLOWED,
        is_public=row.state in queries.PUBLIC_STATES,
    )
    return page, status


def _lines(row: Row) -> list[tuple[Attachment, bool, ReturnForm | None]]:
    """The files of a listing: whether one waits at the desk, and the form by which this reader would return it."""
    decides = may(current_user, "files.desk_review", row)
    lines: list[tuple[Attachment, bool, ReturnForm | None]] = []
    for one in queries.attachments_of(row):
        waits = review_queue.waits_at_desk(one)
        form = None
        if waits and decides:
            form = ReturnForm(formdata=None, prefix=f"f{one.id}-")
        lines.append((one, waits, form))
    return lines


def _answered_wrong(
    access_id: int, form: AnswerForm, error: Invalid
) -> ResponseReturnValue:
    form.blame(error.problems, "answer")
    # Ends the transaction: what the refused deed has set is gone with it.
    persistence.turn_writer()
    access = queries.get_access(access_id, by=current_user, deed="files.grant")
    row = access.attachment.listing
    return _own_page(row, UploadForm(formdata=None), 422, answered=(access_id, form))


def _uploaded_words(made: Attachment, *, renamed: bool) -> str:
    words = f"已上传附件「{made.name}」。"
    if renamed:
        words += f"内容是 {made.file_type.name}，文件名的扩展名已改。"
    if made.file_type.is_picture:
        words += "图片里的拍摄地点、时间和设备已去掉。"
    if made.is_held:
        words += "查毒程序现在没有应答，查完以前别人打不开，查完会通知您。"
    elif review_queue.waits_at_desk(made):
        words += "本单位审核、再由平台审核以后别人才看得到。"
    elif made.listing.state in queries.PUBLIC_STATES:
        words += "平台审核以后别人才看得到。"
    return words


def _seen() -> int:
    return request.form.get("seen", -1, type=persistence.row_number)


def _to_own(row: Any) -> ResponseReturnValue:
    return redirect(url_for("files.own", kind=row.kind, listing_id=row.id), 303)


def _to_listing(attachment: Attachment) -> ResponseReturnValue:
    page = url_for(
        f"listings.{attachment.listing_kind}", listing_id=attachment.listing_id
    )
    return redirect(page, 303)


def _to_queue() -> ResponseReturnValue:
    return redirect(url_for("office.queue", tray="files"), 303)
