"""A matcher whose documents lie outside memory, for catalogues that outgrow it. Nobody else needs to read this folder.
Not here: the store itself (search), the score (ranking), the parts of it (index).

What stays in memory is how many documents have each feature. A candidate comes with all its features, so that its
score is bit for bit what Matcher gives the same pair; what can be lost is only a document that is no candidate.
"""

from matching.remote.matcher import (
    CANDIDATES,
    TERMS,
    CandidateMatcher,
)
from matching.remote.store import (
    CandidateStore,
    StoredCandidate,
)

__all__ = [
    "CANDIDATES",
    "TERMS",
    "CandidateMatcher",
    "CandidateStore",
    "StoredCandidate",
]
