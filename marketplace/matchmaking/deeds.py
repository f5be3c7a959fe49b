"""存为草稿: keeping a pasted text as a draft. The draft is created, and committed, by the deed of listings."""

from __future__ import annotations

from marketplace.accounts import held_forms
from marketplace.accounts.models import Person
from marketplace.errors import Invalid
from marketplace.listings import deeds as listing_deeds
from marketplace.listings.models import LISTINGS, Row
from marketplace.listings.worklists import writing_organisations
from marketplace.matchmaking.trial import checked_text, headline_of
from marketplace.organisations.models import Organisation
from marketplace.permissions import Reader, require


def save_draft(text: str, kind: str, organisation_id: int | None, *, by: Person) -> Row:
    """Store a pasted text as a draft of one of the person's organisations, or of their own where they have none.

    Args:
        text: as pasted.
        kind: what it is: `demand` or `achievement`.
        organisation_id: whose draft it is; None where the person has one organisation only.
        by: the signed-in person.

    Raises:
        NotAllowed: they have not signed in, or look on as an auditor.
        Invalid: as `trial.checked_text`; the organisation is missing or not theirs, or has a listing of that title.
    """
    require(by, "trial.save")
    # The text came back with the form and may be another one than was tried.
    text = checked_text(text, kind)
    organisation = _checked_organisation(organisation_id, by)
    values = {"title": headline_of(text), LISTINGS[kind].main_text: text}
    return listing_deeds.create(kind, values, organisation=organisation, by=by)


def hold_text(text: str, kind: str, *, by: Reader) -> int:
    """Hold a pasted text for seven days for somebody who cannot have a draft yet: a guest, or one without organisation.

    Args:
        text: a text fit for a trial.
        kind: what it is.
        by: the reader; a guest's is theirs from their next signing in or registering in this browser.

    Returns:
        the number by which its owner comes back to it.
    """
    require(by, "trial.run")
    row = held_forms.hold_form(
        f"/trial?kind={kind}",
        [("kind", kind), ("text", text)],
        reason=held_forms.GUEST,
        person_id=by.id,
    )
    return row.id


def _checked_organisation(
    organisation_id: int | None, by: Person
) -> Organisation | None:
    own = {one.id: one for one in writing_organisations(by)}
    if not own:
        return None
    # The form asks only those who belong to several.
    if organisation_id is None and len(own) == 1:
        return next(iter(own.values()))
    if organisation_id is None or organisation_id not in own:
        message = "请选择草稿归哪个单位。"
        raise Invalid(message, problems={"organisation": [message]})
    return own[organisation_id]
