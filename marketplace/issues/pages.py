"""Pages of published lists: the archive, an issue and its files, checking a file, and the proofs of who publishes."""

from __future__ import annotations

from datetime import date, timedelta

from flask import (
    Blueprint,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import persistence
from marketplace.clock import today
from marketplace.door import OPEN_FILE, OPEN_PAGE, needs
from marketplace.downloads import as_download
from marketplace.errors import Invalid, NotAllowed
from marketplace.forms import SeenForm
from marketplace.issues import checking, choosing, deeds, queries
from marketplace.issues.columns import headers_of, labelled, place_of
from marketplace.issues.content import MAX_ROWS, grouped
from marketplace.issues.forms import (
    CheckForm,
    CorrectionForm,
    NewProofForm,
    ProofForm,
)
from marketplace.issues.models import KINDS, Issue, IssueProof
from marketplace.limits import limit_checks
from marketplace.listings.models import KIND_NAMES
from marketplace.organisations.models import Organisation
from marketplace.permissions import may, publishing_ids
from marketplace.wording import in_quotes

blueprint = Blueprint("issues", __name__)
ISSUE = "/lists/<int:issue_id>"
PROOF = "/mine/lists/<int:proof_id>"
FILE_NAMES = {"pdf": "PDF", "xlsx": "Excel", "json": "JSON"}


@blueprint.context_processor
def words() -> dict[str, object]:
    """What the templates of this room say codes with."""
    return {
        "KIND_NAMES": KIND_NAMES,
        "FILE_NAMES": FILE_NAMES,
        "grouped": grouped,
        "labelled": labelled,
    }


# -- for everybody -----------------------------------------------------------------------------------------------------


@blueprint.get("/lists")
@needs("public.read", stored=OPEN_PAGE)
def archive() -> ResponseReturnValue:
    """Every issue, by kind, year and holder."""
    filters = queries.ArchiveFilters.from_address(request.args)
    number = request.args.get("page", 1, type=int)
    columns = []
    for kind in KINDS:
        if filters.kind in ("", kind):
            columns.append(queries.archive_page(filters, kind, number))
    return render_template(
        "issues/archive.html",
        filters=filters,
        columns=columns,
        years=[(year, f"{year} 年") for year in queries.archive_years()],
        holders=queries.archive_holders(),
        asked=number,
    )


@blueprint.get(ISSUE)
@needs("public.read", stored=OPEN_PAGE)
def issue(issue_id: int) -> ResponseReturnValue:
    """One issue: what it is, its hash, its files, and beside each line what became of it."""
    return _issue_page(queries.get_issue(issue_id), CorrectionForm(formdata=None))


@blueprint.get(f"{ISSUE}/<any(pdf, xlsx, json):format>")
@needs("public.read", stored=OPEN_FILE)
def file(issue_id: int, format: str) -> ResponseReturnValue:
    """A file of an issue, the same bytes for everybody and for ever."""
    row = queries.get_issue(issue_id)
    if format == "json":
        content, digest = row.content, row.content_hash
    else:
        stored = queries.get_file(row, format)
        content, digest = stored.content, stored.file_hash
    response = as_download(content, f"list-{row.id}.{format}", title=row.title)
    # The hash is the mark of the bytes, which never change.
    response.set_etag(digest)
    return response.make_conditional(request)


@blueprint.route("/lists/check", methods=["GET", "POST"])
@needs("public.read", writes=False, takes_files=True)
@limit_checks
def check() -> ResponseReturnValue:
    """Whether a file, or a hash, is what was published."""
    form = CheckForm()
    if not form.is_submitted():
        return _check_page(form)
    # What was checked is in the form of the request only; nothing of it is stored.
    uploaded = request.files.get("file")
    try:
        if uploaded is not None and uploaded.filename:
            # One byte more than is taken, so that a larger file is refused and not read to its end.
            raw = uploaded.stream.read(checking.MAX_FILE + 1)
            finding = checking.check_file(raw)
        elif form.digest.data:
            finding = checking.check_hash(form.digest.data)
        else:
            message = "选一个文件，或者填一个指纹。"
            raise Invalid(message, problems={"file": [message]})
    except Invalid as error:
        form.blame(error.problems, "file")
        return _check_page(form, status=422)
    return _check_page(form, finding)


def _check_page(
    form: CheckForm, finding: checking.Finding | None = None, status: int = 200
) -> ResponseReturnValue:
    answer = ""
    if finding is not None:
        answer = checking.verdict_words(finding)
    page = render_template(
        "issues/check.html", form=form, finding=finding, answer=answer
    )
    return page, status


def _issue_page(
    row: Issue, form: CorrectionForm, status: int = 200
) -> ResponseReturnValue:
    content = row.as_read
    number = request.args.get("page", 1, type=int)
    page = render_template(
        "issues/issue.html",
        issue=row,
        content=content,
        page=queries.lines_page(row, content, number),
        headers=headers_of(row.kind),
        field_place=place_of(row.kind, "field_codes"),
        asked=number,
        form=form,
        may_correct=may(current_user, "issue.correct", row),
    )
    return page, status


@blueprint.post(f"{ISSUE}/correct")
@needs("issue.correct", of_thing=True)
def correct(issue_id: int) -> ResponseReturnValue:
    """Say what a published issue says wrongly."""
    row = queries.get_issue(issue_id)
    form = CorrectionForm()
    try:
        deeds.correct_issue(row, form.text.data or "", by=current_user)
    except Invalid as error:
        form.blame(error.problems)
        return _issue_page(row, form, 422)
    flash("勘误已公开，显示在这一期的网页上。", "success")
    return redirect(url_for("issues.issue", issue_id=row.id), 303)


# -- for who publishes -------------------------------------------------------------------------------------------------


@blueprint.get("/mine/lists")
@needs("issue.prepare", of_thing=True)
def proofs() -> ResponseReturnValue:
    """The proofs one may work on."""
    _own_holders()
    return render_template(
        "issues/proofs.html", proofs=queries.open_proofs(current_user)
    )


@blueprint.route("/mine/lists/new", methods=["GET", "POST"])
@needs("issue.prepare", of_thing=True)
def new() -> ResponseReturnValue:
    """Begin a proof."""
    holders = _own_holders()
    form = _new_form(holders)
    if not form.is_submitted():
        return render_template("issues/new.html", form=form)
    if not form.validate():
        return render_template("issues/new.html", form=form), 422
    try:
        holder = _chosen_holder(form.holder.data or "", holders)
        proof = deeds.begin_proof(
            form.kind.data or "", holder, form.values, by=current_user
        )
    except Invalid as error:
        form.blame(error.problems, "kind")
        return render_template("issues/new.html", form=form), 422
    flash("校样已建好，看过名单再发布。", "success")
    return _to_proof(proof)


@blueprint.get(PROOF)
@needs("issue.prepare", of_thing=True)
def proof(proof_id: int) -> ResponseReturnValue:
    """A proof as it would be published now."""
    row = queries.get_proof(proof_id, by=current_user)
    return _proof_page(row, ProofForm.of_proof(row, choosing.narrowing_options()))


@blueprint.post(f"{PROOF}/choose")
@needs("issue.prepare", of_thing=True)
def choose(proof_id: int) -> ResponseReturnValue:
    """Choose by another period or narrowing."""
    row = queries.get_proof(proof_id, by=current_user)
    form = ProofForm(options=choosing.narrowing_options())
    if not form.validate():
        return _proof_page(row, form, 422)
    try:
        deeds.save_proof(row, form.values, seen=form.seen_revision, by=current_user)
    except Invalid as error:
        form.blame(error.problems, "since")
        return _proof_page(row, form, 422)
    flash("已按新的期间和范围选取。", "success")
    return _to_proof(row)


@blueprint.post(f"{PROOF}/arrange")
@needs("issue.prepare", of_thing=True)
def arrange(proof_id: int) -> ResponseReturnValue:
    """Take listings out, put them back, and order them."""
    row = queries.get_proof(proof_id, by=current_user)
    deeds.arrange_proof(
        row,
        # Typed numbers and not dragging: it works without scripts.
        order=_typed_order(),
        left_out=request.form.getlist("out", type=persistence.row_number),
        seen=SeenForm().seen_revision,
        by=current_user,
    )
    flash("顺序和去留已保存。", "success")
    return _to_proof(row)


@blueprint.post(f"{PROOF}/publish")
@needs("issue.publish", of_thing=True)
def publish(proof_id: int) -> ResponseReturnValue:
    """Freeze it with the next number."""
    row = queries.get_proof(proof_id, by=current_user)
    made = deeds.publish_proof(
        row,
        seen=SeenForm().seen_revision,
        fingerprint=request.form.get("fingerprint", ""),
        by=current_user,
    )
    flash(f"{in_quotes(made.title)}已发布。文件一般一分钟内生成。", "success")
    return redirect(url_for("issues.issue", issue_id=made.id), 303)


@blueprint.post(f"{PROOF}/drop")
@needs("issue.prepare", of_thing=True)
def drop(proof_id: int) -> ResponseReturnValue:
    """Publish nothing of it."""
    row = queries.get_proof(proof_id, by=current_user)
    deeds.drop_proof(row, seen=SeenForm().seen_revision, by=current_user)
    flash("校样已作废，没有占用期号。", "success")
    return redirect(url_for("issues.proofs"), 303)


def _proof_page(
    row: IssueProof, form: ProofForm, status: int = 200
) -> ResponseReturnValue:
    # From here on the page only reads, and choosing its lines takes longer than a save.
    persistence.stop_writing()
    choice = choosing.choose_lines(row)
    page = render_template(
        "issues/proof.html",
        proof=row,
        form=form,
        choice=choice,
        headers=headers_of(row.kind),
        field_place=place_of(row.kind, "field_codes"),
        number=queries.next_number(row.kind, row.organisation_id),
        narrowed=choosing.narrowed_words(row),
        limit=MAX_ROWS,
        issue=queries.issue_of(row),
    )
    return page, status


def _typed_order() -> list[int]:
    """The numbers of the listings by the place that somebody typed for each; what is no place stays where it was."""
    rows = request.form.getlist("row", type=persistence.row_number)
    typed = request.form.getlist("place")
    places = []
    for standing, number in enumerate(rows, 1):
        place = float(standing)
        # Of two who want one place the one that stood below comes first: it was moved up.
        text = typed[standing - 1] if standing <= len(typed) else ""
        if text.isascii() and text.isdigit() and len(text) < 6:
            wanted = int(text)
            if wanted < standing:
                # Between two lines: moved up it comes before the one that has the place, moved down behind it.
                place = wanted - 0.5
            elif wanted > standing:
                place = wanted + 0.5
        places.append((place, standing, number))
    return [number for _, _, number in sorted(places)]


def _own_holders() -> list[Organisation]:
    """The organisations for which the reader publishes lists. Raises NotAllowed: none, and no operator."""
    ids = publishing_ids(current_user)
    holders = [one for one in current_user.organisations if one.id in ids]
    if not holders and not may(current_user, "issue.publish_city"):
        raise NotAllowed(
            "您的账号不能发布清单。",
            "清单由平台运营人员，或已核验单位的科研管理部门、管理员发布。",
        )
    return holders


def _new_form(holders: list[Organisation]) -> NewProofForm:
    kind = request.args.get("kind", "")
    if kind not in KINDS:
        kind = KINDS[0]
    return NewProofForm(
        holders=holders,
        is_operator=may(current_user, "issue.publish_city"),
        options=choosing.narrowing_options(),
        data={
            "kind": kind,
            "since": _next_since(kind),
            "until": today(),
        },
    )


def _next_since(kind: str) -> date:
    """Where the period of a new issue begins: after that of the newest one of the reader's, else with the year."""
    holders = sorted(publishing_ids(current_user))
    # For an operator the city's list is meant, whatever organisations they belong to.
    holder = None
    if holders and not may(current_user, "issue.publish_city"):
        holder = holders[0]
    last = queries.latest_until(kind, holder)
    if last is None or last >= today():
        return today().replace(month=1, day=1)
    return last + timedelta(days=1)


def _chosen_holder(typed: str, holders: list[Organisation]) -> Organisation | None:
    # Looked up among the reader's own: a number from the form is no right to publish.
    if typed == queries.CITY and may(current_user, "issue.publish_city"):
        return None
    for organisation in holders:
        if str(organisation.id) == typed:
            return organisation
    message = "您不能为这个单位发布清单，请从列表里选。"
    raise Invalid(message, problems={"holder": [message]})


def _to_proof(row: IssueProof) -> ResponseReturnValue:
    return redirect(url_for("issues.proof", proof_id=row.id), 303)
