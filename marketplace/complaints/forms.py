"""The forms of complaints. What may be typed is checked by the deeds."""

from __future__ import annotations

from typing import Any

from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from marketplace.complaints.life import REASONS
from marketplace.forms import PageForm, SeenForm
from marketplace.lookup_codes import form_nonce


class ComplaintForm(PageForm):
    """What is wrong with something public."""

    # Two presses of one form are one complaint.
    nonce = HiddenField()
    page = HiddenField()
    broker = SelectField("哪一位", validate_choice=False)
    line = StringField("第几项", description="只举报其中一项时，填名单里的序号。")
    reason = RadioField(
        "原因",
        choices=[SelectChoice(code, name) for code, name in REASONS.items()],
        validate_choice=False,
    )
    text = TextAreaField(
        "说明", description="哪里有问题、为什么，10–2000 字。不要写国家秘密的内容。"
    )
    link = StringField("证明材料的网址", description="选填。")
    contact = StringField(
        "联系方式",
        description="选填，电话或邮箱。只有平台运营方看得到，用来核实和告知结果；裁定一年后删去。",
    )

    def begin(self, page: str) -> None:
        """Fill in what is not typed, where the form is shown for the first time."""
        self.page.data = page
        # The code that is derived from it has 60 bits: it must be impossible to guess.
        self.nonce.data = form_nonce(f"complaint {page}")

    def narrow(self, kind: str, brokers: Any) -> None:
        """Leave only the questions that the thing calls for."""
        # A box that is not on the page must not be read: it would narrow the complaint to another thing.
        if kind != "issue":
            del self.line
        if not brokers:
            del self.broker
        else:
            self.broker.choices = [SelectChoice("", "不针对某一位")]
            for one in brokers:
                self.broker.choices.append(SelectChoice(str(one.person_id), one.name))


class StatusForm(PageForm):
    """The number and the code of a complaint."""

    number = StringField("受理编号", description="如 JB20260105-00012。")
    code = StringField("查询码", description="提交时给的 12 位字母和数字。")


class RulingForm(SeenForm):
    """A decision of the operators with its reason."""

    note = TextAreaField("理由", description="双方都会看到，2–500 字。")


class AnswerForm(SeenForm):
    """What somebody says whom a complaint concerns."""

    text = TextAreaField(
        "说明", description="写明事实和依据，2–2000 字。只能提交一次。"
    )
