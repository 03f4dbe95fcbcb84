"""`handrail tools`: what a person reads, and that a pin is theirs alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from handrail.cli.common.world import CliContext
from handrail.cli.outside.tools import app
from handrail.domain.errors import InvalidInput
from tests.support.outside.bookings import Hotel
from tests.support.outside.listing import GET, listed


def ran(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, obj=CliContext())


def test_a_tool_is_read_pinned_and_found_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDRAIL_DEFINITIONS", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    hotel = Hotel()
    with hotel.open() as url:
        listed(tmp_path, {"url": url}, GET)
        shown = ran("check")
        assert (shown.exit_code, "get_booking (hotel): not pinned" in shown.output) == (3, True)
        assert '+ "description": "A booking by its number."' in shown.output
        now = json.loads(ran("check", "--json").output)["tools"][0]["hash"]
        wrong = ran("pin", "get_booking", "--hash", "0" * 16, "--by", "ann")
        assert isinstance(wrong.exception, InvalidInput)
        assert f"get_booking is {now[:16]} now" in str(wrong.exception)
        assert ran("pin", "get_booking", "--hash", now[:16], "--by", "ann").exit_code == 0
        same = ran("check")
        assert (same.exit_code, "as pinned" in same.output) == (0, True)
        assert f"{now[:16]} by ann" in ran("list").output.replace("\n", " ")
        hotel.descriptions["get_booking"] = "Another one."
        changed = ran("check", "get_booking")
    assert (changed.exit_code, "CHANGED" in changed.output) == (3, True)
    assert '- "description": "A booking by its number."' in changed.output
