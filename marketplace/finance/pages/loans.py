"""Pages of filed loans: those of a bank, one with what it comes to, and the office's list with its export."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import persistence
from marketplace.clock import today
from marketplace.dictionaries.models import current_districts
from marketplace.door import needs
from marketplace.downloads import as_download
from marketplace.errors import Invalid, NotNow
from marketplace.finance import loan_deeds, loan_queries, queries
from marketplace.finance.forms import (
    LoanForm,
    LossForm,
    NoteForm,
    ProvinceForm,
    RepaidForm,
)
from marketplace.finance.life import LOAN_LIFE
from marketplace.finance.loan_deeds import LoanValues
from marketplace.finance.loan_models import FiledLoan
from marketplace.finance.pages.blueprint import blueprint
from marketplace.finance.subsidies import KEYS, case_results, read_cases, rules_of
from marketplace.finance.workbooks import loans_workbook
from marketplace.forms import PageForm, SeenForm
from marketplace.organisations.models import Organisation
from marketplace.parsing.exact_sums import FEN_OF_YUAN, read_fen
from marketplace.permissions import may, require
from marketplace.persistence import Page
from marketplace.wording import UNKNOWN, yuan

LOAN = "/mine/finance/loans/<int:loan_id>"
OFFICE = "/office/finance/loans"
SIZE = 50


@blueprint.get("/mine/finance/loans")
@needs("mine.read")
def loans() -> ResponseReturnValue:
    """The loans that one's banks have filed."""
    return render_template(
        "finance/loans.html",
        rows=loan_queries.loans_of(current_user),
        institutions=queries.institutions_of(current_user),
    )


@blueprint.route("/mine/finance/loans/new", methods=["GET", "POST"])
@needs("mine.read")
def new_loan() -> ResponseReturnValue:
    """File a loan."""
    institution = queries.get_institution(
        current_user, request.values.get("organisation", type=persistence.row_number)
    )
    choices = _choices(institution)
    form = LoanForm(**choices)
    if not form.is_submitted():
        return _form_page(form, institution)
    try:
        with form.judged_whole():
            loan = loan_deeds.file_loan(institution, _values(form), by=current_user)
    except (Invalid, NotNow) as error:
        return _refused(form, error, institution)
    flash("已申报备案，结果会通知您。", "success")
    return redirect(url_for("finance.loan", loan_id=loan.id), 303)


@blueprint.get(LOAN)
@needs("mine.read")
def loan(loan_id: int) -> ResponseReturnValue:
    """A loan, with what it comes to."""
    return _loan_page(loan_queries.get_loan(loan_id, by=current_user))


@blueprint.route(f"{LOAN}/edit", methods=["GET", "POST"])
@needs("finance.file_loan", of_thing=True)
def refile_loan(loan_id: int) -> ResponseReturnValue:
    """Mend a loan that was sent back."""
    row = loan_queries.get_loan(loan_id, by=current_user)
    # The office reads the loan, too, and has nothing to fill in.
    require(current_user, "finance.file_loan", row)
    choices = _choices(row.institution)
    form = LoanForm(**choices)
    if not form.is_submitted():
        filled = LoanForm(
            **choices,
            data={
                "product": str(row.product_id or ""),
                "borrower_name": row.borrower_name,
                "borrower_uscc": row.borrower_uscc,
                "district": row.district_code,
                "contract_no": row.contract_no,
                "purpose": row.purpose,
                "principal": _plain_yuan(row.principal_fen),
                "rate": f"{row.rate.normalize():f}",
                "start_on": row.start_on,
                "end_on": row.end_on,
                "seen": str(row.revision),
            },
        )
        return _form_page(filled, row.institution, row)
    try:
        with form.judged_whole():
            loan_deeds.refile_loan(
                row, _values(form), by=current_user, seen=form.seen_revision
            )
    except (Invalid, NotNow) as error:
        return _refused(form, error, row.institution, row)
    flash("已补正并再次申报。", "success")
    return redirect(url_for("finance.loan", loan_id=row.id), 303)


@blueprint.post(f"{LOAN}/withdraw")
@needs("finance.file_loan", of_thing=True)
def withdraw_loan(loan_id: int) -> ResponseReturnValue:
    """Take a loan back."""
    row = loan_queries.get_loan(loan_id, by=current_user)
    loan_deeds.withdraw_loan(row, by=current_user, seen=SeenForm().seen_revision)
    flash("已撤回。", "success")
    return redirect(url_for("finance.loans"), 303)


@blueprint.post(f"{LOAN}/repay")
@needs("finance.file_loan", of_thing=True)
def repay_loan(loan_id: int) -> ResponseReturnValue:
    """Say when it was paid back."""
    form = RepaidForm()
    return _press(
        loan_id,
        loan_deeds.repay_loan,
        form,
        "repaying",
        lambda: {"repaid_on": form.repaid_on.data},
    )


@blueprint.post(f"{LOAN}/lose")
@needs("finance.file_loan", of_thing=True)
def lose_principal(loan_id: int) -> ResponseReturnValue:
    """Say how much of the principal is lost."""
    form = LossForm()
    return _press(
        loan_id,
        loan_deeds.lose_principal,
        form,
        "losing",
        lambda: {"lost_fen": form.read_box("lost", read_fen)},
    )


@blueprint.get(OFFICE)
@needs("finance.read_all")
def office_loans() -> ResponseReturnValue:
    """Every filed loan by state, year and district, with sums, rules and worked cases."""
    filters = loan_queries.read_filters(request.args)
    rows = loan_queries.all_loans(filters)
    # Each loan is worked out once here; the total adds the groups up.
    products = loan_queries.sums_by_product(rows)
    arithmetic = Page(len(rows), SIZE)
    page = request.args.get("page", 1, type=persistence.row_number) or 1
    first = arithmetic.offset(page)
    values = loan_queries.present_values(today())
    cases = []
    # A rule without a version today leaves the examples out; filing refuses by itself.
    if len(values) == len(KEYS):
        rules = rules_of({value.key: value for value in values})
        # By the rules of today: an operator who changes one sees here what it does.
        cases = [(case, case_results(case, rules)) for case in read_cases()]
    return render_template(
        "finance/office_loans.html",
        # Only of this page; the sums above are of the whole list.
        rows=[(row, loan_queries.computed(row)) for row in rows[first : first + SIZE]],
        sums=loan_queries.total_of(sums for _, sums in products),
        products=products,
        filters=filters,
        states=LOAN_LIFE.names,
        districts=current_districts(),
        values=values,
        cases=cases,
        page=arithmetic.clamp(page),
        pages=arithmetic.pages,
    )


@blueprint.get(f"{OFFICE}/loans.xlsx")
@needs("finance.read_all")
def export_loans() -> ResponseReturnValue:
    """The list as a workbook, narrowed as the page is."""
    rows = loan_queries.all_loans(loan_queries.read_filters(request.args))
    content = loans_workbook(_cells(row) for row in rows)
    return as_download(content, f"loans-{today()}.xlsx")


@blueprint.post(f"{OFFICE}/<int:loan_id>/confirm")
@needs("finance.decide_loan", of_thing=True)
def confirm_loan(loan_id: int) -> ResponseReturnValue:
    """Confirm the filing."""
    row = loan_queries.get_loan(loan_id, by=current_user)
    loan_deeds.confirm_loan(row, by=current_user, seen=SeenForm().seen_revision)
    return _done(row)


@blueprint.post(f"{OFFICE}/<int:loan_id>/return")
@needs("finance.decide_loan", of_thing=True)
def return_loan(loan_id: int) -> ResponseReturnValue:
    """Send it back with what is missing."""
    return _send_back(loan_id, loan_deeds.return_loan)


@blueprint.post(f"{OFFICE}/<int:loan_id>/reopen")
@needs("finance.decide_loan", of_thing=True)
def reopen_loan(loan_id: int) -> ResponseReturnValue:
    """Let the bank enter the end again."""
    return _send_back(loan_id, loan_deeds.reopen_loan)


@blueprint.post(f"{OFFICE}/<int:loan_id>/province")
@needs("finance.decide_loan", of_thing=True)
def note_province(loan_id: int) -> ResponseReturnValue:
    """Note what the province paid."""
    form = ProvinceForm()
    return _press(
        loan_id,
        loan_deeds.note_province,
        form,
        "noting",
        lambda: {
            "province_fen": form.read_box("province", read_fen),
            "document": form.document.data or "",
        },
    )


def _send_back(loan_id: int, deed: Callable[..., None]) -> ResponseReturnValue:
    form = NoteForm()
    return _press(
        loan_id, deed, form, "returning", lambda: {"note": form.note.data or ""}
    )


def _press(
    loan_id: int,
    deed: Callable[..., None],
    form: SeenForm,
    name: str,
    read: Callable[[], dict[str, Any]],
) -> ResponseReturnValue:
    """One deed with what its form says; what was refused is shown next to its box.

    Args:
        loan_id: of the loan.
        deed: takes the loan, `by`, `seen` and what was read.
        form: as it was sent.
        name: of the form on the page.
        read: what the deed is given; called inside, for reading a box may refuse it too.
    """
    row = loan_queries.get_loan(loan_id, by=current_user)
    try:
        with form.judged_whole():
            deed(row, by=current_user, seen=form.seen_revision, **read())
    except Invalid as error:
        form.blame(error.problems)
        return _loan_page(row, 422, **{name: form})
    return _done(row)


def _done(row: FiledLoan) -> ResponseReturnValue:
    flash(f"贷款 {row.contract_no}：{row.state_name}。", "success")
    return redirect(url_for("finance.loan", loan_id=row.id), 303)


def _choices(institution: Organisation) -> dict[str, Any]:
    """What the boxes of a loan offer."""
    products = {}
    for one in queries.products_of([institution.id]):
        # Ended ones, too: a loan that was lent earlier may be filed later.
        if one.state != "preparing":
            products[str(one.id)] = one.name
    return {"districts": current_districts(), "products": products}


def _values(form: LoanForm) -> LoanValues:
    product = None
    if form.product.data:
        # 0 is nobody's: what is no number is refused by the deed.
        product = request.form.get("product", 0, type=persistence.row_number)
    return LoanValues(
        borrower_name=form.borrower_name.data or "",
        borrower_uscc=form.borrower_uscc.data or "",
        district=form.district.data or "",
        contract_no=form.contract_no.data or "",
        purpose=form.purpose.data or "",
        principal_fen=form.read_box("principal", read_fen),
        rate=form.rate.data or "",
        start_on=form.start_on.data,
        end_on=form.end_on.data,
        product_id=product,
    )


def _plain_yuan(fen: int) -> str:
    whole, rest = divmod(fen, FEN_OF_YUAN)
    return f"{whole}.{rest:02d}"


def _refused(
    form: LoanForm,
    error: Invalid | NotNow,
    institution: Organisation,
    row: FiledLoan | None = None,
) -> ResponseReturnValue:
    if isinstance(error, Invalid):
        form.blame(error.problems, "borrower_name")
        return _form_page(form, institution, row, 422)
    number = form.contract_no.data or ""
    filed = loan_queries.filed_as(institution.id, number, other_than=row)
    if filed is None:
        raise error
    # What was typed stays in the form, for it may be the number that is wrong.
    return _form_page(form, institution, row, 409, refusal=error, filed=filed)


def _form_page(
    form: LoanForm,
    institution: Organisation,
    row: FiledLoan | None = None,
    status: int = 200,
    **more: Any,
) -> ResponseReturnValue:
    page = render_template(
        "finance/loan_form.html", form=form, institution=institution, loan=row, **more
    )
    return page, status


def _loan_page(
    row: FiledLoan, status: int = 200, **forms: PageForm
) -> ResponseReturnValue:
    seen = str(row.revision)
    given = {
        "repaying": RepaidForm(formdata=None, seen=seen),
        "losing": LossForm(formdata=None, seen=seen),
        "returning": NoteForm(formdata=None, seen=seen),
        "noting": ProvinceForm(formdata=None, seen=seen),
    } | forms
    page = render_template(
        "finance/loan.html",
        loan=row,
        result=loan_queries.computed(row),
        differing_name=loan_queries.differing_name(row),
        files=may(current_user, "finance.file_loan", row),
        decides=may(current_user, "finance.decide_loan", row),
        **given,
    )
    return page, status


def _cells(row: FiledLoan) -> list[str]:
    """The cells of a loan, in the order of the workbook."""
    result = loan_queries.computed(row)
    first = "是" if row.is_first else "否"
    shared = ("", "")
    if result.loss is not None:
        shared = (yuan(result.loss.city), yuan(result.loss.county))
    return [
        row.institution.name,
        row.product_name,
        row.borrower_name,
        row.borrower_uscc,
        row.district.name,
        row.contract_no,
        row.purpose,
        yuan(row.principal_fen),
        f"{row.rate.normalize():f}",
        str(row.start_on),
        str(row.end_on),
        str(row.filed_on),
        row.state_name,
        first,
        str(row.repaid_on or ""),
        _sum(row.province_fen),
        # Never an empty cell: the office reads why there is no sum.
        _sum(result.interest_fen) or result.why,
        _sum(row.lost_fen),
        *shared,
        "；".join(value.source for value in result.sources) or UNKNOWN,
    ]


def _sum(fen: int | None) -> str:
    return "" if fen is None else yuan(fen)
