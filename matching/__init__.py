"""Text in, ranking out: the matcher of demands and achievements, its reasons, facts and grades.
Not here: the web, the database, settings, full-text search.
"""

from matching.documents import Document, Id, Match
from matching.errors import NotFitted, UnusableArtefact
from matching.explaining.reasons import Reasons, Understanding
from matching.matcher import Matcher

__all__ = [
    "Document",
    "Id",
    "Match",
    "Matcher",
    "NotFitted",
    "Reasons",
    "Understanding",
    "UnusableArtefact",
]
