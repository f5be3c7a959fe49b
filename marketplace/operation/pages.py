"""Pages for machines: /readyz for whoever sends requests here, /metrics for whoever draws curves.

/healthz says only that the process answers. What is well stands in `rules.py`.
"""

from __future__ import annotations

import hmac
import ipaddress
import os
import time
from collections.abc import Iterator, Sequence

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
from marketplace.operation import background, health, logs

blueprint = Blueprint("operation", __name__)
PROBES = ("operation.healthz", "operation.readyz", "operation.metrics")
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10)
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1"))
FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")


class Parts(Collector):
    """The parts of the site as figures, looked at when they are asked for; the same for every worker."""

    def collect(self) -> Iterator[Metric]:
        """One gauge for each question, labelled by part."""
        found = current_app.extensions["health"].look()
        up = GaugeMetricFamily(
            "market_part_ok", "Whether a part of the site is well.", labels=["part"]
        )
        age = GaugeMetricFamily(
            "market_part_age_seconds",
            "Since its last change or building.",
            labels=["part"],
        )
        for part, state in found.items():
            up.add_metric([part], state["state"] == "ok")
            if state["age"] is not None:
                age.add_metric([part], state["age"])
        yield up
        yield age
        behind = found["database"].get("not_indexed")
        if behind is not None:
            yield GaugeMetricFamily(
                "market_not_indexed_rows",
                "Listings whose copy in the index is old.",
                behind,
            )
        documents = found["search"].get("documents")
        if documents is not None:
            yield GaugeMetricFamily(
                "market_search_documents",
                "Documents the search index holds.",
                documents,
            )
        yield from _jobs_and_disk(found)


def _jobs_and_disk(found: health.Found) -> Iterator[Metric]:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    yield GaugeMetricFamily(
        "market_jobs_leader",
        "Whether any process does what only one may do.",
        found["jobs"]["leader"],
    )
    age = GaugeMetricFamily(
        "market_job_age_seconds", "Since its last run on this host.", labels=["job"]
    )
    ok = GaugeMetricFamily(
        "market_job_ok", "Whether its last run went well.", labels=["job"]
    )
    for name, run in sorted(background.last_runs(app).items()):
        age.add_metric([name], time.time() - run.at)
        ok.add_metric([name], run.ok)
    yield age
    yield ok
    if "free_bytes" in found["disk"]:
        yield GaugeMetricFamily(
            "market_disk_free_bytes",
            "Left of the file system that holds the data.",
            found["disk"]["free_bytes"],
        )


def init_app(app: Flask) -> None:
    """Count requests by endpoint, give the logs their form, and let probes through without a redirect to HTTPS."""
    logs.init_app(app)
    app.extensions["health"] = health.Health()
    app.extensions["metrics"] = PrometheusMetrics(
        app,
        path=None,  # the page stands below, behind its own door
        registry=CollectorRegistry(),
        group_by="endpoint",
        defaults_prefix="market",
        buckets=SECONDS,
        excluded_paths=["^/static/", "^/healthz$", "^/readyz$", "^/metrics$"],
    )
    for endpoint in PROBES:
        view = app.view_functions.get(endpoint)
        if view is not None:  # a probe of the same machine speaks plain HTTP
            view.talisman_view_options = {"force_https": False}  # type: ignore[attr-defined]


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
    found = current_app.extensions["health"].look()
    status = health.verdict(found)
    headers = {"Cache-Control": "no-store"} | (
        {"Retry-After": "10"} if status == "away" else {}
    )
    parts = found if _collects(LOOPBACK) else {}
    return {"status": status, **parts}, 503 if status == "away" else 200, headers


@blueprint.get("/metrics")
@needs(
    "public.read"
)  # no person's deed: who may is a matter of token and network, and stands in the next line
def metrics() -> ResponseReturnValue:
    """Figures of every worker, for Prometheus; to everybody else there is no such page."""
    _require_collector()
    if (
        "PROMETHEUS_MULTIPROC_DIR" in os.environ
    ):  # the library's own switch, set by gunicorn.conf.py
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
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
    """Raises NotFound for whoever may not collect the figures."""
    if not _collects():
        raise NotFound("没有找到这个页面。")


def _collects(more: Sequence[Network] = ()) -> bool:
    """Whether this request bears the token, or comes from a named network with no proxy between.

    Args:
        more: networks beyond those that METRICS_FROM names.
    """
    token = current_app.config["METRICS_TOKEN"]
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(given.encode(), token.encode()):
        return True
    trusted = current_app.config["TRUSTED_PROXIES"]
    if not trusted and any(name in request.headers for name in FORWARDED):
        return False
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return False
    named = (*current_app.config["METRICS_FROM"], *more)
    return any(address in network for network in named)
