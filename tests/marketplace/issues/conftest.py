"""Lists to be tested: listings of every kind of openness, and issues published of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from marketplace.clock import today
from marketplace.extensions import db
from marketplace.issues import deeds, upkeep
from marketplace.issues.choosing import choose_lines
from marketplace.issues.models import Issue, IssueProof
from tests.factories import Factory

YEAR_AGO = 365


class Desk:
    """A firm, a university with its desk, an operator, and their listings."""

    def __init__(self, make: Factory) -> None:
        self.make = make
        self.firm = make.organisation("临清清单轴承厂（示例）")
        self.university = make.organisation("聊城清单大学（示例）", kind="university")
        self.operator = make.person("operator")
        self.second = make.person("operator")
        self.chief = make.person("firm", self.firm, administers=True)
        self.desk = make.person("desk", self.university, administers=True)
        self.stranger = make.person("firm", make.organisation("别家（示例）"))
        with make.together():
            self.open = make.demand("公开的磨削难题", owner=self.firm)
            self.unnamed = make.demand(
                "匿名的淬火难题", owner=self.firm, anonymous=True
            )
            self.partial = make.demand(
                "部分公开的涂层难题", owner=self.firm, visibility="partial"
            )
            self.secret = make.demand(
                "保密的电机难题", owner=self.firm, visibility="confidential"
            )
            self.work = make.achievement(
                "900℃ 耐温涂层 Ⅴ 型",
                owner=self.university,
                contributors=[{"name": "张示例"}],
            )

    def proof(self, kind: str = "demand", **values: Any) -> IssueProof:
        """A proof of the city, or of `organisation`, of the last year."""
        organisation = values.pop("organisation", None)
        by = values.pop("by", self.operator)
        chosen = {"since": today() - timedelta(days=YEAR_AGO), "until": today()}
        return deeds.begin_proof(kind, organisation, chosen | values, by=by)

    def publish(self, proof: IssueProof | None = None, *, by: Any = None) -> Issue:
        """It, published as somebody sees it now."""
        proof = proof or self.proof()
        return deeds.publish_proof(
            proof,
            seen=proof.revision,
            fingerprint=choose_lines(proof).fingerprint,
            by=by or self.operator,
        )

    def rendered(self, proof: IssueProof | None = None) -> Issue:
        """It, published, with its files."""
        issue = self.publish(proof)
        upkeep.render_missing()
        db.session.refresh(issue)
        return issue


@pytest.fixture
def desk(make: Factory) -> Desk:
    return Desk(make)
