"""The operators' pages of the word lists. What is done is in `deeds.py`; what a draft would change, in `effects.py`."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import lists_in_use
from marketplace.door import needs
from marketplace.errors import Invalid, Stale
from marketplace.forms import SeenForm
from marketplace.wordlists import deeds, queries
from marketplace.wordlists.forms import WAYS, DraftForm
from marketplace.wordlists.models import KINDS, PREVIEWS, WordListVersion

blueprint = Blueprint("wordlists", __name__, url_prefix="/office/words")


@blueprint.get("/")
@needs("wordlists.edit")
def overview() -> ResponseReturnValue:
    """What is in force, what is being built, the open drafts, and the editions so far."""
    kinds = []
    for kind, name in KINDS.items():
        present = queries.version_in_force(kind)
        draft = queries.open_draft(kind, by=current_user)
        kinds.append((kind, name, present, draft))
    return render_template(
        "wordlists/overview.html",
        kinds=kinds,
        in_force=queries.edition_in_state("in_force"),
        building=queries.edition_in_state("building"),
        former=queries.former_edition(),
        editions=queries.list_editions(by=current_user),
        words=lists_in_use.words_in_use(),
    )


@blueprint.get("/<word_list>/versions")
@needs("wordlists.edit")
def versions(word_list: str) -> ResponseReturnValue:
    """The versions of a list with what each says, and the shipped list to search in."""
    queries.list_kind(word_list)
    text = request.args.get("q", "")[:60]
    lines, count = queries.search_shipped(word_list, text, by=current_user)
    return render_template(
        "wordlists/versions.html",
        kind=word_list,
        name=KINDS[word_list],
        versions=queries.list_versions(word_list, by=current_user),
        text=text,
        lines=lines,
        count=count,
    )


@blueprint.post("/<word_list>/begin")
@needs("wordlists.edit")
def begin(word_list: str) -> ResponseReturnValue:
    """Begin a draft, or open the one there is."""
    deeds.begin_draft(queries.list_kind(word_list), by=current_user)
    return redirect(url_for("wordlists.draft", word_list=word_list), 303)


@blueprint.route("/<word_list>/draft", methods=["GET", "POST"])
@needs("wordlists.edit")
def draft(word_list: str) -> ResponseReturnValue:
    """Write the draft of a list, and see what it would change."""
    row = queries.get_draft(queries.list_kind(word_list), by=current_user)
    form = DraftForm(obj=row)
    form.added.description = WAYS[word_list]
    if row.is_dictionary:
        form.added.label.text = "与平台自带的不同的条目"
        del form.removed  # nothing is ever taken out of them
    if form.is_fresh:
        form.seen.data = str(row.revision)
    if not form.is_submitted():
        return _draft_page(form, row)
    if not form.validate():
        return _draft_page(form, row, 422)
    try:
        deeds.save_draft(
            row,
            added=form.added.data or "",
            removed=(form.removed and form.removed.data) or "",
            note=form.note.data or "",
            by=current_user,
            seen=form.seen_revision,
        )
    except Invalid as error:
        form.blame(error.problems)
        return _draft_page(form, row, 422)
    except Stale as error:
        # What was typed stays in the form, next to what is stored: saving again is then a decision.
        row = queries.get_draft(word_list, by=current_user)
        form.seen.data = str(row.revision)
        return _draft_page(form, row, 409, error=error)
    flash("草稿已保存，还没有生效。算过预览就可以启用。", "success")
    return redirect(url_for("wordlists.draft", word_list=word_list), 303)


@blueprint.post("/<word_list>/preview")
@needs("wordlists.edit")
def preview(word_list: str) -> ResponseReturnValue:
    """Have it computed what the draft would change."""
    row = queries.get_draft(queries.list_kind(word_list), by=current_user)
    deeds.ask_preview(row, seen=SeenForm().seen_revision, by=current_user)
    flash("正在后台算预览，一般一分钟内有结果，刷新这一页就能看到。", "success")
    return redirect(url_for("wordlists.draft", word_list=word_list), 303)


@blueprint.post("/<word_list>/enable")
@needs("wordlists.edit")
def enable(word_list: str) -> ResponseReturnValue:
    """Have index and matchers rebuilt with the draft."""
    row = queries.get_draft(queries.list_kind(word_list), by=current_user)
    deeds.enable_draft(row, seen=SeenForm().seen_revision, by=current_user)
    flash("正在后台重建，完成前搜索和匹配仍用原来的版本。", "success")
    return redirect(url_for("wordlists.overview"), 303)


@blueprint.post("/<word_list>/withdraw")
@needs("wordlists.edit")
def withdraw(word_list: str) -> ResponseReturnValue:
    """Give the draft up."""
    row = queries.get_draft(queries.list_kind(word_list), by=current_user)
    deeds.withdraw_draft(row, seen=SeenForm().seen_revision, by=current_user)
    flash("草稿已作废，内容在「各版」里还能看到。", "success")
    return redirect(url_for("wordlists.overview"), 303)


@blueprint.post("/back")
@needs("wordlists.edit")
def back() -> ResponseReturnValue:
    """Go back to the edition before."""
    deeds.go_back(seen=SeenForm().seen_revision, by=current_user)
    flash("正在后台重建，完成前搜索和匹配仍用现在的版本。", "success")
    return redirect(url_for("wordlists.overview"), 303)


@blueprint.post("/stop")
@needs("wordlists.edit")
def stop() -> ResponseReturnValue:
    """Stop the rebuild; what is in force stays."""
    deeds.stop_building(seen=SeenForm().seen_revision, by=current_user)
    flash("已停止重建，仍用原来的版本；那一版回到草稿。", "success")
    return redirect(url_for("wordlists.overview"), 303)


def _draft_page(
    form: DraftForm,
    row: WordListVersion,
    status: int = 200,
    *,
    error: Stale | None = None,
) -> ResponseReturnValue:
    found = queries.preview_of(row)
    page = render_template(
        "wordlists/draft.html",
        form=form,
        row=row,
        preview=found,
        # Read by the cutter in use: it says how texts are cut today, before the draft acts.
        in_pieces=queries.words_in_pieces(row),
        preview_name=PREVIEWS[found.state if found else ""],
        error=error,
    )
    return page, status
