"""An official document cut into its clauses, and the names of clauses made comparable. No web, no database."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from marketplace.parsing.chinese_numbers import read_chinese_number

_ARTICLE = re.compile(r"第\s*([〇零一二三四五六七八九十百\d]+)\s*条")
_PART = re.compile(r"([一二三四五六七八九十]+)\s*、")
_POINT = re.compile(r"\(([一二三四五六七八九十]+)\)")
# A number with a decimal point, as 1.5%, begins no clause.
_NUMBERED = re.compile(r"(\d{1,3})\s*[.、](?!\d)")


def split_text(text: str) -> Iterator[tuple[str, str]]:
    """The clauses of a document, in order.

    Args:
        text: as `parsing.documents.read_document` gives it; 第十九条, 19., 一、 and （一） begin a clause.

    Returns:
        (name as `clause_name` has it, literal text); what stands before the first clause is left out.
    """
    part = ""
    name = ""
    lines: list[str] = []
    for line in text.splitlines():
        found, part = _begins(line.strip(), part)
        if found:
            if name and lines:
                yield name, "\n".join(lines).strip()
            name, lines = found, []
        if line.strip():
            lines.append(line.strip())
    if name and lines:
        yield name, "\n".join(lines).strip()


def _begins(line: str, part: str) -> tuple[str, str]:
    """(name of the clause that a line begins or empty, the part it is in now)."""
    # Documents mix wide brackets and digits with narrow ones.
    folded = unicodedata.normalize("NFKC", line)
    if article := (_ARTICLE.match(folded) or _NUMBERED.match(folded)):
        return _article(article[1]), part
    if heading := _PART.match(folded):
        return heading[1], heading[1]
    if point := _POINT.match(folded):
        # （三） alone is nobody's name: each part has one.
        return f"{part}({point[1]})", part
    return "", part


def clause_name(written: str) -> str:
    """The name of a clause as it is compared: 第十九条, 第19条 and 19 are one, 五（三） and 五(三) too."""
    folded = unicodedata.normalize("NFKC", written).replace(" ", "")
    if article := _ARTICLE.fullmatch(folded):
        return _article(article[1])
    if folded.isdigit():
        return _article(folded)
    return folded


def _article(number: str) -> str:
    value = int(number) if number.isdigit() else read_chinese_number(number)
    return f"第{value}条"
