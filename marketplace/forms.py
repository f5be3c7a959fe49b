"""The form that all forms of the house are made from: it reads what was typed into fields, and nothing else.

Which fields a form has is in the rooms; what may come in a request at all is looked at in `door.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask import g, request
from flask_wtf import FlaskForm
from flask_wtf.form import _Auto
from wtforms import HiddenField


class PageForm(FlaskForm):
    """A form of a page.

    Flask-WTF would also take files and JSON for what was typed: a file sent under the name of a text field then is
    the text, and whatever reads it next fails.
    """

    class Meta(FlaskForm.Meta):
        """Where the form takes its data from."""

        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            """The fields of the request where it was sent to be saved; what the caller gives, where they give it.

            On a page that is opened after signing in once more, what was typed before (`accounts/held_forms.py`).
            """
            if formdata is not _Auto:
                return formdata
            if not form.is_submitted():
                return _held_fields()
            # Empty: Flask-WTF shows the stored values then.
            return request.form or None

    def blame(self, problems: Mapping[str, list[str]], otherwise: str = "") -> None:
        """Put what a deed found wrong next to the boxes it is about.

        Args:
            problems: field → messages.
            otherwise: the box that takes what is about none; empty: it is left out.
        """
        for name, messages in problems.items():
            box = name if name in self else otherwise
            if box in self:
                self[box].errors = [*self[box].errors, *messages]


class SeenForm(PageForm):
    """A form that knows which revision of a row its writer saw."""

    seen = HiddenField()

    @property
    def seen_revision(self) -> int:
        """The revision the writer saw; -1, which is stale for any row, where the page did not say."""
        return read_revision(self.seen.data)


def read_revision(raw: Any) -> int:
    """The number of a revision that a page sends along; -1, which is stale for any row, where it is none."""
    # The field is hidden, not safe: anything may be posted in it. Nine digits: no database takes a longer number.
    text = str(raw or "")
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        return -1
    return int(text)


def _held_fields() -> Any:
    """What is held for the form of this page; None where nothing is."""
    fields = g.get("held_fields")
    if fields is not None:
        g.held_used = True
    return fields
