"""How characters sound, without tones: what who types by sound takes for one another. No names are known here."""

from __future__ import annotations

from functools import lru_cache


def sounds_of(text: str) -> str:
    """The syllables of a text in their most usual reading, joined by blanks; other characters as they are."""
    return " ".join(readings_of(character)[0] for character in text)


def sound_alike(one: str, other: str) -> bool:
    """Whether two characters share a reading, tones aside: 承 and 成, 行 (háng) and 航."""
    return not set(readings_of(one)).isdisjoint(readings_of(other))


@lru_cache(20_000)
def readings_of(character: str) -> tuple[str, ...]:
    """Every reading of one character, the most usual one first; the character where it has none."""
    import pypinyin  # a quarter of a second that only those pay who compare sounds

    readings = pypinyin.pinyin(character, style=pypinyin.NORMAL, heteronym=True)
    return tuple(readings[0])
