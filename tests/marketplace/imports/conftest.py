"""Whose lists are uploaded in these tests, and by whom."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from marketplace.organisations.models import Organisation
from tests.factories import Factory
from tests.marketplace.imports.browser import NAME

SignIn = Callable[..., FlaskClient]


@pytest.fixture
def owner(make: Factory) -> Organisation:
    """The university of the good row."""
    return make.organisation(NAME, kind="university")


@pytest.fixture
def desk(make: Factory, owner: Organisation, sign_in: SignIn) -> FlaskClient:
    """The browser of its desk."""
    return sign_in(make.person("desk", owner))
