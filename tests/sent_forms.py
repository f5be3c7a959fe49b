"""What a browser would send of the forms of a page, for tests that post what they were shown."""

from __future__ import annotations

import re


def sent_values(page: str) -> dict[str, str]:
    """What a browser would send of the forms of a page."""
    values = {}
    for tag, name in re.findall(r'(<input[^>]*name="([\w-]+)"[^>]*>)', page):
        value = re.search(r' value="([^"]*)"', tag)
        chosen = "checked" in tag or not re.search(r'type="(checkbox|radio)"', tag)
        if chosen and name not in ("csrf_token", "q"):
            values[name] = value[1] if value else ""
    for name, text in re.findall(
        r'<textarea[^>]*name="([\w-]+)"[^>]*>\s*(.*?)</textarea>', page, re.DOTALL
    ):
        values[name] = text
    for name, options in re.findall(
        r'<select[^>]*name="([\w-]+)"[^>]*>(.*?)</select>', page, re.DOTALL
    ):
        chosen_one = re.search(r'<option value="([^"]*)" selected', options)
        values[name] = chosen_one[1] if chosen_one else ""
    return values
