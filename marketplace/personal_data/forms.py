"""The form that closes an account."""

from __future__ import annotations

from wtforms import BooleanField, PasswordField
from wtforms.validators import InputRequired

from marketplace.forms import PageForm


class ClosingForm(PageForm):
    """The password once more, and that one knows what goes."""

    password = PasswordField("密码", [InputRequired("输入密码。")])
    sure = BooleanField("我知道注销后不能恢复", [InputRequired("勾选以后才能注销。")])
