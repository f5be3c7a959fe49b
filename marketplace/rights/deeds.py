"""What is done to co-owners' consents: one function a button. The only file of this room that commits."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import timedelta

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from marketplace import persistence
from marketplace.clock import in_real_time, now
from marketplace.errors import Invalid, NotFound, NotNow
from marketplace.extensions import db
from marketplace.listings.life import ENDED
from marketplace.listings.models import Achievement
from marketplace.memberships.queries import desk_of
from marketplace.notices.addresses import check_address
from marketplace.organisations.models import Organisation, key_of
from marketplace.organisations.queries import find_organisation
from marketplace.parsing import ParseError
from marketplace.parsing.secrecy import REFUSAL, secret_mark
from marketplace.parsing.text import read_line
from marketplace.permissions import Reader, reader_id, require
from marketplace.rights import announcements, queries
from marketplace.rights.life import VERSION
from marketplace.rights.models import MAX_REASON, CoOwnerConsent
from marketplace.typed_texts import checked_text

MAX_CO_OWNERS = 20
LINK_DAYS = 60  # days for which a link opens anything
ASK_PAUSE = timedelta(minutes=10)  # between two mails to one address
USCC = re.compile(r"[0-9A-Z]{18}", re.ASCII)


def ask_co_owner(
    row: Achievement, *, named: str, email: str, by: Reader | None
) -> tuple[CoOwnerConsent, str]:
    """征求共有人同意, of an organisation by its code or name, or of anybody by an address.

    Args:
        row: the achievement.
        named: code or name of an organisation, or the name of a person.
        email: where a link is sent; may be empty where people of the organisation have accounts.
        by: somebody who handles the achievement.

    Returns:
        the consent, and the secret part of its link, which is stored nowhere.

    Raises:
        NotAllowed.
        NotNow: they were asked already, the listing is over, or there are too many.
        Invalid: nobody can be reached by what was typed.
    """
    require(by, "rights.ask", row)
    if row.state in ENDED:
        raise NotNow(f"这一条现在是「{row.state_name}」，不用再征求。")
    name = _checked_line(
        "named", named, "写共有人的单位名称、统一社会信用代码，或姓名。"
    )
    address = ""
    if email.strip():
        address = check_address(email)
    co_owner = _known_organisation(name)
    if co_owner is not None:
        # As the platform calls it, so that two spellings are one co-owner.
        name = co_owner.name
    _check_co_owner(row, co_owner, name, address)
    if len(queries.consents_for(row.id)) >= MAX_CO_OWNERS:
        raise NotNow(f"最多征求 {MAX_CO_OWNERS} 个共有人。", "先撤回不用的。")
    # Only its digest is stored: who reads a copy of the database opens no link.
    nonce = secrets.token_urlsafe(24)
    consent = CoOwnerConsent(
        achievement=row,
        name=name,
        name_key=key_of(name) or name[:200],
        co_owner_id=None if co_owner is None else co_owner.id,
        email=address,
        digest=_digest(nonce),
        state="requested",
        # Frozen: this is what they agree to, whatever the achievement says later (100).
        terms=queries.terms_of(row),
        text_version=VERSION,
        by_id=reader_id(by),
    )
    db.session.add(consent)
    twice = NotNow(f"已经征求过「{name}」。", "可以在列表里重新征求。")
    with persistence.refusals(duplicates={"uq_co_owner_consent_open": twice}):
        db.session.flush()
    consent.life.born(consent, by=by)
    # After the flush, for the link names the row by its number.
    token = _signer().dumps([consent.id, nonce])
    announcements.announce_asking(consent, token)
    persistence.commit()
    return consent, token


def ask_again(consent: CoOwnerConsent, *, by: Reader | None) -> str:
    """重新征求, by what the achievement says now; links of before are useless.

    Returns:
        the secret part of the new link.

    Raises:
        NotAllowed, Stale.
        NotNow: they were asked a moment ago.
    """
    require(by, "rights.ask", consent)
    # In real time also in a rehearsal, whose hours are seconds: a person waits for the mail.
    if consent.state == "requested" and now() - consent.asked_at < in_real_time(
        ASK_PAUSE
    ):
        raise NotNow("刚刚发过征求。", "10 分钟以后再发，或直接把链接给对方。")
    nonce = secrets.token_urlsafe(24)
    consent.life.move(consent, "ask_again", by=by)
    # With the old digest the old link is useless.
    consent.digest = _digest(nonce)
    consent.terms = queries.terms_of(consent.achievement)
    consent.text_version = VERSION
    consent.asked_at = now()
    # The former answer was about other terms.
    consent.answered_at = consent.answered_by_id = None
    consent.answered_as = consent.reason = ""
    token = _signer().dumps([consent.id, nonce])
    with persistence.refusals():
        announcements.announce_asking(consent, token)
    persistence.commit()
    return token


def withdraw_asking(consent: CoOwnerConsent, *, by: Reader | None) -> None:
    """撤回征求: they are no co-owner, or will not be asked. Raises NotAllowed, NotNow, Stale."""
    require(by, "rights.ask", consent)
    consent.life.move(consent, "withdraw", by=by)
    persistence.commit()


def opened_consent(token: str) -> CoOwnerConsent:
    """The consent that a link opens.

    Raises:
        NotFound: it was not made here, or is withdrawn, replaced or over: one answer for all.
    """
    consent: CoOwnerConsent | None = None
    try:
        number, nonce = _signer().loads(token)
    # A link that a mail program cut off unpacks to something else.
    except (BadSignature, ValueError, TypeError):
        number, nonce = 0, ""
    if isinstance(number, int) and isinstance(nonce, str):
        consent = persistence.find_row(CoOwnerConsent, number)
    # In constant time, so that no digest can be guessed letter by letter.
    wrong = consent is None or not hmac.compare_digest(consent.digest, _digest(nonce))
    over = consent is None or consent.asked_at < now() - timedelta(days=LINK_DAYS)
    if consent is None or wrong or over or consent.state == "withdrawn":
        raise NotFound(
            "这个链接不能用了：可能已被撤回、换了新的，或者过期。",
            "请让征求您的单位重新发一次。",
        )
    return consent


def answer_consent(
    consent: CoOwnerConsent,
    *,
    agrees: bool,
    answered_as: str,
    reason: str = "",
    seen: str,
    by: Reader | None,
    by_link: bool = False,
) -> None:
    """同意 or 不同意.

    Args:
        consent: what is answered; by a link it was opened with it.
        agrees: what they say.
        answered_as: their name and duty.
        reason: why not.
        seen: the terms they were shown.
        by: who has signed in; a guest where somebody answers by the link.
        by_link: the link was opened, which is the right to answer.

    Raises:
        NotAllowed.
        NotNow: the terms have changed meanwhile, or the achievement is public already.
        Invalid: no name, or no reason against it. Stale.
    """
    if not by_link:
        require(by, "rights.answer", consent)
    # Compared by terms and not by revision: other changes of the text do not touch what they agree to.
    if seen != consent.terms:
        raise NotNow("转化方式刚被改过。", "请看过新的内容再答复。")
    if consent.state == "agreed" and consent.achievement.state == "published":
        raise NotNow(
            "成果已经公开发布，不能在这里改答复。", "有争议请联系发布单位或平台运营方。"
        )
    consent.answered_as = _checked_line(
        "answered_as", answered_as, "写明您的姓名和职务。", most=120
    )
    consent.reason = "" if agrees else _checked_reason(reason)
    consent.answered_by_id = reader_id(by)
    consent.answered_at = now()
    deed = "agree" if agrees else "refuse"
    consent.life.move(consent, deed, by=by, note=consent.reason)
    with persistence.refusals():
        announcements.announce_answer(consent, by=by)
    persistence.commit()


def _known_organisation(name: str) -> Organisation | None:
    code = name.replace(" ", "").upper()
    if USCC.fullmatch(code):
        known = find_organisation("", code)
        if known is None:
            message = "平台上没有这个统一社会信用代码的单位，请写单位名称和对方的邮箱。"
            raise Invalid(message, problems={"named": [message]})
        return known
    return find_organisation(name)


def _check_co_owner(
    row: Achievement, co_owner: Organisation | None, name: str, address: str
) -> None:
    if co_owner is not None and co_owner.id == row.organisation_id:
        message = "这是成果的持有单位自己，共有人是另外的单位或个人。"
        raise Invalid(message, problems={"named": [message]})
    # An organisation whose people have all left answers nothing.
    answerable = co_owner is not None and desk_of(co_owner.id)
    if not answerable and not address:
        message = f"「{name}」在平台上没有人能答复，请写对方的邮箱，发链接征求。"
        raise Invalid(message, problems={"email": [message]})


def _checked_reason(reason: str) -> str:
    missing = f"写明不同意的原因（2–{MAX_REASON} 字），对方才知道怎么办。"
    return checked_text("reason", reason, MAX_REASON, missing=missing)


def _checked_line(name: str, raw: str, wanted: str, most: int = 200) -> str:
    try:
        text = read_line(raw, most) or ""
    except ParseError as error:
        raise Invalid(error.message, problems={name: [error.sentence]}) from None
    if len(text) < 2:
        raise Invalid(wanted, problems={name: [wanted]})
    if secret_mark(text):
        raise Invalid(REFUSAL, problems={name: [REFUSAL]})
    return text


def _digest(nonce: str) -> str:
    return hashlib.sha256(nonce.encode()).hexdigest()


def _signer() -> URLSafeSerializer:
    # Its own salt: a signed value of another purpose is no consent.
    return URLSafeSerializer(current_app.secret_key or "", salt="co-owner")
