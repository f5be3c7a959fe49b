"""What the page 「我能拿多少」 is asked: figures, days and the organisation, from its form or what is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from marketplace import contributions
from marketplace.parsing import ParseError
from marketplace.parsing.days import read_beginning
from marketplace.permissions import Reader
from marketplace.policies import queries
from marketplace.policies.content import Figure, RegisteredContract
from marketplace.policies.estimating import CONTRACTS
from marketplace.policies.typed_figures import as_typed, read_amount, read_figures
from marketplace.rules.content import Value
from marketplace.rules.queries import find_value
from marketplace.statuses.queries import earlier_verified, standing_on

# Kind of an organisation → the kind of body that clauses name.
KINDS = {
    "firm": "firm",
    "university": "university",
    "institute": "institute",
    "service_body": "transfer_body",
    "financial": "bank",
}
FIRST_DAY, LAST_DAY = date(2010, 1, 1), date(2099, 12, 31)
BETWEEN = f"写 {FIRST_DAY} 到 {LAST_DAY} 之间的日期。"
# Keys of the room `rules` by which a contract belongs to a year, is paid to one of its parties, and is capped.
YEAR_BY, PAYEE, CAP_HOLDER = (
    "tech_contract.year_by",
    "tech_contract.payee",
    "tech_contract.cap_holder",
)


@dataclass
class Asked:
    """One question to the page.

    Attributes:
        typed: field → text, as the boxes show it.
        figures: field → value, of those that could be read.
        problems: field → what is wrong.
        day: on which it is asked.
        other_day: another day to compare with.
        more: one more contract of so many 万元.
        organisation_id: for whom; None for a guest and for who belongs to none.
        organisations: (id, name) of those that the reader belongs to.
        contracts: how many registered contracts the figure was taken from; 0 where it was typed.
        readings: how the clause is read by which they were chosen, each with its source.
        pieces: field → the parts that its figure is the sum of, where the cap counts for each of them on that day.
        other_pieces: the same on the other day, whose reading of the cap may be another.
        statuses: what checked statuses were taken from, in words.
        sources: where else figures were taken from, in words.
    """

    day: date
    typed: dict[str, str] = field(default_factory=dict)
    figures: dict[str, Figure] = field(default_factory=dict)
    problems: dict[str, list[str]] = field(default_factory=dict)
    other_day: date | None = None
    more: Decimal | None = None
    organisation_id: int | None = None
    organisations: list[tuple[int, str]] = field(default_factory=list)
    contracts: int = 0
    readings: list[Value] = field(default_factory=list)
    pieces: dict[str, list[Decimal]] = field(default_factory=dict)
    other_pieces: dict[str, list[Decimal]] = field(default_factory=dict)
    statuses: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)


def read_request(form: Mapping[str, str], day: date, reader: Reader) -> Asked:
    """What is asked.

    Args:
        form: as posted; empty where the page is only opened: then what is known of the reader's organisation is used.
        day: today.
        reader: who asks.
    """
    asked = Asked(day)
    known = getattr(reader, "organisations", [])
    asked.organisations = [(one.id, one.name) for one in known]
    chosen = [one for one in known if str(one.id) == form.get("organisation")]
    # By what the reader belongs to: a number of another organisation finds nothing and falls back to their own.
    mine = (chosen or list(known[:1]) or [None])[0]
    asked.organisation_id = mine.id if mine is not None else None
    # Opened, not sent: known figures fill the boxes once, and what somebody then changes is not filled in again.
    if not form:
        if mine is not None and mine.kind in KINDS:
            asked.figures["kind"] = KINDS[mine.kind]
            _take_contracts(asked, mine.id)
            _take_statuses(asked, mine.id)
            _take_known(asked, mine.id)
        asked.typed = {name: as_typed(one) for name, one in asked.figures.items()}
        asked.typed["day"] = day.isoformat()
        return asked
    read = read_figures(form, queries.known_questions())
    asked.figures, asked.problems = read.figures, read.problems
    # What was typed goes back into its boxes; more than this no figure has.
    asked.typed = {name: text[:60] for name, text in form.items()}
    asked.day = _day(asked, "day") or day
    asked.other_day = _day(asked, "other_day")
    # After sending, the figure is a text: only its sum says whether it is still that of the register. After the days
    # were read, for how the cap counts is a reading of the day that is asked about.
    if mine is not None and CONTRACTS in asked.figures:
        _find_pieces(asked, mine.id, day.year)
    if form.get("more", "").strip():
        try:
            asked.more = read_amount(form["more"].strip())
        except ParseError as error:
            asked.problems["more"] = [error.sentence]
    return asked


def _day(asked: Asked, name: str) -> date | None:
    text = asked.typed.get(name, "").strip()
    if not text:
        return None
    day = read_beginning(text)
    if day is None:
        asked.problems[name] = [f"没有看懂这一天，请写成 {asked.day} 这样。{BETWEEN}"]
        return None
    if not FIRST_DAY <= day <= LAST_DAY:
        asked.problems[name] = [BETWEEN]
        return None
    return day


def _take_contracts(asked: Asked, organisation_id: int) -> None:
    """The tax-free amount of the contracts that the organisation has registered this year, where any says one."""
    amounts = tax_free_amounts(organisation_id, asked.day.year)
    if not amounts:
        return
    asked.figures[CONTRACTS] = sum(amounts, Decimal(0))
    asked.contracts = len(amounts)
    if is_capped_each(asked.day):
        asked.pieces[CONTRACTS] = amounts
    for key in (YEAR_BY, PAYEE, CAP_HOLDER):
        value = find_value(key, asked.day)
        if value is not None:
            # Which year, which party, which cap: readings the page names, for the text says none of them.
            asked.readings.append(value)


def tax_free_amounts(organisation_id: int, year: int) -> list[Decimal]:
    """免税技术交易额 in 万元 of each contract of a year that is paid to the organisation, by the readings of today."""
    amounts = []
    offered: list[RegisteredContract] = contributions.registered_contracts(
        organisation_id, year
    )
    for one in offered:
        if one.is_paid and one.tax_free_amount is not None:
            amounts.append(one.tax_free_amount)
    return amounts


def is_capped_each(day: date) -> bool:
    """Whether the cap of the subsidy counts for each contract by the reading of a day, not for a year of them."""
    value = find_value(CAP_HOLDER, day)
    return value is not None and value.value == "contract"


def _find_pieces(asked: Asked, organisation_id: int, year: int) -> None:
    """The contracts of a year that the typed figure is the sum of, for the days on which each has a cap of its own."""
    each = is_capped_each(asked.day)
    other_each = asked.other_day is not None and is_capped_each(asked.other_day)
    if not each and not other_each:
        return
    amounts = tax_free_amounts(organisation_id, year)
    # A changed figure is somebody's own: which contracts it is made of nobody knows.
    if sum(amounts, Decimal(0)) != asked.figures[CONTRACTS]:
        return
    if each:
        asked.pieces[CONTRACTS] = amounts
    if other_each:
        asked.other_pieces[CONTRACTS] = amounts


def _take_statuses(asked: Asked, organisation_id: int) -> None:
    """Whether the organisation became a 高企 this year, as an operator has checked; of an earlier one 再次认定."""
    for row in standing_on([organisation_id], asked.day):
        # P-1a and P-1b pay for the year in which it was recognised, not for having it.
        if row.code != "high_tech" or row.valid_from.year != asked.day.year:
            continue
        event = "first"
        if earlier_verified(organisation_id, row.code, row.valid_from):
            event = "renewed"
        asked.figures["hitech_event"] = event
        asked.statuses.append(f"{row.name}，{row.period}")


def _take_known(asked: Asked, organisation_id: int) -> None:
    """What other rooms know of the organisation, as its filed loans; what was found before stands."""
    for name, value, source in contributions.known_figures(organisation_id, asked.day):
        # The register and checked statuses come first.
        asked.figures.setdefault(name, value)
        if source not in asked.sources:
            asked.sources.append(source)
