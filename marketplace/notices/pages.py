"""Pages of notices: one's own, what comes by mail, the link by which a kind is stopped, and what operators press.

What is sent, and when, is in `upkeep.py` and `sending.py`.
"""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms.fields.choices import SelectChoice

from marketplace import contributions
from marketplace.contributions import NoticeKind
from marketplace.door import needs
from marketplace.errors import NotFound
from marketplace.extensions import csrf
from marketplace.notices import deeds, queries
from marketplace.notices.addresses import Recipient
from marketplace.notices.forms import SettingsForm
from marketplace.notices.letters import read_token
from marketplace.persistence import MAX_ID, row_number

blueprint = Blueprint("notices", __name__)
ID = "int(max=2147483647)"  # the largest one a database takes


@blueprint.get("/mine/notices")
@needs("notice.read")
def own() -> ResponseReturnValue:
    """通知: what the reader was notified of, newest first."""
    page = request.args.get("page", 1, type=int)
    listed = queries.own_notices(current_user, page)
    unread = queries.unread_count(current_user)
    return render_template("notices/own.html", listed=listed, unread=unread)


@blueprint.post(f"/mine/notices/<{ID}:notice_id>/read")
@needs("notice.read")
def mark_read(notice_id: int) -> ResponseReturnValue:
    """标为已读."""
    deeds.mark_read(queries.get_notice(notice_id), by=current_user)
    return redirect(url_for("notices.own", page=_page_sent()), 303)


@blueprint.post("/mine/notices/read")
@needs("notice.read")
def mark_all_read() -> ResponseReturnValue:
    """全部标为已读."""
    up_to = request.form.get("up_to", 0, type=row_number)
    count = deeds.mark_all_read(by=current_user, up_to=min(max(up_to, 0), MAX_ID))
    flash(f"已把 {count} 条标为已读。")
    return redirect(url_for("notices.own"), 303)


@blueprint.route("/mine/notices/settings", methods=["GET", "POST"])
@needs("notice.read")
def settings() -> ResponseReturnValue:
    """通知设置: quiet hours, one mail a day, and which kinds come by mail."""
    offered = _offered_kinds()
    codes = [kind.code for kind in offered]
    setting = queries.setting_of(current_user.id)
    stopped = queries.stopped_kinds(Recipient("", current_user.id).key)
    values = {
        "quiet_from": setting.quiet_from,
        "quiet_until": setting.quiet_until,
        "daily": setting.daily,
        "mailed": [code for code in codes if code not in stopped],
    }
    form = SettingsForm(data=values)
    form.mailed.choices = [SelectChoice(kind.code, kind.name) for kind in offered]
    if not form.validate_on_submit():
        status = 422 if form.is_submitted() else 200
        return render_template("notices/settings.html", form=form), status
    deeds.choose_mail(
        by=current_user,
        quiet_from=form.quiet_from.data,
        quiet_until=form.quiet_until.data,
        daily=form.daily.data,
        # Of the kinds that were offered: what the page did not show is not stopped by it.
        stopped=set(codes) - set(form.mailed.data or ()),
    )
    flash("通知设置已保存。")
    return redirect(url_for("notices.settings"), 303)


@blueprint.get("/notices/stop/<token>")
@needs("public.read")
def stop_page(token: str) -> ResponseReturnValue:
    """What a link in a mail would stop, with a button: programs that follow every link must not stop anything."""
    recipient, code = read_token(token)
    stopped = code in queries.stopped_kinds(recipient)
    return _render_stop(token, code, stopped=stopped)


@blueprint.post("/notices/stop/<token>")
@needs("public.read")
def stop(token: str) -> ResponseReturnValue:
    """停收, by the button or by a mail program; the button of the page that follows takes it back."""
    recipient, code = read_token(token)
    resumed = request.form.get("deed") == "resume"
    if resumed:
        deeds.resume_kind(recipient, code)
    else:
        deeds.stop_kind(recipient, code)
    # No redirect: RFC 8058 §3.1 forbids one.
    return _render_stop(token, code, stopped=not resumed)


# RFC 8058: a mail program sends it, without cookies; the signed link itself shows that it may.
csrf.exempt(stop)


@blueprint.post(f"/office/notices/<{ID}:notice_id>/send")
@needs("notice.operate")
def send_again(notice_id: int) -> ResponseReturnValue:
    """再发一次."""
    deeds.send_again(queries.get_notice(notice_id), by=current_user)
    flash("已排队，一两分钟内再发。")
    return redirect(url_for("office.queue", tray="mail"), 303)


@blueprint.post(f"/office/notices/<{ID}:notice_id>/aside")
@needs("notice.operate")
def put_aside(notice_id: int) -> ResponseReturnValue:
    """不再处理."""
    deeds.put_aside(queries.get_notice(notice_id), by=current_user)
    flash("已不再处理。")
    return redirect(url_for("office.queue", tray="mail"), 303)


def _render_stop(token: str, code: str, *, stopped: bool) -> str:
    kind = contributions.notice_kinds().get(code)
    # A room may have given up a kind whose mails still lie in mailboxes.
    if kind is None:
        raise NotFound("这类通知已经没有了。", "不会再有这类邮件，什么也不用做。")
    return render_template("notices/stop.html", token=token, kind=kind, stopped=stopped)


def _offered_kinds() -> list[NoticeKind]:
    """The kinds that people may choose to get by mail or not."""
    kinds = contributions.notice_kinds().values()
    return [kind for kind in kinds if kind.may_be_stopped and kind.mailed]


def _page_sent() -> int:
    return max(1, min(request.form.get("page", 1, type=int), 10**6))
