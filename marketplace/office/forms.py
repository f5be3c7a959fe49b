"""The forms of the office: a decision with its reason, an organisation's code, a chain."""

from __future__ import annotations

import re

from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange


class DecisionForm(FlaskForm):
    """What was decided on a listing, which revision the reader saw, and why."""

    seen = HiddenField()
    note = TextAreaField(
        "原因或说明",
        [Length(max=500, message="最多 500 字。")],
        description="退回、不予通过、暂停时必填，对方会看到。写清楚改哪里、怎么改。",
    )

    @property
    def seen_revision(self) -> int:
        """The revision the reader saw; -1 where the page did not say."""
        return (
            int(self.seen.data)
            if re.fullmatch(r"\d{1,9}", self.seen.data or "", re.ASCII)
            else -1
        )


class VerifyForm(FlaskForm):
    """The code against which an organisation is verified."""

    uscc = StringField(
        "统一社会信用代码", description="18 位，照营业执照或事业单位法人证书填写。"
    )


class ChainForm(FlaskForm):
    """An industry chain."""

    seen = HiddenField()
    code = StringField(
        "代码",
        description="2–30 个小写字母、数字或连字符，如 bearing。保存后不能再改。",
    )
    name = StringField("名称", description="1–40 个字，不能与别的产业链重名。")
    position = IntegerField(
        "排序",
        [
            InputRequired(message="写一个整数。"),
            NumberRange(0, 9999, message="写 0 到 9999 的整数。"),
        ],
        description="小的排在前面。",
    )
    official = BooleanField(
        "已由主管部门确认", description="没有勾选的在公开页面标「非官方」。"
    )
    active = BooleanField("在用", description="停用后不能再选，已经选了的保留。")

    @property
    def seen_revision(self) -> int:
        """The revision the editor saw; -1 where the page did not say."""
        return (
            int(self.seen.data)
            if re.fullmatch(r"\d{1,9}", self.seen.data or "", re.ASCII)
            else -1
        )
