"""What a pair's score and reasons mean in words: fixed cut points, and the evidence each grade asks for.
Not here: the score (ranking), the model that takes over once enough demands are judged (calibration).

A score alone is no grade: texts may be near by manner of speaking. Each grade therefore asks for evidence too, words
that both texts have and few others do. The cut points were chosen on principle and checked on 7,081 judged pairs:
decision 014.
"""

from __future__ import annotations

from typing import Literal

from matching.explaining.reasons import Reasons

Grade = Literal["high", "fair", "weak"]

NAMES: dict[Grade, str] = {"high": "高度匹配", "fair": "较匹配", "weak": "可参考"}

# A quarter of what the text has in common with itself,
HIGH = 0.25
# and so many specific words: one may be chance or another sense.
HIGH_WORDS = 2
FAIR = 0.15
FAIR_WORDS = 2
# Or one specific word, and this share of the query's weight.
FAIR_COVERED = 0.15
WEAK = 0.10
# Of the score, by one specific word.
WEAK_SHARE = 0.02


def may_have_grade(score: float) -> bool:
    """Whether a pair of that score can have a grade at all, so that its reasons are worth working out."""
    return score >= WEAK


def fixed_grade(
    score: float,
    reasons: Reasons,
) -> Grade | None:
    """The grade of a pair by the fixed cut points.

    Args:
        score, reasons: as the matcher gave them.

    Returns:
        the best grade whose conditions are met (high ⊂ fair ⊂ weak), None where nothing speaks for the pair.
    """
    specific = [share for word, share in reasons.words if word in reasons.specific]
    if not may_have_grade(score) or not specific or max(specific) < WEAK_SHARE:
        return None
    if score >= HIGH and len(specific) >= HIGH_WORDS:
        return "high"
    has_evidence = len(specific) >= FAIR_WORDS or reasons.covered >= FAIR_COVERED
    if score >= FAIR and has_evidence:
        return "fair"
    return "weak"
