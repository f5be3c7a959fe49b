"""The form of a new version of a value. What is wrong with it is decided in `deeds.py`."""

from __future__ import annotations

from wtforms import SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from marketplace.forms import DayField, SeenForm
from marketplace.rules.content import CHECKED, IN_FORCE


class VersionForm(SeenForm):
    """What a value is from a day on, and where that is written."""

    value = TextAreaField("新的值", description="只写值本身，单位不变。")
    valid_from = DayField(
        "从哪天起",
        [InputRequired(message="写它生效的那一天。")],
        description="这一天起按新的值，前一天为止按原来的值。已经开始的交易仍按它开始那天的规则。",
    )
    document = StringField("依据的文件", description="名称和文号，必填。")
    clause = StringField("条款", description="如：第十四条。")
    says = StringField("这一条说什么", description="用一句自己的话，不抄原文。")
    in_force = SelectField(
        "文件状态", choices=[SelectChoice(*one) for one in IN_FORCE.items()]
    )
    checked = SelectField(
        "核对情况",
        choices=[SelectChoice(*one) for one in CHECKED.items()],
        description="对照过文件原文的才选「已核」。",
    )
    note = TextAreaField("备注", description="使用的人要知道的，例如读法上的疑问。")
