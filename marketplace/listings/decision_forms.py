"""The form of review: a decision with its reason."""

from __future__ import annotations

from wtforms import TextAreaField
from wtforms.validators import Length

from marketplace.forms import SeenForm


class DecisionForm(SeenForm):
    """What was decided on a listing, which revision the reader saw, and why."""

    note = TextAreaField(
        "原因或说明",
        [Length(max=500, message="最多 500 字。")],
        description="退回、不予通过、暂停时必填，对方会看到。写清楚改哪里、怎么改。",
    )
