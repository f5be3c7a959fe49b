"""What is done to lists: one function a button. What is done in the background commits in `upkeep.py`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from flask import current_app

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.audit.deeds import record
from marketplace.audit.publishing import published_note
from marketplace.clock import now, today
from marketplace.errors import Invalid, NotNow, Stale
from marketplace.extensions import db
from marketplace.issues import queries
from marketplace.issues.choosing import (
    Choice,
    choose_lines,
    narrowed_words,
    narrowing_options,
)
from marketplace.issues.columns import headers_of
from marketplace.issues.content import MAX_ROWS, Content
from marketplace.issues.models import (
    CHOSEN_BY,
    KINDS,
    Issue,
    IssueCorrection,
    IssueProof,
    IssueRow,
    IssueSeries,
)
from marketplace.listings.models import KIND_NAMES
from marketplace.organisations.models import Organisation
from marketplace.parsing import ParseError
from marketplace.parsing.secrecy import REFUSAL, secret_mark
from marketplace.parsing.text import read_prose
from marketplace.permissions import Reader, reader_id, require

# A period of an issue is public for good; a year before this one is a slip of the keyboard.
FIRST_DAY = date(2000, 1, 1)
MAX_CORRECTION = 1000  # characters, as the column holds them
CHANGED = "名单和您看到的不一样了：这期间有条目发布、修改或撤下。"


def begin_proof(
    kind: str,
    organisation: Organisation | None,
    values: Mapping[str, Any],
    *,
    by: Reader | None,
) -> IssueProof:
    """新建校样; pressed twice it is one: a proof of theirs begun with the same values and not touched since.

    Args:
        kind: `achievement` or `demand`.
        organisation: whose list it is; None for the city's.
        values: what it is chosen by.
        by: somebody who publishes for that holder; None for the command line.

    Raises:
        NotAllowed.
        Invalid: a day or a choice is wrong.
    """
    if kind not in KINDS:
        raise Invalid("没有这种清单。", problems={"kind": ["选成果清单或需求清单。"]})
    proof = IssueProof(
        kind=kind,
        organisation_id=None if organisation is None else organisation.id,
        owner_id=reader_id(by),
        state="open",
        left_out=[],
        arranged=[],
        **_checked_values(kind, values),
    )
    require(by, "issue.prepare", proof)
    if by is not None:
        # Of two requests of the same person the second waits here, and then finds what the first has made.
        persistence.hold_row(db.session.get_one(Person, by.id))
        begun = queries.untouched_proof(proof)
        if begun is not None:
            return begun
    db.session.add(proof)
    persistence.commit()
    return proof


def save_proof(
    proof: IssueProof, values: Mapping[str, Any], *, seen: int, by: Reader | None
) -> None:
    """按此选取: choose by another period or narrowing. Raises NotAllowed, NotNow, Stale, Invalid."""
    _open_for_change(proof, seen, by)
    for name, value in _checked_values(proof.kind, values).items():
        setattr(proof, name, value)
    persistence.commit()


def arrange_proof(
    proof: IssueProof,
    *,
    order: Iterable[int],
    left_out: Iterable[int],
    seen: int,
    by: Reader | None,
) -> None:
    """保存顺序和去留.

    Args:
        proof: the proof.
        order: numbers of listings as they shall stand.
        left_out: those that shall not.
        seen: the revision that was looked at.
        by: who does it.

    Raises:
        NotAllowed, NotNow, Stale.
    """
    _open_for_change(proof, seen, by)
    proof.left_out = sorted(set(left_out))
    proof.arranged = list(dict.fromkeys(order))
    persistence.commit()


def drop_proof(proof: IssueProof, *, seen: int, by: Reader | None) -> None:
    """作废: nothing of it is published. Raises NotAllowed, NotNow, Stale."""
    _open_for_change(proof, seen, by)
    proof.state = "dropped"
    record("issue.drop", kind="issue_proof", thing=proof.id, by=by)
    persistence.commit()


def publish_proof(
    proof: IssueProof, *, seen: int, fingerprint: str, by: Reader | None
) -> Issue:
    """发布: freeze it with the next number of its holder and kind. The files are rendered in the background.

    Args:
        proof: the proof.
        seen: the revision that was looked at.
        fingerprint: of the lines that were looked at.
        by: who publishes.

    Raises:
        NotAllowed.
        NotNow: somebody has published or dropped it, or no line is left.
        Stale: somebody changed it, or a listing on it was changed, since it was looked at.
        Invalid: too many lines for one issue.
    """
    require(by, "issue.publish", proof)
    # Of two people who publish the same proof the second waits here, and then sees that it is published.
    persistence.hold_row(proof)
    _refuse_closed(proof)
    # As it was read: who has arranged it since has published something else.
    if proof.revision != seen:
        raise Stale(*persistence.CHANGED_MEANWHILE)
    choice = choose_lines(proof)
    _refuse_unfit(choice)
    # The proof may be as it was while a listing on it was not: both are compared.
    if choice.fingerprint != fingerprint:
        raise Stale(CHANGED, "请重新打开校样，看过新的名单再发布。")
    series = _held_series(proof)
    # In the transaction that freezes: a number is given where an issue is made, and nowhere else (089).
    series.last_number += 1
    # Asked for before the address is known, which holds it.
    issue = Issue(id=_next_id(), proof_id=proof.id, kind=proof.kind)
    content = _content_of(proof, choice, series.last_number, issue.id)
    _freeze(issue, proof, content)
    issue.by_id = reader_id(by)
    proof.state = "published"
    db.session.add(issue)
    # The lines name the issue by its number, so it is written before them.
    with persistence.refusals():
        db.session.flush()
    lines = []
    for position, line in enumerate(choice.lines, 1):
        lines.append(
            IssueRow(
                issue_id=issue.id,
                position=position,
                kind=proof.kind,
                listing_id=line.listing_id,
            )
        )
    db.session.add_all(lines)
    record("issue.publish", kind="issue", thing=issue.id, by=by)
    persistence.commit()
    return issue


def correct_issue(issue: Issue, text: str, *, by: Reader | None) -> IssueCorrection:
    """勘误: say what a published issue says wrongly; the issue stays as it is.

    Returns:
        the correction; of one that says the same already, for somebody pressed twice, that one.

    Raises:
        NotAllowed.
        Invalid: nothing is said, too much, or it bears the mark of a secret.
    """
    require(by, "issue.correct", issue)
    words = _checked_text(text)
    persistence.hold_row(issue)
    # Pressed twice, it is one correction; in public two of them would look like two faults.
    for present in issue.corrections:
        if present.text == words:
            return present
    correction = IssueCorrection(
        issue_id=issue.id, text=words, by_id=reader_id(by), at=now()
    )
    db.session.add(correction)
    db.session.flush()
    record("issue.correct", kind="issue_correction", thing=correction.id, by=by)
    persistence.commit()
    return correction


# -- what an issue says ------------------------------------------------------------------------------------------------


def _content_of(
    proof: IssueProof, choice: Choice, number: int, issue_id: int
) -> Content:
    site = current_app.config["SITE"]
    # A list of an organisation says whose it is; what it is called must not grow with a later name of the site.
    name = site.name
    holder = site.organiser or site.name
    if proof.organisation is not None:
        name = holder = proof.organisation.name
    return Content(
        kind=proof.kind,
        title=f"{name}{KIND_NAMES[proof.kind]}清单 第 {number} 期",
        holder=holder,
        number=number,
        since=proof.since.isoformat(),
        until=proof.until.isoformat(),
        narrowed=narrowed_words(proof),
        published_on=today().isoformat(),
        address=issue_address(issue_id),
        contact=_contact_words(proof),
        columns=headers_of(proof.kind),
        rows=tuple(line.cells for line in choice.lines),
    )


def issue_address(issue_id: int) -> str:
    """The whole address of the page of an issue, which its files and its QR code bear."""
    # Without a request: the demonstration and commands publish too.
    adapter = current_app.url_map.bind("localhost")
    path = adapter.build("issues.issue", {"issue_id": issue_id})
    address: str = current_app.config["SITE_ADDRESS"]
    return f"{address.rstrip('/')}{path}"


def _contact_words(proof: IssueProof) -> str:
    """Who is reached about any line: the desk of the market. No person stands in a list that nobody can take back."""
    site = current_app.config["SITE"]
    words = [f"{site.name}对接台", site.phone, site.email]
    if proof.organisation is not None:
        words.insert(0, f"{proof.organisation.name}（经平台对接）")
    return "，".join(word for word in words if word)


def _freeze(issue: Issue, proof: IssueProof, content: Content) -> None:
    issue.organisation_id = proof.organisation_id
    issue.number = content.number
    issue.title = content.title
    issue.holder = content.holder
    issue.since = proof.since
    issue.until = proof.until
    issue.narrowed = content.narrowed
    issue.published_on = content.day
    issue.row_count = len(content.rows)
    # The bytes that are hashed, so that everybody computes the same from the file.
    issue.content = content.as_bytes()
    issue.content_hash = content.digest
    # The newest signed checkpoint: by it the moment can be proven against the audit.
    issue.checkpoint = published_note()
    issue.at = now()


def _held_series(proof: IssueProof) -> IssueSeries:
    """The series of a holder and kind, locked until this commit: its next number is nobody else's."""
    series = _find_series(proof)
    if series is None:
        persistence.add_once(
            IssueSeries(kind=proof.kind, organisation_id=proof.organisation_id)
        )
        series = _find_series(proof)
        assert series is not None  # noqa: S101  ours, or that of whoever was quicker
    persistence.hold_row(series)
    return series


def _find_series(proof: IssueProof) -> IssueSeries | None:
    # None becomes "is null": the series of the city.
    holder = IssueSeries.organisation_id == proof.organisation_id
    query = db.select(IssueSeries).where(IssueSeries.kind == proof.kind, holder)
    series: IssueSeries | None = db.session.scalar(query)
    return series


def _next_id() -> int:
    """A number for a row that is not written yet."""
    table = Issue.__table__
    if db.engine.dialect.name == "postgresql":
        number = db.session.scalar(
            db.text("select nextval(pg_get_serial_sequence('issue', 'id'))")
        )
    else:
        # One writer at a time: nobody takes it in between.
        number = (db.session.scalar(db.select(db.func.max(table.c.id))) or 0) + 1
    return int(number)


# -- what may be ------------------------------------------------------------------------------------------------------


def _open_for_change(proof: IssueProof, seen: int, by: Reader | None) -> None:
    require(by, "issue.prepare", proof)
    persistence.hold_row(proof)
    _refuse_closed(proof)
    if proof.revision != seen:
        raise Stale(*persistence.CHANGED_MEANWHILE)


def _refuse_closed(proof: IssueProof) -> None:
    if proof.state == "published":
        raise NotNow(
            "这份校样已经发布，不能再改。", "发布的内容有误，请在那一期的网页上勘误。"
        )
    if not proof.is_open:
        raise NotNow("这份校样已经作废。", "请新建一份。")


def _refuse_unfit(choice: Choice) -> None:
    if not choice.lines:
        raise NotNow("名单是空的，没有可发布的条目。", "请放宽期间或范围。")
    if choice.is_cut:
        raise Invalid(
            f"这一期超过 {MAX_ROWS} 项，没有发布。", "请缩短期间，或按产业链分期。"
        )


def _checked_values(kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
    checked = {name: values.get(name) or "" for name in CHOSEN_BY}
    problems: dict[str, list[str]] = {}
    since, until = values.get("since"), values.get("until")
    if since is None:
        problems["since"] = ["写上期间的第一天，如 2026-01-01。"]
    elif since < FIRST_DAY:
        problems["since"] = [f"第一天太早；最早写 {FIRST_DAY}。"]
    if until is None:
        problems["until"] = ["写上期间的最后一天，如 2026-06-30。"]
    elif until > today():
        problems["until"] = ["最后一天还没有到；最晚写今天。"]
    elif since is not None and since > until:
        problems["until"] = ["最后一天早于第一天，请调换。"]
    # A demand alone has a need; of achievements the box says nothing.
    if kind != "demand":
        checked["need"] = ""
    for name, options in narrowing_options().items():
        if checked[name] and checked[name] not in options:
            problems[name] = ["没有这一项，请从列表里选。"]
    if problems:
        raise Invalid("校样没有保存。", problems=problems)
    return checked


def _checked_text(raw: str) -> str:
    try:
        text = read_prose(raw, MAX_CORRECTION) or ""
    except ParseError as error:
        raise Invalid(error.message, problems={"text": [error.sentence]}) from None
    if len(text) < 4:
        message = f"写明哪一项哪里有误、应该是什么（4–{MAX_CORRECTION} 字）。"
        raise Invalid(message, problems={"text": [message]})
    if secret_mark(text):
        raise Invalid(REFUSAL, problems={"text": [REFUSAL]})
    return text
