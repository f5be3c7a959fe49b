"""What a request leaves behind that was refused as a whole: the page it came from, and the texts typed into it.

The page of the error shows both, so that nobody searches for the place and types the same again.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask import Flask, request

# Shorter ones are typed again sooner than copied. What bears no Han character is a code, a token or a password.
LEAST = 8
HAN = re.compile(r"[\u4e00-\u9fff]")


def register_globals(app: Flask) -> None:
    """Make them known to the templates of `app`."""
    app.jinja_env.globals["previous_page"] = previous_page
    app.jinja_env.globals["unsaved_texts"] = unsaved_texts
    app.jinja_env.globals["sent_from_here"] = sent_from_here


def previous_page() -> str:
    """The address on this site from which the request was sent; empty where the browser does not say."""
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
