"""What is read of packs: those a firm granted, those an institution may see today, and who looked at one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import joinedload

from marketplace.audit.models import Entry
from marketplace.clock import today
from marketplace.errors import NotAllowed, NotFound
from marketplace.extensions import db
from marketplace.files.models import Attachment
from marketplace.finance.disclosure import acting_ids
from marketplace.finance.models import FinanceProduct, FirmPack
from marketplace.organisations.models import Organisation
from marketplace.permissions import Reader, may
from marketplace.persistence import find_row

LOOKED = "finance.read_pack"
NOT_FOUND = (
    "没有找到这份资料包。",
    "企业可以从「我的」进入，机构从「收到的资料包」进入。",
)
MAX_LOOKS = 200


@dataclass(frozen=True)
class Look:
    """One look of the institution.

    Attributes:
        at: moment in UTC.
        what: what was opened, in words.
    """

    at: datetime
    what: str


def firms_of(person: Reader) -> list[Organisation]:
    """The verified organisations for which somebody may grant a pack, by name: no financial institution asks itself."""
    query = db.select(Organisation).where(
        Organisation.id.in_(acting_ids(person)), Organisation.kind != "financial"
    )
    return list(db.session.scalars(query.order_by(Organisation.name)))


def get_pack(number: int, *, by: Reader) -> FirmPack:
    """A pack that this reader may see now.

    Raises:
        NotFound: there is none, or it is of two others.
        NotAllowed: it was granted to their institution, and is withdrawn or over.
    """
    pack = find_row(FirmPack, number)
    if pack is None:
        raise NotFound(*NOT_FOUND)
    # First: who acts for both sides sees it as the firm, whose looks are not recorded.
    if may(by, "finance.grant", pack):
        return pack
    # Not found rather than not allowed: nobody else learns that these two deal with each other.
    if not may(by, "finance.read_pack", pack):
        raise NotFound(*NOT_FOUND)
    if not pack.is_open:
        raise NotAllowed(
            f"这份资料包{pack.state_name}，不能再查看。", "确有需要的，请企业重新提供。"
        )
    return pack


def is_received(pack: FirmPack, reader: Reader) -> bool:
    """Whether a reader sees a pack as its institution, so that the look is recorded."""
    return not may(reader, "finance.grant", pack)


def granted_to(organisation_id: int, institution_id: int) -> FirmPack | None:
    """The pack of a firm that an institution may see today; None where there is none."""
    query = db.select(FirmPack).where(
        FirmPack.organisation_id == organisation_id,
        FirmPack.institution_id == institution_id,
        FirmPack.state == "granted",
        FirmPack.until >= today(),
    )
    # At most one, by a unique index.
    found: FirmPack | None = db.session.scalar(query)
    return found


def granted_by(person: Reader) -> list[FirmPack]:
    """The packs that a person's firms have granted, newest first, whatever became of them."""
    query = (
        db.select(FirmPack)
        .where(FirmPack.organisation_id.in_([one.id for one in firms_of(person)]))
        .options(joinedload(FirmPack.institution))
    )
    return list(db.session.scalars(query.order_by(FirmPack.id.desc())))


def consented_by(person: Reader) -> list[FirmPack]:
    """The packs to which a person has consented in the name of a firm, oldest first."""
    query = (
        db.select(FirmPack)
        .filter_by(consented_by_id=person.id)
        .options(joinedload(FirmPack.institution))
    )
    return list(db.session.scalars(query.order_by(FirmPack.id)))


def received_by(person: Reader) -> list[FirmPack]:
    """The packs that a person's institutions may see today, the first to end first; no other leaves a trace here."""
    query = (
        db.select(FirmPack)
        .where(
            FirmPack.institution_id.in_(acting_ids(person)),
            FirmPack.state == "granted",
            # By the day, not by the state: the job ends it some minutes after midnight.
            FirmPack.until >= today(),
        )
        # Named in each line of the list: without this two statements more for each pack.
        .options(joinedload(FirmPack.organisation), joinedload(FirmPack.product))
    )
    return list(db.session.scalars(query.order_by(FirmPack.until, FirmPack.id)))


def looks_at(pack: FirmPack) -> list[Look]:
    """Each time the institution looked, newest first, as the audit has it; of people nothing."""
    query = (
        db.select(Entry)
        .where(
            Entry.deed.in_((LOOKED, f"{LOOKED}_file", f"{LOOKED}_copy")),
            Entry.kind == FirmPack.kind,
            Entry.thing == str(pack.id),
        )
        .order_by(Entry.position.desc())
        .limit(MAX_LOOKS)
    )
    words = {
        LOOKED: "看了资料包",
        f"{LOOKED}_file": "下载了文件",
        f"{LOOKED}_copy": "下载了资料包",
    }
    looks = []
    for entry in db.session.scalars(query):
        # Moments are without a zone everywhere in the house; the audit writes UTC as Z.
        at = datetime.fromisoformat(entry.at.rstrip("Z"))
        looks.append(Look(at, words[entry.deed]))
    return looks


def file_of(pack: FirmPack, attachment_id: int) -> Attachment:
    """A file of a pack, as long as its firm has the same content still. Raises NotFound."""
    hashes = {
        one["attachment_id"]: one["sha256"]
        for one in pack.content["items"]
        if "attachment_id" in one
    }
    attachment = None
    if attachment_id in hashes:
        attachment = find_row(Attachment, attachment_id)
    if attachment is None or attachment.file is None or attachment.is_held:
        raise NotFound(
            "这份资料包里没有这个文件，或者企业已经移除了它。", "可以请企业重新提供。"
        )
    # The consent was to that content: what replaced it was never ticked (133).
    if attachment.file.sha256 != hashes[attachment_id]:
        raise NotFound(
            "企业换过这个文件，现在的不是当时提供的。", "可以请企业重新提供。"
        )
    return attachment


def find_product(number: int | None) -> FinanceProduct | None:
    """A listed product that an address names; None where it names none."""
    row = find_row(FinanceProduct, number) if number else None
    # One that has ended since is no reason to refuse a pack: it is granted for none in particular.
    if row is None or row.state != "listed":
        return None
    return row
