"""The forms of certificates, and of verifying one. What may be typed is checked by the deeds."""

from __future__ import annotations

from wtforms import (
    FileField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.widgets import CheckboxInput, ListWidget

from marketplace.certificates.queries import Candidate
from marketplace.forms import PageForm, SeenForm
from marketplace.wording import day, yuan


class RequestForm(PageForm):
    """Which contracts, and what for."""

    # The deed decides, by what is registered at that moment; the boxes are filled after the form is read.
    organisation = SelectField("单位", choices=[], validate_choice=False)
    contracts = SelectMultipleField(
        "合同",
        choices=[],
        validate_choice=False,
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
        description="列出的是本单位已登记、成果的完成人里有您的合同。",
    )
    registry_numbers = TextAreaField(
        "其他合同的登记编号",
        description="成果里没有写您、但您参加过的，一行一个；由单位核对。",
    )
    purpose = StringField("用途", description="印在证明上，如：申报高级职称。")

    def offer(
        self, organisations: list[tuple[int, str]], candidates: list[Candidate]
    ) -> None:
        """Lay out what may be chosen.

        Args:
            organisations: (number, name) of those they act for.
            candidates: contracts that name them.
        """
        self.organisation.choices = [(str(one), name) for one, name in organisations]
        choices = []
        for one in candidates:
            contract = one.contract
            # The register has its day, a CHECK of the table says so.
            assert contract.registered_on is not None  # noqa: S101
            total = yuan(contract.registered_sums["total_fen"])
            known = f"{contract.registry_no}，{day(contract.registered_on)} 登记"
            words = f"{contract.title}（{known}，{total} 元，{one.part}）"
            choices.append((str(contract.id), words))
        self.contracts.choices = choices
        if not choices:
            del self.contracts

    @property
    def chosen(self) -> list[int]:
        """Numbers of the contracts that were ticked; what is none is left out."""
        found = []
        for text in self.contracts.data or ():
            # No database takes a longer number, and `isdigit` alone takes ².
            if text.isascii() and text.isdigit() and len(text) < 10:
                found.append(int(text))
        return found


class DecideForm(SeenForm):
    """A decision with its reason."""

    reason = TextAreaField("原因", description="申请人会看到，2–500 字。")


class VerifyForm(PageForm):
    """A code, and the file where somebody has it."""

    code = StringField(
        "核验码", description="印在证明二维码旁边，16 位字母和数字，大小写不分。"
    )
    file = FileField(
        "证明的 PDF 文件（可以不选）",
        description="选了文件，还核对它和签发的是不是同一份；文件不保存。",
    )
