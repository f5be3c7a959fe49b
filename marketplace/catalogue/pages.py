"""The home page, the search page, its suggestions and export, robots and sitemap.

What they show is read in `queries.py` and `home.py`; the page of one listing belongs to the room of the listings.
"""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import contributions
from marketplace.catalogue import home as home_page
from marketplace.catalogue import queries, search_state
from marketplace.catalogue.facets import facet_names
from marketplace.catalogue.search_state import SearchState
from marketplace.clock import today
from marketplace.door import OPEN_FILE, OPEN_PAGE, needs
from marketplace.downloads import as_download
from marketplace.errors import Invalid
from marketplace.extensions import limiter
from marketplace.issues.queries import newest_issues
from marketplace.limits import limit_searches
from marketplace.listings.models import KIND_NAMES, LISTINGS
from marketplace.listings.schema import terms
from marketplace.permissions import Guest

blueprint = Blueprint("catalogue", __name__)
SUGGESTED_FOR = 60  # seconds a browser may keep what was offered to this reader
LATEST_ISSUES = 2  # on the home page


@blueprint.context_processor
def words() -> dict[str, object]:
    """What the templates of this room say codes with."""
    return {
        "terms": terms,
        "search_state": search_state,
        "KIND_NAMES": KIND_NAMES,
    }


@blueprint.get("/")
@needs("public.read", stored=OPEN_PAGE)
def home() -> ResponseReturnValue:
    """The way in: a search box, the door for a problem, what is new, and true counts."""
    names = facet_names()
    newest = {}
    for kind in LISTINGS:
        newest[kind] = home_page.newest(kind, names["field"], by=current_user)
    return render_template(
        "catalogue/home.html",
        newest=newest,
        examples=home_page.example_queries(),
        issues=newest_issues(LATEST_ISSUES),
        browse=home_page.count_catalogue(names, by=current_user),
    )


@blueprint.get("/search", endpoint="search")
@needs("listing.read", stored=OPEN_PAGE, cleans=True)
@limit_searches
def find() -> ResponseReturnValue:
    """The search page; every state of it is an address."""
    names = facet_names()
    state = SearchState.from_address(request.args, names)
    results = queries.find_page(state, names, by=current_user)
    return render_template(
        "catalogue/search.html",
        results=results,
        state=results.state,
        tabs=_kind_tabs(results),
        chosen=_chosen_filters(results),
        panels=contributions.search_panels(results.state, current_user),
    )


def _kind_tabs(results: queries.SearchPage) -> list[tuple[str, str, bool, int]]:
    """(name, address, whether it is the one that is shown, count) of both kinds together and of each."""
    state = results.state
    tabs = []
    for kind, name in search_state.KINDS.items():
        count = results.kinds.get(kind, 0)
        # Both kinds: the engine counts each kind under the other filters, so the sum is theirs together.
        if not kind:
            count = sum(results.kinds.values())
        tabs.append((name, state.of_kind(kind).address, kind == state.kind, count))
    return tabs


def _chosen_filters(results: queries.SearchPage) -> list[tuple[str, str]]:
    """(name, address without it) of every filter that is applied."""
    chosen = []
    for facet, options in results.facets.items():
        for option in options:
            if option.chosen:
                name = f"{search_state.FACETS[facet]}：{option.name}"
                url = results.state.without(facet, option.code).address
                chosen.append((name, url))
    return chosen


@blueprint.get("/suggest")
@needs("public.read", stored=f"private, max-age={SUGGESTED_FOR}", cleans=True)
# Four letters a second by somebody who types without a pause.
@limiter.limit("240/minute")
def suggest() -> ResponseReturnValue:
    """What begins with the letters in `q`, for the list below a search field; of one `kind`, if it names one."""
    # Cut as a query is: a longer text is pasted, and completes nothing.
    text = request.args.get("q", "")[: search_state.TEXT_LIMIT]
    kind = request.args.get("kind", "")
    offers = queries.suggest(text, kind, by=current_user)
    return {"offers": offers}


@blueprint.get("/search.xlsx")
@needs("listing.export", cleans=True)
# An export reads a thousand rows in full.
@limiter.limit("20/minute")
def export() -> ResponseReturnValue:
    """The rows of a search of one kind as a workbook."""
    state = SearchState.from_address(request.args, facet_names())
    # The two lists have different columns.
    if not state.kind:
        raise Invalid(
            "成果和需求的表格不同，一次只能导出一种。",
            "请先选「成果」或「需求」，再点导出。",
        )
    name = f"{state.kind}s-{today():%Y%m%d}.xlsx"
    return as_download(queries.export(state, by=current_user), name)


@blueprint.get("/robots.txt")
@needs("public.read", stored=OPEN_FILE)
def robots() -> ResponseReturnValue:
    """What crawlers may read."""
    return Response(render_template("catalogue/robots.txt"), mimetype="text/plain")


@blueprint.get("/sitemap.xml")
@needs("public.read", stored=OPEN_FILE)
def sitemap() -> ResponseReturnValue:
    """The addresses a guest may find."""
    # As a guest for every reader: the file may be kept by proxies.
    addresses = home_page.sitemap_rows(by=Guest())
    return Response(
        render_template("catalogue/sitemap.xml", addresses=addresses),
        mimetype="application/xml",
    )
