"""The forms of deals. What may be typed is checked by the deeds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from marketplace.deals.life import (
    ANSWER_REASONS,
    CONTRACT_SUBTYPES,
    CONTRACT_TYPES,
    CONVERSION_MODES,
    EVALUATIONS,
    LETTERS,
    OBJECTION_REASONS,
    OWNER_TYPES,
    PRICING_METHODS,
    REMEDIES,
    TERMINATE_REASONS,
)
from marketplace.deals.pricing_deeds import Price
from marketplace.forms import PageForm, SeenForm
from marketplace.lookup_codes import form_nonce
from marketplace.parsing import ParseError
from marketplace.parsing.days import read_day
from marketplace.parsing.exact_sums import FEN_OF_WAN
from marketplace.parsing.single_sums import read_single_sum
from marketplace.parsing.text import compact_text

OWN_ONLY = "只有本单位和平台看得到。"
DAY_HELP = "如 2026-12-31。"


def _choices(names: Mapping[str, str]) -> list[SelectChoice]:
    return [SelectChoice(code, name) for code, name in names.items()]


def _subtypes() -> list[SelectChoice]:
    found = {"": ["不确定"]}
    for names in CONTRACT_SUBTYPES.values():
        for subtype, name in names.items():
            # 技术秘密 may be transferred and licensed: one choice, which the type of contract tells apart.
            found.setdefault(subtype, []).append(name)
    return [SelectChoice(code, "或".join(words)) for code, words in found.items()]


def _read_price(text: str) -> int | None:
    wan = read_single_sum(text, exact=True)
    if wan is None:
        return None
    # Exact: a fraction of a 分 is refused, never rounded away.
    exact = wan * FEN_OF_WAN
    if exact != exact.to_integral_value():
        raise ParseError("金额最小到分，请少写几位小数。")
    return int(exact)


def _read_count(text: str) -> int | None:
    raw = compact_text(text)
    if not raw:
        return None
    # More than four digits are no number of days.
    found = re.fullmatch(r"(\d{1,4})(?:天|日|个?自然日|个?工作日)?", raw, re.ASCII)
    if found is None:
        raise ParseError(f"「{raw[:20]}」不是天数。", "填整数，如 20；或者不填。")
    return int(found[1])


class KindForm(SeenForm):
    """What kind of deal it is."""

    title = StringField("交易名称", description="公示和合同都用它，2–200 字。")
    # `validate_choice=False` in all of these: the deeds check choices, for a form is not the only way to them.
    owner_type = RadioField(
        "成果持有方是",
        choices=_choices(OWNER_TYPES),
        validate_choice=False,
        description="政府设立的高校、院所转让、许可或作价投资，协议定价要公示；企业不用。",
    )
    contract_type = RadioField(
        "合同类型", choices=_choices(CONTRACT_TYPES), validate_choice=False
    )
    contract_subtype = SelectField(
        "其中", choices=_subtypes(), validate_choice=False, default=""
    )
    conversion_mode = RadioField(
        "转化方式", choices=_choices(CONVERSION_MODES), validate_choice=False
    )

    @property
    def kinds(self) -> dict[str, str]:
        """What was chosen, as the deeds take it."""
        return {
            "title": self.title.data or "",
            "owner_type": self.owner_type.data or "",
            "contract_type": self.contract_type.data or "",
            "contract_subtype": self.contract_subtype.data or "",
            "conversion_mode": self.conversion_mode.data or "",
        }


class ReviseForm(KindForm):
    """What changes after the price was determined."""

    note = TextAreaField("为什么改", description="双方和看公示的人都看得到，2–500 字。")


class NoteForm(SeenForm):
    """A reason."""

    note = TextAreaField("原因", description="对方会看到，2–500 字。")


class LetterForm(SeenForm):
    """A text that both sides confirm."""

    letter_kind = RadioField(
        "文本", choices=_choices(LETTERS), validate_choice=False, default="intention"
    )
    text = TextAreaField(
        "全文", description="起草的一方视为已确认；另一方确认的就是这份文字。"
    )
    access_until = StringField(
        "限制文件看到哪一天", description=f"只有保密协议要填，{DAY_HELP}"
    )

    @property
    def last_day(self) -> date | None:
        """The day that was typed. Raises Invalid."""
        return self.read_box("access_until", read_day)


class ConfirmForm(SeenForm):
    """A confirmation of the text with that hash."""

    letter_kind = HiddenField()
    sha256 = HiddenField()


class ItemForm(SeenForm):
    """The answer to one item of 尽调."""

    code = HiddenField()
    has_finding = RadioField(
        "答复",
        choices=[SelectChoice("no", "没有"), SelectChoice("yes", "有")],
        validate_choice=False,
    )
    note = TextAreaField("说明", description="有情况的要写明是什么、怎么处理的。")

    @property
    def finding(self) -> bool | None:
        """Whether there is something; None: nothing was chosen."""
        return {"yes": True, "no": False}.get(self.has_finding.data or "")


class PriceForm(SeenForm):
    """A decision on the price with its record."""

    method = RadioField(
        "定价方式", choices=_choices(PRICING_METHODS), validate_choice=False
    )
    price = StringField(
        "价格",
        description="单位万元，如 120 或 120.5；按提成、入股计价的写在「计价说明」。",
    )
    price_text = StringField(
        "计价说明", description="按提成、入股等方式计价的写在这里，最多 300 字。"
    )
    basis = TextAreaField("定价依据", description="评估、比价、成本或同类交易。")
    evaluation = RadioField(
        "资产评估", choices=_choices(EVALUATIONS), validate_choice=False
    )
    evaluation_note = TextAreaField(
        "评估说明", description="评估的写机构和报告编号；不评估的写理由和谁决定的。"
    )
    empowerment = TextAreaField(
        "赋权情况", description="成果已赋权给完成人的，写明范围、期限和决定；没有不填。"
    )
    met_on = StringField("开会日期", description="作决定的那次会，如 2026-03-15。")
    attendees = TextAreaField("参会人", description=f"一行一位。{OWN_ONLY}")
    minutes = TextAreaField("会议决议", description=f"2–2000 字。{OWN_ONLY}")

    def read(self) -> Price:
        """What was typed. Raises Invalid."""
        # The deed leaves out empty lines.
        names = (self.attendees.data or "").splitlines()
        return Price(
            method=self.method.data or "",
            price_fen=self.read_box("price", _read_price),
            price_text=self.price_text.data or "",
            basis=self.basis.data or "",
            evaluation=self.evaluation.data or "",
            evaluation_note=self.evaluation_note.data or "",
            empowerment=self.empowerment.data or "",
            minutes=self.minutes.data or "",
            met_on=self.read_box("met_on", read_day),
            attendees=tuple(name.strip() for name in names),
        )


class PublicityForm(SeenForm):
    """How it is made public."""

    days = StringField("公示天数", description="不填就按规定的天数；可以更长。")
    day_kind = RadioField(
        "按",
        choices=[SelectChoice("natural", "自然日"), SelectChoice("working", "工作日")],
        validate_choice=False,
        default="natural",
    )
    places = TextAreaField(
        "公示的地方", description="本单位网站等；平台同步公示，不代替本单位公示。"
    )
    objection_contact = TextAreaField("异议联系人和方式")
    procedure = TextAreaField("异议处理程序")

    @property
    def count(self) -> int | None:
        """How many days; None: as many as the rule asks. Raises Invalid."""
        return self.read_box("days", _read_count)


class PriorityForm(SeenForm):
    """What became of the completers' priority."""

    priority = RadioField(
        "完成人的优先受让权",
        choices=[
            SelectChoice("waived", "完成人书面放弃"),
            SelectChoice("none", "没有人有优先权"),
            SelectChoice("used", "完成人行使优先权（本交易终止）"),
        ],
        validate_choice=False,
    )
    note = TextAreaField(
        "依据", description="写明书面放弃或通知的日期、方式，2–500 字。"
    )


class TerminateForm(SeenForm):
    """Why a deal ends."""

    reason = RadioField(
        "终止的原因", choices=_choices(TERMINATE_REASONS), validate_choice=False
    )
    note = TextAreaField("说明", description="双方都看得到，2–500 字。")


class ObjectionForm(PageForm):
    """What is wrong with what is made public."""

    # Two presses of one form are one objection.
    nonce = HiddenField()
    reason = RadioField(
        "哪里有问题", choices=_choices(OBJECTION_REASONS), validate_choice=False
    )
    text = TextAreaField(
        "说明", description="2–2000 字，会随答复公开，不要写个人信息。"
    )
    evidence = TextAreaField(
        "证据", description="选填：材料名称、网址、知情人等，交给公示单位核查。"
    )
    remedy = RadioField(
        "希望怎么处理", choices=_choices(REMEDIES), validate_choice=False
    )
    contact = StringField(
        "联系方式", description="选填，只有公示单位的审批人看得到，用来核实。"
    )

    def begin(self, publicity_id: int) -> None:
        """Fill in what is not typed, where the form is shown for the first time."""
        # The code by which the author reads the answer is derived from it: it must be impossible to guess.
        self.nonce.data = form_nonce(f"objection {publicity_id}")


class StatusForm(PageForm):
    """The number and the code of an objection."""

    number = StringField("受理编号", description="如 YY20261205-00012。")
    code = StringField("查询码", description="提交时给的 12 位字母和数字。")


class AnswerForm(SeenForm):
    """The answer to an objection."""

    is_sustained = RadioField(
        "结论",
        choices=[
            SelectChoice("no", "不成立，公示继续"),
            SelectChoice("yes", "成立，改正后重新公示"),
        ],
        validate_choice=False,
    )
    answer_reason = RadioField(
        "理由", choices=_choices(ANSWER_REASONS), validate_choice=False
    )
    answer = TextAreaField("答复", description="会公开，2–2000 字。")

    @property
    def sustained(self) -> bool | None:
        """The conclusion; None: nothing was chosen."""
        return {"yes": True, "no": False}.get(self.is_sustained.data or "")
