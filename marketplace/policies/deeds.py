"""What is done to policies: seeding, new versions, official texts, keeping an estimate. Only this file commits."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from marketplace import persistence
from marketplace.clock import now, today
from marketplace.errors import Invalid, NotFound, Stale
from marketplace.extensions import db
from marketplace.parsing import ParseError
from marketplace.parsing.documents import read_document
from marketplace.parsing.text import too_long
from marketplace.permissions import Reader, reader_id, require
from marketplace.policies import queries
from marketplace.policies.clause_files import parse_clauses, read_seed
from marketplace.policies.content import Clause
from marketplace.policies.estimating import estimate, kept_content
from marketplace.policies.evaluating import failed_cases
from marketplace.policies.models import (
    MAX_CODE,
    MAX_NAME,
    PolicyClause,
    PolicyEstimate,
    PolicyText,
)
from marketplace.policies.official_texts import split_text
from marketplace.policies.typed_figures import read_figures, require_sound
from marketplace.rules.toml_lines import FaultyFileError

NOT_SAVED = "新版本没有保存。"
CHANGED = Stale("这一条刚被别人加了新版本。", "对照看过以后，再决定要不要再加。")
MAX_TEXT = 20_000
MAX_SIGNS = 30_000  # of a document; `read_document` cuts there


def seed_policies(
    seed: Mapping[str, Sequence[tuple[Clause, str]]] | None = None,
) -> int:
    """Add the clauses that come with the platform; a clause that an operator has a version of is left as it is.

    Args:
        seed: code → versions with their texts, the earliest first; default those of the files.

    Returns:
        number of versions added.

    Raises:
        FaultyFileError: a file is wrong, or a worked case is not what its clause gives.
    """
    if seed is None:
        seed = read_seed(queries.known_questions())
    # After the files were read: reading and checking them holds nobody up who saves.
    persistence.begin_write()
    added = 0
    for code, versions in seed.items():
        query = db.select(PolicyClause).where(PolicyClause.code == code)
        rows = list(db.session.scalars(query.order_by(PolicyClause.number)))
        if any(row.made_by is not None for row in rows):
            continue
        # Versions are only ever added to the files, so that the first so many are those that are stored.
        for number, (clause, text) in enumerate(versions[len(rows) :], len(rows) + 1):
            if wrong := failed_cases(clause):
                raise FaultyFileError(f"{code}: {' '.join(wrong)}")
            if rows:
                # It was open as long as it was the last one: one version is in force on a day.
                rows[-1].valid_to = clause.valid_from - timedelta(days=1)
            rows.append(_row_of(clause, text, number, None))
            db.session.add(rows[-1])
            added += 1
    persistence.commit()
    return added


def add_version(
    code: str | None, text: str, *, by: Reader | None, seen: int | None
) -> PolicyClause:
    """保存新版本: it acts from its first day on, and only if its worked cases come out.

    Args:
        code: of the clause; None for a new one.
        text: the clause as TOML, with its cases.
        by: the acting person; None for the site itself.
        seen: number of the newest version that they saw; 0 for a new clause.

    Raises:
        NotAllowed, NotFound.
        Stale: somebody added a version meanwhile.
        Invalid: the text is wrong, or is that of the newest version, or a case is not what the clause gives.
    """
    require(by, "policies.edit")
    versions = queries.version_rows(code) if code is not None else []
    newest = versions[0].number if versions else 0
    # The number, not the revision: a new version changes rows of others, and none of what somebody reads now.
    if newest != seen:
        raise CHANGED
    # Browsers send their own line ends: without this an untouched text would look changed.
    text = text.replace("\r\n", "\n").strip() + "\n"
    clause = _checked_clause(code, text)
    if versions and versions[0].text == text:
        problem = "和最新的一版一个字不差，没有要保存的。改过再保存。"
        raise Invalid(NOT_SAVED, problems={"text": [problem]})
    if code is None:
        known = db.select(PolicyClause.id).where(PolicyClause.code == clause.code)
        if db.session.scalar(known.limit(1)) is not None:
            problem = f"已经有 {clause.code} 这一条，请打开它添加新版本。"
            raise Invalid(NOT_SAVED, problems={"text": [problem]})
    moment = now()
    for row in versions:
        if row.replaced_at is not None:
            continue
        # It would begin later or the same day: the new version takes its place, and it stays readable (110, 111).
        if row.valid_from >= clause.valid_from:
            row.replaced_at = moment
        elif row.valid_to is None or row.valid_to >= clause.valid_from:
            row.valid_to = clause.valid_from - timedelta(days=1)
    # Before the new row: for a moment two of one first day would meet in the unique index.
    with persistence.refusals(stale=CHANGED):
        db.session.flush()
    added = _row_of(clause, text, newest + 1, reader_id(by))
    db.session.add(added)
    names = ("number", "first_day")
    persistence.commit(
        stale=CHANGED,
        duplicates={f"uq_policy_clause_{name}": CHANGED for name in names},
    )
    return added


def _row_of(
    clause: Clause, text: str, number: int, made_by: int | None
) -> PolicyClause:
    return PolicyClause(
        code=clause.code,
        number=number,
        valid_from=clause.valid_from,
        valid_to=clause.valid_to,
        text=text,
        made_by=made_by,
    )


def _checked_clause(code: str | None, text: str) -> Clause:
    problems: list[str] = []
    if problem := too_long(text, MAX_TEXT):
        problems.append(problem)
    else:
        try:
            clauses = parse_clauses(text, queries.TYPED, queries.known_questions())
            if len(clauses) != 1:
                problems.append("要写一条、只写一条 [[clause]]。")
            elif len(clauses[0].code) > MAX_CODE or len(clauses[0].number) > MAX_NAME:
                problems.append("代号或文号太长。")
            # Under another code it would be a version of something else, and this clause would go on as it was.
            elif code is not None and clauses[0].code != code:
                problems.append(f"code 要和原来一样，写 {code}。")
            else:
                problems.extend(failed_cases(clauses[0]))
        except FaultyFileError as error:
            problems.append(f"{queries.fault_words(error)}。")
    if problems:
        raise Invalid(NOT_SAVED, problems={"text": problems})
    return clauses[0]


def load_text(document: str, content: bytes, *, by: Reader | None) -> list[PolicyText]:
    """载入原文 of a document by clause; what was loaded of it before is replaced, and stays.

    Args:
        document: its number, as the clauses have it.
        content: the file: text, .docx or PDF.
        by: the acting person; None for the site itself.

    Returns:
        the clauses, in their order.

    Raises:
        NotAllowed.
        NotFound: no clause is of that document.
        Invalid: the file cannot be read, is too long, or has no clauses.
    """
    require(by, "policies.edit")
    known = {clause.number for clause in queries.clauses_on(today())}
    if document not in known:
        names = "、".join(sorted(known))
        raise NotFound(f"没有条款出自「{document}」。", f"已有：{names}。")
    try:
        text = read_document(content)
    except ParseError as error:
        raise Invalid(error.sentence) from None
    # The reader cuts there without a word: a clause would end in the middle.
    if len(text) >= MAX_SIGNS:
        raise Invalid(f"文件超过 {MAX_SIGNS} 字，没有读取。", "请分成几个文件。")
    pieces: dict[str, str] = {}
    for name, piece in split_text(text):
        # A heading and a clause may share a name: both stay.
        pieces[name] = f"{pieces[name]}\n{piece}" if name in pieces else piece
    if not pieces:
        raise Invalid(
            "没有找到条款。", "条款要以「第一条」「1.」「一、」或「（一）」开头。"
        )
    # A document of many pages is read for seconds, in which others save.
    persistence.begin_write()
    moment = now()
    former = db.select(PolicyText).where(
        PolicyText.document == document, PolicyText.replaced_at.is_(None)
    )
    for row in db.session.scalars(former):
        row.replaced_at = moment
    db.session.flush()
    rows = []
    for position, (name, piece) in enumerate(pieces.items()):
        row = PolicyText(
            document=document,
            clause=name[:40],
            position=position,
            text=piece,
            sha256=hashlib.sha256(piece.encode()).hexdigest(),
            file_sha256=hashlib.sha256(content).hexdigest(),
        )
        db.session.add(row)
        rows.append(row)
    stale = Stale("刚有别人载入了这份文件。", "请再载入一次。")
    persistence.commit(stale=stale, duplicates={"uq_policy_text_clause": stale})
    return rows


def keep_estimate(
    organisation_id: int | None,
    raw: Mapping[str, str],
    day: date,
    *,
    pieces: Mapping[str, list[Decimal]] | None = None,
    by: Reader,
) -> PolicyEstimate:
    """存下测算: the figures of an organisation with every trace, as it is on this day.

    Args:
        organisation_id: whose it is.
        raw: the figures as typed.
        day: for which it is asked.
        pieces: field → the parts its figure is the sum of, where each of them has its own cap.
        by: the acting person.

    Raises:
        NotAllowed: they do not belong to the organisation.
        Invalid: a figure cannot be read.
    """
    row = PolicyEstimate(organisation_id=organisation_id, day=day)
    require(by, "policies.keep", row)
    questions = queries.known_questions()
    read = read_figures(raw, questions)
    require_sound(read)
    clauses = queries.clauses_on(day)
    # Computed again from the figures: what a form says of a sum is never stored.
    result = estimate(clauses, read.figures, day, questions=questions, pieces=pieces)
    # In words, with the trace: it reads the same after the rules changed (112).
    row.content = kept_content(result, read.figures, questions)
    row.made_by = reader_id(by)
    db.session.add(row)
    persistence.commit()
    return row
