"""What is read from the matchers: matches of a listing, the trial of a pasted text, the evidence of one pair.

Nothing here looks at who reads, except to leave out what he may not find, and to set apart and put in order what the
people of a listing have judged, for themselves alone. How a score comes about stands in `matching`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from flask import current_app
from markupsafe import Markup, escape

import matching
from marketplace.accounts.models import Organisation
from marketplace.clock import today
from marketplace.dictionaries import models as dictionaries
from marketplace.errors import Invalid, NotFound
from marketplace.extensions import db
from marketplace.listings import deeds as listing_deeds
from marketplace.listings import index as listing_index
from marketplace.listings import queries as listing_queries
from marketplace.listings.disclosure import common_view, view_of
from marketplace.listings.models import LISTINGS, Achievement, Demand
from marketplace.listings.schema import terms
from marketplace.permissions import audiences, may, require
from marketplace.verdicts import deeds as verdict_deeds
from marketplace.verdicts import measuring
from marketplace.verdicts.models import Verdict
from marketplace.wording import money
from matching import facts, grades
from matching.sentence import sentence
from matching.text import names_a_thing, spans

Row: TypeAlias = Achievement | Demand

SOUGHT = {"demand": "achievement", "achievement": "demand"}  # what is ranked for what
WORD_SHOWN = 32  # characters shown of one word: room for the name of a chemical, not for a text without breaks
TOP = 20
NEAREST, NEAREST_POOR = (
    5,
    3,
)  # rows shown when nothing fits: those with a grade, else the first few without
TRIAL_LEAST, TRIAL_MOST = 20, 3000  # characters of a pasted text
HEADLINE, LEAST_CLAUSE = (
    40,
    12,
)  # most characters of a title made from a pasted text; fewer than 12 tell too little
REST = "字面相近（单字与双字片段、标题）"  # what no shared word earned
ALIKE = "用词相近（两边的词常在库里一起出现）"  # and no shared piece of text either
SHORT = 60  # characters below which a text has too few words to be compared by
LIVING = (
    "draft",
    "returned",
    "submitted",
    "in_review",
    "published",
)  # states in which a listing looks for a match
FACTS_SHOWN = 3
# What is compared beside the text, the deciding ones first. No time: no achievement says by when it can be had.
FACTS = {
    "stage": "阶段",
    "mode": "合作方式",
    "money": "价格",
    "field": "领域",
    "chain": "产业链",
}
_Names: TypeAlias = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Fact:
    """One comparison of a demand's wish with an achievement's statement, in words.

    Attributes:
        name: what is compared, in Chinese.
        verdict: `agree`, `differ` or `unknown`.
        wished, offered: what the demand and what the achievement says, in Chinese.
    """

    name: str
    verdict: str
    wished: str
    offered: str


@dataclass(frozen=True)
class Offer:
    """One row of a page of matches.

    Attributes:
        rank: place, from 1.
        row: the listing offered; `holder` is who stands for it in public.
        grade: code of `matching.grades`, or None where nothing speaks for it.
        score: 0…1, as the matcher gave it; `shares` (word as written, part of the score) and `rest` add up to it;
            `percents` are the shares in per cent, as the sentence and the evidence say them too.
        facts: comparisons, the telling ones first.
        said: the one sentence why as (text, whether it is a shared word).
        verdict: what somebody thinks of the pair, where this reader may know it.
    """

    rank: int
    row: Row
    holder: str
    grade: str | None = None
    score: float = 0.0
    shares: tuple[tuple[str, float], ...] = ()
    percents: tuple[int, ...] = ()
    rest: float = 0.0
    facts: tuple[Fact, ...] = ()
    said: tuple[tuple[str, bool], ...] = ()
    verdict: Verdict | None = None


@dataclass(frozen=True)
class Answer:
    """What a page of matches shows.

    Attributes:
        sought: kind of the rows offered.
        offers: best first (or newest first in plain order).
        fitting: whether anything deserves to be called a match; if not, `offers` are the nearest few.
        weighed: words of the text that were weighed, heaviest first.
        unknown: words of the text that name a thing and occur nowhere among what is sought.
        gaps: what the text lacks: `short`, `numbers`.
        catalogue: how many documents were ranked.
        blocked: why there is no ranking at all: `need`, `ended`, `empty`, `boilerplate`, or None.
        apart: what the listing's people or the reader have judged: no longer among the offers.
        lessons: how many verdicts could put the offers in another order; `taught`: whether they did.
        shown: the list as a verdict brings it back; None for readers who may not judge.
    """

    sought: str
    offers: tuple[Offer, ...] = ()
    fitting: bool = False
    weighed: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    catalogue: int = 0
    blocked: str | None = None
    apart: tuple[Offer, ...] = ()
    lessons: int = 0
    taught: bool = False
    shown: verdict_deeds.List | None = None


@dataclass(frozen=True)
class Evidence:
    """One pair side by side.

    Attributes:
        offer: the other listing with all its facts.
        parts: (word, REST or ALIKE, thousandths of a point, percent of the score); both columns add up, also as shown.
        own, other: (name of the section, text with the shared words marked) of both; titles likewise.
        shown: the pair as a verdict brings it back; None for readers who may not judge.
    """

    offer: Offer
    parts: tuple[tuple[str, int, int], ...]
    own: tuple[tuple[str, Markup], ...]
    other: tuple[tuple[str, Markup], ...]
    own_title: Markup
    other_title: Markup
    shown: verdict_deeds.List | None = None


def matches_for(row: Row, *, by: Any, top: int = TOP, taught: bool = True) -> Answer:
    """The best of the other kind for a listing, ranked by text alone: the same for every reader who may find them.

    For those who may judge them, what is judged stands apart, and enough verdicts put what is left in another order.

    Args:
        row: the listing, as opened by `listings.rules.one`.
        by: the reader; what he may not find is left out.
        top: at most so many.
        taught: False for the order without verdicts.

    Raises:
        SearchUnavailable: the matcher is being prepared.
    """
    sought = SOUGHT[row.kind]
    if (blocked := _blocked(row)) is not None:
        return Answer(sought, blocked=blocked)
    judged = verdict_deeds.judged(row, by=by)
    lessons = measuring.lessons(sought, judged.worths, by=by)
    left_out = frozenset(judged.apart)
    answer = _answer(
        listing_index.matching_document(common_view(row)),
        row.kind,
        by=by,
        top=top,
        row=row,
        left_out=left_out,
        lessons=lessons if taught else [],
    )
    rows = listing_queries.get_findable(sought, left_out, by=by) if left_out else {}
    return replace(
        answer,
        offers=tuple(
            replace(offer, verdict=judged.beside.get(offer.row.id))
            for offer in answer.offers
        ),
        apart=tuple(
            Offer(
                place,
                rows[i],
                common_view(rows[i]).holder,
                verdict.grade,
                verdict.score,
                verdict=verdict,
            )
            for place, (i, verdict) in enumerate(judged.apart.items(), start=1)
            if i in rows
        ),
        lessons=len(lessons),
        taught=taught and bool(lessons),
        shown=_list(row, answer.offers, by, judged=len(lessons) if taught else 0),
    )


def top_matches(row: Row, by: Any, top: int = 5) -> Answer:
    """The first few matches for the side column of a listing's own page; an answer without offers where none fit."""
    answer = matches_for(row, by=by, top=top)
    return answer if answer.fitting else replace(answer, offers=())


def newest_for(row: Row, *, by: Any, page: int = 1) -> tuple[Answer, int, int]:
    """The plain order: all that could be offered, newest first, without any ranking.

    Args:
        row: the listing, as opened by `listings.rules.one`.
        by: the reader.
        page: from 1; beyond the end the last one is given.

    Returns:
        the answer (offers without grade and reasons), the page it holds and the number of pages, at least 1.
    """
    sought = SOUGHT[row.kind]
    if (blocked := _blocked(row)) is not None:
        return Answer(sought, blocked=blocked), 1, 1
    table = LISTINGS[sought]
    found = table.found_by(by)
    if table is Demand:
        found = found & (Demand.need == "technology")
    total = (
        db.session.scalar(db.select(db.func.count()).select_from(table).where(found))
        or 0
    )
    pages = max(1, -(-total // TOP))
    page = min(max(1, page), pages)
    query = (
        db.select(table)
        .where(found)
        .order_by(table.published_at.desc(), table.id.desc())
    )
    rows = db.session.scalars(query.limit(TOP).offset((page - 1) * TOP))
    document, names = _facts_document(row, by), _names()
    offers = tuple(
        Offer(
            rank,
            other,
            common_view(other).holder,
            facts=_telling(_facts(row, document, other, by, names)),
        )
        for rank, other in enumerate(rows, start=(page - 1) * TOP + 1)
        if not _own(row, other, by)
    )
    return Answer(sought, offers, fitting=True), page, pages


def trial(text: str, kind: str, *, by: Any) -> Answer:
    """Rank the catalogue for a pasted text. Nothing of the text is kept.

    Args:
        text: 20–3,000 characters, blanks at the ends aside.
        kind: what the text is: `demand` (achievements are offered) or `achievement` (demands are offered).
        by: the reader.

    Raises:
        Invalid: too short, too long, or an unknown kind.
        SearchUnavailable: the matcher is being prepared.
    """
    text = checked(text, kind)
    # without a title: the matcher lets the first sentence head the text
    return _answer(matching.Document(id=0, title="", text=text), kind, by=by, top=TOP)


def checked(text: str, kind: str) -> str:
    """A pasted text fit for a trial: line ends as \\n, no blanks at the ends.

    Raises:
        Invalid: as `trial`.
    """
    text = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if kind not in SOUGHT:
        raise Invalid(
            "没有这种试配。", problems={"kind": ["请选择「技术难题」或「成果简介」。"]}
        )
    if len(text) < TRIAL_LEAST:
        message = f"至少写 {TRIAL_LEAST} 个字，现在有 {len(text)} 个。写明现象、材料或设备、想达到的指标。"
        raise Invalid(message, problems={"text": [message]})
    if len(text) > TRIAL_MOST:
        message = f"最多 {TRIAL_MOST:,} 个字，现在有 {len(text):,} 个。留下问题、指标和现状即可。"
        raise Invalid(message, problems={"text": [message]})
    return text


def headline(text: str) -> str:
    """The title of a draft from a pasted text: its first line, sentence or clauses, whatever fits in 40 characters."""
    line = text.strip().split("\n", 1)[0].strip()
    if len(line) > HEADLINE:
        line = re.split(r"[。！？；;!?]", line, maxsplit=1)[0]
    line = line or text.strip()
    if len(line) > HEADLINE:
        clause = max(
            line.rfind(sign, LEAST_CLAUSE, HEADLINE) for sign in "，,、：:（( "
        )
        line = line[: clause if clause > 0 else HEADLINE]
    return line.strip()


def save_draft(text: str, kind: str, organisation_id: int | None, *, by: Any) -> Row:
    """Keep a pasted text as a draft of the reader's organisation.

    Args:
        text, kind: as `trial`.
        organisation_id: one of the reader's organisations; None where he has only one.
        by: the reader.

    Raises:
        NotAllowed: the reader belongs to no organisation, or not to that one.
        Invalid: as `trial`, or the organisation has a listing of that title already.
    """
    require(by, "trial.save")
    text = checked(text, kind)
    organisation = _organisation(organisation_id, by)
    field = "problem" if kind == "demand" else "summary"
    return listing_deeds.create(
        kind, {"title": headline(text), field: text}, organisation=organisation, by=by
    )


def evidence(row: Row, other_id: int, *, by: Any) -> Evidence:
    """One pair with its reasons, whatever its grade.

    Raises:
        NotFound: the other listing is not one this reader may find, or the pair is one that is never matched.
        SearchUnavailable: the matcher is being prepared.
    """
    sought = SOUGHT[row.kind]
    other = listing_queries.get_findable(sought, [other_id], by=by).get(other_id)
    if other is None or _blocked(row) or _blocked(other) or _own(row, other, by):
        raise NotFound(
            "没有找到这一对匹配。", "其中一条可能已经撤回或过期。可以回到匹配列表看看。"
        )
    document = listing_index.matching_document(common_view(row))
    with current_app.extensions["matchers"].using(sought, inner=_inner(by)) as matcher:
        reasons = matcher.explain(
            document,
            other.id
            if other.id in matcher
            else listing_index.matching_document(common_view(other)),
        )
    compared = _facts(row, _facts_document(row, by), other, by, _names())
    grade = measuring.in_force().grade(reasons, _compared(row, other))
    offer = _offer(1, other, reasons, grade, compared, _spelled(document))
    words = {word for word, _ in reasons.words}
    names = [
        *(word for word, _ in offer.shares),
        REST,
        *([ALIKE] if reasons.alike > 0 else []),
    ]
    points, percents = (
        reasons.apportioned(round(offer.score * 1000)),
        reasons.apportioned(100),
    )
    return Evidence(
        replace(offer, verdict=verdict_deeds.own_verdict(row, other.id, by=by)),
        parts=tuple(zip(names, points, percents, strict=False)),
        own=tuple(
            (name, marked(text, words))
            for name, text in listing_index.texts(common_view(row)).items()
        ),
        other=tuple(
            (name, marked(text, words))
            for name, text in listing_index.texts(common_view(other)).items()
        ),
        own_title=marked(row.title, words),
        other_title=marked(other.title, words),
        shown=_list(row, [offer], by, surface="evidence"),
    )


def opening(row: Row, length: int = 110) -> str:
    """The beginning of what a listing says, on one line."""
    text = " ".join(
        next(iter(listing_index.texts(common_view(row)).values()), "").split()
    )
    return text if len(text) <= length else text[:length].rstrip("，、；：,;: ") + "…"


def cut_points() -> list[tuple[str, str]]:
    """The grades as the algorithm page tells them: (code, what it asks for)."""
    covered = f"{grades.FAIR_COVERED:.0%}"
    return [
        (
            "high",
            f"分数不低于 {grades.HIGH:.2f}，并且至少有 {grades.HIGH_WORDS} 个少见的词两边都有",
        ),
        (
            "fair",
            f"分数不低于 {grades.FAIR:.2f}，并且至少有 {grades.FAIR_WORDS} 个少见的词两边都有，"
            f"或者两边都有的词占了您的文字的 {covered} 以上",
        ),
        (
            "weak",
            f"分数不低于 {grades.WEAK:.2f}，并且至少有 1 个少见的词两边都有，它自己得到 {grades.WEAK_SHARE:.2f} 以上",
        ),
        ("none", "以上都不到"),
    ]


def weights() -> list[float]:
    """What the four parts of a score weigh: pieces of text, titles, words, words used alike."""
    matcher = matching.Matcher()
    return [matcher.grams, matcher.titles, matcher.words, matcher.vectors]


def marked(text: str, words: Iterable[str]) -> Markup:
    """A text made safe for a page, with the given words inside <mark>; cut first, escaped piece by piece."""
    wanted = set(words)
    pieces, position = [], 0
    for start, end in _joined(
        (span.start, span.end) for span in spans(text) if span.word in wanted
    ):
        pieces += [
            escape(text[position:start]),
            Markup("<mark>"),
            escape(text[start:end]),
            Markup("</mark>"),
        ]
        position = end
    return Markup("").join([*pieces, escape(text[position:])])


def _joined(found: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Overlapping spans made one; neighbours stay two words."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _answer(
    document: matching.Document,
    kind: str,
    *,
    by: Any,
    top: int,
    row: Row | None = None,
    left_out: frozenset[int] = frozenset(),
    lessons: Sequence[measuring.Lesson] = (),
) -> Answer:
    sought = SOUGHT[kind]
    ranked, understood, catalogue = _ranked(
        document, sought, by, top, row, left_out, lessons
    )
    gaps = _gaps(document)
    spelled = _spelled(document)
    unknown = set(understood.unknown) if catalogue else set()
    answer = Answer(
        sought,
        weighed=_legible(
            (word for word, _ in understood.weighed if word not in unknown), spelled
        ),
        unknown=_legible(
            (w for w, _ in understood.weighed if w in unknown and names_a_thing(w)),
            spelled,
        ),
        gaps=gaps,
        catalogue=catalogue,
        blocked=understood.empty_reason,
    )
    if answer.blocked:
        return answer
    grade = measuring.in_force().grade
    graded = [
        (match, other, grade(match.reasons, _compared(row, other)))
        for match, other in ranked
    ]
    kept = [one for one in graded if one[2] is not None]
    fitting = any(level != "weak" for _, _, level in kept)
    if not fitting:
        kept = (
            kept[:NEAREST]
            or [one for one in graded if one[0].reasons.words][:NEAREST_POOR]
        )
    names = _names()
    own = None if row is None else (row, _facts_document(row, by))
    offers = [
        _offer(
            place,
            other,
            match.reasons,
            level,
            () if own is None else _facts(*own, other, by, names),
            spelled,
        )
        for place, (match, other, level) in enumerate(kept, start=1)
    ]
    return replace(
        answer,
        offers=tuple(replace(o, facts=_telling(o.facts)) for o in offers),
        fitting=fitting,
    )


def _ranked(
    document: matching.Document,
    sought: str,
    by: Any,
    top: int,
    row: Row | None,
    left_out: frozenset[int] = frozenset(),
    lessons: Sequence[measuring.Lesson] = (),
) -> tuple[list[tuple[matching.Match, Row]], matching.Understanding, int]:
    """The first `top` matches that the reader may find and that are not the owner's own, with their rows.

    Args:
        left_out: ids that are not asked for; `lessons`: verdicts that put the best CONSIDERED in another order.

    Returns:
        (match, row) best first; how the text was understood; how many documents there are to rank.
    """
    asked = top + 5
    while True:
        wanted = max(asked + len(left_out), measuring.CONSIDERED if lessons else 0)
        with current_app.extensions["matchers"].using(
            sought, inner=_inner(by)
        ) as matcher:
            catalogue, best = len(matcher), matcher.rank(document, top=wanted)
            left = [match for match in best if match.id not in left_out]
            ranked = (measuring.reordered(left, lessons, matcher) if lessons else left)[
                :asked
            ]
            rows = listing_queries.get_findable(
                sought, [match.id for match in ranked], by=by
            )
            kept = [
                (match, rows[match.id])
                for match in ranked
                if match.id in rows
                and not (row is not None and _own(row, rows[match.id], by))
            ][:top]
            if len(kept) == top or (len(best) < wanted and len(left) <= asked):
                # Reasons cost more than the ranking: of what is shown alone, and while the matcher is ours.
                reasons = [match.reasons for match, _ in kept]
                understood = (
                    matching.Understanding(
                        reasons[0].weighed, reasons[0].unknown_words, None
                    )
                    if reasons
                    else matcher.understand(document)
                )
                return kept, understood, catalogue
        asked *= 4


def _list(
    row: Row,
    offers: Iterable[Offer],
    by: Any,
    *,
    judged: int = 0,
    surface: str = "matches",
) -> Any:
    """The offers as a verdict will bring them back; None for a reader who may not judge."""
    if by is None or not may(by, "verdict.give", row):
        return None
    return verdict_deeds.List(
        side=row.kind,
        subject_id=row.id,
        revision=row.revision,
        ranker=measuring.ranker(),
        seats=tuple(
            verdict_deeds.Seat(o.row.id, o.row.revision, o.score, o.grade, o.rank)
            for o in offers
        ),
        generation=current_app.extensions["matchers"].generation(
            SOUGHT[row.kind], inner=_inner(by)
        ),
        judged=judged,
        surface=surface,
    )


def _compared(row: Row | None, other: Row) -> list[facts.Fact]:
    """The facts a grade is given by: what the public may know of both; none of a pasted text."""
    if row is None:
        return []
    demand, achievement = (row, other) if isinstance(row, Demand) else (other, row)
    return measuring.compared(demand, achievement)


def _inner(by: Any) -> bool:
    """Whether a reader may find confidential listings of others."""
    return by is None or bool(audiences(by) & {"broker", "operator"})


def _own(row: Row, other: Row, by: Any) -> bool:
    """Whether both belong to one organisation: nobody is offered his own.

    To readers who may not know whose an anonymous demand is, it is treated as anybody's: what is missing from a
    list would tell them.
    """
    if row.organisation_id != other.organisation_id:
        return False
    return all(
        may(by, "demand.read_firm", one)
        for one in (row, other)
        if isinstance(one, Demand)
    )


def _blocked(row: Row) -> str | None:
    if isinstance(row, Demand) and row.need != "technology":
        return "need"
    over = (
        row.state == "published"
        and row.valid_until is not None
        and row.valid_until < today()
    )
    return "ended" if over or row.state not in LIVING else None


def _gaps(document: matching.Document) -> tuple[str, ...]:
    """What a text lacks to be compared well: `short`, `numbers`."""
    text = f"{document.title}\n{document.text}"
    found = []
    if len(text) < SHORT:
        found.append("short")
    if not re.search(r"\d", text):
        found.append("numbers")
    return tuple(found)


def _legible(words: Iterable[str], spelled: Mapping[str, str]) -> tuple[str, ...]:
    """Words as written, each once, cut at `WORD_SHOWN`: a text without breaks is one word as long as itself."""
    written = (spelled.get(word, word) for word in words)
    return tuple(
        dict.fromkeys(
            w if len(w) <= WORD_SHOWN else f"{w[:WORD_SHOWN]}…" for w in written
        )
    )


def _spelled(document: matching.Document) -> dict[str, str]:
    """Word → how the text writes it first: pa66 → PA66."""
    found: dict[str, str] = {}
    for text in (document.title, document.text):
        for span in spans(text):
            found.setdefault(span.word, text[span.start : span.end])
    return found


def _offer(
    rank: int,
    other: Row,
    reasons: matching.Reasons,
    grade: str | None,
    compared: tuple[Fact, ...],
    spelled: Mapping[str, str],
) -> Offer:
    return Offer(
        rank=rank,
        row=other,
        holder=common_view(other).holder,
        grade=grade,
        score=reasons.score,
        shares=tuple((spelled.get(word, word), share) for word, share in reasons.words),
        percents=tuple(reasons.percents.values()),
        rest=reasons.rest,
        facts=compared,
        said=tuple(
            (spelled.get(p.text, p.text) if p.marked else p.text, p.marked)
            for p in sentence(reasons).pieces
        ),
    )


def _facts(
    row: Row, own: matching.Document, other: Row, by: Any, names: _Names
) -> tuple[Fact, ...]:
    """What a demand wishes against what an achievement states, in words, in the order of FACTS.

    Args:
        row, own: the listing whose page it is, and what of its codes the reader may know.
        other: the listing offered.
    """
    theirs = _facts_document(other, by)
    demand, achievement = (own, theirs) if row.kind == "demand" else (theirs, own)
    found = {fact.name: fact for fact in facts.compare(demand, achievement)}
    asking = row if isinstance(row, Demand) else other
    return tuple(
        Fact(label, found[name].verdict, *_sides(found[name], asking, names))
        for name, label in FACTS.items()
    )


def _sides(fact: facts.Fact, asking: Row, names: _Names) -> tuple[str, str]:
    """What the demand wishes and what the achievement states, in words; the firm's ways of working in its own."""
    wished, offered = (
        _said(fact.name, value, names)
        for value in (fact.demand_value, fact.achievement_value)
    )
    if fact.name == "mode" and wished and isinstance(asking, Demand):
        wished = "、".join(
            terms.COOPERATION_MODES[code] for code in asking.cooperation_modes
        )
    return wished, offered


def _said(name: str, value: Any, names: _Names) -> str:
    """A value of a fact in Chinese; nothing where it is unknown."""
    if not value:
        return ""
    if name == "money":
        return money(*value)
    if name == "mode":
        return "、".join(
            term for code, term in terms.CONVERSION_MODES.items() if code in value
        )
    return names[name].get(value, value)


def _names() -> _Names:
    return {
        "field": dictionaries.fields_of_level(1),
        "chain": dictionaries.names(dictionaries.Chain),
        "stage": terms.STAGES,
    }


def _telling(compared: tuple[Fact, ...]) -> tuple[Fact, ...]:
    """The few facts for a row of a list: known ones first, each group in the order of FACTS."""
    return tuple(
        sorted(compared, key=lambda fact: fact.verdict == "unknown")[:FACTS_SHOWN]
    )


def _facts_document(row: Row, by: Any) -> matching.Document:
    """What of a listing's codes this reader's page may show; the rest is unknown to them."""
    return listing_index.matching_document(view_of(row, by))


def _organisation(organisation_id: int | None, by: Any) -> Organisation:
    own = {organisation.id: organisation for organisation in by.organisations}
    if organisation_id is None and len(own) == 1:
        return next(iter(own.values()))
    if organisation_id not in own:
        message = "请选择草稿归哪个单位。"
        raise Invalid(message, problems={"organisation": [message]})
    return own[organisation_id]
