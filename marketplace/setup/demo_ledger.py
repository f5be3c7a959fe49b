"""Two years of the register for the demonstration: invented contracts of invented organisations."""

from __future__ import annotations

import io
from datetime import date

from marketplace.accounts.models import Person
from marketplace.clock import today
from marketplace.contracts import list_deeds

HEADER = (
    "合同登记编号,登记日期,签订日期,项目名称,技术合同类型,卖方名称,卖方行政区划,买方名称,"
    "合同成交总额,技术交易额,免税技术交易额,技术领域"
)
BUYER = "示例买方有限公司（示例）"
# (title, type, whether the university sells, district, total, technology and exempt amount in 万元, field)
CONTRACTS = (
    ("铜合金带材退火工艺许可", "技术许可", True, "371502", 120, 120, 120, "新材料及其应用"),
    ("轴承套圈在线检测系统开发", "技术开发", True, "371581", 86, 72, 72, "先进制造"),
    ("阿胶提取残渣利用技术转让", "技术转让", True, "371524", 60, 60, 60, "生物、医药和医疗器械"),
    ("轴承保持器注塑模具改进服务", "技术服务", False, "371581", 35, 28, 0, "先进制造"),
    ("污泥干化余热利用可行性咨询", "技术咨询", True, "371502", 12, 12, 0, "环境保护与资源综合利用"),
    ("新能源客车热管理技术开发", "技术开发", False, "371502", 3600, 3400, 3400, "新能源与高效节能"),
)  # fmt: skip


def add_ledger(operator: Person, university: str, institute: str) -> int:
    """Bring the contracts of this year's and last year's registers in; how many are new.

    Args:
        operator: who imports them.
        university, institute: names of the sellers.
    """
    rows = [HEADER]
    number = 0
    # In the first days of January this year has too few of them that are over.
    last = today().year if today() >= date(today().year, 1, 7) else today().year - 1
    for year in (last - 1, last):
        for place, one in enumerate(CONTRACTS):
            title, kind, is_university, district, total, tech, exempt, field = one
            number += 1
            seller = university if is_university else institute
            # The first days of January, so that both years have the same contracts whenever this is run.
            day = f"{year}-01-{place + 1:02d}"
            rows.append(
                f"{year}37150000{number:04d},{day},{day},{title},{kind},{seller},{district},{BUYER},"
                f"{total}万元,{tech}万元,{exempt}万元,{field}"
            )
    file = io.BytesIO("\n".join(rows).encode())
    return list_deeds.import_register(file, "登记簿（示例）.csv", by=operator).added
