"""Pages of a contract: its form, its papers, and what both sides do with it."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import persistence
from marketplace.contracts import changing, deeds, queries, readiness
from marketplace.contracts.forms import ConfirmForm, ContractForm, contract_form
from marketplace.contracts.models import TechContract
from marketplace.contracts.pages.blueprint import blueprint
from marketplace.contracts.pages.shared import (
    CONTRACT,
    contract_page,
    load,
    to_contract,
)
from marketplace.contracts.printing import render_copy
from marketplace.door import needs
from marketplace.downloads import as_download
from marketplace.errors import Invalid, NotFound, Stale
from marketplace.forms import SeenForm
from marketplace.permissions import require


@blueprint.get("/mine/contracts")
@needs("mine.read")
def own() -> ResponseReturnValue:
    """The contracts of one's sides."""
    page = request.args.get("page", 1, type=persistence.row_number) or 1
    rows, arithmetic = queries.own_page(current_user, page)
    return render_template(
        "contracts/own.html",
        rows=[(row, readiness.turn_of(row)) for row in rows],
        page=arithmetic.clamp(page),
        pages=arithmetic.pages,
    )


@blueprint.route("/mine/deals/<int:deal_id>/contract", methods=["GET", "POST"])
@needs("deal.act", of_thing=True)
def begin(deal_id: int) -> ResponseReturnValue:
    """Begin the contract of a deal."""
    deal = queries.get_deal(deal_id, by=current_user)
    there = queries.contract_of(deal)
    # The second of two clicks comes to what the first one began.
    if there is not None:
        return to_contract(there)
    if request.method == "POST":
        made = deeds.begin_contract(deal, by=current_user)
        flash("已起草，双方都能填写。", "success")
        return redirect(url_for("contracts.edit", contract_id=made.id), 303)
    return render_template("contracts/begin.html", deal=deal)


@blueprint.get(CONTRACT)
@needs("contract.read", of_thing=True)
def contract(contract_id: int) -> ResponseReturnValue:
    """The page both sides share."""
    return contract_page(load(contract_id))


@blueprint.route(f"{CONTRACT}/edit", methods=["GET", "POST"])
@needs("contract.write", of_thing=True)
def edit(contract_id: int) -> ResponseReturnValue:
    """Fill it in, block by block."""
    row = load(contract_id)
    # `load` answers for reading; writing takes more than a broker or an operator may.
    require(current_user, "contract.write", row)
    form = contract_form(row)
    if form.is_fresh:
        form.show(row)
    if not form.is_submitted():
        _refuse_filling(row)
        return _form_page(row, form)
    was_frozen = row.state != "drafting"
    try:
        with form.judged_whole():
            labels = deeds.save_contract(
                row, form.read_values(), by=current_user, seen=form.seen_revision
            )
    except Invalid as error:
        form.blame(error.problems, "title")
        return _form_page(row, form, status=422)
    except Stale as error:
        return _stale_page(contract_id, form, error)
    flash(_saved_words(labels, was_frozen), "success")
    return to_contract(row)


@blueprint.route("/office/contracts/<int:contract_id>/correct", methods=["GET", "POST"])
@needs("contract.correct")
def correct(contract_id: int) -> ResponseReturnValue:
    """An operator corrects it, with the reason."""
    row = load(contract_id)
    form = contract_form(row, corrects=True)
    if form.is_fresh:
        form.show(row)
    if not form.is_submitted():
        _refuse_filling(row)
        return _form_page(row, form, corrects=True)
    was_frozen = row.state != "drafting"
    try:
        with form.judged_whole():
            labels = deeds.correct_contract(
                row,
                form.read_values(),
                why=form["why"].data or "",
                by=current_user,
                seen=form.seen_revision,
            )
    except Invalid as error:
        form.blame(error.problems, "why")
        return _form_page(row, form, corrects=True, status=422)
    except Stale as error:
        return _stale_page(contract_id, form, error, corrects=True)
    flash(_saved_words(labels, was_frozen), "success")
    return to_contract(row)


def _refuse_filling(row: TechContract) -> None:
    """No form that can only be refused: who opens it reads why at once. Raises NotNow."""
    if refusal := changing.refusal_of(row):
        raise refusal


@blueprint.post(f"{CONTRACT}/issue")
@needs("contract.write", of_thing=True)
def issue(contract_id: int) -> ResponseReturnValue:
    """Freeze the text that both sides confirm."""
    row = load(contract_id)
    try:
        deeds.issue_paper(row, by=current_user, seen=SeenForm().seen_revision)
    except Invalid as error:
        # What is missing is typed on the form, not on the page with the button.
        form = contract_form(row)
        form.show(row)
        form.blame(error.problems, "title")
        return _form_page(row, form, status=422)
    flash("正在生成合同文本，通常不到一分钟；生成后通知双方。", "success")
    return to_contract(row)


@blueprint.get(f"{CONTRACT}/papers/<int:number>.<any(pdf, docx):format>")
@needs("contract.read", of_thing=True)
def paper(contract_id: int, number: int, format: str) -> ResponseReturnValue:
    """A paper, the same bytes for ever, or a copy of it to write in."""
    row = load(contract_id)
    found = queries.get_paper(row, number)
    title = f"{row.title}（第 {number} 稿）"
    if format == "pdf":
        if found.pdf is None:
            raise NotFound("没有这个文件。", "合同页上列出了每一稿。")
        content = found.pdf
    else:
        title += "副本"
        # Made of the frozen text, not of the contract as it is now.
        content = render_copy(
            found.content, number=row.number, version=number, sha256=found.sha256 or ""
        )
    return as_download(content, f"contract-{row.id}-{number}.{format}", title=title)


@blueprint.post(f"{CONTRACT}/confirm")
@needs("contract.confirm", of_thing=True)
def confirm(contract_id: int) -> ResponseReturnValue:
    """Confirm the file."""
    row = load(contract_id)
    deeds.confirm_paper(row, ConfirmForm().sha256.data or "", by=current_user)
    signed = row.state == "signed"
    words = "双方都已确认，合同成立。" if signed else "已确认，等对方确认。"
    flash(words, "success")
    return to_contract(row)


def _saved_words(labels: list[str], was_frozen: bool) -> str:
    if not labels:
        return "没有改动。"
    # A draft has no text that anybody could have confirmed.
    if was_frozen:
        return f"已保存：{'、'.join(labels)}。原来的确认已失效，双方要重新确认。"
    return f"已保存：{'、'.join(labels)}。"


def _stale_page(
    contract_id: int, form: ContractForm, error: Stale, *, corrects: bool = False
) -> ResponseReturnValue:
    """What was typed while somebody else saved: not saved, but not lost; saving again is meant for the present one."""
    # Loaded again, for the refusal has rolled back.
    row = load(contract_id)
    form.seen.data = str(row.revision)
    return _form_page(row, form, corrects=corrects, status=409, error=error)


def _form_page(
    row: TechContract,
    form: ContractForm,
    *,
    corrects: bool = False,
    status: int = 200,
    error: Stale | None = None,
) -> ResponseReturnValue:
    persistence.stop_writing()
    page = render_template(
        "contracts/form.html", row=row, form=form, corrects=corrects, error=error
    )
    return page, status
