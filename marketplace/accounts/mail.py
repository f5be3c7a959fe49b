"""Mail to people: what Flask-Security sends and our own notices, as texts without pictures or links to elsewhere.

All of it is laid into the outbox (`notices`) with the deed it belongs to; nothing is sent from here.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

from flask import current_app, render_template
from flask_security.mail_util import EmailValidateException, MailUtil

from marketplace import persistence
from marketplace.accounts.destinations import with_destination
from marketplace.accounts.models import Person
from marketplace.clock import in_china
from marketplace.contributions import NoticeKind
from marketplace.extensions import db
from marketplace.notices.addresses import Recipient
from marketplace.notices.deeds import notify
from marketplace.parsing import ParseError
from marketplace.parsing.emails import read_address

SECURITY_MAIL = "accounts.security"
SUBJECTS = {
    "locked": "账号暂时不能登录",
    "email_changed": "登录邮箱已更改",
    "second_factor_reset": "两步验证已重置",
    "role_given": "您有了新的角色",
    "role_taken": "您的角色已收回",
    "account_stopped": "账号已停用",
    "account_opened": "账号已恢复",
}


class Mail(MailUtil):
    """What Flask-Security does with addresses and mails."""

    def normalize(self, email: str) -> str:
        """An address as it is stored and looked up, whatever its spelling: lower case, without invisible letters.

        Raises:
            EmailValidateException: it is none.
        """
        try:
            return read_address(email)
        except ParseError as error:
            raise EmailValidateException(error.sentence) from None

    def validate(self, email: str) -> str:
        """The same: whether mail arrives is shown by the link in it."""
        return self.normalize(email)

    def send_mail(
        self,
        template: str,
        subject: str,
        recipient: Any,
        sender: Any,
        body: str | None,
        html: str | None,
        **context: Any,
    ) -> None:
        """Queue a mail of Flask-Security."""
        person = context.get("user")
        if person is not None and person.id is None:
            db.session.flush()  # who has just registered has no number yet
        person_id = getattr(person, "id", None)
        kind = template.rpartition("/")[2]
        queue_mail(str(recipient), str(subject), body or "", person_id, kind)
        # The views of the library commit late or never, and a page that is shown ends the transaction.
        persistence.commit()


def render_text(template: str, /, **context: Any) -> str:
    """A page or mail of Flask-Security.

    A mail is rendered in the middle of a deed. Flask's own function would announce a page, with which the transaction
    ends (`door.py`), and what was not committed yet would be lost.
    """
    if not template.startswith("security/email/"):
        return render_template(template, **context)
    return _render_mail(template, context)


def _render_mail(template: str, context: dict[str, Any]) -> str:
    # The only link that ends on the way to somewhere: who confirms an address on another device gets there too.
    if link := context.get("confirmation_link"):
        context = context | {"confirmation_link": with_destination(link)}
    values: dict[str, Any] = {"site": current_app.config["SITE"], "in_china": in_china}
    return current_app.jinja_env.get_template(template).render(**values | context)


def send_notice(person: Person, kind: str, to: str = "", **values: Any) -> None:
    """Tell a person by mail what was done to their account.

    Args:
        person: whose account it is.
        kind: a kind of `SUBJECTS`; its text is `templates/security/email/<kind>.txt`.
        to: where it goes, if not to their present address.
        values: what the text is given besides the person.
    """
    text = _render_mail(f"security/email/{kind}.txt", {"user": person, **values})
    queue_mail(to or person.email, SUBJECTS[kind], text, person.id, kind)


def send_farewell(person: Person, kind: str, **values: Any) -> None:
    """Tell somebody by mail that their account was stopped; arguments as of `send_notice`.

    By address alone: what names a stopped account is not sent any more.
    """
    text = _render_mail(f"security/email/{kind}.txt", {"user": person, **values})
    _notify(Recipient(person.email, None), kind, SUBJECTS[kind], text)


def queue_mail(
    to: str, subject: str, text: str, person_id: int | None, kind: str
) -> None:
    """Lay a mail into the outbox (no commit); it goes out at once, whatever the hour, and its text is then erased.

    Args:
        to: address.
        subject: one line.
        text: what it says, without greeting and signature.
        person_id: whose account it is about; None where there is none (a mail that nobody gets, see `discard`).
        kind: what it is, for the log.
    """
    # Written and taken back where nobody has the address: an answer must not come sooner for that.
    savepoint = db.session.begin_nested() if person_id is None else None
    _notify(Recipient(to, person_id), kind, subject, text)
    if savepoint is not None:
        savepoint.rollback()


def _notify(recipient: Recipient, kind: str, subject: str, text: str) -> None:
    key = f"{kind} {secrets.token_hex(12)}"
    notify(SECURITY_MAIL, recipient, key=key, subject=subject, happened=text)


def notice_kinds() -> Iterator[NoticeKind]:
    """The one kind of this room: what belongs to the safety of an account, which nobody can stop."""
    yield NoticeKind(
        SECURITY_MAIL,
        "账号安全",
        "您收到这封邮件，是因为有人用这个邮箱注册、登录或修改账号。",
        urgent=True,
        in_digest=False,
        may_be_stopped=False,
        in_app=False,
        secret=True,
    )
