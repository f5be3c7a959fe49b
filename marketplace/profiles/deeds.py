"""What is done to profiles and to certificates of brokers. The only file of this room that commits."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from marketplace import persistence
from marketplace.accounts.models import Person, Role
from marketplace.clock import now, today
from marketplace.dictionaries.models import fields_of_level
from marketplace.errors import Invalid, NotNow, Stale
from marketplace.extensions import db
from marketplace.lifecycle import History
from marketplace.parsing import ParseError
from marketplace.parsing.telephones import holds_contact
from marketplace.parsing.text import half_width, read_line, read_prose
from marketplace.permissions import Reader, reader_id, require
from marketplace.profiles.models import (
    LEVELS,
    RESEARCHER_FIELDS,
    BrokerField,
    BrokerProfile,
    ResearcherField,
    ResearcherProfile,
)

FIELDS_MOST = 3
TITLE_MOST = 40
DISCIPLINE_MOST = 60
PROSE_MOST = 500
NUMBER_MOST = 40
ISSUER_MOST = 80
NOTE_MOST = 500
CHECKED_MOST = 60


@dataclass(frozen=True)
class ResearcherValues:
    """What a researcher typed; `public` are the names of RESEARCHER_FIELDS that everybody may read."""

    field_codes: tuple[str, ...] = ()
    title: str = ""
    discipline: str = ""
    offer: str = ""
    deputy: bool = False
    envoy: bool = False
    public: frozenset[str] = frozenset()
    desk_public: bool = False


@dataclass(frozen=True)
class BrokerValues:
    """What a broker typed; `unlimited` says that the certificate names no end."""

    number: str = ""
    level: str = ""
    issuer: str = ""
    valid_to: date | None = None
    unlimited: bool = False
    field_codes: tuple[str, ...] = ()
    introduction: str = ""
    listed: bool = False
    number_public: bool = False


def save_researcher(values: ResearcherValues, *, seen: int, by: Person) -> None:
    """Store what a researcher says of themselves, and what of it everybody may read.

    Args:
        values: what they typed.
        seen: the revision they saw; 0 where there was none yet.
        by: whose profile it is.

    Raises:
        NotAllowed: they look on as an auditor.
        Stale: it was changed meanwhile, in another tab for instance.
        Invalid: something is too long, unknown, or a way to reach somebody privately.
    """
    require(by, "profile.edit")
    problems: dict[str, list[str]] = {}
    title = _line("title", values.title, TITLE_MOST, problems)
    discipline = _line("discipline", values.discipline, DISCIPLINE_MOST, problems)
    offer = _prose("offer", values.offer, problems)
    codes = _codes(values.field_codes, 2, problems)
    if len(codes) > FIELDS_MOST:
        problems["fields"] = [f"最多选 {FIELDS_MOST} 个技术领域。"]
    if values.public - RESEARCHER_FIELDS.keys():
        problems["fields"] = ["公开的项目不在列表中，请刷新页面后重新填写。"]
    _raise_problems(problems)
    profile = db.session.get(ResearcherProfile, by.id)
    if (profile.revision if profile else 0) != seen:
        raise _changed()
    if profile is None:
        profile = ResearcherProfile(person_id=by.id)
        db.session.add(profile)
    before = _agreed(profile)
    profile.title, profile.discipline, profile.offer = title, discipline, offer
    profile.deputy, profile.envoy = values.deputy, values.envoy
    _set_fields(profile, codes, ResearcherField)
    for name in RESEARCHER_FIELDS:
        setattr(profile, f"{name}_public", name in values.public)
    profile.desk_public = values.desk_public
    # What hangs on the row alone would leave its revision as it was.
    profile.changed_at = now()
    _note_agreement(profile, before, by)
    _commit()


def hide_researcher(*, by: Person) -> None:
    """Make nothing of a researcher public any more; what they typed stays. Raises NotAllowed, NotNow."""
    require(by, "profile.edit")
    profile = db.session.get(ResearcherProfile, by.id)
    before = _agreed(profile) if profile else ""
    if profile is None or not before:
        raise NotNow("现在没有公开任何内容。", "不用再撤回。")
    for name in (*RESEARCHER_FIELDS, "desk"):
        setattr(profile, f"{name}_public", False)
    profile.changed_at = now()
    _note_agreement(profile, before, by)
    _commit()


def save_broker(values: BrokerValues, *, seen: int, by: Person) -> BrokerProfile:
    """Store what a broker says of themselves; another certificate than before is to be checked.

    Args:
        values: what they typed.
        seen: the revision they saw; 0 where there was none yet.
        by: whose profile it is.

    Raises:
        NotAllowed, Stale.
        Invalid: something is missing, too long, unknown or over.
    """
    require(by, "broker.apply")
    problems: dict[str, list[str]] = {}
    introduction = _prose("introduction", values.introduction, problems)
    codes = _codes(values.field_codes, 1, problems)
    certificate = _certificate(values, problems)
    _raise_problems(problems)
    profile = db.session.get(BrokerProfile, by.id)
    if (profile.revision if profile else 0) != seen:
        raise _changed()
    if profile is None:
        profile = BrokerProfile(person_id=by.id, state="none", number="", issuer="")
        db.session.add(profile)
    before = profile.state
    for name, value in certificate.items():
        if getattr(profile, name) != value:
            # What was checked is another certificate: this one has to be looked at by itself.
            _set_certificate(profile, certificate)
            break
    else:
        if profile.state == "returned":
            _set_certificate(profile, certificate)
    profile.introduction = introduction
    profile.listed, profile.number_public = values.listed, values.number_public
    _set_fields(profile, codes, BrokerField)
    profile.changed_at = now()
    note = "列入名录" if values.listed else "不列入名录"
    _add_history(by.id, "broker", "save", before, profile.state, note, by)
    _commit()
    return profile


def hide_broker(*, by: Person) -> None:
    """Take oneself off the list of brokers. Raises NotAllowed, NotNow."""
    require(by, "broker.apply")
    profile = db.session.get(BrokerProfile, by.id)
    if profile is None or not profile.listed:
        raise NotNow("您现在不在技术经理人名录里。", "不用再撤回。")
    profile.listed = profile.number_public = False
    profile.changed_at = now()
    state = profile.state
    _add_history(by.id, "broker", "hide", state, state, "不列入名录", by)
    _commit()


def check_certificate(
    profile: BrokerProfile, *, checked: str, seen: int, by: Reader | None
) -> None:
    """Note what a certificate was compared with, and make its holder a broker.

    Args:
        profile: whose certificate it is.
        checked: what an operator compared it with.
        seen: the revision they looked at.
        by: an operator, not the holder.

    Raises:
        NotAllowed, Stale.
        NotNow: it does not wait, the account is closed, or somebody else holds that certificate.
        Invalid: nothing was looked at, or the certificate is over.
    """
    require(by, "broker.check", profile)
    _require_waiting(profile, seen)
    checked = _line_or_raise("checked", checked, CHECKED_MOST, "写明核对了什么。")
    if profile.valid_to is not None and profile.valid_to < today():
        message = "证书已经到期，不能核对通过。"
        raise Invalid(message, "请对方补充新的证书。", problems={"checked": [message]})
    if not profile.person.active:
        raise NotNow("这个账号已停用。", "账号恢复后再核对。")
    # First, for its query would write what stands below, and a number that is taken is refused by the commit alone.
    _give_role(profile.person)
    profile.state, profile.checked = "checked", checked
    profile.checked_at, profile.note = now(), ""
    note = f"{checked}：{_described(profile)}"
    person_id = profile.person_id
    _add_history(person_id, "broker", "check", "waiting", "checked", note, by)
    taken = NotNow(
        f"编号 {profile.number} 的证书已经核对在另一个人名下。",
        "核对编号；确实重复的，要求对方补充说明。",
    )
    persistence.commit(
        stale=_changed_since(), duplicates={"uq_broker_profile_number": taken}
    )


def return_certificate(
    profile: BrokerProfile, *, note: str, seen: int, by: Reader | None
) -> None:
    """Ask the holder of a certificate for what is missing. Raises NotAllowed, NotNow, Stale, Invalid."""
    require(by, "broker.check", profile)
    _require_waiting(profile, seen)
    profile.note = _line_or_raise("note", note, NOTE_MOST, "写明要补充什么。")
    profile.state = "returned"
    person_id = profile.person_id
    _add_history(person_id, "broker", "return", "waiting", "returned", profile.note, by)
    persistence.commit(stale=_changed_since())


def end_broker(person: Person, *, note: str, by: Reader | None) -> None:
    """Take the role of broker from somebody; a certificate that was checked counts no longer.

    Raises:
        NotAllowed, Invalid.
        NotNow: they are no broker.
    """
    profile = db.session.get(BrokerProfile, person.id)
    # Somebody may be a broker since before there were profiles.
    require(by, "broker.check", profile or BrokerProfile(person_id=person.id))
    if "broker" not in person.role_names:
        raise NotNow(f"「{person.name}」现在不是技术经理人。", "请刷新后再看。")
    note = _line_or_raise("ending", note, NOTE_MOST, "写明原因，对方会看到。")
    person.roles = [role for role in person.roles if role.name != "broker"]
    before = after = "none"
    if profile is not None:
        before, after = profile.state, profile.state
        if profile.state in ("checked", "waiting"):
            after = "returned"
        profile.state, profile.checked_at, profile.note = after, None, note
        profile.changed_at = now()
    _add_history(person.id, "broker", "end", before, after, note, by)
    persistence.commit(stale=_changed_since())


def _certificate(
    values: BrokerValues, problems: dict[str, list[str]]
) -> dict[str, object]:
    """The certificate as it is stored; of somebody without one all is empty."""
    number = _line("number", half_width(values.number), NUMBER_MOST, problems)
    # Blanks and case are ways of copying it, and one certificate has one number.
    number = re.sub(r"\s", "", number).upper()
    issuer = _line("issuer", values.issuer, ISSUER_MOST, problems)
    empty = not (number or issuer or values.level or values.valid_to)
    if empty and not values.unlimited:
        return {"number": "", "level": None, "issuer": "", "valid_to": None}
    if not number:
        problems["number"] = [
            "填写证书编号；没有证书的，把等级、发证单位和有效期也空着。"
        ]
    if values.level not in LEVELS:
        problems["level"] = ["选证书上的等级。"]
    if not issuer:
        problems.setdefault("issuer", ["照证书填写发证单位。"])
    if values.unlimited and values.valid_to is not None:
        problems["valid_to"] = ["写了有效期，就不要勾「证书上没有有效期」。"]
    elif not values.unlimited and values.valid_to is None:
        problems["valid_to"] = [
            "填写有效期，如 2028-06-30；证书上没有的，勾「证书上没有有效期」。"
        ]
    return {
        "number": number,
        "level": values.level,
        "issuer": issuer,
        "valid_to": values.valid_to,
    }


def _set_certificate(profile: BrokerProfile, certificate: dict[str, object]) -> None:
    for name, value in certificate.items():
        setattr(profile, name, value)
    profile.state = "waiting" if profile.number else "none"
    profile.waiting_since = now() if profile.number else None
    profile.checked, profile.checked_at, profile.note = "", None, ""


def _require_waiting(profile: BrokerProfile, seen: int) -> None:
    if profile.state != "waiting":
        raise NotNow(f"这份证书现在是「{profile.state_name}」。", "请刷新后再看。")
    if profile.revision != seen:
        raise _changed_since()


def _give_role(person: Person) -> None:
    if "broker" not in person.role_names:
        query = db.select(Role).where(Role.name == "broker")
        person.roles.append(db.session.scalars(query).one())


def _described(profile: BrokerProfile) -> str:
    end = "没有有效期"
    if profile.valid_to is not None:
        end = f"有效期至 {profile.valid_to:%Y-%m-%d}"
    level = LEVELS[profile.level or ""]
    return f"{level} {profile.number}，{profile.issuer}，{end}"


def _agreed(profile: ResearcherProfile) -> str:
    """What somebody agreed to make public, in words; empty for nothing."""
    names = []
    for name, text in RESEARCHER_FIELDS.items():
        if getattr(profile, f"{name}_public"):
            names.append(text)
    if profile.desk_public:
        names.append("在单位页面上的姓名")
    return "、".join(names)


def _note_agreement(profile: ResearcherProfile, before: str, by: Person) -> None:
    """Leave a row of what was agreed to and when, where it changed (个人信息保护法 14, 15)."""
    after = _agreed(profile)
    if after != before:
        note = f"公开：{after}" if after else "全部不公开"
        _add_history(by.id, "researcher", "agree", "", "", note, by)


def _set_fields(
    profile: ResearcherProfile | BrokerProfile,
    codes: list[str],
    table: type[ResearcherField] | type[BrokerField],
) -> None:
    # The rows that stay are the same rows: deleted and added again under one key they would meet in one flush.
    held = {one.field_code: one for one in profile.fields}
    rows = []
    for code in codes:
        rows.append(held.get(code) or table(field_code=code))
    profile.fields = rows  # type: ignore[assignment]


def _codes(
    typed: Iterable[str], level: int, problems: dict[str, list[str]]
) -> list[str]:
    codes = sorted({code for code in typed if code})
    known = fields_of_level(level)
    if any(code not in known for code in codes):
        problems["fields"] = ["技术领域不在列表中，请在列表里选。"]
    return codes


def _line(name: str, raw: str, most: int, problems: dict[str, list[str]]) -> str:
    """A text on one line; what is wrong is put among the problems."""
    try:
        plain = read_line(raw, most) or ""
    except ParseError as error:
        problems[name] = [f"{error.message}{error.allowed}"]
        return ""
    _refuse_contacts(name, plain, problems)
    return plain


def _prose(name: str, raw: str, problems: dict[str, list[str]]) -> str:
    try:
        plain = read_prose(raw, PROSE_MOST) or ""
    except ParseError as error:
        problems[name] = [f"{error.message}{error.allowed}"]
        return ""
    _refuse_contacts(name, plain, problems)
    return plain


def _refuse_contacts(name: str, plain: str, problems: dict[str, list[str]]) -> None:
    """No private number and no mail address stands on a public page, whatever field it is typed into."""
    if name == "number":
        return
    if holds_contact(plain):
        problems[name] = ["不要写电话和邮箱，这一栏会公开。对接由平台安排。"]


def _line_or_raise(name: str, raw: str, most: int, missing: str) -> str:
    """A remark of an operator. Raises Invalid."""
    try:
        plain = read_line(raw, most) or ""
    except ParseError as error:
        message = f"{error.message}{error.allowed}"
        raise Invalid(message, problems={name: [message]}) from None
    if len(plain) < 2:
        raise Invalid(missing, problems={name: [missing]})
    return plain


def _raise_problems(problems: dict[str, list[str]]) -> None:
    if problems:
        raise Invalid("有几处要改。", problems=problems)


def _add_history(
    person_id: int,
    kind: str,
    deed: str,
    before: str,
    after: str,
    note: str,
    by: Reader | None,
) -> None:
    """Leave a History row of a profile, which is known by the number of its person (no commit)."""
    db.session.add(
        History(
            kind=kind,
            thing_id=person_id,
            deed=deed,
            before=before,
            after=after,
            note=note,
            by_id=reader_id(by),
        )
    )


def _changed() -> Stale:
    return Stale("这份资料刚在别处改过。", "下面是您刚才填的；核对后再保存一次。")


def _changed_since() -> Stale:
    return Stale("这份资料在您打开以后改过。", "请重新打开，看过新的内容再决定。")


def _commit() -> None:
    duplicates: dict[str, Stale] = {
        "pk_researcher_profile": _changed(),
        "pk_broker_profile": _changed(),
    }
    persistence.commit(stale=_changed(), duplicates=duplicates)
