"""Reasons add up, are whole words of both texts, and taking them away costs score. Grades, and the sentence."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import Document, Matcher, Reasons
from matching import text as words_of
from matching.explaining.facts import Fact
from matching.explaining.query_explainer import QueryExplainer
from matching.explaining.reasons import Evidence, largest_remainder
from matching.explaining.sentence import match_sentence
from matching.judging import grades
from tests.matching.conftest import CATALOGUE, documents, texts

QUERY = Document(
    "q",
    "求尼龙轴承保持架缺陷检测方法",
    "PA66保持架兜孔毛刺人工抽检漏检多，想上在线视觉检测。",
)


def words_in(document: Document) -> set[str]:
    return {
        s.word for s in words_of.spans(document.title) + words_of.spans(document.text)
    }


def test_reasons_are_whole_terms_without_their_parts(matcher: Matcher) -> None:
    reasons = matcher.rank(QUERY)[0].reasons
    told = [word for word, _ in reasons.words]

    assert "轴承保持架" in told
    assert "轴承" not in told
    assert "兜孔" in told
    assert len(told) == len(set(told))


@settings(max_examples=80)
@given(documents(), texts, texts)
def test_reasons_always_add_up_and_stand_in_both_texts(
    catalogue: list[Document], title: str, text: str
) -> None:
    by_id = {d.id: d for d in catalogue}
    query = Document("q", title, text)
    for match in Matcher().fit(catalogue).rank(query):
        reasons = match.reasons

        assert sum(
            share for _, share in reasons.words
        ) + reasons.residual == pytest.approx(match.score, abs=1e-12)
        assert reasons.residual >= -1e-12
        assert all(share > 0 for _, share in reasons.words)
        assert 0 <= reasons.covered <= 1 + 1e-9
        assert {w for w, _ in reasons.words} <= words_in(query) & words_in(
            by_id[match.id]
        )
        assert not {w for w, _ in reasons.words} & words_of.stop_words()
        assert set(reasons.specific) <= {w for w, _ in reasons.words}


@pytest.mark.parametrize("document", CATALOGUE[:5], ids=lambda d: str(d.id))
def test_taking_the_shown_words_away_lowers_the_score(
    matcher: Matcher, document: Document
) -> None:
    query = Document("q", document.title + "的研究", document.text + "车间温度高")
    reasons = matcher.explain(query, document.id)
    for word, _ in reasons.words:
        poorer = replace(
            query,
            title=words_of.normalise(query.title).replace(word, "，"),
            text=words_of.normalise(query.text).replace(word, "，"),
        )

        assert matcher.score(poorer, [document.id])[0] < reasons.score


def test_explaining_a_pair_is_explaining_its_match(matcher: Matcher) -> None:
    for match in matcher.rank(QUERY):
        assert matcher.explain(QUERY, match.id) == match.reasons


def test_reasons_stay_those_of_the_ranking_when_the_catalogue_changes(
    matcher: Matcher,
) -> None:
    expected = [match.reasons for match in matcher.rank(QUERY)]
    matches = matcher.rank(QUERY)
    added = Document(99, "尼龙保持架在线视觉检测", "PA66保持架兜孔毛刺，线阵相机")
    matcher.remove([31]).put([added, Document(7, "驴皮", "酶解")]).merge()
    matcher.put([Document("more", "铷原子钟", "保持架")])

    assert [match.reasons for match in matches] == expected


def test_only_the_reasons_that_are_read_are_worked_out(
    matcher: Matcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    explained: list[float] = []
    explain = QueryExplainer.explain

    def counted(self: QueryExplainer, evidence: Evidence) -> Reasons:
        explained.append(evidence.score)
        return explain(self, evidence)

    monkeypatch.setattr(QueryExplainer, "explain", counted)
    query = Document("q", "保持架检测 隔膜涂覆 废水脱色 驴皮酶解")
    matches = matcher.rank(query)
    shown = [match.reasons for match in matches[:2]]

    assert len(matches) == 4
    assert explained == [reasons.score for reasons in shown]
    assert matches[0].reasons is shown[0]
    # A grade needs the shared words and neither what is missing nor how the text was read.
    assert grades.grade_of_pair(matches[2]) == "fair"
    assert len(explained) == 2


def test_what_a_grade_is_given_by_is_what_the_reasons_say(matcher: Matcher) -> None:
    for match in matcher.rank(QUERY):
        evidence, reasons = match.evidence, match.reasons
        assert evidence.words == reasons.words
        assert evidence.specific == reasons.specific
        assert evidence.score == reasons.score == match.score
        assert evidence.length_ratio == reasons.length_ratio == match.length_ratio


def test_a_document_from_outside_is_explained_as_if_it_stood_there(
    matcher: Matcher,
) -> None:
    inside = matcher.explain(QUERY, 31)
    outside = matcher.explain(QUERY, CATALOGUE[0])

    assert outside.score == pytest.approx(inside.score, rel=1e-4)
    assert [w for w, _ in outside.words] == [w for w, _ in inside.words]


@pytest.mark.parametrize(("title", "text"), [("", ""), ("合作", "欢迎联系")])
def test_a_text_that_says_nothing_has_no_reasons(
    matcher: Matcher, title: str, text: str
) -> None:
    reasons = matcher.explain(Document("q", title, text), 31)

    assert (reasons.score, reasons.words, reasons.residual) == (0.0, [], 0.0)


def test_what_stands_nowhere_is_told(matcher: Matcher) -> None:
    reasons = matcher.explain(Document("q", "保持架与铷原子钟"), 31)

    assert "原子钟" in reasons.unknown_words
    assert reasons.weighed[0][1] >= reasons.weighed[-1][1]


# grades


def reasons_of(
    words: list[tuple[str, float]], *, specific: int, covered: float, score: float
) -> Reasons:
    told = sum(share for _, share in words)
    return Reasons(
        words, score - told, score, [w for w, _ in words[:specific]], covered, [], []
    )


TWO = [("甲", 0.1), ("乙", 0.1)]


@pytest.mark.parametrize(
    ("score", "ratio", "words", "specific", "expected"),
    [
        (0.40, 1.0, TWO, 2, "high"),
        (0.36, 1.0, TWO, 2, "high"),
        (0.35, 1.0, TWO, 2, "fair"),
        # One word may be chance or another sense, whatever it weighs.
        (0.90, 1.0, [("甲", 0.8)], 1, "fair"),
        # Only the name of one thing is shared.
        (0.90, 1.0, [("甲", 0.81)], 1, "weak"),
        (0.90, 1.0, [("甲", 0.82), ("乙", 0.01)], 2, "weak"),
        (0.90, 1.0, [("甲", 0.5), ("乙", 0.3)], 0, "weak"),
        (0.90, 1.0, [], 0, "weak"),
        (0.40, 1.0, [("甲", 0.01), ("乙", 0.01)], 1, "weak"),
        (0.20, 1.0, TWO, 2, "fair"),
        (0.20, 1.0, [("甲", 0.1)], 1, "fair"),
        (0.19, 1.0, TWO, 2, "weak"),
        (0.09, 1.0, [("甲", 0.05)], 1, "weak"),
        (0.12, 1.0, [("甲", 0.01)], 1, "weak"),
        (0.08, 1.0, TWO, 2, None),
        (0.0, 1.0, [], 0, None),
        # Ten words within two hundred: the same score says more.
        (0.20, 0.05, TWO, 2, "high"),
        (0.12, 0.05, TWO, 2, "fair"),
        (0.05, 0.05, [("甲", 0.05)], 1, "weak"),
        (0.04, 0.05, [("甲", 0.04)], 1, None),
        (0.50, 0.0, TWO, 2, None),
    ],
)
def test_grades_ask_for_strength_and_evidence(
    score: float,
    ratio: float,
    words: list[tuple[str, float]],
    specific: int,
    expected: str | None,
) -> None:
    reasons = reasons_of(words, specific=specific, covered=0.1, score=score)

    assert grades.fixed_grade(replace(reasons, length_ratio=ratio)) == expected


@settings(max_examples=80)
@given(documents(), texts)
def test_a_pair_is_as_long_from_both_sides(
    catalogue: list[Document], asked: str
) -> None:
    query = Document("q", asked)
    by_id = {document.id: document for document in catalogue}
    for match in Matcher().fit(catalogue).rank(query):
        turned = Matcher().fit([query]).explain(by_id[match.id], "q")

        assert match.length_ratio == match.reasons.length_ratio == turned.length_ratio


METAL = [
    "轴承",
    "保持架",
    "钢球",
    "研磨",
    "淬火",
    "应力",
    "铝合金",
    "熔覆",
    "镀锌板",
    "铸件",
    "锻件",
    "磨削",
]
FOOD = [
    "阿胶",
    "驴皮",
    "酶解",
    "低聚肽",
    "玉米",
    "淀粉",
    "发酵",
    "益生菌",
    "乳酸菌",
    "番茄",
    "肉鸡",
    "饲料",
]


@pytest.mark.parametrize("start", range(0, 12, 3))
def test_unrelated_texts_get_no_grade(start: int) -> None:
    offered = [
        Document(i, "".join(FOOD[i : i + 3]), "一种应用于企业的" + "与".join(FOOD))
        for i in range(9)
    ]
    query = Document(
        "q", "企业需要" + METAL[start], "希望合作解决" + "的".join(METAL[start:])
    )
    found = Matcher().fit(offered).rank(query)

    assert [grades.fixed_grade(m.reasons) for m in found] == [None] * len(found)


@settings(max_examples=80)
@given(documents(), texts)
def test_without_two_shared_words_it_is_never_the_top_grade(
    catalogue: list[Document], asked: str
) -> None:
    query = Document("q", asked)
    by_id = {d.id: d for d in catalogue}
    for match in Matcher().fit(catalogue).rank(query):
        other = by_id[match.id]
        mine = set(words_of.words(f"{query.title} {query.text}", stop=True))
        theirs = set(words_of.words(f"{other.title} {other.text}", stop=True))
        if len(mine & theirs) < 2:
            assert grades.fixed_grade(match.reasons) != "high"


# sentence


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([], "两边都提到甲、乙、丁，占得分的 60%。"),
        (
            [Fact("field", "agree", "01", "01")],
            "两边都提到甲、乙、丁，占得分的 60%；技术领域相同。",
        ),
        (
            [
                Fact("field", "agree", "01", "01"),
                Fact("money", "differ", None, None),
                Fact("due", "unknown", None, None),
            ],
            "两边都提到甲、乙、丁，占得分的 60%；技术领域相同；但价格超出预算。",
        ),
        (
            [Fact("stage", "differ", "pilot", "rnd")],
            "两边都提到甲、乙、丁，占得分的 60%；成熟程度还不够。",
        ),
    ],
)
def test_the_sentence_tells_words_and_facts(facts: list[Fact], expected: str) -> None:
    words = [("甲", 0.2), ("乙", 0.05), ("丙", 0.06), ("丁", 0.05)]
    reasons = Reasons(words, 0.14, 0.5, ["甲", "乙", "丁"], 0.5, [], [])
    said = match_sentence(reasons, facts)

    assert str(said) == expected
    assert (
        [piece.text for piece in said.pieces if piece.marked]
        == list(said.words)
        == ["甲", "乙", "丁"]
    )


def test_the_sentence_says_when_no_word_is_shared() -> None:
    expected = "两边没有共同的专门用语。"

    assert str(match_sentence(Reasons([], 0.05, 0.05, [], 0.0, [], []))) == expected


@given(st.lists(st.floats(0, 1), max_size=10), st.integers(0, 1000))
def test_rounded_parts_always_add_up(parts: list[float], whole: int) -> None:
    found = largest_remainder(parts, whole)

    assert sum(found) == (whole if sum(parts) > 0 else 0)
    assert all(number >= 0 for number in found)


@pytest.mark.parametrize("document", CATALOGUE[:5], ids=lambda d: str(d.id))
def test_the_sentence_says_the_percents_of_its_words(
    matcher: Matcher, document: Document
) -> None:
    for match in matcher.rank(document):
        percents = match.reasons.percents
        said = match_sentence(match.reasons, [])

        assert said.percent == sum(percents[word] for word in said.words)
        assert sum(match.reasons.rounded_parts(100)) == 100


@settings(max_examples=40)
@given(documents(), texts)
def test_the_sentence_only_says_what_is_so(
    catalogue: list[Document], asked: str
) -> None:
    by_id = {d.id: d for d in catalogue}
    query = Document("q", asked)
    for match in Matcher().fit(catalogue).rank(query):
        said = match_sentence(match.reasons, [])

        assert set(said.words) <= words_in(query) & words_in(by_id[match.id])
        assert 0 <= said.percent <= 100
        assert "！" not in str(said)
