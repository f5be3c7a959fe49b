"""The form of the page of all packs."""

from __future__ import annotations

from wtforms import StringField
from wtforms.validators import Length

from marketplace.forms import PageForm


class DealForm(PageForm):
    """Which deal."""

    number = StringField(
        "交易编号",
        description="如 JY202600012，在交易页的上方。",
        validators=[Length(max=40, message="最多 40 个字符。")],
    )
