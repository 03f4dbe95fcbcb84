"""What tests of the wire share."""

from __future__ import annotations

import pytest

from tests.support.house import House
from tests.support.raw import Wire


@pytest.fixture
def wire(home: House) -> Wire:
    """The server's own interface."""
    return Wire(home)
