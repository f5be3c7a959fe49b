"""Pages of the registration of a contract: filed, accepted, registered or not, corrected by other entries."""

from __future__ import annotations

from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace.contracts import filing_deeds
from marketplace.contracts.forms import (
    AcceptForm,
    AmendForm,
    CancelForm,
    FileForm,
    LicenceForm,
    RefuseForm,
    RegisterForm,
)
from marketplace.contracts.pages.blueprint import blueprint
from marketplace.contracts.pages.shared import CONTRACT, do_deed, load
from marketplace.door import needs
from marketplace.parsing.exact_sums import read_fen


@blueprint.post(f"{CONTRACT}/file")
@needs("contract.file", of_thing=True)
def file(contract_id: int) -> ResponseReturnValue:
    """The day on which it was handed in."""
    row, form = load(contract_id), FileForm()

    def deed() -> None:
        filing_deeds.file_contract(
            row, form.filed_on.data, by=current_user, seen=form.seen_revision
        )

    return do_deed(row, deed, "已记录提交登记的日期。", "filed_on", filing=form)


@blueprint.post(f"{CONTRACT}/accept")
@needs("contract.file", of_thing=True)
def accept(contract_id: int) -> ResponseReturnValue:
    """The day on which the office accepted it."""
    row, form = load(contract_id), AcceptForm()

    def deed() -> None:
        filing_deeds.accept_filing(
            row, form.accepted_on.data, by=current_user, seen=form.seen_revision
        )

    return do_deed(
        row, deed, "已记录受理日期，开始计算期限。", "accepted_on", accepting=form
    )


@blueprint.post(f"{CONTRACT}/register")
@needs("contract.file", of_thing=True)
def register(contract_id: int) -> ResponseReturnValue:
    """What the certificate of registration says."""
    row, form = load(contract_id), RegisterForm()

    def deed() -> None:
        filing_deeds.register_contract(
            row,
            registry_no=form.registry_no.data or "",
            registered_on=form.registered_on.data,
            office=form.office.data or "",
            # Read inside the deed: a sum that is none comes back with its form.
            tech_fen=form.read_box("tech_fen", read_fen),
            exempt_fen=form.read_box("exempt_fen", read_fen),
            by=current_user,
            seen=form.seen_revision,
        )

    return do_deed(row, deed, "已登记，记入台账。", "registry_no", registering=form)


@blueprint.post(f"{CONTRACT}/refuse")
@needs("contract.file", of_thing=True)
def refuse(contract_id: int) -> ResponseReturnValue:
    """Not registered, with the office's reason."""
    row, form = load(contract_id), RefuseForm()

    def deed() -> None:
        filing_deeds.refuse_registration(
            row, form.refusal.data or "", by=current_user, seen=form.seen_revision
        )

    return do_deed(row, deed, "已记录未予登记的原因。", "refusal", refusing=form)


@blueprint.post(f"{CONTRACT}/licence")
@needs("contract.file", of_thing=True)
def licence(contract_id: int) -> ResponseReturnValue:
    """The day on which a patent licence was filed with the patent office."""
    row, form = load(contract_id), LicenceForm()

    def deed() -> None:
        filing_deeds.note_licence_filing(
            row, form.licence_on.data, by=current_user, seen=form.seen_revision
        )

    return do_deed(row, deed, "已记录备案日期。", "licence_on", licensing=form)


@blueprint.post("/office/contracts/<int:contract_id>/amend")
@needs("contract.correct")
def amend(contract_id: int) -> ResponseReturnValue:
    """Correct the registered sums by another entry."""
    row, form = load(contract_id), AmendForm()

    def deed() -> None:
        sums = (
            form.read_box("total_fen", read_fen),
            form.read_box("tech_fen", read_fen),
            form.read_box("exempt_fen", read_fen),
        )
        filing_deeds.amend_registration(
            row,
            sums,
            form.reason.data or "",
            by=current_user,
            seen=form.seen_revision,
        )

    return do_deed(row, deed, "已更正，原来的一笔仍然留着。", "reason", amending=form)


@blueprint.post("/office/contracts/<int:contract_id>/cancel")
@needs("contract.correct")
def cancel(contract_id: int) -> ResponseReturnValue:
    """Cancel the registration by another entry."""
    row, form = load(contract_id), CancelForm()

    def deed() -> None:
        filing_deeds.cancel_registration(
            row, form.cancelling.data or "", by=current_user, seen=form.seen_revision
        )

    return do_deed(row, deed, "登记已撤销，台账已冲减。", "cancelling", cancelling=form)
