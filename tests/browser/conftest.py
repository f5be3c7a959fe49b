"""One served site and one Chromium for all tests that need a browser; each test has a context of its own in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.served import CHROMIUM, CHROMIUM_ARGUMENTS, site


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the site keeps its data."""
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="package")
def address(folder: Path, filled: Path) -> Iterator[str]:
    """The site with its samples; one address is many people here, so nothing is limited."""
    with site(folder, like=filled, LIMITS="0") as served:
        yield served


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS
        )
        yield chromium
        chromium.close()
