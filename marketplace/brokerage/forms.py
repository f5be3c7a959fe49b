"""The forms of cases, and which of them a reader is offered now. What may be typed is checked by the deeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from wtforms import (
    BooleanField,
    HiddenField,
    RadioField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from marketplace.accounts.contact_consents import CONSENTS, SHARE
from marketplace.brokerage import queries
from marketplace.brokerage.agreement_deeds import CommissionTerms
from marketplace.brokerage.available_deeds import AVAILABLE, rights_of
from marketplace.brokerage.child_models import INTERESTS, SideName
from marketplace.brokerage.deeds import own_kind
from marketplace.brokerage.disclosure import sides_held
from marketplace.brokerage.life import (
    BASES,
    COMMISSION_HINTS,
    MODES,
    PAYERS,
    TERMINATE_REASONS,
    TRIGGERS,
)
from marketplace.brokerage.models import BrokerageCase
from marketplace.forms import DayField, PageForm, SeenForm
from marketplace.listings.disclosure import knowledge_of
from marketplace.parsing.exact_sums import read_fen, read_per_cent
from marketplace.permissions import Guest, Reader
from marketplace.persistence import row_number
from marketplace.verdicts.queries import reason_names

YES, NO = "yes", "no"
NOT_SHOWN = ("HiddenField", "CSRFTokenField")


def chosen(answer: str | None) -> bool | None:
    """What was answered to a question of yes or no; None: neither."""
    # Never False for an empty answer: a ruling or a declaration must not be decided by a box nobody touched.
    return {YES: True, NO: False}.get(answer or "")


def _choices(names: Mapping[str, str]) -> list[SelectChoice]:
    return [SelectChoice(code, name) for code, name in names.items()]


class CaseForm(SeenForm):
    """A form on the page of a case; its boxes bear its name, for a page has several."""

    @property
    def shown(self) -> list[Any]:
        """The boxes that people fill in."""
        return [one for one in self if one.type not in NOT_SHOWN]

    @property
    def values(self) -> dict[str, Any]:
        """What the deed of this form is given: here every box as its text."""
        return {one.short_name: one.data or "" for one in self.shown}


class PlainForm(CaseForm):
    """A button alone."""


class NoteForm(CaseForm):
    """A note with a deed."""

    note = TextAreaField(
        "说明", description="2–500 字，双方看不到；平台和技术经理人看得到。"
    )


class ReasonForm(CaseForm):
    """Why something is refused."""

    reason = TextAreaField("原因", description="2–500 字。")


class QualifyForm(CaseForm):
    """That a lead is worth a broker's work."""

    note = TextAreaField("研判意见", description="为什么值得撮合，2–500 字。")
    share = StringField(
        "推荐人分成（%）",
        description="佣金中的百分数，可以不填；填了的，推荐人看得到。",
    )

    @property
    def values(self) -> dict[str, Any]:
        """The note, and the share as a number. Raises Invalid."""
        return {
            "note": self.note.data or "",
            "share": self.read_box("share", read_per_cent),
        }


class DispatchForm(CaseForm):
    """Whom an operator gives a case to."""

    broker = RadioField(
        "派给谁",
        description="熟悉这一领域的在前，其次是在办少的。",
        validate_choice=False,
    )

    def __init__(
        self, *args: Any, candidates: Iterable[queries.Candidate] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        choices = []
        for one in candidates:
            field = "，熟悉这一领域" if one.knows_field else ""
            choices.append(
                (str(one.person.id), f"{one.person.name}（在办 {one.load} 件{field}）")
            )
        self.broker.choices = choices

    @property
    def values(self) -> dict[str, Any]:
        """Whom they chose; None for what is no number."""
        try:
            return {"broker_id": row_number(self.broker.data or "")}
        except ValueError:
            return {"broker_id": None}


class DeclareForm(CaseForm):
    """The declaration of interests with which a broker takes a dispatch up: each is answered."""

    equity = RadioField(INTERESTS["equity"], validate_choice=False)
    kinship = RadioField(INTERESTS["kinship"], validate_choice=False)
    employment = RadioField(INTERESTS["employment"], validate_choice=False)
    dual_agency = RadioField(
        INTERESTS["dual_agency"],
        description="选「是」的，要双方都同意才能继续。",
        validate_choice=False,
    )
    details = TextAreaField(
        "说明", description="有一项选「是」就要写明，双方会看到，最多 500 字。"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in INTERESTS:
            self[name].choices = [(NO, "否"), (YES, "是")]

    @property
    def values(self) -> dict[str, Any]:
        """What was answered, and the details; what was not answered is left out."""
        interests = {}
        for name in INTERESTS:
            answer = chosen(self[name].data)
            # Left out and not False: an open question is no declaration that there is nothing.
            if answer is not None:
                interests[name] = answer
        return {"interests": interests, "details": self.details.data or ""}


class ConsentForm(CaseForm):
    """Whether one broker may serve both sides."""

    agrees = RadioField(
        "同意由这一位技术经理人同时服务双方吗",
        choices=_choices({YES: "同意", NO: "不同意，请平台另派"}),
        validate_choice=False,
    )
    reason = TextAreaField("不同意的原因", description="不同意的要写，2–500 字。")

    @property
    def values(self) -> dict[str, Any]:
        """The answer, and why not."""
        return {"agrees": chosen(self.agrees.data), "reason": self.reason.data or ""}


class YesForm(CaseForm):
    """What is handed over once both sides want to talk."""

    opens_firm = BooleanField(
        "双方都愿意以后，告诉对方我们是哪个单位",
        description="不勾选的，由技术经理人在中间联系。",
    )
    agrees = BooleanField("同意转交联系方式", description=CONSENTS[SHARE][1])

    @property
    def values(self) -> dict[str, Any]:
        """The two boxes; who is named everywhere is not asked whether to open their name, and opens it."""
        # A box that is not on the page sends nothing, which would read as a refusal.
        opens = "opens_firm" not in self or bool(self.opens_firm.data)
        return {"agrees": bool(self.agrees.data), "opens_firm": opens}


class NoForm(CaseForm):
    """Why a side does not want to talk."""

    reason = RadioField("原因", validate_choice=False)
    note = TextAreaField(
        "补充说明", description="技术经理人会看到；选「其他」时要写，最多 500 字。"
    )

    def __init__(
        self, *args: Any, reasons: Mapping[str, str] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.reason.choices = list((reasons or {}).items())


class StepForm(CaseForm):
    """The next step."""

    step = StringField("下一步", description="做什么，2–200 字。")
    day = DayField("最晚哪天", [Optional()])

    @property
    def values(self) -> dict[str, Any]:
        """The step and its day."""
        return {"step": self.step.data or "", "day": self.day.data}


class HoldForm(CaseForm):
    """Why and until when a case rests."""

    note = TextAreaField("搁置的原因", description="2–500 字。")
    day = DayField("到哪天", [Optional()])

    @property
    def values(self) -> dict[str, Any]:
        """The reason and the day."""
        return {"note": self.note.data or "", "day": self.day.data}


class EndForm(CaseForm):
    """Why a case ends."""

    end_reason = RadioField(
        "原因", choices=_choices(TERMINATE_REASONS), validate_choice=False
    )
    end_note = TextAreaField("经过", description="2–500 字；双方只看到上面选的原因。")

    @property
    def values(self) -> dict[str, Any]:
        """The reason and the note."""
        return {
            "reason": self.end_reason.data or "",
            "note": self.end_note.data or "",
        }


class CommissionForm(CaseForm):
    """What a broker proposes to be paid."""

    payer = RadioField("付款方", choices=_choices(PAYERS), validate_choice=False)
    mode = RadioField("方式", choices=_choices(MODES), validate_choice=False)
    base = RadioField("计算基数", choices=_choices(BASES), validate_choice=False)
    amount = StringField("金额（元）", description="固定金额或前期费用；按比例的不填。")
    rate = StringField("比例（%）", description="平台没有默认比例，由您和付款方商定。")
    tiers = TextAreaField(
        "分段比例", description="例如：100 万元以下 3%，超过的部分 2%。最多 500 字。"
    )
    cap = StringField("上限（元）", description="没有上限的不填。")
    trigger = RadioField("付款时间", choices=_choices(TRIGGERS), validate_choice=False)

    @property
    def values(self) -> dict[str, Any]:
        """What was typed, as the deed checks it. Raises Invalid."""
        terms = CommissionTerms(
            payer=self.payer.data or "",
            mode=self.mode.data or "",
            base=self.base.data or "",
            trigger=self.trigger.data or "",
            rate=self.read_box("rate", read_per_cent),
            amount_fen=self.read_box("amount", read_fen),
            cap_fen=self.read_box("cap", read_fen),
            tiers=self.tiers.data or "",
        )
        return {"terms": terms}


class SignForm(CaseForm):
    """That a payer confirms a text."""

    text_hash = HiddenField()

    @property
    def values(self) -> dict[str, Any]:
        """The hash of the text that stood on the page."""
        return {"text_hash": self.text_hash.data or ""}


class ProposeForm(PageForm):
    """Why two listings belong together, and who knew of it."""

    message = TextAreaField("理由", description="双方会看到：为什么合适，2–500 字。")
    referrer = StringField(
        "推荐人",
        description="同一单位的同事推荐的，填对方的登录邮箱；可以不填。",
    )
    share = StringField(
        "推荐人分成（%）", description="佣金中的百分数，推荐人看得到；可以不填。"
    )


class DisputeForm(PageForm):
    """Why a broker disputes an attribution."""

    text = TextAreaField("理由和证明", description="何时、怎样介绍双方，2–1000 字。")


class RulingForm(SeenForm):
    """How an operator rules."""

    result = RadioField(
        "裁定",
        choices=_choices({YES: "异议成立，归提出人", NO: "异议不成立"}),
        validate_choice=False,
    )
    ruling = TextAreaField("理由", description="双方会看到，2–500 字。")

    @property
    def upholds(self) -> bool | None:
        """Whether the dispute is upheld; None: nothing was chosen."""
        return chosen(self.result.data)


@dataclass(frozen=True)
class Offered:
    """One deed that a page offers.

    Attributes:
        code: the end of its address.
        heading: above its form.
        button: on its button.
        form: its boxes.
        look: of the button.
        lines: what the person reads first.
    """

    code: str
    heading: str
    button: str
    form: CaseForm
    look: str = "primary"
    lines: tuple[str, ...] = ()


FORMS: dict[str, type[CaseForm]] = {
    "qualify": QualifyForm,
    "dispatch": DispatchForm,
    "accept": DeclareForm,
    "decline": ReasonForm,
    "consent": ConsentForm,
    "introduce": PlainForm,
    "commission": CommissionForm,
    "withdraw_commission": PlainForm,
    "sign": SignForm,
    "yes": YesForm,
    "no": NoForm,
    "confirm": NoteForm,
    "meet": NoteForm,
    "intend": NoteForm,
    "plan": StepForm,
    "hold": HoldForm,
    "resume": PlainForm,
    "remind": PlainForm,
    "reclaim": NoteForm,
    "terminate": EndForm,
}
# Code → heading, button, look.
WORDS: dict[str, tuple[str, str, str]] = {
    "qualify": ("研判", "通过，等派单", "primary"),
    "dispatch": ("派单", "派给这位", "primary"),
    "accept": ("申报利益关系并接单", "申报并接单", "primary"),
    "decline": ("不接单", "不接单并转回平台", "outline-danger"),
    "consent": ("一人服务双方", "答复", "primary"),
    "introduce": ("向双方提出对接", "向双方提出", "primary"),
    "commission": ("约定佣金（可以不约定）", "提出佣金约定", "outline-primary"),
    "withdraw_commission": ("撤回佣金约定", "撤回", "outline-secondary"),
    "sign": ("确认佣金约定", "确认以上文字", "primary"),
    "yes": ("愿意对接", "愿意对接", "primary"),
    "no": ("谢绝", "谢绝并写明原因", "outline-danger"),
    "confirm": ("平台确认首次对接", "确认归属", "outline-primary"),
    "meet": ("首次联系", "双方开始洽谈", "primary"),
    "intend": ("合作意向", "双方有意向", "primary"),
    "plan": ("下一步", "定下一步", "outline-primary"),
    "hold": ("搁置", "搁置", "outline-secondary"),
    "resume": ("恢复", "恢复", "primary"),
    "remind": ("催办", "催办", "primary"),
    "reclaim": ("收回重派", "收回重派", "outline-danger"),
    "terminate": ("结束", "结束这件撮合", "outline-danger"),
}
# The whole text stands above, in its own section.
SIGNING = "确认的是上面「佣金约定」的全文，一个字也不差；确认以后才告诉您对方是谁。"
# What a case has not come to yet → why not; shown greyed to its broker.
LATER = {
    "introduce": "接单以后才能向双方提出对接。",
    "meet": "双方都愿意以后才能记首次联系。",
    "intend": "双方开始洽谈以后才能记意向。",
}


def form_for(case: BrokerageCase, code: str, reader: Reader, *, sent: bool) -> CaseForm:
    """The form of a deed: what was sent, or an empty one; the page writes the revision and the hash into either.

    Args:
        case: the case.
        code: key of `FORMS`.
        reader: whose page it is.
        sent: it is read from the request.
    """
    # Several forms of the page have a box `note`; the prefix tells them apart.
    values: dict[str, Any] = {"prefix": f"{code}-"}
    if not sent:
        values["formdata"] = None
    if code == "dispatch":
        values["candidates"] = queries.candidates_for(case)
    elif code == "no":
        kinds = [own_kind(side) for side in sides_held(case, reader)]
        values["reasons"] = reason_names(kinds[0]) if kinds else {}
    form = FORMS[code](**values)
    if code == "yes" and all(
        _names_itself(case, side) for side in sides_held(case, reader)
    ):
        del form.opens_firm
    return form


def offered_deeds(
    case: BrokerageCase, reader: Reader, given: Mapping[str, CaseForm]
) -> list[Offered]:
    """What a reader may do in a case now, with its forms.

    Args:
        given: forms that were sent and refused, by code; the others are empty.
    """
    rights = rights_of(case, reader)
    offered = []
    for code, (heading, button, look) in WORDS.items():
        if not AVAILABLE[code](case, rights):
            continue
        form = given.get(code) or form_for(case, code, reader, sent=False)
        lines: tuple[str, ...] = COMMISSION_HINTS if code == "commission" else ()
        if code == "sign":
            lines = (SIGNING,)
        offered.append(Offered(code, heading, button, form, look, lines))
    return offered


def later_deeds(case: BrokerageCase, reader: Reader) -> list[tuple[str, str]]:
    """(deed, why not yet) of what a case will come to, for its broker."""
    rights = rights_of(case, reader)
    if not case.is_running or not rights.carries:
        return []
    reached = {"lead": 0, "qualified": 0, "dispatched": 0, "matching": 1, "meeting": 2}
    # In the order of `LATER`: what the case has passed is not promised for later.
    first = reached.get(case.state, len(LATER))
    later = []
    for code in list(LATER)[first:]:
        # What can be done now stands above, with its form.
        if not AVAILABLE[code](case, rights):
            later.append((WORDS[code][0], LATER[code]))
    return later


def _names_itself(case: BrokerageCase, side: SideName) -> bool:
    listing = case.listing_of(side)
    return listing is None or knowledge_of(listing, Guest()).firm
