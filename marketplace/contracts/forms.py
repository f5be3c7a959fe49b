"""The forms of contracts, made from the declared fields. What may be typed is checked by the fields and the deeds."""

from __future__ import annotations

from typing import Any

from wtforms import (
    Field as FormField,
)
from wtforms import (
    FileField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from marketplace.contracts.field import Field
from marketplace.contracts.fields import OF_DEAL, fields_of
from marketplace.contracts.models import TechContract
from marketplace.contracts.vocabulary import BLOCKS
from marketplace.forms import DayField, PageForm, SeenForm
from marketplace.parsing.secrecy import REFUSAL, secret_mark

# Empty is an answer of its own: the contract does not say.
YES_NO = [
    SelectChoice("", "没有写"),
    SelectChoice("yes", "是"),
    SelectChoice("no", "否"),
]


class ContractForm(SeenForm):
    """The fields of one contract; made for its type by `contract_form`."""

    declared: tuple[Field, ...] = ()

    @property
    def blocks(self) -> list[tuple[str, list[FormField]]]:
        """(title of a block, its boxes), in the order of the fields."""
        found: dict[str, list[FormField]] = {}
        for one in self.declared:
            boxes = found.setdefault(one.block, [])
            boxes.append(self[one.name])
        return [(BLOCKS[code], boxes) for code, boxes in found.items()]

    def read_values(self) -> dict[str, Any]:
        """What was typed, as it is stored; what is no value of its field goes into `unread`."""
        values = {}
        for one in self.declared:
            values[one.name] = self.read_box(one.name, one.read)
            # In a box of any kind: a text with the mark of a state secret must not be stored.
            if secret_mark(str(self[one.name].data or "")):
                self.unread[one.name] = [REFUSAL]
        return values

    def show(self, contract: TechContract) -> None:
        """Put what is stored into the boxes."""
        for one in self.declared:
            self[one.name].data = one.typed(getattr(contract, one.name))
        self.seen.data = str(contract.revision)


def contract_form(contract: TechContract, *, corrects: bool = False) -> ContractForm:
    """The form of a contract.

    Args:
        contract: whose type decides which boxes there are.
        corrects: an operator corrects it, and says why.
    """
    boxes: dict[str, Any] = {}
    declared = []
    for one in fields_of(contract.contract_type):
        # The deal has decided it: a box would promise that it can be changed here.
        if contract.deal_id is not None and one.name in OF_DEAL:
            continue
        declared.append(one)
        boxes[one.name] = _box_of(one)
    boxes["declared"] = tuple(declared)
    if corrects:
        boxes["why"] = TextAreaField("为什么改", description="双方会看到，2–500 字。")
    # WTForms collects boxes from a class, and each type of contract has others.
    made: type[ContractForm] = type("TypedContractForm", (ContractForm,), boxes)
    return made()


def _box_of(one: Field) -> FormField:
    label = f"{one.label}（必填）" if one.needed else one.label
    if one.kind == "choice":
        choices = [SelectChoice("", "请选择")]
        choices += [SelectChoice(*pair) for pair in one.choices.items()]
        # Checked by the field, which says what can be chosen.
        return SelectField(
            label, choices=choices, description=one.help, validate_choice=False
        )
    if one.kind == "flag":
        return SelectField(label, choices=YES_NO, validate_choice=False)
    if one.kind == "prose":
        return TextAreaField(label, description=one.help)
    help_text = one.help
    if one.kind == "day":
        help_text = help_text or "如 2026-12-31。"
    if one.kind == "code":
        help_text = help_text or one.pattern[1]
    return StringField(label, description=help_text)


class ConfirmForm(PageForm):
    """The file that was on the page."""

    sha256 = StringField("SHA-256")


class FileForm(SeenForm):
    """When it was handed in."""

    # Here and below a missing day passes: the deed refuses it in its own words.
    filed_on = DayField("提交日期", [Optional()])


class AcceptForm(SeenForm):
    """When the office accepted it."""

    accepted_on = DayField("受理日期", [Optional()])


class LicenceForm(SeenForm):
    """When a patent licence was filed with the patent office."""

    licence_on = DayField("备案日期", [Optional()])


class RegisterForm(SeenForm):
    """What the certificate of registration says."""

    registry_no = StringField(
        "登记编号", description="登记机构给的 14–20 位数字，照登记证明填写。"
    )
    registered_on = DayField("登记日期", [Optional()])
    office = StringField("登记机构")
    tech_fen = StringField("核定的技术交易额", description="单位元。")
    exempt_fen = StringField("其中免税的", description="单位元；没有的写 0。")


class AmendForm(SeenForm):
    """The sums as they should be registered."""

    total_fen = StringField("成交总额", description="单位元。")
    tech_fen = StringField("技术交易额", description="单位元。")
    exempt_fen = StringField("其中免税的", description="单位元；没有的写 0。")
    reason = TextAreaField("为什么更正", description="双方会看到，2–500 字。")


class RefuseForm(SeenForm):
    """Why the office did not register it."""

    refusal = TextAreaField("登记机构说的原因", description="双方会看到，2–500 字。")


class CancelForm(SeenForm):
    """Why a registration is cancelled."""

    cancelling = TextAreaField("撤销的原因", description="双方会看到，2–500 字。")


class ImportForm(SeenForm):
    """A list of registered contracts."""

    file = FileField("登记簿文件", description=".xlsx、.csv 或 .tsv，列名照登记簿。")
