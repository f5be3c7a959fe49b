"""A pasted text or a document as the beginning of a listing: what was found in it, ticked one by one by its writer.

Nothing of it is stored but what is ticked. Finding is done in `listings/proposals.py`, reading in
`parsing/documents.py`.
"""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace.door import needs
from marketplace.limits import limit_texts
from marketplace.listings import unsaved_deeds
from marketplace.listings.forms import FORMS
from marketplace.listings.models import KIND_NAMES
from marketplace.listings.pages.beginning import MAX_PASTED, begin_page
from marketplace.listings.pages.blueprint import KIND, blueprint
from marketplace.listings.proposals import (
    Proposal,
    TakenApart,
    take_apart,
    typed_values,
)
from marketplace.listings.schema import terms
from marketplace.parsing import ParseError
from marketplace.parsing.documents import MAX_BYTES, read_document, tidy_text
from marketplace.parsing.secrecy import REFUSAL, secret_mark
from marketplace.parsing.text import decode_pasted, refuse_illegible, too_long

NOTHING = "材料里没有找到可以直接填的内容。"
FEWEST = 10  # characters of a text that is taken apart


@blueprint.post(f"/mine/{KIND}/propose")
@needs("listing.create", writes=False, takes_files=True)
@limit_texts
def propose(kind: str) -> ResponseReturnValue:
    """Take a text apart and show what was found, with the sentence each comes from; nothing is stored."""
    try:
        text = _sent_text()
    except _RefusedError as refusal:
        page = begin_page(kind, request.form.get("text", ""), refusal.problems)
        return page, 422
    found = take_apart(text, kind, _need())
    return _proposals_page(kind, text, found)


@blueprint.post(f"/mine/{KIND}/propose/confirm")
@needs("listing.create")
def confirm_proposals(kind: str) -> ResponseReturnValue:
    """Take what was ticked into a new form; the rest is forgotten."""
    text = tidy_text(request.form.get("text", ""))[:MAX_PASTED]
    need = _need()
    # Found again in the same text: what a page sends back as found could be anything.
    found = take_apart(text, kind, need)
    ticked = set(request.form.getlist("take"))
    chosen = [one for one in found.proposals if one.key in ticked]
    twice = _chosen_twice(chosen)
    if twice:
        problem = f"「{twice}」只能选一个，请留下对的。"
        return _proposals_page(kind, text, found, ticked, problem), 422
    if not chosen:
        problem = "还没有勾选。勾选对的几项，或者不用这些材料，直接填写。"
        return _proposals_page(kind, text, found, ticked, problem), 422
    form = FORMS[kind](formdata=None)
    form.renew()
    mark = str(form.once.data)
    unsaved_deeds.store_typed(
        current_user, kind, mark, _by_step(form, kind, need, chosen), seen=0
    )
    flash(f"已带入您确认的 {len(chosen)} 项，还没有存成草稿，请逐步核对。", "success")
    target = url_for(
        "listings.new", kind=kind, mark=mark, need=need or None, step="what"
    )
    return redirect(target, 303)


class _RefusedError(Exception):
    """The material is not taken; `problems` says where and why."""

    def __init__(self, control: str, message: str) -> None:
        super().__init__(message)
        self.problems = {control: [message]}


def _sent_text() -> str:
    """The text that was pasted, or that of the file. Raises _RefusedError."""
    file = request.files.get("file")
    if file is not None and file.filename:
        content = file.stream.read(MAX_BYTES + 1)
        try:
            text = read_document(content)
        except ParseError as error:
            raise _RefusedError("file", error.sentence) from None
        control = "file"
    else:
        # Bytes that were read wrongly may be controls, which tidying drops.
        text = tidy_text(decode_pasted(request.form.get("text", "")))
        control = "text"
    try:
        refuse_illegible(text)
    except ParseError as error:
        raise _RefusedError(control, error.sentence) from None
    if len(text) < FEWEST:
        raise _RefusedError(control, "还没有贴文字或选文件，或者文字太少。")
    if problem := too_long(text, MAX_PASTED):
        raise _RefusedError(control, f"{problem}请只留有关的部分。")
    if secret_mark(text):
        raise _RefusedError(control, REFUSAL)
    return text


def _need() -> str:
    need = request.args.get("need", "")
    return need if need in terms.NEEDS else ""


def _proposals_page(
    kind: str,
    text: str,
    found: TakenApart,
    ticked: set[str] | None = None,
    problem: str = "",
) -> str:
    return render_template(
        "listings/proposals.html",
        kind=kind,
        kind_name=KIND_NAMES[kind],
        need=_need(),
        text=text,
        found=found,
        ticked=ticked or set(),
        problem=problem,
        nothing=NOTHING,
    )


def _chosen_twice(chosen: list[Proposal]) -> str:
    """The label of a question for which two answers were ticked; empty where there is none."""
    seen: set[str] = set()
    for one in chosen:
        if one.is_row:
            continue
        # Some answers fill several controls: a price says its mode.
        names = {name for name, _ in one.values}
        if names & seen:
            return one.label
        seen |= names
    return ""


def _by_step(
    form: object, kind: str, need: str, chosen: list[Proposal]
) -> dict[str, list[tuple[str, str]]]:
    """Step → names and values, as the form of a listing would send them."""
    pairs = typed_values(chosen)
    if need:
        pairs.append(("need", need))
    steps: dict[str, list[tuple[str, str]]] = {}
    for step in FORMS[kind].steps:
        fields = set(step.fields)
        mine = [pair for pair in pairs if pair[0].partition("-")[0] in fields]
        if mine:
            steps[step.anchor] = mine
    return steps
