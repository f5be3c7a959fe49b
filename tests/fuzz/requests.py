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
    "bearing", "9223372036854775808", "-9223372036854775809", "１２３", "①", "0x1f", "1_000", "+1", "1.0",
    "&#x202e;&nbsp;",
    "\u2028\u2029", "\u2066隐\u2069", "\U000e0041", "a" * 5000, "é" * 3000, "\x1b[2J", "\x7f", "C:\\con", "....//etc",
    "%00", "%ed%a0%80", "%2e%2e%2f", "?", "#", ";", "a=b&c=d",
    "\\evil.example", "https:evil.example", "/\\evil.example",
    "\t//evil.example", "2026-02-29", "2026-11-31", "10000-01-01", "1969-12-31", "-0", "∞", "1e308", "1e-400", "0,5",
    "-40℃", "C++", "AND OR NOT", "NEAR(a,b)", "\"轴承", "(轴承", "轴承*", "^轴承", "title:轴承",
)  # fmt: skip
ARGUMENTS = (
    "q", "kind", "field", "chain", "stage", "mode", "district", "year", "sort", "page", "order", "look", "title",
    "state", "tray", "only", "next", "problem", "summary", "organisation", "need", "type", "from", "to", "since",
    "until", "deed", "actor", "thing", "step", "for", "seen", "revision", "version", "wait", "search", "token",
    "subject",
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
# Bytes that are no characters, names twice or as other frameworks write them, and what is no pair at all.
ODD_QUERIES = (
    "q=%ff%fe", "q=%ed%a0%80", "q=%00", "q=%", "q=%zz", "q[]=1&q[a]=2", "page=1&page=-1&page=x", "kind=demand&kind=x",
    "&&&=&", "=", "q", "q=%C0%AF", "q=%F4%90%80%80", "%ff=1", "page=%EF%BC%91", "sort=new;drop", "q=a%0d%0aX:%20y",
)  # fmt: skip
ODD_HEADERS: tuple[dict[str, str], ...] = (
    {"Host": "evil.example"}, {"Host": ""}, {"Host": "localhost:99999999"}, {"Host": "[::1"}, {"Host": "a b"},
    {"X-Forwarded-For": "::ffff:1.2.3.4, unknown"}, {"X-Forwarded-Host": "evil.example"}, {"Forwarded": "for=_x"},
    {"X-Forwarded-Proto": "javascript"}, {"Cookie": "session=\xff; session=a; =; remember_token=1|2"},
    {"Range": "bytes=0-0,-1,5-2"}, {"Range": "bytes=-"}, {"Range": "bytes=99999999999999999999-"},
    {"If-None-Match": '"*", W/"'}, {"If-Modified-Since": "yesterday"}, {"If-Range": "x"}, {"Accept": ";q=9,/"},
    {"Accept": "application/json"}, {"Accept-Language": "-,;q=a"}, {"Accept-Encoding": "gzip;q=-1"}, {"Origin": "null"},
    {"Referer": "http://[evil"}, {"User-Agent": "\xe8\xbd\xb4" * 200}, {"Authorization": "Basic ÿ"},
    {"X-Requested-With": "XMLHttpRequest"}, {"Content-Length": "-1"}, {"Content-Encoding": "gzip"}, {"Expect": "x"},
    {"Authentication-Token": "x"}, {"X-HTTP-Method-Override": "DELETE"}, {"X-Request-Id": "a b\u00e9"},
)  # fmt: skip
METHODS = ("GET",) * 12 + ("HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE")
ODD_TYPES = (
    "text/plain",
    "application/json",
    "application/xml",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "multipart/form-data; boundary=" + "x" * 300,
    "application/x-www-form-urlencoded; charset=utf-16",
    "application/x-www-form-urlencoded; charset=no-such",
    "text/plain; charset=\x00",
    ";",
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

    def known_path(self, rule: Any) -> str:
        """An address of a route whose parts are known, as far as there are such."""

        def part(match: re.Match[str]) -> str:
            name = match.group(0).strip("<>").rpartition(":")[2]
            return str(self.dice.choice(self.known.get(name) or [1]))

        return re.sub(r"<[^>]+>", part, rule.rule)

    def reads(self, count: int) -> Iterator[Sent]:
        """Requests that read."""
        for _ in range(count):
            path = self.path(self.dice.choice(self.reading))
            names = self.dice.choices(ARGUMENTS, k=self.dice.randrange(4))
            query = urlencode([(name, self.value()) for name in names])
            if self.dice.random() < 0.1:
                query = self.dice.choice(ODD_QUERIES)
            method = self.dice.choice(METHODS)
            yield Sent(method, f"{path}?{query}"[:6000], self._headers())

    def _headers(self) -> dict[str, Any]:
        """Headers that nobody means, now and then."""
        if self.dice.random() < 0.85:
            return {}
        return {"headers": self.dice.choice(ODD_HEADERS)}

    def posts(self, count: int, pages: dict[str, str]) -> Iterator[Sent]:
        """Requests that write.

        Args:
            count: how many.
            pages: address → HTML of pages that have forms.
        """
        # One of each kind: on every page are the same few, and signing out would end the walk.
        forms = {
            action: fields
            for html in pages.values()
            for action, fields in fields_of(html)
            if not action.startswith("/logout")
        }
        for _ in range(count):
            path = self.path(self.dice.choice(self.writing))
            data: dict[str, Any] = {"note": self.value(), "seen": self.value()}
            if forms and self.dice.random() < 0.7:
                action = self.dice.choice(list(forms))
                path = action if self.dice.random() < 0.8 else path
                data = dict(forms[action])
            for name in self.dice.sample(
                sorted(data), k=min(len(data), self.dice.randrange(1, 5))
            ):
                data[name] = self.value()
            yield Sent("POST", path, self._body(data) | self._headers())

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
