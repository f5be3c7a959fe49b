"""What is read of the word lists: versions, editions, what is in force, and what is compared with what."""

from __future__ import annotations

from collections.abc import Mapping

from marketplace.clock import day_in_china
from marketplace.dictionaries.models import Chain
from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.lists_in_use import Edition
from marketplace.permissions import Reader, require
from marketplace.wordlists import applying, content, dictionary_lines
from marketplace.wordlists.models import (
    DICTIONARY_KINDS,
    KINDS,
    WORD_KINDS,
    WordEdition,
    WordListVersion,
    WordPreview,
)
from matching import text as words_of

EDITIONS_SHOWN = 20
SHIPPED_SHOWN = 50  # lines of a shipped list on one page


def list_kind(code: str) -> str:
    """A kind of list by its code. Raises NotFound."""
    if code not in KINDS:
        raise NotFound("没有这种词表。", "可以从词表页选。")
    return code


def open_draft(kind: str, *, by: Reader | None) -> WordListVersion | None:
    """The draft of a list, or the version of it that is being put in force; None where there is neither.

    Raises:
        NotAllowed: the reader does not look after the lists.
    """
    require(by, "wordlists.edit")
    query = db.select(WordListVersion).where(
        WordListVersion.kind == kind, WordListVersion.state.in_(("draft", "building"))
    )
    return db.session.scalars(query).one_or_none()


def get_draft(kind: str, *, by: Reader | None) -> WordListVersion:
    """The open draft of a list. Raises NotAllowed and NotFound."""
    draft = open_draft(kind, by=by)
    if draft is None:
        raise NotFound("这个词表没有草稿。", "可以从词表页起草一版。")
    return draft


def version_in_force(kind: str) -> WordListVersion | None:
    """The version of a list that is in force; None: the list as it is shipped."""
    query = db.select(WordListVersion).where(
        WordListVersion.kind == kind, WordListVersion.state == "in_force"
    )
    return db.session.scalars(query).one_or_none()


def edition_in_state(state: str) -> WordEdition | None:
    """The one edition that is `building` or `in_force`; None where there is none."""
    query = db.select(WordEdition).where(WordEdition.state == state)
    return db.session.scalars(query).one_or_none()


def former_edition() -> WordEdition | None:
    """The edition that was in force before the present one; None: the lists as they are shipped were."""
    query = db.select(WordEdition).where(WordEdition.state == "former")
    latest = query.order_by(
        WordEdition.in_force_since.desc(), WordEdition.number.desc()
    )
    return db.session.scalars(latest.limit(1)).one_or_none()


def list_editions(*, by: Reader | None) -> list[WordEdition]:
    """The last editions, newest first. Raises NotAllowed."""
    require(by, "wordlists.edit")
    query = db.select(WordEdition).order_by(WordEdition.number.desc())
    return list(db.session.scalars(query.limit(EDITIONS_SHOWN)))


def list_versions(kind: str, *, by: Reader | None) -> list[WordListVersion]:
    """The last versions of a list, newest first. Raises NotAllowed."""
    require(by, "wordlists.edit")
    query = db.select(WordListVersion).where(WordListVersion.kind == kind)
    newest = query.order_by(WordListVersion.number.desc())
    return list(db.session.scalars(newest.limit(EDITIONS_SHOWN)))


def next_number(kind: str) -> int:
    """The number that the next version of a list gets."""
    highest = db.func.max(WordListVersion.number)
    query = db.select(highest).where(WordListVersion.kind == kind)
    return (db.session.scalar(query) or 0) + 1


def lines_of_edition(ids: Mapping[str, int | None]) -> dict[str, list[str]]:
    """Kind → the lines of its list with some versions, of the word lists.

    Args:
        ids: kind → id of the version; None: the list as it is shipped.
    """
    lines = {}
    for kind in WORD_KINDS:
        version = None
        if ids[kind] is not None:
            version = db.session.get(WordListVersion, ids[kind])
        if version is None:
            lines[kind] = list(content.shipped_lines(kind))
        else:
            lines[kind] = content.laid_over(kind, version.added, version.removed)
    return lines


def entries_of_version(
    kind: str, version_id: int | None
) -> dict[str, dictionary_lines.Entry]:
    """Code → entry of a dictionary with one of its versions.

    Args:
        kind: which dictionary.
        version_id: of the version; None: as it was before there were versions, which is version 1, or its table where
            there is none yet.
    """
    version = None
    if version_id is not None:
        version = db.session.get(WordListVersion, version_id)
    if version is None:
        first = db.select(WordListVersion).filter_by(kind=kind, number=1)
        version = db.session.scalars(first).one_or_none()
    if version is None:
        return applying.present_entries(kind)
    return dictionary_lines.entries_of(kind, version.added)


def lines_at_present(kind: str) -> str:
    """What a dictionary differs in from the shipped one, as lines of a draft: nobody's change in its table is lost."""
    return dictionary_lines.lines_between(kind, applying.present_entries(kind))


def ids_in_force() -> dict[str, int | None]:
    """Kind → id of the version in force; None: the list as it is shipped."""
    ids: dict[str, int | None] = dict.fromkeys(KINDS)
    in_force = edition_in_state("in_force")
    return ids if in_force is None else in_force.version_ids


def whole_edition(edition: WordEdition) -> Edition:
    """An edition with all its lines, as the processes use it."""
    since = ""
    if edition.in_force_since is not None:
        since = day_in_china(edition.in_force_since).isoformat()
    return Edition(edition.number, since, **lines_of_edition(edition.version_ids))


def chain_words() -> set[str]:
    """What the industry chains are called, whole and in the words of their names, normalised."""
    words: set[str] = set()
    for name in db.session.scalars(db.select(Chain.name)):
        words.add(words_of.normalise(name))
        # Content words: 及 in a name may well be a stop word.
        words.update(words_of.words(name, stop=True))
    return words


def preview_of(version: WordListVersion) -> WordPreview | None:
    """The preview of a draft as it is now; None where none was asked for, or the draft changed since."""
    preview = db.session.get(WordPreview, version.id)
    if preview is None or preview.fingerprint != version.fingerprint:
        # Changed since: nobody may enable by a preview of other words.
        return None
    in_force = edition_in_state("in_force")
    # Against another edition it says nothing any more.
    if preview.edition != (in_force.number if in_force is not None else 0):
        return None
    return preview


def search_shipped(kind: str, text: str, *, by: Reader | None) -> tuple[list[str], int]:
    """Lines of a shipped list that hold a text, the first of them, and how many there are. Raises NotAllowed."""
    require(by, "wordlists.edit")
    # Normalised as texts are, so that 轴承 is found whatever width it was typed in.
    wanted = words_of.normalise(text.strip())
    lines = []
    for line in _shipped_lines(kind):
        if wanted in words_of.normalise(line):
            lines.append(line)
    return lines[:SHIPPED_SHOWN], len(lines)


def words_in_pieces(version: WordListVersion) -> list[str]:
    """The words of added groups that no text has as one word: search finds them by their characters, a matcher not.

    Named and not refused: making them terms is another list's affair, and cuts other texts otherwise too.
    """
    if version.kind != "synonyms":
        return []
    pieces = []
    for line in content.lines_of(version.added):
        for word in content.words_in("synonyms", line.text):
            if words_of.is_han(word) and len(words_of.tokens(word)) > 1:
                pieces.append(word)
    return pieces


def _shipped_lines(kind: str) -> tuple[str, ...]:
    if kind not in DICTIONARY_KINDS:
        return content.shipped_lines(kind)
    shipped = dictionary_lines.shipped_entries(kind).values()
    return tuple(entry.as_line(kind) for entry in shipped)
