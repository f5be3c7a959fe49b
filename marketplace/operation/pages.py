"""Pages for machines: /healthz, /readyz for proxies and supervisors, /metrics for Prometheus.

What makes a component healthy is in `health.py`.
"""

from __future__ import annotations

import hmac
import ipaddress
import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from flask import Blueprint, Flask, Response, current_app, request
from flask.typing import ResponseReturnValue
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from prometheus_flask_exporter import PrometheusMetrics

from marketplace.door import needs
from marketplace.errors import NotFound
from marketplace.operation import bodies, figures, health, logs, runs

blueprint = Blueprint("operation", __name__)
PROBES = ("operation.healthz", "operation.readyz", "operation.metrics")
# Bounds of the histogram of answer times: close together where most pages are.
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10)
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1"))
FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")


class Parts(Collector):
    """The components of the site as figures, checked when they are collected; the same for every worker."""

    def collect(self) -> Iterator[Metric]:
        """One gauge for each figure, labelled by component."""
        states = current_app.extensions["health"].check_parts()
        up = GaugeMetricFamily(
            "market_part_ok", "Whether a part of the site is well.", labels=["part"]
        )
        age = GaugeMetricFamily(
            "market_part_age_seconds",
            "Since its last change or building.",
            labels=["part"],
        )
        for part, state in states.items():
            up.add_metric([part], state["state"] in health.GOOD_STATES)
            if state["age"] is not None:
                age.add_metric([part], state["age"])
        yield up
        yield age
        behind = states["database"].get("not_indexed")
        if behind is not None:
            yield GaugeMetricFamily(
                "market_not_indexed_rows",
                "Listings whose copy in the index is old.",
                behind,
            )
        documents = states["search"].get("documents")
        if documents is not None:
            yield GaugeMetricFamily(
                "market_search_documents",
                "Documents the search index holds.",
                documents,
            )
        yield from _job_and_disk_metrics(states)
        # None where the database is away, which another figure says.
        if "mails" in states["database"]:
            yield from _mail_metrics(states["database"])


def _mail_metrics(state: dict[str, Any]) -> Iterator[Metric]:
    mails = GaugeMetricFamily(
        "market_mails", "Mails by what became of them.", labels=["state"]
    )
    for name, count in state["mails"].items():
        mails.add_metric([name], count)
    yield mails
    yield GaugeMetricFamily(
        "market_mail_due_seconds",
        "How long the mail has been due that has waited longest.",
        state["mail_due"],
    )


def _job_and_disk_metrics(states: health.PartStates) -> Iterator[Metric]:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    yield GaugeMetricFamily(
        "market_jobs_leader",
        "Whether any process does what only one may do.",
        states["jobs"]["leader"],
    )
    age = GaugeMetricFamily(
        "market_job_age_seconds", "Since its last run on this host.", labels=["job"]
    )
    ok = GaugeMetricFamily(
        "market_job_ok", "Whether its last run went well.", labels=["job"]
    )
    for name, run in sorted(runs.last_runs(app).items()):
        age.add_metric([name], time.time() - run.at)
        ok.add_metric([name], run.ok)
    yield age
    yield ok
    if "free_bytes" in states["disk"]:
        yield GaugeMetricFamily(
            "market_disk_free_bytes",
            "Left of the file system that holds the data.",
            states["disk"]["free_bytes"],
        )


def init_app(app: Flask) -> None:
    """Count requests by endpoint, give the logs their form, and let probes through without a redirect to HTTPS."""
    logs.init_app(app)
    app.extensions["health"] = health.Health()
    figures.reserve_room()
    bodies.init_app(app)
    app.after_request(_isolate)
    app.extensions["metrics"] = PrometheusMetrics(
        app,
        path=None,  # the library's own page is open to everybody; ours is below
        registry=CollectorRegistry(),
        group_by="endpoint",
        defaults_prefix="market",
        buckets=SECONDS,
        excluded_paths=["^/static/", "^/healthz$", "^/readyz$", "^/metrics$"],
    )
    for endpoint in PROBES:
        view: Any = app.view_functions.get(endpoint)
        if view is not None:  # a probe of the same machine speaks plain HTTP
            view.talisman_view_options = {"force_https": False}


def _isolate(response: Response) -> Response:
    """Let no page of another site hold ours as a window or as a part of itself."""
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    return response


@blueprint.get("/healthz")
@needs("public.read")
def healthz() -> ResponseReturnValue:
    """Alive: the process answers."""
    return {"status": "ok"}


@blueprint.get("/readyz")
@needs("public.read")
def readyz() -> ResponseReturnValue:
    """Ready: each part with its state and age; 503 when the database is away, for then nothing can be answered.

    Anybody else than this machine and the collectors of /metrics reads the verdict alone: the figures say how much
    there is that not everybody may see, and when somebody last saved.
    """
    states = current_app.extensions["health"].check_parts()
    status = health.overall_state(states)
    headers = {"Cache-Control": "no-store"}
    code = 200
    if status == "away":
        headers["Retry-After"] = "10"
        code = 503
    answer: dict[str, Any] = {"status": status}
    if _may_collect(LOOPBACK):
        answer |= states
    return answer, code, headers


@blueprint.get("/metrics")
@needs(
    "public.read"
)  # a machine has no account: `_require_collector` checks its token or network
def metrics() -> ResponseReturnValue:
    """Figures of every worker, for Prometheus; to everybody else there is no such page."""
    _require_collector()
    # The library's own switch, set by gunicorn.conf.py.
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        # This class of the library is the only one of it without types.
        collector: Callable[[CollectorRegistry], object] = MultiProcessCollector
        collector(registry)
    else:
        registry = CollectorRegistry()
        registry.register(current_app.extensions["metrics"].registry)
    registry.register(Parts())
    write, content_type = choose_encoder(request.headers.get("Accept", ""))
    return Response(
        write(registry),
        content_type=content_type,
        headers={"Cache-Control": "no-store"},
    )


def _require_collector() -> None:
    """Hide the page from everybody who may not collect the figures.

    Raises:
        NotFound: this request may not.
    """
    if not _may_collect():
        raise NotFound("没有找到这个页面。")


def _may_collect(more: Sequence[Network] = ()) -> bool:
    """Whether this request bears the token, or comes from a named network with no proxy between.

    Args:
        more: networks beyond those that METRICS_FROM names.
    """
    token = current_app.config["METRICS_TOKEN"]
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    # In constant time, so that the token cannot be found letter by letter.
    if token and hmac.compare_digest(given.encode(), token.encode()):
        return True
    # Behind a proxy that nobody declared, every reader has the address of that proxy.
    trusted = current_app.config["TRUSTED_PROXIES"]
    if not trusted and any(name in request.headers for name in FORWARDED):
        return False
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return False
    named = (*current_app.config["METRICS_FROM"], *more)
    return any(address in network for network in named)
