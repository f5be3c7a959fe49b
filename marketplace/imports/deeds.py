"""What is done to imports: one function a button. What a commit and a taking back go on with is in `upkeep.py`.

How a list is read and what its rows are is in `staging.py`; how listings are written, in `exchange.taking`.
"""

from __future__ import annotations

from collections.abc import Mapping

from marketplace import persistence
from marketplace.accounts import queries as people_queries
from marketplace.clock import now
from marketplace.errors import Invalid, NotAllowed, NotNow, Stale
from marketplace.exchange.source_columns import LIST
from marketplace.extensions import db
from marketplace.imports import assessing, conflicts, queries, staging, upkeep
from marketplace.imports.models import ListImport, StagedRow
from marketplace.imports.staging import ReadFile
from marketplace.imports.stored_cells import box_text
from marketplace.listings.schema import SCHEMAS
from marketplace.organisations.models import Organisation
from marketplace.permissions import Reader, may, require

# Rows up to which a commit is done while its presser waits; more are written in the background.
AT_ONCE = 200
LOOK_AGAIN = "请看过新的内容再决定。"


def stage_upload(
    read: ReadFile,
    *,
    source: str,
    organisation: Organisation | None,
    publish: bool = False,
    by: Reader,
) -> ListImport:
    """Store the rows of an uploaded list, with what each of them is. No listing is written.

    Args:
        read: what `staging.read_upload` gave.
        source: a key of `SOURCES`.
        organisation: whose listings it holds; None of an operator's list of several.
        publish: complete rows are published when they are written.
        by: the uploader.

    Returns:
        the import; of a file that they have uploaded and not decided about the one that is there.

    Raises:
        NotAllowed.
    """
    row = ListImport(
        listing_kind=read.report.kind,
        source=source,
        organisation_id=None if organisation is None else organisation.id,
        owner_id=by.id,
        file_name=read.report.source[-200:],
        sheet=read.report.sheet[:100],
        sha256=read.sha256,
        state="checked",
        publish=publish,
        remarks=list(read.report.remarks),
        layouts=[],
    )
    require(by, "imports.write", row)
    if organisation is None:
        require(by, "imports.read_all")
    # Publishing passes over the review, so it takes the right to review.
    if publish:
        require(by, "listing.review")
    # Of two presses that reach two workers at one moment the second waits here, and finds the import of the first.
    people_queries.hold_person(by.id)
    same = queries.same_upload(row)
    if same is not None:
        return same
    row.organisation = organisation
    db.session.add(row)
    db.session.flush()
    row.life.born(row, by=by)
    rows = staging.staged_rows(row, read)
    with db.session.no_autoflush:
        assessing.assess_rows(row, rows, by=by, read=read.report)
    db.session.add_all(rows)
    persistence.commit()
    return row


def add_corrections(
    list_import: ListImport, read: ReadFile, *, by: Reader
) -> tuple[int, int]:
    """Take a corrected file into an import: rows of our file of faults replace theirs, others are added.

    Args:
        list_import: the import.
        read: what was uploaded.
        by: the uploader.

    Returns:
        how many rows were replaced, and how many added.

    Raises:
        NotAllowed, NotNow.
        Invalid: it holds nothing for this import, or more than an import may have.
    """
    # Held before the rows are read, or of two corrections one would lose what the other has replaced.
    _hold_open(list_import, by)
    waiting = {row.number: row for row in queries.all_rows(list_import) if not row.deed}
    first = len(list_import.layouts)
    fresh = staging.staged_rows(
        list_import, read, after=queries.last_number(list_import)
    )
    replaced = []
    added = []
    named: set[int] = set()
    for line, new in zip(read.lines, fresh, strict=True):
        origin = staging.origin_of(line)
        # By the number in our file of faults and not by its place: people sort and delete rows.
        if origin is None:
            added.append(new)
        elif origin in waiting and origin not in named:
            named.add(origin)
            old = waiting[origin]
            staging.take_cells(old, line, first + line.layout)
            old.author = new.author
            old.state = "faulty"
            replaced.append(old)
    # A file of another import, or one without that column, must not come in as rows of this one.
    if not replaced and not added:
        raise Invalid(
            "这份文件里没有这次导入的行。",
            "请上传从这一页下载的错误文件（保留「导入行号」一列），改好再传。",
        )
    staging.check_total(len(waiting) + len(added))
    with db.session.no_autoflush:
        everything = [*waiting.values(), *added]
        assessing.assess_rows(list_import, everything, by=by)
    db.session.add_all(added)
    staging.add_remarks(list_import, read)
    note = f"上传改好的文件：替换 {len(replaced)} 行，增加 {len(added)} 行"
    _note(list_import, "correct", note, by)
    persistence.commit()
    return len(replaced), len(added)


def correct_row(
    list_import: ListImport,
    row: StagedRow,
    texts: Mapping[str, str],
    *,
    author: str,
    seen: int,
    by: Reader,
) -> StagedRow:
    """Correct the cells of a row; what is not changed stays the cell of the file.

    Args:
        list_import: the import.
        row: its row.
        texts: column → what was typed.
        author: whom it names as its author.
        seen: the revision of the row that the writer saw.
        by: who corrects.

    Raises:
        NotAllowed, NotNow, Stale.
        Invalid: a text is too long, or bears the mark of a state secret.
    """
    _hold_open(list_import, by)
    _check_waiting(row, seen)
    cells = dict(row.cells)
    for column in SCHEMAS[list_import.listing_kind].list_columns:
        if column.name not in texts:
            continue
        text = texts[column.name].replace("\r\n", "\n").strip()
        staging.check_typed(column, text)
        # What was not touched stays the cell of the file with its format; as text it might be read otherwise.
        stored = cells.get(column.name)
        if text == box_text(stored, is_sum=bool(column.unit)).strip():
            continue
        cells.pop(column.name, None)
        if text:
            cells[column.name] = text
    former = row.title_key
    row.cells = cells
    row.author = " ".join(author.split())[:200]
    # Who corrects a row means it to be imported.
    if row.state == "left_out":
        row.state = "faulty"
    staging.name_row(row)
    _assess_twins(list_import, {former, row.title_key}, by)
    _note(list_import, "correct", f"第 {row.number} 行", by)
    persistence.commit()
    return row


def choose_values(
    list_import: ListImport,
    row: StagedRow,
    chosen: Mapping[str, str],
    *,
    seen: int,
    by: Reader,
) -> StagedRow:
    """Decide of a row, cell by cell, whether what people wrote on the site stays or the list's is taken.

    Raises:
        NotAllowed, NotNow, Stale.
        Invalid: not every cell is decided.
    """
    _hold_open(list_import, by)
    _check_waiting(row, seen)
    conflicts.choose_sides(row, chosen)
    _assess_twins(list_import, {row.title_key}, by)
    _note(list_import, "choose", f"第 {row.number} 行", by)
    persistence.commit()
    return row


def choose_for_all(list_import: ListImport, which: str, *, by: Reader) -> int:
    """Decide the same of every row that is in conflict.

    Args:
        list_import: the import.
        which: `THEIRS` or `LISTED`.
        by: who decides.

    Returns:
        how many rows were decided.
    """
    _hold_open(list_import, by)
    rows = queries.all_rows(list_import, "conflict")
    for row in rows:
        conflicts.choose_sides(
            row, {conflict["name"]: which for conflict in row.conflicts}
        )
    _assess_twins(list_import, {row.title_key for row in rows}, by)
    _note(list_import, "choose", f"{len(rows)} 行都选同一边", by)
    persistence.commit()
    return len(rows)


def leave_out(
    list_import: ListImport, row: StagedRow, *, seen: int, by: Reader
) -> None:
    """Leave a row out, or take it in again."""
    _hold_open(list_import, by)
    _check_waiting(row, seen)
    # `faulty` for a moment only: the line below finds its state.
    row.state = "faulty" if row.state == "left_out" else "left_out"
    _assess_twins(list_import, {row.title_key}, by)
    _note(list_import, "leave_out", f"第 {row.number} 行", by)
    persistence.commit()


def commit_import(list_import: ListImport, *, by: Reader) -> bool:
    """Write the rows that can be written; at once where they are few, else in the background.

    Pressing twice, or two people at once, is one commit: the rows that are written already are not written again.

    Returns:
        whether it is done already.

    Raises:
        NotAllowed, NotNow.
        Invalid: nothing can be written.
    """
    persistence.hold_row(list_import)
    require(by, "imports.write", list_import)
    if list_import.state != "writing":
        waiting = queries.count_writable(list_import)
        if not waiting and list_import.life.can(list_import.state, "commit"):
            raise Invalid(
                "没有可以写入的行。", "先改正有错误的行，或选好要保留哪一边。"
            )
        list_import.life.move(list_import, "commit", by=by)
        # The background writes in their name, with the rights they have then.
        list_import.committed_by_id = by.id
        if list_import.committed_at is None:
            list_import.committed_at = now()
        persistence.commit()
        if waiting > AT_ONCE:
            return False
        # Killed in this request, it is gone on with by the job: the state is stored by now.
        upkeep.write_rows(list_import.id, by=by)
    db.session.refresh(list_import)
    return bool(list_import.state != "writing")


def take_back(list_import: ListImport, *, by: Reader) -> bool:
    """Take a whole import back: what it made is put away, what it changed says again what it said before.

    Returns:
        whether it is done already; many rows are taken back in the background.

    Raises:
        NotAllowed.
        NotNow: somebody has dealt with rows of it, which say so then.
    """
    persistence.hold_row(list_import)
    require(by, "imports.write", list_import)
    if list_import.state == "undoing":
        return False
    rows = queries.all_rows(list_import, "written")
    left = [row for row in rows if row.deed in ("new", "changed")]
    if list_import.state == "done" and not left:
        raise NotNow("这次导入没有留下可以撤回的内容。", "不用再做什么。")
    # All of them before anything is done: a list is taken back whole or not at all (094).
    reasons = queries.dealt_with(list_import, left)
    for row in left:
        row.reason = reasons.get(row.number, "")
    if reasons:
        # The reasons are to be read row by row, so they are stored although the deed is refused.
        persistence.commit()
        raise NotNow(
            f"有 {len(reasons)} 条在写入以后有人处理过，整次导入不能撤回，什么都没有改。",
            "每一行下面写了原因；不要的几条可以在「我的」里一条条撤回。",
        )
    list_import.life.move(list_import, "take_back", by=by)
    list_import.committed_by_id = by.id
    persistence.commit()
    if len(left) > AT_ONCE:
        return False
    upkeep.undo_rows(list_import.id, by=by)
    return True


def discard_import(list_import: ListImport, *, by: Reader) -> None:
    """Throw away what was uploaded and never written.

    Raises:
        NotAllowed, NotNow.
    """
    persistence.hold_row(list_import)
    require(by, "imports.write", list_import)
    list_import.life.move(list_import, "discard", by=by)
    # That there was an import stays; its rows hold data of other people.
    db.session.execute(queries.delete_rows(StagedRow.import_id == list_import.id))
    persistence.commit()


def check_may_upload(
    organisation: Organisation | None, kind: str, source: str, *, by: Reader
) -> None:
    """Refuse an upload before its file is read.

    Raises:
        NotAllowed, Invalid.
    """
    if source != LIST and kind != "achievement":
        raise Invalid("专利和论文只能导入成果。", "请把类别选成「成果」。")
    if organisation is None:
        if not may(by, "imports.read_all"):
            raise NotAllowed(
                "您还没有加入单位，不能导入清单。", "先在「我的单位」里加入或登记。"
            )
        if source != LIST:
            raise Invalid("没有选单位。", "专利和论文列表要选定是哪个单位的。")
        return
    thing = ListImport(owner_id=by.id, organisation_id=organisation.id)
    require(by, "imports.write", thing)


def _hold_open(list_import: ListImport, by: Reader) -> None:
    """Let nobody else change an import before this commit, and refuse one that is not open.

    Raises:
        NotAllowed, NotNow.
    """
    persistence.hold_row(list_import)
    require(by, "imports.write", list_import)
    if not list_import.life.can(list_import.state, "correct"):
        raise NotNow(
            f"这次导入现在是「{list_import.state_name}」，不能修改。",
            "写完以后再改；已撤回的请重新上传。",
        )


def _check_waiting(row: StagedRow, seen: int) -> None:
    # Read before the import was held: somebody may have changed it in between.
    db.session.refresh(row)
    if row.revision != seen:
        raise Stale("这一行在您打开之后被改过。", LOOK_AGAIN)
    if row.deed:
        raise NotNow("这一行已经写入，不能在这里修改。", "请打开那一条修改。")


def _note(list_import: ListImport, deed: str, note: str, by: Reader) -> None:
    """Put down in the history of an import what somebody did to its rows."""
    list_import.life.move(list_import, deed, by=by, note=note)
    # Rows leave no entry in the audit, so the import says that something was done to them.
    list_import.changed_at = now()


def _assess_twins(list_import: ListImport, keys: set[str], by: Reader) -> None:
    """Look again at every row of these titles: a corrected row may free another, or be its twin now."""
    db.session.flush()
    rows = queries.twins_of(list_import, keys)
    with db.session.no_autoflush:
        assessing.assess_rows(list_import, rows, by=by)
