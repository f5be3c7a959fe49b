"""The form of review: a decision with its reason."""

from __future__ import annotations

import re

from wtforms import HiddenField, TextAreaField
from wtforms.validators import Length

from marketplace.forms import PageForm


class DecisionForm(PageForm):
    """What was decided on a listing, which revision the reader saw, and why."""

    seen = HiddenField()
    note = TextAreaField(
        "原因或说明",
        [Length(max=500, message="最多 500 字。")],
        description="退回、不予通过、暂停时必填，对方会看到。写清楚改哪里、怎么改。",
    )

    @property
    def seen_revision(self) -> int:
        """The revision the reader saw; -1 where the page did not say."""
        seen = self.seen.data or ""
        # Nine digits at most: a made-up number must not reach the database. No revision is -1.
        if re.fullmatch(r"\d{1,9}", seen, re.ASCII):
            return int(seen)
        return -1
