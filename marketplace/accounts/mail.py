"""Mail to people: what Flask-Security sends and our own notices, as texts without pictures or links to elsewhere.

Where a mail goes is decided in `queue_mail`; nothing is sent from here.
"""

from __future__ import annotations

import secrets
import unicodedata
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask import current_app, render_template
from flask_security.mail_util import EmailValidateException, MailUtil
from flask_security.utils import get_message

from marketplace.accounts.models import Person
from marketplace.clock import in_china, now
from matching.folding import drop_unseen

EMAIL_MOST = 254  # RFC 5321
SUBJECTS = {
    "locked": "账号暂时不能登录",
    "email_changed": "登录邮箱已更改",
    "second_factor_reset": "两步验证已重置",
}


class Mail(MailUtil):
    """What Flask-Security does with addresses and mails."""

    def normalize(self, email: str) -> str:
        """An address as it is stored and looked up, whatever its spelling: lower case, without invisible letters.

        Raises:
            EmailValidateException: it is none.
        """
        try:
            found = validate_email(
                unicodedata.normalize("NFKC", drop_unseen(email)).strip(),
                check_deliverability=False,  # a site inside a government network has no DNS
            )
        except EmailNotValidError:
            message = get_message("INVALID_EMAIL_ADDRESS")[0]
            raise EmailValidateException(message) from None
        if len(found.normalized) > EMAIL_MOST:
            raise EmailValidateException(get_message("INVALID_EMAIL_ADDRESS")[0])
        return found.normalized.lower()

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
        person_id = getattr(person, "id", None)
        kind = template.rpartition("/")[2]
        queue_mail(str(recipient), str(subject), body or "", person_id, kind)


def render_text(template: str, /, **context: Any) -> str:
    """A page or mail of Flask-Security.

    A mail is rendered in the middle of a deed. Flask's own function would announce a page, with which the transaction
    ends (`door.py`), and what was not committed yet would be lost.
    """
    if not template.startswith("security/email/"):
        return render_template(template, **context)
    return _render_mail(template, context)


def _render_mail(template: str, context: dict[str, Any]) -> str:
    values: dict[str, Any] = {"site": current_app.config["SITE"], "in_china": in_china}
    return current_app.jinja_env.get_template(template).render(**values | context)


def send_notice(person: Person, kind: str, to: str = "", **values: Any) -> None:
    """Tell a person by mail what was done to their account.

    Args:
        person: whose account it is.
        kind: a kind of `SUBJECTS`; its text is `templates/security/email/<kind>.txt`.
        to: where it goes, if not to their present address.
        values: what the text is given beside the person.
    """
    text = _render_mail(f"security/email/{kind}.txt", {"user": person, **values})
    queue_mail(to or person.email, SUBJECTS[kind], text, person.id, kind)


def queue_mail(
    to: str, subject: str, text: str, person_id: int | None, kind: str
) -> None:
    """Lay a mail out to be sent: as a file below the data folder, where a demonstration shows it.

    Args:
        to: address.
        subject: one line.
        text: the whole mail.
        person_id: whose account it is about; None where there is none (a mail that nobody gets, see `discard`).
        kind: what it is, for the name of the file.
    """
    message = EmailMessage(policy=SMTP)
    site = current_app.config["SITE"]
    host = (current_app.config["SERVER_NAME"] or "localhost").partition(":")[0]
    message["Subject"] = f"【{site.name}】{subject}"
    message["From"] = Address(site.name, "no-reply", host)
    message["To"] = to
    message["Date"] = in_china(now())
    message.set_content(text)
    folder = Path(current_app.config["DATA_DIR"]) / "mail"
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    name = f"{now():%Y%m%dT%H%M%S%f}-{kind}-{secrets.token_hex(4)}.eml"
    path = folder / name
    path.write_bytes(message.as_bytes())
    if person_id is None:
        # Written all the same: an answer must not come sooner because nobody has that address.
        path.unlink()


def sweep_files(older: timedelta) -> int:
    """Remove the files of mails that are older; how many there were."""
    folder = Path(current_app.config["DATA_DIR"]) / "mail"
    limit = (now() - older).strftime("%Y%m%dT%H%M%S%f")
    old = [path for path in folder.glob("*.eml") if path.name < limit]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
