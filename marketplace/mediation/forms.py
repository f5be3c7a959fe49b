"""The forms of requests for a broker. What may be typed is checked by the deeds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from wtforms import RadioField, SelectField, StringField, TextAreaField

from marketplace.accounts.models import Person
from marketplace.forms import PageForm
from marketplace.persistence import row_number
from marketplace.profiles.disclosure import PublicBroker

LEFT_TO_OPERATORS = "any"


class RequestForm(PageForm):
    """Whom a firm requests, and what they shall read first."""

    broker = RadioField("请哪一位", default=LEFT_TO_OPERATORS, validate_choice=False)
    note = TextAreaField(
        "附言",
        description="想请对方帮什么，最多 500 字。对方接手以前只看得到附言和公开的内容。",
    )

    def __init__(
        self, *args: Any, brokers: Iterable[PublicBroker], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        choices = [(LEFT_TO_OPERATORS, "由平台安排")]
        for one in brokers:
            badge = "持证，" if one.certified else ""
            fields = f"，熟悉{'、'.join(one.fields)}" if one.fields else ""
            text = f"{one.name}（{badge}在办 {one.load} 条{fields}）"
            choices.append((str(one.person_id), text))
        self.broker.choices = choices

    @property
    def broker_id(self) -> int | None:
        """Whom they chose; None: left to the operators. 0, whom nobody is, for what is no choice of the form."""
        chosen = self.broker.data or ""
        if chosen == LEFT_TO_OPERATORS:
            return None
        try:
            return row_number(chosen)
        # A number nobody has, so that the deed refuses it in words: None would leave the choice to the operators.
        except ValueError:
            return 0


class ReasonForm(PageForm):
    """Why a request is declined, or nobody is assigned."""

    reason = StringField("原因", description="对方会看到，2–500 字。")


class AssignForm(PageForm):
    """Whom an operator gives the listing to."""

    broker = SelectField("交给", coerce=int, validate_choice=False)

    def __init__(self, *args: Any, people: Iterable[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.broker.choices = [(person.id, person.name) for person in people]
