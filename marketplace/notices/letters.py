"""A notice as a mail: plain text and simple HTML, headers, and the signed link by which somebody stops a kind of mail.

What is sent when stands in `sending.py`.
"""

from __future__ import annotations

import re
from datetime import UTC
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from marketplace.clock import now
from marketplace.contributions import NoticeKind
from marketplace.errors import NotFound
from marketplace.notices.models import Notice
from marketplace.rehearsal_marks import WORDS, is_rehearsed

SALT = "notices-stop"
# Letters that end a line or mean nothing in a header; a name of a listing must not write a header of its own.
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def one_line(text: str, most: int) -> str:
    """A text for a header: without what ends a line, and cut where it is long."""
    flat = " ".join(CONTROLS.sub(" ", text).split())
    # What looks like an encoded word (RFC 2047) would be read as other letters than were written.
    flat = flat.replace("=?", "= ?")
    if len(flat) <= most:
        return flat
    return flat[: most - 1] + "…"


def plain_text(text: str) -> str:
    """A text for a body: its lines stay, other control characters go."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(CONTROLS.sub(" ", line).rstrip() for line in lines).strip()


def absolute(path: str) -> str:
    """A path of the site as an address that opens from anywhere."""
    address: str = current_app.config["SITE_ADDRESS"]
    return address + path


def stop_path(recipient: str, kind: str) -> str:
    """The path under which a recipient stops a kind of mail without signing in."""
    # Signed and without an end: a mail is stopped from years later too, and the link can do nothing else.
    token = _serializer().dumps([recipient, kind])
    adapter = current_app.url_map.bind("localhost")
    return adapter.build("notices.stop_page", {"token": token})


def read_token(token: str) -> tuple[str, str]:
    """(recipient, kind) of a link to stop.

    Raises:
        NotFound: this site has not signed it.
    """
    try:
        recipient, kind = _serializer().loads(token)
    except (BadSignature, ValueError, TypeError):
        raise NotFound(
            "这个停收链接无效。", "请从邮件里重新点开，或登录后在「通知设置」里停收。"
        ) from None
    return str(recipient), str(kind)


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=SALT)


def write_letter(notice: Notice, kind: NoticeKind) -> str:
    """The mail of a notice, whole.

    Args:
        notice: its Message-ID follows from its `uid`, so that it is the same whenever this is called.
        kind: what it is.

    Returns:
        header and body, ASCII, lines ended by CRLF.
    """
    route = current_app.config["MAIL_ROUTE"]
    site = current_app.config["SITE"].name
    local, _, domain = route.sender.rpartition("@")
    stop = ""
    # Of others no link: it would open a page that refuses.
    if kind.may_be_stopped:
        stop = absolute(stop_path(notice.recipient, notice.kind))
    values = {
        "notice": notice,
        "link": absolute(notice.link) if notice.link else "",
        "why": kind.why,
        "stop": stop,
        "site_name": site,
        "mark": WORDS if is_rehearsed() else "",
    }
    letter = EmailMessage(policy=policy.SMTP)
    letter["Subject"] = one_line(f"【{site}】{notice.subject}", 200)
    letter["From"] = Address(site, local, domain)
    # Read as an address, so that nothing in it becomes a second recipient.
    letter["To"] = Address(addr_spec=notice.address)
    letter["Date"] = format_datetime(now().replace(tzinfo=UTC))
    letter["Message-ID"] = f"<{notice.uid}@{domain}>"
    # RFC 3834: nobody's answering machine answers.
    letter["Auto-Submitted"] = "auto-generated"
    if stop:
        # RFC 8058: the mail program stops it with one POST, the page with one press of a button.
        letter["List-Unsubscribe"] = f"<{stop}>"
        letter["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    # Past Flask: its page functions end the transaction in which the letter is stored.
    templates = current_app.jinja_env
    text = templates.get_template("notices/mail.txt").render(values)
    page = templates.get_template("notices/mail.html").render(values)
    # Base64 for Chinese: servers that pass 7 bits only change no letter of it.
    letter.set_content(text, charset="utf-8", cte="base64")
    letter.add_alternative(page, subtype="html", charset="utf-8", cte="base64")
    return letter.as_bytes().decode("ascii")
