"""Pages of matchmaking: matches of a listing, evidence of a pair, the trial of a pasted text, how ranking works.

What they show is read in `answers.py`, `evidence.py`, `trial.py` and `algorithm.py`; nothing is decided here.
"""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import contributions, persistence
from marketplace.accounts.held_forms import forget_held, read_held
from marketplace.door import OPEN_PAGE, current_reader, needs
from marketplace.errors import Invalid
from marketplace.limits import limit_rankings, limit_texts, mark_browser
from marketplace.listings import queries as listing_queries
from marketplace.listings.models import KIND_NAMES, LISTINGS, Achievement, Row
from marketplace.listings.schema import terms
from marketplace.matchmaking import deeds, trial
from marketplace.matchmaking.algorithm import describe_algorithm
from marketplace.matchmaking.answers import (
    Answer,
    matches_for,
    newest_for,
    opening_line,
)
from marketplace.matchmaking.evidence import evidence_for, evidence_of_text
from marketplace.permissions import may
from marketplace.verdicts import judgements, ranked_lists
from marketplace.verdicts import queries as verdict_queries
from marketplace.verdicts.models import LEVELS
from marketplace.verdicts.projections import holder_of
from marketplace.verdicts.ranked_lists import RankedList

blueprint = Blueprint("matchmaking", __name__)

PAGE_LIMIT = 100_000  # beyond any list; a larger number is not repeated on the page

EXAMPLES = {
    "demand": "电机用深沟球轴承装配后有异音，振动值在 42–48 dB 之间，想稳定降到 36 dB 以下，现有超精研磨设备不换。",
    "achievement": "一种锌铝合金镀层的无铬钝化工艺，中性盐雾试验 240 小时无白锈，已在一条连续热镀锌线上试用半年。",
}


@blueprint.context_processor
def template_words() -> dict[str, object]:
    """What the templates of this room turn codes and rows into words with."""
    return {"terms": terms, "holder": holder_of}


@blueprint.get("/demands/<int:listing_id>/matches", defaults={"kind": "demand"})
@blueprint.get(
    "/achievements/<int:listing_id>/matches", defaults={"kind": "achievement"}
)
@needs("match.read", stored=OPEN_PAGE)
@limit_rankings
def matches(kind: str, listing_id: int) -> ResponseReturnValue:
    """What of the other kind fits a listing, best first; `order=date` shows all, newest first.

    `order=text` leaves the judgements on this list out of its order.
    """
    row = listing_queries.get_visible(kind, listing_id, by=current_reader())
    order = request.args.get("order")
    # The plain order needs no matcher, so it is there also while one is prepared.
    if order == "date":
        return _newest_page(row)
    answer = matches_for(row, by=current_reader(), reorder=order != "text")
    return _page(
        "matches", row, answer=answer, **_judging_values(row, answer.ranked_list)
    )


@blueprint.get(
    "/demands/<int:listing_id>/matches/<int:other_id>", defaults={"kind": "demand"}
)
@blueprint.get(
    "/achievements/<int:listing_id>/matches/<int:other_id>",
    defaults={"kind": "achievement"},
)
@needs("match.read", stored=OPEN_PAGE)
@limit_rankings
def evidence(kind: str, listing_id: int, other_id: int) -> ResponseReturnValue:
    """Both texts of a pair side by side, with the words that made the score."""
    row = listing_queries.get_visible(kind, listing_id, by=current_reader())
    pair = evidence_for(row, other_id, by=current_reader())
    return _page("evidence", row, pair=pair, **_judging_values(row, pair.ranked_list))


@blueprint.route("/trial", methods=["GET", "POST"], endpoint="trial")
@needs("trial.run", writes=False, stored=OPEN_PAGE, cleans=True)
@limit_texts
def run_trial() -> ResponseReturnValue:
    """Rank the catalogue for a pasted text; nothing of it is stored."""
    kind = _known_kind(request.values.get("kind", trial.DEFAULT_KIND))
    text = request.form.get("text", "")
    if request.method == "GET":
        # What they pasted before they signed in, and agreed to have stored.
        return _trial_page(kind, read_held("text") or text)
    try:
        # As it is read, so that nobody has to guess what was compared.
        text = trial.checked_text(text, kind)
    except Invalid as error:
        return _trial_page(kind, text, problems=error.problems), 422
    answer = trial.match_text(text, kind, by=current_reader())
    return _trial_page(kind, text, answer=answer)


@blueprint.post("/trial/evidence")
@needs("trial.run", writes=False, stored=OPEN_PAGE, cleans=True)
@limit_texts
def trial_evidence() -> ResponseReturnValue:
    """看依据 of a pasted text, which is posted again and not stored."""
    kind = _known_kind(request.form.get("kind", ""))
    text = request.form.get("text", "")
    # 0, which no listing has, for what is no number or one beyond what a database takes.
    other_id = request.form.get("other", 0, type=persistence.row_number)
    try:
        text = trial.checked_text(text, kind)
    except Invalid as error:
        return _trial_page(kind, text, problems=error.problems), 422
    pair = evidence_of_text(text, kind, other_id, by=current_reader())
    mark_browser()
    return render_template(
        "matchmaking/trial_evidence.html",
        kind=kind,
        text=text,
        pair=pair,
        sought_name=KIND_NAMES[LISTINGS[kind].counterpart],
    )


@blueprint.post("/trial/save")
@needs("trial.save")
@limit_texts
def save() -> ResponseReturnValue:
    """存为草稿: store the pasted text as a draft and go on with it in its form."""
    kind = request.form.get("kind", "")
    text = request.form.get("text", "")
    organisation_id = request.form.get("organisation", type=persistence.row_number)
    try:
        row = deeds.save_draft(text, kind, organisation_id, by=current_user)
    except Invalid as error:
        return _trial_not_saved(_known_kind(kind), text, error), 422
    # It is a draft now, so it need not be held for the rest of its seven days.
    if number := request.form.get("held", type=persistence.row_number):
        forget_held(number, current_user)
    flash("已存为草稿。补齐其余几项就可以送审。")
    return redirect(url_for("listings.edit", kind=row.kind, listing_id=row.id), 303)


@blueprint.post("/trial/hold")
@needs("trial.run")
@limit_texts
def hold() -> ResponseReturnValue:
    """登录后接着写: store what a guest pasted for seven days, if they agree, and go on to signing in."""
    kind = _known_kind(request.form.get("kind", ""))
    text = request.form.get("text", "")
    try:
        text = trial.checked_text(text, kind)
        if "agreed" not in request.form:
            message = "要替您留着这段文字，请先勾选同意；不同意就不保存。"
            raise Invalid(message, problems={"agreed": [message]})
    except Invalid as error:
        return _trial_not_saved(kind, text, error), 422
    number = deeds.hold_text(text, kind, by=current_reader())
    place = "security.login"
    if request.form.get("to") == "register":
        place = "security.register"
    if current_user.is_authenticated:
        flash("这段文字替您留 7 天，7 天后自动删除。")
        return redirect(url_for("desk.mine"), 303)
    flash("这段文字替您留 7 天。登录后在「我的」里可以接着写；7 天后自动删除。")
    return redirect(url_for(place, next=url_for("accounts.resume", number=number)), 303)


@blueprint.get("/algorithm")
@needs("public.read", stored=OPEN_PAGE)
def algorithm() -> ResponseReturnValue:
    """算法说明: how ranking works, in plain words."""
    return render_template("matchmaking/algorithm.html", algorithm=describe_algorithm())


def _newest_page(row: Row) -> str:
    """The plain order of what could be offered; a page beyond the end says so and shows the last one."""
    # A page that is no number is the first one; below the first and beyond the last there is another answer.
    wanted = min(request.args.get("page", 1, type=int), PAGE_LIMIT)
    answer, page, pages = newest_for(row, by=current_reader(), page=wanted)
    return _page(
        "newest",
        row,
        answer=answer,
        page=page,
        pages=pages,
        beyond=wanted if wanted > pages else None,
    )


def _judging_values(row: Row, ranked_list: RankedList | None) -> dict[str, object]:
    """What the buttons of a list need; no signed list for a reader who may not judge."""
    # Nothing of the list is stored until it is judged: it travels with the page (decision 015).
    signed_list = ""
    if ranked_list is not None:
        signed_list = ranked_lists.sign(ranked_list, to=current_reader())
    declined = None
    if isinstance(row, Achievement) and may(
        current_reader(), "verdict.read_reasons", row
    ):
        declined = verdict_queries.decline_reasons(row, by=current_reader())
    return {
        "signed_list": signed_list,
        "reasons": verdict_queries.reason_names(row.kind),
        "levels": LEVELS,
        "least": judgements.MIN_JUDGEMENTS,
        "grading": may(current_reader(), "verdict.grade", row),
        "declined": declined,
    }


def _page(name: str, row: Row, **values: object) -> str:
    return render_template(
        f"matchmaking/{name}.html",
        row=row,
        opening=opening_line(row),
        editable=may(current_reader(), "listing.edit", row),
        # Only what is published can be brought to another one.
        carries=row.in_matching and current_reader().mediates,
        panels=contributions.case_panels(row, current_reader()),
        **values,
    )


def _known_kind(kind: str) -> str:
    """A kind from an address; one that was mistyped shows the form of a problem rather than an error."""
    return kind if kind in LISTINGS else trial.DEFAULT_KIND


def _trial_not_saved(kind: str, text: str, error: Invalid) -> str:
    """The trial once more, with why the text was not stored as a draft."""
    # What follows ranks: on SQLite everybody who saves would wait for it.
    persistence.stop_writing()
    answer = None
    # A text that cannot be tried has no matches; one whose organisation is missing still has.
    if "text" not in error.problems:
        text = trial.checked_text(text, kind)
        answer = trial.match_text(text, kind, by=current_reader())
    # The title was made from the text, so what is wrong with it is mended there.
    fields = {"title": "text"}
    problems = {}
    for name, texts in error.problems.items():
        problems[fields.get(name, name)] = texts
    return _trial_page(kind, text, answer=answer, problems=problems)


def _trial_page(
    kind: str,
    text: str,
    *,
    answer: Answer | None = None,
    problems: dict[str, list[str]] | None = None,
) -> str:
    # With the form, so that the text which comes back is counted by browser and not by address.
    mark_browser()
    return render_template(
        "matchmaking/trial.html",
        kind=kind,
        kind_name=KIND_NAMES[kind],
        sought_name=KIND_NAMES[LISTINGS[kind].counterpart],
        text=text,
        answer=answer,
        problems=problems or {},
        other_needs=trial.other_needs(text, kind),
        heard=trial.heard_in(text) if answer else (),
        refused=trial.refused_in(text) if answer else (),
        in_pinyin=answer is not None and trial.is_in_pinyin(text),
        most=trial.MAX_TEXT,
        example=EXAMPLES[kind],
        savable=may(current_reader(), "trial.save"),
        held=request.values.get("held", type=persistence.row_number),
    )
