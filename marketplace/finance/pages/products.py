"""Pages of products: the catalogue with what fits, one product, and the desk of its institution."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import persistence
from marketplace.clock import today
from marketplace.door import OPEN_PAGE, current_reader, needs
from marketplace.errors import Invalid
from marketplace.finance import deeds, loan_queries, pack_queries, queries
from marketplace.finance.content import (
    NO_APPROVAL,
    STATUS_FIELDS,
    amount_words,
    product_questions,
)
from marketplace.finance.fitting import (
    EXPECTED,
    case_problems,
    fit_of,
    fits_of,
    worked_cases,
)
from marketplace.finance.forms import NoteForm, ProductForm
from marketplace.finance.models import FinanceProduct, ProductVersion
from marketplace.finance.pages.blueprint import blueprint
from marketplace.finance.typed_terms import Reading, read_terms, typed_terms
from marketplace.forms import SeenForm, read_revision
from marketplace.organisations.models import Organisation
from marketplace.parsing import ParseError
from marketplace.permissions import may, require
from marketplace.policies.content import plain
from marketplace.policies.typed_figures import (
    as_typed,
    question_labels,
    read_amount,
    read_figures,
)

OWN = "/mine/finance/products/<int:product_id>"
VERSION = "/mine/finance/versions/<int:version_id>"
OFFICE = "/office/finance/versions/<int:version_id>"
TERMS = ("summary", "price", "term", "document", "papers", "form", "value", "percent", "base", "cap")  # fmt: skip


@blueprint.route("/finance", methods=["GET", "POST"])
@needs("public.read", writes=False, stored=OPEN_PAGE)
def catalogue() -> ResponseReturnValue:
    """Every product of today; with figures, which fit and what is missing. Figures are not stored."""
    questions = product_questions()
    organisation = _own_firm()
    typed = {name: request.form.get(name, "")[:60] for name in questions}
    read = read_figures(typed, questions)
    figures = read.figures
    # What is known of the firm fills the boxes once; from then on what they typed counts.
    if not request.form and organisation is not None:
        figures = queries.figures_of_firm(organisation, today())
        typed = {name: as_typed(value) for name, value in figures.items()}
    versions = queries.catalogue(today())
    # With no figure at all every product would lack everything, which helps nobody.
    groups = fits_of(versions, figures, today()) if figures else []
    page = render_template(
        "finance/catalogue.html",
        versions=versions,
        groups=groups,
        questions=questions,
        names=question_labels(questions),
        typed=typed,
        problems=read.problems,
        organisation=organisation,
        amount_words=amount_words,
        no_approval=NO_APPROVAL,
    )
    return page, 422 if read.problems else 200


@blueprint.get("/finance/products/<int:product_id>")
@needs("public.read", stored=OPEN_PAGE)
def product(product_id: int) -> ResponseReturnValue:
    """One product: what it offers and requires, and how it fits one's own firm."""
    version = queries.get_listed(product_id, today())
    organisation = _own_firm()
    figures = {}
    if organisation is not None:
        figures = queries.figures_of_firm(organisation, today())
    return render_template(
        "finance/product.html",
        # Only who may: the button led others to 「没有找到」.
        offers_pack=organisation is not None
        and bool(pack_queries.firms_of(current_user)),
        version=version,
        product=version.product,
        versions=queries.published_versions(version.product),
        fit=fit_of(version, figures, today()),
        organisation=organisation,
        amount=amount_words(version.terms.amount),
        cases=worked_cases(version),
        no_approval=NO_APPROVAL,
    )


@blueprint.get("/mine/finance/products")
@needs("mine.read")
def products() -> ResponseReturnValue:
    """The products of the institutions for which one acts."""
    institutions = queries.institutions_of(current_user)
    rows = queries.products_of([one.id for one in institutions])
    return render_template(
        "finance/products.html", rows=rows, institutions=institutions
    )


@blueprint.route("/mine/finance/products/new", methods=["GET", "POST"])
@needs("mine.read")
def new_product() -> ResponseReturnValue:
    """Enter a product with the draft of its first version."""
    institution = queries.get_institution(
        current_user, request.values.get("organisation", type=persistence.row_number)
    )
    form = ProductForm()
    if not form.is_submitted():
        return _form_page(form, {}, institution=institution)
    reading = read_terms(request.form)

    def deed() -> FinanceProduct:
        return deeds.create_product(
            institution,
            form.kind.data or "",
            form.name.data or "",
            reading.terms,
            form.valid_from.data,
            by=current_user,
        )

    return _save(
        form, reading, deed, "草稿已保存，看过没有问题就送审。", institution=institution
    )


@blueprint.get(OWN)
@needs("mine.read")
def product_office(product_id: int) -> ResponseReturnValue:
    """A product with all its versions, for its institution and for operators."""
    return _office_page(queries.get_own(product_id, by=current_user))


@blueprint.route(f"{OWN}/edit", methods=["GET", "POST"])
@needs("finance.offer", of_thing=True)
def edit_product(product_id: int) -> ResponseReturnValue:
    """Change the draft, or begin a new version where none is open."""
    row = queries.get_own(product_id, by=current_user)
    # Operators read the product, too, and have nothing to fill in.
    require(current_user, "finance.offer", row)
    version = row.open_version
    form = ProductForm()
    newest = row.versions[0]
    if not form.is_submitted():
        shown = typed_terms((version or row.written_version or newest).terms)
        data: dict[str, Any] = {name: shown[name] for name in TERMS}
        # One of both only: who begins a version never overwrites the draft that somebody else has begun since.
        if version is None:
            data |= {"valid_from": today(), "follows": str(newest.number)}
        else:
            data |= {"valid_from": version.valid_from, "seen": str(version.revision)}
        filled = ProductForm(formdata=None, data=data)
        return _form_page(filled, shown, product=row)
    reading = read_terms(request.form)

    def deed() -> FinanceProduct:
        values = (reading.terms, form.valid_from.data)
        if version is None:
            seen = read_revision(form.follows.data)
            deeds.begin_version(row, *values, by=current_user, seen=seen)
        else:
            deeds.save_version(
                version, *values, by=current_user, seen=form.seen_revision
            )
        return row

    return _save(form, reading, deed, "草稿已保存，看过没有问题就送审。", product=row)


@blueprint.post(f"{VERSION}/cases")
@needs("finance.offer", of_thing=True)
def add_case(version_id: int) -> ResponseReturnValue:
    """Add a worked example to a draft."""
    row = queries.get_version(version_id, by=current_user)
    require(current_user, "finance.offer", row)
    questions = product_questions()
    # Only what the rule looks at; the deed refuses others, for the rule may change in between.
    typed = {name: request.form.get(name, "")[:60] for name in row.terms.fields}
    typed |= {name: request.form.get(name, "")[:60] for name in ("expected", "sum")}
    read = read_figures(typed, questions)
    problems = dict(read.problems)
    try:
        expected = typed["expected"]
        if expected == "amount":
            expected = plain(read_amount(typed["sum"].strip()))
    except ParseError as error:
        problems["sum"] = [error.sentence]
    try:
        if problems:
            raise Invalid("算例没有保存。", problems=problems)
        deeds.add_case(
            row,
            read.figures,
            expected,
            by=current_user,
            seen=SeenForm().seen_revision,
        )
    except Invalid as error:
        return _office_page(row.product, 422, case=(typed, error.problems))
    flash("算例已添加。", "success")
    return redirect(url_for("finance.product_office", product_id=row.product_id), 303)


@blueprint.post(f"{VERSION}/cases/remove")
@needs("finance.offer", of_thing=True)
def remove_case(version_id: int) -> ResponseReturnValue:
    """Remove a worked example from a draft."""
    number = request.form.get("number", 0, type=persistence.row_number) or 0
    return _press(
        version_id,
        lambda row, **acting: deeds.remove_case(row, number, **acting),
        "算例已删除。",
    )


@blueprint.post(f"{VERSION}/submit")
@needs("finance.offer", of_thing=True)
def submit_version(version_id: int) -> ResponseReturnValue:
    """Hand a version in."""
    return _press(version_id, deeds.submit_version, "已送审，审核结果会通知您。")


@blueprint.post(f"{VERSION}/recall")
@needs("finance.offer", of_thing=True)
def recall_version(version_id: int) -> ResponseReturnValue:
    """Take a version back before a decision."""
    return _press(version_id, deeds.recall_version, "已取回，可以继续修改。")


@blueprint.post(f"{VERSION}/drop")
@needs("finance.offer", of_thing=True)
def drop_version(version_id: int) -> ResponseReturnValue:
    """Give up a draft."""
    return _press(version_id, deeds.drop_version, "草稿已删除。")


@blueprint.post(f"{OWN}/end")
@needs("finance.offer", of_thing=True)
def end_product(product_id: int) -> ResponseReturnValue:
    """Take a product out of the catalogue."""
    row = queries.get_own(product_id, by=current_user)
    deeds.end_product(row, by=current_user, seen=SeenForm().seen_revision)
    flash(f"「{row.name}」已停办，目录里不再显示。", "success")
    return redirect(url_for("finance.products"), 303)


@blueprint.post(f"{OFFICE}/approve")
@needs("finance.review", of_thing=True)
def approve_version(version_id: int) -> ResponseReturnValue:
    """Let a version act."""
    return _press(version_id, deeds.approve_version, "已公布，机构会收到通知。")


@blueprint.post(f"{OFFICE}/return")
@needs("finance.review", of_thing=True)
def return_version(version_id: int) -> ResponseReturnValue:
    """Send a version back with what is to be changed."""
    row = queries.get_version(version_id, by=current_user)
    form = NoteForm()
    try:
        deeds.return_version(
            row, form.note.data or "", by=current_user, seen=form.seen_revision
        )
    except Invalid as error:
        form.blame(error.problems, "note")
        return _office_page(row.product, 422, returning=form)
    flash("已退回，机构会收到通知。", "success")
    return redirect(url_for("finance.product_office", product_id=row.product_id), 303)


def _press(
    version_id: int, deed: Callable[..., None], message: str
) -> ResponseReturnValue:
    row = queries.get_version(version_id, by=current_user)
    deed(row, by=current_user, seen=SeenForm().seen_revision)
    flash(message, "success")
    return redirect(url_for("finance.product_office", product_id=row.product_id), 303)


def _save(
    form: ProductForm,
    reading: Reading,
    deed: Callable[[], FinanceProduct],
    message: str,
    **owner: Any,
) -> ResponseReturnValue:
    """Save what was typed; what was refused is shown next to its box."""
    try:
        row = deed()
    except Invalid as error:
        form.valid_from.errors = []
        problems = reading.problems | error.problems
        form.blame(problems)
        typed = {name: request.form.getlist(name) for name in request.form}
        shown: dict[str, Any] = {name: values[0] for name, values in typed.items()}
        for name in ("any_of", *_choices()):
            shown[name] = typed.get(name, [])
        return _form_page(form, shown, problems, 422, **owner)
    flash(message, "success")
    return redirect(url_for("finance.product_office", product_id=row.id), 303)


def _form_page(
    form: ProductForm,
    typed: dict[str, Any],
    problems: dict[str, list[str]] | None = None,
    status: int = 200,
    *,
    institution: Organisation | None = None,
    product: FinanceProduct | None = None,
) -> ResponseReturnValue:
    page = render_template(
        "finance/edit.html",
        form=form,
        typed=typed,
        problems=problems or {},
        questions=product_questions(),
        statuses=[product_questions()[name] for name in STATUS_FIELDS],
        institution=institution,
        product=product,
    )
    return page, status


def _office_page(
    row: FinanceProduct,
    status: int = 200,
    *,
    returning: NoteForm | None = None,
    case: tuple[dict[str, str], Mapping[str, list[str]]] = ({}, {}),
) -> ResponseReturnValue:
    """The page of a product with all its versions.

    Args:
        row: the product.
        status: of the answer.
        returning: what an operator typed, that was refused.
        case: a worked example that was typed and refused, with what is wrong.
    """
    questions = product_questions()
    names = question_labels(questions)
    version = row.open_version
    seen = str(version.revision) if version is not None else ""
    page = render_template(
        "finance/product_office.html",
        product=row,
        open_version=version,
        returning=returning or NoteForm(formdata=None, seen=seen),
        offers=may(current_user, "finance.offer", row),
        reviews=version is not None and may(current_user, "finance.review", version),
        may_write=_may_write(row, version),
        amount_words=amount_words,
        cases={one.id: worked_cases(one) for one in row.versions},
        loans=loan_queries.loans_of_product(row.id),
        case_problems=case_problems(version) if version is not None else [],
        questions=questions,
        case_names=names | {"expected": "应得", "sum": "最高多少"},
        expected=EXPECTED,
        case_typed=case[0],
        case_faults=case[1],
    )
    return page, status


def _may_write(row: FinanceProduct, version: ProductVersion | None) -> bool:
    if row.state == "ended" or not may(current_user, "finance.offer", row):
        return False
    return version is None or version.state in version.life.phases["editable"]


def _choices() -> list[str]:
    questions = product_questions()
    return [name for name, one in questions.items() if one.kind == "choice"]


def _own_firm() -> Organisation | None:
    """The organisation of the reader whose figures are filled in: the first that is no financial institution."""
    for one in getattr(current_reader(), "organisations", []):
        # A bank is no customer of its own products.
        if one.kind != "financial":
            found: Organisation = one
            return found
    return None
