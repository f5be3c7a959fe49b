"""What a clause of a policy is made of, and the questions it asks: plain data, without web and database.

How a file becomes clauses stands in `clause_files.py`, what a clause gives somebody in `evaluating.py`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from marketplace.parsing.money import HUNDRED_MILLION, sum_in_words
from marketplace.rules.content import source_line

# The closed set of ways in which a clause says how much.
FORMS = {
    "fixed": "定额",
    "up_to": "最高",
    "rate": "按比例",
    "count": "按数量",
    "levels": "按级别",
    "brackets": "分段按比例",
    "equal": "等于另一笔资金",
    # Not 0: the text promises something and names no sum.
    "open": "金额未定",
    # Money that an authority spends itself, as: nobody applies for it.
    "budget": "预算，不能申领",
}
# How a condition compares the value of who asks with its own.
OPERATORS = frozenset({"is", "in", "at_least", "at_most"})
# What a cap is counted for: over the years of one project, P-7b paid by the year would be paid twice.
PERIODS = {"year": "每年", "project": "每个项目", "holder": "每个单位"}
QUESTION_KINDS = frozenset({"choice", "yes", "money", "count"})

# What somebody has told about themselves: field → number, code of a choice, or yes and no.
Figure = Decimal | str | bool
Figures = Mapping[str, Figure]


class RegisteredContract(Protocol):
    """A registered technical contract of an organisation, as a room below offers it (`registered_contracts`)."""

    @property
    def number(self) -> str:
        """Its number in the register."""

    @property
    def title(self) -> str:
        """What it is about."""

    @property
    def is_paid(self) -> bool:
        """Whether the organisation is the one that is paid (a reading, see `tech_contract.payee`)."""

    @property
    def tax_free_amount(self) -> Decimal | None:
        """免税技术交易额 in 万元; None where it was not stated."""


@dataclass(frozen=True)
class Question:
    """One thing that clauses ask.

    Attributes:
        field: its name in clauses.
        kind: choice, yes (是或否), money (万元) or count (whole number).
        label: the question, in Chinese.
        help: what has to be known to answer it.
        unit: what a count counts.
        choices: code → name, of a choice.
    """

    field: str
    kind: str
    label: str
    help: str = ""
    unit: str = ""
    choices: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def shown(self, value: Figure) -> str:
        """A value as pages show it."""
        if isinstance(value, bool):
            return "是" if value else "否"
        if isinstance(value, str):
            return self.choices.get(value, value)
        shown = f"{plain(value)} {self.unit}".strip()
        # So large a sum is a slip of the unit more often than not: 800,000 typed for 元.
        if self.kind == "money" and value >= HUNDRED_MILLION:
            shown += f"（{sum_in_words(value)}）"
        return shown


@dataclass(frozen=True)
class Condition:
    """What a clause requires.

    Attributes:
        field: the question whose answer it looks at.
        operator: one of `OPERATORS`.
        value: what it compares with; a tuple of codes for `in`.
        says: the requirement in words.
        path: conditions of one path hold together, and one path is enough; empty: always required.
        reading: only in this reading of the clause; empty: in all.
        unnamed: codes that the clause does not name, so that nobody can say: 待核实.
    """

    field: str
    operator: str
    value: Figure | tuple[str, ...]
    says: str
    path: str = ""
    reading: str = ""
    unnamed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Amount:
    """How much a clause gives, in 万元.

    Attributes:
        form: a key of `FORMS`.
        value: the sum of `fixed` and `up_to`, the sum for each of `count`.
        rate: per cent, of `rate`.
        bases: the questions it is computed from; of several the largest (就高).
        levels: code of a choice → sum.
        brackets: (above this, per cent of what lies above it up to the next).
        cap: the most; None where the clause names none.
        cap_period: a key of `PERIODS`: what the cap is counted for.
        used: the question that says what has been paid under the same cap already.
    """

    form: str
    value: Decimal | None = None
    rate: Decimal | None = None
    bases: tuple[str, ...] = ()
    levels: Mapping[str, Decimal] = dataclasses.field(default_factory=dict)
    brackets: tuple[tuple[Decimal, Decimal], ...] = ()
    cap: Decimal | None = None
    cap_period: str = ""
    used: str = ""

    @property
    def ceiling(self) -> Decimal:
        """The most it can give, for the order of questions; 0 where the clause names no sum."""
        known = [one for one in (self.value, self.cap) if one is not None]
        known.extend(self.levels.values())
        return max(known, default=Decimal(0))

    @property
    def cap_words(self) -> str:
        """The cap in words; empty where there is none."""
        if self.cap is None:
            return ""
        return f"{PERIODS[self.cap_period]}最高 {plain(self.cap)} 万元"


@dataclass(frozen=True)
class Case:
    """A worked example: what the clause must give for these figures on this day.

    Attributes:
        day: on which it is asked.
        figures: what is known.
        expected: the sum in 万元, or a state of `evaluating.STATES`.
    """

    day: date
    figures: Figures
    expected: str


@dataclass(frozen=True)
class Clause:
    """One version of one clause.

    Attributes:
        code: as the reference calls it, P-19b.
        title: in a few words.
        document, number, clause: name and number of the document, and where in it.
        says: what it says, in one sentence of our own.
        valid_from, valid_to: first and last day.
        in_force, checked: keys of `rules.content.IN_FORCE` and `CHECKED`.
        office: who takes the papers.
        payee: who is paid, in words.
        payee_is_applicant: whether that is who asks, so that it counts into their total.
        entitled: codes of the question `kind` that the clause names.
        unnamed: codes that it does not name and does not rule out: 待核实.
        conditions, amount, cases: as above.
        papers: what is handed in.
        readings: code → label, where the text can be read in more than one way.
        note: what its reader should know.
    """

    code: str
    title: str
    document: str
    number: str
    clause: str
    says: str
    valid_from: date
    valid_to: date | None
    in_force: str
    checked: str
    office: str
    payee: str
    payee_is_applicant: bool
    entitled: tuple[str, ...]
    unnamed: tuple[str, ...]
    conditions: tuple[Condition, ...]
    amount: Amount
    papers: tuple[str, ...]
    readings: Mapping[str, str]
    cases: tuple[Case, ...]
    note: str = ""
    # Kinds of listings beside which it is shown.
    beside: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """Document, clause, in force, checked."""
        written = self.number or self.document
        return source_line(written, self.clause, self.in_force, self.checked)

    @property
    def fields(self) -> tuple[str, ...]:
        """Every question it may ask, in its order."""
        asked = ["kind"] if self.entitled else []
        asked.extend(one.field for one in self.conditions)
        asked.extend(self.amount.bases)
        if self.amount.used:
            asked.append(self.amount.used)
        return tuple(dict.fromkeys(asked))


def plain(value: Decimal) -> str:
    """A number without trailing zeros: 50, 0.5, 1200."""
    # With `f`: a normalised 1200 alone would read 1.2E+3.
    return f"{value.normalize():f}"
