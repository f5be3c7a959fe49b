"""Text in, ranking out: the matcher of demands and achievements, its reasons, facts and grades.
Not here: the web, the database, settings, full-text search.
"""

from matching.documents import (
    Document,
    Id,
)
from matching.errors import (
    NotFitted,
    UnusableArtefact,
)
from matching.explaining.reasons import (
    QueryAnalysis,
    Reasons,
)
from matching.features import Features
from matching.index.storage import (
    COPIED,
    check_files,
    file_identities,
)
from matching.match import ExplainedPair, Match, Pair
from matching.matcher import Matcher

__all__ = [
    "COPIED",
    "Document",
    "ExplainedPair",
    "Features",
    "Id",
    "Match",
    "Matcher",
    "NotFitted",
    "Pair",
    "QueryAnalysis",
    "Reasons",
    "UnusableArtefact",
    "check_files",
    "file_identities",
]
