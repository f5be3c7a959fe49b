"""Lists of the register come in and go out: one table of columns for both, every row written or none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain
from typing import IO, Any, BinaryIO, cast

from marketplace import persistence
from marketplace.clock import now, today
from marketplace.contracts.changing import perform_deal, write_fields
from marketplace.contracts.field import Field
from marketplace.contracts.fields import FIELDS, REGISTRY_NO, problems_of
from marketplace.contracts.filing_deeds import NO_NUMBER, sum_problems
from marketplace.contracts.life import CHANGEABLE
from marketplace.contracts.models import ContractEntry, TechContract
from marketplace.errors import Invalid
from marketplace.exchange.money_units import unit_of_sheet
from marketplace.exchange.sheets import open_sheet
from marketplace.extensions import db
from marketplace.organisations.models import Organisation, key_of
from marketplace.parsing import ParseError
from marketplace.parsing.exact_sums import YUAN, read_fen
from marketplace.parsing.text import cell_text, compact_text
from marketplace.permissions import Reader, reader_id, require
from marketplace.workbooks import table_workbook

MAX_ROWS = 5000
# Of the register itself, beside the fields of the contract.
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
# What offices also write above the same column.
ALIASES = {
    "登记编号": "registry_no",
    "合同名称": "title",
    "合同类型": "contract_type",
    "卖方": "seller_name",
    "买方": "buyer_name",
    "成交总额": "total_fen",
    "合同成交总额(元)": "total_fen",
    "技术交易额(元)": "tech_fen",
    "免税技术交易额(元)": "exempt_fen",
    "免税额": "exempt_fen",
}


@dataclass
class Outcome:
    """What became of a list.

    Attributes:
        added: contracts that are new in the ledger.
        registered: contracts of the platform that were registered by a row.
        known: rows that say what the ledger says already.
        voided: titles of contracts whose confirmations fell, for a row says otherwise.
    """

    added: int = 0
    registered: int = 0
    known: int = 0
    voided: list[str] = field(default_factory=list)


class RegisterHeaders:
    """What knows the headers of the register."""

    def __init__(self) -> None:
        self.names = {_key(one.header): one.name for one in COLUMNS}
        self.names.update({_key(words): name for words, name in ALIASES.items()})

    def count_known(self, row: Sequence[Any]) -> int:
        """How many columns a row names."""
        return sum(_key(cell) in self.names for cell in row)

    def combine_rows(
        self, _upper: Sequence[Any], _lower: Sequence[Any]
    ) -> tuple[Any, ...] | None:
        """The register has one row of headers."""
        return None

    def placed(self, row: Sequence[Any]) -> dict[int, str]:
        """Index of a cell → the field that stands there; the first of two columns of one name."""
        found: dict[int, str] = {}
        for index, cell in enumerate(row):
            name = self.names.get(_key(cell))
            if name is not None and name not in found.values():
                found[index] = name
        return found


def import_register(file: IO[bytes], name: str, *, by: Reader) -> Outcome:
    """导入登记簿: contracts that were registered, with a deal on the platform or without one.

    A row of a contract that both sides have confirmed here registers it; one that says otherwise lets the confirmations
    fall, aloud, as every other change does.

    Args:
        file: a workbook or a text table, seekable.
        name: of the file.
        by: an operator.

    Raises:
        NotAllowed.
        Invalid: the file cannot be read, or rows are faulty: `problems` has a list of them, and nothing is written.
    """
    require(by, "ledger.import")
    try:
        rows = read_rows(file, name)
    except Invalid as error:
        raise _name_columns(error) from None
    persistence.begin_write()
    outcome = Outcome()
    faults: list[str] = []
    for number, values in rows:
        try:
            _take(values, outcome, name=name, by=by)
        except Invalid as error:
            messages = list(chain.from_iterable(error.problems.values()))
            faults.append(f"第 {number} 行：{' '.join(messages) or error.message}")
    if faults:
        db.session.rollback()
        raise _faulty(faults)
    persistence.commit()
    return outcome


def read_rows(file: IO[bytes], name: str) -> list[tuple[int, dict[str, Any]]]:
    """(number of a row, field → value) of a list. Raises Invalid: as `import_register`."""
    headers = RegisterHeaders()
    by_name = {one.name: one for one in COLUMNS}
    found: list[tuple[int, dict[str, Any]]] = []
    faults: list[str] = []
    with open_sheet(cast(BinaryIO, file), headers, name=name) as sheet:
        unit = unit_of_sheet(row.cells for row in sheet.above) or YUAN
        placed = headers.placed(sheet.header.cells)
        lacking = [by_name[one].header for one in NEEDED if one not in placed.values()]
        if lacking:
            message = f"缺少列：{'、'.join(lacking)}。"
            raise Invalid(message, problems={"file": [message]})
        for row in sheet.rows:
            if len(found) + len(faults) >= MAX_ROWS:
                message = f"一次最多导入 {MAX_ROWS} 行，请分成几份。"
                raise Invalid(message, problems={"file": [message]})
            cells = _cells_of(row.cells, placed)
            values, problems = _read_cells(cells, by_name, unit)
            if problems:
                faults.append(f"第 {row.number} 行：{' '.join(problems)}")
            elif values:
                found.append((row.number, values))
    if faults:
        raise _faulty(faults)
    if not found:
        raise Invalid(
            "文件里没有要导入的行。", problems={"file": ["文件里没有要导入的行。"]}
        )
    return found


def export_register(contracts: Iterable[TechContract]) -> bytes:
    """The register as a workbook, with the sums as they are registered now: all entries together.

    Args:
        contracts: in the order of the rows.
    """
    header = [one.header for one in COLUMNS]
    return table_workbook("登记簿", header, map(_cells_to_write, contracts))


def _cells_to_write(contract: TechContract) -> list[str]:
    sums = contract.registered_sums
    cells = []
    for one in COLUMNS:
        value = sums.get(one.name, getattr(contract, one.name, None))
        cells.append(_cell_of(one, value))
    return cells


def _cell_of(one: Field, value: Any) -> str:
    if one.kind == "money" and value is not None:
        return one.typed(value)
    return one.shown(value)


def _cells_of(cells: Sequence[Any], placed: dict[int, str]) -> dict[str, Any]:
    """Field → its cell; a row may end before the header does."""
    found = {}
    for index, name in placed.items():
        found[name] = cells[index] if index < len(cells) else None
    return found


def _read_cells(
    cells: dict[str, Any], by_name: dict[str, Field], unit: Decimal
) -> tuple[dict[str, Any], list[str]]:
    values: dict[str, Any] = {}
    problems = []
    for name, cell in cells.items():
        one = by_name[name]
        try:
            values[name] = _read_cell(one, cell, unit)
        except ParseError as error:
            problems.append(f"{one.header}：{error.sentence}")
    if all(value is None for value in values.values()) and not problems:
        return {}, []
    for name in NEEDED:
        if name in values and values[name] is None:
            problems.append(f"{by_name[name].header}没有填。")
    return values, problems


def _read_cell(one: Field, cell: Any, unit: Decimal) -> Any:
    # Days and sums are read with the format of their cell: 50 shown as 50万元 is no 50.
    if one.kind == "money":
        return read_fen(cell, unit)
    return one.read(cell if one.kind == "day" else cell_text(cell))


def _name_columns(error: Invalid) -> Invalid:
    """What is wrong with a file; where no header was found, with what was looked for."""
    if "header" not in error.problems:
        return error
    wanted = "、".join(one.header for one in COLUMNS if one.name in NEEDED)
    message = f"{error.message}要有这些列：{wanted}。"
    return Invalid(message, problems={"file": [message]})


def _take(values: dict[str, Any], outcome: Outcome, *, name: str, by: Reader) -> None:
    """One row; nothing of it is written where it is faulty."""
    values.setdefault("exempt_fen", None)
    values["exempt_fen"] = values["exempt_fen"] or 0
    _check_row(values)
    known = _registered(values["registry_no"])
    if known is not None:
        _compare(known, values)
        outcome.known += 1
        return
    ours = _contract_of_row(values)
    if ours is not None:
        _register_ours(ours, values, outcome, name=name, by=by)
        return
    contract = TechContract(
        state="registered",
        seller_id=_organisation_of(values["seller_name"]),
        buyer_id=_organisation_of(values["buyer_name"]),
        source_name=name[:200],
        rules={},
        **{key: value for key, value in values.items() if key != "exempt_fen"},
    )
    db.session.add(contract)
    db.session.flush()
    contract.life.born(contract, by=by)
    _enter(contract, values, by)
    outcome.added += 1


def _check_row(values: dict[str, Any]) -> None:
    problems = problems_of(values)
    problems |= sum_problems(
        values["total_fen"], values["tech_fen"], values["exempt_fen"]
    )
    if values["registered_on"] > today():
        problems["registered_on"] = ["登记日期不能是以后的日期。"]
    if problems:
        raise Invalid("这一行没有导入。", problems=problems)


def _compare(contract: TechContract, values: dict[str, Any]) -> None:
    """A row of what is registered already says the same, or is refused: corrections are entries of their own."""
    sums = contract.registered_sums
    differing = []
    for one in COLUMNS:
        if one.name not in values or values[one.name] is None:
            continue
        stored = sums.get(one.name, getattr(contract, one.name, None))
        if stored is not None and stored != values[one.name]:
            differing.append(one.header)
    if differing:
        message = (
            f"登记编号 {contract.registry_no} 已经登记，{'、'.join(differing)}和台账不一样；"
            "请在合同页更正，不能用导入改。"
        )
        raise Invalid(message, problems={"registry_no": [message]})


def _register_ours(
    contract: TechContract,
    values: dict[str, Any],
    outcome: Outcome,
    *,
    name: str,
    by: Reader,
) -> None:
    fields = {one.name for one in FIELDS}
    kept = {}
    for key, value in values.items():
        if key in fields and value is not None:
            kept[key] = value
    if write_fields(contract, kept, by=by, why=f"导入的登记簿「{name}」与合同不一样。"):
        outcome.voided.append(contract.title or contract.number)
        return
    if contract.state not in ("filed", "accepted"):
        message = f"平台上的这份合同现在是「{contract.state_name}」，还没有提交登记。"
        raise Invalid(message, problems={"registry_no": [message]})
    contract.registry_no = values["registry_no"]
    contract.registered_on = values["registered_on"]
    contract.decide_by = None
    contract.changed_at = now()
    contract.life.move(contract, "register", by=by, note=f"导入：{name}")
    db.session.flush()
    perform_deal(contract, by=by)
    _enter(contract, values, by)
    outcome.registered += 1


def _enter(contract: TechContract, values: dict[str, Any], by: Reader) -> None:
    db.session.add(
        ContractEntry(
            contract_id=contract.id,
            kind="registered",
            entered_on=today(),
            total_fen=values["total_fen"],
            tech_fen=values["tech_fen"],
            exempt_fen=values["exempt_fen"],
            counts=1,
            by_id=reader_id(by),
        )
    )
    db.session.flush()


def _registered(registry_no: str) -> TechContract | None:
    query = db.select(TechContract).filter_by(registry_no=registry_no)
    row: TechContract | None = db.session.scalar(query)
    return row


def _contract_of_row(values: dict[str, Any]) -> TechContract | None:
    """The contract of the platform that a row is about: by its own number and its seller."""
    number = values.get("contract_no")
    if not number:
        return None
    query = db.select(TechContract).where(
        TechContract.deal_id.is_not(None),
        TechContract.state.in_(CHANGEABLE),
        TechContract.contract_no == number,
        TechContract.seller_name == values["seller_name"],
    )
    rows = list(db.session.scalars(query))
    return rows[0] if len(rows) == 1 else None


def _organisation_of(name: str) -> int | None:
    """The organisation of that name, where there is exactly one."""
    query = db.select(Organisation.id).where(
        Organisation.name_key == key_of(name), Organisation.state != "merged"
    )
    numbers = list(db.session.scalars(query))
    return numbers[0] if len(numbers) == 1 else None


def _key(cell: Any) -> str:
    return compact_text(cell).rstrip("*") if cell is not None else ""


def _faulty(faults: list[str]) -> Invalid:
    shown = faults[:20]
    if len(faults) > len(shown):
        shown.append(f"还有 {len(faults) - len(shown)} 行有问题。")
    message = f"有 {len(faults)} 行有问题，一行都没有导入；改好后再选一次文件。"
    return Invalid(message, problems={"file": shown})
