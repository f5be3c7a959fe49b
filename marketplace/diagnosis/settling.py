"""What every deed of a diagnosis begins and ends with: the revision that was seen, its texts, its move, one commit.

The deeds stand in `deeds.py` and `answers.py`.
"""

from __future__ import annotations

from marketplace import persistence
from marketplace.clock import now
from marketplace.diagnosis import queries
from marketplace.diagnosis.models import DiagnosisCase
from marketplace.errors import MarketError, NotNow, Stale
from marketplace.listings import settling
from marketplace.permissions import Reader
from marketplace.typed_texts import checked_text

MAX_WORDS = 1000  # characters of a question, an answer, a remark


def move_case(case: DiagnosisCase, deed: str, *, by: Reader, note: str = "") -> None:
    # Before the move, which changes whose turn it is; a new case has no turn yet.
    turn = queries.firms_turn(case) if case.id else False
    case.life.move(case, deed, by=by, note=note)
    # Also where only a question is new: without an update the revision would stay, and two would answer unseen.
    case.updated_at = now()
    if not case.is_open:
        case.ended_at = now()
    # A question more does not give the firm another week for the first one.
    if deed != "inquire" or not turn:
        case.since = now()


def checked_words(name: str, words: str, most: int) -> str:
    """A text that somebody reads. Raises Invalid: empty, too long, or with the mark of a state secret."""
    missing = f"写清楚（2–{most} 字），对方会看到。"
    return checked_text(name, words, most, missing=missing)


def check_seen(case: DiagnosisCase, seen: int) -> None:
    """Hold the case for this deed, and refuse what was meant for what it said before. Raises Stale."""
    persistence.hold_row(case)
    if case.revision != seen:
        raise Stale("这份诊断在您打开之后变过。", "请看过新的内容再决定。")


def commit_case() -> None:
    # A split makes drafts, whose titles may be taken: both refusals are put into words here.
    persistence.commit(duplicates={**settling.duplicate_titles(), **second_cases()})


def second_cases() -> dict[str, MarketError]:
    return {"uq_diagnosis_open": NotNow("同一时刻有别人接手了诊断。", "请刷新后再看。")}
