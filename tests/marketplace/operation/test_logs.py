"""The log: one form for every line, the id of its request, and nobody's personal data."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from gunicorn.config import Config

from marketplace.operation import logs
from tests.served import ROOT


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("0123456789abcdef", True),
        ("req-2026.11_21-a", True),
        ("", False),
        ("short", False),
        ("a" * 65, False),
        ("with blank in it", False),
        ('quote"quote"quote', False),
        ("-begins-with-hyphen", False),
    ],
)
def test_the_id_of_a_request(client: FlaskClient, given: str, kept: bool) -> None:
    answered = client.get("/healthz", headers={"X-Request-ID": given}).headers[
        "X-Request-ID"
    ]

    assert (answered == given) == kept
    assert logs.REQUEST_ID.fullmatch(answered)


def test_two_requests_have_two_ids(client: FlaskClient) -> None:
    ids = {client.get("/healthz").headers["X-Request-ID"] for _ in range(3)}

    assert len(ids) == 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sent to zhang.san@example.cn", "sent to […]"),
        ("call 13800001234 now", "call […] now"),
        ("0635-8230000", "[…]"),
        ("身份证 371502199001011234", "身份证 […]"),
        (
            "listing 13800001234567 of 2026",
            "listing 13800001234567 of 2026",
        ),  # a longer number is none
        ("matcher_fitted in 13.8 s", "matcher_fitted in 13.8 s"),
    ],
)
def test_what_belongs_to_persons_is_struck_out(text: str, expected: str) -> None:
    assert logs.strip_personal_data(None, "", {"event": text})["event"] == expected


def test_a_line_of_a_library_is_json_too() -> None:
    record = logging.LogRecord(
        "alembic", logging.WARNING, __file__, 1, "to %s", ("a.b@example.com",), None
    )

    line = json.loads(logs.make_formatter(as_json=True).format(record))

    assert (line["event"], line["level"], line["logger"]) == (
        "to […]",
        "warning",
        "alembic",
    )
    assert re.fullmatch(r"[\d-]+T[\d:.]+Z", line["at"])


def test_an_error_is_one_line_with_its_traceback() -> None:
    try:
        raise ValueError("不对 13800001234")
    except ValueError as error:
        seen = (type(error), error, error.__traceback__)
    record = logging.LogRecord(
        "marketplace", logging.ERROR, __file__, 1, "failed", (), seen
    )

    text = logs.make_formatter(as_json=True).format(record)

    assert "\n" not in text
    assert "不对 […]" in json.loads(text)["exception"]


SECRET = "WyJhIiwxXQ.aSecret_That-Opens.x7"


def addresses_with_secrets(app: Flask) -> list[str]:
    """One address of each route that takes a secret."""
    links = app.url_map.bind("market.example")
    found = set()
    for rule in app.url_map.iter_rules():
        if rule.arguments & logs.SECRET_ARGUMENTS:
            values: dict[str, Any] = dict.fromkeys(rule.arguments, 7)
            for name in rule.arguments & logs.SECRET_ARGUMENTS:
                values[name] = SECRET
            method = "GET" if "GET" in (rule.methods or ()) else "POST"
            found.add(links.build(rule.endpoint, values, method=method))
    assert {"/reset", "/renew"} <= {address.rpartition("/")[0] for address in found}
    return sorted(found)


@pytest.fixture
def access_log(tmp_path: Path) -> Iterator[logs.AccessLog]:
    """An access log that writes to access.log of the test's folder."""
    settings = Config()
    settings.set("accesslog", str(tmp_path / "access.log"))
    log = logs.AccessLog(settings)
    yield log
    for handler in log.access_log.handlers[:]:
        handler.close()
        log.access_log.removeHandler(handler)


def test_no_log_holds_the_secret_of_an_address(
    app: Flask,
    access_log: logs.AccessLog,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    logs.secrets.learn(app.url_map)
    answer = SimpleNamespace(status="200 OK", sent=17, headers=[])
    access_log.error_log.addHandler(caplog.handler)
    for address in addresses_with_secrets(app):
        for path in (address, f"/{address}/more", address.replace(".", " .")):
            access_log.access(answer, None, {"PATH_INFO": path}, timedelta(0))
        access_log.error("Error handling request %s", address)
        event = {"event": f"Exception on {address} [GET]"}
        told = logs.strip_personal_data(None, "", event)["event"]
        assert told.startswith("Exception on /")
        assert told.endswith("/[…] [GET]")
    access_log.error_log.removeHandler(caplog.handler)

    text = (tmp_path / "access.log").read_text() + caplog.text
    assert '"path": "/renew/[…]"' in text
    assert "Error handling request /reset/[…]" in text
    for piece in SECRET.split("."):
        assert piece not in text


@pytest.mark.parametrize(
    ("message", "written"),
    [
        (
            "Error handling request GET /search?q=铝轮毂&code=8f3a",
            "Error handling request GET /search?[…]",
        ),
        (
            "Invalid request from ip=1.2.3.4: Invalid HTTP request line: 'GET /search?q=铝 轮毂 HTTP/1.1'",
            "Invalid request from ip=[…]: Invalid HTTP request line: 'GET /search?[…]",
        ),
        (
            "Worker (pid:7) was sent SIGKILL! Perhaps out of memory?",
            "Worker (pid:7) was sent SIGKILL! Perhaps out of memory?",
        ),
    ],
)
def test_what_gunicorn_says_of_errors_holds_no_query(
    message: str,
    written: str,
    access_log: logs.AccessLog,
    caplog: pytest.LogCaptureFixture,
) -> None:
    access_log.error_log.addHandler(caplog.handler)
    access_log.warning(message)
    access_log.error_log.removeHandler(caplog.handler)

    assert caplog.messages == [written]


def test_other_addresses_are_in_the_log(app: Flask) -> None:
    logs.secrets.learn(app.url_map)

    for path in ("/demands/7", "/login", "/reset", "/notices/stop"):
        assert logs.secrets.strike_path(path) == path


def test_the_log_of_the_proxy_hides_the_same(app: Flask) -> None:
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    written = re.search(r'"~\*(\^\S+)" "\$\{market_place\}', text)
    assert written is not None
    pattern = re.compile(written[1].replace("(?<", "(?P<"))

    for address in addresses_with_secrets(app):
        found = pattern.match(address)
        assert found is not None, address
        assert SECRET[:4] not in found["market_place"]
    # The format writes what the map made, and no other address.
    (form,) = re.findall(r"log_format[^;]*;", text)
    assert "$market_address" in form
    assert not re.search(r"\$(uri|request|request_uri)\b", form)


def test_the_access_log_tells_how_it_went_and_not_who_asked(
    access_log: logs.AccessLog, tmp_path: Path
) -> None:
    answer = SimpleNamespace(
        status="200 OK", sent=17, headers=[("X-Request-Id", "0123456789abcdef")]
    )
    asked = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": '/search/"轴承"\n'.encode().decode("latin-1"),
        "QUERY_STRING": "q=secret",
        "REMOTE_ADDR": "198.51.100.7",
        "HTTP_COOKIE": "session=secret",
    }

    access_log.access(answer, None, asked, timedelta(milliseconds=12.3))

    text = (tmp_path / "access.log").read_text()
    line = json.loads(text)
    assert text.count("\n") == 1
    assert {k: line[k] for k in line if k != "at"} == {
        "event": "request",
        "method": "GET",
        "path": '/search/"轴承"\n',
        "status": 200,
        "bytes": 17,
        "milliseconds": 12.3,
        "request_id": "0123456789abcdef",
    }
