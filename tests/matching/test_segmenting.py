"""jieba and its compiled twin: one dictionary, the same answers, and what happens where the twin is missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import jieba
import pytest
from packaging.requirements import Requirement

from matching import text
from matching.segmenting import CompiledSegmenter, PlainSegmenter

ROOT = Path(__file__).resolve().parents[2]
# What a text holds beside Han when it is cut: signs and scripts, our stand-ins and ends of texts. No Latin: the two
# cut PA66-GF30 differently, and matching.text hands it to neither.
ODD = [
    "",
    "\n",
    "\r\n轴承\r\n\r\n",
    "轴承\x01保持架",
    "\U000f0000钢\U000f0000环",
    "，。；：、 \u3000\t",
    "𠮷野家与𫫇",
    "①㎡ガラス한국",
    "最弱最弱最弱",
    "一" * 300,
]


@pytest.fixture(scope="module")
def both() -> tuple[CompiledSegmenter, PlainSegmenter]:
    """Both with our lexicon."""
    pytest.importorskip("rjieba")
    segmenters = (CompiledSegmenter(), PlainSegmenter())
    for segmenter in segmenters:
        text.Cutter(segmenter)
    return segmenters


def dictionary_words() -> list[str]:
    """Every fiftieth word of jieba's dictionary, and what is no word though one begins with it."""
    with jieba.get_module_res("dict.txt") as file:
        lines = file.read().decode().splitlines()
    listed = [line.split(" ")[0] for line in lines[::50]]
    return [*listed, *(word[:-1] for word in listed), *(f"{word}囧" for word in listed)]


@pytest.mark.parametrize("written", ODD)
def test_both_cut_what_is_no_han_alike(both, written: str) -> None:
    compiled, plain = both

    assert plain.cut_text(written) == compiled.cut_text(written)
    assert "".join(plain.cut_text(written)) == written


def test_both_know_the_same_words_and_their_parts_of_speech(both) -> None:
    compiled, plain = both
    words = [word for word in dictionary_words() if word]
    words += sorted(text.lexicon_terms())

    assert len(words) > 15_000
    assert [w for w in words if plain.has_word(w) != compiled.has_word(w)] == []
    # What is in no dictionary each of them guesses.
    listed = [word for word in words if plain.has_word(word)]
    tags = {word: compiled.part_of_speech(word) for word in listed}
    assert [w for w in listed if plain.part_of_speech(w) != tags[w]] == []
    # Neither always says yes nor always no.
    assert 0 < sum(map(plain.has_word, words)) < len(words)
    assert {"n", "v", "nr", "ns"} < set(tags.values())


WITHOUT_TWIN = """
import logging, sys
sys.modules["rjieba"] = None
logging.basicConfig(format="%(levelname)s %(name)s %(message)s")
import matching
from matching import text
documents = [
    matching.Document(1, "轴承保持架兜孔毛刺在线检测", "冲压后兜孔有毛刺，要在线检出"),
    matching.Document(2, "赤泥脱碱后用于路面基层", "氧化铝厂的赤泥"),
]
matcher = matching.Matcher().fit(documents)
best = matcher.rank(matching.Document(0, "保持架毛刺怎么检", ""))
print(best[0].id, best[0].score, text.words_version())
print(*text.words("深沟球轴承套圈磨削烧伤判别方法"))
"""


@pytest.mark.long
def test_the_product_starts_without_the_twin(tmp_path: Path) -> None:
    """It ranks as with the twin, says once in the log what cuts, and leaves no file in the temporary folder."""
    answers = {}
    for name, script in {
        "with": WITHOUT_TWIN.replace('sys.modules["rjieba"] = None', ""),
        "without": WITHOUT_TWIN,
    }.items():
        folder = tmp_path / name
        folder.mkdir()
        answers[name] = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", script],
            cwd=ROOT,
            env={"PATH": "", "TMPDIR": str(folder), "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert not list(folder.glob("*jieba*"))

    assert answers["without"].stdout == answers["with"].stdout
    assert answers["without"].stdout.startswith("1 ")
    assert answers["without"].stderr.count("rjieba cannot be imported") == 1
    assert "rjieba" not in answers["with"].stderr


def test_the_requirement_names_the_machines_that_have_a_wheel() -> None:
    """Where there is none, installing must not try to compile Rust."""
    lines = (ROOT / "requirements.in").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith("rjieba")]
    marker = Requirement(line).marker
    with_wheel = ["x86_64", "aarch64", "arm64", "AMD64"]
    without = ["loongarch64", "riscv64", "ARM64", "mips64"]

    def is_installed(machine: str, implementation: str = "cpython") -> bool:
        environment = {
            "platform_machine": machine,
            "implementation_name": implementation,
        }
        return marker.evaluate(environment)

    assert [name for name in with_wheel if not is_installed(name)] == []
    assert [name for name in without if is_installed(name)] == []
    assert not is_installed("x86_64", "pypy")
