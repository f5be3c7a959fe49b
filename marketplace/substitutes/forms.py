"""The forms of substitutes. Who may be named is checked by the deeds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from wtforms import SelectField
from wtforms.validators import InputRequired

from marketplace.accounts.models import Person
from marketplace.forms import DayField, PageForm
from marketplace.parsing.days import DAY_NEEDED
from marketplace.substitutes.queries import HeldSeat


class SubstituteForm(PageForm):
    """Who stands in at a seat, from which day to which."""

    # As text: an empty choice and a made-up one are both refused in words, not by a number that cannot be read.
    substitute = SelectField("代办人", coerce=str, validate_choice=False)
    first_day = DayField("从哪天", [InputRequired(DAY_NEEDED)])
    last_day = DayField(
        "到哪天", [InputRequired(DAY_NEEDED)], description="包括这一天，到期自动结束。"
    )

    def __init__(self, *args: Any, people: Iterable[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(person.id), person.name) for person in people]
        self.substitute.choices = [("", "请选择"), *choices]


def seat_label(seat: HeldSeat, reader_id: int | None) -> str:
    """A seat as the list of the page has it: one's own without a name."""
    if seat.person.id == reader_id:
        return f"我自己：{seat.name}"
    return f"{seat.person.name}：{seat.name}"
