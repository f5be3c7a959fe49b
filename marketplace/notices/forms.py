"""The form of 通知设置. What is done with it is in `deeds.py`."""

from __future__ import annotations

from wtforms import BooleanField, SelectField, SelectMultipleField, widgets
from wtforms.fields.choices import SelectChoice
from wtforms.validators import NumberRange

from marketplace.forms import PageForm

HOURS = [SelectChoice(hour, f"{hour:02d}:00") for hour in range(24)]
REAL_HOUR = NumberRange(0, 23, message="从列出的整点里选一个。")


def _read_hour(text: object) -> int:
    """An hour, or -1 for what is none: WTForms would refuse that in English."""
    written = str(text)
    if written.isascii() and written.isdecimal() and len(written) <= 2:
        return int(written)
    return -1


class SettingsForm(PageForm):
    """When one wants mail, and of what."""

    quiet_from = SelectField(
        "不发邮件的时段，从",
        [REAL_HOUR],
        coerce=_read_hour,
        choices=HOURS,
        validate_choice=False,
        description="这段时间里的邮件等到结束再发；找回密码这类急的不等。起止选同一个钟点，就全天都发。",
    )
    quiet_until = SelectField(
        "到",
        [REAL_HOUR],
        coerce=_read_hour,
        choices=HOURS,
        validate_choice=False,
    )
    daily = BooleanField("不急的通知每天早上八点半汇总成一封邮件")
    mailed = SelectMultipleField(
        "哪些通知发邮件",
        validate_choice=False,
        option_widget=widgets.CheckboxInput(),
        widget=widgets.ListWidget(prefix_label=False),
        description="没有勾选的只在站内显示。关系到账号安全的邮件总是要发。",
    )
