"""The paper of a contract: PDF for both to confirm, the same bytes each time, and a .docx that says it is a copy.

Rendering is done in the background (`upkeep.py`); the copy is small, and made when it is asked for.
"""

from __future__ import annotations

import hashlib
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import docx

from marketplace.contracts.fields import BY_NAME
from marketplace.contracts.vocabulary import BLOCKS
from marketplace.deals.life import CONTRACT_TYPES
from marketplace.issues.printing import compile_values
from marketplace.rehearsal_marks import WORDS, is_rehearsed

SOURCE = Path(__file__).with_name("contract.typ")
NOT_AGREED = "（未约定）"
COPY_MARK = "副本，仅供编辑和阅读；以双方在平台上确认的 PDF 为准。"
# 民法典 book 3 ch. 20: what the two sides of each type are called, (seller, buyer).
ROLES = {
    "development": ("研究开发人", "委托人"),
    "transfer": ("让与人", "受让人"),
    "license": ("许可人", "被许可人"),
    "consulting": ("受托人", "委托人"),
    "service": ("受托人", "委托人"),
}


def render_paper(content: str, *, number: str, version: int, issued_on: date) -> bytes:
    """The PDF of a contract.

    Args:
        content: the canonical text of a paper; nothing else of the contract goes into the file.
        number: of the contract on the platform.
        version: which paper of it this is.
        issued_on: the day of the file.

    Raises:
        PrintingError: the printer had something to remark.
    """
    printed = dict(json.loads(content))
    kind = contract_type_of(printed)
    seller_word, buyer_word = ROLES[kind]
    values = {
        "title": printed["title"],
        "heading": f"{CONTRACT_TYPES[kind]}合同",
        "number": number,
        "version": version,
        # The hash of the text, for a file cannot hold its own.
        "hash": hashlib.sha256(content.encode()).hexdigest(),
        "date": {
            "year": issued_on.year,
            "month": issued_on.month,
            "day": issued_on.day,
        },
        "seller": printed["seller_name"],
        "buyer": printed["buyer_name"],
        "seller_word": seller_word,
        "buyer_word": buyer_word,
        "blocks": [
            {"title": title, "rows": rows} for title, rows in block_rows(printed)
        ],
        "terms": term_rows(printed),
    }
    return compile_values(SOURCE, values)


def render_copy(content: str, *, number: str, version: int, sha256: str) -> bytes:
    """The same as a .docx, marked as a copy on every page. Arguments as `render_paper`; `sha256` of its PDF."""
    printed = dict(json.loads(content))
    document = docx.Document()
    head = document.sections[0].header.paragraphs[0]
    head.text = f"{COPY_MARK}　{number} 第 {version} 稿"
    # What a rehearsal makes must never pass for real.
    if is_rehearsed():
        head.text = f"{WORDS}{head.text}"
    document.core_properties.title = printed["title"]
    document.core_properties.author = printed["seller_name"]
    kind = contract_type_of(printed)
    document.add_heading(f"{CONTRACT_TYPES[kind]}合同（副本）", level=1)
    for title, rows in block_rows(printed):
        document.add_heading(title, level=2)
        table = document.add_table(rows=0, cols=2)
        table.style = "Table Grid"
        for name, words in rows:
            cells = table.add_row().cells
            cells[0].text, cells[1].text = name, words
    document.add_heading("条款", level=2)
    for place, (name, words) in enumerate(term_rows(printed), 1):
        document.add_paragraph(f"第 {place} 条　{name}").runs[0].bold = True
        document.add_paragraph(words)
    document.add_paragraph(f"双方确认的 PDF 的 SHA-256：{sha256 or '还没有生成'}")
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def contract_type_of(printed: dict[str, str]) -> str:
    """The code of the type that a paper names in words."""
    # Papers hold the words that people confirm, no codes.
    codes = {words: code for code, words in CONTRACT_TYPES.items()}
    return codes[printed["contract_type"]]


def block_rows(printed: dict[str, str]) -> list[tuple[str, list[list[str]]]]:
    """(title of a block, its rows of label and words) without the terms, in the order of the fields."""
    blocks: dict[str, list[list[str]]] = {}
    for name, words in printed.items():
        one = BY_NAME[name]
        if one.block != "terms":
            rows = blocks.setdefault(one.block, [])
            rows.append([one.label, words or NOT_AGREED])
    return [(BLOCKS[code], rows) for code, rows in blocks.items()]


def term_rows(printed: dict[str, str]) -> list[list[str]]:
    """Label and words of each term."""
    rows: list[list[Any]] = []
    for name, words in printed.items():
        one = BY_NAME[name]
        if one.block == "terms":
            rows.append([one.label, words or NOT_AGREED])
    return rows
