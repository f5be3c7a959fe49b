"""The life table of an import: uploaded and checked, being written, done, taken back. The table is in `models.py`."""

from __future__ import annotations

from collections.abc import Mapping

from marketplace.lifecycle import Life

IMPORT_LIFE = Life(
    initial="checked",
    moves={
        ("checked", "commit"): "writing",
        # Rows that were corrected after the others had been written.
        ("done", "commit"): "writing",
        ("writing", "finish"): "done",
        # Who committed may not do so any more: the rest waits for somebody who may.
        ("writing", "stop"): "done",
        ("done", "take_back"): "undoing",
        ("undoing", "end"): "taken_back",
        # Something was dealt with while the others were taken back: those rows stay.
        ("undoing", "leave"): "done",
        ("checked", "discard"): "discarded",
        # Rows are corrected before the commit, and those that were not written after it.
        ("checked", "correct"): "checked",
        ("checked", "choose"): "checked",
        ("checked", "leave_out"): "checked",
        ("done", "correct"): "done",
        ("done", "choose"): "done",
        ("done", "leave_out"): "done",
    },
    names={
        "checked": "待确认",
        "writing": "正在写入",
        "done": "已写入",
        "undoing": "正在撤回",
        "taken_back": "已撤回",
        "discarded": "已放弃",
    },
    deeds={
        "create": "上传清单",
        "commit": "确认写入",
        "finish": "写入完成",
        "stop": "写入中止",
        "take_back": "撤回导入",
        "end": "撤回完成",
        "leave": "有几行没有撤回",
        "discard": "放弃",
        "correct": "改正",
        "choose": "选择保留哪一边",
        "leave_out": "不导入或恢复导入",
    },
    permissions={
        "commit": "imports.write",
        "take_back": "imports.write",
        "discard": "imports.write",
        "correct": "imports.write",
        "choose": "imports.write",
        "leave_out": "imports.write",
    },
)
# What a row is, before it is written.
ROW_STATES = {
    "conflict": "要选择",
    "faulty": "有错误",
    "new": "新增",
    "changed": "更新",
    "same": "没有变化",
    "left_out": "不导入",
}
# Rows of these states are written by a commit.
WRITABLE = ("new", "changed", "same")
# What became of a row that was written.
WRITTEN = {"new": "已新增", "changed": "已更新", "same": "没有变化", "undone": "已撤回"}
# How many rows had which fate, as a sentence says it: what would be written, what was, what was not.
FORESEEN = {
    "new": "会新增 {} 条",
    "changed": "会更新 {} 条",
    "same": "{} 条没有变化",
    "conflict": "{} 行要您选择",
    "faulty": "{} 行有错误",
    "left_out": "{} 行不导入",
}
DONE = {
    "written_new": "新增 {} 条",
    "written_changed": "更新 {} 条",
    "written_same": "{} 条没有变化",
    "conflict": "{} 行要您选择，还没有写入",
    "faulty": "{} 行有错误，没有写入",
}


def counted_rows(counts: Mapping[str, int], phrases: Mapping[str, str]) -> str:
    """How many rows had which fate; of a fate that none had, nothing is said.

    Args:
        counts: as `queries.state_counts` gives them.
        phrases: `FORESEEN` or `DONE`.
    """
    parts = []
    for fate, phrase in phrases.items():
        if number := counts.get(fate, 0):
            parts.append(phrase.format(number))
    return "，".join(parts)
