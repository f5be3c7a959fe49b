"""Lists of the register come in and go out: one table of columns for both, every row written or none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import IO, Any, BinaryIO, cast

from marketplace import persistence
from marketplace.clock import now, today
from marketplace.contracts.changing import perform_deal, write_fields
from marketplace.contracts.columns import COLUMNS, NEEDED, PARTIES, RegisterHeaders
from marketplace.contracts.field import Field
from marketplace.contracts.fields import FIELDS, problems_of
from marketplace.contracts.filing_deeds import sum_problems
from marketplace.contracts.life import CHANGEABLE
from marketplace.contracts.models import ContractEntry, TechContract
from marketplace.errors import Invalid
from marketplace.exchange.headers import PlacedColumn
from marketplace.exchange.money_units import unit_of_sheet
from marketplace.exchange.remarks import describe_header
from marketplace.exchange.reports import Report
from marketplace.exchange.row_kinds import HEADER, UNIT, RowKinds
from marketplace.exchange.rows import OpenSheet, SheetRow, is_filled
from marketplace.exchange.screening import RowScreen, placed_in, with_units
from marketplace.exchange.sheets import open_sheet
from marketplace.extensions import db
from marketplace.listings.schema.dictionaries import Dictionaries
from marketplace.organisations.models import Organisation, key_of
from marketplace.parsing import ParseError
from marketplace.permissions import Reader, reader_id, require
from marketplace.workbooks import table_workbook

MAX_ROWS = 5000


@dataclass
class Outcome:
    """What became of a list.

    Attributes:
        added: contracts that are new in the ledger.
        registered: contracts of the platform that were registered by a row.
        known: rows that say what the ledger says already.
        voided: titles of contracts whose confirmations fell, for a row says otherwise.
        remarks: what was passed over or left out, in Chinese.
    """

    added: int = 0
    registered: int = 0
    known: int = 0
    voided: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


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
        rows, remarks = read_rows(file, name)
    except Invalid as error:
        raise _name_columns(error) from None
    persistence.begin_write()
    outcome = Outcome(remarks=remarks)
    faults: list[str] = []
    for number, values in rows:
        try:
            _take(values, outcome, name=name, by=by)
        except Invalid as error:
            messages = list(chain.from_iterable(error.problems.values()))
            faults += _at_row(number, messages or [error.message])
    if faults:
        db.session.rollback()
        raise _faulty(faults)
    persistence.commit()
    return outcome


def read_rows(
    file: IO[bytes], name: str
) -> tuple[list[tuple[int, dict[str, Any]]], list[str]]:
    """Read a list of the register.

    Returns:
        (number of a row, field → value) of each contract, and what was passed over or left out.

    Raises:
        Invalid: as `import_register`.
    """
    headers = RegisterHeaders()
    report = Report("contract", name)
    found: list[tuple[int, dict[str, Any]]] = []
    faults: list[str] = []
    rows = 0
    with open_sheet(cast(BinaryIO, file), headers, name=name) as sheet:
        reader = _RegisterReader(report, sheet, headers)
        for row in sheet.rows:
            values, problems = reader.read_row(row)
            rows += bool(values or problems)
            if problems:
                faults += _at_row(row.number, problems)
            elif values:
                found.append((row.number, values))
            # Behind the last row that is allowed a footer may still come.
            if rows > MAX_ROWS:
                message = f"一次最多导入 {MAX_ROWS} 行，请分成几份。"
                raise Invalid(message, problems={"file": [message]})
        remarks = [*report.remarks, *reader.screen.remarks()]
    if faults:
        raise _faulty(faults)
    if not found:
        words = f"文件里没有要导入的行。{''.join(remarks)}"
        raise Invalid(words, problems={"file": [words]})
    return found, remarks


def _at_row(number: int, problems: Iterable[str]) -> list[str]:
    """Each problem of a row as a line of its own."""
    return [f"第 {number} 行，{problem}" for problem in problems]


class _RegisterReader:
    """Reads the rows of one sheet of the register.

    Args:
        report: takes what is passed over.
        sheet: the sheet, at its header.
        headers: those of the register.
    """

    def __init__(
        self, report: Report, sheet: OpenSheet, headers: RegisterHeaders
    ) -> None:
        self.report = report
        self.headers = headers
        self.sheet = sheet
        self.hidden_columns = sheet.hidden_columns
        self.screen = RowScreen(report, sheet, RowKinds(headers))
        self.sheet_unit = unit_of_sheet(row.cells for row in sheet.above)
        self.dictionaries = Dictionaries()
        self.placed: list[PlacedColumn] = []
        report.remarks = sheet.remarks
        self._place(sheet.header)

    def read_row(self, row: SheetRow) -> tuple[dict[str, Any], list[str]]:
        """Field → value of a row, and what is wrong with it; neither where it is no contract."""
        if self.headers.is_header_row(row.cells):
            # Long lists repeat the header on each page, perhaps in another order.
            self.report.skip(HEADER, row.number, "")
            self._place(row)
            return {}, []
        kind = self.screen.kind_of(row)
        if kind == UNIT:
            self.placed, unit = with_units(self.placed, row.cells)
            self.sheet_unit = unit or self.sheet_unit
        if kind:
            self.screen.skip(row, kind)
            return {}, []
        if not self.screen.admits(row):
            problem = self.report.problems[-1]
            return {}, [f"{problem.message}{problem.allowed}"]
        return self._read_cells(row)

    def _place(self, header: SheetRow) -> None:
        read = self.headers.read_header(header.cells)
        names = {one.column.name: one for one in read.placed}
        lacking = [
            one.header
            for one in COLUMNS
            if one.name in NEEDED and one.name not in names
        ]
        if lacking:
            message = f"缺少列：{'、'.join(lacking)}。"
            raise Invalid(message, problems={"file": [message]})
        self.placed = placed_in(self.sheet, read.placed, self.sheet_unit)
        self.screen.place(
            header,
            [one.index for one in read.placed],
            title=names["title"].index,
            owners={names[one].index for one in PARTIES},
        )
        self.report.add_remarks(*describe_header(read, self.hidden_columns))

    def _read_cells(self, row: SheetRow) -> tuple[dict[str, Any], list[str]]:
        values: dict[str, Any] = {}
        problems = []
        for one in self.placed:
            raw = one.cell_of(row.cells)
            try:
                value = one.read_cell(raw, self.dictionaries)
            except ParseError as error:
                problems.append(f"{one.column.label}：{error.sentence}")
                continue
            values[one.column.name] = value
            if value is None and one.column.name in NEEDED:
                problems.append(f"{one.column.label}没有填。")
        if not any(map(is_filled, row.cells)):
            return {}, []
        return values, problems


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


def _faulty(faults: list[str]) -> Invalid:
    shown = faults[:20]
    if len(faults) > len(shown):
        shown.append(f"还有 {len(faults) - len(shown)} 处有问题。")
    message = f"有 {len(faults)} 处有问题，一行都没有导入；改好后再选一次文件。"
    return Invalid(message, problems={"file": shown})
