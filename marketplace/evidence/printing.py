"""The printed case of a pack: PDF/A-3a with its JSON and files attached, the same bytes each time.

It says what the frozen record says, and nothing else. How proofs are added to it is in `packing.py`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from marketplace.evidence.packing import RECORD
from marketplace.issues.printing import Attached, compile_values

SOURCE = Path(__file__).with_name("pack.typ")
TYPES = {
    "json": "application/json",
    "pdf": "application/pdf",
    "txt": "text/plain",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
}
OTHER_TYPE = "application/octet-stream"


def print_case(
    record: str, sha256: str, made_on: date, parts: Mapping[str, bytes], address: str
) -> bytes:
    """The PDF of a pack without its proofs.

    Args:
        record: canonical JSON of what is frozen.
        sha256: of it.
        made_on: the day of the file.
        parts: name → content of what is attached, the record among them.
        address: of the page where checkpoints are published.

    Raises:
        PrintingError: the printer had something to remark.
    """
    found: dict[str, Any] = json.loads(record)
    files = []
    for one in found["files"]:
        how = one["why"] or f"附件 {one['name']}"
        # Removed between the request and the print: the page says so, and the hash says which file it was.
        if not one["why"] and one["name"] not in parts:
            how = "内容已经不在平台上，只附指纹"
        files.append([one["title"], how, one["sha256"]])
    audit = found["audit"]
    lines = [
        f"这笔交易和它的文本、决定、公示、合同、到款在审计日志「{found['log']}」里有 {len(audit['positions'])} 条记录。"
    ]
    # The reason is given with the number: else it reads as if something had been hidden.
    if audit["left_out"]:
        lines.append(
            f"另有 {audit['left_out']} 条由提出异议的人写下，为保护其身份不附。"
        )
    lines.append("每一条的原文和包含证明在本文件末尾，也在 zip 的 proofs.json 里。")
    values = {
        "title": f"尽职免责证据包：{found['title']}",
        "holder": found["made_for"],
        "name": f"{found['deal']}-{found['number']}",
        "hash": sha256,
        "date": {"year": made_on.year, "month": made_on.month, "day": made_on.day},
        "lead": [
            f"交易 {found['deal']} 的第 {found['number']} 份证据包，"
            f"{found['made_at']}（北京时间）由{found['made_for']}生成，"
            "记下那时平台上关于这笔交易的决策、公示、合同和分配。",
            # The site proves what was recorded; whether nobody is liable is for the authority to decide.
            "本文件只说明记录了什么、什么时候记录的；是否免责由有权的机关依法认定。",
        ],
        "sections": found["sections"],
        "history": [
            [str(one["number"]), one["deed"], one["at"], one["sha256"]]
            for one in found["history"]
        ],
        "files": files or [["没有文件", "", ""]],
        "audit": lines,
        "checking": [
            "任何人都能离线核对：用公布的检查点、平台的公钥和说明文档里的独立脚本。改动任何一页、任何一个附件，核对都会发现。",
            f"检查点公布在 {address}；在平台的机器上也可以运行 flask deals verify。",
        ],
    }
    attached = [
        Attached(
            name, content, _title_of(name, found), TYPES.get(_ending(name), OTHER_TYPE)
        )
        for name, content in parts.items()
    ]
    return compile_values(SOURCE, values, attached=attached)


def _ending(name: str) -> str:
    return name.rpartition(".")[2]


def _title_of(name: str, found: dict[str, Any]) -> str:
    # The record does not list itself among its files.
    if name == RECORD:
        return "证据包的记录"
    titles = {one["name"]: one["title"] for one in found["files"]}
    return str(titles[name])
