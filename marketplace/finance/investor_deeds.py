"""What is done between funds and firms: preferences, a request without a name, a yes or a no. One function a button."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from marketplace import persistence
from marketplace.accounts import contact_consents
from marketplace.accounts.models import Person
from marketplace.clock import now
from marketplace.dictionaries.models import active_chains
from marketplace.errors import Invalid, NotNow, Stale
from marketplace.extensions import db
from marketplace.finance import announcements
from marketplace.finance.deeds import hold_for, require_institution
from marketplace.finance.investor_models import InvestorPreference, InvestorRequest
from marketplace.finance.investor_queries import (
    NO_CHAIN,
    Teaser,
    barring_request,
    may_write_on,
    preference_of,
)
from marketplace.finance.life import MAX_NOTE
from marketplace.finance.typed_terms import read_positive
from marketplace.listings.schema.terms import FIRM_STAGES
from marketplace.organisations.models import Organisation
from marketplace.permissions import Reader, reader_id, require
from marketplace.typed_texts import LEAST, checked_text
from marketplace.wording import day

NOT_SAVED = "偏好没有保存。"
TICKET = "写多少万元，大于 0，如 500。"
WHAT = f"写想了解什么，{LEAST}–{MAX_NOTE} 字。"
SAVED_BY_OTHER = Stale("刚有同事改过偏好。", "请重新打开这一页，看过再改。")
GOES_ON = NotNow("贵机构已经问过这一条。", "在「投资偏好和线索」里看答复。")
MUST_AGREE = "告知单位名称和联系方式，要先勾选同意。"


def save_preference(
    organisation: Organisation,
    *,
    stages: Collection[str],
    chain_codes: Collection[str],
    ticket_low: str,
    ticket_high: str,
    by: Reader | None,
    seen: int,
) -> InvestorPreference:
    """保存偏好.

    Args:
        organisation: the fund.
        stages: codes of `FIRM_STAGES`; none: all.
        chain_codes: codes of chains, `NO_CHAIN` for demands that name none; none: all.
        ticket_low, ticket_high: 万元, as typed.
        by: who acts for the fund; None for the site itself.
        seen: the revision that they saw; 0: there was none.

    Raises:
        NotAllowed; NotNow: no verified institution; Stale; Invalid.
    """
    row = preference_of(organisation)
    require(by, "finance.invest", InvestorPreference(organisation_id=organisation.id))
    require_institution(organisation)
    # A fund has no row to hold before its first save: of two first ones the unique index refuses the second.
    if (row.revision if row is not None else 0) != seen:
        raise SAVED_BY_OTHER
    problems: dict[str, list[str]] = {}
    if set(stages) - FIRM_STAGES.keys():
        problems["stages"] = ["没有这一项，请从列出的里面选。"]
    if set(chain_codes) - {NO_CHAIN, *active_chains()}:
        problems["chain_codes"] = ["没有这一项，请从列出的里面选。"]
    low = read_positive("ticket_low", ticket_low, problems, TICKET)
    high = read_positive("ticket_high", ticket_high, problems, TICKET)
    if low is not None and high is not None and low > high:
        problems["ticket_high"] = ["最多不能小于最少。"]
    if problems:
        raise Invalid(NOT_SAVED, problems=problems)
    if row is None:
        row = InvestorPreference(organisation_id=organisation.id)
        db.session.add(row)
    row.stages, row.chain_codes = sorted(stages), sorted(chain_codes)
    row.ticket_low, row.ticket_high = low or Decimal(0), high or Decimal(0)
    row.changed_at, row.by_id = now(), reader_id(by)
    persistence.commit(
        stale=SAVED_BY_OTHER,
        duplicates={"uq_investor_preference_organisation": SAVED_BY_OTHER},
    )
    return row


def request_reveal(
    preference: InvestorPreference, teaser: Teaser, message: str, *, by: Reader
) -> InvestorRequest:
    """想了解: the firm reads who wants to know and why; nobody learns who the firm is before its yes.

    Raises:
        NotAllowed; NotNow: they have requested it already, or the firm said no lately; Invalid: no message.
    """
    # By the preference, through which the teaser was found: it says for which fund they act.
    require(by, "finance.invest", preference)
    require_institution(preference.organisation)
    barring = barring_request(teaser.demand, preference.organisation)
    if barring is not None:
        raise reason_against(barring)
    row = InvestorRequest(
        investor=preference.organisation,
        demand=teaser.demand,
        message=checked_text("message", message, MAX_NOTE, missing=WHAT),
        # What the fund saw when it wrote; the demand may be changed before the answer.
        teaser=dict(teaser.facts),
        by_id=by.id,
    )
    db.session.add(row)
    # Colleagues of one fund see the same teaser: the second who writes is led to the first one's.
    with persistence.refusals(duplicates={"uq_investor_request_current": GOES_ON}):
        db.session.flush()
    row.life.born(row, by=by)
    announcements.announce_request(row)
    persistence.commit(duplicates={"uq_investor_request_current": GOES_ON})
    return row


def reason_against(row: InvestorRequest) -> NotNow:
    """Why a fund may not write while this is what keeps it from that (`barring_request`)."""
    if row.state != "declined":
        return GOES_ON
    return NotNow(
        "企业没有同意贵机构上一次的了解。", f"{day(may_write_on(row))} 起可以再问。"
    )


def accept_request(
    row: InvestorRequest, *, agrees: bool, by: Person, seen: int
) -> None:
    """同意: this fund, and nobody else, learns who it is and how to reach them.

    Raises:
        NotAllowed, NotNow, Stale; Invalid: no consent.
    """
    require(by, "finance.answer", row.demand)
    hold_for(row, "accept", by, seen)
    if not agrees:
        raise Invalid(MUST_AGREE, problems={"agrees": [MUST_AGREE]})
    # PIPL art. 23: giving contact data to another party takes a consent of its own, stored with its text.
    contact_consents.give(by, contact_consents.SHARE)
    _decide(row, "accept", by)


def decline_request(row: InvestorRequest, *, by: Reader, seen: int) -> None:
    """不同意: the fund learns that, and nothing else. Raises NotAllowed, NotNow, Stale."""
    require(by, "finance.answer", row.demand)
    hold_for(row, "decline", by, seen)
    _decide(row, "decline", by)


def withdraw_request(row: InvestorRequest, *, by: Reader, seen: int) -> None:
    """撤回, before an answer. Raises NotAllowed, NotNow, Stale."""
    require(by, "finance.invest", row)
    hold_for(row, "withdraw", by, seen)
    row.life.move(row, "withdraw", by=by)
    row.decided_at, row.decided_by_id = now(), reader_id(by)
    persistence.commit()


def _decide(row: InvestorRequest, deed: str, by: Reader) -> None:
    row.life.move(row, deed, by=by)
    row.decided_at, row.decided_by_id = now(), reader_id(by)
    announcements.announce_answer(row)
    persistence.commit()
