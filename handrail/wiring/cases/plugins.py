"""Plugins of pydantic, which any installed package may bring: they would see every text of a customer that is validated."""

from __future__ import annotations

import os

PLUGINS = "PYDANTIC_DISABLE_PLUGINS"


def leave_out() -> None:
    """Load none, and do not look through all that is installed for them; whoever sets pydantic's own variable has the say."""
    os.environ.setdefault(PLUGINS, "__all__")
