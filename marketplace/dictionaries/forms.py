"""The form of an industry chain. What is done with it, and what a name may be, is in `deeds.py`."""

from __future__ import annotations

from wtforms import BooleanField, StringField

from marketplace.forms import SeenForm, WholeField


class ChainForm(SeenForm):
    """An industry chain."""

    code = StringField(
        "代码",
        description="2–30 个小写字母、数字或连字符，如 bearing。保存后不能再改。",
    )
    name = StringField("名称", description="1–40 个字，不能与别的产业链重名。")
    position = WholeField("排序", description="小的排在前面。")
    official = BooleanField(
        "已由主管部门确认", description="没有勾选的在公开页面标「非官方」。"
    )
    active = BooleanField("在用", description="停用后不能再选，已经选了的保留。")
