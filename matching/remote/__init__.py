"""A matcher whose documents lie outside memory, for catalogues that outgrow it. Nobody else needs to read this folder.
Not here: the store itself (search), the formula (matching.index, matching.ranking).
"""

from matching.remote.candidates import CandidateMatcher

__all__ = ["CandidateMatcher"]
