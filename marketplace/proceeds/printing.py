"""The statement of what one person gets: printed once it is settled, the same bytes each time."""

from __future__ import annotations

from pathlib import Path

from marketplace.issues.printing import compile_values
from marketplace.proceeds.models import InventorShare
from marketplace.proceeds.sharing import SOURCES
from marketplace.rules.queries import thawed
from marketplace.wording import day, yuan

SOURCE = Path(__file__).with_name("statement.typ")
# What a floor comes from where it is no value of law.
BASES = {"agreed": "与完成人的约定", "institution": "本单位的规定"}


def basis_words(share: InventorShare) -> str:
    """Where the least share of the inventors comes from."""
    row = share.distribution
    if row.floor_basis in BASES:
        return BASES[row.floor_basis]
    return thawed(row.rules)[row.floor_basis].source


def render_statement(share: InventorShare) -> bytes:
    """The PDF of a share. Raises PrintingError."""
    row, contract = share.distribution, share.distribution.contract
    # Not the day of printing, so that the bytes are the same each time.
    settled = row.settled_on or row.planned_on
    # Only what this plan shares: the rest was shared before.
    net = row.net_after_fen - row.net_before_fen
    rows = [
        ["姓名", share.name],
        ["合同", f"{contract.title}（{contract.number}）"],
        ["单位", contract.seller_name or ""],
        ["收入来源", SOURCES[row.source]],
        ["累计到款", f"{yuan(row.income_fen)} 元"],
        ["累计直接成本", f"{yuan(row.costs_fen)} 元"],
        ["本次分配的净收入", f"{yuan(net)} 元"],
        ["其中完成人部分", f"{yuan(row.inventors_fen)} 元"],
        ["本人占完成人部分", f"{share.percent}%"],
        ["本人应得", f"{yuan(share.amount_fen)} 元"],
        ["方案定于", day(settled)],
    ]
    notes = [
        f"完成人部分不低于净收入的 {row.floor_percent}%：{basis_words(share)}。",
        "金额未扣税，税款以税务机关为准。",
    ]
    if row.ends_on is not None:
        notes.append(f"方案公示到 {day(row.ends_on)} 24:00（北京时间）。")
    values = {
        "title": "科技成果转化收入分配明细",
        "holder": contract.seller_name or "",
        "date": {"year": settled.year, "month": settled.month, "day": settled.day},
        "rows": rows,
        "notes": notes,
    }
    return compile_values(SOURCE, values)
