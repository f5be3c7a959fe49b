"""What people are notified of when somebody asks, is let in, is invited or is let go. Nothing is committed here."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.accounts.models import Membership
from marketplace.contributions import NoticeKind
from marketplace.memberships.models import Invitation, JoinRequest
from marketplace.memberships.queries import administrators_of
from marketplace.notices.addresses import Recipient
from marketplace.notices.deeds import notify, path_of
from marketplace.organisations.models import Organisation
from marketplace.workdays.calendar import VERIFY_DAYS

PLACE = "membership.place"
ASKED = "membership.asked"
INVITED = "membership.invited"
STATE = "organisation.state"


def notice_kinds() -> Iterator[NoticeKind]:
    """The kinds of notices of this room."""
    yield NoticeKind(
        ASKED, "有人申请加入本单位", "您收到这封邮件，是因为您是这个单位的管理员。"
    )
    yield NoticeKind(
        PLACE,
        "我在单位里的身份",
        "您收到这封邮件，是因为您申请加入、加入或离开了这个单位。",
    )
    yield NoticeKind(
        STATE,
        "本单位的核验和状态",
        "您收到这封邮件，是因为您是这个单位的管理员。",
    )
    # Its link opens a place by itself, so that it is erased once the mail is out.
    yield NoticeKind(
        INVITED,
        "加入单位的邀请",
        "您收到这封邮件，是因为有人用这个邮箱邀请您加入单位。",
        urgent=True,
        in_digest=False,
        may_be_stopped=False,
        in_app=False,
        secret=True,
    )


def announce_request(request: JoinRequest) -> None:
    """Notify the administrators that somebody asks for a place."""
    organisation = request.organisation
    # Where nobody administers it, the tray of the operators shows the request.
    for person in administrators_of(organisation.id):
        notify(
            ASKED,
            Recipient.of(person),
            # One request, one notice for each administrator, however often this runs.
            key=f"join request {request.id}",
            subject=f"{request.person.name} 申请加入「{organisation.name}」",
            happened=f"{request.person.name}（{request.person.email}）申请加入「{organisation.name}」。{request.note}",
            to_do="认识的给一个身份，不认识的写明原因谢绝。",
            link=path_of("memberships.people", organisation_id=organisation.id),
            about=("organisation", organisation.id),
        )


def announce_decision(request: JoinRequest) -> None:
    """Notify somebody of what became of their request."""
    organisation = request.organisation
    happened = f"「{organisation.name}」同意了您的加入申请。"
    to_do = "现在可以以它的名义填报；单位核验后可以发布。"
    if request.state == "declined":
        happened = (
            f"「{organisation.name}」没有同意您的加入申请。\n原因：{request.reason}"
        )
        to_do = "有疑问请联系这个单位，或平台运营方。"
    notify(
        PLACE,
        Recipient.of(request.person),
        # With the state: a request that was declined and one accepted are two notices.
        key=f"join request {request.id} {request.state}",
        subject=f"加入「{organisation.name}」的申请{request.state_name}",
        happened=happened,
        to_do=to_do,
        link=path_of("memberships.own"),
        about=("organisation", organisation.id),
    )


def announce_removal(membership: Membership, history_id: int) -> None:
    """Notify somebody that they no longer belong to an organisation."""
    organisation = membership.organisation
    notify(
        PLACE,
        Recipient.of(membership.person),
        # By the History row: somebody may be removed, come back and be removed again.
        key=f"removed {history_id}",
        subject=f"您已不在「{organisation.name}」",
        happened=f"「{organisation.name}」的管理员把您移出了单位。您填报的内容留在单位里。",
        to_do="有疑问请联系这个单位的管理员。",
        link=path_of("memberships.own"),
        about=("organisation", organisation.id),
    )


def send_invitation(invitation: Invitation, token: str, inviter: str) -> None:
    """Mail an invitation to its address; who has no account yet registers with that address first."""
    organisation = invitation.organisation
    notify(
        INVITED,
        Recipient(invitation.email),
        key=f"invitation {invitation.id}",
        subject=f"邀请您加入「{organisation.name}」",
        happened=f"{inviter}邀请您加入「{organisation.name}」，身份是{invitation.role_name}。",
        to_do="打开链接，用收到邮件的邮箱登录或注册后接受。只能用一次。",
        until=invitation.expires_at,
        link=path_of("memberships.invitation", token=token),
        about=("organisation", organisation.id),
    )


def organisation_announced(
    organisation: Organisation, deed: str, note: str, history_id: int
) -> None:
    """Notify the administrators of an organisation of what operators did to it."""
    words = {
        "verify": ("已通过核验", "现在可以送审发布，也能看到对方的联系方式。"),
        "ask": (
            "还不能核验，请补充",
            f"打开链接写明补充了什么，可以附文件；平台收到后 {VERIFY_DAYS} 个工作日内核验。",
        ),
        "suspend": (
            "已被平台暂停",
            f"不同意的，打开链接写明理由，可以附材料；平台收到后 {VERIFY_DAYS} 个工作日内答复。",
        ),
        "resume": ("已恢复", ""),
    }
    # Renaming, moving and merging are seen on the page of the organisation, and nobody has to act on them.
    if deed not in words:
        return
    happened, to_do = words[deed]
    if deed == "ask" and organisation.state == "suspended":
        happened, to_do = (
            "申诉有了答复，仍然暂停",
            "打开链接看说明；还有理由的，可以再写。",
        )
    # The note of verifying says what was compared, which is for the file of the operators.
    reason = f"\n说明：{note}" if note and deed != "verify" else ""
    link = path_of("memberships.own")
    if deed in ("ask", "suspend"):
        link = path_of("verification.show", organisation_id=organisation.id)
    for person in administrators_of(organisation.id):
        notify(
            STATE,
            Recipient.of(person),
            key=f"organisation {deed} {history_id}",
            subject=f"「{organisation.name}」{happened}",
            happened=f"「{organisation.name}」{happened}。{reason}",
            to_do=to_do,
            link=link,
            about=("organisation", organisation.id),
        )
