"""Reads a form out of a page as a browser would send it. What is then sent stands in the tests."""

from __future__ import annotations

from html.parser import HTMLParser


class _Form(HTMLParser):
    def __init__(self, form_id: str) -> None:
        super().__init__(convert_charrefs=True)
        self.form_id, self.inside = form_id, False
        self.pairs: list[tuple[str, str]] = []
        self.select: str | None = None
        self.options: list[tuple[str, bool]] = []
        self.area: str | None = None
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = dict(attrs)
        if tag == "form":
            self.inside = has.get("id") == self.form_id
        if not self.inside:
            return
        name, value = has.get("name") or "", has.get("value") or ""
        if tag == "input" and name and has.get("type") != "submit":
            if has.get("type") not in ("checkbox", "radio") or "checked" in has:
                self.pairs.append((name, value))
        elif tag == "select":
            self.select, self.options = name, []
        elif tag == "option":
            self.options.append((value, "selected" in has))
        elif tag == "textarea":
            self.area, self.text = name, ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "select" and self.select:
            chosen = [value for value, selected in self.options if selected] or [
                self.options[0][0]
            ]
            self.pairs.append((self.select, chosen[0]))
            self.select = None
        elif tag == "textarea" and self.area:
            self.pairs.append(
                (self.area, self.text.removeprefix("\n").removeprefix("\r\n"))
            )
            self.area = None

    def handle_data(self, data: str) -> None:
        if self.area:
            self.text += data


def filled(
    html: str, form_id: str = "listing-form", **changes: object
) -> dict[str, list[str]]:
    """What the form of a page sends: name → values, with some of them changed (None: left out).

    Args:
        html: the page.
        form_id: the form's id.
        changes: name (with `__` for a hyphen) → new value or list of values.
    """
    parser = _Form(form_id)
    parser.feed(html)
    assert parser.pairs, f"no form {form_id} on the page"
    found: dict[str, list[str]] = {}
    for name, value in parser.pairs:
        found.setdefault(name, []).append(value)
    for name, value in changes.items():
        name = name.replace("__", "-")
        if value is None:
            found.pop(name, None)
        else:
            found[name] = (
                [str(one) for one in value] if isinstance(value, list) else [str(value)]
            )
    return found
