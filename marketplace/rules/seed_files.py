"""The values that come with the platform, read strictly: what is wrong refuses to start, naming file and line."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from marketplace.rules.content import (
    CHECKED,
    IN_FORCE,
    KEY,
    KINDS,
    MAX_CLAUSE,
    MAX_DOCUMENT,
    MAX_KEY,
    MAX_SENTENCE,
    MAX_UNIT,
    MAX_VALUE,
    NO_UNIT,
    Value,
    value_problem,
)
from marketplace.rules.toml_lines import Table, read_tables

FOLDER = Path(__file__).parent / "seed"
NEEDED = {"key", "kind", "unit", "says"}
OF_VERSION = {"value", "valid_from", "document", "in_force", "checked"}
# A version may say it in other words than the versions before.
MAY_HAVE = {"valid_to", "clause", "note", "says"}
# As long as the columns: PostgreSQL refuses what is longer, SQLite takes it.
LIMITS = {
    "key": MAX_KEY,
    "unit": MAX_UNIT,
    "document": MAX_DOCUMENT,
    "clause": MAX_CLAUSE,
    "says": MAX_SENTENCE,
    "note": MAX_SENTENCE,
    "value": MAX_VALUE,
}


def read_values(folder: Path = FOLDER) -> dict[str, list[Value]]:
    """Every value of the files of a folder.

    Args:
        folder: with files `*.toml`.

    Returns:
        key → its versions, the earliest first, each ending on the day before the next.

    Raises:
        FaultyFileError: an unknown key, a missing reference or unit, a value of another kind, a gap or an overlap.
    """
    found: dict[str, list[Value]] = {}
    for path in sorted(folder.glob("*.toml")):
        for table in read_tables(path, "rule", ("version",)):
            versions = _versions(table)
            # A second file with the same key would silently win or lose, by the order of names.
            if versions[0].key in found:
                raise table.fault(f"{versions[0].key} is given twice", "key")
            found[versions[0].key] = versions
    return found


def _versions(table: Table) -> list[Value]:
    table.require_keys(NEEDED, set())
    _check_texts(table)
    key, kind = table.values["key"], table.values["kind"]
    if not KEY.fullmatch(key):
        raise table.fault(f"{key!r} is no key", "key")
    if kind not in KINDS:
        raise table.fault(f"unknown kind {kind!r}", "kind")
    has_unit = table.values["unit"] != NO_UNIT
    # A number without what it counts is misread: 15 natural days are no 15 working days.
    if has_unit != (kind in ("decimal", "int")):
        raise table.fault(f"{table.values['unit']!r} is no unit of a {kind}", "unit")
    tables = table.inner["version"]
    if not tables:
        raise table.fault(f"{key} has no version")
    versions: list[Value] = []
    for one in tables:
        value = _version(table, one)
        if versions:
            _check_follows(one, versions[-1], value)
        versions.append(value)
    return versions


def _version(table: Table, one: Table) -> Value:
    one.require_keys(OF_VERSION, MAY_HAVE)
    _check_texts(one)
    given = one.values
    if given["in_force"] not in IN_FORCE:
        raise one.fault(f"unknown in_force {given['in_force']!r}", "in_force")
    if given["checked"] not in CHECKED:
        raise one.fault(f"unknown checked {given['checked']!r}", "checked")
    if problem := value_problem(table.values["kind"], given["value"]):
        raise one.fault(f"{given['value']!r}: {problem}", "value")
    for name in ("valid_from", "valid_to"):
        # A moment is a date to Python, and none to us.
        if name in given and type(given[name]) is not date:
            raise one.fault(f"{name} is no day", name)
    last = given.get("valid_to")
    if last is not None and last < given["valid_from"]:
        raise one.fault("valid_to is before valid_from", "valid_to")
    return Value(
        key=table.values["key"],
        kind=table.values["kind"],
        value=given["value"],
        unit=table.values["unit"],
        valid_from=given["valid_from"],
        valid_to=last,
        document=given["document"],
        clause=given.get("clause", ""),
        says=given.get("says", table.values["says"]),
        in_force=given["in_force"],
        checked=given["checked"],
        note=given.get("note", ""),
    )


def _check_texts(table: Table) -> None:
    for name, value in table.values.items():
        if name in ("valid_from", "valid_to"):
            continue
        if not isinstance(value, str):
            raise table.fault(f"{name} must be a text in quotation marks", name)
        if len(value) > LIMITS.get(name, MAX_VALUE):
            raise table.fault(f"{name} is too long", name)


def _check_follows(one: Table, before: Value, value: Value) -> None:
    if before.valid_to is None or before.valid_to >= value.valid_from:
        raise one.fault(f"it overlaps the version before it, {before.valid_from}")
    # In a gap there would be no value, and everything that needs one on those days would be refused.
    if before.valid_to + timedelta(days=1) != value.valid_from:
        raise one.fault(f"a gap after {before.valid_to}", "valid_from")
