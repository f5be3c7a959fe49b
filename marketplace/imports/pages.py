"""Pages of imports: upload, preview, one row, the file of faults, and the buttons of the whole."""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    Response,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import persistence
from marketplace.door import needs
from marketplace.downloads import as_download
from marketplace.errors import Invalid, NotNow
from marketplace.exchange import exporting
from marketplace.exchange.source_columns import SOURCES
from marketplace.exchange.taking import LISTED, THEIRS
from marketplace.imports import deeds, faults, queries, staging
from marketplace.imports.forms import (
    RowForm,
    UploadForm,
    labelled_cells,
    row_boxes,
    typed_cells,
)
from marketplace.imports.life import DONE, FORESEEN, ROW_STATES, counted_rows
from marketplace.imports.models import ListImport, StagedRow
from marketplace.imports.staging import ReadFile
from marketplace.lifecycle import last_event, next_deeds
from marketplace.listings.models import KIND_NAMES
from marketplace.organisations.models import Organisation
from marketplace.permissions import may

blueprint = Blueprint("imports", __name__, url_prefix="/mine/imports")
IMPORT = "<int:import_id>"
ROW = f"{IMPORT}/rows/<int:number>"
STILL_OPEN = "还要办什么，写在下面。"
REFRESH_SECONDS = 5  # of a page on which somebody waits


@blueprint.get("")
@needs("imports.begin")
def own() -> ResponseReturnValue:
    """Upload a list; one's imports so far."""
    return _own_page(_upload_form())


@blueprint.post("")
@needs("imports.begin", of_thing=True, writes=False, takes_files=True)
def upload() -> ResponseReturnValue:
    """Read a list and store its rows, to be looked at."""
    form = _upload_form()
    kind = str(form.kind.data)
    source = str(form.source.data)
    try:
        if kind not in KIND_NAMES or source not in SOURCES:
            raise Invalid("没有选清单的类别或格式。", "请选一种。")
        organisation = None
        if form.organisation_id is not None:
            organisation = queries.find_organisation(form.organisation_id)
            if organisation is None:
                raise Invalid("没有选单位。", "请在列表里选一个。")
        # Before the file is read, which takes seconds: it would be for nothing.
        deeds.check_may_upload(organisation, kind, source, by=current_user)
        read = _read_file(kind, source, organisation)
        row = deeds.stage_upload(
            read,
            source=source,
            organisation=organisation,
            publish=form.publishes,
            by=current_user,
        )
    except Invalid as error:
        return _own_page(form, error, 422)
    return redirect(url_for("imports.preview", import_id=row.id), 303)


@blueprint.get("/template/<any(achievement, demand):kind>.xlsx")
@needs("imports.begin")
def template(kind: str) -> ResponseReturnValue:
    """The blank form of a kind of list."""
    return as_download(exporting.blank_form(kind), f"{kind}-template.xlsx")


@blueprint.get(f"/{IMPORT}")
@needs("imports.read", of_thing=True)
def preview(import_id: int) -> ResponseReturnValue:
    """The rows of an import, what is wrong with them, and what may be done."""
    row = queries.get_import(import_id, by=current_user)
    return _preview_page(row)


@blueprint.get(f"/{IMPORT}/faults.xlsx")
@needs("imports.write", of_thing=True)
def fault_file(import_id: int) -> ResponseReturnValue:
    """The rows that need somebody, to be corrected in a spreadsheet program."""
    row = _import_to_change(import_id)
    return as_download(faults.fault_file_of(row), f"import-{row.id}-faults.xlsx")


@blueprint.post(f"/{IMPORT}/corrections")
@needs("imports.write", of_thing=True, writes=False, takes_files=True)
def corrections(import_id: int) -> ResponseReturnValue:
    """Take the corrected file of faults."""
    row = _import_to_change(import_id)
    try:
        read = _read_file(row.listing_kind, row.source, row.organisation)
        replaced, added = deeds.add_corrections(row, read, by=current_user)
    except Invalid as error:
        return _preview_page(row, error, 422)
    flash(f"已用文件里的内容替换 {replaced} 行，另外增加 {added} 行。", "success")
    return _to_preview(import_id)


@blueprint.get(f"/{ROW}")
@needs("imports.read", of_thing=True)
def one_row(import_id: int, number: int) -> ResponseReturnValue:
    """One row: its cells, what is wrong with them, and both sides of its conflicts."""
    row = queries.get_import(import_id, by=current_user)
    return _row_page(row, queries.get_row(row, number))


@blueprint.post(f"/{ROW}")
@needs("imports.write", of_thing=True)
def correct(import_id: int, number: int) -> ResponseReturnValue:
    """Correct the cells of a row."""
    row = _import_to_change(import_id)
    staged = queries.get_row(row, number)
    typed = typed_cells(request.form)
    try:
        deeds.correct_row(
            row,
            staged,
            typed,
            author=request.form.get("author", ""),
            seen=RowForm().seen_revision,
            by=current_user,
        )
    except Invalid as error:
        return _row_page(row, staged, error, 422, typed)
    return _after_row(row, staged, "已保存")


@blueprint.post(f"/{ROW}/choose")
@needs("imports.write", of_thing=True)
def choose(import_id: int, number: int) -> ResponseReturnValue:
    """Decide whose values count."""
    row = _import_to_change(import_id)
    staged = queries.get_row(row, number)
    chosen = {}
    # Named after what is in conflict now, and not by the order on the page.
    for conflict in staged.conflicts:
        chosen[conflict["name"]] = request.form.get(f"choice-{conflict['name']}", "")
    try:
        deeds.choose_values(
            row, staged, chosen, seen=RowForm().seen_revision, by=current_user
        )
    except Invalid as error:
        return _row_page(row, staged, error, 422)
    return _after_row(row, staged, "已选好")


@blueprint.post(f"/{ROW}/leave-out")
@needs("imports.write", of_thing=True)
def leave_out(import_id: int, number: int) -> ResponseReturnValue:
    """Leave a row out, or take it in again."""
    row = _import_to_change(import_id)
    staged = queries.get_row(row, number)
    deeds.leave_out(row, staged, seen=RowForm().seen_revision, by=current_user)
    flash(f"第 {number} 行现在是「{staged.state_name}」。", "success")
    return _to_preview(import_id)


@blueprint.post(f"/{IMPORT}/choose-all")
@needs("imports.write", of_thing=True)
def choose_all(import_id: int) -> ResponseReturnValue:
    """Decide the same of every conflict."""
    row = _import_to_change(import_id)
    which = request.form.get("which", "")
    if which not in (THEIRS, LISTED):
        raise Invalid("没有选要保留哪一边。", "请按页面上的按钮。")
    count = deeds.choose_for_all(row, which, by=current_user)
    words = "平台上的内容" if which == THEIRS else "清单里的内容"
    flash(f"{count} 行都用{words}。", "success")
    return _to_preview(import_id)


@blueprint.post(f"/{IMPORT}/commit")
@needs("imports.write", of_thing=True)
def commit(import_id: int) -> ResponseReturnValue:
    """Write what can be written."""
    row = _import_to_change(import_id)
    try:
        is_done = deeds.commit_import(row, by=current_user)
    except Invalid as error:
        return _preview_page(row, error, 422)
    if is_done:
        flash("已写入，下面是每一行的结果。", "success")
    return _to_preview(import_id)


@blueprint.post(f"/{IMPORT}/take-back")
@needs("imports.write", of_thing=True)
def take_back(import_id: int) -> ResponseReturnValue:
    """Take the whole import back."""
    row = _import_to_change(import_id)
    try:
        is_done = deeds.take_back(row, by=current_user)
    except NotNow as refused:
        # Not an error page: the rows below say what was done with which.
        flash(f"{refused.message}{refused.advice}", "error")
        return redirect(
            url_for("imports.preview", import_id=import_id, state="stuck"), 303
        )
    if is_done:
        flash("整次导入已撤回。", "success")
    return _to_preview(import_id)


@blueprint.post(f"/{IMPORT}/discard")
@needs("imports.write", of_thing=True)
def discard(import_id: int) -> ResponseReturnValue:
    """Throw away what was uploaded."""
    row = _import_to_change(import_id)
    deeds.discard_import(row, by=current_user)
    flash("已放弃这次导入，没有写入任何内容。", "success")
    return redirect(url_for("imports.own"), 303)


def _import_to_change(import_id: int) -> ListImport:
    return queries.get_import(import_id, by=current_user, deed="imports.write")


def _read_file(kind: str, source: str, owner: Organisation | None) -> ReadFile:
    """Read the file that was sent; what follows writes. Raises Invalid."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Invalid("没有选文件。", "请选一份 .xlsx、.csv 或 .tsv 文件。")
    # Some seconds for a long list, in which others save.
    read = staging.read_upload(file.stream, file.filename, kind, source, owner)
    # The reading began as a reader, so that nobody who saves waited for it.
    persistence.turn_writer()
    return read


def _upload_form() -> UploadForm:
    is_operator = may(current_user, "imports.read_all")
    organisations = queries.uploading_organisations(current_user)
    # An operator's organisations are all of them; who is of one only sees their own.
    if is_operator:
        organisations = queries.standing_organisations()
    return UploadForm(organisations=organisations, for_several=is_operator)


def _own_page(
    form: UploadForm, error: Invalid | None = None, status: int = 200
) -> ResponseReturnValue:
    persistence.stop_writing()
    page = max(1, request.args.get("page", 1, type=persistence.row_number))
    rows, pages = queries.imports_of(current_user, page)
    text = render_template(
        "imports/own.html",
        form=form,
        error=error,
        rows=rows,
        page=pages.clamp(page),
        pages=pages.pages,
        max_rows=staging.MAX_ROWS,
        max_megabytes=staging.MAX_BYTES // 2**20,
        kinds=KIND_NAMES,
    )
    return text, status


def _preview_page(
    row: ListImport, error: Invalid | None = None, status: int = 200
) -> ResponseReturnValue:
    persistence.stop_writing()
    state = request.args.get("state", "")
    page = max(1, request.args.get("page", 1, type=persistence.row_number))
    counts = queries.state_counts(row)
    text = render_template(
        "imports/preview.html",
        row=row,
        error=error,
        counts=counts,
        summary=counted_rows(counts, FORESEEN if row.state == "checked" else DONE),
        listed=queries.rows_page(row, state, page),
        state=state,
        states=ROW_STATES,
        possible=next_deeds(row, current_user),
        stopped=_why_stopped(row),
        sides=(THEIRS, LISTED),
    )
    response = Response(text, status, mimetype="text/html")
    if row.state in ("writing", "undoing"):
        # By a header and not by the page: it works without scripts, and no reader of the screen is thrown back by it
        # on any page but this one.
        response.headers["Refresh"] = str(REFRESH_SECONDS)
    return response


def _why_stopped(row: ListImport) -> str:
    """Why writing ended before its end; empty where it did not."""
    last = last_event(row, "finish", "stop")
    if row.state != "done" or last is None or last.deed != "stop":
        return ""
    return last.note


def _row_page(
    row: ListImport,
    staged: StagedRow,
    error: Invalid | None = None,
    status: int = 200,
    typed: Any = None,
) -> ResponseReturnValue:
    persistence.stop_writing()
    form = RowForm(formdata=None)
    form.seen.data = staged.revision
    # What was written is corrected in the listing itself.
    is_corrected = "correct" in next_deeds(row, current_user) and not staged.deed
    text = render_template(
        "imports/row.html",
        row=row,
        staged=staged,
        form=form,
        error=error,
        boxes=row_boxes(row, staged, typed) if is_corrected else (),
        cells=labelled_cells(row, staged),
        is_corrected=is_corrected,
        # Of a row that was refused, what was typed.
        author=request.form.get("author", staged.author),
        sides=((THEIRS, "平台上的"), (LISTED, "清单里的")),
    )
    return text, status


def _after_row(row: ListImport, staged: StagedRow, what: str) -> ResponseReturnValue:
    needs_more = staged.state in ("faulty", "conflict")
    message = f"第 {staged.number} 行{what}，现在是「{staged.state_name}」。"
    flash(message + (STILL_OPEN if needs_more else ""), "success")
    if needs_more:
        # Stays on the row while it still needs somebody.
        page = url_for("imports.one_row", import_id=row.id, number=staged.number)
        return redirect(page, 303)
    return _to_preview(row.id)


def _to_preview(import_id: int) -> ResponseReturnValue:
    return redirect(url_for("imports.preview", import_id=import_id), 303)
