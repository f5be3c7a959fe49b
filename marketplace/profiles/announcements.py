"""What a broker is notified of: decisions about their certificate, and its end. Nothing is committed here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from marketplace.accounts.models import Person
from marketplace.clock import today
from marketplace.contributions import NoticeKind
from marketplace.extensions import db
from marketplace.lifecycle import History
from marketplace.notices.addresses import Recipient
from marketplace.notices.deeds import notify, path_of
from marketplace.profiles.models import BrokerProfile
from marketplace.wording import day

CERTIFICATE = "broker.certificate"
# Days before its end on which the holder is reminded: in time for a new certificate and its check, and once more.
REMINDED = (30, 7)
# Deed of an operator → subject, what happened, what to do.
DECISIONS = {
    "check": (
        "技术经理人证书已核对",
        "平台核对了您的技术经理人证书，您已是平台的技术经理人。",
        "可以在名录里公开自己的资料；有单位请您时会通知您。",
    ),
    "return": (
        "技术经理人证书要补充",
        "平台核对您的技术经理人证书时，要求补充。",
        "补充后保存，平台再核对。",
    ),
    "end": (
        "技术经理人资格已收回",
        "平台收回了您的技术经理人资格。交给您的成果和需求已一并收回，由平台另行安排。",
        "有疑问请联系平台运营方；改正后可以重新提交证书。",
    ),
}


def notice_kinds() -> Iterator[NoticeKind]:
    """The kind of notice of this room."""
    yield NoticeKind(
        CERTIFICATE,
        "技术经理人证书的核对和有效期",
        "您收到这封邮件，是因为您在平台填写了技术经理人证书，或是平台的技术经理人。",
    )


def announce_decision(person: Person, history: History, reason: str = "") -> None:
    """Notify the holder of a certificate, or somebody who is a broker, of what an operator decided.

    Args:
        person: who they are.
        history: the row of what was done; a key of `DECISIONS`.
        reason: what they are given as the reason; empty where there is none.
    """
    subject, happened, to_do = DECISIONS[history.deed]
    # For its number, which no other decision has: a certificate may be sent back twice.
    db.session.flush()
    because = f"\n原因：{reason}" if reason else ""
    notify(
        CERTIFICATE,
        Recipient.of(person),
        key=f"certificate {history.deed} {history.id}",
        subject=subject,
        happened=f"{happened}{because}",
        to_do=to_do,
        link=path_of("verification.certificate"),
        about=("broker", person.id),
    )


def announce_endings() -> int:
    """Remind the holders of certificates that end soon, and notify those whose certificate is over.

    Returns:
        number of notices; who was notified already is not counted.
    """
    soon = today() + timedelta(days=max(REMINDED))
    query = db.select(BrokerProfile).where(
        BrokerProfile.state == "checked", BrokerProfile.valid_to <= soon
    )
    count = 0
    for profile in db.session.scalars(query):
        # Nothing is sent to a closed account, and it would count as notified when it opens again.
        if profile.person.active and _announce_end(profile):
            count += 1
    return count


def _announce_end(profile: BrokerProfile) -> bool:
    """Notify one holder of the nearest of the stages that have come; whether they did not know yet."""
    end, checked_at = profile.valid_to, profile.checked_at
    assert end is not None  # noqa: S101  asked for by it
    assert checked_at is not None  # noqa: S101  a CHECK of the table
    # Nought on the last day, on which it is still valid.
    left = (end - today()).days
    stage = "over"
    subject = "技术经理人证书已到期"
    happened = (
        f"您的技术经理人证书 {day(end)} 到期，「持证」标识已取消。"
        "交给您的成果和需求已收回，由平台另行安排。"
    )
    if left >= 0:
        # Who was away for the first day gets one mail, not two.
        stage = str(min(days for days in REMINDED if left <= days))
        subject = f"技术经理人证书 {day(end)} 到期"
        happened = (
            f"您的技术经理人证书 {day(end)} 到期，还有 {left} 天。到期后「持证」标识取消，"
            "看不到交给您的不公开内容，交给您的成果和需求由平台另行安排。"
        )
    number = notify(
        CERTIFICATE,
        Recipient.of(profile.person),
        # By the check: the next certificate of the same person is another one, whatever its last day.
        key=f"certificate {profile.person_id} of {checked_at:%Y%m%d%H%M%S} {stage}",
        subject=subject,
        happened=happened,
        to_do="换了新证书的，填上新的编号和有效期，平台核对后继续有效。",
        # A day that is past is no deadline any more.
        until=end if left >= 0 else None,
        link=path_of("verification.certificate"),
        # For the log on the page of the operators.
        about=("broker", profile.person_id),
    )
    return number is not None
