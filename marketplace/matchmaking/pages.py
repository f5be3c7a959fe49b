"""Pages of matchmaking: matches of a listing, evidence of a pair, the trial of a pasted text, how ranking works.

What they show is read in `rules.py`; nothing is decided here.
"""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace.door import needs
from marketplace.errors import Invalid
from marketplace.extensions import limiter
from marketplace.listings import queries as listing_queries
from marketplace.listings.disclosure import common_view
from marketplace.listings.models import KIND_NAMES
from marketplace.listings.schema import terms
from marketplace.matchmaking import rules
from marketplace.matchmaking.rules import Row
from marketplace.permissions import may
from marketplace.verdicts import deeds as verdict_deeds
from marketplace.verdicts import measuring
from marketplace.verdicts.models import LEVELS
from matching import calibration, vectors

blueprint = Blueprint("matchmaking", __name__)

TRIALS = "20/minute;200/day"  # per address
PAGE_LIMIT = (
    100_000  # beyond any list; what is typed beyond it is not said back digit by digit
)

EXAMPLES = {
    "demand": "电机用深沟球轴承装配后有异音，振动值在 42–48 dB 之间，想稳定降到 36 dB 以下，现有超精研磨设备不换。",
    "achievement": "一种锌铝合金镀层的无铬钝化工艺，中性盐雾试验 240 小时无白锈，已在一条连续热镀锌线上试用半年。",
}


@blueprint.context_processor
def words() -> dict[str, object]:
    """What the templates of this room say codes with."""
    return {
        "terms": terms,
        "KIND_NAMES": KIND_NAMES,
        "holder": lambda row: common_view(row).holder,
    }


@blueprint.get("/demands/<int:listing_id>/matches", defaults={"kind": "demand"})
@blueprint.get(
    "/achievements/<int:listing_id>/matches", defaults={"kind": "achievement"}
)
@needs("match.read")
def matches(kind: str, listing_id: int) -> ResponseReturnValue:
    """What of the other kind fits a listing, best first; `order=date` shows all, newest first.

    `order=text` leaves the verdicts on this list out of its order.
    """
    row = listing_queries.get_visible(kind, listing_id, by=current_user)
    if request.args.get("order") == "date":
        asked = min(request.args.get("page", 1, type=int), PAGE_LIMIT)
        answer, page, pages = rules.newest_for(row, by=current_user, page=asked)
        return _page(
            "newest",
            row,
            answer=answer,
            page=page,
            pages=pages,
            beyond=asked if asked > pages else None,
        )
    answer = rules.matches_for(
        row, by=current_user, taught=request.args.get("order") != "text"
    )
    return _page("matches", row, answer=answer, **_judging(row, answer.shown))


@blueprint.get(
    "/demands/<int:listing_id>/matches/<int:other_id>", defaults={"kind": "demand"}
)
@blueprint.get(
    "/achievements/<int:listing_id>/matches/<int:other_id>",
    defaults={"kind": "achievement"},
)
@needs("match.read")
def evidence(kind: str, listing_id: int, other_id: int) -> ResponseReturnValue:
    """Both texts of a pair side by side, with the words that made the score."""
    row = listing_queries.get_visible(kind, listing_id, by=current_user)
    pair = rules.evidence(row, other_id, by=current_user)
    return _page("evidence", row, pair=pair, **_judging(row, pair.shown))


@blueprint.route("/trial", methods=["GET", "POST"])
@needs("trial.run")
@limiter.limit(TRIALS, methods=["POST"])
def trial() -> ResponseReturnValue:
    """Rank the catalogue for a pasted text; nothing of it is kept."""
    kind = request.values.get("kind", "demand")
    kind = kind if kind in rules.SOUGHT else "demand"
    text = request.form.get("text", "")
    if request.method == "GET":
        return _trial_page(kind, text)
    try:
        answer = rules.trial(text, kind, by=current_user)
    except Invalid as error:
        return _trial_page(kind, text, problems=error.problems), 422
    return _trial_page(kind, text, answer=answer)


@blueprint.post("/trial/save")
@needs("trial.save")
def save() -> ResponseReturnValue:
    """存为草稿: keep the pasted text as a draft and go on with it in its form."""
    kind, text = request.form.get("kind", ""), request.form.get("text", "")
    try:
        row = rules.save_draft(
            text, kind, request.form.get("organisation", type=int), by=current_user
        )
    except Invalid as error:
        return _not_saved(kind if kind in rules.SOUGHT else "demand", text, error), 422
    flash("已存为草稿。补齐其余几项就可以送审。")
    return redirect(url_for("listings.edit", kind=row.kind, listing_id=row.id), 303)


@blueprint.get("/algorithm")
@needs("public.read")
def algorithm() -> ResponseReturnValue:
    """算法说明: how ranking works, in plain words."""
    return render_template(
        "matchmaking/algorithm.html",
        cuts=rules.cut_points(),
        weights=[f"{weight:g}" for weight in rules.weights()],
        rest=rules.REST,
        alike=rules.ALIKE,
        few=vectors.FEW_TEXTS,
        trains=vectors.MOST_TEXTS,
        again=vectors.RESCORED,
        force=measuring.in_force(),
        learning=calibration.LEAST,
        least=verdict_deeds.LESSONS_LEAST,
        firms=verdict_deeds.FIRMS_LEAST,
    )


def _judging(row: Row, shown: verdict_deeds.List | None) -> dict[str, object]:
    """What the buttons of a list need; no ticket for a reader who may not judge."""
    return {
        "ticket": verdict_deeds.ticket(shown, to=current_user) if shown else "",
        "reasons": verdict_deeds.reasons(row.kind),
        "levels": LEVELS,
        "least": verdict_deeds.LESSONS_LEAST,
        "grading": may(current_user, "verdict.grade", row),
        "passed": verdict_deeds.passed(row, by=current_user)
        if row.kind == "achievement" and may(current_user, "verdict.read_reasons", row)
        else None,
    }


def _page(name: str, row: Row, **values: object) -> str:
    return render_template(
        f"matchmaking/{name}.html",
        row=row,
        opening=rules.opening(row),
        editable=may(current_user, "listing.edit", row),
        **values,
    )


def _not_saved(kind: str, text: str, error: Invalid) -> str:
    """The trial once more, with why the text was not kept as a draft."""
    answer = (
        None if "text" in error.problems else rules.trial(text, kind, by=current_user)
    )
    problems = {
        {"title": "text"}.get(name, name): said for name, said in error.problems.items()
    }
    return _trial_page(kind, text, answer=answer, problems=problems)


def _trial_page(
    kind: str,
    text: str,
    *,
    answer: rules.Answer | None = None,
    problems: dict[str, list[str]] | None = None,
) -> str:
    return render_template(
        "matchmaking/trial.html",
        kind=kind,
        text=text,
        answer=answer,
        problems=problems or {},
        least=rules.TRIAL_LEAST,
        most=rules.TRIAL_MOST,
        example=EXAMPLES[kind],
        savable=may(current_user, "trial.save"),
    )
