"""What can go wrong, named by what happened. Nothing of HTTP lives here: `marketplace/__init__.py` translates once."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

# What stands above a form of which some boxes are marked.
NOT_SAVED = ("没有保存。", "请改好标出的几处。")


class MarketError(Exception):
    """Base of everything a rule may raise.

    Args:
        message: what happened, in Chinese, for the reader.
        advice: what to do next, in Chinese; may be empty.
    """

    def __init__(self, message: str = "", advice: str = "") -> None:
        super().__init__(message)  # what logs and commands print
        self.message = message
        self.advice = advice


class NotFound(MarketError):
    """There is no such thing, or this reader may not know of it."""


class NotAllowed(MarketError):
    """The reader is known and may not do this."""


class NotNow(MarketError):
    """The deed is a proper one, but not in the present state of the thing."""


class Busy(MarketError):
    """Somebody else is saving and did not finish in the time a request waits; the same deed may work in a moment."""

    def __init__(
        self,
        message: str = "有别人正在保存，等了一会儿还没有轮到，这一次没有存上。",
        advice: str = "请过几秒再保存一次；填写的内容可以按浏览器的「后退」找回。",
    ) -> None:
        super().__init__(message, advice)


class CannotSave(MarketError):
    """Nothing can be written to the disk or the database, though all of it can be read; the message says why."""


# Not a NotNow: its remedy is to read what the other one wrote, not to do something else first.
class Stale(MarketError):
    """Somebody else changed the thing since the reader saw it."""


class Invalid(MarketError):
    """The input breaks a rule.

    Args:
        problems: field name → list of what is wrong and what is allowed, in Chinese.
    """

    def __init__(
        self,
        message: str = "",
        advice: str = "",
        *,
        problems: Mapping[str, list[str]] | None = None,
    ) -> None:
        super().__init__(message, advice)
        self.problems: dict[str, list[str]] = dict(problems or {})

    @property
    def heading(self) -> str:
        """What stands above the list of problems: the message, unless one of them says it already."""
        listed = chain.from_iterable(self.problems.values())
        if any(text.startswith(self.message) for text in listed):
            return "没有办成"
        return self.message


class SearchUnavailable(MarketError):
    """Neither the search engine nor its fallback can answer."""
