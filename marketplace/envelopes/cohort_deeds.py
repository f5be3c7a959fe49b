"""What trainers record of whom they trained: cohorts and their members with certificates. Commits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from marketplace import persistence
from marketplace.clock import now, today
from marketplace.envelopes import queries
from marketplace.envelopes.child_models import (
    MAX_MEMBERS,
    CohortMember,
    TrainingCohort,
    certificate_key,
)
from marketplace.errors import Invalid, NotNow, Stale
from marketplace.extensions import db
from marketplace.organisations.models import Organisation
from marketplace.parsing.days import read_beginning
from marketplace.permissions import Reader, reader_id, require
from marketplace.profiles.models import LEVELS
from marketplace.typed_texts import checked_text

CHANGED = Stale("这个培训班刚有人改过。", "请重新打开这一页，看过再改。")
TWICE = NotNow("您单位已经有同名的培训班。", "换一个名称，如加上期数。")
SAME = NotNow("有一个证书刚登记过。", "请重新打开这一页。")
FIRST_DAY = date(2010, 1, 1)
COLUMNS = ("姓名", "证件号码后四位", "证书级别", "证书编号", "发证机构", "发证日期")
# The last character of an identity number may be an X; ASCII, for `\d` takes digits of other scripts.
_TAIL = re.compile(r"\d{3}[\dXx]", re.ASCII)
# A tab from a sheet, commas as people type them, or the spaces of an aligned text; one space may be in a name.
_SEPARATOR = re.compile(r"\t|[，,；;]|\s{2,}")
# As certificates and lists write the grades.
LEVEL_WORDS = {
    **{name: code for code, name in LEVELS.items()},
    "初级": "junior",
    "中级": "intermediate",
    "高级": "senior",
    "初级技术经理人": "junior",
    "中级技术经理人": "intermediate",
    "高级技术经纪人": "senior",
}


@dataclass(frozen=True)
class TypedMember:
    """One line of a list of trained people."""

    name: str
    id_tail: str
    level: str
    certificate_no: str
    issuer: str
    issued_on: date


def create_cohort(
    organisation: Organisation,
    name: str,
    began_on: date | None,
    ended_on: date | None,
    *,
    by: Reader,
) -> TrainingCohort:
    """登记培训班. Raises NotAllowed, NotNow, Invalid."""
    row = TrainingCohort(organisation_id=organisation.id)
    require(by, "cohort.write", row)
    problems: dict[str, list[str]] = {}
    try:
        row.name = checked_text(
            "name", name, 100, missing="写名称，如「2026 年第一期」。"
        )
    except Invalid as error:
        problems |= error.problems
    if began_on is None or not FIRST_DAY <= began_on <= today():
        problems["began_on"] = ["写今天或以前的日期。"]
    if ended_on is None or not (began_on or FIRST_DAY) <= ended_on <= today():
        problems["ended_on"] = ["写开班以后、今天或以前的日期。"]
    if problems:
        raise Invalid("培训班没有登记。", problems=problems)
    # What is missing is a problem above.
    row.began_on, row.ended_on = began_on or FIRST_DAY, ended_on or FIRST_DAY
    row.by_id = reader_id(by)
    db.session.add(row)
    persistence.commit(duplicates={"uq_training_cohort_name": TWICE})
    return row


def add_members(row: TrainingCohort, text: str, *, by: Reader, seen: int) -> int:
    """添加学员: all lines or none.

    Args:
        row: the cohort.
        text: a line for each of them, as `COLUMNS`, pasted from a sheet or with commas.
        by: somebody of who trained them.
        seen: its revision that they saw.

    Returns:
        how many.

    Raises:
        NotAllowed, Stale.
        Invalid: a line is wrong, or names a certificate that is there already; the message names the line.
    """
    require(by, "cohort.write", row)
    persistence.hold_row(row)
    # A colleague may have added the same people a moment ago.
    if row.revision != seen:
        raise CHANGED
    typed = read_members(text)
    known = {one.certificate_key for one in row.members}
    problems = []
    for number, one in enumerate(typed, 1):
        key = certificate_key(one.issuer, one.certificate_no)
        if key in known:
            problems.append(f"第 {number} 行：证书 {one.certificate_no} 已经登记过。")
        # Also within what was typed: two lines of one certificate are refused with the line.
        known.add(key)
    if len(known) > MAX_MEMBERS:
        problems.append(f"一个培训班最多 {MAX_MEMBERS} 人。")
    if problems:
        raise Invalid("学员没有添加。", problems={"members": problems})
    for one in typed:
        key = certificate_key(one.issuer, one.certificate_no)
        member = CohortMember(cohort_id=row.id, certificate_key=key, **one.__dict__)
        db.session.add(member)
    row.changed_at = now()
    persistence.commit(stale=CHANGED, duplicates={"uq_cohort_member_certificate": SAME})
    return len(typed)


def remove_member(member: CohortMember, *, by: Reader) -> None:
    """删除学员, for whose certificate nobody has claimed. Raises NotAllowed, NotNow, Stale."""
    row = member.cohort
    require(by, "cohort.write", row)
    persistence.hold_row(row)
    # Whatever became of the claim: its line still names whom the money was for.
    if queries.is_claimed(member):
        raise NotNow("这名学员的证书已经用于申领，不能删除。", "")
    db.session.delete(member)
    row.changed_at = now()
    persistence.commit(stale=CHANGED)


def read_members(text: str) -> list[TypedMember]:
    """The lines of a list. Raises Invalid: with every line that cannot be read."""
    found = []
    problems = []
    number = 0
    for line in text.splitlines():
        # The header of a sheet comes along when it is copied.
        if not line.strip() or line.strip().startswith(COLUMNS[0]):
            continue
        number += 1
        try:
            found.append(_read_member(line))
        except ValueError as error:
            problems.append(f"第 {number} 行：{error}")
    if not found and not problems:
        problems.append("至少写一行，每人一行。")
    if problems:
        # All at once, not the first one only; twenty are enough to see what is wrong with the list.
        raise Invalid("学员没有添加。", problems={"members": problems[:20]})
    return found


def _read_member(line: str) -> TypedMember:
    cells = [cell.strip() for cell in _SEPARATOR.split(line.strip())]
    if len(cells) != len(COLUMNS):
        raise ValueError(f"要有 {len(COLUMNS)} 列：{'、'.join(COLUMNS)}。")
    name, id_tail, level_name, certificate_no, issuer, issued = cells
    level = LEVEL_WORDS.get(level_name)
    if level is None:
        raise ValueError(f"级别「{level_name}」没有看懂，写初级、中级或高级。")
    if not _TAIL.fullmatch(id_tail):
        raise ValueError("证件号码后四位要写四位数字，最后一位可以是 X。")
    if not 2 <= len(name) <= 60 or not certificate_no or len(certificate_no) > 40:
        raise ValueError("姓名要 2–60 字，证书编号要 1–40 字。")
    if not issuer or len(issuer) > 80:
        raise ValueError("发证机构要 1–80 字。")
    day = read_beginning(issued)
    if day is None:
        raise ValueError(f"发证日期「{issued}」没有看懂，写成 {today()} 这样。")
    if not FIRST_DAY <= day <= today():
        raise ValueError(f"发证日期「{issued}」不在 {FIRST_DAY} 到今天之间，请核对。")
    # In capitals: x and X are one person.
    return TypedMember(name, id_tail.upper(), level, certificate_no, issuer, day)
