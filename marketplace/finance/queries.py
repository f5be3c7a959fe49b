"""What is read of products: the catalogue of a day, those of an institution, what waits, and figures of a firm."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import contains_eager, selectinload

from marketplace import contributions
from marketplace.counting import as_count
from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.finance.disclosure import acting_ids
from marketplace.finance.fitting import status_figures
from marketplace.finance.life import SEARCH_WORDS, SERVES
from marketplace.finance.models import FinanceProduct, ProductVersion
from marketplace.listings.child_models import IntellectualProperty
from marketplace.listings.disclosure import view_of
from marketplace.listings.models import Achievement, Demand
from marketplace.organisations.models import Organisation
from marketplace.permissions import Reader, may, require
from marketplace.persistence import Page, find_row
from marketplace.policies.content import Figure
from marketplace.statuses.queries import codes_on

SIZE = 20
NO_PRODUCT = ("没有找到这个产品。", "可以从「金融产品」里打开。")


def catalogue(day: date, kinds: Collection[str] | None = None) -> list[ProductVersion]:
    """The versions that act on a day, of verified institutions, by kind and name; of `kinds` where given."""
    query = _acting_on(day)
    if kinds is not None:
        query = query.where(FinanceProduct.product_kind.in_(kinds))
    query = query.order_by(
        FinanceProduct.product_kind, FinanceProduct.name, FinanceProduct.id
    )
    return list(db.session.scalars(query))


def _acting_on(day: date) -> Select[tuple[ProductVersion]]:
    query: Select[tuple[ProductVersion]] = (
        db.select(ProductVersion)
        .join(FinanceProduct)
        .join(Organisation, Organisation.id == FinanceProduct.organisation_id)
        # With its product, or each card of the catalogue would read its own.
        .options(contains_eager(ProductVersion.product))
        .where(
            FinanceProduct.state == "listed",
            # A product leaves the catalogue with its institution's verification, without a job.
            Organisation.state == "verified",
            ProductVersion.state == "approved",
            ProductVersion.replaced_at.is_(None),
            ProductVersion.valid_from <= day,
            db.or_(ProductVersion.valid_to.is_(None), ProductVersion.valid_to >= day),
        )
    )
    return query


def get_listed(number: int, day: date) -> ProductVersion:
    """The version of a product that acts on a day. Raises NotFound."""
    # One statement for both: a product that is not listed today is not found, whatever it was.
    query = _acting_on(day).where(ProductVersion.product_id == number)
    version = db.session.scalar(query)
    if version is None:
        raise NotFound(*NO_PRODUCT)
    return version


def wanted_kinds(text: str) -> list[str]:
    """The kinds of products that a search asks for, by its words alone: nothing is read from the database."""
    folded = unicodedata.normalize("NFKC", text)
    kinds = []
    for kind, words in SEARCH_WORDS.items():
        if any(word in folded for word in words):
            kinds.append(kind)
    return kinds


def published_versions(product: FinanceProduct) -> list[ProductVersion]:
    """The versions of a product that act, acted or will act, the newest first."""
    shown = []
    for version in product.versions:
        if version.state == "approved" and version.replaced_at is None:
            shown.append(version)
    return sorted(shown, key=lambda version: version.valid_from, reverse=True)


def get_own(number: int, *, by: Reader) -> FinanceProduct:
    """A product that this reader writes, or reviews. Raises NotFound."""
    row = find_row(FinanceProduct, number)
    if row is None or not (
        may(by, "finance.offer", row) or may(by, "finance.read_all")
    ):
        raise NotFound(*NO_PRODUCT)
    return row


def get_version(number: int, *, by: Reader) -> ProductVersion:
    """A version that this reader writes, or reviews. Raises NotFound."""
    row = find_row(ProductVersion, number)
    if row is None:
        raise NotFound(*NO_PRODUCT)
    get_own(row.product_id, by=by)
    return row


def get_institution(person: Reader, number: int | None = None) -> Organisation:
    """The financial institution for which a person acts: the one of that number, or the first.

    Raises:
        NotFound: they act for none.
    """
    found = institutions_of(person)
    for row in found:
        if number is None or row.id == number:
            # A product that is not stored yet: the permission looks at whose it would be.
            require(person, "finance.offer", FinanceProduct(organisation_id=row.id))
            return row
    raise NotFound(
        "这里由已核验的金融机构办理。", "在「我的单位」里看您所在单位的类型和核验情况。"
    )


def institutions_of(person: Reader) -> list[Organisation]:
    """The verified financial institutions for which a person acts, by name."""
    query = db.select(Organisation).where(
        Organisation.id.in_(acting_ids(person)),
        Organisation.kind == "financial",
        Organisation.state == "verified",
    )
    return list(db.session.scalars(query.order_by(Organisation.name)))


def verified_institutions() -> list[Organisation]:
    """Every verified financial institution, by name."""
    query = db.select(Organisation).where(
        Organisation.kind == "financial", Organisation.state == "verified"
    )
    return list(db.session.scalars(query.order_by(Organisation.name)))


def products_of(organisation_ids: Collection[int]) -> list[FinanceProduct]:
    """The products of institutions, newest first."""
    query = (
        db.select(FinanceProduct)
        .where(FinanceProduct.organisation_id.in_(organisation_ids))
        # The list says which version is being written: one statement for all products, not one each.
        .options(selectinload(FinanceProduct.versions))
    )
    return list(db.session.scalars(query.order_by(FinanceProduct.id.desc())))


@as_count()
def submitted_count() -> Any:
    """How many versions wait for an operator."""
    return db.select(db.func.count(ProductVersion.id)).where(
        ProductVersion.state == "submitted"
    )


def submitted_page(page: int) -> tuple[list[ProductVersion], Page]:
    """A page of those, the oldest first, and the arithmetic of the pages."""
    arithmetic = Page(int(submitted_count()), SIZE)
    query = (
        db.select(ProductVersion)
        .where(ProductVersion.state == "submitted")
        .order_by(ProductVersion.submitted_at, ProductVersion.id)
        .offset(arithmetic.offset(page))
        .limit(SIZE)
    )
    return list(db.session.scalars(query)), arithmetic


def figures_of_firm(organisation: Organisation, day: date) -> dict[str, Figure]:
    """What the platform knows of a firm that products ask; what it does not know is left out, never taken for no.

    Args:
        organisation: the firm; only its own people are shown this.
        day: on which it counts.
    """
    figures: dict[str, Figure] = {}
    figures.update(status_figures(codes_on(organisation.id, day)))
    # Without a district nothing is known: a firm that has not filled it in is not from elsewhere.
    if organisation.district_code is not None:
        figures["is_local"] = True
    count = 0
    for year in (day.year - 1, day.year):
        count += len(contributions.registered_contracts(organisation.id, year))
    # None registered here is not none: contracts may be registered without the platform.
    if count:
        figures["registered_contracts"] = Decimal(count)
    patents = _granted_inventions(organisation.id)
    # Likewise: a firm need not list its patents as achievements.
    if patents:
        figures["patents"] = Decimal(patents)
    return figures


def figures_of_demand(demand: Demand, reader: Reader) -> dict[str, Figure]:
    """What a demand for money says of itself to a reader."""
    # By the view of this reader: a sum that they may not see must not show through what fits.
    view = view_of(demand, reader)
    figures: dict[str, Figure] = {}
    if view.capital_sought is not None:
        figures["capital_sought"] = view.capital_sought
    if view.firm_stage:
        figures["firm_stage"] = view.firm_stage
    return figures


def serving(
    versions: list[ProductVersion], demand: Demand, reader: Reader
) -> list[ProductVersion]:
    """Of products those that serve one of the ways of financing a demand names; all where it names none or any."""
    wanted = set(view_of(demand, reader).financing_modes)
    # `other` is none of our kinds, so that any of them might be meant.
    if not wanted or wanted & {"any", "other"}:
        return versions
    return [one for one in versions if wanted & SERVES[one.product.product_kind]]


def _granted_inventions(organisation_id: int) -> int:
    """How many granted inventions the achievements of an organisation name, each number once, those that ended not."""
    query = (
        db.select(IntellectualProperty)
        .join(Achievement, Achievement.id == IntellectualProperty.achievement_id)
        .where(
            Achievement.organisation_id == organisation_id,
            IntellectualProperty.ip_type == "invention",
            IntellectualProperty.legal_status == "granted",
        )
    )
    standing = set()
    for row in db.session.scalars(query):
        # Granted once and ended since, by its days or by a fee: it secures nothing.
        if row.standing != "lapsed":
            # Several achievements may name one patent.
            standing.add(row.number or row.name)
    return len(standing)
