"""`handrail tools …`: tools of MCP servers and HTTP services: what they say of themselves, and what a person pinned."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.common.failures import Exit
from handrail.cli.common.options import Json
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world

if TYPE_CHECKING:
    from handrail.outside.definitions import OutsideDefinitions, OutsideTool
    from handrail.outside.pinning import Pin, ToolDefinition

app = typer.Typer(no_args_is_help=True, help="Tools of MCP servers and HTTP services: what they are now, and what is pinned.")
Name = Annotated[str, typer.Argument(metavar="TOOL", help="Its name in tools.yaml.", show_default=False)]


@dataclass(slots=True)
class LookedAt:
    """A listed tool: its pin, what its server says now, or why it says nothing."""

    terms: OutsideTool
    pin: Pin | None
    now: ToolDefinition | None
    trouble: str = ""

    @property
    def state(self) -> str:
        """The comparison in a word or two."""
        if self.trouble:
            return "no answer"
        if self.now is None:
            return "gone"
        if self.pin is None or self.pin.server != self.terms.server:
            return "not pinned"
        return "as pinned" if self.pin.hash == self.now.hash else "CHANGED"


@app.callback()
def group() -> None:
    """Look at tools from outside, and pin them."""


@app.command("list")
def list_tools(ctx: typer.Context, as_json: Json = False) -> None:
    """Tools that are listed, with their terms and pins. No server is asked."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import moment, print_rows
    from handrail.outside.pinning import SHOWN, read_pins

    folder, definitions = _listed(world(ctx))
    pins = read_pins(folder).tools
    if as_json:
        tools = [
            {**one.model_dump(mode="json"), "pinned": pins[one.name].hash if one.name in pins else None}
            for one in definitions.tools
        ]
        return print_document({"tools": tools})
    rows = []
    for one in definitions.tools:
        pin = pins.get(one.name)
        pinned = f"{pin.hash[:SHOWN]} by {pin.pinned_by}, {moment(pin.pinned_at)}" if pin else "not pinned"
        rows.append((one.name, one.server, one.kind, _whose(one), _again(one), pinned))
    return print_rows(("tool", "server", "kind", "whose data", "sent twice", "pinned"), rows, "No tool is listed.")


@app.command()
def check(
    ctx: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="[TOOL]…", help="By default every one that is listed.")] = None,
    as_json: Json = False,
) -> None:
    """Ask the servers, and show what differs from the pins. Exit code 3 where anything does."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain
    from handrail.outside.pinning import SHOWN, differences

    folder, definitions = _listed(world(ctx))
    chosen = [_named(definitions, name) for name in names] if names else definitions.tools
    found = run_async(_looked(folder, definitions, chosen))
    if as_json:
        print_document({"tools": [_as_json(one) for one in found]})
    else:
        for one in found:
            now = f"  {one.now.hash[:SHOWN]}" if one.now else f"  {one.trouble}" if one.trouble else ""
            typer.echo(plain(f"{one.terms.name} ({one.terms.server}): {one.state}{now}"))
            if one.state in ("not pinned", "CHANGED", "gone") and (one.pin or one.now):
                for line in differences(one.pin.definition if one.pin else None, one.now):
                    typer.echo(plain(f"  {line}"))
            if one.now and one.state in ("not pinned", "CHANGED"):
                agree = f"handrail tools pin {one.terms.name} --hash {one.now.hash[:SHOWN]} --by NAME"
                typer.echo(plain(f"  Read it as the model would. To agree: {agree}"))
    if any(one.state != "as pinned" for one in found):
        raise typer.Exit(Exit.REFUSED)


@app.command()
def pin(
    ctx: typer.Context,
    name: Name,
    wanted: Annotated[str, typer.Option("--hash", help="The hash that `handrail tools check` showed.", show_default=False)],
    by: Annotated[str, typer.Option("--by", envvar="HANDRAIL_REVIEWER", help="Who read it.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Agree to a tool as it was shown. Workers take the pin with their next start."""
    from datetime import UTC, datetime

    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain
    from handrail.domain.case.messages import check_name
    from handrail.domain.errors import InvalidInput
    from handrail.outside.pinning import SHOWN, Pin, write_pin

    who = check_name("--by", by)
    folder, definitions = _listed(world(ctx))
    (one,) = run_async(_looked(folder, definitions, [_named(definitions, name)]))
    if one.now is None:
        raise InvalidInput(f"TOOL: {name} cannot be pinned: {one.trouble or 'its server does not offer it'}")
    if len(wanted) < SHOWN or not one.now.hash.startswith(wanted.lower()):
        raise InvalidInput(
            f"--hash: {name} is {one.now.hash[:SHOWN]} now, not {wanted[:SHOWN]!r}. Read it: `handrail tools check {name}`."
        )
    agreed = Pin(server=one.terms.server, hash=one.now.hash, pinned_by=who, pinned_at=datetime.now(UTC), definition=one.now)
    _usable(one.terms, agreed)
    file = write_pin(folder, name, agreed)
    if as_json:
        return print_document({"tool": name, "hash": agreed.hash, "file": str(file)})
    again = f"handrail controls clear --scope tool:{name} --reason … --actor {who}"
    typer.echo(plain(f"{name} is pinned at {agreed.hash[:SHOWN]} by {who}, in {file}."))
    return typer.echo(plain(f"Start the workers again. Where it was switched off: {again}"))


async def _looked(folder: Path, definitions: OutsideDefinitions, chosen: list[OutsideTool]) -> list[LookedAt]:
    """Ask each server once."""
    from handrail.domain.errors import HandrailError
    from handrail.outside.loading import systems_of
    from handrail.outside.pinning import read_pins

    systems, pins = systems_of(definitions, folder), read_pins(folder).tools
    offered: dict[str, dict[str, ToolDefinition] | str] = {}
    for server in dict.fromkeys(one.server for one in chosen):
        try:
            offered[server] = await systems[server].definitions()
        except HandrailError as error:
            offered[server] = str(error)
    found = []
    for one in chosen:
        there = offered[one.server]
        now, trouble = (None, there) if isinstance(there, str) else (there.get(one.there), "")
        found.append(LookedAt(one, pins.get(one.name), now, trouble))
    return found


def _usable(terms: OutsideTool, agreed: Pin) -> None:
    """Raises: DefinitionInvalid: the tool's schema or the terms it is listed with cannot be used."""
    from handrail.outside.fitting import fits

    fits(terms, agreed.definition)


def _listed(place: CliContext) -> tuple[Path, OutsideDefinitions]:
    from handrail.business import load_business
    from handrail.domain.errors import InvalidInput
    from handrail.outside.definitions import read_definitions
    from handrail.outside.loading import TOOLS_FILE

    settings = place.settings
    folder = settings.definitions or load_business(settings.business).folder
    found = read_definitions(folder)
    if found is None:
        raise InvalidInput(f"{TOOLS_FILE}: there is none in {folder}. docs/building/tools.md says what stands in it.")
    return folder, found


def _named(definitions: OutsideDefinitions, name: str) -> OutsideTool:
    from handrail.domain.errors import InvalidInput

    found = next((one for one in definitions.tools if one.name == name), None)
    if found is None:
        listed = ", ".join(one.name for one in definitions.tools) or "none"
        raise InvalidInput(f"TOOL: {name[:60]!r} is not listed in tools.yaml. Listed: {listed}.")
    return found


def _as_json(one: LookedAt) -> dict[str, object]:
    now = one.now.model_dump(mode="json") if one.now else None
    pinned, is_now = one.pin.hash if one.pin else None, one.now.hash if one.now else None
    return {"tool": one.terms.name, "state": one.state, "pinned": pinned, "hash": is_now, "now": now, "trouble": one.trouble}


def _whose(one: OutsideTool) -> str:
    if one.customer_argument:
        return f"{one.customer_argument} is the customer"
    if one.owner:
        return f"{one.owner} must be the customer"
    return f"after {', '.join(look.read for look in one.first)}" if one.first else "nobody's"


def _again(one: OutsideTool) -> str:
    if one.kind == "read":
        return ""
    return f"once, by {one.key_argument or one.key_header}" if not one.once else "a person approves each"
