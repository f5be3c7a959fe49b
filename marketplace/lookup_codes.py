"""Codes by which who sends a form without an account finds later what became of it.

What the form starts from, the code itself, and how it is stored. Limits of such forms are in `limits.py`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from flask import current_app

from marketplace.clock import today
from marketplace.limits import mark_browser, reader_key

LENGTH = 12  # letters of base32: 60 bits, not to be guessed through a limited form


def form_nonce(what: str) -> str:
    """What goes with a form that nobody need sign in for: the same whenever this reader opens it that day.

    Who goes back after sending it sends the same one: which form it was follows from this and from what was typed.

    Args:
        what: the thing that the form is about.
    """
    mark_browser()
    return _keyed_digest(f"form {reader_key()} {today()} {what}").hex()


def code_of(kind: str, nonce: str, *typed: str) -> str:
    """The code of who sends a form: the same for two presses of one form, and known to nobody who has not sent it.

    Derived and not drawn: the second press has to find the code of the first, which is stored nowhere.

    Args:
        kind: what the form makes, such as `complaint`.
        nonce: of the form (`form_nonce`).
        typed: what is in its boxes: who goes back and writes something else sends another one.
    """
    # As a list: what is in one box is not what is in the next.
    digest = _keyed_digest(f"{kind} {[nonce, *typed]}")
    return base64.b32encode(digest).decode()[:LENGTH]


def hash_of(code: str) -> str:
    """How a code is stored. Letters are read in either case, with blanks or hyphens."""
    # As it is read from a note: small letters, in groups.
    plain = "".join(code.split()).replace("-", "").upper()
    return hashlib.sha256(plain.encode()).hexdigest()


def _keyed_digest(text: str) -> bytes:
    key = current_app.config["SECRET_KEY"].encode()
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
