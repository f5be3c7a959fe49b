"""Organisations of a list that a bureau has are entered, all in one transaction. Reading the list is in `exchange`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from marketplace import persistence
from marketplace.dictionaries.models import District, names_by_code
from marketplace.errors import Invalid, Stale
from marketplace.extensions import db
from marketplace.lifecycle import History
from marketplace.organisations.models import (
    NAME_KINDS,
    ORGANISATION_KINDS,
    Organisation,
    OrganisationName,
    key_of,
)
from marketplace.organisations.queries import (
    find_organisation,
    one_of_code_and_name,
    refuse_former_name,
)
from marketplace.organisations.twins import propose_pairs
from marketplace.permissions import Reader, reader_id, require

# What a list may fill in where the site has nothing: column → its name in Chinese.
FILLED = {
    "uscc": "统一社会信用代码",
    "district_code": "所属县市区",
    "address": "地址",
    "legal_representative": "法定代表人",
    "supervisor": "归口管理部门",
    "profile": "单位简介",
    "size_band": "单位规模",
}


@dataclass(frozen=True)
class ListedOrganisation:
    """What a row of a list says of an organisation, each value in its stored form; None where it says nothing.

    Attributes:
        row: number of the row.
        name: its name.
        kind: a code of `ORGANISATION_KINDS`; `kind_is_written` where the list says so and nobody guessed.
        former, aliases: its other names.
    """

    row: int
    name: str
    kind: str
    # A guess must not be reported as a difference from what the site has.
    kind_is_written: bool = False
    uscc: str | None = None
    district_code: str | None = None
    former: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    address: str | None = None
    legal_representative: str | None = None
    supervisor: str | None = None
    profile: str | None = None
    size_band: str | None = None


@dataclass
class Fate:
    """What became of a row.

    Attributes:
        row: its number.
        name: the organisation as the list calls it.
        result: `new`, `changed`, `unchanged` or `refused`.
        remarks: what a reader should know of it; where it is refused, why.
    """

    row: int
    name: str
    result: str = "unchanged"
    remarks: list[str] = field(default_factory=list)


def enter_list(
    listed: Iterable[ListedOrganisation],
    *,
    by: Reader | None,
    strict: bool = False,
    dry_run: bool = False,
) -> list[Fate]:
    """Enter the organisations of a list. What is known already is completed where it is empty and never overwritten.

    A list verifies nobody: new organisations are unverified, and so they stay until an operator has looked at a paper.

    Args:
        listed: the good rows, no two of one code or name.
        by: the acting person; None from the command line.
        strict: write nothing where any row is refused.
        dry_run: go through everything and take it all back.

    Returns:
        what became of each row, in their order.

    Raises:
        NotAllowed, Busy.
        Stale: somebody entered one of them at the same moment; nothing was written.
    """
    require(by, "organisation.verify")
    # Reading a list takes long: what was read of the database before is looked at again as a writer.
    persistence.begin_write()
    districts = names_by_code(District)
    # By number of the row, so that what becomes of it can still be added to.
    fates: dict[int, Fate] = {}
    entered: dict[int, Fate] = {}
    quicker = Stale(
        "同一时刻有别人登记了名单里的单位，这次没有写入。", "请再导入一次。"
    )
    names = ("uq_organisation_uscc", "uq_organisation_name_key")
    duplicates = dict.fromkeys(names, quicker)
    with persistence.refusals(stale=quicker, duplicates=duplicates):
        for body in listed:
            fate = fates[body.row] = Fate(body.row, body.name)
            organisation = _enter(body, fate, districts, by)
            # Twins of rows that the list left alone were proposed on another night.
            if organisation is not None and fate.result != "unchanged":
                entered[organisation.id] = fate
        db.session.flush()
    # Before the commit: a dry run reports twins too, and takes them back with the rest.
    _report_twins(entered)
    refused = any(fate.result == "refused" for fate in fates.values())
    if dry_run or (strict and refused):
        db.session.rollback()
    else:
        persistence.commit(stale=quicker, duplicates=duplicates)
    return list(fates.values())


def _enter(
    body: ListedOrganisation,
    fate: Fate,
    districts: dict[str, str],
    by: Reader | None,
) -> Organisation | None:
    """Find or add the organisation of a row and complete it; None where the row is refused."""
    try:
        organisation = _known_row(body)
    except Invalid as refusal:
        fate.result = "refused"
        fate.remarks.append(f"{refusal.message}{refusal.advice}")
        return None
    is_new = organisation is None
    if organisation is None:
        organisation = Organisation(
            name=body.name, name_key=key_of(body.name), kind=body.kind
        )
        db.session.add(organisation)
        db.session.flush()  # for its id
    else:
        _say_differences(body, organisation, fate, districts)
    # After the differences were noted: what is filled in here would no longer differ.
    changed = _fill_empty(body, organisation)
    changed += _add_names(body, organisation, fate)
    if is_new:
        fate.result = "new"
    elif changed:
        fate.result = "changed"
    if fate.result != "unchanged":
        row = History(
            kind="organisation",
            thing_id=organisation.id,
            deed="import",
            # The state stays: a list verifies nobody.
            before=organisation.state,
            after=organisation.state,
            note=f"名单第 {body.row} 行：{'、'.join(changed) or '单位名称'}",
            by_id=reader_id(by),
        )
        db.session.add(row)
    return organisation


def _known_row(body: ListedOrganisation) -> Organisation | None:
    """The organisation that a row is about, where the site has it.

    Raises:
        Invalid: code and name belong to two of them, or the name to one of another code: only a person can tell.
    """
    by_code = find_organisation("", body.uscc) if body.uscc else None
    by_name = find_organisation(body.name)
    known = one_of_code_and_name(by_code, by_name, body.uscc)
    if by_code is not None or by_name is None or not body.uscc:
        return known
    if by_name.uscc is not None:
        raise Invalid(
            f"「{by_name.name}」在平台登记的统一社会信用代码是 {by_name.uscc}，与 {body.uscc} 不同。",
            "请核对名称和代码。",
        )
    refuse_former_name(by_name, body.name)
    return by_name


def _say_differences(
    body: ListedOrganisation,
    organisation: Organisation,
    fate: Fate,
    districts: dict[str, str],
) -> None:
    """Say what the site has otherwise; nothing of it is changed."""
    kept = []
    known = {organisation.name_key, *(one.name_key for one in organisation.names)}
    if key_of(body.name) not in known:
        kept.append(f"单位名称「{organisation.name}」")
    if body.kind_is_written and body.kind != organisation.kind:
        kept.append(f"单位类型「{ORGANISATION_KINDS[organisation.kind]}」")
    for column, label in FILLED.items():
        value, there = getattr(body, column), getattr(organisation, column)
        # Where the site has nothing it is filled in; where the list has nothing there is nothing to compare.
        if not value or not there or value == there:
            continue
        words = districts.get(there, there) if column == "district_code" else there
        # A profile of 500 characters would bury the other remarks.
        kept.append(f"{label}「{words[:40]}」")
    if kept:
        fate.remarks.append(f"平台上已有{'、'.join(kept)}，与名单不同，没有改。")


def _fill_empty(body: ListedOrganisation, organisation: Organisation) -> list[str]:
    """Fill in what the site does not have yet; the names of these columns."""
    filled = []
    for column, label in FILLED.items():
        value = getattr(body, column)
        if value and not getattr(organisation, column):
            setattr(organisation, column, value)
            filled.append(label)
    return filled


def _add_names(
    body: ListedOrganisation, organisation: Organisation, fate: Fate
) -> list[str]:
    """Add former names and aliases that nobody else bears; what kinds of names were added."""
    known = {organisation.name_key, *(one.name_key for one in organisation.names)}
    added = []
    for kind, names in (("former", body.former), ("alias", body.aliases)):
        for name in names:
            key = key_of(name)
            if key in known:
                continue
            other = find_organisation(name)
            # A name of two bodies finds neither of them any more (`queries._find_by_other_name`).
            if other is not None and other.id != organisation.id:
                fate.remarks.append(
                    f"{NAME_KINDS[kind]}「{name}」在平台上是「{other.name}」的名称，没有加。"
                )
                continue
            # A list may write one name as former name and as alias.
            known.add(key)
            organisation.names.append(
                OrganisationName(name=name, name_key=key, kind=kind)
            )
            added.append(f"{NAME_KINDS[kind]}「{name}」")
    return added


def _report_twins(entered: dict[int, Fate]) -> None:
    """Propose the pairs that a list has made, and say so where a row is one of them."""
    if not entered:
        return
    for pair in propose_pairs():
        for number, other in (
            (pair.one_id, pair.other_id),
            (pair.other_id, pair.one_id),
        ):
            # A pair may be of two organisations of which the list names one.
            if number not in entered:
                continue
            twin = db.session.get_one(Organisation, other)
            entered[number].remarks.append(
                f"可能与「{twin.name}」是同一个单位（{pair.reason}），请在「疑似重复单位」里处理。"
            )
