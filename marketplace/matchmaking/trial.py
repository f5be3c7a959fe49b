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
from marketplace.matchmaking.answers import (
    TOP,
    TOP_AT_LISTING,
    Answer,
    explained_answer,
)
from marketplace.matchmaking.facts import TextComparison
from marketplace.matchmaking.offers import Offer
from marketplace.matchmaking.other_needs import needs_in, without_needs
from marketplace.matchmaking.ranking import RankingRequest, rank_listings
from marketplace.parsing.secrecy import REFUSAL, secret_mark
from marketplace.parsing.text import GARBLED
from marketplace.permissions import Reader
from matching.encoded_text import decode_text
from matching.heard_text import Heard, is_pinyin, read_by_ear
from matching.misread_text import is_illegible
from matching.refusals import refused_words
from matching.text import spans, words

# Characters that say something, which a short text must have: people type 「阿胶掺马皮怎么查」, eight of which six do.
MIN_CONTENT = 4
LONG_ENOUGH = 20  # characters from which a text is tried whatever it says
MAX_GIST = 90  # characters of the sentence that says what is offered
MAX_TEXT = 3000  # some two pages; ranking takes longer the more words there are
MAX_HEADLINE = 40  # characters of a title made from a pasted text
MIN_CLAUSE = 12  # characters below which a title says too little
DEFAULT_KIND = "demand"
TOO_SHORT = (
    f"这里面说到具体东西的字太少：至少要有 {MIN_CONTENT} 个字说到产品、材料、工艺或现象，"
    "例如「阿胶掺马皮怎么查」。写得越具体，排得越准。"
)
ONLY_REFUSED = (
    "这里只写了不要「{}」，没有写要解决什么。请写明想做成什么、遇到什么难题。"
)
# Up to the end of a sentence; a full stop inside of 3.5 is none.
SENTENCE = re.compile(r"[^。！？!?]+[。！？!?]?")
# How a text speaks of what was wrong before, or of who has it in use already.
TROUBLE = re.compile(
    r"过去|以往|以前|传统|老办法|原来|普通|现有|目前|市面|国内外?(?:大多|普遍)|常常|经常|往往|总是|容易|难以|很难|难点|"
    r"不足|不稳|不均|不够|不敏感|不准|偏[高低大小]|敏感|浪费|污染|靠进口|依赖|又怕|怕|没有不|翻倍|起皮|发黄|掉到|只剩|卡脖子|"
    r"？|\\?$|不断|凭经验|越积|越来越|不收|不要|不得不|只能|一旦|就会|为什么|占地|试用|用了|倒班|操作工|共记录|已在"
)
# How a text speaks of the thing it offers.
OFFERING = re.compile(
    r"(?:本|该|这)(?:项|套|种|台|个|条|款|批)?"
    r"(?:成果|项目|技术|方法|系统|装置|工艺|产品|设备|方案|平台|软件|模型|材料|配方|仪器|专利|发明|菌剂|药剂|模具|机)"
    r"|这(?:套|种|台|条|款)|我们|我校|课题组|研究组|研究团队|本团队"
    r"|以[^，。]{1,16}为|用[^，。]{1,16}(?:代替|替代|取代|做|制)|研制|研发|开发|提出|建立了|构建|设计了|发明了|采用|改用|实现|能够|可将|可以把|适用于|用于"
)


def match_text(text: str, kind: str, *, by: Reader | None) -> Answer:
    """Rank the catalogue for a pasted text.

    Args:
        text: as `checked_text` gave it.
        kind: what the text is: `demand` (achievements are offered) or `achievement` (demands are offered).
        by: the reader; None is the site itself.

    Raises:
        SearchUnavailable: the matcher is being prepared.
    """
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
    answer = explained_answer(
        request,
        rank_listings(request),
        comparison=TextComparison(text, kind, by),
    )
    return replace(answer, offers=_with_conditions(answer.offers, by))


def preview_text(text: str, kind: str, *, by: Reader | None) -> Answer:
    """The first few matches of a text while it is written: no more of it is asked for than a column can show.

    Args:
        text: as it was typed so far.
        kind, by: as for `match_text`.

    Raises:
        Invalid: as `checked_text`.
        SearchUnavailable: the matcher is being prepared.
    """
    text = checked_text(text, kind)
    if other_needs(text, kind) and not _says_enough(without_needs(text)):
        return Answer(LISTINGS[kind].counterpart, blocked="need")
    request = RankingRequest(
        document=trial_document(text),
        sought=LISTINGS[kind].counterpart,
        reader=by,
        top=TOP_AT_LISTING,
    )
    return explained_answer(
        request,
        rank_listings(request),
        comparison=TextComparison(text, kind, by),
    )


def other_needs(text: str, kind: str) -> tuple[str, ...]:
    """The needs of money and people that a text of a problem names; an achievement asks for nothing."""
    return needs_in(text) if kind == "demand" else ()


def trial_document(text: str) -> matching.Document:
    """A pasted text as it is matched: without a title the matcher lets the first sentence head it.

    Slips of the ear and pinyin are read as they were meant, which `heard_in` tells the page.
    """
    return matching.Document(id=0, title="", text=read_by_ear(text)[0])


def heard_in(text: str) -> tuple[Heard, ...]:
    """What of a pasted text is read otherwise than it is written."""
    return read_by_ear(text)[1]


def refused_in(text: str) -> tuple[str, ...]:
    """What a pasted text says it does not want, which is not compared."""
    return refused_words(read_by_ear(text)[0])


def is_in_pinyin(text: str) -> bool:
    """Whether a pasted text is in pinyin."""
    return is_pinyin(text)


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
        gist = gist_of(found.title, next(iter(found.texts), ""))
        described.append(replace(offer, gist=gist, conditions=tuple(found.facts)))
    return tuple(described)


def gist_of(title: str, text: str) -> str:
    """The sentence of a main text that says what is offered, in at most MAX_GIST characters.

    Many texts begin with what was wrong before: 「过去靠人工分选……这套方案把……」. Sentences that speak of the thing
    itself or repeat words of its title go before others, and those of troubles come last; of equals the first.
    """
    named = set(words(title, stop=True))
    sentences: list[str] = SENTENCE.findall(" ".join(text.split()))

    def telling(sentence: str) -> int:
        shared = len(named & set(words(sentence, stop=True)))
        offers = bool(OFFERING.search(sentence))
        complains = bool(TROUBLE.search(sentence))
        # What comes first is as often the trouble as the thing, where there is more to come.
        opens = sentence is sentences[0] and len(sentences) > 2 and not offers
        return min(shared, 3) + 2 * offers - 3 * complains - 2 * opens

    if not sentences:
        return ""
    found = max(sentences, key=telling).strip()
    if len(found) <= MAX_GIST:
        return found
    # At a joint of the sentence, where one stands late enough.
    joint = max(found.rfind(sign, MAX_GIST // 2, MAX_GIST) for sign in "；;，,")
    return found[: joint if joint > 0 else MAX_GIST] + "…"


def _says_enough(text: str) -> bool:
    """Whether enough characters of a text belong to words that carry content; shared ones count once."""
    covered: set[int] = set()
    for span in spans(text, stop=True):
        covered.update(range(span.start, span.end))
    # 12345 may be the number of a material, and names nothing by itself.
    names_something = any(text[place].isalpha() for place in covered)
    return names_something and len(covered) >= MIN_CONTENT


def checked_text(text: str, kind: str) -> str:
    """A pasted text fit for a trial: line ends as \\n, no blanks at the ends.

    Args:
        text: up to 3,000 characters, of which four at least say something.
        kind: what it is: `demand` or `achievement`.

    Raises:
        Invalid: too short, too long, or an unknown kind.
    """
    # Browsers send line ends as two characters, which nobody counts; PostgreSQL stores no NUL.
    text = decode_text(text.replace("\r\n", "\n").replace("\x00", "")).strip()
    if kind not in LISTINGS:
        raise Invalid(
            "没有这种试配。", problems={"kind": ["请选择「技术难题」或「成果简介」。"]}
        )
    message = ""
    if not text:
        message = "还没有写。写一句也行，例如「阿胶掺马皮怎么查」。"
    elif is_illegible(text):
        message = "".join(GARBLED)
    elif _is_too_short(text, kind):
        refused = refused_words(text)
        message = ONLY_REFUSED.format("」「".join(refused)) if refused else TOO_SHORT
    elif len(text) > MAX_TEXT:
        message = f"最多 {MAX_TEXT:,} 个字，现在有 {len(text):,} 个。留下问题、指标和现状即可。"
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
    if len(line) > MAX_HEADLINE:
        line = re.split(r"[。！？；;!?]", line, maxsplit=1)[0]
    # A text that begins with a full stop has no first sentence.
    line = line or text.strip()
    if len(line) > MAX_HEADLINE:
        ends = [line.rfind(sign, MIN_CLAUSE, MAX_HEADLINE) for sign in "，,、：:（( "]
        clause = max(ends)
        line = line[: clause if clause > 0 else MAX_HEADLINE]
    return line.strip()
