"""Sending awkward requests as each kind of reader, and what must hold of the answers and of the database."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import chain
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from marketplace.extensions import db
from marketplace.listings.models import LISTINGS
from tests.fuzz.requests import Awkward, Sent

PAGES = (
    "/mine", "/mine/demand/new", "/mine/achievement/new", "/trial", "/login", "/change", "/office/review",
    "/office/chains", "/office/chains/new", "/office/chains/edit/bearing", "/search?q=轴承", "/search?q=zzzz",
    "/register", "/reset", "/confirm", "/account", "/account/sessions", "/mine/organisations",
    "/mine/organisations/join",
    "/account/data", "/account/close", "/mine/notices", "/mine/notices/settings", "/mine/profile", "/mine/broker",
    "/audit", "/change-email", "/people", "/brokers", "/office/people", "/account/agreements",
)  # fmt: skip
ENTERED_EVERY = 250  # requests
# Signing out ends the walk of this reader, and stopping an account that of another one.
_ENDING = re.compile(
    r"/logout|/account/sessions/end-all|/office/people/\d+/(?:stop|reset|take)"
)
OF_ORGANISATIONS = ("/mine/organisations/{id}/people", "/mine/organisations/{id}/identity",
                    "/office/organisations/{id}")  # fmt: skip
OF_LISTINGS = ("/{kind}s/{id}", "/{kind}s/{id}/matches", "/mine/{kind}/{id}/edit", "/mine/{kind}/{id}/withdraw",
               "/office/review/{kind}/{id}")  # fmt: skip


class Walk:
    """One run: how many requests of each kind were answered how, and what went wrong."""

    def __init__(self) -> None:
        self.statuses: dict[str, Counter[str]] = {}
        self.wrong: list[str] = []

    def send(self, reader: str, browser: FlaskClient, sent: Sent) -> None:
        """Send a request and look at its answer."""
        answer = browser.open(sent.path, method=sent.method, **sent.more)
        self.statuses.setdefault(reader, Counter())[
            f"{answer.status_code // 100}xx"
        ] += 1
        # A workbook is no text.
        text = answer.get_data().decode("utf-8", "replace")
        said = f"{reader} {sent.method} {sent.path[:120]} → {answer.status_code}"
        # 503 is an answer only where a server is away, and here none is.
        if answer.status_code >= 500:
            self.wrong.append(said)
        if "Traceback (most recent" in text:
            self.wrong.append(f"{said}: a traceback")
        # A server takes no other headers, though the application answers well.
        if not str(answer.headers).isascii():
            self.wrong.append(f"{said}: a header that is not ASCII")
        if "X: y" in str(answer.headers):
            self.wrong.append(f"{said}: a header of the reader's")
        if "<script>alert(1)" in text:
            self.wrong.append(f"{said}: a script of the reader's")
        answer.close()


def walk(
    app: Flask,
    browsers: Mapping[str, FlaskClient],
    known: dict[str, list[Any]],
    *,
    count: int,
    seed: int,
    without: str = "",
    enter: Callable[[str], None] = lambda _reader: None,
    report: Callable[[str], None] = lambda _line: None,
) -> Walk:
    """Send `count` requests as each reader, half of them to read.

    Args:
        app: the site.
        browsers: name of a reader → their browser.
        known: argument of a route → values that lead somewhere; `listing_id` those of both kinds.
        count: requests of each reader.
        seed: of the dice.
        without: as of `Awkward`.
        enter: signs a reader in, when their walk begins and now and then on the way: a session ends after half an hour,
            and some of what is sent ends it sooner.
        report: is given a line for each reader as soon as their walk is over.
    """
    found = Walk()
    for number, (reader, browser) in enumerate(browsers.items()):
        enter(reader)
        awkward = Awkward(app, known, seed + number, without)
        pages = {}
        paths = list(PAGES)
        for kind in LISTINGS:
            for listing_id in known["listing_id"][::9]:
                paths += [path.format(kind=kind, id=listing_id) for path in OF_LISTINGS]
        for number in known.get("organisation_id", [])[::4]:
            paths += [path.format(id=number) for path in OF_ORGANISATIONS]
        # One page of every kind that leads somewhere, whoever adds it.
        for rule in awkward.reading:
            paths.append(awkward.known_path(rule))
        for path in dict.fromkeys(paths):
            # Signing out would end the walk of this reader.
            if path.startswith("/logout"):
                continue
            # Closed: static files are open until then.
            with browser.get(path) as answer:
                if answer.status_code == 200 and answer.mimetype == "text/html":
                    pages[path] = answer.get_data(as_text=True)
        requests = chain(
            awkward.reads(count // 2), awkward.posts(count - count // 2, pages)
        )
        for place, sent in enumerate(requests):
            if place % ENTERED_EVERY == 0:
                enter(reader)
            if sent.method == "GET" or not _ENDING.match(sent.path):
                found.send(reader, browser, sent)
        report(f"{reader:32} {dict(sorted(found.statuses[reader].items()))}")
    return found


def unsound_texts() -> list[str]:
    """Where the database holds a NUL or half of a character: nothing may."""
    found = []
    for table in db.metadata.sorted_tables:
        columns = [
            column
            for column in table.c
            if str(column.type).startswith(("VARCHAR", "TEXT"))
        ]
        for row in db.session.execute(db.select(*columns)) if columns else ():
            for column, value in zip(columns, row, strict=True):
                if isinstance(value, str) and any(
                    c == "\0" or "\ud800" <= c <= "\udfff" for c in value
                ):
                    found.append(f"{table.name}.{column.name}")
    return found
