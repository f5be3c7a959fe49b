"""The forms of joining, founding and inviting. What may be typed is checked by the deeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from wtforms import BooleanField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from marketplace.accounts.models import Membership
from marketplace.forms import PageForm
from marketplace.memberships.deeds import places_for
from marketplace.memberships.models import JoinRequest
from marketplace.memberships.queries import way_out
from marketplace.organisations.models import ORGANISATION_KINDS

ELSEWHERE = "elsewhere"


class CodeForm(PageForm):
    """Whom one represents."""

    uscc = StringField(
        "统一社会信用代码",
        [InputRequired("填写 18 位统一社会信用代码。")],
        description="18 位，在营业执照或事业单位法人证书上。平台按它认单位，同一个单位不会登记两次。",
    )


class JoinForm(PageForm):
    """A request to join an organisation that the site knows."""

    note = StringField(
        "给管理员的话",
        [Length(max=200)],
        description="比如您的部门和职务，对方好认。",
    )


class LeavingForm(PageForm):
    """That one knows what becomes of an organisation without people."""

    sure = BooleanField("我知道离开后单位暂停，发布的内容不再公开")


class FoundingForm(PageForm):
    """An organisation that the site does not know yet."""

    name = StringField(
        "单位名称",
        [InputRequired("填写单位名称。"), Length(max=120)],
        description="照营业执照或法人证书填写全称。",
    )
    kind = RadioField("单位类型", [InputRequired("选一种单位类型。")])
    district = SelectField(
        "所在县市区",
        [InputRequired("选单位所在的县市区，外地单位选「聊城以外」。")],
        description="外地单位选「聊城以外」。",
    )

    def __init__(self, *args: Any, districts: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = dict(ORGANISATION_KINDS)
        # The deed refuses it too; a form that offers it would invite the try.
        del kinds["operator"]
        self.kind.choices = kinds
        # Not chosen for them: who overlooks the box would come from elsewhere.
        self.district.choices = {"": "请选择", **districts, ELSEWHERE: "聊城以外"}

    @property
    def district_code(self) -> str | None:
        """The code of the district; None for elsewhere."""
        return None if self.district.data == ELSEWHERE else self.district.data


class PlaceForm(PageForm):
    """A place in an organisation."""

    # Checked by the deed, by the kind of the organisation.
    place = SelectField("身份")
    administers = BooleanField("单位管理员：处理加入申请，管理本单位人员")

    def __init__(self, *args: Any, places: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.place.choices = dict(places)


class AcceptForm(PlaceForm):
    """The place that somebody who asked is given."""


class InvitationForm(PlaceForm):
    """Whom to invite, and to which place."""

    email = StringField(
        "邮箱",
        [InputRequired("写上对方的邮箱。")],
        description="只有用这个邮箱注册的账号能接受邀请。14 天内有效，只能用一次。",
    )


class ReasonForm(PageForm):
    """Why somebody is refused a place."""

    reason = StringField("不同意的原因", [Length(max=200)])


def request_forms(request: JoinRequest) -> tuple[AcceptForm, ReasonForm]:
    """The two forms next to a request, empty; named by its number, for a page may show several."""
    prefix = f"r{request.id}-"
    places = places_for(request.organisation)
    accept = AcceptForm(places=places, formdata=None, prefix=prefix)
    return accept, ReasonForm(formdata=None, prefix=prefix)


def leaving_rows(
    places: Iterable[Membership], refused: tuple[int, LeavingForm] | None
) -> list[tuple[Membership, str, LeavingForm]]:
    """One's places, how one may leave each, and the form for it; `refused`: the number of one, with what was sent."""
    rows = []
    for place in places:
        number = place.organisation_id
        form = LeavingForm(prefix=f"o{number}-", formdata=None)
        if refused is not None and refused[0] == number:
            form = refused[1]
        rows.append((place, way_out(place), form))
    return rows


def place_rows(
    members: Iterable[Membership], places: Mapping[str, str]
) -> list[tuple[Membership, PlaceForm]]:
    """The people of an organisation, each with the form of their place."""
    rows = []
    for member in members:
        form = PlaceForm(
            places=places,
            formdata=None,
            place=member.role,
            administers=member.is_administrator,
            prefix=f"p{member.person_id}-",
        )
        rows.append((member, form))
    return rows
