"""Makes rows for tests: complete enough to be published, with ids, names and titles deliberately different."""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import stdnum.cn.uscc
from flask_security import hash_password
from sqlalchemy.orm import Session

from marketplace import contributions
from marketplace.accounts import sessions
from marketplace.accounts.child_models import PersonSession
from marketplace.accounts.models import ROLES, Membership, Person, Role
from marketplace.clock import now, today
from marketplace.extensions import db
from marketplace.listings import deeds as listing_deeds
from marketplace.listings import index as listing_index
from marketplace.listings import places
from marketplace.listings.models import Achievement, Demand
from marketplace.listings.review_models import Scores
from marketplace.listings.writing import set_values
from marketplace.organisations.models import Organisation, key_of
from marketplace.profiles import deeds as profile_deeds
from marketplace.profiles.models import RESEARCHER_FIELDS, BrokerField, BrokerProfile
from marketplace.profiles.writing import BrokerValues, ResearcherValues

_numbers = itertools.count(7)

ACHIEVEMENT = {
    "summary": "针对深沟球轴承振动大、寿命短的问题，优化滚道超精研磨工艺，"
    "振动值由 45 dB 降到 36 dB，已在两条线上试用。",
    "field_codes": ["804"],
    "industry_codes": ["C34"],
    "chain_code": "bearing",
    "stage": "pilot",
    "achievement_type": "applied_technology",
    "conversion_modes": ["license", "co_implement"],
    "price_mode": "negotiable",
    "baseline": "振动值比现有工艺低 9 dB。",
    "keywords": ["轴承", "降噪"],
    "contributors": [{"name": "示例甲"}],
    "contact_name": "科技处",
    "contact_phone": "0635-0000001",
}
DEMAND = {
    "problem": "电机用深沟球轴承振动值离散，客户投诉有异音，现有超精工艺调整多次仍达不到要求，废品率约百分之六。",
    "key_technology": "滚道超精研磨参数与振动的关系。",
    "field_codes": ["804"],
    "industry_codes": ["C34"],
    "chain_code": "bearing",
    "demand_type": "tech_breakthrough",
    "cooperation_modes": ["cooperative_dev"],
    "budget_negotiable": True,
    "keywords": ["轴承"],
    "contact_name": "技术部",
    "contact_phone": "0635-0000002",
}


# What an operator gives a listing that is good enough, and the same as a form sends it.
GOOD = Scores(4, 4, 3, 4)
GOOD_FORM = {"truth": "4", "completeness": "4", "feasibility": "3", "wording": "4"}


def signed_in(person: Person) -> dict[str, Any]:
    """What the cookie of a browser holds in which a person has just signed in; the session has its row."""
    token = secrets.token_urlsafe(8)
    db.session.add(
        PersonSession(
            token_digest=sessions.digest_token(token),
            person_id=person.id,
            idle_minutes=sessions.IDLE_MINUTES,
            agent="Test",
        )
    )
    db.session.commit()
    return {
        "_user_id": person.fs_uniquifier,
        "_fresh": True,
        "fs_paa": time.time(),
        sessions.TOKEN: token,
    }


def new_uscc() -> str:
    """A code that nobody has yet, with its check character (GB 32100-2015)."""
    body = f"91371502{next(_numbers):09d}"
    return body + stdnum.cn.uscc.calc_check_digit(body)


def certificate_values() -> dict[str, Any]:
    """A certificate that nobody else has, of somebody who agrees to be listed."""
    return {
        "number": f"SD-2026-{next(_numbers):05d}",
        "level": "intermediate",
        "issuer": "山东省技术市场协会（示例）",
        "valid_to": today() + timedelta(days=400),
        "field_codes": ("80",),
        "listed": True,
    }


class Factory:
    """Makes and commits rows in the session of the test."""

    def __init__(self, session: Session) -> None:
        self.session = session
        # What `together` holds back; None outside of it.
        self._held: list[Achievement | Demand] | None = None

    @contextmanager
    def together(self) -> Iterator[None]:
        """Commit and index the listings that are published inside at its end, as the operator's list does.

        For tests that need many of them before they do anything: each costs a third of the processor. Nothing else may
        be committed inside; an owner is made before.
        """
        self._held = []
        yield
        made, self._held = self._held, None
        self._publish(made)

    def _publish(self, rows: list[Achievement | Demand]) -> None:
        places.settle_places()
        self.session.commit()
        listing_index.sync(rows)
        self.session.commit()

    def organisation(
        self,
        name: str = "",
        *,
        kind: str = "firm",
        district: str = "371581",
        verified: bool = True,
    ) -> Organisation:
        """An organisation of its own name."""
        name = name or f"第{next(_numbers)}号轴承厂（示例）"
        row = Organisation(
            name=name, name_key=key_of(name), kind=kind, district_code=district
        )
        if verified:
            row.state, row.uscc, row.verified_at = "verified", new_uscc(), now()
        self.session.add(row)
        self.session.commit()
        return row

    def person(
        self, role: str, *organisations: Organisation, administers: bool = False
    ) -> Person:
        """A person of one role of the site, or of one place in the given organisations.

        A row, as an organisation is one: every test needs some, and the deed asks for what two operators do at once.
        """
        number = next(_numbers)
        place = "member" if role in ROLES or role == "firm" else role
        person = Person(
            email=f"person{number}@demo.example",
            name=f"示例{number}",
            password=hash_password("a-long-enough-password"),
            fs_uniquifier=uuid4().hex,
            confirmed_at=now(),
        )
        if role in ROLES:
            query = db.select(Role).filter_by(name=role)
            person.roles.append(self.session.scalars(query).one())
        for organisation in organisations:
            membership = Membership(
                organisation=organisation, role=place, is_administrator=administers
            )
            person.memberships.append(membership)
        self.session.add(person)
        self.session.commit()
        return person

    def researcher(self, person: Person, **values: Any) -> Person:
        """What somebody says of themselves as a researcher, all of it public unless said otherwise."""
        everything = {
            "field_codes": ("804",),
            "title": "教授",
            "discipline": "机械制造及其自动化",
            "offer": "滚道超精研磨的参数优化。",
            "deputy": True,
            "public": frozenset(RESEARCHER_FIELDS),
        }
        profile_deeds.save_researcher(
            ResearcherValues(**(everything | values)), seen=0, by=person
        )
        return person

    def certificate(self, person: Person, **values: Any) -> BrokerProfile:
        """A certificate of somebody that waits to be checked; they agree to be listed."""
        typed = BrokerValues(**(certificate_values() | values))
        return profile_deeds.save_broker(typed, seen=0, by=person)

    def broker_values(self, profile: BrokerProfile, **values: Any) -> BrokerValues:
        """What is stored of a broker, as they would type it once more."""
        return BrokerValues(
            **{
                "number": profile.number,
                "level": profile.level or "",
                "issuer": profile.issuer,
                "valid_to": profile.valid_to,
                "field_codes": tuple(profile.field_codes),
                "listed": profile.listed,
                **values,
            }
        )

    def broker(self, *organisations: Organisation, **values: Any) -> Person:
        """A broker whose certificate was checked."""
        person = self.person("broker", *organisations)
        everything = certificate_values() | values
        codes = everything.pop("field_codes")
        profile = BrokerProfile(
            person=person,
            state="checked",
            checked="证书原件或扫描件",
            checked_at=now(),
            waiting_since=now(),
            fields=[BrokerField(field_code=code) for code in codes],
            **everything,
        )
        self.session.add(profile)
        self.session.commit()
        return person

    def achievement(
        self,
        title: str = "",
        *,
        state: str = "published",
        owner: Organisation | None = None,
        **values: Any,
    ) -> Achievement:
        """An achievement in the given state."""
        owner = owner or self.organisation(
            f"第{next(_numbers)}研究院（示例）", kind="institute"
        )
        return self._listing(
            "achievement",
            title or f"轴承超精研磨降噪工艺{next(_numbers)}",
            ACHIEVEMENT | values,
            owner,
            state,
        )

    def demand(
        self,
        title: str = "",
        *,
        state: str = "published",
        owner: Organisation | None = None,
        **values: Any,
    ) -> Demand:
        """A demand in the given state."""
        owner = owner or self.organisation()
        return self._listing(
            "demand",
            title or f"深沟球轴承异音攻关{next(_numbers)}",
            DEMAND | values,
            owner,
            state,
        )

    def _take_blocked(self, row: Any, values: dict[str, Any]) -> dict[str, Any]:
        """Take out of a draft what other rooms would not let be published, and return it to be set afterwards.

        A public listing may well have it: a patent lapses later, a co-owner withdraws, its paper is deleted.
        """
        self.session.flush()
        if not contributions.publication_blocks(row, "approve"):
            return {}
        innocent: dict[str, Any] = {
            "trl": None,
            "ownership": "service",
            "secrecy": "open",
            "ips": [],
            "co_owners": [],
        }
        blocked = {name: values[name] for name in innocent if name in values}
        set_values(row, innocent)
        return blocked

    def _listing(
        self,
        kind: str,
        title: str,
        values: dict[str, Any],
        owner: Organisation,
        state: str,
    ) -> Any:
        steps = {
            "draft": "",
            "submitted": "s",
            "at_desk": "d",
            "returned": "sb",
            "rejected": "sx",
            "published": "i",
            "suspended": "ip",
            "withdrawn": "iw",
            "expired": "ie",
            "closed": "ic",
            "archived": "ieh",
        }
        writer = None
        if state == "at_desk":  # handed in by somebody who is not of the desk
            writer = self.person("researcher", owner)
        row = listing_deeds.create(
            kind,
            {"title": title, **values},
            organisation=owner,
            by=writer,
            commit="i" not in steps[state],
        )
        for step in steps[state]:
            seen = {"by": None, "seen": row.revision}
            if step == "s":
                listing_deeds.submit(row, **seen)
            elif step == "d":
                listing_deeds.submit(row, by=writer, seen=row.revision)
            elif step == "i":  # by the operator's list: the same moves in one commit
                blocked = self._take_blocked(row, values)
                listing_deeds.publish_imported(row, by=None)
                set_values(row, blocked)
                if self._held is None:
                    self._publish([row])
                else:
                    self._held.append(row)
            elif step == "b":
                listing_deeds.send_back(row, **seen, note="请补充指标")
            elif step == "x":
                listing_deeds.reject(row, **seen, note="不属于技术成果")
            elif step == "p":
                listing_deeds.suspend(row, **seen, note="权属有争议")
            elif step == "w":
                listing_deeds.withdraw(row, **seen)
            elif step == "c":
                listing_deeds.close(row, **seen)
            elif step == "h":
                listing_deeds.archive(row, **seen)
            else:
                row.valid_until = today().replace(year=now().year - 1)
                self.session.commit()
                listing_deeds.expire_due()
        return row
