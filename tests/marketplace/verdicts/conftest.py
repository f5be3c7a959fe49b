"""A demand with enough to judge, and the list somebody has before him. Not here: how a list is ranked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from marketplace.accounts.models import Person
from marketplace.listings.models import Achievement, Demand
from marketplace.matchmaking.answers import matches_for
from marketplace.organisations.models import Organisation
from marketplace.verdicts import deeds as verdict_deeds
from marketplace.verdicts.models import Verdict
from marketplace.verdicts.ranked_lists import RankedList
from tests.factories import Factory

THEMES = (
    ("轴承超精研磨降噪", "深沟球轴承滚道超精研磨，振动值由 45 dB 降到 36 dB。"),
    ("轴承滚道磨削", "深沟球轴承滚道磨削烧伤在线检测，振动离散减小。"),
    ("轴承异音诊断", "电机轴承异音采集与诊断，识别率 95%。"),
    ("轴承振动测量仪", "深沟球轴承振动值测量，节拍 6 秒一套。"),
    ("轴承清洗工艺", "深沟球轴承清洗，清洁度提高到一级以后异音减少。"),
    ("轴承润滑脂", "电机用轴承低噪声润滑脂，异音投诉减少三成。"),
    ("轴承保持架", "深沟球轴承保持架兜孔改进，振动比原来降低 5 dB。"),
    ("高纯净轴承钢", "深沟球轴承用高纯净轴承钢，氧含量低，废品率降低。"),
    ("轴承套圈热处理", "轴承套圈热处理变形控制，超精余量减少，烧伤减少。"),
    ("轴承装配线", "深沟球轴承装配线自动选配，异音不良率下降。"),
)


@dataclass
class Case:
    """One demand, its firm, a member of it, and the achievements that could meet it."""

    demand: Demand
    firm: Organisation
    member: Person
    achievements: list[Achievement]

    def list_for(self, by: Person) -> RankedList:
        """The list of the demand as `by` has it before him."""
        ranked_list = matches_for(self.demand, by=by).ranked_list
        assert ranked_list is not None
        return ranked_list

    def ids(self, by: Any, **values: Any) -> list[int]:
        """Ids of the offers on that list."""
        return [
            offer.row.id for offer in matches_for(self.demand, by=by, **values).offers
        ]


@pytest.fixture
def case(make: Factory) -> Case:
    """A demand about bearings and ten achievements near it."""
    institute = make.organisation("聊城第一研究院（示例）", kind="institute")
    with make.together():
        rows = [
            make.achievement(title, owner=institute, summary=text, keywords=["轴承"])
            for title, text in THEMES
        ]
    firm = make.organisation("第一轴承厂（示例）")
    return Case(
        make.demand("深沟球轴承异音攻关", owner=firm),
        firm,
        make.person("firm", firm),
        rows,
    )


@pytest.fixture
def judge(case: Case) -> Callable[..., list[Verdict]]:
    """Judges the first offers of the case's list in a row: `judge(person, "+-d")`, + interested, - no direction,
    = another condition.
    """

    def give(by: Person, said: str) -> list[Verdict]:
        ranked_list = case.list_for(by)
        given = []
        for sign, item in zip(said, ranked_list.items, strict=False):
            if sign == "+":
                given.append(
                    verdict_deeds.like(
                        case.demand, item.offered_id, by=by, ranked_list=ranked_list
                    )
                )
            else:
                reason = "direction" if sign == "-" else "price"
                given.append(
                    verdict_deeds.decline(
                        case.demand,
                        item.offered_id,
                        reason=reason,
                        by=by,
                        ranked_list=ranked_list,
                    )
                )
        assert len(given) == len(said)
        return given

    return give
