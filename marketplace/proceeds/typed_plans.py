"""Brackets and inventors as people type them, a line each. No web and no database."""

from __future__ import annotations

import re
from decimal import Decimal

from marketplace.parsing import ParseError
from marketplace.parsing.exact_sums import read_fen, read_per_cent
from marketplace.proceeds.sharing import Bracket, bracket_problems

MAX_PEOPLE = 50
LEADER_WORDS = ("领导", "领导干部", "负责人")
BRACKET_HELP = "如：以上 70 30 0"
# A number with its thousands apart, at the beginning of a line.
_THOUSANDS = re.compile(r"^\s*[1-9]\d{0,2}(?:[,，]\d{3})+(?!\d)")
PEOPLE_HELP = "如：张三 60"


def read_brackets(raw: str) -> list[Bracket]:
    """Lines of an upper edge in 元 (the last one 以上) and three shares. Raises ParseError."""
    brackets = []
    low = 0
    for number, line in enumerate(raw.splitlines(), 1):
        pieces = _pieces(line)
        if not pieces:
            continue
        # 500,000 70 30 0: a comma may belong to the edge.
        joined = _pieces(_THOUSANDS.sub(_without_commas, line))
        if len(joined) == 4:
            pieces = joined
        if len(pieces) != 4:
            raise ParseError(
                f"第 {number} 行要写四项：上限、完成人、单位、转移机构。", BRACKET_HELP
            )
        edge = None if pieces[0] == "以上" else read_fen(pieces[0])
        first, second, third = (read_per_cent(one) or Decimal(0) for one in pieces[1:])
        brackets.append(Bracket(low, edge, first, second, third))
        # After an open bracket the edge stays, so that a further line is found to overlap.
        low = edge or low
    problems = bracket_problems(brackets)
    if problems:
        raise ParseError(" ".join(problems), BRACKET_HELP)
    return brackets


def read_people(raw: str) -> list[tuple[str, Decimal, bool]]:
    """Lines of a name, a share of the inventors' part and, of leaders, 领导; they sum to 100. Raises ParseError."""
    people = []
    for number, line in enumerate(raw.splitlines(), 1):
        pieces = _pieces(line)
        if not pieces:
            continue
        if len(pieces) not in (2, 3) or (
            len(pieces) == 3 and pieces[2] not in LEADER_WORDS
        ):
            raise ParseError(
                f"第 {number} 行要写姓名和比例，担任领导的再写「领导」。", PEOPLE_HELP
            )
        share = read_per_cent(pieces[1])
        if share is None or len(pieces[0]) > 60:
            raise ParseError(f"第 {number} 行看不懂。", PEOPLE_HELP)
        people.append((pieces[0], share, len(pieces) == 3))
    whole = sum((share for _, share, _ in people), Decimal(0))
    if not people or len(people) > MAX_PEOPLE:
        raise ParseError(f"要写 1–{MAX_PEOPLE} 人。", PEOPLE_HELP)
    if whole != 100:
        raise ParseError(f"各人比例加起来是 {whole}%，要正好 100%。", PEOPLE_HELP)
    # Each statement goes by its name: nobody could tell two alike apart.
    if len({name for name, _, _ in people}) < len(people):
        raise ParseError("有同名的两行，请写明区别。", "如：李四（材料学院）")
    return people


def _pieces(line: str) -> list[str]:
    # As people paste it from a table.
    return re.sub(r"[，,、;；\t　]+", " ", line).split()


def _without_commas(match: re.Match[str]) -> str:
    return re.sub("[，,]", "", match[0])
