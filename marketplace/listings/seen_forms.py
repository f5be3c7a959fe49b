"""The form of a new listing, which is saved once however often its button is pressed.

What a form asks is in `forms.py` and `decision_forms.py`.
"""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime

from wtforms import HiddenField

from marketplace.clock import now
from marketplace.forms import SeenForm


class OnceForm(SeenForm):
    """A form that is saved as a new thing once, however often its button is pressed."""

    once = HiddenField()

    def renew(self) -> None:
        """Let the form be saved as a listing of its own."""
        # Begins with the moment in microseconds since 1970, UTC; the rest tells two forms of one moment apart.
        moment = now().replace(tzinfo=UTC).timestamp()
        self.once.data = f"{int(moment * 1_000_000)}-{secrets.token_hex(8)}"

    @property
    def opened(self) -> datetime | None:
        """When the form of a new listing was shown, UTC without zone; None where it does not say."""
        text = str(self.once.data or "") if "once" in self else ""
        # Only what `renew` writes: the mark becomes a key of a table.
        match = re.fullmatch(r"(\d{1,16})-[0-9a-f]{16}", text, re.ASCII)
        if match is None:
            return None
        moment = datetime.fromtimestamp(int(match[1]) / 1_000_000, UTC)
        return moment.replace(tzinfo=None)
