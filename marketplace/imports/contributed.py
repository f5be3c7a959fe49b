"""What the room lays out for hubs: the way to an upload, imports that wait for a decision, what is removed when."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from flask import url_for

from marketplace.contributions import Link, Task
from marketplace.counting import Count
from marketplace.imports import queries, upkeep
from marketplace.imports.life import IMPORT_LIFE
from marketplace.permissions import Reader, may
from marketplace.wording import day


def nav(reader: Reader) -> Iterator[Link]:
    """The way to an upload, for who may write listings of an organisation."""
    if may(reader, "imports.read_all"):
        yield Link("导入清单", url_for("imports.own"), "operators")
    # An organisation that is stopped, or none at all, has nothing to write for.
    elif may(reader, "imports.begin") and reader.active_ids:
        yield Link("导入清单", url_for("imports.own"), "begin", position=1)


def tasks(person: Reader) -> Iterator[Task]:
    """One's own imports that are neither written nor thrown away."""
    for row in queries.undecided_imports(person):
        yield Task(
            kind_name="导入",
            title=row.file_name,
            url=url_for("imports.preview", import_id=row.id),
            state="待确认",
            since=row.created_at,
            dated=("上传的时间", f"{day(row.created_at)} 上传"),
            button="去确认",
        )


def task_count(person: Reader) -> Count | int:
    """How many they are."""
    return queries.undecided_count(person)


def removals() -> Iterator[tuple[str, Callable[[datetime], int]]]:
    """What removes the rows of old imports."""
    yield "staged_row", upkeep.remove_rows


def deed_names() -> Iterator[tuple[str, str]]:
    """What is done to imports, and what the permission table calls it."""
    for deed, name in IMPORT_LIFE.deeds.items():
        yield f"list_import.{deed}", f"导入：{name}"
    yield "imports.begin", "上传清单"
    yield "imports.read", "查看导入的清单"
    yield "imports.read_all", "查看所有单位导入的清单"
    yield "imports.write", "修改、写入、撤回导入的清单"
    yield "imports", "写入导入的清单"
    yield "job.imports", "写入和撤回导入的清单"
