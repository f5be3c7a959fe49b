"""One deed done to several listings, each by its own deed, permission and commit, with what became of each.

What a deed does stands in `deeds.py`; which page asks for it, in `pages/own.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from marketplace import contributions
from marketplace.errors import Invalid, MarketError, NotFound
from marketplace.extensions import db
from marketplace.lifecycle import next_deeds
from marketplace.listings import deeds, queries, versions
from marketplace.listings.differences import Difference, content_differences
from marketplace.listings.models import Achievement, Demand
from marketplace.listings.readiness import publication_problems
from marketplace.listings.schema import SCHEMAS
from marketplace.listings.snapshots import snapshot_of
from marketplace.listings.ticks import Ticked
from marketplace.permissions import Reader

# What may be done to several at once: deeds that need no reason. Who endorses reads on the page before what each says,
# or what differs from the version approved last.
DEEDS = {
    "submit": "送审",
    "endorse": "机构通过",
    "renew": "仍然有效，续期一年",
    "withdraw": "撤回",
    "archive": "归档",
}


@dataclass(frozen=True)
class Outcome:
    """What became of one choice, or would.

    Attributes:
        choice: which.
        row: the listing; None where the reader may not know of it.
        trouble: why it was not done, or cannot be; empty where all is well.
        changed: what of it is new to who decides; empty where that is no question.
    """

    choice: Ticked
    row: Achievement | Demand | None
    trouble: str = ""
    changed: tuple[Difference, ...] = ()


def offered_deeds(row: Achievement | Demand, reader: Reader) -> list[str]:
    """The deeds of DEEDS that this reader may do to a listing now."""
    offered = []
    for deed in next_deeds(row, reader):
        if deed in DEEDS and row.in_time(deed):
            offered.append(deed)
    return offered


def foresee(deed: str, chosen: Iterable[Ticked], *, by: Reader) -> list[Outcome]:
    """What would become of each choice, without doing anything."""
    outcomes = []
    for choice in chosen:
        try:
            row = queries.get_visible(choice.kind, choice.listing_id, by=by)
        # The words are the same whether it is gone or hidden from this reader.
        except NotFound as missing:
            outcomes.append(Outcome(choice, None, missing.message))
            continue
        trouble = ""
        if deed not in next_deeds(row, by):
            trouble = f"现在的状态是「{row.state_name}」，不能{DEEDS[deed]}。"
        elif not row.in_time(deed):
            trouble = f"有效期到 {row.valid_until}，现在不用续期。"
        elif deed == "submit":
            trouble = _missing_words(row)
        changed: tuple[Difference, ...] = ()
        if deed == "endorse" and not trouble:
            # Whoever lets it pass in a batch has not opened it: what is new in it is put before them.
            changed = _unread_parts(row)
        outcomes.append(Outcome(choice, row, trouble, changed))
    return outcomes


def _unread_parts(row: Achievement | Demand) -> tuple[Difference, ...]:
    """What a listing says that nobody approved before: all of it where it is new."""
    last = versions.last_version(row)
    before = {} if last is None else last.content
    return tuple(content_differences(row.kind, before, snapshot_of(row)))


def carry_out(deed: str, chosen: Iterable[Ticked], *, by: Reader) -> list[Outcome]:
    """Do a deed to each choice by itself: one that is refused keeps none of the others back.

    Args:
        deed: a key of DEEDS.
        chosen: the listings and the revisions that were seen.
        by: who acts; each listing is decided on by its own permission.
    """
    outcomes = []
    for choice in chosen:
        row: Achievement | Demand | None = None
        try:
            row = queries.get_visible(choice.kind, choice.listing_id, by=by)
            getattr(deeds, deed)(row, by=by, seen=choice.seen)
        except MarketError as refused:
            # What was set before it was refused must not reach the database with the next row.
            db.session.rollback()
            trouble = refused.message
            if row is not None and isinstance(refused, Invalid):
                # What lacks something is named by its fields; the text of the refusal speaks of boxes on a form.
                trouble = _missing_words(row) or trouble
            outcomes.append(Outcome(choice, row, trouble))
        else:
            outcomes.append(Outcome(choice, row))
    return outcomes


def _missing_words(row: Achievement | Demand) -> str:
    """What a listing lacks for the review, by the names of its fields; empty where it lacks nothing."""
    schema = SCHEMAS[row.kind]
    labels = []
    for name in publication_problems(row):
        labels.append(schema[name].label if name in schema else name)
    # The owner is no field of the schema, and a draft may have none yet.
    if row.organisation_id is None:
        labels.append("所属单位")
    words = f"还要填好：{'、'.join(dict.fromkeys(labels))}。" if labels else ""
    # What the deed itself would refuse for, as a proof that is missing.
    blocks = contributions.publication_blocks(row, "submit")
    return words + "".join(problems[0] for problems in blocks.values())
