"""What is read of verifications: questions of operators, what was supplied, and its files."""

from __future__ import annotations

from dataclasses import dataclass

from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.files.models import ThingFile
from marketplace.lifecycle import History
from marketplace.organisations.models import Organisation
from marketplace.organisations.queries import get_organisation
from marketplace.permissions import Reader, may, reader_id
from marketplace.persistence import find_row
from marketplace.profiles.models import BrokerProfile

# Kinds of the things that a file belongs to; their numbers are those of rows of History.
ANSWER = "organisation_answer"
CERTIFICATE = "broker_certificate"
NO_FILE = ("没有找到这个文件。", "请从核验材料或证书资料的页面里打开。")
# Deeds of an organisation that this room shows.
TURNS = ("ask", "answer", "verify", "suspend", "resume")


@dataclass(frozen=True)
class Turn:
    """A question, an answer with its files, the verification, or a suspension and its end.

    Attributes:
        event: the row of History.
        files: of an answer, those that came with it.
    """

    event: History
    files: list[ThingFile]

    @property
    def by_organisation(self) -> bool:
        """Whether the organisation's own people did it; else an operator."""
        return self.event.deed == "answer"


def get_readable(organisation_id: int, *, by: Reader) -> Organisation:
    """An organisation whose verification this reader may follow. Raises NotFound."""
    row = get_organisation(organisation_id)
    if not may(by, "verification.read", row):
        raise NotFound("没有找到这个单位。", "请从「我的单位」进入。")
    return row


def turns_of(organisation: Organisation) -> list[Turn]:
    """What was asked and supplied, newest first."""
    query = (
        db.select(History)
        .where(
            History.kind == "organisation",
            History.thing_id == organisation.id,
            History.deed.in_(TURNS),
        )
        .order_by(History.id.desc())
    )
    turns = []
    for event in db.session.scalars(query):
        turns.append(Turn(event, _files_of(event)))
    # An organisation that was verified at once has nothing to show.
    if all(one.event.deed in ("verify", "resume") for one in turns):
        return []
    return turns


def _files_of(event: History) -> list[ThingFile]:
    """The files of an answer, also those whose content is gone."""
    if event.deed != "answer":
        return []
    query = db.select(ThingFile).filter_by(thing_kind=ANSWER, thing_id=event.id)
    return list(db.session.scalars(query.order_by(ThingFile.id)))


def last_question(organisation: Organisation) -> History | None:
    """What an operator asked last, or why one suspended it."""
    query = (
        db.select(History)
        .filter_by(kind="organisation", thing_id=organisation.id)
        .where(History.deed.in_(("ask", "suspend")))
        .order_by(History.id.desc())
        .limit(1)
    )
    event: History | None = db.session.scalar(query)
    return event


def supplied_by(person_id: int) -> list[ThingFile]:
    """The files that somebody has supplied, removed or not."""
    query = db.select(ThingFile).where(
        ThingFile.thing_kind.in_((ANSWER, CERTIFICATE)), ThingFile.by_id == person_id
    )
    return list(db.session.scalars(query.order_by(ThingFile.id)))


def certificate_files(person_id: int) -> list[ThingFile]:
    """The files of somebody's certificates, newest first, also those whose content is gone."""
    query = db.select(ThingFile).filter_by(thing_kind=CERTIFICATE, by_id=person_id)
    return list(db.session.scalars(query.order_by(ThingFile.id.desc())))


def get_file(file_id: int, *, by: Reader) -> ThingFile:
    """A file that this reader may have now. Raises NotFound: also while it waits for the scanner."""
    row = find_row(ThingFile, file_id)
    if row is None or row.file is None or not _may_have(row, by):
        raise NotFound(*NO_FILE)
    if row.is_held:
        raise NotFound("这个文件还没有查毒，现在打不开。", "请过一会儿再试。")
    return row


def _may_have(row: ThingFile, by: Reader) -> bool:
    """Whether a file is one of this room that this reader may have."""
    if row.thing_kind not in (ANSWER, CERTIFICATE):
        return False
    supplied = find_row(History, row.thing_id)
    assert supplied is not None  # noqa: S101  rows of History are never removed
    if row.thing_kind == ANSWER:
        return may(by, "verification.read", get_organisation(supplied.thing_id))
    profile = find_row(BrokerProfile, supplied.thing_id)
    # Without one its holder has closed the account.
    return profile is not None and (
        reader_id(by) == profile.person_id or may(by, "broker.check", profile)
    )
