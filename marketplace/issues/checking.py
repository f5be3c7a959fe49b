"""Whether a file is an issue of this site: the very file, another file that says the same, or one that was changed.

What an issue says is in `content.py`. Nothing is stored: a file is read and forgotten.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Literal

from marketplace.errors import Invalid
from marketplace.exchange.rows import OpenSheet
from marketplace.exchange.sheets import open_sheet
from marketplace.extensions import db
from marketplace.issues.columns import COLUMNS, headers_of
from marketplace.issues.comparing import Difference, list_differences
from marketplace.issues.content import (
    MAX_ROWS,
    Content,
    ContentError,
    grouped,
    read_content,
    sha256_of,
)
from marketplace.issues.models import Issue, IssueFile
from marketplace.issues.workbooks import HASH_LABEL, checked_words, facts_words
from marketplace.parsing import ParseError
from marketplace.parsing.text import cell_text, escape_formula, half_width
from marketplace.wording import in_quotes

MAX_FILE = 20 * 2**20  # bytes; an issue of 1,500 lines has 3
MAX_DIFFERENCES = 20  # that are listed; the rest is counted
HASH_LENGTH = 64
HASH = re.compile(rf"[0-9a-f]{{{HASH_LENGTH}}}", re.ASCII)
# As a workbook says it; the label itself ends with figures.
HASH_IN_SHEET = re.compile(rf"{HASH_LABEL}\s*((?:[0-9a-f]{{4}}\s?){{16}})")
# In the metadata of a PDF for archives, which are never compressed.
HASH_IN_PDF = re.compile(rb"sha256:([0-9a-f]{64})")
ZIP = (b"PK\x03\x04", b"PK\x05\x06")  # the second one is empty
Verdict = Literal["equal", "same", "changed", "unknown"]


@dataclass
class Finding:
    """What became of comparing a file, or a hash, with everything that was published.

    Attributes:
        verdict: `equal` (the very file or hash), `same` (another file, the same content), `changed`, or `unknown`.
        digest: SHA-256 of the file, or the hash that was typed.
        issue: the issue it is, or says it is; None where it is none.
        format: what the file is.
        differences: the first of them; none can be named of a PDF.
        more: how many more there are.
    """

    verdict: Verdict
    digest: str
    issue: Issue | None = None
    format: str = ""
    differences: list[Difference] = field(default_factory=list)
    more: int = 0

    @property
    def is_ours(self) -> bool:
        """Whether what it says is what was published."""
        return self.verdict in ("equal", "same")


def check_hash(typed: str) -> Finding:
    """Look for a hash: of the content of an issue, or of one of its files.

    Args:
        typed: 64 hexadecimal digits, in groups or not.

    Raises:
        Invalid: it is no such hash.
    """
    # As people copy it: in the groups of a page, in capitals, with the prefix of a PDF.
    digest = "".join(half_width(typed).split()).lower()
    digest = digest.replace("-", "").removeprefix("sha256:")
    if not HASH.fullmatch(digest):
        message = "指纹是 64 个十六进制字符（0–9、a–f），可以带空格。"
        if digest and len(digest) != HASH_LENGTH:
            message += f"现在有 {len(digest)} 个，可能没有复制完整。"
        raise Invalid(message, problems={"digest": [message]})
    # Either is printed somewhere: the hash of the content in each file, that of a file next to its link.
    issue = _issue_of_hash(digest) or _issue_of_file(digest)
    if issue is None:
        return Finding("unknown", digest)
    return Finding("equal", digest, issue)


def check_file(raw: bytes) -> Finding:
    """Compare a file with what was published.

    Args:
        raw: the file.

    Raises:
        Invalid: it is empty, too large, or none of the three kinds of file that an issue has.
    """
    # Before it is hashed, which costs as much as the file is long.
    _refuse_size(raw)
    digest = sha256_of(raw)
    # The canonical text is the JSON file, so its hash is that of the content.
    issue = _issue_of_file(digest) or _issue_of_hash(digest)
    if issue is not None:
        return Finding("equal", digest, issue, _format_of(raw))
    if raw.startswith(b"%PDF"):
        return _check_pdf(raw, digest)
    if raw.startswith(ZIP):
        return _check_workbook(raw, digest)
    return _check_text(raw, digest)


def _refuse_size(raw: bytes) -> None:
    if not raw:
        raise _refused("文件是空的，没有核对。", "请再选一次文件。")
    if len(raw) > MAX_FILE:
        raise _refused(
            f"文件超过 {MAX_FILE // 2**20} MB，没有核对。", "清单文件都比这小。"
        )


def _refused(message: str, advice: str = "") -> Invalid:
    return Invalid(message, advice, problems={"file": [f"{message}{advice}"]})


def _format_of(raw: bytes) -> str:
    if raw.startswith(b"%PDF"):
        return "pdf"
    if raw.startswith(ZIP):
        return "xlsx"
    return "json"


def _check_pdf(raw: bytes, digest: str) -> Finding:
    """A PDF is our bytes or it is not: what its pages show cannot be compared, only what it says it is."""
    match = HASH_IN_PDF.search(raw)
    issue = None
    # A PDF that bears no hash of ours says nothing that could be compared.
    if match is not None:
        issue = _issue_of_hash(match.group(1).decode())
    if issue is None:
        return Finding("unknown", digest, None, "pdf")
    return Finding("changed", digest, issue, "pdf")


def _check_text(raw: bytes, digest: str) -> Finding:
    try:
        content = read_content(raw)
    except ContentError:
        raise _refused(
            "这不是清单的 PDF、Excel（.xlsx）或 JSON 文件，没有核对。",
            "请选从「清单」页下载的文件。",
        ) from None
    return _compared(content, digest, "json")


class _ListHeaders:
    """Knows the header row of a published list."""

    def count_known(self, row: Sequence[Any]) -> int:
        """How many columns of a list a row names."""
        cells = {str(cell).strip() for cell in row if cell is not None}
        return max(len(cells & set(headers_of(kind))) for kind in COLUMNS)

    def combine_rows(
        self, upper: Sequence[Any], lower: Sequence[Any]
    ) -> tuple[Any, ...] | None:
        """No list of ours has a header of two rows."""
        return None


def _check_workbook(raw: bytes, digest: str) -> Finding:
    try:
        with open_sheet(io.BytesIO(raw), _ListHeaders(), max_bytes=MAX_FILE) as sheet:
            return _compare_sheet(sheet, digest)
    except Invalid as error:
        # A workbook without our header is another list; anything else that cannot be read says why.
        if "header" in error.problems:
            return Finding("unknown", digest, None, "xlsx")
        raise _refused(error.message, error.advice) from None


def _compare_sheet(sheet: OpenSheet, digest: str) -> Finding:
    above = [_texts_of(row.cells) for row in sheet.above]
    head = [row[0] for row in above if row and row[0]]
    title = head[0] if head else ""
    claimed = HASH_IN_SHEET.search("\n".join(head))
    issue = None
    if claimed:
        issue = _issue_of_hash("".join(claimed.group(1).split()))
    # A hash that was typed over is looked for by the title: it is a changed file and not an unknown one.
    if issue is None:
        issue = _issue_of_title(title)
    if issue is None:
        return Finding("unknown", digest, None, "xlsx")
    # What is not in the sheet, such as the address, is taken as it was published.
    ours = issue.as_read
    # One more than an issue can have, so that a longer file is noticed without reading it to its end.
    rows = islice(sheet.rows, MAX_ROWS + 1)
    theirs = replace(
        ours,
        title=title,
        columns=_texts_of(sheet.header.cells)[1:],
        # Blank cells at the end are cut when a workbook is stored.
        rows=tuple(_padded(_texts_of(row.cells)[1:], ours) for row in rows),
    )
    finding = _finding_of(issue, ours, theirs, digest, "xlsx")
    expected = [facts_words(ours), checked_words(ours)]
    # The head is compared as a whole: it bears the holder, the days and the hash.
    if head[1:] != expected:
        theirs_head = "\n".join(head[1:])
        _note(finding, Difference("抬头", "\n".join(expected), theirs_head))
        finding.verdict = "changed"
    return finding


def _texts_of(cells: Sequence[Any]) -> tuple[str, ...]:
    """Cells of a workbook as the texts they were written from; blank ones at the end are none."""
    texts = [_text_of(cell) for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    return tuple(texts)


def _text_of(cell: Any) -> str:
    # Only what our own exports guard: an apostrophe that belongs to a text stays.
    if isinstance(cell, str):
        # The apostrophe that keeps a text from being read as a formula.
        bare = cell.removeprefix("'")
        return bare if escape_formula(bare) == cell else cell
    try:
        return cell_text(cell)
    except ParseError as error:
        return error.message


def _padded(cells: tuple[str, ...], ours: Content) -> tuple[str, ...]:
    missing = len(ours.columns) - len(cells)
    return cells + ("",) * missing


def _compared(theirs: Content, digest: str, kind_of_file: str) -> Finding:
    issue = _issue_of_hash(theirs.digest) or _issue_of_title(theirs.title)
    if issue is None:
        return Finding("unknown", digest, None, kind_of_file)
    return _finding_of(issue, issue.as_read, theirs, digest, kind_of_file)


def _finding_of(
    issue: Issue, ours: Content, theirs: Content, digest: str, kind_of_file: str
) -> Finding:
    finding = Finding("same", digest, issue, kind_of_file)
    for difference in list_differences(ours, theirs):
        finding.verdict = "changed"
        _note(finding, difference)
    return finding


def _note(finding: Finding, difference: Difference) -> None:
    # Counted on: a file that was sorted again differs in every line.
    if len(finding.differences) < MAX_DIFFERENCES:
        finding.differences.append(difference)
    else:
        finding.more += 1


def _issue_of_hash(digest: str) -> Issue | None:
    query = db.select(Issue).where(Issue.content_hash == digest)
    issue: Issue | None = db.session.scalar(query)
    return issue


def _issue_of_file(digest: str) -> Issue | None:
    query = (
        db.select(Issue)
        .join(IssueFile, IssueFile.issue_id == Issue.id)
        .where(IssueFile.file_hash == digest)
    )
    issue: Issue | None = db.session.scalar(query)
    return issue


def _issue_of_title(title: str) -> Issue | None:
    """The issue of that title: with its number and its holder no two have the same as a rule; else the newest."""
    query = db.select(Issue).where(Issue.title == title)
    issue: Issue | None = db.session.scalars(
        query.order_by(Issue.id.desc()).limit(1)
    ).first()
    return issue


def verdict_words(finding: Finding) -> str:
    """The answer in one sentence."""
    if finding.issue is None:
        return "没有这样的一期：本站没有发布过这个文件或这个指纹。"
    title = finding.issue.title
    if finding.verdict == "equal":
        return f"一致：就是{in_quotes(title)}，与发布时一个字节不差。"
    if finding.verdict == "same":
        return f"内容一致：文件另存过，但每一格都与{in_quotes(title)}发布时相同。"
    return f"已被改动：它自称{in_quotes(title)}，但与本站发布的不一样。"


def digest_words(finding: Finding) -> str:
    """The hash of what was checked, in groups."""
    return grouped(finding.digest)
