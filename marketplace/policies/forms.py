"""The form of a new version of a clause. What is wrong with it is decided in `deeds.py`."""

from __future__ import annotations

from wtforms import TextAreaField

from marketplace.forms import SeenForm


class ClauseForm(SeenForm):
    """The text of a clause with its worked cases."""

    text = TextAreaField(
        "条款",
        description="改 valid_from 为新版本生效的那一天，再改条件、金额和算例。数字写在引号里。"
        "算例至少三个：生效当天、前一天、以后的一天；算例都对上才能保存。",
    )
