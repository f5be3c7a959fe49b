"""A deal as it stood on a day or with one of its releases. The words of its fields are in `standing_words.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from marketplace.clock import begin_of_day
from marketplace.deals import standing_words, writing
from marketplace.deals.child_models import DealRelease
from marketplace.deals.models import Deal
from marketplace.errors import NotFound


@dataclass(frozen=True)
class Standing:
    """A deal as it stood at a moment.

    Attributes:
        values: field → plain value, the parts as `items.ownership`.
        release: the last release that counts.
        changed: the fields that this release changed.
    """

    values: dict[str, Any]
    release: DealRelease
    changed: list[str]


def standing_on(deal: Deal, day: date) -> Standing:
    """A deal as it stood at the end of a day in China. Raises NotFound: it had not begun."""
    return _standing(deal, begin_of_day(day + date.resolution))


def standing_at(deal: Deal, version: int) -> Standing:
    """A deal as it stood with one release, by its version. Raises NotFound."""
    releases = [one for one in deal.releases if one.version <= version]
    if not releases or releases[-1].version != version:
        raise NotFound("这笔交易没有这一版。", "请从交易的页面选一版。")
    return _standing_of(releases)


def _standing(deal: Deal, before: datetime) -> Standing:
    releases = [one for one in deal.releases if one.at < before]
    if not releases:
        raise NotFound("那一天这笔交易还没有开始。", "请选以后的日期。")
    return _standing_of(releases)


def _standing_of(releases: Sequence[DealRelease]) -> Standing:
    return Standing(
        writing.merge_releases(releases), releases[-1], sorted(releases[-1].changes)
    )


def lines_of(standing: Standing) -> list[tuple[str, str, bool]]:
    """A deal as it stood, as lines of its page: name, value in words, whether the last release changed it."""
    lines = []
    for field, value in standing.values.items():
        name = standing_words.name_of(field)
        if name:
            words = standing_words.words_of(field, value)
            lines.append((name, words, field in standing.changed))
    return lines
