"""What is said of a list as a whole, in Chinese: columns left out and hidden, rows passed over, further headers.
Not here: what is wrong with one cell (importing), where it is all kept (reports).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from marketplace.exchange.headers import PlacedColumn, ReadHeader
from marketplace.exchange.sheets import column_letter
from marketplace.listings.schema.choices import SECRET

MAX_HEADER_SHOWN = 60  # characters of a header that are repeated to the reader
COLUMNS_NAMED = 20  # headers that are listed
ROWS_NAMED = 8  # rows that a remark names
QUOTE_COMMAS = (
    "文字里有逗号的，请给这一格加上英文双引号，或在 Excel 里核对后另存为 .xlsx 再导入。"
)


def describe_header(read: ReadHeader, hidden: frozenset[int]) -> list[str]:
    """Which columns of a header row are not read, and why; and which are read though nobody sees them.

    Args:
        read: the header row.
        hidden: indices of the columns that are hidden.
    """
    return [*_describe_left_out(read), *_describe_hidden_columns(read.placed, hidden)]


def _describe_left_out(read: ReadHeader) -> list[str]:
    remarks = []
    # Named although nothing can be done here: a column that silently stays behind is missed weeks later.
    if read.unknown:
        listed = _list_columns(read.unknown[:COLUMNS_NAMED])
        remarks.append(f"这些列没有对应的栏目，没有导入：{listed}。")
    for index, text, holder in read.doubled[:COLUMNS_NAMED]:
        place = _list_columns([(index, text)])
        taken = f"「{holder[:MAX_HEADER_SHOWN]}」"
        remarks.append(f"{place}与{taken}是同一栏目，只读取{taken}，这一列没有导入。")
    for index, text, labels in read.unclear[:COLUMNS_NAMED]:
        place = _list_columns([(index, text)])
        meant = "或".join(f"「{label}」" for label in labels)
        remarks.append(
            f"{place}不能确定是不是{meant}，没有导入；是的话请改成这样的表头。"
        )
    for index, text, neighbour in read.unsure[:COLUMNS_NAMED]:
        place = _list_columns([(index, text)])
        whose = f"，看起来是「{neighbour[:MAX_HEADER_SHOWN]}」的" if neighbour else ""
        advice = "是联系人的请把表头改成「联系人电话」或「联系人邮箱」。"
        remarks.append(f"{place}不能确定是联系人的{whose}，没有导入；{advice}")
    return remarks


def _describe_hidden_columns(
    placed: Iterable[PlacedColumn], hidden: frozenset[int]
) -> list[str]:
    # Only those that are read: a hidden column that means nothing surprises nobody.
    columns = [(one.index, one.header) for one in placed if one.index in hidden]
    if not columns:
        return []
    listed = _list_columns(columns)
    return [f"这些列在表里是隐藏的，也读取了：{listed}；不该导入的请先删去。"]


def describe_rows(
    *,
    headers_below: Sequence[int],
    hidden: Sequence[int],
    struck: Sequence[int] = (),
    is_filtered: bool,
    skipped: Mapping[str, Sequence[int]],
) -> list[str]:
    """What was done with the rows of a sheet as a whole.

    Args:
        headers_below: rows that are headers of further tables.
        hidden: rows that are read though nobody sees them.
        struck: rows that are read though they are struck out.
        is_filtered: whether a filter may hide them.
        skipped: what they are → rows that hold nothing of the list.
    """
    remarks = []
    if headers_below:
        remarks.append(f"{list_rows(headers_below)}又是表头，下面的行按它读取。")
    if hidden:
        # A file does not say whether a filter or a hand has hidden a row.
        how = "被隐藏或筛选掉" if is_filtered else "被隐藏"
        rows = list_rows(hidden)
        remarks.append(
            f"有 {len(hidden)} 行{how}（{rows}），也读取了；不该导入的请先删去。"
        )
    if struck:
        rows = list_rows(struck)
        remarks.append(
            f"有 {len(struck)} 行整行划了删除线（{rows}），也读取了；不该导入的请先删去。"
        )
    if skipped:
        total = sum(map(len, skipped.values()))
        parts = [f"{list_rows(rows)}（{kind}）" for kind, rows in skipped.items()]
        remarks.append(f"有 {total} 行不是清单内容，没有读取：{'、'.join(parts)}。")
    return remarks


def describe_headerless(cells: Mapping[int, tuple[int, str]]) -> list[str]:
    """Which columns hold something and have no header.

    Args:
        cells: index → the first row that says something there, and what.
    """
    if not cells:
        return []
    shown = sorted(cells.items())[:COLUMNS_NAMED]
    listed = "、".join(
        f"{column_letter(index)} 列（第 {row} 行「{text}」）"
        for index, (row, text) in shown
    )
    return [f"这些列没有表头，没有导入：{listed}；要导入的请补上表头。"]


def describe_shifted(rows: Sequence[int]) -> list[str]:
    """Which rows of a text file have more cells than the header, so that nobody knows what belongs where."""
    if not rows:
        return []
    return [f"{list_rows(rows)}比表头多出几格，没有读取。{QUOTE_COMMAS}"]


def describe_secret(rows: Sequence[int]) -> list[str]:
    """Which rows bear the mark of a state secret; nothing of them is repeated or stored."""
    if not rows:
        return []
    return [f"{list_rows(rows)}：{SECRET.message}{SECRET.allowed}"]


def _list_columns(columns: Iterable[tuple[int, str]]) -> str:
    """联系电话（C 列）、手机（F 列）."""
    places = [
        f"{' '.join(text.split())[:MAX_HEADER_SHOWN]}（{column_letter(index)} 列）"
        for index, text in columns
    ]
    return "、".join(places)


def list_rows(numbers: Sequence[int]) -> str:
    """第 3、8、9 行, the first ones of many."""
    shown = "、".join(str(number) for number in numbers[:ROWS_NAMED])
    more = " 等" if len(numbers) > ROWS_NAMED else ""
    return f"第 {shown}{more} 行"
