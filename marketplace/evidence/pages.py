"""Pages of evidence: the packs of a deal, all packs for who supervises, and their files."""

from __future__ import annotations

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
from marketplace.audit.looks import record_reading
from marketplace.audit.publishing import signer
from marketplace.door import needs
from marketplace.downloads import as_download
from marketplace.errors import Invalid, NotFound
from marketplace.evidence import deeds, queries
from marketplace.evidence.deeds import TOO_EARLY
from marketplace.evidence.forms import DealForm
from marketplace.evidence.life import UNFINISHED
from marketplace.evidence.packing import pdf_of
from marketplace.evidence.upkeep import STORED_DAYS
from marketplace.extensions import limiter

blueprint = Blueprint("evidence", __name__)


@blueprint.get("/mine/deals/<int:deal_id>/evidence")
@needs("evidence.make", of_thing=True)
def of_deal(deal_id: int) -> ResponseReturnValue:
    """The packs of a deal, and the button for another one."""
    deal = queries.get_deal(deal_id, by=current_user)
    packs = queries.packs_of(deal)
    return render_template(
        "evidence/of_deal.html",
        deal=deal,
        packs=packs,
        is_early=deal.state in TOO_EARLY,
        is_running=any(one.state in UNFINISHED for one in packs),
        public_key=str(signer().verifier),
        stored_days=STORED_DAYS,
    )


@blueprint.post("/mine/deals/<int:deal_id>/evidence")
@needs("evidence.make", of_thing=True)
@limiter.limit("20/hour")
def request_pack(deal_id: int) -> ResponseReturnValue:
    """生成证据包."""
    deal = queries.get_deal(deal_id, by=current_user)
    deeds.request_pack(deal, by=current_user)
    flash("已记下现在的情况，文件一两分钟后生成，生成后会通知您。", "success")
    return redirect(url_for("evidence.of_deal", deal_id=deal.id), 303)


@blueprint.get("/mine/evidence/<int:evidence_id>.<any(pdf, zip):format>")
@needs("evidence.make", of_thing=True)
@limiter.limit("60/hour")
def download(evidence_id: int, format: str) -> ResponseReturnValue:
    """A pack; that it was taken out is recorded first."""
    pack = queries.get_pack(evidence_id, by=current_user)
    content = pack.archive
    if content is None:
        raise NotFound(
            "这份证据包没有文件。", "还在生成，或已到期删除；可以再生成一份。"
        )
    # Before the answer: what could not be recorded is not handed out (decision 048).
    record_reading(
        "evidence.download",
        kind="evidence_pack",
        thing=pack.id,
        values={"format": format},
    )
    # Made from the zip on the way out, so that both files hold the same bytes and only one is stored.
    if format == "pdf":
        content = pdf_of(content)
    return as_download(content, f"evidence-{pack.title}.{format}")


@blueprint.get("/evidence")
@needs("evidence.list")
def packs() -> ResponseReturnValue:
    """All packs, and the way to those of a deal by its number."""
    number = request.args.get("number", "")
    form = DealForm(formdata=None, data={"number": number[:40]})
    status = 200
    if number:
        try:
            deal = queries.deal_by_number(number, by=current_user)
        except Invalid as error:
            form.blame(error.problems, "number")
            status = 422
        else:
            return redirect(url_for("evidence.of_deal", deal_id=deal.id), 303)
    page = request.args.get("page", 1, type=persistence.row_number) or 1
    rows, arithmetic = queries.page_of_all(page)
    answer = render_template(
        "evidence/packs.html",
        form=form,
        rows=rows,
        page=arithmetic.clamp(page),
        pages=arithmetic.pages,
    )
    return answer, status
