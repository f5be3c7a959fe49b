from __future__ import annotations

import pytest

from tests.factories import Factory
from tests.marketplace.listings.lab import Lab


@pytest.fixture
def lab(make: Factory) -> Lab:
    return Lab(make)
