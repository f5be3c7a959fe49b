"""What is done to the word lists, from a draft to the edition in force. The only file here that commits."""

from __future__ import annotations

from typing import Any

from marketplace import persistence
from marketplace.clock import now
from marketplace.errors import Invalid, NotNow, Stale
from marketplace.extensions import db
from marketplace.parsing.text import too_long
from marketplace.permissions import Reader, reader_id, require
from marketplace.wordlists import applying, content, dictionary_lines, queries
from marketplace.wordlists.models import (
    DICTIONARY_KINDS,
    KINDS,
    MAX_NOTE,
    WordEdition,
    WordListVersion,
    WordPreview,
)

NOT_SAVED = "草稿没有保存。"
CHANGED = Stale("这份草稿刚有改动。", "对照看过以后，再保存就以您写的为准。")
BUILDING = NotNow(
    "正在重建，一次只能启用一版。", "重建完成后再启用；页面上能看到进展。"
)


def begin_draft(kind: str, *, by: Reader | None) -> WordListVersion:
    """起草新版: begin with what is in force, so that a version says whole what differs from the shipped list.

    Args:
        kind: code of the list.
        by: the acting person; None for the site itself.

    Returns:
        the draft; the one that is open, where somebody was quicker.

    Raises:
        NotAllowed: they do not look after the lists.
    """
    require(by, "wordlists.edit")
    # An open draft is gone on with: two drafts of one list would each be written against the other's past.
    draft = queries.open_draft(kind, by=by)
    if draft is not None:
        return draft
    present = queries.version_in_force(kind)
    added = present.added if present else ""
    removed = present.removed if present else ""
    if kind in DICTIONARY_KINDS:
        added = queries.lines_at_present(kind)
        # Only once: from then on going back finds what the table held before anybody drafted.
        if present is None and queries.next_number(kind) == 1:
            db.session.add(_first_version(kind, added))
            db.session.flush()
    draft = WordListVersion(
        kind=kind,
        number=queries.next_number(kind),
        added=added,
        removed=removed,
        fingerprint=content.fingerprint_of(added, removed),
        author_id=reader_id(by),
    )
    db.session.add(draft)
    quicker = NotNow("刚有别人起草了这一版。", "请打开那份草稿接着写。")
    names = ("number", "draft")
    persistence.commit(
        duplicates={f"uq_word_list_version_{name}": quicker for name in names}
    )
    return draft


def save_draft(
    draft: WordListVersion,
    *,
    added: str,
    removed: str,
    note: str,
    by: Reader | None,
    seen: int | None,
) -> WordListVersion:
    """保存草稿: what it adds and takes out, refused by line where something is wrong.

    Args:
        draft: the open draft.
        added, removed: one entry a line.
        note: why, for those who look at it later.
        by: the acting person; None for the site itself.
        seen: revision the editor saw.

    Raises:
        NotAllowed, NotNow: it is no draft any more.
        Stale: somebody else saved it since.
        Invalid: lines are wrong; each is named.
    """
    _require_draft(draft, by, seen)
    if draft.is_dictionary:
        present = applying.present_entries(draft.kind)
        problems = dictionary_lines.entry_problems(draft.kind, added, present)
        # Nothing is ever taken out of a dictionary: listings name its codes (123).
        removed = ""
    else:
        problems = _word_problems(draft, added, removed)
    if problem := too_long(note.strip(), MAX_NOTE):
        problems["note"] = [problem]
    if problems:
        raise Invalid(NOT_SAVED, problems=problems)
    # Computed when it is saved, for later it would depend on the dictionary of that moment (108).
    if draft.kind == "terms":
        added = content.with_frequencies(added)
    draft.added = added.strip()
    draft.removed = removed.strip()
    draft.note = note.strip()
    draft.fingerprint = content.fingerprint_of(added, removed)
    draft.changed_at = now()
    draft.author_id = reader_id(by)
    persistence.commit(stale=CHANGED)
    return draft


def withdraw_draft(
    draft: WordListVersion, *, by: Reader | None, seen: int | None
) -> None:
    """作废草稿: it is never used; its number and its lines stay in the list of versions. Errors as `save_draft`."""
    _require_draft(draft, by, seen)
    draft.state = "withdrawn"
    persistence.commit(stale=CHANGED)


def ask_preview(draft: WordListVersion, *, by: Reader | None, seen: int | None) -> None:
    """算预览: have it computed in the background what the draft would change. Errors as `save_draft`."""
    _require_draft(draft, by, seen)
    if not _differs(draft):
        raise NotNow("草稿和现在生效的一样，没有可以比的。", "先改草稿并保存。")
    in_force = queries.edition_in_state("in_force")
    preview = db.session.get(WordPreview, draft.id)
    if preview is None:
        preview = WordPreview(version_id=draft.id, fingerprint="")
        db.session.add(preview)
    preview.state = "asked"
    preview.fingerprint = draft.fingerprint
    # The edition as well: against other lists the same draft has other effects.
    preview.edition = in_force.number if in_force is not None else 0
    preview.at = now()
    preview.figures = {}
    persistence.commit(stale=CHANGED)


def store_preview(
    version_id: int, fingerprint: str, figures: dict[str, Any], *, failed: bool = False
) -> bool:
    """Store what was computed for a draft, unless the draft changed meanwhile.

    Args:
        version_id: of the draft.
        fingerprint: of what was compared.
        figures: what would change, see `previewing`.
        failed: nothing could be computed.

    Returns:
        whether it was stored.
    """
    persistence.begin_write()
    preview = db.session.get(WordPreview, version_id)
    # Drafted on since: what was computed is of another text, and the page waits for the next one.
    if preview is None or preview.fingerprint != fingerprint:
        db.session.rollback()
        return False
    preview.state = "failed" if failed else "ready"
    preview.figures = figures
    preview.at = now()
    persistence.commit()
    return True


def enable_draft(
    draft: WordListVersion, *, by: Reader | None, seen: int | None
) -> WordEdition:
    """启用: rebuild index and matchers once in the background; until that is done the former ones answer.

    Args:
        draft: with a preview of what it says now.
        by: the acting person; None for the site itself.
        seen: revision the editor saw.

    Returns:
        the edition that is being built.

    Raises:
        NotAllowed, Stale: as `save_draft`.
        NotNow: nothing changes, there is no preview, or another edition is being built.
    """
    _require_draft(draft, by, seen)
    if not _differs(draft):
        raise NotNow("草稿和现在生效的一样，没有可以启用的。", "先改草稿并保存。")
    preview = queries.preview_of(draft)
    if preview is None or preview.state != "ready":
        raise NotNow("还没有这份草稿的预览。", "先「算预览」，看过会改变什么再启用。")
    # The other lists stay as they are in force; an edition names one version of each.
    ids = {**queries.ids_in_force(), draft.kind: draft.id}
    note = f"启用{draft.kind_name}第 {draft.number} 版"
    edition = _begin_edition(ids, note, by)
    draft.state = "building"
    persistence.commit(
        stale=CHANGED,
        duplicates={"uq_word_edition_building": BUILDING, "pk_word_edition": BUILDING},
    )
    return edition


def go_back(*, by: Reader | None, seen: int | None) -> WordEdition:
    """退回上一版: build the edition before the present one again, under a number of its own.

    Args:
        by: the acting person; None for the site itself.
        seen: number of the edition in force that the reader saw.

    Raises:
        NotAllowed.
        NotNow: nothing was ever put in force, or an edition is being built.
        Stale: another edition is in force by now.
    """
    require(by, "wordlists.edit")
    present = queries.edition_in_state("in_force")
    if present is None:
        raise NotNow("现在用的就是平台自带的内容。", "没有可以退回的版本。")
    if present.number != seen:
        raise Stale("词表刚换过版本。", "请刷新后再决定。")
    former = queries.former_edition()
    # Before the first edition every list was the shipped one.
    ids: dict[str, int | None] = dict.fromkeys(KINDS)
    note = f"由第 {present.number} 版退回平台自带的内容"
    if former is not None:
        ids = former.version_ids
        note = f"由第 {present.number} 版退回第 {former.number} 版的内容"
    edition = _begin_edition(ids, note, by)
    persistence.commit(
        duplicates={"uq_word_edition_building": BUILDING, "pk_word_edition": BUILDING}
    )
    return edition


def stop_building(*, by: Reader | None, seen: int | None) -> None:
    """停止重建: the former edition stays in force, and the version becomes a draft again.

    Args:
        by: the acting person; None for the site itself.
        seen: number of the edition that was being built when the reader looked.

    Raises:
        NotAllowed.
        NotNow: nothing is being built, or it has come into force.
    """
    require(by, "wordlists.edit")
    edition = queries.edition_in_state("building")
    if edition is None or edition.number != seen:
        raise NotNow("没有正在重建的版本。", "可能刚刚建好已经生效，请刷新看看。")
    edition.state = "cancelled"
    # A version that is in force in another edition too stays so.
    for version in _versions_of(edition):
        if version.state == "building":
            version.state = "draft"
    persistence.commit()


def take_effect(number: int) -> bool:
    """Put an edition in force whose index and matchers are made. Twice is as good as once.

    Args:
        number: of the edition.

    Returns:
        whether it is in force now; False where it was stopped meanwhile.
    """
    # As a writer: two hosts may have built it at one moment.
    persistence.begin_write()
    edition = db.session.get(WordEdition, number)
    if edition is None or edition.state != "building":
        is_in_force = edition is not None and edition.state == "in_force"
        db.session.rollback()
        return is_in_force
    moment = now()
    present = queries.edition_in_state("in_force")
    # In the same commit: listings and lists of one edition, or of the other, and never of both.
    _apply_dictionaries(present, edition)
    if present is not None:
        present.state = "former"
        for version in _versions_of(present):
            version.state = "former"
        # Only one may be in force, and the order of the updates of one flush is not ours.
        db.session.flush()
    edition.state = "in_force"
    edition.in_force_since = moment
    edition.failure = ""
    for version in _versions_of(edition):
        if version.state != "in_force":
            version.state = "in_force"
            # The first time counts: a version that comes back was in force before.
            version.in_force_since = version.in_force_since or moment
    persistence.commit()
    return True


def note_failure(number: int, reason: str) -> None:
    """Write down why an edition could not be built; it is tried again."""
    persistence.begin_write()
    edition = db.session.get(WordEdition, number)
    if edition is None or edition.failure == reason[:300]:
        db.session.rollback()
        return
    edition.failure = reason[:300]
    persistence.commit()


def _first_version(kind: str, added: str) -> WordListVersion:
    """What a dictionary was before there were versions of it, which going back leads to."""
    return WordListVersion(
        kind=kind,
        number=1,
        added=added,
        note="起草新版以前的内容",
        state="former",
        in_force_since=now(),
        fingerprint=content.fingerprint_of(added, ""),
    )


def _word_problems(
    draft: WordListVersion, added: str, removed: str
) -> dict[str, list[str]]:
    others = queries.lines_of_edition(queries.ids_in_force())
    others.pop(draft.kind)
    checking = content.Checking(
        draft.kind,
        added,
        removed,
        others=others,
        chain_words=queries.chain_words(),
    )
    return checking.problems()


def _apply_dictionaries(present: WordEdition | None, coming: WordEdition) -> None:
    """Bring the dictionaries in which two editions differ to their tables, and what names their codes."""
    for kind in DICTIONARY_KINDS:
        before = present.version_ids[kind] if present is not None else None
        after = coming.version_ids[kind]
        if before != after:
            applying.apply_entries(
                kind,
                queries.entries_of_version(kind, before),
                queries.entries_of_version(kind, after),
            )


def _begin_edition(
    ids: dict[str, int | None], note: str, by: Reader | None
) -> WordEdition:
    # The index of one building edition has the last word, see the errors of the callers.
    if queries.edition_in_state("building") is not None:
        raise BUILDING
    highest = db.session.scalar(db.select(db.func.max(WordEdition.number))) or 0
    edition = WordEdition(
        number=highest + 1,
        note=note,
        by_id=reader_id(by),
        **{f"{kind}_id": ids[kind] for kind in KINDS},
    )
    db.session.add(edition)
    return edition


def _versions_of(edition: WordEdition) -> list[WordListVersion]:
    ids = [one for one in edition.version_ids.values() if one is not None]
    query = db.select(WordListVersion).where(WordListVersion.id.in_(ids))
    return list(db.session.scalars(query))


def _differs(draft: WordListVersion) -> bool:
    present = queries.version_in_force(draft.kind)
    if draft.is_dictionary:
        before = queries.entries_of_version(draft.kind, present.id if present else None)
        return dictionary_lines.entries_of(draft.kind, draft.added) != before
    fingerprint = present.fingerprint if present else content.fingerprint_of("", "")
    return draft.fingerprint != fingerprint


def _require_draft(draft: WordListVersion, by: Reader | None, seen: int | None) -> None:
    """Raise NotAllowed, NotNow or Stale where this person may not change this draft as they saw it."""
    require(by, "wordlists.edit")
    if draft.state == "building":
        raise NotNow(
            "这一版正在重建，不能再改。", "重建完成后可以再起草一版，也可以停止重建。"
        )
    if draft.state != "draft":
        raise NotNow("这一版已经不是草稿。", "请从词表页起草新的一版。")
    if by is not None and draft.revision != seen:
        raise CHANGED
