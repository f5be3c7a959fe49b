"""The PDF of a certificate, from its frozen content alone."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from marketplace.issues.printing import compile_values, qr_picture
from marketplace.wording import day, yuan

SOURCE = Path(__file__).with_name("certificate.typ")


def grouped_code(code: str) -> str:
    """A code as people read and type it: four letters at a time."""
    return "-".join(code[place : place + 4] for place in range(0, len(code), 4))


def render_certificate(content: str, *, code: str, address: str, page: str) -> bytes:
    """The PDF of a certificate.

    Args:
        content: the canonical text; nothing else of the certificate goes into the file.
        code: what it is verified by.
        address: of the page that verifies it, with the code, for the QR code.
        page: the same without the code, for people who type.

    Raises:
        PrintingError: the printer had something to remark.
    """
    # Nothing from the tables: what is printed late is what was certified, not what has become of it.
    frozen = json.loads(content)
    issued = date.fromisoformat(frozen["issued_on"])
    rows = []
    for one in frozen["rows"]:
        registered = date.fromisoformat(one["registered_on"])
        total, tech = yuan(one["total_fen"]), yuan(one["tech_fen"])
        rows.append(
            [
                one["registry_no"],
                day(registered),
                one["title"],
                one["type"],
                one["part"],
                total,
                tech,
            ]
        )
    sums = [yuan(frozen[name]) for name in ("total_fen", "tech_fen", "exempt_fen")]
    values = {
        "title": "科技成果转化业绩证明",
        "organisation": frozen["organisation"],
        "sentence": (
            f"{frozen['name']}在{frozen['organisation']}完成或参加完成的科技成果，已转化并登记的技术合同如下。"
            f"用途：{frozen['purpose']}。证明编号 {frozen['number']}。"
        ),
        "date": {"year": issued.year, "month": issued.month, "day": issued.day},
        "rows": rows,
        "notes": [
            f"合计 {frozen['count']} 份，成交额 {sums[0]} 元，技术交易额 {sums[1]} 元，其中免税 {sums[2]} 元。",
            f"金额是签发当天技术合同登记台账的金额，已包括更正；本人的贡献由{frozen['organisation']}确认。",
            f"签发日期 {day(issued)}。",
        ],
        "code": grouped_code(code),
        "address": address,
        "page": page,
        "qr": qr_picture(address),
    }
    return compile_values(SOURCE, values)
