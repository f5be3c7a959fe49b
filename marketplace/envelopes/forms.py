"""The forms of envelopes, claims and cohorts. What may be typed is checked by the deeds."""

from __future__ import annotations

from collections.abc import Iterable

from wtforms import (
    FileField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, ListWidget

from marketplace.envelopes.cohort_deeds import COLUMNS
from marketplace.envelopes.models import Envelope
from marketplace.errors import Invalid
from marketplace.forms import DayField, PageForm, SeenForm, WholeField
from marketplace.policies.content import Clause
from marketplace.rules.content import CHECKED, IN_FORCE


class EnvelopeForm(PageForm):
    """A new envelope."""

    name = StringField("名称", description="不写年份，如：技术合同补助资金。")
    # Optional for the box, needed by the deed: its sentence says which years there are.
    year = WholeField(
        "年度", [Optional()], description="支持哪一年的事项，如登记在哪一年的合同。"
    )
    source = StringField("资金来源", description="如：市级科技专项资金。")
    document = StringField("依据", description="文件的名称和文号。")
    in_force = SelectField(
        "文件状态",
        choices=[SelectChoice(*one) for one in IN_FORCE.items()],
        description="依据还是征求意见稿的，可以先设立，不能受理申领。",
    )
    checked = SelectField(
        "核对情况", choices=[SelectChoice(*one) for one in CHECKED.items()]
    )
    clause_codes = SelectMultipleField(
        "支持哪些政策",
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    budget_fen = StringField("预算", description="单位元。")

    def offer_clauses(self, clauses: Iterable[Clause]) -> None:
        """The clauses that somebody may be paid by."""
        self.clause_codes.choices = [
            SelectChoice(one.code, f"{one.title}（{one.number} {one.clause}）")
            for one in clauses
        ]


class BudgetForm(SeenForm):
    """More money, or less."""

    direction = SelectField(
        "怎么调整",
        choices=[SelectChoice("more", "增加预算"), SelectChoice("less", "核减预算")],
    )
    amount_fen = StringField("金额", description="单位元。")
    reason = StringField("依据", description="写进资金明细，2–500 字。")

    @property
    def is_more(self) -> bool:
        """Whether it is more. Raises Invalid where neither is chosen: no guess lessens a budget."""
        chosen = self.direction.data
        if chosen not in ("more", "less"):
            message = "选增加预算还是核减预算。"
            raise Invalid(message, problems={"direction": [message]})
        return bool(chosen == "more")


class BasisForm(SeenForm):
    """The document that is in force now."""

    document = StringField("生效文件", description="名称和文号。")


class ClaimForm(PageForm):
    """A new claim."""

    envelope = SelectField("从哪笔资金申领")
    organisation = SelectField("为哪个单位申领")
    subject = StringField(
        "申领事项", description="按项目支持的写项目名称和编号，其他的不写。"
    )

    def offer(
        self, envelopes: Iterable[Envelope], organisations: Iterable[tuple[int, str]]
    ) -> None:
        """The envelopes and organisations that can be chosen."""
        self.envelope.choices = [
            SelectChoice(str(one.id), one.title) for one in envelopes
        ]
        self.organisation.choices = [
            SelectChoice(str(number), name) for number, name in organisations
        ]


class PaperForm(PageForm):
    """A paper of a claim."""

    use = SelectField("哪一份材料")
    file = FileField("文件", description="PDF、图片、Word 或 Excel。")

    def offer(self, papers: Iterable[str]) -> None:
        """The papers that the clause wants."""
        self.use.choices = [SelectChoice(one, one) for one in papers]


class DecisionForm(SeenForm):
    """What an operator decides; which boxes are shown depends on the state."""

    amount_fen = StringField(
        "核定金额", description="单位元；不写按申领的金额，只能少不能多。"
    )
    note = TextAreaField("理由", description="申领人会看到，2–500 字。")
    # One form for several decisions: only paying needs a day, and its deed asks for it.
    paid_on = DayField("付款日期", [Optional()])
    voucher = StringField("付款凭证号")


class CohortForm(PageForm):
    """A new cohort."""

    organisation = SelectField("培养机构")
    name = StringField("名称", description="如：2026 年第一期初级班。")
    began_on = DayField("开班日期", [Optional()])
    ended_on = DayField("结班日期", [Optional()])

    def offer(self, organisations: Iterable[tuple[int, str]]) -> None:
        """The organisations that can be chosen."""
        self.organisation.choices = [
            SelectChoice(str(number), name) for number, name in organisations
        ]


class MembersForm(SeenForm):
    """Lines of trained people."""

    members = TextAreaField(
        "学员名单",
        description=f"每人一行，从表格里复制，或用逗号隔开：{'、'.join(COLUMNS)}。后四位只用来区分同名的人。",
    )
