"""What operators do to envelopes: setting one up, changing its budget, opening and closing it. Commits."""

from __future__ import annotations

from collections.abc import Iterable

from marketplace import persistence
from marketplace.clock import today
from marketplace.envelopes.models import MAX_NOTE, Envelope
from marketplace.envelopes.writing import hold_envelope, move_money
from marketplace.errors import Invalid, NotNow, Stale
from marketplace.extensions import db
from marketplace.permissions import Reader, require
from marketplace.policies.queries import clauses_on
from marketplace.rules.content import CHECKED, IN_FORCE
from marketplace.typed_texts import checked_text

CHANGED = Stale("这笔资金刚有变化。", "请重新打开，看过余额再决定。")
TWICE = NotNow("这个年度已经有同名的资金。", "换一个名称，或调整那一笔的预算。")
FIRST_YEAR, LAST_YEAR = 2020, 2099
MOST_FEN = 10**13  # a thousand 亿元 in 分


def create_envelope(
    *,
    name: str,
    year: int | None,
    source: str,
    document: str,
    in_force: str,
    checked: str,
    clause_codes: Iterable[str],
    budget_fen: int | None,
    by: Reader | None,
) -> Envelope:
    """设立资金, with its first budget.

    Args:
        name: without the year.
        year: of what it pays for.
        source: whose money it is.
        document: what it rests on.
        in_force, checked: keys of `rules.content.IN_FORCE` and `CHECKED`.
        clause_codes: the clauses that are paid from it.
        budget_fen: 分.
        by: an operator; None for the site itself.

    Raises:
        NotAllowed.
        NotNow: there is one of that name and year.
        Invalid: something is missing.
    """
    require(by, "envelope.edit")
    problems: dict[str, list[str]] = {}
    texts = {}
    for box, raw, most, missing in (
        ("name", name, 100, "写名称，2–100 字。"),
        ("source", source, 200, "写资金来源，如「市级科技专项资金」。"),
        ("document", document, 200, "写依据的文件和文号。"),
    ):
        try:
            texts[box] = checked_text(box, raw, most, missing=missing)
        except Invalid as error:
            problems |= error.problems
    if year is None or not FIRST_YEAR <= year <= LAST_YEAR:
        problems["year"] = [f"写 {FIRST_YEAR} 到 {LAST_YEAR} 之间的年份。"]
    if in_force not in IN_FORCE:
        problems["in_force"] = ["请从列出的里面选一项。"]
    if checked not in CHECKED:
        problems["checked"] = ["请从列出的里面选一项。"]
    known = {one.code for one in clauses_on(today())}
    codes = sorted(set(clause_codes))
    if not codes or not set(codes) <= known:
        problems["clause_codes"] = ["至少选一条政策，从列出的里面选。"]
    if budget_fen is None or not 0 < budget_fen <= MOST_FEN:
        problems["budget_fen"] = ["写预算，单位元，要大于 0。"]
    if problems:
        raise Invalid("资金没有设立。", "请改好标出的几处。", problems=problems)
    row = Envelope(
        year=year,
        in_force=in_force,
        checked=checked,
        clause_codes=codes,
        # From nothing: the first budget is a movement like every other, so that all of them add up.
        budget_fen=0,
        reserved_fen=0,
        paid_fen=0,
        **texts,
    )
    db.session.add(row)
    duplicates = {"uq_envelope_name": TWICE}
    with persistence.refusals(duplicates=duplicates):
        db.session.flush()
    row.life.born(row, by=by)
    move_money(row, "raise", budget_fen or 0, by=by, reason=f"设立：{row.document}")
    persistence.commit(duplicates=duplicates)
    return row


def change_budget(
    row: Envelope,
    *,
    more: bool,
    amount_fen: int | None,
    reason: str,
    by: Reader | None,
    seen: int,
) -> None:
    """调整预算: more money, or less of what nobody has claimed.

    Args:
        row: the envelope.
        more: whether there is more of it.
        amount_fen: by how much, 分.
        reason: why, for the statement.
        by: an operator.
        seen: its revision that they saw.

    Raises:
        NotAllowed, Stale, Invalid.
        NotNow: it is closed, or less is left than is taken.
    """
    require(by, "envelope.edit", row)
    _hold(row, seen)
    row.life.permits(row, "budget", by)
    reason = checked_text("reason", reason, MAX_NOTE, missing="写明依据，2–500 字。")
    if amount_fen is None or not 0 < amount_fen <= MOST_FEN:
        problem = "写金额，单位元，要大于 0。"
        raise Invalid(problem, problems={"amount_fen": [problem]})
    move_money(row, "raise" if more else "lower", amount_fen, by=by, reason=reason)
    row.life.move(row, "budget", by=by, note=reason)
    persistence.commit(stale=CHANGED)


def open_envelope(row: Envelope, *, by: Reader | None, seen: int) -> None:
    """开始受理: only what rests on a document that is in force. Raises NotAllowed, NotNow, Stale."""
    _switch(row, "open", by, seen)


def close_envelope(row: Envelope, *, by: Reader | None, seen: int) -> None:
    """停止受理: what was handed in goes on. Raises NotAllowed, NotNow, Stale."""
    _switch(row, "close", by, seen)


def reopen_envelope(row: Envelope, *, by: Reader | None, seen: int) -> None:
    """恢复受理. Raises NotAllowed, NotNow, Stale."""
    _switch(row, "reopen", by, seen)


def confirm_basis(
    row: Envelope, document: str, *, by: Reader | None, seen: int
) -> None:
    """依据已生效: what rested on a draft now rests on a document in force.

    Raises:
        NotAllowed, Stale, Invalid.
        NotNow: it does so already.
    """
    require(by, "envelope.edit", row)
    _hold(row, seen)
    if row.in_force == "active":
        raise NotNow("这笔资金的依据已经有效。", "")
    document = checked_text(
        "document", document, 200, missing="写生效文件的名称和文号。"
    )
    # The state follows from a document: without one nobody could check that the draft was issued.
    row.document = document
    row.in_force = "active"
    persistence.commit(stale=CHANGED)


def _switch(row: Envelope, deed: str, by: Reader | None, seen: int) -> None:
    require(by, "envelope.edit", row)
    _hold(row, seen)
    row.life.permits(row, deed, by)
    # Lapsed ones, too: the CHECK of the table refuses drafts only.
    if row.in_force != "active":
        raise NotNow(
            f"依据现在是{IN_FORCE[row.in_force]}，不能受理申领。",
            "文件生效以后，先改依据。",
        )
    row.life.move(row, deed, by=by)
    persistence.commit(stale=CHANGED)


def _hold(row: Envelope, seen: int) -> None:
    hold_envelope(row)
    if row.revision != seen:
        raise CHANGED
