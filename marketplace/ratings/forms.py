"""The forms of ratings. What may be typed is checked by the deeds."""

from __future__ import annotations

from wtforms import RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice

from marketplace.forms import PageForm
from marketplace.ratings.models import MAX_TEXT, SCORES


class RatingForm(PageForm):
    """What one side says of the other."""

    score = RadioField(
        "这次合作",
        choices=[
            SelectChoice(str(one), f"{one} {name}") for one, name in SCORES.items()
        ],
        validate_choice=False,
    )
    text = TextAreaField("说明", description=f"可以不写，最多 {MAX_TEXT} 字。")

    @property
    def chosen(self) -> int | None:
        """The score; None: nothing was chosen."""
        return {str(one): one for one in SCORES}.get(self.score.data or "")


class ReplyForm(PageForm):
    """A reply to what the other side said."""

    reply = TextAreaField("答复", description=f"只答复一次，2–{MAX_TEXT} 字。")
