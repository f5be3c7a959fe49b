"""What is done to requests for a broker: one function a button. The only file of this room that commits."""

from __future__ import annotations

from marketplace import contributions, persistence
from marketplace.accounts.models import Person
from marketplace.accounts.queries import people_by_id
from marketplace.clock import now
from marketplace.errors import Invalid, NotNow
from marketplace.extensions import db
from marketplace.lifecycle import last_event
from marketplace.listings import assignments
from marketplace.listings import deeds as listing_deeds
from marketplace.listings.models import Achievement, Demand
from marketplace.mediation import announcements, queries
from marketplace.mediation.models import BrokerRequest
from marketplace.permissions import Reader, require
from marketplace.profiles.models import LAPSED, LOST_ROLE
from marketplace.typed_texts import LEAST, checked_text

Row = Achievement | Demand
MAX_NOTE = 500  # characters, as the columns hold them
CLOSED = "账号已停用"


def request_broker(
    row: Row, broker_id: int | None, *, note: str, by: Person
) -> BrokerRequest:
    """请技术经理人 for a listing.

    Args:
        row: the listing, published now.
        broker_id: whom; None leaves it to the operators.
        note: what they shall read before they answer.
        by: somebody who handles the listing.

    Raises:
        NotAllowed.
        NotNow: it is not public now, or somebody was requested already and has not answered.
        Invalid: that person cannot be requested, or the note is too long or bears the mark of a secret.
    """
    require(by, "mediation.request", row)
    # A broker works on what others may find; for a draft there is nobody to talk to.
    if not row.in_matching:
        raise NotNow("这一条现在没有公开发布。", "发布后再请技术经理人。")
    if queries.undecided_request(row) is not None:
        raise _already_requested()
    note = checked_text("note", note, MAX_NOTE)
    broker = None
    if broker_id is not None:
        # Checked here, for the page may be old: the certificate of who was offered may be over since.
        broker = _choosable(row, broker_id)
    request = BrokerRequest(
        listing_kind=row.kind,
        listing_id=row.id,
        asked_by_id=by.id,
        broker_id=broker_id,
        state="open" if broker is None else "requested",
        note=note,
    )
    db.session.add(request)
    # Of two presses at the same moment one meets the other here.
    with persistence.refusals(duplicates=_duplicates()):
        db.session.flush()
    request.life.born(request, by=by)
    if broker is not None:
        announcements.announce_request(request, broker)
    persistence.commit(duplicates=_duplicates())
    return request


def withdraw_request(request: BrokerRequest, *, by: Reader) -> None:
    """撤回. Raises NotAllowed, NotNow, Stale."""
    require(by, "mediation.withdraw", request)
    _decide(request, "withdraw", by=by)
    persistence.commit()


def accept_request(request: BrokerRequest, *, by: Person) -> None:
    """接手: look after the listing.

    Raises:
        NotAllowed: somebody else is requested, or their certificate is over.
        NotNow: it is decided or withdrawn, or the listing is over.
        Stale: somebody decided at the same moment.
    """
    require(by, "mediation.answer", request)
    row = request.listing
    # Hidden or expired may be back tomorrow; withdrawn or concluded is not.
    if row.state not in queries.LIVING:
        raise NotNow(f"这一条现在是「{row.state_name}」，不用再接手。")
    _decide(request, "accept", by=by)
    # The one who was requested looks after it, also where somebody stands in for them.
    broker = request.broker or by
    with persistence.refusals():
        assignments.give_listing(row, broker, by=by)
        announcements.announce_answer(request, "accept", broker, by=by)
    # Commits, and then renews the index: who may find the listing has changed.
    listing_deeds.commit_brokers(row)


def decline_request(request: BrokerRequest, *, reason: str, by: Person) -> None:
    """谢绝, with the reason, which the firm reads. Raises NotAllowed, NotNow, Stale, Invalid."""
    require(by, "mediation.answer", request)
    request.reason = _checked_reason(reason)
    _decide(request, "decline", by=by, note=request.reason)
    with persistence.refusals():
        broker = request.broker or by
        announcements.announce_answer(request, "decline", broker, by=by)
    persistence.commit()


def assign_request(
    request: BrokerRequest, broker: Person, *, by: Reader | None
) -> None:
    """由平台安排: give the listing to a broker, whoever was requested.

    Raises:
        NotAllowed, NotNow, Stale.
        Invalid: the person cannot look after listings now.
    """
    require(by, "mediation.assign", request)
    # Before anything is written: `assign_broker` would give the listing away all the same.
    if not request.is_undecided:
        raise NotNow(f"这份申请现在是「{request.state_name}」。", "请刷新后再看。")
    # `broker_given` moves the request: the button of the review page does the same to it.
    with persistence.refusals():
        listing_deeds.assign_broker(request.listing, broker, by=by)


def refuse_request(request: BrokerRequest, *, reason: str, by: Reader | None) -> None:
    """不安排, with the reason, which the firm reads. Raises NotAllowed, NotNow, Stale, Invalid."""
    require(by, "mediation.assign", request)
    request.reason = _checked_reason(reason)
    _decide(request, "refuse", by=by, note=request.reason)
    with persistence.refusals():
        announcements.announce_answer(request, "refuse", None, by=by)
    persistence.commit()


# -- what follows from deeds of other rooms ----------------------------------------------------------------------------


def broker_given(row: Row, broker: Person, by: Reader | None) -> None:
    """A listing was given to a broker: what its firm waits for is decided, and both are notified (no commit)."""
    request = queries.undecided_request(row)
    db.session.flush()  # for the number of the History row of the assignment
    history = last_event(row, "assign")
    assert history is not None  # noqa: S101  whoever calls has just written it
    announcements.announce_given(row, broker, history, by=by)
    if request is not None:
        request.broker_id = broker.id
        # Also where the firm waited for somebody else: it has a broker now, and the other one nothing to answer.
        _decide(request, "assign", by=by, note=broker.name)
        announcements.announce_answer(request, "assign", broker, by=by)


def stop_broker(person_id: int, reason: str, by: Reader | None) -> None:
    """What somebody had, and what waits for their answer, lies with the operators from now on (no commit)."""
    person = db.session.get(Person, person_id)
    assert person is not None  # noqa: S101  whoever calls has just had them
    _stop(person, reason, by)


def end_lapsed() -> int:
    """End what is with people who may look after nothing any more, for the background.

    What is read ended by itself with the day; this makes it visible.

    Returns:
        number of listings that lie with the operators now.
    """
    persistence.begin_write()
    # Under the lock: somebody may take a listing up, or lose the role, at this moment.
    held = people_by_id(assignments.holders() | queries.people_requested())
    lapsed = contributions.lapsed_brokers(held)
    rows: list[Row] = []
    for person in held.values():
        # One reason each, and the strongest that holds: History and the firm read it.
        if not person.active:
            rows += _stop(person, CLOSED, None)
        elif "broker" not in person.role_names:
            rows += _stop(person, LOST_ROLE, None)
        elif person.id in lapsed:
            rows += _stop(person, LAPSED, None)
    listing_deeds.commit_brokers(*rows)
    return len(rows)


def _stop(person: Person, reason: str, by: Reader | None) -> list[Row]:
    rows = assignments.end_all(person, reason, by=by)
    for request in queries.requests_naming(person.id):
        request.life.move(request, "release", by=by, note=f"{person.name}（{reason}）")
        # To everybody of the firm: nobody there pressed anything.
        announcements.announce_answer(request, "release", person, by=None)
    for row in rows:
        living = row.state in queries.LIVING
        # Whom its firm has requested meanwhile is on the way already.
        if not living or queries.undecided_request(row) is not None:
            continue
        request = BrokerRequest(
            listing_kind=row.kind,
            listing_id=row.id,
            # Who it was, by number: a name in the text would outlive their account.
            broker_id=person.id,
            state="open",
            note=f"原来的技术经理人不再办理：{reason}。",
        )
        db.session.add(request)
        db.session.flush()
        request.life.born(request, by=by)
        announcements.announce_vacancy(request, person)
    return rows


def _decide(
    request: BrokerRequest, deed: str, *, by: Reader | None, note: str = ""
) -> None:
    request.life.move(request, deed, by=by, note=note)
    # With the state in one flush, as a constraint wants it.
    request.decided_at = now()


def _choosable(row: Row, broker_id: int) -> Person:
    if broker_id in row.broker_ids:
        raise NotNow("这一条已经由这位技术经理人接手。", "不用再请。")
    names = {one.person_id for one in queries.choosable_brokers(row)}
    person = people_by_id([broker_id]).get(broker_id)
    # One answer for whoever cannot be requested: it says nothing about an account.
    if person is None or broker_id not in names:
        message = "这位技术经理人现在不能请，从名录里另选一位，或交给平台安排。"
        raise Invalid(message, problems={"broker": [message]})
    return person


def _checked_reason(reason: str) -> str:
    missing = f"写明原因（{LEAST}–{MAX_NOTE} 字），对方才知道怎么办。"
    return checked_text("reason", reason, MAX_NOTE, missing=missing)


def _already_requested() -> NotNow:
    return NotNow("这一条已经请过技术经理人，正在等答复。", "可以先撤回，再另请一位。")


def _duplicates() -> dict[str, NotNow]:
    return {"uq_broker_request_open": _already_requested()}
