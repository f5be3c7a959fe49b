"""What a pair's score and reasons mean in words: fixed cut points, and the evidence each grade asks for.
Not here: the score (ranking), the model that takes over once enough demands are judged (calibration).

A score alone promises nothing: texts may be near by manner of speaking. Both upper grades therefore ask for evidence,
words that both texts have and few others do. The cut points were chosen on principle and checked on 7,081 judged pairs:
decision 014.
"""

from __future__ import annotations

from typing import Literal

from matching.explaining.reasons import GradeEvidence
from matching.match import Pair

Grade = Literal["high", "fair", "weak"]

NAMES: dict[Grade, str] = {"high": "高度匹配", "fair": "较匹配", "weak": "可参考"}

# A short text shares less with a long one than two long ones share with each other, however well it fits. Of exponents
# between 0 and .3 those from .15 on ordered the judged pairs equally well: AUC .93, and .90 without (decision 080).
LENGTH_EXPONENT = 0.2
# In strength, see below. Of 60 judged demands and problems: 13 of 13 pairs from HIGH on were judged good. From .30 on
# 17 of 17 were, but judged titles part from those below only here (decision 148),
HIGH = 0.36
# and so many specific words: one may be chance or another sense.
HIGH_WORDS = 2
# 18 of 20 from here on,
FAIR = 0.20
# and so much of the score by one specific word,
FAIR_SHARE = 0.02
# but not this part of it: two texts that share the name of a product and nothing else need not mean the same trouble.
# Of five such pairs one was judged good (decision 148).
LONE_WORD = 0.9
# 9 of 175 from here on, and no text with a good answer among the first three was left without any grade. A word is not
# asked for: on titles, pairs without one were as often good (.23) as pairs with one (.18).
WEAK = 0.09


def pair_strength(score: float, length_ratio: float) -> float:
    """How near two texts are, whatever their lengths: the score over a power of the ratio of their lengths.

    Args:
        score: 0…1.
        length_ratio: content words of the shorter text over those of the longer one, 0…1.

    Returns:
        at least the score; 0 where one of the texts has no content word.
    """
    if not length_ratio:
        return 0.0
    return float(score / length_ratio**LENGTH_EXPONENT)


def may_have_grade(score: float, length_ratio: float) -> bool:
    """Whether a pair can have a grade at all, so that its reasons are worth working out."""
    return pair_strength(score, length_ratio) >= WEAK


def grade_of_pair(pair: Pair) -> Grade | None:
    """What fixed_grade() says of a pair; by which words, is worked out only where they decide."""
    strength = pair_strength(pair.score, pair.length_ratio)
    if strength < FAIR:
        return "weak" if strength >= WEAK else None
    return fixed_grade(pair.evidence)


def fixed_grade(reasons: GradeEvidence) -> Grade | None:
    """The grade of a pair by the fixed cut points.

    Args:
        reasons: of the demand's text against the achievement's, whichever of the two a reader began with, so that a
            pair has one grade.

    Returns:
        the best grade whose conditions are met (high ⊂ fair ⊂ weak), None where nothing speaks for the pair.
    """
    specific = [share for word, share in reasons.words if word in reasons.specific]
    strength = pair_strength(reasons.score, reasons.length_ratio)
    if strength < WEAK:
        return None
    heaviest = max(specific, default=0.0)
    has_evidence = heaviest >= FAIR_SHARE
    is_alone = heaviest >= LONE_WORD * reasons.score
    if strength < FAIR or is_alone or not has_evidence:
        return "weak"
    if strength >= HIGH and len(specific) >= HIGH_WORDS:
        return "high"
    return "fair"
