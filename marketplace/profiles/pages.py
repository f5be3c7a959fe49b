"""Pages of profiles: one's own, the public ones, and the operators' page of a broker."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import contributions, persistence
from marketplace.accounts.models import INSTITUTIONS
from marketplace.clock import today
from marketplace.dictionaries.models import choosable_fields, fields_of_level
from marketplace.door import OPEN_PAGE, needs
from marketplace.errors import Invalid, MarketError, NotFound, Stale
from marketplace.parsing.text import clean_text, half_width
from marketplace.profiles import deeds, disclosure, queries
from marketplace.profiles.forms import (
    CheckForm,
    EndForm,
    ResearcherForm,
    ReturnForm,
)
from marketplace.profiles.models import LEVELS, WILLINGNESS, BrokerProfile
from marketplace.profiles.queries import Wanted

blueprint = Blueprint("profiles", __name__)
OFFICE = "/office/brokers/<int:person_id>"
# A researcher chooses fields in three boxes: the first one says what is wrong with them.
CHOSEN_FIRST = "field_1"
MAX_TEXT = 60  # characters of what the directory is searched for
HISTORY_WORDS = {
    "save": "保存资料",
    "hide": "退出名录",
    "check": "核对证书",
    "return": "要求补充",
    "end": "收回资格",
}


@blueprint.get("/people")
@needs("profile.read", stored=OPEN_PAGE)
def people() -> ResponseReturnValue:
    """The directory of researchers."""
    fields = fields_of_level(1)
    institutions = queries.institutions_listed()
    institution = request.args.get("institution", 0, type=persistence.row_number)
    wanted = Wanted(
        text=half_width(clean_text(request.args.get("q")))[:MAX_TEXT],
        field=_one_of("field", fields),
        willing=_one_of("willing", WILLINGNESS),
        institution=institution if institution in institutions else 0,
    )
    return render_template(
        "profiles/people.html",
        listed=queries.find_people(wanted, _page_number()),
        wanted=wanted,
        fields=fields,
        willingness=WILLINGNESS,
        institutions=institutions,
    )


@blueprint.get("/people/<int:person_id>")
@needs("profile.read", stored=OPEN_PAGE)
def person(person_id: int) -> ResponseReturnValue:
    """What one researcher lets everybody know."""
    return render_template(
        "profiles/person.html", person=queries.public_researcher(person_id)
    )


@blueprint.get("/brokers")
@needs("broker.read", stored=OPEN_PAGE)
def brokers() -> ResponseReturnValue:
    """The brokers who agreed to be listed."""
    fields = fields_of_level(1)
    field = _one_of("field", fields)
    certified = request.args.get("certified") == "1"
    return render_template(
        "profiles/brokers.html",
        listed=queries.find_brokers(field, certified, _page_number()),
        field=field,
        certified=certified,
        fields=fields,
    )


@blueprint.route("/mine/profile", methods=["GET", "POST"])
@needs("profile.edit")
def own_profile() -> ResponseReturnValue:
    """One's own profile as a researcher."""
    profile = queries.own_researcher(current_user)
    choices = _grouped_fields(profile.field_codes if profile else ())
    form = ResearcherForm(choices=choices)
    if form.is_fresh:
        form = ResearcherForm.from_profile(profile, choices)
    if not form.is_submitted():
        return _own_profile_page(form)
    try:
        deeds.save_researcher(form.values, seen=form.seen_revision, by=current_user)
    except Invalid as error:
        form.blame(error.problems, CHOSEN_FIRST)
        return _own_profile_page(form, 422)
    except Stale as error:
        return _own_profile_page(form, 409, error=error)
    flash("资料已保存。公开的内容马上生效。", "success")
    return redirect(url_for("profiles.own_profile"), 303)


@blueprint.post("/mine/profile/hide")
@needs("profile.edit")
def hide_profile() -> ResponseReturnValue:
    """Make nothing public any more."""
    deeds.hide_researcher(by=current_user)
    flash("已全部改为不公开，资料还在。", "success")
    return redirect(url_for("profiles.own_profile"), 303)


@blueprint.post("/mine/broker/hide")
@needs("broker.apply")
def hide_broker() -> ResponseReturnValue:
    """Take oneself off the list."""
    deeds.hide_broker(by=current_user)
    flash("已从技术经理人名录里撤下，资料还在。", "success")
    return redirect(url_for("verification.certificate"), 303)


@blueprint.get(OFFICE)
@needs("broker.check")
def office(person_id: int) -> ResponseReturnValue:
    """A broker, or somebody who wants to be one, with everything an operator needs."""
    return _office_page(person_id)


@blueprint.post(f"{OFFICE}/check")
@needs("broker.check")
def check(person_id: int) -> ResponseReturnValue:
    """Note what the certificate was compared with."""
    form = CheckForm()

    def deed(profile: BrokerProfile) -> str:
        deeds.check_certificate(
            profile,
            checked=form.checked.data or "",
            seen=form.seen_revision,
            by=current_user,
        )
        return f"「{profile.person.name}」的证书已核对，已是技术经理人。"

    return _do(person_id, deed, "checking", form)


@blueprint.post(f"{OFFICE}/return")
@needs("broker.check")
def send_back(person_id: int) -> ResponseReturnValue:
    """Ask for what is missing."""
    form = ReturnForm(prefix="return-")

    def deed(profile: BrokerProfile) -> str:
        deeds.return_certificate(
            profile,
            note=form.note.data or "",
            seen=form.seen_revision,
            by=current_user,
        )
        return f"已请「{profile.person.name}」补充。"

    return _do(person_id, deed, "returning", form)


@blueprint.post(f"{OFFICE}/end")
@needs("broker.check")
def end(person_id: int) -> ResponseReturnValue:
    """Take the role away."""
    form = EndForm()
    # Somebody may be a broker without a profile, since before there were any.
    person, _ = queries.get_candidate(person_id)
    try:
        deeds.end_broker(person, note=form.ending.data or "", by=current_user)
    except Invalid as error:
        form.blame(error.problems, CHOSEN_FIRST)
        return _office_page(person_id, 422, forms={"ending": form})
    flash(f"「{person.name}」已不再是技术经理人。", "success")
    return redirect(url_for("office.queue", tray="certificates"), 303)


def _do(
    person_id: int, deed: Callable[[BrokerProfile], str], name: str, form: Any
) -> ResponseReturnValue:
    """Decide on a certificate; what was refused stands next to its form."""
    _, profile = queries.get_candidate(person_id)
    if profile is None:
        raise NotFound("这位技术经理人没有填写证书。", "请对方先填写资料。")
    try:
        message = deed(profile)
    except Invalid as error:
        form.blame(error.problems, CHOSEN_FIRST)
        return _office_page(person_id, 422, forms={name: form})
    flash(message, "success")
    return redirect(url_for("profiles.office", person_id=person_id), 303)


def _office_page(
    person_id: int, status: int = 200, *, forms: dict[str, Any] | None = None
) -> ResponseReturnValue:
    persistence.stop_writing()
    # Read once more: what a refused deed has set is gone with its transaction.
    person, profile = queries.get_candidate(person_id)
    seen = str(profile.revision) if profile else "0"
    offered = {
        "checking": CheckForm(formdata=None, seen=seen),
        "returning": ReturnForm(formdata=None, prefix="return-", seen=seen),
        "ending": EndForm(formdata=None),
        **(forms or {}),
    }
    page = render_template(
        "profiles/office.html",
        person=person,
        profile=profile,
        certified=bool(profile and profile.is_certified(today())),
        same=queries.same_number(profile) if profile else [],
        levels=LEVELS,
        fields=fields_of_level(1),
        history=queries.history_of_broker(person_id),
        words=HISTORY_WORDS,
        forms=offered,
        # What they have supplied with it.
        panels=contributions.case_panels(profile, current_user) if profile else [],
        refused=next(iter((forms or {}).values()), None),
    )
    return page, status


def _own_profile_page(
    form: ResearcherForm, status: int = 200, *, error: MarketError | None = None
) -> ResponseReturnValue:
    persistence.stop_writing()
    profile = queries.own_researcher(current_user)
    shown = None
    if profile is not None:
        # By the same function as for others, so that the preview cannot promise something else.
        shown = disclosure.researcher_view(profile, fields_of_level(2))
    if error is not None:
        # What is typed stays; saved once more it takes the place of what somebody has seen in the notice.
        form.seen.data = str(profile.revision if profile else 0)
    page = render_template(
        "profiles/own_profile.html",
        form=form,
        profile=profile,
        shown=shown,
        at_institution=bool(disclosure.verified_places(current_user, INSTITUTIONS)),
        is_desk=any(one.role == "desk" for one in current_user.memberships),
        error=error,
    )
    return page, status


def _grouped_fields(held: Collection[str]) -> dict[str, list[tuple[str, str]]]:
    """Name of a field of level 1 → (code, name) of those of level 2 that belong to it and may be chosen.

    Args:
        held: codes of those that are chosen already; they stay though they are retired.
    """
    grouped: dict[str, list[tuple[str, str]]] = {}
    names = fields_of_level(1)
    for code, name in choosable_fields(2, held).items():
        # Two figures of the code are those of the field it belongs to.
        grouped.setdefault(names[code[:2]], []).append((code, name))
    return grouped


def _one_of(name: str, known: Any) -> str:
    """A value of the address, if it is a known one; else empty."""
    value = request.args.get(name, "")
    return value if value in known else ""


def _page_number() -> int:
    return request.args.get("page", 1, type=int)
