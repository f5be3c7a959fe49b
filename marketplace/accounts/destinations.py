"""Where a person was going when they had to register or sign in first: paths of this site, carried through mails.

What the library checks by itself is the form of signing in (`forms.OwnNext`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote, urlsplit

from flask import request, url_for
from werkzeug.wrappers import Response

# Longer ones are no address of ours, and would break the lines of a mail program.
MAX_PATH = 500


def own_path(text: str | None) -> str:
    """A path of this site with its query; empty where the text may lead anywhere else.

    Browsers read a backslash as a slash, `//host` as another site, and drop tabs and line ends before they look.
    """
    path = text or ""
    if not path.startswith("/") or len(path) > MAX_PATH:
        return ""
    if path.startswith("//") or "\\" in path or not path.isprintable():
        return ""
    return path


def wanted_path() -> str:
    """Where the present request is to lead in the end; empty where it does not say, or says another site."""
    return own_path(request.values.get("next"))


def with_destination(link: str, path: str | None = None) -> str:
    """A link of ours that also knows where its reader was going.

    Args:
        link: address of a page, relative or whole.
        path: where they were going; None for what the present request says.
    """
    wanted = wanted_path() if path is None else path
    if not wanted:
        return link
    joint = "&" if urlsplit(link).query else "?"
    # Everything but slashes: what follows the path would else be read as a part of the link itself.
    return f"{link}{joint}next={quote(wanted, safe='/')}"


def keep_destination(view: Callable[..., Any]) -> Callable[..., Any]:
    """A view of the library that leads to signing in or to another mail, with where its reader was going."""

    @wraps(view)
    def carried(**values: Any) -> Any:
        answer = view(**values)
        pages = {url_for("security.login"), url_for("security.send_confirmation")}
        if isinstance(answer, Response) and answer.location in pages:
            answer.location = with_destination(answer.location)
        return answer

    return carried
