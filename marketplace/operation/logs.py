"""What the site writes down of itself: JSON lines when live, readable text in a demo, each with its request's id.

No personal data: no addresses of readers, no query texts; mail addresses and telephone numbers are struck out.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import uuid
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

import structlog
from flask import Flask, Response, g, request, request_started
from gunicorn.glogging import Logger

OURS = ("marketplace", "matching", "search")
HEADER = "X-Request-ID"
SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
STRUCK = "[…]"
PERSONAL = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"  # mail addresses
    r"|(?<!\d)1[3-9]\d{9}(?!\d)"  # mobile telephones of the mainland
    r"|(?<!\d)0\d{2,3}-\d{7,8}(?!\d)"  # telephones
    r"|(?<!\d)\d{17}[\dXx](?!\d)"  # identity cards
)

Event = MutableMapping[str, Any]


def without_people(_logger: Any, _name: str, event: Event) -> Event:
    """A structlog processor: strike out what belongs to persons from every text of a line."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = PERSONAL.sub(STRUCK, value)
    return event


def _before() -> list[Any]:
    """What is done to every line, ours or a library's, before it is written."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.format_exc_info,
        without_people,
    ]


def formatter(*, as_json: bool) -> logging.Formatter:
    """The last step of a line: JSON, or text for a terminal."""
    if as_json:
        writer: Any = structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    else:
        writer = structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_before(), processors=[remove, writer]
    )


def configure(*, as_json: bool) -> None:
    """Send every line of this process to standard error; calling it again changes the form."""
    structlog.configure(
        processors=[*_before(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.set_name("market")
    handler.setFormatter(formatter(as_json=as_json))
    root = logging.getLogger()
    for old in [other for other in root.handlers if other.get_name() == "market"]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("elastic_transport").setLevel(
        logging.ERROR
    )  # what it warns of, index_behind says once
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)


def init_app(app: Flask) -> None:
    """Give every request its id, and write lines as this site's environment wants them (tests keep their own)."""
    if app.config["ENVIRONMENT"] != "test":
        configure(as_json=app.config["ENVIRONMENT"] == "live")
    request_started.connect(_begin, app)
    app.after_request(_finish)


def _begin(_app: Flask, **_: Any) -> None:
    given = request.headers.get(HEADER, "")
    g.request_id = given if SANE.fullmatch(given) else uuid.uuid4().hex
    structlog.contextvars.clear_contextvars()  # the thread has served others before
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _finish(response: Response) -> Response:
    response.headers[HEADER] = g.request_id
    return response


class AccessLog(Logger):
    """gunicorn's log with one JSON object for each request: what was asked and how it went, not who asked or for what.

    The address without its query, for a query tells what somebody looks for.
    """

    def access(
        self, resp: Any, req: Any, environ: dict[str, Any], request_time: Any
    ) -> None:
        """Write the line of one request, if an access log is wanted."""
        if not self.access_log_enabled:
            return
        headers = {name.lower(): value for name, value in resp.headers}
        line = {
            "at": datetime.now(UTC)
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z"),
            "event": "request",
            "method": environ.get("REQUEST_METHOD"),
            "path": PERSONAL.sub(
                STRUCK,
                environ.get("PATH_INFO", "")
                .encode("latin-1")
                .decode("utf-8", "replace"),
            ),
            "status": int(str(resp.status).split(" ", 1)[0]),
            "bytes": getattr(resp, "sent", None),
            "milliseconds": round(request_time.total_seconds() * 1000, 1),
            "request_id": headers.get(HEADER.lower()),
        }
        self.access_log.info("%s", json.dumps(line, ensure_ascii=False))


class JsonLog(AccessLog):
    """The same, with gunicorn's own messages as JSON too."""

    def setup(self, cfg: Any) -> None:
        """Prepare the logs as gunicorn does, then change the form of its messages."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(formatter(as_json=True))
