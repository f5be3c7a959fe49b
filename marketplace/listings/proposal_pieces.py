"""What tells the pieces of a text apart: sentences, headings, figures, sums and numbers, by the ways people write them.

Which piece answers which question of a listing is decided in `proposals.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from marketplace.listings.schema import terms
from marketplace.listings.schema.kinds import Line, Text, Words
from marketplace.parsing import ParseError
from marketplace.parsing.contact_cells import read_contact
from marketplace.parsing.days import read_day
from marketplace.parsing.figures import read_metric
from marketplace.parsing.text import half_width

# Characters; a sentence about money that is longer tells of something else as well.
MAX_MONEY_SENTENCE = 40
MAX_SENTENCE = 160  # characters of a sentence that are shown with what was found in it
MAX_TITLE = 60  # characters of a first line that is taken for a title
MAX_HEADLINE = 40  # of a title that is cut out of a sentence
# One text, so that two proposals of one question are alternatives: only one of them can be taken.
SENTENCE = re.compile(r"[^。！？!?；;\n]+[。！？!?；;]?")
CLAUSE = re.compile(r"[，,。！？!?；;、\n]")
NUMBERING = re.compile(
    r"^\s*(?:[一二三四五六七八九十]{1,3}[、.．]|[（(][一二三四五六七八九十\d]{1,3}[)）]|\d{1,2}[、.．)）]|[①-⑳■●◆▪•·\-—*])\s*"
)
LABELLED = re.compile(r"^(.{2,24}?)\s*[：:]\s*(.*)$", re.DOTALL)
# Begun nowhere inside a number and no longer than sums are: a row of thirty thousand figures took minutes.
_SUM = r"\d[\d,，]{0,24}(?:\.\d{1,9})?\s{0,9}"
MONEY = re.compile(
    # 元 may be left out only where another unit of money is there, and no tonnes or pieces follow.
    rf"(?<![\d,，.]){_SUM}(?:(?:[-~－–—～至到]|万元?[-~－–—～至到])\s{{0,9}}{_SUM})?(?:亿|千万|百万|十万|万)?元|"
    rf"(?<![\d,，.]){_SUM}(?:[-~－–—～至到]\s{{0,9}}{_SUM})?(?:亿|千万|百万|十万|万)(?=[^\d吨台件套辆亩平千吨次人只条米])"
)
NEGOTIABLE = re.compile(r"面议|另议|协商")
BUDGET = re.compile(r"投入|预算|经费|费用|出资|资金|愿(?:意)?(?:出|付)|报酬|薪|待遇")
# Sums that say how large the firm is or what it loses, and none that it would pay.
NO_BUDGET = re.compile(
    r"注册资|产值|营收|销售|损失|利润|税|成本|节约|节省|已投|固定资产|年收入|亏"
)
PRICE = re.compile(r"转让|价格|报价|许可费|作价|售价|定价|费用")
SOUGHT = re.compile(r"融资|贷款|借款|资金|筹|投资")
DAY = re.compile(
    r"(?:20\d{2}|二[〇零O○]\w{2})\s*[年./\-]\s*(?:\d{1,2}|[一二三四五六七八九十]{1,3})\s*(?:月(?:\s*\d{1,2}\s*[日号]?|底|末|[上中下]旬)?|[./\-]\s*\d{1,2})|20\d{2}\s*年\s*(?:年?底|年?末|[上下]半年)"
)
DUE = re.compile(r"前|之前|以前|截止|期限|完成|解决|到位|上线|投产")
PATENT = re.compile(
    # The check digit after the point tells a patent number from a telephone number.
    r"(?:ZL|CN)?[ ]?(?:(?:19|20)\d{2}[ ]?[1-389][ ]?\d{7}|\d{2}[1-389]\d{5})[ ]?[.．][ ]?[\dXx](?!\d)",
    re.ASCII,
)
SOFTWARE = re.compile(r"(?:19|20)\d{2}\s?SR\s?\d{6,7}", re.ASCII)
MAIL = re.compile(r"[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9.\-]{1,253}\.[A-Za-z]{2,24}")
CONTACT = re.compile(
    r"(?:联\s*系\s*人|对接人|联络人|负责人)(?:姓名)?\s*[：:为是]?\s*([\u4e00-\u9fff·]{2,12}(?:[（(][^）)]{1,12}[）)])?)"
)
# A figure is named by what stands before it, and these words only lead up to the name.
LEADING = re.compile(
    r"^(?:并且|而且|同时|其中|以及|且|并|要求|希望|目标是|力争|争取|达到|实现|使得?|将|把|让|保证|确保|需要?|产品|成品)+"
)
FROM_TO = re.compile(
    r"(?:由|从|自)[^，。；]{0,20}?(降低?|下降|减少|缩短|压缩|提高|提升|增加|升高?|延长)(?:到|至|为)\s*"
)
TO = re.compile(
    r"(降低?|下降|减少|缩短|压缩|控制|提高|提升|增加|升高?|延长)(?:到|至|在)\s*"
)
DOWN = re.compile(r"降|下降|减少|缩短|压缩")
UP = re.compile(r"提|增|升|延长")
# Where a firm stands is no target; the words stand before the name or after it.
STANDING = re.compile(
    r"^(?:目前|现在|当前|眼下|现阶段)的?|(?:目前|现在|当前|眼下|现阶段)(?:是|为|约|在|达到?)?$"
)
NO_FIGURE = re.compile(
    r"[元人名岁月日号页届家]|年(?![产均寿])|电话|手机|邮编|注册|成立"
)
STAGE_SAYS = re.compile(r"阶段|处于|已|完成|通过|进入|正在|成熟")
TRL = re.compile(
    r"TRL\s*[-－]?\s*([1-9])(?!\d)|技术成熟度[^，。；\d]{0,4}([1-9])\s*级", re.I
)
HEADCOUNT = re.compile(
    r"(?:引进|招聘|招|聘|需要|需|急需)[^，。；\d]{0,12}(\d{1,4})\s*[名人位]"
)
# How sentences speak of what is wanted, and of what is there already.
WISH = re.compile(
    r"希望|目标|(?:^|[，,])\s*要求|期望|力争|拟达到|达到|期待|想要|最好|解决以后|预期"
)
HAVE = re.compile(r"现有|已有|具备|拥有|已建|建有|配备|已经")
TROUBLED = re.compile(r"投诉|达不到|难以|不足|不够|问题|不稳|缺乏|偏[高低]")
PAY = re.compile(r"薪|待遇|工资")
NEW = re.compile(r"创新|首次|首创|独创|新型|突破")
USED = re.compile(r"已在|应用于|试用|示范|案例|投产|推广到")
PROSPECT = re.compile(r"前景|市场|可推广|可用于|适用于")
# Kind of listing → question → how its sentences speak; the main text takes what is left.
SPOKEN: Mapping[str, Mapping[str, re.Pattern[str]]] = {
    "demand": {"expected_goal": WISH, "foundation": HAVE},
    "achievement": {"innovation": NEW, "cases": USED, "prospects": PROSPECT},
}


@dataclass(frozen=True)
class Found:
    """A proposal before it is numbered: question, controls, words, sentence."""

    field: str
    values: tuple[tuple[str, str], ...]
    words: str
    sentence: str


# -- pieces of text ---------------------------------------------------------------------------------------------------


def sections(text: str, schema: Any) -> dict[str, str]:
    """Question → what stands under its name, where a text is a form: 「主要问题：……」, or its name on a line."""
    names: dict[str, str] = {}
    for field in schema:
        if field.step and isinstance(field, Text | Line | Words):
            for word in (*field.aliases, field.label):
                # By the aliases as well: forms of other platforms have other names for the same question.
                names[label_key(word)] = field.name
    found: dict[str, list[str]] = {}
    current = ""
    for line in text.split("\n"):
        plain = without_numbering(line.strip())
        match = LABELLED.match(plain)
        label, rest = (match[1], match[2]) if match else (plain, "")
        name = names.get(label_key(label), "")
        if name:
            current = name
            found.setdefault(name, [])
            line = rest
        # A short word before a colon is a label; a longer one is the beginning of a sentence.
        elif match and len(label_key(label)) <= 8 and not re.search(r"[，,。]", label):
            # The label of something else ends what went before.
            current = ""
        if current and line.strip():
            found[current].append(line.strip())
    joined = {name: "\n".join(lines) for name, lines in found.items()}
    return {name: words for name, words in joined.items() if words}


def label_key(words: str) -> str:
    return re.sub(r"[\s（(].*$|[：:*＊\s]", "", words)


def without_numbering(line: str) -> str:
    return NUMBERING.sub("", line).strip()


def after_label(sentence: str) -> str:
    """A sentence without the label before it: 技术指标：抗拉强度≥350 MPa."""
    plain = without_numbering(sentence)
    match = LABELLED.match(plain)
    if (
        match
        and not re.search(r"\d", match[1])
        and re.search(r"指标|要求|参数|目标", match[1])
    ):
        return match[2]
    return plain


def is_contact_line(sentence: str) -> bool:
    plain = half_width(sentence)
    return bool(
        MAIL.search(plain)
        or CONTACT.search(plain)
        or re.search(r"电话|手机|邮箱|e-?mail|传真|邮编|微信|地址[：:]", plain, re.I)
    )


def is_prose(sentence: str) -> bool:
    """Whether a sentence tells of the thing: neither whom to ask, nor a number of a right, nor what it costs."""
    plain = half_width(sentence)
    if is_contact_line(sentence) or PATENT.search(plain) or SOFTWARE.search(plain):
        return False
    # A short one about money says nothing else.
    if not MONEY.search(plain) or len(plain) > MAX_MONEY_SENTENCE:
        return True
    about = any(one.search(plain) for one in (PRICE, BUDGET, NO_BUDGET))
    return not about or TROUBLED.search(plain) is not None


def speaks_so(name: str, pattern: re.Pattern[str], sentence: str) -> bool:
    """Whether a sentence answers a question by the way it is put; who tells of trouble lists no means."""
    # 现有工艺达不到 is what troubles them and no foundation.
    if name == "foundation" and TROUBLED.search(sentence):
        return False
    return pattern.search(sentence) is not None


def money_field(clause: str, kind: str, need: str) -> str:
    """Which question a clause about money answers; empty for none."""
    # Before everything else: 年销售 2000 万元 is no budget, whatever is written around it.
    if NO_BUDGET.search(clause):
        return ""
    if kind == "achievement":
        return "price_min" if PRICE.search(clause) else ""
    if need == "capital":
        return "capital_sought" if SOUGHT.search(clause) else ""
    return "budget" if BUDGET.search(clause) else ""


def is_headline(sentence: str) -> bool:
    return len(sentence) <= MAX_TITLE and not sentence.endswith(("。", "；", ";"))


def paragraphs(sentences: list[str]) -> list[str]:
    """Sentences in one paragraph; a line without a full stop stays a line."""
    lines = [""]
    for sentence in sentences:
        lines[-1] += sentence
        if not sentence.endswith(("。", "！", "？", "；", ";", "!", "?")):
            lines.append("")
    return [line for line in lines if line]


def shortened(sentence: str) -> str:
    plain = " ".join(sentence.split())
    if len(plain) <= MAX_SENTENCE:
        return plain
    return plain[:MAX_SENTENCE] + "…"


# -- values -----------------------------------------------------------------------------------------------------------


def figure_of(clause: str) -> dict[str, Any] | None:
    """The figure of a clause, or None where it holds none that is surely a technical one."""
    plain = LEADING.sub("", without_numbering(clause)).strip()
    if (
        not re.search(r"\d", plain)
        # A long clause holds more than one figure, or none that is meant as one.
        or len(plain) > 60
        or PATENT.search(half_width(plain))
    ):
        return None
    operator = ""
    for pattern in (FROM_TO, TO):
        match = pattern.search(plain)
        if match is not None:
            # The word says the direction, so the sign may.
            operator = (
                "le" if DOWN.search(match[1]) else "ge" if UP.search(match[1]) else ""
            )
            plain = f"{plain[: match.start()]} {plain[match.end() :]}"
            break
    figure = read_metric(plain)
    if figure is None:
        return None
    name, unit = str(figure.get("name") or ""), str(figure.get("unit") or "")
    name = LEADING.sub("", name).strip()
    # A name of one character is a rest of the sentence; money, people and years are no technical figures.
    if not 2 <= len(name) <= 20 or NO_FIGURE.search(unit) or NO_FIGURE.search(name):
        return None
    # 5 alone may be anything.
    if not unit and figure.get("operator") == "eq":
        return None
    if operator and figure.get("operator") == "eq":
        figure = {**figure, "operator": operator}
    return {**figure, "name": name}


def figures_in(body: str, kind: str) -> Iterator[dict[str, Any]]:
    """The figures of a sentence, clause by clause.

    Args:
        body: of the sentence, without the label before it.
        kind: of the listing. What a demand says of today is not wanted: it goes with the target that follows.

    Yields:
        {name, operator, value, value_max, unit}, and `current` in words where the sentence says it.
    """
    name = current = ""
    for clause in CLAUSE.split(body):
        figure = figure_of(clause)
        if figure is None and name:
            # 振动值目前 42 dB，希望降到 36 dB 以下: the second clause names nothing by itself.
            figure = figure_of(name + LEADING.sub("", clause.strip()))
        if figure is None:
            continue
        bare = STANDING.sub("", figure["name"]).strip()
        # 目前 38 dB is where they are; it waits for the target that names the same.
        if kind == "demand" and bare != figure["name"]:
            name = bare
            current = f"{plain_number(figure['value'])} {figure.get('unit') or ''}"
            continue
        if name and figure["name"] == name:
            figure = {**figure, "current": current.strip()}
        # Spent on this target: the next figure begins without it.
        name = current = ""
        yield figure


def figure_controls(
    figure: Mapping[str, Any],
) -> tuple[tuple[tuple[str, str], ...], str]:
    """The controls of a row of figures, and the figure in words."""
    values = []
    for name in ("name", "operator", "value", "value_max", "unit", "current"):
        value = figure.get(name)
        if value not in (None, ""):
            values.append((name, plain_number(value)))
    filled = dict(values)
    sign = terms.METRIC_OPERATORS[filled.get("operator", "eq")]
    low, high = filled["value"], filled.get("value_max", "")
    amount = f"{low}{sign}{high}" if high else f"{sign} {low}"
    words = f"{filled['name']} {amount} {filled.get('unit', '')}".strip()
    if "current" in filled:
        words += f"（现在 {filled['current']}）"
    return tuple(values), words


def plain_number(value: Any) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def sum_found(
    name: str,
    low: Decimal | None,
    high: Decimal,
    written: str,
    sentence: str,
) -> Found:
    """A sum for the question it answers; a price of an achievement says its mode along with it."""
    top = plain_number(high)
    if name != "price_min":
        # A budget is one sum in the form, so the upper end is taken and the note says so.
        note = "（区间，按上限）" if low != high else ""
        return Found(name, ((name, top),), f"{top} 万元{note}", sentence)
    if low is not None and low != high:
        bottom = plain_number(low)
        ends = (("price_mode", "range"), ("price_min", bottom), ("price_max", top))
        return Found(name, ends, f"{bottom}–{top} 万元", sentence)
    values = (("price_mode", "fixed"), ("price_min", top))
    return Found(name, values, f"{top} 万元", sentence)


def contact_name(raw: str) -> str | None:
    named = read_contact(raw)
    return named.name if named is not None else None


def day_or_none(written: str) -> date | None:
    try:
        return read_day(written)
    # What is no day is left out: a proposal is sure or it is none.
    except ParseError:
        return None


def open_sum_found(name: str, sentence: str) -> Iterator[Found]:
    """面议 for the question it answers."""
    if name == "budget":
        yield Found(
            "budget_negotiable", (("budget_negotiable", "y"),), "面议", sentence
        )
    elif name == "price_min":
        yield Found("price_mode", (("price_mode", "negotiable"),), "面议", sentence)
