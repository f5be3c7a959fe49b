"""Pages of one decision on several listings: filling in, confirming, and what became of each.

What would happen is foreseen in `batches.py`, what is done stands in `batch_deeds.py`.
"""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace.door import needs
from marketplace.errors import Invalid, NotAllowed
from marketplace.listings import batch_deeds, batches
from marketplace.listings.batches import DECISIONS, Order
from marketplace.listings.models import KIND_NAMES
from marketplace.listings.pages.blueprint import blueprint
from marketplace.listings.review_deeds import Station
from marketplace.listings.review_models import CRITERIA, MAX_SCORE, MAX_TODO
from marketplace.listings.schema import SCHEMAS
from marketplace.listings.settling import MAX_NOTE
from marketplace.parsing.text import too_long

# As `uuid4().hex` draws it; anything else would become a key of the table of batches.
FORM = re.compile(r"[0-9a-f]{32}", re.ASCII)
# Station → its views: confirming, doing, the result, the list it came from.
VIEWS: dict[str, tuple[str, str, str]] = {
    "operator": ("listings.batch", "listings.decide_batch", "listings.batch_result"),
    "desk": (
        "listings.desk_batch",
        "listings.decide_desk_batch",
        "listings.desk_batch_result",
    ),
}


@blueprint.post("/office/review/batch")
@needs("listing.review", writes=False)
def batch() -> ResponseReturnValue:
    """Fill in and confirm what the operators decide on several listings."""
    return _confirm("operator")


@blueprint.post("/office/review/batch/decide")
@needs("listing.review")
def decide_batch() -> ResponseReturnValue:
    """Do what was confirmed."""
    return _decide("operator")


@blueprint.get("/office/review/batch/<int:number>")
@needs("listing.review")
def batch_result(number: int) -> ResponseReturnValue:
    """What became of each listing."""
    return _result(number, "operator")


@blueprint.post("/mine/review/batch")
@needs("listing.desk_review", of_thing=True, writes=False)
def desk_batch() -> ResponseReturnValue:
    """Fill in and confirm what the desk of an institution decides on several listings."""
    return _confirm("desk")


@blueprint.post("/mine/review/batch/decide")
@needs("listing.desk_review", of_thing=True)
def decide_desk_batch() -> ResponseReturnValue:
    """Do what was confirmed."""
    return _decide("desk")


@blueprint.get("/mine/review/batch/<int:number>")
@needs("listing.desk_review", of_thing=True)
def desk_batch_result(number: int) -> ResponseReturnValue:
    """What became of each listing."""
    return _result(number, "desk")


def _confirm(station: Station) -> ResponseReturnValue:
    _require_station(station)
    order = _read_order(station)
    step = request.form.get("step", "")
    if step != "check":
        return _page(order, "edit")
    problems = _form_problems(order)
    if problems:
        return _page(order, "edit", problems=problems, status=422)
    return _page(order, "check")


def _decide(station: Station) -> ResponseReturnValue:
    _require_station(station)
    order = _read_order(station)
    form = request.form.get("form", "")
    problems = _form_problems(order)
    # Checked once more: between confirming and deciding the page was in the hands of a browser.
    if problems or not FORM.fullmatch(form):
        return _page(order, "edit", problems=problems, status=422)
    # The row itself: it is read once more after each commit, which the proxy of the session does not say.
    done = batch_deeds.decide_batch(order, form, by=current_user._get_current_object())
    return redirect(url_for(VIEWS[station][2], number=done.id), 303)


def _result(number: int, station: Station) -> ResponseReturnValue:
    _require_station(station)
    found = batches.find_batch(number, station, by=current_user)
    return render_template(
        "listings/batch_result.html",
        batch=found,
        station=station,
        name=DECISIONS[found.decision],
        kinds=KIND_NAMES,
        review="listings.desk_review" if station == "desk" else "listings.review",
    )


def _require_station(station: Station) -> None:
    """Refuse who has no desk: what they may decide is asked of each listing once more."""
    if station == "desk" and not current_user.handled_ids:
        raise NotAllowed("您的账号不能做这件事。", "请用有权限的账号登录。")


def _read_order(station: Station) -> Order:
    """What the form says. Raises Invalid: nothing ticked, too much, or no decision."""
    decision = request.form.get("decision", "")
    if decision not in DECISIONS:
        raise Invalid("没有选要做的事。", "选通过、退回或不予通过。")
    ticked = batches.read_ticked(request.form.getlist("row"))
    own_scores: dict[int, dict[str, str]] = {}
    own_notes: dict[int, str] = {}
    # All that was sent, also where one score for all is chosen: who changes their mind finds it again.
    for place in range(len(ticked)):
        own_scores[place] = _scores(str(place))
        own_notes[place] = request.form.get(f"note-{place}", "")
    return Order(
        station=station,
        decision=decision,
        ticked=tuple(ticked),
        note=request.form.get("note", "").strip(),
        todos=_todos(),
        each=request.form.get("scoring") == "each",
        scores=_scores("all"),
        own_scores=own_scores,
        own_notes=own_notes,
    )


def _scores(place: str) -> dict[str, str]:
    return {code: request.form.get(f"{code}-{place}", "") for code in CRITERIA}


def _todos() -> dict[str, str]:
    todos = {}
    for name in _field_labels(list(SCHEMAS)):
        text = request.form.get(f"todo_{name}", "").strip()
        if text:
            todos[name] = text
    return todos


def _field_labels(kinds: list[str]) -> dict[str, str]:
    """Name → label of the fields of some kinds."""
    labels: dict[str, str] = {}
    for kind in kinds:
        for name, label in SCHEMAS[kind].labels.items():
            labels.setdefault(name, label)
    return labels


def _form_problems(order: Order) -> dict[str, list[str]]:
    """What is wrong with what was filled in for all; what is wrong with one listing is said beside it."""
    problems: dict[str, list[str]] = {}
    if problem := too_long(order.note, MAX_NOTE):
        problems["note"] = [problem]
    for name, text in order.todos.items():
        if problem := too_long(text, MAX_TODO):
            problems[f"todo_{name}"] = [problem]
    for place, text in order.own_notes.items():
        if problem := too_long(text, MAX_NOTE):
            problems[f"note-{place}"] = [problem]
    if order.decision != "pass" and not order.todos and len(order.note) < 2:
        problems["note"] = ["写明原因（2–500 字），对方才知道怎么办。"]
    # With scores of their own each listing is judged by itself when it is foreseen.
    if order.is_scored and not order.each and not all(order.scores.values()):
        problems["truth-all"] = ["四项都要打分；要逐条打分的，选「逐条打分」。"]
    return problems


def _page(
    order: Order,
    step: str,
    *,
    problems: dict[str, list[str]] | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    # What cannot be done is named before anything was filled in; scores are looked at afterwards.
    foreseen = batches.foresee(order, by=current_user, scored=step == "check")
    rows = [one for one in foreseen if not one.trouble]
    # Only of the kinds that are ticked, for each kind has some twenty fields.
    kinds = list(dict.fromkeys(one.ticked.kind for one in foreseen))
    confirm, decide, _ = VIEWS[order.station]
    form = request.form.get("form", "")
    values: dict[str, Any] = {
        "order": order,
        "step": step,
        "name": DECISIONS[order.decision],
        "foreseen": foreseen,
        "good": rows,
        "bad": [one for one in foreseen if one.trouble],
        "problems": problems or {},
        "criteria": CRITERIA,
        "top": MAX_SCORE,
        "labels": _field_labels(kinds),
        "confirm": confirm,
        "decide": decide,
        # Drawn once and carried along, so that a second press of the last page finds the first one's batch.
        "form": form if FORM.fullmatch(form) else uuid4().hex,
    }
    return render_template("listings/batch.html", **values), status
