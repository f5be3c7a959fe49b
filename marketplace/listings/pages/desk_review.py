"""The pages of an institution's desk: a listing of its own people, and whether it goes on to the operators.

What the page shows is in `review_page.py`; what is done stands in `review_deeds.py` and `change_deeds.py`.
"""

from __future__ import annotations

from functools import partial

from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace.accounts.models import INSTITUTIONS
from marketplace.door import needs
from marketplace.errors import NotFound
from marketplace.listings import change_deeds, deeds, queries
from marketplace.listings.pages.blueprint import KIND, blueprint
from marketplace.listings.pages.review_page import Decided, carry_out, show_review
from marketplace.permissions import require

ENDORSE = Decided(
    deeds.endorse, change_deeds.endorse_change, "{}已通过本单位审核，送到平台审核。"
)
RETURN = Decided(
    deeds.desk_return,
    partial(change_deeds.return_change, station="desk"),
    "{}已退回，填报人会在「我的」里看到原因。",
    takes=("note", "todos"),
)
REJECT = Decided(
    deeds.desk_reject,
    partial(change_deeds.reject_change, station="desk"),
    "{}未予通过，填报人会看到原因。",
)


@blueprint.get(f"/mine/review/{KIND}/<int:listing_id>")
@needs("listing.desk_review", of_thing=True)
def desk_review(kind: str, listing_id: int) -> ResponseReturnValue:
    """One listing of the institution, with everything a decision needs."""
    _require_desk(kind, listing_id)
    return show_review(kind, listing_id, "desk")


@blueprint.post(f"/mine/review/{KIND}/<int:listing_id>/endorse")
@needs("listing.endorse", of_thing=True)
def endorse(kind: str, listing_id: int) -> ResponseReturnValue:
    """Let it go on to the operators."""
    return carry_out(kind, listing_id, "desk", ENDORSE)


@blueprint.post(f"/mine/review/{KIND}/<int:listing_id>/return")
@needs("listing.desk_review", of_thing=True)
def desk_return(kind: str, listing_id: int) -> ResponseReturnValue:
    """Return it to its writer."""
    return carry_out(kind, listing_id, "desk", RETURN)


@blueprint.post(f"/mine/review/{KIND}/<int:listing_id>/reject")
@needs("listing.desk_review", of_thing=True)
def desk_reject(kind: str, listing_id: int) -> ResponseReturnValue:
    """Refuse it."""
    return carry_out(kind, listing_id, "desk", REJECT)


def _require_desk(kind: str, listing_id: int) -> None:
    """Answer whom it does not concern as if there were nothing: the page says who wrote what when."""
    # Their own listing is shown too: they may return it, though not let it through.
    row = queries.get_visible(kind, listing_id, by=current_user)
    require(current_user, "listing.desk_review", row)
    # A firm's people have the same role and no such station.
    if row.organisation is None or row.organisation.kind not in INSTITUTIONS:
        raise NotFound("企业的内容没有机构审核这一步。", "可以在「我的」里看它的进度。")
