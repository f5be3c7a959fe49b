"""The form of a year of announced days. How its lines are read stands in `written_days.py`."""

from __future__ import annotations

from wtforms import SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from marketplace.forms import SeenForm, WholeField
from marketplace.workdays.models import STATUSES


class YearForm(SeenForm):
    """The days off and the working days in exchange of one year."""

    year = WholeField("年份", [InputRequired(message="写四位数的年份。")])
    status = SelectField(
        "状态",
        choices=[SelectChoice(*one) for one in STATUSES.items()],
        description="只有「已公布」的参与计算期限；「待核实」的先放着，不起作用。",
    )
    source = StringField("依据", description="哪个通知、文号，已公布的必填。")
    off = TextAreaField(
        "放假",
        description="一行一段，后面写节日，如 2026-02-15 至 2026-02-23 春节，或 2月15日至23日 春节。",
    )
    working = TextAreaField(
        "调休上班", description="周末上班的日子，一行一天，如 2026-02-14 春节。"
    )
