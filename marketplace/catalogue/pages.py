"""The home page, the search page, its suggestions and export, robots and sitemap.

What they show is read in `queries.py`; the page of one listing belongs to the room of the listings.
"""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace.catalogue import forms, queries
from marketplace.clock import today
from marketplace.door import needs
from marketplace.errors import Invalid
from marketplace.extensions import limiter
from marketplace.listings.models import KIND_NAMES, LISTINGS
from marketplace.listings.schema import terms
from marketplace.permissions import Guest

blueprint = Blueprint("catalogue", __name__)
SUGGESTED_FOR = 60  # seconds a browser may keep what was offered to this reader
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.context_processor
def words() -> dict[str, object]:
    """What the templates of this room say codes with."""
    return {"terms": terms, "forms": forms, "KIND_NAMES": KIND_NAMES}


@blueprint.get("/")
@needs("public.read")
def home() -> ResponseReturnValue:
    """The way in: a search box, the door for a problem, what is new, and true counts."""
    known = queries.facet_names()
    newest = {
        kind: queries.newest(kind, known["field"], by=current_user) for kind in LISTINGS
    }
    return render_template(
        "catalogue/home.html",
        newest=newest,
        examples=queries.examples(),
        browse=queries.browse(known, by=current_user),
    )


@blueprint.get("/search", endpoint="search")
@needs("listing.read")
def find() -> ResponseReturnValue:
    """The search page; every state of it is an address."""
    known = queries.facet_names()
    found = queries.find(forms.Asked.read(request.args, known), known, by=current_user)
    return render_template(
        "catalogue/search.html",
        found=found,
        asked=found.asked,
        tabs=_kind_tabs(found),
        chosen=_chosen_filters(found),
    )


def _kind_tabs(found: queries.Found) -> list[tuple[str, str, bool, int]]:
    """(name, address, whether it is the one that is shown, count) of both kinds together and of each."""
    asked = found.asked
    tabs = []
    for kind, name in forms.KINDS.items():
        count = found.kinds.get(kind, 0)
        if not kind:
            count = sum(found.kinds.values())
        tabs.append((name, asked.of_kind(kind).address, kind == asked.kind, count))
    return tabs


def _chosen_filters(found: queries.Found) -> list[tuple[str, str]]:
    """(name, address without it) of every filter that is applied."""
    chosen = []
    for facet, options in found.facets.items():
        for option in options:
            if option.chosen:
                name = f"{forms.FACETS[facet]}：{option.name}"
                url = found.asked.without(facet, option.code).address
                chosen.append((name, url))
    return chosen


@blueprint.get("/suggest")
@needs("public.read")
@limiter.limit("240/minute")
def suggest() -> ResponseReturnValue:
    """What begins with the letters in `q`, for the list below a search field; of one `kind`, if it names one."""
    text, kind = request.args.get("q", ""), request.args.get("kind", "")
    offers = queries.suggest(text[: forms.TEXT_LIMIT], kind, by=current_user)
    return {"offers": offers}, {"Cache-Control": f"private, max-age={SUGGESTED_FOR}"}


@blueprint.get("/search.xlsx")
@needs("listing.export")
@limiter.limit("20/minute")
def export() -> ResponseReturnValue:
    """The rows of a search of one kind as a workbook."""
    asked = forms.Asked.read(request.args, queries.facet_names())
    if not asked.kind:
        raise Invalid(
            "成果和需求的表格不同，一次只能导出一种。",
            "请先选「成果」或「需求」，再点导出。",
        )
    name = f"{asked.kind}s-{today():%Y%m%d}.xlsx"
    headers = {"Content-Disposition": f"attachment; filename={name}"}
    return Response(
        queries.export(asked, by=current_user), mimetype=XLSX, headers=headers
    )


@blueprint.get("/robots.txt")
@needs("public.read")
def robots() -> ResponseReturnValue:
    """What crawlers may read."""
    return Response(render_template("catalogue/robots.txt"), mimetype="text/plain")


@blueprint.get("/sitemap.xml")
@needs("public.read")
def sitemap() -> ResponseReturnValue:
    """The addresses a guest may find, whoever asks."""
    addresses = queries.addresses(by=Guest())
    return Response(
        render_template("catalogue/sitemap.xml", addresses=addresses),
        mimetype="application/xml",
    )
