"""Pages of certificates: one's own, one of them, and the public page that verifies a code."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType

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
from marketplace.certificates import deeds, queries
from marketplace.certificates.forms import DecideForm, RequestForm, VerifyForm
from marketplace.certificates.life import ANSWERS
from marketplace.certificates.models import ConversionCertificate
from marketplace.certificates.printing import grouped_code
from marketplace.clock import now
from marketplace.door import needs
from marketplace.downloads import as_download
from marketplace.errors import Invalid, NotFound
from marketplace.forms import SeenForm
from marketplace.limits import limit_codes
from marketplace.organisations.models import Organisation
from marketplace.permissions import may

blueprint = Blueprint("certificates", __name__)
ONE = "/mine/certificates/<int:certificate_id>"
# Every answer of a verification takes as long: what is looked up, found or compared shows in no clock.
ANSWER_SECONDS = 0.25
BLOCK = 1 << 16


@blueprint.get("/mine/certificates")
@needs("mine.read")
def own() -> ResponseReturnValue:
    """One's certificates, and the requests that one may confirm."""
    return render_template(
        "certificates/own.html",
        rows=queries.own_rows(current_user),
        waiting=queries.waiting_for(current_user),
        may_request=may(current_user, "certificate.request"),
    )


@blueprint.route("/mine/certificates/new", methods=["GET", "POST"])
@needs("certificate.request")
def new() -> ResponseReturnValue:
    """Request one."""
    form = RequestForm()
    organisation = _organisation(form.organisation.data or request.args.get("of", ""))
    if not form.is_submitted():
        return _new_page(form, organisation)
    try:
        row = deeds.request_certificate(
            organisation,
            form.chosen,
            form.registry_numbers.data or "",
            form.purpose.data or "",
            by=current_user,
        )
    except Invalid as error:
        return _new_page(form, organisation, 422, error.problems)
    flash("已申请，单位确认以后签发。", "success")
    return _to(row.id)


@blueprint.get(ONE)
@needs("certificate.read", of_thing=True)
def certificate(certificate_id: int) -> ResponseReturnValue:
    """One certificate, for its holder, their organisation and the operators."""
    return _page(_get(certificate_id))


@blueprint.post(f"{ONE}/cancel")
@needs("certificate.cancel", of_thing=True)
def cancel(certificate_id: int) -> ResponseReturnValue:
    """Take a request back."""
    row = _get(certificate_id)
    deeds.cancel_request(row, by=current_user, seen=SeenForm().seen_revision)
    flash("已取消申请。", "success")
    return _to(certificate_id)


@blueprint.post(f"{ONE}/issue")
@needs("certificate.confirm", of_thing=True)
def issue(certificate_id: int) -> ResponseReturnValue:
    """Confirm and issue it."""
    row = _get(certificate_id)
    deeds.issue_certificate(row, by=current_user, seen=SeenForm().seen_revision)
    flash("已签发，PDF 在一分钟内生成。", "success")
    return _to(certificate_id)


@blueprint.post(f"{ONE}/decline")
@needs("certificate.confirm", of_thing=True)
def decline(certificate_id: int) -> ResponseReturnValue:
    """Do not confirm it."""
    words = "没有确认，原因已通知申请人。"
    return _decide(certificate_id, deeds.decline_certificate, words)


@blueprint.post(f"{ONE}/withdraw")
@needs("certificate.withdraw", of_thing=True)
def withdraw(certificate_id: int) -> ResponseReturnValue:
    """Withdraw what was issued."""
    words = "已撤回，核验的人现在看到「已撤回」。"
    return _decide(certificate_id, deeds.withdraw_certificate, words)


@blueprint.get(f"{ONE}/certificate.pdf")
@needs("certificate.read", of_thing=True)
def paper(certificate_id: int) -> ResponseReturnValue:
    """The file of a certificate."""
    row = _get(certificate_id)
    # It is printed in the background, within a minute; or its account was closed.
    if row.pdf is None:
        raise NotFound(
            "证明的 PDF 还没有生成。", "签发以后一分钟内生成，请过一会儿刷新。"
        )
    return as_download(row.pdf, f"{row.number}.pdf")


@blueprint.route("/certificates/verify", methods=["GET", "POST"])
@needs("public.read", writes=False, takes_files=True)
@limit_codes
def verify() -> ResponseReturnValue:
    """Verify a certificate by its code, and its file where somebody has it."""
    form = VerifyForm()
    if not form.is_submitted():
        return _verify_page(form, "")
    code = (form.code.data or "").strip()
    if not code:
        form.blame({"code": ["写证明上的核验码。"]})
        return _verify_page(form, "", 422)
    return _answered(form, code)


@blueprint.get("/certificates/verify/<code>")
@needs("public.read")
@limit_codes
def verify_code(code: str) -> ResponseReturnValue:
    """The same for who has scanned the QR code."""
    form = VerifyForm(formdata=None)
    form.code.data = code[:40]
    return _answered(form, code)


def _answered(form: VerifyForm, code: str) -> ResponseReturnValue:
    began = time.monotonic()
    # Anything may come as a code; one that long is none.
    answer = queries.answer_to(code[:200], _hash_of_file())
    time.sleep(max(0.0, ANSWER_SECONDS - (time.monotonic() - began)))
    return _verify_page(form, answer)


def _hash_of_file() -> str:
    """SHA-256 of the file that was sent; empty: none was."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return ""
    digest = hashlib.sha256()
    # Piece by piece, and nowhere stored: it may hold anything.
    while block := sent.stream.read(BLOCK):
        digest.update(block)
    return digest.hexdigest()


def _verify_page(
    form: VerifyForm, answer: str, status: int = 200
) -> ResponseReturnValue:
    page = render_template(
        "certificates/verify.html",
        form=form,
        answer=answer,
        words=ANSWERS.get(answer, ""),
        # Of who scanned the code: the page has an address, and a title, of its own.
        scanned=(request.view_args or {}).get("code", "")[:40],
        with_file=bool(request.files.get("file")),
        length=len(queries.plain_code(form.code.data or "")),
        code_length=queries.CODE_LENGTH,
        moment=now(),
    )
    return page, status


def _get(certificate_id: int) -> ConversionCertificate:
    return queries.get_certificate(certificate_id, by=current_user)


def _to(certificate_id: int) -> ResponseReturnValue:
    address = url_for("certificates.certificate", certificate_id=certificate_id)
    return redirect(address, 303)


def _decide(
    certificate_id: int, deed: Callable[..., None], message: str
) -> ResponseReturnValue:
    row, form = _get(certificate_id), DecideForm()
    try:
        deed(row, form.reason.data or "", by=current_user, seen=form.seen_revision)
    except Invalid as error:
        form.blame(error.problems, "reason")
        return _page(_get(certificate_id), 422, form)
    flash(message, "success")
    return _to(certificate_id)


def _organisation(text: str) -> Organisation:
    """The organisation that was chosen, or the first one they act for. Raises NotFound."""
    offered = _organisations()
    for one in offered:
        if str(one.id) == text:
            return one
    if not offered:
        raise NotFound("您还没有加入通过核验的单位。", "请先加入单位。")
    return offered[0]


def _organisations() -> list[Organisation]:
    active = current_user.active_ids
    return [one for one in current_user.organisations if one.id in active]


def _new_page(
    form: RequestForm,
    organisation: Organisation,
    status: int = 200,
    problems: Mapping[str, list[str]] = MappingProxyType({}),
) -> ResponseReturnValue:
    persistence.stop_writing()
    candidates = queries.candidates_of(current_user.name, organisation.id)
    offered = _organisations()
    form.offer([(one.id, one.name) for one in offered], candidates)
    form.organisation.data = str(organisation.id)
    # After the choices are laid out: what is wrong is said at a box that is there.
    form.blame(problems, "registry_numbers")
    page = render_template(
        "certificates/new.html",
        form=form,
        organisation=organisation,
        others=[one for one in offered if one.id != organisation.id],
    )
    return page, status


def _page(
    row: ConversionCertificate, status: int = 200, form: DecideForm | None = None
) -> ResponseReturnValue:
    persistence.stop_writing()
    # Computed, never stored: it is what a verification would answer at this moment.
    is_corrected = row.state == "issued" and queries.is_corrected(row.id)
    page = render_template(
        "certificates/certificate.html",
        row=row,
        form=form or DecideForm(formdata=None),
        code=grouped_code(row.code or ""),
        is_corrected=is_corrected,
        may_cancel=may(current_user, "certificate.cancel", row),
        may_confirm=may(current_user, "certificate.confirm", row),
        may_withdraw=may(current_user, "certificate.withdraw", row),
        sums=queries.sums_of(row),
    )
    return page, status
