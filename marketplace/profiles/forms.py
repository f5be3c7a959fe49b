"""The forms of profiles and of certificates. What may be typed is checked by the deeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from wtforms import (
    BooleanField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, ListWidget

from marketplace.forms import DayField, PageForm, SeenForm
from marketplace.profiles.models import (
    LEVELS,
    RESEARCHER_FIELDS,
    BrokerProfile,
    ResearcherProfile,
)
from marketplace.profiles.writing import BrokerValues, ResearcherValues

# What a certificate is compared with; the words are stored, for the list may change.
COMPARED_WITH = (
    "证书原件或扫描件",
    "发证单位网站查询结果",
    "发证单位的书面答复",
    "主管部门提供的名单",
)
NO_CONTACTS = "最多 500 字。不要写电话和邮箱，对接由平台安排。"


class ResearcherForm(SeenForm):
    """What a researcher says of themselves; at each field whether it is public."""

    field_1 = SelectField("第一个领域")
    field_2 = SelectField("第二个领域")
    field_3 = SelectField("第三个领域")
    fields_public = BooleanField("公开技术领域")
    title = StringField("职称", description="如教授、研究员、高级工程师。")
    title_public = BooleanField("公开职称")
    discipline = StringField("学科专业", description="如机械制造及其自动化。")
    discipline_public = BooleanField("公开学科专业")
    offer = TextAreaField(
        "能提供什么",
        description=f"比如能解决哪类问题、有哪些设备可用。{NO_CONTACTS}",
    )
    offer_public = BooleanField("公开能提供什么")
    deputy = BooleanField("愿意到企业担任科技副总")
    envoy = BooleanField("愿意担任科技特派员")
    willingness_public = BooleanField("公开任职意愿")
    desk_public = BooleanField("在单位的公开页面上写我的姓名（成果转化岗）")

    def __init__(
        self, *args: Any, choices: Mapping[str, list[tuple[str, str]]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        for item in self.field_items:
            item.choices = {"": [("", "不选")], **choices}
            # Checked by the deed, which says what to do.
            item.validate_choice = False

    @property
    def field_items(self) -> tuple[SelectField, ...]:
        """The three boxes of fields."""
        return self.field_1, self.field_2, self.field_3

    @classmethod
    def from_profile(
        cls,
        profile: ResearcherProfile | None,
        choices: Mapping[str, list[tuple[str, str]]],
    ) -> ResearcherForm:
        """The form with what is stored."""
        # 0 is the revision of a profile that is not there yet (`deeds.save_researcher`).
        values: dict[str, Any] = {"seen": "0"}
        if profile is not None:
            values["seen"] = str(profile.revision)
            for number, code in enumerate(profile.field_codes, start=1):
                values[f"field_{number}"] = code
        # The relation of that name is no box of the form.
        return cls(formdata=None, obj=profile, choices=choices, data=values)

    @property
    def values(self) -> ResearcherValues:
        """What was typed."""
        public = []
        for name in RESEARCHER_FIELDS:
            if self[f"{name}_public"].data:
                public.append(name)
        return ResearcherValues(
            field_codes=tuple(item.data or "" for item in self.field_items),
            title=self.title.data or "",
            discipline=self.discipline.data or "",
            offer=self.offer.data or "",
            deputy=self.deputy.data,
            envoy=self.envoy.data,
            public=frozenset(public),
            desk_public=self.desk_public.data,
        )


class BrokerForm(SeenForm):
    """What a broker says of themselves, and their certificate."""

    number = StringField("证书编号", description="没有证书的，这四栏都空着。")
    level = SelectField("等级", choices={"": "没有证书", **LEVELS})
    issuer = StringField("发证单位", description="照证书填写全称。")
    valid_to = DayField(
        "有效期至",
        [Optional()],
        description="如 2028-06-30。到期后「持证」标识自动取消。",
    )
    # Its own box: an empty day may have been forgotten.
    unlimited = BooleanField("证书上没有有效期")
    fields = SelectMultipleField(
        "熟悉的技术领域",
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
        validate_choice=False,
    )
    introduction = TextAreaField(
        "自我介绍", description=f"做过哪些对接、擅长什么。{NO_CONTACTS}"
    )
    listed = BooleanField(
        "列入技术经理人名录：公开我的姓名、单位、领域、介绍、在办数量，以及核对过的证书等级、发证单位和有效期"
    )
    number_public = BooleanField("在名录里也公开证书编号")
    # Shown only where operators have asked for something.
    reply = TextAreaField(
        "答复平台", description="补充了什么、有什么要说明的，可以不写；核对的人会看到。"
    )

    def __init__(self, *args: Any, names: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.choices = list(names.items())

    @classmethod
    def from_profile(
        cls, profile: BrokerProfile | None, names: Mapping[str, str]
    ) -> Self:
        """The form with what is stored."""
        values: dict[str, Any] = {"seen": "0"}
        if profile is not None:
            for name in ("number", "issuer", "valid_to", "introduction"):
                values[name] = getattr(profile, name)
            values |= {
                "seen": str(profile.revision),
                "level": profile.level or "",
                # Only of a certificate that is there: without one no end is missing.
                "unlimited": bool(profile.number) and profile.valid_to is None,
                "fields": profile.field_codes,
                "listed": profile.listed,
                "number_public": profile.number_public,
            }
        return cls(formdata=None, data=values, names=names)

    @property
    def values(self) -> BrokerValues:
        """What was typed."""
        return BrokerValues(
            number=self.number.data or "",
            level=self.level.data or "",
            issuer=self.issuer.data or "",
            valid_to=self.valid_to.data,
            unlimited=self.unlimited.data,
            field_codes=tuple(self["fields"].data or ()),
            introduction=self.introduction.data or "",
            listed=self.listed.data,
            number_public=self.number_public.data,
        )


class CheckForm(SeenForm):
    """What a certificate was compared with."""

    checked = SelectField(
        "核对了什么",
        choices={"": "请选择", **dict(zip(COMPARED_WITH, COMPARED_WITH, strict=True))},
        validate_choice=False,
    )


class ReturnForm(SeenForm):
    """What is missing."""

    note = StringField("要补充什么", description="对方会看到，2–500 字。")


class EndForm(PageForm):
    """Why somebody is a broker no longer."""

    ending = StringField("收回的原因", description="对方会看到，2–500 字。")
