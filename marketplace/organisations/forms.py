"""The forms of verifying and changing organisations. What may be typed is checked by the deeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wtforms import SelectField, StringField
from wtforms.validators import InputRequired

from marketplace.forms import DayField, PageForm, SeenForm
from marketplace.parsing.days import DAY_NEEDED

# What an identity is checked against; the words are stored, for the list may change.
CHECKED_AGAINST = (
    "营业执照（扫描件或原件）",
    "事业单位法人证书",
    "国家企业信用信息公示系统查询结果",
    "主管部门提供的名单",
    "社会组织登记证书",
)


class VerificationForm(SeenForm):
    """What an organisation was verified by, of the name and code that stood on the page."""

    # Empty where it has one already: what is verified then is the code of the row.
    uscc = StringField(
        "统一社会信用代码", description="18 位，照营业执照或事业单位法人证书填写。"
    )
    checked = SelectField(
        "核对了什么",
        choices={
            "": "请选择",
            **dict(zip(CHECKED_AGAINST, CHECKED_AGAINST, strict=True)),
        },
    )


class NoteForm(SeenForm):
    """What is said to an organisation."""

    note = StringField("原因或要补充的内容", description="对方会看到，2–500 字。")


class IdentityForm(SeenForm):
    """Its name and code."""

    name = StringField("单位名称", [InputRequired("填写单位名称。")])
    uscc = StringField("统一社会信用代码", description="不改就留着。")


class SeatForm(PageForm):
    """Where it is seated from a day on."""

    district = SelectField("所在县市区")
    since = DayField("从哪天起", [InputRequired(DAY_NEEDED)])

    def __init__(self, *args: Any, districts: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Districts of today only; where a body was once is a row of `OrganisationSeat`.
        self.district.choices = dict(districts)


class AliasForm(PageForm):
    """Another name that finds it."""

    alias = StringField("简称或别名", [InputRequired("写一个名称。")])


class MergeForm(PageForm):
    """The organisation that stays."""

    # Typed and not chosen from a list: an operator who merges should know the name or the code.
    kept = StringField(
        "并入哪个单位",
        [InputRequired("写保留单位的名称或统一社会信用代码。")],
        description="写保留的那个单位的全称或统一社会信用代码。人员、成果、需求和名称都归到它名下，可以撤销。",
    )
