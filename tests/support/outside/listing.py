"""`tools.yaml` for the hotel, and pins as a person would make them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from handrail.outside.definitions import read_definitions
from handrail.outside.loading import outside_tools, systems_of
from handrail.outside.pinning import Pin, write_pin
from handrail.outside.tools import ToolFromOutside

GET = {"name": "get_booking", "server": "hotel", "kind": "read", "owner": "guest", "timeout_seconds": 15}
REFUND = {
    "name": "refund_booking",
    "server": "hotel",
    "kind": "effect",
    "key_argument": "request_id",
    "customer_argument": "guest",
    "first": [
        {"read": "get_booking", "arguments": {"booking": "booking"}, "facts": {"paid": {"at": "total", "type": "money"}}}
    ],
    "title": "Refund {{amount}} for booking {{booking}}",
    "headline": "refund · {{amount}}",
    "asks": {"en": "Refund {{amount}} of {{paid}}.", "de": "{{amount}} von {{paid}} erstatten."},
    "sums": ["amount"],
    "timeout_seconds": 15,
}
CALL = {
    "name": "call_guest",
    "server": "hotel",
    "kind": "effect",
    "first": [{"read": "get_booking", "arguments": {"booking": "booking"}}],
    "timeout_seconds": 15,
}


def listed(folder: Path, server: dict[str, Any], *tools: dict[str, Any]) -> None:
    """Write the folder's `tools.yaml`."""
    folder.mkdir(exist_ok=True)
    (folder / "tools.yaml").write_text(yaml.safe_dump({"servers": {"hotel": server}, "tools": list(tools)}))


async def pinned(folder: Path) -> dict[str, ToolFromOutside]:
    """Pin every tool as it is now, and load them."""
    definitions = read_definitions(folder)
    assert definitions is not None
    systems = systems_of(definitions, folder)
    for one in definitions.tools:
        now = (await systems[one.server].definitions())[one.there]
        pin = Pin(server=one.server, hash=now.hash, pinned_by="ann", pinned_at=datetime.now(UTC), definition=now)
        write_pin(folder, one.name, pin)
    return outside_tools(folder)
