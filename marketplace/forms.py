"""The form that all forms of the house are made from: it reads what was typed into fields, and nothing else.

Which fields a form has is in the rooms; what may come in a request at all is looked at in `door.py`.
"""

from __future__ import annotations

from typing import Any

from flask import g, request
from flask_wtf import FlaskForm
from flask_wtf.form import _Auto


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


def _held_fields() -> Any:
    """What is held for the form of this page; None where nothing is."""
    fields = g.get("held_fields")
    if fields is not None:
        g.held_used = True
    return fields
