"""Latin tokens: what they are, and texts with one character in place of each, as they are cut.
Not here: the cutting (text), what a token consists of and weighs (text, word_classes).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from matching import text_kernels
from matching.arrays import UInt8s
from matching.code_points import OTHER_PLANE, code_points_of, ranges_of
from matching.quantities import SIGNED

# The characters that jieba cuts; all others belong to Latin tokens.
HAN = "\u4e00-\u9fd5"
# A Latin token: letters and figures joined by - . / ' & between them, then ++ or #.
# Al-Zn-Mg, GPT-4, PA66, GB/T, node.js, C++11, C#, 45# stay whole.
# −40°c, 38%: with the sign before and the unit behind that are no letters (quantities).
LATIN = rf"{SIGNED}|[^\W_{HAN}]+(?:[-./'&·][^\W_{HAN}]+)*(?:\+\+[0-9]*|#)?(?![+#])|[^\W_{HAN}]+"
# What a token may begin with is looked at first: nearly all characters are Han and need no more.
_LATIN = re.compile(rf"(?=[^\W_{HAN}]|[-+±])(?:{LATIN})")
# jieba does not cut these off from the Han characters next to them, so they become gaps.
GAP = "\n"
_JOINERS = str.maketrans(dict.fromkeys("+#&._%-", GAP))
# What a Latin token begins with, and the joiners; what else it consists of, and what is looked at on its sides: no
# token reaches out of a run of these.
_COUNTS_IN_RUNS = rf"[^\W{HAN}]|[-+±#&._%]"
_ELSE_IN_RUNS = r"[/'·°‰)\]]"
# Comes back as a piece of its own between two texts that are cut in one call.
TEXT_END = "\x01"
# In no piece.
PIECE_END = "\x02"
# Code points that may replace a Latin token while the Han around it is cut.
STAND_INS = (range(0xF0000, 0xFFFFE), range(0x100000, 0x10FFFE))
# What a text itself must not contain then; neither letter nor figure, so a comma does as well.
_RESERVED = re.compile(f"[{TEXT_END}{PIECE_END}\ud800-\udfff\U000f0000-\U0010ffff]")


def is_han(word: str) -> bool:
    """Whether a piece is of Han characters; no piece mixes them with others."""
    return "\u4e00" <= word[0] <= "\u9fd5"


def mark_texts(norms: Sequence[str], replace: Callable[[str, int, int], str]) -> str:
    """Normalised texts as they are cut: one after the other, with one character in place of each Latin token.

    Args:
        norms: the texts.
        replace: gives what replace_latin() makes of text[start:end], a run that may have Latin tokens.

    Returns:
        the texts, TEXT_END between two.
    """
    whole = TEXT_END.join(norms)
    if _has_reserved(whole, len(norms) - 1):
        # One character for one, so that offsets stay.
        whole = TEXT_END.join([_RESERVED.sub(",", norm) for norm in norms])
    marked: list[str] = []
    done = 0
    codes, _ = code_points_of([whole])
    starts, ends = text_kernels.find_runs(codes, _kinds_in_runs()).tolist()
    for start, end in zip(starts, ends, strict=True):
        marked.append(whole[done:start])
        marked.append(replace(whole, start, end))
        done = end
    marked.append(whole[done:])
    return "".join(marked)


def replace_latin(run: str, stand_in: Callable[[re.Match[str]], str]) -> str:
    """A run of letters, figures and signs as it is cut: each Latin token replaced, joiners made gaps.

    Args:
        run: a whole run of mark_texts().
        stand_in: gives the one character of STAND_INS that replaces a token, or GAP to leave it out.
    """
    return _LATIN.sub(stand_in, run).translate(_JOINERS)


@cache
def _kinds_in_runs() -> UInt8s:
    """The kinds of characters for text_kernels.find_runs(); those beyond the first plane count."""
    kinds = np.zeros(text_kernels.CLASSED, dtype=np.uint8)
    for kind, members in ((1, _ELSE_IN_RUNS), (2, _COUNTS_IN_RUNS)):
        for start, end in ranges_of(members):
            kinds[start:end] = kind
    kinds[OTHER_PLANE] = 2
    return kinds


def _has_reserved(text: str, ends: int) -> bool:
    """Whether a text may contain reserved characters, but for so many TEXT_END: an encoder is faster than a pattern."""
    if text.count(TEXT_END) > ends or PIECE_END in text:
        return True
    try:
        return len(text.encode("utf-16-le")) > 2 * len(text)
    except UnicodeEncodeError:
        return True
