"""The word lists are put in force without anybody waiting: copies are made, the host changes over, old copies go.

Each edition has an index and matchers of its own, which lie beside those of the former one, so that a rebuild disturbs
nobody, and one that was killed is simply begun again. What is cut with lists that are not yet in use runs in processes
of its own (`flask dictionaries build|preview`), for a process has one set of words at a time.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from flask import current_app

import search
from marketplace import lists_in_use
from marketplace.clock import in_real_time, now
from marketplace.extensions import db
from marketplace.listings import index as listing_index
from marketplace.listings import upkeep as listing_upkeep
from marketplace.listings.models import LISTINGS
from marketplace.matchmaking.matchers import matchers_of
from marketplace.wordlists import content, deeds, effects, queries
from marketplace.wordlists.models import WordEdition, WordListVersion, WordPreview
from matching import text as words_of

log = structlog.get_logger(__name__)

ROOT = Path(__file__).resolve().parents[2]
# Answers of the former edition that are under way have ended by then, also those of a worker that was asked to go.
SETTLING = timedelta(seconds=60)
NO_REBUILD = "重建没有成功，稍后自动再试；搜索和匹配仍用原来的版本。"


def care_for_editions() -> str:
    """Bring this host to the edition that is in force, or build the one that shall be. Each call does what it finds.

    Returns:
        what was done; empty where there was nothing to do.
    """
    building = queries.edition_in_state("building")
    if building is not None:
        return _build_and_use(building)
    in_force = queries.edition_in_state("in_force")
    if in_force is None:
        return _return_to_shipped()
    if not _is_used(in_force):
        # Another host has built it, a backup was restored, or the file was lost.
        return _build_and_use(in_force)
    if (
        in_force.in_force_since is None
        or now() - in_force.in_force_since < in_real_time(SETTLING)
    ):
        return ""
    return _remove_old_copies(in_force.number)


def _return_to_shipped() -> str:
    """Where no edition was ever put in force, as after a backup was restored: the index is made by its own job."""
    # Without a file a process begins with the shipped lists.
    if words_of.word_lists().edition:
        lists_in_use.remove_file()
        return "the lists as they are shipped"
    return ""


def _build_and_use(edition: WordEdition) -> str:
    """Make the copies of an edition, have this host use them, and put it in force."""
    number = edition.number
    # The process below writes; nothing of ours may hold the database meanwhile.
    db.session.rollback()
    if not _run_command("build", number):
        deeds.note_failure(number, NO_REBUILD)
        return f"edition {number} could not be built"
    return use_edition(number)


def use_edition(number: int) -> str:
    """Have this host use an edition whose copies are made, and put it in force where it is not yet.

    Args:
        number: of the edition.
    """
    # First the database: its word is what other hosts and the page go by. Killed in between, the next call goes on.
    if not deeds.take_effect(number):
        return f"edition {number} was stopped"
    # Read again: the deed has ended its transaction.
    edition = db.session.get_one(WordEdition, number)
    # After the database: a file that says more than the database would be taken back on the next call.
    lists_in_use.write_file(queries.whole_edition(edition))
    # What was saved to the former index since this one was begun.
    differences = listing_upkeep.index_check()
    listing_upkeep.index_repair(differences)
    return f"edition {number} in use"


def build_copies(number: int) -> dict[str, int]:
    """Make index and matchers of an edition beside those that answer. For a process of its own.

    Args:
        number: of the edition.

    Returns:
        what was made → documents in it; nothing where all of it was there.
    """
    edition = db.session.get_one(WordEdition, number)
    lists = queries.whole_edition(edition).lists()
    made = {}
    with effects.cutting_with(lists):
        engine = open_copy(number)
        if not _is_current(engine):
            made["index"] = engine.rebuild(_documents())
        matchers = matchers_of(
            current_app._get_current_object(),  # type: ignore[attr-defined]  # the application itself
            number,
        )
        for kind, state in matchers.status().items():
            # What an interrupted build has finished is not made again.
            if state["generation"] == "none":
                made.update(matchers.fit((kind,)))
    return made


def open_copy(number: int) -> search.Engine:
    """The index of an edition."""
    return search.open_engine(
        current_app.config["SEARCH_URL"],
        fallback=f"sqlite:///{Path(current_app.config['DATA_DIR']) / 'search.db'}",
        edition=number,
    )


def make_previews() -> str:
    """Compute the previews that were asked for, each in a process of its own."""
    query = db.select(WordPreview.version_id, WordPreview.fingerprint).where(
        WordPreview.state == "asked"
    )
    waiting = list(db.session.execute(query).tuples())
    # The process below writes; nothing of ours may hold the database meanwhile.
    db.session.rollback()
    done = 0
    for version_id, fingerprint in waiting:
        if _run_command("preview", version_id):
            done += 1
            continue
        # By what was to be computed: a draft that was saved since has a request of its own.
        deeds.store_preview(version_id, fingerprint, {}, failed=True)
    return f"previews made {done}" if waiting else ""


def make_preview(version_id: int) -> dict[str, Any]:
    """Compute what a draft would change, and store it with the draft. For a process of its own.

    Args:
        version_id: of the draft.

    Returns:
        the figures, see `effects.compare_lists`.
    """
    version = db.session.get_one(WordListVersion, version_id)
    fingerprint = version.fingerprint
    # Read once, so that both sides are compared against the same edition.
    ids = queries.ids_in_force()
    if version.is_dictionary:
        figures = effects.compare_dictionaries(
            version.kind,
            queries.entries_of_version(version.kind, ids[version.kind]),
            queries.entries_of_version(version.kind, version.id),
        )
        deeds.store_preview(version_id, fingerprint, figures)
        return figures
    before = _lists_of(ids)
    after = _lists_of({**ids, version.kind: version.id})
    changed = _words_between(version)
    figures = effects.compare_lists(before, after, changed)
    deeds.store_preview(version_id, fingerprint, figures)
    return figures


def _words_between(version: WordListVersion) -> list[str]:
    """The words of the lines in which a version differs from the one in force."""
    present = queries.version_in_force(version.kind)
    pairs = []
    for name in ("added", "removed"):
        lines = {one.text for one in content.lines_of(getattr(version, name))}
        before = set()
        if present is not None:
            before = {one.text for one in content.lines_of(getattr(present, name))}
        # In order, so that the same draft has the same preview.
        pairs.append("\n".join(sorted(lines ^ before)))
    return content.changed_words(version.kind, *pairs)


def _lists_of(ids: dict[str, int | None]) -> words_of.WordLists:
    lines = queries.lines_of_edition(ids)
    # Edition 0 for both: they are tried and belong to none.
    return lists_in_use.Edition(0, "", **lines).lists()


def _is_used(edition: WordEdition) -> bool:
    """Whether this host uses an edition, with the very lines it has today: a new program ships other lists."""
    used = words_of.word_lists()
    state: lists_in_use.ListsInUse = current_app.extensions["lists_in_use"]
    # Checked once a process: comparing thousands of lines before each request would be felt.
    if used.edition != edition.number or state.verified == edition.number:
        return used.edition == edition.number
    lists = queries.whole_edition(edition).lists()
    is_same = (
        used.words_digest == lists.words_digest
        and used.groups_digest == lists.groups_digest
    )
    if is_same:
        state.verified = edition.number
    return is_same


def _is_current(engine: search.Engine) -> bool:
    try:
        return bool(engine.state()["current"])
    except search.SearchUnavailable:
        # Missing or away: building it tells which, for away raises.
        return False


def _documents() -> Iterator[search.Document]:
    for kind in LISTINGS:
        for row in listing_index.published(kind):
            yield listing_index.search_document(row)
    # All is read: a server ends transactions that lie idle while an index is filled.
    db.session.rollback()


def _run_command(name: str, number: int) -> bool:
    """Run `flask dictionaries …` in a process of its own; whether it went well. Our log has what it says."""
    environ = dict(os.environ)
    # Figures of requests are the workers'.
    environ.pop("PROMETHEUS_MULTIPROC_DIR", None)
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "dictionaries"]
    done = subprocess.run(  # noqa: S603  a command of our own
        [*command, name, str(number)],
        cwd=ROOT,
        env=environ,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        log.error("word_lists_command", command=name, status=done.returncode)
    return done.returncode == 0


def _remove_old_copies(number: int) -> str:
    """Remove index and matchers of the editions before one that has settled."""
    removed = []
    folder = Path(current_app.config["DATA_DIR"])
    # The shipped edition, 0, has copies too and no row.
    others = [0, *db.session.scalars(db.select(WordEdition.number))]
    for other in others:
        if other == number:
            continue
        name = f"matcher.w{other}" if other else "matcher"
        if (folder / name).is_dir():
            matchers_of(
                current_app._get_current_object(),  # type: ignore[attr-defined]  # the application itself
                other,
            ).reset()
            shutil.rmtree(folder / name, ignore_errors=True)
            # The index goes with them: the folder is the mark that this host still had that edition.
            with suppress(search.SearchError):
                open_copy(other).discard()
            removed.append(str(other))
    return f"removed copies of {', '.join(removed)}" if removed else ""
