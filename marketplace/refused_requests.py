"""What a request leaves behind that was refused as a whole: the page it came from, and the texts typed into it.

The page of the error shows both, so that nobody searches for the place and types the same again.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask import Flask, current_app, request

# Shorter ones are typed again sooner than copied. What bears no Han character is a code, a token or a password.
LEAST = 8
HAN = re.compile(r"[\u4e00-\u9fff]")


def register_globals(app: Flask) -> None:
    """Make them known to the templates of `app`."""
    app.jinja_env.globals["previous_page"] = previous_page
    app.jinja_env.globals["unsaved_texts"] = unsaved_texts
    app.jinja_env.globals["sent_from_here"] = sent_from_here


def previous_page() -> str:
    """The page of this site from which the request was sent; of a form, the one it stands on where no browser says."""
    return _named_page() or (nearest_page() if request.method == "POST" else "")


def nearest_page() -> str:
    """The path of the request if it is a page too, else that of the nearest one above it; empty for the home page."""
    adapter = current_app.create_url_adapter(request)
    path = request.path
    while adapter is not None and path:
        if adapter.test(path, "GET"):
            return path
        path = path.rpartition("/")[0]
    return ""


def _named_page() -> str:
    try:
        parts = urlsplit(request.referrer or "")
    except ValueError:  # no address at all
        return ""
    # Another site's page is nothing to go back to, and `//name/…` would be one.
    if parts.netloc != request.host or not re.match(r"/(?!/)", parts.path):
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def sent_from_here() -> bool:
    """Whether a browser says that a page of this site sent the request: another site's words are not shown as typed."""
    fetched = request.headers.get("Sec-Fetch-Site")
    if fetched is not None:
        return fetched == "same-origin"
    # Older browsers send no Sec-Fetch-Site, but an Origin with every form.
    return request.headers.get("Origin") == request.host_url.rstrip("/")


def unsaved_texts() -> list[str]:
    """The texts of a form that was sent, in its order."""
    if request.method != "POST":
        return []
    texts = []
    for name, text in request.form.items(multi=True):
        is_secret = "password" in name or "token" in name
        if len(text.strip()) >= LEAST and HAN.search(text) and not is_secret:
            texts.append(text)
    return texts
