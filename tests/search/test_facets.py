"""Facets, filters, order and pages on every engine."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, datetime, timedelta

import pytest

from search import FACETS, Document, Engine, Query
from search.contract import FACET_VALUES


def facet_values(document: Document, facet: str) -> tuple[object, ...]:
    """The values under which a document is counted in a facet; () when it has none."""
    if facet == "mode":
        return document.modes
    # Every other facet is named as its field; empty is no value.
    value = getattr(document, facet)
    return () if value in (None, "") else (value,)


def test_facets_of_everything(filled: Engine) -> None:
    facets = filled.find(Query()).facets
    expected = {
        "kind": [("achievement", 4), ("demand", 3)],
        "district": [
            ("371502", 2),
            ("371581", 2),
            ("371523", 1),
            ("371524", 1),
            ("371526", 1),
        ],
        "field": [
            ("it", 2),
            ("new_energy", 2),
            ("new_materials", 2),
            ("biomedicine", 1),
        ],
        "stage": [
            ("industrialised", 1),
            ("lab_scale", 1),
            ("pilot", 1),
            ("small_batch", 1),
        ],
        "mode": [("co_implement", 3), ("license", 3), ("equity", 1), ("transfer", 1)],
        "year": [(2026, 3), (2025, 2), (2024, 1)],
        "chain": [("battery", 2), ("bearing", 2), ("aluminium", 1)],
        "institution": [("7", 2), ("31", 1), ("8", 1)],
        "need": [("talent", 1), ("technology", 1)],
        "achievement_type": [("applied_technology", 1), ("basic_theory", 1)],
    }
    assert facets == expected


def test_each_facet_is_counted_with_all_filters_but_its_own(filled: Engine) -> None:
    result = filled.find(
        Query(filters={"field": {"it", "new_materials"}, "year": {"2026"}})
    )
    assert {(hit.kind, hit.id) for hit in result.hits} == {
        ("demand", 21),
        ("demand", 23),
    }
    assert result.facets["field"] == [
        ("it", 1),
        ("new_energy", 1),
        ("new_materials", 1),
    ]
    assert result.facets["year"] == [(2026, 2), (2024, 1)]
    assert result.facets["kind"] == [("demand", 2)]


@pytest.mark.parametrize(
    "filters",
    [
        {"district": {"nowhere"}},
        {"year": {1900}},
        {"stage": {"pilot"}, "chain": {"bearing"}},
    ],
)
def test_filters_nothing_passes(filled: Engine, filters: dict[str, set[str]]) -> None:
    result = filled.find(Query(filters=filters))
    assert (result.total, result.hits) == (0, [])


def test_an_empty_set_narrows_nothing(filled: Engine) -> None:
    assert filled.find(Query(filters={"district": set()})).total == 7


@pytest.mark.parametrize(
    "query",
    [
        {"sort": "price"},
        {"page": 0},
        {"size": -1},
        {"size": 100_000},
        {"filters": {"holder": {"x"}}},
        {"filters": {"year": {"soon"}}},
    ],
)
def test_a_query_our_pages_would_not_make_is_refused(query: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="."):
        Query(**query)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sort", "text", "expected"),
    [
        ("newest", "", ["d23", "d21", "d11", "a12", "a11", "a13", "a14"]),
        ("relevance", "", ["d23", "d21", "d11", "a12", "a11", "a13", "a14"]),
        ("deadline", "", ["d21", "d23", "d11", "a11", "a12", "a13", "a14"]),
        ("newest", "轴承", ["d21", "a14"]),
        ("deadline", "轴承", ["d21", "a14"]),
    ],
)
def test_orders(filled: Engine, sort: str, text: str, expected: list[str]) -> None:
    hits = filled.find(Query(text, sort=sort)).hits
    assert [f"{hit.kind[0]}{hit.id}" for hit in hits] == expected


# id → hour and second of one day; several listings are published in one day, in one second, at one moment.
MOMENTS = {
    1: datetime(2026, 3, 1, 8, 0, 0),
    2: datetime(2026, 3, 1, 23, 59, 59, 999_999),
    3: datetime(2026, 3, 1, 8, 0, 0, 1),
    4: datetime(2026, 3, 1, 8, 0, 0),
    5: datetime(2026, 2, 28, 23, 59, 59),
    6: None,
    7: None,
    40: datetime(2026, 3, 1, 8, 0, 0),
}


@pytest.mark.parametrize("text", ["", "轴承"])
def test_newest_goes_by_the_moment_then_by_the_larger_id(
    engine: Engine, text: str
) -> None:
    engine.put(
        [
            Document("demand", number, 1, "轴承", "", published_at=moment)
            for number, moment in MOMENTS.items()
        ]
    )
    expected = [2, 3, 40, 4, 1, 5, 7, 6]

    first = engine.find(Query(text, sort="newest", size=5)).hits
    second = engine.find(Query(text, sort="newest", size=5, page=2)).hits

    assert [hit.id for hit in [*first, *second]] == expected


def many(count: int) -> list[Document]:
    chance = random.Random(7)  # noqa: S311  a made-up catalogue
    districts = ["371502", "371521", "371522", "371523", None]
    modes = ["transfer", "license", "equity", "co_implement"]
    return [
        Document(
            chance.choice(["achievement", "demand"]),
            number,
            1,
            chance.choice(["轴承磨削", "阿胶提取", "铝合金铸造"]),
            "工艺" * chance.randint(1, 3),
            audience=chance.choice(
                [("public",), ("public", "operator"), ("operator",)]
            ),
            district=chance.choice(districts),
            field=chance.choice(["it", "bio", None]),
            stage=chance.choice(["pilot", None]),
            modes=tuple(chance.sample(modes, chance.randint(0, 3))),
            year=chance.choice([2023, 2024, 2025, None]),
            chain=chance.choice(["a", "b", None]),
            institution=chance.choice(["1", "20", None]),
            need=chance.choice(["technology", "talent", None]),
            published_at=chance.choice(
                [None, datetime(2026, 1, 1) + timedelta(hours=chance.randint(0, 60))]
            ),
            deadline=chance.choice(
                [None, date(2026, 12, 1) + timedelta(days=chance.randint(0, 5))]
            ),
        )
        for number in chance.sample(range(1, 10 * count), count)
    ]


def test_counts_and_pages_against_plain_counting(engine: Engine) -> None:
    documents = many(300)
    engine.put(documents)
    chance = random.Random(11)  # noqa: S311  a made-up reader
    for _ in range(25):
        filters = {
            facet: set(chance.sample(values, chance.randint(1, 2)))
            for facet, values in {
                "district": ["371502", "371521", "371522"],
                "mode": ["transfer", "license", "equity"],
                "year": [2023, 2024],
                "chain": ["a", "b"],
                "field": ["it", "bio"],
            }.items()
            if chance.random() < 0.4
        }
        kinds = chance.choice([(), ("demand",), ("achievement", "demand")])
        text = chance.choice(["", "轴承", "工艺"])
        sort = chance.choice(["newest", "deadline", "relevance"])
        query = Query(text, kinds, filters, sort=sort, size=1000)
        active = query.active_filters()
        seen = [
            d for d in documents if "public" in d.audience and text in d.title + d.body
        ]

        def passes(document: Document, but: str = "", active: dict = active) -> bool:
            return all(
                set(facet_values(document, f)) & accepted
                for f, accepted in active.items()
                if f != but
            )

        expected = [d for d in seen if passes(d)]
        result = engine.find(query)
        assert result.total == len(expected)
        assert {hit.id for hit in result.hits} == {d.id for d in expected}
        for facet in FACETS:
            counts = Counter(
                v for d in seen if passes(d, facet) for v in facet_values(d, facet)
            )
            assert dict(result.facets[facet]) == dict(counts)
        pages = [
            hit
            for page in range(1, 1 + -(-result.total // 7))
            for hit in engine.find(
                Query(text, kinds, filters, sort=sort, page=page, size=7)
            ).hits
        ]
        assert pages == result.hits
        beyond = engine.find(Query(text, kinds, filters, sort=sort, page=1000, size=7))
        assert (beyond.total, beyond.hits) == (result.total, [])


def test_equal_documents_come_by_id_on_every_page(engine: Engine) -> None:
    engine.put(
        [
            Document("demand", number, 1, "轴承", "同样的文字")
            for number in (9, 100, 11, 2, 30)
        ]
    )
    expected = [2, 9, 11, 30, 100]
    orders = {"relevance": 1, "newest": -1, "deadline": 1}
    for sort, step in orders.items():
        pages = [
            engine.find(Query("轴承", sort=sort, page=p, size=2)).hits
            for p in (1, 2, 3)
        ]
        assert [hit.id for page in pages for hit in page] == expected[::step]


def test_both_engines_count_the_same_values_of_a_long_facet(engine: Engine) -> None:
    many = FACET_VALUES + 3
    engine.put(
        Document(
            "achievement", number, 1, title="轴承", body="", institution=str(number)
        )
        for number in range(1, many + 1)
    )
    engine.put([Document("demand", 1, 1, title="轴承", body="", institution="2000")])
    engine.put([Document("demand", 2, 1, title="轴承", body="", institution="2000")])
    # Ties in the order of the values as texts: 1, 10, 100, 1000 …
    single = sorted(map(str, range(1, many + 1)))
    offered = [("2000", 2), *((value, 1) for value in single[: FACET_VALUES - 1])]
    last = single[-1]

    everything = engine.find(Query("轴承", size=0))
    chosen = engine.find(Query("轴承", filters={"institution": {last}}, size=0))

    assert everything.facets["institution"] == offered
    assert chosen.facets["institution"] == [*offered, (last, 1)]
    assert chosen.total == 1
