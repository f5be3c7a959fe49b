"""Pages of the ledger: who first brought which pair together, disputes and rulings."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import persistence
from marketplace.brokerage import agreement_deeds, ledger
from marketplace.brokerage.forms import DisputeForm, RulingForm
from marketplace.brokerage.pages.blueprint import blueprint
from marketplace.door import needs
from marketplace.errors import Invalid
from marketplace.permissions import may


@blueprint.get("/brokerage/ledger", endpoint="ledger")
@needs("brokerage.desk")
def ledger_rows() -> ResponseReturnValue:
    """撮合台账: who first brought which pair together."""
    page = request.args.get("page", 1, type=persistence.row_number) or 1
    rows, arithmetic = ledger.ledger_page(current_user, page)
    return render_template(
        "brokerage/ledger.html",
        rows=rows,
        pairs=ledger.pairs_in_words(rows, current_user),
        page=arithmetic.clamp(page),
        pages=arithmetic.pages,
    )


@blueprint.get("/brokerage/ledger/<int:attribution_id>")
@needs("mine.read")
def attribution(attribution_id: int) -> ResponseReturnValue:
    """One row of it, with its disputes."""
    return _attribution_page(attribution_id)


@blueprint.post("/brokerage/ledger/<int:attribution_id>/dispute")
@needs("brokerage.dispute")
def dispute(attribution_id: int) -> ResponseReturnValue:
    """Dispute it."""
    row = ledger.get_attribution(attribution_id, by=current_user)
    form = DisputeForm()
    try:
        agreement_deeds.dispute_attribution(row, form.text.data or "", by=current_user)
    except Invalid as error:
        form.blame(error.problems, "text")
        return _attribution_page(attribution_id, 422, disputing=form)
    flash("已提出，等平台裁定。", "success")
    return redirect(
        url_for("brokerage.attribution", attribution_id=attribution_id), 303
    )


@blueprint.post("/brokerage/disputes/<int:dispute_id>/rule")
@needs("brokerage.rule", of_thing=True)
def rule(dispute_id: int) -> ResponseReturnValue:
    """Rule on a dispute."""
    row = ledger.get_dispute(dispute_id)
    form = RulingForm(prefix=_prefix(dispute_id))
    try:
        agreement_deeds.rule_dispute(
            row,
            upholds=form.upholds,
            ruling=form.ruling.data or "",
            by=current_user,
            seen=form.seen_revision,
        )
    except Invalid as error:
        form.blame(error.problems, "ruling")
        return _attribution_page(row.attribution_id, 422, ruling={row.id: form})
    flash("已裁定，双方会收到通知。", "success")
    return redirect(
        url_for("brokerage.attribution", attribution_id=row.attribution_id), 303
    )


def _prefix(dispute_id: int) -> str:
    return f"d{dispute_id}"


def _attribution_page(
    attribution_id: int,
    status: int = 200,
    *,
    disputing: DisputeForm | None = None,
    ruling: dict[int, RulingForm] | None = None,
) -> ResponseReturnValue:
    row = ledger.get_attribution(attribution_id, by=current_user)
    # A page is only rendered: on SQLite whoever saves would wait for it.
    persistence.stop_writing()
    # Nobody disputes what is credited to them, nor twice while they wait.
    holds = row.holds_for is not None and row.holds_for.id == current_user.id
    waits = any(
        one.state == "open" and one.claimed_by_id == current_user.id
        for one in row.disputes
    )
    disputes = may(current_user, "brokerage.dispute", row) and not (holds or waits)
    rulings = {}
    for one in row.disputes:
        # Two disputes that wait have a form each, with boxes of their own.
        rulings[one.id] = RulingForm(formdata=None, prefix=_prefix(one.id))
    page = render_template(
        "brokerage/attribution.html",
        row=row,
        pair=ledger.pairs_in_words([row], current_user)[row.id],
        has_ledger=may(current_user, "brokerage.desk"),
        disputes=disputes,
        rules=may(current_user, "brokerage.direct"),
        disputing=disputing or DisputeForm(formdata=None),
        rulings=rulings | (ruling or {}),
    )
    return page, status
