"""The office: the review queue, one listing under review, and the chain list.

What is done stands in the rules of listings, accounts and dictionaries.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace.accounts import rules as accounts
from marketplace.accounts.models import ORGANISATION_KINDS
from marketplace.dictionaries import rules as dictionaries
from marketplace.door import needs
from marketplace.errors import Invalid, Stale
from marketplace.listings import rules
from marketplace.listings.labels import LABELS, said
from marketplace.listings.models import KIND_NAMES, LISTINGS, Achievement, Demand
from marketplace.office import rules as office
from marketplace.office.forms import ChainForm, DecisionForm, VerifyForm

blueprint = Blueprint("office", __name__, url_prefix="/office")
KIND = "<any(achievement, demand):kind>"
TRAY_NAMES = {"waiting": "待审核", "published": "已发布", "suspended": "已暂停"}


@blueprint.get("/review")
@needs("office.read")
def queue() -> ResponseReturnValue:
    """What waits for review, longest first; or what is published or suspended."""
    tray = (
        request.args.get("tray", "")
        if request.args.get("tray") in office.TRAYS
        else "waiting"
    )
    kind, page = _kind_filter(), request.args.get("page", 1, type=int)
    return render_template(
        "office/queue.html",
        queue=office.queue(by=current_user, tray=tray, kind=kind, page=page),
        tray=tray,
        trays=TRAY_NAMES,
        kind=kind,
        kinds=KIND_NAMES,
        days_since=office.days_since,
    )


@blueprint.get(f"/review/{KIND}/<int:listing_id>")
@needs("listing.review")
def review(kind: str, listing_id: int) -> ResponseReturnValue:
    """One listing, with everything a decision needs."""
    return _review_page(rules.one(kind, listing_id, by=current_user))


@blueprint.post(f"/review/{KIND}/<int:listing_id>/approve")
@needs("listing.review")
def approve(kind: str, listing_id: int) -> ResponseReturnValue:
    """Publish it."""
    return _decide(kind, listing_id, rules.approve, "「{}」已通过并发布。")


@blueprint.post(f"/review/{KIND}/<int:listing_id>/return")
@needs("listing.review")
def send_back(kind: str, listing_id: int) -> ResponseReturnValue:
    """Return it to be mended."""
    return _decide(
        kind, listing_id, rules.send_back, "「{}」已退回，对方会在「我的」里看到原因。"
    )


@blueprint.post(f"/review/{KIND}/<int:listing_id>/reject")
@needs("listing.review")
def reject(kind: str, listing_id: int) -> ResponseReturnValue:
    """Refuse it for good."""
    return _decide(kind, listing_id, rules.reject, "「{}」未予通过。")


@blueprint.post(f"/review/{KIND}/<int:listing_id>/suspend")
@needs("listing.suspend")
def suspend(kind: str, listing_id: int) -> ResponseReturnValue:
    """Hide it for the time being."""
    return _decide(kind, listing_id, rules.suspend, "「{}」已暂停公开。", stay=True)


@blueprint.post(f"/review/{KIND}/<int:listing_id>/resume")
@needs("listing.suspend")
def resume(kind: str, listing_id: int) -> ResponseReturnValue:
    """Show it again."""
    return _decide(
        kind, listing_id, rules.resume, "「{}」已恢复公开。", stay=True, noted=False
    )


@blueprint.post(f"/review/{KIND}/<int:listing_id>/verify")
@needs("organisation.verify")
def verify(kind: str, listing_id: int) -> ResponseReturnValue:
    """Verify the organisation that owns the listing."""
    row, form = rules.one(kind, listing_id, by=current_user), VerifyForm()
    try:
        accounts.verify_organisation(
            row.organisation, by=current_user, uscc=form.uscc.data or ""
        )
    except Invalid as error:
        return _review_page(row, 422, verify_form=form, error=error)
    flash(f"「{row.organisation.name}」已核验。", "success")
    return redirect(
        url_for(
            "office.review", kind=kind, listing_id=row.id, only=_kind_filter() or None
        ),
        303,
    )


@blueprint.get("/chains")
@needs("dictionary.edit")
def chains() -> ResponseReturnValue:
    """The chain list."""
    return render_template(
        "office/chains.html",
        chains=office.chains(by=current_user),
        uses=office.uses_of_chains(),
    )


@blueprint.route("/chains/new", methods=["GET", "POST"], defaults={"code": None})
@blueprint.route("/chains/edit/<code>", methods=["GET", "POST"])
@needs("dictionary.edit")
def chain(code: str | None) -> ResponseReturnValue:
    """Add a chain, or rename, order, confirm or retire one."""
    row = office.chain(code, by=current_user) if code else None
    form = (
        ChainForm(obj=row)
        if row
        else ChainForm(active=True, position=len(office.chains(by=current_user)) + 1)
    )
    if not form.is_submitted():
        form.seen.data = str(row.revision) if row else ""
        return _chain_page(form, row)
    if not form.validate():
        return _chain_page(form, row, 422)
    try:
        saved = dictionaries.save_chain(
            code or (form.code.data or "").strip(),
            name=form.name.data or "",
            position=form.position.data,
            official=form.official.data,
            active=form.active.data,
            by=current_user,
            seen=form.seen_revision if row else None,
        )
    except Invalid as error:
        for name, messages in error.problems.items():
            form[name].errors = [*form[name].errors, *messages]
        return _chain_page(form, row, 422)
    except Stale as error:
        row = office.chain(code or "", by=current_user)
        form.seen.data = str(row.revision)
        return _chain_page(form, row, 409, error=error)
    flash(
        f"产业链「{saved.name}」已保存，页面上的名称即刻更新；检索和匹配在下次重建后更新。",
        "success",
    )
    return redirect(url_for("office.chains"), 303)


def _kind_filter() -> str:
    """The kind the queue is narrowed to, kept in the address from page to page."""
    name = "kind" if request.endpoint == "office.queue" else "only"
    return request.args.get(name, "") if request.args.get(name) in LISTINGS else ""


def _decide(
    kind: str,
    listing_id: int,
    deed: Callable[..., None],
    message: str,
    *,
    stay: bool = False,
    noted: bool = True,
) -> ResponseReturnValue:
    """Carry out one decision, a rule that may take a note, and lead on to the next listing that waits."""
    row, form = rules.one(kind, listing_id, by=current_user), DecisionForm()
    only = _kind_filter()
    place = office.neighbours(row, by=current_user, kind=only)
    if not form.validate():
        return _review_page(row, 422, form=form)
    try:
        note = {"note": form.note.data or ""} if noted else {}
        deed(row, by=current_user, seen=form.seen_revision, **note)
    except Invalid as error:
        for text in error.problems.get("note", ()):
            form.note.errors = [*form.note.errors, text]
        return _review_page(row, 422, form=form, error=error)
    except Stale as error:
        return _review_page(
            rules.one(kind, listing_id, by=current_user), 409, form=form, error=error
        )
    flash(message.format(row.title), "success")
    if stay:
        return redirect(url_for("office.review", kind=kind, listing_id=row.id), 303)
    following = place and (place.after or place.before)
    if following:
        return redirect(
            url_for(
                "office.review",
                kind=following[0],
                listing_id=following[1],
                only=only or None,
            ),
            303,
        )
    return redirect(url_for("office.queue", kind=only or None), 303)


def _review_page(
    row: Achievement | Demand,
    status: int = 200,
    *,
    form: DecisionForm | None = None,
    verify_form: VerifyForm | None = None,
    error: Any = None,
) -> ResponseReturnValue:
    form = form or DecisionForm(formdata=None)
    form.seen.data = str(row.revision)
    names = [
        name
        for name in LABELS[row.kind]
        if name not in ("title", "organisation", "price_max")
    ]
    page = render_template(
        "office/review.html",
        row=row,
        kind_name=KIND_NAMES[row.kind],
        organisation_kinds=ORGANISATION_KINDS,
        labels=LABELS[row.kind],
        values={name: said(row, name) for name in names},
        problems=rules.problems_of(row),
        history=office.told(row),
        neighbours=office.neighbours(row, by=current_user, kind=_kind_filter()),
        only=_kind_filter() or None,
        form=form,
        verify_form=verify_form or VerifyForm(formdata=None),
        error=error,
        days_since=office.days_since,
    )
    return page, status


def _chain_page(
    form: ChainForm, row: Any, status: int = 200, *, error: Any = None
) -> ResponseReturnValue:
    return render_template("office/chain.html", form=form, row=row, error=error), status
