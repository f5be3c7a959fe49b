"""What is done to profiles and to certificates of brokers. The only file of this room that commits."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace import contributions, persistence
from marketplace.accounts import granting
from marketplace.accounts.models import Person
from marketplace.clock import now, today
from marketplace.errors import Invalid, MarketError, NotNow, Stale
from marketplace.extensions import db
from marketplace.lifecycle import History
from marketplace.parsing import ParseError
from marketplace.parsing.text import read_line
from marketplace.permissions import Reader, reader_id, require
from marketplace.profiles import announcements
from marketplace.profiles.models import (
    LAPSED,
    LEVELS,
    LOST_ROLE,
    RESEARCHER_FIELDS,
    BrokerField,
    BrokerProfile,
    ResearcherField,
    ResearcherProfile,
)
from marketplace.profiles.writing import (
    BrokerValues,
    ResearcherValues,
    read_broker,
    read_researcher,
)
from marketplace.typed_texts import checked_text, judged_together

# Characters, as the columns hold them.
MAX_NOTE = 500
MAX_CHECKED = 60


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
    profile = db.session.get(ResearcherProfile, by.id)
    # The form checks too; a deed that is called otherwise must refuse the same.
    values = read_researcher(values, profile.field_codes if profile else ())
    # 0 is a profile that was not there: two first saves of one person meet in the key of the table.
    if (profile.revision if profile else 0) != seen:
        raise _changed()
    if profile is None:
        profile = ResearcherProfile(person_id=by.id)
        db.session.add(profile)
    # Read before the columns change, to know whether the agreement did.
    before = _agreed(profile)
    for name in ("title", "discipline", "offer", "deputy", "envoy", "desk_public"):
        setattr(profile, name, getattr(values, name))
    _set_fields(profile, values.field_codes, ResearcherField)
    for name in RESEARCHER_FIELDS:
        setattr(profile, f"{name}_public", name in values.public)
    # What hangs on the row alone would leave its revision as it was.
    profile.changed_at = now()
    _note_agreement(profile, before, by)
    commit_profile()


def hide_researcher(*, by: Person) -> None:
    """Make nothing of a researcher public any more; what they typed stays. Raises NotAllowed, NotNow."""
    require(by, "profile.edit")
    profile = db.session.get(ResearcherProfile, by.id)
    before = _agreed(profile) if profile else ""
    if profile is None or not before:
        raise NotNow("现在没有公开任何内容。", "不用再撤回。")
    # Fields that join later are hidden too: the list is that of the table.
    for name in (*RESEARCHER_FIELDS, "desk"):
        setattr(profile, f"{name}_public", False)
    profile.changed_at = now()
    _note_agreement(profile, before, by)
    commit_profile()


def save_broker(
    values: BrokerValues, *, reply: str = "", seen: int, by: Person
) -> BrokerProfile:
    """Store what a broker says of themselves, as `draft_broker`."""
    profile, _ = draft_broker(values, reply=reply, seen=seen, by=by)
    commit_profile()
    return profile


def draft_broker(
    values: BrokerValues, *, reply: str = "", seen: int, by: Person
) -> tuple[BrokerProfile, History]:
    """What a broker says of themselves; another certificate than before is to be checked (no commit).

    Args:
        values: what they typed.
        reply: what they answer to operators who sent it back; of nobody else it is left out.
        seen: the revision they saw; 0 where there was none yet.
        by: whose profile it is.

    Returns:
        the profile, and the row of History, whose number the files bear that came with it.

    Raises:
        NotAllowed, Stale.
        Invalid: something is missing, too long, unknown or over.
    """
    require(by, "broker.apply")
    profile = db.session.get(BrokerProfile, by.id)
    with judged_together() as part:
        with part():
            values = read_broker(values, profile.field_codes if profile else ())
        with part():
            reply = checked_text("reply", reply, MAX_NOTE)
    if (profile.revision if profile else 0) != seen:
        raise _changed()
    if profile is None:
        profile = BrokerProfile(person_id=by.id, state="none", number="", issuer="")
        db.session.add(profile)
    before = profile.state
    # A certificate that waits takes the place of one that is over: what went with that one stays gone.
    if profile.is_lapsed(today()):
        contributions.stop_broker(by.id, LAPSED, None)
    # The column has NULL where the form has nothing.
    certificate = (values.number, values.level or None, values.issuer, values.valid_to)
    # What was checked is that certificate and no other; what was sent back is looked at again, changed or not.
    if certificate != _certificate_of(profile) or profile.state == "returned":
        _set_certificate(profile, values)
    profile.introduction = values.introduction
    profile.listed, profile.number_public = values.listed, values.number_public
    _set_fields(profile, values.field_codes, BrokerField)
    profile.changed_at = now()
    # Being listed is an agreement too: History says since when.
    note = "列入名录" if values.listed else "不列入名录"
    if before == "returned" and reply:
        note = f"{note}。答复：{reply}"
    saved = _add_history(by.id, "broker", "save", before, profile.state, note, by)
    with persistence.refusals(stale=_changed(), duplicates=_twice()):
        db.session.flush()
    return profile, saved


def hide_broker(*, by: Person) -> None:
    """Take oneself off the list of brokers. Raises NotAllowed, NotNow."""
    require(by, "broker.apply")
    profile = db.session.get(BrokerProfile, by.id)
    if profile is None or not profile.listed:
        raise NotNow("您现在不在技术经理人名录里。", "不用再撤回。")
    # The number was agreed to for the list alone.
    profile.listed = profile.number_public = False
    profile.changed_at = now()
    state = profile.state
    _add_history(by.id, "broker", "hide", state, state, "不列入名录", by)
    commit_profile()


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
        NotNow: it does not wait, the account is closed or an auditor's, or somebody else holds that certificate.
        Invalid: nothing was looked at, or the certificate is over.
    """
    require(by, "broker.check", profile)
    _require_waiting(profile, seen)
    # In one line, for it stands in History and on the page of the certificate.
    checked = _line_or_raise("checked", checked, MAX_CHECKED, "写明核对了什么。")
    if profile.valid_to is not None and profile.valid_to < today():
        message = "证书已经到期，不能核对通过。"
        raise Invalid(message, "请对方补充新的证书。", problems={"checked": [message]})
    # Its roles as they are: an operator may give it one at this moment, and holds the same row.
    persistence.hold_row(profile.person)
    # The role would be given to an account that nobody can use.
    if not profile.person.active:
        raise NotNow("这个账号已停用。", "账号恢复后再核对。")
    # First, for its query would write what stands below, and a number that is taken is refused by the commit alone.
    granting.give_roles(profile.person, ["broker"])
    profile.state, profile.checked = "checked", checked
    # The moment makes the certificate one of its own: reminders of its end are known by it.
    profile.checked_at, profile.note = now(), ""
    note = f"{checked}：{_described(profile)}"
    person_id = profile.person_id
    history = _add_history(person_id, "broker", "check", "waiting", "checked", note, by)
    # Numbers are unique among those that were checked: before that anybody may claim one.
    taken = NotNow(
        f"编号 {profile.number} 的证书已经核对在另一个人名下。",
        "核对编号；确实重复的，要求对方补充说明。",
    )
    duplicates = {"uq_broker_profile_number": taken}
    with persistence.refusals(stale=_changed_since(), duplicates=duplicates):
        announcements.announce_decision(profile.person, history)
    persistence.commit(stale=_changed_since(), duplicates=duplicates)


def return_certificate(
    profile: BrokerProfile, *, note: str, seen: int, by: Reader | None
) -> None:
    """Ask the holder of a certificate for what is missing. Raises NotAllowed, NotNow, Stale, Invalid."""
    require(by, "broker.check", profile)
    _require_waiting(profile, seen)
    profile.note = _line_or_raise("note", note, MAX_NOTE, "写明要补充什么。")
    profile.state = "returned"
    person_id, reason = profile.person_id, profile.note
    history = _add_history(
        person_id, "broker", "return", "waiting", "returned", reason, by
    )
    with persistence.refusals(stale=_changed_since()):
        announcements.announce_decision(profile.person, history, reason)
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
    note = _line_or_raise("ending", note, MAX_NOTE, "写明原因，对方会看到。")
    # A new list and no removal: the collection notes it as one change.
    person.roles = [role for role in person.roles if role.name != "broker"]
    before = after = "none"
    if profile is not None:
        before, after = profile.state, profile.state
        # What waits is sent back too: it would else make them a broker again.
        if profile.state in ("checked", "waiting"):
            after = "returned"
        profile.state, profile.checked_at, profile.note = after, None, note
        profile.changed_at = now()
    history = _add_history(person.id, "broker", "end", before, after, note, by)
    with persistence.refusals(stale=_changed_since()):
        # In this transaction: who is no broker must not be left with listings that only a broker may see.
        contributions.stop_broker(person.id, LOST_ROLE, by)
        announcements.announce_decision(person, history, note)
    persistence.commit(stale=_changed_since())


def announce_endings() -> int:
    """Notify the holders of certificates that end soon or are over, each stage once; for the background.

    Returns:
        number of notices.
    """
    # Who was notified is read and then written; on SQLite a reader is not let to write once others have saved.
    persistence.begin_write()
    count = announcements.announce_endings()
    persistence.commit()
    return count


def _certificate_of(profile: BrokerProfile) -> tuple[object, ...]:
    return (profile.number, profile.level, profile.issuer, profile.valid_to)


def _set_certificate(profile: BrokerProfile, values: BrokerValues) -> None:
    """Put another certificate in place of the one there was; it waits to be checked."""
    profile.number, profile.issuer = values.number, values.issuer
    profile.level, profile.valid_to = values.level or None, values.valid_to
    # A broker may give up the certificate and mediate without one.
    profile.state = "waiting" if profile.number else "none"
    # From the latest change on: what was put right queues behind what waited meanwhile.
    profile.waiting_since = now() if profile.number else None
    # What was checked or asked for was about the former certificate.
    profile.checked, profile.checked_at, profile.note = "", None, ""


def _require_waiting(profile: BrokerProfile, seen: int) -> None:
    if profile.state != "waiting":
        raise NotNow(f"这份证书现在是「{profile.state_name}」。", "请刷新后再看。")
    # The certificate may be another one than the operator compared.
    if profile.revision != seen:
        raise _changed_since()


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
        # Names of fields only, for a note of History goes into the audit and cannot be erased (086).
        note = f"公开：{after}" if after else "全部不公开"
        _add_history(by.id, "researcher", "agree", "", "", note, by)


def _set_fields(
    profile: ResearcherProfile | BrokerProfile,
    codes: Sequence[str],
    table: type[ResearcherField] | type[BrokerField],
) -> None:
    # The rows that stay are the same rows: deleted and added again under one key they would meet in one flush.
    held = {one.field_code: one for one in profile.fields}
    rows = []
    for code in codes:
        rows.append(held.get(code) or table(field_code=code))
    profile.fields = rows  # type: ignore[assignment]


def _line_or_raise(name: str, raw: str, most: int, missing: str) -> str:
    """A remark of an operator. Raises Invalid."""
    try:
        plain = read_line(raw, most) or ""
    except ParseError as error:
        message = f"{error.message}{error.allowed}"
        raise Invalid(message, problems={name: [message]}) from None
    # One sign says nothing to the one who reads it.
    if len(plain) < 2:
        raise Invalid(missing, problems={name: [missing]})
    return plain


def _add_history(
    person_id: int,
    kind: str,
    deed: str,
    before: str,
    after: str,
    note: str,
    by: Reader | None,
) -> History:
    """Leave a History row of a profile, which is known by the number of its person (no commit)."""
    row = History(
        kind=kind,
        thing_id=person_id,
        deed=deed,
        before=before,
        after=after,
        note=note,
        by_id=reader_id(by),
    )
    db.session.add(row)
    return row


def _changed() -> Stale:
    return Stale("这份资料刚在别处改过。", "下面是您刚才填的；核对后再保存一次。")


def _changed_since() -> Stale:
    return Stale("这份资料在您打开以后改过。", "请重新打开，看过新的内容再决定。")


def _twice() -> dict[str, MarketError]:
    # Of two first saves at the same moment the second one sees what the first wrote.
    return {"pk_researcher_profile": _changed(), "pk_broker_profile": _changed()}


def commit_profile() -> None:
    """Commit what was drafted of a profile. Raises Stale."""
    persistence.commit(stale=_changed(), duplicates=_twice())
