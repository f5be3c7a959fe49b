"""The forms of co-owners' consents. What may be typed is checked by the deeds."""

from __future__ import annotations

from wtforms import HiddenField, StringField, TextAreaField

from marketplace.forms import PageForm


class AskForm(PageForm):
    """Who is a co-owner, and where they are reached."""

    named = StringField(
        "共有人", description="单位的名称或统一社会信用代码；个人写姓名。"
    )
    email = StringField(
        "对方的邮箱",
        description="发一个链接，没有账号也能答复。单位在平台上有人负责的，可以不写。",
    )


class AnswerForm(PageForm):
    """Who answers, and why not."""

    # What was on the page: other terms have to be read first.
    terms = HiddenField()
    answered_as = StringField("您的姓名和职务", description="发布单位会看到。")
    reason = TextAreaField("不同意的原因", description="不同意时写，2–500 字。")
