"""For what somebody claims by one clause, and how much that comes to: computed again whenever a claim is handed in.

Nothing is stored here; what may not be claimed is raised with what to do instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from marketplace import contributions
from marketplace.clock import today
from marketplace.envelopes import queries
from marketplace.envelopes.child_models import TrainingCohort, certificate_key
from marketplace.envelopes.models import Envelope, FundClaim
from marketplace.errors import Invalid, NotNow
from marketplace.parsing.exact_sums import FEN_OF_WAN
from marketplace.parsing.text import folded_name
from marketplace.policies import queries as policy_queries
from marketplace.policies.asking import is_capped_each
from marketplace.policies.content import Clause, Figure, RegisteredContract, plain
from marketplace.policies.estimating import CONTRACTS, outcome_of, trace_words
from marketplace.policies.evaluating import Verdict, evaluate_clause
from marketplace.policies.typed_figures import as_typed, read_figures, require_sound
from marketplace.profiles.models import LEVELS
from marketplace.profiles.queries import own_broker
from marketplace.rules.queries import value_on
from marketplace.wording import in_quotes, yuan

PAYEE = "training.payee"
TRAINED = "trained"


@dataclass(frozen=True)
class Base:
    """One thing that is claimed for.

    Attributes:
        subject_key: whose it is; base_key: what it is. The same two are claimed for once by one clause.
        once_key: of what nobody else may claim for either; None where nobody could.
        label: in words.
        member_id: of a cohort; None for everything else.
    """

    subject_key: str
    base_key: str
    label: str
    once_key: str | None = None
    member_id: int | None = None


@dataclass(frozen=True)
class Assessment:
    """What a claim comes to.

    Attributes:
        amount_fen: 分, more than 0.
        bases: what it is for.
        figures: field → text, as a form sends it.
        content: clause, source, computation and papers in words.
    """

    amount_fen: int
    bases: tuple[Base, ...]
    figures: dict[str, str]
    content: dict[str, Any]


def clause_of(code: str) -> Clause:
    """The clause by which is claimed today. Raises NotNow: it gives nobody anything today."""
    clause = policy_queries.clause_on(code, today())
    # A draft may be read about and is never paid by (reference: S001 is a draft).
    if clause is None or clause.in_force != "active":
        raise NotNow("这条政策今天没有有效的版本，不能申领。", "可以在「政策库」里看。")
    return clause


def assess(claim: FundClaim) -> Assessment:
    """What a claim is for and how much it comes to, today.

    Args:
        claim: with its envelope, clause, claimant, figures and, where it has one, its cohort or subject.

    Raises:
        NotNow: nothing can be claimed; the message says why.
        Invalid: a figure cannot be read, or the subject is missing.
    """
    clause = clause_of(claim.clause_code)
    # First: who is paid for training is a reading of its own, whatever the clause calls its payee (136).
    if claim.cohort is not None or claim.person_id is not None:
        return _of_training(clause, claim)
    # An intermediary or a leading talent is paid directly: the firm cannot claim in their place.
    if not clause.payee_is_applicant:
        raise NotNow(f"这一条付给{clause.payee}，由他们申领。", "")
    if clause.amount.bases == (CONTRACTS,):
        return _of_contracts(clause, claim)
    if clause.amount.bases == (TRAINED,):
        raise NotNow("这一条按培训班申领。", "先在「培训班」里登记学员和证书。")
    figures = _figures(claim)
    verdict = _granted(clause, figures)
    return _assessment(
        clause, figures, verdict, verdict.amount, [_base_of(clause, claim)]
    )


def lessened(claim: FundClaim) -> str:
    """In words, that a claim comes to less today than it would be paid; empty where it does not.

    The ledger is corrected and rules change after a claim was handed in: who approves or pays has to know.
    """
    try:
        amount = assess(claim).amount_fen
    except (Invalid, NotNow) as refusal:
        return f"今天重新算，已经算不出金额：{refusal.message}"
    if amount < claim.granted_fen:
        granted = yuan(claim.granted_fen)
        return f"今天重新算是 {yuan(amount)} 元，比这笔的 {granted} 元少。"
    return ""


def _figures(claim: FundClaim) -> dict[str, Figure]:
    stored = read_figures(claim.figures, policy_queries.known_questions())
    require_sound(stored)
    return stored.figures


def _granted(clause: Clause, figures: dict[str, Figure]) -> Verdict:
    """The verdict of a clause, where it is a sum. Raises NotNow."""
    # By the clause of the day it is handed in, not of the day of the estimate: that one was no promise (112).
    verdict = evaluate_clause(clause, figures, today())
    # Nothing is claimed for 金额未定 or 待核实: only what was computed is money.
    if verdict.amount is not None and verdict.amount > 0:
        return verdict
    questions = policy_queries.known_questions()
    lacking = "、".join(questions[name].label for name in verdict.asks)
    why = verdict.reason or lacking
    if why:
        why = f"，{why}"
    raise NotNow(
        f"{in_quotes(clause.title)}现在不能申领：{outcome_of(verdict)}{why}。",
        "可以在「我能拿多少」里补全情况，再存一份测算。",
    )


def _assessment(
    clause: Clause,
    figures: dict[str, Figure],
    verdict: Verdict,
    amount: Decimal | None,
    bases: list[Base],
    notes: tuple[str, ...] = (),
) -> Assessment:
    assert amount is not None  # noqa: S101  a granted verdict has a sum
    questions = policy_queries.known_questions()
    answers = []
    for name, value in figures.items():
        answers.append([questions[name].label, questions[name].shown(value)])
    # In words, so that it reads the same after the clause was changed.
    content = {
        "code": clause.code,
        "title": clause.title,
        "says": clause.says,
        "clause": clause.clause,
        "source": clause.source,
        "office": clause.office,
        "payee": clause.payee,
        "note": clause.note,
        "papers": list(clause.papers),
        "trace": [*trace_words(verdict), *notes],
        "answers": answers,
    }
    typed = {name: as_typed(value) for name, value in figures.items()}
    # Exact: the evaluator gives six decimals of 万元, which are whole 分.
    return Assessment(int(amount * FEN_OF_WAN), tuple(bases), typed, content)


def _base_of(clause: Clause, claim: FundClaim) -> Base:
    """A year, a project, or the organisation itself, as the cap of the clause counts."""
    subject_key = f"organisation {claim.organisation_id}"
    if clause.amount.cap_period == "project":
        # One project, however its name is spaced or its letters are wide: else it is claimed for twice.
        folded = folded_name(claim.subject)
        if not folded:
            problem = "这一条按项目支持，写明项目名称和编号。"
            raise Invalid(problem, problems={"subject": [problem]})
        return Base(subject_key, f"project {folded}", claim.subject)
    if clause.amount.cap_period == "holder":
        return Base(subject_key, "holder", "本单位")
    year = claim.envelope.year
    return Base(subject_key, f"year {year}", f"{year} 年度")


# -- contracts ---------------------------------------------------------------------------------------------------------


def _of_contracts(clause: Clause, claim: FundClaim) -> Assessment:
    """By the registered contracts of the envelope's year that nobody has claimed for."""
    assert claim.organisation_id is not None  # noqa: S101  people have no contracts here
    # Of the money, not of today: last year's is often claimed in this one.
    year = claim.envelope.year
    # Of anybody: seller and buyer of one contract may both have an account.
    claimed = queries.standing_bases(clause.code, claim)
    paid: list[RegisteredContract] = []
    for one in contributions.registered_contracts(claim.organisation_id, year):
        # Only the side that the reading of P-19b pays, and the base is 免税技术交易额, not the price.
        if one.is_paid and one.tax_free_amount:
            paid.append(one)
    fresh = [one for one in paid if f"contract {one.number}" not in claimed]
    if not fresh:
        why = "都已经申领过" if paid else "没有已登记、有免税技术交易额的"
        raise NotNow(
            f"您单位 {year} 年度的技术合同{why}。",
            "合同登记以后再申领；年度和付给哪一方的读法见「规则与依据」。",
        )
    figures = _figures(claim)
    capped_each = is_capped_each(today())
    # Under one cap a year all of them are counted, and what was claimed before is taken off below.
    figures[CONTRACTS] = _total(fresh if capped_each else paid)
    verdict = _granted(clause, figures)
    notes: tuple[str, ...] = ()
    if capped_each:
        amount = Decimal(0)
        for one in fresh:
            part = {**figures, CONTRACTS: _total([one])}
            amount += _granted(clause, part).amount or Decimal(0)
        notes = (f"每份合同分别封顶，合计 {plain(amount)}",)
    else:
        # The cap counts once a year (a reading of P-19b): a second claim gets what the first has left of it.
        before = queries.granted_before(claim)
        amount = (verdict.amount or Decimal(0)) - Decimal(before) / FEN_OF_WAN
        if before:
            notes = (f"减去本年度已经申领的 → {plain(amount)}",)
    if amount <= 0:
        raise NotNow(f"{year} 年度的补助已经申领到封顶额。", "")
    return _assessment(
        clause, figures, verdict, amount, list(_contract_bases(claim, fresh)), notes
    )


def _total(contracts: list[RegisteredContract]) -> Decimal:
    amounts = [one.tax_free_amount or Decimal(0) for one in contracts]
    return sum(amounts, Decimal(0))


def _contract_bases(
    claim: FundClaim, contracts: list[RegisteredContract]
) -> Iterator[Base]:
    for one in contracts:
        key = f"contract {one.number}"
        amount = plain(one.tax_free_amount or Decimal(0))
        yield Base(
            f"organisation {claim.organisation_id}",
            key,
            f"{one.number} {one.title}，免税技术交易额 {amount} 万元"[:250],
            # A contract has two sides, and one of them only is paid for it.
            once_key=key,
        )


# -- training ----------------------------------------------------------------------------------------------------------


def _of_training(clause: Clause, claim: FundClaim) -> Assessment:
    """By certificates: of a cohort for who trained it, or of one's own, as the reading of the clause says."""
    if clause.amount.bases != (TRAINED,):
        raise NotNow("培训班和证书只用来申领培养补助。", "")
    # Art. 20 names no payee: a reading decides, and either way the same certificate counts once (136).
    reading = value_on(PAYEE, today())
    if claim.cohort is not None:
        if reading.value != "trainer":
            raise NotNow("按现在的读法，培养补助由持证人自己申领。", reading.source)
        bases = list(_cohort_bases(clause, claim, claim.cohort))
    else:
        if reading.value != "holder":
            raise NotNow("按现在的读法，培养补助由培养机构申领。", reading.source)
        bases = [_own_certificate(claim)]
    if not bases:
        raise NotNow("这个培训班里没有还可以申领的证书。", "同一级证书只申领一次。")
    # Who hands in certificates of people they have trained is one of those the clause names.
    figures: dict[str, Figure] = {"kind": "trainer", TRAINED: Decimal(len(bases))}
    verdict = _granted(clause, figures)
    note = f"读法：付给{reading.shown}。{reading.source}"
    clause = replace(clause, payee=reading.shown, note=note)
    return _assessment(clause, figures, verdict, verdict.amount, bases)


def _cohort_bases(
    clause: Clause, claim: FundClaim, cohort: TrainingCohort
) -> Iterator[Base]:
    """The certificates of a cohort for which nobody has claimed."""
    claimed = queries.standing_certificates(clause.code, claim)
    for one in cohort.members:
        once_key = f"certificate {one.certificate_key}"
        base = Base(
            f"person {one.person_key}",
            f"level {one.level}",
            f"{one.name} {one.level_name} {one.certificate_no}",
            once_key=once_key,
            member_id=one.id,
        )
        if once_key in claimed or f"{base.subject_key} {base.base_key}" in claimed:
            continue
        # Two lines of this cohort may name one person at one level: only the first of them counts.
        claimed.add(f"{base.subject_key} {base.base_key}")
        yield base


def _own_certificate(claim: FundClaim) -> Base:
    assert claim.person is not None  # noqa: S101
    profile = own_broker(claim.person)
    if profile is None or not profile.is_certified(today()) or profile.level is None:
        raise NotNow(
            "先填写证书，平台核对以后再申领。", "在「我的」→「技术经理人」里填写。"
        )
    # The same key as in a cohort: after a change of the reading nothing is paid twice.
    key = certificate_key(profile.issuer, profile.number)
    return Base(
        # Of the account, not of a name and four digits: whose certificate it is, an operator has checked.
        f"account {claim.person_id}",
        f"level {profile.level}",
        f"{profile.person.name} {LEVELS[profile.level]} {profile.number}",
        once_key=f"certificate {key}",
    )


def check_envelope(envelope: Envelope, code: str) -> None:
    """Refuse what cannot be claimed from an envelope. Raises NotNow."""
    if envelope.state != "open":
        raise NotNow(
            f"{in_quotes(envelope.title)}现在{envelope.state_name}，不能申领。", ""
        )
    if code not in envelope.clause_codes:
        raise NotNow(f"{in_quotes(envelope.title)}不支持这一条政策。", "")
