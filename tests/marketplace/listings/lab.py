"""An institution whose listings go through review, with its people and an operator."""

from __future__ import annotations

from typing import Any

from marketplace.listings import deeds
from marketplace.listings.models import Achievement
from tests.factories import ACHIEVEMENT, GOOD, Factory

TITLE = "滚道超精研磨的参数优化"


class Lab:
    """An institute with its people, and an operator."""

    def __init__(self, make: Factory, kind: str = "university") -> None:
        self.owner = make.organisation(kind=kind)
        self.researcher = make.person("researcher", self.owner)
        self.desk = make.person("desk", self.owner)
        self.operator = make.person("operator")

    def draft(self, by: Any = None, **values: Any) -> Achievement:
        row = deeds.create(
            "achievement",
            {"title": TITLE, **ACHIEVEMENT, **values},
            organisation=self.owner,
            by=by or self.researcher,
        )
        assert isinstance(row, Achievement)
        return row

    def at_desk(self) -> Achievement:
        row = self.draft()
        deeds.submit(row, by=self.researcher, seen=row.revision)
        return row

    def published(self) -> Achievement:
        row = self.at_desk()
        deeds.endorse(row, by=self.desk, seen=row.revision)
        deeds.approve(row, by=self.operator, seen=row.revision, scores=GOOD)
        return row
