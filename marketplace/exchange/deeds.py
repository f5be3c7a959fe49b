"""Lists taken into the catalogue: `import_rows`, in one transaction. The only file of this room that commits.

How a list is read and checked is in `importing.py`, what each listing must be in `listings`.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import structlog
from sqlalchemy.exc import IntegrityError, OperationalError

from marketplace import persistence
from marketplace.errors import Busy, Invalid, MarketError, Stale
from marketplace.exchange import queries
from marketplace.exchange.reports import Entry, Outcome, Problem, Progress, Report
from marketplace.extensions import db
from marketplace.listings import deeds as listing_deeds
from marketplace.listings import places, upkeep, writing
from marketplace.listings.models import Achievement, Demand
from marketplace.listings.schema import SCHEMAS
from marketplace.listings.schema.owners import NamedOwner
from marketplace.listings.schema.rows import Rows, part_of
from marketplace.organisations.deeds import draft_organisation
from marketplace.organisations.models import Organisation
from marketplace.permissions import Reader, require

log = structlog.get_logger(__name__)
BATCH = 500  # rows compared and written at a time
# Seconds before each try to bring the index in step. Beside other writers one alone left 2,000 of 2,500 rows behind.
SYNC_PAUSES = (0.0, 0.5, 2.0)


def import_rows(
    report: Report,
    *,
    by: Reader | None,
    strict: bool = False,
    publish: bool = False,
    overwrite: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Outcome:
    """Take the good rows of a list into the catalogue, in one transaction, and bring the index in step.

    A listing of the same organisation and title is the same one: where nothing differs it is passed over, else it is
    changed, if its state lets it be edited. A cell that is empty leaves what is there as it is, and so does one whose
    value was changed by hand since the last import, unless `overwrite` says otherwise.

    Args:
        report: what `importing.parse_file` gave.
        by: the acting person; None from the command line.
        strict: take nothing if there is any problem.
        publish: an operator's own list: rows that are complete are published, where their organisation is verified.
        overwrite: also change what people have changed by hand on the site.
        dry_run: go through everything and then take it all back.
        progress: takes (rows done, rows in all) after each batch.

    Raises:
        NotAllowed.
        Invalid: somebody else added the same listings at the same moment; nothing was written.
        Busy, Stale: somebody else was saving; nothing was written.
    """
    require(by, "listing.import")
    # Publishing one's own list passes over the review, so it takes the right to review.
    if publish:
        require(by, "listing.review")
    outcome = Outcome(
        problems=list(report.problems),
        notices=list(report.notices),
        drafts=list(report.drafts),
        remarks=list(report.remarks),
        dry=dry_run,
    )
    # A cell that was left out is a problem to who wants all or nothing.
    if strict and (outcome.problems or outcome.drafts):
        outcome.problems = _in_order([*outcome.problems, *outcome.drafts])
        outcome.drafts = []
        outcome.stopped = True
        return outcome
    _write_rows(
        report,
        outcome,
        by=by,
        publish=publish,
        overwrite=overwrite,
        progress=progress,
    )
    # Those only the database knew came last; a reader goes through the sheet from top to bottom.
    outcome.problems = _in_order(outcome.problems)
    outcome.drafts = _in_order(outcome.drafts)
    outcome.notices = _in_order(outcome.notices)
    # Only now is it known what the database refuses; the counts so far are of what is taken back.
    if strict and outcome.problems:
        db.session.rollback()
        return Outcome(
            problems=outcome.problems,
            notices=outcome.notices,
            remarks=outcome.remarks,
            stopped=True,
        )
    if dry_run:
        db.session.rollback()
        return outcome
    # Firms came with the list: unnamed ones may now show their place, or are to hide it.
    places.settle_places()
    persistence.commit()
    if outcome.new or outcome.changed or outcome.published or outcome.expired:
        _sync_index(report, outcome)
    return outcome


def _write_rows(
    report: Report,
    outcome: Outcome,
    *,
    by: Reader | None,
    publish: bool,
    overwrite: bool,
    progress: Progress | None,
) -> None:
    """Write everything without committing; what the database refuses is raised in our words."""
    same_title = Invalid(
        "同一时刻有别人加入了同名的内容，这次没有写入。", "请再导入一次。"
    )
    words = ("同一时刻有别人在保存，这份清单没有写入。", "请再导入一次。")
    try:
        # Reading a list takes long: what was read of the database before is looked at again as a writer.
        persistence.begin_write()
        with (
            persistence.refusals(
                stale=Stale(*words),
                duplicates={f"uq_{report.kind}_owner_title": same_title},
            ),
            # A query in the middle of a batch must not write half of it.
            db.session.no_autoflush,
        ):
            importer = _Importer(
                report.kind, outcome, by=by, publish=publish, overwrite=overwrite
            )
            importer.import_entries(report.entries, progress)
    except Busy:
        raise Busy(*words) from None
    except BaseException:
        db.session.rollback()
        raise


def _sync_index(report: Report, outcome: Outcome) -> None:
    """Bring the index in step; the import stands even where that does not work at once.

    What is left is looked at, not what was raised: an index that is away and a database that is busy end the work
    without an error.
    """
    for pause in SYNC_PAUSES:
        time.sleep(pause)
        reason = ""
        try:
            upkeep.index_sync()
        except (Busy, OperationalError) as error:
            # Another writer was first: what is dirty stays dirty, and is found by the next sync.
            db.session.rollback()
            reason = str(error)
        if not upkeep.rows_behind(report.kind):
            return
    log.warning("index_behind", kind=report.kind, reason=reason)
    outcome.remarks.append("内容已经写入，检索稍后才能找到它们。")


class _Importer:
    """Writes the entries of one list; what happens to each goes into the outcome.

    Args:
        kind: `achievement` or `demand`.
        outcome: takes counts, problems and drafts.
        by: the acting person; None from the command line.
        publish: whether complete rows are published.
        overwrite: whether what was changed by hand is changed.
    """

    def __init__(
        self,
        kind: str,
        outcome: Outcome,
        *,
        by: Reader | None,
        publish: bool,
        overwrite: bool,
    ) -> None:
        self.kind = kind
        self.outcome = outcome
        self.by = by
        self.publish = publish
        self.overwrite = overwrite
        self.organisations: dict[NamedOwner, Organisation] = {}

    def import_entries(
        self, entries: Iterable[Entry], progress: Progress | None
    ) -> None:
        """Write all entries, batch by batch.

        Args:
            entries: the good rows of the list.
            progress: takes (rows done, rows in all) after each batch.
        """
        entries = list(entries)
        self._find_organisations(entries)
        entries = self._without_twins(entries)
        ids = {organisation.id for organisation in self.organisations.values()}
        living = queries.living_ids(self.kind, ids)
        done = 0
        for batch in persistence.chunked(entries, BATCH):
            self._import_batch(batch, living)
            done += len(batch)
            if progress:
                progress(done, len(entries))

    # --- organisations ---

    def _find_organisations(self, entries: Iterable[Entry]) -> None:
        """Find or add the organisation of each owner; rows of an owner that cannot be one are refused."""
        rows: dict[NamedOwner, list[int]] = {}
        for entry in entries:
            rows.setdefault(entry.owner, []).append(entry.row)
        known = queries.organisations_of(rows)
        for owner, numbers in rows.items():
            # The code comes first: names are written in many ways, and change.
            organisation = known.get(owner.uscc or "") or known.get(owner.key)
            if organisation is None or self._adds_to(owner, organisation):
                try:
                    organisation = draft_organisation(
                        owner.name,
                        kind=owner.kind,
                        uscc=owner.uscc,
                        district_code=owner.district_code,
                    )
                except Invalid as error:
                    self._refuse_owner(owner, numbers, error)
                    continue
                # The next owner of the list may be the same one under another name.
                known[organisation.name_key] = organisation
                if organisation.uscc:
                    known[organisation.uscc] = organisation
            self.organisations[owner] = organisation
        db.session.flush()

    def _adds_to(self, owner: NamedOwner, organisation: Organisation) -> bool:
        """Whether the list says more of an organisation than the database, or something else."""
        if owner.district_code and not organisation.district_code:
            return True
        return bool(owner.uscc) and owner.uscc != organisation.uscc

    def _refuse_owner(
        self, owner: NamedOwner, numbers: Iterable[int], error: Invalid
    ) -> None:
        problem = Problem(0, "", "", owner.name, error.message, error.advice)
        for number in numbers:
            self.outcome.problems.append(replace(problem, row=number))

    def _without_twins(self, entries: Iterable[Entry]) -> list[Entry]:
        """The entries of known organisations, without twins: two names of one organisation, known by its code."""
        first_rows: dict[tuple[int, str], int] = {}
        distinct = []
        for entry in entries:
            organisation = self.organisations.get(entry.owner)
            if organisation is None:
                continue
            first = first_rows.setdefault((organisation.id, entry.key), entry.row)
            if first == entry.row:
                distinct.append(entry)
                continue
            message = f"与第 {first} 行是同一单位（统一社会信用代码相同）的同名内容，只取前面一行。"
            self.outcome.problems.append(entry.problem(message, "删去重复的一行。"))
        return distinct

    # --- listings ---

    def _import_batch(
        self, batch: Iterable[Entry], living: Mapping[tuple[int, str], int]
    ) -> None:
        """Add the new entries of a batch in one flush, change the others one by one, publish what is to be."""
        fresh = []
        known = []
        for entry in batch:
            organisation = self.organisations[entry.owner]
            listing_id = living.get((organisation.id, entry.key))
            if listing_id is None:
                fresh.append(entry)
            else:
                known.append((entry, listing_id))
        rows = queries.listings_by_id(
            self.kind, [listing_id for _, listing_id in known]
        )
        ready = self._create_listings(fresh)
        for entry, listing_id in known:
            if self._change_listing(rows[listing_id], entry):
                ready.append((entry, rows[listing_id]))
        for entry, row in ready:
            self._settle_validity(row, entry)
        if self.publish:
            for entry, row in ready:
                self._publish_listing(row, entry)
        db.session.flush()

    def _create_listings(
        self, entries: list[Entry]
    ) -> list[tuple[Entry, Achievement | Demand]]:
        drafts = [(self.organisations[entry.owner], entry.values) for entry in entries]
        rows = listing_deeds.create_many(
            self.kind, drafts, by=self.by, note=queries.IMPORT_NOTE
        )
        self.outcome.new += len(rows)
        return list(zip(entries, rows, strict=True))

    def _change_listing(self, row: Achievement | Demand, entry: Entry) -> bool:
        """Bring a listing to what its row says.

        Returns:
            whether it says that now: what its people wrote and the list does not is theirs to hand in.
        """
        values = keep_unlisted_parts(row, entry.values)
        has_own_words = False
        changes = writing.changed_values(row, values)
        if changes and not self.overwrite:
            by_hand = queries.written_by_hand(row, changes)
            if by_hand:
                has_own_words = True
                self._name_untouched(row, entry, by_hand)
                values = {
                    name: value for name, value in values.items() if name not in by_hand
                }
                changes = writing.changed_values(row, values)
        if not changes:
            self.outcome.unchanged += 1
            return not has_own_words
        if not row.life.can(row.state, "edit"):
            self._refuse_change(
                row,
                entry,
                f"状态是「{row.state_name}」，现在不能修改。",
                "等它回到草稿或已发布状态后再导入。",
            )
            return False
        before = _words_of(row, changes)
        try:
            # What was set on the row is taken back with the savepoint where it cannot be saved.
            with db.session.begin_nested():
                listing_deeds.save(
                    row, values, by=self.by, seen=row.revision, commit=False
                )
        except MarketError as error:
            missing = _join_problems(error)
            self._refuse_change(row, entry, error.message, missing)
            return False
        except IntegrityError:
            self._refuse_change(row, entry, "与已有的内容合在一起不符合要求。", "")
            return False
        self.outcome.changed += 1
        self._name_changes(row, entry, before)
        return not has_own_words

    def _name_untouched(
        self, row: Achievement | Demand, entry: Entry, names: Iterable[str]
    ) -> None:
        """Say which values of a row were not taken, for people have written them on the site."""
        labels = _labels_of(row.kind, names)
        message = (
            f"平台上这一条（编号 {row.id}）的{labels}是有人在网页上写的，没有覆盖。"
        )
        advice = "确实要按清单改，请加 --overwrite 再导入。"
        self.outcome.notices.append(entry.problem(message, advice))

    def _name_changes(
        self, row: Achievement | Demand, entry: Entry, before: Mapping[str, str]
    ) -> None:
        """Say what a row changed, and keep what stood there before in the history of the listing."""
        if not before:
            return
        labels = _labels_of(row.kind, before)
        self.outcome.notices.append(
            entry.problem(f"更新了平台上的这一条（编号 {row.id}）：{labels}。")
        )
        schema = SCHEMAS[row.kind]
        lines = [queries.IMPORT_NOTE]
        for name, words in before.items():
            if words:
                lines.append(f"原来的{schema[name].label}：{words}")
        queries.last_history(row).note = "\n".join(lines)

    def _refuse_change(
        self, row: Achievement | Demand, entry: Entry, reason: str, advice: str
    ) -> None:
        message = f"平台上已有这一条（编号 {row.id}），{reason}"
        self.outcome.problems.append(entry.problem(message, advice))

    def _settle_validity(self, row: Achievement | Demand, entry: Entry) -> None:
        """Take a listing out of the public whose validity is over, and say of others that it is."""
        if not listing_deeds.is_over(row):
            return
        until = f"有效期 {row.valid_until} 已过"
        if listing_deeds.expire_imported(row):
            self.outcome.expired += 1
            message = f"{until}，平台上的这一条（编号 {row.id}）已转为「{row.state_name}」，不再公开展示。"
            advice = "仍然有效的，请在平台上续期。"
            self.outcome.notices.append(entry.problem(message, advice))
        # What was to be published says it with the reason why it was not.
        elif not (self.publish and row.state == "draft"):
            message = f"{until}，这一条（{row.state_name}）不能公开展示。"
            advice = "仍然有效的，请改成今后的日期，或留空（自发布起一年）。"
            self.outcome.notices.append(entry.problem(message, advice))

    def _publish_listing(self, row: Achievement | Demand, entry: Entry) -> None:
        """Publish a draft that is complete; one that is not stays a draft, with what it lacks."""
        if row.state != "draft" or entry.is_draft:
            return
        if listing_deeds.is_over(row):
            message = f"有效期 {row.valid_until} 已过，存为草稿，没有发布。"
            advice = "改成今后的日期，或留空（自发布起一年）。"
            self.outcome.drafts.append(entry.problem(message, advice))
            return
        try:
            listing_deeds.publish_imported(row, by=self.by)
        except Invalid as error:
            missing = f"{_join_problems(error)}{error.advice}"
            draft = entry.problem(error.message, missing)
            self.outcome.drafts.append(draft)
            return
        self.outcome.published += 1


def _join_problems(error: MarketError) -> str:
    """Everything an error says of single fields, in one text."""
    texts = []
    for messages in getattr(error, "problems", {}).values():
        texts += messages
    return "".join(texts)


def keep_unlisted_parts(
    row: Achievement | Demand, values: Mapping[str, Any]
) -> dict[str, Any]:
    """The values of a list, with what it has no column for (test method, pledge) taken from the rows that are there.

    Args:
        row: the listing.
        values: field → value, as the list says them.
    """
    merged = dict(values)
    for name, field in SCHEMAS[row.kind].rows.items():
        if name in values and _are_the_same(field, getattr(row, name), values[name]):
            pairs = zip(getattr(row, name), values[name], strict=True)
            merged[name] = [_values_of(field, old) | new for old, new in pairs]
    return merged


def _are_the_same(field: Rows, old: list[Any], new: list[Any]) -> bool:
    """Whether the rows of a field are about the same things in the same order."""
    if len(old) != len(new):
        return False
    for before, after in zip(old, new, strict=True):
        for key in field.same:
            if part_of(before, key) != part_of(after, key):
                return False
    return True


def _values_of(field: Rows, row: Any) -> dict[str, Any]:
    return {part.name: getattr(row, part.name) for part in field.row}


def _words_of(row: Achievement | Demand, names: Iterable[str]) -> dict[str, str]:
    """Field → what it says, in words, for fields that are about to change."""
    schema = SCHEMAS[row.kind]
    return {name: schema[name].describe(row) for name in names if name in schema}


def _labels_of(kind: str, names: Iterable[str]) -> str:
    """「主要问题」「技术指标」, in the order of the schema."""
    wanted = set(names)
    labels = [field.label for field in SCHEMAS[kind] if field.name in wanted]
    return "".join(f"「{label}」" for label in labels)


def _in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Problems as a reader goes through the sheet: by row, then by column (AA after Z)."""
    return sorted(
        problems, key=lambda one: (one.row, len(one.column), one.column, one.header)
    )
