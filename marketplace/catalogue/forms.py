"""The shape of what a reader asks of the search page: an address in, an `Asked` out, and its neighbours' addresses.

What is found for it stands in `rules.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flask import url_for
from werkzeug.datastructures import MultiDict

import search
from marketplace.listings.models import LISTINGS

TEXT_LIMIT = 200  # characters of a query; a longer text is a problem to be matched, not words to be looked for
BOX_LIMIT = 800  # characters a search box takes: of Chinese as many as a line of a request holds, 9 bytes each
PAGE_LIMIT = 100_000  # beyond any list; keeps a made-up number away from the engine
YEARS = range(1980, 2100)
SORTS = {"relevance": "相关", "newest": "最新", "deadline": "截止临近"}
FACETS = {
    "field": "技术领域",
    "chain": "产业链",
    "stage": "所处阶段",
    "mode": "合作方式",
    "district": "县市区",
    "year": "发布年份",
}
KINDS = {"": "全部", "achievement": "成果", "demand": "需求"}


@dataclass(frozen=True)
class Asked:
    """One state of the search page; every state is an address.

    Attributes:
        text: the query, cleaned and cut at `TEXT_LIMIT`.
        kind: `achievement`, `demand` or empty for both.
        filters: facet → chosen codes, known ones only.
        sort: a key of `SORTS`, or empty for the usual order (by relevance where there is a text, else newest first).
        page: counted from 1.
        whole: the text before it was cut; empty where nothing was cut.
        full: the text is as long as a search box takes: what came after it in a pasted one is lost.
        unknown: filter values of the address that no dictionary knows, left out of `filters`.
    """

    text: str = ""
    kind: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = ""
    page: int = 1
    whole: str = ""
    full: bool = False
    unknown: tuple[str, ...] = ()

    @classmethod
    def read(
        cls, address: MultiDict[str, str], names: Mapping[str, Mapping[str, str]]
    ) -> Asked:
        """Read the arguments of an address. Nothing a reader may type is an error.

        Args:
            address: the arguments as they came.
            names: facet → code → name of the values that exist; years are known by themselves.
        """
        typed = address.get("q", "")
        whole = clean(typed)
        filters, unknown = {}, []
        for facet in FACETS:
            given = list(dict.fromkeys(address.getlist(facet)))
            known = tuple(code for code in given if _known(facet, code, names))
            unknown += [
                clean(code)[:40] for code in given if code and code not in known
            ]
            if known:
                filters[facet] = known
        sort = address.get("sort", "")
        kind = address.get("kind", "")
        return cls(
            text=whole[:TEXT_LIMIT].strip(),
            kind=kind if kind in LISTINGS else "",
            filters=filters,
            sort=sort if sort in SORTS else "",
            page=_page(address.get("page", "")),
            whole=whole if len(whole) > TEXT_LIMIT else "",
            full=len(typed) == BOX_LIMIT,
            unknown=tuple(filter(None, unknown)),
        )

    @property
    def order(self) -> str:
        """The order in effect."""
        return self.sort or ("relevance" if self.text else "newest")

    @property
    def narrowed(self) -> bool:
        """Whether any filter is chosen."""
        return bool(self.filters)

    def query(self, audiences: frozenset[str], *, size: int) -> search.Query:
        """The same as the search engine takes it.

        Args:
            audiences: the groups the reader belongs to, see `permissions.audiences`.
            size: hits on a page.
        """
        return search.Query(
            text=self.text,
            kinds=(self.kind,) if self.kind else (),
            filters=self.filters,
            audiences=audiences,
            sort=self.order,
            page=self.page,
            size=size,
        )

    @property
    def address(self) -> str:
        """The address of this state."""
        return url_for("catalogue.search", **self.arguments())

    def arguments(self) -> dict[str, Any]:
        """The arguments of the address of this state, nothing said that goes without saying."""
        said: dict[str, Any] = {
            "q": self.text,
            "kind": self.kind,
            **self.filters,
            "sort": self.sort,
        }
        if self.page > 1:
            said["page"] = str(self.page)
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in said.items()
            if value
        }

    def hidden(self, *but: str) -> Iterator[tuple[str, str]]:
        """Names and values a form must carry along, apart from the fields it has itself and the page."""
        for name, value in self.arguments().items():
            if name in (*but, "page"):
                continue
            for one in value if isinstance(value, list) else [value]:
                yield name, str(one)

    def on_page(self, page: int) -> Asked:
        return replace(self, page=page)

    def of_kind(self, kind: str) -> Asked:
        return replace(self, kind=kind, page=1)

    def sorted_by(self, sort: str) -> Asked:
        return replace(self, sort=sort, page=1)

    def saying(self, text: str) -> Asked:
        return replace(self, text=text, whole="", full=False, page=1)

    def wide(self) -> Asked:
        """Without any filter."""
        return replace(self, filters={}, page=1)

    def without(self, facet: str, code: str) -> Asked:
        """Without one chosen value."""
        kept = {
            name: tuple(v for v in values if (name, v) != (facet, code))
            for name, values in self.filters.items()
        }
        return replace(
            self,
            filters={name: values for name, values in kept.items() if values},
            page=1,
        )


def clean(text: str) -> str:
    """A typed text on one line, without control characters and halves of characters."""
    return " ".join("".join(" " if _unsound(c) else c for c in text).split())


def _unsound(character: str) -> bool:
    return character < " " or character == "\x7f" or "\ud800" <= character <= "\udfff"


def _known(facet: str, code: str, names: Mapping[str, Mapping[str, str]]) -> bool:
    if facet == "year":
        return (
            code.isascii()
            and code.isdecimal()
            and len(code) == 4
            and int(code) in YEARS
        )
    return code in names[facet]


def _page(text: str) -> int:
    """A page number from an address: whatever is none is the first page."""
    if not (text.isascii() and text.isdecimal()):
        return 1
    return min(max(int(text[:9]), 1), PAGE_LIMIT)
