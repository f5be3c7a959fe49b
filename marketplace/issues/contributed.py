"""What the room lays out for hubs and for the page of a listing: proofs, the archive, the lists a listing stands in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from flask import request, url_for

from marketplace.contributions import Link, Panel, Tray
from marketplace.issues import queries
from marketplace.issues.models import IssueProof
from marketplace.listings.disclosure import view_of
from marketplace.listings.models import LISTINGS
from marketplace.permissions import Guest, Reader, may, publishing_ids


def nav(reader: Reader) -> Iterator[Link]:
    """The archive in the header, and for who publishes lists the way to their proofs."""
    current: Literal["", "page", "true"] = ""
    if request.endpoint == "issues.archive":
        current = "page"
    elif request.blueprint == "issues" and request.endpoint != "issues.proofs":
        current = "true"
    # After the two searches, before the brokers.
    yield Link("清单", url_for("issues.archive"), "header", current, position=1)
    if may(reader, "issue.publish_city") or publishing_ids(reader):
        yield Link("发布清单", url_for("issues.proofs"), "begin", position=2)


def sections(person: Reader, filters: Mapping[str, str]) -> Iterator[Panel]:
    """The proofs of one's own organisations; left out of a list that is narrowed."""
    # Who looks for something has narrowed the page to that.
    if filters or not publishing_ids(person):
        return
    proofs = queries.open_proofs(person)
    yield Panel("issues/_own.html", {"proofs": proofs}, position=2)


def trays(person: Reader, filters: Mapping[str, str]) -> Iterator[Tray]:
    """The proofs of the city."""
    if may(person, "issue.publish_city"):
        yield Tray(
            "issues",
            "清单校样",
            count=queries.open_city_count,
            page=lambda _page: _tray_page(person),
            position=2,
        )


def _tray_page(person: Reader) -> Panel:
    proofs: list[IssueProof] = []
    for proof in queries.open_proofs(person):
        # Those of organisations are on their own pages.
        if proof.organisation_id is None:
            proofs.append(proof)
    return Panel("issues/_tray.html", {"proofs": proofs})


def panels(row: Any, reader: Reader) -> Iterator[Panel]:
    """On the page of a listing: the lists it stands in."""
    if getattr(row, "kind", "") not in LISTINGS or not row.id:
        return
    # Whose name is hidden by now is not tied to a list that named them.
    if row.state != "published" or not view_of(row, Guest()).knows.firm:
        return
    issues = queries.issues_of(row)
    if issues:
        yield Panel("issues/_listed.html", {"issues": issues}, position=3)


def deed_names() -> Iterator[tuple[str, str]]:
    """What is done to lists."""
    yield "issue.prepare", "编清单校样"
    yield "issue.drop", "作废清单校样"
    yield "issue.publish", "发布清单"
    yield "issue.publish_city", "发布全市清单"
    yield "issue.correct", "清单勘误"
    yield "issues.check", "核对清单文件"
    yield "command.issues.verify", "核对清单文件（命令）"
    yield "command.issues.render", "生成清单文件（命令）"
    yield "job.issue_files", "生成清单文件"
