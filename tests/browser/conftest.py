"""One served site and one Chromium for all tests that need a browser; each test has a context of its own in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright

from config import Config
from marketplace import create_app
from marketplace.extensions import db
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
def inside(folder: Path, address: str) -> Iterator[Flask]:
    """The served site in this process."""
    app = create_app(Config.from_env({"MARKET_ENV": "demo", "DATA_DIR": str(folder)}))
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS
        )
        yield chromium
        chromium.close()


@pytest.fixture(params=[1440, 360], ids=["desk", "phone"])
def page(
    request: pytest.FixtureRequest, browser: Browser, address: str
) -> Iterator[Page]:
    """A guest's page at the width of a desk and of a phone; errors of scripts and of the policy fail the test."""
    context = browser.new_context(
        viewport={"width": request.param, "height": 900},
        locale="zh-CN",
        base_url=address,
        has_touch=request.param < 500,
    )
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on(
        "console",
        lambda message: (
            troubles.append(message.text) if message.type == "error" else None
        ),
    )
    yield page
    context.close()
    assert [t for t in troubles if "Failed to load resource" not in t] == []
