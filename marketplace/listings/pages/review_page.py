"""The page on which a listing, or a change of a published one, is reviewed, and what a decision leads to.

The views of the operators are in `review.py`, those of an institution's desk in `desk_review.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import contributions, persistence
from marketplace.accounts import queries as account_queries
from marketplace.errors import Invalid, NotNow, Stale
from marketplace.lifecycle import acting_for
from marketplace.listings import (
    buttons,
    changes_waiting,
    contradictions,
    differences,
    queries,
    readiness,
    review_claims,
    review_queue,
    similar,
    standing_in,
    versions,
)
from marketplace.listings.decision_forms import DecisionForm, decision_form
from marketplace.listings.models import KIND_NAMES, LISTINGS, Achievement, Demand
from marketplace.listings.review_deeds import Station, may_pass
from marketplace.listings.review_models import ListingChange, ListingVersion
from marketplace.listings.schema import SCHEMAS
from marketplace.listings.snapshots import proposed_row
from marketplace.organisations.forms import VerificationForm
from marketplace.organisations.models import ORGANISATION_KINDS
from marketplace.profiles import queries as profile_queries
from marketplace.wording import UNKNOWN, in_quotes

Row = Achievement | Demand
# Where on the page a problem is put right; a field of the listing is one of those that are missing.
TARGETS = {
    "note": "note",
    "uscc": "uscc",
    "checked": "checked",
    "organisation": "organisation-title",
}
TRAY_OF: dict[Station, str] = {"operator": "waiting", "desk": "at_desk"}


@dataclass(frozen=True)
class Decided:
    """One decision as a view carries it out.

    Attributes:
        deed: what is done to the listing.
        of_change: what is done where a change of it waits; None where the deed is about the listing alone.
        message: what is said when it is done, with the title in place of {}.
        takes: what the deed takes of the form: `note`, `scores`, `todos`.
        stay: the page leads back to itself, for the listing is no part of the queue.
    """

    deed: Callable[..., None]
    of_change: Callable[..., None] | None
    message: str
    takes: tuple[str, ...] = ("note",)
    stay: bool = False


def kind_filter() -> str:
    """The kind the queue is narrowed to, carried in the address from page to page."""
    kind = request.args.get("only", "")
    return kind if kind in LISTINGS else ""


def show_review(kind: str, listing_id: int, station: Station) -> ResponseReturnValue:
    """The page of one listing under review; the others learn that somebody has it open."""
    row = queries.get_visible(kind, listing_id, by=current_user)
    change = changes_waiting.waiting_change(row, station)
    # Only what waits: who looks at a published listing is in nobody's way.
    if _waits(row, change, station):
        review_claims.note_reading(kind, listing_id, current_user)
        # Read once more: noting it has ended the transaction.
        row = queries.get_visible(kind, listing_id, by=current_user)
    return review_page(row, station=station)


def carry_out(
    kind: str, listing_id: int, station: Station, decided: Decided
) -> ResponseReturnValue:
    """Carry out one decision and lead on to the next listing that waits."""
    row = queries.get_visible(kind, listing_id, by=current_user)
    form = decision_form(kind)()
    # Before the deed: afterwards the row no longer stands in the queue, and nothing would be next to it.
    place = _place(row, station)
    if not form.validate():
        return review_page(row, 422, station=station, form=form)
    change = changes_waiting.waiting_change(row, station)
    deed = decided.deed
    if change is not None and decided.of_change is not None:
        deed = decided.of_change
    try:
        # Where somebody stands in for a colleague who is away, it is done in their place.
        with acting_for(standing_in.represented_at(row, station, current_user)):
            deed(row, by=current_user, seen=form.seen_revision, **_taken(form, decided))
    except Invalid as error:
        form.blame(error.problems)
        return review_page(row, 422, station=station, form=form, error=error)
    # The note stays in the form while the new text of the row is read.
    except Stale as error:
        row = queries.get_visible(kind, listing_id, by=current_user)
        return review_page(row, 409, station=station, form=form, error=error)
    flash(decided.message.format(in_quotes(row.title)), "success")
    only = kind_filter() or None
    view = _view_of(station)
    if decided.stay:
        return redirect(url_for(view, kind=row.kind, listing_id=row.id), 303)
    # The next one, and from the last back to the one before: a reviewer works through the queue.
    following = place and (place.after or place.before)
    if following:
        next_kind, next_id = following
        url = url_for(view, kind=next_kind, listing_id=next_id, only=only)
        return redirect(url, 303)
    if station == "desk":
        return redirect(url_for("desk.mine"), 303)
    return redirect(url_for("office.queue", kind=only), 303)


def review_page(
    row: Row,
    status: int = 200,
    *,
    station: Station,
    form: DecisionForm | None = None,
    verify_form: VerificationForm | None = None,
    error: Any = None,
) -> ResponseReturnValue:
    """Everything a decision needs, and the decisions this reader may take."""
    # From here on the page only reads; nobody who saves is to wait for it.
    persistence.stop_writing()
    form = form or decision_form(row.kind)(formdata=None)
    # What is decided next is decided on the row as this page shows it.
    form.seen.data = str(row.revision)
    change = changes_waiting.waiting_change(row, station)
    # A change is judged as the listing would be with it.
    judged = changes_waiting.with_change(row, change)
    filled, blank = _field_values(judged)
    only = kind_filter() or None
    place = _place(row, station)
    waits = _waits(row, change, station)
    clocks = review_queue.clocks_of(TRAY_OF[station], [row] if waits else [])
    approved = versions.last_version(row)
    own = _is_own(row, change, station, waits=waits)
    page = render_template(
        "listings/review.html",
        station=station,
        view=_view_of(station),
        row=row,
        judged=judged,
        change=change,
        changed_by=_person(change.by_id if change else None),
        kind_name=KIND_NAMES[row.kind],
        organisation_kinds=ORGANISATION_KINDS,
        labels=SCHEMAS[row.kind].labels,
        waits=waits,
        clock=clocks.get((row.kind, row.id)),
        filled=filled,
        blank=blank,
        differences=_differences(row, judged, change, approved),
        approved=approved,
        summary=_error_summary(error, form),
        decisions=_decisions(row, change, station, only, own=own),
        own=own,
        doubts=_doubts_of(judged),
        problems=_problems_of(judged),
        panels=contributions.review_panels(row, current_user),
        links=contributions.review_links(row, current_user),
        stands_for=_person(standing_in.represented_at(row, station, current_user)),
        hints=readiness.naming_hints(judged),
        # Compared with thousands of titles, so only where somebody decides by it.
        similar=similar.similar_listings(judged, by=current_user) if waits else [],
        others=review_claims.other_readers(row, current_user) if waits else [],
        history=review_queue.history_with_people(row),
        neighbours=place,
        only=only,
        form=form,
        verify_form=verify_form or _verify_form(row),
        error=error,
        days_since=review_queue.days_since,
        given=account_queries.people_by_id(row.broker_ids).values(),
        brokers=profile_queries.acting_brokers() if station == "operator" else [],
    )
    return page, status


def _problems_of(judged: Row) -> dict[str, list[str]]:
    """What keeps a listing from the public, of its fields and of other rooms."""
    problems = readiness.publication_problems(judged)
    return problems | contributions.publication_blocks(judged, "approve")


def _doubts_of(judged: Row) -> list[str]:
    """What a reviewer decides about; what is refused anyway stands with what is missing."""
    # The same contradiction would otherwise be read twice, once as a doubt.
    refused = "\n".join(text for _, text in contradictions.refusals_of(judged))
    found = contradictions.doubts_about(judged)
    return [text for text in found if text not in refused]


def verified_owner(row: Row) -> Any:
    """The organisation of a listing, to be verified. Raises NotNow where it has none yet."""
    if row.organisation is None:
        raise NotNow("这份个人草稿还没有单位，没有可核验的。", "等填报人选好单位。")
    return row.organisation


def _verify_form(row: Row) -> VerificationForm:
    """The form that verifies the organisation of a listing, as it is named on this page."""
    seen = row.organisation.revision if row.organisation is not None else ""
    return VerificationForm(formdata=None, seen=str(seen))


def _taken(form: DecisionForm, decided: Decided) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if "note" in decided.takes:
        values["note"] = form.note.data or ""
    if "scores" in decided.takes:
        values["scores"] = form.read_scores()
    if "todos" in decided.takes:
        values["todos"] = form.todos
    return values


def _view_of(station: Station) -> str:
    return "listings.desk_review" if station == "desk" else "listings.review"


def _waits(row: Row, change: ListingChange | None, station: Station) -> bool:
    """Whether a listing, or a change of it, waits at a station."""
    return change is not None or row.state in review_queue.TRAYS[TRAY_OF[station]]


def _place(row: Row, station: Station) -> review_queue.Neighbours | None:
    within = current_user.handled_ids if station == "desk" else None
    return review_queue.neighbours(
        row, by=current_user, kind=kind_filter(), tray=TRAY_OF[station], within=within
    )


def _differences(
    row: Row,
    judged: Row,
    change: ListingChange | None,
    approved: ListingVersion | None,
) -> list[differences.Difference]:
    """What differs from the version approved last; empty where none was."""
    # Of a change the public version is compared with what it would become.
    if change is not None:
        return differences.row_differences(row, judged)
    # What is published without a change says what was approved.
    if approved is None or row.state == "published":
        return []
    return differences.row_differences(proposed_row(row, approved.content), row)


def _field_values(row: Row) -> tuple[list[tuple[str, str, str]], list[tuple[str, str]]]:
    """(name, label, value) of every field that is filled in, and (name, label) of those that were asked and are not."""
    filled = []
    blank = []
    need = row.need if isinstance(row, Demand) else ""
    for field in SCHEMAS[row.kind].reviewed:
        value = field.describe(row)
        if value != UNKNOWN:
            filled.append((field.name, field.label, value))
        elif field.is_asked(need):
            blank.append((field.name, field.label))
    return filled, blank


def _error_summary(error: Any, form: DecisionForm) -> dict[str, list[str]]:
    """What is wrong, by the id of the part of the page where it is put right."""
    summary: dict[str, list[str]] = {}
    problems = getattr(error, "problems", None) or {}
    for name, texts in problems.items():
        # A problem of a field is put right by its owner: the reviewer is led to the list of what is missing.
        target = name if name in form else TARGETS.get(name, "missing-title")
        summary.setdefault(target, []).extend(texts)
    return summary


def _is_own(
    row: Row, change: ListingChange | None, station: Station, *, waits: bool
) -> bool:
    """Whether the reviewer had a hand in what waits, so that somebody else has to let it through."""
    mended = row.state == "suspended" and not versions.is_approved(row)
    if not (mended or waits):
        return False
    return not may_pass(row, current_user, station, change=change)


def _decisions(
    row: Row,
    change: ListingChange | None,
    station: Station,
    only: str | None,
    *,
    own: bool,
) -> list[buttons.Button]:
    """The decisions this reviewer may take; who had a hand in it may not let it through."""
    offered = buttons.station_buttons(row, current_user, station, change, only=only)
    if not own:
        return offered
    return [button for button in offered if not button.passes]


def _person(number: int | None) -> Any:
    return account_queries.people_by_id([number]).get(number or 0)
