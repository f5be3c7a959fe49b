"""What a pair's score and reasons are worth in words: fixed cut points, and what each asks for.
Not here: the score (matcher), the calibrated model that takes over once enough demands are judged (calibration).

A score alone is no grade: texts may be near by manner of speaking. Each grade therefore asks for evidence too, words
that stand in both texts and in few others. The cut points were laid on principle and looked at on 7,081 judged pairs:
docs/decisions/014.
"""

from __future__ import annotations

from typing import Literal

from matching.explaining.reasons import Reasons

Grade = Literal["high", "fair", "weak"]

NAMES: dict[Grade, str] = {"high": "高度匹配", "fair": "较匹配", "weak": "可参考"}

HIGH = 0.25  # a quarter of what the text has in common with itself,
HIGH_WORDS = 2  # and so many specific words: one may be chance or another sense
FAIR = 0.15
FAIR_WORDS = 2  # or one that carries
FAIR_COVERED = 0.15  # this share of the query's weight
WEAK = 0.10
WEAK_SHARE = 0.02  # of the score, by one specific word


def grade(score: float, reasons: Reasons) -> Grade | None:
    """The grade of a pair, None where nothing speaks for it.

    score and reasons as the matcher gave them. high ⊂ fair ⊂ weak in what they ask for.
    """
    specific = [share for word, share in reasons.words if word in reasons.specific]
    if score < WEAK or not specific or max(specific) < WEAK_SHARE:
        return None
    if score >= HIGH and len(specific) >= HIGH_WORDS:
        return "high"
    if score >= FAIR and (
        len(specific) >= FAIR_WORDS or reasons.covered >= FAIR_COVERED
    ):
        return "fair"
    return "weak"
