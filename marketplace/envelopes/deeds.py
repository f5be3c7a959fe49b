"""What claimants do: beginning a claim, its papers, handing it in, withdrawing it. Commits.

What it comes to is in `assessing.py`, what operators decide in `review_deeds.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from marketplace import persistence
from marketplace.clock import now
from marketplace.envelopes import announcements, assessing, queries
from marketplace.envelopes.assessing import Assessment
from marketplace.envelopes.child_models import TrainingCohort
from marketplace.envelopes.life import OPEN_TO_CLAIMANT, RESERVED
from marketplace.envelopes.models import ClaimLine, ClaimPaper, Envelope, FundClaim
from marketplace.envelopes.writing import CHANGED, hold_claim, hold_envelope, move_money
from marketplace.errors import Busy, Invalid, NotNow
from marketplace.extensions import db
from marketplace.files import storage
from marketplace.files.deeds import Taken, free_name, stored_file
from marketplace.files.scanning import HELD
from marketplace.organisations.models import Organisation
from marketplace.permissions import Reader, reader_id, require
from marketplace.policies.models import PolicyEstimate
from marketplace.typed_texts import checked_text

MAX_PAPERS = 30
MAX_SUBJECT = 200
CLAIMED = NotNow(
    "其中有一项刚被申领，同一项只能申领一次。",
    "请重新打开这一页，按现在还可以申领的提交。",
)
DUPLICATES = {
    "uq_fund_claim_line_base": CLAIMED,
    "uq_fund_claim_line_once": CLAIMED,
}


def begin_claim(
    envelope: Envelope,
    code: str,
    *,
    organisation: Organisation | None = None,
    estimate: PolicyEstimate | None = None,
    figures: Mapping[str, str] | None = None,
    cohort: TrainingCohort | None = None,
    subject: str = "",
    by: Reader,
) -> FundClaim:
    """开始申领: a draft with what it comes to today; nothing is reserved yet.

    Args:
        envelope: from which money is claimed.
        code: of the clause.
        organisation: who claims; None: the acting person claims for a certificate of their own.
        estimate: where the figures come from, if from one.
        figures: field → text, where they do not.
        cohort: whose certificates are claimed for.
        subject: for which project, where the clause pays for each.
        by: somebody of the organisation.

    Raises:
        NotAllowed.
        NotNow: nothing can be claimed; the message says why.
        Invalid: a figure cannot be read, the subject is missing, or the estimate or cohort is of somebody else.
    """
    own_person = reader_id(by) if organisation is None else None
    row = FundClaim(
        envelope=envelope,
        clause_code=code,
        organisation=organisation,
        organisation_id=organisation.id if organisation is not None else None,
        person_id=own_person,
        by_id=reader_id(by),
        estimate=estimate,
        cohort=cohort,
        subject=checked_text("subject", subject, MAX_SUBJECT),
        figures=dict(figures if figures is not None else _figures_of(estimate)),
        state="draft",
    )
    if own_person is not None:
        # Assessed before it is stored, and the certificate is looked up by its person.
        row.person = by  # type: ignore[assignment]
    # What the assessment reads must not write the half-made row first: its sum is not known yet.
    with db.session.no_autoflush:
        require(by, "claim.write", row)
        _require_own(row)
        _require_verified(row, by)
        # Before its members are read: nobody may remove one of them until this is stored.
        _hold_cohort(row)
        assessing.check_envelope(envelope, code)
        assessment = assessing.assess(row)
    _store(row, assessment)
    db.session.add(row)
    db.session.flush()
    row.life.born(row, by=by)
    persistence.commit()
    return row


def add_paper(row: FundClaim, taken: Taken, use: str, *, by: Reader) -> ClaimPaper:
    """交材料: a file for one of the papers that the clause wants.

    Args:
        row: the claim, a draft or sent back.
        taken: what `files.deeds.look_at` gave.
        use: which of the papers it is.
        by: somebody of the claimant.

    Raises:
        NotAllowed, NotNow.
        Invalid: no such paper, it is there already, or there are too many.
        Busy: the scanner does not answer.
        CannotSave: the disk is full.
    """
    require(by, "claim.write", row)
    persistence.hold_row(row)
    _require_open(row)
    if use not in row.content["papers"]:
        raise wrong("use", "选这是哪一份材料。")
    # Operators open it: what was not looked at for viruses is not stored at all.
    if taken.scan == HELD:
        raise Busy("查毒程序现在没有答复，文件没有存上。", "请过几分钟再传一次。")
    present = row.present_papers
    if len(present) >= MAX_PAPERS:
        raise wrong("file", f"一笔申领最多 {MAX_PAPERS} 个文件，请合成一份 PDF。")
    stored = stored_file(taken)
    # By its content: the same file under another name is the same paper.
    if any(one.file_id == stored.id for one in present):
        raise wrong("file", "这个文件已经交过。")
    paper = ClaimPaper(
        claim=row,
        file=stored,
        name=free_name(taken.name, {one.name for one in present}),
        use=use,
        by_id=reader_id(by),
    )
    db.session.add(paper)
    row.changed_at = now()
    twice = NotNow("这个文件已经交过。", "不用再传。")
    with persistence.refusals(duplicates={"uq_fund_claim_paper_content": twice}):
        db.session.flush()
    # After the flush and before the commit: a row without content would be worse than content without a row.
    storage.take_in(taken.incoming)
    persistence.commit(stale=CHANGED)
    return paper


def remove_paper(paper: ClaimPaper, *, by: Reader) -> None:
    """删除材料: its row stays without content. Raises NotAllowed, NotNow, Stale."""
    row = paper.claim
    require(by, "claim.write", row)
    persistence.hold_row(row)
    _require_open(row)
    if paper.removed_at is not None:
        raise NotNow("这份材料已经删除。", "")
    # The content goes with its last row; what it was and when it was removed stays.
    paper.file = None
    paper.removed_at = now()
    row.changed_at = now()
    persistence.commit(stale=CHANGED)


def submit_claim(row: FundClaim, *, by: Reader, seen: int) -> None:
    """提交申领: it is computed again, and its sum is reserved.

    Raises:
        NotAllowed, Stale.
        Invalid: a figure cannot be read any more, or the estimate or cohort is of somebody else.
        NotNow: papers are missing, something of it was claimed for already, or too little money is left.
    """
    require(by, "claim.write", row)
    hold_claim(row, seen)
    row.life.permits(row, "submit", by)
    _require_own(row)
    _require_verified(row, by)
    if row.lacking_papers:
        lacking = "、".join(row.lacking_papers)
        raise NotNow(f"还缺材料：{lacking}。", "先上传，再提交。")
    # What was sent back has money already: it is handed in again even where the envelope has closed.
    was_reserved = row.requested_fen if row.state in RESERVED else 0
    if not was_reserved:
        assessing.check_envelope(row.envelope, row.clause_code)
    _hold_cohort(row)
    # Computed again: contracts, rules and what others claimed may have changed since the draft.
    _store(row, assessing.assess(row))
    if was_reserved:
        # First free, then reserved: the other way round the last claim of an envelope would not fit twice.
        move_money(row.envelope, "release", was_reserved, by=by, claim=row)
    move_money(row.envelope, "reserve", row.requested_fen, by=by, claim=row)
    for line in row.lines:
        # From here on the unique indexes refuse the same thing to anybody else.
        line.standing = True
    row.submitted_at = now()
    row.answer_by = None
    _move(row, "submit", by=by)
    persistence.commit(stale=CHANGED, duplicates=DUPLICATES)


def withdraw_claim(row: FundClaim, *, by: Reader, seen: int) -> None:
    """撤回申领: what was reserved for it is free again. Raises NotAllowed, NotNow, Stale."""
    require(by, "claim.write", row)
    hold_claim(row, seen)
    row.life.permits(row, "withdraw", by)
    let_go(row, by=by)
    _move(row, "withdraw", by=by)
    persistence.commit(stale=CHANGED)


def lapse_unanswered(day: date) -> int:
    """Free what is reserved for claims that nobody handed in again in time.

    Args:
        day: today.

    Returns:
        number of claims.
    """
    count = 0
    for number in queries.unanswered_ids(day):
        # One transaction a claim: a kill in between loses none that was let go, and nobody waits for the whole list.
        persistence.begin_write()
        row = db.session.get_one(FundClaim, number)
        hold_envelope(row.envelope)
        persistence.hold_row(row)
        # Handed in at this very moment.
        if row.state != "returned" or row.answer_by is None or row.answer_by >= day:
            continue
        let_go(row, by=None)
        _move(row, "lapse", by=None)
        announcements.announce_lapse(row)
        persistence.commit()
        count += 1
    db.session.rollback()
    return count


def let_go(row: FundClaim, *, by: Reader | None) -> None:
    """Free what a claim has reserved, and what it is for (no commit)."""
    if row.state in RESERVED:
        # What is still reserved: of an approval for less the rest is free already.
        move_money(row.envelope, "release", row.granted_fen, by=by, claim=row)
    for line in row.lines:
        line.standing = False
    row.changed_at = now()


def _store(row: FundClaim, assessment: Assessment) -> None:
    """Put what a claim comes to into its row and lines."""
    row.requested_fen = assessment.amount_fen
    row.figures = assessment.figures
    row.content = assessment.content
    row.lines = [
        ClaimLine(
            clause_code=row.clause_code,
            subject_key=one.subject_key,
            base_key=one.base_key,
            once_key=one.once_key,
            label=one.label,
            member_id=one.member_id,
        )
        for one in assessment.bases
    ]
    # Those of before are gone before new ones stand for the same.
    if row.id is not None:
        db.session.flush()


def _figures_of(estimate: PolicyEstimate | None) -> Mapping[str, str]:
    if estimate is None:
        return {}
    figures: Mapping[str, str] | None = estimate.content.get("figures")
    if figures is None:
        raise NotNow("这份测算存得早，没有记下填的数。", "请再测算一次，存下以后申领。")
    return figures


def _require_own(row: FundClaim) -> None:
    """Refuse the estimate or the cohort of another organisation, which operators and members of both may read."""
    for given in (row.estimate, row.cohort):
        # The number, not the row: a person has none, and claims nothing in the place of their organisation.
        if given is not None and given.organisation_id != row.organisation_id:
            name = given.organisation.name
            raise wrong("organisation", f"这是「{name}」的，只能由这个单位申领。")


def _require_verified(row: FundClaim, by: Reader) -> None:
    number = row.organisation_id
    if number is not None and number not in by.verified_ids:
        raise NotNow("单位核验以后才能申领。", "单位管理员可以在单位页提交核验。")


def _require_open(row: FundClaim) -> None:
    if row.state not in OPEN_TO_CLAIMANT:
        raise NotNow(f"现在是「{row.state_name}」，材料不能再改。", "")


def _hold_cohort(row: FundClaim) -> None:
    """Let nobody remove somebody of a cohort whose certificate is claimed for at this moment.

    Its envelope is held first, as where a claim is handed in: of two orders each could wait for the other.
    """
    if row.cohort is not None:
        hold_envelope(row.envelope)
        persistence.hold_row(row.cohort)


def _move(row: FundClaim, deed: str, *, by: Reader | None) -> None:
    row.changed_at = now()
    row.life.move(row, deed, by=by)


def wrong(name: str, problem: str) -> Invalid:
    """What is wrong in one box."""
    return Invalid(problem, problems={name: [problem]})
