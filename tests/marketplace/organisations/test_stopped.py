"""An organisation that is suspended, or merged into another, is named nowhere; the other is found by both names."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook

from marketplace.errors import NotNow
from marketplace.listings import deeds as listing_deeds
from marketplace.listings import ending_deeds, upkeep
from marketplace.organisations import deeds
from tests.factories import Factory

SignIn = Callable[..., FlaskClient]
NAME, OTHER = "闻山精密轴承制造厂（示例）", "闻山精密轴承有限公司（示例）"
WORD = "磁流变抛光"
SURFACES = {
    "home": "/",
    "search": f"/search?q={WORD}",
    "browse": "/search?kind=achievement",
    "by name": "/search?q=闻山精密",
    "chosen": "/search?institution={id}",
    "suggest": "/suggest?q=闻山",
    "sitemap": "/sitemap.xml",
    "export": "/search.xlsx?kind=achievement",
    "people": "/people",
    "people of it": "/people?institution={id}",
    "brokers": "/brokers",
    "matches": "/demands/{demand}/matches",
    "quality": "/office/quality",
    "feedback": "/mine/feedback",
}
READERS = ("guest", "firm", "operator", "auditor")


def _text_of(answer: Any) -> str:
    if answer.mimetype.endswith("sheet"):
        book = load_workbook(io.BytesIO(answer.data))
        return str([list(sheet.values) for sheet in book])
    return str(answer.get_data(as_text=True))


def _walk(browser: FlaskClient, numbers: dict[str, int]) -> dict[str, str]:
    """Surface → what it shows, of those that the reader may open."""
    seen = {}
    for surface, address in SURFACES.items():
        answer = browser.get(address.format(**numbers), follow_redirects=True)
        if answer.status_code == 200:
            seen[surface] = _text_of(answer)
    return seen


def _world(make: Factory) -> tuple[Any, dict[str, int]]:
    firm = make.organisation(NAME, kind="institute")
    title = f"{WORD}工艺（某项）"
    make.achievement(title, owner=firm)
    make.achievement(f"{title}旧", owner=firm, state="expired")
    make.researcher(make.person("researcher", firm))
    make.broker(firm)
    demand = make.demand(f"求{WORD}工艺")
    return firm, {"id": firm.id, "demand": demand.id}


def _browser(
    reader: str, make: Factory, sign_in: SignIn, client: FlaskClient, firm: Any
) -> FlaskClient:
    if reader == "guest":
        return client
    if reader == "firm":
        return sign_in(make.person("firm", firm))
    return sign_in(make.person(reader))


@pytest.mark.parametrize("synced", [False, True])
@pytest.mark.parametrize("reader", READERS)
def test_one_that_is_suspended_is_named_nowhere(
    reader: str, synced: bool, make: Factory, sign_in: SignIn, client: FlaskClient
) -> None:
    firm, numbers = _world(make)
    other = make.session.get(type(make.demand()), numbers["demand"]).organisation
    browser = _browser(reader, make, sign_in, client, other)
    before = _walk(browser, numbers)

    deeds.suspend_organisation(firm, note="核对中", by=None)
    # Before the job has brought the index in step, and after.
    if synced:
        upkeep.index_sync()
    after = _walk(browser, numbers)

    # The test could not fail where nothing named it before.
    named = {surface for surface, text in before.items() if NAME in text}
    assert {"search", "browse", "people"} <= named
    assert {surface for surface, text in after.items() if NAME in text} == set()


@pytest.mark.parametrize("synced", [False, True])
@pytest.mark.parametrize("reader", READERS)
def test_of_two_that_are_merged_one_is_named_and_found_by_both_names(
    reader: str, synced: bool, make: Factory, sign_in: SignIn, client: FlaskClient
) -> None:
    firm, numbers = _world(make)
    kept = make.organisation(OTHER, kind="institute", verified=False)
    other = make.session.get(type(make.demand()), numbers["demand"]).organisation
    browser = _browser(reader, make, sign_in, client, other)

    deeds.merge_organisations(firm, kept, by=None)
    deeds.verify_organisation(kept, by=None, checked="营业执照原件")
    if synced:
        upkeep.index_sync()
    after = _walk(browser, numbers)

    assert {surface for surface, text in after.items() if NAME in text} <= {"by name"}
    for surface in ("search", "browse", "people"):
        assert OTHER in after[surface], surface
    page = browser.get(f"/organisations/{firm.id}")
    assert page.location.endswith(f"/organisations/{kept.id}")


def test_both_names_find_what_is_left_of_two(
    make: Factory, client: FlaskClient
) -> None:
    firm, _ = _world(make)
    kept = make.organisation(OTHER, kind="institute", verified=False)
    deeds.merge_organisations(firm, kept, by=None)
    upkeep.index_sync()

    for name in (NAME, OTHER):
        assert f"{WORD}工艺（某项）" in client.get(f"/search?q={name}").text, name


def test_nothing_of_one_that_is_suspended_is_shown_again_by_itself(
    make: Factory,
) -> None:
    firm = make.organisation()
    shown = make.demand("公开的需求", owner=firm)
    over = make.demand("已过期的需求", owner=firm, state="expired")
    deeds.suspend_organisation(firm, note="核对中", by=None)

    # Each on its own: an operator reads one listing and not who stands behind it.
    with pytest.raises(NotNow, match="已暂停"):
        listing_deeds.resume(shown, by=None, seen=shown.revision)
    with pytest.raises(NotNow, match="已暂停"):
        ending_deeds.renew(over, by=None, seen=over.revision)

    assert (shown.state, over.state) == ("suspended", "expired")
    deeds.resume_organisation(firm, by=None)
    assert shown.state == "published"


def test_one_that_is_back_is_named_again(make: Factory, client: FlaskClient) -> None:
    firm, numbers = _world(make)
    deeds.suspend_organisation(firm, note="核对中", by=None)
    upkeep.index_sync()

    deeds.resume_organisation(firm, by=None)
    upkeep.index_sync()
    after = _walk(client, numbers)

    for surface in ("search", "browse", "people", "by name"):
        assert NAME in after[surface], surface
