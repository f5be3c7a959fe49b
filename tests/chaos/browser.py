"""A browser that needs no library: cookies, forms as the pages show them, and a count of every answer.

What is asked for stands in `people.py`.
"""

from __future__ import annotations

import http.client
import socket
import threading
import time
import urllib.parse
from collections import Counter, defaultdict
from html.parser import HTMLParser
from http.cookies import SimpleCookie

PATIENCE = 30.0  # seconds after which a request without an answer counts as unanswered


class Broken(Exception):  # noqa: N818  named by what happened
    """The connection ended without an answer: the worker that held it was killed."""


class Answers:
    """What all browsers together were answered: by kind of page and status, and how long it took."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.statuses: Counter[tuple[str, str]] = Counter()
        self.seconds: defaultdict[str, list[float]] = defaultdict(list)
        self.wrong: list[str] = []

    def note(self, what: str, status: str, seconds: float, wrong: str = "") -> None:
        """Count one answer; `wrong` says what promise it broke."""
        with self._lock:
            self.statuses[what, status] += 1
            self.seconds[what].append(seconds)
            if wrong:
                self.wrong.append(wrong)


class Forms(HTMLParser):
    """The forms of a page, each as name → values of its fields, as a browser would send them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[dict[str, list[str]]] = []
        self._area = self._select = ""
        self._text = ""
        self._chosen: str | None = None
        self.feed(html)

    def handle_starttag(
        self, tag: str, attributes: list[tuple[str, str | None]]
    ) -> None:
        held = {name: value or "" for name, value in attributes}
        name, kind = held.get("name", ""), held.get("type", "text")
        if tag == "form":
            self.forms.append({})
        elif tag == "select":
            self._select, self._chosen = name, None
        elif tag == "option" and self._select:
            if self._chosen is None or "selected" in held:
                self._chosen = held.get("value", "")
        elif tag == "textarea":
            self._area, self._text = name, ""
        elif tag == "input" and name and kind not in ("submit", "button", "file"):
            chosen = kind not in ("checkbox", "radio") or "checked" in held
            self._add(name, *([held.get("value", "")] if chosen else []))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._select:
            self._add(self._select, self._chosen or "")
            self._select = ""
        elif tag == "textarea" and self._area:
            self._add(self._area, self._text.removeprefix("\n"))
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self._text += data

    def _add(self, name: str, *values: str) -> None:
        if self.forms and values:
            self.forms[-1].setdefault(name, []).extend(values)

    def with_field(self, name: str) -> dict[str, list[str]]:
        """The first form that has a field of that name; empty where there is none."""
        return next((form for form in self.forms if name in form), {})


class Browser:
    """One person's browser, behind the proxy's last hop.

    Args:
        port: where gunicorn listens.
        address: the address the proxy says the person has.
        answers: where every answer is counted.
    """

    def __init__(self, port: int, address: str, answers: Answers) -> None:
        self.port, self.address, self.answers = port, address, answers
        self.cookies: dict[str, str] = {}

    def get(self, what: str, path: str) -> tuple[int, str]:
        """Status and text of a page."""
        status, _, text = self._ask(what, "GET", path)
        return status, text

    def post(
        self, what: str, path: str, fields: dict[str, list[str]]
    ) -> tuple[int, str, str]:
        """Status, where it leads, and text."""
        status, headers, text = self._ask(
            what, "POST", path, urllib.parse.urlencode(fields, doseq=True)
        )
        return status, headers.get("location", ""), text

    def sign_in(self, email: str, password: str) -> None:
        """Sign in, with patience: the site may be between two lives."""
        for _ in range(60):
            try:
                _, text = self.get("login", "/login")
                form = Forms(text).with_field("email") | {
                    "email": [email],
                    "password": [password],
                }
                status, _, _ = self.post("login", "/login", form)
            except Broken:
                status = 0
            if status in (302, 303):
                return
            time.sleep(0.5)
        raise RuntimeError(f"{email} could not sign in: {status}")

    def _ask(
        self, what: str, method: str, path: str, body: str = ""
    ) -> tuple[int, dict[str, str], str]:
        headers = {
            "X-Forwarded-For": self.address,
            "Cookie": "; ".join(
                f"{name}={value}" for name, value in self.cookies.items()
            ),
            "Connection": "close",
        }
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        began = time.monotonic()
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=PATIENCE
        )
        try:
            connection.request(method, path, body=body or None, headers=headers)
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            silent = isinstance(error, socket.timeout)
            word, took = "unanswered" if silent else "broken", time.monotonic() - began
            self.answers.note(
                what,
                word,
                took,
                f"{method} {path}: no answer in {PATIENCE} s" if silent else "",
            )
            raise Broken(str(error)) from None
        finally:
            connection.close()
        for line in answer.headers.get_all("Set-Cookie") or []:
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        told = {name.lower(): value for name, value in answer.getheaders()}
        bad = answer.status >= 500 and not (
            answer.status == 503 and told.get("retry-after")
        )
        wrong = (
            f"{method} {path}: {answer.status} {told.get('x-request-id', '')}"
            if bad
            else ""
        )
        self.answers.note(what, str(answer.status), time.monotonic() - began, wrong)
        return answer.status, told, text
