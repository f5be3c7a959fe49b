"""The owner's buttons on a listing: hand in, recall, withdraw, close, archive, renew, copy; and on several at once.

The form of a listing is in `writing.py`; who may is decided in `permissions.py`, what is done in `deeds.py`.
"""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace.door import needs
from marketplace.errors import Invalid, NotNow
from marketplace.listings import bulk, deeds, queries, renewal_links, ticks
from marketplace.listings.forms import CloseForm, DeedForm
from marketplace.listings.models import KIND_NAMES, Demand
from marketplace.listings.pages.blueprint import KIND, blueprint
from marketplace.listings.pages.writing import hand_in
from marketplace.permissions import require
from marketplace.wording import in_quotes

# What a list is narrowed to, and which lists may be ticked across their pages: name → view, anchor.
FILTERS = ("tray", "kind", "overdue", "q", "state", "mine")
LISTS: dict[str, tuple[str, str | None]] = {
    "mine": ("desk.mine", "listings"),
    "office": ("office.queue", None),
}


@blueprint.post(f"/mine/{KIND}/<int:listing_id>/submit")
@needs("listing.submit", of_thing=True)
def submit(kind: str, listing_id: int) -> ResponseReturnValue:
    """Hand in a draft as it is stored."""
    row = queries.get_visible(kind, listing_id, by=current_user)
    return hand_in(row, DeedForm().seen_revision)


@blueprint.post(f"/mine/{KIND}/<int:listing_id>/recall")
@needs("listing.submit", of_thing=True)
def recall(kind: str, listing_id: int) -> ResponseReturnValue:
    """Take a listing back from the queue."""
    row = queries.get_visible(kind, listing_id, by=current_user)
    deeds.recall(row, by=current_user, seen=DeedForm().seen_revision)
    flash(f"已撤回送审，{in_quotes(row.title)}回到草稿，可以继续修改。", "success")
    return redirect(url_for("listings.edit", kind=kind, listing_id=row.id), 303)


@blueprint.route(f"/mine/{KIND}/<int:listing_id>/withdraw", methods=["GET", "POST"])
@needs("listing.withdraw", of_thing=True)
def withdraw(kind: str, listing_id: int) -> ResponseReturnValue:
    """Take a listing out of the public, after a page that asks whether it is meant."""
    return _end_listing(
        kind,
        listing_id,
        "withdraw",
        "{}已撤回，不再公开。需要时可以新建同名的一条。",
    )


@blueprint.route(
    "/mine/demand/<int:listing_id>/close",
    defaults={"kind": "demand"},
    methods=["GET", "POST"],
)
@needs("listing.close", of_thing=True)
def close(kind: str, listing_id: int) -> ResponseReturnValue:
    """End a demand that is met, after a page that asks whether it is meant."""
    return _end_listing(kind, listing_id, "close", "{}已关闭，不再出现在检索和匹配里。")


@blueprint.route(f"/mine/{KIND}/<int:listing_id>/archive", methods=["GET", "POST"])
@needs("listing.archive", of_thing=True)
def archive(kind: str, listing_id: int) -> ResponseReturnValue:
    """Put away what has ended, after a page that asks whether it is meant."""
    return _end_listing(
        kind, listing_id, "archive", "{}已归档。要再看，在下面选状态「已归档」。"
    )


@blueprint.post(f"/mine/{KIND}/<int:listing_id>/renew")
@needs("listing.edit", of_thing=True)
def renew(kind: str, listing_id: int) -> ResponseReturnValue:
    """Make an expired listing valid again."""
    row = queries.get_visible(kind, listing_id, by=current_user)
    deeds.renew(row, by=current_user, seen=DeedForm().seen_revision)
    flash(f"{in_quotes(row.title)}仍然有效，已续期到 {row.valid_until}。", "success")
    return redirect(url_for("desk.mine"), 303)


@blueprint.get("/renew/<token>")
@needs("public.read")
def renew_page(token: str) -> ResponseReturnValue:
    """What a link of a reminder would renew, with a button: programs that follow every link must renew nothing."""
    link = renewal_links.read_link(token)
    row = renewal_links.listing_of(link)
    # A spent link says that it was renewed, whoever opens it; only an open one asks whose it is.
    if row.valid_until == link.end:
        renewal_links.person_of(link, row)
    return _renewal_page(token, row, waits=row.valid_until == link.end)


@blueprint.post("/renew/<token>")
@needs("public.read")
def renew_link(token: str) -> ResponseReturnValue:
    """仍然有效, without signing in."""
    return _renewal_page(token, deeds.renew_by_link(token), waits=False)


def _renewal_page(token: str, row: Any, *, waits: bool) -> str:
    # A mail may be passed on: the page says no more of the listing than the mail did, and not what it says.
    is_over = row.state not in ("published", "expired")
    return render_template(
        "listings/renewal.html", row=row, token=token, waits=waits, is_over=is_over
    )


@blueprint.post("/mine/demand/<int:listing_id>/reopen", defaults={"kind": "demand"})
@needs("listing.close", of_thing=True)
def reopen(kind: str, listing_id: int) -> ResponseReturnValue:
    """Take a demand back that was closed too early."""
    row = queries.get_visible(kind, listing_id, by=current_user)
    # The address is of demands alone; of them only is there a row here.
    assert isinstance(row, Demand)  # noqa: S101
    deeds.reopen(row, by=current_user, seen=DeedForm().seen_revision)
    flash(f"{in_quotes(row.title)}已回到草稿，改好再送审，通过后重新公开。", "success")
    return redirect(url_for("listings.edit", kind=kind, listing_id=row.id), 303)


@blueprint.post(f"/mine/{KIND}/<int:listing_id>/copy", endpoint="copy")
@needs("listing.edit", of_thing=True)
def copy_draft(kind: str, listing_id: int) -> ResponseReturnValue:
    """Begin a new draft with the words of a listing that has ended."""
    row = queries.get_visible(kind, listing_id, by=current_user)
    draft = deeds.copy_listing(row, by=current_user, seen=DeedForm().seen_revision)
    flash(f"已复制{in_quotes(row.title)}的内容为新草稿，改好再送审。", "success")
    return redirect(url_for("listings.edit", kind=kind, listing_id=draft.id), 303)


@blueprint.post("/mine/several")
@needs("mine.read")
def several() -> ResponseReturnValue:
    """Do one deed to several listings: first a page that says what will happen, then what became of each."""
    deed = request.form.get("deed", "")
    chosen = ticks.read_ticks(request.form.getlist("row"))[: ticks.MAX_TICKS]
    if deed not in bulk.DEEDS or not chosen:
        flash("先勾选要处理的条目，再选要做的事。", "error")
        return redirect(url_for("desk.mine", _anchor="listings"), 303)
    # The first press foresees, the second does: one view, so that both judge alike.
    confirmed = "confirmed" in request.form
    step = bulk.carry_out if confirmed else bulk.foresee
    return render_template(
        "listings/several.html",
        deed=deed,
        name=bulk.DEEDS[deed],
        report=step(deed, chosen, by=current_user),
        confirmed=confirmed,
        kinds=KIND_NAMES,
    )


@blueprint.post("/mine/ticks")
@needs("mine.read", writes=False)
def turn_page() -> ResponseReturnValue:
    """Turn the page of a list without losing what was ticked on this one."""
    chosen = request.form.getlist("row")
    if len(chosen) > ticks.MAX_TICKS:
        flash(f"一次最多勾选 {ticks.MAX_TICKS} 条，后面的没有保留。", "error")
    wanted: dict[str, Any] = {}
    for name in FILTERS:
        wanted[name] = request.form.get(f"at_{name}") or None
    place = request.form.get("place", "")
    view, anchor = LISTS.get(place, LISTS["mine"])
    page = request.form.get("turn", 1, type=int)
    # What is too much for an address is dropped, and the message above says so.
    carried = ticks.pack_ticks(chosen) or None
    address = url_for(view, **wanted, page=page, ticked=carried, _anchor=anchor)
    return redirect(address, 303)


def _end_listing(
    kind: str, listing_id: int, deed: str, message: str
) -> ResponseReturnValue:
    """Ask whether an end is meant; then carry it out by the deed of that name.

    Args:
        kind, listing_id: the listing.
        deed: name of the deed; its permission is `listing.` and that name.
        message: what is said when it is done, with the title in place of {}.
    """
    row = queries.get_visible(kind, listing_id, by=current_user)
    require(current_user, f"listing.{deed}", row)
    # How a demand ended is public, so it is chosen; other ends have a note alone.
    form = CloseForm() if deed == "close" else DeedForm()
    if form.validate_on_submit():
        values = {"note": form.note.data}
        if deed == "close":
            values["outcome"] = form.outcome.data or ""
        try:
            getattr(deeds, deed)(
                row, by=current_user, seen=form.seen_revision, **values
            )
        except Invalid as error:
            # Without a control to mend, the error has a page of its own.
            if not error.problems:
                raise
            form.blame(error.problems)
        else:
            flash(message.format(in_quotes(row.title)), "success")
            return redirect(url_for("desk.mine"), 303)
    name = row.life.deeds[deed]
    if not row.life.can(row.state, deed):
        raise NotNow(
            f"现在的状态是「{row.state_name}」，不能{name}。",
            "可以在「我的」里看它现在能做什么。",
        )
    # What is decided next is decided on the row as this page shows it.
    form.seen.data = row.revision
    page = render_template(
        "listings/ending.html",
        row=row,
        form=form,
        deed=deed,
        name=name,
        kind_name=KIND_NAMES[kind],
    )
    return page, 422 if form.errors else 200
