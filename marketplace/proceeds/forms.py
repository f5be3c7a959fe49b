"""The forms of payments and distributions. What may be typed is checked by `typed_plans` and the deeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from marketplace.accounts.models import Person
from marketplace.forms import DayField, PageForm, SeenForm
from marketplace.parsing import ParseError
from marketplace.parsing.exact_sums import read_fen, read_per_cent
from marketplace.persistence import row_number
from marketplace.proceeds.sharing import SOURCES
from marketplace.proceeds.typed_plans import read_brackets, read_people


class MilestoneForm(SeenForm):
    """What is delivered or paid by a day."""

    title = StringField("节点", description="如：交付工艺包；第二笔款。")
    # Here and below a missing day passes: the deed refuses it in its own words.
    due_on = DayField("最后一天", [Optional()])
    plan_fen = StringField("应付金额", description="单位元；只有交付的不写。")


class DoneForm(SeenForm):
    """When it was done."""

    done_on = DayField("完成日期", [Optional()])


class ReceiptForm(SeenForm):
    """Money that came in."""

    amount_fen = StringField("到账金额", description="单位元。")
    received_on = DayField("到账日期", [Optional()])
    note = StringField("说明")


# Without a revision: a receipt is taken back once, whatever else has changed meanwhile.
class ReverseForm(PageForm):
    """Why a receipt is taken back."""

    note = StringField("冲销的原因")


class PlanForm(PageForm):
    """How it is to be shared."""

    source = SelectField(
        "收入来源", choices=[SelectChoice(*one) for one in SOURCES.items()]
    )
    costs_fen = StringField(
        "累计直接成本", description="单位元：税费、中介、评估等；没有的写 0。"
    )
    brackets = TextAreaField(
        "各档怎么分",
        description="每行一档：上限（元，最后一档写「以上」）、完成人 %、单位 %、技术转移机构 %。如：以上 70 30 0",
    )
    institution = StringField(
        "本单位规定的完成人比例", description="%，没有规定的不写。"
    )
    agreed = StringField("与完成人约定的比例", description="%，没有约定的不写。")
    people = TextAreaField(
        "完成人",
        description="每人一行：姓名、占完成人部分的 %，担任领导的再写「领导」。如：张三 60",
    )

    def read(self) -> dict[str, Any]:
        """What was typed, as the deed takes it; of no use where anything is in `unread`."""
        return {
            "costs": [self.read_box("costs_fen", _read_costs)],
            "source": self.source.data or "",
            "brackets": self.read_box("brackets", read_brackets),
            "people": self.read_box("people", read_people),
            "institution": self.read_box("institution", read_per_cent),
            "agreed": self.read_box("agreed", read_per_cent),
        }


def _read_costs(text: str) -> int:
    costs = read_fen(text)
    # Empty is not 0: costs that were forgotten would be shared as income.
    if costs is None:
        raise ParseError("写累计的直接成本，没有的写 0。")
    return costs


class GiveForm(SeenForm):
    """To whom a statement is given."""

    # The deed checks it by who belongs to the seller at that moment.
    person = SelectField("本人的账号", validate_choice=False)

    def __init__(
        self, *args: Any, people: Sequence[Person] = (), name: str = "", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        choices = [SelectChoice("", "请选")]
        for one in people:
            # With the address: two people of one name work in one university (141).
            choices.append(SelectChoice(str(one.id), f"{one.name}（{one.email}）"))
        self.person.choices = choices
        same = [str(one.id) for one in people if one.name == name]
        # Only a proposal: of two people of one name none is proposed.
        if self.person.data is None and len(same) == 1:
            self.person.data = same[0]

    @property
    def person_id(self) -> int | None:
        """Whom they chose; None for what is no number."""
        try:
            return row_number(self.person.data or "")
        except ValueError:
            return None
