"""The state of the search page: read from an address, and written back as the addresses of its neighbours.

What is found for a state is read in `queries.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flask import url_for
from werkzeug.datastructures import MultiDict

import search
from marketplace.listings.models import LISTINGS
from marketplace.parsing import ParseError
from marketplace.parsing.numbers import read_ip_number
from marketplace.parsing.organisation_names import split_name
from matching.encoded_text import decode_text
from matching.misread_text import is_illegible
from matching.names import body_stretches, without_names

TEXT_LIMIT = 200  # characters of a query; a longer text is a problem to be matched, not words to be searched
BOX_LIMIT = 800  # characters a search box takes: of Chinese as many as a line of a request holds, 9 bytes each
PAGE_LIMIT = 100_000  # beyond any list; keeps a made-up number away from the engine
UNKNOWN_LIMIT = (
    40  # characters of an unknown filter value that are repeated to the reader
)
# Wider than any list, and narrow enough that made-up years are no filters.
YEARS = range(1980, 2100)
SORTS = {"relevance": "相关", "newest": "最新", "deadline": "截止临近"}
FACETS = {
    "field": "技术领域",
    "chain": "产业链",
    "institution": "单位",
    "stage": "所处阶段",
    "mode": "合作方式",
    "need": "需求类别",
    "achievement_type": "成果类型",
    "district": "县市区",
    "year": "发布年份",
}
KINDS = {"": "全部", "achievement": "成果", "demand": "需求"}
# Codes of organisations, contracts, patents, listings: letters and figures, of which six and more are figures.
_CODE = re.compile(r"(?<![^\W_])(?:[A-Za-z_.()/-]*[0-9]){6,}[A-Za-z0-9_.()/-]*")
# Kinds of organisations whose forms end no thing's name.
NAMED_KINDS = frozenset(
    {
        "company",
        "works",
        "hospitals",
        "banks",
        "schools",
        "limited",
        "stock",
        "colleges",
        "universities",
    }
)
# What may be published says at least a word.
_WORD = re.compile(r"[^\W\d_]{2}")
# 聊城大学（示例）: a remark on a name.
_REMARK = r"(?:[（(][^（()）]*[)）])?"


@dataclass(frozen=True)
class SearchState:
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
    def from_address(
        cls, address: MultiDict[str, str], names: Mapping[str, Mapping[str, str]]
    ) -> SearchState:
        """Read the arguments of an address. Nothing a reader may type is an error.

        Args:
            address: the arguments as they came.
            names: facet → code → name of the values that exist; years are known by themselves.
        """
        # The first of several: an address that repeats an argument was made by hand.
        typed = address.get("q", "")
        whole = clean_query(typed)
        filters = {}
        unknown: list[str] = []
        for facet in FACETS:
            # Once each, in their order, so that one state has one address.
            codes = list(dict.fromkeys(address.getlist(facet)))
            known = tuple(code for code in codes if _is_known(facet, code, names))
            if known:
                filters[facet] = known
            for code in codes:
                shortened = clean_query(code)[:UNKNOWN_LIMIT]
                if shortened and code not in known:
                    unknown.append(shortened)
        sort = address.get("sort", "")
        kind = address.get("kind", "")
        return cls(
            text=whole[:TEXT_LIMIT].strip(),
            kind=kind if kind in LISTINGS else "",
            filters=filters,
            sort=sort if sort in SORTS else "",
            page=_page_number(address.get("page", "")),
            whole=whole if len(whole) > TEXT_LIMIT else "",
            full=len(typed) == BOX_LIMIT,
            unknown=tuple(unknown),
        )

    @property
    def only_signs(self) -> bool:
        """Whether the text holds no letter and no figure: half of all listings have a %, which says nothing.

        Wider than `signs_only` of an engine, which looks for a picture (🔩) as it stands: such a text asks no engine.
        """
        return bool(self.text) and not any(map(str.isalnum, self.text))

    @property
    def is_garbled(self) -> bool:
        """Whether characters of the text were lost on their way, so that it says something else."""
        return is_illegible(self.text)

    @property
    def is_unsearchable(self) -> bool:
        """Whether there is nothing that could be looked for."""
        return self.only_signs or self.is_garbled

    @property
    def names(self) -> list[str]:
        """The firms and institutions that the text names in full."""
        parts = split_name(self.text)
        # 聊城轴承厂 says where, 齿轮泵厂 what; and 聊城五轴加工中心 may be a machine.
        has_place = parts.is_place or parts.places
        if has_place and parts.kind in NAMED_KINDS and " " not in self.text:
            return [self.text]
        return [self.text[start:end] for start, end in body_stretches(self.text)]

    @property
    def is_matter(self) -> bool:
        """Whether the text says anything but names, places, addresses and codes: a demand could be called so."""
        text = self.text
        for name in self.names:
            text = re.sub(re.escape(name) + _REMARK, " ", text)
        text = without_names([_CODE.sub(" ", text).lower()])[0]
        return _WORD.search(text) is not None

    @property
    def order(self) -> str:
        """The order in effect."""
        if self.sort:
            return self.sort
        # Without a text nothing is more relevant than anything else.
        return "relevance" if self.text else "newest"

    @property
    def is_filtered(self) -> bool:
        """Whether any filter is chosen."""
        return bool(self.filters)

    def query(self, audiences: frozenset[str], *, size: int) -> search.Query:
        """The same as the search engine takes it.

        Args:
            audiences: the groups the reader belongs to, see `permissions.audiences`.
            size: hits on a page.
        """
        return search.Query(
            text=_as_stored(self.text),
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
        """The arguments of the address of this state; what has its usual value is left out."""
        arguments: dict[str, Any] = {"q": self.text, "kind": self.kind}
        for facet, codes in self.filters.items():
            arguments[facet] = list(codes)
        arguments["sort"] = self.sort
        if self.page > 1:
            arguments["page"] = str(self.page)
        return {name: value for name, value in arguments.items() if value}

    def hidden_fields(self, *without: str) -> Iterator[tuple[str, str]]:
        """Names and values a form must carry along, except the fields it has itself and the page."""
        for name, value in self.arguments().items():
            if name in (*without, "page"):
                continue
            values = value if isinstance(value, list) else [value]
            for text in values:
                yield name, str(text)

    def on_page(self, page: int) -> SearchState:
        """The same on another page."""
        return replace(self, page=page)

    def of_kind(self, kind: str) -> SearchState:
        """The same for another kind; an empty one stands for both."""
        # Another list begins at its first page; so below.
        return replace(self, kind=kind, page=1)

    def sorted_by(self, sort: str) -> SearchState:
        """The same in another order."""
        return replace(self, sort=sort, page=1)

    def with_text(self, text: str) -> SearchState:
        """The same for another query."""
        return replace(self, text=text, whole="", full=False, page=1)

    def unfiltered(self) -> SearchState:
        """The same without any filter."""
        return replace(self, filters={}, page=1)

    def without(self, facet: str, code: str) -> SearchState:
        """The same without one chosen value."""
        filters = {}
        for name, values in self.filters.items():
            left = tuple(value for value in values if (name, value) != (facet, code))
            if left:
                filters[name] = left
        return replace(self, filters=filters, page=1)


def clean_query(text: str) -> str:
    """A typed text on one line, without control characters and halves of characters, and codes as characters."""
    # Bytes that were read wrongly may be controls and blanks, so they come first.
    text = decode_text(text)
    return " ".join("".join(map(_sound_character, text)).split())


def _sound_character(character: str) -> str:
    """A character, or a blank in place of a control character or half of one."""
    is_control = character < " " or character == "\x7f"
    is_half = "\ud800" <= character <= "\udfff"
    return " " if is_control or is_half else character


def _is_known(facet: str, code: str, names: Mapping[str, Mapping[str, str]]) -> bool:
    # Organisations are named when they are counted: an address shall not tell which there are.
    if facet == "institution":
        return code.isascii() and code.isdecimal() and len(code) < 10
    if facet != "year":
        return code in names[facet]
    is_number = code.isascii() and code.isdecimal() and len(code) == 4
    return is_number and int(code) in YEARS


def _as_stored(text: str) -> str:
    """The number of a patent as listings have it, where a text is one: ZL 2017 1 0601862.3 is one word."""
    try:
        number, kind = read_ip_number(text)
    except ParseError:
        return text
    return number if kind else text


def _page_number(text: str) -> int:
    """A page number from an address: anything that is none is the first page."""
    if not (text.isascii() and text.isdecimal()):
        return 1
    return min(max(int(text[:9]), 1), PAGE_LIMIT)
