"""What a dated value of law or policy is, how its text is read, and how a deal keeps it. No web, no database.

Which values there are stands in `seed/` and in the table; what is done with them in the rooms above.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

# What the stored text is read as; the text itself is what the document says, digit by digit.
KINDS = {"decimal": "数", "int": "整数", "text": "文字", "bool": "是或否"}
# Whether a document is in force, and whether somebody compared our value with its text: two questions, never one.
IN_FORCE = {"active": "有效", "draft": "征求意见稿", "lapsed": "失效"}
CHECKED = {"verified": "已核", "unverified": "待核实"}
# Codes of texts that computing reads, and what pages show for them; the note of such a value names both.
READINGS = {
    "organisation_year": "每个单位、每个年度一次",
    "contract": "每份合同一次",
    "registration": "登记日期",
    "signing": "签订日期",
    "seller": "卖方",
    "buyer": "买方",
    "trainer": "培养机构",
    "holder": "持证人",
    "borrower": "每个企业第一笔备案的贷款",
    "loan": "每笔贷款第一次备案",
}
_CODE_IN_NOTE = re.compile(rf"\b(?:{'|'.join(READINGS)})：", re.ASCII)
# What the platform shows and computes nothing with: the page says so. A test reads the code and finds each other one.
REFERENCE_ONLY = frozenset(
    {
        "publicity.ends_at",
        "commission.default",
        "reward.profit_years_least",
        "reward.profit_years_most",
        "reward.main_contributors",
        "tto.bonus",
        "patent_reward.invention",
        "patent_reward.other",
        "patent_reward.months",
        "report.institution_by",
        "report.authority_by",
        "tax.income_exempt",
        "tax.income_share",
    }
)
# With a dot at least: what comes before it is the matter, by which hints are found (`tax.`).
KEY = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+", re.ASCII)
MAX_KEY = 60
MAX_VALUE = 1000
MAX_UNIT = 20
MAX_DOCUMENT = 200
MAX_CLAUSE = 100
MAX_SENTENCE = 300
# Of texts and of yes or no; every number has a unit of its own, if only 个.
NO_UNIT = "—"
# Six decimals: of 万元 that is one 分.
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,6})?", re.ASCII)


@dataclass(frozen=True)
class Value:
    """One value of law or policy as it stands on a day.

    Attributes:
        key: its name, such as `publicity.days`.
        kind: a key of `KINDS`: what the text is read as.
        value: the exact text; `number`, `whole`, `flag` read it.
        unit: what a number counts (自然日, %, 万元); `NO_UNIT` for texts and yes or no.
        valid_from, valid_to: first and last day; None where no end is known.
        document, clause: where it is written.
        says: what it says, in one sentence of our own.
        in_force: a key of `IN_FORCE`.
        checked: a key of `CHECKED`.
        note: what its reader should know.
    """

    key: str
    kind: str
    value: str
    unit: str
    valid_from: date
    valid_to: date | None
    document: str
    clause: str
    says: str
    in_force: str
    checked: str
    note: str = ""

    @property
    def number(self) -> Decimal:
        """The value as an exact number. Raises ValueError: it is no number."""
        if self.kind not in ("decimal", "int"):
            raise ValueError(f"{self.key} is no number")
        return Decimal(self.value)

    @property
    def whole(self) -> int:
        """The value as a whole number. Raises ValueError: it is none."""
        if self.kind != "int":
            raise ValueError(f"{self.key} is no whole number")
        return int(self.value)

    @property
    def flag(self) -> bool:
        """The value as yes or no. Raises ValueError: it is neither."""
        if self.kind != "bool":
            raise ValueError(f"{self.key} is not yes or no")
        return self.value == "true"

    @property
    def is_verified(self) -> bool:
        """Whether somebody compared it with the text of the document."""
        return self.checked == "verified"

    @property
    def source(self) -> str:
        """Document and clause, in force, checked: 「依据：…」 of every page that uses the value."""
        return "依据：" + source_line(
            self.document, self.clause, self.in_force, self.checked
        )

    @property
    def shown(self) -> str:
        """The value with its unit, as pages show it."""
        return shown_value(self.kind, self.value, self.unit)


def source_line(document: str, clause: str, in_force: str, checked: str) -> str:
    """Where something is written and what that is worth: 文件 条款 · 有效 · 待核实."""
    written = f"{document} {clause}".strip()
    return " · ".join([written, IN_FORCE[in_force], CHECKED[checked]])


def shown_value(kind: str, value: str, unit: str) -> str:
    """A value with its unit, as pages show it."""
    if kind == "bool":
        return "是" if value == "true" else "否"
    if kind == "text":
        # Codes are for computing: no page shows them.
        return READINGS.get(value, value)
    if unit == NO_UNIT:
        return value
    return f"{value} {unit}"


def shown_note(note: str) -> str:
    """A note as pages show it: it names the readings, and their codes are for those who type a value."""
    return _CODE_IN_NOTE.sub("", note)


def value_problem(kind: str, value: str) -> str:
    """What is wrong with the text of a value; empty where nothing is."""
    if kind == "bool" and value not in ("true", "false"):
        return "只能是 true（是）或 false（否）。"
    if kind == "int" and not re.fullmatch(r"-?\d{1,15}", value, re.ASCII):
        return "要写整数，只用阿拉伯数字，如 15。"
    if kind == "decimal" and not _NUMBER.fullmatch(value):
        return "要写数字，小数最多六位，不带单位，如 1.5。"
    if kind == "text" and not value.strip():
        return "要写内容。"
    return ""


def frozen_values(values: Mapping[str, Value]) -> dict[str, dict[str, Any]]:
    """Values as JSON, for the row of a deal that keeps the rules of its first day.

    Args:
        values: key → value.
    """
    kept = {}
    for key, value in values.items():
        fields = asdict(value)
        # JSON knows no days.
        fields["valid_from"] = value.valid_from.isoformat()
        fields["valid_to"] = value.valid_to.isoformat() if value.valid_to else None
        kept[key] = fields
    return kept


def thawed(kept: Mapping[str, Mapping[str, Any]]) -> dict[str, Value]:
    """The values that a row has kept (`queries.frozen`), as they were on that day.

    Raises:
        ValueError: it is nothing that was kept.
    """
    values = {}
    for key, fields in kept.items():
        try:
            days = {
                "valid_from": date.fromisoformat(fields["valid_from"]),
                "valid_to": _day_or_none(fields["valid_to"]),
            }
            # Rows of years ago are read here: a new field of `Value` needs a default, or none of them is read.
            value = Value(**{**fields, **days})
            if value.kind in ("decimal", "int"):
                # Here, with the name of the value, rather than somewhere in a computation of a deal.
                Decimal(value.value)
        except (KeyError, TypeError, ValueError, InvalidOperation) as error:
            raise ValueError(f"{key} was not kept by this room") from error
        values[key] = value
    return values


def _day_or_none(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
