"""What is done to certificates: one function a button."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.audit.entries import canonical
from marketplace.certificates import announcements, queries
from marketplace.certificates.models import (
    MAX_PURPOSE,
    MAX_REASON,
    CertificateLine,
    ConversionCertificate,
)
from marketplace.clock import now, today
from marketplace.contracts.fields import REGISTRY_NO
from marketplace.contracts.models import TechContract
from marketplace.deals.life import CONTRACT_TYPES
from marketplace.errors import Invalid, NotNow, Stale
from marketplace.extensions import db
from marketplace.organisations.models import Organisation
from marketplace.permissions import Reader, reader_id, require
from marketplace.typed_texts import checked_text, judged_together
from marketplace.wording import in_quotes

CHANGED = Stale("这份证明刚有变化。", "请重新打开，看过再决定。")
REASON_MISSING = f"写明原因，2–{MAX_REASON} 字，申请人会看到。"
MAX_LINES = 100  # contracts on one certificate
CODE_BYTES = 10  # 80 bits: not to be guessed through a limited page
CLOSED = "账号已注销。"


def request_certificate(
    organisation: Organisation,
    numbers: Iterable[int],
    registry_numbers: str,
    purpose: str,
    *,
    by: Person,
) -> ConversionCertificate:
    """申请业绩证明: which registered contracts, and what for; the organisation confirms the person's part in each.

    Args:
        organisation: the seller of all of them, for which `by` acts.
        numbers: of contracts whose achievement names them.
        registry_numbers: numbers of the register of further contracts, separated by blanks, lines or commas.
        purpose: what the certificate is for.
        by: whose achievements they are.

    Raises:
        NotAllowed: they act for no verified organisation, or not for this one.
        NotNow: a request waits already.
        Invalid: no contract, or one that is not registered with this seller.
    """
    require(by, "certificate.request", organisation)
    # The permission asks for any verified organisation of theirs; it must be this one.
    if organisation.id not in by.active_ids:
        raise NotNow("您不在这个单位。", "请先加入单位，或换一个单位。")
    missing = f"写明用途，2–{MAX_PURPOSE} 字，如：申报高级职称。"
    with judged_together() as part:
        with part():
            purpose = checked_text("purpose", purpose, MAX_PURPOSE, missing=missing)
        with part():
            contracts = _chosen(organisation, numbers, registry_numbers)
    row = ConversionCertificate(
        person_id=by.id, organisation_id=organisation.id, purpose=purpose
    )
    for contract in contracts:
        # Copied: the achievement may be changed before the organisation looks at the request.
        share = queries.part_in(contract, by.name)
        row.lines.append(CertificateLine(contract_id=contract.id, part=share))
    db.session.add(row)
    waits = NotNow("您在这个单位有一份申请还没有确认。", "请等单位确认，或先取消它。")
    duplicates = {"uq_conversion_certificate_open": waits}
    with persistence.refusals(duplicates=duplicates):
        db.session.flush()
    row.life.born(row, by=by)
    announcements.announce_request(row)
    persistence.commit(duplicates=duplicates)
    return row


def cancel_request(row: ConversionCertificate, *, by: Reader, seen: int) -> None:
    """取消申请, before it is decided. Raises NotAllowed, NotNow, Stale."""
    require(by, "certificate.cancel", row)
    _begin(row, "cancel", by, seen)
    _decide(row, "cancel", by)
    persistence.commit(stale=CHANGED)


def issue_certificate(row: ConversionCertificate, *, by: Reader, seen: int) -> None:
    """确认并签发: the sums are those of the ledger at this moment, all corrections taken in.

    Raises:
        NotAllowed: the holder themselves.
        NotNow: it was decided, or a contract is no longer registered.
        Stale: somebody changed it.
    """
    require(by, "certificate.confirm", row)
    _begin(row, "issue", by, seen)
    for line in row.lines:
        # Between request and issue a registration may have been cancelled.
        if line.contract.state != "registered":
            raise NotNow(
                f"合同{in_quotes(line.contract.title)}现在是「{line.contract.state_name}」，不能再写进证明。",
                "请不确认这份申请，让申请人重新申请。",
            )
        for name, fen in line.contract.registered_sums.items():
            # Copied, to be compared with the ledger at each verification (128).
            setattr(line, name, fen)
    # A query flushes what is only half changed, and the table refuses that.
    with db.session.no_autoflush:
        row.issued_on = today()
        row.content = content_of(row)
        # Only now: a request has nothing that anybody could verify.
        row.code = new_code()
        row.code_hash = queries.hash_of(row.code)
        _decide(row, "issue", by)
    announcements.announce_decision(row)
    persistence.commit(stale=CHANGED)


def decline_certificate(
    row: ConversionCertificate, reason: str, *, by: Reader, seen: int
) -> None:
    """不确认, with the reason, which the holder reads. Raises NotAllowed, NotNow, Stale, Invalid."""
    require(by, "certificate.confirm", row)
    _begin(row, "decline", by, seen)
    row.reason = checked_text("reason", reason, MAX_REASON, missing=REASON_MISSING)
    _decide(row, "decline", by)
    announcements.announce_decision(row)
    persistence.commit(stale=CHANGED)


def withdraw_certificate(
    row: ConversionCertificate, reason: str, *, by: Reader, seen: int
) -> None:
    """撤回: verifying it says from now on that it was withdrawn. Raises NotAllowed, NotNow, Stale, Invalid."""
    require(by, "certificate.withdraw", row)
    _begin(row, "withdraw", by, seen)
    row.reason = checked_text("reason", reason, MAX_REASON, missing=REASON_MISSING)
    _decide(row, "withdraw", by)
    if reader_id(by) != row.person_id:
        announcements.announce_decision(row)
    persistence.commit(stale=CHANGED)


def forget_person(person_id: int) -> None:
    """An account was closed: its request ends, what was issued is withdrawn, and its name goes (no commit)."""
    for row in queries.of_person(person_id):
        # The purpose, too: what people write there may name them.
        row.purpose, row.content = CLOSED, ""
        row.pdf = row.sha256 = None
        # The code stays and answers 已撤回: papers that are out must not look forged.
        deed = {"requested": "cancel", "issued": "withdraw"}.get(row.state)
        if deed is not None:
            row.reason = CLOSED
            _decide(row, deed, None)


def content_of(row: ConversionCertificate) -> str:
    """What is printed of a certificate, as canonical JSON: the same values, the same text."""
    rows = []
    for line in row.lines:
        contract = line.contract
        rows.append(
            {
                "registry_no": contract.registry_no,
                "registered_on": str(contract.registered_on),
                "title": contract.title,
                "type": CONTRACT_TYPES[contract.contract_type],
                "part": line.part or "参加人（由单位确认）",
                **line.sums,
            }
        )
    content = {
        "number": row.number,
        "name": row.person.name,
        "organisation": row.organisation.name,
        "purpose": row.purpose,
        "issued_on": str(row.issued_on),
        "rows": rows,
        "count": len(rows),
        **queries.sums_of(row),
    }
    return canonical(content)


def new_code() -> str:
    """80 random bits as 16 letters and figures."""
    # Ten bytes are sixteen letters of base32 without any padding.
    return base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode()


def _chosen(
    organisation: Organisation, numbers: Iterable[int], registry_numbers: str
) -> list[TechContract]:
    """The contracts that were chosen and typed, each once. Raises Invalid."""
    # One more than are allowed, to see that there are too many; a form cannot make us look up thousands.
    wanted = list(dict.fromkeys(numbers))[: MAX_LINES + 1]
    contracts = {one.id: one for one in queries.registered_of(organisation.id, wanted)}
    # Left out silently, the holder would miss it on the paper only.
    if len(contracts) < len(wanted):
        raise _wrong(
            "contracts", "选中的合同里有的登记已经撤销，请重新打开这一页再选。"
        )
    typed = registry_numbers.replace("，", " ").replace(",", " ").replace("、", " ")
    for number in typed.split()[: MAX_LINES + 1]:
        found = None
        if REGISTRY_NO.fullmatch(number):
            # Of this seller only: of others' numbers nobody learns here whether they are registered.
            found = queries.registered_by_number(number, organisation.id)
        if found is None:
            message = f"本单位没有登记编号为 {number[:30]} 的合同，照登记证明填写。"
            raise _wrong("registry_numbers", message)
        contracts[found.id] = found
    if not contracts:
        raise _wrong("contracts", "至少选一份合同，或填一个登记编号。")
    if len(contracts) > MAX_LINES:
        raise _wrong("contracts", f"一份证明最多列 {MAX_LINES} 份合同。")
    return list(contracts.values())


def _begin(row: ConversionCertificate, deed: str, by: Reader, seen: int) -> None:
    # The row is not held: of two at once its version refuses the second when `_decide` writes it.
    row.life.permits(row, deed, by)
    if row.revision != seen:
        raise CHANGED


def _decide(row: ConversionCertificate, deed: str, by: Reader | None) -> None:
    row.decided_at = now()
    row.decided_by_id = reader_id(by)
    row.life.move(row, deed, by=by, note=row.reason)
    # Written here and not at the commit: the second of two must not get as far as notifying anybody.
    with persistence.refusals(stale=CHANGED):
        db.session.flush()


def _wrong(box: str, message: str) -> Invalid:
    return Invalid(message, problems={box: [message]})
