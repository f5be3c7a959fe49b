"""The log: one form for every line, the id of its request, and nobody's personal data."""

from __future__ import annotations

import json
import logging
import re
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask.testing import FlaskClient
from gunicorn.config import Config

from marketplace.operation import logs


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


def test_the_access_log_tells_how_it_went_and_not_who_asked(tmp_path: Path) -> None:
    settings = Config()
    settings.set("accesslog", str(tmp_path / "access.log"))
    log = logs.AccessLog(settings)
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

    log.access(answer, None, asked, timedelta(milliseconds=12.3))

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
    for handler in log.access_log.handlers[:]:
        handler.close()
        log.access_log.removeHandler(handler)
