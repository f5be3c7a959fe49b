"""Many texts are read together as each by the patterns alone, and what they speak of is judged as in plain Python."""

from __future__ import annotations

import ast
import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from matching import (
    encoded_text,
    misread_text,
    names,
    pasted_text,
    quantities,
    sentence_kinds,
    text,
)
from matching.folding import normalise, normalise_all
from matching.lexicon import lexicon_lines
from matching.names import without_names
from matching.pasted_text import repair_text, repair_texts
from matching.quantities import join_all_quantities, join_quantities
from matching.surroundings import cores_of
from matching.word_classes import UNIT
from tests.matching import oracle
from tests.matching.conftest import texts
from tests.served import ROOT

FOLDER = Path(__file__).parent
# What the patterns look for, so that arbitrary texts have some of it.
SIGNS = (
    '轴承保持架的了著軸噪，。；：、！,;:.!?=%&#@+-/*\\<>()（）[]【】“”"\n\t \x01_·…'
    "0123456789０９aAbcdefghimnsuUwxX市县镇路街道区东微信公司大学院研究所零下年"
    "\u200b\ufe0f\u0301\u0336é㎡℃°μωφµ£é½´杞存壙"
)
ODD = st.text(
    st.one_of(st.sampled_from(SIGNS), st.sampled_from(SIGNS), st.characters()),
    max_size=80,
)
AROUND = ("欢迎来电洽谈，", "，价格面议。", "轴承外圈磨削烧伤，")


def written_in_tests() -> Iterator[str]:
    """Every text of the tests of matching, which has the traps that rules were made for."""
    for path in sorted(FOLDER.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
    for name in ("padding.txt", "matter.txt"):
        yield from (FOLDER / name).read_text(encoding="utf-8").splitlines()


def traps() -> list[str]:
    """The same by themselves and within other sentences."""
    found = list(dict.fromkeys(written_in_tests()))
    before, behind, matter = AROUND
    return [
        *found,
        *(f"{matter}{trap}{behind}{before}{trap}{matter}" for trap in found),
    ]


PATTERNED = (encoded_text, misread_text, names, pasted_text, quantities)
# Hypothesis makes no texts of possessive groups with references into them, nor of what is looked at on both sides.
NOT_MADE = {"_PARTED", "_INSIDE_SENTENCE", "_ENDS_UNIT"}
PATTERNS = {
    f"{module.__name__}.{name}": value
    for module in PATTERNED
    for name, value in vars(module).items()
    if isinstance(value, re.Pattern) and name not in NOT_MADE
}


def sample_lists() -> list[str]:
    """The rows of the sample lists."""
    rows: list[str] = []
    for path in sorted((ROOT / "demo").glob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows.extend("\n".join(row) for row in csv.reader(file))
    return rows


def differences(written: list[str]) -> list[str]:
    """What is read of some texts together and not of each alone, or the other way round."""
    repaired = repair_texts(written)
    joined = join_all_quantities(repaired)
    norms = normalise_all(joined)
    unnamed = without_names(norms)
    cores = cores_of(norms)
    found = []
    for number, one in enumerate(written):
        if repaired[number] != repair_text(one):
            found.append(f"{one!r}: repaired")
        if joined[number] != join_quantities(repaired[number]):
            found.append(f"{one!r}: quantities")
        # Short texts are folded character by character.
        if len(joined[number]) < 100 and norms[number] != normalise(joined[number]):
            found.append(f"{one!r}: folded")
        if unnamed[number] != oracle.without_names(norms[number]):
            found.append(f"{one!r}: names")
        if cores[number] != oracle.core_of(norms[number]):
            found.append(f"{one!r}: core")
    if text.plain_texts(written) != norms:
        found.append("plain texts")
    return found


def test_every_trap_is_read_as_it_is_alone() -> None:
    assert differences(traps()) == []


@pytest.mark.long
def test_the_sample_lists_are_read_as_each_row_alone() -> None:
    assert differences(sample_lists()) == []


@given(st.lists(st.one_of(texts, ODD), max_size=5))
@example(["", "轴", "\ud800承", "\ud83d\ude00", "\U0001f600。\U00020000"])
@example(["1,350件,1,35件，,1,234", "::", "：报告如下:", "，，", "a:b", "123,456"])
@example(["一" * 30_000, "公司" * 3_000, "e\u0301" * 500, "abc " * 5_000])
def test_any_texts_are_read_as_each_alone(written: list[str]) -> None:
    assert differences(written) == []


@pytest.mark.long
@pytest.mark.parametrize("name", PATTERNS)
@settings(max_examples=30, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.data())
def test_what_a_pattern_finds_has_a_sign_of_it(name: str, data: st.DataObject) -> None:
    found = data.draw(st.from_regex(PATTERNS[name]))

    assert differences([found, f"轴承{found}烧伤，{found}", f"a {found} "]) == []


@pytest.mark.parametrize("matches", ["places", "units", "firms"])
def test_every_name_of_a_list_has_a_sign(matches: str) -> None:
    lists = {
        "places": " ".join(lexicon_lines("places.txt")).split(),
        "units": [f"120{unit}" for unit in UNIT.split("|")],
        "firms": [f"永盛{end}" for end in names._BODY_END.pattern.split("|")],
    }
    written = [f"轴承{name}、阀门在{name}开裂" for name in lists[matches]]

    assert differences(written) == []


@given(ODD)
def test_any_stretch_is_judged_as_gram_by_gram(stretch: str) -> None:
    assert sentence_kinds.matter_of(stretch) == oracle.matter_of(stretch)
