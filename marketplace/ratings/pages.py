"""Pages of ratings: what both sides said of a contract, once they may read it, and saying it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import persistence
from marketplace.contracts.disclosure import side_in
from marketplace.contracts.models import TechContract
from marketplace.deals.models import SIDE_NAMES
from marketplace.door import needs
from marketplace.errors import Invalid
from marketplace.ratings import deeds, queries
from marketplace.ratings.announcements import other_side
from marketplace.ratings.forms import RatingForm, ReplyForm

blueprint = Blueprint("ratings", __name__)
RATINGS = "/mine/contracts/<int:contract_id>/ratings"


@blueprint.get(RATINGS)
@needs("rating.read", of_thing=True)
def ratings(contract_id: int) -> ResponseReturnValue:
    """What was said, where it may be read, and what one may still do."""
    return _page(_get(contract_id))


@blueprint.post(RATINGS)
@needs("rating.give", of_thing=True)
def give(contract_id: int) -> ResponseReturnValue:
    """Rate the other side."""
    row, form = _get(contract_id), RatingForm()
    try:
        deeds.give_rating(row, form.chosen, form.text.data or "", by=current_user)
    except Invalid as error:
        form.blame(error.problems, "score")
        # Loaded again, for the refusal has let go of the row.
        return _page(_get(contract_id), 422, rating=form)
    flash("已评价。双方都评价以后，或期限过后，双方同时看到。", "success")
    return _to(contract_id)


@blueprint.post(f"{RATINGS}/reply")
@needs("rating.reply", of_thing=True)
def reply(contract_id: int) -> ResponseReturnValue:
    """Reply to what the other side said."""
    row, form = _get(contract_id), ReplyForm()
    try:
        deeds.reply_to(row, form.reply.data or "", by=current_user)
    except Invalid as error:
        form.blame(error.problems, "reply")
        return _page(_get(contract_id), 422, replying=form)
    flash("已答复。", "success")
    return _to(contract_id)


def _get(contract_id: int) -> TechContract:
    return queries.get_contract(contract_id, by=current_user)


def _to(contract_id: int) -> ResponseReturnValue:
    return redirect(url_for("ratings.ratings", contract_id=contract_id), 303)


def _page(row: TechContract, status: int = 200, **forms: Any) -> ResponseReturnValue:
    persistence.stop_writing()
    given = {
        "rating": RatingForm(formdata=None),
        "replying": ReplyForm(formdata=None),
    } | forms
    side = side_in(current_user, row)
    ratings = queries.ratings_of(row)
    is_revealed = queries.are_revealed(ratings)
    # An operator belongs to neither side and has none.
    own = ratings.get(side or "")
    shown = list(ratings.values()) if is_revealed else []
    # One's own may be read at any time.
    if not is_revealed and own is not None:
        shown = [own]
    other = ratings.get(other_side(side)) if side is not None else None
    page = render_template(
        "ratings/ratings.html",
        row=row,
        side=side,
        side_names=SIDE_NAMES,
        shown=shown,
        is_revealed=is_revealed,
        # That the other side has rated is known, what it wrote is not.
        others_given=other is not None and not is_revealed,
        until=max((one.reveal_on for one in ratings.values()), default=None),
        may_rate=side is not None
        and own is None
        and not is_revealed
        and row.state == "registered",
        may_reply=is_revealed and other is not None and not other.reply,
        **given,
    )
    return page, status
