"""The forms of dated statuses. What may be typed is checked by the deeds."""

from __future__ import annotations

from wtforms import SelectField, StringField, TextAreaField

from marketplace.forms import DayField, PageForm, SeenForm
from marketplace.statuses.life import CHECKED_AGAINST, STATUSES


class StatusForm(PageForm):
    """One status, as its certificate has it."""

    code = SelectField("资质", choices={"": "请选择", **STATUSES})
    number = StringField("证书编号或登记编号", description="照证书或入库公告填写。")
    valid_from = DayField("有效期从", description="如 2026-01-01。")
    valid_to = DayField(
        "有效期到", description="到这一天 24:00，过后不再算有这项资质。"
    )


class VerificationForm(SeenForm):
    """What it was compared with."""

    checked = SelectField(
        "核对了什么",
        choices={
            "": "请选择",
            **dict(zip(CHECKED_AGAINST, CHECKED_AGAINST, strict=True)),
        },
    )


class ReasonForm(SeenForm):
    """Why it does not count."""

    note = TextAreaField("原因", description="单位会看到，2–300 字。")
