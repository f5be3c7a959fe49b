"""Pages of introductions: asking for one, the page both sides share, and the list of one's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import contributions, persistence
from marketplace.audit.looks import were_recorded
from marketplace.door import needs
from marketplace.errors import Invalid, NotNow
from marketplace.forms import SeenForm
from marketplace.introductions import deeds, disclosure, queries
from marketplace.introductions.forms import (
    AcceptForm,
    DeclineForm,
    EndForm,
    MessageForm,
    RequestForm,
    WithdrawForm,
)
from marketplace.introductions.models import Introduction
from marketplace.listings.disclosure import knowledge_of
from marketplace.listings.models import KIND_NAMES, LISTINGS
from marketplace.permissions import Guest, may
from marketplace.verdicts.queries import reason_names
from marketplace.wording import in_quotes
from marketplace.workdays.calendar import Deadline

blueprint = Blueprint("introductions", __name__)
CASE = "/mine/introductions/<int:introduction_id>"
WITHDRAWING = "withdraw"  # other boxes of the same page are called note too


@blueprint.route(
    "/demands/<int:listing_id>/introduction",
    methods=["GET", "POST"],
    defaults={"kind": "demand"},
)
@blueprint.route(
    "/achievements/<int:listing_id>/introduction",
    methods=["GET", "POST"],
    defaults={"kind": "achievement"},
)
@needs("introduction.request")
def ask(kind: str, listing_id: int) -> ResponseReturnValue:
    """想对接: in whose name, with what words."""
    wanted = queries.get_wanted(kind, listing_id, by=current_user)
    names = queries.names_for(wanted, current_user)
    form = RequestForm(names=names)
    if not form.is_submitted():
        return _ask_page(wanted, form, names)
    chosen = form.chosen
    if chosen is None:
        form.blame({"name": ["选一个，对方才知道是谁想对接。"]})
        return _ask_page(wanted, form, names, 422)
    # The box is missing where every choice names its organisation.
    opens = "opens_firm" in form and bool(form.opens_firm.data)
    try:
        case = deeds.request_introduction(
            wanted,
            chosen,
            message=form.message.data or "",
            agrees=bool(form.agrees.data),
            opens_firm=opens,
            by=current_user,
        )
    except Invalid as error:
        form.blame(error.problems, "message")
        return _ask_page(wanted, form, names, 422)
    except NotNow:
        # The page leads to the one that goes on; any other refusal has nothing to lead to.
        numbers = [one.organisation_id for one in names]
        if queries.current_between(wanted, numbers) is None:
            raise
        return _ask_page(wanted, form, names, 409)
    last = Deadline(case.due_on).text
    flash(f"已转给对方，最晚 {last}答复；答复后通知您。", "success")
    return _to(case)


@blueprint.get("/mine/introductions")
@needs("mine.read")
def own() -> ResponseReturnValue:
    """Everything one takes part in."""
    page = request.args.get("page", 1, type=persistence.row_number) or 1
    cases, arithmetic = queries.own_page(current_user, page)
    return render_template(
        "introductions/own.html",
        rows=_with_sides(cases),
        page=arithmetic.clamp(page),
        pages=arithmetic.pages,
    )


@blueprint.get(CASE)
@needs("mine.read")
def case(introduction_id: int) -> ResponseReturnValue:
    """The page both sides share."""
    return _case_page(_get(introduction_id))


@blueprint.post(f"{CASE}/accept")
@needs("introduction.answer", of_thing=True)
def accept(introduction_id: int) -> ResponseReturnValue:
    """Let both sides see how to reach each other."""
    row = _get(introduction_id)
    form = AcceptForm()

    def deed() -> None:
        deeds.accept_introduction(
            row,
            agrees=bool(form.agrees.data),
            opens_firm=bool(form.opens_firm.data),
            by=current_user,
            seen=form.seen_revision,
        )

    return _do(row, deed, "已接受，双方现在看得到联系方式。", accepting=form)


@blueprint.post(f"{CASE}/decline")
@needs("introduction.answer", of_thing=True)
def decline(introduction_id: int) -> ResponseReturnValue:
    """Decline, with the reason."""
    row = _get(introduction_id)
    form = DeclineForm(reasons=reason_names(row.wanted_kind))

    def deed() -> None:
        deeds.decline_introduction(
            row,
            reason=form.reason.data or "",
            note=form.note.data or "",
            by=current_user,
            seen=form.seen_revision,
        )

    return _do(row, deed, "已谢绝，原因已转告对方。", declining=form)


@blueprint.post(f"{CASE}/withdraw")
@needs("introduction.withdraw", of_thing=True)
def withdraw(introduction_id: int) -> ResponseReturnValue:
    """Take it back before an answer."""
    row = _get(introduction_id)
    form = WithdrawForm(prefix=WITHDRAWING)

    def deed() -> None:
        deeds.withdraw_introduction(
            row, note=form.note.data or "", by=current_user, seen=form.seen_revision
        )

    return _do(row, deed, "已撤回，原因已转告对方。", withdrawing=form)


@blueprint.post(f"{CASE}/remind")
@needs("introduction.follow_up")
def remind(introduction_id: int) -> ResponseReturnValue:
    """Notify the side that has not answered once more."""
    row = _get(introduction_id)
    deeds.remind_again(row, by=current_user, seen=SeenForm().seen_revision)
    flash("已再次通知对方，重新计算期限。", "success")
    return redirect(url_for("office.queue", tray="introductions"), 303)


@blueprint.post(f"{CASE}/end")
@needs("introduction.follow_up")
def end(introduction_id: int) -> ResponseReturnValue:
    """End what nobody answers."""
    row = _get(introduction_id)
    form = EndForm()

    def deed() -> None:
        deeds.end_introduction(
            row, note=form.note.data or "", by=current_user, seen=form.seen_revision
        )

    return _do(row, deed, "已结束，原因已转告提出的一方。", ending=form)


@blueprint.post(f"{CASE}/messages")
@needs("mine.read")
def say(introduction_id: int) -> ResponseReturnValue:
    """Write to the other side."""
    row = _get(introduction_id)
    form = MessageForm()

    def deed() -> None:
        deeds.write_message(row, form.text.data or "", by=current_user)

    return _do(row, deed, "已发出，对方会收到通知。", writing=form)


def _get(introduction_id: int) -> Introduction:
    return queries.get_case(introduction_id, by=current_user)


def _do(
    row: Introduction, deed: Callable[[], None], message: str, **forms: Any
) -> ResponseReturnValue:
    """Do one thing; what was refused stands beside its form."""
    try:
        deed()
    except Invalid as error:
        for form in forms.values():
            form.blame(error.problems, next(iter(error.problems), ""))
        return _case_page(row, 422, **forms)
    flash(message, "success")
    return _to(row)


def _to(row: Introduction) -> ResponseReturnValue:
    return redirect(url_for("introductions.case", introduction_id=row.id), 303)


def _with_sides(
    cases: list[Introduction],
) -> list[tuple[Introduction, str, disclosure.Side, disclosure.Side]]:
    """Each with its state in the reader's words and its two sides."""
    visible = queries.visible_listings(cases, current_user)
    rows = []
    for one in cases:
        words = disclosure.state_words(one, current_user)
        sides = disclosure.sides_of(one, current_user, visible)
        rows.append((one, words, *sides))
    return rows


def _ask_page(
    wanted: Any, form: RequestForm, names: list[queries.Name], status: int = 200
) -> ResponseReturnValue:
    # The ranking takes a while, and nobody who saves is to wait for it.
    persistence.stop_writing()
    numbers = sorted({one.organisation_id for one in names})
    ordered = queries.best_first(names, wanted, by=current_user)
    form.offer_names(ordered)
    if form.is_fresh:
        form.name.data = _offered_code(ordered)
    page = render_template(
        "introductions/ask.html",
        row=wanted,
        form=form,
        names=names,
        open_codes=queries.open_choices(ordered),
        current=queries.current_between(wanted, numbers),
    )
    return page, status


def _offered_code(names: list[queries.Name]) -> str:
    """What is chosen beforehand: it goes out at once, so nothing where nothing fits and there is a choice."""
    codes = [one.code for one in names]
    # A link from a list of matches names the listing whose list it is.
    offered = request.args.get("name", "")
    if offered in codes:
        return offered
    if names and (names[0].fits or len(names) == 1):
        return codes[0]
    return ""


def _steps_onward(row: Introduction) -> list[tuple[str, str]]:
    """Label and address of what a side may do next where nothing came of it; empty while it goes on."""
    if row.state == "accepted" or row.decided_at is None:
        return []
    # Who looks after both listings was the one who wanted to talk; an operator has neither.
    if disclosure.asks(row, current_user):
        own = row.own
    elif disclosure.answers(row, current_user):
        own = row.wanted
    else:
        return []
    sought = own.counterpart if own is not None else row.wanted_kind
    steps = []
    if own is not None and own.in_matching and own.is_matchable:
        matches = url_for("matchmaking.matches", kind=own.kind, listing_id=own.id)
        steps.append(
            (f"看{in_quotes(own.title)}匹配到的其他{KIND_NAMES[sought]}", matches)
        )
    search = url_for("catalogue.search", kind=sought)
    steps.append((f"检索{KIND_NAMES[sought]}", search))
    if own is None:
        offered = LISTINGS[sought].counterpart
        new = url_for("listings.new", kind=offered)
        steps.append((f"发布本单位的{KIND_NAMES[offered]}，平台据此匹配", new))
    elif own.state == "published" and may(current_user, "mediation.request", own):
        broker = url_for("mediation.own", kind=own.kind, listing_id=own.id)
        steps.append(("请技术经理人帮着找", broker))
    return steps


def _case_page(
    row: Introduction, status: int = 200, **forms: Any
) -> ResponseReturnValue:
    """The page as this reader may see it; a look at contacts that cannot be recorded sees none."""
    persistence.stop_writing()
    ((_, words, asking, wanted),) = _with_sides([row])
    asks, answers = (
        disclosure.asks(row, current_user),
        disclosure.answers(row, current_user),
    )
    opened = disclosure.with_contacts(row, current_user, asking, wanted)
    # Each by its owner, who finds the look in 我的数据.
    owners = (*opened[0].owners, *opened[1].owners)
    if were_recorded("contact.read", owners, values={"introduction": row.id}):
        asking, wanted = opened
    reasons = reason_names(row.wanted_kind)
    given = {
        # Without `formdata=None` every form of the page would take in what was sent by one of them.
        "accepting": AcceptForm(formdata=None, seen=str(row.revision)),
        "declining": DeclineForm(
            formdata=None, reasons=reasons, seen=str(row.revision)
        ),
        "withdrawing": WithdrawForm(
            formdata=None, prefix=WITHDRAWING, seen=str(row.revision)
        ),
        "ending": EndForm(formdata=None, seen=str(row.revision)),
        "writing": MessageForm(formdata=None),
    } | forms
    page = render_template(
        "introductions/case.html",
        row=row,
        words=words,
        asking=asking,
        wanted=wanted,
        asks=asks,
        answers=answers,
        follows_up=may(current_user, "introduction.follow_up", row),
        # As a guest would see it: only for an unnamed holder has an acceptance something to open.
        is_named=knowledge_of(row.wanted, Guest()).firm,
        deadline=Deadline(row.due_on),
        reasons=reasons,
        onward=_steps_onward(row),
        panels=contributions.case_panels(row, current_user),
        **given,
    )
    return page, status
