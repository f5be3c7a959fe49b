"""试配: matches of a pasted text. Nothing of the text is stored here; saving it as a draft is a deed (`deeds.py`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import matching
from marketplace.dictionaries.models import fields_of_level
from marketplace.errors import Invalid
from marketplace.listings.cards import find_cards
from marketplace.listings.models import LISTINGS
from marketplace.matchmaking.answers import TOP, Answer, explained_answer
from marketplace.matchmaking.offers import Offer
from marketplace.matchmaking.other_needs import needs_in, without_needs
from marketplace.matchmaking.ranking import RankingRequest, rank_listings
from marketplace.parsing.secrecy import REFUSAL, secret_mark
from marketplace.permissions import Reader
from matching.text import spans

# Characters that say something, which a short text must have: people type 「阿胶掺马皮怎么查」, eight of which six do.
CONTENT_LEAST = 4
LONG_ENOUGH = 20  # characters from which a text is tried whatever it says
GIST_MOST = 90  # characters of the sentence that says what is offered
TEXT_MOST = 3000  # some two pages; ranking takes longer the more words there are
HEADLINE_MOST = 40  # characters of a title made from a pasted text
CLAUSE_LEAST = 12  # characters below which a title says too little
DEFAULT_KIND = "demand"
TOO_SHORT = (
    f"这里面说到具体东西的字太少：至少要有 {CONTENT_LEAST} 个字说到产品、材料、工艺或现象，"
    "例如「阿胶掺马皮怎么查」。写得越具体，排得越准。"
)
# Up to the first end of a sentence; a full stop inside of 3.5 is none.
SENTENCE = re.compile(r".+?(?:[。！？!?]|$)")


def match_text(text: str, kind: str, *, by: Reader | None) -> Answer:
    """Rank the catalogue for a pasted text.

    Args:
        text: up to 3,000 characters, of which four at least say something.
        kind: what the text is: `demand` (achievements are offered) or `achievement` (demands are offered).
        by: the reader; None is the site itself.

    Raises:
        Invalid: too short, too long, or an unknown kind.
        SearchUnavailable: the matcher is being prepared.
    """
    text = checked_text(text, kind)
    needs = other_needs(text, kind)
    # What asks for money or people would only be matched with chance likenesses.
    if needs and not _says_enough(without_needs(text)):
        return Answer(LISTINGS[kind].counterpart, blocked="need")
    request = RankingRequest(
        document=trial_document(text),
        sought=LISTINGS[kind].counterpart,
        reader=by,
        top=TOP,
    )
    answer = explained_answer(request, rank_listings(request))
    return replace(answer, offers=_with_conditions(answer.offers, by))


def other_needs(text: str, kind: str) -> tuple[str, ...]:
    """The needs of money and people that a text of a problem names; an achievement asks for nothing."""
    return needs_in(text) if kind == "demand" else ()


def trial_document(text: str) -> matching.Document:
    """A pasted text as it is matched: without a title the matcher lets the first sentence head it."""
    return matching.Document(id=0, title="", text=text)


def _with_conditions(
    offers: Sequence[Offer],
    by: Reader | None,
) -> tuple[Offer, ...]:
    """The rows with what is offered in one sentence, and with stage, ways of cooperation and price."""
    cards = {}
    keys = [(offer.row.kind, offer.row.id) for offer in offers]
    for card in find_cards(keys, fields_of_level(1), by=by):
        cards[card.id] = card
    described = []
    for offer in offers:
        found = cards.get(offer.row.id)
        if found is None:  # withdrawn this moment: it stays as it was ranked
            described.append(offer)
            continue
        gist = _first_sentence(found.texts)
        described.append(replace(offer, gist=gist, conditions=tuple(found.facts)))
    return tuple(described)


def _first_sentence(texts: Sequence[str]) -> str:
    """What the main text says first, whole where it is not too long."""
    text = " ".join(next(iter(texts), "").split())
    sentence = SENTENCE.match(text)
    if sentence is None:
        return ""
    found = sentence[0]
    if len(found) <= GIST_MOST:
        return found
    return found[:GIST_MOST].rstrip("，、；：,;: ") + "…"


def _says_enough(text: str) -> bool:
    """Whether enough characters of a text belong to words that carry content; shared ones count once."""
    covered: set[int] = set()
    for span in spans(text, stop=True):
        covered.update(range(span.start, span.end))
    # 12345 may be the number of a material, and names nothing by itself.
    names_something = any(text[place].isalpha() for place in covered)
    return names_something and len(covered) >= CONTENT_LEAST


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
    if not text:
        message = "还没有写。写一句也行，例如「阿胶掺马皮怎么查」。"
    elif _is_too_short(text, kind):
        message = TOO_SHORT
    elif len(text) > TEXT_MOST:
        message = f"最多 {TEXT_MOST:,} 个字，现在有 {len(text):,} 个。留下问题、指标和现状即可。"
    elif secret_mark(text):
        message = REFUSAL
    if message:
        raise Invalid(message, problems={"text": [message]})
    return text


def _is_too_short(text: str, kind: str) -> bool:
    """Whether a text is short and says nothing that could be looked for."""
    if len(text) >= LONG_ENOUGH or other_needs(text, kind):
        return False
    return not _says_enough(text)


def headline_of(text: str) -> str:
    """The title of a draft from a pasted text: its first line, sentence or clauses, whatever fits in 40 characters."""
    line = text.strip().split("\n", 1)[0].strip()
    if len(line) > HEADLINE_MOST:
        line = re.split(r"[。！？；;!?]", line, maxsplit=1)[0]
    # A text that begins with a full stop has no first sentence.
    line = line or text.strip()
    if len(line) > HEADLINE_MOST:
        ends = [
            line.rfind(sign, CLAUSE_LEAST, HEADLINE_MOST) for sign in "，,、：:（( "
        ]
        clause = max(ends)
        line = line[: clause if clause > 0 else HEADLINE_MOST]
    return line.strip()
