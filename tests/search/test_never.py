"""What must hold for any text: never a syntax error, never a stored piece that is not found, never a broken tag.
Not here: what particular texts find (test_finding).
"""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from matching.pasted_text import repair_text
from matching.text import normalise
from search import Document, Engine, Query
from search.marking import highlights
from search.sentences import snippets
from search.terms import MAX_TERMS, parse_query

SHARED_INDEX = [
    HealthCheck.function_scoped_fixture
]  # the index may carry over: that is the point of an index

CHINESE = st.text(
    alphabet="锂离子电池隔膜涂覆轴承保持架聊城大学阿胶的与一种研究人工智能，。（）0757PAal-+ \n",
    max_size=60,
)
ANYTHING = st.one_of(
    st.text(max_size=60),
    CHINESE,
    st.text(alphabet="\"'()*:^-+ANDORNOT~{}[]\\\x00 a", max_size=30),
)


@settings(max_examples=150, suppress_health_check=SHARED_INDEX)
@given(text=ANYTHING)
@example(text='"" OR ""')
@example(text="\x00")
@example(text="\ud800\udfff")
@example(text="\ue022\ue020\uf8ff")
def test_no_text_is_a_syntax_error(filled: Engine, text: str) -> None:
    result = filled.find(Query(text, size=50))
    assert 0 <= result.total <= 7
    assert len(result.hits) == result.total
    assert all(0 < hit.matched_share <= 1 for hit in result.hits)
    assert result.total or result.missing or result.relaxed is False


NEAR_FIGURE = 4  # characters: a unit and a blank


def is_findable(text: str, start: int, end: int) -> bool:
    """Whether a piece of a text is to be found: no signs alone, no markup, no part of a quantity."""
    if repair_text(text)[start:end] != text[start:end]:
        return False
    if not any(map(str.isalnum, normalise(text[start:end]))):
        return False
    # A figure is found with its sign, point and unit, which test_finding.py tries; here is what has none near it.
    near = normalise(text[max(0, start - NEAR_FIGURE) : end + NEAR_FIGURE])
    return not any(map(str.isdigit, near))


@settings(max_examples=60, suppress_health_check=SHARED_INDEX)
@given(title=ANYTHING, body=ANYTHING, data=st.data())
def test_every_short_piece_of_a_stored_text_is_found(
    fresh: Callable[[], Engine], title: str, body: str, data: st.DataObject
) -> None:
    engine = fresh()
    engine.rebuild(
        [
            Document("demand", 1, 1, title, body),
            Document("demand", 2, 1, "别的", "其他"),
        ]
    )
    for text in (title, body):
        for start in range(len(text) - 1):
            piece = text[start : start + data.draw(st.integers(2, 4))]
            if not is_findable(text, start, start + len(piece)):
                continue
            assert 1 in {hit.id for hit in engine.find(Query(piece)).hits}, piece


def test_every_short_piece_of_the_catalogue_is_found(
    filled: Engine, catalogue: list[Document]
) -> None:
    everyone = frozenset({"public", "operator"})
    for document in catalogue:
        for text in (document.title, document.body, document.holder):
            for size in (2, 3, 4):
                for start in range(len(text) - size + 1):
                    piece = text[start : start + size]
                    if not is_findable(text, start, start + size):
                        continue
                    result = filled.find(Query(piece, audiences=everyone))
                    assert (document.kind, document.id) in {
                        (hit.kind, hit.id) for hit in result.hits
                    }, piece
                    assert not result.relaxed, piece


class _Tags(HTMLParser):
    """Reads what a browser would: the text, and the tags that open and close."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not attrs
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.tags.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        self.text += data


@settings(max_examples=200)
@given(text=ANYTHING, query=ANYTHING)
@example(text="<script>alert(1)</script>", query="script")
@example(text="a &amp; b &lt;", query="amp lt")
@example(text="&", query="& a m p")
def test_marks_are_the_only_tags_and_the_text_stays(text: str, query: str) -> None:
    [marked] = highlights([text], parse_query(query))
    reader = _Tags()
    reader.feed(str(marked))
    reader.close()
    assert reader.text == text
    assert reader.tags == ["mark", "/mark"] * (len(reader.tags) // 2)


@settings(max_examples=100)
@given(texts=st.lists(ANYTHING, max_size=4), query=ANYTHING)
@example(texts=["½", "½ 轴承", "", " 轴", "承"], query="轴承 ½")
def test_a_text_is_marked_as_if_it_stood_alone(texts: list[str], query: str) -> None:
    assert highlights(texts, parse_query(query)) == [
        alone for text in texts for alone in highlights([text], parse_query(query))
    ]
    together = snippets([[text] for text in texts], parse_query(query), 20)
    assert together == [
        alone for text in texts for alone in snippets([[text]], parse_query(query), 20)
    ]


@settings(max_examples=100)
@given(text=ANYTHING, query=ANYTHING, length=st.integers(1, 40))
def test_a_snippet_is_a_piece_of_the_text(text: str, query: str, length: int) -> None:
    reader = _Tags()
    reader.feed(str(snippets([[text]], parse_query(query), length)[0]))
    reader.close()
    plain = " ".join(text.split())
    shown = reader.text
    cut = shown.removeprefix("…") if shown not in plain else shown
    cut = cut.removesuffix("…") if cut not in plain else cut
    assert cut in plain
    assert len(cut) <= max(length, 1) + 2


@settings(max_examples=150)
@given(text=ANYTHING)
def test_terms_are_few_distinct_and_never_empty(text: str) -> None:
    terms = parse_query(text).terms
    assert len(terms) <= MAX_TERMS
    assert len({term.phrase for term in terms}) == len(terms)
    assert all(term.phrase for term in terms)
    assert terms == parse_query(text).terms
