"""A closed list of terms and how it is searched: by name, code or another word in use. No list is written here.

The trade's own lists are in `terms.py`, those of the dictionaries in `dictionaries.py`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from marketplace.parsing import ParseError
from marketplace.parsing.lists import MAX_LIST, split_pieces
from marketplace.parsing.text import EMPTY, cell_text, half_width, read_prose

MAX_SIMILAR = 300  # different unknown words for which near ones are looked for
NAMED_IN_FULL = 15  # terms of a list that a message names all


def word_key(plain: str) -> str:
    """What spellings of one term share: half-width, folded case, no blanks, one kind of brackets."""
    folded = half_width(plain).casefold()
    bare = "".join(folded.split())
    return bare.replace("（", "(").replace("）", ")").replace("·", "")


class Vocabulary(Mapping[str, str]):
    """A closed list of terms: a mapping code → name, in its order, that also finds codes by words.

    Args:
        names: code → name.
        aliases: other word in use → code.
        endings: words that may end a term without changing it, such as 产业链.
        advice: what to say where the list is too long to be named in full.
        is_detailed: a term may be followed by its finer reason, behind a dash or in brackets: 失效-未缴年费.
    """

    def __init__(
        self,
        names: Mapping[str, str],
        aliases: Mapping[str, str] | None = None,
        endings: tuple[str, ...] = (),
        advice: str = "",
        is_detailed: bool = False,
    ) -> None:
        self.is_detailed = is_detailed
        self.names = dict(names)
        self.endings = endings
        self.advice = advice
        self._codes: dict[str, str] = {}
        # Looking for what comes near takes milliseconds, and a list repeats its errors in thousands of rows.
        self._similar: dict[str, str] = {}
        # Names last: where a name and another word collide, the name wins.
        for word, code in (aliases or {}).items():
            self._learn_word(word, code)
        for code in names:
            self._learn_word(code, code)
        for code, name in names.items():
            self._learn_word(name, code)

    def __getitem__(self, code: str) -> str:
        return self.names[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def find_code(self, plain: str) -> str | None:
        """The code of a term, or None."""
        key = word_key(plain)
        if key in self._codes:
            return self._codes[key]
        for ending in self.endings:
            # 轴承产业链 for 轴承: the ending was added by the writer of the list.
            shorter = key.removesuffix(ending)
            if shorter != key and shorter in self._codes:
                return self._codes[shorter]
        return self._code_of_parts(key) if self.is_detailed else None

    def _code_of_parts(self, key: str) -> str | None:
        """The code of a term with its reason; None where they contradict each other: 授权（失效）."""
        head, *rest = re.split(r"[-—:：(]+", key.rstrip(")"))
        code = self._codes.get(head)
        others = {self._codes[part] for part in rest if part in self._codes}
        return code if others <= {code} else None

    def describe_allowed(self, plain: str = "") -> str:
        """What may be written, in Chinese: all of a short list, else what comes near to `plain`."""
        if len(self.names) <= NAMED_IN_FULL:
            return f"可填：{'、'.join(self.names.values())}。{self.advice}"
        if plain not in self._similar and len(self._similar) < MAX_SIMILAR:
            self._similar[plain] = self._describe_similar(plain)
        similar = self._similar.get(plain, "")
        return f"{similar}全部可填内容见模板的「可选值」表。{self.advice}"

    def read_one(self, raw: Any) -> str | None:
        """The code of the one term in a cell.

        Raises:
            ParseError: no such term.
        """
        plain = cell_text(raw)
        code = self.find_code(plain)
        if code is not None:
            return code
        if plain.casefold() in EMPTY:
            return None
        raise self._unknown_term(plain)

    def read_many(self, raw: Any, most: int = 0) -> list[str] | None:
        """The codes of all terms in a cell, in their order; a term may itself hold the sign that parts two of them.

        Args:
            raw: terms parted by 、；，or line ends.
            most: largest number of them; 0 for any.

        Raises:
            ParseError: no such term, or too many.
        """
        plain = read_prose(raw, MAX_LIST) or ""
        if plain.casefold() in EMPTY and self.find_code(plain) is None:
            return None
        codes: list[str] = []
        for item in split_pieces(plain, "；;\n|"):
            codes += self._codes_of_item(split_pieces(item, "、，,"))
        codes = list(dict.fromkeys(codes))
        if most and len(codes) > most:
            raise ParseError(
                f"填了 {len(codes)} 项。", f"最多 {most} 项，主要的写在最前面。"
            )
        return codes

    def _codes_of_item(self, parts: list[str]) -> list[str]:
        """The codes of the parts between two strong separators."""
        codes = []
        while parts:
            length, code = self._longest_term(parts)
            if code is not None:
                codes.append(code)
                parts = parts[length:]
                continue
            if "/" not in parts[0]:
                raise self._unknown_term(parts[0])
            # A slash parts terms only where no term holds it (产品研发/工艺改进 is one).
            pieces = [piece for piece in parts[0].split("/") if piece]
            parts = pieces + parts[1:]
        return codes

    def _longest_term(self, parts: list[str]) -> tuple[int, str | None]:
        """How many of the first parts are one term together, and its code: 中药、天然药物 is one."""
        for length in range(len(parts), 0, -1):
            code = self.find_code("、".join(parts[:length]))
            if code is not None:
                return length, code
        return 0, None

    def _unknown_term(self, plain: str) -> ParseError:
        message = f"「{plain[:40]}」不在可填的范围内。"
        return ParseError(message, self.describe_allowed(plain))

    def _describe_similar(self, plain: str) -> str:
        near = difflib.get_close_matches(
            word_key(plain)[:40], self._codes, n=3, cutoff=0.5
        )
        names = dict.fromkeys(self.names[self._codes[key]] for key in near)
        if not names:
            return ""
        return f"相近的有：{'、'.join(names)}。"

    def _learn_word(self, word: str, code: str) -> None:
        key = word_key(word)
        self._codes[key] = code
        for ending in self.endings:
            shorter = key.removesuffix(ending)
            if shorter and shorter not in self._codes:
                self._codes[shorter] = code
