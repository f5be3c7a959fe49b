"""Markup in pasted texts: entities read, elements and what they hide left out, each character in its place.
Not here: other repairs (pasted_text).
"""

from __future__ import annotations

import html
import re

from matching.misread_text import FILLER
from matching.screening import Signs

# Elements after which a new line begins.
_BLOCKS = frozenset(
    re.findall(
        "[a-z0-9]+",
        "address article aside blockquote body br caption center dd div dl dt fieldset figcaption figure footer form "
        "h1 h2 h3 h4 h5 h6 head header hr html img li main nav ol option p pre section select table tbody td tfoot th "
        "thead title tr ul",
    )
)
_INLINE = frozenset(
    re.findall(
        "[a-z]+",
        "abbr acronym big button cite code del dfn em font input ins kbd label link mark meta nobr rb rp rt ruby samp "
        "small span strike strong sub sup tt var wbr",
    )
)
# a<b>c is no element: the letters that are also variables count where they are closed as well.
_LETTERS = frozenset("abiqsu")
# The text of an element may itself have been written with entities, which leaves fillers behind.
_TAG = re.compile(
    rf"<{FILLER}*/?{FILLER}*([a-z][a-z0-9]*(?::[a-z]\w*)?)(?:[\s/][^<>]*|{FILLER}*)>",
    re.I,
)
# &amp;nbsp; was escaped twice.
_ENTITY = re.compile(r"&(?:amp;)*(#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});", re.I)
# How a character is pronounced, written over it.
_PRONUNCIATION = re.compile(r"<(r[tp])>[^<>]{0,40}</\1>", re.I)
# What begins and ends stretches that hold no text at all.
_UNREAD = (
    ("<!--", "-->"),
    ("<script", "</script"),
    ("<style", "</style"),
)

# What patterns that ignore the case take for letters.
_LETTER = "a-zA-Z\u0130\u0131\u017f\u212a"
# What a text has that read_entities() and drop_markup() change.
SIGNS_OF_ENTITIES = (Signs("&", f"[#{_LETTER}]"),)
SIGNS_OF_MARKUP = (Signs("<", f"[{FILLER}/!{_LETTER}]"),)


def read_entities(text: str) -> str:
    # Looking for a character costs next to nothing, a pattern about as much as folding does.
    return _ENTITY.sub(_read_entity, text) if "&" in text else text


def _read_entity(match: re.Match[str]) -> str:
    written = match.group()
    character = html.unescape(f"&{match[1]};")
    if character.startswith("&") and len(character) > 1:
        return written
    return character.ljust(len(written), FILLER)


def drop_markup(text: str) -> str:
    if "<" not in text:
        return text
    text = _PRONUNCIATION.sub(lambda match: FILLER * len(match[0]), text)
    for opening, closing in _UNREAD:
        text = _drop_between(text, opening, closing)
    closed = {name for name in _LETTERS if f"</{name}>" in text.lower()}

    def drop(match: re.Match[str]) -> str:
        name = match[1].lower()
        size = len(match.group())
        if name in _BLOCKS:
            return "\n".ljust(size, FILLER)
        # Elements of Word have a colon: <o:p>.
        if name in _INLINE or name in closed or ":" in name:
            return FILLER * size
        return match.group()

    return _TAG.sub(drop, text)


def _drop_between(text: str, opening: str, closing: str) -> str:
    """The text without stretches from one sign to another."""
    # Looked for one after the other: a pattern would search to the end again from each beginning.
    lower = text.lower()
    pieces = []
    position = 0
    start = lower.find(opening)
    end = lower.find(closing, start)
    while 0 <= start < end:
        end = text.find(">", end) + 1 or len(text)
        pieces += [text[position:start], "\n".ljust(end - start, FILLER)]
        position = end
        start = lower.find(opening, position)
        end = lower.find(closing, start)
    return "".join([*pieces, text[position:]])
