"""Pages of deals: proposing one, the list of one's own, and the page both sides share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import contributions, persistence
from marketplace.clock import today
from marketplace.deals import (
    data_room,
    deeds,
    disclosure,
    life,
    queries,
    readiness,
    terms,
)
from marketplace.deals.forms import (
    AnswerForm,
    ConfirmForm,
    ItemForm,
    KindForm,
    LetterForm,
    NoteForm,
    PriceForm,
    PriorityForm,
    PublicityForm,
    ReviseForm,
    TerminateForm,
)
from marketplace.deals.models import SIDE_NAMES, SIDES, Deal
from marketplace.deals.pages.blueprint import blueprint
from marketplace.deals.standing import (
    Standing,
    lines_of,
    standing_at,
    standing_on,
)
from marketplace.door import needs
from marketplace.errors import Invalid, NotFound
from marketplace.introductions.queries import may_read
from marketplace.lifecycle import history_of
from marketplace.parsing import ParseError
from marketplace.parsing.days import read_day
from marketplace.permissions import may
from marketplace.rules.queries import thawed
from marketplace.workdays.calendar import Deadline

# Name of a form on the page → its class. The name is in the ids of its boxes, which several forms share.
FORMS: dict[str, type[Any]] = {
    "note": NoteForm,
    "letter": LetterForm,
    "item": ItemForm,
    "price": PriceForm,
    "revise": ReviseForm,
    "publicity": PublicityForm,
    "priority": PriorityForm,
    "ending": TerminateForm,
    "rejecting": NoteForm,
    "confirming": ConfirmForm,
}


@blueprint.route(
    "/mine/introductions/<int:introduction_id>/deal", methods=["GET", "POST"]
)
@needs("deal.propose")
def propose(introduction_id: int) -> ResponseReturnValue:
    """提出交易: from an introduction that was accepted."""
    case = queries.get_introduction(introduction_id, by=current_user)
    form = KindForm()
    if form.is_fresh:
        form.title.data = case.wanted.title
        fitting = life.OWNER_TYPES_OF.get(queries.holder_of(case).kind, ())
        form.owner_type.data = next(iter(fitting), None)
    if not form.is_submitted():
        return _propose_page(case, form)
    # Of two who propose the second one is led to what the first one began.
    if queries.deal_of(case) is not None:
        return _propose_page(case, form, 409)
    try:
        row = deeds.propose_deal(case, **form.kinds, by=current_user)
    except Invalid as error:
        form.blame(error.problems, "title")
        return _propose_page(case, form, 422)
    flash("已提出交易，对方会收到通知。", "success")
    return to_deal(row)


@blueprint.get("/mine/deals")
@needs("mine.read")
def own() -> ResponseReturnValue:
    """Every deal one takes part in."""
    page = request.args.get("page", 1, type=persistence.row_number) or 1
    rows, arithmetic = queries.own_page(current_user, page)
    return render_template(
        "deals/own.html",
        rows=[
            (row, disclosure.names_of(row, current_user), readiness.turn_of(row))
            for row in rows
        ],
        TURNS=life.TURNS,
        page=arithmetic.clamp(page),
        pages=arithmetic.pages,
    )


@blueprint.get("/mine/deals/<int:deal_id>")
@needs("mine.read")
def deal(deal_id: int) -> ResponseReturnValue:
    """The page both sides share, as it is now or as it stood at the end of a day (`?as_of=`) or by a version."""
    row = queries.get_deal(deal_id, by=current_user)
    raw = request.args.get("as_of", "")
    version = request.args.get("version", type=persistence.row_number)
    if raw or version is not None:
        return _past_page(row, raw, version)
    return deal_page(row)


def _past_page(row: Deal, raw: str, version: int | None) -> ResponseReturnValue:
    standing = _standing_of(row, raw, version)
    answer = render_template(
        "deals/past.html",
        row=row,
        standing=standing,
        as_of=raw,
        lines=lines_of(standing),
        names=disclosure.names_of(row, current_user),
    )
    # Who stores the page can compare it with the chain later (118).
    headers = {
        "X-Release-Hash": standing.release.sha256,
        "X-Previous-Release-Hash": standing.release.previous_sha256,
    }
    return answer, 200, headers


def _standing_of(row: Deal, raw: str, version: int | None) -> Standing:
    if version is not None:
        return standing_at(row, version)
    return standing_on(row, _day_of(raw))


def _day_of(raw: str) -> date:
    try:
        day = read_day(raw)
    except ParseError:
        day = None
    if day is None:
        raise NotFound("日期看不懂。", "写成 2026-12-31 这样。")
    if day > today():
        # Nobody knows how it will stand then.
        raise NotFound("这一天还没有到。", "写今天或以前的日期。")
    return day


def do(
    row: Deal, deed: Callable[[], object], message: str, **forms: Any
) -> ResponseReturnValue:
    """Do one thing; what was refused stands beside its form."""
    (form,) = forms.values()
    try:
        with form.judged_whole():
            deed()
    except Invalid as error:
        form.blame(error.problems, next(iter(error.problems), ""))
        return deal_page(row, 422, **forms)
    flash(message, "success")
    return to_deal(row)


def to_deal(row: Deal) -> ResponseReturnValue:
    """Back to the page of a deal."""
    return redirect(url_for("deals.deal", deal_id=row.id), 303)


def deal_page(row: Deal, status: int = 200, **forms: Any) -> ResponseReturnValue:
    """The page of a deal with the forms of its station."""
    # Rendering takes longer than most saves: nobody who saves waits for it.
    persistence.stop_writing()
    given = {}
    for name, kind in FORMS.items():
        given[name] = _form_of(name, kind, row, forms)
    answers = {}
    for objection in row.objections:
        if objection.state == "received":
            name = f"answer-{objection.id}"
            answers[objection.id] = _form_of(name, AnswerForm, row, forms)
    side = disclosure.side_of(current_user, row)
    follows = may(current_user, "deal.follow_up", row)
    page = render_template(
        "deals/deal.html",
        row=row,
        names=disclosure.names_of(row, current_user),
        side=side,
        SIDES=SIDES,
        SIDE_NAMES=SIDE_NAMES,
        stations=readiness.ruler_of(row),
        lacks=readiness.lacks_of(row),
        turn=readiness.turn_of(row),
        deadline=Deadline(row.due_on) if row.due_on else None,
        may_hold=may(current_user, "deal.hold", row),
        may_approve=may(current_user, "deal.approve", row),
        may_approve_price=readiness.may_approve_pending(row, current_user.id),
        # A broker reads the page and may not end the deal.
        may_end=side is not None or follows,
        # Minutes of the holder, and what is shown to the side that publicises: the other side has no part in them.
        # The broker of the case talks to both on the page of that case.
        reads_case=may_read(row.introduction, current_user),
        reads_private=side == "holder" or follows,
        publicity_due=readiness.is_publicity_due(row),
        events=history_of(row),
        panels=contributions.case_panels(row, current_user),
        rules=thawed(row.rules),
        publicity_days=terms.days_of(row, terms.PUBLICITY_DAYS),
        opened=data_room.opened_files(row),
        life=life,
        forms=given,
        answers=answers,
    )
    return page, status


def _form_of(name: str, kind: type[Any], row: Deal, forms: dict[str, Any]) -> Any:
    """A form of the page: as it was sent, or a new one; several of one page have boxes of one name."""
    form = forms.get(name)
    if form is None:
        # Without `formdata=None` every form of the page would take in what was sent by one of them.
        form = kind(formdata=None, seen=str(row.revision))
        if name == "revise":
            _fill_kinds(form, row)
    for box in form:
        box.id = f"{name}-{box.name}"
        box.label.field_id = box.id
    return form


def _fill_kinds(form: Any, row: Deal) -> None:
    form.title.data = row.title
    form.owner_type.data = row.owner_type
    form.contract_type.data = row.contract_type
    form.contract_subtype.data = row.contract_subtype
    form.conversion_mode.data = row.conversion_mode


def _propose_page(case: Any, form: KindForm, status: int = 200) -> ResponseReturnValue:
    persistence.stop_writing()
    page = render_template(
        "deals/propose.html",
        case=case,
        form=form,
        current=queries.deal_of(case),
        side=queries.proposing_side(case, current_user),
        reads_case=may_read(case, current_user),
    )
    return page, status
