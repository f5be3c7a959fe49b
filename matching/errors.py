"""What can go wrong in matching, by name.
Not here: what a page says about it.
"""

from __future__ import annotations


class NotFitted(ValueError):  # noqa: N818  (named by what happened, as everywhere in this project)
    """A matcher was used before fit() or load()."""


class UnusableArtefact(Exception):  # noqa: N818
    """A stored matcher is missing, truncated, of another version or foreign: fit and save again."""
