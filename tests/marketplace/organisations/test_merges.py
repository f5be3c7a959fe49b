"""Merging organisations and taking it back: names, codes and states that stand in the way, and what people may do."""

from __future__ import annotations

from marketplace.organisations import deeds
from tests.factories import Factory


def test_one_suspended_since_is_resumed_after_its_merge_is_undone(
    make: Factory,
) -> None:
    kept, gone = make.organisation(verified=False), make.organisation()
    shown = make.demand("公开的需求", owner=gone)
    merge = deeds.merge_organisations(gone, kept, by=None)
    # Verified by the code that came with the merge.
    deeds.verify_organisation(kept, by=None, checked="营业执照")
    deeds.suspend_organisation(kept, note="被举报，核实中", by=None)
    hidden = shown.state

    deeds.undo_merge(merge, by=None)
    states = (hidden, shown.state, gone.state, kept.state)
    deeds.resume_organisation(kept, by=None)

    # What was hidden with the other is shown again: nobody could resume it for its owner, which is not suspended.
    assert states == ("suspended", "published", "verified", "suspended")
    assert (kept.state, kept.uscc, kept.verified_at) == ("unverified", None, None)
