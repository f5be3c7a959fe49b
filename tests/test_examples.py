"""Property tests of `make test` see the same examples in every run, whichever modules are loaded."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.skipif(
    settings.get_current_profile_name() != "same",
    reason="other profiles look for new examples",
)


def examples() -> list[tuple[str, int]]:
    """What a property test sees in one run."""
    seen = []

    @given(st.text(), st.integers())
    def look(text: str, number: int) -> None:
        seen.append((text, number))

    look()
    return seen


def load_module(path: Path, text: str) -> Any:
    """A module of this project, as far as Hypothesis can tell."""
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_module_that_is_loaded_meanwhile_changes_no_example(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = examples()

    words = ", ".join(f'"word {number}"' for number in range(500))
    module = load_module(tmp_path / "words.py", f"WORDS = [{words}]\nMOST = 700_001\n")
    monkeypatch.setitem(sys.modules, "words", module)

    assert len(before) == settings.default.max_examples
    assert examples() == before
