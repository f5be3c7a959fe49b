"""What the room lays out for hubs, listings and organisations: certificates, directories, a desk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from flask import request, url_for

from marketplace.accounts import queries as account_queries
from marketplace.clock import today
from marketplace.contributions import Link, Panel, Task, Tray
from marketplace.counting import Count
from marketplace.permissions import Reader, may
from marketplace.profiles import queries
from marketplace.wording import day


def nav(reader: Reader) -> Iterator[Link]:
    """The brokers in the header, both directories in the footer."""
    # After the searches of the rooms above: this is where one goes when they did not help.
    url = url_for("profiles.brokers")
    current = request.endpoint == "profiles.brokers"
    where: Literal["", "page"] = "page" if current else ""
    yield Link("技术经理人", url, "header", where, position=2)
    yield Link("科研人员名录", url_for("profiles.people"), "footer")


def sections(person: Reader, filters: Mapping[str, str]) -> Iterator[Panel]:
    """The way to one's own profiles; left out of a list that is narrowed."""
    if may(person, "profile.edit") and not filters:
        yield Panel("profiles/_own.html", position=1)


def tasks(person: Reader) -> Iterator[Task]:
    """A certificate that was sent back, or that ends soon."""
    profile = queries.troubled_certificate(person)
    if profile is None:
        return
    url = url_for("verification.certificate")
    if profile.state == "returned":
        yield Task(
            kind_name="证书",
            title="技术经理人资料",
            url=url,
            state="要补充",
            since=profile.changed_at,
            dated=("要求补充", f"{day(profile.changed_at)} 提出"),
            note=profile.note,
            button="去补充",
        )
        return
    yield Task(
        kind_name="证书",
        title="技术经理人证书",
        url=url,
        state="快到期",
        until=profile.valid_to,
        dated=("有效期", f"{day(profile.valid_to)} 到期"),
        note="到期后「持证」标识自动取消。换了新证书，填上新的编号和有效期。",
        button="去更新",
    )


def task_count(person: Reader) -> Count | int:
    """How many they are."""
    return queries.troubled_count(person)


def trays(person: Reader, filters: Mapping[str, str]) -> Iterator[Tray]:
    """The certificates that wait, and the brokers there are."""
    if may(person, "broker.check"):
        yield Tray(
            "certificates",
            "技术经理人证书",
            count=queries.waiting_count,
            page=_tray_page,
            waits=True,
            position=1,
        )


def _tray_page(_page: int) -> Panel:
    people = account_queries.brokers()
    profiles = queries.profiles_of(people)
    brokers = []
    for one in people:
        profile = profiles.get(one.id)
        certified = bool(profile and profile.is_certified(today()))
        brokers.append((one, profile, certified))
    values = {"waiting": queries.waiting_certificates(), "brokers": brokers}
    return Panel("profiles/_tray.html", values)


def organisation_panels(organisation: Any, reader: Reader) -> Iterator[Panel]:
    """The people of its desk who agreed to be named, and the way to its researchers in the directory."""
    desk = queries.desk_names(organisation.id)
    researchers = queries.researchers_of(organisation.id)
    # Most firms have neither, and an empty block would say so of each.
    if desk or researchers:
        values = {
            "desk": desk,
            "researchers": researchers,
            "organisation_id": organisation.id,
        }
        yield Panel("profiles/_desk.html", values, position=1)


def deed_names() -> Iterator[tuple[str, str]]:
    """What is done to profiles and certificates."""
    yield "profile.read", "查看个人主页"
    yield "profile.edit", "修改个人主页"
    yield "researcher.agree", "同意或撤回公开个人主页"
    yield "broker.read", "查看技术经理人名录"
    yield "broker.apply", "填写技术经理人证书"
    yield "broker.save", "保存技术经理人证书"
    yield "broker.hide", "不列入技术经理人名录"
    yield "broker.check", "核对通过技术经理人证书"
    yield "broker.return", "退回技术经理人证书"
    yield "broker.end", "收回技术经理人角色"
