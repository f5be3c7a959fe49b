"""The page on which operators decide about a claim."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import persistence
from marketplace.door import needs
from marketplace.envelopes import assessing, queries, review_deeds
from marketplace.envelopes.forms import DecisionForm
from marketplace.envelopes.life import WAITING
from marketplace.envelopes.models import FundClaim
from marketplace.envelopes.pages.blueprint import blueprint
from marketplace.errors import Invalid
from marketplace.lifecycle import history_of, next_deeds
from marketplace.parsing.exact_sums import read_fen
from marketplace.permissions import may

OFFICE = "/office/claims/<int:claim_id>"
# Deeds that take a reason only.
WITH_NOTE = ("send_back", "refuse", "rescind", "recover")


@blueprint.get(OFFICE)
@needs("envelope.read")
def review(claim_id: int) -> ResponseReturnValue:
    """One claim with what is wanted, its papers, and the deeds possible now."""
    row = queries.get_submitted(claim_id, by=current_user)
    form = DecisionForm(formdata=None)
    form.seen.data = str(row.revision)
    return _page(row, form)


@blueprint.post(f"{OFFICE}/<any(send_back, refuse, rescind, recover):deed>")
@needs("claim.review", of_thing=True)
def decide(claim_id: int, deed: str) -> ResponseReturnValue:
    """A decision that takes a reason."""
    row, form = queries.get_submitted(claim_id, by=current_user), DecisionForm()
    # By name: the address lists the four deeds, and nothing else reaches this line.
    do = getattr(review_deeds, deed)
    try:
        do(row, form.note.data or "", by=current_user, seen=form.seen_revision)
    except Invalid as error:
        return _refused(claim_id, form, error, "note")
    return _done(row)


@blueprint.post(f"{OFFICE}/approve")
@needs("claim.review", of_thing=True)
def approve(claim_id: int) -> ResponseReturnValue:
    """Approve it, the whole sum or less."""
    row, form = queries.get_submitted(claim_id, by=current_user), DecisionForm()
    try:
        with form.judged_whole():
            review_deeds.approve(
                row,
                # Inside of the try: a sum that cannot be read to the cent is refused in its box.
                form.read_box("amount_fen", read_fen),
                form.note.data or "",
                by=current_user,
                seen=form.seen_revision,
            )
    except Invalid as error:
        return _refused(claim_id, form, error, "amount_fen")
    return _done(row)


@blueprint.post(f"{OFFICE}/pay")
@needs("claim.pay", of_thing=True)
def pay(claim_id: int) -> ResponseReturnValue:
    """It was paid."""
    row, form = queries.get_submitted(claim_id, by=current_user), DecisionForm()
    try:
        review_deeds.pay(
            row,
            form.paid_on.data,
            form.voucher.data or "",
            by=current_user,
            seen=form.seen_revision,
        )
    except Invalid as error:
        return _refused(claim_id, form, error, "paid_on")
    return _done(row)


def _done(row: FundClaim) -> ResponseReturnValue:
    flash(f"申领 {row.number}：{row.state_name}。已通知申领人。", "success")
    return redirect(url_for("envelopes.review", claim_id=row.id), 303)


def _refused(
    claim_id: int, form: DecisionForm, error: Invalid, box: str
) -> ResponseReturnValue:
    form.blame(error.problems, box)
    return _page(queries.get_submitted(claim_id, by=current_user), form, 422)


def _page(row: FundClaim, form: DecisionForm, status: int = 200) -> ResponseReturnValue:
    persistence.stop_writing()
    granted = next_deeds(row, current_user)
    # What is paid is history: only what can still be lessened is computed again.
    lessened = assessing.lessened(row) if row.state in WAITING else ""
    page = render_template(
        "envelopes/review.html",
        row=row,
        form=form,
        events=history_of(row),
        deeds=granted,
        lessened=lessened,
        with_note=[one for one in WITH_NOTE if one in granted],
        deed_names=row.life.deeds,
        # The one who approved sees why somebody else pays.
        waits_for_other=row.state == "approved"
        and not may(current_user, "claim.pay", row),
    )
    return page, status
