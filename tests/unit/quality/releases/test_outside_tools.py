"""Tools from outside are part of a release: what a person pinned of them, and on which terms."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from handrail.domain.quality.evaluation.evaluations import ReleaseParts
from handrail.outside.pinning import Pin, ToolDefinition, write_pin
from handrail.quality.releases.parts import tools_version
from tests.support.outside.listing import GET, listed

PARTS = ReleaseParts(model="m", prompts="p", policies="r", topics="t", graph="g", router="x")
SERVER = {"url": "https://hotel.example/mcp"}


def pin(folder: Path, description: str, by: str = "ann") -> str:
    """Pin the tool with this description, and return the hash of the folder's tools."""
    tool = ToolDefinition(name="get_booking", description=description, input_schema={"type": "object"})
    write_pin(
        folder, "get_booking", Pin(server="hotel", hash=tool.hash, pinned_by=by, pinned_at=datetime.now(UTC), definition=tool)
    )
    return tools_version(folder)


def test_a_release_without_tools_from_outside_has_the_hash_that_it_had_before_they_counted(tmp_path: Path) -> None:
    assert tools_version(tmp_path) == ""
    assert PARTS.release == "4b7b61758e469958"
    assert ReleaseParts.model_validate(PARTS.model_dump(exclude={"tools"})).release == PARTS.release


def test_another_description_or_other_terms_are_another_release_and_who_pinned_is_not(tmp_path: Path) -> None:
    listed(tmp_path, SERVER, GET)
    first = pin(tmp_path, "Reads a booking.")
    assert pin(tmp_path, "Reads a booking.", by="bob") == first
    assert pin(tmp_path, "Reads a booking, and may be asked for anything.") != first
    assert pin(tmp_path, "Reads a booking.") == first
    listed(tmp_path, SERVER, {**GET, "timeout_seconds": 5})
    assert tools_version(tmp_path) != first
    assert PARTS.model_copy(update={"tools": first}).release != PARTS.release
