"""What is done to the dated values: those of the platform are added, and operators add versions. Only this commits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from marketplace import persistence
from marketplace.clock import now
from marketplace.errors import Invalid, Stale
from marketplace.extensions import db
from marketplace.permissions import Reader, reader_id, require
from marketplace.rules import queries
from marketplace.rules.content import (
    CHECKED,
    IN_FORCE,
    MAX_CLAUSE,
    MAX_DOCUMENT,
    MAX_SENTENCE,
    MAX_VALUE,
    Value,
    value_problem,
)
from marketplace.rules.models import RuleValue
from marketplace.rules.seed_files import read_values
from marketplace.typed_texts import gathered_text

NOT_SAVED = "新版本没有保存。"
CHANGED = Stale("这条规则刚被别人加了新版本。", "对照看过以后，再决定要不要再加。")
FIRST_DAY, LAST_DAY = date(1980, 1, 1), date(2099, 12, 31)


def seed_rules(values: Mapping[str, list[Value]] | None = None) -> int:
    """Add the values that come with the platform; a value that an operator has a version of is left as it is.

    Args:
        values: key → versions; default those of the files.

    Returns:
        number of versions added.

    Raises:
        FaultyFileError: a file is wrong.
    """
    if values is None:
        values = read_values()
    # The files are read before: nobody who saves waits for that.
    persistence.begin_write()
    added = 0
    for key, versions in values.items():
        query = db.select(RuleValue).where(RuleValue.key == key)
        # In their order: PostgreSQL gives a row that was written to after the others, and the last one is ended below.
        rows = list(db.session.scalars(query.order_by(RuleValue.number)))
        # What an operator has decided is never changed by a release (110).
        if any(row.made_by is not None for row in rows):
            continue
        # Versions come in order: those beyond the number the table has are new.
        for number, value in enumerate(versions[len(rows) :], len(rows) + 1):
            if rows:
                rows[-1].valid_to = value.valid_from - timedelta(days=1)
                # The version before it ends first, whatever order one flush would choose.
                db.session.flush()
            rows.append(_row_of(value, number, None))
            db.session.add(rows[-1])
            added += 1
    persistence.commit()
    return added


def add_version(
    key: str,
    given: Mapping[str, str | None],
    valid_from: date | None,
    *,
    by: Reader | None,
    seen: int | None,
) -> RuleValue:
    """添加新版本: from its first day on it stands for what stood before; all versions stay readable.

    Args:
        key: of a value that there is.
        given: value, document, clause, says, in_force, checked and note as they were typed.
        valid_from: its first day. Versions that begin on it or later are replaced, the one before ends the day before.
        by: the acting person; None for the site itself.
        seen: number of the newest version that they saw.

    Raises:
        NotAllowed, NotFound.
        Stale: somebody added a version meanwhile.
        Invalid: something is missing or is no value of that kind.
    """
    require(by, "rules.edit")
    rows = queries.list_versions(key)
    newest = rows[0]
    # By the number: who compared with an older version has to look at the newest first.
    if newest.number != seen:
        raise CHANGED
    value = _checked_value(newest, given, valid_from)
    moment = now()
    for row in rows:
        if row.replaced_at is not None:
            continue
        # It would begin on that day or later: replaced, and never removed: all versions stay readable (110).
        if row.valid_from >= value.valid_from:
            row.replaced_at = moment
        elif row.valid_to is None or row.valid_to >= value.valid_from:
            row.valid_to = value.valid_from - timedelta(days=1)
    # What ends does so before the new one begins: two may not begin on one day.
    with persistence.refusals(stale=CHANGED):
        db.session.flush()
    added = _row_of(value, newest.number + 1, reader_id(by))
    db.session.add(added)
    names = ("number", "first_day")
    persistence.commit(
        stale=CHANGED, duplicates={f"uq_rule_value_{name}": CHANGED for name in names}
    )
    return added


def _row_of(value: Value, number: int, made_by: int | None) -> RuleValue:
    return RuleValue(
        key=value.key,
        number=number,
        kind=value.kind,
        value=value.value,
        unit=value.unit,
        valid_from=value.valid_from,
        valid_to=value.valid_to,
        document=value.document,
        clause=value.clause,
        says=value.says,
        in_force=value.in_force,
        checked=value.checked,
        note=value.note,
        made_by=made_by,
    )


def _checked_value(
    newest: RuleValue, given: Mapping[str, str | None], valid_from: date | None
) -> Value:
    problems: dict[str, list[str]] = {}
    texts = {}
    for name, most, missing in (
        ("value", MAX_VALUE, ""),
        ("document", MAX_DOCUMENT, "要写依据的文件和文号。"),
        ("clause", MAX_CLAUSE, ""),
        ("says", MAX_SENTENCE, "用一句自己的话写明它说什么。"),
        ("note", MAX_SENTENCE, ""),
    ):
        raw = given.get(name) or ""
        texts[name] = gathered_text(problems, name, raw, most, missing=missing)
    if "value" not in problems:
        problem = value_problem(newest.kind, texts["value"])
        if problem:
            problems["value"] = [problem]
    if valid_from is None or not FIRST_DAY <= valid_from <= LAST_DAY:
        problems["valid_from"] = [f"写 {FIRST_DAY} 到 {LAST_DAY} 之间的日期。"]
    in_force, checked = given.get("in_force"), given.get("checked")
    if in_force not in IN_FORCE:
        problems["in_force"] = ["请从列出的里面选一项。"]
    if checked not in CHECKED:
        problems["checked"] = ["请从列出的里面选一项。"]
    if problems:
        raise Invalid(NOT_SAVED, problems=problems)
    return Value(
        key=newest.key,
        kind=newest.kind,
        # Kind and unit stay what they are: whoever reads the key computes with them.
        unit=newest.unit,
        valid_from=valid_from or FIRST_DAY,
        # Open: the next version ends it.
        valid_to=None,
        in_force=str(in_force),
        checked=str(checked),
        **texts,
    )
