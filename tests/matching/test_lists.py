"""Exchanging the word lists of a process: every answer is that of a process that began with them.
Not here: who edits the lists (tests/marketplace/wordlists).
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from matching import Document, Matcher, UnusableArtefact, lexicon
from matching import text as words_of
from matching.explaining.query_text import read_query
from matching.features import features_version, term_key
from matching.index.reading import read_features
from search.schema import index_version
from search.terms import parse_query

ROOT = Path(__file__).resolve().parents[2]
TEXT = "深沟球轴承保持架的智能窨井盖监测，轴承保持器异响"


def edition(
    *,
    number: int = 7,
    terms: tuple[str, ...] = (),
    stop: tuple[str, ...] = (),
    groups: tuple[str, ...] = (),
    without: tuple[str, ...] = (),
) -> words_of.WordLists:
    shipped = lexicon.shipped_lists()
    lines = [line for line in shipped.term_lines if line.split(" ")[0] not in without]
    return words_of.WordLists(
        [*lines, *terms],
        [*shipped.stop_lines, *stop],
        [*shipped.synonym_lines, *groups],
        edition=number,
    )


@pytest.fixture(autouse=True)
def shipped_afterwards() -> Iterator[None]:
    yield
    words_of.use_lists(lexicon.shipped_lists())


def fresh_words(terms: list[str]) -> list[str]:
    """What a process of its own cuts that has never had other lists."""
    script = (
        "import sys; from matching import lexicon, text; s = lexicon.shipped_lists();"
        "lists = text.WordLists(sys.argv[2:], s.stop_lines, s.synonym_lines);"
        "text.use_lists(lists); print(*text.words(sys.argv[1]), sep='|')"
    )
    command = [sys.executable, "-c", script, TEXT, *terms]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip().split("|")


@pytest.mark.long
@pytest.mark.parametrize(
    ("changed", "has", "lacks"),
    [
        ({"terms": ("智能窨井盖 9 n",)}, "智能窨井盖", ""),
        ({"without": ("轴承保持器",)}, "轴承", "轴承保持器"),
        ({"terms": ("窨井盖监测 9 n",), "without": ("轴承保持架",)}, "窨井盖监测", ""),
    ],
)
def test_words_are_those_of_a_process_that_began_with_the_lists(
    changed: dict[str, tuple[str, ...]], has: str, lacks: str
) -> None:
    before = words_of.words(TEXT)
    lists = edition(**changed)
    words_of.use_lists(lists)
    words = words_of.words(TEXT)
    assert has in words
    assert lacks not in words
    assert words == fresh_words(list(lists.term_lines))
    words_of.use_lists(lexicon.shipped_lists())
    assert words_of.words(TEXT) == before


def test_what_was_remembered_with_other_lists_answers_nothing() -> None:
    """Queries, features and keys are looked up again, and come back as they were."""
    noisy = Document(1, "", "窨井盖松动")
    shipped = (parse_query("窨井盖"), read_features(noisy), term_key("井盖"))
    words_of.use_lists(edition(groups=("窨井盖,阴井盖,井盖",), stop=("松动",)))
    parsed = parse_query("窨井盖")
    phrases = {one.phrase for term in parsed.terms for one in term.alternatives}
    assert {"阴井盖", "井盖"} <= phrases
    assert term_key("井盖") == term_key("窨井盖")
    assert read_features(noisy).words.keys.tolist() != shipped[1].words.keys.tolist()
    words_of.use_lists(lexicon.shipped_lists())
    assert parse_query("窨井盖") == shipped[0]
    assert term_key("井盖") == shipped[2]
    again = read_features(noisy)
    assert again.words.keys.tolist() == shipped[1].words.keys.tolist()


def test_a_remembered_query_is_read_again_with_other_lists() -> None:
    noisy = Document(1, "窨井盖松动", "阴井盖松动，有响声")
    other = Document(2, "窨井盖", "窨井盖防松")
    before = Matcher().fit([noisy, other]).explain(noisy, 2)
    remembered = read_query(noisy)
    assert read_query(Document("q", noisy.title, noisy.text)) is remembered
    words_of.use_lists(edition(stop=("窨井盖",)))
    assert read_query(noisy).keys.keys() < remembered.keys.keys()
    assert Matcher().fit([noisy, other]).explain(noisy, 2) != before
    words_of.use_lists(lexicon.shipped_lists())
    # One under way during the exchange may have read a part of it with each of the two.
    assert read_query(noisy) is not remembered
    assert Matcher().fit([noisy, other]).explain(noisy, 2) == before


def test_a_text_longer_than_a_listing_is_not_remembered() -> None:
    pasted = Document("", "", "窨井盖松动。" * 600)
    assert read_query(pasted) is not read_query(pasted)
    assert read_query(pasted).keys == read_query(pasted).keys


def test_every_list_by_which_words_weigh_is_in_the_version() -> None:
    """Else an index that was made with another text of it would be taken for one of today."""
    # These only decide what is shown and proposed.
    shown = {"english.txt", "everyday.txt", "greetings.txt", "related.txt"}
    folder = Path(lexicon.__file__).parent
    exchanged = {lexicon.TERMS, lexicon.STOP_WORDS, lexicon.SYNONYMS}

    assert {path.name for path in folder.glob("*.txt")} == (
        exchanged | {*lexicon.OF_TALK, lexicon.OF_MANY_TRADES} | shown
    )


def test_versions_name_the_edition(tmp_path: Path) -> None:
    """An artefact of one edition is refused by another, even where the words are the same."""
    assert "+" not in words_of.words_version()
    matcher = Matcher(vectors=0).fit([Document(1, "轴承", "保持架")])
    words_of.use_lists(edition(number=3))
    for version in (words_of.words_version(), index_version()):
        assert version.endswith("+3")
    assert "+3-" in features_version()
    matcher.save(tmp_path)
    Matcher.load(tmp_path)
    words_of.use_lists(edition(number=4))
    with pytest.raises(UnusableArtefact, match=r"\+3"):
        Matcher.load(tmp_path)
