"""What the pages of contracts share: the contract of an address, the page both sides share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import contributions, persistence
from marketplace.contracts import changing, queries, readiness
from marketplace.contracts.forms import (
    AcceptForm,
    AmendForm,
    CancelForm,
    FileForm,
    LicenceForm,
    RefuseForm,
    RegisterForm,
)
from marketplace.contracts.life import ENTRY_KINDS
from marketplace.contracts.models import TechContract
from marketplace.contracts.printing import block_rows, term_rows
from marketplace.deals.disclosure import side_of
from marketplace.deals.models import SIDE_NAMES
from marketplace.errors import Invalid
from marketplace.lifecycle import history_of
from marketplace.permissions import may
from marketplace.wording import day

CONTRACT = "/mine/contracts/<int:contract_id>"


def load(contract_id: int) -> TechContract:
    """The contract of an address, for this reader."""
    return queries.get_contract(contract_id, by=current_user)


def to_contract(row: TechContract) -> ResponseReturnValue:
    """On to its page."""
    return redirect(url_for("contracts.contract", contract_id=row.id), 303)


def do_deed(
    row: TechContract,
    deed: Callable[[], object],
    message: str,
    otherwise: str,
    **forms: Any,
) -> ResponseReturnValue:
    """Do one thing; what was refused stands beside its form."""
    # A refusal rolls back, and the row is loaded again by its number.
    number = row.id
    (form,) = forms.values()
    try:
        with form.judged_whole():
            deed()
    except Invalid as error:
        # What is about no box of the form stands next to its first one.
        form.blame(error.problems, otherwise)
        return contract_page(load(number), 422, **forms)
    flash(message, "success")
    return to_contract(row)


def contract_page(
    row: TechContract, status: int = 200, **forms: Any
) -> ResponseReturnValue:
    """The page both sides share, with what was refused beside its form."""
    persistence.stop_writing()
    seen = str(row.revision)
    sums = row.registered_sums
    amending = AmendForm(formdata=None, seen=seen)
    for name, value in sums.items():
        # By whole numbers, without a float in between.
        amending[name].data = f"{value // 100}.{value % 100:02d}"
    registering = RegisterForm(formdata=None, seen=seen)
    # A proposal: the office may settle another amount than the contract says.
    if row.tech_fen is not None:
        registering.tech_fen.data = f"{row.tech_fen // 100}.{row.tech_fen % 100:02d}"
    given = {
        "filing": FileForm(formdata=None, seen=seen),
        "accepting": AcceptForm(formdata=None, seen=seen),
        "licensing": LicenceForm(formdata=None, seen=seen),
        "registering": registering,
        "refusing": RefuseForm(formdata=None, seen=seen),
        "amending": amending,
        "cancelling": CancelForm(formdata=None, seen=seen),
    } | forms
    printed = row.printed_values
    page = render_template(
        "contracts/contract.html",
        row=row,
        panels=contributions.case_panels(row, current_user),
        turn=readiness.turn_of(row),
        side=side_of(current_user, row.deal) if row.deal is not None else None,
        side_names=SIDE_NAMES,
        blocks=block_rows(printed),
        terms=term_rows(printed),
        sums=sums,
        facts=_facts(row),
        entry_kinds=ENTRY_KINDS,
        licence_until=readiness.licence_until(row),
        file_until=readiness.file_until(row),
        events=list(reversed(history_of(row))),
        writes=may(current_user, "contract.write", row),
        is_changeable=changing.refusal_of(row) is None,
        files=may(current_user, "contract.file", row),
        corrects=may(current_user, "contract.correct", row),
        **given,
    )
    return page, status


def _facts(row: TechContract) -> list[tuple[str, str]]:
    """What is known of the registration, as (name, words)."""
    found = [("平台编号", row.number)]
    for name, value in (
        # Nobody confirmed a contract here that came from the register.
        ("签订日期" if row.source_name else "双方确认", row.signed_on),
        ("提交登记", row.filed_on),
        ("受理", row.accepted_on),
        ("应在这天前决定", row.decide_by),
        ("登记日期", row.registered_on),
        ("许可备案", row.licence_filed_on),
    ):
        if value is not None:
            found.append((name, day(value)))
    if row.registry_no:
        found.append(("登记编号", row.registry_no))
    if row.registry_office:
        found.append(("登记机构", row.registry_office))
    if row.source_name:
        found.append(("来自登记簿", row.source_name))
    return found
