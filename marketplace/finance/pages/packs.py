"""Pages of packs: a firm grants one and sees who looked; its institution sees what was ticked."""

from __future__ import annotations

from typing import Any

from flask import (
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
from marketplace.clock import today
from marketplace.door import needs
from marketplace.downloads import as_download
from marketplace.errors import Busy, Invalid, NotFound, NotNow
from marketplace.files import storage
from marketplace.files.sending import NOTHING, send_content
from marketplace.finance import pack_deeds, pack_queries, queries
from marketplace.finance.forms import PackForm
from marketplace.finance.models import FinanceProduct, FirmPack
from marketplace.finance.pack_content import (
    GROUPS,
    grouped_items,
    items_of,
    pack_text,
)
from marketplace.finance.pages.blueprint import blueprint
from marketplace.forms import SeenForm
from marketplace.organisations.models import Organisation

PACK = "/mine/finance/packs/<int:pack_id>"


@blueprint.get("/mine/finance/packs")
@needs("mine.read")
def packs() -> ResponseReturnValue:
    """The packs that one's firms have granted."""
    return render_template(
        "finance/packs.html",
        rows=pack_queries.granted_by(current_user),
        firms=pack_queries.firms_of(current_user),
    )


@blueprint.get("/mine/finance/received")
@needs("mine.read")
def received() -> ResponseReturnValue:
    """The packs that one's institutions may see today."""
    return render_template(
        "finance/received.html",
        rows=pack_queries.received_by(current_user),
        institutions=queries.institutions_of(current_user),
    )


@blueprint.route("/mine/finance/packs/new", methods=["GET", "POST"])
@needs("mine.read")
def new_pack() -> ResponseReturnValue:
    """Tick what goes in, for whom, until when."""
    firm = _firm()
    product = pack_queries.find_product(
        request.values.get("product", type=persistence.row_number)
    )
    institutions = {str(one.id): one for one in queries.verified_institutions()}
    names = {code: one.name for code, one in institutions.items()}
    form = PackForm(institutions=names, consent=pack_deeds.CONSENT)
    if form.is_fresh and product is not None:
        form.institution.data = str(product.organisation_id)
    if not form.is_submitted():
        return _new_page(firm, form, product)
    institution = institutions.get(form.institution.data or "")
    # The box offers verified ones only, but what a form sends may be anything.
    if institution is None:
        form.blame({"institution": ["选一家机构。"]})
        return _new_page(firm, form, product, 422)
    if product is not None and product.organisation_id != institution.id:
        # Another institution was chosen than that of the page one came from.
        product = None
    try:
        pack = pack_deeds.grant_pack(
            firm,
            institution,
            request.form.getlist("items"),
            purpose=form.purpose.data or "",
            until=form.until.data,
            agrees=bool(form.agrees.data),
            product=product,
            by=current_user,
        )
    except Invalid as error:
        # Of a day that cannot be read the deed says what to write; both messages would say it twice.
        form.until.errors = []
        form.blame(error.problems)
        problems = error.problems.get("items", [])
        return _new_page(firm, form, product, 422, problems)
    except NotNow as refusal:
        goes_on = pack_queries.granted_to(firm.id, institution.id)
        if goes_on is None:
            raise
        # What was typed stays in the form, for after the other one is taken back.
        return _new_page(firm, form, product, 409, refusal=refusal, goes_on=goes_on)
    flash(
        f"已提供给「{institution.name}」，可看到 {pack.until}；随时可以撤回。",
        "success",
    )
    return redirect(url_for("finance.pack", pack_id=pack.id), 303)


@blueprint.get(PACK)
@needs("mine.read")
def pack(pack_id: int) -> ResponseReturnValue:
    """A pack: its firm sees who looked, its institution what was ticked; that look is recorded first."""
    row = pack_queries.get_pack(pack_id, by=current_user)
    is_received = pack_queries.is_received(row, current_user)
    if is_received:
        _record(row, pack_queries.LOOKED)
    return render_template(
        "finance/pack.html",
        pack=row,
        groups=grouped_items(row.content),
        is_received=is_received,
        # When the others of the institution looked is for the firm alone.
        looks=() if is_received else pack_queries.looks_at(row),
    )


@blueprint.get(f"{PACK}/pack.json")
@needs("mine.read")
def pack_copy(pack_id: int) -> ResponseReturnValue:
    """The canonical text whose hash is on the page."""
    row = pack_queries.get_pack(pack_id, by=current_user)
    if pack_queries.is_received(row, current_user):
        _record(row, f"{pack_queries.LOOKED}_copy")
    # Byte by byte what was hashed: whoever saves it can compute the hash of the page again.
    return as_download(pack_text(row.content), f"pack-{row.id}.json")


@blueprint.get(f"{PACK}/files/<int:attachment_id>")
@needs("mine.read", contained=NOTHING)
def pack_file(pack_id: int, attachment_id: int) -> ResponseReturnValue:
    """A file of a pack, to be saved."""
    row = pack_queries.get_pack(pack_id, by=current_user)
    # Before the look is recorded: the firm must not read of a download that was none.
    attachment = pack_queries.file_of(row, attachment_id)
    assert attachment.file is not None  # noqa: S101
    if pack_queries.is_received(row, current_user):
        _record(row, f"{pack_queries.LOOKED}_file")
    # By the hash, which was compared with that of the pack a moment ago.
    opened = storage.open_content(attachment.file.sha256)
    if opened is None:
        raise NotFound(
            "这个文件的内容不见了，已经记入日志，由运营方处理。", "可以请企业重新上传。"
        )
    return send_content(
        *opened, attachment.file, name=attachment.name, as_attachment=True
    )


@blueprint.post(f"{PACK}/withdraw")
@needs("finance.grant", of_thing=True)
def withdraw_pack(pack_id: int) -> ResponseReturnValue:
    """Take the consent back."""
    row = pack_queries.get_pack(pack_id, by=current_user)
    pack_deeds.withdraw_pack(row, by=current_user, seen=SeenForm().seen_revision)
    flash("已撤回，对方从现在起不能再查看。", "success")
    return redirect(url_for("finance.pack", pack_id=row.id), 303)


def _record(row: FirmPack, deed: str) -> None:
    """What is not recorded is not shown. Raises Busy."""
    if not was_recorded(deed, kind=FirmPack.kind, thing=row.id):
        raise Busy("现在记不下这次查看，没有打开资料包。", "请过几秒再试。")


def _firm() -> Organisation:
    firms = pack_queries.firms_of(current_user)
    number = request.values.get("organisation", type=persistence.row_number)
    for one in firms:
        if number in (None, one.id):
            return one
    raise NotFound("资料包由已核验的单位提供。", "单位核验以后再来。")


def _new_page(
    firm: Organisation,
    form: PackForm,
    product: FinanceProduct | None,
    status: int = 200,
    problems: list[str] | None = None,
    **refused: Any,
) -> ResponseReturnValue:
    # Of somebody who is refused nothing is written; composing the page takes a while.
    persistence.stop_writing()
    items = items_of(firm, today())
    groups = []
    for group, name in GROUPS.items():
        of_group = [item for item in items if item.group == group]
        if of_group:
            groups.append((name, of_group))
    page = render_template(
        "finance/new_pack.html",
        firm=firm,
        form=form,
        product=product,
        groups=groups,
        ticked=request.form.getlist("items"),
        problems=problems or [],
        **refused,
    )
    return page, status
