"""The forms of notes and files. What may be typed is checked by the deeds."""

from __future__ import annotations

from wtforms import (
    BooleanField,
    FileField,
    RadioField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from marketplace.forms import DayField, PageForm, SeenForm
from marketplace.records.models import KINDS


class CaseNoteForm(SeenForm):
    """A note or minutes."""

    note_kind = RadioField(
        "种类",
        choices=[
            SelectChoice(code, f"{name}：{who}") for code, (name, who) in KINDS.items()
        ],
        validate_choice=False,
    )
    text = TextAreaField(
        "内容", description="写了不能改；有误的另写一条更正。2–2000 字。"
    )
    # A note has no meeting and no day; minutes without one are refused by the deed.
    met_on = DayField("会谈日期", [Optional()], description="只有纪要要填。")
    attendees = StringField("参加的人", description="只有纪要要填。")


class CaseFileForm(PageForm):
    """A file of a case."""

    file = FileField("文件")
    shared = BooleanField("双方也看得到")


class FileForm(PageForm):
    """A file of a decision on a price, or one for the other side of an introduction."""

    file = FileField("文件")
