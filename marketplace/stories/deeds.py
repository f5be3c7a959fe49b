"""What is done to stories: one function a button."""

from __future__ import annotations

from dataclasses import dataclass

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.clock import now
from marketplace.contracts.disclosure import required_side
from marketplace.contracts.models import TechContract
from marketplace.errors import Invalid, NotNow, Stale
from marketplace.extensions import db
from marketplace.permissions import Reader, reader_id, require
from marketplace.stories import announcements, queries
from marketplace.stories.models import (
    MAX_BODY,
    MAX_NAME,
    MAX_REASON,
    MAX_TITLE,
    Story,
    StoryConsent,
    StoryText,
    canonical_text,
    hash_of,
)
from marketplace.typed_texts import checked_text, gathered_text

CHANGED = Stale("这个案例刚有变化。", "请重新打开，看过再决定。")
OTHER_TEXT = Stale("案例的文字已经换了一稿。", "请重新打开，看过新的文字再同意。")
TAKEN_BACK = "本方撤回同意"


@dataclass(frozen=True)
class Written:
    """A story as it was typed.

    Attributes:
        title: of the story.
        holder, receiver: what the two sides are called in it, named or not.
        body: the story itself.
    """

    title: str
    holder: str
    receiver: str
    body: str

    def checked(self) -> str:
        """The canonical text of it. Raises Invalid: something lacks, is too long or names a contact."""
        texts = {}
        problems: dict[str, list[str]] = {}
        # All boxes at once: who corrects one fault should not meet the next at the second try.
        for name, most, what in (
            ("title", MAX_TITLE, "标题"),
            ("holder", MAX_NAME, "成果方的称呼"),
            ("receiver", MAX_NAME, "需求方的称呼"),
            ("body", MAX_BODY, "正文"),
        ):
            raw, missing = getattr(self, name), f"写{what}，2–{most} 字。"
            texts[name] = gathered_text(
                problems, name, raw, most, missing=missing, is_public=True
            )
        if problems:
            raise Invalid("案例没有保存。", "请改好标出的几处。", problems=problems)
        return canonical_text(**texts)


def write_story(contract: TechContract, written: Written, *, by: Reader) -> Story:
    """写成功案例 of a registered contract: both sides are to agree to its text.

    Raises:
        NotAllowed: `by` is neither an operator nor the broker of the deal.
        NotNow: the contract is not registered, or has a story.
        Invalid: something lacks, is too long or names a contact.
    """
    require(by, "story.write", contract)
    _require_registered(contract)
    # A clear answer; of two writers at the same moment the index refuses the second.
    if queries.story_of(contract) is not None:
        raise _has_one()
    content = written.checked()
    story = Story(contract_id=contract.id)
    story.contract = contract
    # With the story in one flush: whatever reads it relies on there being a text.
    _add_text(story, 1, content, by)
    db.session.add(story)
    duplicates = {"uq_story_contract": _has_one()}
    with persistence.refusals(duplicates=duplicates):
        db.session.flush()
    story.life.born(story, by=by)
    announcements.announce_text(story)
    persistence.commit(duplicates=duplicates)
    return story


def rewrite_story(story: Story, written: Written, *, by: Reader, seen: int) -> None:
    """改案例: another text, to which nobody has agreed yet; what was public is so no longer.

    Raises:
        NotAllowed, NotNow, Stale.
        Invalid: nothing changes, or something lacks.
    """
    require(by, "story.write", story)
    story.life.permits(story, "rewrite", by)
    _require_seen(story, seen)
    content = written.checked()
    # Else both consents would fall for a press without a change.
    if content == story.text.content:
        message = "和现在的文字一样，没有改动。"
        raise Invalid(message, problems={"body": [message]})
    # Before the new text is added: the consents that fall are those of the newest one.
    _void_all(story, "文字改了", by)
    _add_text(story, story.text.number + 1, content, by)
    _move(story, "rewrite", by)
    announcements.announce_text(story)
    persistence.commit(stale=CHANGED, duplicates={"uq_story_text_number": CHANGED})


def agree_to_story(story: Story, sha256: str, *, by: Person) -> None:
    """同意公开 the text with that hash; the second side's consent makes it public.

    No revision is compared: the hash says which text was read, and the other side may agree to it meanwhile.

    Args:
        sha256: of the text that was on the page.
        by: somebody of one of the sides.

    Raises:
        NotAllowed: they act for neither side.
        NotNow: this side has agreed already, or the contract is no longer registered.
        Stale: the text is another one by now.
    """
    require(by, "story.agree", story)
    # Held first: of two people of one side the second finds the consent of the first, and is refused.
    persistence.hold_row(story)
    story.life.permits(story, "agree", by)
    # Checked once more: the registration may have been cancelled since the text was written.
    _require_registered(story.contract)
    side = required_side(by, story.contract)
    # Loaded before the row was held: a text that was written meanwhile would be missing.
    db.session.expire(story, ["texts"])
    text = story.text
    if sha256 != text.sha256:
        raise OTHER_TEXT
    # The other side may have agreed meanwhile, which is no reason to refuse this one.
    db.session.expire(text, ["consents"])
    if side in text.standing:
        raise NotNow("贵方已经同意这份文字。", "等对方同意。")
    text.consents.append(StoryConsent(side=side, by_id=by.id, sha256=sha256))
    with persistence.refusals(duplicates={"uq_story_consent_side": CHANGED}):
        db.session.flush()
    _move(story, "agree", by, note=f"{side} {sha256}")
    # The second consent publishes by itself: no third person decides on what both want.
    if text.is_agreed:
        # Before the move, which flushes: the table takes nothing public without its moment.
        story.published_at = now()
        _move(story, "publish", by)
        announcements.announce_published(story)
    persistence.commit(stale=CHANGED)


def take_consent_back(story: Story, *, by: Person) -> None:
    """撤回同意: it is taken down at once. Raises NotAllowed, NotNow: this side has not agreed."""
    require(by, "story.agree", story)
    persistence.hold_row(story)
    story.life.permits(story, "take_back", by)
    side = required_side(by, story.contract)
    db.session.expire(story.text, ["consents"])
    consent = story.text.standing.get(side)
    if consent is None:
        raise NotNow("贵方没有同意过这份文字。", "请重新打开这一页。")
    # Before the move: what nobody could see is not announced as taken down.
    was_public = story.state == "published"
    consent.withdrawn_at, consent.withdrawn_by_id = now(), by.id
    # In the transaction that takes it down: there is no moment at which it is public without a consent.
    consent.withdrawn_why = TAKEN_BACK
    _move(story, "take_back", by, note=side)
    if was_public:
        announcements.announce_down(story, "一方撤回了同意。")
    persistence.commit(stale=CHANGED)


def end_story(story: Story, reason: str, *, by: Reader, seen: int) -> None:
    """撤下案例 for good, with the reason, which both sides read. Raises NotAllowed, NotNow, Stale, Invalid."""
    require(by, "story.write", story)
    story.life.permits(story, "end", by)
    _require_seen(story, seen)
    missing = f"写明原因，2–{MAX_REASON} 字，双方会看到。"
    story.reason = checked_text("reason", reason, MAX_REASON, missing=missing)
    _move(story, "end", by, note=story.reason)
    announcements.announce_down(story, story.reason)
    persistence.commit(stale=CHANGED)


def forget_person(person_id: int) -> None:
    """An account was closed: what was agreed for a side stays the side's, and nobody's any more (no commit)."""
    for consent in queries.consents_of(person_id):
        # Only the name goes: an organisation agreed, and its story must not vanish with one of its people.
        consent.by_id = None


def _add_text(story: Story, number: int, content: str, by: Reader) -> None:
    story.texts.append(
        StoryText(
            number=number,
            content=content,
            sha256=hash_of(content),
            by_id=reader_id(by),
        )
    )


def _void_all(story: Story, why: str, by: Reader) -> None:
    for consent in story.text.standing.values():
        consent.withdrawn_at, consent.withdrawn_by_id = now(), reader_id(by)
        consent.withdrawn_why = why


def _move(story: Story, deed: str, by: Reader, note: str = "") -> None:
    # Written by every deed, so that one of two who press at once is refused also where only a related row is new.
    story.changed_at = now()
    story.life.move(story, deed, by=by, note=note)
    with persistence.refusals(
        stale=CHANGED, duplicates={"uq_story_text_number": CHANGED}
    ):
        db.session.flush()


def _require_registered(contract: TechContract) -> None:
    if contract.state != "registered":
        raise NotNow(
            f"这份合同现在是「{contract.state_name}」。",
            "合同登记以后才能写成功案例。",
        )


def _require_seen(story: Story, seen: int) -> None:
    if story.revision != seen:
        raise CHANGED


def _has_one() -> NotNow:
    return NotNow("这份合同已经有案例。", "请打开它，改文字。")
