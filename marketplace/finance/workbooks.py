"""The office's list of filed loans as a workbook. Sums are texts: exact as they stand."""

from __future__ import annotations

import io
from collections.abc import Iterable

from marketplace.exchange.exporting import BOOK_SETTINGS
from marketplace.parsing.text import escape_formula
from marketplace.rehearsal_marks import Workbook

HEADERS = (
    "机构", "产品", "借款企业", "统一社会信用代码", "县市区", "合同编号", "用途", "本金（元）", "年利率（%）",
    "放款日", "到期日", "申报日", "状态", "首次备案", "还清日", "省级贴息额（元）", "市级贴息（元）",
    "损失本金（元）", "市级分担（元）", "县级分担（元）", "依据",
)  # fmt: skip


def loans_workbook(rows: Iterable[list[str]]) -> bytes:
    """The list as .xlsx.

    Args:
        rows: the cells of each loan, in the order of `HEADERS`.
    """
    out = io.BytesIO()
    with Workbook(out, BOOK_SETTINGS) as book:
        sheet = book.add_worksheet("贷款备案")
        header = book.add_format({"bold": True, "text_wrap": True, "border": 1})
        for index, name in enumerate(HEADERS):
            sheet.write_string(0, index, name, header)
            sheet.set_column(index, index, 18)
        for number, cells in enumerate(rows, 1):
            for index, text in enumerate(cells):
                sheet.write_string(number, index, escape_formula(text))
        sheet.freeze_panes(1, 0)
    return out.getvalue()
