"""From where to where a figure may lie, and whether one such stretch lies in another.
Not here: how the bounds of a figure are read from its operator (figures), units (units).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a figure allows or promises, in base quantities; None is open, strict ends do not belong to it."""

    low: Fraction | None
    high: Fraction | None
    strict_low: bool = False
    strict_high: bool = False

    def within(self, other: Bounds) -> bool:
        """Whether all of this lies in the other."""
        if other.low is not None:
            if self.low is None or self.low < other.low:
                return False
            if self.low == other.low and other.strict_low and not self.strict_low:
                return False
        if other.high is not None:
            if self.high is None or self.high > other.high:
                return False
            if self.high == other.high and other.strict_high and not self.strict_high:
                return False
        return True

    def apart_from(self, other: Bounds) -> bool:
        """Whether both have nothing in common; ends that touch are in doubt and so not apart."""
        if self.high is not None and other.low is not None and self.high < other.low:
            return True
        return self.low is not None and other.high is not None and self.low > other.high
