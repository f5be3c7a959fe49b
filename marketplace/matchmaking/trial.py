"""试配: matches of a pasted text. Nothing of the text is stored here; saving it as a draft is a deed (`deeds.py`)."""

from __future__ import annotations

import re

import matching
from marketplace.errors import Invalid
from marketplace.listings.models import LISTINGS
from marketplace.matchmaking.answers import TOP, Answer, explained_answer
from marketplace.matchmaking.ranking import RankingRequest, rank_listings
from marketplace.parsing.secrecy import REFUSAL, secret_mark
from marketplace.permissions import Reader

MIN_TEXT = 20  # characters of a pasted text
MAX_TEXT = 3000  # some two pages; ranking takes longer the more words there are
MAX_HEADLINE = 40  # characters of a title made from a pasted text
MIN_CLAUSE = 12  # characters below which a title says too little
DEFAULT_KIND = "demand"


def match_text(text: str, kind: str, *, by: Reader | None) -> Answer:
    """Rank the catalogue for a pasted text.

    Args:
        text: 20–3,000 characters, blanks at the ends aside.
        kind: what the text is: `demand` (achievements are offered) or `achievement` (demands are offered).
        by: the reader; None is the site itself.

    Raises:
        Invalid: too short, too long, or an unknown kind.
        SearchUnavailable: the matcher is being prepared.
    """
    text = checked_text(text, kind)
    request = RankingRequest(
        # Without a title the matcher lets the first sentence head the text.
        document=matching.Document(id=0, title="", text=text),
        sought=LISTINGS[kind].counterpart,
        reader=by,
        top=TOP,
    )
    return explained_answer(request, rank_listings(request))


def checked_text(text: str, kind: str) -> str:
    """A pasted text fit for a trial: line ends as \\n, no blanks at the ends.

    Raises:
        Invalid: as `match_text`.
    """
    # Browsers send line ends as two characters, which nobody counts; PostgreSQL stores no NUL.
    text = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if kind not in LISTINGS:
        raise Invalid(
            "没有这种试配。", problems={"kind": ["请选择「技术难题」或「成果简介」。"]}
        )
    message = ""
    if len(text) < MIN_TEXT:
        message = f"至少写 {MIN_TEXT} 个字，现在有 {len(text)} 个。写明现象、材料或设备、想达到的指标。"
    elif len(text) > MAX_TEXT:
        message = f"最多 {MAX_TEXT:,} 个字，现在有 {len(text):,} 个。留下问题、指标和现状即可。"
    elif secret_mark(text):
        message = REFUSAL
    if message:
        raise Invalid(message, problems={"text": [message]})
    return text


def headline_of(text: str) -> str:
    """The title of a draft from a pasted text: its first line, sentence or clauses, whatever fits in 40 characters."""
    line = text.strip().split("\n", 1)[0].strip()
    if len(line) > MAX_HEADLINE:
        line = re.split(r"[。！？；;!?]", line, maxsplit=1)[0]
    # A text that begins with a full stop has no first sentence.
    line = line or text.strip()
    if len(line) > MAX_HEADLINE:
        ends = [line.rfind(sign, MIN_CLAUSE, MAX_HEADLINE) for sign in "，,、：:（( "]
        clause = max(ends)
        line = line[: clause if clause > 0 else MAX_HEADLINE]
    return line.strip()
