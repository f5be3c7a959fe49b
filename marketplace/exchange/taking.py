"""Rows of a list become listings: added, changed, published, each with what became of it. Nothing is committed here.

How a list is read and checked is in `importing.py`; who commits says which rows are one transaction (`deeds`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy.exc import IntegrityError

from marketplace import persistence
from marketplace.errors import Busy, Invalid, MarketError, Stale
from marketplace.exchange import queries
from marketplace.exchange.reports import Entry, Outcome, Problem, Progress
from marketplace.extensions import db
from marketplace.lifecycle import History
from marketplace.listings import deeds as listing_deeds
from marketplace.listings import writing
from marketplace.listings.models import Achievement, Demand
from marketplace.listings.schema import SCHEMAS
from marketplace.listings.schema.owners import NamedOwner
from marketplace.listings.schema.rows import Rows, part_of
from marketplace.organisations.deeds import draft_organisation
from marketplace.organisations.models import Organisation
from marketplace.permissions import Reader

BATCH = 500  # rows compared and written at a time
THEIRS = "theirs"  # of a value that people wrote by hand: theirs stays
LISTED = "list"  # the list's is taken
# Whom a row names as its author → the number of the person; None: nobody, the writer is who imports.
FindAuthor = Callable[[str], int | None]


@dataclass(frozen=True)
class Written:
    """What became of one row.

    Attributes:
        row: the listing.
        deed: `new`, `changed` or `same`.
        before: field → what a changed listing said before.
    """

    row: Achievement | Demand
    deed: str
    before: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Choices:
    """What people have decided about the rows of a list before it is written.

    Attributes:
        by_row: row number → field → `THEIRS` or `LISTED`; a field that was written by hand and stands in neither keeps
            what people wrote.
        taken: ids of listings that another row of the same list has become already.
        find_author: who is the author of a row; None where nobody is looked up.
        by_numbers: a listing with the same number of a patent or paper is the same one, whatever its title.
    """

    by_row: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    taken: frozenset[int] = frozenset()
    find_author: FindAuthor | None = None
    by_numbers: bool = False


@contextmanager
def taking_turn(kind: str) -> Iterator[None]:
    """Write rows of a list as the only writer; what the database refuses is raised in our words, and nothing is left.

    Args:
        kind: `achievement` or `demand`.

    Raises:
        Invalid: somebody else added the same listings at the same moment.
        Busy, Stale: somebody else was saving.
    """
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
                duplicates={f"uq_{kind}_owner_title": same_title},
            ),
            # A query in the middle of a batch must not write half of it.
            db.session.no_autoflush,
        ):
            yield
    except Busy:
        raise Busy(*words) from None
    except BaseException:
        db.session.rollback()
        raise


class Importer:
    """Writes the entries of one list; what happens to each goes into the outcome.

    Args:
        kind: `achievement` or `demand`.
        outcome: takes counts, problems and drafts.
        by: the acting person; None from the command line.
        publish: whether complete rows are published.
        overwrite: whether what was changed by hand is changed.
        choices: what people have decided of single rows.

    Attributes:
        written: row number → what became of the row.
    """

    def __init__(
        self,
        kind: str,
        outcome: Outcome,
        *,
        by: Reader | None,
        publish: bool,
        overwrite: bool = False,
        choices: Choices | None = None,
    ) -> None:
        self.kind = kind
        self.outcome = outcome
        self.by = by
        self.publish = publish
        self.overwrite = overwrite
        self.choices = choices or Choices()
        self.organisations: dict[NamedOwner, Organisation] = {}
        self.written: dict[int, Written] = {}

    def import_entries(
        self, entries: Iterable[Entry], progress: Progress | None = None
    ) -> None:
        """Write all entries, batch by batch.

        Args:
            entries: the good rows of the list.
            progress: takes (rows done, rows in all) after each batch.
        """
        # Gone through three times: owners first, then twins, then batches.
        entries = list(entries)
        self._find_organisations(entries)
        entries = self._without_twins(entries)
        # Once for the whole list and under the write lock: nobody else adds a listing of these owners meanwhile.
        ids = {organisation.id for organisation in self.organisations.values()}
        living = queries.living_ids(self.kind, ids)
        self.numbered: dict[tuple[int, str], int] = {}
        if self.choices.by_numbers:
            self.numbered = queries.numbered_ids(ids)
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
            try:
                organisation = self._organisation_of(owner, known)
            except Invalid as error:
                self._refuse_owner(owner, numbers, error)
                continue
            # The next owner of the list may be the same one under another name.
            known[organisation.name_key] = organisation
            if organisation.uscc:
                known[organisation.uscc] = organisation
            self.organisations[owner] = organisation
            self._name_other_owner(owner, numbers, organisation)
        # The listings below need the numbers of new owners, and nothing flushes by itself here.
        db.session.flush()

    def _organisation_of(
        self, owner: NamedOwner, known: Mapping[str, Organisation]
    ) -> Organisation:
        """The organisation of an owner, found or added. Raises Invalid."""
        organisation = queries.owner_among(owner, known)
        if organisation is not None and not self._adds_to(owner, organisation):
            return organisation
        return draft_organisation(
            owner.name,
            kind=owner.kind,
            uscc=owner.uscc,
            district_code=owner.district_code,
        )

    def _name_other_owner(
        self, owner: NamedOwner, numbers: Sequence[int], organisation: Organisation
    ) -> None:
        """Say of an owner that its code, or a former name, makes it one of another name: who copied a code sees it."""
        if organisation.name_key == owner.key:
            return
        rows = f"（共 {len(numbers)} 行）" if len(numbers) > 1 else ""
        message = f"单位写的是「{owner.name}」，按代码或曾用名记在「{organisation.name}」名下{rows}。"
        advice = "不是同一个单位的，请核对代码和名称。"
        self.outcome.notices.append(
            Problem(numbers[0], "", "", owner.name, message, advice)
        )

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
            # Its owner was refused, with every row that names it.
            if organisation is None:
                continue
            first = first_rows.setdefault((organisation.id, entry.key), entry.row)
            if first == entry.row:
                distinct.append(entry)
                continue
            self.outcome.problems.append(twin_problem(entry, first))
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
            listing_id = queries.same_listing(
                entry, organisation.id, living, self.numbered
            )
            if listing_id is None:
                fresh.append(entry)
            elif listing_id in self.choices.taken:
                problem = entry.problem(
                    "本次导入的另一行已经写成了这一条。", "删去重复的一行。"
                )
                self.outcome.problems.append(problem)
            else:
                known.append((entry, listing_id))
        rows = queries.listings_by_id(
            self.kind, [listing_id for _, listing_id in known]
        )
        # New ones first and in one flush; what is there already is changed one by one, for each has a history of
        # its own.
        ready = self._create_listings(fresh)
        # Compared before anything is written: most rows of a list that comes again change nothing and need no
        # history.
        changes = {}
        for entry, listing_id in known:
            changes[listing_id] = changes_of(rows[listing_id], entry)
        histories = queries.histories_of(
            self.kind, [rows[number] for number, changed in changes.items() if changed]
        )
        for entry, listing_id in known:
            row = rows[listing_id]
            history = histories.get(listing_id, [])
            if self._change_listing(row, entry, changes[listing_id], history):
                ready.append((entry, row))
        # Before publishing, so that nothing is public for a moment that the list itself calls over.
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
            self.kind,
            drafts,
            by=self.by,
            note=queries.IMPORT_NOTE,
            owner_ids=[self._author_of(entry) for entry in entries],
        )
        self.outcome.new += len(rows)
        for entry, row in zip(entries, rows, strict=True):
            self.written[entry.row] = Written(row, "new")
        return list(zip(entries, rows, strict=True))

    def _author_of(self, entry: Entry) -> int | None:
        """The number of the author of a new listing; None: who imports."""
        if self.choices.find_author is None:
            return None
        return self.choices.find_author(entry.author)

    def _change_listing(
        self,
        row: Achievement | Demand,
        entry: Entry,
        changes: dict[str, Any],
        history: Sequence[History],
    ) -> bool:
        """Bring a listing to what its row says.

        Args:
            row: the listing.
            entry: the row of the list.
            changes: what it would change, as `changes_of` gives it.
            history: History rows of the listing; of no interest where nothing changes.

        Returns:
            whether it says that now: what its people wrote and the list does not is theirs to hand in.
        """
        has_own_words = False
        by_hand: set[str] = set()
        if changes and not self.overwrite:
            chosen = self.choices.by_row.get(entry.row, {})
            by_hand = queries.written_by_hand(row, changes, history)
            by_hand = {name for name in by_hand if chosen.get(name) != LISTED}
            if by_hand:
                has_own_words = True
                # Who has chosen what stays needs no remark.
                self._name_untouched(row, entry, by_hand - chosen.keys())
                changes = {
                    name: value
                    for name, value in changes.items()
                    if name not in by_hand
                }
        if not changes:
            self.outcome.unchanged += 1
            self.written[entry.row] = Written(row, "same")
            return not has_own_words
        # Checked after the comparison: a listing under review that the list does not change is no problem (010).
        if not row.life.can(row.state, "edit"):
            self._refuse_change(
                row,
                entry,
                f"状态是「{row.state_name}」，现在不能修改。",
                "等它回到草稿或已发布状态后再导入。",
            )
            return False
        # What a list says as it is public may wait for review in other words: only a change is a word against them.
        names = queries.with_companions(changes) - by_hand
        values = keep_unlisted_parts(row, entry.values)
        named = {name: value for name, value in values.items() if name in names}
        before = _words_of(row, changes)
        values_before = writing.values_of(row)
        try:
            # What was set on the row is taken back with the savepoint where it cannot be saved.
            with db.session.begin_nested():
                listing_deeds.save(
                    row, named, by=self.by, seen=row.revision, commit=False
                )
        except MarketError as error:
            missing = _join_problems(error)
            self._refuse_change(row, entry, error.message, missing)
            return False
        except IntegrityError:
            self._refuse_change(row, entry, "与已有的内容合在一起不符合要求。", "")
            return False
        # Only now: what the savepoint took back has changed nothing.
        self.outcome.changed += 1
        former = {name: values_before[name] for name in changes}
        self.written[entry.row] = Written(row, "changed", former)
        self._name_changes(row, entry, before)
        return not has_own_words

    def _name_untouched(
        self, row: Achievement | Demand, entry: Entry, names: Iterable[str]
    ) -> None:
        """Say which values of a row were not taken, for people have written them on the site."""
        names = list(names)
        if not names:
            return
        labels = _labels_of(row.kind, names)
        message = (
            f"平台上这一条（编号 {row.id}）的{labels}是有人在网页上写的，没有覆盖。"
        )
        advice = "确实要按清单改，请加 --overwrite 再导入，或在网页上导入时逐格选择。"
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
        # The former words go into the history, where a reader of the listing sees what a list has replaced.
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
        # A cell that was left out may be what the public must not miss, so such a row is published by a person.
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


SAME_NAME = "同一单位（统一社会信用代码相同）的同名内容"


def twin_problem(entry: Entry, first: int, shared: str = SAME_NAME) -> Problem:
    """What is said of a row that is about the listing of an earlier one, though it names it otherwise.

    Args:
        entry: the row.
        first: number of the earlier one.
        shared: what makes them one.
    """
    message = f"与第 {first} 行是{shared}，只取前面一行。"
    return entry.problem(message, "删去重复的一行。")


def changes_of(row: Achievement | Demand, entry: Entry) -> dict[str, Any]:
    """What a row of a list would change of a listing: field → value."""
    return writing.changed_values(row, keep_unlisted_parts(row, entry.values))


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
    for name, rows in SCHEMAS[row.kind].rows.items():
        if name in values and _are_the_same(rows, getattr(row, name), values[name]):
            pairs = zip(getattr(row, name), values[name], strict=True)
            merged[name] = [_values_of(rows, old) | new for old, new in pairs]
    return merged


def _are_the_same(field: Rows, old: list[Any], new: list[Any]) -> bool:
    """Whether the rows of a field are about the same things in the same order."""
    if len(old) != len(new):
        return False
    for before, after in zip(old, new, strict=True):
        # Two rows of one child table are the same where these parts are: the name of a figure, the person, the
        # number.
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
