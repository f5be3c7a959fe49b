"""Word lists: synonyms, terms and stop words as versions, drafted, tried and put in force by operators (107, 108).

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

from flask import url_for

from marketplace.contributions import Link
from marketplace.permissions import Deeds, Reader, may, operator
from marketplace.wordlists.background import jobs

DEEDS: Deeds = {
    "wordlists.edit": (operator,),
}

__all__ = ["DEEDS", "deed_names", "jobs", "nav"]


def nav(reader: Reader) -> Iterator[Link]:
    """The link to the lists, for readers who look after them."""
    if may(reader, "wordlists.edit"):
        yield Link("词表", url_for("wordlists.overview"), "operators")


def deed_names() -> Iterator[tuple[str, str]]:
    """What is done to the lists."""
    yield "wordlists.edit", "维护词表"
    yield "wordlists.begin", "起草一版词表"
    yield "wordlists.draft", "保存词表草稿"
    yield "wordlists.withdraw", "作废词表草稿"
    yield "wordlists.preview", "要求预览词表草稿"
    yield "wordlists.enable", "启用一版词表"
    yield "wordlists.back", "退回上一版词表"
    yield "wordlists.stop", "停止重建词表"
    yield "job.word-lists", "系统：重建词表"
    yield "job.word-previews", "系统：计算词表预览"
    yield "command.dictionaries.build", "命令行：重建词表"
    yield "command.dictionaries.preview", "命令行：计算词表预览"
    yield "command.dictionaries.import", "命令行：导入词表草稿"
    yield "command.dictionaries.back", "命令行：退回上一版词表"
    yield "command.dictionaries.enable", "命令行：启用一版词表"
