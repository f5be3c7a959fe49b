"""Pages of cases: proposing a pair, the board and the table, the page of a case and its deeds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import (
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import contributions, persistence
from marketplace.accounts.models import Person
from marketplace.accounts.queries import find_person
from marketplace.audit.looks import were_recorded
from marketplace.brokerage import agreement_deeds, calendars, deeds, ledger, queries
from marketplace.brokerage.disclosure import sides_held, without_contacts
from marketplace.brokerage.forms import (
    CaseForm,
    ProposeForm,
    form_for,
    later_deeds,
    offered_deeds,
)
from marketplace.brokerage.life import COLUMNS
from marketplace.brokerage.models import BrokerageCase
from marketplace.brokerage.pages.blueprint import blueprint
from marketplace.door import needs
from marketplace.downloads import as_download
from marketplace.errors import Invalid
from marketplace.lifecycle import acting_for, history_of
from marketplace.parsing.exact_sums import read_per_cent
from marketplace.permissions import may, operator

COLLEAGUES_ONLY = "只能填同一单位同事的登录邮箱；别人推荐的，请对方自己点「提出一对」，或请平台运营人员填写。"
CASE = "/mine/brokerage/<int:case_id>"


@blueprint.route("/brokerage/propose", methods=["GET", "POST"])
@needs("brokerage.propose")
def propose() -> ResponseReturnValue:
    """提出一对: an achievement and a demand, and why they belong together."""
    numbers = {}
    for kind in ("achievement", "demand"):
        numbers[kind] = request.values.get(kind, type=persistence.row_number)
    # Both as this reader finds them: the address may hold any two numbers.
    achievement, demand = queries.get_pair(
        numbers["achievement"], numbers["demand"], by=current_user
    )
    form = ProposeForm()
    status = 200
    refers = not may(current_user, "brokerage.desk")
    going_on = queries.case_of_pair(achievement, demand)
    # Who may not read it, and who has the form already, learns it once they propose the pair.
    known = going_on is not None and may(current_user, "brokerage.read", going_on)
    if going_on is not None and known and not form.is_submitted():
        return redirect(url_for("brokerage.case", case_id=going_on.id), 303)
    if form.is_submitted():
        try:
            with form.judged_whole():
                case = deeds.propose_pair(
                    achievement,
                    demand,
                    message=form.message.data or "",
                    # Who refers a pair names nobody, and learns of no address whether it has an account.
                    referrer=None if refers else _referrer(form),
                    share=form.read_box("share", read_per_cent),
                    by=current_user,
                )
        except Invalid as error:
            form.blame(error.problems, "message")
            status = 422
        else:
            return _to_new(case)
    persistence.stop_writing()
    page = render_template(
        "brokerage/propose.html",
        achievement=achievement,
        demand=demand,
        form=form,
        refers=refers,
    )
    return page, status


@blueprint.get("/brokerage")
@needs("brokerage.desk")
def desk() -> ResponseReturnValue:
    """The board: five columns, a card a pair."""
    filters = _filters()
    return render_template(
        "brokerage/desk.html",
        columns=COLUMNS,
        board=queries.board(current_user, filters),
        filters=filters,
        directs=may(current_user, "brokerage.direct"),
    )


@blueprint.get("/brokerage/table")
@needs("brokerage.desk")
def table() -> ResponseReturnValue:
    """The same as a list by last day, with filters."""
    filters = _filters()
    page = request.args.get("page", 1, type=persistence.row_number) or 1
    cards, arithmetic = queries.table(current_user, filters, page)
    return render_template(
        "brokerage/table.html",
        columns=COLUMNS,
        cards=cards,
        filters=filters,
        page=arithmetic.clamp(page),
        pages=arithmetic.pages,
        total=arithmetic.total,
    )


@blueprint.get("/mine/brokerage")
@needs("mine.read")
def own() -> ResponseReturnValue:
    """Every case one takes part in for a side."""
    page = request.args.get("page", 1, type=persistence.row_number) or 1
    cards, arithmetic = queries.own_page(current_user, page)
    return render_template(
        "brokerage/own.html",
        cards=cards,
        page=arithmetic.clamp(page),
        pages=arithmetic.pages,
    )


@blueprint.get("/mine/brokerage.ics")
@needs("mine.read")
def calendar() -> ResponseReturnValue:
    """The last days of what waits for one, for a calendar."""
    text = calendars.calendar_of(queries.waiting_for(current_user), request.host)
    return as_download(text, "brokerage.ics")


@blueprint.get(CASE)
@needs("mine.read")
def case(case_id: int) -> ResponseReturnValue:
    """The page that both sides, the broker and the operators share, each as they may see it."""
    return _case_page(_get(case_id))


@blueprint.post(f"{CASE}/qualify")
@needs("brokerage.direct")
def qualify(case_id: int) -> ResponseReturnValue:
    """A lead is worth a broker's work."""
    return _do(case_id, "qualify", deeds.qualify_case, "已通过，现在派单。")


@blueprint.post(f"{CASE}/dispatch")
@needs("brokerage.direct")
def dispatch(case_id: int) -> ResponseReturnValue:
    """Give it to a broker."""
    return _do(case_id, "dispatch", deeds.dispatch_case, "已派单，对方会收到通知。")


@blueprint.post(f"{CASE}/accept")
@needs("brokerage.carry", of_thing=True)
def accept(case_id: int) -> ResponseReturnValue:
    """Declare interests and take it up."""
    return _do(case_id, "accept", deeds.accept_dispatch, "已申报。")


@blueprint.post(f"{CASE}/decline")
@needs("brokerage.carry", of_thing=True)
def decline(case_id: int) -> ResponseReturnValue:
    """Decline a dispatch."""
    return _do(case_id, "decline", deeds.decline_dispatch, "已转回平台。", leaves=True)


@blueprint.post(f"{CASE}/consent")
@needs("brokerage.answer", of_thing=True)
def consent(case_id: int) -> ResponseReturnValue:
    """Whether one broker may serve both sides."""
    return _do(case_id, "consent", deeds.consent_to_dual, "已答复。", leaves=True)


@blueprint.post(f"{CASE}/introduce")
@needs("brokerage.carry", of_thing=True)
def introduce(case_id: int) -> ResponseReturnValue:
    """Ask both sides."""
    return _do(
        case_id, "introduce", deeds.introduce_sides, "已向双方提出，对方会收到通知。"
    )


@blueprint.post(f"{CASE}/commission")
@needs("brokerage.carry", of_thing=True)
def commission(case_id: int) -> ResponseReturnValue:
    """Propose a commission."""
    return _do(
        case_id,
        "commission",
        agreement_deeds.propose_commission,
        "已提出，付款方确认以后才告诉双方对方是谁。",
    )


@blueprint.post(f"{CASE}/withdraw_commission")
@needs("brokerage.carry", of_thing=True)
def withdraw_commission(case_id: int) -> ResponseReturnValue:
    """Take a proposed commission back."""
    return _do(
        case_id, "withdraw_commission", agreement_deeds.withdraw_commission, "已撤回。"
    )


@blueprint.post(f"{CASE}/sign")
@needs("brokerage.answer", of_thing=True)
def sign(case_id: int) -> ResponseReturnValue:
    """Confirm a commission."""
    return _do(
        case_id,
        "sign",
        agreement_deeds.sign_commission,
        "已确认，现在可以答复是否愿意对接。",
    )


@blueprint.post(f"{CASE}/yes")
@needs("brokerage.answer", of_thing=True)
def yes(case_id: int) -> ResponseReturnValue:
    """A side wants to talk."""
    return _do(
        case_id, "yes", deeds.answer_yes, "已答复；双方都愿意以后看得到联系方式。"
    )


@blueprint.post(f"{CASE}/no")
@needs("brokerage.answer", of_thing=True)
def no(case_id: int) -> ResponseReturnValue:
    """A side does not want to talk."""
    return _do(case_id, "no", deeds.answer_no, "已谢绝，原因已转告技术经理人。")


@blueprint.post(f"{CASE}/confirm")
@needs("brokerage.direct")
def confirm(case_id: int) -> ResponseReturnValue:
    """An operator attests who brought the two together."""
    return _do(case_id, "confirm", deeds.confirm_pair, "已记入台账。")


@blueprint.post(f"{CASE}/meet")
@needs("brokerage.carry", of_thing=True)
def meet(case_id: int) -> ResponseReturnValue:
    """Talks have begun."""
    return _do(case_id, "meet", deeds.begin_talks, "已记下，进入洽谈。")


@blueprint.post(f"{CASE}/intend")
@needs("brokerage.carry", of_thing=True)
def intend(case_id: int) -> ResponseReturnValue:
    """Both want to make a deal."""
    return _do(case_id, "intend", deeds.note_intention, "已记下双方的意向。")


@blueprint.post(f"{CASE}/plan")
@needs("brokerage.carry", of_thing=True)
def plan(case_id: int) -> ResponseReturnValue:
    """The next step and its day."""
    return _do(case_id, "plan", deeds.plan_step, "已定下一步。")


@blueprint.post(f"{CASE}/hold")
@needs("brokerage.carry", of_thing=True)
def hold(case_id: int) -> ResponseReturnValue:
    """Let it rest until a day."""
    return _do(case_id, "hold", deeds.hold_case, "已搁置。")


@blueprint.post(f"{CASE}/resume")
@needs("brokerage.carry", of_thing=True)
def resume(case_id: int) -> ResponseReturnValue:
    """Go on with what rested."""
    return _do(case_id, "resume", deeds.resume_case, "已恢复。")


@blueprint.post(f"{CASE}/remind")
@needs("brokerage.direct")
def remind(case_id: int) -> ResponseReturnValue:
    """Notify those who are late once more."""
    return _do(case_id, "remind", deeds.remind_late, "已催办，重新计算期限。")


@blueprint.post(f"{CASE}/reclaim")
@needs("brokerage.direct")
def reclaim(case_id: int) -> ResponseReturnValue:
    """Take it from its broker."""
    return _do(case_id, "reclaim", deeds.reclaim_case, "已收回，现在另派。")


@blueprint.post(f"{CASE}/terminate")
@needs("brokerage.end", of_thing=True)
def terminate(case_id: int) -> ResponseReturnValue:
    """End it."""
    return _do(case_id, "terminate", deeds.terminate_case, "已结束，原因已转告双方。")


def _get(case_id: int) -> BrokerageCase:
    return queries.get_case(case_id, by=current_user)


def _do(
    case_id: int,
    code: str,
    deed: Callable[..., object],
    message: str,
    *,
    leaves: bool = False,
) -> ResponseReturnValue:
    """Do one thing with what its form says; what was refused stands next to the form.

    Args:
        case_id: of the case.
        code: key of `FORMS`.
        deed: takes the case, the values of the form, who does it and the revision of their page.
        message: what they read then.
        leaves: they may have no page of the case any more.
    """
    row = _get(case_id)
    form = form_for(row, code, current_user, sent=True)
    try:
        # A substitute's deed says in History whose place they took (decision 097).
        with (
            acting_for(queries.represented_by(row, current_user)),
            form.judged_whole(),
        ):
            deed(row, by=current_user, seen=form.seen_revision, **form.values)
    except Invalid as error:
        form.blame(error.problems, next(iter(error.problems), ""))
        return _case_page(row, 422, **{code: form})
    flash(message, "success")
    # Who gave it back may read it no longer.
    if leaves and not may(current_user, "brokerage.read", row):
        return redirect(url_for("desk.mine"), 303)
    return redirect(url_for("brokerage.case", case_id=case_id), 303)


def _case_page(
    row: BrokerageCase, status: int = 200, **given: CaseForm
) -> ResponseReturnValue:
    """The page as this reader may see it; a look at contacts that cannot be recorded sees none."""
    persistence.stop_writing()
    (card,) = queries.cards_of([row], current_user)
    sides = list(card.sides)
    # Each by its owner, who finds the look in 我的数据.
    owners = [one.owner for one in sides if one.owner is not None]
    # After the rollback, for the looks are stored in a transaction of their own before anything is handed out.
    if not were_recorded("contact.read", owners, values={row.kind: row.id}):
        sides = without_contacts(sides)
    inside = may(current_user, "brokerage.end", row)
    attribution = ledger.attribution_of(row.pair_key)
    if attribution and not (inside or ledger.may_read(attribution, current_user)):
        attribution = None
    page = render_template(
        "brokerage/case.html",
        row=row,
        card=card,
        sides=sides,
        inside=inside,
        held=sides_held(row, current_user),
        offered=offered_deeds(row, current_user, given),
        later=later_deeds(row, current_user),
        panels=contributions.case_panels(row, current_user),
        history=history_of(row) if inside else [],
        agreement=queries.shown_agreement(row, current_user),
        introduction_open=queries.opens_introduction(row, current_user),
        attribution=attribution,
    )
    return page, status


def _to_new(case: BrokerageCase) -> ResponseReturnValue:
    # Who gave a lead follows it on 我的: the page of a case names both sides.
    if not may(current_user, "brokerage.read", case):
        flash("已转给平台研判，结果在「我的」里看。", "success")
        return redirect(url_for("desk.mine"), 303)
    flash("已建立。接下来申报利益关系，或派单。", "success")
    return redirect(url_for("brokerage.case", case_id=case.id), 303)


def _referrer(form: ProposeForm) -> Any:
    """Whom the form names. Raises Invalid: nobody of that address whom they may name.

    Brokers name colleagues only, whose addresses they know: the answer to any other address would tell who has an
    account. Operators see all accounts.
    """
    typed = (form.referrer.data or "").strip()
    if not typed:
        return None
    person = find_person(typed)
    names_anybody = operator(current_user, None)
    is_open = person is not None and person.active
    if is_open and (names_anybody or _are_colleagues(person)):
        return person
    message = COLLEAGUES_ONLY
    if names_anybody:
        message = "没有这个登录邮箱的账号，核对以后再填，或留空。"
    raise Invalid(message, problems={"referrer": [message]})


def _are_colleagues(person: Person | None) -> bool:
    """Whether the reader and somebody have a place in the same organisation."""
    places = person.organisation_ids if person else frozenset()
    return bool(places & current_user.organisation_ids)


def _filters() -> queries.Filters:
    return queries.Filters(
        column=request.args.get("column", ""),
        late="late" in request.args,
        ended="ended" in request.args,
    )
