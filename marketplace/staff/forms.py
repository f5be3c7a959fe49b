"""The forms of accounts. What may be typed is checked by the deeds."""

from __future__ import annotations

from wtforms import RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from marketplace.accounts.models import ROLES
from marketplace.forms import PageForm


class StaffForm(PageForm):
    """Somebody who shall run or audit the site."""

    email = StringField(
        "邮箱", description="有账号的填登录邮箱；没有的，会为对方新建。"
    )
    name = StringField("姓名", description="新账号要填；已有的不变。")
    role = RadioField(
        "角色",
        choices=[
            SelectChoice("operator", f"{ROLES['operator']}：审核、核验、管理账号"),
            SelectChoice("auditor", f"{ROLES['auditor']}：只看审计日志，别的都不能办"),
        ],
        validate_choice=False,
    )


class ReasonForm(PageForm):
    """Why something is taken away."""

    reason = TextAreaField("原因", description="对方会在邮件里看到，2–200 字。")
