"""A text taken apart into proposals for the fields of a listing, each with the sentence it comes from. Nothing is stored.

What cannot be read surely is left out or said, never guessed. The readers are those of lists and forms (`parsing`);
what becomes of a proposal that its writer confirms is in `pages/proposing.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import phonenumbers

from marketplace.clock import today
from marketplace.listings.schema import SCHEMAS, terms
from marketplace.listings.schema.field import Field
from marketplace.listings.schema.kinds import TEXT_LIMIT, Line, Text, Title, Words
from marketplace.parsing import ParseError
from marketplace.parsing.contact_cells import read_contact
from marketplace.parsing.days import read_day
from marketplace.parsing.emails import read_email
from marketplace.parsing.figures import read_metric
from marketplace.parsing.levels import find_level
from marketplace.parsing.money import read_money
from marketplace.parsing.numbers import read_ip_number
from marketplace.parsing.telephones import read_phone
from marketplace.parsing.text import half_width

MAX_SENTENCE = 160  # characters of a sentence that are shown with what was found in it
MAX_TITLE = 60  # characters of a first line that is taken for a title
MAX_HEADLINE = 40  # of a title that is cut out of a sentence
MAX_FIGURES = 20
MAX_RIGHTS = 20
# One text, so that two proposals of one question are alternatives: only one of them can be taken.
_SENTENCE = re.compile(r"[^。！？!?；;\n]+[。！？!?；;]?")
_CLAUSE = re.compile(r"[，,。！？!?；;、\n]")
_NUMBERING = re.compile(
    r"^\s*(?:[一二三四五六七八九十]{1,3}[、.．]|[（(][一二三四五六七八九十\d]{1,3}[)）]|\d{1,2}[、.．)）]|[①-⑳■●◆▪•·\-—*])\s*"
)
_LABELLED = re.compile(r"^(.{2,24}?)\s*[：:]\s*(.*)$", re.DOTALL)
_MONEY = re.compile(
    r"\d[\d,，]*(?:\.\d+)?\s*(?:(?:[-~－–—～至到]|万元?[-~－–—～至到])\s*\d[\d,]*(?:\.\d+)?\s*)?(?:亿|千万|百万|十万|万)?元|"
    r"\d[\d,]*(?:\.\d+)?\s*(?:[-~－–—～至到]\s*\d[\d,]*(?:\.\d+)?\s*)?(?:亿|千万|百万|十万|万)(?=[^\d吨台件套辆亩平千吨次人只条米])"
)
_NEGOTIABLE = re.compile(r"面议|另议|协商")
_BUDGET = re.compile(r"投入|预算|经费|费用|出资|资金|愿(?:意)?(?:出|付)|报酬|薪|待遇")
_NO_BUDGET = re.compile(
    r"注册资|产值|营收|销售|损失|利润|税|成本|节约|节省|已投|固定资产|年收入|亏"
)
_PRICE = re.compile(r"转让|价格|报价|许可费|作价|售价|定价|费用")
_SOUGHT = re.compile(r"融资|贷款|借款|资金|筹|投资")
_DAY = re.compile(
    r"(?:20\d{2}|二[〇零O○]\w{2})\s*[年./\-]\s*(?:\d{1,2}|[一二三四五六七八九十]{1,3})\s*(?:月(?:\s*\d{1,2}\s*[日号]?|底|末|[上中下]旬)?|[./\-]\s*\d{1,2})|20\d{2}\s*年\s*(?:年?底|年?末|[上下]半年)"
)
_DUE = re.compile(r"前|之前|以前|截止|期限|完成|解决|到位|上线|投产")
_PATENT = re.compile(
    r"(?:ZL|CN)?[ ]?(?:(?:19|20)\d{2}[ ]?[1-389][ ]?\d{7}|\d{2}[1-389]\d{5})[ ]?[.．][ ]?[\dXx](?!\d)",
    re.ASCII,
)
_SOFTWARE = re.compile(r"(?:19|20)\d{2}\s?SR\s?\d{6,7}", re.ASCII)
_MAIL = re.compile(r"[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9.\-]{1,253}\.[A-Za-z]{2,24}")
_CONTACT = re.compile(
    r"(?:联\s*系\s*人|对接人|联络人|负责人)(?:姓名)?\s*[：:为是]?\s*([\u4e00-\u9fff·]{2,12}(?:[（(][^）)]{1,12}[）)])?)"
)
# A figure is named by what stands before it, and these words only lead up to the name.
_LEADING = re.compile(
    r"^(?:并且|而且|同时|其中|以及|且|并|要求|希望|目标是|力争|争取|达到|实现|使得?|将|把|让|保证|确保|需要?|产品|成品)+"
)
_FROM_TO = re.compile(
    r"(?:由|从|自)[^，。；]{0,20}?(降低?|下降|减少|缩短|压缩|提高|提升|增加|升高?|延长)(?:到|至|为)\s*"
)
_TO = re.compile(
    r"(降低?|下降|减少|缩短|压缩|控制|提高|提升|增加|升高?|延长)(?:到|至|在)\s*"
)
_DOWN = re.compile(r"降|下降|减少|缩短|压缩")
_UP = re.compile(r"提|增|升|延长")
_NO_FIGURE = re.compile(
    r"[元人名岁月日号页届家]|年(?![产均寿])|电话|手机|邮编|注册|成立"
)
_STAGE_SAYS = re.compile(r"阶段|处于|已|完成|通过|进入|正在|成熟")
_TRL = re.compile(
    r"TRL\s*[-－]?\s*([1-9])(?!\d)|技术成熟度[^，。；\d]{0,4}([1-9])\s*级", re.I
)
_HEADCOUNT = re.compile(
    r"(?:引进|招聘|招|聘|需要|需|急需)[^，。；\d]{0,12}(\d{1,4})\s*[名人位]"
)
# How sentences speak of what is wanted, and of what is there already.
_WISH = re.compile(r"希望|目标|要求|期望|力争|拟达到|达到|期待|想要|最好|解决以后|预期")
_HAVE = re.compile(r"现有|已有|具备|拥有|已建|建有|配备|已经")
_NEW = re.compile(r"创新|首次|首创|独创|新型|突破")
_USED = re.compile(r"已在|应用于|试用|示范|案例|投产|推广到")
_PROSPECT = re.compile(r"前景|市场|可推广|可用于|适用于")
# Kind of listing → question → how its sentences speak; the main text takes what is left.
_SPOKEN: Mapping[str, Mapping[str, re.Pattern[str]]] = {
    "demand": {"expected_goal": _WISH, "foundation": _HAVE},
    "achievement": {"innovation": _NEW, "cases": _USED, "prospects": _PROSPECT},
}


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


@dataclass(frozen=True)
class _Found:
    """A proposal before it is numbered: question, controls, words, sentence."""

    field: str
    values: tuple[tuple[str, str], ...]
    words: str
    sentence: str


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
        if (one.field, one.values) in seen:
            continue
        seen.add((one.field, one.values))
        number = counts[one.field] = counts.get(one.field, 0) + 1
        proposals.append(
            Proposal(
                key=f"{one.field}-{number}",
                field=one.field,
                label=field.label,
                words=one.words,
                sentence=_shortened(one.sentence),
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
        self.sections = _sections(text, self.schema)
        self.sentences = [
            sentence.strip()
            for sentence in _SENTENCE.findall(text)
            if sentence.strip(" \t。；;，,")
        ]
        # Offers are found in what is no number, telephone or address.
        self.prose = [one for one in self.sentences if not _is_contact_line(one)]

    def read_all(self) -> Iterator[_Found]:
        """Everything that is found, in no order."""
        yield from self._titles()
        yield from self._texts()
        for sentence in self.sentences:
            yield from self._rights_in(sentence)
            yield from self._contacts_in(sentence)
            yield from self._money_in(sentence)
        for sentence in self.prose:
            yield from self._stages_in(sentence)
            if self.kind == "demand":
                yield from self._days_in(sentence)
                yield from self._people_in(sentence)
        yield from self._figures()

    # -- title and texts ----------------------------------------------------------------------------------------------

    def _titles(self) -> Iterator[_Found]:
        labelled = self.sections.get("title")
        if labelled:
            first = labelled.split("\n", 1)[0].strip()[:200]
            yield _Found("title", (("title", first),), first, first)
            return
        if not self.prose:
            return
        first = _without_numbering(self.prose[0]).rstrip("。；;！!")
        title = first
        if len(first) > MAX_TITLE:
            ends = [first.rfind(sign, 8, MAX_HEADLINE) for sign in "，,、：:"]
            title = first[: max(ends) if max(ends) > 0 else MAX_HEADLINE]
        if len(title) >= 4:
            yield _Found("title", (("title", title),), title, first)

    def _texts(self) -> Iterator[_Found]:
        """What stands under a heading of ours, else what sentences sound like; the main text takes the rest."""
        taken: set[str] = set()
        for name, words in self.sections.items():
            field = self.schema[name]
            if isinstance(field, Title) or not words:
                continue
            if isinstance(field, Text | Line | Words):
                taken.update(map(str.strip, _SENTENCE.findall(words)))
                yield from self._labelled(field, words)
        left = [one for one in self.prose if one not in taken]
        if not self.sections:
            left = left[1:] if len(left) > 1 and _is_headline(left[0]) else left
        for name, pattern in _SPOKEN[self.kind].items():
            if name in self.sections:
                continue
            spoken = [one for one in left if pattern.search(one)]
            # All of a short text is its main text, whatever it sounds like.
            if spoken and len(spoken) < len(left):
                words = "".join(spoken)[:TEXT_LIMIT]
                yield _Found(name, ((name, words),), words, spoken[0])
        main = self.schema.main_text
        if main in self.sections or not left:
            return
        words = "\n".join(_paragraphs(left))[:TEXT_LIMIT]
        if len(words) >= 4:
            yield _Found(main, ((main, words),), words, left[0])

    def _labelled(self, field: Field, words: str) -> Iterator[_Found]:
        try:
            value = field.read_typed(words)
        except ParseError as error:
            self.remarks.append(f"{field.label}：{error.sentence}")
            return
        if not value:
            return
        typed = field.typed(value)
        yield _Found(field.name, ((field.name, typed),), typed, words)

    # -- figures ------------------------------------------------------------------------------------------------------

    def _figures(self) -> Iterator[_Found]:
        if "metrics" not in self.schema.rows:
            return
        count = 0
        for sentence in self.prose:
            body = _after_label(sentence)
            for clause in _CLAUSE.split(body):
                figure = _figure_of(clause)
                if figure is None or count == MAX_FIGURES:
                    continue
                count += 1
                yield _Found("metrics", *_figure_controls(figure), sentence)

    # -- rights -------------------------------------------------------------------------------------------------------

    def _rights_in(self, sentence: str) -> Iterator[_Found]:
        if "ips" not in self.schema.rows:
            return
        plain = half_width(sentence)
        for match in [*_PATENT.finditer(plain), *_SOFTWARE.finditer(plain)]:
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
            yield _Found("ips", tuple(values), words, sentence)

    # -- contacts -----------------------------------------------------------------------------------------------------

    def _contacts_in(self, sentence: str) -> Iterator[_Found]:
        plain = half_width(sentence)
        for match in _CONTACT.finditer(plain):
            yield from self._read("contact_name", match[1], sentence, _contact_name)
        for match in _MAIL.finditer(plain):
            yield from self._read("contact_email", match[0], sentence, read_email)
        # Patent numbers have the figures of telephones.
        without = _PATENT.sub(" ", _MAIL.sub(" ", plain))
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
    ) -> Iterator[_Found]:
        """What a reader makes of a piece of text; what it refuses is a remark."""
        try:
            value = read(raw)
        except ParseError as error:
            self.remarks.append(error.sentence)
            return
        if value:
            yield _Found(name, ((name, value),), value, sentence)

    # -- money, days, people ------------------------------------------------------------------------------------------

    def _money_in(self, sentence: str) -> Iterator[_Found]:
        for clause in re.split(r"[，。；;\n]", half_width(sentence)):
            name = self._money_field(clause)
            if not name:
                continue
            match = _MONEY.search(clause + " ")
            if match is None:
                if _NEGOTIABLE.search(clause):
                    yield from self._negotiable(name, sentence)
                continue
            try:
                money = read_money(match[0].strip())
            except ParseError as error:
                self.remarks.append(error.sentence)
                continue
            if money is not None and money.high is not None:
                yield _sum_found(name, money.low, money.high, match[0], sentence)

    def _money_field(self, clause: str) -> str:
        """Which question a clause about money answers; empty for none."""
        if _NO_BUDGET.search(clause):
            return ""
        if self.kind == "achievement":
            return "price_min" if _PRICE.search(clause) else ""
        if self.need == "capital":
            return "capital_sought" if _SOUGHT.search(clause) else ""
        return "budget" if _BUDGET.search(clause) else ""

    def _negotiable(self, name: str, sentence: str) -> Iterator[_Found]:
        if name == "budget":
            yield _Found(
                "budget_negotiable", (("budget_negotiable", "y"),), "面议", sentence
            )
        elif name == "price_min":
            yield _Found(
                "price_mode", (("price_mode", "negotiable"),), "面议", sentence
            )

    def _days_in(self, sentence: str) -> Iterator[_Found]:
        for clause in re.split(r"[，。；;\n]", half_width(sentence)):
            match = _DAY.search(clause)
            if match is None or not _DUE.search(clause[match.end() :] or clause):
                continue
            day = _day_or_none(match[0])
            # What is past is no deadline.
            if day is not None and day > today():
                yield _Found(
                    "deadline",
                    (("deadline", day.isoformat()),),
                    day.isoformat(),
                    sentence,
                )

    def _people_in(self, sentence: str) -> Iterator[_Found]:
        if self.need != "talent":
            return
        match = _HEADCOUNT.search(half_width(sentence))
        if match is not None and int(match[1]):
            number = str(int(match[1]))
            yield _Found(
                "headcount", (("headcount", number),), f"{number} 人", sentence
            )
        for code in ("doctor", "master", "bachelor", "college"):
            name = terms.EDUCATIONS[code]
            if name in sentence:
                yield _Found("education", (("education", code),), name, sentence)
                return

    def _stages_in(self, sentence: str) -> Iterator[_Found]:
        if self.kind != "achievement":
            return
        match = _TRL.search(half_width(sentence))
        if match is not None:
            level = find_level(match[1] or match[2])
            if level is not None:
                words = f"{level} 级 {terms.TRL_NAMES[level]}"
                yield _Found("trl", (("trl", str(level)),), words, sentence)
        if not _STAGE_SAYS.search(sentence):
            return
        for code, name in terms.STAGES.items():
            if name in sentence:
                yield _Found("stage", (("stage", code),), name, sentence)


# -- pieces of text ---------------------------------------------------------------------------------------------------


def _sections(text: str, schema: Any) -> dict[str, str]:
    """Question → what stands under its name, where a text is a form: 「主要问题：……」, or a line with the name alone."""
    names: dict[str, str] = {}
    for field in schema:
        if field.step and isinstance(field, Text | Line | Words):
            for word in (*field.aliases, field.label):
                names[_label_key(word)] = field.name
    found: dict[str, list[str]] = {}
    current = ""
    for line in text.split("\n"):
        plain = _without_numbering(line.strip())
        match = _LABELLED.match(plain)
        label, rest = (match[1], match[2]) if match else (plain, "")
        name = names.get(_label_key(label), "")
        if name:
            current = name
            found.setdefault(name, [])
            line = rest
        elif match and len(_label_key(label)) <= 8 and not re.search(r"[，,。]", label):
            # The label of something else ends what went before.
            current = ""
        if current and line.strip():
            found[current].append(line.strip())
    joined = {name: "\n".join(lines) for name, lines in found.items()}
    return {name: words for name, words in joined.items() if words}


def _label_key(words: str) -> str:
    return re.sub(r"[\s（(].*$|[：:*＊\s]", "", words)


def _without_numbering(line: str) -> str:
    return _NUMBERING.sub("", line).strip()


def _after_label(sentence: str) -> str:
    """A sentence without the label before it: 技术指标：抗拉强度≥350 MPa."""
    plain = _without_numbering(sentence)
    match = _LABELLED.match(plain)
    if (
        match
        and not re.search(r"\d", match[1])
        and re.search(r"指标|要求|参数|目标", match[1])
    ):
        return match[2]
    return plain


def _is_contact_line(sentence: str) -> bool:
    plain = half_width(sentence)
    return bool(
        _MAIL.search(plain)
        or _CONTACT.search(plain)
        or re.search(r"电话|手机|邮箱|e-?mail|传真|邮编|微信|地址[：:]", plain, re.I)
    )


def _is_headline(sentence: str) -> bool:
    return len(sentence) <= MAX_TITLE and not sentence.endswith(("。", "；", ";"))


def _paragraphs(sentences: list[str]) -> list[str]:
    """Sentences in one paragraph; a line without a full stop stays a line."""
    lines = [""]
    for sentence in sentences:
        lines[-1] += sentence
        if not sentence.endswith(("。", "！", "？", "；", ";", "!", "?")):
            lines.append("")
    return [line for line in lines if line]


def _shortened(sentence: str) -> str:
    plain = " ".join(sentence.split())
    if len(plain) <= MAX_SENTENCE:
        return plain
    return plain[:MAX_SENTENCE] + "…"


# -- values -----------------------------------------------------------------------------------------------------------


def _figure_of(clause: str) -> dict[str, Any] | None:
    """The figure of a clause, or None where it holds none that is surely a technical one."""
    plain = _LEADING.sub("", _without_numbering(clause)).strip()
    if (
        not re.search(r"\d", plain)
        or len(plain) > 60
        or _PATENT.search(half_width(plain))
    ):
        return None
    operator = ""
    for pattern in (_FROM_TO, _TO):
        match = pattern.search(plain)
        if match is not None:
            # The word says the direction, so the sign may.
            operator = (
                "le" if _DOWN.search(match[1]) else "ge" if _UP.search(match[1]) else ""
            )
            plain = f"{plain[: match.start()]} {plain[match.end() :]}"
            break
    figure = read_metric(plain)
    if figure is None:
        return None
    name, unit = str(figure.get("name") or ""), str(figure.get("unit") or "")
    name = _LEADING.sub("", name).strip()
    if not 2 <= len(name) <= 20 or _NO_FIGURE.search(unit) or _NO_FIGURE.search(name):
        return None
    # 5 alone may be anything.
    if not unit and figure.get("operator") == "eq":
        return None
    if operator and figure.get("operator") == "eq":
        figure = {**figure, "operator": operator}
    return {**figure, "name": name}


def _figure_controls(
    figure: Mapping[str, Any],
) -> tuple[tuple[tuple[str, str], ...], str]:
    """The controls of a row of figures, and the figure in words."""
    values = []
    for name in ("name", "operator", "value", "value_max", "unit"):
        value = figure.get(name)
        if value not in (None, ""):
            values.append((name, _plain_number(value)))
    filled = dict(values)
    sign = terms.METRIC_OPERATORS[filled.get("operator", "eq")]
    low, high = filled["value"], filled.get("value_max", "")
    amount = f"{low}{sign}{high}" if high else f"{sign} {low}"
    return tuple(values), f"{filled['name']} {amount} {filled.get('unit', '')}".strip()


def _plain_number(value: Any) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def _sum_found(
    name: str,
    low: Decimal | None,
    high: Decimal,
    written: str,
    sentence: str,
) -> _Found:
    """A sum for the question it answers; a price of an achievement says its mode along with it."""
    top = _plain_number(high)
    if name != "price_min":
        note = "（区间，按上限）" if low != high else ""
        return _Found(name, ((name, top),), f"{top} 万元{note}", sentence)
    if low is not None and low != high:
        bottom = _plain_number(low)
        values = (("price_mode", "range"), ("price_min", bottom), ("price_max", top))
        return _Found(name, values, f"{bottom}–{top} 万元", sentence)
    values = (("price_mode", "fixed"), ("price_min", top))
    return _Found(name, values, f"{top} 万元", sentence)


def _contact_name(raw: str) -> str | None:
    named = read_contact(raw)
    return named.name if named is not None else None


def _day_or_none(written: str) -> date | None:
    try:
        return read_day(written)
    except ParseError:
        return None
