"""The page of the form of a listing: its steps, what is wrong, what is missing, what others changed meanwhile.

What is done with what was typed is in `writing.py`; the rest of the way from nothing to a draft in `beginning.py`.
"""

from __future__ import annotations

from itertools import chain
from typing import Any, TypeAlias

from flask import render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import contributions, persistence
from marketplace.errors import MarketError, NotNow, Stale
from marketplace.lifecycle import last_event
from marketplace.listings import (
    changes_waiting,
    completeness,
    queries,
    readiness,
    review_queue,
    unsaved_deeds,
    worklists,
)
from marketplace.listings.forms import FORMS, AchievementForm, DemandForm
from marketplace.listings.models import KIND_NAMES, Achievement, Demand
from marketplace.listings.schema import terms
from marketplace.listings.step_forms import Step
from marketplace.listings.unsaved_models import UnsavedForm
from marketplace.listings.writing import AlreadySaved, DuplicateTitle, values_of
from marketplace.wording import UNKNOWN

Form: TypeAlias = AchievementForm | DemandForm
Row: TypeAlias = Achievement | Demand
# State → how the form calls the reason for which something has to be mended.
RETURNED = {
    "returned": "退回原因",
    "rejected": "未通过原因",
    "suspended": "暂停原因",
    "published": "修改的退回原因",
}
PICK = "pick-"  # before the name of a question: which of two versions is to be taken
STORED = "stored"


def open_form(kind: str, row: Row | None) -> Form:
    """The form of a listing as this request has it: one step or all, with what was typed into it before.

    Args:
        kind: `achievement` or `demand`.
        row: the listing as its writer goes on with it; None for a new one.
    """
    form = blank_form(kind, row)
    unsaved = unsaved_of(form)
    if form.is_submitted():
        picked = [name for name in form.names() if _is_picked(name)]
        # Chosen first: what the writer takes of the others replaces what they posted.
        if picked:
            form.take_stored(picked, current_form(form, row, unsaved))
        return form
    # Only a new form: the address must not overwrite what is stored.
    if row is None:
        form.prefill(request.args)
    # Before what was typed, which may have emptied the contact on purpose.
    form.prefill_contact(current_user)
    if unsaved is not None:
        form.take_typed(unsaved.fields)
        # So that storing again continues this text and is not taken for another window.
        form.typed.data = unsaved.revision
    return form


def blank_form(kind: str, row: Row | None) -> Form:
    """The form with what is stored and what is posted, and nothing else."""
    step = step_named(kind, row)
    form = FORMS[kind](
        row=row,
        organisations=worklists.writing_organisations(current_user),
        step=step,
        need=_need_of(kind, row),
    )
    # The mark goes on from step to step in the address, or each step would begin another listing.
    if row is None and not form.is_submitted() and request.args.get("mark"):
        form.once.data = request.args["mark"]
    return form


def step_named(kind: str, row: Row | None) -> str:
    """The step that the address names; empty for the form on one page."""
    # What is public changes as a whole: each save of a step would be a change under review.
    if row is not None and row.state == "published":
        return ""
    wanted = request.args.get("step", "")
    return wanted if wanted in [step.anchor for step in FORMS[kind].steps] else ""


def _need_of(kind: str, row: Row | None) -> str:
    """Of a demand the need that is chosen now: in the form, in what was typed, in the address or as stored."""
    if kind != "demand":
        return ""
    # In this order: what is on the page now is newer than what was stored a moment ago.
    need = request.form.get("need") or request.args.get("need", "")
    if need in terms.NEEDS:
        return need
    mark = request.form.get("once") or request.args.get("mark", "")
    place = str(row.id) if row is not None else mark
    unsaved = unsaved_deeds.find_unsaved(current_user, kind, place) if place else None
    typed = dict(unsaved.pairs) if unsaved is not None else {}
    if typed.get("need") in terms.NEEDS:
        return typed["need"]
    return row.need if isinstance(row, Demand) else terms.DEFAULT_NEED


def place_of(form: Form) -> str:
    """By which name what is typed into a form is stored; empty where it has none yet."""
    if form.row is not None:
        return str(form.row.id)
    # Only a mark of ours: it becomes a key of a table.
    return str(form.once.data) if form.opened is not None else ""


def unsaved_of(form: Form) -> UnsavedForm | None:
    """What its writer has typed into the form and not saved."""
    place = place_of(form)
    if not place:
        return None
    return unsaved_deeds.find_unsaved(current_user, form.kind, place)


def current_form(form: Form, row: Row | None, unsaved: UnsavedForm | None) -> Form:
    """The same questions with what is on the platform now: what is stored, and what another window has typed."""
    # Without the token: it is compared and never sent.
    other = type(form)(formdata=None, row=row, meta={"csrf": False})
    if unsaved is not None:
        other.take_typed(unsaved.fields)
    return other


def _is_picked(name: str) -> bool:
    return request.form.get(PICK + name) == STORED


def next_step(form: Form, step: str, distance: int = 1) -> str:
    """The anchor of the step after one, or before it; empty beyond the ends."""
    anchors = [one.anchor for one in form.all_steps]
    # A need that was changed on this page may have other steps than the page had.
    place = anchors.index(step) + distance if step in anchors else 0
    return anchors[place] if 0 <= place < len(anchors) else ""


def form_page(
    form: Form,
    row: Row | None,
    status: int = 200,
    *,
    error: MarketError | None = None,
    focus: str = "",
) -> ResponseReturnValue:
    """The page of a form, with what is wrong, what is missing for the public, and what others changed meanwhile.

    Args:
        form: what was typed, or what is stored.
        row: the stored listing; None for a new one.
        status: of the answer.
        error: what a deed refused.
        focus: id of the control to go to; empty for none.
    """
    # Nothing is saved any more: a look ranks the whole catalogue, and nobody who saves is to wait for that.
    persistence.stop_writing()
    step = step_named(form.kind, row)
    unsaved = unsaved_of(form)
    stored: dict[str, str] = {}
    # Saved again, the form shall win over what the writer now sees of the others, but for what they choose of it.
    if isinstance(error, Stale):
        stored = _stored_values(form, row, unsaved)
        form.typed.data = unsaved.revision if unsaved is not None else 0
        if row is not None:
            form.seen.data = row.revision
    # A text handed on by another form, as by the trial, comes without the mark of this one.
    if row is None and form.opened is None:
        form.renew()
    # Who pressed 「加一行」 is led to it; another empty row below would only be in the way.
    if not focus:
        form.leave_room()
    looked_at = form.main_text() if "look" in request.values else None
    values = typed_values(form)
    missing = _missing_values(form, row)
    faults = form.faults()
    texts: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    for fault in faults:
        texts.setdefault(fault.id, []).append(fault.text)
        names.setdefault(fault.id, fault.label)
    returned = _return_reason(row)
    page = render_template(
        "listings/form.html",
        form=form,
        row=row,
        kind=form.kind,
        kind_name=KIND_NAMES[form.kind],
        error=error,
        focus=focus,
        problems=texts,
        problem_names=names,
        problems_title=_problems_title(error, [fault.text for fault in faults]),
        twin=_listing_of_that_title(form.kind, error),
        stored=stored,
        returned=returned,
        returned_title=RETURNED.get(row.state, "") if row is not None else "",
        todos=fields_to_mend(form, row) if row is not None and returned else [],
        key=draft_key(form.kind, row),
        kept=session.pop("kept", ""),
        missing=missing,
        percent=completeness.completeness(form.kind, values),
        typed_missing=missing_of_typed(form, values),
        step=step,
        steps=_step_links(form, row, step, missing),
        unsaved=_shown_unsaved(form, row, unsaved),
        before=next_step(form, step, -1) if step else "",
        needed=form.needed(),
        previews=contributions.previews(
            form.kind, row, looked_at, current_user, form.asked_need
        ),
        action=form_address(form.kind, row, step, **_need_in_address(form, row)),
        pick=PICK,
        typed_url=script_address("typed", form, row, step),
        look_url=script_address("look", form, row, step),
        labels=form.schema.labels,
    )
    return page, status


def draft_key(kind: str, row: Row | None) -> str:
    """The name under which the browser keeps what is typed until it has been saved."""
    # The number of the person too: a browser may be used by two.
    number = "new" if row is None else row.id
    return f"{current_user.id}/{kind}/{number}"


def form_address(kind: str, row: Row | None, step: str = "", **more: str) -> str:
    """Where the form of a listing stands.

    Args:
        step: the anchor of a step; empty for the form on one page.
        more: further values of the address.
    """
    values: dict[str, Any] = {**more, "step": step} if step else {**more}
    if row is None:
        return url_for("listings.new", kind=kind, **values)
    return url_for("listings.edit", kind=kind, listing_id=row.id, **values)


def script_address(view: str, form: Form, row: Row | None, step: str) -> str:
    """Where the scripts of the form send what stands in it."""
    values: dict[str, Any] = {"step": step} if step else {}
    number = row.id if row is not None else None
    return url_for(f"listings.{view}", kind=form.kind, listing_id=number, **values)


def _shown_unsaved(
    form: Form, row: Row | None, unsaved: UnsavedForm | None
) -> UnsavedForm | None:
    """What was typed and not saved, where the page goes on with it and it says anything that is not stored."""
    # A form that was posted shows what was posted and offers nothing older.
    if unsaved is None or form.is_submitted():
        return None
    # Whoever was cut off between saving and forgetting has it twice.
    return unsaved if row is None or form.differing(row) else None


def _need_in_address(form: Form, row: Row | None) -> dict[str, str]:
    """The need of a new demand goes along from step to step until it is stored."""
    return {"need": form.asked_need} if row is None and form.asked_need else {}


def _step_links(
    form: Form, row: Row | None, step: str, missing: dict[str, list[str]]
) -> list[tuple[Step, str, int]]:
    """Every step with its address and how many questions of it the public still needs answered."""
    links = []
    for one in form.all_steps:
        url = f"#step-{one.anchor}"
        if step:
            # Of a new listing the later steps have no address: the first one makes the draft.
            url = form_address(form.kind, row, one.anchor) if row is not None else ""
        links.append((one, url, len(missing.keys() & set(one.fields))))
    return links


def typed_values(form: Form) -> dict[str, Any]:
    """Column → value of the whole listing as it would be with what is typed now; nothing is stored."""
    known = values_of(form.row) if form.row is not None else {}
    values = {**known, **form.values()}
    # The need may have been chosen on an earlier step and be in no control of this page.
    if form.asked_need:
        values["need"] = form.asked_need
    return values


def missing_of_typed(form: Form, values: dict[str, Any]) -> dict[str, list[str]]:
    """Field → what the public would miss of what is typed now, in the order of the form."""
    empty = FORMS[form.kind](formdata=None, meta={"csrf": False}).values()
    owner = form.owner
    # A listing that has its owner does not ask for one.
    if form.row is not None and form.row.organisation is not None:
        owner = form.row.organisation
    missing = readiness.missing_for_publication(
        form.kind, empty | values, organisation=owner
    )
    return in_form_order(form.kind, missing)


def in_form_order(kind: str, problems: dict[str, list[str]]) -> dict[str, list[str]]:
    """What is missing, in the order of the steps."""
    order = chain.from_iterable(step.fields for step in FORMS[kind].steps)
    return {name: problems[name] for name in order if name in problems}


def _stored_values(
    form: Form, row: Row | None, unsaved: UnsavedForm | None
) -> dict[str, str]:
    """Field → what is on the platform now, in words, of the fields in which the form differs from it."""
    other = current_form(form, row, unsaved)
    return describe_differences(form, other)


def describe_differences(form: Form, other: Form) -> dict[str, str]:
    """Field → what another form says there, in words, of the fields in which the two differ."""
    mine, theirs = form.values(), other.values()
    words = {}
    for name in form.names():
        if mine[name] == theirs[name]:
            continue
        field = form.schema[name]
        if name in form.row_kinds:
            rows = [_row_words(one) for one in theirs[name]]
            words[name] = "；".join(rows) or UNKNOWN
        else:
            words[name] = field.say(theirs[name])
    return words


def _row_words(values: dict[str, Any]) -> str:
    """A row of a list in words, as it was typed."""
    filled = [str(value) for value in values.values() if value not in (None, "", False)]
    return " ".join(filled)


def _missing_values(form: Form, row: Row | None) -> dict[str, list[str]]:
    """Field → what the public would miss of the stored listing, in the order of the form."""
    if row is None:
        return {}
    return in_form_order(form.kind, readiness.publication_problems(row))


def _listing_of_that_title(kind: str, error: MarketError | None) -> Row | None:
    """The listing that has the title already, so that the writer can go there."""
    if not isinstance(error, DuplicateTitle | AlreadySaved):
        return None
    return queries.get_visible(kind, error.existing_id, by=current_user)


def _problems_title(error: MarketError | None, texts: list[str]) -> str:
    """What stands above the list of problems: why it was not saved, unless the list says it or the page its own way."""
    if error is None or isinstance(error, Stale | NotNow) or error.message in texts:
        return f"有 {len(texts)} 处要改，改好再保存"
    return error.message


def fields_to_mend(form: Form, row: Row) -> list[str]:
    """The fields of the form in which a reviewer wants something done, in its order."""
    todos = review_queue.returned_todos(row)
    return [name for name in form.names() if name in todos]


def _return_reason(row: Row | None) -> str:
    """Why a returned listing was returned the last time; empty for others."""
    if row is None:
        return ""
    if row.state == "published":
        # A change that was returned has its reason in itself; the listing stayed published.
        change = changes_waiting.open_change(row)
        return change.reason if change is not None else ""
    if row.state not in worklists.STOPPED:
        return ""
    event = last_event(row, *worklists.STOPPED[row.state])
    return "" if event is None else event.note
