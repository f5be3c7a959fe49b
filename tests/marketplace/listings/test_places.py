"""The place of an unnamed firm: shown only where three firms share it, alike on every surface, and decided anew."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook

from marketplace.catalogue.facets import facet_counts, run_search
from marketplace.catalogue.search_state import SearchState
from marketplace.clock import today
from marketplace.listings import deeds, index, upkeep
from marketplace.permissions import Guest
from tests.factories import Factory

LINQING, GAOTANG = "371581", "371526"
Seat = tuple[str, str | None]  # district, chain


def firms(make: Factory, seats: Iterable[Seat], **values: Any) -> list[Any]:
    """One firm with a published demand at each seat."""
    rows = []
    for district, chain in seats:
        owner = make.organisation(district=district)
        rows.append(make.demand(owner=owner, chain_code=chain, **values))
    return rows


@pytest.mark.parametrize(
    ("others", "alias"),
    [
        ([], "聊城市某企业"),
        ([(LINQING, "bearing")], "聊城市某企业"),
        ([(LINQING, "bearing")] * 2, "临清市某轴承企业"),
        ([(LINQING, "bearing")] * 4, "临清市某轴承企业"),
        # Three of the chain, but not in one district: the chain of the city.
        ([(LINQING, "bearing"), (GAOTANG, "bearing")], "聊城市某轴承企业"),
        ([(GAOTANG, "bearing")] * 2, "聊城市某轴承企业"),
        # Three of the district, but of other chains: what the text is about would tell the firm.
        ([(LINQING, "textile")] * 5, "聊城市某企业"),
        ([(LINQING, None)] * 5, "聊城市某企业"),
    ],
)
def test_a_place_is_shown_where_three_firms_share_it(
    others: list[Seat], alias: str, make: Factory
) -> None:
    owner = make.organisation(district=LINQING)
    row = make.demand(owner=owner, anonymous=True, chain_code="bearing")
    firms(make, others)

    assert row.alias == alias


@pytest.mark.parametrize(("count", "alias"), [(1, "聊城市某企业"), (2, "临清市某企业")])
def test_without_a_chain_the_district_counts(
    count: int, alias: str, make: Factory
) -> None:
    owner = make.organisation(district=LINQING)
    row = make.demand(owner=owner, anonymous=True, chain_code=None)
    firms(make, [(LINQING, "textile")] * count)

    assert row.alias == alias


@pytest.mark.parametrize(
    "what",
    [
        "drafts",
        "confidential",
        "one firm thrice",
        "universities",
        "expired",
    ],
)
def test_who_is_no_public_firm_of_the_place_does_not_count(
    what: str, make: Factory
) -> None:
    owner = make.organisation(district=LINQING)
    row = make.demand(owner=owner, anonymous=True)
    seats: list[Seat] = [(LINQING, "bearing")] * 3
    if what == "drafts":
        firms(make, seats, state="draft")
    elif what == "confidential":
        firms(make, seats, visibility="confidential")
    elif what == "expired":
        firms(make, seats, state="expired")
    elif what == "universities":
        for _ in seats:
            school = make.organisation(kind="university", district=LINQING)
            make.achievement(owner=school)
    else:
        for _ in seats:
            make.demand(owner=owner)

    assert row.alias == "聊城市某企业"


def shown_place(browser: FlaskClient, row: Any) -> dict[str, tuple[bool, bool]]:
    """Surface → whether it tells the district and the chain of a demand of that title."""
    content = browser.get(f"/search.xlsx?kind=demand&q={row.title}").data
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    rows = list(sheet.iter_rows(values_only=True))
    line = next(line for line in rows if row.title in line)
    page = browser.get(f"/demands/{row.id}").text
    page = page[: page.index('aria-label="下一步"')]
    search_page = browser.get(f"/search?kind=demand&q={row.title}").text
    texts = {
        "page": page,
        "card": search_page[search_page.index('<ol class="listings') :],
        "export": "|".join(str(cell) for cell in line),
    }
    shown = {name: ("临清" in text, "轴承" in text) for name, text in texts.items()}
    result = run_search(SearchState(text=row.title, kind="demand"), Guest(), 20)
    shown["facets"] = (
        LINQING in facet_counts(result, "district"),
        "bearing" in facet_counts(result, "chain"),
    )
    document = index.search_document(row)
    shown["index"] = (document.district is not None, document.chain is not None)
    return shown


def test_every_surface_shows_the_same_and_follows_who_comes_and_goes(
    make: Factory, client: FlaskClient
) -> None:
    owner = make.organisation(district=LINQING)
    row = make.demand(
        "磁流变减振", owner=owner, anonymous=True, problem="振动太大" * 9, keywords=["减振"],
        key_technology="减振。",
    )  # fmt: skip
    told = [shown_place(client, row)]
    first, second = firms(make, [(LINQING, "bearing")] * 2)
    upkeep.index_sync()
    told.append(shown_place(client, row))
    deeds.withdraw(second, by=None, seen=second.revision)
    told.append(shown_place(client, row))
    make.achievement(owner=make.organisation(district=LINQING))
    upkeep.index_sync()
    told.append(shown_place(client, row))
    deeds.save(first, {"chain_code": "textile"}, by=None, seen=first.revision)
    told.append(shown_place(client, row))

    nothing = dict.fromkeys(told[0], (False, False))
    both = dict.fromkeys(told[0], (True, True))
    assert told == [nothing, both, nothing, both, nothing]


def test_a_reader_who_may_know_the_firm_sees_its_place(
    make: Factory, sign_in: Any
) -> None:
    owner = make.organisation(district=LINQING)
    row = make.demand("磁流变减振", owner=owner, anonymous=True)
    colleague = sign_in(make.person("firm", owner))

    assert shown_place(colleague, row)["page"] == (True, True)
    assert shown_place(colleague, row)["export"] == (True, True)


def test_validity_that_ends_by_the_day_is_noticed(make: Factory) -> None:
    row = make.demand(owner=make.organisation(district=LINQING), anonymous=True)
    others = firms(make, [(LINQING, "bearing")] * 2)
    before = row.alias
    revision = row.revision
    others[0].valid_until = today() - timedelta(days=1)
    make.session.commit()

    settled = upkeep.settle_places()

    assert before == "临清市某轴承企业"
    assert (settled, row.alias) == (1, "聊城市某企业")
    assert row.revision == revision + 1
    assert upkeep.settle_places() == 0
