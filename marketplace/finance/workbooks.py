"""The office's list of filed loans as a workbook. Sums are texts: exact as they stand."""

from __future__ import annotations

from collections.abc import Iterable

from marketplace.workbooks import table_workbook

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
    return table_workbook("贷款备案", HEADERS, rows)
