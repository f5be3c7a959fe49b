"""The forms of stories. What may be typed is checked by the deeds."""

from __future__ import annotations

from wtforms import HiddenField, StringField, TextAreaField

from marketplace.forms import PageForm, SeenForm
from marketplace.stories.deeds import Written
from marketplace.stories.models import MAX_BODY, MAX_TITLE, StoryText


class StoryForm(SeenForm):
    """A story as it is typed."""

    title = StringField("标题", description=f"2–{MAX_TITLE} 字。")
    holder = StringField(
        "成果方的称呼", description="写单位名称；不愿公开名称的，写是什么样的单位。"
    )
    receiver = StringField("需求方的称呼", description="同上。")
    body = TextAreaField(
        "正文",
        description=f"难题、怎么解决、效果，2–{MAX_BODY} 字；不写个人姓名、电话和没有公开的金额。",
    )

    def fill(self, text: StoryText) -> None:
        """Show a stored text."""
        # Names of boxes are those of the text, so that a field that is added needs no second list.
        for name, value in text.values.items():
            self[name].data = value

    @property
    def written(self) -> Written:
        """What was typed, as the deeds take it."""
        return Written(
            title=self["title"].data or "",
            holder=self.holder.data or "",
            receiver=self.receiver.data or "",
            body=self.body.data or "",
        )


class AgreeForm(PageForm):
    """The hash of the text that was on the page."""

    sha256 = HiddenField()


class EndForm(SeenForm):
    """Why a story is taken down."""

    reason = TextAreaField("原因", description="双方会看到，2–500 字。")
