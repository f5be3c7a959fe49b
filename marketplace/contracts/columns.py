"""The columns of a list of the register: the fields of a contract, and what the register adds to them.

Lists are read and written in `list_deeds.py`; headers in any spelling are those of all lists (`exchange.headers`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from marketplace.contracts.field import Field
from marketplace.contracts.fields import FIELDS, NO_NUMBER, REGISTRY_NO
from marketplace.exchange.headers import Headers
from marketplace.listings.schema.dictionaries import Dictionaries
from marketplace.listings.schema.field import ListColumn
from marketplace.parsing.exact_sums import YUAN, read_fen
from marketplace.parsing.text import cell_text

# Of the register itself, next to the fields of the contract.
REGISTER = (
    Field("registry_no", "合同登记编号", "code", header="合同登记编号", pattern=(REGISTRY_NO.pattern, NO_NUMBER)),
    Field("registered_on", "登记日期", "day", header="登记日期"),
    Field("signed_on", "签订日期", "day", header="签订日期"),
    Field("exempt_fen", "免税技术交易额", "money", header="免税技术交易额"),
)  # fmt: skip
COLUMNS = (*REGISTER, *(one for one in FIELDS if one.header))
NEEDED = (
    "registry_no",
    "registered_on",
    "title",
    "contract_type",
    "seller_name",
    "buyer_name",
    "total_fen",
    "tech_fen",
)
PARTIES = ("seller_name", "buyer_name")
# What offices also write above the same column.
ALIASES = {
    "registry_no": ("登记编号",),
    "title": ("合同名称",),
    "contract_type": ("合同类型",),
    "seller_name": ("卖方",),
    "buyer_name": ("买方",),
    "total_fen": ("成交总额",),
    "exempt_fen": ("免税额",),
}


@dataclass(frozen=True, kw_only=True)
class RegisterColumn(ListColumn):
    """A column of the register.

    Attributes:
        field: what its cells say.
    """

    field: Field

    @property
    def dated(self) -> bool:
        return self.field.kind == "day"

    def read_cell(
        self, raw: Any, dictionaries: Dictionaries, unit: Decimal | None = None
    ) -> Any:
        """What a cell says, None where it is empty. Raises ParseError."""
        # Days and sums are read with the format of their cell: 50 shown as 50万元 is no 50.
        if self.field.kind == "money":
            return read_fen(raw, YUAN if unit is None else unit)
        if self.field.kind == "day":
            return self.field.read(raw)
        return self.field.read(cell_text(raw))


class RegisterHeaders(Headers):
    """The headers of lists of the register."""

    def __init__(self) -> None:
        super().__init__(_RegisterSchema())

    def count_known(self, row: Sequence[Any]) -> int:
        """How many columns a row names; 0 where it names one at most. Which ones are lacking is said by their names."""
        placed, _ = self.place_columns(row)
        return len(placed) if len(placed) > 1 else 0


class _RegisterSchema:
    @property
    def list_columns(self) -> Sequence[ListColumn]:
        return [_column_of(one) for one in COLUMNS]


def _column_of(one: Field) -> RegisterColumn:
    return RegisterColumn(
        name=one.name,
        label=one.header,
        aliases=ALIASES.get(one.name, ()),
        unit="元" if one.kind == "money" else "",
        holder=one.name in PARTIES,
        field=one,
    )
