"""The forms of files. What a file is and what may be typed is checked by the deeds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from wtforms import RadioField, SelectField, StringField, TextAreaField

from marketplace.clock import today
from marketplace.files.life import USES
from marketplace.forms import PageForm
from marketplace.organisations.models import Organisation
from marketplace.persistence import row_number

GRANT_DAYS = 30  # offered; whoever grants chooses


class UploadForm(PageForm):
    """What a file is for, and who may have it; the file itself is in the request."""

    use = SelectField("用途", default="test_report", validate_choice=False)
    visibility = RadioField("公开范围", default="public", validate_choice=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.use.choices = list(USES.items())
        self.visibility.choices = [
            ("public", "公开：能看全部内容的人都能下载"),
            ("request", "按申请：别人写明理由申请，您同意到哪一天"),
        ]


class AccessForm(PageForm):
    """Why somebody wants to see a file, and for whom."""

    organisation = SelectField("代表单位", validate_choice=False)
    reason = TextAreaField(
        "理由", description="想用它判断什么，持有方会看到，2–500 字。"
    )

    def __init__(
        self, *args: Any, organisations: Iterable[Organisation], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(one.id), one.name) for one in organisations]
        self.organisation.choices = choices
        if len(choices) < 2:
            del self.organisation

    @property
    def organisation_id(self) -> int | None:
        """For whom; None where there is no choice. 0, which no organisation is, for what is no choice of the form."""
        if "organisation" not in self:
            return None
        try:
            return row_number(str(self.organisation.data or 0))
        except ValueError:
            return 0


class AnswerForm(PageForm):
    """Until when somebody may see a file, or why not."""

    until = StringField("可以看到")
    answer = StringField("附言或谢绝的原因", description="对方会看到，最多 500 字。")

    @property
    def last_day(self) -> date | None:
        """The day that was chosen; None for what is none."""
        try:
            return date.fromisoformat(str(self.until.data or "").strip())
        except ValueError:
            return None

    @classmethod
    def empty(cls, number: int) -> AnswerForm:
        """One for the request of a number, for a page shows several."""
        form = cls(formdata=None, prefix=f"a{number}-")
        form.until.data = (today() + timedelta(days=GRANT_DAYS)).isoformat()
        return form


class ReturnForm(PageForm):
    """Why a file is not approved."""

    reason = StringField("原因", description="对方会看到，2–500 字。")
