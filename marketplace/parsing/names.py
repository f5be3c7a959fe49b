"""What makes two names of listings or organisations one: spellings of one thing are equal, figures and signs count.

An import overwrites what has the same key, so a key must never lose what tells two things apart (decision 039): a name
told apart too often costs a second listing, one told apart too seldom costs the first.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from hashlib import blake2b

from marketplace.parsing.text import half_width
from matching.folding import EITHER, drop_unseen, normalise
from matching.pasted_text import repair_text

MAX_KEY = 200  # characters, as the columns hold it

# Private signs around a figure in a circle: ① is a sign of its own and not the figure 1.
_CIRCLED = ("\ue000", "\ue001")
# What separates two figures that only blanks, brackets or commas hold apart.
_SEPARATOR = ","
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])")
_SUPERSCRIPTS = re.compile(r"(?<=\d)[⁺⁻]?[⁰¹²³⁴-⁹]+")
# mPa is a thousand-millionth of MPa, and case is folded below. Only with its capital: many write mpa for MPa.
_MILLI = re.compile(r"(?<=\d)\s*m(?=(?:Pa|W|V|Ω|Ω|J)(?![A-Za-z]))")
# Two and more are a pause, but between two years.
_DASHES = re.compile(r"(?<=\d)-{2,}(?=\d)")
_TIMES = re.compile(r"(?<=\d)\s*[x*×]\s*(?=[\d.])")
# Signs that count wherever they stand; so do mathematical and currency signs.
_SIGNS = frozenset("%‰°′″^&")
_MATHEMATICAL = ("Sm", "Sc")
# What stands between two figures, and what it leaves there: 10–20 and 10～20 are one range.
_BETWEEN_FIGURES = {"-": "-", "~": "-", ":": ":", "/": "/"}
_MEANINGFUL_SIGNS = frozenset(".-/#")


# A title of a list is compared five times on its way to a listing, the name of its owner with every row.
@lru_cache(maxsize=4_096)
def name_key(text: str) -> str:
    """What spellings of one name share.

    Equal: width, case, blanks, hyphens, traditional and simplified characters, radicals, what nobody sees, brackets
    and punctuation. Different: a figure, its point, sign and unit, what stands between two figures, +, ×, ≥, %.

    Args:
        text: a name as written.

    Returns:
        At most MAX_KEY characters; "" for a name without letters and figures.
    """
    key = _compare_form(text)
    if not any(map(str.isalnum, key)):
        return ""
    if len(key) <= MAX_KEY:
        return key
    # Cut off, two long names that differ at their ends would be one.
    digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return f"{key[: MAX_KEY - len(digest) - 1]}|{digest}"


def _compare_form(text: str) -> str:
    spelled = _spell_figures(text)
    folded = normalise(spelled).translate(EITHER)
    folded = _THOUSANDS.sub(lambda match: match[0].replace(",", ""), folded)
    folded = _DASHES.sub("-", _TIMES.sub("×", " ".join(folded.split())))
    pieces: list[str] = []
    for index, character in enumerate(folded):
        form = _significant_form(folded, index)
        if not form:
            continue
        # 10 20 is not 1020: what was left out between two figures leaves a mark.
        follows_figure = bool(pieces) and pieces[-1][-1].isdigit()
        is_apart = not folded[index - 1 : index].isdigit()
        if character.isdigit() and follows_figure and is_apart:
            pieces.append(_SEPARATOR)
        pieces.append(form)
    opening, closing = _CIRCLED
    return "".join(pieces).replace(opening, "(").replace(closing, ")")


def _spell_figures(text: str) -> str:
    """A text in which figures of other forms than 0–9 do not run into those next to them: 1½, 10³, ①1, ㎡5."""
    text = _MILLI.sub("milli", half_width(repair_text(drop_unseen(text))))
    text = _SUPERSCRIPTS.sub(lambda match: f"^{match[0]}\n", text)
    return "".join(map(_spell_character, text))


def _spell_character(character: str) -> str:
    category = unicodedata.category(character)
    # A text must not hold our own signs.
    if category == "Co":
        return " "
    if category == "Nd" or character.isascii():
        return character
    plain = unicodedata.normalize("NFKC", character)
    if not any(map(str.isdigit, plain)):
        return character
    form = unicodedata.decomposition(character).partition(" ")[0]
    if form == "<circle>" or (form == "<compat>" and category == "No"):
        opening, closing = _CIRCLED
        return f"{opening}{re.sub('[^0-9]', '', plain)}{closing}"
    # What begins or ends with a figure: ½, ㎡.
    if form in ("<fraction>", "<square>"):
        return f"\n{plain}\n"
    return character


def _significant_form(text: str, index: int) -> str:
    """What a character of a folded text, single blanks in it, leaves in the key, "" for nothing."""
    character = text[index]
    if character.isalnum() or character in _CIRCLED or character in _SIGNS:
        return character
    category = unicodedata.category(character)
    if category[0] == "M":
        return character
    # The neighbours, whether a blank is between or not.
    before = text[max(0, index - 2) : index].rstrip()[-1:]
    after = text[index + 1 : index + 3].lstrip()[:1]
    if before.isdigit() and after.isdigit() and character in _BETWEEN_FIGURES:
        return _BETWEEN_FIGURES[character]
    if character in _MEANINGFUL_SIGNS:
        preceding = text[max(0, index - 2) : index]
        return _significant_sign(
            character, before, preceding, text[index + 1 : index + 2]
        )
    if character == "~":
        return "~" * (after.isdigit() or after == "-")
    if category in _MATHEMATICAL and character != "|":
        return character
    return ""


def _significant_sign(character: str, before: str, preceding: str, right: str) -> str:
    """A sign that depends on what it stands at.

    Args:
        character: one of _MEANINGFUL_SIGNS.
        before: what stands before it, blanks aside.
        preceding: the two characters directly before it, fewer at the beginning.
        right: the one directly after it, "" at the end.
    """
    left = preceding[-1:]
    # 1e-5 is not 1e5; a hyphen in any other word is left out.
    if character == "-" and re.fullmatch("[0-9]e", preceding) and right.isdigit():
        return "-"
    in_word = _is_latin(before) and not left.isspace()
    match character:
        case "." if left.isdigit() and right.isdigit():
            return "."
        case "." if right.isdigit() and not in_word:
            return "0."  # .5 is 0.5
        case "-" if (right.isdigit() or right == ".") and left != "-" and not in_word:
            return "-"  # the sign of a figure; a hyphen in a word is left out, and so is a pause (——)
        case "/" if in_word and _is_latin(right):
            return "/"
        case "#" if in_word and before.isalpha():
            return "#"  # C# is not C; 45#钢 is 45 钢
    return ""


def _is_latin(character: str) -> bool:
    return character.isalnum() and character < "\u3400"
