"""What people are alerted to, in words: new listings that a saved search finds, or that fit theirs. No commit here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from marketplace.accounts.models import Person
from marketplace.alerts import queries
from marketplace.contributions import NoticeKind
from marketplace.listings.models import Row
from marketplace.notices.addresses import Recipient
from marketplace.notices.deeds import notify, path_of
from marketplace.verdicts.projections import holder_of
from marketplace.wording import in_quotes
from matching.judging import grades

FOUND = "alerts.found"
FITTING = "alerts.fitting"
MAX_LINES = 10  # listings that one notice names; the page it leads to has all


def notice_kinds() -> Iterator[NoticeKind]:
    """The kinds of notices of this room."""
    yield NoticeKind(
        FOUND,
        "保存的检索有新内容",
        "您收到这封邮件，是因为您保存了这个检索。在「我的」里删去它，就不再提醒。",
    )
    yield NoticeKind(
        FITTING,
        "有新发布的适合您的成果或需求",
        "您收到这封邮件，是因为您发布的成果或需求有了新的匹配。",
    )


def announce_findings(
    person: Person, findings: Sequence[queries.NewFinding], number: int
) -> None:
    """Notify somebody of what is new in the searches they have saved.

    Args:
        person: whose searches they are.
        findings: one for each search that finds something new.
        number: of the first row that notes it, which no other notice has.
    """
    lines: list[str] = []
    total = sum(len(finding.rows) for finding in findings)
    for finding in findings:
        lines.append(f"检索 {finding.name}")
        for row in finding.rows[:MAX_LINES]:
            lines.append(f"· {_described(row)}")
        left = len(finding.rows) - MAX_LINES
        if left > 0:
            lines.append(f"· 另有 {left} 条，打开检索看")
    link = path_of("alerts.own")
    # One search is led back to itself; of several the page of one's own shows where each can be taken away.
    if len(findings) == 1:
        link = path_of("catalogue.search", **findings[0].state.arguments())
    notify(
        FOUND,
        Recipient.of(person),
        key=f"found {number}",
        subject=f"您保存的检索有 {total} 条新内容",
        happened="\n".join(lines),
        link=link,
    )


def announce_matches(
    person: Person, matches: Sequence[queries.NewMatch], number: int
) -> None:
    """Notify somebody of new listings that fit theirs, and why.

    Args:
        person: whose listings they are.
        matches: of this person, those of one listing together.
        number: as of `announce_findings`.
    """
    lines: list[str] = []
    subjects: list[Row] = []
    for match in matches[:MAX_LINES]:
        subject = match.subject
        if subject not in subjects:
            subjects.append(subject)
            lines.append(f"您的{subject.kind_word}{in_quotes(subject.title)}")
        grade = grades.NAMES[match.offer.grade]  # type: ignore[index]
        lines.append(f"· {_described(match.offer.row)}，{grade}")
        # In the words of the page of matches, so that a mail claims no more than the site.
        why = "".join(text for text, _ in match.offer.why)
        if why:
            lines.append(f"  {why}")
    left = len(matches) - MAX_LINES
    if left > 0:
        lines.append(f"另有 {left} 条，打开各条的匹配页看")
    first = matches[0].subject
    link = path_of("matchmaking.matches", kind=first.kind, listing_id=first.id)
    if len({(one.subject.kind, one.subject.id) for one in matches}) > 1:
        link = path_of("desk.mine")
    notify(
        FITTING,
        Recipient.of(person),
        key=f"fitting {number}",
        subject=f"有 {len(matches)} 条新发布的适合您的成果或需求",
        happened="\n".join(lines),
        to_do="打开看依据；合适的点「感兴趣」，不合适的点「不合适」，以后的匹配会更准。",
        link=link,
        about=(first.kind, first.id) if len(subjects) == 1 else None,
    )


def _described(row: Row) -> str:
    return f"{row.kind_word}{in_quotes(row.title)}，{holder_of(row)}"
