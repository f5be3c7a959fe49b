"""The forms of a new version of a clause and of an official text. What is wrong with them is decided in `deeds.py`."""

from __future__ import annotations

from collections.abc import Iterable

from wtforms import FileField, SelectField, TextAreaField

from marketplace.forms import PageForm, SeenForm


class ClauseForm(SeenForm):
    """The text of a clause with its worked cases."""

    text = TextAreaField(
        "条款",
        description="改 valid_from 为新版本生效的那一天，再改条件、金额和算例。数字写在引号里。"
        "算例至少三个：生效当天、前一天、以后的一天；算例都对上才能保存。",
    )


class OfficialTextForm(PageForm):
    """The official text of a document, pasted or as a file."""

    document = SelectField("哪一份文件", description="按文号选；政策库里有它的条款。")
    text = TextAreaField(
        "贴上全文",
        description="从正式文件里复制，贴上全文；按「第一条」「1.」「一、」「（一）」分开。",
    )
    file = FileField("或者选文件", description="正式文件，.docx、.pdf 或 .txt。")

    def offer(self, numbers: Iterable[str]) -> None:
        """Let one of these documents be chosen."""
        self.document.choices = [("", "请选择"), *((one, one) for one in numbers)]
