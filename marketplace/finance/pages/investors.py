"""Pages of investors: what a fund looks for, teasers without names, and the page on which a firm says yes or no."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import persistence
from marketplace.audit.looks import was_recorded
from marketplace.dictionaries.models import active_chains
from marketplace.door import needs
from marketplace.errors import Invalid, NotNow
from marketplace.finance import investor_deeds, investor_queries, queries
from marketplace.finance.forms import AnswerForm, InterestForm, PreferenceForm
from marketplace.finance.investor_models import InvestorRequest
from marketplace.finance.investor_queries import NO_CHAIN
from marketplace.finance.pages.blueprint import blueprint
from marketplace.forms import SeenForm
from marketplace.listings.schema.terms import FIRM_STAGES
from marketplace.organisations.models import Organisation
from marketplace.wording import amount

INTEREST = "/mine/finance/interests/<int:interest_id>"
AGREE = (
    "本单位同意把单位名称、需求标题和需求里的联系方式告知这家投资机构，只用于这一次了解。"
    "机构每次查看联系方式都有记录；匿名的需求对别人仍然匿名。"
)


@blueprint.route("/mine/finance/investor", methods=["GET", "POST"])
@needs("mine.read")
def investor() -> ResponseReturnValue:
    """What one's fund looks for, and the teasers that pass."""
    fund = _fund()
    form = _preference_form()
    if not form.is_submitted():
        return _investor_page(fund, None if form.is_fresh else form)
    try:
        investor_deeds.save_preference(
            fund,
            stages=form.stages.data or [],
            chain_codes=form.chain_codes.data or [],
            ticket_low=form.ticket_low.data or "",
            ticket_high=form.ticket_high.data or "",
            by=current_user,
            seen=form.seen_revision,
        )
    except Invalid as error:
        form.blame(error.problems, "ticket_low")
        return _investor_page(fund, form, 422)
    flash("偏好已保存，下面按新的偏好列出。", "success")
    return redirect(url_for("finance.investor", organisation=fund.id), 303)


@blueprint.route("/mine/finance/investor/<teaser>", methods=["GET", "POST"])
@needs("mine.read")
def show_interest(teaser: str) -> ResponseReturnValue:
    """Write to a firm that one does not know."""
    fund = _fund()
    preference = investor_queries.preference_of(fund)
    if preference is None:
        raise NotNow("还没有写偏好。", "先在「投资偏好和线索」里保存偏好。")
    # Again by the gates of today: a demand that passes no more cannot be written to.
    found = investor_queries.find_teaser(preference, teaser, by=current_user)
    form = InterestForm()
    status, refusal = 200, None
    if form.is_submitted():
        try:
            row = investor_deeds.request_reveal(
                preference, found, form.message.data or "", by=current_user
            )
        except Invalid as error:
            form.blame(error.problems, "message")
            status = 422
        except NotNow as error:
            # What was typed stays in the form, next to the one that goes on.
            status, refusal = 409, error
        else:
            flash("已转给企业，答复以后通知您。", "success")
            return redirect(url_for("finance.interest", interest_id=row.id), 303)
    barring = investor_queries.barring_request(found.demand, fund)
    reason = refusal
    if barring is not None:
        reason = investor_deeds.reason_against(barring)
    page = render_template(
        "finance/teaser.html",
        fund=fund,
        teaser=found,
        form=form,
        reason=reason,
        barring=barring,
        # What was typed is not lost where the answer came while it was written.
        offers_form=bool(refusal) or barring is None,
    )
    return page, status


@blueprint.get(INTEREST)
@needs("mine.read")
def interest(interest_id: int) -> ResponseReturnValue:
    """The page both sides share; a look at the contact is recorded first."""
    return _interest_page(_get(interest_id))


@blueprint.post(f"{INTEREST}/accept")
@needs("finance.answer", of_thing=True)
def accept_interest(interest_id: int) -> ResponseReturnValue:
    """Let this fund know who one is."""
    row = _get(interest_id)
    form = AnswerForm()
    try:
        investor_deeds.accept_request(
            row,
            agrees=bool(form.agrees.data),
            by=current_user,
            seen=form.seen_revision,
        )
    except Invalid as error:
        form.blame(error.problems, "agrees")
        return _interest_page(row, form, 422)
    flash("已同意，对方现在看得到单位名称和联系方式。", "success")
    return redirect(url_for("finance.interest", interest_id=row.id), 303)


@blueprint.post(f"{INTEREST}/decline")
@needs("finance.answer", of_thing=True)
def decline_interest(interest_id: int) -> ResponseReturnValue:
    """Stay unknown."""
    row = _get(interest_id)
    seen = SeenForm().seen_revision
    investor_deeds.decline_request(row, by=current_user, seen=seen)
    flash("已答复不同意，对方不知道您是谁。", "success")
    return redirect(url_for("finance.interest", interest_id=row.id), 303)


@blueprint.post(f"{INTEREST}/withdraw")
@needs("finance.invest", of_thing=True)
def withdraw_interest(interest_id: int) -> ResponseReturnValue:
    """Take the request back."""
    row = _get(interest_id)
    seen = SeenForm().seen_revision
    investor_deeds.withdraw_request(row, by=current_user, seen=seen)
    flash("已撤回。", "success")
    return redirect(url_for("finance.interest", interest_id=row.id), 303)


def _get(interest_id: int) -> InvestorRequest:
    return investor_queries.get_request(interest_id, by=current_user)


def _fund() -> Organisation:
    number = request.values.get("organisation", type=persistence.row_number)
    return queries.get_institution(current_user, number)


def _preference_form(**values: object) -> PreferenceForm:
    # Without this box a fund that chooses any chain would never see demands that name none.
    chains = [*active_chains().items(), (NO_CHAIN, "没有写产业链的")]
    return PreferenceForm(stages=FIRM_STAGES.names, chains=chains, **values)


def _investor_page(
    fund: Organisation, form: PreferenceForm | None = None, status: int = 200
) -> ResponseReturnValue:
    preference = investor_queries.preference_of(fund)
    teasers = []
    # 0: nothing has been saved yet, so that of two first saves the second is refused.
    data: dict[str, object] = {"seen": "0", "stages": [], "chain_codes": []}
    if preference is not None:
        teasers = investor_queries.teasers_for(preference, by=current_user)
        data = {
            "stages": preference.stages,
            "chain_codes": preference.chain_codes,
            "ticket_low": amount(preference.ticket_low),
            "ticket_high": amount(preference.ticket_high),
            "seen": str(preference.revision),
        }
    page = render_template(
        "finance/investor.html",
        fund=fund,
        preference=preference,
        form=form or _preference_form(formdata=None, data=data),
        teasers=teasers,
        requests=investor_queries.requests_of([fund.id]),
    )
    return page, status


def _interest_page(
    row: InvestorRequest, form: AnswerForm | None = None, status: int = 200
) -> ResponseReturnValue:
    # Nothing is saved from here on: rendering must not hold up who saves.
    persistence.stop_writing()
    answers = investor_queries.answers(row, current_user)
    revealed = investor_queries.revealed(row)
    # The firm that looks at its own contact leaves no entry, and neither does a page that reveals nothing.
    is_look = bool(revealed) and not answers
    # In 我的数据 the person of the demand sees who looked; what is not recorded is not shown.
    if is_look and not was_recorded("contact.read", kind="demand", thing=row.demand_id):
        revealed = []
    answering = form or AnswerForm(formdata=None, seen=str(row.revision))
    answering.agrees.description = AGREE
    page = render_template(
        "finance/interest.html",
        row=row,
        is_asking=investor_queries.is_asking(row, current_user),
        answers=answers,
        revealed=revealed,
        form=answering,
    )
    return page, status
