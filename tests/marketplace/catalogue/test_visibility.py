"""Who sees what on every surface of the front: role × surface × state × visibility, and the firm that is not named.

The filter itself stands in `listings/models.py`; here it is walked from outside.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Collection
from typing import Any

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook

from marketplace.accounts import contact_consents, person_deeds
from marketplace.listings import deeds as listing_deeds
from tests.factories import Factory

KINDS = ("achievement", "demand")
STATES = (
    "draft",
    "submitted",
    "returned",
    "rejected",
    "published",
    "suspended",
    "withdrawn",
    "expired",
    "archived",
)
VISIBILITIES = ("public", "partial", "confidential")
READERS = (
    "guest",
    "stranger",
    "desk",
    "writer",
    "colleague",
    "broker",
    "assigned",
    "operator",
    "auditor",
)
OWNERS = ("desk", "writer", "operator")  # who may open whatever state it is in
INNER = (*OWNERS, "colleague", "assigned")  # who may know of a confidential one
WORD = "磁流变"  # stands in every title of the matrix

SignIn = Callable[..., FlaskClient]


def browsers(
    make: Factory,
    sign_in: SignIn,
    client: FlaskClient,
    owner: Any,
    *rows: Any,
    names: Collection[str] = READERS,
) -> dict[str, FlaskClient]:
    """Browsers of the readers; the writer began the rows, and the assigned broker was given them."""
    people = {
        "stranger": make.person("researcher", make.organisation()),
        "desk": make.person("desk", owner),
        "writer": make.person("researcher", owner),
        "colleague": make.person("researcher", owner),
        "broker": make.person("broker", make.organisation()),
        "assigned": make.person("broker", make.organisation()),
        "operator": make.person("operator"),
        "auditor": make.person("auditor"),
    }
    person_deeds.set_consent(people["writer"], contact_consents.PUBLISH, given=True)
    for row in rows:
        row.owner_id = people["writer"].id
        listing_deeds.assign_broker(row, people["assigned"], by=people["operator"])
    found = {"guest": client}
    for name in names:
        if name in people:
            found[name] = sign_in(people[name])
    return found


def findable(reader: str, state: str, visibility: str) -> bool:
    return state == "published" and (visibility != "confidential" or reader in INNER)


def has_page(reader: str, state: str, visibility: str) -> bool:
    if reader in OWNERS:
        return True
    return state in ("published", "expired") and (
        visibility != "confidential" or reader in INNER
    )


def cells(content: bytes) -> str:
    sheets = load_workbook(io.BytesIO(content)).worksheets
    return "\n".join(
        str(value)
        for sheet in sheets
        for row in sheet.iter_rows(values_only=True)
        for value in row
    )


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_each_reader_sees_his_own_on_every_surface(
    kind: str, make: Factory, sign_in: SignIn, client: FlaskClient
) -> None:
    owner = make.organisation("聊城示范研究所（示例）", kind="institute")
    rows = {
        (state, visibility): getattr(make, kind)(
            f"{WORD}减振器{number}号 {state} {visibility}",
            owner=owner,
            state=state,
            visibility=visibility,
        )
        for number, (state, visibility) in enumerate(
            itertools.product(STATES, VISIBILITIES), start=31
        )
    }
    titles = {key: row.title for key, row in rows.items()}
    paths = {key: f"/{kind}s/{row.id}" for key, row in rows.items()}
    wrong = []
    for reader, browser in browsers(
        make, sign_in, client, owner, *rows.values()
    ).items():
        surfaces = {
            "home": browser.get("/").text,
            "search": "".join(
                line
                for line in browser.get(
                    f"/search?kind={kind}&sort=newest"
                ).text.splitlines()
            ),
            "export": cells(browser.get(f"/search.xlsx?kind={kind}&q={WORD}").data),
        }
        sitemap = browser.get("/sitemap.xml").text
        for key in rows:
            expected = {name: findable(reader, *key) for name in surfaces} | {
                "page": has_page(reader, *key)
            }
            seen = {name: titles[key] in text for name, text in surfaces.items()}
            seen["page"] = browser.get(paths[key]).status_code == 200
            # The sitemap is everybody's: whoever asks for it, it lists what a guest may find.
            expected["sitemap"] = findable("guest", *key)
            seen["sitemap"] = f"http://localhost{paths[key]}<" in sitemap
            wrong += [
                (reader, *key, name, seen[name])
                for name in seen
                if seen[name] != expected[name]
            ]

    assert wrong == []


@pytest.mark.parametrize("reader", READERS)
def test_an_unnamed_firm_is_named_to_nobody_but_its_own_people_and_operators(
    reader: str, make: Factory, sign_in: SignIn, client: FlaskClient
) -> None:
    firm = make.organisation("临清砺石精密轴承有限公司（示例）")
    row = make.demand(
        "圆锥滚子凸度检测", owner=firm, anonymous=True, contact_name="砺石技术部", contact_phone="0635-7654321",
        contact_email="lishi@demo.example", intended_partner="砺石的老伙伴",
    )  # fmt: skip
    browser = browsers(make, sign_in, client, firm, row, names=(reader,))[reader]

    page = browser.get(f"/demands/{row.id}").text
    elsewhere = {
        path: browser.get(path)
        for path in (
            "/",
            "/search?q=凸度检测",
            f"/search?kind=demand&chain={row.chain_code}",
            "/sitemap.xml",
        )
    }
    listed = [path for path, answer in elsewhere.items() if "砺石" in answer.text]
    by_name = browser.get("/search?q=砺石").text
    exported = cells(browser.get("/search.xlsx?kind=demand&q=凸度检测").data)
    told = reader in INNER

    # Which part of its place is shown, and when: `listings/test_places.py`.
    assert row.alias == "聊城市某企业"
    assert row.alias in browser.get("/search?q=凸度检测").text
    assert ("砺石" in page, "7654321" in page) == (told, told)
    assert "砺石" not in page[: page.index("</head>")]
    assert listed == []
    assert (
        told
        or [text for text in ("砺石", "7654321", "lishi@") if text in exported] == []
    )
    assert f"/demands/{row.id}" not in by_name


@pytest.mark.parametrize("reader", READERS)
def test_of_a_partly_public_achievement_others_see_title_field_stage_and_summary(
    reader: str, make: Factory, sign_in: SignIn, client: FlaskClient
) -> None:
    owner = make.organisation("聊城隐山研究院（示例）", kind="institute")
    row = make.achievement(
        "钛酸锂负极包覆工艺", owner=owner, visibility="partial", innovation="两步包覆的细节在此",
        baseline="倍率比常规高三成整", prospects="储能电站里大有用处", price_mode="fixed", price_min=73,
        contributors=[{"name": "隐者某"}], keywords=["密语关键词"],
        ips=[{"ip_type": "invention", "name": "一种隐秘的包覆方法", "legal_status": "granted"}],
        metrics=[{"name": "首次效率", "operator": "ge", "value": 91, "unit": "%"}],
    )  # fmt: skip
    secret = (
        "隐山",
        "两步包覆",
        "倍率比常规",
        "储能电站",
        "73 万元",
        "隐者某",
        "密语",
        "一种隐秘",
        "首次效率",
        "0635-0000001",
        "科技处",
    )
    browser = browsers(make, sign_in, client, owner, row, names=(reader,))[reader]

    page = browser.get(f"/achievements/{row.id}").text
    lists = browser.get("/").text + browser.get("/search?q=钛酸锂").text
    exported = cells(browser.get("/search.xlsx?kind=achievement&q=钛酸锂").data)
    told = reader in INNER

    assert [
        words
        for words in ("钛酸锂", "中试", "先进制造", "深沟球轴承振动大")
        if words not in page
    ] == []
    assert [words for words in secret if (words in page) != told] == []
    assert [words for words in secret if words in lists] == []
    assert told or [words for words in secret if words in exported] == []


@pytest.mark.parametrize("kind", KINDS)
def test_contacts_are_masked_for_guests(
    kind: str, make: Factory, sign_in: SignIn, client: FlaskClient
) -> None:
    row = getattr(make, kind)(
        contact_name="孟启帆",
        contact_phone="13800001234",
        contact_email="meng@demo.example",
    )
    full = ("孟启帆", "13800001234", "meng@demo.example")
    signed_in = sign_in(make.person("firm", make.organisation()))

    guest, reader = (
        client.get(f"/{kind}s/{row.id}").text,
        signed_in.get(f"/{kind}s/{row.id}").text,
    )

    assert [text for text in full if text in guest] == []
    assert "孟" in guest
    assert [text for text in full if text not in reader] == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_history_is_told_in_full_to_its_owner_and_operators_only(
    kind: str, make: Factory, sign_in: SignIn, client: FlaskClient
) -> None:
    row = getattr(make, kind)(state="returned")
    colleague = sign_in(make.person("desk", row.organisation))
    published = getattr(make, kind)()

    own = colleague.get(f"/{kind}s/{row.id}").text
    public = client.get(f"/{kind}s/{published.id}").text

    assert "请补充指标" in own
    assert "送审" not in public


def test_a_state_nobody_may_see_answers_like_a_missing_page(
    make: Factory, client: FlaskClient
) -> None:
    row = make.achievement("不可见的成果", state="draft")

    secret, missing = (
        client.get(f"/achievements/{row.id}"),
        client.get("/achievements/999999"),
    )

    assert (secret.status_code, missing.status_code) == (404, 404)
    assert "不可见的成果" not in secret.text
