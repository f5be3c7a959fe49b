"""The rows of the long form of the fuzz: readers and things that the demonstration does not have, and their numbers."""

from __future__ import annotations

from typing import Any

from marketplace.accounts.models import Person
from marketplace.alerts.models import SavedSearch
from marketplace.brokerage.child_models import Attribution, AttributionDispute
from marketplace.brokerage.models import BrokerageCase
from marketplace.certificates.models import ConversionCertificate
from marketplace.clock import now, today
from marketplace.complaints.deeds import file_complaint
from marketplace.complaints.models import Complaint
from marketplace.complaints.subjects import subject_at
from marketplace.contracts.models import TechContract
from marketplace.deals.child_models import DealObjection, DealPublicity
from marketplace.deals.models import Deal
from marketplace.diagnosis.deeds import take_demand
from marketplace.diagnosis.models import DiagnosisCase
from marketplace.duplicates.models import ListingPair
from marketplace.envelopes.child_models import CohortMember, TrainingCohort
from marketplace.envelopes.models import ClaimPaper, Envelope, FundClaim
from marketplace.evidence.models import EvidencePack
from marketplace.extensions import Model, db
from marketplace.files.access_deeds import request_access
from marketplace.files.models import Attachment, FileAccess, ThingFile
from marketplace.finance.investor_models import InvestorRequest
from marketplace.finance.loan_models import FiledLoan
from marketplace.finance.models import FinanceProduct, FirmPack, ProductVersion
from marketplace.imports.models import ListImport
from marketplace.introductions.deeds import accept_introduction, request_introduction
from marketplace.introductions.models import Introduction
from marketplace.introductions.queries import Name
from marketplace.issues.models import Issue, IssueProof
from marketplace.listings.models import LISTINGS
from marketplace.mediation.deeds import request_broker
from marketplace.mediation.models import BrokerRequest
from marketplace.memberships import deeds as membership_deeds
from marketplace.memberships.models import Invitation, JoinRequest
from marketplace.notices.models import Notice
from marketplace.organisations import deeds as organisation_deeds
from marketplace.organisations.models import Organisation, OrganisationMerge
from marketplace.policies.models import PolicyEstimate
from marketplace.proceeds.models import (
    Distribution,
    InventorShare,
    Milestone,
    Receipt,
)
from marketplace.rights.deeds import ask_co_owner
from marketplace.rights.models import CoOwnerConsent
from marketplace.statuses.models import OrganisationStatus
from marketplace.stories.models import Story
from marketplace.verdicts.models import GradeModel
from marketplace.wordlists.models import KINDS
from tests.factories import Factory
from tests.marketplace.files.samples import attach

# Argument of a route → the tables whose numbers it takes.
NUMBERED: dict[str, tuple[type[Model], ...]] = {
    "access_id": (FileAccess,),
    "attachment_id": (Attachment,),
    "attribution_id": (Attribution,),
    "case_id": (BrokerageCase, DiagnosisCase),
    "certificate_id": (ConversionCertificate,),
    "claim_id": (FundClaim,),
    "cohort_id": (TrainingCohort,),
    "complaint_id": (Complaint,),
    "consent_id": (CoOwnerConsent,),
    "contract_id": (TechContract,),
    "deal_id": (Deal,),
    "dispute_id": (AttributionDispute,),
    "distribution_id": (Distribution,),
    "envelope_id": (Envelope,),
    "estimate_id": (PolicyEstimate,),
    "evidence_id": (EvidencePack,),
    "file_id": (ThingFile,),
    "import_id": (ListImport,),
    "interest_id": (InvestorRequest,),
    "introduction_id": (Introduction,),
    "invitation_id": (Invitation,),
    "issue_id": (Issue,),
    "loan_id": (FiledLoan,),
    "member_id": (CohortMember,),
    "merge_id": (OrganisationMerge,),
    "milestone_id": (Milestone,),
    "model_id": (GradeModel,),
    "notice_id": (Notice,),
    "objection_id": (DealObjection,),
    "organisation_id": (Organisation,),
    "pack_id": (FirmPack,),
    "pair_id": (ListingPair,),
    "paper_id": (ClaimPaper,),
    "person_id": (Person,),
    "product_id": (FinanceProduct,),
    "proof_id": (IssueProof,),
    "publicity_id": (DealPublicity,),
    "receipt_id": (Receipt,),
    "request_id": (JoinRequest, BrokerRequest),
    "search_id": (SavedSearch,),
    "share_id": (InventorShare,),
    "status_id": (OrganisationStatus,),
    "story_id": (Story,),
    "version_id": (ProductVersion,),
}
# Of these readers have many, and the newest are those of the fuzz.
LISTED = 12


def make_readers(make: Factory) -> None:
    """The readers of the permission matrix whom the demonstration does not have, and something in every room."""
    firm = make.organisation()
    university = make.organisation(kind="university")
    stopped, sleeping = make.organisation(), make.organisation()
    kept = make.organisation(verified=False)
    make.person("firm")  # without an organisation
    make.person("firm", make.organisation(verified=False), administers=True)
    chief = make.person("firm", firm, administers=True)
    make.person("firm", firm)
    make.person("researcher", university)
    make.person("firm", firm, stopped, administers=True)
    make.person("firm", sleeping, administers=True)
    broker = make.broker(firm)
    membership_deeds.ask_to_join(firm, by=make.person("firm"))
    membership_deeds.invite_person(firm, "new@demo.example", place="member", by=None)
    for row in (stopped, sleeping):
        make.demand(owner=row)
        organisation_deeds.suspend_organisation(row, note="有投诉", by=None)
    organisation_deeds.merge_organisations(
        make.organisation(verified=False), kept, by=None
    )
    draft = make.demand(owner=firm, state="draft")
    take_demand(draft, reason="目标没有数字", by=make.person("operator"))
    make_requests(make, firm, university, chief, broker)


def make_requests(
    make: Factory,
    firm: Organisation,
    university: Organisation,
    chief: Person,
    broker: Person,
) -> None:
    """What two sides and those between them ask of each other; deals, cases and contracts are in the demonstration."""
    desk = make.person("desk", university)
    wanted, other = make.demand(owner=firm), make.demand(owner=firm)
    request_broker(wanted, broker.id, note="请先看看", by=chief)
    request_broker(other, None, note="", by=chief)
    papers = [attach(wanted), attach(wanted, visibility="request", name="图纸.pdf")]
    for paper in papers:
        paper.approved_at = now()
    request_access(papers[1], reason="评估产线", organisation_id=None, by=desk)
    file_complaint(
        subject_at(f"/demands/{wanted.id}"),
        nonce="fuzz",
        reason="rights",
        text="专利权属于别人，有判决书为证。",
        by=desk,
    )
    pair = ListingPair(
        listing_kind="demand", one_id=wanted.id, other_id=other.id, score=0.7
    )
    db.session.add(pair)
    shared = make.achievement(state="draft", owner=university)
    ask_co_owner(shared, named=firm.name, email="zhang@partner.example", by=desk)
    for is_accepted in (False, True):
        asked = request_introduction(
            make.achievement(owner=university),
            Name("", firm.name, firm.id),
            message="想谈中试。",
            agrees=True,
            opens_firm=False,
            by=chief,
        )
        if is_accepted:
            accept_introduction(
                asked, agrees=True, opens_firm=True, by=desk, seen=asked.revision
            )
    db.session.commit()


def ids_of(table: type[Model]) -> list[int]:
    """Numbers of the newest rows of a table, and one that it does not have."""
    number = table.__table__.c.id
    return [*db.session.scalars(db.select(number).order_by(number.desc()).limit(8)), 1]


def known_values() -> dict[str, list[Any]]:
    """Argument of a route → values that lead somewhere."""
    codes = db.select(Organisation.uscc).where(Organisation.uscc.isnot(None))
    known: dict[str, list[Any]] = {
        "kind": list(LISTINGS),
        "code": ["bearing"],
        "filename": ["site.css"],
        "number": [1, 2, 3, 2026],
        "size": [1, 3],
        "year": [today().year],
        "format": ["pdf", "xlsx", "json"],
        "word_list": list(KINDS),
        "key": ["publicity.days", "tax.vat"],
        "clause_code": ["P-19b", "P-8b", "Q-1"],
        "deed": ["hold", "uphold", "dismiss", "confirm", "overturn"],
        "choice": ["give", "withdraw"],
        "role": ["operator", "auditor"],
        "uscc": list(db.session.scalars(codes)),
    }
    for name, tables in NUMBERED.items():
        known[name] = []
        for table in tables:
            known[name] += ids_of(table)
    for table in LISTINGS.values():
        newest = db.select(table.id).order_by(table.id.desc()).limit(LISTED)
        ids = list(db.session.scalars(newest))
        known.setdefault("listing_id", []).extend(ids)
        known.setdefault("other_id", []).extend(ids)
    known["demand_id"] = known["listing_id"][-LISTED:]
    return known
