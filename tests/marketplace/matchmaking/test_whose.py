"""Whose a listing is that hides it cannot be found out: reader × kind of hiding × surface × the owner's other listings.

For readers who may not know the owner, every surface of the owner's open listing treats the hidden one exactly as that
of a stranger's open listing does; only those who may know are spared their own.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook

from marketplace.listings import deeds as listing_deeds
from tests.factories import Factory

pytestmark = pytest.mark.long

SignIn = Callable[..., FlaskClient]
HIDDEN = {
    "partial demand": ("demand", {"visibility": "partial"}),
    "unnamed demand": ("demand", {"anonymous": True}),
    "partial unnamed demand": ("demand", {"visibility": "partial", "anonymous": True}),
    "partial achievement": ("achievement", {"visibility": "partial"}),
    "confidential unnamed demand": (
        "demand",
        {"visibility": "confidential", "anonymous": True},
    ),
}
# Who may know whose it is: (readers for whom it is their own or who know every owner).
KNOW = {
    "partial demand": {"colleague", "assigned", "operator"},
    "unnamed demand": {"colleague", "assigned", "operator"},
    "partial unnamed demand": {"colleague", "assigned", "operator"},
    "partial achievement": {"colleague", "assigned", "operator"},
    "confidential unnamed demand": {"colleague", "assigned", "operator"},
}
READERS = ("guest", "stranger", "colleague", "broker", "assigned", "operator")
OWNER = "临清隐山砺石轴承有限公司（示例）"


def browsers(
    make: Factory, sign_in: SignIn, client: FlaskClient, owner: Any, *given: Any
) -> dict[str, FlaskClient]:
    operator = make.person("operator")
    assigned = make.person("broker", make.organisation())
    for row in given:
        listing_deeds.assign_broker(row, assigned, by=operator)
    return {
        "guest": client,
        "stranger": sign_in(make.person("firm", make.organisation())),
        "colleague": sign_in(make.person("firm", owner)),
        "broker": sign_in(make.person("broker", make.organisation())),
        "assigned": sign_in(assigned),
        "operator": sign_in(operator),
    }


def treatment(browser: FlaskClient, opened: Any, hidden: Any) -> dict[str, bool]:
    """Surface of an open listing → whether the hidden one is on it or answers."""
    page = f"/{opened.kind}s/{opened.id}"
    back = f"/{hidden.kind}s/{hidden.id}"
    link = f'"{back}"'
    return {
        "beside the page": link in browser.get(page).text,
        "matches": link in browser.get(f"{page}/matches").text,
        "matches by text": link in browser.get(f"{page}/matches?order=text").text,
        "matches by date": link in browser.get(f"{page}/matches?order=date").text,
        "evidence": browser.get(f"{page}/matches/{hidden.id}").status_code == 200,
        "matches of the hidden": f'"{page}"' in browser.get(f"{back}/matches").text,
        "by date of the hidden": f'"{page}"'
        in browser.get(f"{back}/matches?order=date").text,
        "evidence of the hidden": browser.get(f"{back}/matches/{opened.id}").status_code
        == 200,
        "beside the hidden": f'"{page}"' in browser.get(back).text,
    }


@pytest.mark.parametrize("hiding", HIDDEN)
def test_the_owners_other_listings_do_not_tell_whose_it_is(
    hiding: str, make: Factory, sign_in: SignIn, client: FlaskClient
) -> None:
    kind, values = HIDDEN[hiding]
    owner = make.organisation(OWNER)
    stranger = make.organisation("茌平不相干轴承有限公司（示例）")
    hidden = getattr(make, kind)(owner=owner, **values)
    opened = getattr(make, hidden.counterpart)(owner=owner)
    others = getattr(make, hidden.counterpart)(owner=stranger)
    wrong = []
    for reader, browser in browsers(make, sign_in, client, owner, hidden).items():
        own = treatment(browser, opened, hidden)
        foreign = treatment(browser, others, hidden)
        # Those who may know are not offered their own; everybody else sees no difference.
        expected = foreign
        if reader in KNOW[hiding]:
            expected = dict.fromkeys(foreign, False)
        if own != expected:
            wrong.append((reader, own, expected))
        if values.get("visibility") != "confidential":
            assert all(foreign.values()), (reader, foreign)

    assert wrong == []


def cells(content: bytes) -> str:
    found = []
    for sheet in load_workbook(io.BytesIO(content)).worksheets:
        for row in sheet.iter_rows(values_only=True):
            found += [str(value) for value in row]
    return "\n".join(found)


@pytest.mark.parametrize("hiding", HIDDEN)
def test_no_list_names_the_owner_of_a_hidden_listing(
    hiding: str, make: Factory, sign_in: SignIn, client: FlaskClient
) -> None:
    kind, values = HIDDEN[hiding]
    owner = make.organisation(OWNER)
    row = getattr(make, kind)(
        "磁流变减振座", owner=owner, contact_name="砺石办公室", **values
    )
    page = f"/{kind}s/{row.id}"
    wrong = []
    for reader, browser in browsers(make, sign_in, client, owner, row).items():
        shown = {
            "home": browser.get("/").text,
            "search": browser.get("/search?q=磁流变减振座").text,
            "suggestion": browser.get("/suggest?q=磁流变").text,
            "sitemap": browser.get("/sitemap.xml").text,
        }
        if reader not in KNOW[hiding]:
            address = f"/search.xlsx?kind={kind}&q=磁流变减振座"
            shown["export"] = cells(browser.get(address).data)
            shown["page"] = browser.get(page).text
        wrong += [(reader, name) for name, text in shown.items() if "砺石" in text]
        # A search for the name finds nothing, whatever the page repeats of the query.
        for query in ("砺石", "隐山砺石", "lishi"):
            if page in browser.get(f"/search?q={query}").text:
                wrong.append((reader, query))
            if "磁流变" in browser.get(f"/suggest?q={query}").text:
                wrong.append((reader, f"suggested for {query}"))

    assert wrong == []
