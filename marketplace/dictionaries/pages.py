"""The operators' pages of the chain list. What is done is in `deeds.py`; other rooms count who uses a chain."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import contributions
from marketplace.dictionaries import deeds, queries
from marketplace.dictionaries.forms import ChainForm
from marketplace.dictionaries.models import Chain
from marketplace.door import needs
from marketplace.errors import Invalid, Stale

blueprint = Blueprint("dictionaries", __name__, url_prefix="/office")


@blueprint.get("/chains")
@needs("dictionary.edit")
def chains() -> ResponseReturnValue:
    """The chain list."""
    return render_template(
        "dictionaries/chains.html",
        chains=queries.list_chains(by=current_user),
        # Who retires a chain is to see how many listings name it.
        uses=contributions.chain_uses(),
    )


@blueprint.route("/chains/new", methods=["GET", "POST"], defaults={"code": None})
@blueprint.route("/chains/edit/<code>", methods=["GET", "POST"])
@needs("dictionary.edit")
def chain(code: str | None) -> ResponseReturnValue:
    """Add a chain, or rename, order, confirm or retire one."""
    row = None
    if code:
        row = queries.get_chain(code, by=current_user)
    form = _chain_form(row)
    if form.is_fresh:
        form.seen.data = str(row.revision) if row else ""
    if not form.is_submitted():
        return _chain_page(form, row)
    try:
        with form.judged_whole():
            saved = deeds.save_chain(
                # That of the address first: the code of a chain that is there never changes.
                code or (form.code.data or "").strip(),
                name=form.name.data or "",
                position=form.position.data,
                official=form.official.data,
                active=form.active.data,
                by=current_user,
                seen=form.seen_revision if row else None,
            )
    except Invalid as error:
        form.blame(error.problems)
        return _chain_page(form, row, 422)
    except Stale as error:
        # What was typed stays in the form, next to the row as it is now: saving again is then a decision.
        row = queries.get_chain(code or "", by=current_user)
        form.seen.data = str(row.revision)
        return _chain_page(form, row, 409, error=error)
    flash(
        f"产业链「{saved.name}」已保存，页面上的名称即刻更新；检索和匹配在下次重建后更新。",
        "success",
    )
    return redirect(url_for("dictionaries.chains"), 303)


def _chain_form(row: Chain | None) -> ChainForm:
    """The form of a chain, or of a new one that stands last in lists."""
    if row is not None:
        return ChainForm(obj=row)
    # Only proposed: positions need not be unique.
    last = len(queries.list_chains(by=current_user)) + 1
    return ChainForm(active=True, position=last)


def _chain_page(
    form: ChainForm,
    row: Chain | None,
    status: int = 200,
    *,
    error: Stale | None = None,
) -> ResponseReturnValue:
    page = render_template("dictionaries/chain.html", form=form, row=row, error=error)
    return page, status
