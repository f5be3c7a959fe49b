"""Reading documents together, and each alone, gives the features of reading them token by token."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from matching import Document, Matcher, features, text
from matching.features import FEATURE_KINDS
from matching.index import reading, token_table
from matching.index.reading import read_catalogue, read_features
from tests.matching import oracle
from tests.matching.conftest import CATALOGUE, texts

ODD = st.text(
    st.one_of(
        st.characters(), st.sampled_from("轴承保持架铝合金的PA66c+#-3年 \n\x01㎡")
    ),
    max_size=25,
)


def differences(documents: list[Document]) -> list[str]:
    read = read_catalogue(documents, texts=3)
    found = []
    for number, document in enumerate(documents):
        expected = oracle.read_features(document)
        if read.has_content[number] != expected.has_content:
            found.append(f"{document}: content")
        words = oracle.whole_words(document)
        if number < 3 and not np.array_equal(read.texts[number], words):
            found.append(f"{document}: words in order")
        alone = read_features(document)
        for kind in FEATURE_KINDS:
            one = read.segments[kind].document(number)
            order = np.argsort(one.keys)
            together = features.FeatureCounts(one.keys[order], one.counts[order])
            for counted in (together, getattr(alone, kind)):
                same = np.array_equal(counted.keys, getattr(expected, kind).keys)
                if not same or not np.array_equal(
                    counted.counts, getattr(expected, kind).counts
                ):
                    found.append(f"{document}: {kind}")
        if alone.has_content != expected.has_content:
            found.append(f"{document}: content alone")
        for norm in features.title_and_text(document):
            if list(text.tokens(norm)) != oracle.read_tokens(norm):
                found.append(f"{document}: tokens")
    return found


def test_the_catalogue_is_read_the_same() -> None:
    assert differences(CATALOGUE) == []


@pytest.mark.long
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


def test_batches_of_a_catalogue_are_read_as_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    query = Document("q", "尼龙保持架缺陷检测", "PA66保持架兜孔毛刺")
    expected = Matcher().fit(CATALOGUE).rank(query)
    monkeypatch.setattr(reading, "CATALOGUE_BATCH", 2)

    found = Matcher().fit(iter(CATALOGUE)).rank(query)

    assert found == expected
    assert [m.reasons for m in found] == [m.reasons for m in expected]


def test_a_new_table_of_tokens_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_table, "_MAX_TOKENS", 3)

    assert differences(CATALOGUE) == []
