"""How long a list of 10,000 rows takes in the browser: reading, staging, writing, the same again, taking back.

    python -m benchmarks.imports [ROWS]

A site of its own in a temporary folder, with one organisation; the list is made of the sample achievements' words.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import xlsxwriter
from flask_migrate import upgrade

from config import Config
from marketplace import create_app
from marketplace.accounts.deeds import add_person, seed_roles
from marketplace.dictionaries.deeds import seed_dictionaries
from marketplace.extensions import db
from marketplace.imports import deeds, upkeep
from marketplace.imports.staging import read_upload
from marketplace.organisations.deeds import add_organisation

ROWS = 10_000
# PostgreSQL where its address is given, else a file of SQLite.
DATABASE = {name: value for name, value in os.environ.items() if name == "DATABASE_URL"}
HEADER = (
    *("成果名称", "完成单位", "完成人", "技术领域", "成果简介", "主要技术指标"),
    *("所处阶段", "转化方式", "预期价格", "关键词", "联系人", "联系电话"),
)
OWNER = "聊城大学（示例）"


def list_of(rows: int) -> bytes:
    """A workbook of so many achievements, each of its own title."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        for number in range(1, rows + 1):
            cells = (
                *(f"轴承套圈超精研磨降噪工艺第{number}号", OWNER, "张三、李四"),
                "先进制造工艺与装备",
                f"针对深沟球轴承振动大的问题，改进滚道超精研磨工艺，已在 {number} 条线上试用。",
                *("圆度≤0.10 mm；硬度≥60 HRC", "中试", "许可、转让", "30-60万"),
                *("轴承；降噪", "科技处", "0635-0000001"),
            )
            sheet.write_row(number, 0, cells)
    return out.getvalue()


@contextmanager
def timed(what: str, times: dict[str, float]) -> Iterator[None]:
    """Print how many seconds something takes; those of a processor count, for other work on the machine does not."""
    began, worked = time.perf_counter(), time.process_time()
    yield
    times[what] = time.process_time() - worked
    passed = time.perf_counter() - began
    print(f"{what:<28}{times[what]:8.1f} s of a processor, {passed:.1f} s by the clock")


def measure(rows: int) -> dict[str, float]:
    """The seconds of each step, on the database of the present application."""
    times: dict[str, float] = {}
    content = list_of(rows)
    owner = add_organisation(OWNER, kind="university", uscc=None, by=None)
    desk = add_person(
        "desk@demo.example",
        name="成果转化岗",
        password="a-long-enough-password",  # noqa: S106
        roles=[],
        organisations=[owner],
        place="desk",
    )

    def stage() -> Any:
        file = io.BytesIO(content)
        read = read_upload(file, "清单.xlsx", "achievement", "list", owner)
        return deeds.stage_upload(read, source="list", organisation=owner, by=desk)

    write: Callable[..., None] = upkeep.write_rows
    with timed("read and stage", times):
        made = stage()
    with timed("write", times):
        deeds.commit_import(made, by=desk)
        write(made.id, by=desk)
    with timed("the same list again", times):
        again = stage()
    with timed("write it again", times):
        deeds.commit_import(again, by=desk)
        write(again.id, by=desk)
    with timed("take the first one back", times):
        deeds.take_back(made, by=desk)
        upkeep.undo_rows(made.id, by=desk)
    return times


def main() -> None:
    """Measure, and say whether an upload and its writing stay below 30 s."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory() as folder:
        environ = {"MARKET_ENV": "test", "DATA_DIR": folder}
        with create_app(Config.from_env({**environ, **DATABASE})).app_context():
            upgrade()
            seed_dictionaries()
            seed_roles()
            times = measure(rows)
            db.session.remove()
    total = times["read and stage"] + times["write"]
    print(
        f"{rows} rows, uploaded and written: {total:.1f} s of a processor (30 s at most)"
    )


if __name__ == "__main__":
    main()
