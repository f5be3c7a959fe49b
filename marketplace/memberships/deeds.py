"""Coming into an organisation, being given a place, and leaving it. The only file of this room that commits."""

from __future__ import annotations

import secrets
from datetime import timedelta

from marketplace import persistence
from marketplace.accounts import granting
from marketplace.accounts.models import INSTITUTIONS, PLACES, Membership, Person
from marketplace.accounts.person_deeds import checked_address
from marketplace.accounts.places import fits_kind
from marketplace.accounts.queries import (
    hold_people,
    is_last_administrator,
    leaves_nobody,
    numbered,
    was_verified,
)
from marketplace.clock import now
from marketplace.errors import Invalid, NotAllowed, NotFound, NotNow, Stale
from marketplace.extensions import db
from marketplace.lifecycle import History
from marketplace.memberships import announcements, queries
from marketplace.memberships.models import Invitation, JoinRequest
from marketplace.organisations import deeds as organisation_deeds
from marketplace.organisations import queries as organisation_queries
from marketplace.organisations.changing import forsake, start
from marketplace.organisations.identity import checked_uscc
from marketplace.organisations.models import Organisation
from marketplace.parsing.text import too_long
from marketplace.permissions import Reader, reader_id, require
from marketplace.typed_texts import checked_text

# Days: two weeks outlast a holiday; a forgotten link must not open a place for ever.
INVITATION_DAYS = 14
# Two presses of one button come within it; who did not get the mail may be invited once more after it.
SAME_PRESS = timedelta(minutes=1)
# An administrator who invites more people than this in a day is a script, or was robbed of the account.
INVITATIONS_A_DAY = 50
# Characters of a note or a reason, as the columns hold them.
MAX_NOTE = 200
# Without an administrator nobody could accept a request or name another one.
LAST_ADMINISTRATOR = "这是本单位最后一位管理员，先把管理员交给别人。"
CHANGED_MEANWHILE = "同一时刻有别人处理了。"


def found_organisation(
    name: str, *, uscc: str, kind: str, district_code: str | None, by: Person
) -> Organisation:
    """Enter an organisation that the site does not know, unverified; its founder looks after its people.

    Args:
        name: as its licence says.
        uscc: its 统一社会信用代码, as typed.
        kind: a code of `ORGANISATION_KINDS`.
        district_code: where it is seated; None for elsewhere.
        by: the founder.

    Raises:
        NotAllowed: they look on as an auditor.
        Invalid: something is wrong with what was typed.
        NotNow: the site knows it already, by its code or its name: they ask to join it.
    """
    require(by, "organisation.found")
    # Before the look-up, which compares stored forms.
    code = checked_uscc(uscc)
    # The operator of the site is entered by a command: who claims to be it could decide on listings.
    if kind == "operator":
        raise Invalid("单位类型不在列表中。", problems={"kind": ["选一种单位类型。"]})
    known = organisation_queries.find_organisation(name, code)
    if known is not None:
        raise NotNow(
            f"平台上已有「{known.name}」，没有重复登记。",
            "请申请加入它；名称或代码不对的，请联系平台运营方。",
        )
    organisation = organisation_deeds.draft_organisation(
        name, kind=kind, uscc=code, district_code=district_code
    )
    # Who enters a university speaks for it, not for a research of their own.
    place = "desk" if kind in INSTITUTIONS else "member"
    _add_place(by, organisation, place, administers=True, by=by)
    # Nobody is notified: the tray of the operators shows what waits to be verified.
    _note(organisation, "found", by, "")
    _commit()
    return organisation


def ask_to_join(
    organisation: Organisation, *, note: str = "", by: Person
) -> JoinRequest:
    """Ask the administrators of an organisation for a place.

    Raises:
        NotAllowed: they look on as an auditor.
        NotNow: they belong to it, have asked already, or nobody acts for it any more.
        Invalid: the note is too long.
    """
    require(by, "organisation.join")
    if message := too_long(note, MAX_NOTE):
        raise Invalid(message, problems={"note": [message]})
    # A merged row leads elsewhere; for a suspended one nobody may act, unless nobody is all that it lacks.
    if not organisation.is_joinable:
        raise _stopped(organisation)
    if by.place_in(organisation.id) is not None:
        raise NotNow(f"您已经在「{organisation.name}」里。", "不用再申请。")
    # Asked first for a clear answer; the unique index decides between two presses at the same moment.
    if queries.waiting_request(by, organisation) is not None:
        raise _already_requested(organisation)
    request = JoinRequest(person=by, organisation=organisation, note=note.strip())
    db.session.add(request)
    duplicates = {"uq_join_request_waiting": _already_requested(organisation)}
    # Its number is part of what the administrators are told.
    with persistence.refusals(duplicates=duplicates):
        db.session.flush()
    # The notice joins this transaction (outbox): a request without one would wait unseen.
    announcements.announce_request(request)
    persistence.commit(duplicates=duplicates)
    return request


def accept_request(
    request: JoinRequest, *, place: str, administers: bool = False, by: Reader | None
) -> None:
    """Give somebody who asked a place.

    Args:
        request: what waits.
        place: a code of `PLACES`.
        administers: whether they look after the people too.
        by: an administrator of the organisation, or an operator.

    Raises:
        NotAllowed.
        NotNow: it does not wait, or its author has become an auditor.
        Invalid: there is no such place.
    """
    require(by, "people.manage", request)
    # The person first and the request last, as where an invitation is taken: nobody waits in a ring.
    granting.read_under_hold(request.person)
    hold_people(request.organisation_id)
    _require_waiting(request)
    _require_place(request.organisation, place)
    # They may have come in by an invitation meanwhile; a second place would break the key of the table.
    if request.person.place_in(request.organisation_id) is None:
        _add_place(
            request.person,
            request.organisation,
            place,
            administers=administers,
            by=by,
        )
        # An open link would give them another place later, which nobody means any more.
        _revoke_earlier(request.organisation_id, request.person.email)
    _decide(request, "accepted", by)
    _note(request.organisation, "accept", by, numbered(request.person_id))
    announcements.announce_decision(request)
    _commit()


def decline_request(request: JoinRequest, *, reason: str, by: Reader | None) -> None:
    """Refuse somebody a place, with the reason. Raises NotAllowed, NotNow, Invalid."""
    require(by, "people.manage", request)
    _require_waiting(request)
    # One sign is no reason, and who is declined reads nothing else.
    missing = f"写明原因（2–{MAX_NOTE} 字），对方才知道怎么办。"
    request.reason = checked_text("reason", reason, MAX_NOTE, missing=missing)
    _decide(request, "declined", by)
    _note(request.organisation, "decline", by, numbered(request.person_id))
    announcements.announce_decision(request)
    _commit()


def withdraw_request(request: JoinRequest, *, by: Person) -> None:
    """Take back one's own request. Raises NotAllowed, NotNow."""
    # Not even an operator: a request is taken back by its author alone.
    if request.person_id != by.id:
        raise NotAllowed("这不是您的申请。", "请用提出申请的账号登录。")
    _require_waiting(request)
    _decide(request, "withdrawn", by)
    _commit()


def change_place(
    membership: Membership, *, place: str, administers: bool, by: Reader | None
) -> None:
    """Give somebody another place in an organisation, make them an administrator, or no longer one.

    Raises:
        NotAllowed.
        NotNow: the organisation would lose its last administrator; they are an auditor, and would get more.
        Invalid: there is no such place.
    """
    organisation = membership.organisation
    require(by, "people.manage", organisation)
    _require_place(organisation, place)
    granting.read_under_hold(membership.person)
    # Taking the right of an administrator from an auditor is giving them nothing.
    if place != membership.role or (administers and not membership.is_administrator):
        granting.require_acting(membership.person)
    # Two administrators who demote each other at the same moment would leave none: the second waits here.
    hold_people(organisation.id)
    if membership.is_administrator and not administers:
        _require_other_administrator(membership)
    # Place and right change together, so that History has one line for one press.
    membership.role = place
    membership.is_administrator = administers
    _note(
        organisation,
        "place",
        by,
        f"{numbered(membership.person_id)}：{membership.role_name}",
    )
    _commit()


def remove_member(membership: Membership, *, by: Reader | None) -> None:
    """Let somebody go; their listings stay. Raises NotAllowed; NotNow for the last administrator."""
    organisation = membership.organisation
    require(by, "people.manage", organisation)
    _end_place(membership, "remove", by)


def leave_organisation(
    organisation: Organisation, *, sure: bool = False, by: Person
) -> None:
    """Leave an organisation; one's listings stay with it.

    Args:
        organisation: where they have a place.
        sure: they know that it is suspended, where nobody else is left (decision 159).
        by: who leaves.

    Raises:
        NotNow: they do not belong to it, or are its last administrator and others are there.
        Invalid: they did not say that they are sure, and it needs that.
    """
    membership = by.place_in(organisation.id)
    if membership is None:
        raise NotNow(f"您已经不在「{organisation.name}」里。", "请刷新后再看。")
    hold_people(organisation.id)
    if queries.way_out(membership) == "alone" and not sure:
        message = "单位里只有您一位：勾选「我知道」以后才能离开。"
        raise Invalid(message, problems={"sure": [message]})
    _end_place(membership, "leave", by)


def invite_person(
    organisation: Organisation,
    email: str,
    *,
    place: str,
    administers: bool = False,
    by: Reader | None,
) -> tuple[Invitation, str]:
    """Reserve a place for an address; this replaces what was reserved for it before.

    Args:
        organisation: where the place is.
        email: whom it is for; only an account of that address can take it.
        place: a code of `PLACES`.
        administers: whether they shall look after the people too.
        by: an administrator of the organisation, or an operator.

    Returns:
        the invitation, and the secret part of its link, which is stored nowhere.

    Raises:
        NotAllowed, Invalid.
        NotNow: they belong to it already, or too many were sent today.
    """
    require(by, "people.manage", organisation)
    _require_place(organisation, place)
    address = checked_address(email)
    hold_people(organisation.id)
    _refuse_too_many(organisation)
    # An address without an account is as welcome: they register when they open the link.
    known = db.session.scalar(db.select(Person).where(Person.email == address))
    if known is not None and known.place_in(organisation.id) is not None:
        raise NotNow(f"{address} 已经在「{organisation.name}」里。", "不用再邀请。")
    _refuse_twice(organisation, address, place, administers)
    # The last word counts: an earlier link to the same person could give them another place.
    _revoke_earlier(organisation.id, address)
    # Signature and nonce: who reads the database knows digests, who learns the key knows no nonce.
    nonce = secrets.token_urlsafe(24)
    invitation = Invitation(
        organisation=organisation,
        email=address,
        role=place,
        is_administrator=administers,
        # Random and long, so a plain SHA-256 is enough and no slow hash is needed.
        digest=queries.digest_of(nonce),
        created_by_id=reader_id(by),
        expires_at=now() + timedelta(days=INVITATION_DAYS),
    )
    db.session.add(invitation)
    db.session.flush()  # for its number, which History and the link hold
    _note(organisation, "invite", by, f"邀请 {invitation.id}：{invitation.role_name}")
    token = queries.link_signer().dumps([invitation.id, nonce])
    # An operator invites for the organisation; their own name would mean nothing to its reader.
    inviter = by.name if isinstance(by, Person) else "平台运营方"
    announcements.send_invitation(invitation, token, inviter)
    persistence.commit()
    return invitation, token


def revoke_invitation(invitation: Invitation, *, by: Reader | None) -> None:
    """Make the link of an invitation useless. Raises NotAllowed, NotNow."""
    require(by, "people.manage", invitation)
    persistence.hold_row(invitation)
    # A used one cannot be revoked: then it is a place, which is ended otherwise.
    if not invitation.is_open:
        raise NotNow("这份邀请已经用过、撤销或过期。", "请刷新后再看。")
    invitation.revoked_at = now()
    _note(invitation.organisation, "revoke", by, f"邀请 {invitation.id}")
    _commit()


def _refuse_twice(
    organisation: Organisation, address: str, place: str, administers: bool
) -> None:
    """Refuse the second press of one button: it would make the link useless that is in the mail already."""
    since = now() - SAME_PRESS
    for row in queries.open_invitations(organisation):
        same = (row.email, row.role, row.is_administrator) == (address, place, administers)  # fmt: skip
        if same and row.created_at > since:
            raise NotNow(
                f"刚才已经向 {address} 发出同样的邀请。",
                "对方没有收到的，一分钟后再发。",
            )


def _revoke_earlier(organisation_id: int, address: str) -> None:
    """Make the open invitations of an organisation to an address useless (no commit)."""
    for row in queries.invitations_to_address(address):
        if row.organisation_id != organisation_id:
            continue
        # Read again: somebody may have taken it a moment ago.
        persistence.hold_row(row)
        if row.is_open:
            row.revoked_at = now()


def opened_invitation(token: str) -> Invitation:
    """The invitation that a link opens.

    Raises:
        NotFound: it was not made here, or is used, revoked or over: one answer, for the link alone says nothing.
    """
    invitation = queries.invitation_of_link(token)
    if invitation is None or not invitation.is_open:
        raise NotFound(
            "这份邀请不能用了：可能已经用过、被撤销，或者过期。",
            "请让邀请您的人重新发一份。",
        )
    return invitation


def take_invitation(invitation: Invitation, *, by: Person) -> None:
    """Take the place that an invitation keeps.

    Raises:
        NotAllowed: it was meant for another address, or they look on as an auditor.
        NotNow: it is used, revoked or over.
    """
    # Who became an auditor since acts for nobody, as where they ask to join (072).
    require(by, "organisation.join")
    # The link may have been passed on; the place is for the person whose address was checked.
    if invitation.email != by.email:
        raise NotAllowed(
            f"这份邀请是发给 {invitation.email} 的。",
            "请用那个邮箱的账号登录；没有账号的先注册。",
        )
    # Of two presses the second waits here, and finds it used. The people first, as everywhere: nobody waits in a ring.
    granting.read_under_hold(by)
    hold_people(invitation.organisation_id)
    persistence.hold_row(invitation)
    if not invitation.is_open:
        raise NotNow("这份邀请已经用过、撤销或过期。", "请看「我的单位」。")
    if by.place_in(invitation.organisation_id) is None:
        _add_place(
            by,
            invitation.organisation,
            invitation.role,
            administers=invitation.is_administrator,
            by=by,
        )
    # Used even where they were in already: a link opens one place once.
    invitation.used_at, invitation.used_by_id = now(), by.id
    db.session.flush()
    _revoke_earlier(invitation.organisation_id, by.email)
    waiting = db.select(JoinRequest).where(
        JoinRequest.person_id == by.id,
        JoinRequest.organisation_id == invitation.organisation_id,
        JoinRequest.state == "waiting",
    )
    # Else the administrators would decide on a request of somebody who is in.
    for request in db.session.scalars(waiting):
        _decide(request, "accepted", by)
    _note(
        invitation.organisation, "take", by, f"邀请 {invitation.id}，{numbered(by.id)}"
    )
    _commit()


def _end_place(membership: Membership, deed: str, by: Reader | None) -> None:
    # Before the place goes: afterwards it leads to neither.
    organisation, person = membership.organisation, membership.person
    hold_people(organisation.id)
    alone, verified = leaves_nobody(membership), was_verified(organisation)
    # One may go as the last one; nobody is sent away as that from what others know as an organisation that acts.
    stays_behind = alone and (deed == "leave" or not verified)
    # Only administrators can be the last one; anybody else who leaves changes nothing for the others.
    if membership.is_administrator and not stays_behind:
        _require_other_administrator(membership)
    row = _note(organisation, deed, by, numbered(person.id))
    # Who leaves knows it; who is removed is notified, with the number of this row as key.
    if deed == "remove":
        db.session.flush()
        announcements.announce_removal(membership, row.id)
    # Deleted as an orphan; listings belong to the organisation and stay.
    person.memberships.remove(membership)
    if stays_behind:
        forsake(organisation, verified=verified, by=by)
    _commit()


def _add_place(
    person: Person,
    organisation: Organisation,
    place: str,
    *,
    administers: bool,
    by: Reader | None,
) -> None:
    # Somebody is there again; that they belong to it an operator has decided, or who invited them.
    if organisation.is_forsaken:
        start(organisation, by=by)
    # An invitation may be older than what has become of the organisation.
    if not organisation.is_active:
        raise _stopped(organisation)
    granting.give_place(person, organisation, place, administers=administers)


def _require_other_administrator(membership: Membership) -> None:
    if is_last_administrator(membership):
        raise NotNow(
            LAST_ADMINISTRATOR,
            "在「单位人员」里指定一位新的管理员。",
        )


def _require_waiting(request: JoinRequest) -> None:
    persistence.hold_row(request)
    if request.state != "waiting":
        raise NotNow(f"这份申请{request.state_name}。", "请刷新后再看。")


def _require_place(organisation: Organisation, place: str) -> None:
    # Who researches at a university has no counterpart in a firm, where everybody writes for the firm.
    if not fits_kind(place, organisation.kind):
        message = "选一个适合这个单位的身份。"
        raise Invalid(message, problems={"place": [message]})


def places_for(organisation: Organisation) -> dict[str, str]:
    """Code → name of the places that an organisation of this kind has."""
    kind = organisation.kind
    return {code: name for code, name in PLACES.items() if fits_kind(code, kind)}


def _refuse_too_many(organisation: Organisation) -> None:
    query = db.select(db.func.count()).where(
        Invitation.organisation_id == organisation.id,
        # Revoked ones count: else invite and revoke would send mail without end.
        Invitation.created_at > now() - timedelta(days=1),
    )
    if (db.session.scalar(query) or 0) >= INVITATIONS_A_DAY:
        raise NotNow(
            f"今天已经发出 {INVITATIONS_A_DAY} 份邀请。",
            "请明天再邀请，或请对方自己申请加入。",
        )


def _decide(request: JoinRequest, state: str, by: Reader | None) -> None:
    request.state = state
    request.decided_at = now()
    request.decided_by_id = reader_id(by)


def _stopped(organisation: Organisation) -> NotNow:
    return NotNow(
        f"「{organisation.name}」{organisation.state_name}，现在不能加入。",
        "请联系平台运营方。",
    )


def _already_requested(organisation: Organisation) -> NotNow:
    return NotNow(
        f"您已经申请加入「{organisation.name}」，正在等对方处理。",
        "可以在「我的单位」里看进度。",
    )


def _note(
    organisation: Organisation, deed: str, by: Reader | None, note: str
) -> History:
    """Leave a History row of the organisation (no commit).

    Its note names people and invitations by number: it goes into the audit as it is, and cannot be erased (086).
    """
    # State before and after are the same: what changes is who belongs to it.
    row = History(
        kind="organisation",
        thing_id=organisation.id,
        deed=deed,
        before=organisation.state,
        after=organisation.state,
        note=note,
        by_id=reader_id(by),
    )
    db.session.add(row)
    return row


def _commit() -> None:
    # The key of places is (person, organisation): a duplicate means that somebody accepted them just now.
    quicker = Stale(CHANGED_MEANWHILE, "请刷新后再看。")
    persistence.commit(stale=quicker, duplicates={"pk_membership": quicker})
