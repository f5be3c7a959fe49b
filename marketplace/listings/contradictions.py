"""What in a listing does not fit together: some is refused with the reason, the rest is for the eye of a reviewer.

What a listing needs to be public at all is checked in `readiness.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from marketplace.clock import today
from marketplace.listings.child_models import CHECK_DAYS, IntellectualProperty
from marketplace.listings.models import Achievement, Demand
from marketplace.listings.schema import terms
from marketplace.listings.schema.shared import VALID_YEARS
from marketplace.wording import day

Row = Achievement | Demand


@dataclass(frozen=True)
class Refusal:
    """A contradiction with which nothing is handed in or published.

    Attributes:
        field: where it is put right.
        advice: what to do.
        source: where it is written that both cannot be; empty for what is a matter of words.
        checked: whether somebody has compared that with the official text; else it is shown as 待核实.
    """

    field: str
    advice: str
    source: str = ""
    checked: bool = False

    @property
    def words(self) -> str:
        """What to do, and where it is written."""
        if not self.source:
            return self.advice
        mark = "" if self.checked else "，条文待核实"
        return f"{self.advice}（{self.source}{mark}）"


# Code of a contradiction → why it is refused. A code that is not here is for the eye of the reviewer only.
REFUSALS = {
    "stage of level": Refusal("trl", "请把所处阶段或技术成熟度改对。"),
    "applied too early": Refusal("application_status", "请把应用状态或所处阶段改对。"),
    "applied too late": Refusal("application_status", "请把应用状态或所处阶段改对。"),
    "open secret": Refusal(
        "visibility",
        "请把公开范围改为「部分公开」或「保密」，或改正密级。",
        # What is public is no trade secret any more.
        "反不正当竞争法对商业秘密的定义：不为公众所知悉",
    ),
    "defence patent": Refusal(
        "visibility",
        "国防专利不能在公开平台发布，请撤下这一项，按国防专利的规定办理。",
        "国防专利条例：国防专利的内容在解密前应当保密",
    ),
    "nothing in force": Refusal(
        "ips",
        "请更新法律状态，或删去失效的专利，或改转化方式。",
        "专利法第四十二、四十四、四十七条",
    ),
    # Both kinds shut out every further licensee; an ordinary licence does not.
    "licensed already": Refusal(
        "license_type",
        "请改为普通许可，或写明原许可已终止并更新「许可中」。",
        "最高人民法院技术合同司法解释第二十五条：独占、排他许可排除其他被许可人",
    ),
    "open without patent": Refusal(
        "license_type", "请改许可类型，或补上已授权的专利。", "专利法第五十条"
    ),
    "owners unheard": Refusal(
        "conversion_note",
        "请先取得共有人同意，再改正这段文字。",
        "专利法第十四条",
    ),
}
# Of what is known by its name only: no closed list has a type of its own for them.
DEFENCE = re.compile("国防专利|保密专利")
# The vocabulary is in the order of maturity, on which the distance between two stages relies.
STAGE_ORDER = tuple(terms.STAGES)
MIN_EVIDENCE = 6  # characters; 有, 已有 or 见附件 say nothing about what there is
# Ways of conversion that hand on the right itself: they need one that is in force.
BY_RIGHT = ("transfer", "license", "equity")
# A co-owner who was not heard, however it is put.
UNHEARD = re.compile(
    r"(未|没有|没|尚未|还未|还没|待)[^，。；]{0,6}(征求|征得|取得|经)[^，。；]{0,8}(意见|同意|许可)"
)


def doubts_about(row: Row) -> list[str]:
    """What a reviewer should look at, in words, the gravest first; empty where all fits."""
    return [text for _, text in _found_in(row)]


def refusals_of(row: Row) -> Iterator[tuple[str, str]]:
    """What a listing is refused for, as (field, what is wrong, what to do and where it is written)."""
    for code, text in _found_in(row):
        refusal = REFUSALS.get(code)
        if refusal is not None:
            yield refusal.field, f"{text}{refusal.words}"


def _found_in(row: Row) -> Iterator[tuple[str, str]]:
    """(code, what does not fit), the gravest first."""
    if isinstance(row, Achievement):
        yield from _about_rights(row)
        yield from _about_secrecy(row)
        yield from _about_stage(row)
    else:
        yield from (("", text) for text in _about_demand(row))
    yield from (("", text) for text in _about_days(row))


def _about_stage(row: Achievement) -> Iterator[tuple[str, str]]:
    stage = terms.STAGES.get(row.stage or "", "")
    if row.stage and row.trl:
        fitting = terms.TRL_STAGES[row.trl]
        apart = abs(STAGE_ORDER.index(row.stage) - STAGE_ORDER.index(fitting))
        # One step is a matter of opinion; our own table of stages and levels is no standard.
        if apart > 1:
            yield (
                "stage of level",
                f"所处阶段是「{stage}」，技术成熟度却是 {row.trl} 级（{terms.TRL_NAMES[row.trl]}），"
                f"{row.trl} 级一般对应「{terms.STAGES[fitting]}」。",
            )
    if row.application_status == "industrial" and row.stage in ("rnd", "lab_scale"):
        yield (
            "applied too early",
            f"应用状态是「产业化应用」，所处阶段却是「{stage}」。",
        )
    if row.application_status == "not_applied" and row.stage == "industrialised":
        yield (
            "applied too late",
            f"所处阶段是「{stage}」，应用状态却是「未应用」。",
        )
    evidence = (row.stage_evidence or "").strip()
    if evidence and len(evidence) < MIN_EVIDENCE:
        yield "", f"成熟度依据只写了「{evidence}」，没有说是什么报告、谁出的。"


def _about_secrecy(row: Achievement) -> Iterator[tuple[str, str]]:
    if row.visibility == "public" and row.secrecy in ("commercial", "internal"):
        secrecy = terms.SECRECIES[row.secrecy]
        yield (
            "open secret",
            f"成果密级是「{secrecy}」，公开范围却是「公开」：公开以后就不再是秘密。",
        )
    # Its words may be fit for the public though the right is secret: only a reader can tell.
    if row.visibility == "public" and any(ip.ip_type == "know_how" for ip in row.ips):
        yield "", "知识产权里有技术秘密，公开范围是「公开」，请核对公开的文字里没有它。"


def _about_rights(row: Achievement) -> Iterator[tuple[str, str]]:
    modes = [mode for mode in row.conversion_modes or () if mode in BY_RIGHT]
    offered = "、".join(terms.CONVERSION_MODES[mode] for mode in modes)
    if "license" in modes and row.license_type:
        offered += f"（{terms.LICENSE_TYPES[row.license_type]}）"
    # Without any right there is nothing that could have ended: know-how needs no number.
    nothing_left = bool(row.ips) and all(ip.standing == "lapsed" for ip in row.ips)
    for right in row.ips:
        name = right.name or right.number or terms.IP_TYPES[right.ip_type]
        if right.standing == "lapsed":
            # A lapsed patent may be named for what it was; it is refused only where the right itself is handed on.
            how = f"，却要以{offered}的方式转化" if modes else ""
            # One right still in force carries the licence, so the others are a doubt and no refusal.
            code = "nothing in force" if modes and nothing_left else ""
            yield code, f"「{name}」已失效（{_why_lapsed(right)}）{how}。"
        # It may have been paid yesterday; the owner's day is not proof enough to refuse.
        elif right.standing == "fee_due":
            yield (
                "",
                f"「{name}」的年费只缴到 {day(right.fee_paid_until)}，请核对是否还有效。",
            )
        # Of one patent that is licensed already nobody can promise that it will be the only licence.
        if right.licensed and row.license_type in ("exclusive", "sole"):
            kind = terms.LICENSE_TYPES[row.license_type]
            yield "licensed already", f"「{name}」已许可他人，却又要以{kind}许可转化。"
        if right.pledged and "transfer" in modes:
            yield "", f"「{name}」已质押，没有质权人同意不能转让。"
        if DEFENCE.search(f"{right.name} {right.number}"):
            yield "defence patent", f"「{name}」是国防专利。"
        yield from _about_check(right, name)
    # On its way counts as in force here; a declared open licence needs the grant.
    in_force = [ip for ip in row.ips if ip.standing == ""]
    granted = [ip for ip in in_force if ip.legal_status == "granted"]
    if row.license_type == "open" and row.ips and not granted:
        # 专利法 art. 50: it is declared for a granted patent.
        yield (
            "open without patent",
            "许可类型是「开放许可」，却没有一项已授权且有效的专利。",
        )
    yield from _about_owners(row, modes)


def _about_check(right: IntellectualProperty, name: str) -> Iterator[tuple[str, str]]:
    """A legal status that was checked too long ago to be believed."""
    checked = right.checked_on
    if checked is not None and checked < today() - timedelta(CHECK_DAYS):
        days = (today() - checked).days
        yield (
            "",
            f"「{name}」的法律状态是 {days} 天以前核对的，超过 {CHECK_DAYS} 天，请重新核对。",
        )


def _why_lapsed(right: IntellectualProperty) -> str:
    if right.legal_status in terms.ENDED_RIGHTS:
        return f"法律状态「{terms.LEGAL_STATUSES[right.legal_status]}」"
    if right.expires_on is not None and right.expires_on < today():
        return f"保护期到 {day(right.expires_on)}"
    return f"年费缴到 {day(right.fee_paid_until)}"


def _about_owners(row: Achievement, modes: list[str]) -> Iterator[tuple[str, str]]:
    texts = [row.conversion_note, row.note, row.stage_evidence, row.summary]
    # 未征得… is also written next to a name, in a cell meant for the owners.
    texts += [owner.name for owner in row.co_owners]
    # A row that is not stored yet has no defaults.
    unheard = any(UNHEARD.search(text or "") for text in texts)
    if unheard:
        yield (
            "owners unheard",
            "文字里说还没有征得共有人同意；共有的成果转让、独占许可要共有人同意。",
        )
    elif row.ownership == "joint" and modes:
        yield (
            "",
            "权属是「共有」，请核对共有人同意这样转化（专利法第十四条，条文待核实）。",
        )
    if row.ownership == "joint" and len(row.co_owners) < 2:
        yield "", "权属是「共有」，完成单位却只写了一家或没有写。"


def _about_demand(row: Demand) -> Iterator[str]:
    # 0 is what many write for 面议; it is put right by its owner.
    if row.budget is not None and row.budget <= 0:
        yield "拟投入资金写的是 0 万元；没有定可以选「资金面议」。"
    if row.deadline is not None and row.deadline < today():
        yield f"完成期限 {day(row.deadline)} 已经过了。"
    fitting = terms.NEED_OF_TYPE.get(row.demand_type or "", "")
    if fitting and fitting != row.need:
        needed = terms.NEEDS[row.need or terms.DEFAULT_NEED]
        kind = terms.DEMAND_TYPES[row.demand_type or ""]
        yield f"需求类别是「{needed}」，需求类型却是「{kind}」。"


def _about_days(row: Row) -> Iterator[str]:
    if row.valid_until is None:
        return
    if row.valid_until < today():
        yield f"有效期至 {day(row.valid_until)}，已经过了。"
    # A year typed wrongly, 2062 for 2026, would leave it public long after anybody looks after it.
    elif row.valid_until.year - today().year > VALID_YEARS:
        yield f"有效期至 {day(row.valid_until)}，太远了，请核对年份。"
