"""The forms of review: a decision with its reason, its score, and what is to be done field by field."""

from __future__ import annotations

from functools import cache
from typing import Any

from wtforms import SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from marketplace.errors import Invalid
from marketplace.forms import SeenForm
from marketplace.listings.review_models import CRITERIA, MAX_SCORE, MAX_TODO, Scores
from marketplace.listings.schema import SCHEMAS

TODO = "todo_"  # before the name of a field: what is to be done in it


class DecisionForm(SeenForm):
    """What was decided on a listing, which revision the reader saw, and why."""

    note = TextAreaField(
        "原因或说明",
        [Length(max=500)],
        description="退回、不予通过、暂停时必填，对方会看到。写清楚改哪里、怎么改。",
    )

    def read_scores(self) -> Scores:
        """What was scored.

        Raises:
            Invalid: a criterion has no score.
        """
        values: dict[str, int] = {}
        problems: dict[str, list[str]] = {}
        for code, (name, _) in CRITERIA.items():
            typed = str(self[code].data or "")
            # Anything else than a digit of the list counts as not scored, also a forged value.
            if typed in ALLOWED:
                values[code] = int(typed)
            else:
                problems[code] = [f"给「{name}」打分。"]
        if problems:
            raise Invalid("还没有打分，没有通过。", problems=problems)
        return Scores(**values)

    @property
    def scores(self) -> list[Any]:
        """The controls of the score, in their order."""
        return [self[code] for code in CRITERIA]

    @property
    def todos(self) -> dict[str, str]:
        """Field → what is to be done there, of those in which something is written."""
        written = {}
        for control in self:
            text = str(control.data or "").strip()
            if control.name.startswith(TODO) and text:
                written[control.name.removeprefix(TODO)] = text
        return written


ALLOWED = [str(score) for score in range(MAX_SCORE + 1)]


# Made once a kind: building a class for each request would take longer than the page.
@cache
def decision_form(kind: str) -> type[DecisionForm]:
    """The form of a decision on a kind of listings: with a score, and a line for each field."""
    controls: dict[str, Any] = {}
    for code, (name, meaning) in CRITERIA.items():
        choices = [SelectChoice("", "未打分")]
        for score in reversed(ALLOWED):
            choices.append(SelectChoice(score, f"{score} 分"))
        # A return needs no score, and what is no score `read_scores` names.
        controls[code] = SelectField(
            name, choices=choices, description=meaning, validate_choice=False
        )
    for field in SCHEMAS[kind]:
        controls[TODO + field.name] = StringField(
            f"{field.label}要改什么",
            [Length(max=MAX_TODO)],
        )
    return type(f"{kind.title()}DecisionForm", (DecisionForm,), controls)
