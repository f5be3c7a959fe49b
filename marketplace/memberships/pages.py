"""Pages of one's own places, of joining and founding, and of the people of an organisation."""

from __future__ import annotations

from flask import (
    Blueprint,
    flash,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import persistence
from marketplace.accounts.models import Membership
from marketplace.dictionaries.models import current_districts
from marketplace.door import needs
from marketplace.errors import Invalid, MarketError, NotFound, NotNow
from marketplace.memberships import deeds, queries
from marketplace.memberships.forms import (
    AcceptForm,
    CodeForm,
    FoundingForm,
    InvitationForm,
    JoinForm,
    LeavingForm,
    PlaceForm,
    ReasonForm,
    leaving_rows,
    place_rows,
    request_forms,
)
from marketplace.memberships.models import Invitation, JoinRequest
from marketplace.organisations import queries as organisation_queries
from marketplace.organisations.identity import checked_uscc
from marketplace.organisations.models import Organisation
from marketplace.permissions import may

blueprint = Blueprint("memberships", __name__)
FOUNDED = "「{}」已登记，正在等平台核验。核验前可以写草稿、看匹配；核验后可以发布、看联系方式。"


@blueprint.get("/mine/organisations")
@needs("membership.read")
def own() -> ResponseReturnValue:
    """One's places, what one has asked for, and the invitations to one's address."""
    return _own_page()


@blueprint.post("/mine/organisations/act")
@needs("membership.read")
def act() -> ResponseReturnValue:
    """Choose for which organisation one writes, where one belongs to several."""
    number = request.form.get("organisation", type=persistence.row_number)
    membership = current_user.place_in(number or 0)
    if membership is None:
        raise NotFound("您不在这个单位里。", "请从「我的单位」里选。")
    # Of this browser: in another one the person may write for another organisation.
    session["acting_for"] = membership.organisation_id
    return _to_own(f"现在以「{membership.organisation.name}」的名义填报。", "success")


@blueprint.post("/mine/organisations/<int:organisation_id>/leave")
@needs("membership.read")
def leave(organisation_id: int) -> ResponseReturnValue:
    """Leave an organisation."""
    membership = current_user.place_in(organisation_id)
    if membership is None:
        # Pressed twice, or it was never theirs: one answer, which says nothing of other organisations.
        return _to_own("您不在这个单位里，不用再离开。")
    organisation = membership.organisation
    form = LeavingForm(prefix=f"o{organisation_id}-")
    try:
        deeds.leave_organisation(organisation, sure=form.sure.data, by=current_user)
    except Invalid as error:
        form.blame(error.problems)
        return _own_page(422, refused=(organisation_id, form))
    session.pop("acting_for", None)
    return _to_own(
        f"您已离开「{organisation.name}」。填报的内容留在单位里。", "success"
    )


@blueprint.route("/mine/organisations/join", methods=["GET", "POST"])
@needs("organisation.join")
def join() -> ResponseReturnValue:
    """Say whom one represents, by the code; then ask to join it, or enter it."""
    form = CodeForm()
    if not form.is_submitted():
        return render_template("memberships/code.html", form=form)
    if not form.validate():
        return render_template("memberships/code.html", form=form), 422
    try:
        code = checked_uscc(form.uscc.data)
    except Invalid as error:
        form.uscc.errors = [error.message]
        return render_template("memberships/code.html", form=form), 422
    return redirect(url_for("memberships.join_code", uscc=code), 303)


@blueprint.route("/mine/organisations/join/<uscc>", methods=["GET", "POST"])
@needs("organisation.join")
def join_code(uscc: str) -> ResponseReturnValue:
    """The second step: the organisation of that code, or the form of one that is not known."""
    # Checked again: an address may be typed.
    code = checked_uscc(uscc)
    # By the code alone: names are spelt in many ways, and two bodies may share one.
    known = organisation_queries.find_organisation("", code)
    if known is None:
        return _offer_founding(code)
    # A button that was pressed twice leads to what the first press did.
    if request.method == "POST" and current_user.place_in(known.id) is not None:
        return _to_own(f"您已经在「{known.name}」里。")
    return _join_known(known)


@blueprint.post("/mine/organisations/requests/<int:request_id>/withdraw")
@needs("membership.read")
def withdraw(request_id: int) -> ResponseReturnValue:
    """Take back one's own request."""
    row = _request(request_id)
    # The same answer as for a number that nobody has, so that requests of others are not counted out.
    if row.person_id != current_user.id:
        raise NotFound("没有找到这份申请。", "请从「我的单位」进入。")
    deeds.withdraw_request(row, by=current_user)
    return _to_own("申请已撤回。", "success")


@blueprint.get("/mine/organisations/<int:organisation_id>/people")
@needs("people.manage", of_thing=True)
def people(organisation_id: int) -> ResponseReturnValue:
    """The people of an organisation, for its administrators."""
    return _people_page(queries.get_managed(organisation_id, by=current_user))


@blueprint.post("/mine/organisations/<int:organisation_id>/people/<int:person_id>")
@needs("people.manage", of_thing=True)
def change(organisation_id: int, person_id: int) -> ResponseReturnValue:
    """Give somebody another place, or let them go."""
    organisation = queries.get_managed(organisation_id, by=current_user)
    membership = _membership(organisation, person_id)
    if membership is None:
        flash("这个人已不在本单位里。")
        return _back(organisation_id)
    # Read before the deed: a commit expires the row, and a place that went has no person.
    name = membership.person.name
    if "remove" in request.form:
        deeds.remove_member(membership, by=current_user)
        flash(f"{name} 已移出本单位，填报的内容留在单位里。", "success")
    else:
        form = PlaceForm(places=deeds.places_for(organisation), prefix=f"p{person_id}-")
        deeds.change_place(
            membership,
            place=form.place.data or "",
            administers=form.administers.data,
            by=current_user,
        )
        flash(f"{name} 现在是{membership.role_name}。", "success")
    return _back(organisation_id)


@blueprint.post("/mine/organisations/requests/<int:request_id>")
@needs("people.manage", of_thing=True)
def decide(request_id: int) -> ResponseReturnValue:
    """Accept or decline a request."""
    row = _request(request_id)
    organisation = queries.get_managed(row.organisation_id, by=current_user)
    refusal = ReasonForm(prefix=f"r{row.id}-")
    try:
        if "decline" in request.form:
            reason = refusal.reason.data or ""
            deeds.decline_request(row, reason=reason, by=current_user)
            flash(f"没有同意 {row.person.name} 的申请，原因已告诉对方。", "success")
        else:
            form = AcceptForm(
                places=deeds.places_for(organisation), prefix=f"r{row.id}-"
            )
            deeds.accept_request(
                row,
                place=form.place.data or "",
                administers=form.administers.data,
                by=current_user,
            )
            flash(f"{row.person.name} 已加入「{organisation.name}」。", "success")
    except Invalid as error:
        refusal.blame(error.problems)
        if refusal.reason.errors:
            return _people_page(organisation, 422, refused=(row.id, refusal))
        return _people_page(organisation, 422, error=error)
    # The same forms are on the tray of the operators, who go on there.
    if request.form.get("back") == "office":
        return redirect(url_for("office.queue", tray="joining"), 303)
    return _back(organisation.id)


@blueprint.post("/mine/organisations/<int:organisation_id>/invitations")
@needs("people.manage", of_thing=True)
def invite(organisation_id: int) -> ResponseReturnValue:
    """Invite an address."""
    organisation = queries.get_managed(organisation_id, by=current_user)
    form = InvitationForm(places=deeds.places_for(organisation))
    if not form.validate():
        return _people_page(organisation, 422, form=form)
    try:
        invitation, token = deeds.invite_person(
            organisation,
            form.email.data,
            place=form.place.data,
            administers=form.administers.data,
            by=current_user,
        )
    except (Invalid, NotNow) as error:
        form.email.errors = [f"{error.message}{error.advice}"]
        return _people_page(organisation, 422, form=form)
    # The only moment at which the link is known: the database has its digest, and the mail may get lost.
    link = url_for("memberships.invitation", token=token, _external=True)
    return _people_page(organisation, invited=(invitation, link))


@blueprint.post("/mine/organisations/invitations/<int:invitation_id>/revoke")
@needs("people.manage", of_thing=True)
def revoke(invitation_id: int) -> ResponseReturnValue:
    """Make the link of an invitation useless."""
    row = queries.get_invitation(invitation_id)
    if row is None:
        raise NotFound("没有找到这份邀请。", "请从「我的单位」进入。")
    queries.get_managed(row.organisation_id, by=current_user)
    deeds.revoke_invitation(row, by=current_user)
    flash(f"发给 {row.email} 的邀请已撤销。", "success")
    return _back(row.organisation_id)


@blueprint.route("/invitations/<token>", methods=["GET", "POST"])
@needs("public.read")
def invitation(token: str) -> ResponseReturnValue:
    """What an invitation offers, and taking it."""
    try:
        row = deeds.opened_invitation(token)
    except NotFound:
        used = queries.used_invitation(token, by=current_user)
        if used is None:
            raise
        return _to_own(f"您已经接受了这份邀请，在「{used.organisation.name}」里。")
    if request.method == "GET":
        return render_template("memberships/invitation.html", invitation=row)
    # By the path alone: after signing in or registering the same link opens again.
    if not current_user.is_authenticated:
        return redirect(url_for("security.login", next=request.path), 303)
    deeds.take_invitation(row, by=current_user)
    return _to_own(
        f"您已加入「{row.organisation.name}」，身份是{row.role_name}。", "success"
    )


@blueprint.post("/mine/organisations/take/<int:invitation_id>")
@needs("membership.read")
def take(invitation_id: int) -> ResponseReturnValue:
    """Take the place that is kept for one's own, confirmed address, without the link."""
    # Only open ones to the reader's own address; a number of somebody else's finds nothing.
    for row in queries.invitations_to(current_user):
        if row.id == invitation_id:
            deeds.take_invitation(row, by=current_user)
            return _to_own(f"您已加入「{row.organisation.name}」。", "success")
    taken = queries.get_invitation(invitation_id)
    if taken is not None and taken.used_by_id == current_user.id:
        return _to_own(f"您已经在「{taken.organisation.name}」里。")
    raise NotFound("没有找到这份邀请。", "可能已经用过、被撤销，或者过期。")


def _own_page(
    status: int = 200, *, refused: tuple[int, LeavingForm] | None = None
) -> ResponseReturnValue:
    persistence.stop_writing()
    page = render_template(
        "memberships/own.html",
        places=leaving_rows(current_user.memberships, refused),
        refused=refused[1] if refused is not None else None,
        requests=queries.own_requests(current_user),
        invitations=queries.invitations_to(current_user),
        acting_for=session.get("acting_for"),
        may_join=may(current_user, "organisation.join"),
    )
    return page, status


def _join_known(organisation: Organisation) -> ResponseReturnValue:
    form = JoinForm()
    error: MarketError | None = None
    status = 200
    if form.is_submitted():
        try:
            deeds.ask_to_join(organisation, note=form.note.data or "", by=current_user)
        except Invalid as problem:
            form.note.errors = problem.problems["note"]
            status = 422
        except NotNow as refusal:
            error, status = refusal, 409
        else:
            message = f"已向「{organisation.name}」提出申请，对方同意后您会收到通知。"
            return _to_own(message, "success")
    page = render_template(
        "memberships/join.html",
        form=form,
        organisation=organisation,
        # Who asks is to know whether a colleague or an operator decides.
        attended=bool(queries.administrators_of(organisation.id)),
        place=current_user.place_in(organisation.id),
        waiting=queries.waiting_request(current_user, organisation),
        error=error,
    )
    return page, status


def _offer_founding(code: str) -> ResponseReturnValue:
    districts = current_districts()
    form = FoundingForm(districts=districts)
    error: MarketError | None = None
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                organisation = deeds.found_organisation(
                    form.name.data,
                    uscc=code,
                    kind=form.kind.data,
                    district_code=form.district_code,
                    by=current_user,
                )
            except Invalid as problem:
                form.blame(problem.problems, otherwise="name")
            except NotNow as refusal:
                error, status = refusal, 409
            else:
                return _to_own(FOUNDED.format(organisation.name), "success")
    page = render_template("memberships/found.html", form=form, uscc=code, error=error)
    return page, status


def _people_page(
    organisation: Organisation,
    status: int = 200,
    *,
    form: InvitationForm | None = None,
    invited: tuple[Invitation, str] | None = None,
    error: MarketError | None = None,
    refused: tuple[int, ReasonForm] | None = None,
) -> ResponseReturnValue:
    # What a refused deed has set must not be rendered as if it were so.
    persistence.stop_writing()
    places = deeds.places_for(organisation)
    rows = []
    for one in queries.requests_for([organisation.id]):
        accept, refusal = request_forms(one)
        if refused is not None and refused[0] == one.id:
            refusal = refused[1]  # with what was typed
        rows.append((one, accept, refusal))
    page = render_template(
        "memberships/people.html",
        organisation=organisation,
        members=place_rows(queries.people_of(organisation), places),
        requests=rows,
        invitations=queries.open_invitations(organisation),
        form=form or InvitationForm(places=places, formdata=None),
        invited=invited,
        error=error,
        refused=refused[1] if refused is not None else None,
    )
    return page, status


def _membership(organisation: Organisation, person_id: int) -> Membership | None:
    for membership in queries.people_of(organisation):
        if membership.person_id == person_id:
            return membership
    return None


def _request(request_id: int) -> JoinRequest:
    row = queries.get_request(request_id)
    if row is None:
        raise NotFound("没有找到这份申请。", "请从「我的单位」进入。")
    return row


def _to_own(message: str, category: str = "message") -> ResponseReturnValue:
    flash(message, category)
    return redirect(url_for("memberships.own"), 303)


def _back(organisation_id: int) -> ResponseReturnValue:
    url = url_for("memberships.people", organisation_id=organisation_id)
    return redirect(url, 303)
