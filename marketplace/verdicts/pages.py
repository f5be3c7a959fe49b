"""Pages of verdicts: the buttons on a list of matches, why firms passed one's achievements, how good matching is.

The lists themselves are pages of matchmaking; what a verdict does stands in `rules.py`.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from markupsafe import Markup

from marketplace.door import needs
from marketplace.errors import Invalid
from marketplace.listings import rules as listings
from marketplace.listings.models import KIND_NAMES
from marketplace.verdicts import measuring, rules
from marketplace.verdicts.models import LEVELS, Verdict
from marketplace.verdicts.rules import Row
from matching.judging import calibration

blueprint = Blueprint("verdicts", __name__)

PAIR = "<int:listing_id>/matches/<int(max=2147483647):other_id>"


@blueprint.post(f"/demands/{PAIR}/interested", defaults={"kind": "demand"})
@blueprint.post(f"/achievements/{PAIR}/interested", defaults={"kind": "achievement"})
@needs("verdict.give", of_thing=True)
def like(kind: str, listing_id: int, other_id: int) -> ResponseReturnValue:
    """感兴趣, and where to go on."""
    subject = listings.one(kind, listing_id, by=current_user)
    row = rules.like(subject, other_id, by=current_user, shown=_shown())
    place = url_for(
        f"front.{rules.OFFERED[kind]}", listing_id=other_id, _anchor="side-contact"
    )
    flash(
        Markup(
            '已记为感兴趣：「{}」。下一步：<a href="{}">看联系方式</a>，直接和对方谈。对方不会收到通知。'
        ).format(_title(row), place)
    )
    return _back(subject)


@blueprint.post(f"/demands/{PAIR}/unsuitable", defaults={"kind": "demand"})
@blueprint.post(f"/achievements/{PAIR}/unsuitable", defaults={"kind": "achievement"})
@needs("verdict.give", of_thing=True)
def decline(kind: str, listing_id: int, other_id: int) -> ResponseReturnValue:
    """不合适, with its reason; without one it is asked for on a page of its own."""

    def deed(subject: Row) -> Verdict:
        reason, note = request.form.get("reason", ""), request.form.get("note", "")
        return rules.decline(
            subject, other_id, reason=reason, note=note, by=current_user, shown=_shown()
        )

    said = "已记为不合适（{reason}）：「{title}」。它移到下面的「已评价」，可以在那里收回。"
    return _judge("decline", kind, listing_id, other_id, deed, said)


@blueprint.post(f"/demands/{PAIR}/grade", defaults={"kind": "demand"})
@blueprint.post(f"/achievements/{PAIR}/grade", defaults={"kind": "achievement"})
@needs("verdict.grade")
def grade(kind: str, listing_id: int, other_id: int) -> ResponseReturnValue:
    """评定: a broker's own level, beside the machine's."""

    def deed(subject: Row) -> Verdict:
        level, note = request.form.get("level", type=int), request.form.get("note", "")
        return rules.grade(
            subject, other_id, level=level, note=note, by=current_user, shown=_shown()
        )

    said = (
        "已评定为「{level}」：「{title}」。评定和程序的分数并列保存，用来检查匹配质量。"
    )
    return _judge("grade", kind, listing_id, other_id, deed, said)


@blueprint.post(f"/demands/{PAIR}/retract", defaults={"kind": "demand"})
@blueprint.post(f"/achievements/{PAIR}/retract", defaults={"kind": "achievement"})
@needs("verdict.give", of_thing=True)
def retract(kind: str, listing_id: int, other_id: int) -> ResponseReturnValue:
    """收回: the pair stands among the others again."""
    subject = listings.one(kind, listing_id, by=current_user)
    row = rules.retract(subject, other_id, by=current_user)
    flash(f"已收回对「{_title(row)}」的评价，它重新参加排列。")
    return _back(subject)


@blueprint.get("/mine/feedback")
@needs("mine.read")
def feedback() -> ResponseReturnValue:
    """企业反馈: why firms passed one's achievements."""
    return render_template(
        "verdicts/feedback.html",
        passed=rules.feedback(by=current_user),
        least=rules.FIRMS_LEAST,
    )


@blueprint.get("/office/quality")
@needs("quality.read")
def measured() -> ResponseReturnValue:
    """匹配质量: the newest measurement, with its date and numbers."""
    return render_template(
        "verdicts/quality.html",
        measured=rules.measured(by=current_user),
        force=measuring.in_force(),
        learning=calibration.MIN_TEXTS,
    )


def _judge(
    name: str,
    kind: str,
    listing_id: int,
    other_id: int,
    deed: Callable[[Row], Verdict],
    said: str,
) -> ResponseReturnValue:
    """Carry out a deed that has a form, and show the form again where something is missing."""
    subject = listings.one(kind, listing_id, by=current_user)
    try:
        row = deed(subject)
    except Invalid as error:
        other = listings.one(rules.OFFERED[kind], other_id, by=current_user)
        page = render_template(
            f"verdicts/{name}.html",
            row=subject,
            other=other,
            own_name=KIND_NAMES[kind],
            other_name=KIND_NAMES[other.kind],
            reasons=rules.reasons(kind),
            levels=LEVELS,
            problems=error.problems,
            given=request.form,
        )
        return page, 422
    reason = rules.reasons(kind).get(row.reason or "", "")
    flash(
        said.format(
            title=_title(row), reason=reason, level=LEVELS.get(row.level or 0, "")
        )
    )
    return _back(subject)


def _shown() -> rules.List:
    return rules.listed(request.form.get("ticket", ""), by=current_user)


def _title(row: Verdict) -> str:
    return row.achievement.title if row.side == "demand" else row.demand.title


def _back(subject: Row) -> ResponseReturnValue:
    return redirect(
        url_for("matchmaking.matches", kind=subject.kind, listing_id=subject.id), 303
    )
