"""The business as it works: its own tools, and those from outside that an operator listed and a person pinned."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from handrail.business import Business, Kind, Shape, load_business
from handrail.domain.errors import DefinitionInvalid

if TYPE_CHECKING:
    from handrail.outside.definitions import OutsideDefinitions, OutsideServer
    from handrail.outside.pinning import Pins
    from handrail.outside.systems import OutsideSystem
    from handrail.outside.tools import ToolFromOutside

TOOLS_FILE = "tools.yaml"


def brought(package: str, folder: Path | None = None) -> Business:
    """The business of the package, with the tools from outside that `folder`, by default its own, lists in `tools.yaml`.

    No server is asked: what a tool looks like stands in its pin.

    Raises:
        DefinitionInvalid: there is no such package, or a tool is listed wrongly, or is not pinned.
    """
    business = load_business(package)
    return with_outside(business, folder or business.folder)


def with_outside(business: Business, folder: Path) -> Business:
    """The business with the tools that the folder's `tools.yaml` lists, the business itself where it has none.

    Raises:
        DefinitionInvalid: see `brought`.
    """
    if not (folder / TOOLS_FILE).exists():
        return business
    from handrail.outside.tools import facts_of

    found = outside_tools(folder)
    tools = [one.tool() for one in found.values()]
    facts: dict[str, Shape] = dict(business.facts)
    for one in found.values():
        for name, shape in facts_of(one.terms).items():
            if facts.setdefault(name, shape) != shape:
                raise DefinitionInvalid(f"{folder / TOOLS_FILE}:1: the fact {name} has another type elsewhere. Rename it.")
    return replace(business, tools=(*business.tools, *tools), facts=facts)


def outside_tools(folder: Path) -> dict[str, ToolFromOutside]:
    """The folder's tools from outside by name, look-ups first; empty where it lists none.

    Raises:
        DefinitionInvalid: see `brought`.
    """
    from handrail.outside.definitions import read_definitions
    from handrail.outside.pinning import read_pins
    from handrail.outside.tools import ToolFromOutside

    definitions, pins = read_definitions(folder), read_pins(folder)
    if definitions is None:
        return {}
    _pinned(folder, definitions, pins)
    systems = systems_of(definitions, folder)
    found: dict[str, ToolFromOutside] = {}
    for terms in sorted(definitions.tools, key=lambda one: one.kind is Kind.EFFECT):
        found[terms.name] = ToolFromOutside(terms, pins.tools[terms.name], systems[terms.server], found)
    return found


def systems_of(definitions: OutsideDefinitions, folder: Path) -> dict[str, OutsideSystem]:
    """The systems by name; nothing is connected."""
    return {name: _system(name, server, folder) for name, server in definitions.servers.items()}


def _system(name: str, server: OutsideServer, folder: Path) -> OutsideSystem:
    from handrail.outside.http import HttpSystem
    from handrail.outside.mcp import McpSystem

    return HttpSystem(name, server, folder) if server.openapi else McpSystem(name, server)


def _pinned(folder: Path, definitions: OutsideDefinitions, pins: Pins) -> None:
    for index, one in enumerate(definitions.tools):
        pin = pins.tools.get(one.name)
        if pin is None or (pin.server, pin.definition.name) != (one.server, one.there):
            raise DefinitionInvalid(
                f"{folder / TOOLS_FILE}:1: tools.{index}: {one.name} is not pinned. Look at it with "
                f"`handrail tools check {one.name}`, then pin it with `handrail tools pin {one.name}`."
            )
