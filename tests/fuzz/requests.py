"""What is sent: addresses with their arguments, forms as their pages have them, and values nobody means.

Nothing is sent here; the same seed gives the same requests.
"""

from __future__ import annotations

import io
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import quote, urlencode

from flask import Flask

VALUES = (
    "", " ", "0", "-1", "1", "2147483648", "9" * 400, "1e9", "NaN", "٣", "９９", "²", "½", "null", "true", "[]", "{}",
    "a", "轴承", "轴承" * 900, "\x00", "轴\x00承", "\u200b", "\ufeff", "\u202e倒", "\ufffd", "\U0001f600",
    "e\u0301" * 40,
    "' or 1=1 --", '"', "\\", "%", "_", "*", "<script>alert(1)</script>", "{{7*7}}", "../../etc/passwd", "\r\nX: y",
    "http://evil.example/", "//evil.example", "javascript:1", "机密★", "2027-13-45", "0000-00-00", "9999-12-31", "50万",
    "1,000,000,000,000", "-5", "≥", "38～36 dB", "0635-0000000", "a@b", "91371526MA3C4XYZ0P", "draft", "demand",
    "bearing",
)  # fmt: skip
ARGUMENTS = (
    "q", "kind", "field", "chain", "stage", "mode", "district", "year", "sort", "page", "order", "look", "title",
    "state", "tray", "only", "next", "problem", "summary",
)  # fmt: skip
INPUT = re.compile(
    r'<(?:input|textarea|select|button)\b[^>]*?\bname="([^"]+)"[^>]*?>', re.S
)
VALUE = re.compile(r'\bvalue="([^"]*)"')
ODD_NAMES = (
    "metrics-99-name",
    "metrics-²-name",
    "x" * 300,
    "ips-0-number",
    "",
    "名称",
    "metrics-999999999999-name",
)
ODD_TYPES = (
    "text/plain",
    "application/json",
    "application/xml",
    "multipart/form-data",
    "",
)


@dataclass(frozen=True)
class Sent:
    """One request: its method, its address, and what else the client of the tests takes."""

    method: str
    path: str
    more: dict[str, Any] = field(default_factory=dict)


class Awkward:
    """Makes requests from the routes of a site and the forms on its pages.

    Args:
        app: the site.
        known: argument of a route → values that lead somewhere.
        seed: of the dice.
        without: a room whose pages are left out; empty for none.
    """

    def __init__(
        self, app: Flask, known: dict[str, list[Any]], seed: int, without: str = ""
    ) -> None:
        self.known = known
        self.dice = random.Random(seed)  # noqa: S311  dice
        rules = sorted(app.url_map.iter_rules(), key=str)
        if without:
            rules = [rule for rule in rules if not rule.endpoint.startswith(without)]
        self.reading = [rule for rule in rules if "GET" in (rule.methods or ())]
        self.writing = [rule for rule in rules if "POST" in (rule.methods or ())]

    def value(self) -> str:
        """A value nobody means."""
        return self.dice.choice(VALUES)

    def path(self, rule: Any) -> str:
        """An address of a route, its parts known ones or, now and then, awkward."""

        def part(match: re.Match[str]) -> str:
            name = match.group(0).strip("<>").rpartition(":")[2]
            if name in self.known and self.dice.random() < 0.8:
                return str(self.dice.choice(self.known[name]))
            return quote(self.value()[:200] or "0", safe="")

        return re.sub(r"<[^>]+>", part, rule.rule)

    def reads(self, count: int) -> Iterator[Sent]:
        """Requests that read."""
        for _ in range(count):
            path = self.path(self.dice.choice(self.reading))
            names = self.dice.choices(ARGUMENTS, k=self.dice.randrange(4))
            query = urlencode([(name, self.value()) for name in names])
            method = self.dice.choice(("GET", "GET", "GET", "HEAD", "OPTIONS"))
            yield Sent(method, f"{path}?{query}"[:6000])

    def posts(self, count: int, pages: dict[str, str]) -> Iterator[Sent]:
        """Requests that write.

        Args:
            count: how many.
            pages: address → HTML of pages that have forms.
        """
        forms = [
            (path, form) for path, html in pages.items() for form in fields_of(html)
        ]
        for _ in range(count):
            path = self.path(self.dice.choice(self.writing))
            data: dict[str, Any] = {"note": self.value(), "seen": self.value()}
            if forms and self.dice.random() < 0.7:
                _, (action, fields) = self.dice.choice(forms)
                path = action if self.dice.random() < 0.8 else path
                data = dict(fields)
            for name in self.dice.sample(
                sorted(data), k=min(len(data), self.dice.randrange(1, 5))
            ):
                data[name] = self.value()
            yield Sent("POST", path, self._body(data))

    def _body(self, data: dict[str, Any]) -> dict[str, Any]:
        """A form as browsers send it, or not."""
        how = self.dice.random()
        if how < 0.55:
            return {"data": data}
        if how < 0.65:
            name = self.dice.choice([*data, "title"])
            data = {**data, name: (io.BytesIO(b"\xff\x00file"), "x.txt")}
            return {"data": data, "content_type": "multipart/form-data"}
        if how < 0.75:
            return {"data": {**data, self.dice.choice(ODD_NAMES): self.value()}}
        if how < 0.85:
            return {
                "json": self.dice.choice([data, [1, 2], None, {"email": {"a": 1}}, 7])
            }
        if how < 0.92:
            body = urlencode(data).encode()[: self.dice.randrange(1, 400)]
            return {"data": body, "content_type": self.dice.choice(ODD_TYPES)}
        name = self.dice.choice(list(data))
        repeated = [(name, self.value()) for _ in range(3)]
        return {"data": urlencode([*data.items(), *repeated]).encode("utf-8"),
                "content_type": "application/x-www-form-urlencoded"}  # fmt: skip


def fields_of(html: str) -> Iterator[tuple[str, dict[str, str]]]:
    """(action, field → value) of every form of a page that is posted."""
    for form in re.findall(r"<form\b.*?</form>", html, re.S):
        head = form[: form.index(">")]
        action = re.search(r'action="([^"]*)"', head)
        if 'method="post"' not in head.lower() or action is None:
            continue
        fields = {}
        for match in INPUT.finditer(form):
            value = VALUE.search(match.group(0))
            fields[unescape(match.group(1))] = unescape(value.group(1)) if value else ""
        if fields:
            yield unescape(action.group(1)), fields
