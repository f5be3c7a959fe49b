"""What is done to products: writing, handing in, publishing by an operator, ending. One function a button."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from marketplace import persistence
from marketplace.clock import now, today
from marketplace.errors import Invalid, NotNow, Stale
from marketplace.extensions import db
from marketplace.finance import announcements
from marketplace.finance.content import (
    ProductCase,
    ProductTerms,
    stored_cases,
    stored_terms,
)
from marketplace.finance.fitting import EXPECTED, case_problems
from marketplace.finance.life import MAX_NOTE, PRODUCT_KINDS
from marketplace.finance.models import MAX_NAME, FinanceProduct, ProductVersion
from marketplace.finance.typed_terms import MOST
from marketplace.organisations.models import Organisation
from marketplace.permissions import Reader, reader_id, require
from marketplace.policies.content import Figures, plain
from marketplace.typed_texts import LEAST, checked_text, gathered_text

NOT_SAVED = "产品没有保存。"
WHY = f"写明要改什么，{LEAST}–{MAX_NOTE} 字。"
MOST_AHEAD = timedelta(days=730)
MOST_CASES = 20
TAKEN = Invalid(
    NOT_SAVED, problems={"name": ["贵机构已经有一个同名的产品，请打开它改新版本。"]}
)
BEGUN = Stale("刚有同事开始写新版本。", "请重新打开这一页，在那一版上改。")


def require_institution(organisation: Organisation) -> None:
    """Refuse who is no verified financial institution. Raises NotNow."""
    if organisation.kind != "financial" or not organisation.is_verified:
        raise NotNow(
            "只有已核验的金融机构能办理。",
            "单位核验以后再来；单位类型不对的，请联系运营方。",
        )


def hold_for(row: Any, deed: str, by: Reader | None, seen: int) -> None:
    """Let nobody else decide about a row before this commit.

    Args:
        row: with a `life` and a `revision`.
        deed: of its life table.
        by: who does it; None for the site itself.
        seen: the revision that they saw.

    Raises NotNow: its state does not allow the deed; Stale: somebody has changed it.
    """
    persistence.hold_row(row)
    row.life.permits(row, deed, by)
    if row.revision != seen:
        raise Stale(*persistence.CHANGED_MEANWHILE)


def create_product(
    organisation: Organisation,
    kind: str,
    name: str,
    terms: ProductTerms | None,
    valid_from: date | None,
    *,
    by: Reader | None,
) -> FinanceProduct:
    """登记产品, with the draft of its first version.

    Args:
        organisation: a verified financial institution.
        kind: a key of `PRODUCT_KINDS`.
        name: as the institution calls it.
        terms: what it offers and requires; None: that could not be read, and all else is judged.
        valid_from: the first day on which it is to act.
        by: who acts for the institution; None for the site itself.

    Raises:
        NotAllowed.
        NotNow: the organisation is no verified financial institution.
        Invalid: a value is missing or makes no sense, or the institution has a product of that name.
    """
    product = FinanceProduct(
        organisation_id=organisation.id, product_kind=kind, state="preparing"
    )
    # The new row names its institution, which is what the permission asks about.
    require(by, "finance.offer", product)
    require_institution(organisation)
    problems: dict[str, list[str]] = {}
    if kind not in PRODUCT_KINDS:
        problems["kind"] = ["选一种产品。"]
    missing = "写产品的名称。"
    product.name = gathered_text(problems, "name", name, MAX_NAME, missing=missing)
    problems.update(_day_problems(valid_from))
    if problems or terms is None:
        raise Invalid(NOT_SAVED, problems=problems)
    db.session.add(product)
    with persistence.refusals(duplicates={"uq_finance_product_name": TAKEN}):
        # History needs its number, and a name that is taken is refused in our words already here.
        db.session.flush()
    product.life.born(product, by=by)
    _add_version(product, 1, terms, valid_from, by=by)
    _commit_version()
    return product


def begin_version(
    product: FinanceProduct,
    terms: ProductTerms | None,
    valid_from: date | None,
    *,
    by: Reader | None,
    seen: int,
) -> ProductVersion:
    """起草新版本 of a published product.

    Args:
        terms: as for `create_product`.
        seen: number of the newest version that they saw.

    Raises:
        NotAllowed; NotNow: it was ended; Stale: somebody began one; Invalid: the terms or the day make no sense.
    """
    require(by, "finance.offer", product)
    require_institution(product.organisation)
    # Of two of one bank the second waits here, and then sees the version of the first.
    persistence.hold_row(product)
    if product.state == "ended":
        raise NotNow("这个产品已经停办。", "要重新办理的，请登记新的产品。")
    newest = max(version.number for version in product.versions)
    if product.open_version is not None or newest != seen:
        raise BEGUN
    problems = _day_problems(valid_from)
    if problems or terms is None:
        raise Invalid(NOT_SAVED, problems=problems)
    version = _add_version(product, newest + 1, terms, valid_from, by=by)
    _commit_version()
    return version


def save_version(
    version: ProductVersion,
    terms: ProductTerms | None,
    valid_from: date | None,
    *,
    by: Reader | None,
    seen: int,
) -> None:
    """保存草稿. Raises as `begin_version`."""
    require(by, "finance.offer", version)
    _hold(version, seen)
    _require_editable(version)
    problems = _day_problems(valid_from)
    if problems or terms is None:
        raise Invalid(NOT_SAVED, problems=problems)
    assert valid_from is not None  # noqa: S101
    version.content = _content(terms, version.cases)
    version.valid_from = valid_from
    version.owner_id = reader_id(by)
    persistence.commit()


def add_case(
    version: ProductVersion,
    figures: Figures,
    expected: str,
    *,
    by: Reader | None,
    seen: int,
) -> None:
    """添加算例: what the rule must give; one that does not come out is stored and keeps the version from acting.

    Args:
        version: a draft.
        figures: field of `product_questions` → value.
        expected: the sum in 万元, or a key of `EXPECTED` but `amount`.
        by: who acts for the institution.
        seen: the revision that they saw.

    Raises:
        NotAllowed, NotNow, Stale.
        Invalid: the rule looks at none of the figures, the same example is there, or nothing sensible is expected.
    """
    require(by, "finance.offer", version)
    _hold(version, seen)
    _require_editable(version)
    cases = version.cases
    problems: dict[str, list[str]] = {}
    # The rule may have been changed since the page with its boxes was opened.
    if not figures.keys() <= {*version.terms.fields}:
        problems["expected"] = [
            "算例只写这一版的规则会看的情况，请重新打开这一页再写。"
        ]
    # `amount` is a word of the form only: what is stored is the sum itself.
    elif expected == "amount" or (expected not in EXPECTED and not _is_sum(expected)):
        problems["expected"] = ["选按规则应得什么；选最高多少万元的，写明多少。"]
    elif figures in [one.figures for one in cases]:
        problems["expected"] = ["已经有一个情况相同的算例，请改一项，或先删除那一个。"]
    elif len(cases) >= MOST_CASES:
        problems["expected"] = [f"最多 {MOST_CASES} 个算例，先删除几个。"]
    if problems:
        raise Invalid("算例没有保存。", problems=problems)
    _store_cases(version, [*cases, ProductCase(figures, expected)])


def remove_case(
    version: ProductVersion, number: int, *, by: Reader | None, seen: int
) -> None:
    """删除算例. `number`: from 1. Raises NotAllowed, NotNow, Stale; Invalid: there is no such example."""
    require(by, "finance.offer", version)
    _hold(version, seen)
    _require_editable(version)
    cases = version.cases
    if not 1 <= number <= len(cases):
        raise Invalid("没有这个算例。", "请重新打开这一页再看。")
    del cases[number - 1]
    _store_cases(version, cases)


def submit_version(version: ProductVersion, *, by: Reader | None, seen: int) -> None:
    """送审: an operator reads it before anybody sees it.

    Raises:
        NotAllowed, Stale.
        NotNow: its state does not allow it, or its worked examples are too few or do not come out.
    """
    require(by, "finance.offer", version)
    require_institution(version.product.organisation)
    _hold(version, seen)
    version.life.permits(version, "submit", by)
    if problems := case_problems(version):
        raise NotNow("没有送审：算例还没有写好。", " ".join(problems))
    version.life.move(version, "submit", by=by)
    version.submitted_at = now()
    # What an operator wanted changed belongs to the round before.
    version.note = ""
    # Who hands it in answers for it: the operator who lets it through must be somebody else.
    version.owner_id = reader_id(by)
    persistence.commit()


def recall_version(version: ProductVersion, *, by: Reader | None, seen: int) -> None:
    """取回 what no operator has decided about. Raises NotAllowed, NotNow, Stale."""
    require(by, "finance.offer", version)
    _hold(version, seen)
    version.life.move(version, "recall", by=by)
    version.submitted_at = None
    persistence.commit()


def drop_version(version: ProductVersion, *, by: Reader | None, seen: int) -> None:
    """删除草稿. Raises NotAllowed, NotNow, Stale."""
    require(by, "finance.offer", version)
    _hold(version, seen)
    version.life.move(version, "drop", by=by)
    persistence.commit()


def approve_version(version: ProductVersion, *, by: Reader | None, seen: int) -> None:
    """公布: it acts from its first day on, or from today where that has passed, in the place of what it replaces.

    Raises:
        NotAllowed: they wrote it, or belong to its institution.
        NotNow: its state does not allow it, or a worked example does not come out.
        Stale.
    """
    require(by, "finance.review", version)
    # It may have been suspended while its version waited.
    require_institution(version.product.organisation)
    _hold(version, seen)
    version.life.permits(version, "approve", by)
    if problems := case_problems(version):
        raise NotNow("没有公布：算例没有写好。", f"退回机构修改。{' '.join(problems)}")
    product = version.product
    version.life.move(version, "approve", by=by)
    version.decided_at, version.decided_by_id = now(), reader_id(by)
    # Nothing acts before it was let through: figures of earlier days were never compared with it.
    version.valid_from = max(version.valid_from, today())
    # What is replaced has a lower id and is written first: two versions of one first day cannot act, even for a moment.
    for other in product.versions:
        _make_way(other, version)
    if product.state == "preparing":
        product.life.move(product, "list", by=by)
    announcements.announce_review(version)
    _commit_version()


def return_version(
    version: ProductVersion, note: str, *, by: Reader | None, seen: int
) -> None:
    """退回修改, with what is to be changed. Raises NotAllowed, NotNow, Stale, Invalid."""
    require(by, "finance.review", version)
    _hold(version, seen)
    version.life.permits(version, "return", by)
    version.note = checked_text("note", note, MAX_NOTE, missing=WHY)
    version.life.move(version, "return", by=by, note=version.note)
    version.decided_at, version.decided_by_id = now(), reader_id(by)
    announcements.announce_review(version)
    persistence.commit()


def end_product(product: FinanceProduct, *, by: Reader | None, seen: int) -> None:
    """停办: it leaves the catalogue at once; its versions stay readable for its institution.

    Raises NotAllowed, NotNow, Stale.
    """
    require(by, "finance.offer", product)
    _hold(product, seen)
    product.life.move(product, "end", by=by)
    version = product.open_version
    if version is not None:
        # The table drops drafts only: what an operator may be reading is recalled first.
        if version.state == "submitted":
            version.life.move(version, "recall", by=by)
            db.session.flush()
        version.life.move(version, "drop", by=by)
    persistence.commit()


def _make_way(other: ProductVersion, version: ProductVersion) -> None:
    """End what stood before a new version: the day before it, or altogether where it had not begun."""
    if other is version or other.state != "approved" or other.replaced_at is not None:
        return
    if other.valid_from >= version.valid_from:
        # It begins no earlier than the new one: no day would be left to it, which the table refuses.
        other.replaced_at = now()
    elif other.valid_to is None or other.valid_to >= version.valid_from:
        other.valid_to = version.valid_from - timedelta(days=1)


def _require_editable(version: ProductVersion) -> None:
    if version.state not in version.life.phases["editable"]:
        raise NotNow(
            f"现在的状态是「{version.state_name}」，不能修改。",
            "送审以后要改的，先取回。",
        )


def _is_sum(text: str) -> bool:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return False
    # Written as the evaluator writes it: the texts are compared, and 1.0 is not 1.
    return number.is_finite() and 0 < number <= MOST and text == plain(number)


def _store_cases(version: ProductVersion, cases: list[ProductCase]) -> None:
    version.content = version.content | {"cases": stored_cases(cases)}
    persistence.commit()


def _content(terms: ProductTerms, cases: list[ProductCase]) -> dict[str, Any]:
    """A version as it is stored; of its examples what the rule still looks at."""
    standing, fields = [], terms.fields
    for case in cases:
        figures = {
            name: value for name, value in case.figures.items() if name in fields
        }
        standing.append(ProductCase(figures, case.expected))
    return stored_terms(terms) | {"cases": stored_cases(standing)}


def _add_version(
    product: FinanceProduct,
    number: int,
    terms: ProductTerms,
    valid_from: date | None,
    *,
    by: Reader | None,
) -> ProductVersion:
    # A new version begins with the examples of the one before, to be changed where its rule differs.
    former = product.written_version
    cases = [] if former is None else former.cases
    version = ProductVersion(
        product=product,
        number=number,
        content=_content(terms, cases),
        valid_from=valid_from,
        owner_id=reader_id(by),
    )
    db.session.add(version)
    with persistence.refusals(duplicates=_duplicates()):
        db.session.flush()
    version.life.born(version, by=by)
    return version


def _hold(row: FinanceProduct | ProductVersion, seen: int) -> None:
    """Let nobody else decide about a product or a version before this commit. Raises Stale."""
    persistence.hold_row(row)
    if row.revision != seen:
        raise Stale(*persistence.CHANGED_MEANWHILE)


def _day_problems(valid_from: date | None) -> dict[str, list[str]]:
    if valid_from is None:
        return {"valid_from": ["写从哪一天起按这一版，如 2026-12-01。"]}
    if not today() <= valid_from <= today() + MOST_AHEAD:
        return {"valid_from": ["不早于今天，也不晚于两年以后。"]}
    return {}


def _duplicates() -> dict[str, Invalid | Stale]:
    return {
        "uq_finance_product_name": TAKEN,
        "uq_finance_product_version_open": BEGUN,
        "uq_finance_product_version_number": BEGUN,
        "uq_finance_product_version_first_day": Stale(*persistence.CHANGED_MEANWHILE),
    }


def _commit_version() -> None:
    persistence.commit(duplicates=_duplicates())
