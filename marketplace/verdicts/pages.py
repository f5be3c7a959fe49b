"""Pages of verdicts: the buttons on a list of matches, why firms declined one's achievements, how good matching is.

The lists themselves are pages of matchmaking; what a verdict does lives in `deeds.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from markupsafe import Markup

from marketplace import persistence
from marketplace.door import needs
from marketplace.errors import Invalid
from marketplace.listings import queries as listing_queries
from marketplace.listings.models import Row
from marketplace.permissions import require
from marketplace.verdicts import deeds, grading, judgements, queries, ranked_lists
from marketplace.verdicts.models import GRADE_DEEDS, LEVELS, Verdict
from marketplace.verdicts.ranked_lists import RankedList
from marketplace.wording import in_quotes

blueprint = Blueprint("verdicts", __name__)

# The largest id a database takes: beyond it there is no page, instead of an error of the driver.
PAIR = "<int:listing_id>/matches/<int(max=2147483647):other_id>"
LIKED = Markup(
    '已记为感兴趣：{}，对方不会收到通知。想和对方谈，下一步：<a href="{}">想对接</a>。'
)
DECLINED = (
    "已记为不合适（{reason}）：{title}。它移到下面的「不合适的」，可以在那里收回。"
)
GRADED = "已评定为「{level}」：{title}。评定和程序的分数并列保存，用来检查匹配质量。"

Deed: TypeAlias = Callable[[Row], Verdict]


@blueprint.post(f"/demands/{PAIR}/interested", defaults={"kind": "demand"})
@blueprint.post(f"/achievements/{PAIR}/interested", defaults={"kind": "achievement"})
@needs("verdict.give", of_thing=True)
def like(kind: str, listing_id: int, other_id: int) -> ResponseReturnValue:
    """感兴趣, and where to go on."""
    # By what the reader may open, not only find: the owner judges on the list of a draft too.
    subject = listing_queries.get_visible(kind, listing_id, by=current_user)
    # Before the list is looked at: who may not judge is told so, whatever list they send.
    require(current_user, "verdict.give", subject)
    row = deeds.like(subject, other_id, by=current_user, ranked_list=_sent_list())
    further = url_for(
        "introductions.ask",
        kind=subject.counterpart,
        listing_id=other_id,
        name=f"{kind}-{listing_id}",
    )
    flash(LIKED.format(in_quotes(_offered_title(row)), further))
    return _back_to_matches(subject)


@blueprint.post(f"/demands/{PAIR}/unsuitable", defaults={"kind": "demand"})
@blueprint.post(f"/achievements/{PAIR}/unsuitable", defaults={"kind": "achievement"})
@needs("verdict.give", of_thing=True)
def decline(kind: str, listing_id: int, other_id: int) -> ResponseReturnValue:
    """不合适, with its reason; without one the form is shown on a page of its own."""

    def deed(subject: Row) -> Verdict:
        require(current_user, "verdict.give", subject)
        return deeds.decline(
            subject,
            other_id,
            reason=request.form.get("reason", ""),
            note=request.form.get("note", ""),
            by=current_user,
            ranked_list=_sent_list(),
        )

    return _judge("decline", kind, listing_id, other_id, deed, DECLINED)


@blueprint.post(f"/demands/{PAIR}/grade", defaults={"kind": "demand"})
@blueprint.post(f"/achievements/{PAIR}/grade", defaults={"kind": "achievement"})
@needs("verdict.grade")
def grade(kind: str, listing_id: int, other_id: int) -> ResponseReturnValue:
    """评定: a broker's own level, stored along with the matcher's score."""

    def deed(subject: Row) -> Verdict:
        require(current_user, "verdict.grade", subject)
        return deeds.grade(
            subject,
            other_id,
            # None for what is no number: the deed calls that a missing level.
            level=request.form.get("level", type=int),
            note=request.form.get("note", ""),
            by=current_user,
            ranked_list=_sent_list(),
        )

    return _judge("grade", kind, listing_id, other_id, deed, GRADED)


@blueprint.post(f"/demands/{PAIR}/retract", defaults={"kind": "demand"})
@blueprint.post(f"/achievements/{PAIR}/retract", defaults={"kind": "achievement"})
@needs("verdict.give", of_thing=True)
def retract(kind: str, listing_id: int, other_id: int) -> ResponseReturnValue:
    """收回: the pair is ranked with the others again."""
    subject = listing_queries.get_visible(kind, listing_id, by=current_user)
    row = deeds.retract(subject, other_id, by=current_user)
    flash(f"已收回对{in_quotes(_offered_title(row))}的评价，它重新参加排列。")
    return _back_to_matches(subject)


@blueprint.get("/mine/feedback")
@needs("mine.read")
def feedback() -> ResponseReturnValue:
    """企业反馈: why firms declined one's achievements."""
    return render_template(
        "verdicts/feedback.html",
        declined=queries.feedback(by=current_user),
        least=queries.MIN_FIRMS,
    )


@blueprint.get("/office/quality")
@needs("quality.read")
def measured() -> ResponseReturnValue:
    """匹配质量: the newest measurement, with its date and numbers."""
    candidate = queries.grade_candidate(by=current_user)
    return render_template(
        "verdicts/quality.html",
        measured=queries.newest_measurement(by=current_user),
        ranker_in_words=grading.ranker_in_words,
        grader=grading.active_grader(),
        active=grading.active_model(),
        candidate=candidate,
        examples=queries.grade_examples(candidate) if candidate else [],
        # By what holds today: the ranking may have changed since the model was made.
        obstacle=grading.obstacle_of(candidate) if candidate else "",
        figures_of=grading.figures_of,
        former=queries.former_grades(by=current_user),
        moves=queries.grade_moves(by=current_user),
        move_names=GRADE_DEEDS,
        voices=judgements.count_voices(),
        needed=(grading.MIN_PEOPLE, grading.MIN_ORGANISATIONS, grading.FITTED_FROM),
        fitted_from=grading.FITTED_FROM,
    )


@blueprint.post("/office/quality/<int(max=2147483647):model_id>/use")
@needs("quality.decide")
def use_grades(model_id: int) -> ResponseReturnValue:
    """起用: a learned grade comes into force."""
    row = queries.grade_model(model_id, by=current_user)
    deeds.use_grades(row, by=current_user)
    flash("已起用。新打开的匹配页面都按它定档位；随时可以在这里换回去。")
    return _back_to_quality()


@blueprint.post("/office/quality/<int(max=2147483647):model_id>/drop")
@needs("quality.decide")
def drop_grades(model_id: int) -> ResponseReturnValue:
    """不起用: the candidate leaves the queue."""
    row = queries.grade_model(model_id, by=current_user)
    deeds.drop_grades(row, by=current_user)
    flash("这个候选不起用，档位不变。有了新的评价，会再准备一个。")
    return _back_to_quality()


@blueprint.post("/office/quality/<int(max=2147483647):model_id>/stop")
@needs("quality.decide")
def stop_grades(model_id: int) -> ResponseReturnValue:
    """回到固定界线."""
    row = queries.grade_model(model_id, by=current_user)
    deeds.stop_grades(row, by=current_user)
    flash("已回到固定界线。停用的模型留着，可以再起用。")
    return _back_to_quality()


def _judge(
    name: str, kind: str, listing_id: int, other_id: int, deed: Deed, message: str
) -> ResponseReturnValue:
    """Carry out a deed that has a form, and show the form again where something is missing.

    Args:
        name: of the template of the form.
        kind, listing_id: the listing on whose matches the verdict is given.
        other_id: the listing judged.
        deed: gives the verdict.
        message: what the next page says, with `title`, `reason` and `level` to fill in.
    """
    subject = listing_queries.get_visible(kind, listing_id, by=current_user)
    # Buttons on a list have no room for errors, so the form is shown by itself.
    try:
        row = deed(subject)
    except Invalid as error:
        return _form_again(name, subject, other_id, error), 422
    reasons = queries.reason_names(kind)
    flash(
        message.format(
            title=in_quotes(_offered_title(row)),
            reason=reasons.get(row.reason or "", ""),
            level=LEVELS.get(row.level or 0, ""),
        )
    )
    return _back_to_matches(subject)


def _form_again(name: str, subject: Row, other_id: int, error: Invalid) -> str:
    """The form of a verdict by itself, with what was filled in and what is wrong with it."""
    # Nothing was given, and on SQLite everybody who saves would wait for the page.
    persistence.stop_writing()
    other = listing_queries.get_visible(subject.counterpart, other_id, by=current_user)
    # The summary of errors leads to the first choice of a group and to the field of a text.
    prefix = "pair-" if name == "decline" else ""
    targets = {}
    for field, texts in error.problems.items():
        target = f"{prefix}{field}"
        if field in ("reason", "level"):
            target += "-0"
        targets[target] = texts
    return render_template(
        f"verdicts/{name}.html",
        row=subject,
        other=other,
        own_name=subject.kind_name,
        other_name=other.kind_name,
        reasons=queries.reason_names(subject.kind),
        levels=LEVELS,
        problems=error.problems,
        targets=targets,
        given=request.form,
    )


def _sent_list() -> RankedList:
    """The list that came back with the form."""
    return ranked_lists.verify(request.form.get("signed_list", ""), by=current_user)


def _offered_title(row: Verdict) -> str:
    return row.achievement.title if row.side == "demand" else row.demand.title


def _back_to_quality() -> ResponseReturnValue:
    page = url_for("verdicts.measured", _anchor="force-title")
    return redirect(page, 303)


def _back_to_matches(subject: Row) -> ResponseReturnValue:
    # 303: pressing "back" or "reload" must not judge again.
    page = url_for("matchmaking.matches", kind=subject.kind, listing_id=subject.id)
    return redirect(page, 303)
