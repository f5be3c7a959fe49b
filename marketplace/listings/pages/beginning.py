"""From nothing to a draft that is handed in: where one begins, what is stored while one types, and the last look.

The form itself is in `writing.py` and `form_page.py`; taking a pasted text apart is in `proposing.py`.
"""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import contributions
from marketplace.clock import in_china
from marketplace.door import needs
from marketplace.errors import Invalid, NotNow, Stale
from marketplace.limits import limit_texts
from marketplace.listings import completeness, queries, readiness, unsaved_deeds
from marketplace.listings.forms import FORMS, DeedForm
from marketplace.listings.models import KIND_NAMES
from marketplace.listings.pages.blueprint import KIND, blueprint
from marketplace.listings.pages.form_page import (
    Form,
    Row,
    blank_form,
    form_address,
    in_form_order,
    missing_of_typed,
    place_of,
    typed_values,
)
from marketplace.listings.pages.writing import hand_in, typed_pairs
from marketplace.listings.schema import SCHEMAS, terms
from marketplace.listings.writing import values_of
from marketplace.permissions import require
from marketplace.wording import in_quotes

MAX_PASTED = 30_000  # characters of a text that is taken apart: some fifteen pages
# Of each kind of need: what it asks, where it leads, and whether the matcher has anything for it.
NEED_HINTS = {
    "technology": "有技术难题，想找成果或一起攻关",
    "talent": "想请专家、招人或柔性引才",
    "capital": "想贷款、找投资或担保",
}


@blueprint.get(f"/mine/{KIND}/begin")
@needs("listing.create")
def begin(kind: str) -> ResponseReturnValue:
    """Choose how to begin: step by step, or from a text that is there already; and go on with what was begun."""
    return begin_page(kind)


def begin_page(
    kind: str, text: str = "", problems: dict[str, list[str]] | None = None
) -> str:
    """The page on which one begins.

    Args:
        kind: `achievement` or `demand`.
        text: what was pasted and not taken.
        problems: control → why not.
    """
    need = request.args.get("need", "")
    return render_template(
        "listings/begin.html",
        kind=kind,
        kind_name=KIND_NAMES[kind],
        need=need if need in terms.NEEDS else "",
        hints=NEED_HINTS,
        begun=unsaved_deeds.list_new(current_user, kind),
        text=text,
        problems=problems or {},
        most=MAX_PASTED,
    )


@blueprint.post("/mine/begun/<int:number>/drop")
@needs("mine.read")
def drop_begun(number: int) -> ResponseReturnValue:
    """Throw away what was begun."""
    row = unsaved_deeds.drop_new(current_user, number)
    flash(f"{in_quotes(row.title or '还没有名称')}写到一半的内容已删除。", "success")
    return redirect(url_for("listings.begin", kind=row.kind), 303)


@blueprint.post(f"/mine/{KIND}/<int:listing_id>/drop-typed")
@needs("listing.edit", of_thing=True)
def drop_typed(kind: str, listing_id: int) -> ResponseReturnValue:
    """Throw away what was typed and not saved: what is stored comes back."""
    row = queries.get_visible(kind, listing_id, by=current_user)
    # The filter says who may read it; writing in it is another permission.
    require(current_user, "listing.edit", row)
    unsaved_deeds.forget_steps(current_user, kind, str(row.id))
    flash("没有保存的改动已放弃，下面是已保存的内容。", "success")
    step = request.form.get("step", "")
    known = [one.anchor for one in FORMS[kind].steps]
    return redirect(form_address(kind, row, step if step in known else ""), 303)


@blueprint.post(f"/mine/{KIND}/typed", defaults={"listing_id": 0})
@blueprint.post(f"/mine/{KIND}/<int:listing_id>/typed")
@needs("listing.edit", of_thing=True, by_script=True)
def typed(kind: str, listing_id: int) -> ResponseReturnValue:
    """Store what stands in the form now, as a script asks while somebody types; the form is not judged."""
    row = _row_to_edit(kind, listing_id)
    if row is None:
        require(current_user, "listing.create")
    form = blank_form(kind, row)
    place = place_of(form)
    if not place:
        raise Invalid("没有保存：页面太旧。", "请重新打开这一页。")
    # Typed over an older listing: storing it would hide what a colleague has saved since.
    if row is not None and row.revision != form.seen_revision:
        raise Stale(*unsaved_deeds.ELSEWHERE)
    steps = [step.anchor for step in form.steps]
    unsaved = unsaved_deeds.store_typed(
        current_user,
        kind,
        place,
        {step: typed_pairs(form, step) for step in steps},
        seen=form.typed_revision,
        # The revision of the listing that was typed over, by which a later save finds out what others changed.
        listing_seen=row.revision if row is not None else 0,
    )
    at = in_china(unsaved.updated_at)
    return {"at": f"{at:%H:%M}", "revision": unsaved.revision}


@blueprint.post(f"/mine/{KIND}/look", defaults={"listing_id": 0})
@blueprint.post(f"/mine/{KIND}/<int:listing_id>/look")
@needs("listing.edit", of_thing=True, by_script=True, writes=False)
@limit_texts
def look(kind: str, listing_id: int) -> ResponseReturnValue:
    """What stands beside the form, for the text as it is now: matches, what is missing, how complete it is."""
    row = _row_to_edit(kind, listing_id)
    if row is None:
        require(current_user, "listing.create")
    form = blank_form(kind, row)
    values = typed_values(form)
    return render_template("listings/_beside.html", **beside(form, row, values, True))


def beside(
    form: Form, row: Row | None, values: dict[str, Any], looked: bool
) -> dict[str, Any]:
    """What the column beside a form shows.

    Args:
        form: the form with what is typed.
        row: the stored listing; None for a new one.
        values: column → value, stored and typed.
        looked: whether matches are wanted.
    """
    text = form.main_text() if looked else None
    return {
        "form": form,
        "row": row,
        "kind": form.kind,
        "percent": completeness.completeness(form.kind, values),
        "typed_missing": missing_of_typed(form, values),
        "labels": form.schema.labels,
        "previews": contributions.previews(
            form.kind, row, text, current_user, form.asked_need
        ),
        "action": form_address(form.kind, row),
    }


@blueprint.get(f"/mine/{KIND}/<int:listing_id>/check")
@needs("listing.edit", of_thing=True)
def check(kind: str, listing_id: int) -> ResponseReturnValue:
    """The last look before it is handed in: all of it by steps, what is missing in each, and the button."""
    row = queries.get_visible(kind, listing_id, by=current_user)
    require(current_user, "listing.edit", row)
    return check_page(row)


@blueprint.post(f"/mine/{KIND}/<int:listing_id>/check")
@needs("listing.submit", of_thing=True)
def hand_in_checked(kind: str, listing_id: int) -> ResponseReturnValue:
    """Hand in what was looked through; where something is missing, the same page says in which step."""
    row = queries.get_visible(kind, listing_id, by=current_user)
    require(current_user, "listing.submit", row)
    # Only what is lacking leads back to the page; what may not be handed in at all is refused in words.
    if row.life.can(row.state, "submit") and readiness.publication_problems(row):
        return check_page(row, status=422)
    return hand_in(row, DeedForm().seen_revision)


def check_page(row: Row, *, status: int = 200) -> ResponseReturnValue:
    """The page of a listing by its steps, with what is missing in each."""
    if not row.life.can(row.state, "edit"):
        raise NotNow(
            f"现在的状态是「{row.state_name}」，不能修改。",
            "可以在「我的」里看它现在能做什么。",
        )
    # In the order of the steps, so that the first of them is the first to be mended.
    missing = in_form_order(row.kind, readiness.publication_problems(row))
    form = FORMS[row.kind](formdata=None, row=row, need=getattr(row, "need", ""))
    unsaved = unsaved_deeds.find_unsaved(current_user, row.kind, str(row.id))
    schema = SCHEMAS[row.kind]
    filled: dict[str, list[tuple[str, str]]] = {}
    for step in form.all_steps:
        answers = [schema[name] for name in step.fields if name != "organisation"]
        filled[step.anchor] = [
            (field.label, field.describe(row))
            for field in answers
            # What is wrong is listed by itself and would look as if it were right among the answers.
            if field.is_filled(row) and field.name not in missing
        ]
    page = render_template(
        "listings/check.html",
        row=row,
        kind=row.kind,
        kind_name=KIND_NAMES[row.kind],
        steps=form.all_steps,
        filled=filled,
        missing=missing,
        labels=schema.labels,
        percent=completeness.completeness(row.kind, values_of(row)),
        unsaved=unsaved,
        refused=status == 422,
    )
    return page, status


def _row_to_edit(kind: str, listing_id: int) -> Row | None:
    """The listing whose form a script sends; None for a new one."""
    if not listing_id:
        return None
    row = queries.get_visible(kind, listing_id, by=current_user)
    require(current_user, "listing.edit", row)
    return row
