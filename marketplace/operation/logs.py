"""The logs of the site: JSON lines when live, readable text in a demo, each with the id of its request.

Not in them: personal data. No addresses of readers, no query texts; mail addresses and phone numbers are removed.
Neither what an address carries as a secret, such as the link to a new password: whoever reads a log could open it.
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
from werkzeug.routing import Map

OURS = ("marketplace", "matching", "search")
HEADER = "X-Request-ID"
REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
REPLACEMENT = "[…]"
PERSONAL_DATA = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"  # mail addresses
    r"|(?<!\d)1[3-9]\d{9}(?!\d)"  # mobile telephones of the mainland
    r"|(?<!\d)0\d{2,3}-\d{7,8}(?!\d)"  # telephones
    r"|(?<!\d)\d{17}[\dXx](?!\d)"  # identity cards
)

# Arguments of routes that open something by themselves. `deploy/nginx.conf` names the same places for its own log.
SECRET_ARGUMENTS = frozenset({"token", "secret"})
ARGUMENT = re.compile(r"<(?:[^<>:]*:)?(\w+)>")
# Of what a text may hold behind such a place: up to the end of the address.
REST_OF_ADDRESS = r"""[^\s"'<>]+"""

Event = MutableMapping[str, Any]


def secret_places(routes: Map) -> re.Pattern[str]:
    """A pattern for the beginnings of addresses behind which a secret stands, as `/renew/`.

    Args:
        routes: the routes of an application; what their arguments are called tells which are secret.
    """
    places = set()
    for rule in routes.iter_rules():
        place = ""
        # Text and names of arguments in turn.
        parts = ARGUMENT.split(rule.rule)
        for text, argument in zip(parts[::2], parts[1::2], strict=False):
            # Slashes that were typed twice lead to the same page.
            place += re.escape(text).replace("/", "/+")
            if argument in SECRET_ARGUMENTS:
                places.add(place)
                break
            place += "[^/]+"
    if not places:
        return re.compile(r"(?!)")  # matches nothing
    # In any case of letters: such a page is not found, and its secret is one all the same.
    return re.compile(f"(?:{'|'.join(sorted(places))})", re.IGNORECASE)


class SecretPlaces:
    """Where secrets stand in the addresses of the application of this process."""

    def __init__(self) -> None:
        self.learn(Map())

    def learn(self, routes: Map) -> None:
        """Take the routes of an application that is complete."""
        self._place = secret_places(routes)
        pattern = f"({self._place.pattern}){REST_OF_ADDRESS}"
        self._address = re.compile(pattern, re.IGNORECASE)

    def strike_path(self, path: str) -> str:
        """A path without the secret and what follows it, blanks in it too."""
        found = self._place.search(path)
        if found is None:
            return path
        return path[: found.end()] + REPLACEMENT

    def strike(self, text: str) -> str:
        """A text without the secrets of the addresses in it."""
        return self._address.sub(rf"\1{REPLACEMENT}", text)


secrets = SecretPlaces()


def strip_personal_data(_logger: Any, _name: str, event: Event) -> Event:
    """A structlog processor: replace personal data, and secrets of addresses, in every text of a line."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = PERSONAL_DATA.sub(REPLACEMENT, secrets.strike(value))
    return event


def _shared_processors() -> list[Any]:
    """The processors of every line, ours or a library's, before it is written."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.format_exc_info,
        # Last, so that it sees the text of an exception too.
        strip_personal_data,
    ]


def make_formatter(*, as_json: bool) -> logging.Formatter:
    """The last step of a line: JSON, or text for a terminal."""
    if as_json:
        writer: Any = structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    else:
        writer = structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared_processors(), processors=[remove, writer]
    )


def configure_logging(*, as_json: bool) -> None:
    """Send every line of this process to standard error; calling it again changes the form."""
    structlog.configure(
        processors=[
            *_shared_processors(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.set_name("market")
    handler.setFormatter(make_formatter(as_json=as_json))
    root = logging.getLogger()
    # A copy of the list, which changes on the way. Other handlers, such as those of pytest, stay.
    for other in list(root.handlers):
        if other.get_name() == "market":
            root.removeHandler(other)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    # It warns at every request of what `index_behind` reports once.
    logging.getLogger("elastic_transport").setLevel(logging.ERROR)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)


def init_app(app: Flask) -> None:
    """Give every request its id, and write lines as this site's environment wants them (tests keep their own)."""
    if app.config["ENVIRONMENT"] != "test":
        configure_logging(as_json=app.config["ENVIRONMENT"] == "live")
    # The last room with pages does this: all routes are there.
    secrets.learn(app.url_map)
    request_started.connect(_begin_request, app)
    app.after_request(_finish_request)


def _begin_request(_app: Flask, **_: Any) -> None:
    # The proxy's id, so that its log and ours can be joined; anything else in that header is not written to a log.
    given = request.headers.get(HEADER, "")
    if REQUEST_ID.fullmatch(given):
        g.request_id = given
    else:
        g.request_id = uuid.uuid4().hex
    structlog.contextvars.clear_contextvars()  # the thread has served others before
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _finish_request(response: Response) -> Response:
    response.headers[HEADER] = g.request_id
    return response


# What gunicorn writes of requests that it cannot read.
SENDER = re.compile(r"\bip=\S+?(?=:? |$)")


# In its messages an address stands last, or the whole line of a request that could not be read: blanks end nothing.
QUERY = re.compile(r"\?.+", re.DOTALL)


def _strike_message(record: logging.LogRecord) -> bool:
    """A filter that lets every line through, without the secrets and the queries of addresses, as the access log."""
    record.msg = QUERY.sub(f"?{REPLACEMENT}", secrets.strike(record.getMessage()))
    record.args = ()
    return True


class AccessLog(Logger):
    """gunicorn's access log, one JSON object for each request: its address and outcome, not its sender or query.

    The query is left out, for it may say what a firm is looking for; so is what an address carries as a secret.
    """

    def setup(self, cfg: Any) -> None:
        """Prepare the logs as gunicorn does; its messages about errors name addresses too."""
        super().setup(cfg)
        self.error_log.addFilter(_strike_message)

    def warning(self, msg: Any, *args: Any, **kwargs: Any) -> None:
        """Write a warning without the address of its sender, and without the id of the thread's last request."""
        if "ip=" in str(msg):
            structlog.contextvars.clear_contextvars()
            msg = SENDER.sub(f"ip={REPLACEMENT}", str(msg))
        super().warning(msg, *args, **kwargs)

    def access(
        self, resp: Any, req: Any, environ: dict[str, Any], request_time: Any
    ) -> None:
        """Write the line of one request, if an access log is wanted."""
        if not self.access_log_enabled:
            return
        headers = {name.lower(): value for name, value in resp.headers}
        moment = datetime.now(UTC).isoformat(timespec="milliseconds")
        # WSGI hands the bytes of the path over as if they were latin-1 (PEP 3333).
        path_bytes = environ.get("PATH_INFO", "").encode("latin-1")
        path = path_bytes.decode("utf-8", "replace")
        # "200 OK" or 200, as the kind of worker has it.
        status = str(resp.status).split(" ", 1)[0]
        line = {
            "at": moment.replace("+00:00", "Z"),
            "event": "request",
            "method": environ.get("REQUEST_METHOD"),
            "path": PERSONAL_DATA.sub(REPLACEMENT, secrets.strike_path(path)),
            "status": int(status),
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
            handler.setFormatter(make_formatter(as_json=True))
