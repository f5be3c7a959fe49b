"""The forms of introductions. What may be typed is checked by the deeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from wtforms import BooleanField, RadioField, TextAreaField

from marketplace.accounts.contact_consents import CONSENTS, SHARE
from marketplace.forms import PageForm, SeenForm
from marketplace.introductions.queries import Name

AGREES = CONSENTS[SHARE][1]
OPENS_FIRM = "接受以后，告诉对方我们是哪个单位"
OPENS_HELP = "不勾选的，由技术经理人在中间联系，单位名称和联系方式不给对方。"


class RequestForm(PageForm):
    """In whose name, with what words."""

    name = RadioField(
        "用哪一条去对接",
        description="对方会看到这一条和平台的匹配依据。",
        validate_choice=False,
    )
    message = TextAreaField(
        "附言", description="想谈什么、什么时候方便，最多 500 字；可以不写。"
    )
    opens_firm = BooleanField(OPENS_FIRM, description=OPENS_HELP)
    agrees = BooleanField("同意转交联系方式", description=AGREES)

    def __init__(self, *args: Any, names: Iterable[Name], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._names: dict[str, Name] = {}
        self.offer_names(names)
        # Where every choice names its organisation there is nothing to open.
        if not any(one.is_unnamed for one in self._names.values()):
            del self.opens_firm

    def offer_names(self, names: Iterable[Name]) -> None:
        """Let one of these be chosen, in this order."""
        self._names = {one.code: one for one in names}
        self.name.choices = [(one.code, one.text) for one in self._names.values()]

    @property
    def chosen(self) -> Name | None:
        """In whose name; None for what is no choice of the form."""
        # What is no choice of this reader is not found: nobody writes in the name of another's listing.
        return self._names.get(self.name.data or "")


class AcceptForm(SeenForm):
    """What is handed over with the acceptance."""

    opens_firm = BooleanField(OPENS_FIRM, description=OPENS_HELP)
    agrees = BooleanField("同意转交联系方式", description=AGREES)


class DeclineForm(SeenForm):
    """Why the other side is declined."""

    reason = RadioField("原因", validate_choice=False)
    note = TextAreaField(
        "补充说明", description="对方会看到；选「其他」时要写，最多 500 字。"
    )

    def __init__(self, *args: Any, reasons: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reason.choices = list(reasons.items())


class WithdrawForm(SeenForm):
    """Why the requester withdraws it."""

    note = TextAreaField("撤回的原因", description="对方会看到，2–500 字。")


class EndForm(SeenForm):
    """Why an operator ends it."""

    note = TextAreaField("结束的原因", description="提出的一方会看到，2–500 字。")


class MessageForm(PageForm):
    """What one side writes to the other."""

    text = TextAreaField("留言", description="对方会收到通知，最多 500 字。")
