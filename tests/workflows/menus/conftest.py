"""The page of a case in the Temporal Web UI, with its menu."""

from __future__ import annotations

import pytest

from tests.support.house import House
from tests.support.menus import Page


@pytest.fixture(scope="module")
def page(there: House) -> Page:
    """The page of a case."""
    return Page(there.temporal)
