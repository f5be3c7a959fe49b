"""Pages of claimants: their claims, beginning one, its papers, handing it in."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import persistence
from marketplace.door import needs
from marketplace.envelopes import assessing, deeds, queries
from marketplace.envelopes.child_models import TrainingCohort
from marketplace.envelopes.forms import ClaimForm, PaperForm
from marketplace.envelopes.life import OPEN_TO_CLAIMANT
from marketplace.envelopes.models import FundClaim
from marketplace.envelopes.pages.blueprint import blueprint
from marketplace.errors import Invalid, NotFound
from marketplace.files import deeds as file_deeds
from marketplace.files import storage
from marketplace.files.sending import NOTHING, send_content
from marketplace.forms import SeenForm
from marketplace.lifecycle import history_of, next_deeds
from marketplace.persistence import row_number
from marketplace.policies.models import PolicyEstimate
from marketplace.policies.queries import get_kept
from marketplace.wording import in_quotes, yuan

CLAIM = "/mine/claims/<int:claim_id>"


@blueprint.get("/mine/claims")
@needs("mine.read")
def own() -> ResponseReturnValue:
    """The claims of one's own side."""
    number = request.args.get("page", 1, type=int)
    rows, arithmetic = queries.own_page(current_user, number)
    return render_template(
        "envelopes/own.html",
        rows=rows,
        page=arithmetic.clamp(number),
        pages=arithmetic.pages,
        cohorts=queries.own_cohorts(current_user),
    )


@blueprint.route("/mine/claims/new", methods=["GET", "POST"])
@needs("mine.read")
def begin() -> ResponseReturnValue:
    """Begin a claim by one clause: from an estimate, from a cohort, or by one's own certificate.

    Without a clause: what can be claimed now.
    """
    code = request.values.get("clause", "")
    if not code and request.method == "GET":
        return render_template("envelopes/choose.html", offers=queries.open_clauses())
    clause = assessing.clause_of(code)
    estimate, cohort = _given_estimate(), _given_cohort()
    form = ClaimForm()
    form.offer(queries.open_envelopes(code), _claimants(estimate, cohort))
    status = 200
    if form.is_submitted():
        try:
            row = _begun(form, code, estimate, cohort)
        except Invalid as error:
            form.blame(error.problems, "envelope")
            status = 422
        else:
            flash("申领已开始。交齐材料以后提交。", "success")
            return redirect(url_for("envelopes.claim", claim_id=row.id), 303)
    persistence.stop_writing()
    page = render_template(
        "envelopes/begin.html",
        form=form,
        clause=clause,
        estimate=estimate,
        cohort=cohort,
    )
    return page, status


@blueprint.get(CLAIM)
@needs("claim.write", of_thing=True)
def claim(claim_id: int) -> ResponseReturnValue:
    """One claim: what it comes to, its papers, what happened."""
    return _page(queries.get_own_claim(claim_id, by=current_user))


@blueprint.post(f"{CLAIM}/papers")
@needs("claim.write", of_thing=True, writes=False, takes_files=True)
def upload(claim_id: int) -> ResponseReturnValue:
    """Hand a paper in."""
    # Looked up before the file is read: nobody uploads to a claim that is not theirs.
    row, form = queries.get_own_claim(claim_id, by=current_user), PaperForm()
    sent = request.files.get("file")
    try:
        if sent is None or not sent.filename:
            raise Invalid("没有选文件。", problems={"file": ["选一个文件。"]})
        with storage.incoming_file() as (file, path):
            # Some seconds for a large one with a scanner, in which others save.
            taken = file_deeds.look_at(sent.stream, sent.filename, file, path)
            persistence.turn_writer()
            made = deeds.add_paper(row, taken, str(form.use.data), by=current_user)
    except Invalid as error:
        form.blame(error.problems or {"file": [error.message]}, "file")
        return _page(queries.get_own_claim(claim_id, by=current_user), 422, form)
    flash(f"已交「{made.use}」：{made.name}。", "success")
    return _to(row)


@blueprint.post("/mine/claim-papers/<int:paper_id>/remove")
@needs("claim.write", of_thing=True)
def remove(paper_id: int) -> ResponseReturnValue:
    """Remove a paper."""
    paper = queries.get_paper(paper_id, by=current_user)
    row = paper.claim
    deeds.remove_paper(paper, by=current_user)
    flash(f"已删除{in_quotes(paper.name)}。", "success")
    return _to(row)


@blueprint.get("/claim-papers/<int:paper_id>")
@needs("claim.read", of_thing=True, contained=NOTHING)
def paper(paper_id: int) -> ResponseReturnValue:
    """The content of a paper, for its claimant and the operators."""
    row = queries.get_paper(paper_id, by=current_user)
    stored = row.file
    opened = storage.open_content(stored.sha256) if stored is not None else None
    if opened is None or stored is None:
        raise NotFound("这个文件的内容不见了。", "可以请申领人再交一次。")
    file, size = opened
    return send_content(file, size, stored, name=row.name, as_attachment=True)


@blueprint.post(f"{CLAIM}/submit")
@needs("claim.write", of_thing=True)
def submit(claim_id: int) -> ResponseReturnValue:
    """Hand it in."""
    row = queries.get_own_claim(claim_id, by=current_user)
    shown = row.requested_fen
    deeds.submit_claim(row, by=current_user, seen=SeenForm().seen_revision)
    flash("申领已提交，金额已预留。审核结果会通知您。", "success")
    # It is computed again: others may have claimed for a part of it since the page was opened.
    if row.requested_fen != shown:
        now_yuan = yuan(row.requested_fen)
        flash(
            f"金额按现在还可以申领的重新算过：原来 {yuan(shown)} 元，现在 {now_yuan} 元。",
            "warning",
        )
    return _to(row)


@blueprint.post(f"{CLAIM}/withdraw")
@needs("claim.write", of_thing=True)
def withdraw(claim_id: int) -> ResponseReturnValue:
    """Withdraw it."""
    row = queries.get_own_claim(claim_id, by=current_user)
    deeds.withdraw_claim(row, by=current_user, seen=SeenForm().seen_revision)
    flash("申领已撤回。", "success")
    return _to(row)


def _given_estimate() -> PolicyEstimate | None:
    text = request.values.get("estimate", "")
    return get_kept(_number(text), by=current_user) if text else None


def _given_cohort() -> TrainingCohort | None:
    text = request.values.get("cohort", "")
    return queries.get_cohort(_number(text), by=current_user) if text else None


def _number(text: str) -> int:
    try:
        return row_number(text)
    except ValueError:
        raise NotFound("没有找到。", "请从「我能拿多少」或「培训班」里进入。") from None


def _claimants(
    estimate: PolicyEstimate | None, cohort: TrainingCohort | None
) -> list[tuple[int, str]]:
    """Who can claim: of an estimate or a cohort its organisation, else the reader themselves (0) first."""
    for given in (estimate, cohort):
        # An estimate or a cohort is its organisation's: no other is offered.
        if given is not None:
            return [(given.organisation.id, given.organisation.name)]
    # 0 is no organisation: `begin_claim` takes it for the person themselves.
    own = [(0, f"{current_user.name}（本人的证书）")]
    for one in current_user.organisations:
        if one.id in current_user.active_ids:
            own.append((one.id, one.name))
    return own


def _begun(
    form: ClaimForm,
    code: str,
    estimate: PolicyEstimate | None,
    cohort: TrainingCohort | None,
) -> FundClaim:
    """The claim that a form begins. Raises as `deeds.begin_claim`."""
    chosen = str(form.envelope.data or "")
    offered = {str(one.id) for one in queries.open_envelopes(code)}
    # It may have closed since the page was opened.
    if chosen not in offered:
        problem = "选一笔正在受理的资金。"
        raise Invalid(problem, problems={"envelope": [problem]})
    # Who is not offered is refused: without an organisation it would be claimed in one's own name.
    if form.organisation.data not in {one.value for one in form.organisation.choices}:
        raise deeds.wrong("organisation", "请从列出的里面选为谁申领。")
    organisations = {str(one.id): one for one in current_user.organisations}
    return deeds.begin_claim(
        queries.get_envelope(_number(chosen)),
        code,
        organisation=organisations.get(str(form.organisation.data)),
        estimate=estimate,
        cohort=cohort,
        subject=form.subject.data or "",
        by=current_user,
    )


def _to(row: FundClaim) -> ResponseReturnValue:
    return redirect(url_for("envelopes.claim", claim_id=row.id), 303)


def _page(
    row: FundClaim, status: int = 200, form: PaperForm | None = None
) -> ResponseReturnValue:
    persistence.stop_writing()
    papers = form or PaperForm(formdata=None)
    # Of the claim's own content, by which it is seen what is lacking.
    papers.offer(row.content["papers"])
    page = render_template(
        "envelopes/claim.html",
        row=row,
        form=papers,
        events=history_of(row),
        deeds=next_deeds(row, current_user),
        is_open=row.state in OPEN_TO_CLAIMANT,
    )
    return page, status
