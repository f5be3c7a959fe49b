"""The names and the code of an organisation as they are typed, and as they are stored.
Not here: which organisation has them (queries), what a list says of them (marketplace.parsing).
"""

from __future__ import annotations

import unicodedata
from datetime import date

from marketplace.errors import Invalid
from marketplace.organisations.models import (
    Organisation,
    OrganisationName,
    key_of,
)
from marketplace.parsing import ParseError
from marketplace.parsing.numbers import check_uscc
from marketplace.parsing.person_names import pictured_sign
from marketplace.parsing.text import too_long
from matching.folding import drop_unseen

MAX_NAME = 120  # characters, as the column holds them


def checked_uscc(text: str) -> str:
    """A 统一社会信用代码 in its stored form.

    Args:
        text: as typed: full-width, lower case, blanks and hyphens are understood.

    Returns:
        18 upper-case characters.

    Raises:
        Invalid: wrong length, alphabet or check character (GB 32100-2015), with what is wrong.
    """
    try:
        return check_uscc(text)
    except ParseError as error:
        # The parser knows no field of a form; here it is always this one.
        raise Invalid(error.message, problems={"uscc": [error.message]}) from None


def checked_name(name: str, box: str = "name") -> str:
    """A name in its stored form. Raises Invalid, for the box it was typed into, where it is none or too long."""
    # One line of what people see: a line break would begin another one in lists and mails, and a letter that turns the
    # direction of writing makes one name look like another.
    name = " ".join(unicodedata.normalize("NFC", name).split())
    name = " ".join(drop_unseen(name).split())
    # A name of signs only has an empty key, so that all such names would be one organisation.
    message = too_long(name, MAX_NAME)
    if not key_of(name):
        message = f"单位名称应为 1–{MAX_NAME} 个字。"
    elif sign := pictured_sign(name):
        message = f"单位名称里不能有「{sign}」，请照证照填写。"
    if message:
        raise Invalid(message, problems={box: [message]})
    return name


def remember_name(
    organisation: Organisation, name: str, kind: str, until: date | None
) -> None:
    """Let another name find an organisation; no commit.

    Args:
        organisation: whose it is.
        name: in its stored form.
        kind: `former` or `alias`.
        until: the day on which a former name ended.
    """
    # A name is remembered once, even where a body takes up a former one again.
    keys = {one.name_key for one in organisation.names}
    if key_of(name) not in keys:
        row = OrganisationName(name=name, name_key=key_of(name), kind=kind, until=until)
        organisation.names.append(row)
