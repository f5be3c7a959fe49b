"""What both sides are notified of. Nothing is committed here."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.contracts.announcements import people_of_side
from marketplace.contributions import NoticeKind
from marketplace.deals.models import SIDES
from marketplace.notices.addresses import Recipient
from marketplace.notices.deeds import notify, path_of
from marketplace.stories.models import Story
from marketplace.wording import in_quotes

WRITTEN = "story.written"
PUBLISHED = "story.published"
DOWN = "story.down"
WHY = "您收到这封邮件，是因为您办理这份合同，或您负责本单位的内容。"


def notice_kinds() -> Iterator[NoticeKind]:
    """The kinds of notices of this room."""
    yield NoticeKind(WRITTEN, "成功案例等我方同意", WHY)
    yield NoticeKind(PUBLISHED, "成功案例已公开", WHY)
    yield NoticeKind(DOWN, "成功案例不再公开", WHY)


def announce_text(story: Story) -> None:
    """Both sides have a text to agree to; what they agreed to before is void."""
    happened = f"{in_quotes(story.title)}的文字写好了，是第 {story.text.number} 稿。"
    if story.text.number > 1:
        happened += "以前的同意全部失效，案例现在不公开。"
    _tell(
        story,
        WRITTEN,
        # Each text once, whoever presses how often.
        key=f"story text {story.text.id}",
        subject=f"请看成功案例的文字：{in_quotes(story.title)}",
        happened=happened,
        to_do="打开链接看全文。双方都同意同一份文字才公开；同意以后随时可以撤回。",
    )


def announce_published(story: Story) -> None:
    """Both have agreed: it is public."""
    _tell(
        story,
        PUBLISHED,
        # With the revision: it may go down and be public again, and each time is a letter of its own.
        key=f"story published {story.id} {story.revision}",
        subject=f"成功案例已公开：{in_quotes(story.title)}",
        happened=f"双方都同意了{in_quotes(story.title)}的文字，案例已公开。",
        to_do="不想再公开的，撤回同意，案例立即撤下。",
    )


def announce_down(story: Story, why: str) -> None:
    """It is no longer public."""
    _tell(
        story,
        DOWN,
        key=f"story down {story.id} {story.revision}",
        subject=f"成功案例不再公开：{in_quotes(story.title)}",
        happened=f"{in_quotes(story.title)}不再公开：{why}",
        to_do="",
    )


def _tell(
    story: Story, code: str, *, key: str, subject: str, happened: str, to_do: str
) -> None:
    people = {}
    for side in SIDES:
        # By number: who acts for both sides gets one letter.
        people.update({one.id: one for one in people_of_side(story.contract, side)})
    for person in people.values():
        notify(
            code,
            Recipient.of(person),
            key=key,
            subject=subject,
            happened=happened,
            to_do=to_do,
            link=path_of("stories.story", story_id=story.id),
            about=(story.kind, story.id),
        )
