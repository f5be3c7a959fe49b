"""A deal at any station, made by pressing what people press. No test stands here."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from marketplace.accounts.models import Person
from marketplace.clock import now, today
from marketplace.deals import deeds, diligence_deeds, pricing_deeds, publicity_deeds
from marketplace.deals.child_models import DealObjection, DealPublicity
from marketplace.deals.life import DILIGENCE
from marketplace.deals.models import Deal
from marketplace.deals.pricing_deeds import Price
from marketplace.extensions import Model, db
from marketplace.introductions import deeds as introduction_deeds
from marketplace.introductions import queries as introduction_queries
from marketplace.introductions.models import Introduction
from marketplace.organisations.models import Organisation
from marketplace.permissions import Guest
from tests.factories import Factory

NOTE = "双方商定的原因"
MANY = 20  # introductions of one organisation


class World:
    """A firm that wants an achievement of a university, which has two who may approve."""

    def __init__(
        self,
        make: Factory,
        *,
        owner_type: str = "government_university",
        anonymous: bool = False,
        firm: Organisation | None = None,
        chief: Person | None = None,
        lab: Organisation | None = None,
        desk: Person | None = None,
        topic: str = "轴承超精研磨降噪",
        wish: str = "轴承异音攻关",
    ) -> None:
        self.make = make
        self.owner_type = owner_type
        self.anonymous = anonymous
        self.topic = topic
        self.firm = firm or make.organisation("临清轴承厂（示例）")
        self.chief = chief or make.person("firm", self.firm, administers=True)
        kind = "firm" if owner_type == "firm" else "university"
        self.lab = lab or make.organisation("聊城工学院（示例）", kind=kind)
        self.desk = desk or make.person("desk", self.lab)
        self.dean = make.person("desk", self.lab, administers=True)
        self.rector = make.person("desk", self.lab, administers=True)
        with make.together():
            self.demand = make.demand(wish, owner=self.firm, anonymous=anonymous)
            self.achievement = make.achievement(topic, owner=self.lab)
        self.operator = make.person("operator")
        # Who hands the price in: not who approves it.
        self.decider = self.desk
        self.count = 0

    def introduced(self) -> Introduction:
        """An introduction that was accepted; each is of an achievement of its own."""
        self.count += 1
        if self.count % MANY == 0:
            # An organisation begins only so many within a day: those before were begun some days ago.
            earlier = now() - timedelta(days=2)
            db.session.execute(db.update(Introduction).values(created_at=earlier))
            db.session.commit()
        if self.count > 1:
            title = f"{self.topic}之{self.count}"
            self.achievement = self.make.achievement(title, owner=self.lab)
        (name, *_) = introduction_queries.names_for(self.achievement, self.chief)
        case = introduction_deeds.request_introduction(
            self.achievement,
            name,
            message="想谈转让。",
            agrees=True,
            opens_firm=not self.anonymous,
            by=self.chief,
        )
        introduction_deeds.accept_introduction(
            case, agrees=True, opens_firm=True, by=self.desk, seen=case.revision
        )
        return case

    def propose(self, **changes: Any) -> Deal:
        case = self.introduced()
        values: dict[str, Any] = {
            "title": f"轴承超精研磨降噪专利转让{self.count}",
            "owner_type": self.owner_type,
            "contract_type": "transfer",
            "contract_subtype": "patent_right",
            "conversion_mode": "transfer",
            "by": self.chief,
        } | changes
        return deeds.propose_deal(case, **values)

    def draft(self, deal: Deal, letter_kind: str = "intention", **changes: Any) -> None:
        values: dict[str, Any] = {
            "letter_kind": letter_kind,
            "text": "甲乙双方拟就轴承技术转让进行洽谈。",
            "access_until": None,
            "by": self.chief,
            "seen": deal.revision,
        } | changes
        deeds.draft_letter(deal, **values)

    def confirm(
        self, deal: Deal, letter_kind: str = "intention", **changes: Any
    ) -> None:
        letter = deal.letter_of(letter_kind)
        values: dict[str, Any] = {
            "letter_kind": letter_kind,
            "sha256": letter.sha256 if letter is not None else "",
            "by": self.desk,
            "seen": deal.revision,
        } | changes
        deeds.confirm_letter(deal, **values)

    def answer(
        self, deal: Deal, code: str, *, finding: bool = False, **changes: Any
    ) -> None:
        values: dict[str, Any] = {
            "code": code,
            "has_finding": finding,
            "note": NOTE if finding else "",
            "by": self.desk,
            "seen": deal.revision,
        } | changes
        diligence_deeds.answer_item(deal, **values)

    def answer_all(self, deal: Deal, *, related: bool = False) -> None:
        for code in DILIGENCE:
            self.answer(deal, code, finding=related and code == "related_party")

    @staticmethod
    def price(**changes: Any) -> Price:
        values: dict[str, Any] = {
            "method": "negotiated",
            "price_fen": 120_000_000,
            "price_text": "",
            "basis": "参照三笔同类交易",
            "evaluation": "waived",
            "evaluation_note": "金额不大，院务会决定不评估",
            "empowerment": "",
            "minutes": "同意按 120 万元转让",
            "met_on": today(),
            "attendees": ("张三", "李四"),
        } | changes
        return Price(**values)

    def decide(self, deal: Deal, **changes: Any) -> None:
        pricing_deeds.decide_price(
            deal, self.price(**changes), by=self.decider, seen=deal.revision
        )

    def approve(self, deal: Deal, by: Any = None) -> None:
        pricing_deeds.approve_price(deal, by=by or self.dean, seen=deal.revision)

    def publicise(self, deal: Deal, **changes: Any) -> None:
        values: dict[str, Any] = {
            "days": None,
            "day_kind": "natural",
            "places": "本单位网站",
            "objection_contact": "科技处 0635-8239001",
            "procedure": "收到异议后五个工作日内核查",
            "by": self.desk,
            "seen": deal.revision,
        } | changes
        publicity_deeds.begin_publicity(deal, **values)

    def running(self, deal: Deal) -> DealPublicity:
        """The publicity that runs."""
        found = deal.running_publicity
        assert found is not None
        return found

    def object_to(
        self, deal: Deal, nonce: str = "n1", **changes: Any
    ) -> tuple[DealObjection, str]:
        values: dict[str, Any] = {
            "nonce": nonce,
            "reason": "price",
            "text": "价格明显偏低，请核查。",
            "evidence": "",
            "remedy": "reprice",
            "contact": "",
            "by": Guest(),
        } | changes
        return publicity_deeds.file_objection(self.running(deal), **values)

    def reply(self, deal: Deal, *, sustained: bool, **changes: Any) -> None:
        values: dict[str, Any] = {
            "is_sustained": sustained,
            "answer_reason": "facts_confirmed" if sustained else "facts_unfounded",
            "answer": "经核查，情况说明如下。",
            "by": self.dean,
            "seen": deal.revision,
        } | changes
        (objection, *_) = [one for one in deal.objections if one.state == "received"]
        publicity_deeds.answer_objection(deal, objection, **values)

    def let_end(self, deal: Deal) -> None:
        """As if the last day of its publicity were over."""
        publicity = self.running(deal)
        publicity.started_on = today() - timedelta(days=30)
        publicity.ends_on = today() - timedelta(days=1)
        publicity.unannounced = []
        db.session.commit()
        publicity_deeds.close_due()

    def revise(self, deal: Deal, **changes: Any) -> None:
        values: dict[str, Any] = {
            "title": deal.title,
            "owner_type": deal.owner_type,
            "contract_type": deal.contract_type,
            "contract_subtype": deal.contract_subtype,
            "conversion_mode": deal.conversion_mode,
            "note": NOTE,
            "by": self.desk,
            "seen": deal.revision,
        } | changes
        pricing_deeds.revise_deal(deal, **values)

    def settle(self, deal: Deal, priority: str = "waived") -> None:
        deeds.settle_priority(
            deal, priority=priority, note=NOTE, by=self.desk, seen=deal.revision
        )

    def terminate(self, deal: Deal, by: Any = None) -> None:
        deeds.terminate_deal(
            deal, reason="price_gap", note=NOTE, by=by or self.chief, seen=deal.revision
        )

    def bring_to(self, state: str, *, related: bool = False) -> Deal:
        """A deal at that station."""
        deal = self.propose()
        for reached, press in self.way(deal, related=related):
            if deal.state == state:
                break
            press()
            assert deal.state == reached, f"{deal.state} after what leads to {reached}"
        assert deal.state == state
        return deal

    def way(self, deal: Deal, *, related: bool = False) -> list[tuple[str, Any]]:
        """What leads from station to station, each with where it leads."""
        approvals: list[tuple[str, Any]] = [
            ("price_determined", lambda: self.approve(deal))
        ]
        if related:
            approvals = [
                ("pricing", lambda: self.approve(deal)),
                ("price_determined", lambda: self.approve(deal, self.rector)),
            ]
        return [
            ("open", lambda: deeds.agree_deal(deal, by=self.desk, seen=deal.revision)),
            ("intention", lambda: self.draft(deal)),
            ("due_diligence", lambda: self.confirm(deal)),
            ("due_diligence", lambda: self.answer_all(deal, related=related)),
            (
                "pricing",
                lambda: diligence_deeds.finish_diligence(
                    deal, by=self.desk, seen=deal.revision
                ),
            ),
            ("pricing", lambda: self.decide(deal)),
            *approvals,
            ("in_publicity", lambda: self.publicise(deal)),
            ("approved", lambda: self.let_end(deal)),
        ]


def deals_at_stations(world: World) -> dict[str, Deal]:
    """A deal at every station; `decided`: with a price that waits for approval, `objection`: locked."""
    found = {}
    for state in (
        "proposed",
        "open",
        "intention",
        "due_diligence",
        "pricing",
        "price_determined",
        "in_publicity",
        "approved",
    ):
        found[state] = world.bring_to(state)
    found["decided"] = world.bring_to("pricing")
    world.decide(found["decided"])
    found["objection"] = world.bring_to("in_publicity")
    world.object_to(found["objection"], "locked")
    found["answered"] = world.bring_to("due_diligence")
    world.answer_all(found["answered"])
    found["firm"] = world.propose(owner_type="other")
    for reached, press in world.way(found["firm"]):
        press()
        if reached == "price_determined":
            break
    found["ended"] = world.bring_to("open")
    world.terminate(found["ended"])
    return found


def let_go(*worlds: Any) -> None:
    """Let the session go of everything and read the worlds again: what many walks have loaded is only in the way."""
    numbers = []
    for world in worlds:
        for name, value in vars(world).items():
            if isinstance(value, Model):
                numbers.append((world, name, type(value), value.id))
    db.session.expunge_all()
    for world, name, table, number in numbers:
        setattr(world, name, db.session.get_one(table, number))
