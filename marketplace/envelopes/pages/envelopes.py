"""Pages of the operators about envelopes: all of them, one with its statement, and their files."""

from __future__ import annotations

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import persistence
from marketplace.clock import today
from marketplace.door import needs
from marketplace.downloads import as_download
from marketplace.envelopes import envelope_deeds, exporting, queries
from marketplace.envelopes.forms import BasisForm, BudgetForm, EnvelopeForm
from marketplace.envelopes.life import CLAIM_LIFE
from marketplace.envelopes.models import Envelope
from marketplace.envelopes.pages.blueprint import blueprint
from marketplace.errors import Invalid
from marketplace.forms import SeenForm
from marketplace.lifecycle import next_deeds
from marketplace.parsing.exact_sums import read_fen
from marketplace.policies.queries import clauses_on
from marketplace.wording import in_quotes

ENVELOPE = "/office/envelopes/<int:envelope_id>"


@blueprint.get("/office/envelopes")
@needs("envelope.read")
def envelopes() -> ResponseReturnValue:
    """Every envelope with what is left of it."""
    return render_template(
        "envelopes/envelopes.html", rows=queries.list_envelopes(), today=today()
    )


@blueprint.route("/office/envelopes/new", methods=["GET", "POST"])
@needs("envelope.edit")
def new() -> ResponseReturnValue:
    """Set an envelope up."""
    form = EnvelopeForm()
    form.offer_clauses(clauses_on(today()))
    if not form.is_submitted():
        return render_template("envelopes/new.html", form=form)
    try:
        with form.judged_whole():
            row = envelope_deeds.create_envelope(
                name=form.name.data or "",
                year=form.year.data,
                source=form.source.data or "",
                document=form.document.data or "",
                in_force=form.in_force.data or "",
                checked=form.checked.data or "",
                clause_codes=form.clause_codes.data or (),
                budget_fen=form.read_box("budget_fen", read_fen),
                by=current_user,
            )
    except Invalid as error:
        form.blame(error.problems, "name")
        persistence.stop_writing()
        return render_template("envelopes/new.html", form=form), 422
    flash(f"{in_quotes(row.title)}已设立，开始受理以后可以申领。", "success")
    return _to(row)


@blueprint.get(ENVELOPE)
@needs("envelope.read")
def envelope(envelope_id: int) -> ResponseReturnValue:
    """One envelope: sums, claims by state, statement."""
    return _page(queries.get_envelope(envelope_id))


@blueprint.post(f"{ENVELOPE}/budget")
@needs("envelope.edit")
def budget(envelope_id: int) -> ResponseReturnValue:
    """Change its budget."""
    row, form = queries.get_envelope(envelope_id), BudgetForm()
    try:
        with form.judged_whole():
            envelope_deeds.change_budget(
                row,
                more=form.is_more,
                amount_fen=form.read_box("amount_fen", read_fen),
                reason=form.reason.data or "",
                by=current_user,
                seen=form.seen_revision,
            )
    except Invalid as error:
        form.blame(error.problems, "amount_fen")
        return _page(queries.get_envelope(envelope_id), 422, budget=form)
    flash("预算已调整。", "success")
    return _to(row)


@blueprint.post(f"{ENVELOPE}/basis")
@needs("envelope.edit")
def basis(envelope_id: int) -> ResponseReturnValue:
    """Its document is in force now."""
    row, form = queries.get_envelope(envelope_id), BasisForm()
    try:
        envelope_deeds.confirm_basis(
            row, form.document.data or "", by=current_user, seen=form.seen_revision
        )
    except Invalid as error:
        form.blame(error.problems, "document")
        return _page(queries.get_envelope(envelope_id), 422, basis=form)
    flash("依据已改为有效文件。", "success")
    return _to(row)


@blueprint.post(f"{ENVELOPE}/<any(open, close, reopen):deed>")
@needs("envelope.edit")
def switch(envelope_id: int, deed: str) -> ResponseReturnValue:
    """Open or close it for claims."""
    row = queries.get_envelope(envelope_id)
    # The address lists the three deeds: nothing else reaches this line.
    do = getattr(envelope_deeds, f"{deed}_envelope")
    do(row, by=current_user, seen=SeenForm().seen_revision)
    flash(f"{in_quotes(row.title)}：{row.state_name}。", "success")
    return _to(row)


@blueprint.get(f"{ENVELOPE}/claims.xlsx")
@needs("envelope.read")
def claim_list(envelope_id: int) -> ResponseReturnValue:
    """Its claims in the columns of the office."""
    row = queries.get_envelope(envelope_id)
    return workbook_of(exporting.export_claims(row), f"claims-{row.id}")


@blueprint.get(f"{ENVELOPE}/statement.xlsx")
@needs("envelope.read")
def statement(envelope_id: int) -> ResponseReturnValue:
    """Its movements."""
    row = queries.get_envelope(envelope_id)
    return workbook_of(exporting.export_statement(row), f"statement-{row.id}")


def workbook_of(content: bytes, name: str) -> Response:
    """A workbook as what a browser saves under a name with today's date."""
    return as_download(content, f"{name}-{today()}.xlsx")


def _to(row: Envelope) -> ResponseReturnValue:
    return redirect(url_for("envelopes.envelope", envelope_id=row.id), 303)


def _page(row: Envelope, status: int = 200, **forms: SeenForm) -> ResponseReturnValue:
    persistence.stop_writing()
    number = request.args.get("page", 1, type=int)
    movements, arithmetic = queries.movements_page(row, number)
    claims_number = request.args.get("claims", 1, type=int)
    claims, of_claims = queries.claims_page(row, claims_number)
    granted = next_deeds(row, current_user)
    # Empty, whatever was sent: only the form that was refused comes back filled in.
    given = {"budget": BudgetForm(formdata=None), "basis": BasisForm(formdata=None)}
    page = render_template(
        "envelopes/envelope.html",
        row=row,
        movements=movements,
        page=arithmetic.clamp(number),
        pages=arithmetic.pages,
        claims=claims,
        claims_total=of_claims.total,
        claims_page=of_claims.clamp(claims_number),
        claims_pages=of_claims.pages,
        states=queries.claims_by_state(row),
        state_names=CLAIM_LIFE.names,
        clauses=[one for one in clauses_on(today()) if one.code in row.clause_codes],
        # Its form has boxes of its own; the others are bare buttons.
        deeds=[one for one in granted if one != "budget"],
        deed_names=row.life.deeds,
        may_budget="budget" in granted,
        **{**given, **forms},
    )
    return page, status
