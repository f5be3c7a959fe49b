"""Those who write and those who read, and the book of what was promised to them.

How a request is made stands in `browser.py`, what is done to the servers in `__main__.py`.
"""

from __future__ import annotations

import random
import re
import threading
import time
import urllib.parse
from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from marketplace.listings.review_models import CRITERIA
from marketplace.setup.demonstration import DEMO_PASSWORD
from tests.chaos.browser import Answers, Broken, Browser, Forms

PASSWORD = DEMO_PASSWORD
WORDS = (
    "轴承",
    "电池隔膜",
    "阿胶",
    "铝合金",
    "机器视觉",
    "节能",
    "涂层",
    "检测",
    "振动",
    "废水处理",
    "降噪",
)
IN_FULL, SIMPLIFIED = (
    "search, in full",
    "search, simplified",
)  # answered by Elasticsearch, by the engine that stands in
LINK = re.compile(r'href="/demands/(\d+)"')
DRAFT = {
    "demand_type": "tech_breakthrough",
    "problem": "试验用的需求：深沟球轴承振动值离散，现有超精研磨工艺调整多次仍达不到客户要求。",
    "key_technology": "滚道超精研磨参数与振动的关系。",
    "cooperation_modes": "cooperative_dev",
    "budget_negotiable": "y",
    "field_codes-0": "804",
    "contact_name": "技术部",
    "contact_phone": "0635-0000002",
    "deed": "submit",
}


@dataclass
class Promise:
    """One listing as its writer knows it: `sure` was acknowledged; each of `maybe` was asked for and never answered."""

    title: str
    id: int = 0
    sure: tuple[str, str] | None = None  # state, note
    maybe: list[tuple[str, str] | None] = field(default_factory=list)
    deeds: int = 0  # acknowledged


class Book:
    """What was promised: by title; and which listings had left the index by when."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.promises: dict[str, Promise] = {}
        self.acknowledged: Counter[str] = Counter()
        self.gone: dict[int, float] = {}

    def gone_by(self, moment: float) -> set[int]:
        """Ids that had been withdrawn and taken out of the index before a moment."""
        with self.lock:
            return {
                listing_id for listing_id, since in self.gone.items() if since < moment
            }

    def some_title(self, dice: random.Random) -> str:
        """The title of any listing of the trial, or a word."""
        with self.lock:
            titles = list(self.promises)
        return (
            dice.choice(titles)
            if titles and dice.random() < 0.5
            else dice.choice(WORDS)
        )


class Unsure(Exception):  # noqa: N818  named by what happened
    """Nobody said whether it was done."""


def watch(engine: Engine, book: Book, ended: threading.Event) -> None:
    """Note when a withdrawn listing's absence has been written to the index."""
    query = text(
        "select id from demand where state = 'withdrawn' and indexed_revision = revision"
    )
    while not ended.wait(0.25):
        try:
            with engine.connect() as connection:
                found = set(connection.scalars(query))
        except SQLAlchemyError:
            continue
        with book.lock:
            for listing_id in found - book.gone.keys():
                book.gone[listing_id] = time.monotonic()


def write(
    number: int,
    port: int,
    answers: Answers,
    book: Book,
    engine: Engine,
    ended: threading.Event,
) -> None:
    """Write demands, have them published, edit them, withdraw half of them; note what was acknowledged."""
    dice = random.Random(number)  # noqa: S311  dice
    firm, office = (Browser(port, f"10.1.{number}.{last}", answers) for last in (1, 2))
    firm.sign_in("firm@demo.example", PASSWORD)
    office.sign_in("operator@demo.example", PASSWORD)
    count = 0
    while not ended.is_set():
        count += 1
        promise = Promise(f"火线试验{number}号第{count}条振动值离散攻关")
        with book.lock:
            book.promises[promise.title] = promise
        try:
            _create(firm, promise, book)
            _approve(office, promise, book, engine)
            for edit in range(dice.randint(1, 3)):
                _edit(firm, promise, book, f"改{edit}")
            if dice.random() < 0.5:
                _withdraw(firm, promise, book)
        except (Unsure, Broken):
            ended.wait(0.5)


def _done(
    status: int, promise: Promise, outcome: tuple[str, str], deed: str, book: Book
) -> None:
    """Note the answer to a deed: a redirect is a promise kept, anything else leaves both outcomes open."""
    if status == 303 or status == 302:
        promise.sure, promise.maybe = outcome, []
        promise.deeds += 1
        with book.lock:
            book.acknowledged[deed] += 1
        return
    if status in (403, 404, 409, 422):
        promise.maybe = []  # refused, and said so: it was not done
    raise Unsure(f"{deed} {promise.title}: {status}")


def _create(firm: Browser, promise: Promise, book: Book) -> None:
    status, page = firm.get("form", "/mine/demand/new")
    form = Forms(page).with_field("problem")
    if status != 200 or not form:
        raise Unsure("no form")
    fields = (
        form
        | {name: [value] for name, value in DRAFT.items()}
        | {"title": [promise.title]}
    )
    promise.maybe = [None, ("draft", ""), ("submitted", "")]
    status, _, _ = firm.post("create", "/mine/demand/new", fields)
    _done(status, promise, ("submitted", ""), "create", book)


def _approve(office: Browser, promise: Promise, book: Book, engine: Engine) -> None:
    for _ in range(20):
        try:
            with engine.connect() as connection:
                query = text("select id from demand where title = :title")
                promise.id = connection.scalar(query, {"title": promise.title}) or 0
            break
        except SQLAlchemyError:
            time.sleep(0.5)
    if not promise.id:
        raise Unsure("acknowledged, and not to be found now; the reckoning will tell")
    status, page = office.get("review", f"/office/review/demand/{promise.id}")
    form = Forms(page).with_field("seen")
    if status != 200 or not form:
        raise Unsure("no review")
    promise.maybe = [("published", "")]
    status, _, _ = office.post(
        "approve",
        f"/office/review/demand/{promise.id}/approve",
        form | {"note": [""]} | {code: ["4"] for code in CRITERIA},
    )
    _done(status, promise, ("published", ""), "approve", book)


def _edit(firm: Browser, promise: Promise, book: Book, note: str) -> None:
    status, page = firm.get("form", f"/mine/demand/{promise.id}/edit")
    form = Forms(page).with_field("problem")
    if status != 200 or not form:
        raise Unsure("no form")
    promise.maybe = [("published", note)]
    status, _, _ = firm.post(
        "edit",
        f"/mine/demand/{promise.id}/edit",
        form | {"note": [note], "deed": ["save"]},
    )
    _done(status, promise, ("published", note), "edit", book)


def _withdraw(firm: Browser, promise: Promise, book: Book) -> None:
    assert promise.sure is not None
    status, page = firm.get("form", f"/mine/demand/{promise.id}/withdraw")
    form = Forms(page).with_field("seen")
    if status != 200 or not form:
        raise Unsure("no form")
    outcome = ("withdrawn", promise.sure[1])
    promise.maybe = [outcome]
    status, _, _ = firm.post("withdraw", f"/mine/demand/{promise.id}/withdraw", form)
    _done(status, promise, outcome, "withdraw", book)


def read(
    number: int, port: int, answers: Answers, book: Book, ended: threading.Event
) -> None:
    """Search, look at listings and their matches; nothing that had left the index may be found."""
    dice = random.Random(1000 + number)  # noqa: S311  dice
    browser = Browser(port, f"10.2.{number}.1", answers)
    known: list[str] = []
    while not ended.wait(dice.uniform(0.02, 0.1)):
        try:
            if dice.random() < 0.6 or not known:
                query, began = book.some_title(dice), time.monotonic()
                path = "/search?" + urllib.parse.urlencode(
                    {"q": query, "kind": "demand"}
                )
                status, html = browser.get("search", path)
                found = set(map(int, LINK.findall(html)))
                if status == 200:
                    known = [str(listing_id) for listing_id in found] or known
                    by = SIMPLIFIED if "简化检索" in html else IN_FULL
                    answers.note(by, "200", time.monotonic() - began)
                    if back := found & book.gone_by(began):
                        wrong = f"{path} found what had been withdrawn: {sorted(back)}"
                        answers.note("search", "withdrawn", 0.0, wrong)
            else:
                page = f"/demands/{dice.choice(known)}"
                ways = {"detail": page, "matches": f"{page}/matches", "home": "/"}
                what = dice.choice(list(ways))
                browser.get(what, ways[what])
        except Broken:
            continue


def reckon(book: Book, engine: Engine) -> list[str]:
    """Compare what was promised with what the database holds; what is wrong, in words."""
    wrong = []
    with engine.connect() as connection:
        held = {
            title: (row_id, state, note)
            for row_id, title, state, note in connection.execute(
                text("select id, title, state, note from demand")
            )
        }
        deeds = Counter(
            connection.scalars(
                text("select thing_id from history where kind = 'demand'")
            )
        )
    for promise in book.promises.values():
        found = held.get(promise.title)
        state = None if found is None else (found[1], found[2])
        if state != promise.sure and state not in promise.maybe:
            wrong.append(
                f"{promise.title}: promised {promise.sure}, perhaps {promise.maybe}, found {state}"
            )
        if found is not None and deeds[found[0]] < promise.deeds:
            wrong.append(
                f"{promise.title}: {promise.deeds} deeds acknowledged, {deeds[found[0]]} in its history"
            )
    return wrong
