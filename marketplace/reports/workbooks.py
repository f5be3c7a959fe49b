"""The yearly report as a workbook: sums first, then the rows behind each."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from marketplace.contracts.life import ENTRY_KINDS
from marketplace.reports.yearly import YearReport, mode_name
from marketplace.wording import day, yuan
from marketplace.workbooks import Workbook

Rows = Iterable[Sequence[str]]
SOURCES = "平台的合同台账、到款记录和已定的分配方案；不在平台上办的不在内"
MODE_HEADER = (
    "转化方式",
    "签订合同（份）",
    "合同金额（元）",
    "本年到款（元）",
    "本年分配净收入（元）",
    "完成人（元）",
    "单位（元）",
    "技术转移机构（元）",
)


def workbook_of(report: YearReport) -> bytes:
    """The .xlsx of a report. Sums are texts, exact as they stand."""
    out = io.BytesIO()
    with Workbook(out) as book:
        for name, header, rows in _sheets(report):
            book.add_table(name, header, rows)
    return out.getvalue()


def _sheets(report: YearReport) -> Iterable[tuple[str, Sequence[str], Rows]]:
    sums = report.registered
    yield (
        "说明",
        ("项目", "内容"),
        (
            ("单位", report.organisation.name),
            ("年度", str(report.year)),
            ("数据截至", day(report.day)),
            # Day and source in the file itself: it is passed on without the page it came from.
            ("来源", SOURCES),
            ("本年登记合同（份）", str(sums["count"])),
            ("登记成交总额（元）", yuan(sums["total_fen"])),
            ("其中技术交易额（元）", yuan(sums["tech_fen"])),
            ("其中免税技术交易额（元）", yuan(sums["exempt_fen"])),
            # How many and never who: what a person gets is theirs (decision 127).
            ("本年定下的奖励人次", str(report.people)),
            ("有担任领导的人获得奖励", "有" if report.has_leader else "没有"),
        ),
    )
    yield "汇总", MODE_HEADER, [one.cells for one in (*report.modes, report.total)]
    yield (
        "签订的合同",
        (
            "编号",
            "名称",
            "转化方式",
            "买方",
            "签订日期",
            "成交总额（元）",
            "登记编号",
            "状态",
        ),
        [
            (
                one.number,
                one.title or "",
                mode_name(one),
                one.buyer_name or "",
                day(one.signed_on),
                yuan(one.total_fen or 0),
                one.registry_no or "",
                one.state_name,
            )
            for one in report.signed
        ],
    )
    yield (
        "登记台账",
        (
            "登记编号",
            "名称",
            "登记日期",
            "记账",
            "记账日期",
            "成交总额（元）",
            "技术交易额（元）",
            "免税额（元）",
        ),
        [
            (
                one.contract.registry_no or "",
                one.contract.title or "",
                day(one.contract.registered_on),
                ENTRY_KINDS[one.kind],
                day(one.entered_on),
                yuan(one.total_fen),
                yuan(one.tech_fen),
                yuan(one.exempt_fen),
            )
            for one in report.entries
        ],
    )
    yield (
        "到款",
        ("合同", "名称", "日期", "金额（元）", "说明"),
        [
            (
                one.contract.number,
                one.contract.title or "",
                day(one.received_on),
                yuan(one.amount_fen),
                one.note,
            )
            for one in report.receipts
        ],
    )
    yield (
        "分配",
        (
            "合同",
            "名称",
            "定下日期",
            "净收入（元）",
            "完成人（元）",
            "人数",
            "单位（元）",
            "技术转移机构（元）",
        ),
        [
            (
                one.contract.number,
                one.contract.title or "",
                day(one.settled_on),
                yuan(one.net_after_fen - one.net_before_fen),
                yuan(one.inventors_fen),
                str(len(one.shares)),
                yuan(one.institution_fen),
                yuan(one.office_fen),
            )
            for one in report.distributions
        ],
    )
