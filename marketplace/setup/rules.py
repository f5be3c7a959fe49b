"""What is done once to a site, and again without harm: dictionaries, roles, the demonstration, index and matcher.

Lists are read by the exchange room, people added by the accounts room; nothing here commits on its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from flask import current_app

import search
from marketplace.accounts import rules as accounts
from marketplace.accounts.models import ROLES, Organisation
from marketplace.dictionaries import rules as dictionaries
from marketplace.errors import NotAllowed
from marketplace.exchange import rules as exchange
from marketplace.extensions import db
from marketplace.listings import rules as listings
from marketplace.listings.models import LISTINGS
from marketplace.matchmaking.indexing import Matchers

SAMPLES = Path(__file__).resolve().parent.parent.parent / "demo"
SAMPLE_LISTS = (("achievements-1.csv", "achievement"), ("achievements-2.csv", "achievement"), ("demands.csv", "demand"))
DEMO_PASSWORD = "liaocheng-demo"  # noqa: S105  a live site never gets these people
UNIVERSITY = "聊城大学（示例）"
# sign-in name → how the person is called, role, organisation
DEMO_PEOPLE = {
    "firm": ("示例企业用户", "firm", None),  # of the first firm of the sample demands
    "researcher": ("示例科研人员", "researcher", UNIVERSITY),
    "desk": ("示例成果转化岗", "desk", UNIVERSITY),
    "broker": ("示例技术经理人", "broker", "鲁西技术转移服务中心（示例）"),
    "operator": ("示例运营人员", "operator", "聊城科技大市场运营中心（示例）"),
}


def first_rows() -> int:
    """Load dictionaries and roles where they are not there yet; returns the number of dictionary rows added."""
    accounts.seed_roles()
    return dictionaries.seed()


def is_empty() -> bool:
    """Whether the site has no listing yet."""
    return all(db.session.scalar(db.select(table.id).limit(1)) is None for table in LISTINGS.values())


def demonstration(say: Callable[[str], None]) -> None:
    """Load the sample lists and the people of the demonstration.

    Args:
        say: told of each step.

    Raises:
        NotAllowed: the site is a live one.
    """
    if current_app.config["ENVIRONMENT"] == "live":
        raise NotAllowed("正式站不能载入示例数据。", "示例只用于 MARKET_ENV=demo。")
    for name, kind in SAMPLE_LISTS:
        outcome = exchange.take(exchange.read(SAMPLES / name, kind), by=None, publish=True)
        say(f"demo/{name}: {outcome.new} listings, {outcome.published} published, {outcome.refused} refused")
    for name, (title, role, organisation) in DEMO_PEOPLE.items():
        accounts.add_person(
            f"{name}@demo.example",
            name=title,
            password=DEMO_PASSWORD,
            roles=[role],
            organisations=[_organisation(organisation)],
        )


def demo_people() -> Iterator[tuple[str, str]]:
    """Sign-in names of the demonstration that exist on this site, with the role of each."""
    for name, (_, role, _) in DEMO_PEOPLE.items():
        if accounts.find_person(f"{name}@demo.example") is not None:
            yield f"{name}@demo.example", ROLES[role]


def bring_in_step(say: Callable[[str], None]) -> None:
    """Let expired listings go, and make index and matchers ready to answer: rebuilt where they are missing or old."""
    listings.expire_due()
    engine = current_app.extensions["search"]
    try:
        current = bool(engine.state()["current"])
    except search.SearchUnavailable:
        current = False
    if current:
        say(f"search index: {listings.index_sync()} listings brought in step, {engine.state()['count']} in all")
    else:
        say(f"search index: built with {listings.index_rebuild()} listings")
    matchers: Matchers = current_app.extensions["matchers"]
    stale = tuple(kind for kind, state in matchers.status().items() if state["generation"] == "none")
    if stale:
        for kind, count in matchers.fit(stale).items():
            say(f"matcher: learnt from {count} {kind}s")


def _organisation(name: str | None) -> Organisation:
    """The named organisation of the demonstration, or the owner of the first sample demand."""
    if name is None:
        first = LISTINGS["demand"]
        return db.session.scalars(db.select(first).order_by(first.id).limit(1)).one().organisation
    kind = {UNIVERSITY: "university"}.get(name, "operator" if "运营" in name else "service_body")
    return accounts.draft_organisation(name, kind=kind, district_code="371502", verified=True)
