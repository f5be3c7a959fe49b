"""What many parts of a page need, read once for a request that writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import has_request_context, request

from marketplace import persistence

Value = TypeVar("Value")
KNOWN = "marketplace.read_once"  # where a request holds what it has read


def read_once(key: tuple[str, int], read: Callable[[], Value]) -> Value:
    """A value that many parts of a page need, read from the database once for the page.

    Args:
        key: which value, and whose.
        read: reads it.

    Returns:
        what `read` gave when it was called first; read again each time where the request may change it.
    """
    if not has_request_context() or persistence.writes():
        return read()
    known: dict[tuple[str, int], Any] = request.environ.setdefault(KNOWN, {})
    if key not in known:
        known[key] = read()
    value: Value = known[key]
    return value
