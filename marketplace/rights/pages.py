"""Pages of co-owners: the owner's, that of a co-owner's people, and the one that a link opens without an account."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import persistence
from marketplace.door import current_reader, needs
from marketplace.errors import Invalid
from marketplace.listings.models import Achievement
from marketplace.rights import deeds, queries
from marketplace.rights.forms import AnswerForm, AskForm
from marketplace.rights.life import TEXTS
from marketplace.rights.models import CoOwnerConsent
from marketplace.wording import in_quotes

blueprint = Blueprint("rights", __name__)
CONSENT = "<int:consent_id>"


@blueprint.route(
    "/mine/achievement/<int:listing_id>/co-owners", methods=["GET", "POST"]
)
@needs("rights.ask", of_thing=True)
def own(listing_id: int) -> ResponseReturnValue:
    """Ask the co-owners of one's own achievement, and see what they said."""
    row = queries.get_asking(listing_id, by=current_user)
    form = AskForm()
    if not form.is_submitted():
        return _own_page(row, form)
    try:
        consent, token = deeds.ask_co_owner(
            row,
            named=form.named.data or "",
            email=form.email.data or "",
            by=current_user,
        )
    except Invalid as error:
        form.blame(error.problems, "named")
        return _own_page(row, form, 422)
    # A page instead of a redirect: the link with its secret is on it this one time.
    return _own_page(row, AskForm(formdata=None), asked=(consent, token))


@blueprint.post(f"/mine/co-owners/{CONSENT}/ask-again")
@needs("rights.ask", of_thing=True)
def ask_again(consent_id: int) -> ResponseReturnValue:
    """Ask a co-owner once more, by what the achievement says now."""
    consent = queries.get_consent(consent_id, by=current_user, deed="rights.ask")
    token = deeds.ask_again(consent, by=current_user)
    form = AskForm(formdata=None)
    return _own_page(consent.achievement, form, asked=(consent, token))


@blueprint.post(f"/mine/co-owners/{CONSENT}/withdraw")
@needs("rights.ask", of_thing=True)
def withdraw(consent_id: int) -> ResponseReturnValue:
    """Ask a co-owner no longer."""
    consent = queries.get_consent(consent_id, by=current_user, deed="rights.ask")
    deeds.withdraw_asking(consent, by=current_user)
    flash(f"已撤回对{in_quotes(consent.name)}的征求，发出的链接不能再用。", "success")
    return redirect(url_for("rights.own", listing_id=consent.achievement_id), 303)


@blueprint.route(f"/mine/co-owners/{CONSENT}", methods=["GET", "POST"])
@needs("rights.answer", of_thing=True)
def answer(consent_id: int) -> ResponseReturnValue:
    """Answer for one's organisation, by one's account."""
    consent = queries.get_consent(consent_id, by=current_user, deed="rights.answer")
    return _answered(consent, url_for("rights.answer", consent_id=consent.id))


@blueprint.route("/co-owner/<token>", methods=["GET", "POST"])
@needs("public.read")
def opened(token: str) -> ResponseReturnValue:
    """Answer by a link, without an account."""
    consent = deeds.opened_consent(token)
    return _answered(consent, url_for("rights.opened", token=token), by_link=True)


def _answered(
    consent: CoOwnerConsent, address: str, *, by_link: bool = False
) -> ResponseReturnValue:
    form = AnswerForm()
    status = 200
    if form.is_submitted():
        try:
            deeds.answer_consent(
                consent,
                agrees=request.form.get("deed") == "agree",
                answered_as=form.answered_as.data or "",
                reason=form.reason.data or "",
                seen=form.terms.data or "",
                by=current_reader(),
                by_link=by_link,
            )
        except Invalid as error:
            form.blame(error.problems, "answered_as")
            status = 422
        else:
            words = "已同意" if consent.state == "agreed" else "已告知不同意"
            flash(f"{words}，发布单位收到通知。", "success")
            return redirect(address, 303)
    shown = _shown(consent)
    persistence.stop_writing()
    page = render_template("rights/answer.html", address=address, form=form, **shown)
    return page, status


def _shown(consent: CoOwnerConsent) -> dict[str, Any]:
    """What a co-owner reads before they answer: what the achievement is, and what becomes of it."""
    row = consent.achievement
    # In the version it was given to, whatever the text is by now.
    text = TEXTS[consent.text_version]
    return {
        "consent": consent,
        "row": row,
        "holder": row.holder_name,
        "text": text.format(co_owner=consent.name, holder=row.holder_name),
        "rights": [(ip.name or ip.number, ip.number) for ip in row.ips],
    }


def _own_page(
    row: Achievement,
    form: AskForm,
    status: int = 200,
    asked: tuple[CoOwnerConsent, str] | None = None,
) -> ResponseReturnValue:
    link = ""
    if asked is not None:
        # A whole address, to be pasted into a message.
        link = url_for("rights.opened", token=asked[1], _external=True)
    page = render_template(
        "rights/own.html",
        row=row,
        form=form,
        consents=queries.consents_for(row.id),
        unasked=queries.unasked_owners(row),
        terms=queries.terms_of(row),
        asked=asked[0] if asked else None,
        link=link,
    )
    return page, status
