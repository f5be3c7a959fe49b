"""Reading many documents at once gives the features of reading them one by one."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from matching import Document, Matcher, features, matcher, text
from matching.features import CHANNELS
from matching.index import bulk
from tests.matching.conftest import CATALOGUE, texts

ODD = st.text(
    st.one_of(
        st.characters(), st.sampled_from("轴承保持架铝合金的PA66c+#-3年 \n\x01㎡")
    ),
    max_size=25,
)


def whole_words(document: Document) -> list[int]:
    """Keys of the telling words that are no part of another, title first: what word vectors are trained on."""
    tokens = [token for norm in features.parts(document) for token in text.tokens(norm)]
    return [
        features.word_key(token.word)
        for token in tokens
        if token.telling and not token.stopped
    ]


def differences(documents: list[Document]) -> list[str]:
    _, read = bulk.read(documents, texts=3)
    laid = read.segments()
    telling = read.telling
    found = []
    for number, document in enumerate(documents):
        expected = features.read(document)
        if telling[number] != expected.telling:
            found.append(f"{document}: telling")
        if number < 3 and not np.array_equal(read.texts[number], whole_words(document)):
            found.append(f"{document}: words in order")
        for name in CHANNELS:
            one = laid[name].document(number)
            order = np.argsort(one.keys)
            same = np.array_equal(one.keys[order], getattr(expected, name).keys)
            if not same or not np.array_equal(
                one.counts[order], getattr(expected, name).counts
            ):
                found.append(f"{document}: {name}")
    return found


def test_the_catalogue_is_read_the_same() -> None:
    assert differences(CATALOGUE) == []


def test_the_sample_lists_are_read_the_same() -> None:
    rows = []
    for path in sorted((Path(__file__).resolve().parents[2] / "demo").glob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows.extend(list(csv.reader(file)))
    documents = [
        Document(i, row[0], "\n".join(row[1:])) for i, row in enumerate(rows) if row
    ]

    assert differences(documents) == []


@settings(max_examples=150)
@given(st.lists(st.tuples(st.one_of(texts, ODD), st.one_of(texts, ODD)), max_size=5))
@example([("\x01", "a\x01b"), ("", "\U000f0000轴承"), ("c+", "c++ c# 2018年 7075")])
@example([("\ud800轴承", "\U00020000轴承")])
def test_any_texts_are_read_the_same(written: list[tuple[str, str]]) -> None:
    documents = [Document(i, title, text) for i, (title, text) in enumerate(written)]

    assert differences(documents) == []


def test_a_large_catalogue_ranks_as_one_that_grew(monkeypatch) -> None:
    query = Document("q", "尼龙保持架缺陷检测", "PA66保持架兜孔毛刺")
    expected = [(m.id, m.score) for m in Matcher().fit(CATALOGUE).rank(query)]
    monkeypatch.setattr(matcher, "_FEW", 2)

    assert [
        (m.id, m.score) for m in Matcher().fit(iter(CATALOGUE)).rank(query)
    ] == expected
