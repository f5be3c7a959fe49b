"""Pages of stories: the public ones, writing one, and agreeing to its text."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import persistence
from marketplace.contracts.disclosure import side_in
from marketplace.contracts.models import TechContract
from marketplace.contracts.vocabulary import TECH_FIELDS
from marketplace.deals.life import CONTRACT_TYPES
from marketplace.deals.models import SIDE_NAMES
from marketplace.door import OPEN_PAGE, needs
from marketplace.errors import Invalid
from marketplace.permissions import may
from marketplace.stories import deeds, queries
from marketplace.stories.forms import AgreeForm, EndForm, StoryForm
from marketplace.stories.models import Story

blueprint = Blueprint("stories", __name__)
ONE = "/mine/stories/<int:story_id>"


@blueprint.get("/stories")
@needs("public.read", stored=OPEN_PAGE)
def stories() -> ResponseReturnValue:
    """成功案例, the newest first."""
    page = request.args.get("page", 1, type=persistence.row_number) or 1
    rows, arithmetic = queries.public_page(page)
    return render_template(
        "stories/stories.html",
        rows=rows,
        page=arithmetic.clamp(page),
        pages=arithmetic.pages,
    )


@blueprint.get("/stories/<int:story_id>")
@needs("public.read", stored=OPEN_PAGE)
def public(story_id: int) -> ResponseReturnValue:
    """One of them."""
    row = queries.public_story(story_id)
    return render_template(
        "stories/public.html",
        row=row,
        values=row.text.values,
        contract_type=CONTRACT_TYPES[row.contract.contract_type],
        field=TECH_FIELDS.get(row.contract.tech_field or "", ""),
    )


@blueprint.route("/mine/contracts/<int:contract_id>/story", methods=["GET", "POST"])
@needs("story.write", of_thing=True)
def write(contract_id: int) -> ResponseReturnValue:
    """Write the story of a contract."""
    contract, form = queries.get_contract(contract_id, by=current_user), StoryForm()
    if form.is_fresh:
        # The names of the contract to begin with; the writer replaces the one that is not to be public.
        form.holder.data = contract.seller_name
        form.receiver.data = contract.buyer_name
    if not form.is_submitted():
        return _form_page(contract, form)
    try:
        row = deeds.write_story(contract, form.written, by=current_user)
    except Invalid as error:
        form.blame(error.problems, "body")
        return _form_page(contract, form, status=422)
    flash("已发给双方，双方都同意以后公开。", "success")
    return _to(row.id)


@blueprint.get(ONE)
@needs("story.read", of_thing=True)
def story(story_id: int) -> ResponseReturnValue:
    """The text and who has agreed to it, for both sides, its writers and the operators."""
    return _page(_get(story_id))


@blueprint.route(f"{ONE}/edit", methods=["GET", "POST"])
@needs("story.write", of_thing=True)
def edit(story_id: int) -> ResponseReturnValue:
    """Another text."""
    row, form = _get(story_id), StoryForm()
    if form.is_fresh:
        form.fill(row.text)
        form.seen.data = str(row.revision)
    if not form.is_submitted():
        return _form_page(row.contract, form, row)
    try:
        deeds.rewrite_story(row, form.written, by=current_user, seen=form.seen_revision)
    except Invalid as error:
        form.blame(error.problems, "body")
        return _form_page(row.contract, form, row, status=422)
    flash("已保存新的一稿，以前的同意失效，双方要重新同意。", "success")
    return _to(story_id)


@blueprint.post(f"{ONE}/agree")
@needs("story.agree", of_thing=True)
def agree(story_id: int) -> ResponseReturnValue:
    """Agree to the text on the page."""
    # The hash and no revision: the other side may agree while this one reads (decision 129).
    deeds.agree_to_story(_get(story_id), AgreeForm().sha256.data or "", by=current_user)
    flash("已同意；双方都同意以后公开，随时可以撤回。", "success")
    return _to(story_id)


@blueprint.post(f"{ONE}/take-back")
@needs("story.agree", of_thing=True)
def take_back(story_id: int) -> ResponseReturnValue:
    """Take one's consent back."""
    deeds.take_consent_back(_get(story_id), by=current_user)
    flash("已撤回同意，案例不再公开。", "success")
    return _to(story_id)


@blueprint.post(f"{ONE}/end")
@needs("story.write", of_thing=True)
def end(story_id: int) -> ResponseReturnValue:
    """Take it down for good."""
    row, form = _get(story_id), EndForm()
    try:
        deeds.end_story(
            row, form.reason.data or "", by=current_user, seen=form.seen_revision
        )
    except Invalid as error:
        form.blame(error.problems, "reason")
        # Read once more: the refusal has rolled back what was loaded.
        return _page(_get(story_id), 422, form)
    flash("已撤下，原因已通知双方。", "success")
    return _to(story_id)


def _get(story_id: int) -> Story:
    return queries.get_story(story_id, by=current_user)


def _to(story_id: int) -> ResponseReturnValue:
    return redirect(url_for("stories.story", story_id=story_id), 303)


def _form_page(
    contract: TechContract,
    form: StoryForm,
    row: Story | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    persistence.stop_writing()
    page = render_template("stories/form.html", contract=contract, form=form, row=row)
    return page, status


def _page(
    row: Story, status: int = 200, ending: EndForm | None = None
) -> ResponseReturnValue:
    persistence.stop_writing()
    side = side_in(current_user, row.contract)
    page = render_template(
        "stories/story.html",
        row=row,
        values=row.text.values,
        side=side,
        side_names=SIDE_NAMES,
        has_agreed=side is not None and side in row.text.standing,
        writes=may(current_user, "story.write", row),
        ending=ending or EndForm(formdata=None),
    )
    return page, status
