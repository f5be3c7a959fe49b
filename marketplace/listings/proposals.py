"""A text taken apart into proposals for the fields of a listing, each with the sentence it comes from.

Nothing is stored here. What cannot be read surely is left out or said, never guessed. The readers are those of lists
and forms (`parsing`); what becomes of a proposal that its writer confirms is in `pages/proposing.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import phonenumbers

from marketplace.clock import today
from marketplace.listings.proposal_pieces import (
    CONTACT,
    DAY,
    DUE,
    HEADCOUNT,
    MAIL,
    MAX_HEADLINE,
    MAX_TITLE,
    MONEY,
    NEGOTIABLE,
    PATENT,
    PAY,
    SENTENCE,
    SOFTWARE,
    SPOKEN,
    STAGE_SAYS,
    TRL,
    Found,
    after_label,
    contact_name,
    day_or_none,
    figure_controls,
    figures_in,
    is_headline,
    is_prose,
    money_field,
    open_sum_found,
    paragraphs,
    sections,
    shortened,
    speaks_so,
    sum_found,
    without_numbering,
)
from marketplace.listings.schema import SCHEMAS, terms
from marketplace.listings.schema.contacts import ContactLine, ContactName
from marketplace.listings.schema.field import Field
from marketplace.listings.schema.kinds import (
    MIN_TEXT,
    TEXT_LIMIT,
    Line,
    Text,
    Title,
    Words,
)
from marketplace.parsing import ParseError
from marketplace.parsing.emails import read_email
from marketplace.parsing.levels import find_level
from marketplace.parsing.money import read_money
from marketplace.parsing.numbers import read_ip_number
from marketplace.parsing.telephones import read_phone
from marketplace.parsing.text import half_width

MAX_FIGURES = 20


@dataclass(frozen=True)
class Proposal:
    """What one question could be answered with.

    Attributes:
        key: by which it is ticked: the same text gives the same keys.
        field: name of the question.
        label: as the form calls it.
        words: what would be filled in, as it is read.
        sentence: where it stands in the text.
        values: names and values of the controls; in a list of rows without the number of the row.
        is_row: whether it is one row of several, of which any number can be taken.
    """

    key: str
    field: str
    label: str
    words: str
    sentence: str
    values: tuple[tuple[str, str], ...]
    is_row: bool = False


@dataclass(frozen=True)
class TakenApart:
    """What was found in a text.

    Attributes:
        proposals: in the order of the form.
        remarks: what looks like something and could not be taken, with the reason.
    """

    proposals: tuple[Proposal, ...]
    remarks: tuple[str, ...]


def take_apart(text: str, kind: str, need: str = "") -> TakenApart:
    """Find what a text says for the fields of a listing.

    Args:
        text: as pasted or read from a document.
        kind: `achievement` or `demand`.
        need: of a demand; empty counts as technology.

    Returns:
        proposals in the order of the form, and what could not be taken.
    """
    need = need or (terms.DEFAULT_NEED if kind == "demand" else "")
    reader = _Reader(text, kind, need)
    found = list(reader.read_all())
    schema = SCHEMAS[kind]
    order = {name: place for place, name in enumerate(schema.labels)}
    found.sort(key=lambda one: order[one.field])
    proposals = []
    counts: dict[str, int] = {}
    seen: set[tuple[str, tuple[tuple[str, str], ...]]] = set()
    for one in found:
        field = schema[one.field]
        if not field.step or not field.is_asked(need):
            continue
        # A text says the same thing twice, in its heading and below.
        if (one.field, one.values) in seen:
            continue
        seen.add((one.field, one.values))
        # Numbered by question, so that the same text gives the same keys when it is sent back.
        number = counts[one.field] = counts.get(one.field, 0) + 1
        proposals.append(
            Proposal(
                key=f"{one.field}-{number}",
                field=one.field,
                label=field.label,
                words=one.words,
                sentence=shortened(one.sentence),
                values=one.values,
                is_row=one.field in schema.rows,
            )
        )
    return TakenApart(tuple(proposals), tuple(dict.fromkeys(reader.remarks)))


def typed_values(proposals: Iterable[Proposal]) -> list[tuple[str, str]]:
    """Names and values as the form would send them; the rows of each list are numbered from 0."""
    pairs = []
    rows: dict[str, int] = {}
    for one in proposals:
        if not one.is_row:
            pairs += list(one.values)
            continue
        number = rows.get(one.field, 0)
        rows[one.field] = number + 1
        pairs += [(f"{one.field}-{number}-{name}", value) for name, value in one.values]
    return pairs


class _Reader:
    """Reads one text once.

    Args:
        text, kind, need: as of `take_apart`.
    """

    def __init__(self, text: str, kind: str, need: str) -> None:
        self.kind = kind
        self.need = need
        self.schema = SCHEMAS[kind]
        self.remarks: list[str] = []
        self.sections = sections(text, self.schema)
        self.sentences = [
            sentence.strip()
            for sentence in SENTENCE.findall(text)
            if sentence.strip(" \t。；;，,")
        ]
        # Offers are found in what is no number, telephone or address.
        self.prose = [one for one in self.sentences if is_prose(one)]

    def read_all(self) -> Iterator[Found]:
        """Everything that is found, in no order."""
        yield from self._titles()
        yield from self._texts()
        for sentence in self.sentences:
            yield from self._rights_in(sentence)
            yield from self._contacts_in(sentence)
            yield from self._money_in(sentence)
            if self.kind == "demand":
                yield from self._days_in(sentence)
                yield from self._people_in(sentence)
        for sentence in self.prose:
            yield from self._stages_in(sentence)
        yield from self._figures()

    # -- title and texts ----------------------------------------------------------------------------------------------

    def _titles(self) -> Iterator[Found]:
        labelled = self.sections.get("title")
        if labelled:
            first = labelled.split("\n", 1)[0].strip()[:200]
            yield Found("title", (("title", first),), first, first)
            return
        if not self.prose:
            return
        first = without_numbering(self.prose[0]).rstrip("。；;！!")
        title = first
        if len(first) > MAX_TITLE:
            ends = [first.rfind(sign, 8, MAX_HEADLINE) for sign in "，,、：:"]
            title = first[: max(ends) if max(ends) > 0 else MAX_HEADLINE]
        if len(title) >= 4:
            yield Found("title", (("title", title),), title, first)

    def _texts(self) -> Iterator[Found]:
        """What stands under a heading of ours, else what sentences sound like; the main text takes the rest."""
        taken: set[str] = set()
        for name, words in self.sections.items():
            field = self.schema[name]
            # Contacts are found wherever they stand, one by one.
            if isinstance(field, Title | ContactLine | ContactName) or not words:
                continue
            if isinstance(field, Text | Line | Words):
                taken.update(map(str.strip, SENTENCE.findall(words)))
                yield from self._labelled(field, words)
        left = [one for one in self.prose if one not in taken]
        if "title" not in self.sections and len(left) > 1 and is_headline(left[0]):
            left = left[1:]
        for name, pattern in SPOKEN[self.kind].items():
            if name in self.sections:
                continue
            spoken = [one for one in left if speaks_so(name, pattern, one)]
            # All of a short text is its main text, whatever it sounds like.
            if spoken and len(spoken) < len(left):
                words = "".join(spoken)[:TEXT_LIMIT]
                yield Found(name, ((name, words),), words, spoken[0])
                rest = [one for one in left if one not in spoken]
                # What is wished for is asked in a question of its own.
                if name == "expected_goal" and len("".join(rest)) >= MIN_TEXT:
                    left = rest
        main = self.schema.main_text
        if main in self.sections or not left:
            return
        words = "\n".join(paragraphs(left))[:TEXT_LIMIT]
        if len(words) >= 4:
            yield Found(main, ((main, words),), words, left[0])

    def _labelled(self, field: Field, words: str) -> Iterator[Found]:
        try:
            value = field.read_typed(words)
        # A remark and no proposal: under its own heading it was meant, and its writer should know.
        except ParseError as error:
            self.remarks.append(f"{field.label}：{error.sentence}")
            return
        if not value:
            return
        typed = field.typed(value)
        yield Found(field.name, ((field.name, typed),), typed, words)

    # -- figures ------------------------------------------------------------------------------------------------------

    def _figures(self) -> Iterator[Found]:
        if "metrics" not in self.schema.rows:
            return
        count = 0
        for sentence in self.prose:
            for figure in figures_in(after_label(sentence), self.kind):
                if count == MAX_FIGURES:
                    return
                count += 1
                yield Found("metrics", *figure_controls(figure), sentence)

    # -- rights -------------------------------------------------------------------------------------------------------

    def _rights_in(self, sentence: str) -> Iterator[Found]:
        if "ips" not in self.schema.rows:
            return
        plain = half_width(sentence)
        for match in [*PATENT.finditer(plain), *SOFTWARE.finditer(plain)]:
            try:
                number, kind = read_ip_number(match[0])
            except ParseError as error:
                self.remarks.append(error.sentence)
                continue
            if kind is None:
                continue
            values = [("ip_type", kind), ("number", number)]
            if number.startswith("ZL"):
                values.append(("legal_status", "granted"))
            words = f"{terms.IP_TYPES[kind]} {number}"
            yield Found("ips", tuple(values), words, sentence)

    # -- contacts -----------------------------------------------------------------------------------------------------

    def _contacts_in(self, sentence: str) -> Iterator[Found]:
        plain = half_width(sentence)
        for match in CONTACT.finditer(plain):
            yield from self._read("contact_name", match[1], sentence, contact_name)
        for match in MAIL.finditer(plain):
            yield from self._read("contact_email", match[0], sentence, read_email)
        # Patent numbers have the figures of telephones.
        without = PATENT.sub(" ", MAIL.sub(" ", plain))
        for phone in phonenumbers.PhoneNumberMatcher(without, "CN"):
            yield from self._read(
                "contact_phone", phone.raw_string, sentence, read_phone
            )

    def _read(
        self,
        name: str,
        raw: str,
        sentence: str,
        read: Callable[[str], str | None],
    ) -> Iterator[Found]:
        """What a reader makes of a piece of text; what it refuses is a remark."""
        try:
            value = read(raw)
        except ParseError as error:
            self.remarks.append(error.sentence)
            return
        if value:
            yield Found(name, ((name, value),), value, sentence)

    # -- money, days, people ------------------------------------------------------------------------------------------

    def _money_in(self, sentence: str) -> Iterator[Found]:
        for clause in re.split(r"[，,。；;\n](?!\d{3}(?!\d))", half_width(sentence)):
            if self.need == "talent" and PAY.search(clause):
                words = clause.strip()[:200]
                yield Found("pay", (("pay", words),), words, sentence)
                continue
            name = money_field(clause, self.kind, self.need)
            if not name:
                continue
            match = MONEY.search(clause + " ")
            if match is None:
                if NEGOTIABLE.search(clause):
                    yield from open_sum_found(name, sentence)
                continue
            try:
                money = read_money(match[0].strip())
            except ParseError as error:
                self.remarks.append(error.sentence)
                continue
            if money is not None and money.high is not None:
                yield sum_found(name, money.low, money.high, match[0], sentence)

    def _days_in(self, sentence: str) -> Iterator[Found]:
        for clause in re.split(r"[，,。；;\n]", half_width(sentence)):
            match = DAY.search(clause)
            if match is None or not DUE.search(clause[match.end() :] or clause):
                continue
            day = day_or_none(match[0])
            # What is past is no deadline.
            if day is not None and day > today():
                yield Found(
                    "deadline",
                    (("deadline", day.isoformat()),),
                    day.isoformat(),
                    sentence,
                )

    def _people_in(self, sentence: str) -> Iterator[Found]:
        if self.need != "talent":
            return
        match = HEADCOUNT.search(half_width(sentence))
        if match is not None and int(match[1]):
            number = str(int(match[1]))
            yield Found("headcount", (("headcount", number),), f"{number} 人", sentence)
        for code in ("doctor", "master", "bachelor", "college"):
            name = terms.EDUCATIONS[code]
            if name in sentence:
                yield Found("education", (("education", code),), name, sentence)
                return

    def _stages_in(self, sentence: str) -> Iterator[Found]:
        if self.kind != "achievement":
            return
        match = TRL.search(half_width(sentence))
        if match is not None:
            level = find_level(match[1] or match[2])
            if level is not None:
                words = f"{level} 级 {terms.TRL_NAMES[level]}"
                yield Found("trl", (("trl", str(level)),), words, sentence)
        if not STAGE_SAYS.search(sentence):
            return
        for code, name in terms.STAGES.items():
            if name in sentence:
                yield Found("stage", (("stage", code),), name, sentence)
